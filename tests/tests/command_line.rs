//! The command line as scripts see it (design section 7): exit codes, one line on stderr, JSON alone on stdout, the same bytes each time.
//!
//! Files are those that travel with the project. Values and pictures are held against those of other programs in `pixels`.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tiresias_cases::{Codecs, read_folder};
use tiresias_tests::data;
use tiresias_tests::run::{command, tiresias};
use tiresias_words::{ContentHash, StoredValue};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn help_names_every_command_and_a_wrong_one_is_told_in_one_line() {
    let help = tiresias(["--help"]).unwrap().done().unwrap();
    assert!(help.err.is_empty());
    let commands = help.out.split_once("Commands:\n").unwrap().1.split("\n\n").next().unwrap();
    let commands: Vec<&str> = commands.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let expected = [
        "demo", "open", "inspect", "render", "mpr", "probe", "measure", "scan", "pack", "verify", "study", "results", "merge", "simulate",
        "export", "analyze", "selftest", "replay", "gallery", "bench",
    ];
    assert_eq!(commands, [&expected[..], &["help"]].concat());
    for command in expected {
        let help = tiresias([command, "--help"]).unwrap().done().unwrap();
        assert!(help.out.contains("Usage:") && help.out.lines().filter(|l| l.contains("--")).count() >= 2, "{command}");
    }
    assert!(tiresias(["--version"]).unwrap().done().unwrap().out.starts_with("tiresias "));
    for (wrong, word) in [
        (vec!["frobnicate"], "frobnicate"),
        (vec!["--frob"], "--frob"),
        (vec!["render"], "--out"),
        (vec!["render", "x", "--out", "y", "--window", "soft"], "soft"),
        (vec!["mpr", "x", "--out", "y", "--size", "0"], "0"),
        (vec!["probe", "x", "--at", "1,2"], "1,2"),
        (vec!["render", "x", "--out", "y", "--cpu", "--gpu"], "--gpu"),
        (vec!["open"], "STUDY"),
    ] {
        let ran = tiresias(&wrong).unwrap();
        let sentence = ran.sentence(2).unwrap();
        assert!(sentence.contains(word) && sentence.contains("--help"), "{sentence}");
        assert!(ran.out.is_empty());
    }
}

/// The adapter here draws what the processor computes, and the pattern that is handed out has the levels that a person is asked about.
#[test]
fn the_self_test_passes_here_and_hands_out_the_test_pattern() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pattern.png");
    let ran = tiresias(["selftest", "--json", "--pattern", text(&file)]).unwrap().done().unwrap();
    let said: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&said["passed"], &said["sampled"]["equal"], &said["presented"]["of"]), (&true.into(), &8.into(), &9.into()), "{said}");
    assert!(said["adapter"].as_str().is_some_and(|a| !a.is_empty()) && said["cores"].as_u64() > Some(0));
    let drawn = image::open(&file).unwrap().into_luma8();
    let at = |x, y| drawn.get_pixel(x, y).0[0];
    assert_eq!((drawn.dimensions(), [at(40, 40), at(120, 120), at(680, 40), at(760, 120)]), ((880, 520), [0, 13, 255, 242]));
    let words = tiresias(["selftest"]).unwrap().done().unwrap().out;
    assert!(words.contains("8 of 8 images equal") && words.contains("9 of 9"), "{words}");
    let unwritable = tiresias(["selftest", "--pattern", text(&dir.path().join("no/such.png"))]).unwrap();
    assert!(unwritable.sentence(2).unwrap().contains("cannot be written"));
}

/// Every layout is measured, and what was loaded are the values that `inspect` finds in the files.
#[test]
fn bench_frames_measures_layouts_without_a_window() {
    let folder = data("series/ct_chest").unwrap();
    let said = tiresias(["bench", "frames", text(&folder), "--headless", "--size", "320x240", "--rounds", "1", "--json"]);
    let said = said.unwrap().done().unwrap().json().unwrap();
    let layouts: Vec<&str> = said["layouts"].as_array().unwrap().iter().map(|l| l["layout"].as_str().unwrap()).collect();
    assert_eq!(layouts, ["1x1", "1x1-native", "2x2", "3x3", "mpr", "oblique", "plane"]);
    for layout in said["layouts"].as_array().unwrap() {
        for motion in ["scroll", "window"] {
            assert_eq!(layout["ours"][motion]["n"], 8);
            assert!(layout["ratio"][format!("{motion}_to_blit")].as_f64().unwrap() > 0.0);
        }
    }
    let inspected = tiresias(["inspect", text(&folder), "--json", "--pixels"]).unwrap().done().unwrap().json().unwrap();
    let files = inspected["series"][0]["files"].as_array().unwrap();
    let known: Vec<&str> = files.iter().map(|f| f["frames"][0]["sha256_int32le"].as_str().unwrap()).collect();
    let series = read_folder(&folder, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).unwrap().series.remove(0);
    let (buffer, _) = series.load().unwrap();
    let format = buffer.scale().unwrap().format;
    let hex = |hash: Sha256| ContentHash(hash.finalize().into()).to_string();
    let mut all = Sha256::new();
    for slice in 0..series.len() {
        let words = buffer.slice(slice).unwrap().iter().map(|w| format.stored(StoredValue(w.load(Ordering::Relaxed))));
        let stored: Vec<i32> = words.collect();
        let wide: Vec<u8> = stored.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert!(known.contains(&hex(Sha256::new().chain_update(wide)).as_str()), "slice {slice} is none of the files");
        let short: Vec<u8> = stored.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect();
        all.update(hex(Sha256::new().chain_update(short)));
    }
    assert_eq!(said["pixels_sha256"].as_str().unwrap(), hex(all));
}

