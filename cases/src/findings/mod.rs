//! AI results: what hospitals and vendors send becomes findings on the images of one case, which a reading room can draw without knowing DICOM.
//!
//! Read are segmentations (binary, fractional, overlapping, label maps), structured reports (TID 1500 in 2D and 3D, CAD reports) and JSON of a published
//! schema. Owns: what a finding is, and that it lies where the result says, on images of the package, whose UIDs are the only ones that stay. A result that
//! is not of this case is refused whole; a part of one that cannot be placed is left out with a [`Note`]. Refuses: drawing, thresholds of its own, and any
//! text but the class, the algorithm's name and a segment's label.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod contents;
mod document;
mod grid;
mod groups;
mod list;
mod place;
mod report;
mod segmentation;

pub use grid::{Grid, GridBlock, GridMeasure, GridPlane};
pub use report::{ItemValue, ReportItem};
pub use segmentation::SegmentMeasure;

use crate::classes::object_kind;
use crate::file::{Header, read_object};
use crate::{FileError, Series, UidKey};
use dicom_dictionary_std::tags;
use place::CaseImages;
use report::Report;
use segmentation::{Kind, Segmentation};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_codecs::Codecs;
use tiresias_words::{Displacement, PatientPoint, Role, SopUid};

const LIMIT: u64 = 256 << 20;
/// From which part of the largest value on a fractional segmentation is outlined. The standard names none; a half is where a voxel is more in than out.
const FRACTION: f64 = 0.5;

/// Findings of reports that are drawn with one segment at most: one for each time or reader. Without an end a small report could ask for any amount of memory.
const SHARED: u32 = 32;

/// Bytes that are no findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unreadable;

/// What the AI says of one case. It has no `Debug`, `Display` or `Serialize`.
#[derive(Default)]
pub struct Findings {
    findings: Vec<AiFinding>,
    heat_maps: Vec<Grid>,
    notes: Vec<Note>,
}

/// One finding: where it is, how sure the AI is, and what it says it is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiFinding {
    /// Where; empty for what is said of the case as a whole.
    pub places: Vec<Place>,
    /// How sure.
    pub score: Option<Score>,
    /// What, as a line of at most 64 characters.
    pub class: Option<String>,
    /// The product, likewise.
    pub product: Option<String>,
    /// The score from which on findings are shown, or the part of the largest value at which a fractional mask was cut.
    pub threshold: Option<Score>,
}

/// A number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

/// Where a finding is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// On one image of the package.
    OnImage {
        /// Its (replaced) SOP instance UID.
        image: SopUid,
        /// In its pixels.
        shape: Flat,
    },
    /// In the patient, in the frame of reference of a series.
    InPatient {
        /// Which.
        series: Role,
        /// In patient millimetres.
        shape: Solid,
    },
    /// Voxels on the slices of a series.
    Voxels(Grid),
}

/// A shape on an image: continuous columns and rows, centres at whole numbers, the first 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Flat {
    /// A position.
    Point([f64; 2]),
    /// Straight lines from each point to the next.
    Line {
        /// At least two.
        points: Vec<[f64; 2]>,
        /// Whether it is the outline of an area.
        closed: bool,
    },
}

/// A shape in the patient (LPS, mm).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Solid {
    /// A position.
    Point(PatientPoint),
    /// Straight lines from each point to the next.
    Line {
        /// At least two.
        points: Vec<PatientPoint>,
        /// Whether it is the outline of an area.
        closed: bool,
    },
    /// An ellipsoid.
    Ellipsoid {
        /// Its middle.
        centre: PatientPoint,
        /// Its half axes.
        halves: [Displacement; 3],
    },
    /// A box along the axes of the patient.
    Box {
        /// The corner with the lowest coordinates.
        low: PatientPoint,
        /// The corner with the highest.
        high: PatientPoint,
    },
}

/// What of a result could not be used, and is therefore not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// A shape reaches beyond its image, or lies beyond the volume.
    OutsideImage,
    /// A score is not between 0 and 1, or 0 and 100 percent.
    ScoreOffScale,
    /// A region names an image that is not in this case.
    OtherImage,
    /// A region names no image.
    NoImage,
    /// A shape is in a frame of reference that no series of this case has.
    OtherFrame,
    /// A shape of a kind that cannot be drawn.
    UnknownShape,
    /// A report names segments of a segmentation that was not given, or that has no such segment or no voxel of it.
    NoSegmentation,
}

