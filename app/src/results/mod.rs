//! The results room: a statistician signs in at the desk's folder and sees the document of the analysis, after the database lock, or as an early look that is recorded.
//!
//! Owns its screens: who looks, their passphrase, the reason of an early look, the document. Everything that takes time is on a thread of its own. Refuses: to
//! compute or to judge: every word and number is `reads`'.

mod chart;
mod page;
mod table;

use crate::clock::Clock;
use crate::controls;
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::meeting::{about, analysed, truth_of};
use crate::screens::{self, Asks, Entered, PassphrasePage, TopBar, column, line};
use crossbeam_channel::Receiver;
use egui::{TextEdit, Ui, UiBuilder, vec2};
use page::Page;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_reads::accounts::{Accounts, Passphrase, Unlocked};
use tiresias_reads::analysis::Choice;
use tiresias_reads::closing::{Early, is_closed, who_may_look};
use tiresias_reads::gathered::Gathered;
use tiresias_reads::report::{Document, document};
use tiresias_reads::scoring::Holding;
use tiresias_words::AccountId;

const ACCOUNTS: &str = "accounts.json";
const WIDTH: f32 = 520.0;

/// A desk's folder that is open for its results.
pub(crate) struct ResultsRoom {
    root: PathBuf,
    title: String,
    people: Vec<Person>,
    stage: Stage,
}

/// Somebody who may look.
struct Person {
    id: AccountId,
    name: String,
    kind: &'static str,
}

enum Stage {
    Who,
    Passphrase {
        person: usize,
        page: Box<PassphrasePage>,
        opening: Option<Receiver<Result<Unlocked, String>>>,
    },
    /// Reading is not closed: what an early look is, and its reason.
    Early {
        person: usize,
        keys: Arc<Unlocked>,
        reason: String,
        trouble: Option<String>,
    },
    Working {
        person: usize,
        keys: Arc<Unlocked>,
        result: Receiver<Result<Document, String>>,
        was_early: bool,
    },
    Shown {
        person: usize,
        page: Box<Page>,
    },
    Trouble(String),
}

/// What was chosen.
pub(crate) enum Left {
    Stay,
    Start,
}

