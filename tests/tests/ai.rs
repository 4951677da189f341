//! AI results: every one of the collection gives what independent software says of it, lies on the images that it was made from, and those that are not of
//! the case are refused with a reason.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::{
    Codecs, FileError, FindingPlace, Findings, Grid, GridMeasure, ItemValue, Note, ReportItem, Series, UidKey, read_findings, read_folder,
    report_items, segmentation_measures,
};
use tiresias_render::contour::{Cut, VoxelMask, outline};
use tiresias_tests::{Walk, data, root};
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Plane, Role, Slab, Stack, VolumeGeometry};

/// What the reference says of one file.
#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    segments: Vec<Segment>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    items: Vec<Value>,
    #[serde(default)]
    total_items_listed: usize,
}

#[derive(Deserialize, Clone)]
struct Segment {
    number: u16,
    frames: u32,
    voxels_nonzero: u64,
    sum: f64,
    centroid_patient: Option<[f64; 3]>,
}

fn references() -> Option<BTreeMap<String, Reference>> {
    let text = std::fs::read_to_string(data("reference/ai.json")?).expect("the reference");
    Some(serde_json::from_str(&text).expect("the reference's form"))
}

fn codecs() -> Arc<Codecs> {
    Arc::new(Codecs::here())
}

/// The segments of the same mask in an encoding that the reference could decode.
fn segments_of<'a>(path: &str, all: &'a BTreeMap<String, Reference>) -> &'a [Segment] {
    let own = &all[path];
    // The reference's own words: their masks are meant to equal that of liver.dcm.
    if own.error.is_some() { &all["ai/ct_liver_seg/liver.dcm"].segments } else { &own.segments }
}

fn is_near(found: Option<PatientPoint>, expected: Option<[f64; 3]>, path: &str) {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            let off = found.distance(PatientPoint::from(expected)).0;
            assert!(off <= 0.01, "{path}: the centroid is {off} mm off");
        }
        (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{path}: a centroid"),
    }
}

/// Counts, sums and centroids of every segmentation, and every item of every report, are those of the reference.
#[test]
fn every_result_says_what_the_reference_says() {
    let mut walk = Walk::new();
    let Some(all) = references() else {
        walk.count(false);
        return walk.report("AI results");
    };
    let (mut segments, mut items) = (0, 0);
    for (path, reference) in &all {
        let Some(file) = walk.file(path) else { continue };
        if reference.kind == "SR" {
            items += check_report(path, reference, &report_items(&file, &codecs()).unwrap_or_else(|e| panic!("{path}: {e}")));
            continue;
        }
        let measured = segmentation_measures(&file, &codecs()).unwrap_or_else(|e| panic!("{path}: {e}"));
        let expected = segments_of(path, &all);
        assert_eq!(measured.len(), expected.len(), "{path}: segments");
        for (found, e) in measured.iter().zip(expected) {
            assert_eq!((found.number, found.frames, found.voxels), (e.number, e.frames, e.voxels_nonzero), "{path}");
            assert!((found.sum - e.sum).abs() < 1e-3, "{path}: sum {} for {}", found.sum, e.sum);
            is_near(found.centroid, e.centroid_patient, path);
            segments += 1;
        }
    }
    assert!(walk.walked() == 0 || (segments, items) == (31, 324), "{segments} segments and {items} items");
    walk.report(&format!("AI results read ({segments} segments, {items} items of reports equal the reference)"));
}

