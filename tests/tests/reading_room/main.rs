//! The reading room as a reader has it: the real program, with its own threads, record and renderer, in a window without a screen.
//!
//! Proves of issue 2: what is written on the image is right by an independent computation, nothing is clipped, GPU bytes equal CPU bytes through egui's
//! paint callback, a case is read by keys, and every control has a name. Of issue 3: colour, palette and multi-frame images are read like any other.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise, its functions too")]

mod adjudicating;
mod ai;
mod bindings;
mod bytes;
mod clipped;
mod demo;
mod desk;
mod first_view;
mod flow;
mod follow_up;
mod form;
mod gap;
mod graphics;
mod keys;
mod kinds;
mod log;
mod marks;
mod measuring;
mod names;
mod pattern;
mod planes;
mod replay;
mod results;
mod rights;
mod screens;
mod several;
mod signing;
mod sitting;
mod slabs;
#[path = "../stress/hand.rs"]
mod stress_hand;
mod templates;
mod true_size;
mod unshown;
mod world;
mod written;
