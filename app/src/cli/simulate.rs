//! `simulate`: a study is tried before anybody sits down for it.
//!
//! Refuses: to write into the study that it is made from.

use super::secrets::passphrase;
use super::{Failure, say};
use crate::simulate::{Plan, simulate as run};
use clap::Args;
use std::ffi::OsString;
use std::io::Write as _;
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
    let done = run(&plan, &mut tell, &mut |_, _, _| Ok(())).map_err(|e| Failure::Input(format!("{}: {e}", args.study.display())))?;
    say(&format!(
        "{}: {} readers, {} cases, {} reads, signed and merged{}\n",
        plan.out.display(),
        done.readers,
        done.cases,
        done.reads,
        if args.close { "; reading is closed" } else { "" }
    ))
}
