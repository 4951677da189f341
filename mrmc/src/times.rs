//! Reading times: means of logarithms as figures of merit, ratios of times, and the signed-rank test that goes with them.
//!
//! Times are skewed, so their logarithms are averaged: the mean log time of each reader in each modality, with the jackknife
//! over cases, goes through [`obuchowski_rockette`](crate::obuchowski_rockette) like any figure, and a difference of means is the
//! logarithm of a ratio of (geometric mean) times. Owned here too: medians by reader and the signed-rank test of Wilcoxon
//! (1945) over readers, exact for up to 50 pairs also with ties, as a companion that assumes less. In a sequential design the
//! second time contains the first and no such comparison says anything about speed. Refused: times that are not positive.

use crate::distribution::normal_two_sided;
use crate::figures::{FiguresError, Jackknife};
use crate::inference::{Estimate, Interval};
use thiserror::Error;

/// Why times cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum TimesError {
    /// Not a time.
    #[error("time {0} (from 0) is not a positive number: a time that was not measured is none, not zero")]
    NotPositive(usize),
    /// Too few reads.
    #[error("reader {reader} has fewer than two times in modality {modality} (each from 0): leave the reader out of this comparison")]
    TooFew {
        /// The modality, from 0.
        modality: usize,
        /// The reader, from 0.
        reader: usize,
    },
    /// No pair differs.
    #[error("no pair differs: there is nothing for a signed-rank test to rank")]
    NoDifference,
    /// Not a difference.
    #[error("difference {0} (from 0) is not a number: leave out the pair")]
    NotANumber(usize),
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

/// Mean log times with their jackknife over cases. `times` has a time (in any unit, the same throughout) or `None` for each
/// (modality, reader, case), in the order of a table of scores. A time that is missing leaves its reader's mean as it is.
///
/// # Errors
/// When the slice has another size, a time is not positive, or a cell has fewer than two.
pub fn log_times(modalities: usize, readers: usize, cases: usize, times: &[Option<f64>]) -> Result<Jackknife, TimesError> {
    let expected = modalities.saturating_mul(readers).saturating_mul(cases);
    if times.len() != expected || cases == 0 {
        return Err(FiguresError::Size { expected, found: times.len() }.into());
    }
    if let Some(at) = times.iter().position(|time| time.is_some_and(|t| !(t > 0.0 && t.is_finite()))) {
        return Err(TimesError::NotPositive(at));
    }
    let (mut values, mut left_out) = (Vec::new(), Vec::new());
    for (at, cell) in times.chunks_exact(cases).enumerate() {
        let logs: Vec<f64> = cell.iter().flatten().map(|time| time.ln()).collect();
        if logs.len() < 2 {
            return Err(TimesError::TooFew { modality: at / readers, reader: at % readers });
        }
        let (sum, n) = (logs.iter().sum::<f64>(), logs.len() as f64);
        values.push(sum / n);
        left_out.extend(cell.iter().map(|time| time.map_or(sum / n, |time| (sum - time.ln()) / (n - 1.0))));
    }
    Ok(Jackknife::new(modalities, readers, values, left_out)?)
}

/// A ratio of geometric mean times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// First over second.
    pub value: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// p value of the test that it is 1; none where nothing varied.
    pub p: Option<f64>,
}

impl Ratio {
    /// The ratio whose logarithm is this difference of mean log times.
    #[must_use]
    pub fn of(difference: &Estimate) -> Self {
        let Interval { low, high } = difference.interval;
        Self { value: difference.value.exp(), interval: Interval { low: low.exp(), high: high.exp() }, p: difference.test.map(|t| t.p) }
    }
}

/// The median; `None` of nothing. Numbers that are not numbers sort last.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// A signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// Pairs that differ.
    pub pairs: usize,
    /// Sum of the ranks of positive differences, ties at their mean rank.
    pub positive: f64,
    /// Two-sided p value.
    pub p: f64,
    /// Whether p is exact, which it is for up to 50 pairs; beyond, it is normal with correction for ties and continuity.
    pub exact: bool,
}

