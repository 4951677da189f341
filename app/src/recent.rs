//! The studies that were opened on this machine, newest first, kept in the data folder that the program was given.

use std::path::{Path, PathBuf};

const MOST: usize = 8;

const FILE: &str = "recent.json";

/// The list in the folder `data`; without a folder there is none. A list that cannot be read is an empty one: it is a convenience, not a record.
pub(crate) fn list(data: Option<&Path>) -> Vec<PathBuf> {
    let text = data.and_then(|d| std::fs::read_to_string(d.join(FILE)).ok());
    let all: Vec<PathBuf> = text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default();
    all.into_iter().filter(|p| p.join("protocol.toml").is_file()).take(MOST).collect()
}

/// Puts a study at the head of the list, and gives the list.
pub(crate) fn remember(data: Option<&Path>, study: &Path) -> Vec<PathBuf> {
    let Some(data) = data else { return Vec::new() };
    let study = std::path::absolute(study).unwrap_or_else(|_| study.to_owned());
    let mut all = list(Some(data));
    all.retain(|p| *p != study);
    all.insert(0, study);
    all.truncate(MOST);
    // As above: a list that cannot be kept is no reason to disturb anyone.
    if let Ok(text) = serde_json::to_string(&all) {
        let _ = std::fs::create_dir_all(data).and_then(|()| std::fs::write(data.join(FILE), text));
    }
    all
}
