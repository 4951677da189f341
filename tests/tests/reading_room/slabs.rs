//! Slabs that take the processor too long for a frame: coarse and labelled while they move, themselves at rest, the same bytes as the shader's.

use crate::bytes::{crop, differing};
use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Modifiers, PointerButton, vec2};
use tiresias::RenderPath;

const PREVIEW: &str = "preview";

/// The bytes of the axial pane, with no pointer and no words over them.
fn axial(room: &mut Sitting) -> Vec<u8> {
    let pane = room.pane("axial");
    room.window.remove_cursor();
    room.step();
    let (picture, scale) = (room.pixels(), room.scale());
    crop(&picture, pane, scale)
}

/// Issue 4: "while dragging heavy slabs a labelled lower-resolution pass, the full pass on rest, cancellable".
#[test]
fn a_heavy_slab_is_coarse_while_it_moves_and_itself_at_rest() {
    let demos = [Demo::new(), Demo::new()];
    let [mut cpu, mut gpu] = [(RenderPath::Cpu, 0), (RenderPath::Gpu, 1)].map(|(path, i)| {
        let mut room = Sitting::start(Opening::of(&demos[i].reader()).by(path));
        room.open_first_case();
        room
    });
    // A plane is never coarse, however it moves.
    for _ in 0..4 {
        cpu.key(Key::ArrowDown);
        assert!(!cpu.says(PREVIEW));
    }
    gpu.drag(PointerButton::Primary, gpu.pane("axial").center(), vec2(1.0, 0.0), Modifiers::NONE);
    cpu.drag(PointerButton::Primary, cpu.pane("axial").center(), vec2(1.0, 0.0), Modifiers::NONE);
    for key in [Key::J, Key::CloseBracket, Key::CloseBracket, Key::J, Key::J] {
        cpu.key(key);
        assert!(cpu.says(PREVIEW), "{key:?} changes a heavy slab");
    }
    // Every frame that changes it shows it coarsely; none of them computes the slab.
    let mut coarse = Vec::new();
    for step in 0..12 {
        cpu.key(if step < 8 { Key::ArrowUp } else { Key::ArrowDown });
        assert!(cpu.says(PREVIEW), "step {step}");
        coarse = axial(&mut cpu);
    }
    cpu.rest();
    assert!(!cpu.says(PREVIEW) && cpu.says("mean 20 mm"));
    let itself = axial(&mut cpu);
    assert!(differing(&coarse, &itself) > itself.len() / 20, "the preview was no image of this fineness");
    for key in [Key::J, Key::CloseBracket, Key::CloseBracket, Key::J, Key::J] {
        gpu.key(key);
        assert!(!gpu.says(PREVIEW), "the shader needs none");
    }
    while slice(&gpu) != slice(&cpu) {
        gpu.key(if slice(&gpu) < slice(&cpu) { Key::ArrowDown } else { Key::ArrowUp });
    }
    gpu.rest();
    assert_eq!(differing(&itself, &axial(&mut gpu)), 0, "the same bytes as the shader's");

    // A window drag over it is coarse too, and it is itself again without a further hand.
    let middle = cpu.pane("axial").center();
    cpu.window.event(egui::Event::PointerButton { pos: middle, button: PointerButton::Primary, pressed: true, modifiers: Modifiers::NONE });
    for i in 1..6 {
        cpu.window.event(egui::Event::PointerMoved(middle + vec2(20.0 * i as f32, 0.0)));
        cpu.step();
        assert!(i == 1 || cpu.says(PREVIEW), "move {i}");
    }
    cpu.until("the image itself, with the button still down", |s| !s.says(PREVIEW));
    cpu.window.event(egui::Event::PointerButton {
        pos: middle,
        button: PointerButton::Primary,
        pressed: false,
        modifiers: Modifiers::NONE,
    });
    cpu.rest();
    // Without words on the image the label is still there.
    cpu.key(Key::O);
    cpu.key(Key::ArrowDown);
    assert!(cpu.says(PREVIEW) && !cpu.says("mean 20 mm"));
}

fn slice(room: &Sitting) -> u32 {
    let name = room.panes()[0].0.clone();
    name.split("slice ").nth(1).and_then(|t| t.split(' ').next()).and_then(|n| n.parse().ok()).expect("a slice")
}
