//! Every key on one page, on request, as the person has them. Any key or click puts it away.

use super::{Room, Wish};
use crate::controls;
use crate::design::{self, ACCENT, DIM, LINE, PANEL, STRONG, TEXT};
use crate::keys::{Bindings, Chord, Command};
use egui::{Align2, Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::Tool;

/// Width of what is pressed, in a column.
const KEYS: f32 = 112.0;
/// Height of a row; of what is above the rows, and below them.
const ROW: f32 = 24.0;
const ABOVE: f32 = 56.0;
const BELOW: f32 = 68.0;
/// Between the edge of the page and its columns.
const EDGE: f32 = 24.0;

/// What is pressed, and what it does.
type Row = (String, String);
/// A heading with its rows.
type Column = (&'static str, Vec<Row>);

/// Width of the page in a window, and of each of its columns.
fn widths(window: f32) -> (f32, f32) {
    let page = 1232.0f32.min(window - 32.0);
    (page, (page - 2.0 * EDGE) / 4.0)
}

/// A row for commands that belong together, with the first keys of all. Their further keys stand below, beside each other where all have one.
fn rows(table: &Bindings, commands: &[Command], does: &str) -> Vec<Row> {
    let labels = |command: &Command| table.chords(*command).into_iter().map(Chord::label).collect::<Vec<_>>();
    let all: Vec<Vec<String>> = commands.iter().map(labels).collect();
    let beside = |i: usize| all.iter().filter_map(|of| of.get(i).cloned()).collect::<Vec<_>>();
    let mut rows = vec![(beside(0).join("  "), does.to_owned())];
    for i in 1..all.iter().map(Vec::len).max().unwrap_or(1) {
        let keys = beside(i);
        if keys.len() == commands.len() {
            rows.push((keys.join("  "), does.to_owned()));
        } else {
            let each = commands.iter().zip(&all).filter_map(|(command, of)| Some((of.get(i)?.clone(), command.words().to_owned())));
            rows.extend(each);
        }
    }
    rows
}

/// What stands on the page: image on the left, form on the right.
fn columns(table: &Bindings) -> [Column; 4] {
    let of = |commands: &[Command], does: &str| rows(table, commands, does);
    let said = |pressed: &str, does: &str| vec![(pressed.to_owned(), does.to_owned())];
    let fixed = |chord: Chord, does: &str| vec![(chord.label(), does.to_owned())];
    let take = Command::Take;
    let windows = [1, 9].map(|n| table.label(Command::Window(n)));
    // From one key to another, where there are both.
    let windows = if windows.iter().any(String::is_empty) { windows.concat() } else { windows.join(" \u{2026} ") };
    let image = [
        of(&[Command::Slices(-1), Command::Slices(1)], "scroll"),
        of(&[Command::Slices(-10), Command::Slices(10)], "scroll by ten"),
        of(&[Command::FirstSlice, Command::LastSlice], "first, last slice"),
        said(&windows, "window presets"),
        of(&[Command::FitWindow], Command::FitWindow.words()),
        of(&[Command::Invert], "invert"),
        of(&[Command::FlipAcross, Command::FlipDown], "mirror, upend"),
        of(&[Command::TurnRight, Command::TurnLeft], "turn right, left"),
        of(&[Command::Larger, Command::Smaller], "larger, smaller"),
        of(&[Command::Fit, Command::OneToOne, Command::TrueSize], "all of it, 1:1, true size"),
        of(&[Command::Cine], "moving picture"),
        of(&[Command::Reset], "reset the view"),
    ]
    .concat();
    let panes = [
        of(&[Command::NextPane, Command::PaneBefore], "next pane, pane before"),
        of(&[Command::NextSeries, Command::SeriesBefore], "next series, series before"),
        of(&[Command::Alone], "one pane, all panes"),
        of(&[Command::Arrangement], "as opened, planes, images"),
        of(&[Command::Grid], "rows and columns"),
        of(&[Command::Slab, Command::Thinner, Command::Thicker], "slab, thinner, thicker"),
        of(&[Command::Link], "link series, or not"),
        of(&[Command::Delete], "delete a measurement"),
        of(&[Command::Undo, Command::Redo], "undo, do again"),
        of(&[Command::Words], "text on the image"),
        of(&[Command::Overlays], "the image\u{2019}s own drawings"),
        of(&[Command::Ai], "AI off, on; held: without AI"),
    ]
    .concat();
    let tools = [
        said("left", "the active tool"),
        said("middle", table.mouse.middle.words()),
        said("right", table.mouse.right.words()),
        said("wheel", table.mouse.wheel.words()),
        said("Ctrl wheel", table.mouse.wheel.other().words()),
        said("Shift, Ctrl", "fine, coarse window"),
        of(&[take(Tool::Window), take(Tool::Scroll), take(Tool::Zoom), take(Tool::Pan)], "window, scroll, zoom, pan"),
        of(&[take(Tool::Crosshair), take(Tool::Probe), take(Tool::Magnifier)], "crosshair, value, lens"),
        of(&[take(Tool::Length), take(Tool::Angle), take(Tool::Bidimensional)], "length, angle, diameters"),
        of(&[Command::Region], "ellipse, rectangle, by hand"),
        of(&[take(Tool::Mark)], "mark, next form of mark"),
        of(&[Command::Pause], "pause: the clock stands"),
    ]
    .concat();
    let form = [
        fixed(Chord::ENTER, "to the form, next question"),
        said("0 \u{2026} 9  a \u{2026} z", "score, choice"),
        said("Tab  \u{2193} \u{2191}", "next field, field before"),
        said("Del", "take back, delete mark"),
        fixed(Chord::TAKE_BACK, "undo what was said last"),
        said("Esc", "cancel, back to the image"),
        fixed(Chord::LOCK, "lock this read"),
        fixed(Chord::LOCK_ALL_THE_SAME, "lock all the same"),
        of(&[Command::Help], "this page"),
    ]
    .concat();
    [("Image", image), ("Panes", panes), ("Mouse and tools", tools), ("Form", form)]
}

impl Room {
    /// Draws the page; `open_before` says that it was open before this frame's input: a click closes it then. Keys are `commands`'.
    pub(super) fn help_overlay(&mut self, ui: &mut Ui, whole: Rect, open_before: bool, wishes: &mut Vec<Wish>) {
        let backdrop = ui.interact(whole, ui.scope_id().with("help"), Sense::click());
        backdrop.widget_info(|| WidgetInfo::labeled(Role::Window, true, "keys"));
        let painter = ui.painter();
        painter.rect_filled(whole, 0.0, Color32::from_black_alpha(190));
        let columns = columns(&self.bindings);
        let longest = columns.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
        let (page, width) = widths(whole.width());
        let sheet = Rect::from_center_size(whole.center(), vec2(page, ABOVE + ROW * longest as f32 + BELOW));
        painter.rect_filled(sheet, 8.0, PANEL);
        painter.rect_stroke(sheet, 8.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
        for (i, (title, rows)) in columns.into_iter().enumerate() {
            let left = sheet.left() + EDGE + width * i as f32;
            let head = pos2(left, sheet.top() + EDGE);
            design::text(painter, head, Align2::LEFT_TOP, title, design::strong(design::BODY), STRONG);
            let mut y = sheet.top() + ABOVE;
            for (pressed, does) in rows {
                let (pressed, colour) = if pressed.is_empty() { ("no key".to_owned(), DIM) } else { (pressed, STRONG) };
                let pressed = design::shortened(painter, &pressed, design::regular(design::NOTE), colour, KEYS - 8.0);
                painter.galley(pos2(left, y), pressed, colour);
                let does = design::shortened(painter, &does, design::regular(design::NOTE), TEXT, width - KEYS - 8.0);
                painter.galley(pos2(left + KEYS, y), does, TEXT);
                y += ROW;
            }
        }
        let foot = pos2(sheet.left() + EDGE, sheet.bottom() - 20.0);
        design::text(painter, foot, Align2::LEFT_BOTTOM, "Any key or click closes this page.", design::regular(design::SMALL), DIM);
        let link = Rect::from_min_size(pos2(sheet.left() + EDGE + 3.0 * width, sheet.bottom() - 40.0), vec2(width - EDGE, 26.0));
        let mut change = false;
        ui.scope_builder(UiBuilder::new().max_rect(link), |ui| {
            change = controls::link(ui, "Keys, mouse and screen\u{2026}", ACCENT).clicked();
        });
        if open_before && (change || backdrop.clicked()) {
            self.help = false;
        }
        if open_before && change {
            wishes.push(Wish::Keys);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{COMMANDS, Profile};
    use egui::{Context, Pos2, RawInput};

    /// Design, section 6: every key is listed. Those of windows stand as from one to another.
    #[test]
    fn every_key_of_every_command_is_on_the_page() {
        for profile in Profile::ALL {
            let table = Bindings::of(profile);
            let rows: Vec<Row> = columns(&table).into_iter().flat_map(|(_, rows)| rows).collect();
            let pressed: Vec<&str> = rows.iter().flat_map(|(keys, _)| keys.split("  ")).collect();
            for (command, ..) in COMMANDS.iter().filter(|(command, ..)| !matches!(command, Command::Window(_))) {
                for chord in table.chords(*command) {
                    assert!(pressed.contains(&chord.label().as_str()), "{profile:?}: {} of {command:?}", chord.label());
                }
            }
        }
    }

    #[test]
    fn nothing_on_the_page_is_shortened_in_a_usual_window() {
        let context = Context::default();
        design::install(&context);
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))), ..RawInput::default() };
        let mut output = context.run_ui(input, |ui| {
            let (page, width) = widths(1280.0);
            assert!(page <= 1280.0);
            let wide = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), design::regular(design::NOTE), TEXT).size().x;
            for profile in Profile::ALL {
                for (title, rows) in columns(&Bindings::of(profile)) {
                    assert!(ABOVE + ROW * rows.len() as f32 + BELOW <= 800.0, "{profile:?}: {title}");
                    for (keys, does) in rows {
                        assert!(wide(&keys) <= KEYS - 8.0, "{profile:?}: {keys} is {} wide", wide(&keys));
                        assert!(wide(&does) <= width - KEYS - 8.0, "{profile:?}: {does} is {} wide", wide(&does));
                    }
                }
            }
        });
        // Nothing is painted here.
        output.textures_delta.clear();
    }

    #[test]
    fn windows_whose_keys_were_taken_have_no_key() {
        let of_windows = |table: &Bindings| {
            let mut rows = columns(table).into_iter().flat_map(|(_, rows)| rows);
            rows.find(|(_, does)| does == "window presets").map(|(keys, _)| keys)
        };
        let mut table = Bindings::of(Profile::Tiresias);
        assert!(of_windows(&table).is_some_and(|keys| keys.contains(" \u{2026} ")));
        for (window, to) in [(1, Command::Slab), (9, Command::Link)] {
            for chord in table.chords(Command::Window(window)) {
                assert!(table.rebind(to, chord, true).is_ok());
            }
        }
        assert_eq!(of_windows(&table).as_deref(), Some(""));
    }
}
