//! True size: on a screen that somebody measured a millimetre of the patient is a millimetre; on any other the program says what is missing.

use crate::follow_up;
use crate::sitting::{Demo, Opening, Sitting};
use crate::written::numbers;
use egui::{Key, Modifiers, Pos2, vec2};
use std::path::Path;
use tiresias_tests::studies::protocol;

const PAGE: &str = "Measure this screen";
const MISSING: &str = "True size needs the size of this screen\u{2019}s pixels";

/// The window on a screen of so many pixels.
fn on_screen(room: &mut Sitting, pixels: [f32; 2]) {
    let scale = room.scale();
    for viewport in room.window.input_mut().viewports.values_mut() {
        viewport.monitor_size = Some(vec2(pixels[0], pixels[1]) / scale);
    }
    room.step();
}

/// Measures the screen: a ruler of 200 mm over so many pixels.
fn measure(room: &mut Sitting, pixels: u32) {
    room.press_named("keys");
    room.until_says("Keys, mouse and screen\u{2026}");
    room.press_named("Keys, mouse and screen\u{2026}");
    room.until_says("Choose whose keys you know.");
    room.press_named("Measure this screen\u{2026}");
    room.until_says("Hold a bank card or a ruler");
    room.press_named("What is held to the screen a ruler, 200 mm");
    room.step();
    for _ in 0..400 {
        let now = shown_width(room);
        let by = i64::from(pixels) - i64::from(now);
        if by == 0 {
            break;
        }
        let key = if by > 0 { Key::ArrowRight } else { Key::ArrowLeft };
        let held = if by.abs() >= 10 { Modifiers::SHIFT } else { Modifiers::NONE };
        room.chord(held, key);
    }
    assert_eq!(shown_width(room), pixels);
    room.key(Key::Enter);
    room.until("the page of keys", |s| !s.says(PAGE) || s.says("Choose whose keys you know."));
    room.key(Key::Escape);
    room.until("the room", |s| !s.says("Choose whose keys you know."));
    room.rest();
}

fn shown_width(room: &Sitting) -> u32 {
    let words = room.words();
    let line = words.iter().find(|w| w.contains(" mm are ")).unwrap_or_else(|| panic!("no measure: {words:#?}"));
    line.split(" mm are ").nth(1).and_then(|t| t.split(' ').next()).and_then(|n| n.parse().ok()).expect("pixels")
}

/// Left-right and front-back position under the pointer, mm.
fn position(room: &mut Sitting, at: Pos2) -> [f64; 2] {
    room.hover(at);
    let words = room.words();
    let line = words.iter().find(|w| w.ends_with(" mm") && w.split("  ").count() == 3).unwrap_or_else(|| panic!("no position: {words:#?}"));
    let parts = numbers(line);
    [parts[0], parts[1]]
}

fn zooms(room: &Sitting) -> Vec<String> {
    room.words().into_iter().filter(|w| w.contains('\u{d7}') && !w.contains("pixels") || w.contains("true size")).collect()
}

/// Issue 4: "1:1 and true-size zoom".
#[test]
fn a_millimetre_is_a_millimetre_on_a_screen_that_was_measured() {
    let demo = Demo::new();
    let reader = demo.reader();
    let start = |study: &Path| Sitting::start(Opening { data: Some(demo.data()), ..Opening::of(study) });
    let mut room = start(&reader);
    on_screen(&mut room, [2560.0, 1440.0]);
    room.open_first_case();
    let fitted = zooms(&room);
    room.key(Key::Y);
    room.until_says(MISSING);
    assert_eq!(zooms(&room), fitted, "without a measure nothing is zoomed, and nothing says true size");
    // 200 mm over 1000 pixels: a pixel is 0.2 mm.
    measure(&mut room, 1000);
    room.key(Key::Y);
    room.rest();
    // A pixel of the image is 0.78125 mm.
    assert_eq!(zooms(&room)[0], "true size \u{b7} \u{d7}3.91");
    assert!(zooms(&room)[1..].iter().all(|z| !z.contains("true size")), "the other panes are as they were");
    // 100 mm of the screen are 500 physical pixels, and 100 mm of the patient.
    let middle = room.pane("axial").center();
    let step = 250.0 / room.scale();
    let [a, b] = [vec2(-step, 0.0), vec2(step, 0.0)].map(|d| position(&mut room, middle + d));
    assert!((b[0] - a[0] - 100.0).abs() < 0.11 && (b[1] - a[1]).abs() < 0.11, "{a:?} to {b:?}");
    let [a, b] = [vec2(0.0, -step / 2.0), vec2(0.0, step / 2.0)].map(|d| position(&mut room, middle + d));
    assert!((b[1] - a[1] - 50.0).abs() < 0.11, "{a:?} to {b:?}");
    room.key(Key::Plus);
    room.rest();
    assert!(!zooms(&room)[0].contains("true size"), "larger than life is not true size");
    room.key(Key::Y);
    room.rest();
    assert!(zooms(&room)[0].contains("true size"));
    // On another screen it is no longer true, and nobody says so.
    on_screen(&mut room, [1920.0, 1080.0]);
    room.rest();
    assert!(!zooms(&room)[0].contains("true size"));
    room.key(Key::Y);
    room.until_says(MISSING);
    measure(&mut room, 800);
    room.key(Key::Y);
    room.rest();
    assert_eq!(zooms(&room)[0], "true size \u{b7} \u{d7}3.12", "0.25 mm a pixel");
    drop(room);
    crate::written::wait_for_record(&reader);

    // Both measures are kept.
    let mut room = start(&reader);
    on_screen(&mut room, [2560.0, 1440.0]);
    room.sign_in("Reader 1");
    room.open_case();
    room.key(Key::Y);
    room.rest();
    assert_eq!(zooms(&room)[0], "true size \u{b7} \u{d7}3.91");
}

#[test]
fn a_hanging_in_true_size_opens_so_where_the_screen_was_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = "\n[[hanging]]\nname = \"as large as life\"\nlayout = \"1x2\"\n\n[[hanging.cell]]\nrole = \"current\"\nzoom = \"true_size\"\n\n\
                [[hanging.cell]]\nrole = \"prior\"\n";
    let text = protocol("roc", "first = \"lung\"") + rule;
    let study = follow_up::study(folder.path(), &text, 1);
    let data = folder.path().join("data");
    let start = || {
        let mut room = Sitting::start(Opening { data: Some(data.clone()), ..Opening::of(&study) });
        on_screen(&mut room, [1920.0, 1080.0]);
        room.sign_in("Reader 1");
        room.key(Key::Enter);
        room.until("two panes", |s| s.panes().len() == 2 && s.says("HU") && !s.says("loading"));
        room
    };
    let mut room = start();
    assert!(room.says(MISSING), "{:#?}", room.words());
    room.rest();
    assert!(zooms(&room).iter().all(|z| !z.contains("true size")));
    measure(&mut room, 800);
    drop(room);
    crate::written::wait_for_record(&study);
    let mut room = start();
    room.rest();
    assert!(!room.says(MISSING));
    let zooms = zooms(&room);
    assert!(zooms[0].starts_with("true size") && !zooms[1].contains("true size"), "{zooms:?}");
    let middle = room.panes()[0].1.center();
    let step = 100.0 / room.scale();
    let [a, b] = [-step, step].map(|x| position(&mut room, middle + vec2(x, 0.0)));
    assert!((b[0] - a[0] - 50.0).abs() < 0.11, "{a:?} to {b:?}");
}
