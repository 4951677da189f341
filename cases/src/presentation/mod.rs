//! Grayscale Softcopy Presentation States (PS3.3 A.33.1): how somebody wants certain images to be shown, read into a checked type.
//!
//! Owns: which images and frames a state is for (C.11.11), its Modality LUT (C.11.1), Softcopy VOI LUT (C.11.8), Softcopy Presentation LUT (C.11.6), displayed
//! area (C.10.4), spatial transformation (C.10.6), display shutter (C.7.6.11), graphic annotations (C.10.5), and overlays of its own or of the image (C.9.2,
//! C.11.7).
//! A state replaces all that the image says of its grey scale: what it lacks is an identity, whatever the image has (PS3.4 N.2).
//! Refuses: a state whose transformations cannot be used as they stand, because half a state would be another picture than the one that was meant.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

mod apply;
mod graphics;

pub use apply::{Presentation, PresentationError};
pub use graphics::GraphicText;

use crate::attributes::Attributes;
use crate::file::read_header;
use crate::greyscale::{table, vois, warn};
use crate::identifying::Identifying;
use crate::overlay::{OverlayPlane, activated};
use crate::shutter::Shutters;
use crate::{Codecs, FileError, Shutter};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use graphics::Annotation;
use std::fmt;
use std::path::Path;
use tiresias_words::{DisplayedArea, ModalityLut, Overlay, PresentationShape, PresentationTone, SizeMode, Voi};

/// A presentation state. It has no `Debug` of its own: it names images, and its texts are free.
pub struct PresentationState {
    images: References,
    modality: Option<ModalityLut>,
    vois: Vec<(Option<References>, Voi)>,
    tone: PresentationTone,
    quarter_turns: u32,
    flip: bool,
    areas: Vec<(Option<References>, DisplayedArea)>,
    annotations: Vec<Annotation>,
    overlays: Vec<Overlay>,
    activated: Vec<u16>,
    subtracts_mask: bool,
    shutter: Option<Shutter>,
    warnings: Vec<String>,
}

impl fmt::Debug for PresentationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentationState").field("images", &self.images.0.len()).field("tone", &self.tone).finish_non_exhaustive()
    }
}

/// Reads the presentation state in a file.
///
/// # Errors
/// When the file cannot be read, is none, or asks for something that makes no sense.
pub fn read_presentation_state(path: &Path, codecs: &Codecs) -> Result<PresentationState, FileError> {
    PresentationState::read(&read_header(path, codecs)?.attributes)
}

impl PresentationState {
    pub(crate) fn read(a: &Attributes) -> Result<Self, FileError> {
        if a.text(tags::SOP_CLASS_UID).as_deref() != Some(uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE) {
            return Err(FileError::Unsupported("it is no Grayscale Softcopy Presentation State"));
        }
        let mut warnings = Vec::new();
        let mut images = References(Vec::new());
        for series in a.items(tags::REFERENCED_SERIES_SEQUENCE) {
            images.0.extend(References::read(&series)?.map(|r| r.0).unwrap_or_default());
        }
        if images.0.is_empty() {
            return Err(FileError::attribute("Referenced Series Sequence", "names no image"));
        }
        let mut read_vois = Vec::new();
        for item in a.items(tags::SOFTCOPY_VOILUT_SEQUENCE) {
            read_vois.push((References::read(&item)?, softcopy_voi(&item, &mut warnings)?));
        }
        let mut areas = Vec::new();
        for item in a.items(tags::DISPLAYED_AREA_SELECTION_SEQUENCE) {
            areas.push((References::read(&item)?, displayed_area(&item)?));
        }
        let (quarter_turns, flip) = spatial_transformation(a)?;
        let planes = OverlayPlane::read_all(a, None, &mut warnings);
        let shutter = match Shutters::read(a)? {
            Some(Shutters::Shapes(shutter)) => Some(shutter),
            Some(Shutters::Bitmap) => {
                warn(&mut warnings, "the presentation state has a bitmap shutter, which is not drawn");
                None
            }
            None => None,
        };
        Ok(Self {
            images,
            modality: modality(a)?,
            vois: read_vois,
            tone: tone(a, &mut warnings)?,
            quarter_turns,
            flip,
            areas,
            annotations: graphics::read(a, &mut warnings)?,
            overlays: planes.iter().filter_map(|p| p.overlay_of(a, 0)).collect(),
            activated: activated(a),
            subtracts_mask: !a.items(tags::MASK_SUBTRACTION_SEQUENCE).is_empty(),
            shutter,
            warnings,
        })
    }

