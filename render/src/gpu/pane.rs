//! Pipelines, and one slot of GPU state for each pane: its own uniforms, so that panes prepared together are painted each with its own view.

use super::VolumeTexture;
use crate::{DisplayTable, GreyImage, Projection, SamplePlan};
use bytemuck::{Pod, Zeroable};
use std::sync::Arc;

/// Entries of a display table in a row of its texture; 256 rows hold the largest.
const TABLE_WIDTH: u32 = 1024;
const TABLE_ROWS: u32 = 256;

/// What a pane shows in this frame. Compared by identity: the same `Arc` is not uploaded twice.
#[derive(Debug, Clone)]
pub enum PaneContent {
    /// Sampled by the shader.
    Sampled {
        /// The volume's words.
        volume: Arc<VolumeTexture>,
        /// Made for this volume.
        plan: Arc<SamplePlan>,
        /// Made for this volume.
        table: Arc<DisplayTable>,
    },
    /// Computed by [`crate::cpu`].
    Presented(Arc<GreyImage>),
}

/// The render pipelines for one framebuffer format.
#[derive(Debug)]
pub struct Pipelines {
    sample: wgpu::RenderPipeline,
    present: wgpu::RenderPipeline,
    sample_layout: wgpu::BindGroupLayout,
    present_layout: wgpu::BindGroupLayout,
}

/// GPU state of one pane.
#[derive(Debug, Default)]
pub struct PaneSlot {
    ready: Option<Ready>,
}

#[derive(Debug)]
enum Ready {
    Sampled(Box<Sampled>),
    Presented(Presented),
}

#[derive(Debug)]
struct Sampled {
    volume: Arc<VolumeTexture>,
    plan: Arc<SamplePlan>,
    table: Arc<DisplayTable>,
    rect: [i32; 4],
    uniform: wgpu::Buffer,
    rows: wgpu::Buffer,
    table_texture: wgpu::Texture,
    group: wgpu::BindGroup,
}

#[derive(Debug)]
struct Presented {
    image: Arc<GreyImage>,
    rect: [i32; 4],
    uniform: wgpu::Buffer,
    texture: wgpu::Texture,
    group: wgpu::BindGroup,
}

/// As `Pane` in the shader.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct PaneUniform {
    rect: [i32; 4],
    size: [i32; 4],
    origin: [[i32; 4]; 2],
    du: [[i32; 4]; 2],
    dv: [[i32; 4]; 2],
    dw: [[i32; 4]; 2],
    values: [u32; 4],
    options: [u32; 4],
}

impl PaneUniform {
    fn new(rect: [i32; 4], volume: &VolumeTexture, plan: &SamplePlan) -> Self {
        let projection = match plan.projection {
            Projection::Thin => 0,
            Projection::Mip => 1,
            Projection::Minip => 2,
            Projection::Mean => 3,
        };
        let [columns, rows, slices] = volume.size.map(|n| n as i32);
        let [first, last] = volume.padding.unwrap_or([0, 0]).map(u32::from);
        let range = volume.range;
        Self {
            rect,
            size: [columns, rows, slices, plan.samples as i32],
            origin: two_words(plan.origin),
            du: two_words(plan.du),
            dv: two_words(plan.dv),
            dw: two_words(plan.dw),
            values: [u32::from(range.low().0), range.span(), range.fraction_bits(), projection],
            options: [first, last, u32::from(volume.padding.is_some()), u32::from(plan.nearest)],
        }
    }
}

/// Q31.32 as Q15.16 (wrapped to 32 bits) and the 16 bits below it.
fn two_words(c: [i64; 3]) -> [[i32; 4]; 2] {
    let [x, y, z] = c.map(|v| (v >> 16) as i32);
    let [a, b, d] = c.map(|v| (v & 0xFFFF) as i32);
    [[x, y, z, 0], [a, b, d, 0]]
}

impl Pipelines {
    /// Compiles the pipelines for a framebuffer format without multisampling or depth.
    #[must_use]
    pub fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Self {
        Self::compile(device, target, super::PANE_SHADER)
    }

    pub(super) fn compile(device: &wgpu::Device, target: wgpu::TextureFormat, pane_shader: &str) -> Self {
        let uniform = |min| wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: wgpu::BufferSize::new(min),
        };
        let texture =
            |view_dimension| wgpu::BindingType::Texture { sample_type: wgpu::TextureSampleType::Uint, view_dimension, multisampled: false };
        let storage = wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: true },
            has_dynamic_offset: false,
            min_binding_size: wgpu::BufferSize::new(8),
        };
        let layout = |label, entries: &[wgpu::BindingType]| {
            let entries: Vec<_> = (0u32..)
                .zip(entries)
                .map(|(binding, ty)| wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty: *ty, count: None })
                .collect();
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries: &entries })
        };
        let [flat, solid] = [wgpu::TextureViewDimension::D2, wgpu::TextureViewDimension::D3];
        let sample_layout = layout("pane", &[uniform(size_of::<PaneUniform>() as u64), texture(solid), texture(flat), storage]);
        let present_layout = layout("present", &[uniform(16), texture(flat)]);
        let pipeline = |label, source: &str, entry, group: &wgpu::BindGroupLayout| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some(label),
                source: wgpu::ShaderSource::Wgsl(source.to_owned().into()),
            });
            let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some(label),
                bind_group_layouts: &[Some(group)],
                immediate_size: 0,
            });
            device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
                label: Some(label),
                layout: Some(&layout),
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
            })
        };
        let sample = pipeline("pane", pane_shader, "sample_pane", &sample_layout);
        let present = pipeline("present", include_str!("../shaders/present.wgsl"), "present_image", &present_layout);
        Self { sample, present, sample_layout, present_layout }
    }
}

