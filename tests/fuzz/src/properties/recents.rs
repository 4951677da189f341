//! Property of the list of recent studies. The program's own file is compiled in here as it stands, so that no window has to be built for it.
//!
//! In an input `$` is the folder in which the studies `a` to `j` lie.

#[path = "../../../../app/src/recent.rs"]
mod recent;

use super::{Held, must, ours};
use recent::Recent;
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
    let is_right = |list: &[Recent]| {
        let is_once = |(i, study): (usize, &Recent)| list.iter().position(|other: &Recent| other.folder == study.folder) == Some(i);
        let is_study = |study: &Path| study.is_absolute() && study.join("protocol.toml").is_file();
        must(list.len() <= 8 && list.iter().enumerate().all(is_once), || format!("too many studies, or one twice: {list:?}"))?;
        must(list.iter().all(|study| is_study(&study.folder)), || format!("no study, or one that is nowhere: {list:?}"))
    };
    is_right(&before)?;
    let opened = dir.path().join("e");
    let after = recent::remember(data, &opened, "An opened study");
    is_right(&after)?;
    let now = Recent { folder: opened.clone(), title: "An opened study".to_owned() };
    let expected: Vec<_> = std::iter::once(&now).chain(before.iter().filter(|study| study.folder != opened)).take(8).cloned().collect();
    must(after == expected, || format!("{after:?} is made of {before:?}"))?;
    must(recent::list(data) == after, || format!("what is kept is not what is shown: {after:?}"))
}

#[cfg(test)]
mod tests {
    use super::recent;

    #[test]
    fn lists_are_read_and_kept() {
        let of = |folders: &[&str]| {
            let each: Vec<_> = folders.iter().map(|f| format!("{{\"folder\":\"{f}\",\"title\":\"Study {f}\"}}")).collect();
            format!("[{}]", each.join(","))
        };
        let lists = [of(&["$/a", "$/b", "$/e"]), of(&["$/a", "$/a/", "$/a"]), of(&["relative", ""]), of(&[])];
        for list in lists.iter().map(String::as_str).chain(["no list", "[\"$/a\"]", "[[\"$/a\"]]", "[{\"folder\":\"$/a\"}]"]) {
            assert_eq!(recent(list.as_bytes()), Ok(()), "{list}");
        }
    }
}
