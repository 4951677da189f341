//! A case that could be packed, as a row of a table: its id, its images, their roles, and how far it is.
//!
//! Owns what can be written into the row, and what becomes of that. Refuses: packing, which the page does a case at a time.

use super::letters::{Letters, Seen};
use super::page::Holds;
use crate::controls;
use crate::design::{self, ACCENT, CAUTION, LINE, RADIUS, STRONG, TEXT};
use crate::work::{Found, Order, Roles, Step};
use egui::{Rect, Sense, Stroke, Ui, UiBuilder, vec2};
use tiresias_words::{CaseId, ContentHash, Role};

const ROW: f32 = 38.0;
const HEAD: f32 = 30.0;

/// A case that could be packed.
pub(super) struct Row {
    pub(super) found: Found,
    pub(super) id: String,
    /// The roles of its series in their order, with commas between.
    pub(super) roles: String,
    /// For the training alone, with its truth.
    pub(super) training: Option<bool>,
    pub(super) is_left_out: bool,
    /// Findings in which somebody who looked saw no text.
    pub(super) no_text: Vec<ContentHash>,
    pub(super) state: RowState,
}

pub(super) enum RowState {
    Waits,
    Packs(Step),
    Packed(String),
    Refused(String),
    /// Refused for what may be letters: somebody is asked.
    Asks(Letters),
}

impl Row {
    /// Whether it is packed with the others: neither left out nor there already, and nothing about it is still asked.
    pub(super) const fn can_be_packed(&self) -> bool {
        !self.is_left_out && !matches!(self.state, RowState::Packed(_) | RowState::Asks(_))
    }
    /// Whether somebody has to say whether there are letters in its pixels.
    pub(super) const fn asks(&self) -> bool {
        !self.is_left_out && matches!(self.state, RowState::Asks(_))
    }

    /// Asks about the next finding.
    pub(super) fn ask(&mut self, ui: &mut Ui) {
        let RowState::Asks(letters) = &mut self.state else { return };
        match ui.scope(|ui| letters.ui(ui, &self.id)).inner {
            Some(Seen::NoText(finding)) => {
                self.no_text.push(finding);
                if letters.are_answered() {
                    self.state = RowState::Waits;
                }
            }
            Some(Seen::Text(place)) => {
                self.no_text.clear();
                self.is_left_out = true;
                self.state = RowState::Refused(format!("There is text in {place}. Have it taken out of the source."));
            }
            None => return,
        }
        ui.ctx().request_repaint();
    }

    pub(super) fn order(&self) -> Result<Order, String> {
        let id = CaseId::new(self.id.trim()).map_err(|e| format!("{e}."))?;
        let roles = self.roles.split(',').map(str::trim).filter(|t| !t.is_empty());
        let roles: Vec<Role> = roles.map(Role::new).collect::<Result<_, _>>().map_err(|e| format!("{}: {e}.", self.id))?;
        let count = self.found.series.len();
        if roles.len() != count && count > 0 {
            return Err(format!(
                "{}: there are {count} series, and {} roles are named. Name one for each, with commas between.",
                self.id,
                roles.len()
            ));
        }
        let roles = if roles == self.found.roles { Roles::Usual } else { Roles::InOrder(roles) };
        let mut order = Order::new(self.found.source.clone(), id);
        (order.roles, order.training) = (roles, self.training);
        order.findings.clone_from(&self.found.findings);
        order.no_text.clone_from(&self.no_text);
        Ok(order)
    }

