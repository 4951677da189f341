//! From the bytes of a frame to stored values (PS3.5 8.1, PS3.3 C.7.6.3.1).
//!
//! Owns: native samples of every width and byte order, cutting out the stored bits and extending the sign, and the same for what a codec gave.
//! Refuses: colour spaces, palettes and grey scales, which come after; bytes of another length than the description asks for.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::pixel_module::{Photometric, PixelModule, Sample};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU16, Ordering};
use tiresias_codecs::DecodedFrame;

/// The stored values of one frame, rows from the top. Of colour images all samples of a pixel together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Samples {
    /// One sample a pixel, as 16-bit words of [`tiresias_words::StoredFormat`]: offset binary when the data are signed.
    Words(Vec<u16>),
    /// Signed 32 bits.
    Int32(Vec<i32>),
    /// Unsigned 32 bits.
    Uint32(Vec<u32>),
    /// Float Pixel Data.
    Float32(Vec<f32>),
    /// Double Float Pixel Data.
    Float64(Vec<f64>),
    /// Three samples a pixel, as the data set describes them.
    Colour(Vec<u16>),
}

impl Samples {
    /// The bytes whose SHA-256 is a frame's hash: little-endian 32-bit integers, floats as they are.
    pub(crate) fn canonical(&self, signed: bool) -> Vec<u8> {
        let offset = if signed { 0x8000 } else { 0 };
        match self {
            Self::Words(v) => v.iter().flat_map(|w| (i32::from(*w) - offset).to_le_bytes()).collect(),
            Self::Colour(v) => v.iter().flat_map(|w| u32::from(*w).to_le_bytes()).collect(),
            Self::Int32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Uint32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Float32(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Self::Float64(v) => v.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }
}

impl Samples {
    /// Shows each stored value of a grey frame to `see`. `offset` is that of its words ([`tiresias_words::StoredFormat::offset`]).
    pub(crate) fn each(&self, offset: i32, see: impl FnMut(f64)) {
        match self {
            Self::Words(v) => v.iter().map(|w| f64::from(i32::from(*w) + offset)).for_each(see),
            Self::Int32(v) => v.iter().map(|x| f64::from(*x)).for_each(see),
            Self::Uint32(v) => v.iter().map(|x| f64::from(*x)).for_each(see),
            Self::Float32(v) => v.iter().map(|x| f64::from(*x)).for_each(see),
            Self::Float64(v) => v.iter().copied().for_each(see),
            Self::Colour(_) => {}
        }
    }
}

/// The word of a raw sample: stored bits cut out, sign extended, offset binary.
const fn word(raw: u16, stored: u8, shift: u8, signed: bool) -> u16 {
    let unused = 16 - stored as u32;
    let top = (raw >> shift) << unused;
    if signed { (((top as i16) >> unused) as u16) ^ 0x8000 } else { top >> unused }
}

/// The stored value of a raw 32-bit sample; signed ones as their two's complement.
const fn long(raw: u32, stored: u8, shift: u8, signed: bool) -> u32 {
    let unused = 32 - stored as u32;
    let top = (raw >> shift) << unused;
    if signed { ((top as i32) >> unused) as u32 } else { top >> unused }
}

fn wide(raw: impl Iterator<Item = u32>, stored: u8, shift: u8, signed: bool) -> Samples {
    let values = raw.map(|r| long(r, stored, shift, signed));
    if signed { Samples::Int32(values.map(u32::cast_signed).collect()) } else { Samples::Uint32(values.collect()) }
}

/// Stored values of a native frame. `data` holds the frame's bytes; of one-bit samples it begins with the byte in which the frame does, `first_bit` bits up.
pub(crate) fn native(module: &PixelModule, data: &[u8], first_bit: u32) -> Result<Samples, FileError> {
    let count = usize::try_from(module.samples()).map_err(|_| FileError::Truncated("its pixel data"))?;
    let needed = match module.sample {
        Sample::Bit => (count + first_bit as usize).div_ceil(8),
        _ => usize::try_from(module.frame_bytes()).unwrap_or(usize::MAX),
    };
    if data.len() < needed {
        return Err(FileError::Truncated("its pixel data"));
    }
    let data = &*in_order(module, data);
    let big = module.big_endian;
    Ok(match module.sample {
        Sample::Bit => {
            let bit = |i: usize| data.get(i / 8).is_some_and(|b| b >> (i % 8) & 1 == 1);
            Samples::Words((0..count).map(|i| u16::from(bit(i + first_bit as usize))).collect())
        }
        Sample::Short { allocated, stored, shift, signed } => {
            let raw: Vec<u16> = if allocated == 8 {
                data.iter().map(|b| u16::from(*b)).collect()
            } else {
                arrays(data).map(|b| if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }).collect()
            };
            let raw = if module.photometric == Photometric::YbrFull422 { spread_422(module, &raw) } else { raw };
            short(module, raw, module.planar, stored, shift, signed, count)
        }
        Sample::Long { stored, shift, signed } => {
            wide(arrays(data).map(|b| if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }).take(count), stored, shift, signed)
        }
        Sample::Float => {
            Samples::Float32(arrays(data).map(|b| if big { f32::from_be_bytes(b) } else { f32::from_le_bytes(b) }).take(count).collect())
        }
        Sample::Double => {
            Samples::Float64(arrays(data).map(|b| if big { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) }).take(count).collect())
        }
    })
}

