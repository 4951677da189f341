//! Draws the panes: image, crosshair, marks, letters, corner text, scale bar. Corner text is on the image and nowhere else.

use super::frames::SLIDER;
use super::gestures::OnScreen;
use super::hanging::{Arrangement, At, pixels};
use super::planes::slab_words;
use super::{Focus, Room, Wish, overlays};
use crate::design::{self, ACCENT, CAUTION, STRONG, TEXT};
use crate::panes::{self, PaneCache, RenderPath};
use crate::viewer::View;
use crate::viewer::words_on_image::{number, position, scale_bar, value};
use crate::volume::{Reading, ShownVolume};
use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_cases::LengthUnit;
use tiresias_reads::machine::{Draft, State};
use tiresias_words::{Direction, GeometryVerdict, Mm, PatientPoint, Slab, ValueUnit};

/// Distance of corner text from a pane's edge.
pub(super) const INSET: f32 = 10.0;
/// From one line of corner text to the next.
const LINE: f32 = 16.0;
/// Said on a coarse image.
pub(super) const PREVIEW: &str = "preview";

impl Room {
    /// Draws all panes and takes the pointer's input on them.
    pub(super) fn panes(&mut self, ui: &mut Ui, canvas: Rect, (state, draft): (&State, &Draft), path: RenderPath, wishes: &mut Vec<Wish>) {
        let scale = ui.pixels_per_point();
        let placed = self.hanging.place(canvas, scale);
        let sizes: Vec<_> = placed.iter().map(|(at, rect)| (*at, pixels(*rect, scale))).collect();
        self.hanging.fit(self.rules.protocol().display(), &self.shelf, (pixels(canvas, scale), self.pixel), &sizes);
        self.hover = None;
        let mut responses = Vec::with_capacity(placed.len());
        for (at, rect) in &placed {
            let Some(on) = self.on_screen(*at, *rect, scale) else { continue };
            let response = ui.interact(*rect, ui.scope_id().with(("pane", at.0)), Sense::click_and_drag());
            self.pointer(ui, &response, &on, (state, draft), wishes);
            responses.push((*at, *rect, response));
        }
        self.pay_wheel(ui);
        for shown in self.shelf.all_mut() {
            shown.follow_window();
        }
        // What is under the pointer and what a pane is called is known after all gestures: they move planes, also those of other panes.
        for (at, rect, response) in &responses {
            let (at, rect) = (*at, *rect);
            let Some(on) = self.on_screen(at, rect, scale) else { continue };
            if let Some(pointer) = response.hover_pos() {
                self.hover = Some((at, on.patient_at(pointer)));
                self.follow_sketch(at, on.patient_at(pointer));
            }
            let missing: String = self.missing_beside(&on).iter().map(|words| format!(", {words}")).collect();
            let plane = self.shown(at).map_or("", |(cell, shown)| cell.label(&shown.volume));
            let name = format!("{plane}, {}{missing}", self.slice_words(at));
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name.clone()));
        }
        let sliders: Vec<_> = placed.iter().filter_map(|(at, rect)| Some((*at, self.slider(ui, *at, *rect)?))).collect();
        // Gestures first on all panes, then drawing: every pane shows the same crosshair in the same frame.
        self.take_screen(canvas, &placed, scale);
        for (at, rect) in placed {
            if let Some(on) = self.on_screen(at, rect, scale) {
                self.draw(ui, &on, draft, path);
            }
        }
        for (at, slider) in sliders {
            self.draw_slider(ui, at, &slider);
        }
        for (at, rect, response) in responses {
            if let Some(on) = self.on_screen(at, rect, scale) {
                self.draw_pointer_tools(ui, &on, &response, path);
            }
        }
    }

    fn draw(&mut self, ui: &Ui, on: &OnScreen, draft: &Draft, path: RenderPath) {
        let painter = ui.painter().with_clip_rect(on.rect);
        if !self.without_panes && !self.draw_pane(&painter, on, path) {
            return;
        }
        let Some((_, shown)) = self.shown(on.at) else { return };
        if self.hanging.visible().len() > 1 {
            self.draw_lines(&painter, on);
        }
        if self.overlays {
            overlays::draw(&painter, on, shown, self.is_own_image(on));
        }
        self.draw_ai(&painter, on, draft);
        self.draw_measurements(&painter, on);
        self.draw_pair(&painter, on, draft);
        self.draw_marks(&painter, on, draft);
        if self.words {
            self.corner_text(&painter, on);
        } else {
            // Said whatever words the reader has on the images.
            let said = self.missing_beside(on).into_iter().chain(self.is_preview(on.at).then(|| PREVIEW.to_owned()));
            for (i, words) in said.enumerate() {
                let at = on.rect.shrink(INSET).left_top() + vec2(0.0, i as f32 * LINE);
                design::grounded_text(&painter, at, Align2::LEFT_TOP, &words, design::regular(design::SMALL), CAUTION);
            }
        }
        if self.hanging.focused() == on.at && self.focus == Focus::Image && self.hanging.visible().len() > 1 {
            painter.rect_stroke(on.rect, 0.0, Stroke::new(1.0, ACCENT), StrokeKind::Inside);
        }
    }

    /// Whether a pane shows an image as it was made, and not what was computed from several.
    fn is_own_image(&self, on: &OnScreen) -> bool {
        self.shown(on.at).is_some_and(|(cell, shown)| {
            self.cell_view(on.at).slab == Slab::Thin && cell.forward().dot(shown.volume.geometry().normal()).abs() > 1.0 - 1e-9
        })
    }

    /// The image of a pane; false when a sentence stands in its place.
    fn draw_pane(&mut self, painter: &egui::Painter, on: &OnScreen, path: RenderPath) -> bool {
        let Some((_, shown)) = self.shown(on.at) else { return false };
        let has = self.cell_view(on.at);
        let volume = Arc::clone(&shown.volume);
        let in_stack = self.is_own_image(on);
        let say = |sentence: &str, colour| {
            design::text(painter, on.rect.center(), Align2::CENTER_CENTER, sentence, design::regular(design::NOTE), colour);
            false
        };
        if !volume.can_show(shown.at(), in_stack) {
            return say("loading\u{2026}", design::DIM);
        }
        let spec = shown.spec(on.plane, pixels(on.rect, on.scale), has.slab, has.is_inverted);
        let Some(cache) = self.caches.get_mut(on.at.0) else { return false };
        match cache.content(&volume, &spec, path, painter.ctx()) {
            Ok(content) => {
                panes::paint(painter, on.rect, on.at.0, content);
                true
            }
            Err(e) => say(&e.to_string(), TEXT),
        }
    }

    /// The slice or image that a place of a series lies on, as the first pane of it counts; `None` where no pane shows it.
    pub(super) fn lies_on(&self, series: usize, at: PatientPoint) -> Option<String> {
        let of_series = |c: &At| self.hanging.cell(*c).is_some_and(|c| c.series == series);
        let first = self.hanging.visible().into_iter().find(of_series)?;
        let (cell, shown) = self.shown(first)?;
        let number = self.view(first, cell).slice_position(shown.volume.geometry(), at).number;
        Some(format!("{} {number}", if shown.volume.is_in_patient() { "slice" } else { "image" }))
    }

    fn slice_words(&self, at: At) -> String {
        let (Some((_, shown)), Some(place)) = (self.shown(at), self.slice_position(at)) else { return String::new() };
        if shown.volume.is_in_patient() {
            format!("slice {} of {} \u{b7} {:.1} mm", place.number, place.of, place.spacing.0)
        } else {
            format!("image {} of {}", place.number, place.of)
        }
    }

    /// What is missing beside the image that a pane shows: a plane through the gap is hatched there, and an image tells nothing of it.
    fn missing_beside(&self, on: &OnScreen) -> Vec<String> {
        let Some((cell, shown)) = self.shown(on.at).filter(|_| self.is_own_image(on)) else { return Vec::new() };
        missing_words(shown.volume.geometry().missing_beside(cell.looks_at(shown)))
    }

    fn corner_text(&self, painter: &egui::Painter, on: &OnScreen) {
        let Some((cell, shown)) = self.shown(on.at) else { return };
        let volume = &shown.volume;
        let r = on.rect.shrink(INSET);
        let series = volume.series();
        let write = |at: Pos2, anchor: Align2, words: &str, colour: Color32| {
            let font = design::regular(design::SMALL);
            // What nobody must overlook is read on white tissue and across a crosshair too.
            if colour == CAUTION {
                design::grounded_text(painter, at, anchor, words, font, colour)
            } else {
                design::image_text(painter, at, anchor, words, font, colour)
            }
        };
        let mut left: Vec<_> = self.whose_words(on.at).into_iter().collect();
        left.extend([(format!("{} \u{b7} {}", series.facts.role, cell.label(volume)), STRONG), (self.slice_words(on.at), TEXT)]);
        if !volume.is_in_patient() && series.facts.geometry != GeometryVerdict::None {
            left.push((format!("no volume: geometry is {}", series.facts.geometry.word()), CAUTION));
        }
        left.extend(self.missing_beside(on).into_iter().map(|w| (w, CAUTION)));
        left.extend(slab_words(self.cell_view(on.at).slab).map(|w| (w, CAUTION)));
        if self.is_preview(on.at) {
            left.push((PREVIEW.to_owned(), CAUTION));
        }
        let is_hatched = self.caches.get(on.at.0).is_some_and(PaneCache::touches_gap);
        if is_hatched {
            left.push(("hatched: slices are missing there".to_owned(), CAUTION));
        }
        for (i, (words, colour)) in left.into_iter().enumerate() {
            write(r.left_top() + vec2(0.0, i as f32 * LINE), Align2::LEFT_TOP, &words, colour);
        }
        let mut right = Vec::new();
        if self.tells_window(on.at) {
            if let Some(window) = shown.look.voi.window().filter(|_| !volume.is_colour()) {
                right.push((format!("W {}  C {}", number(window.width()), number(window.center())), STRONG));
            }
            let name = shown.window_name(self.rules.protocol().display());
            let words: Vec<&str> = name.into_iter().chain(self.cell_view(on.at).is_inverted.then_some("inverted")).collect();
            right.push((words.join(" \u{b7} "), TEXT));
        }
        right.push((zoom_words(on, volume, self.pixel), TEXT));
        for (i, (words, colour)) in right.into_iter().enumerate() {
            write(r.right_top() + vec2(0.0, i as f32 * LINE), Align2::RIGHT_TOP, &words, colour);
        }
        // The frame slider has the last line.
        let bottom = if volume.has_slider() { r.bottom() - SLIDER } else { r.bottom() };
        if self.tells_window(on.at) {
            let hovered = self.hover.filter(|(at, _)| self.hanging.cell(*at).is_some_and(|c| c.series == cell.series));
            // Beside a single image there is no place that could be named.
            let is_place = |p: PatientPoint| volume.is_in_patient() || volume.geometry().contains(volume.geometry().voxel_of(p));
            let hovered = hovered.filter(|(_, point)| is_place(*point));
            let at = hovered.map_or_else(|| shown.at(), |(_, point)| point);
            write(pos2(r.left(), bottom), Align2::LEFT_BOTTOM, &place_words(volume, at), STRONG);
            if let Some(reading) = volume.reading(at) {
                write(pos2(r.left(), bottom - LINE), Align2::LEFT_BOTTOM, &reading_words(reading, series.unit), STRONG);
            }
        }
        let r = Rect::from_min_max(r.min, pos2(r.right(), bottom));
        draw_scale_bar(painter, on, volume, r);
        let [right, down] = [on.plane.right(), on.plane.down()];
        let letter = |at: Pos2, anchor, d: Direction| {
            if let Some(letters) = side_letters(volume, d) {
                let font = design::strong(design::NOTE);
                if is_hatched {
                    design::grounded_text(painter, at, anchor, &letters, font, TEXT);
                } else {
                    design::image_text(painter, at, anchor, &letters, font, TEXT);
                }
            }
        };
        letter(pos2(r.center().x, r.top()), Align2::CENTER_TOP, -down);
        letter(pos2(r.center().x, r.bottom()), Align2::CENTER_BOTTOM, down);
        letter(pos2(r.left(), r.center().y), Align2::LEFT_CENTER, -right);
        letter(pos2(r.right(), r.center().y), Align2::RIGHT_CENTER, right);
    }

    /// Whether a pane shows a coarse image until there is time for the image itself.
    fn is_preview(&self, at: At) -> bool {
        self.caches.get(at.0).is_some_and(PaneCache::is_preview)
    }

    /// Whether a pane tells the window and the value: the first one of its series does, for all of them; two reads beside each other do each for itself.
    fn tells_window(&self, at: At) -> bool {
        if matches!(self.hanging.arrangement(), Some(Arrangement::Beside(_))) {
            return true;
        }
        let series = |at: At| self.hanging.cell(at).map(|c| c.series);
        self.hanging.visible().into_iter().find(|other| series(*other) == series(at)) == Some(at)
    }
}

