//! Images out: a fresh DICOM file in Explicit VR Little Endian, of an allow-list of attributes and nothing else.
//!
//! Owns: which attributes an image has that leaves this program (image pixel, plane, grey scale, new UIDs; no date, no description, nothing private;
//! PS3.3 C.7.6). Pixels are 16 bits, little endian, high bit where it belongs. The pixel data is the last element.
//! Refuses: carrying an element of the source over as it stands: every value is written anew from a parsed one.

use crate::geometry::ImagePlane;
use crate::series::NamedVoi;
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use std::ops::RangeInclusive;
use tiresias_words::{ImagingModality, LutTable, ModalityLut, PresentationShape, StoredFormat, StoredValue, ValueUnit, Voi};

/// This program, as the writer of a file (PS3.10 7.1): a UUID drawn once, and a name.
const IMPLEMENTATION: &str = "2.25.203961841706553221893744862034719928615";
const IMPLEMENTATION_NAME: &str = "TIRESIAS";

/// UIDs of an image that is written; none of them is a source's.
pub(crate) struct NewIds {
    pub(crate) image: String,
    pub(crate) study: String,
    pub(crate) series: String,
    pub(crate) frame_of_reference: Option<String>,
}

/// Everything that is written of an image.
pub(crate) struct ImageOut<'a> {
    pub(crate) sop_class: &'static str,
    pub(crate) ids: NewIds,
    pub(crate) imaging: &'a ImagingModality,
    /// [columns, rows].
    pub(crate) size: [u32; 2],
    pub(crate) format: StoredFormat,
    pub(crate) plane: Option<ImagePlane>,
    pub(crate) modality: &'a ModalityLut,
    pub(crate) unit: ValueUnit,
    pub(crate) vois: &'a [NamedVoi],
    pub(crate) shape: PresentationShape,
    pub(crate) padding: Option<RangeInclusive<StoredValue>>,
    pub(crate) lossy: bool,
    pub(crate) patient_id: &'a str,
    pub(crate) comments: Option<&'a str>,
    /// Words as they stand in memory, rows from the top.
    pub(crate) words: &'a [u16],
}

/// The bytes of the file and the offset of its pixels; `None` when the encoder fails, which no image that was read can make it do.
pub(crate) fn encode(image: &ImageOut<'_>) -> Option<(Vec<u8>, u64)> {
    let mut o = InMemDicomObject::new_empty();
    identity(&mut o, image);
    plane(&mut o, image);
    grey(&mut o, image);
    let stored: Vec<u16> = image.words.iter().map(|w| image.format.stored(StoredValue(*w)) as u16).collect();
    let pixel_bytes = stored.len() as u64 * 2;
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(stored.into())));
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(image.sop_class)
        .media_storage_sop_instance_uid(&image.ids.image)
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(IMPLEMENTATION)
        .implementation_version_name(IMPLEMENTATION_NAME);
    let mut bytes = Vec::new();
    o.with_meta(meta).ok()?.write_all(&mut bytes).ok()?;
    let offset = (bytes.len() as u64).checked_sub(pixel_bytes)?;
    Some((bytes, offset))
}

