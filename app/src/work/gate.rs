//! The gate before a study's packages: a package in which the leak scan finds a leak is no package.
//!
//! Owns: what keeps a case out, and how the command line says it; the window has words of its own for what can be answered there. Refuses: to let a leak through that
//! nobody answered, and an answer that fits no finding, so that none is kept in store.

use super::at;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::{Codecs, Leak, Lettered, Packing, Severity, lettered, scan};
use tiresias_words::{CaseId, ContentHash};

/// Findings that a refusal on the command line calls by their names. Of more, the others are named when these are answered.
const NAMED: usize = 3;

/// Why a case was not packed.
pub(crate) enum NotPacked {
    /// There may be letters in its pixels, and there is no other leak: somebody who looks can answer that.
    Letters(Letters),
    /// An answer that names no finding.
    NoSuchFinding(ContentHash),
    /// Anything else.
    Failure(Failure),
}

/// What may be letters in the pixels of a case.
pub(crate) struct Letters {
    /// How many findings of which kind there are, those among them that a person has to judge.
    what: String,
    /// What each finding is called that nobody answered. Frames of the same pixels have one, and are answered as one.
    findings: BTreeSet<ContentHash>,
    /// Whether others were answered, which have to be again in the next command.
    is_answered: bool,
    /// Those that are shown first; of more, the others come when these are answered.
    pub(crate) drawn: Vec<Lettered>,
}

impl Letters {
    /// Findings that nobody answered.
    pub(crate) fn count(&self) -> usize {
        self.findings.len()
    }

    fn for_command(&self) -> String {
        let answers: Vec<String> = self.findings.iter().take(NAMED).map(|f| format!("--no-text {f}")).collect();
        let more = match self.findings.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let so_far = if self.is_answered { ", the answers given now" } else { "" };
        format!(
            "it was not packed: there may be letters in the pixels of what would have been its package ({}). Look at them: \u{201c}tiresias scan\u{201d} on the source says \
             where, and with --contact-sheet draws them outlined. If they are letters, have them taken out. If none are, pack it with \u{201c}tiresias pack\u{201d}{so_far} and {}{more}.",
            self.what,
            answers.join(" ")
        )
    }
}

impl NotPacked {
    /// The same for whoever gave the command to pack `case`, with what to answer.
    pub(crate) fn for_command(self, case: &CaseId) -> Failure {
        match self {
            Self::Letters(letters) => Failure::No(format!("case {case}: {}", letters.for_command())),
            Self::NoSuchFinding(unknown) => Failure::Input(format!(
                "case {case}: it was not packed: --no-text {unknown} names no finding of letters in its pixels, and nothing else can be answered. \u{201c}tiresias \
                 scan\u{201d} on the source shows what each finding is called."
            )),
            Self::Failure(failure) => failure,
        }
    }
}

impl From<Failure> for NotPacked {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl<E: std::error::Error> From<E> for NotPacked {
    fn from(e: E) -> Self {
        Self::Failure(e.into())
    }
}

/// Lets the package through that `packing` has made, unless there is a leak in it; letters in pixels that somebody who looked says are none (`no_text`, as its manifest has
/// them) keep nothing out. What a person has to judge is counted, what was answered too, and stays for the contact sheet.
pub(crate) fn clean(
    package: &Path,
    packing: &Packing<'_>,
    codecs: &Arc<Codecs>,
    step: &mut dyn FnMut(&'static str, usize, usize) -> ControlFlow<()>,
) -> Result<usize, NotPacked> {
    let report = scan(package, codecs, &mut |s| step("looking for leaks", s.done, s.total)).map_err(|e| at(package, e))?;
    let found: BTreeSet<ContentHash> = report.leaks().iter().filter_map(Leak::finding).collect();
    if let Some(unknown) = packing.no_text.difference(&found).next() {
        return Err(NotPacked::NoSuchFinding(*unknown));
    }
    if !report.has_leaks() {
        return Ok(report.leaks().len());
    }
    let kinds: BTreeSet<&str> = report.unanswered().map(|l| l.kind().word()).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let what = format!("{} findings: {}", report.unanswered().count(), kinds.join(", "));
    let leaks = report.unanswered().filter(|l| l.severity() == Severity::Leak);
    // None where there is another leak, so that nobody answers the letters and is refused all the same.
    let Some(findings) = leaks.map(Leak::finding).collect::<Option<BTreeSet<ContentHash>>>() else {
        return Err(Failure::No(may_identify(&what)).into());
    };
    let drawn = lettered(packing, package, &report, codecs, &mut |s| step("drawing what was found", s.done, s.total));
    let drawn = drawn.map_err(|e| at(package, e))?;
    Err(NotPacked::Letters(Letters { what, findings, is_answered: !packing.no_text.is_empty(), drawn }))
}

fn may_identify(what: &str) -> String {
    format!(
        "it was not packed: what would have been its package may identify the patient ({what}). \u{201c}tiresias scan\u{201d} on the source says where."
    )
}
