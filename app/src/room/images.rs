//! Draws the panes: image, crosshair, marks, letters, corner text, scale bar. Corner text is on the image and nowhere else.

use super::frames::SLIDER;
use super::gestures::OnScreen;
use super::hanging::{Pane, pixels};
use super::{Chosen, Field, Focus, Room, Wish};
use crate::design::{self, ACCENT, CAUTION, OWN, STRONG, TEXT};
use crate::panes::{self, RenderPath};
use crate::viewer::Orientation;
use crate::viewer::words_on_image::{number, position, scale_bar, value};
use crate::volume::{Reading, ShownVolume};
use egui::{Align2, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use tiresias_cases::LengthUnit;
use tiresias_reads::machine::{Draft, Mark};
use tiresias_words::{Direction, GeometryVerdict, MarkId, PatientPoint, ValueUnit};

/// Distance of corner text from a pane's edge.
const INSET: f32 = 10.0;
/// A mark farther than this from the plane is not drawn, mm.
const FADED_OUT: f64 = 6.0;

impl Room {
    /// Draws all panes and takes the pointer's input on them.
    pub(super) fn panes(
        &mut self,
        ui: &mut Ui,
        canvas: Rect,
        volume: &ShownVolume,
        draft: &Draft,
        path: RenderPath,
        wishes: &mut Vec<Wish>,
    ) {
        let scale = ui.pixels_per_point();
        let placed = self.hanging.place(canvas, scale);
        for (pane, rect) in &placed {
            self.hanging.fit(volume.geometry(), *pane, pixels(*rect, scale));
        }
        self.hover = None;
        let mut responses = Vec::with_capacity(placed.len());
        for (pane, rect) in &placed {
            let Some(plane) = self.plane_of(*pane, *rect, scale) else { continue };
            let response = ui.interact(*rect, ui.scope_id().with(("pane", pane.index())), Sense::click_and_drag());
            self.pointer(ui, &response, &OnScreen { pane: *pane, rect: *rect, plane, volume }, draft, wishes);
            responses.push((*pane, *rect, response));
        }
        self.pay_wheel(ui, volume);
        // What is under the pointer and what a pane is called is known after all gestures: they move planes, also those of other panes.
        for (pane, rect, response) in responses {
            if let (Some(at), Some(plane)) = (response.hover_pos(), self.plane_of(pane, rect, scale)) {
                self.hover = Some(OnScreen { pane, rect, plane, volume }.patient_at(at, scale));
            }
            let (name, slice) = (self.hanging.orientation(pane).label(), self.slice_words(pane, volume));
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}, {slice}")));
        }
        let slider = self.slider(ui, volume, &placed);
        // Gestures first on all panes, then drawing: every pane shows the same crosshair in the same frame.
        for (pane, rect) in placed {
            let Some(plane) = self.plane_of(pane, rect, scale) else { continue };
            let on = OnScreen { pane, rect, plane, volume };
            self.draw(ui, &on, draft, path);
        }
        if let Some(slider) = slider {
            self.draw_slider(ui, volume, &slider);
        }
    }

    fn draw(&mut self, ui: &Ui, on: &OnScreen<'_>, draft: &Draft, path: RenderPath) {
        let scale = ui.pixels_per_point();
        let painter = ui.painter().with_clip_rect(on.rect);
        let orientation = self.hanging.orientation(on.pane);
        let in_stack = orientation == Orientation::Stack || self.lies_in_stack(on);
        if self.without_panes {
            // Everything else is drawn as ever.
        } else if on.volume.can_show(self.crosshair, in_stack) {
            let Some(view) = self.hanging.view(on.pane) else { return };
            let spec = view.spec(&on.volume.series().facts.role, self.crosshair, pixels(on.rect, scale), &self.look);
            let content = spec
                .map_err(|e| e.to_string())
                .and_then(|spec| self.caches[on.pane.index()].content(on.volume, &spec, path).map_err(|e| e.to_string()));
            match content {
                Ok(content) => panes::paint(&painter, on.rect, on.pane.index(), content),
                Err(sentence) => {
                    design::text(&painter, on.rect.center(), Align2::CENTER_CENTER, sentence, design::regular(design::NOTE), TEXT);
                    return;
                }
            }
        } else {
            design::text(&painter, on.rect.center(), Align2::CENTER_CENTER, "loading\u{2026}", design::regular(design::NOTE), design::DIM);
            return;
        }
        let crosshair = on.screen_at(self.crosshair, scale).0;
        if self.hanging.visible().len() > 1 {
            crosshair_lines(&painter, on.rect, crosshair);
        }
        for (id, mark) in draft.marks() {
            self.draw_mark(&painter, on, *id, mark, scale);
        }
        if self.overlay {
            self.corner_text(&painter, on, scale);
        }
        if self.hanging.focused() == on.pane && self.focus == Focus::Image && self.hanging.visible().len() > 1 {
            painter.rect_stroke(on.rect, 0.0, Stroke::new(1.0, ACCENT), StrokeKind::Inside);
        }
    }

    fn lies_in_stack(&self, on: &OnScreen<'_>) -> bool {
        on.plane.normal().dot(on.volume.geometry().normal()).abs() > 1.0 - 1e-9
    }

    /// Fades with the distance from the plane, so that a mark on a neighbouring slice is seen as such.
    fn draw_mark(&self, painter: &egui::Painter, on: &OnScreen<'_>, id: MarkId, mark: &Mark, scale: f32) {
        let Some(place) = on.volume.place_of(&mark.shape, &mark.anchor) else { return };
        let (at, off) = on.screen_at(place, scale);
        // Single images are no neighbours in space: a mark is on its own image alone.
        let faded_out = if on.volume.is_in_patient() { FADED_OUT } else { 0.5 };
        if off.abs() > faded_out || !on.rect.contains(at) {
            return;
        }
        let strength = (1.0 - off.abs() / FADED_OUT).powi(2).max(0.15) as f32;
        let colour = OWN.gamma_multiply(strength);
        let chosen = matches!(&self.focus, Focus::Form(Field::Mark(m)) if *m == id);
        design::image_ring(painter, at, 11.0, if chosen { 2.5 } else { 1.75 }, colour);
        design::image_text(painter, at + vec2(15.0, -15.0), Align2::LEFT_CENTER, &id.0, design::strong(design::BODY), colour);
    }

    fn slice_words(&self, pane: Pane, volume: &ShownVolume) -> String {
        self.hanging.view(pane).map_or_else(String::new, |view| {
            let at = view.slice_position(volume.geometry(), self.crosshair);
            if volume.is_in_patient() {
                format!("slice {} of {} \u{b7} {:.1} mm", at.number, at.of, at.spacing.0)
            } else {
                format!("image {} of {}", at.number, at.of)
            }
        })
    }

    fn corner_text(&self, painter: &egui::Painter, on: &OnScreen<'_>, scale: f32) {
        let r = on.rect.shrink(INSET);
        let small = || design::regular(design::SMALL);
        let line = 16.0;
        let orientation = self.hanging.orientation(on.pane).label();
        let series = on.volume.series();
        let write = |at: Pos2, anchor, words: &str, colour| design::image_text(painter, at, anchor, words, small(), colour);
        write(r.left_top(), Align2::LEFT_TOP, &format!("{} \u{b7} {orientation}", series.facts.role), STRONG);
        write(r.left_top() + vec2(0.0, line), Align2::LEFT_TOP, &self.slice_words(on.pane, on.volume), TEXT);
        if !on.volume.is_in_patient() && series.facts.geometry != GeometryVerdict::None {
            let words = format!("no volume: geometry is {}", series.facts.geometry.word());
            write(r.left_top() + vec2(0.0, 2.0 * line), Align2::LEFT_TOP, &words, CAUTION);
        }
        // The frame slider has the last line.
        let bottom = if self.has_slider(on.volume) { r.bottom() - SLIDER } else { r.bottom() };
        if on.pane == Pane::Main || self.hanging.visible().len() == 1 {
            if let Some(window) = self.look.voi.window().filter(|_| !on.volume.is_colour()) {
                let words = format!("W {}  C {}", number(window.width()), number(window.center()));
                write(r.right_top(), Align2::RIGHT_TOP, &words, STRONG);
            }
            let presets = self.rules.protocol().display().presets();
            let preset = match self.preset.filter(|_| !on.volume.is_colour()) {
                Some(Chosen::Protocol(i)) => presets.get(i).map(|p| p.name.as_str()),
                Some(Chosen::Images(i)) => series.image_vois(on.volume.image_at(self.crosshair)).get(i).map(|v| v.name.as_str()),
                None => None,
            };
            let inverted = self.look.shape == tiresias_words::PresentationShape::Inverse;
            let words = [preset, inverted.then_some("inverted")];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            write(r.right_top() + vec2(0.0, line), Align2::RIGHT_TOP, &words.join(" \u{b7} "), TEXT);
            let at = self.hover.unwrap_or(self.crosshair);
            write(pos2(r.left(), bottom), Align2::LEFT_BOTTOM, &place_words(on.volume, at), STRONG);
            if let Some(reading) = on.volume.reading(at) {
                write(pos2(r.left(), bottom - line), Align2::LEFT_BOTTOM, &reading_words(reading, series.unit), STRONG);
            }
        }
        let r = Rect::from_min_max(r.min, pos2(r.right(), bottom));
        self.draw_scale_bar(painter, on, r, scale);
        if !on.volume.is_in_patient() {
            return;
        }
        let [right, down] = [on.plane.right(), on.plane.down()];
        let letter =
            |at: Pos2, anchor, d: Direction| design::image_text(painter, at, anchor, &d.letters(), design::strong(design::NOTE), TEXT);
        letter(pos2(r.center().x, r.top()), Align2::CENTER_TOP, -down);
        letter(pos2(r.center().x, r.bottom()), Align2::CENTER_BOTTOM, down);
        letter(pos2(r.left(), r.center().y), Align2::LEFT_CENTER, -right);
        letter(pos2(r.right(), r.center().y), Align2::RIGHT_CENTER, right);
    }

    fn draw_scale_bar(&self, painter: &egui::Painter, on: &OnScreen<'_>, r: Rect, scale: f32) {
        let unit = on.volume.length_unit();
        if unit == LengthUnit::Pixels {
            return;
        }
        let room = f64::from((r.width() * 0.22).min(160.0) * scale);
        let Some((length, label)) = scale_bar(on.plane.spacing(), room) else { return };
        let width = (length.0 / on.plane.spacing().0) as f32 / scale;
        let (left, right, y) = (r.right() - width, r.right(), r.bottom() - 5.0);
        for ends in
            [[pos2(left, y), pos2(right, y)], [pos2(left, y - 4.0), pos2(left, y + 4.0)], [pos2(right, y - 4.0), pos2(right, y + 4.0)]]
        {
            design::image_line(painter, ends, 1.5, STRONG);
        }
        let label = if unit == LengthUnit::EstimatedMillimetres { format!("{label} (ERMF)") } else { label.to_owned() };
        design::image_text(painter, pos2(right, y - 7.0), Align2::RIGHT_BOTTOM, &label, design::regular(design::SMALL), STRONG);
    }
}

