//! Building a case package from series of folders: every image is written anew, aside, and the whole is renamed into place at the end.
//!
//! UIDs are replaced by a keyed hash, consistent over a study; file names come from the same key and tell no order. Sources are only read.
//! Refuses: an existing destination, images without a SOP Instance UID or of an unknown storage class, and series that come from a package.

use super::manifest::{Described, ImageEntry, Manifest, PackedOverlay, PackedPixels, PackedSeries, PackedVoi};
use super::{MANIFEST, VERSION};
use crate::series::{Content, FolderImage, NamedVoi, SeriesImage, Source};
use crate::write::{Encoded, ImageOut, NewIds, PixelsOut, encode};
use crate::{PackageError, Series, UidKey, min_max_voi};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, Overlay, Role, SopUid};

/// What of an image is packed beside its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Pixels,
    /// Its overlay planes too. They are drawings of unknown hand, and may name a person or say what was found: somebody must have looked at them.
    PixelsAndOverlays,
}

/// Writes a package of the given series to the new folder `dest` and returns its hash. Nothing is left behind when it fails.
///
/// # Errors
/// When `dest` exists, cannot be written, a role is there twice, or a series cannot be read or packed.
pub fn build(sources: &[(Role, &Series)], keep: Keep, key: &UidKey, dest: &Path) -> Result<ContentHash, PackageError> {
    if fs::symlink_metadata(dest).is_ok() {
        return Err(PackageError::Exists);
    }
    let aside = Aside::create(dest)?;
    let mut seen = HashSet::new();
    let mut series = Vec::with_capacity(sources.len());
    for (role, source) in sources {
        let refuse = |why: String| PackageError::Source { role: role.to_string(), why };
        if !seen.insert(role.to_string()) {
            return Err(refuse("two series have this role".to_owned()));
        }
        series.push(pack(role, source, keep, key, &aside.dir, &mut seen, &refuse)?);
    }
    for (packed, space) in series.iter_mut().zip(spaces(sources)) {
        packed.facts.space = space;
    }
    let manifest = Manifest { tiresias_package: VERSION, series };
    let mut bytes = serde_json::to_vec_pretty(&manifest).map_err(|e| PackageError::Manifest(e.to_string()))?;
    bytes.push(b'\n');
    // What cannot be opened is not built.
    Manifest::parse(&bytes)?;
    write_file(&aside.dir.join(MANIFEST), &bytes)?;
    aside.publish(dest)?;
    Ok(ContentHash(Sha256::digest(&bytes).into()))
}

/// Which series lie in one frame of reference with another, by a number for each frame; `None` where a series is no volume, or its images name no frame, several, or
/// one that no other series has.
fn spaces(sources: &[(Role, &Series)]) -> Vec<Option<u8>> {
    let frame_of = |series: &Series| {
        let frame = |image: &SeriesImage| match &image.source {
            Source::Folder(f) => Some(f.ids.reveal().frame_of_reference.clone()).filter(|uid| !uid.is_empty()),
            Source::Package(_) => None,
        };
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
    fn publish(mut self, dest: &Path) -> Result<(), PackageError> {
        sync_dir(&self.dir)?;
        fs::rename(&self.dir, dest).map_err(|e| PackageError::Write(e.kind()))?;
        self.published = true;
        dest.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
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

#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<(), PackageError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| PackageError::Write(e.kind()))
}
#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<(), PackageError> {
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| PackageError::Write(e.kind()))
}

fn pack(
    role: &Role,
    series: &Series,
    keep: Keep,
    key: &UidKey,
    dir: &Path,
    seen: &mut HashSet<String>,
    refuse: &dyn Fn(String) -> PackageError,
) -> Result<PackedSeries, PackageError> {
    let common = series.images.first().ok_or_else(|| refuse("it holds no image".to_owned()))?;
    let vois = opening_vois(series, refuse)?;
    let common = describe(common, &vois);
    let mut images = Vec::with_capacity(series.len());
    for (slice, image) in series.images.iter().enumerate() {
        let place = format!("image {} of {}", slice + 1, series.len());
        let source = match &image.source {
            Source::Folder(f) => f,
            Source::Package(_) => return Err(refuse("it comes from a package; copy that package instead".to_owned())),
        };
        let id = &source.ids.reveal().image;
        if id.is_empty() {
            return Err(refuse(format!("{place} has no SOP Instance UID")));
        }
        // Frames of one file become images of their own.
        let id = if source.frame == 0 { id.clone() } else { format!("{id} frame {}", source.frame) };
        if !seen.insert(format!("image {id}")) {
            return Err(refuse(format!("{place} has the SOP Instance UID of another image")));
        }
        let own = describe(image, image.vois.as_deref().unwrap_or(&vois));
        let ids = new_ids(series, source, &id, key);
        let uid = SopUid::new(ids.image.clone()).map_err(|u| refuse(u.to_string()))?;
        let file = key.file_name(&id);
        let overlays = match keep {
            Keep::Pixels => Vec::new(),
            Keep::PixelsAndOverlays => series.overlays(slice).map_err(|e| refuse(e.to_string()))?,
        };
        let written = encode_image(series, image, source, ids, slice, &own, &overlays).map_err(|why| refuse(format!("{place} {why}")))?;
        write_file(&dir.join(&file), &written.bytes)?;
        let overlays = overlays.iter().zip(&written.overlays);
        images.push(ImageEntry {
            file,
            sha256: ContentHash(Sha256::digest(&written.bytes).into()),
            bytes: written.bytes.len() as u64,
            pixel_offset: written.pixels,
            pixel_bytes: PackedPixels::of(series.content, series.sample).module(series.image_size).frame_bytes(),
            uid,
            overlays: overlays.map(|(o, at)| PackedOverlay { kind: o.kind, size: o.size, origin: o.origin, offset: *at }).collect(),
            own: (own != common).then_some(own),
        });
    }
    let mut facts = series.facts.clone();
    facts.role = role.clone();
    let is_exact = series.content == Content::Colour || series.exact_scale().is_some();
    let quantiser = if is_exact { None } else { Some(series.quantiser().map_err(|e| refuse(e.to_string()))?) };
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
        common,
        images,
    })
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
fn new_ids(series: &Series, source: &FolderImage, id: &str, key: &UidKey) -> NewIds {
    let ids = source.ids.reveal();
    let first = series.images.iter().find_map(|i| if let Source::Folder(f) = &i.source { Some(&f.ids.reveal().image) } else { None });
    let or_first = |uid: &str, what: &str| {
        if uid.is_empty() { key.uid(&format!("{what} of {}", first.map_or("", String::as_str))) } else { key.uid(uid) }
    };
    NewIds {
        image: key.uid(id),
        study: or_first(&ids.study, "study"),
        series: or_first(&ids.series, "series"),
        frame_of_reference: (!ids.frame_of_reference.is_empty()).then(|| key.uid(&ids.frame_of_reference)),
    }
}

/// The file. The error is a clause.
fn encode_image(
    series: &Series,
    image: &SeriesImage,
    source: &FolderImage,
    ids: NewIds,
    slice: usize,
    own: &Described,
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
        comments: None,
        overlays,
        pixels,
    };
    encode(&image).ok_or_else(|| "cannot be encoded".to_owned())
}
