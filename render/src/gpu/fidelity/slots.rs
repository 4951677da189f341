//! Finished images are presented byte for byte, and a slot shows what it was last given, whatever it showed before.

use super::colour::{spec, texels};
use super::{COLOUR_SHADER, GREY_SHADER, Offscreen, PRESENT_SHADER, noise, scenes};
use crate::gpu::{PaneContent, PaneSlot};
use crate::{ColourImage, ColourView, DisplayTable, GreyImage, Picture, SamplePlan, ValueRange, VolumeView, cpu};
use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use tiresias_words::{Interpolation, ModalityLut, PaneSpec, PresentationShape, StoredFormat};

fn noisy(seed: u64, bytes: usize) -> Vec<u8> {
    noise(seed).take(bytes).map(|bits| (bits >> 24) as u8).collect()
}

/// What a framebuffer must hold where it shows this image.
fn framebuffer(picture: &dyn Picture) -> Vec<u8> {
    match picture.channels() {
        1 => picture.bytes().iter().flat_map(|grey| [*grey; 3]).collect(),
        _ => picture.bytes().to_vec(),
    }
}

/// Images with every byte in every channel, of sizes that fill rows of the readback and that do not.
fn presented_exactly(gpu: &Offscreen) -> Result<usize, [u32; 2]> {
    let mut bytes = 0;
    for size in [[1, 1], [3, 2], [64, 64], [257, 31], [300, 200]] {
        let pixels = (size[0] * size[1]) as usize;
        let grey = Arc::new(GreyImage { size, bytes: noisy(5, pixels) });
        let colour = Arc::new(ColourImage { size, bytes: noisy(6, pixels * 3) });
        for (content, expected) in [
            (PaneContent::Presented(Arc::clone(&grey)), framebuffer(&*grey)),
            (PaneContent::PresentedColour(Arc::clone(&colour)), framebuffer(&*colour)),
        ] {
            let got = gpu.draw(&content, size).expect("an image");
            if (got.size, &got.bytes) != (size, &expected) {
                return Err(size);
            }
            bytes += expected.len();
        }
    }
    Ok(bytes)
}

#[test]
fn presented_images_are_shown_as_they_are() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let bytes = presented_exactly(&gpu).expect("the same bytes");
    println!("{bytes} bytes presented, 0 differ");
}

#[test]
fn a_wrong_presentation_is_noticed() {
    for (name, from, to) in [
        ("red and blue exchanged", "texel.rgb, texel.rrr", "texel.bgr, texel.rrr"),
        ("grey is red", "texel.rgb, texel.rrr", "texel.rgb, texel.rgb"),
        ("colour is grey", "present.kind.x == 1u", "true"),
        ("a pixel to the left", "textureLoad(image, p, 0)", "textureLoad(image, p + vec2<i32>(1, 0), 0)"),
    ] {
        assert!(PRESENT_SHADER.contains(from), "{name}: the shader has changed, change the mutation");
        let shaders = [GREY_SHADER, COLOUR_SHADER, &PRESENT_SHADER.replace(from, to)];
        let gpu = Offscreen::open().expect("a Vulkan device").with_shaders(shaders);
        assert!(presented_exactly(&gpu).is_err(), "{name} went unnoticed");
    }
}

