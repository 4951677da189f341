//! What the protocol and the screen may know of a series: facts that identify nobody.

use crate::{Direction, Displacement, GeometryVerdict, Mm, Unfit};
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

/// Code strings (VR CS, PS3.5 6.2) that a protocol may name: checked text, never free text.
macro_rules! code_string {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes a code string: 1 to 16 capitals, digits, spaces or underscores (VR CS).
            ///
            /// # Errors
            /// When the text is anything else.
            pub fn new(text: impl Into<String>) -> Result<Self, Unfit> {
                let text = text.into();
                let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " _".contains(c);
                if text.is_empty() || text.len() > 16 || !text.chars().all(fits) {
                    return Err(Unfit::new($what, format!("{text:?} is not a DICOM code string")));
                }
                Ok(Self(text))
            }
            /// The code string.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = Unfit;
            fn try_from(s: String) -> Result<Self, Unfit> {
                Self::new(s)
            }
        }
        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }
    };
}

code_string!(
    /// Modality (0008,0060): what made the images.
    ImagingModality,
    "imaging modality"
);
code_string!(
    /// View Position (0018,5101), or the code of it that View Code Sequence (0054,0220) stands for: `CC`, `MLO`, `AP` …
    ViewPosition,
    "view position"
);
code_string!(
    /// Body Part Examined (0018,0015): `CHEST`, `BREAST` … (PS3.16 annex L).
    BodyPart,
    "body part"
);

/// The side of a paired part of the body: Image Laterality (0020,0062), else Laterality (0020,0060).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Laterality {
    /// The patient's right.
    #[serde(rename = "R")]
    Right,
    /// The patient's left.
    #[serde(rename = "L")]
    Left,
    /// Both sides on one image.
    #[serde(rename = "B")]
    Both,
}

/// The plane of the body that the images were acquired in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcquisitionPlane {
    /// Across the long axis of the body.
    Axial,
    /// Front and back apart.
    Coronal,
    /// Left and right apart.
    Sagittal,
    /// None of these.
    Oblique,
}

impl AcquisitionPlane {
    /// A normal whose cosine to an axis of the patient is above this counts as along it: the threshold of dicom3tools and GDCM.
    const ALONG: f64 = 0.8;

    /// The plane of images with this normal (either way).
    #[must_use]
    pub fn across(normal: Direction) -> Self {
        let Displacement { x, y, z } = normal.unit();
        let along = |c: f64| c.abs() > Self::ALONG;
        match (along(x), along(y), along(z)) {
            (true, _, _) => Self::Sagittal,
            (_, true, _) => Self::Coronal,
            (_, _, true) => Self::Axial,
            _ => Self::Oblique,
        }
    }
}

/// Where the rows and the columns of an image run in the patient: Patient Orientation (0020,0020), PS3.3 C.7.6.1.1.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[String; 2]", into = "[String; 2]")]
pub struct PatientOrientation([String; 2]);

