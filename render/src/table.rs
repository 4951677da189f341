//! The display table: stored value to grey level, defined in f64 and nowhere else.
//!
//! Modality LUT (PS3.3 C.11.1) -> VOI LUT (C.11.2) -> presentation shape (C.11.6) -> 8 bit, round half up. Everything else looks up.
//! `exp` is libm's, so that a sigmoid gives the same bytes on every platform.

use crate::{ValueRange, VolumeView};
use tiresias_words::{Grey, ModalityLut, PresentationShape, StoredFormat, Voi};

/// Grey levels for every interpolated value of a volume, at steps of 2^-fraction_bits stored units from the range's smallest word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayTable {
    entries: Vec<u8>,
}

impl DisplayTable {
    /// The table for a volume: entry `i` is the grey level of stored value `low + i / 2^fraction_bits`.
    #[must_use]
    pub fn for_volume(volume: &VolumeView<'_>, voi: &Voi, shape: PresentationShape) -> Self {
        let range = volume.range();
        Self::build(range, volume.format(), volume.modality(), voi, shape)
    }

    /// As [`Self::for_volume`], from the parts.
    #[must_use]
    pub fn build(range: ValueRange, format: StoredFormat, modality: &ModalityLut, voi: &Voi, shape: PresentationShape) -> Self {
        let fraction_bits = range.fraction_bits();
        let low = f64::from(format.stored(range.low()));
        let step = 1.0 / f64::from(1u32 << fraction_bits);
        let last = range.span() << fraction_bits;
        let entries = (0..=last).map(|i| grey_level(modality, voi, shape, low + f64::from(i) * step).0).collect();
        Self { entries }
    }

    /// The grey levels.
    #[must_use]
    pub fn entries(&self) -> &[u8] {
        &self.entries
    }
}

/// Grey level of one stored value, which may lie between two integers when it was interpolated.
///
/// Look-up tables and step windows have no value between integers: they are entered at the floor.
#[must_use]
pub fn grey_level(modality: &ModalityLut, voi: &Voi, shape: PresentationShape, stored: f64) -> Grey {
    let stepped =
        matches!(modality, ModalityLut::Table(_)) || matches!(voi, Voi::Table(_)) || matches!(voi, Voi::Linear(w) if w.width() <= 1.0);
    let value = modality.apply(if stepped { stored.floor() } else { stored });
    let level = display_range(voi, value);
    let shown = match shape {
        PresentationShape::Identity => level,
        PresentationShape::Inverse => 255.0 - level,
    };
    Grey((shown.clamp(0.0, 255.0) + 0.5).floor() as u8)
}

