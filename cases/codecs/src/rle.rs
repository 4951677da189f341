//! RLE Lossless (PS3.5 A.4.2 and annex G): byte planes, each packed as runs.
//!
//! Owns: the whole of this coding; no foreign code takes part. Refuses: another number of planes than the image has, offsets that lead out of the data,
//! and planes that end early. Output is never longer than the image.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::error::{CodecError, Coding, Damage};
use crate::frame::{Extent, zeros};

/// The header: the number of segments and fifteen offsets (PS3.5 G.5).
const HEADER: usize = 64;
const MOST_SEGMENTS: usize = 15;

/// The samples, interleaved, and whether a segment held more than its plane.
///
/// 1-bit images are taken as one plane of packed bits: PS3.5 G.2 knows no other unit than bytes of the unpacked frame.
pub(crate) fn decode(data: &[u8], extent: Extent) -> Result<(Vec<u8>, bool), CodecError> {
    let damaged = |what| CodecError::Damaged(Coding::Rle, what);
    let planes = extent.samples * extent.bytes;
    let mut header = Bytes(data);
    let count = header.u32_le().ok_or(damaged(Damage::Header))?;
    if usize::try_from(count) != Ok(planes) || planes > MOST_SEGMENTS {
        return Err(CodecError::Segments { found: count, expected: u32::try_from(planes).unwrap_or(u32::MAX) });
    }
    let mut offsets = [0_usize; MOST_SEGMENTS];
    for offset in &mut offsets {
        *offset = header.u32_le().and_then(|o| usize::try_from(o).ok()).ok_or(damaged(Damage::Header))?;
    }
    let starts = offsets.get(..planes).unwrap_or_default();
    let ends = starts.iter().copied().skip(1).chain([data.len()]);
    let mut out = zeros::<u8>(extent.length)?;
    let mut surplus = false;
    for (plane, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        if start < HEADER || end < start {
            return Err(damaged(Damage::Offset));
        }
        let segment = data.get(start..end).ok_or(damaged(Damage::Offset))?;
        // The most significant byte of a sample comes first (PS3.5 G.2), and results are little endian.
        let (sample, byte) = (plane / extent.bytes, extent.bytes - 1 - plane % extent.bytes);
        let places = out.iter_mut().skip(sample * extent.bytes + byte).step_by(planes);
        surplus |= unpack(segment, places).ok_or(damaged(Damage::Short))?;
    }
    Ok((out, surplus))
}

/// Fills `places` from a segment (PackBits, PS3.5 G.3.2) and tells whether it held more. `None` where it held less.
fn unpack<'a>(segment: &[u8], mut places: impl ExactSizeIterator<Item = &'a mut u8>) -> Option<bool> {
    let mut bytes = Bytes(segment);
    while places.len() > 0 {
        let control = bytes.u8()?.cast_signed();
        match control {
            0.. => {
                let count = usize::from(control.unsigned_abs()) + 1;
                // A literal that the data cuts off is short; one that the image cuts off is surplus.
                let literal = bytes.take(count)?;
                if count > places.len() {
                    places.zip(literal).for_each(|(place, value)| *place = *value);
                    return Some(true);
                }
                literal.iter().zip(&mut places).for_each(|(value, place)| *place = *value);
            }
            -127..=-1 => {
                let count = usize::from(control.unsigned_abs()) + 1;
                let value = bytes.u8()?;
                let over = count > places.len();
                (&mut places).take(count).for_each(|place| *place = value);
                if over {
                    return Some(true);
                }
            }
            // No operation.
            -128 => {}
        }
    }
    // Segments are padded to even length; what is more must at least say nothing.
    Some(bytes.0.len() > 1 && bytes.0.iter().any(|byte| !matches!(byte, 0 | 0x80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(pixels: usize, samples: usize, bytes: usize) -> Extent {
        Extent { pixels, samples, bytes, bits: 8, length: pixels * samples * bytes }
    }

    /// A frame of these segments.
    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut out = (segments.len() as u32).to_le_bytes().to_vec();
        let mut at = HEADER as u32;
        for i in 0..MOST_SEGMENTS {
            let segment = segments.get(i);
            out.extend(segment.map_or(0, |_| at).to_le_bytes());
            at += segment.map_or(0, |s| s.len() as u32);
        }
        segments.iter().for_each(|s| out.extend_from_slice(s));
        out
    }

    #[test]
    fn the_high_byte_comes_first() {
        let data = frame(&[b"\x01\x01\x02", b"\xFF\x07\x00"]);
        assert_eq!(decode(&data, extent(2, 1, 2)), Ok((vec![7, 1, 7, 2], false)));
        let colour = frame(&[b"\xFF\x01", b"\x80\xFF\x02", b"\x01\x03\x04"]);
        assert_eq!(decode(&colour, extent(2, 3, 1)), Ok((vec![1, 2, 3, 1, 2, 4], false)));
    }

    #[test]
    fn too_little_is_refused_and_too_much_is_told() {
        assert_eq!(decode(&frame(&[b"\x01\x01"]), extent(2, 1, 1)), Err(CodecError::Damaged(Coding::Rle, Damage::Short)));
        assert_eq!(decode(&frame(&[b"\xFF\x01"]), extent(3, 1, 1)), Err(CodecError::Damaged(Coding::Rle, Damage::Short)));
        assert_eq!(decode(&frame(&[b"\xFE\x05"]), extent(2, 1, 1)), Ok((vec![5, 5], true)));
        assert_eq!(decode(&frame(&[b"\x02\x01\x02\x03"]), extent(2, 1, 1)), Ok((vec![1, 2], true)));
        assert_eq!(decode(&frame(&[b"\xFF\x05\0\0\0"]), extent(2, 1, 1)), Ok((vec![5, 5], false)));
        assert_eq!(decode(&frame(&[b"\xFF\x05"]), extent(2, 1, 2)), Err(CodecError::Segments { found: 1, expected: 2 }));
        assert_eq!(decode(b"\x01\0\0", extent(2, 1, 1)), Err(CodecError::Damaged(Coding::Rle, Damage::Header)));
        let mut beyond = frame(&[b"\xFF\x05"]);
        beyond[5] = 0xFF;
        assert_eq!(decode(&beyond, extent(2, 1, 1)), Err(CodecError::Damaged(Coding::Rle, Damage::Offset)));
    }
}
