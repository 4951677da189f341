//! Simulated readers: a study in a folder that goes away, a clock that ticks, and reads made through `decide` and `evolve`.

use std::path::PathBuf;
use tempfile::TempDir;
use tiresias_reads::bundle::{Account, Bundle, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Environment, Event, Refusal, Rules, State, Subject, decide, evolve};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, ImageAnchor, MarkId, MarkShape, Moment, PatientPoint, QuestionId, ReadId, ReaderId, SopUid};

pub(crate) const PROTOCOL: &str = include_str!("../two_conditions.toml");
pub(crate) const BUILD: &str = "test build";

pub(crate) fn protocol() -> Protocol {
    Protocol::parse(PROTOCOL).expect("the fixture is a protocol")
}
pub(crate) fn reader(name: &str) -> ReaderId {
    ReaderId::new(name).expect("a reader id")
}
/// A package hash that says which case it is.
pub(crate) fn package(case: u8) -> ContentHash {
    ContentHash([case.wrapping_mul(37); 32])
}
pub(crate) fn bundles(readers: &[&str], cases: u8) -> Vec<Bundle> {
    let accounts: Vec<_> = readers.iter().map(|r| Account { reader: reader(r), display_name: format!("Reader {r}") }).collect();
    let cases: Vec<_> = (1..=cases).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
    assign(&Plan { protocol: &protocol(), readers: &accounts, cases: &cases, matrix: None, seed: 99, issued_utc_ms: 0 })
        .expect("assignable")
}
pub(crate) fn rules(cases: u8) -> Rules {
    Rules::new(protocol(), bundles(&["r1"], cases).remove(0)).expect("of one protocol")
}

/// A study in a folder of its own.
pub(crate) struct Place {
    pub(crate) study: Study,
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) fn new(readers: &[&str], cases: u8) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let study = Study::create(&dir.path().join("study"), PROTOCOL, &bundles(readers, cases)).expect("a study");
        Self { study, dir }
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// One reader at work.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) rules: Rules,
    pub(crate) state: State,
    pub(crate) now: Moment,
}

impl Reading {
    pub(crate) fn new(rules: Rules) -> Self {
        let state = State::new(rules.reader().clone());
        Self { rules, state, now: Moment { utc_ms: 1_700_000_000_000, monotonic_ms: 5_000, boot: "boot-1".into() } }
    }
    pub(crate) fn tick(&mut self, ms: u64) {
        self.now.monotonic_ms += ms;
        self.now.utc_ms += i64::try_from(ms).expect("a short time");
    }
    /// Decides, and evolves at once: as if the record had taken the events.
    pub(crate) fn act(&mut self, action: Action) -> Result<Vec<Event>, Refusal> {
        let events = decide(&self.rules, &self.state, action, &self.now)?;
        for event in &events {
            self.state = evolve(self.state.clone(), event).expect("what decide makes, evolve takes");
        }
        Ok(events)
    }
    pub(crate) fn must(&mut self, action: Action) -> Vec<Event> {
        let said = format!("{action:?}");
        self.act(action).unwrap_or_else(|refusal| panic!("{said}: {refusal}"))
    }
    pub(crate) fn next_read(&self) -> ReadId {
        self.state.next().expect("something is left").read.clone()
    }
    /// Opens the next case and shows it.
    pub(crate) fn open_next(&mut self) -> Vec<Event> {
        let mut events = self.must(Action::OpenCase(self.next_read()));
        self.tick(400);
        events.extend(self.must(Action::ImagesShown));
        events
    }
    /// Reads the next case from opening to lock, with one mark for each rating in `marks`.
    pub(crate) fn read_next(&mut self, rating: i32, marks: &[i32]) -> Vec<Event> {
        let mut events = self.open_next();
        for mark in marks {
            self.tick(1_000);
            events.extend(self.must(place(f64::from(*mark), -1.5, 0.1)));
            let number = *self.state.open().expect("open").marks().keys().last().expect("a mark");
            events.extend(self.must(Action::RateMark { mark: number, rating: *mark }));
        }
        self.tick(2_000);
        events.extend(self.must(answer("confidence", rating)));
        self.tick(600);
        events.extend(self.must(Action::Lock));
        events
    }
}

pub(crate) fn start() -> Action {
    Action::StartSession(Environment::new(BUILD.into(), "llvmpipe".into(), [1920, 1080], 1.0))
}
pub(crate) fn question(id: &str) -> QuestionId {
    QuestionId::new(id).expect("a question id")
}
pub(crate) fn answer(id: &str, value: i32) -> Action {
    Action::Answer { question: question(id), subject: Subject::Case, value: AnswerValue::Scale(value) }
}
pub(crate) fn choose(id: &str, key: &str) -> Action {
    Action::Answer { question: question(id), subject: Subject::Case, value: AnswerValue::Choice(key.into()) }
}
pub(crate) fn clear(id: &str) -> Action {
    Action::ClearAnswer { question: question(id), subject: Subject::Case }
}
pub(crate) fn somewhere(x: f64, y: f64, z: f64) -> (MarkShape, ImageAnchor) {
    let image = SopUid::new("2.25.1234").expect("a uid");
    (MarkShape::point(PatientPoint::new(x, y, z)), ImageAnchor { image, frame: 0, column: x.abs(), row: y.abs() })
}
pub(crate) fn place(x: f64, y: f64, z: f64) -> Action {
    let (shape, anchor) = somewhere(x, y, z);
    Action::PlaceMark { shape, anchor }
}
pub(crate) fn rate(mark: u32, rating: i32) -> Action {
    Action::RateMark { mark: MarkId(mark), rating }
}