/// The items that the reference lists: numbers, shapes and images wherever they are, the rest on the first two levels; references between items too.
fn check_report(path: &str, reference: &Reference, items: &[ReportItem]) -> usize {
    let is_listed = |i: &&ReportItem| matches!(i.kind.as_str(), "NUM" | "SCOORD" | "SCOORD3D" | "IMAGE" | "") || i.depth < 2;
    let listed: Vec<&ReportItem> = items.iter().filter(is_listed).collect();
    assert_eq!(listed.len(), reference.total_items_listed, "{path}: items");
    for (item, expected) in listed.iter().zip(&reference.items) {
        let rounded = |n: &f64| (n * 1e4).round() / 1e4;
        let kind = if item.kind.is_empty() { "BY-REFERENCE" } else { &item.kind };
        let value = match &item.value {
            ItemValue::None => Value::Null,
            // The reference cuts texts after 80 characters, and shapes after 8 numbers.
            ItemValue::Text(text) => json!(text.chars().take(80).collect::<String>()),
            ItemValue::Code(meaning) => json!(meaning),
            ItemValue::Number(number, unit) => json!([number, unit]),
            ItemValue::Graphic(kind, points) => json!([kind, points.iter().take(8).map(rounded).collect::<Vec<_>>()]),
            ItemValue::Image(uid) => json!(uid),
            ItemValue::Reference(place) => json!(place),
        };
        let ours = json!([item.depth, item.relationship, kind, item.concept, value]);
        assert_eq!(&ours, expected, "{path}");
    }
    listed.len()
}

/// The series of a folder, in order; one role for each.
fn series(folder: &Path) -> Vec<Series> {
    read_folder(folder, &codecs(), &mut |_| ControlFlow::Continue(())).expect("a folder").series
}

fn read(files: &[PathBuf], images: &Path) -> Result<Findings, FileError> {
    let all = series(images);
    let case: Vec<(Role, &Series)> = all.iter().enumerate().map(|(i, s)| (Role::new(format!("s{i}")).unwrap(), s)).collect();
    read_findings(files, &case, &UidKey::new([5; 32]), &codecs()).map_err(|(_, e)| e)
}

const fn grid_of(place: &FindingPlace) -> Option<&Grid> {
    if let FindingPlace::Voxels(grid) = place { Some(grid) } else { None }
}

/// Which images each result was made from.
const PAIRS: [(&str, &str, &[&str]); 6] = [
    (
        "series/ct_chest",
        "ai/ct_chest_ai",
        &[
            "mass_seg_binary.dcm",
            "mass_seg_fractional_prob.dcm",
            "two_overlapping_segments.dcm",
            "tid1500_sr.dcm",
            "tid1500_sr_scoord3d.dcm",
            "chest_cad_sr.dcm",
        ],
    ),
    (
        "ai/ct_liver_seg/ct",
        "ai/ct_liver_seg",
        &[
            "liver.dcm",
            "liver_deflate.dcm",
            "liver_expb.dcm",
            "liver_j2k.dcm",
            "liver_nonbyte_aligned.dcm",
            "liver_nonbyte_aligned_rle.dcm",
            "liver_rle.dcm",
            "partial_overlaps.dcm",
        ],
    ),
    ("ai/ct_tiny_seg/ct", "ai/ct_tiny_seg", &["label_seg.dcm", "sparse-labelmap-noppv.dcm", "sparse-labelmap-ppv5.dcm"]),
    (
        "series/dicomdir_fileset/77654033",
        "ai/highdicom",
        &[
            "seg_image_cr_binary.dcm",
            "seg_image_ct_binary.dcm",
            "seg_image_ct_binary_fractional.dcm",
            "seg_image_ct_binary_overlap.dcm",
            "seg_image_ct_true_fractional.dcm",
        ],
    ),
    (
        "ai/highdicom/ct_image.dcm",
        "ai/highdicom",
        &["seg_image_ct_binary_single_frame.dcm", "sr_document.dcm", "sr_document_with_multiple_groups.dcm"],
    ),
    ("series/pet_headneck", "ai/pet_seg", &["tumor_seg.dcm"]),
];

