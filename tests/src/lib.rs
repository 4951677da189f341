//! What the end-to-end tests and the checks of the house share: where things lie, and how a walk over them is counted.
//!
//! Test data is looked for in `tests/data`, which travels with every clone, and then in the larger collection `../shared`
//! (or the folder that `TIRESIAS_SHARED` names), which may be absent. A test that walks the larger collection counts what it
//! found and what was not there, so that a short walk is never taken for a full one. The rules of the house are in
//! [`house`], the check of `docs/validation.md` in [`validation`]; both are pure, so that bad input can be tried on them.
//! Seeded numbers come from [`chance`]. The program is run by [`run`], a study desk by its commands in [`desk`], and an adjudicator's
//! folder in [`pairs`]; reads that nobody sat down for are made by [`simulated`], and what made-up
//! studies share is in [`studies`].

#![forbid(unsafe_code)]

pub mod chance;
pub mod desk;
pub mod house;
pub mod pairs;
pub mod run;
pub mod simulated;
pub mod studies;
pub mod validation;

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace: the folder that holds `words`, `cases` and the others.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The test data that travels with the project, `tests/data`.
#[must_use]
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The larger collection: the folder named by `TIRESIAS_SHARED`, else `shared` beside the workspace; `None` where it is absent.
///
/// # Panics
/// When `TIRESIAS_SHARED` is set and is not a folder: whoever set it believes that the files are walked.
#[must_use]
pub fn shared() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TIRESIAS_SHARED").map(PathBuf::from) {
        assert!(named.is_dir(), "TIRESIAS_SHARED is {}, which is not a folder: name one, or unset it", named.display());
        return Some(named);
    }
    root().parent().map(|beside| beside.join("shared")).filter(|folder| folder.is_dir())
}

/// A file or folder of test data by its name, such as `series/ct_chest`: from `tests/data`, else from `../shared/data`.
#[must_use]
pub fn data(name: &str) -> Option<PathBuf> {
    let nearest = fixtures().join(name);
    if nearest.exists() {
        return Some(nearest);
    }
    shared().map(|folder| folder.join("data").join(name)).filter(|path| path.exists())
}

/// The slices of the CT that travels with the project, by their names.
///
/// # Errors
/// When its folder cannot be read.
pub fn chest_slices() -> Result<Vec<PathBuf>, String> {
    let folder = data("series/ct_chest").ok_or("series/ct_chest is not in tests/data")?;
    let entries = std::fs::read_dir(folder).map_err(|e| e.to_string())?;
    let mut slices = entries.map(|entry| entry.map(|e| e.path()).map_err(|e| e.to_string())).collect::<Result<Vec<_>, String>>()?;
    slices.retain(|path| path.extension().is_some_and(|e| e == "dcm"));
    slices.sort();
    Ok(slices)
}

/// An interpreter of Python that has these modules ("pydicom, numpy"): the one that `TIRESIAS_PYTHON` names, else `python3`, else the system's own, for which
/// `./dev test` installs them; or a line that says that there is none.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test that checks nothing says so")]
pub fn python(modules: &str) -> Option<String> {
    let named = std::env::var("TIRESIAS_PYTHON").map_or_else(|_| vec!["python3".to_owned(), "/usr/bin/python3".to_owned()], |p| vec![p]);
    let imports = format!("import {modules}");
    let has_them = |p: &String| Command::new(p).args(["-c", &imports]).output().is_ok_and(|o| o.status.success());
    let found = named.into_iter().find(has_them);
    if found.is_none() {
        println!("{modules} is not there for Python, so nothing was read with it: install it, or name an interpreter in TIRESIAS_PYTHON");
    }
    found
}

/// The program under test, as `cargo build --workspace` (which `./dev test` runs first) leaves it beside the tests.
///
/// # Errors
/// When it is not there, with what to do.
pub fn program() -> Result<PathBuf, String> {
    // An installed one, where somebody tries that.
    if let Some(program) = std::env::var_os("TIRESIAS_PROGRAM") {
        return Ok(PathBuf::from(program));
    }
    let this = std::env::current_exe().map_err(|e| format!("this test does not know where it lies: {e}"))?;
    // target/PROFILE/deps/TEST, so the program is one folder up.
    let name = format!("tiresias{}", std::env::consts::EXE_SUFFIX);
    let found = this.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.ok_or_else(|| format!("{name} is not beside the tests: run `cargo build --workspace` first, or ./dev test"))
}

/// Counts the files of a walk over test data, some of which may be in the larger collection only.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    walked: usize,
    absent: usize,
}

impl Walk {
    /// Nothing walked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// The path of one file of the walk, and counts it; `None` where it is not there.
    pub fn file(&mut self, name: &str) -> Option<PathBuf> {
        let found = data(name);
        self.count(found.is_some());
        found
    }
    /// Counts one file that the test looked for by itself.
    pub fn count(&mut self, there: bool) {
        if there {
            self.walked += 1;
        } else {
            self.absent += 1;
        }
    }
    /// How many files were walked.
    #[must_use]
    pub const fn walked(&self) -> usize {
        self.walked
    }
    /// Prints the one line of this walk. Test runners hide what a passing test prints, so the line also goes to the end of
    /// the file that `TIRESIAS_WALKED` names, where `./dev test` shows it.
    #[expect(clippy::print_stdout, reason = "this line is the point")]
    pub fn report(self, of: &str) {
        let line = format!("{of}: {self}");
        println!("{line}");
        if let Some(path) = std::env::var_os("TIRESIAS_WALKED") {
            let log = std::fs::OpenOptions::new().append(true).create(true).open(path);
            // One write a line, so that tests running side by side do not mix theirs.
            if let Err(e) = log.and_then(|mut log| log.write_all(format!("{line}\n").as_bytes())) {
                println!("the line could not be kept for ./dev test: {e}");
            }
        }
    }
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "walked {} files of ../shared/data, {} not there", self.walked, self.absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_travels_is_found_and_missing_data_is_counted() {
        assert!(data("series/ct_chest").is_some_and(|path| path.is_dir()));
        assert_eq!(chest_slices().map(|slices| slices.len()), Ok(48));
        assert!(data("no/such/file.dcm").is_none());
        let mut walk = Walk::new();
        assert!(walk.file("single/derived_ct_linear.dcm").is_some());
        assert!(walk.file("no/such/file.dcm").is_none());
        assert_eq!(walk.to_string(), "walked 1 files of ../shared/data, 1 not there");
    }
}
