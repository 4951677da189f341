//! Two whole studies under real mouse and keys: localisation with marks, and rating with BI-RADS before and after the AI. Keystrokes are counted.

use crate::desktop::{Desktop, ON_THE_IMAGE, Window, demo};
use crate::reading::recorded;
use std::path::Path;
use tiresias_reads::machine::{AnswerValue, Locked, State};
use tiresias_reads::protocol::template;
use tiresias_reads::study::Study;
use tiresias_tests::run::tiresias;
use tiresias_tests::studies::with_cases_of;
use tiresias_words::{QuestionId, ReaderId};

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
    fn recorded(&mut self, kind: &str) {
        recorded(self.window, self.record, &mut self.after, kind, |_| true);
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

fn state(study: &Study) -> State {
    study.open_record("test").expect("the record opens").state(&ReaderId::new("reader-1").expect("a name"))
}

fn is_intact(study: &Study) {
    tiresias(["verify", study.root().to_str().expect("UTF-8")]).and_then(tiresias_tests::run::Ran::done).expect("the record is intact");
}

fn case(read: &Locked, id: &str) -> Option<AnswerValue> {
    read.answers().of_case(&QuestionId::new(id).expect("an id")).cloned()
}

/// Issue 6, done when 1: 12 cases of a study of localisation; at most 12 keystrokes for one without a finding, at most 30 for one with three marks.
#[test]
fn twelve_cases_are_localised_by_mouse_and_keys() {
    let (dir, given) = demo();
    // Each case once.
    let text = template("froc").expect("a template").text.replace(
        "[[condition]]\nid = \"on-request\"\nlabel = \"AI on request\"\nai = { mode = \"on request\", show = [\"outline\", \"score\"] }\n",
        "",
    );
    let text = text.replace("hypothesis = \"superiority\"\nreference = \"unaided\"\ntest = \"on-request\"", "hypothesis = \"estimation\"");
    let study = with_cases_of(given.root(), &text, &dir.path().join("froc")).expect("a study");
    let record = study.record_path();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
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
    window.settle();
    window.kill();
    is_intact(&study);
    let state = state(&study);
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
    let (dir, given) = demo();
    let text = template("sequential").expect("a template").text;
    let (questions, rest) = text.split_once("[[question]]\nid = \"action\"").expect("a question of its own");
    let (_, rest) = rest.split_once("\n[display]").expect("a display");
    let text = format!("{questions}{}{rest}", BIRADS.trim_start());
    let study = with_cases_of(given.root(), &text, &dir.path().join("sequential")).expect("a study");
    let record = study.record_path();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
    let mut hand = Hand { window: &mut window, record: &record, after: 0, keys: 0 };
    let (mut most, reads) = (0, 14);
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
        hand.window.settle();
        let revises = n % 3 == 0;
        if revises {
            hand.press(&["Return"]);
            hand.type_in("80");
            hand.press(&["Tab", "4"]);
            hand.recorded("answered/1");
        }
        hand.press(&["ctrl+Return"]);
        hand.recorded("read-locked/1");
        if !revises {
            most = most.max(hand.keys);
        }
    }
    println!("keystrokes for a case that is read twice, with the one that opens it: {most}");
    assert!(most <= 12, "{most}");
    window.settle();
    window.kill();
    is_intact(&study);
    let state = state(&study);
    assert_eq!((state.locked().len(), state.next()), (reads, None));
    for (n, read) in state.locked().iter().enumerate() {
        let before = read.impression().expect("a first impression");
        let said = |r: &Locked| (case(r, "confidence"), case(r, "birads"));
        let pair = |n: i32, key: &str| (Some(AnswerValue::Scale(n)), Some(AnswerValue::Choice(key.into())));
        assert_eq!(said(before), pair(20, "2"), "case {n}");
        assert_eq!(said(read), if n % 3 == 0 { pair(80, "4") } else { pair(20, "2") }, "case {n}");
        assert!(before.revealed().is_none() && read.revealed().is_some());
    }
}