/// Whether a native frame is one little endian 16-bit sample after the other, so that [`put_native`] can write it without memory of its own.
pub(crate) const fn is_words(module: &PixelModule) -> bool {
    matches!(module.sample, Sample::Short { allocated: 16, .. }) && !module.big_endian && module.samples_per_pixel() == 1
}

/// Writes the words of raw samples of which [`is_words`] is true, the same as [`native`] gives. `data` may be any part of a frame.
pub(crate) fn put_native(module: &PixelModule, data: &[u8], to: &[AtomicU16]) {
    let Sample::Short { stored, shift, signed, .. } = module.sample else { return };
    put(data, u16::from_le_bytes, stored, shift, signed, to);
}

/// Words that are made at a time. Made apart, they are made many at once, which what is written word by word is not.
const STRIP: usize = 1024;

/// Writes the words of raw samples of `N` bytes each, of which `raw` makes a number.
fn put<const N: usize>(data: &[u8], raw: impl Fn([u8; N]) -> u16, stored: u8, shift: u8, signed: bool, to: &[AtomicU16]) {
    let mut strip = [0; STRIP];
    for (to, data) in to.chunks(STRIP).zip(data.chunks(STRIP * N)) {
        let (samples, _) = data.as_chunks();
        strip.iter_mut().zip(samples).for_each(|(w, sample)| *w = word(raw(*sample), stored, shift, signed));
        to.iter().zip(&strip).take(samples.len()).for_each(|(to, w)| to.store(*w, Ordering::Relaxed));
    }
}

/// Whether what a codec gives of a frame is one sample of at most 16 bits after the other, so that [`put_decoded`] can write it.
pub(crate) const fn gives_words(module: &PixelModule) -> bool {
    matches!(module.sample, Sample::Short { .. }) && module.samples_per_pixel() == 1
}

/// Writes the words of what a codec gave of a frame of which [`gives_words`] is true, the same as [`decoded`] gives. `data` may be any part of it.
pub(crate) fn put_decoded(module: &PixelModule, frame: &DecodedFrame, data: &[u8], to: &[AtomicU16]) {
    let Sample::Short { stored, signed, .. } = module.sample else { return };
    match frame.bytes_per_sample {
        1 => put(data, |[byte]| byte.into(), stored, 0, signed, to),
        _ => put(data, u16::from_le_bytes, stored, 0, signed, to),
    }
}

/// One bit, counted from the lowest, of every raw sample of a native frame with one sample a pixel: where retired overlays lie, outside the stored bits.
pub(crate) fn raw_bit(module: &PixelModule, data: &[u8], bit: u8) -> Result<Vec<bool>, FileError> {
    let count = usize::try_from(module.pixels()).map_err(|_| FileError::Truncated("its pixel data"))?;
    let data = &*in_order(module, data);
    let width = usize::from(module.sample.allocated() / 8).max(1);
    // The byte of a sample that holds the bit.
    let low = usize::from(bit / 8);
    let byte = if module.big_endian { width.checked_sub(low + 1) } else { Some(low) };
    let lit = |sample: &[u8]| byte.and_then(|b| sample.get(b)).is_some_and(|b| b >> (bit % 8) & 1 == 1);
    let bits: Vec<bool> = data.chunks_exact(width).take(count).map(lit).collect();
    if bits.len() == count { Ok(bits) } else { Err(FileError::Truncated("its pixel data")) }
}

