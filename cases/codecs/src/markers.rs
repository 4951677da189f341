//! The marker segments of JPEG and JPEG-LS (ITU-T T.81 annex B, T.87 annex C), and what family a codestream is of.
//!
//! Owns: the walk from SOI to the first SOS, and the frame header. Refuses: lengths that lead out of the data, and anything between segments but fill
//! bytes, so that a foreign decoder finds the same header as we do.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::error::{Coding, Damage};

pub(crate) const SOI: u8 = 0xD8;
pub(crate) const SOS: u8 = 0xDA;
pub(crate) const APP0: u8 = 0xE0;
pub(crate) const APP14: u8 = 0xEE;
pub(crate) const APP15: u8 = 0xEF;
pub(crate) const COMMENT: u8 = 0xFE;
/// The frame headers of the sequential processes with Huffman coding: baseline and extended.
pub(crate) const SOF0: u8 = 0xC0;
pub(crate) const SOF1: u8 = 0xC1;
/// The frame header of JPEG-LS.
pub(crate) const SOF55: u8 = 0xF7;
/// The frame header of lossless JPEG with Huffman coding, the only lossless process DICOM has.
pub(crate) const SOF3: u8 = 0xC3;

/// One marker segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    /// The byte after 0xFF.
    pub(crate) marker: u8,
    /// What stands behind the length field.
    pub(crate) body: &'a [u8],
    /// The marker, the length field and the body as they stand in the data.
    pub(crate) whole: &'a [u8],
}

/// The header of a codestream: its segments up to and with the first SOS, and what comes behind.
#[derive(Debug, Clone)]
pub(crate) struct Header<'a> {
    pub(crate) segments: Vec<Segment<'a>>,
    /// Entropy-coded data and all that follows.
    pub(crate) rest: &'a [u8],
}

/// Segments that a header may have: tables, comments and application data of real files are a few dozen.
const MOST_SEGMENTS: usize = 1000;

impl<'a> Header<'a> {
    /// The header, or `None` where the data is not JPEG or JPEG-LS, or its header is broken.
    pub(crate) fn read(data: &'a [u8]) -> Option<Self> {
        let mut bytes = Bytes(data);
        if bytes.take(2)? != [0xFF, SOI] {
            return None;
        }
        let mut segments = Vec::new();
        while segments.len() < MOST_SEGMENTS {
            let segment = segment(&mut bytes)?;
            segments.push(segment);
            if segment.marker == SOS {
                return Some(Self { segments, rest: bytes.0 });
            }
        }
        None
    }

    /// The only frame header, with its marker; `None` where there is none or more than one.
    pub(crate) fn frame(&self) -> Option<(u8, FrameHeader)> {
        let mut frames = self.segments.iter().filter(|s| is_frame(s.marker));
        let (frame, more) = (frames.next()?, frames.next());
        if more.is_some() { None } else { Some((frame.marker, FrameHeader::read(frame.body)?)) }
    }

    /// The body of the first segment of this kind.
    pub(crate) fn first(&self, marker: u8) -> Option<&'a [u8]> {
        self.segments.iter().find(|s| s.marker == marker).map(|s| s.body)
    }
}

fn segment<'a>(bytes: &mut Bytes<'a>) -> Option<Segment<'a>> {
    if bytes.u8()? != 0xFF {
        return None;
    }
    let mut at_marker = *bytes;
    let mut marker = bytes.u8()?;
    while marker == 0xFF {
        // Fill bytes (T.81 B.1.1.2).
        at_marker = *bytes;
        marker = bytes.u8()?;
    }
    // Markers that stand alone have no place before the first scan.
    if matches!(marker, 0x00..=0x01 | 0xD0..=0xD9) {
        return None;
    }
    let length = usize::from(bytes.u16_be()?);
    let body = bytes.take(length.checked_sub(2)?)?;
    // `whole` is rebuilt by its user with 0xFF in front: fill bytes are not part of it.
    let whole = at_marker.take(1 + length)?;
    Some(Segment { marker, body, whole })
}

/// SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC), and SOF55.
const fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF | SOF55)
}

/// A frame header (T.81 B.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) precision: u8,
    pub(crate) rows: u16,
    pub(crate) columns: u16,
    /// The components' identifiers.
    pub(crate) components: Vec<u8>,
}

impl FrameHeader {
    fn read(body: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(body);
        let (precision, rows, columns, count) = (bytes.u8()?, bytes.u16_be()?, bytes.u16_be()?, bytes.u8()?);
        if bytes.0.len() != usize::from(count) * 3 {
            return None;
        }
        let components = bytes.0.iter().copied().step_by(3).collect();
        Some(Self { precision, rows, columns, components })
    }
}

/// The four bytes that open a JPEG 2000 codestream: SOC, then SIZ (T.800 A.4.1, A.5.1).
pub(crate) const JPEG_2000: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
/// The signature box of a JP2 file (T.800 I.5.1). DICOM wants the bare codestream, and some writers leave the boxes around it.
pub(crate) const JP2: [u8; 12] = [0, 0, 0, 12, b'j', b'P', b' ', b' ', 0x0D, 0x0A, 0x87, 0x0A];

/// What the data looks like; only families that open with a signature can be told. Fails where it opens like JPEG and has no header that can be read.
pub(crate) fn family(data: &[u8]) -> Result<Coding, Damage> {
    if data.starts_with(&JPEG_2000) || data.starts_with(&JP2) {
        return Ok(Coding::Jpeg2000);
    }
    if !data.starts_with(&[0xFF, SOI]) {
        return Ok(Coding::Unknown);
    }
    match Header::read(data).and_then(|header| header.frame()).ok_or(Damage::Header)? {
        (SOF55, _) => Ok(Coding::JpegLs),
        (SOF3, _) => Ok(Coding::JpegLossless),
        _ => Ok(Coding::Jpeg),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SOI, a comment behind fill bytes, a frame header of 3 columns and 2 rows, SOS.
    const SMALL: &[u8] = b"\xFF\xD8\xFF\xFF\xFE\0\x03x\xFF\xC0\0\x0B\x08\0\x02\0\x03\x01\x07\x11\0\xFF\xDA\0\x08\x01\x07\0\0\x3F\0data";

    #[test]
    fn a_header_is_read() {
        let header = Header::read(SMALL).expect("a header");
        assert_eq!(header.rest, b"data");
        let (marker, frame) = header.frame().expect("a frame");
        assert_eq!((marker, frame), (0xC0, FrameHeader { precision: 8, rows: 2, columns: 3, components: vec![7] }));
        assert_eq!(header.first(COMMENT), Some(&b"x"[..]));
        assert_eq!(family(SMALL), Ok(Coding::Jpeg));
    }

    #[test]
    fn what_is_cut_or_bent_is_refused() {
        for end in 0..SMALL.len() - 4 {
            assert!(Header::read(&SMALL[..end]).is_none(), "{end}");
        }
        let mut doubled = SMALL[..8].to_vec();
        let frame = &SMALL[8..21];
        doubled.extend([frame, frame, &SMALL[21..]].concat());
        assert!(Header::read(&doubled).expect("segments").frame().is_none());
    }
}
