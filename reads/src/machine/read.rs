//! One read: what is assigned, the draft that can change, the locked read that cannot.
//!
//! The change from one to the other is [`Draft::lock`] alone. [`Locked`] has getters and nothing else.

use super::action::AnswerValue;
use super::state::Illegal;
use crate::hanging::FirstView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tiresias_words::{ContentHash, ImageAnchor, MarkId, MarkShape, Moment, QuestionId, ReadId};

/// A read that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Its name.
    pub read: ReadId,
    /// The package that holds the images.
    pub package: ContentHash,
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
}

/// What a reader has said so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    assignment: Assignment,
    answers: BTreeMap<QuestionId, AnswerValue>,
    marks: BTreeMap<MarkId, Mark>,
    last_mark: u32,
    opened: Moment,
    shown: Option<Moment>,
    first_view: Option<FirstView>,
    clock: Clock,
}

/// A finished read.
#[derive(Debug, Clone, PartialEq)]
pub struct Locked {
    draft: Draft,
    at: Moment,
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
            answers: BTreeMap::new(),
            marks: BTreeMap::new(),
            last_mark: 0,
            opened,
            shown: None,
            first_view: None,
            clock: Clock::default(),
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
    pub const fn answers(&self) -> &BTreeMap<QuestionId, AnswerValue> {
        &self.answers
    }
    /// The marks, by number.
    #[must_use]
    pub const fn marks(&self) -> &BTreeMap<MarkId, Mark> {
        &self.marks
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
        self.marks.insert(mark, Mark { shape, anchor, rating: None });
        Ok(())
    }
    pub(super) fn mark(&mut self, mark: MarkId) -> Result<&mut Mark, Illegal> {
        self.marks.get_mut(&mark).ok_or(Illegal::NoSuchMark)
    }
    pub(super) fn delete(&mut self, mark: MarkId) -> Result<(), Illegal> {
        self.marks.remove(&mark).map(|_| ()).ok_or(Illegal::NoSuchMark)
    }
    pub(super) fn answer(&mut self, question: QuestionId, value: AnswerValue) {
        self.answers.insert(question, value);
    }
    pub(super) fn clear(&mut self, question: &QuestionId) -> Result<(), Illegal> {
        self.answers.remove(question).map(|_| ()).ok_or(Illegal::NoSuchAnswer)
    }
    pub(super) fn lock(mut self, at: &Moment) -> Locked {
        self.clock.tick(at);
        self.leave();
        Locked { draft: self, at: at.clone() }
    }
}

impl Locked {
    /// The read's name.
    #[must_use]
    pub const fn read(&self) -> &ReadId {
        self.draft.read()
    }
    /// The package that held the images.
    #[must_use]
    pub const fn package(&self) -> ContentHash {
        self.draft.package()
    }
    /// The answers.
    #[must_use]
    pub const fn answers(&self) -> &BTreeMap<QuestionId, AnswerValue> {
        self.draft.answers()
    }
    /// The marks, by number.
    #[must_use]
    pub const fn marks(&self) -> &BTreeMap<MarkId, Mark> {
        self.draft.marks()
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
}
