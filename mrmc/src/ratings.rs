//! Ratings of the same cases by several raters: the shape that measures of agreement take.
//!
//! Owns the check of that shape, what all measures report when they cannot be computed, and the interval that comes from
//! leaving out one case at a time. Raters may be readers, or the repeats of one. Refused: slices of the wrong length, ratings
//! that are not finite.

use crate::inference::{Estimate, Level};
use thiserror::Error;

/// Why agreement cannot be measured.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// The slice does not fill the table.
    #[error("{found} ratings do not fill a table of {expected} (raters x cases): give each a rating or none")]
    Size {
        /// Ratings that belong there.
        expected: usize,
        /// Ratings given.
        found: usize,
    },
    /// A rating that says nothing.
    #[error("rating {0} (from 0) is not a finite number: leave it out")]
    NotFinite(usize),
    /// A category that is not there.
    #[error("case {case} (from 0) is in category {category}, and there are {categories} (from 0): correct the rating or the scale")]
    NoCategory {
        /// The case, from 0.
        case: usize,
        /// Its category.
        category: usize,
        /// How many categories there are.
        categories: usize,
    },
    /// Too little to compare.
    #[error("agreement needs at least {cases} cases that at least {raters} raters have rated")]
    TooFew {
        /// Cases needed.
        cases: usize,
        /// Raters needed.
        raters: usize,
    },
    /// A measure for complete data.
    #[error("a rating of case {0} (from 0) is missing, and this measure wants them all: leave out the case, or use Krippendorff's alpha")]
    Incomplete(usize),
    /// Nothing varies.
    #[error(
        "all ratings are alike, so that agreement by chance is complete and a measure beyond chance does not exist: report the share of equal ratings"
    )]
    NoVariation,
}

/// Ratings of cases by raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratings<'a> {
    raters: usize,
    cases: usize,
    ratings: &'a [Option<f64>],
}

impl<'a> Ratings<'a> {
    /// Takes a rating or `None` for each (rater, case): that of rater r and case k stands at `r * cases + k`.
    ///
    /// # Errors
    /// When the slice has another size or a rating is not finite.
    pub fn new(raters: usize, cases: usize, ratings: &'a [Option<f64>]) -> Result<Self, AgreementError> {
        let expected = raters.saturating_mul(cases);
        if ratings.len() != expected {
            return Err(AgreementError::Size { expected, found: ratings.len() });
        }
        if let Some(at) = ratings.iter().position(|rating| rating.is_some_and(|r| !r.is_finite())) {
            return Err(AgreementError::NotFinite(at));
        }
        Ok(Self { raters, cases, ratings })
    }
    /// How many raters.
    #[must_use]
    pub fn raters(&self) -> usize {
        self.raters
    }
    /// How many cases.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.cases
    }
    /// The ratings that each case has, in the order of raters.
    #[must_use]
    pub fn by_case(&self) -> Vec<Vec<f64>> {
        let mut cases = vec![Vec::new(); self.cases];
        for of_rater in self.ratings.chunks_exact(self.cases.max(1)) {
            for (case, rating) in cases.iter_mut().zip(of_rater) {
                case.extend(rating);
            }
        }
        cases
    }
    /// The ratings of each case, all of them there.
    pub(crate) fn complete(&self) -> Result<Vec<Vec<f64>>, AgreementError> {
        let cases = self.by_case();
        if self.raters < 2 || self.cases < 2 {
            return Err(AgreementError::TooFew { cases: 2, raters: 2 });
        }
        match cases.iter().position(|case| case.len() < self.raters) {
            Some(case) => Err(AgreementError::Incomplete(case)),
            None => Ok(cases),
        }
    }
}

/// A measure of some cases with the standard error of the jackknife over cases, and a normal interval.
///
/// # Errors
/// When the measure fails for all cases, or without one of them.
pub fn with_jackknife<T: Clone>(
    cases: &[T],
    level: Level,
    measure: impl Fn(&[T]) -> Result<f64, AgreementError>,
) -> Result<Estimate, AgreementError> {
    let value = measure(cases)?;
    let k = cases.len() as f64;
    let without = |out: usize| {
        let kept: Vec<T> = cases.iter().enumerate().filter(|(at, _)| *at != out).map(|(_, case)| case.clone()).collect();
        measure(&kept)
    };
    let left: Vec<f64> = (0..cases.len()).map(without).collect::<Result<_, _>>()?;
    let mean = left.iter().sum::<f64>() / k;
    let variance = (k - 1.0) / k * left.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>();
    Ok(Estimate::new(value, variance.sqrt(), f64::INFINITY, None, level))
}
