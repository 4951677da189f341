//! A case package: what was packed comes out, and nothing else does.

use crate::support::folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use tempfile::TempDir;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{CasesError, Package, PackageError, UidKey, build};
use tiresias_words::Role;

const KEY: [u8; 32] = [42; 32];

/// A source folder of one demo case and its package.
fn packed() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let case = build_cases(&Background::shipped().unwrap(), 7, 1).unwrap().next().unwrap();
    case.write_dicom(&dir.path().join("source")).unwrap();
    let f = folder(&dir.path().join("source"));
    let dest = dir.path().join("package");
    let hash = build(&[(Role::current(), &f.series[0])], &UidKey::new(KEY), &dest).unwrap();
    assert_eq!(Package::open(&dest).unwrap().hash(), hash);
    (dir, dest)
}

fn an_image(package: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(package).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().unwrap() == "dcm").collect();
    files.sort();
    files.swap_remove(3)
}

fn manifest(package: &Path, change: impl Fn(&mut serde_json::Value)) {
    let path = package.join("manifest.json");
    let mut json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, serde_json::to_vec(&json).unwrap()).unwrap();
}

#[test]
fn what_was_packed_comes_out() {
    let (dir, dest) = packed();
    let source = folder(&dir.path().join("source")).series.swap_remove(0);
    let package = Package::open(&dest).unwrap();
    package.verify().unwrap();
    let series = &package.series()[0];
    assert_eq!(
        (&series.facts, &series.volume, &series.modality, &series.vois),
        (&source.facts, &source.volume, &source.modality, &source.vois)
    );
    let words = |s: &tiresias_cases::Series| s.load().unwrap().words().iter().map(|w| w.load(Ordering::Relaxed)).collect::<Vec<_>>();
    assert_eq!(words(series), words(&source));
    assert!((0..series.len()).all(|i| series.image_uid(i).is_some()) && source.image_uid(0).is_none());
    // The same key makes the same package; another makes other names.
    let again = build(&[(Role::current(), &source)], &UidKey::new(KEY), &dir.path().join("again")).unwrap();
    let other = build(&[(Role::current(), &source)], &UidKey::new([1; 32]), &dir.path().join("other")).unwrap();
    assert_eq!(again, package.hash());
    assert_ne!(other, package.hash());
    assert!(matches!(build(&[(Role::current(), &source)], &UidKey::new(KEY), &dest), Err(PackageError::Exists)));
}

#[test]
fn files_can_be_opened_as_dicom_and_tell_nothing_of_order() {
    let (_dir, dest) = packed();
    let f = folder(&dest);
    let package = Package::open(&dest).unwrap();
    assert_eq!((f.series.len(), f.refused.len()), (1, 1), "manifest.json is no image");
    let (a, b) = (f.series[0].volume.as_ref().unwrap(), package.series()[0].volume.as_ref().unwrap());
    assert!(a.size() == b.size() && a.centre().distance(b.centre()).0 < 1e-6);
    let text = fs::read_to_string(dest.join("manifest.json")).unwrap();
    let names: Vec<&str> = text.lines().filter(|l| l.contains("\"file\"")).collect();
    assert!(!names.is_sorted() && !names.iter().rev().is_sorted());
}

#[test]
fn one_changed_byte_is_refused_and_named() {
    let (_dir, dest) = packed();
    let file = an_image(&dest);
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let package = Package::open(&dest).unwrap();
    let good = fs::read(&file).unwrap();
    // In the header, the first pixel, the last byte.
    for at in [200, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, bad).unwrap();
        let series = &package.series()[0];
        let buffer = series.buffer().unwrap();
        let failures: Vec<CasesError> = (0..series.len()).filter_map(|i| series.load_slice(i, &buffer).err()).collect();
        assert_eq!((failures.len(), buffer.loaded_count()), (1, series.len() - 1));
        assert!(failures[0].to_string().contains(&name), "{}", failures[0]);
        assert!(matches!(package.verify(), Err(PackageError::Changed { file }) if file == name));
    }
    fs::write(&file, &good[..good.len() - 1]).unwrap();
    assert!(matches!(Package::open(&dest), Err(PackageError::Length { file, .. }) if file == name));
    fs::remove_file(&file).unwrap();
    assert!(matches!(Package::open(&dest), Err(PackageError::Read { file, .. }) if file == name));
}

#[test]
fn strangers_and_links_are_found() {
    let (_dir, dest) = packed();
    fs::write(dest.join("note.txt"), "hello").unwrap();
    let package = Package::open(&dest).unwrap();
    assert!(matches!(package.verify(), Err(PackageError::Strangers(1))));
    fs::remove_file(dest.join("note.txt")).unwrap();
    package.verify().unwrap();
    #[cfg(unix)]
    {
        let file = an_image(&dest);
        let elsewhere = dest.with_file_name("moved.dcm");
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert!(matches!(Package::open(&dest), Err(PackageError::Changed { .. })));
    }
}

#[test]
fn hostile_manifests_are_refused_with_a_sentence() {
    let (_dir, dest) = packed();
    let good = fs::read(dest.join("manifest.json")).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        fs::write(dest.join("manifest.json"), &good).unwrap();
        manifest(&dest, change);
        Package::open(&dest).expect_err("it is refused").to_string()
    };
    let image = |v: &mut serde_json::Value, key: &str, to: serde_json::Value| v["series"][0]["images"][0][key] = to;
    assert!(refused(&|v| v["tiresias_package"] = 2.into()).contains("version 2"));
    assert!(refused(&|v| image(v, "file", "../../secret.dcm".into())).contains("names a file that no package has"));
    assert!(refused(&|v| v["series"][0]["images"][1] = v["series"][0]["images"][0].clone()).contains("twice"));
    assert!(refused(&|v| image(v, "pixel_offset", u64::MAX.into())).contains("do not fit"));
    assert!(refused(&|v| image(v, "pixel_bytes", 4.into())).contains("do not fit"));
    assert!(refused(&|v| image(v, "bytes", 1.into())).contains("do not fit"));
    assert!(refused(&|v| v["series"][0]["image_size"] = serde_json::json!([65535, 65535])).contains("size"));
    assert!(refused(&|v| v["series"] = serde_json::json!([])).contains("no series"));
    assert!(refused(&|v| v["extra"] = 1.into()).contains("not as it must be"));
    assert!(refused(&|v| v["series"][0]["format"]["bits_stored"] = 17.into()).contains("1 to 16"));
    fs::write(dest.join("manifest.json"), b"{").unwrap();
    assert!(matches!(Package::open(&dest), Err(PackageError::Manifest(_))));
    fs::remove_file(dest.join("manifest.json")).unwrap();
    assert!(matches!(Package::open(&dest), Err(PackageError::Read { file, .. }) if file == "manifest.json"));
}

#[test]
fn nothing_is_left_behind_when_building_fails() {
    let dir = tempfile::tempdir().unwrap();
    let case = build_cases(&Background::shipped().unwrap(), 7, 1).unwrap().next().unwrap();
    case.write_dicom(&dir.path().join("source")).unwrap();
    let f = folder(&dir.path().join("source"));
    fs::remove_file(dir.path().join("source/0005.dcm")).unwrap();
    let e = build(&[(Role::current(), &f.series[0])], &UidKey::new(KEY), &dir.path().join("package")).unwrap_err();
    assert!(e.to_string().contains("image 5 of "), "{e}");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["source"]);
}
