//! What the record is told of the screen: how it differs, frame by frame, from what was told before.
//!
//! The screen is taken as it is drawn, after all gestures of a frame; what is told is handed over in batches, and before every answer. Refuses: telling a pane
//! twice, and anything before the images are shown.

use super::hanging::{At, pixels, with_ready};
use super::{Room, Wish};
use egui::Rect;
use std::time::Duration;
use tiresias_reads::hanging::PaneRect;
use tiresias_reads::machine::{Action, Draft, Glimpse, View as Glance};
use tiresias_reads::scene::Scene;

/// Changes of view since the last flush: behaviour, not answers.
pub(super) struct Glimpses {
    /// When the images were shown this time.
    shown: Duration,
    pending: Vec<Glimpse>,
    flushed: Duration,
    /// What was told so far; none before the first time.
    told: Option<Scene>,
    /// What is drawn in this frame.
    drawn: Option<Scene>,
}

/// At most so much of behaviour is lost in a crash.
const FLUSH_AFTER: Duration = Duration::from_secs(1);

impl Glimpses {
    pub(super) const fn new(now: Duration) -> Self {
        Self { shown: now, pending: Vec::new(), flushed: now, told: None, drawn: None }
    }
    /// The images are shown from now on.
    pub(super) const fn begin(&mut self, now: Duration) {
        self.shown = now;
    }
    fn tell(&mut self, now: Duration, changes: impl IntoIterator<Item = Glance>) {
        let at_ms = u32::try_from(now.saturating_sub(self.shown).as_millis()).unwrap_or(u32::MAX);
        self.pending.extend(changes.into_iter().map(|view| Glimpse { at_ms, view }));
    }
}

impl Room {
    /// Takes the screen as it is drawn now.
    pub(super) fn take_screen(&mut self, canvas: Rect, placed: &[(At, Rect)], scale: f32) {
        let rect = |at: usize| {
            let (_, rect) = placed.iter().find(|(of, _)| of.0 == at)?;
            let [x, y] = [rect.left() - canvas.left(), rect.top() - canvas.top()].map(|n| (n * scale).round() as u32);
            Some(PaneRect { x, y, size: pixels(*rect, scale) })
        };
        let pane = |(at, cell): (usize, &super::Cell)| cell.pane(rect(at), self.cell_view(At(at)));
        let (ai_off, ai_away, heat) = self.ai.told();
        let screen = Scene {
            canvas: pixels(canvas, scale),
            panes: self.hanging.cells().iter().enumerate().map(pane).collect(),
            alone: self.hanging.alone().map(|at| at.0 as u8),
            focus: self.hanging.focused().0 as u8,
            series: self.shelf.looks(),
            tool: Some(self.tool),
            ai_off,
            ai_away,
            heat,
        };
        self.glimpses.drawn = Some(screen);
    }

    /// Writes down what changed in the view, and hands it over when it is due or when an answer follows.
    pub(super) fn observe(&mut self, now: Duration, wishes: &mut Vec<Wish>) {
        let Some(drawn) = self.glimpses.drawn.take().filter(|_| self.told_shown) else { return };
        if self.glimpses.told.as_ref() != Some(&drawn) {
            let shelf = &self.shelf;
            let told = &mut self.glimpses.told;
            let changes = with_ready(shelf, |ready| told.get_or_insert_with(|| Scene::empty(ready)).follow(&drawn, ready));
            self.glimpses.tell(now, changes);
        }
        let answers = wishes.iter().any(|w| {
            matches!(w, Wish::Record(a) if !matches!(a, Action::ImagesShown | Action::FirstView(_)))
                || matches!(w, Wish::Leave | Wish::Keys)
        });
        let seen = &mut self.glimpses;
        let due = now.saturating_sub(seen.flushed) >= FLUSH_AFTER;
        if !seen.pending.is_empty() && (answers || due) && state_takes_glimpses(wishes) {
            seen.flushed = now;
            wishes.insert(0, Wish::Record(Action::Viewed(std::mem::take(&mut seen.pending))));
        }
    }

    /// What was looked at and not handed over yet.
    pub(super) fn seen_so_far(&mut self) -> Vec<Glimpse> {
        std::mem::take(&mut self.glimpses.pending)
    }

    /// What there is to record of the open case before the window goes away: what was looked at, and what was still being written.
    pub(crate) fn last_words(&mut self, draft: &Draft) -> Vec<Action> {
        let seen = self.seen_so_far();
        let mut wishes: Vec<Wish> = (!seen.is_empty()).then_some(Wish::Record(Action::Viewed(seen))).into_iter().collect();
        self.hand_on(draft, &mut wishes);
        let recorded = wishes.into_iter().filter_map(|wish| match wish {
            Wish::Record(action) => Some(action),
            Wish::Leave | Wish::Keys => None,
        });
        recorded.collect()
    }

    /// When the next flush is due, if anything waits.
    #[must_use]
    pub(crate) fn next_flush(&self, now: Duration) -> Option<Duration> {
        (!self.glimpses.pending.is_empty()).then(|| (self.glimpses.flushed + FLUSH_AFTER).saturating_sub(now))
    }

    /// Writes down what a gesture did, in fewer words than what came of it.
    pub(super) fn note(&mut self, view: Glance) {
        if self.told_shown {
            if let Some(told) = &mut self.glimpses.told {
                with_ready(&self.shelf, |ready| told.apply(&view, ready));
            }
            self.glimpses.tell(self.now, [view]);
        }
    }
}

/// Behaviour can be recorded once the images were said to be shown: where this very batch says it, the next one has it, as behaviour comes before what is asked.
fn state_takes_glimpses(wishes: &[Wish]) -> bool {
    !wishes.iter().any(|w| matches!(w, Wish::Record(Action::ImagesShown)))
}
