//! What several tests need: a folder as series, and where the shared test data lie.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::{Codecs, Folder, read_folder};

/// Decoders of this process: what the tests here read is trusted.
pub(crate) fn codecs() -> Arc<Codecs> {
    Arc::new(Codecs::here())
}

/// A folder as series.
pub(crate) fn folder(path: &Path) -> Folder {
    read_folder(path, &codecs(), &mut |_| ControlFlow::Continue(())).expect("the folder can be read")
}

/// A file or folder of test data: from `tests/data`, which travels with every clone, else from the larger collection (`../shared`, or the folder that
/// `TIRESIAS_SHARED` names), as in `tests/src/lib.rs`; or a line that says what was not there. What lists the collection is that of the collection, because
/// the files that it names are there alone.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let travels = ["series/", "single/", "reference/mpr/"].iter().any(|kind| what.starts_with(kind));
    let nearest = travels.then(|| here.join("../tests/data").join(what));
    let named = std::env::var_os("TIRESIAS_SHARED").map(PathBuf::from);
    if let Some(named) = &named {
        assert!(named.is_dir(), "TIRESIAS_SHARED is {}, which is not a folder: name one, or unset it", named.display());
    }
    let larger = named.unwrap_or_else(|| here.join("../../shared")).join("data").join(what);
    let found = nearest.into_iter().chain([larger]).find(|path| path.exists());
    if found.is_none() {
        tell(&format!("tests of cases: not there, so not tested: {what} of ../shared/data"));
    }
    found
}

/// Says a line, also where `./dev test` shows it: a test runner hides what a passing test prints.
fn tell(line: &str) {
    println!("{line}");
    if let Some(path) = std::env::var_os("TIRESIAS_WALKED") {
        // One write a line, so that tests running side by side do not mix theirs.
        let log = OpenOptions::new().append(true).create(true).open(path);
        log.and_then(|mut log| log.write_all(format!("{line}\n").as_bytes())).expect("the line is kept for ./dev test");
    }
}
