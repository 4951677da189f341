//! Generated sequences of actions, clocks, crashes and restarts against rules that are written here a second time, on the events alone and with the true time.

use crate::conditions::{DAY, PROTOCOL, keys, proceed, rules_of};
use crate::simulated::{Reading, answer, choose, package, place, reader, start};
use crate::withdrawn::without;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use tiresias_reads::accounts::Meaning;
use tiresias_reads::machine::{Action, Event, Fact, Rules, State, Subject, Verdict, evolve};
use tiresias_reads::protocol::Ai;
use tiresias_words::{ContentHash, FindingId, ReadId};

/// What a generated reader, machine or program does next.
#[derive(Debug, Clone)]
enum Step {
    Proceed(i32),
    Open(usize),
    Reveal,
    Findings(u32),
    Judge(u32),
    Lock,
    LockAnyway,
    Answer(i32),
    Place,
    Amend(usize),
    NotEvaluable,
    Undo,
    Pause,
    Close,
    End,
    /// The program is killed and started again.
    Crash,
    /// The machine is started again, with the right time.
    Reboot,
    Wait(u64),
    /// The time of day is set while a session runs; it is right again at the next start.
    Set(i64),
    Sign,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => prop_oneof![Just(10), Just(90), 0..101i32].prop_map(Step::Proceed),
        3 => (0..40usize).prop_map(Step::Open),
        4 => Just(Step::Reveal),
        3 => (0..4u32).prop_map(Step::Findings),
        3 => (0..4u32).prop_map(Step::Judge),
        3 => Just(Step::Lock),
        2 => Just(Step::LockAnyway),
        3 => (0..101i32).prop_map(Step::Answer),
        2 => Just(Step::Place),
        3 => (0..8usize).prop_map(Step::Amend),
        1 => Just(Step::NotEvaluable),
        2 => Just(Step::Undo),
        1 => Just(Step::Pause),
        2 => Just(Step::Close),
        1 => Just(Step::End),
        2 => Just(Step::Crash),
        1 => Just(Step::Reboot),
        4 => prop_oneof![0..10_000u64, 0..2 * DAY, Just(3 * DAY)].prop_map(Step::Wait),
        1 => Just(Step::Sign),
        3 => prop_oneof![Just(-40i64), Just(40i64), -5..5i64].prop_map(|days| Step::Set(days * 24 * 3_600_000)),
    ]
}

/// The reader, and the true time behind the clocks.
struct World {
    r: Reading,
    /// True milliseconds since the first moment.
    truth: u64,
    /// How far the time of day is off.
    off: i64,
    boots: u32,
}

impl World {
    fn wait(&mut self, ms: u64) {
        self.truth += ms;
        self.r.now.monotonic_ms += ms;
        self.clock();
    }
    fn clock(&mut self) {
        self.r.now.utc_ms = 1_700_000_000_000 + i64::try_from(self.truth).unwrap() + self.off;
    }
    fn actions(&mut self, step: &Step) -> Vec<Action> {
        let r = &self.r;
        match step {
            Step::Proceed(n) => vec![proceed(r, *n)],
            Step::Open(i) => r.rules.bundle().reads().get(*i).map(|a| Action::OpenCase(a.id(r.rules.reader()))).into_iter().collect(),
            Step::Reveal => vec![Action::Reveal],
            Step::Findings(n) => vec![Action::FindingsShown(*n)],
            Step::Judge(n) => vec![Action::JudgeFinding { finding: FindingId(*n), verdict: Verdict::Agree }],
            Step::Lock => vec![Action::Lock],
            Step::LockAnyway => vec![Action::LockAnyway],
            Step::Answer(n) => vec![answer("confidence", *n), choose("why", "shape")],
            Step::Place => vec![place(1.0, 2.0, 3.0)],
            Step::Amend(i) => r
                .state
                .locked()
                .get(*i)
                .map(|l| Action::Amend { read: l.read().clone(), reason: "looked again".into() })
                .into_iter()
                .collect(),
            Step::NotEvaluable => vec![Action::NotEvaluable { subject: Subject::Case, reason: "motion".into() }],
            Step::Undo => vec![Action::Undo],
            Step::Pause => vec![Action::Pause],
            Step::Sign => vec![Action::Sign(Box::new(keys().2.sign(Meaning::Session, &ContentHash([0; 32]), 1)))],
            Step::Close => vec![Action::CloseCase],
            Step::End => vec![Action::EndSession],
            Step::Crash => {
                self.off = 0;
                self.clock();
                vec![start()]
            }
            Step::Reboot => {
                self.boots += 1;
                self.off = 0;
                self.r.now.boot = format!("boot-{}", self.boots);
                self.r.now.monotonic_ms = 5;
                self.clock();
                vec![start()]
            }
            Step::Wait(ms) => {
                self.wait(*ms);
                vec![]
            }
            Step::Set(off) => {
                if self.r.state.session().is_some() {
                    self.off = *off;
                    self.clock();
                }
                vec![]
            }
        }
    }
}

