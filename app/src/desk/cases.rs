//! Cases: those that are packed, and more of them. A folder of cases is looked at first; what each becomes stands in a table before anything is packed.
//!
//! Looking and packing are on a thread of its own, show how far they are and can be stopped. Refuses: what [`crate::work`] refuses, a case at a time; the others go on.
//! Where nothing but letters in pixels stops a case, somebody is asked about each; the answers are forgotten when the cases are looked at anew.

use super::case_row::{Row, RowState, heads};
use super::letters::Letters;
use super::page::{Cell, Holds, heading, note, page, said, table, trouble};
use super::sheets::Sheets;
use super::{Did, Seated};
use crate::background::{AtWork, Coming, Wake, arrived, beside, paced};
use crate::controls::{self, Asked, PlaceField};
use crate::design::{FIELD, STRONG, TEXT};
use crate::failure::Failure;
use crate::hold;
use crate::work::{Found, NotPacked, Order, PackedCase, PackingDesk, Step, found_in};
use crossbeam_channel::{Receiver, Sender};
use egui::{Rect, Ui, vec2};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tiresias_reads::desk::{Desk, ListedCase};
use tiresias_reads::versions::protocol_of;
use tiresias_words::{CaseId, Role};
use zeroize::Zeroizing;

/// The widest table in which the eye finds the end of a row.
const WIDEST: f32 = 1000.0;
/// Of a case that was not packed at this desk.
const NO_NOTE: &str = "not recorded";
/// Of a case whose images are others than those that were looked at.
const CHANGED: &str = "Its images are no longer those in which no text was seen. Look at the cases again, from the source on.";

/// The page.
#[derive(Default)]
pub(super) struct CasesPage {
    /// What is packed, or why that cannot be read.
    listed: Option<Result<Vec<(CaseId, ListedCase)>, String>>,
    listing: Option<Coming<Vec<(CaseId, ListedCase)>>>,
    source: PlaceField,
    ai: PlaceField,
    phrase: Zeroizing<String>,
    looking: Option<(Coming<Looked>, Arc<AtomicBool>)>,
    rows: Vec<Row>,
    /// The protocol has a training, so that each case is for the study or for that.
    trains: bool,
    packing: Option<Batch>,
    sheets: Sheets,
    trouble: Option<String>,
}

/// What was found in a folder.
struct Looked {
    found: Vec<Found>,
    /// What the desk lists already.
    listed: Vec<CaseId>,
    trains: bool,
}

/// Cases on their way into packages.
struct Batch {
    news: Receiver<News>,
    stop: Arc<AtomicBool>,
}

enum News {
    Row(usize, RowState),
    /// Nothing more comes; a sentence where it ended before its time.
    Over(Option<String>),
}

