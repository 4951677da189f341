//! `[[hanging]]` rules, from the written to the checked. The syntax is in [`crate::hanging`].
//!
//! Finds what cannot be carried out: cells outside of their grid or upon each other, presets that are not there, one picture twice, rules never reached.

use super::check::{Checks, Words};
use super::display::IMAGES;
use super::text::{CellDraft, HangingDraft};
use crate::hanging::{
    Arrangement, CellRule, FirstSlice, FirstWindow, FirstZoom, HangingRule, Justification, LinkGroup, MOST_ROWS, Place, Select, Shows, Turn,
};
use std::collections::BTreeSet;
use tiresias_words::{AcquisitionPlane, BodyPart, ImagingModality, Laterality, Mm, Role, ViewPosition};
use toml::Spanned;

const MAX_RULES: usize = 40;
const MAX_SIZE: u32 = 1000;
const MAX_LINKS: u8 = 9;
/// Millimetres along a cell: from a detail to a whole body.
const SPANS: std::ops::RangeInclusive<f64> = 1.0..=3000.0;

const LATERALITIES: Words<Laterality> = &[("R", Laterality::Right), ("L", Laterality::Left), ("B", Laterality::Both)];
const PLANES: Words<AcquisitionPlane> = &[
    ("axial", AcquisitionPlane::Axial),
    ("coronal", AcquisitionPlane::Coronal),
    ("sagittal", AcquisitionPlane::Sagittal),
    ("oblique", AcquisitionPlane::Oblique),
];
const SHOWS: Words<Shows> = &[(IMAGES, Shows::Images), ("axial", Shows::Axial), ("coronal", Shows::Coronal), ("sagittal", Shows::Sagittal)];
const ZOOMS: Words<FirstZoom> =
    &[("fit", FirstZoom::Fit), ("fit_alike", FirstZoom::FitAlike), ("1:1", FirstZoom::OneToOne), ("true_size", FirstZoom::TrueSize)];
const SLICES: Words<FirstSlice> = &[("first", FirstSlice::First), ("middle", FirstSlice::Middle), ("last", FirstSlice::Last)];
const SIDES: Words<Justification> = &[("left", Justification::Left), ("centre", Justification::Centre), ("right", Justification::Right)];
const TURNS: Words<(bool, u8)> = &[
    ("none", (false, 0)),
    ("90", (false, 1)),
    ("180", (false, 2)),
    ("270", (false, 3)),
    ("mirror", (true, 0)),
    ("mirror 90", (true, 1)),
    ("mirror 180", (true, 2)),
    ("mirror 270", (true, 3)),
];

