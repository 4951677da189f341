//! A pane's camera: which way it looks, where its centre is and how large things are; and what scrolling, panning, zooming and windowing do to it.
//!
//! All positions are patient LPS mm; sizes are physical pixels. What a reader scrolls or turns is computed again in a replay, so nothing on that way may differ
//! from machine to machine: sums, products and roots alone. Refuses: pixels.

use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Plane, Unfit, VolumeGeometry, Voxel, Window};

/// Which way a pane looks. Radiological: patient's left on the viewer's right, anterior up, head up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// As acquired: the stack of images.
    Stack,
    /// From the feet.
    Axial,
    /// From the front.
    Coronal,
    /// From the patient's left.
    Sagittal,
}

impl Orientation {
    /// The word of a record; it stands on the pane too, but on images whose plane is known.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stack => "images",
            Self::Axial => "axial",
            Self::Coronal => "coronal",
            Self::Sagittal => "sagittal",
        }
    }
    /// Right and down of the screen in the patient.
    #[must_use]
    pub const fn directions(self, geometry: &VolumeGeometry) -> [Direction; 2] {
        match self {
            Self::Stack => [geometry.row_direction(), geometry.column_direction()],
            Self::Axial => [Direction::LEFT, Direction::POSTERIOR],
            Self::Coronal => [Direction::LEFT, Direction::FEET],
            Self::Sagittal => [Direction::POSTERIOR, Direction::FEET],
        }
    }
}

/// Where a pane looks: a camera over the plane through a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    right: Direction,
    down: Direction,
    /// Where scrolling leads. It is right x down when the pane is hung, and stays when the image is turned or mirrored.
    forward: Direction,
    centre: PatientPoint,
    spacing: Mm,
}

/// The stack axis that a pane's normal runs along most: what its slice number counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlicePosition {
    /// From 1.
    pub number: u32,
    /// How many.
    pub of: u32,
    /// Distance between two of them along the pane's normal.
    pub spacing: Mm,
}

/// Millimetres a pixel are kept within these bounds: from a hundredth of a voxel's usual size to a whole body on a stamp.
const FINEST: f64 = 0.005;
const COARSEST: f64 = 20.0;

impl View {
    /// Width and height of the whole volume as a pane sees it.
    #[must_use]
    pub fn extent(geometry: &VolumeGeometry, orientation: Orientation) -> [Mm; 2] {
        extent(geometry, orientation.directions(geometry))
    }

    /// The camera that shows the whole volume in a pane of `size` pixels.
    #[must_use]
    pub fn fit(geometry: &VolumeGeometry, orientation: Orientation, size: [u32; 2]) -> Self {
        let [right, down] = orientation.directions(geometry);
        let forward = Direction::new(right.cross(down)).unwrap_or(Direction::HEAD);
        Self { right, down, forward, centre: geometry.centre(), spacing: Mm(1.0) }.refitted(geometry, size)
    }

    /// The same directions, and the whole volume in a pane of `size` pixels.
    #[must_use]
    pub fn refitted(self, geometry: &VolumeGeometry, size: [u32; 2]) -> Self {
        let [width, height] = extent(geometry, [self.right, self.down]);
        let [w, h] = size.map(|n| f64::from(n.max(1)));
        let spacing = (width.0 / w).max(height.0 / h).clamp(FINEST, COARSEST);
        Self { centre: geometry.centre(), spacing: Mm(spacing), ..self }
    }

    /// Millimetres a pixel at which the finer of an image's own two spacings fills one pixel of the screen.
    #[must_use]
    pub fn native_spacing(geometry: &VolumeGeometry) -> Mm {
        let [x, y] = geometry.spacing();
        if x.0 < y.0 { x } else { y }
    }

