//! A case is read by keys: few of them, none with two meanings, and Enter never locks.

use crate::sitting::{Demo, Opening, Sitting};
use crate::written::wait_for_record;
use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::kittest::NodeT;
use tiresias_reads::machine::{AnswerValue, Answers, Fact, Subject};
use tiresias_words::{MarkId, QuestionId, ReaderId};

fn digit(d: char) -> Key {
    Key::from_name(&d.to_string()).expect("a digit")
}

/// From image focus: rates what is unrated, then the case, then chooses. Every number is the same, every key is pressed as a reader would.
pub(crate) fn answer_all(room: &mut Sitting, number: &str, choice: char) {
    room.key(Key::Enter);
    while asks_for_a_number(room) {
        let before = to_do(room);
        for d in number.chars() {
            room.key(digit(d));
        }
        room.key(Key::Enter);
        room.until("one thing less to do", |s| to_do(s) != before);
    }
    room.key(digit(choice));
    room.until("nothing to do", |s| to_do(s).is_none());
    room.rest();
}

/// Whether a number is still to be given: by name, or among what is counted, for the choice is one answer, and the last.
pub(crate) fn asks_for_a_number(room: &Sitting) -> bool {
    let numbers = ["rate mark", "to rate", "How confident", " answers"];
    to_do(room).is_some_and(|words| numbers.iter().any(|number| words.contains(number)))
}

/// The line above the lock.
pub(crate) fn to_do(room: &Sitting) -> Option<String> {
    room.words().into_iter().find(|w| w.starts_with("Still to do"))
}

pub(crate) fn lock(room: &mut Sitting) {
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.until_says("is locked.");
}

/// Values of all scales, and which choices are taken, as a screen reader hears them.
fn values(room: &Sitting) -> Vec<String> {
    let nodes = room.nodes();
    let given = nodes.iter().map(NodeT::accesskit_node).filter_map(|n| match n.role() {
        Role::Slider => n.numeric_value().map(|v| v.to_string()).or(n.value()),
        Role::RadioButton => {
            let taken = n.is_selected() == Some(true) || n.toggled() == Some(egui::accesskit::Toggled::True);
            taken.then(|| n.label().unwrap_or_default())
        }
        _ => None,
    });
    given.collect()
}

