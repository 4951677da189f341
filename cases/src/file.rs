//! One DICOM file: preamble, meta group and data set up to the pixels (PS3.10 chapter 7).
//!
//! The preamble and meta reader is ours because `dicom-object` refuses good files (long implementation names, no preamble, no meta group). The data set
//! itself is parsed by `dicom-object`, but only the elements on the reading list, cut out by [`crate::layout`].
//! Refuses: transfer syntaxes without a decoder, by name; files that are not DICOM.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::layout::{Encoding, PixelData, head, walk};
use crate::reading_list::{ReadingList, wanted};
use crate::source::Bytes;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_encoding::TransferSyntaxIndex as _;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tiresias_codecs::{Codecs, TransferSyntax};

/// No meta group of a real file is longer.
const META: u64 = 1 << 20;
const TRANSFER_SYNTAX: Tag = Tag(0x0002, 0x0010);
/// What a deflated data set may unpack to, whatever its length; beyond that, this many times its length.
const UNPACKED: u64 = 48 << 20;
const UNPACKED_RATIO: u64 = 40;

/// What a scan keeps of a file.
pub(crate) struct Header {
    pub(crate) syntax: TransferSyntax,
    pub(crate) attributes: Attributes,
    pub(crate) pixel_data: Option<PixelData>,
    /// Offset of the data set in the file, where it is deflated: the pixel data's offsets count from the start of what it unpacks to.
    pub(crate) deflated_from: Option<u64>,
    /// Bytes of the file.
    pub(crate) length: u64,
    pub(crate) warnings: Vec<String>,
}

impl Header {
    /// Whether the file is a DICOMDIR: its own class stands in the meta group alone.
    pub(crate) fn is_directory(&self) -> bool {
        self.attributes.item(tags::DIRECTORY_RECORD_SEQUENCE).is_some()
    }
}

/// Reads a file up to its pixel data.
pub(crate) fn read_header(path: &Path, codecs: &Codecs) -> Result<Header, FileError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    parse_header(file, length, codecs)
}

/// Reads a file that is no image up to its pixel data, if it has any: what is wanted of it, and nothing of images.
pub(crate) fn read_object(path: &Path, codecs: &Codecs, wanted: ReadingList) -> Result<Header, FileError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    parse_listed(file, length, codecs, wanted)
}

pub(crate) fn parse_header(source: impl Read + Seek, length: u64, codecs: &Codecs) -> Result<Header, FileError> {
    parse_listed(source, length, codecs, wanted)
}

fn parse_listed(source: impl Read + Seek, length: u64, codecs: &Codecs, wanted: ReadingList) -> Result<Header, FileError> {
    let mut bytes = Bytes::new(source, length);
    let syntax = read_to_data_set(&mut bytes)?;
    let (layout, deflated_from) = match Encoding::of(syntax.data_set()) {
        Some(encoding) => (walk(&mut bytes, encoding, wanted)?, None),
        None => {
            let from = bytes.position();
            let plain = unpack(&mut bytes, codecs)?;
            let length = plain.len() as u64;
            (walk(&mut Bytes::new(Cursor::new(plain), length), Encoding::EXPLICIT_LITTLE, wanted)?, Some(from))
        }
    };
    let mut warnings = Vec::new();
    if layout.has_tail {
        warnings.push("there is something behind the image that is no part of it".to_owned());
    }
    if layout.is_open {
        warnings.push("the pixel data is not closed; the file may be cut short".to_owned());
    }
    if layout.has_long_text {
        warnings.push("a name in it is longer than the standard allows".to_owned());
    }
    let attributes = Attributes::new(parse(&layout.kept)?);
    Ok(Header { syntax, attributes, pixel_data: layout.pixel_data, deflated_from, length, warnings })
}