/// One slot goes from every content to every other, grey and colour, sampled and presented, and to changes of each.
#[test]
fn a_slot_shows_what_it_was_given_last() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let scene =
        scenes(super::SCENES).into_iter().find(|s| s.padding.is_none() && s.words.len() > 5000 && s.spec.size[0] > 40).expect("a scene");
    let words: Vec<AtomicU16> = scene.words.iter().map(|w| AtomicU16::new(*w)).collect();
    let format = StoredFormat { signed: false, bits_stored: 16 };
    let range = ValueRange::measure(&words);
    let grey = VolumeView::new(&scene.geometry, &words, format, &ModalityLut::IDENTITY, None, range).expect("a view");
    let texels = texels(&scene);
    let colour = ColourView::new(&scene.geometry, &texels).expect("a view");
    let (on_gpu, colour_on_gpu) = (gpu.upload(&grey).expect("room"), gpu.upload_colour(&colour).expect("room"));
    let linear = PaneSpec { interpolation: Interpolation::Linear, ..spec(&scene) };
    let nearest = PaneSpec { interpolation: Interpolation::Nearest, ..linear.clone() };
    let mut contents = Vec::new();
    for spec in [linear, nearest] {
        let plan = Arc::new(SamplePlan::for_colour(&scene.geometry, &spec).expect("a plan"));
        for shape in [PresentationShape::Identity, PresentationShape::Inverse] {
            let table = Arc::new(DisplayTable::for_volume(&grey, &spec.voi, &shape.into()));
            let image = Arc::new(cpu::draw(&grey, &plan, &table));
            let coloured = Arc::new(cpu::draw_colour(&colour, &plan, shape).expect("an image"));
            let (greys, colours) = (framebuffer(&*image), framebuffer(&*coloured));
            let (plan, volume) = (Arc::clone(&plan), Arc::clone(&colour_on_gpu));
            contents.push((PaneContent::Sampled { volume: Arc::clone(&on_gpu), plan: Arc::clone(&plan), table }, greys.clone()));
            contents.push((PaneContent::SampledColour { volume, plan, shape }, colours.clone()));
            contents.push((PaneContent::Presented(image), greys));
            contents.push((PaneContent::PresentedColour(coloured), colours));
        }
    }
    let mut slot = PaneSlot::default();
    let mut bytes = 0;
    for (before, _) in &contents {
        for (content, expected) in &contents {
            gpu.draw_in(&mut slot, before, scene.spec.size).expect("an image");
            let got = gpu.draw_in(&mut slot, content, scene.spec.size).expect("an image");
            assert!(got.bytes == *expected, "wrong bytes after a change of content");
            bytes += expected.len();
        }
    }
    println!("{bytes} bytes over {} changes of content, 0 differ", contents.len() * contents.len());
    // All contents must differ for this to mean something: two ways to compute each, so half as many images as contents.
    let mut images: Vec<_> = contents.iter().map(|(_, bytes)| bytes).collect();
    images.sort();
    images.dedup();
    assert_eq!(images.len() * 2, contents.len());
}

/// Without this wgpu would stop the program.
#[test]
fn a_pane_that_the_device_cannot_read_back_is_refused() {
    let gpu = Offscreen::with_buffers_up_to(1 << 20).expect("a Vulkan device (lavapipe will do)");
    let content = PaneContent::Presented(Arc::new(GreyImage { size: [2, 2], bytes: vec![0, 85, 170, 255] }));
    assert!(gpu.draw(&content, [512, 512]).is_ok(), "a mebibyte");
    assert_eq!(gpu.draw(&content, [512, 513]), Err(crate::RenderError::PaneTooLargeForGpu(512, 513)));
    assert_eq!(gpu.draw(&content, [0, 5]), Err(crate::RenderError::PaneSize(0, 5)));
}

/// A slab of colours is refused where there is someone to tell, and shows nothing where there is not.
#[test]
fn a_projecting_plan_draws_no_colours() {
    let gpu = Offscreen::open().expect("a Vulkan device (lavapipe will do)");
    let scene = scenes(super::SCENES).into_iter().find(|s| s.spec.slab != tiresias_words::Slab::Thin).expect("a slab");
    let texels = texels(&scene);
    let view = ColourView::new(&scene.geometry, &texels).expect("a view");
    let volume = gpu.upload_colour(&view).expect("room");
    assert_eq!(gpu.render_colour(&view, &volume, &scene.spec), Err(crate::RenderError::ColourSlab));
    let plan = Arc::new(SamplePlan::new(&scene.geometry, &scene.spec).expect("a plan"));
    let got = gpu.draw(&PaneContent::SampledColour { volume, plan, shape: PresentationShape::Inverse }, scene.spec.size).expect("an image");
    assert!(got.bytes.iter().all(|b| *b == 0));
}
