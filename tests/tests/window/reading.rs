//! One reader at work: three cases read, the program killed in the middle of the fourth, and everything that was acknowledged is there.

use crate::desktop::{Desktop, ON_THE_IMAGE, Window, demo};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tiresias_reads::machine::{AnswerValue, State};
use tiresias_reads::study::Study;
use tiresias_tests::run::tiresias;
use tiresias_words::{MarkId, QuestionId, ReaderId};

/// A row of the record, as any SQLite tool shows it.
#[derive(Debug, Clone)]
struct Row {
    seq: i64,
    kind: String,
    body: String,
}

impl Row {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn rows(record: &Path) -> Vec<Row> {
    // While the program makes the file, there is nothing to read yet.
    let Ok(connection) = Connection::open_with_flags(record, OpenFlags::SQLITE_OPEN_READ_ONLY) else { return vec![] };
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let Ok(mut statement) = connection.prepare("SELECT seq, kind, body FROM event ORDER BY seq") else { return vec![] };
    let rows = statement.query_map([], |row| Ok(Row { seq: row.get(0)?, kind: row.get(1)?, body: row.get(2)? }));
    rows.and_then(Iterator::collect).unwrap_or_default()
}

/// The record grows by rows among which one is as `wanted`.
pub(crate) fn recorded(window: &mut Window<'_>, record: &Path, after: &mut i64, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut found = None;
    window.until(&format!("a row {kind} after row {after} is as wanted"), |_| {
        let row = rows(record).into_iter().find(|row| row.seq > *after && row.kind == kind && wanted(&row.json()));
        found = row;
        found.is_some()
    });
    let row = found.unwrap();
    *after = row.seq;
    row.json()
}

/// What the reader answers in a case.
struct Answers {
    mark: Option<&'static str>,
    confidence: &'static str,
    recall: &'static str,
}

const CASES: [Answers; 3] = [
    Answers { mark: Some("86"), confidence: "91", recall: "2" },
    Answers { mark: None, confidence: "4", recall: "1" },
    Answers { mark: None, confidence: "50", recall: "2" },
];

fn type_in(window: &Window<'_>, digits: &str) {
    for digit in digits.chars() {
        window.keys(&[&digit.to_string()]);
    }
}

/// Looks through the case with wheel, drag and presets; each is seen in the record as what was looked at.
fn look_around(window: &mut Window<'_>, record: &Path, after: &mut i64) {
    window.point_at(ON_THE_IMAGE);
    window.settle();
    let first = window.slice().expect("a slice is shown");
    for n in 1..=3 {
        window.wheel(1);
        window.until("a line of the wheel is a slice", |w| w.slice() == Some(first + n));
    }
    let first = first as f64;
    recorded(window, record, after, "viewed/1", |b| told(b, "s", 1).contains(&vec![0.0, first + 2.0]));
    window.roll(-4);
    window.until("back is back", |w| w.slice() == Some(first as u64 - 1));
    // 60 pixels to the right: wider; 30 down: another level.
    let [x, y] = ON_THE_IMAGE;
    window.drag([x, y], [x + 60, y + 30]);
    recorded(window, record, after, "viewed/1", |b| told(b, "w", 2).iter().any(|w| w[2] > 1500.0 && w[1] != -600.0));
    window.keys(&["2"]);
    recorded(window, record, after, "viewed/1", |b| told(b, "w", 2).contains(&vec![0.0, 40.0, 400.0]));
    window.keys(&["1"]);
    recorded(window, record, after, "viewed/1", |b| told(b, "w", 2).contains(&vec![0.0, -600.0, 1500.0]));
}

/// What a row tells by one word (docs/replay.md): of each change the pane or series, and its numbers.
fn told(body: &Value, word: &str, numbers: usize) -> Vec<Vec<f64>> {
    let rows = body["glimpses"].as_array().unwrap().iter().filter_map(Value::as_array).filter(|row| row[1] == word);
    rows.flat_map(|row| {
        let number = |v: &Value| v.as_f64().unwrap();
        // Milliseconds come before each, those of the first before the word.
        let told = |these: &[Value]| std::iter::once(&row[2]).chain(&these[..numbers]).map(number).collect::<Vec<_>>();
        row[3..].chunks(numbers + 1).map(told).collect::<Vec<_>>()
    })
    .collect()
}

/// Puts a mark on the image and rates it.
fn mark(window: &mut Window<'_>, record: &Path, after: &mut i64, rating: &str) {
    window.keys(&["m"]);
    window.click(ON_THE_IMAGE);
    recorded(window, record, after, "mark-placed/1", |b| b["mark"] == 1);
    window.settle();
    type_in(window, rating);
    let number: i64 = rating.parse().unwrap();
    recorded(window, record, after, "mark-rated/1", |b| b["mark"] == 1 && b["rating"] == number);
}

/// Gives the confidence, by keys, from wherever the focus is.
fn confidence(window: &mut Window<'_>, record: &Path, after: &mut i64, digits: &str) {
    window.settle();
    window.keys(&["Return"]);
    type_in(window, digits);
    window.keys(&["Return"]);
    let number: i64 = digits.parse().unwrap();
    recorded(window, record, after, "answered/1", |b| b["question"] == "confidence" && b["value"]["scale"] == number);
}

/// Recalls or does not, and locks. Enter alone must not lock.
fn recall_and_lock(window: &mut Window<'_>, record: &Path, after: &mut i64, recall: &str) {
    window.settle();
    window.keys(&[recall]);
    recorded(window, record, after, "answered/1", |b| b["question"] == "recall" && b["value"]["choice"].is_string());
    window.settle();
    window.keys(&["Return"]);
    window.settle();
    assert!(!rows(record).iter().any(|r| r.seq > *after && r.kind == "read-locked/1"), "Enter locked a read");
    window.keys(&["ctrl+Return"]);
    recorded(window, record, after, "read-locked/1", |_| true);
    window.settle();
}

/// Asks for the next case by Enter and waits until all of it is on the screen.
fn next_case(window: &mut Window<'_>, record: &Path, after: &mut i64) {
    window.settle();
    window.keys(&["Return"]);
    recorded(window, record, after, "case-opened/1", |_| true);
    recorded(window, record, after, "images-shown/1", |_| true);
}

fn scale(state: &tiresias_reads::machine::Locked, question: &str) -> Option<AnswerValue> {
    state.answers().of_case(&QuestionId::new(question).unwrap()).cloned()
}

/// Where the first reader stands, by a replay of the record.
fn replayed(study: &Study) -> State {
    let record = study.open_record("test").expect("the record opens");
    record.state(&ReaderId::new("reader-1").unwrap())
}

fn is_intact(study: &Study) -> u64 {
    let said = tiresias(["verify", study.root().to_str().unwrap(), "--json"]).unwrap().done().unwrap().json().unwrap();
    assert_eq!((&said["intact"], &said["first_bad"]), (&Value::Bool(true), &Value::Null));
    said["records"].as_u64().unwrap()
}

#[test]
fn three_reads_and_a_draft_survive_sigkill() {
    let (dir, study) = demo();
    let record = study.record_path();
    let desktop = Desktop::new();
    let mut after = 0;
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
    for answers in &CASES {
        next_case(&mut window, &record, &mut after);
        look_around(&mut window, &record, &mut after);
        if let Some(rating) = answers.mark {
            mark(&mut window, &record, &mut after, rating);
        }
        confidence(&mut window, &record, &mut after, answers.confidence);
        recall_and_lock(&mut window, &record, &mut after, answers.recall);
    }
    next_case(&mut window, &record, &mut after);
    mark(&mut window, &record, &mut after, "77");
    confidence(&mut window, &record, &mut after, "64");
    window.kill();

    println!("killed after {after} acknowledged rows; {} rows verified", is_intact(&study));
    let state = replayed(&study);
    assert_eq!(state.locked().len(), 3);
    for (locked, answers) in state.locked().iter().zip(&CASES) {
        assert_eq!(scale(locked, "confidence"), Some(AnswerValue::Scale(answers.confidence.parse().unwrap())));
        let recall = if answers.recall == "2" { "yes" } else { "no" };
        assert_eq!(scale(locked, "recall"), Some(AnswerValue::Choice(recall.into())));
        let ratings: Vec<_> = locked.marks().values().map(|m| m.rating).collect();
        assert_eq!(ratings, answers.mark.map(|r| Some(r.parse().unwrap())).into_iter().collect::<Vec<_>>());
        assert!(locked.reading_ms() > 0 && locked.shown().is_some());
    }
    let draft = state.draft().expect("the draft of the fourth case").clone();
    assert_eq!(draft.marks()[&MarkId(1)].rating, Some(77));
    assert_eq!(draft.answers().of_case(&QuestionId::new("confidence").unwrap()), Some(&AnswerValue::Scale(64)));
    assert_eq!(draft.answers().len(), 1);
    assert_eq!(state.next().map(|n| &n.read), Some(draft.read()), "the list continues with the draft");

    // Started again, the draft goes on where it was, by keys alone.
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
    next_case(&mut window, &record, &mut after);
    window.point_at(ON_THE_IMAGE);
    window.settle();
    window.keys(&["Return"]);
    recall_and_lock(&mut window, &record, &mut after, "2");
    window.kill();
    is_intact(&study);
    let state = replayed(&study);
    assert_eq!(state.locked().len(), 4);
    let fourth = state.locked().last().unwrap();
    assert_eq!((fourth.read(), fourth.marks()), (draft.read(), draft.marks()));
    assert_eq!(scale(fourth, "confidence"), Some(AnswerValue::Scale(64)));

    flipped_bytes_are_named(&record, dir.path());
}

/// In copies of the record file, flips one bit inside the text of a row; `verify` finds each and names the row.
fn flipped_bytes_are_named(record: &Path, folder: &Path) {
    let bytes = fs::read(record).unwrap();
    let position = |body: &str| {
        let mut found = bytes.windows(body.len()).enumerate().filter(|(_, w)| *w == body.as_bytes());
        found.next().filter(|_| found.next().is_none()).map(|(at, _)| at)
    };
    let answers =
        rows(record).into_iter().filter(|r| ["answered/1", "mark-placed/1", "mark-rated/1", "read-locked/1"].contains(&r.kind.as_str()));
    let mut tried = 0;
    for row in answers {
        let Some(at) = position(&row.body) else { continue };
        let mut changed = bytes.clone();
        // The last digit or letter but one: still UTF-8, mostly still JSON.
        changed[at + row.body.len() - 2] ^= 1;
        let copy = folder.join(format!("flipped-{}.sqlite", row.seq));
        fs::write(&copy, changed).unwrap();
        let said = tiresias(["verify", copy.to_str().unwrap()]).unwrap();
        let sentence = said.sentence(1).unwrap();
        assert!(sentence.contains(&format!("Record {} was changed.", row.seq)), "{sentence}");
        let said = tiresias(["verify", copy.to_str().unwrap(), "--json"]).unwrap();
        assert_eq!((said.code, said.json().unwrap()["first_bad"]["record"].as_i64()), (Some(1), Some(row.seq)));
        tried += 1;
    }
    println!("{tried} rows with one flipped bit each were found and named");
    assert!(tried >= 5, "too few rows could be told apart in the file: {tried}");
}
