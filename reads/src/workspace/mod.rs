//! What a reader did to the view of one open case: measurements, turns, inversion, slabs. Pure state with undo and redo.
//!
//! Every change is a [`Change`] that says what was before and what is after. What was looked at is told and replayed by [`crate::scene`].
//! Refuses: tools that the protocol does not allow, numbers that are none, cells that are not there, more than [`MOST_MEASUREMENTS`].
//! Answers and marks are not here; they are the record's.

mod measurement;

pub use measurement::{Corner, Drawn, MOST_CORNERS, Measurement, MeasurementId};

use crate::hanging::Turn;
use crate::protocol::{Tool, ToolSet};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use tiresias_words::{Mm, Slab};

/// At most so many measurements of a case.
pub const MOST_MEASUREMENTS: usize = 200;
/// At most so many steps are kept for undo; the oldest go first.
pub const MOST_STEPS: usize = 100;
/// A slab is no thicker than a body.
const THICKEST: Mm = Mm(500.0);
/// The sampler's mean holds so many samples.
const MOST_SAMPLES: f64 = 4096.0;

/// Something a reader does to the view. Cells are counted from 0, in the order of the layout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewAction {
    /// Measure.
    Measure(Measurement),
    /// Draw a measurement anew.
    Redraw {
        /// Which.
        measurement: MeasurementId,
        /// As what.
        shape: Drawn,
    },
    /// Take a measurement away.
    Delete(MeasurementId),
    /// Exchange left and right of what is on the screen.
    FlipAcross(usize),
    /// Exchange top and bottom of what is on the screen.
    FlipDown(usize),
    /// Turn clockwise.
    Rotate {
        /// Which cell.
        cell: usize,
        /// Quarter turns, 1 to 3.
        quarters: u8,
    },
    /// Exchange black and white.
    Invert(usize),
    /// Project a slab, or the plane alone.
    Slab {
        /// Which cell.
        cell: usize,
        /// What is projected.
        slab: Slab,
    },
    /// Put a cell back to how it opened. Measurements stay.
    Reset(usize),
}

/// How one cell is shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellView {
    /// How the image lies.
    pub turn: Turn,
    /// Whether black and white are exchanged, beyond what the images ask for.
    pub is_inverted: bool,
    /// What is projected.
    pub slab: Slab,
}

impl CellView {
    /// A cell that opens with its image laid this way.
    #[must_use]
    pub const fn opened(turn: Turn) -> Self {
        Self { turn, is_inverted: false, slab: Slab::Thin }
    }
}

/// What one step did. Applied forwards it is the step, backwards its undoing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A measurement came, changed or went.
    Measurement {
        /// Which.
        measurement: MeasurementId,
        /// What was there.
        before: Option<Box<Measurement>>,
        /// What is there.
        after: Option<Box<Measurement>>,
    },
    /// A cell is shown otherwise.
    Cell {
        /// Which, from 0.
        cell: usize,
        /// How it was shown.
        before: CellView,
        /// How it is shown.
        after: CellView,
    },
}

/// Why an action is refused. Each is a sentence for the reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The protocol does not allow the tool.
    #[error("This study is read without the tool \u{201c}{}\u{201d}.", .0.word())]
    Tool(Tool),
    /// No such cell.
    #[error("There is no such cell in this layout.")]
    NoSuchCell,
    /// No such measurement.
    #[error("That measurement is no longer there.")]
    NoSuchMeasurement,
    /// Too many of them.
    #[error("A case holds at most {MOST_MEASUREMENTS} measurements; delete one first.")]
    Full,
    /// A shape that cannot be measured.
    #[error("This cannot be measured: {0}. Draw it again.")]
    Shape(&'static str),
    /// Another kind of shape under the same number.
    #[error("A measurement stays what it is; delete it and measure anew.")]
    OtherKind,
    /// A slab that cannot be sampled.
    #[error("A slab is up to 500 mm thick, with steps above 0 and at most 4096 of them.")]
    Slab,
    /// A quarter turn that is none.
    #[error("An image is turned by one, two or three quarters.")]
    Quarters,
}

