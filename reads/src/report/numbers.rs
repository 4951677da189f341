//! How numbers and names are said: decimals, intervals, p values, quotes, and what a condition is called.

use super::{Column, Row};
use std::collections::BTreeMap;

/// What conditions are called.
pub(super) struct Names<'a>(pub(super) &'a BTreeMap<String, String>);

impl Names<'_> {
    pub(super) fn of<'b>(&'b self, modality: &'b str) -> &'b str {
        self.0.get(modality).map_or(modality, String::as_str)
    }
    /// A sentence of the analysis in the names of the screens, with a minus that is one, and quotes of print.
    pub(super) fn said(&self, sentence: &str) -> String {
        // Names stand in quotes, and each is replaced once: a label may be the id of another condition.
        let parts = sentence.split('"').enumerate().map(|(at, part)| if at % 2 == 1 { self.of(part) } else { part });
        let named = parts.collect::<Vec<_>>().join("\"");
        let mut said = String::with_capacity(named.len());
        let mut letters = named.chars().peekable();
        let mut before = ' ';
        while let Some(letter) = letters.next() {
            let is_minus = letter == '-' && before == ' ' && letters.peek().is_some_and(char::is_ascii_digit);
            said.push(if is_minus { '\u{2212}' } else { letter });
            before = letter;
        }
        printed(&said)
    }
}

/// A sentence of the analysis with quotes and apostrophes of print: it has those of a keyboard, which programs read.
pub(super) fn printed(sentence: &str) -> String {
    let quotes = sentence.matches('"').count();
    let mut said = String::with_capacity(sentence.len());
    let (mut at, mut letters, mut before) = (0, sentence.chars().peekable(), ' ');
    while let Some(letter) = letters.next() {
        // The last of an odd number quotes nothing: it can be the inches of somebody's words.
        let is_alone = at + 1 == quotes && at % 2 == 0;
        said.push(match letter {
            '"' if is_alone => letter,
            '"' if at % 2 == 0 => '\u{201c}',
            '"' => '\u{201d}',
            '\'' if before.is_alphabetic() && letters.peek().is_some_and(|c| c.is_alphabetic()) => '\u{2019}',
            other => other,
        });
        at += usize::from(letter == '"');
        before = letter;
    }
    said
}

/// With so many decimals; a dash where there is none. A minus is a minus.
pub(super) fn fixed(value: Option<f64>, decimals: usize) -> String {
    let Some(value) = value else { return "\u{2013}".to_owned() };
    let text = format!("{value:.decimals$}");
    let is_zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    match text.strip_prefix('-') {
        Some(rest) if is_zero => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// A figure of merit.
pub(super) fn figure(value: Option<f64>) -> String {
    fixed(value, 3)
}

/// Narrower than this is no interval: what is left of a variance of 0 when numbers are rounded.
const NO_WIDTH: f64 = 1e-9;

/// An interval, where a variance was estimated. Where nothing varied it has no width, and would say that the figure is certain; pROC, too, warns that the
/// interval of an area of 1 is always 1 to 1 and misleads (Obuchowski, Lieber, Acad Radiol 2002;9:526).
pub(super) fn estimated(ci: Option<[f64; 2]>) -> Option<[f64; 2]> {
    ci.filter(|[low, high]| high - low > NO_WIDTH)
}

/// A confidence interval; a dash where there is none.
pub(super) fn interval(ci: Option<[f64; 2]>, decimals: usize) -> String {
    range(estimated(ci), decimals)
}

/// From where to where.
pub(super) fn range(ends: Option<[f64; 2]>, decimals: usize) -> String {
    ends.map_or_else(|| "\u{2013}".to_owned(), |[low, high]| format!("{} to {}", fixed(Some(low), decimals), fixed(Some(high), decimals)))
}

/// A p value: four decimals, and no zero.
pub(super) fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.0001 => "< 0.0001".to_owned(),
        p => fixed(p, 4),
    }
}

/// The same behind "p".
pub(super) fn p_said(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.0001 => "p < 0.0001".to_owned(),
        Some(p) => format!("p = {}", fixed(Some(p), 4)),
        None => "no test".to_owned(),
    }
}

/// A number of any size: four significant digits, and as a decimal fraction, which can be compared by eye, unless it is very small or large.
pub(super) fn significant(value: Option<f64>) -> String {
    let Some(value) = value else { return "\u{2013}".to_owned() };
    if value == 0.0 {
        return "0".to_owned();
    }
    // The power of ten is that of the rounded number.
    let scientific = format!("{value:.3e}");
    match scientific.rsplit_once('e').and_then(|(_, power)| power.parse::<i32>().ok()) {
        Some(power @ -6..=5) => fixed(Some(value), usize::try_from(3 - power).unwrap_or(0)),
        _ => scientific.replace('-', "\u{2212}"),
    }
}

