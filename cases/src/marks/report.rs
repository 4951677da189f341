//! The report of one read: Comprehensive 3D SR after TID 1500 "Measurement Report" (PS3.16), a measurement group for each mark and one for the case.
//!
//! A mark in the patient is an SCOORD3D in the frame of reference of its image (PS3.3 C.18.9), one on an image without a place an SCOORD in its pixels, whose
//! upper left corner is 0\0 (PS3.3 C.18.6.1.1), half a pixel from where this program counts. A box is the polygon of its corners, the diameters a polyline.
//! Ratings are measurements in a scheme of this program's own; lengths and areas are in millimetres.

use super::{
    CaseMark, MarkedCase, MarkedImage, MarksError, OWN_SCHEME, attributes, code, cut, general, image, instance, new_uid, parsed, place,
    sequence, tracking_identifier, value_of,
};
use crate::Package;
use crate::write::{file_of, numbers, text};
use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use std::collections::BTreeMap;
use tiresias_words::{ImagePoint, MarkShape, Outline, PatientPoint};

/// A mark as a report of ours has it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedMark {
    /// "Mark 3", or "Case".
    pub tracking: String,
    /// The code of what it is said to be: a class, or "mark" where there is none; "case" for the case.
    pub class: String,
    /// POINT, POLYGON, POLYLINE or ELLIPSE; empty for the case.
    pub graphic: String,
    /// Coordinates, three a point in the patient, two on an image.
    pub points: Vec<f64>,
    /// Measurements by their code.
    pub measurements: BTreeMap<String, f64>,
}

/// Half axes are drawn from the middle; the standard wants the ends of both axes, the longer first.
fn ellipse<P: Copy>(points: &[P; 3], mirror: impl Fn(P, P) -> P, length: impl Fn(P, P) -> f64) -> Vec<P> {
    let [centre, a, b] = *points;
    let axis = |end: P| [end, mirror(centre, end)];
    let (major, minor) = if length(centre, a) >= length(centre, b) { (a, b) } else { (b, a) };
    [axis(major), axis(minor)].concat()
}

fn closed<P: Copy>(points: &[P]) -> Vec<P> {
    points.iter().chain(points.first()).copied().collect()
}

/// Graphic type and points of a form.
fn graphic<P: Copy>(
    outline: &Outline<P>,
    mirror: impl Fn(P, P) -> P,
    fourth: impl Fn(&[P; 3]) -> P,
    length: impl Fn(P, P) -> f64,
    area: &'static str,
) -> (&'static str, Vec<P>) {
    match outline {
        Outline::Point(p) => ("POINT", vec![*p]),
        Outline::Ellipse(points) => ("ELLIPSE", ellipse(points, mirror, length)),
        Outline::Box(points) => (area, closed(&[points.as_slice(), &[fourth(points)]].concat())),
        Outline::Freehand(points) | Outline::Polygon(points) => (area, closed(points)),
        Outline::Bidimensional([a, b, c, d]) => (area, closed(&[*a, *c, *b, *d])),
    }
}

fn in_patient(outline: &Outline<PatientPoint>) -> (&'static str, Vec<f64>) {
    let mirror = |c: PatientPoint, p: PatientPoint| c + (c - p);
    let fourth = |[a, b, c]: &[PatientPoint; 3]| *a + (*c - *b);
    let (kind, points) = graphic(outline, mirror, fourth, |a, b| a.distance(b).0, "POLYGON");
    (kind, points.into_iter().flat_map(|p| [p.x, p.y, p.z]).collect())
}

fn on_image(outline: &Outline<ImagePoint>) -> (&'static str, Vec<f64>) {
    let at = |column, row| ImagePoint { column, row };
    let mirror = |c: ImagePoint, p: ImagePoint| at(2.0 * c.column - p.column, 2.0 * c.row - p.row);
    let fourth = |[a, b, c]: &[ImagePoint; 3]| at(a.column + c.column - b.column, a.row + c.row - b.row);
    let length = |a: ImagePoint, b: ImagePoint| (a.column - b.column).hypot(a.row - b.row);
    let (kind, points) = graphic(outline, mirror, fourth, length, "POLYLINE");
    (kind, points.into_iter().flat_map(|p| [p.column + 0.5, p.row + 0.5]).collect())
}