/// Up to how many pairs all signs are gone through.
const EXACT: usize = 50;

/// Wilcoxon's signed-rank test that differences are symmetric about 0. Differences of 0 are left out, as he did.
///
/// # Errors
/// When a difference is not a number, or all are 0.
pub fn signed_rank(differences: &[f64]) -> Result<SignedRank, TimesError> {
    if let Some(at) = differences.iter().position(|d| d.is_nan()) {
        return Err(TimesError::NotANumber(at));
    }
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if sorted.is_empty() {
        return Err(TimesError::NoDifference);
    }
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    // Twice the ranks, so that mean ranks are whole numbers.
    let mut ranks: Vec<(usize, bool)> = Vec::with_capacity(sorted.len());
    let mut ties = 0.0;
    for tied in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let twice = 2 * ranks.len() + tied.len() + 1;
        ties += (tied.len() as f64).powi(3) - tied.len() as f64;
        ranks.extend(tied.iter().map(|d| (twice, *d > 0.0)));
    }
    let n = ranks.len();
    let positive: usize = ranks.iter().filter(|(_, up)| *up).map(|(twice, _)| twice).sum();
    let exact = n <= EXACT;
    let p = if exact { exact_p(&ranks, positive) } else { normal_p(n, ties, positive) };
    Ok(SignedRank { pairs: n, positive: positive as f64 / 2.0, p, exact })
}

/// Two-sided p of a sum of (twice) ranks when every sign is a coin.
fn exact_p(ranks: &[(usize, bool)], positive: usize) -> f64 {
    let all: usize = ranks.iter().map(|(twice, _)| twice).sum();
    let mut chances = vec![0.0; all + 1];
    if let Some(none) = chances.first_mut() {
        *none = 1.0;
    }
    for (twice, _) in ranks {
        let before = chances.clone();
        for (sum, chance) in chances.iter_mut().enumerate() {
            let with = sum.checked_sub(*twice).and_then(|rest| before.get(rest)).copied().unwrap_or_default();
            *chance = 0.5 * (*chance + with);
        }
    }
    let least = positive.min(all - positive);
    (2.0 * chances.iter().take(least + 1).sum::<f64>()).min(1.0)
}

