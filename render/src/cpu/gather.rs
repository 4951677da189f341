//! A listed acceleration of the specification, and this crate's one file with `unsafe`: grey words sampled linearly on any plane and in any slab, eight
//! pixels at a time with AVX2.
//!
//! The arithmetic is the specification's, in its order (column, row, slice), in 32 bits that wrap where the specification's 64 are cut to 32, so the bytes
//! are the same; `equals_the_general_path` below holds both against each other. The taps of an axis begin at most at its last voxel but one, so that a
//! tap and its neighbour are always read together; the outer voxel itself then has the whole weight, 2^14, and `blend` gives it exactly.
//! Eight pixels of which one touches padding go the general way.
//!
//! Refuses: processors without AVX2, colours, nearest and cubic sampling, and stacks of unequal steps, which go the general way too.

#![expect(unsafe_code, reason = "the named exception for gathers: no safe code reads eight places at once")]

use super::sampler::Sampler;
use super::voxels::{GreyVoxels, Voxels};
use crate::course::WEIGHT_BITS;
use crate::plan::Projection;
use rayon::prelude::*;
use std::arch::asm;
use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_add_epi32, _mm256_and_si256, _mm256_andnot_si256, _mm256_cmpeq_epi16, _mm256_cmpgt_epi32,
    _mm256_madd_epi16, _mm256_max_epi32, _mm256_max_epu32, _mm256_min_epi32, _mm256_min_epu16, _mm256_min_epu32, _mm256_mullo_epi32,
    _mm256_or_si256, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_sll_epi32, _mm256_slli_epi32,
    _mm256_srli_epi32, _mm256_sub_epi16, _mm256_sub_epi32, _mm256_subs_epu16, _mm256_testz_si256, _mm256_xor_si256,
};
use std::sync::atomic::AtomicU16;
use tiresias_words::Interpolation;

/// Pixels that are worked out together.
const LANES: usize = 8;
/// A weight of one.
const ONE: i32 = 1 << WEIGHT_BITS;
/// Rounds a blend half up.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);
/// Words are made signed by this, because the processor multiplies pairs of signed words only; a blend of two of them is then too small by this times `ONE`.
const SIGN: i32 = 0x8000;

/// A plan that can go this way, with what each row needs at hand.
pub(super) struct Gather<'a, V, const N: usize> {
    sampler: &'a Sampler<'a, V, N>,
    grey: &'a GreyVoxels<'a>,
    /// Of each axis, the outer voxel in Q15.16.
    outer: [i32; 3],
    /// Of each axis, where the first of two taps is at most.
    most: [i32; 3],
    /// Columns, rows.
    size: [i32; 2],
    /// From a pair of words to that of the next row, the next slice, and both.
    offsets: [usize; 4],
    /// The first padding word and how many follow it; of no meaning where there is none.
    padding: [u16; 2],
}

/// A coordinate in Q31.32, as the two words that are added up: Q15.16, and the 16 bits below.
#[derive(Clone, Copy)]
struct Split {
    upper: i32,
    lower: i32,
}

impl Split {
    const fn new(c: i64) -> Self {
        Self { upper: (c >> 16) as i32, lower: (c & 0xFFFF) as i32 }
    }
}

/// Eight coordinates' parts along a row.
#[derive(Clone, Copy)]
struct Along {
    upper: __m256i,
    lower: __m256i,
}

/// Eight taps of an axis: the first of two, and the weight of the second, up to and with 2^14.
#[derive(Clone, Copy)]
struct Taps {
    first: __m256i,
    weight: __m256i,
}

/// Eight samples, and where a tap was on padding.
struct Sampled {
    values: __m256i,
    padding: __m256i,
}

impl<'a, V: Voxels<N>, const N: usize> Gather<'a, V, N> {
    /// `None` when the plan goes another way.
    pub(super) fn new(sampler: &'a Sampler<'a, V, N>) -> Option<Self> {
        let grey = sampler.voxels.grey()?;
        let plan = sampler.plan;
        let size = sampler.size;
        let can = is_x86_feature_detected!("avx2") && plan.interpolation == Interpolation::Linear && plan.course.is_none();
        // Pairs of words need two columns, and places must fit the processor's 31 bits, coordinates the 15 before the point.
        let count = size.iter().map(|n| *n as usize).product::<usize>();
        let fits = size[0] >= 2 && size.iter().all(|n| (1..=0x8000).contains(n)) && count <= i32::MAX as usize;
        if !can || !fits || grey.words().len() != count {
            return None;
        }
        let last = size.map(|n| n as i32 - 1);
        let [_, row, slice] = std::array::from_fn(|a| if size[a] > 1 { sampler.stride[a] } else { 0 });
        Some(Self {
            sampler,
            grey,
            outer: last.map(|n| n << 16),
            most: last.map(|n| (n - 1).max(0)),
            size: [size[0] as i32, size[1] as i32],
            offsets: [0, row, slice, slice + row],
            padding: grey.padding().map_or([0; 2], |p| [*p.start() as u16, (p.end() - p.start()) as u16]),
        })
    }

