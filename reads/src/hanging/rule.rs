//! Hanging rules as a protocol states them, checked: which series, in which cell, and how it opens.
//!
//! A rule applies to a case when every cell that is not optional is filled. Refuses: anything but role and coded attributes to pick a series by.

use super::layout::{Cell, FirstSlice, FirstWindow, FirstZoom, Justification, LinkGroup, Place, Shows};
use super::{Turn, lie};
use tiresias_words::{AcquisitionPlane, BodyPart, ImagingModality, Laterality, Role, SeriesFacts, ViewPosition};

/// A rule of the protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct HangingRule {
    /// What people call it.
    pub(crate) name: String,
    pub(crate) arrangement: Arrangement,
}

/// What a rule makes of a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arrangement {
    /// Cells in a grid of proportional sizes.
    Grid { rows: Vec<u32>, columns: Vec<u32>, cells: Vec<(Place, CellRule)> },
    /// One volume in three planes, the named one large; `None` is the plane of acquisition.
    Planes { cell: CellRule, large: Option<Shows> },
    /// All views of a mammogram, chest walls facing.
    Mammography,
}

/// A cell of a rule. What it leaves open follows from the series.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct CellRule {
    pub(crate) select: Select,
    pub(crate) shows: Option<Shows>,
    pub(crate) turn: Option<Turn>,
    pub(crate) window: Option<FirstWindow>,
    pub(crate) zoom: Option<FirstZoom>,
    pub(crate) slice: Option<FirstSlice>,
    pub(crate) justification: Option<Justification>,
    pub(crate) link: Option<LinkGroup>,
    pub(crate) is_optional: bool,
}

/// By what a series is picked; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Select {
    pub(crate) role: Option<Role>,
    pub(crate) modality: Option<ImagingModality>,
    pub(crate) laterality: Option<Laterality>,
    pub(crate) view: Option<ViewPosition>,
    pub(crate) body_part: Option<BodyPart>,
    pub(crate) plane: Option<AcquisitionPlane>,
    pub(crate) is_tomosynthesis: Option<bool>,
    pub(crate) is_volume: Option<bool>,
    pub(crate) is_cine: Option<bool>,
    pub(crate) is_colour: Option<bool>,
}

impl HangingRule {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Whether it applies to every case: a rule after it is never reached.
    pub(crate) fn takes_every_case(&self) -> bool {
        let takes_any = |c: &CellRule| c.select == Select::default() && matches!(c.shows, None | Some(Shows::Images));
        match &self.arrangement {
            // One series is enough for one cell; two cells of the same kind need two series.
            Arrangement::Grid { cells, .. } => {
                let mut needed = cells.iter().map(|(_, c)| c).filter(|c| !c.is_optional);
                needed.next().is_some_and(takes_any) && needed.next().is_none()
            }
            Arrangement::Planes { .. } | Arrangement::Mammography => false,
        }
    }
}

impl Select {
    /// Whether a series is one of those meant.
    pub(crate) fn fits(&self, facts: &SeriesFacts) -> bool {
        fn same<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|w| Some(w) == found)
        }
        same(self.role.as_ref(), Some(&facts.role))
            && same(self.modality.as_ref(), Some(&facts.modality))
            && same(self.laterality.as_ref(), facts.laterality.as_ref())
            && same(self.view.as_ref(), facts.view.as_ref())
            && same(self.body_part.as_ref(), facts.body_part.as_ref())
            && same(self.plane.as_ref(), facts.plane.as_ref())
            && same(self.is_tomosynthesis.as_ref(), Some(&facts.is_tomosynthesis))
            && same(self.is_volume.as_ref(), Some(&facts.is_volume()))
            && same(self.is_cine.as_ref(), Some(&facts.frame_time_ms.is_some()))
            && same(self.is_colour.as_ref(), Some(&facts.is_colour))
    }
}

impl CellRule {
    /// The cell that shows this series; `first` is the window that the protocol opens it with.
    pub(super) fn cell(&self, place: Place, facts: &SeriesFacts, first: &FirstWindow) -> Cell {
        let (turn, justification) = lie::of(facts);
        let window = if facts.is_colour { &FirstWindow::Images } else { self.window.as_ref().unwrap_or(first) };
        // A moving picture begins at its beginning.
        let slice = if facts.frame_time_ms.is_some() { FirstSlice::First } else { FirstSlice::Middle };
        Cell {
            place,
            role: facts.role.clone(),
            shows: self.shows.unwrap_or(Shows::Images),
            turn: self.turn.unwrap_or(turn),
            window: window.clone(),
            zoom: self.zoom.unwrap_or(FirstZoom::Fit),
            slice: self.slice.unwrap_or(slice),
            justification: self.justification.unwrap_or(justification),
            link: self.link,
        }
    }
    /// Whether a series can be shown so.
    pub(super) fn can_show(&self, facts: &SeriesFacts) -> bool {
        self.select.fits(facts) && (matches!(self.shows, None | Some(Shows::Images)) || facts.is_volume())
    }
}