/// A mouse is needed for one thing here: where the mark is.
#[test]
fn reading_a_case_by_keys() {
    let demo = Demo::new();
    let reader = demo.reader();
    let mut room = Sitting::start(Opening::of(&reader));
    room.sign_in("Reader 1");
    room.open_case();
    let none: [&str; 0] = [];
    assert_eq!(values(&room), none, "nothing has a value before the reader gives one");
    let main = room.pane("axial");

    // Digits mean presets while the image has the focus, and nothing else.
    for (key, name) in [(Key::Num2, "soft tissue"), (Key::Num3, "bone"), (Key::Num9, "bone"), (Key::Num0, "bone"), (Key::Num1, "lung")] {
        room.key(key);
        room.rest();
        assert!(room.texts_in(main, name).len() == 1, "{key:?} shows {name}");
        assert_eq!(values(&room), none, "{key:?} in image focus is no answer");
    }
    // A lock that comes too early is refused in words.
    room.chord(Modifiers::COMMAND, Key::Enter);
    room.rest();
    assert!(!room.says("is locked."), "a read with open questions is not locked");

    room.key(Key::M);
    room.click(main.center() + vec2(-50.0, 40.0));
    room.until_says("rate it");
    for key in [Key::Num7, Key::Num5] {
        room.key(key);
    }
    room.until("a rated mark", |s| !s.says("rate it"));
    // Digits mean scores while the form has it: the window stays.
    assert!(room.texts_in(main, "lung").len() == 1);
    room.key(Key::Enter);
    for key in [Key::Num8, Key::Num0] {
        room.key(key);
    }
    room.key(Key::Enter);
    room.key(Key::Num2);
    room.until("nothing to do", |s| to_do(s).is_none());
    room.rest();
    assert_eq!(values(&room), ["80", "Would you recall this person? 2 yes"]);

    // Everything is answered, and Enter locks in no focus: not from the form, not from the image, not after any number of Tabs.
    for _ in 0..5 {
        room.key(Key::Enter);
    }
    still_open(&mut room, "five times Enter");
    for tabs in 0..32 {
        room.key(Key::Escape);
        for _ in 0..tabs {
            room.key(Key::Tab);
        }
        room.key(Key::Enter);
        room.key(Key::Space);
        still_open(&mut room, &format!("Enter and Space after {tabs} Tabs"));
        // A key must not have reached a tool or the way out either.
        assert_eq!(room.panes().len(), 3, "all planes after {tabs} Tabs");
    }
    assert_eq!(values(&room).last().map(String::as_str), Some("Would you recall this person? 2 yes"));
    lock(&mut room);

    // A case without a finding.
    room.keystrokes = 0;
    room.key(Key::Enter);
    room.until_loaded();
    room.key(Key::Enter);
    for key in [Key::Num1, Key::Num0, Key::Enter, Key::Num1] {
        room.key(key);
    }
    room.until("nothing to do", |s| to_do(s).is_none());
    lock(&mut room);
    println!("a case without a finding: {} keystrokes, with the one that opens it and the one that locks it", room.keystrokes);
    assert!(room.keystrokes <= 12);
    drop(room);

    let record = wait_for_record(&reader);
    let state = record.state(&ReaderId::new("reader-1").expect("a name"));
    let [first, second] = state.locked() else { panic!("two reads are locked") };
    let answers = |confidence, recall: &str| {
        let question = |id: &str| QuestionId::new(id).expect("an id");
        let [confidence, recall] = [AnswerValue::Scale(confidence), AnswerValue::Choice(recall.to_owned())];
        Answers::from_iter([(question("confidence"), Subject::Case, confidence), (question("recall"), Subject::Case, recall)])
    };
    assert_eq!(*first.answers(), answers(80, "yes"));
    assert_eq!(first.marks().iter().map(|(id, m)| (*id, m.rating)).collect::<Vec<_>>(), [(MarkId(1), Some(75))]);
    assert_eq!(*second.answers(), answers(10, "no"));
    assert!(second.marks().is_empty());
    // What was given was given once, and nothing else ever was.
    let mut given = Vec::new();
    let take = |r: tiresias_reads::record::Recorded| {
        if let Fact::Answered { .. } | Fact::MarkPlaced { .. } | Fact::MarkRated { .. } | Fact::AnswerCleared { .. } = r.event.fact() {
            given.push(format!("{:?}", r.event.fact()));
        }
    };
    record.replay(take).expect("the record replays");
    assert_eq!(given.len(), 6, "{given:#?}");
}

fn still_open(room: &mut Sitting, after: &str) {
    for _ in 0..3 {
        room.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(room.says("Lock this read") && !room.says("is locked."), "{after}: the read is still open");
}

/// On a slow machine several keys come within one frame: each counts, in their order.
#[test]
fn keys_of_one_frame_count_in_their_order() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    let together = |room: &mut Sitting, keys: &[(Key, Modifiers)]| {
        let event = |(key, modifiers): &(Key, Modifiers)| egui::Event::Key {
            key: *key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: *modifiers,
        };
        room.window.input_mut().events.extend(keys.iter().map(event));
        room.step();
        room.rest();
    };
    let slice = |room: &Sitting| room.panes()[0].0.clone();
    let first = slice(&room);
    let count: u32 = first.split(" of ").nth(1).and_then(|t| t.split(' ').next()?.parse().ok()).expect("slice N of M");
    let at = |n: u32| format!("slice {n} of {count}");
    assert!(count > 1 && !first.contains(&at(1)) && !first.contains(&at(count)), "{first}");
    let help = "Any key or click closes this page.";
    together(&mut room, &[(Key::Questionmark, Modifiers::NONE), (Key::Escape, Modifiers::NONE), (Key::End, Modifiers::NONE)]);
    assert!(!room.says(help) && slice(&room).contains(&at(count)), "{}", slice(&room));
    together(&mut room, &[(Key::Home, Modifiers::NONE), (Key::Questionmark, Modifiers::NONE)]);
    assert!(room.says(help) && slice(&room).contains(&at(1)), "{}", slice(&room));
    together(
        &mut room,
        &[(Key::Escape, Modifiers::NONE), (Key::G, Modifiers::SHIFT), (Key::Num4, Modifiers::NONE), (Key::I, Modifiers::NONE)],
    );
    assert_eq!(room.panes().len(), 2, "two rows of one column");
    assert!(!room.says(help) && room.says("inverted"));
}
