//! What is read off an empirical ROC curve: partial areas, sensitivity at a specificity and the reverse, rates at a threshold.
//!
//! The curve is the polyline through the operating points. A partial area over false positive fractions is under it; one over
//! true positive fractions is to the right of it (what specificity adds up to there); neither is rescaled. At a vertical
//! step the highest sensitivity counts, at a level one the highest specificity, as pROC has it. Owned here too: any of these
//! as a figure of merit of a study, by leaving out one case at a time. Refused: fractions outside 0..=1.

use crate::figures::{FiguresError, Jackknife};
use crate::roc::{Group, OperatingPoint, RocError, Scores};
use crate::table::ScoreTable;

/// Sensitivity and specificity of calling every score of at least a threshold positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Share of the diseased cases called positive.
    pub sensitivity: f64,
    /// Share of the normal cases called negative.
    pub specificity: f64,
}

impl Scores<'_> {
    /// The rates at a threshold: of binary decisions scored 0 and 1, those at 1. The area of such scores is their mean.
    #[must_use]
    pub fn rates(&self, threshold: f64) -> Rates {
        let at_least = |scores: &[f64]| scores.iter().filter(|s| **s >= threshold).count() as f64;
        let (n0, n1) = (self.normal().len() as f64, self.diseased().len() as f64);
        Rates { sensitivity: at_least(self.diseased()) / n1, specificity: (n0 - at_least(self.normal())) / n0 }
    }

    /// The area under the curve over false positive fractions `low..=high`; 0 to 1 is the whole area.
    ///
    /// # Errors
    /// When the range does not lie within 0..=1.
    pub fn partial_area_fpf(&self, low: f64, high: f64) -> Result<f64, RocError> {
        range(low, high)?;
        let points: Vec<(f64, f64)> = self.operating_points().iter().map(|p| (p.fpf, p.tpf)).collect();
        Ok(area_between(&points, low, high))
    }

    /// The area between the curve and false positive fraction 1, over true positive fractions `low..=high`.
    ///
    /// # Errors
    /// When the range does not lie within 0..=1.
    pub fn partial_area_tpf(&self, low: f64, high: f64) -> Result<f64, RocError> {
        range(low, high)?;
        let points: Vec<(f64, f64)> = self.operating_points().iter().map(|p| (p.tpf, 1.0 - p.fpf)).collect();
        Ok(area_between(&points, low, high))
    }

    /// The sensitivity at a specificity, between operating points by a straight line.
    ///
    /// # Errors
    /// When `specificity` is not within 0..=1.
    pub fn sensitivity_at(&self, specificity: f64) -> Result<f64, RocError> {
        range(specificity, specificity)?;
        Ok(highest_at(&self.rates_of_points(), specificity, |rates| rates.specificity, |rates| rates.sensitivity))
    }

    /// The specificity at a sensitivity, between operating points by a straight line.
    ///
    /// # Errors
    /// When `sensitivity` is not within 0..=1.
    pub fn specificity_at(&self, sensitivity: f64) -> Result<f64, RocError> {
        range(sensitivity, sensitivity)?;
        Ok(highest_at(&self.rates_of_points(), sensitivity, |rates| rates.sensitivity, |rates| rates.specificity))
    }

    /// The operating points as rates. A specificity is a quotient of counts, as a specificity that is asked for is: 1 minus a
    /// fraction would miss a vertical step by the last digit.
    fn rates_of_points(&self) -> Vec<Rates> {
        let n0 = self.normal().len() as f64;
        let of = |point: &OperatingPoint| Rates { sensitivity: point.tpf, specificity: (n0 - (point.fpf * n0).round()) / n0 };
        self.operating_points().iter().map(of).collect()
    }
}

fn range(low: f64, high: f64) -> Result<(), RocError> {
    if (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) && low <= high {
        Ok(())
    } else {
        Err(RocError::NotAFraction { low, high })
    }
}

/// Area under a polyline with rising x, from `low` to `high`.
pub(crate) fn area_between(points: &[(f64, f64)], low: f64, high: f64) -> f64 {
    let mut area = 0.0;
    for ((x0, y0), (x1, y1)) in points.iter().zip(points.iter().skip(1)) {
        let (from, to) = (x0.max(low), x1.min(high));
        if to > from {
            let at = |x: f64| y0 + (y1 - y0) * (x - x0) / (x1 - x0);
            area += (to - from) * f64::midpoint(at(from), at(to));
        }
    }
    area
}

