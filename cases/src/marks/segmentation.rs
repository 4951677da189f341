//! The marks of one read as segmentations: one binary segmentation for each series that holds marks in the patient, one segment for each mark (PS3.3 A.51,
//! C.8.20).
//!
//! Frames are the slices of the series that a mark covers, in the series' own grid, so that a mask lies on the very pixels that were marked. Marks on images
//! without a place in the patient have no segment: a segmentation is in a frame of reference. A mark has the same tracking UID as in the report.

use super::mask::{Covered, covered};
use super::{
    CaseMark, MarkedCase, MarkedImage, MarksError, attributes, code, cut, general, image, instance, new_uid, parsed, place, sequence,
    tracking_identifier, uid_in,
};
use crate::write::{file_of, numbers, text, word};
use crate::{Package, Series};
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use std::collections::BTreeMap;
use tiresias_words::{MarkShape, SopUid, VolumeGeometry, Voxel};

/// A segment as a segmentation of ours has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentedMark {
    /// "Mark 3".
    pub tracking: String,
    /// Covered pixels by image: how many.
    pub pixels: BTreeMap<SopUid, u64>,
}

/// One mark that has a segment.
struct Segment<'a> {
    mark: &'a CaseMark,
    covered: Covered,
}

/// The segmentations of a read, each as the bytes of a DICOM file; none where no mark lies in a patient.
///
/// # Errors
/// When a mark is on an image that the package does not hold, or an image lacks what a reference needs.
pub fn segmentations(case: &MarkedCase, package: &Package) -> Result<Vec<Vec<u8>>, MarksError> {
    let mut by_series: BTreeMap<usize, Vec<Segment<'_>>> = BTreeMap::new();
    for mark in &case.marks {
        let (at, _) = place(package, mark)?;
        let geometry = package.series().get(at).and_then(|series| series.volume.as_ref());
        if let (MarkShape::InPatient(outline), Some(geometry)) = (&mark.shape, geometry) {
            let covered = covered(outline, geometry);
            if !covered.is_empty() {
                by_series.entry(at).or_default().push(Segment { mark, covered });
            }
        }
    }
    let mut files = Vec::new();
    for (at, segments) in by_series {
        if let Some(series) = package.series().get(at)
            && let Some(geometry) = &series.volume
        {
            files.push(segmentation(case, package, at, series, geometry, &segments)?);
        }
    }
    Ok(files)
}

fn segmentation(
    case: &MarkedCase,
    package: &Package,
    at: usize,
    series: &Series,
    geometry: &VolumeGeometry,
    segments: &[Segment<'_>],
) -> Result<Vec<u8>, MarksError> {
    let Some(first) = segments.first() else { return Err(MarksError::Encode) };
    let source = image(series, place(package, first.mark)?.1, first.mark.number)?;
    let frame = source.frame_of_reference.clone().ok_or(MarksError::NoUid { number: first.mark.number.0, what: "frame of reference" })?;
    let uid = new_uid(case, package, &format!("segmentation {at}"));
    let organization = new_uid(case, package, &format!("dimensions {at}"));
    let mut o = InMemDicomObject::new_empty();
    text(&mut o, tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE);
    text(&mut o, tags::SOP_INSTANCE_UID, VR::UI, &uid);
    general(&mut o, case, &source, "SEG");
    text(&mut o, tags::SERIES_INSTANCE_UID, VR::UI, &new_uid(case, package, &format!("segmentation series {at}")));
    text(&mut o, tags::SERIES_DESCRIPTION, VR::LO, "Marks of a reader study");
    text(&mut o, tags::FRAME_OF_REFERENCE_UID, VR::UI, &frame);
    text(&mut o, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    o.put(DataElement::new(tags::IMAGE_TYPE, VR::CS, PrimitiveValue::Strs(["DERIVED", "PRIMARY"].map(str::to_owned).to_vec().into())));
    for (tag, value) in [(tags::CONTENT_LABEL, "MARKS"), (tags::LOSSY_IMAGE_COMPRESSION, "00"), (tags::SEGMENTATION_TYPE, "BINARY")] {
        text(&mut o, tag, VR::CS, value);
    }
    text(&mut o, tags::SEGMENTS_OVERLAP, VR::CS, "UNDEFINED");
    text(&mut o, tags::CONTENT_DESCRIPTION, VR::LO, &cut(&case.label));
    text(&mut o, tags::CONTENT_CREATOR_NAME, VR::PN, &cut(&case.reader));
    pixel_module(&mut o, series);
    dimensions(&mut o, &organization);
    sequence(&mut o, tags::SEGMENT_SEQUENCE, (1..).zip(segments).map(|(n, s)| segment(case, package, n, s.mark)).collect());
    let mut images: BTreeMap<u32, &SopUid> = BTreeMap::new();
    for slice in segments.iter().flat_map(|s| s.covered.keys()) {
        let uid = series.image_uid(*slice as usize).ok_or(MarksError::NoSuchImage(first.mark.number))?;
        images.insert(*slice, uid);
    }
    let mut referenced = InMemDicomObject::new_empty();
    text(&mut referenced, tags::SERIES_INSTANCE_UID, VR::UI, &source.series);
    sequence(&mut referenced, tags::REFERENCED_INSTANCE_SEQUENCE, images.values().map(|i| instance(&source.class, i.as_str())).collect());
    sequence(&mut o, tags::REFERENCED_SERIES_SEQUENCE, vec![referenced]);
    sequence(&mut o, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared(geometry)]);
    let slices: Vec<u32> = images.keys().copied().collect();
    let (frames, bits) = frames(segments, &slices, &images, &source, geometry);
    let count = frames.len();
    text(&mut o, tags::NUMBER_OF_FRAMES, VR::IS, &count.to_string());
    sequence(&mut o, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frames);
    o.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bits.into())));
    let bytes = file_of(o, uids::SEGMENTATION_STORAGE, &uid, uids::EXPLICIT_VR_LITTLE_ENDIAN).ok_or(MarksError::Encode)?;
    let pixels =
        |s: &Segment<'_>| s.covered.iter().filter_map(|(slice, p)| Some(((*images.get(slice)?).clone(), p.len() as u64))).collect();
    let expected: Vec<_> =
        segments.iter().map(|s| SegmentedMark { tracking: tracking_identifier(s.mark.number), pixels: pixels(s) }).collect();
    if read_segmentation(&bytes)? != expected {
        return Err(MarksError::ReadBack("a mark does not cover the pixels that it covered"));
    }
    Ok(bytes)
}

