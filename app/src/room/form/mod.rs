//! The form column: marks with their ratings, the protocol's questions about the case and each unit, what is still to do, and the lock.
//!
//! What is asked, missing and allowed is `reads`' to say. Nothing has a value before the reader gives it one.

mod fields;
mod foot;
mod keys;
mod marks;
mod question;
mod review;
mod settle;
mod text;

pub(super) use fields::{Field, Filling};
pub(super) use text::REST;

use super::{Focus, Room, Wish};
use crate::controls;
use crate::design::{self, CAUTION, DIM, LINE, PANEL, STRONG, TEXT};
use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Draft, Missing, Place, Stage, State, Subject, excusable, is_evaluable};

/// More units than this are drawn one at a time, the others as a line each.
const OPEN_UNITS: usize = 2;

impl Room {
    pub(super) fn form(&mut self, ui: &mut Ui, column: Rect, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        ui.painter().rect_filled(column, 0.0, PANEL);
        ui.painter().vline(column.left() + 0.5, column.y_range(), Stroke::new(1.0, LINE));
        let inner = column.shrink2(vec2(design::MARGIN, 0.0));
        let foot = self.foot(ui, inner.width(), state, draft);
        // The bar of a long column stands in the margin, beside what is read.
        let body = inner.with_max_y(inner.bottom() - foot.height).with_max_x(column.right());
        let mut asks_for_ai = false;
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            let shown = ScrollArea::vertical().auto_shrink(false).id_salt("form").show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let width = inner.width();
                ui.add_space(14.0);
                if self.filling.review {
                    self.review(ui, width, state, draft);
                } else if Stage::of(&self.rules, draft) == Stage::Locked {
                    self.facts(ui, width);
                    self.what_was_locked(ui, width, draft);
                } else if !self.settle_form(ui, width, state, draft, wishes) {
                    self.facts(ui, width);
                    self.mark_list(ui, width, draft, wishes);
                    asks_for_ai = self.ai_list(ui, width, draft, wishes);
                    self.groups(ui, width, state, draft, wishes);
                }
            });
            // There is more below.
            if shown.state.clamped_offset().y + shown.inner_rect.height() + 1.0 < shown.content_size.y {
                ui.painter().hline(inner.x_range().expand(design::MARGIN), body.bottom() - 0.5, Stroke::new(1.0, LINE));
            }
        });
        if asks_for_ai {
            // When all of the form has been drawn: what was written last is given before the AI is shown.
            self.hand_on(draft, wishes);
            wishes.push(Wish::Record(Action::Reveal));
        }
        self.draw_foot(ui, inner, foot, (state, draft), wishes);
        self.keep_writing(draft, false, wishes);
        self.stop_writing(draft, wishes);
    }

    /// What the protocol lets a reader know of the case.
    fn facts(&self, ui: &mut Ui, width: f32) {
        let facts = self.rules.assigned(&self.read).map_or(&[][..], |read| read.facts.as_slice());
        if facts.is_empty() {
            return;
        }
        heading(ui, width, "Known of this case");
        for fact in facts {
            let words = format!("{}: {}", fact.name, fact.value);
            said(ui, width, &words, design::regular(design::NOTE), TEXT);
            ui.add_space(2.0);
        }
        ui.add_space(12.0);
        separator(ui);
        ui.add_space(14.0);
    }

    /// The case, then each unit.
    fn groups(&mut self, ui: &mut Ui, width: f32, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        let rules = Arc::clone(&self.rules);
        let form = rules.protocol().form();
        let excuses = excusable(&rules, draft);
        let fields = self.fields(draft);
        let of = |subject: &Subject| fields.iter().any(|f| f.subject() == *subject);
        if of(&Subject::Case) || form.units().is_empty() {
            heading(ui, width, "This case");
            self.group(ui, width, &Subject::Case, (&fields, &excuses), draft, wishes);
        }
        let one_at_a_time = form.units().len() > OPEN_UNITS;
        let rest = self.still_to_do(state);
        for unit in form.units() {
            let subject = Subject::Unit(unit.key.clone());
            let is_open = matches!(&self.focus, Focus::Form(field) if field.subject() == subject);
            if one_at_a_time && !is_open {
                if let Some(first) = fields.iter().find(|f| f.subject() == subject)
                    && unit_row(ui, width, &unit.label, &unit_words(&subject, draft, (&fields, &rest)))
                {
                    self.go(first.clone(), draft);
                }
                continue;
            }
            ui.add_space(2.0);
            separator(ui);
            ui.add_space(12.0);
            said(ui, width, &unit.label, design::strong(design::BODY), STRONG);
            ui.add_space(8.0);
            self.group(ui, width, &subject, (&fields, &excuses), draft, wishes);
        }
        ui.add_space(8.0);
    }

    /// What is asked about one subject, and that it may not be evaluable.
    fn group(
        &mut self,
        ui: &mut Ui,
        width: f32,
        subject: &Subject,
        (fields, excuses): (&[Field], &[Subject]),
        draft: &Draft,
        wishes: &mut Vec<Wish>,
    ) {
        let rules = Arc::clone(&self.rules);
        for field in fields.iter().filter(|f| f.subject() == *subject) {
            if let Field::At(Place::Answer(id, _)) = field
                && let Some(question) = rules.protocol().form().question(id)
            {
                self.question(ui, width, question, field, draft, wishes);
            }
        }
        if excuses.contains(subject) {
            self.excuse(ui, width, subject, draft, wishes);
        }
    }

    /// Not evaluable, with its reasons once somebody asks for them.
    fn excuse(&mut self, ui: &mut Ui, width: f32, subject: &Subject, draft: &Draft, wishes: &mut Vec<Wish>) {
        let field = Field::Excuse(subject.clone());
        let about = self.about(subject);
        let focused = self.focus == Focus::Form(field.clone());
        let is_said = draft.not_evaluable().contains_key(subject);
        if !focused && !is_said {
            if controls::link(ui, &format!("Not evaluable{about}\u{2026}"), TEXT).clicked() {
                self.go(field, draft);
            }
            ui.add_space(8.0);
            return;
        }
        let name = format!("Why is it not evaluable{about}?");
        said(ui, width, "Why is it not evaluable?", design::regular(design::BODY), STRONG);
        ui.add_space(6.0);
        self.options(ui, width, &field, &name, draft, wishes);
        if is_said {
            ui.add_space(4.0);
            if controls::link(ui, &format!("It can be evaluated{about}"), TEXT).clicked()
                && let Some(action) = Self::take_back(&field)
            {
                self.give(action, wishes);
            }
        }
        ui.add_space(16.0);
    }

    /// What a name says behind it of a subject inside the case.
    pub(super) fn about(&self, subject: &Subject) -> String {
        match subject {
            Subject::Case => String::new(),
            Subject::Unit(key) => {
                let unit = self.rules.protocol().form().units().iter().find(|u| u.key == *key);
                format!(", {}", unit.map_or(key.as_str(), |u| u.label.as_str()))
            }
            Subject::Mark(mark) => format!(", mark {}", mark.0),
        }
    }

    /// What is missing, in the reader's words.
    fn missing_words(&self, missing: &Missing) -> String {
        match missing {
            Missing::Answer { question, subject } => {
                let text = self.rules.protocol().form().question(question).map_or("", |q| q.text.as_str());
                let short: String = text.chars().take(48).collect();
                let dots = if text.chars().count() > 48 { "\u{2026}" } else { "" };
                format!("answer \u{201c}{short}{dots}\u{201d}{}", self.about(subject))
            }
            Missing::Rule { say, subject } => format!("{}{}", say.trim_end_matches('.'), self.about(subject)),
            // What is neither asked nor ruled by the protocol has the same words everywhere.
            other => other.to_string(),
        }
    }

    /// Brings the focused field into sight, once.
    fn bring_into_sight(&mut self, ui: &Ui, field: &Field, rect: Rect) {
        if self.focus == Focus::Form(field.clone()) && self.filling.seen.as_ref() != Some(field) {
            self.filling.seen = Some(field.clone());
            ui.scroll_to_rect(rect.expand2(vec2(0.0, 28.0)), None);
        }
    }
}

