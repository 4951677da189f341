//! Packing a case: series of folders become a case package; every file is written anew, aside, and the whole is renamed into place at the end.
//!
//! De-identified by the Basic Profile of PS3.15 Annex E and the options that were chosen, by writing only what is needed (`write.rs`). UIDs are replaced by a
//! keyed hash, consistent over a study; file names come from the same key and tell no order, and files are written in the order of their names, so that
//! no time of a file tells one either. The same series, key and options give the same bytes. Pixels stay uncompressed: a reading room decodes nothing,
//! and reads a plain file as fast as it is hashed. Sources are only read.
//! An image whose SOP Instance UID was emptied goes by the hash of its file. Refuses: an existing destination, more than 256 series, two images of one UID,
//! images of an unknown storage class, and series that come from a package.

use super::manifest::{Described, ImageEntry, Manifest, PackedOverlay, PackedPixels, PackedSeries, PackedVoi, SealedEntry};
use super::sealed::{Purpose, seal};
use super::signature::{SIGNATURE, Signer};
use super::syncing::{Syncing, sync_folder, sync_parent, synced};
use super::{MANIFEST, MOST_SERIES, SEALED, VERSION};
use crate::retained::Retain;
use crate::series::{Content, FolderImage, NamedVoi, SeriesImage, Source};
use crate::threads::on_all_cores;
use crate::uids::of_frame;
use crate::write::{Encoded, ImageOut, NewIds, PixelsOut, Retained, encode};
use crate::{Findings, PackageError, Series, UidKey, min_max_voi, zip};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, ContentKey, Overlay, Role, SopUid};

/// What of an image is packed beside its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Pixels,
    /// Its overlay planes too. They are drawings of unknown hand, and may name a person or say what was found: somebody must have looked at them.
    PixelsAndOverlays,
}

/// How far packing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Images that were written.
    pub done: usize,
    /// Images of the case.
    pub total: usize,
}

/// A case that is to be packed, and how. It has no `Debug`.
pub struct Packing<'a> {
    /// The series, each in its role.
    pub series: &'a [(Role, &'a Series)],
    /// The study's secret.
    pub key: &'a UidKey,
    /// Overlay planes or not.
    pub keep: Keep,
    /// Options of the confidentiality profile.
    pub retain: BTreeSet<Retain>,
    /// Findings of letters in pixels ([`crate::Leak::finding`]) in which a person saw no text. The manifest says so, and [`crate::scan`] goes by it.
    pub no_text: BTreeSet<ContentHash>,
    /// What the AI says, for the sealed part; see [`crate::read_findings`]. Without any the sealed part is as large.
    pub findings: Option<&'a Findings>,
    /// The key of the sealed part. Where none is given, it follows from the study's secret and the case's first image.
    pub content_key: Option<&'a ContentKey>,
    /// What the sealed part has in this study, bytes, whatever is in it.
    pub sealed_bytes: u64,
    /// Who signs.
    pub signer: Option<&'a Signer>,
}

/// Enough for marks and scores; segmentations want more.
const SEALED_BYTES: u64 = 64 << 10;

