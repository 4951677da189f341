//! The results room: somebody who signed in at the desk and may look sees the document of the analysis, after the database lock, or as an early look that is recorded.
//!
//! Owns its screens: the reason of an early look, the document. Everything that takes time is on a thread of its own. Refuses: to compute or to judge: every word and
//! number is `reads`'.

mod chart;
mod export;
mod page;
mod table;

use crate::background::{Coming, Wake, arrived, beside};
use crate::clock::Clock;
use crate::controls;
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::meeting::{about, analysed, covariates_of, truth_of};
use crate::screens::{self, Signer, TopBar, column, line, signs};
use egui::{Ui, UiBuilder, vec2};
use export::From;
use page::{Page, Turned};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_reads::accounts::{Kind, Meaning, Unlocked};
use tiresias_reads::analysis::Choice;
use tiresias_reads::closing::{Early, closed_without_proof};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::report::{Document, document};
use tiresias_reads::scoring::Holding;

const WIDTH: f32 = 520.0;
/// What a signature is about that records an early look.
const EARLY_LOOK: &str = "an early look at the results";

/// A desk's folder that is open for its results.
pub(crate) struct ResultsRoom {
    root: PathBuf,
    title: String,
    /// Who looks: their name on screens, and the kind of their account.
    name: String,
    kind: Kind,
    keys: Arc<Unlocked>,
    /// The reason of an early look.
    early: Option<String>,
    stage: Stage,
}

enum Stage {
    /// Reading is not closed: what an early look is, and its reason.
    Early {
        reason: String,
        trouble: Option<String>,
    },
    Working {
        result: Option<Coming<Document>>,
        was_early: bool,
    },
    Shown(Box<Page>),
    Trouble(String),
}

/// What was chosen.
pub(crate) enum Left {
    Stay,
    /// Back to the steps of the desk.
    Desk,
    /// Signed out.
    Start,
}

impl ResultsRoom {
    /// The results of a desk's folder, for somebody who signed in there and may look: at once where reading is closed, else after they gave a reason.
    pub(crate) fn of(root: &Path, title: &str, who: Signer<'_>, keys: Arc<Unlocked>, wake: &Wake) -> Self {
        let stage = Stage::Early { reason: String::new(), trouble: None };
        let (root, title, name) = (root.to_owned(), title.to_owned(), who.name.to_owned());
        let mut room = Self { root, title, name, kind: who.kind, keys, early: None, stage };
        if closed_without_proof(&room.root) {
            room.stage = room.begin(None, wake);
        }
        room
    }

