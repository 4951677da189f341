//! The empirical ROC curve of one reader in one condition: area, operating points, structural components, variance.
//!
//! `psi(x, y)` of a score x of a normal case and a score y of a diseased one is 1 when y > x, 1/2 when they are equal and
//! 0 otherwise; the area is its mean over all pairs (Mann-Whitney; Bamber 1975). The variance is that of DeLong, DeLong and
//! Clarke-Pearson (Biometrics 1988;44:837). Pairs are never formed: sorted scores and ranks give the sums in O(n log n), as
//! whole half-pairs, so that the area is exact but for one division. Higher scores are more suspicious, everywhere.
//! Refused: a group without a case, a score that is not a number, a variance from a single case. Missing is not a score.

use crate::placement::Cell;
use thiserror::Error;

/// Why a curve or its variance does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum RocError {
    /// There is no case without the disease.
    #[error("no normal case has a score: without one there is no false positive fraction")]
    NoNormal,
    /// There is no case with the disease.
    #[error("no diseased case has a score: without one there is no true positive fraction")]
    NoDiseased,
    /// A score cannot be ordered.
    #[error("score {position} of the {group} cases is not a number: leave out the case instead")]
    NotANumber {
        /// The group it stands in.
        group: Group,
        /// Its place in the slice, from 0.
        position: usize,
    },
    /// A sample variance needs two cases.
    #[error("a variance needs at least two {0} cases with a score")]
    TooFew(Group),
    /// A range of fractions is empty or leaves 0..=1.
    #[error("a fraction or a range of fractions lies within 0 and 1, lower end first; {low} to {high} does not")]
    NotAFraction {
        /// Lower end, or the fraction itself.
        low: f64,
        /// Upper end, or the fraction itself.
        high: f64,
    },
}

/// Which of the two groups of cases is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Cases that the truth calls signal-absent.
    Normal,
    /// Cases that the truth calls signal-present.
    Diseased,
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Normal => "normal",
            Self::Diseased => "diseased",
        })
    }
}

/// The scores of one reader in one condition, one a case: both groups have a case, and every score can be ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores<'a> {
    normal: &'a [f64],
    diseased: &'a [f64],
}

/// A point of the empirical ROC curve: what follows from calling every score of at least `threshold` positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OperatingPoint {
    /// The lowest score called positive; `None` at (0, 0), where nothing is.
    pub threshold: Option<f64>,
    /// False positive fraction: the share of normal cases called positive, 0..=1.
    pub fpf: f64,
    /// True positive fraction: the share of diseased cases called positive, 0..=1.
    pub tpf: f64,
}

/// The mean of `psi` of each case over all cases of the other group (DeLong's V01 and V10), in the order of the scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// V01: for each normal case, the share of diseased cases that score higher (ties half).
    pub normal: Vec<f64>,
    /// V10: for each diseased case, the share of normal cases that score lower (ties half).
    pub diseased: Vec<f64>,
}

impl<'a> Scores<'a> {
    /// Takes the scores of the normal and of the diseased cases. Infinite scores are fine: only their order counts.
    ///
    /// # Errors
    /// When a group is empty or a score is NaN.
    pub fn new(normal: &'a [f64], diseased: &'a [f64]) -> Result<Self, RocError> {
        if normal.is_empty() {
            return Err(RocError::NoNormal);
        }
        if diseased.is_empty() {
            return Err(RocError::NoDiseased);
        }
        for (group, scores) in [(Group::Normal, normal), (Group::Diseased, diseased)] {
            if let Some(position) = scores.iter().position(|s| s.is_nan()) {
                return Err(RocError::NotANumber { group, position });
            }
        }
        Ok(Self { normal, diseased })
    }

