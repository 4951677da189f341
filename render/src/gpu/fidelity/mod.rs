//! GPU bytes equal CPU bytes, offscreen, over generated volumes, planes, slabs, windows and padding; and the tests notice a wrong shader.

mod colour;
mod slots;

use super::Offscreen;
use super::pipelines::{COLOUR_SHADER, GREY_SHADER, PRESENT_SHADER};
use crate::{DisplayTable, RenderError, SamplePlan, ValueRange, VolumeView, cpu};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::atomic::AtomicU16;
use tiresias_words::{
    Direction, Displacement, Gap, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind,
    Stack, StoredFormat, StoredValue, Voi, VolumeGeometry, Window,
};

/// One generated comparison.
#[derive(Debug, Clone)]
struct Scene {
    geometry: VolumeGeometry,
    words: Vec<u16>,
    padding: Option<[u16; 2]>,
    spec: PaneSpec,
    seed: u64,
}

fn direction() -> impl Strategy<Value = Direction> {
    prop::array::uniform3(-1.0..1.0f64).prop_filter_map("a direction", |v| Direction::new(v.into()).ok())
}

/// Two directions at right angles; often along the axes, as most planes are.
fn frame() -> impl Strategy<Value = (Direction, Direction)> {
    let axes = prop::sample::select(vec![
        (Direction::LEFT, Direction::POSTERIOR),
        (Direction::LEFT, Direction::FEET),
        (Direction::POSTERIOR, Direction::FEET),
        (-Direction::LEFT, Direction::FEET),
    ]);
    let free = (direction(), direction()).prop_filter_map("two directions", |(u, w)| {
        let n = Direction::new(u.cross(w)).ok()?;
        Some((u, Direction::new(n.cross(u)).ok()?))
    });
    prop_oneof![axes, free]
}

/// Bits without a pattern, the same for the same seed (xorshift).
fn noise(seed: u64) -> impl Iterator<Item = u64> {
    let step = |state: &u64| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    };
    std::iter::successors(Some(seed | 1), step).skip(1)
}

/// A stack of so many slices: of equal steps, of unequal ones, or of unequal ones with slices missing.
fn stack(kind: usize, slices: u32, normal: Direction, step: Displacement, seed: u64) -> Stack {
    let origin = PatientPoint::new(-20.0, -20.0, -20.0);
    if kind == 0 || slices < 2 {
        return Stack::Uniform { origin, step };
    }
    let rise = step.dot(normal.unit());
    let mut height = 0.0;
    let heights = noise(seed).take(slices as usize).map(|bits| {
        let here = Mm(height);
        height += rise * (0.25 + (bits % 64) as f64 / 32.0);
        here
    });
    let heights = heights.collect();
    let gap = |after: u32| Gap { after, missing: 1 + after % 3 };
    let gaps = if kind == 1 { vec![] } else { (0..slices - 1).filter(|k| k % 5 == (seed % 5) as u32).map(gap).collect() };
    Stack::Piecewise { origin, course: step * (1.0 / rise), heights, gaps }
}

fn scene() -> impl Strategy<Value = Scene> {
    let size = (1u32..64, 1u32..56, 1u32..40);
    let values = prop::sample::select(vec![1u16, 255, 4095, 9000, 65535]);
    // Window centre and width as parts of the values' range, from a step to all of it.
    let voi = (0.3..0.7f64, prop::sample::select(vec![0.0005, 0.01, 0.2, 1.0]), 0..3usize);
    let slab = prop_oneof![
        2 => Just(Slab::Thin),
        1 => (1.0..40.0f64, 0.3..3.0f64, prop::sample::select(vec![SlabKind::Mip, SlabKind::Minip, SlabKind::Mean]))
            .prop_map(|(t, s, kind)| Slab::Thick { thickness: Mm(t), step: Mm(s), kind }),
    ];
    let grid = (frame(), 0.3..3.0f64, 0.3..3.0f64, 0.5..6.0f64, -0.5..0.5f64);
    let interpolation =
        prop::sample::select(vec![Interpolation::Nearest, Interpolation::Linear, Interpolation::Linear, Interpolation::Cubic]);
    let view = (frame(), prop::array::uniform3(-20.0..20.0f64), 0.1..1.6f64, 1u32..90, 1u32..70, interpolation, any::<bool>());
    let course = prop::sample::select(vec![0usize, 0, 1, 2]);
    (size, values, voi, slab, grid, view, any::<u64>(), any::<bool>(), course).prop_map(
        |(size, top, voi, slab, grid, view, seed, pad, course)| {
            let ((u, v), dx, dy, dz, shear) = grid;
            let normal = Direction::new(u.cross(v)).expect("a normal");
            let step = normal.times(Mm(dz)) + v.times(Mm(dz * shear));
            let size = [size.0, size.1, size.2];
            let stack = stack(course, size[2], normal, step, seed);
            let geometry = VolumeGeometry::new(size, u, v, [Mm(dx), Mm(dy)], stack).expect("a geometry");
            let words = noise(seed)
                .take(size.iter().product::<u32>() as usize)
                .map(|state| {
                    // Half the voxels over the whole range, half near its middle, where narrow windows look.
                    let any = (state % (u64::from(top) + 1)) as u16;
                    if state & 1 << 40 != 0 { any } else { top / 2 + any / 256 }
                })
                .collect();
            let ((right, down), centre, spacing, width, height, interpolation, inverse) = view;
            let back = right.times(Mm(spacing * f64::from(width) / 2.0)) + down.times(Mm(spacing * f64::from(height) / 2.0));
            let origin = geometry.centre() + Displacement::from(centre) * 0.3 + back * -1.0;
            let spec = PaneSpec {
                series: Role::current(),
                plane: Plane::new(origin, right, down, Mm(spacing)).expect("a plane"),
                size: [width, height],
                slab,
                interpolation,
                voi: {
                    let (centre, width, function) = voi;
                    let w = Window::new(centre * f64::from(top), (width * f64::from(top)).max(1.0)).expect("a window");
                    let functions: [Voi; 3] = [Voi::Linear(w), Voi::LinearExact(w), Voi::Sigmoid(w)];
                    functions[function].clone()
                },
                tone: if inverse { PresentationShape::Inverse } else { PresentationShape::Identity }.into(),
            };
            let padding = pad.then_some([top / 4, top / 3]);
            Scene { geometry, words, padding, spec, seed }
        },
    )
}

