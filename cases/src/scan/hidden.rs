//! Words that are written as numbers or as bytes.
//!
//! Owns: telling them from numbers by how large the numbers would be. Four letters in a row are an integer of more than 500 million, or a floating-point number
//! that no image has; six in a row are three integers of two bytes, all above 8,000, which no attribute of an image is.
//! Refuses: to say what pixels and tables spell, which may be any bytes (who asks knows which they are), and what is read as text anyway. Fewer letters than that
//! are numbers like others, and so are letters that each fill a number of their own.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// Magnitudes of floating-point numbers of four and of eight bytes that an image may have, zero aside: from what rounding leaves of zero, to frequencies in Hz.
/// Beyond them is what ends with a small letter, with a space, with a capital behind N (of eight bytes: behind B) or, of eight bytes, with a digit.
const SINGLE: [f64; 2] = [1e-18, 1e9];
const DOUBLE: [f64; 2] = [2e-28, 1e12];

/// What the bytes of a value spell, piece by piece; each piece but the last is a multiple of eight bytes.
pub(super) struct Hidden {
    kind: Kind,
    /// Signs in a row, up to the last byte.
    run: usize,
    is_found: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    /// No numbers.
    Other,
    /// Integers, and how many signs in a row are none.
    Integers(usize),
    Single {
        big_endian: bool,
    },
    Double {
        big_endian: bool,
    },
}

impl Hidden {
    /// Before the first byte of a value.
    pub(super) const fn new(vr: [u8; 2], big_endian: bool) -> Self {
        let kind = match &vr {
            b"UL" | b"SL" | b"AT" | b"OL" => Kind::Integers(4),
            // Offsets in a file of some gigabytes may have any four bytes.
            b"OV" | b"SV" | b"UV" => Kind::Integers(5),
            // The descriptor of a table is two numbers of any size beside a small one.
            b"US" | b"SS" | b"OB" | b"OW" => Kind::Integers(6),
            b"FL" | b"OF" => Kind::Single { big_endian },
            b"FD" | b"OD" => Kind::Double { big_endian },
            _ => Kind::Other,
        };
        Self { kind, run: 0, is_found: false }
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, piece: &[u8]) {
        if self.is_found {
            return;
        }
        self.is_found = match self.kind {
            Kind::Other => false,
            Kind::Integers(least) => piece.iter().any(|byte| {
                self.run = if is_sign(*byte) { self.run + 1 } else { 0 };
                self.run >= least
            }),
            Kind::Single { big_endian } => {
                spells(piece, SINGLE, |b: [u8; 4]| f64::from(if big_endian { f32::from_be_bytes(b) } else { f32::from_le_bytes(b) }))
            }
            Kind::Double { big_endian } => {
                spells(piece, DOUBLE, |b: [u8; 8]| if big_endian { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) })
            }
        };
    }

    /// Whether there are words among what was taken.
    pub(super) const fn is_found(&self) -> bool {
        self.is_found
    }
}

/// Whether a byte may be one of a letter in any character set. The high bytes of small negative numbers are none.
const fn is_sign(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7E | 0x80..=0xF4)
}

/// Whether bytes where a number should be can be read, and are digits or no number that an image has; or can be read and are too few for a number.
fn spells<const N: usize>(piece: &[u8], [low, high]: [f64; 2], number: impl Fn([u8; N]) -> f64) -> bool {
    let (numbers, rest) = piece.as_chunks::<N>();
    let is_none = |bytes: &[u8; N]| bytes.iter().all(u8::is_ascii_digit) || !(low..=high).contains(&number(*bytes).abs());
    numbers.iter().any(|bytes| is_readable(bytes) && is_none(bytes)) || is_readable(rest)
}

/// Whether bytes are two signs or more, padded with zeros or not.
fn is_readable(bytes: &[u8]) -> bool {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    end > 1 && bytes.iter().take(end).all(|b| matches!(b, 0x20..=0x7E))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hides(vr: &[u8; 2], value: &[u8], piece: usize) -> bool {
        let mut hidden = Hidden::new(*vr, false);
        value.chunks(piece).for_each(|bytes| hidden.take(bytes));
        hidden.is_found()
    }

    #[test]
    fn words_are_found_in_numbers() {
        let cases: [(&[u8; 2], &[u8]); 17] = [
            (b"US", b"GARCIA"),
            (b"SS", b"\x07\0GARCIA"),
            (b"OB", b"\0\x01GARCIA"),
            (b"OW", b"GARCIA"),
            (b"UL", b"GARCIA\0\0"),
            (b"SL", b"\x07\0\0\0GARC"),
            (b"AT", b"19640229"),
            (b"OV", b"GARCIA\0\0"),
            (b"UV", b"\x07\0\0\0\0\0\0\0GARCIA  "),
            (b"FL", b"GARCIA  "),
            (b"FL", b"GARCIA\0\0"),
            (b"FL", b"Garc"),
            (b"FL", b"1964"),
            (b"FD", b"Garcia\0\0"),
            (b"FD", b"GARCIA^J"),
            (b"FD", b"19640229"),
            (b"FD", b"GARCIA"),
        ];
        for (vr, value) in cases {
            let what = String::from_utf8_lossy(value);
            assert!(hides(vr, value, usize::MAX) && hides(vr, value, 8), "{what} in {}", String::from_utf8_lossy(vr));
        }
        // Letters of more than one byte.
        assert!(hides(b"US", "Åström".as_bytes(), usize::MAX) && hides(b"UL", "ガルシア".as_bytes(), usize::MAX));
        // Text, items and bytes of unknown kind are read as they are.
        assert!([b"LO", b"SQ", b"UN"].iter().all(|vr| !hides(vr, b"GARCIA", usize::MAX)));
    }

    #[test]
    fn numbers_are_no_words() {
        let words = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let longs = |numbers: &[i32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let offsets = |numbers: &[u64]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let singles = |numbers: &[f32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let doubles = |numbers: &[f64]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let cases: [(&[u8; 2], Vec<u8>); 8] = [
            (b"US", words(&[0x4141, 0x4242, 16, 0x4141, 0x4242, 16])),
            (b"SS", words(&[0xFFF0, 1, 0xF830, 0xFFF0])),
            (b"OB", vec![0, 1]),
            // 5 MHz has three letters.
            (b"UL", longs(&[5_000_000, 5_000_000, 512, 0x1F7E_7E7E])),
            (b"SL", longs(&[-100, -100, 100, i32::MIN, i32::MAX])),
            (b"OV", offsets(&[0, 0x1F_7E7E_7E7E, 0x1F_7E7E_7E7E])),
            (b"FL", singles(&[0.0, 12.141_422, 800.0, -1.0, 1e-4, 1.28e8, f32::MAX, f32::MIN, f32::NAN, f32::INFINITY])),
            (b"FD", doubles(&[0.0, 0.1, -1.0 / 3.0, 6.123e-17, 1.28e8, f64::MAX, f64::MIN, f64::NAN])),
        ];
        for (vr, value) in &cases {
            assert!(!hides(vr, value, usize::MAX), "{value:?} in {}", String::from_utf8_lossy(*vr));
        }
        // One of them is DCBA.
        assert_eq!(12.141_422_f32.to_le_bytes(), *b"DCBA");
        // 8.6, whose bytes can all be read, in both orders.
        for (big_endian, bytes) in [(true, b"@!AICRAG"), (false, b"GARCIA!@")] {
            let mut hidden = Hidden::new(*b"FD", big_endian);
            hidden.take(bytes);
            assert!(!hidden.is_found());
        }
    }
}
