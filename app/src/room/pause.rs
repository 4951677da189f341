//! The pause: the screen is blank and the reading clock stands, because the reader asked for it or has not touched anything for as long as the protocol waits.
//!
//! Refuses: how long a reader may be away, and to tell how long it was.

use super::{Room, Wish};
use crate::controls::{self, Key};
use crate::design::{self, STRONG, TEXT};
use crate::keys::Chord;
use egui::{Align2, Event, Rect, Ui, UiBuilder, vec2};
use std::time::Duration;
use tiresias_reads::machine::{Action, Draft};

/// How a case stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// The reader asked for it.
    Asked,
    /// Nobody touched anything.
    Idle,
}

impl Room {
    /// Leaves the screen until the reader comes back.
    pub(super) fn pause(&mut self, draft: &Draft, wishes: &mut Vec<Wish>) {
        self.hand_on(draft, wishes);
        self.rest = Some(Rest::Asked);
        self.stand_still(Action::Pause, wishes);
    }

    /// Images go out of sight, and the clock stands; it runs again when they are shown again.
    pub(super) fn stand_still(&mut self, why: Action, wishes: &mut Vec<Wish>) {
        self.cancel_sketch();
        self.cine = None;
        if std::mem::take(&mut self.told_shown) {
            let seen = self.seen_so_far();
            wishes.extend((!seen.is_empty()).then_some(Wish::Record(Action::Viewed(seen))));
            wishes.push(Wish::Record(why));
        }
    }

    /// Notes that somebody is there, or that nobody was for too long.
    pub(super) fn watch(&mut self, ui: &Ui, draft: &Draft, wishes: &mut Vec<Wish>) {
        let is_there = ui.input(|i| {
            let by_hand = |e: &Event| {
                matches!(
                    e,
                    Event::Key { .. }
                        | Event::Text(_)
                        | Event::PointerMoved(_)
                        | Event::PointerButton { .. }
                        | Event::MouseWheel { .. }
                        | Event::Touch { .. }
                        | Event::Paste(_)
                )
            };
            i.events.iter().any(by_hand)
        });
        if is_there || !self.told_shown {
            self.touched = self.now;
        }
        let Some(minutes) = self.rules.protocol().sessions().idle_minutes else { return };
        let waits = Duration::from_secs(u64::from(minutes) * 60);
        let away = self.now.saturating_sub(self.touched);
        if away < waits {
            ui.ctx().request_repaint_after(waits - away);
        } else if self.told_shown {
            self.hand_on(draft, wishes);
            self.rest = Some(Rest::Idle);
            self.stand_still(Action::Idle { ms: u64::try_from(away.as_millis()).unwrap_or(u64::MAX) }, wishes);
        }
    }

    /// The blank screen of a pause, and the way back from it.
    pub(super) fn rest_screen(&mut self, ui: &mut Ui, rest: Rest) {
        let whole = ui.max_rect();
        let centre = whole.center();
        let words = match rest {
            Rest::Asked => "Paused. The clock stands.",
            Rest::Idle => "Paused, because nothing was touched for a while. The clock stands.",
        };
        let write = |by: f32, words: &str, size, colour| {
            design::text(ui.painter(), centre + vec2(0.0, by), Align2::CENTER_CENTER, words, design::regular(size), colour);
        };
        write(-72.0, words, design::VALUE, STRONG);
        write(-44.0, "Everything you gave is kept.", design::BODY, TEXT);
        let button = Rect::from_center_size(centre, vec2(240.0, 44.0));
        let mut back = false;
        ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
            back = controls::action(ui, button.size(), "Go on", Some(Key(&Chord::ENTER.label())), true).clicked();
        });
        let is_enter = |e: &Event| matches!(e, Event::Key { key: egui::Key::Enter, pressed: true, repeat: false, modifiers, .. } if modifiers.is_none());
        back |= ui.input(|i| i.events.iter().any(is_enter));
        if back {
            self.rest = None;
            self.touched = self.now;
            ui.ctx().request_repaint();
        }
    }
}
