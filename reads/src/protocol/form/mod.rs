//! The form: what is asked about a case, about each unit inside it and about each mark, under which conditions, and which answers fit each other.
//!
//! Owns the checked types and what they mean for given answers: [`Form::asks`], [`Form::fits`], [`Form::broken`]. `check` makes them from the text.
//! No question has a default. Refuses: where answers are kept, and when they may be given.

mod check;
mod reach;
mod rule;

pub use rule::{Broken, Consistency, Level, MarkFigure, Operand, Relation};

use super::answer::{AnswerValue, Answers, Subject};
use std::collections::BTreeMap;
use tiresias_words::{MarkId, QuestionId};

/// Everything that is asked, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    units: Vec<Unit>,
    questions: Vec<Question>,
    rating: Option<QuestionId>,
    rules: Vec<Consistency>,
    not_evaluable: Option<NotEvaluable>,
}

/// Something inside a case that is scored by itself: a side, a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name in records and exports.
    pub key: String,
    /// What the reader sees.
    pub label: String,
}

/// What a question is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Once a case.
    Case,
    /// Once for each unit.
    Unit,
    /// Once for each mark.
    Mark,
}

/// One question of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name in records and exports.
    pub id: QuestionId,
    /// What the reader is asked.
    pub text: String,
    /// What it is asked about.
    pub per: Per,
    /// Whether a read can be locked without an answer, when the question is asked at all.
    pub required: bool,
    /// What may be answered.
    pub kind: QuestionKind,
    /// It is asked only when all of these hold; empty is always.
    pub when: Vec<When>,
}

/// What may be answered to a question. No kind has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionKind {
    /// A whole number on a scale.
    Scale(Scale),
    /// One of several options; at least two.
    Choice(Vec<ChoiceOption>),
    /// Any of several options, none included.
    Choices(Vec<ChoiceOption>),
    /// A number.
    Number(NumberKind),
    /// Words, at most so many characters.
    Text(u32),
}

/// A scale of whole numbers with a text at each end. Higher means more suspicious.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    min: i32,
    max: i32,
    low: String,
    high: String,
    anchors: Vec<(i32, String)>,
}

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// Its name in records and exports.
    pub key: String,
    /// What the reader sees.
    pub label: String,
    /// The number that stands for it in analyses. Options of one question have scores all or none.
    pub score: Option<i32>,
}

/// A number between two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberKind {
    /// The lowest.
    pub min: i32,
    /// The highest.
    pub max: i32,
    /// At most so many decimals.
    pub decimals: u8,
    /// What stands behind it ("mm").
    pub suffix: Option<String>,
}

/// A condition on the answer to an earlier question. Without an answer it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// The earlier question.
    pub question: QuestionId,
    /// What its answer must be.
    pub test: Test,
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// One of these options; of several that were taken, any.
    Is(Vec<String>),
    /// A number between these, ends included.
    Within(i32, i32),
}

/// What can be said instead of answers, when images do not allow any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEvaluable {
    /// What can be not evaluable: the case, or each unit. Never a mark.
    pub per: Per,
    /// The reasons that can be given.
    pub reasons: Vec<Reason>,
}

/// A reason of the protocol's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its name in records and exports.
    pub key: String,
    /// What the reader sees.
    pub label: String,
}

/// Why an answer does not fit its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// Off the scale, or beyond the ends of a number.
    OutOfRange {
        /// Lowest number.
        min: i32,
        /// Highest number.
        max: i32,
    },
    /// More decimals than there may be.
    Decimals(u8),
    /// Longer than it may be, or with characters that no line has.
    Text(u32),
    /// Another kind of answer, or an option that is not there.
    Kind,
}

