//! Hanging: which series of a case opens in which cell, and how. Pure: the protocol's rules and the series' facts in, a [`Layout`] out.
//!
//! Rules are tried in the order of `protocol.toml`; the first whose every cell (but optional ones) is filled by a series is carried out, and where none is,
//! the facts decide. [`opening()`] turns a layout into the `PaneSpec`s that are every reader's first view.
//!
//! ```toml
//! [[hanging]]
//! name = "CT with prior"        # for people
//! layout = "1x2"                # rows x columns, "1x1" to "3x3"; "mpr"; "mammography"
//! column_sizes = [3, 2]         # proportional; equal without it. Likewise `row_sizes`
//!
//! [[hanging.cell]]              # by what its series is picked, all optional: role, modality, laterality ("R", "L", "B"), view, body_part,
//! role = "current"              # plane ("axial", "coronal", "sagittal", "oblique"), tomosynthesis, volume, cine, colour (true or false)
//! at = [1, 1]                   # row, column from 1; without it cells follow each other in reading order. `span = [rows, columns]`
//! shows = "images"              # "images" (as acquired), "axial", "coronal", "sagittal"
//! window = "lung"               # a preset, or "images"; without it `first` of `[display]`
//! zoom = "fit"                  # "fit", "fit_alike", "1:1", "true_size", or "180 mm" along the cell's shorter side
//! slice = "middle"              # "first", "middle", "last", or a number from 1
//! turn = "90"                   # "none", "90", "180", "270" clockwise; "mirror" before it: "mirror", "mirror 90"
//! side = "left"                 # where a narrow image stands: "left", "centre", "right"
//! link = 1                      # cells of one number (1 to 9) scroll together, by patient position
//!
//! [[hanging.cell]]
//! role = "prior"
//! link = 1
//! optional = true               # without it the rule is for cases with a prior only
//! ```
//!
//! `layout = "mpr"` takes one `[[hanging.cell]]`, whose `shows` names the large plane (else the plane of acquisition); a plane of a thin slab gets a strip.
//! `layout = "mammography"` takes no cells. Cells that say the same of their series and `shows` take different series, in the order of their roles.
//! Refuses: pixels, and any attribute that could identify.

mod layout;
mod lie;
mod opening;
mod rule;
mod standard;
mod turn;

pub use layout::{Cell, FirstSlice, FirstWindow, FirstZoom, Justification, Layout, LinkGroup, MOST_ROWS, PaneRect, Place, Shows};
pub use opening::{Canvas, FirstView, Opened, OpeningError, Ready, SizeClass, opening};
pub use rule::HangingRule;
pub(crate) use rule::{Arrangement, CellRule, Select};
pub use turn::Turn;

use crate::protocol::{Display, VolumeLayout};
use tiresias_words::{Role, SeriesFacts};

/// Why a case cannot be hung.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unhangable {
    /// There is no series.
    #[error("The case has no images, so there is nothing to show. Pack it again.")]
    NoSeries,
    /// Two series of one role.
    #[error("Two series of the case have the role {0}, so no rule could tell them apart. Pack it again with a role for each.")]
    RoleTwice(Role),
}

/// The layout that a case opens with: the first rule of the protocol that applies, else the standard one for these facts.
///
/// # Errors
/// When there is no series, or a role is there twice.
pub fn hang(display: &Display, series: &[SeriesFacts]) -> Result<Layout, Unhangable> {
    let mut sorted: Vec<&SeriesFacts> = series.iter().collect();
    // The order of packing tells nothing and may differ between cases.
    sorted.sort_by(|a, b| standard::rank(a).cmp(&standard::rank(b)));
    if let Some(pair) = sorted.windows(2).find(|w| w[0].role == w[1].role) {
        return Err(Unhangable::RoleTwice(pair[0].role.clone()));
    }
    let first = |facts: &SeriesFacts| display.first_for(facts);
    let mut notes = Vec::new();
    let by_rule = display.hanging().iter().find_map(|rule| match carry_out(rule, &sorted, &first) {
        Ok(layout) => Some(layout),
        Err(why) => {
            notes.push(format!("The hanging rule \"{}\" does not apply: {why}.", rule.name()));
            None
        }
    });
    let in_planes = display.layout() == VolumeLayout::Mpr;
    let layout = by_rule.or_else(|| standard::layout(&sorted, in_planes, &first)).ok_or(Unhangable::NoSeries)?;
    let is_hung = |facts: &&&SeriesFacts| layout.cells().iter().any(|c| c.role == facts.role);
    let unhung: Vec<&str> = sorted.iter().filter(|facts| !is_hung(facts)).map(|facts| facts.role.as_str()).collect();
    if !unhung.is_empty() {
        notes.push(format!("No cell shows the series {} when the case opens.", unhung.join(", ")));
    }
    Ok(layout.with_notes(notes))
}

