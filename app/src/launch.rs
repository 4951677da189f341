//! Opens the window: what is asked of the system, what is said when it cannot be had, and what happens when its graphics device is lost.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::graphics::{Graphics, Left};
use crate::panes::RenderPath;
use crate::shell::Tiresias;
use crate::trace::Trace;
use egui::{ViewportBuilder, vec2};
use egui_wgpu::WgpuSetup;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

/// What the window opens with.
pub(crate) struct Launch {
    /// A study to open at once.
    pub(crate) study: Option<PathBuf>,
    /// The folder of the demo study, for somebody to be shown around in.
    pub(crate) demo: Option<PathBuf>,
    /// Who computes panes, when the person said so.
    pub(crate) forced: Option<RenderPath>,
    /// How many graphics devices were lost before.
    pub(crate) losses: usize,
    /// Where a trace goes.
    pub(crate) trace: Option<PathBuf>,
    /// Size of the window; all of the screen when nobody said.
    pub(crate) size: Option<[u32; 2]>,
    /// A picture to take and stop.
    pub(crate) shot: Option<Shot>,
    /// A measurement to make and stop.
    pub(crate) bench: Option<crate::frames::FrameBench>,
}

/// A picture of the window with a case open.
#[derive(Debug, Clone)]
pub(crate) struct Shot {
    /// Where the PNG goes.
    pub(crate) file: PathBuf,
    /// Filled when it was taken: that it is there, or a sentence why not.
    pub(crate) taken: Arc<Mutex<Option<Result<(), String>>>>,
}

/// So many devices may be lost one after the other before the machine is to blame.
const MOST_LOSSES: usize = 3;

/// Opens the window and returns when it is closed. Where its graphics device is lost, the program begins anew on the same study; not where a script sits in it.
pub(crate) fn run(launch: Launch) -> Result<(), Failure> {
    display_or_sentence()?;
    let clock = Clock::start();
    let trace = match &launch.trace {
        None => Trace::default(),
        Some(path) => {
            Trace::to_file(path, &clock).map_err(|e| Failure::Input(format!("{}: the trace cannot be written: {e}.", path.display())))?
        }
    };
    let (losses, size) = (launch.losses, launch.size);
    let is_scripted = launch.shot.is_some() || launch.bench.is_some();
    match window(launch, clock, trace)? {
        None => Ok(()),
        // Nobody would end an ordinary window that stands in the place of a script's.
        Some(_) if is_scripted => Err(Failure::Input(
            "The graphics device was lost before there was a result. Update its driver or close other programs that use it, and try again."
                .into(),
        )),
        Some(left) => anew(&left, losses, size),
    }
}

/// Begins the program anew after its graphics device was lost, with panes by the processor. A new process: neither the driver's state in this one nor the
/// window system's is to be trusted any more.
fn anew(left: &Left, losses: usize, size: Option<[u32; 2]>) -> Result<(), Failure> {
    const KEPT: &str = "then open the study again; what was answered is kept.";
    if losses >= MOST_LOSSES {
        return Err(Failure::Input(format!(
            "The graphics device was lost again and again. Restart the computer or update its graphics driver, {KEPT}"
        )));
    }
    let mut program = std::env::current_exe().map(Command::new)?;
    if let Some(study) = &left.study {
        program.arg("open").arg(study);
    }
    program.arg("--cpu").arg("--after-losses").arg((losses + 1).to_string());
    if let Some([width, height]) = size {
        program.arg("--size").arg(format!("{width}x{height}"));
    }
    // In this one's place where that can be: its windows go with it.
    #[cfg(unix)]
    let failed = Some(std::os::unix::process::CommandExt::exec(&mut program).to_string());
    #[cfg(not(unix))]
    let failed = match program.status() {
        Ok(ended) => (!ended.success()).then(|| ended.to_string()),
        Err(e) => Some(e.to_string()),
    };
    failed.map_or(Ok(()), |why| {
        Err(Failure::Input(format!(
            "The graphics device was lost, and the program cannot be opened anew ({why}). Close other programs, {KEPT}"
        )))
    })
}

