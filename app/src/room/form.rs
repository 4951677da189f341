//! The form column: marks with their ratings, the protocol's questions, what is still to do, and the lock. Nothing has a value before the reader gives it one.

use super::hanging::At;
use super::{Field, Focus, Room, Wish};
use crate::controls::{self, Key, Placed, ScaleLook};
use crate::design::{self, CAUTION, DIM, LINE, OWN, PANEL, RADIUS, RAISED, STRONG, TEXT};
use crate::keys::Command;
use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::{Action, AnswerValue, Draft, State, Subject, Tool, is_asked};
use tiresias_reads::protocol::{Question, QuestionKind, Scale};
use tiresias_words::{MarkId, QuestionId};

/// Height of the foot with the lock.
const FOOT: f32 = 104.0;

/// The number that digits make; `None` for none, or more than fit.
pub(super) fn typed(digits: &str) -> Option<i32> {
    digits.parse().ok()
}

impl Room {
    pub(super) fn form(&mut self, ui: &mut Ui, column: Rect, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        ui.painter().vline(column.left() + 0.5, column.y_range(), Stroke::new(1.0, LINE));
        let inner = column.shrink2(vec2(design::MARGIN, 0.0));
        let (body, foot) = inner.split_top_bottom_at_y(inner.bottom() - FOOT);
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            ScrollArea::vertical().auto_shrink(false).id_salt("form").show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let width = ui.available_width();
                ui.add_space(14.0);
                self.mark_list(ui, width, draft, wishes);
                self.ai_list(ui, width, draft, wishes);
                heading(ui, width, "This case");
                let form = self.rules.protocol().form();
                let asked = form.questions().iter().filter(|q| is_asked(form, q, &Subject::Case, draft));
                let questions: Vec<Question> = asked.cloned().collect();
                for question in &questions {
                    self.question(ui, width, question, draft, wishes);
                }
            });
        });
        self.foot(ui, foot, state, wishes);
    }

    fn mark_list(&mut self, ui: &mut Ui, width: f32, draft: &Draft, wishes: &mut Vec<Wish>) {
        let Some(rules) = self.rules.protocol().marks().cloned() else { return };
        heading(ui, width, "Marks");
        if draft.marks().is_empty() {
            let key = match self.bindings.label(Command::Take(Tool::Mark)) {
                key if key.is_empty() => "Take the mark tool".to_owned(),
                key => format!("Press {key}"),
            };
            let words = format!("None yet. {key} and click on each {}.", rules.label.to_lowercase());
            paragraph(ui, width, &words, design::regular(design::NOTE), DIM);
        }
        for (id, mark) in draft.marks() {
            let field = Field::Mark(*id);
            let focused = self.focus == Focus::Form(field.clone());
            let slice = self.slice_of(mark);
            if self.mark_row(ui, width, *id, &rules.label, slice, mark.rating, focused) {
                self.focus = Focus::Form(field.clone());
                self.entry.clear();
                self.go_to(mark);
            }
            if focused {
                self.rating(ui, width, &field, &format!("rating of mark {}", id.0), &rules.rating, mark.rating, wishes);
                ui.add_space(2.0);
                if controls::link(ui, "Delete this mark", TEXT).clicked() {
                    wishes.push(Wish::Record(Action::DeleteMark(*id)));
                    self.focus = Focus::Image;
                }
                ui.add_space(6.0);
            }
        }
        ui.add_space(18.0);
        separator(ui);
        ui.add_space(14.0);
    }

    /// Number of the slice a mark lies on, as the first pane of its series counts.
    fn slice_of(&self, mark: &tiresias_reads::machine::Mark) -> Option<u32> {
        let (series, at) = self.place_of(mark)?;
        let of_series = |c: &At| self.hanging.cell(*c).is_some_and(|c| c.series == series);
        let first = self.hanging.visible().into_iter().find(of_series)?;
        let (cell, shown) = self.shown(first)?;
        Some(self.view(first, cell).slice_position(shown.volume.geometry(), at).number)
    }

    /// Puts the crosshair on a mark.
    fn go_to(&mut self, mark: &tiresias_reads::machine::Mark) {
        if let Some((series, at)) = self.place_of(mark) {
            self.shelf.look_at(series, at);
            self.cine = None;
        }
    }

    /// The series that a mark was put on, and its place there.
    fn place_of(&self, mark: &tiresias_reads::machine::Mark) -> Option<(usize, tiresias_words::PatientPoint)> {
        let places = self.shelf.all().iter().map(|s| s.volume.place_of(&mark.shape, &mark.anchor));
        places.enumerate().find_map(|(series, at)| Some((series, at?)))
    }

    #[expect(clippy::too_many_arguments, reason = "one row's own values")]
    fn mark_row(&self, ui: &mut Ui, width: f32, id: MarkId, label: &str, slice: Option<u32>, rating: Option<i32>, focused: bool) -> bool {
        let (rect, response) = ui.allocate_exact_size(vec2(width, 52.0), Sense::click());
        let said = rating.map_or_else(|| "not rated".to_owned(), |r| r.to_string());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, focused, format!("mark {}, {label}, {said}", id.0)));
        let painter = ui.painter();
        if focused || response.hovered() {
            painter.rect_filled(rect, RADIUS, RAISED);
        }
        let centre = pos2(rect.left() + 18.0, rect.center().y);
        painter.circle_stroke(centre, 8.5, Stroke::new(1.5, OWN));
        design::text(painter, centre, Align2::CENTER_CENTER, id.0, design::strong(design::SMALL), OWN);
        let left = rect.left() + 38.0;
        let of = if self.focused_volume().is_none_or(|v| v.is_in_patient()) { "slice" } else { "image" };
        let words = slice.map_or_else(String::new, |n| format!("{of} {n}"));
        design::text(painter, pos2(left, rect.bottom() - 8.0), Align2::LEFT_BOTTOM, words, design::mono(design::SMALL), TEXT);
        let at = pos2(rect.right() - 12.0, rect.center().y);
        let said = match rating {
            Some(r) => design::text(painter, at, Align2::RIGHT_CENTER, r, design::mono(design::BODY), STRONG),
            None => design::text(painter, at, Align2::RIGHT_CENTER, "rate it", design::regular(design::NOTE), CAUTION),
        };
        let label = design::shortened(painter, label, design::regular(design::BODY), STRONG, said.left() - 12.0 - left);
        painter.galley(pos2(left, rect.top() + 9.0), label, STRONG);
        response.clicked()
    }

    fn question(&mut self, ui: &mut Ui, width: f32, question: &Question, draft: &Draft, wishes: &mut Vec<Wish>) {
        let field = Field::Question(question.id.clone());
        let focused = self.focus == Focus::Form(field.clone());
        let given = draft.answers().of_case(&question.id);
        match &question.kind {
            QuestionKind::Scale(scale) => {
                let value = match given {
                    Some(AnswerValue::Scale(v)) => Some(*v),
                    _ => None,
                };
                self.question_line(ui, width, question, &field, value);
                self.rating(ui, width, &field, &question.text, scale, value, wishes);
            }
            QuestionKind::Choice(options) => {
                self.question_line(ui, width, question, &field, None);
                let taken = options.iter().position(|o| matches!(given, Some(AnswerValue::Choice(k)) if *k == o.key));
                let labels: Vec<String> = options.iter().enumerate().map(|(i, o)| format!("{} {}", i + 1, o.label)).collect();
                if let Some(i) = controls::choices(ui, width, &question.text, &labels, taken, focused) {
                    self.focus = Focus::Form(field);
                    let value = AnswerValue::Choice(options[i].key.clone());
                    wishes.push(Wish::Record(Action::Answer { question: question.id.clone(), subject: Subject::Case, value }));
                }
            }
            QuestionKind::Choices(_) | QuestionKind::Number(_) | QuestionKind::Text(_) => {
                self.question_line(ui, width, question, &field, None);
            }
        }
        ui.add_space(20.0);
    }

    /// The question's text, and its value large at the right; a click brings the keyboard here.
    fn question_line(&mut self, ui: &mut Ui, width: f32, question: &Question, field: &Field, value: Option<i32>) {
        let focused = self.focus == Focus::Form(field.clone());
        let shown = self.shown_value(field, value);
        let galley = ui.painter().layout(question.text.clone(), design::regular(design::BODY), STRONG, width - 56.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y.max(24.0) + 6.0), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, question.text.clone()));
        if response.clicked() {
            self.focus = Focus::Form(field.clone());
            self.entry.clear();
        }
        let painter = ui.painter();
        if focused {
            painter.rect_filled(Rect::from_min_size(rect.min - vec2(design::MARGIN, 0.0), vec2(2.0, rect.height())), 0.0, design::ACCENT);
        }
        painter.galley(rect.min, galley, STRONG);
        if let Some((words, colour)) = shown {
            design::text(
                painter,
                pos2(rect.right(), rect.bottom() - 4.0),
                Align2::RIGHT_BOTTOM,
                words,
                design::strong(design::VALUE),
                colour,
            );
        }
    }

    /// What stands where a number will: digits being typed, the knob being moved, or the answer.
    fn shown_value(&self, field: &Field, value: Option<i32>) -> Option<(String, egui::Color32)> {
        if self.focus == Focus::Form(field.clone()) && !self.entry.is_empty() {
            return Some((format!("{}\u{2009}_", self.entry), design::ACCENT));
        }
        if let Some((moving, v)) = &self.moving
            && moving == field
        {
            return Some((v.to_string(), design::ACCENT));
        }
        value.map(|v| (v.to_string(), STRONG))
    }

    #[expect(clippy::too_many_arguments, reason = "a scale, where it stands and what it is for")]
    fn rating(&mut self, ui: &mut Ui, width: f32, field: &Field, name: &str, scale: &Scale, value: Option<i32>, wishes: &mut Vec<Wish>) {
        let focused = self.focus == Focus::Form(field.clone());
        if let Field::Mark(_) = field
            && let Some((words, colour)) = self.shown_value(field, None)
        {
            let (rect, _) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
            design::text(
                ui.painter(),
                rect.right_center() - vec2(12.0, 0.0),
                Align2::RIGHT_CENTER,
                words,
                design::strong(design::VALUE),
                colour,
            );
        }
        let look = ScaleLook { name, range: scale.min()..=scale.max(), low: scale.low(), high: scale.high(), value, focused };
        match controls::scale(ui, width, &look) {
            Some(Placed::Moving(v)) => {
                self.focus = Focus::Form(field.clone());
                self.moving = Some((field.clone(), v));
            }
            Some(Placed::Given(v)) => {
                self.focus = Focus::Form(field.clone());
                self.moving = None;
                self.entry.clear();
                wishes.push(Wish::Record(self.rate(field, v)));
            }
            None => {}
        }
    }

    /// The action that gives a field a number.
    pub(super) fn rate(&self, field: &Field, number: i32) -> Action {
        match field {
            Field::Mark(mark) => Action::RateMark { mark: *mark, rating: number },
            Field::Question(id) => Action::Answer { question: id.clone(), subject: Subject::Case, value: AnswerValue::Scale(number) },
        }
    }

    /// The scale that a field is given on.
    pub(super) fn scale_of(&self, field: &Field) -> Option<Scale> {
        match field {
            Field::Mark(_) => self.rules.protocol().marks().map(|m| m.rating.clone()),
            Field::Question(id) => match &self.rules.protocol().form().question(id)?.kind {
                QuestionKind::Scale(scale) => Some(scale.clone()),
                _ => None,
            },
        }
    }

    /// A field's question.
    pub(super) fn question_of(&self, field: &Field) -> Option<(QuestionId, QuestionKind)> {
        let Field::Question(id) = field else { return None };
        self.rules.protocol().form().question(id).map(|q| (q.id.clone(), q.kind.clone()))
    }

    /// Whether a field has its value in the record.
    pub(super) fn is_given(&self, field: &Field, draft: &Draft) -> bool {
        match field {
            Field::Mark(id) => draft.marks().get(id).is_some_and(|m| m.rating.is_some()),
            Field::Question(id) => draft.answers().of_case(id).is_some(),
        }
    }

    fn foot(&mut self, ui: &mut Ui, foot: Rect, state: &State, wishes: &mut Vec<Wish>) {
        let missing = self.still_to_do(state);
        let words = match &self.message {
            Some(sentence) => Some(sentence.clone()),
            None if missing.is_empty() => None,
            None => Some(format!("Still to do: {}", missing.iter().map(|f| self.to_do_words(f)).collect::<Vec<_>>().join(", "))),
        };
        if let Some(words) = words {
            let galley = ui.painter().layout(words.clone(), design::regular(design::NOTE), CAUTION, foot.width());
            let at = pos2(foot.left(), foot.bottom() - 62.0 - galley.size().y);
            let rect = Rect::from_min_size(at, galley.size());
            ui.interact(rect, ui.scope_id().with("to do"), Sense::hover())
                .widget_info(|| WidgetInfo::labeled(Role::Label, true, words.clone()));
            ui.painter().galley(at, galley, CAUTION);
        }
        let button = Rect::from_min_size(pos2(foot.left(), foot.bottom() - 52.0), vec2(foot.width(), 40.0));
        ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
            if controls::action(ui, button.size(), "Lock this read", Some(Key("Ctrl \u{23ce}")), missing.is_empty()).clicked() {
                wishes.push(Wish::Record(Action::Lock));
            }
        });
    }

    fn to_do_words(&self, field: &Field) -> String {
        match field {
            Field::Mark(id) => format!("rate mark {}", id.0),
            Field::Question(id) => {
                let text = self.rules.protocol().form().question(id).map_or("", |q| q.text.as_str());
                let short: String = text.chars().take(48).collect();
                let dots = if text.chars().count() > 48 { "\u{2026}" } else { "" };
                format!("answer \u{201c}{short}{dots}\u{201d}")
            }
        }
    }
}

fn heading(ui: &mut Ui, width: f32, words: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, 30.0), Sense::hover());
    design::text(ui.painter(), rect.left_top(), Align2::LEFT_TOP, words, design::strong(design::NOTE), DIM);
}

fn paragraph(ui: &mut Ui, width: f32, words: &str, font: egui::FontId, colour: egui::Color32) {
    let galley = ui.painter().layout(words.to_owned(), font, colour, width);
    let (rect, _) = ui.allocate_exact_size(vec2(width, galley.size().y), Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
}

fn separator(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range().expand(design::MARGIN), rect.center().y, Stroke::new(1.0, LINE));
}
