//! What a reader begins with, as hashes: the opening panes on the canonical canvas, and what the reader's own panes showed, on the canvas of their screen's class.
//!
//! A hash is SHA-256 over a name and version, width and height of the canvas, and for each pane its place, its size, the bytes of a pixel and the bytes that
//! `render::cpu` makes of its `PaneSpec`; numbers are 32 bits, little endian. Worked out on a thread of its own. Refuses: saying what a first view is, which is
//! `reads::hanging`'s.

use super::Room;
use super::hanging::{At, pixels};
use crate::background::in_background;
use crate::volume::{ShownVolume, Values};
use crossbeam_channel::Receiver;
use egui::{Context, Rect};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tiresias_reads::hanging::{Canvas, FirstView, PaneRect, SizeClass};
use tiresias_render::cpu;
use tiresias_words::{ContentHash, PaneSpec};

/// What is hashed first: a change of anything in how hashes are made changes it.
const NAME: &[u8] = b"tiresias first view 1\0";

/// Panes on a canvas.
struct Panes {
    canvas: [u32; 2],
    panes: Vec<Pane>,
}

struct Pane {
    rect: PaneRect,
    spec: PaneSpec,
    volume: Arc<ShownVolume>,
}

/// Whether the first view of the open case is known.
#[derive(Default)]
pub(super) enum Known {
    /// The images are not all there.
    #[default]
    NotYet,
    /// It is being worked out; `None` comes where a pane has no image.
    Coming(Receiver<Option<FirstView>>),
    /// It was handed on, or cannot be had.
    Done,
}

impl Room {
    /// The first view when it is worked out, once. Called in every frame from the one on in which all images are visible.
    pub(super) fn first_view(&mut self, canvas: Rect, ctx: &Context) -> Option<FirstView> {
        match &self.first_view {
            Known::NotYet => {
                let class = SizeClass::of(pixels(canvas, ctx.pixels_per_point()));
                let (canonical, live) = (self.canonical_panes(), self.live_panes(class.canvas()));
                self.first_view = Known::Coming(in_background(ctx, move || {
                    let canonical = hash(&canonical?)?;
                    let live = hash(&live?)?;
                    Some(FirstView { canonical, class, live })
                }));
                None
            }
            Known::Coming(result) => match result.try_recv() {
                Ok(view) => {
                    self.first_view = Known::Done;
                    view
                }
                Err(crossbeam_channel::TryRecvError::Empty) => None,
                Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    self.first_view = Known::Done;
                    None
                }
            },
            Known::Done => None,
        }
    }

    /// The panes that the protocol opens this case with, whatever the reader's screen.
    fn canonical_panes(&self) -> Option<Panes> {
        let canvas = Canvas::CANONICAL;
        let opened = self.hanging.opening(self.rules.protocol().display(), &self.shelf, canvas);
        let pane = |o: tiresias_reads::hanging::Opened| {
            let shown = self.shelf.all().iter().find(|s| s.volume.series().facts.role == o.spec.series)?;
            Some(Pane { rect: o.rect, spec: o.spec, volume: Arc::clone(&shown.volume) })
        };
        Some(Panes { canvas: canvas.size, panes: opened.into_iter().map(pane).collect::<Option<_>>()? })
    }

    /// What the reader's panes show now, as they would be on another canvas.
    fn live_panes(&self, canvas: Canvas) -> Option<Panes> {
        let views = self.hanging.views_on(self.rules.protocol().display(), &self.shelf, canvas);
        let pane = |(at, rect, cell): (At, PaneRect, super::Cell)| {
            let shown = self.shelf.get(cell.series)?;
            let has = self.cell_view(at);
            let plane = cell.view(has.turn).plane(cell.looks_at(shown), rect.size).ok()?;
            Some(Pane { rect, spec: shown.spec(plane, rect.size, has.slab, has.is_inverted), volume: Arc::clone(&shown.volume) })
        };
        Some(Panes { canvas: canvas.size, panes: views.into_iter().map(pane).collect::<Option<_>>()? })
    }
}

/// `None` where a pane cannot be rendered: then there is no first view to speak of.
fn hash(panes: &Panes) -> Option<ContentHash> {
    let mut hash = Sha256::new();
    hash.update(NAME);
    let numbers = |hash: &mut Sha256, numbers: &[u32]| numbers.iter().for_each(|n| hash.update(n.to_le_bytes()));
    numbers(&mut hash, &panes.canvas);
    for Pane { rect, spec, volume } in &panes.panes {
        let (samples, bytes) = match volume.values().ok()? {
            Values::Grey(view) => (1, cpu::render(&view, spec).ok()?.bytes),
            Values::Colour(view) => (3, cpu::render_colour(&view, spec).ok()?.bytes),
        };
        numbers(&mut hash, &[rect.x, rect.y, rect.size[0], rect.size[1], samples]);
        hash.update(&bytes);
    }
    Some(ContentHash(hash.finalize().into()))
}
