//! The test pattern before a session, and what the reader sees of it. Nothing is answered beforehand.
//!
//! Refuses: to judge a screen. What is asked for is the protocol's, and whether it is met is decided in `reads`.

use super::line;
use crate::controls::{self, Key as Cap, Take};
use crate::design::{self, STRONG, TEXT};
use crate::keys::Chord;
use crate::panes::{self, Shown};
use egui::{Key, Rect, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::Pattern;
use tiresias_render::pattern::{PATTERN, pattern};

/// What is asked, in the order of the fields of [`Pattern`].
const ASKED: [(&str, &str); 4] = [
    ("The dark patch", "Is there a slightly lighter square in the black one?"),
    ("The bright patch", "Is there a slightly darker square in the white one?"),
    ("The lines", "Are there lines in all four striped squares, not plain grey?"),
    ("The ramp", "Does the smooth band at the bottom get lighter all the way, without a step or a colour?"),
];
/// The column of the questions.
const SIDE: f32 = 300.0;
const GAP: f32 = 24.0;
/// What the questions take down the screen; on a fine screen the pattern takes less.
const ASKING: f32 = 460.0;

/// Where the page stands.
#[derive(Default)]
pub(crate) struct PatternPage {
    image: Option<Shown>,
    answers: [Option<bool>; 4],
}

/// Draws the page; what was seen, once all is answered and the reader goes on. One that is looked at for its own sake can be left by Esc, as if nothing was seen.
pub(crate) fn test_pattern(ui: &mut Ui, page: &mut PatternPage, is_recorded: bool) -> Option<Pattern> {
    let mut leave = !is_recorded && ui.input(|i| i.key_pressed(Key::Escape));
    ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
    let said = ui.input(|i| if i.key_pressed(Key::Y) { Some(true) } else { i.key_pressed(Key::N).then_some(false) });
    if let (Some(said), Some(open)) = (said, page.answers.iter_mut().find(|a| a.is_none())) {
        *open = Some(said);
    }
    let scale = ui.pixels_per_point();
    // One pixel of the pattern is one of the screen.
    let size = vec2(PATTERN[0] as f32, PATTERN[1] as f32) / scale;
    let whole = ui.max_rect();
    let snap = |v: f32| (v * scale).round() / scale;
    let height = size.y.max(ASKING) + 92.0;
    let left = snap((whole.center().x - (size.x + GAP + SIDE) / 2.0).max(whole.left() + 12.0));
    let top = snap((whole.center().y - height / 2.0).max(whole.top() + 16.0));
    let heading = Rect::from_min_size(pos2(left, top), vec2(size.x + GAP + SIDE, 80.0));
    ui.scope_builder(UiBuilder::new().max_rect(heading), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 6.0);
        line(ui, "Look at this screen", design::strong(design::TITLE), STRONG);
        let why = if is_recorded {
            "In the light that you will read in, from where you will sit. Say what you see; it is recorded with the session."
        } else {
            "In the light that you read in, from where you sit. Nothing of this is recorded."
        };
        line(ui, why, design::regular(design::NOTE), TEXT);
    });
    let shown = page.image.get_or_insert_with(|| panes::presented(Arc::new(pattern())));
    let at = Rect::from_min_size(pos2(left, snap(top + 80.0)), size);
    ui.allocate_rect(at, Sense::hover()).widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "test pattern"));
    panes::paint(ui.painter(), at, 0, shown.clone());
    let side = Rect::from_min_size(pos2(at.right() + GAP, at.top()), vec2(SIDE, size.y.max(ASKING)));
    let mut done = false;
    ui.scope_builder(UiBuilder::new().max_rect(side), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 5.0);
        let next = page.answers.iter().position(Option::is_none);
        for (i, (name, question)) in ASKED.into_iter().enumerate() {
            line(ui, name, design::strong(design::NOTE), STRONG);
            line(ui, question, design::regular(design::NOTE), TEXT);
            let labels = ["Yes".to_owned(), "No".to_owned()];
            let taken: Vec<usize> = page.answers[i].map(|yes| usize::from(!yes)).into_iter().collect();
            if let Some(pressed) = controls::choices(ui, SIDE, name, &labels, (Take::One, &taken), next == Some(i)) {
                page.answers[i] = Some(pressed == 0);
            }
            ui.add_space(10.0);
        }
        line(ui, "Keys: y for yes, n for no.", design::regular(design::NOTE), TEXT);
        ui.add_space(6.0);
        let is_whole = page.answers.iter().all(Option::is_some);
        done = controls::action(ui, vec2(SIDE, 44.0), "Go on", Some(Cap(&Chord::ENTER.label())), is_whole).clicked()
            || ui.input(|i| i.key_pressed(Key::Enter));
        if !is_recorded {
            ui.add_space(6.0);
            leave |= controls::link(ui, "Back (Esc)", TEXT).clicked();
        }
    });
    if leave {
        return Some(Pattern { dark: false, bright: false, lines: false, ramp: false });
    }
    let [Some(dark), Some(bright), Some(lines), Some(ramp)] = page.answers else { return None };
    done.then_some(Pattern { dark, bright, lines, ramp })
}
