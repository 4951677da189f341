//! Numbers that are shown to a person, from the true stored values in f64.
//!
//! The value at a point is trilinear between stored values and then goes through the modality transformation. The volume reaches half a voxel beyond its
//! outer centres, with the edge repeated. Where slices are missing there is no value; the slices beside the gap reach into it with theirs, and nothing is
//! interpolated across. A tap on padding with weight makes the sample take its nearest tap. The min-max window leaves padding out.

use crate::{Series, VoxelBuffer};
use std::sync::atomic::Ordering;
use tiresias_words::{PatientPoint, StoredValue, Voi, Window};

/// The value at a patient point (LPS, mm) in the series' modality units. `None` outside the volume and in its gaps, where there is no volume, and where a slice
/// that is needed is not loaded.
///
/// Stored values are interpolated and then transformed (design 3.3); where the transformation differs from image to image, the transformed values are.
#[must_use]
pub fn probe(series: &Series, voxels: &VoxelBuffer, at: PatientPoint) -> Option<f64> {
    sample(series, voxels, has_one_modality(series), at).map(|(value, _)| value)
}

/// Whether one modality transformation holds for all images, so that stored values can be interpolated.
pub(crate) fn has_one_modality(series: &Series) -> bool {
    series.images.first().is_some_and(|first| series.images.iter().all(|i| i.modality == first.modality))
}

/// As [`probe`], and whether the value is padding. `is_one` is what [`has_one_modality`] says of the series.
pub(crate) fn sample(series: &Series, voxels: &VoxelBuffer, is_one: bool, at: PatientPoint) -> Option<(f64, bool)> {
    let volume = series.volume.as_ref()?;
    let voxel = volume.voxel_of(at);
    if !volume.contains(voxel) {
        return None;
    }
    let common = series.images.first().map(|i| &i.modality).filter(|_| is_one);
    let axis = |c: f64, n: u32| {
        let c = c.clamp(0.0, f64::from(n) - 1.0);
        let low = c.floor();
        (low as usize, (low as usize + 1).min(n as usize - 1), c - low)
    };
    let size = volume.size();
    // Beside a gap the nearer slice goes on as it is.
    let slice = if volume.steps_over_gap(voxel.slice) { voxel.slice.round() } else { voxel.slice };
    let [(x0, x1, fx), (y0, y1, fy), (z0, z1, fz)] = [axis(voxel.column, size[0]), axis(voxel.row, size[1]), axis(slice, size[2])];
    let mut sum = 0.0;
    let mut padded = false;
    for (z, wz) in [(z0, 1.0 - fz), (z1, fz)] {
        for (y, wy) in [(y0, 1.0 - fy), (y1, fy)] {
            for (x, wx) in [(x0, 1.0 - fx), (x1, fx)] {
                let weight = wx * wy * wz;
                if weight > 0.0 {
                    let (value, is_padding) = series.value(voxels, [x, y, z])?;
                    padded |= is_padding;
                    sum += weight * if common.is_some() { voxels.stored([x, y, z])? } else { value };
                }
            }
        }
    }
    if padded {
        let nearest = |low: usize, high: usize, f: f64| if f >= 0.5 { high } else { low };
        return series.value(voxels, [nearest(x0, x1, fx), nearest(y0, y1, fy), nearest(z0, z1, fz)]);
    }
    Some((common.map_or(sum, |m| m.apply(sum)), false))
}

/// A window from the lowest to the highest modality value of all loaded images, padding left out: what is shown where a series names none.
/// `None` when nothing but padding is loaded, or the series is in colour.
#[must_use]
pub fn min_max_voi(series: &Series, voxels: &VoxelBuffer) -> Option<Voi> {
    min_max(series, voxels, 0..series.len())
}

/// As [`min_max_voi`], of one image.
#[must_use]
pub fn image_min_max_voi(series: &Series, voxels: &VoxelBuffer, image: usize) -> Option<Voi> {
    min_max(series, voxels, image..image + 1)
}

