//! What a reader is told beside the case: how the training stands, what a training case was, which reads can still be amended, and that a break is due.
//!
//! Refuses: to tell anything about a case of the study.

use super::Rules;
use super::read::{Draft, Locked};
use super::state::State;
use crate::bundle::AssignedRead;
use crate::protocol::Answers;
use tiresias_words::{ContentHash, MarkId, Moment};

pub(super) const MINUTE_MS: u64 = 60_000;
const BILLION: u64 = 1_000_000_000;
/// Why a read of a withdrawn case stays as it is.
pub(super) const WITHDRAWN: &str = "its case takes no further part in the study";

/// Why a read stays as it is after what ends all reads before it, whatever their case.
pub(super) const SHOWN_SINCE: &str = "the AI was shown, or a case withdrawn, since";

/// What a case of the training was, after its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feedback {
    /// Whether there was something to find.
    pub signal: bool,
    /// Whether the reader's rating said so.
    pub positive: bool,
}

/// How the training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Training {
    /// The number of the try, from 1.
    pub attempt: u32,
    /// How many tries there are.
    pub attempts: u32,
    /// Percent of the cases of a try that must be right.
    pub pass_percent: u32,
    /// Where the reader is in it.
    pub stands: TrainingStands,
}

/// Where a reader is in the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingStands {
    /// Cases of it are still to be read.
    Runs,
    /// Enough was right.
    Passed,
    /// Not enough was right in the last try.
    Failed,
}

/// What the read that was locked last was, where it belongs to the training and the protocol tells.
#[must_use]
pub fn feedback(rules: &Rules, state: &State) -> Option<Feedback> {
    let told = rules.protocol().training().is_some_and(|t| t.feedback);
    let locked = state.locked().last().filter(|_| told)?;
    let signal = rules.assigned(locked.read())?.training?.signal;
    Some(Feedback { signal, positive: calls_positive(rules, locked.answers(), &locked.mark_ratings()) })
}

/// How the training stands; `None` where the study has none for this reader.
#[must_use]
pub fn training(rules: &Rules, state: &State) -> Option<Training> {
    let training = rules.protocol().training()?;
    // Of cases that were withdrawn nothing is left to be passed.
    let is_left = |r: &AssignedRead| r.training.is_some() && !state.is_withdrawn(&r.package);
    if !rules.bundle().reads().iter().any(is_left) {
        return None;
    }
    let next = state.next().filter(|next| next.training);
    let stands = match (state.training_passed(), next) {
        (true, _) => TrainingStands::Passed,
        (false, Some(_)) => TrainingStands::Runs,
        // Before the first session nothing is taken over from the bundle yet.
        (false, None) if state.bundle().is_none() => TrainingStands::Runs,
        (false, None) => TrainingStands::Failed,
    };
    let last = state.locked().iter().filter(|l| l.assignment().training).map(|l| l.read().repeat).max().unwrap_or(1);
    let attempt = next.map_or(last, |next| next.read.repeat);
    Some(Training { attempt, attempts: training.attempts, pass_percent: percent(training.pass), stands })
}

/// The locked reads that can still be amended, in the order in which they were made. None while a case is open or left as a draft.
pub fn amendable(state: &State) -> impl Iterator<Item = &Locked> {
    let none = state.draft().is_some();
    state.locked().iter().filter(move |locked| !none && why_final(state, locked).is_none())
}

/// Whether the protocol advises a break by now: the session has lasted long enough.
#[must_use]
pub fn advises_break(rules: &Rules, state: &State, now: &Moment) -> bool {
    let Some(after) = rules.protocol().sessions().break_after_minutes else { return false };
    let began = state.session_began().filter(|began| began.boot == now.boot);
    began.is_some_and(|began| now.monotonic_ms.saturating_sub(began.monotonic_ms) >= u64::from(after) * MINUTE_MS)
}

/// A share in billionths: what a protocol writes as a decimal is a little more or less than that as a binary fraction.
fn billionths(share: f64) -> u64 {
    (share * BILLION as f64).round() as u64
}

