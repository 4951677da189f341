//! What a frame costs, in the real window: panes that scroll, panes that stand still, and the same window without panes, in turns.
//!
//! Runs in the first case of a copy of a study. The three kinds of frame alternate in short blocks, so that whatever else
//! the machine does falls on all of them alike. A frame's time is that from its beginning to the next one's: interface, panes, and
//! everything up to the screen; nothing waits for the screen's own beat. Where images are loaded meanwhile, every second turn is with that and every second without.

use crate::room::Room;
use crate::trace::milliseconds;
use egui::{Context, ViewportCommand};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the panes do in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Another slice in every frame.
    Scrolling,
    /// The same again.
    Still,
    /// The same window, letters and lines, with nothing where the panes are; slices change.
    Without,
}

const TURNS: [Kind; 4] = [Kind::Scrolling, Kind::Without, Kind::Still, Kind::Without];
/// Frames at the beginning of each block that are not counted: a frame is set up in the one before it, and its time is known in the one after it.
const UNCOUNTED: usize = 2;
const BLOCK: usize = 8;

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Milliseconds of each frame, by kind and whether images were loaded meanwhile.
    pub(crate) frames: BTreeMap<(Kind, bool), Vec<f64>>,
    /// Who computed the panes.
    pub(crate) path: String,
    /// The graphics adapter.
    pub(crate) adapter: String,
    /// The window, pixels.
    pub(crate) size: [u32; 2],
}

/// A measurement that was asked for: how long, and where the result goes.
#[derive(Debug, Clone)]
pub(crate) struct FrameBench {
    /// Blocks of each turn.
    pub(crate) rounds: usize,
    /// Whether images are to be loaded now, for whoever loads them while frames are measured.
    pub(crate) busy: Option<Arc<AtomicBool>>,
    /// Filled when the window closes by itself.
    pub(crate) result: Arc<Mutex<Option<Measured>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For the case to be shown.
    Waiting,
    Running,
    Over,
}

/// Where the measurement stands.
pub(crate) struct FrameScript {
    bench: FrameBench,
    measured: Measured,
    stage: Stage,
    frame: usize,
    begun: Option<Duration>,
    down: bool,
}

impl FrameScript {
    pub(crate) fn new(bench: FrameBench, path: String, adapter: String) -> Self {
        let measured = Measured { path, adapter, ..Measured::default() };
        Self { bench, measured, stage: Stage::Waiting, frame: 0, begun: None, down: true }
    }

    /// Sets the room, all of it shown, up for the next frame.
    pub(crate) fn prepare(&mut self, room: &mut Room) {
        if self.stage != Stage::Over {
            self.stage = Stage::Running;
            if let Some(busy) = &self.bench.busy {
                busy.store(self.is_busy(), Ordering::Relaxed);
            }
            let kind = self.kind();
            room.show_panes(kind != Kind::Without);
            if kind != Kind::Still && !room.step_slice(self.down) {
                self.down = !self.down;
                room.step_slice(self.down);
            }
        }
    }

    fn kind(&self) -> Kind {
        TURNS[(self.frame / BLOCK) % TURNS.len()]
    }

    fn is_busy(&self) -> bool {
        self.bench.busy.is_some() && (self.frame / (BLOCK * TURNS.len())) % 2 == 1
    }

    /// Takes the time of a frame that began `now`; closes the window at the end.
    pub(crate) fn frame(&mut self, ctx: &Context, now: Duration) {
        if self.stage != Stage::Running {
            return;
        }
        if let Some(begun) = self.begun.replace(now)
            && self.frame % BLOCK >= UNCOUNTED
        {
            // What began last is of the kind of the frame before this one, which is in the same block.
            self.measured.frames.entry((self.kind(), self.is_busy())).or_default().push(milliseconds(now.saturating_sub(begun)));
        }
        self.frame += 1;
        if self.frame > self.bench.rounds * BLOCK * TURNS.len() {
            let scale = ctx.pixels_per_point();
            self.measured.size = <[f32; 2]>::from(ctx.viewport_rect().size()).map(|n| (n * scale).round() as u32);
            if let Ok(mut slot) = self.bench.result.lock() {
                *slot = Some(std::mem::take(&mut self.measured));
            }
            self.stage = Stage::Over;
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }
}
