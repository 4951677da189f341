//! `.lrc`, the text format of LABMRMC that OR-DBM MRMC reads: per reader, a line for each normal case with one rating per modality, then the abnormal ones
//! (notes/mrmc.md 1.4).
//!
//! The format names no cases: their order is the same for every reader. What stands behind the ratings of a line is free; where it is a different text for
//! each case and the same for every reader, it is the case's id, and otherwise cases are numbered. A modality of small ratings (`S`) is turned around: r
//! becomes the highest rating + 1 - r, as RJafroc does. Refuses: readers with other numbers of cases, missing ratings, a file that does not end in `#`.

use super::data::{Fault, FormatError, Rows, in_order, named, number, plain_case};
use crate::scoring::{Dataset, Scores};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const END_OF_CASES: &str = "*";
const END: &str = "#";

/// A line of ratings.
struct Line {
    ratings: Vec<f64>,
    label: String,
}

struct Block {
    reader: String,
    /// Normal and abnormal cases.
    cases: [Vec<Line>; 2],
}

/// The modalities of a file, and which of them have small ratings for suspicious cases.
struct Modalities {
    names: Vec<String>,
    small: Vec<bool>,
}

struct Lines<'a> {
    lines: std::iter::Zip<std::str::Lines<'a>, std::ops::RangeFrom<u64>>,
    last: u64,
}

impl<'a> Lines<'a> {
    fn next(&mut self, wanted: &str) -> Result<(&'a str, u64), FormatError> {
        let (line, at) = self.lines.next().ok_or_else(|| FormatError::line(self.last, format!("The file ends here, without {wanted}.")))?;
        self.last = at;
        Ok((line.trim(), at))
    }
}

