//! What hanging rules may know of a series: side, view, part of the body, plane and extent, found in its files or worked out from the rest.
//!
//! PS3.3 C.8.11.7 (mammography: Image Laterality, View Code Sequence), C.7.3.1 (Laterality, Body Part Examined), C.7.6.1.1.1 (Patient Orientation),
//! PS3.16 CID 4014 (views). A foreign code becomes one of the words listed here or nothing, so that no text of a source file is ever carried on.

use crate::attributes::Attributes;
use crate::groups::FunctionalGroups;
use crate::lengths::LengthUnit;
use crate::series::{Content, Series};
use dicom_dictionary_std::{tags, uids};
use tiresias_words::{
    AcquisitionPlane, BodyPart, Direction, GeometryVerdict, Laterality, Mm, PatientOrientation, SeriesFacts, ViewPosition,
};

/// Views by the codes of CID 4014, SNOMED CT and the SNOMED RT that older files have.
const VIEW_CODES: &[(&str, &str)] = &[
    ("399162004", "CC"),
    ("R-10242", "CC"),
    ("399368009", "MLO"),
    ("R-10226", "MLO"),
    ("399260004", "ML"),
    ("R-10224", "ML"),
    ("399352003", "LM"),
    ("R-10228", "LM"),
];

/// Defined terms of View Position (C.8.1.1, C.8.11.7) that mean the same on every machine.
const VIEWS: &[&str] = &["CC", "MLO", "ML", "LM", "LMO", "XCCL", "XCCM", "FB", "AP", "PA", "LL", "RL", "LLD", "RLD", "LLO", "RLO"];

/// Terms of PS3.16 annex L that readers' protocols ask for.
const BODY_PARTS: &[&str] = &[
    "ABDOMEN",
    "ABDOMENPELVIS",
    "ANKLE",
    "BRAIN",
    "BREAST",
    "CHEST",
    "CHESTABDOMEN",
    "CSPINE",
    "ELBOW",
    "EXTREMITY",
    "FOOT",
    "HAND",
    "HEAD",
    "HEADNECK",
    "HEART",
    "HIP",
    "KNEE",
    "KIDNEY",
    "LIVER",
    "LSPINE",
    "NECK",
    "PANCREAS",
    "PELVIS",
    "PROSTATE",
    "SHOULDER",
    "SKULL",
    "SPINE",
    "TSPINE",
    "UTERUS",
    "WHOLEBODY",
    "WRIST",
];

/// What one image says of the body.
#[derive(Clone, PartialEq)]
pub(crate) struct Anatomy {
    laterality: Option<Laterality>,
    view: Option<ViewPosition>,
    body_part: Option<BodyPart>,
    orientation: Option<PatientOrientation>,
    is_tomosynthesis: bool,
}

impl Anatomy {
    /// Of a file; `class` is its SOP class.
    pub(crate) fn read(a: &Attributes, groups: &FunctionalGroups, class: &str) -> Self {
        let frame_side = || groups.find(0, tags::FRAME_ANATOMY_SEQUENCE).and_then(|g| g.text(tags::FRAME_LATERALITY));
        let side = a.text(tags::IMAGE_LATERALITY).or_else(frame_side).or_else(|| a.text(tags::LATERALITY));
        let orientation = a.texts(tags::PATIENT_ORIENTATION);
        Self {
            laterality: side.as_deref().and_then(laterality),
            view: view(a),
            body_part: a.text(tags::BODY_PART_EXAMINED).and_then(|t| listed(BODY_PARTS, &t)).and_then(|t| BodyPart::new(t).ok()),
            orientation: if let [rows, columns] = orientation.as_slice() { PatientOrientation::new(rows, columns).ok() } else { None },
            is_tomosynthesis: class == uids::BREAST_TOMOSYNTHESIS_IMAGE_STORAGE,
        }
    }

    /// What tells the views of a mammogram apart where they lie in one series: side and view in words.
    pub(crate) fn projection(&self) -> [&'static str; 2] {
        let side = match self.laterality {
            Some(Laterality::Right) => "R",
            Some(Laterality::Left) => "L",
            Some(Laterality::Both) => "B",
            None => "",
        };
        [side, self.view.as_ref().and_then(|v| listed(VIEWS, v.as_str())).unwrap_or_default()]
    }
}

/// Writes down what all images of a series agree on; `plane` holds row and column direction where all images have the same.
pub(crate) fn agree<'a>(facts: &mut SeriesFacts, mut images: impl Iterator<Item = &'a Anatomy>, plane: Option<[Direction; 2]>) {
    let Some(mut common) = images.next().cloned() else { return };
    for image in images {
        keep(&mut common.laterality, &image.laterality);
        keep(&mut common.view, &image.view);
        keep(&mut common.body_part, &image.body_part);
        keep(&mut common.orientation, &image.orientation);
        common.is_tomosynthesis &= image.is_tomosynthesis;
    }
    (facts.laterality, facts.view, facts.body_part) = (common.laterality, common.view, common.body_part);
    facts.is_tomosynthesis = common.is_tomosynthesis;
    let is_one_plane = !matches!(facts.geometry, GeometryVerdict::Mixed | GeometryVerdict::None | GeometryVerdict::Refused { .. });
    let plane = plane.filter(|_| is_one_plane);
    facts.plane = plane.and_then(|[row, column]| Direction::new(row.cross(column)).ok()).map(AcquisitionPlane::across);
    // Direction cosines are measured; the letters of a file are what somebody wrote.
    facts.orientation = plane.map(|[row, column]| PatientOrientation::of(row, column)).or(common.orientation);
}

