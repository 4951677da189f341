//! Before a session: the test pattern, what the reader says of it, and a session that does not begin where it is not all seen.

use crate::clipped::Found;
use crate::results::keep;
use crate::sitting::{Demo, Opening, Sitting};
use crate::templates::study_of;
use crate::written::wait_for_record;
use egui::{Key, Rect};
use tiresias_reads::machine::{Environment, Fact, Pattern, Selftest};
use tiresias_reads::protocol::template;
use tiresias_render::pattern::{PATTERN, pattern};

fn at_the_pattern(root: &std::path::Path, pixels: [u32; 2]) -> Sitting {
    let mut room = Sitting::start(Opening::of(root).sized(pixels));
    room.until_says("Who reads?");
    room.press_named("Reader 1");
    room.until_says("Look at this screen");
    room.rest();
    room
}

/// The environments of all sessions, in order.
fn recorded(root: &std::path::Path) -> Vec<Environment> {
    let mut began = Vec::new();
    let take = |r: tiresias_reads::record::Recorded| {
        if let Fact::SessionStarted(on) = r.event.fact() {
            began.push(on.clone());
        }
    };
    wait_for_record(root).replay(take).expect("the record is read");
    began
}

/// Issue 6, "Environment": shown byte for byte, answered by keys or mouse, stored; refused by a protocol that asks for it.
#[test]
fn a_session_begins_when_all_of_the_test_pattern_is_seen() {
    let demo = Demo::new();
    let text = template("crossover").expect("a template").text.to_owned() + "\n[environment]\ndisplay_check = true\nselftest = true\n";
    let root = study_of(&demo, &text, "pattern");
    let mut found = Found::default();
    for pixels in [[1280, 800], [1920, 1080], [3840, 2160]] {
        let mut room = at_the_pattern(&root, pixels);
        found.look(&room, "the test pattern", pixels);
        keep(&mut room, &format!("pattern-{}", pixels[0]));
        assert!(room.window.unnamed_widgets().is_empty(), "{:?}", room.window.unnamed_widgets());
        // Each pixel of the pattern is one of the screen, with its own level.
        let rect: Rect = room.pane("test pattern");
        let scale = room.scale();
        let [left, top] = [rect.left(), rect.top()].map(|v| (v * scale).round() as u32);
        let shown = room.pixels();
        let wanted = pattern();
        let differ = (0..PATTERN[1]).flat_map(|y| (0..PATTERN[0]).map(move |x| (x, y))).filter(|(x, y)| {
            let level = wanted.bytes[(y * PATTERN[0] + x) as usize];
            shown.get_pixel(left + x, top + y).0[..3] != [level; 3]
        });
        assert_eq!(differ.count(), 0, "{pixels:?}");
        // Nothing is answered beforehand, and nothing goes on before all is.
        room.key(Key::Enter);
        room.rest();
        assert!(room.says("Look at this screen"));
        for key in [Key::Y, Key::N, Key::Y, Key::Y, Key::Enter] {
            room.key(key);
        }
        room.until_says("Reading stops here.");
        assert!(room.says("Not all of the test pattern can be seen on this screen"), "{:?}", room.words());
        found.look(&room, "a session that may not begin", pixels);
        room.press_named("To the start");
        room.until_says("Open a study");
    }
    let mut room = at_the_pattern(&root, [1280, 800]);
    room.press_named("The dark patch Yes");
    for key in [Key::Y, Key::Y, Key::Y, Key::Enter] {
        room.key(key);
    }
    room.until_says("End the session");
    drop(room);
    let sessions = recorded(&root);
    assert_eq!(sessions.len(), 1, "what may not begin leaves no session");
    let all = Pattern { dark: true, bright: true, lines: true, ramp: true };
    assert_eq!((sessions[0].pattern, sessions[0].selftest, sessions[0].surface), (Some(all), Some(Selftest::Passed), [1280, 800]));
    println!("{}", found.report());
}