    /// What a person should know of the state itself, as sentences without names.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What `inspect --json` says of it: kinds and counts.
    pub(crate) fn summary(&self) -> serde_json::Map<String, serde_json::Value> {
        let modality = match &self.modality {
            None => "none",
            Some(ModalityLut::Rescale { .. }) => "rescale",
            Some(ModalityLut::Table(_)) => "table",
        };
        let voi = |v: &Voi| match v {
            Voi::Linear(_) => "LINEAR",
            Voi::LinearExact(_) => "LINEAR_EXACT",
            Voi::Sigmoid(_) => "SIGMOID",
            Voi::Table(_) => "TABLE",
        };
        let presentation = match &self.tone {
            PresentationTone::Shape(PresentationShape::Identity) => "IDENTITY",
            PresentationTone::Shape(PresentationShape::Inverse) => "INVERSE",
            PresentationTone::Lut(_) => "TABLE",
        };
        let vois: Vec<&str> = self.vois.iter().map(|(_, v)| voi(v)).collect();
        let graphics: usize = self.annotations.iter().map(|a| a.graphics.len()).sum();
        let texts: usize = self.annotations.iter().map(|a| a.texts.len()).sum();
        let entries = [
            ("images", self.images.0.len().into()),
            ("modality", modality.into()),
            ("voi", vois.into()),
            ("presentation", presentation.into()),
            ("rotation_degrees", (self.quarter_turns * 90).into()),
            ("flip", self.flip.into()),
            ("displayed_areas", self.areas.len().into()),
            ("shutter", self.shutter.is_some().into()),
            ("graphics", graphics.into()),
            ("texts", texts.into()),
            ("overlays", self.activated.len().into()),
            ("warnings", self.warnings.clone().into()),
        ];
        entries.into_iter().map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value)).collect()
    }
}

/// Images, each with the frames (from 1) that are meant, or with none when all are.
#[derive(Clone)]
struct References(Vec<(Identifying<String>, Vec<i64>)>);

impl References {
    /// Of a data set or an item; `None` where there is no Referenced Image Sequence, which means all images of the state.
    fn read(item: &Attributes) -> Result<Option<Self>, FileError> {
        let mut found = Vec::new();
        for image in item.items(tags::REFERENCED_IMAGE_SEQUENCE) {
            let name = "Referenced SOP Instance UID";
            let uid = image.text(tags::REFERENCED_SOP_INSTANCE_UID).ok_or_else(|| FileError::attribute(name, "is missing"))?;
            let frames = image.numbers(tags::REFERENCED_FRAME_NUMBER, "Referenced Frame Number")?.unwrap_or_default();
            found.push((Identifying::new(uid), frames.into_iter().map(|f| f as i64).collect()));
        }
        Ok((!found.is_empty()).then_some(Self(found)))
    }

    /// Whether a frame (from 0) of an image is meant.
    fn hold(&self, uid: &str, frame: usize) -> bool {
        let number = i64::try_from(frame).unwrap_or(i64::MAX).saturating_add(1);
        self.0.iter().any(|(image, frames)| image.reveal() == uid && (frames.is_empty() || frames.contains(&number)))
    }
}

/// What was made for one image of all that a state has; an item without references is for every image.
fn for_one<'a, T>(items: &'a [(Option<References>, T)], uid: &str, frame: usize) -> Option<&'a T> {
    items.iter().find(|(r, _)| r.as_ref().is_none_or(|r| r.hold(uid, frame))).map(|(_, t)| t)
}

