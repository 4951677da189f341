//! What is written on the image against [`World`]: letters, positions, values, slice numbers, the window, the scale bar.

use crate::sitting::{Demo, Opening, Sitting};
use crate::world::{WAYS, Way, World, position_words, whole};
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, pos2, vec2};
use tiresias::RenderPath;

/// Distance of corner text from a pane's edge, logical pixels, as the drawing has it.
const INSET: f32 = 10.0;

/// Issue 2, done when 1.
#[test]
fn what_is_written_on_the_image_is_right() {
    let demo = Demo::new();
    let world = World::of(&demo, "Reader 1", 0);
    let reader = demo.reader();
    for pixels in [[1280, 800], [3840, 2160]] {
        let mut room = Sitting::start(Opening::of(&reader).sized(pixels));
        if pixels[0] == 1280 {
            room.open_first_case();
        } else {
            // The case that the first window left as a draft.
            room.sign_in("Reader 1");
            room.open_case();
        }
        let letters = letters(&room);
        let points = points(&mut room, &world);
        let bars = bars(&mut room, &world);
        println!("{pixels:?}: {letters} letters, {points} hovered points, scale bars {bars:?}");
        if pixels[0] == 1280 {
            let moving = under_a_moving_image(&mut room, &world);
            let numbers = slice_numbers(&mut room, &world);
            let windows = windows(&mut room);
            println!("{pixels:?}: {moving} positions under a moving image, {numbers} slice numbers, {windows} windows");
        }
        drop(room);
        wait_for_record(&reader);
    }
}

/// The letters at the four edges of each pane, and where they stand.
fn letters(room: &Sitting) -> usize {
    let mut seen = 0;
    for way in WAYS {
        let pane = room.pane(way.name);
        let edges = [
            (pos2(pane.center().x, pane.top() + INSET), "top"),
            (pos2(pane.center().x, pane.bottom() - INSET), "bottom"),
            (pos2(pane.left() + INSET, pane.center().y), "left"),
            (pos2(pane.right() - INSET, pane.center().y), "right"),
        ];
        for ((edge, place), letter) in edges.into_iter().zip(way.letters) {
            let near = Rect::from_center_size(edge, vec2(24.0, 24.0));
            let found: Vec<_> = room.texts_in(pane, "").into_iter().filter(|t| near.intersects(t.ink)).collect();
            let words: Vec<&str> = found.iter().map(|t| t.text.as_str()).collect();
            assert_eq!(words, [letter], "{} of the {} pane", place, way.name);
            seen += 1;
        }
    }
    seen
}

/// The pixels themselves: each is the grey of the value that is written when the pointer stands there.
#[test]
fn pixels_show_the_values_that_are_written() {
    let demo = Demo::new();
    let world = World::of(&demo, "Reader 1", 0);
    for (pixels, path) in [([1280, 800], RenderPath::Cpu), ([3840, 2160], RenderPath::Gpu)] {
        let reader = demo.reader();
        let mut room = Sitting::start(Opening::of(&reader).sized(pixels).by(path));
        room.open_first_case();
        room.key(Key::O);
        let (mut seen, mut off) = (0, [0usize; 3]);
        for (key, width, centre) in [(Key::Num1, 1500.0, -600.0), (Key::Num2, 400.0, 40.0)] {
            room.key(key);
            room.window.remove_cursor();
            room.step();
            let picture = room.pixels();
            for way in WAYS {
                let pane = room.pane(way.name);
                let inside = pane.shrink(3.0);
                let [x0, y0, x1, y1] = [inside.left(), inside.top(), inside.right(), inside.bottom()].map(|n| (n * room.scale()) as u32);
                for (x, y) in (y0..y1).step_by(13).flat_map(|y| (x0..x1).step_by(11).map(move |x| (x, y))) {
                    // The middle of a physical pixel.
                    let at = pos2(x as f32 + 0.5, y as f32 + 0.5) / room.scale();
                    let cross = world.over(way, pane, room.scale(), world.start());
                    if (at.x - cross.x).abs() < 3.0 || (at.y - cross.y).abs() < 3.0 {
                        continue;
                    }
                    let Some(hu) = world.value(world.under(way, pane, room.scale(), world.start(), at)) else { continue };
                    // PS3.3 C.11.2.1.2.1, rounded half up.
                    let grey = (((hu - (centre - 0.5)) / (width - 1.0) + 0.5) * 255.0).clamp(0.0, 255.0);
                    let shown = picture.get_pixel(x, y).0;
                    assert_eq!([shown[0], shown[0]], [shown[1], shown[2]], "{} at {x}, {y} is grey", way.name);
                    let by = ((grey + 0.5).floor() - f64::from(shown[0])).abs();
                    assert!(by <= 1.0, "{} at {x}, {y}: {shown:?} for {hu} HU, which is {grey}", way.name);
                    off[by as usize] += 1;
                    seen += 1;
                }
            }
        }
        println!("{pixels:?} by {path:?}: {seen} pixels, {} exact, {} off by one level", off[0], off[1]);
        assert!(seen > 5000);
        drop(room);
        wait_for_record(&reader);
    }
}

