//! The files that statistics programs take, with the table of ids beside those that know only numbers, and what the person should know of each.
//!
//! Hidden repeats are in none of them: these formats know one score a cell. Refuses what `matrix` refuses, and what the program would misread.

use super::files::{Form, Meaning, OutFile};
use super::matrix::{Given, given, takes, takes_units};
use super::{About, ExportError, Format, table};
use crate::formats::imrmc::{Flavour, Imrmc};
use crate::formats::{FormatError, Numbered, in_order, long, lrc, rjafroc};
use crate::protocol::{NotEvaluableCounts, Protocol};
use crate::scoring::{Dataset, ScoredTable, View};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::{Design, ScoreTable};

/// With so few or fewer cases of a class, iMRMC in Java drops all scores of a reader and condition without a word.
const TOO_FEW: usize = 2;

/// The files of one format, and its notes.
pub(super) fn files(
    format: Format,
    about: &About<'_>,
    protocol: &Protocol,
    scored: &ScoredTable,
) -> Result<(Vec<OutFile>, Vec<String>), ExportError> {
    if !protocol.form().units().is_empty() {
        takes_units(format).map_err(ExportError::Refused)?;
    }
    let Given::Scores(view) = given(format, protocol.paradigm()).map_err(ExportError::Refused)? else { return Ok((vec![], vec![])) };
    let counts = protocol.analysis().map_or(NotEvaluableCounts::Omit, |a| a.not_evaluable);
    let data = scored.dataset(view, counts).map_err(|e| ExportError::Scores(e.to_string()))?;
    let diseased = data.cases.iter().filter(|c| c.diseased).count();
    if diseased == 0 || diseased == data.cases.len() {
        return Err(ExportError::OneClass);
    }
    takes(format, design(&data)?).map_err(|why| incomplete(why, &data))?;
    let mut notes = notes(&data, scored, view);
    if view == View::Ratings && protocol.marks().is_some() && protocol.form().rating().is_none() {
        notes.push(
            "The score of a case is the highest rating of its marks, without those in regions to ignore, and one step below the lowest where it has none."
                .to_owned(),
        );
    }
    if view == View::Located && scored.has_ignored() {
        notes.push(
            "A case whose place lies in a region to ignore is not located, and its score is one step below the lowest rating.".to_owned(),
        );
    }
    let files = match format {
        Format::Imrmc => imrmc(about, &data, &mut notes)?,
        Format::Rjafroc => rjafroc_files(about, &data)?,
        Format::Mrmcaov => vec![mrmcaov(&about.marked_name(), &data)?],
        Format::OrDbm => ordbm(about, &data)?,
        Format::Sheet | Format::Csv | Format::Audit | Format::Agreement | Format::Sr | Format::All => vec![],
    };
    Ok((files, notes))
}

/// How many scores are missing, after the sentence that refuses.
fn incomplete(why: &'static str, data: &Dataset) -> ExportError {
    ExportError::Incomplete { why, missing: data.missing(), of: data.scores.len() }
}

/// The design, from which cells have a score.
pub(super) fn design(data: &Dataset) -> Result<Design, ExportError> {
    let truth: Vec<Group> = data.cases.iter().map(|c| if c.diseased { Group::Diseased } else { Group::Normal }).collect();
    let there: Vec<Option<f64>> = (0..data.scores.len()).map(|cell| data.scores.has(cell).then_some(0.0)).collect();
    let table = ScoreTable::new(data.modalities.len(), data.readers.len(), &truth, &there);
    Ok(table.map_err(|e| ExportError::Scores(format!("{e}.")))?.design())
}

fn notes(data: &Dataset, scored: &ScoredTable, view: View) -> Vec<String> {
    let mut notes = Vec::new();
    let mut order = data.modalities.clone();
    order.sort();
    if let [first, .., last] = order.as_slice() {
        notes.push(format!("Programs sort conditions as text, from \"{first}\" to \"{last}\"; this decides the sign of a difference."));
    }
    let repeats = scored.repeats.len();
    if repeats > 0 {
        let are = if repeats == 1 { "repeat is" } else { "repeats are" };
        notes.push(format!("{repeats} hidden {are} left out: the format knows one score for each reader, case and condition."));
    }
    let left = (0..data.scores.len()).filter(|at| !data.scores.has(*at)).count().saturating_sub(scored.missing(view));
    if left > 0 {
        let have = if left == 1 { "cell has" } else { "cells have" };
        notes.push(format!(
            "{left} {have} no score because nobody was to read them or the case was not evaluable, and no row in this format."
        ));
    }
    notes
}

