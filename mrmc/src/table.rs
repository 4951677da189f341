//! The scores of a study: modalities by readers by cases, with what is missing left out.
//!
//! Owns the shape that every analysis of case-level scores takes, and the check that it is one. Any design fits: crossed,
//! split-plot, nested, with reads missing; a cell without a score is `None`, never a number that stands for one. Refused:
//! slices of the wrong length, scores that are not numbers, a study without a modality, a reader or a case.

use crate::roc::Group;
use thiserror::Error;

/// Why numbers are not a table of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// Nothing to analyse.
    #[error("a study has at least one modality, one reader and one case; here are {modalities}, {readers} and {cases}")]
    Empty {
        /// Modalities named.
        modalities: usize,
        /// Readers named.
        readers: usize,
        /// Cases with a truth.
        cases: usize,
    },
    /// The slice does not fill the table.
    #[error("{found} scores do not fill a table of {expected} cells (modalities x readers x cases): give each cell a score or none")]
    Size {
        /// Cells of the table.
        expected: usize,
        /// Scores given.
        found: usize,
    },
    /// A score cannot be ordered.
    #[error("the score of modality {modality}, reader {reader}, case {case} (each from 0) is not a number: leave the score out")]
    NotANumber {
        /// The modality, from 0.
        modality: usize,
        /// The reader, from 0.
        reader: usize,
        /// The case, from 0.
        case: usize,
    },
}

/// The scores of a study. Higher is more suspicious; infinite scores are fine, only their order counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreTable<'a> {
    modalities: usize,
    readers: usize,
    truth: &'a [Group],
    scores: &'a [Option<f64>],
}

impl<'a> ScoreTable<'a> {
    /// Takes the truth of each case, and a score or `None` for each (modality, reader, case): the score of modality m,
    /// reader r and case k stands at `(m * readers + r) * truth.len() + k`.
    ///
    /// # Errors
    /// When the table is empty, has another size, or holds a score that is not a number.
    pub fn new(modalities: usize, readers: usize, truth: &'a [Group], scores: &'a [Option<f64>]) -> Result<Self, TableError> {
        let cases = truth.len();
        if modalities == 0 || readers == 0 || cases == 0 {
            return Err(TableError::Empty { modalities, readers, cases });
        }
        let expected = modalities.saturating_mul(readers).saturating_mul(cases);
        if scores.len() != expected {
            return Err(TableError::Size { expected, found: scores.len() });
        }
        if let Some(at) = scores.iter().position(|score| score.is_some_and(f64::is_nan)) {
            let (cell, case) = (at / cases, at % cases);
            return Err(TableError::NotANumber { modality: cell / readers, reader: cell % readers, case });
        }
        Ok(Self { modalities, readers, truth, scores })
    }
    /// How many modalities.
    #[must_use]
    pub fn modalities(&self) -> usize {
        self.modalities
    }
    /// How many readers.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.readers
    }
    /// The truth of each case.
    #[must_use]
    pub fn truth(&self) -> &'a [Group] {
        self.truth
    }
    /// The scores of each modality and reader, one slice a cell with a place for each case: first all readers of modality 0.
    pub fn cells(&self) -> impl Iterator<Item = &'a [Option<f64>]> {
        self.scores.chunks_exact(self.truth.len())
    }
    /// The cases of one group that have a score in each cell, in the order of [`cells`](Self::cells): what a report must
    /// name beside each area.
    #[must_use]
    pub fn counts(&self, group: Group) -> Vec<usize> {
        let of = |cell: &[Option<f64>]| cell.iter().zip(self.truth).filter(|(score, truth)| score.is_some() && **truth == group).count();
        self.cells().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Group::{Diseased, Normal};

    #[test]
    fn a_table_is_checked_once() {
        let truth = [Normal, Diseased];
        let scores = [Some(1.0), None, Some(2.0), Some(3.0)];
        let table = ScoreTable::new(1, 2, &truth, &scores).unwrap();
        assert_eq!((table.counts(Normal), table.counts(Diseased)), (vec![1, 1], vec![0, 1]));
        assert_eq!(table.cells().collect::<Vec<_>>(), [&scores[..2], &scores[2..]]);
        assert_eq!(ScoreTable::new(2, 2, &truth, &scores), Err(TableError::Size { expected: 8, found: 4 }));
        assert_eq!(ScoreTable::new(0, 2, &truth, &[]), Err(TableError::Empty { modalities: 0, readers: 2, cases: 2 }));
        let nan = [Some(1.0), None, Some(2.0), Some(f64::NAN)];
        let error = ScoreTable::new(1, 2, &truth, &nan).unwrap_err();
        assert_eq!(error, TableError::NotANumber { modality: 0, reader: 1, case: 1 });
        assert!(error.to_string().starts_with("the score of modality 0, reader 1, case 1"));
    }
}
