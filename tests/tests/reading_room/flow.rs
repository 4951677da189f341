//! From case to case: the first impression and the AI, training that tells, a pause that blanks the screen, a locked case that is changed.

use crate::sitting::{Demo, Opening, Sitting};
use crate::templates::{open_case, opened, press, question, reader, study_of};
use crate::written::wait_for_record;
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::NodeT as _;
use tiresias_reads::machine::{AnswerValue, Fact};
use tiresias_reads::protocol::template;

fn of(name: &str) -> &'static str {
    template(name).expect("a template").text
}

/// What is said before the AI is locked, stays beside what is said after it, and nothing can be said in between.
#[test]
fn a_first_impression_is_locked_before_the_ai_and_stays_beside_the_revision() {
    let demo = Demo::new();
    let root = study_of(&demo, of("sequential"), "sequential");
    let mut room = opened(&root, [1280, 800]);
    assert!(room.says("Lock the first impression") && !room.says("Show the AI"));
    press(&mut room, ">30>2");
    room.until_says("After how many months?");
    press(&mut room, "6!");
    room.until_says("Show the AI");
    assert!(room.says("Your first impression") && room.says("6 months"), "what was locked stays in sight");
    assert!(!room.says("biopsy") && !room.says("definitely present"), "nothing is asked until the AI is shown");
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.rest();
    assert!(room.says("Show the AI"), "the lock is not the way to the AI");
    room.key(Key::Escape);
    room.key(Key::Enter);
    room.until_says("before the AI: 30");
    assert!(room.says("before the AI: follow-up CT") && room.says("before the AI: 6 months") && room.says("Lock this read"));
    press(&mut room, ">");
    room.rest();
    room.press_named("What do you advise? 3 biopsy");
    room.rest();
    press(&mut room, "!");
    room.until_says("is locked.");
    assert!(!room.says("Change this case"), "what was shown the AI is not amended");
    drop(room);
    let state = wait_for_record(&root).state(&reader("reader-1"));
    let read = &state.locked()[0];
    let advised = |r: &tiresias_reads::machine::Locked| r.answers().of_case(&question("action")).cloned();
    let choice = |key: &str| Some(AnswerValue::Choice(key.into()));
    assert_eq!((advised(read.impression().expect("an impression")), advised(read)), (choice("follow-up"), choice("biopsy")));
}

/// After a lock of the training the reader is told what the case was, and how the training goes on; then the study begins.
#[test]
fn training_tells_what_a_case_was() {
    let demo = Demo::new();
    let root = study_of(&demo, of("crossover"), "training");
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.until_says("Training, try 1 of 2. 80 of 100 must be right");
    let mut told = Vec::new();
    for n in 1..=4 {
        open_case(&mut room);
        let bar = format!("training {} of 2", (n - 1) % 2 + 1);
        assert!(room.says(&bar), "{bar}");
        // The first try is all called positive, of which half is right.
        let signal = told_signal(&root);
        let rating = if n <= 2 || signal { "90" } else { "10" };
        press(&mut room, &format!(">{rating}>1!"));
        room.until_says("is locked.");
        let said = room.words().into_iter().find(|w| w.starts_with("There was")).expect("feedback");
        assert_eq!(said.starts_with("There was something to find"), signal, "{said}");
        told.push(said.contains("says so"));
        let then = room.words().join("\n");
        match n {
            2 => assert!(then.contains("The training begins anew."), "{then}"),
            4 => assert!(then.contains("The training is passed. The study begins with the next case."), "{then}"),
            _ => assert!(!then.contains("training"), "{then}"),
        }
    }
    assert_eq!(told[2..], [true, true]);
    assert_eq!(told[..2].iter().filter(|right| **right).count(), 1);
    open_case(&mut room);
    assert!(!room.says("training"));
    press(&mut room, ">90>1!");
    room.until_says("is locked.");
    assert!(!room.says("There was"), "nothing is told of a case of the study");
}

