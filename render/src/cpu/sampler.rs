//! The sampler: from a plan's coordinates to blended values of one pixel or one row, for any number of channels.
//!
//! Refuses: how voxels are stored and shown (`voxels`), and the order in which pixels are visited.

use super::cubic::CubicTaps;
use super::hatch;
use super::voxels::Voxels;
use crate::course::{Taps, WEIGHT_BITS};
use crate::plan::{Projection, SamplePlan};
use std::ops::RangeInclusive;
use tiresias_words::Interpolation;

/// Voxels and a plan, with what every sample needs at hand.
pub(super) struct Sampler<'a, V, const N: usize> {
    pub(super) voxels: V,
    pub(super) plan: &'a SamplePlan,
    /// Columns, rows, slices.
    pub(super) size: [u32; 3],
    /// Voxels in a step along each axis.
    pub(super) stride: [usize; 3],
    padding: Option<RangeInclusive<u32>>,
}

/// What lies at a coordinate.
pub(super) enum Found<const N: usize> {
    Value([u32; N]),
    /// The nearest voxel, which is no measurement.
    Padding([u32; N]),
    /// Slices are missing here.
    Gap,
}

/// What becomes of a pixel.
enum Shown<const N: usize> {
    Value([u32; N]),
    /// Nothing is inside.
    Nothing,
    Gap,
}

