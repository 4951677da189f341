//! Overlay planes (PS3.3 C.9.2, C.9.3): one-bit drawings over an image, in groups 6000 to 601E.
//!
//! Owns: Overlay Data, and the retired kind that lies in unused bits of the pixel data; origins outside the image; overlays of several frames. A scan checks
//! the description and keeps no bit of it; bits are read when somebody asks. Refuses, with a warning, and then leaves out: overlays whose data are shorter
//! than they say, or longer than any value that is kept, that lie outside the image, and bits that are part of the stored value or went through a codec.
//! Nothing here shows one: that is off by default, because overlays may name a person.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::attributes::Attributes;
use crate::greyscale::warn;
use crate::layout::KEPT;
use crate::pixel_module::{PixelModule, Sample};
use crate::reading_list::OVERLAY_GROUPS;
use dicom_core::Tag;
use tiresias_codecs::{PixelEncoding, TransferSyntax};
use tiresias_words::{Overlay, OverlayKind};

const ROWS: u16 = 0x0010;
const COLUMNS: u16 = 0x0011;
const FRAMES: u16 = 0x0015;
const TYPE: u16 = 0x0040;
const ORIGIN: u16 = 0x0050;
const FRAME_ORIGIN: u16 = 0x0051;
const BITS_ALLOCATED: u16 = 0x0100;
const BIT_POSITION: u16 = 0x0102;
const ACTIVATION_LAYER: u16 = 0x1001;
const DATA: u16 = 0x3000;

/// Where the bits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverlayPlace {
    /// In Overlay Data (60xx,3000).
    Data,
    /// In this bit of every raw sample; retired since 2004.
    PixelBit(u8),
}

/// An overlay plane as its description tells it, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverlayPlane {
    pub(crate) group: u16,
    pub(crate) place: OverlayPlace,
    kind: OverlayKind,
    rows: u32,
    columns: u32,
    origin: [i32; 2],
    /// First image frame (from 0) and number of frames; `None` is one drawing for all frames.
    frames: Option<[u32; 2]>,
}

/// The pixels that overlays of a file lie over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Under<'a> {
    pub(crate) module: &'a PixelModule,
    pub(crate) syntax: TransferSyntax,
}

impl OverlayPlane {
    /// All overlay planes of a data set. `under` is `None` for a presentation state, which has no pixels of its own.
    pub(crate) fn read_all(a: &Attributes, under: Option<Under<'_>>, warnings: &mut Vec<String>) -> Vec<Self> {
        let mut planes = Vec::new();
        for group in OVERLAY_GROUPS {
            // A group with nothing but an activation layer speaks of the image's overlay (C.11.7).
            let described = [ROWS, COLUMNS, BITS_ALLOCATED, DATA].iter().any(|e| a.is_there(Tag(group, *e)));
            if !described {
                continue;
            }
            match Self::read(a, group, under) {
                Ok(plane) => planes.push(plane),
                Err(why) => warn(warnings, format!("overlay {group:04X} is left out: {why}")),
            }
        }
        planes
    }

