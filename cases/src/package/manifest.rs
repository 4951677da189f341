//! `manifest.json` of a case package, version 3: what the files are, in stack order, and all that is needed to show them.
//!
//! Refuses: unknown fields, names that are not of our making, sizes that contradict each other. A manifest that parses here can be trusted to describe
//! files of the lengths it states; that they are the right bytes is checked when they are read.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::sealed::{LIMIT, OVERHEAD};
use super::{MOST_SERIES, VERSION};
use crate::PackageError;
use crate::lengths::Lengths;
use crate::pixel_module::{Photometric, PixelModule, Sample};
use crate::retained::Retain;
use crate::scale::Quantiser;
use crate::series::Content;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use tiresias_words::{
    ContentHash, GeometryVerdict, ModalityLut, OverlayKind, PresentationShape, SeriesFacts, SopUid, StoredFormat, StudyId, ValueUnit, Voi,
    VolumeGeometry,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) tiresias_package: u32,
    pub(super) study: StudyId,
    /// Options of the confidentiality profile, each once, in their order.
    pub(super) retained: Vec<Retain>,
    /// What findings of letters in pixels are called in which a person saw no text, each once, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) no_text: Vec<ContentHash>,
    pub(super) sealed: SealedEntry,
    pub(super) series: Vec<PackedSeries>,
}

/// The sealed part: there in every package, of one size in a study.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedEntry {
    pub(super) sha256: ContentHash,
    pub(super) bytes: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackedSeries {
    /// The role is in the facts.
    pub(super) facts: SeriesFacts,
    pub(super) volume: Option<VolumeGeometry>,
    /// [columns, rows].
    pub(super) image_size: [u32; 2],
    pub(super) pixels: PackedPixels,
    /// How values become display words where they are not those themselves.
    pub(super) quantiser: Option<Quantiser>,
    pub(super) unit: ValueUnit,
    pub(super) shape: PresentationShape,
    /// Milliseconds between frames of a moving picture.
    pub(super) frame_time_ms: Option<f64>,
    /// Grams per millilitre for each Bq/ml.
    pub(super) suv: Option<f64>,
    /// What holds for every image that does not say otherwise.
    pub(super) common: Described,
    pub(super) images: Vec<ImageEntry>,
}

/// What pixels are in the files.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PackedPixels {
    /// 16 bits each, of which some are stored.
    Words(StoredFormat),
    Int32,
    Uint32,
    Float32,
    Float64,
    /// Red, green and blue, 8 bits each.
    Rgb,
}

impl PackedPixels {
    pub(super) fn of(content: Content, sample: Sample) -> Self {
        match (content, sample) {
            (Content::Colour, _) => Self::Rgb,
            (Content::Grey, Sample::Long { signed: true, .. }) => Self::Int32,
            (Content::Grey, Sample::Long { signed: false, .. }) => Self::Uint32,
            (Content::Grey, Sample::Float) => Self::Float32,
            (Content::Grey, Sample::Double) => Self::Float64,
            (Content::Grey, Sample::Bit) => Self::Words(StoredFormat { signed: false, bits_stored: 1 }),
            (Content::Grey, Sample::Short { stored, signed, .. }) => Self::Words(StoredFormat { signed, bits_stored: stored }),
        }
    }
    pub(super) const fn content(self) -> Content {
        if matches!(self, Self::Rgb) { Content::Colour } else { Content::Grey }
    }
    pub(super) const fn sample(self) -> Sample {
        match self {
            Self::Words(f) => Sample::Short { allocated: 16, stored: f.bits_stored, shift: 0, signed: f.signed },
            Self::Int32 => Sample::Long { stored: 32, shift: 0, signed: true },
            Self::Uint32 => Sample::Long { stored: 32, shift: 0, signed: false },
            Self::Float32 => Sample::Float,
            Self::Float64 => Sample::Double,
            Self::Rgb => Sample::Short { allocated: 8, stored: 8, shift: 0, signed: false },
        }
    }
    /// The files' layout for images of [columns, rows].
    pub(super) const fn module(self, [columns, rows]: [u32; 2]) -> PixelModule {
        let photometric = if matches!(self, Self::Rgb) { Photometric::Rgb } else { Photometric::Monochrome2 };
        let (sample, frames) = (self.sample(), 1);
        PixelModule { columns, rows, frames, photometric, sample, planar: false, big_endian: false, swapped_pairs: false, stated: None }
    }
}