/// `a` to `b` by a weight of 2^14, rounded half up. With weight 0 it is exactly `a`.
pub(super) const fn blend(a: u32, b: u32, weight: u32) -> u32 {
    (a * ((1 << WEIGHT_BITS) - weight) + b * weight + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS
}

/// [`blend`] of each channel.
pub(super) fn blend_each<const N: usize>(a: [u32; N], b: [u32; N], weight: u32) -> [u32; N] {
    std::array::from_fn(|channel| blend(a[channel], b[channel], weight))
}

impl<'a, V: Voxels<N>, const N: usize> Sampler<'a, V, N> {
    pub(super) fn new(voxels: V, plan: &'a SamplePlan) -> Self {
        let size = voxels.geometry().size();
        let stride = [1, size[0] as usize, size[0] as usize * size[1] as usize];
        let padding = voxels.padding();
        Self { voxels, plan, size, stride, padding }
    }

    /// The taps of an axis at a coordinate in Q15.16; `None` in a gap.
    pub(super) fn taps(&self, axis: usize, c: i32) -> Option<Taps> {
        match &self.plan.course {
            Some(course) if axis == 2 => course.taps(c),
            _ => Some(Taps::new(c, self.size[axis])),
        }
    }

    /// Pixels of row `y`, from pixel `x0` on; `start` is the coordinate of pixel 0. Pixels without a sample keep their bytes.
    pub(super) fn row(&self, pixels: &mut [u8], [x0, y]: [u32; 2], start: [i64; 3]) {
        let plan = self.plan;
        let mut at: [i64; 3] = std::array::from_fn(|a| start[a].wrapping_add(plan.du[a].wrapping_mul(i64::from(x0))));
        for (x, pixel) in (x0..).zip(pixels.chunks_exact_mut(N)) {
            let shown = match plan.projection {
                Projection::Thin => match self.values(at) {
                    Found::Value(values) | Found::Padding(values) => Shown::Value(values),
                    Found::Gap => Shown::Gap,
                },
                _ => self.project(at),
            };
            match shown {
                Shown::Value(values) => pixel.iter_mut().zip(values).for_each(|(byte, value)| *byte = self.voxels.shown(value)),
                Shown::Gap => pixel.fill(hatch(x, y)),
                Shown::Nothing => {}
            }
            at = std::array::from_fn(|a| at[a].wrapping_add(plan.du[a]));
        }
    }

    /// What lies at a coordinate inside the volume.
    fn values(&self, at: [i64; 3]) -> Found<N> {
        let c = at.map(|c| (c >> 16) as i32);
        let [Some(x), Some(y), Some(z)] = [self.taps(0, c[0]), self.taps(1, c[1]), self.taps(2, c[2])] else { return Found::Gap };
        let taps = [x, y, z];
        let found = match self.plan.interpolation {
            Interpolation::Nearest => None,
            Interpolation::Linear => self.linear(taps),
            Interpolation::Cubic => self.cubic(taps),
        };
        found.map_or_else(|| self.nearest(taps), Found::Value)
    }

    fn stored(&self, [x, y, z]: [u32; 3]) -> u32 {
        self.voxels.stored(x as usize + y as usize * self.stride[1] + z as usize * self.stride[2])
    }
    fn is_padding(&self, stored: u32) -> bool {
        self.padding.as_ref().is_some_and(|p| p.contains(&stored))
    }

    fn nearest(&self, taps: [Taps; 3]) -> Found<N> {
        let stored = self.stored(taps.map(Taps::nearest));
        let values = self.voxels.values(stored);
        if self.is_padding(stored) { Found::Padding(values) } else { Found::Value(values) }
    }

    /// `None` when a tap on padding weighs.
    fn linear(&self, [x, y, z]: [Taps; 3]) -> Option<[u32; N]> {
        let mut corners = [[0u32; N]; 8];
        for (i, corner) in corners.iter_mut().enumerate() {
            let (sx, sy, sz) = (i & 1 != 0, i & 2 != 0, i & 4 != 0);
            let pick = |t: Taps, second: bool| if second { t.second } else { t.first };
            let stored = self.stored([pick(x, sx), pick(y, sy), pick(z, sz)]);
            let weighs = (!sx || x.weight != 0) && (!sy || y.weight != 0) && (!sz || z.weight != 0);
            if weighs && self.is_padding(stored) {
                return None;
            }
            *corner = self.voxels.values(stored);
        }
        let line = |i: usize| blend_each(corners[i], corners[i + 1], x.weight);
        let plane = |i: usize| blend_each(line(i), line(i + 2), y.weight);
        Some(blend_each(plane(0), plane(4), z.weight))
    }

    /// `None` when a tap on padding weighs. Held to what can be shown; in projections of extremes to the eight inner taps, or ringing would be the extreme.
    fn cubic(&self, taps: [Taps; 3]) -> Option<[u32; N]> {
        let bits = self.voxels.cubic_bits();
        let linear = self.plan.course.is_some();
        let axes: [CubicTaps; 3] = std::array::from_fn(|a| CubicTaps::new(taps[a], self.size[a], a == 2 && linear, bits));
        let round = |sum: i32| (sum + (1 << (bits - 1))) >> bits;
        let [x, y, z] = axes;
        let mut held = match self.plan.projection {
            Projection::Mip | Projection::Minip => [[u32::MAX; N], [0; N]],
            Projection::Thin | Projection::Mean => [[0; N], [self.voxels.top(); N]],
        };
        let is_extreme = matches!(self.plan.projection, Projection::Mip | Projection::Minip);
        let weighing = |axis: CubicTaps| (0..4usize).filter(move |i| axis.weights[*i] != 0);
        let is_inner = |i: usize| i == 1 || i == 2;
        let mut whole = [0i32; N];
        for k in weighing(z) {
            let mut plane = [0i32; N];
            for j in weighing(y) {
                let mut line = [0i32; N];
                for i in weighing(x) {
                    let stored = self.stored([x.voxels[i], y.voxels[j], z.voxels[k]]);
                    if self.is_padding(stored) {
                        return None;
                    }
                    let values = self.voxels.values(stored);
                    let holds = is_extreme && is_inner(i) && is_inner(j) && is_inner(k);
                    for (channel, v) in values.into_iter().enumerate() {
                        line[channel] += v as i32 * x.weights[i];
                        if holds {
                            held[0][channel] = held[0][channel].min(v);
                            held[1][channel] = held[1][channel].max(v);
                        }
                    }
                }
                plane.iter_mut().zip(line).for_each(|(to, sum)| *to += round(sum) * y.weights[j]);
            }
            whole.iter_mut().zip(plane).for_each(|(to, sum)| *to += round(sum) * z.weights[k]);
        }
        Some(std::array::from_fn(|channel| round(whole[channel]).clamp(held[0][channel] as i32, held[1][channel] as i32) as u32))
    }

    /// The slab's samples from `at` on, brought to one value a channel.
    fn project(&self, at: [i64; 3]) -> Shown<N> {
        let dw = self.plan.dw;
        let (mut count, mut sum, mut low, mut high) = (0u32, [0u32; N], [u32::MAX; N], [0u32; N]);
        let mut has_gap = false;
        let upper = |axis: usize| ((self.size[axis] << 16) - 0x8000) as i32;
        let bounds = [[-0x8000, upper(0)], [-0x8000, upper(1)], self.plan.reach];
        for s in 0..i64::from(self.plan.samples) {
            let p: [i64; 3] = std::array::from_fn(|a| at[a].wrapping_add(dw[a].wrapping_mul(s)));
            // The same 32-bit test as the shader's; the row's range has kept far coordinates away.
            let inside = (0..3).all(|a| {
                let c = (p[a] >> 16) as i32;
                c >= bounds[a][0] && c <= bounds[a][1]
            });
            if !inside {
                continue;
            }
            let values = match self.values(p) {
                Found::Value(values) => values,
                Found::Padding(_) => continue,
                Found::Gap => {
                    has_gap = true;
                    continue;
                }
            };
            count += 1;
            for (channel, v) in values.into_iter().enumerate() {
                sum[channel] += v;
                low[channel] = low[channel].min(v);
                high[channel] = high[channel].max(v);
            }
        }
        if count == 0 {
            return if has_gap { Shown::Gap } else { Shown::Nothing };
        }
        Shown::Value(match self.plan.projection {
            Projection::Minip => low,
            Projection::Mean => sum.map(|sum| (sum + count / 2) / count),
            Projection::Mip | Projection::Thin => high,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::voxels::GreyVoxels;
    use crate::{DisplayTable, ValueRange, VolumeView};
    use proptest::prelude::*;
    use std::sync::atomic::AtomicU16;
    use tiresias_words::{
        Direction, Displacement, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind, Stack,
        StoredFormat, StoredValue, Voi, VolumeGeometry, Voxel, Window,
    };

    /// Catmull-Rom over 4 x 4 x 4 values in f64, the outer voxels repeated.
    fn exact(words: &[u16], size: [u32; 3], at: [f64; 3]) -> f64 {
        let axes: [[(usize, f64); 4]; 3] = std::array::from_fn(|a| {
            let c = at[a].clamp(0.0, f64::from(size[a] - 1));
            let (first, t) = (c.floor(), c - c.floor());
            let weights = [
                (-t + 2.0 * t * t - t.powi(3)) / 2.0,
                (2.0 - 5.0 * t * t + 3.0 * t.powi(3)) / 2.0,
                (t + 4.0 * t * t - 3.0 * t.powi(3)) / 2.0,
                (t.powi(3) - t * t) / 2.0,
            ];
            std::array::from_fn(|i| ((first as i64 + i as i64 - 1).clamp(0, i64::from(size[a] - 1)) as usize, weights[i]))
        });
        let mut sum = 0.0;
        for (z, wz) in axes[2] {
            for (y, wy) in axes[1] {
                for (x, wx) in axes[0] {
                    sum += wx * wy * wz * f64::from(words[x + size[0] as usize * (y + size[1] as usize * z)]);
                }
            }
        }
        sum
    }

    fn spec(plane: Plane, slab: Slab) -> PaneSpec {
        let voi = Voi::LinearExact(Window::new(100.0, 200.0).expect("a window"));
        let shape = PresentationShape::Identity;
        PaneSpec { series: Role::current(), plane, size: [1, 1], slab, interpolation: Interpolation::Cubic, voi, tone: shape.into() }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// No sample is farther from the f64 reference than span * (2^-12 + 9 * 2^-k) stored units, and 2.5 of the fraction that is kept: the first for
        /// the place's 14 bits, the second for weights of k bits that are off by 2 at most on three axes, the third for three roundings. Extremes stay within
        /// the inner taps that weigh.
        #[test]
        fn cubic_is_within_its_bound(
            size in (1u32..9, 1u32..9, 1u32..9), top in prop::sample::select(vec![1u16, 200, 4095, 9000, 16_000, 40_000, 65_535]),
            seed in any::<u64>(), at in prop::array::uniform3(-0.5..8.4f64), steps in any::<bool>(),
        ) {
            let size = [size.0, size.1, size.2];
            let at: [f64; 3] = std::array::from_fn(|a| at[a].min(f64::from(size[a]) - 0.5));
            let mut state = seed | 1;
            let words: Vec<u16> = (0..size.iter().product::<u32>())
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    // Edges ring most: often nothing but the two ends of the range.
                    if steps { (state & 1) as u16 * top } else { (state >> 20) as u16 % (top - top / 2 + 1) + top / 2 }
                })
                .collect();
            let cells: Vec<AtomicU16> = words.iter().map(|w| AtomicU16::new(*w)).collect();
            let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
            let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).expect("a geometry");
            let range = ValueRange::measure(&cells);
            let format = StoredFormat { signed: false, bits_stored: 16 };
            let view = VolumeView::new(&geometry, &cells, format, &ModalityLut::IDENTITY, None, range).expect("a view");
            let point = geometry.patient_of(Voxel::new(at[0], at[1], at[2]));
            let plane = Plane::new(point, Direction::LEFT, Direction::POSTERIOR, Mm(1.0)).expect("a plane");
            for slab in [Slab::Thin, Slab::Thick { thickness: Mm(0.0), step: Mm(1.0), kind: SlabKind::Mip }] {
                let spec = spec(plane, slab);
                let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
                // Values are found without a table, and one for all of them is larger than the volume: this one has one entry.
                let nothing = ValueRange::new(StoredValue(0), StoredValue(0));
                let table = DisplayTable::build(nothing, format, &ModalityLut::IDENTITY, &spec.voi, &spec.tone);
                let sampler = Sampler::new(GreyVoxels::new(&view, &table), &plan);
                let Found::Value([value]) = sampler.values(plan.origin) else { panic!("no padding and no gap") };
                let fraction = f64::from(1u32 << range.fraction_bits());
                let got = f64::from(value) / fraction + f64::from(range.low().0);
                let taps: [Taps; 3] = std::array::from_fn(|a| sampler.taps(a, (plan.origin[a] >> 16) as i32).expect("no gap"));
                let axes: [CubicTaps; 3] = std::array::from_fn(|a| CubicTaps::new(taps[a], size[a], false, range.cubic_bits()));
                let inner = (0..8usize).filter_map(|i| {
                    let pick = |a: usize| Some(1 + (i >> a & 1)).filter(|tap| axes[a].weights[*tap] != 0).map(|tap| axes[a].voxels[tap] as usize);
                    let (x, y, z) = (pick(0)?, pick(1)?, pick(2)?);
                    Some(f64::from(words[x + size[0] as usize * (y + size[1] as usize * z)]))
                });
                let inner: Vec<f64> = inner.collect();
                let (low, high) = match slab {
                    Slab::Thin => (f64::from(range.low().0), f64::from(range.high().0)),
                    Slab::Thick { .. } => (inner.iter().copied().fold(f64::INFINITY, f64::min), inner.iter().copied().fold(0.0, f64::max)),
                };
                let expected = exact(&words, size, at).clamp(low, high);
                let bits = f64::from(1u32 << range.cubic_bits());
                let bound = f64::from(range.span()) * (1.0 / 4096.0 + 9.0 / bits) + 2.5 / fraction;
                prop_assert!((got - expected).abs() <= bound, "{got} is not {expected} within {bound}");
                prop_assert!(got >= low - 1e-9 && got <= high + 1e-9, "{got} rings beyond {low} to {high}");
            }
        }
    }
}
