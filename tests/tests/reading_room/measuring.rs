//! Every measuring tool by mouse and key: the numbers beside a shape are those of an independent computation, and every step can be taken back.

use crate::sitting::{Demo, Opening, Sitting};
use crate::world::{WAYS, Way, World};
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};

fn opened() -> (Demo, World, Sitting) {
    let demo = Demo::new();
    let world = World::of(&demo, "Reader 1", 0);
    let mut room = Sitting::start(Opening::of(&demo.reader()));
    room.open_first_case();
    (demo, world, room)
}

/// A point at these parts of a pane, on a whole pixel.
pub(crate) fn at(pane: Rect, x: f32, y: f32) -> Pos2 {
    pos2((pane.left() + pane.width() * x).round(), (pane.top() + pane.height() * y).round())
}

fn place(room: &Sitting, world: &World, way: Way, at: Pos2) -> [f64; 3] {
    world.under(way, room.pane(way.name), room.scale(), world.start(), at)
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// Numbers of a text, in order; a true minus sign is a sign.
fn numbers(text: &str) -> Vec<f64> {
    let text = text.replace('\u{2212}', "-");
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(|part| part.parse().ok()).collect()
}

/// The one text that holds these words.
fn said(room: &mut Sitting, words: &str) -> String {
    room.until_says(words);
    room.words().into_iter().find(|w| w.contains(words)).expect("said")
}

/// A drag that is no part of a double click.
pub(crate) fn drag(room: &mut Sitting, from: Pos2, to: Pos2) {
    room.settle_clicks();
    room.drag(PointerButton::Primary, from, to - from, Modifiers::NONE);
}

#[test]
fn lengths_angles_and_diameters_are_right_on_every_plane() {
    let (_demo, world, mut room) = opened();
    let mut compared = 0;
    for way in WAYS {
        let pane = room.pane(way.name);
        let [a, b, c, d] = [at(pane, 0.40, 0.45), at(pane, 0.52, 0.55), at(pane, 0.44, 0.58), at(pane, 0.50, 0.44)];
        let places = [a, b, c, d].map(|p| place(&room, &world, way, p));
        room.key(Key::D);
        drag(&mut room, a, b);
        let is_length = |text: &str| numbers(text).len() == 1 && text.ends_with(" mm") && !text.contains('\u{b7}');
        let told = |room: &Sitting| room.texts_in(pane, " mm").into_iter().map(|t| t.text).find(|t| is_length(t));
        room.until("a length", |room| told(room).is_some());
        let length = numbers(&told(&room).expect("a length"))[0];
        assert!((length - apart(places[0], places[1])).abs() <= 0.051, "{}: {length} for {}", way.name, apart(places[0], places[1]));
        room.chord(Modifiers::COMMAND, Key::Z);

        room.key(Key::N);
        for point in [a, b, c] {
            room.settle_clicks();
            room.click(point);
        }
        let degrees = numbers(&said(&mut room, "\u{b0}"))[0];
        let arm = |from: usize, to: usize| [0, 1, 2].map(|i| places[to][i] - places[from][i]);
        let (u, v) = (arm(1, 0), arm(1, 2));
        let dot: f64 = (0..3).map(|i| u[i] * v[i]).sum();
        let expected = (dot / (apart(places[0], places[1]) * apart(places[2], places[1]))).acos().to_degrees();
        assert!((degrees - expected).abs() <= 0.051, "{}: {degrees} for {expected}", way.name);
        room.chord(Modifiers::COMMAND, Key::Z);

        room.key(Key::B);
        drag(&mut room, a, b);
        drag(&mut room, c, d);
        // The zoom begins with the same sign.
        let told = |room: &Sitting| room.texts_in(pane, "\u{d7}").into_iter().map(|t| t.text).find(|t| t.ends_with(" mm"));
        room.until("two diameters", |room| told(room).is_some());
        let both = told(&room).expect("two diameters");
        let [long, short] = numbers(&both)[..] else { panic!("{both}") };
        assert!((long - apart(places[0], places[1])).abs() <= 0.051 && (short - apart(places[2], places[3])).abs() <= 0.051, "{both}");
        room.chord(Modifiers::COMMAND, Key::Z);
        compared += 4;
    }
    println!("{compared} lengths and angles on three planes are right");
}

/// What is inside a region on the image, by the centres of its voxels.
fn inside(world: &World, is_inside: impl Fn([f64; 2]) -> bool) -> Vec<f64> {
    let number = world.middle_slice();
    let mut values = Vec::new();
    for row in 1..=world.size[1] {
        for column in 1..=world.size[0] {
            let at = [world.slice(0, column), world.slice(1, row), world.slice(2, number)];
            if is_inside([at[0], at[1]]) {
                values.push(world.value(at).expect("a voxel"));
            }
        }
    }
    values
}

fn compare(room: &mut Sitting, values: &[f64], area: f64, what: &str) {
    let found = numbers(said(room, "mm\u{b2}").trim_end_matches('\u{b2}'))[0];
    assert!((found - area).abs() <= 0.051, "{what}: {found} mm2 for {area}");
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt();
    let near = |said: f64, is: f64| (said - is).abs() <= if is.abs() >= 100.0 { 0.51 } else { 0.051 };
    let line = said(room, "mean ");
    assert!(matches!(numbers(&line)[..], [m, s] if near(m, mean) && near(s, sd)), "{what}: {line} for {mean} and {sd}");
    let line = said(room, "  n ");
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    assert!(
        matches!(numbers(&line)[..], [l, h, n] if near(l, low) && near(h, high) && n == values.len() as f64),
        "{what}: {line} for {low}, {high}, {}",
        values.len()
    );
}

#[test]
fn statistics_of_regions_are_those_of_their_voxels() {
    let (_demo, world, mut room) = opened();
    let axial = WAYS[0];
    let pane = room.pane(axial.name);
    let (a, b) = (at(pane, 0.44, 0.42), at(pane, 0.55, 0.60));
    let [p, q] = [a, b].map(|at| place(&room, &world, axial, at));
    let (middle, half) = ([(p[0] + q[0]) / 2.0, (p[1] + q[1]) / 2.0], [(q[0] - p[0]).abs() / 2.0, (q[1] - p[1]).abs() / 2.0]);

    room.key(Key::Q);
    drag(&mut room, a, b);
    let ellipse = inside(&world, |at| ((at[0] - middle[0]) / half[0]).powi(2) + ((at[1] - middle[1]) / half[1]).powi(2) <= 1.0);
    compare(&mut room, &ellipse, std::f64::consts::PI * half[0] * half[1], "ellipse");
    // The window goes to what is inside, the pointer being there.
    room.hover(a + (b - a) / 2.0);
    room.key(Key::E);
    let [low, high] = [f64::INFINITY, f64::NEG_INFINITY]
        .map(|start| ellipse.iter().copied().fold(start, |x, v| if start > 0.0 { x.min(v) } else { x.max(v) }));
    let window = said(&mut room, "W ");
    assert!(
        matches!(numbers(&window)[..], [w, c] if (w - (high - low)).abs() <= 0.51 && (c - (high + low) / 2.0).abs() <= 0.51),
        "{window}"
    );
    room.chord(Modifiers::COMMAND, Key::Z);

    room.key(Key::Q);
    drag(&mut room, a, b);
    let rectangle = inside(&world, |at| (at[0] - middle[0]).abs() < half[0] && (at[1] - middle[1]).abs() < half[1]);
    compare(&mut room, &rectangle, 4.0 * half[0] * half[1], "rectangle");
    room.chord(Modifiers::COMMAND, Key::Z);

    // By hand: a triangle.
    room.key(Key::Q);
    let corners = [a, pos2(b.x, a.y), b];
    let path: Vec<Pos2> = (0..2)
        .flat_map(|i| (0..10).map(move |k| (i, k)))
        .map(|(i, k)| corners[i] + (corners[i + 1] - corners[i]) * (k as f32 / 10.0))
        .collect();
    hand(&mut room, &path, b);
    let [low, high] = [[p[0].min(q[0]), p[1].min(q[1])], [p[0].max(q[0]), p[1].max(q[1])]];
    let triangle = inside(&world, |at| {
        let (x, y) = ((at[0] - low[0]) / (high[0] - low[0]), (at[1] - low[1]) / (high[1] - low[1]));
        x > y && x < 1.0 && y > 0.0
    });
    let found = numbers(&said(&mut room, "  n "))[2];
    // Drawn by hand, its corners are where the pointer was noticed.
    assert!((found - triangle.len() as f64).abs() < 0.02 * triangle.len() as f64, "{found} for {}", triangle.len());
}

/// Presses, follows a path and releases.
fn hand(room: &mut Sitting, path: &[Pos2], end: Pos2) {
    room.settle_clicks();
    room.hover(path[0]);
    let press = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    room.window.event(press(path[0], true));
    room.step();
    for point in path.iter().skip(1).chain([&end]) {
        room.window.event(Event::PointerMoved(*point));
        room.step();
    }
    room.window.event(press(end, false));
    room.step();
}

#[test]
fn a_region_on_another_plane_is_sampled() {
    let (_demo, world, mut room) = opened();
    let coronal = WAYS[1];
    let pane = room.pane(coronal.name);
    let (a, b) = (at(pane, 0.42, 0.40), at(pane, 0.52, 0.62));
    let [p, q] = [a, b].map(|at| place(&room, &world, coronal, at));
    room.key(Key::Q);
    room.key(Key::Q);
    drag(&mut room, a, b);
    let area = numbers(said(&mut room, "mm\u{b2}").trim_end_matches('\u{b2}'))[0];
    assert!((area - (q[0] - p[0]).abs() * (q[2] - p[2]).abs()).abs() <= 0.051);
    // Much finer than the program samples: the mean of both is the mean of the region.
    let (mut sum, mut count) = (0.0, 0.0);
    for i in 0..400 {
        for k in 0..200 {
            let part = |from: f64, to: f64, n: i32, of: f64| from + (to - from) * (f64::from(n) + 0.5) / of;
            sum += world.value([part(p[0], q[0], i, 400.0), p[1], part(p[2], q[2], k, 200.0)]).expect("inside");
            count += 1.0;
        }
    }
    let line = said(&mut room, "mean ");
    assert!((numbers(&line)[0] - sum / count).abs() < 15.0, "{line} for {}", sum / count);
}

#[test]
fn steps_are_taken_back_and_shapes_deleted() {
    let (_demo, _, mut room) = opened();
    let pane = room.pane("axial");
    let shapes = |room: &Sitting| {
        room.texts_in(pane, " mm")
            .iter()
            .filter(|t| numbers(&t.text).len() == 1 && t.text.ends_with(" mm") && !t.text.contains('\u{b7}'))
            .count()
    };
    room.key(Key::D);
    drag(&mut room, at(pane, 0.3, 0.3), at(pane, 0.4, 0.3));
    drag(&mut room, at(pane, 0.6, 0.7), at(pane, 0.7, 0.7));
    room.rest();
    assert_eq!(shapes(&room), 2);
    for (modifiers, key, left) in [
        (Modifiers::COMMAND, Key::Z, 1),
        (Modifiers::COMMAND, Key::Z, 0),
        (Modifiers::COMMAND, Key::Y, 1),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z, 2),
    ] {
        room.chord(modifiers, key);
        room.rest();
        assert_eq!(shapes(&room), left, "after {key:?}");
    }
    // What is under the pointer goes, not what was made last.
    room.hover(at(pane, 0.35, 0.3));
    room.key(Key::Delete);
    room.rest();
    let left = room.texts_in(Rect::from_min_max(pane.center(), pane.max), " mm");
    assert_eq!((shapes(&room), left.iter().any(|t| numbers(&t.text).len() == 1 && !t.text.contains("cm"))), (1, true));
    // A shape that was begun and cancelled leaves nothing; two quick clicks are two corners and no other layout.
    room.key(Key::N);
    room.settle_clicks();
    room.click(at(pane, 0.5, 0.5));
    room.key(Key::Escape);
    room.key(Key::D);
    room.settle_clicks();
    room.click(at(pane, 0.2, 0.6));
    room.click(at(pane, 0.2, 0.6) + vec2(30.0, 0.0));
    room.rest();
    assert_eq!((shapes(&room), room.panes().len()), (2, 3));
}