fn draw_scale_bar(painter: &egui::Painter, on: &OnScreen, volume: &ShownVolume, r: Rect) {
    let unit = volume.length_unit();
    if unit == LengthUnit::Pixels {
        return;
    }
    let room = f64::from((r.width() * 0.22).min(160.0) * on.scale);
    let Some((length, label)) = scale_bar(on.plane.spacing(), room) else { return };
    let width = (length.0 / on.plane.spacing().0) as f32 / on.scale;
    let (left, right, y) = (r.right() - width, r.right(), r.bottom() - 5.0);
    for ends in [[pos2(left, y), pos2(right, y)], [pos2(left, y - 4.0), pos2(left, y + 4.0)], [pos2(right, y - 4.0), pos2(right, y + 4.0)]]
    {
        design::image_line(painter, ends, 1.5, STRONG);
    }
    let label = if unit == LengthUnit::EstimatedMillimetres { format!("{label} (ERMF)") } else { label.to_owned() };
    design::image_text(painter, pos2(right, y - 7.0), Align2::RIGHT_BOTTOM, &label, design::regular(design::SMALL), STRONG);
}

/// The letters of a side: from the direction, or of single images from what their files say; `None` where nobody knows.
fn side_letters(volume: &ShownVolume, d: Direction) -> Option<String> {
    if volume.is_in_patient() {
        return Some(d.letters());
    }
    let sides = volume.sides()?;
    let along = [(volume.geometry().row_direction(), sides.rows()), (volume.geometry().column_direction(), sides.columns())];
    let (axis, letters) = along.into_iter().find(|(axis, _)| axis.dot(d).abs() > 0.99)?;
    let opposite = |c: char| "AP RL HF PA LR FH".split(' ').find_map(|pair| pair.strip_prefix(c));
    Some(if axis.dot(d) > 0.0 { letters.to_owned() } else { letters.chars().filter_map(opposite).collect() })
}

