//! Word of the study desk that a case takes no further part: a deviation, signed by who may record one. It travels with the reader's seat, so that the case is
//! handed out to be read no more.
//!
//! It has neither the desk's name of the case nor the reason: they are in the desk's log, and a reader's folder must not tell them. Refuses: word about another
//! study, and of somebody who may record no deviation.

use crate::accounts::{AccountError, Act, Meaning, Signature, SignatureError, Unlocked, may_do};
use crate::hash;
use serde::{Deserialize, Serialize};
use tiresias_words::ContentHash;

/// Word that a case takes no further part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Of which protocol.
    pub protocol: ContentHash,
    /// The package of the case.
    pub package: ContentHash,
    /// Who withdrew it.
    pub signature: Signature,
}

/// Why the word does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawalError {
    /// Of another protocol.
    #[error("A case that was withdrawn is of another study. Ask the study desk for the right file.")]
    Other,
    /// Not signed by the desk.
    #[error("The withdrawal of a case does not count. {0} Ask the study desk for it again.")]
    Signature(#[from] SignatureError),
}

fn content(protocol: &ContentHash, package: &ContentHash) -> ContentHash {
    hash::of_fields(&[b"tiresias withdrawal 1", &protocol.0, &package.0])
}

impl Withdrawal {
    /// Gives word that a case takes no further part.
    ///
    /// # Errors
    /// When the account may not record a deviation.
    pub fn give(protocol: ContentHash, package: ContentHash, keys: &Unlocked, utc_ms: i64) -> Result<Self, AccountError> {
        keys.may(Act::Deviate)?;
        let signature = keys.sign(Meaning::Deviation, &content(&protocol, &package), utc_ms);
        Ok(Self { protocol, package, signature })
    }
    /// Whether it is about a case of this study, and signed. Whose key that is only the desk can ask ([`crate::merge`]): it has the accounts. All that lies on a
    /// reader's machine is the reader's, the key of who assigned the cases among it, so that nothing there could tell a word of their own from one of the desk.
    pub(crate) fn is_of(&self, protocol: ContentHash) -> Result<(), WithdrawalError> {
        if self.protocol != protocol { Err(WithdrawalError::Other) } else { Ok(self.fits()?) }
    }
    /// Whether it was signed as it stands, by the key that it names, as somebody who may.
    pub(crate) fn fits(&self) -> Result<(), SignatureError> {
        if self.signature.meaning != Meaning::Deviation || !may_do(self.signature.kind, Act::Deviate) {
            return Err(SignatureError::DoesNotFit(self.signature.signer.clone()));
        }
        self.signature.fits(&content(&self.protocol, &self.package))
    }
}
