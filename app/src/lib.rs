//! Tiresias, the program: the window in which readers read, and the command line that studies are scripted with.
//!
//! Owns egui, the threads and the clock. Turns input into `Action`s and carries out what committed events allow. Refuses to decide: no rule of a study is
//! here, no event is made here, and nothing on the interface's thread decodes, hashes, syncs or waits.

#![forbid(unsafe_code)]

mod background;
pub mod cli;
mod clock;
mod codecs;
mod controls;
pub mod demo;
pub mod design;
mod desk;
mod failure;
mod frames;
mod gallery;
mod graphics;
mod hold;
mod keys;
mod launch;
mod loader;
mod meeting;
mod monitor;
mod opening;
mod panes;
mod recent;
mod recorder;
pub mod replay;
mod results;
mod reveal;
mod room;
mod screens;
mod script;
mod settings;
mod shell;
mod shot;
pub mod simulate;
mod sitting;
mod trace;
mod unlock;
mod unshown;
pub mod viewer;
mod volume;
mod work;

pub use clock::Clock;
pub use panes::RenderPath;
pub use shell::Tiresias;
pub use trace::Trace;

/// The build that the record names in every row: the version, and a hash over all that the program is made from.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("TIRESIAS_SOURCES"));
