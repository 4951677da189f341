//! The first view: planes of the patient, slices, zooms and chest walls, against what a radiologist expects to see.

use super::hanging::protocol_with;
use proptest::prelude::*;
use tiresias_reads::hanging::{Canvas, Opened, OpeningError, Ready, SizeClass, hang, opening};
use tiresias_reads::protocol::Protocol;
use tiresias_words::{
    Direction, Displacement, ImagingModality, Laterality, Mm, PatientOrientation, PatientPoint, PresentationShape, Role, SeriesFacts,
    Stack, ViewPosition, Voi, VolumeGeometry, Voxel, Window,
};

/// A volume from its row and column direction; slices of 2.5 mm, pixels of 0.5 x 0.75 mm.
fn volume(size: [u32; 3], row: Direction, column: Direction) -> VolumeGeometry {
    let normal = Direction::new(row.cross(column)).unwrap();
    let stack = Stack::Uniform { origin: PatientPoint::new(-40.0, 30.0, -500.0), step: normal.times(Mm(2.5)) };
    VolumeGeometry::new(size, row, column, [Mm(0.5), Mm(0.75)], stack).unwrap()
}

fn facts(role: &str, modality: &str, geometry: &VolumeGeometry, is_volume: bool) -> SeriesFacts {
    let mut facts = SeriesFacts::new(Role::new(role).unwrap(), ImagingModality::new(modality).unwrap(), geometry.size()[2]);
    let extent = [Direction::LEFT, Direction::POSTERIOR, Direction::HEAD].map(|d| geometry.extent_along(d));
    facts.extent = is_volume.then_some(extent);
    facts.image_extent = Some([geometry.extent_along(geometry.row_direction()), geometry.extent_along(geometry.column_direction())]);
    facts
}

/// Opens series by rules; the images' own windows tell which image they are of.
fn open(rules: &str, series: &[(SeriesFacts, VolumeGeometry)], canvas: Canvas) -> Vec<Opened> {
    let protocol = Protocol::parse(&protocol_with("images", "mpr", rules)).unwrap();
    let all: Vec<SeriesFacts> = series.iter().map(|(f, _)| f.clone()).collect();
    let layout = hang(protocol.display(), &all).unwrap();
    assert!(layout.notes().is_empty(), "{:?}", layout.notes());
    let voi = |image: u32, _: usize| Some(Voi::Linear(Window::new(f64::from(image), 100.0).unwrap()));
    let ready: Vec<Ready<'_>> =
        series.iter().map(|(facts, geometry)| Ready { facts, geometry, shape: PresentationShape::Inverse, voi: &voi }).collect();
    let panes = opening(&layout, protocol.display(), &ready, canvas).unwrap();
    let again = opening(&layout, protocol.display(), &ready, canvas).unwrap();
    assert_eq!(serde_json::to_string(&panes[0].spec).unwrap(), serde_json::to_string(&again[0].spec).unwrap());
    panes
}

fn letters(pane: &Opened) -> [String; 2] {
    [pane.spec.plane.right().letters(), pane.spec.plane.down().letters()]
}

/// Distance of the crosshair from the pane's plane, mm.
fn off(pane: &Opened) -> f64 {
    pane.spec.plane.pixel_of(pane.through).1.0
}

#[test]
fn planes_are_radiological_whatever_the_acquisition() {
    let acquisitions = [
        (Direction::LEFT, Direction::POSTERIOR),
        // Feet first and prone, head first and prone, sagittal, coronal, and lying on the side.
        (-Direction::LEFT, Direction::POSTERIOR),
        (-Direction::LEFT, -Direction::POSTERIOR),
        (Direction::POSTERIOR, Direction::FEET),
        (Direction::LEFT, Direction::FEET),
        (Direction::POSTERIOR, -Direction::LEFT),
    ];
    for (row, column) in acquisitions {
        let geometry = volume([160, 120, 40], row, column);
        let panes = open("", &[(facts("current", "CT", &geometry, true), geometry.clone())], Canvas::CANONICAL);
        let mut shown: Vec<[String; 2]> = panes.iter().map(letters).collect();
        shown.sort();
        assert_eq!(shown, [["L", "F"], ["L", "P"], ["P", "F"]], "{row:?} {column:?}");
        // All planes go through one crosshair, which lies on a voxel of each axis.
        assert!(panes.iter().all(|p| off(p).abs() < 1e-9 && p.through.distance(panes[0].through).0 < 1e-9));
        let at = geometry.voxel_of(panes[0].through);
        assert!([at.column - 79.0, at.row - 59.0, at.slice - 19.0].iter().all(|d| d.abs() < 1e-9), "{at:?}");
    }
}

