//! Joins locked reads with truth: what was to be read by the bundles, what was read by the reads table, what is there by the truth.
//!
//! Owns which read fills which cell: the first read of a case in a condition, in its last version; repeats are listed apart. Joined is by package. Every
//! case of the study has truth and every case of the truth is in the study, or nothing is scored. Marks are held against lesions by the protocol's rule,
//! or by another that the table then says was chosen; distances to masks and overlaps come from outside, by read, mark and lesion. The same inputs give the
//! same table. Refuses: to take a mark as false where nobody knows how far it is from a lesion.

use super::table::{
    Cell, HowScored, Repeat, Score, ScoredCase, ScoredLesion, ScoredMark, ScoredParadigm, ScoredTable, ScoredUnit, UnitRating,
};
use crate::bundle::Bundle;
use crate::machine::{Mark, Subject};
use crate::matching::{Acceptance, Candidate, MarkFate, Measured, fates};
use crate::protocol::{NotEvaluableCounts, Paradigm, Protocol};
use crate::table::{ReadRow, ReadsTable};
use crate::truth::{CaseTruth, Lesion, Place, Region, Truth};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{Condition, ContentHash, MarkId, Mm, ReaderId};

/// What is scored.
#[derive(Debug, Clone, Copy)]
pub struct Reads<'a> {
    /// The study's protocol.
    pub protocol: &'a Protocol,
    /// What every reader was to read.
    pub bundles: &'a BTreeMap<ReaderId, Bundle>,
    /// What was locked.
    pub table: &'a ReadsTable,
    /// Packages of cases that take no further part: their truth is passed over.
    pub withdrawn: &'a BTreeSet<ContentHash>,
}

/// How marks are held against lesions, where that is not as the protocol says, and what only pixels can tell.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    /// When a mark is on a lesion; `None` is as the protocol says.
    pub acceptance: Option<Acceptance>,
    /// Distances to masks and overlaps with them.
    pub masks: MaskMeasures,
}

/// What is known of marks and masks: by the results file (none on the workstation itself) and its row that locked the read, the mark, and the name of the lesion
/// or region.
pub type MaskMeasures = BTreeMap<(Option<ContentHash>, u64, MarkId, String), MaskMeasure>;

/// What is known of a mark and a mask.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaskMeasure {
    /// From the mark's centre to the mask, 0 inside.
    pub distance: Option<Mm>,
    /// Jaccard index of the mark's area and the mask, 0 to 1.
    pub overlap: Option<f64>,
}

/// Why reads and truth do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScoringError {
    /// Nothing to score.
    #[error("No read of this study is locked yet, so there is nothing to score.")]
    NothingLocked,
    /// What does not fit, each a sentence with the truth's file, and its line where it has one.
    #[error("{}", crate::shown::first_of(.0))]
    Findings(Vec<String>),
    /// Nobody said when a mark is on a lesion.
    #[error(
        "The protocol does not say when a mark is on a lesion. Write `acceptance_radius_mm` under `[analysis]`, or choose a radius for this once."
    )]
    NoAcceptance,
    /// Something is not known of a mark.
    #[error("Mark {mark} of {read} (record row {seq}) cannot be held against \"{name}\" of case \"{case}\": {why}.")]
    Unknown {
        /// The read by its reader and condition, in words.
        read: String,
        /// The row of the reader's record that locked it.
        seq: u64,
        /// The mark.
        mark: u32,
        /// The lesion or region.
        name: String,
        /// The case.
        case: String,
        /// What is not known, and what to do.
        why: &'static str,
    },
    /// A locked read that says less than the protocol asks.
    #[error(
        "Row {seq} of the record of reader \"{reader}\" locks a read in \"{condition}\" without the rating that the protocol asks for. Verify the record."
    )]
    NoRating {
        /// Whose read it is.
        reader: ReaderId,
        /// The condition, as analyses know it.
        condition: Condition,
        /// The row of the reader's record that locked it.
        seq: u64,
    },
}

