//! Scores on their way between a file and a [`Dataset`]; the one order in which datasets are written and compared; and the error that all readers share.
//!
//! Rows of a file are kept by numbers for their names until all are there, then put into the cells of a dataset whose names are sorted as text. A second row
//! for a cell is found there, with its place. Refuses: datasets of more than 5,000,000 cells, which a short file can announce.

use super::MAX_SHOWN;
use super::long::weighed;
use crate::scoring::{DataCase, DataLesion, Dataset, Scores};
use crate::shown::shown;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// No study has more cells than this.
const MAX_CELLS: usize = 5_000_000;

/// A lesion of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lesion {
    /// Its number in the case, from 1.
    pub number: u32,
    /// Its share of the case, above 0; the shares of a case add up to 1.
    pub weight: f64,
}

/// The lesions of cases, by number; none of a case without.
pub type Lesions = BTreeMap<String, Vec<Lesion>>;

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The whole file.
    File,
    /// A line, from 1.
    Line(u64),
    /// A sheet of a workbook.
    Sheet(String),
    /// A row of a sheet, from 1 as spreadsheets count.
    Row(String, u64),
}

/// Why bytes are not a file of this form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FormatError {
    /// Where.
    pub place: Place,
    /// What is wrong there and what to do, as a sentence.
    pub why: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File => write!(f, "{}", self.why),
            Place::Line(line) => write!(f, "line {line}: {}", self.why),
            Place::Sheet(sheet) => write!(f, "sheet {}: {}", shown(sheet, MAX_SHOWN), self.why),
            Place::Row(sheet, row) => write!(f, "sheet {}, row {row}: {}", shown(sheet, MAX_SHOWN), self.why),
        }
    }
}

impl FormatError {
    pub(super) fn file(why: impl Into<String>) -> Self {
        Self { place: Place::File, why: why.into() }
    }
    pub(super) fn line(line: u64, why: impl Into<String>) -> Self {
        Self { place: Place::Line(line), why: why.into() }
    }
    /// The line, where one is at fault.
    #[must_use]
    pub const fn at_line(&self) -> Option<u64> {
        match self.place {
            Place::Line(line) => Some(line),
            Place::File | Place::Sheet(_) | Place::Row(..) => None,
        }
    }
}

/// A foreign name as a sentence repeats it.
pub(super) fn named(id: &str) -> String {
    shown(id, MAX_SHOWN)
}

/// Names in the order in which they were met, each with its number.
#[derive(Default)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, u32>,
    names: Vec<String>,
    /// The number that was given last.
    last: u32,
}

impl Names {
    pub(super) fn of(&mut self, name: &str) -> u32 {
        // Rows stand in some order: mostly the name is that of the row before, or the next one, or the first again.
        let likely = [self.last, self.last.saturating_add(1), 0];
        let known = likely.into_iter().find(|n| self.names.get(*n as usize).is_some_and(|of| of == name));
        self.last = known.or_else(|| self.numbers.get(name).copied()).unwrap_or_else(|| {
            let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
            self.numbers.insert(name.into(), number);
            self.names.push(name.to_owned());
            number
        });
        self.last
    }
    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
    /// The names in the order of text, and the place of each number there.
    fn sorted(self) -> (Vec<String>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by(|a, b| self.names.get(*a).cmp(&self.names.get(*b)));
        let mut places = vec![0; order.len()];
        for (place, number) in order.iter().enumerate() {
            if let Some(of) = places.get_mut(*number) {
                *of = place;
            }
        }
        let mut names = self.names;
        names.sort();
        (names, places)
    }
}

/// What a row belongs to, by the numbers of its names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of {
    pub(super) reader: u32,
    pub(super) case: u32,
    pub(super) modality: u32,
}

/// Rows of a file with their places in it.
pub(super) struct Rows<T> {
    pub(super) readers: Names,
    pub(super) cases: Names,
    pub(super) modalities: Names,
    rows: Vec<(Of, u64, T)>,
}

/// Why rows make no dataset.
pub(super) enum Fault {
    /// The row at this place says something of a cell that has it already.
    Twice(u64),
    /// Something else.
    Other(FormatError),
}

impl From<FormatError> for Fault {
    fn from(e: FormatError) -> Self {
        Self::Other(e)
    }
}

