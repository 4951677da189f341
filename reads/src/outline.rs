//! What a protocol leads to before anybody reads by it: calendar, assignment matrix, a case to try the form on, and how a case hangs. For whoever writes it.
//!
//! Owns the made-up readers and cases where the desk has none yet. Everything else comes from where the real thing comes from: [`assign`], [`decide`], [`hang`]. The orders
//! are an example: those of a study follow from the desk's secret, which is not looked at here.

use crate::accounts::{Accounts, Act, may_do};
use crate::bundle::{Account, Bundle, BundleError, CaseFact, CaseToRead, MatrixRow, Plan, TrainingCase, assign};
use crate::desk::Desk;
use crate::hanging::{Arrangement, CellRule, Layout, Shows, Unhangable, hang};
use crate::hash;
use crate::machine::{Action, Environment, Rules, State, decide, evolve};
use crate::protocol::{Assignment, Display, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use tiresias_words::{Condition, ContentHash, ImagingModality, Laterality, Mm, Moment, ReaderId, Role, SeriesFacts, ViewPosition};

/// Readers and cases that are made up where the desk has none.
const READERS: usize = 4;
const CASES: usize = 12;
const TRAINING: usize = 4;
/// Chance of the example: any number will do, and always the same one.
const SEED: u64 = 1;
/// A breast, and a body, in mm.
const BREAST: [Mm; 2] = [Mm(180.0), Mm(240.0)];
const BODY: [Mm; 3] = [Mm(400.0), Mm(300.0), Mm(300.0)];

/// Who would read what, when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The readers, and what each of them would read in each period.
    pub readers: Vec<ReaderOutline>,
    /// The periods that a washout, or the order of the conditions, makes.
    pub periods: Vec<Period>,
    /// The conditions, by name, in the order of the protocol.
    pub conditions: Vec<(Condition, String)>,
    /// The cases, by the desk's name or as "case 1".
    pub cases: Vec<String>,
    /// Reads of the training before the study, a reader.
    pub training: usize,
    /// Whether readers, and cases, are made up: there are none at the desk yet.
    pub is_made_up: [bool; 2],
}

/// A stretch of reading in which no case comes twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The earliest day, where the first read of all is on day 0.
    pub from_day: u32,
}

/// What one reader would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderOutline {
    /// Who, by the name that they sign in with and the protocol knows them by.
    pub reader: ReaderId,
    /// For each period, how many reads under each condition, in the order of the protocol.
    pub periods: Vec<Vec<usize>>,
    /// For each case and condition: the places in the reader's order, from 1; a hidden repeat has a second one.
    pub places: Vec<Vec<Vec<usize>>>,
}

/// Why there is no outline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutlineError {
    /// The desk's table decides.
    #[error("Who reads what is in the desk\u{2019}s table matrix.csv, so it is seen when cases are assigned.")]
    Matrix,
    /// What the plan does not allow.
    #[error("With these readers and cases nothing could be assigned: {0}.")]
    Bundle(#[from] BundleError),
}

