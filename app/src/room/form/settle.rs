//! The column while two reads are settled: why the case is here, both answers to each question, both marks of each lesion, the choice, and the reason.
//!
//! Rows for which the case is here are tinted, and all come in the order of the form, so that they are in sight. Nothing is chosen before somebody chooses.

use super::{heading, said, separator};
use crate::controls::{self, Take};
use crate::design::{self, ACCENT, CAUTION, DIM, LINE, RADIUS, RAISED, READ_A, READ_B, ROOM, STRONG, TEXT};
use crate::room::settling::{Which, ring};
use crate::room::{Focus, Room, Wish};
use egui::{Align2, Color32, Id, Rect, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::discordance::{AnswerRow, Beside, MarkRow};
use tiresias_reads::machine::{Choice, Draft, State};
use tiresias_words::MarkId;

const ROW: f32 = 32.0;
/// Of a second line in it.
const SECOND: f32 = 16.0;
/// Width of an answer beside its question.
const ANSWER: f32 = 64.0;
/// Of the box for a reason in one's own words: while nobody writes in it and nothing stands there, and else.
const HEIGHT: [f32; 2] = [34.0, 56.0];
const MOST: usize = 1000;
const CHOICES: [Choice; 3] = [Choice::A, Choice::B, Choice::Own];

impl Room {
    /// The column once both reads are on the screen; false before.
    pub(super) fn settle_form(&mut self, ui: &mut Ui, width: f32, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) -> bool {
        let Some(settling) = draft.settling() else { return false };
        let Some(beside) = self.settling.beside.clone().filter(|_| settling.pair().is_some()) else {
            said(ui, width, "Opening the two reads\u{2026}", design::regular(design::BODY), TEXT);
            return true;
        };
        why(ui, width, &beside);
        self.facts(ui, width);
        answers(ui, width, &beside.answers);
        self.both_marks(ui, width, &beside.marks, draft);
        heading(ui, width, "Your decision");
        let labels = ["1 Accept A", "2 Accept B", "3 Own read"].map(str::to_owned);
        let taken = settling.choice().and_then(|choice| CHOICES.iter().position(|c| *c == choice));
        let focused = self.focus == Focus::Decision;
        if let Some(pressed) = controls::choices(ui, width, "Decision:", &labels, (Take::One, taken.as_slice()), focused)
            && let Some(choice) = CHOICES.get(pressed)
        {
            self.settle(*choice, state, wishes);
        }
        ui.add_space(12.0);
        if draft.is_writable() {
            self.mark_list(ui, width, draft, wishes);
            self.groups(ui, width, state, draft, wishes);
        }
        self.reason(ui, width, settling.reason(), wishes);
        true
    }

    /// Each mark of A with its partner of B; pressed, both sides go there.
    fn both_marks(&mut self, ui: &mut Ui, width: f32, marks: &[MarkRow], draft: &Draft) {
        let rules = Arc::clone(&self.rules);
        let Some(of) = rules.protocol().marks() else { return };
        heading(ui, width, "Marks");
        if marks.is_empty() {
            said(ui, width, "Neither has any.", design::regular(design::NOTE), TEXT);
        }
        for (at, row) in marks.iter().enumerate() {
            let (words, alone) = match (row.a, row.b, row.apart) {
                (Some(_), Some(_), Some(apart)) => (format!("same {}, {:.1} mm apart", of.label.to_lowercase(), apart.0), false),
                (Some(_), Some(_), None) => (format!("same {}", of.label.to_lowercase()), false),
                (Some(_), None, _) => ("only A".to_owned(), true),
                _ => ("only B".to_owned(), true),
            };
            let nowhere = self.nowhere(row, draft);
            let height = if nowhere.is_some() { ROW + SECOND } else { ROW };
            let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
            let number = |mark: Option<(MarkId, Option<i32>)>| mark.map(|(id, _)| id.0);
            let named = [(Which::A, row.a), (Which::B, row.b)].into_iter().filter_map(|(which, mark)| Some(which.name(mark?.0)));
            let mut told = format!("{}: {words}", named.collect::<Vec<_>>().join(" and "));
            told.extend(nowhere.iter().map(|said| format!(", {said}")));
            let is_looked_at = self.settling.looked == Some(at);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_looked_at, &told));
            let painter = ui.painter();
            if is_looked_at || response.hovered() {
                painter.rect_filled(rect.expand2(vec2(8.0, 0.0)), RADIUS, RAISED);
            }
            let y = rect.top() + ROW / 2.0;
            ring(painter, pos2(rect.left() + 10.0, y), number(row.a), Which::A);
            ring(painter, pos2(rect.left() + 36.0, y), number(row.b), Which::B);
            let rating = |mark: Option<(MarkId, Option<i32>)>| mark.and_then(|(_, r)| r).map_or("\u{2013}".to_owned(), |r| r.to_string());
            let ratings = format!("{} | {}", rating(row.a), rating(row.b));
            let right = design::text(painter, pos2(rect.right(), y), Align2::RIGHT_CENTER, ratings, design::mono(design::SMALL), TEXT);
            let colour = if alone { STRONG } else { TEXT };
            let galley =
                design::shortened(painter, &words, design::regular(design::BODY), colour, right.left() - 12.0 - rect.left() - 56.0);
            painter.galley(pos2(rect.left() + 56.0, y - galley.size().y / 2.0), galley, colour);
            if let Some(said) = &nowhere {
                let galley = design::shortened(painter, said, design::regular(design::SMALL), CAUTION, width - 56.0);
                painter.galley(pos2(rect.left() + 56.0, rect.top() + ROW - 6.0), galley, CAUTION);
            }
            if response.clicked() {
                self.look_at_row(at, draft);
            }
        }
        close(ui);
    }

    /// The reasons that are ready, and the place to write another.
    fn reason(&mut self, ui: &mut Ui, width: f32, given: Option<&str>, wishes: &mut Vec<Wish>) {
        let rules = Arc::clone(&self.rules);
        let ready = rules.protocol().adjudication().map_or(&[][..], |a| a.reasons.as_slice());
        heading(ui, width, "Reason");
        let focused = self.focus == Focus::Reason;
        let top = ui.cursor().top();
        if !ready.is_empty() {
            let labels: Vec<String> = (1..).zip(ready).map(|(n, reason)| format!("{n}  {reason}")).collect();
            let taken = ready.iter().position(|r| Some(r.as_str()) == given);
            if let Some(pressed) = controls::choices(ui, width, "Reason:", &labels, (Take::One, taken.as_slice()), focused)
                && let Some(reason) = ready.get(pressed)
            {
                self.give_reason(reason.clone(), wishes);
                self.focus = Focus::Reason;
            }
            ui.add_space(8.0);
        }
        let own = given.filter(|g| !ready.iter().any(|r| r == g)).unwrap_or_default();
        let hint = format!("{}  another, in your words", ready.len() + 1);
        self.reason_box(ui, width, own, &hint, wishes);
        ui.add_space(6.0);
        let place = Rect::from_min_max(pos2(ui.max_rect().left(), top), pos2(ui.max_rect().left() + width, ui.cursor().top()));
        // The last in the column: whoever is here sees all of it, also when it grows or the column gets lower.
        let is_here = matches!(self.focus, Focus::Reason | Focus::Writing);
        let stands = is_here.then(|| vec2(ui.clip_rect().height(), place.height()));
        if stands.is_some() && stands != self.settling.at_reason {
            ui.scroll_to_rect(place, None);
        }
        self.settling.at_reason = stands;
    }

    fn reason_box(&mut self, ui: &mut Ui, width: f32, own: &str, hint: &str, wishes: &mut Vec<Wish>) {
        let focused = self.focus == Focus::Writing;
        let mut text = self.settling.written.as_ref().map_or_else(|| own.to_owned(), |(text, _)| text.clone());
        let [empty, written] = HEIGHT;
        let height = if focused || !text.is_empty() { written } else { empty };
        let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        ui.painter().rect_filled(rect, RADIUS, ROOM);
        let id = Id::unique("reason");
        let inner = Rect::from_min_max(rect.min + vec2(8.0, 6.0), rect.max - vec2(8.0, 6.0));
        let edit = TextEdit::multiline(&mut text)
            .id(id)
            .frame(egui::Frame::NONE)
            .font(design::regular(design::BODY))
            .text_color(STRONG)
            .hint_text(egui::RichText::new(hint).color(TEXT).font(design::regular(design::NOTE)))
            .char_limit(MOST)
            .desired_rows(if height > empty { 2 } else { 1 })
            .desired_width(inner.width())
            .return_key(None);
        let shown = ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            egui::ScrollArea::vertical().id_salt(id).auto_shrink(false).show(ui, |ui| ui.add(edit)).inner
        });
        let response = shown.inner;
        ui.ctx().accesskit_node_builder(id, |node| node.set_label("Reason, in your words"));
        if response.gained_focus() && !focused {
            self.focus = Focus::Writing;
        } else if focused && !response.has_focus() {
            response.request_focus();
        } else if !focused && response.has_focus() {
            response.surrender_focus();
        }
        if response.changed() {
            self.settling.written = Some((text, Some(self.now)));
            ui.ctx().request_repaint_after(super::REST);
        }
        self.keep_reason(!focused, wishes);
        if !focused {
            self.stop_reason();
        }
        let frame = if focused { ACCENT } else { LINE };
        ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, frame), StrokeKind::Inside);
    }
}