/// Unpacks a deflated data set (PS3.5 A.5) from the current position to the end, in the worker.
pub(crate) fn unpack(bytes: &mut Bytes<impl Read + Seek>, codecs: &Codecs) -> Result<Vec<u8>, FileError> {
    let length = bytes.left();
    let packed = bytes.take(length)?;
    let limit = most_unpacked(length);
    let memory = unpacking_memory(length, limit);
    Ok(codecs.inflate(&packed, usize::try_from(limit).unwrap_or(usize::MAX), memory)?)
}

/// The bytes behind the last block of a deflated data set that begins at the current position and can be unpacked: none, or the one that makes its length even
/// (PS3.5 A.5), unless somebody put more there.
pub(crate) fn behind_deflated(bytes: &mut Bytes<impl Read + Seek>, codecs: &Codecs) -> Result<Vec<u8>, FileError> {
    let length = bytes.left();
    let packed = bytes.take(length)?;
    let limit = most_unpacked(length);
    let (limit, memory) = (usize::try_from(limit).unwrap_or(usize::MAX), unpacking_memory(length, limit));
    let is_whole = |end: usize| packed.get(..end).is_some_and(|packed| codecs.inflate(packed, limit, memory).is_ok());
    // Whatever ends before its last block ends is no deflate; so the end is found by halves, from behind, where it nearly always is.
    let (mut whole, mut step) = (packed.len(), 1);
    while let Some(end) = packed.len().checked_sub(step).filter(|end| is_whole(*end)) {
        (whole, step) = (end, step * 2);
    }
    let mut cut = packed.len().saturating_sub(step);
    while whole > cut + 1 {
        let middle = cut.midpoint(whole);
        if is_whole(middle) { whole = middle } else { cut = middle }
    }
    Ok(packed.get(whole..).unwrap_or_default().to_vec())
}

/// What a deflated data set of `packed` bytes may unpack to, bytes.
fn most_unpacked(packed: u64) -> u64 {
    packed.saturating_mul(UNPACKED_RATIO).max(UNPACKED)
}

/// What a worker may use to unpack `packed` bytes to `unpacked`, bytes: the result takes up to twice its length, because its room doubles as it grows. A power
/// of two, so that files of about the same size share workers.
pub(crate) fn unpacking_memory(packed: u64, unpacked: u64) -> u64 {
    let needed = packed.saturating_add(unpacked).saturating_mul(2).saturating_add(WORKER_MEMORY);
    needed.checked_next_power_of_two().unwrap_or(u64::MAX)
}

/// What a worker may use at least (bytes); for large images it is more (`image_file`), and for what is unpacked ([`unpacking_memory`]).
pub(crate) const WORKER_MEMORY: u64 = 64 << 20;

/// Leaves `bytes` at the first element of the data set.
pub(crate) fn read_to_data_set(bytes: &mut Bytes<impl Read + Seek>) -> Result<TransferSyntax, FileError> {
    let has_preamble = bytes.peek::<132>()?.is_some_and(|b| b.ends_with(b"DICM"));
    if has_preamble {
        bytes.seek(132)?;
    } else if bytes.peek()? == Some(*b"DICM") {
        bytes.seek(4)?;
    }
    let from_meta = read_meta(bytes)?;
    match from_meta {
        Some(uid) => TransferSyntax::from_uid(&uid).ok_or(FileError::UnknownSyntax),
        None => bytes.peek()?.and_then(guess_syntax).ok_or(FileError::NotDicom),
    }
}

/// Passes over the meta group, if there is one, and returns its transfer syntax UID. Always explicit VR little endian (PS3.10 7.1).
fn read_meta(bytes: &mut Bytes<impl Read + Seek>) -> Result<Option<String>, FileError> {
    let explicit = Encoding::EXPLICIT_LITTLE;
    let begin = bytes.position();
    let mut syntax = None;
    while bytes.peek()? == Some([0x02, 0x00]) {
        let element = head(bytes, explicit)?;
        let length = u64::from(element.length.ok_or(FileError::Damaged("its meta group has no end"))?);
        if length > bytes.left() || bytes.position() - begin + length > META {
            return Err(FileError::Truncated("its meta group"));
        }
        let value = bytes.take(length)?;
        if element.tag == TRANSFER_SYNTAX {
            syntax = Some(String::from_utf8_lossy(&value).into_owned());
        }
    }
    Ok(syntax)
}