    /// Draws all rows.
    pub(super) fn draw(&self, bytes: &mut [u8]) {
        let plan = self.sampler.plan;
        let (is_thin, is_padded) = (plan.projection == Projection::Thin, self.grey.padding().is_some());
        bytes.par_chunks_exact_mut(plan.size[0] as usize).enumerate().for_each(|(y, row)| {
            // SAFETY: `new` made sure that this processor has AVX2.
            unsafe {
                match (is_thin, is_padded) {
                    (true, false) => self.row::<false, false>(row, y),
                    (true, true) => self.row::<false, true>(row, y),
                    (false, false) => self.row::<true, false>(row, y),
                    (false, true) => self.row::<true, true>(row, y),
                }
            }
        });
    }

    /// Row `y`. Pixels without a sample keep their bytes.
    #[target_feature(enable = "avx2")]
    fn row<const THICK: bool, const PADDED: bool>(&self, row: &mut [u8], y: usize) {
        let plan = self.sampler.plan;
        let [x0, x1] = plan.rows[y];
        let start: [i64; 3] = std::array::from_fn(|a| plan.origin[a].wrapping_add(plan.dv[a].wrapping_mul(y as i64)));
        let sample = |s: u32| std::array::from_fn(|a| Split::new(start[a].wrapping_add(plan.dw[a].wrapping_mul(i64::from(s)))));
        let samples: Vec<[Split; 3]> = (0..plan.samples).map(sample).collect();
        let step = plan.du.map(Split::new);
        let lanes = _mm256_add_epi32(_mm256_set1_epi32(x0 as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        let mut along = [along(step[0], lanes), along(step[1], lanes), along(step[2], lanes)];
        for (x, pixels) in (x0..x1).step_by(LANES).zip(row[x0 as usize..x1 as usize].chunks_mut(LANES)) {
            let drawn = if THICK {
                self.project::<PADDED>(pixels, along, &samples)
            } else {
                let sampled = self.values::<PADDED>(coordinates(along, samples[0]));
                let values: [u32; LANES] = bytemuck::cast(sampled.values);
                pixels.iter_mut().zip(values).for_each(|(pixel, value)| *pixel = self.grey.shown(value));
                !PADDED || is_none(sampled.padding)
            };
            if !drawn {
                self.sampler.row(pixels, [x, y as u32], start);
            }
            for (along, step) in along.iter_mut().zip(step) {
                along.upper = _mm256_add_epi32(along.upper, _mm256_set1_epi32(step.upper.wrapping_mul(LANES as i32)));
                along.lower = _mm256_add_epi32(along.lower, _mm256_set1_epi32(step.lower * LANES as i32));
            }
        }
    }

    /// Eight pixels of a slab; false, and nothing drawn, when a sample touches padding.
    #[target_feature(enable = "avx2")]
    fn project<const PADDED: bool>(&self, pixels: &mut [u8], along: [Along; 3], samples: &[[Split; 3]]) -> bool {
        let plan = self.sampler.plan;
        let none = _mm256_setzero_si256();
        let (mut count, mut sum, mut low, mut high) = (none, none, _mm256_set1_epi32(-1), none);
        for sample in samples {
            let c = coordinates(along, *sample);
            // From half a voxel before the first centre to half a voxel behind the last, as the specification's test.
            let inside = |axis: usize, upper: i32| {
                _mm256_andnot_si256(
                    _mm256_cmpgt_epi32(c[axis], _mm256_set1_epi32(upper)),
                    _mm256_cmpgt_epi32(c[axis], _mm256_set1_epi32(-0x8001)),
                )
            };
            let upper = |axis: usize| self.outer[axis] + 0x8000;
            let inside = _mm256_and_si256(_mm256_and_si256(inside(0, upper(0)), inside(1, upper(1))), inside(2, upper(2)));
            if is_none(inside) {
                continue;
            }
            let Sampled { values, padding } = self.values::<PADDED>(c);
            if PADDED && !is_none(_mm256_and_si256(padding, inside)) {
                return false;
            }
            count = _mm256_sub_epi32(count, inside);
            let held = _mm256_and_si256(values, inside);
            sum = _mm256_add_epi32(sum, held);
            high = _mm256_max_epu32(high, held);
            low = _mm256_min_epu32(low, _mm256_or_si256(values, _mm256_xor_si256(inside, _mm256_set1_epi32(-1))));
        }
        let counts: [u32; LANES] = bytemuck::cast(count);
        let values: [u32; LANES] = bytemuck::cast(match plan.projection {
            Projection::Minip => low,
            Projection::Mean => sum,
            Projection::Mip | Projection::Thin => high,
        });
        for (pixel, (value, count)) in pixels.iter_mut().zip(values.into_iter().zip(counts)).filter(|(_, (_, count))| *count != 0) {
            let value = if plan.projection == Projection::Mean { (value + count / 2) / count } else { value };
            *pixel = self.grey.shown(value);
        }
        true
    }

    /// Eight samples. Coordinates outside are held to the outer voxels.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn values<const PADDED: bool>(&self, c: [__m256i; 3]) -> Sampled {
        let [x, y, z] = [self.taps(c[0], 0), self.taps(c[1], 1), self.taps(c[2], 2)];
        let line = _mm256_add_epi32(_mm256_mullo_epi32(z.first, _mm256_set1_epi32(self.size[1])), y.first);
        let places = _mm256_add_epi32(_mm256_mullo_epi32(line, _mm256_set1_epi32(self.size[0])), x.first);
        // SAFETY: `taps` holds the first of two taps between 0 and the last voxel but one of its axis (or 0, where there is one voxel), and an offset adds a
        // row and a slice only where there are two, so each place and the one behind it are in the volume, whose size `new` has checked.
        let [a, b, d, e] = unsafe {
            let at = |i: usize| gather(self.grey.words(), places, self.offsets[i]);
            [at(0), at(1), at(2), at(3)]
        };
        let weights = _mm256_add_epi32(_mm256_sub_epi32(_mm256_slli_epi32::<16>(x.weight), x.weight), _mm256_set1_epi32(ONE));
        let lines = [self.line(a, weights), self.line(b, weights), self.line(d, weights), self.line(e, weights)];
        let values = blend(blend(lines[0], lines[1], y.weight), blend(lines[2], lines[3], y.weight), z.weight);
        let padding = if PADDED {
            let [a, b, d, e] = [self.padding(a), self.padding(b), self.padding(d), self.padding(e)];
            _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(d, e))
        } else {
            _mm256_setzero_si256()
        };
        Sampled { values, padding }
    }
}