/// Whether the case that is open is one with something to find: the study's file says so of training cases alone.
fn told_signal(root: &std::path::Path) -> bool {
    let study = tiresias_reads::study::Study::open(root).expect("the study");
    let rules = study.rules(&reader("reader-1")).expect("rules");
    // The record is the program's while it runs; its file can be read all the same.
    let copy = tempfile::tempdir().expect("a folder");
    let file = copy.path().join("record.sqlite");
    std::fs::copy(study.record_path(), &file).expect("a copy");
    let connection = rusqlite::Connection::open(&file).expect("the copy opens");
    let body: String = connection
        .query_row("SELECT body FROM event WHERE kind = 'case-opened/1' ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
        .expect("a case was opened");
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let read: tiresias_words::ReadId = serde_json::from_value(body["read"].clone()).expect("a read");
    rules.assigned(&read).and_then(|a| a.training).expect("a training case").signal
}

/// Nothing of the case is on the screen of a pause, keys do nothing there but lead back, and the draft goes on where it was.
#[test]
fn a_pause_blanks_the_screen_and_stops_the_clock() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    press(&mut room, ">64>");
    room.rest();
    room.key(Key::Escape);
    room.key(Key::F9);
    room.until_says("Paused. The clock stands.");
    room.rest();
    assert!(room.panes().is_empty() && !room.says("confident") && !room.says("HU"), "{:?}", room.words());
    press(&mut room, "2!");
    room.rest();
    assert!(room.says("Paused."), "no key answers or locks behind the pause");
    room.press_named("Go on");
    room.until_loaded();
    // By the rail, and back by Enter.
    room.press_named("pause");
    room.until_says("Paused.");
    room.key(Key::Enter);
    room.until_loaded();
    room.key(Key::Enter);
    press(&mut room, "2!");
    room.until_says("is locked.");
    drop(room);
    let record = wait_for_record(&demo.reader());
    let mut kinds = Vec::new();
    let take = |r: tiresias_reads::record::Recorded| match r.event.fact() {
        Fact::Paused => kinds.push("paused"),
        Fact::ImagesShown => kinds.push("shown"),
        Fact::Answered { .. } => kinds.push("answered"),
        _ => {}
    };
    record.replay(take).expect("the record replays");
    assert_eq!(kinds, ["shown", "answered", "paused", "shown", "paused", "shown", "answered"]);
    assert_eq!(record.state(&reader("reader-1")).locked().len(), 1);
}

/// The name of the box in which it stands why a case is changed.
const REASON: &str = "why the case is changed";

/// The name of what has the keyboard.
fn focused(room: &Sitting) -> Option<String> {
    room.nodes().iter().find(|n| n.accesskit_node().is_focused()).and_then(|n| n.accesskit_node().label())
}

/// Where one case can be changed it is chosen already, and keys alone go from the reason to the way back, to the case, and into it.
#[test]
fn the_one_locked_case_is_changed_by_keys_alone() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    press(&mut room, ">64>2!");
    room.until_says("Change this case");
    room.press_named("To the list");
    room.until_says("Change a locked case\u{2026}");
    for again in [true, false] {
        room.press_named("Change a locked case\u{2026}");
        room.until_says("Which case?");
        room.until("the reason has the keyboard", |s| focused(s).as_deref() == Some(REASON));
        if again {
            room.key(Key::Escape);
            room.until_says("Change a locked case\u{2026}");
        }
    }
    let mut passed = Vec::new();
    for _ in 0..3 {
        room.key(Key::Tab);
        room.step();
        passed.push(focused(&room).expect("something has the keyboard"));
    }
    let [back, case, reason] = passed.as_slice() else { panic!("three") };
    assert_eq!([back.as_str(), reason.as_str()], ["Back", REASON], "{passed:?}");
    assert!(room.says(case) && case.contains('-'), "the row of the case: {case}");
    room.window.event(Event::Text("wrong side".to_owned()));
    room.step();
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.until_says("Lock the amendment");
}

/// A locked case is opened again with a reason, and what is locked then is a new version beside the old one.
#[test]
fn a_locked_case_is_changed_with_a_reason() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    press(&mut room, ">64>2!");
    room.until_says("Change this case");
    room.press_named("Change this case\u{2026}");
    room.until_says("Why is it changed?");
    let unnamed = room.window.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    let button = |room: &Sitting| {
        room.nodes().iter().any(|n| n.accesskit_node().label().as_deref() == Some("Open it again") && !n.accesskit_node().is_disabled())
    };
    assert!(!button(&room), "not without a reason");
    // The case is chosen, so that the keyboard is at the reason.
    room.until("the reason has the keyboard", |s| focused(s).as_deref() == Some(REASON));
    for c in "wrong side".chars() {
        room.window.event(Event::Text(c.to_string()));
        room.step();
    }
    assert!(button(&room));
    room.press_named("Open it again");
    room.until_loaded();
    assert!(room.says("Lock the amendment"));
    press(&mut room, ">>");
    room.rest();
    room.press_named("Would you recall this person? 1 no");
    room.rest();
    press(&mut room, "!");
    room.until_says("is locked.");
    drop(room);
    let state = wait_for_record(&demo.reader()).state(&reader("reader-1"));
    let [read] = state.locked() else { panic!("one read") };
    let recall = |r: &tiresias_reads::machine::Locked| r.answers().of_case(&question("recall")).cloned();
    let amended = read.amends().expect("an earlier version");
    assert_eq!(amended.reason, "wrong side");
    let choice = |key: &str| Some(AnswerValue::Choice(key.into()));
    assert_eq!((recall(&amended.earlier), recall(read)), (choice("yes"), choice("no")));
}
