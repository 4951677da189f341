//! Where the voxels of a volume lie in the patient: an affine in the plane and one course along the stack.
//!
//! Slices are in order of position along the normal (never of number or name); PS3.3 C.7.6.2.1.1. Gantry tilt is a step that is not
//! along the normal. Finding this geometry in files is the work of `cases`; sampling along it that of `render`.

use crate::stack::{height_at, slice_at};
use crate::{Direction, Gap, Mm, PatientPoint, Stack, Unfit, Voxel};
use serde::{Deserialize, Serialize};

/// Geometry of a stack of parallel slices. Index to patient: `origin(slice) + column*dx*row_direction + row*dy*column_direction`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct VolumeGeometry {
    size: [u32; 3],
    row_direction: Direction,
    column_direction: Direction,
    spacing: [Mm; 2],
    stack: Stack,
}

/// What is known of a series' geometry, in one word and, where it matters, a number or reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum GeometryVerdict {
    /// Uniform stack along the patient's axes.
    Orthogonal,
    /// Uniform stack, turned against the patient's axes.
    Oblique,
    /// Uniform stack whose step is not along the normal.
    Tilted {
        /// Angle between step and normal.
        degrees: f64,
    },
    /// Steps differ, and not by whole multiples.
    Uneven,
    /// A step is a whole multiple of the others: slices are missing.
    Gap,
    /// More than one orientation, or several slices at one position.
    Mixed,
    /// No patient geometry in the files.
    None,
    /// There is geometry, and it cannot be true.
    Refused {
        /// Why, as a clause.
        reason: String,
    },
}

impl GeometryVerdict {
    /// The one word that `--json` prints.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Orthogonal => "orthogonal",
            Self::Oblique => "oblique",
            Self::Tilted { .. } => "tilted",
            Self::Uneven => "uneven",
            Self::Gap => "gap",
            Self::Mixed => "mixed",
            Self::None => "none",
            Self::Refused { .. } => "refused",
        }
    }
}

impl VolumeGeometry {
    /// Puts a geometry together. `size` is [columns, rows, slices]; `spacing` is [between columns, between rows].
    ///
    /// # Errors
    /// When a size is 0, a spacing is not a positive number, the two directions are not at right angles (cosine above 1e-3), a piecewise stack does not
    /// have one height for each slice, the slices do not advance along the normal, or a gap is not between two of them.
    pub fn new(
        size: [u32; 3],
        row_direction: Direction,
        column_direction: Direction,
        spacing: [Mm; 2],
        stack: Stack,
    ) -> Result<Self, Unfit> {
        let unfit = |why: String| Unfit::new("volume geometry", why);
        if size.contains(&0) {
            return Err(unfit(format!("a volume of {} x {} x {} voxels is empty", size[0], size[1], size[2])));
        }
        if spacing.iter().any(|s| !(s.0.is_finite() && s.0 > 0.0)) {
            return Err(unfit(format!("pixel spacing {} x {} mm is not positive", spacing[0].0, spacing[1].0)));
        }
        let cosine = row_direction.dot(column_direction);
        if cosine.abs() > 1e-3 {
            return Err(unfit(format!("row and column directions are not at right angles (cosine {cosine:.4})")));
        }
        let geometry = Self { size, row_direction, column_direction, spacing, stack };
        geometry.stack.check(size[2], geometry.normal())?;
        Ok(geometry)
    }

