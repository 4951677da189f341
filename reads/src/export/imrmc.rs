//! The two flavours of the iMRMC format (notes/mrmc.md 1.1) and the map of ids.
//!
//! `NAME.imrmc`, for iMRMC in Java and R: our own ids, truth rows under `truth`; a read that is missing has no row.
//! `NAME.rjafroc.imrmc`, for RJafroc: truth rows under `-1`, whole numbers as ids, the four counts; only for complete designs. Cases
//! without the signal get the lower numbers, so that ascending order is also the order by truth. `NAME.rjafroc.ids.csv` says which is which.
//! The score is the rating of the case. Hidden repeats are left out: these formats know one score a cell. Refuses studies whose units are rated by themselves.

use super::{ExportError, Meaning, OutFile};
use crate::formats::imrmc::{BEGIN, Cell, Counts, Imrmc, TRUTH_READER, TRUTH_READER_RJAFROC};
use crate::protocol::Decimal;
use crate::study::Study;
use crate::table::{ReadRow, ReadsTable};
use crate::truth::{CaseTruth, Truth};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{CaseId, Condition, ContentHash, ReaderId};

/// With so few or fewer cases of a class, iMRMC in Java drops all scores of a reader and condition without a word.
const TOO_FEW: usize = 2;

/// Scores and truth under the study's ids.
struct Design<'a> {
    truth: BTreeMap<&'a CaseId, bool>,
    /// In thousandths.
    scores: BTreeMap<(&'a ReaderId, &'a CaseId, &'a Condition), i64>,
    /// Everyone who has a bundle or a read.
    readers: BTreeSet<&'a ReaderId>,
    conditions: BTreeSet<&'a Condition>,
}

impl Design<'_> {
    /// How many reads a complete design would have beyond those that are locked.
    fn missing(&self) -> usize {
        let all = self.readers.iter().flat_map(|r| self.truth.keys().map(move |case| (*r, *case)));
        all.map(|(r, case)| self.conditions.iter().filter(|c| !self.scores.contains_key(&(r, case, c))).count()).sum()
    }
}

/// The files, and what the person should know about them.
pub(super) fn files(study: &Study, table: &ReadsTable, truth: &Truth) -> Result<(Vec<OutFile>, Vec<String>), ExportError> {
    if !study.protocol().form().units().is_empty() {
        return Err(ExportError::Units);
    }
    let design = design(study, table, truth)?;
    let study_id = study.protocol().study();
    let mut notes = notes(&design, table);
    let mut files = vec![imrmc(study_id, &design)];
    let expected = design.readers.len() * design.truth.len() * design.conditions.len();
    match design.missing() {
        0 => files.extend(rjafroc(study_id, &design)),
        missing => notes.push(format!(
            "The file for RJafroc was not written: RJafroc needs every case read by every reader in every condition, and {missing} of {expected} reads are missing."
        )),
    }
    Ok((files, notes))
}

fn design<'a>(study: &'a Study, table: &'a ReadsTable, truth: &'a Truth) -> Result<Design<'a>, ExportError> {
    let planned = study.bundles().values().flat_map(|b| b.reads().iter().map(|r| r.package));
    let packages: BTreeSet<ContentHash> = planned.chain(table.rows.iter().map(|r| r.read.package())).collect();
    let file = || truth.file().to_owned();
    // In the order of the file, so that the first finding is the first line.
    let unknown = truth.cases().iter().find(|c| c.package.is_none_or(|p| !packages.contains(&p)));
    if let Some(CaseTruth { case, line, .. }) = unknown {
        return Err(ExportError::UnknownCase { file: file(), line: *line, case: case.clone() });
    }
    let row_of = |package: ContentHash| truth.of_package(&package).ok_or(ExportError::NoTruth { file: file(), package });
    let mut by_case = BTreeMap::new();
    for package in packages {
        let row = row_of(package)?;
        by_case.insert(&row.case, row.signal);
    }
    let diseased = by_case.values().filter(|s| **s).count();
    if diseased == 0 || diseased == by_case.len() {
        return Err(ExportError::OneClass(file()));
    }
    let mut scores = BTreeMap::new();
    for ReadRow { rating, read, condition, .. } in table.rows.iter().filter(|r| r.read.read().repeat == 1) {
        let case = &row_of(read.package())?.case;
        if let Some(rating) = rating {
            scores.insert((&read.read().reader, case, condition), *rating);
        }
    }
    let readers = study.bundles().keys().chain(table.rows.iter().map(|r| &r.read.read().reader)).collect();
    let conditions = study.protocol().conditions().iter().flat_map(|c| [Some(&c.id), c.ai.before()]).flatten().collect();
    Ok(Design { truth: by_case, scores, readers, conditions })
}