impl CasesPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let did = self.news(at);
        // What is under way stands first: below some hundred packed cases nobody would see it.
        if self.packing.is_some() || self.rows.iter().any(|row| row.can_be_packed() || row.asks()) {
            page(ui, field, "Pack cases", |ui| {
                self.preview(ui, at);
                heading(ui, "Packed cases");
                self.packed(ui, at);
            });
        } else {
            page(ui, field, "Packed cases", |ui| {
                self.packed(ui, at);
                heading(ui, "Pack cases");
                if self.rows.is_empty() { self.ask(ui, at) } else { self.preview(ui, at) }
            });
        }
        did
    }

    /// What is packed, and the sheets to look at.
    fn packed(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        self.list(ui);
        // While somebody says whether there are letters, nothing else is asked of them.
        if let (Some(Ok(listed)), None) = (&self.listed, self.asked())
            && !listed.is_empty()
        {
            ui.scope(|ui| self.sheets.ui(ui, at, listed));
        }
    }

    /// What is known of contact sheets is looked at again.
    pub(super) fn look_again(&mut self) {
        self.sheets.look_again();
    }

    /// The row whose letters are asked about: one at a time, and none while others are packed.
    fn asked(&self) -> Option<usize> {
        self.rows.iter().position(Row::asks).filter(|_| self.packing.is_none())
    }

    fn news(&mut self, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        if self.listed.is_none() && self.listing.is_none() {
            let root = at.root.to_owned();
            let work = move || Ok(Desk::open(&root).map_err(|e| e.to_string())?.cases().clone().into_iter().collect());
            self.listing = Some(beside("cases", at.wake, work));
        }
        if let Some(listed) = arrived(&mut self.listing) {
            self.listed = Some(listed);
        }
        if let Some((coming, stop)) = self.looking.take() {
            let mut coming = Some(coming);
            match arrived(&mut coming) {
                Some(Ok(looked)) => self.show(looked),
                Some(Err(sentence)) => self.trouble = Some(sentence),
                None => self.looking = coming.map(|c| (c, stop)),
            }
        }
        while let Some(news) = self.packing.as_ref().and_then(|p| p.news.try_recv().ok()) {
            match news {
                News::Row(row, state) => {
                    if let Some(row) = self.rows.get_mut(row) {
                        row.state = state;
                    }
                }
                News::Over(sentence) => {
                    (self.packing, self.trouble, self.listed) = (None, sentence, None);
                    did = Did::Changed;
                }
            }
        }
        did
    }

    fn show(&mut self, looked: Looked) {
        self.trains = looked.trains;
        let ai = self.ai.paths();
        let alone = looked.found.len() == 1;
        let listed = looked.listed;
        let row = |mut found: Found| {
            if alone && !ai.is_empty() {
                found.findings.clone_from(&ai);
            }
            let roles = found.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ");
            let is_listed = listed.iter().any(|id| id.as_str() == found.id);
            let state = match &found.trouble {
                Some(sentence) => RowState::Refused(sentence.clone()),
                None if is_listed => RowState::Refused("A case of this id is listed already: change it, or leave it out.".to_owned()),
                None => RowState::Waits,
            };
            let is_left_out = found.trouble.is_some() || is_listed;
            Row { id: found.id.clone(), roles, training: None, is_left_out, no_text: Vec::new(), state, found }
        };
        self.rows = looked.found.into_iter().map(row).collect();
    }

    /// What is packed.
    fn list(&self, ui: &mut Ui) {
        let listed = match &self.listed {
            Some(Ok(listed)) => listed,
            Some(Err(sentence)) => {
                trouble(ui, Some(sentence));
                return;
            }
            None => {
                note(ui, "Reading the list of cases\u{2026}");
                return;
            }
        };
        if listed.is_empty() {
            note(ui, "None is packed yet.");
            return;
        }
        let row = |(case, listed): &(CaseId, ListedCase)| {
            let package = listed.package.to_string().get(..12).unwrap_or_default().to_owned();
            let what = match listed.training {
                Some(_) => "training",
                None => "study",
            };
            let (images, conforms, scan) = match &listed.packed {
                // Nothing would read as nothing found.
                None => (Cell::caution(NO_NOTE), Cell::caution(NO_NOTE), Cell::caution(NO_NOTE)),
                Some(packed) => {
                    let images = packed.series.iter().map(|(role, n)| format!("{role} {n}")).collect::<Vec<_>>().join(", ");
                    let conforms = if packed.not_met.is_empty() { Cell::of("yes") } else { Cell::caution(packed.not_met.join(" ")) };
                    let scan = match packed.to_judge {
                        0 => Cell::of("no leak"),
                        n => Cell::caution(format!("no leak, {n} to look at")),
                    };
                    (Cell::of(images), conforms, scan)
                }
            };
            vec![Cell::strong(case.as_str()), Cell::of(what), images, conforms, scan, Cell::of(package)]
        };
        let rows: Vec<Vec<Cell>> = listed.iter().map(row).collect();
        let heads = [
            ("Case", Holds::Codes),
            ("For", Holds::Words),
            ("Images", Holds::Words),
            ("As required", Holds::Words),
            ("Leak scan", Holds::Words),
            ("Package", Holds::Codes),
        ];
        table(ui, "packed cases", &heads, &rows, 280.0);
    }

    /// From where.
    fn ask(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        note(ui, "A folder with a folder for each case, or one case: a folder of DICOM files, a DICOMDIR, a file or a zip archive.");
        ui.add_space(4.0);
        self.source.ui(ui, FIELD, "Source", Asked::Folder, at.wake);
        ui.add_space(6.0);
        self.ai.ui(ui, FIELD, "AI results of one case (of many, those in each folder \u{201c}ai\u{201d} are taken)", Asked::Files, at.wake);
        trouble(ui, self.trouble.as_deref());
        ui.add_space(6.0);
        let is_looking = self.looking.is_some();
        let label = if is_looking { "Looking at the cases\u{2026}" } else { "Look at the cases" };
        let source = self.source.path().filter(|_| !is_looking);
        let pressed = controls::action(ui, vec2(280.0, 44.0), label, None, source.is_some()).clicked();
        if let (true, Some(source)) = (pressed, source) {
            self.trouble = None;
            let (root, stop) = (at.root.to_owned(), Arc::new(AtomicBool::new(false)));
            let (stops, mut wake) = (Arc::clone(&stop), paced(Arc::clone(at.wake)));
            let work = move || {
                let mut watch = |_: Step| {
                    wake();
                    if stops.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let found = found_in(&source, &mut watch).map_err(Failure::sentence)?;
                let listed = Desk::open(&root).map_err(|e| e.to_string())?.cases().keys().cloned().collect();
                Ok(Looked { found, listed, trains: protocol_of(&root).is_ok_and(|(p, _)| p.training().is_some()) })
            };
            self.looking = Some((beside("look", at.wake, work), stop));
        }
        if let Some((_, stop)) = &self.looking
            && controls::link(ui, "Stop", TEXT).clicked()
        {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// What each case becomes, before and while it is packed.
    fn preview(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        let is_packing = self.packing.is_some();
        let waits = self.rows.iter().filter(|r| r.can_be_packed()).count();
        let done = self.rows.iter().filter(|r| matches!(r.state, RowState::Packed(_))).count();
        let refused = self.rows.iter().filter(|r| !r.is_left_out && matches!(r.state, RowState::Refused(_))).count();
        let asks = self.rows.iter().filter(|r| r.asks()).count();
        let words = match (is_packing, done) {
            (true, _) if refused + asks > 0 => format!("{done} packed, {} refused, {} to come.", refused + asks, waits - refused),
            (true, _) => format!("{done} packed, {waits} to come."),
            (false, _) if asks > 0 => {
                format!("{done} packed, {waits} still to pack. {asks} may hold letters: look at each place, and say what you see.")
            }
            (false, 0) => format!("{waits} of {} cases will be packed. An id is the desk's alone; no reader sees it.", self.rows.len()),
            (false, _) => format!("{done} packed, {waits} still to pack."),
        };
        said(ui, &words, STRONG);
        let width = ui.available_width().min(WIDEST);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            heads(ui, width);
            let asked = self.asked();
            for (n, row) in self.rows.iter_mut().enumerate() {
                row.ui(ui, width, self.trains, is_packing);
                if asked == Some(n) {
                    row.ask(ui);
                }
            }
        });
        trouble(ui, self.trouble.as_deref());
        ui.add_space(10.0);
        if let Some(batch) = &self.packing {
            if batch.stop.load(Ordering::Relaxed) {
                note(ui, "Stopping\u{2026}");
            } else if controls::link(ui, "Stop packing", TEXT).clicked() {
                batch.stop.store(true, Ordering::Relaxed);
            }
            return;
        }
        if waits > 0 {
            controls::secret_field(ui, FIELD, "Passphrase of the study's key file (the first one makes it)", &mut self.phrase);
            ui.add_space(8.0);
            let is_ready = !self.phrase.is_empty();
            let label = if waits == 1 { "Pack this case".to_owned() } else { format!("Pack {waits} cases") };
            if controls::action(ui, vec2(280.0, 44.0), &label, None, is_ready).clicked() {
                match self.orders() {
                    Ok(orders) => {
                        self.trouble = None;
                        let phrase = std::mem::take(&mut self.phrase);
                        // What was refused before waits again.
                        for (n, _) in &orders {
                            if let Some(row) = self.rows.get_mut(*n) {
                                row.state = RowState::Waits;
                            }
                        }
                        self.packing = Some(Batch::begin(at, orders, phrase));
                    }
                    Err(sentence) => self.trouble = Some(sentence),
                }
            }
        }
        let back = if waits + asks > 0 { "Another source" } else { "Pack more cases" };
        if controls::link(ui, back, TEXT).clicked() {
            (self.rows, self.trouble) = (Vec::new(), None);
            (self.source, self.ai) = (PlaceField::default(), PlaceField::default());
        }
    }

    /// What is to be packed, with the row of each.
    fn orders(&self) -> Result<Vec<(usize, Order)>, String> {
        self.rows.iter().enumerate().filter(|(_, row)| row.can_be_packed()).map(|(n, row)| Ok((n, row.order()?))).collect()
    }
}

