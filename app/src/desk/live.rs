//! What a text of a protocol yields, worked out beside the interface: findings, calendar, matrix, hanging, and a case to try the form on.

use super::sample::{Picture, Sample};
use crate::work::ACCOUNTS;
use std::path::Path;
use std::sync::Arc;
use tiresias_reads::accounts::Accounts;
use tiresias_reads::desk::{Desk, is_desk};
use tiresias_reads::hanging::{Layout, hang};
use tiresias_reads::machine::{Rules, State};
use tiresias_reads::outline::{Outline, outline, sample_hanging, trial};
use tiresias_reads::protocol::{Finding, Protocol};

/// Pixels on which a case hangs in small.
pub(super) const SMALL: [u32; 2] = [480, 288];

/// What came of a text.
pub(super) struct Live {
    /// The packed case that is shown, where there is one, for the next text.
    pub(super) sample: Option<Arc<Sample>>,
    pub(super) findings: Vec<Finding>,
    /// What it yields, where nothing is wrong with it.
    pub(super) yields: Option<Box<Yields>>,
}

/// What a checked protocol yields; each part, or a sentence why it is not there.
pub(super) struct Yields {
    pub(super) outline: Result<Outline, String>,
    /// The cases of the study are assigned: the outline is not who reads what in it.
    pub(super) is_assigned: bool,
    pub(super) layout: Result<Layout, String>,
    /// Which packed case it is of; a made-up one where none is packed.
    pub(super) hangs: Option<String>,
    /// The pictures of its cells, for who may see them.
    pub(super) pictures: Vec<Picture>,
    pub(super) trial: Result<(Rules, State), String>,
}

/// Works it out, with the readers and cases that the desk has. `sample` is the packed case of the text before.
pub(super) fn live(root: &Path, text: &str, sample: Option<Arc<Sample>>, may_see_images: bool) -> Live {
    let sample = sample.or_else(|| Sample::load(root, may_see_images).map(Arc::new));
    match Protocol::parse(text) {
        Err(wrong) => Live { sample, findings: wrong.findings().cloned().collect(), yields: None },
        Ok(protocol) => {
            let display = protocol.display();
            let layout = sample.as_ref().map_or_else(|| sample_hanging(display), |s| hang(display, s.facts())).map_err(|e| e.to_string());
            let pictures = match (&sample, &layout) {
                (Some(sample), Ok(layout)) => sample.pictures(display, layout, SMALL),
                _ => Vec::new(),
            };
            let yields = Yields {
                outline: of_desk(root, &protocol),
                is_assigned: is_desk(root),
                layout,
                hangs: sample.as_ref().map(|s| s.case.clone()),
                pictures,
                trial: trial(&protocol),
            };
            Live { sample, findings: Vec::new(), yields: Some(Box::new(yields)) }
        }
    }
}

/// Who would read what. Readers and cases are made up where the desk has none yet, and never where it cannot be read.
fn of_desk(root: &Path, protocol: &Protocol) -> Result<Outline, String> {
    let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| e.to_string())?;
    let desk = Desk::open(root).map_err(|e| e.to_string())?;
    outline(protocol, &accounts, Some(&desk)).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::protocol::template;

    #[test]
    fn readers_are_made_up_where_there_are_none_and_not_where_accounts_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("desk");
        let template = template("crossover").unwrap();
        tiresias_reads::desk::begin(&root, template, 1).unwrap();
        let yields = || live(&root, template.text, None, false).yields.expect("nothing is wrong with it");
        let made_up = || yields().outline.as_ref().ok().map(|o| o.is_made_up);
        assert_eq!(made_up(), Some([true, true]));
        assert!(!yields().is_assigned);
        std::fs::write(root.join("assignment.json"), "{}").unwrap();
        assert!(yields().is_assigned);
        std::fs::write(root.join(ACCOUNTS), "{").unwrap();
        assert_eq!(made_up(), None);
    }
}
