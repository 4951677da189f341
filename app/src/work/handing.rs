//! The folder that a reader or adjudicator gets: the protocol, their own cases with their packages, and nothing of anybody else.

use super::packing::KEY;
use super::{assigned, at, entropy};
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tiresias_cases::StudyKey;
use tiresias_reads::bundle::Bundle;
use tiresias_reads::desk::{Adjudications, Desk, DeskLog, Handed, ListedCase, package_dir};
use tiresias_words::{CaseId, ContentHash, ContentKey, ReaderId};

/// The content keys of a study's packages, by the passphrase of its key file: what opens what the AI says.
pub(crate) type ContentKeys = Vec<(ContentHash, ContentKey)>;

/// The content keys of all listed cases.
pub(crate) fn content_keys(dir: &Path, passphrase: &str) -> Result<ContentKeys, Failure> {
    let file = dir.join(KEY);
    let key = StudyKey::open(&file, passphrase).map_err(|e| at(&file, e))?;
    let desk = Desk::open(dir).map_err(|e| at(dir, e))?;
    let of = |(case, listed): (&CaseId, &ListedCase)| (listed.package, key.uid_key().content_key(case.as_str()));
    Ok(desk.cases().iter().map(of).collect())
}

/// What was handed out, in words. Of an adjudicator, how many cases there are would tell how far readers agree.
pub(crate) struct HandedOut {
    pub(crate) cases: String,
}

/// Makes the folder of one reader at `out`, which does not exist yet.
pub(crate) fn hand_out(dir: &Path, reader: &ReaderId, out: &Path, keys: &ContentKeys) -> Result<HandedOut, Failure> {
    let (accounts, signed) = assigned(dir)?;
    let log = DeskLog::open(dir, &accounts).map_err(|e| at(dir, e))?;
    let (leaves, withdrawals) = (log.leaves(), log.withdrawals());
    let handed = Handed { keys, leaves: &leaves, withdrawals: &withdrawals };
    let adjudications = Adjudications::open(dir, &accounts).map_err(|e| at(dir, e))?;
    let study = if adjudications.has(reader) {
        let (protocol, text) = signed.protocol(dir).map_err(|e| at(dir, e))?;
        adjudications.hand_out(dir, &accounts, (&protocol, &text), reader, &withdrawals, out).map_err(|e| at(dir, e))?
    } else {
        signed.hand_out(dir, &accounts, reader, &handed, &entropy()?, out).map_err(|e| at(dir, e))?
    };
    // What was withdrawn is nobody's to look at any more.
    let theirs = study.bundles().values().flat_map(Bundle::reads).map(|r| r.package);
    let packages: BTreeSet<_> = theirs.filter(|package| !study.withdraws(package)).collect();
    for package in &packages {
        let to = study.package_dir(package);
        copy_folder(&package_dir(dir, package), &to).map_err(|e| {
            let unfinished =
                "The folder is not complete: delete it, see that the study\u{2019}s packages are there and that there is room, and try again.";
            let name = to.file_name().unwrap_or_default().display();
            at(out, format!("the package {name} cannot be copied ({e}). {unfinished}"))
        })?;
    }
    let cases = if adjudications.has(reader) { "the cases".to_owned() } else { format!("{} cases", packages.len()) };
    Ok(HandedOut { cases })
}

/// A package is a folder of files, and nothing below.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
