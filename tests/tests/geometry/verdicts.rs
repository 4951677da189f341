//! What each series of the collection, and each generated stack, is found to be: how many stacks, their verdicts, their volumes, and what is told of it.

use crate::phantom::{Slice, read, unit, write};
use dicom_core::VR;
use dicom_dictionary_std::tags as t;
use serde_json::Value;
use tiresias_tests::run::tiresias;
use tiresias_tests::{Walk, data};
use tiresias_words::Stack;

/// What a series must be found to be: verdict, images, distance of slices along the normal, tilt, and a word that is told.
struct Found {
    verdict: &'static str,
    images: u64,
    spacing: Option<f64>,
    tilt: f64,
    told: &'static str,
}

const fn found(verdict: &'static str, images: u64, spacing: Option<f64>, tilt: f64, told: &'static str) -> Found {
    Found { verdict, images, spacing, tilt, told }
}

fn inspect(folder: &std::path::Path) -> Value {
    tiresias(["inspect", folder.to_str().unwrap(), "--json"]).unwrap().done().unwrap().json().unwrap()
}

/// What is told of a series: its notes and its reason.
fn told(series: &Value) -> String {
    let notes = series["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    format!("{notes}; {}", series["geometry"]["reason"].as_str().unwrap_or_default())
}

/// The notes of the manifest and of the collection's README, line by line.
#[test]
fn every_series_of_the_collection_gets_its_verdict() {
    let table: [(&str, Vec<Found>); 12] = [
        ("ct_chest", vec![found("orthogonal", 48, Some(1.0), 0.0, "48 frames of reference")]),
        ("ct_body_j2k", vec![found("orthogonal", 20, Some(2.0), 0.0, "")]),
        ("ct_head_tilt_uniform", vec![found("tilted", 10, Some(2.397), 16.5, "")]),
        ("ct_head_tilt_nonuniform", vec![found("uneven", 14, None, 18.5, "")]),
        ("ct_missing_slice", vec![found("gap", 4, Some(5.0), 0.0, "missing behind slice 3 of 4")]),
        ("ct_duplicate_position", vec![found("mixed", 2, None, 0.0, "one position")]),
        (
            "mr_mixed_orientation",
            vec![found("oblique", 2, Some(3.3), 0.0, "2 orientations"), found("oblique", 2, None, 0.0, "2 orientations")],
        ),
        ("mr_t1_oblique", vec![found("oblique", 44, Some(0.6667), 0.0, "")]),
        ("mr_sag_prone", vec![found("orthogonal", 26, Some(4.8), 0.0, "")]),
        ("mr_enhanced_t1", vec![found("orthogonal", 96, Some(2.0), 0.0, "")]),
        ("mr_enhanced_colfa", vec![found("orthogonal", 39, Some(3.0), 0.0, "")]),
        ("pet_headneck", vec![found("orthogonal", 299, Some(3.375), 0.0, "")]),
    ];
    let mut walk = Walk::new();
    let mut wrong = Vec::new();
    for (name, expected) in table {
        let Some(path) = walk.file(&format!("series/{name}")) else { continue };
        let seen = inspect(&path);
        let series = seen["series"].as_array().unwrap();
        if series.len() != expected.len() {
            wrong.push(format!("{name}: {} series", series.len()));
        }
        for (s, e) in series.iter().zip(&expected) {
            let g = &s["geometry"];
            let near = |v: &Value, e: f64, by: f64| v.as_f64().is_some_and(|v| (v - e).abs() <= by);
            let fits = g["verdict"] == e.verdict
                && s["frames"] == e.images
                && e.spacing.is_none_or(|d| near(&g["spacing_mm"][2], d, 0.02))
                && (g["tilt_degrees"].is_null() || near(&g["tilt_degrees"], e.tilt, 0.1))
                && told(s).contains(e.told);
            if !fits {
                wrong.push(format!("{name}: {} images, {g}, {:?}", s["frames"], told(s)));
            }
        }
    }
    walk.report("verdicts of series");
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// MPR is refused in one sentence where there is no volume, and where there are several stacks.
#[test]
fn what_is_no_volume_is_not_reformatted() {
    let folder = tempfile::tempdir().unwrap();
    let plane = ["--origin=0,0,0", "--right=1,0,0", "--down=0,1,0", "--spacing=1", "--size=8,8", "--window=0,1"];
    let mut walk = Walk::new();
    for (name, word) in [("ct_duplicate_position", "mixed"), ("mr_mixed_orientation", "2 series")] {
        let Some(path) = walk.file(&format!("series/{name}")) else { continue };
        let out = folder.path().join("plane.png");
        let mut arguments = vec!["mpr", path.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(plane);
        let ran = tiresias(arguments).unwrap();
        assert!(ran.sentence(2).unwrap().contains(word), "{name}: {ran:?}");
        assert!(!out.exists());
        let ran = tiresias(["probe", path.to_str().unwrap(), "--at=0,0,0"]).unwrap();
        assert!(ran.sentence(2).unwrap().contains(word), "{name}: {ran:?}");
    }
    walk.report("refused reformats");
    assert!(data("series/ct_chest").is_some());
}

/// The stacks that a folder is found to hold: verdict, images, whether there is a volume; and everything that is told.
fn stacks(slices: &[Slice]) -> (Vec<(String, usize, bool)>, String) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), slices, |p| 100.0 + p[2]);
    let found = read(folder.path());
    assert!(found.refused.is_empty(), "{:?}", found.refused);
    let mut list: Vec<_> = found.series.iter().map(|s| (s.facts.geometry.word().to_owned(), s.len(), s.volume.is_some())).collect();
    list.sort();
    for series in &found.series {
        if let Some(volume) = &series.volume {
            let Stack::Piecewise { heights, .. } = volume.stack() else { continue };
            assert_eq!(heights.len(), series.len());
        }
    }
    (list, found.series.iter().flat_map(|s| s.warnings().iter().cloned()).collect::<Vec<_>>().join("; "))
}

