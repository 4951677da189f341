//! Workbooks (`.xlsx`) as sheets of texts, numbers and times: the one way in and out.
//!
//! Reading is by calamine, after a look at the archive: every part is unpacked once within bounds, must be UTF-8, and must not announce more than it holds,
//! because the reader takes room for what is announced. Cells come one by one; what is empty between them in a row counts as cells do, and rows without any take no room. Formulas count as
//! what they gave when the file was saved. Writing is by rust_xlsxwriter: the first row of a sheet stays in sight, texts are texts (also where they
//! begin with "="), there is no formula and no date of making, and equal sheets give equal bytes.
//! Refuses: parts beyond their bounds, more than 2,000,000 cells, 1,024 columns or 300 sheets.

use super::data::{FormatError, Place};
use calamine::{Data, DataRef, Reader as _, Xlsx};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};
use std::io::{Cursor, Read as _};

const MAX_FILE: usize = 64 << 20;
/// All parts together, unpacked.
const MAX_UNPACKED: u64 = 256 << 20;
const MAX_PARTS: usize = 2000;
const MAX_SHEETS: usize = 300;
const MAX_CELLS: usize = 2_000_000;
const MAX_COLUMNS: u32 = 1024;
/// Days from the day that spreadsheets count from (the 30th of December 1899) to 1970.
const DAYS_TO_1970: f64 = 25_569.0;
const MS_A_DAY: f64 = 86_400_000.0;
/// Excel's own limits of a cell's text and a sheet's name.
pub(crate) const MAX_TEXT: usize = 32_767;
const MAX_SHEET_NAME: usize = 31;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
    /// A time, days since the 30th of December 1899 in UTC.
    Time(f64),
}

impl Value {
    /// A time from milliseconds since 1970 in UTC.
    #[must_use]
    pub fn time(utc_ms: i64) -> Self {
        Self::Time(DAYS_TO_1970 + utc_ms as f64 / MS_A_DAY)
    }
    /// A text, or nothing where it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// The rows that hold something, each with its number from 1 as spreadsheets count, and its cells from the first column on.
    pub rows: Vec<(u64, Vec<Value>)>,
}

impl Sheet {
    /// A sheet of these rows, from the first on. Empty cells at the end of a row, and rows without any other, are left out.
    #[must_use]
    pub fn new(name: impl Into<String>, rows: Vec<Vec<Value>>) -> Self {
        let trimmed = rows.into_iter().zip(1..).map(|(mut cells, at)| {
            while cells.last() == Some(&Value::Empty) {
                cells.pop();
            }
            (at, cells)
        });
        Self { name: name.into(), rows: trimmed.filter(|(_, cells)| !cells.is_empty()).collect() }
    }
}

fn refused(why: &str) -> FormatError {
    FormatError::file(why)
}

const NO_WORKBOOK: &str = "It is no workbook (.xlsx), or it is damaged.";
const TOO_LARGE: &str = "It is far larger than any workbook of scores.";

/// Reads the sheets of a workbook, in their order.
///
/// # Errors
/// When the bytes are no workbook, or one beyond the bounds.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, FormatError> {
    look_inside(bytes)?;
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| refused(NO_WORKBOOK))?;
    let names = workbook.sheet_names();
    if names.len() > MAX_SHEETS {
        return Err(refused(TOO_LARGE));
    }
    let mut left = MAX_CELLS;
    names.into_iter().map(|name| read_sheet(&mut workbook, name, &mut left)).collect()
}

/// Unpacks every part within the bounds, without keeping it.
fn look_inside(bytes: &[u8]) -> Result<(), FormatError> {
    if bytes.len() > MAX_FILE {
        return Err(refused(TOO_LARGE));
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| refused(NO_WORKBOOK))?;
    if archive.len() > MAX_PARTS {
        return Err(refused(TOO_LARGE));
    }
    let mut left = MAX_UNPACKED;
    for part in 0..archive.len() {
        let file = archive.by_index(part).map_err(|_| refused(NO_WORKBOOK))?;
        let name = file.name().map_err(|_| refused(NO_WORKBOOK))?.to_ascii_lowercase();
        let is_xml = [".xml", ".rels"].iter().any(|ending| name.ends_with(ending));
        let mut unpacked = Vec::new();
        file.take(left + 1).read_to_end(&mut unpacked).map_err(|_| refused(NO_WORKBOOK))?;
        left = left.checked_sub(unpacked.len() as u64).ok_or_else(|| refused(TOO_LARGE))?;
        if is_xml && !is_modest(&unpacked) {
            return Err(refused("A part of it is not in UTF-8, or announces more than it holds."));
        }
    }
    Ok(())
}

