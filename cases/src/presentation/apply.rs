//! A presentation state applied to one image: what it says of that image, with the signs and ranges that only the image knows.
//!
//! Refuses: an image that the state does not name; images of a package, whose UIDs are no longer those that a state names; colour; and states that subtract a
//! mask. Everything is description: grey levels and drawing are `render`'s.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::{GraphicText, PresentationState, for_one};
use crate::greyscale::{can_be_negative, warn};
use crate::pixel_module::Sample;
use crate::series::{Content, Source, possible};
use crate::{CasesError, Series, Shutter};
use tiresias_words::{Arrangement, LutTable, ModalityLut, Overlay, PresentationTone, Voi, Window};

/// How one image is to be shown: modality, VOI, tone, the shutter, then the arrangement (PS3.4 N.2).
#[derive(Debug, Clone)]
pub struct Presentation {
    /// Stored values to modality values, in the place of the image's own.
    pub modality: ModalityLut,
    /// Modality values to display range.
    pub voi: Voi,
    /// What stands behind it.
    pub tone: PresentationTone,
    /// What becomes of the finished image: overlays (the state's own, and those of the image that it wants to be shown), shapes, part, turn and mirror.
    pub arrangement: Arrangement,
    /// The part of the image that is to be seen. It stands in for the image's own, and lies below overlays and shapes.
    pub shutter: Option<Shutter>,
    /// Texts; they are free text.
    pub texts: Vec<GraphicText>,
    /// What is not shown as the state says, as clauses without names.
    pub warnings: Vec<String>,
}

/// Why a presentation state does not say how an image is shown. Each is a clause that goes behind the state's path.
#[derive(Debug, thiserror::Error)]
pub enum PresentationError {
    /// The image is none of those that the state names.
    #[error("it is made for other images; use it with one of the images that it names")]
    OtherImage,
    /// The image is in a package.
    #[error("the image is in a case package, whose images no presentation state names; use it with the file that was packed")]
    Packed,
    /// The image has colours.
    #[error("the image is in colour, and a grayscale presentation state is for grey images; render the image without it")]
    Colour,
    /// The state needs several frames for one image.
    #[error("it subtracts a mask from the image, which this version does not do; render the image without it")]
    Mask,
    /// 32-bit or floating-point samples, whose words stand for modality values already.
    #[error(
        "it has another modality transformation than the image, or no window, and the image's values have more than 16 bits, for which this version cannot do that; render the image without it"
    )]
    Wide,
    /// The image itself.
    #[error(transparent)]
    Image(#[from] CasesError),
}

impl PresentationState {
    /// What the state says of image `slice` (stack order, from 0) of a series in a folder.
    ///
    /// # Errors
    /// When it says nothing of that image, or nothing that can be done; [`PresentationError::Image`] when the image's overlays cannot be read.
    pub fn for_image(&self, series: &Series, slice: usize) -> Result<Presentation, PresentationError> {
        let (number, count) = (slice + 1, series.len());
        let image = series.images.get(slice).ok_or(CasesError::NoSuchImage { number, count })?;
        let Source::Folder(f) = &image.source else { return Err(PresentationError::Packed) };
        let (uid, frame) = (f.ids.reveal().image.as_str(), f.frame);
        if uid.is_empty() || !self.images.hold(uid, frame) {
            return Err(PresentationError::OtherImage);
        }
        if series.content == Content::Colour {
            return Err(PresentationError::Colour);
        }
        if self.subtracts_mask {
            return Err(PresentationError::Mask);
        }
        let (modality, voi) = self.transformations(series.sample, &image.modality, for_one(&self.vois, uid, frame))?;
        let area = for_one(&self.areas, uid, frame).copied();
        let mut warnings = self.warnings.clone();
        if area.is_none() {
            warn(&mut warnings, "the presentation state names no displayed area for this image; all of it is shown");
        }
        let (mut graphics, mut texts) = (Vec::new(), Vec::new());
        for annotation in self.annotations.iter().filter(|a| a.images.as_ref().is_none_or(|i| i.hold(uid, frame))) {
            let (drawn, written) = annotation.on(f.tile, &mut warnings);
            graphics.extend(drawn);
            texts.extend(written);
        }
        Ok(Presentation {
            modality,
            voi,
            tone: self.tone.clone(),
            arrangement: Arrangement {
                overlays: self.overlays_of(series, slice, &mut warnings)?,
                graphics,
                area,
                quarter_turns: self.quarter_turns,
                flip: self.flip,
            },
            shutter: self.shutter.clone().map(|s| s.on_pixels(series.pixel_spacing(slice).0)),
            texts,
            warnings,
        })
    }

