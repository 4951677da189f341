//! One slot of GPU state for each pane: its own uniforms, so that panes prepared together are painted each with its own view.

use super::pipelines::{Pipeline, Pipelines};
use super::{ColourTexture, VolumeTexture};
use crate::course::Step;
use crate::plan::Projection;
use crate::{ColourImage, DisplayTable, GreyImage, Picture, SamplePlan};
use bytemuck::{Pod, Zeroable};
use std::borrow::Cow;
use std::sync::Arc;
use tiresias_words::{Interpolation, PresentationShape};

/// Entries of a display table in a row of its texture; 256 rows hold the largest.
const TABLE_WIDTH: u32 = 1024;
const TABLE_ROWS: u32 = 256;

/// What a pane shows in this frame. Compared by identity: the same `Arc` is not uploaded twice.
#[derive(Debug, Clone)]
pub enum PaneContent {
    /// Grey, sampled by the shader.
    Sampled {
        /// The volume's words.
        volume: Arc<VolumeTexture>,
        /// Made for this volume.
        plan: Arc<SamplePlan>,
        /// Made for this volume.
        table: Arc<DisplayTable>,
    },
    /// Colour, sampled by the shader.
    SampledColour {
        /// The volume's texels.
        volume: Arc<ColourTexture>,
        /// Made for this volume by [`SamplePlan::for_colour`]. A plan that projects draws nothing.
        plan: Arc<SamplePlan>,
        /// Whether channels are inverted.
        shape: PresentationShape,
    },
    /// Grey, computed by [`crate::cpu`].
    Presented(Arc<GreyImage>),
    /// Colour, computed by [`crate::cpu`].
    PresentedColour(Arc<ColourImage>),
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

/// The voxels that a pane samples, and how they are shown.
#[derive(Debug, Clone)]
enum Source {
    Grey(Arc<VolumeTexture>, Arc<DisplayTable>),
    Colour(Arc<ColourTexture>, PresentationShape),
}

#[derive(Debug)]
struct Sampled {
    source: Source,
    plan: Arc<SamplePlan>,
    rect: [i32; 4],
    uniform: wgpu::Buffer,
    rows: wgpu::Buffer,
    steps: wgpu::Buffer,
    /// Where the source is grey.
    table: Option<wgpu::Texture>,
    group: wgpu::BindGroup,
}

#[derive(Debug)]
struct Presented {
    picture: Arc<dyn Picture>,
    rect: [i32; 4],
    uniform: wgpu::Buffer,
    texture: wgpu::Texture,
    group: wgpu::BindGroup,
}

/// As `Pane` in `plan.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(super) struct PaneUniform {
    rect: [i32; 4],
    size: [i32; 4],
    origin: [[i32; 4]; 2],
    du: [[i32; 4]; 2],
    dv: [[i32; 4]; 2],
    dw: [[i32; 4]; 2],
    how: [u32; 4],
    stack: [i32; 4],
    values: [u32; 4],
    padding: [u32; 4],
}

/// As an entry of `steps` in `plan.wgsl`.
pub(super) type StepEntry = [i32; 4];

/// As `Present` in `present.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(super) struct PresentUniform {
    rect: [i32; 4],
    kind: [u32; 4],
}

impl PaneUniform {
    fn new(rect: [i32; 4], source: &Source, plan: &SamplePlan) -> Self {
        let projection = match plan.projection {
            Projection::Thin => 0,
            Projection::Mip => 1,
            Projection::Minip => 2,
            Projection::Mean => 3,
        };
        let interpolation = match plan.interpolation {
            Interpolation::Linear => 0,
            Interpolation::Nearest => 1,
            Interpolation::Cubic => 2,
        };
        let (texture, inverse, values, padding) = match source {
            Source::Grey(volume, _) => {
                let range = volume.range;
                let values = [u32::from(range.low().0), range.span(), range.fraction_bits(), range.cubic_bits()];
                let [first, last] = volume.padding.unwrap_or([0, 0]).map(u32::from);
                (&volume.texture, false, values, [first, last, u32::from(volume.padding.is_some()), 0])
            }
            Source::Colour(volume, shape) => (&volume.texture, *shape == PresentationShape::Inverse, [0; 4], [0; 4]),
        };
        let [columns, rows, slices] = texture.size.map(|n| n as i32);
        let steps = plan.course.as_ref().map_or(0, |c| c.steps.len());
        Self {
            rect,
            size: [columns, rows, slices, plan.samples as i32],
            origin: two_words(plan.origin),
            du: two_words(plan.du),
            dv: two_words(plan.dv),
            dw: two_words(plan.dw),
            how: [projection, interpolation, u32::from(inverse), 0],
            stack: [plan.reach[0], plan.reach[1], steps as i32, texture.fold as i32],
            values,
            padding,
        }
    }
}