    /// Draws it: id and roles can be changed before it is packed.
    pub(super) fn ui(&mut self, ui: &mut Ui, width: f32, trains: bool, is_packing: bool) {
        let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
        let is_fixed = is_packing || matches!(self.state, RowState::Packed(_));
        let [id, series, roles, more, state] = cells(rect);
        cell_field(ui, id, (&format!("Id of {}", self.found.id), Holds::Codes), &mut self.id, is_fixed);
        let mut what = images_of(&self.found.series);
        if !self.found.findings.is_empty() {
            what = format!("{what}, {} AI", self.found.findings.len());
        }
        cell_words(ui, series, &what, TEXT);
        let is_given = is_fixed || self.found.series.is_empty();
        cell_field(ui, roles, (&format!("Roles of {}", self.found.id), Holds::Words), &mut self.roles, is_given);
        {
            // A child of its own: the row has its height already.
            let mut ui = ui.new_child(UiBuilder::new().max_rect(more));
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = 10.0;
                if is_fixed {
                    return;
                }
                if trains {
                    let words = match self.training {
                        None => "study",
                        Some(true) => "training, with",
                        Some(false) => "training, without",
                    };
                    if controls::link(ui, words, TEXT)
                        .on_hover_text("For the study, or for the training with or without a finding")
                        .clicked()
                    {
                        self.training = match self.training {
                            None => Some(true),
                            Some(true) => Some(false),
                            Some(false) => None,
                        };
                    }
                }
                let words = if self.is_left_out { "Take it in" } else { "Leave out" };
                if controls::link(ui, words, if self.is_left_out { CAUTION } else { TEXT }).clicked() {
                    self.is_left_out = !self.is_left_out;
                }
            });
        }
        match &self.state {
            RowState::Waits if self.no_text.is_empty() => {}
            RowState::Waits => cell_words(ui, state, "no text was seen", TEXT),
            RowState::Asks(_) => cell_words(ui, state, "may hold letters", CAUTION),
            RowState::Packs(step) => {
                let part = step.done as f32 / step.of.max(1) as f32;
                let bar = Rect::from_min_size(state.left_bottom() - vec2(0.0, 4.0), vec2(state.width(), 2.0));
                controls::progress(ui, bar, part);
                cell_words(ui, state, step.doing, TEXT);
            }
            RowState::Packed(words) => cell_words(ui, state, words, ACCENT),
            RowState::Refused(sentence) => {
                cell_words(ui, state, sentence, CAUTION);
                // A sentence may be longer than its cell.
                let inside = ui.interact(state, ui.scope_id().with(("why", &self.found.source)), Sense::hover());
                inside.on_hover_text(sentence);
            }
        }
    }
}

/// Where the cells of a row lie: id, images, roles, what else can be said of the case, and how far it is.
fn cells(row: Rect) -> [Rect; 5] {
    let mut x = row.left();
    [0.17, 0.2, 0.2, 0.17, 0.26].map(|share: f32| {
        let cell = Rect::from_min_size(egui::pos2(x, row.top()), vec2(row.width() * share, row.height()));
        x = cell.right();
        cell.shrink2(vec2(0.0, 3.0)).with_max_x(cell.right() - 12.0)
    })
}

/// What stands over the rows.
pub(super) fn heads(ui: &mut Ui, width: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEAD), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, LINE));
    for (cell, words) in cells(rect).into_iter().zip(["Case", "Images", "Roles", "", "Progress"]) {
        cell_words(ui, cell, words, TEXT);
    }
}

/// What is in a case, in a few words.
fn images_of(series: &[(String, usize)]) -> String {
    match series {
        [(modality, 1)] => format!("{modality}, 1 image"),
        [(modality, images)] => format!("{modality}, {images} images"),
        all => all.iter().map(|(modality, images)| format!("{modality} {images}")).collect::<Vec<_>>().join(", "),
    }
}

fn cell_words(ui: &Ui, cell: Rect, text: &str, colour: egui::Color32) {
    let galley = design::shortened(ui.painter(), text, design::regular(design::NOTE), colour, cell.width());
    ui.painter().galley(egui::pos2(cell.left(), cell.center().y - galley.size().y / 2.0), galley, colour);
}

/// Something to write in, in a table; fixed it is words.
fn cell_field(ui: &mut Ui, cell: Rect, (name, holds): (&str, Holds), text: &mut String, is_fixed: bool) {
    if is_fixed {
        let galley = design::shortened(ui.painter(), text, holds.font(), STRONG, cell.width());
        ui.painter().galley(egui::pos2(cell.left(), cell.center().y - galley.size().y / 2.0), galley, STRONG);
        return;
    }
    let edit = egui::TextEdit::singleline(text)
        .id(egui::Id::unique(("cell", name)))
        .frame(egui::Frame::NONE)
        .desired_width(f32::INFINITY)
        .font(holds.font())
        .text_color(STRONG);
    let inner = cell.shrink2(vec2(8.0, 7.0));
    let response: egui::Response = ui.new_child(UiBuilder::new().max_rect(inner)).add(edit);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    let stroke = if response.has_focus() { ACCENT } else { LINE };
    ui.painter().rect_stroke(cell, RADIUS, Stroke::new(1.0, stroke), egui::StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::images_of;

    #[test]
    fn the_number_of_a_series_is_that_of_its_images() {
        let of = |series: &[(&str, usize)]| images_of(&series.iter().map(|(m, n)| ((*m).to_owned(), *n)).collect::<Vec<_>>());
        assert_eq!(of(&[("CT", 25)]), "CT, 25 images");
        assert_eq!(of(&[("DX", 1)]), "DX, 1 image");
        assert_eq!(of(&[("MG", 1), ("MG", 2)]), "MG 1, MG 2");
    }
}
