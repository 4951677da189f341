//! Every key on one page, on request, as the person has them. Any key or click puts it away.

use super::{Room, Wish};
use crate::controls;
use crate::design::{self, ACCENT, DIM, LINE, PANEL, STRONG, TEXT};
use crate::keys::{Bindings, Chord, Command};
use egui::{Align2, Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::Tool;

/// Width of what is pressed, in a column.
const KEYS: f32 = 100.0;

/// A heading with what is pressed and what it does.
type Column = (&'static str, Vec<(String, String)>);

/// What stands on the page: image on the left, form on the right.
fn columns(table: &Bindings) -> [Column; 4] {
    let keys = |commands: &[Command]| {
        let labels = commands.iter().map(|c| table.label(*c)).filter(|l| !l.is_empty());
        labels.collect::<Vec<_>>().join("  ")
    };
    let of = |commands: &[Command], does: &str| (keys(commands), does.to_owned());
    let said = |pressed: &str, does: &str| (pressed.to_owned(), does.to_owned());
    let fixed = |chord: Chord, does: &str| (chord.label(), does.to_owned());
    let take = Command::Take;
    let windows = [1, 9].map(|n| table.label(Command::Window(n)));
    // From one key to another, where there are both.
    let windows = if windows.iter().any(String::is_empty) { windows.concat() } else { windows.join(" \u{2026} ") };
    let image = vec![
        of(&[Command::Slices(-1), Command::Slices(1)], "scroll"),
        of(&[Command::Slices(-10), Command::Slices(10)], "scroll by ten"),
        of(&[Command::FirstSlice, Command::LastSlice], "first, last slice"),
        (windows, "windows: study\u{2019}s, images\u{2019}".to_owned()),
        of(&[Command::FitWindow], "window to region or image"),
        of(&[Command::Invert], "invert"),
        of(&[Command::FlipAcross, Command::FlipDown], "mirror, upend"),
        of(&[Command::TurnRight, Command::TurnLeft], "turn right, left"),
        of(&[Command::Larger, Command::Smaller], "larger, smaller"),
        of(&[Command::Fit, Command::OneToOne, Command::TrueSize], "all of it, 1:1, true size"),
        of(&[Command::Cine], "moving picture"),
        of(&[Command::Reset], "reset the view"),
    ];
    let panes = vec![
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
    ];
    let tools = vec![
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
    ];
    let form = vec![
        fixed(Chord::ENTER, "to the form, next question"),
        said("0 \u{2026} 9  a \u{2026} z", "score, choice"),
        said("Tab  \u{2193} \u{2191}", "next field, field before"),
        said("Del", "take back, delete mark"),
        fixed(Chord::TAKE_BACK, "undo what was said last"),
        said("Esc", "cancel, back to the image"),
        fixed(Chord::LOCK, "lock this read"),
        fixed(Chord::LOCK_ALL_THE_SAME, "lock all the same"),
        of(&[Command::Help], "this page"),
    ];
    [("Image", image), ("Panes", panes), ("Mouse and tools", tools), ("Form", form)]
}

impl Room {
    /// Draws the page; `open_before` says that it was open before this frame's input: a click closes it then. Keys are `commands`'.
    pub(super) fn help_overlay(&mut self, ui: &mut Ui, whole: Rect, open_before: bool, wishes: &mut Vec<Wish>) {
        let backdrop = ui.interact(whole, ui.scope_id().with("help"), Sense::click());
        backdrop.widget_info(|| WidgetInfo::labeled(Role::Window, true, "keys"));
        let painter = ui.painter();
        painter.rect_filled(whole, 0.0, Color32::from_black_alpha(190));
        let size = vec2(1180.0f32.min(whole.width() - 32.0), 412.0);
        let sheet = Rect::from_center_size(whole.center(), size);
        painter.rect_filled(sheet, 8.0, PANEL);
        painter.rect_stroke(sheet, 8.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
        let columns = columns(&self.bindings);
        let width = (size.x - 48.0) / columns.len() as f32;
        for (i, (title, rows)) in columns.into_iter().enumerate() {
            let left = sheet.left() + 24.0 + width * i as f32;
            let mut y = sheet.top() + 24.0;
            design::text(painter, pos2(left, y), Align2::LEFT_TOP, title, design::strong(design::BODY), STRONG);
            y += 32.0;
            for (pressed, does) in rows {
                let (pressed, colour) = if pressed.is_empty() { ("no key".to_owned(), DIM) } else { (pressed, STRONG) };
                let pressed = design::shortened(painter, &pressed, design::regular(design::NOTE), colour, KEYS - 8.0);
                painter.galley(pos2(left, y), pressed, colour);
                let does = design::shortened(painter, &does, design::regular(design::NOTE), TEXT, width - KEYS - 8.0);
                painter.galley(pos2(left + KEYS, y), does, TEXT);
                y += 24.0;
            }
        }
        let foot = pos2(sheet.left() + 24.0, sheet.bottom() - 20.0);
        design::text(painter, foot, Align2::LEFT_BOTTOM, "Any key or click closes this page.", design::regular(design::SMALL), DIM);
        let link = Rect::from_min_size(pos2(sheet.left() + 24.0 + 3.0 * width, sheet.bottom() - 40.0), vec2(width - 24.0, 26.0));
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
    use crate::keys::Profile;

    #[test]
    fn windows_whose_keys_were_taken_have_no_key() {
        let of_windows = |table: &Bindings| {
            let mut rows = columns(table).into_iter().flat_map(|(_, rows)| rows);
            rows.find(|(_, does)| does.starts_with("windows")).map(|(keys, _)| keys)
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
