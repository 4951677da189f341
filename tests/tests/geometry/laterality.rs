//! Where the patient's left is: phantoms with a block at each side of the body, put into a scanner in eight positions, scanned in three planes.
//!
//! The scanner is a room: X to the right of who stands before the gantry, Y to the floor, Z into the gantry. How a body lies in it is what PS3.3 C.7.3.1.1.2
//! (Patient Position) says in words. Files are written from the room; which letter belongs to an edge of a picture is seen from the block that lies nearest to it.

use crate::phantom::{Point, Slice, add, dot, loaded, minus, picture, times, write};
use tiresias::viewer::{Orientation, View};
use tiresias_words::{Direction, Interpolation, PaneSpec, PatientPoint, PresentationShape, Role, Slab, Voi, Window};

const RIGHT: Point = [1.0, 0.0, 0.0];
const DOWN: Point = [0.0, 1.0, 0.0];
const IN: Point = [0.0, 0.0, 1.0];

/// How a body lies in the room.
struct Lying {
    name: &'static str,
    /// Where the patient's left, front and head point to in the room.
    left: Point,
    front: Point,
    head: Point,
}

fn back(v: Point) -> Point {
    times(v, -1.0)
}

/// Head or feet first; on the back, on the front, on the right side (decubitus right) and on the left (decubitus left).
fn positions() -> [Lying; 8] {
    let (left, up, out) = (back(RIGHT), back(DOWN), back(IN));
    let lying = |name, left, front, head| Lying { name, left, front, head };
    [
        // On the back, head away from who stands there: he sees the patient's left at his right hand.
        lying("HFS", RIGHT, up, IN),
        lying("HFP", left, DOWN, IN),
        lying("HFDL", DOWN, RIGHT, IN),
        lying("HFDR", up, left, IN),
        // Feet away: he stands at the head.
        lying("FFS", left, up, out),
        lying("FFP", RIGHT, DOWN, out),
        lying("FFDL", DOWN, left, out),
        lying("FFDR", up, RIGHT, out),
    ]
}

impl Lying {
    /// From the room to the patient (LPS): the body's middle is the origin of both.
    fn patient_of(&self, room: Point) -> Point {
        [dot(room, self.left), -dot(room, self.front), dot(room, self.head)]
    }
}

/// The letter of a side of the body, the stored value of the block there, and where that side is in the room.
type Block = (char, f64, fn(&Lying) -> Point);
/// A block at each side.
const BLOCKS: [Block; 6] = [
    ('L', 700.0, |l| l.left),
    ('R', 1100.0, |l| back(l.left)),
    ('A', 1500.0, |l| l.front),
    ('P', 1900.0, |l| back(l.front)),
    ('H', 2300.0, |l| l.head),
    ('F', 2700.0, |l| back(l.head)),
];
/// The blocks' centres lie so far from the body's middle, mm; half a side of a block; half a side of the body.
const OFF: f64 = 30.0;
const HALF: f64 = 5.0;

/// What lies at a place of the room.
fn tissue(lying: &Lying, room: Point) -> f64 {
    let in_block = |side: Point| minus(room, times(side, OFF)).iter().all(|d| d.abs() <= HALF);
    BLOCKS.iter().find(|(_, _, side)| in_block(side(lying))).map_or(100.0, |(_, value, _)| *value)
}

/// How a scanner cuts: along rows, along columns, from slice to slice, all in the room.
const CUTS: [(&str, Point, Point, Point); 5] = [
    ("across the table", RIGHT, DOWN, IN),
    ("across the table, backwards", RIGHT, DOWN, [0.0, 0.0, -1.0]),
    ("along the table, upright", DOWN, IN, RIGHT),
    ("along the table, upright and backwards", [0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]),
    ("along the table, flat", RIGHT, [0.0, 0.0, -1.0], DOWN),
];

fn scan(folder: &std::path::Path, lying: &Lying, (_, row, column, through): (&str, Point, Point, Point)) {
    let steps = |n: u16, spacing: f64| -f64::from(n - 1) / 2.0 * spacing;
    let (size, spacing, slices, apart) = ([44u16, 40], [2.0, 2.25], 32u16, 2.75);
    let first = add(times(row, steps(size[0], spacing[0])), times(column, steps(size[1], spacing[1])));
    let places: Vec<Slice> = (0..slices)
        .map(|k| {
            let room = add(first, times(through, steps(slices, apart) + f64::from(k) * apart));
            let position = lying.patient_of(room);
            let slice = Slice { position, row: lying.patient_of(row), column: lying.patient_of(column), spacing, size, extra: vec![] };
            slice.with(dicom_dictionary_std::tags::PATIENT_POSITION, dicom_core::VR::CS, lying.name)
        })
        .collect();
    // Back into the room: its axes are at right angles, so each is found by its product.
    let room_of = |p: Point| add(add(times(lying.left, p[0]), times(lying.front, -p[1])), times(lying.head, p[2]));
    write(folder, &places, |p| tissue(lying, room_of(p)));
}

