//! Every control has a name and a role by which a screen reader finds it, in the order in which it is read.

use crate::keys::{answer_all, lock};
use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Role};
use egui_kittest::kittest::{NodeT, Queryable as _};

/// Names of what can be pressed, in the order of the tree.
fn controls(room: &Sitting) -> Vec<(Role, String)> {
    let nodes = room.nodes();
    let acting = nodes.iter().map(NodeT::accesskit_node).filter(|n| n.data().supports_action(egui::accesskit::Action::Click));
    // The name of words that can be pressed is what they say.
    acting.map(|n| (n.role(), n.label().filter(|l| !l.is_empty()).or(n.value()).unwrap_or_default())).collect()
}

/// Names, roles and order, on all screens.
#[test]
fn every_control_has_a_name_and_stands_in_reading_order() {
    let demo = Demo::new();
    let mut named = 0;
    let mut check = |room: &Sitting, screen: &str, expected: &[(Role, &str)]| {
        let unnamed = room.window.unnamed_widgets();
        assert!(unnamed.is_empty(), "{screen}: {unnamed:?}");
        let found = controls(room);
        assert!(found.iter().all(|(_, name)| !name.trim().is_empty()), "{screen}: {found:?}");
        // A pane is named after its slice, which changes.
        let short = |name: &str| name.split(", slice").next().unwrap_or_default().to_owned();
        let found: Vec<(Role, String)> = found.into_iter().map(|(role, name)| (role, short(&name))).collect();
        let expected: Vec<(Role, String)> = expected.iter().map(|(role, name)| (*role, (*name).to_owned())).collect();
        assert_eq!(found, expected, "{screen}");
        named += found.len();
    };
    use Role::{Button, Image, Label, RadioButton, Slider};
    let mut room = Sitting::start(Opening { study: None, ..Opening::of(&demo.reader()) });
    room.step();
    check(
        &room,
        "start",
        &[
            (Button, "Open a study\u{2026}"),
            (Button, "Try the demo study"),
            (Button, "Begin a new study\u{2026}"),
            (Button, "Keys, mouse and screen\u{2026}"),
            (Button, "About Tiresias"),
        ],
    );
    drop(room);

    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.until_says("Who reads?");
    check(&room, "sign-in", &[(Button, "Reader 1"), (Button, "Reader 2"), (Button, "Reader 3"), (Button, "Another study")]);
    room.sign_in("Reader 1");
    room.rest();
    let code = room.words().into_iter().find_map(|w| w.strip_prefix("Read ").map(str::to_owned)).expect("a case to read");
    let read = format!("Read {code}");
    check(&room, "worklist", &[(Button, &read), (Button, "End the session")]);
    room.open_case();
    let to_do = "Still to do: answer \u{201c}How confident are you that a nodule is present?\u{201d}, answer \u{201c}Would you recall this person?\u{201d}";
    let expected = [
        (Button, "window and level"),
        (Button, "scroll"),
        (Button, "zoom"),
        (Button, "pan"),
        (Button, "crosshair"),
        (Button, "mark"),
        (Button, "length"),
        (Button, "diameters"),
        (Button, "angle"),
        (Button, "region"),
        (Button, "invert"),
        (Button, "planes or images"),
        (Button, "moving picture"),
        (Button, "reset the view"),
        (Button, "pause"),
        (Button, "keys"),
        (Button, "leave this case as a draft"),
        (Image, "axial"),
        (Image, "coronal"),
        (Image, "sagittal"),
        (Label, "How confident are you that a nodule is present?"),
        (Slider, "How confident are you that a nodule is present?"),
        (Label, "Would you recall this person?"),
        (RadioButton, "Would you recall this person? 1 no"),
        (RadioButton, "Would you recall this person? 2 yes"),
        (Button, to_do),
    ];
    check(&room, "reading room", &expected);
    // What cannot be pressed yet is there, and says that it is not enabled.
    let lock_button = room.window.get_by_role_and_label(Button, "Lock this read");
    assert!(lock_button.accesskit_node().is_disabled(), "a lock that is not possible yet is disabled");
    // A screen reader's own click works like a person's.
    room.window.get_by_role_and_label(Button, "invert").click_accesskit();
    room.step();
    room.step();
    assert!(room.says("inverted"));
    room.key(Key::I);
    answer_all(&mut room, "10", '1');
    let mut expected = expected.to_vec();
    expected.pop();
    expected.push((Button, "Lock this read"));
    check(&room, "reading room, all answered", &expected);
    lock(&mut room);
    check(&room, "between", &[(Button, "Next case"), (Button, "To the list"), (Button, "Change this case\u{2026}")]);
    // Enter belongs to the control that the keyboard stands on, and to the screen's one action only when it stands on none.
    room.window.get_by_role_and_label(Button, "To the list").focus();
    room.step();
    room.key(Key::Enter);
    room.until_says("End the session");
    room.window.get_by_role_and_label(Button, "End the session").focus();
    room.step();
    room.key(Key::Enter);
    room.until_says("Open a study");
    println!("{named} controls, each with a name");
}

/// Each tool of the rail is taken by mouse as by its key, and says that it is in hand.
#[test]
fn tools_are_taken_by_mouse_and_by_key() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    let in_hand = |room: &Sitting| {
        let nodes = room.nodes();
        let taken = nodes
            .iter()
            .map(NodeT::accesskit_node)
            .filter(|n| n.role() == Role::Button && n.toggled() == Some(egui::accesskit::Toggled::True));
        taken.filter_map(|n| n.label()).collect::<Vec<_>>()
    };
    let tools = [
        (Key::S, "scroll"),
        (Key::Z, "zoom"),
        (Key::P, "pan"),
        (Key::X, "crosshair"),
        (Key::M, "mark"),
        (Key::D, "length"),
        (Key::B, "diameters"),
        (Key::N, "angle"),
        (Key::Q, "region"),
        (Key::W, "window and level"),
    ];
    for (_, name) in tools {
        room.press_named(name);
        room.step();
        assert_eq!(in_hand(&room), [name]);
    }
    for (key, name) in tools {
        room.key(key);
        room.step();
        assert_eq!(in_hand(&room), [name]);
    }
}
