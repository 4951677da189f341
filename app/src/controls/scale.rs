//! A rating scale: click or drag to place, digits are typed elsewhere. No value until the reader gives one; anchors always in sight.
//!
//! Long scales are a line with a knob. Short ones are cells beside each other, or, where every number has words, rows below each other.

use crate::design::{self, ACCENT, ACTION, CAUTION, DIM, LINE, RADIUS, RAISED, STRONG, TEXT};
use egui::{Align2, Galley, Painter, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Up to so many steps a scale has a cell for each number.
const SHORT: i32 = 10;
/// Height of the line with the knob, and of a row of cells.
const TRACK: f32 = 28.0;
const CELLS: f32 = 34.0;
/// Height of one line of a row.
const ROW: f32 = 30.0;
/// Before the words of a row.
const NUMBER: f32 = 28.0;

/// How a scale is drawn.
#[derive(Debug)]
pub(crate) struct ScaleLook<'a> {
    /// What is asked, for a screen reader.
    pub name: &'a str,
    /// Lowest and highest value.
    pub range: RangeInclusive<i32>,
    /// What the lowest value means.
    pub low: &'a str,
    /// What the highest value means.
    pub high: &'a str,
    /// What values between mean, ascending.
    pub anchors: &'a [(i32, String)],
    /// The value given, if any.
    pub value: Option<i32>,
    /// The keyboard writes here.
    pub focused: bool,
}

/// What the pointer did to a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The knob is under a pressed button: shown, not yet given.
    Moving(i32),
    /// The button was released: this is the answer.
    Given(i32),
}

impl ScaleLook<'_> {
    const fn low_end(&self) -> i32 {
        *self.range.start()
    }
    const fn high_end(&self) -> i32 {
        *self.range.end()
    }
    const fn steps(&self) -> i32 {
        self.high_end().saturating_sub(self.low_end())
    }
    /// What a number means, where somebody says.
    fn words(&self, value: i32) -> Option<&str> {
        let between = || self.anchors.iter().find(|(at, _)| *at == value).map(|(_, words)| words.as_str());
        match value {
            v if v == self.low_end() => Some(self.low),
            v if v == self.high_end() => Some(self.high),
            _ => between(),
        }
    }
}

/// Draws a scale and says what the pointer did.
pub(crate) fn scale(ui: &mut Ui, width: f32, look: &ScaleLook<'_>) -> Option<Placed> {
    let is_short = look.steps() <= SHORT;
    if is_short && look.range.clone().all(|v| look.words(v).is_some()) { rows(ui, width, look) } else { line(ui, width, look, is_short) }
}

/// Numbers with their words, below each other.
fn rows(ui: &mut Ui, width: f32, look: &ScaleLook<'_>) -> Option<Placed> {
    let words: Vec<(i32, Arc<Galley>)> = look
        .range
        .clone()
        .map(|v| {
            (
                v,
                ui.painter().layout(
                    look.words(v).unwrap_or_default().to_owned(),
                    design::regular(design::NOTE),
                    TEXT,
                    width - NUMBER - 8.0,
                ),
            )
        })
        .collect();
    let heights: Vec<f32> = words.iter().map(|(_, w)| w.size().y.max(16.0) + ROW - 16.0).collect();
    let (rect, response) = place(ui, vec2(width, heights.iter().sum()), look);
    let mut bottoms = Vec::with_capacity(heights.len());
    for height in &heights {
        bottoms.push(bottoms.last().copied().unwrap_or(rect.top()) + height);
    }
    let at = |p: Pos2| {
        let row = bottoms.iter().position(|bottom| p.y < *bottom).unwrap_or(bottoms.len().saturating_sub(1));
        look.low_end() + row as i32
    };
    let shown = shown(&response, look, at);
    let hovered = response.hover_pos().map(at);
    for ((v, words), (height, bottom)) in words.into_iter().zip(heights.into_iter().zip(&bottoms)) {
        let row = Rect::from_min_max(pos2(rect.left(), bottom - height), pos2(rect.right(), *bottom));
        cell(ui.painter(), row, v, (shown, hovered), Align2::LEFT_CENTER);
        ui.painter().galley(
            pos2(row.left() + NUMBER, row.center().y - words.size().y / 2.0),
            words,
            if shown == Some(v) { STRONG } else { TEXT },
        );
        if v != look.low_end() {
            ui.painter().hline(row.shrink(1.0).x_range(), row.top(), Stroke::new(1.0, LINE));
        }
    }
    frame(ui, rect, look);
    placed(&response, at)
}

