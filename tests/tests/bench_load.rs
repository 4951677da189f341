//! `tiresias bench load` loads what it says: the hash that it prints is that of values made here, for plain, compressed and several frames, and a package.
//! `tiresias bench pack` packs what it says, and what it is held against is the same bytes.

#![forbid(unsafe_code)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use dicom_core::value::{PixelFragmentSequence, PrimitiveValue};
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags as t, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tiresias_cases::{Codecs, Packing, UidKey, read_folder};
use tiresias_tests::run::tiresias;
use tiresias_words::Role;

const COLUMNS: u16 = 37;
const ROWS: u16 = 300;

/// How the pixels of a file are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Written {
    Plain,
    Rle,
}

/// Signed stored values of 12 bits, which differ from slice to slice and in every byte.
fn values(slice: i32) -> Vec<i16> {
    let of = |i: i32| ((i * 7919 + slice * 104_729) % 4096 - 2048) as i16;
    (0..i32::from(COLUMNS) * i32::from(ROWS)).map(of).collect()
}

fn bytes(values: &[i16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Nothing but literals of at most 128 bytes (PS3.5 G.3.1).
fn run_length(values: &[i16]) -> Vec<u8> {
    let plane = |byte: usize| -> Vec<u8> {
        let plane: Vec<u8> = values.iter().map(|v| v.to_be_bytes()[byte]).collect();
        let mut packed: Vec<u8> = plane.chunks(128).flat_map(|literal| [&[literal.len() as u8 - 1], literal].concat()).collect();
        if packed.len() % 2 == 1 {
            packed.push(0x80);
        }
        packed
    };
    let [high, low] = [plane(0), plane(1)];
    let mut header = [2, 64, 64 + high.len() as u32].map(u32::to_le_bytes).concat();
    header.resize(64, 0);
    [header, high, low].concat()
}

/// Letters of 15 x 21 pixels in a line that runs down the image, on even ground.
fn letters() -> Vec<i16> {
    const WORD: [[u8; 7]; 6] = [
        [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
        [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
    ];
    let mut pixels = vec![0; usize::from(COLUMNS) * usize::from(ROWS)];
    for (n, letter) in WORD.iter().enumerate() {
        for (y, x) in (0..21).flat_map(|y| (0..15).map(move |x| (y, x))) {
            if letter[y / 3] >> (4 - x / 3) & 1 == 1 {
                pixels[(20 + n * 18 + x) * usize::from(COLUMNS) + 30 - y] = 1000;
            }
        }
    }
    pixels
}

/// Writes a file of these slices of one series; several are frames.
fn write(path: &Path, slices: &[i32], written: Written) {
    let images: Vec<Vec<i16>> = slices.iter().map(|slice| values(*slice)).collect();
    write_images(path, slices[0], &images, written);
}

/// Writes a file of these images, the first of which is this slice.
fn write_images(path: &Path, slice: i32, images: &[Vec<i16>], written: Written) {
    let text = |tag: Tag, vr: VR, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    let word = |tag: Tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
    let mut object = InMemDicomObject::from_element_iter([
        text(t::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE),
        text(t::SOP_INSTANCE_UID, VR::UI, &format!("1.2.826.0.1.3680043.8.498.78.{}", slice + 1)),
        text(t::STUDY_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.78.1001"),
        text(t::SERIES_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.78.1002"),
        text(t::PATIENT_ID, VR::LO, "PHANTOM"),
        text(t::MODALITY, VR::CS, "CT"),
        text(t::IMAGE_POSITION_PATIENT, VR::DS, &format!("0\\0\\{}", slice * 2)),
        text(t::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
        text(t::PIXEL_SPACING, VR::DS, "1\\1"),
        word(t::SAMPLES_PER_PIXEL, 1),
        text(t::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
        text(t::NUMBER_OF_FRAMES, VR::IS, &images.len().to_string()),
        word(t::ROWS, ROWS),
        word(t::COLUMNS, COLUMNS),
        word(t::BITS_ALLOCATED, 16),
        word(t::BITS_STORED, 12),
        word(t::HIGH_BIT, 11),
        word(t::PIXEL_REPRESENTATION, 1),
    ]);
    let syntax = match written {
        Written::Plain => {
            let pixels: Vec<u8> = images.iter().flat_map(|image| bytes(image)).collect();
            object.put(DataElement::new(t::PIXEL_DATA, VR::OW, PrimitiveValue::U8(pixels.into())));
            uids::EXPLICIT_VR_LITTLE_ENDIAN
        }
        Written::Rle => {
            let fragments: Vec<Vec<u8>> = images.iter().map(|image| run_length(image)).collect();
            object.put(DataElement::new(t::PIXEL_DATA, VR::OB, PixelFragmentSequence::new(vec![], fragments)));
            uids::RLE_LOSSLESS
        }
    };
    let file = object.with_meta(FileMetaTableBuilder::new().transfer_syntax(syntax)).expect("a meta group");
    file.write_to_file(path).expect("a file");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The hash of the hashes of these images.
fn expected(images: impl Iterator<Item = Vec<u8>>) -> String {
    hex(&Sha256::digest(images.map(|i| hex(&Sha256::digest(i))).collect::<String>()))
}

fn bench(path: &Path) -> Value {
    let said = tiresias(["bench", "load", path.to_str().expect("a plain path"), "--json"]).unwrap().done().unwrap();
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    said.json().unwrap()
}

fn check(path: &Path, images: usize, sha: &str) {
    let said = bench(path);
    assert_eq!((&said["sha"], &said["pixels_sha256"]), (&Value::from(sha), &Value::from(sha)), "{said}");
    let voxels = images as u64 * u64::from(COLUMNS) * u64::from(ROWS);
    assert_eq!((&said["input"]["images"], &said["input"]["voxels"]), (&Value::from(images), &Value::from(voxels)));
    assert_eq!((&said["what"], &said["total_s"]), (&Value::from("load"), &said["ours"]["total_s"]));
    let seconds = |value: &Value| value.as_f64().filter(|s| s.is_finite() && *s > 0.0).unwrap_or_else(|| panic!("no time: {said}"));
    let [scan, first, total] = ["scan_s", "first_s", "total_s"].map(|field| seconds(&said[field]));
    assert!(scan <= first && first <= total && seconds(&said["floor"]["read_s"]) > 0.0, "{said}");
}

#[test]
fn slices_are_loaded_in_their_order_plain_compressed_and_packed() {
    let folder = tempfile::tempdir().expect("a folder");
    let sha = expected((0..9).map(|slice| bytes(&values(slice))));
    for written in [Written::Plain, Written::Rle] {
        let place = folder.path().join(format!("{written:?}"));
        std::fs::create_dir(&place).expect("a folder");
        for slice in 0..9 {
            // Names do not tell the order.
            write(&place.join(format!("{}.dcm", slice * 5 % 9)), &[slice], written);
        }
        check(&place, 9, &sha);
    }
    let series =
        read_folder(&folder.path().join("Plain"), &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder").series;
    let package = folder.path().join("package");
    Packing::new(&[(Role::new("current").expect("a role"), &series[0])], &UidKey::new([3; 32]))
        .pack(&package, &mut |_| ControlFlow::Continue(()))
        .expect("a package");
    check(&package, 9, &sha);
}

#[test]
fn frames_of_one_file_are_loaded_plain_and_compressed() {
    let folder = tempfile::tempdir().expect("a folder");
    let slices: Vec<i32> = (0..7).collect();
    // All frames of a file have one hash.
    let sha = expected(std::iter::once(slices.iter().flat_map(|slice| bytes(&values(*slice))).collect()));
    for written in [Written::Plain, Written::Rle] {
        let file = folder.path().join(format!("{written:?}.dcm"));
        write(&file, &slices, written);
        check(&file, 7, &sha);
    }
}

#[test]
fn a_person_is_told_in_a_sentence_and_a_folder_without_images_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().to_str().expect("a plain path");
    let sentence = tiresias(["bench", "load", place]).unwrap();
    assert!(sentence.sentence(2).unwrap().contains("no DICOM image"));
    write(&folder.path().join("one.dcm"), &[3], Written::Plain);
    let said = tiresias(["bench", "load", place]).unwrap().done().unwrap().out;
    assert!(said.contains("1 images in 1 series") && said.contains(&expected(std::iter::once(bytes(&values(3))))), "{said}");
}

#[test]
fn packing_is_measured_beside_the_same_bytes_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, scratch) = (folder.path().join("source"), folder.path().join("scratch"));
    [&source, &scratch].into_iter().for_each(|place| std::fs::create_dir(place).expect("a folder"));
    for slice in 0..9 {
        write(&source.join(format!("{slice}.dcm")), &[slice], Written::Plain);
    }
    let arguments = ["bench", "pack", source.to_str().expect("a path"), "--rounds", "3", "--dir", scratch.to_str().expect("a path")];
    let said = tiresias(arguments.into_iter().chain(["--json"])).unwrap().done().unwrap().json().unwrap();
    // Nine images, the sealed part, the manifest and its signature.
    assert_eq!(
        (&said["what"], &said["input"]["images"], &said["input"]["files"]),
        (&Value::from("pack"), &Value::from(9), &Value::from(12))
    );
    let pixels = 9 * u64::from(COLUMNS) * u64::from(ROWS) * 2;
    let bytes = said["input"]["bytes"].as_u64().expect("a number");
    assert!(bytes > pixels + (4 << 20) && bytes < pixels + (5 << 20), "{said}");
    let seconds = |value: &Value| value.as_f64().filter(|s| s.is_finite() && *s > 0.0).unwrap_or_else(|| panic!("no time: {said}"));
    let (ours, floor) = (seconds(&said["ours"]["total_s"]), seconds(&said["floor"]["total_s"]));
    assert!((seconds(&said["ratio"]["total"]) - ours / floor).abs() < 1e-9 && said["refused"].is_null(), "{said}");
    for part in ["decode_s", "hash_s", "write_s"] {
        assert!(seconds(&said["floor"][part]) <= floor * 3.0, "{said}");
    }
    for stage in ["reading", "writing", "looking for leaks"] {
        assert!(seconds(&said["ours"]["stages_s"][stage]) > 0.0, "{stage}: {said}");
    }
    assert_eq!(std::fs::read_dir(&scratch).expect("a folder").count(), 0, "nothing is left");
    assert_eq!(std::fs::read_dir(&source).expect("a folder").count(), 9, "the source is as it was");
    let sentence = tiresias(arguments).unwrap().done().unwrap().out;
    assert!(sentence.starts_with("9 images, 12 files") && sentence.trim_end().ends_with(" x"), "{sentence}");
}

/// Noise is taken for letters now and then, and a package with letters is not made: what it takes until then was not measured at all.
#[test]
fn a_source_that_the_leak_scan_refuses_is_measured_until_it_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (source, scratch) = (folder.path().join("source"), folder.path().join("scratch"));
    [&source, &scratch].into_iter().for_each(|place| std::fs::create_dir(place).expect("a folder"));
    write(&source.join("0.dcm"), &[0], Written::Plain);
    write_images(&source.join("1.dcm"), 1, &[letters()], Written::Plain);
    let arguments = ["bench", "pack", source.to_str().expect("a path"), "--rounds", "2", "--dir", scratch.to_str().expect("a path")];
    let said = tiresias(arguments.into_iter().chain(["--json"])).unwrap().done().unwrap().json().unwrap();
    assert!(said["refused"].as_str().is_some_and(|why| why.contains("(1 findings: text)")), "{said}");
    // Two images, the sealed part, the manifest and its signature.
    assert_eq!((&said["input"]["images"], &said["input"]["files"]), (&Value::from(2), &Value::from(5)));
    let pixels = 2 * u64::from(COLUMNS) * u64::from(ROWS) * 2;
    assert!(said["input"]["bytes"].as_u64().is_some_and(|n| n > pixels + (4 << 20) && n < pixels + (5 << 20)), "{said}");
    let seconds = |value: &Value| value.as_f64().filter(|s| s.is_finite() && *s > 0.0).unwrap_or_else(|| panic!("no time: {said}"));
    let ratio = seconds(&said["ours"]["total_s"]) / seconds(&said["floor"]["total_s"]);
    assert!((seconds(&said["ratio"]["total"]) - ratio).abs() < 1e-9 && seconds(&said["ours"]["stages_s"]["looking for leaks"]) > 0.0);
    assert_eq!(std::fs::read_dir(&scratch).expect("a folder").count(), 0, "nothing is left");
    let sentence = tiresias(arguments).unwrap().done().unwrap().out;
    assert!(sentence.starts_with("2 images, 5 files") && sentence.contains("Measured until the leak scan refused it: "), "{sentence}");
}