impl<V: Voxels<N>, const N: usize> Gather<'_, V, N> {
    /// Eight taps at coordinates in Q15.16.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn taps(&self, c: __m256i, axis: usize) -> Taps {
        let c = _mm256_min_epi32(_mm256_max_epi32(c, _mm256_setzero_si256()), _mm256_set1_epi32(self.outer[axis]));
        let first = _mm256_min_epi32(_mm256_srli_epi32::<16>(c), _mm256_set1_epi32(self.most[axis]));
        let weight = _mm256_srli_epi32::<{ 16 - WEIGHT_BITS as i32 }>(_mm256_sub_epi32(c, _mm256_slli_epi32::<16>(first)));
        Taps { first, weight }
    }

    /// Pairs of words, made values and blended along the columns.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn line(&self, pairs: __m256i, weights: __m256i) -> __m256i {
        let grey = self.grey;
        let fraction = grey.fraction_bits();
        let values = _mm256_subs_epu16(pairs, _mm256_set1_epi16(grey.base() as i16));
        let values = _mm256_min_epu16(values, _mm256_set1_epi16(grey.span() as i16));
        let signed = _mm256_xor_si256(values, _mm256_set1_epi16(SIGN as i16));
        let sum = _mm256_sll_epi32(_mm256_madd_epi16(signed, weights), _mm_cvtsi32_si128(fraction as i32));
        let rounding = ((SIGN * ONE) << fraction).wrapping_add(HALF);
        _mm256_srli_epi32::<{ WEIGHT_BITS as i32 }>(_mm256_add_epi32(sum, _mm256_set1_epi32(rounding)))
    }

    /// Which words of pairs are padding.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn padding(&self, pairs: __m256i) -> __m256i {
        let [first, reach] = self.padding.map(|w| _mm256_set1_epi16(w as i16));
        let above = _mm256_sub_epi16(pairs, first);
        _mm256_cmpeq_epi16(_mm256_min_epu16(above, reach), above)
    }
}

