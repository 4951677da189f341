//! What the study desk keeps and no reader gets: which package is which case (`desk.json`), and the truth (`truth.csv`).
//!
//! Owns both files. The desk's list knows no truth but that of training cases, which their readers are told. `truth.csv` has the columns `case,package,truth`, truth 0 (no signal) or 1 (signal), in any order of columns and rows.
//! Refuses, one sentence each with the line: unknown columns, cases twice, values other than 0 and 1.

mod assignment;

pub use assignment::{AssignmentError, SignedAssignment, assign_cases};

use crate::bundle::{CaseFact, CaseToRead, TrainingCase};
use crate::folder::{Aside, FolderError, read_at_most, replace};
use crate::shown::shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use tiresias_words::{CaseId, ContentHash};

const DESK: &str = "desk.json";
const TRUTH: &str = "truth.csv";
const DESK_VERSION: u32 = 1;
const MAX_BYTES: u64 = 64 << 20;
/// As much of a file name as findings repeat.
const MAX_NAME: usize = 100;

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
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskFile {
    tiresias_desk: u32,
    seed: u64,
    cases: BTreeMap<CaseId, ListedCase>,
}

/// The reference standard of a study, by package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    file: String,
    by_package: BTreeMap<ContentHash, TruthRow>,
}

/// The truth about one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthRow {
    /// The desk's name for it.
    pub case: CaseId,
    /// Whether the signal is there.
    pub signal: bool,
    /// Line of the file.
    pub line: u64,
}

/// Why a desk folder or a truth file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// A file that cannot be read.
    #[error("`{file}` cannot be read ({kind}). Name a file that exists and that you may read.")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the disk said.
        kind: io::ErrorKind,
    },
    /// A file that is far too long.
    #[error("`{0}` is larger than 64 MiB, far more than any file of its kind. Name the right file.")]
    TooLarge(String),
    /// Not a desk file.
    #[error("`desk.json` does not have the form of version {DESK_VERSION}. Use the program that wrote it, or put the right file back.")]
    Form,
    /// One case or package twice.
    #[error("The case \"{0}\" or its package is named twice. Name each case once.")]
    Twice(CaseId),
    /// Findings in a truth file.
    #[error("{}", in_short(.0))]
    Truth(Vec<String>),
    /// Something is in the way.
    #[error("The desk folder was not made: the folder is not empty. Choose an empty folder, or one that does not exist.")]
    Occupied,
    /// The folder cannot be written.
    #[error("The desk folder was not made: it cannot be written ({0}). Choose a place where you may write and that has room.")]
    Unwritable(io::ErrorKind),
}

fn in_short(findings: &[String]) -> String {
    match findings {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} ({} more of this kind)", others.len()),
    }
}

impl Desk {
    /// Makes a desk folder at `root`, which must not exist or be empty: `desk.json` and `truth.csv`.
    ///
    /// # Errors
    /// When a case or package is named twice, something is in the way, or the folder cannot be written.
    pub fn create(root: &Path, seed: u64, cases: &[DeskCase]) -> Result<Self, DeskError> {
        let mut desk = Self { seed, cases: BTreeMap::new() };
        for DeskCase { case, package, .. } in cases {
            desk.add(case.clone(), ListedCase { package: *package, facts: Vec::new(), training: None })?;
        }
        let json = desk.to_json();
        let write = || -> Result<(), FolderError> {
            let aside = Aside::begin(root)?;
            aside.file(DESK, json.as_bytes())?;
            aside.file(TRUTH, truth_csv(cases).as_bytes())?;
            aside.appear()
        };
        write().map_err(|e| match e {
            FolderError::Occupied => DeskError::Occupied,
            FolderError::NoPlace => DeskError::Unwritable(io::ErrorKind::InvalidInput),
            FolderError::Disk(kind) => DeskError::Unwritable(kind),
        })?;
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
    /// [`DeskError::Unwritable`].
    pub fn save(&self, root: &Path) -> Result<(), DeskError> {
        replace(&root.join(DESK), self.to_json().as_bytes()).map_err(|e| DeskError::Unwritable(e.kind()))
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

impl Truth {
    /// Reads a truth file.
    ///
    /// # Errors
    /// When it cannot be read, or with everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, DeskError> {
        let file = path.file_name().map_or_else(|| TRUTH.to_owned(), |n| shown(&n.to_string_lossy(), MAX_NAME));
        let bytes = read(path, &file)?;
        Self::parse(&bytes, &file)
    }

    /// Reads the bytes of a truth file; `file` is its name in findings.
    ///
    /// # Errors
    /// [`DeskError::Truth`] with everything that is wrong, each a sentence with the line.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, DeskError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let mut findings = Vec::new();
        let columns = reader.headers().ok().and_then(Columns::of);
        let Some(columns) = columns else {
            let sentence = format!("{file}, line 1: The columns must be `case`, `package` and `truth`, separated by commas.");
            return Err(DeskError::Truth(vec![sentence]));
        };
        let mut by_package = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(1, |p| line_at(bytes, p));
                    findings.push(format!("{file}, line {line}: This is not text in UTF-8."));
                    continue;
                }
            };
            let line = record.position().map_or(1, |p| line_at(bytes, p));
            let mut find = |sentence: String| findings.push(format!("{file}, line {line}: {sentence}"));
            let [case, package, truth] = match columns.values(&record) {
                Ok(values) => values,
                Err(found) => {
                    find(format!("There are {found} values instead of 3."));
                    continue;
                }
            };
            let Ok(case) = CaseId::new(case) else {
                find("The case is not 1 to 64 letters, digits, '_', '-' or '.'.".into());
                continue;
            };
            let Ok(package) = package.parse::<ContentHash>() else {
                find(format!("The package of case \"{case}\" is not 64 hexadecimal digits."));
                continue;
            };
            let signal = match truth {
                "0" => false,
                "1" => true,
                _ => {
                    find(format!("The truth of case \"{case}\" is not 0 or 1."));
                    continue;
                }
            };
            if let Some(earlier) = lines.insert(case.clone(), line) {
                find(format!("The case \"{case}\" stands already on line {earlier}."));
                continue;
            }
            if let Some(TruthRow { line: earlier, .. }) = by_package.get(&package) {
                find(format!("The package of case \"{case}\" stands already on line {earlier}."));
                continue;
            }
            by_package.insert(package, TruthRow { case, signal, line });
        }
        if findings.is_empty() { Ok(Self { file: file.to_owned(), by_package }) } else { Err(DeskError::Truth(findings)) }
    }

    /// The name of the file, for findings.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
    /// The truth of every case, by package.
    #[must_use]
    pub const fn by_package(&self) -> &BTreeMap<ContentHash, TruthRow> {
        &self.by_package
    }
}