impl Form {
    /// The units that are scored by themselves; empty where the case is.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }
    /// The questions, in order.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }
    /// A question by its id.
    #[must_use]
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == *id)
    }
    /// The question whose answer is the rating of the case, or of each unit: required and always asked. `None` where marks alone are rated.
    #[must_use]
    pub const fn rating(&self) -> Option<&QuestionId> {
        self.rating.as_ref()
    }
    /// Which answers must fit each other, in order.
    #[must_use]
    pub fn rules(&self) -> &[Consistency] {
        &self.rules
    }
    /// What may be said to be not evaluable, and why.
    #[must_use]
    pub const fn not_evaluable(&self) -> Option<&NotEvaluable> {
        self.not_evaluable.as_ref()
    }
    /// The number that an answer is in analyses: the place on a scale, the score of an option. In thousandths, so that decimals are exact.
    #[must_use]
    pub fn thousandths(&self, question: &QuestionId, value: &AnswerValue) -> Option<i64> {
        match (&self.question(question)?.kind, value) {
            (QuestionKind::Scale(_), AnswerValue::Scale(n)) => Some(i64::from(*n) * 1000),
            (QuestionKind::Choice(options), AnswerValue::Choice(key)) => {
                options.iter().find(|o| o.key == *key)?.score.map(|s| i64::from(s) * 1000)
            }
            (QuestionKind::Number(_), AnswerValue::Number(n)) => Some(n.thousandths()),
            _ => None,
        }
    }
    /// The subjects that a question is asked about in a read with these marks, in order.
    pub fn subjects<'a>(&'a self, question: &Question, marks: impl Iterator<Item = MarkId> + 'a) -> Box<dyn Iterator<Item = Subject> + 'a> {
        match question.per {
            Per::Case => Box::new(std::iter::once(Subject::Case)),
            Per::Unit => Box::new(self.units.iter().map(|u| Subject::Unit(u.key.clone()))),
            Per::Mark => Box::new(marks.map(Subject::Mark)),
        }
    }
    /// Whether a question is asked about a subject, given the answers so far.
    #[must_use]
    pub fn asks(&self, question: &Question, subject: &Subject, answers: &Answers) -> bool {
        self.asks_once(question, subject, answers, &mut BTreeMap::new())
    }
    /// `known` is what was found of earlier questions: without it each would be looked into by every way that leads to it, which nobody could wait for.
    fn asks_once<'a>(
        &'a self,
        question: &'a Question,
        subject: &Subject,
        answers: &Answers,
        known: &mut BTreeMap<&'a QuestionId, bool>,
    ) -> bool {
        if let Some(asks) = known.get(&question.id) {
            return *asks;
        }
        let asks = question.when.iter().all(|when| self.holds(when, subject, answers, known));
        known.insert(&question.id, asks);
        asks
    }
    fn holds<'a>(&'a self, when: &'a When, subject: &Subject, answers: &Answers, known: &mut BTreeMap<&'a QuestionId, bool>) -> bool {
        let Some(asked) = self.question(&when.question) else { return false };
        let about = asked.subject_for(subject);
        // An answer to a question that is not asked any more counts for nothing.
        if !self.asks_once(asked, &about, answers, known) {
            return false;
        }
        let Some(value) = answers.get(&when.question, &about) else { return false };
        match &when.test {
            Test::Is(keys) => match value {
                AnswerValue::Choice(key) => keys.contains(key),
                AnswerValue::Choices(taken) => taken.iter().any(|key| keys.contains(key)),
                AnswerValue::Scale(_) | AnswerValue::Number(_) | AnswerValue::Text(_) => false,
            },
            Test::Within(min, max) => {
                let within = |v: i64| v >= i64::from(*min) * 1000 && v <= i64::from(*max) * 1000;
                self.thousandths(&when.question, value).is_some_and(within)
            }
        }
    }
    /// The answers that count: those to questions that are asked.
    #[must_use]
    pub fn counted(&self, answers: &Answers) -> Answers {
        let counts = |question: &QuestionId, subject: &Subject| self.question(question).is_some_and(|q| self.asks(q, subject, answers));
        let kept = answers.iter().filter(|(question, subject, _)| counts(question, subject));
        kept.map(|(question, subject, value)| (question.clone(), subject.clone(), value.clone())).collect()
    }
}