impl<'a> Packing<'a> {
    /// A case without options, AI results and signature.
    #[must_use]
    pub const fn new(series: &'a [(Role, &'a Series)], key: &'a UidKey) -> Self {
        Self {
            series,
            key,
            keep: Keep::Pixels,
            retain: BTreeSet::new(),
            no_text: BTreeSet::new(),
            findings: None,
            content_key: None,
            sealed_bytes: SEALED_BYTES,
            signer: None,
        }
    }

    /// Writes the package to `dest`, one archive where that ends in ".tcase" and else a folder, and returns its hash. `progress` is called after each image, and
    /// can stop the work. Nothing is left behind when it fails or is stopped.
    ///
    /// # Errors
    /// When `dest` exists, cannot be written, there are more than 256 series, a role is there twice, a series cannot be read or packed, or `progress` said stop.
    pub fn pack(&self, dest: &Path, progress: &mut dyn FnMut(Packed) -> ControlFlow<()>) -> Result<ContentHash, PackageError> {
        self.pack_if(dest, progress, |_| Ok(())).map(|(hash, ())| hash)
    }

    /// As [`pack`](Self::pack), but the package appears only when `gate` lets it: it is shown the folder when all files are written, while the disk still takes them.
    ///
    /// # Errors
    /// Those of [`pack`](Self::pack), and the gate's.
    pub fn pack_if<T, E: From<PackageError>>(
        &self,
        dest: &Path,
        progress: &mut dyn FnMut(Packed) -> ControlFlow<()>,
        gate: impl FnOnce(&Path) -> Result<T, E>,
    ) -> Result<(ContentHash, T), E> {
        if fs::symlink_metadata(dest).is_ok() {
            return Err(PackageError::Exists.into());
        }
        if self.series.len() > MOST_SERIES {
            return Err(PackageError::TooManySeries { found: self.series.len(), most: MOST_SERIES }.into());
        }
        let aside = Aside::create(dest)?;
        let done = synced(|files| -> Result<_, E> {
            let hash = self.write(aside.dir(), files, progress)?;
            Ok((hash, gate(aside.dir())?))
        })?;
        if dest.extension().is_some_and(|e| e == "tcase") {
            archive(aside.dir(), dest)?;
        } else {
            aside.publish(dest)?;
        }
        Ok(done)
    }

    /// Writes all files of the package.
    fn write(&self, dir: &Path, files: &Syncing, progress: &mut dyn FnMut(Packed) -> ControlFlow<()>) -> Result<ContentHash, PackageError> {
        let mut series = self.images(dir, files, progress)?;
        for (packed, space) in series.iter_mut().zip(spaces(self.series)) {
            packed.facts.space = space;
        }
        let first = series.iter().find_map(|s| s.images.first()).map_or("", |i| i.uid.as_str());
        let sealed = self.sealed(first)?;
        files.write(&dir.join(SEALED), &sealed)?;
        let manifest = Manifest {
            tiresias_package: VERSION,
            study: self.key.study().map_err(|e| PackageError::Manifest(e.to_string()))?,
            retained: self.retain.iter().copied().collect(),
            no_text: self.no_text.iter().copied().collect(),
            sealed: SealedEntry { sha256: ContentHash(Sha256::digest(&sealed).into()), bytes: sealed.len() as u64 },
            series,
        };
        let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(|e| PackageError::Manifest(e.to_string()))?;
        bytes.push(b'\n');
        // What cannot be opened is not built.
        Manifest::parse(&bytes)?;
        let hash = ContentHash(Sha256::digest(&bytes).into());
        files.write(&dir.join(MANIFEST), &bytes)?;
        if let Some(signer) = self.signer {
            files.write(&dir.join(SIGNATURE), &signer.sign(&hash))?;
        }
        Ok(hash)
    }

    /// The sealed part; `first` is the new UID of the case's first image.
    fn sealed(&self, first: &str) -> Result<Vec<u8>, PackageError> {
        let none = Findings::default();
        let contents = self.findings.unwrap_or(&none).contents().map_err(|e| PackageError::Sealed(e.to_string()))?;
        match self.content_key {
            Some(key) => seal(&contents, Purpose::Findings, self.sealed_bytes, key),
            None => seal(&contents, Purpose::Findings, self.sealed_bytes, &self.key.content_key(&format!("of {first}"))),
        }
    }

    /// Writes the images of all series, in the order of their files' names.
    fn images(
        &self,
        dir: &Path,
        files: &Syncing,
        progress: &mut dyn FnMut(Packed) -> ControlFlow<()>,
    ) -> Result<Vec<PackedSeries>, PackageError> {
        let mut roles = HashSet::new();
        let mut seen = HashSet::new();
        let (mut series, mut jobs) = (Vec::with_capacity(self.series.len()), Vec::new());
        for (at, (role, source)) in self.series.iter().enumerate() {
            if !roles.insert(role) {
                return Err(refusal(role, "two series have this role".to_owned()));
            }
            let ids = ids_of(role, source, &mut seen)?;
            series.push(OneSeries::new(role, source, self, ids.first().cloned().unwrap_or_default())?);
            let job = |(slice, id): (usize, String)| Job { series: at, slice, file: self.key.file_name(&id), id };
            jobs.extend(ids.into_iter().enumerate().map(job));
        }
        jobs.sort_by(|a, b| a.file.cmp(&b.file));
        let mut written: Vec<BTreeMap<usize, ImageEntry>> = series.iter().map(|_| BTreeMap::new()).collect();
        let (mut done, mut failed) = (0, BTreeMap::new());
        let work = |n: usize| {
            let job = jobs.get(n)?;
            Some((job, series.get(job.series)?.write(job, self, dir, files)))
        };
        let take = |n, result: Option<(&Job, Result<ImageEntry, PackageError>)>| match result {
            Some((job, Ok(entry))) => {
                if let Some(images) = written.get_mut(job.series) {
                    images.insert(job.slice, entry);
                }
                done += 1;
                progress(Packed { done, total: jobs.len() })
            }
            Some((_, Err(why))) => {
                failed.insert(n, why);
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        };
        let outcome = on_all_cores(jobs.len(), work, take);
        match failed.pop_first() {
            Some((_, why)) => Err(why),
            None if outcome.is_break() => Err(PackageError::Cancelled),
            None => series.into_iter().zip(written).map(|(s, images)| s.packed(images.into_values().collect())).collect(),
        }
    }
}