impl PatientOrientation {
    /// Checks and takes the letters of the row direction and of the column direction: each 1 to 3 of A, P, R, L, H and F, the nearest first.
    ///
    /// # Errors
    /// When a text is anything else, or names both ends of one axis.
    pub fn new(rows: impl Into<String>, columns: impl Into<String>) -> Result<Self, Unfit> {
        let letters = [rows.into(), columns.into()];
        for text in &letters {
            let ends = |pair: &str| text.chars().filter(|c| pair.contains(*c)).count();
            let counts = ["AP", "RL", "HF"].map(ends);
            if text.is_empty() || counts.iter().sum::<usize>() != text.chars().count() || counts.iter().any(|n| *n > 1) {
                return Err(Unfit::new("patient orientation", format!("{text:?} is not 1 to 3 of A or P, R or L, H or F")));
            }
        }
        Ok(Self(letters))
    }
    /// The letters of images whose column index grows along `row` and whose row index grows along `column`.
    #[must_use]
    pub fn of(row: Direction, column: Direction) -> Self {
        Self([row.letters(), column.letters()])
    }
    /// Letters of the direction in which the column index grows, the nearest first.
    #[must_use]
    pub fn rows(&self) -> &str {
        &self.0[0]
    }
    /// Letters of the direction in which the row index grows, the nearest first.
    #[must_use]
    pub fn columns(&self) -> &str {
        &self.0[1]
    }
}
impl TryFrom<[String; 2]> for PatientOrientation {
    type Error = Unfit;
    fn try_from([rows, columns]: [String; 2]) -> Result<Self, Unfit> {
        Self::new(rows, columns)
    }
}
impl From<PatientOrientation> for [String; 2] {
    fn from(o: PatientOrientation) -> Self {
        o.0
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

/// What hanging rules and corner text may use. All of it is coded or counted: it identifies nobody.
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
    /// Plane of acquisition, where all images have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plane: Option<AcquisitionPlane>,
    /// Where rows and columns run in the patient, where all images agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orientation: Option<PatientOrientation>,
    /// Side of a paired part of the body, where all images agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub laterality: Option<Laterality>,
    /// View of a projection, where all images agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<ViewPosition>,
    /// Part of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_part: Option<BodyPart>,
    /// Whether it is breast tomosynthesis.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_tomosynthesis: bool,
    /// Whether the images are in colour: no window applies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_colour: bool,
    /// Milliseconds between frames, where the images are a moving picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_time_ms: Option<f64>,
    /// Width and height of an image, where millimetres in the patient are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_extent: Option<[Mm; 2]>,
    /// Length of the volume along the patient's axes: left to right, front to back, feet to head; `None` where there is no volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extent: Option<[Mm; 3]>,
    /// Series of one case with the same number lie in one frame of reference (PS3.3 C.7.4.1.1.1): a position in one is that position in the other. `None`
    /// where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<u8>,
}

impl SeriesFacts {
    /// A series of which nothing is known but these.
    #[must_use]
    pub const fn new(role: Role, modality: ImagingModality, images: u32) -> Self {
        Self {
            role,
            modality,
            images,
            slice_spacing: None,
            geometry: GeometryVerdict::None,
            plane: None,
            orientation: None,
            laterality: None,
            view: None,
            body_part: None,
            is_tomosynthesis: false,
            is_colour: false,
            frame_time_ms: None,
            image_extent: None,
            extent: None,
            space: None,
        }
    }
    /// Whether the images form a volume that planes can be cut through.
    #[must_use]
    pub const fn is_volume(&self) -> bool {
        self.extent.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(v: [f64; 3]) -> Direction {
        Direction::new(v.into()).unwrap()
    }

    #[test]
    fn planes_are_named_by_their_normal() {
        let named = |v| AcquisitionPlane::across(along(v));
        assert_eq!(named([0.0, 0.0, -1.0]), AcquisitionPlane::Axial);
        assert_eq!(named([0.0, 0.35, 1.0]), AcquisitionPlane::Axial, "19 degrees of tilt");
        assert_eq!(named([0.1, -1.0, 0.2]), AcquisitionPlane::Coronal);
        assert_eq!(named([1.0, 0.0, 0.1]), AcquisitionPlane::Sagittal);
        assert_eq!(named([1.0, 1.0, 0.0]), AcquisitionPlane::Oblique);
    }

    #[test]
    fn orientation_is_letters_of_the_patient() {
        let of = |row, column| <[String; 2]>::from(PatientOrientation::of(along(row), along(column)));
        assert_eq!(of([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), ["L", "P"], "axial, feet first to the viewer");
        assert_eq!(of([0.0, 1.0, 0.05], [0.1, 0.0, -1.0]), ["P", "F"], "within 15 degrees");
        assert_eq!(of([0.0, 1.0, 0.0], [0.6, 0.0, -0.8]), ["P", "FL"], "right mediolateral oblique");
        for [rows, columns] in [["", "F"], ["X", "F"], ["AP", "F"], ["AA", "F"], ["ARHF", "F"], ["a", "F"]] {
            assert!(PatientOrientation::new(rows, columns).is_err(), "{rows:?} {columns:?}");
        }
        assert_eq!(PatientOrientation::new("P", "FL").map(<[String; 2]>::from), Ok(["P".to_owned(), "FL".to_owned()]));
    }

    #[test]
    fn facts_that_are_not_known_are_not_written() {
        let facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 3);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(text, r#"{"role":"current","modality":"CT","images":3,"slice_spacing":null,"geometry":{"verdict":"none"}}"#);
        assert_eq!(serde_json::from_str::<SeriesFacts>(&text).unwrap(), facts);
        assert!(serde_json::from_str::<SeriesFacts>(&text.replace("3", r#"3,"view":"free text""#)).is_err());
    }
}