#[test]
fn the_lens_shows_the_place_under_the_pointer_and_the_probe_its_value() {
    let (_demo, world, mut room) = opened();
    let axial = WAYS[0];
    let pane = room.pane(axial.name);
    let here = at(pane, 0.46, 0.44);
    room.key(Key::U);
    room.hover(here);
    let hu = world.value(place(&room, &world, axial, here)).expect("inside");
    let beside = room
        .texts()
        .into_iter()
        .filter(|t| t.text.ends_with(" HU") && t.ink.center().distance(here) < 80.0)
        .map(|t| t.text)
        .collect::<Vec<_>>();
    assert_eq!(beside.len(), 1, "{:?}", room.words());
    assert!((numbers(&beside[0])[0] - hu).abs() <= 0.51, "{beside:?} for {hu}");

    room.key(Key::K);
    room.settle_clicks();
    let before = room.pixels();
    let press = |pressed| Event::PointerButton { pos: here, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    room.window.event(press(true));
    room.step();
    room.step();
    let during = room.pixels();
    // Three times as large about the pointer: what was 20 pixels away is 60 away.
    let scale = room.scale();
    let pixel = |picture: &image::RgbaImage, p: Pos2| i32::from(picture.get_pixel((p.x * scale) as u32, (p.y * scale) as u32).0[0]);
    let mut worst = 0;
    for away in [vec2(20.0, 6.0), vec2(-13.0, 17.0), vec2(9.0, -21.0), Vec2::ZERO] {
        let grey = |p: [f64; 3]| {
            let hu = world.value(p).expect("inside");
            (((hu - (-600.0 - 0.5)) / 1499.0 + 0.5) * 255.0 + 0.5).floor().clamp(0.0, 255.0) as i32
        };
        // The lens begins on whole pixels, so that its middle is half a pixel beside the pointer at most.
        let seen = pixel(&during, here + away * 3.0 + vec2(0.5, 0.5));
        let around = [-0.34f32, 0.0, 0.34].map(|d| grey(place(&room, &world, axial, here + away + vec2(d, d))));
        let (low, high) = (around.iter().min().expect("three") - 6, around.iter().max().expect("three") + 6);
        assert!((low..=high).contains(&seen), "{away:?}: {seen} is not within {around:?}");
        worst = worst.max((seen - around[1]).abs());
    }
    room.window.event(press(false));
    room.step();
    room.window.event(Event::PointerMoved(here));
    room.step();
    assert!(before.as_raw() == room.pixels().as_raw(), "without the button the room is as it was");
    println!("the lens is off by at most {worst} grey levels where it was looked at");
}