fn refusal(role: &Role, why: String) -> PackageError {
    PackageError::Source { role: role.to_string(), why }
}

fn source(image: &SeriesImage) -> Option<&FolderImage> {
    match &image.source {
        Source::Folder(f) => Some(f),
        Source::Package(_) => None,
    }
}

/// Which series lie in one frame of reference with another, by a number for each frame; `None` where a series is no volume, or its images name no frame, several, or
/// one that no other series has.
fn spaces(sources: &[(Role, &Series)]) -> Vec<Option<u8>> {
    let frame_of = |series: &Series| {
        let frame = |image: &SeriesImage| source(image).map(|f| f.ids.reveal().frame_of_reference.clone()).filter(|uid| !uid.is_empty());
        let first = series.images.first().and_then(frame).filter(|_| series.volume.is_some());
        first.filter(|uid| series.images.iter().all(|i| frame(i).as_ref() == Some(uid)))
    };
    let frames: Vec<Option<String>> = sources.iter().map(|(_, series)| frame_of(series)).collect();
    let shared = |uid: &&String| frames.iter().flatten().filter(|other| other == uid).count() > 1;
    let first_of = |uid: &String| frames.iter().position(|f| f.as_ref() == Some(uid)).and_then(|at| u8::try_from(at + 1).ok());
    frames.iter().map(|frame| frame.as_ref().filter(shared).and_then(first_of)).collect()
}

/// A folder beside the destination that is removed unless it is published.
struct Aside {
    dir: PathBuf,
    published: bool,
}

impl Aside {
    fn create(dest: &Path) -> Result<Self, PackageError> {
        let name = dest.file_name().and_then(|n| n.to_str()).ok_or(PackageError::Write(std::io::ErrorKind::InvalidInput))?;
        let mut last = std::io::ErrorKind::AlreadyExists;
        for n in 0..100 {
            let dir = dest.with_file_name(format!(".{name}.part{n}"));
            match fs::create_dir(&dir) {
                Ok(()) => return Ok(Self { dir, published: false }),
                Err(e) => last = e.kind(),
            }
        }
        Err(PackageError::Write(last))
    }
    fn dir(&self) -> &Path {
        &self.dir
    }
    fn publish(mut self, dest: &Path) -> Result<(), PackageError> {
        let failed = |e: std::io::Error| PackageError::Write(e.kind());
        sync_folder(&self.dir).and_then(|()| fs::rename(&self.dir, dest)).map_err(failed)?;
        self.published = true;
        sync_parent(dest).map_err(failed)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.published {
            // The build has failed already; if even this fails, a hidden folder stays, and it is no package.
            drop(fs::remove_dir_all(&self.dir));
        }
    }
}

/// Writes the files of a finished folder into one archive, aside, and puts it in its place.
fn archive(dir: &Path, dest: &Path) -> Result<(), PackageError> {
    let failed = |e: std::io::Error| PackageError::Write(e.kind());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort();
    // Beside the images, in the folder that goes away whatever happens.
    let part = dir.join("archive");
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create_new(&part)?);
        zip::write(&mut out, &names, &mut |name| fs::read(dir.join(name)))?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&part, dest)?;
        sync_parent(dest)
    };
    write().map_err(failed)
}

/// One image that is to be written.
struct Job {
    /// Place of its series in the case, and its own in that.
    series: usize,
    slice: usize,
    /// What it is called in the source, with its frame, and its file in the package.
    id: String,
    file: String,
}

