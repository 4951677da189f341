//! How far the study is, what came back, and the close of reading. Blinded: no answer, score or truth is in what is shown.

use super::log::LogForm;
use super::page::{Cell, Holds, heading, note, page, said, table, trouble};
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::clock::Clock;
use crate::controls::{self, Asked, PlaceField};
use crate::design::{ACCENT, CAUTION, FIELD, TEXT};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::{TakenIn, assigned, close_reading, open_keys, take_in};
use egui::{Rect, Ui, vec2};
use std::sync::Arc;
use tiresias_reads::accounts::{Act, Meaning, Passphrase, may_do};
use tiresias_reads::desk::{Counts, Progress, Workstation, is_desk, progress};
use zeroize::Zeroizing;

/// Sentences of one kind that are shown; of more, their number.
const MOST: usize = 30;

/// The page.
#[derive(Default)]
pub(super) struct ProgressPage {
    progress: Option<Progress>,
    looking: Option<Coming<Option<Progress>>>,
    is_known: bool,
    /// Nothing is assigned yet.
    is_before: bool,
    files: PlaceField,
    receipt: String,
    reason_late: String,
    taking: Option<Coming<TakenIn>>,
    came: Vec<(String, egui::Color32)>,
    /// The close of reading.
    reason: String,
    phrase: Zeroizing<String>,
    closing: Option<Coming<String>>,
    log: LogForm,
    trouble: Option<String>,
}

impl ProgressPage {
    /// What is known is looked at again.
    pub(super) fn look_again(&mut self) {
        self.is_known = false;
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let did = self.news(at);
        page(ui, field, "How far the study is", |ui| {
            trouble(ui, self.trouble.as_deref());
            if self.is_before {
                note(ui, "Nothing is assigned yet. Once cases are assigned, under Assign, this page shows how far each reader is.");
            }
            match &self.progress {
                None if self.looking.is_some() => note(ui, "Bringing together what came back\u{2026}"),
                None => {}
                Some(progress) => shown(ui, progress),
            }
            let is_closed = self.progress.as_ref().is_some_and(|p| p.is_closed);
            if self.progress.is_some() && may_do(at.kind, Act::Merge) {
                self.results_in(ui, at, is_closed);
            } else {
                // Also after the second signature, which closes the page's part that was signed in: the receipt is to be kept.
                self.what_came(ui);
            }
            if self.progress.is_some() && may_do(at.kind, Act::LockDatabase) && !is_closed {
                self.close(ui, at);
            }
            // Before the assignment too: a case that identifies somebody is withdrawn before anybody is given it.
            if (self.progress.is_some() || self.is_before) && may_do(at.kind, Act::Deviate) && self.log.ui(ui, at) {
                self.is_known = false;
            }
        });
        did
    }

    fn news(&mut self, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        if !self.is_known && self.looking.is_none() {
            self.is_known = true;
            let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
            self.looking = Some(beside("progress", at.wake, move || {
                if !is_desk(&root) {
                    return Ok(None);
                }
                let (accounts, signed) = assigned(&root).map_err(Failure::sentence)?;
                progress(&root, &signed, &accounts, &keys, Clock::start().now().utc_ms).map(Some).map_err(|e| e.to_string())
            }));
        }
        match arrived(&mut self.looking) {
            Some(Ok(progress)) => (self.is_before, self.progress, self.trouble) = (progress.is_none(), progress, None),
            Some(Err(sentence)) => (self.progress, self.trouble) = (None, Some(sentence)),
            None => {}
        }
        match arrived(&mut self.taking) {
            Some(Ok(taken)) => {
                self.came = told(&taken);
                (self.is_known, self.files) = (false, PlaceField::default());
                did = Did::Changed;
            }
            Some(Err(sentence)) => self.came = vec![(sentence, CAUTION)],
            None => {}
        }
        match arrived(&mut self.closing) {
            Some(Ok(sentence)) => {
                (self.came, self.is_known) = (vec![(sentence, ACCENT)], false);
                did = Did::Changed;
            }
            Some(Err(sentence)) => self.came = vec![(sentence, CAUTION)],
            None => {}
        }
        did
    }

