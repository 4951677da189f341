//! `bench frames`: what a frame of the window costs.

use super::panes::{Layout, panes};
use super::{load_average, quantile};
use crate::background::stand_back;
use crate::cli::{Failure, WindowArgs, say, say_json};
use crate::clock::Clock;
use crate::frames::{FrameBench, Kind, Measured};
use crate::launch::{self, Launch};
use clap::Args;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tiresias_cases::{Package, Trust};
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
    /// Load the images of the study over and over in every second turn, as those of a next case are loaded.
    #[arg(long, conflicts_with = "headless")]
    busy: bool,
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
    let load = args.busy.then(|| Load::begin(&copy.join("packages"))).transpose()?;
    let bench = FrameBench { rounds: args.rounds as usize, busy: load.as_ref().map(|l| Arc::clone(&l.on)), result: Arc::default() };
    launch::run(Launch { bench: Some(bench.clone()), size: window.size.or(Some([1920, 1080])), ..window.launch(Some(copy), None) })?;
    let measured = bench.result.lock().ok().and_then(|mut slot| slot.take());
    let measured =
        measured.ok_or_else(|| Failure::Input("The window was closed before the measurement was over. Let it run to its end.".into()))?;
    let report = report(&measured, load.map(Load::end))?;
    if args.json { say_json(&report) } else { say(&format!("{}\n", in_words(&report))) }
}

/// Packages that are loaded again and again while somebody says so, on all cores but one, as a case before it is asked for.
struct Load {
    on: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    images: Arc<AtomicUsize>,
}

impl Load {
    fn begin(packages: &Path) -> Result<Self, Failure> {
        let load = Self { on: Arc::default(), over: Arc::default(), images: Arc::default() };
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1).max(1);
        for n in 0..threads {
            let [on, over] = [&load.on, &load.over].map(Arc::clone);
            let (images, packages) = (Arc::clone(&load.images), packages.to_owned());
            let work = move || {
                stand_back();
                while !over.load(Ordering::Relaxed) {
                    // What cannot be read is told by the window, which shows the same study.
                    let _ = loaded_once(&packages, &on, &over, &images);
                    std::thread::sleep(Duration::from_millis(1));
                }
            };
            std::thread::Builder::new().name(format!("load-{n}")).spawn(work)?;
        }
        Ok(load)
    }
    /// How many images were loaded.
    fn end(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.images.load(Ordering::Relaxed)
    }
}

fn loaded_once(packages: &Path, on: &AtomicBool, over: &AtomicBool, images: &AtomicUsize) -> Result<(), Failure> {
    for entry in std::fs::read_dir(packages)? {
        let package = Package::open(&entry?.path(), &Trust::Unsigned).map_err(|e| Failure::Input(e.to_string()))?;
        for series in package.series() {
            let words = series.buffer()?;
            for image in 0..series.len() {
                while !on.load(Ordering::Relaxed) {
                    if over.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                series.load_slice(image, &words)?;
                images.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
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

fn report(measured: &Measured, loaded: Option<usize>) -> Result<Value, Failure> {
    let sorted = |kind, busy| {
        let mut times = measured.frames.get(&(kind, busy)).cloned().unwrap_or_default();
        times.sort_by(f64::total_cmp);
        times
    };
    let [scrolling, still, without] = [Kind::Scrolling, Kind::Still, Kind::Without].map(|kind| sorted(kind, false));
    let of = |times: &[f64]| json!({ "n": times.len(), "p50_ms": quantile(times, 0.5), "p95_ms": quantile(times, 0.95), "p99_ms": quantile(times, 0.99) });
    let ratio = |times: &[f64]| Some(quantile(times, 0.5)? / quantile(&without, 0.5)?);
    let busy = loaded.map(|images| {
        let frames = [Kind::Scrolling, Kind::Still].map(|kind| sorted(kind, true));
        let share = |idle: &[f64], busy: &[f64], at| Some(quantile(busy, at)? / quantile(idle, at)?);
        json!({
            "images": images,
            "scrolling": of(&frames[0]),
            "still": of(&frames[1]),
            "scrolling_to_idle": { "p50": share(&scrolling, &frames[0], 0.5), "p99": share(&scrolling, &frames[0], 0.99) },
        })
    });
    Ok(json!({
        "what": "frames",
        "input": { "size": measured.size, "path": measured.path },
        "ours": { "scrolling": of(&scrolling), "still": of(&still), "without_panes": of(&without) },
        "floor": { "blit_ms": blit_ms(measured.size)? },
        "ratio": { "scrolling_to_without": ratio(&scrolling), "still_to_without": ratio(&still) },
        "busy": busy,
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
    let busy = report["busy"]["scrolling_to_idle"]["p99"].as_f64();
    let busy =
        busy.map_or_else(String::new, |p99| format!("; while images are loaded the slowest of a hundred takes {p99:.2} times as long"));
    format!(
        "a frame takes {} ms with panes that scroll, {} ms with panes that stand still, {} ms without panes: {} and {} times{busy}",
        ours("scrolling"),
        ours("still"),
        ours("without_panes"),
        ratio("scrolling_to_without"),
        ratio("still_to_without")
    )
}
