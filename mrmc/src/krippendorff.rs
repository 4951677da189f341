//! Krippendorff's alpha: agreement of any number of raters, on any scale, with ratings missing.
//!
//! Owns 1 - Do/De over the coincidences of values within cases (Krippendorff, Computing Krippendorff's alpha-reliability,
//! 2011). A case that fewer than two raters rated says nothing and is left out. Refused: fewer than two ratings to compare,
//! ratings that are all alike, negative ratings on a ratio scale.

use crate::ratings::AgreementError;

/// How far apart two values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The same or not.
    Nominal,
    /// By how many ratings lie between them.
    Ordinal,
    /// By their difference.
    Interval,
    /// By their difference over their sum; values of at least 0.
    Ratio,
}

/// Alpha of the ratings that each case has.
///
/// # Errors
/// When no case has two ratings, all ratings are alike, or one is not finite (for a ratio scale: or negative).
pub fn alpha(cases: &[Vec<f64>], metric: Metric) -> Result<f64, AgreementError> {
    let pairable: Vec<&Vec<f64>> = cases.iter().filter(|ratings| ratings.len() > 1).collect();
    let mut values: Vec<f64> = pairable.iter().flat_map(|ratings| ratings.iter().copied()).collect();
    if let Some(at) = values.iter().position(|v| !v.is_finite() || (metric == Metric::Ratio && *v < 0.0)) {
        return Err(AgreementError::NotFinite(at));
    }
    if values.is_empty() {
        return Err(AgreementError::TooFew { cases: 1, raters: 2 });
    }
    let n = values.len() as f64;
    values.sort_by(f64::total_cmp);
    // Distinct values with how often each occurs and how many ratings are lower; -0 and 0 are one.
    let mut distinct: Vec<(f64, f64, f64)> = Vec::new();
    let mut lower = 0.0;
    for tied in values.chunk_by(|a, b| a == b) {
        distinct.extend(tied.first().map(|value| (*value, tied.len() as f64, lower)));
        lower += tied.len() as f64;
    }
    let place = |value: f64| distinct.get(distinct.partition_point(|(v, _, _)| *v < value)).copied().unwrap_or_default();
    let distance = |(a, count_a, lower_a): (f64, f64, f64), (b, count_b, lower_b): (f64, f64, f64)| match metric {
        _ if a == b => 0.0,
        Metric::Nominal => 1.0,
        // Half of those at either value and all between: a difference of mean ranks.
        Metric::Ordinal => (lower_a + 0.5 * count_a - lower_b - 0.5 * count_b).powi(2),
        Metric::Interval => (a - b).powi(2),
        Metric::Ratio => ((a - b) / (a + b)).powi(2),
    };
    let mut observed = 0.0;
    for ratings in pairable {
        let places: Vec<(f64, f64, f64)> = ratings.iter().map(|rating| place(*rating)).collect();
        let sum: f64 = places.iter().flat_map(|a| places.iter().map(|b| distance(*a, *b))).sum();
        observed += sum / (ratings.len() - 1) as f64;
    }
    let expected: f64 = distinct.iter().flat_map(|a| distinct.iter().map(|b| a.1 * b.1 * distance(*a, *b))).sum::<f64>() / (n - 1.0);
    if expected > 0.0 { Ok(1.0 - observed / expected) } else { Err(AgreementError::NoVariation) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ratings::Ratings;

    #[test]
    fn the_worked_example() {
        // Krippendorff 2011, example C: four observers, twelve units, ratings missing.
        let raters: [[u8; 12]; 4] = [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ];
        let ratings: Vec<Option<f64>> = raters.iter().flatten().map(|r| (*r > 0).then_some(f64::from(*r))).collect();
        let cases = Ratings::new(4, 12, &ratings).unwrap().by_case();
        for (metric, expected) in [(Metric::Nominal, 0.743), (Metric::Ordinal, 0.815), (Metric::Interval, 0.849), (Metric::Ratio, 0.797)] {
            assert!((alpha(&cases, metric).unwrap() - expected).abs() < 5e-4, "{metric:?}");
        }
    }

    #[test]
    fn bounds_and_refusals() {
        let same = [vec![1.0, 1.0], vec![2.0, 2.0, 2.0], vec![3.0]];
        assert_eq!(alpha(&same, Metric::Ordinal), Ok(1.0));
        assert_eq!(alpha(&[vec![1.0, 1.0], vec![1.0, 1.0]], Metric::Nominal), Err(AgreementError::NoVariation));
        assert_eq!(alpha(&[vec![1.0], vec![2.0]], Metric::Nominal), Err(AgreementError::TooFew { cases: 1, raters: 2 }));
        assert_eq!(alpha(&[vec![1.0, -1.0]], Metric::Ratio), Err(AgreementError::NotFinite(1)));
        // Monotone changes leave the ordinal alpha alone, and shifts the interval one.
        let cases = [vec![1.0, 2.0, 2.0], vec![3.0, 3.0], vec![2.0, 4.0, 4.0], vec![1.0, 1.0]];
        let mapped = |f: fn(f64) -> f64| cases.iter().map(|c| c.iter().map(|v| f(*v)).collect()).collect::<Vec<Vec<f64>>>();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12);
        near(alpha(&mapped(f64::exp), Metric::Ordinal).unwrap(), alpha(&cases, Metric::Ordinal).unwrap());
        near(alpha(&mapped(|v| 3.0 * v - 8.0), Metric::Interval).unwrap(), alpha(&cases, Metric::Interval).unwrap());
    }
}
