//! `export`: what was locked, brought out in the forms that people and statistics programs take.
//!
//! Owns the way from the arguments to one request, and hands marks in numbers to `cases`, which writes them as DICOM. Refuses nothing of itself.

use super::secrets::unlocked;
use super::study::ACCOUNTS;
use super::{Failure, say};
use crate::clock::Clock;
use clap::Args;
use std::path::{Path, PathBuf};
use tiresias_cases::{
    CaseMark, MarkedCase, Package, Trust, read_report, read_segmentation, report as mark_report, segmentations as mark_segmentations,
};
use tiresias_reads::accounts::{Accounts, Act};
use tiresias_reads::desk::Desk;
use tiresias_reads::export::{ExportError, Format, MarkedRead, Report, Reports, Request, export as write_export};
use tiresias_reads::scoring::{Holding, Reads, ScoredTable, score};
use tiresias_reads::study::Study;
use tiresias_reads::table::reads_table;
use tiresias_reads::truth::Truth;
use tiresias_words::AccountId;

/// Options of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The study's folder.
    study: PathBuf,
    /// What for: sheet and csv for people, imrmc, rjafroc, mrmcaov and ordbm for statistics programs, sr for DICOM reports and
    /// segmentations of the marks, audit and agreement (hidden repeats) as they are, or all that fit.
    #[arg(long)]
    format: Format,
    /// A folder that does not exist yet.
    #[arg(long)]
    out: PathBuf,
    /// The truth, as CSV or JSON; the formats for statistics programs need it.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// The desk's folder, where the truth names cases and not their packages.
    #[arg(long, value_name = "DIR", requires = "truth")]
    desk: Option<PathBuf>,
    /// Export although reads are missing; the files say so.
    #[arg(long)]
    incomplete: bool,
    /// The account that signs the export: a statistician's of this study.
    #[arg(long = "as", value_name = "ID")]
    account: Option<AccountId>,
    /// A file whose first line is its passphrase; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "account")]
    passphrase_file: Option<PathBuf>,
}

fn at(place: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", place.display()))
}

/// Writes an export.
pub(super) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let study = Study::open(&args.study).map_err(|e| at(&args.study, e))?;
    let keys = match &args.account {
        None => None,
        Some(id) => {
            let accounts = Accounts::open(&args.study.join(ACCOUNTS)).map_err(|e| at(&args.study, e))?;
            let keys = unlocked(&accounts, id, args.passphrase_file.as_deref())?;
            keys.may(Act::Analyse)?;
            Some(keys)
        }
    };
    let record = study.open_record(crate::BUILD).map_err(|e| at(&args.study, e))?;
    let scored = scored(args, &study, &record)?;
    let request = Request {
        study: &study,
        record: &record,
        scored: scored.as_ref(),
        is_locked: false,
        allow_incomplete: args.incomplete,
        signer: keys.as_ref().map(|keys| (keys, Clock::start().now().utc_ms)),
        reports: Some(&InPackages(&study)),
    };
    let done = write_export(args.format, request, &args.out).map_err(|e| {
        let place = if matches!(e, ExportError::Occupied | ExportError::Unwritable(_)) { &args.out } else { &args.study };
        at(place, e)
    })?;
    say(&format!("{}: {}\n", done.folder.display(), done.files.join(", ")))?;
    done.notes.iter().try_for_each(|note| say(&format!("{note}\n")))
}

/// The scores with their truth, where one was named.
fn scored(args: &ExportArgs, study: &Study, record: &tiresias_reads::record::Record) -> Result<Option<ScoredTable>, Failure> {
    let Some(file) = &args.truth else { return Ok(None) };
    let mut truth = Truth::read(file)?;
    if let Some(desk) = &args.desk {
        truth = truth.with_desk(&Desk::open(desk).map_err(|e| at(desk, e))?)?;
    }
    let table = reads_table(record, study.protocol()).map_err(|e| at(&args.study, e))?;
    let reads = Reads { protocol: study.protocol(), bundles: study.bundles(), table: &table };
    Ok(Some(score(reads, &truth, &Holding::default()).map_err(|e| at(&args.study, e))?))
}

/// Marks as DICOM, on the images of the study's packages.
struct InPackages<'a>(&'a Study);

impl InPackages<'_> {
    fn case(read: &MarkedRead) -> Result<MarkedCase, String> {
        let locked =
            jiff::Timestamp::from_millisecond(read.locked_utc_ms).map_err(|_| "no calendar has the time of its lock.".to_owned())?;
        let mark = |m: &tiresias_reads::export::PlacedMark| CaseMark {
            number: m.number,
            shape: m.shape.clone(),
            anchor: m.anchor.clone(),
            rating: f64::from(m.rating),
            class: m.class.clone(),
        };
        Ok(MarkedCase {
            read: read.name.clone(),
            reader: read.reader.clone(),
            label: read.label.clone(),
            case_rating: read.case_rating,
            locked: [locked.strftime("%Y%m%d").to_string(), locked.strftime("%H%M%S").to_string()],
            marks: read.marks.iter().map(mark).collect(),
        })
    }
}

impl Reports for InPackages<'_> {
    fn write(&self, read: &MarkedRead) -> Result<Vec<Report>, String> {
        let folder = self.0.package_dir(&read.package);
        let package = Package::open(&folder, &Trust::Unsigned)
            .map_err(|e| format!("{e}. Reports name the images, so the case packages must lie in `packages/`."))?;
        if package.hash() != read.package {
            return Err("its case package is not the one that was read. Put the right one into `packages/`.".into());
        }
        let case = Self::case(read)?;
        let mut files = vec![Report { ending: "sr.dcm".into(), bytes: mark_report(&case, &package).map_err(|e| format!("{e}."))? }];
        let masks = mark_segmentations(&case, &package).map_err(|e| format!("{e}."))?;
        files.extend((1..).zip(masks).map(|(n, bytes)| Report { ending: format!("seg-{n}.dcm"), bytes }));
        Ok(files)
    }
    fn reads_back(&self, _: &MarkedRead, report: &Report) -> bool {
        // What is in them was compared when they were written; here the bytes came from the disk.
        read_report(&report.bytes).is_ok() || read_segmentation(&report.bytes).is_ok()
    }
}
