//! Segmentations: binary, fractional, label map (PS3.3 A.51, C.8.20).
//!
//! Owns what one file says: its segments, and of each frame the segment, the plane, the images that it was made from, and the values. Where it belongs is
//! `place.rs`. Refuses: frames of segments that it does not describe, fractions without their largest value, label maps of more than 16 bits.

use super::contents::clean;
use super::place::{Reference, Subject};
use crate::FileError;
use crate::attributes::Attributes;
use crate::file::Header;
use crate::geometry::{ImagePlane, PlaneReading};
use crate::groups::FunctionalGroups;
use crate::image_file::ImageFile;
use crate::open::read_plane;
use crate::samples::Samples;
use dicom_dictionary_std::tags;
use std::path::Path;
use std::sync::Arc;
use tiresias_codecs::Codecs;
use tiresias_words::{Displacement, PatientPoint};

/// What the values of a segmentation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Binary,
    /// Parts of this value; whether they are probabilities, and not how much of a voxel is covered.
    Fractional {
        most: u8,
        is_probability: bool,
    },
    Labelmap,
}

pub(super) struct Segment {
    pub(super) number: u16,
    pub(super) label: Option<String>,
    pub(super) product: Option<String>,
    /// Whether it is what is left: the background of a label map.
    pub(super) is_background: bool,
}

pub(super) struct SegmentFrame {
    /// Of a label map none: its frames hold all segments.
    pub(super) segment: Option<u16>,
    pub(super) plane: Option<ImagePlane>,
    pub(super) sources: Vec<Reference>,
}

/// One segmentation.
pub(super) struct Segmentation {
    pub(super) subject: Subject,
    pub(super) kind: Kind,
    /// [columns, rows].
    pub(super) size: [u32; 2],
    pub(super) segments: Vec<Segment>,
    pub(super) frames: Vec<SegmentFrame>,
    file: ImageFile,
}

/// What can be counted of one segment of a segmentation, whether its images are there or not.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentMeasure {
    /// Segment Number.
    pub number: u16,
    /// Frames that hold it; of a label map all.
    pub frames: u32,
    /// Values above 0.
    pub voxels: u64,
    /// Their sum, as parts of the largest possible; of binary and label maps the number of voxels.
    pub sum: f64,
    /// Mean of the pixel centres in the patient (LPS, mm), weighted with the values; `None` where its frames have no place.
    pub centroid: Option<PatientPoint>,
}

/// The background of a label map (PS3.16 CID 7150 and DCM 125040).
const BACKGROUND: &str = "125040";

impl Segmentation {
    pub(super) fn read(path: &Path, header: &Header, codecs: &Arc<Codecs>) -> Result<Self, FileError> {
        let a = &header.attributes;
        let file = ImageFile::open(path, header, codecs, &mut Vec::new())?;
        let module = &file.module;
        let kind = match a.text(tags::SEGMENTATION_TYPE).as_deref() {
            Some("BINARY") => Kind::Binary,
            Some("LABELMAP") => Kind::Labelmap,
            Some("FRACTIONAL") => {
                let most = a.integer(tags::MAXIMUM_FRACTIONAL_VALUE, "Maximum Fractional Value")?;
                let most = most.and_then(|n| u8::try_from(n).ok()).filter(|n| *n > 0);
                let most = most.ok_or_else(|| FileError::attribute("Maximum Fractional Value", "is not 1 to 255"))?;
                Kind::Fractional { most, is_probability: a.text(tags::SEGMENTATION_FRACTIONAL_TYPE).as_deref() == Some("PROBABILITY") }
            }
            _ => return Err(FileError::attribute("Segmentation Type", "is none that the standard has")),
        };
        let number = |a: &Attributes, tag| a.integer(tag, "segment number").ok().flatten().and_then(|n| u16::try_from(n).ok());
        let segments: Vec<Segment> =
            a.items(tags::SEGMENT_SEQUENCE).iter().filter_map(|s| segment(s, number(s, tags::SEGMENT_NUMBER)?)).collect();
        let groups = FunctionalGroups::read(a, module.frames)?;
        let count = module.frames as usize;
        let mut frames = Vec::new();
        for frame in 0..count {
            let of = groups.find(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE).and_then(|s| number(&s, tags::REFERENCED_SEGMENT_NUMBER));
            let of = of.filter(|_| kind != Kind::Labelmap);
            if kind != Kind::Labelmap && !of.is_some_and(|n| segments.iter().any(|s| s.number == n)) {
                return Err(FileError::Damaged("one of its frames belongs to a segment that it does not describe"));
            }
            let plane = match read_plane(a, &groups, frame, count) {
                PlaneReading::Plane(plane) => Some(plane),
                PlaneReading::Absent => None,
                PlaneReading::Wrong(_) => return Err(FileError::Damaged("one of its frames has a place that makes no sense")),
            };
            let derived = groups.find(frame, tags::DERIVATION_IMAGE_SEQUENCE);
            let sources =
                derived.map_or_else(Vec::new, |d| d.items(tags::SOURCE_IMAGE_SEQUENCE).iter().filter_map(Reference::read).collect());
            frames.push(SegmentFrame { segment: of, plane, sources });
        }
        let mut subject = Subject::read(a);
        subject.references.extend(frames.iter().flat_map(|f| f.sources.iter().cloned()));
        Ok(Self { subject, kind, size: [module.columns, module.rows], segments, frames, file })
    }

