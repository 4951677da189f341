//! A script that sits in the reader's place: for the picture in the README and for measurements. It signs in, opens the first case, and then does what its kind does, all
//! through the same actions as a reader.

use crate::frames::FrameScript;
use crate::room::Room;
use crate::shot::ShotScript;
use egui::Context;
use std::time::Duration;
use tiresias_reads::machine::{Action, State};
use tiresias_reads::study::Study;
use tiresias_words::ReaderId;

/// A script and where it stands.
pub(crate) struct Script {
    kind: Kind,
    asked: bool,
}

/// What it is for.
pub(crate) enum Kind {
    /// A picture of the room.
    Shot(ShotScript),
    /// What frames cost.
    Frames(FrameScript),
}

impl Script {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, asked: false }
    }

    /// The reader that the script signs in.
    pub(crate) fn reader(study: &Study) -> Option<ReaderId> {
        study.bundles().keys().next().cloned()
    }

    /// What is asked for in this frame. Without a room: the first case, once.
    pub(crate) fn actions(&mut self, room: Option<&mut Room>, state: &State) -> Vec<Action> {
        let Some(room) = room else {
            let first = state.next().filter(|_| state.session().is_some() && !std::mem::replace(&mut self.asked, true));
            return first.map(|next| Action::OpenCase(next.read.clone())).into_iter().collect();
        };
        if !state.images_shown() {
            return Vec::new();
        }
        match &mut self.kind {
            Kind::Shot(shot) => shot.actions(room),
            Kind::Frames(frames) => {
                frames.prepare(room);
                Vec::new()
            }
        }
    }

    /// Takes note of a frame that began `now`; closes the window at the end.
    pub(crate) fn frame(&mut self, ctx: &Context, now: Duration) {
        ctx.request_repaint();
        match &mut self.kind {
            Kind::Shot(shot) => shot.frame(ctx),
            Kind::Frames(frames) => frames.frame(ctx, now),
        }
    }
}