    /// [columns, rows, slices].
    #[must_use]
    pub const fn size(&self) -> [u32; 3] {
        self.size
    }
    /// Direction in which the column index grows.
    #[must_use]
    pub const fn row_direction(&self) -> Direction {
        self.row_direction
    }
    /// Direction in which the row index grows.
    #[must_use]
    pub const fn column_direction(&self) -> Direction {
        self.column_direction
    }
    /// [between columns, between rows].
    #[must_use]
    pub const fn spacing(&self) -> [Mm; 2] {
        self.spacing
    }
    /// The course of the slice origins.
    #[must_use]
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }
    /// Normal of the slices: row direction x column direction.
    #[must_use]
    pub fn normal(&self) -> Direction {
        Direction::new(self.row_direction.cross(self.column_direction)).unwrap_or(Direction::HEAD)
    }
    /// Height of a continuous slice index above slice 0 along the normal (the end steps go on beyond the stack).
    #[must_use]
    pub fn height_at(&self, slice: f64) -> Mm {
        match &self.stack {
            Stack::Uniform { step, .. } => Mm(step.dot(self.normal().unit()) * slice),
            Stack::Piecewise { heights, .. } => Mm(height_at(heights, slice)),
        }
    }
    /// Distance between neighbouring slices along the normal; the mean one for a piecewise stack, as if the missing slices of its gaps were there.
    #[must_use]
    pub fn slice_spacing(&self) -> Mm {
        match &self.stack {
            Stack::Uniform { step, .. } => Mm(step.dot(self.normal().unit())),
            Stack::Piecewise { heights, gaps, .. } => {
                let steps = (heights.len() - 1) as f64 + gaps.iter().map(|g| f64::from(g.missing)).sum::<f64>();
                Mm(heights[heights.len() - 1].0 / steps)
            }
        }
    }
    /// The smallest of the three spacings: how finely the volume can be sampled without leaving a voxel out.
    #[must_use]
    pub fn smallest_spacing(&self) -> Mm {
        let [x, y] = self.spacing;
        Mm(x.0.min(y.0).min(self.slice_spacing().0))
    }
    /// Centre of the first voxel at continuous slice index `slice`.
    #[must_use]
    pub fn origin_at(&self, slice: f64) -> PatientPoint {
        match &self.stack {
            Stack::Uniform { origin, step } => *origin + *step * slice,
            Stack::Piecewise { origin, course, heights, .. } => *origin + *course * height_at(heights, slice),
        }
    }
    /// The gap that a continuous slice index lies in: farther from the slices on both sides than they reach ([`Gap::reach`]).
    #[must_use]
    pub fn gap_at(&self, slice: f64) -> Option<Gap> {
        let Stack::Piecewise { gaps, .. } = &self.stack else { return None };
        gaps.iter().copied().find(|g| {
            let part = slice - f64::from(g.after);
            part > g.reach() && part < 1.0 - g.reach()
        })
    }
    /// Whether a continuous slice index lies between the two slices beside a gap, where nothing may be interpolated.
    #[must_use]
    pub fn steps_over_gap(&self, slice: f64) -> bool {
        matches!(&self.stack, Stack::Piecewise { gaps, .. } if gaps.iter().any(|g| f64::from(g.after) == slice.floor()))
    }
    /// How many slices are missing before and behind the slice that is nearest to a point; none of either inside a gap, where no slice lies.
    #[must_use]
    pub fn missing_beside(&self, p: PatientPoint) -> [u32; 2] {
        let Stack::Piecewise { gaps, .. } = &self.stack else { return [0; 2] };
        if self.gap_at(self.voxel_of(p).slice).is_some() {
            return [0; 2];
        }
        let slice = self.nearest_slice(p);
        let missing = |after: Option<u32>| gaps.iter().find(|g| Some(g.after) == after).map_or(0, |g| g.missing);
        [missing(slice.checked_sub(1)), missing(Some(slice))]
    }
    /// Whether slices are missing.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        matches!(&self.stack, Stack::Piecewise { gaps, .. } if !gaps.is_empty())
    }
    /// Patient position of a continuous index; defined beyond the volume too.
    #[must_use]
    pub fn patient_of(&self, v: Voxel) -> PatientPoint {
        self.origin_at(v.slice)
            + self.row_direction.times(self.spacing[0] * v.column)
            + self.column_direction.times(self.spacing[1] * v.row)
    }
    /// Continuous index of a patient position; the inverse of [`Self::patient_of`].
    #[must_use]
    pub fn voxel_of(&self, p: PatientPoint) -> Voxel {
        let normal = self.normal().unit();
        let slice = match &self.stack {
            Stack::Uniform { origin, step } => (p - *origin).dot(normal) / step.dot(normal),
            Stack::Piecewise { origin, course, heights, .. } => slice_at(heights, (p - *origin).dot(normal) / course.dot(normal)),
        };
        let d = p - self.origin_at(slice);
        let [u, v] = [self.row_direction.unit(), self.column_direction.unit()];
        // The directions may miss the right angle by a rounded cosine: solve the 2x2 system instead of projecting.
        let (uv, du, dv) = (u.dot(v), d.dot(u), d.dot(v));
        let determinant = 1.0 - uv * uv;
        Voxel { column: (du - uv * dv) / determinant / self.spacing[0].0, row: (dv - uv * du) / determinant / self.spacing[1].0, slice }
    }
    /// Whether a continuous index lies inside the volume, which reaches half a voxel beyond the outer centres, and in none of its gaps.
    #[must_use]
    pub fn contains(&self, v: Voxel) -> bool {
        let within = |c: f64, n: u32| c >= -0.5 && c <= f64::from(n) - 0.5;
        within(v.column, self.size[0]) && within(v.row, self.size[1]) && within(v.slice, self.size[2]) && self.gap_at(v.slice).is_none()
    }
    /// The point of the volume that is nearest to `p` along its own axes, between its outer voxel centres: `p` itself when it is inside.
    #[must_use]
    pub fn nearest_inside(&self, p: PatientPoint) -> PatientPoint {
        let v = self.voxel_of(p);
        let [columns, rows, slices] = self.size.map(|n| f64::from(n.saturating_sub(1)));
        self.patient_of(Voxel::new(v.column.clamp(0.0, columns), v.row.clamp(0.0, rows), v.slice.clamp(0.0, slices)))
    }
    /// The point of the nearest slice that lies at the column and row of `p`; no column or row is held to the volume.
    #[must_use]
    pub fn on_nearest_slice(&self, p: PatientPoint) -> PatientPoint {
        let v = self.voxel_of(p);
        let last = f64::from(self.size[2].saturating_sub(1));
        self.patient_of(Voxel::new(v.column, v.row, v.slice.round().clamp(0.0, last)))
    }
    /// The slice nearest to a point, from 0.
    #[must_use]
    pub fn nearest_slice(&self, p: PatientPoint) -> u32 {
        (self.voxel_of(p).slice + 0.5).floor().clamp(0.0, f64::from(self.size[2].saturating_sub(1))) as u32
    }
    /// Patient position of the volume's centre.
    #[must_use]
    pub fn centre(&self) -> PatientPoint {
        let half = |n: u32| (f64::from(n) - 1.0) / 2.0;
        self.patient_of(Voxel::new(half(self.size[0]), half(self.size[1]), half(self.size[2])))
    }
    /// Length of the volume along a direction, from outer edge to outer edge (half a voxel beyond the outer centres).
    #[must_use]
    pub fn extent_along(&self, direction: Direction) -> Mm {
        let centre = self.centre();
        let [n, m, k] = self.size.map(f64::from);
        let corner = |i: usize| {
            let pick = |bit: usize, n: f64| if i & bit == 0 { -0.5 } else { n - 0.5 };
            (self.patient_of(Voxel::new(pick(1, n), pick(2, m), pick(4, k))) - centre).dot(direction.unit())
        };
        let (low, high) = (0..8).map(corner).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), h| (low.min(h), high.max(h)));
        Mm(high - low)
    }
}