/// How a unit stands, in a word or two.
fn unit_words(subject: &Subject, draft: &Draft, (fields, rest): (&[Field], &[Missing])) -> (String, egui::Color32) {
    let left = rest.iter().filter_map(Missing::place).filter(|p| p.subject() == *subject).count();
    let is_given = |field: &Field| matches!(field, Field::At(place) if place.subject() == *subject && place.is_given(draft));
    match left {
        _ if !is_evaluable(subject, draft) => ("not evaluable".to_owned(), TEXT),
        // Nothing has to be said of it, and nothing was.
        0 if !fields.iter().any(is_given) => ("nothing given".to_owned(), TEXT),
        0 => ("answered".to_owned(), TEXT),
        n => (format!("{n} to answer"), CAUTION),
    }
}

/// A unit that is not open: its name and how it stands.
fn unit_row(ui: &mut Ui, width: f32, label: &str, (words, colour): &(String, egui::Color32)) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 36.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{label}, {words}")));
    let painter = ui.painter();
    if response.hovered() {
        painter.rect_filled(rect, design::RADIUS, design::RAISED);
    }
    let said = design::text(painter, rect.right_center(), Align2::RIGHT_CENTER, words, design::regular(design::NOTE), *colour);
    let label = design::shortened(painter, label, design::regular(design::BODY), STRONG, said.left() - 12.0 - rect.left());
    painter.galley(pos2(rect.left(), rect.center().y - label.size().y / 2.0), label, STRONG);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
    response.clicked()
}

pub(super) fn heading(ui: &mut Ui, width: f32, words: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 30.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    design::text(ui.painter(), rect.left_top(), Align2::LEFT_TOP, words, design::strong(design::NOTE), DIM);
}

/// Words in as many lines as they need.
pub(super) fn said(ui: &mut Ui, width: f32, words: &str, font: egui::FontId, colour: egui::Color32) -> Rect {
    let galley = ui.painter().layout(words.to_owned(), font, colour, width);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().galley(rect.min, galley, colour);
    rect
}

pub(super) fn separator(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range().expand(design::MARGIN), rect.center().y, Stroke::new(1.0, LINE));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::outline::trial;
    use tiresias_reads::protocol::{Protocol, template};

    #[test]
    fn what_nothing_was_said_of_is_not_called_answered() {
        let (_, state) = trial(&Protocol::parse(template("crossover").unwrap().text).unwrap()).unwrap();
        let draft = state.open().unwrap();
        assert_eq!(unit_words(&Subject::Case, draft, (&[], &[])).0, "nothing given");
    }
}
