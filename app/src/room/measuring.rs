//! Measuring: lengths, angles, diameters and regions drawn on any plane, their numbers beside them, and the lens.
//!
//! What was drawn is the workspace's, in patient millimetres and pixels of the nearest image; numbers come from `cases`, from true stored values. A drag is two
//! corners, a click is one. Refuses: corners outside of the images, and keeping a number anywhere.

use super::gestures::OnScreen;
use super::hanging::{MOST_CELLS, pixels};
use super::series::Shown;
use super::{Chosen, Room};
use crate::design::{self, ACCENT, OWN, STRONG};
use crate::panes::{self, PaneCache, RenderPath};
use crate::viewer::words_on_image::number;
use egui::{Align2, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui, pos2, vec2};
use std::collections::HashMap;
use std::sync::Arc;
use tiresias_cases::{Place, Shape, Statistics, measure};
use tiresias_reads::machine::Tool;
use tiresias_reads::workspace::{Corner, Drawn, MOST_CORNERS, Measurement, MeasurementId, ViewAction};
use tiresias_words::{Displacement, PaneSpec, PatientPoint, Voi, Window};

/// A measurement farther than this from the plane is not drawn, mm.
const OUT_OF_PLANE: f64 = 3.0;
/// Points that the pointer must move for a press to be a drag, and between two corners of a shape drawn by hand.
const APART: f32 = 3.0;
/// So near to a corner or line a measurement is under the pointer.
const REACH: f32 = 8.0;
/// Side of the lens, and how many times it enlarges.
const LENS: f32 = 240.0;
const ENLARGES: f64 = 3.0;

/// A shape that is being drawn, and what is known of those that are finished.
#[derive(Default)]
pub(super) struct Measuring {
    drawing: Option<Drawing>,
    /// Which shape the key for regions gives.
    region: usize,
    words: HashMap<MeasurementId, (Measurement, Vec<String>)>,
    lens: PaneCache,
}

struct Drawing {
    on: OnScreen,
    /// Given so far.
    points: Vec<PatientPoint>,
    /// Where the pointer is.
    next: PatientPoint,
    pressed_at: Pos2,
}

const REGIONS: [Tool; 3] = [Tool::Ellipse, Tool::Rectangle, Tool::Freehand];

/// How many points a shape needs; a region of two corners and a hand-drawn one end with the drag.
const fn needed(tool: Tool) -> Option<usize> {
    match tool {
        Tool::Length | Tool::Ellipse | Tool::Rectangle => Some(2),
        Tool::Angle => Some(3),
        Tool::Bidimensional => Some(4),
        Tool::Freehand => Some(usize::MAX),
        _ => None,
    }
}

impl Room {
    /// The next of ellipse, rectangle and hand-drawn region that the study has.
    pub(super) fn next_region_tool(&mut self) {
        let start = if REGIONS.contains(&self.tool) { self.measuring.region + 1 } else { self.measuring.region };
        let tools = self.workspace.tools();
        let next = (0..REGIONS.len()).map(|i| (start + i) % REGIONS.len()).find(|i| tools.allows(REGIONS[*i]));
        match next {
            Some(i) => {
                self.measuring.region = i;
                self.take_tool(REGIONS[i]);
            }
            None => self.take_tool(Tool::Ellipse),
        }
    }

    /// Puts a shape that is not finished away.
    pub(super) fn cancel_measuring(&mut self) {
        self.measuring.drawing = None;
    }

