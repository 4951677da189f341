//! Things to press: the one primary action, quiet links, rows of choices, rows of a list, tools of the rail.

use crate::controls::icon::{self, Icon};
use crate::design::{self, ACCENT, ACTION, DIM, LINE, RADIUS, RAISED, STRONG, TEXT};
use egui::{Align2, Color32, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

/// Between a choice's words and its edge.
const CHOICE_INSET: f32 = 8.0;

/// Between the words of a row and its frame.
const ROW_INSET: f32 = 12.0;

/// More choices than this are a long list.
const MANY: usize = 4;

/// The least and the greatest height of a tool of the rail.
pub(crate) const TOOL: [f32; 2] = [34.0, 44.0];
/// Between a low tool's bottom and its icon's middle: below the icon its key has room, and none beside.
const ICON: f32 = 23.4;

/// The key that does the same, shown in a small cap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a>(pub &'a str);

/// The one primary action of a screen. A disabled one stays readable: it says what will be possible.
pub(crate) fn action(ui: &mut Ui, size: Vec2, label: &str, key: Option<Key<'_>>, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    let fill = match (enabled, response.hovered()) {
        (false, _) => RAISED,
        (true, false) => ACTION,
        (true, true) => ACTION.gamma_multiply(1.25),
    };
    let colour = if enabled { STRONG } else { TEXT.gamma_multiply(design::DISABLED) };
    let painter = ui.painter();
    painter.rect_filled(rect, RADIUS, fill);
    let galley = painter.layout_no_wrap(label.to_owned(), design::strong(design::BODY), colour);
    let cap = key.map(|k| painter.layout_no_wrap(k.0.to_owned(), design::regular(design::SMALL), colour));
    let cap_width = cap.as_ref().map_or(0.0, |c| c.size().x + 12.0 + 10.0);
    let left = rect.center().x - (galley.size().x + cap_width) / 2.0;
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley.clone(), colour);
    if let Some(cap) = cap {
        let size = cap.size() + vec2(12.0, 4.0);
        let at = pos2(left + galley.size().x + 10.0, rect.center().y - size.y / 2.0);
        let frame = Rect::from_min_size(at, size);
        design::key_cap(painter, frame, colour);
        painter.galley(frame.min + vec2(6.0, 2.0), cap, colour);
    }
    focus(ui, &response, rect);
    response
}

/// A quiet thing to press, no more than its words.
pub(crate) fn link(ui: &mut Ui, label: &str, colour: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(label.to_owned(), design::regular(design::NOTE), colour);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(0.0, 8.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let colour = if response.hovered() { STRONG } else { colour };
    ui.painter().galley_with_override_text_color(rect.min + vec2(0.0, 4.0), galley, colour);
    focus(ui, &response, rect.expand(3.0));
    response
}

/// A row of a list with a title and a second line; the whole row can be pressed, and its frame tells it from prose.
pub(crate) fn entry_row(ui: &mut Ui, width: f32, title: &str, note: &str, selected: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 56.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, title));
    if selected || response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, RAISED);
    }
    ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, LINE), StrokeKind::Inside);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    // A folder's path may be longer than the row.
    let room = width - 2.0 * ROW_INSET;
    let title = design::shortened(&painter, title, design::regular(design::BODY), STRONG, room);
    painter.galley(rect.min + vec2(ROW_INSET, 9.0), title, STRONG);
    let note = design::shortened(&painter, note, design::regular(design::NOTE), TEXT, room);
    painter.galley(rect.min + vec2(ROW_INSET, 31.0), note, TEXT);
    focus(ui, &response, rect);
    response
}

/// What can be taken of a row of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// At most one.
    One,
    /// Any.
    Several,
}

/// Choices, side by side where their words have room, else one below the other; returns the index that was pressed.
pub(crate) fn choices(
    ui: &mut Ui,
    width: f32,
    question: &str,
    labels: &[String],
    (take, taken): (Take, &[usize]),
    focused: bool,
) -> Option<usize> {
    let each = width / labels.len().max(1) as f32;
    // Measured in the wider face, so that nothing moves when a choice is taken.
    let wide = |label: &String, room| ui.painter().layout(label.clone(), design::strong(design::NOTE), STRONG, room);
    let beside = labels.iter().all(|label| wide(label, f32::INFINITY).size().x <= each - 2.0 * CHOICE_INSET);
    let room = if beside { each } else { width } - 2.0 * CHOICE_INSET;
    // Long lists stand closer together, so that a form has them on one screen.
    let inset = if labels.len() > MANY { 10.0 } else { 14.0 };
    let heights: Vec<f32> = labels.iter().map(|label| wide(label, room).size().y.max(16.0) + inset).collect();
    let height = if beside { 34.0 } else { heights.iter().sum() };
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let mut pressed = None;
    let mut top = rect.top();
    for (i, label) in labels.iter().enumerate() {
        let cell = if beside {
            Rect::from_min_size(rect.min + vec2(each * i as f32, 0.0), vec2(each, height))
        } else {
            Rect::from_min_size(pos2(rect.left(), top), vec2(width, heights[i]))
        };
        top = cell.bottom();
        let response = ui.interact(cell, ui.scope_id().with((question, i)), Sense::click());
        let is_taken = taken.contains(&i);
        let role = if take == Take::One { Role::RadioButton } else { Role::CheckBox };
        response.widget_info(|| WidgetInfo::selected(role, true, is_taken, format!("{question} {label}")));
        if response.clicked() {
            pressed = Some(i);
        }
        let painter = ui.painter();
        if is_taken || response.hovered() {
            painter.rect_filled(cell.shrink(1.0), RADIUS - 1.0, if is_taken { ACTION } else { RAISED });
        }
        let (font, colour) = if is_taken { (design::strong(design::NOTE), STRONG) } else { (design::regular(design::NOTE), TEXT) };
        let words = painter.layout(label.clone(), font, colour, room);
        let left = if beside { cell.center().x - words.size().x / 2.0 } else { cell.left() + CHOICE_INSET };
        painter.galley(pos2(left, cell.center().y - words.size().y / 2.0), words, colour);
        if i > 0 && beside {
            painter.vline(cell.left(), cell.shrink(1.0).y_range(), Stroke::new(1.0, LINE));
        } else if i > 0 {
            painter.hline(cell.shrink(1.0).x_range(), cell.top(), Stroke::new(1.0, LINE));
        }
        focus(ui, &response, cell);
    }
    let frame = if focused { ACCENT } else { LINE };
    ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, frame), StrokeKind::Inside);
    pressed
}

