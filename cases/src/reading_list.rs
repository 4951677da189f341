//! The reading list: every attribute that this program reads of a foreign file, and nothing else.
//!
//! Names and descriptions are not on it. Ids, dates, and the times that SUV needs are read for comparison and arithmetic and never shown; a birth date for an
//! age; explanations of windows and tables, and texts of presentation states, are words over an image; private are the b-values alone that PS3.15 calls safe.
//! The value representation is the standard's (PS3.6); it stands in where a file has none (implicit VR) or says unknown (UN).

use crate::retained::B_VALUES;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// One attribute to read; a sequence says what is read of its items.
pub(crate) struct Wanted {
    pub(crate) tag: Tag,
    pub(crate) vr: [u8; 2],
    pub(crate) inside: &'static [Wanted],
}

pub(crate) const fn value(tag: Tag, vr: &[u8; 2]) -> Wanted {
    Wanted { tag, vr: *vr, inside: &[] }
}
pub(crate) const fn sequence(tag: Tag, inside: &'static [Wanted]) -> Wanted {
    Wanted { tag, vr: *b"SQ", inside }
}

/// Overlay planes: the repeating groups 6000 to 601E (PS3.3 C.9.2).
pub(crate) const OVERLAY_GROUPS: [u16; 16] = {
    let mut groups = [0; 16];
    let mut i = 0;
    while i < 16 {
        groups[i] = 0x6000 + 2 * i as u16;
        i += 1;
    }
    groups
};

/// Elements of an overlay plane, with the group number left 0.
const OVERLAY: &[Wanted] = &[
    value(Tag(0, 0x0010), b"US"), // Overlay Rows
    value(Tag(0, 0x0011), b"US"), // Overlay Columns
    value(Tag(0, 0x0015), b"IS"), // Number of Frames in Overlay
    value(Tag(0, 0x0040), b"CS"), // Overlay Type
    value(Tag(0, 0x0050), b"SS"), // Overlay Origin
    value(Tag(0, 0x0051), b"US"), // Image Frame Origin
    value(Tag(0, 0x0100), b"US"), // Overlay Bits Allocated
    value(Tag(0, 0x0102), b"US"), // Overlay Bit Position
    value(Tag(0, 0x1001), b"CS"), // Overlay Activation Layer, of presentation states (C.11.7)
    value(Tag(0, 0x3000), b"OW"), // Overlay Data
];

/// A look-up table item (PS3.3 C.11.1, C.11.2).
const LUT_ITEM: &[Wanted] = &[value(tags::LUT_DESCRIPTOR, b"US"), value(tags::LUT_EXPLANATION, b"LO"), value(tags::LUT_DATA, b"OW")];

const VOI_WINDOWS: [Wanted; 4] = [
    value(tags::WINDOW_CENTER, b"DS"),
    value(tags::WINDOW_WIDTH, b"DS"),
    value(tags::WINDOW_CENTER_WIDTH_EXPLANATION, b"LO"),
    value(tags::VOILUT_FUNCTION, b"CS"),
];

