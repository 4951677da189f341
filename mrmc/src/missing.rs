//! The worst and the best that missing reads could have been: how far a result depends on what is not there.
//!
//! Owns the filling of missing and not evaluable cells with the most extreme scores, for the analysis to be done again as a
//! sensitivity analysis. It is no imputation: the two results bound what any scores could have given the areas of the
//! modalities as filled, and nothing else of a study may be computed from them. Refused: masks of another size.

use crate::roc::Group;
use crate::table::{ScoreTable, TableError};

/// What is assumed of a modality's missing reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// Each would have been as wrong as can be: normal cases above all others, diseased below.
    Worst,
    /// Each would have been as right as can be.
    Best,
    /// They stay missing.
    Missing,
}

/// The scores of a table with missing cells filled, one assumption a modality. `planned` says of each cell whether it was to
/// be read; cells outside the design stay empty. For a difference, the worst for one modality goes with the best for the other.
///
/// # Errors
/// When `planned` has another size than the table.
pub fn filled(table: &ScoreTable<'_>, planned: &[bool], assumptions: &[Assumption]) -> Result<Vec<Option<f64>>, TableError> {
    let expected = table.modalities() * table.readers() * table.truth().len();
    if planned.len() != expected {
        return Err(TableError::Size { expected, found: planned.len() });
    }
    let mut scores = Vec::with_capacity(expected);
    for (cell, (given, planned)) in table.cells().zip(planned.chunks_exact(table.truth().len())).enumerate() {
        let assumption = assumptions.get(cell / table.readers()).copied().unwrap_or(Assumption::Missing);
        let extreme = |truth: Group| match (assumption, truth) {
            (Assumption::Missing, _) => None,
            (Assumption::Worst, Group::Normal) | (Assumption::Best, Group::Diseased) => Some(f64::INFINITY),
            (Assumption::Worst, Group::Diseased) | (Assumption::Best, Group::Normal) => Some(f64::NEG_INFINITY),
        };
        let cells = given.iter().zip(planned).zip(table.truth());
        scores.extend(cells.map(|((score, planned), truth)| score.or_else(|| extreme(*truth).filter(|_| *planned))));
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ustatistics::UStatistics;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_scores_are_worse_or_better(
            cases in proptest::collection::vec((any::<bool>(), -3i8..=3, proptest::option::weighted(0.7, -3i8..=3)), 2..20)
        ) {
            let truth: Vec<Group> = cases.iter().map(|c| if c.0 { Group::Diseased } else { Group::Normal }).collect();
            prop_assume!(truth.contains(&Group::Normal) && truth.contains(&Group::Diseased));
            // What was read, and what would have been read.
            let read: Vec<Option<f64>> = cases.iter().map(|c| c.2.map(f64::from)).collect();
            let whole: Vec<Option<f64>> = cases.iter().map(|c| Some(f64::from(c.2.unwrap_or(c.1)))).collect();
            let table = ScoreTable::new(1, 1, &truth, &read).unwrap();
            let planned = vec![true; truth.len()];
            let area = |scores: &[Option<f64>]| UStatistics::of(&ScoreTable::new(1, 1, &truth, scores).unwrap()).areas()[0].unwrap();
            let of = |assumption| area(&filled(&table, &planned, &[assumption]).unwrap());
            let truly = area(&whole);
            prop_assert!(of(Assumption::Worst) <= truly && truly <= of(Assumption::Best));
            prop_assert_eq!(filled(&table, &planned, &[Assumption::Missing]).unwrap(), read.clone());
            prop_assert_eq!(filled(&table, &vec![false; truth.len()], &[Assumption::Worst]).unwrap(), read);
        }
    }

    #[test]
    fn masks_have_the_size_of_the_table() {
        let table = ScoreTable::new(1, 1, &[Group::Normal], &[None]).unwrap();
        assert_eq!(filled(&table, &[], &[]), Err(TableError::Size { expected: 1, found: 0 }));
    }
}
