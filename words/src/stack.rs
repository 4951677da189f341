//! The course of a stack of parallel slices: equal steps, or one straight line with a table of heights, and the places where slices are missing.
//!
//! Heights are along the slices' normal and come from positions alone (PS3.3 C.7.6.2.1.1), never from thickness or spacing between slices as a file states
//! them. Refuses: courses that bend, because a plane of voxels would then not be one.

use crate::{Direction, Displacement, Mm, PatientPoint, Unfit};
use serde::{Deserialize, Serialize};

/// The course of the slice origins (patient position of the centre of the first voxel of each slice).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Stack {
    /// Equal steps; with gantry tilt the step is not along the normal.
    Uniform {
        /// Centre of the first voxel of slice 0.
        origin: PatientPoint,
        /// From one slice's origin to the next.
        step: Displacement,
    },
    /// Unequal steps along one line: piecewise linear between slices. Slices may be missing.
    Piecewise {
        /// Centre of the first voxel of slice 0.
        origin: PatientPoint,
        /// How far the origin moves for each millimetre of height, mm; its part along the normal is 1, the rest is gantry tilt.
        course: Displacement,
        /// Height of each slice above slice 0 along the normal, in order; the first is 0.
        heights: Vec<Mm>,
        /// Where slices are missing, in order.
        gaps: Vec<Gap>,
    },
}

/// A place in a stack where slices are missing. Nothing is known inside it, and nothing is interpolated across it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The slice before the gap, in stack order from 0.
    pub after: u32,
    /// How many slices would fill it.
    pub missing: u32,
}

impl Gap {
    /// How far the slices on both sides reach into the gap, as a part of the step over it: half of what the step would be with all slices there, as a stack
    /// reaches half a step beyond its outer slices.
    #[must_use]
    pub fn reach(self) -> f64 {
        0.5 / (f64::from(self.missing) + 1.0)
    }
}

impl Stack {
    /// Checks a course against the number of slices and their normal.
    pub(crate) fn check(&self, slices: u32, normal: Direction) -> Result<(), Unfit> {
        let unfit = |why: &str| Err(Unfit::new("volume geometry", why));
        match self {
            Self::Uniform { origin, step } => {
                if !origin.is_finite() || step.dot(normal.unit()).is_nan() || step.dot(normal.unit()) <= LEAST_STEP {
                    return unfit("the slices do not advance along their normal");
                }
            }
            Self::Piecewise { origin, course, heights, gaps } => {
                if heights.len() != slices as usize || heights.len() < 2 {
                    return Err(Unfit::new("volume geometry", format!("{} slice positions for {slices} slices", heights.len())));
                }
                if !origin.is_finite()
                    || (course.dot(normal.unit()) - 1.0).abs() > 1e-6
                    || course.length().0.is_nan()
                    || course.length().0 > 1e3
                {
                    return unfit("the course of the slices does not advance along their normal");
                }
                let rises = heights.windows(2).all(|w| (w[1].0 - w[0].0).is_finite() && w[1].0 - w[0].0 > LEAST_STEP);
                if heights[0].0 != 0.0 || !rises {
                    return unfit("the slices do not advance along their normal");
                }
                if gaps.iter().any(|g| g.missing == 0 || g.after >= slices - 1) || gaps.windows(2).any(|w| w[0].after >= w[1].after) {
                    return unfit("its gaps are not between its slices");
                }
            }
        }
        Ok(())
    }
}

/// Slices nearer to each other than this are at one place, mm.
const LEAST_STEP: f64 = 1e-4;

/// Height at a continuous slice index in a table of at least two heights; the end steps go on beyond the stack.
pub(crate) fn height_at(heights: &[Mm], slice: f64) -> f64 {
    let k = (slice.floor().max(0.0) as usize).min(heights.len() - 2);
    heights[k].0 + (heights[k + 1].0 - heights[k].0) * (slice - k as f64)
}

/// Continuous slice index at a height; the inverse of [`height_at`].
pub(crate) fn slice_at(heights: &[Mm], height: f64) -> f64 {
    let k = heights.partition_point(|h| h.0 <= height).saturating_sub(1).min(heights.len() - 2);
    k as f64 + (height - heights[k].0) / (heights[k + 1].0 - heights[k].0)
}
