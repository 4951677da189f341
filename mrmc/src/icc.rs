//! Intraclass correlations of complete ratings, and limits of agreement of two.
//!
//! Owns the six coefficients of Shrout, Fleiss (Psychol Bull 1979;86:420) with their F tests and intervals from a two-way
//! analysis of variance, and the limits of Bland, Altman (Lancet 1986;1:307; Stat Methods Med Res 1999;8:135) with the
//! repeatability of a reader who read cases twice. Refused: missing ratings, fewer than two cases or raters, ratings that do
//! not vary.

use crate::distribution::{f_quantile_upper, f_upper, t_quantile_two_sided};
use crate::inference::{Interval, Level};
use crate::ratings::{AgreementError, Ratings};

/// Which correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IccForm {
    /// ICC(1): each case has raters of its own.
    OneWay,
    /// ICC(2): raters are a sample; their levels count as disagreement.
    TwoWayRandom,
    /// ICC(3): these very raters; their levels do not count.
    TwoWayMixed,
}

/// An intraclass correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    /// The coefficient.
    pub value: f64,
    /// F of the test that it is 0; infinite where raters agree perfectly.
    pub f: f64,
    /// Degrees of freedom of cases.
    pub df1: f64,
    /// Degrees of freedom of error.
    pub df2: f64,
    /// p value of that test.
    pub p: f64,
    /// Confidence interval.
    pub interval: Interval,
}

/// The correlation of a single rating, and of the mean of all raters.
///
/// # Errors
/// When a rating is missing, there are fewer than two cases or raters, or nothing varies.
pub fn icc(ratings: &Ratings<'_>, form: IccForm, level: Level) -> Result<[Icc; 2], AgreementError> {
    let cases = ratings.complete()?;
    let (n, k) = (ratings.cases() as f64, ratings.raters() as f64);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of_cases: Vec<f64> = cases.iter().map(|case| mean(case)).collect();
    let all = mean(&of_cases);
    let of_rater = |r: usize| cases.iter().filter_map(|case| case.get(r)).sum::<f64>() / n;
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| (v - all) * (v - all)).sum::<f64>();
    let between = k * squares(&mut of_cases.iter().copied());
    let raters = n * squares(&mut (0..ratings.raters()).map(of_rater));
    let total = squares(&mut cases.iter().flatten().copied());
    // What the rounding of sums leaves of equal numbers is no variation, nor would so little be one.
    if total <= 1e-24 * cases.iter().flatten().map(|v| v * v).sum::<f64>() {
        return Err(AgreementError::NoVariation);
    }
    let within = (total - between).max(0.0);
    // What is left of perfect agreement after rounding is no error.
    let error = if within - raters > total * 1e-14 { within - raters } else { 0.0 };
    let (msb, msw) = (between / (n - 1.0), within / (n * (k - 1.0)));
    let (msj, mse) = (raters / (k - 1.0), error / ((n - 1.0) * (k - 1.0)));
    let (df1, df2, below) = match form {
        IccForm::OneWay => (n - 1.0, n * (k - 1.0), msw),
        _ => (n - 1.0, (n - 1.0) * (k - 1.0), mse),
    };
    let f = msb / below;
    let half = level.alpha() / 2.0;
    // (F - 1)/(F + k - 1), also for an infinite F.
    let single_of = |f: f64| if f.is_infinite() { 1.0 } else { (f - 1.0) / (f + k - 1.0) };
    let (value, interval) = match form {
        IccForm::OneWay | IccForm::TwoWayMixed => {
            let (low, high) = (f / f_quantile_upper(half, df1, df2), f * f_quantile_upper(half, df2, df1));
            (single_of(f), Interval { low: single_of(low), high: single_of(high) })
        }
        IccForm::TwoWayRandom => {
            let value = (msb - mse) / (msb + (k - 1.0) * mse + k * (msj - mse) / n);
            (value, random_interval(value, [msb, msj, mse], n, k, half))
        }
    };
    // The mean of k raters, by Spearman-Brown.
    let of_mean = |single: f64| single * k / (1.0 + (k - 1.0) * single);
    let p = f_upper(f, df1, df2);
    let single = Icc { value, f, df1, df2, p, interval };
    let average = Icc { value: of_mean(value), interval: Interval { low: of_mean(interval.low), high: of_mean(interval.high) }, ..single };
    Ok([single, average])
}

