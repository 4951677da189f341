//! Measuring: lengths, angles, diameters and regions drawn on any plane, their numbers beside them, and the lens.
//!
//! What was drawn is the workspace's, in patient millimetres and pixels of the nearest image; numbers come from `cases`, from true stored values. A drag is two
//! corners, a click is one. Numbers that need every pixel of a region or an image are worked out on a thread of their own. Refuses: corners outside of the
//! images, and keeping a number anywhere.

use super::Room;
use super::gestures::OnScreen;
use super::hanging::{At, MOST_CELLS, pixels};
use super::images::{INSET, PREVIEW};
use super::series::Shelf;
use super::sketch::{Ends, Sketch, ellipse, half_axes, three_corners};
use crate::background::in_background;
use crate::design::{self, ACCENT, CAUTION, OWN, STRONG};
use crate::panes::{self, PaneCache, RenderPath};
use crate::viewer::words_on_image::number;
use crate::volume::ShownVolume;
use crossbeam_channel::{Receiver, TryRecvError};
use egui::{Align2, Context, Painter, Pos2, Rect, Response, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use std::collections::HashMap;
use std::sync::Arc;
use tiresias_cases::{MeasureError, Measured, Place, Shape, measure};
use tiresias_reads::machine::Tool;
use tiresias_reads::workspace::{Corner, Drawn, Measurement, MeasurementId, ViewAction, Workspace};
use tiresias_words::{Displacement, PatientPoint, Voi, Window};

/// A measurement farther than this from the plane is not drawn, mm.
const OUT_OF_PLANE: f64 = 3.0;
/// So near to a corner or line a measurement is under the pointer.
const REACH: f32 = 8.0;
/// Said of a shape that cannot be kept.
pub(super) const OUTSIDE: &str = "A point of it lies outside of the images, so it was put away. Draw it again on the images.";
/// Side of the lens, and how many times it enlarges.
const LENS: f32 = 240.0;
const ENLARGES: f64 = 3.0;

/// A shape that is being drawn, and what is known of those that are finished.
#[derive(Default)]
pub(super) struct Measuring {
    drawing: Option<Sketch>,
    /// Which shape the key for regions gives.
    region: usize,
    told: HashMap<MeasurementId, (Measurement, Told)>,
    /// Of the images of a series: a window that was asked for, and is still to come.
    window: Option<(usize, Receiver<Option<Voi>>)>,
    lens: PaneCache,
}

/// What is known of a measurement.
enum Told {
    Coming(Receiver<Found>),
    Found(Found),
}

/// What was measured.
struct Found {
    /// What is written beside it, a line each.
    words: Vec<String>,
    /// Lowest and highest value of a region.
    range: Option<[f64; 2]>,
}

/// What the key for regions gives, one after the other.
pub(super) const REGIONS: [Tool; 3] = [Tool::Ellipse, Tool::Rectangle, Tool::Freehand];

/// What ends the shape of a tool; `None` of tools that draw none.
const fn ends(tool: Tool) -> Option<Ends> {
    match tool {
        Tool::Length | Tool::Ellipse | Tool::Rectangle => Some(Ends::With(2)),
        Tool::Angle => Some(Ends::With(3)),
        Tool::Bidimensional => Some(Ends::With(4)),
        Tool::Freehand => Some(Ends::WithDrag),
        _ => None,
    }
}

/// Whether a tool draws shapes.
pub(super) const fn draws(tool: Tool) -> bool {
    ends(tool).is_some()
}

impl Measuring {
    /// Takes what was worked out, and has worked out what is new. Called once a frame.
    pub(super) fn take_news(&mut self, workspace: &Workspace, shelf: &mut Shelf, ctx: &Context) {
        let all = workspace.view().measurements();
        self.told.retain(|id, (of, _)| all.get(id) == Some(of));
        for (_, told) in self.told.values_mut() {
            if let Told::Coming(result) = told
                && let Ok(found) = result.try_recv()
            {
                *told = Told::Found(found);
            }
        }
        for (id, measurement) in all {
            let is_known = self.told.contains_key(id);
            let shown = shelf.all().iter().find(|s| s.volume.series().facts.role == measurement.series);
            if let Some(shown) = shown.filter(|s| !is_known && s.volume.is_complete()) {
                let (volume, shape) = (Arc::clone(&shown.volume), measurement.shape.clone());
                let result = in_background(ctx, move || found(&volume, &shape));
                self.told.insert(*id, (measurement.clone(), Told::Coming(result)));
            }
        }
        if let Some((series, result)) = &self.window {
            match (result.try_recv(), shelf.get_mut(*series)) {
                (Err(TryRecvError::Empty), _) => return,
                (Ok(Some(voi)), Some(shown)) => (shown.look.voi, shown.chosen) = (voi, None),
                _ => {}
            }
            self.window = None;
        }
    }

    fn found(&self, id: MeasurementId) -> Option<&Found> {
        match &self.told.get(&id)?.1 {
            Told::Found(found) => Some(found),
            Told::Coming(_) => None,
        }
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
    pub(super) fn cancel_sketch(&mut self) {
        self.measuring.drawing = None;
        self.marking.cancel();
    }

    /// Forgets what the second press of a double click began: the hand shook, and the corner it gave would be part of the next shape.
    pub(super) fn drop_second_press(&mut self) {
        Sketch::drop_last_corner(&mut self.measuring.drawing);
        self.marking.drop_second_press();
    }

    /// Takes the pointer's input while a measuring tool is in hand.
    pub(super) fn measure(&mut self, ui: &Ui, response: &Response, here: PatientPoint, on: &OnScreen) {
        let Some(ends) = ends(self.tool) else { return };
        let mut drawing = self.measuring.drawing.take();
        let finished = self.sketch(&mut drawing, (ui, response), (here, on), ends);
        self.measuring.drawing = drawing;
        if let Some(drawing) = finished {
            self.finish(self.tool, &drawing);
        }
    }

    /// Follows the pointer between clicks.
    pub(super) fn follow_sketch(&mut self, at: At, here: PatientPoint) {
        let sketches = [self.measuring.drawing.as_mut(), self.marking.drawing.as_mut()];
        for sketch in sketches.into_iter().flatten().filter(|s| s.on.at == at) {
            sketch.next = here;
        }
    }

    fn finish(&mut self, tool: Tool, drawing: &Sketch) {
        let Some((_, shown)) = self.shown(drawing.on.at) else { return };
        let series = shown.volume.series().facts.role.clone();
        let shape = drawn(tool, &drawing.points, &drawing.on, &shown.volume);
        match shape {
            Some(shape) => self.work(ViewAction::Measure(Measurement { series, shape })),
            // A click of a hand that would draw is no shape, and nothing was put away.
            None if ends(tool) == Some(Ends::WithDrag) && drawing.points.len() < 3 => {}
            None => self.message = Some(OUTSIDE.to_owned()),
        }
    }

    /// The measurement under the pointer: the one whose middle is nearest, among those that reach there.
    fn measurement_under(&self, is_meant: impl Fn(MeasurementId) -> bool) -> Option<MeasurementId> {
        let (at, point) = self.hover?;
        let (cell, shown) = self.shown(at)?;
        let slack = f64::from(REACH) * self.view(at, cell).spacing().0;
        let role = &shown.volume.series().facts.role;
        let of_series = self.workspace.view().measurements().iter().filter(|(id, m)| m.series == *role && is_meant(**id));
        let near = of_series.filter_map(|(id, m)| {
            let corners: Vec<PatientPoint> = m.shape.corners().iter().filter_map(|c| place(&shown.volume, c)).collect();
            let first = corners.first()?;
            let sum = corners.iter().fold(Displacement::new(0.0, 0.0, 0.0), |sum, c| sum + (*c - *first));
            let middle = *first + sum * (1.0 / corners.len() as f64);
            let reach = corners.iter().map(|c| c.distance(middle).0).fold(0.0, f64::max);
            let away = middle.distance(point).0;
            (away <= reach + slack).then_some((*id, away))
        });
        near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(id, _)| id)
    }

    /// Takes the measurement under the pointer away, else the one made last.
    pub(super) fn delete_measurement(&mut self) {
        let last = self.workspace.view().measurements().keys().next_back().copied();
        match self.measurement_under(|_| true).or(last) {
            Some(id) => self.work(ViewAction::Delete(id)),
            None => self.message = Some("There is no measurement to delete.".to_owned()),
        }
    }

    /// A window over the values of the region under the pointer, else over those of the image that is shown.
    pub(super) fn fit_window(&mut self, at: At, ctx: &Context) {
        // The pointer may be on another series' pane, whose values are of another kind.
        let is_here =
            self.hover.and_then(|(hovered, _)| self.hanging.cell(hovered)).map(|c| c.series) == self.hanging.cell(at).map(|c| c.series);
        let under = self.measurement_under(|id| is_here && self.measuring.found(id).is_some_and(|f| f.range.is_some()));
        let range = under.and_then(|id| self.measuring.found(id)?.range).filter(|[low, high]| high > low);
        let Some((cell, shown)) = self.shown(at) else { return };
        let (series, volume) = (cell.series, Arc::clone(&shown.volume));
        if let Some(window) = range.and_then(|[low, high]| Window::new(f64::midpoint(low, high), high - low).ok()) {
            if let Some(shown) = self.shelf.get_mut(series) {
                (shown.look.voi, shown.chosen) = (Voi::LinearExact(window), None);
            }
        } else if volume.is_colour() {
            self.message = Some("These images are in colour, which goes through no window.".to_owned());
        } else {
            let image = volume.image_at(shown.at());
            let result = in_background(ctx, move || tiresias_cases::image_min_max_voi(volume.series(), volume.buffer(), image));
            self.measuring.window = Some((series, result));
        }
    }

    /// Draws what was measured on a pane's series, and what is being drawn.
    pub(super) fn draw_measurements(&self, painter: &Painter, on: &OnScreen) {
        let Some((_, shown)) = self.shown(on.at) else { return };
        let role = &shown.volume.series().facts.role;
        let mut labels = Labels::default();
        for (id, measurement) in self.workspace.view().measurements() {
            if measurement.series != *role {
                continue;
            }
            let words = self.measuring.found(*id).map_or(&[][..], |found| &found.words);
            draw_shape(painter, on, &shown.volume, &measurement.shape, words, &mut labels);
        }
        if let Some(drawing) = self.measuring.drawing.as_ref().filter(|d| d.on.at == on.at) {
            let mut points = drawing.points.clone();
            if self.tool != Tool::Freehand {
                points.push(drawing.next);
            }
            let line: Vec<Pos2> = points.iter().map(|p| on.screen_at(*p).0).collect();
            match drawn(self.tool, &points, &drawing.on, &shown.volume) {
                // What has an inside is measured when it is finished.
                Some(shape) if outline(&shown.volume, &shape).is_some() => draw_shape(painter, on, &shown.volume, &shape, &[], &mut labels),
                Some(shape) => draw_shape(painter, on, &shown.volume, &shape, &found(&shown.volume, &shape).words, &mut labels),
                None => line.windows(2).for_each(|w| design::image_line(painter, [w[0], w[1]], 1.5, OWN)),
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
        let spec = shown.spec(plane, size, has.slab, has.is_inverted);
        if let Ok(content) = self.measuring.lens.content(&volume, &spec, path, ui.ctx()) {
            let painter = ui.painter();
            painter.rect_filled(lens, 0.0, design::CANVAS);
            panes::paint(painter, lens, 2 * MOST_CELLS + self.shelf.all().len(), content);
            painter.rect_stroke(lens, 0.0, Stroke::new(1.0, ACCENT), StrokeKind::Outside);
            if self.measuring.lens.is_preview() {
                let at = lens.shrink(INSET).left_top();
                design::image_text(painter, at, Align2::LEFT_TOP, PREVIEW, design::regular(design::SMALL), CAUTION);
            }
        }
    }
}

/// The shape that points make on a pane; `None` until there are enough.
fn drawn(tool: Tool, points: &[PatientPoint], on: &OnScreen, volume: &ShownVolume) -> Option<Drawn> {
    let corner = |p: PatientPoint| {
        let anchor = volume.anchor_at(p)?;
        Some(Corner { patient: volume.is_in_patient().then_some(p), anchor })
    };
    match (tool, points) {
        (Tool::Length, [a, b, ..]) => Some(Drawn::Length([corner(*a)?, corner(*b)?])),
        (Tool::Angle, [a, b, c, ..]) => Some(Drawn::Angle([corner(*a)?, corner(*b)?, corner(*c)?])),
        (Tool::Bidimensional, [a, b, c, d, ..]) => Some(Drawn::Bidimensional([corner(*a)?, corner(*b)?, corner(*c)?, corner(*d)?])),
        (Tool::Rectangle, [a, b, ..]) => {
            let [a, b, c] = three_corners(*a, *b, &on.plane);
            Some(Drawn::Rectangle([corner(a)?, corner(b)?, corner(c)?]))
        }
        (Tool::Ellipse, [a, b, ..]) => {
            let [centre, a, b] = half_axes(*a, *b, &on.plane);
            Some(Drawn::Ellipse([corner(centre)?, corner(a)?, corner(b)?]))
        }
        (Tool::Freehand, [_, _, _, ..]) => Some(Drawn::Freehand(points.iter().map(|p| corner(*p)).collect::<Option<_>>()?)),
        _ => None,
    }
}

/// Where a corner is on the series' frame.
fn place(volume: &ShownVolume, corner: &Corner) -> Option<PatientPoint> {
    volume.place_of(corner.patient, &corner.anchor)
}

/// What `cases` measures of a corner.
fn cases_place(volume: &ShownVolume, corner: &Corner) -> Option<Place> {
    match corner.patient {
        Some(p) => Some(Place::Patient(p)),
        None => {
            let image = volume.series().place_of_uid(&corner.anchor.image)?;
            Some(Place::Pixel { column: corner.anchor.column, row: corner.anchor.row, image })
        }
    }
}

/// The closed outline of a region; `None` of what has no inside.
fn outline(volume: &ShownVolume, shape: &Drawn) -> Option<Vec<PatientPoint>> {
    let at = |c: &Corner| place(volume, c);
    match shape {
        Drawn::Ellipse([centre, a, b]) => Some(ellipse([at(centre)?, at(a)?, at(b)?])),
        Drawn::Rectangle([a, b, c]) => {
            let (a, b, c) = (at(a)?, at(b)?, at(c)?);
            Some(vec![a, b, c, a + (c - b)])
        }
        Drawn::Freehand(corners) => corners.iter().map(at).collect(),
        Drawn::Length(_) | Drawn::Angle(_) | Drawn::Bidimensional(_) => None,
    }
}

/// What `cases` measures of a shape. Two diameters are two lengths, and nothing of their own.
fn measured(volume: &ShownVolume, shape: &Drawn) -> Result<Measured, MeasureError> {
    let to_place = |c: &Corner| cases_place(volume, c).ok_or(MeasureError::Outside);
    let shape = match shape {
        Drawn::Length([a, b]) => Shape::Length([to_place(a)?, to_place(b)?]),
        Drawn::Angle([a, b, c]) => Shape::Angle([to_place(a)?, to_place(b)?, to_place(c)?]),
        Drawn::Bidimensional(_) => return Err(MeasureError::Flat),
        Drawn::Ellipse([centre, a, b]) => Shape::Ellipse([to_place(centre)?, to_place(a)?, to_place(b)?]),
        Drawn::Rectangle([a, b, c]) => Shape::Parallelogram([to_place(a)?, to_place(b)?, to_place(c)?]),
        Drawn::Freehand(corners) => Shape::Polygon(corners.iter().map(to_place).collect::<Result<_, _>>()?),
    };
    measure(volume.series(), volume.buffer(), &shape)
}

/// Why a shape has no numbers, in the place of them.
const fn unmeasured(why: &MeasureError) -> &'static str {
    match why {
        MeasureError::NoImage(_) | MeasureError::NoVolume | MeasureError::Outside => "outside of the images",
        MeasureError::SeveralImages => "on several images",
        MeasureError::Bent => "not in one plane",
        MeasureError::TooLarge => "too large to be measured",
        MeasureError::Flat => "nothing inside",
    }
}

/// What is known of a shape: its numbers, or why it has none.
fn found(volume: &ShownVolume, shape: &Drawn) -> Found {
    numbers(volume, shape).unwrap_or_else(|why| Found { words: vec![unmeasured(&why).to_owned()], range: None })
}

fn numbers(volume: &ShownVolume, shape: &Drawn) -> Result<Found, MeasureError> {
    if let Drawn::Bidimensional([a, b, c, d]) = shape {
        let length = |a: &Corner, b: &Corner| measured(volume, &Drawn::Length([a.clone(), b.clone()]));
        let (long, short) = (length(a, b)?, length(c, d)?);
        let words = long.length.zip(short.length).zip(long.unit);
        let words = words.map(|((long, short), unit)| format!("{long:.1} \u{d7} {short:.1} {}", unit.label()));
        return Ok(Found { words: words.into_iter().collect(), range: None });
    }
    let found = measured(volume, shape)?;
    let unit = found.unit.map_or("", tiresias_cases::LengthUnit::label);
    let mut words = Vec::new();
    words.extend(found.length.map(|mm| format!("{mm:.1} {unit}")));
    words.extend(found.degrees.map(|d| format!("{d:.1}\u{b0}")));
    words.extend(found.area.map(|a| format!("{a:.1} {unit}\u{b2}")));
    if let Some(s) = found.statistics {
        let value = volume.series().unit.label().unwrap_or("");
        let sd = s.sd.map_or_else(String::new, |sd| format!(" \u{b1} {}", number(sd)));
        words.push(format!("mean {}{sd} {value}", number(s.mean)).trim_end().to_owned());
        words.push(format!("{} \u{2026} {}  n {}", number(s.min), number(s.max), s.n));
    }
    Ok(Found { words, range: found.statistics.map(|s| [s.min, s.max]) })
}

/// Draws a shape where it lies near the pane's plane, fainter with the distance.
fn draw_shape(painter: &Painter, on: &OnScreen, volume: &ShownVolume, shape: &Drawn, words: &[String], labels: &mut Labels) {
    let corners: Option<Vec<PatientPoint>> = shape.corners().iter().map(|c| place(volume, c)).collect();
    let Some(corners) = corners else { return };
    let far = if volume.is_in_patient() { OUT_OF_PLANE } else { 0.5 };
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
            let round: Vec<Pos2> = outline(volume, shape).unwrap_or_default().iter().map(|p| on.screen_at(*p).0).collect();
            round.iter().zip(round.iter().cycle().skip(1)).for_each(|(a, b)| line(*a, *b));
        }
    }
    if !matches!(shape, Drawn::Freehand(_) | Drawn::Ellipse(_) | Drawn::Rectangle(_)) {
        for at in &screen {
            painter.circle_stroke(*at, 2.5, Stroke::new(1.0, colour));
        }
    }
    let right = screen.iter().copied().max_by(|a, b| a.x.total_cmp(&b.x)).unwrap_or(on.rect.center());
    if words.is_empty() {
        return;
    }
    let font = design::regular(design::SMALL);
    let widths = words.iter().map(|text| painter.layout_no_wrap(text.clone(), font.clone(), colour).size().x);
    let size = vec2(widths.fold(0.0, f32::max), LINE * words.len() as f32);
    let place = labels.place(on.rect, right + vec2(REACH + 2.0, -LINE / 2.0), size);
    // A label that had to move away is led back to what it is about.
    if (place.left_center() - right).length() > REACH + 2.0 + LINE * words.len() as f32 {
        painter.line_segment([right, place.left_top() + vec2(-2.0, LINE / 2.0)], Stroke::new(1.0, colour.gamma_multiply(0.5)));
    }
    for (i, text) in words.iter().enumerate() {
        let at = place.left_top() + vec2(0.0, LINE * (i as f32 + 0.5));
        design::image_text(painter, at, Align2::LEFT_CENTER, text, font.clone(), if i == 0 { colour } else { STRONG });
    }
}

