//! The table that a walk ends with: what was compared, and how it came out.

use std::collections::BTreeMap;
use std::fmt;

/// How a comparison came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The same to the last bit; of statistics, to twelve digits, because sums depend on the order of their terms.
    Exact,
    /// Within the tolerance that the reference grants.
    Within,
    /// Decoded, where the reference has nothing to compare with.
    Decoded,
    /// Refused with a reason, as a list said beforehand.
    Refused,
    /// Anything else, and why.
    Wrong(String),
}

/// Counts of outcomes, by what was compared.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<&'static str, [usize; 5]>,
    pub(crate) wrong: Vec<String>,
}

impl Table {
    pub(crate) fn count(&mut self, row: &'static str, outcome: Outcome) {
        let place = match outcome {
            Outcome::Exact => 0,
            Outcome::Within => 1,
            Outcome::Decoded => 2,
            Outcome::Refused => 3,
            Outcome::Wrong(why) => {
                self.wrong.push(format!("{row}: {why}"));
                4
            }
        };
        self.rows.entry(row).or_default()[place] += 1;
    }

    pub(crate) fn row(&self, row: &str) -> [usize; 5] {
        self.rows.get(row).copied().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [exact, within, decoded, refused, wrong] = ["exact", "within tolerance", "only decoded", "refused with reason", "wrong"];
        writeln!(f, "{:<14} | {exact} | {within} | {decoded} | {refused} | {wrong}", "")?;
        for (row, [a, b, c, d, e]) in &self.rows {
            writeln!(f, "{row:<14} | {a:>5} | {b:>16} | {c:>12} | {d:>19} | {e:>5}")?;
        }
        Ok(())
    }
}

/// A number of the program against the reference's, which grants 1e-4 of it.
pub(crate) fn number(expected: f64, found: Option<f64>) -> Outcome {
    let Some(found) = found else { return Outcome::Wrong(format!("null instead of {expected}")) };
    let off = (found - expected).abs();
    if off <= 1e-12 * expected.abs() {
        Outcome::Exact
    } else if off <= 1e-4 * expected.abs() {
        Outcome::Within
    } else {
        Outcome::Wrong(format!("{found} instead of {expected}"))
    }
}

/// The bytes of a picture against the reference's: no level further off than the tolerance, and the mean difference within its own.
pub(crate) fn levels(ours: &[u8], theirs: &[u8], tolerance: u8, mean: Option<f64>) -> Outcome {
    if ours.len() != theirs.len() || ours.is_empty() {
        return Outcome::Wrong(format!("{} bytes instead of {}", ours.len(), theirs.len()));
    }
    let differences = || ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b));
    let worst = differences().max().unwrap_or_default();
    let average = differences().map(f64::from).sum::<f64>() / ours.len() as f64;
    if worst == 0 {
        Outcome::Exact
    } else if worst <= tolerance && mean.is_none_or(|most| average <= most) {
        Outcome::Within
    } else {
        Outcome::Wrong(format!("off by up to {worst} levels, {average:.3} in the mean, where {tolerance} and {mean:?} are granted"))
    }
}

#[test]
fn what_is_off_is_told() {
    let is_wrong = |outcome: Outcome| matches!(outcome, Outcome::Wrong(_));
    assert_eq!((number(0.0, Some(0.0)), number(-3.0, Some(-3.0))), (Outcome::Exact, Outcome::Exact));
    assert_eq!(number(1000.0, Some(1000.05)), Outcome::Within);
    assert!([Some(1000.2), Some(-1000.0), Some(f64::NAN), None].map(|found| number(1000.0, found)).into_iter().all(is_wrong));
    assert!(is_wrong(number(0.0, Some(1e-3))));
    assert_eq!((levels(&[7, 9], &[7, 9], 0, None), levels(&[7, 9], &[7, 10], 1, None)), (Outcome::Exact, Outcome::Within));
    assert_eq!(levels(&[0; 40], &[&[16; 2][..], &[0; 38]].concat(), 16, Some(1.0)), Outcome::Within);
    for (ours, theirs, tolerance, mean) in
        [(&[7u8, 9][..], &[7u8, 11][..], 1, None), (&[7], &[7, 9], 9, None), (&[5, 5], &[3, 3], 16, Some(1.0)), (&[], &[], 9, None)]
    {
        assert!(is_wrong(levels(ours, theirs, tolerance, mean)), "{ours:?} {theirs:?}");
    }
    let mut table = Table::default();
    table.count("pictures", Outcome::Exact);
    table.count("pictures", Outcome::Wrong("off".into()));
    assert_eq!((table.row("pictures"), table.wrong.as_slice()), ([1, 0, 0, 0, 1], &["pictures: off".to_owned()][..]));
}
