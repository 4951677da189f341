//! The form without images: for whoever writes a protocol, to see and try what its readers will be asked. It is the reader's own form, drawn by the same code.
//!
//! Refuses: keys, which belong to the text beside it, and to record anything.

use super::{Focus, Room, Wish};
use crate::loader::Loading;
use egui::{Rect, Ui};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::machine::{Action, Rules, State};
use tiresias_words::ReadId;

impl Room {
    /// A room of which the form alone is drawn.
    #[must_use]
    pub(crate) fn for_trial(read: ReadId, rules: Arc<Rules>) -> Self {
        Self::open(read, rules, Loading::never(), Duration::ZERO)
    }

    /// Draws the form in `column` and gives what was asked for.
    pub(crate) fn trial(&mut self, ui: &mut Ui, column: Rect, state: &State, now: Duration) -> Vec<Action> {
        let mut wishes = Vec::new();
        self.now = now;
        let Some(draft) = self.draft(state) else { return Vec::new() };
        self.filling.settle(draft);
        // Whoever points elsewhere writes elsewhere.
        if ui.input(|i| i.pointer.any_pressed() && i.pointer.interact_pos().is_some_and(|at| !column.contains(at))) {
            self.focus = Focus::Image;
        }
        self.form(ui, column, state, draft, &mut wishes);
        let action = |wish| match wish {
            Wish::Record(action) => Some(action),
            Wish::Leave | Wish::Keys => None,
        };
        wishes.into_iter().filter_map(action).collect()
    }
}