fn why(ui: &mut Ui, width: f32, beside: &Beside) {
    heading(ui, width, "Why this case is here");
    if beside.reasons.is_empty() {
        said(ui, width, "The two reads agree by the rules of this study.", design::regular(design::BODY), TEXT);
    }
    for reason in &beside.reasons {
        said(ui, width, reason, design::regular(design::NOTE), TEXT);
        ui.add_space(2.0);
    }
    close(ui);
}

/// Every question with both answers: beside each other where they have room, else below.
fn answers(ui: &mut Ui, width: f32, rows: &[AnswerRow]) {
    if rows.is_empty() {
        return;
    }
    let (head, response) = ui.allocate_exact_size(vec2(width, 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Question, read A, read B"));
    let columns = [head.right() - 2.0 * ANSWER, head.right() - ANSWER];
    let painter = ui.painter();
    design::text(painter, head.left_center(), Align2::LEFT_CENTER, "Question", design::regular(design::SMALL), DIM);
    for (x, words, colour) in [(columns[0], "Read A", READ_A), (columns[1], "Read B", READ_B)] {
        design::text(painter, pos2(x, head.center().y), Align2::LEFT_CENTER, words, design::regular(design::SMALL), colour);
    }
    for row in rows {
        answer_row(ui, width, row);
    }
    close(ui);
}

fn answer_row(ui: &mut Ui, width: f32, row: &AnswerRow) {
    let wide = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), design::regular(design::NOTE), TEXT).size().x;
    let of = |said: &Option<String>| said.clone().unwrap_or_else(|| "\u{2013}".to_owned());
    let (a, b) = (of(&row.a), of(&row.b));
    let fits = wide(&a) <= ANSWER - 6.0 && wide(&b) <= ANSWER - 6.0;
    let room = if fits { width - 2.0 * ANSWER - 10.0 } else { width };
    let question = ui.painter().layout(row.question.clone(), design::regular(design::NOTE), STRONG, room);
    let lines: Vec<_> = [("A", &a, READ_A), ("B", &b, READ_B)]
        .into_iter()
        .map(|(letter, words, colour)| {
            (ui.painter().layout(format!("{letter}  {words}"), design::regular(design::NOTE), colour, width - 12.0), colour)
        })
        .collect();
    let below = if fits { 0.0 } else { lines.iter().map(|(g, _)| g.size().y + 2.0).sum::<f32>() + 2.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, question.size().y + below + 10.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: A {a}, B {b}", row.question)));
    let painter = ui.painter();
    if row.is_discordant {
        painter.rect_filled(rect.expand2(vec2(8.0, 0.0)), 0.0, tint(CAUTION));
    }
    let top = rect.top() + 5.0;
    let middle = top + question.size().y / 2.0;
    let height = question.size().y;
    painter.galley(pos2(rect.left(), top), question, STRONG);
    if fits {
        for (x, words, colour) in [(rect.right() - 2.0 * ANSWER, &a, READ_A), (rect.right() - ANSWER, &b, READ_B)] {
            design::text(painter, pos2(x, middle), Align2::LEFT_CENTER, words, design::regular(design::NOTE), colour);
        }
    } else {
        let mut y = top + height + 2.0;
        for (galley, colour) in lines {
            let down = galley.size().y + 2.0;
            painter.galley(pos2(rect.left() + 12.0, y), galley, colour);
            y += down;
        }
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
}

/// A colour as a ground that words are read on.
fn tint(colour: Color32) -> Color32 {
    colour.gamma_multiply(0.10)
}

fn close(ui: &mut Ui) {
    ui.add_space(8.0);
    separator(ui);
    ui.add_space(8.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, ScrollArea};
    use tiresias_reads::outline::trial;
    use tiresias_reads::protocol::{Protocol, template};

    /// Also when the column gets lower, and when the box grows because somebody writes in it.
    #[test]
    fn whoever_is_at_the_reasons_sees_the_box_for_their_own_words() {
        let (rules, state) = trial(&Protocol::parse(template("crossover").unwrap().text).unwrap()).unwrap();
        let mut room = Room::for_trial(state.open().unwrap().read().clone(), Arc::new(rules));
        let context = Context::default();
        design::install(&context);
        let foot_of = |room: &mut Room, height: f32| {
            let mut foot = 0.0;
            // As many frames as it takes to scroll there.
            for _ in 0..60 {
                let screen = Rect::from_min_size(Pos2::ZERO, vec2(336.0, height));
                let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
                let mut output = context.run_ui(input, |ui| {
                    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                        ui.add_space(500.0);
                        room.reason(ui, 304.0, None, &mut Vec::new());
                        foot = ui.cursor().top();
                    });
                });
                // Nothing is painted here.
                output.textures_delta.clear();
            }
            foot
        };
        assert!(foot_of(&mut room, 400.0) > 400.0, "nobody is there yet");
        for (focus, height) in [(Focus::Reason, 400.0), (Focus::Reason, 300.0), (Focus::Writing, 300.0), (Focus::Writing, 200.0)] {
            room.focus = focus;
            let foot = foot_of(&mut room, height);
            assert!(foot <= height, "it ends at {foot} of {height}");
        }
    }
}
