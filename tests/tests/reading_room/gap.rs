//! A volume with slices missing: where a pane goes through the gap it says so.

use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use egui::Key;
use std::ops::ControlFlow;
use std::sync::Arc;
use tiresias_cases::{Codecs, read_folder};
use tiresias_tests::Walk;
use tiresias_tests::studies::protocol;
use tiresias_words::Role;

#[test]
fn a_pane_through_a_gap_says_so() {
    let mut walk = Walk::new();
    let found = walk.file("series/ct_missing_slice");
    walk.report("a gap in the room");
    let Some(source) = found else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder");
    let root = follow_up::of(&[(Role::current(), &read.series[0])], folder.path(), &protocol("roc", "first = \"images\""), 1);
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.key(Key::Enter);
    room.until("three planes", |s| s.panes().len() == 3 && s.says("HU") && !s.says("loading"));
    room.rest();
    let says = |room: &Sitting, way| !room.texts_in(room.pane(way), "slices are missing there").is_empty();
    assert!(says(&room, "coronal") && says(&room, "sagittal"), "{:?}", room.words());
    // On a slice that exists nothing is missing.
    room.key(Key::Home);
    room.rest();
    assert!(!says(&room, "axial"), "{:?}", room.words());
}