/// Stored values of what a codec gave: its samples lie in the low bits, whatever High Bit says of the data set's own layout.
pub(crate) fn decoded(module: &PixelModule, frame: &DecodedFrame) -> Result<Samples, FileError> {
    let wrong = FileError::Damaged("its compressed pixels are not what its description says");
    let count = usize::try_from(module.samples()).map_err(|_| wrong.clone())?;
    let raw = |n: usize| match frame.bytes_per_sample {
        1 => Some(frame.data.iter().map(|b| u32::from(*b)).take(n).collect::<Vec<_>>()),
        2 => Some(arrays(&frame.data).map(|b| u32::from(u16::from_le_bytes(b))).take(n).collect()),
        4 => Some(arrays(&frame.data).map(u32::from_le_bytes).take(n).collect()),
        _ => None,
    };
    if module.sample == Sample::Bit {
        // One-bit frames are packed, each from a byte of its own, or a codec that knows no bits gave a byte for each.
        let packed = frame.precision == 1 && frame.data.len() < count;
        return if packed {
            native(&PixelModule { swapped_pairs: false, big_endian: false, ..*module }, &frame.data, 0)
        } else {
            let values = raw(count).filter(|v| v.len() == count).ok_or(wrong)?;
            Ok(Samples::Words(values.into_iter().map(|v| u16::from(v != 0)).collect()))
        };
    }
    match (module.sample, frame.bytes_per_sample) {
        (Sample::Short { stored, signed, .. }, 1 | 2) => {
            let raw: Vec<u16> = if frame.bytes_per_sample == 1 {
                frame.data.iter().map(|b| u16::from(*b)).take(count).collect()
            } else {
                arrays(&frame.data).map(u16::from_le_bytes).take(count).collect()
            };
            if raw.len() == count { Ok(short(module, raw, frame.planar, stored, 0, signed, count)) } else { Err(wrong) }
        }
        (Sample::Long { stored, signed, .. }, _) => {
            let values = raw(count).filter(|v| v.len() == count).ok_or(wrong)?;
            Ok(wide(values.into_iter(), stored, 0, signed))
        }
        _ => Err(wrong),
    }
}

/// Whether every one of these samples that a codec gave fits the bits that the description says are stored: codestreams often state more bits than they use.
pub(crate) fn fits(module: &PixelModule, frame: &DecodedFrame, data: &[u8]) -> bool {
    let (stored, precision) = (u32::from(module.sample.stored()), u32::from(frame.precision));
    if precision <= stored || precision > 32 {
        return true;
    }
    let signed = module.sample.signed();
    // Sign-extended from the codestream's bits, a value must be what is left when only the stored bits are kept.
    let extended = |v: u32, bits: u32| {
        if signed { ((v << (32 - bits)).cast_signed() >> (32 - bits)).cast_unsigned() } else { v << (32 - bits) >> (32 - bits) }
    };
    let one = |v: u32| extended(v, precision) == extended(v, stored);
    match frame.bytes_per_sample {
        1 => data.iter().all(|b| one(u32::from(*b))),
        2 => arrays(data).all(|b| one(u32::from(u16::from_le_bytes(b)))),
        _ => arrays(data).all(|b| one(u32::from_le_bytes(b))),
    }
}

/// Words of raw 16-bit samples: one a pixel, or three, brought together where they came in planes.
fn short(module: &PixelModule, raw: Vec<u16>, planar: bool, stored: u8, shift: u8, signed: bool, count: usize) -> Samples {
    let cut = |r: u16| word(r, stored, shift, signed);
    if module.samples_per_pixel() == 1 {
        return Samples::Words(raw.into_iter().take(count).map(cut).collect());
    }
    if !planar {
        return Samples::Colour(raw.into_iter().take(count).map(cut).collect());
    }
    let plane = count / 3;
    let pixels = raw.iter().zip(raw.iter().skip(plane)).zip(raw.iter().skip(2 * plane)).take(plane);
    Samples::Colour(pixels.flat_map(|((r, g), b)| [cut(*r), cut(*g), cut(*b)]).collect())
}