    /// Draws the room.
    pub(crate) fn ui(&mut self, ui: &mut Ui, wake: &Wake) -> Left {
        let (top, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + design::TOP);
        let pill = pill(&self.stage, self.early.is_some());
        screens::top_bar(ui, top, &TopBar { title: &self.title, condition: pill, reader: &self.name, case: None });
        let mut left = Left::Stay;
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| left = self.stage(ui, wake));
        left
    }

    fn stage(&mut self, ui: &mut Ui, wake: &Wake) -> Left {
        match &mut self.stage {
            Stage::Early { .. } => return self.early(ui, wake),
            Stage::Working { .. } => return self.working(ui),
            Stage::Shown(page) => {
                let who = Signer { name: &self.name, kind: self.kind };
                let from = From { root: &self.root, who, keys: &self.keys, early: self.early.as_deref(), wake };
                match page.ui(ui, &from) {
                    Turned::Stay => {}
                    Turned::Desk => return Left::Desk,
                    Turned::Out => return Left::Start,
                }
            }
            Stage::Trouble(sentence) => {
                let mut back = false;
                ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
                    line(ui, "There are no results to show.", design::strong(design::TITLE), STRONG);
                    line(ui, sentence, design::regular(design::BODY), CAUTION);
                    ui.add_space(16.0);
                    back = controls::action(ui, vec2(240.0, 44.0), "Back to the desk", None, true).clicked();
                });
                if back {
                    return Left::Desk;
                }
            }
        }
        Left::Stay
    }

    fn early(&mut self, ui: &mut Ui, wake: &Wake) -> Left {
        let who = Signer { name: &self.name, kind: self.kind };
        let Stage::Early { reason, trouble } = &mut self.stage else { return Left::Stay };
        let (mut look, mut left) = (false, Left::Stay);
        ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            line(ui, "Reading is not closed.", design::strong(design::TITLE), STRONG);
            let says = "Truth meets scores after the database lock, which two people sign at the desk, under Progress. A look before that is an unblinding: it is recorded with your name and reason, and marks everything that comes of it, for ever.";
            line(ui, says, design::regular(design::BODY), TEXT);
            ui.add_space(8.0);
            controls::text_field(ui, WIDTH, "Reason of an early look", reason);
            if let Some(trouble) = trouble {
                line(ui, trouble, design::regular(design::BODY), CAUTION);
            }
            signs(ui, who, Meaning::Deviation, Some(EARLY_LOOK));
            ui.add_space(8.0);
            look = controls::action(ui, vec2(WIDTH, 44.0), "Look early, and record it", None, !reason.trim().is_empty()).clicked();
            if controls::link(ui, "Back to the desk", TEXT).clicked() {
                left = Left::Desk;
            }
        });
        if look {
            let reason = reason.trim().to_owned();
            self.early = Some(reason.clone());
            self.stage = self.begin(Some(reason), wake);
        }
        left
    }

    fn begin(&self, early: Option<String>, wake: &Wake) -> Stage {
        let (root, keys, was_early) = (self.root.clone(), Arc::clone(&self.keys), early.is_some());
        let result = Some(beside("results", wake, move || results(&root, &keys, early.as_deref())));
        Stage::Working { result, was_early }
    }

    fn working(&mut self, ui: &mut Ui) -> Left {
        let Stage::Working { result, was_early } = &mut self.stage else { return Left::Stay };
        let was_early = *was_early;
        match arrived(result) {
            Some(Ok(document)) => {
                self.stage = Stage::Shown(Box::new(Page::new(document)));
                ui.ctx().request_repaint();
            }
            // The reason stands there for the next try.
            Some(Err(sentence)) if was_early => {
                self.stage = Stage::Early { reason: self.early.clone().unwrap_or_default(), trouble: Some(sentence) };
            }
            Some(Err(sentence)) => self.stage = Stage::Trouble(sentence),
            None => {
                // What is computed in vain is let fall. An early look is not left: it is being recorded, and who gave its reason is to see what came of it.
                let leave = (!was_early).then_some("Back to the desk");
                if screens::waiting(ui, "Reading the results of all workstations, and analysing them\u{2026}", leave) {
                    return Left::Desk;
                }
            }
        }
        Left::Stay
    }
}

/// What the bar says of somebody who sees results. That they are marked is another matter: scores can be missing after the database lock, too.
const fn pill(stage: &Stage, is_early: bool) -> Option<&'static str> {
    match stage {
        Stage::Shown(_) => Some(if is_early { "Unblinded early" } else { "Unblinded" }),
        Stage::Early { .. } | Stage::Working { .. } | Stage::Trouble(_) => None,
    }
}

fn results(root: &Path, keys: &Unlocked, early: Option<&str>) -> Result<Document, String> {
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| format!("{}: {e}", root.display()))?;
    let truth = truth_of(root, None, None)?;
    let early = early.map(|reason| Early { reason, utc_ms: Clock::start().now().utc_ms });
    let covariates = covariates_of(root, None)?;
    let report = analysed(&gathered, (&truth, covariates.as_ref()), (Some(keys), early), &Holding::default(), Choice::default())?;
    Ok(document(&report, &about(&gathered)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_missing_are_no_early_look() {
        let document = Document { title: String::new(), watermark: Some("1 score is missing".to_owned()), sections: Vec::new() };
        let shown = Stage::Shown(Box::new(Page::new(document)));
        assert_eq!([false, true].map(|is_early| pill(&shown, is_early)), [Some("Unblinded"), Some("Unblinded early")]);
        assert_eq!(pill(&Stage::Trouble(String::new()), true), None);
    }
}
