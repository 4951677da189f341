//! The leak scan: everything in a DICOM file, folder or case package that may say who a patient is, where, when, or in which order cases came.
//!
//! Owns: the walk over a set of files and the report. Elements are judged by an allow-list ([`allowed`]), texts by the names that the set itself holds
//! ([`words`]), numbers by whether they spell words ([`hidden`]), file names by whether they could have been drawn at random ([`names`]), pixels by whether
//! letters stand in them ([`text`], [`pixels`]).
//! A finding is a *leak*, or a *suspect* that a person has to look at. Values stay behind the wall of [`Identifying`]; the report gives their hashes.
//! Letters found in pixels may be none. Who packs a case is shown such findings ([`drawn`]) and may answer them, one by one; the package's manifest says which, and the
//! scan of a package goes by that: an answered finding stays in the report as bad as it is, marked as answered, and keeps nothing from being clean.
//! Refuses: to change anything, to call a set clean because it says so itself, and an answer to anything but letters in pixels.

mod allowed;
mod drawn;
mod elements;
mod hidden;
mod kinds;
mod lists;
mod names;
mod pixels;
mod sheet;
mod small;
mod text;
mod words;

pub use drawn::{Lettered, SmallGrey, lettered};
pub use sheet::{ContactSheet, contact_sheet};

use crate::directory::named_files;
use crate::file::read_header;
use crate::folder::{Collected, Scan, collect, scan as read_series};
use crate::identifying::Identifying;
use crate::threads::on_all_cores;
use crate::{CasesError, Package, Trust};
use allowed::FileFacts;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use elements::{Element, Extent, Part, visit_file};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_codecs::Codecs;
use tiresias_words::ContentHash;
use words::Dictionary;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeakKind {
    /// A person.
    Name,
    /// A day, a time, or an age over 89 years.
    Date,
    /// A number or code of a patient, an examination or an order.
    Id,
    /// Where it was.
    Institution,
    /// On which machine.
    Device,
    /// Letters in pixels, or pixels where letters may be.
    Text,
    /// A UID that carries a root, a date or an order.
    Uid,
    /// A file's or folder's name.
    Path,
    /// Words of unknown hand.
    FreeText,
    /// A head from which a face could be made.
    Face,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It must not reach a reader.
    Leak,
    /// A person has to look at it.
    Suspect,
}

impl LeakKind {
    /// The word of `scan --json`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Date => "date",
            Self::Id => "id",
            Self::Institution => "institution",
            Self::Device => "device",
            Self::Text => "text",
            Self::Uid => "uid",
            Self::Path => "path",
            Self::FreeText => "free-text",
            Self::Face => "face",
        }
    }
}

impl Severity {
    /// The word of `scan --json`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Suspect => "suspect",
        }
    }
}

/// One finding. It has no `Debug`: a value and a path are in it.
pub struct Leak {
    path: Identifying<PathBuf>,
    place: String,
    kind: LeakKind,
    severity: Severity,
    sha256: ContentHash,
    value: Identifying<String>,
    /// Of letters in pixels alone: what an answer names.
    finding: Option<ContentHash>,
    is_answered: bool,
}

/// What a scan found. It has no `Debug`: paths are in it.
pub struct ScanReport {
    path: Identifying<PathBuf>,
    leaks: Vec<Leak>,
    files: usize,
    frames: [usize; 2],
}

/// Signs of a value that are shown when somebody asks.
const SHOWN: usize = 120;

impl Leak {
    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> LeakKind {
        self.kind
    }
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }
    /// Where in the file: tag and keyword, `file name`, `pixels rect [column,row,columns,rows] of frame N` …; never a value.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
    /// The file, for the desk's eyes only.
    #[must_use]
    pub const fn path(&self) -> &PathBuf {
        self.path.reveal()
    }
    /// The value, shortened, for the desk's eyes only.
    #[must_use]
    pub const fn value(&self) -> &String {
        self.value.reveal()
    }
    /// SHA-256 of the value's bytes.
    #[must_use]
    pub const fn sha256(&self) -> ContentHash {
        self.sha256
    }
    /// Of letters in pixels, what this finding is called: by all pixels of its frame, and its rectangle. No other is, but the same place of a frame of the same
    /// pixels. Nothing else can be answered, and has none.
    #[must_use]
    pub const fn finding(&self) -> Option<ContentHash> {
        self.finding
    }
    /// Whether a person saw no text there when the package was made.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.is_answered
    }

    fn new(path: &Path, place: impl Into<String>, (kind, severity): (LeakKind, Severity), value: &str) -> Self {
        let sha256 = ContentHash(Sha256::digest(value.as_bytes()).into());
        Self::hashed(path, place.into(), (kind, severity), sha256, value)
    }
    fn of_element(path: &Path, found: (LeakKind, Severity), element: &Element<'_>) -> Self {
        Self::hashed(path, allowed::place(element), found, element.sha256, &words::text(element.value))
    }
    fn hashed(path: &Path, place: String, (kind, severity): (LeakKind, Severity), sha256: ContentHash, value: &str) -> Self {
        let value = value.chars().map(|c| if c.is_control() { '.' } else { c }).take(SHOWN).collect();
        let (path, value) = (Identifying::new(path.to_owned()), Identifying::new(value));
        Self { path, place, kind, severity, sha256, value, finding: None, is_answered: false }
    }
}

