//! The studies that were opened on this machine, newest first, kept in the data folder that the program was given.
//!
//! Owns: the file and its format. Refuses: entries that this program did not write, which are left out. It needs nothing else of the program, so that
//! `tests/fuzz` can compile it alone.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const MOST: usize = 8;

const FILE: &str = "recent.json";

/// Bytes of a file that are looked at: more than eight of the longest paths that systems know.
const LONGEST: u64 = 512 << 10;

/// A study that was opened, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recent {
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// What its protocol calls it. Who opened several of one kind tells them apart by it: the folders that are handed out have names of no meaning.
    pub(crate) title: String,
}

/// The list in the folder `data`, each study once; without a folder there is none. A list that cannot be read is an empty one: it is a convenience, not a
/// record.
pub(crate) fn list(data: Option<&Path>) -> Vec<Recent> {
    let text = data.and_then(|d| {
        let mut text = String::new();
        File::open(d.join(FILE)).and_then(|file| file.take(LONGEST).read_to_string(&mut text)).ok()?;
        Some(text)
    });
    let all: Vec<Recent> = text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default();
    let mut found: Vec<Recent> = Vec::new();
    for study in all {
        // What a relative path leads to depends on where the program was started.
        if found.len() < MOST
            && study.folder.is_absolute()
            && found.iter().all(|other| other.folder != study.folder)
            && study.folder.join("protocol.toml").is_file()
        {
            found.push(study);
        }
    }
    found
}

/// Puts a study at the head of the list, and gives the list.
pub(crate) fn remember(data: Option<&Path>, study: &Path, title: &str) -> Vec<Recent> {
    let Some(data) = data else { return Vec::new() };
    let study = Recent { folder: std::path::absolute(study).unwrap_or_else(|_| study.to_owned()), title: title.to_owned() };
    let mut all = list(Some(data));
    all.retain(|other| other.folder != study.folder);
    all.insert(0, study);
    all.truncate(MOST);
    // As above: a list that cannot be kept is no reason to disturb anyone.
    if let Ok(text) = serde_json::to_string(&all) {
        let _ = std::fs::create_dir_all(data).and_then(|()| std::fs::write(data.join(FILE), text));
    }
    all
}
