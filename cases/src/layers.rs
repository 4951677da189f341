//! What may be laid over the images of a series, or colour them, when somebody asks: overlay planes, display shutters and supplemental colours. Nothing shows
//! them by itself.
//!
//! Packages hold overlays where somebody had them packed, and none of the others. Refuses: drawing, which is `render`'s.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::samples::Samples;
use crate::series::Source;
use crate::{CasesError, FileError, Series, Shutter};
use tiresias_words::Overlay;

impl Series {
    /// The groups of an image's overlay planes (0x6000 to 0x601E), those that could not be used left out; each of these has a warning.
    #[must_use]
    pub fn overlay_groups(&self, slice: usize) -> Vec<u16> {
        let Some(Source::Folder(f)) = self.images.get(slice).map(|i| &i.source) else { return Vec::new() };
        f.file.overlays.iter().filter(|p| p.own_frame(f.frame).is_some()).map(|p| p.group).collect()
    }

    /// Whether any image has an overlay plane.
    #[must_use]
    pub fn has_overlays(&self) -> bool {
        self.images.iter().any(|image| match &image.source {
            Source::Folder(f) => f.file.overlays.iter().any(|p| p.own_frame(f.frame).is_some()),
            Source::Package(p) => p.has_overlays(),
        })
    }

    /// The overlay planes of image `slice` (stack order, from 0), read from its file; of a package those that were packed, numbered anew.
    ///
    /// # Errors
    /// When there is no such image, or its file cannot be read any more.
    pub fn overlays(&self, slice: usize) -> Result<Vec<Overlay>, CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        match &self.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?.source {
            Source::Folder(f) => f.file.overlays(f.frame).map_err(|why| CasesError::Image { number, count, why }),
            Source::Package(p) => Ok(p.overlays()?),
        }
    }

    /// The display shutter of image `slice` (stack order, from 0); none of a package.
    #[must_use]
    pub fn shutter(&self, slice: usize) -> Option<Shutter> {
        let Source::Folder(f) = &self.images.get(slice)?.source else { return None };
        f.shutter.as_deref().map(|s| s.clone().on_pixels(self.pixel_spacing(slice).0))
    }

    /// The supplemental colours of image `slice` (PS3.3 C.8.16.2.1.1.1): for each pixel, rows from the top, red, green and blue, or `None` where it is grey.
    /// `None` altogether when the image has no such palette.
    ///
    /// # Errors
    /// When there is no such image, or it cannot be decoded.
    pub fn supplemental_colours(&self, slice: usize) -> Result<Option<Vec<Option<[u8; 3]>>>, CasesError> {
        let (number, count) = (slice + 1, self.images.len());
        let Source::Folder(f) = &self.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?.source else { return Ok(None) };
        let (Some(palette), Some(format)) = (&f.file.supplemental, self.sample.words()) else { return Ok(None) };
        match self.grey_samples(slice)?.0 {
            Samples::Words(words) => {
                Ok(Some(words.into_iter().map(|w| palette.supplemental_colour(i32::from(w) + format.offset())).collect()))
            }
            _ => Err(CasesError::Image { number, count, why: FileError::Unsupported("it has colours of an unusual number of bits") }),
        }
    }
}
