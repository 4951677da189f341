//! Palette colour look-up tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6), plain and segmented (C.7.9.2): a stored value to red, green and blue.
//! Supplemental ones (C.7.6.19, C.8.16.2.1.1.1) give colours to the upper stored values of a grey image, and leave those below the first value mapped grey.
//!
//! Entries of 16 bits are shown by their high byte. Refuses: tables that are shorter than they say, and segments that lead nowhere.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use crate::greyscale::{extent, warn};
use crate::pixel_module::PixelModule;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// Red, green and blue for stored values from `first` on; what lies below or above gets the first or last entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Palette {
    first: i32,
    entries: Vec<[u8; 3]>,
}

const TABLES: [(Tag, Tag, Tag); 3] = [
    (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
        tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
];

impl Palette {
    /// Reads the three tables. `signed`: the stored values are, and so is the first value mapped.
    pub(crate) fn read(a: &Attributes, signed: bool) -> Result<Self, FileError> {
        let [red, green, blue] = TABLES.map(|t| table(a, t, signed));
        let ((first, red), (first_green, green), (first_blue, blue)) = (red?, green?, blue?);
        if first != first_green || first != first_blue || red.len() != green.len() || red.len() != blue.len() {
            return Err(wrong("has tables of different sizes for red, green and blue"));
        }
        let entries = red.iter().zip(&green).zip(&blue).map(|((r, g), b)| [*r, *g, *b]).collect();
        Ok(Self { first, entries })
    }

    /// The supplemental palette of a grey image, where it has one; what must be told of it is added to `warnings`.
    pub(crate) fn read_supplemental(a: &Attributes, module: &PixelModule, warnings: &mut Vec<String>) -> Option<Self> {
        let presentation = a.text(tags::PIXEL_PRESENTATION)?;
        if !module.photometric.is_grey() || !matches!(presentation.as_str(), "COLOR" | "MIXED") {
            return None;
        }
        if presentation == "MIXED" || module.sample.words().is_none() {
            warn(
                warnings,
                "some of its values are meant to be shown in colour, in a way that this version does not show; they are shown in grey",
            );
            return None;
        }
        match Self::read(a, module.sample.signed()) {
            Ok(palette) => {
                warn(warnings, "its high values have supplemental colours, which the window does not show yet: it shows them in grey");
                Some(palette)
            }
            Err(why) => {
                warn(warnings, format!("its high values are meant to be shown in colour and are shown in grey: {why}"));
                None
            }
        }
    }

    /// The colour of a stored value of a grey image with this supplemental palette; `None` for those that stay grey.
    pub(crate) fn supplemental_colour(&self, stored: i32) -> Option<[u8; 3]> {
        (stored >= self.first).then(|| self.colour(stored))
    }

    /// The colour of a stored value.
    pub(crate) fn colour(&self, stored: i32) -> [u8; 3] {
        let last = self.entries.len().saturating_sub(1) as i64;
        let at = (i64::from(stored) - i64::from(self.first)).clamp(0, last);
        self.entries.get(at as usize).copied().unwrap_or_default()
    }
}

fn wrong(why: &str) -> FileError {
    FileError::attribute("Palette Color Lookup Table", why)
}

/// First value mapped, and the entries brought to 8 bits.
fn table(a: &Attributes, (descriptor, data, segments): (Tag, Tag, Tag), signed: bool) -> Result<(i32, Vec<u8>), FileError> {
    let numbers = a.numbers(descriptor, "Palette Color Lookup Table")?.unwrap_or_default();
    let [count, first, bits] = numbers[..] else { return Err(wrong("is missing, or its descriptor is not three numbers")) };
    let (count, first) = extent(count, first, signed);
    let entries = match (a.words_and_bytes(data), a.words_and_bytes(segments)) {
        (Some((words, _)), _) if words.len() >= count => words,
        // Entries of 8 bits may be packed two to a word.
        (Some((_, bytes)), _) if bits == 8.0 && bytes.len() >= count => bytes.into_iter().map(u16::from).collect(),
        (Some(_), _) => return Err(wrong("has fewer entries than it says")),
        (None, Some((words, bytes))) => {
            // Segments of 8-bit tables are written in bytes.
            let units = if bits == 8.0 { bytes.into_iter().map(u16::from).collect() } else { words };
            expand(&units, count)?
        }
        (None, None) => return Err(wrong("has no data")),
    };
    let high = |e: u16| if bits == 16.0 { (e >> 8) as u8 } else { e.min(255) as u8 };
    Ok((first, entries.into_iter().take(count).map(high).collect()))
}

/// Expands discrete, linear and indirect segments (PS3.3 C.7.9.2.1 to C.7.9.2.3).
fn expand(units: &[u16], count: usize) -> Result<Vec<u16>, FileError> {
    let mut out = Vec::with_capacity(count);
    segments(units, &mut out, count, usize::MAX, true)?;
    if out.len() < count { Err(wrong("has fewer entries than it says")) } else { Ok(out) }
}

/// Carries out at most `most` segments. An indirect segment repeats others, and those may not be indirect.
fn segments(units: &[u16], out: &mut Vec<u16>, count: usize, most: usize, may_repeat: bool) -> Result<(), FileError> {
    let end = || wrong("has a segment that ends too early");
    let mut rest = units;
    for _ in 0..most {
        let [op, length, tail @ ..] = rest else {
            return if rest.is_empty() || rest == [0] { Ok(()) } else { Err(end()) };
        };
        let length = usize::from(*length);
        if out.len() > count {
            return Err(wrong("has more entries than it says"));
        }
        match op {
            0 => {
                out.extend(tail.get(..length).ok_or_else(end)?);
                rest = tail.get(length..).ok_or_else(end)?;
            }
            1 => {
                let [to, tail @ ..] = tail else { return Err(end()) };
                let from = f64::from(*out.last().ok_or_else(|| wrong("begins with a line from nowhere"))?);
                let step = (f64::from(*to) - from) / length.max(1) as f64;
                out.extend((1..=length).map(|i| (from + step * i as f64).round() as u16));
                rest = tail;
            }
            2 if may_repeat => {
                let [low, high, tail @ ..] = tail else { return Err(end()) };
                let offset = (usize::from(*high) << 16 | usize::from(*low)) / 2;
                segments(units.get(offset..).ok_or_else(end)?, out, count, length, false)?;
                rest = tail;
            }
            _ => return Err(wrong("has an unknown segment")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::InMemDicomObject;

    fn attributes(descriptor: [u16; 3], data: &[u16], is_segmented: bool) -> Attributes {
        Attributes::new(InMemDicomObject::from_element_iter(TABLES.iter().flat_map(|(d, plain, segments)| {
            let place = if is_segmented { *segments } else { *plain };
            [
                DataElement::new(*d, VR::US, PrimitiveValue::U16(descriptor.to_vec().into())),
                DataElement::new(place, VR::OW, PrimitiveValue::U16(data.into())),
            ]
        })))
    }

    #[test]
    fn plain_tables() {
        let p = Palette::read(&attributes([3, 10, 16], &[0x0100, 0x8000, 0xFFFF], false), false).unwrap();
        assert_eq!([9, 10, 11, 12, 99].map(|v| p.colour(v)[0]), [1, 1, 0x80, 0xFF, 0xFF]);
        let packed = Palette::read(&attributes([4, 0, 8], &[0x0201, 0x0403], false), false).unwrap();
        assert_eq!([0, 1, 2, 3].map(|v| packed.colour(v)[2]), [1, 2, 3, 4]);
        let signed = Palette::read(&attributes([2, 65_535, 8], &[7, 9], false), true).unwrap();
        assert_eq!((signed.first, signed.colour(-1)[0], signed.colour(0)[0]), (-1, 7, 9));
        assert!(Palette::read(&attributes([5, 0, 16], &[1, 2], false), false).is_err());
        assert!(Palette::read(&Attributes::new(InMemDicomObject::new_empty()), false).is_err());
    }

    #[test]
    fn supplemental_colours_begin_at_the_first_value_mapped() {
        let p = Palette::read(&attributes([2, 10, 16], &[0x0100, 0x8000], false), false).unwrap();
        assert_eq!([9, 10, 11, 99].map(|v| p.supplemental_colour(v).map(|c| c[0])), [None, Some(1), Some(0x80), Some(0x80)]);
    }

    #[test]
    fn segments_are_expanded() {
        // Discrete 0, a line to 0x4000 in four steps, and the discrete segment again.
        let units = [0, 2, 0, 0, 1, 4, 0x4000, 2, 1, 0, 0];
        let p = Palette::read(&attributes([8, 0, 16], &units, true), false).unwrap();
        assert_eq!((0..8).map(|v| p.colour(v)[0]).collect::<Vec<_>>(), [0, 0, 0x10, 0x20, 0x30, 0x40, 0, 0]);
        for bad in [&[9, 1, 1][..], &[1, 2, 3], &[0, 9, 1], &[2, 1, 0, 0], &[0, 1, 5, 2, 9, 99, 0]] {
            assert!(Palette::read(&attributes([8, 0, 16], bad, true), false).is_err(), "{bad:?}");
        }
    }
}