/// Whether a part is UTF-8, and announces no more different texts than it has bytes: calamine reserves memory for as many. (`count` is that of their uses.)
fn is_modest(part: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(part) else { return false };
    let declaration = text.split_once("?>").map_or("", |(first, _)| first);
    let says_another = declaration.contains("encoding") && !declaration.to_ascii_lowercase().contains("utf-8");
    let counts = text.split("uniqueCount").skip(1);
    let announced = counts.filter_map(|after| {
        let value = after.trim_start().strip_prefix('=')?.trim_start().strip_prefix(['"', '\''])?;
        let digits = value.find(|c: char| !c.is_ascii_digit()).map_or(value, |end| value.get(..end).unwrap_or_default());
        (!digits.is_empty()).then(|| digits.parse().unwrap_or(usize::MAX))
    });
    !says_another && announced.max().is_none_or(|most| most <= part.len())
}

fn read_sheet<R: std::io::Read + std::io::Seek>(workbook: &mut Xlsx<R>, name: String, left: &mut usize) -> Result<Sheet, FormatError> {
    let on_sheet = |why: &str| FormatError { place: Place::Sheet(name.clone()), why: why.into() };
    let damaged = || on_sheet("It cannot be read: it is damaged, or no sheet of cells.");
    let mut cells = Vec::new();
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(|_| damaged())?;
    while let Some(cell) = reader.next_cell().map_err(|_| damaged())? {
        *left = left.checked_sub(1).ok_or_else(|| on_sheet("There are more than 2,000,000 cells up to here."))?;
        let (row, column) = cell.get_position();
        if column >= MAX_COLUMNS {
            return Err(on_sheet("There are more than 1,024 columns."));
        }
        let value = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::Int(n) => Value::Number(*n as f64),
            DataRef::Float(n) => Value::Number(*n),
            DataRef::Bool(b) => Value::Text(if *b { "TRUE".into() } else { "FALSE".into() }),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Value::text(text.as_str()),
            DataRef::SharedString(text) => Value::text(*text),
            DataRef::DateTime(time) => Value::Time(time.as_f64()),
            DataRef::Error(error) => Value::Text(Data::Error(error.clone()).to_string()),
        };
        if value != Value::Empty {
            cells.push((row, column, value));
        }
    }
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    let mut sheet = Sheet { name, rows: Vec::new() };
    for (row, column, value) in cells {
        let at = u64::from(row) + 1;
        if sheet.rows.last().is_none_or(|(last, _)| *last != at) {
            sheet.rows.push((at, Vec::new()));
        }
        if let Some((_, cells)) = sheet.rows.last_mut() {
            // Of two cells in one place the first counts.
            if cells.len() <= column as usize {
                // A row takes room from its first column on: what is empty in between counts as cells do.
                *left = left.checked_sub(column as usize - cells.len()).ok_or_else(|| FormatError {
                    place: Place::Sheet(sheet.name.clone()),
                    why: "There are more than 2,000,000 cells up to here, those counted that are empty in front of others.".into(),
                })?;
                cells.resize(column as usize, Value::Empty);
                cells.push(value);
            }
        }
    }
    Ok(sheet)
}

