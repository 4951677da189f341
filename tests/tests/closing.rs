//! The database lock on the command line: who closes reading, what it closes, and what happens before and after it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says its sentences, its functions too"
)]

use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use tiresias_tests::run::{Ran, tiresias_in};

/// A simulated study at its desk, read and merged.
struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new(readers: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("sim"), tiresias::simulate::PASSPHRASE).unwrap();
        let desk = Self { dir };
        desk.done(&["study", "new", "@study", "--template", "crossover"]);
        desk.done(&["simulate", "@study", "--out", "DESK", "--readers", readers, "--cases", "10", "--seed", "5", "--auc", "0.7,0.9"]);
        desk
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    /// Runs a command in which DESK is the study desk and "@name" a file beside it.
    fn ran(&self, words: &[&str]) -> Ran {
        let words: Vec<&str> = words.iter().map(|word| if *word == "DESK" { "@desk" } else { *word }).collect();
        tiresias_in(self.dir.path(), &words).unwrap()
    }
    fn done(&self, words: &[&str]) -> Ran {
        self.ran(words).done().unwrap_or_else(|e| panic!("{words:?}: {e}"))
    }
    fn refused(&self, words: &[&str], says: &str) {
        println!("{}", self.ran(words).refused(says).unwrap_or_else(|e| panic!("{words:?}: {e}")));
    }
    fn manifest(&self, out: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(out).join("manifest.json")).unwrap()).unwrap()
    }
    /// The files that say "open look", in their name or inside.
    fn open_looks(&self, out: &str) -> Vec<String> {
        let files = fs::read_dir(self.path(out)).unwrap().map(|e| e.unwrap().path());
        let says = |file: &PathBuf| {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let is_said = name.contains("open-look") || fs::read_to_string(file).is_ok_and(|t| t.to_lowercase().contains("open look"));
            is_said.then_some(name)
        };
        files.filter_map(|file| says(&file)).collect()
    }
}

const BY: [&str; 2] = ["--passphrase-file", "@sim"];
fn by<'a>(who: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    [words, &["--as", who], &BY].concat()
}