impl PaneSlot {
    /// Makes `content` ready to be painted with its top left pixel at `at` (physical pixels of the framebuffer). Uploads only what changed since last time.
    pub fn prepare(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, pipelines: &Pipelines, content: &PaneContent, at: [i32; 2]) {
        match content {
            PaneContent::Sampled { volume, plan, table } => {
                let [width, height] = plan.size().map(|n| n as i32);
                let rect = [at[0], at[1], width, height];
                let fits = matches!(&self.ready, Some(Ready::Sampled(s)) if Arc::ptr_eq(&s.volume, volume) && s.plan.size() == plan.size());
                if !fits {
                    let made = Sampled::new(device, pipelines, volume, plan, table, rect);
                    made.upload(queue, true, true);
                    self.ready = Some(Ready::Sampled(Box::new(made)));
                } else if let Some(Ready::Sampled(s)) = &mut self.ready {
                    let new_view = !Arc::ptr_eq(&s.plan, plan) || s.rect != rect;
                    let new_table = !Arc::ptr_eq(&s.table, table);
                    (s.plan, s.table, s.rect) = (Arc::clone(plan), Arc::clone(table), rect);
                    s.upload(queue, new_view, new_table);
                }
            }
            PaneContent::Presented(image) => {
                let rect = [at[0], at[1], image.size[0] as i32, image.size[1] as i32];
                let fits = matches!(&self.ready, Some(Ready::Presented(p)) if p.image.size == image.size);
                if !fits {
                    let made = Presented::new(device, pipelines, image, rect);
                    made.upload(queue, true, true);
                    self.ready = Some(Ready::Presented(made));
                } else if let Some(Ready::Presented(p)) = &mut self.ready {
                    let (new_image, moved) = (!Arc::ptr_eq(&p.image, image), p.rect != rect);
                    (p.image, p.rect) = (Arc::clone(image), rect);
                    p.upload(queue, new_image, moved);
                }
            }
        }
    }

    /// Draws what was prepared, within the pass's viewport and scissor. Draws nothing when nothing was prepared.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pipelines: &Pipelines) {
        match &self.ready {
            Some(Ready::Sampled(s)) => {
                pass.set_pipeline(&pipelines.sample);
                pass.set_bind_group(0, &s.group, &[]);
            }
            Some(Ready::Presented(p)) => {
                pass.set_pipeline(&pipelines.present);
                pass.set_bind_group(0, &p.group, &[]);
            }
            None => return,
        }
        pass.draw(0..3, 0..1);
    }
}

impl Sampled {
    fn new(
        device: &wgpu::Device,
        pipelines: &Pipelines,
        volume: &Arc<VolumeTexture>,
        plan: &Arc<SamplePlan>,
        table: &Arc<DisplayTable>,
        rect: [i32; 4],
    ) -> Self {
        let uniform = buffer(device, "pane", wgpu::BufferUsages::UNIFORM, size_of::<PaneUniform>() as u64);
        let rows = buffer(device, "rows", wgpu::BufferUsages::STORAGE, u64::from(plan.size()[1]) * 8);
        let table_texture = flat_texture(device, "table", [TABLE_WIDTH, TABLE_ROWS]);
        let table_view = table_texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = bind(
            device,
            &pipelines.sample_layout,
            &[
                uniform.as_entire_binding(),
                wgpu::BindingResource::TextureView(&volume.view),
                wgpu::BindingResource::TextureView(&table_view),
                rows.as_entire_binding(),
            ],
        );
        Self { volume: Arc::clone(volume), plan: Arc::clone(plan), table: Arc::clone(table), rect, uniform, rows, table_texture, group }
    }

    fn upload(&self, queue: &wgpu::Queue, view: bool, table: bool) {
        if view {
            let uniform = PaneUniform::new(self.rect, &self.volume, &self.plan);
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
            queue.write_buffer(&self.rows, 0, bytemuck::cast_slice(&self.plan.rows));
        }
        if table {
            let mut entries = self.table.entries().to_vec();
            let rows = (entries.len() as u32).div_ceil(TABLE_WIDTH);
            entries.resize((rows * TABLE_WIDTH) as usize, 0);
            write(queue, &self.table_texture, [TABLE_WIDTH, rows], &entries);
        }
    }
}

impl Presented {
    fn new(device: &wgpu::Device, pipelines: &Pipelines, image: &Arc<GreyImage>, rect: [i32; 4]) -> Self {
        let uniform = buffer(device, "present", wgpu::BufferUsages::UNIFORM, 16);
        let texture = flat_texture(device, "image", image.size);
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = bind(device, &pipelines.present_layout, &[uniform.as_entire_binding(), wgpu::BindingResource::TextureView(&view)]);
        Self { image: Arc::clone(image), rect, uniform, texture, group }
    }

    fn upload(&self, queue: &wgpu::Queue, image: bool, rect: bool) {
        if rect {
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&self.rect));
        }
        if image {
            write(queue, &self.texture, self.image.size, &self.image.bytes);
        }
    }
}

fn buffer(device: &wgpu::Device, label: &str, usage: wgpu::BufferUsages, size: u64) -> wgpu::Buffer {
    let usage = usage | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

fn flat_texture(device: &wgpu::Device, label: &str, [width, height]: [u32; 2]) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::R8Uint,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, [width, height]: [u32; 2], bytes: &[u8]) {
    queue.write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(width), rows_per_image: Some(height) },
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
    );
}

fn bind(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, resources: &[wgpu::BindingResource<'_>]) -> wgpu::BindGroup {
    let entries: Vec<_> = (0u32..).zip(resources).map(|(binding, r)| wgpu::BindGroupEntry { binding, resource: r.clone() }).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}
