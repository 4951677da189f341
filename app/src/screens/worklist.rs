//! The reader's own list: how far, and what comes next. Nothing that sets a pace or tells what is coming.

use super::{column, line};
use crate::controls::{self, Key};
use crate::design::{self, DIM, STRONG, TEXT};
use crate::keys::Chord;
use egui::{Align, Align2, Event, Layout, Rect, Sense, Ui, UiBuilder, pos2, vec2};
use tiresias_reads::machine::{Rules, State, TrainingStands, amendable, training};

/// What was chosen.
pub(crate) enum Choice {
    /// Open the next case.
    Next,
    /// Change a locked case.
    Amend,
    /// End the session.
    End,
}

/// Draws the worklist. `opening` while the next case is on its way.
pub(crate) fn worklist(ui: &mut Ui, rules: &Rules, state: &State, opening: bool, trouble: Option<&str>) -> Option<Choice> {
    let mut choice = None;
    let whole = ui.max_rect();
    let progress = state.progress();
    let next = state.next();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        line(ui, rules.protocol().title(), design::strong(design::TITLE), STRONG);
        let session = state.session().map_or_else(String::new, |n| format!("Session {n}"));
        line(ui, &session, design::regular(design::BODY), TEXT);
        if let Some(training) = training(rules, state).filter(|t| t.stands == TrainingStands::Runs) {
            let words = format!(
                "Training, try {} of {}. {} of 100 must be right before the study begins.",
                training.attempt, training.attempts, training.pass_percent
            );
            line(ui, &words, design::regular(design::BODY), STRONG);
        }
        ui.add_space(24.0);
        let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::hover());
        let large =
            design::text(ui.painter(), row.left_bottom(), Align2::LEFT_BOTTOM, progress.locked, design::strong(design::HERO), STRONG);
        let rest = pos2(large.right() + 8.0, row.bottom() - 6.0);
        design::text(ui.painter(), rest, Align2::LEFT_BOTTOM, format!("of {} read", progress.of), design::regular(design::VALUE), TEXT);
        let button = Rect::from_min_max(pos2(row.right() - 280.0, row.top()), row.max);
        ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
            let words = match next.map(|n| &n.read.case) {
                Some(case) if state.draft().is_some() => format!("Continue {case}"),
                Some(case) => format!("Read {case}"),
                None => "End the session".to_owned(),
            };
            if controls::action(ui, button.size(), &words, Some(Key(&Chord::ENTER.label())), !opening).clicked() {
                choice = Some(if next.is_some() { Choice::Next } else { Choice::End });
            }
        });
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0), Sense::hover());
        controls::progress(ui, bar, progress.locked as f32 / progress.of.max(1) as f32);
        ui.add_space(6.0);
        let words = match (next, state.draft()) {
            (None, _) => "All your cases are read. Thank you.".to_owned(),
            (Some(next), Some(_)) => format!("{} is where you left it.", next.read.case),
            (Some(_), None) => String::new(),
        };
        line(ui, trouble.unwrap_or(&words), design::regular(design::NOTE), if trouble.is_some() { design::CAUTION } else { TEXT });
        ui.add_space(28.0);
        // Words on the left and links on the right, in the middle of one row.
        let (foot, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let from = |layout: Layout| UiBuilder::new().max_rect(foot).layout(layout);
        ui.scope_builder(from(Layout::left_to_right(Align::Center)), |ui| line(ui, "Record intact", design::regular(design::NOTE), DIM));
        ui.scope_builder(from(Layout::right_to_left(Align::Center)), |ui| {
            if next.is_some() && controls::link(ui, "End the session", TEXT).clicked() {
                choice = Some(Choice::End);
            }
            if amendable(state).next().is_some() {
                ui.add_space(16.0);
                if controls::link(ui, "Change a locked case\u{2026}", TEXT).clicked() {
                    choice = Some(Choice::Amend);
                }
            }
        });
    });
    // A control that the keyboard stands on takes Enter for itself.
    let enter = ui.memory(|m| m.focused().is_none())
        && ui.input(|i| {
            i.events.iter().any(|e| matches!(e, Event::Key { key: egui::Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none()))
        });
    if enter && !opening {
        choice = Some(if next.is_some() { Choice::Next } else { Choice::End });
    }
    choice
}
