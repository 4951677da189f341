//! Stored values against those of dicom-pixeldata, another reader: of every file of the collection that it can decode, frame by frame.
//!
//! It reads data sets and native pixels, and has decoders of its own for JPEG, RLE and deflate; JPEG-LS and JPEG 2000 go through the same libraries as ours by
//! another way. `second_decoder.toml` says beforehand which files it gets wrong, and how, and by how much two decoders of lossy colour may differ; a file that
//! is there and agrees after all fails the test too.

use crate::support::{codecs, folder, shared};
use dicom_object::OpenFileOptions;
use dicom_pixeldata::{DecodedPixelData, PixelDecoder as _, PixelRepresentation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;
use tiresias_cases::inspect;

/// What second_decoder.toml says, by file.
#[derive(Deserialize)]
struct Expected {
    /// How the other reader gets it wrong.
    wrong: BTreeMap<String, String>,
    /// The largest difference of 8-bit samples, where the same frames go through two lossy decoders.
    lossy: BTreeMap<String, u8>,
}

/// The hash of a frame as `inspect` has it, of what the other reader gives: each sample in its cell, signed where Pixel Representation says so.
fn hash(frame: &DecodedPixelData<'_>) -> Result<String, String> {
    let signed = frame.pixel_representation() == PixelRepresentation::Signed;
    let data = frame.data();
    let values: Vec<i32> = match (frame.bits_allocated(), signed) {
        // A byte for each bit, 0 or 255.
        (1, _) => data.iter().map(|b| i32::from(*b != 0)).collect(),
        (8, false) => data.iter().map(|b| i32::from(*b)).collect(),
        (8, true) => data.iter().map(|b| i32::from(b.cast_signed())).collect(),
        (16, false) => data.chunks_exact(2).map(|b| i32::from(u16::from_ne_bytes(b.try_into().unwrap()))).collect(),
        (16, true) => data.chunks_exact(2).map(|b| i32::from(i16::from_ne_bytes(b.try_into().unwrap()))).collect(),
        (32, _) => data.chunks_exact(4).map(|b| i32::from_ne_bytes(b.try_into().unwrap())).collect(),
        (bits, _) => return Err(format!("{bits} bits allocated")),
    };
    let bytes: Vec<u8> = values.into_iter().flat_map(i32::to_le_bytes).collect();
    Ok(Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect())
}

/// The hashes of all frames by the other reader, or why it has none. It may panic, and is not ours to mend.
fn theirs(path: &Path, frames: usize) -> Result<Vec<String>, String> {
    let read = || {
        let object = OpenFileOptions::new().open_file(path).map_err(|e| e.to_string())?;
        let frame = |n| object.decode_pixel_data_frame(n as u32).map_err(|e| e.to_string()).and_then(|f| hash(&f));
        (0..frames).map(frame).collect()
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// The hashes of all frames of a file by our reader, in the file's order; `None` where it is no image or is refused.
fn ours(path: &Path) -> Option<Vec<String>> {
    let said = serde_json::to_value(inspect(path, true, &codecs()).expect("inspect")).expect("json");
    let entries = ["series", "objects"].into_iter().flat_map(|kind| said[kind].as_array().expect("a list").clone());
    let files: Vec<Value> = entries.flat_map(|e| e["files"].as_array().cloned().unwrap_or_else(|| vec![e.clone()])).collect();
    let [file] = files.as_slice() else { return None };
    let frames = file["frames"].as_array()?;
    frames.iter().map(|f| f["sha256_int32le"].as_str().map(str::to_owned)).collect()
}

/// The largest difference between the samples of the two readers, of a file of 8-bit colour.
fn difference(path: &Path) -> u8 {
    let folder = folder(path);
    let series = folder.series.first().expect("a series");
    let texels = series.load().expect("images").0;
    let object = OpenFileOptions::new().open_file(path).expect("an object");
    let of_frame = |n: usize| {
        let frame = object.decode_pixel_data_frame(n as u32).expect("a frame");
        let own = texels.texel_slice(n).expect("colour");
        assert_eq!(frame.data().len(), own.len() * 3);
        let pixels = own.iter().map(|t| t.load(Ordering::Relaxed).to_le_bytes()).zip(frame.data().chunks_exact(3));
        pixels.flat_map(|(ours, theirs)| [0, 1, 2].map(|i| ours[i].abs_diff(theirs[i]))).max().unwrap_or(0)
    };
    (0..series.len()).map(of_frame).max().unwrap_or(0)
}

#[test]
fn another_reader_has_the_same_stored_values() {
    let Some(manifest) = shared("MANIFEST.csv") else { return };
    let root = manifest.parent().expect("a folder");
    let expected: Expected = toml::from_str(include_str!("second_decoder.toml")).expect("second_decoder.toml");
    let text = std::fs::read_to_string(&manifest).expect("MANIFEST.csv");
    let names = text.lines().skip(1).filter_map(|line| line.split(',').next()).filter(|name| !name.starts_with("bad/"));
    let (mut equal, mut frames, mut within, mut known, mut undecoded) = (0, 0, 0, 0, 0);
    let (mut wrong, mut met, mut seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for name in names {
        let Some(ours) = ours(&root.join(name)) else { continue };
        let theirs = match theirs(&root.join(name), ours.len()) {
            Ok(theirs) => theirs,
            Err(why) => {
                println!("not decoded by the other reader: {name}: {why}");
                undecoded += 1;
                continue;
            }
        };
        seen.insert(ours.first().cloned());
        let (is_wrong, most) = (expected.wrong.contains_key(name), expected.lossy.get(name));
        if is_wrong || most.is_some() {
            met.insert(name.to_owned());
        }
        match (ours == theirs, is_wrong, most) {
            (true, false, None) => (equal, frames) = (equal + 1, frames + ours.len()),
            (true, ..) => wrong.push(format!("{name} is listed and equal after all: take it off second_decoder.toml")),
            (false, true, None) => known += 1,
            (false, false, Some(most)) => match difference(&root.join(name)) {
                found if found <= *most => within += 1,
                found => wrong.push(format!("{name} differs by {found}, more than {most}")),
            },
            (false, ..) => wrong.push(format!("{name} has other values")),
        }
    }
    let unmet = expected.wrong.keys().chain(expected.lossy.keys()).filter(|name| !met.contains(*name));
    wrong.extend(unmet.map(|name| format!("{name} is in second_decoder.toml, and is not there or not decoded by the other reader")));
    println!(
        "stored values by another reader: {equal} files of {frames} frames equal, {within} lossy ones within their bound, {known} that it is known to get \
         wrong, {undecoded} that it does not decode, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(equal >= 300 && seen.len() > 300, "too little was compared: {equal} files, {} different ones", seen.len());
}
