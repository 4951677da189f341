//! What an image says about its grey scale: modality transformation, windows and tables, presentation shape, padding.
//!
//! PS3.3 C.11.1 (Modality LUT), C.11.2 (VOI LUT; several windows are alternatives), C.11.6 and C.7.6.3.1.2 (shape), C.7.5.1.1.2 (padding).
//! A window or VOI table that makes no sense is left out with a warning; a modality transformation that makes no sense refuses the image.

use crate::FileError;
use crate::attributes::Attributes;
use crate::identifying::Identifying;
use crate::series::NamedVoi;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::ops::RangeInclusive;
use std::sync::Arc;
use tiresias_words::{LutTable, ModalityLut, PresentationShape, StoredFormat, StoredValue, ValueUnit, Voi, Window};

/// The grey scale of one image.
#[derive(Clone, PartialEq)]
pub(crate) struct GreyScale {
    pub(crate) modality: ModalityLut,
    pub(crate) unit: ValueUnit,
    pub(crate) vois: Vec<NamedVoi>,
    pub(crate) shape: PresentationShape,
    pub(crate) padding: Option<RangeInclusive<StoredValue>>,
    pub(crate) warnings: Vec<String>,
}

impl GreyScale {
    pub(crate) fn read(a: &Attributes, format: StoredFormat, is_ct: bool) -> Result<Self, FileError> {
        let mut warnings = Vec::new();
        let (modality, unit) = modality(a, format, is_ct)?;
        let vois = vois(a, format, &modality, &mut warnings)?;
        let padding = padding(a, format, &mut warnings)?;
        Ok(Self { modality, unit, vois, shape: shape(a), padding, warnings })
    }
}

fn modality(a: &Attributes, format: StoredFormat, is_ct: bool) -> Result<(ModalityLut, ValueUnit), FileError> {
    if let Some(item) = a.items(tags::MODALITY_LUT_SEQUENCE).first() {
        let table = table(item, format.signed, "Modality LUT")?;
        return Ok((ModalityLut::Table(table), ValueUnit::Arbitrary));
    }
    let slope = a.number(tags::RESCALE_SLOPE, "Rescale Slope")?;
    let intercept = a.number(tags::RESCALE_INTERCEPT, "Rescale Intercept")?;
    if slope == Some(0.0) {
        return Err(FileError::attribute("Rescale Slope", "is 0"));
    }
    // C.11.1.1.2: absent in CT means Hounsfield units; PS3.3 C.8.2.1 requires a rescale there.
    let says_hounsfield = a.text(tags::RESCALE_TYPE).is_none_or(|t| t == "HU");
    let unit = if is_ct && says_hounsfield && intercept.is_some() { ValueUnit::Hounsfield } else { ValueUnit::Arbitrary };
    Ok((ModalityLut::Rescale { slope: slope.unwrap_or(1.0), intercept: intercept.unwrap_or(0.0) }, unit))
}

fn vois(a: &Attributes, format: StoredFormat, modality: &ModalityLut, warnings: &mut Vec<String>) -> Result<Vec<NamedVoi>, FileError> {
    let centers = a.numbers(tags::WINDOW_CENTER, "Window Center")?.unwrap_or_default();
    let widths = a.numbers(tags::WINDOW_WIDTH, "Window Width")?.unwrap_or_default();
    if centers.len() != widths.len() {
        warnings.push("there are not as many window widths as window centres".to_owned());
    }
    let function = match a.text(tags::VOILUT_FUNCTION).as_deref() {
        None | Some("LINEAR") => Voi::Linear,
        Some("LINEAR_EXACT") => Voi::LinearExact,
        Some("SIGMOID") => Voi::Sigmoid,
        Some(_) => {
            warnings.push("the VOI LUT Function is unknown; LINEAR is used".to_owned());
            Voi::Linear
        }
    };
    let explanations = a.texts(tags::WINDOW_CENTER_WIDTH_EXPLANATION);
    let mut vois = Vec::new();
    for (i, (center, width)) in centers.iter().zip(&widths).enumerate() {
        match Window::new(*center, *width) {
            Ok(window) => {
                let explanation = explanations.get(i).filter(|e| !e.is_empty()).cloned();
                vois.push(NamedVoi::new(format!("Window {}", i + 1), function(window), explanation.map(Identifying::new)));
            }
            Err(_) => warnings.push(format!("window {} has no positive width and is left out", i + 1)),
        }
    }
    // C.11.2.1.1: the first input of a VOI table is signed when the modality values can be negative.
    let negative = format.signed || matches!(modality, ModalityLut::Rescale { slope, intercept } if *intercept < 0.0 || *slope < 0.0);
    for (i, item) in a.items(tags::VOILUT_SEQUENCE).iter().enumerate() {
        match table(item, negative, "VOI LUT") {
            Ok(table) => {
                let explanation = item.text(tags::LUT_EXPLANATION).map(Identifying::new);
                vois.push(NamedVoi::new(format!("Table {}", i + 1), Voi::Table(table), explanation));
            }
            Err(_) => warnings.push(format!("VOI table {} cannot be used and is left out", i + 1)),
        }
    }
    Ok(vois)
}

