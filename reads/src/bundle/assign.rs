//! Who reads what, in which order, under which code: bundles from a protocol, readers, cases and the desk's secret.
//!
//! Training comes first, then period after period: in each, every case of the reader once. Under [`ConditionOrder::Listed`] a period is a condition;
//! counterbalanced, groups of cases follow the rows of a Williams square. The same input gives the same bundles for ever.

use super::draw::{Codes, below, shuffled, stream};
use super::square::williams;
use super::{Account, AssignedRead, Bundle, BundleError, CaseToRead, MAX_CASES, MAX_READERS};
use crate::protocol::{Assignment, CaseOrder, ConditionOrder, Protocol, Repeats, Within};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{CaseCode, Condition, ContentHash, ReaderId};

/// What bundles are made from.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// The protocol.
    pub protocol: &'a Protocol,
    /// The readers, in the order of the desk's list.
    pub readers: &'a [Account],
    /// The cases, in the order of the desk's list.
    pub cases: &'a [CaseToRead],
    /// The desk's table, where the protocol assigns by one.
    pub matrix: Option<(&'a [MatrixRow], ContentHash)>,
    /// The desk's secret.
    pub seed: u64,
    /// The desk's time, milliseconds since 1970 in UTC.
    pub issued_utc_ms: i64,
}

/// One read of the desk's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatrixRow {
    /// Who reads.
    pub reader: ReaderId,
    /// The package of the case.
    pub package: ContentHash,
    /// Under which condition.
    pub condition: Condition,
}

/// Makes one bundle for each reader.
///
/// A reader has one code for a case, under all conditions, and another for its hidden repeat; no other reader has the same code for it. Under
/// [`CaseOrder::Shuffled`] the order in which `cases` come has no influence, so that it cannot be found out by undoing the shuffle.
///
/// # Errors
/// When there is nothing to assign or too much, a package or reader is listed twice, a reader's id is reserved, a display name cannot be shown, a fact is
/// not allowed by the protocol or cannot be shown, or groups, repeats, training or table do not fit the cases.
pub fn assign(plan: &Plan<'_>) -> Result<Vec<Bundle>, BundleError> {
    let Plan { protocol, readers, cases, .. } = *plan;
    let (training, study): (Vec<&CaseToRead>, Vec<&CaseToRead>) = cases.iter().partition(|c| c.training.is_some());
    if readers.is_empty() || study.is_empty() {
        return Err(BundleError::Nothing);
    }
    if cases.len() > MAX_CASES || readers.len() > MAX_READERS {
        return Err(BundleError::TooMany { cases: cases.len(), readers: readers.len() });
    }
    let mut packages = BTreeSet::new();
    if let Some(twice) = cases.iter().find(|c| !packages.insert(c.package)) {
        return Err(BundleError::PackageTwice(twice.package));
    }
    let mut ids = BTreeSet::new();
    // Bundles are files named by the reader, and some file systems do not tell capitals apart.
    if let Some(twice) = readers.iter().find(|r| !ids.insert(r.reader.as_str().to_ascii_lowercase())) {
        return Err(BundleError::ReaderTwice(twice.reader.clone()));
    }
    if protocol.training().is_some() == training.is_empty() {
        return Err(BundleError::Training(training.is_empty()));
    }
    let groups = Groups::of(plan, &study)?;
    let mut codes = Codes::default();
    let mut bundles = Vec::new();
    for (number, account) in readers.iter().enumerate() {
        let own = groups.of_reader(plan, &study, number, &account.reader)?;
        let mut hand = Hand::deal(plan, account, cases, &mut codes)?;
        hand.train(&training)?;
        for period in &own {
            hand.read(period)?;
        }
        if let Some(repeats) = protocol.repeats() {
            hand.repeat(repeats, &mut codes)?;
        }
        codes.next_reader();
        let bundle = Bundle {
            protocol: protocol.hash(),
            reader: account.reader.clone(),
            display_name: account.display_name.clone(),
            issued_utc_ms: plan.issued_utc_ms,
            reads: hand.reads,
        };
        bundles.push(bundle.checked(protocol)?);
    }
    Ok(bundles)
}

/// Cases under one condition that are read one after the other.
struct Block<'a> {
    cases: Vec<(&'a CaseToRead, &'a Condition)>,
    /// What its shuffle is for.
    of: String,
}

/// How readers and cases are divided: the same for all readers.
struct Groups {
    /// How many groups of readers there are; 1 where all read the same cases. Readers take turns in them.
    plots: usize,
    /// The group of each package of a split plot.
    cases: BTreeMap<ContentHash, usize>,
    /// The group of each package that shares a row of the square.
    rows: BTreeMap<ContentHash, usize>,
}

