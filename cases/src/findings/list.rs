//! What is read of an AI result in DICOM: segmentations (PS3.3 A.51, C.8.20) and structured reports (PS3.3 A.35, C.17.3), beside what is read of any image.
//!
//! Names, dates, institutions, private elements and descriptions are not on the list. The content of a report nests as deep as it likes, and so does its list.

use crate::reading_list::{self, Wanted, sequence, value, within};
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// A code (PS3.3 8.8).
const CODE: &[Wanted] = &[value(tags::CODE_VALUE, b"SH"), value(tags::CODE_MEANING, b"LO")];

/// An image or object that is referred to, and what of it.
const REFERENCE: &[Wanted] = &[
    value(tags::REFERENCED_SOP_INSTANCE_UID, b"UI"),
    value(tags::REFERENCED_FRAME_NUMBER, b"IS"),
    value(tags::REFERENCED_SEGMENT_NUMBER, b"US"),
];

const REFERENCED_SERIES: &[Wanted] = &[
    value(tags::SERIES_INSTANCE_UID, b"UI"),
    sequence(tags::REFERENCED_SOP_SEQUENCE, REFERENCE),
    sequence(tags::REFERENCED_INSTANCE_SEQUENCE, REFERENCE),
];

const EVIDENCE: &[Wanted] = &[value(tags::STUDY_INSTANCE_UID, b"UI"), sequence(tags::REFERENCED_SERIES_SEQUENCE, REFERENCED_SERIES)];

/// One content item of a report.
static CONTENT: [Wanted; 13] = [
    value(tags::RELATIONSHIP_TYPE, b"CS"),
    value(tags::VALUE_TYPE, b"CS"),
    sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, CODE),
    sequence(tags::CONCEPT_CODE_SEQUENCE, CODE),
    value(tags::TEXT_VALUE, b"UT"),
    value(tags::UID, b"UI"),
    sequence(tags::MEASURED_VALUE_SEQUENCE, &[value(tags::NUMERIC_VALUE, b"DS"), sequence(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, CODE)]),
    sequence(tags::REFERENCED_SOP_SEQUENCE, REFERENCE),
    value(tags::GRAPHIC_TYPE, b"CS"),
    value(tags::GRAPHIC_DATA, b"FL"),
    value(tags::REFERENCED_FRAME_OF_REFERENCE_UID, b"UI"),
    value(tags::REFERENCED_CONTENT_ITEM_IDENTIFIER, b"UL"),
    Wanted { tag: tags::CONTENT_SEQUENCE, vr: *b"SQ", inside: &CONTENT },
];

const FRAME_GROUPS: &[Wanted] = &[
    sequence(tags::PLANE_POSITION_SEQUENCE, &[value(tags::IMAGE_POSITION_PATIENT, b"DS")]),
    sequence(tags::PLANE_ORIENTATION_SEQUENCE, &[value(tags::IMAGE_ORIENTATION_PATIENT, b"DS")]),
    sequence(tags::PIXEL_MEASURES_SEQUENCE, &[value(tags::PIXEL_SPACING, b"DS")]),
    sequence(tags::SEGMENT_IDENTIFICATION_SEQUENCE, &[value(tags::REFERENCED_SEGMENT_NUMBER, b"US")]),
    sequence(tags::DERIVATION_IMAGE_SEQUENCE, &[sequence(tags::SOURCE_IMAGE_SEQUENCE, REFERENCE)]),
];

static LIST: &[Wanted] = &[
    sequence(tags::REFERENCED_SERIES_SEQUENCE, REFERENCED_SERIES),
    // Segmentations.
    value(tags::SEGMENTATION_TYPE, b"CS"),
    value(tags::SEGMENTATION_FRACTIONAL_TYPE, b"CS"),
    value(tags::MAXIMUM_FRACTIONAL_VALUE, b"US"),
    sequence(
        tags::SEGMENT_SEQUENCE,
        &[
            value(tags::SEGMENT_NUMBER, b"US"),
            value(tags::SEGMENT_LABEL, b"LO"),
            value(tags::SEGMENT_ALGORITHM_NAME, b"LO"),
            sequence(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, CODE),
        ],
    ),
    sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, FRAME_GROUPS),
    sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, FRAME_GROUPS),
    // Structured reports.
    value(tags::VALUE_TYPE, b"CS"),
    sequence(tags::CONCEPT_NAME_CODE_SEQUENCE, CODE),
    sequence(tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, EVIDENCE),
    Wanted { tag: tags::CONTENT_SEQUENCE, vr: *b"SQ", inside: &CONTENT },
];

/// What is wanted of an element at the top of an AI result.
pub(super) fn wanted(tag: Tag) -> Option<&'static Wanted> {
    within(LIST, tag).or_else(|| reading_list::wanted(tag))
}