/// The number at the start of each part of "L 76.8  P 165.6  F 493.8 mm", with its sign: to the left, to the back and to the head are positive.
pub(crate) fn numbers(position: &str) -> Vec<f64> {
    let parts = position.trim_end_matches(" mm").split("  ");
    parts
        .map(|part| {
            let (letter, number) = part.split_once(' ').unwrap_or_else(|| panic!("{position:?} is no position"));
            let number: f64 = number.parse().unwrap_or_else(|_| panic!("{position:?} is no position"));
            if ["R", "A", "F"].contains(&letter) { -number } else { number }
        })
        .collect()
}

/// Position and value under the pointer, in all panes.
fn points(room: &mut Sitting, world: &World) -> usize {
    let parts: [(f32, f32); 6] = [(0.5, 0.5), (0.31, 0.42), (0.66, 0.37), (0.44, 0.71), (0.71, 0.66), (0.387, 0.583)];
    let mut seen = 0;
    let mut exact = 0;
    for way in WAYS {
        let pane = room.pane(way.name);
        for (x, y) in parts {
            let at = crate::measuring::at(pane, x, y);
            room.hover(at);
            let place = world.under(way, pane, room.scale(), world.start(), at);
            let main = room.pane("axial");
            let shown = room.texts_in(main, " mm");
            let shown = shown.iter().find(|t| t.text.contains("  ")).expect("a position");
            assert!((shown.ink.bottom() - (main.bottom() - INSET)).abs() < 6.0, "the position stands at the bottom: {shown:?}");
            for (is, should) in numbers(&shown.text).into_iter().zip(place) {
                assert!((is - should).abs() <= 0.05 + 1e-6, "{} at {at:?}: {:?} for {place:?}", way.name, shown.text);
            }
            exact += usize::from(shown.text == position_words(place));
            let value = room.texts_in(main, " HU");
            match world.value(place) {
                // There the edge's values are repeated, which this arithmetic does not do.
                None if world.is_edge(place) => {}
                None => assert!(value.is_empty(), "{} at {at:?}: {value:?} outside the image", way.name),
                Some(hu) => {
                    let words = &value.first().unwrap_or_else(|| panic!("{} at {at:?}: no value for {hu}", way.name)).text;
                    let near_half = ((hu - hu.floor()) - 0.5).abs() < 1e-6;
                    assert!(*words == format!("{} HU", whole(hu)) || near_half, "{} at {at:?}: {words:?} for {hu}", way.name);
                }
            }
            seen += 1;
        }
    }
    assert!(exact + 1 >= seen, "positions are written as expected but for a tie in rounding: {exact} of {seen}");
    room.window.remove_cursor();
    room.step();
    seen
}

/// The bar's length in the rendered picture against the width that the image has in the same picture.
fn bars(room: &mut Sitting, world: &World) -> Vec<String> {
    let mut said = Vec::new();
    let panes: Vec<(Way, Rect)> = WAYS.into_iter().map(|way| (way, room.pane(way.name))).collect();
    let picture = room.pixels();
    let scale = room.scale();
    for (way, pane) in &panes {
        let corner = Rect::from_min_max(pane.right_bottom() - vec2(190.0, 48.0), pane.right_bottom());
        let labels: Vec<_> = room.texts_in(corner, "m").into_iter().filter(|t| !t.text.contains("  ")).collect();
        let [label] = labels.as_slice() else { panic!("one scale bar in the {} pane, not {labels:?}", way.name) };
        let (number, unit) = label.text.split_once(' ').expect("a length with its unit");
        let length = number.parse::<f64>().expect("a length") * if unit == "cm" { 10.0 } else { 1.0 };
        let bar = bar_length(&picture, corner, scale);
        let seen_width = visible_width(&picture, *pane, scale);
        let expected = length * seen_width / world.extent(way.right.0);
        said.push(format!("{}: {} is {bar} px of {expected:.1}", way.name, label.text));
        assert!((bar - expected).abs() <= 2.0, "{}: {} is {bar} px and should be {expected:.1}", way.name, label.text);
        assert!((f64::from(label.ink.right() - (pane.right() - INSET))).abs() < 4.0, "the label stands over the bar's end");
    }
    said
}

