//! The controls of the design language: buttons, choices, scales, tool buttons, fields, tables, lists, words, lines that grow with work. Each draws itself with the design's
//! shapes and tells a screen reader its name, role and state.
//!
//! Owns how a control looks and answers to the pointer. Refuses: what an answer means, and any preset value.

mod button;
mod entry;
mod field;
pub(crate) mod icon;
mod progress;
mod scale;
mod scrolled;
mod sentence;
mod table;

pub(crate) use button::{Key, TOOL, Take, action, choices, entry_row, link, tool};
pub(crate) use entry::{EntryLook, entry, list};
pub(crate) use field::{Asked, BOX as FIELD_BOX, NAME as FIELD_NAME, PlaceField, secret_field, text_field};
pub(crate) use progress::progress;
pub(crate) use scale::{Placed, ScaleLook, scale};
pub(crate) use scrolled::{going_on, scrolled};
pub(crate) use sentence::{Keyed, MEASURE, coded, keyed, sentence, words};
pub(crate) use table::{Cell, Holds, TableLook, table};
