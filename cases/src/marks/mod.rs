//! A reader's marks as DICOM: a structured report of one read (TID 1500), and segmentations of its marks, both naming the images of the package.
//!
//! Owns what both share: the read in numbers ([`MarkedCase`]), which images its marks are on, UIDs that follow from the read. Equal reads give equal bytes.
//! What was written is read back here and compared ([`read_report`], [`read_segmentation`]). Refuses: marks on images that the package does not hold.

mod mask;
mod report;
mod segmentation;

pub use report::{ReportedMark, read_report, report};
pub use segmentation::{SegmentedMark, read_segmentation, segmentations};

use crate::attributes::Attributes;
use crate::uids::uid_of;
use crate::write::text;
use crate::{CasesError, FileError, Package, Series};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use sha2::{Digest as _, Sha256};
use tiresias_words::{ImageAnchor, MarkId, MarkShape, SopUid};

/// Codes that no standard has: how this program's scales are called.
const OWN_SCHEME: &str = "99TIRESIAS";

/// One read with its marks.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkedCase {
    /// The read's name, of which no two are equal in a study; UIDs follow from it.
    pub read: String,
    /// The account under which the reader is known.
    pub reader: String,
    /// What is marked ("Nodule").
    pub label: String,
    /// The rating of the case, where there is one.
    pub case_rating: Option<f64>,
    /// When it was locked: "YYYYMMDD" and "HHMMSS", in UTC.
    pub locked: [String; 2],
    /// The marks.
    pub marks: Vec<CaseMark>,
}

/// A mark.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseMark {
    /// Its number in the read.
    pub number: MarkId,
    /// Where and how it was drawn.
    pub shape: MarkShape,
    /// The image nearest to it.
    pub anchor: ImageAnchor,
    /// Its rating.
    pub rating: f64,
    /// Key and label of what it was said to be.
    pub class: Option<[String; 2]>,
}