impl Batch {
    /// Packs one case after the other on a thread of its own.
    fn begin(at: &Seated<'_>, orders: Vec<(usize, Order)>, phrase: Zeroizing<String>) -> Self {
        let (sender, news) = crossbeam_channel::unbounded();
        let stop = Arc::new(AtomicBool::new(false));
        let (root, stops, wake) = (at.root.to_owned(), Arc::clone(&stop), Arc::clone(at.wake));
        let (failed, at_work) = (sender.clone(), AtWork::begin());
        let work = move || {
            let ended = pack_all(&root, &orders, &phrase, &stops, (&sender, &wake));
            let _ = sender.send(News::Over(ended.err()));
            drop(at_work);
            wake();
        };
        if let Err(e) = std::thread::Builder::new().name("pack".into()).spawn(work) {
            let sentence = format!("The system gives no further thread ({e}). Close other programs and try again.");
            let _ = failed.send(News::Over(Some(sentence)));
        }
        Self { news, stop }
    }
}

impl Drop for Batch {
    /// Whoever leaves stops it: the case that is being packed is not half there.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn pack_all(
    root: &Path,
    orders: &[(usize, Order)],
    phrase: &str,
    stop: &AtomicBool,
    (news, wake): (&Sender<News>, &Wake),
) -> Result<(), String> {
    let mut desk = PackingDesk::open(root, phrase, None).map_err(Failure::sentence)?;
    let mut wake_for_step = paced(Arc::clone(wake));
    for (row, order) in orders {
        let tell = |state| {
            let _ = news.send(News::Row(*row, state));
        };
        let mut watch = |step: Step| {
            tell(RowState::Packs(step));
            wake_for_step();
            drop(hold::step("pack"));
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let packed = desk.pack(order, &mut watch);
        if stop.load(Ordering::Relaxed) && packed.is_err() {
            tell(RowState::Waits);
            return Err("Packing was stopped. What was packed is there; nothing is half there.".to_owned());
        }
        tell(match packed {
            Ok(packed) => RowState::Packed(in_words(&packed)),
            Err(NotPacked::Letters(letters)) => RowState::Asks(Letters::of(letters, &order.source)),
            Err(NotPacked::NoSuchFinding(_)) => RowState::Refused(CHANGED.to_owned()),
            Err(NotPacked::Failure(failure)) => RowState::Refused(failure.sentence()),
        });
        wake();
        if stop.load(Ordering::Relaxed) {
            return Err("Packing was stopped. What was packed is there.".to_owned());
        }
    }
    Ok(())
}

/// What came of a case, in a few words.
fn in_words(packed: &PackedCase) -> String {
    let images: usize = packed.series.iter().map(|s| s.images).sum();
    let mut words = format!("{images} images packed");
    if packed.to_judge > 0 {
        words = format!("{words}, {} to look at", packed.to_judge);
    }
    if !packed.findings.is_empty() {
        words = format!("{words}, not as required");
    }
    words
}
