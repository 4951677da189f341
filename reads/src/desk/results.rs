//! What came back from the workstations: `results/` of the desk's folder, a file each, named by its hash; and `receipts.json`, the codes that readers hold.
//!
//! Refuses: files that are no results of this study, and to lose or change one that is there.

use super::{AdjudicationError, Adjudications, AssignmentError, SignedAssignment};
use crate::accounts::{ACCOUNTS, AccountError, Accounts, Act, Kind, Unlocked, is_receipt};
use crate::adjudication::{Drawn, contradicted};
use crate::closing::closed_without_proof;
use crate::folder::{read_at_most, replace};
use crate::merge::{Conflict, Expected, Merged, merge};
use crate::pair::Side;
use crate::record::{MAX_RESULTS, Results, ResultsError};
use crate::shown::shown;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use tiresias_words::{ContentHash, ReadId};

const RESULTS: &str = "results";
const RECEIPTS: &str = "receipts.json";
const ENDING: &str = "tresults";
const MAX_RECEIPTS: u64 = 16 << 20;
const MAX_NAME: usize = 80;

/// Why results cannot be taken in or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The account may not.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// Nothing was assigned here.
    #[error("{0}")]
    Assignment(#[from] AssignmentError),
    /// What was drawn for adjudicators here.
    #[error("{0}")]
    Adjudication(Box<AdjudicationError>),
    /// The lock of the study.
    #[error("{0}")]
    Closing(Box<crate::closing::ClosingError>),
    /// The log of the study.
    #[error("{0}")]
    Log(Box<super::LogError>),
    /// Somebody who does not see how far the study is.
    #[error("How far the study is, is not for the account of {} {}.", .0.article(), .0.name())]
    NotForKind(Kind),
    /// No results of this study.
    #[error("{file}: nothing of it was taken: {error}.")]
    Results {
        /// Its name.
        file: String,
        /// What is wrong with it.
        error: ResultsError,
    },
    /// Of another protocol.
    #[error(
        "{0}: nothing of it was taken: it belongs to another study, or to another version of the protocol. Look for the folder of that study."
    )]
    OtherProtocol(String),
    /// After the database lock.
    #[error(
        "{0}: nothing of it was taken: reading is closed. To take it in all the same is a deviation: give its reason with `--deviation`."
    )]
    Closed(String),
    /// A read that an adjudicator has was changed since.
    #[error(
        "{0}: nothing of it was taken: a read that was adjudicated was changed afterwards. To take it in all the same reopens its adjudication, which is a deviation: give its reason with `--deviation`."
    )]
    Adjudicated(String),
    /// Far too long.
    #[error("{0}: nothing of it was taken: it is larger than 1 GiB, and no results file is. Name the right file.")]
    TooLarge(String),
    /// A code that is no receipt.
    #[error("\"{0}\" is no receipt. A receipt has three groups of four letters and digits.")]
    Receipt(String),
    /// A file of receipts that is something else.
    #[error("{RECEIPTS} is not a list of receipts. Put the right file back.")]
    Receipts,
    /// The disk.
    #[error("{file}: it cannot be {} ({kind}). Check the place and that it has room.", if *.writing { "written" } else { "read" })]
    Disk {
        /// Its name.
        file: String,
        /// Whether it was to be written.
        writing: bool,
        /// What the disk said.
        kind: io::ErrorKind,
    },
}

fn disk(file: &str, writing: bool) -> impl Fn(io::Error) -> MergeError {
    move |e| MergeError::Disk { file: file.to_owned(), writing, kind: e.kind() }
}

/// What became of a results file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is among the study's results now.
    New(ContentHash),
    /// It was there already: nothing changed.
    Already(ContentHash),
}

/// Takes one results file into the study whose desk's folder is `root`.
///
/// # Errors
/// When the account may not, reading is closed, or the file is no results file of this study's protocol; nothing is taken then.
pub fn take_results(root: &Path, signed: &SignedAssignment, keys: &Unlocked, path: &Path) -> Result<Taken, MergeError> {
    keys.may(Act::Merge)?;
    if closed_without_proof(root) {
        return Err(MergeError::Closed(name_of(path)));
    }
    let (name, bytes, results) = parsed(signed, path)?;
    if !changed_since(root, signed, &results)?.is_empty() {
        return Err(MergeError::Adjudicated(name));
    }
    put(root, &bytes, &results)
}

