//! Where one reader stands, and how an event changes it. Replay is [`evolve`] alone.
//!
//! The form of [`State`] leaves no room for what is forbidden: locked reads in order, then at most one draft, then what is ahead.
//! [`evolve`] needs no rules, and refuses an event that `decide` cannot have made on that state: a record that was changed.

use super::event::{Event, Fact};
use super::read::{Assignment, Draft, Locked};
use std::collections::{BTreeSet, VecDeque};
use tiresias_words::{ContentHash, Moment, ReaderId};

/// Where one reader stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    reader: ReaderId,
    bundle: Option<ContentHash>,
    sessions: u32,
    in_session: bool,
    locked: Vec<Locked>,
    current: Current,
    ahead: VecDeque<Assignment>,
    last: Option<Moment>,
}

/// The case between those that are locked and those that are ahead.
#[derive(Debug, Clone, PartialEq)]
enum Current {
    /// None was begun.
    Nothing,
    /// Begun and left.
    Waiting(Draft),
    /// On the screen.
    Open { draft: Draft, shown: bool },
}

/// How far a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Reads that are locked.
    pub locked: usize,
    /// Reads that are assigned.
    pub of: usize,
}

/// An event that cannot have happened in the state before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// Of another reader.
    #[error("it belongs to another reader")]
    OtherReader,
    /// Session number out of order, or no session.
    #[error("it is not in the session that was running")]
    Session,
    /// Reads were taken over twice, late, for another reader, or one twice.
    #[error("the reads of the reader were taken over wrongly")]
    Enrolment,
    /// Not the next case, or one is open.
    #[error("it opens a case that was not the next, or while another was open")]
    Opening,
    /// About a case while none, or another one, was open.
    #[error("it is about a case that was not open")]
    NotOpen,
    /// An answer, mark or lock before the images were visible.
    #[error("it comes before the images were visible")]
    NotShown,
    /// Images that were visible already.
    #[error("it shows images that were visible already")]
    ShownTwice,
    /// A mark's number out of order.
    #[error("it gives a mark a number out of order")]
    MarkNumber,
    /// A mark that is not there.
    #[error("it is about a mark that was not there")]
    NoSuchMark,
    /// An answer that is not there.
    #[error("it takes back an answer that was not there")]
    NoSuchAnswer,
    /// The monotonic clock ran back.
    #[error("the clock ran back before it")]
    Clock,
}

impl State {
    /// A reader of whom nothing is recorded yet.
    #[must_use]
    pub const fn new(reader: ReaderId) -> Self {
        Self {
            reader,
            bundle: None,
            sessions: 0,
            in_session: false,
            locked: Vec::new(),
            current: Current::Nothing,
            ahead: VecDeque::new(),
            last: None,
        }
    }
    /// Whose state it is.
    #[must_use]
    pub const fn reader(&self) -> &ReaderId {
        &self.reader
    }
    /// The bundle that the reader began with, once they began.
    #[must_use]
    pub const fn bundle(&self) -> Option<ContentHash> {
        self.bundle
    }
    /// The number of the running session, from 1.
    #[must_use]
    pub const fn session(&self) -> Option<u32> {
        if self.in_session { Some(self.sessions) } else { None }
    }
    /// How many sessions were begun.
    #[must_use]
    pub const fn sessions(&self) -> u32 {
        self.sessions
    }
    /// How far the reader is; 0 of 0 before the first session.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let drafts = usize::from(self.draft().is_some());
        Progress { locked: self.locked.len(), of: self.locked.len() + drafts + self.ahead.len() }
    }
    /// The read that is open or can be opened: the draft, or else the first ahead.
    #[must_use]
    pub fn next(&self) -> Option<&Assignment> {
        self.draft().map(Draft::assignment).or_else(|| self.ahead.front())
    }
    /// The reads after the next one, in order: for loading images ahead.
    pub fn later(&self) -> impl Iterator<Item = &Assignment> {
        self.ahead.iter().skip(usize::from(self.draft().is_none()))
    }
    /// The draft, open or left.
    #[must_use]
    pub const fn draft(&self) -> Option<&Draft> {
        match &self.current {
            Current::Nothing => None,
            Current::Waiting(draft) | Current::Open { draft, .. } => Some(draft),
        }
    }
    /// The draft of the open case.
    #[must_use]
    pub const fn open(&self) -> Option<&Draft> {
        match &self.current {
            Current::Open { draft, .. } => Some(draft),
            Current::Nothing | Current::Waiting(_) => None,
        }
    }
    /// Whether a case is open and its images were visible in this opening.
    #[must_use]
    pub const fn images_shown(&self) -> bool {
        matches!(self.current, Current::Open { shown: true, .. })
    }
    /// The locked reads, in the order in which they were made.
    #[must_use]
    pub fn locked(&self) -> &[Locked] {
        &self.locked
    }
    /// When the last event happened.
    #[must_use]
    pub const fn last(&self) -> Option<&Moment> {
        self.last.as_ref()
    }

    /// Whether `now` comes before the last event by the same clock.
    pub(super) fn is_before_last(&self, now: &Moment) -> bool {
        self.last.as_ref().is_some_and(|last| last.boot == now.boot && now.monotonic_ms < last.monotonic_ms)
    }

    fn leave(&mut self) {
        self.current = match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Open { mut draft, .. } => {
                draft.leave();
                Current::Waiting(draft)
            }
            other => other,
        };
    }

    fn open_draft(&mut self) -> Result<&mut Draft, Illegal> {
        match &mut self.current {
            Current::Open { draft, shown: true } => Ok(draft),
            Current::Open { shown: false, .. } => Err(Illegal::NotShown),
            Current::Nothing | Current::Waiting(_) => Err(Illegal::NotOpen),
        }
    }
}