/// What is read of shared and per-frame functional groups (PS3.3 C.7.6.16).
const FUNCTIONAL_GROUPS: &[Wanted] = &[
    sequence(tags::PLANE_POSITION_SEQUENCE, &[value(tags::IMAGE_POSITION_PATIENT, b"DS")]),
    sequence(tags::PLANE_ORIENTATION_SEQUENCE, &[value(tags::IMAGE_ORIENTATION_PATIENT, b"DS")]),
    sequence(tags::PIXEL_MEASURES_SEQUENCE, &[value(tags::PIXEL_SPACING, b"DS"), value(tags::SLICE_THICKNESS, b"DS")]),
    sequence(tags::FRAME_VOILUT_SEQUENCE, &VOI_WINDOWS),
    sequence(tags::FRAME_ANATOMY_SEQUENCE, &[value(tags::FRAME_LATERALITY, b"CS")]),
    sequence(
        tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE,
        &[value(tags::RESCALE_INTERCEPT, b"DS"), value(tags::RESCALE_SLOPE, b"DS"), value(tags::RESCALE_TYPE, b"LO")],
    ),
    // What tells frames at one position apart.
    sequence(
        tags::FRAME_CONTENT_SEQUENCE,
        &[
            value(tags::STACK_ID, b"SH"),
            value(tags::TEMPORAL_POSITION_INDEX, b"UL"),
            value(tags::FRAME_ACQUISITION_NUMBER, b"US"),
            value(tags::FRAME_ACQUISITION_DATE_TIME, b"DT"),
        ],
    ),
    sequence(tags::MR_ECHO_SEQUENCE, &[value(tags::EFFECTIVE_ECHO_TIME, b"FD")]),
    sequence(tags::MR_DIFFUSION_SEQUENCE, &[value(tags::DIFFUSION_B_VALUE, b"FD")]),
    sequence(tags::CARDIAC_SYNCHRONIZATION_SEQUENCE, &[value(tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME, b"FD")]),
    sequence(tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, &[value(tags::FRAME_TYPE, b"CS")]),
    sequence(tags::CT_IMAGE_FRAME_TYPE_SEQUENCE, &[value(tags::FRAME_TYPE, b"CS")]),
    sequence(tags::SEGMENT_IDENTIFICATION_SEQUENCE, &[value(tags::REFERENCED_SEGMENT_NUMBER, b"US")]),
    sequence(tags::FRAME_DISPLAY_SHUTTER_SEQUENCE, &SHUTTER),
    sequence(
        tags::PLANE_POSITION_SLIDE_SEQUENCE,
        &[value(tags::COLUMN_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, b"SL"), value(tags::ROW_POSITION_IN_TOTAL_IMAGE_PIXEL_MATRIX, b"SL")],
    ),
];

/// Display shutters (PS3.3 C.7.6.11).
const SHUTTER: [Wanted; 9] = [
    value(tags::SHUTTER_SHAPE, b"CS"),
    value(tags::SHUTTER_LEFT_VERTICAL_EDGE, b"IS"),
    value(tags::SHUTTER_RIGHT_VERTICAL_EDGE, b"IS"),
    value(tags::SHUTTER_UPPER_HORIZONTAL_EDGE, b"IS"),
    value(tags::SHUTTER_LOWER_HORIZONTAL_EDGE, b"IS"),
    value(tags::CENTER_OF_CIRCULAR_SHUTTER, b"IS"),
    value(tags::RADIUS_OF_CIRCULAR_SHUTTER, b"IS"),
    value(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, b"IS"),
    value(tags::SHUTTER_PRESENTATION_VALUE, b"US"),
];

const REFERENCED_IMAGE: Wanted = sequence(
    tags::REFERENCED_IMAGE_SEQUENCE,
    &[value(tags::REFERENCED_SOP_INSTANCE_UID, b"UI"), value(tags::REFERENCED_FRAME_NUMBER, b"IS")],
);
const REFERENCED_IMAGES: &[Wanted] = &[REFERENCED_IMAGE];

/// Softcopy presentation states (PS3.3 A.33, C.11.8, C.10.4 to C.10.6).
const SOFTCOPY_VOI: &[Wanted] = &[
    REFERENCED_IMAGE,
    value(tags::WINDOW_CENTER, b"DS"),
    value(tags::WINDOW_WIDTH, b"DS"),
    value(tags::WINDOW_CENTER_WIDTH_EXPLANATION, b"LO"),
    value(tags::VOILUT_FUNCTION, b"CS"),
    sequence(tags::VOILUT_SEQUENCE, LUT_ITEM),
];
const DISPLAYED_AREA: &[Wanted] = &[
    REFERENCED_IMAGE,
    value(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, b"SL"),
    value(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, b"SL"),
    value(tags::PRESENTATION_SIZE_MODE, b"CS"),
    value(tags::PRESENTATION_PIXEL_MAGNIFICATION_RATIO, b"FL"),
];
const GRAPHIC_ANNOTATION: &[Wanted] = &[
    REFERENCED_IMAGE,
    sequence(tags::COMPOUND_GRAPHIC_SEQUENCE, &[value(tags::COMPOUND_GRAPHIC_TYPE, b"CS")]),
    sequence(
        tags::TEXT_OBJECT_SEQUENCE,
        &[
            value(tags::BOUNDING_BOX_ANNOTATION_UNITS, b"CS"),
            value(tags::ANCHOR_POINT_ANNOTATION_UNITS, b"CS"),
            value(tags::UNFORMATTED_TEXT_VALUE, b"ST"),
            value(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, b"FL"),
            value(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, b"FL"),
            value(tags::ANCHOR_POINT, b"FL"),
            value(tags::ANCHOR_POINT_VISIBILITY, b"CS"),
        ],
    ),
    sequence(
        tags::GRAPHIC_OBJECT_SEQUENCE,
        &[
            value(tags::GRAPHIC_ANNOTATION_UNITS, b"CS"),
            value(tags::GRAPHIC_DIMENSIONS, b"US"),
            value(tags::NUMBER_OF_GRAPHIC_POINTS, b"US"),
            value(tags::GRAPHIC_DATA, b"FL"),
            value(tags::GRAPHIC_TYPE, b"CS"),
            value(tags::GRAPHIC_FILLED, b"CS"),
        ],
    ),
];

