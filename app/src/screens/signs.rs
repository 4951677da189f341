//! What a person is about to sign, in the words that are signed (21 CFR 11.50): who, as what, meaning what, and what it is about.
//!
//! Owns that sentence. Refuses: the signature, which is `reads`'; it holds all of what the sentence says, and the bytes of what it is about.

use crate::controls;
use crate::design::{self, STRONG};
use egui::Ui;
use tiresias_reads::accounts::{Kind, Meaning};

/// Who signs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signer<'a> {
    /// What screens call them.
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
}

/// Draws the sentence; `about` names the object of the signature, where its meaning alone does not.
pub(crate) fn signs(ui: &mut Ui, who: Signer<'_>, meaning: Meaning, about: Option<&str>) {
    controls::words(ui, &statement(who, meaning, about), design::regular(design::BODY), STRONG);
}

fn statement(who: Signer<'_>, meaning: Meaning, about: Option<&str>) -> String {
    let about = about.map_or_else(String::new, |about| format!(": {about}"));
    format!("You sign, with your name and the time: \u{201c}{} ({}) {}{about}.\u{201d}", who.name, who.kind.name(), meaning.words())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_names_a_person_and_not_an_account() {
        let said = statement(Signer { name: "Cora Lee", kind: Kind::Coordinator }, Meaning::Protocol, None);
        assert_eq!(said, "You sign, with your name and the time: \u{201c}Cora Lee (coordinator) approves the protocol.\u{201d}");
    }

    #[test]
    fn what_is_signed_names_what_it_is_about() {
        let who = Signer { name: "Dana", kind: Kind::DataManager };
        let said = statement(who, Meaning::ContactSheet, Some("DEMO-007"));
        let words = "\u{201c}Dana (data manager) looked at the case and found nothing that identifies: DEMO-007.\u{201d}";
        assert_eq!(said, format!("You sign, with your name and the time: {words}"));
    }
}
