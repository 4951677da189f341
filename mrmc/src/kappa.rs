//! Agreement beyond chance of categories: Cohen's kappa, weighted kappa, Fleiss' kappa.
//!
//! Owns (po - pe)/(1 - pe) for two raters with the weights of the field (Cohen 1960, 1968) and the large-sample standard error of
//! Fleiss, Cohen, Everitt (Psychol Bull 1969;72:323), and its form for any number of raters (Fleiss 1971). Categories are
//! numbers from 0, in their order. Refused: categories out of range, ratings that are all alike.

use crate::inference::{Estimate, Level};
use crate::ratings::AgreementError;

/// How near two categories are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weights {
    /// Equal or not: Cohen's kappa.
    #[default]
    None,
    /// 1 - |i - j|/(k - 1).
    Linear,
    /// 1 - (i - j)^2/(k - 1)^2.
    Quadratic,
}

impl Weights {
    fn of(self, i: usize, j: usize, categories: usize) -> f64 {
        let (apart, most) = (i.abs_diff(j) as f64, categories.saturating_sub(1).max(1) as f64);
        match self {
            Self::None => f64::from(u8::from(i == j)),
            Self::Linear => 1.0 - apart / most,
            Self::Quadratic => 1.0 - (apart / most).powi(2),
        }
    }
}

/// Kappa of two raters of the same cases, with its large-sample standard error and normal interval.
///
/// # Errors
/// When there are fewer than two cases, a category is out of range, or all ratings are alike.
pub fn cohen(pairs: &[(usize, usize)], categories: usize, weights: Weights, level: Level) -> Result<Estimate, AgreementError> {
    if pairs.len() < 2 {
        return Err(AgreementError::TooFew { cases: 2, raters: 2 });
    }
    let n = pairs.len() as f64;
    let (mut first, mut second) = (vec![0.0; categories], vec![0.0; categories]);
    let mut observed = 0.0;
    for (case, (a, b)) in pairs.iter().enumerate() {
        for (category, margin) in [(*a, &mut first), (*b, &mut second)] {
            let count = margin.get_mut(category).ok_or(AgreementError::NoCategory { case, category, categories })?;
            *count += 1.0;
        }
        observed += weights.of(*a, *b, categories);
    }
    // Counts first and shares then, so that perfect agreement is exactly 1.
    observed /= n;
    first.iter_mut().chain(&mut second).for_each(|share| *share /= n);
    // Mean weight of a category of one rater over the other's categories.
    let means = |margin: &[f64]| {
        let of = |i: usize| margin.iter().enumerate().map(|(j, share)| weights.of(i, j, categories) * share).sum::<f64>();
        (0..categories).map(of).collect::<Vec<f64>>()
    };
    let (by_first, by_second) = (means(&second), means(&first));
    let chance: f64 = first.iter().zip(&by_first).map(|(share, mean)| share * mean).sum();
    if 1.0 - chance < 1e-12 {
        return Err(AgreementError::NoVariation);
    }
    let kappa = (observed - chance) / (1.0 - chance);
    // The derivative of kappa by the share of each cell; its variance over cases is n times that of kappa.
    let slope = |(a, b): &(usize, usize)| {
        let mean = |of: &[f64], at: usize| of.get(at).copied().unwrap_or_default();
        let together = mean(&by_first, *a) + mean(&by_second, *b);
        (weights.of(*a, *b, categories) * (1.0 - chance) - together * (1.0 - observed)) / (1.0 - chance).powi(2)
    };
    let slopes: Vec<f64> = pairs.iter().map(slope).collect();
    // About the first of them, so that slopes that are all alike have no variance at all.
    let start = slopes.first().copied().unwrap_or_default();
    let mean = slopes.iter().map(|s| s - start).sum::<f64>() / n;
    let variance = slopes.iter().map(|s| (s - start - mean).powi(2)).sum::<f64>() / (n * n);
    // No test that kappa is 0: under that hypothesis its standard error is another (Fleiss, Cohen, Everitt 1969).
    Ok(Estimate::new(kappa, variance.sqrt(), f64::INFINITY, None, level))
}