    /// The scores of the normal cases.
    #[must_use]
    pub fn normal(&self) -> &'a [f64] {
        self.normal
    }
    /// The scores of the diseased cases.
    #[must_use]
    pub fn diseased(&self) -> &'a [f64] {
        self.diseased
    }

    /// Area under the empirical ROC curve, 0..=1: the mean of `psi` over all pairs, which is also the trapezoid area under
    /// [`operating_points`](Self::operating_points).
    #[must_use]
    pub fn auc(&self) -> f64 {
        // Both groups have a case, so there is an area.
        self.ranked().area().unwrap_or_default()
    }

    /// The points of the curve, one for each distinct score, from (0, 0) to (1, 1).
    #[must_use]
    pub fn operating_points(&self) -> Vec<OperatingPoint> {
        let (n0, n1) = (self.normal.len() as f64, self.diseased.len() as f64);
        let mut scores: Vec<(f64, u32, u32)> =
            self.normal.iter().map(|x| (*x, 1, 0)).chain(self.diseased.iter().map(|y| (*y, 0, 1))).collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut points = vec![OperatingPoint { threshold: None, fpf: 0.0, tpf: 0.0 }];
        let (mut false_positive, mut true_positive) = (0, 0);
        // By value, not by bits: -0 and 0 are one score.
        for tied in scores.chunk_by(|a, b| a.0 == b.0) {
            false_positive += tied.iter().map(|(_, normal, _)| normal).sum::<u32>();
            true_positive += tied.iter().map(|(_, _, diseased)| diseased).sum::<u32>();
            let (fpf, tpf) = (f64::from(false_positive) / n0, f64::from(true_positive) / n1);
            points.push(OperatingPoint { threshold: tied.last().map(|(score, _, _)| *score), fpf, tpf });
        }
        points
    }

    /// DeLong's structural components. The mean of either vector is the area.
    #[must_use]
    pub fn components(&self) -> Components {
        let ranked = self.ranked();
        let of = |half_pairs: &[u64], others: usize| half_pairs.iter().map(|sum| *sum as f64 / (2.0 * others as f64)).collect();
        Components {
            normal: of(&ranked.normal.half_pairs, self.diseased.len()),
            diseased: of(&ranked.diseased.half_pairs, self.normal.len()),
        }
    }

    fn ranked(&self) -> Cell {
        let numbered = |scores: &'a [f64], group: Group| scores.iter().zip(0..).map(move |(score, number)| (*score, group, number));
        let scores = numbered(self.normal, Group::Normal).chain(numbered(self.diseased, Group::Diseased));
        Cell::of(scores, self.normal.len(), self.diseased.len())
    }

    /// DeLong's variance of the area: S10/N1 + S01/N0, with S the sample variances (n - 1) of the structural components.
    ///
    /// # Errors
    /// When a group has a single case: its spread cannot be estimated.
    pub fn delong_variance(&self) -> Result<f64, RocError> {
        let Components { normal, diseased } = self.components();
        let of_normal = sample_variance(&normal).ok_or(RocError::TooFew(Group::Normal))?;
        let of_diseased = sample_variance(&diseased).ok_or(RocError::TooFew(Group::Diseased))?;
        Ok(of_diseased / diseased.len() as f64 + of_normal / normal.len() as f64)
    }
}

