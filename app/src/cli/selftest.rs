//! `selftest`: whether this machine's graphics adapter draws byte for byte what the processor computes, and what a session on it would be recorded with.

use super::images::write_png;
use super::{Failure, say, say_json};
use crate::panes::judged;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tiresias_reads::machine::Selftest;
use tiresias_render::gpu::{Offscreen, selftest as try_out};
use tiresias_render::pattern::pattern;

/// Options of `selftest`.
#[derive(Debug, Args)]
pub(super) struct SelftestArgs {
    /// Write the display test pattern to FILE as PNG, to be looked at one pixel on one pixel.
    #[arg(long, value_name = "FILE")]
    pattern: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn selftest(args: &SelftestArgs) -> Result<(), Failure> {
    if let Some(file) = &args.pattern {
        write_png(file, &pattern())?;
    }
    let gpu = Offscreen::open().map_err(|e| Failure::No(format!("The self test cannot run: {e}.")))?;
    let found = try_out(&gpu).map_err(|e| Failure::No(format!("The self test did not finish: {e}.")))?;
    let (sampled, presented) = (found.sampled, found.presented);
    let adapter = gpu.adapter();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let verdict = judged(found);
    if args.json {
        let tally = |t: tiresias_render::gpu::Tally| json!({ "equal": t.equal, "of": t.of });
        say_json(&json!({
            "build": crate::BUILD, "system": std::env::consts::OS, "architecture": std::env::consts::ARCH, "cores": cores, "adapter": adapter,
            "sampled": tally(sampled), "presented": tally(presented), "passed": verdict == Selftest::Passed,
        }))?;
    } else {
        say(&format!(
            "build {}\nsystem {} on {}, {cores} cores\ngraphics adapter {adapter}\nsampled by the adapter: {} of {} images equal the processor\u{2019}s, byte for byte\n\
             presented by the adapter: {} of {} images equal\n",
            crate::BUILD,
            std::env::consts::OS,
            std::env::consts::ARCH,
            sampled.equal,
            sampled.of,
            presented.equal,
            presented.of
        ))?;
    }
    match verdict {
        Selftest::Passed => Ok(()),
        Selftest::NotSampled => Err(Failure::No(format!(
            "\"{adapter}\" samples images otherwise than it should; the window lets the processor compute them. Update its driver."
        ))),
        Selftest::NotPresented => Err(Failure::No(format!(
            "\"{adapter}\" shows images otherwise than they are; do not read on it. Update its driver, or use another machine."
        ))),
    }
}