/// Scores a study.
///
/// # Errors
/// When nothing is locked, truth and study do not have the same cases and units, or marks cannot be held against lesions.
pub fn score(reads: Reads<'_>, truth: &Truth, holding: &Holding) -> Result<ScoredTable, ScoringError> {
    let Reads { protocol, bundles, table, withdrawn } = reads;
    if table.rows.is_empty() {
        return Err(ScoringError::NothingLocked);
    }
    let conditions: Vec<Condition> = protocol.conditions().iter().flat_map(|c| c.ai.before().into_iter().chain([&c.id])).cloned().collect();
    let planned = planned(protocol, bundles, table);
    let packages: BTreeSet<ContentHash> = planned.iter().map(|(_, _, package)| *package).collect();
    let truths = joined(protocol, truth, &packages, (bundles, withdrawn))?;
    let readers: BTreeSet<&ReaderId> = bundles.keys().chain(table.rows.iter().map(|r| &r.read.read().reader)).collect();
    let readers: Vec<ReaderId> = readers.into_iter().cloned().collect();
    let acceptance = acceptance(protocol, &truths, holding)?;

    let scorer = Scorer { protocol, acceptance, masks: &holding.masks };
    let mut firsts: BTreeMap<(&Condition, &ReaderId, ContentHash), Cell> = BTreeMap::new();
    let mut repeats = Vec::new();
    for row in &table.rows {
        let of = row.read.read();
        let package = row.read.package();
        let Some(case) = truths.iter().position(|t| t.package == Some(package)) else { continue };
        let cell = scorer.cell(row, truths[case])?;
        if of.repeat == 1 {
            firsts.insert((&row.condition, &of.reader, package), cell);
        } else if let (Some(condition), Ok(reader)) =
            (conditions.iter().position(|c| *c == row.condition), readers.binary_search(&of.reader))
        {
            repeats.push(Repeat { condition, reader, case, repeat: of.repeat, cell });
        }
    }
    let mut cells = Vec::with_capacity(conditions.len() * readers.len() * truths.len());
    for condition in &conditions {
        for reader in &readers {
            for package in truths.iter().filter_map(|t| t.package) {
                let missing = if planned.contains(&(condition, reader, package)) { Cell::Missing } else { Cell::NotPlanned };
                cells.push(firsts.remove(&(condition, reader, package)).unwrap_or(missing));
            }
        }
    }
    let periods = periods(reads, &conditions, &readers, &truths);
    let cases = truths.iter().map(|t| scored_case(protocol, t)).collect();
    let how = how(reads, truth, holding, acceptance);
    Ok(ScoredTable { paradigm: paradigm(protocol), conditions, readers, cases, cells, periods, repeats, how })
}

/// In which of the reader's reads of the case each cell was to be read. Where a read goes on from what was locked before its AI, there are no periods.
fn periods(reads: Reads<'_>, conditions: &[Condition], readers: &[ReaderId], truths: &[&CaseTruth]) -> Vec<Option<u32>> {
    let mut order: BTreeMap<(&ReaderId, ContentHash), Vec<&Condition>> = BTreeMap::new();
    if reads.protocol.conditions().iter().all(|c| c.ai.before().is_none()) {
        for (reader, bundle) in reads.bundles {
            for read in bundle.reads().iter().filter(|r| r.training.is_none() && r.repeat == 1) {
                order.entry((reader, read.package)).or_default().push(&read.condition);
            }
        }
    }
    let period = |condition: &Condition, reader, truth: &CaseTruth| {
        let of = order.get(&(reader, truth.package?)).filter(|of| of.len() > 1)?;
        of.iter().position(|c| *c == condition).and_then(|at| u32::try_from(at + 1).ok())
    };
    let of_reader = |condition| readers.iter().flat_map(move |reader| truths.iter().map(move |truth| (condition, reader, *truth)));
    conditions.iter().flat_map(of_reader).map(|(condition, reader, truth)| period(condition, reader, truth)).collect()
}

/// What was to be read for a cell: first reads of the study proper, under each name that analyses know the condition by.
fn planned<'a>(
    protocol: &'a Protocol,
    bundles: &'a BTreeMap<ReaderId, Bundle>,
    table: &'a ReadsTable,
) -> BTreeSet<(&'a Condition, &'a ReaderId, ContentHash)> {
    let mut planned = BTreeSet::new();
    for (reader, bundle) in bundles {
        for read in bundle.reads().iter().filter(|r| r.training.is_none() && r.repeat == 1) {
            let before = protocol.condition(&read.condition).and_then(|c| c.ai.before());
            planned.extend([Some(&read.condition), before].into_iter().flatten().map(|c| (c, reader, read.package)));
        }
    }
    // A read that was made was to be made, wherever its bundle is.
    let made = table.rows.iter().filter(|r| r.read.read().repeat == 1);
    planned.extend(made.map(|r| (&r.condition, &r.read.read().reader, r.read.package())));
    planned
}