fn text(o: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    o.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}
fn numbers(o: &mut InMemDicomObject, tag: Tag, values: &[f64]) {
    let texts: Vec<String> = values.iter().map(|v| decimal(*v)).collect();
    o.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(texts.into())));
}
fn word(o: &mut InMemDicomObject, tag: Tag, value: u16) {
    o.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn identity(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    text(o, tags::SOP_CLASS_UID, VR::UI, image.sop_class);
    text(o, tags::SOP_INSTANCE_UID, VR::UI, &image.ids.image);
    text(o, tags::STUDY_INSTANCE_UID, VR::UI, &image.ids.study);
    text(o, tags::SERIES_INSTANCE_UID, VR::UI, &image.ids.series);
    if let Some(frame) = &image.ids.frame_of_reference {
        text(o, tags::FRAME_OF_REFERENCE_UID, VR::UI, frame);
        text(o, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    }
    text(o, tags::MODALITY, VR::CS, image.imaging.as_str());
    text(o, tags::PATIENT_ID, VR::LO, image.patient_id);
    text(o, tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES");
    text(o, tags::DEIDENTIFICATION_METHOD, VR::LO, "Written anew from image attributes alone");
    // Type 2: present and empty.
    for (tag, vr) in [
        (tags::STUDY_DATE, VR::DA),
        (tags::STUDY_TIME, VR::TM),
        (tags::ACCESSION_NUMBER, VR::SH),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
        (tags::MANUFACTURER, VR::LO),
        (tags::PATIENT_NAME, VR::PN),
        (tags::PATIENT_BIRTH_DATE, VR::DA),
        (tags::PATIENT_SEX, VR::CS),
        (tags::STUDY_ID, VR::SH),
        (tags::SERIES_NUMBER, VR::IS),
        (tags::INSTANCE_NUMBER, VR::IS),
    ] {
        text(o, tag, vr, "");
    }
    if let Some(comments) = image.comments {
        text(o, tags::IMAGE_COMMENTS, VR::LT, comments);
    }
}

fn plane(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    word(o, tags::SAMPLES_PER_PIXEL, 1);
    text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    word(o, tags::COLUMNS, image.size[0] as u16);
    word(o, tags::ROWS, image.size[1] as u16);
    word(o, tags::BITS_ALLOCATED, 16);
    word(o, tags::BITS_STORED, u16::from(image.format.bits_stored));
    word(o, tags::HIGH_BIT, u16::from(image.format.bits_stored).saturating_sub(1));
    word(o, tags::PIXEL_REPRESENTATION, u16::from(image.format.signed));
    text(o, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, if image.lossy { "01" } else { "00" });
    if let Some(p) = image.plane {
        let ([a, b, c], [d, e, f]): ([f64; 3], [f64; 3]) = (p.row.into(), p.column.into());
        numbers(o, tags::IMAGE_POSITION_PATIENT, &<[f64; 3]>::from(p.position));
        numbers(o, tags::IMAGE_ORIENTATION_PATIENT, &[a, b, c, d, e, f]);
        numbers(o, tags::PIXEL_SPACING, &[p.spacing[1].0, p.spacing[0].0]);
    }
}

fn grey(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    match image.modality {
        ModalityLut::Rescale { slope, intercept } => {
            numbers(o, tags::RESCALE_SLOPE, &[*slope]);
            numbers(o, tags::RESCALE_INTERCEPT, &[*intercept]);
            text(o, tags::RESCALE_TYPE, VR::LO, if image.unit == ValueUnit::Hounsfield { "HU" } else { "US" });
        }
        ModalityLut::Table(table) => {
            let mut item = lut_item(table);
            text(&mut item, tags::MODALITY_LUT_TYPE, VR::LO, "US");
            o.put(DataElement::new(tags::MODALITY_LUT_SEQUENCE, VR::SQ, DataSetSequence::from(vec![item])));
        }
    }
    let windows: Vec<_> = image.vois.iter().filter_map(|v| v.voi.window()).collect();
    if !windows.is_empty() {
        numbers(o, tags::WINDOW_CENTER, &windows.iter().map(|w| w.center()).collect::<Vec<_>>());
        numbers(o, tags::WINDOW_WIDTH, &windows.iter().map(|w| w.width()).collect::<Vec<_>>());
        // One function for all windows of an image (C.11.2.1.3), as they were read.
        let function = image.vois.iter().find_map(|v| match v.voi {
            Voi::Linear(_) => Some("LINEAR"),
            Voi::LinearExact(_) => Some("LINEAR_EXACT"),
            Voi::Sigmoid(_) => Some("SIGMOID"),
            Voi::Table(_) => None,
        });
        text(o, tags::VOILUT_FUNCTION, VR::CS, function.unwrap_or("LINEAR"));
    }
    let tables: Vec<_> = image.vois.iter().filter_map(|v| if let Voi::Table(t) = &v.voi { Some(lut_item(t)) } else { None }).collect();
    if !tables.is_empty() {
        o.put(DataElement::new(tags::VOILUT_SEQUENCE, VR::SQ, DataSetSequence::from(tables)));
    }
    let shape = if image.shape == PresentationShape::Inverse { "INVERSE" } else { "IDENTITY" };
    text(o, tags::PRESENTATION_LUT_SHAPE, VR::CS, shape);
    if let Some(padding) = &image.padding {
        let vr = if image.format.signed { VR::SS } else { VR::US };
        let value = |w: StoredValue| match image.format.stored(w) {
            v if image.format.signed => PrimitiveValue::from(v as i16),
            v => PrimitiveValue::from(v as u16),
        };
        o.put(DataElement::new(tags::PIXEL_PADDING_VALUE, vr, value(*padding.start())));
        if padding.start() != padding.end() {
            o.put(DataElement::new(tags::PIXEL_PADDING_RANGE_LIMIT, vr, value(*padding.end())));
        }
    }
}

fn lut_item(table: &LutTable) -> InMemDicomObject {
    let count = table.entries().len() as u16; // 65,536 entries are written as 0 (C.11.1.1)
    let first = table.first();
    let descriptor = if first < 0 {
        DataElement::new(
            tags::LUT_DESCRIPTOR,
            VR::SS,
            PrimitiveValue::I16(vec![count as i16, first as i16, i16::from(table.bits())].into()),
        )
    } else {
        DataElement::new(tags::LUT_DESCRIPTOR, VR::US, PrimitiveValue::U16(vec![count, first as u16, u16::from(table.bits())].into()))
    };
    let data = DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::U16(table.entries().into()));
    InMemDicomObject::from_element_iter([descriptor, data])
}

/// A decimal string of at most 16 characters (PS3.5 6.2, DS), as near to `v` as those allow.
fn decimal(v: f64) -> String {
    let plain = format!("{v}");
    if plain.len() <= 16 {
        return plain;
    }
    let fixed = (0..=14).rev().map(|digits| format!("{v:.digits$}")).find(|t| t.len() <= 16);
    let scientific = (0..=10).rev().map(|digits| format!("{v:.digits$e}")).find(|t| t.len() <= 16).unwrap_or_default();
    let error = |t: &String| t.parse::<f64>().map_or(f64::INFINITY, |n| (n - v).abs());
    match fixed {
        Some(fixed) if error(&fixed) <= error(&scientific) => fixed,
        _ => scientific,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file of 3 x 2 signed pixels, -3 to 2, and the offset of its pixel data.
    pub(crate) fn sample() -> (Vec<u8>, u64) {
        let imaging = ImagingModality::new("MR").unwrap();
        let uid = |n: u8| format!("2.25.{n}");
        let words: Vec<u16> = (0..6).map(|i| 32_765 + i).collect();
        let image = ImageOut {
            sop_class: uids::MR_IMAGE_STORAGE,
            ids: NewIds { image: uid(1), study: uid(2), series: uid(3), frame_of_reference: Some(uid(4)) },
            imaging: &imaging,
            size: [3, 2],
            format: StoredFormat { signed: true, bits_stored: 12 },
            plane: ImagePlane::new(&[1.5, -2.0, 3.0], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[0.7, 0.5]).ok(),
            modality: &ModalityLut::Rescale { slope: 2.0, intercept: -1.0 },
            unit: ValueUnit::Arbitrary,
            vois: &[],
            shape: PresentationShape::Inverse,
            padding: Some(StoredValue(32_768 - 2000)..=StoredValue(32_768 - 1900)),
            lossy: false,
            patient_id: "",
            comments: None,
            words: &words,
        };
        encode(&image).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (bytes, offset) = sample();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.dcm");
        std::fs::write(&path, &bytes).unwrap();
        let folder = crate::read_folder(&path, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let s = &folder.series[0];
        let buffer = s.load().unwrap();
        assert_eq!(s.stored(buffer.words()).collect::<Vec<_>>(), [-3, -2, -1, 0, 1, 2]);
        assert_eq!(s.images[0].offset, offset);
        assert_eq!(s.modality, ModalityLut::Rescale { slope: 2.0, intercept: -1.0 });
        assert_eq!(s.padding, Some(StoredValue(32_768 - 2000)..=StoredValue(32_768 - 1900)));
        assert_eq!(s.shape, PresentationShape::Inverse);
        assert_eq!(s.volume.as_ref().unwrap().spacing().map(|m| m.0), [0.5, 0.7]);
    }

    proptest! {
        #[test]
        fn decimals_fit_and_are_near(v in prop_oneof![-1e4..1e4f64, -1.0..1.0f64, any::<f64>().prop_filter("finite", |v| v.is_finite())]) {
            let text = decimal(v);
            prop_assert!(text.len() <= 16, "{text}");
            let back: f64 = text.parse().unwrap();
            prop_assert!((back - v).abs() <= v.abs() * 2e-8 && (v.abs() > 1e4 || v.abs() < 1e-3 || (back - v).abs() < 1e-8), "{v} {text}");
        }
    }
}
