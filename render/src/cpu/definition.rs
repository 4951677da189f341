//! The specification once more, as the head of [`super`] says it: a sample at a time, tap by tap, in integers that cannot overflow. From the sampler it takes
//! nothing: plans, courses and display tables are the same for both, and how a sample comes from them is written anew. So what the sampler and its faster ways
//! have in common is held against something else too, here without a GPU.

use super::voxels::{ColourVoxels, GreyVoxels};
use super::{Sampler, draw, draw_colour, general, in_bands};
use crate::plan::{Projection, SamplePlan};
use crate::{ColourView, DisplayTable, ValueRange, VolumeView};
use std::sync::atomic::{AtomicU16, AtomicU32};
use tiresias_words::{
    Direction, Displacement, Gap, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind,
    Stack, StoredFormat, StoredValue, Voi, VolumeGeometry, Voxel, Window,
};

/// Voxels of `N` channels, x fastest.
struct Volume<const N: usize> {
    size: [i64; 3],
    /// What is blended, with its fraction bits.
    values: Vec<[i64; N]>,
    is_padding: Vec<bool>,
    /// The largest value that can be shown.
    top: i64,
    /// Bits of cubic weights.
    bits: u32,
}

/// A voxel of an axis that weighs.
struct Tap {
    voxel: i64,
    weight: i64,
    /// One of the two between which the coordinate lies.
    is_inner: bool,
}

enum Sample<const N: usize> {
    Value([i64; N]),
    Padding([i64; N]),
    Gap,
}

enum Pixel<const N: usize> {
    Black,
    Hatched,
    Value([i64; N]),
}

/// A quotient rounded half up.
fn nearest(a: i64, b: i64) -> i64 {
    (2 * a + b).div_euclid(2 * b)
}

/// Catmull-Rom's weights of the taps at -1, 0, 1 and 2 for a place of 14 bits: its square and cube keep 16 bits, weights get `bits`, all rounded half up, and
/// the second one takes what is missing. None of it needs more bits than an f64 has.
pub(super) fn catmull_rom(place: u32, bits: u32) -> [i64; 4] {
    let one = f64::from(1u32 << bits);
    let kept = |v: f64| (v * 65_536.0 + 0.5).floor() / 65_536.0;
    let t = f64::from(place) / 16_384.0;
    let square = kept(t * t);
    let cube = kept(square * t);
    let exact = [2.0 * square - t - cube, t + 4.0 * square - 3.0 * cube, cube - square];
    let [before, second, after] = exact.map(|weight| (weight / 2.0 * one + 0.5).floor() as i64);
    [before, (1 << bits) - before - second - after, second, after]
}

/// What the taps of an axis blend to.
fn blended(taps: &[Tap], bits: u32, value: impl Fn(i64) -> i64) -> i64 {
    nearest(taps.iter().map(|tap| value(tap.voxel) * tap.weight).sum(), 1 << bits)
}

/// All voxels that weigh, or of the inner taps alone.
fn voxels(taps: &[Vec<Tap>; 3], inner_alone: bool) -> Vec<[i64; 3]> {
    let on = |axis: usize| taps[axis].iter().filter(|tap| tap.is_inner || !inner_alone).map(|tap| tap.voxel).collect::<Vec<i64>>();
    let [columns, rows, slices] = [on(0), on(1), on(2)];
    let mut all = Vec::new();
    for z in &slices {
        for y in &rows {
            all.extend(columns.iter().map(|x| [*x, *y, *z]));
        }
    }
    all
}

impl<const N: usize> Volume<N> {
    fn index(&self, [x, y, z]: [i64; 3]) -> usize {
        (x + self.size[0] * (y + self.size[1] * z)) as usize
    }

    /// The taps of an axis at a place that is so many parts of 2^14 behind voxel `first`.
    fn taps(&self, plan: &SamplePlan, axis: usize, [first, part]: [i64; 2]) -> Vec<Tap> {
        let one = 1 << self.bits;
        let weights = if plan.interpolation != Interpolation::Cubic {
            [0, 16_384 - part, part, 0]
        } else if axis == 2 && plan.course.is_some() {
            let second = nearest(part * one, 16_384);
            [0, one - second, second, 0]
        } else {
            catmull_rom(part as u32, self.bits)
        };
        let taps = (-1_i64..3).zip(weights).map(|(away, weight)| {
            let voxel = (first + away).clamp(0, self.size[axis] - 1);
            Tap { voxel, weight, is_inner: away == 0 || away == 1 }
        });
        taps.filter(|tap| tap.weight != 0).collect()
    }

