//! The score sheet as CSV: `NAME.reads.csv`, one row for each locked read, and `NAME.marks.csv`, one row for each mark.
//!
//! Under the readers' own codes, without truth; the package joins it with the desk's files. What was locked before the AI was shown is a row of its own. An
//! empty cell is an answer that was not given; options are joined by ";", and "-" is none of them. Lines end in LF, values are quoted only where they need it.

use super::OutFile;
use crate::machine::{AnswerValue, Subject};
use crate::protocol::{Decimal, Per, Protocol, Question};
use crate::table::{ReadRow, ReadsTable};

/// The two files.
pub(super) fn files(protocol: &Protocol, table: &ReadsTable) -> Vec<OutFile> {
    let name = protocol.study();
    vec![
        OutFile::of_cells(format!("{name}.reads.csv"), reads(protocol, table)),
        OutFile::of_cells(format!("{name}.marks.csv"), marks(protocol, table)),
    ]
}

const WHICH: [&str; 5] = ["reader", "condition", "repeat", "case", "package"];

fn which(row: &ReadRow) -> Vec<String> {
    let id = row.read.read();
    vec![id.reader.to_string(), row.condition.to_string(), id.repeat.to_string(), id.case.to_string(), row.read.package().to_string()]
}

/// The columns of one question about the case or its units.
fn columns<'a>(protocol: &'a Protocol, question: &'a Question) -> impl Iterator<Item = (String, Subject)> + 'a {
    let column = |subject: Subject| match &subject {
        Subject::Unit(key) => (format!("{}.{key}", question.id), subject),
        Subject::Case | Subject::Mark(_) => (question.id.to_string(), subject),
    };
    protocol.form().subjects(question, std::iter::empty()).map(column)
}

fn reads(protocol: &Protocol, table: &ReadsTable) -> Vec<Vec<String>> {
    let form = protocol.form();
    let asked: Vec<_> = form.questions().iter().flat_map(|q| columns(protocol, q).map(move |(name, subject)| (q, name, subject))).collect();
    let units = form.units().iter().map(|u| (format!("not_evaluable.{}", u.key), Subject::Unit(u.key.clone())));
    let mut unevaluable = vec![("not_evaluable".to_owned(), Subject::Case)];
    unevaluable.extend(units);
    let fixed = ["record", "opened_utc", "locked_utc", "reading_s", "ai_shown_utc", "amended", "unusual", "marks", "rating"];
    let header = WHICH.iter().chain(&fixed).map(|c| (*c).to_owned());
    let header = header.chain(unevaluable.iter().map(|(name, _)| name.clone()));
    let header = header.chain(asked.iter().map(|(_, name, _)| format!("answer.{name}"))).collect();
    let row = |row: &ReadRow| {
        let read = &row.read;
        // What was said to questions that are not asked any more counts for nothing, and so does what was said before it was called not evaluable.
        let counted = form.counted(read.answers());
        let rules: Vec<String> = read.over().iter().map(|rule| (rule + 1).to_string()).collect();
        let about = [
            row.seq.to_string(),
            utc(read.opened().utc_ms),
            utc(read.at().utc_ms),
            seconds(read.reading_ms()),
            read.revealed().map_or_else(String::new, |at| utc(at.utc_ms)),
            read.amends().map_or_else(String::new, |a| a.reason.clone()),
            rules.join(";"),
            read.marks().len().to_string(),
            row.rating.map_or_else(String::new, |r| Decimal::of_thousandths(r).to_string()),
        ];
        let reasons = unevaluable.iter().map(|(_, subject)| read.not_evaluable().get(subject).cloned().unwrap_or_default());
        let is_evaluable =
            |subject: &Subject| !read.not_evaluable().contains_key(&Subject::Case) && !read.not_evaluable().contains_key(subject);
        let answers = asked.iter().map(|(question, _, subject)| said(counted.get(&question.id, subject).filter(|_| is_evaluable(subject))));
        which(row).into_iter().chain(about).chain(reasons).chain(answers).collect()
    };
    std::iter::once(header).chain(table.rows.iter().map(row)).collect()
}

fn said(value: Option<&AnswerValue>) -> String {
    match value {
        None => String::new(),
        Some(AnswerValue::Scale(n)) => n.to_string(),
        Some(AnswerValue::Choice(key)) => key.clone(),
        // No key begins with a hyphen.
        Some(AnswerValue::Choices(keys)) if keys.is_empty() => "-".to_owned(),
        Some(AnswerValue::Choices(keys)) => keys.join(";"),
        Some(AnswerValue::Number(n)) => n.to_string(),
        Some(AnswerValue::Text(text)) => text.clone(),
    }
}

fn marks(protocol: &Protocol, table: &ReadsTable) -> Vec<Vec<String>> {
    let form = protocol.form();
    let asked: Vec<&Question> = form.questions().iter().filter(|q| q.per == Per::Mark).collect();
    let fixed = ["mark", "rating", "class", "x_mm", "y_mm", "z_mm", "image", "frame", "column", "row"];
    let header = WHICH.iter().chain(&fixed).map(|c| (*c).to_owned());
    let mut rows = vec![header.chain(asked.iter().map(|q| format!("answer.{}", q.id))).collect()];
    for row in &table.rows {
        let counted = form.counted(row.read.answers());
        for (id, mark) in row.read.marks() {
            // A mark on an image without a place in the patient has only its pixel.
            let millimetres = mark.shape.centre().map_or([const { String::new() }; 3], |p| [p.x, p.y, p.z].map(|v| v.to_string()));
            let rating = mark.rating.map_or_else(String::new, |r| r.to_string());
            let a = &mark.anchor;
            let place = [a.image.to_string(), a.frame.to_string(), a.column.to_string(), a.row.to_string()];
            let about = [id.0.to_string(), rating, mark.class.clone().unwrap_or_default()];
            let answers = asked.iter().map(|q| said(counted.get(&q.id, &Subject::Mark(*id))));
            rows.push(which(row).into_iter().chain(about).chain(millimetres).chain(place).chain(answers).collect());
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