fn min_max(series: &Series, voxels: &VoxelBuffer, images: std::ops::Range<usize>) -> Option<Voi> {
    let [columns, rows, _] = voxels.size().map(|n| n as usize);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut see = |value: f64| {
        if value.is_finite() {
            (low, high) = (low.min(value), high.max(value));
        }
    };
    let loaded = images.filter(|s| voxels.is_loaded(*s));
    match voxels.scale()? {
        // Words that are stored values are few: each is looked at once.
        scale if scale.max_error == 0.0 => {
            let mut seen = vec![false; 65_536];
            for word in loaded.filter_map(|s| voxels.slice(s)).flatten() {
                seen[usize::from(word.load(Ordering::Relaxed))] = true;
            }
            let is_padding = |w: u16| scale.padding.as_ref().is_some_and(|p| p.contains(&StoredValue(w)));
            let words = (0..=u16::MAX).filter(|w| seen[usize::from(*w)] && !is_padding(*w));
            words.for_each(|w| see(scale.modality.apply(f64::from(scale.format.stored(StoredValue(w))))));
        }
        _ => {
            for slice in loaded {
                for (column, row) in (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))) {
                    if let Some((value, false)) = series.value(voxels, [column, row, slice]) {
                        see(value);
                    }
                }
            }
        }
    }
    if low > high {
        return None;
    }
    // A constant image has no width; any will do.
    let width = if high > low { high - low } else { 1.0 };
    Window::new((low + high) / 2.0, width).ok().map(Voi::LinearExact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lengths::{LengthUnit, Lengths, PixelScale};
    use crate::package::PackedImage;
    use crate::pixel_module::Sample;
    use crate::samples::Samples;
    use crate::series::{Content, SeriesImage, Source};
    use std::sync::{Arc, OnceLock};
    use tiresias_words::{
        Direction, Displacement, ImagingModality, Mm, ModalityLut, PresentationShape, Role, SeriesFacts, Stack, ValueUnit, VolumeGeometry,
    };

    /// 2 x 1 x 2 voxels of 1 mm, stored values 0, 10 and 20, 30; `padding` is the one that is no measurement.
    fn series(padding: Option<f64>, slopes: [f64; 2]) -> (Series, VoxelBuffer) {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let geometry = VolumeGeometry::new([2, 1, 2], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
        let lengths = Arc::new(Lengths::of(PixelScale { spacing: [1.0; 2], unit: LengthUnit::Millimetres }));
        let image = |slope| SeriesImage {
            modality: ModalityLut::Rescale { slope, intercept: -1000.0 },
            padding: padding.map(|p| [p, p]),
            vois: None,
            lengths: Arc::clone(&lengths),
            source: Source::Package(Box::new(PackedImage::nowhere())),
        };
        let facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 2);
        let series = Series {
            facts,
            volume: Some(geometry),
            image_size: [2, 1],
            content: Content::Grey,
            unit: ValueUnit::Hounsfield,
            vois: vec![],
            shape: PresentationShape::Identity,
            frame_time: None,
            suv: None,
            sample: Sample::Short { allocated: 16, stored: 12, shift: 0, signed: false },
            images: slopes.map(image).into(),
            warnings: vec![],
            quantiser: OnceLock::new(),
        };
        let buffer = series.buffer().unwrap();
        for (slice, words) in [[0, 10], [20, 30]].into_iter().enumerate() {
            let q = series.quantiser().unwrap();
            let word = |v: f64| q.word(series.images[slice].modality.apply(v));
            assert!(buffer.put_grey(slice, &Samples::Words(words.to_vec()), word));
        }
        (series, buffer)
    }

    #[test]
    fn values_between_voxels() {
        let (s, b) = series(None, [2.0, 2.0]);
        let at = |x, y, z| probe(&s, &b, PatientPoint::new(x, y, z));
        assert_eq!(at(0.0, 0.0, 0.0), Some(-1000.0));
        assert_eq!(at(0.25, 0.0, 0.5), Some(2.0 * 12.5 - 1000.0));
        assert_eq!(at(1.5, 0.5, 1.5), Some(2.0 * 30.0 - 1000.0), "half a voxel beyond, the edge repeated");
        assert_eq!(at(1.51, 0.0, 0.0), None);
        assert_eq!(at(0.0, 0.0, f64::NAN), None);
    }

    #[test]
    fn padding_never_blends() {
        let (s, b) = series(Some(0.0), [2.0, 2.0]);
        let at = |x, z| probe(&s, &b, PatientPoint::new(x, 0.0, z));
        assert_eq!(at(0.75, 0.0), Some(2.0 * 10.0 - 1000.0));
        assert_eq!(at(0.25, 1.0), Some(2.0 * 22.5 - 1000.0), "no tap on padding has weight");
        assert_eq!(min_max_voi(&s, &b), Some(Voi::LinearExact(Window::new(-960.0, 40.0).unwrap())));
    }

    #[test]
    fn slices_that_are_not_there_have_no_value() {
        let (s, _) = series(None, [2.0, 2.0]);
        let empty = s.buffer().unwrap();
        assert!(empty.put_grey(0, &Samples::Words(vec![0, 0]), |_| 0));
        assert_eq!(probe(&s, &empty, PatientPoint::new(0.0, 0.0, 0.0)), Some(-1000.0));
        assert_eq!(probe(&s, &empty, PatientPoint::new(0.0, 0.0, 0.5)), None);
    }

    /// PET: each image has a slope of its own, and values are right all the same; display words are off by half a step at most.
    #[test]
    fn every_image_has_its_own_slope() {
        let (s, b) = series(None, [2.0, 3.0]);
        let at = |x, z| probe(&s, &b, PatientPoint::new(x, 0.0, z));
        assert_eq!(at(1.0, 0.0), Some(2.0 * 10.0 - 1000.0));
        assert_eq!(at(1.0, 1.0), Some(3.0 * 30.0 - 1000.0));
        assert_eq!(at(1.0, 0.5), Some((20.0 + 90.0) / 2.0 - 1000.0));
        let scale = b.scale().unwrap();
        assert!(scale.max_error > 0.0 && scale.max_error <= 1.5);
        let shown = |i: usize| scale.modality.apply(f64::from(b.words()[i].load(Ordering::Relaxed)));
        for (i, value) in [-1000.0, -980.0, -940.0, -910.0].into_iter().enumerate() {
            assert!((shown(i) - value).abs() <= scale.max_error, "{i}: {} {value}", shown(i));
        }
        assert_eq!(min_max_voi(&s, &b), Some(Voi::LinearExact(Window::new(-955.0, 90.0).unwrap())));
    }
}