impl Checks<'_> {
    pub(super) fn hanging(&mut self, drafts: &[HangingDraft], presets: &[&str]) -> Vec<HangingRule> {
        self.at_most("hanging rules", drafts.len(), MAX_RULES);
        let mut rules: Vec<HangingRule> = Vec::new();
        let mut names = BTreeSet::new();
        for draft in drafts {
            let name = self.words("The hanging rule's name", &draft.name, 60);
            let arrangement = self.arrangement(draft, presets);
            let (Some(name), Some(arrangement)) = (name, arrangement) else { continue };
            if !names.insert(name.clone()) {
                self.at(&draft.name, format!("There are two hanging rules \"{name}\"; give each its own name."));
            }
            if let Some(before) = rules.iter().find(|r| r.takes_every_case()) {
                let say = format!("This rule is never reached: the rule \"{}\" before it takes every case. Put it last.", before.name());
                self.at(&draft.name, say);
            }
            rules.push(HangingRule { name, arrangement });
        }
        rules
    }

    fn arrangement(&mut self, draft: &HangingDraft, presets: &[&str]) -> Option<Arrangement> {
        match draft.layout.get_ref().as_str() {
            "mpr" => self.planes(draft, presets),
            "mammography" => {
                self.without_sizes(draft);
                if let Some(cell) = draft.cell.first() {
                    self.at(cell, "The layout \"mammography\" has no cells: side and view of each image say where it hangs.");
                }
                Some(Arrangement::Mammography)
            }
            grid => match grid_of(grid) {
                Some([rows, columns]) => self.grid(draft, [rows, columns], presets),
                None => {
                    let say = "The layout is not a word this program knows; write \"1x1\" to \"3x3\" (rows x columns), \"mpr\" or \"mammography\".";
                    self.at(&draft.layout, say);
                    None
                }
            },
        }
    }

    fn without_sizes(&mut self, draft: &HangingDraft) {
        for sizes in [&draft.row_sizes, &draft.column_sizes].into_iter().flatten() {
            self.at(sizes, "Only a grid has sizes: take them out, or write a layout of rows x columns.");
        }
    }

    fn planes(&mut self, draft: &HangingDraft, presets: &[&str]) -> Option<Arrangement> {
        self.without_sizes(draft);
        let [cell] = draft.cell.as_slice() else {
            self.at(&draft.layout, "The layout \"mpr\" needs one `[[hanging.cell]]`, which says which volume is shown.");
            return None;
        };
        if let Some(at) = cell.get_ref().at.as_ref().or(cell.get_ref().span.as_ref()) {
            self.at(at, "The layout \"mpr\" places its planes itself: take `at` and `span` out.");
        }
        if let Some(turn) = &cell.get_ref().turn {
            self.at(turn, "Planes of the patient lie one way: take `turn` out.");
        }
        let rule = self.cell(cell, presets)?;
        if rule.is_optional {
            self.at(cell, "The only cell of a rule cannot be optional: the rule would show nothing.");
        }
        match rule.shows {
            Some(Shows::Images) => {
                self.at(cell, "The layout \"mpr\" shows planes: `shows` is the large one, \"axial\", \"coronal\" or \"sagittal\".");
                None
            }
            large => Some(Arrangement::Planes { cell: rule, large }),
        }
    }

    fn grid(&mut self, draft: &HangingDraft, [rows, columns]: [usize; 2], presets: &[&str]) -> Option<Arrangement> {
        if draft.cell.is_empty() {
            self.at(&draft.layout, "A grid needs at least one `[[hanging.cell]]`.");
            return None;
        }
        let row_sizes = self.sizes("row_sizes", draft.row_sizes.as_ref(), rows);
        let column_sizes = self.sizes("column_sizes", draft.column_sizes.as_ref(), columns);
        let is_placed = |c: &Spanned<CellDraft>| c.get_ref().at.is_some();
        if draft.cell.iter().any(is_placed) && !draft.cell.iter().all(is_placed) {
            self.at(&draft.layout, "Some cells have `at` and others have not: place all of them or none.");
            return None;
        }
        let mut cells: Vec<(Place, CellRule)> = Vec::new();
        for (i, cell) in draft.cell.iter().enumerate() {
            let place = self.place(cell, i, [rows, columns]);
            let rule = self.cell(cell, presets);
            let (Some(place), Some(rule)) = (place, rule) else { continue };
            if cells.iter().any(|(other, _)| other.meets(place)) {
                self.at(cell, "This cell lies upon an earlier one.");
            }
            let is_same = |other: &CellRule| other.select == rule.select && other.shows == rule.shows;
            if rule.select.role.is_some() && cells.iter().any(|(_, other)| is_same(other)) {
                let say = "Two cells want the same pictures of one role, and a case has one series of each role: change `role` or `shows`.";
                self.at(cell, say);
            }
            cells.push((place, rule));
        }
        if cells.len() == draft.cell.len() && cells.iter().all(|(_, c)| c.is_optional) {
            self.at(&draft.layout, "All cells are optional, so the rule could show nothing: take `optional` out of one.");
        }
        Some(Arrangement::Grid { rows: row_sizes?, columns: column_sizes?, cells })
    }

    fn sizes(&mut self, what: &str, draft: Option<&Spanned<Vec<u32>>>, count: usize) -> Option<Vec<u32>> {
        let Some(sizes) = draft else { return Some(vec![1; count]) };
        if sizes.get_ref().len() != count || !sizes.get_ref().iter().all(|s| (1..=MAX_SIZE).contains(s)) {
            self.at(sizes, format!("`{what}` is not {count} whole numbers of 1 to {MAX_SIZE}, one for each in the layout."));
            return None;
        }
        Some(sizes.get_ref().clone())
    }

    fn place(&mut self, cell: &Spanned<CellDraft>, number: usize, [rows, columns]: [usize; 2]) -> Option<Place> {
        let draft = cell.get_ref();
        let whole = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let [down, across] = draft.span.as_ref().map_or([1, 1], |s| s.get_ref().map(whole));
        let Some(at) = &draft.at else {
            if let Some(span) = &draft.span {
                self.at(span, "`span` needs `at`: cells that follow each other take one place each.");
                return None;
            }
            if number >= rows * columns {
                self.at(cell, format!("The layout has {} places, and this is cell {}.", rows * columns, number + 1));
                return None;
            }
            return Some(Place::at(number / columns, number % columns));
        };
        let [row, column] = at.get_ref().map(whole);
        // From 1 in the text.
        let fits = |first: usize, n: usize, of: usize| first >= 1 && n >= 1 && first <= of && n <= of - first + 1;
        if !fits(row, down, rows) || !fits(column, across, columns) {
            self.at(at, format!("This cell lies outside of the layout, which has {rows} rows and {columns} columns, counted from 1."));
            return None;
        }
        Some(Place::at(row - 1, column - 1).over(down, across))
    }

    fn cell(&mut self, cell: &Spanned<CellDraft>, presets: &[&str]) -> Option<CellRule> {
        let draft = cell.get_ref();
        let select = self.select(draft);
        let shows = self.word("`shows`", draft.shows.as_ref(), SHOWS);
        let is_plane = matches!(shows, Some(Some(Shows::Axial | Shows::Coronal | Shows::Sagittal)));
        if let Some(volume) = draft.volume.as_ref().filter(|v| is_plane && !v.get_ref()) {
            self.at(volume, "A plane is cut through a volume, and this cell asks for a series that is none.");
        }
        let window = match &draft.window {
            None => Some(None),
            Some(word) => self.window(word, draft.colour.as_ref(), presets).map(Some),
        };
        let zoom = self.zoom(draft.zoom.as_ref());
        let slice = self.slice(draft.slice.as_ref());
        let turn = self.word("`turn`", draft.turn.as_ref(), TURNS);
        let side = self.word("`side`", draft.side.as_ref(), SIDES);
        if let Some(link) = draft.link.as_ref().filter(|l| !(1..=MAX_LINKS).contains(l.get_ref())) {
            self.at(link, format!("`link` is not 1 to {MAX_LINKS}."));
        }
        Some(CellRule {
            select: select?,
            shows: shows?,
            window: window?,
            zoom: zoom?,
            slice: slice?,
            turn: turn?.map(|(mirror, quarters)| if mirror { Turn::NONE.flipped_across() } else { Turn::NONE }.turned(quarters)),
            justification: side?,
            link: draft.link.as_ref().map(|l| LinkGroup(*l.get_ref())),
            is_optional: draft.optional,
        })
    }

    fn select(&mut self, draft: &CellDraft) -> Option<Select> {
        let laterality = self.word("`laterality`", draft.laterality.as_ref(), LATERALITIES);
        let plane = self.word("`plane`", draft.plane.as_ref(), PLANES);
        let mut all_fit = true;
        // Each of these is a checked text; one that does not fit is a finding, and the cell yields nothing.
        macro_rules! checked {
            ($field:ident, $of:ident) => {
                match &draft.$field {
                    None => None,
                    Some(text) => {
                        let value = self.fits(text, $of::new(text.get_ref().as_str()));
                        all_fit &= value.is_some();
                        value
                    }
                }
            };
        }
        let select = Select {
            role: checked!(role, Role),
            modality: checked!(modality, ImagingModality),
            laterality: laterality?,
            view: checked!(view, ViewPosition),
            body_part: checked!(body_part, BodyPart),
            plane: plane?,
            is_tomosynthesis: draft.tomosynthesis,
            is_volume: draft.volume.as_ref().map(|v| *v.get_ref()),
            is_cine: draft.cine,
            is_colour: draft.colour.as_ref().map(|c| *c.get_ref()),
        };
        all_fit.then_some(select)
    }

    fn window(&mut self, word: &Spanned<String>, colour: Option<&Spanned<bool>>, presets: &[&str]) -> Option<FirstWindow> {
        let name = word.get_ref().trim();
        if name == IMAGES {
            return Some(FirstWindow::Images);
        }
        if colour.is_some_and(|c| *c.get_ref()) {
            self.at(word, "Colour has no window: take `window` out.");
            return None;
        }
        if presets.contains(&name) {
            return Some(FirstWindow::Preset(name.to_owned()));
        }
        self.at(word, "`window` names no preset; it must be the name of a `[[display.preset]]`, or \"images\" for the images' own window.");
        None
    }

    fn zoom(&mut self, draft: Option<&Spanned<String>>) -> Option<Option<FirstZoom>> {
        let Some(word) = draft else { return Some(None) };
        let Some(number) = word.get_ref().strip_suffix("mm") else { return self.word("`zoom`", draft, ZOOMS) };
        match number.trim().parse::<f64>() {
            Ok(mm) if SPANS.contains(&mm) => Some(Some(FirstZoom::Span(Mm(mm)))),
            _ => {
                self.at(word, format!("`zoom` in millimetres is not a number of {} to {}, as in \"180 mm\".", SPANS.start(), SPANS.end()));
                None
            }
        }
    }

    fn slice(&mut self, draft: Option<&Spanned<toml::Value>>) -> Option<Option<FirstSlice>> {
        let Some(value) = draft else { return Some(None) };
        let word = |text: &str| SLICES.iter().find(|(known, _)| *known == text).map(|(_, slice)| *slice);
        let found = match value.get_ref() {
            toml::Value::String(text) => word(text),
            toml::Value::Integer(n) => u32::try_from(*n).ok().filter(|n| *n >= 1).map(FirstSlice::Number),
            _ => None,
        };
        if found.is_none() {
            self.at(value, "`slice` is not \"first\", \"middle\", \"last\" or a number from 1.");
        }
        found.map(Some)
    }
}

/// Rows and columns of a word such as "2x3".
fn grid_of(word: &str) -> Option<[usize; 2]> {
    let (rows, columns) = word.split_once('x')?;
    let one = |text: &str| match text {
        "1" => Some(1),
        "2" => Some(2),
        "3" => Some(MOST_ROWS),
        _ => None,
    };
    Some([one(rows)?, one(columns)?])
}
