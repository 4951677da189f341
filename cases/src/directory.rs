//! The files that a DICOMDIR names (PS3.10 8.6, PS3.3 F.3).
//!
//! Records are read in the order in which they stand, once each; the links between them, which a hostile directory ties into circles, are not followed.
//! Refuses: names that no file-set has, and so every way out of the folder.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use dicom_dictionary_std::tags;
use std::path::{Path, PathBuf};

/// Components of a File ID: at most 8, of 1 to 8 characters (PS3.10 8.2, 8.5). Some writers use longer and lower-case names.
fn is_component(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name != "." && name != ".." && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// The files that exist, and for each that does not the reason, once.
pub(crate) fn named_files(directory: &Path, a: &Attributes) -> (Vec<PathBuf>, Vec<FileError>) {
    let folder = directory.parent().unwrap_or(Path::new(""));
    let (mut files, mut lost): (Vec<PathBuf>, Vec<FileError>) = (Vec::new(), Vec::new());
    let mut lose = |reason| {
        if !lost.contains(&reason) {
            lost.push(reason);
        }
    };
    for record in a.items(tags::DIRECTORY_RECORD_SEQUENCE) {
        let id = record.texts(tags::REFERENCED_FILE_ID);
        if id.is_empty() {
            continue;
        }
        if id.len() > 16 || !id.iter().all(|c| is_component(c)) {
            lose(FileError::Damaged("it names a file outside of its folder, which is not opened"));
            continue;
        }
        let path = id.iter().fold(folder.to_owned(), |p, c| p.join(c));
        // Links could lead out of the folder too.
        if std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_file()) {
            files.push(path);
        } else {
            lose(FileError::Damaged("it names files that are not there"));
        }
    }
    (files, lost)
}
