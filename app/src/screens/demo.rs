//! The demo: what there is to be seen, in the order in which a study happens, and what everybody's passphrase is.

use super::{column, line};
use crate::controls;
use crate::design::{self, CAUTION, STRONG, TEXT};
use egui::{Ui, UiBuilder};

/// Of a row, so that what it leads to is said whole.
const WIDTH: f32 = 680.0;

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// A case is read.
    Read,
    /// A case is read with what an AI says.
    WithAi,
    /// What two readers differ in is settled.
    Settle,
    /// The study is looked at by its statistician.
    Results,
    /// The study is looked at by its coordinator.
    Desk,
    /// What is being made is given up.
    Stop,
    /// Back to the start.
    Back,
}

/// The passphrase of the demo's accounts, on the pages that ask for it.
pub(crate) const HINT: &str = "In the demo everybody has the passphrase: `a simulated reader`";

/// Name, choice, and what it is.
const WAYS: [(&str, Choice, &str); 5] = [
    ("Read a case", Choice::Read, "12 chest CTs, half of them with a nodule that was put in. A tour goes along; it takes two minutes."),
    ("Read with an AI", Choice::WithAi, "The same cases and tour, with what a made-up AI found: most nodules, and some that are none."),
    (
        "Settle what two readers differ in",
        Choice::Settle,
        "Five simulated readers read the same cases. You adjudicate between two of them, without their names.",
    ),
    (
        "See the results",
        Choice::Results,
        "As the statistician: areas under the curve, unaided against with AI, and how each number came about.",
    ),
    ("Run the study", Choice::Desk, "As the blinded coordinator: protocol, people, cases, assignment, progress."),
];

/// Draws the page. `busy` says what is going on, `trouble` what went wrong.
pub(crate) fn demo(ui: &mut Ui, busy: Option<&str>, trouble: Option<&str>) -> Option<Choice> {
    let mut choice = None;
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        line(ui, "The demo study", design::strong(design::TITLE), STRONG);
        line(
            ui,
            "Five ways through one study. The images are public, and the nodules were put into them.",
            design::regular(design::BODY),
            TEXT,
        );
        ui.add_space(16.0);
        ui.add_enabled_ui(busy.is_none(), |ui| {
            for (name, way, note) in WAYS {
                if controls::entry_row(ui, WIDTH, name, note, false).clicked() {
                    choice = Some(way);
                }
            }
        });
        ui.add_space(16.0);
        line(ui, HINT, design::regular(design::NOTE), TEXT);
        // Room for a sentence, so that nothing moves when there is one.
        let (says, colour) = trouble.map_or((busy.unwrap_or(" "), TEXT), |t| (t, CAUTION));
        line(ui, says, design::regular(design::BODY), colour);
        ui.add_space(8.0);
        let leave = if busy.is_some() { ("Stop", Choice::Stop) } else { ("Back to the start", Choice::Back) };
        if controls::link(ui, leave.0, TEXT).clicked() {
            choice = Some(leave.1);
        }
    });
    choice
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Pos2, RawInput, Rect, Shape, vec2};

    /// It was read as a person, on the page where a statistician signs in.
    #[test]
    fn what_is_typed_stands_out_from_what_is_said_of_it() {
        let job = controls::coded(HINT, design::regular(design::NOTE), TEXT);
        let mono = job.sections.iter().filter(|s| s.format.font_id == design::mono(design::NOTE));
        let typed: Vec<&str> = mono.map(|s| &job.text[s.byte_range.start.0..s.byte_range.end.0]).collect();
        assert_eq!(typed, [crate::simulate::PASSPHRASE]);
    }

    #[test]
    fn each_way_is_said_whole() {
        let context = Context::default();
        design::install(&context);
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1024.0, 700.0))), ..RawInput::default() };
        let mut output = context.run_ui(input, |ui| {
            demo(ui, None, None);
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        let shapes = output.shapes.iter().map(|clipped| &clipped.shape);
        let texts = shapes.filter_map(|s| if let Shape::Text(text) = s { Some((text.galley.text(), text.galley.elided)) } else { None });
        let cut: Vec<(&str, bool)> = texts.filter(|(text, _)| WAYS.iter().any(|(name, _, note)| text == name || text == note)).collect();
        assert_eq!((cut.len(), cut.iter().filter(|(_, elided)| *elided).count()), (2 * WAYS.len(), 0), "{cut:?}");
    }
}
