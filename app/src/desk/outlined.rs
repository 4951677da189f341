//! Draws what a protocol yields: the calendar, the assignment matrix, and how a case hangs.

use super::page::{Cell, Holds, note, table};
use crate::design::{self, CANVAS, LINE, STRONG, TEXT};
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, TextureHandle, Ui, WidgetInfo, pos2, vec2};
use tiresias_reads::hanging::{FirstWindow, Layout, PaneRect, Shows};
use tiresias_reads::outline::{Outline, ReaderOutline};

/// Cases that a matrix shows; of more, their number.
const MOST_CASES: usize = 24;

/// The calendar: what each reader reads in each period, and when the first day of that is.
pub(super) fn calendar(ui: &mut Ui, of: &Outline) {
    let made_up = match of.is_made_up {
        [true, true] => "With made-up readers and cases, as the desk has none yet.",
        [true, false] => "With made-up readers, as nobody has an account to read with yet.",
        [false, true] => "With made-up cases, as none is packed yet.",
        [false, false] => "With the readers and cases of this desk.",
    };
    note(ui, made_up);
    if of.training > 0 {
        note(ui, &format!("Before the first period each reader reads {} training cases.", of.training));
    }
    let heads: Vec<String> = of.periods.iter().map(|p| format!("From day {}", p.from_day)).collect();
    let heads: Vec<(&str, Holds)> =
        std::iter::once(("Reader", Holds::Codes)).chain(heads.iter().map(|head| (head.as_str(), Holds::Words))).collect();
    let words = |counts: &Vec<usize>| {
        let each = counts.iter().zip(&of.conditions).filter(|(n, _)| **n > 0).map(|(n, (_, label))| format!("{n} {label}"));
        Cell::of(each.collect::<Vec<_>>().join("\n"))
    };
    let row = |of: &ReaderOutline| std::iter::once(Cell::strong(of.reader.as_str())).chain(of.periods.iter().map(words)).collect();
    table(ui, "calendar", &heads, &of.readers.iter().map(row).collect::<Vec<_>>(), 160.0);
}

/// The assignment matrix: for each case, condition and reader the place in the reader's order.
pub(super) fn matrix(ui: &mut Ui, of: &Outline, is_assigned: bool) {
    if is_assigned {
        // What was drawn is not looked at here: a reader's order tells which case of the desk a code stands for. An example would be read as what was drawn.
        note(ui, "The orders of this study are drawn and frozen, and are shown to nobody.");
        return;
    }
    note(
        ui,
        "The place of each read in its reader\u{2019}s order. An example: the orders of the study are drawn when cases are assigned, and once.",
    );
    let places = of.readers.iter().map(|r| (r.reader.as_str(), Holds::Numbers));
    let heads: Vec<(&str, Holds)> = [("Case", Holds::Codes), ("Condition", Holds::Words)].into_iter().chain(places).collect();
    let conditions = of.conditions.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join("\n");
    let row = |(at, case): (usize, &String)| {
        // A line for each condition.
        let places = |reader: &ReaderOutline| {
            let of_case = reader.places.get(at).map_or(&[][..], Vec::as_slice);
            let line = |places: &Vec<usize>| places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Cell::of(of_case.iter().map(line).collect::<Vec<_>>().join("\n"))
        };
        [Cell::strong(case), Cell::of(&conditions)].into_iter().chain(of.readers.iter().map(places)).collect()
    };
    let rows: Vec<Vec<Cell>> = of.cases.iter().enumerate().take(MOST_CASES).map(row).collect();
    table(ui, "matrix", &heads, &rows, 120.0);
    if of.cases.len() > MOST_CASES {
        note(ui, &format!("And {} more cases.", of.cases.len() - MOST_CASES));
    }
}

/// How a case hangs: each cell with its series and what it shows, over its picture where there is one.
pub(super) fn hanging(ui: &mut Ui, layout: &Layout, pictures: &[(PaneRect, TextureHandle)], canvas: [u32; 2]) {
    let scale = (ui.available_width() / canvas[0] as f32).min(1.0);
    let [width, height] = canvas.map(|n| n as f32 * scale);
    let (whole, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "How a case hangs"));
    for (cell, place) in layout.cells().iter().zip(layout.place(canvas, design::PANES_APART)) {
        let at = whole.min + vec2(place.x as f32, place.y as f32) * scale;
        let rect = Rect::from_min_size(at, vec2(place.size[0] as f32, place.size[1] as f32) * scale);
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        painter.rect_filled(rect, 0.0, CANVAS);
        if let Some((_, picture)) = pictures.iter().find(|(of, _)| *of == place) {
            let all = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
            painter.image(picture.id(), rect, all, egui::Color32::WHITE);
        }
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, LINE), StrokeKind::Inside);
        let shows = match cell.shows {
            Shows::Images => "images",
            Shows::Axial => "axial",
            Shows::Coronal => "coronal",
            Shows::Sagittal => "sagittal",
        };
        let window = match &cell.window {
            FirstWindow::Images => "",
            FirstWindow::Preset(name) => name.as_str(),
        };
        let room = rect.width() - 12.0;
        for (n, (words, colour)) in [(format!("{} \u{b7} {shows}", cell.role), STRONG), (window.to_owned(), TEXT)].into_iter().enumerate() {
            let galley = design::shortened(&painter, &words, design::regular(design::SMALL), colour, room);
            let at = pos2(rect.left() + 6.0, rect.top() + 5.0 + 16.0 * n as f32);
            // A dark halo lets it be read on bone as on air.
            for by in [vec2(-1.0, 0.0), vec2(1.0, 0.0), vec2(0.0, -1.0), vec2(0.0, 1.0)] {
                painter.galley_with_override_text_color(at + by, galley.clone(), CANVAS);
            }
            painter.galley(at, galley, colour);
        }
        if let Some(link) = cell.link {
            let at = rect.right_bottom() - vec2(6.0, 5.0);
            design::text(&painter, at, Align2::RIGHT_BOTTOM, format!("linked {}", link.0), design::regular(design::SMALL), TEXT);
        }
    }
    for sentence in layout.notes() {
        note(ui, sentence);
    }
}