/// Works out who would read what, with the readers and cases that the desk has, or with made-up ones.
///
/// # Errors
/// [`OutlineError`].
pub fn outline(protocol: &Protocol, accounts: &Accounts, desk: Option<&Desk>) -> Result<Outline, OutlineError> {
    if matches!(protocol.assignment(), Assignment::Matrix(_)) {
        return Err(OutlineError::Matrix);
    }
    let real = readers(accounts);
    let (people, made_people) = if real.is_empty() { (made_up_readers(READERS), true) } else { (real, false) };
    let listed: Vec<(String, CaseToRead)> =
        desk.map_or_else(Vec::new, |desk| desk.cases().keys().map(ToString::to_string).zip(desk.to_read()).collect());
    let made_cases = !listed.iter().any(|(_, c)| c.training.is_none());
    let all = if made_cases { made_up_cases(protocol, CASES) } else { listed };
    let cases: Vec<CaseToRead> = all.iter().map(|(_, c)| c.clone()).collect();
    let plan = Plan { protocol, readers: &people, cases: &cases, matrix: None, seed: SEED, issued_utc_ms: 0 };
    let bundles = assign(&plan)?;
    let study: Vec<(String, ContentHash)> =
        all.into_iter().filter(|(_, c)| c.training.is_none()).map(|(name, c)| (name, c.package)).collect();
    let conditions: Vec<(Condition, String)> = protocol.conditions().iter().map(|c| (c.id.clone(), c.label.clone())).collect();
    let washout = protocol.sessions().washout_days.unwrap_or(0);
    let each: Vec<ReaderOutline> = bundles.iter().map(|b| of_reader(b, &study, &conditions, washout > 0)).collect();
    let most = each.iter().map(|r| r.periods.len()).max().unwrap_or(0);
    let periods = (0u32..).take(most).map(|n| Period { from_day: n.saturating_mul(washout) }).collect();
    let training = bundles.first().map_or(0, |b| b.reads().iter().filter(|r| r.training.is_some()).count());
    let cases = study.into_iter().map(|(name, _)| name).collect();
    Ok(Outline { readers: each, periods, conditions, cases, training, is_made_up: [made_people, made_cases] })
}

/// The readers with an account.
fn readers(accounts: &Accounts) -> Vec<Account> {
    let of = |a: &crate::accounts::Account| {
        Some(Account { reader: ReaderId::new(a.id().as_str()).ok()?, display_name: a.display_name().to_owned() })
    };
    accounts.iter().filter(|a| may_do(a.kind(), Act::Read)).filter_map(of).collect()
}

fn made_up_readers(count: usize) -> Vec<Account> {
    let of = |n: usize| Some(Account { reader: ReaderId::new(format!("reader-{n}")).ok()?, display_name: format!("Reader {n}") });
    (1..=count).filter_map(of).collect()
}

/// So many cases of the study, and those of the training where there is one.
fn made_up_cases(protocol: &Protocol, count: usize) -> Vec<(String, CaseToRead)> {
    let facts: Vec<CaseFact> =
        protocol.case_facts().iter().map(|name| CaseFact { name: name.clone(), value: "as packed".to_owned() }).collect();
    let training = if protocol.training().is_some() { TRAINING } else { 0 };
    let case = |n: usize| {
        let training = (n > count).then_some(TrainingCase { signal: n.is_multiple_of(2) });
        (
            format!("case {n}"),
            CaseToRead { package: hash::of_bytes(format!("made-up case {n}").as_bytes()), facts: facts.clone(), training },
        )
    };
    (1..=count + training).map(case).collect()
}

fn of_reader(bundle: &Bundle, cases: &[(String, ContentHash)], conditions: &[(Condition, String)], waits: bool) -> ReaderOutline {
    let mut places = vec![vec![Vec::new(); conditions.len()]; cases.len()];
    let mut periods: Vec<Vec<usize>> = Vec::new();
    let mut seen: BTreeSet<ContentHash> = BTreeSet::new();
    for (read, place) in bundle.reads().iter().filter(|r| r.training.is_none()).zip(1..) {
        let Some(condition) = conditions.iter().position(|(id, _)| *id == read.condition) else { continue };
        // A hidden repeat that waits for nothing lies among the other reads.
        let is_among = read.repeat > 1 && !waits;
        if periods.is_empty() || (!is_among && !seen.insert(read.package)) {
            periods.push(vec![0; conditions.len()]);
            seen = BTreeSet::from([read.package]);
        }
        if let Some(count) = periods.last_mut().and_then(|p| p.get_mut(condition)) {
            *count += 1;
        }
        let case = cases.iter().position(|(_, package)| *package == read.package);
        if let Some(of) = case.and_then(|at| places.get_mut(at)).and_then(|of| of.get_mut(condition)) {
            of.push(place);
        }
    }
    ReaderOutline { reader: bundle.reader().clone(), periods, places }
}

