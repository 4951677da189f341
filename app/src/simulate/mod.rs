//! A study read by simulated readers: everything that a real one goes through, from accounts and assignment to signed results and their merging.
//!
//! Owns the folders of a simulation: `OUT` becomes a study desk's folder of its own, with a workstation for each reader in `workstations/`.
//! What readers say is `reads::simulation`'s, what they may is the state machine's. Refuses: to touch the study that it was made from. Every account of a
//! simulation has the same passphrase, and every row of its records names the build `simulated`, so that nobody takes one for the other.

mod sitting;
mod station;

pub use sitting::{Seen, Stage, Watch};
pub use station::sit;

use crate::meeting::truth_in;
use serde_json::json;
use sitting::{BEGIN_UTC_MS, DAY_MS, MOST_STEPS, Person, read};
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_cases::{Package, StudyKey, Trust};
use tiresias_reads::accounts::{ACCOUNTS, Account, AccountError, Accounts, Kind, Passphrase, Unlocked};
use tiresias_reads::bundle::TrainingCase;
use tiresias_reads::closing::{ClosingError, sign_lock};
use tiresias_reads::desk::{
    AssignmentError, Desk, DeskError, Handed, ListedCase, MergeError, SignedAssignment, assign_cases, package_dir, take_results,
};
use tiresias_reads::machine::Refusal;
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::{RecordError, ResultsError};
use tiresias_reads::simulation::{Images, Known, SimulationError, Skill};
use tiresias_reads::study::{Study, StudyError};
use tiresias_reads::truth::{CaseTruth, Place, Truth, TruthError};
use tiresias_reads::versions::{VersionError, Versions, protocol_of};
use tiresias_words::{AccountId, CaseId, ContentHash, ContentKey, PatientPoint, ReaderId, Role, Unfit};
use zeroize::Zeroizing;

/// The passphrase of every simulated account.
pub const PASSPHRASE: &str = "a simulated reader";
/// The build that a simulated record names.
const BUILD: &str = "simulated";
/// A simulated reading is closed so long after it began.
const CLOSED_AFTER_DAYS: i64 = 200;
/// When a simulated reading is closed, milliseconds since 1970 in UTC.
pub(crate) const CLOSED_UTC_MS: i64 = BEGIN_UTC_MS + CLOSED_AFTER_DAYS * DAY_MS;
const TRAINING_CASES: u32 = 6;
const WORKSTATIONS: &str = "workstations";

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The study desk's folder that it is made from.
    pub study: PathBuf,
    /// Where it goes: a folder that does not exist yet.
    pub out: PathBuf,
    /// How many readers.
    pub readers: u32,
    /// So many made-up cases without images, in the place of the desk's.
    pub cases: Option<u32>,
    /// The area under the curve for each condition that is a score.
    pub areas: Vec<f64>,
    /// Everything follows from it.
    pub seed: u64,
    /// What the readers' machines are called: each run of a machine is named after it.
    pub machines: String,
    /// The passphrase of the study's key file, where readers are to be shown what the AI says.
    pub key_passphrase: Option<Zeroizing<String>>,
    /// Whether reading is closed at the end, signed by the simulated coordinator and data manager.
    pub closes: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Readers.
    pub readers: usize,
    /// Cases.
    pub cases: usize,
    /// Reads that were locked.
    pub reads: usize,
}

/// Why a study cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// A step of the desk.
    #[error("{0}")]
    Desk(String),
    /// What was asked for cannot be simulated.
    #[error("{0}")]
    Simulation(#[from] SimulationError),
    /// The machine refused what a simulated reader wanted.
    #[error("Reader \"{reader}\" is refused: {refusal}")]
    Refused {
        /// Who.
        reader: ReaderId,
        /// Why.
        refusal: Refusal,
    },
    /// A form that never gets finished.
    #[error("reader \"{0}\" does not get to the end of a case in {MOST_STEPS} steps; the form may have rules that cannot all be kept")]
    Endless(ReaderId),
    /// The sealed part cannot be opened.
    #[error("{0}")]
    Sealed(String),
    /// A folder of a reader who is a person.
    #[error(
        "{0}: This is not the folder of a simulated reader. Name a folder that `study hand-out` made for an account with the passphrase of simulated readers."
    )]
    Real(String),
    /// Nobody says that the next step may be taken.
    #[error("Nobody listens to what the simulated reader does any more, so it ends here. Start it again to go on.")]
    Unheard,
    /// The disk.
    #[error("{place}: it cannot be read or written ({error})")]
    Disk {
        /// Where.
        place: String,
        /// What the disk said.
        error: std::io::Error,
    },
}

