//! Numbers that are shown to a person, from the true stored values in f64.
//!
//! The value at a point is trilinear between stored values and then goes through the modality transformation. The volume reaches half a voxel beyond its
//! outer centres, with the edge repeated. A tap on padding with weight makes the sample take its nearest tap. The min-max window leaves padding out.

use crate::{Series, VoxelBuffer};
use std::sync::atomic::Ordering;
use tiresias_words::{PatientPoint, StoredValue, Voi, Window};

/// The value at a patient point (LPS, mm) in the series' modality units. `None` outside the volume, where there is no volume, and where a slice that is
/// needed is not loaded.
#[must_use]
pub fn probe(series: &Series, voxels: &VoxelBuffer, at: PatientPoint) -> Option<f64> {
    let volume = series.volume.as_ref()?;
    let voxel = volume.voxel_of(at);
    if !volume.contains(voxel) {
        return None;
    }
    let axis = |c: f64, n: u32| {
        let c = c.clamp(0.0, f64::from(n) - 1.0);
        let low = c.floor();
        (low as usize, (low as usize + 1).min(n as usize - 1), c - low)
    };
    let size = volume.size();
    let [(x0, x1, fx), (y0, y1, fy), (z0, z1, fz)] = [axis(voxel.column, size[0]), axis(voxel.row, size[1]), axis(voxel.slice, size[2])];
    let is_padding = |w: u16| series.padding.as_ref().is_some_and(|p| p.contains(&StoredValue(w)));
    let mut sum = 0.0;
    let mut padded = false;
    for (z, wz) in [(z0, 1.0 - fz), (z1, fz)] {
        for (y, wy) in [(y0, 1.0 - fy), (y1, fy)] {
            for (x, wx) in [(x0, 1.0 - fx), (x1, fx)] {
                let weight = wx * wy * wz;
                if weight > 0.0 {
                    let word = voxels.word([x, y, z])?;
                    padded |= is_padding(word);
                    sum += weight * f64::from(series.format.stored(StoredValue(word)));
                }
            }
        }
    }
    if padded {
        let nearest = |low: usize, high: usize, f: f64| if f >= 0.5 { high } else { low };
        let word = voxels.word([nearest(x0, x1, fx), nearest(y0, y1, fy), nearest(z0, z1, fz)])?;
        sum = f64::from(series.format.stored(StoredValue(word)));
    }
    Some(series.modality.apply(sum))
}

/// A window from the lowest to the highest modality value of all loaded slices, padding left out: what is shown where a series names none.
/// `None` when nothing but padding is loaded.
#[must_use]
pub fn min_max_voi(series: &Series, voxels: &VoxelBuffer) -> Option<Voi> {
    let mut seen = vec![false; 65_536];
    let loaded = (0..series.len()).filter(|s| voxels.is_loaded(*s)).filter_map(|s| voxels.slice(s));
    for word in loaded.flatten() {
        seen[usize::from(word.load(Ordering::Relaxed))] = true;
    }
    let padding = |w: u16| series.padding.as_ref().is_some_and(|p| p.contains(&StoredValue(w)));
    let words = (0..=u16::MAX).filter(|w| seen[usize::from(*w)] && !padding(*w));
    let value = |w: u16| series.modality.apply(f64::from(series.format.stored(StoredValue(w))));
    let (low, high) = words.map(value).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
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
    use crate::pixels::PixelLayout;
    use tiresias_words::{
        Direction, Displacement, GeometryVerdict, ImagingModality, Mm, ModalityLut, PresentationShape, Role, SeriesFacts, Stack,
        StoredFormat, ValueUnit, VolumeGeometry,
    };

    /// 2 x 1 x 2 voxels of 1 mm, words 0, 10 and 20, 30; `padding` is the word that is none.
    fn series(padding: Option<u16>) -> (Series, VoxelBuffer) {
        let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
        let geometry = VolumeGeometry::new([2, 1, 2], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0); 2], stack).unwrap();
        let format = StoredFormat { signed: false, bits_stored: 12 };
        let pixels = PixelLayout::normal([2, 1], format);
        let image = || crate::series::SeriesImage {
            pixels,
            offset: 0,
            source: crate::series::Source::Package(crate::series::PackedImage {
                dir: "".into(),
                file: String::new(),
                sha256: tiresias_words::ContentHash([0; 32]),
                bytes: 4,
                uid: tiresias_words::SopUid::new("1").unwrap(),
            }),
        };
        let facts = SeriesFacts {
            role: Role::current(),
            modality: ImagingModality::new("CT").unwrap(),
            images: 2,
            slice_spacing: Some(Mm(1.0)),
            geometry: GeometryVerdict::Orthogonal,
        };
        let series = Series {
            facts,
            volume: Some(geometry),
            image_size: [2, 1],
            format,
            modality: ModalityLut::Rescale { slope: 2.0, intercept: -1000.0 },
            unit: ValueUnit::Hounsfield,
            vois: vec![],
            shape: PresentationShape::Identity,
            padding: padding.map(|p| StoredValue(p)..=StoredValue(p)),
            images: vec![image(), image()],
            warnings: vec![],
        };
        let buffer = series.buffer().unwrap();
        for (to, word) in buffer.words().iter().zip([0, 10, 20, 30]) {
            to.store(word, Ordering::Relaxed);
        }
        buffer.mark_loaded(0);
        buffer.mark_loaded(1);
        (series, buffer)
    }

    #[test]
    fn values_between_voxels() {
        let (s, b) = series(None);
        let at = |x, y, z| probe(&s, &b, PatientPoint::new(x, y, z));
        assert_eq!(at(0.0, 0.0, 0.0), Some(-1000.0));
        assert_eq!(at(0.25, 0.0, 0.5), Some(2.0 * 12.5 - 1000.0));
        assert_eq!(at(1.5, 0.5, 1.5), Some(2.0 * 30.0 - 1000.0), "half a voxel beyond, the edge repeated");
        assert_eq!(at(1.51, 0.0, 0.0), None);
        assert_eq!(at(0.0, 0.0, f64::NAN), None);
    }

    #[test]
    fn padding_never_blends() {
        let (s, b) = series(Some(0));
        let at = |x, z| probe(&s, &b, PatientPoint::new(x, 0.0, z));
        assert_eq!(at(0.75, 0.0), Some(2.0 * 10.0 - 1000.0));
        assert_eq!(at(0.25, 1.0), Some(2.0 * 22.5 - 1000.0), "no tap on padding has weight");
        assert_eq!(min_max_voi(&s, &b), Some(Voi::LinearExact(Window::new(-960.0, 40.0).unwrap())));
    }

    #[test]
    fn slices_that_are_not_there_have_no_value() {
        let (s, _) = series(None);
        let empty = s.buffer().unwrap();
        empty.mark_loaded(0);
        assert_eq!(probe(&s, &empty, PatientPoint::new(0.0, 0.0, 0.0)), Some(-1000.0));
        assert_eq!(probe(&s, &empty, PatientPoint::new(0.0, 0.0, 0.5)), None);
    }
}