#[test]
fn truth_meets_scores_only_after_two_people_of_different_kinds_closed_reading() {
    let desk = Desk::new("3");
    let analyze = ["analyze", "DESK", "--json"];
    let export = |out: &'static str| ["export", "DESK", "--format", "all", "--truth", "@desk/truth.json", "--out", out];
    // Before the lock nothing meets, and nothing is written.
    desk.refused(&analyze, "Say who you are with `--as ID`");
    desk.refused(&by("statistician", &analyze), "Reading is not closed");
    desk.refused(&by("statistician", &export("@out")), "Reading is not closed");
    desk.refused(&by("statistician", &["export", "DESK", "--format", "csv", "--out", "@out"]), "Reading is not closed");
    desk.refused(&by("coordinator", &[&analyze[..], &["--early-look", "curious"]].concat()), "exporting and looking early is not for it");
    assert!(!desk.path("out").exists() && !desk.path("desk/early-looks.json").exists());
    // Where nothing can come of it, no look is taken.
    fs::create_dir(desk.path("full")).unwrap();
    fs::write(desk.path("full/kept"), "x").unwrap();
    desk.refused(&by("statistician", &[&export("@full")[..], &["--early-look", "curious"]].concat()), "the folder is not empty");
    assert!(!desk.path("desk/early-looks.json").exists());
    // A reader's folder is no place for truth, whatever is said.
    let station = ["analyze", "@desk/workstations/sim-01", "--truth", "@desk/truth.json", "--desk", "DESK", "--early-look", "curious"];
    desk.refused(&station, "folder of a reader");

    // An early look is written down, and marks what comes of it.
    let look = |out| [&export(out)[..], &["--early-look", "the sponsor asks for a safety look"]].concat();
    desk.done(&by("statistician", &look("@early")));
    let manifest = desk.manifest("early");
    assert_eq!((&manifest["open_look"], &manifest["meeting"]["closed"]), (&json!(true), &Value::Null));
    assert_eq!(manifest["meeting"]["early_looks"][0]["signature"]["signer"], "statistician");
    let early = desk.open_looks("early");
    assert!(early.len() > 8, "{early:?}");
    let looks = fs::read_to_string(desk.path("desk/early-looks.json")).unwrap();
    fs::write(desk.path("desk/early-looks.json"), looks.replace("safety", "futility")).unwrap();
    desk.refused(&by("statistician", &look("@later")), "cannot be trusted");
    assert!(!desk.path("later").exists());
    fs::write(desk.path("desk/early-looks.json"), &looks).unwrap();

    // Two people of different kinds close reading.
    let auditor = ["study", "account", "DESK", "--id", "audrey", "--kind", "auditor", "--name", "Audrey", "--new-passphrase-file", "@sim"];
    desk.done(&by("coordinator", &auditor));
    let lock = ["study", "lock", "DESK"];
    desk.refused(&by("sim-01", &lock), "closing the reading is not for it");
    let first = desk.done(&by("coordinator", &lock));
    assert!(first.out.contains("60 of 60 reads") && first.out.contains("A second person"), "{}", first.out);
    desk.refused(&by("coordinator", &lock), "another kind of account (data manager or statistician)");
    desk.refused(&by("statistician", &analyze), "Reading is not closed");
    let second = desk.done(&by("manager", &lock));
    assert!(second.out.contains("Reading is closed") && second.out.contains("Receipt"), "{}", second.out);
    desk.refused(&by("statistician", &lock), "closed already");

    // Now it meets; nothing is marked but that there was a look before.
    desk.refused(&by("statistician", &[&analyze[..], &["--early-look", "again"]].concat()), "take `--early-look` out");
    desk.refused(&by("coordinator", &analyze), "scores are for statisticians");
    let found = desk.done(&by("statistician", &analyze)).json().unwrap();
    assert_eq!((&found["open_look"], &found["n"]["missing"]), (&json!(false), &json!(0)));
    let notes = found["notes"].to_string();
    // People by what they are called, in the order in which they signed.
    let [first, second] = ["Simulated coordinator (coordinator), ", "Simulated data manager (data manager), "];
    assert!(notes.contains(&format!("Reading was closed by {first}")) && notes.contains(&format!(" and {second}")), "{notes}");
    assert!(notes.contains("There was one early look before the database lock: Simulated statistician, "), "{notes}");
    desk.done(&by("statistician", &export("@out")));
    let manifest = desk.manifest("out");
    assert_eq!((&manifest["open_look"], manifest["meeting"]["closed"]["results"].as_array().map(Vec::len)), (&json!(false), Some(3)));
    assert_eq!(desk.open_looks("out"), Vec::<String>::new());
    let names = |out: &str| fs::read_dir(desk.path(out)).unwrap().count();
    assert_eq!(names("out"), names("early"), "the same files, marked and not");
    let verified = desk.done(&["verify", "@out"]);
    assert!(verified.out.contains("signed by \"statistician\""), "{}", verified.out);

    // An auditor sees the same, and takes nothing out of the study but the audit trail, with truth or without.
    let seen = desk.done(&by("audrey", &analyze)).json().unwrap();
    assert_eq!(seen["readers"], found["readers"]);
    for words in [&export("@taken")[..], &["export", "DESK", "--format", "sheet", "--out", "@taken"]] {
        desk.refused(&by("audrey", words), "exporting and looking early is not for it");
    }
    assert!(!desk.path("taken").exists());
    desk.done(&by("audrey", &["export", "DESK", "--format", "audit", "--out", "@trail"]));
}

