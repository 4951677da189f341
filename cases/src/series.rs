//! A series: images of one size, in stack order, with what is needed to show them, whether they lie in DICOM files of a folder or in a package.
//!
//! The header says everything but the pixels; [`Series::load_slice`] fetches one image into a [`VoxelBuffer`], in whatever order the caller wants.
//! From a package the whole file is read once and its hash is checked before a pixel is stored.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::conformance::Acquisition;
use crate::geometry::{ImagePlane, StackReading};
use crate::greyscale::GreyScale;
use crate::identifying::Identifying;
use crate::image_file::ImageFile;
use crate::lengths::{LengthUnit, Lengths};
use crate::package::PackedImage;
use crate::pixel_module::Sample;
use crate::retained::Retainable;
use crate::samples::Samples;
use crate::scale::{Quantiser, WordScale};
use crate::threads::on_all_cores;
use crate::voxels::{Kind, StoredKind};
use crate::{CasesError, FileError, PackageError, Shutter, VoxelBuffer, colour, facts};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tiresias_words::{
    Direction, Displacement, Mm, ModalityLut, PatientPoint, PresentationShape, SeriesFacts, SopUid, Stack, StoredFormat, StoredValue,
    Unfit, ValueUnit, Voi, VolumeGeometry,
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

/// Whether a series is grey or in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// One sample a pixel, shown through windows.
    Grey,
    /// Red, green and blue, shown as they are.
    Colour,
}

/// A series of images in stack order.
pub struct Series {
    /// What hanging rules and corner text may use. The role is `current` until someone says otherwise.
    pub facts: SeriesFacts,
    /// Where the voxels lie in the patient; `None` when the facts' verdict forbids a volume, and then the images can only be shown one by one.
    pub volume: Option<VolumeGeometry>,
    /// [columns, rows] of every image.
    pub image_size: [u32; 2],
    /// Grey or colour.
    pub content: Content,
    /// Of the modality values.
    pub unit: ValueUnit,
    /// All windows and tables that the middle image names, as alternatives; may be empty. Those of each image: [`Self::image_vois`].
    pub vois: Vec<NamedVoi>,
    /// High white or high black.
    pub shape: PresentationShape,
    /// Time between frames, where the images are a moving picture.
    pub frame_time: Option<Duration>,
    /// Grams per millilitre for each Bq/ml (SUVbw), or why there is none: a clause. `None` where nobody asks, in anything but PET.
    pub suv: Option<Result<f64, String>>,
    pub(crate) sample: Sample,
    pub(crate) images: Vec<SeriesImage>,
    pub(crate) warnings: Vec<String>,
    /// Found when it is first needed; a package knows it from the start.
    pub(crate) quantiser: OnceLock<Quantiser>,
}

/// One image of a series: how its stored values become modality values, and where its pixels are.
#[derive(Clone)]
pub(crate) struct SeriesImage {
    pub(crate) modality: ModalityLut,
    /// Lowest and highest stored value that is no measurement.
    pub(crate) padding: Option<[f64; 2]>,
    /// Its windows and tables, where they differ from the series'.
    pub(crate) vois: Option<Vec<NamedVoi>>,
    pub(crate) lengths: Arc<Lengths>,
    pub(crate) source: Source,
}

#[derive(Clone)]
pub(crate) enum Source {
    Folder(Box<FolderImage>),
    Package(Box<PackedImage>),
}

