//! Truth as CSV: lines `# name: value` in front (`tiresias_truth`, `version`, `source`, `by`, `date`), then a row of column names, in any order.
//!
//! `case` and `truth` (0 or 1) must be there. `package`, `unit`, `lesion`, `ignore`, `x_mm`, `y_mm`, `z_mm`, `image`, `frame`, `column`, `row`,
//! `column_mm`, `row_mm`, `radius_mm` and `weight` may be. A row says one thing: with a `unit`, the truth of that unit; with a `lesion`, a lesion; with
//! `ignore`, a region in which marks count as nothing; else the truth of the case, once for each.

use super::draft::{Draft, PlaceDraft};
use super::lines::{Lines, ends};
use super::{TRUTH_FORMAT, TruthError};
use crate::shown::shown;
use std::collections::BTreeMap;

const COLUMNS: [&str; 17] = [
    "case",
    "package",
    "unit",
    "truth",
    "lesion",
    "ignore",
    "x_mm",
    "y_mm",
    "z_mm",
    "image",
    "frame",
    "column",
    "row",
    "column_mm",
    "row_mm",
    "radius_mm",
    "weight",
];
const MAX_SHOWN: usize = 40;

/// Reads what is there.
pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Draft, TruthError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut draft = Draft::new(file);
    let (rows, before) = preamble(bytes, file, &mut draft)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(rows);
    let Some(columns) = reader.headers().ok().and_then(columns) else {
        draft.find(before + 1, format!("The columns must be `case` and `truth`, and others of these, each once: {}.", COLUMNS.join(", ")));
        return Ok(draft);
    };
    let lines = Lines::of(rows);
    let line_of = |position: Option<&csv::Position>| before + position.map_or(1, |p| lines.at(begin(rows, p)));
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                draft.find(line_of(error.position()), "This is not text in UTF-8.");
                continue;
            }
        };
        let line = line_of(record.position());
        if record.len() != columns.len() {
            draft.find(line, format!("There are {} values instead of {}.", record.len(), columns.len()));
            continue;
        }
        let values = columns.iter().zip(record.iter()).filter(|(_, v)| !v.is_empty()).map(|(c, v)| (*c, v)).collect();
        row(&mut draft, line, &values);
    }
    Ok(draft)
}

/// The lines in front that begin with "#": what is left, and how many lines they are.
fn preamble<'a>(bytes: &'a [u8], file: &str, draft: &mut Draft) -> Result<(&'a [u8], u64), TruthError> {
    let (mut rest, mut line) = (bytes, 0);
    while rest.first() == Some(&b'#') {
        line += 1;
        let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
        let (own, after) = rest.split_at(end);
        rest = after;
        let Ok(text) = std::str::from_utf8(own) else {
            draft.find(line, "This is not text in UTF-8.");
            continue;
        };
        let text = text.trim_start_matches('#').trim();
        let Some((name, value)) = text.split_once(':') else { continue };
        // A spreadsheet fills such a line up with commas.
        let (name, value) = (name.trim(), value.trim().trim_end_matches(','));
        if name == "tiresias_truth" {
            match value.parse::<u64>() {
                Ok(found) if found > u64::from(TRUTH_FORMAT) => return Err(TruthError::Newer { file: file.to_owned(), found }),
                Ok(found) if found == u64::from(TRUTH_FORMAT) => {}
                _ => draft.find(line, format!("The version of the form is not {TRUTH_FORMAT}.")),
            }
        } else {
            // Other lines are remarks.
            draft.provenance(line, name, value);
        }
    }
    Ok((rest, line))
}

fn columns(headers: &csv::StringRecord) -> Option<Vec<&'static str>> {
    let columns = headers.iter().map(|name| COLUMNS.iter().find(|c| **c == name).copied()).collect::<Option<Vec<_>>>()?;
    let is_once = |name: &&str| columns.iter().filter(|c| *c == name).count() == 1;
    (columns.iter().all(is_once) && ["case", "truth"].iter().all(is_once)).then_some(columns)
}

fn row(draft: &mut Draft, line: u64, values: &BTreeMap<&str, &str>) {
    let value = |name: &str| values.get(name).copied();
    let case = value("case").unwrap_or_default();
    let signal = match value("truth") {
        None => None,
        Some("0") => Some(false),
        Some("1") => Some(true),
        Some(_) => return draft.find(line, format!("The truth of case \"{}\" is not 0 or 1.", shown(case, MAX_SHOWN))),
    };
    let mut numbers = BTreeMap::new();
    for name in ["x_mm", "y_mm", "z_mm", "frame", "column", "row", "column_mm", "row_mm", "radius_mm", "weight"] {
        let Some(text) = value(name) else { continue };
        match text.parse::<f64>().ok().filter(|v| v.is_finite()) {
            Some(number) => numbers.insert(name, number),
            None => return draft.find(line, format!("`{name}` is \"{}\", which is not a finite number.", shown(text, MAX_SHOWN))),
        };
    }
    let number = |name: &str| numbers.get(name).copied();
    let place = PlaceDraft {
        at_mm: ["x_mm", "y_mm", "z_mm"].map(number),
        image: value("image").map(str::to_owned),
        frame: number("frame"),
        pixel: ["column", "row"].map(number),
        spacing_mm: ["column_mm", "row_mm"].map(number),
        radius_mm: number("radius_mm"),
    };
    // What a row says nothing with would be lost without a word: the place of a lesion whose name was forgotten.
    let is_place = value("lesion").or(value("ignore")).is_some();
    let places = ["x_mm", "y_mm", "z_mm", "image", "frame", "column", "row", "column_mm", "row_mm", "radius_mm"];
    if let Some(name) = places.into_iter().find(|name| !is_place && value(name).is_some()) {
        return draft.find(line, format!("`{name}` stands in a row of neither a lesion nor a region to ignore: name one, or take it out."));
    }
    if value("weight").is_some() && value("lesion").is_none() {
        return draft.find(line, "`weight` stands in a row without a lesion: name one, or take it out.");
    }
    match (value("unit"), value("lesion"), value("ignore")) {
        (None, None, None) => draft.own_row(line, case, value("package"), signal),
        (Some(unit), None, None) => match signal {
            Some(signal) => draft.unit(line, case, unit, signal),
            None => draft.find(line, format!("The truth of unit \"{}\" is not 0 or 1.", shown(unit, MAX_SHOWN))),
        },
        (None, Some(_), None) if signal == Some(false) => draft.find(line, "A lesion is there, so its truth is 1 or empty."),
        (None, Some(lesion), None) => draft.lesion(line, case, lesion, place, number("weight")),
        (None, None, Some(region)) => draft.ignored(line, case, region, place),
        _ => draft.find(line, "A row says one thing: of a unit, a lesion or a region to ignore."),
    }
}

/// Where a row begins. (After CR LF `csv` stands on the LF.)
fn begin(bytes: &[u8], position: &csv::Position) -> usize {
    let at = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(bytes.len());
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
}

/// The line, from 1, of one row, where that of no other is asked for.
pub(crate) fn line_at(bytes: &[u8], position: &csv::Position) -> u64 {
    1 + ends(bytes.get(..begin(bytes, position)).unwrap_or_default())
}
