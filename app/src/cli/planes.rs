//! `mpr`, `probe` and `measure`: planes through a series, values at positions, lengths and statistics.

use super::images::{at, draw, only_series, tell, write_png};
use super::parse::{SlabArg, direction, millimetres, pixels, point, shape, slab, window};
use super::{Computer, Failure, say, say_json};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tiresias_cases::{LengthUnit, Measured, Place, Series, Shape};
use tiresias_render::SamplePlan;
use tiresias_words::{Direction, Interpolation, Mm, PaneSpec, PatientPoint, Plane, Slab, Voi, VolumeGeometry};

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

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum InterpolationArg {
    Nearest,
    Linear,
    Cubic,
}

/// A plane through a series.
pub(super) fn mpr(args: &MprArgs, computer: Computer) -> Result<(), Failure> {
    let series = only_series(&args.dir)?;
    let geometry = geometry_of(&series, &args.dir)?;
    let (buffer, warnings) = series.load().map_err(|e| at(&args.dir, &e))?;
    tell(&args.dir, &warnings);
    let slab = args.slab.map_or(Slab::Thin, |s| Slab::Thick {
        thickness: s.thickness,
        step: s.step.unwrap_or(geometry.smallest_spacing()),
        kind: s.kind,
    });
    let spec = PaneSpec {
        series: series.facts.role.clone(),
        plane: Plane::new(args.origin, args.right, args.down, args.spacing)?,
        size: args.size,
        slab,
        interpolation: match args.interpolation {
            InterpolationArg::Nearest => Interpolation::Nearest,
            InterpolationArg::Linear => Interpolation::Linear,
            InterpolationArg::Cubic => Interpolation::Cubic,
        },
        voi: args.window.clone(),
        tone: series.shape.into(),
    };
    if SamplePlan::new(geometry, &spec)?.touches_gap() {
        tell(&args.dir, &["slices are missing; where the picture is hatched there is nothing".to_owned()]);
    }
    write_png(&args.out, &*draw(geometry, &buffer, &spec, computer)?)?;
    tell(&args.dir, series.warnings());
    Ok(())
}

/// Values at positions.
pub(super) fn probe(args: &ProbeArgs) -> Result<(), Failure> {
    let series = only_series(&args.dir)?;
    let geometry = geometry_of(&series, &args.dir)?;
    let (buffer, warnings) = series.load().map_err(|e| at(&args.dir, &e))?;
    tell(&args.dir, &warnings);
    let unit = series.unit.label();
    let values: Vec<_> = args.at.iter().map(|p| (*p, tiresias_cases::probe(&series, &buffer, *p))).collect();
    tell(&args.dir, series.warnings());
    if args.json {
        let points: Vec<_> = values
            .iter()
            .map(|(p, v)| json!({ "xyz": <[f64; 3]>::from(*p), "value": v, "unit": v.and(unit), "inside": v.is_some() }))
            .collect();
        return say_json(&json!({ "points": points }));
    }
    values.iter().try_for_each(|(p, v)| {
        let nothing = || if geometry.gap_at(geometry.voxel_of(*p).slice).is_some() { "in a gap: a slice is missing" } else { "outside" };
        let shown = v.map_or_else(|| nothing().to_owned(), |v| format!("{v} {}", unit.unwrap_or("")));
        say(&format!("{},{},{}\t{}\n", p.x, p.y, p.z, shown.trim_end()))
    })
}

