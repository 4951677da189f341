//! Colour images against what did not come from this crate: trilinear interpolation in f64, the texels themselves, and where the volume ends.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;
use std::sync::atomic::AtomicU32;
use tiresias_render::{ColourImage, ColourView, RenderError, cpu};
use tiresias_words::{
    Direction, Displacement, Interpolation, Mm, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind, Stack, Voi,
    VolumeGeometry, Voxel, Window,
};

type Rgb = [u8; 3];

/// A texel as the view wants it.
fn texel([r, g, b]: Rgb) -> AtomicU32 {
    AtomicU32::new(u32::from(r) | u32::from(g) << 8 | u32::from(b) << 16 | 0xFF << 24)
}

/// A colour volume of its own.
#[derive(Debug)]
struct Colours {
    geometry: VolumeGeometry,
    rgb: Vec<Rgb>,
    texels: Vec<AtomicU32>,
}

impl Colours {
    fn new(geometry: VolumeGeometry, rgb: Vec<Rgb>) -> Self {
        let texels = rgb.iter().map(|c| texel(*c)).collect();
        Self { geometry, rgb, texels }
    }
    /// Colours without a pattern (xorshift).
    fn noise(geometry: VolumeGeometry, seed: u32) -> Self {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            [(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8]
        };
        let count = geometry.size().iter().product::<u32>();
        Self::new(geometry, (0..count).map(|_| next()).collect())
    }
    fn at(&self, [x, y, z]: [usize; 3]) -> Rgb {
        let [columns, rows, _] = self.geometry.size().map(|n| n as usize);
        self.rgb[x + y * columns + z * columns * rows]
    }
    fn render(&self, spec: &PaneSpec) -> Result<ColourImage, RenderError> {
        cpu::render_colour(&ColourView::new(&self.geometry, &self.texels)?, spec)
    }
}

/// An upright stack of voxels of 1 mm, the first at the origin.
fn upright(size: [u32; 3]) -> VolumeGeometry {
    let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
    VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(1.0), Mm(1.0)], stack).expect("a geometry")
}

/// A thin linear pane; the window has no meaning for colours and is a narrow one, so that its use would show.
fn pane(plane: Plane, size: [u32; 2]) -> PaneSpec {
    PaneSpec {
        series: Role::current(),
        plane,
        size,
        slab: Slab::Thin,
        interpolation: Interpolation::Linear,
        voi: Voi::LinearExact(Window::new(3.0, 2.0).expect("a window")),
        tone: PresentationShape::Identity.into(),
    }
}

fn plane(origin: PatientPoint, right: Direction, down: Direction, spacing: f64) -> Plane {
    Plane::new(origin, right, down, Mm(spacing)).expect("a plane")
}

/// Where the centre of a pixel lies in the volume.
fn voxel(colours: &Colours, plane: &Plane, [x, y]: [u32; 2]) -> Voxel {
    let step = |d: Direction, n: u32| d.times(Mm(plane.spacing().0 * f64::from(n)));
    colours.geometry.voxel_of(plane.origin() + step(plane.right(), x) + step(plane.down(), y))
}

/// Trilinear interpolation by its definition: each corner by the product of its distances.
fn trilinear(colours: &Colours, v: Voxel) -> [f64; 3] {
    let size = colours.geometry.size();
    let held: [f64; 3] = std::array::from_fn(|a| [v.column, v.row, v.slice][a].clamp(0.0, f64::from(size[a] - 1)));
    let mut sum = [0.0; 3];
    for corner in 0..8usize {
        let mut part = 1.0;
        let at: [usize; 3] = std::array::from_fn(|a| {
            let far = (corner >> a & 1) as f64;
            let fraction = held[a] - held[a].floor();
            part *= if far == 0.0 { 1.0 - fraction } else { fraction };
            (held[a].floor() + far).min(f64::from(size[a] - 1)) as usize
        });
        (0..3).for_each(|c| sum[c] += part * f64::from(colours.at(at)[c]));
    }
    sum
}

/// How far a coordinate is from the volume's faces, in voxels; negative outside.
fn depth(geometry: &VolumeGeometry, v: Voxel) -> f64 {
    let size = geometry.size().map(f64::from);
    let inside = |c: f64, n: f64| (c + 0.5).min(n - 0.5 - c);
    inside(v.column, size[0]).min(inside(v.row, size[1])).min(inside(v.slice, size[2]))
}