macro_rules! of_desk {
    ($($error:ty),*) => {$(
        impl From<$error> for SimulateError {
            fn from(e: $error) -> Self {
                Self::Desk(e.to_string())
            }
        }
    )*};
}
of_desk!(
    TruthError,
    AccountError,
    AssignmentError,
    ClosingError,
    DeskError,
    MergeError,
    RecordError,
    ResultsError,
    StudyError,
    VersionError,
    Unfit,
    tiresias_cases::KeyError
);

fn disk(place: &Path) -> impl FnOnce(std::io::Error) -> SimulateError {
    move |error| SimulateError::Disk { place: place.display().to_string(), error }
}

/// The desk of a simulation.
struct Made {
    accounts: Accounts,
    signed: SignedAssignment,
    coordinator: Unlocked,
    manager: Unlocked,
    known: Known,
    keys: Vec<(ContentHash, ContentKey)>,
    cases: usize,
}

/// Simulates a study. `say` hears of each reader; `watch` of each committed step, with the study, the state and where it stands.
///
/// # Errors
/// [`SimulateError`]; what was written until then stays, for looking into.
pub fn simulate(plan: &Plan, say: &mut dyn FnMut(&str), watch: &mut Watch<'_>) -> Result<Simulated, SimulateError> {
    let (protocol, text) = protocol_of(&plan.study)?;
    let skill = Skill::new(&protocol, &plan.areas)?;
    let made = desk(plan, &protocol, &text)?;
    let mut reads = 0;
    for reader in made.signed.readers() {
        say(&format!("Reader {reader} reads\u{2026}"));
        let place = plan.out.join(WORKSTATIONS).join(reader.as_str());
        let handed = Handed { keys: &made.keys, ..Handed::default() };
        let study = made.signed.hand_out(&plan.out, &made.accounts, reader, &handed, &entropy(plan.seed, reader.as_str()), &place)?;
        if plan.cases.is_none() {
            link_packages(&plan.study.join("packages"), &study, study.root())?;
        }
        let person = Person { known: &made.known, skill: &skill, seed: plan.seed, machine: &plan.machines, at_once: false };
        reads += read(&study, reader, &person, watch)?;
        let results = place.join("results.tresults");
        let record = study.open_record(BUILD)?;
        fs::write(&results, record.results()?).map_err(disk(&results))?;
        take_results(&plan.out, &made.signed, &made.manager, &results)?;
    }
    if plan.closes {
        for keys in [&made.coordinator, &made.manager] {
            sign_lock(&plan.out, &made.signed, &made.accounts, keys, None, CLOSED_UTC_MS)?;
        }
    }
    Ok(Simulated { readers: made.signed.readers().count(), cases: made.cases, reads })
}

/// Chance of a simulation is no secret.
pub(crate) fn entropy(seed: u64, of: &str) -> Zeroizing<[u8; 32]> {
    use sha2::{Digest as _, Sha256};
    Zeroizing::new(
        Sha256::new().chain_update(b"tiresias simulated entropy").chain_update(seed.to_le_bytes()).chain_update(of).finalize().into(),
    )
}