    /// Takes the pointer's input while a measuring tool is in hand.
    pub(super) fn measure(&mut self, ui: &Ui, response: &Response, here: PatientPoint, on: &OnScreen) {
        let Some(needed) = needed(self.tool) else { return };
        let Some(pointer) = response.interact_pointer_pos() else { return };
        let primary = egui::PointerButton::Primary;
        let (pressed, released) = ui.input(|i| (i.pointer.button_pressed(primary), i.pointer.button_released(primary)));
        let is_inside = self.shown(on.at).is_some_and(|(_, s)| s.volume.geometry().contains(s.volume.geometry().voxel_of(here)));
        if pressed && response.is_pointer_button_down_on() && is_inside {
            let drawing = self.measuring.drawing.take().filter(|d| d.on.at == on.at);
            let mut drawing = drawing.unwrap_or(Drawing { on: *on, points: Vec::new(), next: here, pressed_at: pointer });
            drawing.points.push(here);
            (drawing.next, drawing.pressed_at) = (here, pointer);
            self.measuring.drawing = Some(drawing);
        }
        let tool = self.tool;
        let Some(drawing) = self.measuring.drawing.as_mut().filter(|d| d.on.at == on.at) else { return };
        if is_inside {
            drawing.next = here;
            let last = drawing.points.last().copied();
            let moved = last.is_none_or(|p| on.screen_at(p).0.distance(pointer) > APART);
            if tool == Tool::Freehand && response.dragged_by(primary) && moved && drawing.points.len() < MOST_CORNERS {
                drawing.points.push(here);
            }
        }
        if released {
            if tool != Tool::Freehand && drawing.pressed_at.distance(pointer) > APART {
                let end = drawing.next;
                drawing.points.push(end);
            }
            if tool == Tool::Freehand || drawing.points.len() >= needed {
                self.finish(tool);
            }
        }
    }

    /// Follows the pointer between clicks.
    pub(super) fn follow_measuring(&mut self, at: super::hanging::At, here: PatientPoint) {
        if let Some(drawing) = self.measuring.drawing.as_mut().filter(|d| d.on.at == at) {
            drawing.next = here;
        }
    }

    fn finish(&mut self, tool: Tool) {
        let Some(drawing) = self.measuring.drawing.take() else { return };
        let Some((_, shown)) = self.shown(drawing.on.at) else { return };
        let series = shown.volume.series().facts.role.clone();
        if let Some(shape) = drawn(tool, &drawing.points, &drawing.on, shown) {
            self.work(ViewAction::Measure(Measurement { series, shape }));
        }
    }

    /// Takes the measurement under the pointer away, else the one made last.
    pub(super) fn delete_measurement(&mut self) {
        let under = self.hover.and_then(|(at, point)| {
            let (_, shown) = self.shown(at)?;
            let of_series = self.workspace.view().measurements().iter().filter(|(_, m)| m.series == shown.volume.series().facts.role);
            let distance = |m: &Measurement| {
                let corners = m.shape.corners().iter().filter_map(|c| place(shown, c));
                corners.map(|c| c.distance(point).0).fold(f64::INFINITY, f64::min)
            };
            of_series.map(|(id, m)| (*id, distance(m))).min_by(|a, b| a.1.total_cmp(&b.1))
        });
        let last = self.workspace.view().measurements().keys().next_back().copied();
        match under.filter(|(_, mm)| *mm < 15.0).map(|(id, _)| id).or(last) {
            Some(id) => self.work(ViewAction::Delete(id)),
            None => self.message = Some("There is no measurement to delete.".to_owned()),
        }
    }

    /// A window over the values of the region under the pointer, else over those of the image that is shown.
    pub(super) fn fit_window(&mut self, at: super::hanging::At) {
        let Some((cell, shown)) = self.shown(at) else { return };
        let (series, role) = (cell.series, shown.volume.series().facts.role.clone());
        let regions = self.workspace.view().measurements().values().filter(|m| m.series == role);
        let region = regions.filter_map(|m| statistics(shown, &m.shape)).next_back();
        let found = region.or_else(|| {
            let image = shown.volume.image_at(shown.at());
            tiresias_cases::image_statistics(shown.volume.series(), shown.volume.buffer(), image)
        });
        let window = found.filter(|s| s.max > s.min).and_then(|s| Window::new(f64::midpoint(s.min, s.max), s.max - s.min).ok());
        match (window, self.shelf.get_mut(series)) {
            (Some(window), Some(shown)) => (shown.look.voi, shown.chosen) = (Voi::LinearExact(window), None::<Chosen>),
            _ => self.message = Some("There are no values here that a window could be fitted to.".to_owned()),
        }
    }