/// How a data set without a meta group is encoded, from its first element: group 0008 or so, and a value representation or none.
fn guess_syntax([g0, g1, _, _, v0, v1, l0, l1]: [u8; 8]) -> Option<TransferSyntax> {
    let explicit = [v0, v1].iter().all(u8::is_ascii_uppercase);
    match (u16::from_le_bytes([g0, g1]), u16::from_be_bytes([g0, g1])) {
        (4..=0x28, _) if explicit => Some(TransferSyntax::ExplicitLittle),
        (_, 4..=0x28) if explicit => Some(TransferSyntax::ExplicitBig),
        // The first element of a data set is short: a length beyond 64 KiB is text that only looks like one.
        (4..=0x28, _) if [l0, l1] == [0, 0] => Some(TransferSyntax::ImplicitLittle),
        _ => None,
    }
}

/// Parses the kept elements. A panic of the foreign parser is an error like any other: nothing of ours is shared with it.
fn parse(kept: &[u8]) -> Result<InMemDicomObject, FileError> {
    let damaged = FileError::Damaged("its image description cannot be parsed");
    let Some(explicit) = TransferSyntaxRegistry.get(TransferSyntax::ExplicitLittle.uid()) else { return Err(damaged) };
    catch_unwind(AssertUnwindSafe(|| InMemDicomObject::read_dataset_with_ts(kept, explicit))).ok().and_then(Result::ok).ok_or(damaged)
}

/// The bytes that pixel data offsets count from: the file or, where its data set is deflated, what that unpacks to.
pub(crate) enum Pixels {
    File(File, u64),
    Unpacked(Vec<u8>),
}