/// What an image says of its values and lengths.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    pub(super) modality: ModalityLut,
    /// Lowest and highest stored value that is no measurement.
    pub(super) padding: Option<[f64; 2]>,
    pub(super) vois: Vec<PackedVoi>,
    pub(super) lengths: Lengths,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackedVoi {
    pub(super) name: String,
    pub(super) voi: Voi,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageEntry {
    pub(super) file: String,
    pub(super) sha256: ContentHash,
    /// Length of the file.
    pub(super) bytes: u64,
    /// Where in the file the pixels begin, and how many bytes they are.
    pub(super) pixel_offset: u64,
    pub(super) pixel_bytes: u64,
    pub(super) uid: SopUid,
    /// Drawings over the image, whose bits are in the file too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) overlays: Vec<PackedOverlay>,
    /// Where the image differs from what is common to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) own: Option<Described>,
}

/// An overlay plane of one image.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackedOverlay {
    pub(super) kind: OverlayKind,
    /// [columns, rows].
    pub(super) size: [u32; 2],
    /// [column, row] on the image, from 0; may be outside.
    pub(super) origin: [i32; 2],
    /// Where in the file its bits begin: one a pixel, from the lowest bit of the first byte.
    pub(super) offset: u64,
}

impl PackedOverlay {
    pub(super) const fn bits(&self) -> u64 {
        self.size[0] as u64 * self.size[1] as u64
    }
    /// Whether it can lie in a file of so many bytes.
    fn fits(&self, bytes: u64) -> bool {
        let is_size = self.size.iter().all(|n| (1..=65_535).contains(n));
        let is_place = self.origin.iter().all(|n| (-65_536..=65_536).contains(n));
        is_size && is_place && self.offset.checked_add(self.bits().div_ceil(8)).is_some_and(|end| end <= bytes)
    }
}

/// Reads only the version, so that a manifest of another one is called that and not malformed.
#[derive(Deserialize)]
struct Versioned {
    tiresias_package: u64,
}

impl Manifest {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        let wrong =
            |e: &serde_json::Error| PackageError::Manifest(format!("line {}, column {} is not as it must be", e.line(), e.column()));
        let version: Versioned = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
        if version.tiresias_package != u64::from(VERSION) {
            return Err(PackageError::Version { found: version.tiresias_package, known: VERSION });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
        manifest.check().map_err(PackageError::Manifest)?;
        Ok(manifest)
    }

    /// What the types alone do not say. The error is a clause.
    fn check(&self) -> Result<(), String> {
        let (mut roles, mut files, mut uids) = (HashSet::new(), HashSet::new(), HashSet::new());
        if self.series.is_empty() {
            return Err("it lists no series".to_owned());
        }
        if self.series.len() > MOST_SERIES {
            return Err(format!("it lists {} series, and a case has at most {MOST_SERIES}", self.series.len()));
        }
        if !self.retained.is_sorted_by(|a, b| a < b) || !(OVERHEAD..=LIMIT).contains(&self.sealed.bytes) {
            return Err("its options or its sealed part make no sense".to_owned());
        }
        if !self.no_text.is_sorted_by(|a, b| a < b) {
            return Err("it answers a finding twice".to_owned());
        }
        for series in &self.series {
            let role = &series.facts.role;
            if !roles.insert(role) {
                return Err(format!("role {role} is there twice"));
            }
            series.check().map_err(|why| format!("series {role}: {why}"))?;
            for image in &series.images {
                if !is_our_name(&image.file) {
                    return Err(format!("series {role} names a file that no package has"));
                }
                if !files.insert(&image.file) || !uids.insert(&image.uid) {
                    return Err(format!("series {role} lists an image twice"));
                }
            }
        }
        Ok(())
    }
}

