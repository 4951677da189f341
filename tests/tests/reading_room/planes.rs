//! Planes that are turned, mirrored and thickened by mouse and key: what is written on them follows, and everything can be put back.

use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Vec2, vec2};
use tiresias_reads::machine::{Fact, View};
use tiresias_reads::record::Recorded;

/// The letters at the edges of a pane: top, right, bottom, left.
fn letters(room: &Sitting, pane: Rect) -> [String; 4] {
    let at = |from: Pos2| {
        let is_letters = |text: &str| !text.is_empty() && text.len() <= 3 && text.chars().all(|c| "LRAPHF".contains(c));
        let near = room.texts().into_iter().filter(|t| is_letters(&t.text) && pane.contains_rect(t.ink));
        near.min_by(|a, b| a.ink.center().distance(from).total_cmp(&b.ink.center().distance(from))).map(|t| t.text).unwrap_or_default()
    };
    [pane.center_top(), pane.right_center(), pane.center_bottom(), pane.left_center()].map(at)
}

fn opened() -> (Demo, Sitting) {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    (demo, room)
}

#[test]
fn letters_follow_turns_and_mirrors() {
    let (_demo, mut room) = opened();
    let pane = room.pane("axial");
    let rows: [(Key, Modifiers, [&str; 4]); 6] = [
        (Key::H, Modifiers::NONE, ["A", "R", "P", "L"]),
        (Key::H, Modifiers::NONE, ["A", "L", "P", "R"]),
        (Key::V, Modifiers::NONE, ["P", "L", "A", "R"]),
        // Clockwise: what was on the left is at the top.
        (Key::T, Modifiers::NONE, ["R", "P", "L", "A"]),
        (Key::T, Modifiers::SHIFT, ["P", "L", "A", "R"]),
        (Key::R, Modifiers::NONE, ["A", "L", "P", "R"]),
    ];
    for (key, modifiers, expected) in rows {
        let slice = room.panes().remove(0).0;
        room.chord(modifiers, key);
        room.rest();
        assert_eq!(letters(&room, pane), expected, "after {key:?}");
        assert_eq!(room.panes().remove(0).0, slice, "a turned image is the same slice");
        // Scrolling leads where it led before.
        room.key(Key::ArrowDown);
        room.key(Key::ArrowUp);
        assert_eq!(room.panes().remove(0).0, slice);
    }
}

/// With the crosshair tool the far part of a line turns the plane that it stands for; near the middle the crosshair moves.
#[test]
fn a_line_turns_its_plane() {
    let (demo, mut room) = opened();
    let (axial, coronal) = (room.pane("axial"), room.pane("coronal"));
    room.key(Key::X);
    room.click(axial.center());
    room.settle_clicks();
    let before = letters(&room, coronal);
    assert_eq!(before, ["H", "L", "F", "R"]);
    // The horizontal line is where the coronal plane cuts: it goes down on the right by 30 degrees, away from the front.
    let arm = 200.0f32;
    let by = Vec2::angled(30f32.to_radians()) * arm - vec2(arm, 0.0);
    room.drag(PointerButton::Primary, axial.center() + vec2(arm, 0.0), by, Modifiers::NONE);
    room.rest();
    let names: Vec<String> = room.panes().into_iter().map(|(name, _)| name.split(',').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(names, ["axial", "oblique", "oblique"]);
    assert_eq!(letters(&room, coronal), ["H", "LP", "F", "RA"]);
    assert_eq!(letters(&room, axial), ["A", "L", "P", "R"], "the pane itself stays");
    // Near the middle nothing turns.
    room.drag(PointerButton::Primary, axial.center() + vec2(40.0, 0.0), vec2(0.0, 30.0), Modifiers::NONE);
    room.rest();
    assert_eq!(letters(&room, coronal), ["H", "LP", "F", "RA"]);
    room.key(Key::R);
    room.rest();
    assert_eq!(letters(&room, coronal), before);
    assert_eq!(room.panes()[1].0.split(',').next(), Some("coronal"));
    // Who leaves a case leaves nothing untold.
    room.press_named("leave this case as a draft");
    room.until_says("End the session");
    drop(room);
    // The record knows what was turned and by how much, and that the planes were put back.
    let (mut turned, mut back) = (Vec::new(), Vec::new());
    let view = |r: Recorded| {
        let Fact::Viewed { glimpses } = r.event.fact() else { return };
        for glimpse in glimpses {
            match &glimpse.view {
                View::Tilt { pane, by: [sin, cos] } => turned.push((*pane, sin.atan2(*cos).to_degrees().round())),
                View::Oblique { pane, turned, right, .. } => back.push((*pane, *turned, right.letters())),
                _ => {}
            }
        }
    };
    crate::written::wait_for_record(&demo.reader()).replay(view).expect("the record replays");
    assert_eq!(turned, [(0, 30.0)]);
    assert_eq!(back, [(1, false, "L".to_owned()), (2, false, "P".to_owned())]);
}

/// What a drag began with is kept from frame to frame, also while there are other panes.
#[test]
fn slow_drags_do_what_quick_ones_do() {
    let (_demo, mut room) = opened();
    let (axial, coronal) = (room.pane("axial"), room.pane("coronal"));
    room.key(Key::X);
    room.click(axial.center());
    room.settle_clicks();
    let arm = 200.0f32;
    let by = Vec2::angled(30f32.to_radians()) * arm - vec2(arm, 0.0);
    room.drag_over(25, PointerButton::Primary, axial.center() + vec2(arm, 0.0), by, Modifiers::NONE);
    room.rest();
    assert_eq!(letters(&room, coronal), ["H", "LP", "F", "RA"], "the line is held until it is let go");
    room.key(Key::R);
    room.key(Key::S);
    room.rest();
    let slice = room.panes().remove(0).0;
    // Each frame is less than a slice.
    room.drag_over(40, PointerButton::Primary, axial.center(), vec2(0.0, 80.0), Modifiers::NONE);
    room.rest();
    assert_ne!(room.panes().remove(0).0, slice);
}

#[test]
fn a_slab_says_what_it_is() {
    let (_demo, mut room) = opened();
    let steps = [
        (Key::J, Some("MIP 10 mm")),
        (Key::CloseBracket, Some("MIP 15 mm")),
        (Key::J, Some("MinIP 15 mm")),
        (Key::J, Some("mean 15 mm")),
        (Key::J, None),
        (Key::CloseBracket, Some("MIP 2 mm")),
        (Key::OpenBracket, None),
    ];
    for (key, words) in steps {
        room.key(key);
        room.rest();
        let said: Vec<String> =
            room.words().into_iter().filter(|w| w.contains("MIP ") || w.contains("MinIP ") || w.starts_with("mean ")).collect();
        assert_eq!(said, words.into_iter().map(str::to_owned).collect::<Vec<_>>(), "after {key:?}");
    }
}

#[test]
fn zoom_is_said_and_one_to_one_is_exact() {
    let (_demo, mut room) = opened();
    let zooms = |room: &Sitting| room.words().into_iter().filter(|w| w.starts_with('\u{d7}') || w == "1:1").collect::<Vec<_>>();
    let fitted = zooms(&room);
    assert!(fitted.len() == 3 && fitted.iter().all(|w| w.starts_with('\u{d7}')), "{fitted:?}");
    room.key(Key::Num0);
    room.rest();
    assert_eq!(zooms(&room)[0], "1:1");
    room.key(Key::F);
    room.rest();
    assert_eq!(zooms(&room), fitted);
}
