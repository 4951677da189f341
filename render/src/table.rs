//! The display table: stored value to grey level, defined in f64 and nowhere else.
//!
//! Modality LUT (PS3.3 C.11.1) -> VOI LUT (C.11.2) -> presentation shape or Presentation LUT (C.11.6) -> 8 bit, round half up. Everything else looks up.
//! `exp` is libm's, so that a sigmoid gives the same bytes on every platform.

use crate::{ValueRange, VolumeView};
use rayon::prelude::*;
use tiresias_words::{Grey, ModalityLut, PresentationShape, PresentationTone, StoredFormat, Voi};

/// Entries that one thread works out at least: a window that is dragged needs a new table in every frame.
const PART: usize = 4096;

/// Grey levels for every interpolated value of a volume, at steps of 2^-fraction_bits stored units from the range's smallest word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayTable {
    entries: Vec<u8>,
}

impl DisplayTable {
    /// The table for a volume: entry `i` is the grey level of stored value `low + i / 2^fraction_bits`.
    #[must_use]
    pub fn for_volume(volume: &VolumeView<'_>, voi: &Voi, tone: &PresentationTone) -> Self {
        Self::build(volume.range(), volume.format(), volume.modality(), voi, tone)
    }

    /// As [`Self::for_volume`], from the parts.
    #[must_use]
    pub fn build(range: ValueRange, format: StoredFormat, modality: &ModalityLut, voi: &Voi, tone: &PresentationTone) -> Self {
        let fraction_bits = range.fraction_bits();
        let low = f64::from(format.stored(range.low()));
        let step = 1.0 / f64::from(1u32 << fraction_bits);
        let last = range.span() << fraction_bits;
        let entries = (0..last + 1)
            .into_par_iter()
            .with_min_len(PART)
            .map(|i| grey_level(modality, voi, tone, low + f64::from(i) * step).0)
            .collect();
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
/// Look-up tables and step windows have no value between integers: they are entered at the floor. Of a Presentation LUT, whose entries are P-Values, all
/// inputs are spread over the output range of the VOI transformation (PS3.3 C.11.6.1). The standard does not say what happens between two inputs: the
/// nearest one is taken, the upper of two equally near.
#[must_use]
pub(crate) fn grey_level(modality: &ModalityLut, voi: &Voi, tone: &PresentationTone, stored: f64) -> Grey {
    let level = level(modality, voi, stored);
    rounded(match tone {
        PresentationTone::Shape(PresentationShape::Identity) => level,
        PresentationTone::Shape(PresentationShape::Inverse) => 255.0 - level,
        PresentationTone::Lut(lut) => {
            let last = (lut.entries().len() - 1) as f64;
            let at = (level.clamp(0.0, 255.0) / 255.0 * last + 0.5).floor() as i64;
            let full = f64::from((1u32 << lut.bits()) - 1);
            f64::from(lut.look_up(i64::from(lut.first()) + at)) / full * 255.0
        }
    })
}

/// Stored value to 0..255, before what presents it. A modality table enters itself at the floor.
fn level(modality: &ModalityLut, voi: &Voi, stored: f64) -> f64 {
    let stepped = matches!(voi, Voi::Table(_)) || matches!(voi, Voi::Linear(w) if w.width() <= 1.0);
    display_range(voi, modality.apply(if stepped { stored.floor() } else { stored }))
}

fn rounded(level: f64) -> Grey {
    Grey((level.clamp(0.0, 255.0) + 0.5).floor() as u8)
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
    use tiresias_words::{LutTable, StoredValue, Window};

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
            // Beyond the window on both sides.
            (-200.0, [0.0, 0.0, 21.209]),
            (300.0, [255.0, 255.0, 237.370]),
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
        let grey = |voi: &Voi, shape: PresentationShape, x| grey_level(&ModalityLut::IDENTITY, voi, &shape.into(), x).0;
        assert_eq!([39.0, 40.0].map(|x| grey(&step, PresentationShape::Identity, x)), [0, 255]);
        // 127.5 rounds up, and so does its inverse, because inversion comes before rounding.
        let half = Voi::LinearExact(window(0.0, 2.0));
        assert_eq!(grey(&half, PresentationShape::Identity, 0.0), 128);
        assert_eq!(grey(&half, PresentationShape::Inverse, 0.0), 128);
    }

    /// Between two integers there is nothing in a table, and no place in a step: the integer below is what every transformation begins with.
    #[test]
    fn tables_and_steps_are_entered_at_the_floor() {
        let grey = |modality: &ModalityLut, voi: &Voi, x: f64| grey_level(modality, voi, &PresentationShape::Identity.into(), x).0;
        let lut = |bits, entries: Vec<u16>| LutTable::new(0, bits, entries.into()).expect("a table");
        // 3.9 is entered as 3, whose modality value is 30, and not as 39.
        let tenfold = ModalityLut::Rescale { slope: 10.0, intercept: 0.0 };
        let same = Voi::Table(lut(8, (0..256).collect()));
        assert_eq!([3.0, 3.9, 4.0].map(|x| grey(&tenfold, &same, x)), [30, 30, 40]);
        // The step of a centre of 40 is at 39.5; so is that of a width below 1. A wider window is none.
        for (width, between) in [(1.0, 0), (0.25, 0), (2.0, 191)] {
            let step = Voi::Linear(window(40.0, width));
            assert_eq!([39.0, 39.75, 40.0].map(|x| grey(&ModalityLut::IDENTITY, &step, x)), [0, between, 255], "{width}");
        }
        let modality = ModalityLut::Table(lut(16, vec![0, 50, 100, 150]));
        let wide = Voi::LinearExact(window(127.5, 255.0));
        assert_eq!([1.0, 1.9, 2.0].map(|x| grey(&modality, &wide, x)), [50, 50, 100]);
    }

    /// PS3.3 C.11.6.1: all of the VOI's output range meets all of the table.
    #[test]
    fn a_presentation_lut_takes_the_whole_output_range() {
        let lut = |bits, entries: &[u16]| LutTable::new(0, bits, entries.into()).expect("a table");
        let tone = |bits, entries: &[u16]| PresentationTone::Lut(lut(bits, entries));
        let level = |voi: &Voi, tone: &PresentationTone, stored: f64| grey_level(&ModalityLut::IDENTITY, voi, tone, stored).0;
        // 8 bits in, 8 bits out: the output of a VOI LUT is the table's input itself.
        let reverse: Vec<u16> = (0..256).rev().collect();
        let squares: Vec<u16> = (0..256).map(|i| i * i / 255).collect();
        let voi = Voi::Table(lut(8, &squares));
        for x in 0..256u32 {
            assert_eq!(u32::from(level(&voi, &tone(8, &reverse), f64::from(x))), 255 - x * x / 255, "{x}");
        }
        // A window of 256 values over a table of three: halves of the range, the nearest input.
        let window = Voi::LinearExact(window(128.0, 256.0));
        let three = tone(16, &[65_535, 0, 32_768]);
        assert_eq!([0.0, 63.9, 64.0, 191.9, 192.0, 300.0].map(|x| level(&window, &three, x)), [255, 255, 0, 0, 128, 128]);
        // The table for a volume holds the same.
        let (range, format) = (ValueRange::new(StoredValue(0), StoredValue(255)), StoredFormat { signed: false, bits_stored: 8 });
        let table = DisplayTable::build(range, format, &ModalityLut::IDENTITY, &voi, &tone(8, &reverse));
        assert!((0..256).all(|x| table.entries()[x << range.fraction_bits()] == level(&voi, &tone(8, &reverse), x as f64)));
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
                            let table = DisplayTable::build(range, format, &modality, voi, &shape.into());
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
