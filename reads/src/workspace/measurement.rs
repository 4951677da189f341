//! What a reader measures: corners in patient millimetres and in the pixels of the nearest image, like marks.
//!
//! Measuring itself is `cases`'; here is only what was drawn. Shapes are given by corners that need no plane, so that they hold on oblique planes too.
//! Refuses: corners that are no numbers, shapes without extent, and shapes of which one corner has a place in the patient and another has none.

use crate::protocol::Tool;
use serde::{Deserialize, Serialize};
use tiresias_words::{ImageAnchor, PatientPoint, Role};

/// At most so many corners of a shape drawn by hand.
pub const MOST_CORNERS: usize = 2000;

/// The number of a measurement in its case. Numbers are not used again, but for undoing and redoing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeasurementId(pub u32);

/// Something measured on a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// On which series.
    pub series: Role,
    /// What.
    pub shape: Drawn,
}

/// A shape by its corners.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// From one end to the other.
    Length([Corner; 2]),
    /// At the second corner, between the other two.
    Angle([Corner; 3]),
    /// The ends of the longest diameter, then those of the one across it.
    Bidimensional([Corner; 4]),
    /// The centre, the end of one half axis, and the end of the other.
    Ellipse([Corner; 3]),
    /// Three corners in order; the fourth follows.
    Rectangle([Corner; 3]),
    /// The corners of a closed outline, in order: 3 to [`MOST_CORNERS`].
    Freehand(Vec<Corner>),
}

/// A corner: in the patient where its image has a place there, and in the nearest image always.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corner {
    /// In the patient (LPS, mm); `None` where the image has no place in one.
    pub patient: Option<PatientPoint>,
    /// In the nearest image.
    pub anchor: ImageAnchor,
}

impl Drawn {
    /// The corners, in order.
    #[must_use]
    pub fn corners(&self) -> &[Corner] {
        match self {
            Self::Length(c) => c,
            Self::Angle(c) | Self::Ellipse(c) | Self::Rectangle(c) => c,
            Self::Bidimensional(c) => c,
            Self::Freehand(c) => c,
        }
    }
    /// The tool that draws it.
    #[must_use]
    pub const fn tool(&self) -> Tool {
        match self {
            Self::Length(_) => Tool::Length,
            Self::Angle(_) => Tool::Angle,
            Self::Bidimensional(_) => Tool::Bidimensional,
            Self::Ellipse(_) => Tool::Ellipse,
            Self::Rectangle(_) => Tool::Rectangle,
            Self::Freehand(_) => Tool::Freehand,
        }
    }

    /// Whether it can be kept. The error is a clause.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let corners = self.corners();
        if matches!(self, Self::Freehand(_)) && !(3..=MOST_CORNERS).contains(&corners.len()) {
            return Err("an outline has 3 to 2000 corners");
        }
        let is_number =
            |c: &Corner| c.patient.is_none_or(PatientPoint::is_finite) && c.anchor.column.is_finite() && c.anchor.row.is_finite();
        if !corners.iter().all(is_number) {
            return Err("a corner of it is no place");
        }
        let placed = corners.iter().filter(|c| c.patient.is_some()).count();
        let is_on_one_image = corners.windows(2).all(|w| w[0].anchor.image == w[1].anchor.image && w[0].anchor.frame == w[1].anchor.frame);
        if placed != corners.len() && (placed != 0 || !is_on_one_image) {
            return Err("its corners lie on several images that have no place in the patient");
        }
        if self.apart().into_iter().all(|[a, b]| corners.get(a).zip(corners.get(b)).is_some_and(|(a, b)| a.is_apart(b))) {
            Ok(())
        } else {
            Err("two of its corners are one point")
        }
    }

    /// Which corners must not be one point.
    fn apart(&self) -> Vec<[usize; 2]> {
        match self {
            Self::Length(_) => vec![[0, 1]],
            // Both arms of an angle, both half axes, both sides.
            Self::Angle(_) | Self::Rectangle(_) => vec![[0, 1], [1, 2]],
            Self::Ellipse(_) => vec![[0, 1], [0, 2]],
            Self::Bidimensional(_) => vec![[0, 1], [2, 3]],
            Self::Freehand(_) => Vec::new(),
        }
    }
}

impl Corner {
    fn is_apart(&self, other: &Self) -> bool {
        match (self.patient, other.patient) {
            (Some(a), Some(b)) => a.distance(b).0 > 0.0,
            _ => self.anchor.column != other.anchor.column || self.anchor.row != other.anchor.row,
        }
    }
}
