//! Axes: ends and ticks that people read without a calculation.

use super::Axis;
use super::numbers::fixed;

/// From 0 to 1 in fifths.
pub(super) fn unit(title: &str) -> Axis {
    let ticks = (0..=5).map(|n| f64::from(n) / 5.0).map(|at| (at, format!("{at:.1}"))).collect();
    Axis { title: title.to_owned(), range: [0.0, 1.0], ticks, has_grid: true }
}

/// From `low` to `high`, widened to ticks at 1, 2 or 5 times a power of ten, of which there are three to eight.
pub(super) fn spanning(title: &str, low: f64, high: f64, is_signed: bool) -> Axis {
    let span = (high - low).max(1e-9);
    let power = 10f64.powf((span / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| span / step <= 6.0).unwrap_or(power * 10.0);
    let first = (low / step).floor() as i64;
    // One value alone is an axis too.
    let last = ((high / step).ceil() as i64).max(first + 1);
    let decimals = usize::try_from((-(step.log10() + 1e-9).floor()) as i64).unwrap_or(0).min(6);
    let tick = |n: i64| {
        let at = n as f64 * step;
        let sign = if is_signed && at > step / 2.0 { "+" } else { "" };
        (at, format!("{sign}{}", fixed(Some(at), decimals)))
    };
    let ticks: Vec<(f64, String)> = (first..=last.min(first + 12)).map(tick).collect();
    let range = [first as f64 * step, last as f64 * step];
    Axis { title: title.to_owned(), range, ticks, has_grid: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let words = |a: Axis| a.ticks.into_iter().map(|(_, t)| t).collect::<Vec<_>>();
        assert_eq!(words(spanning("", -0.043, 0.187, true)), ["\u{2212}0.05", "0.00", "+0.05", "+0.10", "+0.15", "+0.20"]);
        assert_eq!(words(spanning("", 0.0, 3.1, false)), ["0", "1", "2", "3", "4"]);
        for (low, high) in [(0.0, 0.0), (-1e-7, 2e-7), (-0.9, 0.02), (0.0, 812.0), (-3e8, 4e9)] {
            let axis = spanning("", low, high, true);
            assert!((2..=13).contains(&axis.ticks.len()) && axis.range[0] <= low && axis.range[1] >= high, "{axis:?}");
        }
    }
}
