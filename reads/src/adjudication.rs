//! The adjudicator's queue: which pairs of locked reads they settle, in which order, under which codes, and which of the two is A.
//!
//! Pure: a function of the reads that came back, the protocol, the desk's secret and who settles. Discordant pairs come by the rules ([`crate::discordance`]);
//! where a majority is enough ([`crate::consensus`]), one pair of each case that has none, the one with most differences; and with them a share of concordant ones as controls; nothing in the bundle tells the two apart. What a bundle has of the readers is what they said: no
//! name, no time, no number of an event; order, codes and which is A follow from the secret, and all sealed pairs have one size. Which read was A stays at the
//! desk ([`Drawn`]). Refuses: an adjudicator who read the case, and a pair that somebody else settles.

use crate::accounts::Entropy;
use crate::bundle::{Account, AssignedRead, Bundle, BundleError, CaseFact, Codes, below, shuffled, stream};
use crate::consensus::majorities;
use crate::discordance::{Compared, compared};
use crate::hash;
use crate::machine::{Locked, Settling};
use crate::merge::{Conflict, Merged};
use crate::pair::{Pair, PairError, Side, seal_all};
use crate::protocol::Protocol;
use crate::table::ReadsTable;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{CaseCode, ContentHash, ContentKey, ReadId, ReaderId};

/// What a queue is made from.
pub struct Ask<'a> {
    /// The protocol.
    pub protocol: &'a Protocol,
    /// The reads that came back.
    pub table: &'a ReadsTable,
    /// Who settles.
    pub adjudicator: &'a Account,
    /// What may be told of a case, by its package.
    pub facts: &'a BTreeMap<ContentHash, Vec<CaseFact>>,
    /// The codes that readers have for cases.
    pub codes: &'a [(ContentHash, CaseCode)],
    /// Pairs that somebody settles already.
    pub taken: &'a BTreeSet<(ReadId, ReadId)>,
    /// The desk's secret.
    pub seed: u64,
    /// The desk's time, milliseconds since 1970 in UTC.
    pub issued_utc_ms: i64,
}

/// One pair of an adjudicator's queue, as the desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Under which name the adjudicator settles it.
    pub read: ReadId,
    /// The read that is A there.
    pub a: ReadId,
    /// The read that is B.
    pub b: ReadId,
    /// Whether the two are concordant, and only mixed in.
    pub control: bool,
}

/// An adjudicator's bundle, what the desk keeps beside it, and the keys of the sealed pairs.
pub struct Queue {
    /// What the adjudicator gets.
    pub bundle: Bundle,
    /// Whose reads they are, in the order of the bundle.
    pub drawn: Vec<Drawn>,
    /// The key of each sealed pair, by its hash, to be wrapped for the adjudicator.
    pub keys: Vec<(ContentHash, ContentKey)>,
}

