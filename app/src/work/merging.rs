//! Results files come back to the desk, and reading is closed.

use super::{ACCOUNTS, at};
use crate::clock::Clock;
use crate::failure::Failure;
use serde::Serialize;
use std::path::{Path, PathBuf};
use tiresias_reads::accounts::{Accounts, Unlocked};
use tiresias_reads::closing::{DatabaseLock, sign_lock, take_late_results};
use tiresias_reads::desk::{SignedAssignment, Taken, merged, note_receipt, take_reopening_results, take_results};

/// What came of results files.
#[derive(Debug, Default, Serialize)]
pub(crate) struct TakenIn {
    pub(crate) taken: Vec<String>,
    pub(crate) already: Vec<String>,
    pub(crate) refused: Vec<String>,
    pub(crate) files: usize,
    pub(crate) reads: usize,
    pub(crate) conflicts: Vec<String>,
}

/// The accounts and the assignment of a desk.
pub(crate) fn assigned(dir: &Path) -> Result<(Accounts, SignedAssignment), Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    let signed = SignedAssignment::open(dir, &accounts).map_err(|e| at(dir, e))?;
    Ok((accounts, signed))
}

/// Takes results files in, notes receipts, and says what there is then. After the lock a file is taken in by a deviation with its reason alone.
pub(crate) fn take_in(
    dir: &Path,
    keys: &Unlocked,
    files: &[PathBuf],
    receipts: &[String],
    deviation: Option<&str>,
) -> Result<TakenIn, Failure> {
    let (accounts, signed) = assigned(dir)?;
    let mut document = TakenIn::default();
    for path in files {
        let taken_in = match deviation {
            None => take_results(dir, &signed, keys, path).map_err(|e| e.to_string()),
            Some(reason) => {
                let now = Clock::start().now().utc_ms;
                // A read that was adjudicated and changed, while reading is open; or anything, after it was closed.
                match take_reopening_results(dir, &signed, &accounts, keys, path, (reason, now)) {
                    Ok(Some(taken)) => Ok(taken),
                    Ok(None) => take_late_results(dir, &signed, &accounts, keys, path, reason, now).map_err(|e| e.to_string()),
                    Err(e) => Err(e.to_string()),
                }
            }
        };
        match taken_in {
            Ok(Taken::New(hash)) => document.taken.push(hash.to_string()),
            Ok(Taken::Already(hash)) => document.already.push(hash.to_string()),
            Err(e) => document.refused.push(e),
        }
    }
    for receipt in receipts {
        note_receipt(dir, keys, receipt)?;
    }
    let found = merged(dir, &signed, &accounts)?;
    (document.files, document.reads) = (found.files.len(), found.reads.len());
    document.conflicts = found.conflicts.iter().map(ToString::to_string).collect();
    Ok(document)
}

/// Signs the close of reading: the first of two people, or the second.
pub(crate) fn close_reading(dir: &Path, keys: &Unlocked, reason: Option<&str>) -> Result<DatabaseLock, Failure> {
    let (accounts, signed) = assigned(dir)?;
    sign_lock(dir, &signed, &accounts, keys, reason, Clock::start().now().utc_ms).map_err(|e| at(dir, e))
}
