//! The image pixel description of a file (PS3.3 C.7.6.3): size, frames, samples, and how bits stand for stored values.
//!
//! Bits Allocated 1, 8, 16 and 32, float and double; Bits Stored below Bits Allocated; any High Bit; signed; one sample or three, interleaved or in planes.
//! A value outside the standard is refused or, where the pixels can be read without guessing, shown with a warning that names it.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::layout::{Encoding, PixelData};
use dicom_dictionary_std::tags;
use tiresias_codecs::{DeclaredColour, PixelEncoding, TransferSyntax};
use tiresias_words::StoredFormat;

/// What the samples of a pixel mean (PS3.3 C.7.6.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Photometric {
    Monochrome1,
    Monochrome2,
    Palette,
    Rgb,
    YbrFull,
    YbrFull422,
    /// Of JPEG 2000: the codec undoes it.
    YbrIct,
    /// Of JPEG 2000: the codec undoes it.
    YbrRct,
}

impl Photometric {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Monochrome1, "MONOCHROME1"),
        (Self::Monochrome2, "MONOCHROME2"),
        (Self::Palette, "PALETTE COLOR"),
        (Self::Rgb, "RGB"),
        (Self::YbrFull, "YBR_FULL"),
        (Self::YbrFull422, "YBR_FULL_422"),
        (Self::YbrIct, "YBR_ICT"),
        (Self::YbrRct, "YBR_RCT"),
    ];
    /// The defined term.
    pub(crate) fn term(self) -> &'static str {
        Self::ALL.iter().find(|(p, _)| *p == self).map_or("", |(_, term)| term)
    }
    fn from_term(term: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, t)| *t == term).map(|(p, _)| *p)
    }
    pub(crate) const fn is_grey(self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2)
    }
    /// Samples per Pixel that it needs.
    const fn samples(self) -> u8 {
        if matches!(self, Self::Monochrome1 | Self::Monochrome2 | Self::Palette) { 1 } else { 3 }
    }
    pub(crate) const fn declared(self) -> DeclaredColour {
        match self {
            Self::Monochrome1 | Self::Monochrome2 | Self::Palette => DeclaredColour::Grey,
            Self::Rgb => DeclaredColour::Rgb,
            Self::YbrFull | Self::YbrFull422 | Self::YbrIct | Self::YbrRct => DeclaredColour::Ybr,
        }
    }
}

/// What one sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sample {
    /// Bits Allocated 1, eight to a byte from the lowest bit (PS3.5 8.1.1).
    Bit,
    /// Bits Allocated 8 or 16, whose stored bits begin `shift` bits up.
    Short { allocated: u8, stored: u8, shift: u8, signed: bool },
    /// Bits Allocated 32.
    Long { stored: u8, shift: u8, signed: bool },
    /// Float Pixel Data (7FE0,0008).
    Float,
    /// Double Float Pixel Data (7FE0,0009).
    Double,
}

impl Sample {
    /// Bits Allocated.
    pub(crate) const fn allocated(self) -> u8 {
        match self {
            Self::Bit => 1,
            Self::Short { allocated, .. } => allocated,
            Self::Long { .. } | Self::Float => 32,
            Self::Double => 64,
        }
    }
    /// Bits Stored; of floating point all bits.
    pub(crate) const fn stored(self) -> u8 {
        match self {
            Self::Short { stored, .. } | Self::Long { stored, .. } => stored,
            other => other.allocated(),
        }
    }
    pub(crate) const fn signed(self) -> bool {
        matches!(self, Self::Short { signed: true, .. } | Self::Long { signed: true, .. })
    }
    /// How 16-bit words stand for stored values, where they can.
    pub(crate) const fn words(self) -> Option<StoredFormat> {
        match self {
            Self::Bit => Some(StoredFormat { signed: false, bits_stored: 1 }),
            Self::Short { stored, signed, .. } => Some(StoredFormat { signed, bits_stored: stored }),
            Self::Long { .. } | Self::Float | Self::Double => None,
        }
    }
    /// Bytes of `count` native samples.
    pub(crate) const fn bytes(self, count: u64) -> u64 {
        match self {
            Self::Bit => count.div_ceil(8),
            other => count * (other.allocated() / 8) as u64,
        }
    }
}

/// The image pixel description of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelModule {
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) frames: u32,
    pub(crate) photometric: Photometric,
    pub(crate) sample: Sample,
    /// Planar Configuration 1: all of one colour, then the next.
    pub(crate) planar: bool,
    pub(crate) big_endian: bool,
    /// 8-bit samples written as 16-bit words in big endian: the bytes of each pair change places (PS3.5 8.1.1, A.3).
    pub(crate) swapped_pairs: bool,
    /// The smallest and the largest stored value that the file says it holds; of 16-bit grey images only. Nothing but a sign of damage.
    pub(crate) stated: Option<[i64; 2]>,
}