    /// What lies at a coordinate in parts of 2^16 voxel.
    fn sample(&self, plan: &SamplePlan, c: [i64; 3]) -> Sample<N> {
        let places: [Option<[i64; 2]>; 3] = std::array::from_fn(|a| match &plan.course {
            Some(course) if a == 2 => course.taps(c[a] as i32).map(|taps| [i64::from(taps.first), i64::from(taps.weight)]),
            _ => {
                let held = c[a].clamp(0, 65_536 * (self.size[a] - 1));
                Some([held / 65_536, held % 65_536 / 4])
            }
        });
        let [Some(x), Some(y), Some(z)] = places else { return Sample::Gap };
        let taps = [self.taps(plan, 0, x), self.taps(plan, 1, y), self.taps(plan, 2, z)];
        let touches_padding = voxels(&taps, false).into_iter().any(|v| self.is_padding[self.index(v)]);
        if plan.interpolation == Interpolation::Nearest || touches_padding {
            let at = self.index([x, y, z].map(|[first, part]| if part < 8_192 { first } else { first + 1 }));
            return if self.is_padding[at] { Sample::Padding(self.values[at]) } else { Sample::Value(self.values[at]) };
        }
        let bits = if plan.interpolation == Interpolation::Cubic { self.bits } else { 14 };
        let inner = voxels(&taps, true);
        Sample::Value(std::array::from_fn(|channel| {
            let value = |v: [i64; 3]| self.values[self.index(v)][channel];
            let [columns, rows, slices] = &taps;
            let sum = blended(slices, bits, |z| blended(rows, bits, |y| blended(columns, bits, |x| value([x, y, z]))));
            let (low, high) = match plan.projection {
                Projection::Thin | Projection::Mean => (0, self.top),
                Projection::Mip | Projection::Minip => {
                    let held: Vec<i64> = inner.iter().map(|v| value(*v)).collect();
                    (*held.iter().min().expect("a tap"), *held.iter().max().expect("a tap"))
                }
            };
            if plan.interpolation == Interpolation::Cubic { sum.clamp(low, high) } else { sum }
        }))
    }

    fn pixel(&self, plan: &SamplePlan, [x, y]: [u32; 2]) -> Pixel<N> {
        let [x0, x1] = plan.rows[y as usize];
        if !(x0..x1).contains(&x) {
            return Pixel::Black;
        }
        let coordinate = |sample: u32| -> [i64; 3] {
            std::array::from_fn(|a| {
                let along = |step: [i64; 3], n: u32| i128::from(step[a]) * i128::from(n);
                ((i128::from(plan.origin[a]) + along(plan.du, x) + along(plan.dv, y) + along(plan.dw, sample)) >> 16) as i64
            })
        };
        if plan.projection == Projection::Thin {
            return match self.sample(plan, coordinate(0)) {
                Sample::Value(values) | Sample::Padding(values) => Pixel::Value(values),
                Sample::Gap => Pixel::Hatched,
            };
        }
        // From half a voxel, or half a step, before the first centre to as much behind the last.
        let is_inside = |c: &[i64; 3]| {
            (0..3).all(|a| {
                let [low, high] = match &plan.course {
                    Some(course) if a == 2 => course.reach.map(i64::from),
                    _ => [-32_768, 65_536 * self.size[a] - 32_768],
                };
                (low..=high).contains(&c[a])
            })
        };
        let samples: Vec<Sample<N>> = (0..plan.samples).map(coordinate).filter(is_inside).map(|c| self.sample(plan, c)).collect();
        let values: Vec<[i64; N]> =
            samples.iter().filter_map(|s| if let Sample::Value(values) = s { Some(*values) } else { None }).collect();
        if values.is_empty() {
            let has_gap = samples.iter().any(|s| matches!(s, Sample::Gap));
            return if has_gap { Pixel::Hatched } else { Pixel::Black };
        }
        Pixel::Value(std::array::from_fn(|channel| {
            let of = values.iter().map(|v| v[channel]);
            match plan.projection {
                Projection::Minip => of.min().expect("a value"),
                Projection::Mean => nearest(of.sum(), values.len() as i64),
                Projection::Mip | Projection::Thin => of.max().expect("a value"),
            }
        }))
    }

    fn pixels(&self, plan: &SamplePlan) -> Vec<Pixel<N>> {
        let [width, height] = plan.size;
        (0..height).flat_map(|y| (0..width).map(move |x| [x, y])).map(|at| self.pixel(plan, at)).collect()
    }
}

/// The bytes of pixels.
fn bytes<const N: usize>(pixels: &[Pixel<N>], width: u32, shown: impl Fn(i64) -> u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, pixel) in (0u32..).zip(pixels) {
        bytes.extend(match pixel {
            Pixel::Black => [0; N],
            Pixel::Hatched => [if (i % width + i / width) % 8 < 2 { 88 } else { 28 }; N],
            Pixel::Value(values) => values.map(&shown),
        });
    }
    bytes
}

/// Bits without a pattern, the same in every run (xorshift).
struct Noise(u32);