impl Score {
    /// A number from 0 to 1; `None` for any other.
    #[must_use]
    pub fn new(part: f64) -> Option<Self> {
        (0.0..=1.0).contains(&part).then_some(Self(part))
    }
    /// The number.
    #[must_use]
    pub const fn part(self) -> f64 {
        self.0
    }
}
impl TryFrom<f64> for Score {
    type Error = &'static str;
    fn try_from(part: f64) -> Result<Self, Self::Error> {
        Self::new(part).ok_or("a score is 0 to 1")
    }
}
impl From<Score> for f64 {
    fn from(s: Score) -> Self {
        s.0
    }
}

impl Note {
    /// What happened, as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OutsideImage => "A finding of the AI lies outside of the images and is not drawn.",
            Self::ScoreOffScale => "A score of the AI is not between 0 and 100 % and is not shown.",
            Self::OtherImage => "A finding of the AI is on an image that is not in this case, and is not drawn.",
            Self::NoImage => "A finding of the AI names no image and is not drawn.",
            Self::OtherFrame => "A finding of the AI is in another frame of reference than the images, and is not drawn.",
            Self::UnknownShape => "A finding of the AI has a shape that cannot be drawn.",
            Self::NoSegmentation => "A finding of the AI is a segment of a segmentation that is not there, and is not drawn.",
        }
    }
}

impl Findings {
    /// The findings, in the order of the results.
    #[must_use]
    pub fn all(&self) -> &[AiFinding] {
        &self.findings
    }
    /// Probabilities voxel by voxel.
    #[must_use]
    pub fn heat_maps(&self) -> &[Grid] {
        &self.heat_maps
    }
    /// What could not be used.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Findings as they are: of the demo, and for tests of what shows them.
    #[must_use]
    pub const fn of(findings: Vec<AiFinding>, heat_maps: Vec<Grid>, notes: Vec<Note>) -> Self {
        Self { findings, heat_maps, notes }
    }
}

/// A result that was read, before it is known where it belongs.
enum Read {
    Segmentation(Box<Segmentation>),
    Report(Report),
    Document(Vec<u8>),
}

/// Reads the AI results of a case, each onto the images of `case` that it was made from, by the names that a package made with `key` gives them.
///
/// # Errors
/// With the place of the file in the list, when one cannot be read, is no AI result, or is not of this case: of another patient, made from other images, in
/// another frame of reference, or with frames that do not lie on slices.
pub fn read_findings(
    files: &[PathBuf],
    case: &[(Role, &Series)],
    key: &UidKey,
    codecs: &Arc<Codecs>,
) -> Result<Findings, (usize, FileError)> {
    let images = CaseImages::new(case, key);
    let mut read = Vec::with_capacity(files.len());
    for (i, path) in files.iter().enumerate() {
        read.push(read_one(path, codecs).map_err(|e| (i, e))?);
    }
    let mut findings = Findings::default();
    // Of each segmentation its instance, and of each of its segments the number and the place of its finding.
    let mut segments: Vec<(String, Vec<(u16, usize)>)> = Vec::new();
    for (i, one) in read.iter().enumerate() {
        if let Read::Segmentation(seg) = one {
            segments.push((seg.subject.instance.clone(), findings.segmented(seg, &images).map_err(|e| (i, e))?));
        }
    }
    // Places of findings that are the outlines of others, and of how many.
    let mut taken = HashMap::new();
    for (i, one) in read.iter().enumerate() {
        match one {
            Read::Segmentation(_) => {}
            Read::Report(report) => {
                images.owns(&report.subject).map_err(|e| (i, e))?;
                findings.reported(report, &images, &segments, &mut taken);
            }
            Read::Document(text) => {
                let (found, notes) = document::findings(text, &images).map_err(|e| (i, e))?;
                findings.findings.extend(found);
                findings.notes.extend(notes);
            }
        }
    }
    // A segment that a report speaks of is that finding's outline, and no second finding.
    let all = std::mem::take(&mut findings.findings);
    let says_something = |f: &AiFinding| !f.places.is_empty() || f.score.is_some() || f.class.is_some();
    findings.findings =
        all.into_iter().enumerate().filter(|(at, f)| !taken.contains_key(at) && says_something(f)).map(|(_, f)| f).collect();
    Ok(findings)
}

