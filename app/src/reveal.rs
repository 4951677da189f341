//! The way from the committed event to what the AI says: the reader's key, the record's state, the package's sealed part.
//!
//! Owns nothing and keeps nothing: whoever asks lets go of it with the case. Refuses: anything before the event, which `reads` sees to.

use crate::unshown::Unshown;
use tiresias_cases::{CasesError, Findings, Package, PackageError, Trust};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::machine::State;
use tiresias_reads::study::Study;
use tiresias_words::CaseCode;

/// Why the sealed part is not opened, in words for the study desk.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotOpened {
    /// The state does not allow it yet, or there is no key: a sentence.
    #[error("{0}")]
    NotAllowed(String),
    /// The package is not what was packed.
    #[error(transparent)]
    Package(#[from] PackageError),
}

impl NotOpened {
    /// The same in words for the reader of the case.
    #[must_use]
    pub(crate) fn for_reader(self, case: &CaseCode) -> String {
        match self {
            Self::NotAllowed(sentence) => sentence,
            Self::Package(error) => Unshown::from(CasesError::from(error)).sentence(case),
        }
    }
}

/// Opens the sealed part of the open case; where nothing was sealed for the reader there is nothing in it. Reads and decrypts: not for a thread that draws.
///
/// # Errors
/// When the state does not allow it yet, there is no key, or the package is not what was packed.
pub(crate) fn open_sealed(study: &Study, state: &State, keys: Option<&Unlocked>) -> Result<Findings, NotOpened> {
    let token = study.reveal(state, keys).map_err(|e| NotOpened::NotAllowed(e.to_string()))?;
    let Some(token) = token else { return Ok(Findings::default()) };
    let package = Package::open(&study.package_dir(&token.package()), &Trust::Unsigned)?;
    Ok(package.sealed()?.open(&token)?)
}