/// Why marks cannot be written, or do not read back.
#[derive(Debug, thiserror::Error)]
pub enum MarksError {
    /// A mark on an image from elsewhere.
    #[error("mark {} is on an image that its case package does not hold; use the package that was read", .0.0)]
    NoSuchImage(MarkId),
    /// The package's image cannot be read.
    #[error(transparent)]
    Image(#[from] CasesError),
    /// An image without what a reference to it needs.
    #[error("the image that mark {number} is on has no {what}; pack the case again")]
    NoUid {
        /// The number of the mark.
        number: u32,
        /// What is missing.
        what: &'static str,
    },
    /// The file could not be made.
    #[error("the file cannot be written in DICOM")]
    Encode,
    /// It does not read back as what was written.
    #[error("it does not read back as it was written: {0}")]
    ReadBack(&'static str),
    /// Bytes that are no such file.
    #[error("it cannot be read: {0}")]
    Read(#[from] FileError),
}

/// What is known of the image that a mark is on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MarkedImage {
    class: String,
    study: String,
    series: String,
    frame_of_reference: Option<String>,
    patient: String,
}

/// The place of a mark's series in the package and of its image in the series.
fn place(package: &Package, mark: &CaseMark) -> Result<(usize, usize), MarksError> {
    let found = package.series().iter().zip(0..).find_map(|(series, at)| Some((at, series.place_of_uid(&mark.anchor.image)?)));
    found.ok_or(MarksError::NoSuchImage(mark.number))
}

/// What the file of an image says of itself. Its pixels are not looked at.
fn image(series: &Series, slice: usize, mark: MarkId) -> Result<MarkedImage, MarksError> {
    let attributes = series.packed_header(slice)?;
    let wanted = |tag: Tag, name| attributes.text(tag).ok_or(MarksError::NoUid { number: mark.0, what: name });
    Ok(MarkedImage {
        class: wanted(tags::SOP_CLASS_UID, "class")?,
        study: wanted(tags::STUDY_INSTANCE_UID, "study UID")?,
        series: wanted(tags::SERIES_INSTANCE_UID, "series UID")?,
        frame_of_reference: attributes.text(tags::FRAME_OF_REFERENCE_UID),
        patient: attributes.text(tags::PATIENT_ID).unwrap_or_default(),
    })
}

/// A UID for something of a read.
fn new_uid(case: &MarkedCase, package: &Package, what: &str) -> String {
    let mut sha = Sha256::new();
    for field in ["tiresias marks 1", &package.hash().to_string(), &case.read, what] {
        sha.update((field.len() as u64).to_le_bytes());
        sha.update(field);
    }
    let digest: [u8; 32] = sha.finalize().into();
    let mut first = [0; 16];
    first.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
    uid_of(first)
}

/// What a mark is called in both files.
fn tracking_identifier(mark: MarkId) -> String {
    format!("Mark {}", mark.0)
}

fn sequence(o: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    o.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// A coded concept (PS3.3 8.8): what is longer than a Code Value may be is a Long Code Value, so that no two classes have one code.
fn code(value: &str, scheme: &str, meaning: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    if value.chars().count() > 16 {
        text(&mut item, tags::LONG_CODE_VALUE, VR::UC, value);
    } else {
        text(&mut item, tags::CODE_VALUE, VR::SH, value);
    }
    text(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    text(&mut item, tags::CODE_MEANING, VR::LO, &cut(meaning));
    item
}

/// The value of a code as [`code`] wrote it.
fn value_of(code: &Attributes) -> Option<String> {
    code.text(tags::CODE_VALUE).or_else(|| code.text(tags::LONG_CODE_VALUE))
}

/// As much of a text as a code's meaning may have (LO, 64 characters without backslash); a class's key has no more.
fn cut(text: &str) -> String {
    text.replace('\\', "/").chars().take(64).collect()
}

/// A reference to an image (PS3.3 10.8).
fn instance(class: &str, image: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, class);
    text(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, image);
    item
}

/// What every object of this program says of its subject, its maker and its time (PS3.3 C.7.1, C.7.2, C.7.5, C.12.1).
fn general(o: &mut InMemDicomObject, case: &MarkedCase, image: &MarkedImage, modality: &str) {
    text(o, tags::PATIENT_NAME, VR::PN, "");
    text(o, tags::PATIENT_ID, VR::LO, &image.patient);
    text(o, tags::PATIENT_BIRTH_DATE, VR::DA, "");
    text(o, tags::PATIENT_SEX, VR::CS, "");
    text(o, tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES");
    text(o, tags::DEIDENTIFICATION_METHOD, VR::LO, "Written anew from marks alone");
    text(o, tags::STUDY_INSTANCE_UID, VR::UI, &image.study);
    text(o, tags::STUDY_DATE, VR::DA, "");
    text(o, tags::STUDY_TIME, VR::TM, "");
    text(o, tags::STUDY_ID, VR::SH, "");
    text(o, tags::ACCESSION_NUMBER, VR::SH, "");
    text(o, tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    text(o, tags::MODALITY, VR::CS, modality);
    text(o, tags::SERIES_NUMBER, VR::IS, "1");
    text(o, tags::INSTANCE_NUMBER, VR::IS, "1");
    text(o, tags::MANUFACTURER, VR::LO, "Tiresias");
    text(o, tags::MANUFACTURER_MODEL_NAME, VR::LO, "Tiresias");
    text(o, tags::DEVICE_SERIAL_NUMBER, VR::LO, "0");
    text(o, tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION"));
    let [date, time] = &case.locked;
    text(o, tags::CONTENT_DATE, VR::DA, date);
    text(o, tags::CONTENT_TIME, VR::TM, time);
}

/// Attributes of a file of ours, all of them.
fn parsed(bytes: &[u8]) -> Result<InMemDicomObject, MarksError> {
    let object = dicom_object::from_reader(bytes).map_err(|_| FileError::Damaged("it is not in DICOM as it was written"))?;
    Ok(object.into_inner())
}

fn attributes(object: &InMemDicomObject) -> Attributes {
    Attributes::new(object.clone())
}

fn uid_in(a: &Attributes, tag: Tag) -> Option<SopUid> {
    a.text(tag).and_then(|uid| SopUid::new(uid).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_classes_have_one_code() {
        let written = |key: &str| attributes(&code(&cut(key), OWN_SCHEME, "nodule"));
        let [solid, subsolid] = ["malignant_nodule_solid", "malignant_nodule_subsolid"].map(written);
        assert_eq!(value_of(&solid).as_deref(), Some("malignant_nodule_solid"));
        assert_eq!(value_of(&subsolid).as_deref(), Some("malignant_nodule_subsolid"));
        assert!(!solid.is_there(tags::CODE_VALUE), "a code has one value");
        let short = written("sixteen_letters_");
        assert!(short.text(tags::CODE_VALUE).is_some() && !short.is_there(tags::LONG_CODE_VALUE));
    }
}