/// Lengths and areas of a form in the patient, by the codes of their concepts: millimetres and square millimetres.
fn measured(outline: &Outline<PatientPoint>) -> Vec<(InMemDicomObject, f64, &'static str)> {
    let area = |mm2: f64| (code("42798000", "SCT", "Area"), mm2, "mm2");
    match outline {
        Outline::Point(_) => vec![],
        Outline::Ellipse([c, a, b]) => vec![area(std::f64::consts::PI * c.distance(*a).0 * c.distance(*b).0)],
        Outline::Box([a, b, c]) => vec![area((*b - *a).cross(*c - *b).length().0)],
        Outline::Freehand(points) | Outline::Polygon(points) => {
            let Some(first) = points.first() else { return vec![] };
            let sides: Vec<_> = points.iter().map(|p| *p - *first).collect();
            let turns = sides.windows(2).filter_map(|w| Some(w.first()?.cross(*w.get(1)?)));
            vec![area(turns.reduce(|a, b| a + b).map_or(0.0, |sum| sum.length().0 / 2.0))]
        }
        Outline::Bidimensional([a, b, c, d]) => vec![
            (code("103339001", "SCT", "Long Axis"), a.distance(*b).0, "mm"),
            (code("103340004", "SCT", "Short Axis"), c.distance(*d).0, "mm"),
        ],
    }
}

