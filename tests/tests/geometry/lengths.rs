//! Lengths and angles on an analytic phantom: three round bodies at known places, cut by stacks of every kind of geometry, found again in pictures of every plane.
//!
//! A body's place in a picture is the centre of its brightness there, measured by this file; what lies between is the program's: files, volume, sampler, the
//! way from pixels back to the patient, and `measure`.

use crate::phantom::{Point, Slice, add, cross, dot, loaded, minus, picture, times, unit, write};
use tiresias_cases::{Place, Shape, measure};
use tiresias_render::GreyImage;
use tiresias_words::{
    Direction, Interpolation, Mm, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind, Voi, VolumeGeometry, Window,
};

/// Brightness falls off as a bell of this width, mm: wide enough for the widest steps of the stacks.
const WIDTH: f64 = 4.0;
const MIDDLE: Point = [12.0, -31.0, 250.0];

fn brightness(bodies: &[Point; 3], p: Point) -> f64 {
    bodies.iter().map(|b| 3500.0 * (-dot(minus(p, *b), minus(p, *b)) / (2.0 * WIDTH * WIDTH)).exp()).sum()
}

/// A stack: its name, its verdict, the directions of its rows and columns, its steps along the normal, and the shear of its course along its columns.
struct Course {
    name: &'static str,
    verdict: &'static str,
    row: Point,
    column: Point,
    steps: fn(usize) -> f64,
    shear: f64,
}

fn turned(by: f64, about: usize) -> [Point; 2] {
    let (s, c) = by.to_radians().sin_cos();
    match about {
        0 => [[1.0, 0.0, 0.0], [0.0, c, s]],
        1 => [[c, 0.0, s], [0.0, 1.0, 0.0]],
        _ => [[c, s, 0.0], [-s, c, 0.0]],
    }
}

fn courses() -> Vec<Course> {
    let [row, column] = turned(0.0, 0);
    let [oblique_row, first] = turned(17.0, 2);
    let oblique_column = unit(add(times(first, 23f64.to_radians().cos()), times([0.0, 0.0, 1.0], 23f64.to_radians().sin())));
    let even: fn(usize) -> f64 = |_| 1.5;
    let uneven: fn(usize) -> f64 = |k| if k % 3 == 0 { 0.9 } else { 2.1 };
    let [tilted_row, tilted_column] = turned(18.5, 0);
    vec![
        Course { name: "axial", verdict: "orthogonal", row, column, steps: even, shear: 0.0 },
        Course { name: "sagittal", verdict: "orthogonal", row: column, column: [0.0, 0.0, -1.0], steps: even, shear: 0.0 },
        Course { name: "coronal", verdict: "orthogonal", row, column: [0.0, 0.0, -1.0], steps: even, shear: 0.0 },
        Course { name: "oblique", verdict: "oblique", row: oblique_row, column: oblique_column, steps: even, shear: 0.0 },
        Course {
            name: "tilted gantry",
            verdict: "tilted",
            row: tilted_row,
            column: tilted_column,
            steps: even,
            shear: 18.5f64.to_radians().tan(),
        },
        Course { name: "uneven", verdict: "uneven", row, column, steps: uneven, shear: 0.0 },
        Course {
            name: "tilted and uneven",
            verdict: "uneven",
            row: tilted_row,
            column: tilted_column,
            steps: uneven,
            shear: 18.5f64.to_radians().tan(),
        },
    ]
}

/// The stack about the phantom's middle, 110 mm each way.
fn slices(course: &Course) -> Vec<Slice> {
    let normal = cross(course.row, course.column);
    let (spacing, size) = ([1.0, 1.1], [110u16, 104]);
    let mut heights = vec![0.0];
    while heights[heights.len() - 1] < 108.0 {
        let last = heights[heights.len() - 1];
        heights.push(last + (course.steps)(heights.len()));
    }
    let half = heights[heights.len() - 1] / 2.0;
    let corner = |n: u16, spacing: f64| -f64::from(n - 1) / 2.0 * spacing;
    let first = add(times(course.row, corner(size[0], spacing[0])), times(course.column, corner(size[1], spacing[1])));
    let at = |h: f64| add(MIDDLE, add(first, add(times(normal, h - half), times(course.column, (h - half) * course.shear))));
    heights.iter().map(|h| Slice { position: at(*h), row: course.row, column: course.column, spacing, size, extra: vec![] }).collect()
}

