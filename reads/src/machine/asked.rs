//! What the form asks of the open case, place by place, and where the read stands towards the AI.
//!
//! Refuses: how any of it is drawn.

use super::Rules;
use super::missing::{Missing, is_asked, unusual_in};
use super::read::Draft;
use super::state::State;
use crate::protocol::{Ai, Per, Subject};
use tiresias_words::{MarkId, QuestionId};

/// A place of the form where something can be said now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The rating of a mark.
    Rating(MarkId),
    /// What a mark is.
    Class(MarkId),
    /// A question.
    Answer(QuestionId, Subject),
}

/// A soft rule that the draft does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusual {
    /// The protocol's sentence.
    pub say: String,
    /// About what.
    pub subject: Subject,
}

/// Where a read stands towards the AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// None is shown in this read.
    Alone,
    /// It comes after the first impression, which is locked next.
    First,
    /// The first impression is locked; nothing can be said until the AI is shown.
    Locked,
    /// It is shown when the reader asks.
    OnRequest,
    /// It is shown.
    Shown,
    /// None is shown, but two reads that are settled next.
    Settling,
}

impl Place {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Rating(mark) | Self::Class(mark) => Subject::Mark(*mark),
            Self::Answer(_, subject) => subject.clone(),
        }
    }
    /// Whether something was said there.
    #[must_use]
    pub fn is_given(&self, draft: &Draft) -> bool {
        match self {
            Self::Rating(mark) => draft.marks().get(mark).is_some_and(|m| m.rating.is_some()),
            Self::Class(mark) => draft.marks().get(mark).is_some_and(|m| m.class.is_some()),
            Self::Answer(question, subject) => draft.answers().get(question, subject).is_some(),
        }
    }
}

impl Missing {
    /// Where it can be said; `None` of marks that are not there, of what the AI found, and of rules, which are about several places.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Answer { question, subject } => Some(Place::Answer(question.clone(), subject.clone())),
            Self::MarkRating(mark) => Some(Place::Rating(*mark)),
            Self::MarkClass(mark) => Some(Place::Class(*mark)),
            Self::Marks(_) | Self::Findings | Self::Finding(_) | Self::Pair | Self::Decision | Self::Reason | Self::Rule { .. } => None,
        }
    }
}

/// Everything that can be said now, in the order of the form: each mark with its rating, its class and its questions, the case, then each unit. Nothing is
/// asked while the first impression is locked and the AI not shown, nor while A or B is accepted.
#[must_use]
pub fn asked(rules: &Rules, draft: &Draft) -> Vec<Place> {
    let form = rules.protocol().form();
    let mut places = Vec::new();
    if !draft.is_writable() {
        return places;
    }
    let about = |per: Per, subject: &Subject, places: &mut Vec<Place>| {
        let questions = form.questions().iter().filter(|q| q.per == per && is_asked(form, q, subject, draft));
        places.extend(questions.map(|q| Place::Answer(q.id.clone(), subject.clone())));
    };
    for mark in draft.marks().keys() {
        places.push(Place::Rating(*mark));
        if rules.protocol().marks().is_some_and(|m| !m.classes.is_empty()) {
            places.push(Place::Class(*mark));
        }
        about(Per::Mark, &Subject::Mark(*mark), &mut places);
    }
    about(Per::Case, &Subject::Case, &mut places);
    for unit in form.units() {
        about(Per::Unit, &Subject::Unit(unit.key.clone()), &mut places);
    }
    places
}

/// What can be said to be not evaluable in the open case, in the order of the form: the case, or each of its units.
#[must_use]
pub fn excusable(rules: &Rules, draft: &Draft) -> Vec<Subject> {
    let form = rules.protocol().form();
    match form.not_evaluable().map(|n| n.per) {
        _ if !draft.is_writable() => Vec::new(),
        Some(Per::Case) => vec![Subject::Case],
        Some(Per::Unit) => form.units().iter().map(|u| Subject::Unit(u.key.clone())).collect(),
        Some(Per::Mark) | None => Vec::new(),
    }
}

/// The soft rules that the open case does not keep; empty when none is open.
#[must_use]
pub fn unusual(rules: &Rules, state: &State) -> Vec<Unusual> {
    let Some(draft) = state.open() else { return Vec::new() };
    unusual_in(rules, draft).map(|b| Unusual { say: b.rule.say.clone(), subject: b.subject }).collect()
}

impl Stage {
    /// Where a draft stands.
    #[must_use]
    pub fn of(rules: &Rules, draft: &Draft) -> Self {
        match rules.ai_of(draft).unwrap_or(&Ai::Hidden) {
            Ai::Hidden if draft.settling().is_some() => Self::Settling,
            Ai::Hidden if draft.assignment().settles && rules.own_impression_first() => Self::First,
            Ai::Hidden => Self::Alone,
            _ if draft.revealed().is_some() => Self::Shown,
            Ai::Sequential { .. } if draft.awaits_ai() => Self::Locked,
            Ai::Sequential { .. } => Self::First,
            Ai::Concurrent(_) | Ai::OnRequest(_) => Self::OnRequest,
        }
    }
}
