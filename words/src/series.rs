//! What the protocol and the screen may know of a series: facts that identify nobody.

use crate::{GeometryVerdict, Mm, Unfit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a series is in its case: `current`, `prior`, `pet`, `rcc` …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

impl Role {
    /// Checks and takes a role: 1 to 32 lower-case letters, digits, hyphens or underscores.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: impl Into<String>) -> Result<Self, Unfit> {
        let text = text.into();
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if text.is_empty() || text.len() > 32 || !text.chars().all(fits) {
            return Err(Unfit::new("role", format!("{text:?} is not 1 to 32 lower-case letters, digits, '-' or '_'")));
        }
        Ok(Self(text))
    }
    /// The role of the series that is read when a case has one.
    #[must_use]
    pub fn current() -> Self {
        Self("current".to_owned())
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Role {
    type Error = Unfit;
    fn try_from(s: String) -> Result<Self, Unfit> {
        Self::new(s)
    }
}
impl From<Role> for String {
    fn from(r: Role) -> Self {
        r.0
    }
}

/// Modality (0008,0060): what made the images.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImagingModality(String);

impl ImagingModality {
    /// Checks and takes a code string: 1 to 16 capitals, digits, spaces or underscores (VR CS).
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: impl Into<String>) -> Result<Self, Unfit> {
        let text = text.into();
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " _".contains(c);
        if text.is_empty() || text.len() > 16 || !text.chars().all(fits) {
            return Err(Unfit::new("imaging modality", format!("{text:?} is not a DICOM code string")));
        }
        Ok(Self(text))
    }
    /// The code string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TryFrom<String> for ImagingModality {
    type Error = Unfit;
    fn try_from(s: String) -> Result<Self, Unfit> {
        Self::new(s)
    }
}
impl From<ImagingModality> for String {
    fn from(m: ImagingModality) -> Self {
        m.0
    }
}

/// The unit of modality values, as shown beside a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueUnit {
    /// Hounsfield units: CT.
    #[serde(rename = "HU")]
    Hounsfield,
    /// Activity concentration: PET.
    #[serde(rename = "Bq/ml")]
    BecquerelPerMillilitre,
    /// No unit that means the same on another machine.
    #[serde(rename = "none")]
    Arbitrary,
}

impl ValueUnit {
    /// The text shown after a number, `None` for arbitrary units.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Hounsfield => Some("HU"),
            Self::BecquerelPerMillilitre => Some("Bq/ml"),
            Self::Arbitrary => None,
        }
    }
}

/// What hanging rules and corner text may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesFacts {
    /// What the series is in its case.
    pub role: Role,
    /// What made the images.
    pub modality: ImagingModality,
    /// Number of images in the stack.
    pub images: u32,
    /// Distance between slices along the normal, where there is a geometry.
    pub slice_spacing: Option<Mm>,
    /// What is known of the geometry.
    pub geometry: GeometryVerdict,
}
