//! GPU bytes equal CPU bytes, offscreen, over generated volumes, planes, slabs, windows and padding; and the tests notice a wrong shader.

mod colour;
mod slots;

use super::Offscreen;
use super::pipelines::{COLOUR_SHADER, GREY_SHADER, PRESENT_SHADER};
use crate::{ValueRange, VolumeView, cpu};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::atomic::AtomicU16;
use tiresias_words::{
    Direction, Displacement, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationShape, Role, Slab, SlabKind, Stack,
    StoredFormat, StoredValue, Voi, VolumeGeometry, Window,
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
    let view = (frame(), prop::array::uniform3(-20.0..20.0f64), 0.1..1.6f64, 1u32..90, 1u32..70, any::<bool>(), any::<bool>());
    (size, values, voi, slab, grid, view, any::<u64>(), any::<bool>()).prop_map(|(size, top, voi, slab, grid, view, seed, pad)| {
        let ((u, v), dx, dy, dz, shear) = grid;
        let normal = Direction::new(u.cross(v)).expect("a normal");
        let step = normal.times(Mm(dz)) + v.times(Mm(dz * shear));
        let stack = Stack::Uniform { origin: PatientPoint::new(-20.0, -20.0, -20.0), step };
        let size = [size.0, size.1, size.2];
        let geometry = VolumeGeometry::new(size, u, v, [Mm(dx), Mm(dy)], stack).expect("a geometry");
        let words = noise(seed)
            .take(size.iter().product::<u32>() as usize)
            .map(|state| {
                // Half the voxels over the whole range, half near its middle, where narrow windows look.
                let any = (state % (u64::from(top) + 1)) as u16;
                if state & 1 << 40 != 0 { any } else { top / 2 + any / 256 }
            })
            .collect();
        let ((right, down), centre, spacing, width, height, nearest, inverse) = view;
        let back = right.times(Mm(spacing * f64::from(width) / 2.0)) + down.times(Mm(spacing * f64::from(height) / 2.0));
        let origin = geometry.centre() + Displacement::from(centre) * 0.3 + back * -1.0;
        let spec = PaneSpec {
            series: Role::current(),
            plane: Plane::new(origin, right, down, Mm(spacing)).expect("a plane"),
            size: [width, height],
            slab,
            interpolation: if nearest { Interpolation::Nearest } else { Interpolation::Linear },
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
    })
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
    let got = gpu.render(&view, &texture, &scene.spec).expect("a GPU image");
    let differ = expected.bytes.iter().zip(&got.bytes).filter(|(a, b)| a != b).count();
    (differ, expected.bytes.iter().filter(|b| **b != 0).count())
}

/// The same scenes in every run: a difference is a fact, not luck.
fn scenes(n: usize) -> Vec<Scene> {
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let strategy = scene();
    (0..n).map(|_| strategy.new_tree(&mut runner).expect("a scene").current()).collect()
}

#[test]
fn gpu_bytes_equal_cpu_bytes_offscreen() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let (mut bytes, mut shown) = (0, 0);
    for (i, scene) in scenes(160).iter().enumerate() {
        let (differ, lit) = compare(&gpu, scene);
        assert_eq!(differ, 0, "scene {i}: {scene:?}");
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
        ("weights cut to 8 bits", ">> vec3<u32>(16u - WEIGHT_BITS);\n    return", ">> vec3<u32>(8u) << vec3<u32>(6u);\n    return"),
        ("low words dropped", "return hi + vec3<i32>(lo >> vec3<u32>(16u));", "return hi;"),
        ("padding blended", "if weighs && is_padding(word)", "if false"),
        ("slab mean not rounded", "(sum + count / 2u) / count", "sum / count"),
        ("a row too far", "let range = rows[p.y];", "let range = rows[max(p.y, 1) - 1];"),
        ("one table row short", "found.x / TABLE_WIDTH", "(found.x - 1u) / TABLE_WIDTH"),
    ];
    for (name, from, to) in mutations {
        assert!(GREY_SHADER.contains(from), "{name}: the shader has changed, change the mutation");
        let shaders = [&GREY_SHADER.replace(from, to), COLOUR_SHADER, PRESENT_SHADER];
        let gpu = Offscreen::open().expect("a Vulkan device").with_shaders(shaders);
        let found = scenes(160).iter().position(|s| compare(&gpu, s).0 > 0);
        assert!(found.is_some(), "{name} went unnoticed");
    }
}
