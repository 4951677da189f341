//! Every protocol that ships is read from opening to lock: by keys, few of them, at three sizes, with nothing cut off and a name for every control.

use crate::clipped::Found;
use crate::sitting::{Demo, Opening, Sitting};
use crate::written::wait_for_record;
use egui::{Key, Modifiers, vec2};
use std::path::{Path, PathBuf};
use tiresias_reads::machine::{AnswerValue, Locked, Subject};
use tiresias_reads::protocol::template;
use tiresias_words::{MarkId, QuestionId, ReaderId};

/// A study of a protocol's text with the demo's cases.
pub(crate) fn study_of(demo: &Demo, text: &str, name: &str) -> PathBuf {
    let root = demo.data().join(name);
    tiresias_tests::studies::with_cases_of(&demo.reader(), text, &root).unwrap_or_else(|e| panic!("{e}"));
    root
}

pub(crate) fn reader(name: &str) -> ReaderId {
    ReaderId::new(name).expect("a name")
}
pub(crate) fn question(id: &str) -> QuestionId {
    QuestionId::new(id).expect("an id")
}

/// The open study, in its first case.
pub(crate) fn opened(root: &Path, pixels: [u32; 2]) -> Sitting {
    let mut room = Sitting::start(Opening::of(root).sized(pixels));
    room.sign_in("Reader 1");
    open_case(&mut room);
    room
}
/// From the worklist or from between two cases.
pub(crate) fn open_case(room: &mut Sitting) {
    room.key(Key::Enter);
    room.until("a case", |s| !s.panes().is_empty() && s.says("HU") && !s.says("loading"));
    room.rest();
}

/// Presses what a reader would: letters, digits and the point by name; `>` is Enter, `!` locks, `*` clicks on the first image with a mark tool in hand, a
/// little further each time.
pub(crate) fn press(room: &mut Sitting, keys: &str) {
    let mut clicks = 0.0;
    for key in keys.chars() {
        match key {
            '>' => room.key(Key::Enter),
            '!' => room.chord(Modifiers::COMMAND, Key::Enter),
            '.' => room.key(Key::Period),
            '*' => {
                clicks += 1.0;
                room.settle_clicks();
                let pane = room.panes()[0].1;
                room.click(pane.center() + vec2(-60.0 + 40.0 * clicks, -20.0 * clicks));
            }
            _ => room.key(Key::from_name(&key.to_uppercase().to_string()).expect("a key")),
        }
    }
}

fn locked(root: &Path) -> Vec<Locked> {
    let record = wait_for_record(root);
    record.state(&reader("reader-1")).locked().to_vec()
}

fn scale(read: &Locked, id: &str, subject: &Subject) -> Option<i32> {
    match read.answers().get(&question(id), subject)? {
        AnswerValue::Scale(n) => Some(*n),
        other => panic!("{other:?}"),
    }
}

/// One template: what is pressed for a case without a finding, and whether the AI comes in between.
struct Template {
    name: &'static str,
    keys: &'static [&'static str],
    check: fn(&Locked),
}

const TEMPLATES: [Template; 6] = [
    Template {
        name: "concurrent",
        keys: &[">1!"],
        check: |r| assert_eq!(r.answers().of_case(&question("bleed")), Some(&AnswerValue::Choice("no".into()))),
    },
    Template { name: "crossover", keys: &[">10>1!"], check: |r| assert_eq!(scale(r, "confidence", &Subject::Case), Some(10)) },
    Template {
        name: "froc",
        keys: &[">10>!"],
        check: |r| assert!(r.marks().is_empty() && scale(r, "confidence", &Subject::Case) == Some(10)),
    },
    Template {
        name: "mammography",
        keys: &[">b15>15>!"],
        check: |r| {
            for unit in ["R", "L"] {
                let subject = Subject::Unit(unit.into());
                assert_eq!(r.answers().get(&question("birads"), &subject), Some(&AnswerValue::Choice("1".into())));
                assert_eq!(scale(r, "suspicion", &subject), Some(5));
            }
            assert_eq!(r.answers().of_case(&question("density")), Some(&AnswerValue::Choice("b".into())));
        },
    },
    Template {
        name: "ordinal",
        keys: &[">1!"],
        check: |r| assert_eq!(r.answers().of_case(&question("category")), Some(&AnswerValue::Choice("1".into()))),
    },
    Template {
        name: "sequential",
        keys: &[">10>1!", ">", "!"],
        check: |r| {
            let before = r.impression().expect("a first impression");
            assert!(before.revealed().is_none() && r.revealed().is_some());
            assert_eq!(scale(before, "confidence", &Subject::Case), Some(10));
        },
    },
];

