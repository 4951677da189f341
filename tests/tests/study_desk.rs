//! The study desk on the command line, as a coordinator and as a script would use it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise and says its sentences, its functions too"
)]

use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tiresias_reads::truth::Truth;
use tiresias_tests::run::{Ran, tiresias_in};
use tiresias_words::ReaderId;

/// A folder with passphrases in files, and a study that begins with a template.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new(template: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("good"), "correct horse battery\n").expect("written");
        fs::write(dir.path().join("other"), "incorrect horse battery\n").expect("written");
        let desk = Self { dir };
        let made = desk.ran(&["study", "new", "STUDY", "--template", template]).done().expect("made");
        assert!(made.out.contains("study check"), "it says what comes next: {}", made.out);
        desk
    }
    fn study(&self) -> PathBuf {
        self.dir.path().join("study")
    }
    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    /// Runs a command in which STUDY is the study and "@name" a file of the folder.
    fn ran(&self, words: &[&str]) -> Ran {
        let words: Vec<&str> = words.iter().map(|word| if *word == "STUDY" { "@study" } else { *word }).collect();
        tiresias_in(self.dir.path(), &words).expect("the program runs")
    }
    fn refused(&self, code: i32, words: &[&str], says: &str) {
        let ran = self.ran(words);
        let sentence = ran.sentence(code).unwrap_or_else(|e| panic!("{words:?}: {e}"));
        assert!(sentence.contains(says), "{words:?}: {sentence}");
        println!("{sentence}");
    }
    fn edit(&self, from: &str, to: &str) {
        let path = self.study().join("protocol.toml");
        let text = fs::read_to_string(&path).expect("a protocol");
        assert!(text.contains(from), "the protocol has no {from:?}");
        fs::write(&path, text.replacen(from, to, 1)).expect("written");
    }
}

const ACCOUNT: [&str; 3] = ["study", "account", "STUDY"];

fn account<'a>(id: &'a str, kind: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let own = ["--id", id, "--kind", kind, "--name", "Somebody", "--new-passphrase-file", "@good"];
    [&ACCOUNT[..], &own, more].concat()
}

const AS_CORA: [&str; 4] = ["--as", "cora", "--passphrase-file", "@good"];

#[test]
fn every_template_begins_a_study_that_has_nothing_to_mend() {
    for template in ["crossover", "sequential", "concurrent", "froc", "mammography", "ordinal"] {
        let desk = Desk::new(template);
        desk.ran(&["study", "check", "STUDY"]).done().unwrap_or_else(|e| panic!("{template}: {e}"));
        let json = desk.ran(&["study", "check", "STUDY", "--json"]).json().expect("one document");
        assert_eq!((&json["ok"], json["findings"].as_array().map(Vec::len)), (&serde_json::json!(true), Some(0)));
    }
    let desk = Desk::new("froc");
    desk.refused(2, &["study", "new", "STUDY"], "the folder is not empty");
    desk.refused(2, &["study", "new", "@elsewhere", "--template", "cross"], "Choose one of crossover");
}

#[test]
fn every_template_is_tried_by_simulated_readers() {
    for (template, areas) in [
        ("crossover", "0.8,0.9"),
        ("sequential", "0.8,0.9"),
        ("concurrent", "0.8,0.9"),
        ("froc", "0.8,0.9"),
        ("mammography", "0.8,0.9"),
        ("ordinal", "0.8"),
    ] {
        let desk = Desk::new(template);
        let simulate = ["simulate", "STUDY", "--readers", "2", "--cases", "8", "--seed", "5", "--auc"];
        desk.refused(2, &[&simulate[..], &["0.8,0.8,0.8"]].concat(), "give one for each");
        let ran = desk.ran(&[&simulate[..], &[areas]].concat()).done().unwrap_or_else(|e| panic!("{template}: {e}"));
        assert!(ran.out.contains("2 readers") && ran.out.contains("signed and merged"), "{template}: {}", ran.out);
        desk.refused(2, &[&simulate[..], &[areas]].concat(), "something in this place");
        fs::write(desk.file("sim"), tiresias::simulate::PASSPHRASE).expect("written");
        let truth = Truth::read(&desk.file("study-simulated").join("truth.json")).unwrap_or_else(|e| panic!("{template}: {e}"));
        assert_eq!(truth.cases().len(), 8);
        let as_manager = ["--as", "manager", "--passphrase-file", "@sim"];
        let merged = desk.ran(&[&["merge", "@study-simulated"][..], &as_manager, &["--json"]].concat()).json().expect("one document");
        assert_eq!((&merged["files"], &merged["conflicts"]), (&serde_json::json!(2), &serde_json::json!([])), "{template}");
        desk.refused(2, &[&["merge", "@study-simulated", "@good"][..], &as_manager].concat(), "nothing of it was taken");
        let as_reader = ["--as", "sim-01", "--passphrase-file", "@sim"];
        desk.refused(2, &[&["merge", "@study-simulated", "@good"][..], &as_reader].concat(), "taking results in is not for it");
        let station = desk.file("study-simulated").join("workstations/sim-01").display().to_string();
        let intact = desk.ran(&["verify", &station, "--json"]).json().expect("one document");
        assert_eq!(intact["signed_by"], "sim-01");
        desk.refused(1, &["verify", &station, "--receipt", "2222-2222-2222"], "something that was signed is missing");
    }
}

