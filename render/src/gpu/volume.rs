//! Voxels in GPU memory: one 3D texture of 16-bit words for a grey volume, or of four bytes for a colour volume.
//!
//! A volume with a side beyond the device's limit (a 4,096 x 5,120 mammogram, 3,000 slices) is *folded*: its voxels lie row after row in layers whose side
//! is a power of two, and the shader finds one by its number. Nothing filters across texels, so no layer needs a border of its neighbour's. Refuses:
//! more voxels than 32 bits count, or than the limit's layers hold.

use crate::{ColourView, RenderError, ValueRange, VolumeView};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

/// The words of one volume on the GPU, with what the shader needs to know of them.
#[derive(Debug)]
pub struct VolumeTexture {
    pub(super) texture: Voxels,
    pub(super) padding: Option<[u16; 2]>,
    pub(super) range: ValueRange,
}

/// The texels of one colour volume on the GPU.
#[derive(Debug)]
pub struct ColourTexture {
    pub(super) texture: Voxels,
}

/// Texels and how voxels lie in them.
#[derive(Debug)]
pub(super) struct Voxels {
    pub(super) view: wgpu::TextureView,
    /// Columns, rows, slices.
    pub(super) size: [u32; 3],
    /// Bits of a layer's side where the volume is folded; 0 where each voxel has the texel of its own coordinates.
    pub(super) fold: u32,
}

impl VolumeTexture {
    /// Copies a loaded volume to the GPU. May be called from any thread; takes as long as the copy does.
    ///
    /// # Errors
    /// [`RenderError::TooLargeForGpu`] when it has more voxels than the device's largest texture, or than 32 bits count; [`RenderError::NoGpuMemory`] or
    /// [`RenderError::Gpu`] when the device does not take it.
    pub fn upload(device: &wgpu::Device, queue: &wgpu::Queue, volume: &VolumeView<'_>) -> Result<Self, RenderError> {
        let size = volume.geometry().size();
        let bytes = |word: &AtomicU16| word.load(Ordering::Relaxed).to_le_bytes();
        let texture = copy(device, queue, size, wgpu::TextureFormat::R16Uint, volume.words(), bytes)?;
        Ok(Self { texture, padding: volume.padding().map(|p| p.map(|w| w.0)), range: volume.range() })
    }
}

impl ColourTexture {
    /// Copies a loaded colour volume to the GPU. May be called from any thread; takes as long as the copy does.
    ///
    /// # Errors
    /// [`RenderError::TooLargeForGpu`] when it has more voxels than the device's largest texture, or than 32 bits count; [`RenderError::NoGpuMemory`] or
    /// [`RenderError::Gpu`] when the device does not take it.
    pub fn upload(device: &wgpu::Device, queue: &wgpu::Queue, volume: &ColourView<'_>) -> Result<Self, RenderError> {
        let size = volume.geometry().size();
        let bytes = |texel: &AtomicU32| texel.load(Ordering::Relaxed).to_le_bytes();
        let texture = copy(device, queue, size, wgpu::TextureFormat::Rgba8Uint, volume.texels(), bytes)?;
        Ok(Self { texture })
    }
}

/// The texture's size and the bits of a layer's side for a volume on a device with this limit; `None` when it does not fit.
fn layout(size: [u32; 3], limit: u32) -> Option<([u32; 3], u32)> {
    if size.iter().all(|side| *side <= limit) {
        return Some((size, 0));
    }
    let voxels = size.iter().try_fold(1u32, |n, side| n.checked_mul(*side))?;
    let bits = limit.checked_ilog2()?.min(15);
    let side = 1u32 << bits;
    let layers = voxels.div_ceil(side * side);
    (layers <= limit).then_some(([side, side, layers], bits))
}

/// Why [`layout`] has no place for a volume.
fn too_large(size: [u32; 3], limit: u32) -> RenderError {
    let side = 1u64 << limit.checked_ilog2().unwrap_or(0).min(15);
    let most = (side * side).saturating_mul(u64::from(limit)).min(u64::from(u32::MAX));
    let voxels = size.iter().fold(1u64, |n, side| n.saturating_mul(u64::from(*side)));
    RenderError::TooLargeForGpu { most, voxels }
}

