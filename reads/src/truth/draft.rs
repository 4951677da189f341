//! A truth while it is read: what both forms of the file say, and everything that is wrong with it.

use super::{CaseTruth, Lesion, Place, Provenance, Region, TruthError};
use crate::shown::{is_line, shown};
use std::collections::BTreeMap;
use tiresias_words::{CaseId, ContentHash, Mm, PatientPoint, SopUid};

/// Further from a lesion's centre than this nothing belongs to it.
const FURTHEST: f64 = 500.0;
/// As much of a text as a finding repeats.
const MAX_SHOWN: usize = 64;
const MAX_SOURCE: usize = 1000;
const MAX_KEY: usize = 64;

/// What was read so far. A case may be met before its own row.
pub(super) struct Draft {
    file: String,
    provenance: Provenance,
    cases: Vec<Row>,
    places: BTreeMap<CaseId, usize>,
    packages: BTreeMap<ContentHash, u64>,
    findings: Vec<String>,
}

struct Row {
    truth: CaseTruth,
    /// The line of its own row, which says whether the signal is there.
    own: Option<u64>,
    signal: Option<bool>,
    weighted: usize,
}

/// Where something is, as written: any of it may be missing.
#[derive(Default)]
pub(super) struct PlaceDraft {
    pub(super) at_mm: [Option<f64>; 3],
    pub(super) image: Option<String>,
    pub(super) frame: Option<f64>,
    pub(super) pixel: [Option<f64>; 2],
    pub(super) spacing_mm: [Option<f64>; 2],
    pub(super) radius_mm: Option<f64>,
}

impl Draft {
    pub(super) fn new(file: &str) -> Self {
        let provenance = Provenance { version: 1, source: String::new(), by: String::new(), date: String::new() };
        Self {
            file: file.to_owned(),
            provenance,
            cases: Vec::new(),
            places: BTreeMap::new(),
            packages: BTreeMap::new(),
            findings: Vec::new(),
        }
    }
    /// Notes what is wrong on a line.
    pub(super) fn find(&mut self, line: u64, sentence: impl Into<String>) {
        self.findings.push(format!("{}, line {line}: {}", self.file, sentence.into()));
    }
    /// What the file says of itself; whether it is one of the things that it can say.
    pub(super) fn provenance(&mut self, line: u64, name: &str, text: &str) -> bool {
        let value = text.trim().to_owned();
        if name == "version" {
            match value.parse::<u32>().ok().filter(|v| *v > 0) {
                Some(version) => self.provenance.version = version,
                None => self.find(line, "The version of the truth is not a whole number from 1."),
            }
            return true;
        }
        let place = match name {
            "source" => &mut self.provenance.source,
            "by" => &mut self.provenance.by,
            "date" => &mut self.provenance.date,
            _ => return false,
        };
        if value.is_empty() || is_line(&value, MAX_SOURCE) {
            *place = value;
        } else {
            self.find(line, format!("`{name}` is not a text of up to {MAX_SOURCE} characters on one line."));
        }
        true
    }

    /// A case by its name; `None` where that is none.
    fn case(&mut self, line: u64, name: &str) -> Option<&mut Row> {
        let Ok(case) = CaseId::new(name) else {
            self.find(line, "The case is not 1 to 64 letters, digits, '_', '-' or '.'.");
            return None;
        };
        let next = self.cases.len();
        let at = *self.places.entry(case.clone()).or_insert(next);
        if at == next {
            let truth =
                CaseTruth { case, package: None, signal: false, units: BTreeMap::new(), lesions: Vec::new(), ignored: Vec::new(), line };
            self.cases.push(Row { truth, own: None, signal: None, weighted: 0 });
        }
        self.cases.get_mut(at)
    }

    /// The row of a case.
    pub(super) fn own_row(&mut self, line: u64, name: &str, package: Option<&str>, signal: Option<bool>) {
        let Some(row) = self.case(line, name) else { return };
        let case = row.truth.case.clone();
        if let Some(earlier) = row.own.replace(line) {
            return self.find(line, format!("The case \"{case}\" stands already on line {earlier}."));
        }
        (row.signal, row.truth.line) = (signal, line);
        let Some(package) = package else { return };
        let Ok(package) = package.parse::<ContentHash>() else {
            return self.find(line, format!("The package of case \"{case}\" is not 64 hexadecimal digits."));
        };
        if let Some(row) = self.case(line, name) {
            row.truth.package = Some(package);
        }
        if let Some(earlier) = self.packages.insert(package, line) {
            self.find(line, format!("The package of case \"{case}\" stands already on line {earlier}."));
        }
    }
    /// The truth about a unit of a case.
    pub(super) fn unit(&mut self, line: u64, name: &str, unit: &str, signal: bool) {
        let key = shown(unit, MAX_SHOWN);
        if !is_key(unit) {
            return self.find(line, format!("The unit \"{key}\" is not 1 to {MAX_KEY} letters, digits, '_', '-' or '.'."));
        }
        let Some(row) = self.case(line, name) else { return };
        let case = row.truth.case.clone();
        if row.truth.units.insert(unit.to_owned(), signal).is_some() {
            self.find(line, format!("The unit \"{key}\" of case \"{case}\" is there twice."));
        }
    }
    /// A lesion of a case.
    pub(super) fn lesion(&mut self, line: u64, name: &str, lesion: &str, place: PlaceDraft, weight: Option<f64>) {
        let Some((lesion, place, radius)) = self.named_place(line, "lesion", lesion, place) else { return };
        if weight.is_some_and(|w| !(w.is_finite() && w >= 0.0)) {
            return self.find(line, format!("The weight of lesion \"{lesion}\" is not a number of at least 0."));
        }
        let Some(row) = self.case(line, name) else { return };
        let case = row.truth.case.clone();
        if row.truth.lesions.iter().any(|l| l.name == lesion) {
            return self.find(line, format!("The lesion \"{lesion}\" of case \"{case}\" is there twice."));
        }
        row.weighted += usize::from(weight.is_some());
        row.truth.lesions.push(Lesion { name: lesion, place, radius, weight: weight.unwrap_or(0.0), line });
    }
    /// A region of a case in which marks count as nothing.
    pub(super) fn ignored(&mut self, line: u64, name: &str, region: &str, place: PlaceDraft) {
        let Some((region, place, radius)) = self.named_place(line, "region", region, place) else { return };
        if place.is_some() && radius.is_none() {
            return self.find(line, format!("The region \"{region}\" has a centre and no radius. Say how far it reaches."));
        }
        let Some(row) = self.case(line, name) else { return };
        let case = row.truth.case.clone();
        if row.truth.ignored.iter().any(|r| r.name == region) {
            return self.find(line, format!("The region \"{region}\" of case \"{case}\" is there twice."));
        }
        row.truth.ignored.push(Region { name: region, place, radius, line });
    }

