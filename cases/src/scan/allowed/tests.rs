//! What elements may say and may not, by the lists.

use super::super::hidden::Hidden;
use super::*;
use dicom_core::dictionary::DataDictionary as _;
use dicom_dictionary_std::StandardDataDictionary;
use sha2::{Digest as _, Sha256};
use tiresias_words::ContentHash;

fn of(keyword: &str, vr: &[u8; 2], value: &[u8]) -> Option<(LeakKind, Severity)> {
    use dicom_core::dictionary::DataDictionaryEntry as _;
    let tag = StandardDataDictionary.by_name(keyword).expect("a keyword").tag();
    judged(&[tag], vr, value, FileFacts::default())
}

fn judged(tags: &[Tag], vr: &[u8; 2], value: &[u8], facts: FileFacts) -> Option<(LeakKind, Severity)> {
    let mut names = Dictionary::default();
    names.learn("Okafor^Adaeze");
    judge(&element(tags, None, vr, value), facts, &names)
}

fn element<'a>(tags: &'a [Tag], creator: Option<&'a str>, vr: &[u8; 2], value: &'a [u8]) -> Element<'a> {
    let mut hidden = Hidden::new(*vr, false);
    hidden.take(value);
    Element {
        part: Part::Element,
        tags,
        creator,
        vr: *vr,
        value,
        hides_words: hidden.is_found(),
        is_continued: false,
        sha256: ContentHash(Sha256::digest(value).into()),
        is_zero: value.iter().all(|b| *b == 0),
        is_nest: false,
    }
}

#[test]
fn lists_are_the_standards() {
    assert!(RULES.len() > 250);
    let unknown: Vec<_> = RULES.keys().filter(|k| StandardDataDictionary.by_name(k).is_none()).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not in PS3.6");
}

