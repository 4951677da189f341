//! Reads with marks in numbers, for whoever writes them as DICOM: `cases`, which knows images and no answers.
//!
//! One file stem for each read, from which nothing of the case can be guessed. Reads that were said to be not evaluable have no report, with or without marks on
//! them, nor have those with neither a mark nor a rating of the case: nothing would be in it.

use crate::machine::Subject;
use crate::protocol::Protocol;
use crate::table::{ReadRow, ReadsTable};
use tiresias_words::{ContentHash, ImageAnchor, MarkId, MarkShape};

/// A read with its marks.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkedRead {
    /// What no other read of the study is called: reader, code, condition and repeat.
    pub name: String,
    /// The reader's account.
    pub reader: String,
    /// The package that was read.
    pub package: ContentHash,
    /// What is marked, in the protocol's word.
    pub label: String,
    /// The rating of the case, where it has one.
    pub case_rating: Option<f64>,
    /// When it was locked, milliseconds since 1970 in UTC.
    pub locked_utc_ms: i64,
    /// The marks, by number.
    pub marks: Vec<PlacedMark>,
}

/// A mark of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedMark {
    /// Its number.
    pub number: MarkId,
    /// Where and how it was drawn.
    pub shape: MarkShape,
    /// The image nearest to it.
    pub anchor: ImageAnchor,
    /// Its rating.
    pub rating: i32,
    /// Key and label of what it was said to be.
    pub class: Option<[String; 2]>,
}

/// A file of one read: the end of its name, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// "sr.dcm", "seg-1.dcm".
    pub ending: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Whoever writes marks as files and reads them again.
pub trait Reports {
    /// The files of a read.
    ///
    /// # Errors
    /// With a sentence that says why there are none.
    fn write(&self, read: &MarkedRead) -> Result<Vec<Report>, String>;
    /// Whether a file says what was written.
    fn reads_back(&self, read: &MarkedRead, report: &Report) -> bool;
}

/// The reads that have a report.
pub(super) fn marked(protocol: &Protocol, table: &ReadsTable) -> Vec<MarkedRead> {
    let Some(rules) = protocol.marks() else { return Vec::new() };
    let is_evaluable = |row: &ReadRow| !row.read.not_evaluable().contains_key(&Subject::Case);
    let says_something = |row: &ReadRow| row.rating.is_some() || !row.read.marks().is_empty();
    let mark = |(number, mark): (&MarkId, &crate::machine::Mark)| {
        let label = |key: &String| rules.classes.iter().find(|c| c.key == *key).map_or_else(|| key.clone(), |c| c.label.clone());
        Some(PlacedMark {
            number: *number,
            shape: mark.shape.clone(),
            anchor: mark.anchor.clone(),
            rating: mark.rating?,
            class: mark.class.as_ref().map(|key| [key.clone(), label(key)]),
        })
    };
    let read = |row: &ReadRow| {
        let of = row.read.read();
        MarkedRead {
            name: format!("{}.{}.{}.{}", of.reader, row.condition, of.case, of.repeat),
            reader: of.reader.to_string(),
            package: row.read.package(),
            label: rules.label.clone(),
            case_rating: row.rating.map(|r| r as f64 / 1000.0),
            locked_utc_ms: row.read.at().utc_ms,
            marks: row.read.marks().iter().filter_map(mark).collect(),
        }
    };
    table.rows.iter().filter(|row| is_evaluable(row) && says_something(row)).map(read).collect()
}