fn frame() -> impl Strategy<Value = (Direction, Direction)> {
    let direction = || prop::array::uniform3(-1.0..1.0f64).prop_filter_map("a direction", |v| Direction::new(v.into()).ok());
    let free = (direction(), direction()).prop_filter_map("two directions", |(u, w)| {
        let n = Direction::new(u.cross(w)).ok()?;
        Some((u, Direction::new(n.cross(u)).ok()?))
    });
    prop_oneof![Just((Direction::LEFT, Direction::POSTERIOR)), Just((Direction::POSTERIOR, Direction::FEET)), free]
}

/// A volume of any size, place and shear, and a pane that mostly shows it.
fn scene() -> impl Strategy<Value = (Colours, PaneSpec)> {
    let size = (1u32..24, 1u32..20, 1u32..9);
    let grid = (frame(), 0.4..2.0f64, 0.4..2.0f64, 0.6..4.0f64, -0.4..0.4f64);
    let view = (frame(), 0.1..1.5f64, prop::array::uniform3(-4.0..4.0f64), 1u32..60, 1u32..50, any::<bool>());
    (size, grid, view, any::<u32>()).prop_map(|(size, ((u, v), dx, dy, dz, shear), view, seed)| {
        let normal = Direction::new(u.cross(v)).expect("a normal");
        let stack = Stack::Uniform { origin: PatientPoint::new(-9.0, 4.0, 30.0), step: normal.times(Mm(dz)) + v.times(Mm(dz * shear)) };
        let geometry = VolumeGeometry::new([size.0, size.1, size.2], u, v, [Mm(dx), Mm(dy)], stack).expect("a geometry");
        let ((right, down), spacing, away, width, height, inverse) = view;
        let back = right.times(Mm(spacing * f64::from(width) / 2.0)) + down.times(Mm(spacing * f64::from(height) / 2.0));
        let origin = geometry.centre() + Displacement::from(away) + back * -1.0;
        let shape = if inverse { PresentationShape::Inverse } else { PresentationShape::Identity };
        let spec = PaneSpec { tone: shape.into(), ..pane(plane(origin, right, down, spacing), [width, height]) };
        (Colours::noise(geometry, seed), spec)
    })
}

/// Never further from exact interpolation than rounding to a byte and 14-bit weights allow, and black where there is no volume.
#[test]
fn is_exact_interpolation_rounded_to_bytes() {
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let (inside, outside, skipped, worst) = (Cell::new(0), Cell::new(0), Cell::new(0), Cell::new(0.0f64));
    let add = |to: &Cell<u32>| to.set(to.get() + 3);
    let result = runner.run(&scene(), |(colours, spec)| {
        let image = colours.render(&spec).expect("an image");
        let [width, height] = spec.size;
        prop_assert_eq!(image.bytes.len(), (width * height * 3) as usize);
        for (i, got) in (0u32..).zip(image.bytes.chunks_exact(3)) {
            let at = voxel(&colours, &spec.plane, [i % width, i / width]);
            let depth = depth(&colours.geometry, at);
            if depth.abs() < 1e-3 {
                // Weights are rounded to 2^-14 voxel, so a pixel on the very face may lie on either side.
                add(&skipped);
            } else if depth < 0.0 {
                add(&outside);
                prop_assert_eq!(got, [0; 3]);
            } else {
                add(&inside);
                for (got, exact) in got.iter().zip(trilinear(&colours, at)) {
                    let exact = if spec.tone.shape() == PresentationShape::Inverse { 255.0 - exact } else { exact };
                    let off = (f64::from(*got) - exact).abs();
                    worst.set(worst.get().max(off));
                    // Three weights wrong by 2^-15 each and three roundings to 1/256, beside the last rounding: 1/2 + 255*3/2^15 + 3/512.
                    prop_assert!(off < 0.53, "{} instead of {} at {:?}", got, exact, at);
                }
            }
        }
        Ok(())
    });
    result.expect("exact colours");
    let (inside, outside, skipped) = (inside.get(), outside.get(), skipped.get());
    println!("{inside} bytes inside, at most {:.3} from exact; {outside} outside are black; {skipped} on a face not compared", worst.get());
    assert!(inside > 100_000 && outside > 100_000 && skipped < inside / 50);
}

