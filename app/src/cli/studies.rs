//! `verify` and `export`: what was recorded, checked and brought out.

use super::{Failure, say, say_json};
use clap::Args;
use std::path::{Path, PathBuf};
use tiresias_cases::Package;
use tiresias_reads::desk::Truth;
use tiresias_reads::export::{ExportError, Format, export as write_export};
use tiresias_reads::record::{FirstBad, RecordError, Verification, What, verify as verify_record};
use tiresias_reads::study::Study;

/// Options of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The study's folder.
    study: PathBuf,
    /// csv or imrmc.
    #[arg(long)]
    format: Format,
    /// A folder that does not exist yet.
    #[arg(long)]
    out: PathBuf,
    /// The desk's truth: a CSV of case, package and truth.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

/// Whether a package or record is intact.
pub(super) fn verify(path: &Path, json: bool) -> Result<(), Failure> {
    if path.join("manifest.json").is_file() {
        return verify_package(path, json);
    }
    let study = |e| Failure::Input(format!("{}: {e}", path.display()));
    let record = if path.is_dir() { Study::open(path).map_err(study)?.record_path() } else { path.to_owned() };
    if path.is_dir() && !record.exists() {
        return Err(Failure::Input(format!("{}: nothing was recorded in this study yet.", path.display())));
    }
    let found = match verify_record(&record) {
        // Looked at, and not intact: the answer is no, even where no row can be named.
        Err(damaged @ RecordError::Damaged) => {
            let bad = FirstBad { record: 0, what: What::Missing, detail: damaged.to_string() };
            Verification { intact: false, records: 0, first_bad: Some(bad), head: None, signed_by: None }
        }
        other => other.map_err(|e| Failure::Input(format!("{}: {e}", record.display())))?,
    };
    if json {
        say_json(&found)?;
    } else if found.intact {
        let head = found.head.map_or_else(|| "none".to_owned(), |h| h.to_string());
        say(&format!("{}: intact, {} records, head {head}\n", record.display(), found.records))?;
    }
    match &found {
        Verification { intact: true, .. } => Ok(()),
        Verification { first_bad: Some(bad), .. } => Err(Failure::No(format!("{}: {bad}", record.display()))),
        Verification { first_bad: None, .. } => Err(Failure::No(format!("{}: the record is not intact.", record.display()))),
    }
}

fn verify_package(path: &Path, json: bool) -> Result<(), Failure> {
    let checked = Package::open(path).and_then(|p| p.verify().map(|()| p));
    let (intact, detail) = match &checked {
        Ok(_) => (true, None),
        Err(e) => (false, Some(e.to_string())),
    };
    if json {
        let head = checked.as_ref().ok().map(|p| p.hash().to_string());
        let bad = detail.as_ref().map(|d| serde_json::json!({ "record": 0, "what": "hash", "detail": d }));
        let files = checked.as_ref().map_or(0, |p| p.series().iter().map(tiresias_cases::Series::len).sum());
        say_json(&serde_json::json!({ "intact": intact, "records": files, "first_bad": bad, "head": head, "signed_by": null }))?;
    } else if let Ok(package) = &checked {
        say(&format!("{}: intact, package {}\n", path.display(), package.hash()))?;
    }
    detail.map_or(Ok(()), |d| Err(Failure::No(format!("{}: {d}", path.display()))))
}

/// Writes an export.
pub(super) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let study = Study::open(&args.study).map_err(|e| Failure::Input(format!("{}: {e}", args.study.display())))?;
    let record = study.open_record(crate::BUILD).map_err(|e| Failure::Input(format!("{}: {e}", args.study.display())))?;
    let truth = args.truth.as_deref().map(Truth::read).transpose()?;
    let done = write_export(args.format, &study, &record, truth.as_ref(), &args.out).map_err(|e| {
        let place = if matches!(e, ExportError::Occupied | ExportError::Unwritable(_)) { &args.out } else { &args.study };
        Failure::Input(format!("{}: {e}", place.display()))
    })?;
    say(&format!("{}: {}\n", done.folder.display(), done.files.join(", ")))?;
    done.notes.iter().try_for_each(|note| say(&format!("{note}\n")))
}
