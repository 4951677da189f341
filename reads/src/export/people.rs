//! The score sheet, as a workbook for people and as CSV with a data dictionary.
//!
//! The workbook: all reads, one sheet for each reader, the marks, the scores with their truth where it is known, the data dictionary, the protocol, and a
//! summary of the audit trail. The header of each sheet stays in sight; numbers are numbers, times are times, and nothing is a formula.

use super::audit::Audit;
use super::files::{Meaning, OutFile};
use super::table::{self, Table};
use super::{About, ExportError};
use crate::formats::workbook::{self, MAX_TEXT, Sheet, Value};
use crate::gathered::Set;
use crate::protocol::Protocol;
use crate::scoring::ScoredTable;
use crate::table::ReadsTable;
use serde::Serialize;
use std::collections::BTreeSet;

/// Names of sheets have at most so many characters.
const MAX_NAME: usize = 31;
/// Stands where a text is longer than a cell takes.
const CUT: &str = " \u{2026} (cut here)";

fn tables(about: &About<'_>, protocol: &Protocol, reads: &ReadsTable, scored: Option<&ScoredTable>) -> Vec<Table> {
    let mut tables = vec![table::reads(protocol, reads)];
    if about.set == Set::Consensus {
        tables.push(table::settled(about.agreed));
    }
    if protocol.marks().is_some() {
        tables.push(table::marks(protocol, reads));
    }
    if let Some(scored) = scored {
        tables.push(table::scores(scored));
        if protocol.marks().is_some() {
            tables.push(table::classified(scored));
        }
    }
    tables
}

#[derive(Serialize)]
struct Dictionary<'a> {
    tiresias_data_dictionary: u32,
    about: Vec<(&'static str, String)>,
    files: Vec<Described<'a>>,
}

#[derive(Serialize)]
struct Described<'a> {
    file: String,
    columns: &'a [table::Column],
}

/// The CSV files and their dictionary.
pub(super) fn csv(
    name: &str,
    about: &About<'_>,
    protocol: &Protocol,
    reads: &ReadsTable,
    scored: Option<&ScoredTable>,
) -> Result<Vec<OutFile>, ExportError> {
    let tables = tables(about, protocol, reads, scored);
    let file = |table: &Table| format!("{name}.{}.csv", table.name);
    let dictionary = Dictionary {
        tiresias_data_dictionary: 1,
        about: about.lines(),
        files: tables.iter().map(|t| Described { file: file(t), columns: &t.columns }).collect(),
    };
    let mut files: Vec<_> = tables.iter().map(|t| OutFile::of_cells(file(t), t.texts())).collect();
    files.push(OutFile::of_json(format!("{name}.dictionary.json"), &dictionary)?);
    Ok(files)
}

/// The workbook, and what is to be known of it.
pub(super) fn workbook(
    name: &str,
    about: &About<'_>,
    protocol_text: &str,
    audit: &Audit,
    protocol: &Protocol,
    reads: &ReadsTable,
    scored: Option<&ScoredTable>,
) -> Result<(Vec<OutFile>, Vec<String>), ExportError> {
    let tables = tables(about, protocol, reads, scored);
    let mut taken = BTreeSet::new();
    let mut sheets = vec![Sheet::new(free("About", &mut taken), pairs("what", "this export", about.lines()))];
    for table in &tables {
        let title = match table.name {
            "reads" => "All reads",
            "settled" => "Settled by",
            "marks" => "Marks",
            "scores" => "Scores and truth",
            _ => "Marks and lesions",
        };
        sheets.push(Sheet::new(free(title, &mut taken), table.cells()));
    }
    for name in ["Data dictionary", "Protocol", "Audit summary"] {
        free(name, &mut taken);
    }
    if let Some(all) = tables.first() {
        let readers: BTreeSet<&str> = reads.rows.iter().map(|row| row.read.read().reader.as_str()).collect();
        for reader in readers {
            sheets.push(Sheet::new(free(reader, &mut taken), all.of(reader)));
        }
    }
    sheets.push(Sheet::new("Data dictionary", dictionary(&tables)));
    let mut lines = vec![vec![Value::text("line"), Value::text("protocol.toml")]];
    lines.extend((1u32..).zip(protocol_text.lines()).map(|(n, line)| vec![Value::Number(f64::from(n)), Value::text(line)]));
    sheets.push(Sheet::new("Protocol", lines));
    sheets.push(Sheet::new("Audit summary", audit.summary()));
    let notes = match cut(&mut sheets) {
        0 => Vec::new(),
        n => vec![format!(
            "Cells of the workbook whose text is longer than a spreadsheet takes ({MAX_TEXT} characters), and is cut: {n}. The CSV export has outlines whole, and the study's folder its protocol."
        )],
    };
    let bytes = workbook::write(&sheets).map_err(|e| ExportError::Workbook(e.to_string()))?;
    Ok((vec![OutFile { name: format!("{name}.xlsx"), bytes, means: Meaning::Sheets(sheets) }], notes))
}