/// Every value of every channel, in every slice, by every way through the sampler that hits voxel centres.
#[test]
fn at_one_to_one_every_texel_comes_back() {
    let size = [48u32, 40, 5];
    let rgb: Vec<Rgb> = (0..size.iter().product::<u32>()).map(|i| [i as u8, (i * 7 + 3) as u8, (i * 11 + i / 256) as u8]).collect();
    for channel in 0..3 {
        let mut seen = [false; 256];
        rgb.iter().for_each(|c| seen[usize::from(c[channel])] = true);
        assert!(seen.iter().all(|s| *s), "the test lacks values in channel {channel}");
    }
    let colours = Colours::new(upright(size), rgb);
    let [left, back, head] = [Direction::LEFT, Direction::POSTERIOR, Direction::HEAD];
    // Directions of the pane as axes of the volume, and the axis that the pane stands on.
    let planes = [(left, 0, back, 1, 2), (back, 1, left, 0, 2), (left, 0, head, 2, 1), (back, 1, head, 2, 0), (head, 2, left, 0, 1)];
    let mut bytes = 0;
    for (right, across, down, along, normal) in planes {
        for k in 0..size[normal] {
            let mut origin = [0.0; 3];
            origin[normal] = f64::from(k);
            let plane = plane(PatientPoint::from(origin), right, down, 1.0);
            for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
                for (shape, turned) in [(PresentationShape::Identity, 0), (PresentationShape::Inverse, 0xFF)] {
                    let spec = PaneSpec { interpolation, tone: shape.into(), ..pane(plane, [size[across], size[along]]) };
                    let image = colours.render(&spec).expect("an image");
                    for (i, got) in (0u32..).zip(image.bytes.chunks_exact(3)) {
                        let mut at = [0; 3];
                        (at[across], at[along], at[normal]) = ((i % size[across]) as usize, (i / size[across]) as usize, k as usize);
                        assert_eq!(got, colours.at(at).map(|c| c ^ turned), "{at:?}");
                        bytes += 3;
                    }
                }
            }
        }
    }
    println!("{bytes} bytes are those of the texels");
    assert_eq!(bytes, 5 * 4 * 3 * size.iter().product::<u32>());
}

/// Black voxels shown white end where the volume does: half a voxel beyond the outer centres, and not a pixel further.
#[test]
fn nothing_is_shown_outside() {
    let colours = Colours::new(upright([10, 8, 3]), vec![[0; 3]; 240]);
    let slanted = Direction::new(Displacement::new(0.8, 0.6, 0.0)).expect("a direction");
    let across = Direction::new(Displacement::new(-0.6, 0.8, 0.0)).expect("a direction");
    let (mut lit, mut dark) = (0, 0);
    for (right, down) in [(Direction::LEFT, Direction::POSTERIOR), (slanted, across)] {
        for slice in [-0.7, -0.3, 1.0, 2.4, 2.6, 40.0] {
            for interpolation in [Interpolation::Linear, Interpolation::Nearest] {
                let start = right.times(Mm(-7.03)) + down.times(Mm(-7.03));
                let plane = plane(PatientPoint::new(3.0, 3.0, slice) + start, right, down, 0.25);
                let spec = PaneSpec { interpolation, tone: PresentationShape::Inverse.into(), ..pane(plane, [70, 64]) };
                let image = colours.render(&spec).expect("an image");
                for (i, got) in (0u32..).zip(image.bytes.chunks_exact(3)) {
                    let inside = colours.geometry.contains(voxel(&colours, &spec.plane, [i % 70, i / 70]));
                    assert_eq!(got, if inside { [255; 3] } else { [0; 3] });
                    (lit, dark) = (lit + u32::from(inside), dark + u32::from(!inside));
                }
            }
        }
    }
    println!("{lit} pixels inside and {dark} outside are so");
    assert!(lit > 10_000 && dark > 10_000);
}

#[test]
fn slabs_and_wrong_lengths_are_refused() {
    let colours = Colours::noise(upright([4, 4, 4]), 1);
    let plane = plane(PatientPoint::new(0.0, 0.0, 0.0), Direction::LEFT, Direction::POSTERIOR, 1.0);
    for kind in [SlabKind::Mip, SlabKind::Minip, SlabKind::Mean] {
        let slab = Slab::Thick { thickness: Mm(2.0), step: Mm(1.0), kind };
        assert_eq!(colours.render(&PaneSpec { slab, ..pane(plane, [4, 4]) }), Err(RenderError::ColourSlab));
    }
    let short = ColourView::new(&colours.geometry, &colours.texels[1..]);
    assert_eq!(short.err(), Some(RenderError::WrongLength { words: 63, needed: 64 }));
}