/// The rules a second time, on events and true time alone.
#[derive(Default)]
struct Oracle {
    locked: BTreeMap<ContentHash, u64>,
    impressions: BTreeSet<ReadId>,
    revealed: BTreeSet<ContentHash>,
    /// The reads in the order in which they were locked, after how many locks the AI was shown or a case withdrawn last, and in which reads it was shown.
    locks: Vec<ReadId>,
    shown_after: usize,
    shown_in: BTreeSet<ReadId>,
    opened: Vec<ReadId>,
    findings: BTreeMap<ReadId, (u32, BTreeSet<u32>)>,
    passed: bool,
    last_opened: Option<ReadId>,
    leave: Option<ReadId>,
    overridden: Option<ReadId>,
    /// Of which the seat says that it takes no further part, and whether the record has it.
    withdrawn: Option<ContentHash>,
    is_noted: bool,
    unsigned: bool,
}

impl Oracle {
    fn see(&mut self, event: &Event, rules: &Rules, truth: u64) {
        let training = |read: &ReadId| rules.assigned(read).is_some_and(|a| a.training.is_some());
        let ai = |read: &ReadId| &rules.protocol().condition(&read.condition).expect("known").ai;
        let package = event.package();
        match event.fact() {
            Fact::WashoutOverridden(leave) => {
                assert_eq!(self.leave.as_ref(), Some(&leave.read), "leave that nobody gave");
                self.overridden = Some(leave.read.clone());
            }
            Fact::CaseWithdrawn(word) => {
                assert_eq!(self.withdrawn, Some(word.package), "withdrawn by nobody");
                assert!(!std::mem::replace(&mut self.is_noted, true), "withdrawn twice");
                self.shown_after = self.locks.len();
            }
            Fact::SessionSigned(_) => self.unsigned = false,
            Fact::CaseOpened { read } => {
                assert!(self.withdrawn.is_none() || package != self.withdrawn, "a withdrawn case was opened");
                self.last_opened = Some(read.clone());
                if self.opened.contains(read) {
                    return;
                }
                self.opened.push(read.clone());
                assert!(training(read) || self.passed, "a case of the study before the training was passed");
                assert!(!training(read) || !self.passed, "training after it was passed");
                let is_early = self.overridden.as_ref() == Some(read);
                if let Some(at) = self.locked.get(&package.expect("of a package")).filter(|_| !training(read) && !is_early) {
                    assert!(truth - at >= 3 * DAY, "opened {} ms after the last read of the same case", truth - at);
                }
            }
            Fact::AiRevealed { read } => {
                match ai(read) {
                    Ai::Hidden => panic!("AI where it is hidden"),
                    Ai::Sequential { .. } => assert!(self.impressions.contains(read), "AI before the first lock"),
                    Ai::Concurrent(_) => assert_eq!(self.last_opened.as_ref(), Some(read)),
                    Ai::OnRequest(_) => {}
                }
                self.revealed.insert(package.expect("of a package"));
                self.shown_after = self.locks.len();
                self.shown_in.insert(read.clone());
            }
            Fact::ImpressionLocked { read, .. } => {
                assert!(matches!(ai(read), Ai::Sequential { .. }) && self.impressions.insert(read.clone()));
                self.locked.insert(package.expect("of a package"), truth);
                self.unsigned = true;
            }
            Fact::FindingsShown { findings } => {
                let read = self.last_opened.clone().expect("a case is open");
                assert!(self.revealed.contains(&package.expect("of a package")), "findings before they were revealed");
                assert!(self.findings.insert(read, (*findings, BTreeSet::new())).is_none(), "findings twice");
            }
            Fact::FindingJudged { finding, .. } => {
                let read = self.last_opened.clone().expect("a case is open");
                let (findings, judged) = self.findings.get_mut(&read).expect("judged after they were shown");
                assert!((1..=*findings).contains(&finding.0));
                judged.insert(finding.0);
            }
            Fact::ReadLocked { read, .. } => {
                assert!(!matches!(ai(read), Ai::Sequential { .. }) || self.revealed.contains(&package.expect("of a package")));
                // Locked with the AI is locked after it was seen, and after each finding was judged.
                let asked = ai(read).parts().is_some_and(|p| p.judged);
                let whole = self.findings.get(read).map(|(findings, judged)| !asked || judged.len() == *findings as usize);
                assert!(whole.unwrap_or(!matches!(ai(read), Ai::Sequential { .. } | Ai::Concurrent(_))), "an aided read that is not whole");
                self.locked.insert(package.expect("of a package"), truth);
                self.locks.push(read.clone());
                self.unsigned = true;
            }
            Fact::AmendmentOpened { read, .. } => {
                let number = self.locks.iter().rposition(|l| l == read).expect("a locked read");
                assert!(number >= self.shown_after && !self.shown_in.contains(read), "amended after AI was shown");
                assert!(!training(read), "training amended");
                assert!(self.withdrawn.is_none() || package != self.withdrawn, "a withdrawn case was opened again");
            }
            Fact::TrainingPassed => self.passed = true,
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_opens_early_shows_ai_early_or_amends_late(
        steps in prop::collection::vec(step(), 1..400),
        leave in prop::option::of(0..14usize),
        withdrawn in prop::option::of((prop::sample::select(vec![1, 2, 3, 101, 102_u8]), 0..200usize)),
    ) {
        let rules = rules_of(PROTOCOL, 3, 2);
        let early = leave.and_then(|i| rules.bundle().reads().get(i)).map(|a| a.id(rules.reader()));
        let rules = without(rules, early.as_ref(), &[]);
        let order: Vec<ReadId> = rules.bundle().reads().iter().map(|a| a.id(rules.reader())).collect();
        let mut world = World { r: Reading::new(rules), truth: 0, off: 0, boots: 1 };
        world.clock();
        let mut oracle = Oracle { leave: early, ..Oracle::default() };
        let mut history: Vec<Event> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            // The desk withdraws a case, and the reader takes the seat that says so.
            if let Some((case, _)) = withdrawn.filter(|(_, when)| *when == at) {
                oracle.withdrawn = Some(package(case));
                world.r.rules = without(world.r.rules.clone(), oracle.leave.as_ref(), &[package(case)]);
            }
            for action in world.actions(step) {
                let Ok(events) = world.r.act(action) else { continue };
                for event in events {
                    oracle.see(&event, &world.r.rules, world.truth);
                    prop_assert_eq!(event.reader(), world.r.rules.reader());
                    history.push(event);
                }
            }
            let mut rest = order.iter();
            prop_assert!(oracle.opened.iter().all(|read| rest.any(|o| o == read)), "opened out of the frozen order");
            prop_assert_eq!(world.r.state.has_unsigned(), oracle.unsigned);
            if let Some(draft) = world.r.state.open().filter(|d| d.revealed().is_some()) {
                prop_assert!(oracle.revealed.contains(&draft.package()));
            }
        }
        let replayed = history.iter().try_fold(State::new(reader("r1")), evolve);
        prop_assert_eq!(replayed.as_ref(), Ok(&world.r.state), "replay gives the same state");
        // Nothing of it is another reader's.
        if let Some(first) = history.first() {
            prop_assert!(evolve(State::new(reader("r2")), first).is_err());
        }
    }
}
