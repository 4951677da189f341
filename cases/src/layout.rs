//! Where the elements of a data set lie in a file (PS3.5 chapter 7), and whether their lengths can be true.
//!
//! Walks the top level without keeping values, up to the pixel data, and copies out only the elements on the reading list: what a file says beyond that
//! (names, dates, private elements) never enters memory as a value, and no parser is handed a length that the file cannot honour.
//! Refuses: lengths beyond the end of the file, nesting deeper than 16, and more than 100,000 elements.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use dicom_core::Tag;
use std::io::{BufReader, Read, Seek};
use tiresias_codecs::DataSetEncoding;

const DEPTH: u32 = 16;
const ELEMENTS: u32 = 100_000;
/// The longest value on the reading list: a look-up table of 65,536 words, with room.
const KEPT: u64 = 1 << 20;

/// A source of bytes whose length is known.
pub(crate) struct Bytes<R> {
    inner: BufReader<R>,
    at: u64,
    len: u64,
}

impl<R: Read + Seek> Bytes<R> {
    pub(crate) fn new(inner: R, len: u64) -> Self {
        Self { inner: BufReader::with_capacity(8 << 10, inner), at: 0, len }
    }
    pub(crate) const fn position(&self) -> u64 {
        self.at
    }
    pub(crate) const fn left(&self) -> u64 {
        self.len.saturating_sub(self.at)
    }
    pub(crate) fn seek(&mut self, to: u64) -> Result<(), FileError> {
        let by = i64::try_from(i128::from(to) - i128::from(self.at)).map_err(|_| FileError::Damaged("a length is impossible"))?;
        self.inner.seek_relative(by)?;
        self.at = to;
        Ok(())
    }
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FileError> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }
    /// `count` bytes; the caller has checked the count against [`Self::left`].
    pub(crate) fn take(&mut self, count: u64) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(count).read_to_end(&mut bytes)?;
        self.at += read as u64;
        if read as u64 == count { Ok(bytes) } else { Err(FileError::Truncated("its data")) }
    }
    /// The next `N` bytes without moving on; `None` when fewer are left.
    pub(crate) fn peek<const N: usize>(&mut self) -> Result<Option<[u8; N]>, FileError> {
        if self.left() < N as u64 {
            return Ok(None);
        }
        let at = self.at;
        let bytes = self.array()?;
        self.seek(at)?;
        Ok(Some(bytes))
    }
}

/// How elements are written at some depth of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    /// The encoding of a data set; `None` for a compressed one, which has to be unpacked first.
    pub(crate) const fn of(set: DataSetEncoding) -> Option<Self> {
        match set {
            DataSetEncoding::ImplicitLittle => Some(Self { explicit: false, big_endian: false }),
            DataSetEncoding::ExplicitLittle => Some(Self { explicit: true, big_endian: false }),
            DataSetEncoding::ExplicitBig => Some(Self { explicit: true, big_endian: true }),
            DataSetEncoding::Deflated => None,
        }
    }
    const fn u16(self, b: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }
    const fn u32(self, b: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }
}

/// Tag, value representation (explicit only) and length of an element; its value follows.
pub(crate) struct Head {
    pub(crate) tag: Tag,
    pub(crate) vr: Option<[u8; 2]>,
    /// `None` is the undefined length.
    pub(crate) length: Option<u32>,
}

/// Reads an element's head. Item and delimiter tags have no value representation in any encoding (PS3.5 7.5).
pub(crate) fn head<R: Read + Seek>(bytes: &mut Bytes<R>, encoding: Encoding) -> Result<Head, FileError> {
    let group = encoding.u16(bytes.array()?);
    let tag = Tag(group, encoding.u16(bytes.array()?));
    let (vr, length) = if !encoding.explicit || group == 0xFFFE {
        (None, encoding.u32(bytes.array()?))
    } else {
        let vr: [u8; 2] = bytes.array()?;
        if !vr.iter().all(u8::is_ascii_uppercase) {
            return Err(FileError::Damaged("an element has no value representation"));
        }
        let length = if has_long_length(vr) {
            let _reserved: [u8; 2] = bytes.array()?;
            encoding.u32(bytes.array()?)
        } else {
            u32::from(encoding.u16(bytes.array()?))
        };
        (Some(vr), length)
    };
    Ok(Head { tag, vr, length: (length != u32::MAX).then_some(length) })
}

