//! Which bytes of the pixel data belong to which frame (PS3.5 A.4; PS3.3 C.7.6.3.1.8).
//!
//! Owns: Extended and Basic Offset Tables, one fragment a frame, one frame in many fragments, and where no table says, the start marks of the compressed
//! frames. A table that contradicts the fragments is left aside with a warning. Refuses: guessing; frames that cannot be told apart are not shown.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::greyscale::warn;
use crate::layout::PixelValue;
use crate::pixel_module::{PixelModule, Sample};
use dicom_dictionary_std::tags;
use tiresias_codecs::TransferSyntax;

/// Where each frame's bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FrameTable {
    /// One behind the other from this offset.
    Native(u64),
    /// Offset and length of each fragment, and the number of the first fragment of each frame.
    Encapsulated { fragments: Vec<(u64, u32)>, starts: Vec<u32> },
}

/// The bytes of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FrameBytes {
    /// Offset and length; a one-bit frame may begin within its first byte.
    Native { offset: u64, length: u64, first_bit: u32 },
    /// Offset and length of the parts to join.
    Encapsulated(Vec<(u64, u32)>),
}

/// Native images end with their bytes; compressed ones cannot be this much smaller than what they show.
const HONEST_RATIO: u64 = 2_000;
/// And up to this many bytes nobody asks.
const HARMLESS: u64 = 16 << 20;