/// The truth about each case of the study, sorted by the desk's names.
fn joined<'a>(
    protocol: &Protocol,
    truth: &'a Truth,
    packages: &BTreeSet<ContentHash>,
    (bundles, withdrawn): (&BTreeMap<ReaderId, Bundle>, &BTreeSet<ContentHash>),
) -> Result<Vec<&'a CaseTruth>, ScoringError> {
    let file = truth.file();
    let mut findings = Vec::new();
    // Cases of the training are in the desk's list and may be in the truth; they are scored by the training.
    let training: BTreeSet<ContentHash> =
        bundles.values().flat_map(Bundle::reads).filter(|r| r.training.is_some()).map(|r| r.package).collect();
    let mut found = Vec::new();
    for case in truth.cases() {
        let name = &case.case;
        let mut find = |sentence: String| findings.push(format!("{file}, line {}: {sentence}", case.line));
        match case.package {
            None => {
                find(format!("Nothing says which package is the case \"{name}\". Add the column `package`, or name the desk's folder."));
            }
            Some(package) if packages.contains(&package) => {
                units_fit(protocol, case, &mut find);
                found.push(case);
            }
            Some(package) if training.contains(&package) || withdrawn.contains(&package) => {}
            Some(_) => find(format!("The case \"{name}\" is in no bundle of this study. Name the truth of this study.")),
        }
    }
    for package in packages.iter().filter(|p| truth.of_package(p).is_none()) {
        let short = package.to_string();
        findings
            .push(format!("{file}: It has no row for the case in `packages/{}`, which is read in this study. Add the row.", &short[..16]));
    }
    let has_lesions = found.iter().any(|c| !c.lesions.is_empty());
    if protocol.marks().is_some() && has_lesions {
        for case in found.iter().filter(|c| c.signal && c.lesions.is_empty()) {
            findings.push(format!(
                "{file}, line {}: The case \"{}\" has the signal and no lesion, while others have: say where it was to be found.",
                case.line, case.case
            ));
        }
    }
    found.sort_by(|a, b| a.case.cmp(&b.case));
    if findings.is_empty() { Ok(found) } else { Err(ScoringError::Findings(findings)) }
}

fn units_fit(protocol: &Protocol, case: &CaseTruth, find: &mut impl FnMut(String)) {
    let units = protocol.form().units();
    let name = &case.case;
    for key in case.units.keys().filter(|key| !units.iter().any(|u| u.key == **key)) {
        find(format!("The case \"{name}\" has the unit \"{key}\", which the form of this study does not have."));
    }
    // Without the signal anywhere, every unit is without it.
    if case.signal {
        for unit in units.iter().filter(|u| !case.units.contains_key(&u.key)) {
            find(format!("The case \"{name}\" has the signal, and nothing says whether its unit \"{}\" has. Add the row.", unit.key));
        }
    }
}

/// The rule for marks; `None` where the study has none, or the truth of its cases has no lesion to hold them against.
fn acceptance(protocol: &Protocol, truths: &[&CaseTruth], holding: &Holding) -> Result<Option<Acceptance>, ScoringError> {
    if protocol.marks().is_none() || truths.iter().all(|c| c.lesions.is_empty()) {
        return Ok(None);
    }
    let own = protocol.analysis().and_then(|a| a.acceptance);
    holding.acceptance.or(own).map(Some).ok_or(ScoringError::NoAcceptance)
}

fn how(reads: Reads<'_>, truth: &Truth, holding: &Holding, acceptance: Option<Acceptance>) -> HowScored {
    let analysis = reads.protocol.analysis();
    HowScored {
        study: reads.protocol.study().to_owned(),
        protocol: reads.protocol.hash(),
        record_head: reads.table.head.head,
        records: reads.table.head.seq,
        truth: truth.hash(),
        truth_version: truth.provenance().version,
        truth_source: truth.provenance().source.clone(),
        acceptance,
        by_protocol: holding.acceptance.is_none() || holding.acceptance == analysis.and_then(|a| a.acceptance),
        rating_question: reads.protocol.form().rating().map(ToString::to_string),
        not_evaluable: analysis.map_or(NotEvaluableCounts::Omit, |a| a.not_evaluable),
        amended: "the last version counts",
        repeated: "the first read counts",
    }
}

fn paradigm(protocol: &Protocol) -> ScoredParadigm {
    let form = protocol.form();
    let of_form =
        form.rating().and_then(|id| form.question(id)).and_then(|q| q.kind.range()).map(|(min, max)| (i64::from(min), i64::from(max)));
    let of_marks = protocol.marks().map(|m| (i64::from(m.rating.min()) - 1, i64::from(m.rating.max())));
    let (min, max) = of_form.or(of_marks).unwrap_or_default();
    let scale = [min, max].map(|end| end * 1000);
    match protocol.paradigm() {
        Paradigm::Roc | Paradigm::Binary | Paradigm::Ordinal => ScoredParadigm::Ratings { scale },
        Paradigm::Lroc(_) => ScoredParadigm::Located { scale },
        Paradigm::Froc(_) => ScoredParadigm::Marks { scale },
    }
}