/// Steps from the row's first pixel to each lane.
#[target_feature(enable = "avx2")]
#[inline]
fn along(step: Split, lanes: __m256i) -> Along {
    let times = |part: i32| _mm256_mullo_epi32(lanes, _mm256_set1_epi32(part));
    Along { upper: times(step.upper), lower: times(step.lower) }
}

/// Eight pixels' coordinates in Q15.16, which wrap as the specification's do. The lower parts, 16,384 steps of 16 bits at most, never carry into the sign.
#[target_feature(enable = "avx2")]
#[inline]
fn coordinates([x, y, z]: [Along; 3], start: [Split; 3]) -> [__m256i; 3] {
    let one = |along: Along, start: Split| {
        let lower = _mm256_add_epi32(along.lower, _mm256_set1_epi32(start.lower));
        let upper = _mm256_add_epi32(along.upper, _mm256_set1_epi32(start.upper));
        _mm256_add_epi32(upper, _mm256_srli_epi32::<16>(lower))
    };
    [one(x, start[0]), one(y, start[1]), one(z, start[2])]
}

/// The specification's blend. `a * (2^14 - w) + b * w` is `a * 2^14 + (b - a) * w`, in 32 bits that wrap and hold the result.
#[target_feature(enable = "avx2")]
#[inline]
fn blend(a: __m256i, b: __m256i, weight: __m256i) -> __m256i {
    let from = _mm256_add_epi32(_mm256_slli_epi32::<{ WEIGHT_BITS as i32 }>(a), _mm256_set1_epi32(HALF));
    let sum = _mm256_add_epi32(from, _mm256_mullo_epi32(_mm256_sub_epi32(b, a), weight));
    _mm256_srli_epi32::<{ WEIGHT_BITS as i32 }>(sum)
}

/// Whether no bit is set.
#[target_feature(enable = "avx2")]
#[inline]
fn is_none(mask: __m256i) -> bool {
    _mm256_testz_si256(mask, mask) == 1
}