impl ResultsRoom {
    /// Opens a desk's folder. Reads its accounts and its protocol's title, nothing of its reads.
    pub(crate) fn open(root: &Path) -> Result<Self, String> {
        let at = |e: &dyn std::fmt::Display| format!("{}: {e}", root.display());
        let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| at(&e))?;
        let (protocol, _) = tiresias_reads::versions::protocol_of(root).map_err(|e| at(&e))?;
        let person =
            |a: &tiresias_reads::accounts::Account| Person { id: a.id().clone(), name: a.display_name().to_owned(), kind: a.kind().word() };
        let people = who_may_look(&accounts).map(person).collect();
        Ok(Self { root: root.to_owned(), title: protocol.title().to_owned(), people, stage: Stage::Who })
    }

    /// Draws the room.
    pub(crate) fn ui(&mut self, ui: &mut Ui, wake: &Arc<dyn Fn() + Send + Sync>) -> Left {
        let (top, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + design::TOP);
        let mark = match &self.stage {
            Stage::Shown { page, .. } => page.watermark().map(str::to_owned),
            _ => None,
        };
        let pill = match &self.stage {
            Stage::Shown { .. } => Some(if mark.is_some() { "Unblinded early" } else { "Unblinded" }),
            _ => None,
        };
        let who = self.person().map_or("", |p| p.kind);
        screens::top_bar(ui, top, &TopBar { title: &self.title, condition: pill, reader: who, case: None });
        let mut left = Left::Stay;
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| left = self.stage(ui, wake));
        left
    }

    fn person(&self) -> Option<&Person> {
        let at = match &self.stage {
            Stage::Who | Stage::Trouble(_) => None,
            Stage::Passphrase { person, .. }
            | Stage::Early { person, .. }
            | Stage::Working { person, .. }
            | Stage::Shown { person, .. } => Some(*person),
        };
        at.and_then(|at| self.people.get(at))
    }

    fn stage(&mut self, ui: &mut Ui, wake: &Arc<dyn Fn() + Send + Sync>) -> Left {
        match &mut self.stage {
            Stage::Who => return self.who(ui),
            Stage::Passphrase { .. } => self.passphrase(ui, wake),
            Stage::Early { .. } => return self.early(ui, wake),
            Stage::Working { .. } => self.working(ui),
            Stage::Shown { page, .. } => {
                if page.ui(ui) {
                    return Left::Start;
                }
            }
            Stage::Trouble(sentence) => {
                let mut back = false;
                ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
                    line(ui, "There are no results to show.", design::strong(design::TITLE), STRONG);
                    line(ui, sentence, design::regular(design::BODY), CAUTION);
                    ui.add_space(16.0);
                    back = controls::action(ui, vec2(240.0, 44.0), "Back", None, true).clicked();
                });
                if back {
                    self.stage = Stage::Who;
                }
            }
        }
        Left::Stay
    }

    fn who(&mut self, ui: &mut Ui) -> Left {
        let (mut chosen, mut left) = (None, Left::Stay);
        ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            line(ui, &self.title, design::strong(design::TITLE), STRONG);
            line(
                ui,
                "This is the study desk. Its results are for statisticians and, after the database lock, auditors.",
                design::regular(design::BODY),
                TEXT,
            );
            ui.add_space(12.0);
            if self.people.is_empty() {
                let none = "This study has no account of that kind. A coordinator makes one with `tiresias study account`.";
                line(ui, none, design::regular(design::BODY), CAUTION);
            }
            for (at, person) in self.people.iter().enumerate() {
                if controls::entry_row(ui, WIDTH, &person.name, person.kind, false).clicked() {
                    chosen = Some(at);
                }
            }
            ui.add_space(12.0);
            if controls::link(ui, "Back to the start", TEXT).clicked() {
                left = Left::Start;
            }
        });
        if let Some(person) = chosen {
            self.stage = Stage::Passphrase { person, page: Box::default(), opening: None };
            ui.ctx().request_repaint();
        }
        left
    }

    fn passphrase(&mut self, ui: &mut Ui, wake: &Arc<dyn Fn() + Send + Sync>) {
        let Stage::Passphrase { person, page, opening } = &mut self.stage else { return };
        let person = *person;
        if let Some(result) = opening.as_ref().and_then(|o| o.try_recv().ok()) {
            *opening = None;
            match result {
                Ok(keys) => {
                    let keys = Arc::new(keys);
                    self.stage = if is_closed(&self.root) {
                        self.begin(person, keys, None, wake)
                    } else {
                        Stage::Early { person, keys, reason: String::new(), trouble: None }
                    };
                    ui.ctx().request_repaint();
                    return;
                }
                Err(sentence) => (page.busy, page.trouble) = (false, Some(sentence)),
            }
        }
        let Some(who) = self.people.get(person) else { return };
        let note = format!("{}: your passphrase shows that it is you who looks.", who.name);
        let asks = Asks { title: &self.title, note: &note, action: "Sign in", back: "Somebody else" };
        match screens::passphrase(ui, page, &asks) {
            Some(Entered::Passphrase(typed)) => {
                page.busy = true;
                let (root, id) = (self.root.clone(), who.id.clone());
                *opening = Some(beside("keys", wake, move || keys_of(&root, &id, &typed)));
            }
            Some(Entered::Back) => self.stage = Stage::Who,
            None => {}
        }
    }

    fn early(&mut self, ui: &mut Ui, wake: &Arc<dyn Fn() + Send + Sync>) -> Left {
        let Stage::Early { person, keys, reason, trouble } = &mut self.stage else { return Left::Stay };
        let (mut look, mut left) = (false, Left::Stay);
        ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            line(ui, "Reading is not closed.", design::strong(design::TITLE), STRONG);
            let says = "Truth meets scores after the database lock, which two people sign with `tiresias study lock`. A look before that is an unblinding: it is recorded with your name and reason, and marks everything that comes of it, for ever.";
            line(ui, says, design::regular(design::BODY), TEXT);
            ui.add_space(8.0);
            let edit = TextEdit::singleline(reason).desired_width(WIDTH).font(design::regular(design::BODY)).hint_text("Reason of an early look");
            let response = ui.add(edit);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Reason of an early look"));
            if let Some(trouble) = trouble {
                line(ui, trouble, design::regular(design::BODY), CAUTION);
            }
            ui.add_space(8.0);
            look = controls::action(ui, vec2(WIDTH, 44.0), "Look early, and record it", None, !reason.trim().is_empty()).clicked();
            if controls::link(ui, "Back to the start", TEXT).clicked() {
                left = Left::Start;
            }
        });
        if look {
            let (person, keys, reason) = (*person, Arc::clone(keys), reason.trim().to_owned());
            self.stage = self.begin(person, keys, Some(reason), wake);
        }
        left
    }

    fn begin(&self, person: usize, keys: Arc<Unlocked>, early: Option<String>, wake: &Arc<dyn Fn() + Send + Sync>) -> Stage {
        let (root, own, was_early) = (self.root.clone(), Arc::clone(&keys), early.is_some());
        let result = beside("results", wake, move || results(&root, &own, early.as_deref()));
        Stage::Working { person, keys, result, was_early }
    }

    fn working(&mut self, ui: &mut Ui) {
        let Stage::Working { person, keys, result, was_early } = &mut self.stage else { return };
        match result.try_recv() {
            Ok(Ok(document)) => {
                self.stage = Stage::Shown { person: *person, page: Box::new(Page::new(document)) };
                ui.ctx().request_repaint();
            }
            Ok(Err(sentence)) if *was_early => {
                self.stage = Stage::Early { person: *person, keys: Arc::clone(keys), reason: String::new(), trouble: Some(sentence) };
            }
            Ok(Err(sentence)) => self.stage = Stage::Trouble(sentence),
            Err(_) => screens::waiting(ui, "Reading the results of all workstations, and analysing them\u{2026}"),
        }
    }
}

/// Runs something on a thread of its own.
fn beside<T: Send + 'static>(
    name: &str,
    wake: &Arc<dyn Fn() + Send + Sync>,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Receiver<Result<T, String>> {
    let (sender, result) = crossbeam_channel::bounded(1);
    let (failed, wake) = (sender.clone(), Arc::clone(wake));
    let run = move || {
        let _ = sender.send(work());
        wake();
    };
    if let Err(e) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
        let _ = failed.send(Err(format!("The system gives no further thread ({e}). Close other programs and try again.")));
    }
    result
}

fn keys_of(root: &Path, id: &AccountId, typed: &Passphrase) -> Result<Unlocked, String> {
    let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| e.to_string())?;
    accounts.get(id).and_then(|account| account.open(typed)).map_err(|e| e.to_string())
}

fn results(root: &Path, keys: &Unlocked, early: Option<&str>) -> Result<Document, String> {
    let gathered = Gathered::open(root, crate::BUILD).map_err(|e| format!("{}: {e}", root.display()))?;
    let truth = truth_of(root, None, None)?;
    let early = early.map(|reason| Early { reason, utc_ms: Clock::start().now().utc_ms });
    let report = analysed(&gathered, &truth, (Some(keys), early), &Holding::default(), Choice::default())?;
    Ok(document(&report, &about(&gathered)))
}
