//! JPEG 2000 and HTJ2K (ITU-T T.800, T.814; PS3.5 A.4.4), through OpenJPEG.
//!
//! Owns: the checks of the SIZ and COD segments, what of a codestream OpenJPEG is handed, and how components become samples. Refuses: what contradicts the data set,
//! subsampled components and components of different depth, of which DICOM has neither, and a main header that OpenJPEG would read otherwise than we.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::decode::Raw;
use crate::error::{CodecError, Coding, Damage};
use crate::foreign::{self, Picture};
use crate::frame::{DecodedColour, EncodedFrame, Extent, zeros};
use crate::markers::{JP2, JPEG_2000};
use std::borrow::Cow;

const DAMAGED: fn(Damage) -> CodecError = |what| CodecError::Damaged(Coding::Jpeg2000, what);

pub(crate) fn decode(frame: &EncodedFrame<'_>, extent: Extent) -> Result<Raw, CodecError> {
    let codestream = codestream(frame.data).ok_or(DAMAGED(Damage::Header))?;
    let header = Header::read(codestream).ok_or(DAMAGED(Damage::Header))?;
    let (found, expected) = ((header.columns, header.rows), (frame.columns, frame.rows));
    if found != expected {
        return Err(CodecError::Size { coding: Coding::Jpeg2000, found, expected });
    }
    if header.components != u16::from(frame.samples) {
        let (found, expected) = (header.components.into(), frame.samples.into());
        return Err(CodecError::Samples { coding: Coding::Jpeg2000, found, expected });
    }
    if !header.is_even {
        return Err(DAMAGED(Damage::Components));
    }
    if header.precision > frame.bits_allocated {
        let (found, room) = (header.precision.into(), frame.bits_allocated.into());
        return Err(CodecError::Precision { coding: Coding::Jpeg2000, found, room });
    }
    let is_ended = check_tile_parts(&header, codestream)?;
    let picture = Picture { columns: frame.columns, rows: frame.rows, samples: frame.samples, precision: header.precision };
    let mut out = zeros::<u8>(extent.length)?;
    let codestream = without_lengths(codestream, &header);
    let is_damaged = foreign::jpeg_2000(&codestream, picture, |component, values| place(&mut out, extent, component, values))?;
    let colour = if header.is_transformed && frame.samples == 3 { DecodedColour::Rgb } else { DecodedColour::AsDeclared };
    Ok(Raw {
        precision: header.precision,
        signed: Some(header.is_signed),
        colour,
        is_damaged: is_damaged || !is_ended,
        is_lossy: !header.is_reversible,
        ..Raw::plain(out, extent)
    })
}

/// Writes one component's values to their places among the interleaved samples.
fn place(out: &mut [u8], extent: Extent, component: usize, values: &[i32]) {
    if extent.is_packed() {
        for (byte, eight) in out.iter_mut().zip(values.chunks(8)) {
            *byte = eight.iter().enumerate().fold(0, |bits, (i, value)| bits | (u8::from(*value != 0) << i));
        }
        return;
    }
    let samples = out.chunks_exact_mut(extent.bytes).skip(component).step_by(extent.samples);
    for (sample, value) in samples.zip(values) {
        sample.iter_mut().zip(value.to_le_bytes()).for_each(|(byte, new)| *byte = new);
    }
}

/// The bare codestream: the data itself, or what the first codestream box of a JP2 file holds (T.800 I.4, I.5.4).
fn codestream(data: &[u8]) -> Option<&[u8]> {
    if !data.starts_with(&JP2) {
        return Some(data);
    }
    let mut bytes = Bytes(data);
    loop {
        let (length, kind) = (bytes.u32_be()?, bytes.u32_be()?);
        let body = match length {
            // To the end of the data.
            0 => bytes.0,
            1 => return None,
            length => bytes.take(usize::try_from(length).ok()?.checked_sub(8)?)?,
        };
        if kind == u32::from_be_bytes(*b"jp2c") {
            return Some(body);
        }
        if length == 0 {
            return None;
        }
    }
}

