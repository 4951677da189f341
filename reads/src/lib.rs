//! What is asked of readers, what they answered, and what leaves the study.
//!
//! Owns: the protocol, the accounts with their keys and rights, the bundles, the reading state machine, the record (only here: SQLite), its verification, the reads table, truth, scoring, discordance, the
//! exports and their readers; how a case opens on the screen (hanging) and what a reader did to the view (workspace).
//! Flow: `Action -> decide -> Events -> record (append, durable) -> evolve`, and `record -> table -> export`.
//! Refuses: pixels, DICOM, clocks and randomness. A time is a [`tiresias_words::Moment`] that comes in from outside, a seed is an input.

#![forbid(unsafe_code)]

pub mod accounts;
pub mod adjudication;
pub mod analysis;
pub mod bundle;
pub mod camera;
pub mod closing;
pub mod consensus;
pub mod correlation;
pub mod desk;
pub mod discordance;
pub mod export;
pub mod folder;
pub mod formats;
pub mod gathered;
pub mod hanging;
pub mod machine;
pub mod matching;
pub mod merge;
pub mod outline;
pub mod pair;
pub mod protocol;
pub mod record;
pub mod replay;
pub mod report;
pub mod scene;
pub mod scoring;
pub mod seat;
pub mod simulation;
pub mod study;
pub mod table;
pub mod truth;
pub mod versions;
pub mod workspace;

mod hash;
mod shown;
