//! Long CSV: a header, then one row for each score, with the columns in any order: what MRMCaov takes as a data frame, the CSV of OR-DBM MRMC, and plain tables
//! (notes/mrmc.md 1.4, 1.5).
//!
//! Columns: `reader`; `case`; the condition as `modality`, `treatment`, `test` or `condition`; `truth` (0 or 1); `score` or `rating`; for LROC `localized`
//! (0 or 1, empty on cases without the signal). Marks (FROC) are two files: `modality,reader,case,lesion,rating`, where lesion 0 is a false mark, and
//! `case,lesion,weight`, where lesion 0 is a case without any. Other columns are passed over.
//! Refuses: NA and empty scores, two rows for one cell, a case with two truths, a column that is missing or there twice.

use super::data::{Fault, FormatError, Lesion, Lesions, NO_NUMBER, Rows, TWICE, case_of, in_order, named, number, plain_case};
use crate::scoring::{DataLesion, Dataset, LocatedRating, RatedMark, Scores};
use crate::truth::line_at;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// The names of the five columns, in the order in which they are written.
pub type Header = [&'static str; 5];
/// As MRMCaov's own examples name them.
pub const MRMCAOV: Header = ["reader", "test", "case", "truth", "rating"];
/// As OR-DBM MRMC takes them, by position.
pub const OR_DBM: Header = ["reader", "treatment", "case", "truth", "rating"];

/// How far from 1 the weights of a case may add up to, which are then brought to 1 (as RJafroc does).
pub(super) const WEIGHTS: std::ops::RangeInclusive<f64> = 0.99..=1.01;

const READER: &[&str] = &["reader", "readerid"];
pub(super) const CASE: &[&str] = &["case", "caseid"];
const MODALITY: &[&str] = &["modality", "modalityid", "treatment", "test", "condition"];
const TRUTH: &[&str] = &["truth"];
const SCORE: &[&str] = &["score", "rating"];
const LOCALIZED: &[&str] = &["localized", "localised"];
const LESION: &[&str] = &["lesion"];
const WEIGHT: &[&str] = &["weight"];

/// A CSV with the places of its columns known.
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    headers: Vec<String>,
}

impl<'a> Table<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, FormatError> {
        if bytes.len() > super::MAX_BYTES {
            return Err(FormatError::file("It is far larger than any file of its kind."));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let headers = reader.headers().map_err(|_| FormatError::line(1, "This is not text in UTF-8."))?;
        let headers = headers.iter().map(|name| name.trim().to_lowercase()).collect();
        Ok(Self { bytes, reader, headers })
    }
    /// The names of the columns, in small letters.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }
    fn find(&self, names: &[&str]) -> Result<Option<usize>, FormatError> {
        let mut found = self.headers.iter().zip(0..).filter(|(h, _)| names.contains(&h.as_str())).map(|(_, at)| at);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                Err(FormatError::line(1, format!("There are two columns for `{}`: leave one.", names.first().unwrap_or(&""))))
            }
            (at, _) => Ok(at),
        }
    }
    pub(super) fn column(&self, names: &[&str]) -> Result<usize, FormatError> {
        let missing =
            || FormatError::line(1, format!("There is no column `{}`. The first line names the columns.", names.first().unwrap_or(&"")));
        self.find(names)?.ok_or_else(missing)
    }
    /// Hands every row on, with its place; what is said of one gets its line.
    pub(super) fn rows(mut self, mut take: impl FnMut(&csv::StringRecord, u64) -> Result<(), String>) -> Result<Self, FormatError> {
        let mut record = csv::StringRecord::new();
        loop {
            match self.reader.read_record(&mut record) {
                Ok(false) => return Ok(self),
                Ok(true) => {}
                Err(e) => {
                    let line = e.position().map_or(1, |p| line_at(self.bytes, p));
                    return Err(FormatError::line(line, "This is not text in UTF-8."));
                }
            }
            let at = record.position().map_or(0, csv::Position::byte);
            if record.len() != self.headers.len() {
                let (found, wanted) = (record.len(), self.headers.len());
                return Err(self.at(at, format!("There are {found} values, and the first line names {wanted} columns.")));
            }
            take(&record, at).map_err(|why| self.at(at, why))?;
        }
    }
    fn fault(&self, fault: Fault, twice: &str) -> FormatError {
        match fault {
            Fault::Twice(byte) => self.at(byte, twice),
            Fault::Other(e) => e,
        }
    }
    fn at(&self, byte: u64, why: impl Into<String>) -> FormatError {
        let mut position = csv::Position::new();
        position.set_byte(byte);
        FormatError::line(line_at(self.bytes, &position), why)
    }
}