/// Takes results in although reads in them were changed after an adjudicator had them: a deviation that reopens their adjudication. `None` where there is no such
/// read, or reading is closed; nothing was taken then.
///
/// # Errors
/// When the account may not, there is no reason, or the file is no results file of this study's protocol; nothing is taken then.
pub fn take_reopening_results(
    root: &Path,
    signed: &SignedAssignment,
    accounts: &Accounts,
    keys: &Unlocked,
    path: &Path,
    (reason, utc_ms): (&str, i64),
) -> Result<Option<Taken>, MergeError> {
    keys.may(Act::Merge)?;
    let (_, bytes, results) = parsed(signed, path)?;
    let changed = changed_since(root, signed, &results)?;
    if closed_without_proof(root) || changed.is_empty() {
        return Ok(None);
    }
    let wanted = super::Wanted::Reopen(changed.into_iter().collect(), results.file());
    match super::DeskLog::add(root, accounts, keys, wanted, reason, utc_ms) {
        // These results were written down by a try that ended before they were put to the others.
        Ok(_) | Err(super::LogError::Already(_)) => {}
        Err(e) => return Err(MergeError::Log(Box::new(e))),
    }
    put(root, &bytes, &results).map(Some)
}

/// The reads that an adjudicator has, and that results say otherwise than what came in before.
fn changed_since(root: &Path, signed: &SignedAssignment, results: &Results) -> Result<BTreeSet<ReadId>, MergeError> {
    let accounts = Accounts::open(&root.join(ACCOUNTS))?;
    let adjudications = Adjudications::open(root, &accounts).map_err(|e| MergeError::Adjudication(Box::new(e)))?;
    let compared: BTreeSet<&ReadId> = adjudications.drawn().flat_map(|d| [&d.a, &d.b]).collect();
    if compared.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (protocol, _) = signed.protocol(root)?;
    let form = protocol.form();
    let (_, merged) = received(root, signed, &accounts, &adjudications)?;
    let is_changed = |id: &ReadId| {
        let known = merged.reads.get(id).map(|m| Side::of(&m.read, form))?;
        let new = results.states().get(&id.reader)?.locked().iter().find(|l| l.read() == id)?;
        // A later version of what is known: one that is older, or the same, changes nothing.
        let mut earlier = std::iter::successors(new.amends(), |a| a.earlier.amends());
        Some(Side::of(new, form) != known && earlier.any(|a| Side::of(&a.earlier, form) == known))
    };
    Ok(compared.into_iter().filter(|id| is_changed(id) == Some(true)).cloned().collect())
}

/// Puts one results file to the others. Whether it may be there now is the caller's to have asked.
pub(crate) fn put_results(root: &Path, signed: &SignedAssignment, path: &Path) -> Result<Taken, MergeError> {
    let (_, bytes, results) = parsed(signed, path)?;
    put(root, &bytes, &results)
}

/// What a sentence calls a file.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "the file".to_owned(), |n| shown(&n.to_string_lossy(), MAX_NAME))
}

/// A results file of this study's protocol: its name, its bytes and what is in it.
fn parsed(signed: &SignedAssignment, path: &Path) -> Result<(String, Vec<u8>, Results), MergeError> {
    let name = name_of(path);
    let bytes = read_at_most(path, MAX_RESULTS).map_err(disk(&name, false))?.ok_or_else(|| MergeError::TooLarge(name.clone()))?;
    let results = Results::parse(&bytes).map_err(|error| MergeError::Results { file: name.clone(), error })?;
    if results.protocol() != signed.expected().protocol {
        return Err(MergeError::OtherProtocol(name));
    }
    Ok((name, bytes, results))
}

fn put(root: &Path, bytes: &[u8], results: &Results) -> Result<Taken, MergeError> {
    let folder = root.join(RESULTS);
    std::fs::create_dir_all(&folder).map_err(disk(RESULTS, true))?;
    let place = folder.join(format!("{}.{ENDING}", results.file()));
    if place.exists() {
        return Ok(Taken::Already(results.file()));
    }
    replace(&place, bytes).map_err(disk(RESULTS, true))?;
    Ok(Taken::New(results.file()))
}