impl PackedSeries {
    fn check(&self) -> Result<(), String> {
        let [columns, rows] = self.image_size;
        if !(1..=65_535).contains(&columns) || !(1..=65_535).contains(&rows) {
            return Err("its images have no size".to_owned());
        }
        if self.images.is_empty() || self.images.len() != self.facts.images as usize {
            return Err("it does not list as many images as it says".to_owned());
        }
        if self.volume.as_ref().is_some_and(|v| v.size() != [columns, rows, self.facts.images]) {
            return Err("its volume has another size than its images".to_owned());
        }
        let stackable = matches!(
            self.facts.geometry,
            GeometryVerdict::Orthogonal
                | GeometryVerdict::Oblique
                | GeometryVerdict::Tilted { .. }
                | GeometryVerdict::Uneven
                | GeometryVerdict::Gap
        );
        if self.volume.is_some() != stackable {
            return Err("its geometry verdict contradicts its volume".to_owned());
        }
        if matches!(self.pixels, PackedPixels::Words(f) if !(1..=16).contains(&f.bits_stored)) {
            return Err("its bits are not 1 to 16".to_owned());
        }
        let descriptions = || std::iter::once(&self.common).chain(self.images.iter().filter_map(|i| i.own.as_ref()));
        descriptions().try_for_each(Described::check)?;
        if let PackedPixels::Words(format) = self.pixels {
            let possible = f64::from(format.offset())..=f64::from(format.offset()) + 65_535.0;
            if descriptions().filter_map(|d| d.padding).flatten().any(|v| !possible.contains(&v)) {
                return Err("its padding is none that its pixels can have".to_owned());
            }
        }
        let words_are_values = matches!(self.pixels, PackedPixels::Words(_))
            && descriptions().all(|d| d.modality == self.common.modality && d.padding == self.common.padding);
        if self.pixels.content() == Content::Grey && self.quantiser.is_some() == words_are_values {
            return Err("it does not say how its values become display words, or says it where they are those".to_owned());
        }
        if self.quantiser.is_some_and(|q| !q.is_usable()) || self.suv.is_some_and(|s| !(s.is_finite() && s > 0.0)) {
            return Err("its display scale or uptake factor makes no sense".to_owned());
        }
        if self.frame_time_ms.is_some_and(|t| !(1.0..=10_000.0).contains(&t)) {
            return Err("its frame time makes no sense".to_owned());
        }
        let pixels = self.pixels.module(self.image_size).frame_bytes();
        let fits = |i: &ImageEntry| i.pixel_bytes == pixels && i.pixel_offset.checked_add(pixels).is_some_and(|end| end <= i.bytes);
        if !self.images.iter().all(fits) {
            return Err("an image's pixels do not fit its file".to_owned());
        }
        if self.images.iter().any(|i| i.overlays.len() > 16 || !i.overlays.iter().all(|o| o.fits(i.bytes))) {
            return Err("an image's drawings do not fit its file".to_owned());
        }
        Ok(())
    }
}

impl Described {
    fn check(&self) -> Result<(), String> {
        // They are shown beside images as they stand; ours are short words (`Window 1`).
        let is_word = |name: &str| {
            !name.trim().is_empty() && name.len() <= 64 && name.chars().all(|c| c == ' ' || c.is_alphanumeric() || "_-.,:()/+".contains(c))
        };
        if !self.vois.iter().all(|v| is_word(&v.name)) {
            return Err("a window has a name that cannot be shown".to_owned());
        }
        if matches!(self.modality, ModalityLut::Rescale { slope, intercept } if slope == 0.0 || !slope.is_finite() || !intercept.is_finite())
        {
            return Err("its rescale makes no sense".to_owned());
        }
        if self.padding.is_some_and(|[low, high]| low > high || low.is_nan() || high.is_nan()) {
            return Err("its padding range makes no sense".to_owned());
        }
        if self.lengths.is_usable() { Ok(()) } else { Err("its pixel spacing makes no sense".to_owned()) }
    }
}

/// 32 lower-case hexadecimal digits and ".dcm": no separator, no "..", nothing that could lead out of the folder.
fn is_our_name(name: &str) -> bool {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    name.strip_suffix(".dcm").is_some_and(|stem| stem.len() == 32 && stem.chars().all(hex))
}
