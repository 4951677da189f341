//! Leaks that are no pixels: each kind is one way in which a file says who, when or where.
//!
//! Owns: the kinds, and how a finding of the scan is told to be the planted one. Refuses: values that the standard forbids in their place.

use crate::dice::Dice;
use dicom_core::value::{C, DataSetSequence, PixelFragmentSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::tags as t;
use dicom_object::{FileDicomObject, InMemDicomObject};
use std::path::{Path, PathBuf};
use tiresias_cases::{Leak, ScanReport, Severity};

/// How the planted leak is known again.
pub(crate) enum Expect {
    /// A finding in the file has this in its value.
    Value(String),
    /// A finding in the file is at this place.
    Place(String),
}

/// A file with one leak.
pub(crate) struct Plant {
    file: FileDicomObject<InMemDicomObject>,
    surname: String,
    id: String,
    day: String,
    name: String,
    folder: String,
    preamble: Vec<u8>,
    tail: Vec<u8>,
    expect: Expect,
}

/// What must have native pixels to be planted into.
pub(crate) const NATIVE: &[&str] = &["bytes behind the pixels"];

/// What plants a leak.
pub(crate) type Planting = fn(&mut Plant);

/// The kinds of leaks.
pub(crate) const KINDS: &[(&str, Planting)] = &[
    ("patient's name", |p| p.text(t::PATIENT_NAME, VR::PN, &format!("{}^Ada", p.surname.clone()))),
    ("patient's id", |p| p.text(t::PATIENT_ID, VR::LO, &p.id.clone())),
    ("birth date", |p| p.text(t::PATIENT_BIRTH_DATE, VR::DA, &p.day.clone())),
    ("age over 89", |p| p.text(t::PATIENT_AGE, VR::AS, "093Y")),
    ("accession number", |p| p.text(t::ACCESSION_NUMBER, VR::SH, &p.id.clone())),
    ("study date", |p| p.text(t::STUDY_DATE, VR::DA, &p.day.clone())),
    ("date and time", |p| p.text(t::ACQUISITION_DATE_TIME, VR::DT, &format!("{}101500", p.day.clone()))),
    ("physician", |p| p.text(t::REFERRING_PHYSICIAN_NAME, VR::PN, &p.surname.clone())),
    ("institution", |p| p.text(t::INSTITUTION_NAME, VR::LO, &format!("{} Clinic", p.surname.clone()))),
    ("address", |p| p.text(t::INSTITUTION_ADDRESS, VR::ST, &format!("1 {} Street", p.surname.clone()))),
    ("station", |p| p.text(t::STATION_NAME, VR::SH, &p.surname.clone())),
    ("serial number", |p| p.text(t::DEVICE_SERIAL_NUMBER, VR::LO, &p.id.clone())),
    ("comments", |p| p.text(t::IMAGE_COMMENTS, VR::LT, &format!("seen by {}", p.surname.clone()))),
    ("name in a description", |p| p.text(t::STUDY_DESCRIPTION, VR::LO, &format!("chest {}", p.surname.clone()))),
    ("date in a description", |p| {
        let day = format!("{}.{}.{}", &p.day[6..], &p.day[4..6], &p.day[..4]);
        p.text(t::SERIES_DESCRIPTION, VR::LO, &format!("follow up {day}"));
    }),
    ("explanation of a window", |p| p.text(t::WINDOW_CENTER_WIDTH_EXPLANATION, VR::LO, &p.surname.clone())),
    ("address of a server", |p| p.text(t::RETRIEVE_URL, VR::UR, &format!("https://pacs.{}.example", p.surname.to_lowercase()))),
    ("application entity", |p| p.text(t::RETRIEVE_AE_TITLE, VR::AE, &p.surname.clone())),
    ("meaning of a code", |p| {
        let item = p.item(t::CODE_MEANING, VR::LO, &p.surname.clone());
        p.sequence(t::VIEW_CODE_SEQUENCE, item);
    }),
    ("value of an image type", |p| {
        let value = format!("ORIGINAL\\PRIMARY\\AXIAL\\{}", p.surname.to_uppercase());
        p.put(t::IMAGE_TYPE, VR::CS, PrimitiveValue::Strs(value.split('\\').map(str::to_owned).collect()));
        p.expect = Expect::Value(p.surname.to_uppercase());
    }),
    ("private text", |p| p.private("TIRESIAS TEST", VR::LO, &p.surname.clone())),
    ("private bytes", |p| {
        p.private("TIRESIAS TEST", VR::LO, "x");
        p.put(Tag(0x0009, 0x1002), VR::UN, PrimitiveValue::from(format!("id={}  ", p.surname).into_bytes()));
        p.expect = Expect::Value(p.surname.clone());
    }),
    ("private creator", |p| p.private(&p.surname.clone(), VR::LO, "x")),
    ("nested id", |p| {
        let item = p.item(t::PATIENT_ID, VR::LO, &p.id.clone());
        p.sequence(t::OTHER_PATIENT_I_DS_SEQUENCE, item);
    }),
    ("nested five deep in private sequences", |p| {
        let mut item = p.item(Tag(0x0011, 0x1001), VR::PN, &p.surname.clone());
        for _ in 0..5 {
            item = InMemDicomObject::from_element_iter([DataElement::new(Tag(0x0011, 0x1002), VR::SQ, DataSetSequence::from(vec![item]))]);
        }
        p.sequence(Tag(0x0011, 0x1003), item);
    }),
    ("uid of a maker's root with a date", |p| {
        p.text(t::STUDY_INSTANCE_UID, VR::UI, &format!("1.2.826.0.1.3680043.2.1143.{}", p.day.clone()));
    }),
    ("uid counted under 2.25", |p| p.text(t::SERIES_INSTANCE_UID, VR::UI, &format!("2.25.{}", p.day.clone()))),
    ("uid in a reference", |p| {
        let item = p.item(t::REFERENCED_SOP_INSTANCE_UID, VR::UI, &format!("1.2.840.113619.2.{}", p.id.clone()));
        p.sequence(t::SOURCE_IMAGE_SEQUENCE, item);
    }),
    ("file name with a name", |p| {
        p.put(t::PATIENT_NAME, VR::PN, PrimitiveValue::from(format!("{}^Ada", p.surname)));
        p.name = format!("{}_1.dcm", p.surname.to_lowercase());
        p.expect = Expect::Place("file name".to_owned());
    }),
    ("file name with a date", |p| {
        p.name = format!("CT{}.dcm", p.day);
        p.expect = Expect::Place("file name".to_owned());
    }),
    ("folder name with an id", |p| {
        p.put(t::PATIENT_ID, VR::LO, PrimitiveValue::from(p.id.as_str()));
        p.folder = format!("pat{}", p.id);
        p.expect = Expect::Place("folder name".to_owned());
    }),
    ("name in another spelling in a file name", |p| {
        // Latin-1: the name is "Zwöller".
        p.put(t::SPECIFIC_CHARACTER_SET, VR::CS, PrimitiveValue::from("ISO_IR 100"));
        p.put(t::PATIENT_NAME, VR::PN, PrimitiveValue::from("Zw\u{f6}ller^Ada"));
        p.name = "zwoeller.dcm".to_owned();
        p.expect = Expect::Place("file name".to_owned());
    }),
    ("name of the set in a code", |p| {
        p.put(t::PATIENT_NAME, VR::PN, PrimitiveValue::from(format!("{}^Ada", p.surname)));
        p.put(t::BODY_PART_EXAMINED, VR::CS, PrimitiveValue::from(p.surname.to_uppercase()));
        p.expect = Expect::Place("(0018,0015) BodyPartExamined".to_owned());
    }),
    ("id of the set in a number", |p| {
        p.put(t::PATIENT_ID, VR::LO, PrimitiveValue::from(p.id.as_str()));
        p.put(t::ACQUISITION_NUMBER, VR::IS, PrimitiveValue::from(p.id.as_str()));
        p.expect = Expect::Place("(0020,0012) AcquisitionNumber".to_owned());
    }),
    ("overlay", |p| {
        let [rows, columns] = [8_u16, 16];
        for (element, vr, value) in [(0x0010, VR::US, rows), (0x0011, VR::US, columns), (0x0100, VR::US, 1), (0x0102, VR::US, 0)] {
            p.put(Tag(0x6000, element), vr, PrimitiveValue::from(value));
        }
        p.put(Tag(0x6000, 0x0040), VR::CS, PrimitiveValue::from("G"));
        p.put(Tag(0x6000, 0x0050), VR::SS, PrimitiveValue::I16(C::from_vec(vec![1, 1])));
        p.put(Tag(0x6000, 0x3000), VR::OW, PrimitiveValue::U16(C::from_vec(vec![0x2A55; 8])));
        p.expect = Expect::Place("overlay (6000,3000)".to_owned());
    }),
    ("label of an overlay", |p| p.text(Tag(0x6002, 0x1500), VR::LO, &p.surname.clone())),
    ("curve", |p| p.text(Tag(0x5000, 0x2500), VR::LO, &p.surname.clone())),
    ("icon", |p| {
        let pixels = DataElement::new(t::PIXEL_DATA, VR::OB, PrimitiveValue::U8(C::from_vec(vec![9; 64])));
        p.sequence(t::ICON_IMAGE_SEQUENCE, InMemDicomObject::from_element_iter([pixels]));
        p.expect = Expect::Place("(7FE0,0010) PixelData in IconImageSequence".to_owned());
    }),
    ("text of a report", |p| {
        let item = p.item(t::TEXT_VALUE, VR::UT, &format!("Seen on {}", p.day.clone()));
        p.sequence(t::CONTENT_SEQUENCE, item);
        p.put(t::SOP_CLASS_UID, VR::UI, PrimitiveValue::from("1.2.840.10008.5.1.4.1.1.88.33"));
    }),
    ("pdf", |p| {
        let document = format!("%PDF-1.4 ({}) Tj", p.surname);
        p.put(t::ENCAPSULATED_DOCUMENT, VR::OB, PrimitiveValue::from(document.into_bytes()));
        p.expect = Expect::Value(p.surname.clone());
    }),
    ("preamble", |p| {
        p.preamble = p.surname.clone().into_bytes();
        p.expect = Expect::Place("preamble".to_owned());
    }),
    ("bytes behind the data set", |p| {
        p.tail = format!("\0\0{} ", p.surname).into_bytes();
        p.expect = Expect::Place("behind the data set".to_owned());
    }),
    ("bytes behind the pixels", |p| {
        let pixels = p.file.element(t::PIXEL_DATA).expect("pixels");
        let (vr, mut bytes) = (pixels.vr(), pixels.to_bytes().expect("native pixels").into_owned());
        bytes.extend(format!("{:16}", p.surname).into_bytes());
        p.put(t::PIXEL_DATA, vr, PrimitiveValue::U8(bytes.into()));
        p.expect = Expect::Place("behind the pixels".to_owned());
    }),
    ("padding of the data set", |p| {
        p.put(Tag(0xFFFC, 0xFFFC), VR::OB, PrimitiveValue::from(format!("{:16}", p.surname).into_bytes()));
        p.expect = Expect::Value(p.surname.clone());
    }),
    ("entity in the file meta", |p| {
        let title = p.surname.chars().take(16).collect::<String>();
        p.expect = Expect::Value(title.clone());
        p.file.update_meta(|m| m.source_application_entity_title = Some(title));
    }),
    ("private information in the file meta", |p| {
        let value = format!("{:16}", p.surname).into_bytes();
        p.file.update_meta(|m| {
            m.private_information_creator_uid = Some("2.25.203961841706553221893744862034719928615".to_owned());
            m.private_information = Some(value);
        });
        p.expect = Expect::Value(p.surname.clone());
    }),
    ("comment in compressed pixels", |p| {
        let comment = format!("{:16}", p.surname);
        let mut fragment = vec![0xFF, 0xD8, 0xFF, 0xFE, 0, comment.len() as u8 + 2];
        fragment.extend(comment.as_bytes());
        fragment.extend([0xFF, 0xD9]);
        let pixels = PixelFragmentSequence::new_fragments(vec![fragment]);
        p.file.put(DataElement::new(t::PIXEL_DATA, VR::OB, pixels));
        p.file.update_meta(|m| m.transfer_syntax = "1.2.840.10008.1.2.4.50".to_owned());
        p.expect = Expect::Value(p.surname.clone());
    }),
];

impl Plant {
    /// A copy of a real file, in which a kind is planted.
    pub(crate) fn new(source: &Path, dice: &mut Dice, kind: Planting) -> Self {
        let file = dicom_object::open_file(source).expect("a DICOM file");
        let (surname, id, day) = (dice.surname(), dice.id(), dice.day());
        let name = format!("{:016x}{:016x}.dcm", dice.next(), dice.next() | 0xA);
        let mut plant = Self {
            file,
            surname,
            id,
            day,
            name,
            folder: String::new(),
            preamble: Vec::new(),
            tail: Vec::new(),
            expect: Expect::Place(String::new()),
        };
        kind(&mut plant);
        plant
    }

    /// Writes it and gives its path.
    pub(crate) fn write(&self, root: &Path) -> PathBuf {
        let folder = if self.folder.is_empty() { root.to_owned() } else { root.join(&self.folder) };
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(&self.name);
        self.file.write_to_file(&path).expect("a file");
        if !self.preamble.is_empty() || !self.tail.is_empty() {
            let mut bytes = std::fs::read(&path).expect("a file");
            bytes[..self.preamble.len()].copy_from_slice(&self.preamble);
            bytes.extend(&self.tail);
            std::fs::write(&path, bytes).expect("a file");
        }
        path
    }

    /// Whether the report names the planted leak.
    pub(crate) fn is_found(&self, report: &ScanReport, path: &Path) -> bool {
        let is_of_file = |l: &&Leak| l.path() == path || path.starts_with(l.path()) && l.place() == "folder name";
        report.leaks().iter().filter(is_of_file).any(|l| match &self.expect {
            Expect::Value(value) => l.value().to_lowercase().contains(&value.to_lowercase()),
            // A file's name is looked at anyway; one that names somebody is a leak.
            Expect::Place(place) => l.place() == place && (!place.ends_with("name") || l.severity() == Severity::Leak),
        })
    }

    fn put(&mut self, tag: Tag, vr: VR, value: PrimitiveValue) {
        self.file.put(DataElement::new(tag, vr, value));
    }
    fn text(&mut self, tag: Tag, vr: VR, value: &str) {
        self.put(tag, vr, PrimitiveValue::from(value));
        self.expect = Expect::Value(value.to_owned());
    }
    fn private(&mut self, creator: &str, vr: VR, value: &str) {
        self.put(Tag(0x0009, 0x0010), VR::LO, PrimitiveValue::from(creator));
        self.put(Tag(0x0009, 0x1001), vr, PrimitiveValue::from(value));
        self.expect = Expect::Value(if value == "x" { creator.to_owned() } else { value.to_owned() });
    }
    fn item(&mut self, tag: Tag, vr: VR, value: &str) -> InMemDicomObject {
        self.expect = Expect::Value(value.to_owned());
        InMemDicomObject::from_element_iter([DataElement::new(tag, vr, PrimitiveValue::from(value))])
    }
    fn sequence(&mut self, tag: Tag, item: InMemDicomObject) {
        self.file.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(vec![item])));
    }
}
