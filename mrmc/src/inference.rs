//! What every analysis of this crate reports: an estimate with its standard error, interval and test.
//!
//! Owns the shape of results and the rule for what follows from an estimate, a standard error and degrees of freedom; which
//! standard error that is, the analyses say. Degrees of freedom are a positive number, infinite where the normal
//! distribution is meant. A standard error of zero gives an interval of no width and no test: nothing varied, so there is
//! nothing to test against. Refused: a confidence level outside (0, 1).

use crate::distribution::{t_quantile_two_sided, t_two_sided, t_upper};
use thiserror::Error;

/// A confidence level outside its range.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("a confidence level lies between 0 and 1, and {0} does not: write 0.95 for 95 %")]
pub struct LevelError(pub f64);

/// A confidence level, strictly between 0 and 1; 0.95 unless something else is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level(f64);

impl Default for Level {
    fn default() -> Self {
        Self(0.95)
    }
}

impl Level {
    /// A level of confidence, such as 0.95.
    ///
    /// # Errors
    /// When it is not between 0 and 1, both excluded.
    pub fn new(confidence: f64) -> Result<Self, LevelError> {
        if confidence > 0.0 && confidence < 1.0 { Ok(Self(confidence)) } else { Err(LevelError(confidence)) }
    }
    /// The share of intervals that are meant to hold the true value.
    #[must_use]
    pub fn confidence(self) -> f64 {
        self.0
    }
    /// The share that is not: the two-sided size of the test that goes with the interval.
    #[must_use]
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }
}

/// A confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// The part of it between two values, such as 0 and 1 for an area. MRMCaov reports intervals so; the others do not.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { low: self.low.max(low).min(high), high: self.high.min(high).max(low) }
    }
}

/// A two-sided test of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// t, or z where the degrees of freedom are infinite.
    pub statistic: f64,
    /// Two-sided p value.
    pub p: f64,
}

/// An estimate and what is known about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error, >= 0.
    pub standard_error: f64,
    /// Degrees of freedom of t; infinite for the normal distribution.
    pub df: f64,
    /// Two-sided confidence interval.
    pub interval: Interval,
    /// Test against the null value the analysis names (0 for a difference); none where it names none or nothing varied.
    pub test: Option<Test>,
}

impl Estimate {
    /// What follows from an estimate, its standard error (>= 0) and degrees of freedom (> 0); `null` is what it is tested
    /// against.
    #[must_use]
    pub fn new(value: f64, standard_error: f64, df: f64, null: Option<f64>, level: Level) -> Self {
        if standard_error <= 0.0 || standard_error.is_nan() {
            let interval = Interval { low: value, high: value };
            return Self { value, standard_error, df, interval, test: None };
        }
        let half = t_quantile_two_sided(level.alpha(), df) * standard_error;
        let test = null.map(|null| {
            let statistic = (value - null) / standard_error;
            Test { statistic, p: t_two_sided(statistic, df) }
        });
        Self { value, standard_error, df, interval: Interval { low: value - half, high: value + half }, test }
    }

    /// One-sided p value of the hypothesis that the true value is at most `bound`; `None` where nothing varied.
    #[must_use]
    pub fn p_above(&self, bound: f64) -> Option<f64> {
        (self.standard_error > 0.0).then(|| t_upper((self.value - bound) / self.standard_error, self.df))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_and_its_test_agree() {
        let level = Level::new(0.9).unwrap();
        let estimate = Estimate::new(2.0, 0.5, 7.5, Some(0.0), level);
        // Tested against an end of its interval, an estimate is just not significant.
        for end in [estimate.interval.low, estimate.interval.high] {
            let test = Estimate::new(2.0, 0.5, 7.5, Some(end), level).test.unwrap();
            assert!((test.p - 0.1).abs() < 1e-12, "{test:?}");
        }
        assert!((estimate.p_above(estimate.interval.low).unwrap() - 0.05).abs() < 1e-12);
        assert_eq!(Interval { low: -0.1, high: 1.2 }.within(0.0, 1.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn no_spread_no_test() {
        let estimate = Estimate::new(1.0, 0.0, 4.0, Some(0.5), Level::default());
        assert_eq!((estimate.interval, estimate.test), (Interval { low: 1.0, high: 1.0 }, None));
        assert_eq!(estimate.p_above(0.0), None);
    }

    #[test]
    fn levels_are_shares() {
        for wrong in [0.0, 1.0, 95.0, -0.5, f64::NAN] {
            assert!(Level::new(wrong).is_err());
        }
        assert_eq!(LevelError(95.0).to_string(), "a confidence level lies between 0 and 1, and 95 does not: write 0.95 for 95 %");
    }
}
