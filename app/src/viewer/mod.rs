//! What panes show, as pure functions: scale bar, positions in words, how a plane cuts what the AI outlined. The camera itself is `reads`', which replays it.
//!
//! Refuses: widgets, threads, pixels.

pub(crate) mod cuts;
pub(crate) mod words_on_image;

pub use tiresias_reads::camera::{Orientation, View};
