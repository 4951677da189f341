//! The same pipelines without a window: a pane drawn to a texture and read back. For the command line, self test and fidelity tests.

use super::{ColourTexture, PaneContent, PaneSlot, Pipelines, VolumeTexture};
use crate::{ColourImage, ColourView, DisplayTable, GreyImage, RenderError, SamplePlan, VolumeView};
use std::sync::Arc;
use std::time::Duration;
use tiresias_words::PaneSpec;

const TARGET: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
const PATIENCE: Duration = Duration::from_secs(60);

/// A device with the pane pipelines, drawing to memory.
#[derive(Debug)]
pub struct Offscreen {
    pub(super) device: wgpu::Device,
    queue: wgpu::Queue,
    pipelines: Pipelines,
}

impl Offscreen {
    /// Opens the first Vulkan, Metal or DirectX 12 adapter, a hardware one if there is one, with default limits except for volume size.
    ///
    /// # Errors
    /// [`RenderError::NoGpu`] when there is none, [`RenderError::Gpu`] when it gives no device.
    pub fn open() -> Result<Self, RenderError> {
        Self::open_with(super::needed_limits)
    }

    fn open_with(limits: impl Fn(&wgpu::Adapter) -> wgpu::Limits) -> Result<Self, RenderError> {
        // Not OpenGL, whose limits are others, even where another crate of the build switches it on.
        let mut wanted = wgpu::InstanceDescriptor::new_without_display_handle();
        wanted.backends = wgpu::Backends::PRIMARY;
        let instance = wgpu::Instance::new(wanted);
        let options = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
        let adapter = pollster::block_on(instance.request_adapter(&options)).map_err(|_| RenderError::NoGpu)?;
        let descriptor = wgpu::DeviceDescriptor { required_limits: limits(&adapter), ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(|e| RenderError::Gpu(e.to_string()))?;
        Ok(Self::new(device, queue))
    }

    /// Compiles the pipelines on a device.
    #[must_use]
    pub fn new(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let pipelines = Pipelines::new(&device, TARGET);
        Self { device, queue, pipelines }
    }

    /// What the adapter is called.
    #[must_use]
    pub fn adapter(&self) -> String {
        self.device.adapter_info().name
    }

    /// A device whose volume textures have no side longer than `side`, as if the adapter had no more.
    #[cfg(test)]
    pub(super) fn with_volumes_up_to(side: u32) -> Result<Self, RenderError> {
        Self::open_with(|adapter| wgpu::Limits { max_texture_dimension_3d: side, ..super::needed_limits(adapter) })
    }

    /// A device whose buffers are no longer than `bytes`, as if the adapter had no more.
    #[cfg(test)]
    pub(super) fn with_buffers_up_to(bytes: u64) -> Result<Self, RenderError> {
        Self::open_with(|adapter| wgpu::Limits { max_buffer_size: bytes, ..super::needed_limits(adapter) })
    }

    /// The same with other shaders (for grey, for colour, for presenting), so that tests can show that they would notice a wrong one.
    #[cfg(test)]
    pub(super) fn with_shaders(self, shaders: [&str; 3]) -> Self {
        let pipelines = Pipelines::compile(&self.device, TARGET, shaders);
        Self { pipelines, ..self }
    }

    /// Copies a volume to the GPU.
    ///
    /// # Errors
    /// As [`VolumeTexture::upload`].
    pub fn upload(&self, volume: &VolumeView<'_>) -> Result<Arc<VolumeTexture>, RenderError> {
        VolumeTexture::upload(&self.device, &self.queue, volume).map(Arc::new)
    }

    /// Copies a colour volume to the GPU.
    ///
    /// # Errors
    /// As [`ColourTexture::upload`].
    pub fn upload_colour(&self, volume: &ColourView<'_>) -> Result<Arc<ColourTexture>, RenderError> {
        ColourTexture::upload(&self.device, &self.queue, volume).map(Arc::new)
    }

    /// Renders `spec` from a volume whose words were uploaded to `texture`. The bytes equal [`crate::cpu::render`]'s.
    ///
    /// # Errors
    /// As [`SamplePlan::new`], and [`RenderError::Gpu`] when the device does not finish.
    pub fn render(&self, volume: &VolumeView<'_>, texture: &Arc<VolumeTexture>, spec: &PaneSpec) -> Result<GreyImage, RenderError> {
        let plan = Arc::new(SamplePlan::new(volume.geometry(), spec)?);
        let table = Arc::new(DisplayTable::for_volume(volume, &spec.voi, &spec.tone));
        let shown = self.draw(&PaneContent::Sampled { volume: Arc::clone(texture), plan, table }, spec.size)?;
        // A framebuffer has three channels for grey too.
        Ok(GreyImage { size: shown.size, bytes: shown.bytes.chunks_exact(3).map(|rgb| rgb[0]).collect() })
    }

    /// Renders `spec` from a colour volume whose texels were uploaded to `texture`. The bytes equal [`crate::cpu::render_colour`]'s.
    ///
    /// # Errors
    /// As [`SamplePlan::for_colour`], and [`RenderError::Gpu`] when the device does not finish.
    pub fn render_colour(
        &self,
        volume: &ColourView<'_>,
        texture: &Arc<ColourTexture>,
        spec: &PaneSpec,
    ) -> Result<ColourImage, RenderError> {
        let plan = Arc::new(SamplePlan::for_colour(volume.geometry(), spec)?);
        self.draw(&PaneContent::SampledColour { volume: Arc::clone(texture), plan, shape: spec.tone.shape() }, spec.size)
    }

    /// Draws a pane's content and reads back the framebuffer, whose three channels are the same where the content is grey.
    ///
    /// # Errors
    /// [`RenderError::PaneSize`] when it has no pixels, [`RenderError::PaneTooLargeForGpu`] when the device has no target of that size,
    /// [`RenderError::Gpu`] when it does not finish.
    pub fn draw(&self, content: &PaneContent, size: [u32; 2]) -> Result<ColourImage, RenderError> {
        self.draw_in(&mut PaneSlot::default(), content, size)
    }

    /// [`Self::draw`] by a slot that may have shown something else before.
    pub(super) fn draw_in(&self, slot: &mut PaneSlot, content: &PaneContent, size: [u32; 2]) -> Result<ColourImage, RenderError> {
        let [width, height] = size;
        if size.contains(&0) {
            return Err(RenderError::PaneSize(width, height));
        }
        // What is asked for beyond its limits ends the program.
        let limits = self.device.limits();
        if size.iter().any(|n| *n > limits.max_texture_dimension_2d) {
            return Err(RenderError::PaneTooLargeForGpu(width, height));
        }
        let pitch = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let bytes_read_back = u64::from(pitch) * u64::from(height);
        if bytes_read_back > limits.max_buffer_size {
            return Err(RenderError::PaneTooLargeForGpu(width, height));
        }
        let extent = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        let target = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("offscreen"),
            size: extent,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: TARGET,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let readback = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes_read_back,
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        slot.prepare(&self.device, &self.queue, &self.pipelines, content, [0, 0]);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let view = target.create_view(&wgpu::TextureViewDescriptor::default());
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("offscreen"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view: &view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
                })],
                ..Default::default()
            });
            slot.paint(&mut pass, &self.pipelines);
        }
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(pitch), rows_per_image: Some(height) };
        encoder.copy_texture_to_buffer(target.as_image_copy(), wgpu::TexelCopyBufferInfo { buffer: &readback, layout }, extent);
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, receiver) = std::sync::mpsc::channel();
        readback.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver lives until the end of this function; a failed send means it gave up waiting.
            let _ = sender.send(result);
        });
        let gpu = |e: &dyn std::fmt::Display| RenderError::Gpu(e.to_string());
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        self.device.poll(wait).map_err(|e| gpu(&e))?;
        receiver.recv_timeout(PATIENCE).map_err(|e| gpu(&e))?.map_err(|e| gpu(&e))?;
        let mapped = readback.slice(..).get_mapped_range().map_err(|e| gpu(&e))?;
        let mut bytes = Vec::with_capacity(width as usize * height as usize * 3);
        for row in mapped.chunks_exact(pitch as usize) {
            row.chunks_exact(4).take(width as usize).for_each(|rgba| bytes.extend_from_slice(&rgba[..3]));
        }
        Ok(ColourImage { size, bytes })
    }
}
