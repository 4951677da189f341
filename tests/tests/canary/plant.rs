//! Marked values in every place of a DICOM file that can tell who a patient is, where and when: real images, foreign words.
//!
//! Owns the list of places. Every value is unique, so that a find says where it came from. Refuses: values that the standard forbids in their place.

use dicom_core::value::{DataSetSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags as t;
use dicom_object::InMemDicomObject;
use std::path::Path;

/// A planted value and where it was planted.
#[derive(Debug, Clone)]
pub(crate) struct Canary {
    pub(crate) place: String,
    pub(crate) value: String,
}

/// Texts of persons, places and things.
const WORDS: [(Tag, VR); 42] = [
    (t::PATIENT_NAME, VR::PN),
    (t::PATIENT_ID, VR::LO),
    (t::ISSUER_OF_PATIENT_ID, VR::LO),
    // Retired, and still written by many machines: Other Patient IDs.
    (Tag(0x0010, 0x1000), VR::LO),
    (t::OTHER_PATIENT_NAMES, VR::PN),
    (t::PATIENT_BIRTH_NAME, VR::PN),
    (t::PATIENT_MOTHER_BIRTH_NAME, VR::PN),
    (t::PATIENT_ADDRESS, VR::LO),
    (t::PATIENT_TELEPHONE_NUMBERS, VR::SH),
    (t::MILITARY_RANK, VR::LO),
    (t::OCCUPATION, VR::SH),
    (t::PATIENT_COMMENTS, VR::LT),
    (t::ADDITIONAL_PATIENT_HISTORY, VR::LT),
    (t::ACCESSION_NUMBER, VR::SH),
    (t::STUDY_ID, VR::SH),
    (t::ADMISSION_ID, VR::LO),
    (t::INSTITUTION_NAME, VR::LO),
    (t::INSTITUTION_ADDRESS, VR::ST),
    (t::INSTITUTIONAL_DEPARTMENT_NAME, VR::LO),
    (t::STATION_NAME, VR::SH),
    (t::REFERRING_PHYSICIAN_NAME, VR::PN),
    (t::REFERRING_PHYSICIAN_ADDRESS, VR::ST),
    (t::PERFORMING_PHYSICIAN_NAME, VR::PN),
    (t::NAME_OF_PHYSICIANS_READING_STUDY, VR::PN),
    (t::PHYSICIANS_OF_RECORD, VR::PN),
    (t::OPERATORS_NAME, VR::PN),
    (t::REQUESTING_PHYSICIAN, VR::PN),
    (t::REQUESTING_SERVICE, VR::LO),
    (t::STUDY_DESCRIPTION, VR::LO),
    (t::SERIES_DESCRIPTION, VR::LO),
    (t::PROTOCOL_NAME, VR::LO),
    (t::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO),
    (t::PERFORMED_PROCEDURE_STEP_DESCRIPTION, VR::LO),
    (t::PERFORMED_PROCEDURE_STEP_ID, VR::SH),
    (t::ADMITTING_DIAGNOSES_DESCRIPTION, VR::LO),
    (t::DERIVATION_DESCRIPTION, VR::ST),
    (t::DEVICE_SERIAL_NUMBER, VR::LO),
    (t::PLATE_ID, VR::LO),
    (t::GANTRY_ID, VR::LO),
    (t::IMAGE_COMMENTS, VR::LT),
    (t::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO),
    (t::CONTRAST_BOLUS_AGENT, VR::LO),
];

const DATES: [Tag; 7] = [
    t::PATIENT_BIRTH_DATE,
    t::STUDY_DATE,
    t::SERIES_DATE,
    t::ACQUISITION_DATE,
    t::CONTENT_DATE,
    t::PERFORMED_PROCEDURE_STEP_START_DATE,
    t::INSTANCE_CREATION_DATE,
];
const TIMES: [Tag; 5] = [t::PATIENT_BIRTH_TIME, t::STUDY_TIME, t::SERIES_TIME, t::ACQUISITION_TIME, t::CONTENT_TIME];
const UIDS: [Tag; 8] = [
    t::STUDY_INSTANCE_UID,
    t::SERIES_INSTANCE_UID,
    t::FRAME_OF_REFERENCE_UID,
    t::SYNCHRONIZATION_FRAME_OF_REFERENCE_UID,
    t::INSTANCE_CREATOR_UID,
    t::CONCATENATION_UID,
    t::DIMENSION_ORGANIZATION_UID,
    t::DEVICE_UID,
];
const PRIVATE: [Tag; 2] = [Tag(0x0009, 0x1001), Tag(0x0043, 0x1027)];

/// Writes the files `from` into a marked folder under `root`, each with everything planted, and gives what was planted. `case` keeps two cases apart.
pub(crate) fn plant(from: &[std::path::PathBuf], root: &Path, case: u32) -> (std::path::PathBuf, Vec<Canary>) {
    let mut planted = Vec::new();
    let mut next = 0u32;
    // Words hold letters that no other text has; numbers hold digits that no other number has.
    let mut number = |digits: usize| {
        next += 1;
        let mixed = u64::from(case * 1000 + next).wrapping_mul(0x9E37_79B9_7F4A_7C15) % 10u64.pow(digits as u32 - 1);
        format!("{}{mixed:0width$}", 1 + next % 9, width = digits - 1)
    };
    let mut common: Vec<(Tag, VR, String)> = Vec::new();
    for (tag, vr) in WORDS {
        // As long as the shortest of these VRs (SH, 16 characters) can hold.
        common.push((tag, vr, format!("QZXW{}", number(9))));
    }
    for tag in DATES {
        // In the eighteenth century: no date of the program or of a fixture.
        let n: u32 = number(4).parse().expect("digits");
        common.push((tag, VR::DA, format!("17{:02}{:02}{:02}", n % 89 + 10, n / 89 % 12 + 1, n / 7 % 28 + 1)));
    }
    for tag in TIMES {
        common.push((tag, VR::TM, format!("1{}:", n_time(&number(6))).replace(':', &format!(".{}", number(6)))));
    }
    for tag in UIDS {
        common.push((tag, VR::UI, format!("1.2.826.0.1.3680043.8.498.{}", number(18))));
    }
    for tag in PRIVATE {
        common.push((tag, VR::LO, format!("QZXP{}", number(9))));
        common.push((Tag(tag.0, 0x0010), VR::LO, format!("QZXC{}", number(9))));
    }
    let nested = format!("QZXN{}", number(9));
    let nested_uid = format!("1.2.826.0.1.3680043.8.498.{}", number(18));
    let preamble = format!("QZXA{}", number(9));
    let folder = format!("QZXF{}", number(9));
    let place = root.join(&folder);
    std::fs::create_dir_all(&place).expect("a folder");
    for (tag, _, value) in &common {
        planted.push(Canary { place: tag.to_string(), value: value.clone() });
    }
    for (place, value) in
        [("a sequence", &nested), ("a UID in a sequence", &nested_uid), ("the preamble", &preamble), ("the folder", &folder)]
    {
        planted.push(Canary { place: place.to_owned(), value: value.clone() });
    }
    for source in from {
        let mut file = dicom_object::open_file(source).expect("a DICOM file");
        for (tag, vr, value) in &common {
            file.put(DataElement::new(*tag, *vr, PrimitiveValue::from(value.as_str())));
        }
        let item = InMemDicomObject::from_element_iter([
            DataElement::new(t::PATIENT_ID, VR::LO, PrimitiveValue::from(nested.as_str())),
            DataElement::new(t::REFERENCED_SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from(nested_uid.as_str())),
        ]);
        for tag in [t::OTHER_PATIENT_I_DS_SEQUENCE, t::REQUEST_ATTRIBUTES_SEQUENCE, t::REFERENCED_STUDY_SEQUENCE, t::SOURCE_IMAGE_SEQUENCE]
        {
            file.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item.clone()])));
        }
        let sop = format!("1.2.826.0.1.3680043.8.498.{}", number(18));
        let name = format!("QZXD{}", number(9));
        let instance = number(9);
        file.put(DataElement::new(t::SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from(sop.as_str())));
        file.put(DataElement::new(t::INSTANCE_NUMBER, VR::IS, PrimitiveValue::from(instance.as_str())));
        file.update_meta(|meta| meta.media_storage_sop_instance_uid = sop.clone());
        let path = place.join(format!("{name}.dcm"));
        file.write_to_file(&path).expect("a file");
        // The preamble may hold anything (PS3.10 7.1).
        let mut bytes = std::fs::read(&path).expect("a file");
        bytes[..preamble.len()].copy_from_slice(preamble.as_bytes());
        std::fs::write(&path, bytes).expect("a file");
        for (place, value) in [("SOP Instance UID", sop), ("a file name", name), ("Instance Number", instance)] {
            planted.push(Canary { place: place.to_owned(), value });
        }
    }
    (place, planted)
}

/// Hours, minutes and seconds out of any digits.
fn n_time(digits: &str) -> String {
    let n: u32 = digits.parse().expect("digits");
    format!("{}{:02}{:02}", n % 10, n / 10 % 60, n / 600 % 60)
}
