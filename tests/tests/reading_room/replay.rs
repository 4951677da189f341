//! A recorded session replayed: at seeded random moments of a reader's hands on a case of two series, what was in the window is what the record gives.
//!
//! Issue 6, line 6.4. The window's pixels are compared with the picture that is made of record and package alone, by the library and by the command. Lines and the
//! frame of the pane in use are coloured, images are grey: what is coloured in the window, and what touches it, is not compared.

use crate::bytes::crop;
use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use crate::written::wait_for_record;
use egui::{Key, Modifiers, PointerButton, Rect, vec2};
use std::path::Path;
use tiresias::Clock;
use tiresias::replay::{Replay, Replayed};
use tiresias_reads::gathered::{Gathered, Told};
use tiresias_reads::machine::{Fact, View};
use tiresias_reads::replay::course;
use tiresias_tests::run::tiresias;
use tiresias_tests::studies::protocol;

const MOMENTS: usize = 20;

/// What was in the window at a moment: when, and each pane's rectangle and pixels.
struct Moment {
    utc_ms: i64,
    after: String,
    panes: Vec<([u32; 2], Vec<u8>)>,
}

/// Chance with a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        // Knuth's MMIX generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
    fn within(&mut self, span: f32) -> f32 {
        (self.below(2001) as f32 / 1000.0 - 1.0) * span
    }
}

