//! The one description of what a pane shows. GUI, CLI, thumbnails, replay, gallery and frame hash all use it; `render` makes bytes of it.

use crate::{Direction, Mm, PatientPoint, PresentationTone, Role, Unfit, Voi};
use serde::{Deserialize, Serialize};

/// An image to be made: plane, size, slab, interpolation and grey scale. The bytes follow from this and the volume alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaneSpec {
    /// Which series of the case.
    pub series: Role,
    /// Where the pixels lie in the patient.
    pub plane: Plane,
    /// Width and height in physical pixels.
    pub size: [u32; 2],
    /// How much is projected on the plane.
    pub slab: Slab,
    /// How values between voxel centres are found.
    pub interpolation: Interpolation,
    /// Modality value to display range.
    pub voi: Voi,
    /// High white or high black, or a table of what the display range becomes.
    pub tone: PresentationTone,
}

/// A raster in the patient. Pixel (x, y) has its centre at `origin + x*spacing*right + y*spacing*down`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PlaneDraft")]
pub struct Plane {
    origin: PatientPoint,
    right: Direction,
    down: Direction,
    spacing: Mm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaneDraft {
    origin: PatientPoint,
    right: Direction,
    down: Direction,
    spacing: Mm,
}
impl TryFrom<PlaneDraft> for Plane {
    type Error = Unfit;
    fn try_from(d: PlaneDraft) -> Result<Self, Unfit> {
        Self::new(d.origin, d.right, d.down, d.spacing)
    }
}

impl Plane {
    /// A plane from the centre of its first pixel, its two directions and the distance between pixel centres.
    ///
    /// # Errors
    /// When the origin is not finite, the directions are not at right angles (cosine above 1e-3) or the spacing is not a positive number.
    pub fn new(origin: PatientPoint, right: Direction, down: Direction, spacing: Mm) -> Result<Self, Unfit> {
        if !origin.is_finite() {
            return Err(Unfit::new("plane", "its origin is not a point"));
        }
        if right.dot(down).abs() > 1e-3 {
            return Err(Unfit::new("plane", "right and down are not at right angles"));
        }
        if !(spacing.0.is_finite() && spacing.0 > 0.0) {
            return Err(Unfit::new("plane", format!("pixel spacing {} mm is not positive", spacing.0)));
        }
        Ok(Self { origin, right, down, spacing })
    }
    /// Centre of pixel (0, 0).
    #[must_use]
    pub const fn origin(&self) -> PatientPoint {
        self.origin
    }
    /// Direction of growing x.
    #[must_use]
    pub const fn right(&self) -> Direction {
        self.right
    }
    /// Direction of growing y.
    #[must_use]
    pub const fn down(&self) -> Direction {
        self.down
    }
    /// Distance between the centres of neighbouring pixels.
    #[must_use]
    pub const fn spacing(&self) -> Mm {
        self.spacing
    }
    /// Normal of the plane: right x down, away from the viewer.
    #[must_use]
    pub fn normal(&self) -> Direction {
        Direction::new(self.right.cross(self.down)).unwrap_or(Direction::HEAD)
    }
    /// Patient position of a continuous pixel position (centres at whole numbers).
    #[must_use]
    pub fn patient_of(&self, [x, y]: [f64; 2]) -> PatientPoint {
        self.origin + self.right.times(self.spacing * x) + self.down.times(self.spacing * y)
    }
    /// Continuous pixel position of a patient point projected on the plane, and its signed distance along the normal.
    #[must_use]
    pub fn pixel_of(&self, p: PatientPoint) -> ([f64; 2], Mm) {
        let d = p - self.origin;
        let [u, v] = [self.right.unit(), self.down.unit()];
        // The directions may miss the right angle by a rounded cosine: solve the 2x2 system instead of projecting.
        let (uv, du, dv) = (u.dot(v), d.dot(u), d.dot(v));
        let determinant = 1.0 - uv * uv;
        let pixel = [(du - uv * dv) / determinant / self.spacing.0, (dv - uv * du) / determinant / self.spacing.0];
        (pixel, Mm(d.dot(self.normal().unit())))
    }
}

/// What is projected on the plane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slab {
    /// The plane itself.
    Thin,
    /// Samples every `step` along the plane's normal, as many as go into `thickness`, about the plane: where the step divides it, from `-thickness/2` to
    /// `+thickness/2` inclusive, and else as far on both sides.
    Thick {
        /// From the first to the last sample at most.
        thickness: Mm,
        /// Between samples.
        step: Mm,
        /// What becomes of the samples.
        kind: SlabKind,
    },
}

/// What becomes of the samples of a slab. Samples outside the volume, or where slices are missing, count as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlabKind {
    /// Maximum intensity projection.
    Mip,
    /// Minimum intensity projection.
    Minip,
    /// Mean.
    Mean,
}

/// How values between voxel centres are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The nearest voxel.
    Nearest,
    /// Trilinear.
    Linear,
    /// Catmull-Rom over 4 x 4 x 4 voxels; along a stack of unequal steps linear.
    Cubic,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Displacement;

    /// A cosine of 9e-4, as directions rounded to three digits have: 4,000 pixels away a projection alone is off by four.
    #[test]
    fn a_pixel_of_directions_that_miss_the_right_angle_is_where_it_was_set() {
        let right = Direction::new(Displacement::new(1.0, 0.0, 0.0)).expect("a direction");
        let down = Direction::new(Displacement::new(9e-4, 1.0, 0.0)).expect("a direction");
        let plane = Plane::new(PatientPoint::new(10.0, -20.0, 5.0), right, down, Mm(0.5)).expect("a plane");
        for [x, y] in [[0.0, 0.0], [512.0, 512.0], [100.0, 4000.0]] {
            let ([column, row], off) = plane.pixel_of(plane.patient_of([x, y]));
            assert!((column - x).abs() < 1e-6 && (row - y).abs() < 1e-6 && off.0.abs() < 1e-6, "{column} {row}");
        }
    }
}
