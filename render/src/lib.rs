//! From stored values to bytes on the screen, grey or colour.
//!
//! [`cpu`] is the specification: a display table in f64 and an integer sampler. [`gpu`] is an acceleration that must equal it bit for bit.
//! Owns: display tables, sampling plans, the wgpu pipelines. Refuses: DICOM (it takes stored values and `words`), windows and widgets,
//! floating point on the image path, hardware filtering.

#![deny(unsafe_code)]

mod colour;
pub mod contour;
mod course;
pub mod cpu;
pub mod gpu;
pub mod layers;
pub mod pattern;
mod picture;
mod plan;
mod preview;
pub mod raster;
mod table;
mod volume;

pub use colour::ColourView;
pub use picture::{ColourImage, GreyImage, Picture};
pub use plan::SamplePlan;
pub use preview::preview;
pub use table::DisplayTable;
pub use volume::{ValueRange, VolumeView};

/// Why an image cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// The words do not fill the geometry.
    #[error("the volume holds {words} values where its geometry needs {needed}; load the series again")]
    WrongLength {
        /// Words given.
        words: usize,
        /// Words that the geometry's size asks for.
        needed: usize,
    },
    /// The stack's own units make no geometry, which no stack that exists has.
    #[error("the slices of this series cannot be put in order: {0}; the images themselves can be viewed")]
    Geometry(#[from] tiresias_words::Unfit),
    /// The pane has no pixels, or more than can be addressed.
    #[error("a pane of {0} x {1} pixels cannot be rendered; sizes go from 1 to 16,384")]
    PaneSize(u32, u32),
    /// The image or the stack has a side whose coordinates the sampler cannot hold.
    #[error("an image or a stack of {0} voxels a side cannot be shown; at most 32,768 are possible: show a part of it")]
    LongSide(u32),
    /// The slab reaches too far.
    #[error("a slab of {0} mm reaches farther than this series can be projected: choose a thinner one")]
    LongSlab(f64),
    /// The slab has too many samples.
    #[error("a slab of {thickness} mm in steps of {step} mm needs {samples:.0} samples; at most 4,096 are possible: choose a larger step")]
    Slab {
        /// Thickness asked for, mm.
        thickness: f64,
        /// Step asked for, mm.
        step: f64,
        /// Samples that would be needed.
        samples: f64,
    },
    /// A slab was asked for where voxels are colours.
    #[error("a slab of colour images cannot be projected, because of colours none is the largest, smallest or mean; choose a single plane")]
    ColourSlab,
    /// The pane does not fit this GPU.
    #[error("this GPU cannot draw {0} x {1} pixels at once; ask for fewer, or start the program with --cpu")]
    PaneTooLargeForGpu(u32, u32),
    /// The volume does not fit this GPU.
    #[error("this GPU holds series of up to {most} voxels in such a shape, and this one has {voxels}; start the program with --cpu")]
    TooLargeForGpu {
        /// Voxels of a volume with a side beyond the adapter's limit, at most.
        most: u64,
        /// Voxels of this one.
        voxels: u64,
    },
    /// The GPU did not take the volume.
    #[error("the GPU has no memory left for this series; close other programs, or start this one with --cpu")]
    NoGpuMemory,
    /// There is no adapter at all.
    #[error(
        "no Vulkan, Metal or DirectX 12 device was found; install a graphics driver (on Debian: mesa-vulkan-drivers) or start with --cpu"
    )]
    NoGpu,
    /// The GPU did not answer.
    #[error("the GPU did not finish: {0}; start the program with --cpu")]
    Gpu(String),
}
