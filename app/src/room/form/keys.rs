//! Keys in form focus: digits and letters answer, Enter confirms and goes on, Tab and arrows go from field to field, Del takes back, Esc leads to the image.

use super::fields::{Field, typed_names};
use crate::room::{Focus, Room, Wish};
use egui::{Key, Modifiers};
use tiresias_reads::machine::{Action, AnswerValue, Draft, Place, Stage, State};
use tiresias_reads::protocol::{NumberKind, QuestionKind};

/// More is typed for no field.
const LONGEST: usize = 16;

impl Room {
    /// Enter in image focus: to the first thing that is missing, else to the first field; or to the AI, where nothing else can be done.
    pub(in crate::room) fn focus_form(&mut self, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        if Stage::of(&self.rules, draft) == Stage::Locked {
            wishes.push(Wish::Record(Action::Reveal));
            return;
        }
        let ahead = self.ahead(state).into_owned();
        let first = || self.fields(draft).into_iter().next();
        if let Some(field) = self.next_missing(&ahead, None).or_else(first) {
            self.go(field, draft);
        }
    }

    /// Ctrl+Enter: the lock; with Shift, although something is unusual.
    pub(in crate::room) fn lock_key(&mut self, shift: bool, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        let ahead = self.ahead(state).into_owned();
        if !self.give_entry(&ahead, wishes) {
            return;
        }
        if shift && self.filling.review { self.lock_anyway(state, draft, wishes) } else { self.lock(state, draft, wishes) }
    }

    pub(in crate::room) fn form_key(
        &mut self,
        key: Key,
        modifiers: Modifiers,
        field: &Field,
        state: &State,
        draft: &Draft,
        wishes: &mut Vec<Wish>,
    ) {
        let ahead = self.ahead(state).into_owned();
        let writes = self.is_text(field);
        match key {
            Key::Escape => {
                if self.filling.entry.is_empty() {
                    self.focus = Focus::Image;
                }
                self.filling.entry.clear();
            }
            Key::Enter => self.confirm(field, &ahead, draft, wishes),
            Key::Tab => self.go_to_neighbour(field, &ahead, modifiers.shift, wishes),
            _ if writes => {}
            Key::ArrowDown | Key::ArrowUp => self.go_to_neighbour(field, &ahead, key == Key::ArrowUp, wishes),
            Key::Z if modifiers.command => self.give(Action::Undo, wishes),
            Key::Backspace if !self.filling.entry.is_empty() => {
                self.filling.entry.pop();
            }
            Key::Delete | Key::Backspace => self.take_field_back(field, &ahead, wishes),
            _ => {
                if let Some(typed) = typed(key).filter(|_| !modifiers.command && !modifiers.alt) {
                    self.type_in(typed, field, &ahead, wishes);
                }
            }
        }
    }

    /// Gives what was typed and goes on to what is missing; stays where an answer is still missing, so that two presses skip nothing.
    fn confirm(&mut self, field: &Field, ahead: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        if !self.give_entry(ahead, wishes) {
            return;
        }
        let draft = self.draft(ahead).unwrap_or(draft);
        self.keep_writing(draft, true, wishes);
        let ahead = self.ahead(ahead).into_owned();
        let missing = self.still_to_do(&ahead);
        if missing.iter().filter_map(tiresias_reads::machine::Missing::place).any(|p| Field::At(p) == *field) {
            return;
        }
        match self.next_missing(&ahead, Some(field)) {
            Some(next) => self.go(next, draft),
            None => self.focus = Focus::Image,
        }
    }

    fn go_to_neighbour(&mut self, field: &Field, ahead: &State, back: bool, wishes: &mut Vec<Wish>) {
        if !self.give_entry(ahead, wishes) {
            return;
        }
        let Some(draft) = self.draft(ahead) else { return };
        let all = self.fields(draft);
        let here = all.iter().position(|f| f == field).unwrap_or(0);
        let next = if back { (here + all.len()).checked_sub(1) } else { Some(here + 1) }.and_then(|i| all.get(i % all.len().max(1)));
        if let Some(next) = next.cloned() {
            self.go(next, draft);
        }
    }

