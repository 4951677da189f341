//! The files of the larger collection that are wrong on purpose, and the same contradictions made of frames that travel with this crate.

use crate::dicom::{image, shared};
use crate::support::{Described, kept};
use std::fs;
use tiresias_codecs::{CodecError, Coding, EncodedFrame, TransferSyntax, decode, inflate};

fn frame(name: &str) -> Described {
    kept().into_iter().find(|(d, _)| d.name == name).expect("a frame").0
}

#[test]
fn what_contradicts_the_data_set_is_refused_by_its_header() {
    for (described, _) in kept() {
        let name = &described.name;
        let size = |columns, rows| decode(&EncodedFrame { columns, rows, ..described.frame() });
        let (columns, rows) = (described.columns, described.rows);
        let refused = size(columns + 1, rows);
        match described.syntax {
            // Without a header, the number of bytes is what can be compared.
            TransferSyntax::RleLossless => {}
            TransferSyntax::DeflatedFrame => assert!(matches!(refused, Err(CodecError::Length { .. })), "{name}: {refused:?}"),
            _ => assert!(
                matches!(refused, Err(CodecError::Size { found, expected, .. }) if found == (columns, rows) && expected == (columns + 1, rows)),
                "{name}: {refused:?}"
            ),
        }
        assert!(size(columns, 65_535).is_err(), "{name}");
        assert!(matches!(size(0, rows), Err(CodecError::Layout { .. })), "{name}");
        assert!(matches!(size(columns, 65_536), Err(CodecError::Layout { .. })), "{name}");
        let samples = 4 - described.samples;
        let refused = decode(&EncodedFrame { samples, ..described.frame() });
        assert!(refused.is_err(), "{name}: {refused:?}");
    }
    let lossless = frame("mr_small_jpeg_lossless.bin");
    let narrow = EncodedFrame { bits_allocated: 8, bits_stored: 8, ..lossless.frame() };
    assert_eq!(decode(&narrow), Err(CodecError::Precision { coding: Coding::JpegLossless, found: 16, room: 8 }));
}

#[test]
fn a_codestream_of_another_family_is_refused() {
    let frames = kept();
    let family = |described: &Described| match described.syntax {
        TransferSyntax::JpegBaseline | TransferSyntax::JpegExtended | TransferSyntax::JpegProgressive => 0,
        TransferSyntax::JpegLossless | TransferSyntax::JpegLosslessFirstOrder => 1,
        TransferSyntax::JpegLsLossless | TransferSyntax::JpegLsNearLossless => 2,
        TransferSyntax::RleLossless => 3,
        TransferSyntax::DeflatedFrame => 4,
        _ => 5,
    };
    for (one, _) in &frames {
        for (other, _) in frames.iter().filter(|(other, _)| family(other) != family(one)) {
            let refused = decode(&one.with(&other.data));
            match family(one) {
                3 | 4 => assert!(refused.is_err(), "{} as {}", other.name, one.name),
                _ => assert!(matches!(refused, Err(CodecError::Family { .. })), "{} as {}: {refused:?}", other.name, one.name),
            }
        }
    }
}

#[test]
fn what_is_not_decoded_is_refused_by_name() {
    let other = frame("mr_small_rle.bin");
    for syntax in TransferSyntax::ALL.iter().filter(|syntax| !syntax.is_readable()) {
        let refused = decode(&EncodedFrame { syntax: *syntax, ..other.frame() });
        assert_eq!(refused, Err(CodecError::Unsupported(syntax.name())));
    }
}

#[test]
fn bad_files_are_refused_or_decoded() {
    let Some(shared) = shared() else {
        println!("0 files: there is no shared collection here");
        return;
    };
    let mut files: Vec<_> = fs::read_dir(shared.join("bad")).expect("bad").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let (mut walked, mut refused, mut decoded) = (0, 0, 0);
    for path in files.iter().filter(|path| path.is_file()) {
        let Some(image) = image(&fs::read(path).expect("a file")) else { continue };
        walked += 1;
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        for described in image.frames.iter().filter(|_| image.is_encapsulated) {
            let result = decode(&described.frame());
            match &result {
                Ok(_) => decoded += 1,
                Err(e) => {
                    refused += 1;
                    println!("{name}, {}: {e}", described.name);
                }
            }
            let is_as_it_should = match name {
                "jpeg_is_j2k" => matches!(result, Err(CodecError::Family { .. })),
                "j2k_dims_mismatch" | "j2k_siz_2g" | "jls_dims_65535" => matches!(result, Err(CodecError::Size { .. })),
                "video_mpeg4_random" => matches!(result, Err(CodecError::Unsupported(_))),
                "rle_255_segments" => matches!(result, Err(CodecError::Segments { found: 255, expected: 2 })),
                "htj2k_random" | "j2k_half" | "jls_half" | "rle_is_raw" | "rle_offset_beyond" | "rle_short" => result.is_err(),
                _ => true,
            };
            assert!(is_as_it_should, "{name}: {result:?}");
        }
    }
    println!("{walked} bad files are compressed images: {refused} frames refused, {decoded} decoded");
    let bomb = fs::read(shared.join("bad").join("deflate_bomb.dcm")).expect("the bomb");
    // Group length (0002,0000) stands first in the meta information and says where it ends.
    let meta = u32::from_le_bytes(bomb[140..144].try_into().expect("four bytes")) as usize;
    assert_eq!(inflate(&bomb[144 + meta..], 64 << 20), Err(CodecError::TooLarge(64 << 20)));
}