/// The interval of ICC(2,1) by Satterthwaite's degrees of freedom (Shrout, Fleiss 1979, p. 424).
fn random_interval(icc: f64, [msb, msj, mse]: [f64; 3], n: f64, k: f64, half: f64) -> Interval {
    if mse <= 0.0 && msj <= 0.0 {
        return Interval { low: icc, high: icc };
    }
    let ratio = msj / mse;
    let own = n * (1.0 + (k - 1.0) * icc) - k * icc;
    let df = if mse > 0.0 {
        (k - 1.0) * (n - 1.0) * (k * icc * ratio + own).powi(2) / ((n - 1.0) * (k * icc * ratio).powi(2) + own.powi(2))
    } else {
        k - 1.0
    };
    let (above, below) = (f_quantile_upper(half, n - 1.0, df), f_quantile_upper(half, df, n - 1.0));
    let rest = k * msj + (k * n - k - n) * mse;
    Interval { low: n * (msb - above * mse) / (above * rest + n * msb), high: n * (below * msb - mse) / (rest + n * below * msb) }
}

/// Limits of agreement of two ratings of the same cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Mean of first minus second.
    pub bias: f64,
    /// Interval of the bias, by t.
    pub bias_interval: Interval,
    /// Standard deviation of the differences.
    pub deviation: f64,
    /// The limits between which that share of differences is expected to lie that the level names.
    pub limits: Interval,
    /// Interval of the lower limit.
    pub lower_interval: Interval,
    /// Interval of the upper limit.
    pub upper_interval: Interval,
    /// Standard deviation of one rating about its case, taking bias for error: root of half the mean squared difference.
    pub within: f64,
    /// Repeatability: the difference that two ratings of a case stay below with that probability.
    pub repeatability: f64,
}