    /// Draws what was measured on a pane's series, and what is being drawn.
    pub(super) fn draw_measurements(&self, painter: &Painter, on: &OnScreen) {
        let Some((_, shown)) = self.shown(on.at) else { return };
        let role = &shown.volume.series().facts.role;
        for (id, measurement) in self.workspace.view().measurements() {
            if measurement.series != *role {
                continue;
            }
            let words = self.measuring.words.get(id).filter(|(of, _)| of == measurement).map_or(&[][..], |(_, words)| words);
            draw_shape(painter, on, shown, &measurement.shape, words);
        }
        if let Some(drawing) = self.measuring.drawing.as_ref().filter(|d| d.on.at == on.at) {
            let mut points = drawing.points.clone();
            if self.tool != Tool::Freehand {
                points.push(drawing.next);
            }
            let line: Vec<Pos2> = points.iter().map(|p| on.screen_at(*p).0).collect();
            match drawn(self.tool, &points, &drawing.on, shown) {
                Some(shape) => draw_shape(painter, on, shown, &shape, &measured_words(shown, &shape)),
                None => line.windows(2).for_each(|w| design::image_line(painter, [w[0], w[1]], 1.5, OWN)),
            }
        }
    }

    /// Works out the numbers of measurements that are new or changed. Called once a frame, before drawing.
    pub(super) fn measure_new(&mut self) {
        let known = &mut self.measuring.words;
        let all = self.workspace.view().measurements();
        known.retain(|id, (of, _)| all.get(id) == Some(of));
        for (id, measurement) in all {
            if known.contains_key(id) {
                continue;
            }
            let shown = self.shelf.all().iter().find(|s| s.volume.series().facts.role == measurement.series);
            if let Some(shown) = shown.filter(|s| s.volume.is_complete()) {
                known.insert(*id, (measurement.clone(), measured_words(shown, &measurement.shape)));
            }
        }
    }

    /// The lens under the pointer, while its tool is in hand and the button down; the value at the pointer with the probe.
    pub(super) fn draw_pointer_tools(&mut self, ui: &Ui, on: &OnScreen, response: &Response, path: RenderPath) {
        let Some(pointer) = response.hover_pos().or(response.interact_pointer_pos()) else { return };
        let Some((_, shown)) = self.shown(on.at) else { return };
        let volume = Arc::clone(&shown.volume);
        if self.tool == Tool::Probe {
            let at = on.patient_at(pointer);
            if let Some(reading) = volume.reading(at) {
                let words = super::images::reading_words(reading, volume.series().unit);
                let painter = ui.painter().with_clip_rect(on.rect);
                design::image_text(&painter, pointer + vec2(14.0, -14.0), Align2::LEFT_BOTTOM, &words, design::strong(design::NOTE), OWN);
            }
        }
        if self.tool != Tool::Magnifier || !response.is_pointer_button_down_on() {
            return;
        }
        let has = self.cell_view(on.at);
        let scale = on.scale;
        let snap = |v: f32| (v * scale).round() / scale;
        let corner = pos2(snap(pointer.x - LENS / 2.0), snap(pointer.y - LENS / 2.0));
        let lens = Rect::from_min_size(corner, vec2(LENS, LENS));
        let size = pixels(lens, scale);
        let spacing = on.plane.spacing() * (1.0 / ENLARGES);
        let half = size.map(|n| spacing * ((f64::from(n) - 1.0) / -2.0));
        let origin = on.patient_at(pointer) + on.plane.right().times(half[0]) + on.plane.down().times(half[1]);
        let Ok(plane) = tiresias_words::Plane::new(origin, on.plane.right(), on.plane.down(), spacing) else { return };
        let spec = PaneSpec {
            series: volume.series().facts.role.clone(),
            plane,
            size,
            slab: has.slab,
            interpolation: shown.look.interpolation,
            voi: shown.look.voi.clone(),
            tone: shown.shape(has.is_inverted).into(),
        };
        if let Ok(content) = self.measuring.lens.content(&volume, &spec, path) {
            let painter = ui.painter();
            painter.rect_filled(lens, 0.0, design::CANVAS);
            panes::paint(painter, lens, 2 * MOST_CELLS + self.shelf.all().len(), content);
            painter.rect_stroke(lens, 0.0, Stroke::new(1.0, ACCENT), StrokeKind::Outside);
        }
    }
}

