//! How a case opens where no rule of the protocol says it: by what its series are.
//!
//! Mammograms with chest walls facing; tomosynthesis beside 2D; current | prior; CT | PET; one volume in three planes; else one cell for each series.
//! A plane whose extent one way is less than half of that the other way gets a strip and not a square, decided from the extents of the volume.

use super::layout::{Cell, FirstWindow, FirstZoom, Layout, LinkGroup, MOST_ROWS, Place, Shows};
use super::lie::is_mammogram;
use super::rule::CellRule;
use tiresias_words::{AcquisitionPlane, Laterality, SeriesFacts};

/// Whole of the proportional sizes that are worked out here.
const WHOLE: u32 = 1000;
/// A side below this part of the other makes a plane a strip.
const STRIP: f64 = 0.5;
/// Parts of the whole that a strip may take: at least so much that letters and words have room beside the image.
const STRIPS: [f64; 2] = [0.23, 0.4];
/// Part of the whole that planes of ordinary shape take beside the large one.
const BESIDE: u32 = 333;

type First<'a> = &'a dyn Fn(&SeriesFacts) -> FirstWindow;

/// The order in which series are looked at: current, prior, then by name.
pub(super) fn rank(facts: &SeriesFacts) -> (u8, &str) {
    let role = facts.role.as_str();
    (["current", "prior"].iter().position(|r| *r == role).map_or(2, |i| i as u8), role)
}

/// The standard layout of series in the order of [`rank`]; `None` when there are none. With `in_planes` a single volume is shown in three planes.
pub(super) fn layout(series: &[&SeriesFacts], in_planes: bool, first: First<'_>) -> Option<Layout> {
    if let Some(layout) = mammography(series, first) {
        return Some(layout);
    }
    match series {
        [] => None,
        [one] if in_planes && one.is_volume() && one.images > 1 && !one.is_tomosynthesis => {
            Some(planes(one, &CellRule::default(), None, first))
        }
        [a, b] if [a.role.as_str(), b.role.as_str()] == ["current", "prior"] => {
            let comparable = a.plane.is_some() && a.plane == b.plane && a.plane != Some(AcquisitionPlane::Oblique);
            let shows = if a.is_volume() && b.is_volume() && !comparable { Shows::Axial } else { Shows::Images };
            Some(side_by_side([a, b], shows, first))
        }
        [a, b] if modalities([a, b]) == ["CT", "PT"] => Some(side_by_side([a, b], both_axial(a, b), first)),
        [a, b] if modalities([a, b]) == ["PT", "CT"] => Some(side_by_side([b, a], both_axial(a, b), first)),
        many => Some(one_each(many, first)),
    }
}

fn modalities(pair: [&SeriesFacts; 2]) -> [&str; 2] {
    pair.map(|f| f.modality.as_str())
}

fn both_axial(a: &SeriesFacts, b: &SeriesFacts) -> Shows {
    if a.is_volume() && b.is_volume() { Shows::Axial } else { Shows::Images }
}

fn side_by_side(pair: [&SeriesFacts; 2], shows: Shows, first: First<'_>) -> Layout {
    let rule = CellRule { shows: Some(shows), link: Some(LinkGroup(1)), ..CellRule::default() };
    let cells = pair.iter().enumerate().map(|(i, facts)| rule.cell(Place::at(0, i), facts, &first(facts)));
    Layout::new(&[1], &[1, 1], cells.collect())
}

/// A cell for each series, up to nine of them.
fn one_each(series: &[&SeriesFacts], first: First<'_>) -> Layout {
    let (rows, columns) = match series.len() {
        0..=3 => (1, series.len()),
        4 => (2, 2),
        5 | 6 => (2, 3),
        _ => (MOST_ROWS, MOST_ROWS),
    };
    let places = (0..rows).flat_map(|r| (0..columns).map(move |c| Place::at(r, c)));
    let cells = series.iter().zip(places).map(|(facts, place)| CellRule::default().cell(place, facts, &first(facts)));
    Layout::new(&vec![1; rows], &vec![1; columns], cells.collect())
}

