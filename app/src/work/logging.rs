//! The log of a study: deviations and queries, written at the desk.

use super::{accounts_of, at};
use crate::clock::Clock;
use crate::failure::Failure;
use std::path::Path;
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::desk::{DeskLog, Wanted};

/// Writes an entry, signed by whoever's keys these are; the log with it.
pub(crate) fn write_down(dir: &Path, keys: &Unlocked, wanted: Wanted, text: &str) -> Result<DeskLog, Failure> {
    let accounts = accounts_of(dir)?;
    DeskLog::add(dir, &accounts, keys, wanted, text, Clock::start().now().utc_ms).map_err(|e| at(dir, e))
}
