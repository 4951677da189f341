//! Shares with their confidence intervals, and the table in which they are printed.

use std::collections::BTreeMap;
use std::fmt;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) hits: u32,
    pub(crate) of: u32,
}

impl Share {
    pub(crate) fn count(&mut self, hit: bool) {
        self.hits += u32::from(hit);
        self.of += 1;
    }
    pub(crate) fn value(self) -> f64 {
        f64::from(self.hits) / f64::from(self.of)
    }
    /// Wilson's score interval at 95 % (J Am Stat Assoc 22, 1927, 209).
    pub(crate) fn interval(self) -> [f64; 2] {
        let (n, p, z) = (f64::from(self.of), self.value(), 1.959_963_984_540_054);
        let middle = p + z * z / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        [middle - half, middle + half].map(|v| v / (1.0 + z * z / n))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval().map(|v| v * 100.0);
        write!(f, "{:3} of {:3} = {:5.1} % (95 % CI {low:.1} to {high:.1})", self.hits, self.of, self.value() * 100.0)
    }
}

/// Shares by group.
#[derive(Default)]
pub(crate) struct Table(BTreeMap<String, Share>);

impl Table {
    pub(crate) fn count(&mut self, group: impl Into<String>, hit: bool) {
        self.0.entry(group.into()).or_default().count(hit);
    }
    pub(crate) fn get(&self, group: &str) -> Share {
        self.0.get(group).copied().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(group, share)| writeln!(f, "  {group:44} {share}"))
    }
}

#[test]
fn wilson_is_wilson() {
    // Newcombe, Stat Med 17 (1998) 857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for (hits, of, expected) in
        [(81, 263, [0.2553, 0.3662]), (15, 148, [0.0624, 0.1605]), (0, 20, [0.0, 0.1611]), (1, 29, [0.0061, 0.1718])]
    {
        let found = Share { hits, of }.interval();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5e-5), "{hits} of {of}: {found:?}");
    }
}
