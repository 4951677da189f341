//! `tiresias export --format sr`: marks of every form on the demo's images, as reports and segmentations, opened by pydicom (and highdicom where it is there).
//!
//! What is expected is computed here from the points that were marked, not taken from the writer.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tiresias_cases::{Package, Trust};
use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Environment, Subject, decide};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_tests::python;
use tiresias_tests::run::tiresias;
use tiresias_words::{Displacement, ImageAnchor, MarkId, MarkShape, Moment, Outline, PatientPoint, QuestionId, ReaderId, Voxel};

/// The demo's packages in a study whose marks may have any form: the folder, and the packages.
fn study(root: &Path) -> (Study, Vec<Package>) {
    tiresias(["demo", "--build-only", "--dir", root.join("demo").to_str().unwrap()]).unwrap().done().unwrap();
    let demo = Study::open(&root.join("demo/reader")).unwrap();
    let text = fs::read_to_string(demo.root().join("protocol.toml")).unwrap();
    let kinds = "label = \"Nodule\"\nkinds = [\"point\", \"ellipse\", \"box\", \"freehand\", \"polygon\", \"bidimensional\"]\n\
                 classes = [{ key = \"solid\", label = \"solid\" }, { key = \"ggo\", label = \"ground glass\" }]\n";
    let text = text.replace("label = \"Nodule\"\n", kinds);
    let protocol = Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"));
    let packages: Vec<_> = demo.bundles().values().next().unwrap().reads().iter().map(|r| r.package).take(2).collect();
    let cases: Vec<_> = packages.iter().map(|p| CaseToRead { package: *p, facts: vec![], training: None }).collect();
    let accounts = [Account { reader: ReaderId::new("ann").unwrap(), display_name: "Ann".into() }];
    let plan = Plan { protocol: &protocol, readers: &accounts, cases: &cases, matrix: None, seed: 5, issued_utc_ms: 0 };
    let study = Study::create(&root.join("study"), &text, &assign(&plan).unwrap()).unwrap();
    let opened = packages.iter().map(|package| {
        let (from, to) = (demo.package_dir(package), study.package_dir(package));
        fs::create_dir(&to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        Package::open(&to, &Trust::Unsigned).unwrap()
    });
    let opened = opened.collect();
    (study, opened)
}

/// A mark that is placed: its form, the slice of its anchor, its rating and class.
fn marks(package: &Package) -> Vec<(MarkShape, ImageAnchor, i32, &'static str)> {
    let series = &package.series()[0];
    let volume = series.volume.as_ref().unwrap();
    let [columns, rows, slices] = volume.size();
    let at = |column: f64, row: f64, slice: u32| volume.patient_of(Voxel::new(column, row, f64::from(slice)));
    let (c, r, s) = (f64::from(columns / 2), f64::from(rows / 2), slices / 2);
    let centre = at(c, r, s);
    let by = |x: f64, y: f64| centre + Displacement::new(x, y, 0.0);
    let across = |x: f64, z: f64| centre + Displacement::new(x, 0.0, z);
    let outlines: Vec<Outline<PatientPoint>> = vec![
        Outline::Point(at(c - 20.3, r + 11.2, s - 2)),
        Outline::Ellipse([centre, by(7.0, 0.0), by(0.0, 4.0)]),
        Outline::Box([by(10.0, 10.0), by(20.0, 10.0), by(20.0, 16.0)]),
        Outline::Polygon(vec![by(-20.0, -20.0), by(-10.0, -20.0), by(-10.0, -12.0)]),
        Outline::Freehand(vec![across(-6.0, -4.0), across(6.0, -4.0), across(6.0, 4.0), across(-6.0, 4.0)]),
        Outline::Bidimensional([by(-9.0, 20.0), by(9.0, 20.0), by(0.0, 17.0), by(0.0, 23.0)]),
    ];
    let place = |(n, outline): (usize, Outline<PatientPoint>)| {
        let voxel = volume.voxel_of(outline.centre());
        let image = series.image_uid(voxel.slice.round() as usize).unwrap().clone();
        let anchor = ImageAnchor { image, frame: 0, column: voxel.column, row: voxel.row };
        (MarkShape::InPatient(outline), anchor, 10 * n as i32 + 5, if n % 2 == 0 { "solid" } else { "ggo" })
    };
    outlines.into_iter().enumerate().map(place).collect()
}

/// The first case with all the marks, the second with none.
fn read(study: &Study, packages: &[Package]) {
    let reader = ReaderId::new("ann").unwrap();
    let rules = study.rules(&reader).unwrap();
    let mut record = study.open_record("a test").unwrap();
    let mut now = Moment { utc_ms: 1_700_000_000_000, monotonic_ms: 5_000, boot: "b".into() };
    let mut act = |action: Action| {
        now.monotonic_ms += 500;
        now.utc_ms += 500;
        let said = format!("{action:?}");
        let events = decide(&rules, &record.state(&reader), action, &now).unwrap_or_else(|e| panic!("{said}: {e}"));
        record.append(&events).unwrap();
        record.state(&reader).next().cloned()
    };
    let mut next = act(Action::StartSession(Environment::new("t".into(), "none".into(), [9, 9], 1.0)));
    while let Some(assigned) = next {
        act(Action::OpenCase(assigned.read));
        act(Action::ImagesShown);
        if assigned.package == packages[0].hash() {
            for ((shape, anchor, rating, class), n) in marks(&packages[0]).into_iter().zip(1..) {
                act(Action::PlaceMark { shape, anchor });
                act(Action::RateMark { mark: MarkId(n), rating });
                act(Action::ClassifyMark { mark: MarkId(n), class: class.into() });
            }
        }
        let answer = |question: &str, value| Action::Answer { question: QuestionId::new(question).unwrap(), subject: Subject::Case, value };
        act(answer("confidence", AnswerValue::Scale(73)));
        act(answer("recall", AnswerValue::Choice("no".into())));
        next = act(Action::Lock);
    }
}

/// Area of a flat outline in mm2, or the diameters in mm, by the codes of the report.
fn lengths(outline: &Outline<PatientPoint>) -> BTreeMap<&'static str, f64> {
    match outline {
        Outline::Point(_) => [].into(),
        Outline::Ellipse(_) => [("42798000", std::f64::consts::PI * 28.0)].into(),
        Outline::Box(_) => [("42798000", 60.0)].into(),
        Outline::Polygon(_) => [("42798000", 40.0)].into(),
        Outline::Freehand(_) => [("42798000", 96.0)].into(),
        Outline::Bidimensional(_) => [("103339001", 18.0), ("103340004", 6.0)].into(),
    }
}

