//! What a study says beside its figures of merit: reading times, what readers changed after the AI was shown, and what they said of a case the second time.
//!
//! Owns what is compared with what; estimates are `mrmc`'s. Times of reads that contain each other are described and not compared. Refuses, with a note: times
//! of incomplete designs.

use super::Notes;
use super::compared::refusal;
use super::figures::in_sentence;
use super::report::{ChangeRow, Pair, Repeats, TimeRatio, TimeRow, Times, finite};
use crate::protocol::Protocol;
use crate::scoring::{Cell, ScoredTable, UnitRating};
use tiresias_mrmc::icc::limits;
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::obuchowski_rockette::{Conventions, ObuchowskiRockette, Random};
use tiresias_mrmc::proportion::Share;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;
use tiresias_mrmc::times::{Ratio, log_times, median, signed_rank};

/// The time of each cell in seconds, in the order of the cells.
fn seconds(scored: &ScoredTable) -> Vec<Option<f64>> {
    let of = |cell: &Cell| match cell {
        Cell::Read(score) if score.reading_ms > 0 => Some(score.reading_ms as f64 / 1000.0),
        _ => None,
    };
    scored.cells.iter().map(of).collect()
}

/// Reading times of all readers in all conditions, and their comparison; `primary` is the difference of the primary analysis, where there is one.
pub(super) fn times(scored: &ScoredTable, protocol: &Protocol, primary: Option<&Pair>, level: Level, notes: &mut Notes) -> Option<Times> {
    let all = seconds(scored);
    let (conditions, readers, cases) = (scored.conditions.len(), scored.readers.len(), scored.cases.len());
    if cases == 0 || all.iter().flatten().next().is_none() {
        return None;
    }
    let name = |c: usize| scored.conditions.get(c).map(ToString::to_string).unwrap_or_default();
    let mut rows = Vec::new();
    let mut medians = Vec::new();
    for (at, cell) in all.chunks_exact(cases).enumerate() {
        let own: Vec<f64> = cell.iter().flatten().copied().collect();
        let middle = median(&own);
        medians.push(middle);
        let reader = scored.readers.get(at % readers.max(1)).map(ToString::to_string).unwrap_or_default();
        rows.push(TimeRow { modality: name(at / readers.max(1)), reader, reads: own.len(), median_s: middle });
    }
    // Which reads have a time is a design like that of scores, and takes the same analysis or does not.
    let truth: Vec<Group> = scored.cases.iter().map(|c| if c.signal { Group::Diseased } else { Group::Normal }).collect();
    let refused = ScoreTable::new(conditions, readers, &truth, &all).ok().and_then(|table| refusal(table.design()));
    let contained = protocol.conditions().iter().any(|c| c.ai.before().is_some());
    let mut ratios = Vec::new();
    if contained {
        notes.add("Times are described and not compared: what is read after the AI contains the read before it.".to_owned());
    } else if let Some(why) = refused.filter(|_| conditions > 1) {
        notes.add(format!("Times are described and not compared. {why}"));
    } else if conditions > 1 {
        match log_times(conditions, readers, cases, &all) {
            Err(why) => notes.add(format!("Times are described and not compared. {}", in_sentence(&why.to_string()))),
            Ok(jackknife) => {
                let figures = jackknife.figures();
                let or = ObuchowskiRockette::new(&figures, Conventions::default(), level);
                let random = if readers > 1 { Random::ReadersAndCases } else { Random::Cases };
                for d in or.compare(random).map(|c| c.differences).unwrap_or_default() {
                    // In the direction of the primary analysis: a reader of both takes them for one.
                    let is_turned = primary.is_some_and(|p| (&p.a, &p.b) == (&name(d.second), &name(d.first)));
                    let e = d.estimate;
                    let (a, b, log) = if is_turned {
                        (d.second, d.first, Estimate::new(-e.value, e.standard_error, e.df, Some(0.0), level))
                    } else {
                        (d.first, d.second, e)
                    };
                    let ratio = Ratio::of(&log);
                    let of = |c: usize| medians.iter().skip(c * readers).take(readers).copied();
                    let pairs: Vec<f64> = of(a).zip(of(b)).filter_map(|(a, b)| Some(a? - b?)).collect();
                    ratios.push(TimeRatio {
                        a: name(a),
                        b: name(b),
                        ratio: finite(ratio.value),
                        ci: finite(ratio.interval.low).zip(finite(ratio.interval.high)).map(|(low, high)| [low, high]),
                        p: ratio.p.and_then(finite),
                        p_signed_rank: signed_rank(&pairs).ok().and_then(|r| finite(r.p)),
                    });
                }
            }
        }
    }
    Some(Times { readers: rows, ratios })
}

