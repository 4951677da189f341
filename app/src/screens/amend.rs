//! Opening a locked case again: which one, and why. What may be opened is `reads`' to say; the earlier version stays in the record.

use super::{column, line};
use crate::controls::{self, Key};
use crate::design::{self, ACCENT, CAUTION, LINE, RADIUS, STRONG, TEXT};
use crate::keys::Chord;
use egui::{Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, vec2};
use tiresias_reads::machine::{Rules, State, amendable};
use tiresias_words::ReadId;

/// Longest reason, characters.
const MOST: usize = 1000;

/// What is being filled in.
#[derive(Debug, Default)]
pub(crate) struct AmendPage {
    read: Option<ReadId>,
    reason: String,
    /// Why it was refused.
    pub(crate) trouble: Option<String>,
}

/// What was chosen.
pub(crate) enum Choice {
    /// Open it again.
    Open(ReadId, String),
    Back,
}

impl AmendPage {
    /// The page with a case chosen.
    #[must_use]
    pub(crate) fn of(read: ReadId) -> Self {
        Self { read: Some(read), ..Self::default() }
    }
}

/// Draws the page.
pub(crate) fn amend(ui: &mut Ui, rules: &Rules, state: &State, page: &mut AmendPage) -> Option<Choice> {
    let mut choice = None;
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        line(ui, "Change a locked case", design::strong(design::TITLE), STRONG);
        let say = "What you locked stays in the record. You change a copy of it, and lock that in its place.";
        line(ui, say, design::regular(design::BODY), TEXT);
        ui.add_space(12.0);
        let reads: Vec<&ReadId> = amendable(state).map(tiresias_reads::machine::Locked::read).collect();
        // Of one there is nothing to choose.
        if page.read.is_none()
            && let [only] = reads.as_slice()
        {
            page.read = Some((*only).clone());
        }
        line(ui, "Which case?", design::regular(design::BODY), STRONG);
        let height = (whole.height() - 446.0).clamp(120.0, 300.0);
        let place = ui.available_rect_before_wrap();
        controls::going_on(ui, place, design::MARGIN, |ui| {
            egui::ScrollArea::vertical().max_height(height).id_salt("cases").auto_shrink([false, true]).show(ui, |ui| {
                ui.set_max_width(place.width().max(0.0));
                for read in reads {
                    let condition = rules.protocol().condition(&read.condition).map_or("", |c| c.label.as_str());
                    let is_chosen = page.read.as_ref() == Some(read);
                    if controls::entry_row(ui, ui.available_width(), &read.case.to_string(), condition, is_chosen).clicked() {
                        page.read = Some(read.clone());
                    }
                }
            });
        });
        ui.add_space(8.0);
        line(ui, "Why is it changed?", design::regular(design::BODY), STRONG);
        reason(ui, page);
        ui.add_space(12.0);
        if let Some(trouble) = &page.trouble {
            line(ui, trouble, design::regular(design::NOTE), CAUTION);
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let is_ready = page.read.is_some() && !page.reason.trim().is_empty();
            let open = controls::action(ui, vec2(280.0, 44.0), "Open it again", Some(Key(&Chord::LOCK.label())), is_ready).clicked();
            let chord = ui.input(|i| i.modifiers.command && i.key_pressed(egui::Key::Enter));
            if is_ready
                && (open || chord)
                && let Some(read) = page.read.clone()
            {
                choice = Some(Choice::Open(read, page.reason.clone()));
            }
            ui.add_space(16.0);
            if controls::link(ui, "Back", TEXT).clicked() || ui.input(|i| i.key_pressed(egui::Key::Escape)) {
                choice = Some(Choice::Back);
            }
        });
    });
    choice
}

fn reason(ui: &mut Ui, page: &mut AmendPage) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 72.0), Sense::hover());
    let inner = rect.shrink2(vec2(8.0, 6.0));
    let edit = TextEdit::multiline(&mut page.reason)
        .frame(egui::Frame::NONE)
        .font(design::regular(design::BODY))
        .text_color(STRONG)
        .char_limit(MOST)
        .desired_rows(3)
        .desired_width(inner.width())
        .return_key(None);
    let response = ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| ui.add(edit)).inner;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("why the case is changed"));
    // What is left to do is the reason. The keyboard goes there where it is nowhere else; Tab takes it on from there.
    if page.read.is_some() && ui.memory(|m| m.focused().is_none()) {
        response.request_focus();
    }
    let frame = if response.has_focus() { ACCENT } else { LINE };
    ui.painter().rect_stroke(rect, RADIUS, Stroke::new(1.0, frame), StrokeKind::Inside);
}
