//! What panes show, as pure functions: orientation, camera, scrolling, windowing, letters, scale bar, positions in words.
//!
//! Owns the mathematics between a reader's gesture and a `PaneSpec`. Refuses: widgets, threads, pixels.

pub mod camera;
pub(crate) mod cuts;
pub mod words_on_image;

pub use camera::{Orientation, View};
