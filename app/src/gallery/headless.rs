//! The program's window without a screen: frames on request, a person's keys and presses by name, and a picture of what stands there.
//!
//! Owns waiting for the program's threads, by frames with a limit and never by a fixed pause. Controls are pressed as a screen reader presses them. Refuses:
//! looking into the program; what is known of it are the words and names that it shows, whether anything runs beside, and that what was held up waits.

use super::GalleryError;
use crate::background::at_work;
use crate::clock::Clock;
use crate::hold::{Held, holds};
use crate::shell::Tiresias;
use crate::trace::Trace;
use eframe::App as _;
use egui::accesskit::{Action, ActionRequest, Node, NodeId, TreeId};
use egui::epaint::{ClippedShape, Shape};
use egui::{Context, Event, FullOutput, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, TexturesDelta, Vec2, pos2, vec2};
use egui_wgpu::{RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use image::RgbaImage;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Frames of a wait and the pause after each: a minute at most.
pub(super) const PATIENCE: usize = 12000;
pub(super) const PAUSE: Duration = Duration::from_millis(5);
/// So many equal frames are rest.
const QUIET: usize = 12;
/// Rows of a texture that is read back are multiples of so many bytes long.
const ROW: u32 = 256;

/// Pixels of a window, and the scale of its screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Size {
    pub(crate) pixels: [u32; 2],
    pub(crate) scale: f32,
}

/// The running program.
pub(super) struct Headless {
    ctx: Context,
    graphics: RenderState,
    app: Tiresias,
    size: Size,
    time: f64,
    events: Vec<Event>,
    nodes: Vec<(NodeId, Node)>,
    shapes: Vec<ClippedShape>,
    words: Vec<String>,
}

/// A device that draws windows, without a window.
pub(super) fn graphics() -> Result<RenderState, GalleryError> {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.backends = wgpu::Backends::PRIMARY;
    setup.device_descriptor = Arc::new(|adapter| wgpu::DeviceDescriptor {
        label: Some("tiresias gallery"),
        required_limits: tiresias_render::gpu::needed_limits(adapter),
        ..Default::default()
    });
    let setup = WgpuSetup::CreateNew(setup);
    let instance = pollster::block_on(setup.new_instance());
    let config = WgpuConfiguration { wgpu_setup: setup, ..Default::default() };
    pollster::block_on(RenderState::create(&config, &instance, None, RendererOptions { dithering: false, ..Default::default() }))
        .map_err(|e| GalleryError::Graphics(e.to_string()))
}

impl Headless {
    /// Opens the program on a device of its own. `data` is its folder for recent studies and settings; `begin` says with what it opens.
    pub(super) fn open(size: Size, data: PathBuf, begin: impl FnOnce(Tiresias) -> Tiresias) -> Result<Self, GalleryError> {
        let (ctx, graphics) = (Context::default(), graphics()?);
        ctx.enable_accesskit();
        let app = Tiresias::on(&ctx, &graphics, Clock::start(), Trace::default(), None, Some(data)).map_err(GalleryError::Graphics)?;
        let none = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (events, nodes, shapes, words) = none;
        let mut window = Self { ctx, graphics, app: begin(app), size, time: 0.0, events, nodes, shapes, words };
        window.resize(size);
        Ok(window)
    }

    /// Another size of the window. The program enlarges itself on screens of many pixels, which takes it a frame.
    pub(super) fn resize(&mut self, size: Size) {
        self.size = size;
        for _ in 0..4 {
            self.step();
        }
    }

    /// Its size in points.
    fn points(&self) -> Vec2 {
        Vec2::from(self.size.pixels.map(|n| n as f32)) / (self.size.scale * self.ctx.zoom_factor())
    }

