//! A case package: what was packed comes out, and nothing else does.

use crate::support::{folder, shared};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use tempfile::TempDir;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{CasesError, Package, PackageError, Packing, Trust, UidKey, image_statistics};
use tiresias_words::Role;

const KEY: [u8; 32] = [42; 32];

/// A source folder of one demo case and its package.
fn packed() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let case = build_cases(&Background::shipped().unwrap(), 7, 1).unwrap().next().unwrap();
    case.write_dicom(&dir.path().join("source")).unwrap();
    let f = folder(&dir.path().join("source"));
    let dest = dir.path().join("package");
    let hash = Packing::new(&[(Role::current(), &f.series[0])], &UidKey::new(KEY)).pack(&dest, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(Package::open(&dest, &Trust::Unsigned).unwrap().hash(), hash);
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
    let package = Package::open(&dest, &Trust::Unsigned).unwrap();
    package.verify().unwrap();
    let series = &package.series()[0];
    assert_eq!(
        (&series.facts, &series.volume, series.buffer().unwrap().scale(), &series.vois),
        (&source.facts, &source.volume, source.buffer().unwrap().scale(), &source.vois)
    );
    let words = |s: &tiresias_cases::Series| s.load().unwrap().0.words().iter().map(|w| w.load(Ordering::Relaxed)).collect::<Vec<_>>();
    assert_eq!(words(series), words(&source));
    assert!((0..series.len()).all(|i| series.image_uid(i).is_some()) && source.image_uid(0).is_none());
    // The same key makes the same package; another makes other names.
    let again = Packing::new(&[(Role::current(), &source)], &UidKey::new(KEY))
        .pack(&dir.path().join("again"), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    let other = Packing::new(&[(Role::current(), &source)], &UidKey::new([1; 32]))
        .pack(&dir.path().join("other"), &mut |_| ControlFlow::Continue(()))
        .unwrap();
    assert_eq!(again, package.hash());
    assert_ne!(other, package.hash());
    assert!(matches!(
        Packing::new(&[(Role::current(), &source)], &UidKey::new(KEY)).pack(&dest, &mut |_| ControlFlow::Continue(())),
        Err(PackageError::Exists)
    ));
}

/// Two parts of one examination lie in one frame of reference, and the package says so; two examinations do not.
#[test]
fn series_of_one_frame_of_reference_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let background = Background::shipped().unwrap();
    for (i, case) in build_cases(&background, 5, 2).unwrap().enumerate() {
        case.write_dicom(&dir.path().join(format!("{i}"))).unwrap();
    }
    let part = dir.path().join("part");
    fs::create_dir(&part).unwrap();
    let mut files: Vec<_> = fs::read_dir(dir.path().join("0")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().step_by(2) {
        fs::rename(file, part.join(file.file_name().unwrap())).unwrap();
    }
    let all: Vec<_> = ["0", "part", "1"].map(|name| folder(&dir.path().join(name)).series.remove(0)).into();
    let roles = ["current", "delayed", "prior"].map(|r| Role::new(r).unwrap());
    let sources: Vec<_> = roles.into_iter().zip(&all).collect();
    let dest = dir.path().join("package");
    Packing::new(&sources, &UidKey::new(KEY)).pack(&dest, &mut |_| ControlFlow::Continue(())).unwrap();
    let spaces: Vec<_> = Package::open(&dest, &Trust::Unsigned).unwrap().series().iter().map(|s| s.facts.space).collect();
    assert_eq!(spaces, [Some(1), Some(1), None]);
}

/// Every kind of pixels: colour, palette, several frames, 32 bits, floating point, and a rescale of its own for every slice.
#[test]
fn every_kind_of_image_comes_out_as_it_went_in() {
    let kinds = [
        ("single/us_ybr422_jpeg_30f.dcm", 30),
        ("single/us_palette_be_2f.dcm", 2),
        ("single/sc_rgb_16bit.dcm", 1),
        ("single/emr_10f_rle.dcm", 10),
        ("single/derived_ct_signed32.dcm", 1),
        ("single/rtdose_32bit_15f.dcm", 15),
        ("single/pmap_float32.dcm", 1),
        ("single/pmap_float64.dcm", 1),
        ("single/mg_sigmoid_voilut.dcm", 1),
        ("series/pet_headneck", 299),
    ];
    let (mut packed, mut lied) = (0, 0);
    for (name, images) in kinds {
        let Some(path) = shared(name) else { continue };
        let source = folder(&path).series.swap_remove(0);
        let dir = tempfile::tempdir().unwrap();
        let dest = dir.path().join("package");
        let built = Packing::new(&[(Role::current(), &source)], &UidKey::new(KEY)).pack(&dest, &mut |_| ControlFlow::Continue(()));
        if matches!(&built, Err(PackageError::Source { why, .. }) if why.contains("storage class")) {
            println!("{name} is of a class that is not packed");
            continue;
        }
        built.unwrap_or_else(|e| panic!("{name}: {e}"));
        let package = Package::open(&dest, &Trust::Unsigned).unwrap_or_else(|e| panic!("{name}: {e}"));
        package.verify().unwrap();
        let out = &package.series()[0];
        assert_eq!((out.len(), out.content, out.unit, out.frame_time), (images, source.content, source.unit, source.frame_time), "{name}");
        assert_eq!(out.suv.as_ref().and_then(|s| s.as_ref().ok()), source.suv.as_ref().and_then(|s| s.as_ref().ok()), "{name}");
        let ((a, _), (b, said)) = (source.load().unwrap(), out.load().unwrap());
        assert_eq!((a.scale(), said.len()), (b.scale(), 0), "{name}");
        let same = |x: &[AtomicU16], y: &[AtomicU16]| x.iter().zip(y).all(|(x, y)| x.load(Ordering::Relaxed) == y.load(Ordering::Relaxed));
        assert!(a.words().len() == b.words().len() && same(a.words(), b.words()), "{name}: words");
        let same = |x: &[AtomicU32], y: &[AtomicU32]| x.iter().zip(y).all(|(x, y)| x.load(Ordering::Relaxed) == y.load(Ordering::Relaxed));
        assert!(a.texels().len() == b.texels().len() && same(a.texels(), b.texels()), "{name}: texels");
        for image in [0, images / 2, images - 1] {
            assert_eq!(image_statistics(&source, &a, image), image_statistics(out, &b, image), "{name}: statistics");
            assert_eq!(source.pixel_spacing(image), out.pixel_spacing(image), "{name}");
            let vois = |s: &tiresias_cases::Series| s.image_vois(image).iter().map(|v| v.voi.clone()).collect::<Vec<_>>();
            assert!(vois(&source) == vois(out) || source.vois.is_empty(), "{name}");
        }
        if a.scale().is_some_and(|s| s.max_error > 0.0) {
            // The manifest is not believed: with half of its step, the highest values would have no word near them.
            manifest(&dest, |v| {
                let step = v["series"][0]["quantiser"]["step"].as_f64().unwrap();
                v["series"][0]["quantiser"]["step"] = (step / 2.0).into();
            });
            let error = Package::open(&dest, &Trust::Unsigned).unwrap().series()[0]
                .load()
                .expect_err("a scale that does not hold the values")
                .to_string();
            assert!(error.contains("beyond the scale that its manifest states"), "{name}: {error}");
            lied += 1;
        }
        packed += 1;
    }
    println!("{packed} kinds of images were packed and came out as they went in; {lied} with another scale than theirs were refused");
    assert!(lied > 0 || packed == 0, "no kind needed a scale");
}

#[test]
fn files_can_be_opened_as_dicom_and_tell_nothing_of_order() {
    let (_dir, dest) = packed();
    let f = folder(&dest);
    let package = Package::open(&dest, &Trust::Unsigned).unwrap();
    assert_eq!((f.series.len(), f.refused.len()), (1, 2), "manifest.json and the sealed part are no images");
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
    let package = Package::open(&dest, &Trust::Unsigned).unwrap();
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
    assert!(matches!(Package::open(&dest, &Trust::Unsigned), Err(PackageError::Length { file, .. }) if file == name));
    fs::remove_file(&file).unwrap();
    assert!(matches!(Package::open(&dest, &Trust::Unsigned), Err(PackageError::Read { file, .. }) if file == name));
}

#[test]
fn strangers_and_links_are_found() {
    let (_dir, dest) = packed();
    fs::write(dest.join("note.txt"), "hello").unwrap();
    let package = Package::open(&dest, &Trust::Unsigned).unwrap();
    assert!(matches!(package.verify(), Err(PackageError::Strangers(1))));
    fs::remove_file(dest.join("note.txt")).unwrap();
    package.verify().unwrap();
    #[cfg(unix)]
    {
        let file = an_image(&dest);
        let elsewhere = dest.with_file_name("moved.dcm");
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert!(matches!(Package::open(&dest, &Trust::Unsigned), Err(PackageError::Changed { .. })));
    }
}

#[test]
fn hostile_manifests_are_refused_with_a_sentence() {
    let (_dir, dest) = packed();
    let good = fs::read(dest.join("manifest.json")).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        fs::write(dest.join("manifest.json"), &good).unwrap();
        manifest(&dest, change);
        Package::open(&dest, &Trust::Unsigned).expect_err("it is refused").to_string()
    };
    let image = |v: &mut serde_json::Value, key: &str, to: serde_json::Value| v["series"][0]["images"][0][key] = to;
    assert!(refused(&|v| v["tiresias_package"] = 4.into()).contains("version 4"));
    assert!(refused(&|v| image(v, "file", "../../secret.dcm".into())).contains("names a file that no package has"));
    assert!(refused(&|v| v["series"][0]["images"][1] = v["series"][0]["images"][0].clone()).contains("twice"));
    assert!(refused(&|v| image(v, "pixel_offset", u64::MAX.into())).contains("do not fit"));
    assert!(refused(&|v| image(v, "pixel_bytes", 4.into())).contains("do not fit"));
    assert!(refused(&|v| image(v, "bytes", 1.into())).contains("do not fit"));
    assert!(refused(&|v| v["series"][0]["image_size"] = serde_json::json!([65535, 65535])).contains("size"));
    assert!(refused(&|v| v["series"] = serde_json::json!([])).contains("no series"));
    let too_many = |v: &mut serde_json::Value| v["series"] = vec![v["series"][0].clone(); 257].into();
    assert!(refused(&too_many).contains("257 series"));
    assert!(refused(&|v| v["retained"] = serde_json::json!(["safe-private", "modified-dates"])).contains("options"));
    assert!(refused(&|v| v["no_text"] = vec!["0".repeat(64); 2].into()).contains("answers a finding twice"));
    assert!(refused(&|v| v["no_text"] = serde_json::json!(["all"])).contains("not as it must be"));
    assert!(refused(&|v| v["sealed"]["bytes"] = u64::MAX.into()).contains("sealed part"));
    assert!(refused(&|v| v["sealed"]["bytes"] = 4096.into()).contains("sealed.bin"));
    assert!(refused(&|v| v["extra"] = 1.into()).contains("not as it must be"));
    let series = |v: &mut serde_json::Value, key: &str, to: serde_json::Value| v["series"][0][key] = to;
    assert!(refused(&|v| v["series"][0]["pixels"]["words"]["bits_stored"] = 17.into()).contains("1 to 16"));
    assert!(refused(&|v| series(v, "pixels", "rgb".into())).contains("do not fit"));
    assert!(refused(&|v| series(v, "quantiser", serde_json::json!({"low": 0.0, "step": 1.0}))).contains("display words"));
    assert!(refused(&|v| series(v, "suv", (-1.0).into())).contains("uptake"));
    assert!(refused(&|v| series(v, "frame_time_ms", 0.0.into())).contains("frame time"));
    assert!(refused(&|v| v["series"][0]["common"]["modality"]["rescale"]["slope"] = 0.0.into()).contains("rescale"));
    assert!(refused(&|v| v["series"][0]["common"]["lengths"]["whole"]["spacing"][0] = 0.0.into()).contains("spacing"));
    assert!(refused(&|v| v["series"][0]["common"]["padding"] = serde_json::json!([2.0, 1.0])).contains("padding"));
    for padding in [70_000.0, 1e300] {
        let refusal = refused(&|v| v["series"][0]["common"]["padding"] = serde_json::json!([padding, padding]));
        assert!(refusal.contains("none that its pixels can have"), "{refusal}");
    }
    fs::write(dest.join("manifest.json"), b"{").unwrap();
    assert!(matches!(Package::open(&dest, &Trust::Unsigned), Err(PackageError::Manifest(_))));
    fs::remove_file(dest.join("manifest.json")).unwrap();
    assert!(matches!(Package::open(&dest, &Trust::Unsigned), Err(PackageError::Read { file, .. }) if file == "manifest.json"));
}

