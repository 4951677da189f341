//! What is sealed, and what the data manager alone keeps: nothing of either is in plain sight, and both come out whole with the right key.

use crate::support::{codecs, folder, shared};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{FindingPlace, Findings, KeyError, Package, Packing, Series, StudyKey, Trust, UidKey, read_findings};
use tiresias_words::{CaseId, ContentKey, RevealToken, Role};

fn pack(series: &Series, key: &UidKey, findings: Option<&Findings>, content: &ContentKey, dest: &Path) -> Package {
    let series = [(Role::current(), series)];
    let packing = Packing { findings, content_key: Some(content), sealed_bytes: 4 << 20, ..Packing::new(&series, key) };
    packing.pack(dest, &mut |_| ControlFlow::Continue(())).unwrap();
    Package::open(dest, &Trust::Unsigned).unwrap()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// What the AI says comes out of the sealed part on the packed images, and without a name of the source.
#[test]
fn results_are_sealed_and_lie_on_the_packed_images() {
    let (Some(images), Some(results)) = (shared("series/ct_chest"), shared("ai/ct_chest_ai")) else { return };
    let series = folder(&images).series.swap_remove(0);
    let (key, content) = (UidKey::new([6; 32]), || ContentKey::new([9; 32]));
    let names =
        ["two_overlapping_segments.dcm", "mass_seg_fractional_prob.dcm", "mass_seg_binary.dcm", "tid1500_sr.dcm", "chest_cad_sr.dcm"];
    let files: Vec<PathBuf> = names.iter().map(|n| results.join(n)).collect();
    let case = [(Role::current(), &series)];
    let read = |files: &[PathBuf]| read_findings(files, &case, &key, &codecs());
    let findings = read(&files).map_err(|(i, e)| format!("{}: {e}", names[i])).unwrap();
    assert!(read(&[results.join("sc_burned_overlay.dcm")]).is_err(), "a picture is no result that can be drawn");
    let dir = tempfile::tempdir().unwrap();
    let package = pack(&series, &key, Some(&findings), &content(), &dir.path().join("with"));
    let without = pack(&series, &key, None, &content(), &dir.path().join("without"));
    let sizes = |name: &str| {
        let mut files: Vec<_> = fs::read_dir(dir.path().join(name))
            .unwrap()
            .map(|e| e.unwrap())
            .map(|e| (e.file_name(), e.metadata().unwrap().len()))
            .collect();
        files.sort();
        files
    };
    assert_eq!(sizes("with"), sizes("without"), "the same names and sizes whether there is a result or not");
    let sealed = package.sealed().unwrap();
    assert!(
        sealed.open(&RevealToken::new(content(), without.hash())).is_err()
            && sealed.open(&RevealToken::new(ContentKey::new([1; 32]), package.hash())).is_err()
    );
    let opened = sealed.open(&RevealToken::new(content(), package.hash())).unwrap();
    assert!(without.sealed().unwrap().open(&RevealToken::new(content(), without.hash())).unwrap().all().is_empty());
    // Two segments, a fractional one, the mass that the report follows with its own outline, its false finding, and the two of the CAD report.
    assert!(opened.all() == findings.all() && opened.heat_maps() == findings.heat_maps() && opened.heat_maps().len() == 1);
    let scores: Vec<Option<f64>> = opened.all().iter().map(|f| f.score.map(tiresias_cases::Score::part)).collect();
    assert_eq!(scores, [None, None, None, Some(0.87), Some(0.225), Some(0.87), Some(0.225)]);
    assert!(opened.notes().is_empty());
    let mass = &opened.all()[3].places;
    assert!(matches!(mass[..], [FindingPlace::OnImage { .. }, FindingPlace::Voxels(_)]), "one finding, as outline and as mask");
    let packed = &package.series()[0];
    for finding in opened.all() {
        for place in &finding.places {
            match place {
                FindingPlace::OnImage { image, .. } => assert!(packed.place_of_uid(image).is_some()),
                FindingPlace::InPatient { series, .. } => assert_eq!(*series, Role::current()),
                FindingPlace::Voxels(grid) => assert_eq!(grid.geometry(), packed.volume.as_ref().unwrap()),
            }
        }
    }
    let plain = fs::read(dir.path().join("with/sealed.bin")).unwrap();
    let contents = tiresias_cases::unseal(&plain, tiresias_cases::Purpose::Findings, &content()).unwrap();
    for mark in ["1.3.6.1.4.1.14519", "LIDC", "AI finding 2"] {
        assert!(!holds(&contents, mark) && !holds(&plain, mark), "it names its source: {mark}");
    }
}

#[test]
fn the_key_file_opens_with_its_passphrase_and_keeps_who_was_who() {
    let dir = tempfile::tempdir().unwrap();
    build_cases(&Background::shipped().unwrap(), 3, 1).unwrap().next().unwrap().write_dicom(&dir.path().join("source")).unwrap();
    let series = folder(&dir.path().join("source")).series.swap_remove(0);
    let path = dir.path().join("key.age");
    let mut n = 0u8;
    let mut draw = |bytes: &mut [u8]| {
        bytes.iter_mut().for_each(|b| {
            n = n.wrapping_add(37);
            *b = n;
        });
        Ok(())
    };
    let mut key = StudyKey::create(&path, "correct horse", &mut draw).unwrap();
    assert!(matches!(StudyKey::create(&path, "correct horse", &mut draw), Err(KeyError::Exists)));
    let package = pack(&series, &key.uid_key(), None, &ContentKey::new([9; 32]), &dir.path().join("package"));
    let (case, role) = (CaseId::new("CASE-7").unwrap(), Role::current());
    key.add(&case, package.hash(), &[(role.clone(), &series)], &mut draw).unwrap();
    key.add(&case, package.hash(), &[(role.clone(), &series)], &mut draw).unwrap();
    assert!(matches!(key.add(&case, tiresias_words::ContentHash([0; 32]), &[(role, &series)], &mut draw), Err(KeyError::Twice(_))));
    assert!(!holds(&fs::read(&path).unwrap(), "DEMO-001"));
    assert!(matches!(StudyKey::open(&path, "wrong horse"), Err(KeyError::Closed(_))));
    let again = StudyKey::open(&path, "correct horse").unwrap();
    let [origin] = again.origins() else { panic!("one case") };
    assert_eq!((&origin.case, origin.package, origin.sources[0].patient_id.as_str()), (&case, package.hash(), "DEMO-001"));
    assert_eq!(again.uid_key().study(), key.uid_key().study());
}

#[test]
fn packing_stops_when_it_is_told_to_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    build_cases(&Background::shipped().unwrap(), 3, 1).unwrap().next().unwrap().write_dicom(&dir.path().join("source")).unwrap();
    let series = folder(&dir.path().join("source")).series.swap_remove(0);
    let (series, key) = ([(Role::current(), &series)], UidKey::new([1; 32]));
    let stopped = Packing::new(&series, &key).pack(&dir.path().join("package"), &mut |p| {
        if p.done == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped.unwrap_err().to_string(), "stopped before the package was complete; nothing was left behind");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
