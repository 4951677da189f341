//! A simulated reader in a process of their own, at a folder that the study desk handed out: for who wants to look at it from outside, or to cut it off.
//!
//! Refuses: the folder of a person; only an account with the passphrase of simulated readers sits down here.

use super::sitting::{Person, Watch, read};
use super::{PASSPHRASE, SimulateError};
use std::path::Path;
use tiresias_reads::accounts::Passphrase;
use tiresias_reads::simulation::{Known, Skill};
use tiresias_reads::study::Study;

/// Reads what is left at the workstation of `root`, knowing nothing of the cases, and signs. Every answer is on the disk before `watch` hears of it. Gives the
/// number of locked reads.
///
/// # Errors
/// [`SimulateError`]; what was recorded until then stays, and another call goes on from there.
pub fn sit(root: &Path, seed: u64, watch: &mut Watch<'_>) -> Result<usize, SimulateError> {
    let study = Study::open(root)?;
    let real = || SimulateError::Real(root.display().to_string());
    let reader = study.bundles().keys().next().cloned().ok_or_else(real)?;
    let seat = study.seat(&reader).ok_or_else(real)?;
    if seat.open(&Passphrase::known_to_all(PASSPHRASE)).is_err() {
        return Err(real());
    }
    let person = Person { known: &Known::default(), skill: &Skill::default(), seed, machine: "station", at_once: true };
    read(&study, &reader, &person, watch)
}