/// Differing bytes and bytes that are not black.
fn compare(gpu: &Offscreen, scene: &Scene) -> (usize, usize) {
    let words: Vec<AtomicU16> = scene.words.iter().map(|w| AtomicU16::new(*w)).collect();
    let format = StoredFormat { signed: false, bits_stored: 16 };
    let padding = scene.padding.map(|p| p.map(StoredValue));
    let range = ValueRange::measure(&words);
    let view = VolumeView::new(&scene.geometry, &words, format, &ModalityLut::IDENTITY, padding, range).expect("a view");
    let texture = gpu.upload(&view).expect("room on the GPU");
    let expected = cpu::render(&view, &scene.spec).expect("a CPU image");
    // What is drawn in bands, of eight rows here, is the same: hatched, curved and projected as the whole.
    let plan = SamplePlan::new(&scene.geometry, &scene.spec).expect("a plan");
    let table = DisplayTable::for_volume(&view, &scene.spec.voi, &scene.spec.tone);
    assert_eq!(cpu::in_bands(&view, &plan, &table, 1, || false).as_ref(), Some(&expected), "in bands");
    let got = gpu.render(&view, &texture, &scene.spec).expect("a GPU image");
    let differ = expected.bytes.iter().zip(&got.bytes).filter(|(a, b)| a != b).count();
    (differ, expected.bytes.iter().filter(|b| **b != 0).count())
}

/// Scenes of a comparison.
const SCENES: usize = 240;

/// The same scenes in every run: a difference is a fact, not luck.
fn scenes(n: usize) -> Vec<Scene> {
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let strategy = scene();
    (0..n).map(|_| strategy.new_tree(&mut runner).expect("a scene").current()).collect()
}

/// A device whose textures are far too short for the volumes: each is folded, grey and colour.
#[test]
fn folded_volumes_give_the_same_bytes() {
    let gpu = Offscreen::with_volumes_up_to(40).expect("a Vulkan device");
    let (mut folded, mut bytes) = (0, 0);
    for (i, scene) in scenes(SCENES).iter().filter(|s| s.words.len() <= 32 * 32 * 40).enumerate() {
        assert_eq!(compare(&gpu, scene).0, 0, "scene {i}: {:?} {:?}", scene.spec, scene.geometry);
        assert_eq!(colour::compare(&gpu, scene).0, 0, "scene {i} in colour: {:?} {:?}", scene.spec, scene.geometry);
        folded += usize::from(scene.geometry.size().iter().any(|side| *side > 40));
        bytes += scene.spec.size.iter().product::<u32>() as usize * 4;
    }
    println!("{folded} folded volumes, {bytes} bytes compared, 0 differ");
    assert!(folded > 20, "{folded}");
    // What no folding holds is refused with the device's limit.
    let tiny = Offscreen::with_volumes_up_to(4).expect("a Vulkan device");
    let scenes = scenes(SCENES);
    let large = scenes.iter().find(|s| s.words.len() > 100).expect("a large volume");
    let words: Vec<AtomicU16> = large.words.iter().map(|w| AtomicU16::new(*w)).collect();
    let format = StoredFormat { signed: false, bits_stored: 16 };
    let view = VolumeView::new(&large.geometry, &words, format, &ModalityLut::IDENTITY, None, ValueRange::measure(&words)).expect("a view");
    assert!(matches!(tiny.upload(&view), Err(RenderError::TooLargeForGpu { most: 64, .. })));
}

