//! One question of the form as it stands on the screen, whatever kind it is.

use super::fields::{Field, option_words, typed_names};
use crate::controls::{self, Placed, ScaleLook, Take};
use crate::design::{self, ACCENT, LINE, RADIUS, ROOM, STRONG, TEXT};
use crate::room::{Focus, Room, Wish};
use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::{AnswerValue, Draft, Place};
use tiresias_reads::protocol::{NumberKind, Question, QuestionKind, Scale};

/// Height and width of the box for a number.
const BOX: f32 = 34.0;
const NUMBER: f32 = 112.0;
/// What stands behind the options of a question that takes several.
const NONE: &str = "none of these";

impl Room {
    pub(super) fn question(&mut self, ui: &mut Ui, width: f32, question: &Question, field: &Field, draft: &Draft, wishes: &mut Vec<Wish>) {
        let Field::At(Place::Answer(id, subject)) = field else { return };
        let given = draft.answers().get(id, subject);
        let name = format!("{}{}", question.text, self.about(subject));
        let before = draft.impression().and_then(|i| i.answers().get(id, subject)).map(|value| words_of(&question.kind, value));
        let top = ui.cursor().top();
        match &question.kind {
            QuestionKind::Scale(scale) => {
                let value = match given {
                    Some(AnswerValue::Scale(v)) => Some(*v),
                    _ => None,
                };
                self.question_line(ui, width, (question, &name), field, (value.map(|v| v.to_string()), before), draft);
                self.scale(ui, width, (field, &name), scale, value, wishes);
            }
            QuestionKind::Choice(_) | QuestionKind::Choices(_) => {
                self.question_line(ui, width, (question, &name), field, (None, before), draft);
                self.options(ui, width, field, &name, draft, wishes);
            }
            QuestionKind::Number(kind) => {
                self.question_line(ui, width, (question, &name), field, (None, before), draft);
                self.number(ui, width, (field, &name), kind, (given, draft));
            }
            QuestionKind::Text(most) => {
                self.question_line(ui, width, (question, &name), field, (None, before), draft);
                self.text_box(ui, width, (field, &name), *most, (given, draft));
            }
        }
        let place = Rect::from_min_max(pos2(ui.max_rect().left(), top), pos2(ui.max_rect().left() + width, ui.cursor().top()));
        self.bring_into_sight(ui, field, place);
        ui.add_space(14.0);
    }

    /// The first impression, which nobody can change any more, until something new is shown.
    pub(super) fn what_was_locked(&self, ui: &mut Ui, width: f32, draft: &Draft) {
        let Some(impression) = draft.impression() else { return };
        super::heading(ui, width, "Your first impression");
        let marks = impression.marks().len();
        if marks > 0 {
            let words = if marks == 1 { "1 mark".to_owned() } else { format!("{marks} marks") };
            super::said(ui, width, &words, design::regular(design::BODY), STRONG);
            ui.add_space(12.0);
        }
        let form = self.rules.protocol().form();
        for question in form.questions() {
            for subject in form.subjects(question, impression.marks().keys().copied()) {
                let Some(value) = impression.answers().get(&question.id, &subject) else { continue };
                let text = format!("{}{}", question.text, self.about(&subject));
                super::said(ui, width, &text, design::regular(design::NOTE), TEXT);
                ui.add_space(2.0);
                super::said(ui, width, &words_of(&question.kind, value), design::regular(design::BODY), STRONG);
                ui.add_space(12.0);
            }
        }
        for (subject, reason) in impression.not_evaluable() {
            let text = format!("Not evaluable{}", self.about(subject));
            super::said(ui, width, &text, design::regular(design::NOTE), TEXT);
            ui.add_space(2.0);
            let reasons = self.options_of(&Field::Excuse(subject.clone()));
            let words = reasons.iter().find(|(key, _)| key == reason).map_or(reason.as_str(), |(_, label)| label.as_str());
            super::said(ui, width, words, design::regular(design::BODY), STRONG);
            ui.add_space(12.0);
        }
    }

    /// The question's text, its value large at the right, and what was said before the AI; a click brings the keyboard here.
    fn question_line(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (question, name): (&Question, &str),
        field: &Field,
        (value, before): (Option<String>, Option<String>),
        draft: &Draft,
    ) {
        let focused = self.focus == Focus::Form(field.clone());
        // A number stands in its box.
        let has_box = matches!(question.kind, QuestionKind::Number(_));
        let shown = self.shown_value(field, value).filter(|_| !has_box);
        let galley = ui.painter().layout(question.text.clone(), design::regular(design::BODY), STRONG, width - 56.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y.max(24.0) + 6.0), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
        if response.clicked() {
            self.go(field.clone(), draft);
        }
        let painter = ui.painter();
        if focused {
            painter.rect_filled(Rect::from_min_size(rect.min - vec2(design::MARGIN, 0.0), vec2(2.0, rect.height())), 0.0, ACCENT);
        }
        painter.galley(rect.min, galley, STRONG);
        if let Some((words, colour)) = shown {
            let at = pos2(rect.right(), rect.bottom() - 4.0);
            design::text(painter, at, Align2::RIGHT_BOTTOM, words, design::strong(design::VALUE), colour);
        }
        if let Some(before) = before {
            // What came in between: the AI, or the two reads that are settled.
            let when = if draft.settling().is_some() { "at first" } else { "before the AI" };
            super::said(ui, width, &format!("{when}: {before}"), design::regular(design::SMALL), TEXT);
            ui.add_space(4.0);
        }
    }

