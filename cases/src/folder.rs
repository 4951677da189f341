//! A folder (or one file) of DICOM files as series: scan headers, split, sort, judge.
//!
//! Split by patient, study and series UID and by what one stack must share (size, pixel format), then into the stacks that a series holds
//! ([`crate::stacks`]). Where de-identification has emptied the series UID, the files' folder stands in. What cannot be opened is listed with its reason and
//! never fails the rest. Links are not followed.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::directory::named_files;
use crate::facts;
use crate::file::read_header;
use crate::geometry::{StackReading, read_stack};
use crate::greyscale::warn;
use crate::open::{FileImage, Opened, open};
use crate::series::{Content, FolderImage, ScannedSeries, Series, SeriesImage, Source, SourceIds};
use crate::stacks::{self, Candidate};
use crate::threads::on_all_cores;
use crate::{CasesError, FileError};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tiresias_codecs::Codecs;
use tiresias_words::{GeometryVerdict, PresentationShape, Role, SeriesFacts, ValueUnit};

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
    /// Its frames, where it has pixels (SEG).
    pub(crate) pixels: Option<Box<crate::image_file::ImageFile>>,
    /// What `inspect` says of it: kinds and counts.
    pub(crate) summary: serde_json::Map<String, serde_json::Value>,
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

/// Reads the headers of all files under `path` (a folder, one file, or the files that a DICOMDIR names) and puts them together as series. No pixel is read,
/// except where only the start marks of compressed frames tell them apart. Compressed files are decoded by `codecs`.
///
/// `progress` is called after each file and can stop the scan.
///
/// # Errors
/// When the path cannot be opened, holds more than 100,000 files, or `progress` said stop. A file that cannot be read is in [`Folder::refused`].
pub fn read_folder(path: &Path, codecs: &Arc<Codecs>, progress: &mut dyn FnMut(Scan) -> ControlFlow<()>) -> Result<Folder, CasesError> {
    let scanned = scan(path, codecs, progress)?;
    Ok(Folder { series: scanned.series.into_iter().map(|s| s.series).collect(), objects: scanned.objects, refused: scanned.refused })
}

pub(crate) struct ScannedFolder {
    pub(crate) series: Vec<ScannedSeries>,
    pub(crate) objects: Vec<OtherObject>,
    pub(crate) refused: Vec<Refused>,
}

pub(crate) fn scan(
    path: &Path,
    codecs: &Arc<Codecs>,
    progress: &mut dyn FnMut(Scan) -> ControlFlow<()>,
) -> Result<ScannedFolder, CasesError> {
    let mut files = collect(path)?.files;
    let (mut images, mut objects, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    // A DICOMDIR given by itself stands for the files that it names; in a folder those are found without it.
    if let [directory] = files.as_slice()
        && let Ok(header) = read_header(directory, codecs)
        && header.is_directory()
    {
        let (named, lost) = named_files(directory, &header.attributes);
        refused.extend(lost.into_iter().map(|reason| Refused { path: directory.clone(), reason }));
        if named.is_empty() && refused.is_empty() {
            refused.push(Refused { path: directory.clone(), reason: FileError::Unsupported("it is a DICOMDIR that names no file") });
        }
        files = named;
    }
    files.sort();
    files.dedup();
    let total = files.len();
    let mut read: Vec<_> = (0..total).map(|_| None).collect();
    let mut done = 0;
    let header_of = |i: usize| files.get(i).map(|path| read_header(path, codecs).and_then(|h| open(path, &h, codecs)));
    let keep = |i: usize, opened| {
        if let Some(place) = read.get_mut(i) {
            *place = opened;
        }
        done += 1;
        progress(Scan { done, total })
    };
    if on_all_cores(total, header_of, keep).is_break() {
        return Err(CasesError::Cancelled);
    }
    for (path, opened) in files.into_iter().zip(read.into_iter().flatten()) {
        match opened {
            Ok(Opened::Images(found)) => images.extend(found),
            Ok(Opened::Object(kind, pixels, summary)) => objects.push(OtherObject { path, kind, pixels, summary }),
            Err(reason) => refused.push(Refused { path, reason }),
        }
    }
    Ok(ScannedFolder { series: split(images), objects, refused })
}

/// What lies at a path.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) files: Vec<PathBuf>,
    /// Folders inside, with and without files.
    pub(crate) folders: Vec<PathBuf>,
    /// What nobody looks into: links, devices, and folders that lie too deep.
    pub(crate) passed: Vec<PathBuf>,
}

