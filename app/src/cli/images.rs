//! `inspect` and `render`: what is in DICOM files, and one image as the standard says, without a study.

use super::parse::window;
use super::{Computer, Failure, say, say_json};
use crate::codecs::workers;
use clap::Args;
use serde_json::json;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_cases::{Content, Presentation, Series, VoxelBuffer, min_max_voi, read_folder, read_presentation_state};
use tiresias_render::gpu::Offscreen;
use tiresias_render::layers::{arrange, overlay_mask};
use tiresias_render::raster::Raster;
use tiresias_render::{ColourView, Picture, ValueRange, VolumeView, cpu};
use tiresias_words::{
    Direction, Displacement, Interpolation, Mm, ModalityLut, PaneSpec, PatientPoint, Plane, PresentationTone, Slab, Stack, Voi,
    VolumeGeometry, Window,
};

/// Options of `render`.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// A DICOM file.
    file: PathBuf,
    /// Where to write the PNG.
    #[arg(long)]
    out: PathBuf,
    /// Frame of a multi-frame image, from 0.
    #[arg(long, default_value_t = 0)]
    frame: usize,
    /// Window: centre, width and, if not LINEAR, the function.
    #[arg(long, value_name = "C,W[,FUNCTION]", allow_hyphen_values = true, value_parser = window, conflicts_with = "voi")]
    window: Option<Voi>,
    /// Which of the file's windows or tables (from 0, as inspect lists them), or minmax. By default the first, else minmax.
    #[arg(long, value_name = "N|minmax|lutN")]
    voi: Option<String>,
    /// Burn in the file's overlay planes, white with a black rim; of regions of interest only their outline.
    #[arg(long)]
    overlays: bool,
    /// Show the image as this Grayscale Softcopy Presentation State says: its tables and window, overlays, part of the image, turn, mirror and graphics. One
    /// pixel a sample, whatever size it asks for. Its texts are not drawn.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["window", "voi", "overlays", "palette"])]
    presentation: Option<PathBuf>,
    /// Show high values in the file's supplemental colours; the others stay grey. By default all are grey.
    #[arg(long)]
    palette: bool,
}

/// What is in a file or folder.
pub(super) fn inspect(path: &Path, pixels: bool, json: bool) -> Result<(), Failure> {
    let found = match tiresias_cases::inspect(path, pixels, &workers()?) {
        Ok(found) => found,
        Err(e) => {
            if json {
                let refused = json!([{ "path": path.display().to_string(), "reason": e.to_string() }]);
                say_json(&json!({ "path": path.display().to_string(), "series": [], "objects": [], "refused": refused }))?;
            }
            return Err(at(path, &e));
        }
    };
    if json {
        say_json(&found)?;
    } else {
        say(&found.to_string())?;
    }
    if found.found_something() {
        Ok(())
    } else {
        Err(Failure::Input(format!("{}: nothing in it can be shown; the reasons are listed.", path.display())))
    }
}

/// One image, one pixel a sample.
pub(super) fn render(args: &RenderArgs, computer: Computer) -> Result<(), Failure> {
    let series = series_with_frame(&args.file, args.frame)?;
    let frames = series.len();
    let image = series.place_of_frame(args.frame).unwrap_or(args.frame);
    let Some(series) = series.image(image) else {
        return Err(Failure::Input(format!(
            "{}: there is no frame {}; frames go from 0 to {}.",
            args.file.display(),
            args.frame,
            frames - 1
        )));
    };
    let (buffer, warnings) = series.load().map_err(|e| at(&args.file, &e))?;
    tell(&args.file, series.warnings());
    tell(&args.file, &warnings);
    let geometry = flat_geometry(series.image_size)?;
    if let Some(file) = &args.presentation {
        let state = presentation(file, &series)?;
        let spec = flat_spec(&series, state.voi.clone(), state.tone.clone())?;
        // Where words are no stored values, the state has the image's own modality transformation, and they stand for its output already.
        let own = buffer.scale().filter(|s| s.max_error > 0.0).map_or(&state.modality, |s| &s.modality);
        let image = draw_through(&geometry, &buffer, own, &spec, computer)?;
        let mut picture = Raster::of(&*image);
        if let Some(shutter) = &state.shutter {
            picture.shut(&shutter.mask(series.image_size), shutter.closed());
        }
        return write_png(&args.out, &arrange(&picture, &state.arrangement)?);
    }
    let voi = match series.content {
        Content::Grey => chosen_voi(args, &series, &buffer)?,
        Content::Colour if args.window.is_some() || args.voi.is_some() => {
            return Err(Failure::Input(format!("{}: it is in colour, and windows are for grey images.", args.file.display())));
        }
        // Colours go through no window; a pane has one all the same.
        Content::Colour => Voi::LinearExact(Window::BYTE),
    };
    let spec = flat_spec(&series, voi, series.shape.into())?;
    let mut picture = Raster::of(&*draw(&geometry, &buffer, &spec, computer)?);
    if args.palette {
        let colours = series.supplemental_colours(0).map_err(|e| at(&args.file, &e))?;
        let none = || Failure::Input(format!("{}: it has no supplemental colours; render it without --palette.", args.file.display()));
        picture = picture.coloured(&colours.ok_or_else(none)?);
    }
    if args.overlays {
        picture.burn(&overlay_mask(series.image_size, &series.overlays(0).map_err(|e| at(&args.file, &e))?)?);
    }
    write_png(&args.out, &picture)
}

