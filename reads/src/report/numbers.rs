//! How numbers and names are said: decimals, intervals, p values, and what a condition is called.

use super::{Column, Row};
use std::collections::BTreeMap;

/// What conditions are called.
pub(super) struct Names<'a>(pub(super) &'a BTreeMap<String, String>);

impl Names<'_> {
    pub(super) fn of<'b>(&'b self, modality: &'b str) -> &'b str {
        self.0.get(modality).map_or(modality, String::as_str)
    }
    /// A sentence of the analysis in the names of the screens, with a minus that is one.
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
        said
    }
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

/// An interval.
pub(super) fn interval(ci: Option<[f64; 2]>, decimals: usize) -> String {
    ci.map_or_else(|| "\u{2013}".to_owned(), |[low, high]| format!("{} to {}", fixed(Some(low), decimals), fixed(Some(high), decimals)))
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

/// A small number: four significant digits.
pub(super) fn small(value: Option<f64>) -> String {
    match value {
        None => "\u{2013}".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(v) => format!("{v:.3e}").replace('-', "\u{2212}"),
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
        assert_eq!(said, "\"With AI\" is \u{2212}0.02, well-kept, aided.");
        let exchanged = [("a", "b"), ("b", "a")].map(|(id, label)| (id.to_owned(), label.to_owned())).into();
        assert_eq!(Names(&exchanged).said("\"a\" minus \"b\" is 0.1."), "\"b\" minus \"a\" is 0.1.");
    }

    #[test]
    fn numbers_are_said_as_people_print_them() {
        assert_eq!([fixed(Some(-0.00004), 3), fixed(Some(-0.5), 2), fixed(None, 2)], ["0.000", "\u{2212}0.50", "\u{2013}"]);
        assert_eq!([p_value(Some(0.000_04)), p_value(Some(0.051_69)), p_said(None)], ["< 0.0001", "0.0517", "no test"]);
        assert_eq!(interval(Some([-0.0004, 0.088]), 4), "\u{2212}0.0004 to 0.0880");
        assert_eq!(
            [df(None), df(Some(4.0)), df(Some(15.2597)), small(Some(-0.000_343_9))],
            ["\u{221e}", "4", "15.26", "\u{2212}3.439e\u{2212}4"]
        );
        assert_eq!([0, 1, 2].map(missing), ["No score is missing", "1 score is missing", "2 scores are missing"]);
    }
}
