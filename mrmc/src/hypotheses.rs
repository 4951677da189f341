//! What a study set out to show, and showing several things: margins, Holm's procedure, a fixed sequence.
//!
//! Owns superiority and non-inferiority of a difference by its interval, one-sided at half the alpha of a two-sided level (ICH
//! E9), and p values adjusted for several hypotheses so that the chance of any false claim stays alpha: Holm (Scand J Stat
//! 1979;6:65), and a fixed sequence, in which each is tested only after those before it (Maurer, Hothorn, Lehmacher 1995).
//! Higher is better; turn the sign of a difference where lower is. Refused: margins that are not positive, p values that are none.

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
    /// Not a p value.
    #[error("p value {0} (from 0) does not lie within 0 and 1")]
    NotP(usize),
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

fn checked(p: &[f64]) -> Result<(), HypothesisError> {
    p.iter().position(|p| !(0.0..=1.0).contains(p)).map_or(Ok(()), |at| Err(HypothesisError::NotP(at)))
}

/// Holm's adjusted p values, in the order given: each may be held against alpha.
///
/// # Errors
/// When a p value is none.
pub fn holm(p: &[f64]) -> Result<Vec<f64>, HypothesisError> {
    checked(p)?;
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![0.0; p.len()];
    let mut so_far: f64 = 0.0;
    for (rank, (at, p_value)) in order.into_iter().enumerate() {
        so_far = so_far.max((p.len() - rank) as f64 * p_value).min(1.0);
        if let Some(place) = adjusted.get_mut(at) {
            *place = so_far;
        }
    }
    Ok(adjusted)
}

/// Adjusted p values of a fixed sequence: the first hypothesis first, each no smaller than those before it.
///
/// # Errors
/// When a p value is none.
pub fn fixed_sequence(p: &[f64]) -> Result<Vec<f64>, HypothesisError> {
    checked(p)?;
    Ok(p.iter()
        .scan(0.0, |so_far: &mut f64, p| {
            *so_far = so_far.max(*p);
            Some(*so_far)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::Level;
    use proptest::prelude::*;

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

    #[test]
    fn adjusted_by_hand() {
        assert_eq!(holm(&[0.01, 0.04, 0.03, 0.005]).unwrap(), [0.03, 0.06, 0.06, 0.02]);
        assert_eq!(fixed_sequence(&[0.01, 0.2, 0.001]).unwrap(), [0.01, 0.2, 0.2]);
        assert_eq!(holm(&[0.1, f64::NAN]), Err(HypothesisError::NotP(1)));
    }

    proptest! {
        #[test]
        fn adjusted_values_decide_as_the_step_down_procedure(p in proptest::collection::vec(0.0..0.2f64, 1..8), alpha in 0.01..0.1f64) {
            // Holm as he wrote it: stop at the first p above alpha / (number left).
            let mut sorted = p.clone();
            sorted.sort_by(f64::total_cmp);
            let rejected = sorted.iter().enumerate().take_while(|(rank, q)| **q <= alpha / (p.len() - rank) as f64).count();
            let adjusted = holm(&p).unwrap();
            prop_assert_eq!(adjusted.iter().filter(|a| **a <= alpha * (1.0 + 1e-12)).count(), rejected);
            prop_assert!(adjusted.iter().zip(&p).all(|(a, p)| a >= p));
        }
    }
}