/// All that is read of a file, beside overlay planes.
const READING_LIST: &[Wanted] = &[
    // A media storage directory (PS3.3 F.3): which files it names.
    sequence(tags::DIRECTORY_RECORD_SEQUENCE, &[value(tags::REFERENCED_FILE_ID, b"CS")]),
    value(tags::SPECIFIC_CHARACTER_SET, b"CS"),
    value(tags::SOP_CLASS_UID, b"UI"),
    value(tags::SOP_INSTANCE_UID, b"UI"),
    value(tags::MODALITY, b"CS"),
    value(tags::PIXEL_PRESENTATION, b"CS"),
    // What hanging goes by: side, view, part of the body.
    value(tags::IMAGE_LATERALITY, b"CS"),
    value(tags::LATERALITY, b"CS"),
    value(tags::VIEW_POSITION, b"CS"),
    sequence(tags::VIEW_CODE_SEQUENCE, &[value(tags::CODE_VALUE, b"SH")]),
    value(tags::BODY_PART_EXAMINED, b"CS"),
    value(tags::PATIENT_ORIENTATION, b"CS"),
    // Told apart, never shown: two patients in one series are split.
    value(tags::PATIENT_ID, b"LO"),
    // What a package may keep where an option says so.
    value(tags::PATIENT_SEX, b"CS"),
    value(tags::PATIENT_AGE, b"AS"),
    value(tags::PATIENT_BIRTH_DATE, b"DA"),
    value(tags::PATIENT_SIZE, b"DS"),
    // What a protocol may require of an acquisition.
    value(tags::SLICE_THICKNESS, b"DS"),
    value(tags::CONVOLUTION_KERNEL, b"SH"),
    value(tags::KVP, b"DS"),
    value(tags::CONTRAST_BOLUS_AGENT, b"LO"),
    sequence(tags::CONTRAST_BOLUS_AGENT_SEQUENCE, &[value(tags::CODE_VALUE, b"SH")]),
    value(tags::STUDY_INSTANCE_UID, b"UI"),
    value(tags::SERIES_INSTANCE_UID, b"UI"),
    value(tags::INSTANCE_NUMBER, b"IS"),
    value(tags::FRAME_OF_REFERENCE_UID, b"UI"),
    // What tells images at one position apart.
    value(tags::IMAGE_TYPE, b"CS"),
    value(tags::ECHO_TIME, b"DS"),
    value(tags::TEMPORAL_POSITION_IDENTIFIER, b"IS"),
    value(tags::TRIGGER_TIME, b"DS"),
    value(tags::DIFFUSION_B_VALUE, b"FD"),
    value(tags::ACQUISITION_NUMBER, b"IS"),
    value(tags::CONTENT_TIME, b"TM"),
    // Standardised uptake values: dose, decay, weight, and the times between (PS3.3 C.8.9).
    value(tags::SERIES_DATE, b"DA"),
    value(tags::SERIES_TIME, b"TM"),
    value(tags::ACQUISITION_DATE, b"DA"),
    value(tags::ACQUISITION_TIME, b"TM"),
    value(tags::PATIENT_WEIGHT, b"DS"),
    value(tags::UNITS, b"CS"),
    value(tags::DECAY_CORRECTION, b"CS"),
    value(tags::CORRECTED_IMAGE, b"CS"),
    sequence(
        tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
        &[
            value(tags::RADIOPHARMACEUTICAL_START_TIME, b"TM"),
            value(tags::RADIOPHARMACEUTICAL_START_DATE_TIME, b"DT"),
            value(tags::RADIONUCLIDE_TOTAL_DOSE, b"DS"),
            value(tags::RADIONUCLIDE_HALF_LIFE, b"DS"),
        ],
    ),
    // Distances.
    value(tags::IMAGE_POSITION_PATIENT, b"DS"),
    value(tags::IMAGE_ORIENTATION_PATIENT, b"DS"),
    value(tags::PIXEL_SPACING, b"DS"),
    value(tags::PIXEL_ASPECT_RATIO, b"IS"),
    value(tags::IMAGER_PIXEL_SPACING, b"DS"),
    value(tags::PIXEL_SPACING_CALIBRATION_TYPE, b"CS"),
    value(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, b"DS"),
    sequence(
        tags::SEQUENCE_OF_ULTRASOUND_REGIONS,
        &[
            value(tags::REGION_SPATIAL_FORMAT, b"US"),
            value(tags::REGION_LOCATION_MIN_X0, b"UL"),
            value(tags::REGION_LOCATION_MIN_Y0, b"UL"),
            value(tags::REGION_LOCATION_MAX_X1, b"UL"),
            value(tags::REGION_LOCATION_MAX_Y1, b"UL"),
            value(tags::PHYSICAL_UNITS_X_DIRECTION, b"US"),
            value(tags::PHYSICAL_UNITS_Y_DIRECTION, b"US"),
            value(tags::PHYSICAL_DELTA_X, b"FD"),
            value(tags::PHYSICAL_DELTA_Y, b"FD"),
        ],
    ),
    // Time between frames.
    value(tags::FRAME_TIME, b"DS"),
    value(tags::FRAME_TIME_VECTOR, b"DS"),
    value(tags::CINE_RATE, b"IS"),
    value(tags::RECOMMENDED_DISPLAY_FRAME_RATE, b"IS"),
    // Pixels (PS3.3 C.7.6.3).
    value(tags::SAMPLES_PER_PIXEL, b"US"),
    value(tags::PHOTOMETRIC_INTERPRETATION, b"CS"),
    value(tags::PLANAR_CONFIGURATION, b"US"),
    value(tags::NUMBER_OF_FRAMES, b"IS"),
    value(tags::ROWS, b"US"),
    value(tags::COLUMNS, b"US"),
    value(tags::BITS_ALLOCATED, b"US"),
    value(tags::BITS_STORED, b"US"),
    value(tags::HIGH_BIT, b"US"),
    value(tags::PIXEL_REPRESENTATION, b"US"),
    value(tags::SMALLEST_IMAGE_PIXEL_VALUE, b"US"),
    value(tags::LARGEST_IMAGE_PIXEL_VALUE, b"US"),
    value(tags::PIXEL_PADDING_VALUE, b"US"),
    value(tags::PIXEL_PADDING_RANGE_LIMIT, b"US"),
    value(tags::FLOAT_PIXEL_PADDING_VALUE, b"FL"),
    value(tags::DOUBLE_FLOAT_PIXEL_PADDING_VALUE, b"FD"),
    value(tags::LOSSY_IMAGE_COMPRESSION, b"CS"),
    value(tags::EXTENDED_OFFSET_TABLE, b"OV"),
    // Palettes (PS3.3 C.7.9).
    value(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, b"US"),
    value(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, b"US"),
    value(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, b"US"),
    value(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    value(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    value(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    value(tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    value(tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    value(tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA, b"OW"),
    // Grey scale (PS3.3 C.11).
    value(tags::WINDOW_CENTER, b"DS"),
    value(tags::WINDOW_WIDTH, b"DS"),
    value(tags::WINDOW_CENTER_WIDTH_EXPLANATION, b"LO"),
    value(tags::VOILUT_FUNCTION, b"CS"),
    value(tags::RESCALE_INTERCEPT, b"DS"),
    value(tags::RESCALE_SLOPE, b"DS"),
    value(tags::RESCALE_TYPE, b"LO"),
    sequence(tags::MODALITY_LUT_SEQUENCE, LUT_ITEM),
    sequence(tags::VOILUT_SEQUENCE, LUT_ITEM),
    value(tags::PRESENTATION_LUT_SHAPE, b"CS"),
    sequence(tags::PRESENTATION_LUT_SEQUENCE, LUT_ITEM),
    sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, FUNCTIONAL_GROUPS),
    sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, FUNCTIONAL_GROUPS),
    // Segmentations: which segments there are (PS3.3 C.8.20).
    value(tags::SEGMENTATION_TYPE, b"CS"),
    sequence(tags::SEGMENT_SEQUENCE, &[value(tags::SEGMENT_NUMBER, b"US")]),
    // Tiles of a larger image (PS3.3 C.7.6.17.3).
    value(tags::DIMENSION_ORGANIZATION_TYPE, b"CS"),
    value(tags::TOTAL_PIXEL_MATRIX_COLUMNS, b"UL"),
    value(tags::TOTAL_PIXEL_MATRIX_ROWS, b"UL"),
    // Presentation states.
    sequence(tags::REFERENCED_SERIES_SEQUENCE, REFERENCED_IMAGES),
    sequence(tags::MASK_SUBTRACTION_SEQUENCE, &[value(tags::MASK_OPERATION, b"CS")]),
    sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, SOFTCOPY_VOI),
    sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, DISPLAYED_AREA),
    sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, GRAPHIC_ANNOTATION),
    value(tags::IMAGE_ROTATION, b"US"),
    value(tags::IMAGE_HORIZONTAL_FLIP, b"CS"),
];

