//! A case package, opened: the immutable, hashed file set of one case that reaches a workstation.
//!
//! A folder, or one archive of stored files (`.tcase`): images with random names, a sealed part of one size, `manifest.json`, whose SHA-256 is the package's
//! hash, and its signature. The signature and the manifest are checked on opening, with the length of every file; each file's bytes before its first pixel
//! is shown. Refuses: another version, another study or signer, a changed or missing byte, links, strangers (`verify`).

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod manifest;
mod pack;
mod sealed;
mod signature;
mod store;
mod syncing;

pub use pack::{Keep, Packed, Packing};
pub use sealed::{Purpose, Sealed, Unsealed, seal, unseal};
pub use signature::{PackageKey, Signer, Trust};
pub(crate) use syncing::sync_parent;

use crate::attributes::Attributes;
use crate::pixel_module::{Photometric, PixelModule};
use crate::retained::Retain;
use crate::samples::{Samples, is_words, native, put_native};
use crate::series::{NamedVoi, Series, SeriesImage, Source};
use crate::{Findings, PackageError};
use crate::{colour, facts};
use dicom_dictionary_std::tags;
use dicom_object::OpenFileOptions;
use manifest::{Described, Manifest, PackedOverlay, PackedSeries, SealedEntry};
use sha2::{Digest as _, Sha256};
use signature::{SIGNATURE, SIGNATURE_LIMIT};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::Store;
use tiresias_words::{ContentHash, Overlay, SopUid, StudyId};

const VERSION: u32 = 3;
const MANIFEST: &str = "manifest.json";
const SEALED: &str = "sealed.bin";
/// Series that a case may have: the record numbers them with one byte.
const MOST_SERIES: usize = 1 << 8;
/// 100,000 images at 300 bytes each, with room.
const MANIFEST_LIMIT: u64 = 64 << 20;

/// Whether a file in a package's folder is its manifest, signature or sealed part.
pub(crate) fn is_beside_the_images(file: &Path, folder: &Path) -> bool {
    [MANIFEST, SIGNATURE, SEALED].iter().any(|name| file == folder.join(name))
}

/// An opened case package. Its `Debug` tells the hash and the number of series.
pub struct Package {
    store: Arc<Store>,
    hash: ContentHash,
    study: StudyId,
    retained: Vec<Retain>,
    no_text: Vec<ContentHash>,
    sealed: SealedEntry,
    series: Vec<Series>,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Package").field("hash", &self.hash).field("series", &self.series.len()).finish_non_exhaustive()
    }
}

