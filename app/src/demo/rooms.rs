//! The rooms of the demo: its cases as five simulated readers read them, closed, with their truth, and what two of them differ in for an adjudicator.
//!
//! `rooms/study` is the desk of that study, `rooms/adjudicator` the folder that its adjudicator is handed, and `rooms/with-ai` that of a reader who begins with
//! what a made-up AI says, sealed in the packages. Made when somebody first goes there, from one seed
//! like the demo itself; every account has the passphrase of simulated readers. Refuses: to touch what the person reads.

use super::{DESK, DemoStudyError, SEED, Say, goes_on, read_source, sources_of};
use crate::simulate::{CLOSED_UTC_MS, PASSPHRASE, Plan, SimulateError, entropy, link_packages, simulate};
use crate::work::{ACCOUNTS, clean};
use serde_json::json;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::DemoLesion;
use tiresias_cases::{AiFinding, Codecs, FindingPlace, Findings, KeyError, Packing, Score, Solid, StudyKey};
use tiresias_reads::accounts::{Account, AccountError, Accounts, Kind, Passphrase, Unlocked};
use tiresias_reads::closing::{ClosingError, sign_lock};
use tiresias_reads::desk::{
    AdjudicationError, Adjudications, AssignmentError, Desk, Handed, ListedCase, PackingNote, SignedAssignment, draw_adjudication,
    has_desk, package_dir,
};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::study::Study;
use tiresias_words::{AccountId, CaseId, ContentHash, ContentKey, Displacement, PatientPoint, ReaderId, Role};

/// The protocol of the study that was read.
const STUDY_PROTOCOL: &str = include_str!("../../../assets/protocols/demo-study.toml");
/// How many simulated readers read it.
const SIMULATED: u32 = 5;
/// The areas under their curves, unaided and with AI.
const AREAS: [f64; 2] = [0.72, 0.9];
const ROOMS: &str = "rooms";
/// Rooms that could not be opened any more are kept under this name and a number.
const BEFORE: &str = "rooms-before-";
const STUDY: &str = "study";
const ADJUDICATOR: &str = "adjudicator";
const WITH_AI: &str = "with-ai";
/// Nodules of a lower index the made-up AI does not find.
const FOUND_FROM: f64 = 3.0;

/// Where the rooms are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    /// The desk of the study that was read.
    pub study: PathBuf,
    /// The folder of its adjudicator.
    pub adjudicator: PathBuf,
    /// The folder of a reader who begins with the AI.
    pub with_ai: PathBuf,
}

type Lesions = BTreeMap<CaseId, Vec<DemoLesion>>;

impl From<SimulateError> for DemoStudyError {
    fn from(e: SimulateError) -> Self {
        match e {
            SimulateError::Disk { place, error } => Self::Write { place, error },
            SimulateError::Unheard => Self::Stopped,
            other => Self::Parts(other.to_string()),
        }
    }
}

super::parts!(AccountError, AdjudicationError, AssignmentError, ClosingError, KeyError);

/// Makes the rooms of the demo in `dir` unless they are there; `say` hears of each step. Rooms of which one cannot be opened any more are kept aside, with
/// what somebody read or settled in them.
///
/// # Errors
/// [`DemoStudyError`]; no half-made rooms are left.
pub fn rooms_if_absent(dir: &Path, say: &mut Say<'_>) -> Result<Rooms, DemoStudyError> {
    let place = dir.join(ROOMS);
    let rooms = Rooms { study: place.join(STUDY), adjudicator: place.join(ADJUDICATOR), with_ai: place.join(WITH_AI) };
    if has_desk(&rooms.study) && [&rooms.adjudicator, &rooms.with_ai].iter().all(|folder| Study::open(folder).is_ok()) {
        return Ok(rooms);
    }
    let failed = |error| DemoStudyError::Write { place: place.display().to_string(), error };
    let aside = dir.join(".rooms.building");
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(failed)?;
    }
    fs::create_dir_all(&aside).map_err(failed)?;
    let made = make(dir, &aside, say);
    if made.is_err() {
        // The first error is the one to tell; the next try takes away what could not be taken away now.
        let _ = fs::remove_dir_all(&aside);
    }
    made?;
    if place.exists() {
        let mut number = 1u32;
        while dir.join(format!("{BEFORE}{number}")).exists() {
            number += 1;
        }
        fs::rename(&place, dir.join(format!("{BEFORE}{number}"))).map_err(failed)?;
    }
    fs::rename(&aside, &place).map_err(failed)?;
    Ok(rooms)
}

