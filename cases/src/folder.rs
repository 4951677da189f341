//! A folder (or one file) of DICOM files as series: scan headers, split, sort, judge.
//!
//! Split by patient, study and series UID and by what one stack must share (size, pixel format); where UIDs are empty, by orientation too (real
//! de-identification empties them). What cannot be opened is listed with its reason and never fails the rest. Links are not followed.

use crate::attributes::Attributes;
use crate::classes::{image_class, modality, object_kind};
use crate::file::{Header, read_header};
use crate::geometry::{ImagePlane, PlaneReading, StackReading, read_stack};
use crate::greyscale::GreyScale;
use crate::identifying::Identifying;
use crate::layout::Encoding;
use crate::pixels::PixelLayout;
use crate::series::{FolderImage, ScannedSeries, Series, SeriesImage, Source, SourceIds};
use crate::{CasesError, FileError};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_codecs::TransferSyntax;
use tiresias_words::{GeometryVerdict, ImagingModality, Role, SeriesFacts};

const FILES: usize = 100_000;
const DEPTH: u32 = 16;

/// How far a scan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// Files whose header was read.
    pub done: usize,
    /// Files in the folder.
    pub total: usize,
}

/// What a folder holds.
#[derive(Debug)]
pub struct Folder {
    /// Image series, in order of their first file's path.
    pub series: Vec<Series>,
    /// DICOM files that are no image series.
    pub objects: Vec<OtherObject>,
    /// Files that were not opened.
    pub refused: Vec<Refused>,
}

/// A DICOM file that is no image: SEG, SR, GSPS …
pub struct OtherObject {
    /// Where it lies; for the desk's eyes only.
    pub path: PathBuf,
    /// The word of `inspect --json`: SEG, SR, GSPS, KOS, RTSTRUCT, PDF, DICOMDIR, other.
    pub kind: &'static str,
}

/// A file that was not opened, and why.
pub struct Refused {
    /// Where it lies; for the desk's eyes only.
    pub path: PathBuf,
    /// The reason, without the path.
    pub reason: FileError,
}

impl std::fmt::Debug for OtherObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OtherObject").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// Reads the headers of all files under `path` (a folder or one file) and puts them together as series. No pixel is read.
///
/// `progress` is called after each file and can stop the scan.
///
/// # Errors
/// When the path cannot be opened, holds more than 100,000 files, or `progress` said stop. A file that cannot be read is in [`Folder::refused`].
pub fn read_folder(path: &Path, progress: &mut dyn FnMut(Scan) -> ControlFlow<()>) -> Result<Folder, CasesError> {
    let scanned = scan(path, progress)?;
    Ok(Folder { series: scanned.series.into_iter().map(|s| s.series).collect(), objects: scanned.objects, refused: scanned.refused })
}

pub(crate) struct ScannedFolder {
    pub(crate) series: Vec<ScannedSeries>,
    pub(crate) objects: Vec<OtherObject>,
    pub(crate) refused: Vec<Refused>,
}

/// One image as its header tells it.
struct FileImage {
    image: FolderImage,
    pixels: PixelLayout,
    offset: u64,
    syntax: TransferSyntax,
    modality: ImagingModality,
    photometric: &'static str,
    plane: PlaneReading,
    instance: Option<i64>,
    warnings: Vec<String>,
}