/// What is known of an image in a folder. None of it is shown to a reader.
#[derive(Clone)]
pub(crate) struct FolderImage {
    pub(crate) file: Arc<ImageFile>,
    /// Frame of the file, from 0.
    pub(crate) frame: usize,
    pub(crate) ids: Arc<Identifying<SourceIds>>,
    /// One of the standard's storage classes, or `None`.
    pub(crate) sop_class: Option<&'static str>,
    pub(crate) grey: Arc<GreyScale>,
    pub(crate) plane: Option<ImagePlane>,
    pub(crate) lossy: bool,
    pub(crate) retainable: Arc<Identifying<Retainable>>,
    /// Of diffusion, s/mm2.
    pub(crate) b_value: Option<f64>,
    pub(crate) acquisition: Arc<Acquisition>,
    /// Where its first pixel lies in a total pixel matrix, [column, row] from 0.
    pub(crate) tile: Option<[u32; 2]>,
    pub(crate) shutter: Option<Arc<Shutter>>,
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

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("facts", &self.facts)
            .field("volume", &self.volume)
            .field("image_size", &self.image_size)
            .field("content", &self.content)
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
    /// What the file of an image of a package says of itself, its hash checked; of a folder nothing, because its UIDs identify.
    pub(crate) fn packed_header(&self, slice: usize) -> Result<crate::attributes::Attributes, CasesError> {
        let no_such = || CasesError::NoSuchImage { number: slice + 1, count: self.images.len() };
        match &self.images.get(slice).ok_or_else(no_such)?.source {
            Source::Package(packed) => Ok(packed.header()?),
            Source::Folder(_) => Err(no_such()),
        }
    }
    /// Where the image with a (replaced) SOP instance UID stands in stack order.
    #[must_use]
    pub fn place_of_uid(&self, uid: &SopUid) -> Option<usize> {
        (0..self.images.len()).find(|i| self.image_uid(*i) == Some(uid))
    }
    /// What a person should know before trusting the series, as sentences without names.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
    /// The windows and tables of one image, as alternatives.
    #[must_use]
    pub fn image_vois(&self, slice: usize) -> &[NamedVoi] {
        self.images.get(slice).and_then(|i| i.vois.as_deref()).unwrap_or(&self.vois)
    }
    /// Where the images lie for whoever shows them one by one: in the patient where there is a volume, else in a frame of their own: x right, y down, in
    /// the unit of [`Self::pixel_spacing`], and one unit from image to image.
    ///
    /// # Errors
    /// When the images have no size, which no series that was read has.
    pub fn geometry(&self) -> Result<VolumeGeometry, Unfit> {
        if let Some(volume) = &self.volume {
            return Ok(volume.clone());
        }
        let images = u32::try_from(self.images.len()).unwrap_or(u32::MAX);
        let (spacing, _) = self.pixel_spacing(0);
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let size = [self.image_size[0], self.image_size[1], images];
        VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, spacing.map(Mm), stack)
    }
    /// Distance between pixel centres of an image, [between columns, between rows], and what it is measured in.
    #[must_use]
    pub fn pixel_spacing(&self, slice: usize) -> ([f64; 2], LengthUnit) {
        self.images.get(slice).map_or(([1.0, 1.0], LengthUnit::Pixels), |i| (i.lengths.whole().spacing, i.lengths.whole().unit))
    }
    /// Where a frame (from 0) of a file stands in stack order; `None` when the images do not all come from one file of several frames.
    #[must_use]
    pub fn place_of_frame(&self, frame: usize) -> Option<usize> {
        let of = |i: &SeriesImage| match &i.source {
            Source::Folder(f) => Some((Arc::as_ptr(&f.file), f.frame)),
            Source::Package(_) => None,
        };
        let (file, _) = self.images.first().and_then(of)?;
        let is_one = self.images.iter().all(|i| of(i).is_some_and(|(f, _)| std::ptr::eq(f, file)));
        if is_one { self.images.iter().position(|i| of(i).is_some_and(|(_, f)| f == frame)) } else { None }
    }
    /// One image as a series of its own, without a place in a volume.
    #[must_use]
    pub fn image(&self, slice: usize) -> Option<Self> {
        let image = self.images.get(slice)?.clone();
        let mut facts = self.facts.clone();
        (facts.images, facts.slice_spacing) = (1, None);
        Some(facts::complete(Self {
            facts,
            volume: None,
            image_size: self.image_size,
            content: self.content,
            unit: self.unit,
            vois: self.image_vois(slice).to_vec(),
            shape: self.shape,
            frame_time: None,
            suv: self.suv.clone(),
            sample: self.sample,
            images: vec![image],
            warnings: self.warnings.clone(),
            quantiser: OnceLock::new(),
        }))
    }

    /// What [`Self::buffer`] takes, bytes.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let beside = match self.sample {
            Sample::Bit | Sample::Short { .. } if self.exact_scale().is_some() => 0,
            Sample::Bit | Sample::Short { .. } => 2,
            Sample::Long { .. } | Sample::Float => 4,
            Sample::Double => 8,
        };
        let cell = if self.content == Content::Colour { 4 } else { 2 + beside };
        self.image_size.iter().map(|n| u64::from(*n)).chain([self.images.len() as u64]).fold(cell, u64::saturating_mul)
    }

    /// Memory for all images, none of them loaded. Each image's length was checked against its file, so this is no more than a few times what the files hold.
    /// Of 32-bit and floating-point images in a folder every one is decoded once, to find their range.
    ///
    /// # Errors
    /// When the machine does not give the memory, or an image that has to be measured cannot be decoded.
    pub fn buffer(&self) -> Result<VoxelBuffer, CasesError> {
        let slices = u32::try_from(self.images.len()).unwrap_or(u32::MAX);
        VoxelBuffer::new([self.image_size[0], self.image_size[1], slices], self.kind()?)
    }

    fn kind(&self) -> Result<Kind, CasesError> {
        if self.content == Content::Colour {
            return Ok(Kind::Colour);
        }
        let stored = match self.sample {
            Sample::Bit | Sample::Short { .. } => {
                if let Some(scale) = self.exact_scale() {
                    return Ok(Kind::Exact(scale));
                }
                StoredKind::Words { signed: self.sample.signed() }
            }
            Sample::Long { signed: true, .. } => StoredKind::Int32,
            Sample::Long { signed: false, .. } => StoredKind::Uint32,
            Sample::Float => StoredKind::Float32,
            Sample::Double => StoredKind::Float64,
        };
        Ok(Kind::Requantised(self.quantiser()?.scale(), stored))
    }

    /// What words mean where they are the stored values: one modality transformation and one padding hold for all images.
    pub(crate) fn exact_scale(&self) -> Option<WordScale> {
        let (format, first) = (self.sample.words()?, self.images.first()?);
        if self.images.iter().any(|i| i.modality != first.modality || i.padding != first.padding) {
            return None;
        }
        let word = |v: f64| StoredValue((v as i64 - i64::from(format.offset())) as u16);
        let padding = first.padding.map(|[low, high]| word(low)..=word(high));
        Some(WordScale { format, modality: first.modality.clone(), padding, max_error: 0.0 })
    }

    /// How values become words where those are not the stored values.
    pub(crate) fn quantiser(&self) -> Result<Quantiser, CasesError> {
        if let Some(known) = self.quantiser.get() {
            return Ok(*known);
        }
        let [low, high] = match self.sample.words() {
            // No coarser than the coarsest image's own steps, and known without looking at a pixel.
            Some(format) => self.images.iter().map(|i| possible(&i.modality, format)).fold([f64::INFINITY, f64::NEG_INFINITY], widest),
            None => self.measured()?,
        };
        // Nothing but padding: any scale will do.
        let [low, high] = if low > high { [0.0, 0.0] } else { [low, high] };
        let found = Quantiser::new(low, high).ok_or(CasesError::Range)?;
        Ok(*self.quantiser.get_or_init(|| found))
    }

    /// Lowest and highest modality value of all images, padding and what is no number left out.
    fn measured(&self) -> Result<[f64; 2], CasesError> {
        let mut range = [f64::INFINITY, f64::NEG_INFINITY];
        for (slice, image) in self.images.iter().enumerate() {
            let (samples, _) = self.grey_samples(slice)?;
            samples.each(0, |v| {
                let value = image.modality.apply(v);
                if value.is_finite() && !image.is_padding(v) {
                    range = widest(range, [value, value]);
                }
            });
        }
        Ok(range)
    }

    /// Loads image `slice` (stack order, from 0) into the buffer that [`Self::buffer`] gave, and marks it loaded. Images may be loaded in any order and from
    /// several threads. Returns what a person must be told beside this image: of a package nothing.
    ///
    /// # Errors
    /// When the image's file is missing, cut short, cannot be decoded or, in a package, is not byte for byte what was packed; it is not marked loaded then,
    /// and of a package nothing of it is stored.
    pub fn load_slice(&self, slice: usize, into: &VoxelBuffer) -> Result<Vec<String>, CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        let none = || CasesError::NoSuchImage { number, count };
        let image = self.images.get(slice).ok_or_else(none)?;
        let (fits, warnings) = match self.content {
            Content::Colour => {
                let (texels, warnings) = self.texels(slice)?;
                (into.put_colour(slice, &texels), warnings)
            }
            Content::Grey if image.source.gives_words() && into.is_exact() => {
                let mut warnings = Vec::new();
                let put = |words: &[AtomicU16]| match &image.source {
                    Source::Folder(f) => {
                        warnings = f.file.put_words(f.frame, words).map_err(|why| CasesError::Image { number, count, why })?;
                        Ok(())
                    }
                    Source::Package(p) => p.put_words(words).map_err(CasesError::from),
                };
                (into.fill(slice, put)?, warnings)
            }
            Content::Grey => {
                let (samples, warnings) = self.grey_samples(slice)?;
                let quantiser = if into.scale().is_some_and(|s| s.max_error > 0.0) { Some(self.quantiser()?) } else { None };
                // A package says what scale its words have: it is believed where it is true.
                if let (Some(q), Source::Package(p)) = (quantiser, &image.source)
                    && !self.all_are_held(&samples, image, q)
                {
                    return Err(PackageError::Scale { file: p.file().to_owned() }.into());
                }
                let word = |v: f64| match quantiser {
                    Some(q) if !image.is_padding(v) => q.word(image.modality.apply(v)),
                    _ => 0,
                };
                (into.put_grey(slice, &samples, word), warnings)
            }
        };
        if fits { Ok(warnings) } else { Err(none()) }
    }

    fn all_are_held(&self, samples: &Samples, image: &SeriesImage, quantiser: Quantiser) -> bool {
        let mut are_held = true;
        let offset = self.sample.words().map_or(0, StoredFormat::offset);
        samples.each(offset, |v| are_held &= image.is_padding(v) || quantiser.holds(image.modality.apply(v)));
        are_held
    }

    /// Loads all images. Returns with the memory what a person must be told, each sentence once.
    ///
    /// # Errors
    /// As [`Self::buffer`] and [`Self::load_slice`].
    pub fn load(&self) -> Result<(VoxelBuffer, Vec<String>), CasesError> {
        let buffer = self.buffer()?;
        let warnings = self.load_rest(&buffer)?;
        Ok((buffer, warnings))
    }

    /// Loads the images that are not yet loaded into the buffer that [`Self::buffer`] gave, on all cores. Returns what a person must be told of them, in
    /// stack order, each sentence once.
    ///
    /// # Errors
    /// As [`Self::load_slice`], of the first image in the stack that fails; others may be loaded then.
    pub fn load_rest(&self, into: &VoxelBuffer) -> Result<Vec<String>, CasesError> {
        let left: Vec<usize> = (0..self.images.len()).filter(|i| !into.is_loaded(*i)).collect();
        let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        let mut failed: BTreeMap<usize, CasesError> = BTreeMap::new();
        let load = |i: usize| left.get(i).map_or(Ok(Vec::new()), |slice| self.load_slice(*slice, into));
        let keep = |i, loaded| match loaded {
            Ok(sentences) => {
                told.insert(i, sentences);
                ControlFlow::Continue(())
            }
            Err(why) => {
                failed.insert(i, why);
                ControlFlow::Break(())
            }
        };
        // Stopped by a failure, which is what is returned.
        let _ = on_all_cores(left.len(), load, keep);
        if let Some((_, why)) = failed.pop_first() {
            return Err(why);
        }
        let mut warnings = Vec::new();
        told.into_values().flatten().for_each(|sentence| crate::greyscale::warn(&mut warnings, sentence));
        Ok(warnings)
    }

    /// Stored values of an image of a grey series, and what must be told of it.
    pub(crate) fn grey_samples(&self, slice: usize) -> Result<(Samples, Vec<String>), CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        match &self.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?.source {
            Source::Folder(f) => {
                let frame = f.file.decode(f.frame).map_err(|why| CasesError::Image { number, count, why })?;
                Ok((frame.samples, frame.warnings))
            }
            Source::Package(p) => Ok((p.samples()?, Vec::new())),
        }
    }

    /// Texels of an image of a colour series, and what must be told of it.
    pub(crate) fn texels(&self, slice: usize) -> Result<(Vec<u32>, Vec<String>), CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        let wrong = |why: FileError| CasesError::Image { number, count, why };
        match &self.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?.source {
            Source::Folder(f) => {
                let frame = f.file.decode(f.frame).map_err(wrong)?;
                let sample = f.file.module.sample;
                let texels = colour::texels(&frame.samples, frame.photometric, sample.stored(), sample.signed(), f.file.palette.as_ref());
                Ok((texels.map_err(wrong)?, frame.warnings))
            }
            Source::Package(p) => Ok((p.texels()?, Vec::new())),
        }
    }

    /// The true modality value at [column, row, image] of a loaded image of a grey series, in f64, and whether it is padding.
    #[must_use]
    pub fn value(&self, voxels: &VoxelBuffer, at: [usize; 3]) -> Option<(f64, bool)> {
        let image = self.images.get(at[2])?;
        let stored = voxels.stored(at)?;
        Some((image.modality.apply(stored), image.is_padding(stored)))
    }
}

