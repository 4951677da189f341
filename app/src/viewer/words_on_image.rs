//! What is written on an image: orientation letters, a position in the patient, a value with its unit, the scale bar's length.
//!
//! Letters come from direction cosines alone (PS3.3 C.7.6.1.1.1: A, P, R, L, H, F), never from a stored label.

use tiresias_words::{Direction, Mm, PatientPoint, ValueUnit};

/// Components below this (about 15 degrees) are left out of the letters.
const LEAST: f64 = 0.26;

/// Letters for the way a direction points in the patient, largest component first ("L", "LA", "HLP").
#[must_use]
pub fn letters(d: Direction) -> String {
    let [x, y, z]: [f64; 3] = d.into();
    let mut parts = [(x, 'L', 'R'), (y, 'P', 'A'), (z, 'H', 'F')];
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    parts.into_iter().filter(|p| p.0.abs() >= LEAST).map(|(v, plus, minus)| if v > 0.0 { plus } else { minus }).collect()
}

/// A position in words: "L 76.8  P 165.6  F 493.8 mm".
#[must_use]
pub fn position(p: PatientPoint) -> String {
    let part = |v: f64, plus: char, minus: char| format!("{} {:.1}", if v >= 0.0 { plus } else { minus }, v.abs());
    format!("{}  {}  {} mm", part(p.x, 'L', 'R'), part(p.y, 'P', 'A'), part(p.z, 'H', 'F'))
}

/// A value with its unit: "-873 HU". Hounsfield units are whole numbers on a screen; values without a unit keep a decimal when they are small.
#[must_use]
pub fn value(v: f64, unit: ValueUnit) -> String {
    match unit.label() {
        Some(unit) => format!("{} {unit}", number(v.round())),
        None => number(v),
    }
}

/// A number as the program writes them: a true minus sign, and no decimals where they would be noise.
#[must_use]
pub fn number(v: f64) -> String {
    let text = if v.abs() >= 100.0 || (v - v.round()).abs() < 0.005 { format!("{v:.0}") } else { format!("{v:.1}") };
    match text.strip_prefix('-') {
        Some("0" | "0.0") => "0".to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}

/// The longest round length that fits in `room` pixels of `spacing` mm: the length and its label.
#[must_use]
pub fn scale_bar(spacing: Mm, room: f64) -> Option<(Mm, &'static str)> {
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
    fn letters_follow_the_cosines() {
        let d = |x, y, z| Direction::new([x, y, z].into()).expect("a direction");
        let rows = [
            (d(1.0, 0.0, 0.0), "L"),
            (d(-1.0, 0.0, 0.0), "R"),
            (d(0.0, 1.0, 0.0), "P"),
            (d(0.0, 0.0, -1.0), "F"),
            (d(0.999, -0.02, 0.04), "L"),
            (d(0.8, -0.6, 0.0), "LA"),
            (d(-0.5, 0.6, 0.62), "HPR"),
        ];
        for (direction, expected) in rows {
            assert_eq!(letters(direction), expected);
        }
    }

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