/// A LUT item: LUT Descriptor (0028,3002) is number of entries (0 is 65,536), first input, bits; LUT Data (0028,3006) the entries.
fn table(item: &Attributes, signed: bool, name: &'static str) -> Result<LutTable, FileError> {
    let wrong = |why: &str| FileError::attribute(name, why);
    let descriptor = item.numbers(tags::LUT_DESCRIPTOR, name)?.unwrap_or_default();
    let [count, first, bits] = descriptor[..] else { return Err(wrong("has no descriptor of three numbers")) };
    let (words, bytes) = item.words_and_bytes(tags::LUT_DATA).ok_or_else(|| wrong("has no data"))?;
    let unsigned = |v: f64| (v as i64).rem_euclid(65_536);
    let count = match unsigned(count) {
        0 => 65_536,
        n => n as usize,
    };
    let first = match unsigned(first) {
        f if signed && f > 32_767 => (f - 65_536) as i32,
        f => f as i32,
    };
    let entries: Arc<[u16]> = if words.len() >= count {
        words[..count].into()
    } else if bytes.len() >= count {
        // Entries of 8 bits may be packed two to a word (C.11.1.1.1).
        bytes[..count].iter().map(|b| u16::from(*b)).collect()
    } else {
        return Err(wrong("has fewer entries than it says"));
    };
    Ok(LutTable::new(first, (bits as i64).clamp(0, 255) as u8, entries)?)
}

/// Presentation LUT Shape (2050,0020) goes before the photometric interpretation.
fn shape(a: &Attributes) -> PresentationShape {
    let says = |tag: Tag, word: &str| a.text(tag).as_deref() == Some(word);
    let inverse = says(tags::PRESENTATION_LUT_SHAPE, "INVERSE")
        || (says(tags::PHOTOMETRIC_INTERPRETATION, "MONOCHROME1") && a.text(tags::PRESENTATION_LUT_SHAPE).is_none());
    if inverse { PresentationShape::Inverse } else { PresentationShape::Identity }
}