/// A case to try the form on: a made-up reader's first of the study, open, with nothing answered. Nothing of it is ever recorded.
///
/// # Errors
/// A sentence, where the protocol lets nobody read so.
pub fn trial(protocol: &Protocol) -> Result<(Rules, State), String> {
    let cases: Vec<CaseToRead> = made_up_cases(protocol, CASES).into_iter().map(|(_, case)| case).collect();
    let people = made_up_readers(groups(protocol));
    // Where a table decides, one in which a reader reads everything.
    let rows: Vec<MatrixRow> = match (people.first(), protocol.conditions().first()) {
        (Some(reader), Some(first)) => {
            let row = |c: &CaseToRead| MatrixRow { reader: reader.reader.clone(), package: c.package, condition: first.id.clone() };
            cases.iter().filter(|c| c.training.is_none()).map(row).collect()
        }
        _ => Vec::new(),
    };
    let matrix = match protocol.assignment() {
        Assignment::Matrix(hash) => Some((rows.as_slice(), *hash)),
        Assignment::Crossed | Assignment::SplitPlot { .. } => None,
    };
    let plan = Plan { protocol, readers: &people, cases: &cases, matrix, seed: SEED, issued_utc_ms: 0 };
    let bundle = assign(&plan).map_err(|e| format!("With made-up cases nothing could be assigned: {e}."))?;
    let bundle = bundle.into_iter().next().ok_or("There is nobody to read.")?;
    let rules = Rules::new(protocol.clone(), bundle).map_err(|e| e.to_string())?;
    let environment = Environment::that_fits(protocol, "a trial");
    let now = Moment { utc_ms: 0, monotonic_ms: 0, boot: "trial".to_owned() };
    let mut state = State::new(rules.reader().clone());
    let act = |state: &mut State, action: Action| -> Result<(), String> {
        for event in decide(&rules, state, action, &now).map_err(|e| e.to_string())? {
            *state = evolve(state.clone(), &event).map_err(|e| e.to_string())?;
        }
        Ok(())
    };
    act(&mut state, Action::StartSession(environment))?;
    let first = state.next().map(|next| next.read.clone()).ok_or("There is nothing to read.")?;
    act(&mut state, Action::OpenCase(first))?;
    act(&mut state, Action::ImagesShown)?;
    Ok((rules, state))
}

/// As many readers as a split plot divides.
fn groups(protocol: &Protocol) -> usize {
    match protocol.assignment() {
        Assignment::SplitPlot { groups } => *groups as usize,
        Assignment::Crossed | Assignment::Matrix(_) => 1,
    }
}

/// How a made-up case hangs: one with the series that the first hanging rule asks for, or one volume.
///
/// # Errors
/// [`Unhangable`].
pub fn sample_hanging(display: &Display) -> Result<Layout, Unhangable> {
    hang(display, &sample_case(display))
}

/// The series of such a case.
fn sample_case(display: &Display) -> Vec<SeriesFacts> {
    let mut series: BTreeMap<Role, SeriesFacts> = BTreeMap::new();
    match display.hanging().first().map(|rule| &rule.arrangement) {
        None => series.extend(of_cell(&CellRule::default(), 1, true).map(|f| (f.role.clone(), f))),
        Some(Arrangement::Planes { cell, .. }) => series.extend(of_cell(cell, 1, true).map(|f| (f.role.clone(), f))),
        Some(Arrangement::Mammography) => {
            for (name, side, view) in [
                ("rcc", Laterality::Right, "CC"),
                ("lcc", Laterality::Left, "CC"),
                ("rmlo", Laterality::Right, "MLO"),
                ("lmlo", Laterality::Left, "MLO"),
            ] {
                let (Ok(role), Ok(modality)) = (Role::new(name), ImagingModality::new("MG")) else { continue };
                let mut facts = SeriesFacts::new(role.clone(), modality, 1);
                (facts.laterality, facts.view, facts.image_extent) = (Some(side), ViewPosition::new(view).ok(), Some(BREAST));
                series.insert(role, facts);
            }
        }
        Some(Arrangement::Grid { cells, .. }) => {
            for ((_, cell), n) in cells.iter().zip(1..) {
                let is_plane = !matches!(cell.shows, None | Some(Shows::Images));
                if let Some(facts) = of_cell(cell, n, is_plane) {
                    series.entry(facts.role.clone()).or_insert(facts);
                }
            }
        }
    }
    series.into_values().collect()
}

