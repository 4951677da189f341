//! Exports: files that other programs read, in a fresh folder with a manifest.
//!
//! Every exporter makes its files in memory, writes them beside their place, reads them back with an own reader and compares, and only
//! then lets the folder appear. Where truth meets scores the manifest says that it was an open look: in this version there is no
//! database lock that could come first.
//! Refuses: a folder with something in it, truth that does not fit the study, a study in which nothing is locked.

mod imrmc;
mod score_sheet;

use crate::folder::{Aside, FolderError};
use crate::formats::imrmc::Imrmc;
use crate::hash;
use crate::record::{Record, RecordError};
use crate::shown::shown;
use crate::study::Study;
use crate::table::reads_table;
use crate::truth::Truth;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tiresias_words::{CaseId, ContentHash, QuestionId};

const MANIFEST: &str = "manifest.json";
const EXPORT_VERSION: u32 = 1;
const OPEN_LOOK: &str = "Truth met scores before a database lock: this was an open look, and reading may still have been going on.";

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The score sheet and the marks, as CSV, under the readers' own codes.
    Csv,
    /// iMRMC's text format, for iMRMC (Java and R) and for RJafroc.
    Imrmc,
}

impl std::str::FromStr for Format {
    type Err = ExportError;
    fn from_str(word: &str) -> Result<Self, ExportError> {
        match word {
            "csv" => Ok(Self::Csv),
            "imrmc" => Ok(Self::Imrmc),
            _ => Err(ExportError::UnknownFormat(shown(word, 20))),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Where.
    pub folder: PathBuf,
    /// The files, manifest included, sorted.
    pub files: Vec<String>,
    /// What the person who exports should know, each a sentence; in the manifest too.
    pub notes: Vec<String>,
    /// Whether truth met scores.
    pub open_look: bool,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// No such format.
    #[error("There is no format \"{0}\" in this version. Write `csv` or `imrmc`.")]
    UnknownFormat(String),
    /// The record cannot be used.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// Nothing to write.
    #[error("No read of this study is locked yet, so there is nothing to export.")]
    NothingLocked,
    /// Truth is needed.
    #[error("The format `imrmc` needs the truth: add `--truth FILE`, a file with the columns `case,package,truth`.")]
    NeedsTruth,
    /// Truth about a case that nobody was to read.
    #[error("{file}, line {line}: The case \"{case}\" is in no bundle of this study. Name the truth file of this study.")]
    UnknownCase {
        /// The truth file.
        file: String,
        /// Its line.
        line: u64,
        /// The case.
        case: CaseId,
    },
    /// A case without truth.
    #[error("{file}: It has no line for the case in `packages/{}`, which is read in this study. Add the line.", &.package.to_string()[..16])]
    NoTruth {
        /// The truth file.
        file: String,
        /// The case's package.
        package: ContentHash,
    },
    /// Units that are rated by themselves.
    #[error("This study rates sides or regions by themselves, and the format `imrmc` knows one score a case. Write `csv`.")]
    Units,
    /// Only one class of cases.
    #[error("{0}: All its cases have the same truth, and an analysis needs cases with and without the signal.")]
    OneClass(String),
    /// Something is in the way.
    #[error("Nothing was exported: the folder is not empty. Name an empty folder, or one that does not exist.")]
    Occupied,
    /// The folder cannot be written.
    #[error("Nothing was exported: the folder cannot be written ({0}). Name a place where you may write and that has room.")]
    Unwritable(io::ErrorKind),
    /// A written file does not read back as what was meant.
    #[error("Nothing was exported: `{0}` did not read back as it was written. Try another disk; if that does not help, report it.")]
    ReadBack(String),
}

impl From<FolderError> for ExportError {
    fn from(e: FolderError) -> Self {
        match e {
            FolderError::Occupied => Self::Occupied,
            FolderError::NoPlace => Self::Unwritable(io::ErrorKind::InvalidInput),
            FolderError::Disk(kind) => Self::Unwritable(kind),
        }
    }
}

/// A file to be written, and what reading it back must give.
struct OutFile {
    name: String,
    text: String,
    means: Meaning,
}

/// What a file says, apart from its form.
enum Meaning {
    Cells(Vec<Vec<String>>),
    Scores(Imrmc),
}

impl OutFile {
    fn of_cells(name: String, cells: Vec<Vec<String>>) -> Self {
        Self { name, text: score_sheet::text_of(&cells), means: Meaning::Cells(cells) }
    }
    fn reads_back(&self, bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        match &self.means {
            Meaning::Cells(cells) => score_sheet::cells_of(text).as_ref() == Some(cells),
            Meaning::Scores(scores) => Imrmc::parse(text).as_ref() == Ok(scores),
        }
    }
}

#[derive(Serialize)]
struct Manifest<'a> {
    tiresias_export: u32,
    format: Format,
    study: &'a str,
    protocol: ContentHash,
    record_head: ContentHash,
    records: u64,
    /// `null` where the highest rating of a mark is the rating of the case.
    rating_question: Option<&'a QuestionId>,
    open_look: bool,
    open_look_statement: Option<&'a str>,
    notes: &'a [String],
    files: BTreeMap<&'a str, ContentHash>,
}

/// Writes an export of a study's locked reads into `out`, which must not exist or be empty.
///
/// # Errors
/// When there is nothing to export, truth is needed and missing or does not fit, or the folder cannot be written. Nothing is left then.
pub fn export(format: Format, study: &Study, record: &Record, truth: Option<&Truth>, out: &Path) -> Result<Exported, ExportError> {
    let table = reads_table(record, study.protocol())?;
    if table.rows.is_empty() {
        return Err(ExportError::NothingLocked);
    }
    let (files, notes) = match format {
        Format::Csv => (score_sheet::files(study.protocol(), &table), Vec::new()),
        Format::Imrmc => imrmc::files(study, &table, truth.ok_or(ExportError::NeedsTruth)?)?,
    };
    let open_look = format == Format::Imrmc;
    let manifest = Manifest {
        tiresias_export: EXPORT_VERSION,
        format,
        study: study.protocol().study(),
        protocol: study.protocol().hash(),
        record_head: table.head.head,
        records: table.head.seq,
        rating_question: study.protocol().form().rating(),
        open_look,
        open_look_statement: open_look.then_some(OPEN_LOOK),
        notes: &notes,
        files: files.iter().map(|f| (f.name.as_str(), hash::of_bytes(f.text.as_bytes()))).collect(),
    };
    let json = serde_json::to_string_pretty(&manifest).map_err(|_| ExportError::ReadBack(MANIFEST.into()))?;
    let aside = Aside::begin(out)?;
    for file in &files {
        aside.file(&file.name, file.text.as_bytes())?;
        if !file.reads_back(&aside.read(&file.name)?) {
            return Err(ExportError::ReadBack(file.name.clone()));
        }
    }
    aside.file(MANIFEST, format!("{json}\n").as_bytes())?;
    aside.appear()?;
    let mut names: Vec<String> = files.into_iter().map(|f| f.name).chain([MANIFEST.to_owned()]).collect();
    names.sort();
    Ok(Exported { folder: out.to_owned(), files: names, notes, open_look })
}
