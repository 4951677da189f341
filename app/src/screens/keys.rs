//! The page on which a person says what keys and mouse buttons mean: choose a profile, press a command, press the key that it is to have.
//!
//! What is set holds at once and is kept. Refuses: a key with two meanings, which is told in a sentence.

use crate::controls;
use crate::design::{self, ACCENT, CAUTION, DIM, RADIUS, RAISED, STRONG, TEXT};
use crate::keys::{Bindings, COMMANDS, Chord, Clash, Command, Drag, Group, Mouse, Profile, Wheel};
use crate::settings::Settings;
use egui::{Align2, Event, Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// Groups of one column, from left to right.
const COLUMNS: [&[Group]; 4] = [&[Group::Tools], &[Group::Slices, Group::Windows], &[Group::Image], &[Group::Panes]];
/// Rows of the longest column, its headings and the space between two groups.
const ROWS: f32 = 19.5;
/// What stands above and below the columns.
const BESIDE: f32 = 296.0;
/// Words before a row of choices.
const LABEL: f32 = 104.0;
const CHOICES: f32 = 340.0;

/// Where the page stands.
#[derive(Debug, Default)]
pub(crate) struct KeysPage {
    /// The command that waits for its key.
    waits: Option<Command>,
    /// Why the last key was not taken.
    said: Option<Said>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Clash(Clash),
    /// The window system keeps it for itself.
    Kept,
}

/// Where the page is left to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Where it was opened from.
    Back,
    /// The page on which the screen is measured.
    Screen,
    /// The test pattern.
    Pattern,
}

/// Draws the page; says when it is to be left.
pub(crate) fn keys(ui: &mut Ui, page: &mut KeysPage, settings: &mut Settings) -> Option<Choice> {
    let mut leave = page.pressed(ui, settings).then_some(Choice::Back);
    if page.waits.is_some() {
        // A key that is to be given to a command does not walk through the controls too.
        ui.memory_mut(|m| m.move_focus(egui::FocusDirection::None));
    }
    let whole = ui.max_rect();
    let width = 1240.0f32.min(whole.width() - 2.0 * 24.0);
    let height = 760.0f32.min(whole.height() - 2.0 * 16.0);
    let body = Rect::from_center_size(whole.center(), vec2(width, height));
    let row = ((height - BESIDE) / ROWS).clamp(17.0, 24.0);
    let table = settings.bindings();
    ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        super::line(ui, "Keys, mouse and screen", design::strong(design::TITLE), STRONG);
        ui.add_space(8.0);
        let say = "Choose whose keys you know. Then press a command here, and on the keyboard the key that it is to have.";
        super::line(ui, say, design::regular(design::NOTE), TEXT);
        ui.add_space(12.0);
        let labels = Profile::ALL.map(|p| p.words().to_owned());
        let taken = Profile::ALL.iter().position(|p| *p == table.profile());
        if let Some(i) = choice(ui, "Profile", &labels, taken) {
            settings.set_bindings(Bindings::of(Profile::ALL[i]).with_mouse(table.mouse));
            *page = KeysPage::default();
        }
        ui.add_space(14.0);
        let (columns, _) = ui.allocate_exact_size(vec2(width, ROWS * row), Sense::hover());
        page.commands(ui, columns, row, &table);
        ui.add_space(10.0);
        mouse(ui, &table, settings);
        ui.add_space(12.0);
        let fixed = format!(
            "Always the same: {} leads to the form, {} and {} lock, Esc cancels; in the form digits score, Tab goes on, Del takes back. No key set here locks a read.",
            Chord::ENTER.label(),
            Chord::LOCK.label(),
            Chord::LOCK_ALL_THE_SAME.label()
        );
        super::line(ui, &fixed, design::regular(design::NOTE), TEXT);
        ui.add_space(4.0);
        match (page.said, settings.trouble()) {
            (Some(Said::Clash(clash)), _) => super::line(ui, &clash.to_string(), design::regular(design::NOTE), CAUTION),
            (Some(Said::Kept), _) => {
                super::line(ui, "The system keeps this key for copying and pasting. Press another key.", design::regular(design::NOTE), CAUTION);
            }
            (None, Some(trouble)) => super::line(ui, trouble, design::regular(design::NOTE), CAUTION),
            (None, None) => {}
        }
        let foot = Rect::from_min_max(pos2(body.left(), body.bottom() - 26.0), body.max);
        ui.scope_builder(UiBuilder::new().max_rect(foot), |ui| {
            ui.horizontal_top(|ui| {
                if controls::link(ui, "Back (Esc)", TEXT).clicked() {
                    leave = Some(Choice::Back);
                }
                ui.add_space(32.0);
                if controls::link(ui, "Measure this screen\u{2026}", TEXT).clicked() {
                    leave = Some(Choice::Screen);
                }
                ui.add_space(24.0);
                if controls::link(ui, "Look at the test pattern\u{2026}", TEXT).clicked() {
                    leave = Some(Choice::Pattern);
                }
            });
        });
    });
    leave
}

impl KeysPage {
    /// Takes this frame's keys; true when one of them leaves the page.
    fn pressed(&mut self, ui: &Ui, settings: &mut Settings) -> bool {
        let events: Vec<Event> = ui.input(|i| i.events.clone());
        for event in events {
            match (event, self.waits) {
                (Event::Key { key: Key::Escape, pressed: true, .. }, Some(_)) => *self = Self::default(),
                (Event::Key { key: Key::Escape, pressed: true, .. }, None) => return true,
                (Event::Key { key, pressed: true, modifiers, repeat: false, .. }, Some(command)) if !Chord::is_held_key(key) => {
                    self.give(command, key, modifiers, settings);
                }
                (Event::Copy | Event::Cut | Event::Paste(_), Some(_)) => self.said = Some(Said::Kept),
                _ => {}
            }
        }
        false
    }