/// How many pixels of the screen an image's pixel takes; and whether a millimetre is a millimetre, on a screen that was measured.
fn zoom_words(on: &OnScreen, volume: &ShownVolume, pixel: Option<Mm>) -> String {
    let is_same = |ratio: f64| (ratio - 1.0).abs() < 5e-4;
    let factor = View::native_spacing(volume.geometry()).0 / on.plane.spacing().0;
    let factor = if is_same(factor) { "1:1".to_owned() } else { format!("\u{d7}{factor:.2}") };
    match (volume.length_unit(), pixel) {
        (LengthUnit::Millimetres, Some(pixel)) if is_same(pixel.0 / on.plane.spacing().0) => format!("true size \u{b7} {factor}"),
        (LengthUnit::EstimatedMillimetres, Some(pixel)) if is_same(pixel.0 / on.plane.spacing().0) => {
            format!("true size (ERMF) \u{b7} {factor}")
        }
        _ => factor,
    }
}

/// How many slices are missing before and after the one that is shown: a line each, for panes that are not wider.
fn missing_words([before, after]: [u32; 2]) -> Vec<String> {
    let say = |n: u32, side: &str| match n {
        0 => None,
        1 => Some(format!("1 slice is missing {side} this")),
        n => Some(format!("{n} slices are missing {side} this")),
    };
    [say(before, "before"), say(after, "after")].into_iter().flatten().collect()
}

/// Where a point is: in the patient, or on its image.
fn place_words(volume: &ShownVolume, at: PatientPoint) -> String {
    if volume.is_in_patient() {
        return position(at);
    }
    let voxel = volume.geometry().voxel_of(at);
    // Half of the first pixel lies before its middle: that is column 0 too, and not "-0".
    let [column, row] = [voxel.column, voxel.row].map(|at| number(at.round_ties_even()));
    format!("column {column}  row {row}")
}

/// A value in words: with its unit, and as SUV where there is one; a colour by its parts.
pub(super) fn reading_words(reading: Reading, unit: ValueUnit) -> String {
    match reading {
        Reading::Grey { value: v, suv: None } => value(v, unit),
        Reading::Grey { value: v, suv: Some(suv) } => format!("{}   SUV {suv:.2}", value(v, unit)),
        Reading::Colour([r, g, b]) => format!("R {r}  G {g}  B {b}"),
    }
}

/// What is done before there are images.
pub(super) fn notice(ui: &Ui, canvas: Rect, words: &str) {
    let at = canvas.center() - vec2(0.0, 14.0);
    design::text(ui.painter(), at, Align2::CENTER_BOTTOM, words, design::regular(design::VALUE), TEXT);
}