/// The view of one open case, with its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Workspace {
    tools: ToolSet,
    /// How each cell opened.
    opened: Vec<CellView>,
    view: View,
    /// The number of the next measurement. Undoing does not turn it back.
    next: u32,
    done: VecDeque<Change>,
    undone: Vec<Change>,
}

/// What is to be seen: measurements by number, and how each cell is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View {
    measurements: BTreeMap<MeasurementId, Measurement>,
    cells: Vec<CellView>,
}

impl View {
    /// The measurements by number.
    #[must_use]
    pub const fn measurements(&self) -> &BTreeMap<MeasurementId, Measurement> {
        &self.measurements
    }
    /// How each cell is shown, in the order of the layout.
    #[must_use]
    pub fn cells(&self) -> &[CellView] {
        &self.cells
    }
    fn cell(&self, cell: usize) -> Result<CellView, Refusal> {
        self.cells.get(cell).copied().ok_or(Refusal::NoSuchCell)
    }
}

impl Workspace {
    /// The workspace of a case that was just hung, with cells that open in these ways.
    #[must_use]
    pub fn new(tools: ToolSet, opened: Vec<CellView>) -> Self {
        let view = View { measurements: BTreeMap::new(), cells: opened.clone() };
        Self { tools, opened, view, next: 1, done: VecDeque::new(), undone: Vec::new() }
    }
    /// Other cells take the place of these. Measurements stay, and so do their steps; what was done to cells that are gone can no longer be undone.
    pub fn rehang(&mut self, opened: Vec<CellView>) {
        let is_of_cell = |step: &Change| matches!(step, Change::Cell { .. });
        self.done.retain(|step| !is_of_cell(step));
        self.undone.retain(|step| !is_of_cell(step));
        self.view.cells.clone_from(&opened);
        self.opened = opened;
    }
    /// Another series takes a cell, which opens in this way. What was done to the cell before can no longer be undone.
    pub fn reopen(&mut self, cell: usize, opened: CellView) {
        let is_of_cell = |step: &Change| matches!(step, Change::Cell { cell: of, .. } if *of == cell);
        self.done.retain(|step| !is_of_cell(step));
        self.undone.retain(|step| !is_of_cell(step));
        for all in [&mut self.view.cells, &mut self.opened] {
            if let Some(known) = all.get_mut(cell) {
                *known = opened;
            }
        }
    }
    /// What is to be seen.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }
    /// The tools that the protocol allows.
    #[must_use]
    pub const fn tools(&self) -> ToolSet {
        self.tools
    }

    /// Does something to the view. What was undone before cannot be redone after it. `None` when nothing changes; then no step is kept.
    ///
    /// # Errors
    /// When the protocol or the view does not allow it; nothing changes then.
    pub fn apply(&mut self, action: ViewAction) -> Result<Option<Change>, Refusal> {
        let change = self.change_of(action)?;
        if change.is_none() {
            return Ok(None);
        }
        self.take(change.clone());
        Ok(Some(change))
    }
    /// Takes the last step back, and says what that changed; `None` when there is none.
    pub fn undo(&mut self) -> Option<Change> {
        let step = self.done.pop_back()?;
        let back = step.backwards();
        self.perform(&back);
        self.undone.push(step);
        Some(back)
    }
    /// Does the step again that was undone last; `None` when there is none.
    pub fn redo(&mut self) -> Option<Change> {
        let step = self.undone.pop()?;
        self.perform(&step);
        self.keep(step.clone());
        Some(step)
    }

    fn take(&mut self, change: Change) {
        self.perform(&change);
        self.undone.clear();
        self.keep(change);
    }