    /// The same camera with the image laid another way: where the screen's right and down point in the patient. The plane stays.
    #[must_use]
    pub const fn laid(self, [right, down]: [Direction; 2]) -> Self {
        Self { right, down, ..self }
    }
    /// The same directions over the middle of a raster of `size` pixels, at its scale.
    #[must_use]
    pub fn over(self, plane: &Plane, size: [u32; 2]) -> Self {
        let middle = size.map(|n| (f64::from(n) - 1.0) / 2.0);
        Self { centre: plane.patient_of(middle), spacing: plane.spacing(), ..self }
    }

    /// The same camera turned in space about an axis through `about`, right-handed, by the angle of this sine and cosine.
    #[must_use]
    pub fn tilted(self, axis: Direction, about: PatientPoint, [sin, cos]: [f64; 2]) -> Self {
        let turn = |v: Displacement| {
            // Rodrigues' rotation.
            let k = axis.unit();
            v * cos + k.cross(v) * sin + k * (k.dot(v) * (1.0 - cos))
        };
        // Directions are made anew from each other, so that many small turns leave right angles right.
        let right = Direction::new(turn(self.right.unit()));
        let (Ok(right), down) = (right, turn(self.down.unit())) else { return self };
        let along = right.unit() * down.dot(right.unit());
        let (Ok(down), Ok(forward)) = (Direction::new(down - along), Direction::new(turn(self.forward.unit()))) else { return self };
        Self { right, down, forward, centre: about + turn(self.centre - about), spacing: self.spacing }
    }

    /// The same camera with so many millimetres a physical pixel; the middle of the pane stays.
    #[must_use]
    pub fn with_spacing(self, spacing: Mm) -> Self {
        Self { spacing: Mm(spacing.0.clamp(FINEST, COARSEST)), ..self }
    }

    /// The raster of a pane of `size` pixels through `through`.
    ///
    /// # Errors
    /// As [`Plane::new`].
    pub fn plane(&self, through: PatientPoint, size: [u32; 2]) -> Result<Plane, Unfit> {
        let forward = self.forward;
        let centre = self.centre + forward.times(Mm((through - self.centre).dot(forward.unit())));
        let half = |n: u32| Mm(self.spacing.0 * (f64::from(n) - 1.0) / -2.0);
        let origin = centre + self.right.times(half(size[0])) + self.down.times(half(size[1]));
        Plane::new(origin, self.right, self.down, self.spacing)
    }

    /// A camera from its parts, as the record keeps them.
    #[must_use]
    pub const fn of_parts([right, down, forward]: [Direction; 3], centre: PatientPoint, spacing: Mm) -> Self {
        Self { right, down, forward, centre, spacing }
    }
    /// The same directions over another middle, at another scale.
    #[must_use]
    pub const fn at(self, centre: PatientPoint, spacing: Mm) -> Self {
        Self { centre, spacing, ..self }
    }
    /// The middle of the pane, before it is moved along the way forward to the plane that is shown.
    #[must_use]
    pub const fn centre(&self) -> PatientPoint {
        self.centre
    }
    /// The same camera in numbers of few digits: the scale to six of them, the middle to a hundredth of a pixel or less. For what a hand moves many times a
    /// second, all of which is recorded.
    #[must_use]
    pub fn rounded(self) -> Self {
        let spacing = self.spacing.0;
        let places = decimals(0.01 * spacing);
        let short = |v: f64| rounded_to(places, v);
        let PatientPoint { x, y, z } = self.centre;
        Self { centre: PatientPoint::new(short(x), short(y), short(z)), spacing: Mm(rounded_to(decimals(1e-5 * spacing), spacing)), ..self }
    }

    /// Millimetres between two physical pixels.
    #[must_use]
    pub const fn spacing(&self) -> Mm {
        self.spacing
    }
    /// Right and down of the screen in the patient.
    #[must_use]
    pub const fn directions(&self) -> [Direction; 2] {
        [self.right, self.down]
    }
    /// Where scrolling leads.
    #[must_use]
    pub const fn forward(&self) -> Direction {
        self.forward
    }

