//! `bench analyze`: how long an analysis takes, beside the placement values that every such analysis needs.
//!
//! Owns the simulated ratings, the floor, and the measurement. The floor is what `../shared/bench/peers/mrmc_floor.py` does: DeLong placement values by
//! sorting, and all covariances of the areas at once; that script, where it is named, is measured in the same run. Ours is the full Obuchowski-Rockette
//! analysis by DeLong's covariance together with all U-statistics.

use super::{load_average, quantile};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use clap::Args;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use tiresias_reads::analysis::compare;
use tiresias_reads::protocol::Covariance;
use tiresias_reads::scoring::{DataCase, Dataset, Scores};

const ROUNDS: usize = 20;

/// Options of `bench analyze`.
#[derive(Debug, Args)]
pub(super) struct AnalyzeArgs {
    /// Readers, each of whom reads every case in two modalities.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=200))]
    readers: u32,
    /// Cases, half of them diseased.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(8..=100_000))]
    cases: u32,
    /// Measure this script as the floor too (python3 with numpy): it prints `median_ms`.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Measures.
pub(super) fn analyze(args: &AnalyzeArgs) -> Result<(), Failure> {
    let (readers, cases) = (args.readers as usize, args.cases as usize);
    let scores = ratings(readers, cases);
    let data = dataset(readers, cases, &scores);
    let script_ms = args.script.as_deref().map(|script| of_script(script, args)).transpose()?;
    let mut outcome = Ok(());
    let ours_ms = median_ms(|| match compare(black_box(&data), Covariance::DeLong) {
        Ok(found) => drop(black_box(found)),
        Err(e) => outcome = Err(Failure::Input(e.to_string())),
    });
    outcome?;
    let floor_ms = median_ms(|| drop(black_box(floor(black_box(&scores), cases))));
    let report = json!({
        "what": "analyze",
        "input": { "modalities": 2, "readers": readers, "cases": cases },
        "ours": { "or_and_ustat_ms": ours_ms },
        "floor": { "delong_ms": floor_ms, "script_ms": script_ms },
        "ratio": { "to_delong": ours_ms / floor_ms, "to_script": script_ms.map(|ms| ours_ms / ms) },
        "adapter": null,
        "load_average": load_average(),
    });
    if args.json { say_json(&report) } else { say(&format!("{}\n", in_words(&report))) }
}

fn median_ms(mut run: impl FnMut()) -> f64 {
    let clock = Clock::start();
    run();
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begun = clock.since_start();
            run();
            clock.since_start().saturating_sub(begun).as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    quantile(&times, 0.5).unwrap_or_default()
}

/// Ratings of modality, reader and case as the script makes them: a signal of 1.3, cases that differ by 0.6 and reads by 0.8, in twentieths.
fn ratings(readers: usize, cases: usize) -> Vec<f64> {
    let mut state = 1_u64;
    // SplitMix64 (Steele, Lea, Flood 2014), and two of its numbers as one of the normal distribution (Box, Muller 1958).
    let mut uniform = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut normal = move || (-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
    let of_case: Vec<f64> = (0..cases).map(|k| if is_diseased(k, cases) { 1.3 } else { 0.0 } + 0.6 * normal()).collect();
    (0..2 * readers).flat_map(|_| of_case.iter().map(|base| (20.0 * (base + 0.8 * normal())).round()).collect::<Vec<_>>()).collect()
}
const fn is_diseased(case: usize, cases: usize) -> bool {
    case >= cases / 2
}

fn dataset(readers: usize, cases: usize, scores: &[f64]) -> Dataset {
    let case = |k: usize| DataCase { name: k.to_string(), patient: None, diseased: is_diseased(k, cases), lesions: Vec::new() };
    Dataset {
        modalities: vec!["A".to_owned(), "B".to_owned()],
        readers: (0..readers).map(|r| r.to_string()).collect(),
        cases: (0..cases).map(case).collect(),
        scores: Scores::Roc(scores.iter().map(|s| Some(*s)).collect()),
    }
}

/// The areas and the covariances of all of them.
fn floor(scores: &[f64], cases: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut areas, mut components) = (Vec::new(), [Vec::new(), Vec::new()]);
    for cell in scores.chunks_exact(cases) {
        let (x, y) = cell.split_at(cases / 2);
        let [xs, ys] = [x, y].map(|side| {
            let mut sorted = side.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted
        });
        let share = |sorted: &[f64], v: f64| {
            let (below, up_to) = (sorted.partition_point(|s| *s < v), sorted.partition_point(|s| *s <= v));
            (below + up_to) as f64 / (2 * sorted.len()) as f64
        };
        let v10: Vec<f64> = y.iter().map(|v| share(&xs, *v)).collect();
        let v01: Vec<f64> = x.iter().map(|v| 1.0 - share(&ys, *v)).collect();
        areas.push(v10.iter().sum::<f64>() / v10.len() as f64);
        for (all, v) in components.iter_mut().zip([v10, v01]) {
            let mean = v.iter().sum::<f64>() / v.len() as f64;
            all.push(v.iter().map(|v| v - mean).collect::<Vec<f64>>());
        }
    }
    let mut covariances = vec![0.0; areas.len() * areas.len()];
    for all in &components {
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                let n = a.len() as f64;
                let sum: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                covariances[i * areas.len() + j] += sum / ((n - 1.0) * n);
            }
        }
    }
    (areas, covariances)
}

/// The median of the script, in ms.
fn of_script(script: &Path, args: &AnalyzeArgs) -> Result<f64, Failure> {
    let fail = |why: &str| Failure::Input(format!("{}: {why}", script.display()));
    let ran = Command::new("python3").arg(script).args([args.readers.to_string(), args.cases.to_string()]).output();
    let ran = ran.map_err(|e| fail(&format!("python3 cannot be started ({e}).")))?;
    let said: Option<Value> = serde_json::from_slice(&ran.stdout).ok();
    said.and_then(|v| v["median_ms"].as_f64()).ok_or_else(|| fail("it printed no `median_ms`; it needs python3 with numpy."))
}

fn in_words(report: &Value) -> String {
    let number = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    format!(
        "{} readers x {} cases x 2 modalities: Obuchowski-Rockette and U-statistics in {} ms, {} times the placement values alone ({} ms); the script: {} ms, {} times",
        report["input"]["readers"],
        report["input"]["cases"],
        number(&report["ours"]["or_and_ustat_ms"]),
        number(&report["ratio"]["to_delong"]),
        number(&report["floor"]["delong_ms"]),
        number(&report["floor"]["script_ms"]),
        number(&report["ratio"]["to_script"]),
    )
}