/// Smallest and Largest Image Pixel Value (PS3.3 C.7.6.3). They are US or SS: implicit VR cannot say which, and many writers say the wrong one.
fn stated_range(a: &Attributes, sample: Sample) -> Option<[i64; 2]> {
    let words = sample.words()?;
    let value = |tag, name| {
        let value = a.integer(tag, name).ok().flatten()?;
        Some(if words.signed && value > i64::from(i16::MAX) { value - 65_536 } else { value })
    };
    let range = [value(tags::SMALLEST_IMAGE_PIXEL_VALUE, "Smallest")?, value(tags::LARGEST_IMAGE_PIXEL_VALUE, "Largest")?];
    // Both 0 is how writers say that they did not look.
    (range[0] < range[1]).then_some(range)
}

/// More frames than any image holds that is read here. Each is described in memory before one is decoded.
const MOST_FRAMES: i64 = 1 << 16;
/// More pixels than any frame has that is read here: one-bit samples take sixteen times their bytes, and a few bytes can be unpacked to very many.
const MOST_PIXELS: u64 = 1 << 27;

impl PixelModule {
    /// Reads the description. `pixel_data` is the element that it describes.
    pub(crate) fn read(
        a: &Attributes,
        pixel_data: &PixelData,
        syntax: TransferSyntax,
        warnings: &mut Vec<String>,
    ) -> Result<Self, FileError> {
        let need = |tag, name: &'static str| a.integer(tag, name)?.ok_or_else(|| FileError::attribute(name, "is missing"));
        let size = |tag, name: &'static str| match need(tag, name)? {
            n @ 1..=65_535 => Ok(n as u32),
            _ => Err(FileError::attribute(name, "is not 1 to 65535")),
        };
        let (rows, columns) = (size(tags::ROWS, "Rows")?, size(tags::COLUMNS, "Columns")?);
        if u64::from(rows) * u64::from(columns) > MOST_PIXELS {
            return Err(FileError::attribute("Rows x Columns", "is more than 134217728 pixels"));
        }
        let frames = match a.integer(tags::NUMBER_OF_FRAMES, "Number of Frames")? {
            None => 1,
            Some(n @ 1..=MOST_FRAMES) => n as u32,
            Some(_) => return Err(FileError::attribute("Number of Frames", "is not 1 to 65536")),
        };
        let photometric = photometric(a, warnings)?;
        let planar = planar(a, photometric, warnings)?;
        let sample = match pixel_data.tag {
            tags::FLOAT_PIXEL_DATA => Sample::Float,
            tags::DOUBLE_FLOAT_PIXEL_DATA => Sample::Double,
            _ => integer_sample(a, photometric, warnings)?,
        };
        let fits = match sample {
            Sample::Short { stored, .. } => photometric.is_grey() || photometric == Photometric::Palette || stored >= 8,
            Sample::Bit | Sample::Long { .. } | Sample::Float | Sample::Double => photometric.is_grey(),
        };
        if !fits || (matches!(sample, Sample::Short { allocated: 16, .. }) && matches!(photometric, Photometric::YbrFull422)) {
            return Err(FileError::Unsupported("it has colours of an unusual number of bits"));
        }
        let big_endian = syntax.pixels() == PixelEncoding::Native && Encoding::of(syntax.data_set()).is_some_and(|e| e.big_endian);
        let swapped_pairs = big_endian && pixel_data.is_words && sample.allocated() <= 8;
        let stated = stated_range(a, sample).filter(|_| photometric.is_grey());
        Ok(Self { columns, rows, frames, photometric, sample, planar, big_endian, swapped_pairs, stated })
    }

    pub(crate) const fn pixels(&self) -> u64 {
        self.columns as u64 * self.rows as u64
    }
    /// Samples of a frame once it is decoded.
    pub(crate) const fn samples(&self) -> u64 {
        self.pixels() * self.photometric.samples() as u64
    }
    pub(crate) const fn samples_per_pixel(&self) -> u8 {
        self.photometric.samples()
    }
    /// Bytes of a native frame. Of one-bit samples, frames follow each other without a gap, and this is what one alone would need.
    pub(crate) fn frame_bytes(&self) -> u64 {
        match self.photometric {
            // Two pixels share their colour: Y Y Cb Cr (PS3.3 C.7.6.3.1.2).
            Photometric::YbrFull422 => u64::from(self.columns).div_ceil(2) * 4 * u64::from(self.rows),
            _ => self.sample.bytes(self.samples()),
        }
    }
    /// Bytes of all native frames, without the padding to an even length.
    pub(crate) fn native_bytes(&self) -> u64 {
        match self.sample {
            Sample::Bit => (self.samples() * u64::from(self.frames)).div_ceil(8),
            _ => self.frame_bytes() * u64::from(self.frames),
        }
    }
}