fn desk(plan: &Plan, protocol: &Protocol, text: &str) -> Result<Made, SimulateError> {
    let out = &plan.out;
    let is_free = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if !is_free {
        return Err(SimulateError::Desk(format!(
            "{}: there is something in this place; name a folder that does not exist yet",
            out.display()
        )));
    }
    let (desk, known, keys) = cases(plan, protocol)?;
    fs::create_dir_all(out).map_err(disk(out))?;
    fs::write(out.join("protocol.toml"), text).map_err(disk(out))?;
    let matrix = plan.study.join("matrix.csv");
    if matrix.exists() {
        fs::copy(&matrix, out.join("matrix.csv")).map_err(disk(&matrix))?;
    }
    desk.save(out)?;
    fs::write(out.join("truth.json"), truth(&desk, &known)).map_err(disk(out))?;
    let mut accounts = Accounts::default();
    let mut make = |name: &str, kind: Kind, shown: &str| -> Result<Unlocked, SimulateError> {
        let phrase = Passphrase::known_to_all(PASSPHRASE);
        let (account, _) = Account::create(AccountId::new(name)?, kind, shown, &phrase, &entropy(plan.seed, name))?;
        accounts.add(account.clone())?;
        Ok(account.open(&phrase)?)
    };
    let coordinator = make("coordinator", Kind::Coordinator, "Simulated coordinator")?;
    let manager = make("manager", Kind::DataManager, "Simulated data manager")?;
    make("statistician", Kind::Statistician, "Simulated statistician")?;
    for n in 1..=plan.readers {
        make(&format!("sim-{n:02}"), Kind::Reader, &format!("Simulated reader {n}"))?;
    }
    accounts.save(&out.join(ACCOUNTS))?;
    Versions::default().sign(out, &coordinator, None, BEGIN_UTC_MS)?;
    let signed = assign_cases(out, &accounts, &coordinator, BEGIN_UTC_MS)?;
    let cases = desk.cases().len();
    Ok(Made { accounts, signed, coordinator, manager, known, keys, cases })
}

type Cases = (Desk, Known, Vec<(ContentHash, ContentKey)>);

/// The cases: the desk's with their truth, or made-up ones.
fn cases(plan: &Plan, protocol: &Protocol) -> Result<Cases, SimulateError> {
    let mut known = Known::default();
    let Some(count) = plan.cases else {
        let desk = Desk::open(&plan.study)?;
        if desk.cases().is_empty() {
            return Err(SimulateError::Desk(
                "no case is packed in this study yet; pack some, or name a number of made-up cases with --cases".into(),
            ));
        }
        let keys = match &plan.key_passphrase {
            None => Vec::new(),
            Some(phrase) => {
                let key = StudyKey::open(&plan.study.join("key.age"), phrase)?.uid_key();
                desk.cases().iter().map(|(case, listed)| (listed.package, key.content_key(case.as_str()))).collect()
            }
        };
        let truth = truth_in(&plan.study);
        let truth = truth.map(|file| Truth::read(&file)?.with_desk(&desk)).transpose()?;
        for (n, (case, listed)) in (0u32..).zip(desk.cases()) {
            match truth.as_ref().and_then(|t| t.of_package(&listed.package)) {
                Some(told) => take(&mut known, listed.package, told),
                None => note(&mut known, protocol, plan.seed, listed.package, case, n % 2 == 0),
            }
            if protocol.marks().is_some() {
                known.images.insert(listed.package, images(&plan.study, &listed.package)?);
            }
        }
        return Ok((desk, known, keys));
    };
    let mut desk = Desk::empty(plan.seed);
    let training = if protocol.training().is_some() { TRAINING_CASES } else { 0 };
    for n in 0..count + training {
        let case = CaseId::new(format!("SIM-{:04}", n + 1))?;
        let package = ContentHash(*entropy(plan.seed, case.as_str()));
        let signal = n % 2 == 0;
        let training = (n >= count).then_some(TrainingCase { signal });
        desk.add(case.clone(), ListedCase { package, facts: Vec::new(), training, packed: None })?;
        note(&mut known, protocol, plan.seed, package, &case, signal);
    }
    Ok((desk, known, Vec::new()))
}

/// The images of a case that can be marked in the patient, the current ones in front; none where its package is not here.
fn images(study: &Path, package: &ContentHash) -> Result<Vec<Images>, SimulateError> {
    let folder = package_dir(study, package);
    if !Package::is_at(&folder) {
        return Ok(Vec::new());
    }
    let opened = Package::open(&folder, &Trust::Unsigned).map_err(|e| SimulateError::Desk(format!("{}: {e}", folder.display())))?;
    let mut series = opened.into_series();
    series.sort_by_key(|s| s.facts.role != Role::current());
    let images = series.iter().filter_map(|s| {
        let uids = (0..s.len()).map(|at| s.image_uid(at).cloned()).collect::<Option<_>>()?;
        Some(Images { geometry: s.volume.clone()?, uids })
    });
    Ok(images.collect())
}

