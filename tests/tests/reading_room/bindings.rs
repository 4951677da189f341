//! Keys and mouse as a person sets them: profiles, single keys, the right button. They hold at once and the next time, no key has two meanings, and none of
//! them locks a read.

use crate::keys::{answer_all, lock};
use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Modifiers, PointerButton, vec2};
use egui_kittest::kittest::NodeT as _;
use std::path::Path;
use tiresias_words::ReaderId;

const CHANGE: &str = "Keys, mouse and screen\u{2026}";
const PAGE: &str = "Choose whose keys you know.";

fn start(demo: &Demo, study: &Path) -> Sitting {
    Sitting::start(Opening { data: Some(demo.data()), ..Opening::of(study) })
}

/// From the room to the page of keys, by the page of help.
fn to_page(room: &mut Sitting) {
    room.press_named("keys");
    room.until_says(CHANGE);
    room.press_named(CHANGE);
    room.until_says(PAGE);
}

/// What the rail says under a tool's icon, as its hint repeats it.
fn row(room: &Sitting, words: &str) -> String {
    let names = room.nodes().into_iter().filter_map(|n| n.accesskit_node().label());
    let mut found = names.filter_map(|l| l.strip_prefix(&format!("{words}: ")).map(str::to_owned));
    found.next().unwrap_or_else(|| panic!("no row {words}"))
}

fn press_row(room: &mut Sitting, words: &str) {
    let name = format!("{words}: {}", row(room, words));
    room.press_named(&name);
    room.until_says("press a key\u{2026}");
}

/// Issue 4: profiles and remapping.
#[test]
fn a_profile_is_chosen_and_holds_the_next_time() {
    let demo = Demo::new();
    let reader = demo.reader();
    let mut room = start(&demo, &reader);
    room.open_first_case();
    let pane = room.pane("axial");
    let slice = |room: &Sitting| room.panes()[0].0.clone();
    let first = slice(&room);
    let on_rail = |room: &Sitting, key: &str| room.texts().iter().any(|t| t.text == key && t.ink.left() < 52.0);
    assert!(on_rail(&room, "r") && !on_rail(&room, "Space"));
    to_page(&mut room);
    room.press_named("Profile like OHIF");
    room.until("OHIF's keys", |s| row(s, "reset the view") == "Space");
    // No key of the page reached the room, and it is as it was left.
    room.key(Key::I);
    room.key(Key::Escape);
    room.until("the room", |s| !s.says(PAGE));
    assert_eq!(slice(&room), first);
    assert!(!room.says("inverted") && on_rail(&room, "Space"));
    // r turns right there, l left, Space resets.
    let at_top = |room: &Sitting| {
        room.texts_in(pane, "").into_iter().min_by(|a, b| {
            let away = |t: &crate::sitting::Written| t.ink.center().distance(pane.center_top());
            away(a).total_cmp(&away(b))
        })
    };
    let top = |room: &Sitting| at_top(room).map(|t| t.text).unwrap_or_default();
    assert_eq!(top(&room), "A");
    for (key, letter) in [(Key::R, "R"), (Key::L, "A"), (Key::L, "L"), (Key::Space, "A")] {
        room.key(key);
        room.rest();
        assert_eq!(top(&room), letter, "after {key:?}");
    }
    room.key(Key::ArrowRight);
    assert_eq!(slice(&room), first, "to the right is the next pane, not the next slice");
    drop(room);
    crate::written::wait_for_record(&reader);

    let mut room = start(&demo, &reader);
    room.sign_in("Reader 1");
    room.open_case();
    assert!(on_rail(&room, "Space"), "the profile is kept");
    // As the profile ships again, and Tiresias' own.
    to_page(&mut room);
    room.press_named("Profile like Weasis");
    room.until("Weasis' keys", |s| row(s, "crosshair") == "h" && row(s, "text on the image") == "Space  i");
    room.press_named("Profile Tiresias");
    room.until("Tiresias' keys", |s| row(s, "crosshair") == "x");
    room.press_named("Back (Esc)");
    room.until("the room", |s| !s.says(PAGE));
    assert!(on_rail(&room, "r") && !on_rail(&room, "Space"));
}