    fn named_place(&mut self, line: u64, what: &str, name: &str, draft: PlaceDraft) -> Option<(String, Option<Place>, Option<Mm>)> {
        let said = shown(name, MAX_SHOWN);
        if !is_key(name) {
            self.find(line, format!("The {what} \"{said}\" is not named by 1 to {MAX_KEY} letters, digits, '_', '-' or '.'."));
            return None;
        }
        let radius = draft.radius_mm;
        if radius.is_some_and(|r| !(r > 0.0 && r <= FURTHEST)) {
            self.find(line, format!("The radius of {what} \"{said}\" is not a distance above 0 and up to {FURTHEST} mm."));
            return None;
        }
        match place_of(draft) {
            Ok(place) => Some((name.to_owned(), place, radius.map(Mm))),
            Err(why) => {
                self.find(line, format!("The place of {what} \"{said}\" {why}."));
                None
            }
        }
    }

    /// Everything, where nothing is wrong.
    pub(super) fn finish(mut self) -> Result<(Provenance, Vec<CaseTruth>), TruthError> {
        let mut cases = Vec::with_capacity(self.cases.len());
        for row in std::mem::take(&mut self.cases) {
            let Row { mut truth, own, signal, weighted } = row;
            let (case, line) = (truth.case.clone(), truth.line);
            let any_unit = (!truth.units.is_empty()).then(|| truth.units.values().any(|s| *s));
            match (own, signal.or(any_unit)) {
                (None, _) => self.find(line, format!("The case \"{case}\" has no row of its own, which says whether the signal is there.")),
                (Some(_), None) => self.find(line, format!("The truth of case \"{case}\" is not 0 or 1.")),
                (Some(_), Some(is_there)) => truth.signal = is_there,
            }
            if own.is_some() && signal.is_some() && any_unit.is_some_and(|any| Some(any) != signal) {
                self.find(
                    line,
                    format!("The case \"{case}\" and its units contradict each other: the signal is in one of them, or in none."),
                );
            }
            if let Some(lesion) = truth.lesions.first().filter(|_| own.is_some() && !truth.signal) {
                self.find(lesion.line, format!("The case \"{case}\" is without the signal and has the lesion \"{}\".", lesion.name));
            }
            let sum: f64 = truth.lesions.iter().map(|l| l.weight).sum();
            if weighted > 0 && weighted < truth.lesions.len() {
                self.find(line, format!("Some lesions of case \"{case}\" have a weight and some have none. Weigh all of them or none."));
            } else if weighted > 0 && sum > 0.0 && (sum - 1.0).abs() > 0.01 {
                self.find(line, format!("The weights of the lesions of case \"{case}\" add up to {sum}, and not to 1."));
            }
            cases.push(truth);
        }
        if cases.is_empty() && self.findings.is_empty() {
            self.find(1, "There is no case in it.");
        }
        if self.findings.is_empty() { Ok((self.provenance, cases)) } else { Err(TruthError::Findings(self.findings)) }
    }
}

fn is_key(text: &str) -> bool {
    (1..=MAX_KEY).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

fn place_of(draft: PlaceDraft) -> Result<Option<Place>, &'static str> {
    let PlaceDraft { at_mm, image, frame, pixel, spacing_mm, .. } = draft;
    let on_image = image.is_some() || frame.is_some() || pixel.iter().chain(&spacing_mm).any(Option::is_some);
    match (at_mm, on_image) {
        ([None, None, None], false) => Ok(None),
        ([Some(x), Some(y), Some(z)], false) => {
            let point = PatientPoint::new(x, y, z);
            if point.is_finite() { Ok(Some(Place::Patient(point))) } else { Err("is not three finite numbers of millimetres") }
        }
        ([None, None, None], true) => {
            let (Some(image), [Some(column), Some(row)], [Some(across), Some(down)]) = (image, pixel, spacing_mm) else {
                return Err("on an image needs the image, column, row, and the distance of columns and of rows");
            };
            let image = SopUid::new(image).map_err(|_| "is on an image whose SOP instance UID is none")?;
            let frame = frame.unwrap_or(0.0);
            let fits = column.is_finite() && row.is_finite() && [across, down].iter().all(|s| *s > 0.0 && *s <= FURTHEST);
            if !fits || frame.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&frame) {
                return Err("on an image is not a finite column and row, a whole frame from 0, and distances above 0");
            }
            Ok(Some(Place::Image { image, frame: frame as u32, column, row, spacing: [Mm(across), Mm(down)] }))
        }
        (_, true) => Err("is given twice, in the patient and on an image"),
        (_, false) => Err("is not three finite numbers of millimetres"),
    }
}
