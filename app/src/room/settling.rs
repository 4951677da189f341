//! Two reads being settled, in the room: the same images twice, side by side, with the marks of A on one and of B on the other, each in its colour.
//!
//! Nothing of the two is here before the record has the event that shows them. Slice, window, zoom and crosshair are one for both; a difference that is
//! chosen brings both to its place. Refuses: who A and B are, and to choose for anybody.

use super::gestures::OnScreen;
use super::hanging::{Arrangement, At};
use super::{Focus, Room, Wish, marking};
use crate::design::{self, ACCENT, READ_A, READ_B};
use egui::{Color32, Key, Modifiers, Painter, Vec2, vec2};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::discordance::{Beside, MarkRow, beside};
use tiresias_reads::machine::{Action, Choice, Draft, Mark, Missing, State};
use tiresias_reads::pair::{Pair, Side};
use tiresias_words::MarkId;

/// Half of the cross that shows where the pointer is on the other side, and the hole in it.
const CROSS: (f32, f32) = (12.0, 4.0);

/// What the room knows of two reads that are settled.
#[derive(Default)]
pub(super) struct Settling {
    /// Opened, for the record.
    opened: Option<Box<Pair>>,
    told: bool,
    /// Both, aligned: from the record.
    pub(super) beside: Option<Arc<Beside>>,
    /// The difference that was looked at last.
    pub(super) looked: Option<usize>,
    /// The keyboard is at the reasons, which were brought into sight: how high the column was, and they.
    pub(super) at_reason: Option<Vec2>,
    /// A reason being written, and when it was changed last.
    pub(super) written: Option<(String, Option<Duration>)>,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    A,
    B,
}

impl Which {
    pub(super) const fn colour(self) -> Color32 {
        match self {
            Self::A => READ_A,
            Self::B => READ_B,
        }
    }
    pub(super) const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
    /// A mark of it, as the images name it.
    pub(super) fn name(self, mark: MarkId) -> String {
        format!("{}{}", self.letter(), mark.0)
    }
    pub(super) const fn of(self, pair: &Pair) -> &Side {
        match self {
            Self::A => pair.a(),
            Self::B => pair.b(),
        }
    }
}

impl Room {
    /// Takes the two reads of the open case, once they may be shown.
    pub(crate) fn take_pair(&mut self, pair: Pair) {
        self.settling.opened = Some(Box::new(pair));
    }
    /// Whether the two reads were taken.
    pub(crate) const fn has_pair(&self) -> bool {
        self.settling.opened.is_some()
    }

    /// Once a frame: tells the record that the two reads are on the screen, and puts their images side by side when it has them.
    pub(super) fn follow_pair(&mut self, draft: &Draft, wishes: &mut Vec<Wish>) {
        if let Some(pair) = self.settling.opened.as_ref().filter(|_| self.told_shown && !self.settling.told) {
            wishes.push(Wish::Record(Action::PairShown(pair.clone())));
            self.settling.told = true;
        }
        let Some(pair) = self.rules.shown_pair(draft).filter(|_| self.settling.beside.is_none() && self.told_shown) else { return };
        self.settling.beside = Some(Arc::new(beside(self.rules.protocol(), pair)));
        let series = self.hanging.cell(self.hanging.focused()).map_or(0, |c| c.series);
        self.cancel_sketch();
        self.arrange(Arrangement::Beside(series));
        self.focus = Focus::Image;
        // Where they differ first, of what can be gone to.
        let is_first = |row: &MarkRow| (row.a.is_none() || row.b.is_none()) && self.place_of_row(row, draft).is_some();
        let first = self.settling.beside.as_ref().and_then(|b| b.marks.iter().position(is_first));
        if let Some(first) = first {
            self.look_at_row(first, draft);
        }
    }

