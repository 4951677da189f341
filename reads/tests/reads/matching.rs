//! The matcher by example: what each mark counts as, from a table that is the specification.

use crate::simulated::somewhere;
use serde::Deserialize;
use std::collections::BTreeMap;
use tiresias_reads::matching::{Acceptance, Candidate, MarkFate, Measured, Radius, fates};
use tiresias_reads::truth::Place;
use tiresias_words::{Mm, PatientPoint};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    name: String,
    radius: Option<f64>,
    times: Option<f64>,
    at_least: Option<f64>,
    mask: Option<f64>,
    lesions: Vec<Lesion>,
    #[serde(default)]
    ignore: Vec<Region>,
    marks: Vec<Mark>,
    expected: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lesion {
    name: String,
    at: Option<[f64; 3]>,
    radius: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Region {
    at: Option<[f64; 3]>,
    radius: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    at: [f64; 3],
    rating: i32,
    #[serde(default)]
    masks: BTreeMap<String, f64>,
}

impl Mark {
    fn distance(&self, to: Option<[f64; 3]>) -> Option<Mm> {
        let [x, y, z] = self.at;
        let (shape, anchor) = somewhere(x, y, z);
        Place::Patient(PatientPoint::from(to?)).distance(&shape, &anchor)
    }
    fn in_mask(&self, name: &str) -> Option<Mm> {
        self.masks.get(name).copied().map(Mm)
    }
}

impl Example {
    fn acceptance(&self) -> Acceptance {
        let by_size = |times| Radius::OfLesion { times, at_least: Mm(self.at_least.unwrap_or(0.0)) };
        let radius = self.radius.map(|mm| Radius::Fixed(Mm(mm))).or(self.times.map(by_size));
        match (radius, self.mask) {
            (Some(radius), None) => Acceptance::Radius(radius),
            (Some(radius), Some(within)) => Acceptance::RadiusOrMask { radius, within: Mm(within) },
            (None, within) => Acceptance::Mask { within: Mm(within.expect("a rule")) },
        }
    }

    fn found(&self) -> Vec<String> {
        let rule = self.acceptance();
        let mut candidates = Vec::new();
        for (at, mark) in self.marks.iter().enumerate() {
            for (lesion, l) in self.lesions.iter().enumerate() {
                let measured =
                    Measured { centre: mark.distance(l.at), mask: mark.in_mask(&l.name), lesion_radius: l.radius.map(Mm), overlap: None };
                candidates.extend(rule.cost(&measured).map(|cost| Candidate { mark: at, lesion, cost }));
            }
        }
        let is_in = |mark: &Mark, (number, region): (usize, &Region)| {
            let near = mark.distance(region.at).zip(region.radius).is_some_and(|(d, r)| d.0 <= r);
            near || mark.in_mask(&format!("R{number}")) == Some(Mm(0.0))
        };
        let ignored: Vec<bool> = self.marks.iter().map(|m| (1..).zip(&self.ignore).any(|region| is_in(m, region))).collect();
        let ratings: Vec<i32> = self.marks.iter().map(|m| m.rating).collect();
        let word = |fate| match fate {
            MarkFate::OnLesion(lesion) => self.lesions[lesion].name.clone(),
            MarkFate::Again(lesion) => format!("{} again", self.lesions[lesion].name),
            MarkFate::False => "false".to_owned(),
            MarkFate::Ignored => "ignored".to_owned(),
        };
        fates(&ratings, &ignored, self.lesions.len(), &candidates).into_iter().map(word).collect()
    }
}

#[test]
fn every_example_is_met() {
    let table: Table = toml::from_str(include_str!("../lesion_matching.toml")).expect("a table of examples");
    assert!(table.example.len() >= 30, "{} examples", table.example.len());
    for example in &table.example {
        assert_eq!(example.found(), example.expected, "{}", example.name);
    }
}
