//! `inspect`, `render`, `mpr` and `probe`: images and numbers from DICOM files, without a study.

use super::{Computer, Failure, say, say_json};
use clap::Args;
use serde_json::json;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tiresias_cases::{Series, VoxelBuffer, min_max_voi, read_folder};
use tiresias_render::gpu::Offscreen;
use tiresias_render::{GreyImage, ValueRange, VolumeView, cpu};
use tiresias_words::{
    Direction, Displacement, Interpolation, Mm, PaneSpec, PatientPoint, Plane, PresentationShape, Slab, SlabKind, Stack, Voi,
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
}

/// Options of `mpr`.
#[derive(Debug, Args)]
pub(super) struct MprArgs {
    /// A folder of DICOM files.
    dir: PathBuf,
    /// Where to write the PNG.
    #[arg(long)]
    out: PathBuf,
    /// Patient position of the first pixel's centre, mm.
    #[arg(long, value_name = "X,Y,Z", allow_hyphen_values = true, value_parser = point)]
    origin: PatientPoint,
    /// Direction of growing x in the image.
    #[arg(long, value_name = "X,Y,Z", allow_hyphen_values = true, value_parser = direction)]
    right: Direction,
    /// Direction of growing y in the image.
    #[arg(long, value_name = "X,Y,Z", allow_hyphen_values = true, value_parser = direction)]
    down: Direction,
    /// Distance between pixel centres.
    #[arg(long, value_name = "MM", value_parser = millimetres)]
    spacing: Mm,
    /// Width and height in pixels.
    #[arg(long, value_name = "W,H", value_parser = pixels)]
    size: [u32; 2],
    /// Window: centre, width and, if not LINEAR, the function.
    #[arg(long, value_name = "C,W[,FUNCTION]", allow_hyphen_values = true, value_parser = window)]
    window: Voi,
    /// Project a slab of this thickness. The step is the smallest voxel spacing unless given.
    #[arg(long, value_name = "MM,mip|minip|mean[,STEP]", value_parser = slab)]
    slab: Option<SlabArg>,
    /// Between voxel centres.
    #[arg(long, value_enum, default_value_t = InterpolationArg::Linear)]
    interpolation: InterpolationArg,
}

/// Options of `probe`.
#[derive(Debug, Args)]
pub(super) struct ProbeArgs {
    /// A folder of DICOM files.
    dir: PathBuf,
    /// A patient position, mm; may be given many times.
    #[arg(long, value_name = "X,Y,Z", required = true, allow_hyphen_values = true, value_parser = point)]
    at: Vec<PatientPoint>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy)]