/// Three bodies in a plane with these directions, with sides of known lengths and a known angle.
fn bodies(right: Point, down: Point) -> [Point; 3] {
    let at = |x: f64, y: f64| add(MIDDLE, add(times(right, x), times(down, y)));
    [at(-21.3, -12.7), at(23.9, -6.2), at(4.6, 24.8)]
}

/// The centre of brightness about a pixel, in pixels. The window shows brightness in proportion.
fn centre_of(picture: &GreyImage, about: [f64; 2], spacing: f64) -> [f64; 2] {
    let width = picture.size[0] as usize;
    let reach = (3.2 * WIDTH / spacing).round();
    let (mut sum, mut moment) = (0.0, [0.0; 2]);
    for (i, grey) in picture.bytes.iter().enumerate() {
        let at = [(i % width) as f64, (i / width) as f64];
        if (at[0] - about[0]).hypot(at[1] - about[1]) <= reach {
            sum += f64::from(*grey);
            moment = [moment[0] + at[0] * f64::from(*grey), moment[1] + at[1] * f64::from(*grey)];
        }
    }
    assert!(sum > 1000.0, "nothing bright about {about:?}");
    moment.map(|m| m / sum)
}

fn direction(v: Point) -> Direction {
    Direction::new(v.into()).unwrap()
}

fn angle(at: Point, a: Point, b: Point) -> f64 {
    let (u, v) = (unit(minus(a, at)), unit(minus(b, at)));
    dot(u, v).acos().to_degrees()
}

/// The places of the bodies as the pane shows them, in the patient.
fn found(
    series: &tiresias_cases::Series,
    buffer: &tiresias_cases::VoxelBuffer,
    bodies: &[Point; 3],
    axes: [Point; 2],
    slab: Slab,
    interpolation: Interpolation,
) -> [PatientPoint; 3] {
    let (spacing, size) = (0.4, [240u32, 240]);
    let back = |axis: Point| times(axis, -spacing * 119.5);
    let origin = add(MIDDLE, add(back(axes[0]), back(axes[1])));
    let plane = Plane::new(origin.into(), direction(axes[0]), direction(axes[1]), Mm(spacing)).unwrap();
    let voi = Voi::LinearExact(Window::new(1750.0, 3500.0).unwrap());
    let spec = PaneSpec { series: Role::current(), plane, size, slab, interpolation, voi, tone: PresentationShape::Identity.into() };
    let image = picture(series, buffer, &spec);
    bodies.map(|b| {
        let about = axes.map(|a| dot(minus(b, origin), a) / spacing);
        // Twice, the second time about what was found: a body cut off at one side has its centre elsewhere.
        let first = centre_of(&image, about, spacing);
        plane.patient_of(centre_of(&image, first, spacing))
    })
}

