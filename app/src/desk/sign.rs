//! The protocol is signed: what that means, the versions so far, and the passphrase of who signs.

use super::page::{Cell, Holds, heading, note, page, said, table, trouble};
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::controls;
use crate::design::{ACCENT, CAUTION, FIELD, TEXT};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::{ACCOUNTS, open_keys, sign_protocol};
use egui::{Rect, Ui, vec2};
use tiresias_reads::accounts::{Accounts, Meaning, Passphrase};
use tiresias_reads::machine::Minute;
use tiresias_reads::versions::{VersionError, Versions, protocol_of};
use zeroize::Zeroizing;

/// The page.
#[derive(Default)]
pub(super) struct SignPage {
    stands: Option<Signed>,
    looking: Option<Coming<Signed>>,
    reason: String,
    phrase: Zeroizing<String>,
    signing: Option<Coming<String>>,
    /// The receipt of the last signature.
    receipt: Option<String>,
    trouble: Option<String>,
}

/// How the protocol and its versions stand.
struct Signed {
    versions: Vec<[String; 4]>,
    /// The text as it is now: signed, to be signed, or a sentence why it cannot be.
    text: Text,
}

enum Text {
    Signed,
    Unsigned,
    /// Another than the last version: signing it is a deviation.
    Changed,
    Wrong(String),
}

impl SignPage {
    /// What is known is looked at again.
    pub(super) fn look_again(&mut self) {
        self.stands = None;
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let mut did = Did::Nothing;
        if self.stands.is_none() && self.looking.is_none() {
            let root = at.root.to_owned();
            self.looking = Some(beside("versions", at.wake, move || {
                let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| e.to_string())?;
                let versions = Versions::open(&root, &accounts).map_err(|e| e.to_string())?;
                let text = match protocol_of(&root).and_then(|(p, _)| versions.in_force(&p).map(|_| ())) {
                    Ok(()) => Text::Signed,
                    Err(VersionError::Unsigned) => Text::Unsigned,
                    Err(VersionError::NotSigned(_)) => Text::Changed,
                    Err(e) => Text::Wrong(e.to_string()),
                };
                let row = |v: &tiresias_reads::versions::Version| {
                    // As who signs is told it: the name that screens show, and the time.
                    let by = format!("{} ({})", accounts.shown(&v.signature.signer), v.signature.kind.name());
                    [v.number.to_string(), by, Minute(v.signature.utc_ms).to_string(), v.reason.clone().unwrap_or_default()]
                };
                Ok(Signed { versions: versions.all().iter().map(row).collect(), text })
            }));
        }
        match arrived(&mut self.looking) {
            Some(Ok(stands)) => self.stands = Some(stands),
            Some(Err(sentence)) => {
                (self.stands, self.trouble) = (Some(Signed { versions: Vec::new(), text: Text::Wrong(String::new()) }), Some(sentence));
            }
            None => {}
        }
        match arrived(&mut self.signing) {
            Some(Ok(receipt)) => {
                (self.receipt, self.stands, self.reason, self.trouble) = (Some(receipt), None, String::new(), None);
                did = Did::Changed;
            }
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        page(ui, field, "Signature of the protocol", |ui| self.content(ui, at));
        did
    }

    fn content(&mut self, ui: &mut Ui, at: &Seated<'_>) {
        let Some(stands) = &self.stands else {
            note(ui, "Looking at the versions\u{2026}");
            return;
        };
        if !stands.versions.is_empty() {
            let rows: Vec<Vec<Cell>> = stands.versions.iter().map(|row| row.iter().map(Cell::of).collect()).collect();
            let heads = [("Version", Holds::Numbers), ("Signed by", Holds::Words), ("When", Holds::Codes), ("Why", Holds::Words)];
            table(ui, "versions", &heads, &rows, 420.0);
            ui.add_space(8.0);
        }
        if let Some(receipt) = &self.receipt {
            said(ui, &format!("Signed. Receipt, to be kept in another place: {receipt}"), ACCENT);
        }
        let is_change = match &stands.text {
            Text::Signed => {
                said(ui, "The text as it is now is signed. Changing it afterwards makes a new version, with a reason: a deviation.", TEXT);
                return;
            }
            Text::Wrong(sentence) => {
                trouble(ui, Some(sentence.as_str()).filter(|s| !s.is_empty()).or(self.trouble.as_deref()));
                return;
            }
            Text::Unsigned => false,
            Text::Changed => true,
        };
        if is_change {
            said(ui, "The text was changed since it was signed. Signing it makes a new version and is a deviation.", CAUTION);
        }
        signs(ui, at.signer(), Meaning::Protocol, None);
        note(ui, "From then on it is the study\u{2019}s, and every row of every record names it.");
        heading(ui, "Signature");
        ui.spacing_mut().item_spacing.y = 14.0;
        if is_change {
            controls::text_field(ui, FIELD, "Why it was changed", &mut self.reason);
        }
        controls::secret_field(ui, FIELD, "Your passphrase", &mut self.phrase);
        trouble(ui, self.trouble.as_deref());
        let is_signing = self.signing.is_some();
        let is_ready = !is_signing && !self.phrase.is_empty() && (!is_change || !self.reason.trim().is_empty());
        let label = if is_signing { "Signing\u{2026}" } else { "Sign the protocol" };
        if controls::action(ui, vec2(280.0, 44.0), label, None, is_ready).clicked() {
            self.trouble = None;
            let (root, id) = (at.root.to_owned(), at.keys.id().clone());
            let typed = Passphrase::typed(std::mem::take(&mut self.phrase).to_string());
            let reason = is_change.then(|| self.reason.trim().to_owned());
            self.signing = Some(beside("sign", at.wake, move || {
                let keys = open_keys(&root, &id, &typed).map_err(Failure::sentence)?;
                Ok(sign_protocol(&root, &keys, reason.as_deref()).map_err(Failure::sentence)?.signature.receipt())
            }));
        }
    }
}
