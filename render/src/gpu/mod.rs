//! The GPU path: the integer sampler as a fragment shader, and the presentation of images that [`crate::cpu`] has made.
//!
//! Owns every wgpu object of the image path. Values are integers fetched with `textureLoad`; no hardware filtering, half floats or norm
//! formats before the last store of `byte / 255`, which an 8-bit unorm target turns back into the same byte (design 3.2). Refuses: deciding
//! what is shown, and sRGB-encoding or wider targets ([`target_is_exact`]).

#[cfg(test)]
mod fidelity;
mod offscreen;
mod pane;
mod pipelines;
mod selftest;
mod volume;

pub use offscreen::Offscreen;
pub use pane::{PaneContent, PaneSlot};
pub use pipelines::Pipelines;
pub use selftest::{SelfTest, Tally, selftest};
pub use volume::{ColourTexture, VolumeTexture};

/// Whether a framebuffer of this format stores exactly the bytes that are written to it.
#[must_use]
pub fn target_is_exact(format: wgpu::TextureFormat) -> bool {
    matches!(format, wgpu::TextureFormat::Rgba8Unorm | wgpu::TextureFormat::Bgra8Unorm)
}

/// The limits to ask a device for: wgpu's defaults, with the adapter's own sizes for textures and buffers.
#[must_use]
pub fn needed_limits(adapter: &wgpu::Adapter) -> wgpu::Limits {
    let has = adapter.limits();
    wgpu::Limits {
        max_texture_dimension_2d: has.max_texture_dimension_2d,
        max_texture_dimension_3d: has.max_texture_dimension_3d,
        max_buffer_size: has.max_buffer_size,
        ..wgpu::Limits::default()
    }
}
