//! What was not planned, and questions: written down and signed by who is at the desk.

use super::Seated;
use super::page::{heading, note, said};
use crate::background::{Coming, arrived, beside};
use crate::controls::{self, Take};
use crate::design::{ACCENT, CAUTION, FIELD};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::write_down;
use egui::{Ui, vec2};
use std::sync::Arc;
use tiresias_reads::accounts::Meaning;
use tiresias_reads::desk::Wanted;
use tiresias_words::{CaseId, ReadId, ReaderId};

/// What can be written: its words, what its field asks for where it has one, what the text is, and what its signature means.
const KINDS: [(&str, Option<&str>, &str, Meaning); 6] = [
    ("A case is withdrawn", Some("Case, by the desk\u{2019}s name"), "Why", Meaning::Deviation),
    ("A reader reads no more, or an adjudicator settles no more", Some("Reader or adjudicator, by their id"), "Why", Meaning::Deviation),
    ("A read may be opened early", Some("Read, as READER/CASE/CONDITION/REPEAT"), "Why", Meaning::Deviation),
    ("Something else was not planned", None, "What happened, and why", Meaning::Deviation),
    ("A question", None, "The question", Meaning::Query),
    ("An answer", Some("Number of the question"), "The answer", Meaning::Query),
];

/// The form.
#[derive(Default)]
pub(super) struct LogForm {
    kind: Option<usize>,
    subject: String,
    text: String,
    writing: Option<Coming<String>>,
    /// What came of the last one, and whether it was written.
    came: Option<(String, bool)>,
}

impl LogForm {
    /// Draws the form; true when something was written.
    pub(super) fn ui(&mut self, ui: &mut Ui, at: &Seated<'_>) -> bool {
        let came = arrived(&mut self.writing);
        let is_written = matches!(came, Some(Ok(_)));
        match came {
            Some(Ok(sentence)) => *self = Self { came: Some((sentence, true)), ..Self::default() },
            Some(Err(sentence)) => self.came = Some((sentence, false)),
            None => {}
        }
        ui.spacing_mut().item_spacing.y = 8.0;
        heading(ui, "Write in the log");
        note(
            ui,
            "Deviations and questions are kept in order and signed. None can be changed or taken back; what was read stays in the record.",
        );
        if let Some((sentence, is_good)) = &self.came {
            said(ui, sentence, if *is_good { ACCENT } else { CAUTION });
        }
        let labels = KINDS.map(|(words, ..)| words.to_owned());
        let taken: Vec<usize> = self.kind.into_iter().collect();
        if let Some(kind) = controls::choices(ui, FIELD, "What is written", &labels, (Take::One, &taken), false) {
            (self.kind, self.came) = (Some(kind), None);
        }
        let Some((of, (_, subject, text, meaning))) = self.kind.and_then(|k| Some((k, *KINDS.get(k)?))) else { return is_written };
        match of {
            0 => note(
                ui,
                "From then on the case goes into no analysis and no longer counts as missing, and no reader or adjudicator who takes a new seat reads it. If you pack it again under another id, withdraw the first id.",
            ),
            1 => note(ui, "What they locked counts; nothing more is awaited of them. What an adjudicator left is drawn for the next one."),
            2 => note(ui, "The leave is in the seat that is made for the reader next."),
            _ => {}
        }
        ui.spacing_mut().item_spacing.y = 14.0;
        if let Some(name) = subject {
            controls::text_field(ui, FIELD, name, &mut self.subject);
        }
        controls::text_field(ui, FIELD, text, &mut self.text);
        signs(ui, at.signer(), meaning, Some(&about(of, self.subject.trim())));
        let is_busy = self.writing.is_some();
        let is_ready = !is_busy && !self.text.trim().is_empty() && (subject.is_none() || !self.subject.trim().is_empty());
        let label = if is_busy { "Writing\u{2026}" } else { "Sign and write down" };
        if controls::action(ui, vec2(280.0, 44.0), label, None, is_ready).clicked() {
            match wanted(of, self.subject.trim()) {
                Err(sentence) => self.came = Some((sentence, false)),
                Ok(wanted) => {
                    self.came = None;
                    let (root, keys, text) = (at.root.to_owned(), Arc::clone(at.keys), self.text.trim().to_owned());
                    self.writing = Some(beside("log", at.wake, move || {
                        let log = write_down(&root, &keys, wanted, &text).map_err(Failure::sentence)?;
                        let receipt = log.entries().last().map(|e| e.signature.receipt()).unwrap_or_default();
                        Ok(format!("Written down. Receipt, to be kept in another place: {receipt}"))
                    }));
                }
            }
        }
        is_written
    }
}

/// What the signature is about, with dots for what is not typed yet. The text is signed too, and stands above.
fn about(kind: usize, subject: &str) -> String {
    let subject = if subject.is_empty() { "\u{2026}" } else { subject };
    match kind {
        0 => format!("the case {subject} is withdrawn"),
        1 => format!("{subject} reads no more"),
        2 => format!("{subject} may be opened early"),
        3 => "what is written above".to_owned(),
        4 => "the question above".to_owned(),
        _ => format!("the answer above, to question {subject}"),
    }
}

/// What a choice and its field stand for.
fn wanted(kind: usize, subject: &str) -> Result<Wanted, String> {
    Ok(match kind {
        0 => Wanted::WithdrawCase(CaseId::new(subject).map_err(|e| format!("{e}."))?),
        1 => Wanted::StopReader(ReaderId::new(subject).map_err(|e| format!("{e}."))?),
        2 => Wanted::OpenEarly(subject.parse::<ReadId>().map_err(|e| format!("{e}."))?),
        3 => Wanted::Deviation,
        4 => Wanted::Query,
        _ => Wanted::Answer(subject.parse().map_err(|_| format!("{subject:?} is no number of the log."))?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of entry was signed as its kind alone.
    #[test]
    fn a_signature_names_what_it_is_about() {
        for (kind, subject, says) in [
            (0, "DEMO-007", "the case DEMO-007 is withdrawn"),
            (0, "", "the case \u{2026} is withdrawn"),
            (1, "reader-2", "reader-2 reads no more"),
            (2, "reader-2/7K-Q/first/1", "reader-2/7K-Q/first/1 may be opened early"),
            (3, "", "what is written above"),
            (4, "", "the question above"),
            (5, "3", "the answer above, to question 3"),
        ] {
            assert_eq!(about(kind, subject), says);
            // A kind with a field names what is typed there.
            assert_eq!(KINDS[kind].1.is_some(), about(kind, "X-1").contains("X-1"), "{}", KINDS[kind].0);
        }
    }
}
