//! What the sampler reads of a colour series: texels of 8-bit red, green and blue with their geometry.
//!
//! Modality and VOI transformations are for grey values alone (PS3.4 N.2.1.2, N.2.1.3), so the bytes are shown as they are, unless the reader inverts them.
//! Refuses: ICC profiles (N.2.2), which nothing here looks at.

use crate::{RenderError, volume};
use std::sync::atomic::AtomicU32;
use tiresias_words::VolumeGeometry;

/// Fraction bits that interpolated channels keep: 8 + weight (14) + 8 bits stay below 32.
pub(crate) const FRACTION_BITS: u32 = 8;

/// A borrowed colour volume: x fastest, then y, then slice. A texel is `R | G << 8 | B << 16 | 0xFF << 24`. Texels may still be filling; a reader sees
/// each either before or after.
#[derive(Debug, Clone, Copy)]
pub struct ColourView<'a> {
    geometry: &'a VolumeGeometry,
    texels: &'a [AtomicU32],
}

impl<'a> ColourView<'a> {
    /// Puts a view together.
    ///
    /// # Errors
    /// [`RenderError::WrongLength`] when the texels do not fill the geometry.
    pub fn new(geometry: &'a VolumeGeometry, texels: &'a [AtomicU32]) -> Result<Self, RenderError> {
        volume::fills(geometry, texels.len())?;
        Ok(Self { geometry, texels })
    }
    /// Where the voxels lie.
    #[must_use]
    pub const fn geometry(&self) -> &'a VolumeGeometry {
        self.geometry
    }
    /// The texels, x fastest.
    #[must_use]
    pub const fn texels(&self) -> &'a [AtomicU32] {
        self.texels
    }
}