/// The series that a cell asks for.
fn of_cell(cell: &CellRule, number: usize, is_volume: bool) -> Option<SeriesFacts> {
    let select = &cell.select;
    let role = match (&select.role, number) {
        (Some(role), _) => role.clone(),
        (None, 1) => Role::current(),
        (None, n) => Role::new(format!("series{n}")).ok()?,
    };
    let modality = select.modality.clone().or_else(|| ImagingModality::new("CT").ok())?;
    let is_volume = select.is_volume.unwrap_or(is_volume || select.modality.is_none());
    let mut facts = SeriesFacts::new(role, modality, if is_volume { 100 } else { 1 });
    (facts.laterality, facts.view, facts.body_part) = (select.laterality, select.view.clone(), select.body_part.clone());
    (facts.plane, facts.is_colour) = (select.plane, select.is_colour.unwrap_or(false));
    (facts.is_tomosynthesis, facts.extent) = (select.is_tomosynthesis.unwrap_or(false), is_volume.then_some(BODY));
    facts.frame_time_ms = select.is_cine.unwrap_or(false).then_some(40.0);
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{TEMPLATES, template};

    fn of(name: &str) -> Protocol {
        Protocol::parse(template(name).unwrap().text).unwrap()
    }

    #[test]
    fn every_template_has_an_outline_a_case_to_try_and_a_hanging_without_a_note() {
        for t in TEMPLATES {
            let protocol = of(t.name);
            let outline = outline(&protocol, &Accounts::default(), None).unwrap_or_else(|e| panic!("{}: {e}", t.name));
            assert_eq!((outline.readers.len(), outline.cases.len(), outline.is_made_up), (READERS, CASES, [true, true]), "{}", t.name);
            let (rules, state) = trial(&protocol).unwrap_or_else(|e| panic!("{}: {e}", t.name));
            assert!(state.open().is_some_and(|d| d.answers().iter().next().is_none()), "{}", t.name);
            assert_eq!(rules.protocol().hash(), protocol.hash());
            let layout = sample_hanging(protocol.display()).unwrap();
            assert!(layout.notes().is_empty() && !layout.cells().is_empty(), "{}: {:?}", t.name, layout.notes());
        }
        assert_eq!(sample_hanging(of("mammography").display()).unwrap().cells().len(), 4);
    }

    #[test]
    fn a_crossover_has_two_periods_with_a_washout_between_and_each_case_once_in_each() {
        let protocol = of("crossover");
        let outline = outline(&protocol, &Accounts::default(), None).unwrap();
        let days: Vec<u32> = outline.periods.iter().map(|p| p.from_day).collect();
        assert_eq!(days, [0, 28]);
        for reader in &outline.readers {
            assert_eq!(reader.periods, [vec![6, 6], vec![6, 6]], "{}", reader.reader);
            let mut all: Vec<usize> = reader.places.iter().flatten().flatten().copied().collect();
            all.sort_unstable();
            assert_eq!(all, (1..=24).collect::<Vec<_>>(), "each place once");
        }
        assert!(outline.training > 0);
    }

    #[test]
    fn repeats_without_a_washout_make_no_period_of_their_own() {
        let outline = outline(&of("ordinal"), &Accounts::default(), None).unwrap();
        assert!(outline.readers.iter().all(|r| r.periods.len() == outline.periods.len()), "{outline:?}");
        let twice = outline.readers.iter().flat_map(|r| r.places.iter().flatten()).filter(|p| p.len() == 2).count();
        println!("{} periods, {twice} repeats", outline.periods.len());
    }
}