    fn keep(&mut self, step: Change) {
        if self.done.len() == MOST_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    fn perform(&mut self, change: &Change) {
        match change {
            Change::Measurement { measurement, after, .. } => {
                self.next = self.next.max(measurement.0.saturating_add(1));
                match after {
                    Some(after) => self.view.measurements.insert(*measurement, Measurement::clone(after)),
                    None => self.view.measurements.remove(measurement),
                };
            }
            Change::Cell { cell, after, .. } => {
                if let Some(view) = self.view.cells.get_mut(*cell) {
                    *view = *after;
                }
            }
        }
    }

    fn change_of(&self, action: ViewAction) -> Result<Change, Refusal> {
        match action {
            ViewAction::Measure(measurement) => {
                self.allow(measurement.shape.tool())?;
                measurement.shape.check().map_err(Refusal::Shape)?;
                if self.view.measurements.len() >= MOST_MEASUREMENTS || self.next == u32::MAX {
                    return Err(Refusal::Full);
                }
                Ok(Change::Measurement { measurement: MeasurementId(self.next), before: None, after: Some(Box::new(measurement)) })
            }
            ViewAction::Redraw { measurement, shape } => {
                let before = self.view.measurements.get(&measurement).cloned().ok_or(Refusal::NoSuchMeasurement)?;
                if before.shape.tool() != shape.tool() {
                    return Err(Refusal::OtherKind);
                }
                shape.check().map_err(Refusal::Shape)?;
                let after = Measurement { series: before.series.clone(), shape };
                Ok(Change::Measurement { measurement, before: Some(Box::new(before)), after: Some(Box::new(after)) })
            }
            ViewAction::Delete(measurement) => {
                let before = self.view.measurements.get(&measurement).cloned().ok_or(Refusal::NoSuchMeasurement)?;
                Ok(Change::Measurement { measurement, before: Some(Box::new(before)), after: None })
            }
            ViewAction::FlipAcross(cell) => self.turned(cell, Tool::Flip, Turn::flipped_across),
            ViewAction::FlipDown(cell) => self.turned(cell, Tool::Flip, Turn::flipped_down),
            ViewAction::Rotate { cell, quarters } => {
                if !(1..=3).contains(&quarters) {
                    return Err(Refusal::Quarters);
                }
                self.turned(cell, Tool::Rotate, |turn| turn.turned(quarters))
            }
            ViewAction::Invert(cell) => {
                self.allow(Tool::Invert)?;
                self.shown(cell, |view| CellView { is_inverted: !view.is_inverted, ..view })
            }
            ViewAction::Slab { cell, slab } => {
                self.allow(Tool::Slab)?;
                if !can_be_sampled(slab) {
                    return Err(Refusal::Slab);
                }
                self.shown(cell, |view| CellView { slab, ..view })
            }
            ViewAction::Reset(cell) => {
                let opened = *self.opened.get(cell).ok_or(Refusal::NoSuchCell)?;
                self.shown(cell, |_| opened)
            }
        }
    }

    fn allow(&self, tool: Tool) -> Result<(), Refusal> {
        if self.tools.allows(tool) { Ok(()) } else { Err(Refusal::Tool(tool)) }
    }
    fn turned(&self, cell: usize, tool: Tool, turn: impl Fn(Turn) -> Turn) -> Result<Change, Refusal> {
        self.allow(tool)?;
        self.shown(cell, |view| CellView { turn: turn(view.turn), ..view })
    }
    fn shown(&self, cell: usize, change: impl Fn(CellView) -> CellView) -> Result<Change, Refusal> {
        let before = self.view.cell(cell)?;
        Ok(Change::Cell { cell, before, after: change(before) })
    }
}

impl Change {
    /// What undoes it.
    #[must_use]
    pub fn backwards(&self) -> Self {
        match self.clone() {
            Self::Measurement { measurement, before, after } => Self::Measurement { measurement, before: after, after: before },
            Self::Cell { cell, before, after } => Self::Cell { cell, before: after, after: before },
        }
    }
    fn is_none(&self) -> bool {
        match self {
            Self::Measurement { before, after, .. } => before == after,
            Self::Cell { before, after, .. } => before == after,
        }
    }
}

fn can_be_sampled(slab: Slab) -> bool {
    match slab {
        Slab::Thin => true,
        Slab::Thick { thickness, step, .. } => {
            let is_length = |mm: Mm| mm.0.is_finite() && mm.0 > 0.0;
            is_length(thickness)
                && is_length(step)
                && thickness <= THICKEST
                && step <= thickness
                && thickness.0 / step.0 + 1.0 <= MOST_SAMPLES
        }
    }
}

#[cfg(test)]
mod tests;