fn make(demo: &Path, aside: &Path, say: &mut Say<'_>) -> Result<(), DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: aside.display().to_string(), error };
    let (plan, study) = (aside.join("plan"), aside.join(STUDY));
    fs::create_dir_all(&plan).map_err(failed)?;
    fs::write(plan.join("protocol.toml"), STUDY_PROTOCOL).map_err(failed)?;
    let lesions = lesions(&demo.join(DESK))?;
    fs::write(plan.join("truth.json"), truth(&lesions)).map_err(failed)?;
    let keys = cases(demo, &plan, &lesions, say)?;
    let order = Plan {
        study: plan.clone(),
        out: study.clone(),
        readers: SIMULATED,
        cases: None,
        areas: AREAS.to_vec(),
        seed: SEED,
        machines: "simulated".to_owned(),
        key_passphrase: Some(PASSPHRASE.to_owned().into()),
        closes: false,
    };
    let stopped = Cell::new(false);
    let mut told = |step: &str| stopped.set(stopped.get() || say(step).is_break());
    simulate(&order, &mut told, &mut |_| if stopped.get() { Err(SimulateError::Unheard) } else { Ok(()) })?;
    fs::rename(plan.join("packages"), study.join("packages")).map_err(failed)?;
    fs::remove_dir_all(&plan).map_err(failed)?;
    goes_on(say("Asking an adjudicator\u{2026}"))?;
    let accounts = people(&study)?;
    let coordinator = unlocked(&accounts, "coordinator")?;
    let (name, chance) = (AccountId::new(ADJUDICATOR)?, entropy(SEED, ADJUDICATOR));
    draw_adjudication(&study, &accounts, &coordinator, &name, false, (&chance, CLOSED_UTC_MS))?;
    let signed = SignedAssignment::open(&study, &accounts)?;
    let (protocol, text): (Protocol, String) = signed.protocol(&study)?;
    let drawn = Adjudications::open(&study, &accounts)?;
    let (who, place) = (ReaderId::new(ADJUDICATOR)?, aside.join(ADJUDICATOR));
    let handed = drawn.hand_out(&study, &accounts, (&protocol, &text), &who, &[], &place)?;
    link_packages(&study.join("packages"), &handed, handed.root())?;
    let (with_ai, chance) = (signed.readers().find(|r| begins_aided(&signed, &study, &protocol, r)), entropy(SEED, WITH_AI));
    let with_ai = with_ai.ok_or_else(|| DemoStudyError::Parts("Nobody begins with the AI.".to_owned()))?;
    let of_packages = Handed { keys: &keys, ..Handed::default() };
    let handed = signed.hand_out(&study, &accounts, with_ai, &of_packages, &chance, &aside.join(WITH_AI))?;
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
        let phrase = Passphrase::known_to_all(PASSPHRASE);
        accounts.add(Account::create(AccountId::new(name)?, kind, shown, &phrase, &entropy(SEED, name))?.0)?;
    }
    accounts.save(&file)?;
    Ok(accounts)
}

fn unlocked(accounts: &Accounts, name: &str) -> Result<Unlocked, DemoStudyError> {
    Ok(accounts.get(&AccountId::new(name)?)?.open(&Passphrase::known_to_all(PASSPHRASE))?)
}

fn begins_aided(signed: &SignedAssignment, study: &Path, protocol: &Protocol, reader: &ReaderId) -> bool {
    signed.bundle(study, protocol, reader).is_ok_and(|b| b.begins_with_ai(protocol))
}

