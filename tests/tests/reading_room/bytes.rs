//! GPU bytes equal CPU bytes, as they arrive in the window: through egui's paint callback, its clip rectangles and the framebuffer.

use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Modifiers, PointerButton, Rect, vec2};
use image::RgbaImage;
use tiresias::RenderPath;

/// What is done in both windows before a pane is compared.
type Scene = (&'static str, fn(&mut Sitting, Rect));

const SCENES: [Scene; 17] = [
    ("as opened", |_, _| ()),
    ("next slice", |s, _| s.key(Key::ArrowDown)),
    ("first slice", |s, _| s.key(Key::Home)),
    ("soft tissue", |s, _| {
        s.key(Key::PageDown);
        s.key(Key::Num2);
    }),
    ("bone, inverted", |s, _| {
        s.key(Key::Num3);
        s.key(Key::I);
    }),
    ("narrow window", |s, pane| {
        s.key(Key::Num2);
        s.drag(PointerButton::Primary, pane.center(), vec2(-300.0, 0.0), Modifiers::NONE);
    }),
    ("zoomed in", |s, pane| {
        s.key(Key::Num1);
        s.wheel(pane.center() + vec2(37.0, -21.0), -7, Modifiers::COMMAND);
    }),
    ("panned", |s, pane| s.drag(PointerButton::Middle, pane.center(), vec2(-83.0, 41.0), Modifiers::NONE)),
    ("mirrored", |s, _| s.key(Key::H)),
    ("turned", |s, _| s.key(Key::T)),
    ("maximum of a slab", |s, _| s.key(Key::J)),
    ("minimum", |s, _| s.key(Key::J)),
    ("mean of a thicker slab", |s, _| {
        s.key(Key::J);
        s.key(Key::CloseBracket);
    }),
    ("upended", |s, _| s.key(Key::V)),
    ("all of it", |s, _| s.key(Key::F)),
    ("one to one", |s, _| s.key(Key::Num0)),
    ("zoomed out", |s, pane| s.wheel(pane.center(), 14, Modifiers::COMMAND)),
];

/// Issue 2, "Build": tested on lavapipe through egui's paint callback.
#[test]
fn gpu_bytes_equal_cpu_bytes_through_the_paint_callback() {
    let (mut compared, mut pictures, mut left_out) = (0usize, 0usize, 0usize);
    for pixels in [[1280, 800], [1920, 1080]] {
        let demos = [Demo::new(), Demo::new()];
        let [mut cpu, mut gpu] = [(RenderPath::Cpu, 0), (RenderPath::Gpu, 1)].map(|(path, i)| {
            let mut room = Sitting::start(Opening::of(&demos[i].reader()).sized(pixels).by(path));
            room.open_first_case();
            room.key(Key::O);
            room
        });
        for way in ["axial", "coronal", "sagittal"] {
            let before = cpu.pane(way);
            for room in [&mut cpu, &mut gpu] {
                // One plane alone has no crosshair and no frame.
                room.double_click(before.center());
            }
            let pane = cpu.pane(way);
            assert_eq!(pane, gpu.pane(way));
            let mut last: Option<Vec<u8>> = None;
            for (name, act) in SCENES {
                // A shader that runs on a CPU needs minutes for a slab of two million pixels.
                if pixels[0] > 1280 && (name.contains("slab") || name == "minimum") {
                    left_out += 1;
                    continue;
                }
                let [a, b] = [&mut cpu, &mut gpu].map(|room| {
                    act(room, pane);
                    room.window.remove_cursor();
                    room.until("the image itself", |s| !s.says("preview"));
                    crop(&room.pixels(), pane, room.scale())
                });
                assert_eq!(differing(&a, &b), 0, "{way}, {name}, {pixels:?}: bytes that differ between CPU and GPU");
                assert!(is_an_image(&a), "{way}, {name}: the pane shows an image");
                // The comparison can fail: each scene differs from the one before it.
                if let Some(last) = last.replace(a.clone()) {
                    assert!(differing(&last, &a) > 0, "{way}, {name}: nothing changed, so nothing is compared");
                }
                compared += a.len();
                pictures += 1;
            }
            for room in [&mut cpu, &mut gpu] {
                room.key(Key::R);
                room.double_click(pane.center());
            }
        }
    }
    println!("{pictures} pictures, {compared} bytes compared, 0 differ; {left_out} slabs at 1920 x 1080 not compared");
}

/// A window that is one unit wider gives other bytes, and the comparison finds them: an equal result is no accident of comparing.
#[test]
fn the_comparison_of_bytes_can_fail() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()).by(RenderPath::Gpu));
    room.open_first_case();
    room.key(Key::O);
    let pane = room.pane("axial");
    room.double_click(pane.center());
    let pane = room.pane("axial");
    let shot = |room: &mut Sitting| {
        room.window.remove_cursor();
        room.step();
        crop(&room.pixels(), pane, room.scale())
    };
    let before = shot(&mut room);
    assert_eq!(differing(&before, &shot(&mut room)), 0, "the same picture twice");
    // Half a percent of the width.
    room.drag(PointerButton::Primary, pane.center(), vec2(8.0, 0.0), Modifiers::SHIFT);
    let found = differing(&before, &shot(&mut room));
    println!("a window half a percent wider: {found} bytes differ");
    assert!(found > 0);
}

/// The bytes of a pane: red, green and blue of each physical pixel.
pub(crate) fn crop(picture: &RgbaImage, pane: Rect, scale: f32) -> Vec<u8> {
    let [x0, y0, x1, y1] = [pane.left(), pane.top(), pane.right(), pane.bottom()].map(|n| (n * scale).round() as u32);
    (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))).flat_map(|(x, y)| picture.get_pixel(x, y).0[..3].to_vec()).collect()
}

pub(crate) fn differing(a: &[u8], b: &[u8]) -> usize {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

/// Grey in every pixel, with many levels: neither an empty pane nor one with something drawn over it.
fn is_an_image(bytes: &[u8]) -> bool {
    let levels: std::collections::BTreeSet<u8> = bytes.iter().copied().collect();
    bytes.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]) && levels.len() > 20
}
