//! A walk through everything that other programs computed: stored values, pictures, statistics, and whether each image file can be read at all.

use crate::collection::{Display, Said, displays, document, inspect, is_hash, listed_images, pixels, side_by_side, text};
use crate::table::{Outcome, Table, levels, number};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use tiresias_tests::{Walk, data};

const VALUES: &str = "stored values";
const PICTURES: &str = "pictures";
const STATISTICS: &str = "statistics";
const FILES: &str = "files";

/// What refused.toml says of a file.
#[derive(Deserialize)]
struct Exception {
    is: String,
    reason: String,
}

struct Reference {
    table: Table,
    exceptions: BTreeMap<String, Exception>,
    incomparable: BTreeMap<String, String>,
    said: BTreeMap<PathBuf, Said>,
}

#[test]
fn every_reference_is_met() {
    let (frames, files) = (pixels(), listed_images());
    let names = frames.iter().map(|f| f.path.as_str()).chain(files.iter().map(String::as_str));
    let mut reference = Reference {
        table: Table::default(),
        exceptions: toml::from_str(include_str!("refused.toml")).expect("refused.toml"),
        incomparable: toml::from_str(include_str!("incomparable.toml")).expect("incomparable.toml"),
        said: inspect(names),
    };
    assert!(reference.exceptions.values().all(|e| ["object", "refused"].contains(&e.is.as_str()) && e.reason.len() > 10));
    let walks = [
        (VALUES, reference.stored_values(&frames)),
        (FILES, reference.files(&files)),
        (PICTURES, reference.pictures()),
        (STATISTICS, reference.statistics()),
    ];
    println!("{}", reference.table);
    for (row, walk) in walks {
        let [exact, within, decoded, refused, wrong] = reference.table.row(row);
        walk.report(&format!("{row}: {exact} exact, {within} within tolerance, {decoded} only decoded, {refused} refused, {wrong} wrong"));
        assert!(exact + decoded >= 20, "{row}: too little was compared");
    }
    let wrong = &reference.table.wrong;
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

impl Reference {
    /// A refusal counts as one where refused.toml has it.
    fn refusal(&self, name: &str, why: &str) -> Outcome {
        match self.exceptions.get(name) {
            Some(_) => Outcome::Refused,
            None => Outcome::Wrong(format!("{name} is refused and not listed: {why}")),
        }
    }

    fn stored_values(&mut self, frames: &[crate::collection::Frame]) -> Walk {
        let mut walk = Walk::new();
        let mut pictured: BTreeSet<&str> = BTreeSet::new();
        let displays = displays();
        pictured.extend(displays.iter().map(|d| d.path.as_str()));
        let mut seen = BTreeMap::new();
        for frame in frames {
            let name = &frame.path;
            let path = data(name);
            walk.count(path.is_some());
            let Some(path) = path else { continue };
            let outcome = match self.said.get(&path) {
                None => Outcome::Wrong(format!("{name} is not mentioned")),
                Some(Said::Refused(why)) => self.refusal(name, why),
                Some(Said::Image(hashes) | Said::Object(hashes)) => {
                    let ours = hashes.get(frame.frame).map(String::as_str).unwrap_or_default();
                    let is_listed = self.incomparable.contains_key(name);
                    match (frame.sha256_int32le.as_str(), is_hash(ours)) {
                        (_, false) => Outcome::Wrong(format!("{name} frame {} was not decoded", frame.frame)),
                        ("", true) if frame.coding == "lossy" => Outcome::Decoded,
                        (theirs, true) if theirs == ours && !is_listed => Outcome::Exact,
                        (theirs, true) if theirs == ours => Outcome::Wrong(format!("{name} is in incomparable.toml and has the same hash")),
                        _ if is_listed && pictured.contains(name.as_str()) => Outcome::Decoded,
                        _ => Outcome::Wrong(format!("{name} frame {} has other values", frame.frame)),
                    }
                }
            };
            if outcome == Outcome::Exact {
                *seen.entry(&frame.sha256_int32le).or_insert(0) += 1;
            }
            self.table.count(VALUES, outcome);
        }
        // The same picture in other encodings shares its hash; two hashes are hardly ever the same otherwise, so a constant would be noticed.
        assert!(seen.len() * 3 > self.table.row(VALUES)[0] * 2, "{} different hashes only", seen.len());
        walk
    }

    fn files(&mut self, names: &[String]) -> Walk {
        let mut walk = Walk::new();
        let mut met = BTreeSet::new();
        for name in names {
            let Some(path) = walk.file(name) else { continue };
            let exception = self.exceptions.get(name);
            met.insert(name.as_str());
            let outcome = match (self.said.get(&path), exception.map(|e| e.is.as_str())) {
                (Some(Said::Image(hashes)), None) if !hashes.is_empty() && hashes.iter().all(|h| is_hash(h)) => Outcome::Decoded,
                (Some(Said::Image(_)), None) => Outcome::Wrong(format!("{name} is shown and has frames without values")),
                (Some(Said::Refused(_)), Some("refused")) | (Some(Said::Object(_)), Some("object")) => Outcome::Refused,
                (Some(Said::Image(_)), Some(_)) => Outcome::Wrong(format!("{name} is an image after all: take it off refused.toml")),
                (Some(Said::Refused(why)), _) => Outcome::Wrong(format!("{name} is refused, and not listed so: {why}")),
                (Some(Said::Object(_)), _) => Outcome::Wrong(format!("{name} is taken for no image, and not listed so")),
                (None, _) => Outcome::Wrong(format!("{name} is not mentioned")),
            };
            self.table.count(FILES, outcome);
        }
        let unknown: Vec<_> = self.exceptions.keys().filter(|name| data(name).is_some() && !met.contains(name.as_str())).collect();
        assert!(unknown.is_empty(), "refused.toml names what no manifest lists: {unknown:?}");
        walk
    }

    fn pictures(&mut self) -> Walk {
        let mut walk = Walk::new();
        let scratch = tempfile::tempdir().unwrap();
        let listed: Vec<(usize, Display)> = displays().into_iter().enumerate().collect();
        let outcomes = side_by_side(&listed, |(at, display)| {
            let (file, theirs) = (data(&display.path)?, display.reference()?);
            let ours = match display.draw(&file, &scratch.path().join(format!("{at}.png")), &[]) {
                Ok(ours) => ours,
                Err(why) => return Some(self.refusal(&display.path, &why)),
            };
            if (ours.size, ours.channels) != (theirs.size, theirs.channels) {
                return Some(Outcome::Wrong(format!("{}: another size, or grey for colour", display.png)));
            }
            let judge = |bytes: &[u8]| levels(bytes, &theirs.bytes, display.tolerance, display.tolerance_mean);
            let outcome = judge(&ours.bytes);
            // The comparison can fail: one level too much in one place is found.
            let mut spoilt = theirs.bytes.clone();
            let step = display.tolerance + 1;
            let middle = spoilt.len() / 2;
            spoilt[middle] = spoilt[middle].checked_sub(step).unwrap_or(spoilt[middle].saturating_add(step));
            assert!(matches!(judge(&spoilt), Outcome::Wrong(_)), "{}: a spoilt picture passes", display.png);
            Some(match outcome {
                Outcome::Wrong(why) => Outcome::Wrong(format!("{}: {why}", display.png)),
                met => met,
            })
        });
        for outcome in outcomes {
            walk.count(outcome.is_some());
            if let Some(outcome) = outcome {
                self.table.count(PICTURES, outcome);
            }
        }
        walk
    }

    fn statistics(&mut self) -> Walk {
        let mut walk = Walk::new();
        let path = data("reference/measurements.json").expect("the reference travels with the project");
        let listed: BTreeMap<String, Value> = serde_json::from_slice(&fs::read(path).unwrap()).expect("measurements.json");
        for (name, expected) in &listed {
            if name == "suv" {
                for (file, expected) in expected.as_object().expect("files") {
                    let Some(path) = walk.file(file) else { continue };
                    let said = document(&["inspect", text(&path), "--json"]).unwrap().1;
                    let found = said["series"][0]["suv"]["factor"].as_f64();
                    self.compare(file, "SUV factor", expected["suvbw_factor_per_bqml"].as_f64().unwrap(), found);
                }
            } else if let Some(series) = walk.file(&format!("series/{name}")) {
                self.series_statistics(name, text(&series), expected);
            }
        }
        walk
    }

    fn compare(&mut self, name: &str, what: &str, expected: f64, found: Option<f64>) {
        assert!(expected == 0.0 || matches!(number(expected, Some(expected * 1.0002)), Outcome::Wrong(_)), "the comparison can fail");
        self.table.count(
            STATISTICS,
            match number(expected, found) {
                Outcome::Wrong(why) => Outcome::Wrong(format!("{name}, {what}: {why}")),
                met => met,
            },
        );
    }

    fn series_statistics(&mut self, name: &str, series: &str, expected: &Value) {
        let shapes = Shapes::of(name, expected);
        let (_, said) = document(&["measure", series, "--json", &shapes.slice, &shapes.rectangle, &shapes.circle, &shapes.distance])
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let [slice, rectangle, circle, distance] = said["shapes"].as_array().expect("shapes").as_slice() else {
            panic!("{name}: not four shapes: {said}")
        };
        // The reference counts every pixel of a slice; ours leave padding out (design 5), and say what comes out with it.
        let slice = slice.get("with_padding").filter(|with| with.is_object()).unwrap_or(slice);
        for (ours, theirs) in [("min", "slice_min"), ("max", "slice_max"), ("mean", "slice_mean"), ("sd_population", "slice_sd_population")]
        {
            self.compare(name, theirs, expected[theirs].as_f64().unwrap(), slice[ours].as_f64());
        }
        let of = &expected["rect32"];
        for (ours, theirs) in [("min", "min"), ("max", "max"), ("mean", "mean"), ("sd_population", "sd_population"), ("sd", "sd_sample")] {
            self.compare(name, &format!("rect32 {theirs}"), of[theirs].as_f64().unwrap(), rectangle[ours].as_f64());
        }
        let of = &expected["circle_r10mm"];
        for (ours, theirs) in [("n", "pixels"), ("mean", "mean"), ("sd", "sd_sample")] {
            self.compare(name, &format!("circle {theirs}"), of[theirs].as_f64().unwrap(), circle[ours].as_f64());
        }
        self.compare(name, "distance", expected["distance_mm"]["mm"].as_f64().unwrap(), distance["length_mm"].as_f64());
        assert_eq!(distance["unit"], "mm", "{name}");
    }
}

/// The four shapes of a series in measurements.json, as `measure` takes them.
struct Shapes {
    slice: String,
    rectangle: String,
    circle: String,
    distance: String,
}

impl Shapes {
    fn of(name: &str, expected: &Value) -> Self {
        let volume: Value =
            serde_json::from_slice(&fs::read(data(&format!("reference/mpr/{name}.json")).expect("its volume")).unwrap()).expect("a volume");
        let volume = &volume["volume"];
        let whole = |value: &Value| value.as_u64().expect("a count") as f64;
        let pair = |value: &Value| serde_json::from_value::<[f64; 2]>(value.clone()).expect("two numbers");
        let list = |value: &Value| {
            let numbers: Vec<String> = value.as_array().expect("numbers").iter().map(ToString::to_string).collect();
            numbers.join(",")
        };
        let slice = whole(&expected["mid_slice_index"]);
        let place = |column: f64, row: f64| {
            if name == "mr_enhanced_t1" {
                // One file whose frames are not in the order of their positions: its places are said in the patient (PS3.3 C.7.6.2.1.1).
                in_patient(volume, column, row, slice)
            } else {
                format!("{column},{row}@{slice}")
            }
        };
        let rectangle = |rows: [f64; 2], columns: [f64; 2]| format!("rect:{}:{}", place(columns[0], rows[0]), place(columns[1], rows[1]));
        let circle = &expected["circle_r10mm"];
        let ends = &expected["distance_mm"];
        Self {
            slice: rectangle([0.0, whole(&volume["rows"]) - 1.0], [0.0, whole(&volume["cols"]) - 1.0]),
            rectangle: rectangle(pair(&expected["rect32"]["rows"]), pair(&expected["rect32"]["cols"])),
            circle: format!("circle:{}:10", place(whole(&circle["center_col"]), whole(&circle["center_row"]))),
            distance: format!("length:{}:{}", list(&ends["a"]), list(&ends["b"])),
        }
    }
}

/// The patient position of a pixel, for slices at equal distances.
fn in_patient(volume: &Value, column: f64, row: f64, slice: f64) -> String {
    let numbers = |key: &str| serde_json::from_value::<Vec<f64>>(volume[key].clone()).expect("numbers");
    let (first, last, iop, spacing) = (numbers("first_ipp"), numbers("last_ipp"), numbers("iop"), numbers("pixel_spacing"));
    let along = slice / (volume["slices"].as_f64().expect("a count") - 1.0);
    let at = |i: usize| first[i] + (last[i] - first[i]) * along + iop[i] * spacing[1] * column + iop[i + 3] * spacing[0] * row;
    format!("{},{},{}", at(0), at(1), at(2))
}
