//! The scored table: every cell of a study's design with its truth, one score a cell, and how marks were held against lesions.
//!
//! Owns the types, and [`ScoredTable::dataset`], which makes of them what analyses and other programs take: what counts as a score is decided there, by the
//! protocol's rules, and nowhere else. Ratings are in thousandths, as they were given. Refuses: to guess. A read that is missing and a case that was not
//! evaluable stay what they are until a rule says what they count as.

use super::dataset::{DataCase, DataLesion, Dataset, DatasetError, LocatedRating, RatedMark, Scores};
use crate::matching::{Acceptance, MarkFate};
use crate::protocol::NotEvaluableCounts;
use serde::Serialize;
use tiresias_words::{CaseId, Condition, ContentHash, MarkId, ReaderId};

/// A study's design with everything that is known of each cell.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredTable {
    /// Which marks and ratings there are.
    pub paradigm: ScoredParadigm,
    /// The conditions as analyses know them, in the order of the protocol, what was locked before the AI of one in front of it.
    pub conditions: Vec<Condition>,
    /// Everyone who was to read, sorted.
    pub readers: Vec<ReaderId>,
    /// The cases with their truth, sorted by the desk's name.
    pub cases: Vec<ScoredCase>,
    /// The cell of condition c, reader r and case k stands at `(c * readers + r) * cases + k`.
    pub cells: Vec<Cell>,
    /// In which of its reader's reads of the case a cell was to be read, from 1 in the frozen order; `None` where the case was to be read once, or reads contain each
    /// other.
    pub periods: Vec<Option<u32>>,
    /// Hidden repeats, which are in no cell: they are for the agreement of readers with themselves.
    pub repeats: Vec<Repeat>,
    /// How it was made.
    pub how: HowScored,
}

/// What a read of the study has. Ratings and ends of scales in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoredParadigm {
    /// One rating a case, or a unit of it; of binary reads two values, of ordinal ones several.
    Ratings {
        /// The lowest and the highest rating.
        scale: [i64; 2],
    },
    /// One located mark a case with its rating; the rating of the case is its own.
    Located {
        /// The lowest and the highest rating of the case.
        scale: [i64; 2],
    },
    /// Any number of marks, and a rating of the case: from the form, or the highest of a mark.
    Marks {
        /// The lowest and the highest rating of the case; without a mark one step below the lowest where marks alone are rated.
        scale: [i64; 2],
    },
}

/// A case and its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredCase {
    /// The desk's name for it.
    pub case: CaseId,
    /// Its package.
    pub package: ContentHash,
    /// Whether the signal is anywhere in it.
    pub signal: bool,
    /// What is rated by itself, in the order of the form; one unit without a key where the case is.
    pub units: Vec<ScoredUnit>,
    /// The lesions that were to be found, in the order of the truth.
    pub lesions: Vec<ScoredLesion>,
}

/// What is rated by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredUnit {
    /// The form's key of it; `None` is the case as a whole.
    pub key: Option<String>,
    /// Whether the signal is in it.
    pub signal: bool,
}

/// A lesion of the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredLesion {
    /// Its name within the case.
    pub name: String,
    /// Its weight; those of a case add up to 1, or are all 0, which weighs them alike.
    pub weight: f64,
}

/// One reader, one case, one condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Not in the design: this reader was not to read it.
    NotPlanned,
    /// To be read, and not locked.
    Missing,
    /// The case as a whole was said to be not evaluable.
    NotEvaluable {
        /// Number of the record row that locked it.
        seq: u64,
        /// The key of the reason.
        reason: String,
    },
    /// Read and locked.
    Read(Score),
}

/// What one locked read says, in the version that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Number of the record row that locked it.
    pub seq: u64,
    /// One for each unit of the case.
    pub ratings: Vec<UnitRating>,
    /// All marks by number, those that count for nothing too.
    pub marks: Vec<ScoredMark>,
    /// Time with the images in sight, milliseconds.
    pub reading_ms: u64,
}

/// The rating of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitRating {
    /// In thousandths. Higher is more suspicious.
    Rated(i64),
    /// It was said to be not evaluable, for the reason of this key.
    NotEvaluable(String),
}

/// A mark and what it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredMark {
    /// Its number within the read.
    pub mark: MarkId,
    /// On the protocol's scale for marks.
    pub rating: i32,
    /// What it counts as; lesions by their place in [`ScoredCase::lesions`].
    pub fate: MarkFate,
}

