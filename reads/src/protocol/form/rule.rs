//! Consistency: which answers must fit each other, and which of them do not.
//!
//! A hard rule keeps a read from being locked; a soft one is shown, and the reader may lock all the same. A rule about something that has no answer holds.

use super::{Form, Per};
use crate::protocol::answer::{Answers, Subject};
use tiresias_words::QuestionId;

/// A relation between two numbers of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// Whether it can be locked over.
    pub level: Level,
    /// What is compared.
    pub left: Operand,
    /// How it must compare.
    pub relation: Relation,
    /// With what.
    pub right: Operand,
    /// What the reader is told when it does not.
    pub say: String,
}

/// Whether a rule can be locked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// No.
    Hard,
    /// Yes, after it was shown.
    Soft,
}

/// One of the two numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// The answer to a question that is a number in analyses.
    Question(QuestionId),
    /// A figure of the marks.
    Marks(MarkFigure),
    /// A number.
    Number(i32),
}

/// A figure of the marks of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkFigure {
    /// The highest rating; there is none without a rated mark.
    HighestRating,
    /// How many there are.
    Count,
}

/// How two numbers must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Left is right or more.
    AtLeast,
    /// Left is right or less.
    AtMost,
    /// Left is more.
    Above,
    /// Left is less.
    Below,
    /// They are the same.
    Equal,
    /// They are not.
    NotEqual,
}

/// A rule that answers do not keep, and about what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken<'a> {
    /// The rule.
    pub rule: &'a Consistency,
    /// About what.
    pub subject: Subject,
}

impl Relation {
    /// Which of *less*, *same* and *more* it allows, as bits 1, 2 and 4.
    pub(super) const fn allows(self) -> u8 {
        match self {
            Self::AtLeast => 0b110,
            Self::AtMost => 0b011,
            Self::Above => 0b100,
            Self::Below => 0b001,
            Self::Equal => 0b010,
            Self::NotEqual => 0b101,
        }
    }
    /// Whether two numbers compare so.
    #[must_use]
    pub fn holds(self, left: i64, right: i64) -> bool {
        let found = match left.cmp(&right) {
            std::cmp::Ordering::Less => 0b001,
            std::cmp::Ordering::Equal => 0b010,
            std::cmp::Ordering::Greater => 0b100,
        };
        self.allows() & found != 0
    }
}

impl Operand {
    /// What the operand is about, seen from its question.
    pub(super) fn per(&self, form: &Form) -> Per {
        match self {
            Self::Question(id) => form.question(id).map_or(Per::Case, |q| q.per),
            Self::Marks(_) | Self::Number(_) => Per::Case,
        }
    }
}

impl Form {
    /// The rules that these answers and mark ratings do not keep, in order. Each mark is there, with its rating if it has one.
    #[must_use]
    pub fn broken(&self, answers: &Answers, marks: &[(tiresias_words::MarkId, Option<i32>)]) -> Vec<Broken<'_>> {
        let mut broken = Vec::new();
        for rule in &self.rules {
            let per = match (rule.left.per(self), rule.right.per(self)) {
                (Per::Case, other) => other,
                (other, _) => other,
            };
            let subjects: Vec<Subject> = match per {
                Per::Case => vec![Subject::Case],
                Per::Unit => self.units.iter().map(|u| Subject::Unit(u.key.clone())).collect(),
                Per::Mark => marks.iter().map(|(id, _)| Subject::Mark(*id)).collect(),
            };
            for subject in subjects {
                let value = |operand: &Operand| self.value(operand, &subject, answers, marks);
                if let (Some(left), Some(right)) = (value(&rule.left), value(&rule.right))
                    && !rule.relation.holds(left, right)
                {
                    broken.push(Broken { rule, subject });
                }
            }
        }
        broken
    }

    fn value(
        &self,
        operand: &Operand,
        subject: &Subject,
        answers: &Answers,
        marks: &[(tiresias_words::MarkId, Option<i32>)],
    ) -> Option<i64> {
        match operand {
            Operand::Number(n) => Some(i64::from(*n) * 1000),
            Operand::Marks(MarkFigure::Count) => Some(marks.len() as i64 * 1000),
            Operand::Marks(MarkFigure::HighestRating) => marks.iter().filter_map(|(_, rating)| *rating).max().map(|r| i64::from(r) * 1000),
            Operand::Question(id) => {
                let question = self.question(id)?;
                let about = question.subject_for(subject);
                let asked = self.asks(question, &about, answers);
                answers.get(id, &about).filter(|_| asked).and_then(|value| self.thousandths(id, value))
            }
        }
    }
}
