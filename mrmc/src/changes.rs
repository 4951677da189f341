//! Changes of mind: what readers decided before and after they saw the machine, and who was right.
//!
//! Owns the sixteen counts of (truth, machine, before, after) with the rates that the literature on automation bias asks for,
//! and shares with their intervals (Wilson 1927; Clopper, Pearson 1934). Decisions are yes or no. Reads of one reader or one
//! case are not independent of each other: the intervals here take them as if they were, and tests belong to the
//! analyses of sensitivity and specificity. Refused: shares of nothing.

use crate::distribution::{f_quantile_upper, t_quantile_two_sided};
use crate::inference::{Interval, Level};

/// One read with a machine: decisions are whether the case is called positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Whether the case is diseased.
    pub truth: bool,
    /// What the machine said.
    pub machine: bool,
    /// What the reader said before.
    pub before: bool,
    /// What the reader said after.
    pub after: bool,
}

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

/// Counts of reads by truth, machine, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    counts: [u64; 16],
}

impl Changes {
    /// Counts reads.
    #[must_use]
    pub fn of(reads: &[Change]) -> Self {
        let mut counts = [0; 16];
        for read in reads {
            if let Some(count) = counts.get_mut(Self::place(*read)) {
                *count += 1;
            }
        }
        Self { counts }
    }
    fn place(Change { truth, machine, before, after }: Change) -> usize {
        [truth, machine, before, after].into_iter().fold(0, |place, yes| 2 * place + usize::from(yes))
    }
    /// How many reads went just so.
    #[must_use]
    pub fn count(&self, change: Change) -> u64 {
        self.counts.get(Self::place(change)).copied().unwrap_or_default()
    }
    /// Those of some reads that are such and such.
    fn share(&self, among: impl Fn(Change) -> bool, such: impl Fn(Change) -> bool) -> Share {
        let mut share = Share::default();
        for (place, count) in self.counts.iter().enumerate() {
            let bit = |at: usize| place >> at & 1 == 1;
            let change = Change { truth: bit(3), machine: bit(2), before: bit(1), after: bit(0) };
            if among(change) {
                share.of += count;
                share.count += if such(change) { *count } else { 0 };
            }
        }
        share
    }
    /// Of all reads, those that changed.
    #[must_use]
    pub fn changed(&self) -> Share {
        self.share(|_| true, |c| c.before != c.after)
    }
    /// Of reads that were at odds with the machine, those that went over to it.
    #[must_use]
    pub fn followed(&self) -> Share {
        self.share(|c| c.before != c.machine, |c| c.after == c.machine)
    }
    /// Of wrong reads where the machine was right, those that were put right.
    #[must_use]
    pub fn corrected(&self) -> Share {
        self.share(|c| c.before != c.truth && c.machine == c.truth, |c| c.after == c.truth)
    }
    /// Of right reads where the machine was wrong, those that became wrong: automation bias in the narrow sense.
    #[must_use]
    pub fn misled(&self) -> Share {
        self.share(|c| c.before == c.truth && c.machine != c.truth, |c| c.after != c.truth)
    }
    /// Of diseased cases called so before that the machine missed, those that were given up.
    #[must_use]
    pub fn given_up(&self) -> Share {
        self.share(|c| c.truth && c.before && !c.machine, |c| !c.after)
    }
    /// Of all reads, those that became right, and those that became wrong.
    #[must_use]
    pub fn better_and_worse(&self) -> (Share, Share) {
        let better = self.share(|_| true, |c| c.before != c.truth && c.after == c.truth);
        (better, self.share(|_| true, |c| c.before == c.truth && c.after != c.truth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_is_counted_once() {
        let all: Vec<Change> = (0..16_u8)
            .flat_map(|place| {
                let bit = move |at: u8| place >> at & 1 == 1;
                let change = Change { truth: bit(0), machine: bit(1), before: bit(2), after: bit(3) };
                std::iter::repeat_n(change, usize::from(place) + 1)
            })
            .collect();
        let changes = Changes::of(&all);
        let direct = |among: fn(&Change) -> bool, such: fn(&Change) -> bool| Share {
            count: all.iter().filter(|c| among(c) && such(c)).count() as u64,
            of: all.iter().filter(|c| among(c)).count() as u64,
        };
        assert_eq!(changes.changed(), direct(|_| true, |c| c.before != c.after));
        assert_eq!(changes.followed(), direct(|c| c.before != c.machine, |c| c.after == c.machine));
        assert_eq!(changes.corrected(), direct(|c| c.before != c.truth && c.machine == c.truth, |c| c.after == c.truth));
        assert_eq!(changes.misled(), direct(|c| c.before == c.truth && c.machine != c.truth, |c| c.after != c.truth));
        assert_eq!(changes.given_up(), direct(|c| c.truth && c.before && !c.machine, |c| !c.after));
        let (better, worse) = changes.better_and_worse();
        assert_eq!(better.of, 136);
        let net = all.iter().filter(|c| c.after == c.truth).count() as i64 - all.iter().filter(|c| c.before == c.truth).count() as i64;
        assert_eq!(better.count as i64 - worse.count as i64, net);
        let one = Change { truth: true, machine: false, before: true, after: false };
        assert_eq!(changes.count(one), all.iter().filter(|c| **c == one).count() as u64);
    }

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
