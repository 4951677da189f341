//! Rules and facts to layouts, and rules to findings, by the tables in `tests/data`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tiresias_reads::hanging::{Cell, FirstSlice, FirstWindow, FirstZoom, Justification, Layout, Place, Shows, Unhangable, hang};
use tiresias_reads::protocol::{Protocol, Tool, ToolSet, check};
use tiresias_words::{ImagingModality, Role, SeriesFacts};

const PROTOCOL: &str = include_str!("../two_conditions.toml");
const LAYOUTS: &str = include_str!("../data/hanging.toml");
const FAULTS: &str = include_str!("../data/hanging_faults.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layouts {
    series: BTreeMap<String, SeriesFacts>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    rules: String,
    first: Option<String>,
    volume_layout: Option<String>,
    series: Vec<String>,
    layout: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    line: usize,
    says: String,
    rules: String,
}

/// The protocol of the other tests with a preset for the chest and one for anything, and with rules at its end.
pub(crate) fn protocol_with(first: &str, volume_layout: &str, rules: &str) -> String {
    let any = "\n[[display.preset]]\nname = \"any\"\ncenter = 40\nwidth = 400\nfunction = \"linear\"\n";
    PROTOCOL
        .replace("first = \"lung\"", &format!("first = \"{first}\""))
        .replace("layout = \"mpr\"", &format!("layout = \"{volume_layout}\""))
        .replace("name = \"lung\"\n", "name = \"lung\"\nbody_part = \"CHEST\"\n")
        .replace("\n[order]", &format!("{any}\n[order]"))
        + "\n"
        + rules
}

fn written(layout: &Layout) -> String {
    let list = |sizes: &[u32]| sizes.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let mut text = format!("rows {}\ncolumns {}\n", list(layout.rows()), list(layout.columns()));
    for cell in layout.cells() {
        writeln!(text, "{}", cell_written(cell)).unwrap();
    }
    for note in layout.notes() {
        writeln!(text, "# {note}").unwrap();
    }
    text
}

fn cell_written(cell: &Cell) -> String {
    let Place { row, column, rows, columns } = cell.place;
    let mut text = format!("{row},{column}");
    if (rows, columns) != (1, 1) {
        write!(text, " over {rows}x{columns}").unwrap();
    }
    let shows = match cell.shows {
        Shows::Images => "images",
        Shows::Axial => "axial",
        Shows::Coronal => "coronal",
        Shows::Sagittal => "sagittal",
    };
    write!(text, " {} {shows}", cell.role).unwrap();
    if let FirstWindow::Preset(name) = &cell.window {
        write!(text, " window {name}").unwrap();
    }
    match cell.zoom {
        FirstZoom::Fit => {}
        FirstZoom::FitAlike => text.push_str(" zoom fit_alike"),
        FirstZoom::OneToOne => text.push_str(" zoom 1:1"),
        FirstZoom::TrueSize => text.push_str(" zoom true_size"),
        FirstZoom::Span(mm) => write!(text, " zoom span {}", mm.0).unwrap(),
    }
    match cell.slice {
        FirstSlice::Middle => {}
        FirstSlice::First => text.push_str(" slice first"),
        FirstSlice::Last => text.push_str(" slice last"),
        FirstSlice::Number(n) => write!(text, " slice {n}").unwrap(),
    }
    match cell.justification {
        Justification::Centre => {}
        Justification::Left => text.push_str(" side left"),
        Justification::Right => text.push_str(" side right"),
    }
    if cell.turn != Default::default() {
        write!(text, " turn {} {}", if cell.turn.is_mirrored() { "mirror" } else { "plain" }, cell.turn.quarters()).unwrap();
    }
    if let Some(link) = cell.link {
        write!(text, " link {}", link.0).unwrap();
    }
    text
}