    /// Del: what was said is taken back; a mark goes with all that was said about it.
    fn take_field_back(&mut self, field: &Field, ahead: &State, wishes: &mut Vec<Wish>) {
        let Some(draft) = self.draft(ahead) else { return };
        let is_said = match field {
            Field::At(place @ Place::Answer(..)) => place.is_given(draft),
            Field::Excuse(subject) => draft.not_evaluable().contains_key(subject),
            Field::At(Place::Rating(_) | Place::Class(_)) => true,
        };
        if let Some(action) = Self::take_back(field).filter(|_| is_said) {
            if matches!(action, Action::DeleteMark(_)) {
                self.focus = Focus::Image;
            }
            self.give(action, wishes);
        }
    }

    /// A digit, a letter, a point or a sign.
    fn type_in(&mut self, typed: char, field: &Field, ahead: &State, wishes: &mut Vec<Wish>) {
        let longer = format!("{}{typed}", self.filling.entry);
        if longer.len() > LONGEST {
            return;
        }
        if let Some(scale) = self.scale_of(field) {
            let (min, max) = (scale.min(), scale.max());
            let is_begun = longer == "-" && min < 0;
            let number: Option<i32> = longer.parse().ok();
            if number.is_none_or(|n| n > max || n < min.min(0)) && !is_begun {
                if typed.is_ascii_digit() {
                    self.message = Some(format!("{longer} is not on the scale from {min} to {max}."));
                }
                return;
            }
            self.filling.entry = longer;
            // No further digit can follow: the number is complete.
            let is_complete = number.is_some_and(|n| is_whole(n, min, max));
            if is_complete {
                self.give_entry(ahead, wishes);
            }
        } else if let Some(QuestionKind::Number(kind)) = self.question_of(field).map(|q| &q.kind) {
            if number_can_go_on(&longer, kind) {
                self.filling.entry = longer;
            } else if typed.is_ascii_digit() || longer.len() > 1 {
                self.message = Some(number_words(kind));
            }
        } else {
            self.type_option(&longer, field, ahead, wishes);
        }
    }

    /// The name of an option, which may take more than one key.
    fn type_option(&mut self, longer: &str, field: &Field, ahead: &State, wishes: &mut Vec<Wish>) {
        let several = self.takes_several(field);
        let mut names = typed_names(&self.options_of(field), several);
        let no_name = none_of(&names, several, longer);
        if several {
            names.push("0".to_owned());
        }
        let begin: Vec<usize> = (0..names.len()).filter(|i| names[*i].to_lowercase().starts_with(longer)).collect();
        match begin.as_slice() {
            [] => {
                self.filling.entry.clear();
                self.message = no_name;
            }
            [only] if names[*only].len() == longer.len() => self.take_option(*only, field, ahead, wishes),
            _ => longer.clone_into(&mut self.filling.entry),
        }
    }

    /// Takes an option; where one is all, the keyboard goes on to what is missing, a mark's to the image when the mark is complete.
    fn take_option(&mut self, option: usize, field: &Field, ahead: &State, wishes: &mut Vec<Wish>) {
        self.filling.entry.clear();
        let Some(action) = self.draft(ahead).and_then(|draft| self.take(field, option, draft)) else { return };
        self.give(action, wishes);
        if self.takes_several(field) || matches!(field, Field::Excuse(_)) {
            return;
        }
        let ahead = self.ahead(ahead).into_owned();
        let Some(draft) = self.draft(&ahead) else { return };
        match self.next_missing(&ahead, Some(field)) {
            Some(next) if field.mark().is_none() || next.mark() == field.mark() => self.go(next, draft),
            _ if field.mark().is_some() => self.focus = Focus::Image,
            _ => {}
        }
    }

