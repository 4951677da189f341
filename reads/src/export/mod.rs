//! Exports: files that other programs and people read, in a fresh folder with a manifest.
//!
//! What each format takes is a table (`matrix`). Every exporter makes its files in memory, writes them beside their place, reads them back with an own
//! reader and compares, and only then lets the folder appear. Truth is in it by leave of a [`Meeting`]; where that came before the database lock the manifest says that it was an open look, and
//! so do the files that have room for it and the names of those that have not; an incomplete study is exported only on request, and its files say so.
//! Refuses: a folder with something in it, scores that do not fit the format, a study in which nothing is locked.

mod audit;
mod files;
mod intact;
pub mod matrix;
mod people;
mod programs;
mod reports;
mod table;

pub use audit::{AuditLine, audit_lines};
pub use intact::{Intact, NotIntact, is_export, verify_export};
pub use reports::{MarkedRead, PlacedMark, Report, Reports};

use crate::accounts::Unlocked;
use crate::closing::Meeting;
use crate::consensus::Agreed;
use crate::desk::Entry;
use crate::folder::{FolderError, free};
use crate::gathered::{Gathered, Set};
use crate::scoring::{Dataset, HowScored, ScoredTable};
use crate::shown::shown;
use audit::Audit;
use files::{Meaning, OutFile};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
pub(crate) use table::utc;
use tiresias_words::{ContentHash, QuestionId};

const EXPORT_VERSION: u32 = 3;
pub(crate) const OPEN_LOOK: &str =
    "Truth met scores before a database lock: this was an open look, and reading may still have been going on.";

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The score sheet as a workbook.
    Sheet,
    /// The score sheet as CSV, with a data dictionary.
    Csv,
    /// iMRMC's text format, for iMRMC (Java and R) and for RJafroc.
    Imrmc,
    /// RJafroc's workbook.
    Rjafroc,
    /// The CSV that MRMCaov takes as a data frame.
    Mrmcaov,
    /// The text files of OR-DBM MRMC.
    OrDbm,
    /// The marks as DICOM reports and segmentations.
    Sr,
    /// Every row of the record in a sentence.
    Audit,
    /// Hidden repeats beside their first reads.
    Agreement,
    /// All that fit.
    All,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 10] =
        [Self::Sheet, Self::Csv, Self::Imrmc, Self::Rjafroc, Self::Mrmcaov, Self::OrDbm, Self::Sr, Self::Audit, Self::Agreement, Self::All];
    /// Its word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sheet => "sheet",
            Self::Csv => "csv",
            Self::Imrmc => "imrmc",
            Self::Rjafroc => "rjafroc",
            Self::Mrmcaov => "mrmcaov",
            Self::OrDbm => "ordbm",
            Self::Sr => "sr",
            Self::Audit => "audit",
            Self::Agreement => "agreement",
            Self::All => "all",
        }
    }
    /// Whether it cannot be written without the truth.
    #[must_use]
    pub const fn needs_truth(self) -> bool {
        matches!(self, Self::Imrmc | Self::Rjafroc | Self::Mrmcaov | Self::OrDbm)
    }
}

impl std::str::FromStr for Format {
    type Err = ExportError;
    fn from_str(word: &str) -> Result<Self, ExportError> {
        Self::ALL.into_iter().find(|f| f.word() == word).ok_or_else(|| ExportError::UnknownFormat(shown(word, 20)))
    }
}

