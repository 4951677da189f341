//! Names of the things in a study. Each is a checked string or number of its own type, so that a case code cannot stand where a reader does.

use crate::Unfit;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A checked text: 1 to `MAX` of the characters that a name of its kind may have.
macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:expr, $say:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes a text.
            ///
            /// # Errors
            /// When it is empty, too long, or holds a character that a name of this kind may not have.
            pub fn new(text: impl Into<String>) -> Result<Self, Unfit> {
                let text = text.into();
                let allowed: fn(char) -> bool = $allowed;
                if text.is_empty() || text.len() > $max || !text.chars().all(allowed) {
                    return Err(Unfit::new($what, format!("{text:?} is not 1 to {} {}", $max, $say)));
                }
                Ok(Self(text))
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = Unfit;
            fn from_str(s: &str) -> Result<Self, Unfit> {
                Self::new(s)
            }
        }
        impl TryFrom<String> for $name {
            type Error = Unfit;
            fn try_from(s: String) -> Result<Self, Unfit> {
                Self::new(s)
            }
        }
        impl From<$name> for String {
            fn from(n: $name) -> Self {
                n.0
            }
        }
    };
}

text_name!(
    /// The random code under which one reader knows one case ("7K-Q"). Another reader has another.
    CaseCode, "case code", 16, |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-', "capitals, digits or hyphens"
);
text_name!(
    /// The desk's identifier of a case. In no reader's file.
    CaseId, "case id", 64, |c| c.is_ascii_alphanumeric() || "_-.".contains(c), "letters, digits, '_', '-' or '.'"
);
text_name!(
    /// A reader's account name.
    ReaderId, "reader id", 64, |c| c.is_ascii_alphanumeric() || "_-.".contains(c), "letters, digits, '_', '-' or '.'"
);
text_name!(
    /// The name of an account of any kind. A reader's is their [`ReaderId`].
    AccountId, "account", 64, |c| c.is_ascii_alphanumeric() || "_-.".contains(c), "letters, digits, '_', '-' or '.'"
);
text_name!(
    /// A condition of the study, which MRMC calls modality or treatment ("unaided", "aided").
    Condition, "condition", 64, |c| c.is_ascii_alphanumeric() || "_-.".contains(c), "letters, digits, '_', '-' or '.'"
);
text_name!(
    /// A question of the form.
    QuestionId, "question id", 64, |c| c.is_ascii_alphanumeric() || "_-.".contains(c), "letters, digits, '_', '-' or '.'"
);
text_name!(
    /// SOP Instance UID (0008,0018), PS3.5 section 9.1. In a package it is the replaced one.
    SopUid, "SOP instance UID", 64, |c| c.is_ascii_digit() || c == '.', "digits or dots"
);
text_name!(
    /// One reader study, in every package and beside the key that signs them: digits that tell nothing of it.
    StudyId, "study id", 32, |c| c.is_ascii_digit() || ('a'..='f').contains(&c), "lower-case hexadecimal digits"
);

/// Number of a mark within its read, from 1; never used twice in a read, also after a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MarkId(pub u32);

/// Number of a finding of the AI within its case, from 1. Shown as a letter: a is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FindingId(pub u32);

impl fmt::Display for FindingId {
    /// a to z, then aa, ab and so on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Vec::new();
        let mut n = self.0;
        while n > 0 {
            n -= 1;
            letters.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        letters.iter().rev().try_for_each(|l| write!(f, "{l}"))
    }
}

/// SHA-256 of some content; written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl FromStr for ContentHash {
    type Err = Unfit;
    fn from_str(s: &str) -> Result<Self, Unfit> {
        let unfit = || Unfit::new("content hash", format!("{s:?} is not 64 hexadecimal digits"));
        // from_str_radix would take a sign too.
        if s.len() != 64 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(unfit());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(s.as_bytes().chunks_exact(2)) {
            let text = std::str::from_utf8(digits).map_err(|_| unfit())?;
            *byte = u8::from_str_radix(text, 16).map_err(|_| unfit())?;
        }
        Ok(Self(bytes))
    }
}
impl TryFrom<String> for ContentHash {
    type Error = Unfit;
    fn try_from(s: String) -> Result<Self, Unfit> {
        s.parse()
    }
}
impl From<ContentHash> for String {
    fn from(h: ContentHash) -> Self {
        h.to_string()
    }
}

/// One read: one reader x one case x one condition x one repeat.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadId {
    /// Who reads.
    pub reader: ReaderId,
    /// What is read, under this reader's own code.
    pub case: CaseCode,
    /// Under which condition.
    pub condition: Condition,
    /// 1 for the first read of the case in this condition, 2 for its hidden repeat.
    pub repeat: u32,
}

impl fmt::Display for ReadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.reader, self.case, self.condition, self.repeat)
    }
}

impl FromStr for ReadId {
    type Err = Unfit;
    /// As it is displayed: READER/CASE/CONDITION/REPEAT.
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = |why: &str| Unfit::new("read", format!("{text:?} is not READER/CASE/CONDITION/REPEAT: {why}"));
        let [reader, case, condition, repeat] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(unfit("it does not have four parts"));
        };
        let repeat = repeat.parse().map_err(|_| unfit("its last part is no number"))?;
        Ok(Self { reader: ReaderId::new(reader)?, case: CaseCode::new(case)?, condition: Condition::new(condition)?, repeat })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(CaseCode::new("7K-Q").is_ok());
        assert!(CaseCode::new("7k-q").is_err());
        assert!(ReaderId::new("").is_err());
        assert!(SopUid::new("1.2.840/..").is_err());
        assert!(serde_json::from_str::<CaseCode>("\"a b\"").is_err());
        let read: ReadId = "r1/7K-Q/aided/2".parse().unwrap();
        assert_eq!((read.to_string().as_str(), read.repeat), ("r1/7K-Q/aided/2", 2));
        for wrong in ["", "r1/7K-Q/aided", "r1/7K-Q/aided/2/3", "r1/7k-q/aided/2", "r1/7K-Q/aided/x", "/7K-Q/aided/1"] {
            assert!(wrong.parse::<ReadId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn findings_have_letters() {
        let letters = [1, 2, 26, 27, 28, 702, 703].map(|n| FindingId(n).to_string());
        assert_eq!(letters, ["a", "b", "z", "aa", "ab", "zz", "aaa"]);
    }

    #[test]
    fn hashes_survive_text() {
        let h = ContentHash(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(h.to_string().parse::<ContentHash>(), Ok(h));
        assert!("zz".repeat(32).parse::<ContentHash>().is_err());
        assert!("+1".repeat(32).parse::<ContentHash>().is_err());
    }
}