/// What a presentation state says of an image that is a series of its own, after saying on stderr what it cannot show.
fn presentation(file: &Path, series: &Series) -> Result<Presentation, Failure> {
    let state = read_presentation_state(file, &*workers()?).map_err(|e| at(file, &e))?;
    let found = state.for_image(series, 0).map_err(|e| at(file, &e))?;
    tell(file, &found.warnings);
    Ok(found)
}

/// All pixels of an image, one for one.
fn flat_spec(series: &Series, voi: Voi, tone: PresentationTone) -> Result<PaneSpec, Failure> {
    Ok(PaneSpec {
        series: series.facts.role.clone(),
        plane: Plane::new(PatientPoint::new(0.0, 0.0, 0.0), Direction::LEFT, Direction::POSTERIOR, Mm(1.0))?,
        size: series.image_size,
        slab: Slab::Thin,
        interpolation: Interpolation::Nearest,
        voi,
        tone,
    })
}

/// The window or table that the options name.
fn chosen_voi(args: &RenderArgs, series: &Series, buffer: &VoxelBuffer) -> Result<Voi, Failure> {
    if let Some(voi) = &args.window {
        return Ok(voi.clone());
    }
    let is_table = |v: &&Voi| matches!(v, Voi::Table(_));
    let all = || series.vois.iter().map(|v| &v.voi);
    let min_max = || {
        // A constant or all-padding image has no range of its own.
        min_max_voi(series, buffer)
            .ok_or_else(|| Failure::Input(format!("{}: all its values are padding, so there is no range to show.", args.file.display())))
    };
    let found = match args.voi.as_deref() {
        None => return all().next().cloned().map_or_else(min_max, Ok),
        Some("minmax") => return min_max(),
        Some(name) => match name.strip_prefix("lut") {
            Some(n) => n.parse().ok().and_then(|n| all().filter(is_table).nth(n)),
            None => name.parse().ok().and_then(|n| all().filter(|v| !is_table(v)).nth(n)),
        },
    };
    found.cloned().ok_or_else(|| {
        let tables = all().filter(is_table).count();
        let windows = series.vois.len() - tables;
        let asked = args.voi.as_deref().unwrap_or_default();
        Failure::Input(format!(
            "{}: it has {windows} windows and {tables} tables, and no \"{asked}\"; give 0, 1 …, lut0 …, or minmax.",
            args.file.display()
        ))
    })
}

/// What a library says of a file or folder, with the path that the person gave.
pub(super) fn at(path: &Path, e: &impl std::error::Error) -> Failure {
    Failure::Input(format!("{}: {e}.", path.display()))
}

/// The one series at a path.
pub(super) fn only_series(path: &Path) -> Result<Series, Failure> {
    let series = all_series(path)?;
    one_of(path, series)
}

/// The series at a path that holds a frame of its file: one file may hold several stacks.
pub(super) fn series_with_frame(path: &Path, frame: usize) -> Result<Series, Failure> {
    let mut series = all_series(path)?;
    let holders: Vec<usize> = (0..series.len()).filter(|i| series[*i].place_of_frame(frame).is_some()).collect();
    let frames: usize = series.iter().map(Series::len).sum();
    let has_frames = |s: &Series| (0..frames).any(|n| s.place_of_frame(n).is_some());
    match holders.as_slice() {
        [one] => Ok(series.swap_remove(*one)),
        [] if path.is_file() && series.len() > 1 && series.iter().all(has_frames) => {
            Err(Failure::Input(format!("{}: there is no frame {frame}; it has {frames}, counted from 0.", path.display())))
        }
        _ => one_of(path, series),
    }
}

