//! The tables that people read: what was locked, the marks, and the scores with their truth. Columns with their meaning, cells with their type.
//!
//! Under the readers' own codes; the package joins them with the desk's files. What was locked before the AI was shown is a row of its own. An empty cell is
//! an answer that was not given; options are joined by ";", and "-" is none of them. One definition serves the CSV, the workbook and the data dictionary.

use crate::consensus::{Agreed, By};
use crate::formats::workbook::Value;
use crate::machine::{AnswerValue, Subject};
use crate::matching::MarkFate;
use crate::protocol::{Per, Protocol, Question, QuestionKind};
use crate::scoring::{Cell, ScoredTable, UnitRating};
use crate::table::{ReadRow, ReadsTable};
use serde::Serialize;
use tiresias_words::MarkShape;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    Number,
    Time,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// What stands in it, as a sentence.
    pub(super) meaning: String,
    /// What may stand there, where that is a list: key and label.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<(String, String)>,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Value>>,
}

fn column(name: impl Into<String>, kind: Kind, meaning: impl Into<String>) -> Column {
    Column { name: name.into(), kind, meaning: meaning.into(), values: Vec::new() }
}

impl Table {
    /// Header and rows, every cell as text: numbers plain, times in UTC.
    pub(super) fn texts(&self) -> Vec<Vec<String>> {
        let header = self.columns.iter().map(|c| c.name.clone()).collect();
        std::iter::once(header).chain(self.rows.iter().map(|row| row.iter().map(text).collect())).collect()
    }
    /// Header and rows.
    pub(super) fn cells(&self) -> Vec<Vec<Value>> {
        let header = self.columns.iter().map(|c| Value::Text(c.name.clone())).collect();
        std::iter::once(header).chain(self.rows.iter().cloned()).collect()
    }
    /// The rows of which the first cell is this.
    pub(super) fn of(&self, first: &str) -> Vec<Vec<Value>> {
        let is_of = |row: &&Vec<Value>| matches!(row.first(), Some(Value::Text(t)) if t == first);
        let mut cells = self.cells();
        cells.truncate(1);
        cells.extend(self.rows.iter().filter(is_of).cloned());
        cells
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Time(days) => utc(((days - 25_569.0) * 86_400_000.0).round() as i64),
    }
}

/// RFC 3339 in UTC; empty for a time that no calendar has.
pub(crate) fn utc(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |t| t.to_string())
}

/// A time that a calendar has.
fn time(ms: i64) -> Value {
    if utc(ms).is_empty() { Value::Empty } else { Value::time(ms) }
}
fn thousandths(number: i64) -> Value {
    Value::Number(number as f64 / 1000.0)
}
fn whole(number: u64) -> Value {
    Value::Number(number as f64)
}

fn which_columns() -> Vec<Column> {
    vec![
        column("reader", Kind::Text, "Account of the reader."),
        column(
            "condition",
            Kind::Text,
            "Condition of the read; for what was locked before the AI was shown, the protocol's name for that.",
        ),
        column("repeat", Kind::Number, "1 for the first read of the case in this condition, 2 for a hidden repeat."),
        column("case", Kind::Text, "The reader's own code of the case; another reader has another."),
        column("package", Kind::Text, "SHA-256 of the case package: the same for all readers of a case."),
    ]
}

fn which(row: &ReadRow) -> Vec<Value> {
    let id = row.read.read();
    vec![
        Value::text(id.reader.as_str()),
        Value::text(row.condition.as_str()),
        whole(u64::from(id.repeat)),
        Value::text(id.case.as_str()),
        Value::text(row.read.package().to_string()),
    ]
}

