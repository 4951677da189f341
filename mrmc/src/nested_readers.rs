//! Readers nested in modalities: each modality has readers of its own, all of whom read the same cases.
//!
//! Owns the Obuchowski-Rockette analysis of that design in closed form, from the expected mean squares (Obuchowski 1995;
//! Hillis 2014): F = MS(T)/(MS(R(T)) + c max(Cov2 - Cov3, 0)) with c = (n^2 - sum n_i^2)/(n(t - 1)), the readers of a modality
//! where all have as many. Cases nested in readers or in modalities need no module: their figures have covariances of 0 between
//! cells without a common case, and [`obuchowski_rockette`](crate::obuchowski_rockette) does the rest. MRMCaov 0.3.0 has
//! another, negative c. Refused: modalities with fewer than two readers.

use crate::distribution::f_upper;
use crate::figures::{CovarianceMethod, Figures, FiguresError};
use crate::inference::{Estimate, Level};
use crate::obuchowski_rockette::{Comparison, Conventions, Difference, Equality, ObuchowskiRockette, OrError, Random, hillis, root};
use crate::table::{Design, ScoreTable, TableError};
use thiserror::Error;

/// Why the analysis cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum NestedError {
    /// Each reader has a modality.
    #[error("{readers} readers need as many modalities to be nested in, and figures of one row; {labels} labels were given")]
    Shape {
        /// Readers of the figures.
        readers: usize,
        /// Labels given.
        labels: usize,
    },
    /// Nothing is known about how readers vary.
    #[error("modality {0} (from 0) has fewer than two readers of its own: nothing is known about how its readers vary")]
    TooFewReaders(usize),
    /// Another design.
    #[error("readers are nested in modalities where each reads in one of them, and all read the same cases; here the design is {0:?}")]
    NotNested(Design),
    /// The analysis is refused.
    #[error(transparent)]
    Analysis(#[from] OrError),
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
    /// The cells make no table.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The areas of all readers of a nested study as one row, and the modality of each.
///
/// # Errors
/// When the design is another, or a reader has not two cases of each group.
pub fn figures_of_areas(table: &ScoreTable<'_>, method: CovarianceMethod) -> Result<(Figures, Vec<usize>), NestedError> {
    let design = table.design();
    if design != Design::ReadersInModalities {
        return Err(NestedError::NotNested(design));
    }
    let (mut scores, mut modality_of) = (Vec::new(), Vec::new());
    for (at, cell) in table.cells().enumerate().filter(|(_, cell)| cell.iter().any(Option::is_some)) {
        scores.extend_from_slice(cell);
        modality_of.push(at / table.readers());
    }
    let row = ScoreTable::new(1, modality_of.len(), table.truth(), &scores)?;
    Ok((Figures::of_areas(&row, method)?, modality_of))
}

/// Compares modalities with readers of their own, readers and cases random. `figures` has one row with all readers, and
/// `modality_of` the modality of each, from 0 without gaps.
///
/// # Errors
/// When the shapes do not fit, there is one modality, or one has a single reader.
pub fn compare(figures: &Figures, modality_of: &[usize], level: Level) -> Result<Comparison, NestedError> {
    if figures.modalities() != 1 || figures.readers() != modality_of.len() {
        return Err(NestedError::Shape { readers: figures.readers(), labels: modality_of.len() });
    }
    // Without gaps there are no more modalities than readers; a label beyond that leaves a modality without a reader.
    let t = modality_of.iter().max().map_or(0, |most| most.saturating_add(1).min(modality_of.len() + 1));
    if t < 2 {
        return Err(OrError::OneModality.into());
    }
    let of = |modality: usize| modality_of.iter().zip(figures.values()).filter(move |(m, _)| **m == modality).map(|(_, v)| *v);
    let sizes: Vec<f64> = (0..t).map(|m| of(m).count() as f64).collect();
    if let Some(modality) = sizes.iter().position(|n| *n < 2.0) {
        return Err(NestedError::TooFewReaders(modality));
    }
    let means: Vec<f64> = (0..t).zip(&sizes).map(|(m, n)| of(m).sum::<f64>() / n).collect();
    let (n, modalities) = (modality_of.len() as f64, t as f64);
    let all = figures.values().iter().sum::<f64>() / n;
    let of_modalities = means.iter().zip(&sizes).map(|(mean, n)| n * (mean - all) * (mean - all)).sum::<f64>() / (modalities - 1.0);
    let within: f64 = (0..t).zip(&means).map(|(m, mean)| of(m).map(|v| (v - mean) * (v - mean)).sum::<f64>()).sum();
    let df = n - modalities;
    let of_readers = within / df;
    // Cov2 and Cov3: two readers of the same modality, or of different ones. Each modality weighs the same in Cov2.
    let (mut cov2, mut cov3) = (vec![(0.0, 0.0); t], (0.0, 0.0));
    for (i, m) in modality_of.iter().enumerate() {
        for (j, o) in modality_of.iter().enumerate().filter(|(j, _)| *j != i) {
            let place = if m == o { cov2.get_mut(*m) } else { Some(&mut cov3) };
            if let Some((sum, count)) = place {
                *sum += figures.covariance(i, j);
                *count += 1.0;
            }
        }
    }
    let cov2 = cov2.iter().map(|(sum, count)| sum / count).sum::<f64>() / modalities;
    let between = (cov2 - cov3.0 / cov3.1).max(0.0);
    let c = (n * n - sizes.iter().map(|n| n * n).sum::<f64>()) / (n * (modalities - 1.0));
    let (denominator, df2) = hillis(of_readers, c * between, df);
    let equality = (denominator > 0.0).then(|| {
        let statistic = of_modalities / denominator;
        Equality { statistic, df1: modalities - 1.0, df2, p: f_upper(statistic, modalities - 1.0, df2) }
    });
    let mut differences = Vec::new();
    for (first, (a, n_a)) in means.iter().zip(&sizes).enumerate() {
        for (second, (b, n_b)) in means.iter().zip(&sizes).enumerate().skip(first + 1) {
            let (variance, df) = hillis((1.0 / n_a + 1.0 / n_b) * of_readers, 2.0 * between, df);
            let estimate = Estimate::new(a - b, root(variance)?, df, Some(0.0), level);
            differences.push(Difference { first, second, estimate });
        }
    }
    Ok(Comparison { denominator, equality, differences })
}

/// The figure of one modality over its own readers, from their data alone, readers and cases random. `figures` and `modality_of` as for [`compare`].
///
/// # Errors
/// When the shapes do not fit, or the modality has fewer than two readers.
pub fn modality(figures: &Figures, modality_of: &[usize], modality: usize, level: Level) -> Result<Estimate, NestedError> {
    if figures.modalities() != 1 || figures.readers() != modality_of.len() {
        return Err(NestedError::Shape { readers: figures.readers(), labels: modality_of.len() });
    }
    let own: Vec<usize> = modality_of.iter().enumerate().filter(|(_, of)| **of == modality).map(|(reader, _)| reader).collect();
    if own.len() < 2 {
        return Err(NestedError::TooFewReaders(modality));
    }
    let values = own.iter().filter_map(|reader| figures.values().get(*reader).copied()).collect();
    let covariances = own.iter().flat_map(|a| own.iter().map(|b| figures.covariance(*a, *b))).collect();
    let alone = Figures::new(1, own.len(), values, covariances)?;
    Ok(ObuchowskiRockette::new(&alone, Conventions::default(), level).modality(0, Random::ReadersAndCases)?)
}