/// Who reserved a block of private elements, and the safe ones among them (PS3.15 E.3.10), with the element number left 0.
const PRIVATE_CREATOR: Wanted = value(Tag(0, 0), b"LO");
const PRIVATE: [(u16, u8, Wanted); 3] = [
    (B_VALUES[0].0, B_VALUES[0].2, value(Tag(0, 0), b"IS")),
    (B_VALUES[1].0, B_VALUES[1].2, value(Tag(0, 0), b"IS")),
    (B_VALUES[2].0, B_VALUES[2].2, value(Tag(0, 0), b"FL")),
];

fn private(tag: Tag) -> Option<&'static Wanted> {
    const CREATOR: &Wanted = &PRIVATE_CREATOR;
    const ELEMENTS: &[(u16, u8, Wanted)] = &PRIVATE;
    let [block, element] = tag.element().to_be_bytes();
    let mut of_group = ELEMENTS.iter().filter(|(group, ..)| *group == tag.group());
    match (block, element) {
        (0, 0x10..) => of_group.next().map(|_| CREATOR),
        (0x10.., _) => of_group.find(|(_, wanted, _)| *wanted == element).map(|(.., wanted)| wanted),
        _ => None,
    }
}

/// What is wanted of an element at the top of a data set; `None` when it is not read.
pub(crate) fn wanted(tag: Tag) -> Option<&'static Wanted> {
    if tag.group() % 2 == 1 {
        return private(tag);
    }
    if OVERLAY_GROUPS.contains(&tag.group()) {
        return OVERLAY.iter().find(|w| w.tag.element() == tag.element());
    }
    within(READING_LIST, tag).or_else(|| within(&SHUTTER, tag))
}

