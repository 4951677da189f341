//! Where one reader stands, and how an event changes it. Replay is [`evolve`] alone.
//!
//! The form of [`State`] leaves no room for what is forbidden: locked reads in order, then at most one draft, then what is ahead.
//! [`evolve`] needs no rules, and refuses an event that `decide` cannot have made on that state: a record that was changed.

use super::event::{Event, Fact};
use super::read::{Assignment, Draft, Locked, Mark};
use crate::accounts::{Kind, Meaning, Signature};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tiresias_words::{ContentHash, Moment, ReadId, ReaderId};

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
    training_passed: bool,
    /// Its reads settle those of others.
    settles: bool,
    /// Cases come again under another code, which nobody is told.
    has_repeats: bool,
    session_began: Option<Moment>,
    last: Option<Moment>,
    latest_utc_ms: Option<i64>,
    clocks: BTreeMap<String, Offsets>,
    last_locks: BTreeMap<ContentHash, Moment>,
    revealed: BTreeSet<ContentHash>,
    /// Where there are hidden repeats: reads after whose lock the AI was shown or a case withdrawn, whatever case it was.
    ended: BTreeSet<ReadId>,
    withdrawn: BTreeSet<ContentHash>,
    unsigned: bool,
}

/// The case between those that are locked and those that are ahead.
#[derive(Debug, Clone, PartialEq)]
enum Current {
    /// None was begun.
    Nothing,
    /// Begun and left.
    Waiting(Box<Draft>),
    /// On the screen.
    Open { draft: Box<Draft>, shown: bool },
}

/// How far the time of day was from the monotonic clock in one run of the machine, milliseconds: the least and the most that any event had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offsets {
    least: i64,
    most: i64,
}

