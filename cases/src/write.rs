//! Images out: a fresh DICOM file in Explicit VR Little Endian, of an allow-list of attributes and nothing else.
//!
//! Owns: which attributes an image has that leaves this program (image pixel, plane, grey scale, new UIDs; no description; of the subject, dates and
//! private elements what an option lets through; PS3.3 C.7.6). Grey pixels are 16 or 32 bits or floating point, colour is 8-bit RGB; all little endian, high bit where it belongs, uncompressed. The pixel
//! data is the last element.
//! Refuses: carrying an element of the source over as it stands: every value is written anew from a parsed one.

use crate::dates::date_and_time;
use crate::geometry::ImagePlane;
use crate::pixel_module::Sample;
use crate::retained::{B_VALUES, BASIC_PROFILE, Retain, Retainable};
use crate::samples::Samples;
use crate::series::NamedVoi;
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use tiresias_words::{ImagingModality, LutTable, ModalityLut, Overlay, OverlayKind, PresentationShape, ValueUnit, Voi};

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
    pub(crate) plane: Option<ImagePlane>,
    pub(crate) modality: &'a ModalityLut,
    pub(crate) unit: ValueUnit,
    pub(crate) vois: &'a [NamedVoi],
    pub(crate) shape: PresentationShape,
    /// Lowest and highest stored value that is no measurement.
    pub(crate) padding: Option<[f64; 2]>,
    pub(crate) lossy: bool,
    pub(crate) patient_id: &'a str,
    pub(crate) retained: Retained<'a>,
    pub(crate) comments: Option<&'a str>,
    /// At most 16, each below 65,536 pixels a side.
    pub(crate) overlays: &'a [Overlay],
    pub(crate) pixels: PixelsOut<'a>,
}

/// What of the source is kept, and by which options of the profile.
#[derive(Clone, Copy)]
pub(crate) struct Retained<'a> {
    pub(crate) options: &'a [Retain],
    pub(crate) of: &'a Retainable,
    /// Seconds by which dates and times are moved back.
    pub(crate) shift: f64,
    pub(crate) b_value: Option<f64>,
}

/// A file that was written, and where things are in it.
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// Of the pixels.
    pub(crate) pixels: u64,
    /// Of each overlay's bits: one a pixel, from the lowest bit of the first byte (PS3.5 8.1.2).
    pub(crate) overlays: Vec<u64>,
}

/// The pixels that are written, rows from the top.
#[derive(Clone, Copy)]
pub(crate) enum PixelsOut<'a> {
    /// One sample a pixel, and what a sample is.
    Grey(Sample, &'a Samples),
    /// Texels.
    Colour(&'a [u32]),
}

impl PixelsOut<'_> {
    const fn sample(self) -> Sample {
        match self {
            Self::Grey(sample, _) => sample,
            Self::Colour(_) => Sample::Short { allocated: 8, stored: 8, shift: 0, signed: false },
        }
    }

    /// The pixel data element and how many bytes of it are pixels; `None` when a colour was given as grey.
    fn element(self) -> Option<(DataElement<InMemDicomObject>, u64)> {
        let (tag, vr, value) = match self {
            Self::Grey(sample, Samples::Words(words)) => {
                let offset = if sample.signed() { 0x8000 } else { 0 };
                let mut stored = vec![0; words.len() * 2];
                for (bytes, word) in stored.chunks_exact_mut(2).zip(words) {
                    bytes.copy_from_slice(&word.wrapping_sub(offset).to_le_bytes());
                }
                // As bytes: the encoder takes them as they are, and words one by one.
                let count = stored.len() as u64;
                return Some((DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U8(stored.into())), count));
            }
            // 32-bit samples are words, the lower first (PS3.5 8.1.1).
            Self::Grey(_, Samples::Int32(v)) => (tags::PIXEL_DATA, VR::OW, halves(v.iter().map(|x| x.cast_unsigned()))),
            Self::Grey(_, Samples::Uint32(v)) => (tags::PIXEL_DATA, VR::OW, halves(v.iter().copied())),
            Self::Grey(_, Samples::Float32(v)) => (tags::FLOAT_PIXEL_DATA, VR::OF, PrimitiveValue::F32(v.as_slice().into())),
            Self::Grey(_, Samples::Float64(v)) => (tags::DOUBLE_FLOAT_PIXEL_DATA, VR::OD, PrimitiveValue::F64(v.as_slice().into())),
            Self::Grey(_, Samples::Colour(_)) => return None,
            Self::Colour(texels) => {
                let bytes = texels.iter().flat_map(|t| {
                    let [r, g, b, _] = t.to_le_bytes();
                    [r, g, b]
                });
                let mut bytes: Vec<u8> = bytes.collect();
                let count = bytes.len() as u64;
                if !count.is_multiple_of(2) {
                    bytes.push(0);
                }
                return Some((DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into())), count));
            }
        };
        let count = value.to_bytes().len() as u64;
        Some((DataElement::new(tag, vr, value), count))
    }
}

