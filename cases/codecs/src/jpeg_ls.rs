//! JPEG-LS (ITU-T T.87; PS3.5 A.4.3), through CharLS.
//!
//! Owns: the header checks, and whether the result is planar. Refuses: what contradicts the data set, and a header that CharLS reads otherwise than we.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::bytes::Bytes;
use crate::decode::Raw;
use crate::error::{CodecError, Coding, Damage};
use crate::frame::{EncodedFrame, Extent};
use crate::jpeg::{check_frame_header, contain};
use crate::markers::{Header, SOS};
use charls::{CharLS, FrameInfo};

const DAMAGED: fn(Damage) -> CodecError = |what| CodecError::Damaged(Coding::JpegLs, what);

/// The marker that ends a codestream (T.81 table B.1).
const EOI: [u8; 2] = [0xFF, 0xD9];

pub(crate) fn decode(frame: &EncodedFrame<'_>, extent: Extent) -> Result<Raw, CodecError> {
    let header = Header::read(frame.data).ok_or(DAMAGED(Damage::Header))?;
    let (_, sof) = header.frame().ok_or(DAMAGED(Damage::Header))?;
    check_frame_header(Coding::JpegLs, &sof, frame)?;
    let scan = header.first(SOS).and_then(Scan::read).ok_or(DAMAGED(Damage::Header))?;
    // CharLS 2.4.5 counts to 2^32 where data ends without a marker, so the end must be there, and it sees nothing behind it.
    let end = header.rest.windows(2).rposition(|pair| pair == EOI).ok_or(DAMAGED(Damage::Short))?;
    let behind = header.rest.len() - end - EOI.len();
    let data = frame.data.get(..frame.data.len() - behind).unwrap_or_default();
    // CharLS takes its buffer's length from what it reads; nothing is decoded unless it reads the same.
    let info = CharLS::default().get_frame_info(data).map_err(|_| DAMAGED(Damage::Refused))?;
    let ours = FrameInfo {
        width: frame.columns,
        height: frame.rows,
        bits_per_sample: sof.precision.into(),
        component_count: frame.samples.into(),
    };
    if info != ours {
        return Err(DAMAGED(Damage::Header));
    }
    let decoded = CharLS::default().decode(data).map_err(|_| DAMAGED(Damage::Refused))?;
    let bytes = if sof.precision <= 8 { 1 } else { 2 };
    let values = extent.pixels * extent.samples;
    if decoded.len() != values * bytes {
        return Err(DAMAGED(Damage::Short));
    }
    let data = if bytes == extent.bytes {
        decoded
    } else if bytes == 1 {
        contain(decoded.into_iter().map(u32::from), extent)?
    } else {
        contain(decoded.as_chunks().0.iter().map(|pair| u32::from(u16::from_le_bytes(*pair))), extent)?
    };
    // Without interleaving each component has a scan of its own, and CharLS leaves them apart (T.87 C.2.3).
    let is_planar = frame.samples > 1 && scan.interleave == 0;
    Ok(Raw { precision: sof.precision, is_planar, is_lossy: scan.near > 0, ..Raw::plain(data, extent) })
}

/// The end of a scan header (T.87 C.2.3).
struct Scan {
    near: u8,
    interleave: u8,
}

impl Scan {
    fn read(body: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(body);
        let count = bytes.u8()?;
        bytes.take(usize::from(count) * 2)?;
        Some(Self { near: bytes.u8()?, interleave: bytes.u8()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::DeclaredColour;
    use crate::syntax::TransferSyntax;
    use charls::InterleaveMode;

    #[test]
    fn without_interleaving_components_come_one_after_the_other() {
        let planes: Vec<u8> = (0..48).collect();
        for (mode, is_planar) in [(InterleaveMode::None, true), (InterleaveMode::Line, false), (InterleaveMode::Sample, false)] {
            let mut encoder = CharLS::default();
            let info = FrameInfo { width: 4, height: 4, bits_per_sample: 8, component_count: 3 };
            encoder.set_interleave_mode(mode).expect("a mode");
            let data = encoder.encode(info, 0, &planes).expect("a codestream");
            let frame = EncodedFrame {
                syntax: TransferSyntax::JpegLsLossless,
                columns: 4,
                rows: 4,
                samples: 3,
                bits_allocated: 8,
                bits_stored: 8,
                photometric: DeclaredColour::Rgb,
                data: &data,
            };
            let raw = decode(&frame, frame.extent().expect("an extent")).expect("an image");
            assert_eq!((raw.is_planar, raw.data), (is_planar, planes.clone()), "{mode:?}");
        }
    }
}
