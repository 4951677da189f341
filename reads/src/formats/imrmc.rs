//! The iMRMC text format: header lines, `BEGIN DATA:`, then `reader,case,modality,score` (notes/mrmc.md 1.1).
//!
//! Reads both flavours: truth rows under the reader `truth` (iMRMC in Java and R) or `-1` (RJafroc). Takes what all of those programs
//! take, and refuses with the line what one of them would misread: blank lines after the header, quotes, repeated rows, missing scores.

use crate::shown::shown;
use std::collections::BTreeMap;

/// The line after which the data begin.
pub const BEGIN: &str = "BEGIN DATA:";
/// The reader of truth rows for iMRMC in Java and R.
pub const TRUTH_READER: &str = "truth";
/// The reader of truth rows for RJafroc.
pub const TRUTH_READER_RJAFROC: &str = "-1";
/// As much of a case id as a sentence repeats: our own are no longer.
const MAX_SHOWN: usize = 64;

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Imrmc {
    /// What the header counts, where it does.
    pub counts: Counts,
    /// Whether each case has the signal.
    pub truth: BTreeMap<String, bool>,
    /// The scores, by reader, case and modality.
    pub scores: BTreeMap<Cell, f64>,
}

/// What a score belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// Reader.
    pub reader: String,
    /// Case.
    pub case: String,
    /// Modality: our condition.
    pub modality: String,
}

/// The four counts of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// `NR`: readers.
    pub readers: Option<u64>,
    /// `N0`: cases without the signal.
    pub normal: Option<u64>,
    /// `N1`: cases with it.
    pub diseased: Option<u64>,
    /// `NM`: modalities.
    pub modalities: Option<u64>,
}

/// Why a text is not in this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ImrmcError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

impl Imrmc {
    /// Reads a text.
    ///
    /// # Errors
    /// With the first line that is not right.
    pub fn parse(text: &str) -> Result<Self, ImrmcError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut file = Self { counts: Counts::default(), truth: BTreeMap::new(), scores: BTreeMap::new() };
        let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        let mut last = 1;
        let begun = lines.by_ref().any(|(number, line)| {
            last = number;
            file.header(line);
            line.trim() == BEGIN
        });
        let fail = |line: usize, why: &str| Err(ImrmcError { line, why: why.to_owned() });
        if !begun {
            return fail(last, "There is no line `BEGIN DATA:`.");
        }
        for (number, line) in lines {
            last = number;
            if let Err(why) = file.row(line) {
                return fail(number, &why);
            }
        }
        if let Some(cell) = file.scores.keys().find(|c| !file.truth.contains_key(&c.case)) {
            return fail(last, &format!("The case {} has a score and no truth.", shown(&cell.case, MAX_SHOWN)));
        }
        Ok(file)
    }

    fn header(&mut self, line: &str) {
        let Some((name, value)) = line.split_once(':') else { return };
        let Ok(value) = value.trim().parse() else { return };
        match name.trim() {
            "NR" => self.counts.readers = Some(value),
            "N0" => self.counts.normal = Some(value),
            "N1" => self.counts.diseased = Some(value),
            "NM" => self.counts.modalities = Some(value),
            _ => {}
        }
    }

    fn row(&mut self, line: &str) -> Result<(), String> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let &[reader, case, modality, score] = fields.as_slice() else {
            return Err(format!("There are {} values instead of 4.", fields.len()));
        };
        if fields.iter().any(|f| f.is_empty() || f.contains('"')) {
            return Err("A value is empty or quoted.".into());
        }
        if reader == TRUTH_READER || reader == TRUTH_READER_RJAFROC {
            let signal = match score {
                "0" => false,
                "1" => true,
                _ => return Err(format!("The truth of case {} is not 0 or 1.", shown(case, MAX_SHOWN))),
            };
            return match self.truth.insert(case.to_owned(), signal) {
                None => Ok(()),
                Some(_) => Err(format!("The truth of case {} stands here twice.", shown(case, MAX_SHOWN))),
            };
        }
        let score: f64 = score.parse().ok().filter(|s: &f64| s.is_finite()).ok_or("The score is not a number.")?;
        let cell = Cell { reader: reader.to_owned(), case: case.to_owned(), modality: modality.to_owned() };
        match self.scores.insert(cell, score) {
            None => Ok(()),
            Some(_) => Err("This reader, case and modality stand here twice.".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "A title\nNR: 1\nN0: 1\nN1: 1\nNM: 1\nBEGIN DATA:\ntruth,c1,truth,0\ntruth,c2,truth,1\nr1,c1,A,1\nr1,c2,A,4.5\n";

    #[test]
    fn both_flavours_give_the_same_content() {
        let file = Imrmc::parse(GOOD).unwrap();
        assert_eq!(file.counts, Counts { readers: Some(1), normal: Some(1), diseased: Some(1), modalities: Some(1) });
        assert_eq!(file.truth, [("c1".to_owned(), false), ("c2".to_owned(), true)].into());
        let scores: Vec<_> = file.scores.iter().map(|(c, s)| (c.case.as_str(), *s)).collect();
        assert_eq!(scores, [("c1", 1.0), ("c2", 4.5)]);
        assert_eq!(Imrmc::parse(&GOOD.replace("truth,c", "-1,c")), Ok(file.clone()));
        assert_eq!(Imrmc::parse(&GOOD.replace('\n', "\r\n")), Ok(file.clone()));
        assert_eq!(Imrmc::parse(&format!("\u{feff}{GOOD}")), Ok(file));
    }

    #[test]
    fn what_a_program_would_misread_is_refused_with_its_line() {
        let refuses = |from: &str, to: &str, line: usize, why: &str| {
            let error = Imrmc::parse(&GOOD.replacen(from, to, 1)).expect_err(to);
            assert!(error.line == line && error.why.contains(why), "{error:?}");
        };
        refuses("BEGIN DATA:", "begin", 10, "BEGIN DATA");
        refuses("r1,c1", "\nr1,c1", 9, "1 values");
        refuses("r1,c1,A,1", "r1,c1,A,1,5", 9, "5 values");
        refuses("r1,c1,A,1", "r1,c1,A,NA", 9, "not a number");
        refuses("r1,c1,A,1", "r1,c1,A,inf", 9, "not a number");
        refuses("r1,c1,A,1", "r1,c1,A,", 9, "empty");
        refuses("r1,c1,A,1", "\"r1\",c1,A,1", 9, "quoted");
        refuses("r1,c2,A,4.5", "r1,c1,A,4.5", 10, "twice");
        refuses("truth,c2,truth,1", "truth,c1,truth,1", 8, "twice");
        refuses("truth,c2,truth,1", "truth,c2,truth,2", 8, "0 or 1");
        refuses("r1,c2,A,4.5", "r1,c3,A,4.5", 10, "no truth");
        refuses("r1,c2,A,4.5", "r1,c\u{1b}[2J,A,4.5", 10, "The case c\\u{1b}[2J has a score");
        refuses("truth,c2,truth,1", "truth,\u{202e}c2,truth,2", 8, "of case \\u{202e}c2 is not");
        refuses("truth,c1,truth,0", &format!("truth,{},truth,2", "c".repeat(999)), 7, "ccc\u{2026} is not");
    }
}
