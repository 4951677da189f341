//! Real series against independent values: order, verdict, hashes of stored values, values at patient points.

use crate::support::{codecs, folder, shared};
use serde_json::Value;
use std::collections::BTreeMap;
use tiresias_cases::{inspect, probe};
use tiresias_words::PatientPoint;

fn json(path: &std::path::Path, pixels: bool) -> Value {
    serde_json::to_value(inspect(path, pixels, &codecs()).expect("inspect")).expect("json")
}

/// (file, frame 0) -> hash, for lossless files, from `reference/pixels.csv`.
fn reference_hashes() -> Option<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(shared("reference/pixels.csv")?).expect("pixels.csv");
    let rows = text.lines().skip(1).map(|l| l.split(',').collect::<Vec<_>>());
    Some(rows.filter(|r| r[1] == "0" && !r[6].is_empty()).map(|r| (r[0].to_owned(), r[6].to_owned())).collect())
}

#[test]
fn every_series_gets_its_verdict_and_its_hashes() {
    let Some(hashes) = reference_hashes() else { return };
    // Name, verdict, images, spacing along the normal, tilt.
    let expected = [
        ("ct_chest", "orthogonal", 48, Some(1.0), Some(0.0)),
        ("mr_t1_oblique", "oblique", 44, Some(0.6667), Some(0.0)),
        ("ct_body_j2k", "orthogonal", 20, Some(2.0), Some(0.0)),
        ("mr_sag_prone", "orthogonal", 26, Some(4.8), Some(0.0)),
        ("ct_head_tilt_uniform", "tilted", 10, Some(2.397), Some(16.5)),
        ("ct_head_tilt_nonuniform", "uneven", 14, None, Some(18.5)),
        ("ct_missing_slice", "gap", 4, Some(5.0), Some(0.0)),
        ("ct_duplicate_position", "mixed", 2, None, None),
    ];
    for (name, verdict, images, spacing, tilt) in expected {
        let path = shared(&format!("series/{name}")).expect("the series is there when the references are");
        let seen = json(&path, true);
        let series = seen["series"].as_array().unwrap();
        assert_eq!((series.len(), seen["refused"].as_array().unwrap().len()), (1, 0), "{name}");
        let s = &series[0];
        assert_eq!((s["geometry"]["verdict"].as_str().unwrap(), s["frames"].as_u64().unwrap()), (verdict, images), "{name}");
        let near = |value: &Value, wanted: Option<f64>, by: f64| wanted.is_none_or(|w| (value.as_f64().unwrap() - w).abs() < by);
        assert!(near(&s["geometry"]["spacing_mm"][2], spacing, 1e-3), "{name}: {}", s["geometry"]);
        assert!(near(&s["geometry"]["tilt_degrees"], tilt, 0.05), "{name}: {}", s["geometry"]);
        for file in s["files"].as_array().unwrap() {
            let file_name = file["path"].as_str().unwrap().rsplit('/').next().unwrap();
            let hash = file["frames"][0]["sha256_int32le"].as_str().unwrap();
            assert_eq!(hashes[&format!("series/{name}/{file_name}")], hash, "{name}/{file_name}");
        }
    }
    let gap = json(&shared("series/ct_missing_slice").unwrap(), false);
    assert_eq!(gap["series"][0]["geometry"]["gaps"], serde_json::json!([{"after": 2, "step_mm": 10.0, "missing": 1}]));
}

