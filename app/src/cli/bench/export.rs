//! `bench export`: how long scores take into a CSV on the disk through the exporter, beside writing and flushing the same bytes.
//!
//! The exporter makes the text, writes it with its manifest, flushes both and the folder, reads the text back, compares and lets the folder appear. The floor
//! is the same bytes into files of a folder, flushed likewise. Rounds of both take turns, and medians are compared.

use super::{load_average, quantile};
use crate::cli::{Failure, say, say_json};
use crate::clock::Clock;
use clap::Args;
use serde_json::json;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tiresias_reads::export::write_scores;
use tiresias_reads::scoring::{DataCase, Dataset, Scores};

/// Options of `bench export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// How many scores: a multiple of 40, for 20 readers and 2 conditions.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(40..=4_000_000))]
    scores: u32,
    /// A folder on the disk that is measured; by default the one for temporary files.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How often both are measured.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

const READERS: usize = 20;

/// Measures.
pub(super) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let scratch = args.dir.clone().unwrap_or_else(std::env::temp_dir).join(format!("tiresias-bench-{}", std::process::id()));
    let measured = rounds(args, &scratch);
    // A scratch folder that stays is the system's to clean.
    let _ = fs::remove_dir_all(&scratch);
    let [ours, floor, bytes] = measured?;
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        quantile(&times, 0.5).unwrap_or_default()
    };
    let (ours, floor, bytes) = (median(ours), median(floor), bytes.first().copied().unwrap_or_default());
    if args.json {
        return say_json(&json!({
            "what": "export", "input": { "scores": args.scores, "bytes": bytes, "rounds": args.rounds },
            "ours": { "total_s": ours }, "floor": { "fsync_s": floor }, "ratio": { "total": ours / floor }, "load_average": load_average(),
        }));
    }
    say(&format!(
        "{} scores, {bytes} bytes: {:.1} ms to write, flush, read back and compare; {:.1} ms to write and flush the same bytes: {:.2} x\n",
        args.scores,
        ours * 1e3,
        floor * 1e3,
        ours / floor
    ))
}

/// Seconds of each round of ours and of the floor, and the bytes written.
fn rounds(args: &ExportArgs, scratch: &Path) -> Result<[Vec<f64>; 3], Failure> {
    let data = dataset(args.scores as usize);
    let clock = Clock::start();
    let seconds = || clock.since_start().as_secs_f64();
    fs::create_dir_all(scratch)?;
    let [mut ours, mut floor, mut bytes] = [const { Vec::new() }; 3];
    for round in 0..args.rounds {
        let out = scratch.join(format!("export-{round}"));
        let begun = seconds();
        let names = write_scores("bench", &data, &out)?;
        ours.push(seconds() - begun);
        let files = names.iter().map(|name| Ok((name.as_str(), fs::read(out.join(name))?))).collect::<std::io::Result<Vec<_>>>()?;
        let begun = seconds();
        plain(&scratch.join(format!("plain-{round}")), &files)?;
        floor.push(seconds() - begun);
        bytes.push(files.iter().map(|(_, b)| b.len() as f64).sum());
    }
    Ok([ours, floor, bytes])
}

fn plain(folder: &Path, files: &[(&str, Vec<u8>)]) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    for (name, bytes) in files {
        let mut file = File::create_new(folder.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Scores of 0 to 100 with a decimal, of readers and cases under ids as studies have them.
fn dataset(scores: usize) -> Dataset {
    let cases = (scores / READERS / 2).max(1);
    let case = |n: usize| DataCase { name: format!("CASE-{n:05}"), patient: None, diseased: n.is_multiple_of(3), lesions: Vec::new() };
    let mut state = 1u64;
    let mut next = || {
        // Numbers that compress no better than scores do (Knuth's MMIX generator).
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 54) as f64 / 10.0
    };
    Dataset {
        modalities: ["unassisted", "assisted"].map(str::to_owned).to_vec(),
        readers: (1..=READERS).map(|n| format!("reader-{n:02}")).collect(),
        cases: (0..cases).map(case).collect(),
        scores: Scores::Roc((0..cases * READERS * 2).map(|_| Some(next())).collect()),
    }
}
