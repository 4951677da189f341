//! Leave of the study desk to open one case before its washout is over: a deviation, signed with a reason by who may record one.
//!
//! Refuses: leave for another reader or protocol, and leave that somebody else signed.

use crate::accounts::{AccountError, Act, Key, Meaning, Signature, SignatureError, Unlocked};
use crate::hash;
use crate::shown::{MAX_REASON, is_text};
use serde::{Deserialize, Serialize};
use tiresias_words::{ContentHash, ReadId, ReaderId};

/// Leave to open one read early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Of which protocol.
    pub protocol: ContentHash,
    /// Which read.
    pub read: ReadId,
    /// Why: 1 to 1,000 characters.
    pub reason: String,
    /// Who gives it.
    pub signature: Signature,
}

/// Why leave cannot be given, or does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaveError {
    /// The account may not.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// No reason.
    #[error("A case is opened before its washout only for a reason of 1 to 1,000 characters: it is a deviation.")]
    Reason,
    /// Of another protocol, or for another reader.
    #[error("The leave to open a case early is for another reader or another study. Ask the study desk for the right one.")]
    Other,
    /// Not signed by the desk.
    #[error("The leave to open a case early does not count. {0} Ask the study desk for it again.")]
    Signature(#[from] SignatureError),
}

fn content(protocol: &ContentHash, read: &ReadId, reason: &str) -> ContentHash {
    let repeat = read.repeat.to_le_bytes();
    let fields: [&[u8]; 7] = [
        b"tiresias leave 1",
        &protocol.0,
        read.reader.as_str().as_bytes(),
        read.case.as_str().as_bytes(),
        read.condition.as_str().as_bytes(),
        &repeat,
        reason.as_bytes(),
    ];
    hash::of_fields(&fields)
}

impl Leave {
    /// Gives leave to open a read before its washout is over.
    ///
    /// # Errors
    /// When the account may not record a deviation, or there is no reason.
    pub fn give(protocol: ContentHash, read: ReadId, reason: &str, keys: &Unlocked, utc_ms: i64) -> Result<Self, LeaveError> {
        keys.may(Act::Deviate)?;
        if !is_text(reason, MAX_REASON) {
            return Err(LeaveError::Reason);
        }
        let signature = keys.sign(Meaning::Deviation, &content(&protocol, &read, reason), utc_ms);
        Ok(Self { protocol, read, reason: reason.to_owned(), signature })
    }
    /// Whether it is for this reader, and signed with this key.
    pub(crate) fn is_of(&self, protocol: ContentHash, reader: &ReaderId, desk: &Key) -> Result<(), LeaveError> {
        if self.protocol != protocol || self.read.reader != *reader {
            return Err(LeaveError::Other);
        }
        if self.signature.key != *desk {
            return Err(SignatureError::OtherKey(self.signature.signer.clone()).into());
        }
        Ok(self.fits()?)
    }
    /// Whether it was signed as it stands, by the key that it names.
    pub(crate) fn fits(&self) -> Result<(), SignatureError> {
        if self.signature.meaning != Meaning::Deviation {
            return Err(SignatureError::DoesNotFit(self.signature.signer.clone()));
        }
        self.signature.fits(&content(&self.protocol, &self.read, &self.reason))
    }
}
