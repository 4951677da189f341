//! AI results on their way into the sealed part of a package: DICOM segmentations and reports, and JSON, with the packed images' UIDs in place of the source's.
//!
//! Owns what of them is carried over: of DICOM an allow-list (`list.rs`), every UID that is not the standard's replaced by the study's keyed hash, texts of
//! a report only where they name the algorithm or its marks; of JSON everything but entries named for a person, a date or a place. References to later
//! frames of a multi-frame image keep its first frame's UID and their frame numbers. Nothing is written to the disk.
//! Refuses: other kinds of objects, big-endian masks, files beyond 256 MiB.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod list;

use crate::classes::object_kind;
use crate::file::{Header, Pixels, read_object};
use crate::layout::PixelValue;
use crate::package::{FindingFile, FindingKind};
use crate::write::file_of;
use crate::{FileError, UidKey};
use dicom_core::value::{DataSetSequence, PrimitiveValue, Value};
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use std::io::Read as _;
use std::path::Path;
use tiresias_codecs::{Codecs, DataSetEncoding, TransferSyntax};

const LIMIT: u64 = 256 << 20;
/// UIDs under this root are the standard's (PS3.6 annex A) and name no instance.
const STANDARD: &str = "1.2.840.10008.";
/// Concepts whose text names an algorithm or a mark (PS3.16 CID 7464, TID 1419, TID 4019): algorithm name, version, manufacturer, tracking identifier.
const TEXTS: [&str; 5] = ["111001", "111002", "111003", "112039", "122405"];
/// Parts of names of JSON entries that are left out, without case and separators.
const LEFT_OUT: [&str; 12] = [
    "patient",
    "birth",
    "name",
    "accession",
    "institution",
    "hospital",
    "physician",
    "operator",
    "address",
    "phone",
    "studydate",
    "filepath",
];
/// Names that hold such a part and identify nobody.
const KEPT: [&str; 6] = ["modelname", "algorithmname", "classname", "labelname", "categoryname", "productname"];

/// Reads an AI result for [`crate::Packing::findings`].
///
/// # Errors
/// When it cannot be read, or is neither JSON, nor a DICOM segmentation, nor a structured report.
pub fn read_finding(path: &Path, key: &UidKey, codecs: &Codecs) -> Result<FindingFile, FileError> {
    let length = std::fs::metadata(path)?.len();
    if length > LIMIT {
        return Err(FileError::Unsupported("it is larger than any AI result of one case"));
    }
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        let mut text = Vec::new();
        std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut text)?;
        let document = serde_json::from_slice(&text).map_err(|_| FileError::Damaged("it is no JSON"))?;
        let bytes = serde_json::to_vec(&replaced(document, key)).map_err(|_| FileError::Damaged("it is no JSON"))?;
        return Ok(FindingFile::new(FindingKind::Json, bytes));
    }
    let header = read_object(path, codecs, list::wanted)?;
    let class = header.attributes.text(tags::SOP_CLASS_UID).unwrap_or_default();
    if !matches!(object_kind(&class), Some("SEG" | "SR")) {
        return Err(FileError::Unsupported("it is neither a segmentation nor a structured report nor JSON"));
    }
    let bytes = dicom(header, &class, path, key, codecs)?;
    Ok(FindingFile::new(FindingKind::Dicom, bytes))
}

fn dicom(header: Header, class: &str, path: &Path, key: &UidKey, codecs: &Codecs) -> Result<Vec<u8>, FileError> {
    let Header { syntax, attributes, pixel_data, deflated_from, .. } = header;
    let is_wide = attributes.integer(tags::BITS_ALLOCATED, "Bits Allocated")?.is_some_and(|bits| bits > 8);
    let mut object = mapped(attributes.into_object(), key);
    for (tag, vr) in [
        (tags::PATIENT_NAME, VR::PN),
        (tags::PATIENT_ID, VR::LO),
        (tags::PATIENT_BIRTH_DATE, VR::DA),
        (tags::PATIENT_SEX, VR::CS),
        (tags::STUDY_DATE, VR::DA),
        (tags::STUDY_TIME, VR::TM),
        (tags::STUDY_ID, VR::SH),
        (tags::ACCESSION_NUMBER, VR::SH),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    ] {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from("")));
    }
    object.put(DataElement::new(tags::PATIENT_IDENTITY_REMOVED, VR::CS, PrimitiveValue::from("YES")));
    let instance = object.element(tags::SOP_INSTANCE_UID).ok().and_then(|e| e.to_str().ok().map(std::borrow::Cow::into_owned));
    let instance = instance.ok_or_else(|| FileError::attribute("SOP Instance UID", "is missing"))?;
    let written_as = match &pixel_data {
        Some(p) if matches!(p.value, PixelValue::Encapsulated { .. }) => syntax,
        _ => TransferSyntax::ExplicitLittle,
    };
    let mut bytes = file_of(object, class, &instance, written_as.uid()).ok_or(FileError::Damaged("it cannot be written anew"))?;
    let Some(pixels) = pixel_data else { return Ok(bytes) };
    let source = Pixels::open(path, deflated_from, codecs)?;
    let vr: &[u8] = if is_wide { b"OW" } else { b"OB" };
    bytes.extend([0xE0, 0x7F, 0x10, 0x00]);
    bytes.extend(vr);
    bytes.extend([0, 0]);
    match pixels.value {
        PixelValue::Native { offset, length } => {
            if is_wide && syntax.data_set() == DataSetEncoding::ExplicitBig {
                return Err(FileError::Unsupported("its mask is in big endian, which no AI result should be"));
            }
            let data = source.read(offset, length)?;
            let even = u32::try_from(data.len().next_multiple_of(2)).map_err(|_| FileError::Damaged("its pixels are too long"))?;
            bytes.extend(even.to_le_bytes());
            bytes.extend(&data);
            bytes.resize(bytes.len() + data.len() % 2, 0);
        }
        PixelValue::Encapsulated { table, fragments, .. } => {
            bytes.extend([0xFF; 4]);
            let mut item = |data: &[u8]| {
                bytes.extend([0xFE, 0xFF, 0x00, 0xE0]);
                bytes.extend((data.len() as u32).to_le_bytes());
                bytes.extend(data);
            };
            item(&table.iter().flat_map(|offset| offset.to_le_bytes()).collect::<Vec<_>>());
            for (offset, length) in fragments {
                item(&source.read(offset, u64::from(length))?);
            }
            bytes.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        }
    }
    Ok(bytes)
}