/// The state after an event. For every event that `decide` makes on a state, it is `Ok` on that state.
///
/// # Errors
/// When the event cannot have happened in that state.
pub fn evolve(mut state: State, event: &Event) -> Result<State, Illegal> {
    if *event.reader() != state.reader {
        return Err(Illegal::OtherReader);
    }
    if state.is_before_last(event.at()) {
        return Err(Illegal::Clock);
    }
    let begins = matches!(event.fact(), Fact::Enrolled { .. } | Fact::SessionStarted(_));
    let session = if begins { state.sessions.checked_add(1) } else { state.session() };
    if Some(event.session()) != session || (begins && state.in_session) {
        return Err(Illegal::Session);
    }
    let package = match event.fact() {
        Fact::CaseOpened { .. } => state.next().map(|a| a.package),
        _ => state.open().map(Draft::package),
    };
    if event.package() != package {
        return Err(Illegal::NotOpen);
    }
    // When the program was cut off is not known: the clock of the read stands since the last event before.
    if !matches!(event.fact(), Fact::SessionCutOff)
        && let Current::Open { draft, .. } = &mut state.current
    {
        draft.tick(event.at());
    }
    apply(&mut state, event)?;
    state.last = Some(event.at().clone());
    Ok(state)
}

fn apply(state: &mut State, event: &Event) -> Result<(), Illegal> {
    match event.fact() {
        Fact::Enrolled { bundle, reads } => {
            let own = reads.iter().all(|a| a.read.reader == state.reader);
            let names: BTreeSet<_> = reads.iter().map(|a| &a.read).collect();
            if state.bundle.is_some() || state.sessions != 0 || !own || names.len() != reads.len() {
                return Err(Illegal::Enrolment);
            }
            state.bundle = Some(*bundle);
            state.ahead = reads.iter().cloned().collect();
        }
        Fact::SessionStarted(_) => {
            if state.bundle.is_none() {
                return Err(Illegal::Enrolment);
            }
            state.sessions = event.session();
            state.in_session = true;
        }
        Fact::SessionCutOff => {
            state.leave();
            state.in_session = false;
        }
        Fact::SessionEnded => {
            if state.open().is_some() {
                return Err(Illegal::Opening);
            }
            state.in_session = false;
        }
        Fact::CaseOpened { read } => {
            if state.open().is_some() || state.next().is_none_or(|next| next.read != *read) {
                return Err(Illegal::Opening);
            }
            let draft = match std::mem::replace(&mut state.current, Current::Nothing) {
                Current::Waiting(draft) | Current::Open { draft, .. } => draft,
                Current::Nothing => Draft::new(state.ahead.pop_front().ok_or(Illegal::Opening)?, event.at().clone()),
            };
            state.current = Current::Open { draft, shown: false };
        }
        Fact::ImagesShown => {
            let Current::Open { draft, shown } = &mut state.current else { return Err(Illegal::NotOpen) };
            if std::mem::replace(shown, true) {
                return Err(Illegal::ShownTwice);
            }
            draft.show(event.at());
        }
        Fact::FirstView(view) => state.open_draft()?.begin_with(*view)?,
        Fact::CaseClosed => {
            if state.open().is_none() {
                return Err(Illegal::NotOpen);
            }
            state.leave();
        }
        Fact::Viewed { .. } => {
            if state.open().is_none() {
                return Err(Illegal::NotOpen);
            }
        }
        Fact::MarkPlaced { mark, shape, anchor } => state.open_draft()?.place(*mark, shape.clone(), anchor.clone())?,
        Fact::MarkMoved { mark, shape, anchor } => {
            let mark = state.open_draft()?.mark(*mark)?;
            mark.shape = shape.clone();
            mark.anchor = anchor.clone();
        }
        Fact::MarkRated { mark, rating } => state.open_draft()?.mark(*mark)?.rating = Some(*rating),
        Fact::MarkDeleted { mark } => state.open_draft()?.delete(*mark)?,
        Fact::Answered { question, value } => state.open_draft()?.answer(question.clone(), value.clone()),
        Fact::AnswerCleared { question } => state.open_draft()?.clear(question)?,
        Fact::ReadLocked { read } => {
            if state.open_draft()?.read() != read {
                return Err(Illegal::NotOpen);
            }
            if let Current::Open { draft, .. } = std::mem::replace(&mut state.current, Current::Nothing) {
                state.locked.push(draft.lock(event.at()));
            }
        }
    }
    Ok(())
}