/// A line with a knob, or a row of cells; what numbers mean stands below.
fn line(ui: &mut Ui, width: f32, look: &ScaleLook<'_>, is_short: bool) -> Option<Placed> {
    let height = if is_short { CELLS + 6.0 } else { TRACK };
    let each = width / (look.steps() + 1) as f32;
    let steps = f64::from(look.steps()).max(1.0);
    let across = |v: i32| {
        if is_short {
            (v - look.low_end()) as f32 * each + each / 2.0
        } else {
            1.0 + (width - 2.0) * (f64::from(v - look.low_end()) / steps) as f32
        }
    };
    let (below, words) = meanings(ui.painter(), width, look, across);
    let (rect, response) = place(ui, vec2(width, height + below), look);
    let at = |p: Pos2| {
        let part = f64::from(((p.x - rect.left() - 1.0) / (width - 2.0)).clamp(0.0, 1.0));
        let number = if is_short { (part * (steps + 1.0)).floor().min(steps) } else { (part * steps).round() };
        look.low_end() + number as i32
    };
    let shown = shown(&response, look, at);
    if is_short {
        let hovered = response.hover_pos().map(at);
        let cells = Rect::from_min_size(rect.min, vec2(width, CELLS));
        for v in look.range.clone() {
            let one = Rect::from_center_size(pos2(rect.left() + across(v), cells.center().y), vec2(each, CELLS));
            cell(ui.painter(), one, v, (shown, hovered), Align2::CENTER_CENTER);
            if v != look.low_end() {
                ui.painter().vline(one.left(), one.shrink(1.0).y_range(), Stroke::new(1.0, LINE));
            }
        }
        frame(ui, cells, look);
    } else {
        let track = Rect::from_min_max(pos2(rect.left() + 1.0, rect.top() + 4.0), pos2(rect.right() - 1.0, rect.top() + 20.0));
        knob(ui.painter(), track, look, (shown, &response), across, rect.left());
    }
    for (by, galley) in words {
        ui.painter().galley(rect.min + vec2(0.0, height) + by, galley, TEXT);
    }
    placed(&response, at)
}

fn knob(
    painter: &Painter,
    track: Rect,
    look: &ScaleLook<'_>,
    (shown, response): (Option<i32>, &Response),
    across: impl Fn(i32) -> f32,
    left: f32,
) {
    let middle = track.center().y;
    let line = if look.focused { ACCENT } else { DIM };
    painter.hline(track.x_range(), middle, Stroke::new(1.0, line));
    let ticks = look.steps().clamp(1, 10);
    for i in 0..=ticks {
        let x = track.left() + track.width() * i as f32 / ticks as f32;
        let is_end = i == 0 || i == ticks;
        let reach = if is_end { 6.0 } else { 4.0 };
        painter.vline(x, middle - reach..=middle + reach, Stroke::new(1.0, if is_end { line } else { DIM }));
    }
    for (v, _) in look.anchors {
        painter.vline(left + across(*v), middle - 6.0..=middle + 6.0, Stroke::new(1.0, DIM));
    }
    if let Some(v) = shown {
        painter.vline(left + across(v), track.y_range(), Stroke::new(3.0, STRONG));
    } else if response.hovered()
        && let Some(p) = response.hover_pos()
    {
        painter.vline(p.x.clamp(track.left(), track.right()), track.y_range(), Stroke::new(1.0, CAUTION));
    }
}