/// Why there is no queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The protocol has none.
    #[error("the protocol has no `[adjudication]`")]
    None,
    /// Nothing is discordant.
    #[error("no two reads that came back have to be settled by this adjudicator")]
    Nothing,
    /// A bundle that cannot be made.
    #[error("{0}")]
    Bundle(#[from] BundleError),
    /// Reads that cannot be sealed.
    #[error("{0}")]
    Pair(#[from] PairError),
}

/// The pairs that an adjudicator settles: the discordant, and of the concordant as many as the protocol mixes in; sorted.
#[must_use]
pub fn waiting(ask: &Ask<'_>) -> Vec<Compared> {
    let Some(adjudication) = ask.protocol.adjudication() else { return Vec::new() };
    let own = |package: &ContentHash| {
        ask.table.rows.iter().any(|r| r.read.package() == *package && r.read.read().reader == ask.adjudicator.reader)
    };
    let free = |c: &Compared| !own(&c.package) && !ask.taken.contains(&(c.a.clone(), c.b.clone()));
    let all = compared(ask.protocol, ask.table);
    let settled: BTreeSet<ContentHash> = if adjudication.majority { settled(ask, &all) } else { BTreeSet::new() };
    let (mut waiting, concordant): (Vec<_>, Vec<_>) = all.into_iter().filter(free).partition(|c| !c.differences.is_empty());
    if adjudication.majority {
        waiting.retain(|c| !settled.contains(&c.package));
        // Of each case the pair that is furthest apart, the first of several.
        waiting.sort_by_key(|c| (c.package, std::cmp::Reverse(c.differences.len())));
        waiting.dedup_by_key(|c| c.package);
    }
    let count = (adjudication.controls * concordant.len() as f64).round() as usize;
    let mut rng = stream(ask.protocol, ask.seed, &["controls", ask.adjudicator.reader.as_str()]);
    waiting.extend(shuffled(&mut rng, concordant).into_iter().take(count));
    waiting.sort_by(|x, y| (x.package, &x.a, &x.b).cmp(&(y.package, &y.a, &y.b)));
    waiting
}

/// Cases that need nobody: by majority, or because somebody settles them already.
fn settled(ask: &Ask<'_>, all: &[Compared]) -> BTreeSet<ContentHash> {
    let taken = all.iter().filter(|c| !c.differences.is_empty() && ask.taken.contains(&(c.a.clone(), c.b.clone())));
    majorities(all).into_keys().chain(taken.map(|c| c.package)).collect()
}

/// Makes an adjudicator's queue.
///
/// # Errors
/// When the protocol has no adjudication, nothing waits, or two reads cannot be sealed.
pub fn queue(ask: &Ask<'_>, entropy: &Entropy) -> Result<Queue, QueueError> {
    let adjudication = ask.protocol.adjudication().ok_or(QueueError::None)?;
    let adjudicator = &ask.adjudicator.reader;
    let of = |what: &str| stream(ask.protocol, ask.seed, &[what, adjudicator.as_str()]);
    let read = |id: &ReadId| ask.table.rows.iter().find(|r| r.read.read() == id && r.condition == adjudication.condition).map(|r| &r.read);
    let mut codes = Codes::default();
    ask.codes.iter().for_each(|(package, code)| codes.given(*package, code.clone()));
    let (mut named, mut sides, form) = (of("codes"), of("sides"), ask.protocol.form());
    let mut times: BTreeMap<ContentHash, u32> = BTreeMap::new();
    let mut items = Vec::new();
    // Shuffled first: where a case has several pairs, which of them comes first would tell whose they are.
    for pair in shuffled(&mut of("order"), waiting(ask)) {
        let (Some(first), Some(second)) = (read(&pair.a), read(&pair.b)) else { continue };
        let (a, b) = if below(&mut sides, 2) == 0 { (first, second) } else { (second, first) };
        let repeat = times.entry(pair.package).and_modify(|n| *n += 1).or_insert(1);
        let drawn = |what: &[u8]| {
            let (who, at) = (adjudicator.as_str().as_bytes(), ask.issued_utc_ms.to_le_bytes());
            hash::of_fields(&[b"tiresias pair", what, entropy.as_ref(), who, &at, &pair.package.0, &repeat.to_le_bytes()])
        };
        let said = Pair::new(Side::of(a, form), Side::of(b, form), drawn(b"salt"));
        let assigned = AssignedRead {
            case: codes.draw(&mut named, pair.package)?,
            package: pair.package,
            condition: adjudication.condition.clone(),
            repeat: *repeat,
            facts: ask.facts.get(&pair.package).cloned().unwrap_or_default(),
            training: None,
            pair: None,
        };
        let kept = Drawn { read: assigned.id(adjudicator), a: a.read().clone(), b: b.read().clone(), control: pair.differences.is_empty() };
        items.push((assigned, kept, (said, ContentKey::new(drawn(b"key").0))));
    }
    if items.is_empty() {
        return Err(QueueError::Nothing);
    }
    let (mut reads, mut drawn, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for (assigned, kept, pair) in items {
        reads.push(assigned);
        drawn.push(kept);
        pairs.push(pair);
    }
    let sealed = seal_all(&pairs)?;
    let keys = sealed.iter().map(crate::pair::SealedPair::hash).zip(pairs.into_iter().map(|(_, key)| key)).collect();
    for (read, sealed) in reads.iter_mut().zip(sealed) {
        read.pair = Some(sealed);
    }
    let bundle = Bundle::for_adjudicator(ask.protocol, ask.adjudicator, ask.issued_utc_ms, reads)?;
    Ok(Queue { bundle, drawn, keys })
}

/// Why a decision that came back does not count, of those that the desk gave out: what was shown is not what the two reads say now, or it was shown too early.
#[must_use]
pub fn contradicted(protocol: &Protocol, merged: &Merged, drawn: &[Drawn]) -> Vec<Conflict> {
    let first = protocol.adjudication().is_some_and(|a| a.own_impression_first);
    let says = |id: &ReadId| merged.reads.get(id).map(|m| Side::of(&m.read, protocol.form()));
    let why = |drawn: &Drawn, decision: &Locked| {
        let shown = decision.settled().and_then(Settling::pair);
        if shown.is_none_or(|p| says(&drawn.a).as_ref() != Some(p.a()) || says(&drawn.b).as_ref() != Some(p.b())) {
            return Some("the two reads that were shown are not those that count now; it has to be settled again");
        }
        (first && decision.impression().is_none()).then_some("the two reads were shown before the own impression was locked")
    };
    let decided = drawn.iter().filter_map(|d| Some((d, merged.reads.get(&d.read)?)));
    decided.filter_map(|(d, m)| Some(Conflict::Decision { file: m.file, read: d.read.clone(), why: why(d, &m.read)? })).collect()
}

/// The readers whose reads are compared, as the protocol names them; empty is all.
#[must_use]
pub(crate) fn compared_readers(protocol: &Protocol) -> BTreeSet<ReaderId> {
    let pairs = protocol.adjudication().map_or(&[][..], |a| a.pairs.as_slice());
    pairs.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).collect()
}
