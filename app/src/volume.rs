//! A series on its way to the screen: its values, what is known of their range, where they lie, and the copy on the GPU when there is one.
//!
//! A series that forms a volume lies in the patient. One that does not (ultrasound, captures, doubled slices) is shown image by image in a frame of
//! its own: x right, y down, one step an image; nothing about the patient is said of it.

use crate::unshown::Unshown;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tiresias_cases::{Content, LengthUnit, Series, VoxelBuffer, probe};
use tiresias_reads::hanging::Ready;
use tiresias_render::gpu::{ColourTexture, VolumeTexture};
use tiresias_render::layers::overlay_mask;
use tiresias_render::raster::Run;
use tiresias_render::{ColourView, DisplayTable, RenderError, ValueRange, VolumeView};
use tiresias_words::{
    ImageAnchor, ImagePoint, MarkShape, Outline, PaneSpec, PatientOrientation, PatientPoint, PresentationTone, StoredValue, Unfit, Voi,
    VolumeGeometry, Voxel,
};

/// A series that panes can show while it is still loading.
pub(crate) struct ShownVolume {
    series: Arc<Series>,
    geometry: VolumeGeometry,
    buffer: VoxelBuffer,
    /// Set once when everything is loaded; a colour series has no range to measure.
    measured: OnceLock<Option<ValueRange>>,
    /// The copy on the GPU; none where panes are computed by the processor.
    texture: Mutex<Option<Texture>>,
    /// Display tables that were made last, the newest at the end: all panes of the series look up in the same ones.
    tables: Mutex<Vec<(Grading, Arc<DisplayTable>)>>,
    /// Of each image, once read. Empty where the reader may see none.
    overlays: Vec<OnceLock<Overlaid>>,
}

/// What overlay planes do to an image, as rows of pixels.
pub(crate) struct Overlaid {
    /// The pixels that they light.
    pub(crate) lit: Vec<Run>,
    /// Those, and what touches them.
    pub(crate) with_rim: Vec<Run>,
}

/// A series' copy on the GPU.
#[derive(Clone)]
pub(crate) enum Texture {
    Grey(Arc<VolumeTexture>),
    Colour(Arc<ColourTexture>),
}

/// What a display table depends on beside the volume.
#[derive(PartialEq, Clone)]
struct Grading {
    voi: Voi,
    tone: PresentationTone,
    /// Whether the range of the values was measured.
    is_complete: bool,
}

/// As many tables of a series are kept: one upright, one inverted.
const TABLES: usize = 2;

/// What samplers read.
pub(crate) enum Values<'a> {
    Grey(VolumeView<'a>),
    Colour(ColourView<'a>),
}

/// The value under the pointer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    /// A modality value, and the same as SUVbw where that can be computed.
    Grey { value: f64, suv: Option<f64> },
    /// Red, green and blue.
    Colour([u8; 3]),
}

/// Calls with what `reads` needs of every series to say how it is shown.
pub(crate) fn with_ready<'a, T>(volumes: impl Iterator<Item = &'a ShownVolume> + Clone, call: impl FnOnce(&[Ready<'_>]) -> T) -> T {
    let own = |volume: &'a ShownVolume| {
        move |image: u32, index: usize| volume.series().image_vois(image as usize).get(index).map(|v| v.voi.clone())
    };
    let vois: Vec<_> = volumes.clone().map(own).collect();
    let ready = volumes.zip(&vois).map(|(volume, voi)| {
        let series = volume.series();
        Ready { facts: &series.facts, geometry: volume.geometry(), shape: series.shape, voi }
    });
    call(&ready.collect::<Vec<_>>())
}

impl ShownVolume {
    /// A series and the memory it is loaded into.
    ///
    /// # Errors
    /// When its images have no size.
    pub(crate) fn new(series: Arc<Series>, buffer: VoxelBuffer) -> Result<Self, Unfit> {
        let geometry = series.geometry()?;
        Ok(Self {
            series,
            geometry,
            buffer,
            measured: OnceLock::new(),
            texture: Mutex::default(),
            tables: Mutex::default(),
            overlays: Vec::new(),
        })
    }
    /// The same, whose overlay planes may be shown.
    pub(crate) fn with_overlays(mut self) -> Self {
        if self.series.has_overlays() {
            self.overlays.resize_with(self.series.len(), OnceLock::new);
        }
        self
    }

