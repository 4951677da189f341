//! From the plane of each image to the order of the stack, its geometry verdict and, where there can be one, its volume.
//!
//! PS3.3 C.7.6.2.1.1 (position and orientation), 10.7.1.3 (pixel spacing). Order is position along the normal, spacing comes from positions only. The
//! verdict's words and the rule for gaps are those of `inspect --json`. One frame of reference for each slice is accepted (LIDC-IDRI has it).
//! Refuses: a volume over several orientations, double positions, a course that bends, and numbers that cannot be true.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::cmp::Ordering;
use tiresias_words::{Direction, Displacement, Gap, GeometryVerdict, Mm, PatientPoint, Stack, VolumeGeometry};

/// Origins may lie this far from the mean course and still be uniform, mm: files round positions.
const ROUNDING: f64 = 0.02;
/// Origins of unequal steps may lie this far beside their straight course, mm.
const OFF_COURSE: f64 = 0.05;
/// Below this distance along the normal two slices are at one position, mm.
pub(crate) const SAME_PLACE: f64 = 1e-3;
/// Directions whose components differ by more are two orientations: 0.06 degrees.
const SAME_DIRECTION: f64 = 1e-3;
/// Below this angle a stack is straight, and along the patient's axes.
const STRAIGHT_DEGREES: f64 = 0.1;

/// The plane of one image: position of the first pixel's centre, the two directions, and [between columns, between rows].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ImagePlane {
    pub(crate) position: PatientPoint,
    pub(crate) row: Direction,
    pub(crate) column: Direction,
    pub(crate) spacing: [Mm; 2],
}

impl ImagePlane {
    /// Checks the numbers of a file: Image Position (Patient), Image Orientation (Patient), Pixel Spacing (between rows, between columns).
    /// The error is a clause.
    pub(crate) fn new(position: &[f64], orientation: &[f64], spacing: &[f64]) -> Result<Self, String> {
        let [x, y, z] = position[..] else { return Err("Image Position (Patient) is not three numbers".into()) };
        let [a, b, c, d, e, f] = orientation[..] else { return Err("Image Orientation (Patient) is not six numbers".into()) };
        let [between_rows, between_columns] = spacing[..] else { return Err("Pixel Spacing is not two numbers".into()) };
        let position = PatientPoint::new(x, y, z);
        if !position.is_finite() || [x, y, z].iter().any(|v| v.abs() > 1e6) {
            return Err("Image Position (Patient) is no position".into());
        }
        let direction = |v: [f64; 3]| {
            let v = Displacement::from(v);
            let is_unit = (v.length().0 - 1.0).abs() < 0.01;
            Direction::new(v).ok().filter(|_| is_unit).ok_or("Image Orientation (Patient) is no pair of unit vectors")
        };
        let (row, column) = (direction([a, b, c])?, direction([d, e, f])?);
        if row.dot(column).abs() > 1e-3 {
            return Err("row and column directions are not at right angles".into());
        }
        if ![between_rows, between_columns].iter().all(|s| s.is_finite() && (1e-4..1e4).contains(s)) {
            return Err("Pixel Spacing is not positive".into());
        }
        Ok(Self { position, row, column, spacing: [Mm(between_columns), Mm(between_rows)] })
    }
}

impl ImagePlane {
    /// How far this plane lies above another along the other's normal, mm; `None` where there is no normal.
    pub(crate) fn height_over(&self, other: &Self) -> Option<f64> {
        let normal = Direction::new(other.row.cross(other.column)).ok()?;
        Some((self.position - other.position).dot(normal.unit()))
    }
}

/// Whether two planes run the same way.
pub(crate) fn is_one_orientation(a: &ImagePlane, b: &ImagePlane) -> bool {
    let near = |a: Direction, b: Direction| {
        let (a, b): ([f64; 3], [f64; 3]) = (a.into(), b.into());
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SAME_DIRECTION)
    };
    near(a.row, b.row) && near(a.column, b.column)
}

/// Whether two planes are parallel and yet not of one orientation: the rows of one run along other directions, or backwards. Images of one stack do not;
/// where they seem to, one of them was mirrored or turned on its way.
pub(crate) fn is_one_plane_turned(a: &ImagePlane, b: &ImagePlane) -> bool {
    let (m, n) = (a.row.cross(a.column), b.row.cross(b.column));
    m.cross(n).length().0 <= 2.0 * SAME_DIRECTION && !is_one_orientation(a, b)
}

/// What a file says of its plane.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PlaneReading {
    /// Neither position nor orientation.
    Absent,
    /// Something, and it cannot be true; a clause says why.
    Wrong(String),
    /// A plane.
    Plane(ImagePlane),
}