#[test]
fn reports_and_segmentations_say_what_was_marked() {
    let scratch = tempfile::tempdir().unwrap();
    let (study, packages) = study(scratch.path());
    read(&study, &packages);
    let out = scratch.path().join("out");
    let arguments = ["export".to_owned(), study.root().display().to_string(), "--format=sr".into(), format!("--out={}", out.display())];
    tiresias(&arguments).unwrap().done().unwrap();
    let verified = tiresias(["verify", out.to_str().unwrap()]).unwrap().done().unwrap();
    assert!(verified.out.contains("intact, 3 files, not signed"), "{}", verified.out);
    let files: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let count = |ending: &str| files.iter().filter(|f| f.ends_with(ending)).count();
    assert_eq!([count("sr.dcm"), count("seg-1.dcm"), files.len()], [2, 1, 4], "{files:?}");

    let Some(python) = python("pydicom, numpy") else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("marks_check.py");
    let ran = Command::new(python).arg(script).arg(&out).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let found: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let placed = marks(&packages[0]);
    let reports = found["reports"].as_object().unwrap();
    let mut sizes: Vec<usize> = reports.values().map(|r| r.as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, placed.len() + 1], "one group for each mark, and one for the case");
    let report = reports.values().find(|r| r.as_array().unwrap().len() > 1).unwrap().as_array().unwrap();
    assert_eq!(report.last().unwrap()["measurements"]["rating"], 73.0);
    let mut compared = 1;
    for (group, ((shape, _, rating, _), n)) in report.iter().zip(placed.iter().zip(1..)) {
        let MarkShape::InPatient(outline) = shape else { panic!("in the patient") };
        assert_eq!(group["tracking"], format!("Mark {n}"));
        assert_eq!(group["measurements"]["rating"], f64::from(*rating));
        let expected = lengths(outline);
        assert_eq!(group["measurements"].as_object().unwrap().len(), expected.len() + 1);
        for (code, value) in &expected {
            let said = group["measurements"][code].as_f64().unwrap();
            assert!((said - value).abs() < 1e-9, "mark {n}: {said} {value}");
        }
        let points: Vec<f64> = group["points"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let first = outline.points()[0];
        if !matches!(outline, Outline::Ellipse(_)) {
            assert!([first.x, first.y, first.z].iter().zip(&points).all(|(a, b)| (a - b).abs() < 1e-3), "mark {n}");
        }
        compared += 1 + expected.len() + points.len();
    }
    let segments = found["segmentations"].as_object().unwrap().values().next().unwrap().as_array().unwrap();
    assert_eq!(segments.len(), placed.len());
    let volume = packages[0].series()[0].volume.as_ref().unwrap();
    let [dx, dy] = volume.spacing().map(|m| m.0);
    let mut pixels = 0;
    for (segment, (shape, anchor, ..)) in segments.iter().zip(&placed) {
        let MarkShape::InPatient(outline) = shape else { panic!("in the patient") };
        let images = segment["pixels"].as_object().unwrap();
        let total: u64 = images.values().map(|v| v.as_u64().unwrap()).sum();
        // The drawn areas lie on one slice, the freehand one across the slices.
        let (area, pixel) = match outline {
            Outline::Point(_) => (0.0, 1.0),
            Outline::Freehand(_) => (96.0, dx * volume.slice_spacing().0),
            Outline::Bidimensional(_) => (54.0, dx * dy),
            other => (lengths(other)["42798000"], dx * dy),
        };
        let expected = if area == 0.0 { 1.0 } else { area / pixel };
        assert!((total as f64 - expected).abs() <= 0.12 * expected + 0.01, "{}: {total} pixels for {expected}", segment["tracking"]);
        assert!(images.contains_key(anchor.image.as_str()));
        assert_eq!(images.len() > 1, matches!(outline, Outline::Freehand(_)), "{images:?}");
        pixels += total;
    }
    let by = &found["by_highdicom"];
    let agrees = by.as_object().unwrap().values().all(|v| v.is_null() || *v == true);
    assert!(agrees, "{by}");
    println!(
        "pydicom {}: {compared} numbers of {} groups equal, {pixels} pixels in {} segments; highdicom {}: {}",
        found["pydicom"],
        report.len(),
        segments.len(),
        found["highdicom"],
        if found["highdicom"].is_null() { "not there" } else { "the same" }
    );
}