/// Reads a text.
///
/// # Errors
/// With the first line that is not right.
pub fn parse(text: &str) -> Result<Dataset, FormatError> {
    if text.len() > super::MAX_BYTES {
        return Err(FormatError::file("It is far larger than any file of its kind."));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines { lines: text.lines().zip(1..), last: 1 };
    lines.next("a description")?;
    let mut modalities: Option<Modalities> = None;
    let mut blocks: Vec<Block> = Vec::new();
    loop {
        let (reader, at) = lines.next("a line `#` at the end")?;
        if reader == END {
            break;
        }
        if reader.is_empty() || blocks.iter().any(|b| b.reader == reader) {
            return Err(FormatError::line(at, "Here the name of another reader must stand, or `#` at the end of the file."));
        }
        let reader = reader.to_owned();
        if modalities.is_none() {
            modalities = Some(read_modalities(&mut lines)?);
        }
        let columns = modalities.as_ref().map_or(0, |m| m.names.len());
        let mut block = Block { reader, cases: [Vec::new(), Vec::new()] };
        let wanted = blocks.first().map_or([None; 2], |first| first.cases.each_ref().map(|cases| Some(cases.len())));
        for ((cases, word), wanted) in block.cases.iter_mut().zip(["normal", "abnormal"]).zip(wanted) {
            loop {
                let (line, at) = lines.next("a line `*` after the cases")?;
                if line == END_OF_CASES {
                    break;
                }
                cases.push(read_ratings(line, columns).map_err(|why| FormatError::line(at, why))?);
            }
            let found = cases.len();
            if let Some(wanted) = wanted.filter(|w| *w != found) {
                let reader = named(&block.reader);
                let say =
                    format!("Reader {reader} has {found} {word} cases, and the first reader {wanted}: every reader must have the same.");
                return Err(FormatError::line(lines.last, say));
            }
        }
        blocks.push(block);
    }
    if let Some((_, at)) = lines.lines.find(|(line, _)| !line.trim().is_empty()) {
        return Err(FormatError::line(at, "There is something after the line `#`, which ends the file."));
    }
    let Some(modalities) = modalities else { return Err(FormatError::line(lines.last, "There is no reader.")) };
    dataset_of(&blocks, &modalities)
}

fn read_modalities(lines: &mut Lines<'_>) -> Result<Modalities, FormatError> {
    let (line, at) = lines.next("the names of the modalities")?;
    let parts: Vec<&str> = line.split('"').collect();
    let is_quoted = parts.len() >= 3 && parts.len() % 2 == 1 && parts.iter().step_by(2).all(|between| between.trim().is_empty());
    let found: Vec<String> = parts.iter().skip(1).step_by(2).map(|name| name.trim().to_owned()).collect();
    let distinct: BTreeSet<&String> = found.iter().collect();
    if !is_quoted || distinct.len() != found.len() || found.iter().any(String::is_empty) {
        return Err(FormatError::line(at, "Here the names of the modalities must stand, each different and in double quotes."));
    }
    let (line, at) = lines.next("`L` or `S` for each modality")?;
    let small = line.split_whitespace().map(|word| match word.to_ascii_uppercase().as_str() {
        "L" | "LARGE" => Some(false),
        "S" | "SMALL" => Some(true),
        _ => None,
    });
    let small: Option<Vec<bool>> = small.collect();
    match small.filter(|s| s.len() == found.len()) {
        Some(small) => Ok(Modalities { names: found, small }),
        None => Err(FormatError::line(at, "Here `L` or `S` must stand for each modality: whether large or small ratings are suspicious.")),
    }
}

fn read_ratings(line: &str, columns: usize) -> Result<Line, String> {
    let mut words = line.split_whitespace();
    let ratings: Option<Vec<f64>> = words.by_ref().take(columns).map(number).collect();
    let ratings = ratings
        .filter(|r| r.len() == columns)
        .ok_or_else(|| format!("Here {columns} ratings must stand, all numbers, or `*`. This format has no missing ratings."))?;
    let label: Vec<&str> = words.collect();
    Ok(Line { ratings, label: label.join(" ") })
}

fn dataset_of(blocks: &[Block], modalities: &Modalities) -> Result<Dataset, FormatError> {
    let labels = |block: &Block| -> Vec<String> { block.cases.iter().flatten().map(|line| line.label.clone()).collect() };
    let first = blocks.first().map(labels).unwrap_or_default();
    let distinct: BTreeSet<&String> = first.iter().collect();
    let are_ids = distinct.len() == first.len() && first.iter().all(|l| !l.is_empty()) && blocks.iter().all(|b| labels(b) == first);
    let width = first.len().to_string().len();
    let ids: Vec<String> = if are_ids { first } else { (1..=first.len()).map(|n| format!("{n:0width$}")).collect() };
    let normals: BTreeSet<&String> = ids.iter().take(blocks.first().map_or(0, |b| b.cases.first().map_or(0, Vec::len))).collect();
    let mut rows = Rows::new();
    for (column, (modality, small)) in modalities.names.iter().zip(&modalities.small).enumerate() {
        let all = blocks.iter().flat_map(|b| b.cases.iter().flatten()).filter_map(|line| line.ratings.get(column));
        let highest = all.copied().fold(f64::NEG_INFINITY, f64::max);
        for block in blocks {
            for (line, id) in block.cases.iter().flatten().zip(&ids) {
                let Some(rating) = line.ratings.get(column) else { continue };
                let score = if *small { highest + 1.0 - rating } else { *rating };
                rows.push([&block.reader, id, modality], 0, score);
            }
        }
    }
    let case = |name: &str| plain_case(name, !normals.contains(&name.to_owned()));
    let data = rows.dataset(case, &None, |cell: &mut Option<f64>, score| cell.replace(score).is_none(), Scores::Roc);
    data.map_err(|fault| match fault {
        Fault::Twice(_) => FormatError::file("A reader, case and modality stand here twice."),
        Fault::Other(e) => e,
    })
}

/// The text of complete ratings. Case ids stand behind the ratings.
///
/// # Errors
/// When a score is missing, which this format cannot say, or the scores are not ratings of cases.
pub fn write(data: &Dataset, description: &str) -> Result<String, FormatError> {
    let data = in_order(data)?;
    let Scores::Roc(scores) = &data.scores else { return Err(FormatError::file("These scores are not ratings of cases.")) };
    let mut cases: Vec<_> = data.cases.iter().enumerate().collect();
    cases.sort_by_key(|(_, case)| (case.diseased, case.name.parse::<u64>().unwrap_or(u64::MAX)));
    let mut text = format!("{description}\n");
    for (r, reader) in data.readers.iter().enumerate() {
        let _ = writeln!(text, "{reader}");
        if r == 0 {
            let names: Vec<String> = data.modalities.iter().map(|m| format!("{:>12}", format!("\"{m}\""))).collect();
            let _ = writeln!(text, "{}", names.join(" "));
            let large: Vec<String> = data.modalities.iter().map(|_| format!("{:>12}", "L")).collect();
            let _ = writeln!(text, "{}", large.join(" "));
        }
        for class in [false, true] {
            for (c, case) in cases.iter().filter(|(_, case)| case.diseased == class) {
                for (m, modality) in data.modalities.iter().enumerate() {
                    let score = scores.get((m * data.readers.len() + r) * data.cases.len() + c).copied().flatten();
                    let missing = || {
                        let [reader, case, modality] = [reader, &case.name, modality].map(|name| named(name));
                        FormatError::file(format!(
                            "Reader {reader} has no score of case {case} in {modality}, and this format needs all of them."
                        ))
                    };
                    let _ = write!(text, "{:>12} ", score.ok_or_else(missing)?);
                }
                let _ = writeln!(text, " {}", case.name);
            }
            let _ = writeln!(text, "{END_OF_CASES}");
        }
    }
    let _ = writeln!(text, "{END}");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Van Dyke Data File\n0\n   \"0\"   \"1\"\n       L       L\n   1.000000   3.000000   Normal Case 1\n   2   2   Normal Case 2\n*\n   5.000000   5.000000   Abnormal Case 1\n*\n1\n   1 1 Normal Case 1\n   1 2 Normal Case 2\n*\n   4 5 Abnormal Case 1\n*\n#\n";

    #[test]
    fn a_file_as_labmrmc_has_them_is_read() {
        let data = parse(GOOD).unwrap();
        let cases: Vec<_> = data.cases.iter().map(|c| (c.name.as_str(), c.diseased)).collect();
        assert_eq!(cases, [("Abnormal Case 1", true), ("Normal Case 1", false), ("Normal Case 2", false)]);
        let scores = [5.0, 1.0, 2.0, 4.0, 1.0, 1.0, 5.0, 3.0, 2.0, 5.0, 1.0, 2.0];
        assert_eq!(data.scores, Scores::Roc(scores.map(Some).to_vec()));
        let text = write(&data, "Van Dyke Data File").unwrap();
        assert_eq!(parse(&text), Ok(data.clone()));
        assert_eq!(parse(&GOOD.replace('\n', "\r\n")), Ok(data.clone()));
        assert_eq!(parse(&format!("\u{feff}{GOOD}\n\n")), Ok(data.clone()));
        let numbered = parse(&GOOD.replacen("Normal Case 2", "Normal Case 1", 1)).unwrap();
        assert_eq!(numbered.cases.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        let Scores::Roc(turned) = parse(&GOOD.replace("L       L", "S       LARGE")).unwrap().scores else { panic!("ratings") };
        assert_eq!(turned[..6], [1.0, 5.0, 4.0, 2.0, 5.0, 5.0].map(Some));
        let mut missing = data;
        missing.scores = Scores::Roc([None].into_iter().chain(scores.map(Some).into_iter().skip(1)).collect());
        let sentence = "Reader 0 has no score of case Abnormal Case 1 in 0, and this format needs all of them.";
        assert_eq!(write(&missing, "x").unwrap_err().to_string(), sentence);
    }

    #[test]
    fn what_is_not_right_is_refused_with_its_line() {
        let refuses = |from: &str, to: &str, line: u64, why: &str| {
            let error = parse(&GOOD.replacen(from, to, 1)).expect_err(to);
            assert!(error.at_line() == Some(line) && error.why.contains(why), "{error}");
        };
        refuses("\"0\"   \"1\"", "0 1", 3, "double quotes");
        refuses("\"0\"   \"1\"", "\"1\"   \"1\"", 3, "different");
        refuses("L       L", "L", 4, "for each modality");
        refuses("L       L", "L  M", 4, "for each modality");
        refuses("   2   2   Normal", "   2   NA Normal", 6, "no missing ratings");
        refuses("   2   2   Normal", "\n   2   2   Normal", 6, "2 ratings");
        refuses("   1 2 Normal Case 2\n", "", 12, "Reader 1 has 1 normal cases, and the first reader 2");
        refuses("*\n#\n", "*\n", 15, "without a line `#`");
        refuses("*\n#\n", "*\n#\nx\n", 17, "after the line `#`");
        refuses("*\n1\n", "*\n0\n", 10, "another reader");
        assert_eq!(parse("").unwrap_err().at_line(), Some(1));
        assert!(parse("x\n#\n").unwrap_err().why.contains("no reader"));
    }
}