impl Findings {
    /// Takes a segmentation in; returns the number of each segment and the place of its finding.
    fn segmented(&mut self, seg: &Segmentation, images: &CaseImages<'_>) -> Result<Vec<(u16, usize)>, FileError> {
        images.owns(&seg.subject)?;
        let mut places = Vec::new();
        for (segment, grid) in images.grids(seg)? {
            let is_fractional = matches!(seg.kind, Kind::Fractional { .. });
            let mask = if is_fractional { grid.at_least(FRACTION) } else { grid.clone() };
            if matches!(seg.kind, Kind::Fractional { is_probability: true, .. }) {
                self.heat_maps.push(grid);
            }
            if mask.measure().is_none() {
                continue;
            }
            places.push((segment.number, self.findings.len()));
            self.findings.push(AiFinding {
                places: vec![Place::Voxels(mask)],
                score: None,
                class: segment.label.clone(),
                product: segment.product.clone(),
                threshold: Score::new(FRACTION).filter(|_| is_fractional),
            });
        }
        Ok(places)
    }

    /// Takes a report in. Several of its findings may have one segment as their outline: each is drawn with it, and the segment is in `taken`.
    fn reported(
        &mut self,
        report: &Report,
        images: &CaseImages<'_>,
        segments: &[(String, Vec<(u16, usize)>)],
        taken: &mut HashMap<usize, u32>,
    ) {
        let (found, notes) = groups::findings(report, images);
        self.notes.extend(notes);
        for one in found {
            let mut finding = one.finding;
            let mut own = HashSet::new();
            for (instance, numbers) in &one.segments {
                let known = segments.iter().find(|(uid, _)| uid == instance).map(|(_, known)| known.as_slice()).unwrap_or_default();
                // A segment that is not there, or has no voxel.
                if !numbers.iter().all(|n| known.iter().any(|(number, _)| number == n)) {
                    self.notes.push(Note::NoSegmentation);
                }
                for (_, at) in known.iter().filter(|(n, _)| numbers.contains(n)) {
                    let Some(segment) = self.findings.get(*at).filter(|_| own.insert(*at)) else { continue };
                    let drawn = taken.entry(*at).or_insert(0);
                    if *drawn == SHARED {
                        self.notes.push(Note::NoSegmentation);
                        continue;
                    }
                    *drawn += 1;
                    finding.places.extend(segment.places.iter().cloned());
                    finding.threshold = finding.threshold.or(segment.threshold);
                    finding.product = finding.product.or_else(|| segment.product.clone());
                }
            }
            if !finding.places.is_empty() {
                self.findings.push(finding);
            }
        }
    }
}

fn read_one(path: &Path, codecs: &Arc<Codecs>) -> Result<Read, FileError> {
    if std::fs::metadata(path)?.len() > LIMIT {
        return Err(FileError::Unsupported("it is larger than any AI result of one case"));
    }
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        let mut text = Vec::new();
        std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut text)?;
        return Ok(Read::Document(text));
    }
    let header = read_object(path, codecs, list::wanted)?;
    match kind(&header) {
        Some("SEG") => Ok(Read::Segmentation(Box::new(Segmentation::read(path, &header, codecs)?))),
        Some("SR") => Ok(Read::Report(Report::read(&header)?)),
        _ => Err(FileError::Unsupported("it is neither a segmentation nor a structured report nor JSON")),
    }
}

fn kind(header: &Header) -> Option<&'static str> {
    object_kind(&header.attributes.text(tags::SOP_CLASS_UID).unwrap_or_default())
}

/// Counts the segments of a segmentation, whether its images are there or not; every frame is decoded.
///
/// # Errors
/// When it is no segmentation, or cannot be read.
pub fn segmentation_measures(path: &Path, codecs: &Arc<Codecs>) -> Result<Vec<SegmentMeasure>, FileError> {
    let header = read_object(path, codecs, list::wanted)?;
    match kind(&header) {
        Some("SEG") => Segmentation::read(path, &header, codecs)?.measure(),
        _ => Err(FileError::Unsupported("it is no segmentation")),
    }
}