fn scored_case(protocol: &Protocol, truth: &CaseTruth) -> ScoredCase {
    let keys: Vec<String> = protocol.form().units().iter().map(|u| u.key.clone()).collect();
    let unit = |key: &String| ScoredUnit { key: Some(key.clone()), signal: truth.units.get(key).copied().unwrap_or(false) };
    let units = if keys.is_empty() { vec![ScoredUnit { key: None, signal: truth.signal }] } else { keys.iter().map(unit).collect() };
    let lesions = if protocol.marks().is_some() { truth.lesions.as_slice() } else { &[] };
    ScoredCase {
        case: truth.case.clone(),
        // Only joined cases come here.
        package: truth.package.unwrap_or(ContentHash([0; 32])),
        signal: truth.signal,
        units,
        lesions: lesions.iter().map(|l| ScoredLesion { name: l.name.clone(), weight: l.weight }).collect(),
    }
}

struct Scorer<'a> {
    protocol: &'a Protocol,
    acceptance: Option<Acceptance>,
    masks: &'a MaskMeasures,
}

/// A mark that is being held against the truth, for what is said about it.
struct Held<'a> {
    row: &'a ReadRow,
    id: MarkId,
    mark: &'a Mark,
    case: &'a CaseTruth,
}

impl Scorer<'_> {
    fn cell(&self, row: &ReadRow, truth: &CaseTruth) -> Result<Cell, ScoringError> {
        let (read, seq) = (&row.read, row.seq);
        if let Some(reason) = read.not_evaluable().get(&Subject::Case) {
            return Ok(Cell::NotEvaluable { seq, reason: reason.clone() });
        }
        let form = self.protocol.form();
        let marks = match self.acceptance {
            Some(acceptance) => self.marks(acceptance, row, truth)?,
            None => Vec::new(),
        };
        let ratings = if form.units().is_empty() {
            vec![UnitRating::Rated(self.rating(row, truth, &marks)?)]
        } else {
            let counted = form.counted(read.answers());
            let of = |key: &String| {
                let unit = Subject::Unit(key.clone());
                if let Some(reason) = read.not_evaluable().get(&unit) {
                    return Ok(UnitRating::NotEvaluable(reason.clone()));
                }
                let rated = form.rating().and_then(|id| form.thousandths(id, counted.get(id, &unit)?));
                rated.map(UnitRating::Rated).ok_or_else(|| no_rating(row))
            };
            form.units().iter().map(|u| of(&u.key)).collect::<Result<_, _>>()?
        };
        Ok(Cell::Read(Score { seq, ratings, marks, reading_ms: read.reading_ms() }))
    }

    /// The rating of a case. Where marks alone are rated, those that count as nothing rate no case either, as in FROC so in LROC: the one place of LROC is the
    /// most suspicious one (Swensson, Med Phys 1996;23:1709), so that of every other nothing is known but that it is no more suspicious. The least is taken, as
    /// for a case without a mark. A rating that was given to the case itself stays: it is of no place.
    fn rating(&self, row: &ReadRow, case: &CaseTruth, held: &[ScoredMark]) -> Result<i64, ScoringError> {
        let is_of_marks = self.protocol.marks().is_some() && self.protocol.form().rating().is_none();
        if !is_of_marks || case.ignored.is_empty() {
            return row.rating.ok_or_else(|| no_rating(row));
        }
        let mut counted = Vec::new();
        for (id, mark) in row.read.marks() {
            // What is on a lesion counts, although the lesion lies in such a region; where no case has a lesion, nothing was held against any.
            let is_ignored = match held.iter().find(|m| m.mark == *id) {
                Some(held) => held.fate == MarkFate::Ignored,
                None => self.is_ignored(&Held { row, id: *id, mark, case })?,
            };
            if !is_ignored {
                counted.push((*id, mark.rating));
            }
        }
        self.protocol.case_rating(row.read.answers(), &counted).ok_or_else(|| no_rating(row))
    }

    fn marks(&self, acceptance: Acceptance, row: &ReadRow, case: &CaseTruth) -> Result<Vec<ScoredMark>, ScoringError> {
        let mut rated = Vec::new();
        for (id, mark) in row.read.marks() {
            let rating = mark.rating.ok_or_else(|| no_rating(row))?;
            rated.push((Held { row, id: *id, mark, case }, rating));
        }
        let mut candidates = Vec::new();
        let mut ignored = Vec::new();
        for (at, (held, _)) in rated.iter().enumerate() {
            for (lesion, of) in case.lesions.iter().enumerate() {
                let measured = self.measured(held, of, acceptance)?;
                candidates.extend(acceptance.cost(&measured).map(|cost| Candidate { mark: at, lesion, cost }));
            }
            ignored.push(self.is_ignored(held)?);
        }
        let ratings: Vec<i32> = rated.iter().map(|(_, rating)| *rating).collect();
        let fates = fates(&ratings, &ignored, case.lesions.len(), &candidates);
        Ok(rated.into_iter().zip(fates).map(|((held, rating), fate)| ScoredMark { mark: held.id, rating, fate }).collect())
    }

    /// What a rule needs to know of a mark and a lesion.
    fn measured(&self, held: &Held<'_>, lesion: &Lesion, acceptance: Acceptance) -> Result<Measured, ScoringError> {
        let unknown = |why| Err(held.unknown(&lesion.name, why));
        let mask = self.mask(held, &lesion.name);
        let centre = held.distance(lesion.place.as_ref(), &lesion.name)?;
        let measured = Measured { centre, mask: mask.distance, overlap: mask.overlap, lesion_radius: lesion.radius };
        let needs_centre = matches!(acceptance, Acceptance::Radius(_) | Acceptance::RadiusOrMask { .. });
        if needs_centre && lesion.place.is_none() {
            return unknown("the truth does not say where its centre is");
        }
        if let Acceptance::Radius(radius) | Acceptance::RadiusOrMask { radius, .. } = acceptance
            && radius.of(lesion.radius).is_none()
        {
            return unknown("the truth does not say how large it is, and the acceptance radius goes by that");
        }
        let needs_mask = matches!(acceptance, Acceptance::Mask { .. } | Acceptance::RadiusOrMask { .. });
        if needs_mask && mask.distance.is_none() {
            return unknown("how far it is from the lesion's mask was not measured; choose a radius, or give the masks");
        }
        if matches!(acceptance, Acceptance::Overlap { .. }) && mask.overlap.is_none() {
            return unknown("how far it overlaps the lesion's mask was not measured; choose a radius, or give the masks");
        }
        Ok(measured)
    }
    fn mask(&self, held: &Held<'_>, name: &str) -> MaskMeasure {
        self.masks.get(&(held.row.file, held.row.seq, held.id, name.to_owned())).copied().unwrap_or_default()
    }
    fn is_ignored(&self, held: &Held<'_>) -> Result<bool, ScoringError> {
        let mut is_ignored = false;
        for region in &held.case.ignored {
            is_ignored |= self.is_in(held, region)?;
        }
        Ok(is_ignored)
    }
    fn is_in(&self, held: &Held<'_>, region: &Region) -> Result<bool, ScoringError> {
        let inside_mask = self.mask(held, &region.name).distance.map(|d| d.0 <= 0.0);
        if region.place.is_none() && inside_mask.is_none() {
            return Err(held.unknown(&region.name, "the truth does not say where it is, and how far it is from its mask was not measured"));
        }
        let distance = held.distance(region.place.as_ref(), &region.name)?;
        let inside = distance.zip(region.radius).is_some_and(|(d, r)| d.0 <= r.0);
        Ok(inside || inside_mask == Some(true))
    }
}

fn no_rating(row: &ReadRow) -> ScoringError {
    ScoringError::NoRating { reader: row.read.read().reader.clone(), condition: row.condition.clone(), seq: row.seq }
}

impl Held<'_> {
    fn unknown(&self, name: &str, why: &'static str) -> ScoringError {
        ScoringError::Unknown {
            read: format!("reader \"{}\" in \"{}\"", self.row.read.read().reader, self.row.condition),
            seq: self.row.seq,
            mark: self.id.0,
            name: name.to_owned(),
            case: self.case.case.to_string(),
            why,
        }
    }
    /// From the mark to a place; `None` for another image, or where there is no place.
    fn distance(&self, place: Option<&Place>, name: &str) -> Result<Option<Mm>, ScoringError> {
        match place {
            None => Ok(None),
            Some(Place::Patient(_)) if self.mark.shape.centre().is_none() => {
                Err(self.unknown(name, "its image has no place in a patient, and the truth gives the place in one"))
            }
            Some(place) => Ok(place.distance(&self.mark.shape, &self.mark.anchor)),
        }
    }
}