/// What is exported.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What was read.
    pub gathered: &'a Gathered,
    /// The scores with their truth, and the leave by which they met.
    pub scored: Option<(&'a ScoredTable, &'a Meeting)>,
    /// Whether a study may be exported of which reads are missing.
    pub allow_incomplete: bool,
    /// Who signs, and when (milliseconds since 1970 in UTC).
    pub signer: Option<(&'a Unlocked, i64)>,
    /// Who writes marks as DICOM.
    pub reports: Option<&'a dyn Reports>,
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
    /// Whether truth met scores before a database lock.
    pub open_look: bool,
    /// Whether reads are missing.
    pub incomplete: bool,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// No such format.
    #[error("There is no format \"{0}\". Write one of {list}.", list = Format::ALL.map(|f| format!("`{}`", f.word())).join(", "))]
    UnknownFormat(String),
    /// Nothing to write.
    #[error("No read of this study is locked yet, so there is nothing to export.")]
    NothingLocked,
    /// Truth is needed.
    #[error("The format `{}` needs the truth: add `--truth FILE`, a file with the columns `case,package,truth`.", .0.word())]
    NeedsTruth(Format),
    /// An empty cell of the matrix.
    #[error("{0}")]
    Refused(&'static str),
    /// A design that the format does not take.
    #[error("{why} Here {missing} of {of} scores are missing.")]
    Incomplete {
        /// The sentence of the matrix.
        why: &'static str,
        /// How many scores are missing.
        missing: usize,
        /// Of how many.
        of: usize,
    },
    /// Reads are missing, and nobody said that this is known.
    #[error("{left} of {of} reads are not locked yet. To export what is there, add `--incomplete`; the files will say so.")]
    Unfinished {
        /// How many.
        left: usize,
        /// Of how many.
        of: usize,
    },
    /// The scores do not make what the format takes.
    #[error("{0}")]
    Scores(String),
    /// Only one class of cases.
    #[error("All cases have the same truth, and an analysis needs cases with and without the signal.")]
    OneClass,
    /// Marks cannot be written.
    #[error("The marks of read {read} cannot be written: {why}")]
    Reports {
        /// Which read.
        read: String,
        /// Why, as a sentence.
        why: String,
    },
    /// The workbook cannot be made.
    #[error("The workbook cannot be written: {0}")]
    Workbook(String),
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

/// What every file says of its export where it has room.
struct About<'a> {
    study: &'a str,
    set: Set,
    protocol: ContentHash,
    head: ContentHash,
    open_look: bool,
    /// What is to be known of the lock and of looks before it.
    meeting: Vec<String>,
    contradictions: &'a [String],
    /// What was not planned, a sentence each.
    deviations: &'a [String],
    /// By what each case was settled, where this is the consensus.
    agreed: &'a [Agreed],
    /// Reads that are not locked, and all that were to be made.
    missing: Option<[usize; 2]>,
}

impl About<'_> {
    /// What files are called that can say inside what they are.
    fn name(&self) -> String {
        let set = match self.set {
            Set::Reads => "",
            Set::Adjudicated => ".adjudicated",
            Set::Consensus => ".consensus",
        };
        format!("{}{set}{}", self.study, if self.missing.is_some() { ".incomplete" } else { "" })
    }
    /// What files are called that have no room for it.
    fn marked_name(&self) -> String {
        format!("{}{}", self.name(), if self.open_look { ".open-look" } else { "" })
    }
    /// Lines above the data.
    fn title(&self) -> Vec<String> {
        let mut title = vec![format!("Tiresias study {}", self.study)];
        match self.set {
            Set::Reads => (),
            Set::Adjudicated => title.push("Adjudicated - what adjudicators decided, and no reader's read".to_owned()),
            Set::Consensus => title.push("Consensus - one read a case, of the majority or of an adjudicator".to_owned()),
        }
        if self.open_look {
            title.push("Open look - truth met scores before a database lock".to_owned());
        }
        if let Some([left, of]) = self.missing {
            title.push(format!("Incomplete - {left} of {of} reads are not locked yet"));
        }
        title
    }
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("study", self.study.to_owned()),
            ("set", self.set.word().to_owned()),
            ("protocol", self.protocol.to_string()),
            ("record head", self.head.to_string()),
            ("program", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        let what = if self.open_look { "open look" } else { "database lock" };
        lines.extend(self.meeting.iter().map(|note| (what, note.clone())));
        lines.extend(self.contradictions.iter().map(|note| ("does not count", note.clone())));
        lines.extend(self.deviations.iter().map(|note| ("deviation", note.clone())));
        if let Some([left, of]) = self.missing {
            lines.push(("incomplete", format!("{left} of {of} reads are not locked yet.")));
        }
        lines
    }
}

