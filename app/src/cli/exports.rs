//! `export`: what was locked, brought out in the forms that people and statistics programs take.
//!
//! Owns the options.

use super::meeting::Meets;
use super::{Failure, say};
use crate::meeting::truth_of;
use crate::work::{ExportOrder, at, exported};
use clap::Args;
use std::path::PathBuf;
use tiresias_reads::export::Format;
use tiresias_reads::gathered::Gathered;

/// Options of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The study desk's folder with the results of all readers, or a study's folder with a record.
    study: PathBuf,
    /// What for: sheet and csv for people, imrmc, rjafroc, mrmcaov and ordbm for statistics programs, sr for DICOM reports and
    /// segmentations of the marks, audit and agreement (hidden repeats) as they are, or all that fit.
    #[arg(long)]
    format: Format,
    /// A folder that does not exist yet.
    #[arg(long)]
    out: PathBuf,
    /// The truth, as CSV or JSON; the formats for statistics programs need it. It meets scores after the database lock alone.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// The desk's folder, where the truth names cases and not their packages; by default the study's, where it has such a list.
    #[arg(long, value_name = "DIR", requires = "truth")]
    desk: Option<PathBuf>,
    /// What adjudicators decided, where two readers differ, and not what readers read. Never both in one file.
    #[arg(long)]
    adjudicated: bool,
    /// One read a case: that with which more than half of its readers agree by the rules of the protocol, or else what an adjudicator decided.
    #[arg(long, conflicts_with_all = ["adjudicated", "truth"])]
    consensus: bool,
    /// Export although reads are missing; the files say so.
    #[arg(long)]
    incomplete: bool,
    #[command(flatten)]
    meets: Meets,
}

/// Writes an export.
pub(super) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let root = &args.study;
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| at(root, e))?;
    let gathered = match (args.adjudicated, args.consensus) {
        (true, _) => gathered.adjudicated(),
        (_, true) => gathered.consensus(),
        _ => Ok(gathered),
    };
    let gathered = gathered.map_err(|e| at(root, e))?;
    let keys = args.meets.keys(&gathered)?;
    let truth = args.truth.as_deref().map(|file| truth_of(root, Some(file), args.desk.as_deref())).transpose().map_err(Failure::Input)?;
    let truth = truth.as_ref().map(|truth| (truth, || args.meets.meet(&gathered, keys.as_ref())));
    let order = ExportOrder { format: args.format, out: &args.out, incomplete: args.incomplete, keys: keys.as_ref() };
    let done = exported(&gathered, truth, &order)?;
    say(&format!("{}: {}\n", done.folder.display(), done.files.join(", ")))?;
    done.notes.iter().try_for_each(|note| say(&format!("{note}\n")))
}
