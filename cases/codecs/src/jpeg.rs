//! JPEG, lossy and lossless (ITU-T T.81; PS3.5 A.4.1), through libjpeg-turbo.
//!
//! Owns: the header checks, and the decision what three components mean. Refuses: what contradicts the data set. libjpeg would guess colour from
//! markers that DICOM does not care for; here the decision is made once and written into the codestream that libjpeg gets.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::decode::Raw;
use crate::error::{CodecError, Coding, Damage};
use crate::foreign::{self, Picture, Samples};
use crate::frame::{DeclaredColour, DecodedColour, EncodedFrame, Extent, reserve};
use crate::markers::{APP0, APP14, APP15, COMMENT, FrameHeader, Header, SOF0, SOF1, SOF3, SOI, SOS};
use std::borrow::Cow;

pub(crate) fn decode(frame: &EncodedFrame<'_>, extent: Extent, coding: Coding) -> Result<Raw, CodecError> {
    let broken = CodecError::Damaged(coding, Damage::Header);
    let header = Header::read(frame.data).ok_or(broken)?;
    let (marker, sof) = header.frame().ok_or(broken)?;
    check_frame_header(coding, &sof, frame)?;
    let picture = Picture { columns: frame.columns, rows: frame.rows, samples: frame.samples, precision: sof.precision };
    let is_lossless = marker == SOF3;
    let (data, colour) = match frame.samples {
        1 if is_scan_right(&header, marker) => (Cow::Borrowed(frame.data), DecodedColour::AsDeclared),
        1 => (Cow::Owned(rewritten(&header, marker, None)?), DecodedColour::AsDeclared),
        // Lossless processes have no colour transform; libjpeg must not see one (PS3.5 8.2.1).
        _ if is_lossless => (Cow::Owned(rewritten(&header, marker, Some(false))?), DecodedColour::AsDeclared),
        _ => (Cow::Owned(rewritten(&header, marker, Some(is_ycbcr(&header, &sof, frame.photometric)))?), DecodedColour::Rgb),
    };
    let (samples, is_warned) = foreign::jpeg(&data, picture).map_err(|e| match e {
        CodecError::Damaged(_, what) => CodecError::Damaged(coding, what),
        other => other,
    })?;
    // Lossless processes add differences modulo 2^16 (T.81 H.1.2.1): a damaged scan leads beyond the precision, and no other does.
    let most = u32::MAX >> 32_u32.saturating_sub(sof.precision.into()).min(31);
    let mut is_beyond = false;
    let mut held = |sample: u32| {
        is_beyond |= sample > most;
        sample & most
    };
    let data = match samples {
        Samples::Eight(samples) if extent.bytes == 1 && most == 0xFF => samples,
        Samples::Eight(samples) => contain(samples.into_iter().map(|s| held(s.into())), extent)?,
        Samples::Twelve(samples) => contain(samples.into_iter().map(|s| held(s.cast_unsigned().into())), extent)?,
        Samples::Sixteen(samples) => contain(samples.into_iter().map(|s| held(s.into())), extent)?,
    };
    Ok(Raw { precision: sof.precision, colour, is_damaged: is_warned || is_beyond, ..Raw::plain(data, extent) })
}

/// Columns, rows, samples and precision of a JPEG or JPEG-LS frame header against the data set.
pub(crate) fn check_frame_header(coding: Coding, sof: &FrameHeader, frame: &EncodedFrame<'_>) -> Result<(), CodecError> {
    let found = (sof.columns.into(), sof.rows.into());
    let expected = (frame.columns, frame.rows);
    if found != expected {
        return Err(CodecError::Size { coding, found, expected });
    }
    if sof.components.len() != usize::from(frame.samples) {
        return Err(CodecError::Samples { coding, found: sof.components.len() as u32, expected: frame.samples.into() });
    }
    if sof.precision > frame.bits_allocated {
        return Err(CodecError::Precision { coding, found: sof.precision.into(), room: frame.bits_allocated.into() });
    }
    Ok(())
}

/// Whether three lossy components are YCbCr: an Adobe marker says, else a JFIF marker means it, else components named R, G, B are not, else the data set
/// says.
fn is_ycbcr(header: &Header<'_>, sof: &FrameHeader, declared: DeclaredColour) -> bool {
    let adobe = header.first(APP14).filter(|body| body.starts_with(b"Adobe")).and_then(|body| body.get(11));
    if let Some(transform) = adobe {
        return *transform != 0;
    }
    if header.first(APP0).is_some_and(|body| body.starts_with(b"JFIF\0")) {
        return true;
    }
    sof.components != b"RGB" && declared != DeclaredColour::Rgb
}