/// Issue 6, done when 1: at most 12 keystrokes for a case without a finding.
#[test]
fn every_template_is_read_from_opening_to_lock() {
    let demo = Demo::new();
    for Template { name, keys, check } in TEMPLATES {
        let root = study_of(&demo, template(name).expect("a template").text, name);
        let mut room = opened(&root, [1280, 800]);
        for n in 1..=2 {
            room.keystrokes = 1;
            for (i, part) in keys.iter().enumerate() {
                if i > 0 {
                    room.until("the AI, or the way to it", |s| s.says("Show the AI") || s.says("before the AI"));
                }
                press(&mut room, part);
                room.rest();
            }
            room.until_says("is locked.");
            println!("{name}: {} keystrokes, with the one that opens the case", room.keystrokes);
            assert!(room.keystrokes <= 12, "{name}: {} keystrokes", room.keystrokes);
            if n == 1 {
                open_case(&mut room);
            }
        }
        drop(room);
        let locked = locked(&root);
        assert_eq!(locked.len(), 2, "{name}");
        locked.iter().for_each(check);
    }
}

/// Issue 6, done when 1: at most 30 for one with three marks, each with a rating and an answer of its own.
#[test]
fn three_marks_take_at_most_thirty_keystrokes() {
    let demo = Demo::new();
    let root = study_of(&demo, template("froc").expect("a template").text, "marks");
    let mut room = opened(&root, [1280, 800]);
    room.keystrokes = 1;
    press(&mut room, "m*86>1*40>2*7>3>90!");
    room.until_says("is locked.");
    println!("three marks: {} keystrokes, with the one that opens the case", room.keystrokes);
    assert!(room.keystrokes <= 30, "{}", room.keystrokes);
    drop(room);
    let locked = locked(&root);
    let read = &locked[0];
    assert_eq!(read.marks().values().map(|m| m.rating).collect::<Vec<_>>(), [Some(86), Some(40), Some(7)]);
    for (mark, density) in [(1, "solid"), (2, "part-solid"), (3, "ground-glass")] {
        let given = read.answers().get(&question("density"), &Subject::Mark(MarkId(mark)));
        assert_eq!(given, Some(&AnswerValue::Choice(density.into())), "mark {mark}");
    }
    assert_eq!(scale(read, "confidence", &Subject::Case), Some(90));
}

/// What stands on the screens of each template is not cut off, at three sizes, and every control has a name.
#[test]
fn no_template_is_clipped_and_every_control_has_a_name() {
    let mut found = Found::default();
    for pixels in [[1280, 800], [1920, 1080], [3840, 2160]] {
        let demo = Demo::new();
        for Template { name, keys, .. } in TEMPLATES {
            let root = study_of(&demo, template(name).expect("a template").text, name);
            let mut room = opened(&root, pixels);
            let mut look = |room: &Sitting, state: &str| {
                let out = found.look_at_form(room, &format!("{name}, {state}"), pixels);
                assert!(out == 0 || name == "mammography", "{name}, {state}: the form is longer than the screen");
                let unnamed = room.window.unnamed_widgets();
                assert!(unnamed.is_empty(), "{name}, {state}: {unnamed:?}");
            };
            look(&room, "opened");
            room.chord(Modifiers::COMMAND, Key::Enter);
            room.rest();
            look(&room, "with what is still to do");
            room.key(Key::Escape);
            for (i, part) in keys.iter().enumerate() {
                if i > 0 {
                    room.until("the AI, or the way to it", |s| s.says("Show the AI") || s.says("before the AI"));
                }
                press(&mut room, part.trim_end_matches('!'));
                room.rest();
                look(&room, "answered");
                if part.ends_with('!') {
                    press(&mut room, "!");
                    room.rest();
                }
            }
            room.until_says("is locked.");
            look(&room, "locked");
        }
    }
    println!("{}", found.report());
}
