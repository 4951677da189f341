//! One frame before and after its codec.
//!
//! Owns: what the data set says of a frame, what the codec says of it, and how long the result must be. Refuses: descriptions that no image can have.

use crate::error::CodecError;
use crate::syntax::TransferSyntax;

/// Colour as the data set declares it (0028,0004).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeclaredColour {
    /// MONOCHROME1, MONOCHROME2 or PALETTE COLOR.
    Grey,
    /// RGB.
    Rgb,
    /// One of the YBR kinds.
    Ybr,
}

/// Colour of decoded samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodedColour {
    /// As the data set declares it; the codec changed nothing.
    AsDeclared,
    /// Red, green, blue: the codec undid a colour transform, or the codestream says that there was none.
    Rgb,
}

/// What a person should know of an image that was decoded all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecWarning {
    /// The codestream is damaged, and the decoder went on; part of the image may be wrong.
    Damaged,
    /// The codestream's bits a sample are not the data set's bits stored.
    Precision {
        /// Bits a sample in the codestream.
        codestream: u8,
        /// Bits stored in the data set.
        stored: u8,
    },
    /// The transfer syntax promises lossless coding, and the codestream uses a lossy one.
    Lossy,
}

/// A compressed frame and what the data set says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedFrame<'a> {
    /// Transfer syntax of the file.
    pub syntax: TransferSyntax,
    /// Columns (0028,0011).
    pub columns: u32,
    /// Rows (0028,0010).
    pub rows: u32,
    /// Samples per Pixel (0028,0002): 1 or 3.
    pub samples: u8,
    /// Bits Allocated (0028,0100): 1, 8, 16 or 32.
    pub bits_allocated: u8,
    /// Bits Stored (0028,0101).
    pub bits_stored: u8,
    /// Photometric Interpretation (0028,0004).
    pub photometric: DeclaredColour,
    /// One frame, its fragments joined.
    pub data: &'a [u8],
}

/// The samples of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedFrame {
    /// Bytes of a sample in `data`: those of the bits allocated, 1, 2 or 4. It is 1 for 1-bit images, which stay packed.
    pub bytes_per_sample: u8,
    /// Bits of a sample in the codestream; for codings that have no such field, the bits allocated.
    pub precision: u8,
    /// Whether the codestream calls its samples signed (JPEG 2000 alone says so); `None` where it does not say. Signed samples fill `data` with their
    /// sign, others with zeros.
    pub signed: Option<bool>,
    /// Whether `data` holds all of the first sample, then all of the second, and so on; otherwise the samples of a pixel stand together.
    pub planar: bool,
    /// What the samples are.
    pub colour: DecodedColour,
    /// Little endian, low bits; exactly columns x rows x samples x `bytes_per_sample` bytes. 1-bit images: eight pixels a byte, the first in the lowest
    /// bit, without a gap between rows (PS3.5 8.1.1), so columns x rows / 8 bytes, rounded up.
    pub data: Vec<u8>,
    /// What else a person should know.
    pub warnings: Vec<CodecWarning>,
}

/// Sizes of a frame that was checked: not empty, no more than an image can have, and countable in this machine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Columns x rows.
    pub(crate) pixels: usize,
    /// Samples a pixel.
    pub(crate) samples: usize,
    /// Bytes a sample in the result.
    pub(crate) bytes: usize,
    /// Bits allocated.
    pub(crate) bits: u8,
    /// Bytes of the result.
    pub(crate) length: usize,
}

impl Extent {
    /// Whether eight pixels share a byte.
    pub(crate) const fn is_packed(self) -> bool {
        self.bits == 1
    }
}

impl EncodedFrame<'_> {
    /// Its sizes. Fails where columns or rows are zero or more than 65,535 (they are 16-bit attributes), or samples or bits are not among those listed.
    pub(crate) fn extent(&self) -> Result<Extent, CodecError> {
        let layout = CodecError::Layout { columns: self.columns, rows: self.rows, samples: self.samples, bits: self.bits_allocated };
        let sides = 1..=u32::from(u16::MAX);
        let bytes: u8 = match (self.bits_allocated, self.samples) {
            (1, 1) | (8, 1 | 3) => 1,
            (16, 1 | 3) => 2,
            (32, 1 | 3) => 4,
            _ => return Err(layout),
        };
        if !sides.contains(&self.columns) || !sides.contains(&self.rows) || !(1..=self.bits_allocated).contains(&self.bits_stored) {
            return Err(layout);
        }
        let pixels = u64::from(self.columns) * u64::from(self.rows);
        let length = if self.bits_allocated == 1 { pixels.div_ceil(8) } else { pixels * u64::from(self.samples) * u64::from(bytes) };
        match (usize::try_from(pixels), usize::try_from(length)) {
            (Ok(pixels), Ok(length)) => {
                Ok(Extent { pixels, samples: self.samples.into(), bytes: bytes.into(), bits: self.bits_allocated, length })
            }
            _ => Err(CodecError::Memory(length)),
        }
    }
}

/// Memory for exactly `length` zeros, or the refusal that this machine gives.
pub(crate) fn zeros<T: Copy + Default>(length: usize) -> Result<Vec<T>, CodecError> {
    let mut zeros = reserve(length)?;
    zeros.resize(length, T::default());
    Ok(zeros)
}

/// An empty vector with room for exactly `length` values, or the refusal that this machine gives.
pub(crate) fn reserve<T>(length: usize) -> Result<Vec<T>, CodecError> {
    let mut room = Vec::new();
    room.try_reserve_exact(length).map_err(|_| CodecError::Memory((length as u64).saturating_mul(size_of::<T>() as u64)))?;
    Ok(room)
}