impl ScanReport {
    /// All findings, by file and place.
    #[must_use]
    pub fn leaks(&self) -> &[Leak] {
        &self.leaks
    }
    /// The findings that nobody answered.
    pub fn unanswered(&self) -> impl Iterator<Item = &Leak> {
        self.leaks.iter().filter(|l| !l.is_answered)
    }
    /// Whether there is no unanswered finding at all, not even one to be looked at.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.unanswered().next().is_none()
    }
    /// Whether there is anything unanswered that must not reach a reader.
    #[must_use]
    pub fn has_leaks(&self) -> bool {
        self.unanswered().any(|l| l.severity == Severity::Leak)
    }
    /// DICOM files that were read.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
    }
    /// The document of `scan --json`; values are in it only when asked for.
    #[must_use]
    pub fn json(&self, show_values: bool) -> serde_json::Value {
        let leak = |l: &Leak| {
            let mut object = serde_json::json!({
                "path": l.path.reveal().display().to_string(),
                "where": l.place,
                "kind": l.kind.word(),
                "severity": l.severity.word(),
                "value_sha256": l.sha256.to_string(),
            });
            if let (true, Some(object)) = (show_values, object.as_object_mut()) {
                object.insert("value".to_owned(), l.value.reveal().as_str().into());
            }
            if let (Some(finding), Some(object)) = (l.finding, object.as_object_mut()) {
                object.insert("finding_sha256".to_owned(), finding.to_string().into());
                object.insert("answered".to_owned(), l.is_answered.into());
            }
            object
        };
        let [looked_at, of] = self.frames;
        serde_json::json!({
            "path": self.path.reveal().display().to_string(),
            "leaks": self.leaks.iter().map(leak).collect::<Vec<_>>(),
            "clean": self.is_clean(),
            "files": self.files,
            "frames": { "looked_at": looked_at, "of": of },
        })
    }
    /// The report for a person: one line for each place and kind, with the number of files and the first of them, what a finding is called that can be answered, and
    /// values only when asked for.
    #[must_use]
    pub const fn text(&self, show_values: bool) -> ReportText<'_> {
        ReportText { report: self, show_values }
    }
}

/// A report as lines.
pub struct ReportText<'a> {
    report: &'a ScanReport,
    show_values: bool,
}

impl fmt::Display for ReportText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: BTreeMap<(Severity, bool, &str, LeakKind), Vec<&Leak>> = BTreeMap::new();
        for leak in &self.report.leaks {
            lines.entry((leak.severity, leak.is_answered, &leak.place, leak.kind)).or_default().push(leak);
        }
        for ((severity, is_answered, place, kind), leaks) in &lines {
            write!(f, "{:8}{:12}{place}", severity.word(), kind.word())?;
            let files: BTreeSet<&Path> = leaks.iter().map(|l| l.path.reveal().as_path()).collect();
            if let Some(first) = files.first() {
                match files.len() {
                    1 => write!(f, "  in {}", first.display())?,
                    n => write!(f, "  in {n} files, the first {}", first.display())?,
                }
            }
            if let (true, Some(first)) = (self.show_values, leaks.first()) {
                write!(f, "  \"{}\"", first.value.reveal())?;
            }
            match leaks.as_slice() {
                [Leak { finding: Some(finding), .. }] => write!(f, "  finding {finding}")?,
                // Letters at one place of many files are seldom none.
                [Leak { finding: Some(_), .. }, ..] => write!(f, "  findings: --json names each")?,
                _ => {}
            }
            writeln!(f, "{}", if *is_answered { "  answered: a person saw no text there" } else { "" })?;
        }
        let [looked_at, of] = self.report.frames;
        let (leaks, suspects) = (self.count(Severity::Leak), self.count(Severity::Suspect));
        write!(f, "{} files, {looked_at} of {of} frames looked at: ", self.report.files)?;
        let verdict = if self.report.is_clean() { "clean".to_owned() } else { format!("{leaks} leaks, {suspects} to look at") };
        match self.report.leaks.len() - leaks - suspects {
            0 => writeln!(f, "{verdict}"),
            answered => writeln!(f, "{verdict}, {answered} answered"),
        }
    }
}