/// A hidden repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    /// The place of its condition.
    pub condition: usize,
    /// The place of its reader.
    pub reader: usize,
    /// The place of its case.
    pub case: usize,
    /// 2 for the second read of the case.
    pub repeat: u32,
    /// What it says.
    pub cell: Cell,
}

/// What made the table: the same record, truth and rules give the same table. Written into every export and report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HowScored {
    /// The study.
    pub study: String,
    /// The hash of its protocol.
    pub protocol: ContentHash,
    /// The head of its record.
    pub record_head: ContentHash,
    /// How many rows the record had.
    pub records: u64,
    /// SHA-256 of the truth file's bytes.
    pub truth: ContentHash,
    /// The version that the truth says it has.
    pub truth_version: u32,
    /// Where the truth says it comes from; empty where it does not.
    pub truth_source: String,
    /// When a mark is on a lesion; `None` where there are no marks, or no lesions to hold them against.
    pub acceptance: Option<Acceptance>,
    /// Whether that is what the protocol says, or another choice: then everything made from it is a re-scoring.
    pub by_protocol: bool,
    /// Which rating question makes the rating of a case; `None` where it is the highest rating of a mark that is in no region to ignore.
    pub rating_question: Option<String>,
    /// What a case counts as that was not evaluable.
    pub not_evaluable: NotEvaluableCounts,
    /// Which version of an amended read counts.
    pub amended: &'static str,
    /// Which of repeated reads counts.
    pub repeated: &'static str,
}

/// Which scores a dataset is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The ratings of cases or of their units.
    Ratings,
    /// The one located rating of each case.
    Located,
    /// The marks.
    Marks,
}

/// Why a table does not make a dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Other reads.
    #[error("The reads of this study have no {0}: choose a figure or a format of their paradigm.")]
    NotThere(&'static str),
    /// A rule that marks do not have.
    #[error(
        "The protocol counts a case that is not evaluable as the highest rating, and that says nothing about marks: choose a figure of ratings, or let such cases count as nothing."
    )]
    Highest,
    /// Marks that were not held against anything.
    #[error(
        "The truth has no lesions, so that nobody knows which marks are right: add them to the truth, or choose a figure or a format of ratings."
    )]
    NoLesions,
    /// The numbers contradict each other.
    #[error("{0}")]
    Dataset(#[from] DatasetError),
}