    /// The values of a frame (from 0), rows from the top.
    pub(super) fn values(&self, frame: usize) -> Result<Vec<u16>, FileError> {
        let decoded = self.file.decode(frame)?;
        match decoded.samples {
            Samples::Words(words) if decoded.warnings.is_empty() && !self.file.module.sample.signed() => Ok(words),
            Samples::Words(_) => Err(FileError::Damaged("the values of a frame cannot be trusted")),
            _ => Err(FileError::Unsupported("its values are none that a segmentation has")),
        }
    }

    /// The value of a segment in what a frame holds: 0 to the largest possible.
    pub(super) const fn value(&self, segment: u16, stored: u16) -> u8 {
        match self.kind {
            Kind::Binary => (stored != 0) as u8,
            Kind::Labelmap => (stored == segment) as u8,
            Kind::Fractional { most, .. } => {
                if stored < most as u16 {
                    stored as u8
                } else {
                    most
                }
            }
        }
    }

    /// Counts every segment, in the order in which they are described.
    pub(super) fn measure(&self) -> Result<Vec<SegmentMeasure>, FileError> {
        let mut all: Vec<(SegmentMeasure, Option<PatientPoint>, Displacement)> = Vec::new();
        for s in &self.segments {
            let measure = SegmentMeasure { number: s.number, frames: 0, voxels: 0, sum: 0.0, centroid: None };
            all.push((measure, None, Displacement::new(0.0, 0.0, 0.0)));
        }
        let most = if let Kind::Fractional { most, .. } = self.kind { f64::from(most) } else { 1.0 };
        for (at, frame) in self.frames.iter().enumerate() {
            let values = self.values(at)?;
            for (measure, first, sum) in all.iter_mut().filter(|(m, ..)| frame.segment.is_none_or(|n| n == m.number)) {
                measure.frames += 1;
                for (i, stored) in values.iter().enumerate() {
                    let grade = f64::from(self.value(measure.number, *stored)) / most;
                    if grade == 0.0 {
                        continue;
                    }
                    measure.voxels += 1;
                    measure.sum += grade;
                    if let Some(plane) = &frame.plane {
                        let (column, row) = (i as u32 % self.size[0], i as u32 / self.size[0]);
                        let along = plane.row.times(plane.spacing[0] * f64::from(column));
                        let down = plane.column.times(plane.spacing[1] * f64::from(row));
                        let from = *first.get_or_insert(plane.position);
                        *sum = *sum + (plane.position + along + down - from) * grade;
                    }
                }
            }
        }
        let done = |(measure, first, sum): (SegmentMeasure, Option<PatientPoint>, Displacement)| {
            let centroid = first.filter(|_| measure.sum > 0.0).map(|f| f + sum * (1.0 / measure.sum));
            SegmentMeasure { centroid, ..measure }
        };
        Ok(all.into_iter().map(done).collect())
    }
}

fn segment(a: &Attributes, number: u16) -> Option<Segment> {
    let code = a.item(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE);
    let is_background = code.and_then(|c| c.text(tags::CODE_VALUE)).as_deref() == Some(BACKGROUND) || number == 0;
    let text = |tag| a.text(tag).and_then(|t| clean(&t));
    Some(Segment { number, label: text(tags::SEGMENT_LABEL), product: text(tags::SEGMENT_ALGORITHM_NAME), is_background })
}
