//! The demo's background: a field of a real lung, shipped as lossless JPEG-LS (slices one below the other) and a JSON of geometry, places and credit.
//!
//! Owns: cutting it from a series (`tests/examples/demo_background.rs` does that, and encodes the picture), describing and reading it. The shipped one is part of the program,
//! so that its picture is decoded in this process, without a worker. Refuses: a picture whose size is not what the JSON says, and one that is not exact.

use super::DemoError;
use crate::{Series, VoxelBuffer};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use tiresias_codecs::{DeclaredColour, EncodedFrame, TransferSyntax, decode};
use tiresias_words::{Mm, ModalityLut, PatientPoint, Stack, StoredFormat, StoredValue, VolumeGeometry, Voxel};

const SHIPPED_PICTURE: &[u8] = include_bytes!("../../../assets/demo/left_lung.jls");
const SHIPPED_JSON: &[u8] = include_bytes!("../../../assets/demo/left_lung.json");

/// A place in aerated lung where a nodule fits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its centre in patient coordinates (LPS, mm).
    pub centre: PatientPoint,
    /// Radius of the free ball around it, mm.
    pub free_radius: Mm,
}

/// Where the picture is from, as its licence wants it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// Whose data, and what was done to them.
    pub text: String,
    /// The licence's short name.
    pub licence: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    credit: Credit,
    geometry: VolumeGeometry,
    format: StoredFormat,
    modality: ModalityLut,
    sites: Vec<Site>,
}

/// A field of lung without a lesion, and places where one fits.
#[derive(Debug, Clone)]
pub struct Background {
    facts: Facts,
    words: Vec<u16>,
}

impl Background {
    /// The background that is part of the program.
    ///
    /// # Errors
    /// When its files do not fit together, which no released program's do.
    pub fn shipped() -> Result<Self, DemoError> {
        Self::read(SHIPPED_JSON, SHIPPED_PICTURE)
    }

    /// Reads a background from its JSON and its picture, a JPEG-LS codestream of all slices one below the other.
    ///
    /// # Errors
    /// When either cannot be parsed, or the picture is not grey, exact, and of the size and depth that the JSON says.
    pub fn read(json: &[u8], picture: &[u8]) -> Result<Self, DemoError> {
        let wrong = |why: &str| DemoError::Background(why.to_owned());
        let facts: Facts = serde_json::from_slice(json).map_err(|e| DemoError::Background(e.to_string()))?;
        if facts.format.signed || !matches!(facts.modality, ModalityLut::Rescale { .. }) {
            return Err(wrong("its values are not unsigned with a rescale"));
        }
        let [columns, rows, slices] = facts.geometry.size();
        let rows = rows.checked_mul(slices).ok_or_else(|| wrong("its picture cannot have so many rows"))?;
        let frame = EncodedFrame {
            syntax: TransferSyntax::JpegLsLossless,
            columns,
            rows,
            samples: 1,
            bits_allocated: 16,
            bits_stored: facts.format.bits_stored,
            photometric: DeclaredColour::Grey,
            data: picture,
        };
        let decoded = decode(&frame).map_err(|e| DemoError::Background(e.to_string()))?;
        if !decoded.warnings.is_empty() {
            return Err(wrong("its picture is not what its description says"));
        }
        let words = decoded.data.as_chunks().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        Ok(Self { facts, words })
    }

    /// Cuts a field of [columns, rows] at `first` [column, row] out of all slices of a loaded series, with those of `sites` that lie in it.
    ///
    /// # Errors
    /// When the series has no uniform volume, is not loaded, is signed, or the field reaches beyond it.
    pub fn cut(
        series: &Series,
        voxels: &VoxelBuffer,
        first: [u32; 2],
        field: [u32; 2],
        sites: &[Site],
        credit: Credit,
    ) -> Result<Self, DemoError> {
        let wrong = |why: &str| DemoError::Background(why.to_owned());
        let volume = series.volume.as_ref().ok_or_else(|| wrong("the series has no volume"))?;
        let [columns, rows, slices] = volume.size();
        let Stack::Uniform { step, .. } = volume.stack() else { return Err(wrong("the series is not uniform")) };
        let fits = |first: u32, field: u32, size: u32| first.checked_add(field).is_some_and(|end| end <= size);
        if !fits(first[0], field[0], columns) || !fits(first[1], field[1], rows) || voxels.loaded_count() != slices as usize {
            return Err(wrong("the series is not loaded, or the field reaches beyond it"));
        }
        let scale = voxels.scale().filter(|s| s.max_error == 0.0 && !s.format.signed);
        let scale = scale.ok_or_else(|| wrong("the series is signed, in colour, or its values are not words"))?;
        let origin = volume.patient_of(Voxel::new(f64::from(first[0]), f64::from(first[1]), 0.0));
        let stack = Stack::Uniform { origin, step: *step };
        let size = [field[0], field[1], slices];
        let geometry = VolumeGeometry::new(size, volume.row_direction(), volume.column_direction(), volume.spacing(), stack)?;
        let mut words = Vec::with_capacity(field[0] as usize * field[1] as usize * slices as usize);
        for slice in 0..slices as usize {
            let plane = voxels.slice(slice).unwrap_or_default();
            for row in first[1]..first[1] + field[1] {
                let start = (row * columns + first[0]) as usize;
                words.extend(plane.iter().skip(start).take(field[0] as usize).map(|w| w.load(Ordering::Relaxed)));
            }
        }
        let sites = sites.iter().copied().filter(|s| geometry.contains(geometry.voxel_of(s.centre))).collect();
        Ok(Self { facts: Facts { credit, geometry, format: scale.format, modality: scale.modality.clone(), sites }, words })
    }

    /// The JSON that describes it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn description(&self) -> Result<Vec<u8>, DemoError> {
        let mut json = serde_json::to_vec_pretty(&self.facts).map_err(|e| DemoError::Background(e.to_string()))?;
        json.push(b'\n');
        Ok(json)
    }

    /// Where the voxels lie in the patient.
    #[must_use]
    pub const fn geometry(&self) -> &VolumeGeometry {
        &self.facts.geometry
    }
    /// Places where a nodule fits.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.facts.sites
    }
    /// What has to be said about the data's origin, and their licence.
    #[must_use]
    pub const fn credit(&self) -> &Credit {
        &self.facts.credit
    }
    /// Stored values, columns fastest, then rows, then slices.
    #[must_use]
    pub fn words(&self) -> &[u16] {
        &self.words
    }
    pub(super) const fn format(&self) -> StoredFormat {
        self.facts.format
    }
    pub(super) fn modality(&self) -> ModalityLut {
        self.facts.modality.clone()
    }
    /// Hounsfield units of `count` slices from `first` on.
    pub(super) fn hounsfield(&self, first: u32, count: u32) -> Vec<f64> {
        let [columns, rows, _] = self.facts.geometry.size();
        let plane = columns as usize * rows as usize;
        let words = self.words.iter().skip(first as usize * plane).take(count as usize * plane);
        words.map(|w| self.facts.modality.apply(f64::from(self.facts.format.stored(StoredValue(*w))))).collect()
    }
    /// The nearest word of a value in Hounsfield units.
    pub(super) fn word(&self, hounsfield: f64) -> u16 {
        let ModalityLut::Rescale { slope, intercept } = self.facts.modality else { return 0 };
        let top = f64::from((1_u32 << self.facts.format.bits_stored) - 1);
        ((hounsfield - intercept) / slope).round().clamp(0.0, top) as u16
    }
}
