//! One read: what is assigned, the draft that can change, the locked read that cannot.
//!
//! The change from one to the other is [`Draft::lock`] alone. [`Locked`] has getters and nothing else. A draft carries what was locked before the AI was
//! shown, or before it was amended, beside what can still change.

use super::action::Verdict;
use super::settle::Settling;
use super::state::Illegal;
use crate::hanging::FirstView;
use crate::protocol::{AnswerValue, Answers, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, FindingId, ImageAnchor, MarkId, MarkShape, Moment, QuestionId, ReadId};

/// A read that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Its name.
    pub read: ReadId,
    /// The package that holds the images.
    pub package: ContentHash,
    /// Whether it belongs to the training, whose reads are in no export.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub training: bool,
    /// Whether two reads of the case are settled in it: its result takes the place of no read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settles: bool,
}

/// A localisation and its rating.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Where, in the patient.
    pub shape: MarkShape,
    /// Where, in the nearest image.
    pub anchor: ImageAnchor,
    /// On the protocol's scale for marks; none until the reader gives one.
    pub rating: Option<i32>,
    /// The key of a class of the protocol; none until the reader gives one.
    pub class: Option<String>,
}

/// What a reader has said so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    assignment: Assignment,
    answers: Answers,
    not_evaluable: BTreeMap<Subject, String>,
    marks: BTreeMap<MarkId, Mark>,
    last_mark: u32,
    opened: Moment,
    shown: Option<Moment>,
    first_view: Option<FirstView>,
    clock: Clock,
    impression: Option<Box<Locked>>,
    revealed: Option<Moment>,
    findings: Option<u32>,
    verdicts: BTreeMap<FindingId, Verdict>,
    settling: Option<Box<Settling>>,
    amends: Option<Box<Amended>>,
    steps: Vec<Before>,
}

/// What stood where a step changed something: taking the step back puts it there again.
#[derive(Debug, Clone, PartialEq)]
enum Before {
    /// A mark, with what was answered about it.
    Mark(MarkId, Option<Mark>, Vec<(QuestionId, AnswerValue)>),
    Answer(QuestionId, Subject, Option<AnswerValue>),
    Evaluable(Subject, Option<String>),
}

/// A finished read.
#[derive(Debug, Clone, PartialEq)]
pub struct Locked {
    draft: Draft,
    at: Moment,
    over: Vec<u32>,
}

/// The version of a read that another one takes the place of.
#[derive(Debug, Clone, PartialEq)]
pub struct Amended {
    /// The earlier version.
    pub earlier: Locked,
    /// Why it was amended.
    pub reason: String,
}

/// Time spent with the images in sight. Runs by the monotonic clock; stands while the case is closed, the program not running, or the
/// machine off.
#[derive(Debug, Clone, PartialEq, Default)]
struct Clock {
    spent_ms: u64,
    running_from: Option<Moment>,
}

impl Clock {
    fn tick(&mut self, now: &Moment) {
        if let Some(from) = &mut self.running_from {
            // After a restart of the machine the clocks have nothing in common.
            if from.boot == now.boot {
                self.spent_ms = self.spent_ms.saturating_add(now.monotonic_ms.saturating_sub(from.monotonic_ms));
            }
            *from = now.clone();
        }
    }
}

impl Draft {
    pub(super) fn new(assignment: Assignment, opened: Moment) -> Self {
        Self {
            assignment,
            answers: Answers::default(),
            not_evaluable: BTreeMap::new(),
            marks: BTreeMap::new(),
            last_mark: 0,
            opened,
            shown: None,
            first_view: None,
            clock: Clock::default(),
            impression: None,
            revealed: None,
            findings: None,
            verdicts: BTreeMap::new(),
            settling: None,
            amends: None,
            steps: Vec::new(),
        }
    }

