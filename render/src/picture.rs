//! What the sampler makes: finished 8-bit images, grey or colour, and what both have in common for those who only hand them on.

/// A finished image of either kind, as a window presents it and a file stores it.
pub trait Picture: std::fmt::Debug + Send + Sync {
    /// Width and height in pixels.
    fn size(&self) -> [u32; 2];
    /// Bytes of a pixel: 1 is grey, 3 are red, green and blue.
    fn channels(&self) -> u32;
    /// The pixels row by row from the top left, without gaps: width * height * channels bytes.
    fn bytes(&self) -> &[u8];
}

/// An 8-bit grey image, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// `size[0] * size[1]` grey levels.
    pub bytes: Vec<u8>,
}

/// An 8-bit RGB image, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColourImage {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// `size[0] * size[1] * 3` bytes: red, green and blue of each pixel in turn.
    pub bytes: Vec<u8>,
}

impl Picture for GreyImage {
    fn size(&self) -> [u32; 2] {
        self.size
    }
    fn channels(&self) -> u32 {
        1
    }
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Picture for ColourImage {
    fn size(&self) -> [u32; 2] {
        self.size
    }
    fn channels(&self) -> u32 {
        3
    }
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
