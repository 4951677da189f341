//! Image panes on the screen: a paint callback for each, aligned to physical pixels, and the choice of who computes the bytes.
//!
//! Owns the wiring between egui's renderer and `render::gpu`. On an adapter that is a CPU, `render::cpu` computes and the callback presents; on a GPU the shader samples.
//! A pane whose description did not change is neither computed nor uploaded again. Refuses: egui's textured quads, and sRGB-encoding framebuffers.

use crate::background::{Coming, Wake, beside, in_background};
use crate::volume::{ShownVolume, Texture, Values};
use crossbeam_channel::{Receiver, TryRecvError};
use egui::Context;
use egui_wgpu::{Callback, CallbackResources, CallbackTrait, RenderState, ScreenDescriptor};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use tiresias_reads::machine::Selftest;
use tiresias_render::gpu::{self, Offscreen, PaneContent, PaneSlot, Pipelines, target_is_exact};
use tiresias_render::{ColourView, GreyImage, RenderError, SamplePlan, VolumeView, cpu, preview};
use tiresias_words::{Interpolation, PaneSpec, Slab};

/// Who computes the bytes of panes. The bytes are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderPath {
    /// `render::cpu`, presented by the callback.
    Cpu,
    /// The shader.
    Gpu,
}

/// What the program draws with, as it goes into the record.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    /// The graphics adapter's name.
    pub adapter: String,
    /// Framebuffer format.
    pub format: String,
    /// Who computes panes.
    pub path: RenderPath,
    device: wgpu::Device,
    queue: wgpu::Queue,
}

impl Screen {
    /// Tries on a thread of its own whether the adapter draws what the processor computes.
    pub(crate) fn try_out(&self, wake: &Wake) -> Coming<Selftest> {
        let (device, queue) = (self.device.clone(), self.queue.clone());
        beside("selftest", wake, move || gpu::selftest(&Offscreen::new(device, queue)).map(judged).map_err(|e| e.to_string()))
    }
}

/// What a self test means for a session.
pub(crate) fn judged(found: gpu::SelfTest) -> Selftest {
    match (found.presented.is_all(), found.sampled.is_all()) {
        (true, true) => Selftest::Passed,
        (true, false) => Selftest::NotSampled,
        (false, _) => Selftest::NotPresented,
    }
}

/// Pipelines that are compiled by whoever needs them first: a thread of their own, beside the first screens, which have no pane.
type Compiled = LazyLock<Pipelines, Box<dyn FnOnce() -> Pipelines + Send>>;

/// GPU state of all panes, kept by egui's renderer.
struct Resources {
    pipelines: Arc<Compiled>,
    slots: Vec<PaneSlot>,
}

/// The window's framebuffer cannot show exact grey levels.
#[derive(Debug, thiserror::Error)]
#[error(
    "This window stores colours as {0}, which changes grey levels. Images would not be shown as the standard says, so reading is not possible on this screen. \
     Switch off HDR or wide colour for this display, or use another display, and start again."
)]
pub(crate) struct InexactTarget(String);

/// Prepares egui's renderer for panes.
///
/// # Errors
/// [`InexactTarget`] when the framebuffer encodes or widens what is written to it (design 3.4).
pub(crate) fn install(state: &RenderState, forced: Option<RenderPath>) -> Result<Screen, InexactTarget> {
    if !target_is_exact(state.target_format) {
        return Err(InexactTarget(format!("{:?}", state.target_format)));
    }
    let (device, target) = (state.device.clone(), state.target_format);
    let pipelines: Arc<Compiled> = Arc::new(LazyLock::new(Box::new(move || Pipelines::new(&device, target))));
    let compiled = Arc::clone(&pipelines);
    // Where the system gives no thread, the first pane compiles them.
    drop(std::thread::Builder::new().name("pipelines".to_owned()).spawn(move || {
        LazyLock::force(&compiled);
    }));
    state.renderer.write().callback_resources.insert(Resources { pipelines, slots: Vec::new() });
    let info = state.adapter.get_info();
    let by_adapter = if info.device_type == wgpu::DeviceType::Cpu { RenderPath::Cpu } else { RenderPath::Gpu };
    Ok(Screen {
        adapter: info.name,
        format: format!("{:?}", state.target_format),
        path: forced.unwrap_or(by_adapter),
        device: state.device.clone(),
        queue: state.queue.clone(),
    })
}

