//! What is still to be done before a read can be locked, and which answers do not fit each other.

use super::Rules;
use super::read::Draft;
use super::settle::Choice;
use super::state::State;
use crate::protocol::{Broken, Form, Level, Per, Question, Subject};
use tiresias_words::{FindingId, MarkId, QuestionId};

/// What is still to be done before a read can be locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A required question has no answer.
    Answer {
        /// Which.
        question: QuestionId,
        /// About what.
        subject: Subject,
    },
    /// A mark has no rating.
    MarkRating(MarkId),
    /// A mark has no class.
    MarkClass(MarkId),
    /// There are fewer marks than there must be.
    Marks(u32),
    /// What the AI says was revealed, and was not on the screen yet.
    Findings,
    /// A finding of the AI was neither agreed with nor rejected.
    Finding(FindingId),
    /// The two reads that are to be settled are not on the screen yet.
    Pair,
    /// Neither of them was accepted, nor a read of one's own chosen.
    Decision,
    /// No reason was given.
    Reason,
    /// A hard rule is not kept: what it says, and about what.
    Rule {
        /// The protocol's sentence.
        say: String,
        /// About what.
        subject: Subject,
    },
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer { question, subject: Subject::Case } => write!(f, "answer \u{201c}{question}\u{201d}"),
            Self::Answer { question, subject: Subject::Unit(unit) } => write!(f, "answer \u{201c}{question}\u{201d} for {unit}"),
            Self::Answer { question, subject: Subject::Mark(mark) } => write!(f, "answer \u{201c}{question}\u{201d} for mark {}", mark.0),
            Self::MarkRating(mark) => write!(f, "rate mark {}", mark.0),
            Self::MarkClass(mark) => write!(f, "say what mark {} is", mark.0),
            Self::Marks(1) => write!(f, "place a mark"),
            Self::Marks(n) => write!(f, "place {n} marks"),
            Self::Findings => write!(f, "wait for the findings of the AI"),
            Self::Finding(finding) => write!(f, "agree with AI finding {finding} or reject it"),
            Self::Pair => write!(f, "wait for the two reads"),
            Self::Decision => write!(f, "accept A or B, or choose your own read"),
            Self::Reason => write!(f, "give a reason"),
            Self::Rule { say, .. } => write!(f, "{}", say.trim_end_matches('.')),
        }
    }
}

/// What is still to be done before the open read can be locked: questions in the order of the form, then marks, findings of the AI, and rules. Empty when none is open.
#[must_use]
pub fn missing(rules: &Rules, state: &State) -> Vec<Missing> {
    state.open().map_or_else(Vec::new, |draft| missing_in(rules, draft))
}

pub(super) fn missing_in(rules: &Rules, draft: &Draft) -> Vec<Missing> {
    let protocol = rules.protocol();
    let form = protocol.form();
    let mut missing = decision_missing(draft);
    // What was accepted was complete when it was locked.
    if draft.settling().is_some_and(|s| s.choice() != Some(Choice::Own)) {
        return missing;
    }
    for question in form.questions().iter().filter(|q| q.required) {
        for subject in form.subjects(question, draft.marks().keys().copied()) {
            if is_asked(form, question, &subject, draft) && draft.answers().get(&question.id, &subject).is_none() {
                missing.push(Missing::Answer { question: question.id.clone(), subject });
            }
        }
    }
    if let Some(marks) = protocol.marks() {
        let there = u32::try_from(draft.marks().len()).unwrap_or(u32::MAX);
        if there < marks.min && !draft.not_evaluable().contains_key(&Subject::Case) {
            missing.push(Missing::Marks(marks.min - there));
        }
        for (id, mark) in draft.marks() {
            if mark.rating.is_none() {
                missing.push(Missing::MarkRating(*id));
            }
            if mark.class.is_none() && !marks.classes.is_empty() {
                missing.push(Missing::MarkClass(*id));
            }
        }
    }
    missing.extend(findings_missing(rules, draft));
    let broken = form.broken(draft.answers(), &draft.mark_ratings());
    let hard = broken.into_iter().filter(|b| b.rule.level == Level::Hard && is_evaluable(&b.subject, draft));
    missing.extend(hard.map(|b| Missing::Rule { say: b.rule.say.clone(), subject: b.subject }));
    missing
}

/// What whoever settles two reads has still to say about them.
fn decision_missing(draft: &Draft) -> Vec<Missing> {
    let Some(settling) = draft.settling() else { return Vec::new() };
    match (settling.pair(), settling.choice(), settling.reason()) {
        (None, ..) => vec![Missing::Pair],
        (_, None, _) => vec![Missing::Decision],
        (_, _, None) => vec![Missing::Reason],
        _ => Vec::new(),
    }
}

/// An aided read is one in which the AI was seen, and each of its findings judged where the protocol asks for it.
fn findings_missing(rules: &Rules, draft: &Draft) -> Vec<Missing> {
    let Some(parts) = rules.shown_of_ai(draft) else { return Vec::new() };
    let Some(findings) = draft.findings() else { return vec![Missing::Findings] };
    let open = (1..=findings).map(FindingId).filter(|f| parts.judged && !draft.verdicts().contains_key(f));
    open.map(Missing::Finding).collect()
}

/// Whether a question is asked about a subject now: its conditions hold, and nobody said that the subject, or the case, cannot be evaluated.
#[must_use]
pub fn is_asked(form: &Form, question: &Question, subject: &Subject, draft: &Draft) -> bool {
    let fits = match (question.per, subject) {
        (Per::Case, Subject::Case) => true,
        (Per::Unit, Subject::Unit(key)) => form.units().iter().any(|u| u.key == *key),
        (Per::Mark, Subject::Mark(mark)) => draft.marks().contains_key(mark),
        _ => false,
    };
    fits && is_evaluable(subject, draft) && form.asks(question, subject, draft.answers())
}

/// Whether neither the subject nor the whole case was said to be not evaluable.
#[must_use]
pub fn is_evaluable(subject: &Subject, draft: &Draft) -> bool {
    let said = draft.not_evaluable();
    !said.contains_key(&Subject::Case) && !said.contains_key(subject)
}

/// The soft rules that the draft does not keep, and about what.
pub(super) fn unusual_in<'a>(rules: &'a Rules, draft: &'a Draft) -> impl Iterator<Item = Broken<'a>> {
    let broken = rules.protocol().form().broken(draft.answers(), &draft.mark_ratings());
    // An accepted read was told of it by its reader.
    let is_said_here = draft.settling().is_none_or(|s| s.choice() == Some(Choice::Own));
    broken.into_iter().filter(move |b| is_said_here && b.rule.level == Level::Soft && is_evaluable(&b.subject, draft))
}

/// The soft rules that the draft does not keep: their places in the protocol, and what they say.
pub(super) fn unusual(rules: &Rules, draft: &Draft) -> (Vec<u32>, Vec<String>) {
    let form = rules.protocol().form();
    let mut places = Vec::new();
    let mut sentences = Vec::new();
    for b in unusual_in(rules, draft) {
        let place = form.rules().iter().position(|r| r == b.rule).and_then(|i| u32::try_from(i).ok());
        if let Some(place) = place.filter(|p| !places.contains(p)) {
            places.push(place);
            sentences.push(b.rule.say.clone());
        }
    }
    (places, sentences)
}
