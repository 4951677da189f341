//! What is written on an image: a position in the patient, a value with its unit, the scale bar's length.
//!
//! Orientation letters are [`tiresias_words::Direction::letters`]: they come from direction cosines alone, never from a stored label.

use tiresias_words::{Mm, PatientPoint, ValueUnit};

/// A position in words: "L 76.8  P 165.6  F 493.8 mm".
#[must_use]
pub(crate) fn position(p: PatientPoint) -> String {
    let part = |v: f64, plus: char, minus: char| format!("{} {:.1}", if v >= 0.0 { plus } else { minus }, v.abs());
    format!("{}  {}  {} mm", part(p.x, 'L', 'R'), part(p.y, 'P', 'A'), part(p.z, 'H', 'F'))
}

/// A value with its unit: "-873 HU". Hounsfield units are whole numbers on a screen; values without a unit keep a decimal when they are small.
#[must_use]
pub(crate) fn value(v: f64, unit: ValueUnit) -> String {
    match unit.label() {
        Some(unit) => format!("{} {unit}", number(v.round())),
        None => number(v),
    }
}

/// A number as the program writes them: a true minus sign, and no decimals where they would be noise.
#[must_use]
pub(crate) fn number(v: f64) -> String {
    let text = if v.abs() >= 100.0 || (v - v.round()).abs() < 0.005 { format!("{v:.0}") } else { format!("{v:.1}") };
    match text.strip_prefix('-') {
        Some("0" | "0.0") => "0".to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// The longest round length that fits in `room` pixels of `spacing` mm: the length and its label.
#[must_use]
pub(crate) fn scale_bar(spacing: Mm, room: f64) -> Option<(Mm, &'static str)> {
    const LENGTHS: [(f64, &str); 9] = [
        (200.0, "20 cm"),
        (100.0, "10 cm"),
        (50.0, "5 cm"),
        (20.0, "2 cm"),
        (10.0, "1 cm"),
        (5.0, "5 mm"),
        (2.0, "2 mm"),
        (1.0, "1 mm"),
        (0.5, "0.5 mm"),
    ];
    LENGTHS.into_iter().find(|(mm, _)| mm / spacing.0 <= room).map(|(mm, label)| (Mm(mm), label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_values_in_words() {
        assert_eq!(position(PatientPoint::new(-76.81, 165.6, -493.8)), "R 76.8  P 165.6  F 493.8 mm");
        assert_eq!(value(-873.2, ValueUnit::Hounsfield), "\u{2212}873 HU");
        assert_eq!(value(38.0, ValueUnit::Hounsfield), "38 HU");
        assert_eq!(value(-0.001, ValueUnit::Hounsfield), "0 HU");
        assert_eq!(value(3.25, ValueUnit::Arbitrary), "3.2");
    }

    #[test]
    fn scale_bar_is_the_longest_that_fits() {
        assert_eq!(scale_bar(Mm(0.46), 150.0), Some((Mm(50.0), "5 cm")));
        assert_eq!(scale_bar(Mm(0.1), 150.0), Some((Mm(10.0), "1 cm")));
        assert_eq!(scale_bar(Mm(100.0), 150.0).map(|b| b.1), Some("20 cm"));
        assert_eq!(scale_bar(Mm(0.0001), 150.0), None);
    }
}
