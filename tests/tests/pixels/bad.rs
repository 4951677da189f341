//! Damaged, hostile and contradictory files get what their notes ask for, in time, in little memory, and in one line.

use crate::collection::{is_hash, text};
use crate::meter::{alone, peak_kib};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tiresias_tests::run::{Ran, command, to_end};
use tiresias_tests::{Walk, data, shared};

/// Seconds that any of these files may take.
const PATIENCE_S: u64 = 10;
/// KiB above what a tiny good file takes.
const ALLOWANCE_KIB: i64 = 64 << 10;
const TEST: &str = "bad::every_bad_file_gets_what_is_expected";

/// What bad.toml says of an item: the outcomes that are allowed, each with the words that must then be told.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Expected {
    shown: Option<String>,
    object: Option<String>,
    refused: Option<String>,
    /// `false`: nothing of it may be measured in mm.
    mm: Option<bool>,
    /// `false`: no volume may be made of it.
    mpr: Option<bool>,
    /// The files in stack order, from either end.
    #[serde(default)]
    order: Vec<String>,
}

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Shown,
    Object,
    Refused,
}

#[test]
fn every_bad_file_gets_what_is_expected() {
    alone(TEST, walk);
}

fn walk() {
    let expected = expectations();
    let mut walk = Walk::new();
    let mut complaints = missing_expectations(&expected);
    let mut counts = BTreeMap::new();
    let scratch = tempfile::tempdir().unwrap();
    let tiny = tiny_need(scratch.path());
    let mut largest = "";
    for (name, expected) in &expected {
        let Some(item) = walk.file(&format!("bad/{name}")) else { continue };
        let before = peak_kib();
        let complaint = |why: String| format!("{name}: {why}");
        match inspected(&item, expected) {
            Ok((outcome, told)) => {
                *counts.entry(format!("{outcome:?}").to_lowercase()).or_insert(0) += 1;
                complaints.extend(judge(outcome, &told, expected).map(complaint));
                if !item.is_dir() && !name.contains("DICOMDIR") {
                    complaints.extend(rendered(&item, scratch.path(), outcome, expected).map(complaint));
                }
            }
            Err(why) => complaints.push(complaint(why)),
        }
        let (Some(tiny), Some(before), Some(after)) = (tiny, before, peak_kib()) else { continue };
        if after > before {
            largest = name;
        }
        if after > before.max(tiny + ALLOWANCE_KIB) {
            complaints.push(complaint(format!("it took {after} KiB, where a tiny good file takes {tiny}")));
        }
    }
    let peak = peak_kib();
    walk.report(&format!(
        "bad files: {counts:?}, {} complaints; largest resident size {} KiB ({largest}), of a tiny good file {} KiB",
        complaints.len(),
        peak.unwrap_or_default(),
        tiny.unwrap_or_default()
    ));
    meter_moves(scratch.path(), tiny);
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

fn expectations() -> BTreeMap<String, Expected> {
    toml::from_str(include_str!("bad.toml")).expect("bad.toml")
}

/// Items that lie there and of which bad.toml says nothing.
fn missing_expectations(expected: &BTreeMap<String, Expected>) -> Vec<String> {
    let Some(folder) = shared().map(|folder| folder.join("data/bad")).filter(|folder| folder.is_dir()) else { return Vec::new() };
    let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let items = names.map(|name| if name.starts_with("dicomdir_") { format!("{name}/DICOMDIR") } else { name });
    items.filter(|name| !expected.contains_key(name)).map(|name| format!("{name}: bad.toml does not say what it must get")).collect()
}

/// What the program needs for a good file of 64 x 64 pixels, KiB.
fn tiny_need(scratch: &Path) -> Option<i64> {
    let file = data("single/mr_small.dcm").or_else(|| data("single/derived_ct_u8.dcm")).expect("a good file");
    run(&["inspect", text(&file), "--json", "--pixels"]).unwrap().done().unwrap();
    run(&["render", text(&file), "--out", text(&scratch.join("tiny.png"))]).unwrap().done().unwrap();
    fs::remove_file(scratch.join("tiny.png")).unwrap();
    peak_kib()
}

/// The meter can fail: a picture of 7 million pixels is seen to take more.
fn meter_moves(scratch: &Path, tiny: Option<i64>) {
    let (Some(tiny), Some(large)) = (tiny, data("single/mg_sigmoid_voilut.dcm")) else { return };
    run(&["render", text(&large), "--out", text(&scratch.join("large.png"))]).unwrap().done().unwrap();
    let peak = peak_kib().expect("a figure");
    assert!(peak > tiny + (14 << 10), "the values of this picture alone are 14 MiB, and {peak} KiB were seen, {tiny} KiB of a tiny one");
}

fn run(arguments: &[&str]) -> Result<Ran, String> {
    let ran = to_end(&mut command(arguments)?, PATIENCE_S)?;
    for said in [&ran.out, &ran.err] {
        inert(said)?;
    }
    Ok(ran)
}

/// What is said moves no cursor and turns no text round.
fn inert(said: &str) -> Result<(), String> {
    let turns = |c: char| ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    match said.chars().find(|c| (c.is_control() && *c != '\n') || turns(*c)) {
        Some(c) => Err(format!("the character {c:?} is passed on")),
        None => Ok(()),
    }
}

/// All strings in a document, unescaped.
fn strings<'a>(value: &'a Value, all: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(list) => list.iter().for_each(|v| strings(v, all)),
        Value::Object(map) => map.values().for_each(|v| strings(v, all)),
        _ => {}
    }
}

