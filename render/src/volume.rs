//! What the sampler reads of a grey series: a volume of 16-bit words with its geometry.

use crate::RenderError;
use crate::course::WEIGHT_BITS;
use std::sync::atomic::{AtomicU16, Ordering};
use tiresias_words::{ModalityLut, StoredFormat, StoredValue, VolumeGeometry};

/// A borrowed volume: x fastest, then y, then slice. The words may still be filling; a reader sees each word either before or after.
#[derive(Debug, Clone, Copy)]
pub struct VolumeView<'a> {
    geometry: &'a VolumeGeometry,
    words: &'a [AtomicU16],
    format: StoredFormat,
    modality: &'a ModalityLut,
    padding: Option<[StoredValue; 2]>,
    range: ValueRange,
}

/// The smallest and largest word of a volume, padding included. The sampler's precision follows from their distance,
/// so it is a property of the volume, not of what happens to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueRange {
    low: u16,
    high: u16,
}

impl ValueRange {
    /// From two words, in either order.
    #[must_use]
    pub fn new(a: StoredValue, b: StoredValue) -> Self {
        Self { low: a.0.min(b.0), high: a.0.max(b.0) }
    }
    /// The range of all words.
    #[must_use]
    pub fn measure(words: &[AtomicU16]) -> Self {
        let (low, high) = words.iter().fold((u16::MAX, 0), |(low, high), w| {
            let w = w.load(Ordering::Relaxed);
            (low.min(w), high.max(w))
        });
        Self { low: low.min(high), high }
    }
    /// The smallest word.
    #[must_use]
    pub const fn low(self) -> StoredValue {
        StoredValue(self.low)
    }
    /// The largest word.
    #[must_use]
    pub const fn high(self) -> StoredValue {
        StoredValue(self.high)
    }
    /// Largest minus smallest.
    #[must_use]
    pub const fn span(self) -> u32 {
        (self.high - self.low) as u32
    }
    /// Bits that the span needs, 1 to 16.
    const fn span_bits(self) -> u32 {
        let bits = u32::BITS - self.span().leading_zeros();
        if bits == 0 { 1 } else { bits }
    }
    /// Fraction bits that interpolated values keep: span + weight (14) + fraction bits never exceed 32, a display table never 2^18 entries.
    #[must_use]
    pub const fn fraction_bits(self) -> u32 {
        let s = self.span_bits();
        match s {
            0..=8 => 8,
            9..=12 => 16 - s,
            13..=14 => 4,
            _ => 18 - s,
        }
    }
    /// Bits of the weights of cubic interpolation, whose values ring by a half: with span and fraction bits 30 at most, so that 31 hold every sum.
    #[must_use]
    pub(crate) const fn cubic_bits(self) -> u32 {
        let bits = 30 - (self.span_bits() + self.fraction_bits());
        if bits < WEIGHT_BITS { bits } else { WEIGHT_BITS }
    }
}

impl<'a> VolumeView<'a> {
    /// Puts a view together. `padding` is the first and last padding word, where the series has padding.
    ///
    /// # Errors
    /// [`RenderError::WrongLength`] when the words do not fill the geometry.
    pub fn new(
        geometry: &'a VolumeGeometry,
        words: &'a [AtomicU16],
        format: StoredFormat,
        modality: &'a ModalityLut,
        padding: Option<[StoredValue; 2]>,
        range: ValueRange,
    ) -> Result<Self, RenderError> {
        fills(geometry, words.len())?;
        Ok(Self { geometry, words, format, modality, padding, range })
    }
    /// Where the voxels lie.
    #[must_use]
    pub const fn geometry(&self) -> &'a VolumeGeometry {
        self.geometry
    }
    /// The words, x fastest.
    #[must_use]
    pub const fn words(&self) -> &'a [AtomicU16] {
        self.words
    }
    /// How words stand for stored values.
    #[must_use]
    pub const fn format(&self) -> StoredFormat {
        self.format
    }
    /// Stored value to modality units.
    #[must_use]
    pub const fn modality(&self) -> &'a ModalityLut {
        self.modality
    }
    /// First and last padding word.
    #[must_use]
    pub const fn padding(&self) -> Option<[StoredValue; 2]> {
        self.padding
    }
    /// Smallest and largest word.
    #[must_use]
    pub const fn range(&self) -> ValueRange {
        self.range
    }
}

/// Whether so many values fill a geometry exactly.
///
/// # Errors
/// [`RenderError::WrongLength`] when they do not.
pub(crate) fn fills(geometry: &VolumeGeometry, words: usize) -> Result<(), RenderError> {
    let needed = geometry.size().iter().try_fold(1usize, |n, s| n.checked_mul(*s as usize)).unwrap_or(usize::MAX);
    if words == needed { Ok(()) } else { Err(RenderError::WrongLength { words, needed }) }
}