/// Variance with the divisor n - 1; `None` below two values.
fn sample_variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    Some(values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(normal: &[f64], diseased: &[f64], auc: f64, variance: Option<f64>) {
        let scores = Scores::new(normal, diseased).unwrap();
        assert_eq!(scores.auc(), auc, "area of {normal:?} against {diseased:?}");
        match (scores.delong_variance().ok(), variance) {
            (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-15, "variance {ours}, by hand {theirs}"),
            (ours, theirs) => assert_eq!(ours, theirs),
        }
    }

    #[test]
    fn small_curves_by_hand() {
        check(&[1.0, 2.0], &[3.0, 4.0], 1.0, Some(0.0));
        check(&[3.0, 4.0], &[1.0, 2.0], 0.0, Some(0.0));
        check(&[5.0, 5.0], &[5.0, 5.0], 0.5, Some(0.0));
        // V10 = (0.75, 1), V01 = (1, 0.75): S = 1/32 each, over 2 cases each.
        check(&[1.0, 2.0], &[2.0, 3.0], 0.875, Some(1.0 / 64.0 + 1.0 / 64.0));
        check(&[1.0], &[2.0], 1.0, None);
        // V10 = (0.25, 1): S = 9/32; V01 = (0.75, 0.5): S = 1/32.
        check(&[f64::NEG_INFINITY, 1.0], &[f64::NEG_INFINITY, 2.0], 0.625, Some(9.0 / 64.0 + 1.0 / 64.0));
        check(&[-0.0], &[0.0, 0.0], 0.5, None);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(Scores::new(&[], &[1.0]), Err(RocError::NoNormal));
        assert_eq!(Scores::new(&[1.0], &[]), Err(RocError::NoDiseased));
        let nan = RocError::NotANumber { group: Group::Diseased, position: 1 };
        assert_eq!(Scores::new(&[1.0], &[1.0, f64::NAN]), Err(nan));
        assert_eq!(nan.to_string(), "score 1 of the diseased cases is not a number: leave out the case instead");
        let one_normal = Scores::new(&[1.0], &[1.0, 2.0]).unwrap();
        assert_eq!(one_normal.delong_variance(), Err(RocError::TooFew(Group::Normal)));
        let one_diseased = Scores::new(&[1.0, 2.0], &[1.0]).unwrap();
        assert_eq!(one_diseased.delong_variance(), Err(RocError::TooFew(Group::Diseased)));
    }

    #[test]
    fn points_run_from_nothing_to_everything() {
        let points = Scores::new(&[1.0, 2.0, 2.0, 3.0], &[2.0, 4.0]).unwrap().operating_points();
        let expected = [(None, 0.0, 0.0), (Some(4.0), 0.0, 0.5), (Some(3.0), 0.25, 0.5), (Some(2.0), 0.75, 1.0), (Some(1.0), 1.0, 1.0)];
        let expected = expected.map(|(threshold, fpf, tpf)| OperatingPoint { threshold, fpf, tpf });
        assert_eq!(points, expected);
    }

    /// The definition, pair by pair.
    fn psi(x: f64, y: f64) -> f64 {
        if y > x {
            1.0
        } else if y == x {
            0.5
        } else {
            0.0
        }
    }

    /// Scores with many ties, both zeros and both infinities.
    fn group(at_least: usize) -> impl Strategy<Value = Vec<f64>> {
        let coarse = (-4i8..=4).prop_map(f64::from);
        let odd = prop_oneof![Just(-0.0), Just(f64::INFINITY), Just(f64::NEG_INFINITY)];
        proptest::collection::vec(prop_oneof![6 => coarse, 3 => -5.0..5.0f64, 1 => odd], at_least..40)
    }

    proptest! {
        #[test]
        fn ranks_equal_the_definition(normal in group(2), diseased in group(2)) {
            let scores = Scores::new(&normal, &diseased).unwrap();
            let (n0, n1) = (normal.len() as f64, diseased.len() as f64);
            let v10: Vec<f64> = diseased.iter().map(|y| normal.iter().map(|x| psi(*x, *y)).sum::<f64>() / n0).collect();
            let v01: Vec<f64> = normal.iter().map(|x| diseased.iter().map(|y| psi(*x, *y)).sum::<f64>() / n1).collect();
            let pairs: f64 = diseased.iter().flat_map(|y| normal.iter().map(|x| psi(*x, *y))).sum();
            prop_assert_eq!(scores.auc(), pairs / (n0 * n1));

            // S10/N1 + S01/N0 from all pairs of differences: sum (a-b)^2 / (2 n (n-1)), a second way to a sample variance.
            let spread = |v: &[f64]| {
                let n = v.len() as f64;
                let squares: f64 = v.iter().flat_map(|a| v.iter().map(move |b| (a - b) * (a - b))).sum();
                squares / (2.0 * n * (n - 1.0))
            };
            let expected = spread(&v10) / n1 + spread(&v01) / n0;
            prop_assert!((scores.delong_variance().unwrap() - expected).abs() <= 1e-12);
            prop_assert_eq!(scores.components(), Components { normal: v01, diseased: v10 });
        }

        #[test]
        fn the_curve_rises_and_its_area_is_the_auc(normal in group(1), diseased in group(1)) {
            let scores = Scores::new(&normal, &diseased).unwrap();
            let points = scores.operating_points();
            let mut area = 0.0;
            for pair in points.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                prop_assert!(b.fpf >= a.fpf && b.tpf >= a.tpf && (b.fpf, b.tpf) != (a.fpf, a.tpf));
                area += (b.fpf - a.fpf) * f64::midpoint(a.tpf, b.tpf);
            }
            let last = points[points.len() - 1];
            prop_assert_eq!((last.fpf, last.tpf), (1.0, 1.0));
            prop_assert!((area - scores.auc()).abs() <= 1e-12);
        }

        #[test]
        fn swapping_the_groups_mirrors_the_area(normal in group(2), diseased in group(2)) {
            let there = Scores::new(&normal, &diseased).unwrap();
            let back = Scores::new(&diseased, &normal).unwrap();
            prop_assert!((there.auc() + back.auc() - 1.0).abs() <= 1e-15);
            prop_assert!((there.delong_variance().unwrap() - back.delong_variance().unwrap()).abs() <= 1e-15);
        }
    }
}
