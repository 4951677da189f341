//! The three pipelines, each from its shader and what the shaders share: sampling of grey, sampling of colour, presenting finished images.

use super::pane::{PaneUniform, PresentUniform, StepEntry};

/// The sampling shader of grey volumes. WGSL has no includes: what shaders share is put before them here.
pub(super) const GREY_SHADER: &str =
    concat!(include_str!("../shaders/viewport.wgsl"), include_str!("../shaders/plan.wgsl"), include_str!("../shaders/grey.wgsl"));
/// The sampling shader of colour volumes.
pub(super) const COLOUR_SHADER: &str =
    concat!(include_str!("../shaders/viewport.wgsl"), include_str!("../shaders/plan.wgsl"), include_str!("../shaders/colour.wgsl"));
/// The shader that presents finished images of both kinds.
pub(super) const PRESENT_SHADER: &str = concat!(include_str!("../shaders/viewport.wgsl"), include_str!("../shaders/present.wgsl"));

/// The render pipelines for one framebuffer format.
#[derive(Debug)]
pub struct Pipelines {
    pub(super) grey: Pipeline,
    pub(super) colour: Pipeline,
    pub(super) present: Pipeline,
}

/// A pipeline and the layout of the one group that it is bound to.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::RenderPipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

impl Pipelines {
    /// Compiles the pipelines for a framebuffer format without multisampling or depth.
    #[must_use]
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self::compile(device, target, [GREY_SHADER, COLOUR_SHADER, PRESENT_SHADER])
    }

    /// From the sources for grey, for colour and for presenting.
    pub(super) fn compile(device: &wgpu::Device, target: wgpu::TextureFormat, [grey, colour, present]: [&str; 3]) -> Self {
        let uniform = |size: usize| wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: wgpu::BufferSize::new(size as u64),
        };
        let texture =
            |view_dimension| wgpu::BindingType::Texture { sample_type: wgpu::TextureSampleType::Uint, view_dimension, multisampled: false };
        let [flat, solid] = [wgpu::TextureViewDimension::D2, wgpu::TextureViewDimension::D3].map(texture);
        let list = |size: u64| wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: true },
            has_dynamic_offset: false,
            min_binding_size: wgpu::BufferSize::new(size),
        };
        let (rows, steps) = (list(8), list(size_of::<StepEntry>() as u64));
        let pane = uniform(size_of::<PaneUniform>());
        let pipeline = |label, source, entry, bindings: &[_]| Pipeline::compile(device, target, label, source, entry, bindings);
        Self {
            grey: pipeline("grey pane", grey, "sample_grey", &[pane, rows, solid, steps, flat]),
            colour: pipeline("colour pane", colour, "sample_colour", &[pane, rows, solid, steps]),
            present: pipeline("present", present, "present_image", &[uniform(size_of::<PresentUniform>()), flat]),
        }
    }
}

impl Pipeline {
    fn compile(
        device: &wgpu::Device,
        target: wgpu::TextureFormat,
        label: &str,
        source: &str,
        entry: &str,
        bindings: &[wgpu::BindingType],
    ) -> Self {
        let entries: Vec<_> = (0u32..)
            .zip(bindings)
            .map(|(binding, ty)| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty: *ty, count: None })
            .collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries });
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(source.to_owned().into()),
        });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(label),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(label),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("whole_viewport"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: wgpu::PrimitiveState::default(),
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some(entry),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                // No blending: image pixels replace what is below them.
                targets: &[Some(wgpu::ColorTargetState { format: target, blend: None, write_mask: wgpu::ColorWrites::ALL })],
            }),
            multiview_mask: None,
            cache: None,
        });
        Self { pipeline, layout }
    }
}