/// The bytes of a workbook of these sheets. The first row of each is its header: bold, and it stays in sight.
///
/// # Errors
/// When a name or a text is longer than a workbook takes, two sheets have one name, or a number is none.
pub fn write(sheets: &[Sheet]) -> Result<Vec<u8>, FormatError> {
    let mut workbook = Workbook::new();
    let header = Format::new().set_bold();
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000");
    // Without a date the library would take the time of now.
    let made = ExcelDateTime::from_ymd(1980, 1, 1).map_err(|_| refused(NO_WORKBOOK))?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    for Sheet { name, rows } in sheets {
        let failed = |at: u64, why: &str| FormatError { place: Place::Row(name.clone(), at), why: why.into() };
        if name.is_empty() || name.chars().count() > MAX_SHEET_NAME {
            return Err(FormatError { place: Place::Sheet(name.clone()), why: "A sheet's name has 1 to 31 characters.".into() });
        }
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).map_err(|_| FormatError { place: Place::Sheet(name.clone()), why: "This is no name for a sheet.".into() })?;
        sheet.set_freeze_panes(1, 0).map_err(|_| failed(1, "The header cannot be kept in sight."))?;
        let mut widths: Vec<usize> = Vec::new();
        for (at, cells) in rows {
            let row = u32::try_from(at.saturating_sub(1)).map_err(|_| failed(*at, "There are too many rows."))?;
            for (column, value) in (0u16..).zip(cells) {
                let style = if *at == 1 { &header } else { &Format::default() };
                let (written, width) = match value {
                    Value::Empty => continue,
                    Value::Text(text) if text.chars().count() > MAX_TEXT => {
                        return Err(failed(*at, "A text has more than 32,767 characters."));
                    }
                    Value::Text(text) => {
                        let width = text.lines().map(|l| l.chars().count()).max().unwrap_or(0);
                        (sheet.write_string_with_format(row, column, text.as_str(), style), width)
                    }
                    Value::Number(n) | Value::Time(n) if !n.is_finite() => return Err(failed(*at, "A number is none.")),
                    Value::Number(n) => (sheet.write_number_with_format(row, column, *n, style), n.to_string().len()),
                    Value::Time(days) => (sheet.write_number_with_format(row, column, *days, &time), 23),
                };
                written.map_err(|_| failed(*at, "The row has more cells than a sheet takes."))?;
                if widths.len() <= usize::from(column) {
                    widths.resize(usize::from(column) + 1, 0);
                }
                if let Some(widest) = widths.get_mut(usize::from(column)) {
                    *widest = (*widest).max(width);
                }
            }
        }
        for (column, width) in (0u16..).zip(widths) {
            // A width that cannot be set is only less handsome.
            let _ = sheet.set_column_width(column, width.clamp(6, 60) as f64 + 2.0);
        }
    }
    workbook.save_to_buffer().map_err(|_| FormatError::file("The workbook cannot be written: two of its sheets may have one name."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheets() -> Vec<Sheet> {
        let text = |t: &str| Value::text(t);
        vec![
            Sheet::new(
                "One",
                vec![
                    vec![text("reader"), text("score"), text("at")],
                    vec![text("=1+1"), Value::Number(0.1), Value::time(1_700_000_000_123)],
                    vec![Value::Empty, Value::Number(-1e300), Value::Empty, text("two\nlines, \u{fc} \u{4e2d} <&>\" '")],
                    vec![text(" spaces "), Value::Number(12_345_678.901), text("_x0041_"), text("#N/A")],
                ],
            ),
            Sheet::new("Two", vec![vec![text("001")], vec![], vec![Value::Empty, text("x")]]),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = write(&sheets()).unwrap();
        assert_eq!(read(&bytes).unwrap(), sheets());
        assert_eq!(write(&sheets()).unwrap(), bytes, "equal sheets give equal bytes");
    }

    #[test]
    fn what_no_workbook_takes_is_refused() {
        let one = |name: &str, value| write(&[Sheet::new(name, vec![vec![value]])]).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(one("x", Value::Number(f64::NAN)).contains("number is none"));
        assert!(one(&"x".repeat(32), Value::Number(1.0)).contains("1 to 31"));
        assert!(one("a/b", Value::Number(1.0)).contains("no name"));
        assert!(one("x", Value::Text("x".repeat(40_000))).contains("32,767"));
        let twice = write(&[Sheet::new("x", vec![]), Sheet::new("X", vec![])]);
        assert!(twice.unwrap_err().to_string().contains("one name"));
        for bytes in [&b""[..], b"PK\x03\x04", b"reader,case\n"] {
            assert_eq!(read(bytes).unwrap_err().why, NO_WORKBOOK);
        }
    }

    #[test]
    fn empty_cells_in_front_of_others_count() {
        let far = |column: usize| [vec![Value::Empty; column], vec![Value::Number(1.0)]].concat();
        let bytes = |rows: usize| write(&[Sheet::new("x", vec![far(1023); rows])]).unwrap();
        assert!(read(&bytes(1900)).is_ok());
        assert!(read(&bytes(2000)).unwrap_err().why.contains("2,000,000 cells"));
    }

    #[test]
    fn what_a_part_announces_must_be_there() {
        assert!(is_modest(b"<sst count=\"4\" uniqueCount=\"4\"/>"));
        assert!(!is_modest(b"<sst uniqueCount=\"99999999999\"/>"));
        assert!(!is_modest(b"<sst uniqueCount = '9999'/>"));
        assert!(!is_modest(b"<?xml version=\"1.0\" encoding=\"iso-2022-jp\"?><sst/>"));
        assert!(!is_modest(b"<\0s\0s\0t\0/\0>\0\xff"));
    }
}