impl FrameTable {
    /// Finds the frames. `peek` reads the first bytes of a fragment, and is asked only where no table tells the frames apart.
    pub(crate) fn find(
        value: &PixelValue,
        a: &Attributes,
        module: &PixelModule,
        syntax: TransferSyntax,
        file_length: u64,
        peek: &mut dyn FnMut(u64, u64) -> Result<Vec<u8>, FileError>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, FileError> {
        match value {
            PixelValue::Native { offset, length } => {
                let needed = module.native_bytes();
                if *length < needed {
                    return Err(FileError::Truncated("its pixel data"));
                }
                if *length > needed + 1 {
                    warn(warnings, "the pixel data is longer than the image; what is beyond is not shown");
                }
                Ok(Self::Native(*offset))
            }
            PixelValue::Encapsulated { table, base, fragments } => {
                let size = module.sample.bytes(module.samples()).saturating_mul(u64::from(module.frames));
                if size > HARMLESS && size / HONEST_RATIO > file_length {
                    return Err(FileError::Damaged("it is too short to hold images of the size that it states"));
                }
                if fragments.is_empty() {
                    return Err(FileError::Damaged("its pixel data holds no fragment"));
                }
                let found = [extended(a, *base, fragments, module, warnings), basic(table, *base, fragments, module, warnings)];
                let starts = match found.into_iter().flatten().next() {
                    Some(starts) => starts,
                    None => without_table(fragments, module, syntax, peek)?,
                };
                Ok(Self::Encapsulated { fragments: fragments.clone(), starts })
            }
        }
    }

    /// The bytes of frame `frame` (from 0); `None` beyond the last.
    pub(crate) fn bytes(&self, module: &PixelModule, frame: usize) -> Option<FrameBytes> {
        let number = u64::try_from(frame).ok().filter(|f| *f < u64::from(module.frames))?;
        match self {
            Self::Native(offset) if module.sample == Sample::Bit => {
                let (first, count) = (number * module.samples(), module.samples());
                let (from, to) = (first / 8, (first + count).div_ceil(8));
                Some(FrameBytes::Native { offset: offset + from, length: to - from, first_bit: (first % 8) as u32 })
            }
            Self::Native(offset) => {
                let length = module.frame_bytes();
                Some(FrameBytes::Native { offset: offset + number * length, length, first_bit: 0 })
            }
            Self::Encapsulated { fragments, starts } => {
                let from = *starts.get(frame)? as usize;
                let to = starts.get(frame + 1).map_or(fragments.len(), |n| *n as usize);
                Some(FrameBytes::Encapsulated(fragments.get(from..to)?.to_vec()))
            }
        }
    }
}

/// First fragments from offsets behind the Basic Offset Table's item to items; `None` when one of them is no item.
fn starts_of(offsets: impl Iterator<Item = u64>, base: u64, fragments: &[(u64, u32)]) -> Option<Vec<u32>> {
    // A fragment's item begins eight bytes before its value.
    let item = |offset: u64| fragments.binary_search_by_key(&(base + offset + 8), |(at, _)| *at).ok().and_then(|i| u32::try_from(i).ok());
    let starts: Vec<u32> = offsets.map(item).collect::<Option<_>>()?;
    let rises = starts.windows(2).all(|w| matches!(w, [a, b] if a < b));
    (starts.first() == Some(&0) && rises).then_some(starts)
}

fn extended(a: &Attributes, base: u64, fragments: &[(u64, u32)], module: &PixelModule, warnings: &mut Vec<String>) -> Option<Vec<u32>> {
    let offsets = a.very_long(tags::EXTENDED_OFFSET_TABLE);
    if offsets.is_empty() {
        return None;
    }
    let starts = starts_of(offsets.iter().copied().map(|o| o.min(1 << 62)), base, fragments).filter(|s| s.len() == module.frames as usize);
    if starts.is_none() {
        warn(warnings, "the Extended Offset Table contradicts the fragments and is left aside");
    }
    starts
}

fn basic(table: &[u32], base: u64, fragments: &[(u64, u32)], module: &PixelModule, warnings: &mut Vec<String>) -> Option<Vec<u32>> {
    if table.is_empty() {
        return None;
    }
    let starts = starts_of(table.iter().map(|o| u64::from(*o)), base, fragments).filter(|s| s.len() == module.frames as usize);
    if starts.is_none() {
        warn(warnings, "the Basic Offset Table contradicts the fragments and is left aside");
    }
    starts
}

fn without_table(
    fragments: &[(u64, u32)],
    module: &PixelModule,
    syntax: TransferSyntax,
    peek: &mut dyn FnMut(u64, u64) -> Result<Vec<u8>, FileError>,
) -> Result<Vec<u32>, FileError> {
    let (frames, count) = (module.frames as usize, fragments.len());
    if frames == 1 {
        return Ok(vec![0]);
    }
    if frames == count {
        return Ok((0..module.frames).collect());
    }
    let mark: &[u8] = match syntax {
        TransferSyntax::Jpeg2000Lossless
        | TransferSyntax::Jpeg2000
        | TransferSyntax::Jpeg2000PartTwoLossless
        | TransferSyntax::Jpeg2000PartTwo
        | TransferSyntax::Htj2kLossless
        | TransferSyntax::Htj2kLosslessRpcl
        | TransferSyntax::Htj2k => &[0xFF, 0x4F, 0xFF, 0x51],
        // RLE frames are always one fragment (PS3.5 A.4.2).
        TransferSyntax::RleLossless | TransferSyntax::DeflatedFrame => &[],
        _ => &[0xFF, 0xD8, 0xFF],
    };
    let mut starts = Vec::new();
    if frames < count && !mark.is_empty() {
        for (number, (offset, length)) in (0u32..).zip(fragments) {
            if u64::from(*length) >= mark.len() as u64 && peek(*offset, mark.len() as u64)? == mark {
                starts.push(number);
            }
        }
    }
    if starts.len() == frames && starts.first() == Some(&0) {
        Ok(starts)
    } else {
        Err(FileError::Damaged("its frames cannot be told apart: there is no offset table, and not one fragment for each"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel_module::Photometric;
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::InMemDicomObject;

    fn module(frames: u32, sample: Sample) -> PixelModule {
        PixelModule {
            columns: 3,
            rows: 3,
            frames,
            photometric: Photometric::Monochrome2,
            sample,
            planar: false,
            big_endian: false,
            swapped_pairs: false,
            stated: None,
        }
    }
    const EIGHT: Sample = Sample::Short { allocated: 8, stored: 8, shift: 0, signed: false };

    fn find(table: Vec<u32>, lengths: &[u32], frames: u32, a: Option<Vec<u64>>, marked: &[u32]) -> (Result<Vec<u32>, FileError>, usize) {
        let base = 100;
        let mut at = base;
        let fragments: Vec<(u64, u32)> = lengths
            .iter()
            .map(|l| {
                at += 8 + u64::from(*l);
                (at - u64::from(*l), *l)
            })
            .collect();
        let elements = a.map(|v| DataElement::new(tags::EXTENDED_OFFSET_TABLE, VR::OV, PrimitiveValue::U64(v.into())));
        let a = Attributes::new(InMemDicomObject::from_element_iter(elements));
        let places = fragments.clone();
        let mut peek = |offset: u64, length: u64| {
            let number = places.iter().position(|(at, _)| *at == offset).unwrap() as u32;
            Ok(if marked.contains(&number) { vec![0xFF, 0xD8, 0xFF] } else { vec![0; length as usize] })
        };
        let mut warnings = Vec::new();
        let value = PixelValue::Encapsulated { table, base, fragments };
        let found = FrameTable::find(&value, &a, &module(frames, EIGHT), TransferSyntax::JpegBaseline, 1000, &mut peek, &mut warnings);
        let starts = found.map(|t| match t {
            FrameTable::Encapsulated { starts, .. } => starts,
            FrameTable::Native(_) => panic!("native"),
        });
        (starts, warnings.len())
    }

    #[test]
    fn tables_and_marks_tell_frames_apart() {
        assert_eq!(find(vec![0, 24], &[4, 4, 6], 2, None, &[]), (Ok(vec![0, 2]), 0));
        assert_eq!(find(vec![], &[4, 4, 6], 2, Some(vec![0, 12]), &[]), (Ok(vec![0, 1]), 0));
        assert_eq!(find(vec![], &[4, 4, 6], 3, None, &[]), (Ok(vec![0, 1, 2]), 0));
        assert_eq!(find(vec![], &[4, 4, 6], 1, None, &[]), (Ok(vec![0]), 0));
        assert_eq!(find(vec![], &[4, 4, 6], 2, None, &[0, 1]), (Ok(vec![0, 1]), 0));
        assert!(find(vec![], &[4, 4, 6], 2, None, &[0]).0.is_err());
        assert!(find(vec![], &[4], 2, None, &[0]).0.is_err());
    }

    #[test]
    fn tables_that_lie_are_left_aside() {
        assert_eq!(find(vec![0, 99], &[4, 4], 2, None, &[]), (Ok(vec![0, 1]), 1));
        assert_eq!(find(vec![0, 12, 24], &[4, 4], 2, None, &[]), (Ok(vec![0, 1]), 1));
        assert_eq!(find(vec![12, 0], &[4, 4], 2, Some(vec![7, u64::MAX]), &[]), (Ok(vec![0, 1]), 2));
    }

    #[test]
    fn native_frames_follow_each_other() {
        let a = Attributes::new(InMemDicomObject::new_empty());
        let mut peek = |_: u64, _: u64| Ok(vec![]);
        let mut find = |length, sample| {
            let value = PixelValue::Native { offset: 50, length };
            FrameTable::find(&value, &a, &module(3, sample), TransferSyntax::ExplicitLittle, 500, &mut peek, &mut vec![])
        };
        assert!(find(26, EIGHT).is_err());
        let table = find(28, EIGHT).unwrap();
        assert_eq!(table.bytes(&module(3, EIGHT), 2), Some(FrameBytes::Native { offset: 68, length: 9, first_bit: 0 }));
        assert_eq!(table.bytes(&module(3, EIGHT), 3), None);
        let bits = find(4, Sample::Bit).unwrap();
        assert_eq!(bits.bytes(&module(3, Sample::Bit), 1), Some(FrameBytes::Native { offset: 51, length: 2, first_bit: 1 }));
    }
}
