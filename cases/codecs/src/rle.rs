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
    let mut apart = zeros::<u8>(extent.length)?;
    let mut surplus = false;
    for ((start, end), plane) in starts.iter().copied().zip(ends).zip(apart.chunks_exact_mut((extent.length / planes).max(1))) {
        if start < HEADER || end < start {
            return Err(damaged(Damage::Offset));
        }
        let segment = data.get(start..end).ok_or(damaged(Damage::Offset))?;
        surplus |= unpack(segment, plane).ok_or(damaged(Damage::Short))?;
    }
    Ok((interleaved(apart, planes, extent)?, surplus))
}

/// Samples of a pixel, and bytes of a sample, together that came one plane behind the other. The most significant byte of a sample came first
/// (PS3.5 G.2), and results are little endian.
fn interleaved(apart: Vec<u8>, planes: usize, extent: Extent) -> Result<Vec<u8>, CodecError> {
    if planes == 1 {
        return Ok(apart);
    }
    let mut out = zeros::<u8>(extent.length)?;
    let length = extent.length / planes;
    // Two planes are nearly all that exist, and the loop without a stride is many times faster.
    if planes == 2 && extent.bytes == 2 {
        let (high, low) = apart.split_at(length);
        out.as_chunks_mut().0.iter_mut().zip(low.iter().zip(high)).for_each(|(sample, (low, high))| *sample = [*low, *high]);
        return Ok(out);
    }
    for (number, plane) in apart.chunks_exact(length).enumerate() {
        let (sample, byte) = (number / extent.bytes, extent.bytes - 1 - number % extent.bytes);
        out.iter_mut().skip(sample * extent.bytes + byte).step_by(planes).zip(plane).for_each(|(place, value)| *place = *value);
    }
    Ok(out)
}

/// Fills a plane from a segment (PackBits, PS3.5 G.3.2) and tells whether it held more. `None` where it held less.
fn unpack(segment: &[u8], mut plane: &mut [u8]) -> Option<bool> {
    let mut bytes = Bytes(segment);
    while !plane.is_empty() {
        let control = bytes.u8()?.cast_signed();
        let count = usize::from(control.unsigned_abs()) + 1;
        // What the data cuts off is short; what the image cuts off is surplus.
        let (is_over, taken) = (count > plane.len(), count.min(plane.len()));
        match control {
            0.. => {
                let literal = bytes.take(count)?;
                let (place, rest) = plane.split_at_mut(taken);
                place.copy_from_slice(literal.get(..taken)?);
                plane = rest;
            }
            -127..=-1 => {
                let value = bytes.u8()?;
                let (place, rest) = plane.split_at_mut(taken);
                place.fill(value);
                plane = rest;
            }
            // No operation.
            -128 => continue,
        }
        if is_over {
            return Some(true);
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