/// A place where slices are missing, as `inspect --json` prints it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct MissingSlices {
    /// Index in stack order of the slice before the gap.
    pub(crate) after: usize,
    /// Step over the gap along the normal, mm.
    pub(crate) step_mm: f64,
    /// How many slices would fill it.
    pub(crate) missing: u32,
}

/// What is found of a series' geometry.
#[derive(Debug, Clone)]
pub(crate) struct StackReading {
    /// Indices of the images in stack order.
    pub(crate) order: Vec<usize>,
    pub(crate) verdict: GeometryVerdict,
    pub(crate) volume: Option<VolumeGeometry>,
    pub(crate) gaps: Vec<MissingSlices>,
    /// Why there is no volume, where the verdict is *mixed* or *refused*: a clause.
    pub(crate) reason: Option<String>,
    /// Angle between the stack's course and the normal, where the slices are parallel and more than one.
    pub(crate) tilt_degrees: Option<f64>,
    /// Along the normal: the common step (of the parts beside a gap), else the mean one, mm.
    pub(crate) slice_spacing: Option<f64>,
    /// Unit vector from slice to slice.
    pub(crate) slice_direction: Option<[f64; 3]>,
    /// The first image's plane in stack order.
    pub(crate) first: Option<ImagePlane>,
}

impl StackReading {
    fn without(order: Vec<usize>, verdict: GeometryVerdict, reason: Option<String>, first: Option<ImagePlane>) -> Self {
        Self { order, verdict, volume: None, gaps: vec![], reason, tilt_degrees: None, slice_spacing: None, slice_direction: None, first }
    }
    fn refused(order: Vec<usize>, reason: impl Into<String>, first: Option<ImagePlane>) -> Self {
        let reason = reason.into();
        Self::without(order, GeometryVerdict::Refused { reason: reason.clone() }, Some(reason), first)
    }
    /// The same of images in several frames of reference: positions of two frames are not comparable (PS3.3 C.7.4.1.1.1), unless together they form a stack of
    /// equal steps, which would be no accident.
    pub(crate) fn in_several_frames(self) -> Self {
        if !matches!(self.verdict, GeometryVerdict::Gap | GeometryVerdict::Uneven) {
            return self;
        }
        Self::refused(self.order, "their positions are in several frames of reference, and do not fit together", self.first)
    }
    fn mixed(order: Vec<usize>, reason: String, first: ImagePlane) -> Self {
        Self::without(order, GeometryVerdict::Mixed, Some(reason), Some(first))
    }
}

/// Reads a stack of images of one size [columns, rows]. `fallback` is the order to use where positions give none (instance number, then name).
pub(crate) fn read_stack(size: [u32; 2], readings: &[PlaneReading], fallback: &[usize]) -> StackReading {
    let as_given = fallback.to_vec();
    if readings.iter().all(|r| *r == PlaneReading::Absent) {
        return StackReading::without(as_given, GeometryVerdict::None, None, None);
    }
    let mut planes = Vec::with_capacity(readings.len());
    for &i in fallback {
        let place = format!("image {} of {}", i + 1, readings.len());
        match readings.get(i) {
            Some(PlaneReading::Plane(p)) => planes.push((i, *p)),
            Some(PlaneReading::Wrong(why)) => return StackReading::refused(as_given, format!("{place}: {why}"), None),
            Some(PlaneReading::Absent) | None => return StackReading::refused(as_given, format!("{place} has no position"), None),
        }
    }
    let Some(first) = planes.first().map(|(_, p)| *p) else { return StackReading::without(as_given, GeometryVerdict::None, None, None) };
    if let Some((i, other)) = planes.iter().find(|(_, p)| !is_one_orientation(p, &first)) {
        let reason = if is_one_plane_turned(other, &first) {
            format!(
                "image {} of {} is flipped or turned in its plane: its orientation is another one than that of the first",
                i + 1,
                planes.len()
            )
        } else {
            "they have several orientations".to_owned()
        };
        return StackReading::mixed(as_given, reason, first);
    }
    let spacing_differs = |p: &ImagePlane| p.spacing.iter().zip(first.spacing).any(|(a, b)| (a.0 - b.0).abs() > 1e-3 * b.0);
    if let Some((i, _)) = planes.iter().find(|(_, p)| spacing_differs(p)) {
        return StackReading::refused(as_given, format!("image {} has another pixel spacing", i + 1), Some(first));
    }
    let Ok(normal) = Direction::new(first.row.cross(first.column)) else {
        return StackReading::refused(as_given, "the slices have no normal", Some(first));
    };
    let height = |p: &ImagePlane| p.position.from_origin().dot(normal.unit());
    planes.sort_by(|(_, a), (_, b)| height(a).partial_cmp(&height(b)).unwrap_or(Ordering::Equal));
    let order: Vec<usize> = planes.iter().map(|(i, _)| *i).collect();
    let sorted: Vec<ImagePlane> = planes.into_iter().map(|(_, p)| p).collect();
    read_course(size, order, &sorted, normal)
}