impl ScoredTable {
    /// The cell of a condition, reader and case by their places.
    #[must_use]
    pub fn cell(&self, condition: usize, reader: usize, case: usize) -> Option<&Cell> {
        let (readers, cases) = (self.readers.len(), self.cases.len());
        let inside = condition < self.conditions.len() && reader < readers && case < cases;
        inside.then(|| self.cells.get((condition * readers + reader) * cases + case)).flatten()
    }
    /// Scores of a view that are not there because their read was to be made and is not locked: one for each unit where units are rated by themselves, so that a read
    /// can be several.
    #[must_use]
    pub fn missing(&self, view: View) -> usize {
        let missing = self.each().filter(|(cell, _)| **cell == Cell::Missing);
        missing.map(|(_, case)| if view == View::Ratings { case.units.len() } else { 1 }).sum()
    }
    /// Reads in which the case, or a unit of it, was said to be not evaluable.
    #[must_use]
    pub fn not_evaluable(&self) -> usize {
        let of_unit = |rating: &UnitRating| matches!(rating, UnitRating::NotEvaluable(_));
        let is_such = |cell: &Cell| match cell {
            Cell::NotEvaluable { .. } => true,
            Cell::Read(score) => score.ratings.iter().any(of_unit),
            Cell::NotPlanned | Cell::Missing => false,
        };
        self.cells.iter().filter(|cell| is_such(cell)).count()
    }
    /// Whether a mark lies on no lesion where marks count as nothing.
    pub(crate) fn has_ignored(&self) -> bool {
        let of_cell = |cell: &Cell| matches!(cell, Cell::Read(score) if score.marks.iter().any(|m| m.fate == MarkFate::Ignored));
        self.cells.iter().any(of_cell)
    }
    /// Whether every reader was to read every case under every condition, and all of it is locked.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.cells.iter().all(|c| matches!(c, Cell::Read(_) | Cell::NotEvaluable { .. }))
    }
    /// The view that holds everything a paradigm has.
    #[must_use]
    pub const fn widest(&self) -> View {
        match self.paradigm {
            ScoredParadigm::Ratings { .. } => View::Ratings,
            ScoredParadigm::Located { .. } => View::Located,
            ScoredParadigm::Marks { .. } => View::Marks,
        }
    }

    /// What analyses and other programs take. Missing reads have no score. `not_evaluable` says what a case or unit counts as that was not evaluable:
    /// nothing, or an end of the scale. Units are cases of their own, named `CASE.UNIT`, of one patient.
    ///
    /// # Errors
    /// When the paradigm has no such scores, the rule does not fit them, or marks and truth contradict each other.
    pub fn dataset(&self, view: View, not_evaluable: NotEvaluableCounts) -> Result<Dataset, ViewError> {
        let (cases, scores) = match view {
            View::Ratings => (self.units(), Scores::Roc(self.ratings(not_evaluable))),
            View::Located => (self.whole_cases(), Scores::Lroc(self.located(not_evaluable)?)),
            View::Marks => (self.whole_cases(), Scores::Froc(self.marks(not_evaluable)?)),
        };
        let modalities = self.conditions.iter().map(ToString::to_string).collect();
        let readers = self.readers.iter().map(ToString::to_string).collect();
        Ok(Dataset { modalities, readers, cases, scores }.checked()?)
    }

    fn units(&self) -> Vec<DataCase> {
        let of = |case: &ScoredCase, unit: &ScoredUnit| DataCase {
            name: unit.key.as_ref().map_or_else(|| case.case.to_string(), |key| format!("{}.{key}", case.case)),
            patient: unit.key.as_ref().map(|_| case.case.to_string()),
            diseased: unit.signal,
            lesions: Vec::new(),
        };
        self.cases.iter().flat_map(|case| case.units.iter().map(move |unit| of(case, unit))).collect()
    }
    fn whole_cases(&self) -> Vec<DataCase> {
        let lesion = |l: &ScoredLesion| DataLesion { name: l.name.clone(), weight: l.weight };
        let of = |c: &ScoredCase| DataCase {
            name: c.case.to_string(),
            patient: None,
            diseased: c.signal,
            lesions: c.lesions.iter().map(lesion).collect(),
        };
        self.cases.iter().map(of).collect()
    }
    const fn scale(&self) -> [i64; 2] {
        match self.paradigm {
            ScoredParadigm::Ratings { scale } | ScoredParadigm::Located { scale } | ScoredParadigm::Marks { scale } => scale,
        }
    }
    fn end(&self, counts: NotEvaluableCounts) -> Option<f64> {
        let [lowest, highest] = self.scale();
        match counts {
            NotEvaluableCounts::Omit => None,
            NotEvaluableCounts::Lowest => Some(number(lowest)),
            NotEvaluableCounts::Highest => Some(number(highest)),
        }
    }
    /// Each cell with its case.
    fn each(&self) -> impl Iterator<Item = (&Cell, &ScoredCase)> {
        self.cells.iter().zip(self.cases.iter().cycle())
    }

    fn held(&self) -> Result<(), ViewError> {
        self.how.acceptance.map(|_| ()).ok_or(ViewError::NoLesions)
    }

    fn ratings(&self, counts: NotEvaluableCounts) -> Vec<Option<f64>> {
        let end = self.end(counts);
        let of = |unit: usize, cell: &Cell| match cell {
            Cell::NotPlanned | Cell::Missing => None,
            Cell::NotEvaluable { .. } => end,
            Cell::Read(score) => match score.ratings.get(unit) {
                Some(UnitRating::Rated(rating)) => Some(number(*rating)),
                Some(UnitRating::NotEvaluable(_)) => end,
                None => None,
            },
        };
        self.each().flat_map(|(cell, case)| (0..case.units.len()).map(move |unit| of(unit, cell))).collect()
    }

    fn located(&self, counts: NotEvaluableCounts) -> Result<Vec<Option<LocatedRating>>, ViewError> {
        if !matches!(self.paradigm, ScoredParadigm::Located { .. }) {
            return Err(ViewError::NotThere("located rating"));
        }
        self.held()?;
        let nowhere = |rating| LocatedRating { rating, right: false };
        let of = |cell: &Cell| match cell {
            Cell::NotPlanned | Cell::Missing => None,
            Cell::NotEvaluable { .. } => self.end(counts).map(nowhere),
            Cell::Read(score) => match score.ratings.first() {
                Some(UnitRating::Rated(rating)) => {
                    let right = score.marks.iter().any(|m| matches!(m.fate, MarkFate::OnLesion(_)));
                    Some(LocatedRating { rating: number(*rating), right })
                }
                Some(UnitRating::NotEvaluable(_)) => self.end(counts).map(nowhere),
                None => None,
            },
        };
        Ok(self.cells.iter().map(of).collect())
    }

    fn marks(&self, counts: NotEvaluableCounts) -> Result<Vec<Option<Vec<RatedMark>>>, ViewError> {
        if !matches!(self.paradigm, ScoredParadigm::Marks { .. }) {
            return Err(ViewError::NotThere("marks of any number"));
        }
        self.held()?;
        let is_there = self.cells.iter().any(|c| matches!(c, Cell::NotEvaluable { .. }));
        if counts == NotEvaluableCounts::Highest && is_there {
            return Err(ViewError::Highest);
        }
        let mark = |m: &ScoredMark| match m.fate {
            MarkFate::OnLesion(lesion) => Some(RatedMark { lesion: Some(lesion), rating: f64::from(m.rating) }),
            MarkFate::False => Some(RatedMark { lesion: None, rating: f64::from(m.rating) }),
            MarkFate::Again(_) | MarkFate::Ignored => None,
        };
        let of = |cell: &Cell| match cell {
            Cell::NotPlanned | Cell::Missing => None,
            // The lowest that marks can say is that there is none.
            Cell::NotEvaluable { .. } => (counts == NotEvaluableCounts::Lowest).then(Vec::new),
            Cell::Read(score) => Some(score.marks.iter().filter_map(mark).collect()),
        };
        Ok(self.cells.iter().map(of).collect())
    }
}

