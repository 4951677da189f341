//! What of the AI's findings a pane shows: masks and shapes cut by its plane, as lines of whole pixels, kept until the plane moves.
//!
//! `render` cuts and rasterises, with integers; here is which finding lies on which series, and the mesh. Outlines only: nothing is filled over a lesion but the
//! heat map, which is a layer that the reader switches on. Refuses: what may be shown, which is asked before.

use super::gestures::OnScreen;
use super::hanging::pixels;
use super::overlays;
use super::series::Shelf;
use crate::design::{self, AI};
use crate::viewer::cuts::{self, Lines};
use crate::volume::ShownVolume;
use egui::{Align2, Color32, Mesh, Painter, Rect, Shape, pos2, vec2};
use std::sync::Arc;
use tiresias_cases::{AiFinding, FindingPlace, Findings, Flat, Grid, Solid};
use tiresias_render::contour::{Cut, VoxelMask, outline, thick_line};
use tiresias_render::raster::{Mask, Run, place};
use tiresias_words::{Displacement, FindingId, PatientPoint, Plane, Role, Slab, Voxel};

/// Width of an outline, logical pixels.
const WIDTH: f32 = 1.75;
/// Pixels beside a line that its mask has room for.
const ROOM: i64 = 8;
/// Steps of the heat map, and how much of the image its highest covers.
const STEPS: u8 = 8;
const COVERS: f32 = 0.55;

/// Findings with their masks ready to be cut.
pub(super) struct Opened {
    pub(super) findings: Arc<Findings>,
    /// Of each finding, of each of its places that is a mask.
    masks: Vec<Vec<Option<VoxelMask>>>,
    heat: Vec<(Role, VoxelMask)>,
    /// Of each finding with a mask: its series, and the middle of the slice that has most of it.
    middles: Vec<Option<(Role, PatientPoint)>>,
}

/// What one pane shows of them.
pub(super) struct PaneCuts {
    series: usize,
    plane: Plane,
    size: [u32; 2],
    slab: Slab,
    with_heat: bool,
    findings: Vec<Drawn>,
    /// Left, top, width and height in pixels of the pane, and a step of the heat map.
    heat: Vec<(Run, [u32; 2], u8)>,
}

/// One finding in a pane.
struct Drawn {
    finding: FindingId,
    /// Runs of a part of the pane that begins at its first pixel; the dark rim first.
    pieces: Vec<Piece>,
}

struct Piece {
    at: [i64; 2],
    rim: Vec<Run>,
    line: Vec<Run>,
    strength: f32,
}

impl Opened {
    pub(super) fn new(findings: Arc<Findings>) -> Self {
        let mask = |grid: &Grid| grid.block().and_then(|b| VoxelMask::new(b.geometry, &b.values).ok());
        let of = |place: &FindingPlace| if let FindingPlace::Voxels(grid) = place { mask(grid) } else { None };
        let masks = findings.all().iter().map(|f| f.places.iter().map(of).collect()).collect();
        let heat = findings.heat_maps().iter().filter_map(|g| Some((g.series().clone(), mask(g)?))).collect();
        let middles = findings.all().iter().map(|f| f.places.iter().find_map(middle_of_mask)).collect();
        Self { findings, masks, heat, middles }
    }

    /// The series on which a finding lies, and its middle there; `None` of what is said of the case as a whole, or lies on none of these series.
    pub(super) fn middle(&self, finding: FindingId, shelf: &Shelf) -> Option<(usize, PatientPoint)> {
        let at = (finding.0 as usize).checked_sub(1)?;
        let of_mask = self.middles.get(at)?.as_ref().and_then(|(role, middle)| Some((series_of(shelf, role)?, *middle)));
        of_mask.or_else(|| self.findings.all().get(at)?.places.iter().find_map(|place| middle_of_shape(place, shelf)))
    }
}

impl PaneCuts {
    pub(super) fn is_of(&self, series: usize, on: &OnScreen, slab: Slab, with_heat: bool) -> bool {
        (self.series, self.plane, self.size, self.slab, self.with_heat) == (series, on.plane, pixels(on.rect, on.scale), slab, with_heat)
    }

    pub(super) fn new(opened: &Opened, series: usize, volume: &ShownVolume, on: &OnScreen, slab: Slab, with_heat: bool) -> Self {
        let size = pixels(on.rect, on.scale);
        let pane = Pane { volume, plane: on.plane, size, slab, scale: on.scale };
        let of = |((finding, one), masks): ((FindingId, &AiFinding), &Vec<Option<VoxelMask>>)| {
            let pieces: Vec<Piece> = one.places.iter().zip(masks).flat_map(|(place, mask)| pane.pieces(place, mask.as_ref())).collect();
            (!pieces.is_empty()).then_some(Drawn { finding, pieces })
        };
        let findings = (1..).map(FindingId).zip(opened.findings.all()).zip(&opened.masks).filter_map(of).collect();
        let heat = opened.heat.iter().filter(|(role, _)| with_heat && pane.is_in(role)).flat_map(|(_, mask)| pane.heat(mask)).collect();
        Self { series, plane: on.plane, size, slab, with_heat, findings, heat }
    }

