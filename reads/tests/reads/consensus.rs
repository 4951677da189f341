//! Which read stands for a case, by example: majorities of two to five readers, what is left to an adjudicator, and what they decide.

use crate::adjudicating::{RULES, Says, asked_of, table};
use crate::simulated::{PROTOCOL, package, reader};
use std::collections::BTreeSet;
use tiresias_reads::adjudication::QueueError;
use tiresias_reads::consensus::{Agreed, By, consensus, majorities};
use tiresias_reads::discordance::compared;
use tiresias_reads::protocol::Protocol;
use tiresias_reads::table::{ReadRow, ReadsTable};

/// The rules of the other tests of adjudication, in which every case may be mixed in or none.
fn protocol(more: &str) -> Protocol {
    let text = format!("{PROTOCOL}{}", RULES.replace("controls = 0.5", more));
    Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// Ratings of five readers, a row a case. More than 20 apart differ.
const RATINGS: [[i32; 5]; 7] = [
    [30, 30, 30, 30, 30],
    [30, 30, 80, 30, 30],
    // The one in the middle is near all, though the ends are not near each other.
    [10, 30, 50, 90, 90],
    // The second and the fourth have two that are near; the second is furthest from none.
    [0, 10, 40, 55, 99],
    [0, 25, 50, 75, 99],
    [80, 80, 20, 20, 50],
    [99, 1, 99, 1, 99],
];

fn rated(reader: usize, case: u8) -> (i32, Vec<i32>) {
    (RATINGS[usize::from(case) - 1][reader], vec![41])
}

/// Every reader marks somewhere else.
fn elsewhere(reader: usize, _: u8) -> (i32, Vec<i32>) {
    (30, vec![20 * reader as i32 + 10])
}

/// By case, whose read has the majority, how many agree, and how many there are.
fn check(readers: &[&str], says: Says, expected: &[(u8, &str, usize)]) {
    let protocol = protocol("");
    let (table, _) = table(&protocol, readers, RATINGS.len() as u8, says);
    let found = majorities(&compared(&protocol, &table));
    let case = |n: u8| found.get(&package(n)).map(|m| (n, m.read.reader.as_str(), m.agreeing));
    assert!(found.values().all(|m| m.of == readers.len()));
    assert_eq!((1..=RATINGS.len() as u8).filter_map(case).collect::<Vec<_>>(), expected, "{readers:?}");
}

#[test]
fn more_than_half_of_the_reads_are_near_the_one_that_stands_for_the_case() {
    check(&["a", "b", "c", "d", "e"], rated, &[(1, "a", 5), (2, "a", 4), (3, "b", 3), (7, "a", 3)]);
    check(&["a", "b", "c"], rated, &[(1, "a", 3), (2, "a", 2), (3, "b", 3), (4, "a", 2), (6, "a", 2), (7, "a", 2)]);
    check(&["a", "b"], rated, &[(1, "a", 2), (2, "a", 2), (3, "a", 2), (4, "a", 2), (6, "a", 2)]);
    check(&["a", "b", "c", "d"], rated, &[(1, "a", 4), (2, "a", 3), (3, "b", 3)]);
    check(&["a", "b", "c"], elsewhere, &[]);
    check(&["a"], rated, &[]);
}

#[test]
fn a_case_without_a_majority_is_settled_once() {
    let readers = ["a", "b", "c", "d", "e"];
    let drawn = |more: &str, taken: &BTreeSet<_>| {
        let protocol = protocol(more);
        let (table, bundles) = table(&protocol, &readers, RATINGS.len() as u8, rated);
        asked_of(&protocol, &table, &bundles, taken, "ann", 7, 9).map(|queue| (protocol, table, queue))
    };
    let packages = |queue: &tiresias_reads::adjudication::Queue| {
        let mut all: Vec<_> = queue.bundle.reads().iter().map(|r| (1..=7u8).find(|n| package(*n) == r.package)).collect();
        all.sort_unstable();
        all.into_iter().flatten().collect::<Vec<_>>()
    };
    let (protocol, reads, queue) = drawn("majority = true", &BTreeSet::new()).expect("a queue");
    assert_eq!(packages(&queue), [4, 5, 6], "one pair of each case without a majority");
    assert!(queue.drawn.iter().all(|d| !d.control));
    // Without the majority every two that differ are settled.
    let (_, _, every) = drawn("majority = false", &BTreeSet::new()).expect("a queue");
    assert_eq!(every.drawn.len(), RATINGS.iter().map(apart).sum::<usize>());
    // What somebody settles, no other does, by whatever pair.
    let taken: BTreeSet<_> = queue.drawn.iter().flat_map(|d| [(d.a.clone(), d.b.clone()), (d.b.clone(), d.a.clone())]).collect();
    assert!(matches!(drawn("majority = true", &taken), Err(QueueError::Nothing)));

    // Decisions stand where no majority does, and nothing stands where they differ.
    let nothing = ReadsTable { rows: Vec::new(), head: reads.head };
    // By case: consensus sorts by package.
    let found = |decisions: &ReadsTable| {
        let case = |a: &Agreed| (1..=7u8).find(|n| package(*n) == a.package).expect("a case");
        let mut of: Vec<_> =
            consensus(&protocol, &reads, decisions).iter().map(|a| (case(a), a.by, a.agreeing, a.row.seq == 900)).collect();
        of.sort_by_key(|(case, ..)| *case);
        of
    };
    let majority = |case: u8, n: usize| (case, By::Majority, [n, 5], false);
    assert_eq!(found(&nothing), [majority(1, 5), majority(2, 4), majority(3, 3), majority(7, 3)]);
    // A decision says what one of the reads said, under the adjudicator's name.
    let decided = |case: u8, as_said_by: &str| {
        let row = reads.rows.iter().find(|r| r.read.package() == package(case) && r.read.read().reader == reader(as_said_by));
        ReadRow { seq: 900, ..row.expect("a read").clone() }
    };
    let decisions = ReadsTable { rows: vec![decided(2, "c"), decided(5, "a"), decided(6, "a"), decided(6, "c")], head: reads.head };
    let decided = (5, By::Adjudicator, [1, 5], true);
    assert_eq!(found(&decisions), [majority(1, 5), majority(2, 4), majority(3, 3), decided, majority(7, 3)]);
}

/// How many pairs of ratings are more than 20 apart.
fn apart(ratings: &[i32; 5]) -> usize {
    let pairs = ratings.iter().enumerate().flat_map(|(at, a)| ratings[at + 1..].iter().map(move |b| (a - b).abs()));
    pairs.filter(|apart| *apart > 20).count()
}