struct SlabArg {
    thickness: Mm,
    kind: SlabKind,
    step: Option<Mm>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum InterpolationArg {
    Nearest,
    Linear,
}

/// What is in a file or folder.
pub(super) fn inspect(path: &Path, pixels: bool, json: bool) -> Result<(), Failure> {
    let found = match tiresias_cases::inspect(path, pixels) {
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
    let series = only_series(&args.file)?;
    let frames = series.len();
    if args.frame >= frames {
        return Err(Failure::Input(format!(
            "{}: there is no frame {}; frames go from 0 to {}.",
            args.file.display(),
            args.frame,
            frames - 1
        )));
    }
    let buffer = series.buffer()?;
    series.load_slice(args.frame, &buffer).map_err(|e| at(&args.file, &e))?;
    let voi = chosen_voi(args, &series, &buffer)?;
    let words = buffer.slice(args.frame).unwrap_or_default();
    let [columns, rows] = series.image_size;
    let geometry = flat_geometry(columns, rows)?;
    let padding = series.padding.as_ref().map(|p| [*p.start(), *p.end()]);
    let view = VolumeView::new(&geometry, words, series.format, &series.modality, padding, ValueRange::measure(words))?;
    let spec = PaneSpec {
        series: series.facts.role.clone(),
        plane: Plane::new(PatientPoint::new(0.0, 0.0, 0.0), Direction::LEFT, Direction::POSTERIOR, Mm(1.0))?,
        size: [columns, rows],
        slab: Slab::Thin,
        interpolation: Interpolation::Nearest,
        voi,
        shape: series.shape,
    };
    write_png(&args.out, &draw(&view, &spec, computer)?)
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

/// A plane through a series.
pub(super) fn mpr(args: &MprArgs, computer: Computer) -> Result<(), Failure> {
    let series = only_series(&args.dir)?;
    let geometry = geometry_of(&series, &args.dir)?;
    let buffer = series.load().map_err(|e| at(&args.dir, &e))?;
    let padding = series.padding.as_ref().map(|p| [*p.start(), *p.end()]);
    let range = ValueRange::measure(buffer.words());
    let view = VolumeView::new(geometry, buffer.words(), series.format, &series.modality, padding, range)?;
    let slab = args.slab.map_or(Slab::Thin, |s| {
        let [a, b] = geometry.spacing();
        let smallest = a.0.min(b.0).min(geometry.slice_spacing().0);
        Slab::Thick { thickness: s.thickness, step: s.step.unwrap_or(Mm(smallest)), kind: s.kind }
    });
    let spec = PaneSpec {
        series: series.facts.role.clone(),
        plane: Plane::new(args.origin, args.right, args.down, args.spacing)?,
        size: args.size,
        slab,
        interpolation: match args.interpolation {
            InterpolationArg::Nearest => Interpolation::Nearest,
            InterpolationArg::Linear => Interpolation::Linear,
        },
        voi: args.window.clone(),
        shape: PresentationShape::Identity,
    };
    write_png(&args.out, &draw(&view, &spec, computer)?)
}

/// Values at positions.
pub(super) fn probe(args: &ProbeArgs) -> Result<(), Failure> {
    let series = only_series(&args.dir)?;
    geometry_of(&series, &args.dir)?;
    let buffer = series.load().map_err(|e| at(&args.dir, &e))?;
    let unit = series.unit.label();
    let values: Vec<_> = args.at.iter().map(|p| (*p, tiresias_cases::probe(&series, &buffer, *p))).collect();
    if args.json {
        let points: Vec<_> = values
            .iter()
            .map(|(p, v)| json!({ "xyz": <[f64; 3]>::from(*p), "value": v, "unit": v.and(unit), "inside": v.is_some() }))
            .collect();
        return say_json(&json!({ "points": points }));
    }
    values.iter().try_for_each(|(p, v)| {
        let shown = v.map_or_else(|| "outside".to_owned(), |v| format!("{v} {}", unit.unwrap_or("")));
        say(&format!("{},{},{}\t{}\n", p.x, p.y, p.z, shown.trim_end()))
    })
}

/// What a library says of a file or folder, with the path that the person gave.
fn at(path: &Path, e: &impl std::error::Error) -> Failure {
    Failure::Input(format!("{}: {e}.", path.display()))
}

/// The one series at a path.
fn only_series(path: &Path) -> Result<Series, Failure> {
    let folder = read_folder(path, &mut |_| ControlFlow::Continue(())).map_err(|e| at(path, &e))?;
    let place = path.display();
    let mut series = folder.series;
    match (series.len(), folder.refused.first()) {
        (1, _) => Ok(series.remove(0)),
        (0, Some(refused)) => Err(Failure::Input(format!("{}: {}.", refused.path.display(), refused.reason))),
        (0, None) => Err(Failure::Input(format!("{place}: there is no DICOM image in it."))),
        (n, _) => Err(Failure::Input(format!(
            "{place}: there are {n} series in it; name a folder or file with one. 'tiresias inspect' lists them."
        ))),
    }
}

fn geometry_of<'a>(series: &'a Series, path: &Path) -> Result<&'a VolumeGeometry, Failure> {
    series.volume.as_ref().ok_or_else(|| {
        let word = series.facts.geometry.word();
        Failure::Input(format!("{}: its images do not form a volume (geometry: {word}); 'tiresias inspect' says why.", path.display()))
    })
}

/// One image as a volume of one slice with pixels of 1 mm: a 2D image has no place in the patient that matters here.
fn flat_geometry(columns: u32, rows: u32) -> Result<VolumeGeometry, Failure> {
    let stack = Stack::Uniform { origin: PatientPoint::new(0.0, 0.0, 0.0), step: Displacement::new(0.0, 0.0, 1.0) };
    Ok(VolumeGeometry::new([columns, rows, 1], Direction::LEFT, Direction::POSTERIOR, [Mm(1.0), Mm(1.0)], stack)?)
}

fn draw(view: &VolumeView<'_>, spec: &PaneSpec, computer: Computer) -> Result<GreyImage, Failure> {
    Ok(match computer {
        Computer::Cpu => cpu::render(view, spec)?,
        Computer::Gpu => {
            let gpu = Offscreen::open()?;
            let texture = gpu.upload(view)?;
            gpu.render(view, &texture, spec)?
        }
    })
}

fn write_png(path: &Path, image: &GreyImage) -> Result<(), Failure> {
    let [width, height] = image.size;
    image::save_buffer_with_format(path, &image.bytes, width, height, image::ExtendedColorType::L8, image::ImageFormat::Png)
        .map_err(|e| Failure::Input(format!("{}: the picture cannot be written: {e}.", path.display())))
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let parts: Vec<f64> = text.split(',').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn point(text: &str) -> Result<PatientPoint, String> {
    let p = numbers::<3>(text).map(PatientPoint::from).filter(|p| p.is_finite());
    p.ok_or_else(|| format!("{text:?} is not three numbers like -1.5,20,300"))
}

fn direction(text: &str) -> Result<Direction, String> {
    let v = numbers::<3>(text).ok_or_else(|| format!("{text:?} is not three numbers like 1,0,0"))?;
    Direction::try_from(v).map_err(|e| e.to_string())
}

fn millimetres(text: &str) -> Result<Mm, String> {
    let mm = text.parse().ok().filter(|v: &f64| v.is_finite() && *v > 0.0);
    mm.map(Mm).ok_or_else(|| format!("{text:?} is not a length above 0"))
}

fn pixels(text: &str) -> Result<[u32; 2], String> {
    let pair = text.split_once(',').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    pair.ok_or_else(|| format!("{text:?} is not a size like 512,512"))
}

fn window(text: &str) -> Result<Voi, String> {
    let mut parts = text.split(',').map(str::trim);
    let mut number = || parts.next().and_then(|p| p.parse::<f64>().ok());
    let (Some(c), Some(w)) = (number(), number()) else { return Err(format!("{text:?} is not a window like 40,400")) };
    let window = Window::new(c, w).map_err(|e| e.to_string())?;
    match parts.next().map(str::to_ascii_uppercase).as_deref() {
        None | Some("LINEAR") => Ok(Voi::Linear(window)),
        Some("LINEAR_EXACT") => Ok(Voi::LinearExact(window)),
        Some("SIGMOID") => Ok(Voi::Sigmoid(window)),
        Some(other) => Err(format!("{other:?} is not LINEAR, LINEAR_EXACT or SIGMOID")),
    }
}

fn slab(text: &str) -> Result<SlabArg, String> {
    let wrong = || format!("{text:?} is not a slab like 10,mip or 10,mean,0.5");
    let mut parts = text.split(',').map(str::trim);
    let thickness = parts.next().and_then(|p| p.parse::<f64>().ok()).filter(|v| v.is_finite() && *v >= 0.0).map(Mm).ok_or_else(wrong)?;
    let kind = match parts.next() {
        Some("mip") => SlabKind::Mip,
        Some("minip") => SlabKind::Minip,
        Some("mean") => SlabKind::Mean,
        _ => return Err(wrong()),
    };
    let step = parts.next().map(millimetres).transpose()?;
    Ok(SlabArg { thickness, kind, step })
}