    /// What came of the last thing that was done here.
    fn what_came(&self, ui: &mut Ui) {
        for (sentence, colour) in &self.came {
            said(ui, sentence, *colour);
        }
    }

    /// Results files of workstations are taken in.
    fn results_in(&mut self, ui: &mut Ui, at: &Seated<'_>, is_closed: bool) {
        heading(ui, "Results of workstations");
        note(ui, "Each reader sends one signed file. Several can be picked at once; one that is here already changes nothing.");
        self.what_came(ui);
        ui.spacing_mut().item_spacing.y = 14.0;
        self.files.ui(ui, FIELD, "Results files", Asked::Files, at.wake);
        controls::text_field(ui, FIELD, "Receipt that a reader holds (may be empty)", &mut self.receipt);
        if is_closed {
            controls::text_field(ui, FIELD, "Reading is closed: why it is taken in all the same, as a deviation", &mut self.reason_late);
            signs(ui, at.signer(), Meaning::Deviation, Some("results are taken in after the close of reading"));
        }
        let files = self.files.paths();
        let receipts: Vec<String> = Some(self.receipt.trim().to_owned()).filter(|r| !r.is_empty()).into_iter().collect();
        let is_busy = self.taking.is_some();
        let is_ready = !is_busy && (!files.is_empty() || !receipts.is_empty()) && (!is_closed || !self.reason_late.trim().is_empty());
        let label = if is_busy { "Taking in\u{2026}" } else { "Take in" };
        if controls::action(ui, vec2(280.0, 44.0), label, None, is_ready).clicked() {
            self.came = Vec::new();
            let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
            let reason = is_closed.then(|| self.reason_late.trim().to_owned());
            let work = move || take_in(&root, &keys, &files, &receipts, reason.as_deref()).map_err(Failure::sentence);
            self.taking = Some(beside("merge", at.wake, work));
        }
    }

    /// Two people of different kinds close the reading.
    fn close(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        ui.spacing_mut().item_spacing.y = 8.0;
        heading(ui, "Close reading");
        let note_of = "Two people of different account kinds sign, one after the other. After that truth meets scores, and results come in as a deviation alone.";
        note(ui, note_of);
        signs(ui, at.signer(), Meaning::DatabaseLock, None);
        ui.spacing_mut().item_spacing.y = 14.0;
        controls::text_field(ui, FIELD, "Why it is closed although something is missing (empty where nothing is)", &mut self.reason);
        controls::secret_field(ui, FIELD, "Your passphrase", &mut self.phrase);
        let is_busy = self.closing.is_some();
        let label = if is_busy { "Signing\u{2026}" } else { "Sign the close of reading" };
        if controls::action(ui, vec2(280.0, 44.0), label, None, !is_busy && !self.phrase.is_empty()).clicked() {
            self.came = Vec::new();
            let (root, id) = (at.root.to_owned(), at.keys.id().clone());
            let typed = Passphrase::typed(std::mem::take(&mut self.phrase).to_string());
            let reason = Some(self.reason.trim().to_owned()).filter(|r| !r.is_empty());
            self.closing = Some(beside("close", at.wake, move || {
                let keys = open_keys(&root, &id, &typed).map_err(Failure::sentence)?;
                let lock = close_reading(&root, &keys, reason.as_deref()).map_err(Failure::sentence)?;
                let receipt = lock.signatures().last().map(tiresias_reads::accounts::Signature::receipt).unwrap_or_default();
                let state = if lock.is_closed() {
                    "Reading is closed."
                } else {
                    "Signed. A second person of another account kind has to sign too."
                };
                Ok(format!("{state} Receipt, to be kept in another place: {receipt}"))
            }));
        }
    }
}

