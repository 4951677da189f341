//! A rating scale: click or drag to place, digits are typed elsewhere. No value until the reader gives one; anchors always in sight.

use crate::design::{self, ACCENT, CAUTION, DIM, LINE, STRONG, TEXT};
use egui::{Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

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

/// Draws a scale and says what the pointer did.
pub(crate) fn scale(ui: &mut Ui, width: f32, look: &ScaleLook<'_>) -> Option<Placed> {
    let (low, high) = (*look.range.start(), *look.range.end());
    let anchor = |words: String, room| ui.painter().layout(words, design::regular(design::SMALL), TEXT, room);
    let words = [format!("{low} {}", look.low), format!("{} {high}", look.high)];
    let one_line = words.iter().map(|w| anchor(w.clone(), f32::INFINITY).size().x).sum::<f32>() + 12.0 <= width;
    // Anchors that have no room beside each other wrap, each in its half.
    let anchors = words.map(|w| anchor(w, if one_line { width } else { width / 2.0 - 6.0 }));
    let below = anchors.iter().map(|a| a.size().y).fold(0.0, f32::max);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0 + below.max(16.0)), Sense::click_and_drag());
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(true, f64::from(look.value.unwrap_or(low)), look.name);
        if look.value.is_none() {
            info.value = None;
        }
        info
    });
    let track = Rect::from_min_max(pos2(rect.left() + 1.0, rect.top() + 4.0), pos2(rect.right() - 1.0, rect.top() + 20.0));
    let steps = f64::from(high - low).max(1.0);
    let at = |v: i32| track.left() + track.width() * (f64::from(v - low) / steps) as f32;
    let pointed = response.interact_pointer_pos().map(|p| {
        let part = f64::from(((p.x - track.left()) / track.width()).clamp(0.0, 1.0));
        low + (part * steps).round() as i32
    });
    let painter = ui.painter();
    let middle = track.center().y;
    let line = if look.focused { ACCENT } else { DIM };
    painter.hline(track.x_range(), middle, Stroke::new(1.0, line));
    let ticks = (high - low).clamp(1, 10);
    for i in 0..=ticks {
        let x = track.left() + track.width() * i as f32 / ticks as f32;
        let long = i == 0 || i == ticks;
        painter.vline(
            x,
            middle - if long { 6.0 } else { 4.0 }..=middle + if long { 6.0 } else { 4.0 },
            Stroke::new(1.0, if long { line } else { LINE }),
        );
    }
    let shown = if response.dragged() || response.is_pointer_button_down_on() { pointed.or(look.value) } else { look.value };
    if let Some(v) = shown {
        painter.vline(at(v), track.y_range(), Stroke::new(3.0, STRONG));
    } else if response.hovered()
        && let Some(p) = response.hover_pos()
    {
        painter.vline(p.x.clamp(track.left(), track.right()), track.y_range(), Stroke::new(1.0, CAUTION));
    }
    let [left, right] = anchors;
    let top = rect.top() + 28.0 + (16.0 - below).max(0.0);
    let right_at = pos2(rect.right() - right.size().x, top);
    painter.galley(pos2(rect.left(), top), left, TEXT);
    painter.galley(right_at, right, TEXT);
    if response.drag_stopped() || response.clicked() {
        return pointed.map(Placed::Given);
    }
    if response.dragged() { pointed.map(Placed::Moving) } else { None }
}
