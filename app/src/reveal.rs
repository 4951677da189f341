//! The way from the committed event to what the AI says: the seat's key, the record's state, the package's sealed part.
//!
//! Owns nothing and keeps nothing: whoever asks lets go of it with the case. Refuses: anything before the event, which `reads` sees to.

use tiresias_cases::{Findings, Package, Trust};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::machine::State;
use tiresias_reads::seat::Seat;
use tiresias_reads::study::Study;

/// Opens the sealed part of the open case. Reads and decrypts: not for a thread that draws.
///
/// # Errors
/// A sentence, when the state does not allow it yet, there is no key, or the package is not what was packed.
pub(crate) fn open_sealed(study: &Study, seat: &Seat, state: &State, keys: &Unlocked) -> Result<Findings, String> {
    let token = seat.reveal(state, keys).map_err(|e| e.to_string())?;
    let package = Package::open(&study.package_dir(&token.package()), &Trust::Unsigned).map_err(|e| e.to_string())?;
    package.sealed().and_then(|sealed| sealed.open(&token)).map_err(|e| e.to_string())
}