/// The data set with every UID of an instance replaced, and without texts that may say anything.
fn mapped(object: InMemDicomObject, key: &UidKey) -> InMemDicomObject {
    let names_an_algorithm = concept(&object).is_some_and(|code| TEXTS.contains(&code.as_str()));
    let elements = object.into_iter().filter(|e| e.header().tag != tags::TEXT_VALUE || names_an_algorithm);
    let elements = elements.map(|element| {
        let (tag, vr) = (element.header().tag, element.header().vr);
        match element.into_value() {
            Value::Sequence(items) => {
                let items: Vec<_> = items.into_items().into_iter().map(|item| mapped(item, key)).collect();
                DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
            }
            Value::Primitive(value) if vr == VR::UI => {
                let uids = value.to_multi_str().iter().map(|uid| new_uid(uid.trim_matches([' ', '\0']), key)).collect();
                DataElement::new(tag, vr, PrimitiveValue::Strs(uids))
            }
            Value::Primitive(value) => DataElement::new(tag, vr, value),
            Value::PixelSequence(_) => DataElement::new(tag, vr, PrimitiveValue::Empty),
        }
    });
    InMemDicomObject::from_element_iter(elements)
}

fn concept(object: &InMemDicomObject) -> Option<String> {
    let name = object.get(tags::CONCEPT_NAME_CODE_SEQUENCE)?.items()?.first()?;
    Some(name.get(tags::CODE_VALUE)?.to_str().ok()?.trim().to_owned())
}

fn new_uid(uid: &str, key: &UidKey) -> String {
    if uid.is_empty() || uid.starts_with(STANDARD) { uid.to_owned() } else { key.uid(uid) }
}

/// JSON with every UID replaced, and without entries that are named for a person, a date or a place.
fn replaced(value: serde_json::Value, key: &UidKey) -> serde_json::Value {
    use serde_json::Value;
    let is_uid = |t: &str| t.len() <= 64 && t.matches('.').count() >= 3 && t.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let stays = |name: &str| {
        let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        KEPT.contains(&name.as_str()) || !LEFT_OUT.iter().any(|part| name.contains(part))
    };
    let name_of = |name: String| if is_uid(&name) { new_uid(&name, key) } else { name };
    match value {
        Value::String(text) if is_uid(&text) => Value::String(new_uid(&text, key)),
        Value::Array(items) => Value::Array(items.into_iter().map(|v| replaced(v, key)).collect()),
        Value::Object(entries) => {
            let kept = entries.into_iter().filter(|(name, _)| stays(name));
            Value::Object(kept.map(|(name, v)| (name_of(name), replaced(v, key))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_what_was_found_and_loses_who_it_was() {
        let key = UidKey::new([9; 32]);
        let given = serde_json::json!({
            "model_name": "Nodule 3", "PatientName": "Doe^John", "study_date": "20200101",
            "findings": [{ "sop": "1.2.3.4.5", "score": 0.7, "class": "nodule", "1.2.3.4.6": 1 }]
        });
        let found = replaced(given, &key);
        assert_eq!(
            found,
            serde_json::json!({
                "model_name": "Nodule 3",
                "findings": [{ "sop": key.uid("1.2.3.4.5"), "score": 0.7, "class": "nodule", key.uid("1.2.3.4.6"): 1 }]
            })
        );
    }

    #[test]
    fn uids_of_the_standard_stay() {
        let key = UidKey::new([9; 32]);
        assert_eq!(new_uid("1.2.840.10008.5.1.4.1.1.66.4", &key), "1.2.840.10008.5.1.4.1.1.66.4");
        assert_ne!(new_uid("1.2.840.100080.1", &key), "1.2.840.100080.1");
    }
}