/// All series at a path; at least one.
pub(super) fn all_series(path: &Path) -> Result<Vec<Series>, Failure> {
    let folder = read_folder(path, &workers()?, &mut |_| ControlFlow::Continue(())).map_err(|e| at(path, &e))?;
    match (folder.series.is_empty(), folder.refused.first()) {
        (true, Some(refused)) => Err(Failure::Input(format!("{}: {}.", refused.path.display(), refused.reason))),
        (true, None) => Err(Failure::Input(format!("{}: there is no DICOM image in it.", path.display()))),
        (false, _) => Ok(folder.series),
    }
}

fn one_of(path: &Path, mut series: Vec<Series>) -> Result<Series, Failure> {
    let (place, count) = (path.display(), series.len());
    match series.pop() {
        Some(one) if count == 1 => Ok(one),
        _ => Err(Failure::Input(format!(
            "{place}: there are {count} series in it; name a folder or file with one. 'tiresias inspect' lists them and says why."
        ))),
    }
}

/// One image as a volume of one slice with pixels of 1 mm: a 2D image has no place in the patient that matters here.
fn flat_geometry([columns, rows]: [u32; 2]) -> Result<VolumeGeometry, Failure> {
    let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
    Ok(VolumeGeometry::new([columns, rows, 1], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0), Mm(1.0)], stack)?)
}

/// The picture of a pane over what is loaded.
pub(super) fn draw(
    geometry: &VolumeGeometry,
    buffer: &VoxelBuffer,
    spec: &PaneSpec,
    computer: Computer,
) -> Result<Box<dyn Picture>, Failure> {
    match buffer.scale() {
        Some(scale) => draw_through(geometry, buffer, &scale.modality, spec, computer),
        None => draw_colour(geometry, buffer, spec, computer),
    }
}

fn draw_colour(geometry: &VolumeGeometry, buffer: &VoxelBuffer, spec: &PaneSpec, computer: Computer) -> Result<Box<dyn Picture>, Failure> {
    let view = ColourView::new(geometry, buffer.texels())?;
    Ok(match computer {
        Computer::Cpu => Box::new(cpu::render_colour(&view, spec)?),
        Computer::Gpu => {
            let gpu = Offscreen::open()?;
            let texture = gpu.upload_colour(&view)?;
            Box::new(gpu.render_colour(&view, &texture, spec)?)
        }
    })
}

/// The picture of a grey pane whose words go through `modality`.
fn draw_through(
    geometry: &VolumeGeometry,
    buffer: &VoxelBuffer,
    modality: &ModalityLut,
    spec: &PaneSpec,
    computer: Computer,
) -> Result<Box<dyn Picture>, Failure> {
    let Some(scale) = buffer.scale() else { return Err(Failure::Input("The image is in colour.".into())) };
    let padding = scale.padding.as_ref().map(|p| [*p.start(), *p.end()]);
    let range = ValueRange::measure(buffer.words());
    let view = VolumeView::new(geometry, buffer.words(), scale.format, modality, padding, range)?;
    Ok(match computer {
        Computer::Cpu => Box::new(cpu::render(&view, spec)?),
        Computer::Gpu => {
            let gpu = Offscreen::open()?;
            let texture = gpu.upload(&view)?;
            Box::new(gpu.render(&view, &texture, spec)?)
        }
    })
}

pub(super) fn write_png(path: &Path, image: &dyn Picture) -> Result<(), Failure> {
    let [width, height] = image.size();
    let kind = if image.channels() == 3 { image::ExtendedColorType::Rgb8 } else { image::ExtendedColorType::L8 };
    image::save_buffer_with_format(path, image.bytes(), width, height, kind, image::ImageFormat::Png)
        .map_err(|e| Failure::Input(format!("{}: the picture cannot be written: {e}.", path.display())))
}

/// Says on stderr what a person must know of an image that is shown all the same.
pub(super) fn tell(path: &Path, warnings: &[String]) {
    for warning in warnings {
        // Nothing is left to be told when stderr is closed.
        let _ = writeln!(std::io::stderr(), "tiresias: {}: note: {warning}.", path.display());
    }
}