#[test]
fn slices_are_in_order_of_position() {
    let Some(path) = shared("series/ct_chest") else { return };
    let seen = json(&path, false);
    let files: Vec<_> = seen["series"][0]["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap().to_owned()).collect();
    // In this series positions fall as names rise.
    assert!(files[0].ends_with("0129.dcm") && files[47].ends_with("0082.dcm"), "{files:?}");
    let f = folder(&path);
    let volume = f.series[0].volume.as_ref().unwrap();
    assert!((volume.origin_at(0.0).z - -533.800_049).abs() < 1e-9);
    assert!(f.series[0].warnings().iter().any(|w| w.contains("48 frames of reference")));
}

/// What hanging goes by, as pydicom reads the files.
#[test]
fn facts_of_real_series_are_those_of_their_files() {
    // Path, plane, rows and columns, side and view, part of the body, length from feet to head in mm.
    let expected = [
        ("series/ct_chest", "axial", ["L", "P"], None, Some("CHEST"), Some(48.0)),
        ("series/mr_t1_oblique", "axial", ["L", "P"], None, None, None),
        ("series/mr_sag_prone", "sagittal", ["P", "F"], None, Some("BRAIN"), None),
        ("series/ct_head_tilt_uniform", "axial", ["L", "PH"], None, Some("BRAIN"), None),
        ("series/ct_missing_slice", "axial", ["L", "P"], None, None, None),
        ("series/mr_mixed_orientation", "sagittal", ["P", "F"], None, None, None),
        ("single/mg_sigmoid_voilut.dcm", "", ["P", "FL"], Some(["R", "MLO"]), Some("BREAST"), None),
        ("single/cr_mono1_j2k.dcm", "", ["R", "F"], Some(["R", "AP"]), Some("EXTREMITY"), None),
    ];
    for (name, plane, [rows, columns], projection, body_part, length) in expected {
        let Some(path) = shared(name) else { continue };
        let seen = folder(&path);
        let facts = serde_json::to_value(&seen.series[0].facts).unwrap();
        let text = |key: &str| facts[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("plane"), plane, "{name}");
        let orientation: Vec<&str> = facts["orientation"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(orientation, [rows, columns].into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>(), "{name}");
        assert_eq!([text("laterality"), text("view")], projection.unwrap_or_default(), "{name}");
        assert_eq!(text("body_part"), body_part.unwrap_or_default(), "{name}");
        assert_eq!(seen.series[0].facts.is_volume(), seen.series[0].volume.is_some(), "{name}");
        if let Some(length) = length {
            assert!((facts["extent"][2].as_f64().unwrap() - length).abs() < 1e-3, "{name}: {}", facts["extent"]);
        }
    }
}

#[test]
fn values_at_patient_points_equal_the_references() {
    for name in ["ct_chest", "mr_t1_oblique", "mr_sag_prone", "ct_head_tilt_uniform", "ct_head_tilt_nonuniform"] {
        let (Some(reference), Some(path)) = (shared(&format!("reference/mpr/{name}.json")), shared(&format!("series/{name}"))) else {
            return;
        };
        let reference: Value = serde_json::from_slice(&std::fs::read(reference).unwrap()).unwrap();
        let f = folder(&path);
        let series = &f.series[0];
        let voxels = series.load().unwrap().0;
        let mut count = 0;
        for (plane, facts) in reference["planes"].as_object().unwrap() {
            for p in facts["probes"].as_array().into_iter().flatten() {
                let xyz: [f64; 3] = serde_json::from_value(p["xyz"].clone()).unwrap();
                let wanted = p["value"].as_f64().unwrap();
                let value = probe(series, &voxels, PatientPoint::from(xyz)).unwrap_or_else(|| panic!("{name} {plane} {xyz:?} is inside"));
                assert!((value - wanted).abs() <= 0.01 + 1e-4 * wanted.abs(), "{name} {plane} {xyz:?}: {value}, not {wanted}");
                count += 1;
            }
        }
        assert!(count >= 100, "{name}: {count} probes");
    }
}

/// Slices at 18.1, 23.1, 28.1 and 38.1 mm: the one at 33.1 is missing, and its neighbours reach 2.5 mm into the gap with their own values.
#[test]
fn inside_a_gap_there_is_no_value() {
    let Some(path) = shared("series/ct_missing_slice") else { return };
    let f = folder(&path);
    let voxels = f.series[0].load().unwrap().0;
    let at = |z: f64| probe(&f.series[0], &voxels, PatientPoint::new(-13.0, -5.0, z));
    assert!(at(25.0).is_some());
    assert_eq!([30.608, 33.1, 35.607].map(at), [None; 3]);
    assert_eq!((at(30.6), at(35.61)), (at(28.107_498), at(38.107_498)));
    assert!(at(30.6) != at(35.61) && at(30.6).is_some());
}