    /// Reads the overlay planes of an image, if they may be shown. Called by the loader.
    ///
    /// # Errors
    /// When the image's file is not what was packed.
    pub(crate) fn load_overlays(&self, image: usize) -> Result<(), Unshown> {
        let Some(slot) = self.overlays.get(image) else { return Ok(()) };
        let overlays = self.series.overlays(image)?;
        let too_large = Unshown::AtDesk("The images of this case are too large for the drawings over them.");
        let lit = overlay_mask(self.series.image_size, &overlays).map_err(|_| too_large)?;
        // A second call would read the same.
        let _ = slot.set(Overlaid { with_rim: lit.grown().runs(), lit: lit.runs() });
        Ok(())
    }
    /// Whether there are overlay planes that may be shown.
    #[must_use]
    pub(crate) const fn has_overlays(&self) -> bool {
        !self.overlays.is_empty()
    }
    /// What the overlay planes of an image do; `None` until it is read, and where none may be shown.
    #[must_use]
    pub(crate) fn overlay(&self, image: usize) -> Option<&Overlaid> {
        self.overlays.get(image)?.get()
    }

    /// What the series is and how its words become numbers.
    #[must_use]
    pub(crate) fn series(&self) -> &Series {
        &self.series
    }
    /// Where its voxels lie: in the patient, or in the images' own frame.
    #[must_use]
    pub(crate) const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }
    /// Whether it lies in the patient.
    #[must_use]
    pub(crate) fn is_in_patient(&self) -> bool {
        self.series.volume.is_some()
    }
    /// Whether its images have a slider: several of them that are no volume.
    #[must_use]
    pub(crate) fn has_slider(&self) -> bool {
        !self.is_in_patient() && self.series.len() > 1
    }
    /// Whether it is in colour.
    #[must_use]
    pub(crate) fn is_colour(&self) -> bool {
        self.series.content == Content::Colour
    }
    /// What lengths on its images are in.
    #[must_use]
    pub(crate) fn length_unit(&self) -> LengthUnit {
        if self.is_in_patient() { LengthUnit::Millimetres } else { self.series.pixel_spacing(0).1 }
    }
    /// Its values.
    #[must_use]
    pub(crate) const fn buffer(&self) -> &VoxelBuffer {
        &self.buffer
    }
    /// The copy on the GPU, once there.
    #[must_use]
    pub(crate) fn texture(&self) -> Option<Texture> {
        self.texture.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note that every image is loaded: measures the values. Says whether this call did it; a second one finds it done.
    pub(crate) fn complete(&self) -> bool {
        if self.measured.get().is_some() {
            return false;
        }
        self.measured.set((!self.is_colour()).then(|| ValueRange::measure(self.buffer.words()))).is_ok()
    }
    /// Takes the copy on the GPU. Called once, by the loader, after [`Self::complete`].
    pub(crate) fn attach(&self, texture: Texture) {
        *self.texture.lock().unwrap_or_else(PoisonError::into_inner) = Some(texture);
    }
    /// Lets go of the copy on the GPU.
    pub(crate) fn detach(&self) {
        *self.texture.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether every image is loaded and measured.
    #[must_use]
    pub(crate) fn is_complete(&self) -> bool {
        self.measured.get().is_some()
    }
    /// Changes whenever the same pane may look different: with each loaded image until all are.
    #[must_use]
    pub(crate) fn version(&self) -> u64 {
        if self.is_complete() { u64::MAX } else { self.buffer.loaded_count() as u64 }
    }

    /// What samplers read. Until all is loaded the range of a grey series is that of the stored bits.
    ///
    /// # Errors
    /// When the values do not fill the geometry.
    pub(crate) fn values(&self) -> Result<Values<'_>, RenderError> {
        let Some(scale) = self.buffer.scale() else {
            return ColourView::new(&self.geometry, self.buffer.texels()).map(Values::Colour);
        };
        let range = self.measured.get().copied().flatten().unwrap_or_else(|| {
            let bits = u32::from(scale.format.bits_stored).clamp(1, 16);
            let (low, high) =
                if scale.format.signed { (0x8000 - (1 << (bits - 1)), 0x8000 + ((1 << (bits - 1)) - 1)) } else { (0, (1u32 << bits) - 1) };
            ValueRange::new(StoredValue(low as u16), StoredValue(high as u16))
        });
        let padding = scale.padding.as_ref().map(|p| [*p.start(), *p.end()]);
        VolumeView::new(&self.geometry, self.buffer.words(), scale.format, &scale.modality, padding, range).map(Values::Grey)
    }

    /// The display table of a pane of this series, made when no pane had need of it before.
    #[must_use]
    pub(crate) fn table(&self, view: &VolumeView<'_>, spec: &PaneSpec) -> Arc<DisplayTable> {
        let grading = Grading { voi: spec.voi.clone(), tone: spec.tone.clone(), is_complete: self.is_complete() };
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = tables.iter().find(|(known, _)| *known == grading) {
            return Arc::clone(table);
        }
        let table = Arc::new(DisplayTable::for_volume(view, &spec.voi, &spec.tone));
        if tables.len() >= TABLES {
            tables.remove(0);
        }
        tables.push((grading, Arc::clone(&table)));
        table
    }

    /// Whether the plane through `at` can be shown: everything is loaded, or the plane lies in the stack and its images are.
    #[must_use]
    pub(crate) fn can_show(&self, at: PatientPoint, in_stack: bool) -> bool {
        if self.is_complete() {
            return true;
        }
        let slice = self.geometry.voxel_of(at).slice.clamp(0.0, f64::from(self.geometry.size()[2] - 1));
        in_stack && self.buffer.is_loaded((slice + 1e-4).floor() as usize) && self.buffer.is_loaded((slice - 1e-4).ceil() as usize)
    }

    /// The image nearest to a point, in stack order from 0.
    #[must_use]
    pub(crate) fn image_at(&self, at: PatientPoint) -> usize {
        self.geometry.nearest_slice(at) as usize
    }

    /// The value at a point, from the true stored values (design 3.2); on single images that of the pixel under the pointer.
    #[must_use]
    pub(crate) fn reading(&self, at: PatientPoint) -> Option<Reading> {
        let voxel = self.geometry.voxel_of(at);
        if !self.geometry.contains(voxel) {
            return None;
        }
        let [columns, rows, _] = self.geometry.size().map(|n| f64::from(n - 1));
        let pixel = [(voxel.column + 0.5).floor().clamp(0.0, columns) as usize, (voxel.row + 0.5).floor().clamp(0.0, rows) as usize];
        let image = self.image_at(at);
        if self.is_colour() {
            if !self.buffer.is_loaded(image) {
                return None;
            }
            let texel = self.buffer.texel_slice(image)?.get(pixel[1] * self.geometry.size()[0] as usize + pixel[0])?;
            let [r, g, b, _] = texel.load(std::sync::atomic::Ordering::Relaxed).to_le_bytes();
            return Some(Reading::Colour([r, g, b]));
        }
        let value = if self.is_in_patient() {
            probe(&self.series, &self.buffer, at)?
        } else {
            self.series.value(&self.buffer, [pixel[0], pixel[1], image])?.0
        };
        let suv = self.series.suv.as_ref().and_then(|s| s.as_ref().ok()).map(|factor| value * factor);
        Some(Reading::Grey { value, suv })
    }

    /// Letters at the right and at the bottom of an image that has no place in the patient, as its files say (Patient Orientation); `None` where they do not.
    #[must_use]
    pub(crate) fn sides(&self) -> Option<&PatientOrientation> {
        self.series.facts.orientation.as_ref()
    }

    /// The image nearest to a point, and the point in its pixels; `None` outside of the images, or where they have no names of their own.
    #[must_use]
    pub(crate) fn anchor_at(&self, at: PatientPoint) -> Option<ImageAnchor> {
        let voxel = self.geometry.voxel_of(at);
        if !self.geometry.contains(voxel) {
            return None;
        }
        let image = self.series.image_uid(self.image_at(at))?.clone();
        Some(ImageAnchor { image, frame: 0, column: voxel.column, row: voxel.row })
    }
    /// How a mark of this form is recorded; `None` when its centre lies outside of the images, of images without a place in the patient any point of it, or
    /// when they have no names of their own.
    #[must_use]
    pub(crate) fn mark_of(&self, outline: Outline<PatientPoint>) -> Option<(MarkShape, ImageAnchor)> {
        let anchor = self.anchor_at(outline.centre())?;
        if self.is_in_patient() {
            return Some((MarkShape::InPatient(outline), anchor));
        }
        let pixel = |p: &PatientPoint| {
            let voxel = self.geometry.voxel_of(*p);
            self.geometry.contains(voxel).then_some(ImagePoint { column: voxel.column, row: voxel.row })
        };
        Some((MarkShape::OnImage(outline.map(pixel)?), anchor))
    }

    /// Where a recorded position is: in the patient if it has a place there, else on its image. `None` when its image is not one of these.
    #[must_use]
    pub(crate) fn place_of(&self, patient: Option<PatientPoint>, anchor: &ImageAnchor) -> Option<PatientPoint> {
        let image = self.series.place_of_uid(&anchor.image)?;
        let on_image = || self.geometry.patient_of(Voxel::new(anchor.column, anchor.row, image as f64));
        Some(patient.unwrap_or_else(on_image))
    }
    /// The form of a recorded mark on the series' frame; `None` when its image is not one of these.
    #[must_use]
    pub(crate) fn outline_of(&self, shape: &MarkShape, anchor: &ImageAnchor) -> Option<Outline<PatientPoint>> {
        let image = self.series.place_of_uid(&anchor.image)?;
        match shape {
            MarkShape::InPatient(outline) => Some(outline.clone()),
            MarkShape::OnImage(outline) => outline.map(|p| Some(self.geometry.patient_of(Voxel::new(p.column, p.row, image as f64)))),
        }
    }
}