/// Options of `measure`.
#[derive(Debug, Args)]
pub(super) struct MeasureArgs {
    /// A DICOM file, or a folder with one series.
    path: PathBuf,
    /// What to measure: length:P:P, angle:P:P:P, rect:P:P, circle:P:R, polygon:P:P:P… or ellipse:P:P:P (the
    /// centre and the ends of two half axes). A region in patient mm may lie on any plane. A place P is x,y,z in patient mm, or column,row@image in
    /// pixels; images count from 0, in the file's order of frames or, in a folder, in stack order.
    #[arg(required = true, value_name = "SHAPE", value_parser = shape)]
    shapes: Vec<Shape>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Lengths, angles, areas and statistics.
pub(super) fn measure(args: &MeasureArgs) -> Result<(), Failure> {
    let series = only_series(&args.path)?;
    let buffer = series.buffer().map_err(|e| at(&args.path, &e))?;
    let mut needed: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for shape in &args.shapes {
        let shape = in_stack(shape, &series);
        for image in images_of(&shape, &series).into_iter().filter(|i| *i < series.len()) {
            if !needed.contains(&image) {
                let warnings = series.load_slice(image, &buffer).map_err(|e| at(&args.path, &e))?;
                tell(&args.path, &warnings);
                needed.push(image);
            }
        }
        found.push(tiresias_cases::measure(&series, &buffer, &shape).map_err(|e| at(&args.path, &e))?);
    }
    tell(&args.path, series.warnings());
    let documents: Vec<Value> = found.iter().map(|m| document(m, &series)).collect();
    if !args.json {
        return found.iter().try_for_each(|m| say(&format!("{}\n", in_words(m, &series))));
    }
    // One shape is a document of its own; the list is always there.
    let mut whole = match documents.as_slice() {
        [Value::Object(one)] => one.clone(),
        _ => Map::new(),
    };
    whole.insert("shapes".into(), documents.into());
    say_json(&whole)
}

/// A shape whose images are counted by frames of a file, in stack order.
fn in_stack(shape: &Shape, series: &Series) -> Shape {
    let place = |p: &Place| match *p {
        Place::Pixel { column, row, image } => Place::Pixel { column, row, image: series.place_of_frame(image).unwrap_or(image) },
        Place::Patient(_) => *p,
    };
    match shape {
        Shape::Length(p) => Shape::Length(p.map(|p| place(&p))),
        Shape::Angle(p) => Shape::Angle(p.map(|p| place(&p))),
        Shape::Rectangle(p) => Shape::Rectangle(p.map(|p| place(&p))),
        Shape::Circle(p, r) => Shape::Circle(place(p), *r),
        Shape::Polygon(p) => Shape::Polygon(p.iter().map(place).collect()),
        Shape::Parallelogram(p) => Shape::Parallelogram(p.map(|p| place(&p))),
        Shape::Ellipse(p) => Shape::Ellipse(p.map(|p| place(&p))),
    }
}

/// The images whose pixels a shape needs.
fn images_of(shape: &Shape, series: &Series) -> Vec<usize> {
    let places: &[Place] = match shape {
        Shape::Length(_) | Shape::Angle(_) => &[],
        Shape::Rectangle(p) => p,
        Shape::Circle(p, _) => std::slice::from_ref(p),
        Shape::Polygon(p) => p,
        // Of an ellipse and of three corners what lies opposite is as far away.
        Shape::Parallelogram(p) | Shape::Ellipse(p) => p,
    };
    let slice = |p: &Place| match p {
        Place::Pixel { image, .. } => Some(*image as f64),
        Place::Patient(p) => series.volume.as_ref().map(|v| v.voxel_of(*p).slice),
    };
    let (low, high) = places.iter().filter_map(slice).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), s| (l.min(s), h.max(s)));
    // A region that lies across slices reaches, on its other side, no farther from its corners than they from each other.
    let reach = if high - low > 0.5 { high - low } else { 0.0 };
    let last = series.len() as f64 - 1.0;
    if low > high || last < 0.0 {
        return Vec::new();
    }
    let [low, high] = [(low - reach - 0.02).floor().clamp(0.0, last), (high + reach + 0.02).ceil().clamp(0.0, last)];
    (low as usize..=high as usize).collect()
}

fn document(m: &Measured, series: &Series) -> Value {
    let in_mm = |v: Option<f64>| v.filter(|_| m.unit != Some(LengthUnit::Pixels));
    let in_pixels = |v: Option<f64>| v.filter(|_| m.unit == Some(LengthUnit::Pixels));
    let s = m.statistics;
    let suv = series.suv.as_ref().map(|f| match f {
        Ok(factor) => json!({ "factor": factor, "mean": s.map(|s| s.mean * factor), "max": s.map(|s| s.max * factor), "min": s.map(|s| s.min * factor), "reason": null }),
        Err(reason) => json!({ "factor": null, "mean": null, "max": null, "min": null, "reason": reason }),
    });
    json!({
        "length_mm": in_mm(m.length), "length_px": in_pixels(m.length), "angle_degrees": m.degrees,
        "area_mm2": in_mm(m.area), "area_px": in_pixels(m.area), "unit": m.unit.map(LengthUnit::label),
        "n": s.map(|s| s.n), "mean": s.map(|s| s.mean), "sd": s.and_then(|s| s.sd), "sd_population": s.map(|s| s.sd_population),
        "min": s.map(|s| s.min), "max": s.map(|s| s.max), "with_padding": m.with_padding.map(|p| json!({
            "n": p.n, "mean": p.mean, "sd": p.sd, "sd_population": p.sd_population, "min": p.min, "max": p.max,
        })), "value_unit": s.and(series.unit.label()), "suv_bw": suv,
    })
}

fn in_words(m: &Measured, series: &Series) -> String {
    let unit = m.unit.map_or("", LengthUnit::label);
    let mut words = Vec::new();
    words.extend(m.length.map(|l| format!("length {l:.3} {unit}")));
    words.extend(m.degrees.map(|d| format!("angle {d:.2} degrees")));
    words.extend(m.area.map(|a| format!("area {a:.2} {unit}\u{b2}")));
    if let Some(s) = m.statistics {
        let values = series.unit.label().unwrap_or("");
        let sd = s.sd.map_or_else(String::new, |sd| format!(", SD {sd:.4}"));
        words.push(format!("{} pixels, mean {:.4} {values}{sd}, {} to {}", s.n, s.mean, s.min, s.max));
        if let Some(Ok(factor)) = series.suv {
            words.push(format!("SUVbw mean {:.4}, highest {:.4}", s.mean * factor, s.max * factor));
        }
    }
    words.join("; ")
}

fn geometry_of<'a>(series: &'a Series, path: &Path) -> Result<&'a VolumeGeometry, Failure> {
    series.volume.as_ref().ok_or_else(|| {
        let word = series.facts.geometry.word();
        Failure::Input(format!("{}: its images do not form a volume (geometry: {word}); 'tiresias inspect' says why.", path.display()))
    })
}