    fn give(&mut self, command: Command, key: Key, held: Modifiers, settings: &mut Settings) {
        let chord = Chord::pressed(key, held);
        // Pressed a second time, after it was said whose it is.
        let takes = matches!(self.said, Some(Said::Clash(Clash::Taken { chord: said, .. })) if said == chord);
        let mut table = Bindings::clone(&settings.bindings());
        match table.rebind(command, chord, takes) {
            Ok(()) => {
                settings.set_bindings(table);
                *self = Self::default();
            }
            Err(clash) => self.said = Some(Said::Clash(clash)),
        }
    }

    fn commands(&mut self, ui: &Ui, area: Rect, row: f32, table: &Bindings) {
        let shipped = Bindings::of(table.profile());
        let step = (area.width() + 28.0) / COLUMNS.len() as f32;
        for (i, groups) in COLUMNS.into_iter().enumerate() {
            let left = area.left() + step * i as f32;
            let mut y = area.top();
            for group in groups {
                let middle = pos2(left, y + row / 2.0);
                design::text(ui.painter(), middle, Align2::LEFT_CENTER, group.title(), design::strong(design::NOTE), DIM);
                y += row;
                for (command, ..) in COMMANDS.iter().filter(|(_, of, ..)| of == group) {
                    let rect = Rect::from_min_size(pos2(left, y), vec2(step - 28.0, row));
                    self.row(ui, rect, *command, table, table.chords(*command) != shipped.chords(*command));
                    y += row;
                }
                y += row / 2.0;
            }
        }
    }

    fn row(&mut self, ui: &Ui, rect: Rect, command: Command, table: &Bindings, is_changed: bool) {
        let response = ui.interact(rect, ui.scope_id().with(("command", command.name())), Sense::click());
        let waits = self.waits == Some(command);
        let keys: Vec<String> = table.chords(command).into_iter().map(Chord::label).collect();
        let said = if keys.is_empty() { "no key".to_owned() } else { keys.join("  ") };
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, waits, format!("{}: {said}", command.words())));
        if response.clicked() {
            (self.waits, self.said) = (if waits { None } else { Some(command) }, None);
            // The next key is this command's, and no press of a control.
            response.surrender_focus();
        }
        let painter = ui.painter();
        if waits || response.hovered() || response.has_focus() {
            painter.rect_filled(rect.expand2(vec2(8.0, 0.0)), RADIUS, RAISED);
        }
        let (said, colour) = match (waits, keys.is_empty(), is_changed) {
            (true, ..) => ("press a key\u{2026}".to_owned(), ACCENT),
            (false, true, _) => (said, CAUTION),
            (false, false, true) => (said, ACCENT),
            (false, false, false) => (said, STRONG),
        };
        let said = design::shortened(painter, &said, design::regular(design::NOTE), colour, rect.width() * 0.5);
        let left = rect.right() - said.size().x;
        painter.galley(pos2(left, rect.center().y - said.size().y / 2.0), said, colour);
        let words = design::shortened(painter, command.words(), design::regular(design::NOTE), TEXT, left - rect.left() - 8.0);
        painter.galley(pos2(rect.left(), rect.center().y - words.size().y / 2.0), words, TEXT);
    }
}

/// What buttons and the wheel do.
fn mouse(ui: &mut Ui, table: &Bindings, settings: &mut Settings) {
    let drags = Drag::ALL.map(|d| d.words().to_owned());
    let has = table.mouse;
    let mut set = None;
    let place = |drag: Drag| Drag::ALL.iter().position(|d| *d == drag);
    ui.horizontal_top(|ui| {
        if let Some(i) = choice(ui, "Right button", &drags, place(has.right)) {
            set = Some(Mouse { right: Drag::ALL[i], ..has });
        }
        ui.add_space(32.0);
        if let Some(i) = choice(ui, "Middle button", &drags, place(has.middle)) {
            set = Some(Mouse { middle: Drag::ALL[i], ..has });
        }
    });
    ui.add_space(8.0);
    ui.horizontal_top(|ui| {
        let wheels = Wheel::ALL.map(|w| w.words().to_owned());
        if let Some(i) = choice(ui, "Wheel", &wheels, Wheel::ALL.iter().position(|w| *w == has.wheel)) {
            set = Some(Mouse { wheel: Wheel::ALL[i], ..has });
        }
        ui.add_space(32.0);
        let words = "Ctrl with the wheel does the other. The left button is the tool\u{2019}s.";
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL + CHOICES, 34.0), Sense::hover());
        design::text(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, words, design::regular(design::NOTE), TEXT);
    });
    if let Some(mouse) = set {
        settings.set_bindings(table.clone().with_mouse(mouse));
    }
}

/// Words, and what can be chosen.
fn choice(ui: &mut Ui, words: &str, labels: &[String], taken: Option<usize>) -> Option<usize> {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 34.0), Sense::hover());
        design::text(ui.painter(), rect.left_center(), Align2::LEFT_CENTER, words, design::regular(design::NOTE), STRONG);
        controls::choices(ui, CHOICES, words, labels, (controls::Take::One, taken.as_slice()), false)
    })
    .inner
}
