//! What is in a DICOM file or folder, for the desk: the document that `inspect --json` prints, and the same as text.
//!
//! Paths are shown here, because the person who gave them asks. Frame hashes are SHA-256 of the stored values as little-endian 32-bit integers.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::folder::{OtherObject, scan};
use crate::geometry::MissingSlices;
use crate::greyscale::warn;
use crate::image_file::ImageFile;
use crate::series::{ScannedSeries, Source};
use crate::uids::hex;
use crate::{CasesError, FileError};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use tiresias_codecs::Codecs;
use tiresias_words::Voi;

/// The document. It has no `Debug`: paths and free text are in it.
#[derive(Serialize)]
pub struct Inspection {
    path: String,
    series: Vec<InspectedSeries>,
    objects: Vec<InspectedObject>,
    refused: Vec<InspectedRefusal>,
}

#[derive(Serialize)]
struct InspectedSeries {
    modality: String,
    transfer_syntax: &'static str,
    photometric: &'static str,
    rows: u32,
    columns: u32,
    frames: usize,
    bits: Bits,
    windows: Vec<InspectedWindow>,
    voi_luts: usize,
    /// Milliseconds between frames of a moving picture.
    frame_time_ms: Option<f64>,
    /// Between columns and between rows, and in which unit lengths on an image can be said.
    pixel_spacing: InspectedSpacing,
    suv: Option<InspectedSuv>,
    geometry: InspectedGeometry,
    warnings: Vec<String>,
    files: Vec<InspectedFile>,
}

#[derive(Serialize)]
struct Bits {
    allocated: u8,
    stored: u8,
    signed: bool,
}

#[derive(Serialize)]
struct InspectedWindow {
    center: f64,
    width: f64,
    function: &'static str,
    explanation: Option<String>,
}

#[derive(Serialize)]
struct InspectedSpacing {
    spacing: [f64; 2],
    unit: &'static str,
}

