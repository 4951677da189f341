//! The audit trail: every row of what came back in a plain sentence, filtered, and exported with a signature.

use super::page::{Cell, Holds, note, said, trouble};
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::controls::{self, Asked, PlaceField};
use crate::design::{self, ACCENT, FIELD, LINE, STRONG};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::{export_trail, trail};
use egui::{Align, Align2, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::accounts::Meaning;
use tiresias_reads::export::AuditLine;

const ROW: f32 = 26.0;
/// The columns: where each begins, and what stands in it. A time is 149 wide.
const COLUMNS: [(f32, Holds); 4] = [(0.0, Holds::Codes), (180.0, Holds::Codes), (320.0, Holds::Numbers), (400.0, Holds::Words)];
/// Between two of them.
const BETWEEN: f32 = 18.0;
/// The widths of the filter and of the button beside it, and what is between.
const FILTER: f32 = 280.0;
const EXPORT: f32 = 120.0;
const APART: f32 = 28.0;

/// The page.
#[derive(Default)]
pub(super) struct AuditPage {
    lines: Option<Vec<AuditLine>>,
    looking: Option<Coming<Vec<AuditLine>>>,
    filter: String,
    /// The lines that the filter leaves, and for which filter that was.
    left: (String, Vec<usize>),
    out: PlaceField,
    exporting: Option<Coming<String>>,
    said: Option<String>,
    trouble: Option<String>,
}

impl AuditPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        if self.lines.is_none() && self.looking.is_none() {
            let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
            self.looking = Some(beside("audit", at.wake, move || trail(&root, &keys).map_err(Failure::sentence)));
        }
        match arrived(&mut self.looking) {
            Some(Ok(lines)) => {
                self.left = (String::new(), (0..lines.len()).collect());
                self.lines = Some(lines);
            }
            Some(Err(sentence)) => (self.lines, self.trouble) = (Some(Vec::new()), Some(sentence)),
            None => {}
        }
        match arrived(&mut self.exporting) {
            Some(Ok(sentence)) => (self.said, self.trouble) = (Some(sentence), None),
            Some(Err(sentence)) => (self.said, self.trouble) = (None, Some(sentence)),
            None => {}
        }
        let inner = field.shrink2(vec2(design::PAGE, 0.0));
        ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.add_space(24.0);
            controls::words(ui, "Every row of every record", design::strong(design::VALUE), STRONG);
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = APART;
                let room = ui.available_width() - FILTER - EXPORT - 2.0 * APART;
                controls::text_field(ui, FILTER, "Only rows with these words", &mut self.filter);
                // In a window that is too narrow for all of it the button goes beyond the edge.
                self.out.ui(ui, room.clamp(EXPORT, FIELD), "Export into a folder that does not exist yet", Asked::New, at.wake);
                ui.vertical(|ui| {
                    // In line with the boxes, not with the names above them.
                    ui.add_space(controls::FIELD_NAME);
                    let out = self.out.path().filter(|_| self.exporting.is_none());
                    let pressed = controls::action(ui, vec2(EXPORT, controls::FIELD_BOX), "Export", None, out.is_some()).clicked();
                    if let (true, Some(out)) = (pressed, out) {
                        let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
                        self.exporting = Some(beside("export", at.wake, move || {
                            let done = export_trail(&root, &keys, &out).map_err(Failure::sentence)?;
                            Ok(format!("Written and signed: {}, in {}.", done.files.join(", "), done.folder.display()))
                        }));
                    }
                });
            });
            signs(ui, at.signer(), Meaning::Export, None);
            trouble(ui, self.trouble.as_deref());
            if let Some(sentence) = &self.said {
                said(ui, sentence, ACCENT);
            }
            self.list(ui);
        });
        Did::Nothing
    }

    fn list(&mut self, ui: &mut Ui) {
        let Some(lines) = &self.lines else {
            note(ui, "Reading what came back\u{2026}");
            return;
        };
        if self.left.0 != self.filter {
            let wanted = self.filter.trim().to_lowercase();
            let fits = |l: &AuditLine| [&l.what, &l.reader, &l.utc].iter().any(|t| t.to_lowercase().contains(&wanted));
            self.left = (self.filter.clone(), lines.iter().enumerate().filter(|(_, l)| fits(l)).map(|(n, _)| n).collect());
        }
        let left = &self.left.1;
        note(ui, &format!("{} of {} rows", left.len(), lines.len()));
        // Heads are words, whatever stands below them.
        let draw = |ui: &mut Ui, cells: [&Cell; 4], is_head: bool| {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
            ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
            let ends = COLUMNS.iter().skip(1).map(|(next, _)| rect.left() + next - BETWEEN).chain([rect.right()]);
            for ((cell, (from, holds)), to) in cells.into_iter().zip(COLUMNS).zip(ends) {
                let place = Rect::from_min_max(pos2(rect.left() + from, rect.top()), pos2(to, rect.bottom()));
                let font = if is_head { Holds::Words.font() } else { holds.font() };
                let galley = design::shortened(ui.painter(), &cell.text, font, cell.colour, place.width());
                let at = Align2([holds.side(), Align::Center]).align_size_within_rect(galley.size(), place);
                ui.painter().galley(at.min, galley, cell.colour);
            }
            rect
        };
        ui.spacing_mut().item_spacing.y = 0.0;
        let heads = ["Time (UTC)", "Reader", "Session", "What happened"].map(Cell::of);
        let [a, b, c, d] = &heads;
        draw(ui, [a, b, c, d], true);
        let place = ui.available_rect_before_wrap();
        let rows = |ui: &mut Ui, shown: std::ops::Range<usize>| {
            ui.set_max_width(place.width().max(0.0));
            for line in left.get(shown).unwrap_or_default().iter().filter_map(|n| lines.get(*n)) {
                let what = Cell::strong(&line.what);
                let cells = [
                    Cell::of(line.utc.get(..19).unwrap_or(&line.utc).replace('T', " ")),
                    Cell::of(&line.reader),
                    Cell::of(line.session.to_string()),
                ];
                let [time, reader, session] = &cells;
                let rect = draw(ui, [time, reader, session, &what], false);
                let response = ui.interact(rect, ui.scope_id().with(("line", line.row, &line.reader)), Sense::hover());
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &line.what));
                response.on_hover_text(&line.what);
            }
        };
        controls::going_on(ui, place, design::PAGE, |ui| {
            ScrollArea::vertical().id_salt("audit").auto_shrink([false, false]).show_rows(ui, ROW, left.len(), rows);
        });
    }
}
