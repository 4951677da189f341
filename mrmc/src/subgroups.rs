//! An effect within subgroups of cases, and whether it differs between them.
//!
//! Owns the effect (one modality minus another) in each subgroup with readers random or fixed, and the test of interaction: the
//! readers' effects in the subgroups are figures of merit of a design whose cases are nested in the subgroups, so that
//! Cov1 and Cov3 are 0, and the Obuchowski-Rockette analysis tests that all are the same (Hillis 2014). Readers are the same
//! people in all subgroups. Refused: subgroups in which a reader has not two cases of each group.

use crate::figures::{CovarianceMethod, Figures, FiguresError};
use crate::inference::{Estimate, Level};
use crate::obuchowski_rockette::{Comparison, Conventions, ObuchowskiRockette, OrError, Random};
use crate::roc::Group;
use crate::table::{ScoreTable, TableError};
use thiserror::Error;

/// Why subgroups cannot be analysed.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum SubgroupError {
    /// One label for each case.
    #[error("{cases} cases need as many subgroup labels, and {labels} were given")]
    Size {
        /// Cases of the table.
        cases: usize,
        /// Labels given.
        labels: usize,
    },
    /// Nothing to analyse.
    #[error("subgroup {0} (from 0) has no case: merge it with another")]
    Empty(usize),
    /// A subgroup that is too small.
    #[error("in subgroup {subgroup} (from 0): {source}; or merge the subgroup with another")]
    TooSmall {
        /// The subgroup, from 0.
        subgroup: usize,
        /// What is missing in it.
        source: FiguresError,
    },
    /// The subgroup makes no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
    /// The analysis is refused.
    #[error(transparent)]
    Analysis(#[from] OrError),
}

/// The effects in subgroups.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgroups {
    /// The effect in each subgroup, tested against 0.
    pub effects: Vec<Estimate>,
    /// The test that all are the same, and the differences of pairs.
    pub interaction: Comparison,
}

/// The effect of modality `first` minus `second` in subgroups. `labels` has the subgroup of each case, from 0 without gaps;
/// `None` leaves a case out.
///
/// # Errors
/// When labels are too few, a subgroup is too small, or the analysis is refused.
pub fn subgroups(
    table: &ScoreTable<'_>,
    labels: &[Option<usize>],
    [first, second]: [usize; 2],
    method: CovarianceMethod,
    random: Random,
    level: Level,
) -> Result<Subgroups, SubgroupError> {
    if labels.len() != table.truth().len() {
        return Err(SubgroupError::Size { cases: table.truth().len(), labels: labels.len() });
    }
    for (index, count) in [(first, table.modalities()), (second, table.modalities())] {
        if index >= count {
            return Err(OrError::NoSuch { what: "modality", index, count }.into());
        }
    }
    let readers = table.readers();
    // Without gaps there are no more subgroups than cases; a label beyond that leaves a subgroup without a case.
    let groups = labels.iter().flatten().max().map_or(0, |most| most.saturating_add(1).min(labels.len() + 1));
    let (mut values, mut blocks) = (Vec::new(), Vec::new());
    for subgroup in 0..groups {
        let keeps = |case: usize| labels.get(case) == Some(&Some(subgroup));
        let truth: Vec<Group> = table.truth().iter().enumerate().filter(|(case, _)| keeps(*case)).map(|(_, truth)| *truth).collect();
        if truth.is_empty() {
            return Err(SubgroupError::Empty(subgroup));
        }
        let pair = [first, second].map(|modality| table.cells().skip(modality * readers).take(readers));
        let scores: Vec<Option<f64>> = pair
            .into_iter()
            .flatten()
            .flat_map(|cell| cell.iter().enumerate().filter(|(case, _)| keeps(*case)).map(|(_, score)| *score))
            .collect();
        let part = ScoreTable::new(2, readers, &truth, &scores)?;
        let figures = Figures::of_areas(&part, method).map_err(|source| SubgroupError::TooSmall { subgroup, source })?;
        let effects = figures.combined(1, readers, &differences(readers))?;
        values.extend_from_slice(effects.values());
        blocks.push(effects);
    }
    let cells = values.len();
    let mut covariances = vec![0.0; cells * cells];
    for (subgroup, block) in blocks.iter().enumerate() {
        for i in 0..readers {
            for j in 0..readers {
                if let Some(entry) = covariances.get_mut((subgroup * readers + i) * cells + subgroup * readers + j) {
                    *entry = block.covariance(i, j);
                }
            }
        }
    }
    let all = Figures::new(groups, readers, values, covariances)?;
    let analysis = ObuchowskiRockette::new(&all, Conventions::default(), level);
    let tested = |e: Estimate| Estimate::new(e.value, e.standard_error, e.df, Some(0.0), level);
    let effects = (0..groups).map(|g| Ok(tested(analysis.modality(g, random)?))).collect::<Result<_, OrError>>()?;
    Ok(Subgroups { effects, interaction: analysis.compare(random)? })
}

/// Weights of each reader's difference of two modalities.
pub(crate) fn differences(readers: usize) -> Vec<f64> {
    let mut weights = vec![0.0; readers * 2 * readers];
    for (reader, row) in weights.chunks_exact_mut(2 * readers).enumerate() {
        for (at, weight) in row.iter_mut().enumerate() {
            *weight = f64::from(i8::from(at == reader) - i8::from(at == readers + reader));
        }
    }
    weights
}