/// By what each case was settled.
pub(super) fn settled(agreed: &[Agreed]) -> Table {
    let by = [
        ("majority", "more than half of the reads of the case are concordant with this one, itself among them"),
        ("adjudicator", "no majority: an adjudicator decided"),
    ];
    let columns = vec![
        column("package", Kind::Text, "SHA-256 of the case package."),
        Column {
            values: by.map(|(key, label)| (key.to_owned(), label.to_owned())).to_vec(),
            ..column("settled_by", Kind::Text, "By what the case was settled. A case that nothing settled has no row.")
        },
        column("agreeing", Kind::Number, "Reads that are concordant with the one on which most agree, itself among them."),
        column("of", Kind::Number, "Reads of the case that were compared."),
        column("reader", Kind::Text, "Account of whoever made the read that stands for the case."),
        column("case", Kind::Text, "The code under which they read it."),
    ];
    let row = |a: &Agreed| {
        let by = match a.by {
            By::Majority => "majority",
            By::Adjudicator => "adjudicator",
        };
        let [agreeing, of] = a.agreeing.map(|n| whole(n as u64));
        let id = a.row.read.read();
        let text = [a.package.to_string(), by.to_owned(), id.reader.to_string(), id.case.to_string()].map(Value::text);
        let [package, by, reader, case] = text;
        vec![package, by, agreeing, of, reader, case]
    };
    Table { name: "settled", columns, rows: agreed.iter().map(row).collect() }
}

/// The columns of one question about the case or its units.
fn asked<'a>(protocol: &'a Protocol, question: &'a Question) -> impl Iterator<Item = (String, Subject)> + 'a {
    let column = |subject: Subject| match &subject {
        Subject::Unit(key) => (format!("{}.{key}", question.id), subject),
        Subject::Case | Subject::Mark(_) => (question.id.to_string(), subject),
    };
    protocol.form().subjects(question, std::iter::empty()).map(column)
}

fn answer_column(name: &str, question: &Question) -> Column {
    let (kind, values) = match &question.kind {
        QuestionKind::Scale(scale) => {
            (Kind::Number, vec![(scale.min().to_string(), scale.low().to_owned()), (scale.max().to_string(), scale.high().to_owned())])
        }
        QuestionKind::Choice(options) | QuestionKind::Choices(options) => {
            (Kind::Text, options.iter().map(|o| (o.key.clone(), o.label.clone())).collect())
        }
        QuestionKind::Number(_) => (Kind::Number, vec![]),
        QuestionKind::Text(_) => (Kind::Text, vec![]),
    };
    Column { name: format!("answer.{name}"), kind, meaning: question.text.clone(), values }
}

fn said(value: Option<&AnswerValue>) -> Value {
    match value {
        None => Value::Empty,
        Some(AnswerValue::Scale(n)) => Value::Number(f64::from(*n)),
        Some(AnswerValue::Choice(key)) => Value::text(key.as_str()),
        Some(AnswerValue::Choices(keys)) if keys.is_empty() => Value::text("-"),
        Some(AnswerValue::Choices(keys)) => Value::text(keys.join(";")),
        Some(AnswerValue::Number(n)) => thousandths(n.thousandths()),
        Some(AnswerValue::Text(text)) => Value::text(text.as_str()),
    }
}