/// Where a point is: in the patient, or on its image.
fn place_words(volume: &ShownVolume, at: PatientPoint) -> String {
    if volume.is_in_patient() {
        return position(at);
    }
    let voxel = volume.geometry().voxel_of(at);
    format!("column {:.0}  row {:.0}", voxel.column, voxel.row)
}

/// A value in words: with its unit, and as SUV where there is one; a colour by its parts.
fn reading_words(reading: Reading, unit: ValueUnit) -> String {
    match reading {
        Reading::Grey { value: v, suv: None } => value(v, unit),
        Reading::Grey { value: v, suv: Some(suv) } => format!("{}   SUV {suv:.2}", value(v, unit)),
        Reading::Colour([r, g, b]) => format!("R {r}  G {g}  B {b}"),
    }
}

/// Two lines with a hole about the point, so that what is pointed at stays visible.
fn crosshair_lines(painter: &egui::Painter, rect: Rect, at: Pos2) {
    // A hole about the point, and room for the letters at the edges.
    let (hole, edge) = (22.0, 30.0);
    let inner = rect.shrink(edge);
    let stroke = Stroke::new(1.0, ACCENT.gamma_multiply(0.55));
    for (from, to) in [(inner.left(), at.x - hole), (at.x + hole, inner.right())] {
        if from < to {
            painter.hline(from..=to, at.y, stroke);
        }
    }
    for (from, to) in [(inner.top(), at.y - hole), (at.y + hole, inner.bottom())] {
        if from < to {
            painter.vline(at.x, from..=to, stroke);
        }
    }
}

/// A sentence where the images would be.
pub(super) fn notice(ui: &Ui, canvas: Rect, title: &str, sentence: Option<&str>) {
    let painter = ui.painter();
    design::text(painter, canvas.center() - vec2(0.0, 14.0), Align2::CENTER_BOTTOM, title, design::regular(design::VALUE), TEXT);
    if let Some(sentence) = sentence {
        let galley = painter.layout(sentence.to_owned(), design::regular(design::BODY), TEXT, canvas.width().min(640.0));
        let at = pos2(canvas.center().x - galley.size().x / 2.0, canvas.center().y);
        painter.galley(at, galley, TEXT);
    }
}

/// A thin line that grows while images load.
pub(super) fn progress(ui: &Ui, rect: Rect, done: f32) {
    let part = Rect::from_min_size(rect.min, vec2(rect.width() * done.clamp(0.0, 1.0), rect.height()));
    ui.painter().rect_filled(part, 0.0, ACCENT);
}