#[test]
fn findings_are_named_with_their_lines_and_the_answer_is_no() {
    let desk = Desk::new("froc");
    desk.edit("max = 20", "max = 0");
    desk.edit("question = \"confidence\"", "question = \"courage\"");
    let ran = desk.ran(&["study", "check", "STUDY"]);
    assert_eq!(ran.code, Some(1));
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.len() == 2 && lines.iter().all(|l| l.starts_with("protocol.toml, line ")), "{lines:?}");
    let json = desk.ran(&["study", "check", "STUDY", "--json"]);
    assert_eq!(json.code, Some(1));
    let document: serde_json::Value = serde_json::from_str(&json.out).expect("one document");
    assert!(document["findings"].as_array().is_some_and(|f| f.iter().all(|f| f["line"].is_u64())));
    desk.refused(2, &["study", "check", "@none"], "cannot be read");
}

#[test]
fn a_protocol_is_signed_by_a_coordinator_and_changed_with_a_reason() {
    let desk = Desk::new("ordinal");
    desk.refused(2, &account("rita", "reader", &[]), "first account of a study is a coordinator\u{2019}s");
    let made = desk.ran(&account("cora", "coordinator", &[])).done().expect("made");
    assert!(made.out.contains("Recovery key, shown this once"), "{}", made.out);
    desk.refused(2, &account("rita", "reader", &[]), "`--as`");
    desk.refused(1, &account("rita", "reader", &["--as", "cora", "--passphrase-file", "@other"]), "not the passphrase");
    desk.ran(&account("rita", "reader", &AS_CORA)).done().expect("made");
    desk.refused(2, &account("rita", "reader", &AS_CORA), "already");
    desk.refused(2, &account("x", "radiologist", &AS_CORA), "Choose one of reader");
    let sign = ["study", "sign", "STUDY"];
    let as_rita = ["--as", "rita", "--passphrase-file", "@good"];
    desk.refused(2, &[&sign[..], &as_rita].concat(), "signing the protocol is not for it");
    let signed = desk.ran(&[&sign[..], &AS_CORA].concat()).done().expect("signed");
    assert!(signed.out.contains("version 1") && signed.out.contains("Receipt"), "{}", signed.out);
    desk.refused(2, &[&sign[..], &AS_CORA, &["--reason", "again"]].concat(), "signed already, as version 1");
    desk.edit("seed = 6", "seed = 60");
    desk.refused(2, &[&sign[..], &AS_CORA].concat(), "needs a reason");
    desk.ran(&[&sign[..], &AS_CORA, &["--reason", "another order"]].concat()).done().expect("signed");
    // Somebody who changes what was signed is noticed the next time.
    let versions = desk.study().join("protocol.versions.json");
    let text = fs::read_to_string(&versions).expect("versions");
    fs::write(&versions, text.replace("another order", "no reason")).expect("written");
    desk.edit("seed = 60", "seed = 61");
    desk.refused(2, &[&sign[..], &AS_CORA, &["--reason", "once more"]].concat(), "cannot be trusted");
    // No passphrase is in any file but those it came from.
    for entry in fs::read_dir(desk.study()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let bytes = fs::read(&path).expect("a file");
            assert!(!bytes.windows(13).any(|w| w == b"correct horse"), "{}", path.display());
        }
    }
}

