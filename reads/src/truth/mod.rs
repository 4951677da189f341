//! Truth: the reference standard of a study, as CSV or JSON, with its version and where it comes from.
//!
//! Owns what is said of each case: whether the signal is there, in which of its units, the lesions with their place and size, and regions in which marks
//! count as nothing. Positions are patient millimetres (LPS), or pixels of an image that has no place in a patient. A case is joined with its reads by the
//! hash of its package, which the file names itself or the desk's list knows ([`Truth::with_desk`]): at the study desk, on no reader's machine.
//! Refuses, one sentence each with file and line: unknown columns, a case, package, unit or lesion twice, lesions on a case without the signal, weights that
//! do not add up, numbers that are none. What the study has and the truth has not, scoring says.

mod csv;
mod draft;
mod json;
mod lines;

pub(crate) use csv::line_at;

use crate::accounts::{AccountError, Act, Unlocked};
use crate::desk::{Desk, DeskError};
use crate::folder::{read_at_most, replace};
use crate::hash;
use crate::shown::shown;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tiresias_words::{CaseId, ContentHash, ImageAnchor, MarkShape, Mm, PatientPoint, SopUid};

/// The version of truth files that this program reads.
pub const TRUTH_FORMAT: u32 = 1;
const MAX_BYTES: u64 = 64 << 20;
/// As much of a file name as findings repeat.
const MAX_NAME: usize = 100;

/// The reference standard of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    file: String,
    hash: ContentHash,
    provenance: Provenance,
    cases: Vec<CaseTruth>,
    by_package: BTreeMap<ContentHash, usize>,
}

/// What a truth says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Which version of the truth it is, from 1.
    pub version: u32,
    /// Where it comes from ("histology, or two years of follow-up"); empty where it does not say.
    pub source: String,
    /// Who made it; empty where it does not say.
    pub by: String,
    /// When, as written there; empty where it does not say.
    pub date: String,
}

/// The truth about one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseTruth {
    /// The desk's name for it.
    pub case: CaseId,
    /// Its package, where the file says or the desk knows.
    pub package: Option<ContentHash>,
    /// Whether the signal is there.
    pub signal: bool,
    /// Whether it is in each unit, by the form's keys; empty where the file does not say.
    pub units: BTreeMap<String, bool>,
    /// What was to be found, in the order of the file.
    pub lesions: Vec<Lesion>,
    /// Where marks count as nothing.
    pub ignored: Vec<Region>,
    /// Line of the file.
    pub line: u64,
}

/// Something that was to be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesion {
    /// Its name within the case.
    pub name: String,
    /// Its centre; `None` where only a mask says where it is.
    pub place: Option<Place>,
    /// Its own radius.
    pub radius: Option<Mm>,
    /// Its weight: those of a case add up to 1, or are all 0, which weighs them alike.
    pub weight: f64,
    /// Line of the file.
    pub line: u64,
}

/// A region in which marks count as nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its name within the case.
    pub name: String,
    /// Its centre; `None` where only a mask says where it is.
    pub place: Option<Place>,
    /// How far it reaches from there.
    pub radius: Option<Mm>,
    /// Line of the file.
    pub line: u64,
}

/// Where something is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// In the patient (LPS, mm).
    Patient(PatientPoint),
    /// On an image that has no place in a patient.
    Image {
        /// The image's SOP instance UID in the package.
        image: SopUid,
        /// Its frame, from 0.
        frame: u32,
        /// Column, centres at whole numbers, the first 0.
        column: f64,
        /// Row, likewise.
        row: f64,
        /// How far apart columns and rows are.
        spacing: [Mm; 2],
    },
}

