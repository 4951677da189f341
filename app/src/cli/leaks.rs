//! `scan`: what in DICOM files may say who a patient is, and a contact sheet for a person to look at.

use super::images::{at, write_png};
use super::{Failure, say, say_json};
use crate::codecs::workers;
use clap::Args;
use serde_json::json;
use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::path::PathBuf;
use tiresias_cases::{Scan, contact_sheet, scan as scan_leaks};
use tiresias_render::ColourImage;

/// Options of `scan`.
#[derive(Debug, Args)]
pub(super) struct ScanArgs {
    /// A DICOM file, a folder, a DICOMDIR or a case package.
    path: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    /// Print the values that were found. They identify: not for a log.
    #[arg(long)]
    show_values: bool,
    /// Also write a PNG of the frames that were looked at, with what was taken for text outlined.
    #[arg(long, value_name = "FILE")]
    contact_sheet: Option<PathBuf>,
}

/// Whether a set of files is free of what may identify. The answer is no where anything was found, leak or suspect, that nobody answered when a package was made.
pub(super) fn scan(args: &ScanArgs) -> Result<(), Failure> {
    let (path, codecs) = (&args.path, workers()?);
    let mut progress = Progress::new();
    let found = scan_leaks(path, &codecs, &mut |s| progress.show("scanned", s));
    progress.end();
    let report = match found {
        Ok(report) => report,
        Err(e) => {
            if args.json {
                say_json(&json!({ "path": path.display().to_string(), "leaks": [], "clean": false, "reason": e.to_string() }))?;
            }
            return Err(at(path, &e));
        }
    };
    if args.json {
        say_json(&report.json(args.show_values))?;
    } else {
        say(&report.text(args.show_values).to_string())?;
    }
    if report.files() == 0 {
        return Err(Failure::Input(format!("{}: there is no DICOM file in it to scan.", path.display())));
    }
    if let Some(out) = &args.contact_sheet {
        let mut progress = Progress::new();
        let sheet = contact_sheet(path, &codecs, &mut |s| progress.show("drawn", s));
        progress.end();
        let sheet = sheet.map_err(|e| at(path, &e))?;
        write_png(out, &ColourImage { size: sheet.size, bytes: sheet.rgb })?;
    }
    if report.is_clean() {
        return Ok(());
    }
    let count = report.unanswered().count();
    let (verb, what) = if report.has_leaks() { ("remove", "may identify") } else { ("look at", "a person has to judge") };
    Err(Failure::No(format!("{}: {count} findings that {what}; {verb} them before anyone reads these images.", path.display())))
}

/// A line on stderr that says how far the work is, where somebody looks at it.
struct Progress {
    is_watched: bool,
    last: usize,
}

impl Progress {
    fn new() -> Self {
        Self { is_watched: std::io::stderr().is_terminal(), last: usize::MAX }
    }
    fn show(&mut self, word: &str, Scan { done, total }: Scan) -> ControlFlow<()> {
        let percent = done * 100 / total.max(1);
        if self.is_watched && percent != self.last {
            self.last = percent;
            // Nobody looks when stderr is closed.
            let _ = write!(std::io::stderr(), "\r{percent:3} % {word}");
        }
        ControlFlow::Continue(())
    }
    fn end(&self) {
        if self.is_watched && self.last != usize::MAX {
            let _ = write!(std::io::stderr(), "\r{:24}\r", "");
        }
    }
}