    /// Gives what was typed, if anything was; false when it cannot be given, which is told.
    pub(in crate::room) fn give_entry(&mut self, ahead: &State, wishes: &mut Vec<Wish>) -> bool {
        let Focus::Form(field) = self.focus.clone() else { return true };
        if self.filling.entry.is_empty() {
            return true;
        }
        let entry = std::mem::take(&mut self.filling.entry);
        if let Some(scale) = self.scale_of(&field) {
            let (min, max) = (scale.min(), scale.max());
            match entry.parse().ok().filter(|n| (min..=max).contains(n)).and_then(|n| Self::rate(&field, n)) {
                Some(action) => self.give(action, wishes),
                None => {
                    self.message = Some(format!("{entry} is not on the scale from {min} to {max}."));
                    return false;
                }
            }
            return true;
        }
        match (self.question_of(&field).map(|q| (q, &q.kind)), &field) {
            (Some((question, QuestionKind::Number(kind))), Field::At(Place::Answer(id, subject))) => {
                let value = entry.parse().ok().map(AnswerValue::Number).filter(|v| question.fits(v).is_ok());
                let Some(value) = value else {
                    self.message = Some(number_words(kind));
                    return false;
                };
                self.give(Action::Answer { question: id.clone(), subject: subject.clone(), value }, wishes);
            }
            _ => {
                // A name that another one begins with too.
                let names = typed_names(&self.options_of(&field), self.takes_several(&field));
                let Some(i) = names.iter().position(|n| n.to_lowercase() == entry) else {
                    self.message = Some(half_typed(&names, &entry));
                    return false;
                };
                self.take_option(i, &field, ahead, wishes);
            }
        }
        true
    }
}

/// What to say of what no name begins with; of several that can be taken at once, none of them is 0.
fn none_of(names: &[String], several: bool, entry: &str) -> Option<String> {
    let (first, last) = names.first().zip(names.last())?;
    let none = if several { ", or 0 for none of these" } else { "" };
    Some(format!("{entry} is none of them: {first} to {last}{none}."))
}

/// What to say of the beginning of names that is none of them.
fn half_typed(names: &[String], entry: &str) -> String {
    let begun: Vec<&str> = names.iter().filter(|n| n.to_lowercase().starts_with(entry)).map(String::as_str).collect();
    format!("{entry} is not complete: press {}.", begun.join(" or "))
}

/// Whether no further digit can follow a number on a scale. "07" is nobody's way of writing 7, so that 0 is whole where every number has one digit.
fn is_whole(n: i32, min: i32, max: i32) -> bool {
    n >= min && if n == 0 { max < 10 } else { n > 0 && n.saturating_mul(10) > max }
}

/// Whether what is typed can still become a number of this kind.
fn number_can_go_on(text: &str, kind: &NumberKind) -> bool {
    let (sign, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(w, d)| (w, Some(d)));
    let digits_alone = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let farthest = i64::from(kind.max.unsigned_abs().max(kind.min.unsigned_abs()));
    let is_near = whole.is_empty() || whole.parse().is_ok_and(|n: i64| n <= farthest);
    let has_point =
        decimals.is_none_or(|d| kind.decimals > 0 && !whole.is_empty() && d.len() <= usize::from(kind.decimals) && digits_alone(d));
    (!sign || kind.min < 0) && digits_alone(whole) && is_near && has_point
}

fn number_words(kind: &NumberKind) -> String {
    let unit = kind.suffix.as_deref().map_or_else(String::new, |u| format!(" {u}"));
    let decimals = match kind.decimals {
        0 => ", without decimals".to_owned(),
        1 => ", with at most 1 decimal".to_owned(),
        n => format!(", with at most {n} decimals"),
    };
    format!("A number from {} to {}{unit}{decimals}.", kind.min, kind.max)
}

