//! Adjudication from the study desk to its results: drawn by command, handed out, settled through the record, taken in again.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says its sentences, its functions too"
)]

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias::simulate::PASSPHRASE;
use tiresias_reads::accounts::{Account, Accounts, Kind, Meaning, Passphrase};
use tiresias_reads::desk::{
    self, AdjudicationError, Adjudications, DeskLog, SignedAssignment, Wanted, draw_adjudication, merged, take_results,
};
use tiresias_reads::discordance::compared;
use tiresias_reads::machine::{Action, AnswerValue, Choice, Environment, Missing, Settling, Subject, Withdrawal, decide, missing};
use tiresias_reads::protocol::QuestionKind;
use tiresias_reads::study::Study;
use tiresias_reads::table::{decisions_table, merged_table};
use tiresias_reads::versions::protocol_of;
use tiresias_tests::desk::simulated_ordinal;
use tiresias_tests::run::{Ran, tiresias_in};
use tiresias_words::{AccountId, Moment, ReadId, ReaderId};
use zeroize::Zeroizing;

/// A desk with the results of two simulated readers, and accounts that do other things.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let people = ["ann", "ben"].map(|name| (name.to_owned(), Kind::Adjudicator));
        simulated_ordinal(dir.path(), 20, &people).unwrap_or_else(|e| panic!("{e}"));
        let desk = Self { dir };
        // Made-up cases have no images: a folder stands for each, so that they can be handed out.
        let (protocol, _) = protocol_of(&desk.root()).expect("a protocol");
        let signed = desk.signed();
        let bundle = signed.bundle(&desk.root(), &protocol, &reader("sim-01")).expect("a bundle");
        for read in bundle.reads() {
            fs::create_dir_all(desk.root().join("packages").join(&read.package.to_string()[..16])).expect("a folder");
        }
        desk
    }
    fn root(&self) -> PathBuf {
        self.dir.path().join("desk")
    }
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    fn accounts(&self) -> Accounts {
        Accounts::open(&self.root().join("accounts.json")).expect("accounts")
    }
    fn signed(&self) -> SignedAssignment {
        SignedAssignment::open(&self.root(), &self.accounts()).expect("assigned")
    }
    fn ran(&self, words: &[&str]) -> Ran {
        tiresias_in(self.dir.path(), words).expect("the program runs")
    }
    fn refused(&self, words: &[&str], says: &str) {
        self.ran(words).refused(says).unwrap_or_else(|e| panic!("{words:?}: {e}"));
    }
}

fn reader(name: &str) -> ReaderId {
    ReaderId::new(name).expect("a name")
}

fn adjudicate<'a>(who: &'a str, by: &'a str) -> Vec<&'a str> {
    vec!["study", "adjudicate", "@desk", "--adjudicator", who, "--as", by, "--passphrase-file", "@phrase"]
}

