//! `manifest.json` of a case package, version 1: what the files are, in stack order, and all that is needed to show them.
//!
//! Refuses: unknown fields, names that are not of our making, sizes that contradict each other. A manifest that parses here can be trusted to describe
//! files of the lengths it states; that they are the right bytes is checked when they are read.

use super::VERSION;
use crate::PackageError;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use tiresias_words::{
    ContentHash, GeometryVerdict, ModalityLut, PresentationShape, SeriesFacts, SopUid, StoredFormat, ValueUnit, Voi, VolumeGeometry,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) tiresias_package: u32,
    pub(super) series: Vec<PackedSeries>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackedSeries {
    /// The role is in the facts.
    pub(super) facts: SeriesFacts,
    pub(super) volume: Option<VolumeGeometry>,
    /// [columns, rows].
    pub(super) image_size: [u32; 2],
    pub(super) format: StoredFormat,
    pub(super) modality: ModalityLut,
    pub(super) unit: ValueUnit,
    pub(super) vois: Vec<PackedVoi>,
    pub(super) shape: PresentationShape,
    /// Lowest and highest word that is no measurement.
    pub(super) padding: Option<[u16; 2]>,
    pub(super) images: Vec<ImageEntry>,
}

#[derive(Serialize, Deserialize)]
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
    /// Where in the file the pixels begin, and how many bytes they are: 16 bits each, little endian.
    pub(super) pixel_offset: u64,
    pub(super) pixel_bytes: u64,
    pub(super) uid: SopUid,
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
            GeometryVerdict::Orthogonal | GeometryVerdict::Oblique | GeometryVerdict::Tilted { .. } | GeometryVerdict::Uneven
        );
        if self.volume.is_some() != stackable {
            return Err("its geometry verdict contradicts its volume".to_owned());
        }
        if !(1..=16).contains(&self.format.bits_stored) {
            return Err("its bits are not 1 to 16".to_owned());
        }
        if matches!(self.modality, ModalityLut::Rescale { slope, intercept } if slope == 0.0 || !slope.is_finite() || !intercept.is_finite())
        {
            return Err("its rescale makes no sense".to_owned());
        }
        if self.padding.is_some_and(|[low, high]| low > high) {
            return Err("its padding range makes no sense".to_owned());
        }
        let pixels = u64::from(columns) * u64::from(rows) * 2;
        let fits = |i: &ImageEntry| i.pixel_bytes == pixels && i.pixel_offset.checked_add(pixels).is_some_and(|end| end <= i.bytes);
        if !self.images.iter().all(fits) {
            return Err("an image's pixels do not fit its file".to_owned());
        }
        Ok(())
    }
}

/// 32 lower-case hexadecimal digits and ".dcm": no separator, no "..", nothing that could lead out of the folder.
fn is_our_name(name: &str) -> bool {
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    name.strip_suffix(".dcm").is_some_and(|stem| stem.len() == 32 && stem.chars().all(hex))
}
