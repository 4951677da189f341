//! Real files, where the larger collection is present, and the frames that travel with this crate.

use crate::dicom::{image, shared};
use crate::support::{Described, kept};
use std::collections::BTreeMap;
use std::fs;
use tiresias_codecs::{CodecWarning, DeclaredColour, DecodedColour, DecodedFrame, decode};

/// Files that no software at hand could decode when the reference was made, and what their masks are meant to equal.
const TWINS: &[(&str, &str)] = &[
    ("ai/ct_liver_seg/liver_rle.dcm", "ai/ct_liver_seg/liver.dcm"),
    ("ai/ct_liver_seg/liver_deflate.dcm", "ai/ct_liver_seg/liver.dcm"),
    ("ai/ct_liver_seg/liver_nonbyte_aligned_rle.dcm", "ai/ct_liver_seg/liver_nonbyte_aligned.dcm"),
];

#[test]
fn frames_of_real_files_are_those_of_other_software() {
    let Some(shared) = shared() else {
        println!("0 files: there is no shared collection here");
        return;
    };
    // Path to frame number to hash; lossy frames have none.
    let mut reference: BTreeMap<String, BTreeMap<usize, Option<String>>> = BTreeMap::new();
    let mut table = csv::Reader::from_path(shared.join("reference").join("pixels.csv")).expect("pixels.csv");
    for row in table.records().map(|row| row.expect("a row")) {
        let hash = (&row[7] == "lossless").then(|| row[6].to_owned());
        reference.entry(row[0].to_owned()).or_default().insert(row[1].parse().expect("a number"), hash);
    }
    for (file, twin) in TWINS {
        let hashes = reference.get(*twin).expect("the twin").clone();
        reference.insert((*file).to_owned(), hashes);
    }
    let (mut files, mut equal, mut lossy, mut wrong) = (0, 0, 0, Vec::new());
    for (path, frames) in &reference {
        let Some(image) = image(&fs::read(shared.join(path)).expect("a file")) else { continue };
        files += 1;
        for (number, hash) in frames {
            let Some(described) = image.frames.get(*number) else {
                wrong.push(format!("{path}: no frame {number}"));
                continue;
            };
            let decoded = if image.is_encapsulated { decode(&described.frame()) } else { Ok(plain(described)) };
            match (decoded, hash) {
                (Err(e), _) => wrong.push(format!("{path}, frame {number}: {e}")),
                (Ok(decoded), _) if decoded.warnings.contains(&CodecWarning::Damaged) => {
                    wrong.push(format!("{path}, frame {number}: damaged"));
                }
                (Ok(_), None) => lossy += 1,
                (Ok(decoded), Some(hash)) if described.hash(&decoded) == *hash => equal += 1,
                (Ok(decoded), Some(_)) => wrong.push(format!("{path}, frame {number}: other values, {:?}", decoded.warnings)),
            }
        }
    }
    println!(
        "{files} compressed files of {} with reference: {equal} frames equal, {lossy} lossy ones decoded, {} wrong",
        reference.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Pixels of a deflated data set, which are plain behind it.
fn plain(described: &Described) -> DecodedFrame {
    DecodedFrame {
        bytes_per_sample: described.bits_allocated / 8,
        precision: described.bits_allocated,
        signed: None,
        planar: false,
        colour: DecodedColour::AsDeclared,
        data: described.data.clone(),
        warnings: Vec::new(),
    }
}

#[test]
fn frames_that_travel_are_those_of_other_software() {
    for (described, hash) in kept() {
        let name = &described.name;
        let decoded = decode(&described.frame()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(decoded.warnings, [], "{name}");
        if !hash.is_empty() {
            assert_eq!(described.hash(&decoded), hash, "{name}");
        }
    }
}

/// A codestream may say how long its tile-parts are (TLM, T.800 A.7.1); the picture is the same.
#[test]
fn lengths_of_tile_parts_change_nothing() {
    for (mut described, hash) in kept().into_iter().filter(|(d, _)| d.name.contains("j2k") && d.data.starts_with(b"\xFF\x4F\xFF\x51")) {
        let siz = 4 + usize::from(u16::from_be_bytes([described.data[4], described.data[5]]));
        let first = described.data.windows(4).position(|w| w == b"\xFF\x90\0\x0A").expect("a tile-part");
        let length = described.data[first + 6..first + 10].to_vec();
        described.data.splice(siz..siz, [b"\xFF\x55\0\x08\0\x40", &length[..]].concat());
        let decoded = decode(&described.frame()).unwrap_or_else(|e| panic!("{}: {e}", described.name));
        assert_eq!((decoded.warnings.as_slice(), described.hash(&decoded)), (&[][..], hash), "{}", described.name);
    }
}

#[test]
fn jpeg_colour_is_what_the_stream_or_the_data_set_says() {
    let samples = |file: &str, photometric: DeclaredColour| {
        let (mut described, _) = kept().into_iter().find(|(d, _)| d.name == file).expect("the file");
        described.photometric = photometric;
        let decoded = decode(&described.frame()).expect("a frame");
        assert_eq!(decoded.colour, DecodedColour::Rgb, "{file}");
        decoded.data
    };
    let apart = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / a.len() as u64;
    use DeclaredColour::{Rgb, Ybr};
    // One picture, once with a JFIF marker and once with an Adobe marker that says "no transform": the data set's word changes nothing.
    let [jfif, adobe] = ["sc_jpeg_ybr_s2.bin", "sc_jpeg_rgb_stored.bin"].map(|file| {
        let declared = samples(file, Rgb);
        assert!(declared == samples(file, Ybr), "{file}");
        declared
    });
    assert!(apart(&jfif, &adobe) < 3);
    // Another one, with an Adobe marker and without any, where the data set's word counts.
    let [marked, silent] = ["sc_jpeg_app14.bin", "sc_jpeg_no_colour_transform.bin"].map(|file| samples(file, Rgb));
    assert!(apart(&marked, &silent) < 3);
    assert!(apart(&silent, &samples("sc_jpeg_no_colour_transform.bin", Ybr)) > 20);
}
