//! What a protocol may require of how images were acquired. What is not stated is not required.
//!
//! Refuses: to judge images; `cases` does, whose headers say how they were acquired.

use crate::{ImagingModality, Laterality, Role, ViewPosition};
use serde::{Deserialize, Serialize};

/// The requirements of one role, or of the whole case: `[[acquisition]]` in a protocol.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requirement {
    /// The series it is about; every series of the case where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What must have made the images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modality: Option<ImagingModality>,
    /// Least and greatest Slice Thickness, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_thickness_mm: Option<[f64; 2]>,
    /// Least and greatest distance between slices along the normal, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice_spacing_mm: Option<[f64; 2]>,
    /// Convolution kernels, any of which will do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kernels: Vec<String>,
    /// Least columns and rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<[u32; 2]>,
    /// Least and greatest tube voltage, kV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv: Option<[f64; 2]>,
    /// Whether contrast must, or must not, have been given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<bool>,
    /// Least length of the volume along the body, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage_mm: Option<f64>,
    /// Projections that the case must hold, in whatever series.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<RequiredView>,
}

/// A projection that must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredView {
    /// Side.
    pub laterality: Laterality,
    /// View.
    pub view: ViewPosition,
}
