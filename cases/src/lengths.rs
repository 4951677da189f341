//! Distances between pixels: where they come from, and whether millimetres may be said at all.
//!
//! PS3.3 10.7.1.1 to 10.7.1.3 (Pixel Spacing, Imager Pixel Spacing, calibration), C.8.7.2 (Estimated Radiographic Magnification Factor), C.8.5.5
//! (ultrasound region calibration). In projections a distance on the detector is none in the patient: without calibration or magnification factor it is in
//! pixels. Refuses: bare millimetres from a detector.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::attributes::Attributes;
use crate::greyscale::warn;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

/// What a length on an image is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Millimetres in the patient.
    Millimetres,
    /// Millimetres in the patient, estimated by the Estimated Radiographic Magnification Factor.
    EstimatedMillimetres,
    /// Pixels: the file allows nothing better.
    Pixels,
}

impl LengthUnit {
    /// As it is written behind a number.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Millimetres => "mm",
            Self::EstimatedMillimetres => "mm (ERMF)",
            Self::Pixels => "px",
        }
    }
}

/// The distance between pixel centres of an image: [between columns, between rows], and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PixelScale {
    pub(crate) spacing: [f64; 2],
    pub(crate) unit: LengthUnit,
}

/// A calibrated part of an ultrasound image, with its pixel bounds, inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    from: [f64; 2],
    to: [f64; 2],
    scale: PixelScale,
}

/// How lengths are measured on one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lengths {
    whole: PixelScale,
    regions: Vec<Region>,
}

impl Lengths {
    /// `imaging` is the modality; `patient` the pixel spacing of an image with a place in the patient, [between columns, between rows], mm.
    pub(crate) fn read(a: &Attributes, imaging: &str, patient: Option<[f64; 2]>, warnings: &mut Vec<String>) -> Self {
        let regions = if imaging == "US" { regions(a) } else { Vec::new() };
        Self { whole: whole(a, imaging, patient, warnings), regions }
    }

    /// Whether the numbers of a manifest are lengths.
    pub(crate) fn is_usable(&self) -> bool {
        let scales = std::iter::once(&self.whole).chain(self.regions.iter().map(|r| &r.scale));
        scales.flat_map(|s| s.spacing).all(|s| s.is_finite() && s > 0.0)
    }
    #[cfg(test)]
    pub(crate) const fn of(scale: PixelScale) -> Self {
        Self { whole: scale, regions: Vec::new() }
    }

    /// Between the pixels of all of the image.
    pub(crate) const fn whole(&self) -> PixelScale {
        self.whole
    }
    /// Between the pixels about all of these places [column, row]. Ultrasound is calibrated by region, and outside of one it is not at all.
    pub(crate) fn about(&self, places: &[[f64; 2]]) -> PixelScale {
        let within = |from: f64, to: f64, at: f64| (from - 0.5..=to + 0.5).contains(&at);
        let holds = |r: &&Region| places.iter().all(|[x, y]| within(r.from[0], r.to[0], *x) && within(r.from[1], r.to[1], *y));
        self.regions.iter().find(holds).map_or(self.whole, |r| r.scale)
    }
}

const PROJECTIONS: [&str; 8] = ["CR", "DX", "MG", "XA", "RF", "PX", "IO", "RG"];
/// What has its own spacing by the nature of its reconstruction, even without a position.
const RECONSTRUCTIONS: [&str; 4] = ["CT", "MR", "PT", "NM"];