/// Cuts texts that no cell takes, which would keep the whole workbook from being written; how many there are.
fn cut(sheets: &mut [Sheet]) -> usize {
    let mut count = 0;
    for value in sheets.iter_mut().flat_map(|sheet| &mut sheet.rows).flat_map(|(_, cells)| cells) {
        if let Value::Text(text) = value
            && text.chars().count() > MAX_TEXT
        {
            let kept: String = text.chars().take(MAX_TEXT - CUT.chars().count()).collect();
            *text = kept + CUT;
            count += 1;
        }
    }
    count
}

fn pairs(what: &str, header: &str, lines: Vec<(&'static str, String)>) -> Vec<Vec<Value>> {
    let mut rows = vec![vec![Value::text(what), Value::text(header)]];
    rows.extend(lines.into_iter().map(|(name, value)| vec![Value::text(name), Value::text(value)]));
    rows
}

fn dictionary(tables: &[Table]) -> Vec<Vec<Value>> {
    let mut rows = vec![["table", "column", "kind", "meaning", "value", "meaning of the value"].map(Value::text).to_vec()];
    for table in tables {
        for column in &table.columns {
            let kind = match column.kind {
                table::Kind::Text => "text",
                table::Kind::Number => "number",
                table::Kind::Time => "time (UTC)",
            };
            let about = [table.name, &column.name, kind, &column.meaning].map(Value::text).to_vec();
            rows.push(about.clone());
            for (key, label) in &column.values {
                let mut row = about[..2].to_vec();
                row.extend([Value::Empty, Value::Empty, Value::text(key.as_str()), Value::text(label.as_str())]);
                rows.push(row);
            }
        }
    }
    rows
}

/// A name that no other sheet has (capitals do not count), cut where it is too long.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    for n in 1usize.. {
        let end = if n == 1 { String::new() } else { format!(" ({n})") };
        let kept: String = name.chars().take(MAX_NAME - end.len()).collect();
        let candidate = format!("{kept}{end}");
        if taken.insert(candidate.to_lowercase()) {
            return candidate;
        }
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_no_cell_takes_is_cut_and_the_workbook_written() {
        // An outline of 2,000 corners, and what has room to the last character.
        let (long, fits) = ("-12.123456789 -200.123456789 1000.5;".repeat(2_000), "x".repeat(MAX_TEXT));
        let mut sheets = [Sheet::new("Marks", vec![vec![Value::text(long), Value::text(fits.clone())]])];
        assert_eq!(cut(&mut sheets), 1);
        let [(1, cells)] = sheets[0].rows.as_slice() else { panic!("one row") };
        let [Value::Text(text), Value::Text(whole)] = cells.as_slice() else { panic!("two texts") };
        assert!(text.ends_with(CUT) && text.chars().count() == MAX_TEXT && *whole == fits);
        assert_eq!(workbook::read(&workbook::write(&sheets).unwrap()).unwrap(), sheets);
    }

    #[test]
    fn no_two_sheets_have_one_name() {
        let mut taken = BTreeSet::new();
        let long = "r".repeat(40);
        let names = ["Protocol", "protocol", &long, &long].map(|n| free(n, &mut taken));
        assert_eq!(names[..2], ["Protocol", "protocol (2)"]);
        assert_eq!(names[2..], ["r".repeat(31), format!("{} (2)", "r".repeat(27))]);
    }
}