#[derive(Serialize)]
struct Manifest<'a> {
    tiresias_export: u32,
    format: Format,
    study: &'a str,
    /// Whose reads these are: the readers', what adjudicators decided, or the consensus of both.
    set: Set,
    protocol: ContentHash,
    record_head: ContentHash,
    records: u64,
    /// `null` where the highest rating of a mark is the rating of the case.
    rating_question: Option<&'a QuestionId>,
    open_look: bool,
    open_look_statement: Option<&'a str>,
    /// The leave by which truth met scores; `null` where truth was not looked at.
    meeting: Option<&'a Meeting>,
    /// What contradicts itself among the results and does not count.
    contradictions: &'a [String],
    /// What was not planned, a sentence each.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    deviations: &'a [String],
    /// Reads that are not locked, and all that were to be made; `null` where none is missing.
    incomplete: Option<[usize; 2]>,
    /// How marks and truth became scores; `null` where truth was not looked at.
    scored: Option<&'a HowScored>,
    notes: &'a [String],
    files: BTreeMap<&'a str, ContentHash>,
}

/// Whether an export can be, as far as that is known before truth meets its scores: an early look is on record for ever, and none is to be taken for nothing.
///
/// # Errors
/// When nothing is locked, reads are missing and nobody said that this is known, the format does not take the study, or `out` is not free.
pub fn can_begin(format: Format, gathered: &Gathered, allow_incomplete: bool, out: &Path) -> Result<(), ExportError> {
    if gathered.table().rows.is_empty() {
        return Err(ExportError::NothingLocked);
    }
    let [left, of] = gathered.left();
    if left > 0 && !allow_incomplete {
        return Err(ExportError::Unfinished { left, of });
    }
    if format != Format::All {
        fits(format, gathered)?;
    }
    free(out).map_err(ExportError::from)
}

/// Whether a format takes the paradigm of the study, and the set of its reads.
fn fits(format: Format, gathered: &Gathered) -> Result<(), ExportError> {
    matrix::given(format, gathered.protocol().paradigm()).map_err(ExportError::Refused)?;
    matrix::takes_set(format, gathered.set()).map_err(ExportError::Refused)
}

/// Writes an export of a study's locked reads into `out`, which must not exist or be empty.
///
/// # Errors
/// When there is nothing to export, the format does not take what there is, or the folder cannot be written. Nothing is left then.
pub fn export(format: Format, request: Request<'_>, out: &Path) -> Result<Exported, ExportError> {
    let Request { gathered, scored, allow_incomplete, signer, reports } = request;
    let (protocol, table) = (gathered.protocol(), gathered.table());
    can_begin(format, gathered, allow_incomplete, out)?;
    let missing = Some(gathered.left()).filter(|[left, _]| *left > 0);
    let joined = format.needs_truth() || matches!(format, Format::Sheet | Format::Csv | Format::All);
    let scored = scored.filter(|_| joined);
    let meeting = scored.map(|(_, meeting)| meeting);
    let open_look = meeting.is_some_and(Meeting::is_open_look);
    let deviations: Vec<String> = gathered.log().deviations().map(Entry::told).collect();
    let about = About {
        study: protocol.study(),
        set: gathered.set(),
        protocol: protocol.hash(),
        head: table.head.head,
        open_look,
        meeting: meeting.map(Meeting::notes).unwrap_or_default(),
        contradictions: gathered.contradictions(),
        deviations: &deviations,
        agreed: gathered.agreed(),
        missing,
    };
    let request = Request { scored, ..request };
    let (files, notes) = match format {
        Format::All => all(&about, request)?,
        one => files_of(one, &about, request)?,
    };
    let manifest = |hashes: Vec<(&str, ContentHash)>| {
        let manifest = Manifest {
            tiresias_export: EXPORT_VERSION,
            format,
            study: protocol.study(),
            set: gathered.set(),
            protocol: protocol.hash(),
            record_head: table.head.head,
            records: table.head.seq,
            rating_question: protocol.form().rating(),
            open_look,
            open_look_statement: open_look.then_some(OPEN_LOOK),
            meeting,
            contradictions: gathered.contradictions(),
            deviations: &deviations,
            incomplete: missing,
            scored: scored.map(|(s, _)| &s.how),
            notes: &notes,
            files: hashes.into_iter().collect(),
        };
        let json = serde_json::to_string_pretty(&manifest).map_err(|_| ExportError::ReadBack(files::MANIFEST.into()))?;
        Ok(format!("{json}\n"))
    };
    let names = files::write(out, &files, manifest, signer, reports)?;
    Ok(Exported { folder: out.to_owned(), files: names, notes, open_look, incomplete: missing.is_some() })
}

