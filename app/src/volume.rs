//! A series on its way to the screen: its words, what is known of their range, and the copy on the GPU when there is one.

use std::sync::{Arc, OnceLock};
use tiresias_cases::{Series, VoxelBuffer};
use tiresias_render::gpu::VolumeTexture;
use tiresias_render::{RenderError, ValueRange, VolumeView};
use tiresias_words::{PatientPoint, StoredValue, VolumeGeometry};

/// A series that panes can show while it is still loading.
pub(crate) struct ShownVolume {
    series: Arc<Series>,
    geometry: VolumeGeometry,
    buffer: VoxelBuffer,
    measured: OnceLock<ValueRange>,
    texture: OnceLock<Arc<VolumeTexture>>,
}

impl ShownVolume {
    /// A series with geometry and the memory it is loaded into.
    #[must_use]
    pub(crate) const fn new(series: Arc<Series>, geometry: VolumeGeometry, buffer: VoxelBuffer) -> Self {
        Self { series, geometry, buffer, measured: OnceLock::new(), texture: OnceLock::new() }
    }

    /// What the series is and how its words become numbers.
    #[must_use]
    pub(crate) fn series(&self) -> &Series {
        &self.series
    }
    /// Where its voxels lie.
    #[must_use]
    pub(crate) const fn geometry(&self) -> &VolumeGeometry {
        &self.geometry
    }
    /// Its words.
    #[must_use]
    pub(crate) const fn buffer(&self) -> &VoxelBuffer {
        &self.buffer
    }
    /// The copy on the GPU, once there.
    #[must_use]
    pub(crate) fn texture(&self) -> Option<Arc<VolumeTexture>> {
        self.texture.get().cloned()
    }

    /// Takes note that every slice is loaded: measures the values. Called once, by the loader.
    pub(crate) fn complete(&self) {
        // A second call would measure the same.
        let _ = self.measured.set(ValueRange::measure(self.buffer.words()));
    }
    /// Takes the copy on the GPU. Called once, by the loader, after [`Self::complete`].
    pub(crate) fn attach(&self, texture: Arc<VolumeTexture>) {
        let _ = self.texture.set(texture);
    }

    /// Whether every slice is loaded and measured.
    #[must_use]
    pub(crate) fn is_complete(&self) -> bool {
        self.measured.get().is_some()
    }
    /// Changes whenever the same pane may look different: with each loaded slice until the volume is complete.
    #[must_use]
    pub(crate) fn version(&self) -> u64 {
        if self.is_complete() { u64::MAX } else { self.buffer.loaded_count() as u64 }
    }
    /// Changes when display tables must be made anew.
    #[must_use]
    pub(crate) fn range_version(&self) -> u64 {
        u64::from(self.is_complete())
    }

    /// What the sampler reads. Until all is loaded the range is that of the stored bits.
    ///
    /// # Errors
    /// When the words do not fill the geometry.
    pub(crate) fn view(&self) -> Result<VolumeView<'_>, RenderError> {
        let series = &self.series;
        let range = self.measured.get().copied().unwrap_or_else(|| {
            let bits = u32::from(series.format.bits_stored).clamp(1, 16);
            let (low, high) =
                if series.format.signed { (0x8000 - (1 << (bits - 1)), 0x8000 + ((1 << (bits - 1)) - 1)) } else { (0, (1u32 << bits) - 1) };
            ValueRange::new(StoredValue(low as u16), StoredValue(high as u16))
        });
        let padding = series.padding.as_ref().map(|p| [*p.start(), *p.end()]);
        VolumeView::new(&self.geometry, self.buffer.words(), series.format, &series.modality, padding, range)
    }

    /// Whether the plane through `at` can be shown: everything is loaded, or the plane lies in the stack and its slices are.
    #[must_use]
    pub(crate) fn can_show(&self, at: PatientPoint, in_stack: bool) -> bool {
        if self.is_complete() {
            return true;
        }
        let slice = self.geometry.voxel_of(at).slice.clamp(0.0, f64::from(self.geometry.size()[2] - 1));
        in_stack && self.buffer.is_loaded((slice + 1e-4).floor() as usize) && self.buffer.is_loaded((slice - 1e-4).ceil() as usize)
    }
}