/// Parallel planes in order of position: finds the course of their origins.
fn read_course(size: [u32; 2], order: Vec<usize>, sorted: &[ImagePlane], normal: Direction) -> StackReading {
    let [Some(first), Some(last)] = [sorted.first(), sorted.last()].map(Option::<&ImagePlane>::copied) else {
        return StackReading::without(order, GeometryVerdict::None, None, None);
    };
    let origins: Vec<PatientPoint> = sorted.iter().map(|p| p.position).collect();
    let steps: Vec<f64> = origins.iter().zip(origins.iter().skip(1)).map(|(from, to)| (*to - *from).dot(normal.unit())).collect();
    let doubles = steps.iter().filter(|s| **s < SAME_PLACE).count();
    if doubles > 0 {
        let reason = if doubles == steps.len() {
            format!("all {} lie at one position", origins.len())
        } else {
            format!("{doubles} of {} lie at the position of another, and nothing that they say tells sets of them apart", origins.len())
        };
        return StackReading::mixed(order, reason, first);
    }
    let Some(count) = u32::try_from(origins.len()).ok() else {
        return StackReading::refused(order, "there are too many images", Some(first));
    };
    let whole = last.position - first.position;
    // A single slice has no course. It is shown as one that is 1 mm thick; its facts name no spacing.
    let step = if count == 1 { normal.times(Mm(1.0)) } else { whole * (1.0 / f64::from(count - 1)) };
    let tilt = degrees_between(step, normal.unit());
    let uniform = origins.iter().enumerate().all(|(i, o)| (*o - (first.position + step * i as f64)).length().0 <= ROUNDING);
    let gaps = if uniform { Vec::new() } else { gaps(&steps) };
    let course = step * (1.0 / step.dot(normal.unit()));
    let heights: Vec<Mm> = origins.iter().map(|o| Mm((*o - first.position).dot(normal.unit()))).collect();
    let beside = origins.iter().zip(&heights).position(|(o, h)| (*o - (first.position + course * h.0)).length().0 > OFF_COURSE);
    if let Some(slice) = beside.filter(|_| !uniform) {
        return StackReading::refused(
            order,
            format!("slice {} of {count} lies beside the straight line of the others", slice + 1),
            Some(first),
        );
    }
    let verdict = match (uniform, gaps.is_empty()) {
        (false, false) => GeometryVerdict::Gap,
        (false, true) => GeometryVerdict::Uneven,
        (true, _) if tilt > STRAIGHT_DEGREES => GeometryVerdict::Tilted { degrees: tilt },
        (true, _) if along_axes(first.row) && along_axes(first.column) => GeometryVerdict::Orthogonal,
        (true, _) => GeometryVerdict::Oblique,
    };
    let stack = match verdict {
        GeometryVerdict::Gap | GeometryVerdict::Uneven => {
            let gaps = gaps.iter().filter_map(|g| Some(Gap { after: u32::try_from(g.after).ok()?, missing: g.missing })).collect();
            Stack::Piecewise { origin: first.position, course, heights, gaps }
        }
        _ => Stack::Uniform { origin: first.position, step },
    };
    let volume = match VolumeGeometry::new([size[0], size[1], count], first.row, first.column, first.spacing, stack) {
        Ok(volume) => volume,
        Err(unfit) => return StackReading::refused(order, unfit.why, Some(first)),
    };
    let mean = step.dot(normal.unit());
    let several = count > 1;
    StackReading {
        order,
        slice_spacing: several.then(|| if gaps.is_empty() { mean } else { common_step(&steps) }),
        verdict,
        volume: Some(volume),
        gaps,
        reason: None,
        tilt_degrees: several.then_some(tilt),
        slice_direction: several.then(|| (step * (1.0 / step.length().0)).into()),
        first: Some(first),
    }
}

fn degrees_between(a: Displacement, b: Displacement) -> f64 {
    // atan2 keeps its digits for small angles, where acos has none.
    a.cross(b).length().0.atan2(a.dot(b)).to_degrees()
}

