//! Two reads of one case as an adjudicator is shown them: A and B, what each says and where it marks, and nothing of who, when or how.
//!
//! Owns the form (JSON, version 1), its seal (XChaCha20-Poly1305 under a key that is used once), and the padding, so that the sealed pairs of a bundle
//! have one size. A mark has the number of its place in the patient and not the one that it was given, and answers that are not asked any more are left
//! out: neither tells how a read came about. A salt goes in, so that the hash that a bundle names tells nothing before the seal is opened.
//! Refuses: readers, times, numbers of events.

use crate::hash;
use crate::machine::{Locked, Mark};
use crate::protocol::{AnswerValue, Answers, Form, Protocol, Subject};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, ContentKey, ImageAnchor, MarkId, MarkShape, PatientPoint, QuestionId};

/// Sealed pairs are a multiple of so many bytes long, and all of a bundle equally so.
const BLOCK: usize = 4096;
/// Far more than two reads say.
const MAX_BYTES: usize = 16 << 20;
const VERSION: u32 = 1;

/// Two reads of one case, without their readers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PairFile", into = "PairFile")]
pub struct Pair {
    salt: ContentHash,
    a: Side,
    b: Side,
}

/// What one read of a pair says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Side {
    /// Its answers.
    pub answers: Answers,
    /// What it says to be not evaluable, with the key of the reason.
    pub not_evaluable: BTreeMap<Subject, String>,
    /// Its marks, numbered by their place.
    pub marks: BTreeMap<MarkId, Mark>,
}

/// A pair as a bundle carries it: sealed, padded, and with the hash of what is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedPair {
    sealed: String,
    opens: ContentHash,
}

