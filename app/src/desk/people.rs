//! Who takes part: the accounts of a study, and a new one. Its person types the passphrase; the recovery key is shown once.

use super::page::{Cell, Holds, heading, note, page, said, table, trouble};
use super::{Did, Seated};
use crate::background::{Coming, Wake, arrived, beside};
use crate::controls::{self, Take};
use crate::design::{self, FIELD, STRONG, TEXT};
use crate::failure::Failure;
use crate::work::{NewAccount, make_account};
use egui::style::ScrollAnimation;
use egui::{Rect, Ui, vec2};
use std::path::Path;
use std::sync::Arc;
use tiresias_reads::accounts::{Accounts, Kind, Passphrase, SHORTEST_PASSPHRASE, Unlocked};
use tiresias_words::AccountId;
use zeroize::Zeroizing;

/// Kinds in a row of choices, so that their words have room.
const IN_A_ROW: usize = 4;

/// The page, and what is typed in it.
#[derive(Default)]
pub(super) struct PeoplePage {
    id: String,
    name: String,
    kind: Option<Kind>,
    typed: [Zeroizing<String>; 2],
    making: Option<Coming<New>>,
    /// Whose, and the key, until it is written down.
    recovery: Option<(String, Zeroizing<String>)>,
    /// The accounts with the one whose recovery key is on the screen.
    made: Option<Accounts>,
    trouble: Option<String>,
}

/// An account that was made.
struct New {
    id: AccountId,
    accounts: Accounts,
    recovery: Zeroizing<String>,
}

impl PeoplePage {
    /// Draws the page of those who make accounts.
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        page(ui, field, "Who takes part", |ui| {
            let row = |a: &tiresias_reads::accounts::Account| {
                vec![Cell::strong(a.display_name()), Cell::of(a.kind().name()), Cell::of(a.id().as_str())]
            };
            let rows: Vec<Vec<Cell>> = at.accounts.iter().map(row).collect();
            let heads = [("Name", Holds::Words), ("Account kind", Holds::Words), ("Signs in as", Holds::Codes)];
            table(ui, "people", &heads, &rows, 320.0);
            heading(ui, "A new account");
            if self.form(ui, at.root, at.accounts, Some(at.keys), at.wake).is_some() {
                did = Did::Changed;
            }
        });
        did
    }

    /// Draws the form for the first account of all; the accounts when it is made and its recovery key was written down.
    pub(super) fn first(&mut self, ui: &mut Ui, root: &Path, accounts: &Accounts, wake: &Wake) -> Option<Accounts> {
        self.form(ui, root, accounts, None, wake)
    }

    /// A recovery key is on the screen or on its way there, and nowhere else: whoever leaves now loses it.
    pub(super) const fn holds_key(&self) -> bool {
        self.making.is_some() || self.recovery.is_some()
    }

    fn form(&mut self, ui: &mut Ui, root: &Path, accounts: &Accounts, by: Option<&Arc<Unlocked>>, wake: &Wake) -> Option<Accounts> {
        match arrived(&mut self.making) {
            Some(Ok(New { id, accounts, recovery })) => {
                *self = Self { recovery: Some((id.to_string(), recovery)), made: Some(accounts), ..Self::default() };
            }
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        if self.recovery.is_some() {
            return self.written_down(ui);
        }
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| accounts.may_admit(*kind, by.map(AsRef::as_ref)).is_ok()).collect();
        if let [only] = kinds.as_slice() {
            self.kind = Some(*only);
        }
        ui.spacing_mut().item_spacing.y = 14.0;
        controls::text_field(ui, FIELD, "Name on screens", &mut self.name);
        controls::text_field(ui, FIELD, "Signs in as (letters, digits, hyphens)", &mut self.id);
        if kinds.len() > 1 {
            ui.spacing_mut().item_spacing.y = 8.0;
            note(ui, "Account kind");
            for (n, row) in kinds.chunks(IN_A_ROW).enumerate() {
                let labels: Vec<String> = row.iter().map(|k| k.name().to_owned()).collect();
                let taken: Vec<usize> = row.iter().position(|k| Some(*k) == self.kind).into_iter().collect();
                let width = FIELD * row.len() as f32 / IN_A_ROW as f32;
                let name = if n == 0 { "Account for" } else { "Or for" };
                if let Some(pressed) = controls::choices(ui, width, name, &labels, (Take::One, &taken), false) {
                    self.kind = row.get(pressed).copied();
                }
            }
        }
        if kinds.len() > 1 {
            // The last row of choices kept less below it than fields do.
            ui.add_space(6.0);
        }
        let [first, second] = &mut self.typed;
        // What is said of a field stands closer to it than the next one.
        ui.spacing_mut().item_spacing.y = 4.0;
        controls::secret_field(ui, FIELD, "Passphrase, typed by its owner", first);
        ui.spacing_mut().item_spacing.y = 14.0;
        note(ui, &format!("At least {SHORTEST_PASSPHRASE} characters. A few words that nobody would guess are best."));
        controls::secret_field(ui, FIELD, "The same passphrase again", second);
        note(ui, "Once it is made, an account cannot be taken away, and its name, id and kind cannot be changed.");
        trouble(ui, self.trouble.as_deref());
        ui.add_space(4.0);
        let is_filled_in = ![&self.id, &self.name].iter().any(|t| t.trim().is_empty()) && !self.typed.iter().any(|t| t.is_empty());
        let is_ready = self.making.is_none() && self.kind.is_some() && is_filled_in;
        let label = if self.making.is_some() { "Making the keys\u{2026}" } else { "Make the account" };
        if controls::action(ui, vec2(280.0, 44.0), label, None, is_ready).clicked() {
            self.trouble = self.make(root, by, wake).err();
        }
        None
    }

    fn make(&mut self, root: &Path, by: Option<&Arc<Unlocked>>, wake: &Wake) -> Result<(), String> {
        let kind = self.kind.ok_or("Choose the account kind.")?;
        let id = AccountId::new(self.id.trim()).map_err(|e| format!("{e}."))?;
        let [first, second] = &self.typed;
        if **first != **second {
            return Err("The two passphrases are not the same. Type it once more in both fields.".to_owned());
        }
        let passphrase = Passphrase::new(first.to_string()).map_err(|e| e.to_string())?;
        let (root, name, by) = (root.to_owned(), self.name.trim().to_owned(), by.map(Arc::clone));
        self.making = Some(beside("account", wake, move || {
            let new = NewAccount { id: id.clone(), kind, name: &name, passphrase: &passphrase };
            let made = make_account(&root, new, by.as_deref()).map_err(Failure::sentence)?;
            Ok(New { id, accounts: made.accounts, recovery: made.recovery.reveal() })
        }));
        Ok(())
    }

    /// The recovery key, until somebody says that it is written down; then the accounts.
    fn written_down(&mut self, ui: &mut Ui) -> Option<Accounts> {
        let (id, key) = self.recovery.as_ref()?;
        said(ui, &format!("The account \u{201c}{id}\u{201d} is made."), STRONG);
        let say = "This is its recovery key. It is shown this once: its owner writes it down and keeps it in another place.";
        said(ui, say, TEXT);
        // It is copied by hand, as a receipt is.
        controls::words(ui, key, design::mono(design::TITLE), STRONG);
        ui.add_space(8.0);
        let written = controls::action(ui, vec2(280.0, 44.0), "It is written down", None, true);
        // It is shown this once, so that it is in sight however many accounts stand above.
        written.scroll_to_me_animation(None, ScrollAnimation::none());
        if !written.clicked() {
            return None;
        }
        self.recovery = None;
        self.made.take()
    }
}