/// Value representations with a 32-bit length (PS3.5 7.1.2).
const fn has_long_length(vr: [u8; 2]) -> bool {
    matches!(&vr, b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV")
}

/// The pixel data element of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelData {
    pub(crate) tag: Tag,
    /// Offset of the first byte of the value from the start of the file.
    pub(crate) offset: u64,
    /// Bytes of the value; `None` when it is encapsulated.
    pub(crate) length: Option<u64>,
    /// Whether the value representation is OW, or unknown (implicit VR says OW): matters for 8-bit samples in big endian.
    pub(crate) is_words: bool,
}

/// Elements on the reading list, as they stand in the file, and the place of the pixel data.
pub(crate) struct Layout {
    pub(crate) kept: Vec<u8>,
    pub(crate) pixel_data: Option<PixelData>,
}

/// Walks from the current position to the pixel data or the end. `list` says which elements to keep; `sequences` which of them are sequences.
pub(crate) fn walk<R: Read + Seek>(bytes: &mut Bytes<R>, encoding: Encoding, list: &[Tag], sequences: &[Tag]) -> Result<Layout, FileError> {
    let mut kept = Vec::new();
    let mut budget = ELEMENTS;
    // Some writers pad the end of a file with less than one element head.
    while bytes.left() >= 8 {
        let start = bytes.position();
        let head = head(bytes, encoding)?;
        if head.tag.group() == 0x7FE0 && matches!(head.tag.element(), 0x0008..=0x0010) {
            let length = head.length.map(u64::from);
            if length.is_some_and(|l| l > bytes.left()) {
                return Err(FileError::Truncated("its pixel data"));
            }
            let is_words = head.vr.is_none_or(|vr| &vr == b"OW");
            return Ok(Layout { kept, pixel_data: Some(PixelData { tag: head.tag, offset: bytes.position(), length, is_words }) });
        }
        spend(&mut budget)?;
        let is_sequence = sequences.contains(&head.tag) || head.vr == Some(*b"SQ");
        pass(bytes, encoding, &head, is_sequence, 0, &mut budget)?;
        let end = bytes.position();
        if list.contains(&head.tag) {
            if end - start > KEPT {
                return Err(FileError::Damaged("a look-up table or number is longer than any that DICOM allows"));
            }
            bytes.seek(start)?;
            kept.extend(bytes.take(end - start)?);
        }
    }
    Ok(Layout { kept, pixel_data: None })
}

fn spend(budget: &mut u32) -> Result<(), FileError> {
    *budget = budget.checked_sub(1).ok_or(FileError::Damaged("it has more elements than any image"))?;
    Ok(())
}

/// Moves behind an element's value, checking every length on the way.
fn pass<R: Read + Seek>(
    bytes: &mut Bytes<R>,
    encoding: Encoding,
    head: &Head,
    is_sequence: bool,
    depth: u32,
    budget: &mut u32,
) -> Result<(), FileError> {
    let end = head.length.map(|l| bytes.position() + u64::from(l));
    if end.is_some_and(|e| e > bytes.len) {
        return Err(FileError::Truncated("an element"));
    }
    match end {
        Some(end) if !is_sequence => bytes.seek(end),
        end => {
            // PS3.5 6.2.2: the items of an unknown element of undefined length are in implicit VR little endian.
            let inner = if head.vr == Some(*b"UN") { Encoding { explicit: false, big_endian: false } } else { encoding };
            items(bytes, inner, end, depth + 1, budget)
        }
    }
}

/// Moves behind the items of a sequence: up to `end`, or to the sequence delimiter.
fn items<R: Read + Seek>(
    bytes: &mut Bytes<R>,
    encoding: Encoding,
    end: Option<u64>,
    depth: u32,
    budget: &mut u32,
) -> Result<(), FileError> {
    if depth > DEPTH {
        return Err(FileError::Damaged("its sequences are nested too deeply"));
    }
    while end.is_none_or(|e| bytes.position() < e) {
        spend(budget)?;
        let item = head(bytes, encoding)?;
        let item_end = item.length.map(|l| bytes.position() + u64::from(l));
        match (item.tag, end) {
            (Tag(0xFFFE, 0xE0DD), None) => return Ok(()),
            (Tag(0xFFFE, 0xE000), _) => {
                if item_end.is_some_and(|e| e > end.unwrap_or(bytes.len)) {
                    return Err(FileError::Truncated("a sequence"));
                }
                content(bytes, encoding, item_end, depth, budget)?;
            }
            _ => return Err(FileError::Damaged("a sequence holds something that is no item")),
        }
        if end.is_some_and(|e| bytes.position() > e) {
            return Err(FileError::Damaged("a sequence's items are longer than the sequence"));
        }
    }
    Ok(())
}

