//! What can be filled in, what was given and is still on its way to the record, and the way from one field to the next.
//!
//! What is asked and what is missing comes from `reads`. While the record writes, what was given is foreseen with its own functions, so that the keyboard
//! need not wait for a disk; only the record's own state is drawn. Refuses: keeping a value that the record did not take.

use super::text::Writing;
use crate::room::{Focus, Room, Wish};
use std::borrow::Cow;
use tiresias_reads::machine::{Action, AnswerValue, Draft, Missing, Place, State, Subject, asked, decide, evolve, excusable, missing};
use tiresias_reads::protocol::{Question, QuestionKind, Scale};
use tiresias_words::MarkId;

/// What can be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::room) enum Field {
    /// A place of the form.
    At(Place),
    /// Why something is not evaluable.
    Excuse(Subject),
}

/// A form being filled in.
#[derive(Default)]
pub(in crate::room) struct Filling {
    /// Typed into the focused field, not yet given.
    pub(in crate::room) entry: String,
    /// Given, and not yet seen in the record.
    pending: Vec<Action>,
    /// A number under a pressed mouse button.
    pub(super) moving: Option<(Field, i32)>,
    /// Words being written.
    pub(super) writing: Option<Writing>,
    /// What keeps the read from its lock is listed.
    pub(in crate::room) review: bool,
    /// The field that was brought into sight last.
    pub(super) seen: Option<Field>,
}

impl Field {
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::At(place) => place.subject(),
            Self::Excuse(subject) => subject.clone(),
        }
    }
    /// The mark that it belongs to.
    pub(in crate::room) fn mark(&self) -> Option<MarkId> {
        match self.subject() {
            Subject::Mark(mark) => Some(mark),
            Subject::Case | Subject::Unit(_) => None,
        }
    }
}

impl Filling {
    /// Something that was asked for is not on its way any more. What was given with it in mind is refused by itself.
    pub(in crate::room) fn refused(&mut self, action: &Action) {
        if let Some(at) = self.pending.iter().position(|given| given == action) {
            self.pending.remove(at);
        }
    }
    /// Lets go of what the record has taken.
    pub(in crate::room) fn settle(&mut self, draft: &Draft) {
        // What is said about a mark that is being placed waits with it.
        let places = self.pending.iter().any(|action| matches!(action, Action::PlaceMark { .. }) && !is_taken(action, draft));
        let waits = |action: &Action| match action {
            Action::RateMark { mark, .. } | Action::ClassifyMark { mark, .. } => places && !draft.marks().contains_key(mark),
            _ => false,
        };
        self.pending.retain(|action| waits(action) || !is_taken(action, draft));
    }
}

/// Whether an action is seen in a draft, or can no longer come to be.
fn is_taken(action: &Action, draft: &Draft) -> bool {
    let mark = |id: &MarkId| draft.marks().get(id);
    match action {
        Action::Answer { question, subject, value } => draft.answers().get(question, subject) == Some(value),
        Action::ClearAnswer { question, subject } => draft.answers().get(question, subject).is_none(),
        Action::RateMark { mark: id, rating } => mark(id).is_none_or(|m| m.rating == Some(*rating)),
        Action::ClassifyMark { mark: id, class } => mark(id).is_none_or(|m| m.class.as_ref() == Some(class)),
        Action::NotEvaluable { subject, reason } => draft.not_evaluable().get(subject) == Some(reason),
        Action::Evaluable(subject) => !draft.not_evaluable().contains_key(subject),
        Action::JudgeFinding { finding, verdict } => draft.verdicts().get(finding) == Some(verdict),
        Action::Settle(choice) => draft.settling().is_none_or(|s| s.choice() == Some(*choice)),
        Action::GiveReason(reason) => draft.settling().is_none_or(|s| s.reason() == Some(reason)),
        Action::PlaceMark { shape, anchor } => draft.marks().values().any(|m| m.shape == *shape && m.anchor == *anchor),
        _ => true,
    }
}

/// Whether two actions fill in the same field.
fn is_same_field(a: &Action, b: &Action) -> bool {
    let place = |action: &Action| match action {
        Action::Answer { question, subject, .. } | Action::ClearAnswer { question, subject } => {
            Some(Field::At(Place::Answer(question.clone(), subject.clone())))
        }
        Action::RateMark { mark, .. } => Some(Field::At(Place::Rating(*mark))),
        Action::ClassifyMark { mark, .. } => Some(Field::At(Place::Class(*mark))),
        Action::NotEvaluable { subject, .. } | Action::Evaluable(subject) => Some(Field::Excuse(subject.clone())),
        _ => None,
    };
    let of_finding = matches!((a, b), (Action::JudgeFinding { finding: a, .. }, Action::JudgeFinding { finding: b, .. }) if a == b);
    let of_decision = matches!((a, b), (Action::Settle(_), Action::Settle(_)) | (Action::GiveReason(_), Action::GiveReason(_)));
    of_finding || of_decision || place(a).is_some_and(|a| place(b) == Some(a))
}

