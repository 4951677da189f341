//! AI results as JSON, for products that write no DICOM: the form that `assets/findings.schema.json` publishes.
//!
//! Places on images count pixels as DICOM reports do: 0,0 is the outer corner of the first pixel. Refuses: another version, and anything the schema has not.

use super::contents::clean;
use super::groups::{in_patient, on_image, within};
use super::place::{CaseImages, Reference, Subject};
use super::{AiFinding, Note, Place, Score, Solid};
use crate::FileError;
use serde::Deserialize;
use tiresias_words::{Displacement, PatientPoint};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tiresias_ai: u32,
    #[serde(default)]
    patient_id: String,
    #[serde(default)]
    algorithm: Option<Algorithm>,
    /// Findings below it are not in the list.
    #[serde(default)]
    threshold: Option<f64>,
    findings: Vec<Draft>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Algorithm {
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    class: Option<String>,
    /// None for what is said of the case as a whole.
    #[serde(default)]
    places: Vec<Shape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Shape {
    Point {
        image: String,
        #[serde(default)]
        frame: Option<u32>,
        at: [f64; 2],
    },
    Polygon {
        image: String,
        #[serde(default)]
        frame: Option<u32>,
        points: Vec<[f64; 2]>,
    },
    Box {
        image: String,
        #[serde(default)]
        frame: Option<u32>,
        from: [f64; 2],
        to: [f64; 2],
    },
    Circle {
        image: String,
        #[serde(default)]
        frame: Option<u32>,
        centre: [f64; 2],
        radius: f64,
    },
    Point3d {
        frame_of_reference: String,
        at: [f64; 3],
    },
    Sphere {
        frame_of_reference: String,
        centre: [f64; 3],
        radius_mm: f64,
    },
    Box3d {
        frame_of_reference: String,
        from: [f64; 3],
        to: [f64; 3],
    },
}

/// The findings of a document, and what could not be used.
///
/// # Errors
/// When it is not as the schema has it, of another patient, or names images and none of them is here.
pub(super) fn findings(text: &[u8], case: &CaseImages<'_>) -> Result<(Vec<AiFinding>, Vec<Note>), FileError> {
    let document: Document =
        serde_json::from_slice(text).map_err(|_| FileError::Damaged("it is not as the schema of AI results has it"))?;
    if document.tiresias_ai != 1 {
        return Err(FileError::Unsupported("it is of another version of the schema of AI results"));
    }
    let references = document.findings.iter().flat_map(|f| &f.places).filter_map(Shape::image).collect();
    case.owns(&Subject { patient: document.patient_id, references, ..Subject::default() })?;
    let product = document.algorithm.and_then(|a| clean(&format!("{} {}", a.name, a.version)));
    let mut notes = Vec::new();
    let mut score = |given: Option<f64>| {
        let score = given.and_then(Score::new);
        if given.is_some() && score.is_none() {
            notes.push(Note::ScoreOffScale);
        }
        score
    };
    let threshold = score(document.threshold);
    let mut found = Vec::new();
    let mut lost = Vec::new();
    for draft in document.findings {
        let score = score(draft.score);
        let is_of_case = draft.places.is_empty();
        let mut places = Vec::new();
        for shape in &draft.places {
            match place(shape, case) {
                Ok(at) => places.extend(at),
                Err(note) => lost.push(note),
            }
        }
        if is_of_case || !places.is_empty() {
            found.push(AiFinding { places, score, class: draft.class.as_deref().and_then(clean), product: product.clone(), threshold });
        }
    }
    notes.extend(lost);
    Ok((found, notes))
}

impl Shape {
    fn image(&self) -> Option<Reference> {
        match self {
            Self::Point { image, frame, .. }
            | Self::Polygon { image, frame, .. }
            | Self::Box { image, frame, .. }
            | Self::Circle { image, frame, .. } => Some(Reference { image: image.clone(), frames: frame.iter().copied().collect() }),
            Self::Point3d { .. } | Self::Sphere { .. } | Self::Box3d { .. } => None,
        }
    }
}

fn place(shape: &Shape, case: &CaseImages<'_>) -> Result<Vec<Place>, Note> {
    let image = shape.image();
    let drawn = |kind: &str, points: &[[f64; 2]]| on_image(case, image.as_ref().ok_or(Note::NoImage)?, kind, points);
    let closed = |points: &[[f64; 2]]| points.iter().chain(points.first()).copied().collect::<Vec<_>>();
    let solid = |frame: &str, shape: Solid| {
        let (role, series) = case.in_frame(frame).and_then(|at| case.get(at)).ok_or(Note::OtherFrame)?;
        within(series, &shape)?;
        Ok(vec![Place::InPatient { series: role.clone(), shape }])
    };
    match shape {
        Shape::Point { at, .. } => drawn("POINT", &[*at]),
        Shape::Polygon { points, .. } if points.len() >= 3 => drawn("POLYLINE", &closed(points)),
        Shape::Box { from, to, .. } => drawn("POLYLINE", &closed(&[*from, [to[0], from[1]], *to, [from[0], to[1]]])),
        Shape::Circle { centre, radius, .. } if *radius > 0.0 => drawn("CIRCLE", &[*centre, [centre[0] + radius, centre[1]]]),
        Shape::Point3d { frame_of_reference, at } => in_patient(case, frame_of_reference, "POINT", &[PatientPoint::from(*at)]),
        Shape::Sphere { frame_of_reference, centre, radius_mm } => {
            let halves = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|d| Displacement::from(d) * *radius_mm);
            solid(frame_of_reference, Solid::Ellipsoid { centre: PatientPoint::from(*centre), halves })
        }
        Shape::Box3d { frame_of_reference, from, to } => {
            let [x, y, z] = [0, 1, 2].map(|i| [from.get(i).copied().unwrap_or(0.0), to.get(i).copied().unwrap_or(0.0)]);
            let corner = |pick: fn(f64, f64) -> f64| PatientPoint::from([x, y, z].map(|[a, b]| pick(a, b)));
            let (low, high) = (corner(f64::min), corner(f64::max));
            let is_solid = low.x < high.x && low.y < high.y && low.z < high.z;
            if is_solid { solid(frame_of_reference, Solid::Box { low, high }) } else { Err(Note::UnknownShape) }
        }
        Shape::Polygon { .. } | Shape::Circle { .. } => Err(Note::UnknownShape),
    }
}