impl Pixels {
    pub(crate) fn open(path: &Path, deflated_from: Option<u64>, codecs: &Codecs) -> Result<Self, FileError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let Some(from) = deflated_from else { return Ok(Self::File(file, size)) };
        let mut bytes = Bytes::new(file, size);
        bytes.seek(from)?;
        Ok(Self::Unpacked(unpack(&mut bytes, codecs)?))
    }

    /// `length` bytes from `offset`, whose length a scan has checked.
    pub(crate) fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>, FileError> {
        match self {
            Self::File(file, size) => {
                // The length is not beyond that of the file, so the memory is honest.
                let length = usize::try_from(length).ok().filter(|_| offset.checked_add(length).is_some_and(|end| end <= *size));
                let mut bytes = vec![0; length.ok_or(FileError::Truncated("its pixel data"))?];
                let mut file = file;
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes)
            }
            Self::Unpacked(data) => {
                let range = usize::try_from(offset).ok().zip(offset.checked_add(length).and_then(|e| usize::try_from(e).ok()));
                range.and_then(|(from, to)| data.get(from..to)).map(<[u8]>::to_vec).ok_or(FileError::Truncated("its pixel data"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::PixelValue;
    use crate::overlay::OverlayPlane;
    use crate::pixel_module::PixelModule;
    use crate::write::tests::sample;
    use proptest::prelude::*;

    fn parsed(data: &[u8]) -> Result<Header, FileError> {
        parse_header(Cursor::new(data), data.len() as u64, &Codecs::here())
    }

    #[test]
    fn reads_with_and_without_preamble_and_meta() {
        let (file, _) = sample();
        // Preamble, "DICM" and the group length element (12 bytes) tell where the data set begins.
        let group_length = u32::from_le_bytes(file[140..144].try_into().unwrap()) as usize;
        let shapes = [
            ("whole", &file[..]),
            ("no preamble", &file[128..]),
            ("no magic", &file[132..]),
            ("bare data set", &file[144 + group_length..]),
        ];
        for (what, data) in shapes {
            let header = parsed(data).unwrap_or_else(|e| panic!("{what}: {e}"));
            let module = PixelModule::read(&header.attributes, header.pixel_data.as_ref().unwrap(), header.syntax, &mut vec![]).unwrap();
            assert_eq!((header.syntax, module.columns, module.rows), (TransferSyntax::ExplicitLittle, 3, 2), "{what}");
        }
    }

    #[test]
    fn names_what_it_cannot_decode() {
        let (file, _) = sample();
        let at = file.windows(19).position(|w| w == b"1.2.840.10008.1.2.1").unwrap();
        let mut unknown = file.clone();
        unknown[at + 18] = b'7';
        assert_eq!(parsed(&unknown).err(), Some(FileError::UnknownSyntax));
        assert_eq!(parsed(b"hello, this is no image at all").err(), Some(FileError::NotDicom));
        assert_eq!(parsed(&[]).err(), Some(FileError::NotDicom));
        let syntax = FileError::Syntax(TransferSyntax::Mpeg4High41.name()).to_string();
        assert!(syntax.contains("MPEG-4"), "{syntax}");
    }

    /// A multi-frame of 200 x 512² words unpacks to 100 MiB, from a third of that.
    #[test]
    fn a_worker_has_room_for_all_that_may_be_unpacked() {
        for packed in [0, 1 << 20, 35 << 20, 1 << 30] {
            let most = most_unpacked(packed);
            assert!(most >= (3 * packed).max(UNPACKED));
            assert!(unpacking_memory(packed, most) >= packed + 2 * most + (16 << 20), "{packed}");
        }
        assert_eq!(unpacking_memory(1 << 10, UNPACKED), unpacking_memory(1 << 20, UNPACKED), "small files share workers");
        assert_eq!(unpacking_memory(u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn an_image_stands_without_an_overlay_that_is_too_long() {
        let (file, _) = sample();
        let at = file.windows(4).position(|w| w == [0xE0, 0x7F, 0x10, 0]).unwrap();
        let mut overlay: Vec<u8> = Vec::new();
        // Rows, columns, frames, and bits allocated.
        let side = [0_u8, 4];
        for (element, vr, value) in
            [(0x0010_u16, b"US", &side[..]), (0x0011, b"US", &side[..]), (0x0015, b"IS", &b"60"[..]), (0x0100, b"US", &[1_u8, 0][..])]
        {
            overlay.extend([0x1E, 0x60]);
            overlay.extend(element.to_le_bytes());
            overlay.extend(vr);
            overlay.extend((value.len() as u16).to_le_bytes());
            overlay.extend(value);
        }
        let data = vec![0_u8; 60 * 1024 * 1024 / 8];
        overlay.extend([0x1E, 0x60, 0, 0x30, b'O', b'W', 0, 0]);
        overlay.extend((data.len() as u32).to_le_bytes());
        overlay.extend(&data);
        let header = parsed(&[&file[..at], &overlay[..], &file[at..]].concat()).unwrap_or_else(|e| panic!("{e}"));
        assert!(header.pixel_data.is_some());
        let mut warnings = Vec::new();
        let planes = OverlayPlane::read_all(&header.attributes, None, &mut warnings);
        assert!(planes.iter().all(|plane| plane.group != 0x601E));
        assert_eq!(warnings, ["overlay 601E is left out: its 7864320 bytes are more than are read of an overlay"]);
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_a_header(cut in 0_usize..900, flips in prop::collection::vec((0_usize..900, any::<u8>()), 0..6)) {
            let (mut file, _) = sample();
            for (at, with) in flips {
                let at = at % file.len();
                file[at] = with;
            }
            file.truncate(file.len().saturating_sub(cut));
            if let Ok(header) = parsed(&file) {
                let value = header.pixel_data.map(|p| p.value);
                let beyond = matches!(value, Some(PixelValue::Native { offset, length }) if offset + length > file.len() as u64);
                prop_assert!(!beyond);
            }
        }
    }
}
