//! RJafroc's workbooks, "new standard format": the sheets TRUTH, FP and TP, for ROC, FROC and LROC (notes/mrmc.md 1.3).
//!
//! Reads what that format says, by ids and not by order, so that nothing depends on how a file is sorted. Writes what RJafroc was seen to read rightly: TRUTH
//! with normal cases first and both classes ascending, ids of readers and modalities as texts whose order is that of TRUTH, whole numbers as cases, the same
//! list of readers and modalities in every row. Refuses: other designs than the factorial one, rows that the paradigm does not have, lesions that TRUTH does
//! not know, and to write what RJafroc would misread ([`Unfit`]).

use super::data::{Fault, FormatError, Lesions, Place, Rows as Found, in_order, named, number, plain_case};
use super::long::{marked, weighed, whole};
use super::workbook::{self, Sheet, Value};
use crate::scoring::{Dataset, LocatedRating, RatedMark, Scores};
use std::collections::{BTreeMap, BTreeSet};

const TRUTH: &str = "TRUTH";
const FALSE: [&str; 2] = ["FP", "NL"];
const TRUE: [&str; 2] = ["TP", "LL"];
const TRUTH_HEADER: [&str; 6] = ["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"];
const FALSE_HEADER: [&str; 4] = ["ReaderID", "ModalityID", "CaseID", "FP_Rating"];
const TRUE_HEADER: [&str; 5] = ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"];

/// What RJafroc would misread or stop at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A reader without a mark.
    #[error("Reader {0} has no mark at all, at which RJafroc stops.")]
    NoMark(String),
    /// A modality without a mark.
    #[error("Condition {0} has no mark at all, at which RJafroc stops.")]
    NoMarkIn(String),
    /// A score is missing.
    #[error("Reader {reader} has no score of case {case} in condition {modality}, and RJafroc needs all of them.")]
    Missing {
        /// Whose.
        reader: String,
        /// Of which case.
        case: String,
        /// In which condition.
        modality: String,
    },
    /// An id that is no whole number.
    #[error("RJafroc takes whole numbers as cases, and {0} is none.")]
    CaseId(String),
    /// A class without a case.
    #[error("There are not both cases with and without the signal, and RJafroc needs them.")]
    OneClass,
    /// The workbook could not be made.
    #[error("The workbook cannot be written: {0}")]
    Workbook(#[from] FormatError),
}

#[derive(Clone, Copy, PartialEq)]
enum Paradigm {
    Roc,
    Froc,
    Lroc,
}

/// A sheet that is being read.
struct Rows<'a>(&'a Sheet);

impl<'a> Rows<'a> {
    fn at(&self, row: u64, why: impl Into<String>) -> FormatError {
        FormatError { place: Place::Row(self.0.name.clone(), row), why: why.into() }
    }
    /// Checks the header; each name may be one of several.
    fn header(&self, wanted: &[&[&str]]) -> Result<(), FormatError> {
        let found = self.0.rows.first().filter(|(at, _)| *at == 1).map(|(_, cells)| cells.as_slice()).unwrap_or_default();
        let is_right = wanted.iter().zip(0..).all(
            |(names, column)| matches!(found.get(column), Some(Value::Text(t)) if names.iter().any(|n| n.eq_ignore_ascii_case(t.trim()))),
        );
        let names: Vec<&str> = wanted.iter().filter_map(|names| names.first().copied()).collect();
        if is_right { Ok(()) } else { Err(self.at(1, format!("The columns must be {}, in this order.", names.join(", ")))) }
    }
    fn data(&self) -> impl Iterator<Item = (u64, &'a [Value])> + use<'a> {
        self.0.rows.iter().filter(|(at, _)| *at > 1).map(|(at, cells)| (*at, cells.as_slice()))
    }
}

/// An id: a text, or a whole number.
fn id(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(n) if n.fract() == 0.0 && n.abs() < 1e15 => Some(n.to_string()),
        _ => None,
    }
}

fn value(cell: Option<&Value>) -> Option<f64> {
    match cell? {
        Value::Number(n) => Some(*n),
        Value::Text(text) => number(text.trim()),
        _ => None,
    }
}

fn case_id(cell: Option<&Value>) -> Result<String, String> {
    id(cell).filter(|c| c.bytes().all(|b| b.is_ascii_digit())).ok_or_else(|| "The case is not a whole number.".into())
}

/// What TRUTH says.
struct Truth {
    paradigm: Paradigm,
    lesions: Lesions,
    readers: BTreeSet<String>,
    modalities: BTreeSet<String>,
}

