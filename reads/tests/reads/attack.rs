//! An attack on the adjudicator's bundle: a classifier is given everything in it but answers and marks, opened seals too, and tries to tell readers apart.
//!
//! The readers of the test have habits that a record shows: how fast they are, how many marks they put and take away again, in which order. None of it may
//! come through. The classifier is boosted decision stumps (Freund and Schapire 1997), taught on half of the desks and asked about the other half; what it gets
//! right must lie in the 99 % binomial interval of chance. That it can find a leak is shown by bundles that have one.

use crate::adjudicating::{RULES, asked_of, table};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_reads::adjudication::Queue;
use tiresias_reads::bundle::Bundle;
use tiresias_reads::protocol::Protocol;
use tiresias_reads::table::ReadsTable;
use tiresias_words::ContentHash;

const DESKS: u64 = 40;
const ROUNDS: usize = 60;
/// Two-sided 99 % of the normal distribution, for counts in the thousands.
const Z99: f64 = 2.576;

/// What one pair of a bundle gives away, as numbers, and what the desk knows of it.
struct Seen {
    features: Vec<f64>,
    /// A is the reader whose id comes first.
    first_is_a: bool,
    /// The first reader is one of the two.
    has_first: bool,
}

/// A way in which a bundle could tell readers apart.
#[derive(Clone, Copy, PartialEq)]
enum Leak {
    None,
    /// A is always the same of the two.
    Sides,
    /// The order follows who is A.
    Order,
    /// The numbers of a case's pairs follow their readers.
    Repeats,
    /// Every desk draws the same keys and salts.
    Keys,
}

fn protocol() -> Protocol {
    Protocol::parse(&format!("{}{RULES}", crate::simulated::PROTOCOL)).expect("a protocol")
}

fn say(reader: usize, case: u8) -> (i32, Vec<i32>) {
    // Every reader is as often far from the others as any other; how many marks are put differs.
    let of = usize::from(case) % 3;
    let rating = if reader == of { 90 } else { 30 };
    (rating, (0..=reader as i32).map(|n| 20 + 7 * n).collect())
}

/// Everything in a bundle but answers and marks.
fn seen(queue: &Queue, protocol: &Protocol, leak: Leak) -> Vec<Seen> {
    let text: serde_json::Value = serde_json::from_str(&queue.bundle.to_json()).expect("JSON");
    let mut items: Vec<_> = queue.bundle.reads().iter().zip(&queue.drawn).zip(&queue.keys).collect();
    if leak == Leak::Order {
        items.sort_by_key(|((_, drawn), _)| drawn.a.reader.clone());
    }
    let count = items.len() as f64;
    let mut last: BTreeMap<ContentHash, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, ((read, drawn), (_, key))) in items.into_iter().enumerate() {
        let sealed = read.pair.as_ref().expect("a pair");
        let inside = sealed.open(key, protocol).expect("opens").to_json();
        let opened: serde_json::Value = serde_json::from_str(&inside).expect("JSON");
        let written = text["reads"].as_array().expect("reads").iter().find(|r| r["case"] == read.case.as_str()).expect("written");
        let digits =
            |text: &serde_json::Value, n: usize| -> Vec<f64> { text.as_str().expect("text").bytes().take(n).map(f64::from).collect() };
        let mut features = vec![at as f64 / count, at as f64, count, f64::from(read.repeat), sealed.size() as f64];
        features.push(last.insert(read.package, at).map_or(-1.0, |before| (at - before) as f64));
        features.push(queue.bundle.issued_utc_ms() as f64);
        features.extend(digits(&written["case"], 4));
        features.extend(digits(&written["package"], 8));
        features.extend(digits(&written["pair"]["sealed"], 16));
        features.extend(digits(&written["pair"]["opens"], 8));
        features.extend(digits(&opened["salt"], 8));
        features.push(written.as_object().expect("an object").len() as f64);
        features.push(f64::from(u8::from(inside.find("\"a\"") < inside.find("\"b\""))));
        for side in ["a", "b"] {
            features.push(opened[side].as_object().expect("an object").keys().map(String::len).sum::<usize>() as f64);
        }
        // Two readers of three: the number of the pair in the order of their names.
        if leak == Leak::Repeats {
            let names = BTreeSet::from([drawn.a.reader.as_str(), drawn.b.reader.as_str()]);
            features[3] = if names == BTreeSet::from(["r1", "r2"]) {
                1.0
            } else if names.contains("r1") {
                2.0
            } else {
                3.0
            };
        }
        let first_is_a = leak == Leak::Sides || drawn.a.reader < drawn.b.reader;
        let has_first = [&drawn.a, &drawn.b].iter().any(|d| d.reader.as_str() == "r1");
        found.push(Seen { features, first_is_a, has_first });
    }
    found
}

/// Boosted stumps: the sign of a weighted vote of single features against thresholds.
struct Stumps(Vec<(usize, f64, f64)>);