fn notes(design: &Design<'_>, table: &ReadsTable) -> Vec<String> {
    let mut notes = Vec::new();
    let order: Vec<_> = design.conditions.iter().map(|c| format!("\"{c}\"")).collect();
    if let [first, .., last] = order.as_slice() {
        notes.push(format!("Programs sort conditions as text, from {first} to {last}; this decides the sign of a difference."));
    }
    let none = table.rows.iter().filter(|r| r.rating.is_none()).count();
    if none > 0 {
        let are = if none == 1 { "read has" } else { "reads have" };
        notes.push(format!("{none} {are} no rating, because the case was said to be not evaluable, and no row in this format."));
    }
    let repeats = table.rows.iter().filter(|r| r.read.read().repeat != 1).count();
    if repeats > 0 {
        let are = if repeats == 1 { "repeat is" } else { "repeats are" };
        notes.push(format!("{repeats} hidden {are} left out: the format knows one score for each reader, case and condition."));
    }
    for reader in &design.readers {
        for condition in &design.conditions {
            let of_class = |class: bool| {
                design.scores.keys().filter(|(r, case, c)| r == reader && c == condition && design.truth.get(case) == Some(&class)).count()
            };
            let (without, with) = (of_class(false), of_class(true));
            if without + with > 0 && without.min(with) <= TOO_FEW {
                notes.push(format!(
                    "iMRMC in Java will drop all scores of reader \"{reader}\" in condition \"{condition}\" without a word: there are {without} without and {with} with the signal, and it wants more than {TOO_FEW} of each."
                ));
            }
        }
    }
    notes
}

fn imrmc(study: &str, design: &Design<'_>) -> OutFile {
    let truth = design.truth.iter().map(|(case, signal)| (case.to_string(), *signal)).collect();
    let cell = |reader: &ReaderId, case: &CaseId, condition: &Condition| Cell {
        reader: reader.to_string(),
        case: case.to_string(),
        modality: condition.to_string(),
    };
    let scores: Vec<_> = design.scores.iter().map(|((r, case, c), score)| (cell(r, case, c), *score)).collect();
    written(format!("{study}.imrmc"), study, TRUTH_READER, truth, scores)
}

fn rjafroc(study: &str, design: &Design<'_>) -> [OutFile; 2] {
    let readers: BTreeMap<&ReaderId, usize> = design.readers.iter().zip(1..).map(|(r, n)| (*r, n)).collect();
    let mut by_truth: Vec<_> = design.truth.iter().collect();
    by_truth.sort_by_key(|(case, signal)| (**signal, **case));
    let cases: BTreeMap<&CaseId, usize> = by_truth.iter().zip(1..).map(|((case, _), n)| (**case, n)).collect();
    let number = |n: Option<&usize>| n.copied().unwrap_or_default();
    let truth = by_truth.iter().map(|(case, signal)| (number(cases.get(*case)).to_string(), **signal)).collect();
    let mut numbered: Vec<_> =
        design.scores.iter().map(|((r, case, c), score)| ((number(readers.get(r)), number(cases.get(case)), *c), *score)).collect();
    numbered.sort();
    let cell = |(r, case, c): (usize, usize, &Condition)| Cell { reader: r.to_string(), case: case.to_string(), modality: c.to_string() };
    let scores = numbered.into_iter().map(|(key, score)| (cell(key), score)).collect();
    let mut ids = vec![vec!["kind".to_owned(), "id".to_owned(), "number".to_owned()]];
    ids.extend(readers.iter().map(|(r, n)| vec!["reader".to_owned(), r.to_string(), n.to_string()]));
    ids.extend(by_truth.iter().map(|(case, _)| vec!["case".to_owned(), case.to_string(), number(cases.get(*case)).to_string()]));
    [
        written(format!("{study}.rjafroc.imrmc"), study, TRUTH_READER_RJAFROC, truth, scores),
        OutFile::of_cells(format!("{study}.rjafroc.ids.csv"), ids),
    ]
}

/// The text, and what it means. Rows are in the order given: truth first.
fn written(name: String, study: &str, truth_reader: &str, truth: Vec<(String, bool)>, scores: Vec<(Cell, i64)>) -> OutFile {
    let distinct = |of: fn(&Cell) -> &String| scores.iter().map(|(cell, _)| of(cell)).collect::<BTreeSet<_>>().len() as u64;
    let diseased = truth.iter().filter(|(_, signal)| *signal).count() as u64;
    let counts = Counts {
        readers: Some(distinct(|c| &c.reader)),
        normal: Some(truth.len() as u64 - diseased),
        diseased: Some(diseased),
        modalities: Some(distinct(|c| &c.modality)),
    };
    let header = [("NR", counts.readers), ("N0", counts.normal), ("N1", counts.diseased), ("NM", counts.modalities)];
    let mut lines = vec![format!("Tiresias study {study}"), "Open look - truth met scores before a database lock".to_owned()];
    lines.extend(header.map(|(name, count)| format!("{name}: {}", count.unwrap_or_default())));
    lines.push(BEGIN.to_owned());
    // The modality of a truth row is ignored by Java and RJafroc and must be this word for iMRMC in R.
    lines.extend(truth.iter().map(|(case, signal)| format!("{truth_reader},{case},{TRUTH_READER},{}", u8::from(*signal))));
    let number = Decimal::of_thousandths;
    lines.extend(scores.iter().map(|(Cell { reader, case, modality }, score)| format!("{reader},{case},{modality},{}", number(*score))));
    let text = lines.join("\n") + "\n";
    let scores = scores.into_iter().map(|(cell, score)| (cell, score as f64 / 1000.0)).collect();
    OutFile { name, text, means: Meaning::Scores(Imrmc { counts, truth: truth.into_iter().collect(), scores }) }
}