#[test]
fn every_listed_case_opens_as_its_rules_say() {
    let table: Layouts = toml::from_str(LAYOUTS).expect("the table of layouts");
    let mut wrong = Vec::new();
    for case in &table.case {
        let first = case.first.as_deref().unwrap_or("images");
        let text = protocol_with(first, case.volume_layout.as_deref().unwrap_or("mpr"), &case.rules);
        let protocol = Protocol::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        let facts: Vec<SeriesFacts> = case.series.iter().map(|s| table.series[s].clone()).collect();
        let found = hang(protocol.display(), &facts).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        if written(&found).trim() != case.layout.trim() {
            wrong.push(format!("{}:\n{}\ninstead of\n{}", case.name, written(&found), case.layout));
        }
        // The order in which a case was packed says nothing.
        let turned: Vec<SeriesFacts> = facts.into_iter().rev().collect();
        assert_eq!(hang(protocol.display(), &turned).as_ref(), Ok(&found), "{}", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(table.case.len() >= 25);
}

#[test]
fn every_listed_fault_is_found_on_its_line() {
    let table: Faults = toml::from_str(FAULTS).expect("the table of faults");
    let before = protocol_with("images", "mpr", "");
    for Fault { line, says, rules } in &table.fault {
        let found = check(&protocol_with("images", "mpr", rules));
        let line = before.lines().count() + line;
        let hit = found.iter().any(|f| f.line == Some(line) && f.sentence.contains(says.as_str()) && f.sentence.ends_with('.'));
        assert!(hit, "no {says:?} on line {line} in {found:#?} of\n{rules}");
    }
    assert!(table.fault.len() >= 25);
}

#[test]
fn a_case_without_images_or_with_two_of_a_role_is_refused() {
    let protocol = Protocol::parse(PROTOCOL).unwrap();
    assert_eq!(hang(protocol.display(), &[]), Err(Unhangable::NoSeries));
    let facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 1);
    assert_eq!(hang(protocol.display(), &[facts.clone(), facts]), Err(Unhangable::RoleTwice(Role::current())));
}

#[test]
fn more_series_than_cells_are_said() {
    let protocol = Protocol::parse(&PROTOCOL.replace("first = \"lung\"", "first = \"images\"")).unwrap();
    let facts = |i| SeriesFacts::new(Role::new(format!("s{i:02}")).unwrap(), ImagingModality::new("MR").unwrap(), 1);
    let layout = hang(protocol.display(), &(0..11).map(facts).collect::<Vec<_>>()).unwrap();
    assert_eq!((layout.cells().len(), layout.rows().len(), layout.columns().len()), (9, 3, 3));
    assert_eq!(layout.notes(), ["No cell shows the series s09, s10 when the case opens."]);
}

#[test]
fn tools_and_body_parts_of_the_display() {
    let tools = |list: &str| PROTOCOL.replace("first = \"lung\"", &format!("first = \"lung\"\ntools = {list}"));
    assert_eq!(Protocol::parse(PROTOCOL).unwrap().display().tools(), ToolSet::all());
    let some = Protocol::parse(&tools("[\"scroll\", \"length\"]")).unwrap();
    assert_eq!(some.display().tools(), ToolSet::of([Tool::Length, Tool::Scroll]));
    for (list, says) in [("[\"lasso\"]", "it knows window, scroll"), ("[\"mark\"]", "[marks]"), ("[\"pan\", \"pan\"]", "named twice")] {
        let found = check(&tools(list));
        assert!(found.iter().any(|f| f.line == Some(43) && f.sentence.contains(says)), "{list}: {found:?}");
    }
    let found = check(&PROTOCOL.replace("name = \"lung\"\n", "name = \"lung\"\nbody_part = \"the chest\"\n"));
    assert!(found.iter().any(|f| f.line == Some(46) && f.sentence.contains("body part")), "{found:?}");
    let display = Protocol::parse(&protocol_with("lung", "mpr", "")).unwrap();
    let mut facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 1);
    let names = |facts: &SeriesFacts| display.display().presets_for(facts).map(|p| p.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&facts), ["any"]);
    facts.body_part = tiresias_words::BodyPart::new("CHEST").ok();
    assert_eq!(names(&facts), ["lung", "any"]);
}