/// The truth of cases as rows repeat it, by the numbers of their names.
#[derive(Default)]
struct Truths(Vec<Option<bool>>);

impl Truths {
    fn take(&mut self, case: &str, number: u32, text: &str) -> Result<bool, String> {
        let signal = match text {
            "0" => false,
            "1" => true,
            _ => return Err(format!("The truth of case {} is not 0 or 1.", named(case))),
        };
        let number = number as usize;
        // Numbers are given one after the other, so that this grows by one.
        if self.0.len() <= number {
            self.0.resize(number + 1, None);
        }
        match self.0.get_mut(number).map(|before| *before.get_or_insert(signal)) {
            Some(before) if before != signal => Err(format!("The case {} had another truth on an earlier line.", named(case))),
            _ => Ok(signal),
        }
    }
}

/// A value without the space around it.
pub(super) fn value(record: &csv::StringRecord, at: usize) -> &str {
    let text = record.get(at).unwrap_or_default();
    let ends = [text.bytes().next(), text.bytes().next_back()];
    // What begins and ends with a letter of ASCII, as nearly all do, has no space around it.
    if ends.iter().flatten().all(u8::is_ascii_graphic) { text } else { text.trim() }
}

pub(super) fn filled<'r>(record: &'r csv::StringRecord, at: usize, what: &str) -> Result<&'r str, String> {
    let value = value(record, at);
    if value.is_empty() { Err(format!("The {what} is empty.")) } else { Ok(value) }
}

/// Reads ratings of cases, with a location where there is a column for it.
///
/// # Errors
/// With the first line that is not right.
pub fn parse(bytes: &[u8]) -> Result<Dataset, FormatError> {
    let table = Table::open(bytes)?;
    if table.find(LESION)?.is_some() {
        return Err(FormatError::line(1, "This is a list of marks or lesions: name both files, the marks and the truth."));
    }
    let [reader, case, modality] = [table.column(READER)?, table.column(CASE)?, table.column(MODALITY)?];
    let [truth, score, localized] = [table.column(TRUTH)?, table.column(SCORE)?, table.find(LOCALIZED)?.unwrap_or(usize::MAX)];
    let is_located = localized != usize::MAX;
    let mut truths = Truths::default();
    let mut rows = Rows::of_text(bytes.len());
    let table = table.rows(|record, at| {
        let case = filled(record, case, "case")?;
        let signal = truths.take(case, rows.cases.of(case), value(record, truth))?;
        let rating = number(value(record, score)).ok_or(NO_NUMBER)?;
        let right = match (signal, value(record, localized)) {
            (true, "1") => true,
            (true, text) if is_located && text != "0" => return Err("Whether the location is right is not 0 or 1.".into()),
            (false, "1") => return Err(format!("The case {} has no lesion that could be localized.", named(case))),
            _ => false,
        };
        rows.push([filled(record, reader, "reader")?, case, filled(record, modality, "modality")?], at, LocatedRating { rating, right });
        Ok(())
    })?;
    let diseased: HashMap<String, bool> =
        (0..).zip(&truths.0).map(|(number, truth)| (rows.cases.name(number).to_owned(), truth.unwrap_or_default())).collect();
    let case = |name: &str| plain_case(name, diseased.get(name).copied().unwrap_or_default());
    let data = if is_located {
        rows.dataset(case, &None, |cell: &mut Option<LocatedRating>, score| cell.replace(score).is_none(), Scores::Lroc)
    } else {
        rows.dataset(case, &None, |cell: &mut Option<f64>, score| cell.replace(score.rating).is_none(), Scores::Roc)
    };
    data.map_err(|fault| table.fault(fault, TWICE))
}

