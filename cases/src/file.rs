//! One DICOM file: preamble, meta group and data set up to the pixels (PS3.10 chapter 7).
//!
//! The preamble and meta reader is ours because `dicom-object` refuses good files (long implementation names, no preamble, no meta group). The data set
//! itself is parsed by `dicom-object`, but only the elements on the reading list, cut out by [`crate::layout`].
//! Refuses: transfer syntaxes without a decoder, by name; files that are not DICOM.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::{Attributes, READING_LIST, SEQUENCES};
use crate::layout::{Bytes, Encoding, PixelData, head, walk};
use dicom_core::Tag;
use dicom_encoding::TransferSyntaxIndex as _;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tiresias_codecs::TransferSyntax;

/// No meta group of a real file is longer.
const META: u64 = 1 << 20;
const TRANSFER_SYNTAX: Tag = Tag(0x0002, 0x0010);

/// What a scan keeps of a file.
pub(crate) struct Header {
    pub(crate) syntax: TransferSyntax,
    pub(crate) attributes: Attributes,
    pub(crate) pixel_data: Option<PixelData>,
}

/// Reads a file up to its pixel data.
pub(crate) fn read_header(path: &Path) -> Result<Header, FileError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    parse_header(file, length)
}

pub(crate) fn parse_header(source: impl Read + Seek, length: u64) -> Result<Header, FileError> {
    let mut bytes = Bytes::new(source, length);
    let (syntax, encoding) = read_to_data_set(&mut bytes)?;
    let layout = walk(&mut bytes, encoding, READING_LIST, SEQUENCES)?;
    let attributes = Attributes::new(parse(&layout.kept, syntax)?);
    Ok(Header { syntax, attributes, pixel_data: layout.pixel_data })
}

/// Leaves `bytes` at the first element of the data set.
fn read_to_data_set(bytes: &mut Bytes<impl Read + Seek>) -> Result<(TransferSyntax, Encoding), FileError> {
    let has_preamble = bytes.peek::<132>()?.is_some_and(|b| b.ends_with(b"DICM"));
    if has_preamble {
        bytes.seek(132)?;
    } else if bytes.peek()? == Some(*b"DICM") {
        bytes.seek(4)?;
    }
    let from_meta = read_meta(bytes)?;
    let syntax = match from_meta {
        Some(uid) => TransferSyntax::from_uid(&uid).ok_or(FileError::UnknownSyntax)?,
        None => bytes.peek()?.and_then(guess_syntax).ok_or(FileError::NotDicom)?,
    };
    let encoding = Encoding::of(syntax.data_set()).ok_or(FileError::Syntax(syntax.name()))?;
    Ok((syntax, encoding))
}

/// Passes over the meta group, if there is one, and returns its transfer syntax UID. Always explicit VR little endian (PS3.10 7.1).
fn read_meta(bytes: &mut Bytes<impl Read + Seek>) -> Result<Option<String>, FileError> {
    let explicit = Encoding { explicit: true, big_endian: false };
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

/// Parses the kept elements. A panic of the foreign parser on hostile bytes is an error like any other: nothing of ours is shared with it.
fn parse(kept: &[u8], syntax: TransferSyntax) -> Result<InMemDicomObject, FileError> {
    // Only the encoding of the data set matters here; the registry knows all plain ones.
    let plain = match syntax.data_set() {
        tiresias_codecs::DataSetEncoding::ImplicitLittle => TransferSyntax::ImplicitLittle,
        tiresias_codecs::DataSetEncoding::ExplicitBig => TransferSyntax::ExplicitBig,
        _ => TransferSyntax::ExplicitLittle,
    };
    let foreign = TransferSyntaxRegistry.get(plain.uid()).ok_or(FileError::Syntax(syntax.name()))?;
    catch_unwind(AssertUnwindSafe(|| InMemDicomObject::read_dataset_with_ts(kept, foreign)))
        .ok()
        .and_then(Result::ok)
        .ok_or(FileError::Damaged("its image description cannot be parsed"))
}

/// Reads `length` bytes at `offset` of a file: the pixels of one image, whose length a scan has checked.
pub(crate) fn read_range(path: &Path, offset: u64, length: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Bytes::new(file, size);
    bytes.seek(offset)?;
    if length > bytes.left() {
        return Err(FileError::Truncated("its pixel data"));
    }
    bytes.take(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::PixelLayout;
    use crate::write::tests::sample;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn parsed(data: &[u8]) -> Result<Header, FileError> {
        parse_header(Cursor::new(data), data.len() as u64)
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
            let layout = PixelLayout::read(&header.attributes, false, true).unwrap();
            assert_eq!((header.syntax, layout.columns, layout.rows), (TransferSyntax::ExplicitLittle, 3, 2), "{what}");
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
        let syntax = FileError::Syntax(TransferSyntax::Jpeg2000.name()).to_string();
        assert!(syntax.contains("JPEG 2000"), "{syntax}");
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
                prop_assert!(header.pixel_data.is_none_or(|p| p.offset + p.length.unwrap_or(0) <= file.len() as u64));
            }
        }
    }
}
