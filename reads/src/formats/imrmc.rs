//! The iMRMC text format: header lines, `BEGIN DATA:`, then `reader,case,modality,score` (notes/mrmc.md 1.1).
//!
//! Reads both flavours: truth rows under the reader `truth` (iMRMC in Java and R) or `-1` (RJafroc). Takes what all of those programs
//! take, and refuses with the line what one of them would misread: blank lines after the header, quotes, repeated rows, missing scores.
//! Writes truth first, one row a case, then the scores, in order of ids as text (RJafroc's: as numbers), LF, no blank line.

use super::data::{Fault, FormatError, NO_NUMBER, Rows, TWICE, in_order, named, number, plain_case};
use crate::scoring::{Dataset, Scores};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The line after which the data begin.
pub const BEGIN: &str = "BEGIN DATA:";
/// The reader of truth rows for iMRMC in Java and R.
pub const TRUTH_READER: &str = "truth";
/// The reader of truth rows for RJafroc.
pub const TRUTH_READER_RJAFROC: &str = "-1";

/// Which program a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// iMRMC, in Java and R: any ids.
    Imrmc,
    /// RJafroc: whole numbers as ids of readers and cases, and every score there.
    Rjafroc,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Imrmc {
    /// What the header counts, where it does.
    pub counts: Counts,
    /// The data. Cases that nobody read are there too.
    pub data: Dataset,
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

impl Imrmc {
    /// Reads a text.
    ///
    /// # Errors
    /// With the first line that is not right.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut counts = Counts::default();
        let mut lines = text.lines().zip(1u64..);
        let mut last = 1;
        let begun = lines.by_ref().any(|(line, at)| {
            last = at;
            header(&mut counts, line);
            line.trim() == BEGIN
        });
        if !begun {
            return Err(FormatError::line(last, "There is no line `BEGIN DATA:`."));
        }
        let mut data = Data { truth: HashMap::new(), scores: Rows::new() };
        for (line, at) in lines {
            data.row(line, at).map_err(|why| FormatError::line(at, why))?;
        }
        let Data { truth, scores } = data;
        if let Some((of, at, _)) = scores.iter().find(|(of, ..)| !truth.contains_key(&of.case)) {
            return Err(FormatError::line(at, format!("The case {} has a score and no truth.", named(scores.cases.name(of.case)))));
        }
        let by_name: HashMap<String, bool> = truth.iter().map(|(case, signal)| (scores.cases.name(*case).to_owned(), *signal)).collect();
        let case = |name: &str| plain_case(name, by_name.get(name).copied().unwrap_or_default());
        let data = scores.dataset(case, &None, |cell: &mut Option<f64>, score| cell.replace(score).is_none(), Scores::Roc);
        let data = data.map_err(|fault| match fault {
            Fault::Twice(at) => FormatError::line(at, TWICE),
            Fault::Other(e) => e,
        })?;
        Ok(Self { counts, data })
    }

    /// The text of a file. `title` stands above the counts: lines of more than one character.
    ///
    /// # Errors
    /// When the scores are not ratings of cases.
    pub fn write(data: &Dataset, flavour: Flavour, title: &[String]) -> Result<String, FormatError> {
        let data = in_order(data)?;
        let Scores::Roc(scores) = &data.scores else { return Err(FormatError::file("These scores are not ratings of cases.")) };
        let truth_reader = if flavour == Flavour::Imrmc { TRUTH_READER } else { TRUTH_READER_RJAFROC };
        let counts = Counts::of(&data);
        let mut text = String::with_capacity(scores.len().saturating_mul(40));
        for line in title {
            let _ = writeln!(text, "{line}");
        }
        for (name, count) in [("NR", counts.readers), ("N0", counts.normal), ("N1", counts.diseased), ("NM", counts.modalities)] {
            let _ = writeln!(text, "{name}: {}", count.unwrap_or_default());
        }
        let _ = writeln!(text, "{BEGIN}");
        // RJafroc's ids are numbers and stand in their order; as text 10 would come before 2.
        let rank = |name: &str| if flavour == Flavour::Rjafroc { name.parse::<u64>().unwrap_or(u64::MAX) } else { 0 };
        let mut cases: Vec<_> = data.cases.iter().enumerate().collect();
        cases.sort_by_key(|(_, case)| rank(&case.name));
        for (_, case) in &cases {
            // The modality of a truth row is ignored by Java and RJafroc and must be this word for iMRMC in R.
            let _ = writeln!(text, "{truth_reader},{},{TRUTH_READER},{}", case.name, u8::from(case.diseased));
        }
        let mut readers: Vec<_> = data.readers.iter().enumerate().collect();
        readers.sort_by_key(|(_, reader)| rank(reader));
        for (r, reader) in readers {
            for (c, case) in &cases {
                for (m, modality) in data.modalities.iter().enumerate() {
                    if let Some(score) = scores.get((m * data.readers.len() + r) * data.cases.len() + c).copied().flatten() {
                        let _ = writeln!(text, "{reader},{},{modality},{score}", case.name);
                    }
                }
            }
        }
        Ok(text)
    }
}