/// Height of a line of a label.
const LINE: f32 = 15.0;

/// Where labels of a pane lie already: the next one goes where there is room.
#[derive(Default)]
struct Labels(Vec<Rect>);

impl Labels {
    /// The place nearest to `wanted`, up or down from it, in which a label of this size covers no other; where there is none, as wanted. Within the pane.
    fn place(&mut self, pane: Rect, wanted: Pos2, size: Vec2) -> Rect {
        let inside = |at: Pos2| {
            let most = (pane.max - size).max(pane.min);
            Rect::from_min_size(at.clamp(pane.min, most), size)
        };
        let steps = (0..40).map(|i| LINE * (i / 2 + i % 2) as f32 * if i % 2 == 0 { -1.0 } else { 1.0 });
        let free = |place: &Rect| self.0.iter().all(|other| !other.intersects(place.shrink(0.5)));
        let place = steps.map(|dy| inside(wanted + vec2(0.0, dy))).find(free).unwrap_or_else(|| inside(wanted));
        self.0.push(place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lie_beside_each_other_and_in_the_pane() {
        let pane = Rect::from_min_max(pos2(10.0, 10.0), pos2(210.0, 160.0));
        let mut labels = Labels::default();
        let size = vec2(60.0, 2.0 * LINE);
        assert_eq!(labels.place(pane, pos2(50.0, 50.0), size).min, pos2(50.0, 50.0), "the first lies where it belongs");
        // Four more of the same place, one of them beyond the pane's edges.
        for at in [pos2(50.0, 50.0), pos2(55.0, 60.0), pos2(52.0, 40.0), pos2(400.0, 400.0)] {
            labels.place(pane, at, size);
        }
        for (i, a) in labels.0.iter().enumerate() {
            assert!(pane.contains_rect(*a), "{a:?}");
            assert!(labels.0[i + 1..].iter().all(|b| !b.intersects(a.shrink(0.5))), "{:?}", labels.0);
        }
        // Where all is full it is written all the same.
        for _ in 0..20 {
            labels.place(pane, pos2(50.0, 50.0), vec2(190.0, 140.0));
        }
        assert!(labels.0.iter().all(|a| pane.contains_rect(*a)));
    }
}