/// Reads the lesions of cases: `case,lesion,weight`.
///
/// # Errors
/// With the first line that is not right.
pub fn parse_lesions(bytes: &[u8]) -> Result<Lesions, FormatError> {
    let table = Table::open(bytes)?;
    let [case, lesion, weight] = [table.column(CASE)?, table.column(LESION)?, table.column(WEIGHT)?];
    let mut found: BTreeMap<String, Vec<(u32, f64)>> = BTreeMap::new();
    let table = table.rows(|record, _| {
        let case = filled(record, case, "case")?.to_owned();
        let lesion = whole(value(record, lesion)).ok_or("The lesion is not a whole number from 0.")?;
        let weight = number(value(record, weight)).filter(|w| *w >= 0.0).ok_or("The weight is not a number from 0.")?;
        let of_case = found.entry(case).or_default();
        if of_case.iter().any(|(n, _)| *n == lesion || *n == 0 || lesion == 0) {
            return Err("This case stands here with this lesion already, or with and without one.".into());
        }
        of_case.push((lesion, weight));
        Ok(())
    })?;
    let lesions = found.into_iter().map(|(case, lesions)| {
        let weighed = weighed(lesions).map_err(|why| table.at(0, format!("Case {}: {why}", named(&case))))?;
        Ok((case, weighed))
    });
    lesions.collect()
}

/// Lesions with weights that add up to 1; none for lesion 0 alone.
pub(super) fn weighed(mut lesions: Vec<(u32, f64)>) -> Result<Vec<Lesion>, String> {
    lesions.retain(|(number, _)| *number != 0);
    lesions.sort_by_key(|(number, _)| *number);
    let count = lesions.len() as f64;
    if lesions.iter().all(|(_, weight)| *weight == 0.0) {
        return Ok(lesions.into_iter().map(|(number, _)| Lesion { number, weight: 1.0 / count }).collect());
    }
    let sum: f64 = lesions.iter().map(|(_, weight)| weight).sum();
    if !WEIGHTS.contains(&sum) || lesions.iter().any(|(_, weight)| *weight <= 0.0) {
        return Err(format!("The weights of its lesions add up to {sum}, and must be above 0 and add up to 1 (or all be 0: equal)."));
    }
    // Weights that add up to 1 but for the last digit stay as they are written.
    let divisor = if (sum - 1.0).abs() < 1e-9 { 1.0 } else { sum };
    Ok(lesions.into_iter().map(|(number, weight)| Lesion { number, weight: weight / divisor }).collect())
}

