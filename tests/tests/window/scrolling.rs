//! Scrolling through a case: every slice asked for is shown, and the thread that draws does nothing that waits.

use crate::desktop::{Desktop, ON_THE_IMAGE, demo};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tiresias_tests::run::{command, to_end};

/// Work that reads, decodes, hashes, locks or syncs, by its name in the trace.
const BACKGROUND: [&str; 5] = ["open record", "append, hash and sync", "open package", "read, hash and decode", "measure"];

fn ms(event: &Value) -> f64 {
    event["ms"].as_f64().expect("a time")
}

/// Median, 95th and 99th percentile, and the longest.
fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    format!("p50 {:.1}, p95 {:.1}, p99 {:.1}, longest {:.1} ms of {}", at(0.5), at(0.95), at(0.99), at(1.0), times.len())
}

fn every_slice_is_shown(path: &str) {
    let (_dir, study) = demo();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[path]);
    window.sign_in();
    window.settle();
    window.keys(&["Return"]);
    window.until("the case is loaded", |w| w.events().iter().any(|e| e["what"] == "measure"));
    window.point_at(ON_THE_IMAGE);
    window.settle();
    let package = study.bundles().values().next().unwrap().reads()[0].package;
    let slices =
        tiresias_cases::Package::open(&study.package_dir(&package), &tiresias_cases::Trust::Unsigned).unwrap().series()[0].len() as u64;
    window.keys(&["Home"]);
    window.until("the first slice is shown", |w| w.slice() == Some(1));
    let from = window.frames().count();
    for wanted in 2..=slices {
        window.wheel(1);
        window.until(&format!("slice {wanted} is shown"), |w| w.slice() == Some(wanted));
    }
    let shown: BTreeSet<u64> = window.frames().skip(from - 1).filter_map(|f| f["slice"].as_u64()).collect();
    assert_eq!(shown, (1..=slices).collect(), "every slice asked for");
    // Once more as fast as a hand can: the way back in one roll.
    let quick = window.frames().count();
    window.roll(-i32::try_from(slices.next_multiple_of(2)).unwrap());
    window.until("the first slice is shown again", |w| w.slice() == Some(1));
    let rolled: BTreeSet<u64> = window.frames().skip(quick).filter_map(|f| f["slice"].as_u64()).collect();
    window.settle();

    let times = |skip: usize| window.frames().skip(skip).map(ms).collect::<Vec<_>>();
    println!("{path}: {slices} slices, one line of the wheel each: all shown; rolled back at 33 lines a second: {} shown", rolled.len());
    println!("{path}: interface's part of a frame while scrolling: {}", spread(times(from)));
    let drawing: BTreeSet<&str> = window.frames().map(|f| f["thread"].as_str().unwrap()).collect();
    assert_eq!(drawing.len(), 1, "one thread draws: {drawing:?}");
    let mut work: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for event in window.events().iter().filter(|e| e["ms"].is_number() && e["what"] != "frame") {
        let (what, thread) = (event["what"].as_str().unwrap(), event["thread"].as_str().unwrap());
        assert!(!drawing.contains(thread), "{what} ran on the thread that draws");
        work.entry(what).or_default().push(ms(event));
    }
    assert!(BACKGROUND.iter().all(|what| work.contains_key(what)), "traced were only {:?}", work.keys());
    assert_eq!(work["read, hash and decode"].len() as u64, slices);
    assert_eq!(work.contains_key("upload"), path == "--gpu");
    for (what, times) in work {
        println!("{path}: elsewhere: {what}: {}", spread(times));
    }
}

#[test]
fn every_slice_is_shown_and_no_frame_waits_where_the_cpu_computes() {
    every_slice_is_shown("--cpu");
}

#[test]
fn every_slice_is_shown_and_no_frame_waits_where_the_shader_computes() {
    every_slice_is_shown("--gpu");
}

/// The numbers are printed, not judged: machines carry other load. Issue 2 asks for at most 1.3.
#[test]
fn a_frame_with_panes_is_measured_against_the_same_window_without() {
    let (_dir, study) = demo();
    let desktop = Desktop::new();
    // Every second round while images are loaded.
    let rounds = 5u64;
    let asked = (2 * rounds).to_string();
    let mut bench = command(["bench", "frames", study.root().to_str().unwrap(), "--busy", "--rounds", &asked, "--json"]).unwrap();
    bench.env("DISPLAY", desktop.display()).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    bench.env("XDG_DATA_HOME", desktop.home()).env("XDG_RUNTIME_DIR", desktop.home());
    let said = to_end(&mut bench, 240).unwrap().done().unwrap().json().unwrap();
    assert_eq!((&said["what"], &said["input"]["size"]), (&"frames".into(), &serde_json::json!([1920, 1080])));
    let ours = |kind: &str, field: &str| said["ours"][kind][field].as_f64().unwrap_or_else(|| panic!("no {field} of {kind}: {said}"));
    // Of each block of 8 frames 6 count, and every other block is without panes.
    let counted = ["scrolling", "still", "without_panes"].map(|kind| ours(kind, "n") as u64);
    assert_eq!(counted, [6 * rounds, 6 * rounds, 12 * rounds]);
    let busy = &said["busy"];
    assert_eq!([&busy["scrolling"]["n"], &busy["still"]["n"]].map(|n| n.as_u64().unwrap()), [6 * rounds, 6 * rounds]);
    assert!(busy["images"].as_u64().unwrap() > 0, "nothing was loaded: {busy}");
    let ratio = said["ratio"]["scrolling_to_without"].as_f64().unwrap();
    assert!((ratio - ours("scrolling", "p50_ms") / ours("without_panes", "p50_ms")).abs() < 1e-9);
    assert!(!study.record_path().exists(), "the measurement read in the study itself");
    for kind in ["scrolling", "still", "without_panes"] {
        let [p50, p95, p99] = ["p50_ms", "p95_ms", "p99_ms"].map(|field| ours(kind, field));
        println!("a whole frame, {kind}: p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms");
    }
    println!(
        "panes that scroll cost {ratio:.2} x the same window without, still ones {:.2} x; copying the picture takes {:.2} ms; load {}; {}",
        said["ratio"]["still_to_without"].as_f64().unwrap(),
        said["floor"]["blit_ms"].as_f64().unwrap(),
        said["load_average"],
        said["adapter"]
    );
    println!("while images are loaded the slowest of a hundred takes {} x as long", busy["scrolling_to_idle"]["p99"]);
}

#[test]
fn the_start_is_measured_beside_a_window_with_nothing_in_it() {
    let desktop = Desktop::new();
    let mut bench = command(["bench", "start", "--rounds", "1", "--json"]).unwrap();
    bench.env("DISPLAY", desktop.display()).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    bench.env("XDG_RUNTIME_DIR", desktop.home());
    let said = to_end(&mut bench, 120).unwrap().done().unwrap().json().unwrap();
    let seconds = |of: &str| said[of]["second_frame_s"].as_f64().unwrap_or_else(|| panic!("no {of}: {said}"));
    let (ours, floor) = (seconds("ours"), seconds("floor"));
    assert!(floor > 0.0 && (said["ratio"]["second_frame"].as_f64().unwrap() - ours / floor).abs() < 1e-9);
    println!("{ours:.3} s to the second frame, {floor:.3} s of a window with nothing in it; load {}", said["load_average"]);
}