#[test]
fn after_the_lock_results_come_in_by_a_signed_deviation_alone() {
    let desk = Desk::new("2");
    let late = fs::read_dir(desk.path("desk/results")).unwrap().map(|e| e.unwrap().path());
    let late = late.min().unwrap();
    fs::rename(&late, desk.path("late.tresults")).unwrap();
    // What is missing needs a reason, of the first to sign.
    let lock = ["study", "lock", "DESK"];
    desk.refused(&by("coordinator", &lock), "20 of 40 reads are missing");
    desk.done(&by("coordinator", &[&lock[..], &["--reason", "a reader withdrew"]].concat()));
    desk.refused(&by("manager", &[&lock[..], &["--reason", "I see it otherwise"]].concat()), "gave the reason \"a reader withdrew\"");
    // Results that come in between make the first signature void.
    let merge = ["merge", "DESK", "@late.tresults"];
    desk.done(&by("manager", &merge));
    let anew = desk.done(&by("manager", &lock));
    assert!(anew.out.contains("40 of 40 reads") && anew.out.contains("A second person"), "{}", anew.out);
    fs::remove_file(&late).unwrap();
    desk.refused(&by("coordinator", &lock), "20 of 40 reads are missing");
    desk.done(&by("coordinator", &[&lock[..], &["--reason", "a reader withdrew"]].concat()));
    desk.done(&by("statistician", &lock));

    let analyze = by("statistician", &["analyze", "DESK", "--json", "--fom", "auc"]);
    let found = desk.done(&analyze).json().unwrap();
    assert_eq!(found["n"]["missing"], 20);
    assert!(found["notes"].to_string().contains("closed although something was missing: a reader withdrew"));
    desk.refused(&by("manager", &merge), "reading is closed");
    assert!(!late.exists());
    desk.refused(&by("statistician", &[&merge[..], &["--deviation", "found in the post"]].concat()), "taking results in is not for it");
    desk.done(&by("manager", &[&merge[..], &["--deviation", "found in the post"]].concat()));
    let found = desk.done(&analyze).json().unwrap();
    assert_eq!(found["n"]["missing"], 0);
    assert!(found["notes"].to_string().contains("taken in after the database lock, by Simulated data manager, "), "{}", found["notes"]);
    // What is laid beside them, or taken away, is noticed.
    fs::remove_file(&late).unwrap();
    desk.refused(&analyze, "1 files are gone");
    fs::copy(desk.path("late.tresults"), &late).unwrap();
    desk.done(&analyze);
    let file = desk.path("desk/lock.json");
    let text = fs::read_to_string(&file).unwrap();
    for (from, to) in [("withdrew", "was ill"), ("found in", "lost in"), ("\"coordinator\"", "\"manager\"")] {
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        desk.refused(&analyze, "cannot be trusted");
    }
}