impl Package {
    /// Opens the package at `path`, a folder or a `.tcase` file: checks who signed it, reads the manifest, checks it, and checks that every file is there with
    /// its length. Reads no image.
    ///
    /// # Errors
    /// When it does not come from whom it must, the manifest is missing, malformed, of another version or study, or contradicts the files.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, PackageError> {
        let store = Store::open(path)?;
        let bytes = store.read_limited(MANIFEST, MANIFEST_LIMIT)?;
        let hash = ContentHash(Sha256::digest(&bytes).into());
        if let Trust::Key(key) = trust {
            let signature = match store.read_limited(SIGNATURE, SIGNATURE_LIMIT) {
                Err(PackageError::Read { why: std::io::ErrorKind::NotFound, .. }) => return Err(PackageError::Unsigned),
                read => read?,
            };
            key.check(&signature, &hash)?;
        }
        let manifest = Manifest::parse(&bytes)?;
        if let Trust::Key(key) = trust
            && *key.study() != manifest.study
        {
            return Err(PackageError::Study);
        }
        let files = manifest.series.iter().flat_map(|s| &s.images).map(|i| (i.file.as_str(), i.bytes));
        for (file, expected) in files.chain([(SEALED, manifest.sealed.bytes)]) {
            let found = store.length(file)?;
            if found != expected {
                return Err(PackageError::Length { file: file.to_owned(), expected, found });
            }
        }
        let store = Arc::new(store);
        let Manifest { study, retained, no_text, sealed, series, .. } = manifest;
        let series = series.into_iter().map(|s| unpack(s, &store)).collect();
        Ok(Self { store, hash, study, retained, no_text, sealed, series })
    }
    /// Whether something at `path` is meant to be a package.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        path.join(MANIFEST).is_file() || (path.extension().is_some_and(|e| e == "tcase") && path.is_file())
    }
    /// SHA-256 of the manifest, and through it of every file.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }
    /// The study that it was packed for.
    #[must_use]
    pub const fn study(&self) -> &StudyId {
        &self.study
    }
    /// The options of the confidentiality profile by which it was packed.
    #[must_use]
    pub fn retained(&self) -> &[Retain] {
        &self.retained
    }
    /// The findings of the leak scan that whoever packed it answered: no text stands there.
    pub(crate) fn no_text(&self) -> &[ContentHash] {
        &self.no_text
    }
    /// Its sealed part, after its bytes were checked; still encrypted.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was packed.
    pub fn sealed(&self) -> Result<Sealed<Findings>, PackageError> {
        Ok(Sealed::new(read_checked(&self.store, SEALED, self.sealed.bytes, self.sealed.sha256)?, self.hash))
    }
    /// The series, in the order in which they were packed.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }
    /// What the pixels of all series take in memory when they are loaded, bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.series.iter().map(Series::memory).fold(0, u64::saturating_add)
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
        let mut ours = HashSet::from([MANIFEST, SIGNATURE, SEALED]);
        if ContentHash(Sha256::digest(self.store.read_limited(MANIFEST, MANIFEST_LIMIT)?).into()) != self.hash {
            return Err(PackageError::Changed { file: MANIFEST.to_owned() });
        }
        read_checked(&self.store, SEALED, self.sealed.bytes, self.sealed.sha256)?;
        for image in self.series.iter().flat_map(|s| &s.images) {
            if let Source::Package(p) = &image.source {
                p.checked()?;
                ours.insert(&p.file);
            }
        }
        let strangers = self.store.strangers(|name| ours.contains(name))?;
        if strangers > 0 { Err(PackageError::Strangers(strangers)) } else { Ok(()) }
    }
}

/// An image in a package.
#[derive(Clone)]
pub(crate) struct PackedImage {
    store: Arc<Store>,
    file: String,
    sha256: ContentHash,
    bytes: u64,
    offset: u64,
    pub(crate) uid: SopUid,
    module: PixelModule,
    overlays: Arc<[PackedOverlay]>,
}

impl PackedImage {
    /// Its name inside the package.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }
    /// The file's bytes, after they were checked.
    fn checked(&self) -> Result<Vec<u8>, PackageError> {
        read_checked(&self.store, &self.file, self.bytes, self.sha256)
    }
    /// What the file says of itself before its pixels, after the whole file was checked.
    pub(crate) fn header(&self) -> Result<Attributes, PackageError> {
        let file = self.checked()?;
        let header = OpenFileOptions::new().read_until(tags::PIXEL_DATA).from_reader(file.as_slice());
        let header = header.map_err(|_| PackageError::Changed { file: self.file.clone() })?;
        Ok(Attributes::new(header.into_inner()))
    }
    pub(crate) fn has_overlays(&self) -> bool {
        !self.overlays.is_empty()
    }
    /// The drawings over it, after the whole file was checked.
    pub(crate) fn overlays(&self) -> Result<Vec<Overlay>, PackageError> {
        if self.overlays.is_empty() {
            return Ok(Vec::new());
        }
        let file = self.checked()?;
        let changed = || PackageError::Changed { file: self.file.clone() };
        let overlay = |(group, o): (u16, &PackedOverlay)| {
            let bits = usize::try_from(o.offset).ok().and_then(|at| file.get(at..)).ok_or_else(changed)?;
            // The manifest's lengths were checked against each other, so the bytes suffice.
            let lit = |i: u64| bits.get((i / 8) as usize).is_some_and(|b| b >> (i % 8) & 1 == 1);
            Ok(Overlay { group, kind: o.kind, size: o.size, origin: o.origin, lit: (0..o.bits()).map(lit).collect() })
        };
        (0u16..).map(|i| 0x6000 + 2 * i).zip(self.overlays.iter()).map(overlay).collect()
    }
    /// Hands the pixels' bytes to `take`, after the whole file was checked.
    fn pixels<T>(&self, take: impl FnOnce(&[u8]) -> T) -> Result<T, PackageError> {
        let file = self.checked()?;
        Ok(take(usize::try_from(self.offset).ok().and_then(|o| file.get(o..)).unwrap_or_default()))
    }
    /// Stored values, or colours as they stand in the file.
    pub(crate) fn samples(&self) -> Result<Samples, PackageError> {
        // The manifest's lengths were checked against each other, so the bytes suffice.
        self.pixels(|data| native(&self.module, data, 0))?.map_err(|_| PackageError::Changed { file: self.file.clone() })
    }
    /// Whether the samples lie in the file as they lie in a volume: [`Self::put_words`] may be asked.
    pub(crate) const fn gives_words(&self) -> bool {
        is_words(&self.module)
    }
    /// Writes the words to their place, after the whole file was checked.
    pub(crate) fn put_words(&self, words: &[AtomicU16]) -> Result<(), PackageError> {
        // The manifest's lengths were checked against each other, so the bytes suffice.
        self.pixels(|data| put_native(&self.module, data, words))
    }
    /// Texels.
    pub(crate) fn texels(&self) -> Result<Vec<u32>, PackageError> {
        let changed = |_| PackageError::Changed { file: self.file.clone() };
        colour::texels(&self.samples()?, Photometric::Rgb, 8, false, None).map_err(changed)
    }

