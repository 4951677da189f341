//! Shares of independent yeses, such as the sensitivity of one reader or machine, with their intervals.
//!
//! Owns Wilson's interval (J Am Stat Assoc 1927;22:209), the one to report, and the exact one of Clopper and Pearson
//! (Biometrika 1934;26:404), which is wider. Reads of one case by several readers are not independent: their rates are figures
//! of merit ([`Jackknife::of_rate`](crate::figures::Jackknife::of_rate)). Refused: shares of nothing.

use crate::distribution::{f_quantile_upper, t_quantile_two_sided};
use crate::inference::{Interval, Level};

/// A number out of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// The share; `None` of nothing.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }
    /// Wilson's interval, which is never outside 0..=1; `None` of nothing.
    #[must_use]
    pub fn wilson(self, level: Level) -> Option<Interval> {
        let (p, n) = (self.value()?, self.of as f64);
        let z = t_quantile_two_sided(level.alpha(), f64::INFINITY);
        let (middle, whole) = (p + z * z / (2.0 * n), 1.0 + z * z / n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        // None and all reach the ends exactly, which the roots miss by a last digit.
        let low = if self.count == 0 { 0.0 } else { (middle - half) / whole };
        let high = if self.count == self.of { 1.0 } else { (middle + half) / whole };
        Some(Interval { low, high })
    }
    /// The exact interval of Clopper and Pearson, which covers at least as often as it says; `None` of nothing.
    #[must_use]
    pub fn exact(self, level: Level) -> Option<Interval> {
        self.value()?;
        let (x, n, half) = (self.count as f64, self.of as f64, level.alpha() / 2.0);
        let low = if self.count == 0 { 0.0 } else { x / (x + (n - x + 1.0) * f_quantile_upper(half, 2.0 * (n - x + 1.0), 2.0 * x)) };
        let high = if self.count >= self.of {
            1.0
        } else {
            let f = (x + 1.0) * f_quantile_upper(half, 2.0 * (x + 1.0), 2.0 * (n - x));
            f / (n - x + f)
        };
        Some(Interval { low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_by_their_definitions() {
        let level = Level::default();
        let z = 1.959_963_984_540_054_f64;
        for share in [Share { count: 3, of: 20 }, Share { count: 50, of: 100 }, Share { count: 19, of: 20 }] {
            let (n, p) = (share.of as f64, share.value().unwrap());
            // Wilson: the ends are the true shares from which p is just z standard errors away.
            let wilson = share.wilson(level).unwrap();
            for end in [wilson.low, wilson.high] {
                assert!(((p - end).abs() - z * (end * (1.0 - end) / n).sqrt()).abs() < 1e-12);
            }
            // Clopper-Pearson: from each end, as many or more (fewer) have probability 0.025.
            let exact = share.exact(level).unwrap();
            let binomial = |k: u64, p: f64| {
                let ln = libm::lgamma(n + 1.0) - libm::lgamma(k as f64 + 1.0) - libm::lgamma(n - k as f64 + 1.0);
                (ln + k as f64 * p.ln() + (n - k as f64) * (1.0 - p).ln()).exp()
            };
            let at_least: f64 = (share.count..=share.of).map(|k| binomial(k, exact.low)).sum();
            let at_most: f64 = (0..=share.count).map(|k| binomial(k, exact.high)).sum();
            assert!((at_least - 0.025).abs() < 1e-9 && (at_most - 0.025).abs() < 1e-9);
        }
        let (none, all) = (Share { count: 0, of: 10 }, Share { count: 10, of: 10 });
        assert_eq!((none.wilson(level).unwrap().low, all.wilson(level).unwrap().high), (0.0, 1.0));
        assert_eq!((none.exact(level).unwrap().low, all.exact(level).unwrap().high), (0.0, 1.0));
        assert_eq!((Share::default().value(), Share::default().wilson(level), Share::default().exact(level)), (None, None, None));
    }
}