/// The steps of a plan as the shader reads them; one that nobody reads where all steps are equal.
fn step_entries(plan: &SamplePlan) -> Vec<StepEntry> {
    // A length has 17 bits, a shift at most 15: both fit one word.
    let entry = |s: &Step| [s.from, (s.length | s.shift << 20).cast_signed(), s.gap[0], s.gap[1]];
    plan.course.as_ref().map_or_else(|| vec![[0; 4]], |c| c.steps.iter().map(entry).collect())
}

/// Bytes of [`step_entries`].
fn steps_size(plan: &SamplePlan) -> u64 {
    (plan.course.as_ref().map_or(1, |c| c.steps.len()) * size_of::<StepEntry>()) as u64
}

/// Q31.32 as Q15.16 (wrapped to 32 bits) and the 16 bits below it.
fn two_words(c: [i64; 3]) -> [[i32; 4]; 2] {
    let [x, y, z] = c.map(|v| (v >> 16) as i32);
    let [a, b, d] = c.map(|v| (v & 0xFFFF) as i32);
    [[x, y, z, 0], [a, b, d, 0]]
}

impl PaneSlot {
    /// Makes `content` ready to be painted with its top left pixel at `at` (physical pixels of the framebuffer). Uploads only what changed since last time.
    pub fn prepare(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, pipelines: &Pipelines, content: &PaneContent, at: [i32; 2]) {
        let rect = |[width, height]: [u32; 2]| [at[0], at[1], width as i32, height as i32];
        let (source, plan) = match content {
            PaneContent::Sampled { volume, plan, table } => (Source::Grey(Arc::clone(volume), Arc::clone(table)), plan),
            PaneContent::SampledColour { plan, .. } if plan.serves_colour().is_err() => {
                self.ready = None;
                return;
            }
            PaneContent::SampledColour { volume, plan, shape } => (Source::Colour(Arc::clone(volume), *shape), plan),
            PaneContent::Presented(image) => return self.present(device, queue, pipelines, Arc::clone(image) as _, rect(image.size)),
            PaneContent::PresentedColour(image) => return self.present(device, queue, pipelines, Arc::clone(image) as _, rect(image.size)),
        };
        self.sample(device, queue, pipelines, source, plan, rect(plan.size()));
    }

    fn sample(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        pipelines: &Pipelines,
        source: Source,
        plan: &Arc<SamplePlan>,
        rect: [i32; 4],
    ) {
        match &mut self.ready {
            Some(Ready::Sampled(s))
                if s.source.same_volume(&source) && s.plan.size() == plan.size() && s.steps.size() == steps_size(plan) =>
            {
                let new_view = !Arc::ptr_eq(&s.plan, plan) || s.rect != rect || s.source.shape() != source.shape();
                let new_table = !s.source.same_table(&source);
                (s.source, s.plan, s.rect) = (source, Arc::clone(plan), rect);
                s.upload(queue, new_view, new_table);
            }
            _ => {
                let made = Sampled::new(device, pipelines, source, plan, rect);
                made.upload(queue, true, true);
                self.ready = Some(Ready::Sampled(Box::new(made)));
            }
        }
    }

    fn present(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, pipelines: &Pipelines, picture: Arc<dyn Picture>, rect: [i32; 4]) {
        match &mut self.ready {
            Some(Ready::Presented(p)) if p.picture.size() == picture.size() && p.picture.channels() == picture.channels() => {
                let (new_picture, moved) = (!Arc::ptr_eq(&p.picture, &picture), p.rect != rect);
                (p.picture, p.rect) = (picture, rect);
                p.upload(queue, new_picture, moved);
            }
            _ => {
                let made = Presented::new(device, pipelines, picture, rect);
                made.upload(queue, true, true);
                self.ready = Some(Ready::Presented(made));
            }
        }
    }

    /// Draws what was prepared, within the pass's viewport and scissor. Draws nothing when nothing was prepared.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pipelines: &Pipelines) {
        let (pipeline, group) = match &self.ready {
            Some(Ready::Sampled(s)) => (s.source.pipeline(pipelines), &s.group),
            Some(Ready::Presented(p)) => (&pipelines.present, &p.group),
            None => return,
        };
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, group, &[]);
        pass.draw(0..3, 0..1);
    }
}

impl Source {
    /// Whether both sample the same texture.
    fn same_volume(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Grey(a, _), Self::Grey(b, _)) => Arc::ptr_eq(a, b),
            (Self::Colour(a, _), Self::Colour(b, _)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
    /// Whether both look up in the same table, or neither does.
    fn same_table(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Grey(_, a), Self::Grey(_, b)) => Arc::ptr_eq(a, b),
            _ => true,
        }
    }
    /// The shape that the shader applies; a table has done it for grey.
    const fn shape(&self) -> Option<PresentationShape> {
        match self {
            Self::Grey(..) => None,
            Self::Colour(_, shape) => Some(*shape),
        }
    }
    fn view(&self) -> &wgpu::TextureView {
        match self {
            Self::Grey(volume, _) => &volume.texture.view,
            Self::Colour(volume, _) => &volume.texture.view,
        }
    }
    const fn pipeline<'p>(&self, pipelines: &'p Pipelines) -> &'p Pipeline {
        match self {
            Self::Grey(..) => &pipelines.grey,
            Self::Colour(..) => &pipelines.colour,
        }
    }
}