impl ReportText<'_> {
    fn count(&self, severity: Severity) -> usize {
        self.report.unanswered().filter(|l| l.severity == severity).count()
    }
}

/// Scans a DICOM file, a folder, the files that a DICOMDIR names, or a case package.
///
/// Pixels: every frame of colour, ultrasound, secondary capture and other pictures, and of stacks of at most 32 images; of longer stacks the first, the middle, the
/// last and every eighth, because what a machine burns in it burns into all; of more than 2,000 pictures, as many spread over all.
/// `progress` is called as the work goes on and can stop it; its total grows when the number of frames is known.
///
/// # Errors
/// When the path cannot be opened, holds more than 100,000 files, or `progress` said stop. A file that cannot be read is a finding.
pub fn scan(path: &Path, codecs: &Arc<Codecs>, progress: &mut dyn FnMut(Scan) -> ControlFlow<()>) -> Result<ScanReport, CasesError> {
    let Collected { mut files, folders, passed } = collect(path)?;
    files.sort();
    let mut leaks = Vec::new();
    if let [directory] = files.as_slice()
        && let Ok(header) = read_header(directory, codecs)
        && header.is_directory()
    {
        files.extend(named_files(directory, &header.attributes).0);
    }
    let root = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    // What is ours beside the images is checked word by word when the package is opened, and what is sealed tells nothing.
    let packed = Package::open(path, &Trust::Unsigned).map(|package| package.no_text().to_vec());
    let (is_packed, answers) = (packed.is_ok(), packed.unwrap_or_default());
    if is_packed {
        files.retain(|f| !crate::package::is_beside_the_images(f, path));
    }
    let (headers, total) = (files.len(), files.len() * 3);
    let mut done = 0;
    let mut step = |by: usize, of: usize| {
        done += by;
        progress(Scan { done, total: of })
    };
    // Names that the set holds, and what its files say of their dates.
    let mut dictionary = Dictionary::default();
    let mut facts = vec![FileFacts { is_packed, ..FileFacts::default() }; headers];
    let learnt = on_all_cores(
        headers,
        |i| files.get(i).map(|f| learn(f, codecs)),
        |i, found| {
            if let (Some((names, of_file)), Some(place)) = (found, facts.get_mut(i)) {
                if names.is_full()
                    && let Some(file) = files.get(i)
                {
                    leaks.push(unsought(file));
                }
                dictionary.merge(names);
                place.dates_are_moved = of_file;
            }
            step(1, total)
        },
    );
    let judged = learnt.is_continue().then(|| {
        let judge = |i: usize| files.get(i).zip(facts.get(i)).map(|(f, facts)| judge(f, *facts, codecs, &dictionary));
        let mut found: Vec<Vec<Leak>> = Vec::new();
        let mut uids = BTreeMap::new();
        let mut readable = 0;
        let outcome = on_all_cores(headers, judge, |i, of_file| {
            if let (Some(of_file), Some(file)) = (of_file, files.get(i)) {
                readable += usize::from(of_file.is_dicom);
                found.push(of_file.leaks);
                of_file.uids.into_iter().for_each(|number| {
                    uids.entry(number).or_insert(file.as_path());
                });
            }
            step(1, total)
        });
        outcome.is_continue().then_some((found, uids, readable))
    });
    let Some((found, uids, readable)) = judged.flatten() else { return Err(CasesError::Cancelled) };
    if dictionary.is_full() {
        leaks.push(unsought(path));
    }
    leaks.extend(found.into_iter().flatten());
    leaks.extend(counted(&uids));
    leaks.extend(names::judge(root, &files, folders, &dictionary));
    leaks.extend(names::passed(&passed, &dictionary));
    let series = read_series(path, codecs, &mut |_| step(1, total))?;
    let frames = pixels::frames_to_look_at(&series.series);
    let (looked_at, of) = (frames.len(), series.series.iter().map(|s| s.series.len()).sum());
    let mut stopped = false;
    pixels::look(&series.series, &frames, &mut |looked| {
        leaks.extend(looked.leaks());
        let outcome = step(1, total + looked_at);
        stopped = outcome.is_break();
        outcome
    });
    if stopped {
        return Err(CasesError::Cancelled);
    }
    leaks.extend(pixels::faces(&series.series));
    leaks.extend(series.objects.iter().filter_map(pixels::of_object));
    // What is no DICOM file, or damaged, is a finding already.
    let told: HashSet<PathBuf> = leaks.iter().filter(|l| l.place == UNREADABLE).map(|l| l.path.reveal().clone()).collect();
    let untold: HashSet<&Path> = files.iter().map(PathBuf::as_path).filter(|file| !told.contains(*file)).collect();
    leaks.extend(series.refused.iter().filter(|refused| untold.contains(refused.path.as_path())).map(pixels::refused));
    for leak in &mut leaks {
        // In order, as the manifest was checked to have them: it may list as many as fit into it.
        leak.is_answered = leak.finding.is_some_and(|finding| answers.binary_search(&finding).is_ok());
    }
    leaks.sort_by(|a, b| (a.path.reveal(), &a.place, a.kind).cmp(&(b.path.reveal(), &b.place, b.kind)));
    Ok(ScanReport { path: Identifying::new(path.to_owned()), leaks, files: readable, frames: [looked_at, of] })
}

