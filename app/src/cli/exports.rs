//! `export`: what was locked, brought out in the forms that people and statistics programs take.
//!
//! Owns the way from the arguments to one request, and hands marks in numbers to `cases`, which writes them as DICOM. Refuses nothing of itself.

use super::meeting::Meets;
use super::{Failure, say};
use crate::clock::Clock;
use crate::meeting::truth_of;
use clap::Args;
use std::path::{Path, PathBuf};
use tiresias_cases::{
    CaseMark, MarkedCase, Package, Trust, read_report, read_segmentation, report as mark_report, segmentations as mark_segmentations,
};
use tiresias_reads::closing::reads_alone;
use tiresias_reads::export::{ExportError, Format, MarkedRead, Report, Reports, Request, export as write_export};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::scoring::{Holding, Reads, score};

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
    /// Export although reads are missing; the files say so.
    #[arg(long)]
    incomplete: bool,
    #[command(flatten)]
    meets: Meets,
}

fn at(place: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", place.display()))
}

/// Writes an export.
pub(super) fn export(args: &ExportArgs) -> Result<(), Failure> {
    let root = &args.study;
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| at(root, e))?;
    let gathered = if args.adjudicated { gathered.adjudicated().map_err(|e| at(root, e))? } else { gathered };
    let keys = args.meets.keys(&gathered)?;
    let truth = args.truth.as_deref().map(|file| truth_of(root, Some(file), args.desk.as_deref())).transpose().map_err(Failure::Input)?;
    let scored = match &truth {
        None => {
            reads_alone(&gathered, keys.as_ref(), args.format).map_err(|e| at(root, e))?;
            None
        }
        Some(truth) => {
            let meeting = args.meets.meet(&gathered, keys.as_ref())?;
            let reads = Reads { protocol: gathered.protocol(), bundles: gathered.bundles(), table: gathered.table() };
            Some((score(reads, truth, &Holding::default()).map_err(|e| at(root, e))?, meeting))
        }
    };
    let request = Request {
        gathered: &gathered,
        scored: scored.as_ref().map(|(scored, meeting)| (scored, meeting)),
        allow_incomplete: args.incomplete,
        signer: keys.as_ref().map(|keys| (keys, Clock::start().now().utc_ms)),
        reports: Some(&InPackages(&gathered)),
    };
    let done = write_export(args.format, request, &args.out).map_err(|e| {
        let place = if matches!(e, ExportError::Occupied | ExportError::Unwritable(_)) { &args.out } else { root };
        at(place, e)
    })?;
    say(&format!("{}: {}\n", done.folder.display(), done.files.join(", ")))?;
    done.notes.iter().try_for_each(|note| say(&format!("{note}\n")))
}

/// Marks as DICOM, on the images of the study's packages.
struct InPackages<'a>(&'a Gathered);

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