impl Question {
    /// The subject that this question has where a question about `other` looks at its answer: the same, or the case.
    fn subject_for(&self, other: &Subject) -> Subject {
        match self.per {
            Per::Case => Subject::Case,
            Per::Unit | Per::Mark => other.clone(),
        }
    }
    /// Whether an answer may be given to this question.
    ///
    /// # Errors
    /// With the reason why not.
    pub fn fits(&self, value: &AnswerValue) -> Result<(), Misfit> {
        match (&self.kind, value) {
            (QuestionKind::Scale(scale), AnswerValue::Scale(n)) => scale.fits(*n),
            (QuestionKind::Choice(options), AnswerValue::Choice(key)) if options.iter().any(|o| o.key == *key) => Ok(()),
            (QuestionKind::Choices(options), AnswerValue::Choices(keys)) => {
                // In the order of the protocol, so that one answer has one form.
                let mut rest = options.iter();
                if keys.iter().all(|key| rest.any(|o| o.key == *key)) { Ok(()) } else { Err(Misfit::Kind) }
            }
            (QuestionKind::Number(kind), AnswerValue::Number(n)) => {
                let (min, max) = (i64::from(kind.min) * 1000, i64::from(kind.max) * 1000);
                if n.places() > kind.decimals {
                    return Err(Misfit::Decimals(kind.decimals));
                }
                if (min..=max).contains(&n.thousandths()) { Ok(()) } else { Err(Misfit::OutOfRange { min: kind.min, max: kind.max }) }
            }
            (QuestionKind::Text(most), AnswerValue::Text(text)) => {
                if crate::shown::is_text(text, *most as usize) {
                    Ok(())
                } else {
                    Err(Misfit::Text(*most))
                }
            }
            _ => Err(Misfit::Kind),
        }
    }
}

impl QuestionKind {
    /// Its options; none for other kinds.
    #[must_use]
    pub fn options(&self) -> &[ChoiceOption] {
        match self {
            Self::Choice(options) | Self::Choices(options) => options,
            Self::Scale(_) | Self::Number(_) | Self::Text(_) => &[],
        }
    }
    /// The lowest and highest number that an answer can be in analyses; `None` when it is no number.
    #[must_use]
    pub fn range(&self) -> Option<(i32, i32)> {
        match self {
            Self::Scale(scale) => Some((scale.min, scale.max)),
            Self::Number(kind) => Some((kind.min, kind.max)),
            Self::Choice(options) => {
                let scores: Vec<i32> = options.iter().map(|o| o.score).collect::<Option<_>>()?;
                Some((scores.iter().min().copied()?, scores.iter().max().copied()?))
            }
            Self::Choices(_) | Self::Text(_) => None,
        }
    }
}

impl Scale {
    /// The lowest number.
    #[must_use]
    pub const fn min(&self) -> i32 {
        self.min
    }
    /// The highest number.
    #[must_use]
    pub const fn max(&self) -> i32 {
        self.max
    }
    /// What the lowest number means.
    #[must_use]
    pub fn low(&self) -> &str {
        &self.low
    }
    /// What the highest number means.
    #[must_use]
    pub fn high(&self) -> &str {
        &self.high
    }
    /// What numbers between mean, ascending.
    #[must_use]
    pub fn anchors(&self) -> &[(i32, String)] {
        &self.anchors
    }
    /// Whether a number is on the scale.
    #[must_use]
    pub const fn contains(&self, value: i32) -> bool {
        value >= self.min && value <= self.max
    }
    /// Whether a number is on the scale.
    ///
    /// # Errors
    /// [`Misfit::OutOfRange`].
    pub const fn fits(&self, value: i32) -> Result<(), Misfit> {
        if self.contains(value) { Ok(()) } else { Err(Misfit::OutOfRange { min: self.min, max: self.max }) }
    }
}