/// Read onto their images, results lie where the reference says: what is sealed is what is drawn.
#[test]
fn every_result_lies_on_the_images_that_it_was_made_from() {
    let mut walk = Walk::new();
    let (mut masks, mut shapes, mut notes) = (0, 0, Vec::new());
    let all = references().unwrap_or_default();
    for (images, folder, names) in PAIRS {
        for name in names {
            let path = format!("{folder}/{name}");
            let (Some(file), Some(images)) = (walk.file(&path), data(images)) else { continue };
            if !all.contains_key(&path) {
                continue;
            }
            let found = read(&[file], &images).unwrap_or_else(|e| panic!("{path}: {e}"));
            notes.extend(found.notes().iter().map(|n| (*name, *n)));
            shapes += found.all().iter().flat_map(|f| &f.places).filter(|p| !matches!(p, FindingPlace::Voxels(_))).count();
            if all[&path].kind == "SR" {
                continue;
            }
            // The background of a label map is what is left over, and no finding.
            let expected: Vec<Segment> = segments_of(&path, &all).iter().filter(|s| s.number > 0).cloned().collect();
            let grids: Vec<_> = if all[&path].kind == "FRACTIONAL" {
                found.heat_maps().iter().collect()
            } else {
                found.all().iter().flat_map(|f| f.places.iter().filter_map(grid_of)).collect()
            };
            assert_eq!(grids.len(), expected.len(), "{path}: masks");
            for (grid, e) in grids.iter().zip(expected) {
                let GridMeasure { voxels, sum, centroid } = grid.measure().expect("voxels");
                assert!(voxels == e.voxels_nonzero && (sum - e.sum).abs() < 1e-3, "{path}: {voxels} voxels, {sum}");
                if e.centroid_patient.is_some() {
                    is_near(Some(centroid), e.centroid_patient, &path);
                }
                masks += 1;
            }
        }
    }
    if walk.walked() > 0 && !all.is_empty() {
        assert_eq!((masks, shapes), (28, 8), "masks and shapes");
        // The segmentation of which the report speaks was not given with it, and a point of a made-up report lies far outside of its one image.
        let left_out = [("tid1500_sr.dcm", Note::NoSegmentation), ("sr_document_with_multiple_groups.dcm", Note::OutsideImage)];
        assert_eq!(notes, left_out);
    }
    walk.report(&format!("AI results placed ({masks} masks, {shapes} shapes lie where the reference says)"));
}

/// What is not of the case is refused, with a reason that says why; nothing of it can be drawn.
#[test]
fn results_of_something_else_are_refused() {
    let expected: [(&str, &str, &str); 9] = [
        ("bad/seg_other_patient.dcm", "series/ct_chest", "of another patient"),
        ("bad/sr_other_patient.dcm", "series/ct_chest", "of another patient"),
        ("bad/seg_shifted_half_slice.dcm", "series/ct_chest", "lie between the images"),
        ("bad/seg_fewer_groups_than_frames.dcm", "series/ct_chest", "3 items for 18 frames"),
        ("bad/seg_unknown_segment.dcm", "series/ct_chest", "a segment that it does not describe"),
        ("ai/pet_tid1500_dangling/seg.dcm", "series/pet_headneck", "of another patient"),
        ("ai/ct_liver_seg/liver.dcm", "series/ct_chest", "of another patient"),
        ("ai/ct_chest_ai/sc_burned_overlay.dcm", "series/ct_chest", "neither a segmentation nor a structured report nor JSON"),
        ("ai/ct_chest_ai/gsps_annotation.dcm", "series/ct_chest", "neither a segmentation nor a structured report nor JSON"),
    ];
    let mut walk = Walk::new();
    for (name, images, why) in expected {
        let (Some(file), Some(images)) = (walk.file(name), data(images)) else { continue };
        let refusal = read(&[file], &images).err().unwrap_or_else(|| panic!("{name} is taken for a result of {}", images.display()));
        assert!(refusal.to_string().contains(why), "{name}: {refusal}");
    }
    // Of a report with impossible places and scores nothing is left to draw, and each is told.
    if let (Some(file), Some(images)) = (walk.file("bad/cad_certainty_900.dcm"), data("series/ct_chest")) {
        let found = read(&[file], &images).expect("a report");
        assert!(found.all().is_empty());
        assert_eq!(found.notes(), [Note::OutsideImage, Note::ScoreOffScale, Note::OutsideImage, Note::ScoreOffScale]);
    }
    walk.report("AI results refused");
}

