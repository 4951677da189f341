//! From a compressed frame to its samples, in this process.
//!
//! Owns: which codec a transfer syntax means, the check that the data is of that family, and the wall behind which foreign code may panic.
//! Refuses: syntaxes without a codec, by name. It bounds neither time nor memory: for data from foreign files that is what [`crate::Codecs`] is for.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::deflate::inflate;
use crate::error::{CodecError, Coding, Damage};
use crate::frame::{CodecWarning, DecodedColour, DecodedFrame, EncodedFrame, Extent};
use crate::markers::family;
use crate::{jpeg, jpeg_ls, jpeg2000, rle};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a codec gives, before warnings are made of it.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) precision: u8,
    pub(crate) signed: Option<bool>,
    pub(crate) is_planar: bool,
    pub(crate) colour: DecodedColour,
    pub(crate) is_lossy: bool,
    pub(crate) is_damaged: bool,
    pub(crate) data: Vec<u8>,
}

impl Raw {
    /// Samples of which the codec says nothing.
    pub(crate) const fn plain(data: Vec<u8>, extent: Extent) -> Self {
        let colour = DecodedColour::AsDeclared;
        Self { precision: extent.bits, signed: None, is_planar: false, colour, is_lossy: false, is_damaged: false, data }
    }
}

/// Decodes one frame.
///
/// Nothing is decoded, and no memory is taken for the result, unless the codestream's own header says the columns, rows and samples that the data set
/// says, and a depth that fits the bits allocated. Zeros behind the codestream are padding (PS3.5 A.4) and are ignored.
///
/// # Errors
/// [`CodecError::Unsupported`] where no codec exists for the syntax; [`CodecError::Layout`], [`CodecError::Family`], [`CodecError::Size`],
/// [`CodecError::Samples`], [`CodecError::Precision`], [`CodecError::Segments`] and [`CodecError::Length`] where the data set and the data contradict
/// each other; [`CodecError::Damaged`] where the decoder gives no whole image; [`CodecError::Memory`] where this machine has no room for it. Damage that
/// still gives a whole image is [`CodecWarning::Damaged`].
pub fn decode(frame: &EncodedFrame<'_>) -> Result<DecodedFrame, CodecError> {
    let coding = frame.syntax.codec().ok_or(CodecError::Unsupported(frame.syntax.name()))?;
    let extent = frame.extent()?;
    // Codecs hold no state between frames, so nothing broken can be seen after a panic.
    let raw = catch_unwind(AssertUnwindSafe(|| run(frame, extent, coding))).unwrap_or(Err(CodecError::Damaged(coding, Damage::Broke)))?;
    if raw.data.len() != extent.length {
        return Err(CodecError::Damaged(coding, Damage::Short));
    }
    let mut warnings = Vec::new();
    if raw.is_damaged {
        warnings.push(CodecWarning::Damaged);
    }
    let has_depth = matches!(coding, Coding::Jpeg | Coding::JpegLossless | Coding::JpegLs | Coding::Jpeg2000);
    if has_depth && raw.precision != frame.bits_stored {
        warnings.push(CodecWarning::Precision { codestream: raw.precision, stored: frame.bits_stored });
    }
    if raw.is_lossy && frame.syntax.promises_lossless() {
        warnings.push(CodecWarning::Lossy);
    }
    let bytes_per_sample = extent.bytes as u8;
    let Raw { precision, signed, is_planar: planar, colour, data, .. } = raw;
    Ok(DecodedFrame { bytes_per_sample, precision, signed, planar, colour, data, warnings })
}

/// Whether no foreign code takes part in decoding a frame, so that it needs no worker.
pub(crate) fn is_own(frame: &EncodedFrame<'_>) -> bool {
    frame.syntax.codec() == Some(Coding::Rle)
}

/// [`decode`] of a frame that [`is_own`], piece by piece as for [`crate::Codecs::decode_to`].
pub(crate) fn decode_own_to(
    frame: &EncodedFrame<'_>,
    extent: Extent,
    put: &mut impl FnMut(&DecodedFrame, usize, &[u8]),
) -> Result<DecodedFrame, CodecError> {
    let Raw { precision, signed, is_planar: planar, colour, data, .. } = Raw::plain(Vec::new(), extent);
    let mut described =
        DecodedFrame { bytes_per_sample: extent.bytes as u8, precision, signed, planar, colour, data, warnings: Vec::new() };
    let is_damaged = rle::decode_to(frame.data, extent, |at, piece| put(&described, at, piece))?;
    described.warnings.extend(is_damaged.then_some(CodecWarning::Damaged));
    Ok(described)
}

fn run(frame: &EncodedFrame<'_>, extent: Extent, coding: Coding) -> Result<Raw, CodecError> {
    let is_told_by_signature = matches!(coding, Coding::Jpeg | Coding::JpegLossless | Coding::JpegLs | Coding::Jpeg2000);
    if is_told_by_signature {
        let found = family(frame.data).map_err(|what| CodecError::Damaged(coding, what))?;
        if found != coding {
            return Err(CodecError::Family { found, expected: coding });
        }
    }
    match coding {
        Coding::Jpeg | Coding::JpegLossless => jpeg::decode(frame, extent, coding),
        Coding::JpegLs => jpeg_ls::decode(frame, extent),
        Coding::Jpeg2000 => jpeg2000::decode(frame, extent),
        Coding::Rle => {
            let (data, is_damaged) = rle::decode(frame.data, extent)?;
            Ok(Raw { is_damaged, ..Raw::plain(data, extent) })
        }
        // One byte more is padding to even length, which is inside the deflated data where the writer padded first.
        Coding::Deflate => match inflate(frame.data, extent.length + 1) {
            Err(CodecError::TooLarge(least)) => Err(CodecError::Length { coding, found: least + 1, expected: extent.length as u64 }),
            unpacked => exact(unpacked?, extent, coding),
        },
        Coding::Plain => {
            let data = frame.data.get(..frame.data.len().min(extent.length + 1)).unwrap_or_default();
            if frame.data.len() > extent.length + 1 {
                return Err(CodecError::Length { coding, found: frame.data.len() as u64, expected: extent.length as u64 });
            }
            exact(data.to_vec(), extent, coding)
        }
        Coding::Unknown => Err(CodecError::Unsupported(frame.syntax.name())),
    }
}

/// Samples that came without a header: their number must be right, but for a byte that pads to even length (PS3.5 A.4).
fn exact(mut data: Vec<u8>, extent: Extent, coding: Coding) -> Result<Raw, CodecError> {
    let (found, expected) = (data.len(), extent.length);
    if found != expected && (found != expected + 1 || expected.is_multiple_of(2)) {
        return Err(CodecError::Length { coding, found: found as u64, expected: expected as u64 });
    }
    data.truncate(expected);
    Ok(Raw::plain(data, extent))
}