#[test]
fn a_key_never_means_two_things_and_none_locks() {
    let demo = Demo::new();
    let reader = demo.reader();
    let mut room = start(&demo, &reader);
    room.open_first_case();
    to_page(&mut room);
    press_row(&mut room, "slab");
    // Esc gives up what was begun, and only then leaves.
    room.key(Key::Escape);
    room.until("no command waits", |s| !s.says("press a key\u{2026}") && s.says(PAGE));
    press_row(&mut room, "slab");
    room.key(Key::I);
    room.until_says("i is \u{201c}invert\u{201d} already.");
    assert_eq!((row(&room, "slab").as_str(), row(&room, "invert").as_str()), ("j", "i"));
    // Enter and the lock's chord belong to nobody, however often they are pressed.
    for (held, key) in [(Modifiers::NONE, Key::Enter), (Modifiers::COMMAND, Key::Enter), (Modifiers::COMMAND, Key::Enter)] {
        room.chord(held, key);
        room.until_says("always means the same");
    }
    // Another key between: the first press of i counts anew.
    room.key(Key::I);
    room.until_says("i is \u{201c}invert\u{201d} already.");
    room.key(Key::I);
    room.until("a key that was taken", |s| row(s, "slab") == "i" && row(s, "invert") == "no key");
    press_row(&mut room, "keys");
    room.key(Key::Num5);
    room.until_says("5 gives an answer in the form");
    room.chord(Modifiers::SHIFT, Key::F1);
    room.until("help has another key", |s| row(s, "keys") == "Shift F1");
    // What is given to a command is no way through the controls, Tab neither.
    press_row(&mut room, "reset the view");
    room.key(Key::Tab);
    room.until_says("Tab is \u{201c}next pane\u{201d} already.");
    room.key(Key::Space);
    room.until("Space resets", |s| row(s, "reset the view") == "Space");
    room.key(Key::Escape);
    room.until("the room", |s| !s.says(PAGE));
    room.rest();

    room.key(Key::I);
    room.until_says("MIP 10 mm");
    assert!(!room.says("inverted"));
    room.key(Key::J);
    room.rest();
    assert!(room.says("MIP 10 mm"), "j means nothing any more");
    room.key(Key::Questionmark);
    room.rest();
    assert!(!room.says(CHANGE), "? means nothing any more");
    // The page of keys says what holds, from the form too.
    room.key(Key::Enter);
    room.chord(Modifiers::SHIFT, Key::F1);
    room.until_says(CHANGE);
    assert!(room.says("Shift F1") && room.says("i  [  ]"), "{:#?}", room.words());
    room.key(Key::Escape);
    room.key(Key::Escape);
    room.rest();
    // The case is read as ever.
    answer_all(&mut room, "10", '1');
    for key in [Key::Enter, Key::Space, Key::I] {
        room.key(key);
        assert!(!room.says("is locked."));
    }
    lock(&mut room);
    drop(room);
    let record = crate::written::wait_for_record(&reader);
    assert_eq!(record.state(&ReaderId::new("reader-1").expect("a name")).locked().len(), 1);
    assert!(start(&demo, &reader).words().iter().all(|w| !w.contains("cannot be read")));
}

#[test]
fn the_right_button_windows_where_the_person_says_so() {
    let demo = Demo::new();
    let mut room = start(&demo, &demo.reader());
    room.open_first_case();
    let at = room.pane("axial").center();
    let said = |room: &Sitting| {
        let of = |start: &str| room.words().into_iter().find(|w| w.starts_with(start)).unwrap_or_default();
        [of("W "), of("\u{d7}")]
    };
    let before = said(&room);
    assert_eq!(before[0], "W 1500  C \u{2212}600");
    room.drag(PointerButton::Secondary, at, vec2(0.0, -40.0), Modifiers::NONE);
    room.rest();
    let zoomed = said(&room);
    assert!(zoomed[0] == before[0] && zoomed[1] != before[1], "{zoomed:?}");
    to_page(&mut room);
    room.press_named("Right button window");
    room.press_named("Middle button scroll");
    room.press_named("Wheel zoom at the pointer");
    room.key(Key::Escape);
    room.until("the room", |s| !s.says(PAGE));
    room.rest();
    room.drag(PointerButton::Secondary, at, vec2(30.0, 0.0), Modifiers::NONE);
    room.rest();
    let windowed = said(&room);
    assert!(windowed[0] != before[0] && windowed[1] == zoomed[1], "{windowed:?}");
    let slice = room.panes()[0].0.clone();
    room.drag(PointerButton::Middle, at, vec2(0.0, 24.0), Modifiers::NONE);
    room.rest();
    assert_ne!(room.panes()[0].0, slice);
    // The wheel does what it is told, and with Ctrl the other.
    let slice = room.panes()[0].0.clone();
    room.wheel(at, -1, Modifiers::NONE);
    room.rest();
    assert!(room.panes()[0].0 == slice && said(&room)[1] != zoomed[1]);
    room.wheel(at, 1, Modifiers::COMMAND);
    room.rest();
    assert_ne!(room.panes()[0].0, slice);
}

#[test]
fn broken_settings_are_told_and_the_standard_holds() {
    let demo = Demo::new();
    std::fs::create_dir_all(demo.data()).expect("a folder");
    std::fs::write(demo.data().join("settings.json"), "{\"version\":1,\"bindings\":{}}").expect("a file");
    let mut room = start(&demo, &demo.reader());
    room.open_first_case();
    assert!(room.says("Your keys and screens cannot be read from settings.json"), "{:#?}", room.words());
    room.key(Key::I);
    room.rest();
    assert!(room.says("inverted") && !room.says("cannot be read"), "it is told once, and the standard keys hold");
    to_page(&mut room);
    assert!(room.says("Your keys and screens cannot be read from settings.json"));
}
