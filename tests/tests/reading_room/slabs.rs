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
    // The same hand on both: a place that is reached another way may differ in its last bit.
    let both = |rooms: [&mut Sitting; 2], key: Key, heavy: bool| {
        for (room, is_coarse) in rooms.into_iter().zip([heavy, false]) {
            room.key(key);
            assert_eq!(room.says(PREVIEW), is_coarse, "{key:?}; the shader never needs a preview");
        }
    };
    // A plane is never coarse, however it moves.
    for _ in 0..4 {
        both([&mut cpu, &mut gpu], Key::ArrowDown, false);
    }
    for key in [Key::J, Key::CloseBracket, Key::CloseBracket, Key::J, Key::J] {
        both([&mut cpu, &mut gpu], key, true);
    }
    // Every frame that changes it shows it coarsely; none of them computes the slab.
    for step in 0..12 {
        both([&mut cpu, &mut gpu], if step < 8 { Key::ArrowUp } else { Key::ArrowDown }, true);
    }
    let coarse = axial(&mut cpu);
    for room in [&mut cpu, &mut gpu] {
        room.rest();
        assert!(!room.says(PREVIEW) && room.says("mean 20 mm"));
        // Letters are blended from an atlas that holds what was written before, so they may differ in a bit.
        room.key(Key::O);
        room.rest();
    }
    let itself = axial(&mut cpu);
    assert!(differing(&coarse, &itself) > itself.len() / 20, "the preview was no image of this fineness");
    assert_eq!(differing(&itself, &axial(&mut gpu)), 0, "the same bytes as the shader's");

    cpu.key(Key::O);
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