/// A content item (PS3.3 C.17.3).
fn item(relation: &str, kind: &str, concept: InMemDicomObject) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    text(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, relation);
    text(&mut item, tags::VALUE_TYPE, VR::CS, kind);
    sequence(&mut item, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![concept]);
    item
}
fn coded(relation: &str, concept: InMemDicomObject, value: InMemDicomObject) -> InMemDicomObject {
    let mut item = item(relation, "CODE", concept);
    sequence(&mut item, tags::CONCEPT_CODE_SEQUENCE, vec![value]);
    item
}
fn number(concept: InMemDicomObject, value: f64, unit: InMemDicomObject) -> InMemDicomObject {
    let mut item = item("CONTAINS", "NUM", concept);
    let mut measured = InMemDicomObject::new_empty();
    numbers(&mut measured, tags::NUMERIC_VALUE, &[value]);
    measured.put(DataElement::new(tags::FLOATING_POINT_VALUE, VR::FD, PrimitiveValue::from(value)));
    sequence(&mut measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, vec![unit]);
    sequence(&mut item, tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
    item
}
fn container(relation: &str, concept: InMemDicomObject, template: Option<&str>, content: Vec<InMemDicomObject>) -> InMemDicomObject {
    let mut item = item(relation, "CONTAINER", concept);
    text(&mut item, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    if let Some(template) = template {
        let mut named = InMemDicomObject::new_empty();
        text(&mut named, tags::MAPPING_RESOURCE, VR::CS, "DCMR");
        text(&mut named, tags::TEMPLATE_IDENTIFIER, VR::CS, template);
        sequence(&mut item, tags::CONTENT_TEMPLATE_SEQUENCE, vec![named]);
    }
    sequence(&mut item, tags::CONTENT_SEQUENCE, content);
    item
}

fn unit(of: &str) -> InMemDicomObject {
    match of {
        "mm" => code("mm", "UCUM", "millimeter"),
        "mm2" => code("mm2", "UCUM", "square millimeter"),
        _ => code("1", "UCUM", "no units"),
    }
}

/// Tracking identifier and UID, then what it is.
fn begun(tracking: &str, uid: &str, finding: InMemDicomObject) -> Vec<InMemDicomObject> {
    let mut identifier = item("HAS OBS CONTEXT", "TEXT", code("112039", "DCM", "Tracking Identifier"));
    text(&mut identifier, tags::TEXT_VALUE, VR::UT, tracking);
    let mut unique = item("HAS OBS CONTEXT", "UIDREF", code("112040", "DCM", "Tracking Unique Identifier"));
    text(&mut unique, tags::UID, VR::UI, uid);
    vec![identifier, unique, coded("CONTAINS", code("121071", "DCM", "Finding"), finding)]
}

/// The code of what a mark is said to be.
fn class_of(mark: &CaseMark) -> String {
    mark.class.as_ref().map_or_else(|| "mark".to_owned(), |[key, _]| cut(key))
}

fn group(case: &MarkedCase, package: &Package, mark: &CaseMark, image: &MarkedImage) -> Result<InMemDicomObject, MarksError> {
    let finding = match &mark.class {
        Some([_, label]) => code(&class_of(mark), OWN_SCHEME, label),
        None => code(&class_of(mark), OWN_SCHEME, &case.label),
    };
    let tracking = tracking_identifier(mark.number);
    let mut content = begun(&tracking, &new_uid(case, package, &tracking), finding);
    let concept = code("111030", "DCM", "Image Region");
    let (region, lengths) = match &mark.shape {
        MarkShape::InPatient(outline) => {
            let (kind, points) = in_patient(outline);
            let frame =
                image.frame_of_reference.as_deref().ok_or(MarksError::NoUid { number: mark.number.0, what: "frame of reference" })?;
            let mut region = item("CONTAINS", "SCOORD3D", concept);
            text(&mut region, tags::REFERENCED_FRAME_OF_REFERENCE_UID, VR::UI, frame);
            text(&mut region, tags::GRAPHIC_TYPE, VR::CS, kind);
            region.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32(points.iter().map(|v| *v as f32).collect())));
            (region, measured(outline))
        }
        MarkShape::OnImage(outline) => {
            let (kind, points) = on_image(outline);
            let mut region = item("CONTAINS", "SCOORD", concept);
            text(&mut region, tags::GRAPHIC_TYPE, VR::CS, kind);
            region.put(DataElement::new(tags::GRAPHIC_DATA, VR::FL, PrimitiveValue::F32(points.iter().map(|v| *v as f32).collect())));
            let mut source = InMemDicomObject::new_empty();
            text(&mut source, tags::RELATIONSHIP_TYPE, VR::CS, "SELECTED FROM");
            text(&mut source, tags::VALUE_TYPE, VR::CS, "IMAGE");
            let mut reference = instance(&image.class, mark.anchor.image.as_str());
            if mark.anchor.frame > 0 {
                text(&mut reference, tags::REFERENCED_FRAME_NUMBER, VR::IS, &(mark.anchor.frame + 1).to_string());
            }
            sequence(&mut source, tags::REFERENCED_SOP_SEQUENCE, vec![reference]);
            sequence(&mut region, tags::CONTENT_SEQUENCE, vec![source]);
            (region, vec![])
        }
    };
    content.push(region);
    content.push(number(code("rating", OWN_SCHEME, "Rating of the mark"), mark.rating, unit("1")));
    content.extend(lengths.into_iter().map(|(concept, value, of)| number(concept, value, unit(of))));
    Ok(container("CONTAINS", code("125007", "DCM", "Measurement Group"), Some("1410"), content))
}