/// A mammogram and a long stack, on a device with no more than wgpu promises everywhere.
#[test]
fn large_volumes_fit_the_default_limits() {
    let promised = wgpu::Limits::default();
    let gpu = Offscreen::with_volumes_up_to(promised.max_texture_dimension_3d).expect("a Vulkan device");
    for (size, spacing, plane, extent) in [
        ([4096, 5120, 1], 0.07, (Direction::LEFT, Direction::POSTERIOR), Mm(0.4)),
        ([96, 80, 3000], 1.0, (Direction::LEFT, Direction::FEET), Mm(2.3)),
        ([96, 80, 3000], 1.0, (Direction::new(Displacement::new(0.6, 0.0, 0.8)).expect("a direction"), Direction::POSTERIOR), Mm(0.15)),
    ] {
        assert!(size.iter().any(|side| *side > promised.max_texture_dimension_3d));
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 0.8) };
        let geometry = VolumeGeometry::new(size, Direction::LEFT, Direction::POSTERIOR, [Mm(spacing); 2], stack).expect("a geometry");
        let words = noise(11).take(size.iter().product::<u32>() as usize).map(|bits| (bits >> 30) as u16 & 0x0FFF).collect();
        let (right, down) = plane;
        let back = right.times(extent * -450.0) + down.times(extent * -550.0);
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(geometry.centre() + back, right, down, extent).expect("a plane"),
            size: [900, 1100],
            slab: Slab::Thin,
            interpolation: Interpolation::Linear,
            voi: Voi::LinearExact(Window::new(2048.0, 4096.0).expect("a window")),
            tone: PresentationShape::Identity.into(),
        };
        let (differ, lit) = compare(&gpu, &Scene { geometry, words, padding: None, spec, seed: 11 });
        assert_eq!(differ, 0, "{size:?}");
        assert!(lit > 5_000, "{size:?} shows nothing: {lit}");
    }
}

#[test]
fn gpu_bytes_equal_cpu_bytes_offscreen() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let (mut bytes, mut shown) = (0, 0);
    for (i, scene) in scenes(SCENES).iter().enumerate() {
        let (differ, lit) = compare(&gpu, scene);
        assert_eq!(differ, 0, "scene {i}: {:?} {:?}", scene.spec, scene.geometry);
        bytes += scene.spec.size.iter().product::<u32>() as usize;
        shown += lit;
    }
    println!("{bytes} bytes compared, {shown} of them not black, 0 differ");
    assert!(shown * 5 > bytes, "most scenes show nothing: {shown} of {bytes}");
}

#[test]
fn a_wrong_shader_is_noticed() {
    let mutations = [
        ("no rounding in the blend", "+ (1u << (WEIGHT_BITS - 1u))) >> vec4", ") >> vec4"),
        ("weights cut to 8 bits", ">> vec3<u32>(16u - WEIGHT_BITS);\n    if", ">> vec3<u32>(8u) << vec3<u32>(6u);\n    if"),
        ("low words dropped", "return hi + vec3<i32>(lo >> vec3<u32>(16u));", "return hi;"),
        ("padding blended", "if weighs && is_padding(word)", "if false"),
        ("slab mean not rounded", "(sum + count / 2u) / count", "sum / count"),
        ("a row too far", "let range = rows[p.y];", "let range = rows[max(p.y, 1) - 1];"),
        ("cubic weights not rounded", "return (weight + (1 << (dropped - 1u))) >> dropped;", "return weight >> dropped;"),
        ("cubic as linear", "case 2u: { return cubic_value(taps); }", "case 2u: { return linear_value(taps); }"),
        ("ringing in projections", "if is_extreme && is_inner(i)", "if is_extreme && is_inner(i + 1u)"),
        ("cubic along unequal steps", "} else if axis == 2u && pane.stack.z > 0 {", "} else if false {"),
        ("a gap filled", "(*taps).in_gap = c > step.z && c < step.w;", "(*taps).in_gap = false;"),
        ("interpolated across a gap", "if step.z <= step.w {", "if false {"),
        ("a step's weight cut", "((above << WEIGHT_BITS) + length / 2u) / length", "(above << WEIGHT_BITS) / length"),
        ("the wrong step", "if steps[middle].x <= c {", "if steps[middle].x < c - 9000 {"),
        ("the hatch turned", "(p.x + p.y) % 8", "(p.x - p.y + 800) % 8"),
        ("a slab sees no gap", "nothing = GAP;", "nothing = PADDING;"),
        ("one table row short", "found.x / TABLE_WIDTH", "(found.x - 1u) / TABLE_WIDTH"),
    ];
    for (name, from, to) in mutations {
        assert!(GREY_SHADER.contains(from), "{name}: the shader has changed, change the mutation");
        let shaders = [&GREY_SHADER.replace(from, to), COLOUR_SHADER, PRESENT_SHADER];
        let gpu = Offscreen::open().expect("a Vulkan device").with_shaders(shaders);
        let found = scenes(SCENES).iter().position(|s| compare(&gpu, s).0 > 0);
        assert!(found.is_some(), "{name} went unnoticed");
    }
}