    /// Whose marks a cell shows: side by side of one, else of both.
    fn whose(&self, at: At) -> &'static [Which] {
        match (self.hanging.arrangement(), at.0) {
            (Some(Arrangement::Beside(_)), 0) => &[Which::A],
            (Some(Arrangement::Beside(_)), _) => &[Which::B],
            _ => &[Which::A, Which::B],
        }
    }

    /// Whether one's own marks are drawn: until the two reads are there, and again in a read of one's own.
    pub(super) fn shows_own_marks(&self, draft: &Draft) -> bool {
        draft.is_writable()
    }

    /// The words on a pane that say whose read it is, and that it could not evaluate the case: an image without its marks does not say so.
    pub(super) fn whose_words(&self, at: At) -> Option<(String, Color32)> {
        let [of_a, of_b] = &self.settling.beside.as_ref()?.not_evaluable;
        let [one] = self.whose(at) else { return None };
        let said = match one {
            Which::A => of_a,
            Which::B => of_b,
        };
        let words = said.as_ref().map_or_else(|| format!("Read {}", one.letter()), |said| format!("Read {} \u{b7} {said}", one.letter()));
        Some((words, one.colour()))
    }

    /// Draws the marks of the two reads, and where the pointer is on the other side.
    pub(super) fn draw_pair(&self, painter: &Painter, on: &OnScreen, draft: &Draft) {
        let Some(pair) = self.rules.shown_pair(draft) else { return };
        let Some((cell, shown)) = self.shown(on.at) else { return };
        let row = self.settling.looked.and_then(|i| self.settling.beside.as_ref()?.marks.get(i).copied());
        for which in self.whose(on.at) {
            for (id, mark) in &which.of(pair).marks {
                let of_row = row.and_then(|r| if *which == Which::A { r.a } else { r.b });
                let chosen = of_row.is_some_and(|(chosen, _)| chosen == *id);
                if let Some(outline) = shown.volume.outline_of(&mark.shape, &mark.anchor) {
                    marking::draw_compared(painter, on, &shown.volume, &outline, (&which.name(*id), which.colour(), chosen));
                }
            }
        }
        let twin = self.hover.filter(|(at, _)| *at != on.at && self.hanging.cell(*at).is_some_and(|c| c.series == cell.series));
        if let Some((_, point)) = twin.filter(|_| matches!(self.hanging.arrangement(), Some(Arrangement::Beside(_)))) {
            let (at, off) = on.screen_at(point);
            if off.abs() < 1.0 && on.rect.contains(at) {
                let (far, near) = CROSS;
                for along in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
                    design::image_line(painter, [at + along * near, at + along * far], 1.0, ACCENT);
                }
            }
        }
    }

    /// The marks of a row of the list with their names, A's first.
    fn marks_of_row<'a>(&self, row: &MarkRow, draft: &'a Draft) -> impl Iterator<Item = (String, &'a Mark)> + use<'a> {
        let pair = self.rules.shown_pair(draft);
        let of_row = [(Which::A, row.a), (Which::B, row.b)];
        of_row.into_iter().filter_map(move |(which, mark)| {
            let (id, _) = mark?;
            Some((which.name(id), which.of(pair?).marks.get(&id)?))
        })
    }

    /// The first mark of a row that lies on an image of the case, and its series.
    fn place_of_row<'a>(&self, row: &MarkRow, draft: &'a Draft) -> Option<(usize, &'a Mark)> {
        self.marks_of_row(row, draft).find_map(|(_, mark)| Some((self.place_of(mark)?.0, mark)))
    }

    /// That marks of a row lie on no image of the case, so that nothing shows where they are.
    pub(super) fn nowhere(&self, row: &MarkRow, draft: &Draft) -> Option<String> {
        let names: Vec<String> =
            self.marks_of_row(row, draft).filter(|(_, mark)| self.place_of(mark).is_none()).map(|(name, _)| name).collect();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is on none of these images")),
            more => Some(format!("{} are on none of these images", more.join(" and "))),
        }
    }

    /// Brings both sides to a difference between marks.
    pub(super) fn look_at_row(&mut self, row: usize, draft: &Draft) {
        let Some(of) = self.settling.beside.as_ref().and_then(|b| b.marks.get(row).copied()) else { return };
        self.settling.looked = Some(row);
        let Some((series, mark)) = self.place_of_row(&of, draft) else { return };
        if matches!(self.hanging.arrangement(), Some(Arrangement::Beside(shown)) if shown != series) {
            self.arrange(Arrangement::Beside(series));
        }
        self.look_at_mark(mark);
    }

    /// Enter in image focus, where two reads are settled: to the choice, then to the reason; false where the form is next.
    pub(super) fn focus_decision(&mut self, state: &State) -> bool {
        let ahead = self.ahead(state).into_owned();
        let Some(settling) = self.draft(&ahead).and_then(|d| d.settling()).filter(|s| s.pair().is_some()) else { return false };
        let form_is_next = settling.choice() == Some(Choice::Own) && self.still_to_do(&ahead).iter().any(|m| m.place().is_some());
        if form_is_next {
            return false;
        }
        let missing = |m: &Missing| self.still_to_do(&ahead).contains(m);
        self.focus = if missing(&Missing::Reason) { Focus::Reason } else { Focus::Decision };
        true
    }

    /// Accepts A or B, or begins a read of one's own.
    pub(super) fn settle(&mut self, choice: Choice, state: &State, wishes: &mut Vec<Wish>) {
        self.give(Action::Settle(choice), wishes);
        let ahead = self.ahead(state).into_owned();
        self.focus = Focus::Decision;
        let Some(draft) = self.draft(&ahead) else { return };
        if draft.is_writable() {
            self.focus_form(&ahead, draft, wishes);
        } else if draft.settling().is_some_and(|s| s.reason().is_none()) {
            self.focus = Focus::Reason;
        }
    }

    /// A key while the keyboard is at the choice.
    pub(super) fn decision_key(&mut self, key: Key, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        let rows = self.settling.beside.as_ref().map_or(0, |b| b.marks.len());
        match key {
            Key::Escape => self.focus = Focus::Image,
            Key::Num1 | Key::A => self.settle(Choice::A, state, wishes),
            Key::Num2 | Key::B => self.settle(Choice::B, state, wishes),
            Key::Num3 | Key::O => self.settle(Choice::Own, state, wishes),
            Key::ArrowDown | Key::ArrowUp if rows > 0 => {
                let by = if key == Key::ArrowDown { 1 } else { rows - 1 };
                let next = self.settling.looked.map_or(0, |at| (at + by) % rows);
                self.look_at_row(next, draft);
            }
            Key::Tab | Key::Enter => self.focus = Focus::Reason,
            _ => {}
        }
    }

    /// A key while the keyboard is at the reasons: a digit gives one.
    pub(super) fn reason_key(&mut self, (key, modifiers): (Key, Modifiers), state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        let rules = Arc::clone(&self.rules);
        let ready = rules.protocol().adjudication().map_or(&[][..], |a| a.reasons.as_slice());
        match key {
            Key::Escape => self.focus = Focus::Image,
            Key::Tab if draft.is_writable() && !modifiers.shift => self.focus_form(state, draft, wishes),
            Key::Tab => self.focus = Focus::Decision,
            Key::Enter => self.focus = Focus::Image,
            _ => {
                let Some(digit) = super::commands::digit(key).map(usize::from).filter(|d| *d > 0) else { return };
                match ready.get(digit - 1) {
                    Some(reason) => self.give_reason(reason.clone(), wishes),
                    None if digit == ready.len() + 1 => self.focus = Focus::Writing,
                    None => self.message = Some(format!("{digit} is none of them: 1 to {}.", ready.len() + 1)),
                }
            }
        }
    }

    /// A key while a reason is being written.
    pub(super) fn writing_key(&mut self, key: Key, wishes: &mut Vec<Wish>) {
        match key {
            Key::Escape | Key::Enter => self.focus = Focus::Image,
            Key::Tab => self.focus = Focus::Decision,
            _ => return,
        }
        self.keep_reason(true, wishes);
    }

    pub(super) fn give_reason(&mut self, reason: String, wishes: &mut Vec<Wish>) {
        self.settling.written = None;
        self.give(Action::GiveReason(reason), wishes);
    }

    /// Words that nobody writes at any more are those of the record again: what was given, or what stood before all of it was removed.
    pub(super) fn stop_reason(&mut self) {
        self.settling.written.take_if(|(text, changed)| changed.is_none() || text.trim().is_empty());
    }

    /// Whether the box of the reason was emptied while the record has a reason, which would be locked unseen; it is told.
    pub(super) fn reason_was_removed(&mut self, state: &State) -> bool {
        let was_given = self.draft(state).and_then(|d| d.settling()).is_some_and(|s| s.reason().is_some());
        let is_removed = was_given && self.settling.written.as_ref().is_some_and(|(text, _)| text.trim().is_empty());
        if is_removed {
            self.message = Some("The reason is empty. Write one, or press Esc to keep the one that was given.".to_owned());
        }
        is_removed
    }

    /// Gives a reason that was written: after a rest, or at once.
    pub(super) fn keep_reason(&mut self, at_once: bool, wishes: &mut Vec<Wish>) {
        let now = self.now;
        let Some((text, changed)) = &mut self.settling.written else { return };
        let is_due = changed.is_some_and(|changed| at_once || now.saturating_sub(changed) >= super::form::REST);
        if is_due && !text.trim().is_empty() {
            *changed = None;
            let text = text.clone();
            self.give(Action::GiveReason(text), wishes);
        }
    }
}

/// A number in a ring, as the list has it.
pub(super) fn ring(painter: &Painter, centre: egui::Pos2, number: Option<u32>, which: Which) {
    match number {
        Some(n) => {
            painter.circle_stroke(centre, 8.5, egui::Stroke::new(1.5, which.colour()));
            design::text(painter, centre, egui::Align2::CENTER_CENTER, n, design::strong(design::SMALL), which.colour());
        }
        None => {
            painter.hline(centre.x - 3.0..=centre.x + 3.0, centre.y, egui::Stroke::new(1.0, design::DIM));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::outline::trial;
    use tiresias_reads::protocol::{Protocol, template};

    #[test]
    fn an_empty_box_keeps_nothing_from_the_lock_where_no_reason_was_given() {
        let (rules, state) = trial(&Protocol::parse(template("crossover").unwrap().text).unwrap()).unwrap();
        let read = state.open().unwrap().read().clone();
        let mut room = Room::for_trial(read, Arc::new(rules));
        room.settling.written = Some((" ".to_owned(), None));
        assert!(!room.reason_was_removed(&state));
        assert_eq!(room.message, None);
    }
}