/// What was not planned is written down by who may, changes what it says and nothing else, and goes with every export.
#[test]
fn a_withdrawn_case_a_reader_who_stops_and_a_question_are_in_the_log_and_where_they_count() {
    let desk = Desk::new("3");
    let listed: Value = serde_json::from_slice(&fs::read(desk.path("desk/desk.json")).unwrap()).unwrap();
    let case = listed["cases"].as_object().unwrap().keys().next().unwrap().clone();
    let note = ["study", "deviation", "DESK"];
    let withdraw = [&note[..], &["--withdraw", &case, "--reason", "the patient took back their consent"]].concat();
    desk.refused(&by("sim-01", &withdraw), "recording a deviation is not for it");
    desk.refused(&by("statistician", &withdraw), "recording a deviation is not for it");
    desk.refused(&by("coordinator", &[&note[..], &["--withdraw", "no-such", "--reason", "x"]].concat()), "There is no case \"no-such\"");
    desk.refused(&by("coordinator", &[&note[..], &["--withdraw", &case, "--reason", " "]].concat()), "needs a reason");
    let written = desk.done(&by("coordinator", &withdraw));
    assert!(written.out.contains("number 1 of the log") && written.out.contains("Receipt"), "{}", written.out);
    assert!(written.out.contains("study seat"), "{}", written.out);
    desk.refused(&by("manager", &withdraw), "in the log already, as number 1");

    // A reader whose results never came stops.
    let mut files: Vec<PathBuf> = fs::read_dir(desk.path("desk/results")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let text = fs::read_to_string(&files[0]).unwrap();
    let gone = ["sim-01", "sim-02", "sim-03"].into_iter().find(|id| text.contains(&format!("\"{id}\""))).unwrap();
    fs::remove_file(&files[0]).unwrap();
    let lock = ["study", "lock", "DESK"];
    desk.refused(&by("coordinator", &lock), "18 of 54 reads are missing");
    desk.done(&by("manager", &[&note[..], &["--stopped", gone, "--reason", "moved away"]].concat()));

    // Leave to open a read early is in the reader's next seat.
    let still = ["sim-01", "sim-02"].into_iter().find(|id| *id != gone).unwrap();
    let bundle: Value = serde_json::from_slice(&fs::read(desk.path(&format!("desk/bundles/{still}.json"))).unwrap()).unwrap();
    let read = &bundle["reads"][1];
    let read = format!("{still}/{}/{}/1", read["case"].as_str().unwrap(), read["condition"].as_str().unwrap());
    desk.refused(&by("coordinator", &[&note[..], &["--early", "nonsense", "--reason", "x"]].concat()), "READER/CASE/CONDITION/REPEAT");
    let early = desk.done(&by("coordinator", &[&note[..], &["--early", &read, "--reason", "a holiday"]].concat()));
    assert!(early.out.contains("study seat"), "{}", early.out);
    desk.done(&["study", "seat", "DESK", "--reader", still, "--out", "@seat.json"]);
    let seat = fs::read_to_string(desk.path("seat.json")).unwrap();
    assert!(seat.contains("a holiday") && !seat.contains("consent"), "why a case was withdrawn is in no reader's folder");
    let seat: Value = serde_json::from_str(&seat).unwrap();
    assert_eq!(seat["withdrawals"][0]["package"], listed["cases"][&case]["package"]);

    // The contact sheet of a case is signed by those who pack.
    let looked = ["study", "looked", "DESK", "--case", &case];
    desk.refused(&by("coordinator", &looked), "packing cases is not for it");
    let signed = desk.done(&by("manager", &looked));
    assert!(signed.out.contains("looked at the contact sheet") && signed.out.contains("Nothing that identifies"), "{}", signed.out);

    // A question, its answer, and one that waits.
    let query = ["study", "query", "DESK", "--text"];
    desk.done(&by("coordinator", &[&query[..], &["Which monitor was it?"]].concat()));
    desk.done(&by("manager", &[&query[..], &["The left one.", "--answers", "5"]].concat()));
    desk.refused(&by("manager", &[&query[..], &["Or the right one.", "--answers", "5"]].concat()), "no question that waits");
    desk.done(&by("manager", &[&query[..], &["And in which light?"]].concat()));
    desk.refused(&["study", "log", "DESK"], "--as");
    let log = desk.done(&by("statistician", &["study", "log", "DESK", "--json"])).json().unwrap();
    assert_eq!((log["entries"].as_array().map(Vec::len), &log["open_queries"]), (Some(7), &json!([7])));
    let reader = desk.ran(&by("sim-02", &["study", "log", "DESK"]));
    assert!(reader.sentence(1).unwrap().contains("not for the account of a reader"));

    // Nothing is missing any more: 2 readers, 2 conditions, 9 cases.
    let first = desk.done(&by("coordinator", &lock));
    assert!(first.out.contains("36 of 36 reads"), "{}", first.out);
    desk.done(&by("manager", &lock));

    // What counts does not change any more; what else happens is noted.
    let other = listed["cases"].as_object().unwrap().keys().nth(1).unwrap();
    for what in [["--withdraw", other], ["--stopped", still]] {
        desk.refused(&by("coordinator", &[&note[..], &what, &["--reason", "too late"]].concat()), "what is analysed is what was closed");
    }
    let log = desk.path("desk/log.json");
    let closed = fs::read_to_string(&log).unwrap();
    desk.done(&by("coordinator", &[&note[..], &["--reason", "a monitor broke"]].concat()));
    let whole: Value = serde_json::from_str(&fs::read_to_string(&log).unwrap()).unwrap();
    let mut cut = whole.clone();
    cut["entries"].as_array_mut().unwrap().truncate(6);
    fs::write(&log, cut.to_string()).unwrap();
    desk.refused(&by("statistician", &["analyze", "DESK", "--json"]), "entries of the log before it are gone");
    fs::write(&log, whole.to_string()).unwrap();
    desk.done(&by("statistician", &["analyze", "DESK", "--json"]));
    fs::write(&log, closed).unwrap();
    let found = desk.done(&by("statistician", &["analyze", "DESK", "--json"])).json().unwrap();
    let n = &found["n"];
    let cases = n["diseased"].as_u64().zip(n["normals"].as_u64()).map(|(d, n)| d + n);
    assert_eq!((n["readers"].as_array().map(Vec::len), cases, &n["missing"]), (Some(2), Some(9), &json!(0)), "{n}");
    desk.done(&by("statistician", &["export", "DESK", "--format", "all", "--truth", "@desk/truth.json", "--out", "@out"]));
    let said = desk.manifest("out")["deviations"].to_string();
    assert!(said.contains("took back their consent") && said.contains("reads no more: moved away") && said.contains("a holiday"), "{said}");

    // The desk is intact as a whole, and knows the receipts that people hold.
    let receipt = written.out.lines().find_map(|l| l.strip_prefix("Receipt, to be kept in another place: ")).unwrap();
    let whole = desk.done(&["verify", "DESK", "--receipt", receipt]).out;
    assert!(whole.contains("2 results files") && whole.contains("7 entries of the log; reading is closed"), "{whole}");
    let other = desk.ran(&["verify", "DESK", "--receipt", "2222-2222-2222"]);
    assert!(other.sentence(1).unwrap().contains("is not in it"));

    // A log that was changed stops everything that would rest on it.
    let file = desk.path("desk/log.json");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replace("moved away", "moved house")).unwrap();
    desk.refused(&by("statistician", &["analyze", "DESK", "--json"]), "Number 2 of the log of this study cannot be trusted");
    let broken = desk.ran(&["verify", "DESK"]);
    assert!(broken.sentence(1).unwrap().contains("Number 2 of the log"));
}

