//! What an image says about its grey scale: modality transformation, windows and tables, presentation shape, padding.
//!
//! PS3.3 C.11.1 (Modality LUT), C.11.2 (VOI LUT; several windows are alternatives), C.11.6 and C.7.6.3.1.2 (shape), C.7.5.1.1.2 (padding).
//! Whatever makes no sense is left out with a warning; without its modality transformation an image shows stored values, and its values have no unit.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::groups::FunctionalGroups;
use crate::identifying::Identifying;
use crate::pixel_module::Sample;
use crate::series::NamedVoi;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::sync::Arc;
use tiresias_words::{LutTable, ModalityLut, PresentationShape, ValueUnit, Voi, Window};

/// The grey scale of one image.
#[derive(Clone, PartialEq)]
pub(crate) struct GreyScale {
    pub(crate) modality: ModalityLut,
    pub(crate) unit: ValueUnit,
    pub(crate) vois: Vec<NamedVoi>,
    pub(crate) shape: PresentationShape,
    /// Lowest and highest stored value that is no measurement.
    pub(crate) padding: Option<[f64; 2]>,
}

/// The functional groups that say something of it.
const TRANSFORMATION: Tag = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
const WINDOWS: Tag = tags::FRAME_VOILUT_SEQUENCE;

impl GreyScale {
    /// Whether a frame may have another than the file's other frames.
    pub(crate) fn is_of_frame(groups: &FunctionalGroups, frame: usize) -> bool {
        [TRANSFORMATION, WINDOWS].iter().any(|group| groups.of_frame(frame, *group).is_some())
    }

    /// Of frame `frame` (from 0) of the file with these attributes.
    pub(crate) fn read(
        a: &Attributes,
        groups: &FunctionalGroups,
        frame: usize,
        sample: Sample,
        imaging: &str,
        warnings: &mut Vec<String>,
    ) -> Self {
        let transformation = groups.find(frame, TRANSFORMATION);
        let (modality, unit) = modality(a, transformation.as_ref().unwrap_or(a), sample.signed(), imaging, warnings);
        let windows = groups.find(frame, WINDOWS);
        let vois = vois(windows.as_ref().unwrap_or(a), sample.signed(), &modality, warnings);
        Self { modality, unit, vois, shape: shape(a), padding: padding(a, sample, warnings) }
    }
}

/// A warning that the image of a series has once, however many of its frames do.
pub(crate) fn warn(warnings: &mut Vec<String>, sentence: impl Into<String>) {
    let sentence = sentence.into();
    if !warnings.contains(&sentence) {
        warnings.push(sentence);
    }
}

/// The modality transformation; `source` is the data set, or the functional group that replaces it. One that makes no sense is left out with a warning, and
/// the values then have no unit.
fn modality(a: &Attributes, source: &Attributes, signed: bool, imaging: &str, warnings: &mut Vec<String>) -> (ModalityLut, ValueUnit) {
    if let Some(item) = a.item(tags::MODALITY_LUT_SEQUENCE) {
        // PS3.3 C.8.7.1.1.2: of angiographic images it leads back to X-ray intensity and is not for display; windows are in stored values.
        if matches!(imaging, "XA" | "RF") {
            return (ModalityLut::IDENTITY, ValueUnit::Arbitrary);
        }
        return match table(&item, signed, "Modality LUT") {
            Ok(table) => (ModalityLut::Table(table), ValueUnit::Arbitrary),
            Err(why) => {
                warn(warnings, format!("the Modality LUT cannot be used ({why}); stored values are shown"));
                (ModalityLut::IDENTITY, ValueUnit::Arbitrary)
            }
        };
    }
    let number = |tag, name| source.number(tag, name);
    let (slope, intercept) = match (number(tags::RESCALE_SLOPE, "Rescale Slope"), number(tags::RESCALE_INTERCEPT, "Rescale Intercept")) {
        (Ok(None), Ok(None)) => return (ModalityLut::IDENTITY, ValueUnit::Arbitrary),
        (Ok(Some(slope)), Ok(Some(intercept))) if slope != 0.0 => (slope, intercept),
        (Ok(Some(slope)), Ok(None)) if slope != 0.0 => {
            warn(warnings, "there is a Rescale Slope and no Rescale Intercept; 0 is taken, and the values have no unit");
            return (ModalityLut::Rescale { slope, intercept: 0.0 }, ValueUnit::Arbitrary);
        }
        (Ok(None), Ok(Some(intercept))) => {
            warn(warnings, "there is a Rescale Intercept and no Rescale Slope; 1 is taken, and the values have no unit");
            return (ModalityLut::Rescale { slope: 1.0, intercept }, ValueUnit::Arbitrary);
        }
        _ => {
            warn(warnings, "the Rescale Slope or Intercept makes no sense; stored values are shown");
            return (ModalityLut::IDENTITY, ValueUnit::Arbitrary);
        }
    };
    // C.11.1.1.2: absent in CT means Hounsfield units; PS3.3 C.8.2.1 requires a rescale there.
    let says_hounsfield = source.text(tags::RESCALE_TYPE).is_none_or(|t| t == "HU");
    let unit = match imaging {
        "CT" if says_hounsfield => ValueUnit::Hounsfield,
        "PT" if a.text(tags::UNITS).as_deref() == Some("BQML") => ValueUnit::BecquerelPerMillilitre,
        _ => ValueUnit::Arbitrary,
    };
    (ModalityLut::Rescale { slope, intercept }, unit)
}