/// The shape that points make on a pane; `None` until there are enough.
fn drawn(tool: Tool, points: &[PatientPoint], on: &OnScreen, shown: &Shown) -> Option<Drawn> {
    let corner = |p: PatientPoint| {
        let (_, anchor) = shown.volume.mark_at(p)?;
        Some(Corner { patient: shown.volume.is_in_patient().then_some(p), anchor })
    };
    let along = |v: Displacement, d: tiresias_words::Direction| d.times(tiresias_words::Mm(v.dot(d.unit())));
    match (tool, points) {
        (Tool::Length, [a, b, ..]) => Some(Drawn::Length([corner(*a)?, corner(*b)?])),
        (Tool::Angle, [a, b, c, ..]) => Some(Drawn::Angle([corner(*a)?, corner(*b)?, corner(*c)?])),
        (Tool::Bidimensional, [a, b, c, d, ..]) => Some(Drawn::Bidimensional([corner(*a)?, corner(*b)?, corner(*c)?, corner(*d)?])),
        (Tool::Rectangle, [a, b, ..]) => Some(Drawn::Rectangle([corner(*a)?, corner(*a + along(*b - *a, on.plane.right()))?, corner(*b)?])),
        (Tool::Ellipse, [a, b, ..]) => {
            let half = (*b - *a) * 0.5;
            let centre = *a + half;
            let ends = [on.plane.right(), on.plane.down()].map(|d| centre + along(half, d));
            Some(Drawn::Ellipse([corner(centre)?, corner(ends[0])?, corner(ends[1])?]))
        }
        (Tool::Freehand, [_, _, _, ..]) => Some(Drawn::Freehand(points.iter().map(|p| corner(*p)).collect::<Option<_>>()?)),
        _ => None,
    }
}

/// Where a corner is on the series' frame.
fn place(shown: &Shown, corner: &Corner) -> Option<PatientPoint> {
    let shape = corner.patient.map_or(tiresias_words::MarkShape::OnImage, tiresias_words::MarkShape::Point);
    shown.volume.place_of(&shape, &corner.anchor)
}

/// What `cases` measures of a corner.
fn cases_place(shown: &Shown, corner: &Corner) -> Option<Place> {
    match corner.patient {
        Some(p) => Some(Place::Patient(p)),
        None => {
            let image = shown.volume.series().place_of_uid(&corner.anchor.image)?;
            Some(Place::Pixel { column: corner.anchor.column, row: corner.anchor.row, image })
        }
    }
}

/// The closed outline of a region, 64 points of an ellipse; `None` of what has no inside.
fn outline(shown: &Shown, shape: &Drawn) -> Option<Vec<PatientPoint>> {
    let at = |c: &Corner| place(shown, c);
    match shape {
        Drawn::Ellipse([centre, a, b]) => {
            let (centre, a, b) = (at(centre)?, at(a)?, at(b)?);
            let point = |i: u32| {
                let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 64.0).sin_cos();
                centre + (a - centre) * cos + (b - centre) * sin
            };
            Some((0..64).map(point).collect())
        }
        Drawn::Rectangle([a, b, c]) => {
            let (a, b, c) = (at(a)?, at(b)?, at(c)?);
            Some(vec![a, b, c, a + (c - b)])
        }
        Drawn::Freehand(corners) => corners.iter().map(at).collect(),
        Drawn::Length(_) | Drawn::Angle(_) | Drawn::Bidimensional(_) => None,
    }
}

fn statistics(shown: &Shown, shape: &Drawn) -> Option<Statistics> {
    measured(shown, shape)?.statistics
}

fn measured(shown: &Shown, shape: &Drawn) -> Option<tiresias_cases::Measured> {
    let to_place = |c: &Corner| cases_place(shown, c);
    let shape = match shape {
        Drawn::Length([a, b]) => Shape::Length([to_place(a)?, to_place(b)?]),
        Drawn::Angle([a, b, c]) => Shape::Angle([to_place(a)?, to_place(b)?, to_place(c)?]),
        Drawn::Bidimensional(_) => return None,
        Drawn::Ellipse([centre, a, b]) => Shape::Ellipse([to_place(centre)?, to_place(a)?, to_place(b)?]),
        Drawn::Rectangle([a, b, c]) => Shape::Parallelogram([to_place(a)?, to_place(b)?, to_place(c)?]),
        Drawn::Freehand(corners) => Shape::Polygon(corners.iter().map(to_place).collect::<Option<_>>()?),
    };
    measure(shown.volume.series(), shown.volume.buffer(), &shape).ok()
}

