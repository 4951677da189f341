//! File and folder names: whether they could have been drawn at random.
//!
//! Owns: the judgement of every name below the path that a person gave, of folders without files too, and of what nobody looks into. Refuses: that path itself,
//! which is the person's own.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::words::{Dictionary, has_date};
use super::{Leak, LeakKind, Severity};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Findings for the names of files, of the folders between them and `root`, and of further folders.
pub(super) fn judge(root: &Path, files: &[PathBuf], further: Vec<PathBuf>, names: &Dictionary) -> Vec<Leak> {
    let mut found = Vec::new();
    let mut folders: BTreeSet<PathBuf> = further.into_iter().collect();
    for file in files {
        found.extend(of(file, "file name", names));
        let between = file.ancestors().skip(1).take_while(|a| *a != root && a.starts_with(root));
        folders.extend(between.map(Path::to_owned));
    }
    found.extend(folders.iter().filter_map(|f| of(f, "folder name", names)));
    found
}

/// Findings for what is not looked into, whatever its name.
pub(super) fn passed(paths: &[PathBuf], names: &Dictionary) -> Vec<Leak> {
    let of = |path: &PathBuf| {
        let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
        let severity = severity(&name, names).unwrap_or(Severity::Suspect);
        Leak::new(path, "link or folder that is not looked into", (LeakKind::Path, severity), &name)
    };
    paths.iter().map(of).collect()
}

fn of(path: &Path, place: &str, names: &Dictionary) -> Option<Leak> {
    let name = path.file_name()?.to_string_lossy();
    let severity = severity(&name, names)?;
    Some(Leak::new(path, place, (LeakKind::Path, severity), &name))
}

/// `None` for a name that tells nothing: drawn at random, or the standard's own.
fn severity(name: &str, names: &Dictionary) -> Option<Severity> {
    let stem =
        name.rsplit_once('.').filter(|(_, end)| end.len() <= 4 && end.bytes().all(|b| b.is_ascii_alphabetic())).map_or(name, |(s, _)| s);
    let is_random =
        stem.len() >= 16 && stem.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && !stem.bytes().all(|b| b.is_ascii_digit());
    if name == "DICOMDIR" || (is_random && !names.finds(name)) {
        return None;
    }
    let is_uid = stem.split('.').count() > 4 && stem.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let has_number = stem.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 5);
    // A name that no dictionary knows, or a number that only counts, is for a person to look at.
    let is_leak = names.finds(name) || has_date(stem) || is_uid || has_number || stem.contains('^');
    Some(if is_leak { Severity::Leak } else { Severity::Suspect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_random_or_found() {
        let mut names = Dictionary::default();
        names.learn("Lindqvist^Åsa");
        for name in ["0123456789abcdef0123456789abcdef.dcm", "203961ab-1706-5532-21a8-93743862034f", "DICOMDIR"] {
            assert_eq!(severity(name, &names), None, "{name}");
        }
        for name in [
            "lindqvist.dcm",
            "0123456789abcdef0123456789abcdef.asa",
            "CT_20010203.dcm",
            "1.2.840.113619.2.5",
            "IM1234567",
            "A^B.dcm",
            "19991231235959000000",
        ] {
            assert_eq!(severity(name, &names), Some(Severity::Leak), "{name}");
        }
        for name in ["001.dcm", "IM0001", "ct"] {
            assert_eq!(severity(name, &names), Some(Severity::Suspect), "{name}");
        }
    }
}