    /// The modality and VOI transformations; what the state lacks is an identity, whatever the image has (PS3.4 N.2).
    fn transformations(&self, sample: Sample, own: &ModalityLut, voi: Option<&Voi>) -> Result<(ModalityLut, Voi), PresentationError> {
        let modality = match &self.modality {
            None => ModalityLut::IDENTITY,
            Some(ModalityLut::Table(t)) => ModalityLut::Table(with_sign(t, sample.signed())),
            Some(rescale) => rescale.clone(),
        };
        let words = sample.words();
        if words.is_none() && (modality != *own || voi.is_none()) {
            return Err(PresentationError::Wide);
        }
        let voi = match (voi, words) {
            (Some(Voi::Table(t)), _) => Voi::Table(with_sign(t, can_be_negative(&modality, sample.signed()))),
            (Some(window), _) => window.clone(),
            (None, Some(format)) => {
                // All that the transformation before it can give, from the lowest value to the highest.
                let [low, high] = match &modality {
                    ModalityLut::Table(t) => [0.0, f64::from((1u32 << t.bits().clamp(8, 16)) - 1)],
                    ModalityLut::Rescale { .. } => possible(&modality, format),
                };
                let window = Window::new(f64::midpoint(low, high), high - low).map_err(|_| PresentationError::Wide)?;
                Voi::LinearExact(window)
            }
            (None, None) => return Err(PresentationError::Wide),
        };
        Ok((modality, voi))
    }

    /// The overlays that the state wants to be shown: its own, or else the image's of that group.
    fn overlays_of(&self, series: &Series, slice: usize, warnings: &mut Vec<String>) -> Result<Vec<Overlay>, CasesError> {
        let needs_image = self.activated.iter().any(|g| self.overlays.iter().all(|o| o.group != *g));
        let of_image = if needs_image { series.overlays(slice)? } else { Vec::new() };
        let mut shown = Vec::new();
        for group in &self.activated {
            match self.overlays.iter().chain(&of_image).find(|o| o.group == *group) {
                Some(overlay) => shown.push(overlay.clone()),
                None => {
                    warn(
                        warnings,
                        format!("overlay {group:04X} is to be shown, and neither the presentation state nor the image holds it"),
                    );
                }
            }
        }
        Ok(shown)
    }
}

/// The first input of a table is signed where the values that enter it can be negative (PS3.3 C.11.1.1.1, C.11.2.1.1). A state was read without knowing that.
fn with_sign(table: &LutTable, negative: bool) -> LutTable {
    let first = table.first();
    if !negative || first <= 32_767 {
        return table.clone();
    }
    LutTable::new(first - 65_536, table.bits(), table.entries().into()).unwrap_or_else(|_| table.clone())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lut, sequence, state, text};
    use super::*;
    use dicom_core::VR;
    use dicom_dictionary_std::tags;

    const UNSIGNED: Sample = Sample::Short { allocated: 16, stored: 12, shift: 0, signed: false };
    const SIGNED: Sample = Sample::Short { allocated: 16, stored: 16, shift: 0, signed: true };

    #[test]
    fn what_a_state_lacks_is_an_identity() {
        let own = ModalityLut::Rescale { slope: 2.0, intercept: -7.0 };
        let bare = state(vec![]).unwrap();
        let full = |low: f64, high: f64| Voi::LinearExact(Window::new(f64::midpoint(low, high), high - low).unwrap());
        let of = |s: &PresentationState, sample| s.transformations(sample, &own, s.vois.first().map(|(_, v)| v)).unwrap();
        assert_eq!(of(&bare, UNSIGNED), (ModalityLut::IDENTITY, full(0.0, 4095.0)));
        assert_eq!(of(&bare, SIGNED), (ModalityLut::IDENTITY, full(-32768.0, 32767.0)));
        let rescaled = state(vec![text(tags::RESCALE_SLOPE, VR::DS, "-1"), text(tags::RESCALE_INTERCEPT, VR::DS, "5")]).unwrap();
        assert_eq!(of(&rescaled, UNSIGNED).1, full(-4090.0, 5.0));
        let table = state(vec![sequence(tags::MODALITY_LUT_SEQUENCE, vec![lut([2, 0, 10], &[3, 9])])]).unwrap();
        assert_eq!(of(&table, UNSIGNED).1, full(0.0, 1023.0));
        // Floats can keep their own transformation, and no other.
        assert!(matches!(bare.transformations(Sample::Float, &own, None), Err(PresentationError::Wide)));
        let window = Voi::Linear(Window::new(1.0, 2.0).unwrap());
        assert!(bare.transformations(Sample::Float, &ModalityLut::IDENTITY, Some(&window)).is_ok());
    }

    #[test]
    fn tables_are_signed_where_their_inputs_are() {
        let s = |first| {
            state(vec![sequence(
                tags::SOFTCOPY_VOILUT_SEQUENCE,
                vec![vec![sequence(tags::VOILUT_SEQUENCE, vec![lut([2, first, 8], &[0, 255])])]],
            )])
            .unwrap()
        };
        let first = |s: &PresentationState, sample| match s
            .transformations(sample, &ModalityLut::IDENTITY, s.vois.first().map(|(_, v)| v))
            .unwrap()
            .1
        {
            Voi::Table(t) => t.first(),
            other => panic!("{other:?}"),
        };
        assert_eq!((first(&s(65_436), UNSIGNED), first(&s(65_436), SIGNED), first(&s(100), SIGNED)), (65_436, -100, 100));
    }
}