/// The files of one format, and its notes.
fn files_of(format: Format, about: &About<'_>, request: Request<'_>) -> Result<(Vec<OutFile>, Vec<String>), ExportError> {
    let Request { gathered, scored, reports, .. } = request;
    let (protocol, table, scored) = (gathered.protocol(), gathered.table(), scored.map(|(scored, _)| scored));
    fits(format, gathered)?;
    let none = Vec::new();
    Ok(match format {
        Format::Csv => (people::csv(&about.marked_name(), about, protocol, table, scored)?, none),
        Format::Sheet => {
            let audit = Audit::of(gathered.trail());
            people::workbook(&about.name(), about, gathered.protocol_text(), &audit, protocol, table, scored)?
        }
        Format::Audit => (Audit::of(gathered.trail()).files(about), none),
        Format::Agreement => (vec![programs::agreement(about, table)], none),
        Format::Sr => {
            let writer =
                reports.ok_or(ExportError::Refused("Reports of marks are written where the case packages are, by the command line."))?;
            (marks_of(about, protocol, table, writer)?, none)
        }
        Format::Imrmc | Format::Rjafroc | Format::Mrmcaov | Format::OrDbm => {
            programs::files(format, about, protocol, scored.ok_or(ExportError::NeedsTruth(format))?)?
        }
        Format::All => all(about, request)?,
    })
}

fn marks_of(
    about: &About<'_>,
    protocol: &crate::protocol::Protocol,
    table: &crate::table::ReadsTable,
    writer: &dyn Reports,
) -> Result<Vec<OutFile>, ExportError> {
    let mut files = Vec::new();
    for read in reports::marked(protocol, table) {
        let written = writer.write(&read).map_err(|why| ExportError::Reports { read: read.name.clone(), why })?;
        for Report { ending, bytes } in written {
            let name = format!("{}.{}.{ending}", about.name(), read.name);
            files.push(OutFile { name, bytes, means: Meaning::Marks(Box::new(read.clone()), ending) });
        }
    }
    Ok(files)
}

/// Every format that takes the study; of the others, why they do not.
fn all(about: &About<'_>, request: Request<'_>) -> Result<(Vec<OutFile>, Vec<String>), ExportError> {
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for format in Format::ALL.into_iter().filter(|f| *f != Format::All) {
        match files_of(format, about, request) {
            Ok((of, said)) => {
                files.extend(of);
                notes.extend(said.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
            }
            Err(e @ ExportError::ReadBack(_)) => return Err(e),
            Err(why) => notes.push(format!("`{}` was not written: {why}", format.word())),
        }
    }
    Ok((files, notes))
}

/// Writes scores as CSV into `out` as every export is written, read back and compared: what `bench` measures. The names of the files, manifest included.
///
/// # Errors
/// When the folder cannot be written, or a file does not read back.
pub fn write_scores(name: &str, data: &Dataset, out: &Path) -> Result<Vec<String>, ExportError> {
    let files = [programs::mrmcaov(name, data)?];
    let manifest = |hashes: Vec<(&str, ContentHash)>| {
        let files: BTreeMap<&str, ContentHash> = hashes.into_iter().collect();
        let json = serde_json::json!({ "tiresias_export": EXPORT_VERSION, "files": files });
        Ok(format!("{json}\n"))
    };
    files::write(out, &files, manifest, None, None)
}
