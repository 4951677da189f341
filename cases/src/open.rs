//! One file as images: what its header says of each frame, or what kind of object it is instead.
//!
//! Refuses: images of a frame of reference without a SOP Instance UID, segmentations that contradict themselves, and whatever the pixel
//! description refuses.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::classes::{image_class, modality, object_kind, packed_class};
use crate::conformance::Acquisition;
use crate::distinctions::Distinctions;
use crate::facts::Anatomy;
use crate::file::Header;
use crate::geometry::{ImagePlane, PlaneReading};
use crate::greyscale::{GreyScale, warn};
use crate::groups::FunctionalGroups;
use crate::identifying::Identifying;
use crate::image_file::ImageFile;
use crate::lengths::Lengths;
use crate::retained::{Retainable, b_value};
use crate::series::{FolderImage, SourceIds};
use crate::shutter::{Shutter, Shutters};
use crate::summary::summary;
use crate::{suv, tiles};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tiresias_codecs::Codecs;
use tiresias_words::ImagingModality;

/// One image as its header tells it.
pub(crate) struct FileImage {
    pub(crate) image: FolderImage,
    pub(crate) modality: ImagingModality,
    pub(crate) plane: PlaneReading,
    pub(crate) distinctions: Distinctions,
    pub(crate) instance: Option<i64>,
    pub(crate) frame_time: Option<Duration>,
    pub(crate) suv: Option<Result<f64, String>>,
    pub(crate) lengths: Arc<Lengths>,
    pub(crate) anatomy: Arc<Anatomy>,
    pub(crate) warnings: Vec<String>,
}

