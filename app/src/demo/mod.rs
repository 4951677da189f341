//! The demo study: built from the shipped background in the user's data folder, with the desk's things and the reader's in two places.
//!
//! `desk/` holds truth, case ids and the DICOM sources; `reader/` is what a reader gets, and holds neither. Everything follows from one seed, so that every
//! demo study in the world is the same. Nothing appears until all of it is there. `rooms/`, with what simulated readers read, is made later ([`rooms_if_absent`]).

mod rooms;

pub use rooms::{Rooms, rooms_if_absent};

use etcetera::BaseStrategy as _;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, DemoError, DemoLesion, build_cases};
use tiresias_cases::{CasesError, Codecs, PackageError, Packing, Series, UidKey, read_folder};
use tiresias_reads::bundle::{Account, BundleError, CaseToRead, Plan, assign};
use tiresias_reads::desk::{Desk, DeskCase, DeskError, package_dir};
use tiresias_reads::protocol::{Protocol, ProtocolError};
use tiresias_reads::study::{Study, StudyError};
use tiresias_words::{CaseId, ReaderId, Role, Unfit};

/// The demo's protocol.
pub const PROTOCOL: &str = include_str!("../../../assets/protocols/demo.toml");
/// Everything in the demo follows from this number.
const SEED: u64 = 20_261_123;
/// Number of cases; half of them hold a nodule.
const CASES: u32 = 12;
const READERS: u32 = 3;
const READER: &str = "reader";
const DESK: &str = "desk";
const SOURCES: &str = "sources";

/// Why the demo study cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum DemoStudyError {
    /// The user has no data folder.
    #[error("You have no data folder on this system. Name a folder with --dir.")]
    NoDataFolder,
    /// Something else lies there.
    #[error("{0}: there is something in this folder that is no demo study. Name an empty folder with --dir.")]
    Occupied(String),
    /// The disk refused.
    #[error("{place}: the demo study cannot be written ({error}). Free some space or name another folder with --dir.")]
    Write {
        /// Where.
        place: String,
        /// What the disk said.
        error: std::io::Error,
    },
    /// The disk refused while a case was being made.
    #[error("The demo study cannot be written ({0}). Free some space or name another folder with --dir.")]
    Disk(std::io::ErrorKind),
    /// A shipped part is damaged.
    #[error("The demo\u{2019}s own parts do not fit together: {}. Install the program again.", .0.trim_end_matches('.'))]
    Parts(String),
    /// Whoever hears of the steps wants no more of them.
    #[error("The demo was stopped while it was being made. What was begun is gone; it can be made at any time.")]
    Stopped,
}

/// Parts of the demo that can fail only when the program is damaged or the disk refuses.
macro_rules! parts {
    ($($error:ty),*) => {$(
        impl From<$error> for DemoStudyError {
            fn from(e: $error) -> Self {
                Self::Parts(e.to_string())
            }
        }
    )*};
}
use parts;
parts!(CasesError, BundleError, DeskError, ProtocolError, StudyError, Unfit);

impl From<DemoError> for DemoStudyError {
    fn from(e: DemoError) -> Self {
        match e {
            DemoError::Write(kind) => Self::Disk(kind),
            other => Self::Parts(other.to_string()),
        }
    }
}

impl From<PackageError> for DemoStudyError {
    fn from(e: PackageError) -> Self {
        match e {
            PackageError::Write(kind) => Self::Disk(kind),
            other => Self::Parts(other.to_string()),
        }
    }
}

/// The user's data folder for Tiresias.
#[must_use]
pub(crate) fn data_dir() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|s| s.data_dir().join("tiresias"))
}

/// Where the demo lies when nobody says otherwise.
///
/// # Errors
/// [`DemoStudyError::NoDataFolder`].
pub(crate) fn default_dir() -> Result<PathBuf, DemoStudyError> {
    place_in(data_dir().as_deref())
}

/// Where the demo lies in the data folder.
pub(crate) fn place_in(data: Option<&Path>) -> Result<PathBuf, DemoStudyError> {
    data.map(|d| d.join("demo")).ok_or(DemoStudyError::NoDataFolder)
}

/// The folder of the demo in `dir` that a reader gets.
#[must_use]
pub(crate) fn reader_of(dir: &Path) -> PathBuf {
    dir.join(READER)
}

/// The DICOM files of the demo's cases in `dir`, a folder for each.
#[must_use]
pub(crate) fn sources_of(dir: &Path) -> PathBuf {
    dir.join(DESK).join(SOURCES)
}

/// Hears of each step of the making, and says whether it goes on.
pub type Say<'a> = dyn FnMut(&str) -> ControlFlow<()> + 'a;

fn goes_on(answer: ControlFlow<()>) -> Result<(), DemoStudyError> {
    if answer.is_break() { Err(DemoStudyError::Stopped) } else { Ok(()) }
}