/// A list of what is wanted at the top of a data set.
pub(crate) type ReadingList = fn(Tag) -> Option<&'static Wanted>;

/// What is wanted of an element inside an item.
pub(crate) fn within(list: &'static [Wanted], tag: Tag) -> Option<&'static Wanted> {
    list.iter().find(|w| w.tag == tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::dictionary::{DataDictionary as _, DataDictionaryEntry as _};
    use dicom_dictionary_std::StandardDataDictionary;

    fn check(list: &[Wanted]) -> usize {
        for w in list.iter().filter(|w| w.tag.group() != 0) {
            let entry = StandardDataDictionary.by_tag(w.tag).unwrap_or_else(|| panic!("{} is not in PS3.6", w.tag));
            assert_eq!(entry.vr().relaxed().to_string().as_bytes(), w.vr, "{}", entry.alias());
            assert_eq!(w.vr == *b"SQ", !w.inside.is_empty(), "{}", entry.alias());
        }
        list.iter().map(|w| 1 + check(w.inside)).sum()
    }

    #[test]
    fn value_representations_are_those_of_the_standard() {
        assert!(check(READING_LIST) > 150);
        assert_eq!(wanted(Tag(0x6002, 0x3000)).map(|w| w.vr), Some(*b"OW"));
        assert!(wanted(tags::PATIENT_NAME).is_none() && wanted(Tag(0x6020, 0x0010)).is_none());
    }
}
