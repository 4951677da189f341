//! The score sheet as CSV: `NAME.reads.csv`, one row for each locked read, and `NAME.marks.csv`, one row for each mark.
//!
//! Under the readers' own codes, without truth; the package joins it with the desk's files. An empty cell is an answer that was not
//! given. Lines end in LF, values are quoted only where they need it.

use super::OutFile;
use crate::machine::AnswerValue;
use crate::protocol::Protocol;
use crate::table::{ReadRow, ReadsTable};

/// The two files.
pub(super) fn files(protocol: &Protocol, table: &ReadsTable) -> Vec<OutFile> {
    let name = protocol.study();
    vec![
        OutFile::of_cells(format!("{name}.reads.csv"), reads(protocol, table)),
        OutFile::of_cells(format!("{name}.marks.csv"), marks(table)),
    ]
}

const WHICH: [&str; 5] = ["reader", "condition", "repeat", "case", "package"];

fn which(row: &ReadRow) -> Vec<String> {
    let id = row.read.read();
    vec![id.reader.to_string(), id.condition.to_string(), id.repeat.to_string(), id.case.to_string(), row.read.package().to_string()]
}

fn reads(protocol: &Protocol, table: &ReadsTable) -> Vec<Vec<String>> {
    let questions = protocol.form().questions();
    let fixed = ["record", "opened_utc", "locked_utc", "reading_s", "marks"];
    let header = WHICH.iter().chain(&fixed).map(|c| (*c).to_owned());
    let header = header.chain(questions.iter().map(|q| format!("answer.{}", q.id))).collect();
    let row = |row: &ReadRow| {
        let times = [utc(row.read.opened().utc_ms), utc(row.read.at().utc_ms), seconds(row.read.reading_ms())];
        let answer = |value: Option<&AnswerValue>| match value {
            None => String::new(),
            Some(AnswerValue::Scale(n)) => n.to_string(),
            Some(AnswerValue::Choice(key)) => key.clone(),
        };
        let answers = questions.iter().map(|q| answer(row.read.answers().get(&q.id)));
        let about = [row.seq.to_string()].into_iter().chain(times).chain([row.read.marks().len().to_string()]);
        which(row).into_iter().chain(about).chain(answers).collect()
    };
    std::iter::once(header).chain(table.rows.iter().map(row)).collect()
}

fn marks(table: &ReadsTable) -> Vec<Vec<String>> {
    let fixed = ["mark", "rating", "x_mm", "y_mm", "z_mm", "image", "frame", "column", "row"];
    let header = WHICH.iter().chain(&fixed).map(|c| (*c).to_owned()).collect();
    let mut rows = vec![header];
    for row in &table.rows {
        for (id, mark) in row.read.marks() {
            // A mark on an image without a place in the patient has only its pixel.
            let millimetres = mark.shape.centre().map_or([const { String::new() }; 3], |p| [p.x, p.y, p.z].map(|v| v.to_string()));
            let rating = mark.rating.map_or_else(String::new, |r| r.to_string());
            let a = &mark.anchor;
            let place = [a.image.to_string(), a.frame.to_string(), a.column.to_string(), a.row.to_string()];
            rows.push(which(row).into_iter().chain([id.0.to_string(), rating]).chain(millimetres).chain(place).collect());
        }
    }
    rows
}

/// RFC 3339 in UTC; empty for a time that no calendar has.
fn utc(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |t| t.to_string())
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// Cells as CSV text.
pub(super) fn text_of(cells: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in cells {
        // Writing to memory does not fail; what is missing would be found by reading back.
        let _ = writer.write_record(row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The cells of a CSV text.
pub(super) fn cells_of(text: &str) -> Option<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map(|row| row.ok().map(|row| row.iter().map(str::to_owned).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_and_programs_read_them() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(utc(i64::MAX), "");
        assert_eq!([seconds(0), seconds(61_007)], ["0.000", "61.007"]);
    }

    #[test]
    fn cells_survive_the_text() {
        let cells =
            vec![vec!["a,b".to_owned(), "\"x\"".to_owned(), String::new()], vec!["1".to_owned(), "two\nlines".to_owned(), "ü".to_owned()]];
        assert_eq!(cells_of(&text_of(&cells)), Some(cells));
    }
}