impl Groups {
    fn of(plan: &Plan<'_>, study: &[&CaseToRead]) -> Result<Self, BundleError> {
        let mut sorted: Vec<ContentHash> = study.iter().map(|c| c.package).collect();
        sorted.sort_unstable();
        let dealt = |what: &str, groups: usize| -> BTreeMap<ContentHash, usize> {
            let order = shuffled(&mut stream(plan.protocol, plan.seed, &[what]), sorted.clone());
            order.into_iter().enumerate().map(|(i, package)| (package, i % groups)).collect()
        };
        let enough = |what, groups: u32, count: usize| {
            if (groups as usize) <= count { Ok(groups as usize) } else { Err(BundleError::Groups { what, groups, count }) }
        };
        let (plots, cases) = match plan.protocol.assignment() {
            Assignment::SplitPlot { groups } => {
                let n = enough("the readers", *groups, plan.readers.len())?.min(enough("the cases", *groups, study.len())?);
                (n, dealt("case groups", n))
            }
            Assignment::Crossed | Assignment::Matrix(_) => (1, dealt("case groups", 1)),
        };
        let rows = match plan.protocol.order().conditions {
            ConditionOrder::Listed => dealt("rows", 1),
            ConditionOrder::Counterbalanced { groups, .. } => dealt("rows", enough("the cases", groups, study.len())?),
        };
        Ok(Self { plots, cases, rows })
    }

    /// The reader's reads, block by block.
    fn of_reader<'a>(
        &self,
        plan: &Plan<'a>,
        study: &[&'a CaseToRead],
        number: usize,
        reader: &ReaderId,
    ) -> Result<Vec<Block<'a>>, BundleError> {
        let group = number % self.plots;
        // Within each group of readers and over all of them rows are taken in turn, so that the order is not that of the group.
        let turn = number / self.plots + group;
        let own: Vec<&CaseToRead> = study.iter().filter(|c| self.cases.get(&c.package) == Some(&group)).copied().collect();
        let conditions: Vec<&Condition> = plan.protocol.conditions().iter().map(|c| &c.id).collect();
        let allowed = match (plan.protocol.assignment(), plan.matrix) {
            (Assignment::Matrix(hash), Some((rows, found))) if *hash == found => {
                let rows = rows.iter().filter(|r| r.reader == *reader).map(|r| (r.package, &r.condition));
                Some(rows.collect::<BTreeSet<_>>())
            }
            (Assignment::Matrix(_), Some(_)) => return Err(BundleError::Matrix("this is another one")),
            (Assignment::Matrix(_), None) => return Err(BundleError::Matrix("there is none")),
            (Assignment::Crossed | Assignment::SplitPlot { .. }, _) => None,
        };
        let is_read = |case: &CaseToRead, condition: &Condition| allowed.as_ref().is_none_or(|a| a.contains(&(case.package, condition)));
        let under = |cases: &[&'a CaseToRead], condition: &'a Condition| -> Vec<(&'a CaseToRead, &'a Condition)> {
            cases.iter().filter(|c| is_read(c, condition)).map(|c| (*c, condition)).collect()
        };
        let mut blocks = Vec::new();
        match plan.protocol.order().conditions {
            ConditionOrder::Listed => {
                blocks.extend(conditions.iter().map(|condition| Block { cases: under(&own, condition), of: condition.to_string() }));
            }
            ConditionOrder::Counterbalanced { groups, within } => {
                let square = williams(conditions.len());
                for period in 0..conditions.len() {
                    let mut of_period: Vec<Block<'a>> = Vec::new();
                    for row_group in 0..groups as usize {
                        let row = square.get((turn + row_group) % square.len());
                        let Some(condition) = row.and_then(|r| conditions.get(*r.get(period)?)) else { continue };
                        let cases: Vec<_> = own.iter().filter(|c| self.rows.get(&c.package) == Some(&row_group)).copied().collect();
                        let more = under(&cases, condition);
                        // Groups that share a condition in this period are one block.
                        match of_period.iter_mut().find(|b| b.of == format!("{period} {condition}")) {
                            Some(block) => block.cases.extend(more),
                            None => of_period.push(Block { cases: more, of: format!("{period} {condition}") }),
                        }
                    }
                    if within == Within::Mixed {
                        let cases = of_period.into_iter().flat_map(|b| b.cases).collect();
                        of_period = vec![Block { cases, of: format!("{period} mixed") }];
                    }
                    blocks.extend(of_period);
                }
            }
        }
        Ok(blocks)
    }
}

/// What one reader is being dealt.
struct Hand<'a> {
    plan: &'a Plan<'a>,
    reader: &'a ReaderId,
    codes: BTreeMap<ContentHash, CaseCode>,
    reads: Vec<AssignedRead>,
    /// Where each block of the study ends among the reads.
    ends: Vec<usize>,
}