/// Reads a workbook.
///
/// # Errors
/// With the first sheet and row that are not right.
pub fn parse(bytes: &[u8]) -> Result<Dataset, FormatError> {
    let sheets = workbook::read(bytes)?;
    let find = |names: &[&str]| sheets.iter().find(|s| names.iter().any(|n| n.eq_ignore_ascii_case(s.name.trim())));
    let (Some(truth), Some(wrong), Some(right), 3) = (find(&[TRUTH]), find(&FALSE), find(&TRUE), sheets.len()) else {
        return Err(FormatError::file("It must have three sheets: TRUTH, FP (or NL) and TP (or LL)."));
    };
    let (wrong, right) = (Rows(wrong), Rows(right));
    let truth = read_truth(&Rows(truth))?;
    let rows = read_marks(&wrong, &right, &truth)?;
    let lesions = &truth.lesions;
    let has = |name: &str| plain_case(name, lesions.get(name).is_some_and(|l| !l.is_empty()));
    let data = match truth.paradigm {
        Paradigm::Froc => marked(rows, lesions),
        Paradigm::Roc => rows.dataset(has, &None, |cell: &mut Option<f64>, mark| cell.replace(mark.rating).is_none(), Scores::Roc),
        Paradigm::Lroc => {
            let located = |mark: RatedMark| LocatedRating { rating: mark.rating, right: mark.lesion.is_some() };
            rows.dataset(has, &None, |cell: &mut Option<LocatedRating>, mark| cell.replace(located(mark)).is_none(), Scores::Lroc)
        }
    };
    data.map_err(|fault| match fault {
        // Rows of the second sheet are counted on from those of the first.
        Fault::Twice(at) => {
            let (sheet, row) = if at < SECOND { (&wrong, at) } else { (&right, at - SECOND) };
            sheet.at(row, "This stands here twice: one rating for each reader, modality and case (FROC: and lesion).")
        }
        Fault::Other(e) => e,
    })
}

/// More than any sheet has rows.
const SECOND: u64 = 1 << 32;

fn list(value: Option<&Value>) -> Option<BTreeSet<String>> {
    let text = id(value)?;
    let ids: Vec<String> = text.split(',').map(|t| t.trim().to_owned()).collect();
    let set: BTreeSet<String> = ids.iter().cloned().collect();
    (set.len() == ids.len() && ids.iter().all(|i| !i.is_empty())).then_some(set)
}

fn read_truth(sheet: &Rows<'_>) -> Result<Truth, FormatError> {
    sheet.header(&[&["CaseID"], &["LesionID"], &["Weight", "Weights"], &["ReaderID"], &["ModalityID"], &["Paradigm"]])?;
    let word = |row: u64| {
        let cells = sheet.data().find(|(at, _)| *at == row).map(|(_, cells)| cells).unwrap_or_default();
        id(cells.get(5)).unwrap_or_default().to_ascii_uppercase()
    };
    let paradigm = match word(2).as_str() {
        "ROC" => Paradigm::Roc,
        "FROC" => Paradigm::Froc,
        "LROC" => Paradigm::Lroc,
        _ => return Err(sheet.at(2, "The paradigm must be ROC, FROC or LROC.")),
    };
    if !["FCTRL", "CROSSED"].contains(&word(3).as_str()) {
        return Err(sheet.at(3, "The design must be FCTRL: every reader reads every case in every modality."));
    }
    let mut found: BTreeMap<String, Vec<(u32, f64)>> = BTreeMap::new();
    let mut everyone: Option<[BTreeSet<String>; 2]> = None;
    for (at, cells) in sheet.data() {
        let fail = |why: &str| sheet.at(at, why);
        let case = case_id(cells.first()).map_err(|why| sheet.at(at, why))?;
        let lesion = id(cells.get(1)).and_then(|t| whole(&t)).ok_or_else(|| fail("The lesion is not a whole number from 0."))?;
        let weight = value(cells.get(2)).filter(|w| *w >= 0.0).ok_or_else(|| fail("The weight is not a number from 0."))?;
        let readers = list(cells.get(3)).ok_or_else(|| fail("The readers must be a list such as \"1, 2, 3\"."))?;
        let modalities = list(cells.get(4)).ok_or_else(|| fail("The modalities must be a list such as \"1, 2\"."))?;
        let lists = [readers, modalities];
        if everyone.get_or_insert_with(|| lists.clone()) != &lists {
            return Err(fail("The readers and modalities must be the same in every row: every reader reads every case."));
        }
        let of_case = found.entry(case).or_default();
        if of_case.iter().any(|(n, _)| *n == lesion || *n == 0 || lesion == 0) {
            return Err(fail("This case stands here with this lesion already, or with and without one."));
        }
        of_case.push((lesion, weight));
    }
    let Some([readers, modalities]) = everyone else { return Err(sheet.at(2, "There is no case.")) };
    let on_sheet = |why: String| FormatError { place: Place::Sheet(sheet.0.name.clone()), why };
    let mut lesions = Lesions::new();
    for (case, of_case) in found {
        let weighed = weighed(of_case).map_err(|why| on_sheet(format!("Case {case}: {why}")))?;
        if weighed.iter().zip(1..).any(|(lesion, n)| lesion.number != n) || (paradigm != Paradigm::Froc && weighed.len() > 1) {
            return Err(on_sheet(format!(
                "The lesions of case {case} are not numbered 1, 2, … or there are several and the paradigm has one."
            )));
        }
        lesions.insert(case, weighed);
    }
    Ok(Truth { paradigm, lesions, readers, modalities })
}