    /// One frame.
    pub(super) fn step(&mut self) {
        self.time += 1.0 / 60.0;
        let screen = Rect::from_min_size(Pos2::ZERO, self.points());
        let mut input = RawInput { screen_rect: Some(screen), time: Some(self.time), focused: true, ..RawInput::default() };
        input.events = std::mem::take(&mut self.events);
        if let Some(viewport) = input.viewports.get_mut(&egui::ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.size.scale);
            viewport.inner_rect = Some(screen);
            viewport.focused = Some(true);
        }
        let app = &mut self.app;
        let FullOutput { textures_delta, shapes, platform_output, .. } = self.ctx.run_ui(input, |ui| app.draw(ui));
        self.take(textures_delta);
        self.nodes = platform_output.accesskit_update.map(|u| u.nodes).unwrap_or_default();
        self.shapes = shapes;
        let mut words = Vec::new();
        self.shapes.iter().for_each(|clipped| gather(&clipped.shape, &mut words));
        self.words = words;
    }

    fn take(&self, mut delta: TexturesDelta) {
        let mut renderer = self.graphics.renderer.write();
        for (id, images) in delta.set.drain() {
            for image in images {
                renderer.update_texture(&self.graphics.device, &self.graphics.queue, id, &image);
            }
        }
        for id in delta.free.drain() {
            renderer.free_texture(&id);
        }
    }

    pub(super) fn says(&self, words: &str) -> bool {
        self.words.iter().any(|text| text.contains(words))
    }

    /// Goes on until the screen says this.
    pub(super) fn until(&mut self, words: &str) -> Result<(), GalleryError> {
        for _ in 0..PATIENCE {
            self.step();
            if self.says(words) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        Err(self.lost(words))
    }
    /// Goes on until the work that is held up has got as far as it may.
    pub(super) fn until_still(&mut self, held: &Held) -> Result<(), GalleryError> {
        for _ in 0..PATIENCE {
            self.step();
            if held.is_still() {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        Err(self.lost("work that waits"))
    }
    /// Goes on until nothing changes any more, and nothing is on its way: on a busy machine answers that are being written, and images that are being loaded, stand
    /// still for longer than any number of frames.
    pub(super) fn rest(&mut self) -> Result<(), GalleryError> {
        let (mut quiet, mut before) = (0, Vec::new());
        for _ in 0..PATIENCE {
            self.step();
            let is_coarse = self.words.iter().any(|w| w == "preview");
            let is_under_way = !holds() && (at_work() > 0 || self.says("loading\u{2026}"));
            quiet = if self.words == before && !is_coarse && !is_under_way { quiet + 1 } else { 0 };
            if quiet >= QUIET {
                return Ok(());
            }
            before.clone_from(&self.words);
            std::thread::sleep(PAUSE);
        }
        Err(self.lost("nothing new"))
    }

    fn lost(&self, wanted: &str) -> GalleryError {
        // Words on an image are drawn several times, for their halo.
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words.dedup();
        let says = words.join(" | ");
        GalleryError::Lost { wanted: wanted.to_owned(), says }
    }

    fn node(&self, name: &str) -> Result<&(NodeId, Node), GalleryError> {
        let named = self.nodes.iter().filter(|(_, node)| node.label() == Some(name) || node.value() == Some(name));
        // What can be pressed before what is only written.
        named.max_by_key(|(_, node)| node.supports_action(Action::Click)).ok_or_else(|| self.lost(name))
    }
    fn ask(&mut self, name: &str, action: Action) -> Result<(), GalleryError> {
        let (target_node, _) = *self.node(name)?;
        let request = ActionRequest { action, target_tree: TreeId::ROOT, target_node, data: None };
        self.events.push(Event::AccessKitActionRequest(request));
        self.step();
        Ok(())
    }
    /// Presses the control of this name.
    pub(super) fn press(&mut self, name: &str) -> Result<(), GalleryError> {
        self.ask(name, Action::Click)?;
        self.rest()
    }
    /// Whether there is a control of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.node(name).is_ok()
    }
    /// Turns the page to the control of this name, which is in sight then.
    pub(super) fn turn_to(&mut self, name: &str) -> Result<(), GalleryError> {
        self.ask(name, Action::ScrollIntoView)?;
        self.rest()?;
        let height = f64::from(self.points().y);
        let is_in_sight = self.node(name)?.1.bounds().is_some_and(|bounds| bounds.y0 >= 0.0 && bounds.y1 <= height);
        if is_in_sight { Ok(()) } else { Err(self.lost(name)) }
    }
    /// Types into the field of this name.
    pub(super) fn write(&mut self, name: &str, words: &str) -> Result<(), GalleryError> {
        self.ask(name, Action::Focus)?;
        self.chord(Modifiers::COMMAND, Key::A);
        self.events.push(Event::Text(words.to_owned()));
        self.rest()
    }
    /// Types where the cursor is, and sends it.
    pub(super) fn types(&mut self, words: &str) {
        self.events.push(Event::Text(words.to_owned()));
        self.step();
        self.key(Key::Enter);
    }
    pub(super) fn key(&mut self, key: Key) {
        self.chord(Modifiers::NONE, key);
    }
    pub(super) fn chord(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.events.push(Event::Key { key, physical_key: None, pressed, repeat: false, modifiers });
        }
        self.step();
    }
    /// A click in the pane of this name, at a part of its width and height.
    pub(super) fn click_in(&mut self, pane: &str, part: [f32; 2]) -> Result<(), GalleryError> {
        let bounds = self.nodes.iter().find(|(_, n)| n.label().is_some_and(|l| l.starts_with(pane))).and_then(|(_, n)| n.bounds());
        let bounds = bounds.ok_or_else(|| self.lost(pane))?;
        let along = |from: f64, to: f64, part: f32| from as f32 + (to - from) as f32 * part;
        let at = pos2(along(bounds.x0, bounds.x1, part[0]), along(bounds.y0, bounds.y1, part[1]));
        self.events.push(Event::PointerMoved(at));
        self.step();
        self.step();
        for pressed in [true, false] {
            self.events.push(Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
            self.step();
        }
        // The pointer leaves, so that nothing is raised under it.
        self.events.push(Event::PointerMoved(at + vec2(3.0, 3.0)));
        self.step();
        Ok(())
    }

    /// What would be on the screen now, pixel by pixel.
    pub(super) fn picture(&mut self) -> Result<RgbaImage, GalleryError> {
        let RenderState { device, queue, target_format, .. } = &self.graphics;
        let [width, height] = self.size.pixels;
        let scale = self.ctx.pixels_per_point();
        let screen = ScreenDescriptor { size_in_pixels: [width, height], pixels_per_point: scale };
        let jobs = self.ctx.tessellate(self.shapes.clone(), scale);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut renderer = self.graphics.renderer.write();
        let before = renderer.update_buffers(device, queue, &mut encoder, &jobs, &screen);
        let target = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: *target_format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let [r, g, b, a] = self.app.clear_color(&egui::Visuals::dark()).map(f64::from);
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let ops = wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a }), store: wgpu::StoreOp::Store };
        let colour = wgpu::RenderPassColorAttachment { view: &view, resolve_target: None, ops, depth_slice: None };
        let pass = wgpu::RenderPassDescriptor { color_attachments: &[Some(colour)], ..Default::default() };
        renderer.render(&mut encoder.begin_render_pass(&pass).forget_lifetime(), &jobs, &screen);
        let row = (width * 4).div_ceil(ROW) * ROW;
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: u64::from(row) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None };
        let to = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
        encoder.copy_texture_to_buffer(target.as_image_copy(), to, target.size());
        queue.submit(before.into_iter().chain([encoder.finish()]));
        read_back(device, &buffer, *target_format, [width, height, row])
    }
}