fn padding(a: &Attributes, format: StoredFormat, warnings: &mut Vec<String>) -> Result<Option<RangeInclusive<StoredValue>>, FileError> {
    // The values are US or SS; implicit VR cannot say which, and many writers say the wrong one.
    let stored = |v: i64| if format.signed && v > 32_767 { v - 65_536 } else { v };
    let word = |v: i64| u16::try_from(stored(v) - i64::from(format.offset())).ok();
    let Some(value) = a.integer(tags::PIXEL_PADDING_VALUE, "Pixel Padding Value")? else { return Ok(None) };
    let limit = a.integer(tags::PIXEL_PADDING_RANGE_LIMIT, "Pixel Padding Range Limit")?.unwrap_or(value);
    let (Some(a), Some(b)) = (word(value), word(limit)) else {
        warnings.push("the pixel padding value is none that the pixels can have, and is ignored".to_owned());
        return Ok(None);
    };
    Ok(Some(StoredValue(a.min(b))..=StoredValue(a.max(b))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, VR, dicom_value};
    use dicom_object::InMemDicomObject;

    const UNSIGNED: StoredFormat = StoredFormat { signed: false, bits_stored: 12 };
    const SIGNED: StoredFormat = StoredFormat { signed: true, bits_stored: 16 };

    fn read(elements: Vec<DataElement<InMemDicomObject>>, format: StoredFormat) -> Result<GreyScale, FileError> {
        GreyScale::read(&Attributes::new(InMemDicomObject::from_element_iter(elements)), format, true)
    }
    fn text(tag: Tag, vr: VR, s: &str) -> DataElement<InMemDicomObject> {
        DataElement::new(tag, vr, dicom_core::PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()))
    }
    fn lut(tag: Tag, descriptor: [u16; 3], data: &[u16]) -> DataElement<InMemDicomObject> {
        let item = InMemDicomObject::from_element_iter([
            DataElement::new(tags::LUT_DESCRIPTOR, VR::US, dicom_core::PrimitiveValue::U16(descriptor.to_vec().into())),
            DataElement::new(tags::LUT_DATA, VR::OW, dicom_core::PrimitiveValue::U16(data.into())),
        ]);
        DataElement::new(tag, VR::SQ, dicom_core::value::DataSetSequence::from(vec![item]))
    }

    #[test]
    fn several_windows_are_alternatives() {
        let g = read(
            vec![
                text(tags::WINDOW_CENTER, VR::DS, "-0450\\40 \\1"),
                text(tags::WINDOW_WIDTH, VR::DS, "02000\\400\\0"),
                text(tags::VOILUT_FUNCTION, VR::CS, "SIGMOID"),
                text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
            ],
            UNSIGNED,
        )
        .unwrap();
        let windows: Vec<_> = g.vois.iter().map(|v| v.voi.clone()).collect();
        assert_eq!(windows, [(-450.0, 2000.0), (40.0, 400.0)].map(|(c, w)| Voi::Sigmoid(Window::new(c, w).unwrap())));
        assert_eq!((g.unit, g.warnings.len()), (ValueUnit::Hounsfield, 1));
    }

    #[test]
    fn tables_are_read_with_their_sign() {
        let g = read(
            vec![text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"), lut(tags::VOILUT_SEQUENCE, [3, 65_436, 12], &[0, 9, 4095])],
            UNSIGNED,
        )
        .unwrap();
        assert_eq!(g.vois[0].voi, Voi::Table(LutTable::new(-100, 12, [0, 9, 4095].into()).unwrap()));
        let packed = read(vec![lut(tags::MODALITY_LUT_SEQUENCE, [4, 0, 8], &[0x0201, 0x0403])], UNSIGNED).unwrap();
        assert_eq!(packed.modality, ModalityLut::Table(LutTable::new(0, 8, [1, 2, 3, 4].into()).unwrap()));
        assert!(read(vec![lut(tags::MODALITY_LUT_SEQUENCE, [9, 0, 8], &[1])], UNSIGNED).is_err());
    }

    #[test]
    fn padding_is_a_range_of_words() {
        let value = |tag, v: u16| DataElement::new(tag, VR::US, dicom_value!(U16, [v]));
        let both = vec![value(tags::PIXEL_PADDING_VALUE, 63_536), value(tags::PIXEL_PADDING_RANGE_LIMIT, 63_000)];
        let g = read(both, SIGNED).unwrap();
        assert_eq!(g.padding, Some(StoredValue(32_768 - 2536)..=StoredValue(32_768 - 2000)));
        let one = read(vec![value(tags::PIXEL_PADDING_VALUE, 5)], UNSIGNED).unwrap();
        assert_eq!(one.padding, Some(StoredValue(5)..=StoredValue(5)));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(read(vec![text(tags::RESCALE_SLOPE, VR::DS, "0")], UNSIGNED).is_err());
        assert!(read(vec![text(tags::RESCALE_SLOPE, VR::DS, "NaN")], UNSIGNED).is_err());
        assert!(read(vec![text(tags::RESCALE_INTERCEPT, VR::DS, "1,5")], UNSIGNED).is_err());
    }

    #[test]
    fn shape_goes_before_photometric() {
        let mono1 = || text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        assert_eq!(read(vec![mono1()], UNSIGNED).unwrap().shape, PresentationShape::Inverse);
        let identity = text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY");
        assert_eq!(read(vec![mono1(), identity], UNSIGNED).unwrap().shape, PresentationShape::Identity);
    }
}
