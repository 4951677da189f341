//! One simulated reader at one workstation: what they want goes through the machine, the record and the sealed part as a real reader's does.
//!
//! Owns the clock of a simulation. Refuses: to know a study desk; what the reader knows of the cases is given.

use super::{BUILD, PASSPHRASE, SimulateError};
use crate::reveal::open_sealed;
use tiresias_reads::accounts::{Meaning, Passphrase, Unlocked};
use tiresias_reads::machine::{Action, Environment, Event, Refusal, Rules, State, decide, evolve};
use tiresias_reads::record::Record;
use tiresias_reads::seat::Seat;
use tiresias_reads::simulation::{Known, SimulatedReader, Skill, Step};
use tiresias_reads::study::Study;
use tiresias_words::{Moment, ReaderId};

/// The simulated readers begin here at the earliest: 2026-01-05, a Monday, 8:00 UTC; all of it lies in the past.
pub(super) const BEGIN_UTC_MS: i64 = 1_767_600_000_000;
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;
/// No reading takes so many steps; a simulation that does has met a form that it cannot fill in.
pub(super) const MOST_STEPS: usize = 2_000;

/// Where a simulated read stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Something was decided.
    Decided,
    /// What the AI says is shown: it is in memory now.
    Shown,
}

/// What who watches a simulation sees of a step.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The workstation's study.
    pub study: &'a Study,
    /// Where the reader stands.
    pub state: &'a State,
    /// What just happened.
    pub stage: Stage,
    /// Rows of the record that are on the disk.
    pub rows: u64,
}

/// Hears of every step of every reader.
pub type Watch<'a> = dyn FnMut(&Seen<'_>) -> Result<(), SimulateError> + 'a;

/// What a simulated reader is like.
pub(super) struct Person<'a> {
    pub(super) known: &'a Known,
    pub(super) skill: &'a Skill,
    pub(super) seed: u64,
    /// What their machine is called.
    pub(super) machine: &'a str,
    /// Each answer is on the disk before the next, as in the reading room; else a read is recorded when it is locked.
    pub(super) at_once: bool,
}

/// A reader at a workstation: what is decided is recorded case by case, and before anything is shown that must not be forgotten.
struct Sitting<'a> {
    rules: &'a Rules,
    record: Record,
    state: State,
    pending: Vec<Event>,
    now: Moment,
    day: i64,
    at_once: bool,
}

