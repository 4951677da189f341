//! The synthetic demo: nodules with known truth in a real lung, so that a new user can run a whole study at once.
//!
//! Owns: cutting and reading the background (the left lung field of one LIDC-IDRI patient, CC BY 3.0), the cases made from it and a seed, and writing
//! them as DICOM. Everything follows from the seed, with `libm` and ChaCha alone, so that every machine makes the same bytes.
//! Refuses: mirrored cases, which would train a reader to distrust orientation letters. The demo proves the workflow; it is no clinical claim.

mod background;
pub mod burned;
mod nodule;
mod noise;

pub use background::{Background, Credit, Site};
pub use nodule::{DemoLesion, LesionKind};

use crate::geometry::ImagePlane;
use crate::pixel_module::Sample;
use crate::retained::Retainable;
use crate::samples::Samples;
use crate::series::NamedVoi;
use crate::uids::uid_of;
use crate::write::{ImageOut, NewIds, PixelsOut, Retained, encode};
use dicom_dictionary_std::uids;
use nodule::{Nodule, insert};
use noise::{Seeded, add_noise};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use tiresias_words::{
    CaseId, ImagingModality, ModalityLut, PresentationShape, Stack, StoredFormat, Unfit, ValueUnit, Voi, VolumeGeometry, Window,
};

/// Slices of a case.
const SLAB: std::ops::RangeInclusive<u32> = 24..=32;
/// From hardly to easily seen; see [`DemoLesion::conspicuity`].
const CONSPICUITY: [f64; 2] = [1.5, 8.0];
const COMMENTS: &str = "synthetic lesion demo, not for diagnosis";

/// Why the demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The background that is part of the program or of its assets.
    #[error("the demo's background image cannot be used: {0}; install the program again")]
    Background(String),
    /// Another number of cases than can be made.
    #[error("{0} demo cases were asked for, and 1 to 999 can be made; ask for so many")]
    Count(u32),
    /// A case could not be written.
    #[error("a demo case cannot be written ({0}); check space and rights of the destination")]
    Write(std::io::ErrorKind),
    /// A value that a checked type refuses.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// One made case. Its truth is in it: write the images and the truth to different places.
#[derive(Debug, Clone)]
pub struct DemoCase {
    /// "DEMO-001" and so on: the desk's id.
    pub id: CaseId,
    /// Where the voxels lie in the patient.
    pub geometry: VolumeGeometry,
    /// Stored values, columns fastest, then rows, then slices.
    pub words: Vec<u16>,
    /// Stored values to Hounsfield units.
    pub modality: ModalityLut,
    /// None, or one.
    pub lesions: Vec<DemoLesion>,
    format: StoredFormat,
    study: [u8; 32],
}

/// What is decided for one case before a voxel is made.
struct Plan {
    slices: u32,
    first: u32,
    noise_hu: f64,
    nodule: Option<(Nodule, f64)>,
}

/// Makes `count` cases (at most 999) from a background and a seed; half of them, rounded down, with one nodule. Cases are made one by one as they are asked for.
///
/// # Errors
/// When the count is 0 or above 999, or the background has no place for a nodule.
pub fn build_cases(background: &Background, seed: u64, count: u32) -> Result<impl Iterator<Item = DemoCase>, DemoError> {
    if !(1..=999).contains(&count) {
        return Err(DemoError::Count(count));
    }
    let plans = plan(background, seed, count)?;
    let ids = (1..=count).map(|n| CaseId::new(format!("DEMO-{n:03}"))).collect::<Result<Vec<_>, _>>()?;
    Ok(ids.into_iter().zip(plans).zip(1..).filter_map(move |((id, plan), number)| make(background, seed, number, id, &plan)))
}

fn plan(background: &Background, seed: u64, count: u32) -> Result<Vec<Plan>, DemoError> {
    let mut random = Seeded::new(seed, 0, "plan");
    let total = background.geometry().size()[2];
    if total < *SLAB.end() || background.sites().is_empty() {
        return Err(DemoError::Background("it has too few slices, or no place for a nodule".to_owned()));
    }
    let present = count / 2;
    let mut has_nodule: Vec<bool> = (0..count).map(|i| i < present).collect();
    random.shuffle(&mut has_nodule);
    let mut sites: Vec<Site> = background.sites().to_vec();
    random.shuffle(&mut sites);
    let [low, high] = CONSPICUITY;
    let spread = |i: u32| low + (high - low) * f64::from(i) / f64::from(present.max(2) - 1);
    let mut targets: Vec<f64> = (0..present).map(spread).collect();
    random.shuffle(&mut targets);
    let mut drawn = sites.iter().cycle().zip(targets);
    let mut plans = Vec::with_capacity(has_nodule.len());
    for present in has_nodule {
        let slices = random.whole(*SLAB.start(), *SLAB.end());
        let nodule = if present { drawn.next().map(|(site, target)| (Nodule::draw(&mut random, site), target)) } else { None };
        let (lowest, highest) = match &nodule {
            None => (0, total - slices),
            Some((nodule, _)) => slab_range(background, nodule, slices),
        };
        let noise_hu = random.between(10.0, 25.0);
        plans.push(Plan { slices, first: random.whole(lowest, highest), noise_hu, nodule });
    }
    Ok(plans)
}

