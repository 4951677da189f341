//! The cells that a case opens with: what the protocol says, carried out on the series that are there.

use super::hanging::{Cell, images, planes};
use super::series::Shown;
use tiresias_reads::protocol::{Display, Layout};

/// The cells, in reading order; none when the case has no series.
pub(super) fn cells(display: &Display, series: &[Shown]) -> Vec<Cell> {
    let Some(first) = series.first() else { return Vec::new() };
    match display.layout() {
        Layout::Mpr if first.volume.is_in_patient() => planes(0, first.volume.geometry()),
        Layout::Mpr | Layout::Stack => vec![images(0, first.volume.geometry())],
    }
}