impl Sampled {
    fn new(device: &wgpu::Device, pipelines: &Pipelines, source: Source, plan: &Arc<SamplePlan>, rect: [i32; 4]) -> Self {
        let uniform = buffer(device, "pane", wgpu::BufferUsages::UNIFORM, size_of::<PaneUniform>() as u64);
        let rows = buffer(device, "rows", wgpu::BufferUsages::STORAGE, u64::from(plan.size()[1]) * 8);
        let table = matches!(source, Source::Grey(..)).then(|| flat_texture(device, "table", [TABLE_WIDTH, TABLE_ROWS], 1));
        let table_view = table.as_ref().map(|t| t.create_view(&wgpu::TextureViewDescriptor::default()));
        let steps = buffer(device, "steps", wgpu::BufferUsages::STORAGE, steps_size(plan));
        let volume = wgpu::BindingResource::TextureView(source.view());
        let mut resources = vec![uniform.as_entire_binding(), rows.as_entire_binding(), volume, steps.as_entire_binding()];
        resources.extend(table_view.as_ref().map(wgpu::BindingResource::TextureView));
        let group = bind(device, source.pipeline(pipelines), &resources);
        Self { source, plan: Arc::clone(plan), rect, uniform, rows, steps, table, group }
    }

    fn upload(&self, queue: &wgpu::Queue, view: bool, table: bool) {
        if view {
            let uniform = PaneUniform::new(self.rect, &self.source, &self.plan);
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
            queue.write_buffer(&self.rows, 0, bytemuck::cast_slice(&self.plan.rows));
            queue.write_buffer(&self.steps, 0, bytemuck::cast_slice(&step_entries(&self.plan)));
        }
        if let (true, Source::Grey(_, table), Some(texture)) = (table, &self.source, &self.table) {
            let mut entries = table.entries().to_vec();
            let rows = (entries.len() as u32).div_ceil(TABLE_WIDTH);
            entries.resize((rows * TABLE_WIDTH) as usize, 0);
            write(queue, texture, [TABLE_WIDTH, rows], &entries);
        }
    }
}

impl Presented {
    fn new(device: &wgpu::Device, pipelines: &Pipelines, picture: Arc<dyn Picture>, rect: [i32; 4]) -> Self {
        let uniform = buffer(device, "present", wgpu::BufferUsages::UNIFORM, size_of::<PresentUniform>() as u64);
        let texture = flat_texture(device, "image", picture.size(), picture.channels());
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let group = bind(device, &pipelines.present, &[uniform.as_entire_binding(), wgpu::BindingResource::TextureView(&view)]);
        Self { picture, rect, uniform, texture, group }
    }

    fn upload(&self, queue: &wgpu::Queue, picture: bool, rect: bool) {
        if rect {
            let uniform = PresentUniform { rect: self.rect, kind: [self.picture.channels(), 0, 0, 0] };
            queue.write_buffer(&self.uniform, 0, bytemuck::bytes_of(&uniform));
        }
        if picture {
            write(queue, &self.texture, self.picture.size(), &texels(&*self.picture));
        }
    }
}

/// A picture as its texture holds it: no format has three bytes a texel, so colour has a fourth.
fn texels(picture: &dyn Picture) -> Cow<'_, [u8]> {
    let bytes = picture.bytes();
    if picture.channels() == 1 {
        return Cow::Borrowed(bytes);
    }
    let mut texels = vec![0xFF; bytes.len() / 3 * 4];
    texels.chunks_exact_mut(4).zip(bytes.chunks_exact(3)).for_each(|(texel, rgb)| texel[..3].copy_from_slice(rgb));
    Cow::Owned(texels)
}

fn buffer(device: &wgpu::Device, label: &str, usage: wgpu::BufferUsages, size: u64) -> wgpu::Buffer {
    let usage = usage | wgpu::BufferUsages::COPY_DST;
    device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
}

/// A texture of bytes, one to a texel, or four where there are more channels than one.
fn flat_texture(device: &wgpu::Device, label: &str, [width, height]: [u32; 2], channels: u32) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: if channels == 1 { wgpu::TextureFormat::R8Uint } else { wgpu::TextureFormat::Rgba8Uint },
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

/// Writes whole rows from the top; their length in bytes follows from their number.
fn write(queue: &wgpu::Queue, texture: &wgpu::Texture, [width, height]: [u32; 2], bytes: &[u8]) {
    queue.write_texture(
        texture.as_image_copy(),
        bytes,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some((bytes.len() / height as usize) as u32),
            rows_per_image: Some(height),
        },
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
    );
}

fn bind(device: &wgpu::Device, pipeline: &Pipeline, resources: &[wgpu::BindingResource<'_>]) -> wgpu::BindGroup {
    let entries: Vec<_> = (0u32..).zip(resources).map(|(binding, r)| wgpu::BindGroupEntry { binding, resource: r.clone() }).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.layout, entries: &entries })
}
