//! What of a report is a finding: measurement groups of TID 1500 (1410, 1411), and findings of the Chest and Mammography CAD reports (TID 4104, 4006).
//!
//! An item is a finding when regions, or segments of a segmentation, belong to it directly. Its score is the certainty or probability that belongs to it, its
//! class what it says it found. Groups that follow one thing (Tracking Unique Identifier) are one finding. What a report does not want presented is left out.
//! Image coordinates of a report begin at the outer corner of the first pixel (PS3.3 C.18.6.1.1), so that a pixel's centre is at a half.

use super::contents::clean;
use super::place::{CaseImages, Reference};
use super::report::{Item, ItemValue, Report};
use super::{AiFinding, Flat, Note, Place, Score, Solid};
use std::collections::HashMap;
use tiresias_words::{Displacement, PatientPoint};

/// Concepts (PS3.16): regions' centres, scores, names, and what is not to be shown.
const CENTER: &str = "111010";
const SCORES: [&str; 2] = ["111012", "111047"];
const ALGORITHM: &str = "111001";
const DEVICE: &str = "121013";
const FINDING: &str = "121071";
const SINGLE_IMAGE_FINDING: &str = "111059";
const TRACKING: &str = "112040";
const RENDERING_INTENT: &str = "111056";
const NOT_FOR_PRESENTATION: &str = "111152";
/// Corners of a round outline.
const CORNERS: u32 = 64;

/// A finding of a report on its way: with segments of segmentations that are read beside it.
pub(super) struct Reported {
    pub(super) finding: AiFinding,
    /// SOP Instance UID and segment numbers; without numbers all of it.
    pub(super) segments: Vec<(String, Vec<u16>)>,
    tracked: Option<String>,
}

/// The findings of a report, and what could not be used.
pub(super) fn findings(report: &Report, case: &CaseImages<'_>) -> (Vec<Reported>, Vec<Note>) {
    let mut found = Vec::new();
    let mut notes = Vec::new();
    let device = report.root.iter().find(|i| i.concept.value == DEVICE).and_then(|i| i.text.clone());
    for item in &report.root {
        below(report, item, device.as_deref(), case, &mut found, &mut notes);
    }
    (merged(found), notes)
}

fn below(report: &Report, item: &Item, product: Option<&str>, case: &CaseImages<'_>, found: &mut Vec<Reported>, notes: &mut Vec<Note>) {
    let own = item.children.iter().find(|c| c.concept.value == ALGORITHM).and_then(|c| c.text.as_deref());
    let product = own.or(product);
    // Below a number lie the points that it was measured at.
    if item.kind != "NUM" {
        found.extend(finding(report, item, product, case, notes));
    }
    item.children.iter().for_each(|child| below(report, child, product, case, found, notes));
}

fn finding(report: &Report, item: &Item, product: Option<&str>, case: &CaseImages<'_>, notes: &mut Vec<Note>) -> Option<Reported> {
    let children = &item.children;
    let intent = |c: &Item| c.concept.value == RENDERING_INTENT && c.code.as_ref().is_some_and(|v| v.value == NOT_FOR_PRESENTATION);
    if children.iter().any(intent) {
        return None;
    }
    let is_region = |c: &&Item| matches!(c.kind.as_str(), "SCOORD" | "SCOORD3D");
    let has_outline = children.iter().filter(is_region).any(|c| c.concept.value != CENTER);
    let regions: Vec<&Item> = children.iter().filter(is_region).filter(|c| !(has_outline && c.concept.value == CENTER)).collect();
    let segments: Vec<(String, Vec<u16>)> =
        children.iter().filter_map(|c| c.image.clone()).filter(|(_, s)| !s.is_empty()).map(|(r, s)| (r.image, s)).collect();
    if regions.is_empty() && segments.is_empty() {
        return None;
    }
    let mut places = Vec::new();
    for region in regions {
        match place(report, region, case) {
            Ok(found) => places.extend(found),
            Err(note) => notes.push(note),
        }
    }
    let number = children.iter().find(|c| SCORES.contains(&c.concept.value.as_str())).map(|c| &c.value);
    let score = match number {
        Some(ItemValue::Number(value, unit)) => {
            let score = Score::new(if unit == "%" { value / 100.0 } else { *value });
            if score.is_none() {
                notes.push(Note::ScoreOffScale);
            }
            score
        }
        _ => None,
    };
    if places.is_empty() && segments.is_empty() {
        return None;
    }
    let class = children.iter().find(|c| c.concept.value == FINDING).or(Some(item).filter(|i| i.concept.value == SINGLE_IMAGE_FINDING));
    let class = class.and_then(|c| c.code.as_ref()).and_then(|c| clean(&c.meaning));
    let tracked = children.iter().find(|c| c.concept.value == TRACKING).and_then(|c| c.uid.clone());
    let finding = AiFinding { places, score, class, product: product.and_then(clean), threshold: None };
    Some(Reported { finding, segments, tracked })
}

