//! The first five minutes: somebody who knows nothing is shown around in the demo, reads a case by the tour, and sees results and adjudication alive.

use crate::keys;
use crate::sitting::{Demo, Opening, Sitting};
use egui::{Key, Modifiers, PointerButton, vec2};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tiresias::simulate::PASSPHRASE;
use tiresias_cases::{Package, Trust};
use tiresias_reads::desk::Desk;
use tiresias_words::{PatientPoint, SopUid};

fn hub(demo: &Demo) -> Sitting {
    let mut room = Sitting::start(Opening { study: None, demo: Some(demo.root()), ..Opening::of(&demo.root()) });
    room.until_says("The demo study");
    room
}

/// From the page of the demo into a case.
fn reads(room: &mut Sitting) {
    room.press_named("Read a case");
    room.sign_in("Reader 1");
    room.open_case();
}

fn signs_in(room: &mut Sitting) {
    room.until_says("your passphrase");
    assert!(room.says("In the demo everybody has the passphrase"));
    room.rest();
    room.types(PASSPHRASE);
}

#[test]
fn a_stranger_reads_a_case_by_the_tour_and_sees_the_results() {
    let demo = Demo::new();
    let mut room = hub(&demo);
    reads(&mut room);
    // One thing after the other, each known to be done.
    assert!(room.says("Scroll: turn the wheel") && room.says("1 of 6"));
    let at = room.pane("axial").center();
    room.wheel(at, 4, Modifiers::NONE);
    room.until_says("2 of 6");
    room.rest();
    room.drag(PointerButton::Primary, at, vec2(40.0, 10.0), Modifiers::NONE);
    room.until_says("3 of 6");
    room.rest();
    room.wheel(at, -1, Modifiers::COMMAND);
    room.until_says("4 of 6");
    room.rest();
    room.key(Key::M);
    room.click(at + vec2(30.0, 20.0));
    room.until_says("5 of 6");
    for key in [Key::Num7, Key::Num0, Key::Enter] {
        room.key(key);
    }
    room.key(Key::Escape);
    keys::answer_all(&mut room, "70", '2');
    room.until_says("6 of 6");
    // Shift keeps nothing from the lock, so the sentence says what it is for.
    assert!(room.says("locks the case, with \u{a0}Shift\u{a0} all the same where something is unusual"));
    keys::lock(&mut room);
    room.press_named("To the list");
    room.until_says("of 12 read");
    // The tour is over: the next case has none.
    room.open_case();
    assert!(!room.says("of 6") && !room.says("Skip the tour"));
    room.press_named("leave this case as a draft");
    room.until_says("End the session");
    room.press_named("End the session");

    room.until_says("See the results");
    room.press_named("See the results");
    signs_in(&mut room);
    room.until_says("Primary analysis, as the protocol fixed it");
    room.rest();
    assert!(room.says("With AI") && room.says("95 % CI") && !room.says("Open look"));
    room.press_named("Sign out");

    room.until_says("Settle what two readers differ in");
    room.press_named("Settle what two readers differ in");
    signs_in(&mut room);
    room.until_says("End the session");
    room.open_case_alone();
    assert!(room.says("Lock the first impression") && !room.says("Skip the tour"));
    room.press_named("leave this case as a draft");
    room.until_says("End the session");
    room.press_named("End the session");

    room.until_says("Run the study");
    room.press_named("Run the study");
    signs_in(&mut room);
    room.until_says("How far the study is");
    // What its page of cases tells was found out when they were packed.
    let desk = Desk::open(&demo.root().join("rooms/study")).expect("the desk of the study that was read");
    assert!(desk.cases().len() == 12 && desk.cases().values().all(|case| case.packed.as_ref().is_some_and(|note| note.series.len() == 1)));
    room.press_named("Sign out");
    room.until_says("Back to the start");
    room.press_named("Back to the start");
    room.until_says("Try the demo study");
    let [near, far] = marks(&demo.root().join("rooms/study"));
    println!("{near} marks on nodules and {far} elsewhere, all of them on images of their cases");
    assert!(near > 0 && far > 0);
}

/// How many marks of the simulated readers are on a nodule, and how many where none is; each lies on the image of its case that it names.
fn marks(study: &Path) -> [usize; 2] {
    let truth: Value = serde_json::from_slice(&fs::read(study.join("truth.json")).expect("a truth")).expect("json");
    let mut found = [0; 2];
    for n in 1..=5 {
        let results = fs::read_to_string(study.join(format!("workstations/sim-0{n}/results.tresults"))).expect("results");
        for line in results.lines().skip(1) {
            let line: Value = serde_json::from_str(line).expect("a row");
            if line["kind"] != "mark-placed/1" {
                continue;
            }
            let body: Value = serde_json::from_str(line["body"].as_str().expect("a body")).expect("json");
            let place = |at: &Value| PatientPoint::from([0, 1, 2].map(|i| at[i].as_f64().expect("a number")));
            let at = place(&body["shape"]["in_patient"]["point"]);
            let package = line["package"].as_str().expect("a package");
            let opened = Package::open(&study.join("packages").join(&package[..16]), &Trust::Unsigned).expect("a package");
            let series = &opened.series()[0];
            let geometry = series.volume.as_ref().expect("a volume");
            assert!(geometry.contains(geometry.voxel_of(at)), "{at:?}");
            let image = SopUid::new(body["anchor"]["image"].as_str().expect("an image")).expect("a UID");
            assert_eq!(series.place_of_uid(&image), Some(geometry.nearest_slice(at) as usize), "{at:?}");
            let case = truth["cases"].as_array().expect("cases").iter().find(|c| c["package"] == line["package"]).expect("a case");
            let lesions = case["lesions"].as_array().into_iter().flatten().map(|l| place(&l["at_mm"]));
            let nearest = lesions.map(|l| l.distance(at).0).fold(f64::INFINITY, f64::min);
            // The study accepts a mark within 15 mm.
            assert!(!(2.0..59.9).contains(&nearest), "{nearest} mm");
            found[usize::from(nearest > 15.0)] += 1;
        }
    }
    found
}

#[test]
fn the_tour_can_be_passed_over_and_left() {
    let demo = Demo::new();
    let mut room = hub(&demo);
    reads(&mut room);
    for step in 2..=6 {
        room.press_named("Next");
        room.until_says(&format!("{step} of 6"));
    }
    assert!(!room.says("Skip the tour"));
    room.press_named("End the tour");
    room.rest();
    assert!(!room.says("of 6"));
    // Left and opened again, the case has no tour either.
    room.press_named("leave this case as a draft");
    room.until_says("End the session");
    room.open_case();
    assert!(!room.says("of 6"));
}