/// Moves behind the elements of one item: up to `end`, or to the item delimiter.
fn content<R: Read + Seek>(
    bytes: &mut Bytes<R>,
    encoding: Encoding,
    end: Option<u64>,
    depth: u32,
    budget: &mut u32,
) -> Result<(), FileError> {
    while end.is_none_or(|e| bytes.position() < e) {
        spend(budget)?;
        let element = head(bytes, encoding)?;
        if element.tag == Tag(0xFFFE, 0xE00D) && end.is_none() {
            return Ok(());
        }
        let is_sequence = element.vr == Some(*b"SQ");
        pass(bytes, encoding, &element, is_sequence, depth, budget)?;
        if end.is_some_and(|e| bytes.position() > e) {
            return Err(FileError::Damaged("an item's elements are longer than the item"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    const LITTLE: Encoding = Encoding { explicit: true, big_endian: false };

    fn layout(data: &[u8], encoding: Encoding) -> Result<Layout, FileError> {
        let mut bytes = Bytes::new(Cursor::new(data), data.len() as u64);
        walk(&mut bytes, encoding, &[Tag(0x0028, 0x0010)], &[])
    }

    fn element(tag: [u8; 4], vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
        let mut out = tag.to_vec();
        out.extend(vr);
        if has_long_length(*vr) {
            out.extend([0, 0]);
            out.extend((value.len() as u32).to_le_bytes());
        } else {
            out.extend((value.len() as u16).to_le_bytes());
        }
        out.extend(value);
        out
    }

    #[test]
    fn keeps_the_list_and_finds_the_pixels() {
        let mut data = element([0x10, 0, 0x10, 0], b"PN", b"SOMEBODY");
        let rows = element([0x28, 0, 0x10, 0], b"US", &[4, 0]);
        data.extend(&rows);
        let start = data.len() as u64 + 12;
        data.extend(element([0xE0, 0x7F, 0x10, 0], b"OW", &[1, 2, 3, 4]));
        let l = layout(&data, LITTLE).unwrap();
        assert_eq!(l.kept, rows);
        let pixels = l.pixel_data.unwrap();
        assert_eq!((pixels.offset, pixels.length, pixels.is_words), (start, Some(4), true));
    }

    #[test]
    fn sequences_of_undefined_length_are_passed() {
        let mut data = vec![0x08, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255];
        data.extend([0xFE, 0xFF, 0x00, 0xE0, 255, 255, 255, 255]);
        data.extend(element([0x28, 0, 0x10, 0], b"US", &[9, 0]));
        data.extend([0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        let rows = element([0x28, 0, 0x10, 0], b"US", &[4, 0]);
        data.extend(&rows);
        assert_eq!(layout(&data, LITTLE).unwrap().kept, rows);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let mut long = element([0x28, 0, 0x10, 0], b"OB", &[0; 8]);
        long[8..12].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
        assert_eq!(layout(&long, LITTLE).err(), Some(FileError::Truncated("an element")));
        let mut pixels = element([0xE0, 0x7F, 0x10, 0], b"OW", &[0; 8]);
        pixels[8] = 200;
        assert_eq!(layout(&pixels, LITTLE).err(), Some(FileError::Truncated("its pixel data")));
        let mut deep = Vec::new();
        for _ in 0..40 {
            deep.extend([0x08, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255, 0xFE, 0xFF, 0x00, 0xE0, 255, 255, 255, 255]);
        }
        assert_eq!(layout(&deep, LITTLE).err(), Some(FileError::Damaged("its sequences are nested too deeply")));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_read_on(data in prop::collection::vec(any::<u8>(), 0..400), explicit in any::<bool>(), big_endian in any::<bool>()) {
            if let Ok(l) = layout(&data, Encoding { explicit, big_endian }) {
                prop_assert!(l.kept.len() <= data.len());
                prop_assert!(l.pixel_data.is_none_or(|p| p.offset + p.length.unwrap_or(0) <= data.len() as u64));
            }
        }
    }
}