/// Copies voxels of `B` bytes layer by layer into a texture that holds them.
fn copy<T, const B: usize>(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    size: [u32; 3],
    format: wgpu::TextureFormat,
    voxels: &[T],
    bytes_of: impl Fn(&T) -> [u8; B],
) -> Result<Voxels, RenderError> {
    let limit = device.limits().max_texture_dimension_3d;
    let ([width, height, depth], fold) = layout(size, limit).ok_or_else(|| too_large(size, limit))?;
    let view = caught(device, || filled(device, queue, [width, height, depth], format, voxels, bytes_of))?;
    Ok(Voxels { view, size, fold })
}

/// Runs work on the device; an error of it (no memory left, most of all) is this work's own, and no one else hears of it. Any other error is told as it is: to
/// close programs would not help.
fn caught<T>(device: &wgpu::Device, work: impl FnOnce() -> T) -> Result<T, RenderError> {
    let scopes =
        [wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::OutOfMemory].map(|f| device.push_error_scope(f));
    let done = work();
    // The innermost first. Outside of browsers the answer is there at once.
    let errors: Vec<_> = scopes.into_iter().rev().filter_map(|scope| pollster::block_on(scope.pop())).collect();
    match errors.first() {
        None => Ok(done),
        Some(_) if errors.iter().any(|e| matches!(e, wgpu::Error::OutOfMemory { .. })) => Err(RenderError::NoGpuMemory),
        Some(first) => Err(RenderError::Gpu(first.to_string())),
    }
}

/// A texture of this size with the voxels in it.
fn filled<T, const B: usize>(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    [width, height, depth]: [u32; 3],
    format: wgpu::TextureFormat,
    voxels: &[T],
    bytes_of: impl Fn(&T) -> [u8; B],
) -> wgpu::TextureView {
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
    let in_layer = width as usize * height as usize;
    let mut bytes = vec![0u8; in_layer * B];
    for (z, layer) in voxels.chunks(in_layer).enumerate() {
        bytes.chunks_exact_mut(B).zip(layer).for_each(|(place, voxel)| place.copy_from_slice(&bytes_of(voxel)));
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
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_the_limit_is_folded() {
        assert_eq!(layout([512, 512, 2048], 2048), Some(([512, 512, 2048], 0)));
        assert_eq!(layout([512, 512, 3000], 2048), Some(([2048, 2048, 188], 11)));
        assert_eq!(layout([4096, 5120, 1], 2048), Some(([2048, 2048, 5], 11)));
        assert_eq!(layout([5, 1, 1], 3), Some(([2, 2, 2], 1)));
        assert_eq!(layout([3, 3, 2], 2), None, "18 voxels do not fit 2 x 2 x 2");
        assert_eq!(layout([65_535, 65_535, 2], 2048), None, "more than 32 bits count");
        assert_eq!(too_large([3, 3, 2], 2), RenderError::TooLargeForGpu { most: 8, voxels: 18 });
        assert_eq!(too_large([65_535, 65_535, 2], 2048), RenderError::TooLargeForGpu { most: u64::from(u32::MAX), voxels: 8_589_672_450 });
    }

    /// Without this wgpu would stop the program.
    #[test]
    fn what_the_device_does_not_take_is_an_error_of_the_upload() {
        let gpu = crate::gpu::Offscreen::open().expect("a Vulkan device (lavapipe will do)");
        let of_size = |size| wgpu::BufferDescriptor { label: None, size, usage: wgpu::BufferUsages::COPY_DST, mapped_at_creation: false };
        assert!(caught(&gpu.device, || gpu.device.create_buffer(&of_size(64))).is_ok());
        let refused = caught(&gpu.device, || gpu.device.create_buffer(&of_size(u64::MAX / 2)));
        assert!(matches!(refused, Err(RenderError::NoGpuMemory | RenderError::Gpu(_))), "{refused:?}");
        assert!(caught(&gpu.device, || gpu.device.create_buffer(&of_size(64))).is_ok(), "the device goes on");
    }
}