impl<T> Rows<T> {
    pub(super) fn new() -> Self {
        Self { readers: Names::default(), cases: Names::default(), modalities: Names::default(), rows: Vec::new() }
    }
    /// None yet, with room for those of a text of so many bytes.
    pub(super) fn of_text(bytes: usize) -> Self {
        // A row of names as studies have them has about so many bytes; a longer one only leaves room.
        Self { rows: Vec::with_capacity(bytes / 32), ..Self::new() }
    }
    /// Takes a row of reader, case and modality.
    pub(super) fn push(&mut self, [reader, case, modality]: [&str; 3], at: u64, value: T) {
        let of = Of { reader: self.readers.of(reader), case: self.cases.of(case), modality: self.modalities.of(modality) };
        self.rows.push((of, at, value));
    }
    /// The rows, in the order of the file.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Of, u64, &T)> {
        self.rows.iter().map(|(of, at, value)| (*of, *at, value))
    }
    /// The dataset. `case` says what is known of one by its name; every cell begins as `empty`, and `put` says whether it takes a row.
    pub(super) fn dataset<C: Clone>(
        self,
        case: impl Fn(&str) -> DataCase,
        empty: &C,
        mut put: impl FnMut(&mut C, T) -> bool,
        into: impl FnOnce(Vec<C>) -> Scores,
    ) -> Result<Dataset, Fault> {
        let [(readers, of_reader), (cases, of_case), (modalities, of_modality)] =
            [self.readers, self.cases, self.modalities].map(Names::sorted);
        let size = readers.len().saturating_mul(modalities.len()).saturating_mul(cases.len());
        if size > MAX_CELLS {
            let (m, r, c) = (modalities.len(), readers.len(), cases.len());
            let why = format!("It names {m} modalities, {r} readers and {c} cases, which no study has. Name the right file.");
            return Err(FormatError::file(why).into());
        }
        let mut cells = vec![empty.clone(); size];
        let place = |of: &[usize], number: u32| of.get(number as usize).copied().unwrap_or_default();
        for (of, at, value) in self.rows {
            let [m, r, c] = [place(&of_modality, of.modality), place(&of_reader, of.reader), place(&of_case, of.case)];
            if let Some(cell) = cells.get_mut((m * readers.len() + r) * cases.len() + c)
                && !put(cell, value)
            {
                return Err(Fault::Twice(at));
            }
        }
        let cases = cases.iter().map(|name| case(name)).collect();
        let data = Dataset { modalities, readers, cases, scores: into(cells) };
        Ok(data.checked().map_err(|e| FormatError::file(e.to_string()))?)
    }
}

/// A case without lesions.
pub(super) fn plain_case(name: &str, diseased: bool) -> DataCase {
    DataCase { name: name.to_owned(), patient: None, diseased, lesions: Vec::new() }
}

/// A case of these lesions.
pub(super) fn case_of(name: &str, lesions: &[Lesion]) -> DataCase {
    let lesions: Vec<_> = lesions.iter().map(|l| DataLesion { name: l.number.to_string(), weight: l.weight }).collect();
    DataCase { diseased: !lesions.is_empty(), lesions, ..plain_case(name, false) }
}

/// The order in which datasets are written: names sorted as text, readers and modalities without a score left out (not those of marks, where none is an
/// answer), lesions by number with weights that add up to 1, marks by lesion and rating. What stands in it already is not copied.
pub(crate) fn in_order(data: &Dataset) -> Result<Cow<'_, Dataset>, FormatError> {
    let (readers, cases) = (data.readers.len(), data.cases.len());
    let is_read = |m: usize, r: usize| (0..cases).any(|c| data.scores.has((m * readers + r) * cases + c));
    let of_marks = matches!(data.scores, Scores::Froc(_));
    let mut m: Vec<usize> = (0..data.modalities.len()).filter(|m| of_marks || (0..readers).any(|r| is_read(*m, r))).collect();
    let mut r: Vec<usize> = (0..readers).filter(|r| of_marks || (0..data.modalities.len()).any(|m| is_read(m, *r))).collect();
    let mut c: Vec<usize> = (0..cases).collect();
    m.sort_by(|a, b| data.modalities.get(*a).cmp(&data.modalities.get(*b)));
    r.sort_by(|a, b| data.readers.get(*a).cmp(&data.readers.get(*b)));
    c.sort_by(|a, b| data.cases.get(*a).map(|c| &c.name).cmp(&data.cases.get(*b).map(|c| &c.name)));
    let stays = |order: &[usize], of: usize| order.len() == of && order.iter().enumerate().all(|(place, at)| place == *at);
    let is_plain = |case: &DataCase| case.patient.is_none() && case.lesions.is_empty();
    if !of_marks && stays(&m, data.modalities.len()) && stays(&r, readers) && stays(&c, cases) && data.cases.iter().all(is_plain) {
        return Ok(Cow::Borrowed(data));
    }
    // Where each row of cells begins, in the new order.
    let rows: Vec<usize> = m.iter().flat_map(|m| r.iter().map(move |r| (m * readers + r) * cases)).collect();
    let pick = |names: &[String], of: &[usize]| of.iter().filter_map(|at| names.get(*at).cloned()).collect();
    let scores = match &data.scores {
        Scores::Roc(all) => Scores::Roc(picked(all, &rows, &c)),
        Scores::Lroc(all) => Scores::Lroc(picked(all, &rows, &c)),
        Scores::Froc(all) => {
            let mut reads = picked(all, &rows, &c);
            for read in reads.iter_mut().flatten() {
                read.sort_by(|a, b| a.lesion.cmp(&b.lesion).then(b.rating.total_cmp(&a.rating)));
            }
            Scores::Froc(reads)
        }
    };
    let mut ordered = Vec::with_capacity(c.len());
    for case in c.iter().filter_map(|at| data.cases.get(*at)) {
        let weights = (1..).zip(&case.lesions).map(|(n, lesion)| (n, lesion.weight)).collect();
        let lesions = if of_marks { weighed(weights) } else { Ok(Vec::new()) };
        let lesions = lesions.map_err(|why| FormatError::file(format!("Case {}: {why}", named(&case.name))))?;
        ordered.push(DataCase { diseased: case.diseased, ..case_of(&case.name, &lesions) });
    }
    Ok(Cow::Owned(Dataset { modalities: pick(&data.modalities, &m), readers: pick(&data.readers, &r), cases: ordered, scores }))
}

