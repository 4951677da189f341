//! The canary: marked strings as every identifying value of the source images, and none of them anywhere that a reader's machine could see.

use crate::support::{codecs, folder};
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{FileDicomObject, InMemDicomObject, open_file};
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Package, Packing, Retain, Trust, UidKey};
use tiresias_words::Role;

/// In every planted text, as upper-case letters so that it is a legal code string too.
const MARK: &str = "XCANARYX";
/// In every planted UID.
const MARKED_UID: &str = "1.2.777777.31337";

/// Text attributes that identify or might, with their value representation.
const TEXTS: &[(Tag, VR)] = &[
    (tags::PATIENT_NAME, VR::PN),
    (tags::PATIENT_ID, VR::LO),
    (tags::OTHER_PATIENT_NAMES, VR::PN),
    (tags::PATIENT_ADDRESS, VR::LO),
    (tags::PATIENT_SEX, VR::CS),
    (tags::PATIENT_AGE, VR::AS),
    (tags::PATIENT_WEIGHT, VR::DS),
    (tags::CONVOLUTION_KERNEL, VR::SH),
    (tags::CONTRAST_BOLUS_AGENT, VR::LO),
    (tags::PATIENT_COMMENTS, VR::LT),
    (tags::ADDITIONAL_PATIENT_HISTORY, VR::LT),
    (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
    (tags::PERFORMING_PHYSICIAN_NAME, VR::PN),
    (tags::OPERATORS_NAME, VR::PN),
    (tags::INSTITUTION_NAME, VR::LO),
    (tags::INSTITUTION_ADDRESS, VR::ST),
    (tags::STATION_NAME, VR::SH),
    (tags::MANUFACTURER, VR::LO),
    (tags::MANUFACTURER_MODEL_NAME, VR::LO),
    (tags::DEVICE_SERIAL_NUMBER, VR::LO),
    (tags::PROTOCOL_NAME, VR::LO),
    (tags::SERIES_DESCRIPTION, VR::LO),
    (tags::STUDY_DESCRIPTION, VR::LO),
    (tags::IMAGE_COMMENTS, VR::LT),
    (tags::ACCESSION_NUMBER, VR::SH),
    (tags::STUDY_ID, VR::SH),
    (tags::POSITION_REFERENCE_INDICATOR, VR::LO),
    (tags::DEIDENTIFICATION_METHOD, VR::LO),
    (tags::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO),
    (tags::MODALITY, VR::CS),
    (tags::IMAGE_TYPE, VR::CS),
    (tags::BODY_PART_EXAMINED, VR::CS),
    (Tag(0x0009, 0x0010), VR::LO),
    (Tag(0x0009, 0x1001), VR::UT),
];

/// UIDs that point at the source. The image's own gets its number behind.
const UIDS: &[Tag] =
    &[tags::STUDY_INSTANCE_UID, tags::SERIES_INSTANCE_UID, tags::FRAME_OF_REFERENCE_UID, tags::DEVICE_UID, tags::INSTANCE_CREATOR_UID];

fn plant(path: &Path, number: usize) {
    let mut o: FileDicomObject<InMemDicomObject> = open_file(path).unwrap();
    for (i, (tag, vr)) in TEXTS.iter().enumerate() {
        o.put(DataElement::new(*tag, *vr, PrimitiveValue::from(format!("{MARK}{i}"))));
    }
    for (i, tag) in UIDS.iter().enumerate() {
        o.put(DataElement::new(*tag, VR::UI, PrimitiveValue::from(format!("{MARKED_UID}.{i}"))));
    }
    let own = format!("{MARKED_UID}.100.{number}");
    o.put(DataElement::new(tags::SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from(own.as_str())));
    for (tag, vr) in [(tags::STUDY_DATE, VR::DA), (tags::PATIENT_BIRTH_DATE, VR::DA)] {
        o.put(DataElement::new(tag, vr, PrimitiveValue::from("19111111")));
    }
    let item = InMemDicomObject::from_element_iter([
        DataElement::new(tags::PATIENT_NAME, VR::PN, PrimitiveValue::from(format!("{MARK}^NESTED"))),
        DataElement::new(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, PrimitiveValue::from(format!("{MARKED_UID}.200"))),
    ]);
    o.put(DataElement::new(tags::REFERENCED_IMAGE_SEQUENCE, VR::SQ, DataSetSequence::from(vec![item])));
    o.update_meta(|m| {
        m.implementation_version_name = Some(MARK.to_owned());
        m.source_application_entity_title = Some(MARK.to_owned());
        m.media_storage_sop_instance_uid = own.clone();
        m.implementation_class_uid = format!("{MARKED_UID}.300");
    });
    fs::remove_file(path).unwrap();
    // The preamble too: anything may stand in it.
    let mut bytes = Vec::new();
    o.write_all(&mut bytes).unwrap();
    bytes[..MARK.len()].copy_from_slice(MARK.as_bytes());
    fs::write(path.with_file_name(format!("{MARK}_{number}.dcm")), bytes).unwrap();
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    for mark in [MARK, MARKED_UID, "19111111"] {
        let found = bytes.windows(mark.len()).position(|w| w.eq_ignore_ascii_case(mark.as_bytes()));
        assert_eq!(found, None, "{mark} is in {what}: {}", String::from_utf8_lossy(bytes).chars().take(300).collect::<String>());
    }
}

#[test]
fn no_planted_value_gets_out() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join(format!("{MARK}_source"));
    build_cases(&Background::shipped().unwrap(), 3, 1).unwrap().next().unwrap().write_dicom(&source).unwrap();
    let mut files: Vec<_> = fs::read_dir(&source).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().enumerate().for_each(|(i, f)| plant(f, i));
    // Files that will be refused, so that their errors are seen too.
    let whole = fs::read(source.join(format!("{MARK}_0.dcm"))).unwrap();
    fs::write(source.join(format!("{MARK}_cut.dcm")), &whole[..whole.len() - 500]).unwrap();
    fs::write(source.join(format!("{MARK}.txt")), MARK).unwrap();

    let f = folder(&source);
    assert_eq!((f.series.len(), f.series[0].len(), f.refused.len()), (1, files.len(), 2));
    assert_clean("Debug of the folder", format!("{f:?} {:?}", f.series[0].warnings()).as_bytes());
    f.refused.iter().for_each(|r| assert_clean("a reason", format!("{} {:?}", r.reason, r.reason).as_bytes()));

    let dest = dir.path().join("package");
    let (series, key) = ([(Role::current(), &f.series[0])], UidKey::new([5; 32]));
    // Every option: what it lets through is numbers and words of the standard.
    for (dest, retain) in [(&dest, BTreeSet::new()), (&dir.path().join("retained"), BTreeSet::from(Retain::ALL))] {
        Packing { retain, ..Packing::new(&series, &key) }.pack(dest, &mut |_| ControlFlow::Continue(())).unwrap();
        let mut searched = 0;
        for entry in fs::read_dir(dest).unwrap() {
            let path = entry.unwrap().path();
            assert_clean("a file name", path.file_name().unwrap().as_encoded_bytes());
            assert_clean("a file of the package", &fs::read(&path).unwrap());
            searched += 1;
        }
        assert_eq!(searched, files.len() + 2);
    }
    let package = Package::open(&dest, &Trust::Unsigned).unwrap();
    assert_clean("Debug of the package", format!("{package:?} {:?}", package.series()).as_bytes());

    // Errors about sources that are gone.
    let series = &f.series[0];
    let buffer = series.buffer().unwrap();
    fs::remove_dir_all(&source).unwrap();
    let e = series.load_slice(3, &buffer).unwrap_err();
    assert_clean("an error", format!("{e} {e:?}").as_bytes());
    let e = Packing::new(&[(Role::current(), series)], &UidKey::new([5; 32]))
        .pack(&dir.path().join("other"), &mut |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert_clean("an error", format!("{e} {e:?}").as_bytes());
    let e = tiresias_cases::read_folder(&source, &codecs(), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_clean("an error", format!("{e} {e:?}").as_bytes());
}

/// The test above can fail: the marks are in the source, in plain sight.
#[test]
fn the_marks_can_be_found() {
    let dir = tempfile::tempdir().unwrap();
    build_cases(&Background::shipped().unwrap(), 3, 1).unwrap().next().unwrap().write_dicom(dir.path()).unwrap();
    plant(&dir.path().join("0001.dcm"), 0);
    let bytes = fs::read(dir.path().join(format!("{MARK}_0.dcm"))).unwrap();
    for mark in [MARK, MARKED_UID, "19111111"] {
        assert!(bytes.windows(mark.len()).any(|w| w == mark.as_bytes()));
    }
    assert!(std::panic::catch_unwind(|| assert_clean("the source", &bytes)).is_err());
}