fn pixel_module(o: &mut InMemDicomObject, series: &Series) {
    let [columns, rows] = series.image_size;
    word(o, tags::SAMPLES_PER_PIXEL, 1);
    text(o, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    word(o, tags::ROWS, rows as u16);
    word(o, tags::COLUMNS, columns as u16);
    for (tag, value) in [(tags::BITS_ALLOCATED, 1), (tags::BITS_STORED, 1), (tags::HIGH_BIT, 0), (tags::PIXEL_REPRESENTATION, 0)] {
        word(o, tag, value);
    }
}

/// Frames are found by segment, then by position (PS3.3 C.7.6.17).
fn dimensions(o: &mut InMemDicomObject, organization: &str) {
    let mut named = InMemDicomObject::new_empty();
    text(&mut named, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
    sequence(o, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![named]);
    let index = |pointer: Tag, group: Tag, label: &str| {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, organization);
        item.put(DataElement::new(tags::DIMENSION_INDEX_POINTER, VR::AT, PrimitiveValue::Tags(vec![pointer].into())));
        item.put(DataElement::new(tags::FUNCTIONAL_GROUP_POINTER, VR::AT, PrimitiveValue::Tags(vec![group].into())));
        text(&mut item, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        item
    };
    let indices = vec![
        index(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE, "Segment"),
        index(tags::IMAGE_POSITION_PATIENT, tags::PLANE_POSITION_SEQUENCE, "Position"),
    ];
    sequence(o, tags::DIMENSION_INDEX_SEQUENCE, indices);
}

fn segment(case: &MarkedCase, package: &Package, number: u16, mark: &CaseMark) -> InMemDicomObject {
    let tracking = tracking_identifier(mark.number);
    let mut item = InMemDicomObject::new_empty();
    word(&mut item, tags::SEGMENT_NUMBER, number);
    text(&mut item, tags::SEGMENT_LABEL, VR::LO, &tracking);
    text(&mut item, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, "MANUAL");
    text(&mut item, tags::TRACKING_ID, VR::UT, &tracking);
    text(&mut item, tags::TRACKING_UID, VR::UI, &new_uid(case, package, &tracking));
    let altered = code("49755003", "SCT", "Morphologically Altered Structure");
    sequence(&mut item, tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![altered]);
    sequence(&mut item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![code("52988006", "SCT", "Lesion")]);
    item
}

fn shared(geometry: &VolumeGeometry) -> InMemDicomObject {
    let ([a, b, c], [d, e, f]): ([f64; 3], [f64; 3]) = (geometry.row_direction().into(), geometry.column_direction().into());
    let mut orientation = InMemDicomObject::new_empty();
    numbers(&mut orientation, tags::IMAGE_ORIENTATION_PATIENT, &[a, b, c, d, e, f]);
    let mut measures = InMemDicomObject::new_empty();
    let [between_columns, between_rows] = geometry.spacing();
    numbers(&mut measures, tags::SLICE_THICKNESS, &[geometry.slice_spacing().0]);
    numbers(&mut measures, tags::SPACING_BETWEEN_SLICES, &[geometry.slice_spacing().0]);
    numbers(&mut measures, tags::PIXEL_SPACING, &[between_rows.0, between_columns.0]);
    let mut groups = InMemDicomObject::new_empty();
    sequence(&mut groups, tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]);
    sequence(&mut groups, tags::PIXEL_MEASURES_SEQUENCE, vec![measures]);
    groups
}

/// The functional groups of each frame, and the bits of all of them: one a pixel, from the lowest of the first byte, frame after frame (PS3.5 8.1.1).
fn frames(
    segments: &[Segment<'_>],
    slices: &[u32],
    images: &BTreeMap<u32, &SopUid>,
    source: &MarkedImage,
    geometry: &VolumeGeometry,
) -> (Vec<InMemDicomObject>, Vec<u8>) {
    let [columns, rows, _] = geometry.size();
    let pixels = columns as usize * rows as usize;
    let mut frames = Vec::new();
    let mut lit: Vec<usize> = Vec::new();
    for (number, segment) in (1u16..).zip(segments) {
        for (slice, covered) in &segment.covered {
            lit.extend(covered.iter().map(|at| frames.len() * pixels + *at as usize));
            let position = slices.iter().position(|s| s == slice).unwrap_or_default() as u32 + 1;
            frames.push(frame(number, position, *slice, images.get(slice).copied(), source, geometry));
        }
    }
    let mut bits = vec![0u8; (frames.len() * pixels).div_ceil(8)];
    for at in lit {
        if let Some(byte) = bits.get_mut(at / 8) {
            *byte |= 1 << (at % 8);
        }
    }
    if bits.len() % 2 == 1 {
        bits.push(0);
    }
    (frames, bits)
}

fn frame(number: u16, position: u32, slice: u32, of: Option<&SopUid>, source: &MarkedImage, geometry: &VolumeGeometry) -> InMemDicomObject {
    let mut content = InMemDicomObject::new_empty();
    let indices = PrimitiveValue::U32(vec![u32::from(number), position].into());
    content.put(DataElement::new(tags::DIMENSION_INDEX_VALUES, VR::UL, indices));
    let mut plane = InMemDicomObject::new_empty();
    let corner: [f64; 3] = geometry.patient_of(Voxel::new(0.0, 0.0, f64::from(slice))).into();
    numbers(&mut plane, tags::IMAGE_POSITION_PATIENT, &corner);
    let mut identification = InMemDicomObject::new_empty();
    word(&mut identification, tags::REFERENCED_SEGMENT_NUMBER, number);
    let mut from = instance(&source.class, of.map_or("", SopUid::as_str));
    sequence(
        &mut from,
        tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
        vec![code("121322", "DCM", "Source image for image processing operation")],
    );
    // Each pixel of the segment is the one at its place in the image (PS3.3 C.7.6.16.2.6); readers refuse to go from one to the other where nobody says so.
    from.put(DataElement::new(tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, PrimitiveValue::from("YES")));
    let mut derivation = InMemDicomObject::new_empty();
    sequence(&mut derivation, tags::SOURCE_IMAGE_SEQUENCE, vec![from]);
    sequence(&mut derivation, tags::DERIVATION_CODE_SEQUENCE, vec![code("113076", "DCM", "Segmentation")]);
    let mut groups = InMemDicomObject::new_empty();
    sequence(&mut groups, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
    sequence(&mut groups, tags::PLANE_POSITION_SEQUENCE, vec![plane]);
    sequence(&mut groups, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![identification]);
    sequence(&mut groups, tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    groups
}

/// The segments of a segmentation of ours, and how many pixels each covers on each image.
///
/// # Errors
/// When the bytes are no such segmentation.
pub fn read_segmentation(bytes: &[u8]) -> Result<Vec<SegmentedMark>, MarksError> {
    let object = parsed(bytes)?;
    let a = attributes(&object);
    let count = |tag, name| Ok::<_, MarksError>(a.integer(tag, name)?.and_then(|n| usize::try_from(n).ok()).unwrap_or_default());
    let pixels = count(tags::ROWS, "Rows")?.saturating_mul(count(tags::COLUMNS, "Columns")?);
    let missing = || MarksError::ReadBack("it has no pixel data");
    let bits = object.get(tags::PIXEL_DATA).and_then(|e| e.to_bytes().ok()).ok_or_else(missing)?;
    let segments = a.items(tags::SEGMENT_SEQUENCE);
    let named = |s: &crate::attributes::Attributes| s.text(tags::TRACKING_ID).unwrap_or_default();
    let mut marks: Vec<_> = segments.iter().map(|s| SegmentedMark { tracking: named(s), pixels: BTreeMap::new() }).collect();
    for (frame, groups) in a.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).into_iter().enumerate() {
        let number = groups.items(tags::SEGMENT_IDENTIFICATION_SEQUENCE);
        let number = number.first().map(|n| n.integer(tags::REFERENCED_SEGMENT_NUMBER, "Referenced Segment Number")).transpose()?.flatten();
        let derived = groups.items(tags::DERIVATION_IMAGE_SEQUENCE);
        let source = derived.first().map(|d| d.items(tags::SOURCE_IMAGE_SEQUENCE)).unwrap_or_default();
        let image = source.first().and_then(|s| uid_in(s, tags::REFERENCED_SOP_INSTANCE_UID));
        let mark = number.and_then(|n| usize::try_from(n - 1).ok()).and_then(|n| marks.get_mut(n));
        let (Some(mark), Some(image)) = (mark, image) else { return Err(MarksError::ReadBack("a frame is of no segment or of no image")) };
        let is_lit = |at: &usize| bits.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1);
        let lit = (frame * pixels..(frame + 1) * pixels).filter(is_lit).count() as u64;
        mark.pixels.insert(image, lit);
    }
    Ok(marks)
}
