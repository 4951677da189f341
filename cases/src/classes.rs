//! The storage classes and modalities that are known by name (PS3.4 B.5; PS3.3 C.7.3.1.1.1).
//!
//! A foreign UID or code becomes one of these words or nothing, so that no text of a source file is ever carried on.

use dicom_dictionary_std::uids;
use tiresias_words::ImagingModality;

/// Storage classes of images that can be packed.
const IMAGES: &[&str] = &[
    uids::CT_IMAGE_STORAGE,
    uids::MR_IMAGE_STORAGE,
    uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE,
    uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
    uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PROCESSING,
    uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE,
    uids::X_RAY_RADIOFLUOROSCOPIC_IMAGE_STORAGE,
    uids::ULTRASOUND_IMAGE_STORAGE,
    uids::NUCLEAR_MEDICINE_IMAGE_STORAGE,
    uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE,
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
];

/// Storage classes of several frames, and the class that one of their frames is written as, because a package holds one frame a file.
const MULTI_FRAME: &[(&str, &str)] = &[
    (uids::ENHANCED_CT_IMAGE_STORAGE, uids::CT_IMAGE_STORAGE),
    (uids::ENHANCED_MR_IMAGE_STORAGE, uids::MR_IMAGE_STORAGE),
    (uids::ENHANCED_MR_COLOR_IMAGE_STORAGE, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
    (uids::ENHANCED_PET_IMAGE_STORAGE, uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE),
    (uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE, uids::ULTRASOUND_IMAGE_STORAGE),
    (uids::BREAST_TOMOSYNTHESIS_IMAGE_STORAGE, uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
    (uids::ENHANCED_XA_IMAGE_STORAGE, uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE),
    (uids::ENHANCED_XRF_IMAGE_STORAGE, uids::X_RAY_RADIOFLUOROSCOPIC_IMAGE_STORAGE),
    (uids::MULTI_FRAME_SINGLE_BIT_SECONDARY_CAPTURE_IMAGE_STORAGE, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
    (uids::MULTI_FRAME_GRAYSCALE_BYTE_SECONDARY_CAPTURE_IMAGE_STORAGE, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
    (uids::MULTI_FRAME_GRAYSCALE_WORD_SECONDARY_CAPTURE_IMAGE_STORAGE, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
    (uids::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE, uids::SECONDARY_CAPTURE_IMAGE_STORAGE),
];

/// Storage classes of what is no image series, and the word for it.
const OBJECTS: &[(&str, &str)] = &[
    (uids::SEGMENTATION_STORAGE, "SEG"),
    ("1.2.840.10008.5.1.4.1.1.66.7", "SEG"),
    (uids::BASIC_TEXT_SR_STORAGE, "SR"),
    (uids::ENHANCED_SR_STORAGE, "SR"),
    (uids::COMPREHENSIVE_SR_STORAGE, "SR"),
    (uids::COMPREHENSIVE3_DSR_STORAGE, "SR"),
    (uids::CHEST_CADSR_STORAGE, "SR"),
    (uids::MAMMOGRAPHY_CADSR_STORAGE, "SR"),
    (uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, "GSPS"),
    (uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE, "KOS"),
    (uids::RT_STRUCTURE_SET_STORAGE, "RTSTRUCT"),
    (uids::RT_PLAN_STORAGE, "RTPLAN"),
    (uids::ENCAPSULATED_PDF_STORAGE, "PDF"),
    (uids::MEDIA_STORAGE_DIRECTORY_STORAGE, "DICOMDIR"),
];

const MODALITIES: &[&str] = &["CT", "MR", "PT", "NM", "CR", "DX", "MG", "XA", "RF", "US", "SC", "OT", "PX", "IO", "ES", "XC", "OP", "OPT"];

/// Storage classes that the standard has retired (PS3.6, Annex A), and the class that took the place of each.
const RETIRED: &[(&str, &str)] = &[
    ("1.2.840.10008.5.1.4.1.1.3", uids::ULTRASOUND_IMAGE_STORAGE),
    ("1.2.840.10008.5.1.4.1.1.5", uids::NUCLEAR_MEDICINE_IMAGE_STORAGE),
    ("1.2.840.10008.5.1.4.1.1.6", uids::ULTRASOUND_IMAGE_STORAGE),
];

/// What an image without a class is, by its modality: de-identification leaves the class empty now and then.
const OF_MODALITY: &[(&str, &str)] = &[
    ("CT", uids::CT_IMAGE_STORAGE),
    ("MR", uids::MR_IMAGE_STORAGE),
    ("PT", uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE),
    ("NM", uids::NUCLEAR_MEDICINE_IMAGE_STORAGE),
    ("CR", uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE),
    ("DX", uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
    ("MG", uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION),
    ("US", uids::ULTRASOUND_IMAGE_STORAGE),
];

/// The image storage class that an image of this class is packed as; `None` when it is not packed.
pub(crate) fn image_class(uid: &str) -> Option<&'static str> {
    let of = |pairs: &[(&str, &'static str)]| pairs.iter().find(|(c, _)| *c == uid).map(|(_, packed)| *packed);
    let single = IMAGES.iter().find(|c| **c == uid).copied();
    single.or_else(|| of(MULTI_FRAME)).or_else(|| of(RETIRED))
}

/// The same for an image of a modality, which says what it is where there is no class.
pub(crate) fn packed_class(uid: &str, modality: &str) -> Option<&'static str> {
    let by_modality = || OF_MODALITY.iter().find(|(code, _)| *code == modality).map(|(_, class)| *class);
    if uid.is_empty() { by_modality() } else { image_class(uid) }
}

/// The word for an object that is no image series.
pub(crate) fn object_kind(uid: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|(c, _)| *c == uid).map(|(_, kind)| *kind)
}

/// The modality of a code; OT for what is not known.
pub(crate) fn modality(code: &str) -> Option<ImagingModality> {
    let known = MODALITIES.iter().find(|m| **m == code).copied().unwrap_or("OT");
    ImagingModality::new(known).ok()
}
