//! `simulate`: a study is tried before anybody sits down for it.
//!
//! Refuses: to write into the study that it is made from.

use super::secrets::passphrase;
use super::{Failure, say};
use crate::simulate::{Plan, Seen, SimulateError, Stage, simulate as run, sit};
use clap::Args;
use std::ffi::OsString;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

/// Options of `simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The study desk's folder that it is made from.
    study: PathBuf,
    /// Where the simulated study goes; by default beside it, with `-simulated` at the end of its name.
    #[arg(long)]
    out: Option<PathBuf>,
    /// How many readers.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    readers: u32,
    /// So many made-up cases without images, in the place of those of the study.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=5000))]
    cases: Option<u32>,
    /// The area under the ROC curve for each condition that is a score, separated by commas.
    #[arg(long = "auc", value_name = "A,B", value_delimiter = ',')]
    areas: Vec<f64>,
    /// Everything follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Show readers what the AI says, where the protocol does: the passphrase of the study's key file is asked.
    #[arg(long)]
    keys: bool,
    /// A file whose first line is that passphrase.
    #[arg(long, value_name = "FILE", requires = "keys")]
    key_passphrase_file: Option<PathBuf>,
    /// Close reading at the end, so that the results can be looked at.
    #[arg(long)]
    close: bool,
}

/// Simulates a study.
pub(super) fn simulate(args: &SimulateArgs) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| {
        let mut name = args.study.file_name().map_or_else(|| OsString::from("study"), OsString::from);
        name.push("-simulated");
        args.study.with_file_name(name)
    });
    let key_passphrase = match args.keys {
        true => Some(passphrase(args.key_passphrase_file.as_deref(), "Passphrase of the study's key file: ")?),
        false => None,
    };
    let plan = Plan {
        study: args.study.clone(),
        out,
        readers: args.readers,
        cases: args.cases,
        areas: args.areas.clone(),
        seed: args.seed,
        machines: "simulated".to_owned(),
        key_passphrase,
        closes: args.close,
    };
    let mut tell = |step: &str| {
        let _ = writeln!(std::io::stderr(), "tiresias: {step}");
    };
    let done = run(&plan, &mut tell, &mut |_| Ok(())).map_err(|e| Failure::Input(format!("{}: {e}", args.study.display())))?;
    say(&format!(
        "{}: {} readers, {} cases, {} reads, signed and merged{}\n",
        plan.out.display(),
        done.readers,
        done.cases,
        done.reads,
        if args.close { "; reading is closed" } else { "" }
    ))
}

/// Options of `simulated-reader`.
#[derive(Debug, Args)]
pub(super) struct ReaderArgs {
    /// The folder that the study desk handed out to a simulated reader.
    study: PathBuf,
    /// Everything follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// After each step say where it stands, and wait for a line on stdin.
    #[arg(long)]
    steps: bool,
}

/// Lets one simulated reader read at their workstation.
pub(super) fn simulated_reader(args: &ReaderArgs) -> Result<(), Failure> {
    let mut number = 0u64;
    let mut step = |seen: &Seen<'_>| {
        if !args.steps {
            return Ok(());
        }
        number += 1;
        let stage = match seen.stage {
            Stage::Decided => "decided",
            Stage::Shown => "shown",
        };
        let told = say(&format!("{number} {stage} {}\n", seen.rows));
        let answered = std::io::stdin().lock().read_line(&mut String::new());
        if told.is_ok() && answered.is_ok_and(|n| n > 0) { Ok(()) } else { Err(SimulateError::Unheard) }
    };
    let locked = sit(&args.study, args.seed, &mut step).map_err(|e| Failure::Input(e.to_string()))?;
    say(&format!("{}: {locked} reads are locked and signed\n", args.study.display()))
}