/// What one pane showed last, so that an unchanged pane costs nothing.
#[derive(Default)]
pub(crate) struct PaneCache {
    last: Option<Last>,
    /// The image itself, on its way while a preview of it is shown.
    coming: Option<Computing>,
}

/// What was shown, of what, and by whom.
struct Last {
    spec: PaneSpec,
    version: u64,
    path: RenderPath,
    shown: Shown,
    /// It is a coarse image in the place of one that takes too long for a frame.
    is_preview: bool,
}

/// An image that is being computed in the background. Dropping it cancels.
struct Computing {
    over: Arc<AtomicBool>,
    image: Receiver<Option<GreyImage>>,
}

impl Drop for Computing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// What the processor does within a frame, as `SamplePlan::work` counts it, some milliseconds of two cores. Slabs and cubic planes of more work are shown
/// as a preview first.
const AT_ONCE: u64 = 3 << 20;
/// Work of a preview.
const PREVIEW: u64 = 1 << 20;

/// A pane's content, and the part of the pane that is not black.
#[derive(Clone)]
pub(crate) struct Shown {
    content: PaneContent,
    /// Left, top, one past right and bottom, physical pixels of the pane; `None` when all of it is black.
    bounds: Option<[u32; 4]>,
    /// Some of it may lie where slices are missing, and is hatched there.
    touches_gap: bool,
}

impl PaneCache {
    /// Whether what was shown last may be hatched somewhere, because slices are missing there.
    pub(crate) fn touches_gap(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.shown.touches_gap)
    }

    /// Whether what is shown is coarse, and the image itself is still to come.
    pub(crate) fn is_preview(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_preview)
    }

    /// The content that shows `spec` of `volume`, computed only when the spec or the volume's loaded state changed. What takes the processor too long is shown
    /// coarsely as long as it changes from frame to frame, and itself when it is asked for again.
    ///
    /// # Errors
    /// As `SamplePlan::new`.
    pub(crate) fn content(
        &mut self,
        volume: &Arc<ShownVolume>,
        spec: &PaneSpec,
        path: RenderPath,
        ctx: &Context,
    ) -> Result<Shown, RenderError> {
        let version = volume.version();
        let texture = volume.texture();
        let path = if texture.is_some() { path } else { RenderPath::Cpu };
        let is_same = |last: &Last| last.spec == *spec && last.version == version && last.path == path;
        if let Some(last) = self.last.as_ref().filter(|l| is_same(l)) {
            if last.is_preview {
                self.follow(volume, spec, ctx)?;
            }
            if let Some(last) = &self.last {
                return Ok(last.shown.clone());
            }
        }
        self.coming = None;
        let (shown, is_preview) = match volume.values()? {
            Values::Grey(view) => Self::grey(volume, &view, spec, path, texture)?,
            Values::Colour(view) => (colour(&view, spec, path, texture)?, false),
        };
        if is_preview {
            // The next frame sees whether it stays.
            ctx.request_repaint();
        }
        self.last = Some(Last { spec: spec.clone(), version, path, shown: shown.clone(), is_preview });
        Ok(shown)
    }

    /// The image itself in the place of its preview, once it is there.
    fn follow(&mut self, volume: &Arc<ShownVolume>, spec: &PaneSpec, ctx: &Context) -> Result<(), RenderError> {
        let Values::Grey(view) = volume.values()? else { return Ok(()) };
        let table = volume.table(&view, spec);
        let image = match &self.coming {
            None => {
                let plan = SamplePlan::new(view.geometry(), spec)?;
                let over = Arc::new(AtomicBool::new(false));
                let (volume, stop) = (Arc::clone(volume), Arc::clone(&over));
                let draw = move || {
                    let Ok(Values::Grey(view)) = volume.values() else { return None };
                    cpu::draw_unless(&view, &plan, &table, || stop.load(Ordering::Relaxed))
                };
                self.coming = Some(Computing { over, image: in_background(ctx, draw) });
                return Ok(());
            }
            Some(coming) => match coming.image.try_recv() {
                Err(TryRecvError::Empty) => return Ok(()),
                Ok(Some(image)) => image,
                // There was no thread for it: it is drawn here, however long that takes.
                Ok(None) | Err(TryRecvError::Disconnected) => cpu::draw(&view, &SamplePlan::new(view.geometry(), spec)?, &table),
            },
        };
        self.coming = None;
        if let Some(last) = &mut self.last {
            (last.shown.content, last.is_preview) = (PaneContent::Presented(Arc::new(image)), false);
        }
        Ok(())
    }

    /// What shows a plane or slab of a grey volume, and whether it is a preview.
    fn grey(
        volume: &ShownVolume,
        view: &VolumeView<'_>,
        spec: &PaneSpec,
        path: RenderPath,
        texture: Option<Texture>,
    ) -> Result<(Shown, bool), RenderError> {
        let plan = SamplePlan::new(view.geometry(), spec)?;
        let (bounds, touches_gap) = (plan.bounds(), plan.touches_gap());
        let table = volume.table(view, spec);
        let is_thin = spec.slab == Slab::Thin && spec.interpolation != Interpolation::Cubic;
        let mut is_preview = false;
        let content = match (path, texture) {
            (RenderPath::Gpu, Some(Texture::Grey(volume))) => PaneContent::Sampled { volume, plan: Arc::new(plan), table },
            _ if !is_thin && plan.work() > AT_ONCE => {
                is_preview = true;
                PaneContent::Presented(Arc::new(preview(view, spec, &table, PREVIEW)?))
            }
            _ => PaneContent::Presented(Arc::new(cpu::draw(view, &plan, &table))),
        };
        Ok((Shown { content, bounds, touches_gap }, is_preview))
    }
}

