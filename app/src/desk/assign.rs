//! Cases are assigned to readers, once and signed, and each reader's folder is made.

use super::page::{Cell, Holds, heading, note, page, said, table, trouble};
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::controls::{self, Asked, PlaceField};
use crate::design::{ACCENT, FIELD, STRONG, TEXT};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::{assign, assigned, content_keys, hand_out, open_keys};
use egui::{Rect, Ui, vec2};
use tiresias_reads::accounts::{Act, Meaning, Passphrase, may_do};
use tiresias_reads::desk::{Desk, is_desk};
use tiresias_reads::machine::Minute;
use tiresias_words::ReaderId;
use zeroize::Zeroizing;

/// The page.
#[derive(Default)]
pub(super) struct AssignPage {
    stands: Option<Result<Assigned, String>>,
    looking: Option<Coming<Assigned>>,
    phrase: Zeroizing<String>,
    assigning: Option<Coming<String>>,
    receipt: Option<String>,
    out: PlaceField,
    key_phrase: Zeroizing<String>,
    handing: Option<Coming<Vec<(String, String)>>>,
    /// What became of each reader's folder.
    handed: Vec<(String, String)>,
    trouble: Option<String>,
}

/// How the assignment stands.
struct Assigned {
    /// Cases of the study, and of the training.
    cases: [usize; 2],
    /// By whom, when, and to whom, once it is done.
    signed: Option<(String, Vec<ReaderId>)>,
}