impl<'a> Hand<'a> {
    fn deal(plan: &'a Plan<'a>, account: &'a Account, cases: &[CaseToRead], codes: &mut Codes) -> Result<Self, BundleError> {
        let mut rng = stream(plan.protocol, plan.seed, &["codes", account.reader.as_str()]);
        let mut sorted: Vec<ContentHash> = cases.iter().map(|c| c.package).collect();
        sorted.sort_unstable();
        let own = sorted.into_iter().map(|package| codes.draw(&mut rng, package).map(|code| (package, code)));
        Ok(Self { plan, reader: &account.reader, codes: own.collect::<Result<_, _>>()?, reads: Vec::new(), ends: Vec::new() })
    }

    fn train(&mut self, cases: &[&CaseToRead]) -> Result<(), BundleError> {
        let (Some(training), Some(first)) = (self.plan.protocol.training(), self.plan.protocol.conditions().first()) else { return Ok(()) };
        for attempt in 1..=training.attempts {
            let mut sorted = cases.to_vec();
            sorted.sort_by_key(|c| c.package);
            let mut rng = stream(self.plan.protocol, self.plan.seed, &["training", self.reader.as_str(), &attempt.to_string()]);
            for case in shuffled(&mut rng, sorted) {
                self.take(case, &first.id, attempt)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, block: &Block<'_>) -> Result<(), BundleError> {
        let ordered = match self.plan.protocol.order().cases {
            CaseOrder::Fixed => {
                // As the desk lists them, whatever group they are of.
                let place = |package| self.plan.cases.iter().position(|c| c.package == package);
                let mut cases = block.cases.clone();
                cases.sort_by_key(|(c, _)| place(c.package));
                cases
            }
            CaseOrder::Shuffled { .. } => {
                let mut cases = block.cases.clone();
                cases.sort_by_key(|(c, _)| c.package);
                shuffled(&mut stream(self.plan.protocol, self.plan.seed, &["order", self.reader.as_str(), &block.of]), cases)
            }
        };
        ordered.into_iter().try_for_each(|(case, condition)| self.take(case, condition, 1))?;
        self.ends.push(self.reads.len());
        Ok(())
    }

    fn take(&mut self, case: &CaseToRead, condition: &Condition, repeat: u32) -> Result<(), BundleError> {
        let code = self.codes.get(&case.package).cloned().ok_or(BundleError::CodeTwice)?;
        self.reads.push(AssignedRead {
            case: code,
            package: case.package,
            condition: condition.clone(),
            repeat,
            facts: case.facts.clone(),
            training: case.training,
            pair: None,
        });
        Ok(())
    }

    /// Puts second reads among those of the block of their first ones, or behind all reads where a washout keeps them apart.
    fn repeat(&mut self, repeats: &Repeats, codes: &mut Codes) -> Result<(), BundleError> {
        let mut rng = stream(self.plan.protocol, self.plan.seed, &["repeats", self.reader.as_str()]);
        let is_first = |r: &&AssignedRead| r.training.is_none() && r.condition == repeats.condition;
        let mut candidates: Vec<ContentHash> = self.reads.iter().filter(is_first).map(|r| r.package).collect();
        let too_few = BundleError::Repeats { count: repeats.count, between: repeats.between, cases: candidates.len() };
        candidates.sort_unstable();
        let chosen = shuffled(&mut rng, candidates);
        let waits = self.plan.protocol.sessions().washout_days.unwrap_or(0) > 0;
        let mut placed = 0;
        for package in chosen {
            if placed == repeats.count {
                break;
            }
            let Some(at) = self.reads.iter().position(|r| r.package == package && r.condition == repeats.condition && r.repeat == 1) else {
                continue;
            };
            let first = at + 1 + repeats.between as usize;
            // Among reads of another condition it would show itself to be a repeat, and often come after what an AI said of the case.
            let own_end = self.ends.iter().copied().find(|end| at < *end).filter(|_| !waits);
            let end = own_end.unwrap_or(self.reads.len());
            if first > end {
                continue;
            }
            let Some(mut again) = self.reads.get(at).cloned() else { continue };
            again.case = codes.draw(&mut rng, package)?;
            again.repeat = 2;
            let place = if waits { end } else { first + below(&mut rng, (end - first) as u64 + 1) as usize };
            // A later repeat that is put before this one only moves it further away from its first read.
            self.reads.insert(place, again);
            self.ends.iter_mut().filter(|end| at < **end).for_each(|end| *end += 1);
            placed += 1;
        }
        if placed == repeats.count { Ok(()) } else { Err(too_few) }
    }
}
