//! The graphics device fails, is lost, or has no room: what was answered is in the record, and the case goes on.
//!
//! The device is taken away from outside, as a driver does it: the program has no switch for it.

use crate::keys::{answer_all, lock, to_do};
use crate::sitting::{Demo, Opening, Sitting};
use crate::written::wait_for_record;
use eframe::wgpu;
use egui::{Key, Rect, ViewportCommand, vec2};
use egui_kittest::kittest::NodeT as _;
use image::RgbaImage;
use std::collections::BTreeMap;
use tiresias::RenderPath;
use tiresias_reads::machine::{AnswerValue, Answers, Mark, State};
use tiresias_reads::record::Record;
use tiresias_words::{MarkId, QuestionId, ReaderId};

fn asked_to_close(room: &Sitting) -> bool {
    room.window.output().viewport_output.values().any(|v| v.commands.contains(&ViewportCommand::Close))
}

/// The bytes of a pane on the screen.
fn pane(room: &mut Sitting, way: &str) -> Vec<u8> {
    let (rect, scale) = (room.pane(way), room.scale());
    let all: RgbaImage = room.pixels();
    let Rect { min, .. } = rect * scale;
    let size = rect.size() * scale;
    image::imageops::crop_imm(&all, min.x as u32, min.y as u32, size.x as u32, size.y as u32).to_image().into_raw()
}

/// A mark of 75 and a confidence of 80, in the first case.
fn answer_half(room: &mut Sitting) {
    room.key(Key::M);
    room.click(room.pane("axial").center() + vec2(-50.0, 40.0));
    room.until_says("rate it");
    for key in [Key::Num7, Key::Num5] {
        room.key(key);
    }
    room.until("a rated mark", |s| !s.says("rate it"));
    for key in [Key::Enter, Key::Num8, Key::Num0, Key::Enter] {
        room.key(key);
    }
    room.until("one thing to do", |s| to_do(s).is_some_and(|w| w.contains("Would you recall") && !w.contains("How confident")));
    room.key(Key::Escape);
    room.rest();
}

fn reader(record: &Record) -> State {
    record.state(&ReaderId::new("reader-1").expect("a name"))
}

fn is_half_answered(answers: &Answers, marks: &BTreeMap<MarkId, Mark>) -> bool {
    let question = QuestionId::new("confidence").expect("an id");
    let rated = marks.iter().map(|(id, m)| (*id, m.rating)).collect::<Vec<_>>();
    answers.of_case(&question) == Some(&AnswerValue::Scale(80)) && rated == [(MarkId(1), Some(75))]
}

/// Issue 4, bad input: "GPU out of memory or lost: a message, the draft safe, the case reopened."
#[test]
fn a_lost_device_costs_no_answer_and_the_case_opens_again() {
    let demo = Demo::new();
    let reader = demo.reader();
    let mut room = Sitting::start(Opening::of(&reader).by(RenderPath::Gpu));
    room.open_first_case();
    answer_half(&mut room);
    let code = room.words().into_iter().find(|w| w.contains(" \u{b7} 1 of ")).expect("the case's code");

    room.device.destroy();
    let _ = room.device.poll(wgpu::PollType::Poll);
    assert!(!asked_to_close(&room));
    room.until("the window's end", asked_to_close);
    // Nothing is drawn any more: egui's renderer would stop the program.
    assert!(room.window.output().shapes.is_empty() && room.panes().is_empty());
    drop(room);
    let record = wait_for_record(&reader);
    let state = self::reader(&record);
    let draft = state.draft().expect("a draft");
    assert!(is_half_answered(draft.answers(), draft.marks()) && state.locked().is_empty());
    drop(record);

    // As the launch does it: anew, on the same study, panes by the processor.
    let mut room = Sitting::start(Opening { after_loss: true, ..Opening::of(&reader).by(RenderPath::Cpu) });
    room.until_says("Who reads?");
    assert!(room.says("The graphics device was lost") && room.says("What you answered is kept"), "{:#?}", room.words());
    room.sign_in("Reader 1");
    assert!(room.nodes().iter().any(|n| n.accesskit_node().label().is_some_and(|l| l.starts_with("Continue "))));
    room.open_case();
    assert!(room.words().contains(&code), "the same case");
    assert!(to_do(&room).is_some_and(|w| w.contains("Would you recall") && !w.contains("How confident")), "{:?}", to_do(&room));
    answer_all(&mut room, "80", '1');
    lock(&mut room);
    drop(room);
    let state = self::reader(&wait_for_record(&reader));
    let locked = state.locked().first().expect("a locked read");
    assert!(is_half_answered(locked.answers(), locked.marks()));
}

#[test]
fn after_an_error_of_the_device_the_processor_draws_the_same_bytes() {
    let demo = Demo::new();
    let mut room = Sitting::start(Opening::of(&demo.reader()).by(RenderPath::Gpu));
    room.open_first_case();
    for key in [Key::PageDown, Key::Num2, Key::O] {
        room.key(key);
    }
    room.rest();
    let (slice, before) = (room.panes()[0].0.clone(), pane(&mut room, "axial"));
    assert!(before.iter().any(|b| *b > 128), "something is on it");
    // Something that no device takes, and that nobody waits for.
    let too_large =
        wgpu::BufferDescriptor { label: None, size: u64::MAX / 2, usage: wgpu::BufferUsages::COPY_DST, mapped_at_creation: false };
    drop(room.device.create_buffer(&too_large));
    room.until_says("The graphics device reported an error");
    room.rest();
    assert_eq!(room.panes()[0].0, slice, "the same case, the same slice");
    assert!(pane(&mut room, "axial") == before, "the same bytes");
    room.key(Key::ArrowDown);
    room.rest();
    assert_ne!(room.panes()[0].0, slice);
    assert!(!room.says("The graphics device") && !asked_to_close(&room));
    // Again, where the processor draws already: the window is given up.
    drop(room.device.create_buffer(&too_large));
    room.until("the window's end", asked_to_close);
}

#[test]
fn a_volume_that_the_device_has_no_room_for_is_drawn_by_the_processor() {
    let demos = [Demo::new(), Demo::new()];
    let open = |demo: &Demo, voxels| {
        let mut room = Sitting::start(Opening { voxels, ..Opening::of(&demo.reader()).by(RenderPath::Gpu) });
        room.open_first_case();
        room
    };
    let [mut small, mut large] = [open(&demos[0], Some(16)), open(&demos[1], None)];
    assert!(small.says("The graphics device has no room for the images of \u{201c}current\u{201d}"), "{:#?}", small.words());
    assert!(!large.says("The graphics device"));
    for room in [&mut small, &mut large] {
        room.key(Key::O);
        room.rest();
    }
    assert!(pane(&mut small, "axial") == pane(&mut large, "axial"), "the same bytes");
}
