//! Catmull-Rom in integers: the four weights of an axis, and a blend that rings and is held to what can be shown.
//!
//! Weights come from a place of 14 bits, whose square and cube are kept to 16, and are rounded to `bits`; the second one takes what is missing, so that they
//! sum to exactly 1. After two axes values reach from -0.28 to 1.28 of their span, so the products of the third stay within 31 bits as long as span, fraction and weight
//! have 30 between them (Catmull and Rom 1974: the absolute weights sum to at most 1.25).

use crate::course::{Taps, WEIGHT_BITS};

/// Four taps of an axis and their weights, which sum to 2^bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct CubicTaps {
    pub(super) voxels: [u32; 4],
    pub(super) weights: [i32; 4],
}

impl CubicTaps {
    /// On an axis of `n` voxels, whose outer ones are repeated beyond it. `linear` where the steps are unequal: only the inner two weigh.
    pub(super) fn new(taps: Taps, n: u32, linear: bool, bits: u32) -> Self {
        let voxels = [taps.first.saturating_sub(1), taps.first, taps.second, (taps.second + 1).min(n - 1)];
        let weights = if taps.weight == 0 {
            [0, 1 << bits, 0, 0]
        } else if linear {
            let second = rounded((taps.weight << 3) as i32, bits);
            [0, (1 << bits) - second, second, 0]
        } else {
            weights(taps.weight, bits)
        };
        Self { voxels, weights }
    }
}

/// The weights of the taps at -1, 0, 1 and 2 for a place `t` of 2^14 between 0 and 1.
pub(super) const fn weights(t: u32, bits: u32) -> [i32; 4] {
    let square = ((t * t + (1 << 11)) >> 12) as i32;
    let cube = ((square as u32 * t + (1 << 13)) >> WEIGHT_BITS) as i32;
    let t = (t << 2) as i32;
    let before = rounded(2 * square - t - cube, bits);
    let second = rounded(t + 4 * square - 3 * cube, bits);
    let after = rounded(cube - square, bits);
    [before, (1 << bits) - before - second - after, second, after]
}

/// From Q17.
const fn rounded(weight: i32, bits: u32) -> i32 {
    let dropped = 17 - bits;
    (weight + (1 << (dropped - 1))) >> dropped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::definition::catmull_rom;

    /// Every place, at every precision, to the last bit.
    #[test]
    fn weights_are_those_of_the_definition() {
        for bits in 12..=14 {
            for t in 0..1 << WEIGHT_BITS {
                assert_eq!(weights(t, bits).map(i64::from), catmull_rom(t, bits), "{t} at {bits} bits");
            }
        }
    }

    /// Every place, at every precision, against the polynomials in f64.
    #[test]
    fn weights_are_catmull_roms() {
        for bits in 12..=14u32 {
            let one = f64::from(1u32 << bits);
            let mut worst = 0.0f64;
            for t in 0..1 << WEIGHT_BITS {
                let x = f64::from(t) / 16_384.0;
                let exact = [
                    (-x + 2.0 * x * x - x.powi(3)) / 2.0,
                    (2.0 - 5.0 * x * x + 3.0 * x.powi(3)) / 2.0,
                    (x + 4.0 * x * x - 3.0 * x.powi(3)) / 2.0,
                    (x.powi(3) - x * x) / 2.0,
                ];
                let got = weights(t, bits);
                assert_eq!(got.iter().sum::<i32>(), 1 << bits, "{t}");
                for (g, e) in got.iter().zip(exact) {
                    worst = worst.max((f64::from(*g) - e * one).abs());
                }
            }
            assert!(worst <= 2.0, "{bits} bits: a weight is off by {worst} of 2^-{bits}");
        }
    }
}