#[test]
fn what_lies_in_one_frame_of_reference_begins_at_one_position() {
    let current = volume([160, 120, 40], Direction::LEFT, Direction::POSTERIOR);
    // Longer, so that its own middle is elsewhere, and between the slices of the other.
    let prior = volume([160, 120, 63], Direction::LEFT, Direction::POSTERIOR);
    let series = |spaces: [Option<u8>; 2]| {
        let mut all = [("current", &current), ("prior", &prior)].map(|(role, g)| (facts(role, "CT", g, true), g.clone()));
        all.iter_mut().zip(spaces).for_each(|((facts, _), space)| facts.space = space);
        open("", &all, Canvas::CANONICAL)
    };
    let apart = |panes: &[Opened]| panes[0].through.distance(panes[1].through).0;
    let together = series([Some(1), Some(1)]);
    assert!(apart(&together) <= 1.25 + 1e-9 && off(&together[1]).abs() < 1e-9, "{}", apart(&together));
    // Its images are shown as they are: the plane lies on one of them.
    let at = prior.voxel_of(together[1].through).slice;
    assert!((at - at.round()).abs() < 1e-9, "{at}");
    for spaces in [[Some(1), Some(2)], [None, None], [Some(1), None]] {
        assert!(apart(&series(spaces)) > 20.0, "{spaces:?}: nobody knows that these lie in one space");
    }
}

#[test]
fn images_are_shown_as_acquired_with_the_window_of_their_first_slice() {
    let geometry = volume([160, 120, 40], Direction::POSTERIOR, Direction::FEET);
    let series = [(facts("current", "MR", &geometry, true), geometry.clone())];
    let rule = |slice: &str| {
        format!("[[hanging]]\nname = \"a\"\nlayout = \"1x1\"\n[[hanging.cell]]\nrole = \"current\"\nzoom = \"1:1\"\nslice = {slice}\n")
    };
    for (slice, index) in [("\"first\"", 0u32), ("\"middle\"", 19), ("\"last\"", 39), ("7", 6), ("99", 39)] {
        let panes = open(&rule(slice), &series, Canvas::CANONICAL);
        let [pane] = panes.as_slice() else { panic!("one pane") };
        assert_eq!(letters(pane), ["P", "F"]);
        assert!((geometry.voxel_of(pane.through).slice - f64::from(index)).abs() < 1e-9 && off(pane).abs() < 1e-9);
        assert_eq!(pane.spec.voi.window().map(Window::center), Some(f64::from(index)));
        assert_eq!((pane.spec.plane.spacing(), pane.spec.tone.shape(), pane.spec.size), (Mm(0.5), PresentationShape::Inverse, [1280, 960]));
    }
}