pub(super) fn whole(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

/// Reads marks: `modality,reader,case,lesion,rating`, on the cases of [`parse_lesions`]. Readers and modalities are those that have a mark.
///
/// # Errors
/// With the first line that is not right.
pub fn parse_marks(bytes: &[u8], lesions: &Lesions) -> Result<Dataset, FormatError> {
    let table = Table::open(bytes)?;
    let [reader, case, modality] = [table.column(READER)?, table.column(CASE)?, table.column(MODALITY)?];
    let [lesion, rating] = [table.column(LESION)?, table.column(SCORE)?];
    let mut rows = Rows::new();
    // Cases without a mark are cases too.
    lesions.keys().for_each(|case| {
        rows.cases.of(case);
    });
    let table = table.rows(|record, at| {
        let case = filled(record, case, "case")?;
        let rating = number(value(record, rating)).ok_or(NO_NUMBER)?;
        let lesion = whole(value(record, lesion)).ok_or("The lesion is not a whole number from 0.")?;
        let known = lesions.get(case).ok_or_else(|| format!("The case {} has a mark and no truth.", named(case)))?;
        let place = known.iter().position(|l| l.number == lesion);
        if lesion != 0 && place.is_none() {
            return Err(format!("The case {} has no lesion {lesion}.", named(case)));
        }
        rows.push(
            [filled(record, reader, "reader")?, case, filled(record, modality, "modality")?],
            at,
            RatedMark { lesion: place, rating },
        );
        Ok(())
    })?;
    marked(rows, lesions).map_err(|fault| table.fault(fault, "This lesion has a mark of this reader already: keep the one that counts."))
}

/// Marks on the cases of these lesions.
pub(super) fn marked(rows: Rows<RatedMark>, lesions: &Lesions) -> Result<Dataset, Fault> {
    let case = |name: &str| case_of(name, lesions.get(name).map_or(&[], Vec::as_slice));
    let put = |cell: &mut Option<Vec<RatedMark>>, mark: RatedMark| {
        let marks = cell.get_or_insert_default();
        let is_free = mark.lesion.is_none() || !marks.iter().any(|m| m.lesion == mark.lesion);
        marks.push(mark);
        is_free
    };
    let data = rows.dataset(case, &Some(Vec::new()), put, Scores::Froc)?;
    Ok(in_order(&data)?.into_owned())
}

/// The text of ratings under these names, in order of reader, case and modality; LF, quoted only where it must be.
///
/// # Errors
/// When the scores are not ratings of cases.
pub fn write(data: &Dataset, header: Header) -> Result<String, FormatError> {
    let data = in_order(data)?;
    let Scores::Roc(scores) = &data.scores else { return Err(FormatError::file("These scores are not ratings of cases.")) };
    let mut text = started(&header, scores.len());
    each(&data, |at, [reader, case, modality], diseased| {
        if let Some(score) = scores.get(at).copied().flatten() {
            for part in [reader, ",", modality, ",", case, if diseased { ",1," } else { ",0," }] {
                text.push_str(part);
            }
            push_number(&mut text, score);
            text.push('\n');
        }
    });
    Ok(text)
}

/// The text of located ratings, with the column `localized`.
///
/// # Errors
/// When the scores are not located ratings.
pub fn write_located(data: &Dataset) -> Result<String, FormatError> {
    let data = in_order(data)?;
    let Scores::Lroc(scores) = &data.scores else { return Err(FormatError::file("These scores are not located ratings.")) };
    let mut text = started(&["modality", "reader", "case", "truth", "localized", "score"], scores.len());
    each(&data, |at, [reader, case, modality], diseased| {
        if let Some(LocatedRating { rating, right }) = scores.get(at).copied().flatten() {
            let localized = match (diseased, right) {
                (false, _) => "",
                (true, false) => "0",
                (true, true) => "1",
            };
            let _ = writeln!(text, "{modality},{reader},{case},{},{localized},{rating}", u8::from(diseased));
        }
    });
    Ok(text)
}

/// The texts of marks and of lesions.
///
/// # Errors
/// When the scores are not marks, or a read is missing, which a list of marks cannot say.
pub fn write_marks(data: &Dataset) -> Result<[String; 2], FormatError> {
    let data = in_order(data)?;
    let Scores::Froc(reads) = &data.scores else { return Err(FormatError::file("These scores are not marks.")) };
    if reads.iter().any(Option::is_none) {
        return Err(FormatError::file("A read is missing, which a list of marks cannot say."));
    }
    let mut marks = started(&["modality", "reader", "case", "lesion", "rating"], reads.len());
    each(&data, |at, [reader, case, modality], _| {
        for RatedMark { lesion, rating } in reads.get(at).into_iter().flatten().flatten() {
            let _ = writeln!(marks, "{modality},{reader},{case},{},{rating}", lesion.map_or(0, |place| place + 1));
        }
    });
    let mut truth = started(&["case", "lesion", "weight"], data.cases.len());
    for case in &data.cases {
        let name = quoted(&case.name);
        if case.lesions.is_empty() {
            let _ = writeln!(truth, "{name},0,0");
        }
        for (DataLesion { weight, .. }, number) in case.lesions.iter().zip(1..) {
            let _ = writeln!(truth, "{name},{number},{weight}");
        }
    }
    Ok([marks, truth])
}

/// Writes a number as `Display` does: the shortest decimal that is read back as the same number. Whole numbers and tenths, which ratings mostly are, are
/// written by their digits: n / 10 is the number nearest to that decimal, and below 2^53 no shorter one is.
fn push_number(text: &mut String, number: f64) {
    let tenths = number * 10.0;
    let is_tenths = (0.0..1e15).contains(&tenths) && tenths.fract() == 0.0 && tenths / 10.0 == number && number.is_sign_positive();
    if !is_tenths {
        let _ = write!(text, "{number}");
        return;
    }
    let tenths = tenths as u64;
    text.push_str(itoa::Buffer::new().format(tenths / 10));
    if let digit @ 1.. = tenths % 10 {
        text.push('.');
        text.push_str(itoa::Buffer::new().format(digit));
    }
}

fn started(header: &[&str], rows: usize) -> String {
    let mut text = String::with_capacity(rows.saturating_mul(40));
    text.push_str(&header.join(","));
    text.push('\n');
    text
}

/// Every cell in order of reader, case and modality: its place, its names as they are written, its truth.
fn each(data: &Dataset, mut take: impl FnMut(usize, [&str; 3], bool)) {
    let [modalities, readers] = [&data.modalities, &data.readers].map(|names| names.iter().map(|name| quoted(name)).collect::<Vec<_>>());
    let cases: Vec<_> = data.cases.iter().map(|case| (quoted(&case.name), case.diseased)).collect();
    for (r, reader) in readers.iter().enumerate() {
        for (c, (case, diseased)) in cases.iter().enumerate() {
            for (m, modality) in modalities.iter().enumerate() {
                take((m * readers.len() + r) * cases.len() + c, [reader, case, modality], *diseased);
            }
        }
    }
}

/// A name as CSV has it: quoted where it must be (RFC 4180).
fn quoted(name: &str) -> std::borrow::Cow<'_, str> {
    let must = name.is_empty() || name.contains(['"', ',', '\n', '\r']);
    if must { format!("\"{}\"", name.replace('"', "\"\"")).into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::Scores;

    const GOOD: &str = "reader,test,case,truth,rating\nr1,A,c1,0,1\nr1,A,c2,1,4.5\n";

    #[test]
    fn the_names_of_other_programs_are_known() {
        let read = parse(GOOD.as_bytes()).unwrap();
        assert_eq!(read.scores, Scores::Roc(vec![Some(1.0), Some(4.5)]));
        assert_eq!(write(&read, MRMCAOV).unwrap(), GOOD);
        for other in [
            write(&read, OR_DBM).unwrap(),
            GOOD.replace('\n', "\r\n"),
            format!("\u{feff}{GOOD}"),
            GOOD.replace("r1,", "\"r1\" , "),
            "score,extra,Truth,modality,case,Reader\n4.5,x,1,A,c2,r1\n\n1,,0,A,c1,r1\n".to_owned(),
        ] {
            assert_eq!(parse(other.as_bytes()).as_ref(), Ok(&read), "{other}");
        }
    }

    #[test]
    fn located_ratings_and_marks_are_read_and_written() {
        let text = "modality,reader,case,truth,localized,score\nA,r,c1,0,,1\nA,r,c2,1,0,2\nA,r,c3,1,1,3\n";
        assert_eq!(write_located(&parse(text.as_bytes()).unwrap()).unwrap(), text);
        let (truth, marks) = (
            "case,lesion,weight\nc1,0,0\nc2,1,0.3\nc2,2,0.7\n",
            "modality,reader,case,lesion,rating\nA,r,c1,0,1\nA,r,c1,0,1\nA,r,c2,0,2\nA,r,c2,2,9\n",
        );
        let lesions = parse_lesions(truth.as_bytes()).unwrap();
        assert_eq!(write_marks(&parse_marks(marks.as_bytes(), &lesions).unwrap()).unwrap(), [marks, truth]);
        let equal = parse_lesions(b"case,lesion,weight\nc2,2,0\nc2,1,0\n").unwrap();
        assert_eq!(equal["c2"].iter().map(|l| (l.number, l.weight)).collect::<Vec<_>>(), [(1, 0.5), (2, 0.5)]);
    }

    #[test]
    fn numbers_are_written_as_display_does() {
        let mut bits = 1u64;
        let any = std::iter::repeat_with(move || {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bits
        });
        let tenths = any.take(2_000).map(|n| (n >> (n % 60)) as f64 / 10.0);
        let all =
            any.take(2_000).map(f64::from_bits).filter(|n| n.is_finite()).chain(tenths).flat_map(|n| [n, -n, n.next_up(), n.next_down()]);
        for number in all.chain([0.0, -0.0, 0.1, 1e14, 99_999_999_999_999.9, 1e15, 1e300, 5e-324]) {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn a_short_file_takes_little_room() {
        let mut text = GOOD.lines().next().unwrap().to_owned() + "\n";
        (0..2500).for_each(|n| text.push_str(&format!("r{n},A,c{n},0,1\n")));
        assert!(parse(text.as_bytes()).unwrap_err().why.contains("no study has"));
    }

    #[test]
    fn what_is_not_right_is_refused_with_its_line() {
        let refuses = |from: &str, to: &str, line: u64, why: &str| {
            let error = parse(GOOD.replacen(from, to, 1).as_bytes()).expect_err(to);
            assert!(error.at_line() == Some(line) && error.why.contains(why), "{error}");
        };
        refuses("4.5", "NA", 3, "leave its row out");
        refuses("4.5", "", 3, "leave its row out");
        refuses("4.5", "NaN", 3, "not a number");
        refuses("r1,A,c2", "r1,A,c1", 3, "another truth");
        refuses("r1,A,c2,1", "r1,A,c1,0", 3, "stand here twice");
        refuses("c2,1", "c2,2", 3, "not 0 or 1");
        refuses("r1,A,c2,1,4.5", "r1,A,c2,1", 3, "4 values");
        refuses("r1,A,c2", ",A,c2", 3, "reader is empty");
        refuses("truth", "trith", 1, "no column `truth`");
        refuses("rating", "rating,score", 1, "two columns");
        refuses("rating", "lesion", 1, "name both files");
        let crlf = GOOD.replace("4.5", "x").replace('\n', "\r\n");
        assert_eq!(parse(crlf.as_bytes()).unwrap_err().at_line(), Some(3));
        let lesions = || parse_lesions(b"case,lesion,weight\nc1,0,0\nc2,1,1\n").unwrap();
        for (row, why) in [
            ("A,r,c9,0,1", "no truth"),
            ("A,r,c2,2,1", "no lesion 2"),
            ("A,r,c1,1,1", "no lesion 1"),
            ("A,r,c2,1,1\nA,r,c2,1,2", "already"),
            ("A,r,c2,-1,1", "whole number"),
        ] {
            let error = parse_marks(format!("modality,reader,case,lesion,rating\n{row}\n").as_bytes(), &lesions()).expect_err(row);
            assert!(error.why.contains(why), "{error}");
        }
        for (rows, why) in
            [("c1,1,0.5", "add up to 0.5"), ("c1,0,0\nc1,1,1", "already"), ("c1,1,1\nc1,1,1", "already"), ("c1,1,x", "weight")]
        {
            let error = parse_lesions(format!("case,lesion,weight\n{rows}\n").as_bytes()).expect_err(rows);
            assert!(error.why.contains(why), "{error}");
        }
    }
}