/// What is written beside a measurement, a line each.
fn measured_words(shown: &Shown, shape: &Drawn) -> Vec<String> {
    let length = |a: &Corner, b: &Corner| {
        let found = measured(shown, &Drawn::Length([a.clone(), b.clone()]))?;
        Some((found.length?, found.unit?.label()))
    };
    if let Drawn::Bidimensional([a, b, c, d]) = shape {
        let (Some((long, unit)), Some((short, _))) = (length(a, b), length(c, d)) else { return Vec::new() };
        return vec![format!("{long:.1} \u{d7} {short:.1} {unit}")];
    }
    let Some(found) = measured(shown, shape) else { return vec!["outside of the images".to_owned()] };
    let unit = found.unit.map_or("", tiresias_cases::LengthUnit::label);
    let mut words = Vec::new();
    words.extend(found.length.map(|mm| format!("{mm:.1} {unit}")));
    words.extend(found.degrees.map(|d| format!("{d:.1}\u{b0}")));
    words.extend(found.area.map(|a| format!("{a:.1} {unit}\u{b2}")));
    if let Some(s) = found.statistics {
        let value = shown.volume.series().unit.label().unwrap_or("");
        let sd = s.sd.map_or_else(String::new, |sd| format!(" \u{b1} {}", number(sd)));
        words.push(format!("mean {}{sd} {value}", number(s.mean)).trim_end().to_owned());
        words.push(format!("{} \u{2026} {}  n {}", number(s.min), number(s.max), s.n));
    }
    words
}

/// Draws a shape where it lies near the pane's plane, fainter with the distance.
fn draw_shape(painter: &Painter, on: &OnScreen, shown: &Shown, shape: &Drawn, words: &[String]) {
    let corners: Option<Vec<PatientPoint>> = shape.corners().iter().map(|c| place(shown, c)).collect();
    let Some(corners) = corners else { return };
    let far = if shown.volume.is_in_patient() { OUT_OF_PLANE } else { 0.5 };
    let off = corners.iter().map(|c| on.screen_at(*c).1.abs()).fold(0.0, f64::max);
    if off > far {
        return;
    }
    let colour = OWN.gamma_multiply((1.0 - off / OUT_OF_PLANE).powi(2).max(0.25) as f32);
    let screen: Vec<Pos2> = corners.iter().map(|c| on.screen_at(*c).0).collect();
    let line = |a: Pos2, b: Pos2| design::image_line(painter, [a, b], 1.5, colour);
    match (shape, screen.as_slice()) {
        (Drawn::Length(_), [a, b]) => line(*a, *b),
        (Drawn::Angle(_), [a, b, c]) => {
            line(*a, *b);
            line(*b, *c);
        }
        (Drawn::Bidimensional(_), [a, b, c, d]) => {
            line(*a, *b);
            line(*c, *d);
        }
        _ => {
            let round: Vec<Pos2> = outline(shown, shape).unwrap_or_default().iter().map(|p| on.screen_at(*p).0).collect();
            round.iter().zip(round.iter().cycle().skip(1)).for_each(|(a, b)| line(*a, *b));
        }
    }
    if !matches!(shape, Drawn::Freehand(_) | Drawn::Ellipse(_) | Drawn::Rectangle(_)) {
        for at in &screen {
            painter.circle_stroke(*at, 2.5, Stroke::new(1.0, colour));
        }
    }
    let right = screen.iter().copied().max_by(|a, b| a.x.total_cmp(&b.x)).unwrap_or(on.rect.center());
    for (i, text) in words.iter().enumerate() {
        let at = right + vec2(REACH + 2.0, 15.0 * i as f32);
        design::image_text(painter, at, Align2::LEFT_CENTER, text, design::regular(design::SMALL), if i == 0 { colour } else { STRONG });
    }
}