#[test]
fn what_is_listed_may_have_its_values_and_no_others() {
    assert_eq!(of("KVP", b"DS", b"120 "), None);
    assert_eq!(of("KVP", b"DS", b"19640229"), Some((LeakKind::Date, Severity::Leak)));
    assert_eq!(of("KVP", b"LO", b"Okafor"), Some((LeakKind::Name, Severity::Leak)));
    assert_eq!(of("BodyPartExamined", b"CS", b"CHEST"), None);
    assert_eq!(of("BodyPartExamined", b"CS", b"OKAFOR"), Some((LeakKind::Name, Severity::Leak)));
    assert_eq!(of("BodyPartExamined", b"CS", b"SMITH"), Some((LeakKind::FreeText, Severity::Suspect)));
    assert_eq!(of("PatientAge", b"AS", b"090Y"), None);
    assert_eq!(of("PatientAge", b"AS", b"091Y"), Some((LeakKind::Date, Severity::Leak)));
    assert_eq!(of("PatientID", b"LO", b"203961ab17065532"), None);
    assert_eq!(of("PatientID", b"LO", b"110101196402291234"), Some((LeakKind::Id, Severity::Leak)));
    assert_eq!(of("PatientName", b"PN", b"  "), None);
    assert_eq!(of("PatientName", b"PN", b"A^B"), Some((LeakKind::Name, Severity::Leak)));
    assert_eq!(of("SeriesDescription", b"LO", b"t2"), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(of("StudyDate", b"DA", b"20010203"), Some((LeakKind::Date, Severity::Leak)));
    assert_eq!(of("InstitutionName", b"LO", b"X"), Some((LeakKind::Institution, Severity::Leak)));
    assert_eq!(of("TableHeight", b"DS", b"1\\2x"), Some((LeakKind::FreeText, Severity::Leak)));
    for parts in [&b"18.02.64"[..], b"447-120-31", b"CHEST 4 47 1"] {
        assert_eq!(of("BodyPartExamined", b"CS", parts), Some((LeakKind::FreeText, Severity::Suspect)), "{parts:?}");
    }
    assert_eq!(of("LossyImageCompressionMethod", b"CS", b"ISO_10918_1\\ISO_15444_1"), None);
    assert_eq!(of("SpecificCharacterSet", b"CS", b"ISO 2022 IR 6\\ISO 2022 IR 13"), None);
    assert_eq!(of("BodyPartExamined", b"UN", b"CHEST"), None);
    assert_eq!(of("BodyPartExamined", b"UN", b"OKAFOR"), Some((LeakKind::Name, Severity::Leak)));
    assert_eq!(of("CodeValue", b"UN", b"OKAFOR"), Some((LeakKind::Name, Severity::Leak)));
    assert_eq!(of("BodyPartExamined", b"OB", b"CHEST"), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(of("KVP", b"OB", b"Okafor"), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(of("FileMetaInformationVersion", b"OB", &[0, 1]), None);
    assert_eq!(judged(&[Tag(0x0029, 0x1010)], b"OB", b"abc", FileFacts::default()), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(judged(&[Tag(0x6000, 0x3000)], b"OW", &[0, 0], FileFacts::default()), None);
    assert_eq!(judged(&[Tag(0x6000, 0x3000)], b"OW", &[0, 4], FileFacts::default()), Some((LeakKind::Text, Severity::Suspect)));
    assert_eq!(judged(&[Tag(0x7FE0, 0x0010)], b"OW", &[0, 4], FileFacts::default()), None);
    assert_eq!(
        judged(&[Tag(0x0088, 0x0200), Tag(0x7FE0, 0x0010)], b"OW", &[0, 4], FileFacts::default()),
        Some((LeakKind::Text, Severity::Leak))
    );
}

/// A PET case of which uptake was kept was found to say something, and with it every package of some scanners.
#[test]
fn what_packages_say_in_codes_is_no_finding() {
    use crate::retained::{CORRECTIONS, DECAY_CORRECTIONS};
    assert_eq!(of("CorrectedImage", b"CS", CORRECTIONS.join("\\").as_bytes()), None);
    for decay in DECAY_CORRECTIONS {
        assert_eq!(of("DecayCorrection", b"CS", decay.as_bytes()), None, "{decay}");
    }
    // Of captured images too (PS3.3 C.7.3.1.1.1).
    for modality in ["BI", "BMD", "DG", "ES", "GM", "IVUS", "OCT", "OP", "SM", "ST", "TG", "XC"] {
        assert_eq!(of("Modality", b"CS", modality.as_bytes()), None, "{modality}");
    }
}

#[test]
fn words_in_numbers_and_numbers_for_words_are_no_values() {
    let bent: [(&str, &[u8; 2], &[u8]); 9] = [
        ("Rows", b"US", b"garcia"),
        ("Rows", b"OB", b"garcia"),
        ("RegionFlags", b"UL", b"garcia  "),
        ("DiffusionBValue", b"FD", b"garcia"),
        ("KVP", b"US", b"garcia"),
        ("BodyPartExamined", b"US", b"CHEST "),
        ("PatientSex", b"UL", b"M   "),
        ("LUTData", b"UT", b"garcia"),
        ("FileMetaInformationVersion", b"OB", b"\0\x01G"),
    ];
    for (keyword, vr, value) in bent {
        assert!(of(keyword, vr, value).is_some_and(|(_, severity)| severity == Severity::Leak), "{keyword}");
    }
    assert_eq!(of("KVP", b"US", &[120, 0]), None);
    assert_eq!(of("LUTData", b"US", b"any bits"), None);
    let at = |tag: Tag, vr: &[u8; 2], value: &[u8]| judged(&[tag], vr, value, FileFacts::default());
    assert_eq!(at(Tag(0x6000, 0x0010), b"US", &[8, 0]), None);
    assert_eq!(at(Tag(0x6000, 0x0010), b"LO", b"garcia"), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(at(Tag(0x0009, 0x0000), b"UL", &[8, 0, 0, 0]), None);
    assert_eq!(at(Tag(0x0009, 0x0000), b"UL", b"garc"), Some((LeakKind::FreeText, Severity::Leak)));
    assert_eq!(at(Tag(0x7FE0, 0x0000), b"UL", b"garc"), None);
}

#[test]
fn of_private_elements_the_b_value_may_stay() {
    let at = |tag: Tag, vr: &[u8; 2], value: &[u8], creator: &str| {
        judge(&element(&[tag], Some(creator), vr, value), FileFacts::default(), &Dictionary::default())
    };
    assert_eq!(at(Tag(0x0019, 0x0010), b"LO", b"SIEMENS MR HEADER", "SIEMENS MR HEADER"), None);
    assert_eq!(at(Tag(0x0019, 0x100C), b"IS", b"1000", "SIEMENS MR HEADER"), None);
    assert_eq!(at(Tag(0x2001, 0x1003), b"FL", &800_f32.to_le_bytes(), "Philips Imaging DD 001"), None);
    for (tag, vr, value, creator) in [
        (Tag(0x0019, 0x100C), b"LO", &b"1000"[..], "SIEMENS MR HEADER"),
        (Tag(0x0019, 0x100C), b"IS", b"19640229", "SIEMENS MR HEADER"),
        (Tag(0x0019, 0x100D), b"IS", b"1000", "SIEMENS MR HEADER"),
        (Tag(0x0019, 0x100C), b"IS", b"1000", "SIEMENS CT HEADER"),
        (Tag(0x2001, 0x1003), b"FL", b"Garc", "Philips Imaging DD 001"),
    ] {
        assert!(at(tag, vr, value, creator).is_some_and(|(_, severity)| severity == Severity::Leak), "{tag} {creator}");
    }
}

#[test]
fn the_numbers_of_standards_are_no_ids() {
    let said = |value: &[u8]| {
        judge(&Element { part: Part::Comment, ..element(&[], None, b"OB", value) }, FileFacts::default(), &Dictionary::default())
    };
    for value in [
        &b"ICC_PROFILE\0\x01\x01desc\0\0\0\0\0\0\0\x12sRGB IEC61966-2.1\0"[..],
        b"IEC 61966-2.1 Default RGB colour space - sRGB",
        b"IEC61966-2-1:1999",
        b"ROMM RGB ISO 22028-2:2013",
    ] {
        assert_eq!(said(value), Some((LeakKind::FreeText, Severity::Suspect)), "{}", text(value));
    }
    // Other numbers are, beside those too, and so are dates.
    for value in [
        &b"sRGB IEC61966-2.1 61966"[..],
        b"IEC61966",
        b"12345IEC61966-2.1",
        b"IEC61966-219640229",
        b"IEC 61966-2.1 of 29.02.1964",
        b"ISO 22029-2",
    ] {
        assert_eq!(said(value), Some((LeakKind::FreeText, Severity::Leak)), "{}", text(value));
    }
}

#[test]
fn a_colour_profile_is_looked_at_as_what_encoders_say() {
    let profile = |says: &[u8]| of("ICCProfile", b"OB", &[&b"\0\0\x0C\x48lcms\x02\x10\0\0mntrRGB XYZ "[..], says].concat());
    assert_eq!(profile(b"desc\0\0\0\x12sRGB IEC61966-2.1\0"), Some((LeakKind::FreeText, Severity::Suspect)));
    assert_eq!(profile(b"desc\0\0\0\x074471203"), Some((LeakKind::FreeText, Severity::Leak)));
    for name in [&b"cprt\0\0\0\x06Okafor"[..], b"mluc\0\0\0\x1C\0O\0k\0a\0f\0o\0r\0\0", b"mluc\0\0\0\x1CO\0k\0a\0f\0o\0r\0\0\0"] {
        assert_eq!(profile(name), Some((LeakKind::Name, Severity::Leak)), "{name:?}");
    }
    // Behind 64 KiB nobody has looked.
    assert_eq!(profile(&[b' '; 64 << 10]), Some((LeakKind::FreeText, Severity::Leak)));
}

#[test]
fn uids_are_drawn_or_registered() {
    for uid in
        ["2.25.203961841706553221893744862034719928615", "1.2.840.10008.5.1.4.1.1.2", "", "2.25.203961841706553221893744862034719928615\0"]
    {
        assert!(is_free_uid(uid), "{uid}");
    }
    for uid in [
        "2.25.20010203",
        "1.2.840.113619.2.55.3",
        "1.2.840.10008.x",
        "1.2.840.10008.5.19640229",
        "2.25.0203961841706553221893744862034719928615",
    ] {
        assert!(!is_free_uid(uid), "{uid}");
    }
}

#[test]
fn moved_dates_are_before_anyone_lived() {
    use dicom_dictionary_std::tags;
    let moved = FileFacts { dates_are_moved: true, is_packed: false };
    assert_eq!(judged(&[tags::SERIES_DATE], b"DA", b"19000103", moved), None);
    assert_eq!(judged(&[tags::SERIES_TIME], b"TM", b"101500", moved), None);
    assert_eq!(judged(&[tags::SERIES_DATE], b"DA", b"20010103", moved), Some((LeakKind::Date, Severity::Suspect)));
    assert_eq!(judged(&[tags::SERIES_DATE], b"DA", b"20010103", FileFacts { is_packed: true, ..moved }), None);
    assert_eq!(
        judged(&[tags::STUDY_DATE], b"DA", b"20010103", FileFacts { is_packed: true, ..FileFacts::default() }).map(|f| f.0),
        Some(LeakKind::Date)
    );
    assert_eq!(judged(&[tags::SERIES_DATE], b"DA", b"19000103", FileFacts::default()), Some((LeakKind::Date, Severity::Leak)));
}