fn modality(a: &Attributes) -> Result<Option<ModalityLut>, FileError> {
    if let Some(item) = a.item(tags::MODALITY_LUT_SEQUENCE) {
        return table(&item, false, "Modality LUT").map(|t| Some(ModalityLut::Table(t)));
    }
    let slope = a.number(tags::RESCALE_SLOPE, "Rescale Slope")?;
    match (slope, a.number(tags::RESCALE_INTERCEPT, "Rescale Intercept")?) {
        (None, None) => Ok(None),
        (Some(slope), Some(intercept)) if slope != 0.0 => Ok(Some(ModalityLut::Rescale { slope, intercept })),
        _ => Err(FileError::attribute("Rescale Slope", "and Rescale Intercept do not go together")),
    }
}

/// The window or table of one item. Of several windows the first; the others are alternatives.
fn softcopy_voi(item: &Attributes, warnings: &mut Vec<String>) -> Result<Voi, FileError> {
    let found = vois(item, false, &ModalityLut::IDENTITY, warnings);
    let table = found.iter().find(|v| matches!(v.voi, Voi::Table(_)));
    let chosen = table.or_else(|| found.first()).map(|v| v.voi.clone());
    chosen.ok_or_else(|| FileError::attribute("Softcopy VOI LUT Sequence", "has an item without a window or table that can be used"))
}

fn tone(a: &Attributes, warnings: &mut Vec<String>) -> Result<PresentationTone, FileError> {
    if let Some(item) = a.item(tags::PRESENTATION_LUT_SEQUENCE) {
        return table(&item, false, "Presentation LUT").map(PresentationTone::Lut);
    }
    match a.text(tags::PRESENTATION_LUT_SHAPE).as_deref() {
        Some("IDENTITY") => Ok(PresentationTone::Shape(PresentationShape::Identity)),
        Some("INVERSE") => Ok(PresentationTone::Shape(PresentationShape::Inverse)),
        None => {
            warn(warnings, "the presentation state has neither a Presentation LUT nor its shape; high values are shown white");
            Ok(PresentationTone::Shape(PresentationShape::Identity))
        }
        Some(_) => Err(FileError::attribute("Presentation LUT Shape", "is not IDENTITY or INVERSE")),
    }
}

/// Quarter turns clockwise, and whether left and right are exchanged after them (PS3.3 C.10.6).
fn spatial_transformation(a: &Attributes) -> Result<(u32, bool), FileError> {
    let turns = match a.integer(tags::IMAGE_ROTATION, "Image Rotation")? {
        None | Some(0) => 0,
        Some(90) => 1,
        Some(180) => 2,
        Some(270) => 3,
        Some(_) => return Err(FileError::attribute("Image Rotation", "is not 0, 90, 180 or 270 degrees")),
    };
    match a.text(tags::IMAGE_HORIZONTAL_FLIP).as_deref() {
        None | Some("N") => Ok((turns, false)),
        Some("Y") => Ok((turns, true)),
        Some(_) => Err(FileError::attribute("Image Horizontal Flip", "is not Y or N")),
    }
}