fn read_marks(wrong: &Rows<'_>, right: &Rows<'_>, truth: &Truth) -> Result<Found<RatedMark>, FormatError> {
    wrong.header(&[&["ReaderID"], &["ModalityID"], &["CaseID"], &["FP_Rating", "NL_Rating"]])?;
    right.header(&[&["ReaderID"], &["ModalityID"], &["CaseID"], &["LesionID"], &["TP_Rating", "LL_Rating"]])?;
    let mut rows = Found::new();
    // Those without a mark are there too.
    truth.lesions.keys().for_each(|case| {
        rows.cases.of(case);
    });
    truth.readers.iter().for_each(|reader| {
        rows.readers.of(reader);
    });
    truth.modalities.iter().for_each(|modality| {
        rows.modalities.of(modality);
    });
    for (sheet, is_right) in [(wrong, false), (right, true)] {
        for (at, cells) in sheet.data() {
            let fail = |why: String| sheet.at(at, why);
            let reader = id(cells.first()).filter(|r| truth.readers.contains(r));
            let modality = id(cells.get(1)).filter(|m| truth.modalities.contains(m));
            let (Some(reader), Some(modality)) = (reader, modality) else {
                return Err(fail("The reader or the modality is not one of those in TRUTH.".into()));
            };
            let case = case_id(cells.get(2)).map_err(fail)?;
            let Some(lesions) = truth.lesions.get(&case) else { return Err(fail(format!("The case {} is not in TRUTH.", named(&case)))) };
            let number = id(cells.get(3)).and_then(|t| whole(&t)).filter(|_| is_right);
            let lesion = number.and_then(|n| lesions.iter().position(|l| l.number == n));
            if is_right && lesion.is_none() {
                return Err(fail(format!("The case {} has no such lesion in TRUTH.", named(&case))));
            }
            if truth.paradigm == Paradigm::Roc && !is_right && !lesions.is_empty() {
                return Err(fail("In ROC the sheet of false positives has only cases without a lesion.".into()));
            }
            let rating = value(cells.get(if is_right { 4 } else { 3 }));
            let rating = rating.ok_or_else(|| fail("The rating is not a number. What was not marked has no row.".into()))?;
            rows.push([&reader, &case, &modality], if is_right { SECOND + at } else { at }, RatedMark { lesion, rating });
        }
    }
    Ok(rows)
}

/// The bytes of a workbook. Ids must be numbers as [`Numbered`](super::Numbered) gives them.
///
/// # Errors
/// When RJafroc would misread it or stop, or the workbook cannot be made.
pub fn write(data: &Dataset) -> Result<Vec<u8>, Unfit> {
    Ok(workbook::write(&sheets(data)?)?)
}

