//! What is done at the study desk: the command line and the window both call this, so that there is one way to do each thing.
//!
//! Owns the order of steps that touch several crates, and the folders' names. Refuses: rules of a study, which are `reads`'; questions to a person, whose answers come in
//! as arguments.

mod auditing;
mod beginning;
mod chance;
mod exporting;
mod gate;
mod handing;
mod logging;
mod merging;
mod packing;
mod people;
mod signing;
mod writing;

pub(crate) use auditing::{export_trail, trail};
pub(crate) use beginning::begin_study;
pub(crate) use chance::{draw, entropy};
pub(crate) use exporting::{ExportOrder, export_results, exported};
pub(crate) use gate::{Letters, NotPacked, clean};
pub(crate) use handing::{ContentKeys, content_keys, hand_out};
pub(crate) use logging::write_down;
pub(crate) use merging::{TakenIn, assigned, close_reading, take_in};
pub(crate) use packing::{Found, KEY, Order, PUBLIC, PackedCase, PackingDesk, Roles, SEALED_SIZE, Step, found_in};
pub(crate) use people::{NewAccount, accounts_of, make_account, open_keys};
pub(crate) use signing::{assign, sign_protocol};
pub(crate) use tiresias_reads::accounts::ACCOUNTS;
pub(crate) use writing::{is_free, write_file};

use crate::failure::Failure;
use std::path::Path;

pub(crate) const PROTOCOL: &str = "protocol.toml";

/// A refusal with the place that it is about.
pub(crate) fn at(place: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{}: {error}", place.display()))
}
