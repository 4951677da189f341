//! The way from the committed event to what the AI says: the reader's key, the record's state, the package's sealed part.
//!
//! Owns nothing and keeps nothing: whoever asks lets go of it with the case. Refuses: anything before the event, which `reads` sees to.

use tiresias_cases::{Findings, Package, Trust};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::machine::State;
use tiresias_reads::study::Study;

/// Opens the sealed part of the open case; where nothing was sealed for the reader there is nothing in it. Reads and decrypts: not for a thread that draws.
///
/// # Errors
/// A sentence, when the state does not allow it yet, there is no key, or the package is not what was packed.
pub(crate) fn open_sealed(study: &Study, state: &State, keys: Option<&Unlocked>) -> Result<Findings, String> {
    let Some(token) = study.reveal(state, keys).map_err(|e| e.to_string())? else { return Ok(Findings::default()) };
    let package = Package::open(&study.package_dir(&token.package()), &Trust::Unsigned).map_err(|e| e.to_string())?;
    package.sealed().and_then(|sealed| sealed.open(&token)).map_err(|e| e.to_string())
}
