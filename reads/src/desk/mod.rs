//! What the study desk keeps and no reader gets: which package is which case (`desk.json`), and, where a desk is made as a whole, its truth (`truth.csv`).
//!
//! Owns the list, and writes a plain truth beside it, which [`crate::truth`] reads. The list knows no truth but that of training cases, which their readers
//! are told. Refuses: a case or a package twice.

mod adjudication;
mod assignment;
mod log;
mod progress;
mod results;
mod steps;

pub use adjudication::{AdjudicationError, Adjudications, draw_adjudication};
pub use assignment::{AssignmentError, Handed, SignedAssignment, assign_cases, is_desk};
pub use log::{DeskLog, Entry, LogError, Matter, Wanted};
pub use progress::{Counts, Progress, ReaderProgress, Washout, Workstation, progress};
pub use results::{MergeError, Taken, merged, note_receipt, take_reopening_results, take_results};
pub(crate) use results::{all_merged, put_results};
pub use steps::{Stand, Stands, Step, stands, who_works_here, works_at_desk};

use crate::bundle::{CaseFact, CaseToRead, TrainingCase};
use crate::folder::{Aside, FolderError, read_at_most, replace};
use crate::protocol::Template;
use crate::versions::PROTOCOL;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use tiresias_words::{CaseId, ContentHash, Role};

const DESK: &str = "desk.json";
const TRUTH: &str = "truth.csv";
const DESK_VERSION: u32 = 1;
const MAX_BYTES: u64 = 64 << 20;

/// A case with its truth, for a desk that is made as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskCase {
    /// The desk's name for it.
    pub case: CaseId,
    /// Its package.
    pub package: ContentHash,
    /// The reference standard: whether the signal is there.
    pub signal: bool,
}

/// The desk's own list of cases, and its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    seed: u64,
    cases: BTreeMap<CaseId, ListedCase>,
}

/// A case in the desk's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCase {
    /// Its package.
    pub package: ContentHash,
    /// What readers may be told of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<CaseFact>,
    /// Set where it is for training alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingCase>,
    /// What packing found out, where it was packed at this desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<PackingNote>,
}

/// What packing found out about a case: for those who pack, and in no reader's file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackingNote {
    /// The role of each series, with the number of its images.
    pub series: Vec<(Role, u32)>,
    /// What of the requirements of acquisition is not met, a sentence each.
    pub not_met: Vec<String>,
    /// Findings of the leak scan that a person has to judge.
    pub to_judge: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskFile {
    tiresias_desk: u32,
    seed: u64,
    cases: BTreeMap<CaseId, ListedCase>,
}

/// Why a desk folder cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// A file that cannot be read.
    #[error("{file} cannot be read ({kind}). Name a file that exists and that you may read.")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the disk said.
        kind: io::ErrorKind,
    },
    /// A file that is far too long.
    #[error("{0} is larger than 64 MiB, far more than any file of its kind. Name the right file.")]
    TooLarge(String),
    /// Not a desk file.
    #[error("desk.json does not have the form of version {DESK_VERSION}. Use the program that wrote it, or put the right file back.")]
    Form,
    /// One case or package twice.
    #[error("The case \"{0}\" or its package is named twice. Name each case once.")]
    Twice(CaseId),
    /// Something is in the way.
    #[error("The desk folder was not made: the folder is not empty. Choose an empty folder, or one that does not exist.")]
    Occupied,
    /// The folder cannot be written.
    #[error("The desk folder was not made: it cannot be written ({0}). Choose a place where you may write and that has room.")]
    Unwritable(io::ErrorKind),
    /// The list of a desk that is there cannot be written.
    #[error(
        "desk.json was not changed: it cannot be written ({0}). Check that you may write in the desk\u{2019}s folder and that it has room."
    )]
    ListUnwritable(io::ErrorKind),
}

impl From<FolderError> for DeskError {
    fn from(e: FolderError) -> Self {
        match e {
            FolderError::Occupied => Self::Occupied,
            FolderError::NoPlace => Self::Unwritable(io::ErrorKind::InvalidInput),
            FolderError::Disk(kind) => Self::Unwritable(kind),
        }
    }
}

/// Begins a study: a folder at `root`, which must not exist or be empty, with a protocol to begin with and a desk without cases. `seed` is the desk's secret.
///
/// # Errors
/// [`DeskError::Occupied`] or [`DeskError::Unwritable`]; nothing was made then.
pub fn begin(root: &Path, template: &Template, seed: u64) -> Result<(), DeskError> {
    let aside = Aside::begin(root)?;
    aside.file(PROTOCOL, template.text.as_bytes())?;
    aside.file(DESK, Desk::empty(seed).to_json().as_bytes())?;
    Ok(aside.appear()?)
}

/// Whether a folder is a study desk's, whatever is done there so far.
#[must_use]
pub fn has_desk(root: &Path) -> bool {
    root.join(DESK).is_file() || is_desk(root)
}

/// Where the package with this hash is in a desk's folder.
#[must_use]
pub fn package_dir(root: &Path, package: &ContentHash) -> PathBuf {
    let mut name = package.to_string();
    name.truncate(16);
    root.join("packages").join(name)
}