fn halves(values: impl Iterator<Item = u32>) -> PrimitiveValue {
    PrimitiveValue::U16(values.flat_map(|v| [v as u16, (v >> 16) as u16]).collect())
}

/// The file; `None` when the encoder fails, which no image that was read can make it do.
pub(crate) fn encode(image: &ImageOut<'_>) -> Option<Encoded> {
    let mut o = InMemDicomObject::new_empty();
    identity(&mut o, image);
    retained(&mut o, image);
    plane(&mut o, image);
    grey(&mut o, image);
    for (place, overlay) in (0..16).zip(image.overlays) {
        draw_over(&mut o, 0x6000 + 2 * place, overlay);
    }
    let (pixels, pixel_bytes) = image.pixels.element()?;
    o.put(pixels);
    let bytes = file_of(o, image.sop_class, &image.ids.image, uids::EXPLICIT_VR_LITTLE_ENDIAN)?;
    let pixels = (bytes.len() as u64).checked_sub(pixel_bytes.next_multiple_of(2))?;
    // Groups follow each other, the pixel data is the last, and the bits are the last of each group.
    let mut end = pixels.checked_sub(LONG_HEADER)?;
    let mut overlays = Vec::with_capacity(image.overlays.len());
    for overlay in image.overlays.iter().rev() {
        let bits = end.checked_sub(bit_bytes(overlay))?;
        overlays.push(bits);
        end = bits.checked_sub(OVERLAY_BEFORE_BITS)?;
    }
    overlays.reverse();
    Some(Encoded { bytes, pixels, overlays })
}

/// A data set as a file of this program's, in a transfer syntax that is explicit VR little endian around its pixels.
pub(crate) fn file_of(o: InMemDicomObject, class: &str, instance: &str, syntax: &str) -> Option<Vec<u8>> {
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance)
        .transfer_syntax(syntax)
        .implementation_class_uid(IMPLEMENTATION)
        .implementation_version_name(IMPLEMENTATION_NAME);
    let mut bytes = Vec::new();
    o.with_meta(meta).ok()?.write_all(&mut bytes).ok()?;
    Some(bytes)
}

/// Tag, VR and 32-bit length of an element of OB, OW, OF or OD (PS3.5 7.1.2).
const LONG_HEADER: u64 = 12;
/// What [`draw_over`] writes before the bits: five elements of 8 + 2 bytes, one of 8 + 4, and the header of the bits.
const OVERLAY_BEFORE_BITS: u64 = 5 * 10 + 12 + LONG_HEADER;

fn bit_bytes(overlay: &Overlay) -> u64 {
    overlay.lit.len().div_ceil(16) as u64 * 2
}