/// What is written to files; reading one goes through [`VolumeGeometry::new`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    size: [u32; 3],
    row_direction: Direction,
    column_direction: Direction,
    spacing: [Mm; 2],
    stack: Stack,
}
impl TryFrom<Draft> for VolumeGeometry {
    type Error = Unfit;
    fn try_from(d: Draft) -> Result<Self, Unfit> {
        Self::new(d.size, d.row_direction, d.column_direction, d.spacing, d.stack)
    }
}
impl From<VolumeGeometry> for Draft {
    fn from(g: VolumeGeometry) -> Self {
        Self { size: g.size, row_direction: g.row_direction, column_direction: g.column_direction, spacing: g.spacing, stack: g.stack }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Displacement;
    use proptest::prelude::*;

    fn unit(v: [f64; 3]) -> Direction {
        Direction::new(v.into()).expect("a direction")
    }

    /// An orthonormal pair from any two vectors that are not parallel.
    fn frame(a: [f64; 3], b: [f64; 3]) -> Option<(Direction, Direction)> {
        let u = Direction::new(a.into()).ok()?;
        let w = Direction::new(u.unit().cross(Displacement::from(b))).ok()?;
        Some((u, Direction::new(w.cross(u)).ok()?))
    }

    proptest! {
        #[test]
        fn voxel_of_inverts_patient_of(
            a in prop::array::uniform3(-1.0..1.0f64), b in prop::array::uniform3(-1.0..1.0f64),
            dx in 0.1..5.0f64, dy in 0.1..5.0f64, dz in 0.1..8.0f64, shear in -0.4..0.4f64,
            c in prop::array::uniform3(-600.0..600.0f64), i in prop::array::uniform3(-20.0..520.0f64), uneven in any::<bool>(),
        ) {
            let Some((u, v)) = frame(a, b) else { return Ok(()) };
            let normal = unit(u.cross(v).into());
            let step = normal.times(Mm(dz)) + v.times(Mm(shear * dz));
            let origin = PatientPoint::from(c);
            let stack = if uneven {
                let heights = (0..30).map(|k| Mm(dz * f64::from(k) * (1.0 + 0.02 * f64::from(k)))).collect();
                Stack::Piecewise { origin, course: step * (1.0 / dz), heights, gaps: vec![Gap { after: 7, missing: 2 }] }
            } else {
                Stack::Uniform { origin, step }
            };
            let g = VolumeGeometry::new([512, 512, 30], u, v, [Mm(dx), Mm(dy)], stack).expect("a geometry");
            let at = Voxel::new(i[0], i[1], i[2] / 10.0);
            let back = g.voxel_of(g.patient_of(at));
            prop_assert!((back.column - at.column).abs() < 1e-6 && (back.row - at.row).abs() < 1e-6 && (back.slice - at.slice).abs() < 1e-6);
        }
    }

    #[test]
    fn extents_are_from_edge_to_edge() {
        let up = Stack::Uniform { origin: PatientPoint::new(5.0, 6.0, 7.0), step: Displacement::new(0.0, 0.5, 2.0) };
        let g = VolumeGeometry::new([4, 6, 10], Direction::LEFT, Direction::POSTERIOR, [Mm(0.5), Mm(1.5)], up).unwrap();
        let along = |d: Direction| (g.extent_along(d).0 * 1e6).round() / 1e6;
        assert_eq!([along(Direction::LEFT), along(Direction::HEAD), along(Direction::FEET)], [2.0, 20.0, 20.0]);
        assert_eq!(along(Direction::POSTERIOR), 9.0 + 5.0, "the tilt is part of it");
    }

    #[test]
    fn refuses_what_cannot_be_true() {
        let [u, v] = [Direction::LEFT, Direction::POSTERIOR];
        let up = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let new = |size, u, v, dx, stack| VolumeGeometry::new(size, u, v, [Mm(dx), Mm(1.0)], stack);
        assert!(new([4, 4, 4], u, v, 1.0, up.clone()).is_ok());
        assert!(new([4, 0, 4], u, v, 1.0, up.clone()).is_err());
        assert!(new([4, 4, 4], u, v, 0.0, up.clone()).is_err());
        assert!(new([4, 4, 4], u, v, f64::NAN, up.clone()).is_err());
        assert!(new([4, 4, 4], u, unit([0.5, 1.0, 0.0]), 1.0, up).is_err());
        let [left, right] = [Displacement::new(0.1, 0.0, 1.0), Displacement::new(0.0, 0.0, 0.9)];
        let uneven = |course, heights: &[f64], gaps: &[(u32, u32)]| {
            let gaps = gaps.iter().map(|(after, missing)| Gap { after: *after, missing: *missing }).collect();
            let origin = PatientPoint::new(0.0, 0.0, 0.0);
            let stack = Stack::Piecewise { origin, course, heights: heights.iter().map(|h| Mm(*h)).collect(), gaps };
            new([4, 4, 4], u, v, 1.0, stack)
        };
        assert!(uneven(left, &[0.0, 1.0, 3.0, 4.5], &[(1, 1)]).is_ok());
        assert!(uneven(right, &[0.0, 1.0, 3.0, 4.5], &[]).is_err(), "its course loses height");
        assert!(uneven(left, &[0.0, 1.0, 3.0], &[]).is_err(), "a slice without height");
        assert!(uneven(left, &[0.0, 1.0, 1.0, 4.5], &[]).is_err(), "two slices at one height");
        assert!(uneven(left, &[1.0, 2.0, 3.0, 4.5], &[]).is_err(), "heights do not begin at 0");
        assert!(uneven(left, &[0.0, 1.0, f64::NAN, 4.5], &[]).is_err());
        assert!(uneven(left, &[0.0, 1.0, 3.0, 4.5], &[(3, 1)]).is_err(), "a gap behind the last slice");
        assert!(uneven(left, &[0.0, 1.0, 3.0, 4.5], &[(1, 0)]).is_err() && uneven(left, &[0.0, 1.0, 3.0, 4.5], &[(1, 1), (1, 1)]).is_err());
        let down = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, -1.0) };
        assert!(new([4, 4, 4], u, v, 1.0, down).is_err());
    }

    /// Slices at 0, 5, 10 and 20 mm, the one at 15 missing: both neighbours reach 2.5 mm into the gap, and between lies nothing.
    #[test]
    fn a_gap_begins_half_a_step_from_its_slices() {
        let heights = [0.0, 5.0, 10.0, 20.0].map(Mm).to_vec();
        let stack = Stack::Piecewise {
            origin: PatientPoint::new(0.0, 0.0, 100.0),
            course: Displacement::new(0.0, 0.0, 1.0),
            heights,
            gaps: vec![Gap { after: 2, missing: 1 }],
        };
        let g = VolumeGeometry::new([4, 4, 4], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).expect("a geometry");
        let inside = |z: f64| g.contains(g.voxel_of(PatientPoint::new(1.0, 1.0, 100.0 + z)));
        let found: Vec<bool> = [-2.5, -2.6, 7.0, 12.49, 12.51, 15.0, 17.49, 17.51, 24.9, 25.1].map(inside).to_vec();
        assert_eq!(found, [true, false, true, true, false, false, false, true, true, false]);
        assert_eq!((g.slice_spacing().0, g.has_gaps(), g.gap_at(2.5)), (5.0, true, Some(Gap { after: 2, missing: 1 })));
        let missing = [0.0, 10.0, 12.0, 15.0, 18.0, 20.0].map(|z| g.missing_beside(PatientPoint::new(1.0, 1.0, 100.0 + z)));
        assert_eq!(missing, [[0, 0], [0, 1], [0, 1], [0, 0], [1, 0], [1, 0]]);
        let text = serde_json::to_string(&g).expect("json");
        assert_eq!(serde_json::from_str::<VolumeGeometry>(&text).expect("a geometry"), g);
    }
}
