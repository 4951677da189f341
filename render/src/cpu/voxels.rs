//! The two kinds of voxel that the sampler knows, grey words and colour texels: how each becomes numbers to blend, and bytes to show.
//!
//! Refuses: coordinates and weights, which are the same for both.

use crate::colour::FRACTION_BITS;
use crate::course::WEIGHT_BITS;
use crate::{ColourView, DisplayTable, VolumeView};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};
use tiresias_words::{PresentationShape, VolumeGeometry};

/// Voxels of `N` channels, and the way from a channel's blended value to its byte.
pub(super) trait Voxels<const N: usize>: Sync {
    /// Where they lie.
    fn geometry(&self) -> &VolumeGeometry;
    /// The voxel at an index (x fastest), as it is stored.
    fn stored(&self, index: usize) -> u32;
    /// Its channels as the sampler counts, with fraction bits.
    fn values(&self, stored: u32) -> [u32; N];
    /// The largest value that can be shown.
    fn top(&self) -> u32;
    /// Bits of cubic weights: with those of values 30 at most.
    fn cubic_bits(&self) -> u32;
    /// Stored voxels that never blend.
    fn padding(&self) -> Option<RangeInclusive<u32>>;
    /// The byte that a channel's value is shown as.
    fn shown(&self, value: u32) -> u8;
    /// The same as words and what makes values of them; `None` of colours.
    fn grey(&self) -> Option<&GreyVoxels<'_>>;
}

/// Words of a grey volume and the display table that was made for it.
pub(super) struct GreyVoxels<'a> {
    volume: &'a VolumeView<'a>,
    table: &'a [u8],
    base: u32,
    span: u32,
    fraction_bits: u32,
    cubic_bits: u32,
}

impl<'a> GreyVoxels<'a> {
    pub(super) fn new(volume: &'a VolumeView<'a>, table: &'a DisplayTable) -> Self {
        let range = volume.range();
        let (fraction_bits, cubic_bits) = (range.fraction_bits(), range.cubic_bits());
        Self { volume, table: table.entries(), base: u32::from(range.low().0), span: range.span(), fraction_bits, cubic_bits }
    }
    /// The words, x fastest.
    pub(super) const fn words(&self) -> &[AtomicU16] {
        self.volume.words()
    }
    /// The word that is value 0; smaller ones are too.
    pub(super) const fn base(&self) -> u32 {
        self.base
    }
    /// How far the largest word that has a value of its own is from there.
    pub(super) const fn span(&self) -> u32 {
        self.span
    }
    /// Bits that values keep below a word.
    pub(super) const fn fraction_bits(&self) -> u32 {
        self.fraction_bits
    }
}

impl Voxels<1> for GreyVoxels<'_> {
    fn geometry(&self) -> &VolumeGeometry {
        self.volume.geometry()
    }
    fn stored(&self, index: usize) -> u32 {
        u32::from(self.volume.words()[index].load(Ordering::Relaxed))
    }
    /// From the range's smallest word. Words outside the range are held to it.
    fn values(&self, stored: u32) -> [u32; 1] {
        [stored.saturating_sub(self.base).min(self.span) << self.fraction_bits]
    }
    fn top(&self) -> u32 {
        self.span << self.fraction_bits
    }
    fn cubic_bits(&self) -> u32 {
        self.cubic_bits
    }
    fn padding(&self) -> Option<RangeInclusive<u32>> {
        self.volume.padding().map(|[first, last]| u32::from(first.0)..=u32::from(last.0))
    }
    fn shown(&self, value: u32) -> u8 {
        self.table.get(value as usize).copied().unwrap_or(0)
    }
    fn grey(&self) -> Option<&GreyVoxels<'_>> {
        Some(self)
    }
}

/// Texels of a colour volume and the shape that they are shown in.
pub(super) struct ColourVoxels<'a> {
    volume: &'a ColourView<'a>,
    /// All ones to invert: 255 - v is v with every bit turned.
    turned: u8,
}

impl<'a> ColourVoxels<'a> {
    pub(super) const fn new(volume: &'a ColourView<'a>, shape: PresentationShape) -> Self {
        let turned = match shape {
            PresentationShape::Identity => 0,
            PresentationShape::Inverse => 0xFF,
        };
        Self { volume, turned }
    }
}

impl Voxels<3> for ColourVoxels<'_> {
    fn geometry(&self) -> &VolumeGeometry {
        self.volume.geometry()
    }
    fn stored(&self, index: usize) -> u32 {
        self.volume.texels()[index].load(Ordering::Relaxed)
    }
    fn values(&self, stored: u32) -> [u32; 3] {
        [stored & 0xFF, stored >> 8 & 0xFF, stored >> 16 & 0xFF].map(|channel| channel << FRACTION_BITS)
    }
    fn top(&self) -> u32 {
        0xFF << FRACTION_BITS
    }
    fn cubic_bits(&self) -> u32 {
        WEIGHT_BITS
    }
    fn padding(&self) -> Option<RangeInclusive<u32>> {
        None
    }
    fn shown(&self, value: u32) -> u8 {
        ((value + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS) as u8 ^ self.turned
    }
    fn grey(&self) -> Option<&GreyVoxels<'_>> {
        None
    }
}