/// The highest y at which a polyline passes `x`.
fn highest_at(points: &[Rates], x: f64, of_x: impl Fn(&Rates) -> f64, of_y: impl Fn(&Rates) -> f64) -> f64 {
    let mut highest: f64 = 0.0;
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        let (x0, x1, y0, y1) = (of_x(a), of_x(b), of_y(a), of_y(b));
        for (at, y) in [(x0, y0), (x1, y1)] {
            highest = if at == x { highest.max(y) } else { highest };
        }
        if x > x0.min(x1) && x < x0.max(x1) {
            highest = highest.max(y0 + (y1 - y0) * (x - x0) / (x1 - x0));
        }
    }
    highest
}

/// Which cases a jackknife of a rate leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pool {
    /// All cases of the study, as MRMCaov 0.3.0: those of the other group leave the rate as it is.
    #[default]
    AllCases,
    /// The cases the rate is about, as RJafroc does with its rates of marks.
    OwnCases,
}

impl Jackknife {
    /// Any figure of a reader's scores, leaving out one case at a time and computing it anew: for partial areas and the like,
    /// where there is no shorter way. Takes cases x n log n for each reader and modality.
    ///
    /// # Errors
    /// When a cell has not two cases of each group, or the figure is refused or not finite.
    pub fn of_curves(table: &ScoreTable<'_>, figure: impl Fn(&Scores<'_>) -> Result<f64, RocError>) -> Result<Self, CurveFiguresError> {
        let mut values = Vec::new();
        let mut left_out = Vec::new();
        for cell in table.cells() {
            let with = |out: Option<usize>| {
                let of = |wanted: Group| {
                    let cases = cell.iter().zip(table.truth()).enumerate();
                    cases.filter(move |(case, (_, group))| **group == wanted && Some(*case) != out).filter_map(|(_, (score, _))| *score)
                };
                let (normal, diseased): (Vec<f64>, Vec<f64>) = (of(Group::Normal).collect(), of(Group::Diseased).collect());
                figure(&Scores::new(&normal, &diseased)?)
            };
            let value = with(None)?;
            values.push(value);
            for (case, score) in cell.iter().enumerate() {
                left_out.push(if score.is_some() { with(Some(case))? } else { value });
            }
        }
        Ok(Self::new(table.modalities(), table.readers(), values, left_out)?)
    }

    /// The share of one group's cases that are called right at a threshold: sensitivity for the diseased, specificity for the
    /// normals.
    ///
    /// # Errors
    /// When a cell has not two cases of the group.
    pub fn of_rate(table: &ScoreTable<'_>, group: Group, threshold: f64, pool: Pool) -> Result<Self, FiguresError> {
        let (mut values, mut left_out) = (Vec::new(), Vec::new());
        for (at, cell) in table.cells().enumerate() {
            let right = |score: f64| f64::from((score >= threshold) == (group == Group::Diseased));
            let own = || cell.iter().zip(table.truth()).map(|(score, truth)| score.filter(|_| *truth == group).map(right));
            let (sum, n) = own().flatten().fold((0.0, 0_u32), |(sum, n), right| (sum + right, n + 1));
            let (modality, reader) = (at / table.readers(), at % table.readers());
            match n {
                0 => return Err(FiguresError::NoCase { modality, reader, group }),
                1 => return Err(FiguresError::OneCase { modality, reader, group }),
                _ => {}
            }
            let value = sum / f64::from(n);
            values.push(value);
            let of_group = own().zip(table.truth()).filter(|(_, truth)| pool == Pool::AllCases || **truth == group);
            left_out.extend(of_group.map(|(right, _)| right.map_or(value, |right| (sum - right) / f64::from(n - 1))));
        }
        Self::new(table.modalities(), table.readers(), values, left_out)
    }
}