/// Settles every pair of a folder that was handed out, and writes the results.
fn settle_all(folder: &Path) -> PathBuf {
    let study = Study::open(folder).expect("a study");
    let who = study.bundles().keys().next().expect("an adjudicator").clone();
    let (rules, seat) = (study.rules(&who).expect("rules"), study.seat(&who).expect("a seat").clone());
    let keys = seat.open(&Passphrase::typed(PASSPHRASE.into())).expect("opens");
    let mut record = study.open_record("test").expect("a record");
    let begin = rules.bundle().issued_utc_ms() + 1000;
    let mut now = Moment { utc_ms: begin, monotonic_ms: 5_000, boot: "boot-ann".into() };
    let mut act = |record: &mut tiresias_reads::record::Record, action: Action| {
        now.monotonic_ms += 500;
        now.utc_ms += 500;
        let said = format!("{action:?}");
        let events = decide(&rules, &record.state(&who), action, &now).unwrap_or_else(|e| panic!("{said}: {e}"));
        record.append(&events).expect("recorded");
    };
    let environment = Environment::new("test".into(), "none".into(), [1920, 1080], 1.0);
    act(&mut record, Action::StartSession(environment));
    let mut turn = 0;
    while let Some(next) = record.state(&who).next().cloned() {
        act(&mut record, Action::OpenCase(next.read));
        act(&mut record, Action::ImagesShown);
        // The own impression.
        while let Some(Missing::Answer { question, .. }) = missing(&rules, &record.state(&who)).first() {
            let kind = &rules.protocol().form().question(question).expect("a question").kind;
            let value = match kind {
                QuestionKind::Choice(options) => AnswerValue::Choice(options[0].key.clone()),
                _ => AnswerValue::Number("12".parse().expect("a number")),
            };
            act(&mut record, Action::Answer { question: question.clone(), subject: Subject::Case, value });
        }
        act(&mut record, Action::Lock);
        let pair = seat.open_pair(&rules, &record.state(&who), &keys).expect("opens");
        act(&mut record, Action::PairShown(Box::new(pair)));
        act(&mut record, Action::Settle([Choice::A, Choice::B, Choice::Own][turn % 3]));
        act(&mut record, Action::GiveReason("measured differently".into()));
        act(&mut record, Action::Lock);
        turn += 1;
    }
    let signature = keys.sign(Meaning::Session, &record.to_sign(), begin + 10_000_000);
    act(&mut record, Action::Sign(Box::new(signature)));
    act(&mut record, Action::EndSession);
    let out = folder.join("results.tresults");
    fs::write(&out, record.results().expect("signed")).expect("written");
    out
}

/// Changes a locked read on its reader's workstation, and writes the results.
fn amend(desk: &Desk, read: &ReadId) -> PathBuf {
    let folder = desk.root().join("workstations").join(read.reader.as_str());
    let study = Study::open(&folder).expect("a study");
    let (rules, seat) = (study.rules(&read.reader).expect("rules"), study.seat(&read.reader).expect("a seat").clone());
    let keys = seat.open(&Passphrase::typed(PASSPHRASE.into())).expect("opens");
    let mut record = study.open_record("test").expect("a record");
    let begin = record.state(&read.reader).locked().iter().map(|l| l.at().utc_ms).max().expect("reads") + 86_400_000;
    let mut now = Moment { utc_ms: begin, monotonic_ms: 5_000, boot: "boot-again".into() };
    let mut act = |record: &mut tiresias_reads::record::Record, action: Action| {
        now.monotonic_ms += 500;
        now.utc_ms += 500;
        let said = format!("{action:?}");
        let events = decide(&rules, &record.state(&read.reader), action, &now).unwrap_or_else(|e| panic!("{said}: {e}"));
        record.append(&events).expect("recorded");
    };
    let (id, options) = {
        let question = rules.protocol().form().questions().iter().find_map(|q| match &q.kind {
            QuestionKind::Choice(options) => Some((q.id.clone(), options.clone())),
            _ => None,
        });
        question.expect("a choice")
    };
    let before = record.state(&read.reader).locked().iter().find(|l| l.read() == read).expect("locked").answers().of_case(&id).cloned();
    let other = options.iter().map(|o| AnswerValue::Choice(o.key.clone())).find(|v| Some(v) != before.as_ref()).expect("another");
    act(&mut record, Action::StartSession(Environment::new("test".into(), "none".into(), [1920, 1080], 1.0)));
    act(&mut record, Action::Amend { read: read.clone(), reason: "mistyped".into() });
    act(&mut record, Action::ImagesShown);
    act(&mut record, Action::Answer { question: id, subject: Subject::Case, value: other });
    while let Some(Missing::Answer { question, .. }) = missing(&rules, &record.state(&read.reader)).first() {
        let value = AnswerValue::Number("12".parse().expect("a number"));
        act(&mut record, Action::Answer { question: question.clone(), subject: Subject::Case, value });
    }
    act(&mut record, Action::Lock);
    let signature = keys.sign(Meaning::Session, &record.to_sign(), begin + 10_000_000);
    act(&mut record, Action::Sign(Box::new(signature)));
    act(&mut record, Action::EndSession);
    let out = desk.file("amended.tresults");
    fs::write(&out, record.results().expect("signed")).expect("written");
    out
}