/// An overlay plane of its own data (PS3.3 C.9.2), without its name, description or label.
fn draw_over(o: &mut InMemDicomObject, group: u16, overlay: &Overlay) {
    word(o, Tag(group, 0x0010), overlay.size[1] as u16);
    word(o, Tag(group, 0x0011), overlay.size[0] as u16);
    text(o, Tag(group, 0x0040), VR::CS, if overlay.kind == OverlayKind::Region { "R" } else { "G" });
    let [column, row] = overlay.origin.map(|v| (v + 1) as i16);
    o.put(DataElement::new(Tag(group, 0x0050), VR::SS, PrimitiveValue::I16(vec![row, column].into())));
    word(o, Tag(group, 0x0100), 1);
    word(o, Tag(group, 0x0102), 0);
    let bits = |pixels: &[bool]| pixels.iter().zip(0..).fold(0u16, |word, (lit, bit)| word | u16::from(*lit) << bit);
    o.put(DataElement::new(Tag(group, 0x3000), VR::OW, PrimitiveValue::U16(overlay.lit.chunks(16).map(bits).collect())));
}

pub(crate) fn text(o: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    o.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}
pub(crate) fn numbers(o: &mut InMemDicomObject, tag: Tag, values: &[f64]) {
    let texts: Vec<String> = values.iter().map(|v| decimal(*v)).collect();
    o.put(DataElement::new(tag, VR::DS, PrimitiveValue::Strs(texts.into())));
}
pub(crate) fn word(o: &mut InMemDicomObject, tag: Tag, value: u16) {
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
    let codes = std::iter::once(BASIC_PROFILE).chain(image.retained.options.iter().map(|r| r.code()));
    let item = |(value, meaning)| {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::CODE_VALUE, VR::SH, value);
        text(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM");
        text(&mut item, tags::CODE_MEANING, VR::LO, meaning);
        item
    };
    let items: Vec<_> = codes.map(item).collect();
    o.put(DataElement::new(tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE, VR::SQ, DataSetSequence::from(items)));
    let dates = if image.retained.options.contains(&Retain::ModifiedDates) { "MODIFIED" } else { "REMOVED" };
    text(o, tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED, VR::CS, dates);
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

/// What the options let through, each value written anew.
fn retained(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    let Retained { options, of, shift, b_value } = image.retained;
    if options.contains(&Retain::PatientCharacteristics) {
        of.sex.into_iter().for_each(|sex| text(o, tags::PATIENT_SEX, VR::CS, sex));
        of.age_years.into_iter().for_each(|years| text(o, tags::PATIENT_AGE, VR::AS, &format!("{years:03}Y")));
        of.weight_kg.into_iter().for_each(|kg| numbers(o, tags::PATIENT_WEIGHT, &[kg]));
        of.size_m.into_iter().for_each(|m| numbers(o, tags::PATIENT_SIZE, &[m]));
    }
    let moved = |seconds: Option<f64>| {
        let seconds = seconds.filter(|_| options.contains(&Retain::ModifiedDates))?;
        date_and_time(seconds - shift)
    };
    for (seconds, date, time) in
        [(of.series, tags::SERIES_DATE, tags::SERIES_TIME), (of.acquisition, tags::ACQUISITION_DATE, tags::ACQUISITION_TIME)]
    {
        if let Some((day, clock)) = moved(seconds) {
            text(o, date, VR::DA, &day);
            text(o, time, VR::TM, &clock);
        }
    }
    if let Some(uptake) = &of.uptake {
        let corrections = uptake.corrected.iter().map(|c| (*c).to_owned()).collect();
        o.put(DataElement::new(tags::CORRECTED_IMAGE, VR::CS, PrimitiveValue::Strs(corrections)));
        uptake.decay.into_iter().for_each(|decay| text(o, tags::DECAY_CORRECTION, VR::CS, decay));
        let mut tracer = InMemDicomObject::new_empty();
        uptake.dose_bq.into_iter().for_each(|dose| numbers(&mut tracer, tags::RADIONUCLIDE_TOTAL_DOSE, &[dose]));
        uptake.half_life_s.into_iter().for_each(|s| numbers(&mut tracer, tags::RADIONUCLIDE_HALF_LIFE, &[s]));
        if let Some((day, clock)) = moved(uptake.injected) {
            text(&mut tracer, tags::RADIOPHARMACEUTICAL_START_TIME, VR::TM, &clock);
            text(&mut tracer, tags::RADIOPHARMACEUTICAL_START_DATE_TIME, VR::DT, &format!("{day}{clock}"));
        }
        o.put(DataElement::new(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, VR::SQ, DataSetSequence::from(vec![tracer])));
    }
    if let Some(b) = b_value {
        o.put(DataElement::new(tags::DIFFUSION_B_VALUE, VR::FD, PrimitiveValue::from(b)));
    }
    let safe = of.private_b.filter(|_| options.contains(&Retain::SafePrivate));
    if let Some(((group, creator, element), b)) = safe.and_then(|(place, b)| Some((*B_VALUES.get(place)?, b))) {
        text(o, Tag(group, 0x0010), VR::LO, creator);
        let tag = Tag(group, 0x1000 | u16::from(element));
        if group == 0x2001 {
            o.put(DataElement::new(tag, VR::FL, PrimitiveValue::from(b as f32)));
        } else {
            text(o, tag, VR::IS, &format!("{}", b as i32));
        }
    }
}

fn plane(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    let sample = image.pixels.sample();
    match image.pixels {
        PixelsOut::Grey(..) => {
            word(o, tags::SAMPLES_PER_PIXEL, 1);
            text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
        }
        PixelsOut::Colour(_) => {
            word(o, tags::SAMPLES_PER_PIXEL, 3);
            text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
            word(o, tags::PLANAR_CONFIGURATION, 0);
        }
    }
    word(o, tags::COLUMNS, image.size[0] as u16);
    word(o, tags::ROWS, image.size[1] as u16);
    word(o, tags::BITS_ALLOCATED, u16::from(sample.allocated()));
    // Floating-point pixels have no stored bits (PS3.3 C.7.6.24).
    if !matches!(sample, Sample::Float | Sample::Double) {
        word(o, tags::BITS_STORED, u16::from(sample.stored()));
        word(o, tags::HIGH_BIT, u16::from(sample.stored()).saturating_sub(1));
        word(o, tags::PIXEL_REPRESENTATION, u16::from(sample.signed()));
    }
    text(o, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, if image.lossy { "01" } else { "00" });
    if let Some(p) = image.plane {
        let ([a, b, c], [d, e, f]): ([f64; 3], [f64; 3]) = (p.row.into(), p.column.into());
        numbers(o, tags::IMAGE_POSITION_PATIENT, &<[f64; 3]>::from(p.position));
        numbers(o, tags::IMAGE_ORIENTATION_PATIENT, &[a, b, c, d, e, f]);
        numbers(o, tags::PIXEL_SPACING, &[p.spacing[1].0, p.spacing[0].0]);
    }
}

fn grey(o: &mut InMemDicomObject, image: &ImageOut<'_>) {
    let PixelsOut::Grey(sample, _) = image.pixels else { return };
    match image.modality {
        ModalityLut::Rescale { slope, intercept } => {
            numbers(o, tags::RESCALE_SLOPE, &[*slope]);
            numbers(o, tags::RESCALE_INTERCEPT, &[*intercept]);
            text(o, tags::RESCALE_TYPE, VR::LO, if image.unit == ValueUnit::Hounsfield { "HU" } else { "US" });
            if image.unit == ValueUnit::BecquerelPerMillilitre {
                text(o, tags::UNITS, VR::CS, "BQML");
            }
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
    if let Some([low, high]) = image.padding {
        padding(o, sample, low, high);
    }
}

fn padding(o: &mut InMemDicomObject, sample: Sample, low: f64, high: f64) {
    match sample {
        Sample::Float => {
            o.put(DataElement::new(tags::FLOAT_PIXEL_PADDING_VALUE, VR::FL, PrimitiveValue::from(low as f32)));
        }
        Sample::Double => {
            o.put(DataElement::new(tags::DOUBLE_FLOAT_PIXEL_PADDING_VALUE, VR::FD, PrimitiveValue::from(low)));
        }
        // The attributes have 16 bits; what does not fit stands in the manifest alone.
        Sample::Long { .. } => {}
        Sample::Bit | Sample::Short { .. } => {
            let vr = if sample.signed() { VR::SS } else { VR::US };
            let value = |v: f64| if sample.signed() { PrimitiveValue::from(v as i16) } else { PrimitiveValue::from(v as u16) };
            o.put(DataElement::new(tags::PIXEL_PADDING_VALUE, vr, value(low)));
            if low != high {
                o.put(DataElement::new(tags::PIXEL_PADDING_RANGE_LIMIT, vr, value(high)));
            }
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
    use tiresias_words::StoredValue;

    /// A file of 3 x 2 signed pixels, -3 to 2, and the offset of its pixel data.
    pub(crate) fn sample() -> (Vec<u8>, u64) {
        let imaging = ImagingModality::new("MR").unwrap();
        let uid = |n: u8| format!("2.25.{n}");
        let samples = Samples::Words((0..6).map(|i| 32_765 + i).collect());
        let image = ImageOut {
            sop_class: uids::MR_IMAGE_STORAGE,
            ids: NewIds { image: uid(1), study: uid(2), series: uid(3), frame_of_reference: Some(uid(4)) },
            imaging: &imaging,
            size: [3, 2],
            plane: ImagePlane::new(&[1.5, -2.0, 3.0], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[0.7, 0.5]).ok(),
            modality: &ModalityLut::Rescale { slope: 2.0, intercept: -1.0 },
            unit: ValueUnit::Arbitrary,
            vois: &[],
            shape: PresentationShape::Inverse,
            padding: Some([-2000.0, -1900.0]),
            lossy: false,
            patient_id: "",
            retained: Retained { options: &[], of: &Retainable::default(), shift: 0.0, b_value: None },
            comments: None,
            overlays: &drawings(),
            pixels: PixelsOut::Grey(Sample::Short { allocated: 16, stored: 12, shift: 0, signed: true }, &samples),
        };
        let file = encode(&image).unwrap();
        for (drawing, at) in drawings().iter().zip(&file.overlays) {
            let bits = &file.bytes[*at as usize..];
            assert!(drawing.lit.iter().enumerate().all(|(i, lit)| *lit == (bits[i / 8] >> (i % 8) & 1 == 1)), "{drawing:?}");
        }
        (file.bytes, file.pixels)
    }

    fn drawings() -> [Overlay; 2] {
        let lit = |n: usize, every: usize| (0..n).map(|i| i % every == 0).collect();
        [
            Overlay { group: 0x6000, kind: OverlayKind::Graphics, size: [3, 2], origin: [0, 0], lit: lit(6, 2) },
            Overlay { group: 0x6002, kind: OverlayKind::Region, size: [17, 1], origin: [-16, 1], lit: lit(17, 4) },
        ]
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (bytes, offset) = sample();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.dcm");
        std::fs::write(&path, &bytes).unwrap();
        let codecs = std::sync::Arc::new(crate::Codecs::here());
        let folder = crate::read_folder(&path, &codecs, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        let s = &folder.series[0];
        let (buffer, warnings) = s.load().unwrap();
        assert_eq!((0..6).map(|i| buffer.stored([i % 3, i / 3, 0]).unwrap()).collect::<Vec<_>>(), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0]);
        assert_eq!(bytes[offset as usize..], [-3i16, -2, -1, 0, 1, 2].map(i16::to_le_bytes).concat());
        let scale = buffer.scale().unwrap();
        assert_eq!(scale.modality, ModalityLut::Rescale { slope: 2.0, intercept: -1.0 });
        assert_eq!(scale.padding, Some(StoredValue(32_768 - 2000)..=StoredValue(32_768 - 1900)));
        assert_eq!((s.shape, warnings.len(), s.warnings().len()), (PresentationShape::Inverse, 0, 0));
        assert_eq!(s.volume.as_ref().unwrap().spacing().map(|m| m.0), [0.5, 0.7]);
        assert_eq!(s.overlays(0).unwrap(), drawings());
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
