//! `results` and `merge`: what was read goes back to the study desk as one signed file, and many of them become one study.
//!
//! Refuses: to settle a contradiction. The answer of `merge` is no (exit code 1) as long as there is one, and what it touches counts for nothing.

use super::secrets::Signer;
use super::{Failure, say, say_json};
use crate::work::{assigned, at, is_free, take_in, write_file};
use clap::Args;
use std::path::PathBuf;
use tiresias_reads::study::Study;

/// Options of `results`.
#[derive(Debug, Args)]
pub(super) struct ResultsArgs {
    /// The folder that a reader received and read in.
    study: PathBuf,
    /// A file that does not exist yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Options of `merge`.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The study desk's folder.
    out: PathBuf,
    /// Results files; none to look at what is there.
    files: Vec<PathBuf>,
    /// A receipt that a reader holds: results without it are missed.
    #[arg(long = "receipt", value_name = "CODE")]
    receipts: Vec<String>,
    /// Take files in although reading is closed, for this reason: a deviation, which is signed and said in every output.
    #[arg(long, value_name = "REASON")]
    deviation: Option<String>,
    #[command(flatten)]
    signer: Signer,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Writes the results file of a workstation.
pub(super) fn results(args: &ResultsArgs) -> Result<(), Failure> {
    is_free(&args.out, "the results file")?;
    let study = Study::open(&args.study).map_err(|e| at(&args.study, e))?;
    let record = study.open_record(crate::BUILD).map_err(|e| at(&args.study, e))?;
    let text = record.results().map_err(|e| at(&args.study, format!("no results were written: {e}")))?;
    write_file(&args.out, "the results file", text.as_bytes())?;
    say(&format!("{}: {} records, signed\n", args.out.display(), record.head().seq))
}

/// Takes results files in and says what there is.
pub(super) fn merge(args: &MergeArgs) -> Result<(), Failure> {
    let (accounts, _) = assigned(&args.out)?;
    let keys = args.signer.unlock(&accounts)?;
    let document = take_in(&args.out, &keys, &args.files, &args.receipts, args.deviation.as_deref())?;
    if args.json {
        say_json(&document)?;
    } else {
        say(&format!(
            "{}: {} taken, {} there already; {} reads from {} workstations\n",
            args.out.display(),
            document.taken.len(),
            document.already.len(),
            document.reads,
            document.files
        ))?;
        document.conflicts.iter().try_for_each(|c| say(&format!("{c}\n")))?;
        document.refused.iter().try_for_each(|r| say(&format!("{r}\n")))?;
    }
    match (document.refused.as_slice(), document.conflicts.len()) {
        ([], 0) => Ok(()),
        ([], n) => Err(Failure::No(format!(
            "{}: there {} to be decided; what {} touch{} does not count.",
            args.out.display(),
            contradictions(n),
            if n == 1 { "it" } else { "they" },
            if n == 1 { "es" } else { "" }
        ))),
        ([first, others @ ..], _) => {
            let more = if others.is_empty() { String::new() } else { format!(" ({} more files were refused)", others.len()) };
            Err(Failure::Input(format!("{first}{more}")))
        }
    }
}

fn contradictions(n: usize) -> String {
    if n == 1 { "is one contradiction".to_owned() } else { format!("are {n} contradictions") }
}