impl Noise {
    fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
    fn below(&mut self, n: u32) -> u32 {
        (self.bits() >> 8) % n
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }
}

/// A small stack: 0, 1 are of equal steps, 2 of unequal ones, of 3 slices are missing too. Upright or tilted.
fn geometry(noise: &mut Noise, kind: usize) -> VolumeGeometry {
    let [columns, rows] = noise.pick(&[[7_u32, 6], [6, 7], [1, 6], [6, 1], [2, 5]]);
    let slices = if kind < 2 { noise.pick(&[1_u32, 4, 5]) } else { noise.pick(&[2_u32, 4, 5]) };
    let origin = PatientPoint::new(-2.0, -2.5, -3.0);
    let tilt = noise.pick(&[0.0, 0.25]);
    let stack = if kind < 2 {
        Stack::Uniform { origin, step: Displacement::new(0.0, tilt, 1.3) }
    } else {
        let heights = [0.0, 1.0, 3.25, 4.0, 5.5].map(Mm)[..slices as usize].to_vec();
        let gaps = if kind == 2 { Vec::new() } else { vec![Gap { after: slices / 2 - 1, missing: 2 }] };
        Stack::Piecewise { origin, course: Displacement::new(0.0, tilt, 1.0), heights, gaps }
    };
    VolumeGeometry::new([columns, rows, slices], Direction::LEFT, Direction::POSTERIOR, [Mm(0.7), Mm(0.9)], stack).expect("a geometry")
}

/// A pane about some voxel, straight or oblique. On some axes it goes through voxel centres, on others beside them or half way.
fn pane(noise: &mut Noise, geometry: &VolumeGeometry, slab: Option<SlabKind>, interpolation: Interpolation) -> PaneSpec {
    let (right, down) = match noise.below(4) {
        0 => (Direction::LEFT, Direction::POSTERIOR),
        1 => (Direction::LEFT, Direction::FEET),
        2 => (Direction::POSTERIOR, Direction::FEET),
        _ => {
            let mut part = || f64::from(noise.below(2_001)) / 1_000.0 - 1.0;
            let right = Direction::new(Displacement::new(1.0, part(), part())).expect("a direction");
            let other = Direction::new(Displacement::new(part(), part(), 1.5)).expect("a direction");
            (right, Direction::new(right.cross(other)).expect("a direction"))
        }
    };
    let [x, y, z] = geometry.size().map(|n| f64::from(noise.below(n)) + noise.pick(&[0.0, 0.0, 0.37, 0.5]));
    let spacing = noise.pick(&[0.15, 0.35, 0.45, 0.65]);
    let size = noise.pick(&[[19_u32, 13], [8, 21], [16, 10]]);
    let [left, up] = size.map(|n| Mm(-spacing * f64::from(n / 2)));
    let origin = geometry.patient_of(Voxel::new(x, y, z)) + right.times(left) + down.times(up);
    let (thickness, step) = (Mm(noise.pick(&[1.3, 3.9, 6.5])), Mm(noise.pick(&[0.65, 0.9, 1.3])));
    let shape = noise.pick(&[PresentationShape::Identity, PresentationShape::Inverse]);
    PaneSpec {
        series: Role::current(),
        plane: Plane::new(origin, right, down, Mm(spacing)).expect("a plane"),
        size,
        slab: slab.map_or(Slab::Thin, |kind| Slab::Thick { thickness, step, kind }),
        interpolation,
        voi: Voi::LinearExact(Window::new(0.5, 1.0).expect("a window")),
        tone: shape.into(),
    }
}

const INTERPOLATIONS: [Interpolation; 3] = [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic];
const SLABS: [Option<SlabKind>; 4] = [None, Some(SlabKind::Mip), Some(SlabKind::Minip), Some(SlabKind::Mean)];