fn rating(cell: &Cell) -> Option<Vec<Option<i64>>> {
    let Cell::Read(score) = cell else { return None };
    Some(score.ratings.iter().map(|r| if let UnitRating::Rated(n) = r { Some(*n) } else { None }).collect())
}

/// What readers changed after the AI was shown: towards the truth and away from it.
pub(super) fn changes(scored: &ScoredTable, protocol: &Protocol, level: Level) -> Vec<ChangeRow> {
    let place = |c: &tiresias_words::Condition| scored.conditions.iter().position(|x| x == c);
    let mut rows = Vec::new();
    for condition in protocol.conditions() {
        let Some((before, after)) = condition.ai.before().and_then(place).zip(place(&condition.id)) else { continue };
        for (r, reader) in scored.readers.iter().enumerate() {
            let (mut reads, mut towards, mut away, mut moved) = (0u64, 0u64, 0u64, 0i64);
            for (k, case) in scored.cases.iter().enumerate() {
                let both = scored.cell(before, r, k).and_then(rating).zip(scored.cell(after, r, k).and_then(rating));
                let Some((first, second)) = both else { continue };
                for ((first, second), unit) in first.into_iter().zip(second).zip(&case.units) {
                    let Some((first, second)) = first.zip(second) else { continue };
                    reads += 1;
                    moved += second - first;
                    let up = second > first;
                    towards += u64::from(second != first && up == unit.signal);
                    away += u64::from(second != first && up != unit.signal);
                }
            }
            let share = |count: u64| Share { count, of: reads };
            let interval = |share: Share| share.wilson(level).map(|i| [i.low, i.high]);
            rows.push(ChangeRow {
                condition: condition.id.to_string(),
                reader: reader.to_string(),
                reads,
                towards,
                away,
                towards_ci: interval(share(towards)),
                away_ci: interval(share(away)),
                mean_change: (reads > 0).then(|| moved as f64 / 1000.0 / reads as f64),
            });
        }
    }
    rows
}

/// Hidden repeats beside the first reads: limits of agreement of each reader with themselves.
pub(super) fn repeats(scored: &ScoredTable, level: Level) -> Vec<Repeats> {
    let mut found = Vec::new();
    for (r, reader) in scored.readers.iter().enumerate() {
        let mut pairs = Vec::new();
        for again in scored.repeats.iter().filter(|again| again.reader == r) {
            let first = scored.cell(again.condition, r, again.case).and_then(rating);
            let both = first.zip(rating(&again.cell));
            let rated = both.into_iter().flat_map(|(a, b)| a.into_iter().zip(b)).filter_map(|(a, b)| a.zip(b));
            pairs.extend(rated.map(|(a, b)| (a as f64 / 1000.0, b as f64 / 1000.0)));
        }
        if pairs.is_empty() {
            continue;
        }
        let same = pairs.iter().filter(|(a, b)| a == b).count();
        let of = limits(&pairs, level).ok();
        found.push(Repeats {
            reader: reader.to_string(),
            pairs: pairs.len(),
            same,
            mean_difference: of.as_ref().and_then(|l| finite(l.bias)),
            limits: of.as_ref().and_then(|l| finite(l.limits.low).zip(finite(l.limits.high))).map(|(low, high)| [low, high]),
        });
    }
    found
}
