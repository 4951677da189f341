//! The specification of the image: integer sampling of stored values, then the display table. The GPU must give these bytes.
//!
//! For each pixel: coordinate Q15.16 = (origin + x*du + y*dv + s*dw) >> 16; clamp to the outer voxel centres; weights are the top 14 of its
//! 16 fraction bits; values are words minus the range's smallest, shifted left by the kept fraction bits; three stages of
//! `(a*(2^14-w) + b*w + 2^13) >> 14` along column, row, slice. A tap on padding with weight makes the sample its nearest tap. Slabs leave out samples that
//! are outside or padding. What is outside the volume is black in every window. Interpolate stored values, then look up (PS3.3 C.11, PS3.4 N.2).

mod straight;

use crate::plan::{Projection, SamplePlan, WEIGHT_BITS};
use crate::{DisplayTable, GreyImage, RenderError, VolumeView};
use rayon::prelude::*;
use std::sync::atomic::Ordering;
use straight::Straight;
use tiresias_words::PaneSpec;

/// Renders `spec` from `volume`: the one definition of its bytes.
///
/// # Errors
/// As [`SamplePlan::new`].
pub fn render(volume: &VolumeView<'_>, spec: &PaneSpec) -> Result<GreyImage, RenderError> {
    let plan = SamplePlan::new(volume, spec)?;
    let table = DisplayTable::for_volume(volume, &spec.voi, spec.shape);
    Ok(draw(volume, &plan, &table))
}

/// Renders a plan that was made for this volume, with a table that was made for it.
#[must_use]
pub fn draw(volume: &VolumeView<'_>, plan: &SamplePlan, table: &DisplayTable) -> GreyImage {
    let [width, height] = plan.size;
    let mut bytes = vec![0u8; width as usize * height as usize];
    let sampler = Sampler::new(volume, plan);
    match Straight::new(&sampler) {
        Some(straight) => straight.draw(&mut bytes, table.entries()),
        None => general(&sampler, &mut bytes, table),
    }
    GreyImage { size: plan.size, bytes }
}

/// The specification as it is written above, pixel by pixel.
fn general(sampler: &Sampler<'_>, bytes: &mut [u8], table: &DisplayTable) {
    let plan = sampler.plan;
    let width = plan.size[0] as usize;
    let rows = bytes.par_chunks_exact_mut(width).zip(&plan.rows).enumerate();
    rows.for_each(|(y, (row, [x0, x1]))| {
        let start = std::array::from_fn(|a| plan.origin[a].wrapping_add(plan.dv[a].wrapping_mul(y as i64)));
        sampler.row(&mut row[*x0 as usize..*x1 as usize], *x0, start, table.entries());
    });
}

/// A volume and a plan, with what every sample needs at hand.
struct Sampler<'a> {
    volume: &'a VolumeView<'a>,
    plan: &'a SamplePlan,
    base: u32,
    span: u32,
    fraction_bits: u32,
    /// Words in a step along each axis.
    stride: [usize; 3],
}

/// An interval of voxels on one axis: the two taps and the weight of the second.
#[derive(Clone, Copy)]
struct Taps {
    first: u32,
    second: u32,
    weight: u32,
}

impl Taps {
    /// `c` in Q15.16, clamped to the centres of an axis of `n` voxels.
    fn new(c: i32, n: u32) -> Self {
        let c = c.clamp(0, ((n - 1) << 16) as i32) as u32;
        let first = c >> 16;
        Self { first, second: (first + 1).min(n - 1), weight: (c & 0xFFFF) >> (16 - WEIGHT_BITS) }
    }
    const fn nearest(self) -> u32 {
        if self.weight >= 1 << (WEIGHT_BITS - 1) { self.second } else { self.first }
    }
}