    fn read(a: &Attributes, group: u16, under: Option<Under<'_>>) -> Result<Self, String> {
        let whole = |element, name: &'static str| a.integer(Tag(group, element), name).map_err(|e| e.to_string());
        let side = |element, name: &'static str| match whole(element, name)? {
            Some(n @ 1..=65_535) => Ok(n as u32),
            _ => Err(format!("its {name} are not 1 to 65535")),
        };
        let (rows, columns) = (side(ROWS, "Overlay Rows")?, side(COLUMNS, "Overlay Columns")?);
        let frames = match (whole(FRAMES, "Number of Frames in Overlay")?, whole(FRAME_ORIGIN, "Image Frame Origin")?) {
            (None, None) => None,
            (count, first) => match (count.unwrap_or(1), first.unwrap_or(1)) {
                (count @ 1..=1_048_576, first @ 1..=1_048_576) => Some([first as u32 - 1, count as u32]),
                _ => return Err("its frames are none that an image can have".to_owned()),
            },
        };
        let kind = match a.text(Tag(group, TYPE)).as_deref() {
            Some("R") => OverlayKind::Region,
            _ => OverlayKind::Graphics,
        };
        let origin = origin(a, group)?;
        if let Some(Under { module, .. }) = under {
            let beside =
                |origin: i32, side: u32, image: u32| i64::from(origin) >= i64::from(image) || i64::from(origin) + i64::from(side) <= 0;
            if beside(origin[0], columns, module.columns) || beside(origin[1], rows, module.rows) {
                return Err(format!("it is {columns} x {rows} pixels, and lies outside the image"));
            }
            if frames.is_some_and(|[first, _]| first >= module.frames) {
                return Err("it belongs to frames that the image does not have".to_owned());
            }
        }
        let mut plane = Self { group, place: OverlayPlace::Data, kind, rows, columns, origin, frames };
        plane.place = plane.find_place(a, under)?;
        Ok(plane)
    }

    fn find_place(&self, a: &Attributes, under: Option<Under<'_>>) -> Result<OverlayPlace, String> {
        let whole = |element, name: &'static str| a.integer(Tag(self.group, element), name).map_err(|e| e.to_string());
        let allocated = whole(BITS_ALLOCATED, "Overlay Bits Allocated")?;
        if a.is_there(Tag(self.group, DATA)) {
            if allocated.is_some_and(|n| n != 1) {
                return Err("it has data of its own, and not one bit a pixel".to_owned());
            }
            let needed = (self.pixels() * u64::from(self.frames.map_or(1, |[_, count]| count))).div_ceil(8);
            let held = a.words_and_bytes(Tag(self.group, DATA)).map_or(0, |(_, bytes)| bytes.len() as u64);
            return if held >= needed {
                Ok(OverlayPlace::Data)
            } else if needed > u64::from(KEPT) {
                Err(format!("its {needed} bytes are more than are read of an overlay"))
            } else {
                Err(format!("it says that it is {} x {} pixels, and has {held} of the {needed} bytes for them", self.columns, self.rows))
            };
        }
        let Some(Under { module, syntax }) = under else { return Err("it has no data".to_owned()) };
        let position = whole(BIT_POSITION, "Overlay Bit Position")?.unwrap_or(0);
        let bits = i64::from(module.sample.allocated());
        let (stored, shift) = match module.sample {
            Sample::Short { stored, shift, .. } | Sample::Long { stored, shift, .. } => (i64::from(stored), i64::from(shift)),
            Sample::Bit | Sample::Float | Sample::Double => return Err("it has no data".to_owned()),
        };
        if allocated != Some(bits) || !(0..bits).contains(&position) || module.samples_per_pixel() != 1 {
            return Err("it has no data, and does not say in which bit of the pixels it lies".to_owned());
        }
        if (shift..shift + stored).contains(&position) {
            return Err("it lies in a bit that belongs to the pixels' values".to_owned());
        }
        if [self.columns, self.rows] != [module.columns, module.rows] {
            return Err("it lies in the pixels, and says that it has another size than the image".to_owned());
        }
        // A codec is told how many bits are stored, and what lies beyond them is not the image's.
        if syntax.pixels() != PixelEncoding::Native {
            return Err("it lies in unused bits of compressed pixels, which are not read".to_owned());
        }
        Ok(OverlayPlace::PixelBit(position as u8))
    }

    const fn pixels(&self) -> u64 {
        self.rows as u64 * self.columns as u64
    }

    /// Which of its own frames lies over an image frame (from 0); `None` when none does.
    pub(crate) fn own_frame(&self, frame: usize) -> Option<u64> {
        let Some([first, count]) = self.frames else { return Some(0) };
        let own = (frame as u64).checked_sub(u64::from(first))?;
        (own < u64::from(count)).then_some(own)
    }

    /// The overlay over an image frame (from 0) from the data set that describes it; `None` when it does not lie over that frame, or not in its own data.
    pub(crate) fn overlay_of(&self, a: &Attributes, frame: usize) -> Option<Overlay> {
        let own = self.own_frame(frame).filter(|_| self.place == OverlayPlace::Data)?;
        let (_, bytes) = a.words_and_bytes(Tag(self.group, DATA))?;
        let count = usize::try_from(self.pixels()).ok()?;
        // Frames follow each other without a gap, from the lowest bit of the first byte (C.9.2, PS3.5 8.1.2).
        let first = usize::try_from(own.checked_mul(self.pixels())?).ok()?;
        if bytes.len() < first.checked_add(count)?.div_ceil(8) {
            return None;
        }
        let lit = (first..first + count).map(|i| bytes.get(i / 8).is_some_and(|b| b >> (i % 8) & 1 == 1)).collect();
        Some(self.with(lit))
    }

    /// The overlay with these pixels.
    pub(crate) const fn with(&self, lit: Vec<bool>) -> Overlay {
        Overlay { group: self.group, kind: self.kind, size: [self.columns, self.rows], origin: self.origin, lit }
    }
}