/// Why a truth file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TruthError {
    /// A file that cannot be read.
    #[error("`{file}` cannot be read ({kind}). Name a file that exists and that you may read.")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the disk said.
        kind: io::ErrorKind,
    },
    /// A file that is far too long.
    #[error("`{0}` is larger than 64 MiB, far more than any truth. Name the right file.")]
    TooLarge(String),
    /// From a newer program.
    #[error(
        "{file}: It has version {found} of the form, and this program reads version {TRUTH_FORMAT}. Use the newer program that it was made with."
    )]
    Newer {
        /// Its name.
        file: String,
        /// The version of its form.
        found: u64,
    },
    /// What is wrong with it, each a sentence with its line.
    #[error("{}", crate::shown::first_of(.0))]
    Findings(Vec<String>),
    /// The account may not add one.
    #[error("{0}")]
    Account(#[from] AccountError),
    /// The desk's list of cases.
    #[error("{0}")]
    Desk(#[from] DeskError),
    /// The desk's folder cannot be written.
    #[error("The truth cannot be put into the study's folder ({0}). Check the folder and that it has room.")]
    Unwritable(io::ErrorKind),
}

/// Puts a truth into a desk's folder, where analyses find it. One that is there already stays beside it under its hash: truth is versioned, and nothing of it is lost.
/// What is checked is what is kept, and whenever it is cut off a whole truth is there.
///
/// # Errors
/// When the account may not, the file is no truth of this desk's cases, or the disk refuses.
pub fn add_truth(root: &Path, keys: &Unlocked, file: &Path) -> Result<Truth, TruthError> {
    keys.may(Act::AddTruth)?;
    let (name, bytes) = bytes_of(file)?;
    let truth = Truth::parse(&bytes, &name)?.with_desk(&Desk::open(root)?)?;
    let is_json = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let disk = |e: io::Error| TruthError::Unwritable(e.kind());
    for (name, ending) in [("truth.json", "json"), ("truth.csv", "csv")] {
        let before = root.join(name);
        if before.is_file() {
            let old = std::fs::read(&before).map_err(disk)?;
            let was = hash::of_bytes(&old).to_string();
            replace(&root.join(format!("truth.{}.{ending}", was.get(..16).unwrap_or_default())), &old).map_err(disk)?;
        }
    }
    let (own, other) = if is_json { ("truth.json", "truth.csv") } else { ("truth.csv", "truth.json") };
    replace(&root.join(own), &bytes).map_err(disk)?;
    // A desk has one truth.
    match std::fs::remove_file(root.join(other)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(disk(e)),
        _ => Ok(truth),
    }
}

/// The name of a truth file for findings, and its bytes.
fn bytes_of(path: &Path) -> Result<(String, Vec<u8>), TruthError> {
    let file = path.file_name().map_or_else(|| "truth".to_owned(), |n| shown(&n.to_string_lossy(), MAX_NAME));
    let bytes = read_at_most(path, MAX_BYTES).map_err(|e| TruthError::Unreadable { file: file.clone(), kind: e.kind() })?;
    match bytes {
        Some(bytes) => Ok((file, bytes)),
        None => Err(TruthError::TooLarge(file)),
    }
}

impl Truth {
    /// Reads a truth file: JSON where its name ends so, else CSV.
    ///
    /// # Errors
    /// When it cannot be read, or with everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, TruthError> {
        let (file, bytes) = bytes_of(path)?;
        Self::parse(&bytes, &file)
    }

    /// Reads the bytes of a truth file; `file` is its name in findings, and says which form it has.
    ///
    /// # Errors
    /// [`TruthError::Findings`] with everything that is wrong, each a sentence with the line.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, TruthError> {
        let is_json = Path::new(file).extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
        let draft = if is_json { json::parse(bytes, file)? } else { csv::parse(bytes, file)? };
        let (provenance, cases) = draft.finish()?;
        let by_package = cases.iter().enumerate().filter_map(|(at, c)| Some((c.package?, at))).collect();
        Ok(Self { file: file.to_owned(), hash: hash::of_bytes(bytes), provenance, cases, by_package })
    }

    /// The same truth with the packages that the desk knows under the cases' names.
    ///
    /// # Errors
    /// With each case that the desk does not list, or lists with another package.
    pub fn with_desk(mut self, desk: &Desk) -> Result<Self, TruthError> {
        let mut findings = Vec::new();
        for case in &mut self.cases {
            let mut find = |sentence: String| findings.push(format!("{}, line {}: {sentence}", self.file, case.line));
            match (desk.cases().get(&case.case), case.package) {
                (None, None) => find(format!("The desk's list has no case \"{}\". Name the truth of this study.", case.case)),
                (Some(listed), Some(own)) if listed.package != own => {
                    find(format!("The desk's list has another package for the case \"{}\". Put the right one there.", case.case));
                }
                (Some(listed), _) => case.package = Some(listed.package),
                (None, Some(_)) => {}
            }
        }
        if !findings.is_empty() {
            return Err(TruthError::Findings(findings));
        }
        self.by_package = self.cases.iter().enumerate().filter_map(|(at, c)| Some((c.package?, at))).collect();
        Ok(self)
    }

    /// The name of the file, for findings.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
    /// SHA-256 of the file's bytes.
    #[must_use]
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }
    /// What it says of itself.
    #[must_use]
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }
    /// All cases, in the order of the file.
    #[must_use]
    pub fn cases(&self) -> &[CaseTruth] {
        &self.cases
    }
    /// The truth about the case in a package.
    #[must_use]
    pub fn of_package(&self, package: &ContentHash) -> Option<&CaseTruth> {
        self.by_package.get(package).and_then(|at| self.cases.get(*at))
    }
}

impl Place {
    /// From here to a mark; `None` where the two have no distance: on different images, or one in the patient and one not.
    #[must_use]
    pub fn distance(&self, shape: &MarkShape, anchor: &ImageAnchor) -> Option<Mm> {
        match self {
            Self::Patient(point) => shape.centre().map(|mark| point.distance(mark)),
            Self::Image { image, frame, column, row, spacing: [across, down] } => {
                let is_there = *image == anchor.image && *frame == anchor.frame;
                let (x, y) = ((anchor.column - column) * across.0, (anchor.row - row) * down.0);
                is_there.then(|| Mm(x.hypot(y)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
