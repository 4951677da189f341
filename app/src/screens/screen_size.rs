//! The page on which a person measures their screen: a thing whose size is known is held to it, and an outline made as large.
//!
//! Refuses: a measure of a screen that the system does not name.

use super::line;
use crate::controls::{self, Key as Cap};
use crate::design::{self, ACCENT, CAUTION, DIM, LINE, STRONG, TEXT};
use crate::keys::Chord;
use crate::monitor::{Measured, Monitor};
use crate::settings::Settings;
use egui::{Align2, Key, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_words::Mm;

/// What is held to the screen: its name, width and height. The card is ISO/IEC 7810 ID-1.
const KNOWN: [(&str, Mm, Mm); 2] = [("a bank card, 85.6 mm", Mm(85.6), Mm(53.98)), ("a ruler, 200 mm", Mm(200.0), Mm(20.0))];
/// What a pixel has until somebody says otherwise, to begin with: 96 to the inch.
const USUAL: Mm = Mm(25.4 / 96.0);
/// So near to the edge the pointer takes hold of it.
const GRIP: f32 = 14.0;

/// Where the page stands.
#[derive(Debug, Default)]
pub(crate) struct ScreenPage {
    /// What is held, by its place in [`KNOWN`].
    thing: usize,
    /// Its width on the screen, physical pixels; `None` before anybody set it.
    pixels: Option<u32>,
}

/// Draws the page; true when it is to be left.
pub(crate) fn screen_size(ui: &mut Ui, page: &mut ScreenPage, settings: &mut Settings) -> bool {
    // Keys move the edge here, and walk through no controls.
    ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
    let mut leave = ui.input(|i| i.key_pressed(Key::Escape));
    let whole = ui.max_rect();
    let body = Rect::from_center_size(whole.center(), vec2(1120.0f32.min(whole.width() - 48.0), 720.0f32.min(whole.height() - 32.0)));
    ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        line(ui, "Measure this screen", design::strong(design::TITLE), STRONG);
        ui.add_space(8.0);
        let why = "True size, a millimetre of the patient on a millimetre of the screen, needs to know how large the screen\u{2019}s pixels are.";
        line(ui, why, design::regular(design::NOTE), TEXT);
        ui.add_space(4.0);
        let Some(monitor) = Monitor::of(ui.ctx()) else {
            let no = "The system does not say which screen this window is on, so its measure cannot be kept. Images are fitted to their panes instead.";
            line(ui, no, design::regular(design::NOTE), CAUTION);
            ui.add_space(16.0);
            leave |= controls::link(ui, "Back (Esc)", TEXT).clicked();
            return;
        };
        let how = "Hold a bank card or a ruler to the screen, its left edge on the left line, and pull the right line to its right edge; or press \u{2190} \u{2192}, with Shift by ten.";
        line(ui, how, design::regular(design::NOTE), TEXT);
        ui.add_space(16.0);
        let labels = KNOWN.map(|(name, ..)| name.to_owned());
        if let Some(i) = controls::choices(ui, 360.0, "What is held to the screen", &labels, (controls::Take::One, &[page.thing]), false) {
            *page = ScreenPage { thing: i, pixels: None };
        }
        ui.add_space(20.0);
        let (_, length, height) = KNOWN[page.thing];
        let known = settings.pixel(Some(monitor));
        let most = (body.width() * ui.pixels_per_point()) as u32;
        let usual = Mm(USUAL.0 / monitor.scale.max(0.25));
        let begin = (length.0 / known.unwrap_or(usual).0).round() as u32;
        let fits = page.pixels.unwrap_or(begin) <= most;
        let pixels = page.pixels.unwrap_or(begin).clamp(40, most);
        let pixels = pulled(ui, pixels, height.0 / length.0, &mut page.pixels).clamp(40, most);
        ui.add_space(20.0);
        // An outline that nobody set is a guess or an old measure, and one that was cut to the page is no measure.
        let is_set = page.pixels.is_some();
        let measured = Measured::by(monitor, length, pixels).filter(|_| fits);
        let [w, h] = monitor.size;
        let no = if fits { "No screen has such pixels." } else { "This is longer than the page: hold something shorter, or make the window larger." };
        let words = measured.map_or_else(
            || no.to_owned(),
            |m| format!("{w} \u{d7} {h} pixels; a pixel is {:.4} mm, so {:.1} mm are {pixels} pixels", m.pixel().0, length.0),
        );
        line(ui, &words, design::mono(design::NOTE), STRONG);
        ui.add_space(4.0);
        let state = match known {
            Some(_) => "This screen was measured before.",
            None if page.pixels.is_none() => "This screen was not measured yet: the outline is a guess until you move its right line.",
            None => "This screen was not measured yet.",
        };
        line(ui, state, design::regular(design::NOTE), DIM);
        ui.add_space(20.0);
        let enter = Chord::ENTER.label();
        let keep = controls::action(ui, vec2(240.0, 44.0), "Keep this measure", Some(Cap(&enter)), is_set && measured.is_some()).clicked();
        if let Some(measured) = measured.filter(|_| is_set).filter(|_| keep || ui.input(|i| i.key_pressed(Key::Enter))) {
            settings.set_screen(measured);
            leave = true;
        }
        ui.add_space(12.0);
        leave |= controls::link(ui, "Back (Esc)", TEXT).clicked();
    });
    leave
}

/// Draws the outline and takes hold of its right edge; its width in physical pixels, to which `set` is set when it changed.
fn pulled(ui: &mut Ui, pixels: u32, form: f64, set: &mut Option<u32>) -> u32 {
    let scale = ui.pixels_per_point();
    let snap = |v: f32| (v * scale).round() / scale;
    let at = ui.cursor().min;
    let at = pos2(snap(at.x), snap(at.y));
    let height = snap((f64::from(pixels) * form) as f32 / scale).clamp(40.0, 330.0);
    let outline = Rect::from_min_size(at, vec2(pixels as f32 / scale, height));
    ui.advance_cursor_after_rect(outline);
    let grip = Rect::from_center_size(outline.right_center(), vec2(2.0 * GRIP, height));
    let response = ui.interact(grip, ui.scope_id().with("edge"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(pixels), "width in pixels"));
    let mut now = pixels;
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        now = ((pointer.x - outline.left()) * scale).round().max(1.0) as u32;
    }
    let by = ui.input(|i| {
        let pace = if i.modifiers.shift { 10 } else { 1 };
        let times = |key| i.num_presses(key) as i32;
        (times(Key::ArrowRight) - times(Key::ArrowLeft)) * pace
    });
    now = now.saturating_add_signed(by);
    if now != pixels {
        *set = Some(now);
    }
    let painter = ui.painter();
    painter.rect_stroke(outline, 0.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
    // The edges themselves: the left line's outer side and the right line's outer side are so many pixels apart.
    let width = 2.0 / scale;
    painter.rect_filled(Rect::from_min_max(outline.left_top(), pos2(outline.left() + width, outline.bottom())), 0.0, STRONG);
    let held = response.hovered() || response.dragged();
    let edge = Rect::from_min_max(pos2(outline.right() - width, outline.top()), outline.right_bottom());
    painter.rect_filled(edge, 0.0, if held { STRONG } else { ACCENT });
    design::text(painter, outline.center(), Align2::CENTER_CENTER, "as large as what you hold", design::regular(design::NOTE), DIM);
    now
}