/// A tool of the rail: icon over its key, as high as the style's interactive things are.
pub(crate) fn tool(ui: &mut Ui, which: Icon, key: &str, name: &str, active: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(design::RAIL - 8.0, ui.spacing().interact_size.y), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, active, name));
    if active || response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, RAISED);
    }
    if active {
        let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        ui.painter().rect_filled(bar, 0.0, ACCENT);
    }
    let colour = if active { STRONG } else { TEXT };
    // What it is higher than it must be stands above the icon, and below the icon and the key.
    let air = ((rect.height() - TOOL[0]) * 0.2).max(0.0);
    icon::draw(ui.painter(), which, pos2(rect.center().x, rect.bottom() - 2.0 * air - ICON), colour);
    ui.painter().text(pos2(rect.center().x, rect.bottom() - air), Align2::CENTER_BOTTOM, key, design::mono(design::SMALL), DIM);
    focus(ui, &response, rect);
    let hint = if key.is_empty() { name.to_owned() } else { format!("{name} ({key})") };
    response.on_hover_text(hint)
}

fn focus(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        design::focus_outline(ui.painter(), rect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, Shape};

    /// They were told from prose only when somebody pointed at them.
    #[test]
    fn a_row_has_a_frame_before_anybody_points_at_it_and_its_words_stand_in_it() {
        let context = Context::default();
        design::install(&context);
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(800.0, 200.0))), ..RawInput::default() };
        let path = "a/path/that/is/longer/than/the/row".repeat(4);
        let mut place = Rect::NOTHING;
        let mut output = context.run_ui(input, |ui| place = entry_row(ui, 360.0, "A study", &path, false).rect);
        // Nothing is painted here.
        output.textures_delta.clear();
        let (mut frames, mut words) = (0, Vec::new());
        for shape in output.shapes.iter().map(|clipped| &clipped.shape) {
            match shape {
                Shape::Rect(r) if r.rect == place && r.stroke == Stroke::new(1.0, LINE) => frames += 1,
                Shape::Text(text) => words.push(text.visual_bounding_rect()),
                _ => {}
            }
        }
        assert_eq!((frames, words.len()), (1, 2));
        assert!(words.iter().all(|ink| place.shrink(4.0).contains_rect(*ink)), "{words:?} in {place:?}");
    }

    #[test]
    fn no_key_of_the_rail_runs_into_its_icon() {
        let context = Context::default();
        design::install(&context);
        for height in [TOOL[0], 38.0, TOOL[1]] {
            for (which, key) in [(Icon::Rest, "F9"), (Icon::Help, "?"), (Icon::Invert, "i"), (Icon::Layout, "g"), (Icon::Pan, "PgDn")] {
                let mut place = Rect::NOTHING;
                let screen = Rect::from_min_size(Pos2::ZERO, vec2(200.0, 200.0));
                let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
                let mut output = context.run_ui(input, |ui| {
                    ui.spacing_mut().interact_size.y = height;
                    place = tool(ui, which, key, "a tool", false).rect;
                });
                // Nothing is painted here.
                output.textures_delta.clear();
                let is_key = |s: &Shape| matches!(s, Shape::Text(text) if text.galley.text() == key && text.fallback_color == DIM);
                let ink = |of_key: bool| {
                    let shapes = output.shapes.iter().map(|clipped| &clipped.shape).filter(|s| is_key(s) == of_key);
                    shapes.map(Shape::visual_bounding_rect).filter(Rect::is_positive).reduce(Rect::union).expect("something is drawn")
                };
                let (icon, letters) = (ink(false), ink(true));
                assert!(icon.bottom() + 0.5 < letters.top(), "{key} at {height}: {icon:?} above {letters:?}");
                assert!(
                    place.contains_rect(icon) && place.contains_rect(letters),
                    "{key} at {height}: {icon:?} and {letters:?} in {place:?}"
                );
            }
        }
    }
}
