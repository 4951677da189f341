//! `bench record`: how long an answer takes until it is on the disk with its hash, beside the least that any answer on this disk takes.
//!
//! The same way as in the reading room: `decide`, append (hash, journal, sync), `evolve`, for one answer at a time in a record of its own. The floor is writing
//! 4 KiB into a file of the same folder and syncing its data (`floor fsync` of the peers). Both take turns, and medians are compared.

use super::{load_average, quantile};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use clap::Args;
use serde_json::json;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Environment, Rules, State, Subject, decide, evolve};
use tiresias_reads::protocol::{Protocol, QuestionKind, template};
use tiresias_reads::record::Record;
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, Moment, QuestionId, ReaderId};

/// Options of `bench record`.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// How many answers.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    answers: u32,
    /// A folder on the disk that is measured; by default the one for temporary files.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Measures.
pub(super) fn record(args: &RecordArgs) -> Result<(), Failure> {
    let scratch = args.dir.clone().unwrap_or_else(std::env::temp_dir).join(format!("tiresias-bench-{}", std::process::id()));
    let measured = both(args, &scratch);
    // A scratch folder that stays is the system's to clean.
    let _ = fs::remove_dir_all(&scratch);
    let [mut ours, mut floor] = measured?;
    ours.sort_by(f64::total_cmp);
    floor.sort_by(f64::total_cmp);
    let ms = |times: &[f64], part| quantile(times, part).unwrap_or_default() * 1e3;
    let (answer, late, sync) = (ms(&ours, 0.5), ms(&ours, 0.99), ms(&floor, 0.5));
    if args.json {
        return say_json(&json!({
            "what": "record", "input": { "answers": args.answers }, "ours": { "answer_ms": answer, "p99_ms": late },
            "floor": { "fsync_ms": sync }, "ratio": { "answer": answer / sync }, "load_average": load_average(),
        }));
    }
    say(&format!(
        "{} answers: {answer:.3} ms each until durable with its hash (99 % below {late:.3} ms); {sync:.3} ms to write and sync 4 KiB: {:.2} x\n",
        args.answers,
        answer / sync
    ))
}

/// A reader with an open case, and a question to answer again and again.
struct Reader {
    rules: Rules,
    record: Record,
    state: State,
    question: QuestionId,
    least: i32,
    now: Moment,
}

impl Reader {
    fn new(root: &Path) -> Result<Self, Failure> {
        let text = template("froc").map_or("", |t| t.text);
        let protocol = Protocol::parse(text)?;
        let scale = protocol.form().questions().iter().find_map(|q| match &q.kind {
            QuestionKind::Scale(scale) => Some((q.id.clone(), scale.min())),
            _ => None,
        });
        let (question, least) = scale.ok_or_else(|| Failure::Input("The protocol that is measured with has no scale.".into()))?;
        let accounts = [Account { reader: ReaderId::new("bench")?, display_name: "Bench".into() }];
        let cases: Vec<_> = (1..=8).map(|n| CaseToRead { package: ContentHash([n; 32]), facts: Vec::new(), training: None }).collect();
        let plan = Plan { protocol: &protocol, readers: &accounts, cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 };
        let study = Study::create(&root.join("study"), text, &assign(&plan)?)?;
        let rules = study.rules(&ReaderId::new("bench")?)?;
        let record = study.open_record(crate::BUILD)?;
        let state = record.state(rules.reader());
        let now = Clock::start().now();
        let mut reader = Self { rules, record, state, question, least, now };
        reader.act(Action::StartSession(Environment::new(crate::BUILD.into(), "none".into(), [1, 1], 1.0)))?;
        let next = reader.state.next().map(|n| n.read.clone()).ok_or_else(|| Failure::Input("Nothing is assigned.".into()))?;
        reader.act(Action::OpenCase(next))?;
        reader.act(Action::ImagesShown)?;
        Ok(reader)
    }
    fn act(&mut self, action: Action) -> Result<(), Failure> {
        self.now.monotonic_ms += 1;
        self.now.utc_ms += 1;
        let events = decide(&self.rules, &self.state, action, &self.now)?;
        self.record.append(&events)?;
        for event in &events {
            self.state = evolve(self.state.clone(), event)?;
        }
        Ok(())
    }
    fn answer(&mut self, n: u32) -> Result<(), Failure> {
        let value = AnswerValue::Scale(self.least + i32::from(n % 2 == 1));
        self.act(Action::Answer { question: self.question.clone(), subject: Subject::Case, value })
    }
}

/// Seconds of each answer, and of each write of the floor.
fn both(args: &RecordArgs, scratch: &Path) -> Result<[Vec<f64>; 2], Failure> {
    fs::create_dir_all(scratch)?;
    let mut reader = Reader::new(scratch)?;
    let mut file = File::create_new(scratch.join("floor"))?;
    let block = [7u8; 4096];
    // Blocks that are there already, so that no length changes with them.
    file.write_all(&block.repeat(256))?;
    file.sync_all()?;
    let clock = Clock::start();
    let seconds = || clock.since_start().as_secs_f64();
    let [mut ours, mut floor] = [const { Vec::new() }; 2];
    for n in 0..args.answers {
        let begun = seconds();
        reader.answer(n)?;
        ours.push(seconds() - begun);
        let begun = seconds();
        file.seek(SeekFrom::Start(u64::from(n % 256) * 4096))?;
        file.write_all(&block)?;
        file.sync_data()?;
        floor.push(seconds() - begun);
    }
    Ok([ours, floor])
}
