//! Before the lock: everything that is missing or unusual, where it is, and the way there.

use super::{Field, heading, said};
use crate::controls;
use crate::design::{self, CAUTION, RADIUS, RAISED, STRONG, TEXT};
use crate::room::{Focus, Room};
use egui::{Role, Sense, Ui, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::{Draft, Missing, Place, State, Subject, unusual};
use tiresias_words::FindingId;

/// The way from the list to the place.
enum Way {
    Field(Place),
    Finding(FindingId),
    Focus(Focus),
}

impl Room {
    pub(super) fn review(&mut self, ui: &mut Ui, width: f32, state: &State, draft: &Draft) {
        let rest = self.still_to_do(state);
        let unusual = unusual(&self.rules, state);
        if rest.is_empty() && unusual.is_empty() {
            self.filling.review = false;
            return;
        }
        if !rest.is_empty() {
            heading(ui, width, "Still to do before the lock");
        }
        for missing in &rest {
            let to = self.way_to(missing, draft);
            if row(ui, width, &self.missing_words(missing), to.is_some())
                && let Some(way) = to
            {
                match way {
                    Way::Field(place) => self.go(Field::At(place), draft),
                    Way::Finding(finding) => self.go_to_finding(finding, draft),
                    Way::Focus(focus) => self.focus = focus,
                }
                self.filling.review = false;
            }
        }
        if !unusual.is_empty() {
            ui.add_space(14.0);
            heading(ui, width, "Look again");
            for one in &unusual {
                let about = self.about(&one.subject);
                said(ui, width, &format!("{}{about}", one.say), design::regular(design::BODY), STRONG);
                ui.add_space(10.0);
            }
            let words = if rest.is_empty() {
                "If it is what you mean, lock all the same."
            } else {
                "If it is what you mean, it can be locked all the same once nothing is missing."
            };
            said(ui, width, words, design::regular(design::NOTE), TEXT);
        }
        ui.add_space(14.0);
        if controls::link(ui, "Back to the form", TEXT).clicked() {
            self.filling.review = false;
        }
    }

    /// Where something that is missing is said.
    fn way_to(&self, missing: &Missing, draft: &Draft) -> Option<Way> {
        match missing {
            Missing::Finding(finding) => Some(Way::Finding(*finding)),
            Missing::Decision => Some(Way::Focus(Focus::Decision)),
            Missing::Reason => Some(Way::Focus(Focus::Reason)),
            _ => missing.place().or_else(|| self.about_what(missing, draft)).map(Way::Field),
        }
    }

    /// Where to look for a rule that is not kept: the first thing that was said about its subject.
    fn about_what(&self, missing: &Missing, draft: &Draft) -> Option<Place> {
        let Missing::Rule { subject, .. } = missing else { return None };
        let fields = self.fields(draft);
        let of = |subject: &Subject| {
            fields.iter().find_map(|f| match f {
                Field::At(place) if place.subject() == *subject => Some(place.clone()),
                _ => None,
            })
        };
        of(subject)
    }
}

/// One thing that is missing; pressed, it leads there.
fn row(ui: &mut Ui, width: f32, words: &str, leads: bool) -> bool {
    let mut text = words.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let galley = ui.painter().layout(text, design::regular(design::BODY), CAUTION, width - 28.0);
    let sense = if leads { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 14.0), sense);
    response.widget_info(|| WidgetInfo::labeled(if leads { Role::Button } else { Role::Label }, true, format!("go to: {words}")));
    let painter = ui.painter();
    if leads && response.hovered() {
        painter.rect_filled(rect.expand2(vec2(8.0, 0.0)), RADIUS, RAISED);
    }
    painter.galley(pos2(rect.left(), rect.top() + 7.0), galley, CAUTION);
    if leads {
        let at = rect.right_center();
        design::text(painter, at, egui::Align2::RIGHT_CENTER, "\u{203a}", design::regular(design::VALUE), TEXT);
    }
    leads && response.clicked()
}