/// Where a finding is that says no more than that a file could not be read.
const UNREADABLE: &str = "file that cannot be read";

/// That a file, or a set, names more than is held: the other texts may say names that nobody sought there.
fn unsought(path: &Path) -> Leak {
    Leak::new(path, "more names than are sought in other texts", (LeakKind::Name, Severity::Leak), "")
}

/// The names and ids in a file, and whether it says that its dates were moved. A file that cannot be read teaches what was read of it.
fn learn(path: &Path, codecs: &Codecs) -> (Dictionary, bool) {
    let (mut names, mut dates_are_moved) = (Dictionary::default(), false);
    // Why it cannot be read is said when it is judged.
    let _ = visit_file(path, codecs, Extent::Elements, &mut |element| {
        if allowed::names_someone(element) {
            names.learn(&words::text(element.value));
        }
        if element.tags == [tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED] {
            dates_are_moved = words::text(element.value) == "MODIFIED";
        }
    });
    (names, dates_are_moved)
}

/// What was found in a file.
struct OfFile {
    leaks: Vec<Leak>,
    /// The numbers of UIDs under 2.25.
    uids: Vec<u128>,
    is_dicom: bool,
}

/// Findings of one file that are told one by one: a file can be made of nothing else.
const MOST_OF_FILE: usize = 100_000;

fn judge(path: &Path, facts: FileFacts, codecs: &Codecs, names: &Dictionary) -> OfFile {
    let mut found = OfFile { leaks: Vec::new(), uids: Vec::new(), is_dicom: true };
    let (mut has_pixels, mut has_more) = (false, false);
    let outcome = visit_file(path, codecs, Extent::Whole, &mut |element| {
        // Of the pieces of one value the first that says something speaks for all, unless another says worse.
        let is_of_one = |l: &&Leak| element.is_continued && l.sha256 == element.sha256 && l.place == allowed::place(element);
        let before = found.leaks.last().filter(is_of_one).map(|l| (l.kind, l.severity));
        let is_told = before.is_some_and(|(_, severity)| severity == Severity::Leak);
        let judged = if are_pixels(element) && std::mem::replace(&mut has_pixels, true) {
            // Of several pixel data elements one is looked at.
            Some((LeakKind::Text, Severity::Leak))
        } else if is_told {
            None
        } else {
            allowed::judge(element, facts, names).filter(|kind| before != Some(*kind))
        };
        if let Some(kind) = judged {
            has_more |= found.leaks.len() >= MOST_OF_FILE;
            if !has_more {
                found.leaks.push(Leak::of_element(path, kind, element));
            }
        }
        if element.vr == *b"UI" {
            let uids = words::text(element.value);
            found.uids.extend(uids.split('\\').filter_map(|uid| uid.strip_prefix("2.25.")?.parse::<u128>().ok()));
        }
    });
    if has_more {
        found.leaks.push(Leak::new(path, "more findings than are told of one file", (LeakKind::FreeText, Severity::Leak), ""));
    }
    if let Err(why) = outcome {
        found.is_dicom = why != crate::FileError::NotDicom;
        found.leaks.push(Leak::new(path, UNREADABLE, (LeakKind::FreeText, Severity::Leak), &why.to_string()));
    }
    found
}

/// Whether an element is the pixel data of the image itself, in whatever kind of numbers.
fn are_pixels(element: &Element<'_>) -> bool {
    element.part == Part::Element && !element.is_continued && matches!(element.tags, [Tag(0x7FE0, 0x0008..=0x0010)])
}

/// UIDs of one root that were counted rather than drawn: two numbers that are nearer to each other than random ones ever are tell an order.
fn counted(uids: &BTreeMap<u128, &Path>) -> Vec<Leak> {
    const NEAR: u128 = 1 << 64;
    let pairs = uids.iter().zip(uids.iter().skip(1));
    let near = pairs.filter(|((a, _), (b, _))| **b - **a < NEAR);
    near.map(|(_, (n, path))| Leak::new(path, "uid that follows another", (LeakKind::Uid, Severity::Suspect), &format!("2.25.{n}")))
        .collect()
}

#[cfg(test)]
mod tests;
