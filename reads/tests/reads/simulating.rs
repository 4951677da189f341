//! Simulated readers who have the images: their marks are on them, and nothing else follows from that.

use crate::simulated::{BUILD, Reading, package, rules};
use tiresias_reads::machine::{Action, Environment, Rules};
use tiresias_reads::simulation::{Images, Known, SimulatedReader, Skill, Step};
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, SopUid, Stack, VolumeGeometry, Voxel};

const CASES: u8 = 40;

/// Everything that a reader does in a study.
fn done(rules: &Rules, known: &Known) -> Vec<Step> {
    let (mut r, skill) = (Reading::new(rules.clone()), Skill::default());
    let mut reader = SimulatedReader::new(rules, known, &skill, 7, Environment::that_fits(rules.protocol(), BUILD));
    let mut all = Vec::new();
    while let Some(step) = reader.next(&r.state) {
        r.tick(step.after_ms);
        r.must(step.action.clone());
        all.push(step);
    }
    all
}

#[test]
fn images_at_hand_draw_false_marks_onto_them_and_change_nothing_else() {
    let stack = Stack::Uniform { origin: PatientPoint::new(-32.0, 72.0, -533.0), step: Displacement::new(0.0, 0.0, 1.0) };
    let geometry = VolumeGeometry::new([256, 256, 32], Direction::LEFT, Direction::POSTERIOR, [Mm(0.78); 2], stack).expect("a geometry");
    let uids: Vec<SopUid> = (1..=32).map(|n| SopUid::new(format!("2.25.{n}")).expect("a UID")).collect();
    let lesion = PatientPoint::new(60.0, 150.0, -520.0);
    let (rules, mut known) = (rules(CASES), Known::default());
    for case in 1..=CASES {
        known.signal.insert((package(case), None), case % 2 == 1);
        known.lesions.insert(package(case), if case % 2 == 1 { vec![lesion] } else { Vec::new() });
    }
    let without = done(&rules, &known);
    for case in 1..=CASES {
        known.images.insert(package(case), vec![Images { geometry: geometry.clone(), uids: uids.clone() }]);
    }
    let with = done(&rules, &known);
    assert_eq!(with, done(&rules, &known), "from the same seed");
    assert_eq!(with.len(), without.len());
    // Of the open case: its lesions, and the false marks of the read, with images and without.
    let (mut lesions, mut last): (&[PatientPoint], Option<[PatientPoint; 2]>) = (&[], None);
    let (mut hits, mut moved, mut pairs) = (0, 0, 0);
    for (with, without) in with.iter().zip(&without) {
        if let Action::OpenCase(read) = &with.action {
            (lesions, last) = (known.lesions[&rules.assigned(read).expect("assigned").package].as_slice(), None);
        }
        let (Action::PlaceMark { shape, anchor }, Action::PlaceMark { shape: before, anchor: made_up }) = (&with.action, &without.action)
        else {
            assert_eq!(with, without);
            continue;
        };
        assert_eq!(with.after_ms, without.after_ms);
        let at = shape.centre().expect("in the patient");
        let slice = uids.iter().position(|uid| *uid == anchor.image).expect("an image of the case");
        let on_image = geometry.patient_of(Voxel::new(anchor.column, anchor.row, slice as f64));
        assert!(on_image.distance(at).0 <= 0.5 + 1e-9, "{at:?} is on another image than {on_image:?}");
        assert!(!uids.contains(&made_up.image));
        if lesions.iter().any(|l| l.distance(at).0 < 2.0) {
            assert_eq!(shape, before);
            hits += 1;
            continue;
        }
        assert!(lesions.iter().all(|l| l.distance(at).0 > 59.9), "{at:?} is false");
        moved += 1;
        let both = [at, before.centre().expect("in the patient")];
        if let Some(earlier) = last.replace(both) {
            let apart = [0, 1].map(|i| both[i].distance(earlier[i]).0);
            assert!((apart[0] - apart[1]).abs() < 1e-6, "as far apart as before: {apart:?}");
            pairs += 1;
        }
    }
    println!("{hits} marks on lesions, {moved} false ones, {pairs} of them after another one of the same read");
    assert!(hits > 0 && moved > 0 && pairs > 0);
}
