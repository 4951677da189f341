//! From a [`PaneSpec`] to integers: what CPU and GPU both carry out.
//!
//! Voxel coordinates are Q31.32 (design 3.2): origin and steps are computed here once in f64 and then only added as integers. The sampler
//! uses the upper 48 bits as Q15.16. A half weight unit is added to the origin, so that weights are rounded, not cut, and a coordinate
//! that means a voxel centre hits it exactly. The pixels of a row that lie in the volume are found here too, exactly, in wide integers:
//! coordinates far outside may wrap in the sampler's 32 bits, and nobody looks at them. Of a stack of unequal steps the third coordinate is a height
//! ([`crate::course`]); in the plane everything is as affine as ever, because the course of such a stack is straight.

use crate::RenderError;
use crate::course::{Course, WEIGHT_BITS};
use tiresias_words::{Displacement, Interpolation, PaneSpec, Slab, SlabKind, Stack, VolumeGeometry, Voxel};

const ONE: f64 = 4_294_967_296.0;
const HALF: i128 = 1 << 31;
/// Rounds weights to the nearest of 2^14 steps.
const HALF_WEIGHT: i64 = 1 << (32 - WEIGHT_BITS - 1);
/// Rounds heights to the nearest of 2^16 parts; their weights are rounded after the division by the step.
const HALF_HEIGHT: i64 = 1 << 15;
const MOST_SAMPLES: f64 = 4096.0;
/// Voxels of a side whose coordinates fit the sampler's Q15.16.
const LONGEST_SIDE: u32 = 1 << 15;

/// What becomes of the samples along the normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    /// One sample.
    Thin,
    /// Largest sample.
    Mip,
    /// Smallest sample.
    Minip,
    /// Mean of the samples, rounded half up.
    Mean,
}

/// The integers that make an image from a volume's values. Coordinates are [column, row, slice] in Q31.32 voxels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePlan {
    pub(crate) size: [u32; 2],
    pub(crate) origin: [i64; 3],
    pub(crate) du: [i64; 3],
    pub(crate) dv: [i64; 3],
    pub(crate) dw: [i64; 3],
    pub(crate) samples: u32,
    pub(crate) projection: Projection,
    pub(crate) interpolation: Interpolation,
    /// Of a stack of unequal steps.
    pub(crate) course: Option<Course>,
    /// Lowest and highest slice coordinate that is inside, Q15.16.
    pub(crate) reach: [i32; 2],
    touches_gap: bool,
    /// First and one past the last pixel of each row that may touch the volume.
    pub(crate) rows: Vec<[u32; 2]>,
}

