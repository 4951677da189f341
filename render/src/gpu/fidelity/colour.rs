//! The same for colour: GPU bytes equal CPU bytes over the scenes of grey, with colours for words; and the tests notice a wrong shader.

use super::{COLOUR_SHADER, GREY_SHADER, Offscreen, PRESENT_SHADER, SCENES, Scene, noise, scenes};
use crate::{ColourView, cpu};
use std::sync::atomic::AtomicU32;
use tiresias_words::{PaneSpec, Slab};

/// A scene's texels: any colours in its first half, and pale ones, which differ little, in its second.
pub(super) fn texels(scene: &Scene) -> Vec<AtomicU32> {
    let count = scene.words.len();
    let colours = noise(scene.seed).take(count).enumerate().map(|(i, bits)| {
        let any = (bits >> 20) as u32;
        let rgb = if i < count / 2 { any } else { any & 0x3F_0F_03 | 0xC0_F0_A0 };
        AtomicU32::new(rgb & 0xFF_FF_FF | 0xFF << 24)
    });
    colours.collect()
}

/// A scene's description of the pane, without the slab that colours cannot have.
pub(super) fn spec(scene: &Scene) -> PaneSpec {
    PaneSpec { slab: Slab::Thin, ..scene.spec.clone() }
}

/// Differing bytes and bytes that are not black.
pub(super) fn compare(gpu: &Offscreen, scene: &Scene) -> (usize, usize) {
    let (texels, spec) = (texels(scene), spec(scene));
    let view = ColourView::new(&scene.geometry, &texels).expect("a view");
    let texture = gpu.upload_colour(&view).expect("room on the GPU");
    let expected = cpu::render_colour(&view, &spec).expect("a CPU image");
    let got = gpu.render_colour(&view, &texture, &spec).expect("a GPU image");
    assert_eq!((expected.size, expected.bytes.len()), (got.size, got.bytes.len()));
    let differ = expected.bytes.iter().zip(&got.bytes).filter(|(a, b)| a != b).count();
    (differ, expected.bytes.iter().filter(|b| **b != 0).count())
}

#[test]
fn gpu_colours_equal_cpu_colours_offscreen() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let (mut bytes, mut shown) = (0, 0);
    for (i, scene) in scenes(SCENES).iter().enumerate() {
        let (differ, lit) = compare(&gpu, scene);
        assert_eq!(differ, 0, "scene {i}: {:?} {:?}", scene.spec, scene.geometry);
        bytes += scene.spec.size.iter().product::<u32>() as usize * 3;
        shown += lit;
    }
    println!("{bytes} bytes of colour compared, {shown} of them not black, 0 differ");
    assert!(shown * 5 > bytes, "most scenes show nothing: {shown} of {bytes}");
}

#[test]
fn a_wrong_colour_shader_is_noticed() {
    let mutations = [
        ("no rounding in the blend", "+ (1u << (WEIGHT_BITS - 1u))) >> vec4", ") >> vec4"),
        ("weights cut to 8 bits", ">> vec3<u32>(16u - WEIGHT_BITS);\n    if", ">> vec3<u32>(8u) << vec3<u32>(6u);\n    if"),
        ("low words dropped", "return hi + vec3<i32>(lo >> vec3<u32>(16u));", "return hi;"),
        ("a row too far", "let range = rows[p.y];", "let range = rows[max(p.y, 1) - 1];"),
        ("nearest a weight too early", "taps.weight >= vec3<u32>(1u << (WEIGHT_BITS - 1u))", "taps.weight > vec3<u32>(7000u)"),
        ("the last blend left out", "return blend(near, far, w.z);", "return near;"),
        ("no fraction bits", "const FRACTION_BITS: u32 = 8u;", "const FRACTION_BITS: u32 = 1u;"),
        ("bytes not rounded", "(value + (1u << (FRACTION_BITS - 1u)))", "value"),
        ("red and blue exchanged", "colour_at(taps).rgb", "colour_at(taps).bgr"),
        ("never inverted", "if pane.how.z != 0u", "if false"),
        ("always the nearest", "case 2u: { return cubic_colour(taps); }", "case 0u, 2u: { return texel_at(nearest_voxel(taps)); }"),
    ];
    for (name, from, to) in mutations {
        assert!(COLOUR_SHADER.contains(from), "{name}: the shader has changed, change the mutation");
        let shaders = [GREY_SHADER, &COLOUR_SHADER.replace(from, to), PRESENT_SHADER];
        let gpu = Offscreen::open().expect("a Vulkan device").with_shaders(shaders);
        let found = scenes(SCENES).iter().position(|s| compare(&gpu, s).0 > 0);
        assert!(found.is_some(), "{name} went unnoticed");
    }
}
