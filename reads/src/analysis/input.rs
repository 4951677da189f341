//! Files of other programs, and our own exports, as a dataset: which reader takes which file.
//!
//! Told by the name's end: `.imrmc`, `.lrc`, `.xlsx` (RJafroc); `.csv` and `.txt` are long tables, or iMRMC where a line says so. Marks as CSV come with
//! their truth in a second file.

use crate::folder::read_at_most;
use crate::formats::imrmc::{BEGIN, Imrmc};
use crate::formats::{Covariates, MAX_BYTES, long, lrc, rjafroc};
use crate::scoring::Dataset;
use crate::shown::shown;
use std::io;
use std::path::Path;

const MAX_NAME: usize = 100;

/// Why a file cannot be analysed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A file that cannot be read.
    #[error("`{file}` cannot be read ({kind}). Name a file that exists and that you may read.")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the disk said.
        kind: io::ErrorKind,
    },
    /// A file that is far too long.
    #[error("`{0}` is larger than 256 MiB, far more than any scores. Name the right file.")]
    TooLarge(String),
    /// No text.
    #[error("`{0}` is not text in UTF-8. Save it as such.")]
    NotText(String),
    /// No form that is known.
    #[error("`{0}` has no ending that says what it is: scores are read from .imrmc, .lrc, .xlsx and .csv.")]
    Unknown(String),
    /// A second file that says nothing.
    #[error("`{0}` brings its own truth: take `--truth` out. It belongs to a study, and to marks as CSV.")]
    OwnTruth(String),
    /// Not of its form.
    #[error("`{file}`: {why}")]
    Form {
        /// Its name.
        file: String,
        /// What is wrong and where, as a sentence.
        why: String,
    },
}

/// Reads scores with their truth; of marks as CSV the truth is in a file of its own.
///
/// # Errors
/// When a file cannot be read, or is not of its form; with the place.
pub fn read_scores(path: &Path, truth: Option<&Path>) -> Result<Dataset, InputError> {
    let (file, bytes) = bytes_of(path)?;
    let form = |file: &str| {
        let file = file.to_owned();
        move |e: crate::formats::FormatError| InputError::Form { file, why: e.to_string() }
    };
    let text = || std::str::from_utf8(&bytes).map_err(|_| InputError::NotText(file.clone()));
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_table = matches!(ending.as_str(), "csv" | "txt");
    if let Some(truth) = truth {
        if !is_table {
            return Err(InputError::OwnTruth(file));
        }
        let (truth_file, truth) = bytes_of(truth)?;
        let lesions = long::parse_lesions(&truth).map_err(form(&truth_file))?;
        return long::parse_marks(&bytes, &lesions).map_err(form(&file));
    }
    match ending.as_str() {
        "imrmc" => Ok(Imrmc::parse(text()?).map_err(form(&file))?.data),
        "lrc" => lrc::parse(text()?).map_err(form(&file)),
        "xlsx" => rjafroc::parse(&bytes).map_err(form(&file)),
        _ if is_table && std::str::from_utf8(&bytes).is_ok_and(|t| t.lines().any(|l| l.trim().eq_ignore_ascii_case(BEGIN))) => {
            Ok(Imrmc::parse(text()?).map_err(form(&file))?.data)
        }
        _ if is_table => long::parse(&bytes).map_err(form(&file)),
        _ => Err(InputError::Unknown(file)),
    }
}

/// Reads the covariates of cases.
///
/// # Errors
/// When the file cannot be read, or is not of its form; with the place.
pub fn read_covariates(path: &Path) -> Result<Covariates, InputError> {
    let (file, bytes) = bytes_of(path)?;
    Covariates::parse(&bytes).map_err(|e| InputError::Form { file, why: e.to_string() })
}

fn bytes_of(path: &Path) -> Result<(String, Vec<u8>), InputError> {
    let file = path.file_name().map_or_else(|| "the input".to_owned(), |n| shown(&n.to_string_lossy(), MAX_NAME));
    match read_at_most(path, MAX_BYTES as u64) {
        Ok(Some(bytes)) => Ok((file, bytes)),
        Ok(None) => Err(InputError::TooLarge(file)),
        Err(e) => Err(InputError::Unreadable { file, kind: e.kind() }),
    }
}