/// What each image of a series is called in its source.
fn ids_of(role: &Role, series: &Series, seen: &mut HashSet<String>) -> Result<Vec<String>, PackageError> {
    let mut ids = Vec::with_capacity(series.len());
    for (slice, image) in series.images.iter().enumerate() {
        let refuse = |what: &str| refusal(role, format!("{}{what}", place(slice, series)));
        let Some(source) = source(image) else {
            return Err(refusal(role, "it comes from a package; copy that package instead".to_owned()));
        };
        if source.sop_class.is_none() {
            return Err(refuse(" is of a storage class that is not packed"));
        }
        let id = match source.ids.reveal().image.as_str() {
            "" => of_file(source).map_err(|e| refuse(&format!(" cannot be read ({})", e.kind())))?,
            uid => uid.to_owned(),
        };
        let id = of_frame(&id, source.frame);
        if !seen.insert(id.clone()) {
            return Err(refuse(" has the SOP Instance UID of another image"));
        }
        ids.push(id);
    }
    Ok(ids)
}

/// A series on its way: all that is decided before an image is written.
struct OneSeries<'a> {
    role: &'a Role,
    series: &'a Series,
    vois: Vec<NamedVoi>,
    common: Described,
    /// What its first image is called in the source.
    first_id: String,
    /// Seconds by which its dates are moved back.
    shift: f64,
}

impl<'a> OneSeries<'a> {
    fn new(role: &'a Role, series: &'a Series, packing: &Packing<'_>, first_id: String) -> Result<Self, PackageError> {
        let first = series.images.first().ok_or_else(|| refusal(role, "it holds no image".to_owned()))?;
        let vois = opening_vois(series, &|why| refusal(role, why))?;
        let common = describe(first, &vois);
        // One subject: what lies between its series' dates stays true.
        let subjects = packing.series.iter().filter_map(|(_, s)| source(s.images.first()?)).map(|f| f.ids.reveal());
        let subject = subjects.map(|ids| if ids.patient.is_empty() { ids.study.as_str() } else { ids.patient.as_str() }).next();
        Ok(Self { role, series, vois, common, first_id, shift: packing.key.shift(subject.unwrap_or_default()) })
    }

    fn write(&self, job: &Job, packing: &Packing<'_>, dir: &Path, files: &Syncing) -> Result<ImageEntry, PackageError> {
        let (series, slice) = (self.series, job.slice);
        let place = place(slice, series);
        let refuse = |why: String| refusal(self.role, why);
        let gone = || refuse(format!("{place} is gone"));
        let image = series.images.get(slice).ok_or_else(gone)?;
        let source = source(image).ok_or_else(gone)?;
        let own = describe(image, image.vois.as_deref().unwrap_or(&self.vois));
        let ids = new_ids(source, &job.id, &self.first_id, packing.key);
        let uid = SopUid::new(ids.image.clone()).map_err(|u| refuse(u.to_string()))?;
        let overlays = match packing.keep {
            Keep::Pixels => Vec::new(),
            Keep::PixelsAndOverlays => series.overlays(slice).map_err(|e| refuse(e.to_string()))?,
        };
        let options: Vec<Retain> = packing.retain.iter().copied().collect();
        let retained = Retained { options: &options, of: source.retainable.reveal(), shift: self.shift, b_value: source.b_value };
        let written =
            encode_image(series, image, source, ids, slice, &own, retained, &overlays).map_err(|why| refuse(format!("{place} {why}")))?;
        files.write(&dir.join(&job.file), &written.bytes)?;
        let overlays = overlays.iter().zip(&written.overlays);
        Ok(ImageEntry {
            file: job.file.clone(),
            sha256: ContentHash(Sha256::digest(&written.bytes).into()),
            bytes: written.bytes.len() as u64,
            pixel_offset: written.pixels,
            pixel_bytes: PackedPixels::of(series.content, series.sample).module(series.image_size).frame_bytes(),
            uid,
            overlays: overlays.map(|(o, at)| PackedOverlay { kind: o.kind, size: o.size, origin: o.origin, offset: *at }).collect(),
            own: (own != self.common).then_some(own),
        })
    }

    fn packed(self, images: Vec<ImageEntry>) -> Result<PackedSeries, PackageError> {
        let series = self.series;
        let mut facts = series.facts.clone();
        facts.role = self.role.clone();
        let is_exact = series.content == Content::Colour || series.exact_scale().is_some();
        let quantiser = if is_exact { None } else { Some(series.quantiser().map_err(|e| refusal(self.role, e.to_string()))?) };
        Ok(PackedSeries {
            facts,
            volume: series.volume.clone(),
            image_size: series.image_size,
            pixels: PackedPixels::of(series.content, series.sample),
            quantiser,
            unit: series.unit,
            shape: series.shape,
            frame_time_ms: series.frame_time.map(|t| t.as_secs_f64() * 1000.0),
            suv: series.suv.as_ref().and_then(|s| s.as_ref().ok().copied()),
            common: self.common,
            images,
        })
    }
}