/// The same by the normal distribution, corrected for ties and continuity.
fn normal_p(n: usize, ties: f64, positive: usize) -> f64 {
    let n = n as f64;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    let from_mean = (positive as f64 / 2.0 - n * (n + 1.0) / 4.0).abs();
    normal_two_sided((from_mean - 0.5).max(0.0) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Level;
    use crate::obuchowski_rockette::{Conventions, ObuchowskiRockette, Random};
    use proptest::prelude::*;

    #[test]
    fn a_ratio_of_times() {
        // Two readers who take half the time in modality 1: the ratio is 2 and nothing varies.
        let (slow, fast) = ([40.0, 80.0, 60.0], [20.0, 40.0, 30.0]);
        let times: Vec<Option<f64>> = [slow, slow, fast, fast].iter().flatten().map(|t| Some(*t)).collect();
        let figures = log_times(2, 2, 3, &times).unwrap().figures();
        let analysis = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
        let difference = analysis.compare(Random::Cases).unwrap().differences[0].estimate;
        let ratio = Ratio::of(&difference);
        assert!((ratio.value - 2.0).abs() < 1e-12 && ratio.interval.high - ratio.interval.low < 1e-6);
        let mut wrong = times.clone();
        wrong[4] = Some(0.0);
        assert_eq!(log_times(2, 2, 3, &wrong), Err(TimesError::NotPositive(4)));
        wrong[4] = None;
        assert!(log_times(2, 2, 3, &wrong).is_ok());
        wrong[3] = None;
        assert_eq!(log_times(2, 2, 3, &wrong), Err(TimesError::TooFew { modality: 0, reader: 1 }));
    }

    #[test]
    fn one_reader_is_a_paired_comparison_of_logarithms() {
        let (slow, fast) = ([41.0, 83.0, 60.0, 12.0, 33.0], [20.0, 47.0, 35.0, 14.0, 16.0]);
        let times: Vec<Option<f64>> = slow.iter().chain(&fast).map(|t| Some(*t)).collect();
        let figures = log_times(2, 1, 5, &times).unwrap().figures();
        let analysis = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
        let found = analysis.compare(Random::Cases).unwrap().differences[0].estimate;
        let logs: Vec<f64> = slow.iter().zip(&fast).map(|(a, b)| (a / b).ln()).collect();
        let mean = logs.iter().sum::<f64>() / 5.0;
        let variance = logs.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / 4.0 / 5.0;
        assert!((found.value - mean).abs() < 1e-12 && (found.standard_error.powi(2) - variance).abs() < 1e-12);
    }

    #[test]
    fn medians_and_signed_ranks_by_hand() {
        assert_eq!((median(&[]), median(&[3.0]), median(&[4.0, 1.0, 3.0, 9.0])), (None, Some(3.0), Some(3.5)));
        // Five readers, all faster: 2/32.
        let all = signed_rank(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((all.positive, all.p, all.exact), (15.0, 2.0 / 32.0, true));
        // Ranks 1.5, 1.5, 3, 4 with a sum of 3 against: sums of at most 3 are 0, 1.5, 1.5, 3 and 3 of 16.
        let tied = signed_rank(&[1.0, 1.0, -2.0, 3.0, 0.0]).unwrap();
        assert_eq!((tied.pairs, tied.positive, tied.p), (4, 7.0, 2.0 * 5.0 / 16.0));
        assert_eq!(signed_rank(&[0.0, 0.0]), Err(TimesError::NoDifference));
        assert_eq!(signed_rank(&[1.0, f64::NAN]), Err(TimesError::NotANumber(1)));
    }

    proptest! {
        #[test]
        fn exact_p_counts_all_signs(differences in proptest::collection::vec(-4i8..=4, 1..11)) {
            let differences: Vec<f64> = differences.into_iter().map(f64::from).collect();
            prop_assume!(differences.iter().any(|d| *d != 0.0));
            let found = signed_rank(&differences).unwrap();
            let sizes: Vec<f64> = differences.iter().filter(|d| **d != 0.0).map(|d| d.abs()).collect();
            let rank = |d: f64| {
                let (below, up_to) = (sizes.iter().filter(|s| **s < d).count(), sizes.iter().filter(|s| **s <= d).count());
                (below + up_to + 1) as f64 / 2.0
            };
            let mean = sizes.len() as f64 * (sizes.len() + 1) as f64 / 4.0;
            let at_least = (found.positive - mean).abs();
            let sums = (0_u32..1 << sizes.len()).map(|signs| {
                sizes.iter().enumerate().filter(|(at, _)| signs >> at & 1 == 1).map(|(_, d)| rank(*d)).sum::<f64>()
            });
            let beyond = sums.filter(|sum| (sum - mean).abs() >= at_least - 1e-9).count();
            prop_assert!((found.p - beyond as f64 / f64::from(1_u32 << sizes.len())).abs() < 1e-12);
        }
    }

    #[test]
    fn for_many_pairs_the_normal_is_near() {
        for step in [2, 3, 4, 5] {
            // Ranks with and without ties.
            for tie in [1, 3] {
                let differences: Vec<f64> = (0..50).map(|d| f64::from(d / tie + 1) * if d % step == 0 { -1.0 } else { 1.0 }).collect();
                let exact = signed_rank(&differences).unwrap();
                let groups = f64::from(50 / tie);
                let ties = if tie == 1 { 0.0 } else { groups * 24.0 + 6.0 };
                let normal = normal_p(50, ties, (2.0 * exact.positive) as usize);
                assert!(exact.exact && (exact.p - normal).abs() < 0.002, "{exact:?} {normal}");
            }
        }
        let many: Vec<f64> = (1..=51).map(f64::from).collect();
        assert!(!signed_rank(&many).unwrap().exact);
    }
}
