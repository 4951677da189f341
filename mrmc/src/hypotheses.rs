//! What a study set out to show: that a difference is above zero, or above a margin.
//!
//! Owns superiority and non-inferiority of a difference by its interval, one-sided at half the alpha of a two-sided level (ICH
//! E9). Higher is better; turn the sign of a difference where lower is. Refused: margins that are not positive.

use crate::inference::Estimate;
use thiserror::Error;

/// Why nothing can be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum HypothesisError {
    /// No margin.
    #[error("a margin is a positive number, fixed before the reads: {0} is none")]
    Margin(f64),
    /// Nothing varied.
    #[error("the difference has a standard error of zero: nothing varied, so that there is no test")]
    NoSpread,
}

/// What is to be shown about a difference of new minus old.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Claim {
    /// It is above zero.
    Superiority,
    /// It is above minus this margin.
    NonInferiority(f64),
    /// It is above this margin.
    SuperiorityBy(f64),
}

/// What a difference says about a claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// What the difference must be above.
    pub bound: f64,
    /// One-sided p value.
    pub p: f64,
    /// Whether the interval lies above the bound, which is the test at half of alpha.
    pub shown: bool,
}

/// Tests a claim by a difference with its two-sided interval.
///
/// # Errors
/// When a margin is not a positive number, or nothing varied.
pub fn verdict(difference: &Estimate, claim: Claim) -> Result<Verdict, HypothesisError> {
    let positive = |margin: f64| if margin > 0.0 && margin.is_finite() { Ok(margin) } else { Err(HypothesisError::Margin(margin)) };
    let bound = match claim {
        Claim::Superiority => 0.0,
        Claim::NonInferiority(margin) => -positive(margin)?,
        Claim::SuperiorityBy(margin) => positive(margin)?,
    };
    let p = difference.p_above(bound).ok_or(HypothesisError::NoSpread)?;
    Ok(Verdict { bound, p, shown: difference.interval.low > bound })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Level;

    #[test]
    fn the_interval_and_the_test_say_the_same() {
        for value in [-0.06, -0.04, -0.01, 0.0, 0.02, 0.05, 0.2] {
            let difference = Estimate::new(value, 0.02, 11.3, Some(0.0), Level::default());
            for claim in [Claim::Superiority, Claim::NonInferiority(0.05), Claim::SuperiorityBy(0.03)] {
                let verdict = verdict(&difference, claim).unwrap();
                assert_eq!(verdict.shown, verdict.p < 0.025, "{value} {claim:?} {verdict:?}");
            }
            // Superiority at half of alpha is the two-sided test, on the right side.
            let p = verdict(&difference, Claim::Superiority).unwrap().p;
            let both = difference.test.unwrap().p;
            assert!((p - if value > 0.0 { both / 2.0 } else { 1.0 - both / 2.0 }).abs() < 1e-12);
        }
        let flat = Estimate::new(0.1, 0.0, 5.0, Some(0.0), Level::default());
        assert_eq!(verdict(&flat, Claim::Superiority), Err(HypothesisError::NoSpread));
        assert_eq!(verdict(&flat, Claim::NonInferiority(-0.05)), Err(HypothesisError::Margin(-0.05)));
    }
}