/// One finding for all groups that follow the same thing.
fn merged(found: Vec<Reported>) -> Vec<Reported> {
    let mut first_of: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Reported> = Vec::new();
    for one in found {
        let known = one.tracked.as_ref().and_then(|uid| first_of.get(uid)).copied();
        if let Some(earlier) = known.and_then(|at| all.get_mut(at)) {
            earlier.finding.places.extend(one.finding.places);
            earlier.segments.extend(one.segments);
            earlier.finding.score = earlier.finding.score.or(one.finding.score);
            continue;
        }
        if let Some(uid) = &one.tracked {
            first_of.insert(uid.clone(), all.len());
        }
        all.push(one);
    }
    all
}

fn place(report: &Report, region: &Item, case: &CaseImages<'_>) -> Result<Vec<Place>, Note> {
    let ItemValue::Graphic(kind, data) = &region.value else { return Err(Note::UnknownShape) };
    if region.kind == "SCOORD3D" {
        let frame = region.frame_of_reference.as_deref().unwrap_or_default();
        let (_, rest) = data.as_chunks::<3>();
        let points: Vec<PatientPoint> = data.as_chunks::<3>().0.iter().map(|p| PatientPoint::from(*p)).collect();
        return if rest.is_empty() { in_patient(case, frame, kind, &points) } else { Err(Note::UnknownShape) };
    }
    let (points, rest) = data.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Note::UnknownShape);
    }
    // The image stands below the region, or in the library of images, to which the region points.
    let by_reference = |c: &Item| match &c.value {
        ItemValue::Reference(place) => report.at(place)?.image.clone(),
        _ => None,
    };
    let image = region.children.iter().find_map(|c| c.image.clone().or_else(|| by_reference(c))).ok_or(Note::NoImage)?;
    on_image(case, &image.0, kind, points)
}

/// A shape in the pixels of an image, as reports and documents count them: 0,0 is the outer corner of the first pixel.
pub(super) fn on_image(case: &CaseImages<'_>, image: &Reference, kind: &str, points: &[[f64; 2]]) -> Result<Vec<Place>, Note> {
    let at = case.image(image).ok_or(Note::OtherImage)?;
    let centred: Vec<[f64; 2]> = points.iter().map(|p| p.map(|c| c - 0.5)).collect();
    let line = |points: Vec<[f64; 2]>| Flat::Line { closed: points.len() > 3 && points.first() == points.last(), points };
    let shapes = match (kind, centred.as_slice()) {
        ("POINT", [_]) | ("MULTIPOINT", [_, ..]) => centred.iter().copied().map(Flat::Point).collect(),
        ("POLYLINE", [_, _, ..]) => vec![line(centred.clone())],
        ("CIRCLE", [centre, edge]) => {
            let r = [edge[0] - centre[0], edge[1] - centre[1]];
            vec![Flat::Line { points: round(*centre, r, [-r[1], r[0]]), closed: true }]
        }
        ("ELLIPSE", [a, b, c, d]) => {
            let half = |p: &[f64; 2], q: &[f64; 2]| [(q[0] - p[0]) / 2.0, (q[1] - p[1]) / 2.0];
            let u = half(a, b);
            vec![Flat::Line { points: round([a[0] + u[0], a[1] + u[1]], u, half(c, d)), closed: true }]
        }
        _ => return Err(Note::UnknownShape),
    };
    let corners = shapes.iter().flat_map(|shape| match shape {
        Flat::Point(point) => std::slice::from_ref(point),
        Flat::Line { points, .. } => points,
    });
    corners.into_iter().try_for_each(|p| case.on_image(at, *p))?;
    let image = case.packed_name(at).ok_or(Note::OtherImage)?;
    Ok(shapes.into_iter().map(|shape| Place::OnImage { image: image.clone(), shape }).collect())
}