/// Why a pair cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// Not of this form, or of another version.
    #[error("the two reads do not have the form of version {VERSION}; get the bundle again from the study desk")]
    Form,
    /// Opened with the wrong key, or changed.
    #[error(
        "the two reads cannot be opened: they were sealed for somebody else, or changed; get bundle and seat again from the study desk"
    )]
    Seal,
    /// Answers or marks that the protocol does not have.
    #[error("the two reads do not fit the protocol; get bundle and protocol of the same study from the study desk")]
    Protocol,
    /// Far too long.
    #[error("two reads are longer than 16 MiB, and no reads are; look at their marks")]
    TooLong,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairFile {
    tiresias_pair: u32,
    salt: ContentHash,
    a: SideFile,
    b: SideFile,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SideFile {
    answers: Vec<(QuestionId, Subject, AnswerValue)>,
    not_evaluable: Vec<(Subject, String)>,
    marks: Vec<MarkFile>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkFile {
    shape: MarkShape,
    anchor: ImageAnchor,
    rating: Option<i32>,
    class: Option<String>,
}

impl From<Pair> for PairFile {
    fn from(pair: Pair) -> Self {
        let side = |side: Side| SideFile {
            answers: side.answers.iter().map(|(q, s, v)| (q.clone(), s.clone(), v.clone())).collect(),
            not_evaluable: side.not_evaluable.into_iter().collect(),
            marks: side
                .marks
                .into_values()
                .map(|Mark { shape, anchor, rating, class }| MarkFile { shape, anchor, rating, class })
                .collect(),
        };
        Self { tiresias_pair: VERSION, salt: pair.salt, a: side(pair.a), b: side(pair.b) }
    }
}

impl TryFrom<PairFile> for Pair {
    type Error = PairError;
    fn try_from(file: PairFile) -> Result<Self, PairError> {
        if file.tiresias_pair != VERSION {
            return Err(PairError::Form);
        }
        let side = |side: SideFile| {
            let SideFile { answers, not_evaluable, marks } = side;
            let marks = (1..).map(MarkId).zip(marks);
            let marks = marks.map(|(id, MarkFile { shape, anchor, rating, class })| (id, Mark { shape, anchor, rating, class }));
            Side { answers: answers.into_iter().collect(), not_evaluable: not_evaluable.into_iter().collect(), marks: marks.collect() }
        };
        let pair = Self { salt: file.salt, a: side(file.a), b: side(file.b) };
        if [&pair.a, &pair.b].iter().all(|s| s.has_order()) { Ok(pair) } else { Err(PairError::Form) }
    }
}

/// Where a mark lies, for its number: from the feet up, from behind, from the right; marks on images by image, row and column.
fn place(mark: &Mark) -> impl Ord + use<> {
    /// Numbers in their order; what is not finite comes last.
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    struct Ordered([u64; 3]);
    let bits = |v: f64| {
        let bits = (v + 0.0).to_bits();
        if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
    };
    let in_patient = mark.shape.centre().map(|PatientPoint { x, y, z }| Ordered([bits(z), bits(y), bits(x)]));
    let on_image = Ordered([u64::from(mark.anchor.frame), bits(mark.anchor.row), bits(mark.anchor.column)]);
    // Equal places: what is said of them, which is what they are told by.
    (in_patient, mark.anchor.image.as_str().to_owned(), on_image, mark.rating, mark.class.clone())
}

impl Side {
    /// What a locked read says, without how it came about.
    #[must_use]
    pub fn of(read: &Locked, form: &Form) -> Self {
        let mut marks: Vec<(&MarkId, &Mark)> = read.marks().iter().collect();
        marks.sort_by_key(|(_, mark)| place(mark));
        let numbers: BTreeMap<MarkId, MarkId> = marks.iter().map(|(old, _)| **old).zip((1..).map(MarkId)).collect();
        let renumbered = |subject: &Subject| match subject {
            Subject::Mark(old) => numbers.get(old).copied().map(Subject::Mark),
            other => Some(other.clone()),
        };
        let counted = form.counted(read.answers());
        let answers = counted.iter().filter_map(|(q, s, v)| Some((q.clone(), renumbered(s)?, v.clone())));
        Self {
            answers: answers.collect(),
            not_evaluable: read.not_evaluable().clone(),
            marks: (1..).map(MarkId).zip(marks).map(|(id, (_, mark))| (id, mark.clone())).collect(),
        }
    }
    /// Whether marks are numbered by their place, and every answer about a mark is about one that is there.
    fn has_order(&self) -> bool {
        let marks: Vec<_> = self.marks.values().map(place).collect();
        let is_there = |s: &Subject| if let Subject::Mark(id) = s { self.marks.contains_key(id) } else { true };
        marks.is_sorted() && self.answers.iter().all(|(_, s, _)| is_there(s))
    }
    /// Whether it says nothing that the protocol does not ask for.
    fn fits(&self, protocol: &Protocol) -> bool {
        let form = protocol.form();
        let answer = |(id, subject, value): (&QuestionId, &Subject, &AnswerValue)| {
            let marks = self.marks.keys().copied();
            form.question(id).is_some_and(|q| q.fits(value).is_ok() && form.subjects(q, marks).any(|s| s == *subject))
        };
        let rules = protocol.marks();
        let mark = |mark: &Mark| {
            rules.is_some_and(|r| {
                let class = mark.class.as_ref().is_none_or(|key| r.classes.iter().any(|c| c.key == *key));
                class && mark.rating.is_some_and(|n| r.rating.fits(n).is_ok())
            })
        };
        let reasons = form.not_evaluable().map(|n| n.reasons.as_slice()).unwrap_or_default();
        self.answers.iter().all(answer)
            && self.marks.values().all(mark)
            && self.not_evaluable.values().all(|key| reasons.iter().any(|r| r.key == *key))
    }
}

impl Pair {
    /// A pair of what two reads say. The salt is a number that nobody can guess.
    #[must_use]
    pub const fn new(a: Side, b: Side, salt: ContentHash) -> Self {
        Self { salt, a, b }
    }
    /// Read A.
    #[must_use]
    pub const fn a(&self) -> &Side {
        &self.a
    }
    /// Read B.
    #[must_use]
    pub const fn b(&self) -> &Side {
        &self.b
    }
    /// Reads what was inside a seal. Blanks behind it are padding.
    ///
    /// # Errors
    /// [`PairError::Form`], [`PairError::Protocol`] or [`PairError::TooLong`].
    pub fn parse(json: &[u8], protocol: &Protocol) -> Result<Self, PairError> {
        if json.len() > MAX_BYTES {
            return Err(PairError::TooLong);
        }
        let pair: Self = serde_json::from_slice(json).map_err(|_| PairError::Form)?;
        if pair.fits(protocol) { Ok(pair) } else { Err(PairError::Protocol) }
    }
    /// Whether it says nothing that the protocol does not ask for.
    #[must_use]
    pub fn fits(&self, protocol: &Protocol) -> bool {
        self.a.fits(protocol) && self.b.fits(protocol)
    }
    /// Its text. Equal pairs give equal bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists alone: writing them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
    /// By which a bundle names it.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        hash::of_fields(&[b"tiresias pair 1", self.to_json().as_bytes()])
    }
}

/// Seals pairs, each under its own key, to one size.
///
/// # Errors
/// [`PairError::TooLong`].
pub fn seal_all(pairs: &[(Pair, ContentKey)]) -> Result<Vec<SealedPair>, PairError> {
    let texts: Vec<String> = pairs.iter().map(|(pair, _)| pair.to_json()).collect();
    let longest = texts.iter().map(String::len).max().unwrap_or(0);
    if longest > MAX_BYTES - BLOCK {
        return Err(PairError::TooLong);
    }
    let size = longest.div_ceil(BLOCK).max(1) * BLOCK;
    let seal = |((pair, key), mut text): (&(Pair, ContentKey), String)| {
        text.extend(std::iter::repeat_n(' ', size - text.len()));
        // The key is used for this alone.
        let sealed = cipher(key).encrypt(&XNonce::default(), text.as_bytes()).map_err(|_| PairError::TooLong)?;
        Ok(SealedPair { sealed: hash::hex(&sealed), opens: pair.hash() })
    };
    pairs.iter().zip(texts).map(seal).collect()
}

fn cipher(key: &ContentKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

impl SealedPair {
    /// The hash of what is inside.
    #[must_use]
    pub const fn opens(&self) -> ContentHash {
        self.opens
    }
    /// By which a seat names the key.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        hash::of_bytes(self.sealed.as_bytes())
    }
    /// How long it is, sealed.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.sealed.len() / 2
    }
    /// Opens it.
    ///
    /// # Errors
    /// [`PairError`].
    pub fn open(&self, key: &ContentKey, protocol: &Protocol) -> Result<Pair, PairError> {
        if self.sealed.len() / 2 > MAX_BYTES {
            return Err(PairError::TooLong);
        }
        let bytes = hash::unhex(&self.sealed).ok_or(PairError::Form)?;
        let text = cipher(key).decrypt(&XNonce::default(), bytes.as_slice()).map_err(|_| PairError::Seal)?;
        let pair = Pair::parse(&text, protocol)?;
        if pair.hash() == self.opens { Ok(pair) } else { Err(PairError::Seal) }
    }
}
