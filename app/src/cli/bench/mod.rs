//! `bench`: how fast it is on this machine, beside what the machine can do at best (notes/json.md).
//!
//! Owns the subcommands and what their reports share. Each kind of measurement has a file of its own.

mod all;
mod analyze;
mod export;
mod frames;
mod load;
mod pack;
mod panes;
mod record;
mod start;

use super::{Failure, WindowArgs};
use clap::{Args, Subcommand};

/// Options of `bench`.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All of these after the other, and one report.
    All(all::AllArgs),
    /// Scores into CSV through the exporter, against writing and flushing the same bytes.
    Export(export::ExportArgs),
    /// An analysis of many readers and cases, against the placement values that any such analysis needs.
    Analyze(analyze::AnalyzeArgs),
    /// A frame of the window with panes, against the same window without, read in a copy of the study; or the panes alone, without a window.
    Frames(frames::FramesArgs),
    /// Answers into a record, each durable with its hash, against writing and syncing a block on the same disk.
    Record(record::RecordArgs),
    /// The images of a folder or case package into memory, against the bare reading of their files.
    Load(load::LoadArgs),
    /// From the start of the program to its second frame, against a window of the same toolkit with nothing in it.
    Start(start::StartArgs),
    /// A case into a package of a study, against decoding, hashing and writing the same bytes.
    Pack(pack::PackBenchArgs),
}

/// Measures.
pub(super) fn bench(args: &BenchArgs, window: &WindowArgs) -> Result<(), Failure> {
    match &args.what {
        What::All(args) => all::all(args),
        What::Export(args) => export::export(args),
        What::Analyze(args) => analyze::analyze(args),
        What::Frames(args) => frames::frames(args, window),
        What::Record(args) => record::record(args),
        What::Load(args) => load::load(args),
        What::Start(args) => start::start(args),
        What::Pack(args) => pack::pack(args),
    }
}

/// The value below which this part of the sorted times lies.
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    sorted.get(((sorted.len().max(1) - 1) as f64 * part).round() as usize).copied()
}

/// The load of the machine in the last minute, where the system tells.
fn load_average() -> Option<f64> {
    let load = std::fs::read_to_string("/proc/loadavg").ok();
    load.and_then(|l| l.split_whitespace().next().and_then(|n| n.parse().ok()))
}