    /// Moves the image with the pointer, by physical pixels.
    #[must_use]
    pub fn panned(self, by: [f64; 2]) -> Self {
        let back = self.right.times(self.spacing * -by[0]) + self.down.times(self.spacing * -by[1]);
        Self { centre: self.centre + back, ..self }
    }

    /// Enlarges by `factor` about a patient point, which keeps its place on the screen.
    #[must_use]
    pub fn zoomed(self, factor: f64, about: PatientPoint) -> Self {
        let spacing = (self.spacing.0 / factor).clamp(FINEST, COARSEST);
        let kept = spacing / self.spacing.0;
        let from = self.centre - about;
        let in_plane = self.right.times(Mm(from.dot(self.right.unit()))) + self.down.times(Mm(from.dot(self.down.unit())));
        Self { centre: self.centre + in_plane * (kept - 1.0), spacing: Mm(spacing), ..self }
    }

    /// Axis of the volume that the way forward runs along most, its sign, and the index step of 1 mm along the normal.
    fn through_axis(&self, geometry: &VolumeGeometry) -> (usize, f64, Displacement) {
        let normal = self.forward.unit();
        let centre = geometry.centre();
        let (a, b) = (geometry.voxel_of(centre), geometry.voxel_of(centre + normal));
        let steps = [b.column - a.column, b.row - a.row, b.slice - a.slice];
        let [across, down] = geometry.spacing();
        // Along the stack by its direction: a step of the index is a long way where a gap lies.
        let weight = |i: usize| match i {
            0 => (steps[0] * across.0).abs(),
            1 => (steps[1] * down.0).abs(),
            _ => normal.dot(geometry.normal().unit()).abs(),
        };
        let axis = (0..3).max_by(|i, j| weight(*i).total_cmp(&weight(*j))).unwrap_or(2);
        (axis, steps[axis], normal)
    }

    /// The number of the slice through a point, as the pane counts them.
    #[must_use]
    pub fn slice_position(&self, geometry: &VolumeGeometry, through: PatientPoint) -> SlicePosition {
        let (axis, step, _) = self.through_axis(geometry);
        let of = geometry.size()[axis];
        let number = (index(geometry.voxel_of(through), axis) + 0.5).floor().clamp(0.0, f64::from(of - 1)) as u32 + 1;
        // Of slices some of which are missing, the distance at one place says little.
        let spacing = match axis {
            2 => geometry.slice_spacing().0 / self.forward.unit().dot(geometry.normal().unit()).abs(),
            _ => 1.0 / step.abs(),
        };
        SlicePosition { number, of, spacing: Mm(spacing) }
    }

    /// The point that the crosshair moves to when the pane scrolls by `slices`: always to a slice's centre, never beyond the volume.
    #[must_use]
    pub fn scrolled(&self, geometry: &VolumeGeometry, through: PatientPoint, slices: i64) -> PatientPoint {
        let position = self.slice_position(geometry, through);
        self.scrolled_to(geometry, through, i64::from(position.number) + slices)
    }

    /// The point that the crosshair moves to when the pane goes to slice `number` (from 1).
    #[must_use]
    pub fn scrolled_to(&self, geometry: &VolumeGeometry, through: PatientPoint, number: i64) -> PatientPoint {
        let (axis, step, normal) = self.through_axis(geometry);
        let of = i64::from(geometry.size()[axis]);
        let target = (number.clamp(1, of) - 1) as f64;
        let here = index(geometry.voxel_of(through), axis);
        if axis == 2 {
            // Steps of a stack may be unequal: the way to go is one of height.
            let rise = geometry.height_at(target).0 - geometry.height_at(here).0;
            return through + normal * (rise / normal.dot(geometry.normal().unit()));
        }
        through + normal * ((target - here) / step)
    }
}

