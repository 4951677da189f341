//! Lengths, points and directions in the patient's frame of reference, and continuous voxel indices.
//!
//! Patient coordinates are DICOM's: LPS, millimetres (+x to the patient's left, +y to the back, +z to the head; PS3.3 C.7.6.2.1.1).
//! Points and displacements are different types, because adding two points means nothing.

use crate::Unfit;
use serde::{Deserialize, Serialize};
use std::ops::{Add, Mul, Neg, Sub};

/// A length in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mm(pub f64);

/// A point in patient coordinates (LPS, mm).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 3]", into = "[f64; 3]")]
pub struct PatientPoint {
    /// Towards the patient's left, mm.
    pub x: f64,
    /// Towards the patient's back (posterior), mm.
    pub y: f64,
    /// Towards the patient's head, mm.
    pub z: f64,
}

/// The difference of two patient points (LPS, mm).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 3]", into = "[f64; 3]")]
pub struct Displacement {
    /// Towards the patient's left, mm.
    pub x: f64,
    /// Towards the patient's back, mm.
    pub y: f64,
    /// Towards the patient's head, mm.
    pub z: f64,
}

/// A unit vector in patient coordinates. Its length is 1 within rounding, by construction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 3]", into = "[f64; 3]")]
pub struct Direction(Displacement);

/// A continuous index into a volume: column, row, slice. Voxel centres lie at whole numbers, the first at 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Voxel {
    /// Index of the column, growing along the row direction.
    pub column: f64,
    /// Index of the row, growing along the column direction.
    pub row: f64,
    /// Index of the slice, in stack order.
    pub slice: f64,
}

impl PatientPoint {
    /// A point from its LPS coordinates in mm.
    #[must_use]
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }
    /// The displacement from the origin of the frame of reference to this point.
    #[must_use]
    pub const fn from_origin(self) -> Displacement {
        Displacement { x: self.x, y: self.y, z: self.z }
    }
    /// Distance to another point.
    #[must_use]
    pub fn distance(self, other: Self) -> Mm {
        (self - other).length()
    }
    /// Whether all three coordinates are finite numbers.
    #[must_use]
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }
}

impl Displacement {
    /// A displacement from its LPS components in mm.
    #[must_use]
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }
    /// Scalar product, mm².
    #[must_use]
    pub fn dot(self, o: Self) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    /// Vector product.
    #[must_use]
    pub fn cross(self, o: Self) -> Self {
        Self { x: self.y * o.z - self.z * o.y, y: self.z * o.x - self.x * o.z, z: self.x * o.y - self.y * o.x }
    }
    /// Euclidean length.
    #[must_use]
    pub fn length(self) -> Mm {
        Mm(self.dot(self).sqrt())
    }
}

impl Direction {
    /// Patient's left, +x.
    pub const LEFT: Self = Self(Displacement::new(1.0, 0.0, 0.0));
    /// Patient's back, +y.
    pub const POSTERIOR: Self = Self(Displacement::new(0.0, 1.0, 0.0));
    /// Patient's head, +z.
    pub const HEAD: Self = Self(Displacement::new(0.0, 0.0, 1.0));
    /// Patient's feet, -z.
    pub const FEET: Self = Self(Displacement::new(0.0, 0.0, -1.0));