/// Length of the bar, from the middle of one end to the middle of the other, in physical pixels: of the row with the longest run in the bar's colour
/// (#D5DADF; bluish, which no image is) the first and the last such pixel. The ends are strokes of 1.5 logical pixels, and their halos part the run.
fn bar_length(picture: &image::RgbaImage, area: Rect, scale: f32) -> f64 {
    let [x0, y0, x1, y1] = [area.left(), area.top(), area.right(), area.bottom()].map(|n| (n * scale) as u32);
    let is_bar = |x, y| {
        let [r, g, b, _] = picture.get_pixel(x, y).0;
        r > 120 && b > r && g >= r && b - r >= 4
    };
    let rows = (y0..y1.min(picture.height())).map(|y| {
        let (mut longest, mut run) = (0u32, 0u32);
        for x in x0..x1.min(picture.width()) {
            run = if is_bar(x, y) { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        (longest, y)
    });
    let (_, y) = rows.max().expect("a row");
    let columns: Vec<u32> = (x0..x1.min(picture.width())).filter(|x| is_bar(*x, y)).collect();
    let [first, last] = [columns.first(), columns.last()].map(|c| f64::from(*c.expect("a bar")));
    last - first + 1.0 - 1.5 * f64::from(scale)
}

/// From the first to the last column of a pane that is not black, in rows without letters, lines or corner text: just below the
/// middle, where a thin volume is too in its strip. What the image leaves free is black.
fn visible_width(picture: &image::RgbaImage, pane: Rect, scale: f32) -> f64 {
    let rows = |part: f32| ((pane.top() + pane.height() * part) * scale) as u32;
    // The frame of the pane that has the focus is a pixel wide.
    let inside = pane.shrink(2.0);
    let (x0, x1) = ((inside.left() * scale).ceil() as u32, (inside.right() * scale).floor() as u32);
    let lit = |x: u32| (rows(0.53)..rows(0.57)).filter(|y| picture.get_pixel(x, *y).0[..3] != [0, 0, 0]).count();
    let enough = ((rows(0.57) - rows(0.53)) / 2) as usize;
    let columns: Vec<u32> = (x0..x1).filter(|x| lit(*x) > enough).collect();
    let width = columns.last().expect("an image") - columns.first().expect("an image") + 1;
    // An image that fills the pane goes on under the frame.
    if width == x1 - x0 { f64::from((pane.width() * scale).round()) } else { f64::from(width) }
}

/// "slice 14 of 28" after the wheel and after the keys that scroll.
fn slice_numbers(room: &mut Sitting, world: &World) -> usize {
    let mut seen = 0;
    let main = room.pane("axial");
    let mut check = |room: &Sitting, way: Way, number: usize| {
        let axis = 3 - way.right.0 - way.down.0;
        let words = format!("slice {number} of {} \u{b7} {:.1} mm", world.size[axis], world.spacing[axis]);
        let pane = room.pane(way.name);
        assert_eq!(room.texts_in(pane, "slice ").iter().map(|t| t.text.as_str()).collect::<Vec<_>>(), [words.as_str()]);
        let heard: Vec<String> = room.panes().into_iter().map(|(name, _)| name).collect();
        assert!(heard.contains(&format!("{}, {words}", way.name)), "a screen reader hears {heard:?}, not {words}");
        seen += 1;
    };
    let (axial, last) = (WAYS[0], world.size[2]);
    let mut number = world.middle_slice();
    check(room, axial, number);
    check(room, WAYS[1], (world.size[1] - 1) / 2 + 1);
    check(room, WAYS[2], (world.size[0] - 1) / 2 + 1);
    for notches in [3i32, -5, 2] {
        room.wheel(main.center() + vec2(40.0, 30.0), notches, Modifiers::NONE);
        number = number.saturating_add_signed(notches as isize);
        check(room, axial, number);
    }
    // The position under a resting pointer follows the slice.
    let at = main.center() + vec2(40.0, 30.0);
    let mut cross = world.start();
    cross[2] = world.slice(2, number);
    let place = world.under(axial, main, room.scale(), cross, at);
    let hu = world.value(place).expect("inside");
    assert!(room.says(&format!("{} HU", whole(hu))), "{hu} after scrolling");
    for (key, goes_to) in [
        (Key::PageDown, (number + 10).min(last)),
        (Key::PageDown, (number + 20).min(last)),
        (Key::Home, 1),
        (Key::ArrowUp, 1),
        (Key::ArrowDown, 2),
        (Key::PageDown, 12),
        (Key::End, last),
        (Key::PageUp, last - 10),
    ] {
        room.key(key);
        check(room, axial, goes_to);
    }
    room.wheel(room.pane("coronal").center(), 7, Modifiers::NONE);
    check(room, WAYS[1], (world.size[1] - 1) / 2 + 8);
    room.click(main.center());
    seen
}

/// While the image is dragged or enlarged, what is under the pointer is written in the same frame, not one behind.
fn under_a_moving_image(room: &mut Sitting, world: &World) -> usize {
    let main = room.pane("axial");
    let at = main.center() + vec2(31.0, -17.0);
    let before = world.under(WAYS[0], main, room.scale(), world.start(), at);
    let written = |room: &Sitting| {
        let texts = room.texts_in(main, " mm");
        numbers(&texts.iter().find(|t| t.text.contains("  ")).expect("a position").text)
    };
    // The point that was under the pointer stays there: panning takes it along, zooming leaves it where it is.
    room.window.hover_at(at);
    room.step();
    let press = |room: &mut Sitting, pos: Pos2, pressed| {
        let (button, modifiers) = (PointerButton::Middle, Modifiers::NONE);
        room.window.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
        room.step();
    };
    press(room, at, true);
    let mut seen = 0;
    for step in 1..=5u8 {
        room.window.hover_at(at + f32::from(step) * vec2(13.0, 7.0));
        room.step();
        for (is, should) in written(room).into_iter().zip(before) {
            assert!((is - should).abs() <= 0.05 + 1e-6, "panned by {step} steps: {is} for {should}");
        }
        seen += 1;
    }
    let at = at + 5.0 * vec2(13.0, 7.0);
    press(room, at, false);
    for lines in [3.0, -1.0, 4.0] {
        let (unit, source, phase) = (egui::MouseWheelUnit::Line, egui::MouseWheelSource::Unknown, egui::TouchPhase::Move);
        room.window.event(egui::Event::MouseWheel { unit, delta: vec2(0.0, lines), phase, source, modifiers: Modifiers::COMMAND });
        room.step();
        for (is, should) in written(room).into_iter().zip(before) {
            assert!((is - should).abs() <= 0.05 + 1e-6, "zoomed: {is} for {should}");
        }
        seen += 1;
    }
    room.key(Key::R);
    room.window.remove_cursor();
    room.step();
    seen
}

/// Width and centre in words after presets and after dragging.
fn windows(room: &mut Sitting) -> usize {
    let main = room.pane("axial");
    let words = |room: &Sitting| room.texts_in(main, "W ").into_iter().next().expect("the window is written").text;
    let mut seen = 0;
    for (key, width, centre, name) in
        [(Key::Num2, 400.0, 40.0, "soft tissue"), (Key::Num3, 2500.0, 480.0, "bone"), (Key::Num1, 1500.0, -600.0, "lung")]
    {
        room.key(key);
        assert_eq!(words(room), format!("W {}  C {}", whole(width), whole(centre)));
        assert!(room.texts_in(main, name).len() == 1, "{name} is named");
        seen += 1;
    }
    room.key(Key::I);
    assert!(room.says("lung \u{b7} inverted"));
    room.key(Key::I);
    // Horizontal is width, 300 pixels to a factor of e; vertical is level, 300 pixels to a width. Shift is five times finer, Ctrl four times coarser.
    let (mut width, mut centre) = (1500.0f64, -600.0f64);
    let from: Pos2 = main.center() - vec2(60.0, 0.0);
    for (by, modifiers, pace) in [
        (vec2(90.0, 0.0), Modifiers::NONE, 1.0),
        (vec2(0.0, -45.0), Modifiers::NONE, 1.0),
        (vec2(-120.0, 0.0), Modifiers::SHIFT, 0.2),
        (vec2(0.0, 30.0), Modifiers::COMMAND, 4.0),
    ] {
        room.drag(PointerButton::Primary, from, by, modifiers);
        centre += f64::from(by.y) * pace * width / 300.0;
        width *= (f64::from(by.x) * pace / 300.0).exp();
        assert_eq!(words(room), format!("W {}  C {}", whole(width), whole(centre)), "after {by:?}");
        assert!(!room.says("lung"), "a dragged window is no preset");
        seen += 1;
    }
    room.key(Key::R);
    assert_eq!(words(room), "W 1500  C \u{2212}600", "r brings the first window back");
    seen + 1
}

/// Until the record of a closed window can be opened: its thread has written everything.
pub(crate) fn wait_for_record(reader: &std::path::Path) -> tiresias_reads::record::Record {
    tiresias_tests::studies::wait_for_record(reader).expect("the record")
}