/// A number of thousandths as a score.
fn number(thousandths: i64) -> f64 {
    thousandths as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;
    use crate::matching::Radius;
    use tiresias_words::Mm;

    fn how() -> HowScored {
        let any = hash::of_bytes(b"any");
        HowScored {
            study: "s".into(),
            protocol: any,
            record_head: any,
            records: 9,
            truth: any,
            truth_version: 1,
            truth_source: String::new(),
            acceptance: Some(Acceptance::Radius(Radius::Fixed(Mm(10.0)))),
            by_protocol: true,
            rating_question: None,
            not_evaluable: NotEvaluableCounts::Omit,
            amended: "the last version",
            repeated: "the first read",
        }
    }
    fn case(name: &str, units: &[(Option<&str>, bool)], lesions: usize) -> ScoredCase {
        let units: Vec<_> = units.iter().map(|(key, signal)| ScoredUnit { key: key.map(str::to_owned), signal: *signal }).collect();
        let lesions = (1..=lesions).map(|n| ScoredLesion { name: format!("L{n}"), weight: 0.0 }).collect();
        let signal = units.iter().any(|u| u.signal);
        ScoredCase { case: CaseId::new(name).unwrap(), package: hash::of_bytes(name.as_bytes()), signal, units, lesions }
    }
    fn read(ratings: &[Option<i64>], marks: &[(i32, MarkFate)]) -> Cell {
        let rating = |r: &Option<i64>| r.map_or_else(|| UnitRating::NotEvaluable("motion".into()), UnitRating::Rated);
        let mark = |(at, (rating, fate)): (u32, &(i32, MarkFate))| ScoredMark { mark: MarkId(at), rating: *rating, fate: *fate };
        let marks = (1..).zip(marks).map(mark).collect();
        Cell::Read(Score { seq: 1, ratings: ratings.iter().map(rating).collect(), marks, reading_ms: 1000 })
    }
    fn table(paradigm: ScoredParadigm, cases: Vec<ScoredCase>, cells: Vec<Cell>) -> ScoredTable {
        let conditions = vec![Condition::new("unaided").unwrap()];
        let readers = vec![ReaderId::new("r1").unwrap()];
        let periods = vec![None; cells.len()];
        ScoredTable { paradigm, conditions, readers, cases, cells, periods, repeats: vec![], how: how() }
    }
    fn unevaluable() -> Cell {
        Cell::NotEvaluable { seq: 2, reason: "motion".into() }
    }

    #[test]
    fn units_are_cases_of_one_patient() {
        let sides = [(Some("left"), true), (Some("right"), false)];
        let table = table(
            ScoredParadigm::Ratings { scale: [0, 100_000] },
            vec![case("C1", &sides, 0), case("C2", &sides, 0), case("C3", &sides, 0)],
            vec![read(&[Some(7_500), None], &[]), Cell::Missing, unevaluable()],
        );
        let check = |counts, expected: [Option<f64>; 6]| {
            let data = table.dataset(View::Ratings, counts).unwrap();
            assert_eq!(data.scores, Scores::Roc(expected.to_vec()));
            assert_eq!((data.names(1), data.cases[1].patient.as_deref()), (["unaided", "r1", "C1.right"], Some("C1")));
            assert_eq!(data.cases.iter().map(|c| c.diseased).collect::<Vec<_>>(), [true, false].repeat(3));
        };
        check(NotEvaluableCounts::Omit, [Some(7.5), None, None, None, None, None]);
        check(NotEvaluableCounts::Lowest, [Some(7.5), Some(0.0), None, None, Some(0.0), Some(0.0)]);
        check(NotEvaluableCounts::Highest, [Some(7.5), Some(100.0), None, None, Some(100.0), Some(100.0)]);
        assert_eq!(table.dataset(View::Marks, NotEvaluableCounts::Omit), Err(ViewError::NotThere("marks of any number")));
        assert_eq!((table.missing(View::Ratings), table.is_complete(), table.widest()), (2, false, View::Ratings), "both sides of C2");
        assert_eq!(table.not_evaluable(), 2, "a unit of C1, and C3");
        assert_eq!((table.cell(0, 0, 1), table.cell(0, 1, 0)), (Some(&Cell::Missing), None));
    }

    #[test]
    fn marks_that_count_are_pairs() {
        let fates = [(4, MarkFate::OnLesion(1)), (3, MarkFate::Again(1)), (2, MarkFate::False), (5, MarkFate::Ignored)];
        let cases = vec![case("C1", &[(None, true)], 2), case("C2", &[(None, false)], 0), case("C3", &[(None, true)], 1)];
        let table = table(
            ScoredParadigm::Marks { scale: [0, 5_000] },
            cases,
            vec![read(&[Some(4_000)], &fates), read(&[Some(0)], &[]), unevaluable()],
        );
        let pairs = vec![RatedMark { lesion: Some(1), rating: 4.0 }, RatedMark { lesion: None, rating: 2.0 }];
        assert_eq!([View::Marks, View::Ratings].map(|view| table.missing(view)), [0, 0], "what is not evaluable was read");
        let of = |counts| table.dataset(View::Marks, counts).map(|d| d.scores);
        assert_eq!(of(NotEvaluableCounts::Omit), Ok(Scores::Froc(vec![Some(pairs.clone()), Some(vec![]), None])));
        assert_eq!(of(NotEvaluableCounts::Lowest), Ok(Scores::Froc(vec![Some(pairs), Some(vec![]), Some(vec![])])));
        assert_eq!(of(NotEvaluableCounts::Highest), Err(ViewError::Highest));
        let ratings = table.dataset(View::Ratings, NotEvaluableCounts::Highest).unwrap().scores;
        assert_eq!(ratings, Scores::Roc(vec![Some(4.0), Some(0.0), Some(5.0)]));
    }

    #[test]
    fn a_located_rating_is_right_where_its_mark_is_on_a_lesion() {
        let cases = vec![case("C1", &[(None, true)], 1), case("C2", &[(None, true)], 1), case("C3", &[(None, false)], 0)];
        let cells =
            vec![read(&[Some(60_000)], &[(60, MarkFate::OnLesion(0))]), read(&[Some(9_000)], &[(9, MarkFate::False)]), unevaluable()];
        let table = table(ScoredParadigm::Located { scale: [0, 100_000] }, cases, cells);
        let located = |rating, right| Some(LocatedRating { rating, right });
        let scores = table.dataset(View::Located, NotEvaluableCounts::Lowest).unwrap().scores;
        assert_eq!(scores, Scores::Lroc(vec![located(60.0, true), located(9.0, false), located(0.0, false)]));
    }
}