impl Stumps {
    fn taught(seen: &[(&[f64], bool)]) -> Self {
        let width = seen[0].0.len();
        let mut cuts: Vec<Vec<f64>> = Vec::new();
        for feature in 0..width {
            let mut values: Vec<f64> = seen.iter().map(|(f, _)| f[feature]).collect();
            values.sort_by(f64::total_cmp);
            let mut of: Vec<f64> = (0..12).map(|q| values[q * (values.len() - 1) / 12]).collect();
            of.dedup();
            // Below everything: a vote for one side, whatever the feature.
            of.insert(0, f64::NEG_INFINITY);
            cuts.push(of);
        }
        let mut weights = vec![1.0 / seen.len() as f64; seen.len()];
        let mut votes = Vec::new();
        for _ in 0..ROUNDS {
            let mut best = (0, 0.0, 0.0, 0.5);
            for (feature, of) in cuts.iter().enumerate() {
                for cut in of {
                    let wrong: f64 =
                        seen.iter().zip(&weights).filter(|((f, label), _)| (f[feature] > *cut) != *label).map(|(_, w)| w).sum();
                    for (sign, error) in [(1.0, wrong), (-1.0, 1.0 - wrong)] {
                        if error < best.3 {
                            best = (feature, *cut, sign, error);
                        }
                    }
                }
            }
            let (feature, cut, sign, error) = best;
            let vote = sign * 0.5 * ((1.0 - error + 1e-9) / (error + 1e-9)).ln();
            votes.push((feature, cut, vote));
            for ((f, label), weight) in seen.iter().zip(&mut weights) {
                let says = if f[feature] > cut { vote } else { -vote };
                *weight *= if *label { (-says).exp() } else { says.exp() };
            }
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= sum);
        }
        Self(votes)
    }
    fn says(&self, features: &[f64]) -> bool {
        self.0.iter().map(|(feature, cut, vote)| if features[*feature] > *cut { *vote } else { -vote }).sum::<f64>() > 0.0
    }
}

/// Taught on half of the desks; how many of the others are told rightly, and of how many.
fn told(desks: &[Vec<Seen>], label: impl Fn(&Seen) -> bool) -> (usize, usize) {
    let (teach, ask) = desks.split_at(desks.len() / 2);
    let taught: Vec<_> = teach.iter().flatten().map(|s| (s.features.as_slice(), label(s))).collect();
    let stumps = Stumps::taught(&taught);
    let right = ask.iter().flatten().filter(|s| stumps.says(&s.features) == label(s)).count();
    (right, ask.iter().map(Vec::len).sum())
}

fn desks(protocol: &Protocol, (table, bundles): &(ReadsTable, Vec<Bundle>), leak: Leak) -> Vec<Vec<Seen>> {
    let chance = |seed: u64| if leak == Leak::Keys { 9 } else { seed as u8 };
    let queue = |seed| asked_of(protocol, table, bundles, &BTreeSet::new(), "ann", seed, chance(seed)).expect("a queue");
    (0..DESKS).map(|seed| seen(&queue(seed), protocol, leak)).collect()
}

#[test]
fn a_bundle_tells_readers_apart_no_better_than_chance() {
    let protocol = protocol();
    let reads = table(&protocol, &["r1", "r2", "r3"], 90, say);
    let interval = |chance: f64, of: usize| Z99 * (chance * (1.0 - chance) / of as f64).sqrt();
    let share = |(right, of): (usize, usize)| right as f64 / of as f64;
    let clean = desks(&protocol, &reads, Leak::None);
    let sides = told(&clean, |s| s.first_is_a);
    let off = (share(sides) - 0.5).abs();
    assert!(sides.1 > 3000 && off <= interval(0.5, sides.1), "which of two is A: {sides:?}");
    // Whether a reader is one of the two: never better than always saying what is commoner.
    let known = clean[clean.len() / 2..].iter().flatten().filter(|s| s.has_first).count() as f64 / sides.1 as f64;
    let common = known.max(1.0 - known);
    let pairs = told(&clean, |s| s.has_first);
    assert!(share(pairs) <= common + interval(common, pairs.1), "which pair: {pairs:?}, commonest {common}");
    println!("A is the first of two: {} of {} told; r1 is one of two: {} of {}, commonest {common:.3}", sides.0, sides.1, pairs.0, pairs.1);
    // The same attack finds what leaks.
    for (leak, label, chance) in [
        (Leak::Sides, (|s| s.first_is_a) as fn(&Seen) -> bool, 0.5),
        (Leak::Order, |s| s.first_is_a, 0.5),
        (Leak::Keys, |s| s.first_is_a, 0.5),
        (Leak::Repeats, |s| s.has_first, common),
    ] {
        let caught = told(&desks(&protocol, &reads, leak), label);
        assert!(share(caught) > chance + interval(chance, caught.1), "a leak goes unseen: {caught:?}");
    }
}