impl AssignPage {
    /// What is known is looked at again.
    pub(super) fn look_again(&mut self) {
        self.stands = None;
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        if self.stands.is_none() && self.looking.is_none() {
            let root = at.root.to_owned();
            self.looking = Some(beside("assignment", at.wake, move || {
                let desk = Desk::open(&root).map_err(|e| e.to_string())?;
                let training = desk.cases().values().filter(|c| c.training.is_some()).count();
                let signed = if is_desk(&root) {
                    let (accounts, signed) = assigned(&root).map_err(Failure::sentence)?;
                    let by = signed.signature();
                    let words = format!("Assigned on {} by {}.", Minute(by.utc_ms), accounts.shown(&by.signer));
                    Some((words, signed.readers().cloned().collect()))
                } else {
                    None
                };
                Ok(Assigned { cases: [desk.cases().len() - training, training], signed })
            }));
        }
        if let Some(looked) = arrived(&mut self.looking) {
            self.stands = Some(looked);
        }
        match arrived(&mut self.assigning) {
            Some(Ok(receipt)) => {
                (self.receipt, self.stands, self.trouble) = (Some(receipt), None, None);
                did = Did::Changed;
            }
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        match arrived(&mut self.handing) {
            Some(Ok(handed)) => self.handed = handed,
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        page(ui, field, "Assign cases to readers", |ui| self.content(ui, at));
        did
    }

    fn content(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        let Some(stands) = &self.stands else {
            note(ui, "Looking at the assignment\u{2026}");
            return;
        };
        if let Some(receipt) = &self.receipt {
            said(ui, &format!("Signed. Receipt, to be kept in another place: {receipt}"), ACCENT);
        }
        let stands = match stands {
            Ok(stands) => stands,
            Err(sentence) => {
                // Nothing is offered on a desk whose list or signed assignment does not hold.
                trouble(ui, Some(sentence));
                return;
            }
        };
        match &stands.signed {
            Some((words, readers)) => {
                said(ui, &format!("{words} The orders are frozen."), TEXT);
                let readers = readers.clone();
                self.hand_out(ui, at, &readers);
            }
            None => {
                let readers: Vec<Vec<Cell>> = at
                    .accounts
                    .iter()
                    .filter(|a| may_do(a.kind(), Act::Read))
                    .map(|a| vec![Cell::strong(a.display_name()), Cell::of(a.id().as_str())])
                    .collect();
                let [cases, training] = stands.cases;
                if cases == 0 || readers.is_empty() {
                    let (packed, people) = (cases > 0, !readers.is_empty());
                    note(ui, missing(packed, people));
                    return;
                }
                let more = if training > 0 { format!(", and {training} for the training") } else { String::new() };
                said(ui, &format!("{cases} cases{more}, to {} readers.", readers.len()), STRONG);
                table(ui, "readers", &[("Reader", Holds::Words), ("Signs in as", Holds::Codes)], &readers, 320.0);
                note(
                    ui,
                    "Orders and codes follow from the protocol\u{2019}s seed and the desk\u{2019}s secret. They are drawn once, and frozen.",
                );
                self.sign(ui, at);
            }
        }
    }

    fn sign(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        heading(ui, "Signature");
        signs(ui, at.signer(), Meaning::Assignment, None);
        ui.spacing_mut().item_spacing.y = 14.0;
        controls::secret_field(ui, FIELD, "Your passphrase", &mut self.phrase);
        trouble(ui, self.trouble.as_deref());
        let is_busy = self.assigning.is_some();
        let label = if is_busy { "Drawing the orders\u{2026}" } else { "Assign the cases" };
        let is_ready = !is_busy && !self.phrase.is_empty();
        if controls::action(ui, vec2(280.0, 44.0), label, None, is_ready).clicked() {
            self.trouble = None;
            let (root, id) = (at.root.to_owned(), at.keys.id().clone());
            let typed = Passphrase::typed(std::mem::take(&mut self.phrase).to_string());
            self.assigning = Some(beside("assign", at.wake, move || {
                let keys = open_keys(&root, &id, &typed).map_err(Failure::sentence)?;
                Ok(assign(&root, &keys).map_err(Failure::sentence)?.signature().receipt())
            }));
        }
    }

    fn hand_out(&mut self, ui: &mut Ui, at: &Seated<'_>, readers: &[ReaderId]) {
        heading(ui, "Hand out");
        note(
            ui,
            "A folder for each reader, with the protocol, their own cases and nothing of anybody else. Each goes to its reader\u{2019}s machine.",
        );
        ui.spacing_mut().item_spacing.y = 14.0;
        self.out.ui(ui, FIELD, "Where the readers\u{2019} folders go", Asked::Folder, at.wake);
        let name = "Passphrase of the study\u{2019}s key file, typed by a data manager";
        controls::secret_field(ui, FIELD, name, &mut self.key_phrase);
        note(ui, "Without it nothing of the AI can be opened by these readers.");
        trouble(ui, self.trouble.as_deref());
        let is_busy = self.handing.is_some();
        let label = if is_busy { "Making the folders\u{2026}".to_owned() } else { format!("Make {} folders", readers.len()) };
        let out = self.out.path().filter(|_| !is_busy);
        let pressed = controls::action(ui, vec2(280.0, 44.0), &label, None, out.is_some()).clicked();
        if let (true, Some(out)) = (pressed, out) {
            (self.trouble, self.handed) = (None, Vec::new());
            let (root, readers, phrase) = (at.root.to_owned(), readers.to_vec(), std::mem::take(&mut self.key_phrase));
            self.handing = Some(beside("hand out", at.wake, move || {
                let keys = if phrase.is_empty() { Vec::new() } else { content_keys(&root, &phrase).map_err(Failure::sentence)? };
                let folder = |reader: ReaderId| {
                    let place = out.join(reader.as_str());
                    let came = match hand_out(&root, &reader, &place, &keys) {
                        Ok(handed) => format!("{}, in {}", handed.cases, place.display()),
                        Err(failure) => failure.sentence(),
                    };
                    (reader.to_string(), came)
                };
                Ok(readers.into_iter().map(folder).collect())
            }));
        }
        if !self.handed.is_empty() {
            let rows: Vec<Vec<Cell>> = self.handed.iter().map(|(reader, came)| vec![Cell::strong(reader), Cell::of(came)]).collect();
            table(ui, "handed out", &[("Reader", Holds::Codes), ("Their folder", Holds::Words)], &rows, 640.0);
        }
    }
}

/// What has to be there before cases are assigned.
const fn missing(packed: bool, people: bool) -> &'static str {
    match (packed, people) {
        (false, false) => "There is nothing to assign yet: readers get accounts under People, and a data manager packs cases under Cases.",
        (false, true) => "No case is packed yet: a data manager does that under Cases.",
        _ => "Nobody reads yet: make accounts for readers under People.",
    }
}
