//! The start screen: open a study, one of the last ones, or the demo.

use super::{column, line};
use crate::controls;
use crate::design::{self, CAUTION, DIM, STRONG, TEXT};
use crate::opening::Opening;
use crate::recent::Recent;
use egui::{Ui, UiBuilder, vec2};
use std::path::PathBuf;

/// Said while something is opened or made.
const NOT_NOW: &str = "Another folder is taken when this is done or stopped.";

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
    // One study at a time: what is dropped while another is opened is not taken, as nothing that is pressed is.
    let mut choice = dropped(ui).filter(|_| busy.is_none()).map(Choice::Open);
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
        if let Some(busy) = busy {
            line(ui, busy.says(), design::regular(design::BODY), TEXT);
            if busy.can_stop() && controls::link(ui, "Stop", TEXT).clicked() {
                choice = Some(Choice::Stop);
            }
        }
        let drop_here = if busy.is_none() { "Or drop the folder you received anywhere in this window." } else { NOT_NOW };
        line(ui, drop_here, design::regular(design::NOTE), TEXT);
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
        // A page that lies over this one: what is opened goes on below it.
        if controls::link(ui, "Keys, mouse and screen\u{2026}", TEXT).clicked() {
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
    use egui::{Context, DroppedFile, FullOutput, Pos2, RawInput, Rect, Shape};
    use std::path::Path;
    use std::sync::Arc;

    /// A folder that is dropped on the window.
    #[derive(Debug)]
    struct Folder(PathBuf);

    impl DroppedFile for Folder {
        fn path(&self) -> &Path {
            &self.0
        }
        fn bytes(&self) -> Result<Vec<u8>, String> {
            Err("a folder".to_owned())
        }
    }

    fn begun() -> Opening {
        let wake: Wake = Arc::new(|| {});
        Opening::begin("Opening the study\u{2026}", &wake, |_| Fetched::Nothing).expect("a thread")
    }

    /// The screen in one frame, in which a folder may be dropped, and what was chosen in it.
    fn drawn(recent: &[Recent], busy: Option<&Opening>, folder: Option<&str>) -> (FullOutput, Option<Choice>) {
        let context = Context::default();
        design::install(&context);
        context.enable_accesskit();
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        let mut input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        if let Some(folder) = folder {
            input.dropped_files.push(Arc::new(Folder(PathBuf::from(folder))));
        }
        let mut choice = None;
        let mut output = context.run_ui(input, |ui| {
            // A frame may be laid out twice.
            if let Some(chosen) = start(ui, recent, busy, None) {
                choice = Some(chosen);
            }
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        (output, choice)
    }

    #[test]
    fn what_cannot_be_pressed_while_a_study_is_opened_says_so() {
        let opening = begun();
        let recent = [Recent { folder: PathBuf::from("/a"), title: "A study".to_owned() }];
        let disabled = |busy: Option<&Opening>| {
            let (output, _) = drawn(&recent, busy, None);
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

    #[test]
    fn a_folder_is_dropped_on_a_screen_that_opens_nothing_else() {
        let says = |output: &FullOutput, words: &str| {
            let mut shapes = output.shapes.iter().map(|clipped| &clipped.shape);
            shapes.any(|shape| matches!(shape, Shape::Text(text) if text.galley.text() == words))
        };
        let (output, choice) = drawn(&[], None, Some("/a/study"));
        assert!(matches!(choice, Some(Choice::Open(path)) if path == Path::new("/a/study")));
        assert!(!says(&output, NOT_NOW));
        let (output, choice) = drawn(&[], Some(&begun()), Some("/a/study"));
        assert!(choice.is_none() && says(&output, NOT_NOW));
    }
}
