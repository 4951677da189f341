//! What is sealed, and what the data manager alone keeps: nothing of either is in plain sight, and both come out whole with the right key.

use crate::support::{codecs, folder, shared};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{FindingFile, FindingKind, KeyError, Package, Packing, Series, StudyKey, Trust, UidKey, read_finding};
use tiresias_words::{CaseId, ContentKey, RevealToken, Role};

fn pack(series: &Series, key: &UidKey, findings: &[FindingFile], content: &ContentKey, dest: &Path) -> Package {
    let series = [(Role::current(), series)];
    let packing = Packing { findings, content_key: Some(content), sealed_bytes: 4 << 20, ..Packing::new(&series, key) };
    packing.pack(dest, &mut |_| ControlFlow::Continue(())).unwrap();
    Package::open(dest, &Trust::Unsigned).unwrap()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

/// Segmentations and reports come out of the sealed part with references to the packed images, and without a name of the source.
#[test]
fn results_are_sealed_and_point_at_the_packed_images() {
    let (Some(images), Some(results)) = (shared("series/ct_chest"), shared("ai/ct_chest_ai")) else { return };
    let series = folder(&images).series.swap_remove(0);
    let (key, content) = (UidKey::new([6; 32]), || ContentKey::new([9; 32]));
    let names = [
        "mass_seg_binary.dcm",
        "mass_seg_fractional_prob.dcm",
        "two_overlapping_segments.dcm",
        "tid1500_sr.dcm",
        "tid1500_sr_scoord3d.dcm",
        "chest_cad_sr.dcm",
    ];
    let findings: Vec<_> =
        names.iter().map(|n| read_finding(&results.join(n), &key, &codecs()).unwrap_or_else(|e| panic!("{n}: {e}"))).collect();
    assert!(read_finding(&results.join("sc_burned_overlay.dcm"), &key, &codecs()).is_err(), "a picture is no result that can be drawn");
    let dir = tempfile::tempdir().unwrap();
    let package = pack(&series, &key, &findings, &content(), &dir.path().join("with"));
    let without = pack(&series, &key, &[], &content(), &dir.path().join("without"));
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
    assert!(without.sealed().unwrap().open(&RevealToken::new(content(), without.hash())).unwrap().is_empty());
    let uids: Vec<String> = (0..series.len()).filter_map(|i| package.series()[0].image_uid(i)).map(|u| u.as_str().to_owned()).collect();
    for (name, (given, out)) in names.iter().zip(findings.iter().zip(&opened)) {
        assert!(out.kind() == FindingKind::Dicom && out.bytes() == given.bytes());
        assert!(uids.iter().any(|uid| holds(out.bytes(), uid)), "{name} points at a packed image");
        assert!(!["1.3.6.1.4.1.14519", "LIDC"].iter().any(|mark| holds(out.bytes(), mark)), "{name} names its source");
        // An image reader takes it as it is, masks and all.
        let place = dir.path().join(name);
        fs::write(&place, out.bytes()).unwrap();
        let read = folder(&place);
        assert!(read.refused.is_empty() && read.objects.len() == 1, "{name}: {:?}", read.refused.first().map(|r| &r.reason));
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
    let package = pack(&series, &key.uid_key(), &[], &ContentKey::new([9; 32]), &dir.path().join("package"));
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
