//! Marks of every form on every plane: where they are in the patient by this test's own arithmetic, moved, changed, deleted and brought back.

use crate::measuring::{at, drag};
use crate::sitting::{Demo, Sitting};
use crate::templates::{opened, press, reader, study_of};
use crate::world::{WAYS, Way, World};
use crate::written::wait_for_record;
use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};
use tiresias_reads::machine::{Fact, State};
use tiresias_words::{MarkId, MarkShape, Outline, PatientPoint};

/// The demo's protocol with these forms of marks, cases in the desk's order.
fn protocol(kinds: &str) -> String {
    tiresias::demo::PROTOCOL.replace("label = \"Nodule\"\n", &format!("label = \"Nodule\"\nkinds = [{kinds}]\n"))
}

fn state(root: &std::path::Path) -> State {
    wait_for_record(root).state(&reader("reader-1"))
}

fn outline(state: &State, mark: u32) -> Outline<PatientPoint> {
    let marks = state.draft().expect("a draft").marks();
    match &marks.get(&MarkId(mark)).unwrap_or_else(|| panic!("mark {mark} among {marks:?}")).shape {
        MarkShape::InPatient(outline) => outline.clone(),
        MarkShape::OnImage(_) => panic!("a CT lies in the patient"),
    }
}

/// Every form on every plane has its corners where the pointer was, in patient millimetres.
#[test]
fn marks_of_every_form_lie_in_the_patient_where_they_were_drawn() {
    let demo = Demo::new();
    let root = study_of(&demo, &protocol("\"point\", \"ellipse\", \"box\", \"freehand\", \"polygon\", \"bidimensional\""), "forms");
    let world = World::of_study(&demo, &root, "Reader 1", 0);
    let mut room = opened(&root, [1280, 800]);
    let mut expected: Vec<(&str, Vec<[f64; 3]>)> = Vec::new();
    let count = |room: &Sitting| room.texts().iter().filter(|t| t.text == "rate it").count();
    for way in WAYS {
        let pane = room.pane(way.name);
        let place = |room: &Sitting, p: Pos2| world.under(way, room.pane(way.name), room.scale(), world.start(), p);
        // On the sagittal plane beside the marks of the others, which cross it.
        let shift = if way.name == "sagittal" { -0.2 } else { 0.0 };
        let corners = |dx: f32| [(0.30, 0.44), (0.40, 0.55), (0.31, 0.58), (0.39, 0.40)].map(|(x, y)| at(pane, x + dx + shift, y));
        for (kind, dx) in [("point", 0.0), ("ellipse", 0.1), ("box", 0.2), ("by hand", 0.05), ("polygon", 0.15), ("diameters", 0.25)] {
            let before = count(&room);
            // The tool, then with each press the next form.
            room.key(Key::M);
            let [a, b, c, d] = corners(dx);
            let places = [a, b, c, d].map(|p| place(&room, p));
            match kind {
                "point" => {
                    room.settle_clicks();
                    room.click(a);
                }
                "by hand" => {
                    // Along three corners, in steps.
                    room.settle_clicks();
                    room.hover(a);
                    let press = |pos, pressed| egui::Event::PointerButton {
                        pos,
                        button: PointerButton::Primary,
                        pressed,
                        modifiers: Modifiers::NONE,
                    };
                    room.window.event(press(a, true));
                    room.step();
                    for p in [d, b, c] {
                        room.window.event(egui::Event::PointerMoved(p));
                        room.step();
                    }
                    room.window.event(press(c, false));
                    room.step();
                }
                "polygon" => {
                    for p in [a, b, c] {
                        room.settle_clicks();
                        room.click(p);
                    }
                    room.settle_clicks();
                    room.click(a + vec2(2.0, 1.0));
                }
                "diameters" => {
                    drag(&mut room, a, b);
                    drag(&mut room, c, d);
                }
                _ => drag(&mut room, a, b),
            }
            room.until(&format!("a {kind} on the {} plane", way.name), |s| count(s) > before);
            room.rest();
            let half = |i: usize| [0, 1, 2].map(|axis: usize| if axis == i { (places[1][i] - places[0][i]) / 2.0 } else { 0.0 });
            let add = |p: [f64; 3], v: [f64; 3]| [0, 1, 2].map(|i: usize| p[i] + v[i]);
            let middle = [0, 1, 2].map(|i: usize| (places[0][i] + places[1][i]) / 2.0);
            let corner = {
                let mut corner = places[0];
                corner[way.right.0] = places[1][way.right.0];
                corner
            };
            expected.push((
                kind,
                match kind {
                    "point" => vec![places[0]],
                    "ellipse" => vec![middle, add(middle, half(way.right.0)), add(middle, half(way.down.0))],
                    "box" => vec![places[0], corner, places[1]],
                    "polygon" => places[..3].to_vec(),
                    "by hand" => vec![places[0], places[3], places[1], places[2]],
                    _ => places.to_vec(),
                },
            ));
            room.key(Key::Escape);
        }
    }
    drop(room);
    let state = state(&root);
    let mut compared = 0;
    for (i, (kind, places)) in expected.iter().enumerate() {
        let outline = outline(&state, i as u32 + 1);
        let is_kind = match outline {
            Outline::Point(_) => *kind == "point",
            Outline::Ellipse(_) => *kind == "ellipse",
            Outline::Box(_) => *kind == "box",
            Outline::Freehand(_) => *kind == "by hand",
            Outline::Polygon(_) => *kind == "polygon",
            Outline::Bidimensional(_) => *kind == "diameters",
        };
        assert!(is_kind && outline.points().len() == places.len(), "mark {}: a {kind}: {outline:?}", i + 1);
        for (found, place) in outline.points().iter().zip(places) {
            let away = found.distance(PatientPoint::new(place[0], place[1], place[2])).0;
            assert!(away < 0.02, "mark {} ({kind}): {found:?} for {place:?}", i + 1);
            compared += 1;
        }
    }
    println!("{} marks of six forms on three planes: {compared} corners within 0.02 mm", expected.len());
}