/// `a` to `b` by a weight of 2^14, rounded half up. With weight 0 it is exactly `a`.
const fn blend(a: u32, b: u32, weight: u32) -> u32 {
    (a * ((1 << WEIGHT_BITS) - weight) + b * weight + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS
}

impl<'a> Sampler<'a> {
    fn new(volume: &'a VolumeView<'a>, plan: &'a SamplePlan) -> Self {
        let [columns, rows, _] = volume.geometry().size();
        let range = volume.range();
        let stride = [1, columns as usize, columns as usize * rows as usize];
        Self { volume, plan, base: u32::from(range.low().0), span: range.span(), fraction_bits: range.fraction_bits(), stride }
    }

    /// One row of pixels, from pixel `x0` on; `start` is the coordinate of pixel 0.
    fn row(&self, pixels: &mut [u8], x0: u32, start: [i64; 3], table: &[u8]) {
        let plan = self.plan;
        let mut at: [i64; 3] = std::array::from_fn(|a| start[a].wrapping_add(plan.du[a].wrapping_mul(i64::from(x0))));
        for pixel in pixels {
            let value = match plan.projection {
                Projection::Thin => Some(self.value(at).0),
                _ => self.project(at),
            };
            *pixel = value.and_then(|v| table.get(v as usize)).copied().unwrap_or(0);
            at = std::array::from_fn(|a| at[a].wrapping_add(plan.du[a]));
        }
    }

    /// A word as the sampler counts: from the range's smallest, with fraction bits. Words outside the range are held to it.
    fn scaled(&self, word: u32) -> u32 {
        word.saturating_sub(self.base).min(self.span) << self.fraction_bits
    }

    /// Value at a coordinate inside the volume, and whether it is padding.
    fn value(&self, at: [i64; 3]) -> (u32, bool) {
        let size = self.volume.geometry().size();
        let words = self.volume.words();
        let [x, y, z]: [Taps; 3] = std::array::from_fn(|a| Taps::new((at[a] >> 16) as i32, size[a]));
        let word = |x: u32, y: u32, z: u32| {
            let at = x as usize + y as usize * self.stride[1] + z as usize * self.stride[2];
            u32::from(words[at].load(Ordering::Relaxed))
        };
        let padding = self.volume.padding().map(|[a, b]| u32::from(a.0)..=u32::from(b.0));
        let is_padding = |w: u32| padding.as_ref().is_some_and(|p| p.contains(&w));
        let nearest = || {
            let w = word(x.nearest(), y.nearest(), z.nearest());
            (self.scaled(w), is_padding(w))
        };
        if self.plan.nearest {
            return nearest();
        }
        let mut corners = [0u32; 8];
        for (i, corner) in corners.iter_mut().enumerate() {
            let (sx, sy, sz) = (i & 1 != 0, i & 2 != 0, i & 4 != 0);
            let pick = |t: Taps, second: bool| if second { t.second } else { t.first };
            let w = word(pick(x, sx), pick(y, sy), pick(z, sz));
            let weighs = (!sx || x.weight != 0) && (!sy || y.weight != 0) && (!sz || z.weight != 0);
            if weighs && is_padding(w) {
                return nearest();
            }
            *corner = self.scaled(w);
        }
        let line = |i: usize| blend(corners[i], corners[i + 1], x.weight);
        let plane = |i: usize| blend(line(i), line(i + 2), y.weight);
        (blend(plane(0), plane(4), z.weight), false)
    }

    /// The slab's samples from `at` on, brought to one value; `None` when none is inside.
    fn project(&self, at: [i64; 3]) -> Option<u32> {
        let size = self.volume.geometry().size();
        let dw = self.plan.dw;
        let (mut count, mut sum, mut low, mut high) = (0u32, 0u32, u32::MAX, 0u32);
        for s in 0..i64::from(self.plan.samples) {
            let p: [i64; 3] = std::array::from_fn(|a| at[a].wrapping_add(dw[a].wrapping_mul(s)));
            // The same 32-bit test as the shader's; the row's range has kept far coordinates away.
            let inside = (0..3).all(|a| {
                let c = (p[a] >> 16) as i32;
                c >= -0x8000 && c <= ((size[a] << 16) - 0x8000) as i32
            });
            if !inside {
                continue;
            }
            let (v, padding) = self.value(p);
            if padding {
                continue;
            }
            count += 1;
            sum += v;
            low = low.min(v);
            high = high.max(v);
        }
        if count == 0 {
            return None;
        }
        Some(match self.plan.projection {
            Projection::Minip => low,
            Projection::Mean => (sum + count / 2) / count,
            Projection::Mip | Projection::Thin => high,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ValueRange;
    use proptest::prelude::*;
    use std::sync::atomic::AtomicU16;
    use tiresias_words::{
        Direction, Displacement, Interpolation, Mm, ModalityLut, PatientPoint, Plane, PresentationShape, Role, Slab, Stack, StoredFormat,
        Voi, VolumeGeometry, Window,
    };

    proptest! {
        /// Planes along the axes of orthogonal and tilted stacks, at any zoom and place, between slices and on them.
        #[test]
        fn equals_the_general_path(
            size in (1u32..30, 1u32..30, 1u32..12), plane in 0usize..3, spacing in 0.05..3.0f64, tilt in prop::sample::select(vec![0.0, 0.2]),
            at in prop::array::uniform3(-12.0..12.0f64), snap in any::<bool>(), pixels in (1u32..120, 1u32..120), seed in any::<u32>(), top in prop::sample::select(vec![1u16, 4095, 65535]),
        ) {
            let size = [size.0, size.1, size.2];
            let stack = Stack::Uniform { origin: PatientPoint::new(-5.0, -5.0, -5.0), step: Displacement::new(0.0, tilt, 1.3) };
            let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(0.7), Mm(0.9)], stack).expect("a geometry");
            let mut state = seed | 1;
            let words: Vec<AtomicU16> = (0..size.iter().product::<u32>()).map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                AtomicU16::new((state % (u32::from(top) + 1)) as u16)
            }).collect();
            let format = StoredFormat { signed: false, bits_stored: 16 };
            let view = VolumeView::new(&geometry, &words, format, &ModalityLut::IDENTITY, None, ValueRange::measure(&words)).expect("a view");
            let (right, down) = [(Direction::LEFT, Direction::POSTERIOR), (Direction::LEFT, Direction::FEET), (Direction::POSTERIOR, Direction::FEET)][plane];
            let origin = if snap { geometry.origin_at((at[2].abs() / 2.0).floor()) } else { PatientPoint::from(at) };
            let spec = PaneSpec {
                series: Role::current(),
                plane: Plane::new(origin, right, down, Mm(spacing)).expect("a plane"),
                size: [pixels.0, pixels.1],
                slab: Slab::Thin,
                interpolation: Interpolation::Linear,
                voi: Voi::LinearExact(Window::new(f64::from(top) / 2.0, f64::from(top)).expect("a window")),
                shape: PresentationShape::Identity,
            };
            let plan = SamplePlan::new(&view, &spec).expect("a plan");
            let table = DisplayTable::for_volume(&view, &spec.voi, spec.shape);
            let fast = draw(&view, &plan, &table);
            let mut slow = vec![0; fast.bytes.len()];
            general(&Sampler::new(&view, &plan), &mut slow, &table);
            prop_assert_eq!(fast.bytes, slow);
        }
    }
}