/// What an image whose UID was emptied is called instead: the hash of its file.
fn of_file(source: &FolderImage) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(source.file.path.reveal())?, &mut HashedBytes(&mut hash))?;
    Ok(format!("file {}", ContentHash(hash.finalize().into())))
}

/// Bytes that go into a hash.
struct HashedBytes<'a>(&'a mut Sha256);

impl std::io::Write for HashedBytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn place(slice: usize, series: &Series) -> String {
    format!("image {} of {}", slice + 1, series.len())
}

/// The series' windows, without their free text; where it names none, its full range, so that every reader's first view is the same, whatever has been loaded by then.
fn opening_vois(series: &Series, refuse: &dyn Fn(String) -> PackageError) -> Result<Vec<NamedVoi>, PackageError> {
    if series.content == Content::Colour || !series.vois.is_empty() {
        return Ok(series.vois.iter().map(|v| NamedVoi::new(v.name.clone(), v.voi.clone(), None)).collect());
    }
    let (voxels, _) = series.load().map_err(|e| refuse(e.to_string()))?;
    Ok(min_max_voi(series, &voxels).map(|voi| NamedVoi::new("Full range".to_owned(), voi, None)).into_iter().collect())
}

fn describe(image: &SeriesImage, vois: &[NamedVoi]) -> Described {
    Described {
        modality: image.modality.clone(),
        padding: image.padding,
        vois: vois.iter().map(|v| PackedVoi { name: v.name.clone(), voi: v.voi.clone() }).collect(),
        lengths: (*image.lengths).clone(),
    }
}

/// New UIDs for an image. Where the source has no study or series UID, the series' first image stands for it.
fn new_ids(source: &FolderImage, id: &str, first: &str, key: &UidKey) -> NewIds {
    let ids = source.ids.reveal();
    let or_first = |uid: &str, what: &str| if uid.is_empty() { key.uid(&format!("{what} of {first}")) } else { key.uid(uid) };
    NewIds {
        image: key.uid(id),
        study: or_first(&ids.study, "study"),
        series: or_first(&ids.series, "series"),
        frame_of_reference: (!ids.frame_of_reference.is_empty()).then(|| key.uid(&ids.frame_of_reference)),
    }
}

/// The file. The error is a clause.
#[expect(clippy::too_many_arguments, reason = "each is one part of an image, and all of them are needed at once")]
fn encode_image(
    series: &Series,
    image: &SeriesImage,
    source: &FolderImage,
    ids: NewIds,
    slice: usize,
    own: &Described,
    retained: Retained<'_>,
    overlays: &[Overlay],
) -> Result<Encoded, String> {
    let sop_class = source.sop_class.ok_or("is of a storage class that is not packed")?;
    let (samples, texels);
    let packed = PackedPixels::of(series.content, series.sample);
    let (pixels, warnings) = match series.content {
        Content::Grey => {
            let warnings;
            (samples, warnings) = series.grey_samples(slice).map_err(|e| format!("cannot be packed: {e}"))?;
            (PixelsOut::Grey(packed.sample(), &samples), warnings)
        }
        Content::Colour => {
            let warnings;
            (texels, warnings) = series.texels(slice).map_err(|e| format!("cannot be packed: {e}"))?;
            (PixelsOut::Colour(&texels), warnings)
        }
    };
    if let Some(warning) = warnings.first() {
        return Err(format!("cannot be packed: {warning}"));
    }
    let vois: Vec<NamedVoi> = own.vois.iter().map(|v| NamedVoi::new(v.name.clone(), v.voi.clone(), None)).collect();
    let image = ImageOut {
        sop_class,
        ids,
        imaging: &series.facts.modality,
        size: series.image_size,
        plane: source.plane,
        modality: &image.modality,
        unit: series.unit,
        vois: &vois,
        shape: source.grey.shape,
        padding: image.padding,
        lossy: source.lossy,
        patient_id: "",
        retained,
        comments: None,
        overlays,
        pixels,
    };
    encode(&image).ok_or_else(|| "cannot be encoded".to_owned())
}
