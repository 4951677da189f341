//! What a text of a protocol yields, worked out beside the interface: findings, calendar, matrix, hanging, and a case to try the form on.

use crate::work::ACCOUNTS;
use std::path::Path;
use tiresias_reads::accounts::Accounts;
use tiresias_reads::desk::Desk;
use tiresias_reads::hanging::Layout;
use tiresias_reads::machine::{Rules, State};
use tiresias_reads::outline::{Outline, outline, sample_hanging, trial};
use tiresias_reads::protocol::{Finding, Protocol};

/// What came of a text.
pub(super) struct Live {
    pub(super) findings: Vec<Finding>,
    /// What it yields, where nothing is wrong with it.
    pub(super) yields: Option<Box<Yields>>,
}

/// What a checked protocol yields; each part, or a sentence why it is not there.
pub(super) struct Yields {
    pub(super) outline: Result<Outline, String>,
    pub(super) layout: Result<Layout, String>,
    pub(super) trial: Result<(Rules, State), String>,
}

/// Works it out, with the readers and cases that the desk has.
pub(super) fn live(root: &Path, text: &str) -> Live {
    match Protocol::parse(text) {
        Err(wrong) => Live { findings: wrong.findings().cloned().collect(), yields: None },
        Ok(protocol) => {
            let accounts = Accounts::open(&root.join(ACCOUNTS)).unwrap_or_default();
            let desk = Desk::open(root).ok();
            let yields = Yields {
                outline: outline(&protocol, &accounts, desk.as_ref()).map_err(|e| e.to_string()),
                layout: sample_hanging(protocol.display()).map_err(|e| e.to_string()),
                trial: trial(&protocol),
            };
            Live { findings: Vec::new(), yields: Some(Box::new(yields)) }
        }
    }
}