impl Room {
    /// Asks for something to be recorded that fills in the form.
    pub(in crate::room) fn give(&mut self, action: Action, wishes: &mut Vec<Wish>) {
        self.filling.pending.retain(|before| !is_same_field(before, &action));
        match &action {
            Action::DeleteMark(_) | Action::Undo => self.filling.pending.clear(),
            _ => self.filling.pending.push(action.clone()),
        }
        wishes.push(Wish::Record(action));
    }

    /// The state that what was given leads to, when nothing refuses it: where the keyboard goes next follows from it, and nothing else does.
    pub(in crate::room) fn ahead<'a>(&self, state: &'a State) -> Cow<'a, State> {
        let mut ahead = Cow::Borrowed(state);
        let Some(now) = state.last() else { return ahead };
        // The record was told of the images, and of what the AI says, before anything was given; it may be writing that still, and an answer to images that are not
        // shown is refused.
        let images = (self.told_shown && !state.images_shown()).then_some(Action::ImagesShown);
        let findings = state.open().and_then(|draft| self.findings_on_their_way(draft));
        for action in images.iter().chain(&findings).chain(&self.filling.pending) {
            let Ok(events) = decide(&self.rules, &ahead, action.clone(), now) else { continue };
            if let Ok(next) = events.iter().try_fold(ahead.clone().into_owned(), evolve) {
                ahead = Cow::Owned(next);
            }
        }
        ahead
    }

    /// All fields, in the order of the form.
    pub(in crate::room) fn fields(&self, draft: &Draft) -> Vec<Field> {
        let places = asked(&self.rules, draft);
        let excuses = excusable(&self.rules, draft);
        let is_mark = |place: &&Place| matches!(place.subject(), Subject::Mark(_));
        let mut fields: Vec<Field> = places.iter().filter(is_mark).cloned().map(Field::At).collect();
        let units = self.rules.protocol().form().units().iter().map(|u| Subject::Unit(u.key.clone()));
        for subject in std::iter::once(Subject::Case).chain(units) {
            fields.extend(places.iter().filter(|p| p.subject() == subject).cloned().map(Field::At));
            if excuses.contains(&subject) {
                fields.push(Field::Excuse(subject));
            }
        }
        fields
    }

    /// What is still to be done, in the order of the form: marks, what the AI says, answers, and then what is about several of them.
    pub(in crate::room) fn still_to_do(&self, state: &State) -> Vec<Missing> {
        let order = state.open().map_or_else(Vec::new, |draft| asked(&self.rules, draft));
        let mut missing = missing(&self.rules, state);
        missing.sort_by_key(|m| {
            let place = m.place();
            let part = match (m, place.as_ref().map(Place::subject)) {
                (Missing::Marks(_), _) | (_, Some(Subject::Mark(_))) => 0,
                (Missing::Findings | Missing::Finding(_), _) => 1,
                (_, Some(_)) => 2,
                (_, None) => 3,
            };
            (part, place.and_then(|place| order.iter().position(|p| *p == place)).unwrap_or(usize::MAX))
        });
        missing
    }

    /// The next field in which something is missing: behind `after` where there is one, else from the beginning.
    pub(super) fn next_missing(&self, state: &State, after: Option<&Field>) -> Option<Field> {
        let fields = self.fields(state.open()?);
        let rest: Vec<Field> = self.still_to_do(state).iter().filter_map(Missing::place).map(Field::At).collect();
        let from = after.and_then(|a| fields.iter().position(|f| f == a)).map_or(0, |i| i + 1);
        let ordered = fields.iter().skip(from).chain(fields.iter().take(from));
        ordered.filter(|f| Some(*f) != after).find(|f| rest.contains(f)).cloned()
    }

    /// Brings the keyboard to a field; what was typed elsewhere and not given is let go, and a mark is looked at.
    pub(in crate::room) fn go(&mut self, field: Field, draft: &Draft) {
        let before = match &self.focus {
            Focus::Form(before) => before.mark(),
            Focus::Image | Focus::Finding(_) | Focus::Decision | Focus::Reason | Focus::Writing => None,
        };
        if let Some(id) = field.mark().filter(|id| before != Some(*id))
            && let Some(mark) = draft.marks().get(&id)
        {
            self.look_at_mark(mark);
        }
        self.filling.entry.clear();
        self.filling.review = false;
        let there = Focus::Form(field);
        if self.focus != there {
            self.filling.seen = None;
            self.focus = there;
        }
    }

    /// A field's question.
    pub(super) fn question_of(&self, field: &Field) -> Option<&Question> {
        match field {
            Field::At(Place::Answer(id, _)) => self.rules.protocol().form().question(id),
            Field::At(Place::Rating(_) | Place::Class(_)) | Field::Excuse(_) => None,
        }
    }
    /// The scale that a field is given on.
    pub(super) fn scale_of(&self, field: &Field) -> Option<&Scale> {
        match field {
            Field::At(Place::Rating(_)) => self.rules.protocol().marks().map(|m| &m.rating),
            _ => match &self.question_of(field)?.kind {
                QuestionKind::Scale(scale) => Some(scale),
                _ => None,
            },
        }
    }
    /// What can be taken in a field, each with its key and its label: the options of a question, the classes of a mark, the reasons.
    pub(super) fn options_of(&self, field: &Field) -> Vec<(String, String)> {
        let protocol = self.rules.protocol();
        let reasons = |list: &[tiresias_reads::protocol::Reason]| list.iter().map(|r| (r.key.clone(), r.label.clone())).collect();
        match field {
            Field::At(Place::Class(_)) => protocol.marks().map_or_else(Vec::new, |m| reasons(&m.classes)),
            Field::Excuse(_) => protocol.form().not_evaluable().map_or_else(Vec::new, |n| reasons(&n.reasons)),
            Field::At(Place::Answer(..) | Place::Rating(_)) => {
                let options = self.question_of(field).map_or(&[][..], |q| q.kind.options());
                options.iter().map(|o| (o.key.clone(), o.label.clone())).collect()
            }
        }
    }
    /// Whether several options can be taken at once.
    pub(super) fn takes_several(&self, field: &Field) -> bool {
        matches!(self.question_of(field).map(|q| &q.kind), Some(QuestionKind::Choices(_)))
    }
    pub(in crate::room) fn is_text(&self, field: &Field) -> bool {
        matches!(self.question_of(field).map(|q| &q.kind), Some(QuestionKind::Text(_)))
    }

    /// The action that gives a field a number of its scale.
    pub(super) fn rate(field: &Field, number: i32) -> Option<Action> {
        match field {
            Field::At(Place::Rating(mark)) => Some(Action::RateMark { mark: *mark, rating: number }),
            Field::At(place) => answer(place, AnswerValue::Scale(number)),
            Field::Excuse(_) => None,
        }
    }
    /// The action that an option of a field stands for, by its place; behind the last of several, none of them. What is taken of several already stays.
    pub(super) fn take(&self, field: &Field, option: usize, draft: &Draft) -> Option<Action> {
        let options = self.options_of(field);
        let key = options.get(option).map(|(key, _)| key.clone());
        match field {
            Field::At(Place::Class(mark)) => Some(Action::ClassifyMark { mark: *mark, class: key? }),
            Field::Excuse(subject) => Some(Action::NotEvaluable { subject: subject.clone(), reason: key? }),
            Field::At(place) if self.takes_several(field) => {
                let Place::Answer(question, subject) = place else { return None };
                let taken = match draft.answers().get(question, subject) {
                    Some(AnswerValue::Choices(taken)) => taken.clone(),
                    _ => Vec::new(),
                };
                let Some(key) = key else { return answer(place, AnswerValue::Choices(Vec::new())) };
                let is_in = |k: &String| if *k == key { !taken.contains(k) } else { taken.contains(k) };
                let now: Vec<String> = options.iter().map(|(k, _)| k).filter(|k| is_in(k)).cloned().collect();
                // "None of these" is an answer that is given by itself alone.
                if now.is_empty() { clear(place) } else { answer(place, AnswerValue::Choices(now)) }
            }
            Field::At(place) => answer(place, AnswerValue::Choice(key?)),
        }
    }
    /// The action that takes back what was said in a field.
    pub(super) fn take_back(field: &Field) -> Option<Action> {
        match field {
            Field::At(Place::Rating(mark) | Place::Class(mark)) => Some(Action::DeleteMark(*mark)),
            Field::At(place) => clear(place),
            Field::Excuse(subject) => Some(Action::Evaluable(subject.clone())),
        }
    }
    /// Which options of a field are taken, by their places.
    pub(super) fn taken(&self, field: &Field, draft: &Draft) -> Vec<usize> {
        let options = self.options_of(field);
        let places = |keys: &[String]| options.iter().enumerate().filter(|(_, (k, _))| keys.contains(k)).map(|(i, _)| i).collect();
        let one = |key: Option<&String>| places(key.map(std::slice::from_ref).unwrap_or_default());
        match field {
            Field::At(Place::Class(mark)) => one(draft.marks().get(mark).and_then(|m| m.class.as_ref())),
            Field::Excuse(subject) => one(draft.not_evaluable().get(subject)),
            Field::At(Place::Answer(question, subject)) => match draft.answers().get(question, subject) {
                Some(AnswerValue::Choice(key)) => one(Some(key)),
                // "None of these" stands behind the options.
                Some(AnswerValue::Choices(keys)) if keys.is_empty() => vec![options.len()],
                Some(AnswerValue::Choices(keys)) => places(keys),
                _ => Vec::new(),
            },
            Field::At(Place::Rating(_)) => Vec::new(),
        }
    }
}

