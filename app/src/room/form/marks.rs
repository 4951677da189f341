//! The marks in a list: where each is, what is said about it, and the way to it.

use super::{Field, heading, separator};
use crate::controls::{self, Keyed};
use crate::design::{self, ACCENT, CAUTION, OWN, RADIUS, RAISED, STRONG, TEXT};
use crate::keys::Command;
use crate::room::{Focus, Room, Wish, marking};
use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Draft, Mark, Place, Subject, Tool};
use tiresias_words::{MarkId, PatientPoint};

/// A row of the list.
struct Row<'a> {
    id: MarkId,
    label: &'a str,
    /// The slice or image it lies on; empty where no pane shows that.
    slice: String,
    /// What was said, or that nothing was.
    said: Result<String, &'static str>,
    focused: bool,
    /// The keyboard is at its rating, which has no question beside it.
    rates: bool,
}

impl Room {
    pub(super) fn mark_list(&mut self, ui: &mut Ui, width: f32, draft: &Draft, wishes: &mut Vec<Wish>) {
        let rules = Arc::clone(&self.rules);
        let Some(marks) = rules.protocol().marks() else { return };
        heading(ui, width, "Marks");
        if marks.kinds.len() > 1 {
            self.kinds(ui, width, &marks.kinds);
        }
        if draft.marks().is_empty() {
            let does = marking::how(self.marking.kind(&marks.kinds));
            let then = format!(" and {does} each {}.", marks.label.to_lowercase());
            let words = match self.bindings.label(Command::Take(Tool::Mark)) {
                key if key.is_empty() => Keyed::of("None yet. Take the mark tool"),
                key => Keyed::of("None yet. Press ").key(&key),
            };
            controls::keyed(ui, width, &words.words(&then), &design::regular(design::NOTE), TEXT);
        }
        for (id, mark) in draft.marks() {
            let focused = matches!(&self.focus, Focus::Form(field) if field.mark() == Some(*id));
            let class = mark.class.as_ref().and_then(|key| marks.classes.iter().find(|c| c.key == *key));
            let mut label = class.map_or(marks.label.clone(), |c| c.label.clone());
            if let Some(size) = self.size_of(mark) {
                label = format!("{label}, {size}");
            }
            let is_open = |p: &Place| p.subject() == Subject::Mark(*id) && !p.is_given(draft);
            let is_asked = tiresias_reads::machine::asked(&rules, draft).iter().any(is_open);
            let before = draft.impression().and_then(|i| i.marks().get(id)?.rating).filter(|b| Some(*b) != mark.rating);
            let said = match mark.rating {
                None => Err("rate it"),
                Some(_) if is_asked => Err("to answer"),
                Some(rating) => Ok(before.map_or_else(|| rating.to_string(), |b| format!("{rating}  (before: {b})"))),
            };
            let rates = self.focus == Focus::Form(Field::At(Place::Rating(*id)));
            let row = Row { id: *id, label: &label, slice: self.slice_of(mark).unwrap_or_default(), said, focused, rates };
            if mark_row(ui, width, &row) {
                self.look_at_mark(mark);
                self.go(Field::At(Place::Rating(*id)), draft);
            }
            if focused {
                self.about_mark(ui, width, *id, mark, draft, wishes);
            }
        }
        ui.add_space(18.0);
        separator(ui);
        ui.add_space(14.0);
    }

    /// Which form the next mark has.
    fn kinds(&mut self, ui: &mut Ui, width: f32, kinds: &[tiresias_reads::protocol::MarkKind]) {
        let labels: Vec<String> = kinds.iter().map(|k| marking::name(*k).to_owned()).collect();
        let taken = kinds.iter().position(|k| *k == self.marking.kind(kinds));
        if let Some(i) = controls::choices(ui, width, "Form of the next mark:", &labels, (controls::Take::One, taken.as_slice()), false) {
            self.take_mark_kind(i);
        }
        ui.add_space(10.0);
    }

