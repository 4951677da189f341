//! The truth of a study, which a statistician adds before results can be seen.

use super::page::{note, page, said, trouble};
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::controls::{self, Asked, PlaceField};
use crate::design::{ACCENT, FIELD, TEXT};
use egui::{Rect, Ui, vec2};
use std::sync::Arc;
use tiresias_reads::accounts::{Act, may_do};
use tiresias_reads::truth::add_truth;

/// The page.
#[derive(Default)]
pub(super) struct TruthPage {
    file: PlaceField,
    adding: Option<Coming<usize>>,
    /// It was added here, and the desk is being looked at anew.
    is_added: bool,
    trouble: Option<String>,
}

impl TruthPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        match arrived(&mut self.adding) {
            Some(Ok(_)) => (self.is_added, did) = (true, Did::Changed),
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        page(ui, field, "Truth", |ui| {
            if self.is_added {
                said(ui, "The truth is added.", ACCENT);
                return;
            }
            said(ui, "This study has no truth yet, so there is nothing to hold its scores against.", TEXT);
            if !may_do(at.kind, Act::AddTruth) {
                note(ui, "A statistician adds it here.");
                return;
            }
            note(
                ui,
                "A CSV with the columns case and truth, or JSON. It is kept with its version; one that is there before stays beside it.",
            );
            ui.spacing_mut().item_spacing.y = 14.0;
            self.file.ui(ui, FIELD, "Truth file", Asked::Files, at.wake);
            trouble(ui, self.trouble.as_deref());
            let file = self.file.paths().into_iter().next().filter(|_| self.adding.is_none());
            let pressed = controls::action(ui, vec2(280.0, 44.0), "Add the truth", None, file.is_some()).clicked();
            if let (true, Some(file)) = (pressed, file) {
                self.trouble = None;
                let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
                let work = move || add_truth(&root, &keys, &file).map(|t| t.cases().len()).map_err(|e| e.to_string());
                self.adding = Some(beside("truth", at.wake, work));
            }
        });
        did
    }
}