/// Every interpolation, slab and stack with padding and without, six times each, with other spans of values, volumes and planes.
#[test]
fn grey_is_what_is_defined() {
    let mut noise = Noise(2_463_534_242);
    let (mut black, mut hatched, mut shown) = (0, 0, 0);
    for i in 0..6 * 96 {
        let (interpolation, slab, stack, is_padded) = (INTERPOLATIONS[i % 3], SLABS[i / 3 % 4], i / 12 % 4, i / 48 % 2 == 1);
        let geometry = geometry(&mut noise, stack);
        let [low, high] = noise.pick(&[[0u16, 1], [900, 1_100], [900, 8_900], [0, 4_095], [1, 65_535], [30_000, 46_000]]);
        let span = high - low;
        let padding = (is_padded && span > 1).then(|| low + span / 4 * 3).map(|first| [first, first + 2]);
        let words: Vec<u16> = (0..geometry.size().iter().product::<u32>())
            .map(|_| match (noise.below(16), padding) {
                // Edges ring most; words outside the range are held to it.
                (0..4, _) => low,
                (4..8, _) => high,
                (8, _) => noise.bits() as u16,
                (9..11, Some([first, _])) => first + noise.below(3) as u16,
                _ => low + (noise.bits() >> 8) as u16 % span,
            })
            .collect();
        let spec = pane(&mut noise, &geometry, slab, interpolation);
        let window = Window::new(f64::from(low) / 2.0 + f64::from(high) / 2.0, f64::from(span)).expect("a window");
        let spec = PaneSpec { voi: Voi::LinearExact(window), ..spec };
        let range = ValueRange::new(StoredValue(low), StoredValue(high));
        let fraction = range.fraction_bits();
        let volume = Volume {
            size: geometry.size().map(i64::from),
            values: words.iter().map(|w| [i64::from((*w).clamp(low, high) - low) << fraction]).collect(),
            is_padding: words.iter().map(|w| padding.is_some_and(|[first, last]| (first..=last).contains(w))).collect(),
            top: i64::from(span) << fraction,
            bits: range.cubic_bits(),
        };
        let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
        let cells: Vec<AtomicU16> = words.iter().map(|w| AtomicU16::new(*w)).collect();
        let format = StoredFormat { signed: false, bits_stored: 16 };
        let padding = padding.map(|p| p.map(StoredValue));
        let view = VolumeView::new(&geometry, &cells, format, &ModalityLut::IDENTITY, padding, range).expect("a view");
        let table = DisplayTable::for_volume(&view, &spec.voi, &spec.tone);
        let pixels = volume.pixels(&plan);
        for pixel in &pixels {
            *match pixel {
                Pixel::Black => &mut black,
                Pixel::Hatched => &mut hatched,
                Pixel::Value(_) => &mut shown,
            } += 1;
        }
        let expected = bytes(&pixels, plan.size[0], |value| table.entries()[value as usize]);
        let drawn = draw(&view, &plan, &table);
        assert!(drawn.bytes == expected, "scene {i}: {spec:?} {geometry:?} {padding:?}");
        let mut by_the_general_way = vec![0; expected.len()];
        general(&Sampler::new(GreyVoxels::new(&view, &table), &plan), &mut by_the_general_way);
        assert!(by_the_general_way == expected, "scene {i}, the general way: {spec:?} {geometry:?} {padding:?}");
        assert!(in_bands(&view, &plan, &table, 1, || false) == Some(drawn), "scene {i}, in bands: {spec:?} {geometry:?} {padding:?}");
    }
    println!("{shown} pixels shown, {hatched} hatched and {black} black as defined");
    assert!(shown > 30_000 && hatched > 1_500 && black > 50_000, "{shown} {hatched} {black}");
}

/// Every interpolation and stack in both shapes, six times each.
#[test]
fn colours_are_what_is_defined() {
    let mut noise = Noise(1_812_433_253);
    for i in 0..6 * 24 {
        let (interpolation, stack) = (INTERPOLATIONS[i % 3], i / 3 % 4);
        let shape = [PresentationShape::Identity, PresentationShape::Inverse][i / 12 % 2];
        let geometry = geometry(&mut noise, stack);
        let channels: Vec<[u8; 3]> = (0..geometry.size().iter().product::<u32>())
            .map(|_| std::array::from_fn(|_| if noise.below(2) == 0 { noise.pick(&[0, 255]) } else { noise.bits() as u8 }))
            .collect();
        let spec = pane(&mut noise, &geometry, None, interpolation);
        let volume = Volume {
            size: geometry.size().map(i64::from),
            values: channels.iter().map(|c| c.map(|c| 256 * i64::from(c))).collect(),
            is_padding: vec![false; channels.len()],
            top: 256 * 255,
            bits: 14,
        };
        let plan = SamplePlan::new(&geometry, &spec).expect("a plan");
        let texels: Vec<AtomicU32> = channels.iter().map(|[r, g, b]| AtomicU32::new(u32::from_le_bytes([*r, *g, *b, 0xFF]))).collect();
        let view = ColourView::new(&geometry, &texels).expect("a view");
        let expected = bytes(&volume.pixels(&plan), plan.size[0], |value| {
            let byte = nearest(value, 256) as u8;
            if shape == PresentationShape::Inverse { 255 - byte } else { byte }
        });
        let drawn = draw_colour(&view, &plan, shape).expect("an image");
        assert!(drawn.bytes == expected, "scene {i}: {spec:?} {geometry:?}");
        let mut by_the_general_way = vec![0; expected.len()];
        general(&Sampler::new(ColourVoxels::new(&view, shape), &plan), &mut by_the_general_way);
        assert!(by_the_general_way == expected, "scene {i}, the general way: {spec:?} {geometry:?}");
    }
}
