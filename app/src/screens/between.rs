//! Between two cases: black (the window's ground is), and nothing to look at but the way on.

use crate::controls::{self, Key};
use crate::design::{self, TEXT};
use egui::{Align2, Event, Rect, Ui, UiBuilder, vec2};
use tiresias_reads::machine::State;

/// What was chosen.
pub(crate) enum Choice {
    /// The next case.
    Next,
    /// Back to the list.
    List,
}

/// Draws the pause after a locked read. `opening` while the next case is on its way: then it cannot be asked for again.
pub(crate) fn between(ui: &mut Ui, state: &State, opening: bool) -> Option<Choice> {
    let whole = ui.max_rect();
    let next = state.next().map(|next| next.read.case.to_string());
    let mut choice = None;
    let words = if next.is_some() { "Locked." } else { "Locked. That was the last case." };
    let centre = whole.center();
    design::text(ui.painter(), centre - vec2(0.0, 56.0), Align2::CENTER_CENTER, words, design::regular(design::VALUE), TEXT);
    let button = Rect::from_center_size(centre, vec2(240.0, 44.0));
    ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
        let words = if next.is_some() { "Next case" } else { "To the list" };
        if controls::action(ui, button.size(), words, Some(Key("\u{23ce}")), !opening).clicked() {
            choice = Some(if next.is_some() { Choice::Next } else { Choice::List });
        }
    });
    let link = Rect::from_center_size(centre + vec2(0.0, 52.0), vec2(72.0, 24.0));
    if next.is_some() && !opening {
        ui.scope_builder(UiBuilder::new().max_rect(link).layout(egui::Layout::top_down(egui::Align::Center)), |ui| {
            if controls::link(ui, "To the list", TEXT).clicked() {
                choice = Some(Choice::List);
            }
        });
    }
    // A control that the keyboard stands on takes Enter for itself.
    let enter = ui.memory(|m| m.focused().is_none())
        && ui.input(|i| {
            i.events.iter().any(|e| matches!(e, Event::Key { key: egui::Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none()))
        });
    if enter && !opening {
        choice = Some(if next.is_some() { Choice::Next } else { Choice::List });
    }
    choice
}