/// One volume in three planes: the large one, and the two others as strips or squares, by their extents.
pub(super) fn planes(facts: &SeriesFacts, rule: &CellRule, large: Option<Shows>, first: First<'_>) -> Layout {
    let large = large.unwrap_or(match facts.plane {
        Some(AcquisitionPlane::Coronal) => Shows::Coronal,
        Some(AcquisitionPlane::Sagittal) => Shows::Sagittal,
        Some(AcquisitionPlane::Axial | AcquisitionPlane::Oblique) | None => Shows::Axial,
    });
    let mut others = [Shows::Axial, Shows::Coronal, Shows::Sagittal].into_iter().filter(|s| *s != large);
    let (a, b) = (others.next().unwrap_or(Shows::Coronal), others.next().unwrap_or(Shows::Sagittal));
    let [main_width, main_height] = plane_extent(facts, large);
    let part = |strip: f64, main: f64| {
        let part = (strip / (strip + main)).clamp(STRIPS[0], STRIPS[1]);
        (part * f64::from(WHOLE)).round() as u32
    };
    let below = |s| part(plane_extent(facts, s)[1], main_height);
    let beside = |s| part(plane_extent(facts, s)[0], main_width);
    let rest = |part: u32| WHOLE.saturating_sub(part);
    let (rows, columns, places) = match [form(facts, a), form(facts, b)] {
        [Form::Wide, Form::Wide] => {
            let low = below(a).max(below(b));
            (vec![rest(low), low], vec![1, 1], [Place::at(0, 0).over(1, 2), Place::at(1, 0), Place::at(1, 1)])
        }
        [Form::Tall, Form::Tall] => {
            let (first, second) = (beside(a), beside(b));
            (vec![1], vec![rest(first + second).max(first), first, second], [Place::at(0, 0), Place::at(0, 1), Place::at(0, 2)])
        }
        [Form::Wide, other] => {
            let (low, side) = (below(a), if other == Form::Tall { beside(b) } else { BESIDE });
            (vec![rest(low), low], vec![rest(side), side], [Place::at(0, 0), Place::at(1, 0).over(1, 2), Place::at(0, 1)])
        }
        [other, Form::Wide] => {
            let (low, side) = (below(b), if other == Form::Tall { beside(a) } else { BESIDE });
            (vec![rest(low), low], vec![rest(side), side], [Place::at(0, 0), Place::at(0, 1), Place::at(1, 0).over(1, 2)])
        }
        [_, _] => (vec![1, 1], vec![rest(BESIDE), BESIDE], [Place::at(0, 0).over(2, 1), Place::at(0, 1), Place::at(1, 1)]),
    };
    let cell = |(shows, place): (Shows, Place)| CellRule { shows: Some(shows), ..rule.clone() }.cell(place, facts, &first(facts));
    Layout::new(&rows, &columns, [large, a, b].into_iter().zip(places).map(cell).collect())
}

/// The form of a plane.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Wide,
    Tall,
    Square,
}

fn form(facts: &SeriesFacts, shows: Shows) -> Form {
    let [width, height] = plane_extent(facts, shows);
    if height < STRIP * width {
        Form::Wide
    } else if width < STRIP * height {
        Form::Tall
    } else {
        Form::Square
    }
}

/// Width and height of a plane along the patient's axes, mm; 1 by 1 where no extent is known.
fn plane_extent(facts: &SeriesFacts, shows: Shows) -> [f64; 2] {
    let Some([x, y, z]) = facts.extent.map(|e| e.map(|mm| mm.0)) else { return [1.0, 1.0] };
    match shows {
        Shows::Images | Shows::Axial => [x, y],
        Shows::Coronal => [x, z],
        Shows::Sagittal => [y, z],
    }
}

/// One view of one breast, in 2D and as tomosynthesis.
struct View<'a> {
    side: Laterality,
    view: &'a str,
    flat: Option<&'a SeriesFacts>,
    tomosynthesis: Option<&'a SeriesFacts>,
}

/// Mammograms by side and view: right | left, CC over MLO, or each view with its tomosynthesis beside it. `None` with fewer than two images of known side and view.
pub(super) fn mammography(series: &[&SeriesFacts], first: First<'_>) -> Option<Layout> {
    let mut views: Vec<View<'_>> = Vec::new();
    for view in ["CC", "MLO"] {
        for side in [Laterality::Right, Laterality::Left] {
            let is_it =
                |f: &&&SeriesFacts| is_mammogram(f) && f.laterality == Some(side) && f.view.as_ref().is_some_and(|v| v.as_str() == view);
            let of = |tomosynthesis| series.iter().filter(is_it).find(|f| f.is_tomosynthesis == tomosynthesis).copied();
            let (flat, tomosynthesis) = (of(false), of(true));
            if flat.or(tomosynthesis).is_some() {
                views.push(View { side, view, flat, tomosynthesis });
            }
        }
    }
    let images = views.iter().flat_map(|v| [v.flat, v.tomosynthesis]).flatten().count();
    if images < 2 {
        return None;
    }
    // Both breasts at one scale, so that asymmetry is anatomy.
    let rule = CellRule { zoom: Some(FirstZoom::FitAlike), ..CellRule::default() };
    let cell = |row, column, facts: &SeriesFacts| -> Cell { rule.cell(Place::at(row, column), facts, &first(facts)) };
    let in_pairs = views.len() <= MOST_ROWS && views.iter().any(|v| v.flat.is_some() && v.tomosynthesis.is_some());
    let cells: Vec<Cell> = if in_pairs {
        let of_row = |(row, v): (usize, &View<'_>)| [v.flat.map(|f| cell(row, 0, f)), v.tomosynthesis.map(|f| cell(row, 1, f))];
        views.iter().enumerate().flat_map(of_row).flatten().collect()
    } else {
        let place = |v: &View<'_>| (usize::from(v.view != "CC"), usize::from(v.side != Laterality::Right));
        views.iter().filter_map(|v| Some((place(v), v.flat.or(v.tomosynthesis)?))).map(|((r, c), f)| cell(r, c, f)).collect()
    };
    let rows = if in_pairs { views.len() } else { 2 };
    Some(Layout::new(&vec![1; rows], &[1, 1], cells))
}