#[test]
fn without_a_terminal_a_passphrase_comes_from_a_file() {
    let desk = Desk::new("ordinal");
    desk.refused(2, &[&ACCOUNT[..], &["--id", "cora", "--kind", "coordinator", "--name", "C"]].concat(), "nobody to type a passphrase");
    fs::write(desk.file("short"), "short").expect("written");
    let short = [&ACCOUNT[..], &["--id", "cora", "--kind", "coordinator", "--name", "C", "--new-passphrase-file", "@short"]].concat();
    desk.refused(2, &short, "at least 10 characters");
    assert!(!desk.study().join("accounts.json").exists());
}

/// They were counted among the cases that somebody has to look at, as if they were handed out.
#[test]
fn cases_that_are_withdrawn_before_the_assignment_are_nobodys_to_look_at() {
    let desk = Desk::new("ordinal");
    desk.ran(&account("cora", "coordinator", &[])).done().expect("made");
    for reader in ["reader-1", "reader-2"] {
        desk.ran(&account(reader, "reader", &AS_CORA)).done().expect("made");
    }
    let source = tiresias_tests::data("series/mr_t1_oblique").expect("test data of the project").display().to_string();
    for case in ["C-1", "C-2", "C-3"] {
        let pack = ["pack", source.as_str(), "--study", "STUDY", "--case", case, "--passphrase-file", "@good"];
        desk.ran(&pack).done().expect("packed");
    }
    let withdraw = ["study", "deviation", "STUDY", "--withdraw", "C-2", "--reason", "a face can be seen"];
    desk.ran(&[&withdraw[..], &AS_CORA].concat()).done().expect("withdrawn");
    desk.ran(&[&["study", "sign", "STUDY"][..], &AS_CORA].concat()).done().expect("signed");
    let assigned = desk.ran(&[&["study", "assign", "STUDY"][..], &AS_CORA].concat()).done().expect("assigned");
    assert!(assigned.out.contains("Nobody signed the contact sheets of 2 of 2 cases"), "{}", assigned.out);
}

