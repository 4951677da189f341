//! A word as a machine burns it into pixels, which the leak scan takes for letters wherever it is bright enough.
//!
//! Owns: which pixels are lit, and copies of the demo's files with the word in them, for pictures and tests of what becomes of such a case. Refuses: fonts and what else makes
//! letters hard to find, which the tests of the scan have.

use std::fs;
use std::io;
use std::path::Path;

/// Columns and rows of the word.
pub const SIZE: [u32; 2] = [82, 14];

const A: [u8; 7] = [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001];
const L: [u8; 7] = [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111];
const M: [u8; 7] = [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001];
const N: [u8; 7] = [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001];
const O: [u8; 7] = [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110];
const S: [u8; 7] = [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110];

/// The pixels that are lit, from the left and the top of the word: letters of 5 x 7, five bits a row, each bit 2 x 2 pixels.
#[must_use]
pub fn word() -> Vec<[usize; 2]> {
    let letters = [S, A, L, O, M, O, N];
    let of = |(n, letter): (usize, &[u8; 7])| {
        let bits = (0..14_usize).flat_map(|y| (0..10_usize).map(move |x| [x, y]));
        let lit = bits.filter(|[x, y]| letter[y / 2] >> (4 - x / 2) & 1 == 1);
        lit.map(move |[x, y]| [n * 12 + x, y]).collect::<Vec<_>>()
    };
    letters.iter().enumerate().flat_map(of).collect()
}

/// Writes a copy of an image of the demo with the word in its pixels, whose left and top are at `at`.
///
/// # Errors
/// When the one cannot be read or the other cannot be written.
pub fn into_demo(from: &Path, to: &Path, at: [usize; 2]) -> io::Result<()> {
    // Its pixels are the last that stands in such a file: 256 x 256 words of 12 bits, little endian.
    const SIDE: usize = 256;
    let mut file = fs::read(from)?;
    let pixels = file.len().saturating_sub(SIDE * SIDE * 2);
    for [x, y] in word() {
        let place = pixels + ((at[1] + y) * SIDE + at[0] + x) * 2;
        if let Some(pixel) = file.get_mut(place..place + 2) {
            pixel.copy_from_slice(&4095_u16.to_le_bytes());
        }
    }
    fs::write(to, file)
}