    /// Draws the heat map, then the outlines, each with its letter.
    pub(super) fn draw(&self, painter: &Painter, on: &OnScreen, outlines: bool, focused: Option<FindingId>) {
        let mut mesh = Mesh::default();
        for (run, at, step) in &self.heat {
            let part = f32::from(*step) / f32::from(STEPS) * COVERS;
            area(&mut mesh, on, at.map(i64::from), run, AI.gamma_multiply(part));
        }
        for drawn in self.findings.iter().filter(|_| outlines) {
            for piece in &drawn.pieces {
                let rim = Color32::from_black_alpha((160.0 * piece.strength) as u8);
                piece.rim.iter().for_each(|run| area(&mut mesh, on, piece.at, run, rim));
                piece.line.iter().for_each(|run| area(&mut mesh, on, piece.at, run, AI.gamma_multiply(piece.strength)));
            }
        }
        painter.add(Shape::mesh(mesh));
        for drawn in self.findings.iter().filter(|_| outlines) {
            let strength = drawn.pieces.iter().map(|p| p.strength).fold(0.0, f32::max);
            let bounds = drawn.pieces.iter().filter_map(|p| p.bounds(on)).reduce(Rect::union);
            if let Some(bounds) = bounds.map(|b| b.intersect(on.rect)).filter(Rect::is_positive) {
                let size = if focused == Some(drawn.finding) { design::VALUE } else { design::BODY };
                let at = pos2(bounds.left() - 4.0, bounds.bottom() + 2.0);
                design::image_text(painter, at, Align2::RIGHT_CENTER, &drawn.finding, design::strong(size), AI.gamma_multiply(strength));
            }
        }
    }
}

impl Piece {
    /// A line of whole pixels, with its dark rim. `at` is where its mask begins in the pane.
    fn new(at: [i64; 2], line: &Mask, strength: f32) -> Self {
        Self { at, rim: line.grown().runs(), line: line.runs(), strength }
    }
    /// What it covers on the screen.
    fn bounds(&self, on: &OnScreen) -> Option<Rect> {
        self.line.iter().map(|run| on_screen(on, self.at, run)).reduce(Rect::union)
    }
}

/// A pane whose findings are cut.
struct Pane<'a> {
    volume: &'a ShownVolume,
    plane: Plane,
    size: [u32; 2],
    slab: Slab,
    scale: f32,
}

impl Pane<'_> {
    fn thickness(&self) -> u32 {
        ((WIDTH * self.scale).round() as u32).max(1)
    }

    /// Whether what lies in the frame of a series of this role can be seen in this one: it is the same.
    fn is_in(&self, role: &Role) -> bool {
        self.volume.series().facts.role == *role
    }

    fn pieces(&self, at: &FindingPlace, mask: Option<&VoxelMask>) -> Vec<Piece> {
        let geometry = self.volume.geometry();
        let half = if self.volume.is_in_patient() { geometry.slice_spacing().0.abs() / 2.0 } else { 0.5 };
        let scale = f64::from(self.scale);
        let lines = match at {
            FindingPlace::Voxels(grid) => {
                let Some(mask) = mask.filter(|_| self.is_in(grid.series())) else { return Vec::new() };
                return self.cut(mask).into_iter().collect();
            }
            FindingPlace::InPatient { series, shape } if self.is_in(series) => {
                cuts::solid(&self.plane, shape, geometry.normal(), half, scale)
            }
            FindingPlace::InPatient { .. } => None,
            FindingPlace::OnImage { image, shape } => {
                let Some(slice) = self.volume.series().place_of_uid(image) else { return Vec::new() };
                let place = |[column, row]: [f64; 2]| geometry.patient_of(Voxel::new(column, row, slice as f64));
                match shape {
                    Flat::Point(at) => cuts::point(&self.plane, place(*at), half, scale),
                    Flat::Line { points, closed } => {
                        let points: Vec<PatientPoint> = points.iter().map(|p| place(*p)).collect();
                        cuts::flat(&self.plane, geometry.normal(), &points, *closed, half, scale)
                    }
                }
            }
        };
        // Single images are no neighbours in space.
        let lines = lines.filter(|l| self.volume.is_in_patient() || l.strength >= 1.0);
        lines.map_or_else(Vec::new, |lines| self.lines(&lines))
    }

    fn cut(&self, mask: &VoxelMask) -> Option<Piece> {
        let Cut { at, part } = mask.cut(&self.plane, self.size, self.slab).ok()??;
        Some(Piece::new(at.map(i64::from), &outline(&part, self.thickness()), 1.0))
    }

    /// Each line as a mask of its own, as far as the pane has it.
    fn lines(&self, lines: &Lines) -> Vec<Piece> {
        let [width, height] = self.size.map(i64::from);
        let piece = |line: &Vec<[f64; 2]>| {
            // Pixel centres are at whole numbers here, and at a half where pixels are counted from their corners.
            let range = |k: usize, n: i64| {
                let all = || line.iter().map(|p| p[k] + 0.5);
                let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
                let [low, high] = [low.floor() as i64 - ROOM, high.ceil() as i64 + ROOM];
                let [low, high] = [low.clamp(-ROOM, n + ROOM), high.clamp(-ROOM, n + ROOM)];
                (low < high).then_some([low, high])
            };
            let ([left, right], [top, bottom]) = (range(0, width)?, range(1, height)?);
            let mut mask = Mask::new([(right - left) as u32, (bottom - top) as u32]).ok()?;
            let half = f64::from(self.thickness() - 1) / 2.0;
            let moved = |p: &[f64; 2]| place([p[0] + 0.5 - half - left as f64, p[1] + 0.5 - half - top as f64]);
            let places: Vec<_> = line.iter().map(moved).collect::<Option<_>>()?;
            thick_line(&mut mask, &places, self.thickness());
            (mask.count() > 0).then(|| Piece::new([left, top], &mask, lines.strength))
        };
        lines.lines.iter().filter_map(piece).collect()
    }

    /// Pixels beside each other of the same step.
    fn heat(&self, mask: &VoxelMask) -> Vec<(Run, [u32; 2], u8)> {
        let Ok(Some(Cut { at, part })) = mask.shades(&self.plane, self.size, self.slab) else { return Vec::new() };
        let step = |byte: u8| (u16::from(byte) * u16::from(STEPS)).div_ceil(255) as u8;
        let mut runs = Vec::new();
        for (row, line) in (0u32..).zip(part.bytes.chunks_exact(part.size[0].max(1) as usize)) {
            let mut column = 0;
            for same in line.chunk_by(|a, b| step(*a) == step(*b)) {
                let end = column + same.len() as u32;
                if let Some(shade) = same.first().map(|b| step(*b)).filter(|s| *s > 0) {
                    runs.push((Run { row, columns: [column, end] }, at, shade));
                }
                column = end;
            }
        }
        runs
    }
}