fn stack(heights: impl IntoIterator<Item = f64>) -> Vec<Slice> {
    heights.into_iter().map(Slice::axial).collect()
}

fn spread(count: usize, step: f64) -> Vec<Slice> {
    stack((0..count).map(|k| k as f64 * step))
}

fn each(slices: Vec<Slice>, change: impl Fn(usize, Slice) -> Slice) -> Vec<Slice> {
    slices.into_iter().enumerate().map(|(i, s)| change(i, s)).collect()
}

/// A name, the slices, the stacks that they must be found to be (verdict, images, whether there is a volume), and a word that is told.
type Case = (&'static str, Vec<Slice>, Vec<(&'static str, usize, bool)>, &'static str);

/// Stacks as they come, and as they must not be believed: what is expected was written down before.
#[test]
fn generated_stacks_are_split_or_refused_and_never_a_false_volume() {
    let of = |tag, vr, value: &str| {
        let value = value.to_owned();
        move |_: usize, s: Slice| s.with(tag, vr, value.clone())
    };
    let mut rotating = Vec::new();
    for k in 0..9 {
        let (sine, cosine) = (f64::from(k) * 20.0).to_radians().sin_cos();
        rotating.push(Slice { row: [cosine, sine, 0.0], column: [0.0, 0.0, -1.0], ..Slice::axial(0.0) });
    }
    let flipped = |s: Slice| Slice { position: [3.0, s.position[1], s.position[2]], row: [-1.0, 0.0, 0.0], ..s };
    let sagittal = |x: f64| Slice { position: [x, -9.0, 9.0], row: [0.0, 1.0, 0.0], column: [0.0, 0.0, -1.0], ..Slice::axial(0.0) };
    let coronal = |y: f64| Slice { position: [-9.0, y, 9.0], column: [0.0, 0.0, -1.0], ..Slice::axial(0.0) };
    let phases = |tag, vr, values: [&str; 3]| values.iter().flat_map(|v| each(spread(5, 2.0), of(tag, vr, v))).collect::<Vec<_>>();
    let ticking =
        (0..3).flat_map(|phase| each(spread(4, 2.0), move |i, s| s.with(t::TRIGGER_TIME, VR::DS, format!("{}", phase * 40 + i)))).collect();
    let one = |v: &'static str, n: usize, has: bool| vec![(v, n, has); 1];
    let three = |v: &'static str, n: usize| vec![(v, n, true); 3];
    let cases: Vec<Case> = vec![
        ("even", spread(6, 2.5), one("orthogonal", 6, true), ""),
        ("from head to feet", stack([9.0, 6.0, 3.0, 0.0]), one("orthogonal", 4, true), ""),
        ("a slice missing", stack([0.0, 2.0, 4.0, 8.0, 10.0]), one("gap", 5, true), "1 slice(s) are missing behind slice 3 of 5"),
        ("three missing", stack([0.0, 2.0, 4.0, 12.0, 14.0]), one("gap", 5, true), "3 slice(s) are missing"),
        ("uneven", stack([0.0, 2.0, 5.0, 6.0, 10.5]), one("uneven", 5, true), ""),
        ("doubled", stack([0.0, 2.0, 4.0, 4.0, 6.0]), one("mixed", 5, false), "at the position of another"),
        ("all at one place", stack([3.0; 4]), one("mixed", 4, false), "one position"),
        ("one flipped", each(spread(5, 1.0), |i, s| if i == 2 { flipped(s) } else { s }), one("mixed", 5, false), "orientation"),
        (
            "one turned in its plane",
            each(spread(5, 1.0), |i, s| if i == 3 { Slice { row: s.column, column: [-1.0, 0.0, 0.0], ..s } } else { s }),
            one("mixed", 5, false),
            "turned",
        ),
        (
            "two patients",
            [spread(4, 1.0), each(spread(3, 1.0), of(t::PATIENT_ID, VR::LO, "ANOTHER"))].concat(),
            vec![("orthogonal", 3, true), ("orthogonal", 4, true)],
            "another patient",
        ),
        (
            "no spacing",
            each(spread(4, 1.0), |i, s| if i == 1 { Slice { spacing: [0.0, 1.0], ..s } } else { s }),
            one("refused", 4, false),
            "Pixel Spacing",
        ),
        (
            "spacing that is no number",
            each(spread(4, 1.0), of(t::PIXEL_SPACING, VR::DS, "nan\\1")),
            one("refused", 4, false),
            "Pixel Spacing",
        ),
        ("spacing without end", each(spread(4, 1.0), of(t::PIXEL_SPACING, VR::DS, "1e99\\1")), one("refused", 4, false), "Pixel Spacing"),
        (
            "one spacing is another",
            each(spread(4, 1.0), |i, s| if i == 3 { Slice { spacing: [1.5; 2], ..s } } else { s }),
            one("refused", 4, false),
            "",
        ),
        (
            "axes not at right angles",
            each(spread(4, 1.0), |_, s| Slice { column: unit([0.3, 1.0, 0.0]), ..s }),
            one("refused", 4, false),
            "right angles",
        ),
        (
            "no orientation",
            each(spread(3, 1.0), of(t::IMAGE_ORIENTATION_PATIENT, VR::DS, "0\\0\\0\\0\\0\\0")),
            one("refused", 3, false),
            "unit vectors",
        ),
        (
            "one without a position",
            each(spread(4, 1.0), |i, s| {
                if i == 0 { s.with(t::IMAGE_POSITION_PATIENT, VR::DS, "").with(t::IMAGE_ORIENTATION_PATIENT, VR::DS, "") } else { s }
            }),
            one("refused", 4, false),
            "",
        ),
        (
            "a stack that leaves its line",
            each(stack([0.0, 2.0, 5.0, 6.0]), |i, s| Slice { position: [if i == 2 { 7.0 } else { 0.0 }, 0.0, s.position[2]], ..s }),
            one("refused", 4, false),
            "",
        ),
        (
            "two orientations",
            [spread(5, 2.0), (0..4).map(|k| sagittal(f64::from(k) * 3.0)).collect()].concat(),
            vec![("orthogonal", 4, true), ("orthogonal", 5, true)],
            "2 orientations",
        ),
        (
            "a scout of three planes",
            vec![Slice::axial(0.0), sagittal(1.0), coronal(2.0)],
            vec![("orthogonal", 1, true), ("orthogonal", 1, true), ("orthogonal", 1, true)],
            "3 orientations",
        ),
        (
            "a localizer before the slices",
            [vec![Slice::axial(55.0).with(t::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\LOCALIZER")], spread(6, 2.0)].concat(),
            vec![("orthogonal", 1, true), ("orthogonal", 6, true)],
            "localizers",
        ),
        ("a rotating view", rotating, one("mixed", 9, false), "several orientations"),
        ("phases", phases(t::TEMPORAL_POSITION_IDENTIFIER, VR::IS, ["1", "2", "10"]), three("orthogonal", 5), "temporal position"),
        ("echoes", phases(t::ECHO_TIME, VR::DS, ["4.6", "9.2", "13.8"]), three("orthogonal", 5), "echo time"),
        ("acquisitions", phases(t::ACQUISITION_NUMBER, VR::IS, ["1", "2", "3"]), three("orthogonal", 5), "acquisition number"),
        ("content times", phases(t::CONTENT_TIME, VR::TM, ["101500", "101530.5", "101600"]), three("orthogonal", 5), "content time"),
        ("a beating heart", ticking, three("orthogonal", 4), "trigger time"),
        (
            "two echoes of two phases",
            ["1", "2"]
                .iter()
                .flat_map(|p| {
                    ["5", "10"].iter().flat_map(move |e| {
                        each(spread(3, 2.0), move |_, s| s.with(t::TEMPORAL_POSITION_IDENTIFIER, VR::IS, *p).with(t::ECHO_TIME, VR::DS, *e))
                    })
                })
                .collect(),
            vec![("orthogonal", 3, true); 4],
            "temporal position and echo time",
        ),
        (
            "a phase without one of its slices",
            each(phases(t::TEMPORAL_POSITION_IDENTIFIER, VR::IS, ["1", "2", "3"]), |_, s| s)
                .into_iter()
                .enumerate()
                .filter(|(i, _)| *i != 7)
                .map(|(_, s)| s)
                .collect(),
            vec![("gap", 4, true), ("orthogonal", 5, true), ("orthogonal", 5, true)],
            "missing",
        ),
        (
            "one slice scanned again",
            [each(spread(5, 2.0), of(t::ACQUISITION_NUMBER, VR::IS, "1")), each(stack([4.0]), of(t::ACQUISITION_NUMBER, VR::IS, "2"))]
                .concat(),
            one("mixed", 6, false),
            "at the position of another",
        ),
        (
            "every slice has its own frame of reference",
            each(spread(5, 2.0), |i, s| s.with(t::FRAME_OF_REFERENCE_UID, VR::UI, format!("1.2.3.{i}"))),
            one("orthogonal", 5, true),
            "5 frames of reference",
        ),
        (
            "two frames of reference that do not fit together",
            [
                each(spread(4, 2.0), of(t::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3.1")),
                each(stack([0.7, 2.7, 4.7]), of(t::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.3.2")),
            ]
            .concat(),
            vec![("orthogonal", 3, true), ("orthogonal", 4, true)],
            "frame of reference",
        ),
        (
            "a slice of another frame of reference among the others",
            each(stack([0.0, 2.0, 2.7, 4.0]), |i, s| s.with(t::FRAME_OF_REFERENCE_UID, VR::UI, if i == 2 { "1.2.3.2" } else { "1.2.3.1" })),
            one("refused", 4, false),
            "frames of reference",
        ),
        (
            "no UID at all",
            each(spread(4, 2.0), |_, s| s.with(t::SERIES_INSTANCE_UID, VR::UI, "").with(t::STUDY_INSTANCE_UID, VR::UI, "")),
            one("orthogonal", 4, true),
            "",
        ),
        (
            "tilted",
            each(spread(6, 2.0), |_, s| Slice { position: [0.0, s.position[2] * 0.3, s.position[2]], ..s }),
            one("tilted", 6, true),
            "",
        ),
    ];
    let mut wrong = Vec::new();
    let count = cases.len();
    for (name, slices, expected, word) in cases {
        let (found, told) = stacks(&slices);
        let expected: Vec<_> = expected.into_iter().map(|(v, n, has)| (v.to_owned(), n, has)).collect();
        if found != expected || !told.contains(word) {
            wrong.push(format!("{name}: {found:?}, told is {told:?}"));
        }
    }
    println!("{count} generated stacks, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