    /// An image that is in no package.
    #[cfg(test)]
    pub(crate) fn nowhere() -> Self {
        let module = manifest::PackedPixels::Uint32.module([1, 1]);
        let uid = SopUid::new("1").expect("a UID");
        Self {
            store: Arc::new(Store::Folder(std::path::PathBuf::new())),
            file: String::new(),
            sha256: ContentHash([0; 32]),
            bytes: 0,
            offset: 0,
            uid,
            module,
            overlays: Arc::new([]),
        }
    }
}

fn unpack(s: PackedSeries, store: &Arc<Store>) -> Series {
    let module = s.pixels.module(s.image_size);
    let vois = |d: &Described| d.vois.iter().map(|v| NamedVoi::new(v.name.clone(), v.voi.clone(), None)).collect::<Vec<_>>();
    let lengths = Arc::new(s.common.lengths.clone());
    let image = |i: manifest::ImageEntry| SeriesImage {
        modality: i.own.as_ref().unwrap_or(&s.common).modality.clone(),
        padding: i.own.as_ref().unwrap_or(&s.common).padding,
        vois: i.own.as_ref().map(vois),
        lengths: i.own.as_ref().map_or_else(|| Arc::clone(&lengths), |o| Arc::new(o.lengths.clone())),
        source: Source::Package(Box::new(PackedImage {
            store: Arc::clone(store),
            file: i.file,
            sha256: i.sha256,
            bytes: i.bytes,
            offset: i.pixel_offset,
            uid: i.uid,
            module,
            overlays: i.overlays.into(),
        })),
    };
    let quantiser = OnceLock::new();
    if let Some(known) = s.quantiser {
        // A new lock is empty.
        let _ = quantiser.set(known);
    }
    facts::complete(Series {
        facts: s.facts,
        volume: s.volume,
        image_size: s.image_size,
        content: s.pixels.content(),
        unit: s.unit,
        vois: vois(&s.common),
        shape: s.shape,
        frame_time: s.frame_time_ms.map(|ms| Duration::from_secs_f64(ms / 1000.0)),
        suv: s.suv.map(Ok),
        sample: s.pixels.sample(),
        images: s.images.into_iter().map(image).collect(),
        warnings: Vec::new(),
        quantiser,
    })
}

/// Reads a file of a package in one go and gives its bytes only if they are those that were packed.
fn read_checked(store: &Store, name: &str, bytes: u64, sha256: ContentHash) -> Result<Vec<u8>, PackageError> {
    let data = store.read(name, bytes)?;
    if ContentHash(Sha256::digest(&data).into()) == sha256 { Ok(data) } else { Err(PackageError::Changed { file: name.to_owned() }) }
}
