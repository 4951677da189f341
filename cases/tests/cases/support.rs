//! What several tests need: a folder as series, and where the shared test data lie.

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

/// The shared test data, or a line that says what was not there.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let path = std::env::var_os("TIRESIAS_SHARED").map_or_else(beside, PathBuf::from).join("data").join(what);
    if path.exists() {
        return Some(path);
    }
    println!("not there, so not tested: shared data {what}");
    None
}
