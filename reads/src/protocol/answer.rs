//! What can be answered, and about what: the vocabulary that the form, the state machine and the exports share.
//!
//! Refuses: whether an answer fits its question, which is the form's to say.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use tiresias_words::{MarkId, QuestionId};

/// What a question is asked about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The case as a whole.
    Case,
    /// A unit inside the case, by its key: a side, a region.
    Unit(String),
    /// A mark.
    Mark(MarkId),
}

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// A number on a scale.
    Scale(i32),
    /// The key of an option.
    Choice(String),
    /// The keys of the options that were taken, in the order of the protocol. None is an answer too.
    Choices(Vec<String>),
    /// A number with decimals.
    Number(Decimal),
    /// Words.
    Text(String),
}

/// A decimal number as it was written: whole units of ten to the minus `places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal {
    units: i64,
    places: u8,
}

/// The most decimals that a number question may have.
pub const MOST_DECIMALS: u8 = 3;

impl Decimal {
    /// So many thousandths, written with as few decimals as that takes.
    #[must_use]
    pub const fn of_thousandths(thousandths: i64) -> Self {
        let (mut units, mut places) = (thousandths, MOST_DECIMALS);
        while places > 0 && units % 10 == 0 {
            units /= 10;
            places -= 1;
        }
        Self { units, places }
    }
    /// Its value in thousandths, exactly.
    #[must_use]
    pub const fn thousandths(self) -> i64 {
        let mut value = self.units;
        let mut places = self.places;
        while places < MOST_DECIMALS {
            value *= 10;
            places += 1;
        }
        value
    }
    /// How many decimals it was written with.
    #[must_use]
    pub const fn places(self) -> u8 {
        self.places
    }
}

impl FromStr for Decimal {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let unfit = || "a number has up to 12 digits, one decimal point, and at most 3 decimals".to_owned();
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let lone_point = digits.ends_with('.');
        if whole.is_empty() || lone_point || whole.len() > 12 || decimals.len() > usize::from(MOST_DECIMALS) {
            return Err(unfit());
        }
        if !is_digits(whole) || !is_digits(decimals) {
            return Err(unfit());
        }
        let units: i64 = format!("{whole}{decimals}").parse().map_err(|_| unfit())?;
        Ok(Self { units: sign * units, places: decimals.len() as u8 })
    }
}
impl TryFrom<String> for Decimal {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
impl From<Decimal> for String {
    fn from(d: Decimal) -> Self {
        d.to_string()
    }
}
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.units.unsigned_abs(), width = usize::from(self.places) + 1);
        let (whole, decimals) = digits.split_at(digits.len() - usize::from(self.places));
        if decimals.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{decimals}") }
    }
}

/// The answers of one read, by question and subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(BTreeMap<(QuestionId, Subject), AnswerValue>);

impl Answers {
    /// The answer to a question about a subject.
    #[must_use]
    pub fn get(&self, question: &QuestionId, subject: &Subject) -> Option<&AnswerValue> {
        self.0.get(&(question.clone(), subject.clone()))
    }
    /// The answer to a question about the case.
    #[must_use]
    pub fn of_case(&self, question: &QuestionId) -> Option<&AnswerValue> {
        self.get(question, &Subject::Case)
    }
    /// All of them, by question and then subject.
    pub fn iter(&self) -> impl Iterator<Item = (&QuestionId, &Subject, &AnswerValue)> {
        self.0.iter().map(|((question, subject), value)| (question, subject, value))
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(crate) fn give(&mut self, question: QuestionId, subject: Subject, value: AnswerValue) {
        self.0.insert((question, subject), value);
    }
    /// Takes an answer away, and says whether there was one.
    pub(crate) fn take(&mut self, question: &QuestionId, subject: &Subject) -> bool {
        self.0.remove(&(question.clone(), subject.clone())).is_some()
    }
    /// Takes everything away that was said about a subject.
    pub(crate) fn forget(&mut self, subject: &Subject) {
        self.0.retain(|(_, of), _| of != subject);
    }
}

impl FromIterator<(QuestionId, Subject, AnswerValue)> for Answers {
    fn from_iter<T: IntoIterator<Item = (QuestionId, Subject, AnswerValue)>>(answers: T) -> Self {
        Self(answers.into_iter().map(|(question, subject, value)| ((question, subject), value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_what_was_written() {
        for text in ["0", "-1", "12.5", "-0.125", "999999999999.999", "007"] {
            let number: Decimal = text.parse().unwrap();
            let plain = text.trim_start_matches("00");
            assert_eq!(number.to_string(), plain);
            assert_eq!(number.to_string().parse::<Decimal>().map(Decimal::thousandths), Ok(number.thousandths()));
        }
        assert_eq!("12.5".parse::<Decimal>().unwrap().thousandths(), 12_500);
        let shortest = [12_500, -125, 7_000, 0].map(|n| Decimal::of_thousandths(n).to_string());
        assert_eq!(shortest, ["12.5", "-0.125", "7", "0"]);
        assert_eq!("-0.125".parse::<Decimal>().unwrap().thousandths(), -125);
        for bad in ["", "-", ".5", "5.", "1.2345", "1e3", "+1", "1 2", "1234567890123", "1.2.3", "\u{0661}"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad:?}");
        }
    }
}