/// Something that a hand does.
type Hand = (&'static str, fn(&mut Sitting, &mut Chance));

fn any_pane(room: &Sitting, chance: &mut Chance) -> Rect {
    let panes = room.panes();
    panes[chance.below(panes.len() as u64) as usize].1
}
/// Whether the planes of a series are shown, and not three panes of images, which lie in one plane.
fn are_planes(room: &Sitting) -> bool {
    let panes = room.panes();
    let way = |at: usize| panes[at].0.split(',').next();
    panes.len() == 3 && way(0) != way(1)
}
fn tool(room: &mut Sitting, key: Key, chance: &mut Chance, button: PointerButton) {
    room.key(key);
    let pane = any_pane(room, chance);
    let by = vec2(chance.within(60.0), chance.within(60.0));
    room.settle_clicks();
    room.drag(button, pane.center() + vec2(chance.within(20.0), chance.within(20.0)), by, Modifiers::NONE);
}

const HANDS: [Hand; 26] = [
    ("the wheel", |s, c| {
        let pane = any_pane(s, c);
        s.wheel(pane.center(), c.below(25) as i32 - 12, Modifiers::NONE);
    }),
    ("the wheel again", |s, c| {
        let pane = any_pane(s, c);
        s.wheel(pane.center(), 1 + c.below(9) as i32, Modifiers::NONE);
    }),
    ("a page", |s, c| s.key(if c.below(2) == 0 { Key::PageUp } else { Key::PageDown })),
    ("the first or last slice", |s, c| s.key(if c.below(2) == 0 { Key::Home } else { Key::End })),
    ("a drag of the window", |s, c| tool(s, Key::W, c, PointerButton::Primary)),
    ("scrolling by a drag", |s, c| tool(s, Key::S, c, PointerButton::Primary)),
    ("zoom by a drag", |s, c| tool(s, Key::Z, c, PointerButton::Primary)),
    ("pan", |s, c| tool(s, Key::W, c, PointerButton::Middle)),
    ("zoom by the wheel", |s, c| {
        let pane = any_pane(s, c);
        s.wheel(pane.center() + vec2(c.within(30.0), c.within(30.0)), 3 - c.below(7) as i32, Modifiers::COMMAND);
    }),
    ("a preset", |s, _| s.key(Key::Num1)),
    ("the images' own window", |s, _| s.key(Key::Num2)),
    ("a fitted window", |s, _| {
        s.key(Key::E);
        s.rest();
    }),
    ("inversion", |s, _| s.key(Key::I)),
    ("a flip", |s, c| s.key(if c.below(2) == 0 { Key::H } else { Key::V })),
    ("a turn", |s, _| s.key(Key::T)),
    ("a slab", |s, _| s.key(Key::J)),
    ("a step back", |s, _| s.chord(Modifiers::COMMAND, Key::Z)),
    ("another arrangement", |s, _| s.key(Key::G)),
    ("rows and columns", |s, c| {
        s.chord(Modifiers::SHIFT, Key::G);
        s.key([Key::Num2, Key::Num4, Key::Num3][c.below(3) as usize]);
    }),
    ("planes", |s, _| {
        // As it opened, whatever it was; then the planes.
        while !are_planes(s) || !s.panes()[0].0.starts_with("axial") {
            s.key(Key::G);
            s.rest();
        }
    }),
    ("the crosshair", |s, c| tool(s, Key::X, c, PointerButton::Primary)),
    ("a plane turned by its line", |s, c| {
        while !are_planes(s) {
            s.key(Key::G);
            s.rest();
        }
        s.key(Key::R);
        s.key(Key::X);
        let pane = s.panes()[0].1;
        s.settle_clicks();
        s.click(pane.center());
        s.settle_clicks();
        let arm = 0.4 * pane.width();
        s.drag(PointerButton::Primary, pane.center() + vec2(arm, 0.0), vec2(c.within(6.0), c.within(90.0)), Modifiers::NONE);
    }),
    ("one pane alone", |s, _| s.key(Key::F11)),
    ("series that move alone, or together", |s, _| s.key(Key::L)),
    ("another series", |s, _| s.key(Key::Period)),
    ("another size of the window", |s, c| {
        let size = s.screen().size() + vec2(c.within(40.0).round(), c.within(40.0).round());
        s.window.set_size(size);
        s.step();
    }),
];

fn press(pos: egui::Pos2, pressed: bool) -> egui::Event {
    egui::Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

/// The panes as they are on the screen, once each is itself.
fn moment(room: &mut Sitting, after: String) -> Moment {
    room.step();
    room.until("the image itself", |s| !s.says("preview") && !s.says("loading"));
    let (picture, scale) = (room.pixels(), room.scale());
    let pane = |(_, rect): (String, Rect)| {
        let size = [rect.width(), rect.height()].map(|n| (n * scale).round() as u32);
        (size, crop(&picture, rect, scale))
    };
    let panes = room.panes().into_iter().map(pane).collect();
    // Between two milliseconds on either side, so that no rounding puts a frame on the wrong one.
    std::thread::sleep(std::time::Duration::from_millis(3));
    let utc_ms = Clock::start().now().utc_ms;
    std::thread::sleep(std::time::Duration::from_millis(3));
    Moment { utc_ms, after, panes }
}

/// Milliseconds of the reading clock, by the times of the day at which images were shown and went.
fn on_the_clock(trail: &[Told], utc_ms: i64) -> u64 {
    let (mut spent, mut from) = (0, None);
    for told in trail {
        let at = told.recorded.event.at().utc_ms;
        if at > utc_ms {
            break;
        }
        match told.recorded.event.fact() {
            Fact::ImagesShown => from = Some(at),
            Fact::Paused | Fact::CaseClosed => spent += from.take().map_or(0, |from| at - from),
            _ => {}
        }
    }
    u64::try_from(spent + from.map_or(0, |from| utc_ms - from)).expect("a time in the read")
}

/// Pixels that differ outside of what is coloured in the window and what is beside that; and the share of those.
fn differing(window: &[u8], replayed: &[u8], [width, height]: [u32; 2]) -> (usize, f64) {
    assert_eq!(window.len(), replayed.len());
    let [w, h] = [width as usize, height as usize];
    let is_coloured = |i: usize| window[3 * i] != window[3 * i + 1] || window[3 * i + 1] != window[3 * i + 2];
    let mut left_out = vec![false; w * h];
    for i in (0..w * h).filter(|i| is_coloured(*i)) {
        let (x, y) = (i % w, i / w);
        for y in y.saturating_sub(1)..(y + 2).min(h) {
            left_out[y * w + x.saturating_sub(1)..y * w + (x + 2).min(w)].fill(true);
        }
    }
    let found = (0..w * h).filter(|i| !left_out[*i] && window[3 * i..3 * i + 3] != replayed[3 * i..3 * i + 3]).count();
    (found, left_out.iter().filter(|out| **out).count() as f64 / (w * h) as f64)
}

/// The pane of a replayed picture, as red, green and blue.
fn cut(replayed: &Replayed, at: usize) -> ([u32; 2], Vec<u8>) {
    let [x, y, w, h] = replayed.panes[at].rect;
    let row = |y: u32| {
        let from = 3 * (y * replayed.canvas[0] + x) as usize;
        replayed.rgb[from..from + 3 * w as usize].to_vec()
    };
    ([w, h], (y..y + h).flat_map(row).collect())
}

/// Whether the window at a moment is what was replayed; a sentence where it is not.
fn compare(moment: &Moment, replayed: &Replayed) -> Result<usize, String> {
    if moment.panes.len() != replayed.panes.len() {
        return Err(format!("{} panes, not {}", replayed.panes.len(), moment.panes.len()));
    }
    let mut bytes = 0;
    for (i, (size, pixels)) in moment.panes.iter().enumerate() {
        let (is, again) = cut(replayed, i);
        if is != *size {
            return Err(format!("pane {i} has {is:?} pixels, not {size:?}"));
        }
        let (found, left_out) = differing(pixels, &again, *size);
        if found > 0 || left_out > 0.12 || (moment.panes.len() == 1 && left_out > 0.0) {
            return Err(format!("pane {i}: {found} of {} pixels differ, {left_out:.3} of them not compared", pixels.len() / 3));
        }
        bytes += pixels.len();
    }
    Ok(bytes)
}

fn hashes(replayed: &Replayed) -> Vec<String> {
    replayed.panes.iter().map(|p| p.sha256.to_string()).collect()
}

/// A reader's hands on a case, and what was in the window at moments between them.
fn session(root: &Path, seed: u64) -> Vec<Moment> {
    let mut room = Sitting::start(Opening::of(root));
    room.sign_in("Reader 1");
    room.key(Key::Enter);
    room.until("two panes", |s| s.panes().len() == 2 && s.says("HU") && !s.says("loading"));
    room.rest();
    // Without words on the images.
    room.key(Key::O);
    let mut chance = Chance(seed);
    let mut moments = vec![moment(&mut room, "as opened".to_owned())];
    let mut left: Vec<usize> = Vec::new();
    while moments.len() < MOMENTS {
        let mut did = Vec::new();
        for _ in 0..3 + chance.below(4) {
            // Every hand once before any comes again.
            if left.is_empty() {
                left = (0..HANDS.len()).collect();
            }
            let (name, hand) = HANDS[left.swap_remove(chance.below(left.len() as u64) as usize)];
            hand(&mut room, &mut chance);
            did.push(name);
        }
        if moments.len() == MOMENTS / 2 {
            room.key(Key::F9);
            room.until_says("Paused");
            room.key(Key::Enter);
            room.until("the panes again", |s| !s.panes().is_empty());
            did.push("a pause");
        }
        let did = did.join(", ");
        // Every fourth in the middle of a drag.
        let drags = moments.len() % 4 == 3;
        if drags {
            room.key(Key::W);
            let from = any_pane(&room, &mut chance).center();
            room.settle_clicks();
            room.hover(from);
            room.window.event(press(from, true));
            room.step();
            room.window.event(egui::Event::PointerMoved(from + vec2(chance.within(50.0), chance.within(50.0))));
            room.step();
        } else {
            room.window.remove_cursor();
        }
        moments.push(moment(&mut room, did));
        if drags {
            room.window.event(press(room.screen().center(), false));
            room.step();
        }
    }
    room.press_named("leave this case as a draft");
    room.until_says("End the session");
    moments
}

#[test]
fn twenty_moments_of_a_session_are_rebuilt_from_its_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = follow_up::study(folder.path(), &protocol("roc", "first = \"lung\""), 1);
    let moments = session(&root, 20_264);
    drop(wait_for_record(&root));
    let gathered = Gathered::open(&root, "test").expect("a record");
    let read = gathered.bundles().values().next().expect("a bundle").reads()[0].id(gathered.bundles().keys().next().expect("a reader"));
    let name = read.to_string();
    let replay = Replay::open(&gathered, Some(&name), None).unwrap_or_else(|e| panic!("{e}"));
    let times: Vec<u64> = moments.iter().map(|m| on_the_clock(gathered.trail(), m.utc_ms)).collect();
    let again: Vec<Replayed> = times.iter().map(|ms| replay.at(*ms).unwrap_or_else(|e| panic!("{e}"))).collect();
    let (mut panes, mut bytes) = (0, 0);
    for ((moment, replayed), ms) in moments.iter().zip(&again).zip(&times) {
        bytes += compare(moment, replayed).unwrap_or_else(|e| panic!("at {ms} ms, after {}: {e}", moment.after));
        panes += moment.panes.len();
    }
    assert!(replay.at(replay.length_ms() + 1).is_err_and(|e| e.contains("Name a time from 0 to that")));

    // The comparison can fail: hardly any moment is like the one before it.
    let like = moments[1..].iter().zip(&again).filter(|(moment, before)| compare(moment, before).is_ok()).count();
    assert!(like <= 2, "{like} moments cannot be told from the one before");
    // And so can the replay: where a row of glimpses is lost, a moment is another, or the very time at which the row ends. What a row shows and takes back
    // leaves nothing to notice, and where rows begin is the clock's affair: a few may be like that.
    let viewed: Vec<(usize, u64)> = (0..)
        .zip(gathered.trail())
        .filter_map(|(i, told)| match told.recorded.event.fact() {
            Fact::Viewed { glimpses } => Some((i, glimpses.last().map_or(0, |g| u64::from(g.at_ms)))),
            _ => None,
        })
        .collect();
    let noticed = viewed.iter().filter(|(lost, end)| {
        let trail: Vec<Told> = gathered.trail().iter().enumerate().filter(|(i, _)| i != lost).map(|(_, told)| told.clone()).collect();
        let without = Replay::of(&gathered, course(&trail, Some(&name)).expect("a read")).expect("its images");
        let is_other = |right: &Replayed| without.at(right.at_ms).is_ok_and(|other| hashes(&other) != hashes(right));
        again.iter().any(is_other) || replay.at(*end).is_ok_and(|right| is_other(&right))
    });
    let noticed = noticed.count();
    assert!(noticed >= 3 && noticed * 10 >= viewed.len() * 8, "{noticed} of {} lost rows are noticed", viewed.len());

    by_command(&root, &name, &[(times[3], &again[3]), (times[11], &again[11]), (times[19], &again[19])], folder.path());
    let changes =
        gathered.trail().iter().filter_map(|t| if let Fact::Viewed { glimpses } = t.recorded.event.fact() { Some(glimpses) } else { None });
    let changes: Vec<&View> = changes.flatten().map(|g| &g.view).collect();
    let slices = changes.iter().filter(|v| matches!(v, View::Slice { .. })).count();
    println!(
        "{MOMENTS} moments, {panes} panes, {bytes} bytes: 0 differ; {} changes of view ({slices} slices) in {} rows, {noticed} of them noticed when they are lost",
        changes.len(),
        viewed.len()
    );
}

/// The command gives the same bytes, in words and as a document; a read that there is not is answered with those that there are.
fn by_command(root: &Path, read: &str, moments: &[(u64, &Replayed)], folder: &Path) {
    let out = folder.join("replayed.png");
    let [study, png] = [root, &out].map(|p| p.display().to_string());
    for (ms, expected) in moments {
        let at = format!("{}.{:03}", ms / 1000, ms % 1000);
        let words = tiresias(["replay", &study, "--read", read, "--at", &at, "--out", &png]).and_then(tiresias_tests::run::Ran::done);
        let words = words.unwrap_or_else(|e| panic!("{e}")).out;
        assert_eq!(words.lines().count(), expected.panes.len() + 1, "{words}");
        assert!(hashes(expected).iter().zip(words.lines()).all(|(hash, line)| line.ends_with(hash)), "{words}");
        let picture = image::open(&out).expect("a picture").to_rgb8();
        assert_eq!([picture.width(), picture.height()], expected.canvas);
        assert!(picture.into_raw() == expected.rgb, "the picture is that of the library");
        let json = tiresias(["replay", &study, "--read", read, "--at", &at, "--json"]).and_then(|ran| ran.json());
        assert_eq!(json.expect("a document"), serde_json::to_value(expected).expect("json"));
    }
    let summary = tiresias(["replay", &study, "--read", read, "--summary", "--json"]).and_then(|ran| ran.json()).expect("a document");
    let shown: u64 =
        summary["series"][0]["ways"][0]["slice_ms"].as_array().expect("slices").iter().filter_map(serde_json::Value::as_u64).sum();
    assert!(shown > 0 && shown <= summary["reading_ms"].as_u64().expect("a time"), "{summary}");
    let words = tiresias(["replay", &study, "--read", read, "--summary"]).expect("the program runs").out;
    assert!(words.contains("slices scrolled") && words.contains("AI: not revealed"), "{words}");
    let unknown = tiresias(["replay", &study, "--read", "nobody", "--summary"]).expect("the program runs");
    assert!(unknown.sentence(2).expect("a sentence").contains(&format!("There are {read}")));
}