    /// Normalises `v` to unit length.
    ///
    /// # Errors
    /// When `v` is not finite or its length is below 1e-6: it has no direction.
    pub fn new(v: Displacement) -> Result<Self, Unfit> {
        let length = v.length().0;
        if !length.is_finite() || length < 1e-6 {
            return Err(Unfit::new("direction", format!("({}, {}, {}) has no direction", v.x, v.y, v.z)));
        }
        Ok(Self(v * (1.0 / length)))
    }
    /// The displacement of length 1 mm along this direction.
    #[must_use]
    pub const fn unit(self) -> Displacement {
        self.0
    }
    /// The displacement of the given length along this direction.
    #[must_use]
    pub fn times(self, length: Mm) -> Displacement {
        self.0 * length.0
    }
    /// Cosine of the angle to another direction.
    #[must_use]
    pub fn dot(self, o: Self) -> f64 {
        self.0.dot(o.0)
    }
    /// Vector product of two directions; of length sin(angle).
    #[must_use]
    pub fn cross(self, o: Self) -> Displacement {
        self.0.cross(o.0)
    }
    /// Letters for the way this points in the patient (A, P, R, L, H, F; PS3.3 C.7.6.1.1.1), largest component first: "L", "LA", "HLP".
    /// Components below sin 15 degrees are left out; at least one letter is there.
    #[must_use]
    pub fn letters(self) -> String {
        const LEAST: f64 = 0.26;
        let Displacement { x, y, z } = self.0;
        let mut parts = [(x, 'L', 'R'), (y, 'P', 'A'), (z, 'H', 'F')];
        parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        parts.into_iter().filter(|p| p.0.abs() >= LEAST).map(|(v, plus, minus)| if v > 0.0 { plus } else { minus }).collect()
    }
}

impl Voxel {
    /// A continuous index from column, row and slice.
    #[must_use]
    pub const fn new(column: f64, row: f64, slice: f64) -> Self {
        Self { column, row, slice }
    }
}

impl Neg for Direction {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0 * -1.0)
    }
}
impl Add<Displacement> for PatientPoint {
    type Output = Self;
    fn add(self, d: Displacement) -> Self {
        Self { x: self.x + d.x, y: self.y + d.y, z: self.z + d.z }
    }
}
impl Sub for PatientPoint {
    type Output = Displacement;
    fn sub(self, o: Self) -> Displacement {
        Displacement { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
    }
}
impl Add for Displacement {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self { x: self.x + o.x, y: self.y + o.y, z: self.z + o.z }
    }
}
impl Sub for Displacement {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self { x: self.x - o.x, y: self.y - o.y, z: self.z - o.z }
    }
}
impl Mul<f64> for Displacement {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        Self { x: self.x * k, y: self.y * k, z: self.z * k }
    }
}
impl Mul<f64> for Mm {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        Self(self.0 * k)
    }
}
impl From<[f64; 3]> for PatientPoint {
    fn from([x, y, z]: [f64; 3]) -> Self {
        Self { x, y, z }
    }
}
impl From<PatientPoint> for [f64; 3] {
    fn from(p: PatientPoint) -> Self {
        [p.x, p.y, p.z]
    }
}
impl From<[f64; 3]> for Displacement {
    fn from([x, y, z]: [f64; 3]) -> Self {
        Self { x, y, z }
    }
}
impl From<Displacement> for [f64; 3] {
    fn from(p: Displacement) -> Self {
        [p.x, p.y, p.z]
    }
}
impl TryFrom<[f64; 3]> for Direction {
    type Error = Unfit;
    fn try_from(v: [f64; 3]) -> Result<Self, Unfit> {
        let d = Displacement::from(v);
        // A direction that already has unit length is kept bit for bit, so that writing and reading one changes nothing.
        if (d.dot(d) - 1.0).abs() < 1e-12 { Ok(Self(d)) } else { Self::new(d) }
    }
}
impl From<Direction> for [f64; 3] {
    fn from(d: Direction) -> Self {
        d.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_follow_the_cosines() {
        let d = |x, y, z| Direction::new([x, y, z].into()).expect("a direction");
        let rows = [
            (d(1.0, 0.0, 0.0), "L"),
            (d(-1.0, 0.0, 0.0), "R"),
            (d(0.0, 1.0, 0.0), "P"),
            (d(0.0, 0.0, -1.0), "F"),
            (d(0.999, -0.02, 0.04), "L"),
            (d(0.8, -0.6, 0.0), "LA"),
            (d(-0.5, 0.6, 0.62), "HPR"),
        ];
        for (direction, expected) in rows {
            assert_eq!(direction.letters(), expected);
        }
    }
}