impl Counts {
    fn of(data: &Dataset) -> Self {
        let diseased = data.cases.iter().filter(|case| case.diseased).count() as u64;
        Self {
            readers: Some(data.readers.len() as u64),
            normal: Some(data.cases.len() as u64 - diseased),
            diseased: Some(diseased),
            modalities: Some(data.modalities.len() as u64),
        }
    }
}

fn header(counts: &mut Counts, line: &str) {
    let Some((name, value)) = line.split_once(':') else { return };
    let Ok(value) = value.trim().parse() else { return };
    match name.trim() {
        "NR" => counts.readers = Some(value),
        "N0" => counts.normal = Some(value),
        "N1" => counts.diseased = Some(value),
        "NM" => counts.modalities = Some(value),
        _ => {}
    }
}

struct Data {
    truth: HashMap<u32, bool>,
    scores: Rows<f64>,
}

impl Data {
    fn row(&mut self, line: &str, at: u64) -> Result<(), String> {
        let mut fields = line.split(',').map(str::trim);
        let (Some(reader), Some(case), Some(modality), Some(score), None) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(format!("There are {} values instead of 4.", line.split(',').count()));
        };
        if [reader, case, modality, score].iter().any(|f| f.is_empty() || f.contains('"')) {
            return Err("A value is empty or quoted. Where a read is missing, leave its row out.".into());
        }
        if reader == TRUTH_READER || reader == TRUTH_READER_RJAFROC {
            let signal = match score {
                "0" => false,
                "1" => true,
                _ => return Err(format!("The truth of case {} is not 0 or 1.", named(case))),
            };
            return match self.truth.insert(self.scores.cases.of(case), signal) {
                None => Ok(()),
                Some(_) => Err(format!("The truth of case {} stands here twice.", named(case))),
            };
        }
        let score = number(score).ok_or(NO_NUMBER)?;
        self.scores.push([reader, case, modality], at, score);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::DataCase;

    const GOOD: &str = "A title\nNR: 1\nN0: 1\nN1: 1\nNM: 1\nBEGIN DATA:\ntruth,c1,truth,0\ntruth,c2,truth,1\nr1,c1,A,1\nr1,c2,A,4.5\n";

    #[test]
    fn both_flavours_give_the_same_content() {
        let file = Imrmc::parse(GOOD).unwrap();
        assert_eq!(file.counts, Counts { readers: Some(1), normal: Some(1), diseased: Some(1), modalities: Some(1) });
        assert_eq!(file.data.cases.iter().map(|c| (c.name.as_str(), c.diseased)).collect::<Vec<_>>(), [("c1", false), ("c2", true)]);
        assert_eq!(file.data.scores, Scores::Roc(vec![Some(1.0), Some(4.5)]));
        assert_eq!(Imrmc::parse(&GOOD.replace("truth,c", "-1,c")), Ok(file.clone()));
        assert_eq!(Imrmc::parse(&GOOD.replace('\n', "\r\n")), Ok(file.clone()));
        assert_eq!(Imrmc::parse(&format!("\u{feff}{GOOD}")), Ok(file.clone()));
        let write = |flavour| Imrmc::write(&file.data, flavour, &["A title".into()]).unwrap();
        assert_eq!([Imrmc::parse(&write(Flavour::Imrmc)), Imrmc::parse(&write(Flavour::Rjafroc))], [Ok(file.clone()), Ok(file.clone())]);
        assert_eq!(write(Flavour::Imrmc), GOOD);
    }

    #[test]
    fn numbers_as_ids_stand_in_the_order_of_numbers() {
        let case = |n: u32| DataCase { name: n.to_string(), patient: None, diseased: n > 6, lesions: vec![] };
        let scores = Scores::Roc((1..=11).map(|n| Some(f64::from(n))).collect());
        let data = Dataset { modalities: vec!["A".into()], readers: vec!["1".into()], cases: (1..=11).map(case).collect(), scores };
        let text = Imrmc::write(&data, Flavour::Rjafroc, &[]).unwrap();
        let cases = |who: &str| -> Vec<u32> {
            let rows = text.lines().filter_map(|l| l.strip_prefix(who)).filter_map(|l| l.split(',').next());
            rows.map(|n| n.parse().unwrap()).collect()
        };
        assert_eq!([cases("-1,"), cases("1,")], [(1..=11).collect::<Vec<_>>(), (1..=11).collect()]);
    }

    #[test]
    fn what_a_program_would_misread_is_refused_with_its_line() {
        let refuses = |from: &str, to: &str, line: u64, why: &str| {
            let error = Imrmc::parse(&GOOD.replacen(from, to, 1)).expect_err(to);
            assert!(error.at_line() == Some(line) && error.why.contains(why), "{error:?}");
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