impl SamplePlan {
    /// Works out how `spec` samples a volume that lies as `geometry` says.
    ///
    /// # Errors
    /// [`RenderError::PaneSize`], [`RenderError::LongSide`], [`RenderError::Slab`], [`RenderError::LongSlab`], [`RenderError::Geometry`].
    pub fn new(geometry: &VolumeGeometry, spec: &PaneSpec) -> Result<Self, RenderError> {
        let [width, height] = spec.size;
        if !(1..=16_384).contains(&width) || !(1..=16_384).contains(&height) {
            return Err(RenderError::PaneSize(width, height));
        }
        if let Some(side) = geometry.size().into_iter().find(|side| *side > LONGEST_SIDE) {
            return Err(RenderError::LongSide(side));
        }
        let plane = &spec.plane;
        let (course, affine) = affine(geometry)?;
        let (Stack::Uniform { origin: first, .. } | Stack::Piecewise { origin: first, .. }) = geometry.stack();
        // The index of a displacement, taken at the volume's own origin where the numbers are smallest.
        let zero = affine.voxel_of(*first);
        let index_of = |d: Displacement| {
            let v = affine.voxel_of(*first + d);
            Voxel::new(v.column - zero.column, v.row - zero.row, v.slice - zero.slice)
        };
        let (samples, projection, step) = match spec.slab {
            Slab::Thin => (1, Projection::Thin, Displacement::new(0.0, 0.0, 0.0)),
            Slab::Thick { thickness, step, kind } => {
                let intervals = (thickness.0 / step.0 + 1e-9).floor();
                if !(intervals >= 0.0 && intervals + 1.0 <= MOST_SAMPLES && step.0 > 0.0 && thickness.0.is_finite()) {
                    return Err(RenderError::Slab { thickness: thickness.0, step: step.0, samples: intervals + 1.0 });
                }
                let projection = match kind {
                    SlabKind::Mip => Projection::Mip,
                    SlabKind::Minip => Projection::Minip,
                    SlabKind::Mean => Projection::Mean,
                };
                (intervals as u32 + 1, projection, plane.normal().times(step))
            }
        };
        let start = plane.origin() + step * (-0.5 * f64::from(samples - 1));
        let [column, row, slice] = fixed(affine.voxel_of(start));
        let rounding = if course.is_some() { HALF_HEIGHT } else { HALF_WEIGHT };
        let origin = [column.saturating_add(HALF_WEIGHT), row.saturating_add(HALF_WEIGHT), slice.saturating_add(rounding)];
        let du = fixed(index_of(plane.right().times(plane.spacing())));
        let dv = fixed(index_of(plane.down().times(plane.spacing())));
        let dw = fixed(index_of(step));
        let size = geometry.size();
        let reach = dw.iter().map(|d| i128::from(*d).abs() * i128::from(samples)).max().unwrap_or(0);
        if let Slab::Thick { thickness, .. } = spec.slab
            && reach > 12_000_i128 << 32
        {
            return Err(RenderError::LongSlab(thickness.0));
        }
        let across = |n: u32| [-HALF, (i128::from(n) << 32) - HALF];
        let up = course.as_ref().map_or_else(|| across(size[2]), |c| c.reach.map(|h| i128::from(h) << 16));
        let bounds = [across(size[0]), across(size[1]), up];
        let rows: Vec<_> = (0..height).map(|y| row_range(bounds, origin, du, dv, dw, samples, y, width)).collect();
        let touches_gap = course.as_ref().is_some_and(|c| {
            let gaps = || c.steps.iter().map(|s| s.gap).filter(|g| g[0] < g[1]);
            let crosses = |y: u32, [x0, x1]: [u32; 2]| {
                let along = |step: [i64; 3], n: u32| i128::from(step[2]) * i128::from(n);
                let at = |x: u32, s: u32| i128::from(origin[2]) + along(dv, y) + along(du, x) + along(dw, s);
                let corners = [at(x0, 0), at(x1 - 1, 0), at(x0, samples - 1), at(x1 - 1, samples - 1)].map(|c| c >> 16);
                let (low, high) = corners.iter().fold((i128::MAX, i128::MIN), |(low, high), c| (low.min(*c), high.max(*c)));
                gaps().any(|[from, to]| high > i128::from(from) && low < i128::from(to))
            };
            (0..).zip(&rows).any(|(y, row)| row[0] < row[1] && crosses(y, *row))
        });
        let reach = up.map(|c| (c >> 16) as i32);
        let interpolation = spec.interpolation;
        Ok(Self { size: spec.size, origin, du, dv, dw, samples, projection, interpolation, course, reach, touches_gap, rows })
    }

    /// Whether some of the image may lie where slices are missing: there it shows the gap's hatch ([`crate::cpu`]), which whoever shows the image explains.
    #[must_use]
    pub const fn touches_gap(&self) -> bool {
        self.touches_gap
    }

    /// As [`Self::new`], for a volume of colours.
    ///
    /// # Errors
    /// As [`Self::new`], and [`RenderError::ColourSlab`] unless the slab is thin.
    pub fn for_colour(geometry: &VolumeGeometry, spec: &PaneSpec) -> Result<Self, RenderError> {
        let plan = Self::new(geometry, spec)?;
        plan.serves_colour().map(|()| plan)
    }

