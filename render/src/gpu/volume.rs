//! Voxels in GPU memory: one 3D texture of 16-bit words for a grey volume, or of four bytes for a colour volume.

use crate::{ColourView, RenderError, ValueRange, VolumeView};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

/// The words of one volume on the GPU, with what the shader needs to know of them.
#[derive(Debug)]
pub struct VolumeTexture {
    pub(super) view: wgpu::TextureView,
    pub(super) size: [u32; 3],
    pub(super) padding: Option<[u16; 2]>,
    pub(super) range: ValueRange,
}

/// The texels of one colour volume on the GPU.
#[derive(Debug)]
pub struct ColourTexture {
    pub(super) view: wgpu::TextureView,
    pub(super) size: [u32; 3],
}

impl VolumeTexture {
    /// Copies a loaded volume to the GPU. May be called from any thread; takes as long as the copy does.
    ///
    /// # Errors
    /// [`RenderError::TooLargeForGpu`] when a side is longer than the device's 3D limit.
    pub fn upload(device: &wgpu::Device, queue: &wgpu::Queue, volume: &VolumeView<'_>) -> Result<Self, RenderError> {
        let size = volume.geometry().size();
        let bytes = |word: &AtomicU16| word.load(Ordering::Relaxed).to_le_bytes();
        let view = copy(device, queue, size, wgpu::TextureFormat::R16Uint, volume.words(), bytes)?;
        Ok(Self { view, size, padding: volume.padding().map(|p| p.map(|w| w.0)), range: volume.range() })
    }
}

impl ColourTexture {
    /// Copies a loaded colour volume to the GPU. May be called from any thread; takes as long as the copy does.
    ///
    /// # Errors
    /// [`RenderError::TooLargeForGpu`] when a side is longer than the device's 3D limit.
    pub fn upload(device: &wgpu::Device, queue: &wgpu::Queue, volume: &ColourView<'_>) -> Result<Self, RenderError> {
        let size = volume.geometry().size();
        let bytes = |texel: &AtomicU32| texel.load(Ordering::Relaxed).to_le_bytes();
        let view = copy(device, queue, size, wgpu::TextureFormat::Rgba8Uint, volume.texels(), bytes)?;
        Ok(Self { view, size })
    }
}

/// Copies voxels of `B` bytes slice by slice into a texture of their size.
fn copy<T, const B: usize>(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    size: [u32; 3],
    format: wgpu::TextureFormat,
    voxels: &[T],
    bytes_of: impl Fn(&T) -> [u8; B],
) -> Result<wgpu::TextureView, RenderError> {
    let limit = device.limits().max_texture_dimension_3d;
    if let Some(side) = size.into_iter().find(|s| *s > limit) {
        return Err(RenderError::TooLargeForGpu { limit, side });
    }
    let [width, height, depth] = size;
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("volume"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: depth },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D3,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let in_slice = width as usize * height as usize;
    let mut bytes = vec![0u8; in_slice * B];
    for (z, slice) in voxels.chunks_exact(in_slice).enumerate() {
        bytes.chunks_exact_mut(B).zip(slice).for_each(|(place, voxel)| place.copy_from_slice(&bytes_of(voxel)));
        queue.write_texture(
            wgpu::TexelCopyTextureInfo {
                texture: &texture,
                mip_level: 0,
                origin: wgpu::Origin3d { x: 0, y: 0, z: z as u32 },
                aspect: wgpu::TextureAspect::All,
            },
            &bytes,
            wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width * B as u32), rows_per_image: Some(height) },
            wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        );
    }
    Ok(texture.create_view(&wgpu::TextureViewDescriptor::default()))
}