/// What came of files, in sentences.
fn told(taken: &TakenIn) -> Vec<(String, egui::Color32)> {
    let first = format!(
        "{} taken in, {} here already; now {} reads from {} workstations.",
        taken.taken.len(),
        taken.already.len(),
        taken.reads,
        taken.files
    );
    let others = taken.refused.iter().map(|sentence| (sentence.clone(), CAUTION));
    std::iter::once((first, ACCENT)).chain(others).collect()
}

/// How far the study is.
fn shown(ui: &mut Ui, progress: &Progress) {
    let counts = progress.conditions.iter().map(|(_, label)| (label.as_str(), Holds::Numbers));
    let heads: Vec<(&str, Holds)> = std::iter::once(("Reader", Holds::Words)).chain(counts).chain([("Last read", Holds::Codes)]).collect();
    let cell = |counts: &Counts| {
        let of = counts.done + counts.missing;
        match (counts.missing, counts.overdue) {
            (0, _) => Cell::strong(format!("{of} of {of}")),
            (_, 0) => Cell::of(format!("{} of {of}", counts.done)),
            (_, late) => Cell::caution(format!("{} of {of}, {late} overdue", counts.done)),
        }
    };
    let rows: Vec<Vec<Cell>> = progress
        .readers
        .iter()
        .map(|reader| {
            let last = Cell::of(reader.last.clone().unwrap_or_else(|| "none".to_owned()));
            std::iter::once(Cell::strong(&reader.name)).chain(reader.counts.iter().map(cell)).chain([last]).collect()
        })
        .collect();
    table(ui, "progress", &heads, &rows, 260.0);
    if progress.is_closed {
        said(ui, "Reading is closed.", ACCENT);
    }
    heading(ui, "Washouts");
    if progress.washouts.is_empty() {
        note(ui, "No read waits for the end of a washout.");
    }
    for washout in &progress.washouts {
        let [first, last] = &washout.days;
        let days = if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
        note(ui, &format!("{}, {}: {} reads open {days}.", washout.reader, washout.condition, washout.reads));
    }
    let sentences = |ui: &mut Ui, title: &str, all: &[String], none: &str, colour| {
        heading(ui, title);
        if all.is_empty() {
            note(ui, none);
        }
        for sentence in all.iter().take(MOST) {
            said(ui, sentence, colour);
        }
        if all.len() > MOST {
            note(ui, &format!("And {} more.", all.len() - MOST));
        }
    };
    sentences(ui, "Contradictions", &progress.contradictions, "What came back does not contradict itself.", CAUTION);
    if !progress.untold.is_empty() {
        sentences(ui, "Withdrawn without word", &progress.untold, "", CAUTION);
    }
    sentences(ui, "Deviations", &progress.deviations, "None is on record.", TEXT);
    sentences(ui, "Questions", &progress.queries, "None was asked.", TEXT);
    sentences(ui, "Failures at workstations", &progress.failures, "None is on record.", TEXT);
    heading(ui, "Integrity");
    integrity(ui, progress.rows, &progress.workstations);
}

/// That what came back is whole, and who signed it last.
fn integrity(ui: &mut Ui, rows: usize, all: &[Workstation]) {
    if all.is_empty() {
        note(ui, "Nothing came back yet.");
        return;
    }
    note(ui, &format!("{rows} rows of {} workstations: every hash fits the one before.", all.len()));
    let row = |from: &Workstation| {
        let signed = from.signed.as_deref().unwrap_or("by nobody");
        vec![Cell::strong(from.readers.join(", ")), Cell::of(signed), Cell::of(&from.file)]
    };
    let heads = [("Reader", Holds::Words), ("Last signed on", Holds::Codes), ("File", Holds::Codes)];
    table(ui, "integrity", &heads, &all.iter().map(row).collect::<Vec<_>>(), 260.0);
}