/// Eight pairs of neighbouring words: at each place + `offset` and behind it, the first in the lower half.
///
/// Assembly and not the intrinsic, because words may be filling at the same time: to the compiler this is then some atomic load of each word, and no race.
///
/// # Safety
/// Each place + `offset` + 1 is less than the number of words, and no place is negative.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn gather(words: &[AtomicU16], places: __m256i, offset: usize) -> __m256i {
    let pairs: __m256i;
    // SAFETY: the caller's promise keeps each read of four bytes in `words`; x86 allows any alignment, and a word lies on an even address, so never in two
    // cache lines: it is read as it was before or after another thread's store.
    unsafe {
        asm!(
            "vpxor {pairs}, {pairs}, {pairs}",
            "vpcmpeqd {all}, {all}, {all}",
            "vpgatherdd {pairs}, dword ptr [{base} + {places} * 2], {all}",
            pairs = out(ymm_reg) pairs,
            all = out(ymm_reg) _,
            base = in(reg) words.as_ptr().add(offset),
            places = in(ymm_reg) places,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    pairs
}

#[cfg(test)]
mod tests {
    use crate::cpu::voxels::GreyVoxels;
    use crate::cpu::{Gather, Sampler, general};
    use crate::{DisplayTable, SamplePlan, ValueRange, VolumeView};
    use proptest::prelude::*;
    use std::sync::LazyLock;
    use std::sync::atomic::AtomicU16;
    use tiresias_words::{
        Direction, Displacement, Gap, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab,
        SlabKind, Stack, StoredFormat, StoredValue, Voi, VolumeGeometry, Window,
    };

    fn unit(v: [f64; 3]) -> Option<Direction> {
        Direction::new(Displacement::new(v[0], v[1], v[2])).ok()
    }

    /// The first and last word of volumes.
    const RANGES: [[u16; 2]; 6] = [[0, 1], [0, 255], [900, 5000], [30_000, 34_095], [0, 32_767], [1, 65_535]];
    const FORMAT: StoredFormat = StoredFormat { signed: false, bits_stored: 16 };

    /// For each of them a window as wide, and its table: made once, because it is larger than a volume.
    static TABLES: LazyLock<[(Voi, DisplayTable); 6]> = LazyLock::new(|| {
        RANGES.map(|[low, high]| {
            let centre = f64::from(low) / 2.0 + f64::from(high) / 2.0;
            let voi = Voi::LinearExact(Window::new(centre, f64::from(high - low)).expect("a window"));
            let range = ValueRange::new(StoredValue(low), StoredValue(high));
            let table = DisplayTable::build(range, FORMAT, &ModalityLut::IDENTITY, &voi, &PresentationShape::Identity.into());
            (voi, table)
        })
    });

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]
        /// Any plane and slab through upright, tilted and uneven stacks, with gaps and without, of any span of values, with padding and without.
        #[test]
        fn equals_the_general_path(
            size in (1u32..24, 1u32..24, 1u32..9), right in prop::array::uniform3(-1.0..1.0f64), other in prop::array::uniform3(-1.0..1.0f64),
            at in prop::array::uniform3(-14.0..14.0f64), spacing in prop::sample::select(vec![0.05, 0.3, 0.7, 2.9, 40.0]), pixels in (1u32..70, 1u32..24),
            stack in prop::sample::select(vec![0u8, 0, 0, 1, 2]), tilt in prop::sample::select(vec![0.0, 0.25]), seed in any::<u32>(),
            range in 0..RANGES.len(),
            padded in prop::sample::select(vec![0u8, 0, 1, 2]), slab in prop::option::of((0.0..9.0f64, 0.2..2.0f64, 0usize..3)),
            kind in prop::sample::select(vec![Interpolation::Linear, Interpolation::Linear, Interpolation::Linear, Interpolation::Nearest]),
        ) {
            let size = [size.0, size.1, size.2];
            let (Some(right), Some(other)) = (unit(right), unit(other)) else { return Ok(()) };
            let Ok(down) = Direction::new(right.cross(other)) else { return Ok(()) };
            let origin = PatientPoint::new(-5.0, -5.0, -5.0);
            let step = Displacement::new(0.0, tilt, 1.3);
            let heights = (0..size[2]).map(|k| Mm(f64::from(k * k) * 0.3 + f64::from(k)));
            let gaps = if stack == 2 && size[2] > 2 { vec![Gap { after: 1, missing: 2 }] } else { Vec::new() };
            let stack = if stack == 0 || size[2] < 2 { Stack::Uniform { origin, step } } else { Stack::Piecewise { origin, course: Displacement::new(0.0, tilt, 1.0), heights: heights.collect(), gaps } };
            let is_uniform = matches!(stack, Stack::Uniform { .. });
            let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(0.7), Mm(0.9)], stack).expect("a geometry");
            let mut state = seed | 1;
            let mut next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state
            };
            let [low, high] = RANGES[range];
            let (voi, table) = &TABLES[range];
            let words: Vec<AtomicU16> = (0..size.iter().product::<u32>())
                .map(|_| match next() % 16 {
                    // The ends of the range, and what is beyond them: words outside are held to it.
                    0 => low,
                    1 => high,
                    2 => next() as u16,
                    3 if padded == 2 => 7,
                    _ => (u32::from(low) + next() % (u32::from(high - low) + 1)) as u16,
                })
                .map(AtomicU16::new)
                .collect();
            let padding = [None, Some([StoredValue(low), StoredValue(low)]), Some([StoredValue(7), StoredValue(9)])][usize::from(padded)];
            let range = ValueRange::new(StoredValue(low), StoredValue(high));
            let view = VolumeView::new(&geometry, &words, FORMAT, &ModalityLut::IDENTITY, padding, range).expect("a view");
            let spec = PaneSpec {
                series: Role::current(),
                plane: Plane::new(PatientPoint::from(at), right, down, Mm(spacing)).expect("a plane"),
                size: [pixels.0, pixels.1],
                slab: slab.map_or(Slab::Thin, |(thickness, step, kind)| {
                    Slab::Thick { thickness: Mm(thickness), step: Mm(step), kind: [SlabKind::Mip, SlabKind::Minip, SlabKind::Mean][kind] }
                }),
                interpolation: kind,
                voi: voi.clone(),
                tone: PresentationShape::Identity.into(),
            };
            let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
            let sampler = Sampler::new(GreyVoxels::new(&view, table), &plan);
            let gather = Gather::new(&sampler);
            let goes = is_x86_feature_detected!("avx2") && kind == Interpolation::Linear && is_uniform && size[0] > 1;
            prop_assert_eq!(gather.is_some(), goes);
            if let Some(gather) = gather {
                let mut general_way = vec![0; (plan.size[0] * plan.size[1]) as usize];
                let mut this_way = general_way.clone();
                general(&sampler, &mut general_way);
                gather.draw(&mut this_way);
                prop_assert_eq!(general_way, this_way);
            }
        }
    }
}
