//! What was locked, brought out in the forms that people and statistics programs take: the command line and the results room come here.
//!
//! Hands marks in numbers to `cases`, which writes them as DICOM. Refuses nothing of itself.

use super::at;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::meeting::truth_of;
use std::path::Path;
use tiresias_cases::{
    CaseMark, MarkedCase, Package, Trust, read_report, read_segmentation, report as mark_report, segmentations as mark_segmentations,
};
use tiresias_reads::accounts::Unlocked;
use tiresias_reads::closing::{Early, Meeting, Purpose, meet, reads_alone};
use tiresias_reads::export::{ExportError, Exported, Format, MarkedRead, Report, Reports, Request, can_begin, export};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::scoring::{Holding, Reads, score};
use tiresias_reads::truth::Truth;

/// What is to be written.
pub(crate) struct ExportOrder<'a> {
    pub(crate) format: Format,
    /// A folder that does not exist yet.
    pub(crate) out: &'a Path,
    /// Although reads are missing.
    pub(crate) incomplete: bool,
    /// Who asks, and signs.
    pub(crate) keys: Option<&'a Unlocked>,
}

/// Writes an export: of reads alone, or of their scores with the truth, to which there is a leave.
pub(crate) fn exported(
    gathered: &Gathered,
    truth: Option<(&Truth, impl FnOnce() -> Result<Meeting, Failure>)>,
    order: &ExportOrder<'_>,
) -> Result<Exported, Failure> {
    let root = gathered.root();
    let failed = |e: ExportError| {
        let place = if matches!(e, ExportError::Occupied | ExportError::Unwritable(_)) { order.out } else { root };
        at(place, e)
    };
    let scored = match truth {
        None => {
            reads_alone(gathered, order.keys, order.format).map_err(|e| at(root, e))?;
            None
        }
        Some((truth, leave)) => {
            can_begin(order.format, gathered, order.incomplete, order.out).map_err(failed)?;
            let meeting = leave()?;
            let withdrawn = gathered.log().withdrawn();
            let reads =
                Reads { protocol: gathered.protocol(), bundles: gathered.bundles(), table: gathered.table(), withdrawn: &withdrawn };
            Some((score(reads, truth, &Holding::default()).map_err(|e| at(root, e))?, meeting))
        }
    };
    let request = Request {
        gathered,
        scored: scored.as_ref().map(|(scored, meeting)| (scored, meeting)),
        allow_incomplete: order.incomplete,
        signer: order.keys.map(|keys| (keys, Clock::start().now().utc_ms)),
        reports: Some(&InPackages(gathered)),
    };
    export(order.format, request, order.out).map_err(failed)
}

/// Everything that a desk's study fits, with its truth, for somebody who signed in there.
pub(crate) fn export_results(root: &Path, keys: &Unlocked, early: Option<&str>, incomplete: bool, out: &Path) -> Result<Exported, Failure> {
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| at(root, e))?;
    let truth = truth_of(root, None, None).map_err(Failure::Input)?;
    let leave = || {
        let early = early.map(|reason| Early { reason, utc_ms: Clock::start().now().utc_ms });
        meet(&gathered, Some(keys), early, Purpose::Exporting).map_err(|e| at(root, e))
    };
    exported(&gathered, Some((&truth, leave)), &ExportOrder { format: Format::All, out, incomplete, keys: Some(keys) })
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
            .map_err(|e| format!("{e}. Reports name the images, so the case packages must lie in packages/."))?;
        if package.hash() != read.package {
            return Err("its case package is not the one that was read. Put the right one into packages/.".into());
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
