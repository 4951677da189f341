//! What the window refuses: no display, no graphics device, no study, a case whose bytes were changed, a study that is open elsewhere.

use crate::desktop::{Desktop, ON_THE_IMAGE, demo};
use std::fs;
use std::path::Path;
use tiresias_tests::run::{command, tiresias, to_end};

/// The sentence of a window that does not open.
fn refusal(desktop: Option<&Desktop>, nothing: &Path, graphics: bool) -> String {
    let mut program = command::<&str>([]).unwrap();
    program.env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").env("XDG_DATA_HOME", nothing).env("XDG_RUNTIME_DIR", nothing);
    match desktop {
        Some(desktop) => program.env("DISPLAY", desktop.display()),
        None => program.env_remove("DISPLAY"),
    };
    if !graphics {
        program.env("VK_DRIVER_FILES", nothing.join("none")).env("VK_ICD_FILENAMES", nothing.join("none"));
    }
    let ran = to_end(&mut program, 60).unwrap();
    let sentence = ran.sentence(2).unwrap().to_owned();
    assert!(!sentence.contains(".rs") && !sentence.contains("registry"), "{sentence}");
    println!("{sentence}");
    sentence
}

#[test]
fn no_display_and_no_graphics_device_are_told() {
    let nothing = tempfile::tempdir().unwrap();
    assert!(refusal(None, nothing.path(), true).contains("tiresias gallery --out"));
    let desktop = Desktop::new();
    assert!(refusal(Some(&desktop), nothing.path(), false).contains("Install a graphics driver"));
    let gone = desktop.display().to_owned();
    drop(desktop);
    let mut program = command::<&str>([]).unwrap();
    program.env("DISPLAY", gone).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    let ran = to_end(&mut program, 60).unwrap();
    let sentence = ran.sentence(2).unwrap();
    assert!(sentence.contains("display") && !sentence.contains(".rs"), "{sentence}");
}

#[test]
fn a_changed_case_is_not_shown_and_an_open_study_is_not_opened_twice() {
    let (_dir, study) = demo();
    let next = study.bundles().values().next().unwrap().reads()[0].package;
    let package = study.package_dir(&next);
    let images = || fs::read_dir(&package).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "dcm"));
    let image = images().min().unwrap();
    let mut bytes = fs::read(&image).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&image, &bytes).unwrap();
    let desktop = Desktop::new();
    let mut window = desktop.open(study.root(), &[]);
    window.sign_in();
    window.settle();
    window.keys(&["Return"]);
    window.until("the case is refused", |w| w.events().iter().any(|e| e["what"] == "case not shown"));
    window.point_at(ON_THE_IMAGE);
    window.settle();
    assert_eq!(window.slice(), None, "an image of a changed case is on the screen");
    assert!(!window.events().iter().any(|e| e["what"] == "measure"), "a changed case was completed");

    let out = desktop.home().join("out");
    let second = tiresias(["export", study.root().to_str().unwrap(), "--format", "csv", "--out", out.to_str().unwrap()]).unwrap();
    assert!(second.sentence(2).unwrap().contains("already open in another window"));
    let mut other = desktop.open(study.root(), &[]);
    other.sign_in();
    other.settle();
    assert!(!other.events().iter().any(|e| e["what"] == "append, hash and sync"), "two programs wrote one record");
    other.kill();
    window.kill();
    // The record is whole; the study's own check names the image that was changed.
    tiresias(["verify", study.record_path().to_str().unwrap()]).unwrap().done().unwrap();
    let whole = tiresias(["verify", study.root().to_str().unwrap()]).unwrap();
    assert!(whole.sentence(1).unwrap().contains(image.file_name().unwrap().to_str().unwrap()));
}