enum Opened {
    Image(Box<FileImage>),
    Object(&'static str),
}

pub(crate) fn scan(path: &Path, progress: &mut dyn FnMut(Scan) -> ControlFlow<()>) -> Result<ScannedFolder, CasesError> {
    let mut files = Vec::new();
    collect(path, 0, &mut files)?;
    files.sort();
    let (mut images, mut objects, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let total = files.len();
    for (i, path) in files.into_iter().enumerate() {
        match read_header(&path).and_then(|h| open(&path, &h)) {
            Ok(Opened::Image(image)) => images.push(*image),
            Ok(Opened::Object(kind)) => objects.push(OtherObject { path, kind }),
            Err(reason) => refused.push(Refused { path, reason }),
        }
        if progress(Scan { done: i + 1, total }).is_break() {
            return Err(CasesError::Cancelled);
        }
    }
    Ok(ScannedFolder { series: split(images), objects, refused })
}

fn collect(path: &Path, depth: u32, files: &mut Vec<PathBuf>) -> Result<(), CasesError> {
    let open = |e: std::io::Error| CasesError::Open(e.kind());
    // The path that the person gave may be a link; what lies inside may not.
    let kind = if depth == 0 { fs::metadata(path) } else { fs::symlink_metadata(path) }.map_err(open)?.file_type();
    if kind.is_file() {
        if files.len() == FILES {
            return Err(CasesError::TooMany(FILES));
        }
        files.push(path.to_owned());
    } else if kind.is_dir() && depth < DEPTH {
        for entry in fs::read_dir(path).map_err(open)? {
            collect(&entry.map_err(open)?.path(), depth + 1, files)?;
        }
    }
    Ok(())
}

fn open(path: &Path, header: &Header) -> Result<Opened, FileError> {
    let a = &header.attributes;
    let class = a.text(tags::SOP_CLASS_UID).unwrap_or_default();
    if let Some(kind) = object_kind(&class) {
        return Ok(Opened::Object(kind));
    }
    let Some(pixel_data) = header.pixel_data else { return Ok(Opened::Object("other")) };
    if !header.syntax.is_readable() {
        return Err(FileError::Syntax(header.syntax.name()));
    }
    if pixel_data.tag != tags::PIXEL_DATA {
        return Err(FileError::Unsupported("it has floating-point pixels"));
    }
    let length = pixel_data.length.ok_or(FileError::Damaged("its plain pixel data has no length"))?;
    let big_endian = Encoding::of(header.syntax.data_set()).is_some_and(|e| e.big_endian);
    let pixels = PixelLayout::read(a, big_endian, pixel_data.is_words)?;
    if length < pixels.bytes() {
        return Err(FileError::Truncated("its pixel data"));
    }
    let code = a.text(tags::MODALITY).unwrap_or_default();
    let modality = modality(&code).ok_or(FileError::Damaged("its modality is no code"))?;
    let grey = GreyScale::read(a, pixels.format, modality.as_str() == "CT")?;
    let mut warnings = grey.warnings.clone();
    if length > pixels.bytes() + 1 {
        warnings.push("the pixel data is longer than the image; what is beyond is not shown".to_owned());
    }
    let plane = read_plane(a);
    let text = |tag: Tag| a.text(tag).unwrap_or_default();
    let ids = SourceIds {
        patient: text(tags::PATIENT_ID),
        study: text(tags::STUDY_INSTANCE_UID),
        series: text(tags::SERIES_INSTANCE_UID),
        image: text(tags::SOP_INSTANCE_UID),
        frame_of_reference: text(tags::FRAME_OF_REFERENCE_UID),
    };
    let image = FolderImage {
        path: Identifying::new(path.to_owned()),
        ids: Identifying::new(ids),
        sop_class: image_class(&class),
        grey,
        plane: if let PlaneReading::Plane(p) = plane { Some(p) } else { None },
        lossy: a.text(tags::LOSSY_IMAGE_COMPRESSION).as_deref() == Some("01"),
    };
    Ok(Opened::Image(Box::new(FileImage {
        image,
        pixels,
        offset: pixel_data.offset,
        syntax: header.syntax,
        modality,
        photometric: if a.text(tags::PHOTOMETRIC_INTERPRETATION).as_deref() == Some("MONOCHROME1") { "MONOCHROME1" } else { "MONOCHROME2" },
        plane,
        // Only orders images that have no position; nonsense orders nothing.
        instance: a.integer(tags::INSTANCE_NUMBER, "Instance Number").ok().flatten(),
        warnings,
    })))
}

fn read_plane(a: &Attributes) -> PlaneReading {
    let numbers = |tag, name| a.numbers(tag, name);
    let read = || -> Result<Option<ImagePlane>, String> {
        let say = |e: FileError| e.to_string();
        let position = numbers(tags::IMAGE_POSITION_PATIENT, "Image Position (Patient)").map_err(say)?;
        let orientation = numbers(tags::IMAGE_ORIENTATION_PATIENT, "Image Orientation (Patient)").map_err(say)?;
        if position.is_none() && orientation.is_none() {
            return Ok(None);
        }
        let spacing = numbers(tags::PIXEL_SPACING, "Pixel Spacing").map_err(say)?;
        ImagePlane::new(&position.unwrap_or_default(), &orientation.unwrap_or_default(), &spacing.unwrap_or_default()).map(Some)
    };
    match read() {
        Ok(Some(plane)) => PlaneReading::Plane(plane),
        Ok(None) => PlaneReading::Absent,
        Err(why) => PlaneReading::Wrong(why),
    }
}

/// What the images of one series share. Of the orientation only where there is no series UID.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SeriesKey {
    ids: SourceIds,
    size: [u32; 2],
    format: (bool, u8),
    modality: String,
    orientation: Option<[i64; 6]>,
}

fn split(images: Vec<FileImage>) -> Vec<ScannedSeries> {
    let mut groups: BTreeMap<SeriesKey, Vec<FileImage>> = BTreeMap::new();
    let mut owners: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for image in images {
        let ids = image.image.ids.reveal().clone();
        let orientation = image.image.plane.filter(|_| ids.series.is_empty()).map(|p| {
            let ([a, b, c], [d, e, f]): ([f64; 3], [f64; 3]) = (p.row.into(), p.column.into());
            [a, b, c, d, e, f].map(|v| (v * 100.0).round() as i64)
        });
        if !ids.series.is_empty() {
            owners.entry(ids.series.clone()).or_default().insert((ids.patient.clone(), ids.study.clone()));
        }
        let key = SeriesKey {
            ids: SourceIds { image: String::new(), frame_of_reference: String::new(), ..ids },
            size: [image.pixels.columns, image.pixels.rows],
            format: (image.pixels.format.signed, image.pixels.format.bits_stored),
            modality: image.modality.as_str().to_owned(),
            orientation,
        };
        groups.entry(key).or_default().push(image);
    }
    let mut series: Vec<(PathBuf, ScannedSeries)> = Vec::new();
    for (key, mut group) in groups {
        if owners.get(&key.ids.series).is_some_and(|o| o.len() > 1) {
            let mixed = "another patient or study in the same folder has this series UID: make sure that the images belong together";
            group.iter_mut().take(1).for_each(|i| i.warnings.push(mixed.to_owned()));
        }
        let first = group.iter().map(|i| i.image.path.reveal().clone()).min().unwrap_or_default();
        if let Some(built) = assemble(group) {
            series.push((first, built));
        }
    }
    series.sort_by(|(a, _), (b, _)| a.cmp(b));
    series.into_iter().map(|(_, s)| s).collect()
}

/// Sorts one group and judges its geometry; `None` for an empty group.
fn assemble(group: Vec<FileImage>) -> Option<ScannedSeries> {
    let planes: Vec<PlaneReading> = group.iter().map(|i| i.plane.clone()).collect();
    let mut as_given: Vec<usize> = (0..group.len()).collect();
    as_given.sort_by_key(|i| group[*i].instance);
    let size = [group.first()?.pixels.columns, group.first()?.pixels.rows];
    let mut stack = read_stack(size, &planes, &as_given);
    let mut slots: Vec<Option<FileImage>> = group.into_iter().map(Some).collect();
    let sorted: Vec<FileImage> = stack.order.iter().filter_map(|i| slots.get_mut(*i)?.take()).collect();
    let warnings = warnings(&sorted, &stack);
    let first = sorted.first()?;
    if sorted.iter().any(|i| i.image.grey.modality != first.image.grey.modality) {
        stack.volume = None;
        stack.verdict = GeometryVerdict::Refused { reason: "rescale slope or intercept differ from image to image".to_owned() };
    }
    let grey = sorted.get(sorted.len() / 2)?.image.grey.clone();
    let (syntax, photometric) = (first.syntax, first.photometric);
    let (format, modality) = (first.pixels.format, first.modality.clone());
    let facts = SeriesFacts {
        role: Role::current(),
        modality,
        images: u32::try_from(sorted.len()).ok()?,
        slice_spacing: stack.volume.as_ref().filter(|v| v.size()[2] > 1).map(tiresias_words::VolumeGeometry::slice_spacing),
        geometry: stack.verdict.clone(),
    };
    let image = |i: FileImage| SeriesImage { pixels: i.pixels, offset: i.offset, source: Source::Folder(Box::new(i.image)) };
    let images = sorted.into_iter().map(image).collect();
    let series = Series {
        facts,
        volume: stack.volume.clone(),
        image_size: size,
        format,
        modality: grey.modality,
        unit: grey.unit,
        vois: grey.vois,
        shape: grey.shape,
        padding: grey.padding,
        images,
        warnings,
    };
    Some(ScannedSeries { series, stack, syntax, photometric })
}

fn warnings(sorted: &[FileImage], stack: &StackReading) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for image in sorted {
        for w in &image.warnings {
            if !found.contains(w) {
                found.push(w.clone());
            }
        }
    }
    let distinct = |of: &dyn Fn(&SourceIds) -> String| sorted.iter().map(|i| of(i.image.ids.reveal())).collect::<BTreeSet<_>>().len();
    let frames = distinct(&|ids| ids.frame_of_reference.clone());
    if frames > 1 {
        found.push(format!("the images name {frames} frames of reference; they are taken as one, because their positions fit together"));
    }
    if distinct(&|ids| ids.image.clone()) < sorted.len() {
        found.push("several images have the same SOP Instance UID".to_owned());
    }
    if sorted.windows(2).any(|w| w[0].syntax != w[1].syntax) {
        found.push("the images are in several transfer syntaxes".to_owned());
    }
    if sorted.windows(2).any(|w| w[0].image.grey.vois != w[1].image.grey.vois) {
        found.push("windows differ from image to image; those of the middle image are used".to_owned());
    }
    if stack.verdict == GeometryVerdict::Mixed {
        found.push("the images do not form one stack: several orientations, or several images at one position".to_owned());
    }
    for gap in &stack.gaps {
        found.push(format!("{} slice(s) are missing behind slice {} of {}", gap.missing, gap.after + 1, sorted.len()));
    }
    found
}
