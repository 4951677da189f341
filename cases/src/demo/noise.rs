//! Seeded numbers and the noise that makes no two cases equal.
//!
//! ChaCha12 keyed by SHA-256 of seed, case number and purpose; normal numbers by Box and Muller with `libm`, because the standard library's logarithm and
//! cosine differ from platform to platform.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// A stream of numbers that follows from its name alone.
pub(super) struct Seeded(ChaCha12Rng);

impl Seeded {
    pub(super) fn new(seed: u64, case: u32, purpose: &str) -> Self {
        let key = Sha256::new()
            .chain_update("tiresias demo")
            .chain_update(seed.to_le_bytes())
            .chain_update(case.to_le_bytes())
            .chain_update(purpose);
        Self(ChaCha12Rng::from_seed(key.finalize().into()))
    }
    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
    /// Uniform whole number, both ends included.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.unit() * f64::from(high - low + 1)) as u32
    }
    /// Two independent normal numbers.
    pub(super) fn normals(&mut self) -> [f64; 2] {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let angle = std::f64::consts::TAU * self.unit();
        [radius * libm::cos(angle), radius * libm::sin(angle)]
    }
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.whole(0, i as u32) as usize;
            items.swap(i, j);
        }
    }
}

/// Sigma of the smoothing of noise, pixels.
const SIGMA: f64 = 0.7;
const REACH: usize = 3;

/// Adds Gaussian noise of standard deviation `sd`, smoothed in the plane, to slices of `size` [columns, rows].
pub(super) fn add_noise(values: &mut [f64], [columns, rows]: [usize; 2], sd: f64, random: &mut Seeded) {
    let kernel = kernel();
    let mut noise = vec![0.0; columns * rows];
    let mut across = vec![0.0; columns * rows];
    for slice in values.chunks_exact_mut(columns * rows) {
        for pair in noise.chunks_mut(2) {
            pair.iter_mut().zip(random.normals()).for_each(|(to, n)| *to = sd * n);
        }
        smooth(&noise, &mut across, &kernel, columns, 1, columns);
        smooth(&across, &mut noise, &kernel, rows, columns, columns);
        slice.iter_mut().zip(&noise).for_each(|(v, n)| *v += n);
    }
}

/// Convolves along one axis of `length` samples that lie `stride` apart; the edge is mirrored, so that its standard deviation is nearly that inside.
fn smooth(from: &[f64], to: &mut [f64], kernel: &[f64], length: usize, stride: usize, columns: usize) {
    for (i, out) in to.iter_mut().enumerate() {
        let at = if stride == 1 { i % columns } else { i / columns };
        let base = i - at * stride;
        let tap = |k: usize| {
            let p = (at + k).abs_diff(REACH);
            let p = if p < length { p } else { 2 * length - 1 - p };
            from[base + p.min(length - 1) * stride]
        };
        *out = kernel.iter().enumerate().map(|(k, w)| w * tap(k)).sum();
    }
}

/// Gaussian weights scaled so that white noise keeps its standard deviation.
fn kernel() -> Vec<f64> {
    let weight = |k: usize| {
        let d = k.abs_diff(REACH) as f64 / SIGMA;
        libm::exp(-0.5 * d * d)
    };
    let weights: Vec<f64> = (0..=2 * REACH).map(weight).collect();
    let energy = libm::sqrt(weights.iter().map(|w| w * w).sum());
    weights.into_iter().map(|w| w / energy).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_its_standard_deviation_and_neighbours_are_alike() {
        let mut values = vec![100.0; 64 * 64 * 8];
        add_noise(&mut values, [64, 64], 20.0, &mut Seeded::new(1, 1, "noise"));
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let lag = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / n / (sd * sd);
        assert!((mean - 100.0).abs() < 1.0 && (sd - 20.0).abs() < 1.0, "{mean} {sd}");
        // exp(-1/(4 sigma^2)) for a Gaussian kernel.
        assert!((lag - 0.6).abs() < 0.06, "{lag}");
    }

    #[test]
    fn streams_differ_by_each_part_of_their_name() {
        let first = |seed, case, purpose| Seeded::new(seed, case, purpose).unit();
        assert_eq!(first(1, 2, "a"), first(1, 2, "a"));
        assert!(first(1, 2, "a") != first(2, 2, "a") && first(1, 2, "a") != first(1, 3, "a") && first(1, 2, "a") != first(1, 2, "b"));
    }
}