fn keep<T: PartialEq>(common: &mut Option<T>, of_image: &Option<T>) {
    if common != of_image {
        *common = None;
    }
}

/// The series with those facts that follow from the rest of it. A package's are worked out again, so that it cannot contradict itself.
pub(crate) fn complete(mut series: Series) -> Series {
    let (spacing, unit) = series.pixel_spacing(0);
    let extent = |i: usize| Mm(f64::from(series.image_size[i]) * spacing[i]);
    let image_extent = (unit != LengthUnit::Pixels).then(|| [extent(0), extent(1)]);
    let axes = [Direction::LEFT, Direction::POSTERIOR, Direction::HEAD];
    let extent = series.volume.as_ref().map(|v| axes.map(|axis| v.extent_along(axis)));
    series.facts.image_extent = image_extent;
    series.facts.extent = extent;
    series.facts.is_colour = series.content == Content::Colour;
    series.facts.frame_time_ms = series.frame_time.map(|t| t.as_secs_f64() * 1000.0);
    series
}

fn laterality(code: &str) -> Option<Laterality> {
    match code {
        "R" => Some(Laterality::Right),
        "L" => Some(Laterality::Left),
        "B" => Some(Laterality::Both),
        _ => None,
    }
}

/// The coded view, else the named one.
fn view(a: &Attributes) -> Option<ViewPosition> {
    let code = a.item(tags::VIEW_CODE_SEQUENCE).and_then(|item| item.text(tags::CODE_VALUE));
    let coded = code.and_then(|c| VIEW_CODES.iter().find(|(known, _)| *known == c)).map(|(_, view)| *view);
    let named = || a.text(tags::VIEW_POSITION).and_then(|t| listed(VIEWS, &t));
    ViewPosition::new(coded.or_else(named)?).ok()
}

fn listed(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().find(|w| **w == text).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::value::DataSetSequence;
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
    use dicom_object::InMemDicomObject;
    use tiresias_words::{ImagingModality, Role};

    fn anatomy(texts: &[(Tag, &str)], view_code: Option<&str>) -> Anatomy {
        let text = |tag, s: &str| DataElement::new(tag, VR::CS, PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()));
        let mut object = InMemDicomObject::from_element_iter(texts.iter().map(|(tag, s)| text(*tag, s)));
        if let Some(code) = view_code {
            let item = InMemDicomObject::from_element_iter([DataElement::new(tags::CODE_VALUE, VR::SH, PrimitiveValue::from(code))]);
            object.put(DataElement::new(tags::VIEW_CODE_SEQUENCE, VR::SQ, DataSetSequence::from(vec![item])));
        }
        let a = Attributes::new(object);
        let groups = FunctionalGroups::read(&a, 1).unwrap();
        Anatomy::read(&a, &groups, "")
    }

    #[test]
    fn codes_become_listed_words_or_nothing() {
        let read = anatomy(
            &[
                (tags::IMAGE_LATERALITY, "R"),
                (tags::LATERALITY, "L"),
                (tags::VIEW_POSITION, "AP"),
                (tags::BODY_PART_EXAMINED, "BREAST"),
                (tags::PATIENT_ORIENTATION, "P\\FL"),
            ],
            Some("R-10226"),
        );
        assert_eq!(read.projection(), ["R", "MLO"], "Image Laterality and the code go first");
        assert_eq!(read.body_part, BodyPart::new("BREAST").ok());
        assert_eq!(read.orientation, PatientOrientation::new("P", "FL").ok());
        assert_eq!(anatomy(&[(tags::LATERALITY, "L"), (tags::VIEW_POSITION, "CC")], Some("0")).projection(), ["L", "CC"]);
        let free = [(tags::VIEW_POSITION, "JOHN DOE"), (tags::BODY_PART_EXAMINED, "JOHN DOE"), (tags::PATIENT_ORIENTATION, "JOHN\\DOE")];
        assert!(anatomy(&free, None) == anatomy(&[], None));
    }

    #[test]
    fn a_series_knows_what_its_images_agree_on() {
        let image =
            |side, part| anatomy(&[(tags::LATERALITY, side), (tags::BODY_PART_EXAMINED, part), (tags::PATIENT_ORIENTATION, "A\\F")], None);
        let of = |images: &[Anatomy], geometry, plane| {
            let mut facts = SeriesFacts::new(Role::current(), ImagingModality::new("MG").unwrap(), 2);
            facts.geometry = geometry;
            agree(&mut facts, images.iter(), plane);
            facts
        };
        let facts = of(&[image("L", "BREAST"), image("R", "BREAST")], GeometryVerdict::None, None);
        assert_eq!((facts.laterality, facts.body_part, facts.plane), (None, BodyPart::new("BREAST").ok(), None));
        assert_eq!(facts.orientation, PatientOrientation::new("A", "F").ok());
        let axial = Some([Direction::LEFT, Direction::POSTERIOR]);
        let facts = of(&[image("L", "CHEST")], GeometryVerdict::Gap, axial);
        assert_eq!((facts.plane, facts.orientation), (Some(AcquisitionPlane::Axial), PatientOrientation::new("L", "P").ok()));
        let facts = of(&[image("L", "CHEST")], GeometryVerdict::Mixed, axial);
        assert_eq!((facts.plane, facts.orientation), (None, PatientOrientation::new("A", "F").ok()));
    }
}