/// The published schema and the reader agree: what the schema has is read, and every rule of it that the reader has too is kept by both.
#[test]
fn the_schema_of_json_results_is_what_is_read() {
    let Some(images) = data("series/ct_chest") else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(root().join("assets/findings.schema.json")).unwrap()).unwrap();
    let all = series(&images);
    let case = [(Role::current(), &all[0])];
    let dir = tempfile::tempdir().unwrap();
    let read = |document: &Value| {
        let path = dir.path().join("result.json");
        std::fs::write(&path, document.to_string()).unwrap();
        read_findings(&[path], &case, &UidKey::new([5; 32]), &codecs()).map_err(|(_, e)| e.to_string())
    };
    let example = &schema["examples"][0];
    let found = read(example).unwrap();
    // Each kind of place of the schema stands in its example, once.
    let kinds: Vec<&String> =
        schema["$defs"]["place"]["oneOf"].as_array().unwrap().iter().flat_map(|k| k["properties"].as_object().unwrap().keys()).collect();
    let used: Vec<&String> = example["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|f| f["places"].as_array().unwrap())
        .flat_map(|p| p.as_object().unwrap().keys())
        .collect();
    assert_eq!(kinds, used);
    assert_eq!((found.all().len(), found.all().iter().map(|f| f.places.len()).sum::<usize>()), (3, kinds.len()));
    assert!(found.notes().is_empty() && found.all().iter().all(|f| f.product.as_deref() == Some("Nodule finder 3.1")));
    // What the schema does not have is not read, and what it requires is missed.
    let changed = |pointer: &str, value: Value| {
        let mut document = example.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    let mut unknown = example.clone();
    unknown["colour"] = json!("red");
    assert!(schema["additionalProperties"] == json!(false) && read(&unknown).is_err());
    for key in schema["required"].as_array().unwrap() {
        let mut missing = example.clone();
        missing.as_object_mut().unwrap().remove(key.as_str().unwrap());
        assert!(read(&missing).is_err(), "{key}");
    }
    assert!(read(&changed("/tiresias_ai", json!(2))).is_err());
    let off_scale = read(&changed("/findings/0/score", json!(1.5))).unwrap();
    assert_eq!((off_scale.notes(), off_scale.all()[0].score), (&[Note::ScoreOffScale][..], None));
    let outside = read(&changed("/findings/0/places/0/point/at", json!([9000.0, 1.0]))).unwrap();
    assert_eq!(outside.notes(), [Note::OutsideImage]);
    assert!(read(&changed("/findings/0/places/0", json!({"star": {}}))).is_err());
    let mut other = example.clone();
    other["patient_id"] = json!("SOMEBODY ELSE");
    assert!(read(&other).is_err_and(|e| e.contains("another patient")));
}

/// A contour that `render` draws with integers is the one that plain arithmetic finds: in axial, coronal, sagittal and oblique planes, of a made-up mask and
/// of one from the collection.
#[test]
fn a_contour_is_that_of_an_independent_rasterisation_in_each_plane() {
    let made_up = {
        let stack = Stack::Uniform { origin: PatientPoint::new(-31.0, 12.5, -80.0), step: Displacement::new(0.0, 0.0, 2.5) };
        let size = [24, 20, 11];
        let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(0.8), Mm(0.8)], stack).unwrap();
        // A ball with a hole, and a voxel by itself.
        let value = |i: u32| {
            let [x, y, z] = [i % 24, i / 24 % 20, i / 480].map(f64::from);
            let r = ((x - 11.0) * 0.8).hypot((y - 9.0) * 0.8).hypot((z - 5.0) * 2.5);
            u8::from((3.0..7.5).contains(&r) || [x, y, z] == [21.0, 17.0, 2.0]) * 255
        };
        (geometry, (0..24 * 20 * 11).map(value).collect::<Vec<u8>>())
    };
    let mut masks = vec![made_up];
    let mut walk = Walk::new();
    if let (Some(file), Some(images)) = (walk.file("ai/ct_chest_ai/mass_seg_binary.dcm"), data("series/ct_chest")) {
        let found = read(&[file], &images).unwrap();
        let FindingPlace::Voxels(grid) = &found.all()[0].places[0] else { panic!("a mask") };
        let block = grid.block().unwrap();
        masks.push((block.geometry, block.values));
    }
    let turned = Direction::new(Displacement::new(0.8, 0.6, 0.0)).unwrap();
    let leaning = Direction::new(Displacement::new(0.0, 0.28, -0.96)).unwrap();
    let tilted = Direction::new(Displacement::new(-0.6, 0.8, 0.0).cross(turned.unit())).unwrap();
    let planes = [
        (Direction::LEFT, Direction::POSTERIOR),
        (Direction::LEFT, Direction::FEET),
        (Direction::POSTERIOR, Direction::FEET),
        (turned, Direction::FEET),
        (Direction::LEFT, leaning),
        (turned, tilted),
    ];
    let mut compared = 0;
    for (geometry, values) in &masks {
        let mask = VoxelMask::new(geometry.clone(), values).unwrap();
        for (right, down) in planes {
            for off in [-3.137, 0.213, 4.071] {
                let size = [173, 131];
                let normal = Direction::new(right.cross(down)).unwrap();
                let corner = geometry.centre() + normal.times(Mm(off)) + right.times(Mm(-29.3171)) + down.times(Mm(-22.1973));
                let plane = Plane::new(corner, right, down, Mm(0.3391)).unwrap();
                compared += check_contour(&mask, values, &plane, size);
            }
        }
    }
    // Every pixel of an outline that must be there was.
    assert!(compared > 2_000 * masks.len(), "{compared} pixels of outlines");
    walk.report(&format!("contours ({compared} pixels of outlines in 6 planes equal an independent rasterisation)"));
}