fn along_axes(d: Direction) -> bool {
    let components: [f64; 3] = d.into();
    let across = (1.0 - components.iter().fold(0.0, |m: f64, c| m.max(c * c))).max(0.0).sqrt();
    across <= STRAIGHT_DEGREES.to_radians().sin()
}

/// The lower median of the steps: the step that most of them share, if any is.
fn common_step(steps: &[f64]) -> f64 {
    let mut sorted = steps.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len().max(1) - 1) / 2).copied().unwrap_or(0.0)
}

/// Steps that are a whole multiple (within 5 %) of a step that at least 80 % of the others share within 1 %.
fn gaps(steps: &[f64]) -> Vec<MissingSlices> {
    let common = common_step(steps);
    let sharing = steps.iter().filter(|s| (*s - common).abs() <= 0.01 * common).count();
    let others = steps.len() - 1;
    if steps.len() < 2 || (sharing as f64) < 0.8 * others as f64 {
        return Vec::new();
    }
    let gap = |(after, step): (usize, &f64)| {
        let multiple = (step / common).round();
        let is_gap = (2.0..=1e6).contains(&multiple) && (step / (multiple * common) - 1.0).abs() <= 0.05;
        is_gap.then_some(MissingSlices { after, step_mm: *step, missing: multiple as u32 - 1 })
    };
    steps.iter().enumerate().filter_map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: [u32; 2] = [8, 8];

    fn stack(positions: &[[f64; 3]], orientation: [f64; 6], spacing: [f64; 2]) -> StackReading {
        let readings: Vec<_> = positions.iter().map(|p| plane(*p, orientation, spacing)).collect();
        read_stack(SIZE, &readings, &(0..readings.len()).collect::<Vec<_>>())
    }
    fn plane(p: [f64; 3], orientation: [f64; 6], spacing: [f64; 2]) -> PlaneReading {
        match ImagePlane::new(&p, &orientation, &spacing) {
            Ok(p) => PlaneReading::Plane(p),
            Err(why) => PlaneReading::Wrong(why),
        }
    }
    const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

    fn at(heights: &[f64]) -> StackReading {
        let positions: Vec<_> = heights.iter().map(|z| [0.0, 0.0, *z]).collect();
        stack(&positions, AXIAL, [1.0, 1.0])
    }

    #[test]
    fn verdict_of_steps() {
        let word = |h: &[f64]| at(h).verdict.word();
        assert_eq!(word(&[0.0]), "orthogonal");
        assert_eq!(word(&[10.0, 0.0, 5.0]), "orthogonal");
        assert_eq!(word(&[0.0, 5.0, 10.01]), "orthogonal", "rounded positions");
        assert_eq!(word(&[0.0, 5.0, 10.0, 20.0]), "gap");
        assert_eq!(word(&[0.0, 5.0, 15.0]), "gap");
        assert_eq!(word(&[0.0, 5.0, 10.0, 20.6]), "uneven", "2.12 is no whole multiple");
        assert_eq!(word(&[0.0, 5.0, 10.0, 20.4]), "gap", "2.08 is within 5 % of 2");
        assert_eq!(word(&[0.0, 5.0, 12.0, 15.0]), "uneven");
        assert_eq!(word(&[0.0, 5.0, 15.0, 25.0]), "uneven", "the smaller step is not shared");
        assert_eq!(word(&[0.0, 5.0, 5.0]), "mixed");
        let gaps = at(&[0.0, 2.0, 4.0, 10.0, 12.0, 14.0, 16.0, 18.0, 22.0]).gaps;
        assert_eq!(gaps.iter().map(|g| (g.after, g.missing)).collect::<Vec<_>>(), [(2, 2), (7, 1)]);
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        let refused = |o, s| matches!(stack(&[[0.0; 3], [0.0, 0.0, 1.0]], o, s).verdict, GeometryVerdict::Refused { .. });
        assert!(refused([1.0, 0.0, 0.0, 0.5, 0.9, 0.0], [1.0, 1.0]));
        assert!(refused([f64::NAN, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0, 1.0]));
        assert!(refused([0.0; 6], [1.0, 1.0]));
        assert!(refused(AXIAL, [0.0, 1.0]));
        assert!(refused(AXIAL, [1.0, f64::NAN]));
        assert!(!refused(AXIAL, [1.0, 1.0]));
        assert_eq!(stack(&[[f64::INFINITY, 0.0, 0.0]], AXIAL, [1.0, 1.0]).verdict.word(), "refused");
    }

    #[test]
    fn mixtures_are_no_volume() {
        let flipped = [-1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        let readings = [plane([0.0; 3], AXIAL, [1.0; 2]), plane([0.0, 0.0, 1.0], flipped, [1.0; 2])];
        assert_eq!(read_stack(SIZE, &readings, &[0, 1]).verdict, GeometryVerdict::Mixed);
        let partly = [plane([0.0; 3], AXIAL, [1.0; 2]), PlaneReading::Absent];
        assert_eq!(read_stack(SIZE, &partly, &[0, 1]).verdict.word(), "refused");
        let none = [PlaneReading::Absent, PlaneReading::Absent];
        assert_eq!(read_stack(SIZE, &none, &[1, 0]).order, [1, 0]);
        assert_eq!(read_stack(SIZE, &none, &[1, 0]).verdict, GeometryVerdict::None);
    }

    /// A right-handed pair of directions from two vectors.
    fn frame(a: [f64; 3], b: [f64; 3]) -> Option<[f64; 6]> {
        let u = Direction::new(a.into()).ok()?;
        let w = Direction::new(u.unit().cross(b.into())).ok()?;
        let v = Direction::new(w.cross(u)).ok()?;
        let ([a, b, c], [d, e, f]): ([f64; 3], [f64; 3]) = (u.into(), v.into());
        Some([a, b, c, d, e, f])
    }

    proptest! {
        #[test]
        fn shuffled_stacks_come_back_in_order(
            a in prop::array::uniform3(-1.0..1.0f64), b in prop::array::uniform3(-1.0..1.0f64),
            origin in prop::array::uniform3(-500.0..500.0f64), step in 0.3..9.0f64, shear in -0.5..0.5f64, count in 2_usize..60,
            seed in any::<u64>(), rounding in prop::collection::vec(-0.004..0.004f64, 60),
        ) {
            let Some(o) = frame(a, b) else { return Ok(()) };
            let row = Direction::new([o[0], o[1], o[2]].into()).unwrap();
            let column = Direction::new([o[3], o[4], o[5]].into()).unwrap();
            let normal = Direction::new(row.cross(column)).unwrap();
            let course = normal.times(Mm(step)) + column.times(Mm(step * shear));
            let mut slices: Vec<usize> = (0..count).collect();
            slices.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
            let place = |i: usize| PatientPoint::from(origin) + course * i as f64 + normal.times(Mm(rounding[i]));
            let positions: Vec<[f64; 3]> = slices.iter().map(|i| place(*i).into()).collect();
            let r = stack(&positions, o, [0.7, 0.5]);
            let order: Vec<usize> = r.order.iter().map(|i| slices[*i]).collect();
            prop_assert_eq!(order, (0..count).collect::<Vec<_>>());
            let degrees = shear.abs().atan().to_degrees();
            prop_assert!((r.tilt_degrees.unwrap() - degrees).abs() < 2.0, "{} {degrees}", r.tilt_degrees.unwrap());
            let g = r.volume.expect("a uniform stack is a volume");
            prop_assert!((g.slice_spacing().0 - step).abs() < 0.01);
            for i in 0..count {
                prop_assert!(g.origin_at(i as f64).distance(place(i)).0 <= 0.02);
            }
            if count > 3 && degrees > 2.5 {
                prop_assert_eq!(r.verdict.word(), "tilted");
            }
        }

        #[test]
        fn a_missing_slice_is_always_found(step in 0.3..9.0f64, count in 8_usize..60, missing in 1_usize..58) {
            let missing = 1 + missing % (count - 2);
            let heights: Vec<f64> = (0..count).filter(|i| *i != missing).map(|i| i as f64 * step).collect();
            let r = at(&heights);
            prop_assert_eq!(r.verdict.word(), "gap");
            let volume = r.volume.expect("the slices that are there form a volume");
            let lost = volume.voxel_of(PatientPoint::new(0.0, 0.0, missing as f64 * step));
            prop_assert_eq!(volume.gap_at(lost.slice), Some(Gap { after: missing as u32 - 1, missing: 1 }));
            prop_assert!((volume.slice_spacing().0 - step).abs() < 1e-9);
            prop_assert!(volume.contains(volume.voxel_of(PatientPoint::new(0.0, 0.0, (missing as f64 - 0.51) * step))));
            prop_assert_eq!((r.gaps[0].after, r.gaps[0].missing, r.gaps.len()), (missing - 1, 1, 1));
        }

        #[test]
        fn a_doubled_slice_is_never_a_volume(step in 0.3..9.0f64, count in 2_usize..60, twice in 0_usize..60) {
            let mut heights: Vec<f64> = (0..count).map(|i| i as f64 * step).collect();
            heights.push(heights[twice % count]);
            prop_assert_eq!(at(&heights).verdict.word(), "mixed");
        }
    }
}
