//! The sampler: from a plan's coordinates to blended values of one pixel or one row, for any number of channels.
//!
//! Refuses: how voxels are stored and shown (`voxels`), and the order in which pixels are visited.

use super::voxels::Voxels;
use crate::plan::{Projection, SamplePlan, WEIGHT_BITS};

/// Voxels and a plan, with what every sample needs at hand.
pub(super) struct Sampler<'a, V, const N: usize> {
    pub(super) voxels: V,
    pub(super) plan: &'a SamplePlan,
    /// Columns, rows, slices.
    pub(super) size: [u32; 3],
    /// Voxels in a step along each axis.
    pub(super) stride: [usize; 3],
}

/// An interval of voxels on one axis: the two taps and the weight of the second.
#[derive(Clone, Copy)]
pub(super) struct Taps {
    pub(super) first: u32,
    pub(super) second: u32,
    pub(super) weight: u32,
}

impl Taps {
    /// `c` in Q15.16, clamped to the centres of an axis of `n` voxels.
    pub(super) fn new(c: i32, n: u32) -> Self {
        let c = c.clamp(0, ((n - 1) << 16) as i32) as u32;
        let first = c >> 16;
        Self { first, second: (first + 1).min(n - 1), weight: (c & 0xFFFF) >> (16 - WEIGHT_BITS) }
    }
    const fn nearest(self) -> u32 {
        if self.weight >= 1 << (WEIGHT_BITS - 1) { self.second } else { self.first }
    }
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
        Self { voxels, plan, size, stride }
    }

    /// One row of pixels, from pixel `x0` on; `start` is the coordinate of pixel 0. Pixels without a sample keep their bytes.
    pub(super) fn row(&self, pixels: &mut [u8], x0: u32, start: [i64; 3]) {
        let plan = self.plan;
        let mut at: [i64; 3] = std::array::from_fn(|a| start[a].wrapping_add(plan.du[a].wrapping_mul(i64::from(x0))));
        for pixel in pixels.chunks_exact_mut(N) {
            let values = match plan.projection {
                Projection::Thin => Some(self.values(at).0),
                _ => self.project(at),
            };
            if let Some(values) = values {
                pixel.iter_mut().zip(values).for_each(|(byte, value)| *byte = self.voxels.shown(value));
            }
            at = std::array::from_fn(|a| at[a].wrapping_add(plan.du[a]));
        }
    }

    /// Values at a coordinate inside the volume, and whether they are padding.
    fn values(&self, at: [i64; 3]) -> ([u32; N], bool) {
        let voxels = &self.voxels;
        let [x, y, z]: [Taps; 3] = std::array::from_fn(|a| Taps::new((at[a] >> 16) as i32, self.size[a]));
        let stored = |x: u32, y: u32, z: u32| voxels.stored(x as usize + y as usize * self.stride[1] + z as usize * self.stride[2]);
        let padding = voxels.padding();
        let is_padding = |w: u32| padding.as_ref().is_some_and(|p| p.contains(&w));
        let nearest = || {
            let w = stored(x.nearest(), y.nearest(), z.nearest());
            (voxels.values(w), is_padding(w))
        };
        if self.plan.nearest {
            return nearest();
        }
        let mut corners = [[0u32; N]; 8];
        for (i, corner) in corners.iter_mut().enumerate() {
            let (sx, sy, sz) = (i & 1 != 0, i & 2 != 0, i & 4 != 0);
            let pick = |t: Taps, second: bool| if second { t.second } else { t.first };
            let w = stored(pick(x, sx), pick(y, sy), pick(z, sz));
            let weighs = (!sx || x.weight != 0) && (!sy || y.weight != 0) && (!sz || z.weight != 0);
            if weighs && is_padding(w) {
                return nearest();
            }
            *corner = voxels.values(w);
        }
        let line = |i: usize| blend_each(corners[i], corners[i + 1], x.weight);
        let plane = |i: usize| blend_each(line(i), line(i + 2), y.weight);
        (blend_each(plane(0), plane(4), z.weight), false)
    }

    /// The slab's samples from `at` on, brought to one value a channel; `None` when none is inside.
    fn project(&self, at: [i64; 3]) -> Option<[u32; N]> {
        let dw = self.plan.dw;
        let (mut count, mut sum, mut low, mut high) = (0u32, [0u32; N], [u32::MAX; N], [0u32; N]);
        for s in 0..i64::from(self.plan.samples) {
            let p: [i64; 3] = std::array::from_fn(|a| at[a].wrapping_add(dw[a].wrapping_mul(s)));
            // The same 32-bit test as the shader's; the row's range has kept far coordinates away.
            let inside = (0..3).all(|a| {
                let c = (p[a] >> 16) as i32;
                c >= -0x8000 && c <= ((self.size[a] << 16) - 0x8000) as i32
            });
            if !inside {
                continue;
            }
            let (values, padding) = self.values(p);
            if padding {
                continue;
            }
            count += 1;
            for (channel, v) in values.into_iter().enumerate() {
                sum[channel] += v;
                low[channel] = low[channel].min(v);
                high[channel] = high[channel].max(v);
            }
        }
        if count == 0 {
            return None;
        }
        Some(match self.plan.projection {
            Projection::Minip => low,
            Projection::Mean => sum.map(|sum| (sum + count / 2) / count),
            Projection::Mip | Projection::Thin => high,
        })
    }
}