/// A run of pixels of a part that begins at `at` of the pane, on the screen.
fn on_screen(on: &OnScreen, at: [i64; 2], run: &Run) -> Rect {
    let x = |column: u32| (at[0] + i64::from(column)) as f32 / on.scale;
    let y = (at[1] + i64::from(run.row)) as f32 / on.scale;
    let [from, to] = run.columns;
    Rect::from_min_max(on.rect.min + vec2(x(from), y), on.rect.min + vec2(x(to), y + 1.0 / on.scale))
}

fn area(mesh: &mut Mesh, on: &OnScreen, at: [i64; 2], run: &Run, colour: Color32) {
    let rect = on_screen(on, at, run);
    overlays::area(mesh, [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom()], colour);
}

fn series_of(shelf: &Shelf, role: &Role) -> Option<usize> {
    shelf.all().iter().position(|s| s.volume.series().facts.role == *role)
}

fn middle_of_mask(place: &FindingPlace) -> Option<(Role, PatientPoint)> {
    let FindingPlace::Voxels(grid) = place else { return None };
    let (slice, _) = grid.slices().max_by_key(|(_, voxels)| *voxels)?;
    let v = grid.geometry().voxel_of(grid.measure()?.centroid);
    Some((grid.series().clone(), grid.geometry().patient_of(Voxel::new(v.column, v.row, f64::from(slice)))))
}

fn middle_of_shape(place: &FindingPlace, shelf: &Shelf) -> Option<(usize, PatientPoint)> {
    let mean = |points: &[PatientPoint]| {
        let first = *points.first()?;
        let sum = points.iter().fold(Displacement::new(0.0, 0.0, 0.0), |sum, p| sum + (*p - first));
        Some(first + sum * (1.0 / points.len() as f64))
    };
    match place {
        FindingPlace::Voxels(_) => None,
        FindingPlace::InPatient { series, shape } => {
            let at = match shape {
                Solid::Point(at) => *at,
                Solid::Line { points, .. } => mean(points)?,
                Solid::Ellipsoid { centre, .. } => *centre,
                Solid::Box { low, high } => *low + (*high - *low) * 0.5,
            };
            Some((series_of(shelf, series)?, at))
        }
        FindingPlace::OnImage { image, shape } => shelf.all().iter().enumerate().find_map(|(series, shown)| {
            let slice = shown.volume.series().place_of_uid(image)?;
            let at = |[column, row]: [f64; 2]| shown.volume.geometry().patient_of(Voxel::new(column, row, slice as f64));
            match shape {
                Flat::Point(p) => Some((series, at(*p))),
                Flat::Line { points, .. } => Some((series, mean(&points.iter().map(|p| at(*p)).collect::<Vec<_>>())?)),
            }
        }),
    }
}
