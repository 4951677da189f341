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

/// How modalities, readers and cases are crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// Every reader read every case in every modality: design 1 of MRMCaov.
    Crossed,
    /// Each reader has cases of his own, the same in all modalities: design 2.
    CasesInReaders,
    /// Each modality has cases of its own, the same for all readers: design 3.
    CasesInModalities,
    /// Each modality has readers of its own, who all read the same cases: design 4, for [`crate::nested_readers`].
    ReadersInModalities,
    /// Groups of readers with blocks of cases of their own, in all modalities.
    SplitPlot,
    /// Anything else, also one missing read: for [`crate::ustatistics`] alone.
    Other,
}

impl ScoreTable<'_> {
    /// The design, from which cells have a score.
    #[must_use]
    pub fn design(&self) -> Design {
        let read: Vec<Vec<bool>> = self.cells().map(|cell| cell.iter().map(Option::is_some).collect()).collect();
        let disjoint = |a: &[bool], b: &[bool]| !a.iter().zip(b).any(|(a, b)| *a && *b);
        let empty = |a: &[bool]| !a.contains(&true);
        let pairs = || read.iter().enumerate().flat_map(|(i, a)| read.iter().enumerate().skip(i + 1).map(move |(j, b)| (i, a, j, b)));
        let (modality, reader) = (|cell: usize| cell / self.readers, |cell: usize| cell % self.readers);
        // Cells that have something in common have the same cases; the others share none.
        let in_blocks = |together: &dyn Fn(usize, usize) -> bool| {
            pairs().all(|(i, a, j, b)| if together(i, j) { a == b } else { disjoint(a, b) }) && !read.iter().any(|a| empty(a))
        };
        let nested = || {
            let some = |r: usize| read.iter().skip(r).step_by(self.readers).filter(|a| !empty(a)).count();
            let all = read.iter().filter(|a| !empty(a));
            (0..self.readers).all(|r| some(r) == 1) && all.clone().all(|a| Some(a) == all.clone().next())
        };
        let split_plot = || {
            pairs().all(|(i, a, j, b)| if reader(i) == reader(j) { a == b } else { a == b || disjoint(a, b) })
                && !read.iter().any(|a| empty(a))
        };
        if in_blocks(&|_, _| true) {
            Design::Crossed
        } else if in_blocks(&|i, j| reader(i) == reader(j)) {
            Design::CasesInReaders
        } else if in_blocks(&|i, j| modality(i) == modality(j)) {
            Design::CasesInModalities
        } else if self.modalities > 1 && nested() {
            Design::ReadersInModalities
        } else if split_plot() {
            Design::SplitPlot
        } else {
            Design::Other
        }
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

    #[test]
    fn designs_are_told_from_what_was_read() {
        let truth = [Normal, Diseased, Normal, Diseased];
        // Two modalities, two readers, four cases in two halves.
        let check = |read: fn(usize, usize, usize) -> bool, design: Design| {
            let cells = (0..2).flat_map(|m| (0..2).flat_map(move |r| (0..4).map(move |c| (m, r, c))));
            let scores: Vec<Option<f64>> = cells.map(|(m, r, c)| read(m, r, c / 2).then_some(1.0)).collect();
            assert_eq!(ScoreTable::new(2, 2, &truth, &scores).unwrap().design(), design);
        };
        check(|_, _, _| true, Design::Crossed);
        check(|_, r, half| r == half, Design::CasesInReaders);
        check(|m, _, half| m == half, Design::CasesInModalities);
        check(|m, r, _| m == r, Design::ReadersInModalities);
        check(|m, r, half| (m + r) % 2 == half, Design::Other);
        check(|m, _, half| m == 0 || half == 0, Design::Other);
        // Four readers in two groups, and one read that is missing.
        let split: Vec<Option<f64>> = (0..8).flat_map(|cell| (0..4).map(move |c| (cell % 4 / 2 == c / 2).then_some(1.0))).collect();
        assert_eq!(ScoreTable::new(2, 4, &truth, &split).unwrap().design(), Design::SplitPlot);
        let mut missing = vec![Some(1.0); 16];
        missing[5] = None;
        assert_eq!(ScoreTable::new(2, 2, &truth, &missing).unwrap().design(), Design::Other);
    }
}
