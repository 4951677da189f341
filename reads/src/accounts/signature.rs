//! Signatures: who, as what, when, meaning what, over which content (21 CFR 11.50), and their short receipt.
//!
//! Ed25519 (RFC 8032) over the hash of all of that, so that none of it can be exchanged. Refuses: a signature by a key other than the one that is expected.

use super::{Account, Key, Kind, Unlocked};
use crate::hash::{self, hex, unhex};
use crate::shown::CODE_ALPHABET;
use ed25519_dalek::{Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use tiresias_words::{AccountId, ContentHash};

/// Whether a text has the form of a [`Signature::receipt`].
pub(crate) fn is_receipt(text: &str) -> bool {
    let of_form = |group: &str| group.len() == 4 && group.bytes().all(|b| CODE_ALPHABET.contains(&b));
    text.split('-').count() == 3 && text.split('-').all(of_form)
}

/// What somebody meant by signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// This protocol is the study's.
    Protocol,
    /// I made these reads.
    Session,
    /// This happened and was not planned.
    Deviation,
    /// I looked at this case and found nothing that identifies.
    ContactSheet,
    /// These are the cases and orders of the readers.
    Assignment,
    /// Reading is closed.
    DatabaseLock,
    /// These files were made from the record.
    Export,
    /// I ask this, or answer it.
    Query,
}

impl Meaning {
    /// The words that stand beside a signature.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Protocol => "approves the protocol",
            Self::Session => "made these reads",
            Self::Deviation => "reports a deviation",
            Self::ContactSheet => "looked at the case and found nothing that identifies",
            Self::Assignment => "assigned cases to readers",
            Self::DatabaseLock => "closed the reading",
            Self::Export => "made this export",
            Self::Query => "asks or answers",
        }
    }
}

/// A signature, as it is kept beside what was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Whose.
    pub signer: AccountId,
    /// As what.
    pub kind: Kind,
    /// Meaning what.
    pub meaning: Meaning,
    /// When, by the signer's machine, milliseconds since 1970 in UTC.
    pub utc_ms: i64,
    /// The key it was made with.
    pub key: Key,
    signature: String,
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Made by another key than the account's.
    #[error("It was signed with another key than that of \"{0}\".")]
    OtherKey(AccountId),
    /// Not over this content, or changed.
    #[error("The signature of \"{0}\" does not fit: what was signed was changed, or the signature was.")]
    DoesNotFit(AccountId),
}

fn signed(signer: &AccountId, kind: Kind, meaning: Meaning, utc_ms: i64, content: &ContentHash) -> ContentHash {
    let at = utc_ms.to_le_bytes();
    let fields: [&[u8]; 6] =
        [b"tiresias signature 1", signer.as_str().as_bytes(), kind.word().as_bytes(), meaning.words().as_bytes(), &at, &content.0];
    hash::of_fields(&fields)
}

impl Unlocked {
    /// Signs some content.
    #[must_use]
    pub fn sign(&self, meaning: Meaning, content: &ContentHash, utc_ms: i64) -> Signature {
        let signature = self.signing.sign(&signed(&self.id, self.kind, meaning, utc_ms, content).0);
        Signature {
            signer: self.id.clone(),
            kind: self.kind,
            meaning,
            utc_ms,
            key: Key(self.signing.verifying_key().to_bytes()),
            signature: hex(&signature.to_bytes()),
        }
    }
}

impl Signature {
    /// Whether this is `account`'s signature over `content`.
    ///
    /// # Errors
    /// With the reason why it does not count.
    pub fn verify(&self, account: &Account, content: &ContentHash) -> Result<(), SignatureError> {
        if (self.key, &self.signer, self.kind) != (account.signs(), account.id(), account.kind()) {
            return Err(SignatureError::OtherKey(self.signer.clone()));
        }
        self.fits(content)
    }
    /// Whether the signature is over `content` by the key that it names, whoever's that is.
    ///
    /// # Errors
    /// [`SignatureError::DoesNotFit`].
    pub fn fits(&self, content: &ContentHash) -> Result<(), SignatureError> {
        let no = || SignatureError::DoesNotFit(self.signer.clone());
        let key = VerifyingKey::from_bytes(&self.key.0).map_err(|_| no())?;
        let bytes = unhex(&self.signature).and_then(|b| <[u8; 64]>::try_from(b).ok()).ok_or_else(no)?;
        let message = signed(&self.signer, self.kind, self.meaning, self.utc_ms, content);
        key.verify_strict(&message.0, &ed25519_dalek::Signature::from_bytes(&bytes)).map_err(|_| no())
    }
    /// A short code that is kept elsewhere: whoever has it notices a file that was cut off or put back. Three groups of four, 59 bits.
    #[must_use]
    pub fn receipt(&self) -> String {
        let hash = hash::of_fields(&[b"tiresias receipt 1", self.signature.as_bytes()]).0;
        let mut number = hash.iter().take(16).fold(0u128, |n, b| n << 8 | u128::from(*b));
        let mut letters = String::new();
        for place in 0..12 {
            if place > 0 && place % 4 == 0 {
                letters.push('-');
            }
            letters.push(CODE_ALPHABET.get((number % 31) as usize).map_or('2', |c| char::from(*c)));
            number /= 31;
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::is_receipt;

    #[test]
    fn what_is_no_receipt_is_not_taken_for_one() {
        assert!(is_receipt("2345-ABCD-WXYZ"));
        for wrong in ["--------------", "ABCDEFGHJKMNPQ", "2345-ABCD-WXY0", "2345-ABCD-WXYI", "2345-ABCD", "234-5ABCD-WXYZ"] {
            assert!(!is_receipt(wrong), "{wrong}");
        }
    }
}