/// Y Cb Cr for every pixel from Y Y Cb Cr for every two.
fn spread_422(module: &PixelModule, raw: &[u16]) -> Vec<u16> {
    let columns = module.columns as usize;
    let mut out = Vec::with_capacity(raw.len() / 2 * 3);
    for row in raw.chunks_exact(columns.div_ceil(2) * 4) {
        let pixels = row.chunks_exact(4).filter_map(|q| <[u16; 4]>::try_from(q).ok());
        out.extend(pixels.flat_map(|[y0, y1, cb, cr]| [[y0, cb, cr], [y1, cb, cr]]).take(columns).flatten());
    }
    out
}

fn arrays<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
    data.as_chunks().0.iter().copied()
}

fn in_order<'a>(module: &PixelModule, data: &'a [u8]) -> Cow<'a, [u8]> {
    if !module.swapped_pairs {
        return Cow::Borrowed(data);
    }
    let mut out = data.to_vec();
    out.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(photometric: Photometric, sample: Sample, columns: u32, big_endian: bool) -> PixelModule {
        let swapped_pairs = big_endian && sample.allocated() <= 8;
        PixelModule { columns, rows: 1, frames: 1, photometric, sample, planar: false, big_endian, swapped_pairs, stated: None }
    }

    fn check(allocated: u8, stored: u8, high: u8, signed: bool, big_endian: bool, data: &[u8], expected: &[i32]) {
        let sample = Sample::Short { allocated, stored, shift: high + 1 - stored, signed };
        let m = module(Photometric::Monochrome2, sample, expected.len() as u32, big_endian);
        let canonical = native(&m, data, 0).unwrap().canonical(signed);
        let values: Vec<i32> = canonical.chunks_exact(4).map(|c| i32::from_le_bytes(c.try_into().unwrap())).collect();
        assert_eq!(values, expected, "{m:?}");
    }

    #[test]
    fn stored_values_are_cut_out_and_sign_extended() {
        check(16, 12, 11, false, false, &[0x23, 0xF1, 0xFF, 0x0F], &[0x123, 4095]);
        check(16, 12, 15, false, false, &[0x30, 0x12], &[0x123]);
        check(16, 12, 11, true, false, &[0x00, 0x08, 0xFF, 0x07, 0xFF, 0xFF], &[-2048, 2047, -1]);
        check(16, 16, 15, true, true, &[0x80, 0x00, 0x7F, 0xFF], &[-32768, 32767]);
        check(16, 16, 15, false, true, &[0xFF, 0xFE], &[65534]);
        check(8, 8, 7, false, false, &[0, 255, 7], &[0, 255, 7]);
        check(8, 8, 7, true, false, &[0x80, 0x7F], &[-128, 127]);
        check(8, 8, 7, false, true, &[1, 2, 3, 4], &[2, 1, 4, 3]);
        check(8, 1, 7, false, false, &[0x80, 0x7F], &[1, 0]);
    }

    #[test]
    fn words_that_are_put_in_place_are_those_of_the_frame() {
        let data: Vec<u8> = (0..=u16::MAX).step_by(7).flat_map(u16::to_le_bytes).collect();
        for (stored, high, signed) in [(16, 15, false), (16, 15, true), (12, 11, false), (12, 11, true), (10, 13, true), (12, 15, false)] {
            let sample = Sample::Short { allocated: 16, stored, shift: high + 1 - stored, signed };
            let m = module(Photometric::Monochrome2, sample, data.len() as u32 / 2, false);
            let to: Vec<AtomicU16> = data.chunks(2).map(|_| AtomicU16::new(0)).collect();
            put_native(&m, &data, &to);
            assert!(is_words(&m));
            assert_eq!(native(&m, &data, 0), Ok(Samples::Words(to.iter().map(|w| w.load(Ordering::Relaxed)).collect())), "{m:?}");
        }
        let eight = Sample::Short { allocated: 8, stored: 8, shift: 0, signed: false };
        let twelve = Sample::Short { allocated: 16, stored: 12, shift: 0, signed: false };
        assert!(
            !is_words(&module(Photometric::Monochrome2, eight, 1, false)) && !is_words(&module(Photometric::Monochrome2, twelve, 1, true))
        );
        assert!(!is_words(&module(Photometric::Rgb, twelve, 1, false)));
    }

    #[test]
    fn raw_bits_are_found_outside_the_stored_ones() {
        let short = |allocated| Sample::Short { allocated, stored: 4, shift: 0, signed: false };
        let bits =
            |allocated, big, data: &[u8], bit| raw_bit(&module(Photometric::Monochrome2, short(allocated), 2, big), data, bit).unwrap();
        assert_eq!(bits(16, false, &[0x0F, 0x10, 0xFF, 0xEF], 12), [true, false]);
        assert_eq!(bits(16, true, &[0x10, 0x0F, 0xEF, 0xFF], 12), [true, false]);
        assert_eq!(bits(16, false, &[0x80, 0, 0, 0x80], 7), [true, false]);
        // 8-bit samples in big endian words change places.
        assert_eq!((bits(8, false, &[0x40, 0], 6), bits(8, true, &[0x40, 0], 6)), (vec![true, false], vec![false, true]));
        assert!(raw_bit(&module(Photometric::Monochrome2, short(16), 2, false), &[0; 3], 15).is_err());
    }

    #[test]
    fn wide_and_floating_samples() {
        let long = Sample::Long { stored: 24, shift: 8, signed: true };
        let m = module(Photometric::Monochrome2, long, 2, false);
        assert_eq!(native(&m, &[0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0], 0), Ok(Samples::Int32(vec![-1, 1])));
        let m = module(Photometric::Monochrome2, Sample::Float, 1, true);
        assert_eq!(native(&m, &1.5f32.to_be_bytes(), 0), Ok(Samples::Float32(vec![1.5])));
        assert!(native(&m, &[0; 3], 0).is_err());
    }

    #[test]
    fn more_bits_in_the_codestream_matter_only_when_they_are_used() {
        let decoded = |data: &[u16]| DecodedFrame {
            bytes_per_sample: 2,
            precision: 16,
            planar: false,
            colour: tiresias_codecs::DecodedColour::AsDeclared,
            signed: None,
            data: data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            warnings: vec![],
        };
        let short = |stored, signed| module(Photometric::Monochrome2, Sample::Short { allocated: 16, stored, shift: 0, signed }, 1, false);
        let all_fit = |m: &PixelModule, data: &[u16]| {
            let frame = decoded(data);
            fits(m, &frame, &frame.data)
        };
        assert!(all_fit(&short(12, false), &[4095]) && !all_fit(&short(12, false), &[4096]));
        assert!(all_fit(&short(12, true), &[0xF800, 0x07FF]) && !all_fit(&short(12, true), &[0x0800]));
    }

    #[test]
    fn bits_run_on_across_bytes() {
        let m = module(Photometric::Monochrome2, Sample::Bit, 9, false);
        assert_eq!(native(&m, &[0b1000_0001, 0b1], 0), Ok(Samples::Words(vec![1, 0, 0, 0, 0, 0, 0, 1, 1])));
        // The second frame of nine pixels begins one bit up in the second byte.
        assert_eq!(native(&m, &[0b0000_0010, 0b10], 1), Ok(Samples::Words(vec![1, 0, 0, 0, 0, 0, 0, 0, 1])));
    }

    #[test]
    fn planes_and_shared_colour() {
        let eight = Sample::Short { allocated: 8, stored: 8, shift: 0, signed: false };
        let planar = PixelModule { planar: true, ..module(Photometric::Rgb, eight, 2, false) };
        assert_eq!(native(&planar, &[1, 2, 3, 4, 5, 6], 0), Ok(Samples::Colour(vec![1, 3, 5, 2, 4, 6])));
        let shared = module(Photometric::YbrFull422, eight, 3, false);
        let odd = native(&shared, &[10, 11, 1, 2, 12, 99, 3, 4], 0);
        assert_eq!(odd, Ok(Samples::Colour(vec![10, 1, 2, 11, 1, 2, 12, 3, 4])));
    }
}