/// Whether the outline of the mask in a plane is that of plain arithmetic, pixel by pixel; returns how many pixels it has.
fn check_contour(mask: &VoxelMask, values: &[u8], plane: &Plane, size: [u32; 2]) -> usize {
    let g = mask.geometry();
    let Stack::Uniform { origin, step } = g.stack() else { panic!("steps are equal here") };
    let [columns, rows, slices] = g.size().map(i64::from);
    let lit = |x: i64, y: i64| {
        let along = |d: Direction, n: f64| d.unit() * (n * plane.spacing().0);
        let d = plane.origin() + along(plane.right(), x as f64) + along(plane.down(), y as f64) - *origin;
        // These masks lie along the patient's axes.
        let index = [d.x / g.spacing()[0].0, d.y / g.spacing()[1].0, d.z / step.z].map(|v| (v + 0.5).floor() as i64);
        let [c, r, s] = index;
        let inside = (0..columns).contains(&c) && (0..rows).contains(&r) && (0..slices).contains(&s);
        inside && values[((s * rows + r) * columns + c) as usize] > 0
    };
    let [width, height] = size.map(i64::from);
    let shown = |x: i64, y: i64| (0..width).contains(&x) && (0..height).contains(&y) && lit(x, y);
    let cut = mask.cut(plane, size, Slab::Thin).unwrap();
    let found = cut.map(|Cut { at, part }| (at.map(i64::from), outline(&part, 1)));
    let mut count = 0;
    for y in 0..height {
        for x in 0..width {
            let beside = [(1, 0), (-1, 0), (0, 1), (0, -1)].iter().any(|(dx, dy)| !shown(x + dx, y + dy));
            let expected = shown(x, y) && beside;
            let ours = found.as_ref().is_some_and(|([left, top], line)| line.is_lit(x - left, y - top));
            assert_eq!(ours, expected, "pixel {x}, {y} of {plane:?}");
            count += usize::from(expected);
        }
    }
    count
}