/// Limits of agreement of pairs (first, second): two readers, two modalities, or two reads of one reader.
///
/// # Errors
/// When there are fewer than two pairs, or a rating is not finite.
pub fn limits(pairs: &[(f64, f64)], level: Level) -> Result<Limits, AgreementError> {
    if pairs.len() < 2 {
        return Err(AgreementError::TooFew { cases: 2, raters: 2 });
    }
    let differences: Vec<f64> = pairs.iter().map(|(a, b)| a - b).collect();
    if let Some(at) = differences.iter().position(|d| !d.is_finite()) {
        return Err(AgreementError::NotFinite(at));
    }
    let n = differences.len() as f64;
    let bias = differences.iter().sum::<f64>() / n;
    let deviation = (differences.iter().map(|d| (d - bias) * (d - bias)).sum::<f64>() / (n - 1.0)).sqrt();
    let z = t_quantile_two_sided(level.alpha(), f64::INFINITY);
    let t = t_quantile_two_sided(level.alpha(), n - 1.0);
    let about = |value: f64, error: f64| Interval { low: value - t * error, high: value + t * error };
    let of_limit = deviation * (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt();
    let limits = Interval { low: bias - z * deviation, high: bias + z * deviation };
    let within = (differences.iter().map(|d| d * d).sum::<f64>() / (2.0 * n)).sqrt();
    Ok(Limits {
        bias,
        bias_interval: about(bias, deviation / n.sqrt()),
        deviation,
        limits,
        lower_interval: about(limits.low, of_limit),
        upper_interval: about(limits.high, of_limit),
        within,
        repeatability: z * std::f64::consts::SQRT_2 * within,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrout_and_fleiss_worked_example() {
        // Their table 2: six targets, four judges; coefficients as in their table 4.
        let judges: [[u8; 6]; 4] = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]];
        let ratings: Vec<Option<f64>> = judges.iter().flatten().map(|r| Some(f64::from(*r))).collect();
        let ratings = Ratings::new(4, 6, &ratings).unwrap();
        let expected = [(IccForm::OneWay, 0.17, 0.44), (IccForm::TwoWayRandom, 0.29, 0.62), (IccForm::TwoWayMixed, 0.71, 0.91)];
        for (form, single, average) in expected {
            let [one, mean] = icc(&ratings, form, Level::default()).unwrap();
            assert!((one.value - single).abs() < 6e-3 && (mean.value - average).abs() < 6e-3, "{form:?}: {one:?} {mean:?}");
            assert!(one.interval.low < one.value && one.value < one.interval.high);
        }
    }

    #[test]
    fn perfect_agreement_and_none() {
        let same: Vec<Option<f64>> = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0].map(Some).to_vec();
        let ratings = Ratings::new(2, 3, &same).unwrap();
        for form in [IccForm::OneWay, IccForm::TwoWayRandom, IccForm::TwoWayMixed] {
            let [one, mean] = icc(&ratings, form, Level::default()).unwrap();
            assert_eq!((one.value, mean.value, one.p), (1.0, 1.0, 0.0), "{form:?}");
            assert_eq!(one.interval, Interval { low: 1.0, high: 1.0 });
        }
        let flat = [Some(1.0); 6];
        assert_eq!(icc(&Ratings::new(2, 3, &flat).unwrap(), IccForm::OneWay, Level::default()), Err(AgreementError::NoVariation));
        // Sums of these do not divide into the number itself.
        for (value, raters, cases) in [(0.1, 3, 10), (4.7, 6, 1000), (12.3, 5, 37)] {
            let flat = vec![Some(value); raters * cases];
            let found = icc(&Ratings::new(raters, cases, &flat).unwrap(), IccForm::TwoWayMixed, Level::default());
            assert_eq!(found, Err(AgreementError::NoVariation), "{value}");
        }
        let missing = [Some(1.0), None, Some(2.0), Some(1.0)];
        assert_eq!(icc(&Ratings::new(2, 2, &missing).unwrap(), IccForm::OneWay, Level::default()), Err(AgreementError::Incomplete(1)));
        // Raters who differ by a constant: perfect consistency, less than perfect agreement.
        let shifted: Vec<Option<f64>> = [1.0, 2.0, 3.0, 2.0, 3.0, 4.0].map(Some).to_vec();
        let ratings = Ratings::new(2, 3, &shifted).unwrap();
        assert_eq!(icc(&ratings, IccForm::TwoWayMixed, Level::default()).unwrap()[0].value, 1.0);
        let agreement = icc(&ratings, IccForm::TwoWayRandom, Level::default()).unwrap()[0];
        assert!((agreement.value - 2.0 / 3.0).abs() < 1e-12 && agreement.interval.low.is_finite(), "{agreement:?}");
    }

    #[test]
    fn limits_by_hand() {
        let found = limits(&[(3.0, 1.0), (5.0, 5.0), (2.0, 4.0), (9.0, 5.0)], Level::default()).unwrap();
        // Differences 2, 0, -2, 4: mean 1, sum of squares about it 20.
        assert_eq!((found.bias, found.deviation), (1.0, (20.0_f64 / 3.0).sqrt()));
        assert!((found.limits.high - 1.0 - 1.959_963_984_540_054 * found.deviation).abs() < 1e-12);
        assert!((found.within - 3.0_f64.sqrt()).abs() < 1e-12);
        assert!(found.lower_interval.low < found.limits.low && found.limits.low < found.lower_interval.high);
        assert_eq!(limits(&[(1.0, 1.0)], Level::default()), Err(AgreementError::TooFew { cases: 2, raters: 2 }));
        assert_eq!(limits(&[(1.0, 1.0), (f64::INFINITY, 0.0)], Level::default()), Err(AgreementError::NotFinite(1)));
    }
}
