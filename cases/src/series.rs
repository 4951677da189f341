//! A series: parallel images of one size, in stack order, with what is needed to show them, whether they lie in a folder of DICOM files or in a package.
//!
//! The header says everything but the pixels; [`Series::load_slice`] fetches one slice into a [`VoxelBuffer`], in whatever order the caller wants.
//! From a package the whole file is read once and its hash is checked before a pixel is stored.

use crate::file::read_range;
use crate::geometry::{ImagePlane, StackReading};
use crate::greyscale::GreyScale;
use crate::identifying::Identifying;
use crate::package::read_checked;
use crate::pixels::PixelLayout;
use crate::{CasesError, VoxelBuffer};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use tiresias_words::{
    ContentHash, ModalityLut, PresentationShape, SeriesFacts, SopUid, StoredFormat, StoredValue, ValueUnit, Voi, VolumeGeometry,
};

/// A window or table of a series, with a name that tells nothing ("Window 1").
#[derive(Clone, PartialEq)]
pub struct NamedVoi {
    /// "Window N" or "Table N", counted in the file's order.
    pub name: String,
    /// The window or table.
    pub voi: Voi,
    /// Free text of the file; for the desk's eyes only, and never packed.
    pub(crate) explanation: Option<Identifying<String>>,
}

impl NamedVoi {
    pub(crate) const fn new(name: String, voi: Voi, explanation: Option<Identifying<String>>) -> Self {
        Self { name, voi, explanation }
    }
}

impl fmt::Debug for NamedVoi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedVoi").field("name", &self.name).field("voi", &self.voi).finish_non_exhaustive()
    }
}

/// A series of images in stack order.
pub struct Series {
    /// What hanging rules and corner text may use. The role is `current` until someone says otherwise.
    pub facts: SeriesFacts,
    /// Where the voxels lie in the patient; `None` when the facts' verdict forbids a volume, and then the images can only be shown one by one.
    pub volume: Option<VolumeGeometry>,
    /// [columns, rows] of every image.
    pub image_size: [u32; 2],
    /// How words stand for stored values.
    pub format: StoredFormat,
    /// Stored values to modality units.
    pub modality: ModalityLut,
    /// Of the modality values.
    pub unit: ValueUnit,
    /// All windows and tables that the middle image names, as alternatives; may be empty.
    pub vois: Vec<NamedVoi>,
    /// High white or high black.
    pub shape: PresentationShape,
    /// Words that are no measurement.
    pub padding: Option<RangeInclusive<StoredValue>>,
    pub(crate) images: Vec<SeriesImage>,
    pub(crate) warnings: Vec<String>,
}

/// One image of a series and where its pixels are.
pub(crate) struct SeriesImage {
    pub(crate) pixels: PixelLayout,
    /// Offset of the pixel data's value in the file.
    pub(crate) offset: u64,
    pub(crate) source: Source,
}

pub(crate) enum Source {
    Folder(Box<FolderImage>),
    Package(PackedImage),
}

/// What is known of an image in a folder. None of it is shown to a reader.
pub(crate) struct FolderImage {
    pub(crate) path: Identifying<PathBuf>,
    pub(crate) ids: Identifying<SourceIds>,
    /// One of the standard's storage classes, or `None`.
    pub(crate) sop_class: Option<&'static str>,
    pub(crate) grey: GreyScale,
    pub(crate) plane: Option<ImagePlane>,
    pub(crate) lossy: bool,
}

/// The UIDs and the patient id of a source image, empty where it has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct SourceIds {
    pub(crate) patient: String,
    pub(crate) study: String,
    pub(crate) series: String,
    pub(crate) image: String,
    pub(crate) frame_of_reference: String,
}

/// An image in a package.
pub(crate) struct PackedImage {
    pub(crate) dir: PathBuf,
    pub(crate) file: String,
    pub(crate) sha256: ContentHash,
    pub(crate) bytes: u64,
    pub(crate) uid: SopUid,
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("facts", &self.facts)
            .field("volume", &self.volume)
            .field("image_size", &self.image_size)
            .field("format", &self.format)
            .field("unit", &self.unit)
            .field("vois", &self.vois)
            .finish_non_exhaustive()
    }
}