impl<'a> Sitting<'a> {
    fn begin(study: &Study, rules: &'a Rules, person: &Person<'_>) -> Result<Self, SimulateError> {
        let record = study.open_record(BUILD)?;
        let state = record.state(rules.reader());
        // Nobody reads before they were given their cases: on the first morning after.
        let day = (rules.bundle().issued_utc_ms() - BEGIN_UTC_MS + DAY_MS - 1).div_euclid(DAY_MS).max(0);
        let boot = format!("{}-{}", person.machine, rules.reader());
        let first = || Moment { utc_ms: BEGIN_UTC_MS + day * DAY_MS, monotonic_ms: 60_000, boot };
        // A program that was cut off goes on while the machine runs on.
        let now = state.last().cloned().unwrap_or_else(first);
        Ok(Self { rules, record, state, pending: Vec::new(), now, day, at_once: person.at_once })
    }
    fn wait(&mut self, ms: u64) {
        self.now.monotonic_ms = self.now.monotonic_ms.saturating_add(ms);
        self.now.utc_ms = self.now.utc_ms.saturating_add_unsigned(ms);
    }
    /// To the first morning after `utc_ms`.
    fn sleep_until(&mut self, utc_ms: i64) {
        let days = (utc_ms.max(self.now.utc_ms + HOUR_MS) - BEGIN_UTC_MS).div_euclid(DAY_MS) + 1;
        self.day = self.day.max(days);
        let morning = BEGIN_UTC_MS + self.day * DAY_MS;
        self.wait(u64::try_from(morning - self.now.utc_ms).unwrap_or(0));
    }
    /// Decides and goes on; what was decided is recorded with [`Self::commit`].
    fn act(&mut self, action: Action) -> Result<(), Refusal> {
        for event in decide(self.rules, &self.state, action, &self.now)? {
            // `evolve` takes what `decide` makes (a property test of `reads`).
            self.state = evolve(self.state.clone(), &event).map_err(|_| Refusal::Behaviour)?;
            self.pending.push(event);
        }
        Ok(())
    }
    fn must(&mut self, action: Action) -> Result<(), SimulateError> {
        self.act(action).map_err(|refusal| SimulateError::Refused { reader: self.rules.reader().clone(), refusal })
    }
    fn commit(&mut self) -> Result<(), SimulateError> {
        self.record.append(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
    fn seen<'s>(&'s self, study: &'s Study, stage: Stage) -> Seen<'s> {
        Seen { study, state: &self.state, stage, rows: self.record.head().seq }
    }
    fn sign(&mut self, keys: Option<&Unlocked>) -> Result<(), SimulateError> {
        let Some(keys) = keys.filter(|_| self.state.has_unsigned()) else { return Ok(()) };
        self.commit()?;
        let signature = keys.sign(Meaning::Session, &self.record.to_sign(), self.now.utc_ms);
        self.must(Action::Sign(Box::new(signature)))
    }
}

/// Lets one reader read everything that is left, sign, and end. Gives the number of reads that are locked then.
pub(super) fn read(study: &Study, reader: &ReaderId, person: &Person<'_>, watch: &mut Watch<'_>) -> Result<usize, SimulateError> {
    let rules = study.rules(reader)?;
    let seat = study.seat(reader);
    let keys = seat.map(|s| s.open(&Passphrase::known_to_all(PASSPHRASE))).transpose()?;
    let mut simulated = SimulatedReader::new(&rules, person.known, person.skill, person.seed, environment(&rules));
    let mut sitting = Sitting::begin(study, &rules, person)?;
    if sitting.state.session().is_some() {
        sitting.must(Action::StartSession(environment(&rules)))?;
    }
    let mut steps_in_case = 0;
    while let Some(Step { action, after_ms }) = simulated.next(&sitting.state) {
        steps_in_case = if sitting.state.open().is_some() { steps_in_case + 1 } else { 0 };
        if steps_in_case > MOST_STEPS {
            return Err(SimulateError::Endless(reader.clone()));
        }
        sitting.wait(after_ms);
        if matches!(action, Action::EndSession) {
            sitting.sign(keys.as_ref())?;
        }
        match sitting.act(action) {
            Ok(()) => {}
            Err(Refusal::Unusual(_)) => sitting.must(Action::LockAnyway)?,
            Err(Refusal::Washout(due)) => {
                sitting.must(Action::EndSession)?;
                sitting.sleep_until(due.utc_ms);
            }
            Err(Refusal::SessionOver(_)) => {
                sitting.must(Action::EndSession)?;
                sitting.sleep_until(sitting.now.utc_ms);
            }
            Err(Refusal::TrainingFailed) => break,
            Err(refusal) => return Err(SimulateError::Refused { reader: reader.clone(), refusal }),
        }
        simulated.found(show(study, seat, keys.as_ref(), &mut sitting, watch)?);
    }
    if sitting.state.has_unsigned() && sitting.state.session().is_none() {
        sitting.must(Action::StartSession(environment(&rules)))?;
    }
    sitting.sign(keys.as_ref())?;
    if sitting.state.session().is_some() {
        sitting.must(Action::EndSession)?;
    }
    sitting.commit()?;
    Ok(sitting.state.locked().len())
}

/// Carries out what the state allows, as the reading room does: what the AI says is opened when the event is durable, and let go of afterwards. Gives the
/// number of findings.
fn show(
    study: &Study,
    seat: Option<&Seat>,
    keys: Option<&Unlocked>,
    sitting: &mut Sitting<'_>,
    watch: &mut Watch<'_>,
) -> Result<u32, SimulateError> {
    let open = sitting.state.open();
    let is_shown = open.is_some_and(|draft| draft.revealed().is_some() && study.package_dir(&draft.package()).exists());
    if open.is_none() || is_shown || sitting.at_once {
        sitting.commit()?;
    }
    watch(&sitting.seen(study, Stage::Decided))?;
    let mut found = 0;
    if let (Some(_), Some(keys), true) = (seat, keys, is_shown) {
        let findings = open_sealed(study, &sitting.state, Some(keys)).map_err(|e| SimulateError::Sealed(e.to_string()))?;
        watch(&sitting.seen(study, Stage::Shown))?;
        found = u32::try_from(findings.all().len()).unwrap_or(u32::MAX);
    }
    Ok(found)
}

/// A machine that the protocol permits.
fn environment(rules: &Rules) -> Environment {
    Environment::that_fits(rules.protocol(), BUILD)
}
