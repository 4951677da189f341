//! Makes `assets/demo/left_lung.jls` and `.json` from the public CT series `ct_chest` (LIDC-IDRI, CC BY 3.0): the field of the patient's left lung that
//! the demo study is built on.
//!
//! Run from the top of the repository, with the shared test data beside it: `cargo run --release -p tiresias-tests --example demo_background`.
//! Running it again gives the same bytes. The patient's own mass lies in the right lung, outside the field; a test proves it.

use charls::{CharLS, FrameInfo};
use serde::Deserialize;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, Credit, Site};
use tiresias_cases::{Codecs, read_folder};
use tiresias_words::{Mm, PatientPoint};

/// Column and row of the field's first pixel, and its size: 200 x 200 mm.
const FIRST: [u32; 2] = [216, 168];
const FIELD: [u32; 2] = [256, 256];
const CREDIT: &str = "Left lung field of LIDC-IDRI-0314. Armato III et al., Data From LIDC-IDRI, The Cancer Imaging Archive, \
    doi 10.7937/K9/TCIA.2015.LO9QL9SX. Cropped from 48 slices; pixel values unchanged; attributes dropped.";

#[derive(Deserialize)]
struct Sites {
    sites: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    center_patient_mm: PatientPoint,
    max_free_radius_mm: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("TIRESIAS_SHARED").map_or_else(|| top.join("../shared"), PathBuf::from);
    let folder = read_folder(&shared.join("data/series/ct_chest"), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(()))?;
    let series = folder.series.first().ok_or("there is no series in ct_chest")?;
    let (voxels, _) = series.load()?;
    let list: Sites = serde_json::from_slice(&std::fs::read(shared.join("data/demo/nodule_sites.json"))?)?;
    let site = |p: &Place| Site { centre: p.center_patient_mm, free_radius: Mm(p.max_free_radius_mm) };
    let sites: Vec<Site> = list.sites.iter().map(site).collect();
    let credit = Credit { text: CREDIT.to_owned(), licence: "CC BY 3.0".to_owned() };
    let background = Background::cut(series, &voxels, FIRST, FIELD, &sites, credit)?;
    let json = background.description()?;
    let [columns, rows, slices] = background.geometry().size();
    let depth = serde_json::from_slice::<serde_json::Value>(&json)?["format"]["bits_stored"].as_i64().ok_or("no depth")?;
    let info = FrameInfo { width: columns, height: rows * slices, bits_per_sample: i32::try_from(depth)?, component_count: 1 };
    let samples: Vec<u8> = background.words().iter().flat_map(|w| w.to_ne_bytes()).collect();
    let picture = CharLS::default().encode(info, 0, &samples)?;
    // What is shipped is what was cut.
    assert_eq!(Background::read(&json, &picture)?.words(), background.words());
    let assets = top.join("assets/demo");
    std::fs::create_dir_all(&assets)?;
    std::fs::write(assets.join("left_lung.json"), json)?;
    std::fs::write(assets.join("left_lung.jls"), picture)?;
    Ok(())
}
