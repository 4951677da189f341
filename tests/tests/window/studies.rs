//! Two whole studies under real mouse and keys, from the folder that a study desk handed out to the signature: localisation with marks, and rating with
//! BI-RADS before and after the AI. Keystrokes are counted.

use crate::desktop::{Desktop, ON_THE_IMAGE, Window};
use crate::reading::recorded;
use dicom_object::open_file;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_cases::demo::{Background, build_cases};
use tiresias_reads::machine::{AnswerValue, Locked, State, Verdict};
use tiresias_reads::protocol::template;
use tiresias_reads::record::verify;
use tiresias_reads::study::Study;
use tiresias_tests::desk::Desk;
use tiresias_words::{FindingId, QuestionId, ReaderId};

const PHRASE: &str = "a passphrase of rita";
const CASES: u32 = 12;

/// A desk with demo cases, of which every other one has a finding of the AI, and the folder that it handed out to the one reader.
fn handed_out(template: &str, text: &str) -> (Desk, PathBuf) {
    let desk = Desk::new(template).expect("a desk");
    fs::write(desk.study().join("protocol.toml"), text).expect("written");
    desk.account("rita", "reader", "Dr Rita", PHRASE).expect("an account");
    for (n, case) in (0u32..).zip(build_cases(&Background::shipped().expect("the background"), 11, CASES).expect("cases")) {
        let images = desk.file(&format!("images-{n:02}"));
        case.write_dicom(&images).expect("written");
        let ai = desk.file(&format!("ai-{n:02}.json"));
        fs::write(&ai, finding(&images)).expect("written");
        let [columns, rows, _] = case.geometry.size();
        assert!(columns > 40 && rows > 40, "the finding is on the image");
        desk.pack(&images, &format!("C-{n:02}"), n.is_multiple_of(2).then_some(&ai), &[]).expect("packed");
    }
    desk.sign_and_assign().expect("assigned");
    let folder = desk.hand_out("rita", "rita").expect("handed out");
    (desk, folder)
}

/// One finding on the middle one of these images.
fn finding(images: &Path) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(images).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    let object = open_file(&files[files.len() / 2]).expect("an image");
    let text = |name| {
        object.element_by_name(name).map_or_else(|_| String::new(), |e| e.to_str().expect("text").trim_end_matches(['\0', ' ']).to_owned())
    };
    serde_json::json!({
        "tiresias_ai": 1, "patient_id": text("PatientID"), "algorithm": { "name": "marker", "version": "1" },
        "findings": [{ "score": 0.62, "class": "nodule", "places": [{ "point": { "image": text("SOPInstanceUID"), "at": [30.0, 30.0] } }] }],
    })
    .to_string()
}

/// A reader's hand that counts its keys in a case.
struct Hand<'w, 'd> {
    window: &'w mut Window<'d>,
    record: &'w Path,
    after: i64,
    keys: usize,
}

impl Hand<'_, '_> {
    fn press(&mut self, keys: &[&str]) {
        for key in keys {
            self.window.keys(&[key]);
            self.keys += 1;
        }
    }
    fn type_in(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.press(&[&digit.to_string()]);
        }
    }
    fn recorded(&mut self, kind: &str) -> Value {
        recorded(self.window, self.record, &mut self.after, kind, |_| true)
    }
    /// Opens the next case by Enter, and waits for its images.
    fn open(&mut self) {
        self.keys = 0;
        self.window.settle();
        self.press(&["Return"]);
        self.recorded("case-opened/1");
        self.recorded("images-shown/1");
        self.window.settle();
    }
    /// A mark at a place of its own, rated, and what is asked about it.
    fn mark(&mut self, n: u32, rating: &str, density: &str) {
        // A second click soon after and near by would be one of a double click.
        self.window.click([ON_THE_IMAGE[0] - 150 + 110 * n, ON_THE_IMAGE[1] - 90 + 60 * n]);
        self.recorded("mark-placed/1");
        self.type_in(rating);
        self.press(&["Return"]);
        self.recorded("mark-rated/1");
        self.press(&[density]);
        self.recorded("answered/1");
    }
}

/// Signs at the end of all cases, by keys alone: to the list, to the end of the session, passphrase, receipt. What the record says then.
fn signed_off(mut hand: Hand<'_, '_>, study: &Study) -> State {
    for _ in 0..2 {
        hand.window.settle();
        hand.press(&["Return"]);
    }
    hand.window.passphrase(PHRASE);
    hand.recorded("session-signed/1");
    hand.window.settle();
    hand.window.keep("receipt");
    hand.press(&["Return"]);
    hand.recorded("session-ended/1");
    hand.window.settle();
    let found = verify(&study.record_path()).expect("looked at");
    assert!(found.intact && found.signed_by.as_deref() == Some("rita") && found.receipts.len() == 1, "{found:?}");
    let record = tiresias_tests::studies::wait_for_record(study.root()).expect("the record opens");
    assert!(record.results().is_ok(), "what is signed can be brought back");
    let state = record.state(&ReaderId::new("rita").expect("a name"));
    assert!(!state.has_unsigned());
    state
}

fn case(read: &Locked, id: &str) -> Option<AnswerValue> {
    read.answers().of_case(&QuestionId::new(id).expect("an id")).cloned()
}