fn answer(place: &Place, value: AnswerValue) -> Option<Action> {
    let Place::Answer(question, subject) = place else { return None };
    Some(Action::Answer { question: question.clone(), subject: subject.clone(), value })
}

fn clear(place: &Place) -> Option<Action> {
    let Place::Answer(question, subject) = place else { return None };
    Some(Action::ClearAnswer { question: question.clone(), subject: subject.clone() })
}

/// What is typed for each of these options, given by key and label. A reader types the name of a category where that is a short one ("0", "4A", "b"), else its
/// number in the list, from 1; of several that can be taken at once always the number.
pub(super) fn typed_names(options: &[(String, String)], several: bool) -> Vec<String> {
    let is_short = |key: &str| key.chars().count() <= 3 && key.chars().all(|c| c.is_ascii_alphanumeric());
    let keys = || options.iter().map(|(key, _)| key.as_str());
    let are_names = keys().all(is_short) && (keys().any(|k| k.bytes().any(|b| b.is_ascii_digit())) || keys().all(|k| k.len() == 1));
    if are_names && !several {
        return keys().map(str::to_owned).collect();
    }
    (1..=options.len()).map(|n| n.to_string()).collect()
}

/// How an option reads: its label behind what is typed for it, which is not written twice.
pub(super) fn option_words(typed: &str, label: &str) -> String {
    let mut words = label.split_whitespace();
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.next() == Some(typed) { label } else { format!("{typed} {label}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::machine::Verdict;
    use tiresias_words::FindingId;

    #[test]
    fn a_verdict_takes_the_place_of_the_one_before_on_the_same_finding() {
        let judged = |finding, verdict| Action::JudgeFinding { finding: FindingId(finding), verdict };
        assert!(is_same_field(&judged(1, Verdict::Agree), &judged(1, Verdict::Reject)));
        assert!(!is_same_field(&judged(1, Verdict::Agree), &judged(2, Verdict::Agree)));
    }

    #[test]
    fn what_is_refused_takes_nothing_else_back_that_is_on_its_way() {
        let judged = |finding| Action::JudgeFinding { finding: FindingId(finding), verdict: Verdict::Agree };
        let mut filling = Filling { pending: vec![judged(1), judged(2)], ..Filling::default() };
        for (refused, left) in [(Action::Undo, vec![judged(1), judged(2)]), (judged(1), vec![judged(2)]), (judged(2), vec![])] {
            filling.refused(&refused);
            assert_eq!(filling.pending, left, "{refused:?}");
        }
    }

    #[test]
    fn categories_are_typed_by_their_names_and_others_by_their_numbers() {
        let check = |options: &[(&str, &str)], several, typed: &[&str], words: &[&str]| {
            let options: Vec<(String, String)> = options.iter().map(|(k, l)| ((*k).to_owned(), (*l).to_owned())).collect();
            let names = typed_names(&options, several);
            assert_eq!(names, typed);
            let shown: Vec<String> = names.iter().zip(&options).map(|(n, (_, label))| option_words(n, label)).collect();
            assert_eq!(shown, words);
        };
        check(&[("no", "no"), ("yes", "yes")], false, &["1", "2"], &["1 no", "2 yes"]);
        check(&[("0", "0  further imaging"), ("1", "1  negative")], false, &["0", "1"], &["0 further imaging", "1 negative"]);
        check(&[("3", "3  benign"), ("4A", "4A  suspicious")], false, &["3", "4A"], &["3 benign", "4A suspicious"]);
        check(&[("a", "a"), ("b", "scattered")], false, &["a", "b"], &["a", "b scattered"]);
        check(&[("a", "a"), ("b", "b")], true, &["1", "2"], &["1 a", "2 b"]);
        check(&[("mass", "mass"), ("x", "distortion")], false, &["1", "2"], &["1 mass", "2 distortion"]);
    }
}