/// The line, from 1, of a row. (`csv`'s own count is one short after CR LF, because it stands on the LF.)
fn line_at(bytes: &[u8], position: &csv::Position) -> u64 {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(bytes.len());
    let (before, after) = bytes.split_at(at);
    let ends = after.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    1 + before.iter().chain(ends).filter(|b| **b == b'\n').count() as u64
}

/// Where in a row the three values stand.
struct Columns([usize; 3]);

impl Columns {
    fn of(headers: &csv::StringRecord) -> Option<Self> {
        let at = |name| headers.iter().position(|h| h == name);
        let columns = [at("case")?, at("package")?, at("truth")?];
        (headers.len() == 3).then_some(Self(columns))
    }
    fn values<'r>(&self, record: &'r csv::StringRecord) -> Result<[&'r str; 3], usize> {
        let value = |i: usize| record.get(self.0[i]).ok_or(record.len());
        if record.len() == 3 { Ok([value(0)?, value(1)?, value(2)?]) } else { Err(record.len()) }
    }
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
        let truth = Truth::read(&root.join("truth.csv")).unwrap();
        let read: Vec<_> = truth.by_package().iter().map(|(p, r)| (r.case.clone(), *p, r.signal)).collect();
        let mut expected: Vec<_> = cases().into_iter().map(|c| (c.case, c.package, c.signal)).collect();
        expected.sort_by_key(|c| c.1);
        assert_eq!(read, expected);
        assert_eq!(Desk::create(&root, 77, &cases()), Err(DeskError::Occupied));
        let mut more = desk.clone();
        let listed =
            |package: &[u8]| ListedCase { package: hash::of_bytes(package), facts: vec![], training: Some(TrainingCase { signal: true }) };
        assert!(matches!(more.add(CaseId::new("C-1").unwrap(), listed(b"new")), Err(DeskError::Twice(_))));
        assert!(matches!(more.add(CaseId::new("C-9").unwrap(), listed(&[1])), Err(DeskError::Twice(_))));
        more.add(CaseId::new("C-9").unwrap(), listed(b"new")).unwrap();
        more.save(&root).unwrap();
        assert_eq!(Desk::open(&root).as_ref(), Ok(&more));
        assert_eq!(more.to_read().iter().filter(|c| c.training.is_some()).count(), 1);
        let twice = [cases(), cases()].concat();
        assert!(matches!(Desk::create(&dir.path().join("x"), 77, &twice), Err(DeskError::Twice(_))));
    }

    #[test]
    fn truth_written_by_a_spreadsheet_is_read() {
        let plain = truth_csv(&cases());
        let plainly = Truth::parse(plain.as_bytes(), "truth.csv").unwrap();
        let windows = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
        assert_eq!(Truth::parse(windows.as_bytes(), "truth.csv"), Ok(plainly.clone()));
        let quoted = plain.replace("C-1", "\"C-1\"").replace(",1\n", ", 1\n");
        assert_eq!(Truth::parse(quoted.as_bytes(), "truth.csv"), Ok(plainly));
    }

    #[test]
    fn each_fault_of_a_truth_file_is_one_sentence_with_its_line() {
        let finds = |text: &str, sentence: &str| {
            let Err(DeskError::Truth(findings)) = Truth::parse(text.as_bytes(), "t.csv") else { panic!("{text:?} was taken") };
            assert!(findings.iter().any(|f| f.contains(sentence)), "no {sentence:?} in {findings:?}");
        };
        let good = truth_csv(&cases());
        finds(&good.replace("case,package", "id,package"), "t.csv, line 1: The columns");
        finds(&good.replace("truth\n", "truth,more\n"), "t.csv, line 1: The columns");
        finds(&good.replace("C-2", "C-1"), "t.csv, line 4: The case \"C-1\" stands already on line 3.");
        finds(&good.replace("C-2", "C 2"), "t.csv, line 4: The case is not");
        finds(&good.replacen(",1\n", ",yes\n", 1), "t.csv, line 3: The truth of case \"C-1\" is not 0 or 1.");
        finds(&good.replacen(",1\n", "\n", 1), "t.csv, line 3: There are 2 values");
        let [a, b] = [1u8, 2].map(|i| hash::of_bytes(&[i]).to_string());
        finds(&good.replace(&b, &a), "t.csv, line 4: The package of case \"C-2\" stands already on line 3.");
        finds(&good.replace(&b, "zz"), "is not 64 hexadecimal digits");
        finds("", "t.csv, line 1: The columns");
        let not_text = [good.as_bytes(), b"\xff,\xff,1\n"].concat();
        assert!(matches!(Truth::parse(&not_text, "t.csv"), Err(DeskError::Truth(f)) if f[0].contains("line 6: This is not text")));
    }
}