fn whole(a: &Attributes, imaging: &str, patient: Option<[f64; 2]>, warnings: &mut Vec<String>) -> PixelScale {
    let is_length = |n: &f64| (1e-4..1e4).contains(n);
    let mut pair = |tag, name: &'static str| match a.numbers(tag, name).as_ref().map(Option::as_deref) {
        Ok(None) => None,
        Ok(Some([between_rows, between_columns])) if is_length(between_rows) && is_length(between_columns) => {
            Some([*between_columns, *between_rows])
        }
        _ => {
            warn(warnings, format!("the {name} is not two lengths above 0; nothing can be measured in mm"));
            None
        }
    };
    let (pixel, imager) = (pair(tags::PIXEL_SPACING, "Pixel Spacing"), pair(tags::IMAGER_PIXEL_SPACING, "Imager Pixel Spacing"));
    let millimetres = |spacing| PixelScale { spacing, unit: LengthUnit::Millimetres };
    if PROJECTIONS.contains(&imaging) {
        let calibrated = a.has(tags::PIXEL_SPACING_CALIBRATION_TYPE);
        let magnification = a.number(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, "magnification").ok().flatten();
        match (pixel, imager, magnification.filter(|m| (1.0..=20.0).contains(m))) {
            (Some(pixel), _, _) if calibrated => return millimetres(pixel),
            (_, Some(imager), Some(m)) => {
                return PixelScale { spacing: imager.map(|s| s / m), unit: LengthUnit::EstimatedMillimetres };
            }
            _ => {}
        }
    } else if let Some(spacing) = patient.or(pixel.filter(|_| RECONSTRUCTIONS.contains(&imaging))) {
        return millimetres(spacing);
    }
    PixelScale { spacing: shape(a, pixel.or(imager)), unit: LengthUnit::Pixels }
}

/// Pixels that are not square keep their proportion: one row apart is 1.
fn shape(a: &Attributes, spacing: Option<[f64; 2]>) -> [f64; 2] {
    if let Some([x, y]) = spacing {
        return [x / y, 1.0];
    }
    match a.numbers(tags::PIXEL_ASPECT_RATIO, "Pixel Aspect Ratio").ok().flatten().as_deref() {
        // Vertical by horizontal size of a pixel (PS3.3 C.7.6.3.1.7).
        Some([vertical, horizontal]) if *vertical > 0.0 && *horizontal > 0.0 && (0.05..20.0).contains(&(horizontal / vertical)) => {
            [horizontal / vertical, 1.0]
        }
        _ => [1.0, 1.0],
    }
}