impl Desk {
    /// Makes a desk folder at `root`, which must not exist or be empty: `desk.json` and `truth.csv`.
    ///
    /// # Errors
    /// When a case or package is named twice, something is in the way, or the folder cannot be written.
    pub fn create(root: &Path, seed: u64, cases: &[DeskCase]) -> Result<Self, DeskError> {
        let mut desk = Self { seed, cases: BTreeMap::new() };
        for DeskCase { case, package, .. } in cases {
            desk.add(case.clone(), ListedCase { package: *package, facts: Vec::new(), training: None, packed: None })?;
        }
        let json = desk.to_json();
        let write = || -> Result<(), FolderError> {
            let aside = Aside::begin(root)?;
            aside.file(DESK, json.as_bytes())?;
            aside.file(TRUTH, truth_csv(cases).as_bytes())?;
            aside.appear()
        };
        write()?;
        Ok(desk)
    }

    /// Opens a desk folder.
    ///
    /// # Errors
    /// When `desk.json` cannot be read or is not of this version.
    pub fn open(root: &Path) -> Result<Self, DeskError> {
        let bytes = read(&root.join(DESK), DESK)?;
        let file: DeskFile = serde_json::from_slice(&bytes).map_err(|_| DeskError::Form)?;
        if file.tiresias_desk != DESK_VERSION {
            return Err(DeskError::Form);
        }
        let mut desk = Self { seed: file.seed, cases: BTreeMap::new() };
        for (case, listed) in file.cases {
            desk.add(case, listed)?;
        }
        Ok(desk)
    }
    /// A desk without cases.
    #[must_use]
    pub const fn empty(seed: u64) -> Self {
        Self { seed, cases: BTreeMap::new() }
    }
    /// Lists a case.
    ///
    /// # Errors
    /// [`DeskError::Twice`] when the case or its package is listed already.
    pub fn add(&mut self, case: CaseId, listed: ListedCase) -> Result<(), DeskError> {
        if self.cases.contains_key(&case) || self.cases.values().any(|c| c.package == listed.package) {
            return Err(DeskError::Twice(case));
        }
        self.cases.insert(case, listed);
        Ok(())
    }
    /// Writes `desk.json` into a folder that is there, in the place of the one before.
    ///
    /// # Errors
    /// [`DeskError::ListUnwritable`].
    pub fn save(&self, root: &Path) -> Result<(), DeskError> {
        replace(&root.join(DESK), self.to_json().as_bytes()).map_err(|e| DeskError::ListUnwritable(e.kind()))
    }
    fn to_json(&self) -> String {
        let file = DeskFile { tiresias_desk: DESK_VERSION, seed: self.seed, cases: self.cases.clone() };
        // Strings, numbers and lists alone: writing them cannot fail.
        let mut json = serde_json::to_string_pretty(&file).unwrap_or_default();
        json.push('\n');
        json
    }
    /// The cases as assigning sees them, in the order of their names.
    #[must_use]
    pub fn to_read(&self) -> Vec<CaseToRead> {
        let case = |c: &ListedCase| CaseToRead { package: c.package, facts: c.facts.clone(), training: c.training };
        self.cases.values().map(case).collect()
    }
    /// The secret that codes and orders follow from.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }
    /// The cases, by name.
    #[must_use]
    pub const fn cases(&self) -> &BTreeMap<CaseId, ListedCase> {
        &self.cases
    }
}

fn truth_csv(cases: &[DeskCase]) -> String {
    let mut sorted: Vec<_> = cases.iter().collect();
    sorted.sort_by(|a, b| a.case.cmp(&b.case));
    let rows = sorted.iter().map(|c| format!("{},{},{}\n", c.case, c.package, u8::from(c.signal)));
    std::iter::once("case,package,truth\n".to_owned()).chain(rows).collect()
}

fn read(path: &Path, file: &str) -> Result<Vec<u8>, DeskError> {
    let bytes = read_at_most(path, MAX_BYTES).map_err(|e| DeskError::Unreadable { file: file.to_owned(), kind: e.kind() })?;
    bytes.ok_or_else(|| DeskError::TooLarge(file.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;

    fn cases() -> Vec<DeskCase> {
        let case = |i: u8| DeskCase { case: CaseId::new(format!("C-{i}")).unwrap(), package: hash::of_bytes(&[i]), signal: i % 2 == 1 };
        (0..4).map(case).collect()
    }

    #[test]
    fn a_desk_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("desk");
        let desk = Desk::create(&root, 77, &cases()).unwrap();
        assert_eq!(Desk::open(&root).unwrap(), desk);
        assert_eq!(Desk::create(&root, 77, &cases()), Err(DeskError::Occupied));
        let mut more = desk.clone();
        let listed = |package: &[u8]| ListedCase {
            package: hash::of_bytes(package),
            facts: vec![],
            training: Some(TrainingCase { signal: true }),
            packed: Some(PackingNote::default()),
        };
        assert!(matches!(more.add(CaseId::new("C-1").unwrap(), listed(b"new")), Err(DeskError::Twice(_))));
        assert!(matches!(more.add(CaseId::new("C-9").unwrap(), listed(&[1])), Err(DeskError::Twice(_))));
        more.add(CaseId::new("C-9").unwrap(), listed(b"new")).unwrap();
        more.save(&root).unwrap();
        assert_eq!(Desk::open(&root).as_ref(), Ok(&more));
        assert_eq!(more.save(&dir.path().join("none")), Err(DeskError::ListUnwritable(io::ErrorKind::NotFound)));
        assert_eq!(more.to_read().iter().filter(|c| c.training.is_some()).count(), 1);
        let twice = [cases(), cases()].concat();
        assert!(matches!(Desk::create(&dir.path().join("x"), 77, &twice), Err(DeskError::Twice(_))));
    }
}
