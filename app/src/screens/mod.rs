//! The screens before and between cases: start, sign-in, worklist, the pause between two cases. Each draws itself and says what was chosen. With what screens of all rooms share:
//! the bar on top, the column, sentences of waiting, stopping and signing.

mod about;
mod amend;
mod between;
mod demo;
mod keys;
mod new_study;
mod passphrase;
mod screen_size;
mod sign_in;
mod signs;
mod start;
mod test_pattern;
mod worklist;

pub(crate) use about::about;
pub(crate) use amend::{AmendPage, Choice as Amended, amend};
pub(crate) use between::{Choice as AfterCase, between};
pub(crate) use demo::{Choice as Shown, HINT, demo};
pub(crate) use keys::{Choice as KeysLeft, KeysPage, keys};
pub(crate) use new_study::{Choice as Begun, NewStudy, new_study};
pub(crate) use passphrase::{Asks, Entered, PassphrasePage, passphrase, receipt};
pub(crate) use screen_size::{ScreenPage, screen_size};
pub(crate) use sign_in::{Choice as SignIn, sign_in};
pub(crate) use signs::{Signer, signs};
pub(crate) use start::{Choice as Started, start};
pub(crate) use test_pattern::{PatternPage, test_pattern};
pub(crate) use worklist::{Choice as Chosen, worklist};

use crate::design;
use egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

/// What the bar on top says.
#[derive(Debug, Default)]
pub(crate) struct TopBar<'a> {
    /// The study's title.
    pub(crate) title: &'a str,
    /// The condition, in a pill.
    pub(crate) condition: Option<&'a str>,
    /// Who is signed in.
    pub(crate) reader: &'a str,
    /// The code of the open case and the reader's own progress.
    pub(crate) case: Option<String>,
}

/// Draws the bar on top of every screen of a study.
pub(crate) fn top_bar(ui: &Ui, rect: Rect, bar: &TopBar<'_>) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, design::PANEL);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, design::LINE));
    let y = rect.center().y;
    let mut right = rect.right() - design::MARGIN;
    if let Some(case) = &bar.case {
        right = design::text(painter, pos2(right, y), Align2::RIGHT_CENTER, case, design::mono(design::NOTE), design::TEXT).left() - 20.0;
    }
    // What has no room is shortened: the reader's name to a part of the bar, then the title to what is left. Code and condition are always whole.
    let middle = |galley: &egui::Galley| y - galley.size().y / 2.0;
    let name = design::shortened(painter, bar.reader, design::regular(design::BODY), design::TEXT, rect.width() * 0.2);
    right -= name.size().x;
    painter.galley(pos2(right, middle(&name)), name, design::TEXT);
    let pill = bar.condition.map(|c| painter.layout_no_wrap(c.to_owned(), design::regular(design::NOTE), design::TEXT));
    let pill_width = pill.as_ref().map_or(0.0, |p| p.size().x + 20.0);
    let mut x = rect.left() + design::MARGIN;
    x = design::text(painter, pos2(x, y), Align2::LEFT_CENTER, "Tiresias", design::strong(design::BODY), design::STRONG).right() + 20.0;
    let title = design::shortened(painter, bar.title, design::regular(design::BODY), design::TEXT, right - 40.0 - pill_width - x);
    let title_at = pos2(x, middle(&title));
    x += title.size().x + 20.0;
    painter.galley(title_at, title, design::TEXT);
    if let Some(galley) = pill {
        let pill = Rect::from_center_size(pos2(x + pill_width / 2.0, y), galley.size() + vec2(20.0, 6.0));
        painter.rect_stroke(pill, pill.height() / 2.0, Stroke::new(1.0, design::LINE), egui::StrokeKind::Inside);
        painter.galley(pill.min + vec2(10.0, 3.0), galley, design::TEXT);
    }
}

/// The column in which the screens without images stand: 820 wide where there is room, a third down.
pub(crate) fn column(whole: Rect) -> Rect {
    let width = 820.0f32.min(whole.width() - 2.0 * design::MARGIN);
    Rect::from_min_max(
        pos2(whole.center().x - width / 2.0, whole.top() + (whole.height() * 0.09).max(32.0)),
        pos2(whole.center().x + width / 2.0, whole.bottom()),
    )
}

/// A line of text that takes its own height, with codes in their face.
pub(crate) fn line(ui: &mut Ui, words: &str, font: egui::FontId, colour: egui::Color32) {
    let mut job = crate::controls::coded(words, font, colour);
    job.wrap.max_width = ui.available_width();
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, galley.text()));
    ui.painter().galley(rect.min, galley, colour);
}

/// The program waits for something of its own. `leave` names the way out, where there is one; true when it is taken.
pub(crate) fn waiting(ui: &mut Ui, words: &str, leave: Option<&str>) -> bool {
    let whole = ui.max_rect();
    let mut leaves = false;
    ui.scope_builder(egui::UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 10.0;
        line(ui, words, design::regular(design::BODY), design::TEXT);
        leaves = leave.is_some_and(|name| crate::controls::link(ui, name, design::TEXT).clicked());
    });
    leaves
}

/// The record can no longer be written. Says so, and offers the way out; true when it is taken.
pub(crate) fn stopped(ui: &mut Ui, sentence: &str) -> bool {
    let whole = ui.max_rect();
    let mut leave = false;
    ui.scope_builder(egui::UiBuilder::new().max_rect(column(whole)), |ui| {
        line(ui, "Reading stops here.", design::strong(design::TITLE), design::STRONG);
        line(ui, sentence, design::regular(design::BODY), design::CAUTION);
        line(ui, "Everything that was acknowledged before is kept.", design::regular(design::BODY), design::TEXT);
        ui.add_space(16.0);
        leave = crate::controls::action(ui, vec2(240.0, 44.0), "To the start", None, true).clicked();
    });
    leave
}
