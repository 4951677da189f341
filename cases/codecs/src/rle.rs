//! RLE Lossless (PS3.5 A.4.2 and annex G): byte planes, each packed as runs.
//!
//! Owns: the whole of this coding. No foreign code takes part, so that it needs no worker: its time is bounded by the bytes of the data and of the image, and
//! its memory by a piece of each plane. Refuses: another number of planes than the image has, offsets that lead out of the data, and planes that end early.
//! Output is never longer than the image.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::error::{CodecError, Coding, Damage};
use crate::frame::{Extent, reserve, zeros};

/// The header: the number of segments and fifteen offsets (PS3.5 G.5).
const HEADER: usize = 64;
const MOST_SEGMENTS: usize = 15;
/// Bytes of a plane that are unpacked at a time: few enough that a piece of all planes stays in a core's cache.
const PIECE: usize = 16 << 10;

/// The samples, interleaved, and whether a segment held more than its plane.
pub(crate) fn decode(data: &[u8], extent: Extent) -> Result<(Vec<u8>, bool), CodecError> {
    let mut samples = reserve(extent.length)?;
    let surplus = decode_to(data, extent, |_, piece| samples.extend_from_slice(piece))?;
    Ok((samples, surplus))
}

/// Gives `put` the samples, interleaved: pieces in their order, each with the number of bytes before it, ending between pixels. Says whether a segment held
/// more than its plane. After an error what was put is worth nothing.
///
/// 1-bit images are taken as one plane of packed bits: PS3.5 G.2 knows no other unit than bytes of the unpacked frame.
pub(crate) fn decode_to(data: &[u8], extent: Extent, mut put: impl FnMut(usize, &[u8])) -> Result<bool, CodecError> {
    let mut segments = segments(data, extent)?;
    let planes = segments.len();
    let length = extent.length / planes.max(1);
    let piece = PIECE.min(length).max(1);
    let (mut apart, mut together) = (zeros::<u8>(piece * planes)?, zeros::<u8>(piece * planes)?);
    let mut at = 0;
    while at < length {
        let count = piece.min(length - at);
        for (segment, plane) in segments.iter_mut().zip(apart.chunks_exact_mut(piece)) {
            segment.fill(plane.get_mut(..count).unwrap_or_default()).ok_or(CodecError::Damaged(Coding::Rle, Damage::Short))?;
        }
        let together = together.get_mut(..count * planes).unwrap_or_default();
        interleave(&apart, piece, extent.bytes, together);
        put(at * planes, together);
        at += count;
    }
    Ok(segments.iter().any(Segment::holds_more))
}

/// The segments, one for each byte of a pixel.
fn segments(data: &[u8], extent: Extent) -> Result<Vec<Segment<'_>>, CodecError> {
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
    let segment = |(start, end): (usize, usize)| {
        let bytes = if start < HEADER || end < start { None } else { data.get(start..end) };
        Ok(Segment { bytes: Bytes(bytes.ok_or(damaged(Damage::Offset))?), begun: Begun::Literal(&[]) })
    };
    starts.iter().copied().zip(ends).map(segment).collect()
}

/// Puts the bytes of a pixel together that came one plane behind the other; a plane has room for `piece` of them. The most significant of a sample's `bytes`
/// came first (PS3.5 G.2), and results are little endian.
fn interleave(apart: &[u8], piece: usize, bytes: usize, together: &mut [u8]) {
    let planes = apart.len() / piece;
    if planes == 1 {
        together.copy_from_slice(apart.get(..together.len()).unwrap_or_default());
        return;
    }
    // Two planes are nearly all that exist, and the loop without a stride is many times faster.
    if planes == 2 && bytes == 2 {
        let (high, low) = apart.split_at(piece);
        together.as_chunks_mut().0.iter_mut().zip(low.iter().zip(high)).for_each(|(sample, (low, high))| *sample = [*low, *high]);
        return;
    }
    for (number, plane) in apart.chunks_exact(piece).enumerate() {
        let (sample, byte) = (number / bytes, bytes - 1 - number % bytes);
        together.iter_mut().skip(sample * bytes + byte).step_by(planes).zip(plane).for_each(|(place, value)| *place = *value);
    }
}