/// A share in whole percent, rounded up.
fn percent(share: f64) -> u32 {
    billionths(share).div_ceil(BILLION / 100) as u32
}

/// Whether in a try of the training enough was right, which is not so before all of it is read. What is gone is not awaited. `locking` is the read that is being
/// locked.
pub(super) fn passes_training(
    rules: &Rules,
    state: &State,
    attempt: u32,
    is_gone: &dyn Fn(&ContentHash) -> bool,
    locking: Option<&Draft>,
) -> bool {
    let Some(training) = rules.protocol().training() else { return false };
    let is_of_attempt = |r: &&AssignedRead| r.training.is_some() && r.repeat == attempt && !is_gone(&r.package);
    let of_attempt: Vec<_> = rules.bundle().reads().iter().filter(is_of_attempt).collect();
    let mut right = 0;
    for assigned in &of_attempt {
        let id = assigned.id(rules.reader());
        let given = match locking.filter(|draft| *draft.read() == id) {
            Some(draft) => Some(calls_positive(rules, draft.answers(), &draft.mark_ratings())),
            None => state.locked().iter().find(|l| *l.read() == id).map(|l| calls_positive(rules, l.answers(), &l.mark_ratings())),
        };
        // Not all of the attempt is read.
        let Some(positive) = given else { return false };
        right += usize::from(assigned.training.is_some_and(|t| t.signal == positive));
    }
    !of_attempt.is_empty() && is_enough(training.pass, right, of_attempt.len())
}

/// Whether so many right ones of a try of the training are the share that must be.
fn is_enough(share: f64, right: usize, of: usize) -> bool {
    right as u64 * BILLION >= billionths(share) * of as u64
}

/// Whether a rating counts as positive in the training.
fn calls_positive(rules: &Rules, answers: &Answers, marks: &[(MarkId, Option<i32>)]) -> bool {
    let threshold = rules.protocol().training().map(|t| i64::from(t.threshold) * 1000);
    rules.protocol().case_rating(answers, marks).zip(threshold).is_some_and(|(rating, threshold)| rating >= threshold)
}

/// Why a locked read cannot be amended, as a clause; `None` when it can.
pub(super) fn why_final(state: &State, locked: &Locked) -> Option<&'static str> {
    if locked.assignment().training {
        return Some("it belongs to the training");
    }
    if locked.settled().is_some() {
        return Some("the two reads that it settles were shown");
    }
    let later = state.locked().iter().skip_while(|l| l.read() != locked.read()).skip(1);
    let mut elsewhere = later.filter(|l| l.read().condition != locked.read().condition);
    if state.has_repeats() {
        // A hidden repeat has a code of its own: what ended with the one case alone would tell which two codes are that case. So it ends with any.
        return match () {
            () if locked.revealed().is_some() => Some("the AI was shown for this case"),
            () if state.is_ended(locked.read()) => Some(SHOWN_SINCE),
            () => elsewhere.next().map(|_| "cases were read under another condition since"),
        };
    }
    if state.is_withdrawn(&locked.package()) {
        return Some(WITHDRAWN);
    }
    if state.was_revealed(&locked.package()) {
        return Some("the AI was shown for this case");
    }
    let mut again = elsewhere.filter(|l| l.package() == locked.package());
    again.next().map(|_| "the same case was read again since")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_decimal_that_the_protocol_writes() {
        for (share, whole) in [(0.07, 7), (0.14, 14), (0.28, 28), (0.55, 55), (0.56, 56), (0.8, 80), (0.801, 81), (1.0, 100)] {
            assert_eq!(percent(share), whole, "{share}");
        }
        let table = [(0.56, 14, 25, true), (0.56, 13, 25, false), (0.8, 4, 5, true), (1.0, 2, 2, true), (1.0, 1, 2, false)];
        for (share, right, of, enough) in table {
            assert_eq!(is_enough(share, right, of), enough, "{right} of {of} at {share}");
        }
    }
}