/// The report of a read, as the bytes of a DICOM file. A case in which nothing is marked is reported with its rating alone.
///
/// # Errors
/// When a mark is on an image that the package does not hold, or an image lacks what a reference needs.
pub fn report(case: &MarkedCase, package: &Package) -> Result<Vec<u8>, MarksError> {
    let mut evidence: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    let mut groups = Vec::new();
    let mut first: Option<MarkedImage> = None;
    for mark in &case.marks {
        let (series, slice) = place(package, mark)?;
        let series = package.series().get(series).ok_or(MarksError::NoSuchImage(mark.number))?;
        let image = image(series, slice, mark.number)?;
        groups.push(group(case, package, mark, &image)?);
        let of_series = evidence.entry((image.study.clone(), image.series.clone())).or_default();
        of_series.insert(mark.anchor.image.to_string(), image.class.clone());
        first.get_or_insert(image);
    }
    if first.is_none() {
        // A case without a mark is still a case: of its first series the middle image stands for it.
        let series = package.series().first().filter(|s| !s.is_empty()).ok_or(MarksError::NoSuchImage(tiresias_words::MarkId(0)))?;
        let middle = series.len() / 2;
        let image = image(series, middle, tiresias_words::MarkId(0))?;
        let uid = series.image_uid(middle).ok_or(MarksError::NoSuchImage(tiresias_words::MarkId(0)))?;
        evidence.entry((image.study.clone(), image.series.clone())).or_default().insert(uid.to_string(), image.class.clone());
        first = Some(image);
    }
    let Some(image) = first else { return Err(MarksError::Encode) };
    if let Some(rating) = case.case_rating {
        let mut content = begun("Case", &new_uid(case, package, "Case"), code("case", OWN_SCHEME, "The case as a whole"));
        content.push(number(code("rating", OWN_SCHEME, "Rating of the case"), rating, unit("1")));
        groups.push(container("CONTAINS", code("125007", "DCM", "Measurement Group"), Some("1501"), content));
    }
    let uid = new_uid(case, package, "report");
    let mut o = container("", code("126000", "DCM", "Imaging Measurement Report"), Some("1500"), root(case, groups));
    o.remove_element(tags::RELATIONSHIP_TYPE);
    text(&mut o, tags::SOP_CLASS_UID, VR::UI, uids::COMPREHENSIVE3_DSR_STORAGE);
    text(&mut o, tags::SOP_INSTANCE_UID, VR::UI, &uid);
    general(&mut o, case, &image, "SR");
    text(&mut o, tags::SERIES_INSTANCE_UID, VR::UI, &new_uid(case, package, "report series"));
    text(&mut o, tags::SERIES_DESCRIPTION, VR::LO, "Marks of a reader study");
    text(&mut o, tags::COMPLETION_FLAG, VR::CS, "COMPLETE");
    text(&mut o, tags::VERIFICATION_FLAG, VR::CS, "UNVERIFIED");
    sequence(&mut o, tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE, vec![]);
    sequence(&mut o, tags::PERFORMED_PROCEDURE_CODE_SEQUENCE, vec![]);
    sequence(&mut o, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE, referenced(evidence));
    let bytes = file_of(o, uids::COMPREHENSIVE3_DSR_STORAGE, &uid, uids::EXPLICIT_VR_LITTLE_ENDIAN).ok_or(MarksError::Encode)?;
    if read_report(&bytes)? != expected(case) {
        return Err(MarksError::ReadBack("a mark or a rating is not there as it was given"));
    }
    Ok(bytes)
}

fn root(case: &MarkedCase, groups: Vec<InMemDicomObject>) -> Vec<InMemDicomObject> {
    let language = code("121049", "DCM", "Language of Content Item and Descendants");
    let mut person = item("HAS OBS CONTEXT", "PNAME", code("121008", "DCM", "Person Observer Name"));
    text(&mut person, tags::PERSON_NAME, VR::PN, &cut(&case.reader));
    vec![
        coded("HAS CONCEPT MOD", language, code("en", "RFC5646", "English")),
        coded("HAS OBS CONTEXT", code("121005", "DCM", "Observer Type"), code("121006", "DCM", "Person")),
        person,
        coded("HAS CONCEPT MOD", code("121058", "DCM", "Procedure reported"), code("363679005", "SCT", "Imaging procedure")),
        container("CONTAINS", code("126010", "DCM", "Imaging Measurements"), None, groups),
    ]
}

/// Images by study and series (PS3.3 C.17.2).
fn referenced(evidence: BTreeMap<(String, String), BTreeMap<String, String>>) -> Vec<InMemDicomObject> {
    let mut by_study: BTreeMap<String, Vec<InMemDicomObject>> = BTreeMap::new();
    for ((study, series), images) in evidence {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::SERIES_INSTANCE_UID, VR::UI, &series);
        sequence(&mut item, tags::REFERENCED_SOP_SEQUENCE, images.iter().map(|(image, class)| instance(class, image)).collect());
        by_study.entry(study).or_default().push(item);
    }
    let study = |(study, series): (String, Vec<InMemDicomObject>)| {
        let mut item = InMemDicomObject::new_empty();
        text(&mut item, tags::STUDY_INSTANCE_UID, VR::UI, &study);
        sequence(&mut item, tags::REFERENCED_SERIES_SEQUENCE, series);
        item
    };
    by_study.into_iter().map(study).collect()
}

