//! `bench frames`: what a frame of the window costs.

use super::panes::{Layout, panes};
use super::{load_average, quantile};
use crate::cli::{Failure, WindowArgs, say, say_json};
use crate::clock::Clock;
use crate::frames::{FrameBench, Kind, Measured};
use crate::launch::{self, Launch};
use clap::Args;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use tiresias_reads::study::Study;

/// Options of `bench frames`.
#[derive(Debug, Args)]
pub(super) struct FramesArgs {
    /// A study's folder; with --headless a folder of DICOM files with one series.
    #[arg(value_name = "STUDY|DIR")]
    path: PathBuf,
    /// Compute the panes of layouts on the CPU, without a window, against a copy of a frame of --size in memory.
    #[arg(long)]
    headless: bool,
    /// Which layout to compute; may be given many times. By default all.
    #[arg(long = "layout", value_enum, requires = "headless", value_name = "LAYOUT")]
    layouts: Vec<Layout>,
    /// How often each kind of frame takes its turn, for eight frames each time.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Measures in a window of its own, or without one.
pub(super) fn frames(args: &FramesArgs, window: &WindowArgs) -> Result<(), Failure> {
    if args.headless {
        let report = panes(&args.path, &args.layouts, window.size.unwrap_or([1920, 1080]), args.rounds)?;
        return if args.json { say_json(&report) } else { say(&layouts_in_words(&report)) };
    }
    let scratch = crate::demo::Scratch::new(true)?;
    let copy = scratch.path().ok_or_else(|| {
        Failure::Input("There is no place for a copy of the study. Make room in the folder for temporary files and try again.".into())
    })?;
    copied(&args.path, &copy)?;
    let bench = FrameBench { rounds: args.rounds as usize, result: std::sync::Arc::default() };
    launch::run(Launch { bench: Some(bench.clone()), size: window.size.or(Some([1920, 1080])), ..window.launch(Some(copy), None) })?;
    let measured = bench.result.lock().ok().and_then(|mut slot| slot.take());
    let measured =
        measured.ok_or_else(|| Failure::Input("The window was closed before the measurement was over. Let it run to its end.".into()))?;
    let report = report(&measured)?;
    if args.json { say_json(&report) } else { say(&format!("{}\n", in_words(&report))) }
}

/// A copy of what a reader gets, without a record: measuring leaves no trace in the study.
fn copied(study: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::Input(format!("{}: the study cannot be copied ({e}).", study.display()));
    Study::open(study).map_err(|e| Failure::Input(format!("{}: {e}", study.display())))?;
    std::fs::create_dir_all(to).map_err(failed)?;
    std::fs::copy(study.join("protocol.toml"), to.join("protocol.toml")).map_err(failed)?;
    for folder in ["bundles", "packages"] {
        copy_folder(&study.join(folder), &to.join(folder)).map_err(failed)?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn report(measured: &Measured) -> Result<Value, Failure> {
    let sorted = |kind| {
        let mut times = measured.frames.get(&kind).cloned().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        times
    };
    let [scrolling, still, without] = [Kind::Scrolling, Kind::Still, Kind::Without].map(sorted);
    let of = |times: &[f64]| json!({ "n": times.len(), "p50_ms": quantile(times, 0.5), "p95_ms": quantile(times, 0.95), "p99_ms": quantile(times, 0.99) });
    let ratio = |times: &[f64]| Some(quantile(times, 0.5)? / quantile(&without, 0.5)?);
    Ok(json!({
        "what": "frames",
        "input": { "size": measured.size, "path": measured.path },
        "ours": { "scrolling": of(&scrolling), "still": of(&still), "without_panes": of(&without) },
        "floor": { "blit_ms": blit_ms(measured.size)? },
        "ratio": { "scrolling_to_without": ratio(&scrolling), "still_to_without": ratio(&still) },
        "pixels_sha256": null,
        "adapter": measured.adapter,
        "load_average": load_average(),
    }))
}

/// The median time to copy a picture of this size in memory: nothing that shows one is faster.
pub(super) fn blit_ms([width, height]: [u32; 2]) -> Result<f64, Failure> {
    let clock = Clock::start();
    let from = vec![0x55u8; width as usize * height as usize * 4];
    let mut to = vec![0u8; from.len()];
    let mut times: Vec<f64> = (0..50)
        .map(|_| {
            let begun = clock.since_start();
            black_box(&mut to).copy_from_slice(black_box(&from));
            crate::trace::milliseconds(clock.since_start().saturating_sub(begun))
        })
        .collect();
    times.sort_by(f64::total_cmp);
    quantile(&times, 0.5).ok_or_else(|| Failure::Input("Nothing was measured.".into()))
}

fn layouts_in_words(report: &Value) -> String {
    let number = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
    let line = |l: &Value| {
        let [scroll, window] = ["scroll", "window"].map(|motion| number(&l["ours"][motion]["p50_ms"]));
        let [scrolled, windowed] = ["scroll_to_blit", "window_to_blit"].map(|motion| number(&l["ratio"][motion]));
        let name = l["layout"].as_str().unwrap_or("");
        format!(
            "{name}: another place {scroll:.2} ms, another window {window:.2} ms; {scrolled:.1} and {windowed:.1} times the copy of a frame\n"
        )
    };
    report["layouts"].as_array().map(|layouts| layouts.iter().map(line).collect()).unwrap_or_default()
}

fn in_words(report: &Value) -> String {
    let ours = |kind: &str| format!("{:.1}", report["ours"][kind]["p50_ms"].as_f64().unwrap_or(f64::NAN));
    let ratio = |kind: &str| format!("{:.2}", report["ratio"][kind].as_f64().unwrap_or(f64::NAN));
    format!(
        "a frame takes {} ms with panes that scroll, {} ms with panes that stand still, {} ms without panes: {} and {} times",
        ours("scrolling"),
        ours("still"),
        ours("without_panes"),
        ratio("scrolling_to_without"),
        ratio("still_to_without")
    )
}