/// The three sheets.
fn sheets(data: &Dataset) -> Result<[Sheet; 3], Unfit> {
    let data = in_order(data)?;
    if let Some(case) = data.cases.iter().find(|case| case.name.parse::<u32>().is_err()) {
        return Err(Unfit::CaseId(case.name.clone()));
    }
    let diseased = data.cases.iter().filter(|case| case.diseased).count();
    if diseased == 0 || diseased == data.cases.len() {
        return Err(Unfit::OneClass);
    }
    let [mut wrong, mut right]: [Vec<Vec<Value>>; 2] = Default::default();
    let text = |t: &str| Value::Text(t.to_owned());
    let whole = |name: &str| Value::Number(name.parse().unwrap_or_default());
    let mut cases: Vec<_> = data.cases.iter().enumerate().collect();
    cases.sort_by_key(|(_, case)| (case.diseased, case.name.parse::<u32>().unwrap_or_default()));
    let (mut has_mark, mut in_modality) = (vec![false; data.readers.len()], vec![false; data.modalities.len()]);
    for (r, reader) in data.readers.iter().enumerate() {
        for (m, modality) in data.modalities.iter().enumerate() {
            for (c, case) in &cases {
                let at = (m * data.readers.len() + r) * data.cases.len() + c;
                let missing = || Unfit::Missing { reader: reader.clone(), case: case.name.clone(), modality: modality.clone() };
                let marks = marks_of(&data.scores, at, case.diseased).ok_or_else(missing)?;
                for RatedMark { lesion, rating } in marks {
                    [has_mark.get_mut(r), in_modality.get_mut(m)].into_iter().flatten().for_each(|has| *has = true);
                    let who = [text(reader), text(modality), whole(&case.name)];
                    match lesion {
                        None => wrong.push(who.into_iter().chain([Value::Number(rating)]).collect()),
                        Some(n) => right.push(who.into_iter().chain([Value::Number((n + 1) as f64), Value::Number(rating)]).collect()),
                    }
                }
            }
        }
    }
    if let Some((reader, _)) = data.readers.iter().zip(&has_mark).find(|(_, has)| !**has) {
        return Err(Unfit::NoMark(reader.clone()));
    }
    if let Some((modality, _)) = data.modalities.iter().zip(&in_modality).find(|(_, has)| !**has) {
        return Err(Unfit::NoMarkIn(modality.clone()));
    }
    let headed = |header: &[&str], rows: Vec<Vec<Value>>| {
        let header = header.iter().map(|n| text(n)).collect();
        std::iter::once(header).chain(rows).collect()
    };
    let truth = truth_rows(&data, cases.into_iter().map(|(_, case)| case));
    let truth = Sheet::new(TRUTH, headed(&TRUTH_HEADER, truth));
    Ok([truth, Sheet::new(FALSE[0], headed(&FALSE_HEADER, wrong)), Sheet::new(TRUE[0], headed(&TRUE_HEADER, right))])
}

/// What stands in the sheets of marks for a cell; `None` where a score is missing.
fn marks_of(scores: &Scores, at: usize, diseased: bool) -> Option<Vec<RatedMark>> {
    match scores {
        Scores::Roc(all) => all.get(at).copied().flatten().map(|rating| vec![RatedMark { lesion: diseased.then_some(0), rating }]),
        Scores::Lroc(all) => all.get(at).copied().flatten().map(|s| vec![RatedMark { lesion: s.right.then_some(0), rating: s.rating }]),
        Scores::Froc(all) => all.get(at).cloned().flatten(),
    }
}