/// The bytes of a plane (PackBits, PS3.5 G.3.2) that are not yet unpacked.
struct Segment<'a> {
    bytes: Bytes<'a>,
    begun: Begun<'a>,
}

/// What is left of the run that the last piece of the plane ended in.
#[derive(Clone, Copy)]
enum Begun<'a> {
    Literal(&'a [u8]),
    Replicate(u8, usize),
}

impl<'a> Segment<'a> {
    /// Unpacks the next bytes of the plane. `None` where the data is cut off before them.
    fn fill(&mut self, mut place: &mut [u8]) -> Option<()> {
        while !place.is_empty() {
            match self.begun {
                Begun::Literal([]) | Begun::Replicate(_, 0) => self.begun = self.run()?,
                Begun::Literal(literal) => {
                    let (taken, left) = literal.split_at(literal.len().min(place.len()));
                    let (now, later) = place.split_at_mut(taken.len());
                    now.copy_from_slice(taken);
                    (place, self.begun) = (later, Begun::Literal(left));
                }
                Begun::Replicate(value, count) => {
                    let taken = count.min(place.len());
                    let (now, later) = place.split_at_mut(taken);
                    now.fill(value);
                    (place, self.begun) = (later, Begun::Replicate(value, count - taken));
                }
            }
        }
        Some(())
    }

    /// The next run.
    fn run(&mut self) -> Option<Begun<'a>> {
        let control = self.bytes.u8()?.cast_signed();
        let count = usize::from(control.unsigned_abs()) + 1;
        Some(match control {
            0.. => Begun::Literal(self.bytes.take(count)?),
            -127..=-1 => Begun::Replicate(self.bytes.u8()?, count),
            // No operation.
            -128 => Begun::Literal(&[]),
        })
    }

    /// Whether there is more than a filled plane has room for.
    fn holds_more(&self) -> bool {
        let is_over = !matches!(self.begun, Begun::Literal([]) | Begun::Replicate(_, 0));
        // Segments are padded to even length; what is more must at least say nothing.
        is_over || (self.bytes.0.len() > 1 && self.bytes.0.iter().any(|byte| !matches!(byte, 0 | 0x80)))
    }
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

    /// Planes of several pieces, with runs of both kinds across every border.
    #[test]
    fn pieces_are_the_whole() {
        let pixels = 2 * PIECE + 77;
        let plane = |seed: usize| -> (Vec<u8>, Vec<u8>) {
            let (mut packed, mut plain) = (Vec::new(), Vec::new());
            for n in 0_usize.. {
                let left = pixels - plain.len();
                if left == 0 {
                    break;
                }
                let count = (3 + (n * 7 + seed) % 126).min(left);
                if n.is_multiple_of(2) {
                    let literal: Vec<u8> = (0..count).map(|i| (i * 5 + n + seed) as u8).collect();
                    packed.push((count - 1) as u8);
                    packed.extend(&literal);
                    plain.extend(literal);
                } else {
                    packed.extend([(count - 1) as u8, (n + seed) as u8]);
                    let control = packed.len() - 2;
                    packed[control] = packed[control].wrapping_neg();
                    plain.extend(std::iter::repeat_n((n + seed) as u8, count));
                }
            }
            (packed, plain)
        };
        for (samples, bytes) in [(1, 1), (1, 2), (3, 1), (3, 2)] {
            let planes: Vec<_> = (0..samples * bytes).map(|p| plane(11 * p)).collect();
            let packed: Vec<&[u8]> = planes.iter().map(|(packed, _)| packed.as_slice()).collect();
            let expected: Vec<u8> = (0..pixels)
                .flat_map(|i| (0..samples * bytes).map(move |byte| (i, byte)))
                .map(|(i, byte)| planes[byte / bytes * bytes + bytes - 1 - byte % bytes].1[i])
                .collect();
            let mut given = Vec::new();
            let surplus = decode_to(&frame(&packed), extent(pixels, samples, bytes), |at, piece| {
                assert_eq!((at, piece.len() % (samples * bytes)), (given.len(), 0));
                given.extend_from_slice(piece);
            });
            assert_eq!(surplus, Ok(false), "{samples} samples of {bytes}");
            assert!(given == expected, "{samples} samples of {bytes}");
        }
    }
}
