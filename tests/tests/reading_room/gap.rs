//! A volume with slices missing: where a pane goes through the gap it says so, and letters are read there too.

use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use egui::{Key, vec2};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
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

#[test]
fn letters_on_the_hatch_have_a_ground_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("source");
    let case = build_cases(&Background::shipped().expect("the background"), 5, 2).expect("cases").next().expect("a case");
    case.write_dicom(&source).expect("files");
    let mut files: Vec<PathBuf> = fs::read_dir(&source).expect("a folder").map(|e| e.expect("a file").path()).collect();
    files.sort();
    // In the middle of the stack, where the planes across it have their letters.
    let middle = files.len() / 2;
    files[middle - 1..middle + 2].iter().for_each(|file| fs::remove_file(file).expect("removed"));
    let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder");
    let root = follow_up::of(&[(Role::current(), &read.series[0])], folder.path(), &protocol("roc", "first = \"images\""), 1);
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.open_case();
    let (scale, picture) = (room.scale(), room.pixels());
    for (way, side, inwards) in [("coronal", "R", 1.0), ("coronal", "L", -1.0), ("sagittal", "A", 1.0), ("sagittal", "P", -1.0)] {
        let letter = room.texts_in(room.pane(way), side).into_iter().find(|t| t.text == side).expect("a letter").ink;
        // The brightest of what stands at the height of the letter, so far from its middle.
        let brightest = |away: f32| {
            let column = (-4..=4).map(|dy| (letter.center() + vec2(away, dy as f32)) * scale);
            column.map(|at| picture.get_pixel(at.x as u32, at.y as u32).0[..3].iter().copied().max().unwrap()).max().unwrap()
        };
        let beside = letter.width() / 2.0 + 2.0;
        for away in [-beside, beside] {
            assert!(brightest(away) < 60, "{side} of the {way} plane: {} at {away}", brightest(away));
        }
        // The hatch goes on where the ground ends.
        assert!(brightest(inwards * (beside + 12.0)) >= 88, "{side} of the {way} plane");
    }
}