/// How far the volume reaches along two directions.
fn extent(geometry: &VolumeGeometry, directions: [Direction; 2]) -> [Mm; 2] {
    let centre = geometry.centre();
    let [n, m, k] = geometry.size().map(f64::from);
    let corners = (0..8).map(|i| {
        let pick = |bit: usize, n: f64| if i & bit == 0 { -0.5 } else { n - 0.5 };
        geometry.patient_of(Voxel::new(pick(1, n), pick(2, m), pick(4, k))) - centre
    });
    let halves = corners.map(|c| directions.map(|d| c.dot(d.unit()).abs()));
    halves.fold([0.0f64; 2], |[w, h], [x, y]| [w.max(x), h.max(y)]).map(|half| Mm(2.0 * half))
}

const fn index(v: Voxel, axis: usize) -> f64 {
    match axis {
        0 => v.column,
        1 => v.row,
        _ => v.slice,
    }
}

/// The window after a drag by physical pixels: horizontal is width, vertical is level. The step grows with the width, so that a drag feels the same on
/// CT and on a PET in SUV; `pace` is 1, or less for fine and more for coarse. Its numbers have as many decimals as a ten-thousandth of the width needs, a fortieth of a grey level.
#[must_use]
pub fn dragged_window(window: Window, by: [f64; 2], pace: f64) -> Window {
    let width = (window.width() * (by[0] * pace / 300.0).exp()).clamp(1.0, 1e7);
    let center = window.center() + by[1] * pace * window.width() / 300.0;
    let places = decimals(1e-4 * width);
    Window::new(rounded_to(places, center), rounded_to(places, width)).unwrap_or(window)
}

/// So many decimals have numbers that are told at least as finely as `grain`.
fn decimals(grain: f64) -> i32 {
    (-grain.log10()).ceil().clamp(0.0, 12.0) as i32
}

