//! The protocol is signed, and the cases are assigned: both by a coordinator, both once.

use super::{ACCOUNTS, at};
use crate::clock::Clock;
use crate::failure::Failure;
use std::path::Path;
use tiresias_reads::accounts::{Accounts, Unlocked};
use tiresias_reads::desk::{SignedAssignment, assign_cases};
use tiresias_reads::versions::{Version, Versions};

/// Signs the protocol as its next version.
pub(crate) fn sign_protocol(dir: &Path, keys: &Unlocked, reason: Option<&str>) -> Result<Version, Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    let versions = Versions::open(dir, &accounts).map_err(|e| at(dir, e))?;
    let signed = versions.sign(dir, keys, reason, Clock::start().now().utc_ms).map_err(|e| at(dir, e))?;
    signed.all().last().cloned().ok_or_else(|| at(dir, "nothing was signed."))
}

/// Assigns the packed cases to all readers, in an order that is drawn once, and signs that.
pub(crate) fn assign(dir: &Path, keys: &Unlocked) -> Result<SignedAssignment, Failure> {
    let accounts = Accounts::open(&dir.join(ACCOUNTS)).map_err(|e| at(dir, e))?;
    assign_cases(dir, &accounts, keys, Clock::start().now().utc_ms).map_err(|e| at(dir, e))
}