/// What `inspect` makes of an item, and what it tells of it.
fn inspected(item: &Path, expected: &Expected) -> Result<(Outcome, String), String> {
    let ran = run(&["inspect", text(item), "--json", "--pixels"])?;
    let said = ran.json()?;
    let list = |key: &str| said[key].as_array().map(Vec::as_slice).ok_or_else(|| format!("no {key} in {said}"));
    let (series, objects, refused) = (list("series")?, list("objects")?, list("refused")?);
    let mut told = Vec::new();
    strings(&said, &mut told);
    told.iter().try_for_each(|text| {
        inert(text).and_then(|()| if text.contains('\n') { Err("a line feed within a string".into()) } else { Ok(()) })
    })?;
    told.clear();
    refused.iter().for_each(|entry| strings(&entry["reason"], &mut told));
    let outcome = if series.is_empty() && objects.is_empty() {
        ran.sentence(2)?;
        if refused.is_empty() || told.iter().any(|reason| reason.len() < 10) {
            return Err(format!("refused without a reason: {said}"));
        }
        Outcome::Refused
    } else {
        if ran.code != Some(0) || ran.err.lines().count() > 1 {
            return Err(format!("not code 0 and at most one line on stderr: {ran:?}"));
        }
        series.iter().flat_map(|s| [&s["warnings"], &s["geometry"]["reason"]]).for_each(|value| strings(value, &mut told));
        objects.iter().flat_map(|o| [&o["warnings"], &o["summary"]]).for_each(|value| strings(value, &mut told));
        if series.is_empty() { Outcome::Object } else { Outcome::Shown }
    };
    let told = told.join("\n");
    for series in series {
        shown(series, expected)?;
    }
    if expected.mm == Some(false) && outcome == Outcome::Shown {
        let ran = run(&["measure", text(item), "--json", "length:0,0@0:10,0@0"])?;
        let length = ran.json().map_err(|e| format!("nothing at all can be measured: {e}"))?;
        let length = &length["shapes"][0];
        if !length["length_mm"].is_null() || length["unit"] != "px" {
            return Err(format!("measured in mm: {length}"));
        }
    }
    Ok((outcome, told))
}

/// What must hold of a series that is shown.
fn shown(series: &Value, expected: &Expected) -> Result<(), String> {
    let files = series["files"].as_array().ok_or("no files")?;
    let frames = files.iter().flat_map(|file| file["frames"].as_array().cloned().unwrap_or_default());
    let hashes: Vec<bool> = frames.map(|frame| frame["sha256_int32le"].as_str().is_some_and(is_hash)).collect();
    if hashes.is_empty() || hashes.contains(&false) {
        return Err(format!("shown, and {} of its {} frames have no values", hashes.iter().filter(|h| !**h).count(), hashes.len()));
    }
    let verdict = series["geometry"]["verdict"].as_str().unwrap_or_default();
    if expected.mpr == Some(false) && !["none", "refused", "mixed"].contains(&verdict) {
        return Err(format!("a volume is made of it: {verdict}"));
    }
    let order: Vec<&str> = files.iter().filter_map(|file| file["path"].as_str()?.rsplit(['/', '\\']).next()).collect();
    let mut backwards = order.clone();
    backwards.reverse();
    if !expected.order.is_empty() && expected.order != order && expected.order != backwards {
        return Err(format!("in the order {order:?}"));
    }
    Ok(())
}