fn truth_rows<'a>(data: &Dataset, cases: impl Iterator<Item = &'a crate::scoring::DataCase>) -> Vec<Vec<Value>> {
    let word = match data.scores {
        Scores::Roc(_) => "ROC",
        Scores::Lroc(_) => "LROC",
        Scores::Froc(_) => "FROC",
    };
    let (readers, modalities) = (data.readers.join(", "), data.modalities.join(", "));
    let mut rows = Vec::new();
    for case in cases {
        let weights: Vec<(usize, f64)> = match case.lesions.as_slice() {
            [] if case.diseased => vec![(1, 1.0)],
            [] => vec![(0, 0.0)],
            lesions => (1..).zip(lesions).map(|(n, lesion)| (n, lesion.weight)).collect(),
        };
        for (number, weight) in weights {
            let case = Value::Number(case.name.parse().unwrap_or_default());
            let row = vec![
                case,
                Value::Number(number as f64),
                Value::Number(weight),
                Value::Text(readers.clone()),
                Value::Text(modalities.clone()),
            ];
            rows.push(row);
        }
    }
    for (cells, said) in rows.iter_mut().zip([word, "FCTRL"]) {
        cells.push(Value::Text(said.to_owned()));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::{DataCase, DataLesion};

    fn case(name: &str, weights: &[f64]) -> DataCase {
        let lesions = weights.iter().zip(1..).map(|(weight, n)| DataLesion { name: n.to_string(), weight: *weight }).collect();
        DataCase { lesions, ..plain_case(name, !weights.is_empty()) }
    }
    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }
    /// Two readers, one modality; cases 1 and 2 without a lesion, 10 with two.
    fn froc() -> Dataset {
        let marks =
            |of: &[(Option<usize>, f64)]| Some(of.iter().map(|(lesion, rating)| RatedMark { lesion: *lesion, rating: *rating }).collect());
        let first = [marks(&[(None, 2.17), (None, 1.02)]), marks(&[(Some(1), 5.28)]), marks(&[])];
        let second = [marks(&[]), marks(&[(None, 1.0), (Some(0), 3.0)]), marks(&[])];
        Dataset {
            modalities: names(&["1"]),
            readers: names(&["01", "02"]),
            cases: vec![case("1", &[]), case("10", &[0.3, 0.7]), case("2", &[])],
            scores: Scores::Froc(first.into_iter().chain(second).collect()),
        }
    }
    fn roc(scores: Scores) -> Dataset {
        let cases = vec![plain_case("1", false), plain_case("2", true), plain_case("3", true)];
        Dataset { modalities: names(&["A"]), readers: names(&["1", "2"]), cases, scores }
    }

    #[test]
    fn all_paradigms_are_written_and_read() {
        assert_eq!(parse(&write(&froc()).unwrap()), Ok(froc()));
        let ratings = roc(Scores::Roc([1.0, 2.0, 3.0, 0.5, 2.0, 2.0].map(Some).to_vec()));
        assert_eq!(parse(&write(&ratings).unwrap()), Ok(ratings));
        let located = |(at, rating): (usize, f64)| Some(LocatedRating { rating, right: at % 3 == 1 });
        let located = roc(Scores::Lroc([1.0, 2.0, 3.0, 0.5, 2.0, 2.0].into_iter().enumerate().map(located).collect()));
        assert_eq!(parse(&write(&located).unwrap()), Ok(located));
        let [truth, ..] = sheets(&froc()).unwrap();
        let cases: Vec<_> = truth.rows.iter().skip(1).map(|(_, cells)| cells[0].clone()).collect();
        assert_eq!(cases, [1.0, 2.0, 10.0, 10.0].map(Value::Number), "as numbers, those with a lesion last");
    }

    #[test]
    fn what_rjafroc_would_misread_is_not_written() {
        let mut silent = froc();
        let Scores::Froc(reads) = &mut silent.scores else { panic!("marks") };
        reads[4] = Some(vec![]);
        assert_eq!(sheets(&silent), Err(Unfit::NoMark("02".into())));
        let mut one_class = froc();
        one_class.cases[1] = plain_case("10", false);
        assert_eq!(sheets(&one_class), Err(Unfit::OneClass));
        let missing = roc(Scores::Roc(vec![Some(1.0), None, Some(1.0), Some(1.0), Some(1.0), Some(1.0)]));
        assert_eq!(sheets(&missing), Err(Unfit::Missing { reader: "1".into(), case: "2".into(), modality: "A".into() }));
        let mut named = froc();
        named.cases[0].name = "c1".into();
        assert_eq!(sheets(&named), Err(Unfit::CaseId("c1".into())));
    }

    #[test]
    fn what_is_not_right_is_refused_with_sheet_and_row() {
        let good = sheets(&froc()).unwrap();
        let refuses = |sheet: usize, row: usize, column: usize, to: Value, said: &str| {
            let mut bad = good.clone();
            let cells = &mut bad[sheet].rows[row].1;
            cells.resize(cells.len().max(column + 1), Value::Empty);
            cells[column] = to;
            let error = parse(&workbook::write(&bad).unwrap()).expect_err(said);
            assert!(error.to_string().contains(said), "{error}");
        };
        let text = |t: &str| Value::Text(t.to_owned());
        refuses(0, 0, 0, text("Case"), "sheet TRUTH, row 1: The columns must be CaseID");
        refuses(0, 1, 5, text("ROI"), "sheet TRUTH, row 2: The paradigm");
        refuses(0, 2, 5, text("SPLIT-PLOT-A"), "row 3: The design must be FCTRL");
        refuses(0, 2, 3, text("01"), "row 3: The readers and modalities must be the same");
        refuses(0, 4, 1, Value::Number(1.0), "row 5: This case stands here with this lesion already");
        refuses(0, 4, 1, Value::Number(3.0), "not numbered 1, 2");
        refuses(0, 4, 2, Value::Number(0.2), "add up to 0.5");
        refuses(1, 1, 2, Value::Number(9.0), "sheet FP, row 2: The case 9 is not in TRUTH");
        refuses(1, 1, 3, text("NA"), "sheet FP, row 2: The rating is not a number");
        refuses(2, 1, 3, Value::Number(4.0), "sheet TP, row 2: The case 10 has no such lesion");
        refuses(2, 1, 0, text("7"), "sheet TP, row 2: The reader or the modality");
        let mut twice = good.clone();
        twice[2].rows[2].1 = twice[2].rows[1].1.clone();
        assert!(parse(&workbook::write(&twice).unwrap()).unwrap_err().to_string().contains("sheet TP, row 3: This stands here twice"));
        let two = workbook::write(&good[..2]).unwrap();
        assert!(parse(&two).unwrap_err().why.contains("three sheets"));
    }
}
