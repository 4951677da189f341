//! What both test targets of this crate need: the frames that travel with it, and how decoded samples are compared with values that others made.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use tiresias_codecs::{DeclaredColour, DecodedFrame, EncodedFrame, TransferSyntax};

/// A frame with all that the data set says of it.
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) syntax: TransferSyntax,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) samples: u8,
    pub(crate) bits_allocated: u8,
    pub(crate) bits_stored: u8,
    pub(crate) is_signed: bool,
    pub(crate) photometric: DeclaredColour,
    pub(crate) data: Vec<u8>,
}

impl Described {
    pub(crate) fn frame(&self) -> EncodedFrame<'_> {
        self.with(&self.data)
    }

    /// The same description of other data.
    pub(crate) fn with<'a>(&self, data: &'a [u8]) -> EncodedFrame<'a> {
        let Self { syntax, columns, rows, samples, bits_allocated, bits_stored, photometric, .. } = *self;
        EncodedFrame { syntax, columns, rows, samples, bits_allocated, bits_stored, photometric, data }
    }

    /// SHA-256 of the stored values, row by row, samples interleaved, each as a little-endian 32-bit integer (`reference/README.md` of the shared data).
    pub(crate) fn hash(&self, decoded: &DecodedFrame) -> String {
        let mut hash = Sha256::new();
        for value in self.values(decoded) {
            hash.update(value.to_le_bytes());
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes all");
            text
        })
    }

    fn values(&self, decoded: &DecodedFrame) -> Vec<i32> {
        let pixels = self.columns as usize * self.rows as usize;
        if self.bits_allocated == 1 {
            return (0..pixels).map(|i| i32::from(decoded.data[i / 8] >> (i % 8) & 1)).collect();
        }
        let samples = usize::from(self.samples);
        let stored = u32::from(self.bits_stored);
        let value = |place: usize| {
            let bytes = usize::from(decoded.bytes_per_sample);
            let mut word = [0; 4];
            word[..bytes].copy_from_slice(&decoded.data[place * bytes..][..bytes]);
            let up = u32::from_le_bytes(word) << (32 - stored);
            if self.is_signed { up.cast_signed() >> (32 - stored) } else { (up >> (32 - stored)).cast_signed() }
        };
        (0..pixels)
            .flat_map(|pixel| (0..samples).map(move |sample| (pixel, sample)))
            .map(|(pixel, sample)| value(if decoded.planar { sample * pixels + pixel } else { pixel * samples + sample }))
            .collect()
    }
}

/// The frames in `tests/data`, each with the hash of its values; see the README there.
pub(crate) fn kept() -> Vec<(Described, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("data");
    let mut table = csv::Reader::from_path(folder.join("frames.csv")).expect("the table of frames");
    let rows = table.records().map(|row| row.expect("a row"));
    rows.map(|row| {
        let number = |i: usize| row[i].parse::<u32>().expect("a number");
        let described = Described {
            name: row[0].to_owned(),
            syntax: TransferSyntax::from_uid(&row[1]).expect("a transfer syntax"),
            columns: number(2),
            rows: number(3),
            samples: number(4) as u8,
            bits_allocated: number(5) as u8,
            bits_stored: number(6) as u8,
            is_signed: &row[7] == "1",
            photometric: photometric(&row[8]),
            data: fs::read(folder.join(&row[0])).expect("a frame"),
        };
        (described, row[9].to_owned())
    })
    .collect()
}

/// Photometric Interpretation as a codec must know it.
pub(crate) fn photometric(text: &str) -> DeclaredColour {
    match text.trim_end_matches([' ', '\0']) {
        "RGB" => DeclaredColour::Rgb,
        text if text.starts_with("YBR") => DeclaredColour::Ybr,
        _ => DeclaredColour::Grey,
    }
}
