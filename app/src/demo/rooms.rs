//! The rooms of the demo: its cases as five simulated readers read them, closed, with their truth, and what two of them differ in for an adjudicator.
//!
//! `rooms/study` is the desk of that study and `rooms/adjudicator` the folder that its adjudicator is handed. Made when somebody first goes there, from one seed
//! like the demo itself; every account has the passphrase of simulated readers. Refuses: to touch what the person reads.

use super::{DESK, DemoStudyError, READER, SEED};
use crate::simulate::{CLOSED_UTC_MS, PASSPHRASE, Plan, SimulateError, entropy, link_packages, simulate};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias_cases::demo::DemoLesion;
use tiresias_reads::accounts::{Account, AccountError, Accounts, Kind, Passphrase, Unlocked};
use tiresias_reads::closing::{ClosingError, sign_lock};
use tiresias_reads::desk::{AdjudicationError, Adjudications, AssignmentError, SignedAssignment, draw_adjudication, has_desk};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_words::{AccountId, CaseId, ReaderId};

/// The protocol of the study that was read.
pub const STUDY_PROTOCOL: &str = include_str!("../../../assets/protocols/demo-study.toml");
/// How many simulated readers read it.
pub const SIMULATED: u32 = 5;
/// The areas under their curves, unaided and with AI.
const AREAS: [f64; 2] = [0.72, 0.9];
const ROOMS: &str = "rooms";
const STUDY: &str = "study";
const ADJUDICATOR: &str = "adjudicator";
const ACCOUNTS: &str = "accounts.json";

/// Where the rooms are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    /// The desk of the study that was read.
    pub study: PathBuf,
    /// The folder of its adjudicator.
    pub adjudicator: PathBuf,
}

impl From<SimulateError> for DemoStudyError {
    fn from(e: SimulateError) -> Self {
        match e {
            SimulateError::Disk { place, error } => Self::Write { place, error },
            other => Self::Parts(other.to_string()),
        }
    }
}

super::parts!(AccountError, AdjudicationError, AssignmentError, ClosingError);

/// Makes the rooms of the demo in `dir` unless they are there; `say` hears of each step.
///
/// # Errors
/// [`DemoStudyError`]; no half-made rooms are left.
pub fn rooms_if_absent(dir: &Path, say: &mut dyn FnMut(&str)) -> Result<Rooms, DemoStudyError> {
    let place = dir.join(ROOMS);
    let rooms = Rooms { study: place.join(STUDY), adjudicator: place.join(ADJUDICATOR) };
    if has_desk(&rooms.study) && Study::open(&rooms.adjudicator).is_ok() {
        return Ok(rooms);
    }
    let failed = |error| DemoStudyError::Write { place: place.display().to_string(), error };
    let aside = dir.join(".rooms.building");
    for old in [&aside, &place] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(failed)?;
        }
    }
    fs::create_dir_all(&aside).map_err(failed)?;
    let made = make(dir, &aside, say);
    if made.is_err() {
        // The first error is the one to tell; the next try takes away what could not be taken away now.
        let _ = fs::remove_dir_all(&aside);
    }
    made?;
    fs::rename(&aside, &place).map_err(failed)?;
    Ok(rooms)
}

fn make(demo: &Path, aside: &Path, say: &mut dyn FnMut(&str)) -> Result<(), DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: aside.display().to_string(), error };
    let (plan, study) = (aside.join("plan"), aside.join(STUDY));
    let own = Study::open(&demo.join(READER))?;
    fs::create_dir_all(&plan).map_err(failed)?;
    fs::write(plan.join("protocol.toml"), STUDY_PROTOCOL).map_err(failed)?;
    fs::copy(demo.join(DESK).join("desk.json"), plan.join("desk.json")).map_err(failed)?;
    fs::write(plan.join("truth.json"), truth(&demo.join(DESK))?).map_err(failed)?;
    link_packages(&own.packages_dir(), &own, &plan)?;
    let order = Plan {
        study: plan.clone(),
        out: study.clone(),
        readers: SIMULATED,
        cases: None,
        areas: AREAS.to_vec(),
        seed: SEED,
        machines: "simulated".to_owned(),
        key_passphrase: None,
        closes: false,
    };
    simulate(&order, &mut *say, &mut |_| Ok(()))?;
    fs::rename(plan.join("packages"), study.join("packages")).map_err(failed)?;
    fs::remove_dir_all(&plan).map_err(failed)?;
    say("Asking an adjudicator\u{2026}");
    let accounts = people(&study)?;
    let coordinator = unlocked(&accounts, "coordinator")?;
    let (name, chance) = (AccountId::new(ADJUDICATOR)?, entropy(SEED, ADJUDICATOR));
    draw_adjudication(&study, &accounts, &coordinator, &name, false, (&chance, CLOSED_UTC_MS))?;
    let signed = SignedAssignment::open(&study, &accounts)?;
    let (protocol, text): (Protocol, String) = signed.protocol(&study)?;
    let drawn = Adjudications::open(&study, &accounts)?;
    let handed = drawn.hand_out(&study, (&protocol, &text), &ReaderId::new(ADJUDICATOR)?, &aside.join(ADJUDICATOR))?;
    link_packages(&study.join("packages"), &handed, handed.root())?;
    for who in [&coordinator, &unlocked(&accounts, "manager")?] {
        sign_lock(&study, &signed, &accounts, who, None, CLOSED_UTC_MS)?;
    }
    Ok(())
}

/// The accounts of a simulated study, with an adjudicator and an auditor more.
fn people(study: &Path) -> Result<Accounts, DemoStudyError> {
    let file = study.join(ACCOUNTS);
    let mut accounts = Accounts::open(&file)?;
    for (name, kind, shown) in [(ADJUDICATOR, Kind::Adjudicator, "Adjudicator"), ("auditor", Kind::Auditor, "Auditor")] {
        let phrase = Passphrase::new(PASSPHRASE.to_owned())?;
        accounts.add(Account::create(AccountId::new(name)?, kind, shown, &phrase, &entropy(SEED, name))?.0)?;
    }
    accounts.save(&file)?;
    Ok(accounts)
}

fn unlocked(accounts: &Accounts, name: &str) -> Result<Unlocked, DemoStudyError> {
    Ok(accounts.get(&AccountId::new(name)?)?.open(&Passphrase::new(PASSPHRASE.to_owned())?)?)
}

/// Where the nodules of the demo are, as a truth.
fn truth(desk: &Path) -> Result<String, DemoStudyError> {
    let file = desk.join("lesions.json");
    let text = fs::read_to_string(&file).map_err(|error| DemoStudyError::Write { place: file.display().to_string(), error })?;
    let lesions: BTreeMap<CaseId, Vec<DemoLesion>> = serde_json::from_str(&text).map_err(|e| DemoStudyError::Parts(e.to_string()))?;
    let of_case = |(case, lesions): (&CaseId, &Vec<DemoLesion>)| {
        let at = |(n, l): (usize, &DemoLesion)| json!({ "lesion": format!("L{n}"), "at_mm": [l.centre.x, l.centre.y, l.centre.z] });
        let mut row = json!({ "case": case, "truth": u8::from(!lesions.is_empty()) });
        if !lesions.is_empty() {
            row["lesions"] = (1..).zip(lesions).map(at).collect();
        }
        row
    };
    let cases: Vec<_> = lesions.iter().map(of_case).collect();
    let source = "the nodules that were put in";
    Ok(json!({ "tiresias_truth": 1, "version": 1, "source": source, "by": "tiresias demo", "date": "", "cases": cases }).to_string())
}
