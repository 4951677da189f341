//! A case package, opened: the immutable, hashed file set of one case that reaches a workstation.
//!
//! A folder of image files with random names and `manifest.json`, whose SHA-256 is the package's hash. The manifest is checked on opening, with the length
//! of every file; each file's bytes before its first pixel is shown. Refuses: another version, a changed or missing byte, links, strangers (`verify`).

mod build;
mod manifest;

pub use build::build;

use crate::series::{NamedVoi, PackedImage, Series, SeriesImage, Source};
use crate::{PackageError, pixels::PixelLayout};
use manifest::{Manifest, PackedSeries};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tiresias_words::{ContentHash, StoredValue};

const VERSION: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// 100,000 images at 300 bytes each, with room.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// An opened case package. Its `Debug` tells the hash and the number of series.
pub struct Package {
    dir: PathBuf,
    hash: ContentHash,
    series: Vec<Series>,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package").field("hash", &self.hash).field("series", &self.series.len()).finish_non_exhaustive()
    }
}

impl Package {
    /// Opens the package in folder `dir`: reads the manifest, checks it, and checks that every file is there with its length. Reads no image.
    ///
    /// # Errors
    /// When the manifest is missing, malformed, of another version, or contradicts the files.
    pub fn open(dir: &Path) -> Result<Self, PackageError> {
        let bytes = read_limited(&dir.join(MANIFEST))?;
        let hash = ContentHash(Sha256::digest(&bytes).into());
        let manifest = Manifest::parse(&bytes)?;
        for image in manifest.series.iter().flat_map(|s| &s.images) {
            let found = file_length(&dir.join(&image.file), &image.file)?;
            if found != image.bytes {
                return Err(PackageError::Length { file: image.file.clone(), expected: image.bytes, found });
            }
        }
        let series = manifest.series.into_iter().map(|s| unpack(s, dir)).collect();
        Ok(Self { dir: dir.to_owned(), hash, series })
    }
    /// SHA-256 of the manifest, and through it of every file.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }
    /// The series, in the order in which they were packed.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }
    /// The series, taken out so that a loading thread can own them.
    #[must_use]
    pub fn into_series(self) -> Vec<Series> {
        self.series
    }
    /// Reads every file and compares its hash, and looks for files that do not belong.
    ///
    /// # Errors
    /// The first file that is not what was packed, or the number of strangers.
    pub fn verify(&self) -> Result<(), PackageError> {
        let mut ours = HashSet::from([MANIFEST.to_owned()]);
        let bytes = read_limited(&self.dir.join(MANIFEST))?;
        if ContentHash(Sha256::digest(&bytes).into()) != self.hash {
            return Err(PackageError::Changed { file: MANIFEST.to_owned() });
        }
        for image in self.series.iter().flat_map(|s| &s.images) {
            if let Source::Package(p) = &image.source {
                read_checked(&p.dir.join(&p.file), &p.file, p.bytes, p.sha256)?;
                ours.insert(p.file.clone());
            }
        }
        let list = |e: std::io::Error| PackageError::Read { file: "folder".to_owned(), why: e.kind() };
        let mut strangers = 0;
        for entry in fs::read_dir(&self.dir).map_err(list)? {
            let name = entry.map_err(list)?.file_name();
            strangers += usize::from(!name.to_str().is_some_and(|n| ours.contains(n)));
        }
        if strangers > 0 { Err(PackageError::Strangers(strangers)) } else { Ok(()) }
    }
}

fn unpack(s: PackedSeries, dir: &Path) -> Series {
    let pixels = PixelLayout::normal(s.image_size, s.format);
    let image = |i: manifest::ImageEntry| SeriesImage {
        pixels,
        offset: i.pixel_offset,
        source: Source::Package(PackedImage { dir: dir.to_owned(), file: i.file, sha256: i.sha256, bytes: i.bytes, uid: i.uid }),
    };
    Series {
        facts: s.facts,
        volume: s.volume,
        image_size: s.image_size,
        format: s.format,
        modality: s.modality,
        unit: s.unit,
        vois: s.vois.into_iter().map(|v| NamedVoi::new(v.name, v.voi, None)).collect(),
        shape: s.shape,
        padding: s.padding.map(|[low, high]| StoredValue(low)..=StoredValue(high)),
        images: s.images.into_iter().map(image).collect(),
        warnings: Vec::new(),
    }
}

fn read_error(file: &str, e: &std::io::Error) -> PackageError {
    PackageError::Read { file: file.to_owned(), why: e.kind() }
}

/// Length of a regular file; a link or folder in its place is an error.
fn file_length(path: &Path, name: &str) -> Result<u64, PackageError> {
    let meta = fs::symlink_metadata(path).map_err(|e| read_error(name, &e))?;
    if meta.is_file() { Ok(meta.len()) } else { Err(PackageError::Changed { file: name.to_owned() }) }
}

fn read_limited(path: &Path) -> Result<Vec<u8>, PackageError> {
    let length = file_length(path, MANIFEST)?;
    if length > MANIFEST_LIMIT {
        return Err(PackageError::Manifest("it is longer than any manifest".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| read_error(MANIFEST, &e))?;
    file.take(MANIFEST_LIMIT).read_to_end(&mut bytes).map_err(|e| read_error(MANIFEST, &e))?;
    Ok(bytes)
}

/// Reads a file of a package in one go and gives its bytes only if they are those that were packed.
pub(crate) fn read_checked(path: &Path, name: &str, bytes: u64, sha256: ContentHash) -> Result<Vec<u8>, PackageError> {
    let found = file_length(path, name)?;
    if found != bytes {
        return Err(PackageError::Length { file: name.to_owned(), expected: bytes, found });
    }
    let mut file = File::open(path).map_err(|e| read_error(name, &e))?;
    // The length is that of the file on disk, so the memory is honest.
    let mut data = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
    file.read_exact(&mut data).map_err(|e| read_error(name, &e))?;
    if ContentHash(Sha256::digest(&data).into()) == sha256 { Ok(data) } else { Err(PackageError::Changed { file: name.to_owned() }) }
}