/// Notes a receipt that a reader holds, so that results without it are missed.
///
/// # Errors
/// When the account may not, or it is no receipt.
pub fn note_receipt(root: &Path, keys: &Unlocked, receipt: &str) -> Result<(), MergeError> {
    keys.may(Act::Merge)?;
    let receipt = receipt.trim().to_ascii_uppercase();
    // What is noted is never taken out again: a code that no signature can have would be missed for ever.
    if !is_receipt(&receipt) {
        return Err(MergeError::Receipt(shown(&receipt, MAX_NAME)));
    }
    let mut all = receipts(root)?;
    if !all.contains(&receipt) {
        all.push(receipt);
        all.sort();
        let json = serde_json::to_vec_pretty(&all).map_err(|_| MergeError::Receipts)?;
        replace(&root.join(RECEIPTS), &json).map_err(disk(RECEIPTS, true))?;
    }
    Ok(())
}

fn receipts(root: &Path) -> Result<Vec<String>, MergeError> {
    match read_at_most(&root.join(RECEIPTS), MAX_RECEIPTS) {
        Ok(bytes) => bytes.and_then(|b| serde_json::from_slice(&b).ok()).ok_or(MergeError::Receipts),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(disk(RECEIPTS, false)(e)),
    }
}

/// Whether results were taken in at this desk.
#[must_use]
pub(super) fn has_results(root: &Path) -> bool {
    root.join(RESULTS).is_dir()
}

/// Everything that was taken in, brought together. Which accounts may see what of it is the caller's to ask.
///
/// # Errors
/// When a file cannot be read, or is no longer what was taken.
pub fn merged(root: &Path, signed: &SignedAssignment, accounts: &Accounts) -> Result<Merged, MergeError> {
    all_merged(root, signed, accounts).map(|(_, merged)| merged)
}

/// The same with the files, sorted by their hashes.
pub(crate) fn all_merged(root: &Path, signed: &SignedAssignment, accounts: &Accounts) -> Result<(Vec<Results>, Merged), MergeError> {
    let adjudications = Adjudications::open(root, accounts).map_err(|e| MergeError::Adjudication(Box::new(e)))?;
    let (files, mut merged) = received(root, signed, accounts, &adjudications)?;
    let drawn: Vec<Drawn> = adjudications.drawn().cloned().collect();
    if !drawn.is_empty() {
        let (protocol, _) = signed.protocol(root)?;
        let doubted = contradicted(&protocol, &merged, &drawn);
        // What a signed deviation reopened contradicts nothing: it waits to be settled again. Nor does it count, as what another was given does not.
        let log = super::DeskLog::open(root, accounts).map_err(|e| MergeError::Log(Box::new(e)))?;
        let void = adjudications.void(&log);
        let is_doubted = |id: &ReadId| doubted.iter().any(|c| matches!(c, Conflict::Decision { read, .. } if read == id));
        merged.reads.retain(|id, _| !void.contains(id) && !is_doubted(id));
        merged.conflicts.extend(doubted.into_iter().filter(|c| !matches!(c, Conflict::Decision { read, .. } if void.contains(read))));
        merged.conflicts.sort();
    }
    Ok((files, merged))
}

/// The same, before decisions are held against the reads that they are about.
pub(super) fn received(
    root: &Path,
    signed: &SignedAssignment,
    accounts: &Accounts,
    adjudications: &Adjudications,
) -> Result<(Vec<Results>, Merged), MergeError> {
    let mut files = Vec::new();
    let folder = root.join(RESULTS);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(disk(RESULTS, false))?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(e) => return Err(disk(RESULTS, false)(e)),
    };
    for entry in entries.iter().filter(|e| e.path().extension().is_some_and(|x| x == ENDING)) {
        let name = shown(&entry.file_name().to_string_lossy(), MAX_NAME);
        let bytes = read_at_most(&entry.path(), MAX_RESULTS).map_err(disk(&name, false))?;
        let bytes = bytes.ok_or_else(|| MergeError::TooLarge(name.clone()))?;
        files.push(Results::parse(&bytes).map_err(|error| MergeError::Results { file: name, error })?);
    }
    files.sort_by_key(Results::file);
    let mut expected = signed.expected();
    expected.bundles.extend(adjudications.bundles());
    let merged = merge(&expected, accounts, &files, &receipts(root)?);
    Ok((files, merged))
}

impl SignedAssignment {
    /// What the desk expects of the workstations.
    #[must_use]
    pub fn expected(&self) -> Expected {
        Expected { protocol: self.protocol_hash(), bundles: self.bundle_hashes() }
    }
}