/// Every locked read.
pub(super) fn reads(protocol: &Protocol, table: &ReadsTable) -> Table {
    let form = protocol.form();
    let questions: Vec<_> =
        form.questions().iter().flat_map(|q| asked(protocol, q).map(move |(name, subject)| (q, name, subject))).collect();
    let units = form.units().iter().map(|u| (format!("not_evaluable.{}", u.key), Subject::Unit(u.key.clone())));
    let mut unevaluable = vec![("not_evaluable".to_owned(), Subject::Case)];
    unevaluable.extend(units);
    let reasons: Vec<(String, String)> =
        form.not_evaluable().map(|n| n.reasons.iter().map(|r| (r.key.clone(), r.label.clone())).collect()).unwrap_or_default();
    let mut columns = which_columns();
    // A workstation's own record needs no name.
    let is_merged = table.rows.iter().any(|row| row.file.is_some());
    columns.extend(is_merged.then(|| column("results", Kind::Text, "SHA-256 of the results file that the read came with.")));
    columns.extend([
        column("record", Kind::Number, "Number of the record row that locked the read, in that file where there are several."),
        column("opened_utc", Kind::Time, "When the case was first opened, by the clock of the reader's machine."),
        column("locked_utc", Kind::Time, "When the read was locked."),
        column("reading_s", Kind::Number, "Seconds with the images in sight; pauses and time without input are not in it."),
        column("ai_shown_utc", Kind::Time, "Since when what the AI says was shown; empty where it never was."),
        column("amended", Kind::Text, "Why the read was amended; empty where it was not."),
        column("unusual", Kind::Text, "Soft rules of the protocol that the read does not keep, by their number, joined by \";\"."),
        column("marks", Kind::Number, "How many marks the read has."),
        column(
            "rating",
            Kind::Number,
            "The rating of the case that analyses take (where marks alone are rated, of all of them: which are to be ignored is a matter of truth); empty where units are rated or the case was not evaluable.",
        ),
    ]);
    columns.extend(unevaluable.iter().map(|(name, _)| Column {
        values: reasons.clone(),
        ..column(name, Kind::Text, "Why the case or the unit was said to be not evaluable; empty where it was evaluable.")
    }));
    columns.extend(questions.iter().map(|(question, name, _)| answer_column(name, question)));
    let row = |row: &ReadRow| {
        let read = &row.read;
        // What was said to questions that are not asked any more counts for nothing, and so does what was said before it was called not evaluable.
        let counted = form.counted(read.answers());
        let rules: Vec<String> = read.over().iter().map(|rule| (rule + 1).to_string()).collect();
        let about = [
            whole(row.seq),
            time(read.opened().utc_ms),
            time(read.at().utc_ms),
            thousandths(i64::try_from(read.reading_ms()).unwrap_or(i64::MAX)),
            read.revealed().map_or(Value::Empty, |at| time(at.utc_ms)),
            read.amends().map_or(Value::Empty, |a| Value::text(a.reason.as_str())),
            Value::text(rules.join(";")),
            whole(read.marks().len() as u64),
            row.rating.map_or(Value::Empty, thousandths),
        ];
        let why = unevaluable.iter().map(|(_, subject)| Value::text(read.not_evaluable().get(subject).cloned().unwrap_or_default()));
        let is_evaluable =
            |subject: &Subject| !read.not_evaluable().contains_key(&Subject::Case) && !read.not_evaluable().contains_key(subject);
        let answers =
            questions.iter().map(|(question, _, subject)| said(counted.get(&question.id, subject).filter(|_| is_evaluable(subject))));
        let file = is_merged.then(|| Value::text(row.file.map(|f| f.to_string()).unwrap_or_default()));
        which(row).into_iter().chain(file).chain(about).chain(why).chain(answers).collect()
    };
    Table { name: "reads", columns, rows: table.rows.iter().map(row).collect() }
}