#[test]
fn a_queue_is_drawn_handed_out_settled_and_taken_in() {
    let desk = Desk::new();
    desk.refused(&adjudicate("ann", "manager"), "assigning cases is not for it");
    desk.refused(&adjudicate("sim-01", "coordinator"), "adjudicating is not for it");
    desk.refused(&adjudicate("nobody", "coordinator"), "no account \u{201c}nobody\u{201d}");
    let hand_out = ["study", "hand-out", "@desk", "--reader", "ann", "--out", "@ann"];
    desk.refused(&hand_out, "no reader \"ann\"");
    let before = {
        let (protocol, _) = protocol_of(&desk.root()).unwrap();
        merged_table(&merged(&desk.root(), &desk.signed(), &desk.accounts()).unwrap(), &protocol).unwrap()
    };
    let drawn = desk.ran(&adjudicate("ann", "coordinator")).done().expect("drawn");
    // How much differs is nothing that a coordinator is told.
    let told = drawn.out.replace(&desk.root().display().to_string(), "");
    assert!(told.contains("hand-out") && !told.contains(|c: char| c.is_ascii_digit()), "{told}");
    desk.refused(&adjudicate("ann", "coordinator"), "drawn already");
    let pairs: Vec<_> = Adjudications::open(&desk.root(), &desk.accounts()).unwrap().drawn().cloned().collect();
    assert!(pairs.len() >= 5, "{}", pairs.len());
    // Nothing is left for a second adjudicator: no pair has two.
    desk.refused(&adjudicate("ben", "coordinator"), "no two reads that came back have to be settled by this adjudicator");
    assert_eq!(Adjudications::open(&desk.root(), &desk.accounts()).unwrap().drawn().count(), pairs.len());
    desk.ran(&hand_out).done().expect("handed out");
    // Nothing of a reader is in what ann gets, nor whose reads they are.
    for file in ["bundles/ann.json", "seats/ann.json", "protocol.toml"] {
        let text = fs::read_to_string(desk.file("ann").join(file)).expect("text");
        let names = if file == "protocol.toml" { 0 } else { text.matches("sim-0").count() };
        assert_eq!(names, 0, "{file}");
    }
    assert!(!desk.file("ann").join("pairs.json").exists());
    let results = settle_all(&desk.file("ann"));
    let (accounts, signed) = (desk.accounts(), desk.signed());
    let manager = accounts.get(&AccountId::new("manager").unwrap()).unwrap().open(&Passphrase::typed(PASSPHRASE.into())).unwrap();
    take_results(&desk.root(), &signed, &manager, &results).unwrap_or_else(|e| panic!("{e}"));
    let found = merged(&desk.root(), &signed, &accounts).unwrap();
    assert_eq!(found.conflicts, []);
    let (protocol, _) = protocol_of(&desk.root()).unwrap();
    assert_eq!(merged_table(&found, &protocol).unwrap().rows, before.rows, "decisions take the place of no read");
    let decisions = decisions_table(&found, &protocol).unwrap();
    assert_eq!(decisions.rows.len(), pairs.len());
    let value = |rows: &[tiresias_reads::table::ReadRow], id| rows.iter().find(|r| r.read.read() == id).map(|r| r.rating);
    for pair in &pairs {
        let row = decisions.rows.iter().find(|r| *r.read.read() == pair.read).expect("settled");
        let taken = match row.read.settled().and_then(Settling::choice).expect("a choice") {
            Choice::A => &pair.a,
            Choice::B => &pair.b,
            Choice::Own => continue,
        };
        assert_eq!(Some(row.rating), value(&before.rows, taken), "what was accepted is that read's");
    }
    // A read that was adjudicated is changed afterwards: it comes in by a deviation alone, and what was decided about it counts no more.
    let pair = pairs.iter().find(|p| !p.control).expect("a discordant pair");
    let changed = amend(&desk, &pair.a);
    let merge = ["merge", "@desk", changed.to_str().unwrap(), "--as", "manager", "--passphrase-file", "@phrase"];
    let ran = desk.ran(&merge);
    assert!(ran.out.contains("was changed afterwards") || ran.err.contains("was changed afterwards"), "{} {}", ran.out, ran.err);
    assert_eq!(decisions_table(&merged(&desk.root(), &signed, &accounts).unwrap(), &protocol).unwrap().rows.len(), pairs.len());
    desk.ran(&[&merge[..], &["--deviation", "a typing error, on paper"]].concat()).done().expect("taken in");
    let after = merged(&desk.root(), &signed, &accounts).unwrap();
    assert_eq!(after.conflicts, [], "what a deviation reopened contradicts nothing");
    let settled = decisions_table(&after, &protocol).unwrap();
    let touched = pairs.iter().filter(|p| [&p.a, &p.b].contains(&&pair.a)).count();
    assert_eq!(settled.rows.len(), pairs.len() - touched);
    assert!(!settled.rows.iter().any(|r| *r.read.read() == pair.read), "nothing is decided about it any more");
    let log = desk.ran(&["study", "log", "@desk", "--as", "coordinator", "--passphrase-file", "@phrase"]).done().expect("a log").out;
    assert!(log.contains("have to be settled again: a typing error") && !log.contains(pair.a.case.as_str()), "{log}");
    let json =
        desk.ran(&["study", "log", "@desk", "--json", "--as", "coordinator", "--passphrase-file", "@phrase"]).done().expect("a log").out;
    assert!(json.contains("adjudication-reopened") && !json.contains(pair.a.case.as_str()), "{json}");
    // Another adjudicator may be given it again.
    let third = AccountId::new("cam").unwrap();
    let phrase = Passphrase::new(PASSPHRASE.to_owned()).unwrap();
    let mut more = desk.accounts();
    more.add(Account::create(third, Kind::Adjudicator, "Cam", &phrase, &Zeroizing::new([77; 32])).unwrap().0).unwrap();
    more.save(&desk.root().join("accounts.json")).unwrap();
    let again = desk.ran(&adjudicate("cam", "coordinator"));
    let drawn: Vec<_> =
        Adjudications::open(&desk.root(), &more).unwrap().drawn().filter(|d| d.read.reader == reader("cam")).cloned().collect();
    let is_discordant = after.reads.get(&pair.a).map(|m| m.read.answers()) != after.reads.get(&pair.b).map(|m| m.read.answers());
    assert_eq!(drawn.iter().any(|d| [&d.a, &d.b].contains(&&pair.a)), is_discordant, "{:?} {}", drawn, again.err);

    // Reads and decisions are two exports, each says which it is, and neither has a row of the other.
    for who in ["coordinator", "manager"] {
        desk.ran(&["study", "lock", "@desk", "--as", who, "--passphrase-file", "@phrase"]).done().expect("signed");
    }
    let by = ["--format", "csv", "--as", "statistician", "--passphrase-file", "@phrase"];
    desk.ran(&[&["export", "@desk", "--out", "@reads"][..], &by].concat()).done().expect("exported");
    desk.ran(&[&["export", "@desk", "--adjudicated", "--incomplete", "--out", "@decisions"][..], &by].concat()).done().expect("exported");
    for (folder, set, of, not) in [("reads", "reads", "sim-01", "ann"), ("decisions", "adjudicated", "ann", "sim-01")] {
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(desk.file(folder).join("manifest.json")).expect("a manifest")).expect("JSON");
        assert_eq!(manifest["set"], set);
        let files = manifest["files"].as_object().expect("files");
        let reads = files.keys().find(|f| f.contains("reads")).expect("a table of reads");
        assert_eq!(reads.contains(".adjudicated"), set == "adjudicated", "{reads}");
        let text = fs::read_to_string(desk.file(folder).join(reads)).expect("a table");
        assert!(text.contains(of) && !text.lines().any(|l| l.split(',').any(|cell| cell == not)), "{folder}: {text}");
    }
    // The consensus is one read a case: of two who agree the first, or the decision; a case that nothing settled has none.
    let consensus = |out: &str, more: &[&str]| {
        let words = ["export", "@desk", "--consensus", "--as", "statistician", "--passphrase-file", "@phrase", "--out", out];
        desk.ran(&[&words[..], more].concat())
    };
    consensus("@consensus", &["--format", "csv", "--incomplete"]).done().expect("exported");
    let table = |ending: &str| {
        let file = format!("{}.consensus.incomplete.{ending}.csv", protocol_of(&desk.root()).expect("a protocol").0.study());
        fs::read_to_string(desk.file("consensus").join(file)).expect("a table")
    };
    let (settled, reads) = (table("settled"), table("reads"));
    let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<_> = settled.lines().skip(1).map(cells).collect();
    let packages: std::collections::BTreeSet<_> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!((packages.len(), reads.lines().count() - 1), (rows.len(), rows.len()), "a row a case");
    assert!((1..20).contains(&rows.len()), "{}", rows.len());
    for row in &rows {
        let by = (row[1].as_str(), row[2].as_str(), row[4].as_str());
        assert!(matches!(by, ("majority", "2", "sim-01") | ("adjudicator", "1", "ann" | "ben" | "cam")), "{row:?}");
    }
    assert!(["majority", "adjudicator"].iter().all(|by| rows.iter().any(|row| row[1] == *by)), "{settled}");
    let refused = consensus("@never", &["--format", "imrmc", "--incomplete"]);
    let refused = refused.sentence(2).expect("refused");
    assert!(refused.contains("compares readers"), "{refused}");
    // A queue that somebody changed counts for nothing.
    let file = desk.root().join("adjudication/ann/pairs.json");
    let text = fs::read_to_string(&file).expect("text");
    fs::write(&file, text.replacen("\"sim-01\"", "\"sim-02\"", 1)).expect("written");
    let refused = merged(&desk.root(), &signed, &accounts).expect_err("changed").to_string();
    assert!(refused.contains("cannot be trusted"), "{refused}");
}

