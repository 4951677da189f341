//! Words as an answer: kept when the reader rests, and whenever the keyboard goes elsewhere.

use super::fields::Field;
use crate::design::{self, ACCENT, LINE, RADIUS, ROOM, STRONG};
use crate::room::{Focus, Room, Wish};
use egui::{Id, Rect, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, vec2};
use std::time::Duration;
use tiresias_reads::machine::{Action, AnswerValue, Draft, Place};

/// Words that nobody goes on with for so long are kept.
pub(in crate::room) const REST: Duration = Duration::from_millis(300);
const HEIGHT: f32 = 64.0;

/// Words being written.
pub(in crate::room) struct Writing {
    field: Field,
    text: String,
    /// When they were changed last; `None` when all of them were given.
    changed: Option<Duration>,
}

impl Room {
    /// Gives what was written, if it is not given yet: after a rest, or at once.
    pub(in crate::room) fn keep_writing(&mut self, draft: &Draft, at_once: bool, wishes: &mut Vec<Wish>) {
        let now = self.now;
        let Some(writing) = &mut self.filling.writing else { return };
        let is_due = writing.changed.is_some_and(|changed| at_once || now.saturating_sub(changed) >= REST);
        let Field::At(Place::Answer(question, subject)) = writing.field.clone() else { return };
        if !is_due {
            return;
        }
        writing.changed = None;
        let text = writing.text.clone();
        if !text.trim().is_empty() {
            self.give(Action::Answer { question, subject, value: AnswerValue::Text(text) }, wishes);
        } else if draft.answers().get(&question, &subject).is_some() {
            self.give(Action::ClearAnswer { question, subject }, wishes);
        }
    }

    /// Gives all that is being written, words and reason: before whatever ends the writing, and before what it was written without is shown.
    pub(in crate::room) fn hand_on(&mut self, draft: &Draft, wishes: &mut Vec<Wish>) {
        self.keep_writing(draft, true, wishes);
        self.keep_reason(true, wishes);
    }

    /// Words that nobody writes at any more are those of the record again.
    pub(in crate::room) fn stop_writing(&mut self, draft: &Draft, wishes: &mut Vec<Wish>) {
        let is_there = |w: &Writing| self.focus == Focus::Form(w.field.clone());
        if self.filling.writing.as_ref().is_some_and(|w| !is_there(w)) {
            self.keep_writing(draft, true, wishes);
            self.filling.writing = None;
        }
    }

    /// The box to write in.
    pub(super) fn text_box(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (field, name): (&Field, &str),
        most: u32,
        (given, draft): (Option<&AnswerValue>, &Draft),
    ) {
        let focused = self.focus == Focus::Form(field.clone());
        let given = match given {
            Some(AnswerValue::Text(text)) => text.as_str(),
            _ => "",
        };
        if focused && self.filling.writing.as_ref().is_none_or(|w| w.field != *field) {
            self.filling.writing = Some(Writing { field: field.clone(), text: given.to_owned(), changed: None });
        }
        let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
        ui.painter().rect_filled(rect, RADIUS, ROOM);
        let mut text = match &self.filling.writing {
            Some(writing) if writing.field == *field => writing.text.clone(),
            _ => given.to_owned(),
        };
        let id = Id::unique(("written", format!("{field:?}")));
        let inner = Rect::from_min_max(rect.min + vec2(8.0, 6.0), rect.max - vec2(8.0, 6.0));
        let edit = TextEdit::multiline(&mut text)
            .id(id)
            .frame(egui::Frame::NONE)
            .font(design::regular(design::BODY))
            .text_color(STRONG)
            .char_limit(most as usize)
            .desired_rows(2)
            .desired_width(inner.width())
            .return_key(None);
        let shown = ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            egui::ScrollArea::vertical().id_salt(id).auto_shrink(false).show(ui, |ui| ui.add(edit)).inner
        });
        let response = shown.inner;
        ui.ctx().accesskit_node_builder(id, |node| node.set_label(name));
        if response.gained_focus() && !focused {
            self.go(field.clone(), draft);
        } else if focused && !response.has_focus() {
            response.request_focus();
        } else if !focused && response.has_focus() {
            response.surrender_focus();
        }
        if response.changed() {
            self.filling.writing = Some(Writing { field: field.clone(), text, changed: Some(self.now) });
            ui.ctx().request_repaint_after(REST);
        }
        let frame = if focused { ACCENT } else { LINE };
        ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, frame), StrokeKind::Inside);
    }
}