/// What stands below a scale: the ends beside each other, each in its half where both have no room, then what lies between, each under its number.
fn meanings(painter: &Painter, width: f32, look: &ScaleLook<'_>, across: impl Fn(i32) -> f32) -> (f32, Vec<(Vec2, Arc<Galley>)>) {
    let write = |words: String, room| painter.layout(words, design::regular(design::SMALL), TEXT, room);
    let ends = [format!("{} {}", look.low_end(), look.low), format!("{} {}", look.high, look.high_end())];
    let one_line = ends.iter().map(|w| write(w.clone(), f32::INFINITY).size().x).sum::<f32>() + 12.0 <= width;
    let [left, right] = ends.map(|w| write(w, if one_line { width } else { width / 2.0 - 6.0 }));
    let mut below = left.size().y.max(right.size().y).max(16.0);
    let mut words = vec![(vec2(0.0, 0.0), left), (Vec2::ZERO, right)];
    if let Some((by, right)) = words.last_mut() {
        by.x = width - right.size().x;
    }
    // A line of its own for what lies between; a further one where two would touch.
    let (mut top, mut free_from) = (below, 0.0);
    for (v, meaning) in look.anchors {
        let galley = write(format!("{v} {meaning}"), width);
        let size = galley.size();
        let x = (across(*v) - size.x / 2.0).clamp(0.0, (width - size.x).max(0.0));
        if x < free_from {
            top = below;
        }
        free_from = x + size.x + 12.0;
        below = below.max(top + size.y);
        words.push((vec2(x, top), galley));
    }
    (below, words)
}

fn place(ui: &mut Ui, size: Vec2, look: &ScaleLook<'_>) -> (Rect, Response) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, f64::from(look.value.unwrap_or(look.low_end())), look.name);
        if look.value.is_none() {
            info.value = None;
        }
        info
    });
    (rect, response)
}

/// The number that is drawn as taken: under the pressed button, else the one that was given.
fn shown(response: &Response, look: &ScaleLook<'_>, at: impl Fn(Pos2) -> i32) -> Option<i32> {
    let held = response.dragged() || response.is_pointer_button_down_on();
    response.interact_pointer_pos().filter(|_| held).map(at).or(look.value)
}

fn placed(response: &Response, at: impl Fn(Pos2) -> i32) -> Option<Placed> {
    let pointed = response.interact_pointer_pos().map(at);
    if response.drag_stopped() || response.clicked() {
        return pointed.map(Placed::Given);
    }
    if response.dragged() { pointed.map(Placed::Moving) } else { None }
}

/// One number of a short scale.
fn cell(painter: &Painter, rect: Rect, v: i32, (shown, hovered): (Option<i32>, Option<i32>), anchor: Align2) {
    let is_taken = shown == Some(v);
    if is_taken || hovered == Some(v) {
        painter.rect_filled(rect.shrink(1.0), RADIUS - 1.0, if is_taken { ACTION } else { RAISED });
    }
    let (font, colour) = if is_taken { (design::strong(design::NOTE), STRONG) } else { (design::regular(design::NOTE), TEXT) };
    let at = if anchor == Align2::LEFT_CENTER { rect.left_center() + vec2(10.0, 0.0) } else { rect.center() };
    design::text(painter, at, anchor, v, font, colour);
}

fn frame(ui: &Ui, rect: Rect, look: &ScaleLook<'_>) {
    let colour = if look.focused { ACCENT } else { LINE };
    ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, colour), StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, RawInput, Shape};

    #[test]
    fn the_tenths_of_a_long_scale_are_seen() {
        let context = Context::default();
        design::install(&context);
        let look = ScaleLook { name: "a scale", range: 0..=100, low: "absent", high: "present", anchors: &[], value: None, focused: true };
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(336.0, 200.0))), ..RawInput::default() };
        let mut output = context.run_ui(input, |ui| {
            scale(ui, 300.0, &look);
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        let of = |colour| {
            let is_tick = |s: &Shape| matches!(s, Shape::LineSegment { points: [a, b], stroke } if (a.x - b.x).abs() < 0.01 && stroke.color == colour);
            output.shapes.iter().filter(|clipped| is_tick(&clipped.shape)).count()
        };
        // Separations are drawn in a colour that is hardly there.
        assert_eq!((of(ACCENT), of(DIM), of(LINE)), (2, 9, 0));
    }
}