impl Source {
    /// Whether the samples can go to their place in a volume as they come, so that they need no memory of their own on the way.
    fn gives_words(&self) -> bool {
        match self {
            Self::Folder(f) => f.file.gives_words(),
            Self::Package(p) => p.gives_words(),
        }
    }
}

impl SeriesImage {
    pub(crate) fn is_padding(&self, stored: f64) -> bool {
        self.padding.is_some_and(|[low, high]| (low..=high).contains(&stored))
    }
}

/// Lowest and highest modality value that stored values of a format can have.
pub(crate) fn possible(modality: &ModalityLut, format: StoredFormat) -> [f64; 2] {
    let bits = u32::from(format.bits_stored.clamp(1, 16));
    let (low, high) = if format.signed { (-(1i32 << (bits - 1)), (1i32 << (bits - 1)) - 1) } else { (0, (1i32 << bits) - 1) };
    match modality {
        ModalityLut::Rescale { .. } => {
            let (a, b) = (modality.apply(f64::from(low)), modality.apply(f64::from(high)));
            [a.min(b), a.max(b)]
        }
        ModalityLut::Table(table) => {
            let entries = || table.entries().iter().map(|e| f64::from(*e));
            [entries().fold(f64::INFINITY, f64::min), entries().fold(f64::NEG_INFINITY, f64::max)]
        }
    }
}

fn widest(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

/// A series together with how its geometry was found, which only `inspect` tells.
pub(crate) struct ScannedSeries {
    pub(crate) series: Series,
    pub(crate) stack: StackReading,
    pub(crate) syntax: tiresias_codecs::TransferSyntax,
    /// Photometric Interpretation of the first image.
    pub(crate) photometric: &'static str,
}
