//! A file that somebody asked for at a place of their own: a report, results, a seat.
//!
//! Owns what is said where it cannot be. Refuses, with `reads`: to write over anything, and to leave half a file.

use super::at;
use crate::failure::Failure;
use std::io;
use std::path::Path;
use tiresias_reads::folder::{vacant, write_new};

/// Whether a file can appear here, as far as can be told before there is anything to write; `what` it is, with its article.
pub(crate) fn is_free(file: &Path, what: &str) -> Result<(), Failure> {
    vacant(file).map_err(|e| refusal(file, what, &e))
}

/// Writes a file that does not exist yet.
pub(crate) fn write_file(file: &Path, what: &str, bytes: &[u8]) -> Result<(), Failure> {
    write_new(file, bytes).map_err(|e| refusal(file, what, &e))
}

fn refusal(file: &Path, what: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => {
            at(file, "there is something already, and nothing is written over it. Name a file that does not exist yet.")
        }
        kind => at(file, format!("{what} cannot be written ({kind}). Name a file in a folder where you may write and that has room.")),
    }
}
