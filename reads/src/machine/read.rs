//! One read: what is assigned, the draft that can change, the locked read that cannot.
//!
//! The change from one to the other is [`Draft::lock`] alone. [`Locked`] has getters and nothing else. A draft carries what was locked before the AI was
//! shown, or before it was amended, beside what can still change.

use super::action::Verdict;
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
    amends: Option<Box<Amended>>,
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
            amends: None,
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
    /// The version that this one takes the place of.
    #[must_use]
    pub fn amends(&self) -> Option<&Amended> {
        self.amends.as_deref()
    }
    /// Whether the first part is locked and the AI not shown yet: nothing can be said until it is.
    #[must_use]
    pub const fn awaits_ai(&self) -> bool {
        self.impression.is_some() && self.revealed.is_none()
    }
    /// The number that the next mark gets.
    pub(super) const fn next_mark(&self) -> MarkId {
        MarkId(self.last_mark.saturating_add(1))
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
        self.marks.insert(mark, Mark { shape, anchor, rating: None, class: None });
        Ok(())
    }
    pub(super) fn mark(&mut self, mark: MarkId) -> Result<&mut Mark, Illegal> {
        self.marks.get_mut(&mark).ok_or(Illegal::NoSuchMark)
    }
    pub(super) fn delete(&mut self, mark: MarkId) -> Result<(), Illegal> {
        self.answers.forget(&Subject::Mark(mark));
        self.marks.remove(&mark).map(|_| ()).ok_or(Illegal::NoSuchMark)
    }
    pub(super) fn answer(&mut self, question: QuestionId, subject: Subject, value: AnswerValue) -> Result<(), Illegal> {
        if let Subject::Mark(mark) = subject {
            self.mark(mark)?;
        }
        self.answers.give(question, subject, value);
        Ok(())
    }
    pub(super) fn clear(&mut self, question: &QuestionId, subject: &Subject) -> Result<(), Illegal> {
        if self.answers.take(question, subject) { Ok(()) } else { Err(Illegal::NoSuchAnswer) }
    }
    pub(super) fn cannot_evaluate(&mut self, subject: Subject, reason: String) {
        self.not_evaluable.insert(subject, reason);
    }
    pub(super) fn can_evaluate(&mut self, subject: &Subject) -> Result<(), Illegal> {
        self.not_evaluable.remove(subject).map(|_| ()).ok_or(Illegal::NoSuchAnswer)
    }
    /// Locks what was said so far and keeps it beside what can still be said when the AI is shown.
    pub(super) fn lock_impression(&mut self, at: &Moment, over: Vec<u32>) -> Result<(), Illegal> {
        if self.impression.is_some() || self.revealed.is_some() {
            return Err(Illegal::Revealed);
        }
        self.impression = Some(Box::new(self.clone().lock(at, over)));
        Ok(())
    }
    pub(super) fn reveal(&mut self, at: &Moment) -> Result<(), Illegal> {
        if self.revealed.replace(at.clone()).is_some() { Err(Illegal::Revealed) } else { Ok(()) }
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