#[derive(Serialize)]
struct InspectedSuv {
    /// Grams per millilitre for each Bq/ml.
    factor: Option<f64>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct InspectedGeometry {
    verdict: &'static str,
    reason: Option<String>,
    tilt_degrees: Option<f64>,
    /// Between columns, between rows, between slices along the normal.
    spacing_mm: Option<[Option<f64>; 3]>,
    gaps: Vec<MissingSlices>,
    origin: Option<[f64; 3]>,
    row_dir: Option<[f64; 3]>,
    col_dir: Option<[f64; 3]>,
    slice_dir: Option<[f64; 3]>,
}

#[derive(Serialize)]
struct InspectedFile {
    path: String,
    frames: Vec<InspectedFrame>,
}

#[derive(Serialize)]
struct InspectedFrame {
    sha256_int32le: Option<String>,
}

#[derive(Serialize)]
struct InspectedObject {
    path: String,
    kind: &'static str,
    summary: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    frames: Vec<InspectedFrame>,
}

#[derive(Serialize)]
struct InspectedRefusal {
    path: String,
    reason: String,
}

impl Inspection {
    /// Whether there is an image series or another object that was understood.
    #[must_use]
    pub const fn found_something(&self) -> bool {
        !self.series.is_empty() || !self.objects.is_empty()
    }
}

/// Looks at a file or folder. With `pixels`, every image is decoded and its hash taken; one that cannot be decoded then is among the refused.
///
/// # Errors
/// When the path cannot be opened at all.
pub fn inspect(path: &Path, pixels: bool, codecs: &Arc<Codecs>) -> Result<Inspection, CasesError> {
    let scanned = scan(path, codecs, &mut |_| ControlFlow::Continue(()))?;
    let show = |p: &Path| p.display().to_string();
    let mut refused: Vec<_> =
        scanned.refused.iter().map(|r| InspectedRefusal { path: show(&r.path), reason: r.reason.to_string() }).collect();
    let series = scanned.series.iter().filter_map(|s| inspect_series(s, pixels, &mut refused)).collect();
    let objects = scanned.objects.iter().filter_map(|o| inspect_object(o, pixels, &mut refused)).collect();
    Ok(Inspection { path: show(path), series, objects, refused })
}

/// `None` when its pixels were asked for and cannot be decoded.
fn inspect_object(object: &OtherObject, pixels: bool, refused: &mut Vec<InspectedRefusal>) -> Option<InspectedObject> {
    let path = object.path.display().to_string();
    let mut frames = Vec::new();
    if let Some(file) = object.pixels.as_ref().filter(|_| pixels) {
        for frame in 0..file.module.frames as usize {
            match frame_hash(file, frame) {
                Ok((hash, _)) => frames.push(InspectedFrame { sha256_int32le: Some(hash) }),
                Err(why) => {
                    refused.push(InspectedRefusal { path, reason: why.to_string() });
                    return None;
                }
            }
        }
    }
    Some(InspectedObject { path, kind: object.kind, summary: object.summary.clone(), frames })
}

/// The files of a series with their frames, in stack order, and what came up while decoding. A file is left out, and refused, at its first bad frame.
fn inspect_files(
    scanned: &ScannedSeries,
    pixels: bool,
    warnings: &mut Vec<String>,
    refused: &mut Vec<InspectedRefusal>,
) -> Vec<InspectedFile> {
    let mut files: Vec<(InspectedFile, bool)> = Vec::new();
    for image in &scanned.series.images {
        let Source::Folder(source) = &image.source else { continue };
        let path = source.file.path.reveal().display().to_string();
        let known = files.iter().rposition(|(f, _)| f.path == path);
        let at = known.unwrap_or_else(|| {
            files.push((InspectedFile { path: path.clone(), frames: Vec::new() }, true));
            files.len() - 1
        });
        let Some((file, is_good)) = files.get_mut(at).filter(|(_, is_good)| *is_good) else { continue };
        // Frames stand in the file's order, whatever place they have in the stack.
        file.frames.resize_with(file.frames.len().max(source.frame + 1), || InspectedFrame { sha256_int32le: None });
        if pixels {
            match frame_hash(&source.file, source.frame) {
                Ok((hash, said)) => {
                    said.into_iter().for_each(|s| warn(warnings, s));
                    if let Some(frame) = file.frames.get_mut(source.frame) {
                        frame.sha256_int32le = Some(hash);
                    }
                }
                Err(why) => {
                    *is_good = false;
                    refused.push(InspectedRefusal { path, reason: why.to_string() });
                }
            }
        }
    }
    files.into_iter().filter(|(_, is_good)| *is_good).map(|(file, _)| file).collect()
}

/// SHA-256 of a frame's stored values, and what must be told of it.
fn frame_hash(file: &ImageFile, frame: usize) -> Result<(String, Vec<String>), FileError> {
    let decoded = file.decode(frame)?;
    let hash = Sha256::digest(decoded.samples.canonical(file.module.sample.signed()));
    Ok((hex(&hash), decoded.warnings))
}

/// `None` when none of its images could be decoded.
fn inspect_series(scanned: &ScannedSeries, pixels: bool, refused: &mut Vec<InspectedRefusal>) -> Option<InspectedSeries> {
    let s = &scanned.series;
    let mut warnings = s.warnings.clone();
    let files = inspect_files(scanned, pixels, &mut warnings, refused);
    if files.is_empty() {
        return None;
    }
    let windows = s.vois.iter().filter_map(|v| {
        let function = match v.voi {
            Voi::Linear(_) => "LINEAR",
            Voi::LinearExact(_) => "LINEAR_EXACT",
            Voi::Sigmoid(_) => "SIGMOID",
            Voi::Table(_) => return None,
        };
        let explanation = v.explanation.as_ref().map(|e| e.reveal().clone());
        v.voi.window().map(|w| InspectedWindow { center: w.center(), width: w.width(), function, explanation })
    });
    let windows: Vec<_> = windows.collect();
    let (spacing, unit) = s.pixel_spacing(s.len() / 2);
    Some(InspectedSeries {
        modality: s.facts.modality.as_str().to_owned(),
        transfer_syntax: scanned.syntax.uid(),
        photometric: scanned.photometric,
        rows: s.image_size[1],
        columns: s.image_size[0],
        frames: s.len(),
        bits: Bits { allocated: s.sample.allocated(), stored: s.sample.stored(), signed: s.sample.signed() },
        voi_luts: s.vois.len() - windows.len(),
        windows,
        frame_time_ms: s.frame_time.map(|t| t.as_secs_f64() * 1000.0),
        pixel_spacing: InspectedSpacing { spacing, unit: unit.label() },
        suv: s.suv.as_ref().map(|s| InspectedSuv { factor: s.as_ref().ok().copied(), reason: s.as_ref().err().cloned() }),
        geometry: inspect_geometry(scanned),
        warnings,
        files,
    })
}

fn inspect_geometry(scanned: &ScannedSeries) -> InspectedGeometry {
    let stack = &scanned.stack;
    let first = stack.first;
    InspectedGeometry {
        verdict: stack.verdict.word(),
        reason: stack.reason.clone(),
        tilt_degrees: stack.tilt_degrees,
        spacing_mm: first.map(|p| [Some(p.spacing[0].0), Some(p.spacing[1].0), stack.slice_spacing]),
        gaps: stack.gaps.clone(),
        origin: first.map(|p| p.position.into()),
        row_dir: first.map(|p| p.row.into()),
        col_dir: first.map(|p| p.column.into()),
        slice_dir: stack.slice_direction,
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path)?;
        for (i, s) in self.series.iter().enumerate() {
            let sign = if s.bits.signed { "signed" } else { "unsigned" };
            writeln!(
                f,
                "series {}: {}, {} images of {} x {}, {} bits {sign}",
                i + 1,
                s.modality,
                s.frames,
                s.columns,
                s.rows,
                s.bits.stored
            )?;
            write!(f, "  geometry: {}", s.geometry.verdict)?;
            if let Some(reason) = &s.geometry.reason {
                write!(f, " ({reason})")?;
            }
            if let Some(degrees) = s.geometry.tilt_degrees.filter(|d| *d > 0.1) {
                write!(f, ", tilt {degrees:.1} degrees")?;
            }
            if let Some([Some(x), Some(y), z]) = s.geometry.spacing_mm {
                let z = z.map(|z| format!(" x {z:.4}")).unwrap_or_default();
                write!(f, ", spacing {x:.4} x {y:.4}{z} mm")?;
            }
            writeln!(f)?;
            for w in &s.windows {
                writeln!(f, "  window: centre {}, width {}, {}", w.center, w.width, w.function)?;
            }
            if s.voi_luts > 0 {
                writeln!(f, "  window tables: {}", s.voi_luts)?;
            }
            for warning in &s.warnings {
                writeln!(f, "  note: {warning}")?;
            }
        }
        for o in &self.objects {
            writeln!(f, "{}: {}", o.kind, o.path)?;
        }
        for r in &self.refused {
            writeln!(f, "refused: {}: {}", r.path, r.reason)?;
        }
        Ok(())
    }
}