/// Whether one of the words between the bars is told.
fn tells(told: &str, words: &str) -> bool {
    let told = told.to_lowercase();
    words.is_empty() || words.split('|').any(|word| told.contains(&word.to_lowercase()))
}

/// What is not as expected.
fn judge(outcome: Outcome, told: &str, expected: &Expected) -> Option<String> {
    let words = match outcome {
        Outcome::Shown => &expected.shown,
        Outcome::Object => &expected.object,
        Outcome::Refused => &expected.refused,
    };
    match words {
        None => Some(format!("{outcome:?}, which it must not be; told is {told:?}")),
        Some(words) if !tells(told, words) => Some(format!("{outcome:?} as it may, but none of {words:?} is told; told is {told:?}")),
        Some(_) => None,
    }
}

/// What is wrong with what `render` does of a file of which `inspect` says so.
fn rendered(item: &Path, scratch: &Path, outcome: Outcome, expected: &Expected) -> Option<String> {
    let out = scratch.join("picture.png");
    let ran = match run(&["render", text(item), "--out", text(&out)]) {
        Ok(ran) => ran,
        Err(why) => return Some(format!("render: {why}")),
    };
    let is_there = out.exists();
    let rest = fs::read_dir(scratch).expect("a folder").count() - usize::from(is_there);
    let picture = image::open(&out);
    let _ = fs::remove_file(&out);
    if rest > 0 {
        return Some(format!("render leaves {rest} files behind"));
    }
    match (ran.code, outcome) {
        (Some(0), Outcome::Shown) if picture.is_err() => Some(format!("render says nothing and draws nothing: {ran:?}")),
        (Some(0), Outcome::Shown) => {
            let words = expected.shown.as_deref().unwrap_or_default();
            let lines_are_ours = ran.err.lines().all(|line| line.starts_with("tiresias: "));
            (!lines_are_ours || !tells(&ran.err, words))
                .then(|| format!("render draws it and does not tell any of {words:?}: {:?}", ran.err))
        }
        (Some(2), Outcome::Shown) => Some(format!("inspect shows it, and render refuses: {}", ran.err)),
        (Some(2), _) if is_there => Some("render refuses and leaves a picture behind".to_owned()),
        (Some(2), _) => ran.sentence(2).err().map(|why| format!("render: {why}")),
        _ => Some(format!("render gives {:?} where inspect gives {outcome:?}: {}", ran.code, ran.err)),
    }
}

#[test]
fn what_is_not_expected_is_told() {
    let expected: BTreeMap<String, Expected> = toml::from_str("a = { shown = \"High Bit|stored\" }\nb = { refused = \"\" }").unwrap();
    assert!(judge(Outcome::Shown, "the high bit is 3", &expected["a"]).is_none());
    assert!(judge(Outcome::Shown, "all is well", &expected["a"]).is_some_and(|why| why.contains("High Bit")));
    assert!(judge(Outcome::Refused, "the high bit is 3", &expected["a"]).is_some());
    assert!(judge(Outcome::Object, "", &expected["b"]).is_some() && judge(Outcome::Refused, "whatever", &expected["b"]).is_none());
    assert!(inert("a line\nand another").is_ok());
    assert!(["\u{1b}[2J", "a\rb", "x\u{202e}y", "\0"].into_iter().all(|said| inert(said).is_err()));
    assert!(toml::from_str::<BTreeMap<String, Expected>>("a = { shwon = \"\" }").is_err());
    for (name, expected) in expectations() {
        assert!(expected.shown.is_some() || expected.object.is_some() || expected.refused.is_some(), "{name} may not be anything");
        assert!(expected.shown.is_some() || (expected.mm, expected.mpr, expected.order.len()) == (None, None, 0), "{name} is never shown");
    }
}