/// Builds the demo study in `dir` unless it is there, and gives the reader's folder. `say` hears of each step.
///
/// # Errors
/// [`DemoStudyError`]; no half-made study is left.
pub fn build_if_absent(dir: &Path, say: &mut Say<'_>) -> Result<PathBuf, DemoStudyError> {
    let reader = dir.join(READER);
    if Study::open(&reader).is_ok() {
        return Ok(reader);
    }
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(DemoStudyError::Occupied(dir.display().to_string()));
    }
    let name = dir.file_name().map_or_else(|| "demo".into(), std::ffi::OsStr::to_os_string);
    let mut aside_name = std::ffi::OsString::from(".");
    aside_name.push(name);
    aside_name.push(".building");
    let aside = dir.with_file_name(aside_name);
    let failed = |error| DemoStudyError::Write { place: dir.display().to_string(), error };
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(failed)?;
    }
    fs::create_dir_all(&aside).map_err(failed)?;
    let built = build_in(&aside, say);
    if built.is_err() {
        // The first error is the one to tell; what could not be taken away is, by its name, taken away by the next try.
        let _ = fs::remove_dir_all(&aside);
    }
    built.map_err(|e| match e {
        DemoStudyError::Disk(kind) => failed(kind.into()),
        other => other,
    })?;
    // An empty folder may stand where the study goes.
    let _ = fs::remove_dir(dir);
    fs::rename(&aside, dir).map_err(failed)?;
    // There is nothing left to stop.
    let _ = say("The demo study is ready.");
    Ok(reader)
}

fn build_in(root: &Path, say: &mut Say<'_>) -> Result<(), DemoStudyError> {
    let failed = |place: &Path, error| DemoStudyError::Write { place: place.display().to_string(), error };
    let protocol = Protocol::parse(PROTOCOL)?;
    let background = Background::shipped()?;
    let sources = root.join(SOURCES);
    let packed = root.join("packages");
    fs::create_dir_all(&packed).map_err(|e| failed(&packed, e))?;
    let key = UidKey::new(std::array::from_fn(|i| SEED.to_le_bytes()[i % 8] ^ i as u8));
    let mut desk_cases = Vec::new();
    let mut lesions: BTreeMap<CaseId, Vec<DemoLesion>> = BTreeMap::new();
    for (i, case) in build_cases(&background, SEED, CASES)?.enumerate() {
        goes_on(say(&format!("Making demo case {} of {CASES}\u{2026}", i + 1)))?;
        let source = sources.join(case.id.as_str());
        case.write_dicom(&source)?;
        let aside = packed.join("new");
        let series = read_source(&source)?;
        let package = Packing::new(&[(Role::current(), &series)], &key).pack(&aside, &mut |_| ControlFlow::Continue(()))?;
        let place = package_dir(root, &package);
        fs::rename(&aside, &place).map_err(|e| failed(&place, e))?;
        desk_cases.push(DeskCase { case: case.id.clone(), package, signal: !case.lesions.is_empty() });
        lesions.insert(case.id, case.lesions);
    }
    goes_on(say("Assigning cases to readers\u{2026}"))?;
    let readers = (1..=READERS).map(|n| Ok(Account { reader: ReaderId::new(format!("reader-{n}"))?, display_name: format!("Reader {n}") }));
    let readers = readers.collect::<Result<Vec<_>, Unfit>>()?;
    let cases: Vec<_> = desk_cases.iter().map(|c| CaseToRead { package: c.package, facts: Vec::new(), training: None }).collect();
    let bundles = assign(&Plan { protocol: &protocol, readers: &readers, cases: &cases, matrix: None, seed: SEED, issued_utc_ms: 0 })?;
    let study = Study::create(&root.join(READER), PROTOCOL, &bundles)?;
    let packages = study.packages_dir();
    for case in &desk_cases {
        let (from, to) = (package_dir(root, &case.package), study.package_dir(&case.package));
        fs::create_dir_all(&packages).and_then(|()| fs::rename(&from, &to)).map_err(|e| failed(&to, e))?;
    }
    fs::remove_dir_all(&packed).map_err(|e| failed(&packed, e))?;
    let desk = root.join(DESK);
    Desk::create(&desk, SEED, &desk_cases)?;
    let text = serde_json::to_string_pretty(&lesions).map_err(|e| DemoStudyError::Parts(e.to_string()))?;
    let file = desk.join("lesions.json");
    fs::write(&file, text).map_err(|e| failed(&file, e))?;
    fs::rename(&sources, desk.join(SOURCES)).map_err(|e| failed(&sources, e))
}

/// Reads one of the demo's cases, which this program has written and which is not compressed.
fn read_source(source: &Path) -> Result<Series, DemoStudyError> {
    let folder = read_folder(source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(()))?;
    folder.series.into_iter().next().ok_or_else(|| DemoStudyError::Parts("A demo case could not be read back.".into()))
}

/// A folder for temporary files that goes away afterwards: what is measured, or taken a picture of, is a copy, never the user's own.
pub(crate) struct Scratch(Option<PathBuf>);

impl Scratch {
    /// Makes the folder when it is `wanted`.
    pub(crate) fn new(wanted: bool) -> Result<Self, DemoStudyError> {
        if !wanted {
            return Ok(Self(None));
        }
        let dir = std::env::temp_dir().join(format!("tiresias-scratch-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| DemoStudyError::Write { place: dir.display().to_string(), error })?;
        Ok(Self(Some(dir)))
    }
    /// Where it is.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        self.0.clone()
    }
    /// Where the demo study goes inside it.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.0.as_ref().map(|d| d.join("demo"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(dir) = &self.0 {
            // A scratch folder that stays is the system's to clean.
            let _ = fs::remove_dir_all(dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DemoStudyError;

    /// Some libraries give clauses, others sentences.
    #[test]
    fn what_does_not_fit_is_told_in_sentences() {
        for why in ["stopped before the folder was read", "A demo case could not be read back."] {
            let said = DemoStudyError::Parts(why.to_owned()).to_string();
            let end = format!("{}. Install the program again.", why.trim_end_matches('.'));
            assert!(said.ends_with(&end), "{said}");
        }
    }
}