/// The pixels of a buffer whose rows are padded.
fn read_back(
    device: &wgpu::Device,
    buffer: &wgpu::Buffer,
    format: wgpu::TextureFormat,
    [width, height, row]: [u32; 3],
) -> Result<RgbaImage, GalleryError> {
    let (sender, mapped) = std::sync::mpsc::channel();
    buffer.slice(..).map_async(wgpu::MapMode::Read, move |done| {
        let _ = sender.send(done);
    });
    let failed = |e: String| GalleryError::Graphics(e);
    device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| failed(e.to_string()))?;
    mapped.recv().map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?;
    let bytes = buffer.slice(..).get_mapped_range().map_err(|e| failed(e.to_string()))?;
    let is_bgra = format == wgpu::TextureFormat::Bgra8Unorm;
    let mut pixels = Vec::with_capacity((width * height * 4) as usize);
    for line in bytes.chunks_exact(row as usize) {
        for pixel in line.chunks_exact(4).take(width as usize) {
            let [r, g, b] = if is_bgra { [pixel[2], pixel[1], pixel[0]] } else { [pixel[0], pixel[1], pixel[2]] };
            pixels.extend([r, g, b, u8::MAX]);
        }
    }
    RgbaImage::from_raw(width, height, pixels).ok_or_else(|| failed("the picture is incomplete".to_owned()))
}

/// Every text among shapes.
fn gather(shape: &Shape, words: &mut Vec<String>) {
    match shape {
        Shape::Text(text) => words.push(text.galley.text().to_owned()),
        Shape::Vec(shapes) => shapes.iter().for_each(|s| gather(s, words)),
        _ => {}
    }
}