/// Every mark of every locked read.
pub(super) fn marks(protocol: &Protocol, table: &ReadsTable) -> Table {
    let form = protocol.form();
    let questions: Vec<&Question> = form.questions().iter().filter(|q| q.per == Per::Mark).collect();
    let classes = protocol.marks().map(|m| m.classes.iter().map(|c| (c.key.clone(), c.label.clone())).collect()).unwrap_or_default();
    let mut columns = which_columns();
    columns.extend([
        column("mark", Kind::Number, "Number of the mark in its read."),
        column("rating", Kind::Number, "Rating of the mark, on the protocol's scale for marks."),
        Column { values: classes, ..column("class", Kind::Text, "What the mark was said to be.") },
        column("form", Kind::Text, "How it was drawn."),
        column("x_mm", Kind::Number, "Its middle in the patient, towards the left; empty where the image has no place in a patient."),
        column("y_mm", Kind::Number, "Towards the back."),
        column("z_mm", Kind::Number, "Towards the head."),
        column("points", Kind::Text, "The points that make it, in the patient (x y z, mm) or on the image (column row), joined by \";\"."),
        column("image", Kind::Text, "SOP instance UID, in the package, of the image nearest to it."),
        column("frame", Kind::Number, "Frame of that image, from 0."),
        column("column", Kind::Number, "Its middle on that image; pixel centres are whole numbers, the first 0."),
        column("row", Kind::Number, "Likewise, downwards."),
    ]);
    columns.extend(questions.iter().map(|q| answer_column(q.id.as_str(), q)));
    let mut rows = Vec::new();
    for row in &table.rows {
        let counted = form.counted(row.read.answers());
        for (id, mark) in row.read.marks() {
            let (form, points) = drawn(&mark.shape);
            let middle = mark.shape.centre().map_or([const { Value::Empty }; 3], |p| [p.x, p.y, p.z].map(Value::Number));
            let about = [
                whole(u64::from(id.0)),
                mark.rating.map_or(Value::Empty, |r| Value::Number(f64::from(r))),
                Value::text(mark.class.clone().unwrap_or_default()),
                Value::text(form),
            ];
            let a = &mark.anchor;
            let place = [
                Value::text(points),
                Value::text(a.image.as_str()),
                whole(u64::from(a.frame)),
                Value::Number(a.column),
                Value::Number(a.row),
            ];
            let answers = questions.iter().map(|q| said(counted.get(&q.id, &Subject::Mark(*id))));
            rows.push(which(row).into_iter().chain(about).chain(middle).chain(place).chain(answers).collect());
        }
    }
    Table { name: "marks", columns, rows }
}

fn drawn(shape: &MarkShape) -> (&'static str, String) {
    use tiresias_words::Outline;
    fn form<P>(outline: &Outline<P>, point: impl Fn(&P) -> String) -> (&'static str, String) {
        let word = match outline {
            Outline::Point(_) => "point",
            Outline::Ellipse(_) => "ellipse",
            Outline::Box(_) => "box",
            Outline::Freehand(_) => "freehand",
            Outline::Polygon(_) => "polygon",
            Outline::Bidimensional(_) => "bidimensional",
        };
        (word, outline.points().iter().map(point).collect::<Vec<_>>().join(";"))
    }
    match shape {
        MarkShape::InPatient(outline) => form(outline, |p| format!("{} {} {}", p.x, p.y, p.z)),
        MarkShape::OnImage(outline) => form(outline, |p| format!("{} {}", p.column, p.row)),
    }
}

fn scored_columns() -> Vec<Column> {
    vec![
        column("reader", Kind::Text, "Account of the reader."),
        column("condition", Kind::Text, "Condition, as analyses know it."),
        column("case", Kind::Text, "The desk's name of the case."),
        column("package", Kind::Text, "SHA-256 of the case package."),
    ]
}

/// Every score with its truth. Reads that are missing have no row.
pub(super) fn scores(table: &ScoredTable) -> Table {
    let mut columns = scored_columns();
    let status = [("read", "read and locked"), ("not evaluable", "said to be not evaluable: no score")];
    columns.extend([
        column("unit", Kind::Text, "The side or region that is rated by itself; empty where the case is."),
        column("truth", Kind::Number, "1 where the signal is there, else 0."),
        Column {
            values: status.map(|(key, label)| (key.to_owned(), label.to_owned())).to_vec(),
            ..column("status", Kind::Text, "What became of the read. One that is missing has no row.")
        },
        column("score", Kind::Number, "The rating; higher is more suspicious."),
        column("reading_s", Kind::Number, "Seconds with the images in sight."),
        column("record", Kind::Number, "Number of the record row that locked the read."),
    ]);
    let mut rows = Vec::new();
    each(table, |who, case, cell| {
        for (at, unit) in case.units.iter().enumerate() {
            let (status, score, seconds, seq) = match cell {
                Cell::NotPlanned | Cell::Missing => continue,
                Cell::NotEvaluable { seq, .. } => ("not evaluable", Value::Empty, Value::Empty, *seq),
                Cell::Read(read) => {
                    let seconds = thousandths(i64::try_from(read.reading_ms).unwrap_or(i64::MAX));
                    match read.ratings.get(at) {
                        Some(UnitRating::Rated(rating)) => ("read", thousandths(*rating), seconds, read.seq),
                        Some(UnitRating::NotEvaluable(_)) | None => ("not evaluable", Value::Empty, seconds, read.seq),
                    }
                }
            };
            let mut row = who.clone();
            let unit_key = Value::text(unit.key.clone().unwrap_or_default());
            row.extend([unit_key, Value::Number(f64::from(u8::from(unit.signal))), Value::text(status), score, seconds, whole(seq)]);
            rows.push(row);
        }
    });
    Table { name: "scores", columns, rows }
}