    /// What was assigned.
    #[must_use]
    pub const fn assignment(&self) -> &Assignment {
        &self.assignment
    }
    /// The read's name.
    #[must_use]
    pub const fn read(&self) -> &ReadId {
        &self.assignment.read
    }
    /// The package that holds the images.
    #[must_use]
    pub const fn package(&self) -> ContentHash {
        self.assignment.package
    }
    /// The answers given so far.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }
    /// What was said to be not evaluable, and the key of the reason.
    #[must_use]
    pub const fn not_evaluable(&self) -> &BTreeMap<Subject, String> {
        &self.not_evaluable
    }
    /// The marks, by number.
    #[must_use]
    pub const fn marks(&self) -> &BTreeMap<MarkId, Mark> {
        &self.marks
    }
    /// The marks' ratings, by number.
    #[must_use]
    pub fn mark_ratings(&self) -> Vec<(MarkId, Option<i32>)> {
        self.marks.iter().map(|(id, mark)| (*id, mark.rating)).collect()
    }
    /// What was locked before the AI was shown, where the condition has that.
    #[must_use]
    pub fn impression(&self) -> Option<&Locked> {
        self.impression.as_deref()
    }
    /// Since when what the AI says is shown.
    #[must_use]
    pub const fn revealed(&self) -> Option<&Moment> {
        self.revealed.as_ref()
    }
    /// How many findings of the AI were on the screen; `None` until they are.
    #[must_use]
    pub const fn findings(&self) -> Option<u32> {
        self.findings
    }
    /// What the reader said of the AI's findings, by number.
    #[must_use]
    pub const fn verdicts(&self) -> &BTreeMap<FindingId, Verdict> {
        &self.verdicts
    }
    /// The two reads that are settled, once they may be shown; `None` before, and where none are.
    #[must_use]
    pub fn settling(&self) -> Option<&Settling> {
        self.settling.as_deref()
    }
    /// The version that this one takes the place of.
    #[must_use]
    pub fn amends(&self) -> Option<&Amended> {
        self.amends.as_deref()
    }
    /// Whether the first part is locked and what follows it not shown yet, the AI or the two reads: nothing can be said until it is.
    #[must_use]
    pub const fn awaits_ai(&self) -> bool {
        self.impression.is_some() && self.revealed.is_none() && self.settling.is_none()
    }
    /// The number that the next mark gets.
    pub(super) const fn next_mark(&self) -> MarkId {
        MarkId(self.last_mark.saturating_add(1))
    }