fn imrmc(about: &About<'_>, data: &Dataset, notes: &mut Vec<String>) -> Result<Vec<OutFile>, ExportError> {
    let text = |data: &Dataset, flavour| Imrmc::write(data, flavour, &about.title()).map_err(|e| ExportError::Scores(e.to_string()));
    let name = about.name();
    let mut files = vec![OutFile {
        name: format!("{name}.imrmc"),
        bytes: text(data, Flavour::Imrmc)?.into_bytes(),
        means: Meaning::Data(Form::Imrmc, data.clone()),
    }];
    for (r, reader) in data.readers.iter().enumerate() {
        for (m, condition) in data.modalities.iter().enumerate() {
            let at = |c: usize| (m * data.readers.len() + r) * data.cases.len() + c;
            let of =
                |class: bool| data.cases.iter().enumerate().filter(|(c, case)| case.diseased == class && data.scores.has(at(*c))).count();
            let (without, with) = (of(false), of(true));
            if without + with > 0 && without.min(with) <= TOO_FEW {
                notes.push(format!(
                    "iMRMC in Java will drop all scores of reader \"{reader}\" in condition \"{condition}\" without a word: there are {without} without and {with} with the signal, and it wants more than {TOO_FEW} of each."
                ));
            }
        }
    }
    if data.missing() > 0 {
        notes.push(format!(
            "The file for RJafroc was not written: RJafroc needs every case read by every reader in every condition, and {} of {} scores are missing.",
            data.missing(),
            data.scores.len()
        ));
        return Ok(files);
    }
    let numbered = Numbered::plain(data);
    let renamed = numbered.apply(data);
    let bytes = text(&renamed, Flavour::Rjafroc)?.into_bytes();
    files.push(OutFile { name: format!("{name}.rjafroc.imrmc"), bytes, means: Meaning::Data(Form::Imrmc, renamed) });
    files.push(OutFile::of_cells(format!("{}.rjafroc.ids.csv", about.marked_name()), numbered.table(data)));
    Ok(files)
}

fn rjafroc_files(about: &About<'_>, data: &Dataset) -> Result<Vec<OutFile>, ExportError> {
    let numbered = Numbered::new(data);
    let renamed = numbered.apply(data);
    let name = about.marked_name();
    let named = |number: &str, kind: &str| {
        numbered.table(data).into_iter().find(|row| row[0] == kind && row[2] == number).map(|row| row[1].clone())
    };
    let bytes = rjafroc::write(&renamed).map_err(|unfit| {
        // In the study's own names, not in the numbers of the file.
        ExportError::Scores(match unfit {
            rjafroc::Unfit::NoMark(reader) => rjafroc::Unfit::NoMark(named(&reader, "reader").unwrap_or(reader)).to_string(),
            rjafroc::Unfit::NoMarkIn(condition) => {
                rjafroc::Unfit::NoMarkIn(named(&condition, "condition").unwrap_or(condition)).to_string()
            }
            other => other.to_string(),
        })
    })?;
    Ok(vec![
        OutFile { name: format!("{name}.rjafroc.xlsx"), bytes, means: Meaning::Data(Form::Rjafroc, renamed) },
        // The text file for RJafroc has numbers of its own.
        OutFile::of_cells(format!("{name}.rjafroc.xlsx.ids.csv"), numbered.table(data)),
    ])
}

fn ordbm(about: &About<'_>, data: &Dataset) -> Result<Vec<OutFile>, ExportError> {
    let numbered = Numbered::plain(data);
    let renamed = numbered.apply(data);
    let failed = |e: FormatError| ExportError::Scores(e.to_string());
    let text = long::write(&renamed, long::OR_DBM).map_err(failed)?;
    let lrc = lrc::write(&renamed, &about.title().join("; ")).map_err(failed)?;
    Ok(vec![
        OutFile {
            name: format!("{}.ordbm.csv", about.marked_name()),
            bytes: text.into_bytes(),
            means: Meaning::Data(Form::Long, renamed.clone()),
        },
        OutFile { name: format!("{}.lrc", about.name()), bytes: lrc.into_bytes(), means: Meaning::Data(Form::Lrc, renamed) },
        OutFile::of_cells(format!("{}.ordbm.ids.csv", about.marked_name()), numbered.table(data)),
    ])
}

/// Scores as the CSV of MRMCaov.
pub(super) fn mrmcaov(name: &str, data: &Dataset) -> Result<OutFile, ExportError> {
    let failed = |e: FormatError| ExportError::Scores(e.to_string());
    // Once in order, it need not be ordered again to be written and compared.
    let data = in_order(data).map_err(failed)?;
    let text = long::write(&data, long::MRMCAOV).map_err(failed)?;
    let means = Meaning::Data(Form::Long, data.into_owned());
    Ok(OutFile { name: format!("{name}.mrmcaov.csv"), bytes: text.into_bytes(), means })
}

/// Repeats of the same case by the same reader in the same condition: each rating beside that of the first read.
pub(super) fn agreement(about: &About<'_>, reads: &crate::table::ReadsTable) -> OutFile {
    let header = ["reader", "condition", "package", "repeat", "first", "again", "first_reading_s", "again_reading_s"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for row in reads.rows.iter().filter(|r| r.read.read().repeat > 1) {
        let of = |r: &&crate::table::ReadRow| {
            let (a, b) = (r.read.read(), row.read.read());
            (a.reader == b.reader && r.condition == row.condition && a.repeat == 1) && r.read.package() == row.read.package()
        };
        let Some(first) = reads.rows.iter().find(of) else { continue };
        let rating = |r: &crate::table::ReadRow| r.rating.map_or_else(String::new, |n| (n as f64 / 1000.0).to_string());
        let seconds = |r: &crate::table::ReadRow| (r.read.reading_ms() as f64 / 1000.0).to_string();
        let of = row.read.read();
        rows.push(vec![
            of.reader.to_string(),
            row.condition.to_string(),
            row.read.package().to_string(),
            of.repeat.to_string(),
            rating(first),
            rating(row),
            seconds(first),
            seconds(row),
        ]);
    }
    OutFile { name: format!("{}.agreement.csv", about.name()), bytes: table::csv_of(&rows).into_bytes(), means: Meaning::Cells(rows) }
}
