//! `verify`: whether packages, records and exports are what they were.

use super::{Failure, say, say_json};
use crate::work::{ACCOUNTS, KEY, PUBLIC};
use std::fs::{self, File};
use std::path::Path;
use tiresias_cases::{Package, PackageKey, Trust};
use tiresias_reads::accounts::{Accounts, Signature};
use tiresias_reads::closing::DatabaseLock;
use tiresias_reads::desk::{Desk, DeskLog, SignedAssignment, has_desk, is_desk, package_dir};
use tiresias_reads::export::{is_export, verify_export};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::machine::Fact;
use tiresias_reads::record::{FirstBad, RecordError, Verification, What, verify as verify_record};
use tiresias_reads::study::Study;
use tiresias_reads::versions::Versions;
use tiresias_words::ContentHash;

/// Whether a package, a record, or a study with both is intact.
pub(super) fn verify(path: &Path, key: Option<&Path>, receipts: &[String], json: bool) -> Result<(), Failure> {
    let trust = match key {
        Some(file) => Trust::Key(public_key(file)?),
        None => Trust::Unsigned,
    };
    // An export has a manifest too, of another form.
    let (document, outcome) = if is_export(path) && key.is_none() {
        of_export(path)
    } else if Package::is_at(path) {
        of_package(path, None, &trust)
    } else if key.is_some() {
        return Err(Failure::Input(format!("{}: it is no package, and only packages are held against a key.", path.display())));
    } else if has_desk(path) {
        of_desk(path)
    } else if path.is_dir() {
        of_study(path)
    } else {
        of_record(path)
    };
    // Whoever holds a receipt that is not there has seen more than this file tells: it was cut off, or an older copy was put back.
    let missing = receipts.iter().find(|r| !document.receipts.iter().any(|known| known.eq_ignore_ascii_case(r.trim())));
    let outcome = match (outcome, missing) {
        (Ok(_), Some(receipt)) => Err(Failure::No(format!(
            "{}: the receipt {receipt} is not in it: something that was signed is missing. Look for a newer copy.",
            path.display()
        ))),
        (outcome, _) => outcome,
    };
    if json {
        say_json(&document)?;
        return outcome.map(|_| ());
    }
    say(&outcome?)
}

/// What is printed as JSON, and the line for a person or what is wrong.
type Verdict = (Verification, Result<String, Failure>);

/// A verdict where no record can be named.
fn not_intact(what: What, detail: String) -> Verification {
    let bad = FirstBad { record: 0, what, detail };
    Verification { intact: false, records: 0, first_bad: Some(bad), head: None, signed_by: None, receipts: Vec::new() }
}

fn of_record(record: &Path) -> Verdict {
    let place = record.display();
    match verify_record(record) {
        Ok(found) => {
            let outcome = match &found {
                Verification { intact: true, records, head, .. } => {
                    let head = head.map_or_else(|| "none".to_owned(), |h| h.to_string());
                    Ok(format!("{place}: intact, {records} records, head {head}\n"))
                }
                Verification { first_bad: Some(bad), .. } => Err(Failure::No(format!("{place}: {bad}"))),
                Verification { first_bad: None, .. } => Err(Failure::No(format!("{place}: the record is not intact."))),
            };
            (found, outcome)
        }
        // Looked at, and not intact: the answer is no, even where no row can be named. Anything else could not be looked at.
        Err(e) => {
            let sentence = format!("{place}: {e}");
            let failure = if matches!(e, RecordError::Damaged) { Failure::No(sentence) } else { Failure::Input(sentence) };
            (not_intact(What::Missing, e.to_string()), Err(failure))
        }
    }
}

/// What a study desk has.
#[derive(Default)]
struct OnDesk {
    versions: usize,
    packages: usize,
    files: usize,
    records: usize,
    entries: usize,
    is_closed: bool,
    receipts: Vec<String>,
}

/// A study desk: every signature and hash on it, from the protocol to the close of reading; those of packages where their key lies beside them.
fn of_desk(root: &Path) -> Verdict {
    let place = root.display();
    match on_desk(root) {
        // Looked at, and not intact: the answer is no. A desk of which something cannot be read was not looked at.
        Err(detail) if can_be_read(root) => (not_intact(What::Hash, detail.clone()), Err(Failure::No(format!("{place}: {detail}")))),
        Err(detail) => (not_intact(What::Missing, detail.clone()), Err(Failure::Input(format!("{place}: {detail}")))),
        Ok(found) => {
            let OnDesk { versions, packages, files, records, entries, is_closed, receipts } = found;
            let state = if is_closed { "reading is closed" } else { "reading is open" };
            let line = format!(
                "{place}: intact: {versions} signed versions of the protocol, {packages} packages, {files} results files with {records} records, {entries} entries of the log; {state}\n"
            );
            let whole = Verification { intact: true, records: records as u64, first_bad: None, head: None, signed_by: None, receipts };
            (whole, Ok(line))
        }
    }
}

/// Whether every folder and file below a place can be opened, but for the key file, which is the data manager's and is not looked at.
fn can_be_read(folder: &Path) -> bool {
    let opens = |entry: fs::DirEntry| {
        entry.file_type().is_ok_and(|kind| {
            if kind.is_dir() {
                can_be_read(&entry.path())
            } else {
                !kind.is_file() || entry.file_name() == KEY || File::open(entry.path()).is_ok()
            }
        })
    };
    fs::read_dir(folder).is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(opens)))
}