/// A passphrase is changed with the one before, or when that is lost with the recovery key.
#[test]
fn a_lost_passphrase_is_replaced_by_the_recovery_key() {
    let desk = Desk::new("2");
    for (file, text) in [("second", "a second long phrase"), ("third", "a third long phrase"), ("short", "x")] {
        fs::write(desk.path(file), text).unwrap();
    }
    let made = desk.done(&[
        "study",
        "account",
        "@study",
        "--id",
        "cora",
        "--kind",
        "coordinator",
        "--name",
        "Cora",
        "--new-passphrase-file",
        "@sim",
    ]);
    let key = made.out.lines().find_map(|l| l.split("keep it in another place: ").nth(1)).unwrap();
    fs::write(desk.path("key"), key).unwrap();
    let change = |old: &'static str, new: &'static str| {
        ["study", "passphrase", "@study", "--id", "cora", "--passphrase-file", old, "--new-passphrase-file", new]
    };
    let opens = |file: &'static str| desk.ran(&["study", "log", "@study", "--as", "cora", "--passphrase-file", file]).code == Some(0);
    desk.refused(&change("@sim", "@short"), "passphrase");
    desk.done(&change("@sim", "@second"));
    assert_eq!([opens("@sim"), opens("@second")], [false, true]);
    let wrong = desk.ran(&change("@sim", "@third"));
    assert!(wrong.sentence(1).unwrap().contains("not the passphrase"));
    let lost = |key: &'static str| [&change(key, "@third")[..], &["--lost"]].concat();
    desk.refused(&lost("@second"), "recovery key");
    desk.done(&lost("@key"));
    assert_eq!([opens("@second"), opens("@third")], [false, true]);
}