/// What SIZ (T.800 A.5.1) and COD (A.6.1) say.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    columns: u32,
    rows: u32,
    components: u16,
    /// Bits a sample of the first component.
    precision: u8,
    is_signed: bool,
    /// All components have the same depth and sign, and one value a pixel.
    is_even: bool,
    /// A component transform (RCT or ICT) is to be undone.
    is_transformed: bool,
    /// The 5-3 wavelet, which loses nothing by itself.
    is_reversible: bool,
    tiles: u64,
    /// Where the first tile-part should begin.
    end: usize,
    /// Where the markers of its TLM segments stand (A.7.1).
    lengths: Vec<usize>,
}

const SOT: u16 = 0xFF90;
const COD: u16 = 0xFF52;
const TLM: u16 = 0xFF55;
const COM: u16 = 0xFF64;
/// What else may stand in a main header (T.800 table A.2; CAP and CPF: T.814; MCT, MCC, CBD, MCO: T.801): COC, RGN, QCD, QCC, POC, PLM, PPM, CRG. OpenJPEG knows all of
/// these. Where it does not know a segment it looks for the next marker inside of it, where we go on behind it.
const OTHERS: [u16; 14] = [0xFF50, 0xFF53, 0xFF57, 0xFF59, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF63, 0xFF74, 0xFF75, 0xFF77, 0xFF78];

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data);
        if bytes.take(4)? != JPEG_2000 {
            return None;
        }
        let mut siz = Bytes(segment(&mut bytes)?);
        let _capabilities = siz.u16_be()?;
        let (right, bottom, left, top) = (siz.u32_be()?, siz.u32_be()?, siz.u32_be()?, siz.u32_be()?);
        let (width, height, tile_left, tile_top) = (siz.u32_be()?, siz.u32_be()?, siz.u32_be()?, siz.u32_be()?);
        let along = |end: u32, start: u32, step: u32| Some(end.checked_sub(start)?.div_ceil(std::num::NonZero::new(step)?.get()));
        let tiles = u64::from(along(right, tile_left, width)?) * u64::from(along(bottom, tile_top, height)?);
        let components = siz.u16_be()?;
        let (first, more) = siz.0.as_chunks::<3>();
        if !more.is_empty() || first.len() != usize::from(components) {
            return None;
        }
        let [depth, ..] = *first.first()?;
        let mut header = Self {
            columns: right.checked_sub(left)?,
            rows: bottom.checked_sub(top)?,
            components,
            precision: (depth & 0x7F) + 1,
            is_signed: depth & 0x80 != 0,
            is_even: first.iter().all(|c| *c == [depth, 1, 1]),
            is_transformed: false,
            is_reversible: false,
            tiles,
            end: 0,
            lengths: Vec::new(),
        };
        let mut has_style = false;
        loop {
            header.end = data.len() - bytes.0.len();
            match bytes.u16_be()? {
                COD => {
                    let mut cod = Bytes(segment(&mut bytes)?);
                    let _style_progression_layers = cod.take(4)?;
                    header.is_transformed = cod.u8()? != 0;
                    let _levels_and_blocks = cod.take(4)?;
                    header.is_reversible = cod.u8()? == 1;
                    has_style = true;
                }
                // COD has its place in the main header (T.800 A.6.1), and every other segment there has a length.
                SOT => return has_style.then_some(header),
                TLM => {
                    header.lengths.push(header.end);
                    segment(&mut bytes)?;
                }
                marker if marker == COM || OTHERS.contains(&marker) => {
                    segment(&mut bytes)?;
                }
                _ => return None,
            }
        }
    }
}

/// The codestream with its TLM segments called comments.
///
/// They say how long each tile-part is, for those that want to jump, and nothing of the picture. OpenJPEG up to 2.5.4 makes a table of as many parts as they name, and
/// writes behind its end where more follow (uclouvain/openjpeg #1620).
fn without_lengths<'a>(codestream: &'a [u8], header: &Header) -> Cow<'a, [u8]> {
    if header.lengths.is_empty() {
        return Cow::Borrowed(codestream);
    }
    let mut codestream = codestream.to_vec();
    for at in &header.lengths {
        if let Some(marker) = codestream.get_mut(*at..*at + 2) {
            marker.copy_from_slice(&COM.to_be_bytes());
        }
    }
    Cow::Owned(codestream)
}