/// Fleiss' kappa of the categories that each case was given, by the same number of raters each.
///
/// # Errors
/// When there are fewer than two cases or raters, a case has more or fewer ratings than the first, a category is out of range,
/// or all ratings are alike.
pub fn fleiss(cases: &[Vec<usize>], categories: usize) -> Result<f64, AgreementError> {
    let raters = cases.first().map_or(0, Vec::len);
    if cases.len() < 2 || raters < 2 {
        return Err(AgreementError::TooFew { cases: 2, raters: 2 });
    }
    let (k, n) = (cases.len() as f64, raters as f64);
    let (mut observed, mut shares) = (0.0, vec![0.0; categories]);
    for (case, ratings) in cases.iter().enumerate() {
        if ratings.len() != raters {
            return Err(AgreementError::Incomplete(case));
        }
        let mut counts = vec![0.0; categories];
        for category in ratings {
            let count = counts.get_mut(*category).ok_or(AgreementError::NoCategory { case, category: *category, categories })?;
            *count += 1.0;
        }
        observed += (counts.iter().map(|c| c * c).sum::<f64>() - n) / (n * (n - 1.0)) / k;
        for (share, count) in shares.iter_mut().zip(counts) {
            *share += count / (n * k);
        }
    }
    let chance: f64 = shares.iter().map(|s| s * s).sum();
    if 1.0 - chance < 1e-12 { Err(AgreementError::NoVariation) } else { Ok((observed - chance) / (1.0 - chance)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratings::with_jackknife;

    /// Cohen 1960's form: 20 both yes, 5 and 10 apart, 15 both no.
    fn yes_and_no() -> Vec<(usize, usize)> {
        let cells = [((0, 0), 20), ((0, 1), 5), ((1, 0), 10), ((1, 1), 15)];
        cells.into_iter().flat_map(|(pair, count)| std::iter::repeat_n(pair, count)).collect()
    }

    #[test]
    fn two_raters_by_hand() {
        let kappa = cohen(&yes_and_no(), 2, Weights::None, Level::default()).unwrap();
        // po = 0.7, pe = 0.5 x 0.6 + 0.5 x 0.4 = 0.5.
        assert!((kappa.value - 0.4).abs() < 1e-12 && kappa.standard_error > 0.0);
        assert_eq!(kappa.test, None, "its standard error is not that of a kappa of 0");
        // With two categories all weights are the same.
        for weights in [Weights::Linear, Weights::Quadratic] {
            let other = cohen(&yes_and_no(), 2, weights, Level::default()).unwrap();
            assert!((other.value - kappa.value).abs() < 1e-12 && (other.standard_error - kappa.standard_error).abs() < 1e-12);
        }
    }

    #[test]
    fn the_standard_error_is_that_of_the_jackknife_for_many_cases() {
        let many: Vec<(usize, usize)> = (0..3000_usize).map(|k| (k % 4, if k % 7 < 3 { k % 4 } else { (k / 5) % 4 })).collect();
        for weights in [Weights::None, Weights::Linear, Weights::Quadratic] {
            let formula = cohen(&many, 4, weights, Level::default()).unwrap();
            let jackknife = with_jackknife(&many, Level::default(), |pairs| Ok(cohen(pairs, 4, weights, Level::default())?.value)).unwrap();
            assert_eq!(formula.value, jackknife.value);
            assert!((formula.standard_error / jackknife.standard_error - 1.0).abs() < 2e-3, "{formula:?} {jackknife:?}");
        }
    }

    #[test]
    fn bounds_and_refusals() {
        let same: Vec<(usize, usize)> = (0..9).map(|k| (k % 3, k % 3)).collect();
        let perfect = cohen(&same, 3, Weights::Quadratic, Level::default()).unwrap();
        assert_eq!((perfect.value, perfect.test), (1.0, None));
        assert_eq!(cohen(&[(1, 1), (1, 1)], 3, Weights::None, Level::default()), Err(AgreementError::NoVariation));
        let wrong = AgreementError::NoCategory { case: 1, category: 3, categories: 3 };
        assert_eq!(cohen(&[(1, 1), (1, 3)], 3, Weights::None, Level::default()), Err(wrong));
        assert_eq!(fleiss(&[vec![0, 1], vec![0]], 2), Err(AgreementError::Incomplete(1)));
        assert_eq!(fleiss(&[vec![1, 1], vec![1, 1]], 2), Err(AgreementError::NoVariation));
        assert_eq!(fleiss(&[vec![0, 0], vec![1, 1]], 2), Ok(1.0));
    }

    #[test]
    fn fleiss_worked_example() {
        // Fleiss 1971 as retold everywhere: ten subjects, fourteen raters, five categories, kappa 0.210.
        let counts = [
            [0, 0, 0, 0, 14],
            [0, 2, 6, 4, 2],
            [0, 0, 3, 5, 6],
            [0, 3, 9, 2, 0],
            [2, 2, 8, 1, 1],
            [7, 7, 0, 0, 0],
            [3, 2, 6, 3, 0],
            [2, 5, 3, 2, 2],
            [6, 5, 2, 1, 0],
            [0, 2, 2, 3, 7],
        ];
        let cases: Vec<Vec<usize>> =
            counts.iter().map(|row| row.iter().enumerate().flat_map(|(c, n)| std::iter::repeat_n(c, *n)).collect()).collect();
        assert!((fleiss(&cases, 5).unwrap() - 0.210).abs() < 5e-4);
    }
}
