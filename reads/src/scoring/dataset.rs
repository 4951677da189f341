//! What programs of the field call a dataset: scores of modalities by readers by cases with their truth, under plain names.
//!
//! Owns the one shape that every file format is written from and read into ([`crate::formats`]), and that analyses start from. It knows no study: names are
//! any text, scores are any numbers. Order matters: that of the modalities decides the sign of a difference (the first minus the second). A score that is
//! not there is `None`, never a number that stands for one. Refuses ([`Dataset::checked`]): scores that do not fill the table, names twice, numbers that
//! are not finite, marks on lesions that the truth does not have.

use crate::shown::shown;
use std::collections::BTreeSet;

/// Scores with their truth. Cells of all kinds stand in one order: the cell of modality m, reader r and case k at `(m * readers + r) * cases + k`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The modalities, which a study of ours calls conditions.
    pub modalities: Vec<String>,
    /// The readers.
    pub readers: Vec<String>,
    /// The cases, or the units inside them where those are scored by themselves.
    pub cases: Vec<DataCase>,
    /// A score or none for each cell.
    pub scores: Scores,
}

/// A case, or a unit of one, with its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct DataCase {
    /// Its name.
    pub name: String,
    /// Whose unit it is, where several of one patient are scored: they are left out together. `None` where the case is the patient.
    pub patient: Option<String>,
    /// Whether the signal is there.
    pub diseased: bool,
    /// The lesions, of which a free-response study has at least one in each diseased case. Empty where nobody had to find any.
    pub lesions: Vec<DataLesion>,
}

/// A lesion of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct DataLesion {
    /// Its name within the case.
    pub name: String,
    /// Its weight in weighted figures. Those of a case add up to 1, or are all 0, which weighs them alike.
    pub weight: f64,
}

/// The scores, by paradigm.
#[derive(Debug, Clone, PartialEq)]
pub enum Scores {
    /// One rating a cell; of binary reads 0 or 1. Higher is more suspicious.
    Roc(Vec<Option<f64>>),
    /// One located rating a cell.
    Lroc(Vec<Option<LocatedRating>>),
    /// Marks in each cell that was read; none is an answer too.
    Froc(Vec<Option<Vec<RatedMark>>>),
}

/// A rating with one forced location.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocatedRating {
    /// How suspicious.
    pub rating: f64,
    /// Whether the location is right: never on a case without the signal.
    pub right: bool,
}

/// A mark-rating pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedMark {
    /// The lesion of its case that it is on, from 0; `None` for a false mark. No lesion has two marks.
    pub lesion: Option<usize>,
    /// How suspicious.
    pub rating: f64,
}

/// A foreign name as a sentence repeats it.
fn named(name: &str) -> String {
    const MOST: usize = 64;
    shown(name, MOST)
}

/// Why numbers are no dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// Nothing to analyse.
    #[error("There is no {0} in it, so there is nothing to analyse.")]
    Empty(&'static str),
    /// A name twice.
    #[error("The {what} \"{}\" is there twice. Give each a name of its own.", named(.name))]
    Twice {
        /// Modality, reader or case.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Another number of cells.
    #[error("There are {found} cells for {expected} (modalities x readers x cases). Give each a score or none.")]
    Size {
        /// Cells of the table.
        expected: usize,
        /// Cells given.
        found: usize,
    },
    /// A number that is none.
    #[error("The score of case \"{}\" by reader \"{}\" in \"{}\" is not a finite number. Leave it out.", named(.case), named(.reader), named(.modality))]
    NotFinite {
        /// The modality.
        modality: String,
        /// The reader.
        reader: String,
        /// The case.
        case: String,
    },
    /// Marks and truth contradict each other.
    #[error("Reader \"{}\" in \"{}\" has a mark on case \"{}\" that is on a lesion which {why}.", named(.reader), named(.modality), named(.case))]
    Mark {
        /// The modality.
        modality: String,
        /// The reader.
        reader: String,
        /// The case.
        case: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Lesions and truth contradict each other.
    #[error("The case \"{}\" {why}.", named(.case))]
    Lesions {
        /// The case.
        case: String,
        /// What is wrong.
        why: &'static str,
    },
}

impl Scores {
    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Roc(cells) => cells.len(),
            Self::Lroc(cells) => cells.len(),
            Self::Froc(cells) => cells.len(),
        }
    }
    /// Whether there is no cell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether a cell has a score, counted as everywhere.
    #[must_use]
    pub fn has(&self, cell: usize) -> bool {
        match self {
            Self::Roc(cells) => cells.get(cell).is_some_and(Option::is_some),
            Self::Lroc(cells) => cells.get(cell).is_some_and(Option::is_some),
            Self::Froc(cells) => cells.get(cell).is_some_and(Option::is_some),
        }
    }
}

impl Dataset {
    /// Takes parts that fit each other.
    ///
    /// # Errors
    /// With the first thing that does not.
    pub fn checked(self) -> Result<Self, DatasetError> {
        for (what, names) in [("modality", &self.modalities), ("reader", &self.readers)] {
            distinct(what, names.iter())?;
        }
        distinct("case", self.cases.iter().map(|c| &c.name))?;
        let expected = self.modalities.len().saturating_mul(self.readers.len()).saturating_mul(self.cases.len());
        if self.scores.len() != expected {
            return Err(DatasetError::Size { expected, found: self.scores.len() });
        }
        self.lesions_fit()?;
        for at in 0..expected {
            self.cell_fits(at)?;
        }
        Ok(self)
    }

