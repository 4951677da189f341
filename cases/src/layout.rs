//! Where the elements of a data set lie in a file (PS3.5 chapter 7), and whether their lengths can be true.
//!
//! Walks the data set without keeping values, up to the pixel data, and writes out anew only the elements on the reading list, nested ones too: what a file
//! says beyond that (names, descriptions, private elements) never enters memory as a value, and no parser is handed a length that the file cannot honour,
//! an unknown value representation, or another encoding than Explicit VR Little Endian.
//! Refuses: lengths beyond the end of the file, nesting deeper than 16, and more elements than any image has.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::overlay::is_overlay_data;
use crate::reading_list::{ReadingList, Wanted, within};
use crate::source::Bytes;
use dicom_core::{Tag, VR};
use std::io::{Read, Seek};
use tiresias_codecs::DataSetEncoding;

const DEPTH: u32 = 16;
/// Elements that are passed: 10,000 frames with 200 elements of functional groups each.
const ELEMENTS: u32 = 2_000_000;
/// Elements that are kept: those of 10,000 frames. They are small, but each costs the parser some hundred bytes.
const KEPT_ELEMENTS: u32 = 250_000;
/// The longest value on the reading list: an overlay of 5,000 x 5,000 bits, or the offsets of 500,000 frames.
pub(crate) const KEPT: u32 = 4 << 20;
/// Entries of the longest offset table.
const MOST_FRAMES: u64 = 1 << 20;

/// How elements are written at some depth of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    pub(crate) const EXPLICIT_LITTLE: Self = Self { explicit: true, big_endian: false };

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PixelData {
    pub(crate) tag: Tag,
    pub(crate) value: PixelValue,
    /// Whether the value representation is OW, or unknown (implicit VR says OW): matters for 8-bit samples in big endian.
    pub(crate) is_words: bool,
}

/// Where the bytes of the pixel data lie. Offsets count from the start of the file or, for a deflated data set, of what was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PixelValue {
    /// Plain samples, one frame behind the other.
    Native {
        /// Of the first byte.
        offset: u64,
        /// Bytes of the value.
        length: u64,
    },
    /// A sequence of fragments (PS3.5 A.4).
    Encapsulated {
        /// The Basic Offset Table: where each frame's first fragment begins, from the first byte behind the table's item; often empty.
        table: Vec<u32>,
        /// Offset of the first byte behind the Basic Offset Table's item.
        base: u64,
        /// Offset and length of each fragment's bytes, in order.
        fragments: Vec<(u64, u32)>,
    },
}

/// Elements on the reading list, written anew in Explicit VR Little Endian, and the place of the pixel data.
pub(crate) struct Layout {
    pub(crate) kept: Vec<u8>,
    pub(crate) pixel_data: Option<PixelData>,
    /// There is something behind the pixels that is no data element.
    pub(crate) has_tail: bool,
    /// The sequence of fragments is not closed.
    pub(crate) is_open: bool,
    /// A name or short text is longer than the standard allows.
    pub(crate) has_long_text: bool,
}

/// A value with no end of its own ends at a delimiter.
const UNDEFINED: [u8; 4] = [0xFF; 4];
const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];
const ITEM_END: [u8; 8] = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
const SEQUENCE_END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];

/// Walks from the current position to the pixel data or the end of the data set, and keeps what is wanted of it.
pub(crate) fn walk<R: Read + Seek>(bytes: &mut Bytes<R>, encoding: Encoding, wanted: ReadingList) -> Result<Layout, FileError> {
    let mut walker = Walker { bytes, kept: Vec::new(), passed: ELEMENTS, elements: KEPT_ELEMENTS, has_long_text: false };
    let mut layout = Layout { kept: Vec::new(), pixel_data: None, has_tail: false, is_open: false, has_long_text: false };
    while walker.bytes.left() >= 8 {
        let head = head(walker.bytes, encoding)?;
        if head.tag.group() == 0x7FE0 && matches!(head.tag.element(), 0x0008..=0x0010) {
            let is_words = head.vr.is_none_or(|vr| &vr == b"OW" || &vr == b"UN");
            let (value, is_open) = walker.pixels(&head, encoding)?;
            layout.pixel_data = Some(PixelData { tag: head.tag, value, is_words });
            layout.is_open = is_open;
            layout.has_tail = walker.has_tail(encoding)?;
            break;
        }
        walker.element(encoding, &head, wanted(head.tag), 0)?;
    }
    if layout.pixel_data.is_none() {
        // Some writers pad the end of a file with less than one element head; anything but zeros is what is left of an element.
        let left = walker.bytes.left();
        if walker.bytes.take(left)?.iter().any(|b| *b != 0) {
            return Err(FileError::Truncated("an element"));
        }
    }
    layout.has_long_text = walker.has_long_text;
    layout.kept = walker.kept;
    Ok(layout)
}