/// The end of a scan header where all coefficients come in one scan (T.81 B.2.3): Ss, Se, and Ah and Al in one byte.
const WHOLE_SCAN: [u8; 3] = [0, 63, 0];

/// Whether a sequential process's scan header is as T.81 B.2.3 wants it. A writer of 12-bit DICOM images leaves Se at 0; its data is right, but libjpeg
/// complains, and that is how damage is recognised.
fn is_scan_right(header: &Header<'_>, marker: u8) -> bool {
    !matches!(marker, SOF0 | SOF1) || header.first(SOS).is_some_and(|scan| scan.ends_with(&WHOLE_SCAN))
}

/// The codestream without application data and comments, with one Adobe marker that says what was decided about colour, and with the scan header put
/// right.
fn rewritten(header: &Header<'_>, marker: u8, is_ycbcr: Option<bool>) -> Result<Vec<u8>, CodecError> {
    let kept = || header.segments.iter().filter(|s| !matches!(s.marker, APP0..=APP15 | COMMENT));
    let mut adobe = [0xFF, APP14, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];
    let [.., transform] = &mut adobe;
    *transform = u8::from(is_ycbcr == Some(true));
    let adobe = if is_ycbcr.is_some() { &adobe[..] } else { &[] };
    let length = 2 + adobe.len() + kept().map(|s| 1 + s.whole.len()).sum::<usize>() + header.rest.len();
    let mut out = reserve(length)?;
    out.extend_from_slice(&[0xFF, SOI]);
    out.extend_from_slice(adobe);
    for segment in kept() {
        out.push(0xFF);
        match segment.whole.split_last_chunk::<3>() {
            Some((start, _)) if segment.marker == SOS && matches!(marker, SOF0 | SOF1) => {
                out.extend_from_slice(start);
                out.extend_from_slice(&WHOLE_SCAN);
            }
            _ => out.extend_from_slice(segment.whole),
        }
    }
    out.extend_from_slice(header.rest);
    Ok(out)
}

/// Values as little-endian samples of the bytes that the data set allocates.
pub(crate) fn contain(values: impl Iterator<Item = u32>, extent: Extent) -> Result<Vec<u8>, CodecError> {
    let mut out = reserve(extent.length)?;
    match extent.bytes {
        1 => out.extend(values.map(|v| v as u8)),
        2 => values.for_each(|v| out.extend_from_slice(&(v as u16).to_le_bytes())),
        _ => values.for_each(|v| out.extend_from_slice(&v.to_le_bytes())),
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(app: &[u8], ids: &[u8; 3]) -> Vec<u8> {
        let [a, b, c] = *ids;
        let sof = [0xFF, 0xC0, 0, 17, 8, 0, 1, 0, 1, 3, a, 0x11, 0, b, 0x11, 0, c, 0x11, 0];
        let sos = [0xFF, 0xDA, 0, 12, 3, a, 0, b, 0, c, 0, 0, 63, 0];
        [&[0xFF, 0xD8], app, &sof, &sos, b"scan"].concat()
    }

    #[test]
    fn the_meaning_of_three_components_is_decided_in_order() {
        let jfif = b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        let adobe = |transform| [&b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0"[..], &[transform]].concat();
        let decide = |app: &[u8], ids, declared| {
            let data = stream(app, ids);
            let header = Header::read(&data).expect("a header");
            is_ycbcr(&header, &header.frame().expect("a frame").1, declared)
        };
        use DeclaredColour::{Rgb, Ybr};
        assert!(!decide(&adobe(0), b"\x01\x02\x03", Ybr));
        assert!(decide(&adobe(1), b"RGB", Rgb));
        assert!(!decide(&[&jfif[..], &adobe(0)].concat(), b"\x01\x02\x03", Ybr));
        assert!(decide(jfif, b"RGB", Rgb));
        assert!(!decide(b"", b"RGB", Ybr));
        assert!(!decide(b"", b"\x01\x02\x03", Rgb));
        assert!(decide(b"", b"\x01\x02\x03", Ybr));
    }

    #[test]
    fn the_decision_replaces_what_the_stream_says() {
        let data = stream(b"\xFF\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xFE\0\x03x", b"\x01\x02\x03");
        let header = Header::read(&data).expect("a header");
        let new = rewritten(&header, 0xC0, Some(false)).expect("memory");
        assert_eq!(new, stream(b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0", b"\x01\x02\x03"));
    }
}