#[test]
fn more_series_than_the_record_numbers_are_not_packed() {
    let (dir, _) = packed();
    let f = folder(&dir.path().join("source"));
    let series: Vec<_> = (0..257).map(|n| (Role::new(format!("r{n}")).unwrap(), &f.series[0])).collect();
    let place = dir.path().join("many");
    let refused = Packing::new(&series, &UidKey::new(KEY)).pack(&place, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(refused, PackageError::TooManySeries { found: 257, most: 256 }), "{refused}");
    // One fewer is refused for what it is: the same images under many roles.
    let refused = Packing::new(&series[1..], &UidKey::new(KEY)).pack(&place, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(refused, PackageError::Source { .. }), "{refused}");
    assert!(!place.exists());
}

#[test]
fn nothing_is_left_behind_when_building_fails() {
    let dir = tempfile::tempdir().unwrap();
    let case = build_cases(&Background::shipped().unwrap(), 7, 1).unwrap().next().unwrap();
    case.write_dicom(&dir.path().join("source")).unwrap();
    let f = folder(&dir.path().join("source"));
    fs::remove_file(dir.path().join("source/0005.dcm")).unwrap();
    let e = Packing::new(&[(Role::current(), &f.series[0])], &UidKey::new(KEY))
        .pack(&dir.path().join("package"), &mut |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(e.to_string().contains("image 5 of "), "{e}");
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["source"]);
}