    /// What stands where a number will: what is being typed, the knob being moved, or the answer.
    pub(super) fn shown_value(&self, field: &Field, value: Option<String>) -> Option<(String, egui::Color32)> {
        if self.focus == Focus::Form(field.clone()) && !self.filling.entry.is_empty() {
            return Some((format!("{}\u{2009}_", self.filling.entry), ACCENT));
        }
        if let Some((moving, v)) = &self.filling.moving
            && moving == field
        {
            return Some((v.to_string(), ACCENT));
        }
        value.map(|v| (v, STRONG))
    }

    pub(super) fn scale(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (field, name): (&Field, &str),
        scale: &Scale,
        value: Option<i32>,
        wishes: &mut Vec<Wish>,
    ) {
        let focused = self.focus == Focus::Form(field.clone());
        let (low, high, anchors) = (scale.low(), scale.high(), scale.anchors());
        let look = ScaleLook { name, range: scale.min()..=scale.max(), low, high, anchors, value, focused };
        match controls::scale(ui, width, &look) {
            Some(Placed::Moving(v)) => {
                // What was typed elsewhere would stand in the place of the number that is moving.
                self.filling.entry.clear();
                self.focus = Focus::Form(field.clone());
                self.filling.moving = Some((field.clone(), v));
            }
            Some(Placed::Given(v)) => {
                self.focus = Focus::Form(field.clone());
                (self.filling.moving, self.message) = (None, None);
                self.filling.entry.clear();
                if let Some(action) = Self::rate(field, v) {
                    self.give(action, wishes);
                }
            }
            None => {}
        }
    }

    /// Options to take; behind several, that it is none of them.
    pub(super) fn options(&mut self, ui: &mut Ui, width: f32, field: &Field, name: &str, draft: &Draft, wishes: &mut Vec<Wish>) {
        let focused = self.focus == Focus::Form(field.clone());
        let options = self.options_of(field);
        let several = self.takes_several(field);
        let names = typed_names(&options, several);
        let mut labels: Vec<String> = names.iter().zip(&options).map(|(typed, (_, label))| option_words(typed, label)).collect();
        if several {
            labels.push(format!("0 {NONE}"));
        }
        let take = if several { Take::Several } else { Take::One };
        let taken = self.taken(field, draft);
        if let Some(i) = controls::choices(ui, width, name, &labels, (take, &taken), focused) {
            self.go(field.clone(), draft);
            self.message = None;
            if let Some(action) = self.take(field, i, draft) {
                self.give(action, wishes);
            }
        }
    }

    /// A number with its unit and its bounds: typed, once the box has the keyboard.
    fn number(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (field, name): (&Field, &str),
        kind: &NumberKind,
        (given, draft): (Option<&AnswerValue>, &Draft),
    ) {
        let focused = self.focus == Focus::Form(field.clone());
        let value = match given {
            Some(AnswerValue::Number(n)) => Some(n.to_string()),
            _ => None,
        };
        let (row, _) = ui.allocate_exact_size(vec2(width, BOX), Sense::hover());
        let rect = Rect::from_min_size(row.min, vec2(NUMBER, BOX));
        let response = ui.interact(rect, ui.scope_id().with((name, "number")), Sense::click());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::NumberInput, true, name);
            info.current_text_value = Some(value.clone().unwrap_or_default());
            info
        });
        if response.clicked() {
            self.go(field.clone(), draft);
        }
        let painter = ui.painter();
        painter.rect_filled(rect, RADIUS, ROOM);
        painter.rect_stroke(rect, RADIUS, Stroke::new(1.0, if focused { ACCENT } else { LINE }), StrokeKind::Inside);
        if let Some((words, colour)) = self.shown_value(field, value) {
            design::text(painter, rect.left_center() + vec2(10.0, 0.0), Align2::LEFT_CENTER, words, design::strong(design::BODY), colour);
        }
        let unit = kind.suffix.as_deref().unwrap_or_default();
        let bounds = format!("{} to {}", kind.min, kind.max);
        let words = if unit.is_empty() { bounds } else { format!("{unit}   ({bounds})") };
        let words = design::shortened(painter, &words, design::regular(design::NOTE), TEXT, row.right() - rect.right() - 10.0);
        painter.galley(pos2(rect.right() + 10.0, rect.center().y - words.size().y / 2.0), words, TEXT);
    }
}

/// An answer in the words of the form.
pub(super) fn words_of(kind: &QuestionKind, value: &AnswerValue) -> String {
    let label = |key: &String| kind.options().iter().find(|o| o.key == *key).map_or(key.clone(), |o| o.label.clone());
    match value {
        AnswerValue::Scale(n) => n.to_string(),
        AnswerValue::Number(n) => match kind {
            QuestionKind::Number(NumberKind { suffix: Some(unit), .. }) => format!("{n} {unit}"),
            _ => n.to_string(),
        },
        AnswerValue::Choice(key) => label(key),
        AnswerValue::Choices(keys) if keys.is_empty() => NONE.to_owned(),
        AnswerValue::Choices(keys) => keys.iter().map(label).collect::<Vec<_>>().join(", "),
        AnswerValue::Text(text) => text.clone(),
    }
}
