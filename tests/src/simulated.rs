//! Studies that nobody sat down for: made through the same protocol, decisions and record as a reader's, with a clock that ticks.
//!
//! Owns no rule: every read goes through `decide` and the record. Holds no images, so its packages are names only.

use std::error::Error;
use std::path::Path;
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Assignment, Environment, Rules, Subject, decide};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::Record;
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, Moment, QuestionId, ReaderId};

/// Two conditions, and the question `confidence` from 0 to 100.
pub const PROTOCOL: &str = include_str!("../../reads/tests/two_conditions.toml");
/// The build that the rows of a simulated record name.
pub const BUILD: &str = "simulated";

/// What goes wrong is told to the test that asked.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// The package of a case: a hash that says which one it is.
#[must_use]
pub const fn package(case: u8) -> ContentHash {
    ContentHash([case.wrapping_mul(37); 32])
}

/// Makes a study in `root` for these readers, with cases 1 to `cases`.
///
/// # Errors
/// When the study cannot be made.
pub fn study(root: &Path, readers: &[&str], cases: u8) -> Outcome<Study> {
    let account = |r: &&str| Ok(Account { reader: ReaderId::new(*r)?, display_name: format!("Reader {r}") });
    let accounts = readers.iter().map(account).collect::<Outcome<Vec<_>>>()?;
    let cases: Vec<_> = (1..=cases).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
    let bundles = assign(&Plan {
        protocol: &Protocol::parse(PROTOCOL)?,
        readers: &accounts,
        cases: &cases,
        matrix: None,
        seed: 99,
        issued_utc_ms: 0,
    })?;
    Ok(Study::create(root, PROTOCOL, &bundles)?)
}

/// One reader who reads without images.
struct Reader {
    rules: Rules,
    now: Moment,
}

impl Reader {
    fn act(&mut self, record: &mut Record, action: Action) -> Outcome<()> {
        self.now.monotonic_ms += 500;
        self.now.utc_ms += 500;
        let events = decide(&self.rules, &record.state(self.rules.reader()), action, &self.now)?;
        record.append(&events)?;
        Ok(())
    }
}

/// Lets every reader read and lock all their cases, in the order of the study, `stop` reads before the end of all. `score` gives the
/// confidence for a reader's name and an assignment.
///
/// # Errors
/// When something is refused or cannot be recorded.
pub fn read_all(study: &Study, stop: usize, mut score: impl FnMut(&str, &Assignment) -> i32) -> Outcome<()> {
    let mut record = study.open_record(BUILD)?;
    let mut now = Moment { utc_ms: 1_700_000_000_000, monotonic_ms: 5_000, boot: "boot-1".into() };
    let all: usize = study.bundles().values().map(|bundle| bundle.reads().len()).sum();
    let mut left = all.saturating_sub(stop);
    for name in study.bundles().keys() {
        let mut reader = Reader { rules: study.rules(name)?, now };
        let environment = Environment::new(BUILD.into(), "none".into(), [1920, 1080], 1.0);
        reader.act(&mut record, Action::StartSession(environment))?;
        while let Some(next) = record.state(name).next().cloned().filter(|_| left > 0) {
            left -= 1;
            let value = AnswerValue::Scale(score(name.as_str(), &next));
            let answer = Action::Answer { question: QuestionId::new("confidence")?, subject: Subject::Case, value };
            for action in [Action::OpenCase(next.read), Action::ImagesShown, answer, Action::Lock] {
                reader.act(&mut record, action)?;
            }
        }
        reader.act(&mut record, Action::EndSession)?;
        now = reader.now;
    }
    Ok(())
}
