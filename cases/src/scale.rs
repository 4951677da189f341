//! How the 16-bit words of a series in memory stand for values, and where they are not the stored values themselves.
//!
//! 32-bit and floating-point samples, and series whose modality transformation differs from image to image (PET), are requantised once for display
//! (design 3.2): word 1 is the lowest value, 65535 the highest, word 0 padding; the error is at most half a step. Numbers shown to a person never come from
//! requantised words.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::ops::RangeInclusive;
use tiresias_words::{ModalityLut, StoredFormat, StoredValue};

/// What words mean.
#[derive(Debug, Clone, PartialEq)]
pub struct WordScale {
    /// How words stand for integers.
    pub format: StoredFormat,
    /// Those integers to modality units.
    pub modality: ModalityLut,
    /// Words that are no measurement.
    pub padding: Option<RangeInclusive<StoredValue>>,
    /// The largest difference between a word's modality value and the true one, in modality units; 0 where words are the stored values.
    pub max_error: f64,
}

/// Lowest and highest modality value of a series, and the step between two words.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quantiser {
    low: f64,
    step: f64,
}

impl Quantiser {
    /// Between two finite values; `None` when they are not, or so far apart that no number says how far.
    pub(crate) fn new(low: f64, high: f64) -> Option<Self> {
        let step = (high - low) / 65_534.0;
        // A constant image has no step; any will do.
        let found = Self { low, step: if step > 0.0 { step } else { 1.0 } };
        (step >= 0.0 && found.is_usable()).then_some(found)
    }
    /// The word of a value; 0 for what is no number.
    pub(crate) fn word(self, value: f64) -> u16 {
        if value.is_nan() { 0 } else { (((value - self.low) / self.step).round().clamp(0.0, 65_534.0)) as u16 + 1 }
    }
    /// Whether a value has a word that is no farther from it than the scale says. What is no number or infinite has none, and needs none.
    pub(crate) fn holds(self, value: f64) -> bool {
        let at = (value - self.low) / self.step;
        !value.is_finite() || (-0.5..=65_534.5).contains(&at)
    }
    /// What those words mean.
    pub(crate) fn scale(self) -> WordScale {
        WordScale {
            format: StoredFormat { signed: false, bits_stored: 16 },
            modality: ModalityLut::Rescale { slope: self.step, intercept: self.low - self.step },
            padding: Some(StoredValue(0)..=StoredValue(0)),
            max_error: self.step / 2.0,
        }
    }
    /// Whether numbers from a file make sense.
    pub(crate) fn is_usable(self) -> bool {
        self.step > 0.0 && (self.low - self.step).is_finite() && (self.step * 65_536.0).is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_error_is_at_most_half_a_step(a in -1e6..1e6f64, b in -1e6..1e6f64, t in 0.0..1.0f64) {
            let (low, high) = (a.min(b), a.max(b));
            let q = Quantiser::new(low, high).unwrap();
            let scale = q.scale();
            let value = low + (high - low) * t;
            let back = scale.modality.apply(f64::from(scale.format.stored(StoredValue(q.word(value)))));
            prop_assert!((back - value).abs() <= scale.max_error * (1.0 + 1e-9) + 1e-9, "{back} {value}");
            prop_assert!(q.word(low) == 1 && (q.word(high) == 65_535 || high == low));
        }
    }

    #[test]
    fn what_is_no_number_is_padding() {
        let q = Quantiser::new(0.0, 1.0).unwrap();
        assert_eq!(q.word(f64::NAN), 0);
        assert!(Quantiser::new(0.0, f64::INFINITY).is_none() && Quantiser::new(f64::NAN, 1.0).is_none());
        assert_eq!(Quantiser::new(5.0, 5.0).unwrap().word(5.0), 1);
    }
}