const EOC: u16 = 0xFFD9;

/// Follows the tile-parts from one to the next (T.800 A.4.2) and tells whether the codestream ends as it should.
///
/// OpenJPEG leaves tiles that are not there black and says nothing; here each must have a part, and no part may end behind the data.
fn check_tile_parts(header: &Header, codestream: &[u8]) -> Result<bool, CodecError> {
    // Tiles are numbered with 16 bits (T.800 A.4.2).
    let tiles = u16::try_from(header.tiles).map_err(|_| DAMAGED(Damage::Header))?;
    let mut seen = zeros::<bool>(tiles.into())?;
    let mut rest = codestream.get(header.end..).unwrap_or_default();
    let is_ended = loop {
        let mut part = Bytes(rest);
        if part.u16_be() != Some(SOT) {
            break Bytes(rest).u16_be() == Some(EOC);
        }
        let sot = segment(&mut part).and_then(|body| {
            let mut body = Bytes(body);
            Some((body.u16_be()?, body.u32_be()?))
        });
        let (tile, length) = sot.ok_or(DAMAGED(Damage::Short))?;
        *seen.get_mut(usize::from(tile)).ok_or(DAMAGED(Damage::Offset))? = true;
        if length == 0 {
            // The last part may leave its length open and go on to the end (T.800 A.4.2).
            let end = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            break rest.get(..end).is_some_and(|rest| rest.ends_with(&EOC.to_be_bytes()));
        }
        // SOT itself has 12 bytes.
        let length = usize::try_from(length).ok().filter(|length| *length >= 12).ok_or(DAMAGED(Damage::Offset))?;
        rest = rest.get(length..).ok_or(DAMAGED(Damage::Short))?;
    };
    if seen.iter().all(|seen| *seen) { Ok(is_ended) } else { Err(DAMAGED(Damage::Short)) }
}

