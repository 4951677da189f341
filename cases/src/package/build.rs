//! Building a case package from series of folders: every image is written anew, aside, and the whole is renamed into place at the end.
//!
//! UIDs are replaced by a keyed hash, consistent over a study; file names come from the same key and tell no order. Sources are only read.
//! Refuses: an existing destination, images without a SOP Instance UID or of an unknown storage class, and series that come from a package.

use super::manifest::{ImageEntry, Manifest, PackedSeries, PackedVoi};
use super::{MANIFEST, VERSION};
use crate::series::{FolderImage, NamedVoi, Source};
use crate::write::{ImageOut, NewIds, encode};
use crate::{PackageError, Series, UidKey, VoxelBuffer, min_max_voi};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tiresias_words::{ContentHash, Role, SopUid};

/// Writes a package of the given series to the new folder `dest` and returns its hash. Nothing is left behind when it fails.
///
/// # Errors
/// When `dest` exists, cannot be written, a role is there twice, or a series cannot be read or packed.
pub fn build(sources: &[(Role, &Series)], key: &UidKey, dest: &Path) -> Result<ContentHash, PackageError> {
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
        series.push(pack(role, source, key, &aside.dir, &mut seen, &refuse)?);
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
    key: &UidKey,
    dir: &Path,
    seen: &mut HashSet<String>,
    refuse: &dyn Fn(String) -> PackageError,
) -> Result<PackedSeries, PackageError> {
    let voxels = series.load().map_err(|e| refuse(e.to_string()))?;
    let mut vois: Vec<NamedVoi> = series.vois.iter().map(|v| NamedVoi::new(v.name.clone(), v.voi.clone(), None)).collect();
    if vois.is_empty() {
        // So that every reader's first view is the same, whatever has been loaded by then.
        vois.extend(min_max_voi(series, &voxels).map(|voi| NamedVoi::new("Full range".to_owned(), voi, None)));
    }
    let mut images = Vec::with_capacity(series.len());
    for slice in 0..series.len() {
        let place = format!("image {} of {}", slice + 1, series.len());
        let source = match &series.images[slice].source {
            Source::Folder(f) => f,
            Source::Package(_) => return Err(refuse("it comes from a package; copy that package instead".to_owned())),
        };
        let id = &source.ids.reveal().image;
        if id.is_empty() {
            return Err(refuse(format!("{place} has no SOP Instance UID")));
        }
        if !seen.insert(format!("image {id}")) {
            return Err(refuse(format!("{place} has the SOP Instance UID of another image")));
        }
        let ids = new_ids(series, source, key);
        let uid = SopUid::new(ids.image.clone()).map_err(|u| refuse(u.to_string()))?;
        let file = key.file_name(id);
        let (bytes, pixel_offset) =
            encode_image(series, source, ids, &vois, slice, &voxels).map_err(|why| refuse(format!("{place} {why}")))?;
        write_file(&dir.join(&file), &bytes)?;
        let sha256 = ContentHash(Sha256::digest(&bytes).into());
        let length = bytes.len() as u64;
        images.push(ImageEntry { file, sha256, bytes: length, pixel_offset, pixel_bytes: length - pixel_offset, uid });
    }
    let mut facts = series.facts.clone();
    facts.role = role.clone();
    Ok(PackedSeries {
        facts,
        volume: series.volume.clone(),
        image_size: series.image_size,
        format: series.format,
        modality: series.modality.clone(),
        unit: series.unit,
        vois: vois.into_iter().map(|v| PackedVoi { name: v.name, voi: v.voi }).collect(),
        shape: series.shape,
        padding: series.padding.as_ref().map(|p| [p.start().0, p.end().0]),
        images,
    })
}

/// New UIDs for an image. Where the source has no study or series UID, the series' first image stands for it.
fn new_ids(series: &Series, source: &FolderImage, key: &UidKey) -> NewIds {
    let ids = source.ids.reveal();
    let first = series.images.iter().find_map(|i| if let Source::Folder(f) = &i.source { Some(&f.ids.reveal().image) } else { None });
    let or_first = |uid: &str, what: &str| {
        if uid.is_empty() { key.uid(&format!("{what} of {}", first.map_or("", String::as_str))) } else { key.uid(uid) }
    };
    NewIds {
        image: key.uid(&ids.image),
        study: or_first(&ids.study, "study"),
        series: or_first(&ids.series, "series"),
        frame_of_reference: (!ids.frame_of_reference.is_empty()).then(|| key.uid(&ids.frame_of_reference)),
    }
}

fn encode_image(
    series: &Series,
    source: &FolderImage,
    ids: NewIds,
    vois: &[NamedVoi],
    slice: usize,
    voxels: &VoxelBuffer,
) -> Result<(Vec<u8>, u64), &'static str> {
    let words: Vec<u16> = voxels.slice(slice).unwrap_or_default().iter().map(|w| w.load(Ordering::Relaxed)).collect();
    let image = ImageOut {
        sop_class: source.sop_class.ok_or("is of a storage class that is not packed")?,
        ids,
        imaging: &series.facts.modality,
        size: series.image_size,
        format: series.format,
        plane: source.plane,
        modality: &source.grey.modality,
        unit: series.unit,
        vois,
        shape: source.grey.shape,
        padding: source.grey.padding.clone(),
        lossy: source.lossy,
        patient_id: "",
        comments: None,
        words: &words,
    };
    encode(&image).ok_or("cannot be encoded")
}