/// The content of a structured report, item by item in the order of its tree. It may name persons: it is for the desk's eyes.
///
/// # Errors
/// When it is no report, or cannot be read.
pub fn report_items(path: &Path, codecs: &Codecs) -> Result<Vec<ReportItem>, FileError> {
    let header = read_object(path, codecs, list::wanted)?;
    match kind(&header) {
        Some("SR") => Ok(Report::read(&header)?.list()),
        _ => Err(FileError::Unsupported("it is no structured report")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::place::{Reference, Subject};
    use crate::findings::report::{Code, Item};
    use std::ops::ControlFlow;

    fn item(kind: &str, concept: &str, value: ItemValue, image: Option<(Reference, Vec<u16>)>, children: Vec<Item>) -> Item {
        Item {
            relationship: String::new(),
            kind: kind.to_owned(),
            concept: Code { value: concept.to_owned(), meaning: String::new() },
            code: None,
            text: None,
            value,
            image,
            frame_of_reference: None,
            uid: None,
            children,
        }
    }

    /// A measurement group with a score and a segment of a segmentation.
    fn group(score: f64, segmentation: &str, segment: u16) -> Item {
        let score = item("NUM", "111047", ItemValue::Number(score, "1".to_owned()), None, Vec::new());
        let outline = (Reference { image: segmentation.to_owned(), frames: Vec::new() }, vec![segment]);
        let outline = item("IMAGE", "121191", ItemValue::None, Some(outline), Vec::new());
        item("CONTAINER", "125007", ItemValue::None, None, vec![score, outline])
    }

    #[test]
    fn a_segment_is_the_outline_of_each_finding_that_names_it() {
        let key = UidKey::new([1; 32]);
        let images = CaseImages::new(&[], &key);
        let place = Place::InPatient { series: Role::current(), shape: Solid::Point(PatientPoint::new(1.0, 2.0, 3.0)) };
        let segment = AiFinding { places: vec![place], score: None, class: None, product: None, threshold: None };
        let mut findings = Findings::of(vec![segment], Vec::new(), Vec::new());
        let mut taken = HashMap::new();
        // Two of the segment, one of a segment that is not there, one of a segmentation that is not there.
        let root = vec![group(0.75, "1.2", 1), group(0.25, "1.2", 1), group(0.5, "1.2", 2), group(0.5, "1.3", 1)];
        let report = Report { subject: Subject::default(), root };
        findings.reported(&report, &images, &[("1.2".to_owned(), vec![(1, 0)])], &mut taken);
        let scores: Vec<Option<f64>> = findings.all().iter().map(|f| f.score.map(Score::part)).collect();
        assert_eq!(scores, [None, Some(0.75), Some(0.25)]);
        assert!(findings.all().iter().all(|f| f.places == findings.all()[0].places));
        assert_eq!(findings.notes(), [Note::NoSegmentation; 2]);
        assert_eq!(taken.get(&0), Some(&2));
        // A small report cannot ask for any amount of memory.
        let many = Report { subject: Subject::default(), root: (0..100).map(|_| group(0.5, "1.2", 1)).collect() };
        findings.reported(&many, &images, &[("1.2".to_owned(), vec![(1, 0)])], &mut taken);
        assert_eq!((findings.all().len(), findings.notes().len()), (1 + SHARED as usize, 2 + 100 + 2 - SHARED as usize));
    }

    /// What is read of a JSON document on the images of a case.
    fn read(document: &str, case: &[(Role, &Series)]) -> Findings {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("result.json");
        std::fs::write(&path, document).unwrap();
        read_findings(&[path], case, &UidKey::new([1; 32]), &Arc::new(Codecs::here())).map_err(|(_, e)| e).unwrap()
    }

    #[test]
    fn what_is_said_of_a_case_as_a_whole_needs_no_score() {
        let found = read(r#"{"tiresias_ai": 1, "findings": [{"class": "emphysema"}, {"score": 0.5}, {}]}"#, &[]);
        let said: Vec<(Option<&str>, Option<f64>)> = found.all().iter().map(|f| (f.class.as_deref(), f.score.map(Score::part))).collect();
        assert_eq!(said, [(Some("emphysema"), None), (None, Some(0.5))]);
    }

    #[test]
    fn an_empty_frame_of_reference_names_no_series() {
        let (whole, _) = crate::write::tests::sample();
        let mut emptied = whole.clone();
        // Real de-identification leaves the element and takes its value.
        let at = whole.windows(8).position(|w| w == [0x20, 0, 0x52, 0, b'U', b'I', 6, 0]).unwrap() + 8;
        emptied[at..at + 6].fill(0);
        for (bytes, frame, is_placed) in [(&whole, "2.25.4", true), (&emptied, "2.25.4", false), (&emptied, "", false)] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("a.dcm"), bytes).unwrap();
            let codecs = Arc::new(Codecs::here());
            let folder = crate::read_folder(dir.path(), &codecs, &mut |_| ControlFlow::Continue(())).unwrap();
            let series = &folder.series[0];
            assert!(series.volume.is_some());
            let document = format!(
                r#"{{"tiresias_ai": 1, "findings": [{{"score": 0.5, "places": [{{"point3d": {{"frame_of_reference": "{frame}", "at": [1.5, -2, 3]}}}}]}}]}}"#
            );
            let found = read(&document, &[(Role::current(), series)]);
            assert_eq!((found.all().len(), found.notes().len()), (usize::from(is_placed), usize::from(!is_placed)), "{frame:?}");
        }
    }
}