impl Series {
    /// Number of images.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.images.len()
    }
    /// Whether there is no image; no series that was read is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
    /// The replaced SOP instance UID of an image of a package; `None` in a folder, whose UIDs identify.
    #[must_use]
    pub fn image_uid(&self, slice: usize) -> Option<&SopUid> {
        match &self.images.get(slice)?.source {
            Source::Package(packed) => Some(&packed.uid),
            Source::Folder(_) => None,
        }
    }
    /// What a person should know before trusting the series, as sentences without names.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
    /// Memory for all images, none of them loaded. Each image's length was checked against its file, so this is no more than twice what the files hold.
    ///
    /// # Errors
    /// When the machine does not give the memory.
    pub fn buffer(&self) -> Result<VoxelBuffer, CasesError> {
        let slices = u32::try_from(self.images.len()).unwrap_or(u32::MAX);
        VoxelBuffer::new([self.image_size[0], self.image_size[1], slices])
    }
    /// Loads slice `slice` (stack order, from 0) into the buffer that [`Self::buffer`] gave, and marks it loaded. Slices may be loaded in any order and
    /// from several threads.
    ///
    /// # Errors
    /// When the image's file is missing, cut short or, in a package, not byte for byte what was packed; nothing of it is stored then.
    pub fn load_slice(&self, slice: usize, into: &VoxelBuffer) -> Result<(), CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        let none = || CasesError::NoSuchImage { number, count };
        let image = self.images.get(slice).ok_or_else(none)?;
        let words = into.slice(slice).filter(|w| w.len() as u64 == image.pixels.pixels()).ok_or_else(none)?;
        self.decode(slice, words)?;
        into.mark_loaded(slice);
        Ok(())
    }
    /// Decodes one image into `words`, which has room for it.
    pub(crate) fn decode(&self, slice: usize, words: &[AtomicU16]) -> Result<(), CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        let image = self.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?;
        match &image.source {
            Source::Folder(f) => {
                let data = read_range(f.path.reveal(), image.offset, image.pixels.bytes());
                image.pixels.decode(&data.map_err(|why| CasesError::Image { number, count, why })?, words);
            }
            Source::Package(p) => {
                let file = read_checked(&p.dir.join(&p.file), &p.file, p.bytes, p.sha256)?;
                let pixels = usize::try_from(image.offset).ok().and_then(|o| file.get(o..)).unwrap_or_default();
                image.pixels.decode(pixels, words);
            }
        }
        Ok(())
    }
    /// Loads all slices in stack order.
    ///
    /// # Errors
    /// As [`Self::buffer`] and [`Self::load_slice`].
    pub fn load(&self) -> Result<VoxelBuffer, CasesError> {
        let buffer = self.buffer()?;
        (0..self.images.len()).try_for_each(|slice| self.load_slice(slice, &buffer))?;
        Ok(buffer)
    }
    /// Stored values of words, in their order: what hashes and statistics are made of.
    pub(crate) fn stored(&self, words: &[AtomicU16]) -> impl Iterator<Item = i32> {
        words.iter().map(|w| self.format.stored(StoredValue(w.load(Ordering::Relaxed))))
    }
    /// Path of an image in a folder: for the desk's eyes only.
    pub(crate) fn source_path(&self, slice: usize) -> Option<&Path> {
        match &self.images.get(slice)?.source {
            Source::Folder(f) => Some(f.path.reveal()),
            Source::Package(_) => None,
        }
    }
}

/// A series together with how its geometry was found, which only `inspect` tells.
pub(crate) struct ScannedSeries {
    pub(crate) series: Series,
    pub(crate) stack: StackReading,
    pub(crate) syntax: tiresias_codecs::TransferSyntax,
    /// Photometric Interpretation of the first image.
    pub(crate) photometric: &'static str,
}