/// A mark is taken hold of and moved, an end of it too; it is deleted and brought back, and each step is an event.
#[test]
fn marks_are_moved_changed_deleted_and_brought_back() {
    let demo = Demo::new();
    let root = study_of(&demo, &protocol("\"ellipse\""), "moved");
    let world = World::of_study(&demo, &root, "Reader 1", 0);
    let mut room = opened(&root, [1280, 800]);
    let axial: Way = WAYS[0];
    let pane = room.pane("axial");
    let place = |room: &Sitting, p: Pos2| world.under(axial, room.pane("axial"), room.scale(), world.start(), p);
    let [a, b] = [at(pane, 0.40, 0.45), at(pane, 0.50, 0.55)];
    room.key(Key::M);
    drag(&mut room, a, b);
    room.until_says("rate it");
    press(&mut room, "86");
    room.until("a rating", |s| !s.says("rate it"));
    let (centre, right) = (a + (b - a) * 0.5, pos2(b.x, (a + (b - a) * 0.5).y));
    drag(&mut room, right, right + vec2(20.0, 7.0));
    room.rest();
    drag(&mut room, centre, centre + vec2(-30.0, 12.0));
    room.rest();
    let moved = place(&room, centre + vec2(-30.0, 12.0));
    let end = place(&room, right + vec2(-10.0, 12.0));
    room.key(Key::Delete);
    room.until_says("None yet.");
    room.chord(Modifiers::COMMAND, Key::Z);
    room.until_says("86");
    room.rest();
    drop(room);
    let state = state(&root);
    let Outline::Ellipse([found_centre, found_end, _]) = outline(&state, 1) else { panic!("an ellipse") };
    for (found, place) in [(found_centre, moved), (found_end, end)] {
        assert!(found.distance(PatientPoint::new(place[0], place[1], place[2])).0 < 0.02, "{found:?} for {place:?}");
    }
    assert_eq!(state.draft().expect("a draft").marks()[&MarkId(1)].rating, Some(86), "the rating is the mark's");
    let mut kinds = Vec::new();
    let take = |r: tiresias_reads::record::Recorded| match r.event.fact() {
        Fact::MarkPlaced { .. } => kinds.push("placed"),
        Fact::MarkRated { .. } => kinds.push("rated"),
        Fact::MarkMoved { .. } => kinds.push("moved"),
        Fact::MarkDeleted { .. } => kinds.push("deleted"),
        Fact::Undone => kinds.push("undone"),
        _ => {}
    };
    wait_for_record(&root).replay(take).expect("the record replays");
    assert_eq!(kinds, ["placed", "rated", "moved", "moved", "deleted", "undone"]);
}

/// On a neighbouring slice a mark is fainter, farther away it is gone; the list leads back to it.
#[test]
fn a_mark_fades_with_the_distance_and_the_list_leads_to_it() {
    let demo = Demo::new();
    let root = study_of(&demo, &protocol("\"point\", \"box\""), "fades");
    let mut room = opened(&root, [1280, 800]);
    let pane = room.pane("axial");
    room.key(Key::M);
    room.settle_clicks();
    room.click(at(pane, 0.55, 0.45));
    room.until_says("rate it");
    room.key(Key::Escape);
    room.rest();
    let yellow = |room: &mut Sitting| {
        let scale = room.scale();
        let area = Rect::from_center_size(at(pane, 0.55, 0.45), Vec2::splat(26.0));
        let picture = room.pixels();
        let mut strongest = 0i32;
        for y in (area.top() * scale) as u32..(area.bottom() * scale) as u32 {
            for x in (area.left() * scale) as u32..(area.right() * scale) as u32 {
                let [r, g, b, _] = picture.get_pixel(x, y).0.map(i32::from);
                strongest = strongest.max(r.min(g) - b);
            }
        }
        strongest
    };
    let here = yellow(&mut room);
    let slice = |room: &Sitting| room.panes()[0].0.clone();
    let home = slice(&room);
    let mut seen = vec![here];
    for _ in 0..12 {
        room.key(Key::ArrowDown);
        room.rest();
        seen.push(yellow(&mut room));
    }
    println!("how yellow a mark is on its slice and the next twelve: {seen:?}");
    assert!(here > 120 && seen[1] < here && seen[12] < 20 && seen.windows(2).all(|w| w[1] <= w[0] + 3), "{seen:?}");
    room.key(Key::End);
    room.rest();
    assert_ne!(slice(&room), home);
    room.press_named("mark 1, Nodule, not rated");
    room.rest();
    assert_eq!(slice(&room), home, "the list leads to the mark");
}
