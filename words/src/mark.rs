//! Localisations in the patient, and on images that have no place in one.

use crate::{PatientPoint, SopUid};
use serde::{Deserialize, Serialize};

/// The form of a mark, in patient coordinates where its image has any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkShape {
    /// A single position.
    Point(PatientPoint),
    /// A single position on an image that has no place in the patient (ultrasound, a capture): the anchor alone says where.
    OnImage,
}

impl MarkShape {
    /// The position that stands for the whole mark when distances are taken; `None` where the image has no place in the patient.
    #[must_use]
    pub const fn centre(&self) -> Option<PatientPoint> {
        match self {
            Self::Point(p) => Some(*p),
            Self::OnImage => None,
        }
    }
}

/// The image nearest to a mark's centre, and the mark's centre in its pixels: so that a mark can be found again without any geometry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageAnchor {
    /// The image's (replaced) SOP instance UID.
    pub image: SopUid,
    /// Frame of a multi-frame image, from 0.
    pub frame: u32,
    /// Continuous column, centres at whole numbers, the first 0.
    pub column: f64,
    /// Continuous row, likewise.
    pub row: f64,
}
