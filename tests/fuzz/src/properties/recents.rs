//! Property of the list of recent studies. The program's own file is compiled in here as it stands, so that no window has to be built for it.
//!
//! In an input `$` is the folder in which the studies `a` to `j` lie.

#[path = "../../../../app/src/recent.rs"]
mod recent;

use super::{Held, must, ours};
use std::fs;
use std::path::Path;

/// The list holds at most eight studies that are there, each once; one that is opened comes first, the others stay as they were, and that is what is kept.
pub(super) fn recent(input: &[u8]) -> Held {
    let dir = tempfile::tempdir().map_err(ours("make a folder"))?;
    let folder = dir.path().to_str().ok_or("the property's folder has no plain name")?;
    for study in 'a'..='j' {
        let study = dir.path().join(study.to_string());
        fs::create_dir(&study).and_then(|()| fs::write(study.join("protocol.toml"), "")).map_err(ours("make its studies"))?;
    }
    let file = dir.path().join("recent.json");
    let text = input.split(|byte| *byte == b'$').collect::<Vec<_>>().join(folder.as_bytes());
    fs::write(&file, text).map_err(ours("write its file"))?;
    let data = Some(dir.path());
    let before = recent::list(data);
    must(before == recent::list(data), || "reading it twice gives two lists".to_owned())?;
    let is_right = |list: &[_]| {
        let is_once = |(i, study)| list.iter().position(|other| other == study) == Some(i);
        let is_study = |study: &Path| study.is_absolute() && study.join("protocol.toml").is_file();
        must(list.len() <= 8 && list.iter().enumerate().all(is_once), || format!("too many studies, or one twice: {list:?}"))?;
        must(list.iter().all(|study: &std::path::PathBuf| is_study(study)), || format!("no study, or one that is nowhere: {list:?}"))
    };
    is_right(&before)?;
    let opened = dir.path().join("e");
    let after = recent::remember(data, &opened);
    is_right(&after)?;
    let expected: Vec<_> = std::iter::once(&opened).chain(before.iter().filter(|study| **study != opened)).take(8).cloned().collect();
    must(after == expected, || format!("{after:?} is made of {before:?}"))?;
    must(recent::list(data) == after, || format!("what is kept is not what is shown: {after:?}"))
}

#[cfg(test)]
mod tests {
    use super::recent;

    #[test]
    fn lists_are_read_and_kept() {
        for list in ["[\"$/a\",\"$/b\",\"$/e\"]", "[\"$/a\",\"$/a/\",\"$/a\"]", "[\"relative\",\"\"]", "[]", "no list", "[[\"$/a\"]]"] {
            assert_eq!(recent(list.as_bytes()), Ok(()), "{list}");
        }
    }
}