/// The letters at the right, left, bottom and top edge, seen from the blocks that the picture shows.
fn seen(picture: &tiresias_render::GreyImage) -> [Option<char>; 4] {
    let [width, height] = picture.size.map(|n| n as usize);
    let mut centres = Vec::new();
    for (letter, value, _) in BLOCKS {
        let grey = (value / 4095.0 * 255.0 + 0.5) as u8;
        let of_block: Vec<(usize, usize)> =
            (0..width * height).filter(|i| picture.bytes[*i].abs_diff(grey) <= 1).map(|i| (i % width, i / width)).collect();
        if of_block.len() >= 12 {
            let mean = |of: fn(&(usize, usize)) -> usize| of_block.iter().map(of).sum::<usize>() as f64 / of_block.len() as f64;
            centres.push((letter, mean(|p| p.0) / width as f64 - 0.5, mean(|p| p.1) / height as f64 - 0.5));
        }
    }
    assert_eq!(centres.len(), 4, "four blocks lie in a plane through the middle: {centres:?}");
    let farthest =
        |far: fn(&(char, f64, f64)) -> f64| centres.iter().max_by(|a, b| far(a).total_cmp(&far(b))).filter(|c| far(c) > 0.1).map(|c| c.0);
    [farthest(|c| c.1), farthest(|c| -c.1), farthest(|c| c.2), farthest(|c| -c.2)]
}

fn letter_of(d: Direction) -> Option<char> {
    let text = d.letters();
    text.chars().next().filter(|_| text.len() == 1)
}

#[test]
fn letters_and_sides_are_right_for_every_position_and_plane() {
    let mut compared = 0;
    for lying in positions() {
        for cut in CUTS {
            let folder = tempfile::tempdir().unwrap();
            scan(folder.path(), &lying, cut);
            let (series, buffer) = loaded(folder.path());
            let geometry = series.volume.as_ref().expect("a volume");
            let place = format!("{} {}", lying.name, cut.0);
            assert_eq!(series.facts.geometry.word(), "orthogonal", "{place}");
            for orientation in [Orientation::Axial, Orientation::Coronal, Orientation::Sagittal, Orientation::Stack] {
                let size = [300, 280];
                let view = View::fit(geometry, orientation, size);
                let spec = spec(&view, geometry.centre(), size);
                let seen = seen(&picture(&series, &buffer, &spec));
                // What the room writes at the edges of the pane: of the direction that leads there.
                let [right, down] = view.directions();
                let written = [right, -right, down, -down].map(letter_of);
                assert_eq!(seen, written, "{place}, {orientation:?}: right, left, bottom, top");
                let expected = match orientation {
                    Orientation::Axial => Some([Some('L'), Some('R'), Some('P'), Some('A')]),
                    Orientation::Coronal => Some([Some('L'), Some('R'), Some('F'), Some('H')]),
                    Orientation::Sagittal => Some([Some('P'), Some('A'), Some('F'), Some('H')]),
                    Orientation::Stack => None,
                };
                assert!(expected.is_none_or(|e| e == seen), "{place}, {orientation:?}: not as radiologists hang it: {seen:?}");
                compared += 4;
            }
        }
    }
    println!("{compared} edges of pictures compared, 0 differ");
    assert_eq!(compared, 8 * 5 * 4 * 4);
}

fn spec(view: &View, through: PatientPoint, size: [u32; 2]) -> PaneSpec {
    PaneSpec {
        series: Role::current(),
        plane: view.plane(through, size).unwrap(),
        size,
        slab: Slab::Thin,
        interpolation: Interpolation::Nearest,
        voi: Voi::LinearExact(Window::new(2047.5, 4095.0).unwrap()),
        tone: PresentationShape::Identity.into(),
    }
}

/// A picture whose blocks are mirrored shows other letters: the comparison can fail.
#[test]
fn a_mirrored_phantom_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let [supine, ..] = positions();
    let mirrored = Lying { name: "HFS", left: back(RIGHT), front: supine.front, head: supine.head };
    // The body is mirrored, the file says that it is not.
    let (size, spacing) = ([44u16, 40], [2.0, 2.25]);
    let slices: Vec<Slice> = (0..32)
        .map(|k| {
            let position = [-43.0, -43.875, f64::from(k) * 2.75 - 42.625];
            Slice { position, row: [1.0, 0.0, 0.0], column: [0.0, 1.0, 0.0], spacing, size, extra: vec![] }
        })
        .collect();
    write(folder.path(), &slices, |p| tissue(&mirrored, p));
    let (series, buffer) = loaded(folder.path());
    let geometry = series.volume.as_ref().unwrap();
    let view = View::fit(geometry, Orientation::Axial, [300, 280]);
    let spec = spec(&view, geometry.centre(), [300, 280]);
    let [right, down] = view.directions();
    let seen = seen(&picture(&series, &buffer, &spec));
    assert_eq!(seen, [Some('R'), Some('L'), Some('P'), Some('A')]);
    assert_ne!(seen, [right, -right, down, -down].map(letter_of));
}