#[test]
fn inspect_describes_a_folder_in_the_fields_of_json() {
    let folder = data("series/ct_chest").unwrap();
    let said = tiresias(["inspect", text(&folder), "--json", "--pixels"]).unwrap().done().unwrap().json().unwrap();
    assert_eq!(said["path"], text(&folder));
    assert_eq!((said["objects"].as_array().unwrap().len(), said["refused"].as_array().unwrap().len()), (0, 0));
    let [series] = said["series"].as_array().unwrap().as_slice() else { panic!("not one series: {said}") };
    for (field, value) in [
        ("modality", Value::from("CT")),
        ("transfer_syntax", "1.2.840.10008.1.2".into()),
        ("photometric", "MONOCHROME2".into()),
        ("rows", 512.into()),
        ("columns", 512.into()),
        ("frames", 48.into()),
        ("bits", serde_json::json!({ "allocated": 16, "stored": 12, "signed": false })),
        ("voi_luts", 0.into()),
    ] {
        assert_eq!(series[field], value, "{field}");
    }
    let window = serde_json::json!({ "center": -450.0, "width": 2000.0, "function": "LINEAR", "explanation": null });
    assert_eq!(series["windows"][0], window);
    let geometry = &series["geometry"];
    assert_eq!((&geometry["verdict"], &geometry["reason"], &geometry["gaps"]), (&"orthogonal".into(), &Value::Null, &Value::Array(vec![])));
    let near = |field: &str, expected: [f64; 3]| {
        let found: [f64; 3] = serde_json::from_value(geometry[field].clone()).unwrap();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{field}: {found:?}");
    };
    near("spacing_mm", [0.78125, 0.78125, 1.0]);
    near("origin", [-201.0, -59.0, -533.800049]);
    near("row_dir", [1.0, 0.0, 0.0]);
    near("col_dir", [0.0, 1.0, 0.0]);
    near("slice_dir", [0.0, 0.0, 1.0]);
    assert!(series["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains("frames of reference")));
    assert_eq!(series["files"].as_array().unwrap().len(), 48);
    let human = tiresias(["inspect", text(&folder)]).unwrap().done().unwrap();
    assert!(human.out.contains("512") && human.out.contains("48") && human.err.is_empty());
}

#[test]
fn the_same_command_gives_the_same_file_and_a_wrong_window_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let file = data("single/derived_ct_three_windows.dcm").unwrap();
    let render = |name: &str, more: &[&str]| {
        let out = scratch.path().join(name);
        let ran = tiresias(["render", text(&file), "--out", text(&out)].iter().chain(more)).unwrap();
        (ran, fs::read(out).ok())
    };
    let (first, again) = (render("a.png", &[]).1, render("b.png", &[]).1);
    assert!(first.is_some() && first == again);
    assert_eq!(render("c.png", &["--voi", "0"]).1, first, "the first window is the default");
    assert_ne!(render("d.png", &["--voi", "1"]).1, first);
    assert_eq!(render("e.png", &["--window=-600,1600"]).1, first, "the same window by its numbers");
    for (name, more, word) in
        [("f.png", ["--voi", "7"], "3 windows"), ("g.png", ["--frame", "1"], "frame 1"), ("h.png", ["--voi", "lut0"], "0 tables")]
    {
        let (ran, left) = render(name, &more);
        assert!(ran.sentence(2).unwrap().contains(word) && left.is_none(), "{ran:?}");
    }
}

#[test]
fn all_that_can_be_measured_without_a_display_is_in_one_report() {
    let mut program = command(["bench", "all", "--once", "--json"]).unwrap();
    let done = program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let names = |part: &str| report[part].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names("reports"), ["analyze", "export", "load", "pack", "panes", "record"]);
    assert_eq!(names("not_measured"), ["frames", "start"], "{report}");
    // Each loaded what it should have.
    let of = |name: &str| &report["reports"][name];
    assert!(["load", "pack", "record", "export", "analyze"].iter().all(|name| of(name)["ratio"].is_object()), "{report}");
    assert!(of("load")["input"]["images"].as_u64().is_some_and(|n| n >= 24), "{report}");
    assert_eq!(of("export")["input"]["scores"], 400);
}

#[test]
fn bench_record_measures_answers_in_a_folder_that_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let said = tiresias(["bench", "record", "--answers", "20", "--json", "--dir", dir.path().to_str().expect("a plain path")]);
    let measured = said.unwrap().done().unwrap().json().unwrap();
    assert_eq!((&measured["what"], &measured["input"]["answers"]), (&"record".into(), &20.into()));
    let of = |part: &str, name: &str| measured[part][name].as_f64().unwrap();
    let ratio = of("ours", "answer_ms") / of("floor", "fsync_ms");
    assert!(of("ours", "p99_ms") >= of("ours", "answer_ms") && (of("ratio", "answer") / ratio - 1.0).abs() < 1e-9, "{measured}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