/// The body behind a length field that counts itself.
fn segment<'a>(bytes: &mut Bytes<'a>) -> Option<&'a [u8]> {
    let length = usize::from(bytes.u16_be()?);
    bytes.take(length.checked_sub(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main_header() -> Vec<u8> {
        let siz = b"\0\x2F\0\0\0\0\0\x05\0\0\0\x04\0\0\0\x01\0\0\0\x01\0\0\0\x05\0\0\0\x04\0\0\0\0\0\0\0\0\0\x03\x87\x01\x01\x87\x01\x01\x87\x01\x01";
        let cod = b"\xFF\x52\0\x0C\0\0\0\x01\x01\x05\x04\x04\0\x01";
        [&JPEG_2000[..], siz, b"\xFF\x64\0\x04ab", cod, &SOT.to_be_bytes()].concat()
    }

    fn tile_part(tile: u8, length: u32) -> Vec<u8> {
        [&b"\xFF\x90\0\x0A\0"[..], &[tile], &length.to_be_bytes(), b"\0\x01\xFF\x93"].concat()
    }

    #[test]
    fn tiles_that_are_not_there_are_missed() {
        let mut header = Header::read(&main_header()).expect("a header");
        assert_eq!((header.tiles, header.end), (1, main_header().len() - 2));
        (header.tiles, header.end) = (2, 0);
        let end = EOC.to_be_bytes().to_vec();
        let short = Err(DAMAGED(Damage::Short));
        let check = |parts: &[Vec<u8>]| check_tile_parts(&header, &parts.concat());
        assert_eq!(check(&[tile_part(0, 14), tile_part(1, 14), end.clone(), vec![0]]), Ok(true));
        assert_eq!(check(&[tile_part(1, 14), tile_part(0, 0), b"data".to_vec(), end.clone(), vec![0]]), Ok(true));
        assert_eq!(check(&[tile_part(1, 14), tile_part(0, 0), b"data".to_vec()]), Ok(false));
        assert_eq!(check(&[tile_part(0, 14), tile_part(1, 14)]), Ok(false));
        assert_eq!(check(&[tile_part(0, 14), end.clone()]), short);
        assert_eq!(check(&[tile_part(0, 14), tile_part(1, 15)]), short);
        assert_eq!(check(&[tile_part(0, 14), tile_part(2, 14), end.clone()]), Err(DAMAGED(Damage::Offset)));
        assert_eq!(check(&[tile_part(0, 3), tile_part(1, 14), end]), Err(DAMAGED(Damage::Offset)));
    }

    #[test]
    fn a_header_is_read_and_cuts_are_refused() {
        let data = main_header();
        let header = Header::read(&data).expect("a header");
        assert_eq!((header.columns, header.rows, header.components), (4, 3, 3));
        assert_eq!((header.precision, header.is_signed, header.is_even), (8, true, true));
        assert!(header.is_transformed && header.is_reversible);
        for end in 0..data.len() {
            assert!(Header::read(&data[..end]).is_none(), "{end}");
        }
    }

    /// One tile of two parts, and a table of one: the second part would be written behind its end.
    const PARTS_BEYOND_THE_TABLE: &[u8] =
        b"\xFF\x4F\xFF\x51\0\x29\0\0\0\0\0\x08\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\x08\0\0\0\0\0\0\0\0\0\x01\x07\x01\x01\
        \xFF\x52\0\x0C\0\0\0\x01\0\0\x04\x04\0\x01\xFF\x5C\0\x04\x40\x40\xFF\x55\0\x09\0\x50\0\0\0\0\x0E\
        \xFF\x90\0\x0A\0\0\0\0\0\x0E\0\0\xFF\x93\xFF\x90\0\x0A\0\0\0\0\0\x0E\x01\0\xFF\x93\xFF\xD9";

    #[test]
    fn openjpeg_sees_no_table_of_lengths() {
        let header = Header::read(PARTS_BEYOND_THE_TABLE).expect("a header");
        assert_eq!(header.lengths.len(), 1);
        assert_eq!(PARTS_BEYOND_THE_TABLE[header.lengths[0]..][..2], TLM.to_be_bytes());
        let handed = without_lengths(PARTS_BEYOND_THE_TABLE, &header);
        let changed: Vec<_> = handed.iter().zip(PARTS_BEYOND_THE_TABLE).filter(|(new, old)| new != old).collect();
        assert_eq!((changed, handed.len()), (vec![(&0x64, &0x55)], PARTS_BEYOND_THE_TABLE.len()));
        // Hidden in a segment that OpenJPEG does not know and would look into.
        let at = header.lengths[0];
        let hidden = [&PARTS_BEYOND_THE_TABLE[..at], b"\xFF\x70\0\x0D", &PARTS_BEYOND_THE_TABLE[at..]].concat();
        assert_eq!(Header::read(&hidden), None);
        let plain = main_header();
        assert!(matches!(without_lengths(&plain, &Header::read(&plain).expect("a header")), Cow::Borrowed(_)));
    }

    #[test]
    fn boxes_are_opened() {
        let mut file = JP2.to_vec();
        file.extend(b"\0\0\0\x0Afree..\0\0\0\0jp2cstream");
        assert_eq!(codestream(&file), Some(&b"stream"[..]));
        assert_eq!(codestream(&file[..30]), Some(&b""[..]));
        assert_eq!(codestream(&file[..25]), None);
        assert_eq!(codestream(b"bare"), Some(&b"bare"[..]));
    }

    #[test]
    fn one_bit_components_are_packed() {
        let mut out = [0; 2];
        place(&mut out, Extent { pixels: 9, samples: 1, bytes: 1, bits: 1, length: 2 }, 0, &[1, 0, 1, 0, 0, 0, 0, 1, 1]);
        assert_eq!(out, [0b1000_0101, 1]);
    }
}