fn photometric(a: &Attributes, warnings: &mut Vec<String>) -> Result<Photometric, FileError> {
    let samples = a.integer(tags::SAMPLES_PER_PIXEL, "Samples per Pixel")?.unwrap_or(1);
    if samples != 1 && samples != 3 {
        return Err(FileError::attribute("Samples per Pixel", "is not 1 or 3"));
    }
    let found = match a.text(tags::PHOTOMETRIC_INTERPRETATION) {
        Some(term) => Photometric::from_term(&term)
            .ok_or_else(|| FileError::attribute("Photometric Interpretation", "is not one that this version shows"))?,
        None if samples == 1 => {
            warnings.push("the Photometric Interpretation is missing; high values are shown white".to_owned());
            Photometric::Monochrome2
        }
        None => return Err(FileError::attribute("Photometric Interpretation", "is missing")),
    };
    if i64::from(found.samples()) == samples {
        Ok(found)
    } else {
        Err(FileError::attribute("Samples per Pixel", "does not fit the Photometric Interpretation"))
    }
}

fn planar(a: &Attributes, photometric: Photometric, warnings: &mut Vec<String>) -> Result<bool, FileError> {
    match (a.integer(tags::PLANAR_CONFIGURATION, "Planar Configuration")?, photometric.samples()) {
        (None | Some(0), _) => Ok(false),
        (Some(1), 3) if photometric != Photometric::YbrFull422 => Ok(true),
        (Some(1), _) => Ok(false),
        (Some(_), 1) => {
            warnings.push("the Planar Configuration is not 0 or 1, and does not matter in an image with one sample a pixel".to_owned());
            Ok(false)
        }
        (Some(_), _) => Err(FileError::attribute("Planar Configuration", "is not 0 or 1")),
    }
}

fn integer_sample(a: &Attributes, photometric: Photometric, warnings: &mut Vec<String>) -> Result<Sample, FileError> {
    let need = |tag, name: &'static str| a.integer(tag, name)?.ok_or_else(|| FileError::attribute(name, "is missing"));
    let allocated = match need(tags::BITS_ALLOCATED, "Bits Allocated")? {
        n @ (1 | 8 | 16 | 32) => n,
        _ => return Err(FileError::attribute("Bits Allocated", "is not 1, 8, 16 or 32")),
    };
    let stored = need(tags::BITS_STORED, "Bits Stored")?;
    if !(1..=allocated).contains(&stored) {
        return Err(FileError::attribute("Bits Stored", "does not fit Bits Allocated"));
    }
    let mut high = a.integer(tags::HIGH_BIT, "High Bit")?.unwrap_or(stored - 1);
    if !(stored - 1..allocated).contains(&high) {
        warnings.push(format!("the High Bit is {high}, which cannot be with {stored} bits stored; {} is taken", stored - 1));
        high = stored - 1;
    }
    let mut signed = match a.integer(tags::PIXEL_REPRESENTATION, "Pixel Representation")? {
        Some(0) | None => false,
        Some(1) => true,
        Some(_) => return Err(FileError::attribute("Pixel Representation", "is not 0 or 1")),
    };
    if signed && photometric.samples() == 3 {
        warnings.push("the colours are said to be signed, which colours are not; they are taken as unsigned".to_owned());
        signed = false;
    }
    let (shift, stored) = ((high + 1 - stored) as u8, stored as u8);
    Ok(match allocated {
        1 => Sample::Bit,
        32 => Sample::Long { stored, shift, signed },
        n => Sample::Short { allocated: n as u8, stored, shift, signed },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, VR, dicom_value};
    use dicom_object::InMemDicomObject;

    #[test]
    fn colours_are_never_signed() {
        let number = |tag, v: u16| DataElement::new(tag, VR::US, dicom_value!(U16, [v]));
        let a = Attributes::new(InMemDicomObject::from_element_iter([
            number(tags::BITS_ALLOCATED, 8),
            number(tags::BITS_STORED, 8),
            number(tags::PIXEL_REPRESENTATION, 1),
        ]));
        let sample = |photometric| {
            let mut warnings = Vec::new();
            let sample = integer_sample(&a, photometric, &mut warnings).unwrap();
            (sample.signed(), warnings.len())
        };
        assert_eq!(sample(Photometric::Rgb), (false, 1));
        assert_eq!(sample(Photometric::Monochrome2), (true, 0));
    }
}