/// Issue 6, done when 1: 12 cases of a study of localisation; at most 12 keystrokes for one without a finding, at most 30 for one with three marks.
#[test]
fn twelve_cases_are_localised_by_mouse_and_keys() {
    // Each case once.
    let text = template("froc").expect("a template").text.replace(
        "[[condition]]\nid = \"on-request\"\nlabel = \"AI on request\"\nai = { mode = \"on request\", show = [\"outline\", \"score\"] }\n",
        "",
    );
    let text = text.replace("hypothesis = \"superiority\"\nreference = \"unaided\"\ntest = \"on-request\"", "hypothesis = \"estimation\"");
    let (_desk, folder) = handed_out("froc", &text);
    let study = Study::open(&folder).expect("a study");
    let record = study.record_path();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in_with(PHRASE);
    let mut hand = Hand { window: &mut window, record: &record, after: 0, keys: 0 };
    let (mut without, mut with_three) = (0, 0);
    for n in 0..12 {
        hand.open();
        let marks = [0, 3, 0, 1][n % 4];
        if marks > 0 {
            hand.press(&["m"]);
            for (i, (rating, density)) in [("86", "1"), ("40", "2"), ("7", "3")].iter().take(marks).enumerate() {
                hand.mark(i as u32, rating, density);
            }
            hand.window.settle();
        }
        hand.press(&["Return"]);
        hand.type_in(if marks > 0 { "91" } else { "10" });
        hand.press(&["Return"]);
        hand.recorded("answered/1");
        hand.press(&["ctrl+Return"]);
        hand.recorded("read-locked/1");
        match marks {
            0 => without = without.max(hand.keys),
            3 => with_three = with_three.max(hand.keys),
            _ => {}
        }
    }
    println!("keystrokes, with the one that opens the case: {without} without a finding, {with_three} with three marks");
    assert!(without <= 12 && with_three <= 30, "{without} and {with_three}");
    let state = signed_off(hand, &study);
    assert_eq!((state.locked().len(), state.next()), (12, None));
    for (n, read) in state.locked().iter().enumerate() {
        let ratings: Vec<_> = read.marks().values().map(|m| m.rating).collect();
        let expected: &[Option<i32>] = [&[][..], &[Some(86), Some(40), Some(7)], &[], &[Some(86)]][n % 4];
        assert_eq!(ratings, expected, "case {n}");
        assert_eq!(case(read, "confidence"), Some(AnswerValue::Scale(if expected.is_empty() { 10 } else { 91 })));
    }
}

const BIRADS: &str = r#"
[[question]]
id = "birads"
text = "BI-RADS category"
kind = "choice"
options = [
  { key = "1", label = "1  negative" },
  { key = "2", label = "2  benign" },
  { key = "3", label = "3  probably benign" },
  { key = "4", label = "4  suspicious" },
  { key = "5", label = "5  highly suggestive of malignancy" },
]
required = true

[display]"#;

/// Issue 6, done when 1: rating and BI-RADS, first without the AI and locked, then with it. What was said first stays.
#[test]
fn a_study_is_rated_before_and_after_the_ai() {
    let text = template("sequential").expect("a template").text;
    let (questions, rest) = text.split_once("[[question]]\nid = \"action\"").expect("a question of its own");
    let (_, rest) = rest.split_once("\n[display]").expect("a display");
    let text = format!("{questions}{}{rest}", BIRADS.trim_start());
    let (_desk, folder) = handed_out("sequential", &text);
    let study = Study::open(&folder).expect("a study");
    let record = study.record_path();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in_with(PHRASE);
    let mut hand = Hand { window: &mut window, record: &record, after: 0, keys: 0 };
    // Two cases come again.
    let reads = 14;
    let [mut without, mut with] = [0; 2];
    for n in 0..reads {
        hand.open();
        hand.press(&["Return"]);
        hand.type_in("20");
        hand.press(&["Return", "2"]);
        hand.press(&["ctrl+Return"]);
        hand.recorded("impression-locked/1");
        hand.window.settle();
        hand.press(&["Return"]);
        hand.recorded("ai-revealed/1");
        let shown = hand.recorded("findings-shown/1");
        let has_finding = shown["findings"] == 1;
        hand.window.settle();
        if n < 2 {
            hand.window.keep(&format!("ai-{n}"));
        }
        if has_finding {
            // Nothing is agreed with before the reader says so.
            hand.press(&["ctrl+Return"]);
            hand.window.settle();
            hand.press(&["Escape", "Return"]);
            hand.press(&["1"]);
            hand.recorded("finding-judged/1");
        }
        let revises = n % 3 == 0;
        if revises {
            hand.press(&["Escape", "Return"]);
            hand.type_in("80");
            hand.press(&["Tab", "4"]);
            hand.recorded("answered/1");
        }
        hand.press(&["ctrl+Return"]);
        hand.recorded("read-locked/1");
        match (revises, has_finding) {
            (true, _) => {}
            (false, false) => without = without.max(hand.keys),
            // But for the two keys that tried to lock too early and put the list away.
            (false, true) => with = with.max(hand.keys - 2),
        }
    }
    println!("keystrokes for a case that is read twice, with the one that opens it: {without}, with a finding of the AI {with}");
    assert!((1..=12).contains(&without) && (1..=14).contains(&with), "{without} and {with}");
    let state = signed_off(hand, &study);
    assert_eq!((state.locked().len(), state.next()), (reads, None));
    let mut judged = 0;
    for (n, read) in state.locked().iter().enumerate() {
        let before = read.impression().expect("a first impression");
        let said = |r: &Locked| (case(r, "confidence"), case(r, "birads"));
        let pair = |n: i32, key: &str| (Some(AnswerValue::Scale(n)), Some(AnswerValue::Choice(key.into())));
        assert_eq!(said(before), pair(20, "2"), "case {n}");
        assert_eq!(said(read), if n % 3 == 0 { pair(80, "4") } else { pair(20, "2") }, "case {n}");
        assert!(before.revealed().is_none() && read.revealed().is_some());
        judged += usize::from(read.verdicts().get(&FindingId(1)) == Some(&Verdict::Agree));
    }
    assert!((6..=8).contains(&judged), "{judged} of 12 cases, two of which come again");
}
