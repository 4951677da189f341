//! A volume with slices missing: where a pane goes through the gap it says so, and letters are read there too; the images beside it say how many.

use crate::follow_up;
use crate::sitting::{Opening, Sitting};
use egui::{Key, vec2};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, read_folder};
use tiresias_tests::Walk;
use tiresias_tests::studies::protocol;
use tiresias_words::Role;

/// A case of these files, on the screen in three planes.
fn opened(source: &Path, folder: &Path) -> Sitting {
    let read = read_folder(source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder");
    let root = follow_up::of(&[(Role::current(), &read.series[0])], folder, &protocol("roc", "first = \"images\""), 1);
    let mut room = Sitting::start(Opening::of(&root));
    room.sign_in("Reader 1");
    room.key(Key::Enter);
    room.until("three planes", |s| s.panes().len() == 3 && s.says("HU") && !s.says("loading"));
    room.rest();
    room
}

#[test]
fn a_pane_through_a_gap_says_so() {
    let mut walk = Walk::new();
    let found = walk.file("series/ct_missing_slice");
    walk.report("a gap in the room");
    let Some(source) = found else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut room = opened(&source, folder.path());
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
        // The ground is a little wider than this, and its corners are round.
        let beside = letter.width() / 2.0 + 1.0;
        for away in [-beside, beside] {
            assert!(brightest(away) < 60, "{side} of the {way} plane: {} at {away}", brightest(away));
        }
        // The hatch goes on where the ground ends.
        assert!(brightest(inwards * (beside + 12.0)) >= 88, "{side} of the {way} plane");
    }
}

#[test]
fn images_beside_a_gap_say_how_many_are_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("source");
    let background = Background::shipped().expect("the background");
    build_cases(&background, 5, 1).expect("cases").next().expect("a case").write_dicom(&source).expect("files");
    for name in ["0005.dcm", "0006.dcm"] {
        fs::remove_file(source.join(name)).expect("a slice");
    }
    let mut room = opened(&source, folder.path());
    room.key(Key::G);
    room.until("the images alone", |s| s.panes().len() == 1 && !s.says("loading"));
    room.key(Key::Home);
    let mut told = Vec::new();
    for _ in 0..6 {
        room.rest();
        let (name, pane) = room.panes().swap_remove(0);
        let words = name.split_once("mm, ").map(|(_, words)| words.to_owned()).unwrap_or_default();
        assert_eq!(room.texts_in(pane, "missing").is_empty(), words.is_empty(), "{name}: {:?}", room.words());
        told.push(words);
        room.key(Key::ArrowDown);
    }
    assert_eq!(told, ["", "", "", "2 slices are missing after this", "2 slices are missing before this", ""]);
    // Whatever words the reader has on the images.
    room.key(Key::Home);
    (0..3).for_each(|_| room.key(Key::ArrowDown));
    room.key(Key::O);
    room.rest();
    assert!(!room.says("slice 4 of") && room.says("2 slices are missing after this"), "{:?}", room.words());
}