/// A number with so many decimals, which is written with no more of them.
fn rounded_to(decimals: i32, v: f64) -> f64 {
    let parts = 10f64.powi(decimals);
    (v * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hanging::Turn;
    use tiresias_words::Stack;

    fn chest() -> VolumeGeometry {
        let stack = Stack::Uniform { origin: PatientPoint::new(-100.0, -90.0, -533.8), step: Displacement::new(0.0, 0.0, 1.0) };
        VolumeGeometry::new([256, 240, 28], Direction::LEFT, Direction::POSTERIOR, [Mm(0.78125), Mm(0.78125)], stack).expect("a geometry")
    }

    #[test]
    fn fit_shows_everything_and_no_more() {
        let g = chest();
        for (orientation, [w, h]) in
            [(Orientation::Axial, [200.0, 187.5]), (Orientation::Coronal, [200.0, 28.0]), (Orientation::Sagittal, [187.5, 28.0])]
        {
            let size = [800, 300];
            let view = View::fit(&g, orientation, size);
            let expected = (w / 800.0f64).max(h / 300.0);
            assert!((view.spacing().0 - expected).abs() < 1e-9, "{orientation:?}");
        }
    }

    #[test]
    fn scrolling_stays_on_slice_centres_and_inside() {
        let g = chest();
        let view = View::fit(&g, Orientation::Axial, [500, 500]);
        let mut at = g.centre();
        at = view.scrolled(&g, at, 1);
        assert!((g.voxel_of(at).slice.fract()).abs() < 1e-9);
        assert_eq!(view.slice_position(&g, at).of, 28);
        at = view.scrolled(&g, at, 1000);
        assert_eq!(view.slice_position(&g, at).number, 28);
        at = view.scrolled(&g, at, -1000);
        assert_eq!(view.slice_position(&g, at).number, 1);
        assert!((g.patient_of(Voxel::new(0.0, 0.0, 0.0)).z - at.z).abs() < 1e-9);
    }

    #[test]
    fn turns_and_mirrors_keep_the_plane_and_where_scrolling_leads() {
        let g = chest();
        let (size, through) = ([500, 400], g.centre());
        let view = View::fit(&g, Orientation::Axial, size);
        let corner = |v: View, x: f64, y: f64| v.plane(through, size).expect("a plane").patient_of([x, y]);
        let near = |a: PatientPoint, b: PatientPoint| (a - b).length().0 < 1e-9;
        let laid = |turn: Turn| view.laid(turn.lay(view.directions()));
        // What was on the right is on the left; what was at the bottom is at the top.
        assert!(near(corner(view, 0.0, 0.0), corner(laid(Turn::NONE.flipped_across()), 499.0, 0.0)));
        assert!(near(corner(view, 0.0, 0.0), corner(laid(Turn::NONE.flipped_down()), 0.0, 399.0)));
        // Clockwise: what was at the top is on the right.
        let square = [400, 400];
        let at = |v: View, x: f64, y: f64| v.plane(through, square).expect("a plane").patient_of([x, y]);
        let quarter = laid(Turn::NONE.turned(1));
        assert!(near(at(view, 0.0, 0.0), at(quarter, 399.0, 0.0)) && near(at(view, 399.0, 0.0), at(quarter, 399.0, 399.0)));
        // Over its own raster a camera is itself.
        let again = view.over(&quarter.plane(through, square).expect("a plane"), square);
        assert!(near(at(again, 7.0, 9.0), at(view, 7.0, 9.0)));
        let next = view.scrolled(&g, through, 1);
        for other in
            [Turn::NONE.flipped_across(), Turn::NONE.flipped_down(), Turn::NONE.turned(1), Turn::NONE.turned(3).flipped_across()].map(laid)
        {
            assert!(near(other.scrolled(&g, through, 1), next) && other.slice_position(&g, through) == view.slice_position(&g, through));
        }
    }

    #[test]
    fn a_tilted_camera_keeps_the_point_that_it_is_tilted_about() {
        let g = chest();
        let (size, through) = ([500, 400], g.centre() + Displacement::new(12.0, -7.0, 3.0));
        let view = View::fit(&g, Orientation::Coronal, size);
        let mut tilted = view;
        for _ in 0..100 {
            tilted = tilted.tilted(Direction::HEAD, through, [0.01f64.sin(), 0.01f64.cos()]);
        }
        let pixel = |v: View| v.plane(through, size).expect("a plane").pixel_of(through);
        let ([x, y], off) = pixel(tilted);
        let ([ox, oy], _) = pixel(view);
        assert!((x - ox).abs() < 1e-6 && (y - oy).abs() < 1e-6 && off.0.abs() < 1e-9);
        // One radian about the head's axis, right-handed: left turns to posterior.
        let [right, down] = tilted.directions();
        assert!((right.dot(Direction::LEFT) - 1f64.cos()).abs() < 1e-9 && (right.dot(Direction::POSTERIOR) - 1f64.sin()).abs() < 1e-9);
        assert!(right.dot(down).abs() < 1e-12 && (down.dot(Direction::FEET) - 1.0).abs() < 1e-12);
    }

    /// Two slices are missing in the middle, where one step is as long as three.
    fn gap_in_the_middle() -> VolumeGeometry {
        let stack = Stack::Piecewise {
            origin: PatientPoint::new(0.0, 0.0, 0.0),
            course: Displacement::new(0.0, 0.0, 1.0),
            heights: [0.0, 2.5, 10.0, 12.5].map(Mm).to_vec(),
            gaps: vec![tiresias_words::Gap { after: 1, missing: 2 }],
        };
        VolumeGeometry::new([64, 48, 4], Direction::LEFT, Direction::POSTERIOR, [Mm(0.5); 2], stack).expect("a geometry")
    }

    #[test]
    fn a_gap_says_nothing_of_the_distance_between_slices() {
        let g = gap_in_the_middle();
        for (orientation, of, spacing) in [(Orientation::Axial, 4, 2.5), (Orientation::Coronal, 48, 0.5), (Orientation::Sagittal, 64, 0.5)]
        {
            let place = View::fit(&g, orientation, [500, 500]).slice_position(&g, g.centre());
            assert_eq!(place.of, of);
            assert!((place.spacing.0 - spacing).abs() < 1e-9, "{orientation:?}: {:?}", place.spacing);
        }
    }

    /// A little oblique, it is still the slices that are counted.
    #[test]
    fn a_gap_in_the_middle_changes_nothing_of_what_is_counted() {
        let g = gap_in_the_middle();
        for (degrees, of) in [(0.0_f64, 4), (30.0, 4), (44.0, 4), (46.0, 48), (90.0, 48)] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let [down, forward] =
                [[0.0, cos, -sin], [0.0, sin, cos]].map(|[x, y, z]| Direction::new(Displacement::new(x, y, z)).expect("a unit"));
            let view = View::of_parts([Direction::LEFT, down, forward], g.centre(), Mm(1.0));
            assert_eq!(view.slice_position(&g, g.centre()).of, of, "{degrees}");
        }
    }

    #[test]
    fn scrolling_meets_every_slice_of_unequal_steps() {
        let heights = [0.0, 4.0, 8.0, 9.1, 16.1, 30.1, 37.1].map(Mm).to_vec();
        let stack = Stack::Piecewise {
            origin: PatientPoint::new(-100.0, -90.0, 20.0),
            course: Displacement::new(0.0, -0.3, 1.0),
            heights,
            gaps: vec![tiresias_words::Gap { after: 4, missing: 1 }],
        };
        let g = VolumeGeometry::new([64, 64, 7], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).expect("a geometry");
        for orientation in [Orientation::Stack, Orientation::Axial] {
            let view = View::fit(&g, orientation, [500, 500]);
            let mut at = view.scrolled_to(&g, g.centre(), 1);
            for number in 1..=7u32 {
                assert_eq!(view.slice_position(&g, at).number, number);
                assert!((g.voxel_of(at).slice - f64::from(number - 1)).abs() < 1e-9, "{orientation:?}: {:?}", g.voxel_of(at));
                at = view.scrolled(&g, at, 1);
            }
            assert!((g.voxel_of(view.scrolled(&g, at, -6)).slice).abs() < 1e-9);
        }
    }

    #[test]
    fn what_a_hand_moves_has_few_digits_and_stays_where_it_was() {
        let g = chest();
        let (size, through) = ([640, 480], g.centre());
        for factor in [0.3, 1.0, 7.3, 150.0] {
            let view = View::fit(&g, Orientation::Coronal, size).zoomed(factor, through + Displacement::new(1.0 / 3.0, 0.0, 2.0 / 7.0));
            let short = view.rounded();
            assert_eq!(short, short.rounded());
            let [before, after] = [view, short].map(|v| v.plane(through, size).expect("a plane").pixel_of(through).0);
            assert!((before[0] - after[0]).abs() < 0.01 && (before[1] - after[1]).abs() < 0.01, "{before:?} {after:?}");
            let digits = |v: f64| v.to_string().len();
            assert!(digits(short.centre.x) < 11 && digits(short.spacing.0) < 11, "{short:?}");
        }
        let window = dragged_window(Window::new(40.0, 400.0).expect("a window"), [17.0, -3.25], 0.2);
        assert_eq!([window.center(), window.width()], [39.13, 404.56]);
    }

    #[test]
    fn zoom_keeps_the_point_under_the_pointer() {
        let g = chest();
        let (size, through) = ([640, 480], g.centre());
        let view = View::fit(&g, Orientation::Coronal, size);
        let about = view.plane(through, size).expect("a plane").patient_of([100.0, 333.0]);
        let zoomed = view.zoomed(2.5, about);
        let (pixel, off) = zoomed.plane(through, size).expect("a plane").pixel_of(about);
        assert!((pixel[0] - 100.0).abs() < 1e-6 && (pixel[1] - 333.0).abs() < 1e-6 && off.0.abs() < 1e-9);
        let panned = view.panned([10.0, -4.0]).plane(through, size).expect("a plane");
        let moved = panned.pixel_of(about).0;
        assert!((moved[0] - 110.0).abs() < 1e-6 && (moved[1] - 329.0).abs() < 1e-6);
    }
}