/// Corners are column\row from 1, as stored, and *named* as they are on the screen after turning (C.10.4): which of the two is the upper left one on the image
/// as it is stored depends on the turn, and some writers leave it. Both enclose the same pixels.
fn displayed_area(item: &Attributes) -> Result<DisplayedArea, FileError> {
    let corner = |tag: Tag, name: &'static str| match item.numbers(tag, name)?.as_deref() {
        Some([column, row]) if [column, row].iter().all(|v| v.fract() == 0.0 && v.abs() <= f64::from(i32::MAX)) => {
            Ok([*column as i64 - 1, *row as i64 - 1])
        }
        _ => Err(FileError::attribute(name, "is not two whole numbers")),
    };
    let a = corner(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, "Displayed Area Top Left Hand Corner")?;
    let b = corner(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, "Displayed Area Bottom Right Hand Corner")?;
    let ([ac, ar], [bc, br]) = (a, b);
    let side = |a: i64, b: i64| u32::try_from(a.abs_diff(b) + 1).map_err(|_| FileError::attribute("Displayed Area", "is too large"));
    let mode = match item.text(tags::PRESENTATION_SIZE_MODE).as_deref() {
        Some("SCALE TO FIT") => SizeMode::ScaleToFit,
        Some("TRUE SIZE") => SizeMode::TrueSize,
        Some("MAGNIFY") => {
            let name = "Presentation Pixel Magnification Ratio";
            let ratio = item.number(tags::PRESENTATION_PIXEL_MAGNIFICATION_RATIO, name)?.filter(|r| *r > 0.0);
            SizeMode::Magnify(ratio.ok_or_else(|| FileError::attribute(name, "is not above 0"))?)
        }
        _ => return Err(FileError::attribute("Presentation Size Mode", "is not SCALE TO FIT, TRUE SIZE or MAGNIFY")),
    };
    Ok(DisplayedArea { first: [ac.min(bc), ar.min(br)], size: [side(ac, bc)?, side(ar, br)?], mode })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use dicom_core::value::DataSetSequence;
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use dicom_object::InMemDicomObject;

    pub(crate) type Element = DataElement<InMemDicomObject>;

    pub(crate) fn text(tag: Tag, vr: VR, s: &str) -> Element {
        DataElement::new(tag, vr, PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()))
    }
    pub(crate) fn shorts(tag: Tag, v: &[u16]) -> Element {
        DataElement::new(tag, VR::US, PrimitiveValue::U16(v.into()))
    }
    pub(crate) fn longs(tag: Tag, v: &[i32]) -> Element {
        DataElement::new(tag, VR::SL, PrimitiveValue::I32(v.into()))
    }
    pub(crate) fn floats(tag: Tag, v: &[f32]) -> Element {
        DataElement::new(tag, VR::FL, PrimitiveValue::F32(v.into()))
    }
    pub(crate) fn sequence(tag: Tag, items: Vec<Vec<Element>>) -> Element {
        let items: Vec<_> = items.into_iter().map(InMemDicomObject::from_element_iter).collect();
        DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
    }
    pub(crate) fn images(uids: &[(&str, &str)]) -> Element {
        let item = |(uid, frames): &(&str, &str)| {
            let mut item = vec![text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, uid)];
            item.extend((!frames.is_empty()).then(|| text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frames)));
            item
        };
        sequence(tags::REFERENCED_IMAGE_SEQUENCE, uids.iter().map(item).collect())
    }
    pub(crate) fn lut(descriptor: [u16; 3], data: &[u16]) -> Vec<Element> {
        vec![shorts(tags::LUT_DESCRIPTOR, &descriptor), DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::U16(data.into()))]
    }
    /// A state for image 1.2.3 with these elements besides.
    pub(crate) fn state(elements: Vec<Element>) -> Result<PresentationState, FileError> {
        let own = [
            text(tags::SOP_CLASS_UID, VR::UI, uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE),
            sequence(tags::REFERENCED_SERIES_SEQUENCE, vec![vec![images(&[("1.2.3", "")])]]),
            text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY"),
        ];
        PresentationState::read(&Attributes::new(InMemDicomObject::from_element_iter(own.into_iter().chain(elements))))
    }
    pub(crate) fn area(corners: [i32; 4], mode: &str) -> Vec<Element> {
        let [a, b, c, d] = corners;
        vec![
            longs(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[a, b]),
            longs(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &[c, d]),
            text(tags::PRESENTATION_SIZE_MODE, VR::CS, mode),
        ]
    }

    #[test]
    fn references_name_images_and_frames() {
        let item = Attributes::new(InMemDicomObject::from_element_iter([images(&[("1.2", ""), ("1.3", "2\\4")])]));
        let r = References::read(&item).unwrap().unwrap();
        assert!(r.hold("1.2", 0) && r.hold("1.2", 99) && r.hold("1.3", 1) && r.hold("1.3", 3));
        assert!(!r.hold("1.3", 0) && !r.hold("1.3", 2) && !r.hold("1.4", 0));
    }

    #[test]
    fn an_area_is_the_same_whichever_corner_comes_first() {
        let of = |corners, mode| {
            let s = state(vec![sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, vec![area(corners, mode)])])?;
            Ok::<_, FileError>(s.areas[0].1)
        };
        let upright = of([3, 2, 7, 9], "SCALE TO FIT").unwrap();
        assert_eq!((upright.first, upright.size, upright.mode), ([2, 1], [5, 8], SizeMode::ScaleToFit));
        let turned = of([7, 9, 3, 2], "TRUE SIZE").unwrap();
        assert_eq!((turned.first, turned.size, turned.mode), ([2, 1], [5, 8], SizeMode::TrueSize));
        assert_eq!(of([-3, 0, 1, 1], "SCALE TO FIT").unwrap().first, [-4, -1]);
        assert!(of([1, 1, 2, 2], "MAGNIFY").is_err() && of([1, 1, 2, 2], "HUGE").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let wrong = [
            vec![shorts(tags::IMAGE_ROTATION, &[45])],
            vec![text(tags::IMAGE_HORIZONTAL_FLIP, VR::CS, "MAYBE")],
            vec![text(tags::RESCALE_SLOPE, VR::DS, "2")],
            vec![text(tags::RESCALE_SLOPE, VR::DS, "0"), text(tags::RESCALE_INTERCEPT, VR::DS, "0")],
            vec![text(tags::PRESENTATION_LUT_SHAPE, VR::CS, "LIN OD")],
            vec![sequence(tags::PRESENTATION_LUT_SEQUENCE, vec![lut([9, 0, 8], &[1])])],
            vec![sequence(tags::MODALITY_LUT_SEQUENCE, vec![lut([1, 0, 40], &[1])])],
            vec![sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, vec![vec![text(tags::WINDOW_CENTER, VR::DS, "1")]])],
            vec![sequence(tags::REFERENCED_SERIES_SEQUENCE, vec![])],
            vec![text(tags::SHUTTER_SHAPE, VR::CS, "CIRCULAR")],
            vec![text(tags::SOP_CLASS_UID, VR::UI, uids::CT_IMAGE_STORAGE)],
        ];
        for (i, elements) in wrong.into_iter().enumerate() {
            assert!(state(elements).is_err(), "{i}");
        }
        assert!(state(vec![]).is_ok());
    }

    #[test]
    fn a_summary_holds_no_free_text() {
        let window =
            |c: &str| vec![text(tags::WINDOW_CENTER, VR::DS, c), text(tags::WINDOW_WIDTH, VR::DS, "100"), images(&[("1.2.3", "")])];
        let s = state(vec![
            sequence(
                tags::SOFTCOPY_VOILUT_SEQUENCE,
                vec![window("40"), vec![sequence(tags::VOILUT_SEQUENCE, vec![lut([2, 0, 8], &[0, 255])])]],
            ),
            shorts(tags::IMAGE_ROTATION, &[270]),
            text(tags::IMAGE_HORIZONTAL_FLIP, VR::CS, "Y"),
        ])
        .unwrap();
        let expected = serde_json::json!({
            "images": 1, "modality": "none", "voi": ["LINEAR", "TABLE"], "presentation": "IDENTITY", "rotation_degrees": 270, "flip": true,
            "displayed_areas": 0, "shutter": false, "graphics": 0, "texts": 0, "overlays": 0, "warnings": [],
        });
        assert_eq!(serde_json::Value::Object(s.summary()), expected);
        assert!(!format!("{s:?}").contains("1.2.3"));
    }
}