    /// Everything that is asked about the mark that has the keyboard.
    fn about_mark(&mut self, ui: &mut Ui, width: f32, id: MarkId, mark: &Mark, draft: &Draft, wishes: &mut Vec<Wish>) {
        let rules = Arc::clone(&self.rules);
        let Some(marks) = rules.protocol().marks() else { return };
        let top = ui.cursor().top();
        let rating = Field::At(Place::Rating(id));
        if let Some((words, colour)) = self.shown_value(&rating, None) {
            let (rect, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
            let at = rect.right_center() - vec2(12.0, 0.0);
            design::text(ui.painter(), at, Align2::RIGHT_CENTER, words, design::strong(design::VALUE), colour);
        }
        self.scale(ui, width, (&rating, &format!("rating of mark {}", id.0)), &marks.rating, mark.rating, wishes);
        ui.add_space(10.0);
        for field in self.fields(draft).into_iter().filter(|f| f.mark() == Some(id)) {
            match &field {
                Field::At(Place::Class(_)) => {
                    self.options(ui, width, &field, &format!("What mark {} is:", id.0), draft, wishes);
                    ui.add_space(12.0);
                }
                Field::At(Place::Answer(question, _)) => {
                    if let Some(question) = rules.protocol().form().question(question) {
                        self.question(ui, width, question, &field, draft, wishes);
                    }
                }
                Field::At(Place::Rating(_)) | Field::Excuse(_) => {}
            }
        }
        if controls::link(ui, "Delete this mark", TEXT).clicked() {
            self.give(Action::DeleteMark(id), wishes);
            self.focus = Focus::Image;
        }
        let place = Rect::from_min_max(pos2(ui.max_rect().left(), top), pos2(ui.max_rect().left() + width, ui.cursor().top()));
        self.bring_into_sight(ui, &rating, place);
        ui.add_space(6.0);
    }

    /// The slice or image that a mark lies on, as the first pane of its series counts.
    fn slice_of(&self, mark: &Mark) -> Option<String> {
        let (series, at) = self.place_of(mark)?;
        self.lies_on(series, at)
    }

    /// Puts the crosshair on a mark.
    pub(in crate::room) fn look_at_mark(&mut self, mark: &Mark) {
        if let Some((series, at)) = self.place_of(mark) {
            self.shelf.look_at(series, at);
            self.cine = None;
        }
    }

    /// The series that a mark was put on, and its place there.
    pub(in crate::room) fn place_of(&self, mark: &Mark) -> Option<(usize, PatientPoint)> {
        let places = self.shelf.all().iter().map(|s| s.volume.place_of(mark.shape.centre(), &mark.anchor));
        places.enumerate().find_map(|(series, at)| Some((series, at?)))
    }
}

/// A mark in the list; true when it is pressed.
fn mark_row(ui: &mut Ui, width: f32, row: &Row<'_>) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 52.0), Sense::click());
    let told = row.said.clone().unwrap_or_else(|_| "not rated".to_owned());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, row.focused, format!("mark {}, {}, {told}", row.id.0, row.label)));
    let painter = ui.painter();
    if row.focused || response.hovered() {
        painter.rect_filled(rect, RADIUS, RAISED);
    }
    if row.rates {
        painter.rect_filled(Rect::from_min_size(rect.min - vec2(design::MARGIN, 0.0), vec2(2.0, rect.height())), 0.0, ACCENT);
    }
    let centre = pos2(rect.left() + 18.0, rect.center().y);
    painter.circle_stroke(centre, 8.5, Stroke::new(1.5, OWN));
    design::text(painter, centre, Align2::CENTER_CENTER, row.id.0, design::strong(design::SMALL), OWN);
    let left = rect.left() + 38.0;
    design::text(painter, pos2(left, rect.bottom() - 8.0), Align2::LEFT_BOTTOM, &row.slice, design::mono(design::SMALL), TEXT);
    let at = pos2(rect.right() - 12.0, rect.center().y);
    let said = match &row.said {
        Ok(rating) => design::text(painter, at, Align2::RIGHT_CENTER, rating, design::mono(design::BODY), STRONG),
        Err(words) => design::text(painter, at, Align2::RIGHT_CENTER, words, design::regular(design::NOTE), CAUTION),
    };
    let label = design::shortened(painter, row.label, design::regular(design::BODY), STRONG, said.left() - 12.0 - left);
    painter.galley(pos2(left, rect.top() + 9.0), label, STRONG);
    response.clicked()
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, Shape};

    /// As a question that has the keyboard has.
    #[test]
    fn a_mark_whose_rating_has_the_keyboard_has_the_bar_beside_it() {
        let context = Context::default();
        design::install(&context);
        for rates in [false, true] {
            let row = Row { id: MarkId(1), label: "Nodule", slice: String::new(), said: Err("rate it"), focused: true, rates };
            let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(336.0, 200.0))), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| {
                mark_row(ui, 300.0, &row);
            });
            // Nothing is painted here.
            output.textures_delta.clear();
            let is_bar = |shape: &Shape| matches!(shape, Shape::Rect(rect) if rect.fill == ACCENT);
            assert_eq!(output.shapes.iter().any(|clipped| is_bar(&clipped.shape)), rates);
        }
    }
}