    /// Colours are sampled, never projected.
    ///
    /// # Errors
    /// [`RenderError::ColourSlab`] when the plan projects.
    pub(crate) fn serves_colour(&self) -> Result<(), RenderError> {
        if self.projection == Projection::Thin { Ok(()) } else { Err(RenderError::ColourSlab) }
    }

    /// How much work the image is on the CPU: the samples that it takes, those of the slower ways counted as so many more.
    #[must_use]
    pub fn work(&self) -> u64 {
        let pixels: u64 = self.rows.iter().map(|[x0, x1]| u64::from(x1 - x0)).sum();
        let each = match (self.interpolation, &self.course) {
            (Interpolation::Cubic, _) => 16,
            (_, Some(_)) => 4,
            (_, None) => 1,
        };
        pixels * u64::from(self.samples) * each
    }

    /// The rows from `from` up to `to` as an image of their own. `from` is a multiple of 8, so that a gap's hatch begins where it would in the whole.
    pub(crate) fn band(&self, from: u32, to: u32) -> Self {
        let origin = std::array::from_fn(|a| self.origin[a].wrapping_add(self.dv[a].wrapping_mul(i64::from(from))));
        let rows = self.rows[from as usize..to as usize].to_vec();
        Self { size: [self.size[0], to - from], origin, rows, course: self.course.clone(), ..*self }
    }

    /// Width and height of the image.
    #[must_use]
    pub const fn size(&self) -> [u32; 2] {
        self.size
    }

    /// The smallest rectangle outside of which every pixel is black, because no sample touches the volume: left, top, and one past right and bottom.
    /// `None` when the whole image is.
    #[must_use]
    pub fn bounds(&self) -> Option<[u32; 4]> {
        let lit = || (0u32..).zip(&self.rows).filter(|(_, [x0, x1])| x0 < x1);
        let (top, _) = lit().next()?;
        let (bottom, _) = lit().last()?;
        let left = lit().map(|(_, [x0, _])| *x0).min()?;
        let right = lit().map(|(_, [_, x1])| *x1).max()?;
        Some([left, top, right, bottom + 1])
    }
}

/// The course of a stack of unequal steps, and the geometry in which a plan's coordinates are affine: the volume's own, or for such a stack the one whose
/// slices are a unit of height apart.
fn affine(geometry: &VolumeGeometry) -> Result<(Option<Course>, VolumeGeometry), RenderError> {
    let (Some((course, unit)), Stack::Piecewise { origin, course: direction, .. }) = (Course::of(geometry), geometry.stack()) else {
        return Ok((None, geometry.clone()));
    };
    let stack = Stack::Uniform { origin: *origin, step: *direction * unit };
    let affine = VolumeGeometry::new(geometry.size(), geometry.row_direction(), geometry.column_direction(), geometry.spacing(), stack)?;
    Ok((Some(course), affine))
}

/// Q31.32 of an index, saturating: what does not fit is so far outside that no row touches the volume.
fn fixed(v: Voxel) -> [i64; 3] {
    [v.column, v.row, v.slice].map(|c| (c * ONE).round().clamp(-(2f64.powi(62)), 2f64.powi(62)) as i64)
}

/// The pixels [x0, x1) of row `y` with a sample inside the volume, which on each axis reaches from the first to the second of its bounds inclusive.
#[expect(clippy::too_many_arguments, reason = "the plan's own integers, before there is a plan")]
fn row_range(
    bounds: [[i128; 2]; 3],
    origin: [i64; 3],
    du: [i64; 3],
    dv: [i64; 3],
    dw: [i64; 3],
    samples: u32,
    y: u32,
    width: u32,
) -> [u32; 2] {
    let (mut x0, mut x1) = (0i128, i128::from(width));
    for axis in 0..3 {
        let depth = i128::from(dw[axis]) * i128::from(samples - 1);
        let low = bounds[axis][0] - depth.max(0);
        let high = bounds[axis][1] - depth.min(0);
        let start = i128::from(origin[axis]) + i128::from(dv[axis]) * i128::from(y);
        let d = i128::from(du[axis]);
        // low <= start + x*d <= high
        let (from, to) = match d {
            0 if (low..=high).contains(&start) => continue,
            0 => return [0, 0],
            1.. => (ceil_div(low - start, d), (high - start).div_euclid(d) + 1),
            _ => (ceil_div(start - high, -d), (start - low).div_euclid(-d) + 1),
        };
        x0 = x0.max(from);
        x1 = x1.min(to);
    }
    if x0 < x1 { [x0 as u32, x1 as u32] } else { [0, 0] }
}