fn regions(a: &Attributes) -> Vec<Region> {
    let read = |item: &Attributes| {
        let n = |tag| item.number(tag, "ultrasound region").ok().flatten();
        // Two-dimensional, and centimetres both ways (PS3.3 C.8.5.5.1.1, C.8.5.5.1.15).
        let is_plane = n(tags::REGION_SPATIAL_FORMAT)? == 1.0;
        let in_centimetres = n(tags::PHYSICAL_UNITS_X_DIRECTION)? == 3.0 && n(tags::PHYSICAL_UNITS_Y_DIRECTION)? == 3.0;
        let spacing = [n(tags::PHYSICAL_DELTA_X)?.abs() * 10.0, n(tags::PHYSICAL_DELTA_Y)?.abs() * 10.0];
        let possible = is_plane && in_centimetres && spacing.iter().all(|s| (1e-4..1e2).contains(s));
        possible.then_some(Region {
            from: [n(tags::REGION_LOCATION_MIN_X0)?, n(tags::REGION_LOCATION_MIN_Y0)?],
            to: [n(tags::REGION_LOCATION_MAX_X1)?, n(tags::REGION_LOCATION_MAX_Y1)?],
            scale: PixelScale { spacing, unit: LengthUnit::Millimetres },
        })
    };
    a.items(tags::SEQUENCE_OF_ULTRASOUND_REGIONS).iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
    use dicom_object::InMemDicomObject;

    fn of(imaging: &str, texts: &[(Tag, &str)], patient: Option<[f64; 2]>) -> (PixelScale, usize) {
        let element =
            |(tag, s): &(Tag, &str)| DataElement::new(*tag, VR::DS, PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()));
        let a = Attributes::new(InMemDicomObject::from_element_iter(texts.iter().map(element)));
        let mut warnings = Vec::new();
        (Lengths::read(&a, imaging, patient, &mut warnings).whole(), warnings.len())
    }

    #[test]
    fn millimetres_are_said_only_where_they_are_known() {
        use LengthUnit::{EstimatedMillimetres, Millimetres, Pixels};
        let check = |imaging, texts: &[(Tag, &str)], patient, spacing, unit| {
            assert_eq!(of(imaging, texts, patient).0, PixelScale { spacing, unit }, "{imaging} {texts:?}");
        };
        let spacing = (tags::PIXEL_SPACING, "0.5\\0.25");
        let imager = (tags::IMAGER_PIXEL_SPACING, "0.2\\0.2");
        check("CT", &[spacing], Some([0.25, 0.5]), [0.25, 0.5], Millimetres);
        check("MR", &[spacing], None, [0.25, 0.5], Millimetres);
        check("OT", &[spacing], None, [0.5, 1.0], Pixels);
        check("DX", &[spacing], None, [0.5, 1.0], Pixels);
        check("DX", &[imager], None, [1.0, 1.0], Pixels);
        check("DX", &[imager, (tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR, "1.25")], None, [0.16, 0.16], EstimatedMillimetres);
        check("MG", &[spacing, (tags::PIXEL_SPACING_CALIBRATION_TYPE, "GEOMETRY")], None, [0.25, 0.5], Millimetres);
        check("CR", &[(tags::PIXEL_ASPECT_RATIO, "3\\4")], None, [4.0 / 3.0, 1.0], Pixels);
        for bad in ["0\\1", "NaN\\1", "-1\\1", "0.5", "a\\b"] {
            let (scale, warnings) = of("MR", &[(tags::PIXEL_SPACING, bad)], None);
            assert_eq!((scale.unit, warnings), (Pixels, 1), "{bad}");
        }
    }

    #[test]
    fn ultrasound_is_calibrated_by_region() {
        let number = |tag, vr, v: u32| DataElement::new(tag, vr, PrimitiveValue::from(v));
        let item = InMemDicomObject::from_element_iter([
            DataElement::new(tags::REGION_SPATIAL_FORMAT, VR::US, PrimitiveValue::from(1u16)),
            number(tags::REGION_LOCATION_MIN_X0, VR::UL, 10),
            number(tags::REGION_LOCATION_MIN_Y0, VR::UL, 20),
            number(tags::REGION_LOCATION_MAX_X1, VR::UL, 109),
            number(tags::REGION_LOCATION_MAX_Y1, VR::UL, 219),
            DataElement::new(tags::PHYSICAL_UNITS_X_DIRECTION, VR::US, PrimitiveValue::from(3u16)),
            DataElement::new(tags::PHYSICAL_UNITS_Y_DIRECTION, VR::US, PrimitiveValue::from(3u16)),
            DataElement::new(tags::PHYSICAL_DELTA_X, VR::FD, PrimitiveValue::from(0.02)),
            DataElement::new(tags::PHYSICAL_DELTA_Y, VR::FD, PrimitiveValue::from(-0.03)),
        ]);
        let regions = DataElement::new(tags::SEQUENCE_OF_ULTRASOUND_REGIONS, VR::SQ, dicom_core::value::DataSetSequence::from(vec![item]));
        let a = Attributes::new(InMemDicomObject::from_element_iter([regions]));
        let lengths = Lengths::read(&a, "US", None, &mut vec![]);
        let inside = lengths.about(&[[10.0, 20.0], [109.4, 219.0]]);
        assert_eq!(inside.unit, LengthUnit::Millimetres);
        assert!((inside.spacing[0] - 0.2).abs() < 1e-12 && (inside.spacing[1] - 0.3).abs() < 1e-12);
        assert_eq!(lengths.about(&[[10.0, 20.0], [115.0, 50.0]]).unit, LengthUnit::Pixels);
    }
}