    /// Time with the images in sight so far, milliseconds: for a replay, and on no reader's screen.
    pub(crate) const fn reading_ms(&self) -> u64 {
        self.clock.spent_ms
    }
    pub(super) fn tick(&mut self, now: &Moment) {
        self.clock.tick(now);
    }
    pub(super) fn show(&mut self, now: &Moment) {
        self.shown.get_or_insert_with(|| now.clone());
        self.clock.running_from = Some(now.clone());
    }
    /// What the reader began with, once it is known.
    #[must_use]
    pub const fn first_view(&self) -> Option<&FirstView> {
        self.first_view.as_ref()
    }
    pub(super) fn begin_with(&mut self, view: FirstView) -> Result<(), Illegal> {
        if self.first_view.replace(view).is_some() { Err(Illegal::ShownTwice) } else { Ok(()) }
    }
    pub(super) fn leave(&mut self) {
        self.clock.running_from = None;
    }
    pub(super) fn place(&mut self, mark: MarkId, shape: MarkShape, anchor: ImageAnchor) -> Result<(), Illegal> {
        if mark != self.next_mark() {
            return Err(Illegal::MarkNumber);
        }
        self.last_mark = mark.0;
        self.steps.push(Before::Mark(mark, None, Vec::new()));
        self.marks.insert(mark, Mark { shape, anchor, rating: None, class: None });
        Ok(())
    }
    pub(super) fn change(&mut self, mark: MarkId, change: impl FnOnce(&mut Mark)) -> Result<(), Illegal> {
        let there = self.marks.get_mut(&mark).ok_or(Illegal::NoSuchMark)?;
        self.steps.push(Before::Mark(mark, Some(there.clone()), Vec::new()));
        change(there);
        Ok(())
    }
    pub(super) fn delete(&mut self, mark: MarkId) -> Result<(), Illegal> {
        let there = self.marks.remove(&mark).ok_or(Illegal::NoSuchMark)?;
        let about = Subject::Mark(mark);
        let said = self.answers.iter().filter(|(_, of, _)| **of == about).map(|(question, _, value)| (question.clone(), value.clone()));
        self.steps.push(Before::Mark(mark, Some(there), said.collect()));
        self.answers.forget(&about);
        Ok(())
    }
    pub(super) fn answer(&mut self, question: QuestionId, subject: Subject, value: AnswerValue) -> Result<(), Illegal> {
        if let Subject::Mark(mark) = subject
            && !self.marks.contains_key(&mark)
        {
            return Err(Illegal::NoSuchMark);
        }
        let before = self.answers.get(&question, &subject).cloned();
        self.steps.push(Before::Answer(question.clone(), subject.clone(), before));
        self.answers.give(question, subject, value);
        Ok(())
    }
    pub(super) fn clear(&mut self, question: &QuestionId, subject: &Subject) -> Result<(), Illegal> {
        let before = self.answers.get(question, subject).cloned();
        if !self.answers.take(question, subject) {
            return Err(Illegal::NoSuchAnswer);
        }
        self.steps.push(Before::Answer(question.clone(), subject.clone(), before));
        Ok(())
    }
    pub(super) fn cannot_evaluate(&mut self, subject: Subject, reason: String) {
        let before = self.not_evaluable.insert(subject.clone(), reason);
        self.steps.push(Before::Evaluable(subject, before));
    }
    pub(super) fn can_evaluate(&mut self, subject: &Subject) -> Result<(), Illegal> {
        let before = self.not_evaluable.remove(subject).ok_or(Illegal::NoSuchAnswer)?;
        self.steps.push(Before::Evaluable(subject.clone(), Some(before)));
        Ok(())
    }
    /// Whether something was said or marked that can be taken back: not what was locked.
    #[must_use]
    pub const fn can_undo(&self) -> bool {
        !self.steps.is_empty()
    }
    /// Puts back what the last step changed. A mark that comes back has its number again.
    pub(super) fn undo(&mut self) -> Result<(), Illegal> {
        match self.steps.pop().ok_or(Illegal::NothingToUndo)? {
            Before::Mark(mark, None, _) => {
                self.answers.forget(&Subject::Mark(mark));
                self.marks.remove(&mark);
            }
            Before::Mark(mark, Some(there), said) => {
                self.marks.insert(mark, there);
                said.into_iter().for_each(|(question, value)| self.answers.give(question, Subject::Mark(mark), value));
            }
            Before::Answer(question, subject, Some(value)) => self.answers.give(question, subject, value),
            Before::Answer(question, subject, None) => drop(self.answers.take(&question, &subject)),
            Before::Evaluable(subject, Some(reason)) => drop(self.not_evaluable.insert(subject, reason)),
            Before::Evaluable(subject, None) => drop(self.not_evaluable.remove(&subject)),
        }
        Ok(())
    }
    /// Takes time that was no reading off the clock, which stands from here on.
    pub(super) fn idle(&mut self, ms: u64) {
        self.clock.spent_ms = self.clock.spent_ms.saturating_sub(ms);
        self.leave();
    }
    /// Locks what was said so far and keeps it beside what can still be said when the AI is shown.
    pub(super) fn lock_impression(&mut self, at: &Moment, over: Vec<u32>) -> Result<(), Illegal> {
        if self.impression.is_some() || self.revealed.is_some() || self.settling.is_some() {
            return Err(Illegal::Revealed);
        }
        self.impression = Some(Box::new(self.clone().lock(at, over)));
        self.steps.clear();
        Ok(())
    }
    pub(super) fn reveal(&mut self, at: &Moment) -> Result<(), Illegal> {
        if self.assignment.settles || self.revealed.replace(at.clone()).is_some() { Err(Illegal::Revealed) } else { Ok(()) }
    }
    /// From here on the two reads may be shown.
    pub(super) fn reveal_pair(&mut self, at: &Moment) -> Result<(), Illegal> {
        if !self.assignment.settles || self.settling.is_some() {
            return Err(Illegal::Pair);
        }
        self.settling = Some(Box::new(Settling::new(at.clone())));
        Ok(())
    }
    pub(super) fn settle(&mut self) -> Result<&mut Settling, Illegal> {
        self.settling.as_deref_mut().ok_or(Illegal::Pair)
    }
    pub(super) fn tell(&mut self, findings: u32) -> Result<(), Illegal> {
        if self.revealed.is_none() || self.findings.replace(findings).is_some() { Err(Illegal::Findings) } else { Ok(()) }
    }
    pub(super) fn judge(&mut self, finding: FindingId, verdict: Verdict) -> Result<(), Illegal> {
        if !(1..=self.findings.unwrap_or(0)).contains(&finding.0) {
            return Err(Illegal::Findings);
        }
        self.verdicts.insert(finding, verdict);
        Ok(())
    }
    pub(super) fn lock(mut self, at: &Moment, over: Vec<u32>) -> Locked {
        self.clock.tick(at);
        self.leave();
        self.steps.clear();
        // What was accepted is what was decided, whatever was thought before.
        if let Some(side) = self.settling.as_deref().and_then(Settling::accepted).cloned() {
            (self.answers, self.not_evaluable, self.marks) = (side.answers, side.not_evaluable, side.marks);
        }
        Locked { draft: self, at: at.clone(), over }
    }
}

