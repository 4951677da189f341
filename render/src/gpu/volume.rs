//! A volume's words in GPU memory: one 3D texture of 16-bit unsigned integers.

use crate::{RenderError, ValueRange, VolumeView};
use std::sync::atomic::Ordering;

/// The words of one volume on the GPU, with what the shader needs to know of them.
#[derive(Debug)]
pub struct VolumeTexture {
    pub(super) view: wgpu::TextureView,
    pub(super) size: [u32; 3],
    pub(super) padding: Option<[u16; 2]>,
    pub(super) range: ValueRange,
}

impl VolumeTexture {
    /// Copies a loaded volume to the GPU. May be called from any thread; takes as long as the copy does.
    ///
    /// # Errors
    /// [`RenderError::TooLargeForGpu`] when a side is longer than the device's 3D limit.
    pub fn upload(device: &wgpu::Device, queue: &wgpu::Queue, volume: &VolumeView<'_>) -> Result<Self, RenderError> {
        let size = volume.geometry().size();
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
            format: wgpu::TextureFormat::R16Uint,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let mut bytes = vec![0u8; width as usize * height as usize * 2];
        for (z, slice) in volume.words().chunks_exact(width as usize * height as usize).enumerate() {
            for (pair, word) in bytes.chunks_exact_mut(2).zip(slice) {
                pair.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
            }
            queue.write_texture(
                wgpu::TexelCopyTextureInfo {
                    texture: &texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: 0, y: 0, z: z as u32 },
                    aspect: wgpu::TextureAspect::All,
                },
                &bytes,
                wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width * 2), rows_per_image: Some(height) },
                wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            );
        }
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Ok(Self { view, size, padding: volume.padding().map(|p| p.map(|w| w.0)), range: volume.range() })
    }
}
