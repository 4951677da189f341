//! DICOM files of phantoms: slices of stated positions whose pixels are computed from the patient position that each has.

use dicom_core::value::PrimitiveValue;
use dicom_core::{DataElement, Tag, VR};
use dicom_dictionary_std::{tags as t, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tiresias_cases::{Codecs, Folder, Series, VoxelBuffer, read_folder};
use tiresias_render::{GreyImage, ValueRange, VolumeView, cpu};
use tiresias_words::PaneSpec;

pub(crate) type Point = [f64; 3];

pub(crate) fn add(a: Point, b: Point) -> Point {
    std::array::from_fn(|i| a[i] + b[i])
}
pub(crate) fn minus(a: Point, b: Point) -> Point {
    std::array::from_fn(|i| a[i] - b[i])
}
pub(crate) fn times(a: Point, k: f64) -> Point {
    a.map(|v| v * k)
}
pub(crate) fn dot(a: Point, b: Point) -> f64 {
    (0..3).map(|i| a[i] * b[i]).sum()
}
pub(crate) fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
pub(crate) fn unit(a: Point) -> Point {
    times(a, 1.0 / dot(a, a).sqrt())
}

/// One image: where its first pixel lies, how it is turned, and the elements that this file has beside those of every other.
#[derive(Clone)]
pub(crate) struct Slice {
    pub(crate) position: Point,
    pub(crate) row: Point,
    pub(crate) column: Point,
    /// Between columns, between rows.
    pub(crate) spacing: [f64; 2],
    /// Columns, rows.
    pub(crate) size: [u16; 2],
    pub(crate) extra: Vec<(Tag, VR, String)>,
}

impl Slice {
    /// An axial slice of 4 x 4 pixels at a height.
    pub(crate) fn axial(z: f64) -> Self {
        Self { position: [0.0, 0.0, z], row: [1.0, 0.0, 0.0], column: [0.0, 1.0, 0.0], spacing: [1.0; 2], size: [4, 4], extra: vec![] }
    }
    pub(crate) fn with(mut self, tag: Tag, vr: VR, value: impl Into<String>) -> Self {
        self.extra.push((tag, vr, value.into()));
        self
    }
    /// The patient position of a pixel's centre (PS3.3 C.7.6.2.1.1).
    pub(crate) fn patient_of(&self, column: f64, row: f64) -> Point {
        add(self.position, add(times(self.row, column * self.spacing[0]), times(self.column, row * self.spacing[1])))
    }
}

fn numbers(values: &[f64]) -> String {
    // As many digits as a Decimal String holds (PS3.5 6.2).
    let short = |v: &f64| {
        let text = format!("{v}");
        if text.len() <= 16 {
            text
        } else {
            format!("{v:.*}", 16 - format!("{:.0}", v.trunc()).len() - 2 - usize::from(*v < 0.0 && v.trunc() == 0.0))
        }
    };
    values.iter().map(short).collect::<Vec<_>>().join("\\")
}

/// Writes slices as files of one MR series of one patient; `value` gives the stored value at a patient position. The order of files says nothing of that of positions.
pub(crate) fn write(folder: &Path, slices: &[Slice], value: impl Fn(Point) -> f64) {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    for (i, slice) in slices.iter().enumerate() {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let uid = format!("1.2.826.0.1.3680043.8.498.77.{number}");
        let [columns, rows] = slice.size;
        let pixels: Vec<u16> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(column, row)| value(slice.patient_of(f64::from(column), f64::from(row))).round().clamp(0.0, 4095.0) as u16)
            .collect();
        let text = |tag: Tag, vr: VR, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
        let word = |tag: Tag, value: u16| DataElement::new(tag, VR::US, PrimitiveValue::from(value));
        let orientation = numbers(&[slice.row, slice.column].concat());
        let mut object = InMemDicomObject::from_element_iter([
            text(t::SOP_CLASS_UID, VR::UI, uids::MR_IMAGE_STORAGE),
            text(t::SOP_INSTANCE_UID, VR::UI, &uid),
            text(t::STUDY_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.77.1001"),
            text(t::SERIES_INSTANCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.77.1002"),
            text(t::FRAME_OF_REFERENCE_UID, VR::UI, "1.2.826.0.1.3680043.8.498.77.1003"),
            text(t::PATIENT_ID, VR::LO, "PHANTOM"),
            text(t::MODALITY, VR::CS, "MR"),
            text(t::INSTANCE_NUMBER, VR::IS, &format!("{}", (i * 7 + 3) % slices.len().max(1) + 1)),
            text(t::IMAGE_POSITION_PATIENT, VR::DS, &numbers(&slice.position)),
            text(t::IMAGE_ORIENTATION_PATIENT, VR::DS, &orientation),
            text(t::PIXEL_SPACING, VR::DS, &numbers(&[slice.spacing[1], slice.spacing[0]])),
            word(t::SAMPLES_PER_PIXEL, 1),
            text(t::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            word(t::ROWS, rows),
            word(t::COLUMNS, columns),
            word(t::BITS_ALLOCATED, 16),
            word(t::BITS_STORED, 12),
            word(t::HIGH_BIT, 11),
            word(t::PIXEL_REPRESENTATION, 0),
            DataElement::new(t::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())),
        ]);
        for (tag, vr, value) in &slice.extra {
            object.put(text(*tag, *vr, value));
        }
        let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
        let file = object.with_meta(meta).expect("a meta group");
        file.write_to_file(folder.join(format!("{:08x}.dcm", number.wrapping_mul(0x9E37_79B9)))).expect("a file");
    }
}

pub(crate) fn read(folder: &Path) -> Folder {
    read_folder(folder, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("the folder can be read")
}

/// The one series of a folder, loaded.
pub(crate) fn loaded(folder: &Path) -> (Series, VoxelBuffer) {
    let mut found = read(folder);
    assert_eq!((found.series.len(), found.refused.len()), (1, 0));
    let series = found.series.remove(0);
    let (buffer, _) = series.load().expect("the series loads");
    (series, buffer)
}

/// A pane over a loaded series.
pub(crate) fn picture(series: &Series, buffer: &VoxelBuffer, spec: &PaneSpec) -> GreyImage {
    let scale = buffer.scale().expect("grey");
    let geometry = series.volume.as_ref().expect("a volume");
    let range = ValueRange::measure(buffer.words());
    let view = VolumeView::new(geometry, buffer.words(), scale.format, &scale.modality, None, range).expect("a view");
    cpu::render(&view, spec).expect("a picture")
}