/// Every mark and what it is on.
pub(super) fn classified(table: &ScoredTable) -> Table {
    let mut columns = scored_columns();
    let counts = [
        ("lesion", "on a lesion: counts"),
        ("false", "on none: counts"),
        ("again", "on a lesion that has its mark: counts for nothing"),
        ("ignored", "where marks count for nothing"),
    ];
    columns.extend([
        column("mark", Kind::Number, "Number of the mark in its read."),
        column("rating", Kind::Number, "Rating of the mark."),
        Column {
            values: counts.map(|(key, label)| (key.to_owned(), label.to_owned())).to_vec(),
            ..column("counts_as", Kind::Text, "What it was held to be, by the rule that the manifest names.")
        },
        column("lesion", Kind::Text, "The lesion that it is on."),
    ]);
    let mut rows = Vec::new();
    each(table, |who, case, cell| {
        let Cell::Read(read) = cell else { return };
        for mark in &read.marks {
            let (word, lesion) = match mark.fate {
                MarkFate::OnLesion(at) => ("lesion", Some(at)),
                MarkFate::Again(at) => ("again", Some(at)),
                MarkFate::False => ("false", None),
                MarkFate::Ignored => ("ignored", None),
            };
            let lesion = lesion.and_then(|at| case.lesions.get(at)).map(|l| l.name.clone()).unwrap_or_default();
            let mut row = who.clone();
            row.extend([whole(u64::from(mark.mark.0)), Value::Number(f64::from(mark.rating)), Value::text(word), Value::text(lesion)]);
            rows.push(row);
        }
    });
    Table { name: "classified_marks", columns, rows }
}

/// Every cell in order of reader, condition and case.
fn each(table: &ScoredTable, mut take: impl FnMut(&Vec<Value>, &crate::scoring::ScoredCase, &Cell)) {
    for (r, reader) in table.readers.iter().enumerate() {
        for (c, condition) in table.conditions.iter().enumerate() {
            for (k, case) in table.cases.iter().enumerate() {
                let Some(cell) = table.cell(c, r, k) else { continue };
                let names = [reader.as_str(), condition.as_str(), case.case.as_str(), &case.package.to_string()];
                take(&names.map(Value::text).to_vec(), case, cell);
            }
        }
    }
}

/// Cells as CSV text: LF, quoted only where they need it.
pub(super) fn csv_of(cells: &[Vec<String>]) -> String {
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
    fn cells_are_written_as_people_and_programs_read_them() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(i64::MAX), "");
        let ms = 1_700_000_000_123;
        assert_eq!(
            [text(&Value::time(ms)), text(&thousandths(61_007)), text(&Value::Number(0.0))],
            ["2023-11-14T22:13:20.123Z", "61.007", "0"]
        );
    }

    #[test]
    fn cells_survive_the_text() {
        let cells =
            vec![vec!["a,b".to_owned(), "\"x\"".to_owned(), String::new()], vec!["1".to_owned(), "two\nlines".to_owned(), "ü".to_owned()]];
        assert_eq!(cells_of(&csv_of(&cells)), Some(cells));
    }
}