/// What lies at the path that a person gave, which may be a link; what lies inside may not.
pub(crate) fn collect(path: &Path) -> Result<Collected, CasesError> {
    let mut found = Collected::default();
    let kind = fs::metadata(path).map_err(|e| CasesError::Open(e.kind()))?.file_type();
    if kind.is_file() {
        found.files.push(path.to_owned());
    }
    if kind.is_dir() {
        collect_inside(path, 1, &mut found)?;
    }
    Ok(found)
}

fn collect_inside(folder: &Path, depth: u32, found: &mut Collected) -> Result<(), CasesError> {
    let open = |e: std::io::Error| CasesError::Open(e.kind());
    for entry in fs::read_dir(folder).map_err(open)? {
        let entry = entry.map_err(open)?;
        // The folder's own list says it: no file is asked by itself.
        let kind = entry.file_type().map_err(open)?;
        let is_opened = kind.is_dir() && depth < DEPTH;
        let among = match (kind.is_file(), is_opened) {
            (true, _) => &mut found.files,
            (_, true) => &mut found.folders,
            _ => &mut found.passed,
        };
        if among.len() == FILES {
            return Err(CasesError::TooMany(FILES));
        }
        among.push(entry.path());
        if is_opened {
            collect_inside(&entry.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

/// What the images of one series share; a folder only where there is no series UID.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SeriesKey {
    ids: SourceIds,
    size: [u32; 2],
    sample: crate::pixel_module::Sample,
    content: Content,
    /// Whether high values are black: a series has one shape, which would show the other images inverted.
    is_inverse: bool,
    modality: String,
    /// Side and view of a mammogram: vendors put all four into one series, and each is hung by itself.
    projection: [&'static str; 2],
    folder: Option<PathBuf>,
}

fn split(images: Vec<FileImage>) -> Vec<ScannedSeries> {
    let mut groups: BTreeMap<SeriesKey, Vec<FileImage>> = BTreeMap::new();
    let mut owners: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for image in images {
        let ids = image.image.ids.reveal().clone();
        let folder = if ids.series.is_empty() { image.image.file.path.reveal().parent().map(Path::to_owned) } else { None };
        if !ids.series.is_empty() {
            owners.entry(ids.series.clone()).or_default().insert((ids.patient.clone(), ids.study.clone()));
        }
        let module = &image.image.file.module;
        let key = SeriesKey {
            ids: SourceIds { image: String::new(), frame_of_reference: String::new(), ..ids },
            size: [module.columns, module.rows],
            sample: module.sample,
            content: if module.photometric.is_grey() { Content::Grey } else { Content::Colour },
            is_inverse: image.image.grey.shape == PresentationShape::Inverse,
            modality: image.modality.as_str().to_owned(),
            projection: if image.modality.as_str() == "MG" { image.anatomy.projection() } else { Default::default() },
            folder,
        };
        groups.entry(key).or_default().push(image);
    }
    let mut series: Vec<(PathBuf, ScannedSeries)> = Vec::new();
    let mut parts: BTreeMap<SourceIds, usize> = BTreeMap::new();
    groups.keys().filter(|k| !k.ids.series.is_empty()).for_each(|k| *parts.entry(k.ids.clone()).or_default() += 1);
    for (key, group) in groups {
        let mut told = Vec::new();
        if parts.get(&key.ids).is_some_and(|n| *n > 1) {
            told.push(
                "other images of this series have another size, another view or another kind of pixels; they are a series of their own here".to_owned(),
            );
        }
        if owners.get(&key.ids.series).is_some_and(|o| o.len() > 1) {
            told.push(
                "another patient or study in the same folder has this series UID: make sure that the images belong together".to_owned(),
            );
        }
        for (mut stack, why_apart) in stacks_of(group) {
            let first = stack.iter().map(|i| i.image.file.path.reveal()).min().cloned().unwrap_or_default();
            stack.iter_mut().take(1).for_each(|i| i.warnings.extend(told.iter().cloned().chain(why_apart.clone())));
            if let Some(built) = assemble(stack, key.content) {
                series.push((first, built));
            }
        }
    }
    series.sort_by(|(a, _), (b, _)| a.cmp(b));
    series.into_iter().map(|(_, s)| s).collect()
}

/// The stacks that one series holds, and why each is apart from the others.
fn stacks_of(group: Vec<FileImage>) -> Vec<(Vec<FileImage>, Option<String>)> {
    let candidates: Vec<_> = group.iter().map(|i| Candidate { plane: &i.plane, distinctions: &i.distinctions }).collect();
    let parts = stacks::split(&candidates);
    let mut slots: Vec<Option<FileImage>> = group.into_iter().map(Some).collect();
    let mut taken = |part: stacks::Part| (part.images.iter().filter_map(|i| slots.get_mut(*i)?.take()).collect(), part.why_apart);
    parts.into_iter().map(&mut taken).collect()
}

/// Sorts one group and judges its geometry; `None` for an empty group.
fn assemble(group: Vec<FileImage>, content: Content) -> Option<ScannedSeries> {
    let planes: Vec<_> = group.iter().map(|i| i.plane.clone()).collect();
    let mut as_given: Vec<usize> = (0..group.len()).collect();
    as_given.sort_by_key(|i| group.get(*i).and_then(|g| g.instance));
    let module = group.first()?.image.file.module;
    let size = [module.columns, module.rows];
    let frames: BTreeSet<&str> = group.iter().map(|i| i.image.ids.reveal().frame_of_reference.as_str()).collect();
    // One for each image is a habit of some collections, and none; two or three are as many places of the same numbers.
    let is_several = frames.len() > 1 && frames.len() < group.len();
    let stack = read_stack(size, &planes, &as_given);
    let stack = if is_several { stack.in_several_frames() } else { stack };
    let mut slots: Vec<Option<FileImage>> = group.into_iter().map(Some).collect();
    let sorted: Vec<FileImage> = stack.order.iter().filter_map(|i| slots.get_mut(*i)?.take()).collect();
    let warnings = warnings(&sorted, &stack);
    let first = sorted.first()?;
    let middle = sorted.get(sorted.len() / 2)?;
    let grey = middle.image.grey.clone();
    let unit = common_unit(sorted.iter().map(|i| i.image.grey.unit));
    let suv = common_suv(sorted.iter().filter_map(|i| i.suv.as_ref()));
    let frame_time = first.frame_time.filter(|_| sorted.len() > 1);
    let (syntax, photometric) = (first.image.file.syntax, first.image.file.module.photometric.term());
    let mut facts = SeriesFacts::new(Role::current(), first.modality.clone(), u32::try_from(sorted.len()).ok()?);
    facts.slice_spacing = stack.volume.as_ref().filter(|v| v.size()[2] > 1).map(tiresias_words::VolumeGeometry::slice_spacing);
    facts.geometry = stack.verdict.clone();
    facts::agree(&mut facts, sorted.iter().map(|i| &*i.anatomy), stack.first.map(|p| [p.row, p.column]));
    let image = |i: FileImage| SeriesImage {
        modality: i.image.grey.modality.clone(),
        padding: i.image.grey.padding,
        vois: (i.image.grey.vois != grey.vois).then(|| i.image.grey.vois.clone()),
        lengths: i.lengths,
        source: Source::Folder(Box::new(i.image)),
    };
    let images = sorted.into_iter().map(image).collect();
    let series = facts::complete(Series {
        facts,
        volume: stack.volume.clone(),
        image_size: size,
        content,
        unit,
        vois: grey.vois.clone(),
        shape: grey.shape,
        frame_time,
        suv,
        sample: module.sample,
        images,
        warnings,
        quantiser: OnceLock::new(),
    });
    Some(ScannedSeries { series, stack, syntax, photometric })
}

/// The unit that every image has: one that lacks it would be shown with a number that is not true.
fn common_unit(mut units: impl Iterator<Item = ValueUnit>) -> ValueUnit {
    let first = units.next().unwrap_or(ValueUnit::Arbitrary);
    if units.all(|u| u == first) { first } else { ValueUnit::Arbitrary }
}

/// The factor that every image gives, or the first reason against one: a series time later than any acquisition is no reference time of the others either.
fn common_suv<'a>(mut factors: impl Iterator<Item = &'a Result<f64, String>> + Clone) -> Option<Result<f64, String>> {
    if let Some(refused) = factors.clone().find(|f| f.is_err()) {
        return Some(refused.clone());
    }
    let first = factors.next()?;
    let differs = || Err("weight, dose or times differ from image to image".to_owned());
    Some(if factors.all(|f| f == first) { first.clone() } else { differs() })
}

fn warnings(sorted: &[FileImage], stack: &StackReading) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for image in sorted {
        for w in &image.warnings {
            warn(&mut found, w.clone());
        }
    }
    // Frames of one file share its UIDs: files are compared.
    let files = || sorted.iter().filter(|i| i.image.frame == 0);
    let distinct = |of: &dyn Fn(&SourceIds) -> String| files().map(|i| of(i.image.ids.reveal())).collect::<BTreeSet<_>>().len();
    let frames = distinct(&|ids| ids.frame_of_reference.clone());
    if frames > 1 {
        let taken = match stack.volume {
            Some(_) => "they are taken as one, because their positions fit together",
            None => "nothing proves that they are one",
        };
        found.push(format!("the images name {frames} frames of reference; {taken}"));
    }
    if distinct(&|ids| ids.image.clone()) < files().count() {
        found.push("several images have the same SOP Instance UID".to_owned());
    }
    let differ =
        |of: &dyn Fn(&FolderImage, &FolderImage) -> bool| sorted.iter().zip(sorted.iter().skip(1)).any(|(a, b)| of(&a.image, &b.image));
    if differ(&|a, b| a.file.syntax != b.file.syntax) {
        found.push("the images are in several transfer syntaxes".to_owned());
    }
    if differ(&|a, b| a.grey.vois != b.grey.vois) {
        found.push("windows differ from image to image; the series begins with those of the middle image".to_owned());
    }
    if differ(&|a, b| a.grey.modality != b.grey.modality) {
        found.push(
            "rescale slope or intercept differ from image to image; display goes through one common scale, values are exact".to_owned(),
        );
    }
    if let (GeometryVerdict::Mixed, Some(reason)) = (&stack.verdict, &stack.reason) {
        found.push(format!("the images do not form one stack: {reason}"));
    }
    for gap in &stack.gaps {
        found.push(format!(
            "{} slice(s) are missing behind slice {} of {}: nothing is shown there, and nothing is interpolated across",
            gap.missing,
            gap.after + 1,
            sorted.len()
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_that_of_every_image() {
        use ValueUnit::{Arbitrary, Hounsfield};
        assert_eq!(common_unit([Hounsfield; 3].into_iter()), Hounsfield);
        for one_without in 0..3 {
            let mut units = [Hounsfield; 3];
            units[one_without] = Arbitrary;
            assert_eq!(common_unit(units.into_iter()), Arbitrary, "{one_without}");
        }
    }

    /// A MONOCHROME1 and a MONOCHROME2 image of one size under one series UID.
    #[test]
    fn images_of_opposite_shape_are_series_of_their_own() {
        let (first, _) = crate::write::tests::sample();
        let with = |bytes: &[u8], from: &[u8], to: &[u8]| {
            let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
            assert!(!places.is_empty() && from.len() == to.len(), "{from:?}");
            let mut changed = bytes.to_vec();
            places.iter().for_each(|at| changed[*at..at + to.len()].copy_from_slice(to));
            changed
        };
        // The next slice, under a name of its own.
        let next = with(&with(&first, b"2.25.1", b"2.25.9"), b"\\-2\\3", b"\\-2\\4");
        let turned = with(&next, b"INVERSE ", b"IDENTITY");
        let series = |second: &[u8]| {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("a.dcm"), &first).unwrap();
            fs::write(dir.path().join("b.dcm"), second).unwrap();
            let found = read_folder(dir.path(), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap();
            found.series.iter().map(|s| (s.len(), s.shape)).collect::<Vec<_>>()
        };
        assert_eq!(series(&next), [(2, PresentationShape::Inverse)]);
        assert_eq!(series(&turned), [(1, PresentationShape::Inverse), (1, PresentationShape::Identity)]);
    }

    #[test]
    fn a_factor_is_that_of_every_image() {
        let suv = |f: &[Result<f64, &str>]| {
            let owned: Vec<_> = f.iter().map(|f| f.map_err(str::to_owned)).collect();
            common_suv(owned.iter())
        };
        assert_eq!(suv(&[]), None);
        assert_eq!(suv(&[Ok(2.0), Ok(2.0), Ok(2.0)]), Some(Ok(2.0)));
        assert_eq!(suv(&[Err("late"), Ok(2.0), Ok(2.0)]), Some(Err("late".to_owned())));
        assert!(suv(&[Ok(2.0), Ok(2.0), Ok(3.0)]).is_some_and(|f| f.is_err_and(|why| why.contains("differ"))));
    }
}