fn round([x, y]: [f64; 2], u: [f64; 2], v: [f64; 2]) -> Vec<[f64; 2]> {
    angles().map(|[sin, cos]| [x + u[0] * cos + v[0] * sin, y + u[1] * cos + v[1] * sin]).collect()
}

/// Sine and cosine of the corners of a round outline, whose last corner is its first. The same on every machine, so that a case is packed to the same bytes.
fn angles() -> impl Iterator<Item = [f64; 2]> {
    (0..=CORNERS).map(|i| {
        let angle = f64::from(i % CORNERS) * std::f64::consts::TAU / f64::from(CORNERS);
        [libm::sin(angle), libm::cos(angle)]
    })
}

/// A shape in patient millimetres.
pub(super) fn in_patient(case: &CaseImages<'_>, frame: &str, kind: &str, points: &[PatientPoint]) -> Result<Vec<Place>, Note> {
    let (role, series) = case.in_frame(frame).and_then(|at| case.get(at)).ok_or(Note::OtherFrame)?;
    let half = |p: &PatientPoint, q: &PatientPoint| (*q - *p) * 0.5;
    let is_closed = points.len() > 3 && points.first() == points.last();
    let shapes = match (kind, points) {
        ("POINT", [_]) | ("MULTIPOINT", [_, ..]) => points.iter().copied().map(Solid::Point).collect(),
        ("POLYLINE", [_, _, ..]) => vec![Solid::Line { points: points.to_vec(), closed: is_closed }],
        ("POLYGON", [_, _, _, ..]) => vec![Solid::Line { points: points.to_vec(), closed: true }],
        ("ELLIPSE", [a, b, c, d]) => {
            let (u, v) = (half(a, b), half(c, d));
            let centre = *a + u;
            vec![Solid::Line { points: angles().map(|[sin, cos]| centre + u * cos + v * sin).collect(), closed: true }]
        }
        ("ELLIPSOID", [a, b, c, d, e, f]) => {
            let u = half(a, b);
            vec![Solid::Ellipsoid { centre: *a + u, halves: [u, half(c, d), half(e, f)] }]
        }
        _ => return Err(Note::UnknownShape),
    };
    shapes.iter().try_for_each(|shape| within(series, shape))?;
    Ok(shapes.into_iter().map(|shape| Place::InPatient { series: role.clone(), shape }).collect())
}

/// Whether a shape's points lie in the images; of a solid its middle.
pub(super) fn within(series: &crate::Series, shape: &Solid) -> Result<(), Note> {
    let volume = series.volume.as_ref().ok_or(Note::OtherFrame)?;
    let inside = |p: &PatientPoint| volume.contains(volume.voxel_of(*p));
    let is_inside = match shape {
        Solid::Point(point) => inside(point),
        Solid::Line { points, .. } => points.iter().all(inside),
        Solid::Ellipsoid { centre, .. } => inside(centre),
        Solid::Box { low, high } => inside(&(*low + (*high - *low) * 0.5)),
    };
    let finite = |d: &Displacement| d.length().0.is_finite() && (1e-3..=1e4).contains(&d.length().0);
    let is_solid = match shape {
        Solid::Ellipsoid { halves, .. } => halves.iter().all(finite),
        _ => true,
    };
    match (is_inside, is_solid) {
        (true, true) => Ok(()),
        (false, _) => Err(Note::OutsideImage),
        (_, false) => Err(Note::UnknownShape),
    }
}