/// The cells of these rows, each row's in this order of cases.
fn picked<T: Clone>(all: &[Option<T>], rows: &[usize], cases: &[usize]) -> Vec<Option<T>> {
    rows.iter().flat_map(|row| cases.iter().map(move |case| all.get(row + case).cloned().flatten())).collect()
}

/// A finite number in plain or scientific notation; the words that `f64` also takes (`nan`, `inf`) are none.
pub(super) fn number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse().ok().filter(|v: &f64| is_plain && v.is_finite())
}

/// What every reader says of a cell that stands there twice.
pub(super) const TWICE: &str = "This reader, case and modality stand here twice: a file has one score for each.";
/// What every reader says of a score that is none.
pub(super) const NO_NUMBER: &str = "The score is not a number. Where a read is missing, leave its row out.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::RatedMark;

    #[test]
    fn numbers_are_numbers() {
        for (text, value) in [("1", 1.0), ("-0.5", -0.5), ("4.5e-3", 0.0045), ("+2", 2.0), ("1e300", 1e300)] {
            assert_eq!(number(text), Some(value));
        }
        for text in ["", "NA", "nan", "NaN", "inf", "-inf", "infinity", "1e999", "1,5", "0x1", " 1", "\u{0661}"] {
            assert_eq!(number(text), None, "{text:?}");
        }
    }

    fn rows(of: &[(&str, &str, f64)]) -> Result<Dataset, Fault> {
        let mut rows = Rows::new();
        for ((reader, case, score), at) in of.iter().zip(2..) {
            rows.push([reader, case, "m"], at, *score);
        }
        rows.dataset(
            |name| plain_case(name, name == "d"),
            &None,
            |cell: &mut Option<f64>, score| cell.replace(score).is_none(),
            Scores::Roc,
        )
    }

    #[test]
    fn rows_in_any_order_are_one_dataset() {
        let Ok(data) = rows(&[("b", "d", 1.0), ("a", "n", 2.0), ("b", "n", 3.0)]) else { panic!("a dataset") };
        assert_eq!((data.readers.join(""), data.cases.len(), data.missing()), ("ab".to_owned(), 2, 1));
        assert_eq!(data.scores, Scores::Roc(vec![None, Some(2.0), Some(1.0), Some(3.0)]));
        assert!(matches!(rows(&[("b", "d", 1.0), ("a", "n", 2.0), ("b", "d", 3.0), ("b", "d", 4.0)]), Err(Fault::Twice(4))));
    }

    #[test]
    fn order_names_and_equal_weights_make_no_difference() {
        let lesions = |weight| (0..2).map(|n| DataLesion { name: format!("L{n}"), weight }).collect();
        let diseased = |weight| DataCase { lesions: lesions(weight), ..plain_case("d", true) };
        let marks = |order: [f64; 2]| Some(order.map(|rating| RatedMark { lesion: None, rating }).to_vec());
        let data = |cases, scores| Dataset { modalities: vec!["m".into()], readers: vec!["r".into()], cases, scores: Scores::Froc(scores) };
        let a = data(vec![diseased(0.0), plain_case("n", false)], vec![Some(vec![]), marks([1.0, 2.0])]);
        let b = data(vec![plain_case("n", false), diseased(0.5)], vec![marks([2.0, 1.0]), Some(vec![])]);
        assert!(super::super::same(&a, &b));
        let c = data(vec![plain_case("n", false), diseased(0.5)], vec![marks([2.0, 1.5]), Some(vec![])]);
        assert!(!super::super::same(&a, &c));
    }
}