/// Modality value to 0..255, before the presentation shape: PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.2 (LINEAR_EXACT),
/// C.11.2.1.3.1 (SIGMOID), C.11.2.1.1 (VOI LUT).
fn display_range(voi: &Voi, x: f64) -> f64 {
    match voi {
        Voi::Linear(window) => {
            let (c, w) = (window.center() - 0.5, window.width().max(1.0) - 1.0);
            if x <= c - w / 2.0 {
                0.0
            } else if x > c + w / 2.0 {
                255.0
            } else {
                ((x - c) / w + 0.5) * 255.0
            }
        }
        Voi::LinearExact(window) => {
            let (c, w) = (window.center(), window.width());
            if x <= c - w / 2.0 {
                0.0
            } else if x > c + w / 2.0 {
                255.0
            } else {
                ((x - c) / w + 0.5) * 255.0
            }
        }
        Voi::Sigmoid(window) => 255.0 / (1.0 + libm::exp(-4.0 * (x - window.center()) / window.width())),
        Voi::Table(table) => {
            let full = f64::from((1u32 << table.bits()) - 1);
            f64::from(table.look_up(x.floor() as i64)) / full * 255.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{StoredValue, Window};

    fn window(c: f64, w: f64) -> Window {
        Window::new(c, w).expect("a window")
    }

    /// Check vectors for c = 40, w = 400 on 0..255, computed from the standard's formulas: LINEAR, LINEAR_EXACT, SIGMOID.
    #[test]
    fn check_vectors() {
        let rows = [
            (40.0, [127.819, 127.5, 127.5]),
            (-60.0, [63.910, 63.75, 68.580]),
            (-160.0, [0.0, 0.0, 30.397]),
            (240.0, [255.0, 255.0, 224.603]),
        ];
        for (x, expected) in rows {
            let w = window(40.0, 400.0);
            for (voi, e) in [Voi::Linear(w), Voi::LinearExact(w), Voi::Sigmoid(w)].iter().zip(expected) {
                assert!((display_range(voi, x) - e).abs() < 1e-3, "{voi:?} at {x}: {} instead of {e}", display_range(voi, x));
            }
        }
    }

    #[test]
    fn width_one_is_a_step_and_rounding_is_half_up() {
        let step = Voi::Linear(window(40.0, 1.0));
        let grey = |voi: &Voi, shape, x| grey_level(&ModalityLut::IDENTITY, voi, shape, x).0;
        assert_eq!([39.0, 40.0].map(|x| grey(&step, PresentationShape::Identity, x)), [0, 255]);
        // 127.5 rounds up, and so does its inverse, because inversion comes before rounding.
        let half = Voi::LinearExact(window(0.0, 2.0));
        assert_eq!(grey(&half, PresentationShape::Identity, 0.0), 128);
        assert_eq!(grey(&half, PresentationShape::Inverse, 0.0), 128);
    }

    /// Every 16-bit stored value, signed and unsigned, through table and definition; and a second, independent transcription of C.11.2.
    #[test]
    fn table_equals_an_independent_reference_for_all_words() {
        fn reference(f: usize, x: f64, c: f64, w: f64) -> f64 {
            match f {
                0 if x <= c - 0.5 - (w - 1.0) / 2.0 => 0.0,
                0 if x > c - 0.5 + (w - 1.0) / 2.0 => 255.0,
                0 => ((x - (c - 0.5)) / (w - 1.0) + 0.5) * 255.0,
                1 if x <= c - w / 2.0 => 0.0,
                1 if x > c + w / 2.0 => 255.0,
                1 => ((x - c) / w + 0.5) * 255.0,
                _ => 255.0 / (1.0 + (-4.0 * (x - c) / w).exp()),
            }
        }
        let (mut compared, mut exp_ties) = (0, 0);
        for signed in [false, true] {
            let format = StoredFormat { signed, bits_stored: 16 };
            let range = ValueRange::new(StoredValue(0), StoredValue(65535));
            for (slope, intercept) in [(1.0, -1024.0), (0.37, 11.5)] {
                let modality = ModalityLut::Rescale { slope, intercept };
                for (c, w) in [(40.0, 400.0), (-600.0, 1500.0), (2000.5, 350.0), (0.0, 65536.0)] {
                    let win = window(c, w);
                    for (f, voi) in [Voi::Linear(win), Voi::LinearExact(win), Voi::Sigmoid(win)].iter().enumerate() {
                        for shape in [PresentationShape::Identity, PresentationShape::Inverse] {
                            let table = DisplayTable::build(range, format, &modality, voi, shape);
                            for word in 0..=65535u32 {
                                let stored = f64::from(word) - if signed { 32768.0 } else { 0.0 };
                                let y = reference(f, slope * stored + intercept, c, w);
                                let y = if shape == PresentationShape::Inverse { 255.0 - y } else { y };
                                let expected = (y.clamp(0.0, 255.0) + 0.5).floor() as u8;
                                let got = table.entries()[(word << range.fraction_bits()) as usize];
                                if got != expected {
                                    // Two correctly rounded-to-an-ulp exponentials may disagree exactly on a half.
                                    assert!(
                                        f == 2 && ((y + 0.5) - (y + 0.5).round()).abs() < 1e-9,
                                        "{voi:?} {shape:?} word {word}: {got} {expected}"
                                    );
                                    exp_ties += 1;
                                }
                                compared += 1;
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(compared, 2 * 2 * 4 * 3 * 2 * 65_536);
        assert!(exp_ties < 10, "{exp_ties}");
    }
}
