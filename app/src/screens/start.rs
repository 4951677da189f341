//! The start screen: open a study, one of the last ones, or the demo.

use super::{column, line};
use crate::controls;
use crate::design::{self, CAUTION, DIM, STRONG, TEXT};
use crate::opening::Opening;
use crate::recent::Recent;
use egui::{Ui, UiBuilder, vec2};
use std::path::PathBuf;

/// What was chosen.
pub(crate) enum Choice {
    /// Ask for a folder.
    Browse,
    /// Open this study.
    Open(PathBuf),
    /// Begin a study at the study desk.
    New,
    /// Build the demo if need be, and open it.
    Demo,
    /// What is being opened or made is given up.
    Stop,
    /// Set keys and mouse.
    Keys,
    /// Say what this is.
    About,
}

/// Draws the start screen. `busy` is what is going on, `trouble` what went wrong.
pub(crate) fn start(ui: &mut Ui, recent: &[Recent], busy: Option<&Opening>, trouble: Option<&str>) -> Option<Choice> {
    let mut choice = dropped(ui).map(Choice::Open);
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        line(ui, "Tiresias", design::strong(design::HERO), STRONG);
        line(ui, "Reader studies, read blinded.", design::regular(design::VALUE), TEXT);
        ui.add_space(28.0);
        ui.horizontal(|ui| {
            if controls::action(ui, vec2(220.0, 44.0), "Open a study\u{2026}", None, busy.is_none()).clicked() {
                choice = Some(Choice::Browse);
            }
            ui.add_enabled_ui(busy.is_none(), |ui| {
                for (words, chosen) in [("Try the demo study", Choice::Demo), ("Begin a new study\u{2026}", Choice::New)] {
                    ui.add_space(16.0);
                    ui.vertical(|ui| {
                        ui.add_space(10.0);
                        if controls::link(ui, words, TEXT).clicked() {
                            choice = Some(chosen);
                        }
                    });
                }
            });
        });
        line(ui, "Or drop the folder you received anywhere in this window.", design::regular(design::NOTE), TEXT);
        if let Some(busy) = busy {
            line(ui, busy.says(), design::regular(design::BODY), TEXT);
            if busy.can_stop() && controls::link(ui, "Stop", TEXT).clicked() {
                choice = Some(Choice::Stop);
            }
        }
        if let Some(trouble) = trouble {
            line(ui, trouble, design::regular(design::BODY), CAUTION);
        }
        ui.add_space(28.0);
        line(ui, "Recent", design::strong(design::NOTE), DIM);
        if recent.is_empty() {
            line(ui, "The studies you open will be listed here.", design::regular(design::NOTE), TEXT);
        } else {
            ui.add_enabled_ui(busy.is_none(), |ui| {
                for study in recent {
                    if controls::entry_row(ui, 640.0, &study.title, &study.folder.display().to_string(), false).clicked() {
                        choice = Some(Choice::Open(study.folder.clone()));
                    }
                }
            });
        }
        ui.add_space(28.0);
        if controls::link(ui, "Keys, mouse and screen", TEXT).clicked() {
            choice = Some(Choice::Keys);
        }
        // Another screen in the place of this one would never hear what was fetched.
        ui.add_enabled_ui(busy.is_none(), |ui| {
            if controls::link(ui, "About Tiresias", TEXT).clicked() {
                choice = Some(Choice::About);
            }
        });
    });
    choice
}

/// A folder that was dropped on the window.
fn dropped(ui: &Ui) -> Option<PathBuf> {
    ui.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::background::Wake;
    use crate::opening::Fetched;
    use egui::{Context, Pos2, RawInput, Rect};
    use std::sync::Arc;

    #[test]
    fn what_cannot_be_pressed_while_a_study_is_opened_says_so() {
        let wake: Wake = Arc::new(|| {});
        let opening = Opening::begin("Opening the study\u{2026}", &wake, |_| Fetched::Nothing).expect("a thread");
        let recent = [Recent { folder: PathBuf::from("/a"), title: "A study".to_owned() }];
        let disabled = |busy: Option<&Opening>| {
            let context = Context::default();
            design::install(&context);
            context.enable_accesskit();
            let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
            let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| drop(start(ui, &recent, busy, None)));
            // Nothing is painted here.
            output.textures_delta.clear();
            let nodes = output.platform_output.accesskit_update.map_or_else(Vec::new, |u| u.nodes);
            let mut names: Vec<String> =
                nodes.iter().filter(|(_, n)| n.is_disabled()).filter_map(|(_, n)| n.label().map(str::to_owned)).collect();
            names.sort();
            names
        };
        assert!(disabled(None).is_empty());
        let all = ["A study", "About Tiresias", "Begin a new study\u{2026}", "Open a study\u{2026}", "Try the demo study"];
        assert_eq!(disabled(Some(&opening)), all);
    }
}
