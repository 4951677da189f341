//! What is in a DICOM file or folder, for the desk: the document that `inspect --json` prints, and the same as text.
//!
//! Paths are shown here, because the person who gave them asks. Frame hashes are SHA-256 of the stored values as little-endian 32-bit integers.

use crate::folder::scan;
use crate::geometry::Gap;
use crate::series::ScannedSeries;
use crate::{CasesError, Series, VoxelBuffer};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use tiresias_words::{GeometryVerdict, Voi};

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
struct InspectedGeometry {
    verdict: &'static str,
    reason: Option<String>,
    tilt_degrees: Option<f64>,
    /// Between columns, between rows, between slices along the normal.
    spacing_mm: Option<[Option<f64>; 3]>,
    gaps: Vec<Gap>,
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

/// Looks at a file or folder. With `pixels`, every image is decoded and its hash taken; an image that cannot be decoded then is among the refused.
///
/// # Errors
/// When the path cannot be opened at all.
pub fn inspect(path: &Path, pixels: bool) -> Result<Inspection, CasesError> {
    let scanned = scan(path, &mut |_| ControlFlow::Continue(()))?;
    let show = |p: &Path| p.display().to_string();
    let mut refused: Vec<_> =
        scanned.refused.iter().map(|r| InspectedRefusal { path: show(&r.path), reason: r.reason.to_string() }).collect();
    let series = scanned.series.iter().map(|s| inspect_series(s, pixels, &mut refused)).collect::<Result<_, _>>()?;
    let objects = scanned.objects.iter().map(|o| InspectedObject { path: show(&o.path), kind: o.kind, summary: Map::new() }).collect();
    Ok(Inspection { path: show(path), series, objects, refused })
}

fn inspect_series(scanned: &ScannedSeries, pixels: bool, refused: &mut Vec<InspectedRefusal>) -> Result<InspectedSeries, CasesError> {
    let s = &scanned.series;
    let mut files = Vec::with_capacity(s.len());
    // One image of memory is enough for hashes.
    let memory = if pixels { Some(VoxelBuffer::new([s.image_size[0], s.image_size[1], 1])?) } else { None };
    for slice in 0..s.len() {
        let path = s.source_path(slice).map(|p| p.display().to_string()).unwrap_or_default();
        let hash = match &memory {
            None => None,
            Some(one) => match s.decode(slice, one.words()) {
                Ok(()) => Some(frame_hash(s, one)),
                Err(e) => {
                    refused.push(InspectedRefusal { path: path.clone(), reason: e.to_string() });
                    None
                }
            },
        };
        files.push(InspectedFile { path, frames: vec![InspectedFrame { sha256_int32le: hash }] });
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
    let pixels = s.images.first().map(|i| i.pixels);
    Ok(InspectedSeries {
        modality: s.facts.modality.as_str().to_owned(),
        transfer_syntax: scanned.syntax.uid(),
        photometric: scanned.photometric,
        rows: s.image_size[1],
        columns: s.image_size[0],
        frames: s.len(),
        bits: Bits { allocated: pixels.map_or(0, |p| p.allocated.bits()), stored: s.format.bits_stored, signed: s.format.signed },
        voi_luts: s.vois.len() - windows.len(),
        windows,
        geometry: inspect_geometry(scanned),
        warnings: s.warnings.clone(),
        files,
    })
}

fn frame_hash(series: &Series, image: &VoxelBuffer) -> String {
    let mut hash = Sha256::new();
    for value in series.stored(image.words()) {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn inspect_geometry(scanned: &ScannedSeries) -> InspectedGeometry {
    let stack = &scanned.stack;
    let reason = match &stack.verdict {
        GeometryVerdict::Refused { reason } => Some(reason.clone()),
        _ => None,
    };
    let first = stack.first;
    InspectedGeometry {
        verdict: stack.verdict.word(),
        reason,
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
