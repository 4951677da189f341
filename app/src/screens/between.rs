//! Between two cases: black (the window's ground is), and nothing to look at but the way on. In the training, what the case was; and that a break is due.

use crate::controls::{self, Key};
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::keys::Chord;
use egui::{Align2, Event, Rect, Ui, UiBuilder, vec2};
use tiresias_reads::machine::{Feedback, Rules, State, TrainingStands, amendable, feedback, training};
use tiresias_words::ReadId;

/// What was chosen.
pub(crate) enum Choice {
    /// The next case.
    Next,
    /// Back to the list.
    List,
    /// The case that was just locked is to be changed.
    Amend(ReadId),
}

/// Draws the pause after `read` was locked. `opening` while the next case is on its way: then it cannot be asked for again. `break_due`: a break is advised.
pub(crate) fn between(ui: &mut Ui, rules: &Rules, state: &State, (read, opening): (&ReadId, bool), break_due: bool) -> Option<Choice> {
    let whole = ui.max_rect();
    let next = state.next().map(|next| next.read.case.to_string());
    let mut choice = None;
    let last = if next.is_some() { "" } else { " That was the last case." };
    let words = format!("{} is locked.{last}", read.case);
    let centre = whole.center();
    let write = |ui: &Ui, by: f32, words: &str, size, colour| {
        design::text(ui.painter(), centre + vec2(0.0, by), Align2::CENTER_CENTER, words, design::regular(size), colour);
    };
    let mut told = vec![(words, design::VALUE, TEXT)];
    told.extend(feedback(rules, state).map(|f| (feedback_words(f).to_owned(), design::VALUE, STRONG)));
    told.extend(training_words(rules, state).map(|words| (words, design::BODY, TEXT)));
    if break_due && next.is_some() {
        told.push(("A break is due. Rest your eyes before you go on.".to_owned(), design::BODY, CAUTION));
    }
    for (i, (words, size, colour)) in told.iter().rev().enumerate() {
        write(ui, -56.0 - 32.0 * i as f32, words, *size, *colour);
    }
    let button = Rect::from_center_size(centre, vec2(240.0, 44.0));
    ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
        let words = if next.is_some() { "Next case" } else { "To the list" };
        if controls::action(ui, button.size(), words, Some(Key(&Chord::ENTER.label())), !opening).clicked() {
            choice = Some(if next.is_some() { Choice::Next } else { Choice::List });
        }
    });
    let mut link = |by: f32, width: f32, words: &str, chosen: Choice| {
        let rect = Rect::from_center_size(centre + vec2(0.0, by), vec2(width, 24.0));
        ui.scope_builder(UiBuilder::new().max_rect(rect).layout(egui::Layout::top_down(egui::Align::Center)), |ui| {
            if controls::link(ui, words, TEXT).clicked() {
                choice = Some(chosen);
            }
        });
    };
    if next.is_some() && !opening {
        link(52.0, 72.0, "To the list", Choice::List);
    }
    // The read that was just locked or none: after a read that is final, the last that could be changed is another case.
    if !opening && amendable(state).any(|locked| locked.read() == read) {
        link(84.0, 160.0, "Change this case\u{2026}", Choice::Amend(read.clone()));
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

const fn feedback_words(of: Feedback) -> &'static str {
    match (of.signal, of.positive) {
        (true, true) => "There was something to find, and your rating says so.",
        (true, false) => "There was something to find. Your rating says there was nothing.",
        (false, true) => "There was nothing to find. Your rating says there was something.",
        (false, false) => "There was nothing to find, and your rating says so.",
    }
}

/// How the training goes on, where the last case belonged to it and ended a try.
fn training_words(rules: &Rules, state: &State) -> Option<String> {
    let last = state.locked().last().map(tiresias_reads::machine::Locked::assignment).filter(|a| a.training)?;
    let training = training(rules, state)?;
    match training.stands {
        TrainingStands::Passed => Some("The training is passed. The study begins with the next case.".to_owned()),
        TrainingStands::Failed => Some("The training was not passed, and there is no further try. Tell the study coordinator.".to_owned()),
        TrainingStands::Runs if training.attempt > last.read.repeat => {
            let needed = training.pass_percent;
            Some(format!("Not enough was right: {needed} of 100 must be. The training begins anew."))
        }
        TrainingStands::Runs => None,
    }
}
