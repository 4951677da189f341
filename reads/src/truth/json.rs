//! Truth as JSON: `{"tiresias_truth": 1, "version": 2, "source": "…", "by": "…", "date": "…", "cases": [{"case": "C-1", "package": "…", "truth": 1,
//! "units": [{"unit": "left", "truth": 1}], "lesions": [{"lesion": "L1", "at_mm": [x, y, z], "radius_mm": 4, "weight": 1}], "ignore": [{"region": "R1", "at_mm": […],
//! "radius_mm": 9}]}]}`. Instead of `at_mm`, something on an image without a place in a patient has `image`, `frame`, `pixel` (column, row) and
//! `spacing_mm` (of columns, of rows).
//!
//! Names are borrowed from the file, so that each finding has the line on which the name stands.

use super::draft::{Draft, PlaceDraft};
use super::lines::Lines;
use super::{TRUTH_FORMAT, TruthError};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    #[serde(rename = "tiresias_truth")]
    _format: u64,
    version: Option<u32>,
    source: Option<String>,
    by: Option<String>,
    date: Option<String>,
    #[serde(borrow)]
    cases: Vec<Case<'a>>,
}

#[derive(Deserialize)]
struct Form {
    tiresias_truth: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<'a> {
    case: &'a str,
    package: Option<&'a str>,
    truth: Option<u8>,
    #[serde(default, borrow)]
    units: Vec<UnitOfFile<'a>>,
    #[serde(default, borrow)]
    lesions: Vec<LesionOfFile<'a>>,
    #[serde(default, borrow)]
    ignore: Vec<RegionOfFile<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitOfFile<'a> {
    unit: &'a str,
    truth: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LesionOfFile<'a> {
    lesion: &'a str,
    at_mm: Option<[f64; 3]>,
    image: Option<String>,
    frame: Option<u32>,
    pixel: Option<[f64; 2]>,
    spacing_mm: Option<[f64; 2]>,
    radius_mm: Option<f64>,
    weight: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegionOfFile<'a> {
    region: &'a str,
    at_mm: Option<[f64; 3]>,
    image: Option<String>,
    frame: Option<u32>,
    pixel: Option<[f64; 2]>,
    spacing_mm: Option<[f64; 2]>,
    radius_mm: Option<f64>,
}

/// Reads what is there.
pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Draft, TruthError> {
    let mut draft = Draft::new(file);
    // The message of serde_json quotes what it found, and that may be anything: the place alone is told.
    let wrong = |e: &serde_json::Error| {
        let what = if e.is_data() { "What stands here does not belong here, or something is missing." } else { "This is not JSON." };
        TruthError::Findings(vec![format!("{file}, line {}: {what} See the documentation of truth files.", e.line().max(1))])
    };
    let Form { tiresias_truth } = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
    if tiresias_truth > u64::from(TRUTH_FORMAT) {
        return Err(TruthError::Newer { file: file.to_owned(), found: tiresias_truth });
    }
    let File { version, source, by, date, cases, .. } = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
    if tiresias_truth != u64::from(TRUTH_FORMAT) {
        draft.find(1, format!("The version of the form is not {TRUTH_FORMAT}."));
    }
    let lines = Lines::of(bytes);
    let line_of = |text: &str| lines.at(place_in(bytes, text));
    let version = version.map(|v| v.to_string());
    for (name, value) in [("version", version), ("source", source), ("by", by), ("date", date)] {
        if let Some(value) = value {
            draft.provenance(1, name, &value);
        }
    }
    for Case { case, package, truth, units, lesions, ignore } in cases {
        let line = line_of(case);
        let signal = match truth {
            None => None,
            Some(0) => Some(false),
            Some(1) => Some(true),
            Some(_) => {
                draft.find(line, "The truth of this case is not 0 or 1.");
                continue;
            }
        };
        draft.own_row(line, case, package, signal);
        for UnitOfFile { unit, truth } in units {
            match truth {
                0 | 1 => draft.unit(line_of(unit), case, unit, truth == 1),
                _ => draft.find(line_of(unit), "The truth of this unit is not 0 or 1."),
            }
        }
        for l in lesions {
            let place = place(l.at_mm, l.image, l.frame, l.pixel, l.spacing_mm, l.radius_mm);
            draft.lesion(line_of(l.lesion), case, l.lesion, place, l.weight);
        }
        for r in ignore {
            let place = place(r.at_mm, r.image, r.frame, r.pixel, r.spacing_mm, r.radius_mm);
            draft.ignored(line_of(r.region), case, r.region, place);
        }
    }
    Ok(draft)
}

fn place(
    at_mm: Option<[f64; 3]>,
    image: Option<String>,
    frame: Option<u32>,
    pixel: Option<[f64; 2]>,
    spacing_mm: Option<[f64; 2]>,
    radius_mm: Option<f64>,
) -> PlaceDraft {
    PlaceDraft {
        at_mm: at_mm.map_or([None; 3], |p| p.map(Some)),
        image,
        frame: frame.map(f64::from),
        pixel: pixel.map_or([None; 2], |p| p.map(Some)),
        spacing_mm: spacing_mm.map_or([None; 2], |p| p.map(Some)),
        radius_mm,
    }
}

/// Where a text stands that was borrowed from the bytes.
fn place_in(bytes: &[u8], text: &str) -> usize {
    (text.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize)
}