/// Quotient rounded towards positive infinity, for a positive divisor.
fn ceil_div(a: i128, b: i128) -> i128 {
    -((-a).div_euclid(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tiresias_words::{Direction, Mm, PatientPoint, Plane, PresentationShape, Role, Voi, Window};

    fn plan(size: [u32; 3], slab: Slab) -> Result<SamplePlan, RenderError> {
        let origin = PatientPoint::new(0.0, 0.0, 0.0);
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(origin, Direction::LEFT, Direction::POSTERIOR, Mm(1.0)).unwrap(),
            size: [8, 8],
            slab,
            interpolation: Interpolation::Linear,
            voi: Voi::Linear(Window::new(0.0, 1.0).unwrap()),
            tone: PresentationShape::Identity.into(),
        };
        let stack = Stack::Uniform { origin, step: Displacement::new(0.0, 0.0, 1.0) };
        let spacing = [Mm(1.0), Mm(1.0)];
        SamplePlan::new(&VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, spacing, stack).unwrap(), &spec)
    }

    #[test]
    fn a_side_that_coordinates_cannot_hold_is_refused() {
        for axis in 0..3 {
            let mut size = [2; 3];
            size[axis] = 32_768;
            assert!(plan(size, Slab::Thin).is_ok(), "{size:?}");
            size[axis] += 1;
            assert_eq!(plan(size, Slab::Thin), Err(RenderError::LongSide(32_769)));
        }
    }

    #[test]
    fn a_slab_is_refused_for_what_is_wrong_with_it() {
        let of = |thickness, step| plan([2; 3], Slab::Thick { thickness: Mm(thickness), step: Mm(step), kind: SlabKind::Mip });
        assert!(of(10.0, 1.0).is_ok());
        assert_eq!(of(20_000.0, 5_000.0), Err(RenderError::LongSlab(20_000.0)), "five samples are not many");
        assert_eq!(of(5_000.0, 1.0), Err(RenderError::Slab { thickness: 5_000.0, step: 1.0, samples: 5_001.0 }));
    }

    proptest! {
        /// The interval is what testing every pixel would find.
        #[test]
        fn row_range_is_exact(
            o in prop::array::uniform3(-40.0..40.0f64), u in prop::array::uniform3(-2.0..2.0f64), v in prop::array::uniform3(-2.0..2.0f64), y in 0u32..64, flat in 0usize..4,
        ) {
            let q = |a: [f64; 3]| a.map(|c| (c * ONE) as i64);
            let (origin, mut du, dv) = (q(o), q(u), q(v));
            if flat < 3 { du[flat] = 0; }
            let size = [20, 17, 9];
            let bounds = size.map(|n: u32| [-HALF, (i128::from(n) << 32) - HALF]);
            let [x0, x1] = row_range(bounds, origin, du, dv, [0; 3], 1, y, 64);
            for x in 0..64u32 {
                let inside = (0..3).all(|a| {
                    let c = i128::from(origin[a]) + i128::from(du[a]) * i128::from(x) + i128::from(dv[a]) * i128::from(y);
                    c >= -HALF && c <= (i128::from(size[a]) << 32) - HALF
                });
                prop_assert_eq!(inside, (x0..x1).contains(&x));
            }
        }
    }
}