impl Locked {
    /// The read's name.
    #[must_use]
    pub const fn read(&self) -> &ReadId {
        self.draft.read()
    }
    /// What was assigned.
    #[must_use]
    pub const fn assignment(&self) -> &Assignment {
        self.draft.assignment()
    }
    /// The package that held the images.
    #[must_use]
    pub const fn package(&self) -> ContentHash {
        self.draft.package()
    }
    /// The answers.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        self.draft.answers()
    }
    /// What was said to be not evaluable, and the key of the reason.
    #[must_use]
    pub const fn not_evaluable(&self) -> &BTreeMap<Subject, String> {
        self.draft.not_evaluable()
    }
    /// The marks, by number.
    #[must_use]
    pub const fn marks(&self) -> &BTreeMap<MarkId, Mark> {
        self.draft.marks()
    }
    /// The marks' ratings, by number.
    #[must_use]
    pub fn mark_ratings(&self) -> Vec<(MarkId, Option<i32>)> {
        self.draft.mark_ratings()
    }
    /// What was locked before the AI was shown, where the condition has that.
    #[must_use]
    pub fn impression(&self) -> Option<&Self> {
        self.draft.impression()
    }
    /// Since when what the AI says was shown; `None` when it never was.
    #[must_use]
    pub const fn revealed(&self) -> Option<&Moment> {
        self.draft.revealed()
    }
    /// How many findings of the AI were on the screen; `None` when it never was.
    #[must_use]
    pub const fn findings(&self) -> Option<u32> {
        self.draft.findings()
    }
    /// What the reader said of the AI's findings, by number.
    #[must_use]
    pub const fn verdicts(&self) -> &BTreeMap<FindingId, Verdict> {
        self.draft.verdicts()
    }
    /// How two reads were settled in it; `None` of a read.
    #[must_use]
    pub fn settled(&self) -> Option<&Settling> {
        self.draft.settling()
    }
    /// The earlier version, where this one amends one.
    #[must_use]
    pub fn amends(&self) -> Option<&Amended> {
        self.draft.amends()
    }
    /// The soft rules that it does not keep, by their place in the protocol.
    #[must_use]
    pub fn over(&self) -> &[u32] {
        &self.over
    }
    /// When the case was opened for the first time.
    #[must_use]
    pub const fn opened(&self) -> &Moment {
        &self.draft.opened
    }
    /// When its images were first visible.
    #[must_use]
    pub const fn shown(&self) -> Option<&Moment> {
        self.draft.shown.as_ref()
    }
    /// What the reader began with; `None` when the case was locked before that was worked out.
    #[must_use]
    pub const fn first_view(&self) -> Option<&FirstView> {
        self.draft.first_view()
    }
    /// When it was locked.
    #[must_use]
    pub const fn at(&self) -> &Moment {
        &self.at
    }
    /// Time with the images in sight, milliseconds of the monotonic clock; pauses between sittings are not in it.
    #[must_use]
    pub const fn reading_ms(&self) -> u64 {
        self.draft.clock.spent_ms
    }
    /// A draft that begins where this read ended and will take its place.
    pub(super) fn amended(&self, reason: String) -> Draft {
        let mut draft = self.draft.clone();
        draft.amends = Some(Box::new(Amended { earlier: self.clone(), reason }));
        draft
    }
}