/// Axial, coronal and sagittal of one series, as a reader may choose; `None` where it is no volume.
#[must_use]
pub fn planes(display: &Display, facts: &SeriesFacts) -> Option<Layout> {
    facts.is_volume().then(|| standard::planes(facts, &CellRule::default(), None, &|f| display.first_for(f)))
}

/// The images of one series alone, as a reader may choose.
#[must_use]
pub fn images(display: &Display, facts: &SeriesFacts) -> Layout {
    let cell = CellRule::default().cell(Place::at(0, 0), facts, &display.first_for(facts));
    Layout::new(&[1], &[1], vec![cell])
}

/// Rows and columns (1 to 3 each) of images, one series after another, as a reader may choose; where there are fewer, the last one again. `None` without a
/// series, or with other numbers.
#[must_use]
pub fn rows_and_columns(display: &Display, rows: usize, columns: usize, series: &[&SeriesFacts]) -> Option<Layout> {
    let is_number = |n: usize| (1..=MOST_ROWS).contains(&n);
    let last = series.last().filter(|_| is_number(rows) && is_number(columns))?;
    let places = (0..rows).flat_map(|r| (0..columns).map(move |c| Place::at(r, c)));
    let all = series.iter().chain(std::iter::repeat(last));
    let cells = places.zip(all).map(|(place, facts)| CellRule::default().cell(place, facts, &display.first_for(facts)));
    Some(Layout::new(&vec![1; rows], &vec![1; columns], cells.collect()))
}

/// The layout of one rule. The error is a clause.
fn carry_out(rule: &HangingRule, series: &[&SeriesFacts], first: &dyn Fn(&SeriesFacts) -> FirstWindow) -> Result<Layout, String> {
    match &rule.arrangement {
        Arrangement::Grid { rows, columns, cells } => grid(rows, columns, cells, series, first),
        Arrangement::Planes { cell, large } => {
            let found = series.iter().find(|s| cell.select.fits(s)).ok_or("no series is what its cell asks for")?;
            if !found.is_volume() {
                return Err(format!("the series {} is no volume (geometry: {}), so it has no planes", found.role, found.geometry.word()));
            }
            Ok(standard::planes(found, cell, *large, first))
        }
        Arrangement::Mammography => {
            standard::mammography(series, first).ok_or_else(|| "the case has no two mammograms of known side and view".to_owned())
        }
    }
}

fn grid(
    rows: &[u32],
    columns: &[u32],
    rules: &[(Place, CellRule)],
    series: &[&SeriesFacts],
    first: &dyn Fn(&SeriesFacts) -> FirstWindow,
) -> Result<Layout, String> {
    let mut cells = Vec::with_capacity(rules.len());
    // What each kind of cell took already: cells of one kind take different series.
    let mut taken: Vec<(&Select, Shows, &Role)> = Vec::new();
    for (number, (place, rule)) in rules.iter().enumerate() {
        let shows = rule.shows.unwrap_or(Shows::Images);
        let is_free = |facts: &&&SeriesFacts| !taken.iter().any(|(s, p, role)| **s == rule.select && *p == shows && **role == facts.role);
        match series.iter().filter(|s| rule.can_show(s)).find(is_free) {
            Some(facts) => {
                cells.push(rule.cell(*place, facts, &first(facts)));
                taken.push((&rule.select, shows, &facts.role));
            }
            None if rule.is_optional => {}
            None => return Err(format!("no series is what its cell {} asks for", number + 1)),
        }
    }
    if cells.is_empty() { Err("none of its cells is filled".to_owned()) } else { Ok(Layout::new(rows, columns, cells)) }
}