/// The windows and tables of `source`: the data set, or the functional group that replaces it, or an item of a presentation state.
pub(crate) fn vois(source: &Attributes, signed: bool, modality: &ModalityLut, warnings: &mut Vec<String>) -> Vec<NamedVoi> {
    let mut numbers = |tag, name| match source.numbers(tag, name) {
        Ok(found) => found.unwrap_or_default(),
        Err(_) => {
            warn(warnings, format!("the {name} is no number, and the file's windows are left out"));
            Vec::new()
        }
    };
    let (centers, widths) = (numbers(tags::WINDOW_CENTER, "Window Center"), numbers(tags::WINDOW_WIDTH, "Window Width"));
    if centers.len() != widths.len() {
        warn(warnings, "there are not as many window widths as window centres");
    }
    let function = match source.text(tags::VOILUT_FUNCTION).as_deref() {
        None | Some("LINEAR") => Voi::Linear,
        Some("LINEAR_EXACT") => Voi::LinearExact,
        Some("SIGMOID") => Voi::Sigmoid,
        Some(_) => {
            warn(warnings, "the VOI LUT Function is unknown; LINEAR is used");
            Voi::Linear
        }
    };
    let explanations = source.texts(tags::WINDOW_CENTER_WIDTH_EXPLANATION);
    let mut vois = Vec::new();
    for (i, (center, width)) in centers.iter().zip(&widths).enumerate() {
        match Window::new(*center, *width) {
            Ok(window) => {
                let explanation = explanations.get(i).filter(|e| !e.is_empty()).cloned();
                vois.push(NamedVoi::new(format!("Window {}", i + 1), function(window), explanation.map(Identifying::new)));
            }
            Err(_) => warn(warnings, format!("window {} has no positive width and is left out", i + 1)),
        }
    }
    // C.11.2.1.1: the first input of a VOI table is signed when the modality values can be negative.
    let negative = can_be_negative(modality, signed);
    for (i, item) in source.items(tags::VOILUT_SEQUENCE).iter().enumerate() {
        match table(item, negative, "VOI LUT") {
            Ok(table) => {
                let explanation = item.text(tags::LUT_EXPLANATION).map(Identifying::new);
                vois.push(NamedVoi::new(format!("Table {}", i + 1), Voi::Table(table), explanation));
            }
            Err(_) => warn(warnings, format!("VOI table {} cannot be used and is left out", i + 1)),
        }
    }
    vois
}

/// Whether modality values can be: the output of a Modality LUT is unsigned (PS3.3 C.11.1), whatever the stored values are.
pub(crate) const fn can_be_negative(modality: &ModalityLut, signed: bool) -> bool {
    match modality {
        ModalityLut::Rescale { slope, intercept } => signed || *intercept < 0.0 || *slope < 0.0,
        ModalityLut::Table(_) => false,
    }
}

/// Entries and first input of a look-up table from its descriptor, whose numbers are US or SS, whichever a writer took; 0 entries are 65,536 (PS3.3 C.11.1.1,
/// C.7.6.3.1.5).
pub(crate) const fn extent(count: f64, first: f64, signed: bool) -> (usize, i32) {
    let (count, first) = ((count as i64).rem_euclid(65_536), (first as i64).rem_euclid(65_536));
    let first = if signed && first > 32_767 { first - 65_536 } else { first };
    (if count == 0 { 65_536 } else { count as usize }, first as i32)
}