/// What a file is.
pub(crate) enum Opened {
    /// Its frames.
    Images(Vec<FileImage>),
    /// No image: the word for it, its pixels if it has any, and what `inspect` says of it.
    Object(&'static str, Option<Box<ImageFile>>, Map<String, Value>),
}

/// Reads what a file is from its header.
pub(crate) fn open(path: &Path, header: &Header, codecs: &Arc<Codecs>) -> Result<Opened, FileError> {
    let class = header.attributes.text(tags::SOP_CLASS_UID).unwrap_or_default();
    let mut warnings = header.warnings.clone();
    if let Some(kind) = object_kind(&class) {
        let pixels = header.pixel_data.is_some().then(|| ImageFile::open(path, header, codecs, &mut warnings)).transpose()?;
        if kind == "SEG" {
            check_segmentation(&header.attributes, pixels.as_ref())?;
        }
        let summary = summary(kind, &header.attributes, pixels.as_ref())?;
        return Ok(Opened::Object(kind, pixels.map(Box::new), summary));
    }
    if header.is_directory() {
        return Ok(Opened::Object("DICOMDIR", None, Map::new()));
    }
    let a = &header.attributes;
    if header.pixel_data.is_none() {
        let is_image = a.has(tags::ROWS) || image_class(&class).is_some();
        return if is_image {
            Err(FileError::Damaged("it is an image and holds no pixels"))
        } else {
            Ok(Opened::Object("other", None, Map::new()))
        };
    }
    let file = Arc::new(ImageFile::open(path, header, codecs, &mut warnings)?);
    Ok(Opened::Images(images(a, &file, &class, warnings)?))
}

fn images(a: &Attributes, file: &Arc<ImageFile>, class: &str, mut warnings: Vec<String>) -> Result<Vec<FileImage>, FileError> {
    let code = a.text(tags::MODALITY).unwrap_or_default();
    let imaging = modality(&code).ok_or(FileError::Damaged("its modality is no code"))?;
    let text = |tag: Tag| a.text(tag).unwrap_or_default();
    let ids = SourceIds {
        patient: text(tags::PATIENT_ID),
        study: text(tags::STUDY_INSTANCE_UID),
        series: text(tags::SERIES_INSTANCE_UID),
        image: text(tags::SOP_INSTANCE_UID),
        frame_of_reference: text(tags::FRAME_OF_REFERENCE_UID),
    };
    // De-identification empties UIDs, and some captures never had any. An image that claims a place in a frame of reference and has no name of its own at all
    // could not be told from its neighbours.
    if !a.is_there(tags::SOP_INSTANCE_UID) && !ids.frame_of_reference.is_empty() {
        return Err(FileError::attribute(
            "SOP Instance UID",
            "is missing, so the image could not be told from others of its frame of reference",
        ));
    }
    if ids.image.is_empty() {
        warn(&mut warnings, "the image has no SOP Instance UID; a package names it by the hash of its file");
    }
    if [&ids.study, &ids.series, &ids.image, &ids.frame_of_reference].iter().any(|u| !u.is_empty() && !is_uid(u)) {
        warn(&mut warnings, "a UID is not as the standard has them");
    }
    if a.texts(tags::SPECIFIC_CHARACTER_SET).iter().any(|c| !is_character_set(c)) {
        warn(&mut warnings, "the character set of its texts is unknown; they may be shown wrongly");
    }
    let ids = Arc::new(Identifying::new(ids));
    let module = &file.module;
    let frames = module.frames as usize;
    let groups = FunctionalGroups::read(a, module.frames)?;
    let suv = (imaging.as_str() == "PT").then(|| suv::factor(a).map_err(str::to_owned));
    let retainable = Arc::new(Identifying::new(Retainable::read(a, imaging.as_str())));
    let acquisition = Arc::new(Acquisition::read(a, &groups));
    let lossy = a.text(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01");
    // Only orders images that have no position; nonsense orders nothing.
    let instance = a.integer(tags::INSTANCE_NUMBER, "Instance Number").ok().flatten();
    let frame_time = frame_time(a);
    let anatomy = Arc::new(Anatomy::read(a, &groups, class));
    let mut found = Vec::with_capacity(frames);
    let mut last: Option<(Option<[f64; 2]>, Arc<Lengths>)> = None;
    let mut last_grey: Option<Arc<GreyScale>> = None;
    // That of all frames without one of their own, read once: tables are long, and frames many.
    let mut common_grey: Option<Arc<GreyScale>> = None;
    let common_shutter = shutter(groups.of_all(tags::FRAME_DISPLAY_SHUTTER_SEQUENCE).as_ref().unwrap_or(a), &mut warnings);
    for frame in 0..frames {
        let mut read = || GreyScale::read(a, &groups, frame, module.sample, imaging.as_str(), &mut warnings);
        let grey = if GreyScale::is_of_frame(&groups, frame) {
            // Most frames have the grey scale of the one before, tables and all.
            let grey = read();
            last_grey.filter(|known| **known == grey).unwrap_or_else(|| Arc::new(grey))
        } else {
            Arc::clone(common_grey.get_or_insert_with(|| Arc::new(read())))
        };
        last_grey = Some(Arc::clone(&grey));
        let plane = read_plane(a, &groups, frame, frames);
        let spacing = if let PlaneReading::Plane(p) = &plane { Some(p.spacing.map(|s| s.0)) } else { None };
        let lengths = match &last {
            Some((known, lengths)) if *known == spacing => Arc::clone(lengths),
            _ => Arc::new(Lengths::read(a, imaging.as_str(), spacing, &mut warnings)),
        };
        last = Some((spacing, Arc::clone(&lengths)));
        if let PlaneReading::Wrong(why) = &plane {
            warn(&mut warnings, format!("its place in the patient cannot be used: {why}"));
        }
        let own_shutter = groups.of_frame(frame, tags::FRAME_DISPLAY_SHUTTER_SEQUENCE);
        let image = FolderImage {
            file: Arc::clone(file),
            frame,
            ids: Arc::clone(&ids),
            sop_class: packed_class(class, imaging.as_str()),
            grey,
            plane: if let PlaneReading::Plane(p) = plane { Some(p) } else { None },
            lossy,
            retainable: Arc::clone(&retainable),
            b_value: b_value(a, &groups, frame),
            acquisition: Arc::clone(&acquisition),
            tile: tiles::place(a, &groups, frame, [module.columns, module.rows]),
            shutter: own_shutter.map_or_else(|| common_shutter.clone(), |own| shutter(&own, &mut warnings)),
        };
        found.push(FileImage {
            image,
            modality: imaging.clone(),
            plane,
            distinctions: Distinctions::read(a, &groups, frame),
            instance,
            frame_time,
            suv: suv.clone(),
            lengths,
            anatomy: Arc::clone(&anatomy),
            warnings: Vec::new(),
        });
    }
    if let Some(first) = found.first_mut() {
        first.warnings = warnings;
    }
    Ok(found)
}

/// The shutter of an image; one that makes no sense is left out with a warning.
fn shutter(a: &Attributes, warnings: &mut Vec<String>) -> Option<Arc<Shutter>> {
    match Shutters::read(a) {
        Ok(Some(Shutters::Shapes(shutter))) => {
            warn(warnings, "the image has a display shutter, which is not drawn");
            Some(Arc::new(shutter))
        }
        Ok(Some(Shutters::Bitmap)) | Ok(None) => None,
        Err(why) => {
            warn(warnings, format!("the display shutter is left out: {why}"));
            None
        }
    }
}

/// PS3.5 9.1.
fn is_uid(text: &str) -> bool {
    text.len() <= 64 && text.split('.').all(|c| !c.is_empty() && c.bytes().all(|b| b.is_ascii_digit()) && (c == "0" || !c.starts_with('0')))
}

/// The defined terms of PS3.3 C.12.1.1.2.
fn is_character_set(term: &str) -> bool {
    const TERMS: [&str; 5] = ["", "GB18030", "GBK", "ISO_IR 192", "ISO 2022 IR 6"];
    const NUMBERS: [&str; 16] = ["6", "13", "58", "87", "100", "101", "109", "110", "126", "127", "138", "144", "148", "149", "159", "166"];
    let numbered = term.strip_prefix("ISO_IR ").or_else(|| term.strip_prefix("ISO 2022 IR "));
    TERMS.contains(&term) || numbered.is_some_and(|n| NUMBERS.contains(&n) || n == "203")
}

pub(crate) fn read_plane(a: &Attributes, groups: &FunctionalGroups, frame: usize, frames: usize) -> PlaneReading {
    let read = || -> Result<Option<ImagePlane>, String> {
        let say = |e: FileError| e.to_string();
        let position_group = groups.find(frame, tags::PLANE_POSITION_SEQUENCE);
        let orientation_group = groups.find(frame, tags::PLANE_ORIENTATION_SEQUENCE);
        let measures = groups.find(frame, tags::PIXEL_MEASURES_SEQUENCE);
        if frames > 1 && position_group.is_none() {
            // One position at the top cannot be that of every frame.
            return Ok(None);
        }
        let numbers = |group: &Option<Attributes>, tag, name| group.as_ref().unwrap_or(a).numbers(tag, name).map_err(say);
        let position = numbers(&position_group, tags::IMAGE_POSITION_PATIENT, "Image Position (Patient)")?;
        let orientation = numbers(&orientation_group, tags::IMAGE_ORIENTATION_PATIENT, "Image Orientation (Patient)")?;
        if position.is_none() && orientation.is_none() {
            return Ok(None);
        }
        let spacing = numbers(&measures, tags::PIXEL_SPACING, "Pixel Spacing")?;
        ImagePlane::new(&position.unwrap_or_default(), &orientation.unwrap_or_default(), &spacing.unwrap_or_default()).map(Some)
    };
    match read() {
        Ok(Some(plane)) => PlaneReading::Plane(plane),
        Ok(None) => PlaneReading::Absent,
        Err(why) => PlaneReading::Wrong(why),
    }
}

/// Time between frames (PS3.3 C.7.6.5.1.1): stated, as a list, or as a rate.
fn frame_time(a: &Attributes) -> Option<Duration> {
    let number = |tag| a.numbers(tag, "Frame Time").ok().flatten().unwrap_or_default();
    let milliseconds = number(tags::FRAME_TIME).first().copied();
    // The first entry of the vector is 0.
    let vector = || number(tags::FRAME_TIME_VECTOR).get(1).copied();
    let rate = |tag| number(tag).first().filter(|r| **r > 0.0).map(|r| 1000.0 / r);
    let found = milliseconds.or_else(vector).or_else(|| rate(tags::RECOMMENDED_DISPLAY_FRAME_RATE)).or_else(|| rate(tags::CINE_RATE))?;
    (1.0..=10_000.0).contains(&found).then(|| Duration::from_secs_f64(found / 1000.0))
}

/// A segmentation whose frames name segments that do not exist is no result of anything.
fn check_segmentation(a: &Attributes, pixels: Option<&ImageFile>) -> Result<(), FileError> {
    let Some(pixels) = pixels else { return Ok(()) };
    let groups = FunctionalGroups::read(a, pixels.module.frames)?;
    if a.text(tags::SEGMENTATION_TYPE).as_deref() == Some("LABELMAP") {
        return Ok(());
    }
    let number = |a: &Attributes, tag| a.integer(tag, "segment number").ok().flatten();
    let known: Vec<i64> = a.items(tags::SEGMENT_SEQUENCE).iter().filter_map(|s| number(s, tags::SEGMENT_NUMBER)).collect();
    for frame in 0..pixels.module.frames as usize {
        let segment = groups.find(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE).and_then(|s| number(&s, tags::REFERENCED_SEGMENT_NUMBER));
        if segment.is_none_or(|s| !known.contains(&s)) {
            return Err(FileError::Damaged("one of its frames belongs to a segment that it does not describe"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_and_character_sets_are_the_standards() {
        assert!(is_uid("1.2.840.0.1") && !is_uid("1..2") && !is_uid("1.02") && !is_uid("1.a") && !is_uid(&"1".repeat(65)));
        assert!(
            is_character_set("ISO 2022 IR 149")
                && is_character_set("ISO_IR 100")
                && !is_character_set("ISO_IR 999")
                && !is_character_set("KLINGON")
        );
    }
}
