//! Asks for a passphrase: to sign in, and to sign what was read. Nothing of it is shown, kept or sent anywhere.

use super::signs::{Signer, signs};
use super::{column, line};
use crate::controls::{self, Key};
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::keys::Chord;
use egui::{Event, Ui, UiBuilder, vec2};
use std::path::Path;
use tiresias_reads::accounts::{Meaning, Passphrase};
use zeroize::Zeroizing;

const WIDTH: f32 = 360.0;

/// What is being typed.
#[derive(Default)]
pub(crate) struct PassphrasePage {
    typed: Zeroizing<String>,
    /// Why the last one was refused.
    pub(crate) trouble: Option<String>,
    /// The keys are being opened, which takes a part of a second.
    pub(crate) busy: bool,
}

/// What the page says.
pub(crate) struct Asks<'a> {
    /// What it is for.
    pub(crate) title: &'a str,
    /// Whose passphrase, and what follows.
    pub(crate) note: &'a str,
    /// The primary action.
    pub(crate) action: &'a str,
    /// The way out.
    pub(crate) back: &'a str,
    /// In the demo: what to type.
    pub(crate) hint: Option<&'a str>,
    /// Who signs with it, where it signs.
    pub(crate) signs: Option<Signer<'a>>,
}

/// What was chosen.
pub(crate) enum Entered {
    /// This passphrase.
    Passphrase(Passphrase),
    Back,
}

/// Draws the page.
pub(crate) fn passphrase(ui: &mut Ui, page: &mut PassphrasePage, asks: &Asks<'_>) -> Option<Entered> {
    let mut entered = None;
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        line(ui, asks.title, design::strong(design::TITLE), STRONG);
        line(ui, asks.note, design::regular(design::BODY), TEXT);
        if let Some(hint) = asks.hint {
            line(ui, hint, design::regular(design::NOTE), TEXT);
        }
        if let Some(who) = asks.signs {
            signs(ui, who, Meaning::Session, None);
        }
        ui.add_space(12.0);
        let field = ui.add_enabled_ui(!page.busy, |ui| controls::secret_field(ui, WIDTH, "Passphrase", &mut page.typed)).inner;
        let submitted = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        if !page.busy && !field.has_focus() && !submitted && ui.memory(|m| m.focused().is_none()) {
            field.request_focus();
        }
        if let Some(trouble) = &page.trouble {
            line(ui, trouble, design::regular(design::BODY), CAUTION);
        }
        ui.add_space(8.0);
        let ready = !page.busy && !page.typed.is_empty();
        let label = if page.busy { "Opening your keys\u{2026}" } else { asks.action };
        let pressed = controls::action(ui, vec2(WIDTH, 44.0), label, (!page.busy).then_some(Key(&Chord::ENTER.label())), ready).clicked();
        if ready && (pressed || submitted) {
            page.trouble = None;
            entered = Some(Entered::Passphrase(Passphrase::typed(page.typed.to_string())));
            page.typed = Zeroizing::default();
        }
        ui.add_space(4.0);
        if controls::link(ui, asks.back, TEXT).clicked() {
            entered = Some(Entered::Back);
        }
    });
    entered
}

/// Draws what follows a signature: what was done, the receipt, and the way on. True when it is taken.
pub(crate) fn receipt(ui: &mut Ui, done: &str, code: &str, results: Result<&Path, &str>) -> bool {
    let mut on = false;
    let whole = ui.max_rect();
    ui.scope_builder(UiBuilder::new().max_rect(column(whole)), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        line(ui, done, design::strong(design::TITLE), STRONG);
        let say = "Write this receipt down and give it to the study coordinator: with it a missing or older file is noticed.";
        line(ui, say, design::regular(design::BODY), TEXT);
        ui.add_space(8.0);
        // It is copied by hand: no letter of it may pass for a digit.
        line(ui, code, design::mono(design::TITLE), STRONG);
        ui.add_space(8.0);
        match results {
            Ok(file) => {
                line(ui, "Send this file to the study coordinator:", design::regular(design::BODY), TEXT);
                line(ui, &file.display().to_string(), design::mono(design::NOTE), STRONG);
            }
            Err(sentence) => line(ui, sentence, design::regular(design::BODY), CAUTION),
        }
        ui.add_space(12.0);
        on = controls::action(ui, vec2(WIDTH, 44.0), "End the session", Some(Key(&Chord::ENTER.label())), true).clicked();
    });
    // A key that is still held from the passphrase takes away nothing that has to be written down.
    let is_enter =
        |e: &Event| matches!(e, Event::Key { key: egui::Key::Enter, pressed: true, repeat: false, modifiers, .. } if modifiers.is_none());
    on || ui.input(|i| i.events.iter().any(is_enter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Context, Modifiers, Pos2, RawInput, Rect};

    #[test]
    fn a_key_that_is_held_from_the_passphrase_leaves_the_receipt_in_sight() {
        let context = Context::default();
        design::install(&context);
        let ends = |events: Vec<Event>| {
            let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
            let input = RawInput { screen_rect: Some(screen), events, ..RawInput::default() };
            let mut on = false;
            let mut output = context
                .run_ui(input, |ui| on |= receipt(ui, "What you read is signed.", "ABCD-EFGH", Ok(Path::new("/a/results.tresults"))));
            // Nothing is painted here.
            output.textures_delta.clear();
            on
        };
        let enter = |pressed| Event::Key { key: egui::Key::Enter, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        assert!(ends(vec![enter(true)]), "pressed anew");
        // That it comes again without having been let go is what the toolkit calls a repeat.
        assert!(!ends(vec![enter(true)]), "held");
        assert!(!ends(vec![enter(false)]));
        assert!(ends(vec![enter(true)]), "pressed anew");
    }
}