/// A LUT item: LUT Descriptor (0028,3002) is number of entries (0 is 65,536), first input, bits; LUT Data (0028,3006) the entries.
pub(crate) fn table(item: &Attributes, signed: bool, name: &'static str) -> Result<LutTable, FileError> {
    let wrong = |why: &str| FileError::attribute(name, why);
    let descriptor = item.numbers(tags::LUT_DESCRIPTOR, name)?.unwrap_or_default();
    let [count, first, bits] = descriptor[..] else { return Err(wrong("has no descriptor of three numbers")) };
    let (words, bytes) = item.words_and_bytes(tags::LUT_DATA).ok_or_else(|| wrong("has no data"))?;
    let (count, first) = extent(count, first, signed);
    let entries: Arc<[u16]> = match (words.get(..count), bytes.get(..count)) {
        (Some(words), _) => words.into(),
        // Entries of 8 bits may be packed two to a word (C.11.1.1.1).
        (None, Some(bytes)) => bytes.iter().map(|b| u16::from(*b)).collect(),
        (None, None) => return Err(wrong("has fewer entries than it says")),
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

fn padding(a: &Attributes, sample: Sample, warnings: &mut Vec<String>) -> Option<[f64; 2]> {
    let (tag, limit_tag) = match sample {
        // The attributes for floating point have no range limit.
        Sample::Float => (tags::FLOAT_PIXEL_PADDING_VALUE, None),
        Sample::Double => (tags::DOUBLE_FLOAT_PIXEL_PADDING_VALUE, None),
        _ => (tags::PIXEL_PADDING_VALUE, Some(tags::PIXEL_PADDING_RANGE_LIMIT)),
    };
    let mut ignored = || warn(warnings, "the pixel padding value is none that the pixels can have, and is ignored");
    let Ok(value) = a.number(tag, "Pixel Padding Value") else {
        ignored();
        return None;
    };
    let value = value?;
    let Ok(limit) = limit_tag.map_or(Ok(None), |t| a.number(t, "Pixel Padding Range Limit")) else {
        ignored();
        return None;
    };
    // The values are US or SS; implicit VR cannot say which, and many writers say the wrong one.
    let stored = |v: f64| match sample {
        Sample::Short { signed: true, .. } if v > 32_767.0 => v - 65_536.0,
        Sample::Short { signed: false, stored: 16, .. } if (-32_768.0..0.0).contains(&v) => v + 65_536.0,
        _ => v,
    };
    let (value, limit) = (stored(value), stored(limit.unwrap_or(value)));
    let possible = sample.words().is_none_or(|f| {
        let (low, high) = (f64::from(f.offset()), f64::from(f.offset()) + 65_535.0);
        [value, limit].iter().all(|v| (low..=high).contains(v))
    });
    if !possible {
        ignored();
        return None;
    }
    Some([value.min(limit), value.max(limit)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, VR, dicom_value};
    use dicom_object::InMemDicomObject;

    const UNSIGNED: Sample = Sample::Short { allocated: 16, stored: 12, shift: 0, signed: false };
    const SIGNED: Sample = Sample::Short { allocated: 16, stored: 16, shift: 0, signed: true };

    fn read(elements: Vec<DataElement<InMemDicomObject>>, sample: Sample) -> (GreyScale, Vec<String>) {
        let a = Attributes::new(InMemDicomObject::from_element_iter(elements));
        let groups = FunctionalGroups::read(&a, 1).unwrap();
        let mut warnings = Vec::new();
        (GreyScale::read(&a, &groups, 0, sample, "CT", &mut warnings), warnings)
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
        let (g, warnings) = read(
            vec![
                text(tags::RESCALE_SLOPE, VR::DS, "1"),
                text(tags::WINDOW_CENTER, VR::DS, "-0450\\40 \\1"),
                text(tags::WINDOW_WIDTH, VR::DS, "02000\\400\\0"),
                text(tags::VOILUT_FUNCTION, VR::CS, "SIGMOID"),
                text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"),
            ],
            UNSIGNED,
        );
        let windows: Vec<_> = g.vois.iter().map(|v| v.voi.clone()).collect();
        assert_eq!(windows, [(-450.0, 2000.0), (40.0, 400.0)].map(|(c, w)| Voi::Sigmoid(Window::new(c, w).unwrap())));
        assert_eq!((g.unit, warnings.len()), (ValueUnit::Hounsfield, 1), "{warnings:?}");
    }

    #[test]
    fn tables_are_read_with_their_sign() {
        let (g, _) = read(
            vec![text(tags::RESCALE_INTERCEPT, VR::DS, "-1024"), lut(tags::VOILUT_SEQUENCE, [3, 65_436, 12], &[0, 9, 4095])],
            UNSIGNED,
        );
        assert_eq!(g.vois[0].voi, Voi::Table(LutTable::new(-100, 12, [0, 9, 4095].into()).unwrap()));
        let behind_a_table = vec![
            lut(tags::MODALITY_LUT_SEQUENCE, [2, 65_535, 16], &[40_000, 40_001]),
            lut(tags::VOILUT_SEQUENCE, [2, 40_000, 8], &[0, 255]),
        ];
        assert_eq!(read(behind_a_table, SIGNED).0.vois[0].voi, Voi::Table(LutTable::new(40_000, 8, [0, 255].into()).unwrap()));
        let (packed, _) = read(vec![lut(tags::MODALITY_LUT_SEQUENCE, [4, 0, 8], &[0x0201, 0x0403])], UNSIGNED);
        assert_eq!(packed.modality, ModalityLut::Table(LutTable::new(0, 8, [1, 2, 3, 4].into()).unwrap()));
        let (short, warnings) = read(vec![lut(tags::MODALITY_LUT_SEQUENCE, [9, 0, 8], &[1])], UNSIGNED);
        assert_eq!((short.modality, short.unit, warnings.len()), (ModalityLut::IDENTITY, ValueUnit::Arbitrary, 1));
    }

    #[test]
    fn padding_is_a_range_of_stored_values() {
        let value = |tag, v: u16| DataElement::new(tag, VR::US, dicom_value!(U16, [v]));
        let both = vec![value(tags::PIXEL_PADDING_VALUE, 63_536), value(tags::PIXEL_PADDING_RANGE_LIMIT, 63_000)];
        assert_eq!(read(both, SIGNED).0.padding, Some([-2536.0, -2000.0]));
        assert_eq!(read(vec![value(tags::PIXEL_PADDING_VALUE, 5)], UNSIGNED).0.padding, Some([5.0, 5.0]));
        let minus_one = || DataElement::new(tags::PIXEL_PADDING_VALUE, VR::SS, dicom_core::PrimitiveValue::from(-1_i16));
        let whole = Sample::Short { allocated: 16, stored: 16, shift: 0, signed: false };
        let (g, warnings) = read(vec![minus_one()], whole);
        assert_eq!((g.padding, warnings.len()), (Some([65_535.0; 2]), 0), "unsigned, and written as signed");
        assert_eq!(read(vec![minus_one()], UNSIGNED).0.padding, None, "12 bits have no such value");
        let float = DataElement::new(tags::FLOAT_PIXEL_PADDING_VALUE, VR::FL, dicom_core::PrimitiveValue::from(-1.5f32));
        assert_eq!(read(vec![float], Sample::Float).0.padding, Some([-1.5, -1.5]));
    }

    #[test]
    fn nonsense_is_left_out_and_told() {
        for (tag, nonsense) in [
            (tags::RESCALE_SLOPE, "0"),
            (tags::RESCALE_SLOPE, "NaN"),
            (tags::RESCALE_SLOPE, "1e400"),
            (tags::RESCALE_INTERCEPT, "1,5"),
            (tags::RESCALE_SLOPE, "2"),
            (tags::WINDOW_CENTER, "wide"),
            (tags::PIXEL_PADDING_VALUE, "99999"),
        ] {
            let (g, warnings) = read(vec![text(tag, VR::DS, nonsense), text(tags::WINDOW_WIDTH, VR::DS, "9")], UNSIGNED);
            assert_eq!((g.unit, g.vois.len(), g.padding), (ValueUnit::Arbitrary, 0, None), "{tag} {nonsense}");
            assert!(!warnings.is_empty(), "{tag} {nonsense}");
        }
    }

    #[test]
    fn shape_goes_before_photometric() {
        let mono1 = || text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        assert_eq!(read(vec![mono1()], UNSIGNED).0.shape, PresentationShape::Inverse);
        let identity = text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY");
        assert_eq!(read(vec![mono1(), identity], UNSIGNED).0.shape, PresentationShape::Identity);
    }
}