/// What a key writes: digits, small letters, the decimal point, the sign.
fn typed(key: Key) -> Option<char> {
    match key {
        Key::Period | Key::Comma => Some('.'),
        Key::Minus => Some('-'),
        _ => {
            let mut name = key.name().chars();
            let only = name.next().filter(char::is_ascii_alphanumeric)?;
            name.next().is_none().then(|| only.to_ascii_lowercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tiresias_reads::machine::{Subject, decide, evolve};
    use tiresias_reads::outline::trial;
    use tiresias_reads::protocol::Protocol;
    use tiresias_words::QuestionId;

    /// A busy disk takes a while to write that the images are shown. A score that was given meanwhile was not foreseen, so that the keyboard stayed at it and the
    /// next answer was typed over it.
    #[test]
    fn keys_go_to_the_same_fields_while_the_record_writes_that_the_images_are_shown() {
        let (rules, shown) = trial(&Protocol::parse(crate::demo::PROTOCOL).unwrap()).unwrap();
        let now = shown.last().unwrap().clone();
        let paused = decide(&rules, &shown, Action::Pause, &now).unwrap();
        let not_yet = paused.iter().try_fold(shown.clone(), evolve).unwrap();
        assert!(shown.images_shown() && !not_yet.images_shown());
        let rules = Arc::new(rules);
        let given = |state: &State, told: bool| -> Vec<Action> {
            let draft = state.open().unwrap();
            let mut room = Room::for_trial(draft.read().clone(), Arc::clone(&rules));
            room.told_shown = told;
            let mut wishes = Vec::new();
            for key in [Key::Enter, Key::Num7, Key::Num0, Key::Enter, Key::Num2] {
                if let Focus::Form(field) = room.focus.clone() {
                    room.form_key(key, Modifiers::NONE, &field, state, draft, &mut wishes);
                } else {
                    room.focus_form(state, draft, &mut wishes);
                }
            }
            room.lock_key(false, state, draft, &mut wishes);
            let recorded = |wish| if let Wish::Record(action) = wish { Some(action) } else { None };
            wishes.into_iter().filter_map(recorded).collect()
        };
        let answer = |id: &str, value| Action::Answer { question: QuestionId::new(id).unwrap(), subject: Subject::Case, value };
        let all = [answer("confidence", AnswerValue::Scale(70)), answer("recall", AnswerValue::Choice("yes".to_owned())), Action::Lock];
        assert_eq!(given(&shown, true), all);
        assert_eq!(given(&not_yet, true), all);
        // Images that nobody was told of are not foreseen.
        assert_ne!(given(&not_yet, false), all);
    }

    #[test]
    fn a_number_is_whole_when_no_digit_can_follow() {
        for n in 0..=5 {
            assert!(is_whole(n, 0, 5), "{n} on 0 to 5");
        }
        assert_eq!([0, 1, 2, 10, 100].map(|n| is_whole(n, 0, 100)), [false, false, false, false, true]);
        assert_eq!([-1, 0, 3].map(|n| is_whole(n, -3, 3)), [false, true, true]);
        assert!(!is_whole(0, 1, 5));
    }

    #[test]
    fn what_is_no_name_is_told_with_the_names_there_are() {
        let names = ["1", "2", "3", "4"].map(str::to_owned);
        assert_eq!(none_of(&names, false, "7").as_deref(), Some("7 is none of them: 1 to 4."));
        assert_eq!(none_of(&names, true, "7").as_deref(), Some("7 is none of them: 1 to 4, or 0 for none of these."));
    }

    #[test]
    fn half_a_name_is_told_with_what_it_can_become() {
        let names = ["3", "4A", "4B"].map(str::to_owned);
        assert_eq!(half_typed(&names, "4"), "4 is not complete: press 4A or 4B.");
    }

    #[test]
    fn a_number_is_typed_within_its_bounds() {
        let kind = |min, max, decimals| NumberKind { min, max, decimals, suffix: Some("mm".into()) };
        let check = |kind: &NumberKind, go: &[&str], stop: &[&str]| {
            go.iter().for_each(|t| assert!(number_can_go_on(t, kind), "{t}"));
            stop.iter().for_each(|t| assert!(!number_can_go_on(t, kind), "{t}"));
        };
        check(&kind(0, 100, 1), &["1", "12", "100", "12.", "12.5"], &["-", "101", "12.55", ".", "1a"]);
        check(&kind(-5, 24, 0), &["-", "-5", "24", "7"], &["25", "1.", "--"]);
        assert_eq!(number_words(&kind(0, 100, 1)), "A number from 0 to 100 mm, with at most 1 decimal.");
        let keys = [Key::Num7, Key::A, Key::Comma, Key::Minus, Key::F5, Key::Space, Key::ArrowUp];
        assert_eq!(keys.map(typed), [Some('7'), Some('a'), Some('.'), Some('-'), None, None, None]);
    }
}
