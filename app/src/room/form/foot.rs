//! The foot of the form: what is still to do, what was refused, and the one step that comes next: the lock, or the AI.

use crate::controls::{self, Key};
use crate::design::{self, CAUTION, PANEL, RADIUS, RAISED, TEXT};
use crate::keys::Chord;
use crate::room::{Room, Wish};
use egui::{Align2, Galley, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use tiresias_reads::machine::{Action, Draft, Missing, Stage, State, unusual};

/// Height of the button, and of the space around it.
const BUTTON: f32 = 40.0;
const BELOW: f32 = 12.0;
const ABOVE: f32 = 10.0;
/// A sentence names so many things that are still to do, and counts more: the list behind it has them all by name.
const NAMED: usize = 2;
/// Right of a sentence, for the sign that it leads to that list.
const LEADS: f32 = 20.0;

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
        let words = self.message.clone().or_else(|| match rest.len() {
            _ if listed => None,
            0 if is_soft => Some("Something is unusual. Look at it before you lock.".to_owned()),
            0 => None,
            _ => Some(format!("Still to do: {}", to_do(&rest, |m| self.missing_words(m)))),
        });
        let said = words.map(|words| {
            let galley = ui.painter().layout(words.clone(), design::regular(design::NOTE), CAUTION, width - LEADS);
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
            let at = Rect::from_min_size(pos2(place.left(), place.top() + 4.0), vec2(place.width(), galley.size().y));
            self.sentence(ui, at, galley, &words);
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
    fn sentence(&mut self, ui: &Ui, rect: Rect, galley: Arc<Galley>, words: &str) {
        let response = ui.interact(rect, ui.scope_id().with("to do"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
        let painter = ui.painter();
        if response.hovered() {
            painter.rect_filled(rect.expand2(vec2(8.0, 4.0)), RADIUS, RAISED);
        }
        painter.galley(rect.min, galley, CAUTION);
        design::text(painter, rect.right_center(), Align2::RIGHT_CENTER, "\u{203a}", design::regular(design::VALUE), TEXT);
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

/// A part of what is still to do: by name, or so many of one kind.
enum Part {
    Named(String),
    Counted(u32, [&'static str; 2]),
}

/// What is still to do, by name; where that is more than a sentence names, by numbers of each kind.
fn to_do(rest: &[Missing], name: impl Fn(&Missing) -> String) -> String {
    let mut parts: Vec<Part> = Vec::new();
    for missing in rest {
        let Some((n, kind)) = counted(missing).filter(|_| rest.len() > NAMED) else {
            parts.push(Part::Named(name(missing)));
            continue;
        };
        let same = parts.iter_mut().find_map(|part| match part {
            Part::Counted(all, of) if *of == kind => Some(all),
            _ => None,
        });
        match same {
            Some(all) => *all += n,
            None => parts.push(Part::Counted(n, kind)),
        }
    }
    let words = parts.into_iter().map(|part| match part {
        Part::Named(words) => words,
        Part::Counted(n, [one, more]) => format!("{n} {}", if n == 1 { one } else { more }),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// How many things of which kind something is that is still to do; `None` of what there is once at most.
const fn counted(missing: &Missing) -> Option<(u32, [&'static str; 2])> {
    Some(match missing {
        Missing::Answer { .. } => (1, ["answer", "answers"]),
        Missing::MarkRating(_) => (1, ["mark to rate", "marks to rate"]),
        Missing::MarkClass(_) => (1, ["mark to classify", "marks to classify"]),
        Missing::Marks(n) => (*n, ["mark to place", "marks to place"]),
        Missing::Finding(_) => (1, ["AI finding", "AI findings"]),
        Missing::Rule { .. } => (1, ["rule that is not kept", "rules that are not kept"]),
        Missing::Findings | Missing::Pair | Missing::Decision | Missing::Reason => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::machine::Subject;
    use tiresias_words::{FindingId, MarkId, QuestionId};

    #[test]
    fn two_things_are_named_and_more_are_counted() {
        let answer = |id: &str| Missing::Answer { question: QuestionId::new(id).unwrap(), subject: Subject::Case };
        let [mark, finding, other] = [Missing::MarkRating(MarkId(1)), Missing::Finding(FindingId(1)), Missing::Finding(FindingId(2))];
        let table = [
            (vec![finding.clone()], "agree with AI finding a or reject it"),
            (vec![mark.clone(), answer("x")], "rate mark 1, answer \u{201c}x\u{201d}"),
            (vec![finding.clone(), other, answer("x"), answer("y"), answer("z")], "2 AI findings, 3 answers"),
            (vec![Missing::Marks(2), mark, finding], "2 marks to place, 1 mark to rate, 1 AI finding"),
            (vec![Missing::Reason, answer("x"), answer("y")], "give a reason, 2 answers"),
        ];
        for (rest, words) in table {
            assert_eq!(to_do(&rest, ToString::to_string), words);
        }
    }
}