    /// How many cells have no score.
    #[must_use]
    pub fn missing(&self) -> usize {
        (0..self.scores.len()).filter(|cell| !self.scores.has(*cell)).count()
    }
    /// The names of a cell: modality, reader, case.
    #[must_use]
    pub fn names(&self, cell: usize) -> [&str; 3] {
        let (readers, cases) = (self.readers.len().max(1), self.cases.len().max(1));
        let of = cell / cases;
        [
            self.modalities.get(of / readers).map_or("", String::as_str),
            self.readers.get(of % readers).map_or("", String::as_str),
            self.cases.get(cell % cases).map_or("", |c| c.name.as_str()),
        ]
    }

    fn lesions_fit(&self) -> Result<(), DatasetError> {
        let froc = matches!(self.scores, Scores::Froc(_));
        for case in &self.cases {
            let wrong = |why| Err(DatasetError::Lesions { case: case.name.clone(), why });
            distinct_or_empty(&case.lesions).or_else(|()| wrong("has two lesions of one name"))?;
            if !case.diseased && !case.lesions.is_empty() {
                return wrong("is without the signal and has lesions");
            }
            if froc && case.diseased && case.lesions.is_empty() {
                return wrong("is diseased and has no lesion that could be marked");
            }
            if case.lesions.iter().any(|l| !(l.weight.is_finite() && l.weight >= 0.0)) {
                return wrong("has a lesion whose weight is not a number of at least 0");
            }
        }
        Ok(())
    }

    fn cell_fits(&self, at: usize) -> Result<(), DatasetError> {
        let names = || self.names(at).map(str::to_owned);
        let Some(of) = self.cases.get(at % self.cases.len().max(1)) else { return Ok(()) };
        let not_finite = || {
            let [modality, reader, case] = names();
            DatasetError::NotFinite { modality, reader, case }
        };
        let wrong = |why| {
            let [modality, reader, case] = names();
            DatasetError::Mark { modality, reader, case, why }
        };
        match &self.scores {
            Scores::Roc(cells) => match cells.get(at) {
                Some(Some(score)) if !score.is_finite() => Err(not_finite()),
                _ => Ok(()),
            },
            Scores::Lroc(cells) => match cells.get(at) {
                Some(Some(score)) if !score.rating.is_finite() => Err(not_finite()),
                Some(Some(score)) if score.right && !of.diseased => Err(wrong("is not there: the case is without the signal")),
                _ => Ok(()),
            },
            Scores::Froc(cells) => {
                let mut seen = BTreeSet::new();
                for mark in cells.get(at).into_iter().flatten().flatten() {
                    if !mark.rating.is_finite() {
                        return Err(not_finite());
                    }
                    let Some(lesion) = mark.lesion else { continue };
                    if lesion >= of.lesions.len() {
                        return Err(wrong("the truth does not have"));
                    }
                    if !seen.insert(lesion) {
                        return Err(wrong("another mark of the read is on already"));
                    }
                }
                Ok(())
            }
        }
    }
}

fn distinct<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), DatasetError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(DatasetError::Twice { what, name: name.clone() });
        }
    }
    if seen.is_empty() { Err(DatasetError::Empty(what)) } else { Ok(()) }
}

fn distinct_or_empty(lesions: &[DataLesion]) -> Result<(), ()> {
    let names: BTreeSet<&String> = lesions.iter().map(|l| &l.name).collect();
    if names.len() == lesions.len() { Ok(()) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, lesions: usize) -> DataCase {
        let lesions: Vec<_> = (1..=lesions).map(|n| DataLesion { name: n.to_string(), weight: 0.0 }).collect();
        DataCase { name: name.into(), patient: None, diseased: !lesions.is_empty(), lesions }
    }
    fn froc(marks: Vec<RatedMark>) -> Dataset {
        let scores = Scores::Froc(vec![Some(vec![]), Some(marks)]);
        Dataset { modalities: vec!["A".into()], readers: vec!["1".into()], cases: vec![case("n", 0), case("d", 2)], scores }
    }

    #[test]
    fn parts_that_fit_are_taken() {
        let marks = vec![RatedMark { lesion: Some(1), rating: 3.0 }, RatedMark { lesion: None, rating: 1.0 }];
        let data = froc(marks).checked().unwrap();
        assert_eq!((data.missing(), data.names(1)), (0, ["A", "1", "d"]));
    }

    #[test]
    fn what_does_not_fit_is_one_sentence() {
        let check = |data: Dataset, sentence: &str| {
            let error = data.checked().expect_err(sentence).to_string();
            assert!(error.contains(sentence), "{error}");
        };
        let mark = |lesion, rating| RatedMark { lesion, rating };
        check(froc(vec![mark(Some(2), 1.0)]), "case \"d\" that is on a lesion which the truth does not have.");
        check(froc(vec![mark(Some(1), 1.0), mark(Some(1), 2.0)]), "another mark of the read is on already.");
        check(froc(vec![mark(None, f64::NAN)]), "The score of case \"d\" by reader \"1\" in \"A\" is not a finite number.");
        check(Dataset { scores: Scores::Roc(vec![None]), ..froc(vec![]) }, "There are 1 cells for 2");
        check(Dataset { readers: vec![], ..froc(vec![]) }, "There is no reader in it");
        check(Dataset { cases: vec![case("n", 0), case("n", 1)], ..froc(vec![]) }, "The case \"n\" is there twice.");
        let mut twice = froc(vec![]);
        twice.cases[1].lesions[1].name = "1".into();
        check(twice, "The case \"d\" has two lesions of one name.");
        let mut none = froc(vec![]);
        none.cases[1].lesions.clear();
        check(none, "no lesion that could be marked");
        let located = |right| Scores::Lroc(vec![Some(LocatedRating { rating: 1.0, right }), None]);
        check(Dataset { scores: located(true), ..froc(vec![]) }, "the case is without the signal");
        assert!(Dataset { scores: located(false), ..froc(vec![]) }.checked().is_ok());
    }
}