fn colour(view: &ColourView<'_>, spec: &PaneSpec, path: RenderPath, texture: Option<Texture>) -> Result<Shown, RenderError> {
    let plan = SamplePlan::for_colour(view.geometry(), spec)?;
    let (bounds, touches_gap) = (plan.bounds(), plan.touches_gap());
    let content = match (path, texture) {
        (RenderPath::Gpu, Some(Texture::Colour(volume))) => {
            PaneContent::SampledColour { volume, plan: Arc::new(plan), shape: spec.tone.shape() }
        }
        _ => PaneContent::PresentedColour(Arc::new(cpu::draw_colour(view, &plan, spec.tone.shape())?)),
    };
    Ok(Shown { content, bounds, touches_gap })
}

/// What shows an image that is there already, one pixel of it on one of the screen.
pub(crate) fn presented(image: Arc<GreyImage>) -> Shown {
    let [width, height] = image.size;
    Shown { content: PaneContent::Presented(image), bounds: Some([0, 0, width, height]), touches_gap: false }
}

/// Paints a pane's content into `rect`, which must lie on physical pixels. Only the part that is not black is drawn: the ground behind panes is black already,
/// and on an adapter that is a CPU every pixel costs.
pub(crate) fn paint(painter: &egui::Painter, rect: egui::Rect, slot: usize, shown: Shown) {
    let Some([left, top, right, bottom]) = shown.bounds else { return };
    let scale = painter.pixels_per_point();
    let at = [(rect.min.x * scale).round() as i32, (rect.min.y * scale).round() as i32];
    let corner = |x: u32, y: u32| egui::pos2((at[0] + x as i32) as f32 / scale, (at[1] + y as i32) as f32 / scale);
    let part = egui::Rect::from_min_max(corner(left, top), corner(right, bottom));
    painter.add(Callback::new_paint_callback(part, PaneCallback { slot, content: shown.content, at }));
}

struct PaneCallback {
    slot: usize,
    content: PaneContent,
    at: [i32; 2],
}

impl CallbackTrait for PaneCallback {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        _screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(Resources { pipelines, slots }) = resources.get_mut::<Resources>() {
            if slots.len() <= self.slot {
                slots.resize_with(self.slot + 1, PaneSlot::default);
            }
            slots[self.slot].prepare(device, queue, pipelines, &self.content, self.at);
        }
        Vec::new()
    }

    fn paint(&self, _info: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(Resources { pipelines, slots }) = resources.get::<Resources>()
            && let Some(slot) = slots.get(self.slot)
        {
            slot.paint(pass, pipelines);
        }
    }
}
