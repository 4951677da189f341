//! Stored values out of plain pixel data: the pixel module (PS3.3 C.7.6.3) for one sample of 8 or 16 bits.
//!
//! Any High Bit, Bits Stored below Bits Allocated, signed or not. The word in memory is the stored value, plus 32768 when the data are signed
//! ([`StoredFormat`]). Refuses: colour, 1 and 32 bits, float pixels, several frames; each by name.

use crate::FileError;
use crate::attributes::Attributes;
use dicom_dictionary_std::tags;
use std::sync::atomic::{AtomicU16, Ordering};
use tiresias_words::StoredFormat;

/// How the samples of one image lie in its pixel data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelLayout {
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) allocated: Allocated,
    /// Bits to shift a sample right until its lowest stored bit is bit 0.
    shift: u8,
    pub(crate) format: StoredFormat,
    big_endian: bool,
    /// 8-bit samples written as 16-bit words in big endian: the bytes of each pair change places (PS3.5 8.1.1, A.3).
    swapped_pairs: bool,
}

/// Bits Allocated (0028,0100).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allocated {
    Eight,
    Sixteen,
}

impl Allocated {
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }
}

impl PixelLayout {
    /// Reads the pixel module. `is_words`: the pixel data's value representation is OW.
    pub(crate) fn read(a: &Attributes, big_endian: bool, is_words: bool) -> Result<Self, FileError> {
        match a.integer(tags::SAMPLES_PER_PIXEL, "Samples per Pixel")? {
            Some(1) | None => {}
            Some(_) => return Err(FileError::Unsupported("it is a colour image")),
        }
        match a.text(tags::PHOTOMETRIC_INTERPRETATION).as_deref() {
            Some("MONOCHROME1" | "MONOCHROME2") => {}
            Some("PALETTE COLOR") => return Err(FileError::Unsupported("it is a palette colour image")),
            _ => return Err(FileError::attribute("Photometric Interpretation", "is missing or not MONOCHROME1 or MONOCHROME2")),
        }
        if a.integer(tags::NUMBER_OF_FRAMES, "Number of Frames")?.is_some_and(|n| n > 1) {
            return Err(FileError::Unsupported("it holds several frames"));
        }
        let need = |tag, name: &'static str| {
            let value = a.integer(tag, name)?;
            value.ok_or_else(|| FileError::attribute(name, "is missing"))
        };
        let size = |tag, name: &'static str| match need(tag, name)? {
            n @ 1..=65_535 => Ok(n as u32),
            _ => Err(FileError::attribute(name, "is not 1 to 65535")),
        };
        let (rows, columns) = (size(tags::ROWS, "Rows")?, size(tags::COLUMNS, "Columns")?);
        let allocated = match need(tags::BITS_ALLOCATED, "Bits Allocated")? {
            8 => Allocated::Eight,
            16 => Allocated::Sixteen,
            1 => return Err(FileError::Unsupported("it has one bit a pixel")),
            32 | 64 => return Err(FileError::Unsupported("it has more than 16 bits a pixel")),
            _ => return Err(FileError::attribute("Bits Allocated", "is not 8 or 16")),
        };
        let bits = if allocated == Allocated::Eight { 8 } else { 16 };
        let stored = match need(tags::BITS_STORED, "Bits Stored")? {
            n if (1..=bits).contains(&n) => n as u8,
            _ => return Err(FileError::attribute("Bits Stored", "does not fit Bits Allocated")),
        };
        let high = a.integer(tags::HIGH_BIT, "High Bit")?.unwrap_or(i64::from(stored) - 1);
        if !(i64::from(stored) - 1..bits).contains(&high) {
            return Err(FileError::attribute("High Bit", "does not fit Bits Stored and Bits Allocated"));
        }
        let signed = match a.integer(tags::PIXEL_REPRESENTATION, "Pixel Representation")? {
            Some(0) | None => false,
            Some(1) => true,
            Some(_) => return Err(FileError::attribute("Pixel Representation", "is not 0 or 1")),
        };
        let shift = (high + 1 - i64::from(stored)) as u8;
        let format = StoredFormat { signed, bits_stored: stored };
        let swapped_pairs = big_endian && is_words && allocated == Allocated::Eight;
        Ok(Self { columns, rows, allocated, shift, format, big_endian, swapped_pairs })
    }

    /// The layout that packages are written in: 16 bits, little endian, high bit where it belongs.
    pub(crate) const fn normal([columns, rows]: [u32; 2], format: StoredFormat) -> Self {
        Self { columns, rows, allocated: Allocated::Sixteen, shift: 0, format, big_endian: false, swapped_pairs: false }
    }

    pub(crate) const fn pixels(&self) -> u64 {
        self.columns as u64 * self.rows as u64
    }
    /// Bytes that the pixels need, without the even-length padding.
    pub(crate) const fn bytes(&self) -> u64 {
        match self.allocated {
            Allocated::Eight => self.pixels(),
            Allocated::Sixteen => self.pixels() * 2,
        }
    }

    /// The word of a raw sample: stored bits cut out, sign extended, offset binary.
    const fn word(&self, raw: u16) -> u16 {
        let unused = 16 - self.format.bits_stored as u32;
        let top = (raw >> self.shift) << unused;
        if self.format.signed { (((top as i16) >> unused) as u16) ^ 0x8000 } else { top >> unused }
    }

    /// Decodes pixel data into words. Stops at the shorter of the two.
    pub(crate) fn decode(&self, data: &[u8], into: &[AtomicU16]) {
        let store = |to: &AtomicU16, raw: u16| to.store(self.word(raw), Ordering::Relaxed);
        match self.allocated {
            Allocated::Sixteen if self.big_endian => {
                data.chunks_exact(2).zip(into).for_each(|(p, to)| store(to, u16::from_be_bytes([p[0], p[1]])));
            }
            Allocated::Sixteen => data.chunks_exact(2).zip(into).for_each(|(p, to)| store(to, u16::from_le_bytes([p[0], p[1]]))),
            Allocated::Eight => into.iter().enumerate().for_each(|(i, to)| {
                let at = if self.swapped_pairs { i ^ 1 } else { i };
                if let Some(b) = data.get(at) {
                    store(to, u16::from(*b));
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allocated: Allocated, stored: u8, high: u8, signed: bool, big_endian: bool, data: &[u8], expected: &[i32]) {
        let format = StoredFormat { signed, bits_stored: stored };
        let swapped_pairs = big_endian && allocated == Allocated::Eight;
        let l = PixelLayout { columns: 1, rows: 1, allocated, shift: high + 1 - stored, format, big_endian, swapped_pairs };
        let words: Vec<_> = expected.iter().map(|_| AtomicU16::new(0)).collect();
        l.decode(data, &words);
        let values: Vec<_> = words.iter().map(|w| format.stored(tiresias_words::StoredValue(w.load(Ordering::Relaxed)))).collect();
        assert_eq!(values, expected, "{l:?}");
    }

    #[test]
    fn stored_values_are_cut_out_and_sign_extended() {
        use Allocated::{Eight, Sixteen};
        check(Sixteen, 12, 11, false, false, &[0x23, 0xF1, 0xFF, 0x0F], &[0x123, 4095]);
        check(Sixteen, 12, 15, false, false, &[0x30, 0x12], &[0x123]);
        check(Sixteen, 12, 11, true, false, &[0x00, 0x08, 0xFF, 0x07, 0xFF, 0xFF], &[-2048, 2047, -1]);
        check(Sixteen, 16, 15, true, true, &[0x80, 0x00, 0x7F, 0xFF], &[-32768, 32767]);
        check(Sixteen, 16, 15, false, true, &[0xFF, 0xFE], &[65534]);
        check(Eight, 8, 7, false, false, &[0, 255, 7], &[0, 255, 7]);
        check(Eight, 8, 7, true, false, &[0x80, 0x7F], &[-128, 127]);
        check(Eight, 8, 7, false, true, &[1, 2, 3, 4], &[2, 1, 4, 3]);
        check(Eight, 1, 7, false, false, &[0x80, 0x7F], &[1, 0]);
    }
}