#[test]
fn the_first_slice_of_unequal_steps_is_one_of_them() {
    let heights = [0.0, 4.0, 8.0, 9.1, 16.1, 30.1, 37.1].map(Mm).to_vec();
    let course = Displacement::new(0.0, 0.0, 1.0);
    let stack = Stack::Piecewise { origin: PatientPoint::new(0.0, 0.0, 20.0), course, heights, gaps: Vec::new() };
    let geometry = VolumeGeometry::new([64, 64, 7], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
    let series = [(facts("current", "CT", &geometry, true), geometry.clone())];
    for (slice, index) in [("\"first\"", 0.0), ("\"middle\"", 3.0), ("\"last\"", 6.0), ("6", 5.0)] {
        let rule = format!("[[hanging]]\nname = \"a\"\nlayout = \"1x1\"\n[[hanging.cell]]\nrole = \"current\"\nslice = {slice}\n");
        let at = geometry.voxel_of(open(&rule, &series, Canvas::CANONICAL)[0].through).slice;
        assert!((at - index).abs() < 1e-9, "{slice}: {at}");
    }
}

#[test]
fn zooms_are_what_they_say() {
    let geometry = volume([160, 120, 40], Direction::LEFT, Direction::POSTERIOR);
    let mut series = [(facts("current", "CT", &geometry, true), geometry.clone())];
    let canvas = Canvas { size: [800, 400], pixel: Some(Mm(0.2)), gap: 0 };
    let rule = |zoom: &str, more: &str| {
        format!("[[hanging]]\nname = \"a\"\nlayout = \"1x1\"\n[[hanging.cell]]\nrole = \"current\"\nzoom = \"{zoom}\"\n{more}")
    };
    let spacing = |rule: &str, series: &[(SeriesFacts, VolumeGeometry)]| {
        let panes = open(rule, series, canvas);
        (panes[0].spec.plane.spacing().0 * 1e9).round() / 1e9
    };
    // 80 x 90 mm in 800 x 400 pixels.
    assert_eq!(spacing(&rule("fit", ""), &series), 90.0 / 400.0);
    assert_eq!(spacing(&rule("fit", "turn = \"90\"\n"), &series), 80.0 / 400.0);
    assert_eq!(spacing(&rule("true_size", ""), &series), 0.2);
    assert_eq!(spacing(&rule("50 mm", ""), &series), 50.0 / 400.0);
    assert_eq!(spacing(&rule("1:1", ""), &series), 0.5);
    // No mm where there is none.
    series[0].0.image_extent = None;
    assert_eq!(spacing(&rule("true_size", ""), &series), 90.0 / 400.0);
    assert_eq!(spacing(&rule("50 mm", ""), &series), 90.0 / 400.0);
}

#[test]
fn chest_walls_face_and_both_breasts_have_one_scale() {
    let image = |columns: u32| {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        VolumeGeometry::new([columns, 2000, 1], Direction::LEFT, Direction::POSTERIOR, [Mm(0.1); 2], stack).unwrap()
    };
    let mammogram = |role: &str, side, view: &str, columns: u32, rows: &str| {
        let geometry = image(columns);
        let mut facts = facts(role, "MG", &geometry, false);
        (facts.laterality, facts.view) = (Some(side), ViewPosition::new(view).ok());
        facts.orientation = PatientOrientation::new(rows, if view == "MLO" { "F" } else { "" }).ok();
        (facts, geometry)
    };
    let series = [
        mammogram("lmlo", Laterality::Left, "MLO", 900, "P"),
        mammogram("rmlo", Laterality::Right, "MLO", 900, "P"),
        mammogram("rcc", Laterality::Right, "CC", 700, "P"),
        mammogram("lcc", Laterality::Left, "CC", 1400, "A"),
    ];
    let panes = open("", &series, Canvas { size: [1001, 801], pixel: Some(Mm(0.25)), gap: 3 });
    let roles: Vec<String> = panes.iter().map(|p| p.spec.series.to_string()).collect();
    assert_eq!(roles, ["rcc", "lcc", "rmlo", "lmlo"]);
    assert!(panes.iter().all(|p| p.spec.plane.spacing() == panes[0].spec.plane.spacing()));
    for (pane, (is_right, wall)) in panes.iter().zip([(true, 699.5), (false, -0.5), (true, 899.5), (false, 899.5)]) {
        // The pixel column at the chest wall, in the image and on the screen; the left mediolateral oblique was stored the other way round.
        let edge = pane.spec.plane.pixel_of(PatientPoint::new(wall * 0.1, 0.0, 0.0)).0[0];
        let expected = if is_right { f64::from(pane.spec.size[0]) - 0.5 } else { -0.5 };
        assert!((edge - expected).abs() < 1e-6, "{}: {edge} instead of {expected}", pane.spec.series);
        // The upper edge is inside of its cell.
        let top = pane.spec.plane.pixel_of(PatientPoint::new(0.0, -0.05, 0.0)).0[1];
        assert!((-0.5 - 1e-6..f64::from(pane.spec.size[1])).contains(&top));
    }
}

#[test]
fn a_layout_with_a_series_that_is_not_there_is_refused() {
    let protocol = Protocol::parse(&protocol_with("images", "mpr", "")).unwrap();
    let geometry = volume([16, 12, 4], Direction::LEFT, Direction::POSTERIOR);
    let layout = hang(protocol.display(), &[facts("prior", "CT", &geometry, true)]).unwrap();
    let current = facts("current", "CT", &geometry, true);
    let ready = Ready { facts: &current, geometry: &geometry, shape: PresentationShape::Identity, voi: &|_, _| None };
    let refused = opening(&layout, protocol.display(), &[ready], Canvas::CANONICAL);
    assert_eq!(refused, Err(OpeningError::NoSuchSeries(Role::new("prior").unwrap())));
}

#[test]
fn canvases_are_compared_within_their_class() {
    assert_eq!(SizeClass::of([1279, 2000]), SizeClass::Small);
    assert_eq!(SizeClass::of([1280, 960]), SizeClass::Middle);
    assert_eq!(SizeClass::of([3840, 2160]), SizeClass::Large);
    assert_eq!(SizeClass::of(Canvas::CANONICAL.size), SizeClass::Middle);
    assert_eq!(SizeClass::of([1, 1]), SizeClass::Small);
}

proptest! {
    /// Every plane of every volume, tilted and turned: all of the volume is in its pane, and no more than that one way.
    #[test]
    fn fitting_shows_all_and_no_more(
        a in prop::array::uniform3(-1.0..1.0f64), b in prop::array::uniform3(-1.0..1.0f64), shear in -0.3..0.3f64,
        size in (2u32..300, 2u32..300, 2u32..100), canvas in (400u32..3000, 400u32..3000),
    ) {
        let Ok(row) = Direction::new(a.into()) else { return Ok(()) };
        let Ok(normal) = Direction::new(row.unit().cross(Displacement::from(b))) else { return Ok(()) };
        let column = Direction::new(normal.cross(row)).unwrap();
        let step = normal.times(Mm(2.0)) + column.times(Mm(shear));
        let stack = Stack::Uniform { origin: PatientPoint::new(5.0, -6.0, 7.0), step };
        let geometry = VolumeGeometry::new([size.0, size.1, size.2], row, column, [Mm(0.7), Mm(0.9)], stack).unwrap();
        let canvas = Canvas { size: [canvas.0, canvas.1], pixel: Some(Mm(0.25)), gap: 2 };
        for pane in open("", &[(facts("current", "CT", &geometry, true), geometry.clone())], canvas) {
            prop_assert!(off(&pane).abs() < 1e-6);
            let [n, m, k] = geometry.size().map(f64::from);
            let corners = (0..8).map(|i| {
                let pick = |bit: usize, n: f64| if i & bit == 0 { -0.5 } else { n - 0.5 };
                pane.spec.plane.pixel_of(geometry.patient_of(Voxel::new(pick(1, n), pick(2, m), pick(4, k)))).0
            });
            let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
            for corner in corners {
                for i in 0..2 {
                    (low[i], high[i]) = (low[i].min(corner[i]), high[i].max(corner[i]));
                }
            }
            let room = [0, 1].map(|i| f64::from(pane.spec.size[i]) - (high[i] - low[i]));
            prop_assert!(low.iter().all(|l| *l >= -0.5 - 1e-6), "{low:?}");
            prop_assert!(room.iter().all(|r| *r >= -1e-6) && room.iter().any(|r| r.abs() < 1e-6), "{room:?}");
        }
    }
}