/// First slices for which the whole nodule, and a slice beyond, lies in the slab; the nearest possible where it lies too near an end.
fn slab_range(background: &Background, nodule: &Nodule, slices: u32) -> (u32, u32) {
    let geometry = background.geometry();
    let at = geometry.voxel_of(nodule.centre()).slice;
    let reach = nodule.reach().0 / geometry.slice_spacing().0 + 1.0;
    let last = f64::from(geometry.size()[2] - slices);
    let lowest = (at + reach - f64::from(slices - 1)).ceil().clamp(0.0, last) as u32;
    let highest = (at - reach).floor().clamp(0.0, last) as u32;
    (lowest.min(highest), highest.max(lowest))
}

fn make(background: &Background, seed: u64, number: u32, id: CaseId, plan: &Plan) -> Option<DemoCase> {
    let whole = background.geometry();
    let [columns, rows, _] = whole.size();
    let Stack::Uniform { step, .. } = whole.stack() else { return None };
    let stack = Stack::Uniform { origin: whole.origin_at(f64::from(plan.first)), step: *step };
    let geometry =
        VolumeGeometry::new([columns, rows, plan.slices], whole.row_direction(), whole.column_direction(), whole.spacing(), stack).ok()?;
    let mut hounsfield = background.hounsfield(plan.first, plan.slices);
    add_noise(&mut hounsfield, [columns as usize, rows as usize], plan.noise_hu, &mut Seeded::new(seed, number, "noise"));
    let lesions = plan.nodule.iter().filter_map(|(nodule, target)| insert(&mut hounsfield, &geometry, nodule, *target)).collect();
    let words = hounsfield.iter().map(|hu| background.word(*hu)).collect();
    let study = Sha256::new()
        .chain_update("tiresias demo uid")
        .chain_update(seed.to_le_bytes())
        .chain_update(number.to_le_bytes())
        .finalize()
        .into();
    Some(DemoCase { id, geometry, words, modality: background.modality(), lesions, format: background.format(), study })
}

impl DemoCase {
    /// Writes the case as one DICOM file for each slice into `dir`, which is made if absent. The files hold no truth.
    ///
    /// # Errors
    /// When a file exists already or cannot be written.
    pub fn write_dicom(&self, dir: &Path) -> Result<(), DemoError> {
        let failed = |e: std::io::Error| DemoError::Write(e.kind());
        fs::create_dir_all(dir).map_err(failed)?;
        let imaging = ImagingModality::new("CT")?;
        let window = |name: &str, c, w| Window::new(c, w).map(|w| NamedVoi::new(name.to_owned(), Voi::Linear(w), None));
        let vois = [window("Window 1", -600.0, 1500.0)?, window("Window 2", 40.0, 400.0)?];
        let [columns, rows, slices] = self.geometry.size();
        let sample = Sample::Short { allocated: 16, stored: self.format.bits_stored, shift: 0, signed: self.format.signed };
        let plane_words = columns as usize * rows as usize;
        for (slice, words) in self.words.chunks_exact(plane_words).enumerate().take(slices as usize) {
            let ids = NewIds {
                image: self.uid("image", slice),
                study: self.uid("study", 0),
                series: self.uid("series", 0),
                frame_of_reference: Some(self.uid("frame of reference", 0)),
            };
            let plane = ImagePlane {
                position: self.geometry.origin_at(slice as f64),
                row: self.geometry.row_direction(),
                column: self.geometry.column_direction(),
                spacing: self.geometry.spacing(),
            };
            let samples = Samples::Words(words.to_vec());
            let image = ImageOut {
                sop_class: uids::CT_IMAGE_STORAGE,
                ids,
                imaging: &imaging,
                size: [columns, rows],
                plane: Some(plane),
                modality: &self.modality,
                unit: ValueUnit::Hounsfield,
                vois: &vois,
                shape: PresentationShape::Identity,
                padding: None,
                lossy: false,
                patient_id: self.id.as_str(),
                retained: Retained { options: &[], of: &Retainable::default(), shift: 0.0, b_value: None },
                comments: Some(COMMENTS),
                overlays: &[],
                pixels: PixelsOut::Grey(sample, &samples),
            };
            let file = encode(&image).ok_or(DemoError::Write(std::io::ErrorKind::InvalidData))?;
            let name = dir.join(format!("{:04}.dcm", slice + 1));
            File::create_new(name).and_then(|mut f| f.write_all(&file.bytes)).map_err(failed)?;
        }
        Ok(())
    }

    fn uid(&self, what: &str, slice: usize) -> String {
        let hash: [u8; 32] =
            Sha256::new().chain_update(self.study).chain_update(what).chain_update((slice as u64).to_le_bytes()).finalize().into();
        let mut number = [0; 16];
        number.copy_from_slice(&hash[..16]);
        uid_of(number)
    }
}
