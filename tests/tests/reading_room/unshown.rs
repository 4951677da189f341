//! A case that lost an image: its reader is told so without the name of a file, nothing is asked about it, and the list is one key away.

use crate::sitting::{Demo, Opening, Sitting};
use crate::written::wait_for_record;
use egui::{Key, Modifiers};
use std::path::{Path, PathBuf};
use tiresias_reads::machine::Fact;
use tiresias_reads::study::Study;

/// An image of the first case of the first reader.
fn image(reader: &Path) -> PathBuf {
    let study = Study::open(reader).expect("a study");
    let package = study.bundles().values().next().expect("a bundle").reads()[0].package;
    let files = std::fs::read_dir(study.package_dir(&package)).expect("a package").map(|e| e.expect("a file").path());
    files.filter(|p| p.extension().is_some_and(|e| e == "dcm")).min().expect("an image")
}

#[test]
fn a_case_that_lost_an_image_asks_for_nothing_and_leads_back_to_the_list() {
    let demo = Demo::new();
    let reader = demo.reader();
    let lost = image(&reader);
    std::fs::remove_file(&lost).expect("taken away");
    let mut room = Sitting::start(Opening::of(&reader));
    room.sign_in("Reader 1");
    room.rest();
    let code = room.words().into_iter().find_map(|w| w.strip_prefix("Read ").map(str::to_owned)).expect("a case to read");
    room.key(Key::Enter);
    room.until_says("This case cannot be shown.");
    room.rest();
    assert!(room.says(&format!("Tell the study coordinator the code\u{a0}{code}.")), "{:#?}", room.words());
    let name = lost.file_stem().and_then(|n| n.to_str()).expect("a name");
    let unsaid = [name, ".dcm", "Still to do", "Lock this read", "None yet"];
    assert!(unsaid.iter().all(|words| !room.says(words)), "{:#?}", room.words());
    let unnamed = room.window.unnamed_widgets();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    room.chord(Modifiers::COMMAND, Key::Enter);
    for key in [Key::M, Key::Num7, Key::Escape] {
        room.key(key);
    }
    room.rest();
    assert!(room.says("This case cannot be shown."), "no other key leads anywhere");
    room.key(Key::Enter);
    room.until_says("End the session");
    assert!(room.says(&format!("Continue {code}")));
    room.key(Key::Enter);
    room.until_says("This case cannot be shown.");
    room.press_named("To the list");
    room.until_says("End the session");
    drop(room);
    let record = wait_for_record(&reader);
    let mut said = 0;
    let take = |r: tiresias_reads::record::Recorded| {
        said += usize::from(matches!(
            r.event.fact(),
            Fact::ImagesShown | Fact::Answered { .. } | Fact::MarkPlaced { .. } | Fact::ReadLocked { .. }
        ));
    };
    record.replay(take).expect("the record replays");
    assert_eq!(said, 0);
}