/// Packs the demo's cases once more, with what the AI says sealed in them, through the same gate as every case; the keys of the sealed parts.
fn cases(demo: &Path, plan: &Path, lesions: &Lesions, say: &mut Say<'_>) -> Result<Vec<(ContentHash, ContentKey)>, DemoStudyError> {
    let failed = |error| DemoStudyError::Write { place: plan.display().to_string(), error };
    let chance = entropy(SEED, "key");
    let mut draw = |bytes: &mut [u8]| {
        bytes.iter_mut().zip(chance.iter().cycle()).for_each(|(to, from)| *to = *from);
        Ok(())
    };
    let key = StudyKey::create(&plan.join("key.age"), PASSPHRASE, &mut draw)?;
    let (secret, signer, mut desk, mut keys) = (key.uid_key(), key.signer(), Desk::empty(SEED), Vec::new());
    // What this program wrote is not compressed.
    let codecs = Arc::new(Codecs::here());
    fs::create_dir_all(plan.join("packages")).map_err(failed)?;
    for (n, (case, here)) in (1..).zip(lesions) {
        goes_on(say(&format!("Packing case {n} of {} with what the AI says\u{2026}", lesions.len())))?;
        let content_key = secret.content_key(case.as_str());
        let findings = says(here, lesions, n);
        let aside = plan.join("packages").join("new");
        let series = read_source(&sources_of(demo).join(case.as_str()))?;
        let all = [(Role::current(), &series)];
        let packing =
            Packing { findings: Some(&findings), content_key: Some(&content_key), signer: Some(&signer), ..Packing::new(&all, &secret) };
        let gate = |made: &Path| {
            let looked = clean(made, &packing, &codecs, &mut |_, _, _| ControlFlow::Continue(()));
            looked.map_err(|why| DemoStudyError::Parts(why.for_command(case).sentence()))
        };
        let (package, to_judge) = packing.pack_if(&aside, &mut |_| ControlFlow::Continue(()), gate)?;
        fs::rename(&aside, package_dir(plan, &package)).map_err(failed)?;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        // Its study requires nothing of acquisitions.
        let note = PackingNote { series: vec![(Role::current(), count(series.len()))], not_met: Vec::new(), to_judge: count(to_judge) };
        desk.add(case.clone(), ListedCase { package, facts: Vec::new(), training: None, packed: Some(note) })?;
        keys.push((package, content_key));
    }
    desk.save(plan)?;
    Ok(keys)
}

/// What the made-up AI says of a case: nodules that stand out, and in every third case a place where another case has its nodule.
fn says(here: &[DemoLesion], all: &Lesions, number: usize) -> Findings {
    let finding = |lesion: &DemoLesion, score: f64| {
        let (x, r) = (lesion.centre, lesion.radius.0 + 1.0);
        let halves = [Displacement::new(r, 0.0, 0.0), Displacement::new(0.0, r, 0.0), Displacement::new(0.0, 0.0, r)];
        let shape = Solid::Ellipsoid { centre: PatientPoint::new(x.x, x.y, x.z), halves };
        let places = vec![FindingPlace::InPatient { series: Role::current(), shape }];
        let (class, product) = (Some("nodule".to_owned()), Some("Made-up AI 1".to_owned()));
        AiFinding { places, score: Score::new(score), class, product, threshold: Score::new(0.3) }
    };
    let found = here.iter().filter(|l| l.conspicuity >= FOUND_FROM);
    let mut findings: Vec<_> = found.map(|l| finding(l, (l.conspicuity / (l.conspicuity + 3.0)).clamp(0.3, 0.99))).collect();
    let elsewhere = all.values().flatten().filter(|l| here.iter().all(|own| own.centre != l.centre)).nth(number % 5);
    findings.extend(elsewhere.filter(|_| number.is_multiple_of(3)).map(|l| finding(l, 0.34)));
    Findings::of(findings, Vec::new(), Vec::new())
}

/// Where the nodules of the demo are.
fn lesions(desk: &Path) -> Result<Lesions, DemoStudyError> {
    let file = desk.join("lesions.json");
    let text = fs::read_to_string(&file).map_err(|error| DemoStudyError::Write { place: file.display().to_string(), error })?;
    serde_json::from_str(&text).map_err(|e| DemoStudyError::Parts(e.to_string()))
}

/// The same as a truth.
fn truth(lesions: &Lesions) -> String {
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
    json!({ "tiresias_truth": 1, "version": 1, "source": source, "by": "tiresias demo", "date": "", "cases": cases }).to_string()
}
