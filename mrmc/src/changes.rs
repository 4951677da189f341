//! Changes of mind: what readers decided before and after they saw the machine, and who was right.
//!
//! Owns the sixteen counts of (truth, machine, before, after) with the rates that the literature on automation bias asks for.
//! Decisions are yes or no. Reads of one reader or one case are not independent of each other: intervals of the shares take
//! them as if they were, and tests belong to the analyses of sensitivity and specificity.

use crate::proportion::Share;

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
}