/// One window, until it is closed; what it had open when it ended because its graphics device was lost.
fn window(launch: Launch, clock: Clock, trace: Trace) -> Result<Option<Left>, Failure> {
    let options = options(&launch);
    let refusal: Arc<Mutex<Option<String>>> = Arc::default();
    let refused = Arc::clone(&refusal);
    let graphics: Arc<OnceLock<Arc<Graphics>>> = Arc::default();
    let watched = Arc::clone(&graphics);
    let open = move |cc: &eframe::CreationContext<'_>| {
        let app = Tiresias::new(cc, clock, trace, launch.forced, crate::demo::data_dir()).inspect_err(|sentence| {
            if let Ok(mut slot) = refused.lock() {
                *slot = Some(sentence.clone());
            }
        })?;
        // There is one window and one device in it.
        let _ = watched.set(app.graphics());
        let app = app.with_study(launch.study).with_demo(launch.demo).with_shot(launch.shot).with_bench(launch.bench);
        Ok(Box::new(if launch.losses > 0 { app.after_loss() } else { app }) as Box<dyn eframe::App>)
    };
    // A device that is lost between the making of a frame and its drawing stops egui's renderer with a panic; the program's own end has run by then.
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| eframe::run_native("tiresias", options, Box::new(open))));
    let left = graphics.get().and_then(|g| g.left());
    let sentence = refusal.lock().ok().and_then(|mut slot| slot.take());
    match (made, sentence, left) {
        (_, _, Some(left)) => Ok(Some(left.clone())),
        (Err(panic), _, None) => std::panic::resume_unwind(panic),
        (Ok(_), Some(sentence), None) => Err(Failure::Input(sentence)),
        (Ok(Ok(())), None, None) => Ok(None),
        (Ok(Err(e)), None, None) => Err(Failure::Input(window_sentence(&e))),
    }
}

/// What is asked of the window system.
fn options(launch: &Launch) -> eframe::NativeOptions {
    let picture = launch.shot.is_some().then_some([1920, 1080]);
    let fixed = launch.size.or(picture);
    let size = fixed.unwrap_or([1600, 1000]);
    let mut viewport = ViewportBuilder::default()
        .with_title("Tiresias")
        .with_app_id("tiresias")
        .with_inner_size(vec2(size[0] as f32, size[1] as f32))
        .with_min_inner_size(vec2(1024.0, 700.0));
    if fixed.is_some() {
        viewport = viewport.with_position(egui::pos2(0.0, 0.0)).with_decorations(false);
    } else {
        viewport = viewport.with_maximized(true);
    }
    let mut options = eframe::NativeOptions { viewport, ..Default::default() };
    // Text is the same on every reader's machine, and grey levels are not touched after the shader.
    options.system_font_fallback = false;
    options.dithering = false;
    options.multisampling = 0;
    if launch.bench.is_some() {
        options.wgpu_options.surface.present_mode = wgpu::PresentMode::AutoNoVsync;
    }
    if let WgpuSetup::CreateNew(setup) = &mut options.wgpu_options.wgpu_setup {
        setup.instance_descriptor.backends = wgpu::Backends::PRIMARY;
        setup.device_descriptor = Arc::new(|adapter| wgpu::DeviceDescriptor {
            label: Some("tiresias"),
            required_limits: tiresias_render::gpu::needed_limits(adapter),
            ..Default::default()
        });
    }
    options
}

/// Whether there is a display for a window. Where the system always has one, there is.
pub(crate) fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if cfg!(all(unix, not(target_os = "macos"))) { set("DISPLAY") || set("WAYLAND_DISPLAY") } else { true }
}

/// A window needs a display: said before the window system does in its own words.
fn display_or_sentence() -> Result<(), Failure> {
    const NONE: &str =
        "There is no display here. Start it on a desktop, or save pictures of every screen with: tiresias gallery --out FOLDER";
    if has_display() { Ok(()) } else { Err(Failure::Input(NONE.to_owned())) }
}

fn window_sentence(e: &eframe::Error) -> String {
    match e {
        eframe::Error::Wgpu(_) => format!(
            "No graphics device can draw this window ({e}). Install a graphics driver with Vulkan (on Debian without a graphics card: mesa-vulkan-drivers) and start again."
        ),
        // The window system's own words hold places in source files, and nothing that a person could act on.
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            "The window cannot be opened: the display that DISPLAY or WAYLAND_DISPLAY names cannot be reached. Check that it is there and that you may use it, and start again.".into()
        }
        _ => format!("The window cannot be opened ({e}). Check that the display can be reached, and start again."),
    }
}
