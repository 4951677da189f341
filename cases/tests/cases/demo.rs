//! The demo: the background is what it says, the mass is not in it, cases follow from the seed and are what the truth says.

use crate::support::{folder, shared};
use sha2::{Digest, Sha256};
use std::sync::atomic::Ordering;
use tiresias_cases::demo::{Background, DemoCase, LesionKind, build_cases};
use tiresias_words::{GeometryVerdict, PatientPoint, Voxel};

const SEED: u64 = 2026;

fn cases() -> Vec<DemoCase> {
    let background = Background::shipped().unwrap();
    build_cases(&background, SEED, 12).unwrap().collect()
}

/// The patient's own mass: right upper lobe, about 28 mm across (`ct_chest` in the test data's notes).
#[test]
fn the_patients_own_mass_is_outside_the_field() {
    let background = Background::shipped().unwrap();
    let g = background.geometry();
    let [columns, rows, slices] = g.size().map(|n| f64::from(n) - 0.5);
    let mass = PatientPoint::new(-77.0, 166.0, -494.0);
    let corners =
        [-0.5, columns].into_iter().flat_map(|c| [-0.5, rows].into_iter().flat_map(move |r| [-0.5, slices].map(|s| Voxel::new(c, r, s))));
    let nearest = corners.map(|v| g.patient_of(v).x).fold(f64::INFINITY, f64::min);
    assert!(nearest - mass.x > 28.0, "the field begins {} mm from the mass's centre", nearest - mass.x);
    assert_eq!((background.sites().len(), background.credit().licence.as_str()), (10, "CC BY 3.0"));
}

#[test]
fn the_shipped_background_is_the_source() {
    let Some(path) = shared("series/ct_chest") else { return };
    let f = folder(&path);
    let voxels = f.series[0].load().unwrap().0;
    let background = Background::shipped().unwrap();
    let [columns, rows, slices] = background.geometry().size().map(|n| n as usize);
    for slice in 0..slices {
        let plane = voxels.slice(slice).unwrap();
        for row in 0..rows {
            for column in 0..columns {
                let source = plane[(row + 168) * 512 + column + 216].load(Ordering::Relaxed);
                assert_eq!(background.words()[(slice * rows + row) * columns + column], source);
            }
        }
    }
}

#[test]
fn cases_follow_from_the_seed_byte_for_byte() {
    let cases = cases();
    let mut hash = Sha256::new();
    for case in &cases {
        case.words.iter().for_each(|w| hash.update(w.to_le_bytes()));
        hash.update(serde_json::to_vec(&(&case.id, &case.geometry, &case.lesions)).unwrap());
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "7e287376520937ab701dd2d15af4a1c24aa47a134fe77eca4edf54fbfbc5e82e", "the demo of seed {SEED} has changed");
    let other = build_cases(&Background::shipped().unwrap(), SEED + 1, 1).unwrap().next().unwrap();
    assert_ne!(other.words, cases[0].words);
    let none = build_cases(&Background::shipped().unwrap(), SEED, 0).err().unwrap().to_string();
    assert!(none.contains("1 to 999") && !none.contains("background"), "{none}");
}

#[test]
fn half_of_the_cases_have_one_nodule_that_is_where_the_truth_says() {
    let background = Background::shipped().unwrap();
    let cases = cases();
    assert_eq!(cases.len(), 12);
    assert_eq!(cases.iter().filter(|c| c.lesions.len() == 1).count(), 6);
    assert_eq!(cases.iter().filter(|c| c.lesions.is_empty()).count(), 6);
    let mut conspicuity: Vec<f64> = Vec::new();
    for case in &cases {
        let [columns, rows, slices] = case.geometry.size();
        assert!((24..=32).contains(&slices) && case.words.len() == (columns * rows * slices) as usize);
        for lesion in &case.lesions {
            conspicuity.push(lesion.conspicuity);
            assert!((2.5..=6.0).contains(&lesion.radius.0) && matches!(lesion.kind, LesionKind::Solid | LesionKind::GroundGlass));
            let at = case.geometry.voxel_of(lesion.centre);
            assert!(at.slice > lesion.radius.0 && at.slice < f64::from(slices - 1) - lesion.radius.0, "the nodule lies whole in the slab");
            // Denser than the background within, unchanged but for the noise without.
            let mean = |low: f64, high: f64| {
                let (mut sum, mut n) = (0.0, 0.0);
                for (i, word) in case.words.iter().enumerate() {
                    let i = i as u32;
                    let voxel = Voxel::new(f64::from(i % columns), f64::from(i / columns % rows), f64::from(i / columns / rows));
                    let p = case.geometry.patient_of(voxel);
                    let r = p.distance(lesion.centre).0 / lesion.radius.0;
                    if (low..high).contains(&r) {
                        let b = background.geometry().voxel_of(p);
                        let j = (b.slice.round() as usize * rows as usize + b.row.round() as usize) * columns as usize
                            + b.column.round() as usize;
                        sum += f64::from(*word) - f64::from(background.words()[j]);
                        n += 1.0;
                    }
                }
                sum / n
            };
            assert!(mean(0.0, 0.7) > mean(2.5, 3.0) + 5.0, "{lesion:?}: {} and {}", mean(0.0, 0.7), mean(2.5, 3.0));
            assert!(mean(2.5, 3.0).abs() < 6.0);
        }
    }
    conspicuity.sort_by(f64::total_cmp);
    assert!((conspicuity[0] - 1.5).abs() < 1e-9 && (conspicuity[5] - 8.0).abs() < 1e-9, "{conspicuity:?}");
}

#[test]
fn a_case_written_as_dicom_is_the_case() {
    let case = cases().swap_remove(0);
    let dir = tempfile::tempdir().unwrap();
    case.write_dicom(dir.path()).unwrap();
    assert!(case.write_dicom(dir.path()).is_err(), "never written over");
    let f = folder(dir.path());
    let series = &f.series[0];
    assert_eq!((f.series.len(), f.refused.len(), series.facts.geometry.clone()), (1, 0, GeometryVerdict::Orthogonal));
    let read = series.volume.as_ref().unwrap();
    assert_eq!(read.size(), case.geometry.size());
    assert!(read.centre().distance(case.geometry.centre()).0 < 1e-6);
    let words: Vec<u16> = series.load().unwrap().0.words().iter().map(|w| w.load(Ordering::Relaxed)).collect();
    assert_eq!(words, case.words);
    assert!(series.warnings().is_empty(), "{:?}", series.warnings());
    let bytes = std::fs::read(dir.path().join("0001.dcm")).unwrap();
    let has = |s: &str| bytes.windows(s.len()).any(|w| w == s.as_bytes());
    assert!(has("DEMO-001") && has("synthetic lesion demo, not for diagnosis"));
}
