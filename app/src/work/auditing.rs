//! The audit trail of a desk, on a screen and as files.

use super::at;
use crate::clock::Clock;
use crate::failure::Failure;
use std::path::Path;
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::closing::reads_alone;
use tiresias_reads::export::{AuditLine, Exported, Format, Request, audit_lines, export};
use tiresias_reads::gathered::Gathered;

/// Every row of every record that came back, in sentences.
pub(crate) fn trail(dir: &Path, keys: &Unlocked) -> Result<Vec<AuditLine>, Failure> {
    let gathered = Gathered::open(dir, crate::BUILD).map_err(|e| at(dir, e))?;
    audit_lines(&gathered, keys).map_err(|e| at(dir, e))
}

/// Writes the audit trail into a folder that does not exist yet, signed. That reads are still missing does not keep an auditor from it.
pub(crate) fn export_trail(dir: &Path, keys: &Unlocked, out: &Path) -> Result<Exported, Failure> {
    let gathered = Gathered::open(dir, crate::BUILD).map_err(|e| at(dir, e))?;
    reads_alone(&gathered, Some(keys), Format::Audit).map_err(|e| at(dir, e))?;
    let signer = Some((keys, Clock::start().now().utc_ms));
    let request = Request { gathered: &gathered, scored: None, allow_incomplete: true, signer, reports: None };
    export(Format::Audit, request, out).map_err(|e| at(out, e))
}