/// Makes up where the signal of a case is: in which unit, and at which places.
fn note(known: &mut Known, protocol: &Protocol, seed: u64, package: ContentHash, case: &CaseId, signal: bool) {
    let drawn = entropy(seed, &format!("place {case}"));
    let part = |i: usize| f64::from(drawn.get(i).copied().unwrap_or(0)) / 255.0;
    known.signal.insert((package, None), signal);
    let units = protocol.form().units();
    let chosen = usize::from(drawn[0]) % units.len().max(1);
    for (n, unit) in units.iter().enumerate() {
        known.signal.insert((package, Some(unit.key.clone())), signal && n == chosen);
    }
    if signal && protocol.marks().is_some() {
        let at =
            |k: usize| PatientPoint::new(part(3 * k) * 200.0 - 100.0, part(3 * k + 1) * 200.0 - 100.0, part(3 * k + 2) * 200.0 - 100.0);
        let lesions = (1..=1 + usize::from(drawn[1]) % 3).map(at).collect();
        known.lesions.insert(package, lesions);
    }
}

/// What the desk's truth says of a case.
fn take(known: &mut Known, package: ContentHash, told: &CaseTruth) {
    known.signal.insert((package, None), told.signal);
    known.signal.extend(told.units.iter().map(|(unit, signal)| ((package, Some(unit.clone())), *signal)));
    let places = told.lesions.iter().filter_map(|lesion| match &lesion.place {
        Some(Place::Patient(at)) => Some(*at),
        Some(Place::Image { .. }) | None => None,
    });
    known.lesions.insert(package, places.collect());
}

/// The truth of a simulation, as its statistician has it.
fn truth(desk: &Desk, known: &Known) -> String {
    let of_case = |(case, listed): (&CaseId, &ListedCase)| {
        let is_signal = |unit: Option<String>| u8::from(known.signal.get(&(listed.package, unit)).copied().unwrap_or(false));
        let units = known.signal.keys().filter(|(package, _)| *package == listed.package).filter_map(|(_, unit)| unit.clone());
        let units: Vec<_> = units.map(|u| json!({ "truth": is_signal(Some(u.clone())), "unit": u })).collect();
        let places = known.lesions.get(&listed.package).into_iter().flatten();
        let lesions: Vec<_> = (1..).zip(places).map(|(n, at)| json!({ "lesion": format!("L{n}"), "at_mm": [at.x, at.y, at.z] })).collect();
        let mut row = json!({ "case": case, "package": listed.package });
        if units.is_empty() {
            row["truth"] = json!(is_signal(None));
        } else {
            row["units"] = json!(units);
        }
        if !lesions.is_empty() {
            row["lesions"] = json!(lesions);
        }
        row
    };
    let study: Vec<_> = desk.cases().iter().filter(|(_, listed)| listed.training.is_none()).map(of_case).collect();
    let document =
        json!({ "tiresias_truth": 1, "version": 1, "source": "simulated", "by": "tiresias simulate", "date": "", "cases": study });
    format!("{document:#}\n")
}

/// Puts the packages of a study, as far as they are in the folder `from`, into `root`. They are never changed, so that the same bytes may be in two places.
pub(crate) fn link_packages(from: &Path, study: &Study, root: &Path) -> Result<(), SimulateError> {
    let packages: std::collections::BTreeSet<ContentHash> =
        study.bundles().values().flat_map(tiresias_reads::bundle::Bundle::reads).map(|r| r.package).collect();
    for package in packages {
        let to = package_dir(root, &package);
        let source = from.join(to.file_name().unwrap_or_default());
        if !source.exists() {
            continue;
        }
        fs::create_dir_all(&to).map_err(disk(&to))?;
        for entry in fs::read_dir(&source).map_err(disk(&source))? {
            let entry = entry.map_err(disk(&source))?;
            let target = to.join(entry.file_name());
            if fs::hard_link(entry.path(), &target).is_err() {
                fs::copy(entry.path(), &target).map_err(disk(&target))?;
            }
        }
    }
    Ok(())
}
