//! The studies that were opened on this machine, newest first, kept in the user's data folder.

use std::path::{Path, PathBuf};

const MOST: usize = 8;

/// Where the list is kept; `None` when the user has no data folder.
fn file() -> Option<PathBuf> {
    crate::demo::data_dir().map(|d| d.join("recent.json"))
}

/// The list. A list that cannot be read is an empty one: it is a convenience, not a record.
pub(crate) fn list() -> Vec<PathBuf> {
    let text = file().and_then(|f| std::fs::read_to_string(f).ok());
    let all: Vec<PathBuf> = text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default();
    all.into_iter().filter(|p| p.join("protocol.toml").is_file()).take(MOST).collect()
}

/// Puts a study at the head of the list.
pub(crate) fn remember(study: &Path) {
    let Some(file) = file() else { return };
    let study = std::path::absolute(study).unwrap_or_else(|_| study.to_owned());
    let mut all = list();
    all.retain(|p| *p != study);
    all.insert(0, study);
    all.truncate(MOST);
    // As above: a list that cannot be kept is no reason to disturb anyone.
    if let (Some(dir), Ok(text)) = (file.parent(), serde_json::to_string(&all)) {
        let _ = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&file, text));
    }
}