/// Why a figure of curves has no jackknife.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CurveFiguresError {
    /// With or without some case, there is no curve or no such figure of it.
    #[error("leaving out one case at a time, a reader's curve fails: {0}")]
    Curve(#[from] RocError),
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{CovarianceMethod, Figures};
    use proptest::prelude::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} and {b}");
    }

    #[test]
    fn a_small_curve_by_hand() {
        // Points (0, 0), (0, 1/2), (1/2, 1/2), (1/2, 1), (1, 1).
        let scores = Scores::new(&[1.0, 3.0], &[2.0, 4.0]).unwrap();
        close(scores.partial_area_fpf(0.0, 1.0).unwrap(), scores.auc());
        close(scores.partial_area_tpf(0.0, 1.0).unwrap(), scores.auc());
        close(scores.partial_area_fpf(0.25, 0.75).unwrap(), 0.25 * 0.5 + 0.25);
        close(scores.partial_area_tpf(0.5, 1.0).unwrap(), 0.25);
        close(scores.sensitivity_at(1.0).unwrap(), 0.5);
        close(scores.sensitivity_at(0.5).unwrap(), 1.0);
        close(scores.specificity_at(0.5).unwrap(), 1.0);
        close(scores.specificity_at(0.75).unwrap(), 0.5);
        assert_eq!(scores.rates(3.0), Rates { sensitivity: 0.5, specificity: 0.5 });
        // One tie: the diagonal from (0, 0) to (1, 1).
        let tied = Scores::new(&[1.0], &[1.0]).unwrap();
        close(tied.sensitivity_at(0.7).unwrap(), 0.3);
        close(tied.specificity_at(0.7).unwrap(), 0.3);
        close(tied.partial_area_fpf(0.0, 0.5).unwrap(), 0.125);
        assert_eq!(scores.partial_area_fpf(0.6, 0.5), Err(RocError::NotAFraction { low: 0.6, high: 0.5 }));
        assert!(scores.sensitivity_at(f64::NAN).is_err() && scores.partial_area_tpf(-0.1, 1.0).is_err());
    }

    fn table() -> impl Strategy<Value = (Vec<Group>, Vec<Option<f64>>)> {
        (2_usize..12, 2_usize..12).prop_flat_map(|(n0, n1)| {
            let truth: Vec<Group> = (0..n0 + n1).map(|k| if k < n0 { Group::Normal } else { Group::Diseased }).collect();
            let scores = proptest::collection::vec((-3i8..=3).prop_map(|s| Some(f64::from(s))), 4 * (n0 + n1));
            (Just(truth), scores)
        })
    }

    proptest! {
        #[test]
        fn parts_make_the_whole((truth, scores) in table(), cut in 0.0..=1.0f64) {
            let pick = |group: Group| truth.iter().zip(&scores).filter(|(t, _)| **t == group).filter_map(|(_, s)| *s).collect::<Vec<_>>();
            let (normal, diseased) = (pick(Group::Normal), pick(Group::Diseased));
            let scores = Scores::new(&normal, &diseased).unwrap();
            let halves = scores.partial_area_fpf(0.0, cut).unwrap() + scores.partial_area_fpf(cut, 1.0).unwrap();
            prop_assert!((halves - scores.auc()).abs() < 1e-12);
            let halves = scores.partial_area_tpf(0.0, cut).unwrap() + scores.partial_area_tpf(cut, 1.0).unwrap();
            prop_assert!((halves - scores.auc()).abs() < 1e-12);
            // Reading across and reading up meet on the curve, but for its steps.
            let sensitivity = scores.sensitivity_at(cut).unwrap();
            prop_assert!(scores.specificity_at(sensitivity).unwrap() >= cut - 1e-12);
            // The jackknife by ranks is the literal one, and a binary area is the mean of its rates.
            let binary = Rates { ..scores.rates(0.0) };
            let cut_scores = |s: &[f64]| s.iter().map(|s| f64::from(*s >= 0.0)).collect::<Vec<_>>();
            let (n, d) = (cut_scores(&normal), cut_scores(&diseased));
            let area = Scores::new(&n, &d).unwrap().auc();
            prop_assert!((area - f64::midpoint(binary.sensitivity, binary.specificity)).abs() < 1e-12);
        }

        #[test]
        fn the_jackknife_by_ranks_is_the_literal_one((truth, scores) in table()) {
            let table = ScoreTable::new(2, 2, &truth, &scores).unwrap();
            let literal = Jackknife::of_curves(&table, |scores| Ok(scores.auc())).unwrap();
            let ranked = Jackknife::of_areas(&table).unwrap();
            let all = |j: &Jackknife| j.left_out().flatten().copied().chain(j.values().iter().copied()).collect::<Vec<f64>>();
            for (a, b) in all(&literal).into_iter().zip(all(&ranked)) {
                prop_assert!((a - b).abs() < 1e-12);
            }
            let figures = Figures::of_areas(&table, CovarianceMethod::Jackknife).unwrap();
            prop_assert_eq!(figures.values(), literal.values());
        }

        #[test]
        fn a_rate_over_its_own_cases_has_the_binomial_variance((truth, scores) in table()) {
            let table = ScoreTable::new(2, 2, &truth, &scores).unwrap();
            for group in [Group::Normal, Group::Diseased] {
                let own = Jackknife::of_rate(&table, group, 0.0, Pool::OwnCases).unwrap().figures();
                let pooled = Jackknife::of_rate(&table, group, 0.0, Pool::AllCases).unwrap().figures();
                let n = truth.iter().filter(|t| **t == group).count() as f64;
                let k = truth.len() as f64;
                for (cell, p) in own.values().iter().enumerate() {
                    let variance = p * (1.0 - p) / (n - 1.0);
                    prop_assert!((own.covariance(cell, cell) - variance).abs() < 1e-12);
                    // All cases in one pool: the same sum of squares with (K - 1)/K before it, not (n - 1)/n.
                    let scaled = variance * (k - 1.0) / k * n / (n - 1.0);
                    prop_assert!((pooled.covariance(cell, cell) - scaled).abs() < 1e-12);
                }
            }
        }
    }
}