fn on_desk(root: &Path) -> Result<OnDesk, String> {
    let said = |e: &dyn std::fmt::Display| e.to_string();
    let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| said(&e))?;
    let versions = Versions::open(root, &accounts).map_err(|e| said(&e))?;
    let log = DeskLog::open(root, &accounts).map_err(|e| said(&e))?;
    let mut receipts: Vec<String> = versions.all().iter().map(|v| v.signature.receipt()).collect();
    receipts.extend(log.entries().iter().map(|e| e.signature.receipt()));
    let mut found = OnDesk { versions: versions.all().len(), entries: log.entries().len(), ..OnDesk::default() };
    if root.join("desk.json").is_file() {
        let desk = Desk::open(root).map_err(|e| said(&e))?;
        let key = root.join(PUBLIC);
        let trust = if key.is_file() { Trust::Key(public_key(&key).map_err(Failure::sentence)?) } else { Trust::Unsigned };
        for (case, listed) in desk.cases() {
            let dir = package_dir(root, &listed.package);
            // A study that was only simulated has none.
            if dir.exists() {
                let package = Package::open(&dir, &trust).and_then(|p| p.verify().map(|()| p));
                let package = package.map_err(|e| format!("The package of case {case}: {e}"))?;
                if package.hash() != listed.package {
                    return Err(format!("The package of case {case} is not the one that is listed. Put the right one back."));
                }
                found.packages += 1;
            }
        }
    }
    if is_desk(root) {
        let signed = SignedAssignment::open(root, &accounts).map_err(|e| said(&e))?;
        receipts.push(signed.signature().receipt());
        let gathered = Gathered::of_desk(root, &signed, &accounts).map_err(|e| said(&e))?;
        (found.files, found.records) = (gathered.workstations(), gathered.trail().len());
        receipts.extend(gathered.trail().iter().filter_map(|told| match told.recorded.event.fact() {
            Fact::SessionSigned(signature) => Some(signature.receipt()),
            _ => None,
        }));
        if let Some(lock) = DatabaseLock::open(root, &accounts).map_err(|e| said(&e))? {
            receipts.extend(lock.signatures().iter().map(Signature::receipt));
            found.is_closed = lock.is_closed();
        }
    }
    found.receipts = receipts;
    Ok(found)
}

/// An export: its files against its manifest, and who signed that.
fn of_export(folder: &Path) -> Verdict {
    let place = folder.display();
    match verify_export(folder) {
        Ok(found) => {
            let by = found.signature.as_ref().map(|s| s.signer.to_string());
            let signed = by.as_ref().map_or_else(|| "not signed".to_owned(), |who| format!("signed by \"{who}\""));
            let line = format!("{place}: intact, {} files, {signed}, manifest {}\n", found.files, found.head);
            (
                Verification {
                    intact: true,
                    records: found.files as u64,
                    first_bad: None,
                    head: Some(found.head),
                    signed_by: by,
                    receipts: Vec::new(),
                },
                Ok(line),
            )
        }
        Err(e) => (not_intact(What::Hash, e.to_string()), Err(Failure::No(format!("{place}: {e}")))),
    }
}

fn public_key(file: &Path) -> Result<PackageKey, Failure> {
    let text = fs::read(file).map_err(|e| Failure::Input(format!("{}: {e}.", file.display())))?;
    PackageKey::parse(&text).map_err(|e| Failure::Input(format!("{}: {e}.", file.display())))
}

/// A package; `expected` is the hash under which a bundle names it.
fn of_package(dir: &Path, expected: Option<ContentHash>, trust: &Trust) -> Verdict {
    let place = dir.display();
    let checked = Package::open(dir, trust).and_then(|p| p.verify().map(|()| p));
    match checked {
        Ok(package) if expected.is_some_and(|hash| hash != package.hash()) => {
            let detail = "Its manifest is not the one that was assigned: somebody changed it. Ask for the case again.".to_owned();
            (not_intact(What::Hash, detail.clone()), Err(Failure::No(format!("{place}: {detail}"))))
        }
        Ok(package) => {
            let images: usize = package.series().iter().map(tiresias_cases::Series::len).sum();
            let head = package.hash();
            let found = Verification {
                intact: true,
                records: images as u64,
                first_bad: None,
                head: Some(head),
                signed_by: None,
                receipts: Vec::new(),
            };
            (found, Ok(format!("{place}: intact, package {head}\n")))
        }
        Err(e) => (not_intact(What::Hash, e.to_string()), Err(Failure::No(format!("{place}: {e}")))),
    }
}

/// The record, then every package that a bundle names. Where no package is here at all, as in a study of made-up cases, the line says that none was checked.
fn of_study(root: &Path) -> Verdict {
    let study = match Study::open(root) {
        Ok(study) => study,
        Err(e) => return (not_intact(What::Missing, e.to_string()), Err(Failure::Input(format!("{}: {e}", root.display())))),
    };
    let record = study.record_path();
    if !record.exists() {
        let detail = "nothing was recorded in this study yet.".to_owned();
        return (not_intact(What::Missing, detail.clone()), Err(Failure::Input(format!("{}: {detail}", root.display()))));
    }
    let verdict = of_record(&record);
    let has_packages = fs::read_dir(study.packages_dir()).is_ok_and(|mut entries| entries.next().is_some());
    if verdict.1.is_err() {
        return verdict;
    }
    if !has_packages {
        let (found, line) = verdict;
        return (found, line.map(|line| format!("{}; no case package is here, and none was checked\n", line.trim_end())));
    }
    let named = study.bundles().values().flat_map(tiresias_reads::bundle::Bundle::reads).map(|r| r.package);
    // What was withdrawn is handed out no more.
    let is_here = |hash: &ContentHash| !study.withdraws(hash) || study.package_dir(hash).exists();
    let packages: std::collections::BTreeSet<ContentHash> = named.filter(is_here).collect();
    let bad = packages.iter().map(|hash| of_package(&study.package_dir(hash), Some(*hash), &Trust::Unsigned)).find(|v| v.1.is_err());
    bad.unwrap_or(verdict)
}