/// Degrees of freedom.
pub(super) fn df(value: Option<f64>) -> String {
    value.map_or_else(|| "\u{221e}".to_owned(), |v| if v.fract() == 0.0 { format!("{v}") } else { format!("{v:.2}") })
}

/// How many scores are missing.
pub(super) fn missing(scores: usize) -> String {
    match scores {
        0 => "No score is missing".to_owned(),
        1 => "1 score is missing".to_owned(),
        n => format!("{n} scores are missing"),
    }
}

pub(super) fn words(head: &str) -> Column {
    Column { head: head.to_owned(), is_number: false, is_id: false, is_aside: false }
}
pub(super) fn ids(head: &str) -> Column {
    Column { is_id: true, ..words(head) }
}
pub(super) fn number(head: &str) -> Column {
    Column { is_number: true, ..words(head) }
}
pub(super) fn aside(head: &str) -> Column {
    Column { is_aside: true, ..number(head) }
}
pub(super) fn row<const N: usize>(cells: [String; N]) -> Row {
    Row { cells: Vec::from(cells), is_sum: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_the_names_of_the_screens() {
        let labels = [("aided".to_owned(), "With AI".to_owned())].into();
        let said = Names(&labels).said("\"aided\" is -0.02, well-kept, aided.");
        assert_eq!(said, "\u{201c}With AI\u{201d} is \u{2212}0.02, well-kept, aided.");
        let exchanged = [("a", "b"), ("b", "a")].map(|(id, label)| (id.to_owned(), label.to_owned())).into();
        assert_eq!(Names(&exchanged).said("\"a\" minus \"b\" is 0.1."), "\u{201c}b\u{201d} minus \u{201c}a\u{201d} is 0.1.");
    }

    #[test]
    fn sentences_are_printed_with_quotes_and_apostrophes_of_print() {
        for (typed, print) in [
            ("Reader \"r1\" in \"A\" rated", "Reader \u{201c}r1\u{201d} in \u{201c}A\u{201d} rated"),
            ("by DeLong's variance", "by DeLong\u{2019}s variance"),
            ("\"a\" has a screen of 21\" now", "\u{201c}a\u{201d} has a screen of 21\" now"),
            ("21\"", "21\""),
            ("'as it is'", "'as it is'"),
            ("", ""),
        ] {
            assert_eq!(printed(typed), print);
        }
    }

    #[test]
    fn numbers_are_said_as_people_print_them() {
        assert_eq!([fixed(Some(-0.00004), 3), fixed(Some(-0.5), 2), fixed(None, 2)], ["0.000", "\u{2212}0.50", "\u{2013}"]);
        assert_eq!([p_value(Some(0.000_04)), p_value(Some(0.051_69)), p_said(None)], ["< 0.0001", "0.0517", "no test"]);
        assert_eq!(interval(Some([-0.0004, 0.088]), 4), "\u{2212}0.0004 to 0.0880");
        assert_eq!([df(None), df(Some(4.0)), df(Some(15.2597))], ["\u{221e}", "4", "15.26"]);
        assert_eq!([0, 1, 2].map(missing), ["No score is missing", "1 score is missing", "2 scores are missing"]);
    }

    #[test]
    fn numbers_of_any_size_have_four_digits_that_can_be_compared_by_eye() {
        for (value, said) in [
            (1.917, "1.917"),
            (0.159_71, "0.1597"),
            (0.004_456_2, "0.004456"),
            (-0.000_343_9, "\u{2212}0.0003439"),
            (0.000_001_234, "0.000001234"),
            (19.811, "19.81"),
            (47_788.937, "47789"),
            (0.0, "0"),
            // Rounded up to the next power of ten it has no digit more.
            (0.999_96, "1.000"),
            (0.000_000_999_99, "0.000001000"),
            (1.234e-7, "1.234e\u{2212}7"),
            (-2.5e8, "\u{2212}2.500e8"),
        ] {
            assert_eq!(significant(Some(value)), said);
        }
        assert_eq!(significant(None), "\u{2013}");
    }

    #[test]
    fn where_nothing_varied_there_is_no_interval() {
        for (ci, said) in [
            (Some([1.0, 1.0]), "\u{2013}"),
            (Some([1.0 - f64::EPSILON, 1.0]), "\u{2013}"),
            (Some([0.9999, 1.0001]), "1.000 to 1.000"),
            (Some([0.5, 0.75]), "0.500 to 0.750"),
            (None, "\u{2013}"),
        ] {
            assert_eq!(interval(ci, 3), said);
        }
        // What describes and estimates nothing can be a single value.
        assert_eq!(range(Some([0.0, 0.0]), 2), "0.00 to 0.00");
    }
}