struct Walker<'a, R> {
    bytes: &'a mut Bytes<R>,
    kept: Vec<u8>,
    /// Elements that may still be passed, and kept.
    passed: u32,
    elements: u32,
    has_long_text: bool,
}

impl<R: Read + Seek> Walker<'_, R> {
    /// Moves behind an element whose head was read, and keeps of it what is wanted.
    fn element(&mut self, encoding: Encoding, head: &Head, wanted: Option<&Wanted>, depth: u32) -> Result<(), FileError> {
        spend(&mut self.passed)?;
        let end = head.length.map(|l| self.bytes.position() + u64::from(l));
        if end.is_some_and(|e| e > self.bytes.end()) {
            return Err(FileError::Truncated("an element"));
        }
        // Five components of 64 characters in three groups, each of at most four bytes (PS3.5 6.2): no name is longer.
        let is_name = matches!(&head.vr, Some([b'P', b'N'] | [b'S', b'H'])) || head.tag == Tag(0x0010, 0x0010);
        self.has_long_text |= is_name && head.length.is_some_and(|l| l > 4096);
        // PS3.5 6.2.2: the items of an unknown element are in implicit VR little endian.
        let unknown = head.vr == Some(*b"UN");
        let inner = if unknown { Encoding { explicit: false, big_endian: false } } else { encoding };
        // A sequence in the place of a value is none: its items, which nobody has looked at, are no value to be kept.
        let wanted = wanted.filter(|w| w.vr == *b"SQ" || head.vr != Some(*b"SQ"));
        match (wanted, end) {
            (Some(wanted), end) if wanted.vr == *b"SQ" => {
                spend(&mut self.elements)?;
                self.start(head.tag, *b"SQ", UNDEFINED);
                self.items(inner, end, Some(wanted.inside), depth + 1)?;
                self.kept.extend(SEQUENCE_END);
                Ok(())
            }
            (Some(wanted), Some(_)) => self.keep(inner, head, wanted.vr),
            (None, Some(end)) => self.bytes.seek(end),
            // Bytes without a length are fragments: the compressed picture of an icon.
            (_, None) if matches!(&head.vr, Some([b'O', b'B' | b'W'])) => self.pass_fragments(encoding),
            (_, None) => self.items(inner, None, None, depth + 1),
        }
    }

    /// Writes a tag, value representation and 32-bit length.
    fn start(&mut self, tag: Tag, vr: [u8; 2], length: [u8; 4]) {
        self.kept.extend(tag.group().to_le_bytes());
        self.kept.extend(tag.element().to_le_bytes());
        self.kept.extend(vr);
        self.kept.extend([0, 0]);
        self.kept.extend(length);
    }

    /// Keeps a plain value.
    fn keep(&mut self, encoding: Encoding, head: &Head, standard: [u8; 2]) -> Result<(), FileError> {
        let mut length = head.length.unwrap_or(0);
        if length > KEPT && is_overlay_data(head.tag) {
            // The image stands without it, and `overlay` tells that it is left out.
            self.bytes.seek(self.bytes.position() + u64::from(length))?;
            length = 0;
        } else if length > KEPT {
            return Err(FileError::Damaged("a look-up table or number is longer than any that DICOM allows"));
        }
        spend(&mut self.elements)?;
        let mut value = self.bytes.take(u64::from(length))?;
        let vr = head.vr.filter(|vr| vr != b"UN" && VR::from_binary(*vr).is_some()).unwrap_or(standard);
        if encoding.big_endian {
            swap(&mut value, unit(vr));
        }
        if value.len() % 2 == 1 {
            // Lengths are even (PS3.5 7.1.1); a file that has an odd one gets the padding that it lacks.
            value.push(if unit(vr) == 1 && vr != *b"OB" { b' ' } else { 0 });
        }
        // The parser of data sets counts whole numbers, and would lose its step.
        let size = if vr == *b"AT" { 4 } else { unit(vr) };
        if value.len() % size != 0 {
            return Err(FileError::Damaged("one of its numbers is cut short"));
        }
        let length = value.len() as u32;
        if has_long_length(vr) {
            self.start(head.tag, vr, length.to_le_bytes());
        } else if let Ok(short) = u16::try_from(length) {
            self.kept.extend(head.tag.group().to_le_bytes());
            self.kept.extend(head.tag.element().to_le_bytes());
            self.kept.extend(vr);
            self.kept.extend(short.to_le_bytes());
        } else {
            return Err(FileError::Damaged("a text or number is longer than any that DICOM allows"));
        }
        self.kept.extend(value);
        Ok(())
    }

    /// Moves behind the items of a sequence: up to `end`, or to the sequence delimiter. With a list, keeps what it names of each.
    fn items(&mut self, encoding: Encoding, end: Option<u64>, list: Option<&'static [Wanted]>, depth: u32) -> Result<(), FileError> {
        if depth > DEPTH {
            return Err(FileError::Damaged("its sequences are nested too deeply"));
        }
        while end.is_none_or(|e| self.bytes.position() < e) {
            spend(&mut self.passed)?;
            let item = head(self.bytes, encoding)?;
            let item_end = item.length.map(|l| self.bytes.position() + u64::from(l));
            match (item.tag, end) {
                (Tag(0xFFFE, 0xE0DD), None) => return Ok(()),
                (Tag(0xFFFE, 0xE000), _) => {
                    if item_end.is_some_and(|e| e > end.unwrap_or(self.bytes.end())) {
                        return Err(FileError::Truncated("a sequence"));
                    }
                    self.content(encoding, item_end, list, depth)?;
                }
                _ => return Err(FileError::Damaged("a sequence holds something that is no item")),
            }
            if end.is_some_and(|e| self.bytes.position() > e) {
                return Err(FileError::Damaged("a sequence's items are longer than the sequence"));
            }
        }
        Ok(())
    }

    /// Moves behind the elements of one item: up to `end`, or to the item delimiter.
    fn content(&mut self, encoding: Encoding, end: Option<u64>, list: Option<&'static [Wanted]>, depth: u32) -> Result<(), FileError> {
        if list.is_some() {
            spend(&mut self.elements)?;
            self.kept.extend(ITEM);
            self.kept.extend(UNDEFINED);
        }
        while end.is_none_or(|e| self.bytes.position() < e) {
            let element = head(self.bytes, encoding)?;
            if element.tag == Tag(0xFFFE, 0xE00D) && end.is_none() {
                break;
            }
            self.element(encoding, &element, list.and_then(|l| within(l, element.tag)), depth)?;
            if end.is_some_and(|e| self.bytes.position() > e) {
                return Err(FileError::Damaged("an item's elements are longer than the item"));
            }
        }
        if list.is_some() {
            self.kept.extend(ITEM_END);
        }
        Ok(())
    }

    /// Finds the pixel data's bytes and moves behind them. Also says whether a sequence of fragments was left open.
    fn pixels(&mut self, head: &Head, encoding: Encoding) -> Result<(PixelValue, bool), FileError> {
        if let Some(length) = head.length {
            let (offset, length) = (self.bytes.position(), u64::from(length));
            if length > self.bytes.left() {
                return Err(FileError::Truncated("its pixel data"));
            }
            self.bytes.seek(offset + length)?;
            return Ok((PixelValue::Native { offset, length }, false));
        }
        let first =
            self.fragment(encoding).ok().flatten().ok_or(FileError::Damaged("its pixel data has no length and is not in fragments"))?;
        if u64::from(first.1) > MOST_FRAMES * 4 || first.1 % 4 != 0 {
            return Err(FileError::Damaged("its offset table is longer than any image needs"));
        }
        let base = first.0 + u64::from(first.1);
        self.bytes.seek(first.0)?;
        let table = self.bytes.take(u64::from(first.1))?;
        let table = table.chunks_exact(4).filter_map(|b| b.try_into().ok().map(u32::from_le_bytes)).collect();
        let mut fragments = Vec::new();
        while self.bytes.left() >= 8 {
            match self.fragment(encoding)? {
                Some(fragment) => fragments.push(fragment),
                None => return Ok((PixelValue::Encapsulated { table, base, fragments }, false)),
            }
        }
        Ok((PixelValue::Encapsulated { table, base, fragments }, true))
    }

    /// Moves behind a sequence of fragments that nobody looks at.
    fn pass_fragments(&mut self, encoding: Encoding) -> Result<(), FileError> {
        while self.fragment(encoding)?.is_some() {
            spend(&mut self.passed)?;
        }
        Ok(())
    }

    /// Offset and length of the next fragment, moving behind it; `None` at the sequence delimiter.
    fn fragment(&mut self, encoding: Encoding) -> Result<Option<(u64, u32)>, FileError> {
        // Fragments are always little endian (PS3.5 A.4).
        let item = head(self.bytes, Encoding { big_endian: false, ..encoding })?;
        match (item.tag, item.length) {
            (Tag(0xFFFE, 0xE0DD), _) => Ok(None),
            (Tag(0xFFFE, 0xE000), Some(length)) => {
                let offset = self.bytes.position();
                if u64::from(length) > self.bytes.left() {
                    return Err(FileError::Truncated("its pixel data"));
                }
                self.bytes.seek(offset + u64::from(length))?;
                Ok(Some((offset, length)))
            }
            _ => Err(FileError::Damaged("its pixel data holds something that is no fragment")),
        }
    }

    /// Whether what follows the pixels is anything but data elements in rising order (signatures, trailing padding) or a few bytes of zero.
    fn has_tail(&mut self, encoding: Encoding) -> Result<bool, FileError> {
        let mut last = Tag(0x7FE0, 0x0010);
        while self.bytes.left() >= 8 {
            let start = self.bytes.position();
            let next = match head(self.bytes, encoding) {
                Ok(next) if next.tag > last => next,
                _ => return Ok(true),
            };
            last = next.tag;
            if self.element(encoding, &next, None, 0).is_err() {
                self.bytes.seek(start)?;
                return Ok(true);
            }
        }
        let left = self.bytes.left();
        Ok(self.bytes.take(left)?.iter().any(|b| *b != 0))
    }
}

