//! A case whose images cannot be shown: why, whom to tell, and the way back to the list.
//!
//! Nothing else is on the screen then, neither form nor rail, and no key means anything but the way back. The record hears that no image is in sight any more, so
//! that nothing further is said about the case and it cannot be locked. Refuses: names of files.

use super::{Images, Room, Wish};
use crate::controls::{self, Key};
use crate::design::{self, CAUTION, STRONG, TEXT};
use crate::keys::Chord;
use egui::text::LayoutJob;
use egui::{Align, Color32, Event, FontId, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use tiresias_reads::machine::{Action, Draft};

/// The widest line of the sentence.
const WIDEST: f32 = 640.0;
/// Between two things of the page.
const GAP: f32 = 16.0;

impl Room {
    /// Why the case cannot be shown and what to do, where its images failed.
    pub(super) fn unshown(&self) -> Option<String> {
        match &self.images {
            Images::Failed(why) => Some(why.sentence(&self.read.case)),
            Images::Opening(_) | Images::Filling(_) | Images::Complete => None,
        }
    }

    /// Draws the page in the place of the whole room.
    pub(super) fn unshown_screen(&mut self, ui: &mut Ui, sentence: &str, draft: &Draft, wishes: &mut Vec<Wish>) {
        if self.told_shown {
            // Images of another series were in sight, and something may be on its way that was said with them.
            self.hand_on(draft, wishes);
            self.stand_still(Action::Pause, wishes);
        }
        let whole = ui.max_rect();
        let centre = whole.center();
        let button = Rect::from_center_size(centre, vec2(240.0, 44.0));
        let top = said(ui, whole, Edge::Bottom(button.top() - GAP), sentence, (design::regular(design::BODY), TEXT));
        said(ui, whole, Edge::Bottom(top - GAP), "This case cannot be shown.", (design::regular(design::VALUE), STRONG));
        let mut leave = false;
        ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
            leave = controls::action(ui, button.size(), "To the list", Some(Key(&Chord::ENTER.label())), true).clicked();
        });
        // Such as that the way back was refused. What is said above is not said twice.
        if let Some(message) = self.message.as_deref().filter(|message| *message != sentence) {
            said(ui, whole, Edge::Top(button.bottom() + GAP), message, (design::regular(design::BODY), CAUTION));
        }
        let is_enter = |e: &Event| matches!(e, Event::Key { key: egui::Key::Enter, pressed: true, repeat: false, modifiers, .. } if modifiers.is_none());
        leave |= ui.input(|i| i.events.iter().any(is_enter));
        if leave {
            wishes.push(Wish::Leave);
        }
    }
}

/// Where words begin or end.
#[derive(Clone, Copy)]
enum Edge {
    Top(f32),
    Bottom(f32),
}

/// Words in the middle of the page; gives where they begin.
fn said(ui: &Ui, whole: Rect, edge: Edge, words: &str, (font, colour): (FontId, Color32)) -> f32 {
    let mut job = LayoutJob::simple(words.to_owned(), font, colour, (whole.width() - 2.0 * design::MARGIN).min(WIDEST));
    job.halign = Align::Center;
    let galley = ui.painter().layout_job(job);
    let (middle, size) = (whole.center().x, galley.size());
    let top = match edge {
        Edge::Top(top) => top,
        Edge::Bottom(bottom) => bottom - size.y,
    };
    let place = Rect::from_min_size(pos2(middle - size.x / 2.0, top), size);
    let response = ui.interact(place, ui.scope_id().with(words), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().galley(pos2(middle, top), galley, colour);
    top
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Bindings, Profile};
    use crate::panes::RenderPath;
    use crate::unshown::Unshown;
    use egui::{Context, Modifiers, Pos2, RawInput};
    use std::sync::Arc;
    use std::time::Duration;
    use tiresias_reads::machine::{Refusal, decide, evolve};
    use tiresias_reads::outline::trial;
    use tiresias_reads::protocol::{Protocol, template};

    /// One frame: what the room wants, and every name on the screen.
    fn frame(context: &Context, room: &mut Room, state: &tiresias_reads::machine::State, events: Vec<Event>) -> (Vec<Wish>, Vec<String>) {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        let input = RawInput { screen_rect: Some(screen), events, ..RawInput::default() };
        let mut wishes = Vec::new();
        let keys = Arc::new(Bindings::of(Profile::Tiresias));
        let mut output = context.run_ui(input, |ui| {
            wishes.extend(room.ui(ui, state, (Arc::clone(&keys), None), RenderPath::Cpu, Duration::ZERO));
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        let nodes = output.platform_output.accesskit_update.map_or_else(Vec::new, |u| u.nodes);
        let names = nodes.into_iter().filter_map(|(_, n)| n.label().or(n.value()).map(str::to_owned));
        (wishes, names.collect())
    }

    fn press(key: egui::Key, modifiers: Modifiers) -> Vec<Event> {
        // Let go again: a key that is held is a repeated one when it comes again.
        [true, false].map(|pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }).to_vec()
    }

    /// Another series of the case may fail when those that the hanging asks for were in sight, and everything is answered.
    #[test]
    fn a_case_whose_images_fail_after_others_were_in_sight_can_be_left_and_not_locked() {
        let (rules, state) = trial(&Protocol::parse(template("crossover").unwrap().text).unwrap()).unwrap();
        let rules = Arc::new(rules);
        let read = state.open().unwrap().read().clone();
        let code = read.case.to_string();
        let mut room = Room::for_trial(read, Arc::clone(&rules));
        room.told_shown = true;
        room.images = Images::Failed(Unshown::AtDesk("A file is missing."));
        let context = Context::default();
        design::install(&context);
        context.enable_accesskit();
        let (wishes, _) = frame(&context, &mut room, &state, Vec::new());
        assert!(matches!(wishes.as_slice(), [Wish::Record(Action::Pause)]), "the record hears of it, once");
        let now = state.last().unwrap().clone();
        let events = decide(&rules, &state, Action::Pause, &now).unwrap();
        let state = events.iter().try_fold(state, evolve).unwrap();
        for lock in [Action::Lock, Action::LockAnyway] {
            assert_eq!(decide(&rules, &state, lock, &now).unwrap_err(), Refusal::ImagesNotShown);
        }
        let (wishes, names) = frame(&context, &mut room, &state, Vec::new());
        assert!(wishes.is_empty());
        assert!(
            names.iter().any(|n| n.contains(&format!("A file is missing. Tell the study coordinator the code\u{a0}{code}."))),
            "{names:?}"
        );
        assert!(!names.iter().any(|n| n.contains("Still to do") || n.contains("Lock")), "{names:?}");
        let others = [(egui::Key::Enter, Modifiers::COMMAND), (egui::Key::M, Modifiers::NONE), (egui::Key::Num1, Modifiers::NONE)];
        for (key, modifiers) in others {
            let (wishes, _) = frame(&context, &mut room, &state, press(key, modifiers));
            assert!(wishes.is_empty(), "{key:?}");
        }
        let (wishes, _) = frame(&context, &mut room, &state, press(egui::Key::Enter, Modifiers::NONE));
        assert!(matches!(wishes.as_slice(), [Wish::Leave]));
    }
}