/// Overlay Origin is row\column from 1; here [column, row] from 0. Absent, it is the image's.
fn origin(a: &Attributes, group: u16) -> Result<[i32; 2], String> {
    let wrong = "its origin is not two whole numbers";
    let Some(values) = a.numbers(Tag(group, ORIGIN), "Overlay Origin").map_err(|_| wrong)? else { return Ok([0, 0]) };
    match values.as_slice() {
        [row, column] if [row, column].iter().all(|v| v.fract() == 0.0 && v.abs() <= 65_536.0) => Ok([*column as i32 - 1, *row as i32 - 1]),
        _ => Err(wrong.to_owned()),
    }
}

/// Whether an element holds the bits of an overlay.
pub(crate) fn is_overlay_data(tag: Tag) -> bool {
    tag.element() == DATA && OVERLAY_GROUPS.contains(&tag.group())
}

/// The groups whose overlays a presentation state wants to be shown: those with an Overlay Activation Layer (PS3.3 C.11.7).
pub(crate) fn activated(a: &Attributes) -> Vec<u16> {
    OVERLAY_GROUPS.into_iter().filter(|g| a.text(Tag(*g, ACTIVATION_LAYER)).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel_module::Photometric;
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::InMemDicomObject;

    const MODULE: PixelModule = PixelModule {
        columns: 5,
        rows: 3,
        frames: 4,
        photometric: Photometric::Monochrome2,
        sample: Sample::Short { allocated: 16, stored: 12, shift: 0, signed: false },
        planar: false,
        big_endian: false,
        swapped_pairs: false,
        stated: None,
    };

    struct Draft {
        size: [u16; 2],
        origin: [i16; 2],
        bits: [u16; 2],
        frames: Option<[u16; 2]>,
        data: Option<Vec<u8>>,
    }
    fn draft() -> Draft {
        Draft { size: [3, 5], origin: [1, 1], bits: [1, 0], frames: None, data: Some(vec![0b1010_0001, 0b0100_0000]) }
    }

    fn attributes(d: Draft) -> Attributes {
        let short = |element, v: u16| DataElement::new(Tag(0x6002, element), VR::US, PrimitiveValue::from(v));
        let mut elements = vec![
            short(ROWS, d.size[0]),
            short(COLUMNS, d.size[1]),
            short(BITS_ALLOCATED, d.bits[0]),
            short(BIT_POSITION, d.bits[1]),
            DataElement::new(Tag(0x6002, ORIGIN), VR::SS, PrimitiveValue::I16(d.origin.to_vec().into())),
        ];
        if let Some([first, count]) = d.frames {
            elements.push(short(FRAME_ORIGIN, first));
            elements.push(DataElement::new(Tag(0x6002, FRAMES), VR::IS, PrimitiveValue::from(count.to_string())));
        }
        elements.extend(d.data.map(|b| DataElement::new(Tag(0x6002, DATA), VR::OW, PrimitiveValue::U8(b.into()))));
        Attributes::new(InMemDicomObject::from_element_iter(elements))
    }

    fn read(d: Draft, syntax: TransferSyntax) -> Result<(OverlayPlane, Attributes), String> {
        let (a, mut warnings) = (attributes(d), Vec::new());
        let planes = OverlayPlane::read_all(&a, Some(Under { module: &MODULE, syntax }), &mut warnings);
        match planes.as_slice() {
            [plane] if warnings.is_empty() => Ok((*plane, a)),
            [] => Err(warnings.pop().expect("a reason")),
            _ => panic!("{planes:?} {warnings:?}"),
        }
    }
    fn lit(o: &Overlay) -> Vec<usize> {
        o.lit.iter().enumerate().filter(|(_, l)| **l).map(|(i, _)| i).collect()
    }

    #[test]
    fn data_of_its_own() {
        let (plane, a) = read(draft(), TransferSyntax::JpegBaseline).unwrap();
        let overlay = plane.overlay_of(&a, 3).unwrap();
        assert_eq!((overlay.group, overlay.size, overlay.origin, lit(&overlay)), (0x6002, [5, 3], [0, 0], vec![0, 5, 7, 14]));
        // Origin is row\column from 1; part of the overlay may lie outside.
        let (plane, a) = read(Draft { origin: [-1, 4], ..draft() }, TransferSyntax::ExplicitLittle).unwrap();
        assert_eq!(plane.overlay_of(&a, 0).unwrap().origin, [3, -2]);
    }

    #[test]
    fn several_frames_run_on_across_bytes() {
        let frames = Draft { frames: Some([2, 2]), data: Some(vec![0, 0x80, 0b1, 0x20]), ..draft() };
        let (plane, a) = read(frames, TransferSyntax::ExplicitLittle).unwrap();
        let of = |frame| plane.overlay_of(&a, frame).map(|o| lit(&o));
        // Frame 2 of the image has bits 0 to 14, frame 3 bits 15 to 29.
        assert_eq!([of(0), of(1), of(2), of(3)], [None, Some(vec![]), Some(vec![0, 1, 14]), None]);
        assert!(read(Draft { frames: Some([5, 1]), ..draft() }, TransferSyntax::ExplicitLittle).is_err());
    }

    #[test]
    fn in_unused_bits_of_the_pixels() {
        let within = |bit| Draft { bits: [16, bit], data: None, ..draft() };
        let (plane, a) = read(within(12), TransferSyntax::ExplicitBig).unwrap();
        assert_eq!((plane.place, plane.overlay_of(&a, 0)), (OverlayPlace::PixelBit(12), None));
        for (d, syntax, word) in [
            (within(11), TransferSyntax::ExplicitLittle, "values"),
            (within(16), TransferSyntax::ExplicitLittle, "which bit"),
            (within(12), TransferSyntax::RleLossless, "compressed"),
            (Draft { size: [3, 4], ..within(12) }, TransferSyntax::ExplicitLittle, "another size"),
        ] {
            let why = read(d, syntax).err().unwrap();
            assert!(why.starts_with("overlay 6002 is left out: ") && why.contains(word), "{why}");
        }
    }

    #[test]
    fn what_cannot_be_is_left_out_and_told() {
        for (d, word) in [
            (Draft { data: Some(vec![0]), ..draft() }, "1 of the 2 bytes"),
            (Draft { size: [60_000, 60_000], ..draft() }, "450000000 bytes are more than are read"),
            (Draft { size: [60_000, 60_000], origin: [1, 6], ..draft() }, "outside"),
            (Draft { origin: [1, 6], ..draft() }, "outside"),
            (Draft { origin: [-2, 1], ..draft() }, "outside"),
            (Draft { size: [0, 5], ..draft() }, "Overlay Rows"),
            (Draft { bits: [8, 0], ..draft() }, "one bit"),
        ] {
            let why = read(d, TransferSyntax::ExplicitLittle).err().unwrap();
            assert!(why.starts_with("overlay 6002 is left out: ") && why.contains(word), "{why}");
        }
    }
}