/// How far a reader is, among reads of one kind: in this try of the training, or in the study.
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
    /// Nothing that could be taken back.
    #[error("it takes back a step when there was none")]
    NothingToUndo,
    /// AI that was shown already, or an impression that was locked already.
    #[error("it locks an impression or shows the AI a second time")]
    Revealed,
    /// A finding of the AI that was not shown, or findings that were shown already or before their time.
    #[error("it is about findings of the AI that were not shown, or shows them a second time")]
    Findings,
    /// Two reads that were not to be settled, were shown before their time or a second time, or were settled before they were shown.
    #[error("it shows or settles two reads when it could not")]
    Pair,
    /// Something said beside a decision between two reads.
    #[error("it changes a read while one of two others was accepted")]
    NotOwn,
    /// Something said between the locked impression and the AI.
    #[error("it changes a read whose first part is locked, before the AI was shown")]
    AwaitsAi,
    /// An amendment of a read that is not locked, or while another read was begun.
    #[error("it amends a read that was not locked, or while another was begun")]
    Amendment,
    /// The monotonic clock ran back.
    #[error("the clock ran back before it")]
    Clock,
    /// A signature of somebody else, or over something else.
    #[error("its signature is not the reader\u{2019}s over what comes before it")]
    Signature,
    /// Leave that was not signed, or for another case.
    #[error("it gives leave for another case, or was not signed")]
    Leave,
    /// A case that was withdrawn already, or by nobody's signature.
    #[error("it withdraws a case a second time, or was not signed")]
    Withdrawal,
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
            training_passed: false,
            settles: false,
            has_repeats: false,
            session_began: None,
            last: None,
            latest_utc_ms: None,
            clocks: BTreeMap::new(),
            last_locks: BTreeMap::new(),
            revealed: BTreeSet::new(),
            ended: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            unsigned: false,
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
        let attempt = self.next().filter(|next| next.training).map(|next| next.read.repeat);
        let counts = |a: &&Assignment| match attempt {
            Some(attempt) => a.training && a.read.repeat == attempt,
            None => !a.training,
        };
        // An amendment is of a read that is counted already.
        let draft = self.draft().filter(|d| d.amends().is_none()).map(Draft::assignment);
        let locked = self.locked.iter().map(Locked::assignment).filter(counts).count();
        Progress { locked, of: locked + draft.into_iter().chain(&self.ahead).filter(counts).count() }
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
    /// Whether something was locked that no signature covers yet.
    #[must_use]
    pub const fn has_unsigned(&self) -> bool {
        self.unsigned
    }
    /// Whether the training was passed.
    #[must_use]
    pub const fn training_passed(&self) -> bool {
        self.training_passed
    }
    /// When the running session began.
    #[must_use]
    pub(super) const fn session_began(&self) -> Option<&Moment> {
        self.session_began.as_ref()
    }
    /// The latest time of day of any event so far: a clock that was set back does not undo it. Milliseconds since 1970, UTC.
    #[must_use]
    pub(super) const fn latest_utc_ms(&self) -> Option<i64> {
        self.latest_utc_ms
    }
    /// When a read of this package was locked last, as late as the events of that run of the machine let it have been: a time of day that was wrong only for a
    /// while does not make it earlier. Milliseconds since 1970, UTC.
    #[must_use]
    pub(super) fn package_locked_utc_ms(&self, package: &ContentHash) -> Option<i64> {
        let at = self.last_locks.get(package)?;
        let by_run = self.clocks.get(&at.boot).map(|o| o.most.saturating_add_unsigned(at.monotonic_ms));
        Some(by_run.unwrap_or(i64::MIN).max(at.utc_ms))
    }
    /// What time it is, as early as the events of this run of the machine let it be: a time of day that was set forward does not make it later.
    #[must_use]
    pub(super) fn utc_at_least_ms(&self, now: &Moment) -> i64 {
        let by_run = self.clocks.get(&now.boot).map(|o| o.least.saturating_add_unsigned(now.monotonic_ms));
        by_run.unwrap_or(i64::MAX).min(now.utc_ms)
    }
    /// Whether what the AI says about a package was ever shown to this reader.
    #[must_use]
    pub(super) fn was_revealed(&self, package: &ContentHash) -> bool {
        self.revealed.contains(package)
    }
    /// Whether cases come again under another code.
    #[must_use]
    pub(super) const fn has_repeats(&self) -> bool {
        self.has_repeats
    }
    /// Whether the AI was shown, or a case withdrawn, whatever case it was, after a read was locked. Kept only where there are hidden repeats.
    #[must_use]
    pub(super) fn is_ended(&self, read: &ReadId) -> bool {
        self.ended.contains(read)
    }
    /// Where there are hidden repeats, nothing that was read so far is changed any more: what ended with the one case alone would tell its two codes.
    fn end_what_was_read(&mut self) {
        if self.has_repeats {
            self.ended.extend(self.locked.iter().map(|l| l.read().clone()));
        }
    }
    /// Whether the case of a package takes no further part.
    #[must_use]
    pub(super) fn is_withdrawn(&self, package: &ContentHash) -> bool {
        self.withdrawn.contains(package)
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

    /// The open draft, when something can be said in it.
    fn writable(&mut self) -> Result<&mut Draft, Illegal> {
        let draft = self.open_draft()?;
        match () {
            () if draft.awaits_ai() => Err(Illegal::AwaitsAi),
            () if !draft.is_writable() => Err(Illegal::NotOwn),
            () => Ok(draft),
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
        Fact::CaseOpened { .. } | Fact::WashoutOverridden(_) => state.next().map(|a| a.package),
        Fact::AmendmentOpened { read, .. } => state.locked.iter().find(|l| l.read() == read).map(Locked::package),
        Fact::CaseWithdrawn(word) => Some(word.package),
        // Comes with the lock of the training's last read.
        Fact::TrainingPassed => None,
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
    let at = event.at();
    state.latest_utc_ms = Some(at.utc_ms.max(state.latest_utc_ms.unwrap_or(i64::MIN)));
    let offset = at.utc_ms.saturating_sub_unsigned(at.monotonic_ms);
    let seen = state.clocks.entry(at.boot.clone()).or_insert(Offsets { least: offset, most: offset });
    *seen = Offsets { least: seen.least.min(offset), most: seen.most.max(offset) };
    apply(&mut state, event)?;
    if let (Fact::ImpressionLocked { .. } | Fact::ReadLocked { .. }, Some(package)) = (event.fact(), event.package()) {
        state.unsigned = true;
        state.last_locks.insert(package, at.clone());
    }
    state.last = Some(event.at().clone());
    Ok(state)
}

/// Leaves the screen of the open case; its draft does the same with its clock.
fn pause(state: &mut State, stand: impl FnOnce(&mut Draft)) -> Result<(), Illegal> {
    let Current::Open { draft, shown } = &mut state.current else { return Err(Illegal::NotOpen) };
    stand(draft);
    *shown = false;
    Ok(())
}

/// Whether a signature says that this reader, or adjudicator, made these reads.
pub(super) fn is_session_of(signature: &Signature, state: &State) -> bool {
    let kind = if state.settles { Kind::Adjudicator } else { Kind::Reader };
    signature.meaning == Meaning::Session && signature.kind == kind && signature.signer.as_str() == state.reader.as_str()
}

fn apply(state: &mut State, event: &Event) -> Result<(), Illegal> {
    match event.fact() {
        Fact::Enrolled { bundle, reads } => {
            let own = reads.iter().all(|a| a.read.reader == state.reader);
            let names: BTreeSet<_> = reads.iter().map(|a| &a.read).collect();
            let settling = reads.iter().filter(|a| a.settles).count();
            let of_one_kind = settling == 0 || settling == reads.len() && !reads.iter().any(|a| a.training);
            if state.bundle.is_some() || state.sessions != 0 || !own || names.len() != reads.len() || !of_one_kind {
                return Err(Illegal::Enrolment);
            }
            state.settles = settling > 0;
            state.has_repeats = reads.iter().any(|a| !a.training && !a.settles && a.read.repeat > 1);
            state.bundle = Some(*bundle);
            state.ahead = reads.iter().cloned().collect();
        }
        Fact::SessionStarted(_) => {
            if state.bundle.is_none() {
                return Err(Illegal::Enrolment);
            }
            state.sessions = event.session();
            state.in_session = true;
            state.session_began = Some(event.at().clone());
        }
        Fact::SessionCutOff => {
            state.leave();
            state.in_session = false;
            state.session_began = None;
        }
        Fact::SessionEnded => {
            if state.open().is_some() {
                return Err(Illegal::Opening);
            }
            state.in_session = false;
            state.session_began = None;
        }
        Fact::SessionSigned(signature) => {
            if state.open().is_some() {
                return Err(Illegal::Opening);
            }
            if !is_session_of(signature, state) {
                return Err(Illegal::Signature);
            }
            state.unsigned = false;
        }
        Fact::WashoutOverridden(leave) => {
            if state.open().is_some() || state.next().is_none_or(|next| next.read != leave.read) {
                return Err(Illegal::Opening);
            }
            leave.fits().map_err(|_| Illegal::Leave)?;
        }
        Fact::CaseWithdrawn(word) => {
            if state.open().is_some() {
                return Err(Illegal::Opening);
            }
            if word.fits().is_err() || !state.withdrawn.insert(word.package) {
                return Err(Illegal::Withdrawal);
            }
            if state.draft().is_some_and(|draft| draft.package() == word.package) {
                state.current = Current::Nothing;
            }
            state.ahead.retain(|a| a.package != word.package);
            state.end_what_was_read();
        }
        Fact::CaseOpened { read } => {
            if state.open().is_some() || state.next().is_none_or(|next| next.read != *read) {
                return Err(Illegal::Opening);
            }
            let draft = match std::mem::replace(&mut state.current, Current::Nothing) {
                Current::Waiting(draft) | Current::Open { draft, .. } => draft,
                Current::Nothing => Box::new(Draft::new(state.ahead.pop_front().ok_or(Illegal::Opening)?, event.at().clone())),
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
        Fact::MarkPlaced { mark, shape, anchor } => state.writable()?.place(*mark, shape.clone(), anchor.clone())?,
        Fact::MarkMoved { mark, shape, anchor } => {
            let moved = |mark: &mut Mark| (mark.shape, mark.anchor) = (shape.clone(), anchor.clone());
            state.writable()?.change(*mark, moved)?;
        }
        Fact::MarkRated { mark, rating } => state.writable()?.change(*mark, |m| m.rating = Some(*rating))?,
        Fact::MarkClassified { mark, class } => state.writable()?.change(*mark, |m| m.class = Some(class.clone()))?,
        Fact::MarkDeleted { mark } => state.writable()?.delete(*mark)?,
        Fact::Undone => state.writable()?.undo()?,
        Fact::Answered { question, subject, value } => state.writable()?.answer(question.clone(), subject.clone(), value.clone())?,
        Fact::AnswerCleared { question, subject } => state.writable()?.clear(question, subject)?,
        Fact::NotEvaluable { subject, reason } => state.writable()?.cannot_evaluate(subject.clone(), reason.clone()),
        Fact::Evaluable { subject } => state.writable()?.can_evaluate(subject)?,
        Fact::ImpressionLocked { read, over } => {
            let draft = state.writable()?;
            if draft.read() != read {
                return Err(Illegal::NotOpen);
            }
            draft.lock_impression(event.at(), over.clone())?;
        }
        Fact::AiRevealed { read } => {
            // AI that is there from the first view on comes before the images.
            let Current::Open { draft, .. } = &mut state.current else { return Err(Illegal::NotOpen) };
            if draft.read() != read {
                return Err(Illegal::NotOpen);
            }
            draft.reveal(event.at())?;
            state.revealed.insert(draft.package());
            state.end_what_was_read();
        }
        Fact::PairRevealed { read } => {
            // Where no impression comes first, the two reads may come before the images.
            let Current::Open { draft, .. } = &mut state.current else { return Err(Illegal::NotOpen) };
            if draft.read() != read {
                return Err(Illegal::NotOpen);
            }
            draft.reveal_pair(event.at())?;
        }
        Fact::PairShown(pair) => state.open_draft()?.settle()?.show((**pair).clone())?,
        Fact::Settled { choice } => state.open_draft()?.settle()?.take(*choice)?,
        Fact::ReasonGiven { reason } => state.open_draft()?.settle()?.because(reason.clone())?,
        Fact::FindingsShown { findings } => state.open_draft()?.tell(*findings)?,
        Fact::FindingJudged { finding, verdict } => state.writable()?.judge(*finding, *verdict)?,
        Fact::ReadLocked { read, over } => {
            let draft = state.open_draft()?;
            if draft.read() != read {
                return Err(Illegal::NotOpen);
            }
            if draft.awaits_ai() {
                return Err(Illegal::AwaitsAi);
            }
            if draft.assignment().settles && draft.settling().is_none_or(|s| s.choice().is_none() || s.reason().is_none()) {
                return Err(Illegal::Pair);
            }
            if let Current::Open { draft, .. } = std::mem::replace(&mut state.current, Current::Nothing) {
                let locked = draft.lock(event.at(), over.clone());
                match state.locked.iter_mut().find(|l| l.read() == read) {
                    Some(earlier) => *earlier = locked,
                    None => state.locked.push(locked),
                }
            }
        }
        Fact::AmendmentOpened { read, reason } => {
            let locked = state.locked.iter().find(|l| l.read() == read).ok_or(Illegal::Amendment)?;
            if !matches!(state.current, Current::Nothing) || locked.settled().is_some() {
                return Err(Illegal::Amendment);
            }
            state.current = Current::Open { draft: Box::new(locked.amended(reason.clone())), shown: false };
        }
        Fact::Paused => pause(state, Draft::leave)?,
        Fact::Idle { ms } => pause(state, |draft| draft.idle(*ms))?,
        Fact::TrainingPassed => {
            if !matches!(state.current, Current::Nothing) {
                return Err(Illegal::Opening);
            }
            state.training_passed = true;
            state.ahead.retain(|a| !a.training);
        }
    }
    Ok(())
}