fn spend(budget: &mut u32) -> Result<(), FileError> {
    *budget = budget.checked_sub(1).ok_or(FileError::Damaged("it has more elements than any image"))?;
    Ok(())
}

/// Bytes of the units whose order changes with the byte order (PS3.5 7.3); 1 for text and bytes.
const fn unit(vr: [u8; 2]) -> usize {
    match &vr {
        b"US" | b"SS" | b"OW" | b"AT" => 2,
        b"UL" | b"SL" | b"FL" | b"OF" | b"OL" => 4,
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
        _ => 1,
    }
}

fn swap(value: &mut [u8], unit: usize) {
    value.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading_list::wanted;
    use proptest::prelude::*;
    use std::io::Cursor;

    const LITTLE: Encoding = Encoding::EXPLICIT_LITTLE;

    fn layout(data: &[u8], encoding: Encoding) -> Result<Layout, FileError> {
        let mut bytes = Bytes::new(Cursor::new(data), data.len() as u64);
        walk(&mut bytes, encoding, wanted)
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
        assert_eq!((pixels.value, pixels.is_words), (PixelValue::Native { offset: start, length: 4 }, true));
    }

    #[test]
    fn nested_elements_are_kept_by_the_list() {
        // Shared functional groups, of undefined length, with a listed sequence that holds a listed and an unlisted element, and an unlisted sequence.
        let item = |inside: Vec<u8>| [[0xFE, 0xFF, 0, 0xE0].to_vec(), (inside.len() as u32).to_le_bytes().to_vec(), inside].concat();
        let spacing = element([0x28, 0, 0x30, 0], b"DS", b"0.5\\0.5 ");
        let name = element([0x10, 0, 0x10, 0], b"PN", b"SOMEBODY");
        let measures = element([0x28, 0, 0x10, 0x91], b"SQ", &item([spacing.clone(), name.clone()].concat()));
        let other = element([0x08, 0, 0x40, 0x11], b"SQ", &item(name));
        let groups = element([0x00, 0x52, 0x29, 0x92], b"SQ", &item([measures, other].concat()));
        let kept = layout(&groups, LITTLE).unwrap().kept;
        assert!(kept.windows(spacing.len()).any(|w| w == spacing), "{kept:?}");
        assert!(!kept.windows(8).any(|w| w == b"SOMEBODY"));
    }

    #[test]
    fn other_encodings_are_kept_as_explicit_little_endian() {
        let rows = element([0x28, 0, 0x10, 0], b"US", &[4, 0]);
        let big = [0, 0x28, 0, 0x10, b'U', b'S', 0, 2, 0, 4];
        assert_eq!(layout(&big, Encoding { explicit: true, big_endian: true }).unwrap().kept, rows);
        let implicit = [0x28, 0, 0x10, 0, 2, 0, 0, 0, 4, 0];
        assert_eq!(layout(&implicit, Encoding { explicit: false, big_endian: false }).unwrap().kept, rows);
        let unknown = element([0x28, 0, 0x10, 0], b"UN", &[4, 0]);
        assert_eq!(layout(&unknown, LITTLE).unwrap().kept, rows);
    }

    #[test]
    fn fragments_are_listed_and_a_tail_is_noticed() {
        let mut data = vec![0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 255, 255, 255, 255];
        for part in [&[0_u8, 0, 0, 0][..], &[1, 2], &[3, 4, 5, 6]] {
            data.extend([0xFE, 0xFF, 0, 0xE0]);
            data.extend((part.len() as u32).to_le_bytes());
            data.extend(part);
        }
        let open = layout(&data, LITTLE).unwrap();
        let PixelValue::Encapsulated { table, base, fragments } = open.pixel_data.unwrap().value else { panic!() };
        assert_eq!((table, base, fragments, open.is_open), (vec![0], 24, vec![(32, 2), (42, 4)], true));
        data.extend([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
        let closed = layout(&data, LITTLE).unwrap();
        assert!(!closed.is_open && !closed.has_tail);
        data.extend(b"something else altogether");
        assert!(layout(&data, LITTLE).unwrap().has_tail);
    }

    #[test]
    fn a_compressed_icon_is_passed() {
        let mut data = vec![0x88, 0, 0, 2, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        data.extend(ITEM);
        data.extend(UNDEFINED);
        data.extend([0xE0, 0x7F, 0x10, 0, b'O', b'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        for fragment in [&[][..], &[0xFF, 0xD8, 0xFF, 0xE0, 0xFE, 0xFF]] {
            data.extend(ITEM);
            data.extend((fragment.len() as u32).to_le_bytes());
            data.extend(fragment);
        }
        data.extend(SEQUENCE_END);
        data.extend(ITEM_END);
        data.extend(SEQUENCE_END);
        let start = data.len() as u64 + 12;
        data.extend(element([0xE0, 0x7F, 0x10, 0], b"OW", &[1, 2, 3, 4]));
        let found = layout(&data, LITTLE).unwrap();
        assert_eq!(found.pixel_data.unwrap().value, PixelValue::Native { offset: start, length: 4 });
        assert!(found.kept.is_empty());
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
    fn a_sequence_in_the_place_of_a_value_is_passed() {
        // Its element has a length that nothing honours.
        let inside = [&[0xFE, 0xFF, 0, 0xE0, 12, 0, 0, 0][..], &[0x53, 0x51, 0, 0, b'U', b'N', 0, 0, 0xFE, 0xFF, 0xFF, 0x7F]].concat();
        let modality = element([0x08, 0, 0x60, 0], b"SQ", &inside);
        let rows = element([0x28, 0, 0x10, 0], b"US", &[4, 0]);
        assert_eq!(layout(&[modality, rows.clone()].concat(), LITTLE).unwrap().kept, rows);
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
                prop_assert!(l.kept.len() <= 3 * data.len());
                let ends = match l.pixel_data.map(|p| p.value) {
                    None => vec![],
                    Some(PixelValue::Native { offset, length }) => vec![offset + length],
                    Some(PixelValue::Encapsulated { fragments, .. }) => fragments.iter().map(|(o, l)| o + u64::from(*l)).collect(),
                };
                prop_assert!(ends.iter().all(|e| *e <= data.len() as u64));
            }
        }
    }
}