/// What reading the report back must give.
fn expected(case: &MarkedCase) -> Vec<ReportedMark> {
    let mark = |mark: &CaseMark| {
        let (graphic, points, lengths) = match &mark.shape {
            MarkShape::InPatient(outline) => {
                let (kind, points) = in_patient(outline);
                (kind, points, measured(outline))
            }
            MarkShape::OnImage(outline) => {
                let (kind, points) = on_image(outline);
                (kind, points, vec![])
            }
        };
        let value =
            |(concept, value, _): &(InMemDicomObject, f64, &str)| (attributes(concept).text(tags::CODE_VALUE).unwrap_or_default(), *value);
        let mut measurements: BTreeMap<String, f64> = lengths.iter().map(value).collect();
        measurements.insert("rating".to_owned(), mark.rating);
        let points = points.into_iter().map(|v| f64::from(v as f32)).collect();
        let (tracking, class) = (tracking_identifier(mark.number), class_of(mark));
        ReportedMark { tracking, class, graphic: graphic.to_owned(), points, measurements }
    };
    let of_case = case.case_rating.map(|rating| ReportedMark {
        tracking: "Case".to_owned(),
        class: "case".to_owned(),
        graphic: String::new(),
        points: vec![],
        measurements: [("rating".to_owned(), rating)].into(),
    });
    case.marks.iter().map(mark).chain(of_case).collect()
}

/// The measurement groups of a report of ours, in its order.
///
/// # Errors
/// When the bytes are no such report.
pub fn read_report(bytes: &[u8]) -> Result<Vec<ReportedMark>, MarksError> {
    let object = attributes(&parsed(bytes)?);
    let code_of = |a: &crate::attributes::Attributes, tag| a.items(tag).first().and_then(value_of).unwrap_or_default();
    let named = |a: &crate::attributes::Attributes| code_of(a, tags::CONCEPT_NAME_CODE_SEQUENCE);
    let measurements = object.items(tags::CONTENT_SEQUENCE).into_iter().find(|a| named(a) == "126010");
    let Some(measurements) = measurements else { return Err(MarksError::ReadBack("there are no measurements")) };
    let mut marks = Vec::new();
    for group in measurements.items(tags::CONTENT_SEQUENCE) {
        let (tracking, class, graphic) = (String::new(), String::new(), String::new());
        let mut mark = ReportedMark { tracking, class, graphic, points: vec![], measurements: BTreeMap::new() };
        for content in group.items(tags::CONTENT_SEQUENCE) {
            match content.text(tags::VALUE_TYPE).unwrap_or_default().as_str() {
                "TEXT" => mark.tracking = content.text(tags::TEXT_VALUE).unwrap_or_default(),
                "CODE" if named(&content) == "121071" => mark.class = code_of(&content, tags::CONCEPT_CODE_SEQUENCE),
                "SCOORD" | "SCOORD3D" => {
                    mark.graphic = content.text(tags::GRAPHIC_TYPE).unwrap_or_default();
                    mark.points = content.numbers(tags::GRAPHIC_DATA, "Graphic Data")?.unwrap_or_default();
                }
                "NUM" => {
                    let value = content.items(tags::MEASURED_VALUE_SEQUENCE);
                    let value = value.first().map(|v| v.number(tags::FLOATING_POINT_VALUE, "Floating Point Value")).transpose()?.flatten();
                    mark.measurements.insert(named(&content), value.ok_or(MarksError::ReadBack("a measurement has no value"))?);
                }
                _ => {}
            }
        }
        marks.push(mark);
    }
    Ok(marks)
}