#[test]
fn a_study_is_made_packed_signed_assigned_and_handed_out() {
    let desk = Desk::new("ordinal");
    desk.edit("seed = 6", "seed = 600");
    desk.edit("paradigm = \"ordinal\"", "paradigm = \"ordinal\"\ncase_facts = [\"age band\"]");
    desk.ran(&account("cora", "coordinator", &[])).done().expect("made");
    for reader in ["reader-1", "reader-2"] {
        desk.ran(&account(reader, "reader", &AS_CORA)).done().expect("made");
    }
    let sources = ["series/ct_chest", "series/mr_t1_oblique"].map(|s| tiresias_tests::data(s).expect("test data of the project"));
    for (source, case) in sources.iter().zip(["C-1", "C-2"]) {
        let source = source.display().to_string();
        let pack = ["pack", source.as_str(), "--study", "STUDY", "--case", case, "--passphrase-file", "@good"];
        // What readers may be told of a case is what the protocol names.
        desk.refused(2, &[&pack[..], &["--fact", "weight=5 kg"]].concat(), "the case fact \"weight\" is not allowed");
        desk.refused(2, &[&pack[..], &["--fact", "weight"]].concat(), "a name and a text");
        desk.ran(&[&pack[..], &["--fact", "age band=60 to 69"]].concat()).done().expect("packed");
        desk.refused(2, &pack, "is listed already");
    }
    let assign = [&["study", "assign", "STUDY"][..], &AS_CORA].concat();
    desk.refused(2, &assign, "not signed yet");
    desk.ran(&[&["study", "sign", "STUDY"][..], &AS_CORA].concat()).done().expect("signed");
    let hand_out = |reader: &'static str, out: &'static str| ["study", "hand-out", "STUDY", "--reader", reader, "--out", out];
    desk.refused(2, &hand_out("reader-1", "@one"), "not assigned yet");
    let assigned = desk.ran(&assign).done().expect("assigned");
    assert!(assigned.out.contains("reader-1, reader-2") && assigned.out.contains("Receipt"), "{}", assigned.out);
    desk.refused(2, &assign, "assigned already");
    desk.ran(&hand_out("reader-1", "@one")).done().expect("handed out");
    desk.refused(2, &hand_out("reader-1", "@one"), "not empty");
    desk.refused(2, &hand_out("nobody", "@none"), "no reader");
    // The reader's folder is a study of their own: it opens, its packages are intact, and it holds nothing of the desk's.
    let study = tiresias_reads::study::Study::open(&desk.file("one")).expect("a study");
    assert_eq!(study.bundles().len(), 1);
    let told = study
        .bundles()
        .values()
        .flat_map(tiresias_reads::bundle::Bundle::reads)
        .flat_map(|r| &r.facts)
        .map(|f| (f.name.as_str(), f.value.as_str()));
    assert!(told.clone().count() > 0 && told.clone().all(|f| f == ("age band", "60 to 69")), "{:?}", told.collect::<Vec<_>>());
    let packages = fs::read_dir(study.packages_dir()).expect("packages").map(|e| e.expect("an entry").path());
    let packages: Vec<PathBuf> = packages.collect();
    assert_eq!(packages.len(), 2);
    let key = desk.study().join("packages.pub").display().to_string();
    for package in packages {
        let package = package.display().to_string();
        desk.ran(&["verify", &package, "--key", &key]).done().expect("intact, and signed with the study's key");
    }
    // Their seat lets them sign in, and names nobody else.
    let seat = study.seat(&ReaderId::new("reader-1").expect("a reader")).expect("a seat");
    assert_eq!(seat.account().id().as_str(), "reader-1");
    for file in ["bundles/reader-1.json", "seats/reader-1.json"] {
        let text = fs::read_to_string(desk.file("one").join(file)).expect("text");
        assert!(!text.contains("reader-2") && !text.contains("C-1"), "{file}");
        // Who assigned the cases is a signature's name, and nothing of theirs is secret.
        assert_eq!(text.matches("cora").count(), usize::from(file.starts_with("seats")), "{file}");
    }
    // What came later is taken into the same folder; keys need the data manager's passphrase.
    let anew = ["study", "seat", "STUDY", "--reader", "reader-1", "--out"];
    desk.refused(2, &[&anew[..], &["@seat", "--keys", "--key-passphrase-file", "@other"]].concat(), "passphrase is wrong");
    desk.ran(&[&anew[..], &["@seat", "--keys", "--key-passphrase-file", "@good"]].concat()).done().expect("made");
    desk.refused(2, &[&anew[..], &["@seat"]].concat(), "does not exist yet");
    desk.ran(&[&["study", "seat", "STUDY", "--reader", "reader-2", "--out"][..], &["@two"]].concat()).done().expect("made");
    desk.refused(2, &["study", "take-seat", "@one", "@two"], "not that of the reader");
    desk.ran(&["study", "take-seat", "@one", "@seat"]).done().expect("taken");
    let taken = fs::read_to_string(desk.file("one").join("seats/reader-1.json")).expect("text");
    assert_eq!(taken.matches("\"ephemeral\"").count(), 2, "a wrapped key for each package");
    for name in ["accounts.json", "desk.json", "key.age", "assignment.json", "protocol.versions.json"] {
        assert!(desk.study().join(name).is_file() && !desk.file("one").join(name).exists(), "{name}");
    }
    // A case that is withdrawn then is in no folder that is made from then on, and taken off the list by the next seat, which tells neither its name nor why.
    let withdraw = ["study", "deviation", "STUDY", "--withdraw", "C-1", "--reason", "consent is gone"];
    let said = desk.ran(&[&withdraw[..], &AS_CORA].concat()).done().expect("withdrawn");
    assert!(said.out.contains("study seat"), "{}", said.out);
    desk.ran(&hand_out("reader-2", "@second")).done().expect("handed out");
    desk.ran(&[&anew[..], &["@next"]].concat()).done().expect("made");
    desk.ran(&["study", "take-seat", "@one", "@next"]).done().expect("taken");
    for (folder, reader, packages) in [("one", "reader-1", 2), ("second", "reader-2", 1)] {
        let study = tiresias_reads::study::Study::open(&desk.file(folder)).expect("a study");
        assert_eq!(fs::read_dir(study.packages_dir()).expect("packages").count(), packages, "{folder}");
        let bundle = &study.bundles()[&ReaderId::new(reader).expect("a reader")];
        assert_eq!(bundle.reads().iter().filter(|r| study.withdraws(&r.package)).count(), 1, "{folder}");
        let seat = fs::read_to_string(study.root().join(format!("seats/{reader}.json"))).expect("text");
        assert!(!seat.contains("C-1") && !seat.contains("consent"), "{folder}");
    }
}