#[test]
fn lengths_and_angles_are_right_in_every_plane_of_every_stack() {
    let planes: [(&str, [Point; 2]); 5] = [
        ("axial", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        ("coronal", [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]]),
        ("sagittal", [[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]),
        ("vertical, turned by 30 degrees", [[30f64.to_radians().cos(), 30f64.to_radians().sin(), 0.0], [0.0, 0.0, -1.0]]),
        ("oblique", {
            let right = unit([0.8, -0.45, 0.4]);
            [right, unit(cross(unit(cross(right, [0.1, 0.9, 0.35])), right))]
        }),
    ];
    let (mut worst_length, mut worst_angle, mut lines) = (0.0f64, 0.0f64, 0);
    for course in courses() {
        let own = [course.row, course.column];
        for (name, axes) in planes.iter().copied().chain([("as acquired", own)]) {
            let bodies = bodies(axes[0], axes[1]);
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &slices(&course), |p| brightness(&bodies, p));
            let (series, buffer) = loaded(folder.path());
            assert_eq!(series.facts.geometry.word(), course.verdict, "{}", course.name);
            let mean = Slab::Thick { thickness: Mm(2.0), step: Mm(0.5), kind: SlabKind::Mean };
            for (slab, interpolation) in
                [(Slab::Thin, Interpolation::Linear), (Slab::Thin, Interpolation::Cubic), (mean, Interpolation::Linear)]
            {
                let seen = found(&series, &buffer, &bodies, axes, slab, interpolation);
                let place = |i: usize| Place::Patient(seen[i]);
                for (a, b) in [(0, 1), (1, 2), (2, 0)] {
                    let length = measure(&series, &buffer, &Shape::Length([place(a), place(b)])).unwrap().length.unwrap();
                    let off = (length - dot(minus(bodies[a], bodies[b]), minus(bodies[a], bodies[b])).sqrt()).abs();
                    let degrees =
                        measure(&series, &buffer, &Shape::Angle([place(a), place(b), place(3 - a - b)])).unwrap().degrees.unwrap();
                    let turned = (degrees - angle(bodies[b], bodies[a], bodies[3 - a - b])).abs();
                    assert!(off <= 0.1, "{} {name} {interpolation:?}: a length is off by {off:.3} mm", course.name);
                    assert!(turned <= 0.1, "{} {name} {interpolation:?}: an angle is off by {turned:.3} degrees", course.name);
                    (worst_length, worst_angle, lines) = (worst_length.max(off), worst_angle.max(turned), lines + 1);
                }
            }
        }
    }
    println!("{lines} lengths and as many angles: worst {worst_length:.3} mm, {worst_angle:.3} degrees");
}

/// Pixels of several images, as `measure` takes them: their places are those of the files.
#[test]
fn lengths_from_image_to_image_follow_the_positions_of_the_files() {
    for course in courses() {
        let slices = slices(&course);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &slices, |_| 0.0);
        let (series, buffer) = loaded(folder.path());
        let pixel = |column: f64, row: f64, image: usize| Place::Pixel { column, row, image };
        for ([a, b], [k, l]) in
            [([[3.0, 90.0], [100.0, 7.0]], [2, 60]), ([[50.0, 50.0], [50.0, 50.0]], [0, 40]), ([[9.5, 0.25], [77.0, 88.5]], [31, 30])]
        {
            let length = measure(&series, &buffer, &Shape::Length([pixel(a[0], a[1], k), pixel(b[0], b[1], l)])).unwrap().length.unwrap();
            let apart = minus(slices[k].patient_of(a[0], a[1]), slices[l].patient_of(b[0], b[1]));
            assert!((length - dot(apart, apart).sqrt()).abs() < 1e-3, "{}: {length}", course.name);
        }
    }
}

/// A spacing that is told wrongly by a fiftieth is found out: the comparison can fail.
#[test]
fn a_wrong_spacing_is_noticed() {
    let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
    let bodies = bodies(axes[0], axes[1]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &slices(&courses()[0]), |p| brightness(&bodies, p));
    let (mut series, buffer) = loaded(folder.path());
    let g = series.volume.take().unwrap();
    let wrong = g.spacing().map(|s| Mm(s.0 * 1.02));
    series.volume = Some(VolumeGeometry::new(g.size(), g.row_direction(), g.column_direction(), wrong, g.stack().clone()).unwrap());
    let seen = found(&series, &buffer, &bodies, axes, Slab::Thin, Interpolation::Linear);
    let length = measure(&series, &buffer, &Shape::Length([Place::Patient(seen[0]), Place::Patient(seen[1])])).unwrap().length.unwrap();
    assert!((length - dot(minus(bodies[0], bodies[1]), minus(bodies[0], bodies[1])).sqrt()).abs() > 0.5, "{length}");
}
