//! The foot of the form: what is still to do, what was refused, and the one step that comes next: the lock, or the AI.

use crate::controls::{self, Key};
use crate::design::{self, CAUTION, PANEL};
use crate::keys::Chord;
use crate::room::{Room, Wish};
use egui::{Galley, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Draft, Stage, State, unusual};

/// Height of the button, and of the space around it.
const BUTTON: f32 = 40.0;
const BELOW: f32 = 12.0;
const ABOVE: f32 = 10.0;
/// A sentence names so many things that are still to do.
const NAMED: usize = 3;

/// The foot before it is drawn: what it says, and how high that makes it.
pub(super) struct Foot {
    stage: Stage,
    /// Nothing is missing.
    is_complete: bool,
    /// Nothing is missing, and something is unusual.
    is_soft: bool,
    said: Option<(String, Arc<Galley>)>,
    pub(super) height: f32,
}

impl Room {
    /// What the foot says in this frame.
    pub(super) fn foot(&self, ui: &Ui, width: f32, state: &State, draft: &Draft) -> Foot {
        let stage = Stage::of(&self.rules, draft);
        let rest = self.still_to_do(state);
        let is_soft = rest.is_empty() && !unusual(&self.rules, state).is_empty();
        // What the list above tells is not said twice.
        let listed = self.filling.review;
        let words = self.message.clone().or_else(|| {
            let named = rest.iter().take(NAMED).map(|m| self.missing_words(m)).collect::<Vec<_>>().join(", ");
            match rest.len() {
                _ if listed => None,
                0 if is_soft => Some("Something is unusual. Look at it before you lock.".to_owned()),
                0 => None,
                n if n > NAMED => Some(format!("Still to do: {named} and {} more", n - NAMED)),
                _ => Some(format!("Still to do: {named}")),
            }
        });
        let said = words.map(|words| {
            let galley = ui.painter().layout(words.clone(), design::regular(design::NOTE), CAUTION, width);
            (words, galley)
        });
        let height = BELOW + BUTTON + ABOVE + said.as_ref().map_or(0.0, |(_, g)| g.size().y + 8.0);
        Foot { stage, is_complete: rest.is_empty(), is_soft, said, height }
    }

    /// Draws the foot at the bottom of the column.
    pub(super) fn draw_foot(&mut self, ui: &mut Ui, column: Rect, foot: Foot, (state, draft): (&State, &Draft), wishes: &mut Vec<Wish>) {
        let Foot { stage, is_complete, is_soft, said, height } = foot;
        let place = column.with_min_y(column.bottom() - height);
        ui.painter().rect_filled(place, 0.0, PANEL);
        if let Some((words, galley)) = said {
            self.sentence(ui, pos2(place.left(), place.top() + 4.0), galley, &words);
        }
        let button = Rect::from_min_size(pos2(place.left(), place.bottom() - BELOW - BUTTON), vec2(place.width(), BUTTON));
        let all_the_same = is_soft && self.filling.review;
        let (words, key) = match (stage, draft.amends()) {
            (Stage::Locked, _) => ("Show the AI", Chord::ENTER),
            _ if all_the_same => ("Lock all the same", Chord::LOCK_ALL_THE_SAME),
            (Stage::Settling, _) => ("Lock this decision", Chord::LOCK),
            (Stage::First, _) => ("Lock the first impression", Chord::LOCK),
            (_, Some(_)) => ("Lock the amendment", Chord::LOCK),
            _ => ("Lock this read", Chord::LOCK),
        };
        ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
            if controls::action(ui, button.size(), words, Some(Key(&key.label())), is_complete).clicked() {
                match stage {
                    Stage::Locked => wishes.push(Wish::Record(Action::Reveal)),
                    _ if all_the_same => self.lock_anyway(state, draft, wishes),
                    _ => self.lock(state, draft, wishes),
                }
            }
        });
    }

    /// What is still to do or was refused; pressed, it lists everything.
    fn sentence(&mut self, ui: &Ui, at: egui::Pos2, galley: Arc<Galley>, words: &str) {
        let rect = Rect::from_min_size(at, galley.size());
        let response = ui.interact(rect, ui.scope_id().with("to do"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
        ui.painter().galley(at, galley, CAUTION);
        if response.clicked() {
            self.message = None;
            self.filling.review = !self.filling.review;
        }
    }

    /// Locks, or lists what keeps the read from it.
    pub(super) fn lock(&mut self, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        self.hand_on(draft, wishes);
        let ahead = self.ahead(state);
        if self.still_to_do(&ahead).is_empty() && unusual(&self.rules, &ahead).is_empty() {
            if !self.reason_was_removed(&ahead) {
                wishes.push(Wish::Record(Action::Lock));
            }
        } else {
            self.filling.review = true;
            // The list is at the beginning of the column.
            self.filling.seen = None;
        }
    }

    /// Locks although soft rules are not kept: they are on the screen.
    pub(super) fn lock_anyway(&mut self, state: &State, draft: &Draft, wishes: &mut Vec<Wish>) {
        self.hand_on(draft, wishes);
        let ahead = self.ahead(state);
        if !self.reason_was_removed(&ahead) {
            wishes.push(Wish::Record(Action::LockAnyway));
        }
    }
}
