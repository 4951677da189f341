//! What keys, mouse buttons and the wheel mean: one list of commands, one table from chords to them, and the profiles that fill it.
//!
//! Everything that names a key (the page of keys, the rail, its hints, the form) asks this table. The table belongs to the person at the screen: it decides
//! nothing about answers. Refuses: a chord with two meanings, and every chord that locks, leaves or scores (Enter, Esc; in the form digits, Tab, Del).

mod bindings;
mod chord;
mod command;
mod profiles;

pub(crate) use bindings::{Bindings, Clash, Drag, Mouse, Wheel, Written};
pub(crate) use chord::Chord;
pub(crate) use command::{COMMANDS, Command, Group};
pub(crate) use profiles::Profile;