/// Who took back their consent is looked at by nobody else, and a draw waits for nothing that will not come.
#[test]
fn withdrawn_cases_and_readers_who_stop_are_neither_drawn_nor_awaited() {
    let desk = Desk::new();
    let (root, accounts) = (desk.root(), desk.accounts());
    let (protocol, _) = protocol_of(&root).expect("a protocol");
    let coordinator = accounts.get(&AccountId::new("coordinator").expect("a name")).expect("an account");
    let keys = coordinator.open(&Passphrase::typed(PASSPHRASE.into())).expect("opens");
    let table = merged_table(&merged(&root, &desk.signed(), &accounts).expect("results"), &protocol).expect("a table");
    let now = table.rows.iter().map(|row| row.read.at().utc_ms).max().expect("reads") + 86_400_000;
    let draw = |who: &str, at: i64| {
        let who = AccountId::new(who).expect("a name");
        draw_adjudication(&root, &accounts, &keys, &who, false, (&Zeroizing::new([5; 32]), at))
    };
    let note = |wanted| DeskLog::add(&root, &accounts, &keys, wanted, "it was asked for", now).unwrap_or_else(|e| panic!("{e}"));
    let differs = compared(&protocol, &table).into_iter().find(|c| !c.differences.is_empty()).expect("a discordant case");
    let listed = desk::Desk::open(&root).expect("a list");
    let (case, _) = listed.cases().iter().find(|(_, c)| c.package == differs.package).expect("its case");
    note(Wanted::WithdrawCase(case.clone()));
    // The results of one reader are out: of their 20 reads, that of the withdrawn case is not awaited.
    let mut files = fs::read_dir(root.join("results")).expect("results").map(|e| e.expect("a file").path());
    let of_second = |path: &PathBuf| fs::read_to_string(path).expect("text").contains("\"sim-02\"");
    let file = files.find(of_second).expect("the second reader's");
    fs::rename(&file, desk.file("aside")).expect("moved");
    assert_eq!(draw("ann", now), Err(AdjudicationError::Outstanding(19)));
    // Nothing more is awaited of who reads no more, so that nothing is left to settle; what they did read counts.
    note(Wanted::StopReader(reader("sim-02")));
    assert!(matches!(draw("ann", now), Err(AdjudicationError::Queue(_))), "{:?}", draw("ann", now));
    fs::rename(desk.file("aside"), &file).expect("moved back");
    draw("ann", now).unwrap_or_else(|e| panic!("{e}"));
    let pairs = |who: &str| -> std::collections::BTreeSet<[ReadId; 2]> {
        let queues = Adjudications::open(&root, &accounts).expect("queues");
        let own = queues.drawn().filter(|d| d.read.reader == reader(who) && !d.control);
        own.map(|d| if d.a < d.b { [d.a.clone(), d.b.clone()] } else { [d.b.clone(), d.a.clone()] }).collect()
    };
    assert!(!pairs("ann").is_empty() && !pairs("ann").iter().any(|pair| pair.contains(&differs.a)), "{:?}", pairs("ann"));
    // What an adjudicator who stops has not settled is another's.
    note(Wanted::StopReader(reader("ann")));
    draw("ben", now + 1).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(pairs("ben"), pairs("ann"));
    // What is withdrawn after the draw is in the next seat of whoever was to settle it.
    let queues = Adjudications::open(&root, &accounts).expect("queues");
    let drawn = queues.drawn().find(|d| d.read.reader == reader("ben")).expect("a case");
    let package = table.rows.iter().find(|row| *row.read.read() == drawn.a).expect("its read").read.package();
    let (case, _) = listed.cases().iter().find(|(_, c)| c.package == package).expect("its case");
    let bundle = queues.bundle(&root, &protocol, &reader("ben")).expect("what was drawn");
    let seat = |words: &[Withdrawal]| queues.seat(&root, &accounts, &bundle, words).unwrap_or_else(|e| panic!("{e}"));
    let before = DeskLog::open(&root, &accounts).expect("a log").withdrawals();
    assert!(!seat(&before).withdraws(&package));
    assert!(seat(&note(Wanted::WithdrawCase(case.clone())).withdrawals()).withdraws(&package));
    // And it opens with the passphrase of the day on which it is made.
    let (old, new) = (Passphrase::typed(PASSPHRASE.into()), Passphrase::known_to_all("another passphrase"));
    let mut since = accounts.clone();
    let ben = since.get(&AccountId::new("ben").unwrap()).unwrap().with_passphrase(&old, &new, &Zeroizing::new([6; 32])).unwrap();
    since.replace(ben).unwrap();
    let anew = queues.seat(&root, &since, &bundle, &before).unwrap_or_else(|e| panic!("{e}"));
    assert!(anew.open(&new).is_ok() && anew.open(&old).is_err());
    // Nobody else has one: neither whom nothing was drawn for, nor a reader.
    assert_eq!(queues.bundle(&root, &protocol, &reader("eve")), Err(AdjudicationError::NotYet(reader("eve"))));
    let of_reader = desk.signed().bundle(&root, &protocol, &reader("sim-01")).expect("a reader's");
    assert_eq!(queues.seat(&root, &accounts, &of_reader, &[]), Err(AdjudicationError::Changed("sim-01".into())));
}
