//! DICOM becomes case packages of a study: one case, or a folder of them.
//!
//! Owns where a study's desk folder keeps what packing makes: `packages/` with a folder for each package, named by the first 16 digits of its hash, `key.age`
//! with the secrets and originals, and `packages.pub` with the key that workstations trust. Refuses: to guess which series has which role, a package in which the leak
//! scan finds a leak that nobody answered, and a second one who packs at the same desk at the same time.

use super::{at, draw};
use crate::codecs::workers;
use crate::failure::Failure;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::{
    Codecs, Incoming, Keep, Leak, NotMet, Packed, Packing, Retain, Series, Severity, StudyKey, conforms, read_findings, read_folder, scan,
    usual_roles,
};
use tiresias_reads::accounts::Passphrase;
use tiresias_reads::bundle::{CaseFact, TrainingCase};
use tiresias_reads::desk::{Desk, ListedCase, PackingNote, package_dir};
use tiresias_reads::versions::protocol_of;
use tiresias_words::{CaseId, ContentHash, Requirement, Role};

const PACKAGES: &str = "packages";
pub(crate) const KEY: &str = "key.age";
const LIST: &str = "desk.json";
pub(crate) const PUBLIC: &str = "packages.pub";
/// Locked by who packs. The file stays when they end, or are ended; only the lock on it goes.
const LOCK: &str = "packing.lock";
/// What the protocol requires of acquisitions, where nobody names another file.
const ACQUISITION: &str = "acquisition.json";
/// Bytes of the sealed part where nobody says.
pub(crate) const SEALED_SIZE: u64 = 4 << 20;
/// AI results of a case that is found in a folder.
const AI: &str = "ai";

/// Which series of the source has which role.
#[derive(Debug, Clone)]
pub(crate) enum Roles {
    /// As it is usual: a single series, or the views of a mammogram.
    Usual,
    /// Each in a folder or file of the source.
    In(Vec<(Role, PathBuf)>),
    /// Those of all series that the source holds, in their order.
    InOrder(Vec<Role>),
}

/// A case that is to be packed.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// A folder, a DICOMDIR, a file or a zip archive.
    pub(crate) source: PathBuf,
    /// The desk's id.
    pub(crate) case: CaseId,
    pub(crate) roles: Roles,
    /// AI results for the sealed part.
    pub(crate) findings: Vec<PathBuf>,
    pub(crate) sealed_size: u64,
    pub(crate) retain: Vec<Retain>,
    /// Findings of letters in pixels in which somebody who looked saw none.
    pub(crate) no_text: Vec<ContentHash>,
    /// For training alone, with its truth.
    pub(crate) training: Option<bool>,
    /// What readers may be told of it.
    pub(crate) facts: Vec<CaseFact>,
    pub(crate) overlays: bool,
}

impl Order {
    /// A case without options.
    pub(crate) fn new(source: PathBuf, case: CaseId) -> Self {
        Self {
            source,
            case,
            roles: Roles::Usual,
            findings: Vec::new(),
            sealed_size: SEALED_SIZE,
            retain: Vec::new(),
            no_text: Vec::new(),
            training: None,
            facts: Vec::new(),
            overlays: false,
        }
    }
}

/// Where packing a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) doing: &'static str,
    pub(crate) done: usize,
    pub(crate) of: usize,
}

/// Hears of each step, and can stop the work.
pub(crate) type Watch<'a> = &'a mut dyn FnMut(Step) -> ControlFlow<()>;

/// A series of a packed case.
pub(crate) struct PackedSeries {
    pub(crate) role: Role,
    pub(crate) images: usize,
    pub(crate) modality: String,
    pub(crate) warnings: Vec<String>,
}

/// A case that was packed.
pub(crate) struct PackedCase {
    pub(crate) package: ContentHash,
    pub(crate) series: Vec<PackedSeries>,
    /// Files of the source that were not packed.
    pub(crate) refused: usize,
    /// What became of AI results, in sentences.
    pub(crate) ai_notes: Vec<String>,
    /// What of the requirements is not met.
    pub(crate) findings: Vec<NotMet>,
    /// Findings of the leak scan that a person has to judge on the contact sheet; those that were answered are among them.
    pub(crate) to_judge: usize,
}

/// A desk at which cases are packed: its keys are open.
pub(crate) struct PackingDesk {
    study: PathBuf,
    key: StudyKey,
    codecs: Arc<Codecs>,
    requirements: Vec<Requirement>,
    _lock: File,
}

impl PackingDesk {
    /// Opens a study's folder with the passphrase of its key file, which is made if it is not there. `requirements` is a JSON list in a file.
    pub(crate) fn open(study: &Path, passphrase: &str, requirements: Option<&Path>) -> Result<Self, Failure> {
        let codecs = workers()?;
        let own = study.join(ACQUISITION);
        let requirements = match requirements.or_else(|| own.is_file().then_some(own.as_path())) {
            None => Vec::new(),
            Some(path) => {
                let text = fs::read(path).map_err(|e| at(path, e))?;
                serde_json::from_slice(&text).map_err(|e| at(path, e))?
            }
        };
        let packages = study.join(PACKAGES);
        fs::create_dir_all(&packages).map_err(|e| at(&packages, e))?;
        // Before the key file is read: what is added to it and to the list is added to what is read from here on.
        let lock = alone(study)?;
        Ok(Self { study: study.to_owned(), key: study_key(study, passphrase)?, codecs, requirements, _lock: lock })
    }

    /// Packs one case and lists it.
    pub(crate) fn pack(&mut self, order: &Order, watch: Watch<'_>) -> Result<PackedCase, Failure> {
        let study = self.study.clone();
        // A study that was begun at the desk has a list of cases; a folder without one is packed into all the same.
        let desk = if study.join(LIST).is_file() { Some(Desk::open(&study).map_err(|e| at(&study, e))?) } else { None };
        if desk.as_ref().is_some_and(|d| d.cases().contains_key(&order.case)) {
            let place = study.display();
            return Err(Failure::Input(format!("{place}: the case {} is listed already. Pack it under another id.", order.case)));
        }
        if !order.facts.is_empty() {
            let (protocol, _) = protocol_of(&study).map_err(|e| at(&study, e))?;
            order.facts.iter().try_for_each(|fact| fact.fits(&protocol)).map_err(|e| at(&study, format!("{e}. Nothing was packed")))?;
        }
        let mut step = |doing, done, of| watch(Step { doing, done, of });
        let incoming = Incoming::open(&order.source, &study, &self.codecs, &mut |done, of| step("unpacking", done, of));
        let incoming = incoming.map_err(|e| at(&order.source, e))?;
        let (owned, refused) = series(order, incoming.root(), &self.codecs, &mut |done, of| step("reading", done, of))?;
        let case: Vec<(Role, &Series)> = owned.iter().map(|(role, series)| (role.clone(), series)).collect();
        let uid_key = self.key.uid_key();
        let findings = read_findings(&order.findings, &case, &uid_key, &self.codecs);
        let findings = findings.map_err(|(i, e)| at(order.findings.get(i).map_or(Path::new("--ai"), PathBuf::as_path), e))?;
        let (content_key, signer) = (uid_key.content_key(order.case.as_str()), self.key.signer());
        let packing = Packing {
            keep: if order.overlays { Keep::PixelsAndOverlays } else { Keep::Pixels },
            retain: order.retain.iter().copied().collect(),
            no_text: order.no_text.iter().copied().collect(),
            findings: Some(&findings),
            content_key: Some(&content_key),
            sealed_bytes: order.sealed_size,
            signer: Some(&signer),
            ..Packing::new(&case, &uid_key)
        };
        let acquired: Vec<_> = case.iter().map(|(role, series)| series.acquisition(role)).collect();
        let not_met = conforms(&self.requirements, &acquired);
        let key = &mut self.key;
        let listed = |package, to_judge: usize| -> Result<(), Failure> {
            key.add(&order.case, package, &case, &mut draw)?;
            let Some(mut desk) = desk else { return Ok(()) };
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let note = PackingNote {
                series: case.iter().map(|(role, s)| (role.clone(), count(s.len()))).collect(),
                not_met: not_met.iter().map(|f| f.finding.clone()).collect(),
                to_judge: count(to_judge),
            };
            let training = order.training.map(|signal| TrainingCase { signal });
            desk.add(order.case.clone(), ListedCase { package, facts: order.facts.clone(), training, packed: Some(note) })?;
            Ok(desk.save(&study)?)
        };
        let put = put(&packing, &study, &self.codecs, &mut step, listed).map_err(|failure| match failure {
            Failure::Input(why) => Failure::Input(format!("case {}: {why}", order.case)),
            Failure::No(why) => Failure::No(format!("case {}: {why}", order.case)),
        })?;
        let series = case.iter().map(|(role, s)| PackedSeries {
            role: role.clone(),
            images: s.len(),
            modality: s.facts.modality.as_str().to_owned(),
            warnings: s.warnings().to_vec(),
        });
        Ok(PackedCase {
            package: put.0,
            series: series.collect(),
            refused,
            ai_notes: findings.notes().iter().map(|n| n.sentence().to_owned()).collect(),
            findings: not_met,
            to_judge: put.1,
        })
    }
}

/// Keeps others from packing at this desk. Its list and its key file are written whole: of two who pack, the later one would write over what the earlier put in.
fn alone(study: &Path) -> Result<File, Failure> {
    let place = study.join(LOCK);
    let file = File::options().read(true).append(true).create(true).open(&place).map_err(|e| at(&place, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(at(
            study,
            "cases are being packed at this desk already, by another command or in another window. Wait for its end, and pack again.",
        )),
        Err(TryLockError::Error(e)) => {
            Err(at(&place, format!("the desk cannot be kept for one who packs ({e}). Check that you may write here, and try again.")))
        }
    }
}

/// Packs into its place under a study's packages, and lets `note` write down that it is there; where that fails the package goes away again. What the leak
/// scan finds in the new package keeps it from its place. Gives the package, and how many findings a person has to judge.
fn put(
    packing: &Packing<'_>,
    study: &Path,
    codecs: &Arc<Codecs>,
    step: &mut dyn FnMut(&'static str, usize, usize) -> ControlFlow<()>,
    note: impl FnOnce(ContentHash, usize) -> Result<(), Failure>,
) -> Result<(ContentHash, usize), Failure> {
    let aside = study.join(PACKAGES).join(format!(".new-{}", std::process::id()));
    let step = RefCell::new(step);
    let mut writing = |p: Packed| step.borrow_mut()("writing", p.done, p.total);
    let looking = |dir: &Path| clean(dir, &packing.no_text, codecs, &mut |doing, done, of| step.borrow_mut()(doing, done, of));
    let (package, to_judge) = packing.pack_if(&aside, &mut writing, looking)?;
    let place = package_dir(study, &package);
    let is_there = place.exists();
    // The same bytes are there already, or nothing is.
    let moved = if is_there { fs::remove_dir_all(&aside) } else { fs::rename(&aside, &place) };
    moved.map_err(|e| at(&place, e))?;
    note(package, to_judge).inspect_err(|_| {
        if !is_there {
            // The first error is the one to tell.
            let _ = fs::remove_dir_all(&place);
        }
    })?;
    Ok((package, to_judge))
}

/// Findings that a refusal calls by their names. Of more, the others are named when these are answered.
const NAMED: usize = 3;

/// The gate: a package with a leak is no package, unless the leak is letters in pixels that somebody who looked says are none: `no_text`, as its manifest has them. An
/// answer that fits no finding is refused, so that none is kept in store. What a person has to judge is counted, what was answered too, and stays for the contact sheet.
pub(crate) fn clean(
    package: &Path,
    no_text: &BTreeSet<ContentHash>,
    codecs: &Arc<Codecs>,
    step: &mut dyn FnMut(&'static str, usize, usize) -> ControlFlow<()>,
) -> Result<usize, Failure> {
    let report = scan(package, codecs, &mut |s| step("looking for leaks", s.done, s.total)).map_err(|e| at(package, e))?;
    let found: BTreeSet<ContentHash> = report.leaks().iter().filter_map(Leak::finding).collect();
    if let Some(unknown) = no_text.difference(&found).next() {
        return Err(Failure::Input(format!(
            "it was not packed: --no-text {unknown} names no finding of letters in its pixels, and nothing else can be answered. \u{201c}tiresias scan\u{201d} on the source \
             shows what each finding is called."
        )));
    }
    if report.has_leaks() {
        let kinds: BTreeSet<&str> = report.unanswered().map(|l| l.kind().word()).collect();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let what = format!("{} findings: {}", report.unanswered().count(), kinds.join(", "));
        let leaks = report.unanswered().filter(|l| l.severity() == Severity::Leak);
        // None where there is another leak, so that nobody answers the letters and is refused all the same.
        let letters: Option<BTreeSet<ContentHash>> = leaks.map(Leak::finding).collect();
        let is_answered = !no_text.is_empty();
        return Err(Failure::No(letters.map_or_else(|| may_identify(&what), |letters| may_hold_letters(&what, &letters, is_answered))));
    }
    Ok(report.leaks().len())
}

fn may_identify(what: &str) -> String {
    format!(
        "it was not packed: what would have been its package may identify the patient ({what}). \u{201c}tiresias scan\u{201d} on the source says where."
    )
}

/// `is_answered`: other findings were, and have to be again. Frames of the same pixels have one finding, and are answered as one.
fn may_hold_letters(what: &str, findings: &BTreeSet<ContentHash>, is_answered: bool) -> String {
    let answers: Vec<String> = findings.iter().take(NAMED).map(|f| format!("--no-text {f}")).collect();
    let more = match findings.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let so_far = if is_answered { ", the answers given now" } else { "" };
    format!(
        "it was not packed: there may be letters in the pixels of what would have been its package ({what}). Look at them: \u{201c}tiresias scan\u{201d} on the source says \
         where, and with --contact-sheet draws them outlined. If they are letters, have them taken out. If none are, pack it with \u{201c}tiresias pack\u{201d}{so_far} and {}{more}.",
        answers.join(" ")
    )
}

fn study_key(study: &Path, passphrase: &str) -> Result<StudyKey, Failure> {
    let path = study.join(KEY);
    let key = if path.exists() {
        StudyKey::open(&path, passphrase)
    } else {
        // As long as an account's, and for the same reason.
        Passphrase::new(passphrase.to_owned())?;
        StudyKey::create(&path, passphrase, &mut draw)
    };
    let key = key.map_err(|e| at(&path, e))?;
    let public = study.join(PUBLIC);
    if !public.exists() {
        fs::write(&public, key.signer().public(key.uid_key().study()?).to_json()).map_err(|e| at(&public, e))?;
    }
    Ok(key)
}

type Read<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// The series of the case with their roles, and how many files were refused.
fn series(order: &Order, root: &Path, codecs: &Arc<Codecs>, read: Read<'_>) -> Result<(Vec<(Role, Series)>, usize), Failure> {
    let mut read = |place: &Path, named: &Path| {
        let folder = read_folder(place, codecs, &mut |s| read(s.done, s.total)).map_err(|e| at(named, e))?;
        match folder.refused.first() {
            Some(first) if folder.series.is_empty() => Err(Failure::Input(format!("{}: {}.", named.display(), first.reason))),
            _ => Ok((folder.series, folder.refused.len())),
        }
    };
    let named = |count: usize| {
        let source = order.source.display();
        Failure::Input(format!(
            "{source}: there are {count} series in it; name those of the case with --role. \u{201c}tiresias inspect\u{201d} lists them."
        ))
    };
    let places = match &order.roles {
        Roles::Usual => {
            let (found, refused) = read(root, &order.source)?;
            let roles = usual_roles(&found).ok_or_else(|| named(found.len()))?;
            return Ok((roles.into_iter().zip(found).collect(), refused));
        }
        Roles::InOrder(roles) => {
            let (found, refused) = read(root, &order.source)?;
            if roles.len() != found.len() {
                return Err(named(found.len()));
            }
            return Ok((roles.iter().cloned().zip(found).collect(), refused));
        }
        Roles::In(places) => places,
    };
    let mut case = Vec::new();
    let mut all_refused = 0;
    for (role, dir) in places {
        let place = root.join(dir);
        let (mut found, refused) = read(&place, dir)?;
        all_refused += refused;
        match (found.pop(), found.len()) {
            (Some(only), 0) => case.push((role.clone(), only)),
            (_, others) => {
                let count = others + usize::from(others > 0);
                return Err(Failure::Input(format!("{}: there are {count} series in it; a role has one.", dir.display())));
            }
        }
    }
    Ok((case, all_refused))
}

/// A case that lies in a folder and could be packed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) source: PathBuf,
    /// By the name of its folder, where that can be an id.
    pub(crate) id: String,
    /// Its series: what made it, and how many images.
    pub(crate) series: Vec<(String, usize)>,
    /// The roles that they would have; nothing where a person has to say it.
    pub(crate) roles: Vec<Role>,
    /// What the AI says: the files in its folder `ai`.
    pub(crate) findings: Vec<PathBuf>,
    /// Why it cannot be packed.
    pub(crate) trouble: Option<String>,
}

/// Finds the cases under a source.
pub(crate) fn found_in(source: &Path, watch: Watch<'_>) -> Result<Vec<Found>, Failure> {
    let codecs = workers()?;
    let places = places_in(source)?;
    let count = places.len();
    let mut all = Vec::new();
    for (n, place) in places.into_iter().enumerate() {
        if watch(Step { doing: "looking at the cases", done: n, of: count }).is_break() {
            return Err(Failure::Input("Looking at the cases was stopped.".into()));
        }
        all.push(found(place, n + 1, &codecs));
    }
    Ok(all)
}

/// Where the cases under a source lie: each folder in it is one; without folders it is one case itself.
fn places_in(source: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut places: Vec<PathBuf> = Vec::new();
    if source.is_dir() {
        for entry in fs::read_dir(source).map_err(|e| at(source, e))? {
            let path = entry.map_err(|e| at(source, e))?.path();
            // What an AI says of the case that lies here is no case of its own.
            if path.is_dir() && !is_hidden(&path) && path.file_name().is_none_or(|n| n != AI) {
                places.push(path);
            }
        }
    }
    places.sort();
    // A case of its own: its folders are its series.
    if places.is_empty() || source.join("DICOMDIR").is_file() {
        places = vec![source.to_owned()];
    }
    Ok(places)
}

/// What a system puts into folders for itself.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.'))
}

/// The id that a case is offered: its folder's whole name, a file's without its ending, or its number where that can be no id.
fn id_of(source: &Path, number: usize) -> String {
    // A folder has no ending: those of UIDs differ behind the last dot.
    let name = if source.is_dir() { source.file_name() } else { source.file_stem() };
    let name = name.map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    CaseId::new(name).map_or_else(|_| format!("C-{number:03}"), |id| id.to_string())
}

/// What lies in a case's folder `ai`.
fn ai_of(source: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(source.join(AI)).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
    let mut findings: Vec<PathBuf> = all.filter(|p| p.is_file() && !is_hidden(p)).collect();
    findings.sort();
    findings
}

fn found(source: PathBuf, number: usize, codecs: &Arc<Codecs>) -> Found {
    let case = Found { id: id_of(&source, number), findings: ai_of(&source), ..Found::default() };
    match read_folder(&source, codecs, &mut |_| ControlFlow::Continue(())) {
        Err(e) => Found { trouble: Some(format!("{e}")), source, ..case },
        Ok(folder) if folder.series.is_empty() => {
            let trouble = folder.refused.first().map_or_else(|| "There is no image in it.".to_owned(), |f| format!("{}.", f.reason));
            Found { trouble: Some(trouble), source, ..case }
        }
        Ok(folder) => {
            let series = folder.series.iter().map(|s| (s.facts.modality.as_str().to_owned(), s.len())).collect();
            Found { source, series, roles: usual_roles(&folder.series).unwrap_or_default(), ..case }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_packs_at_a_desk_at_a_time() {
        let desk = tempfile::tempdir().expect("a folder");
        let first = alone(desk.path()).expect("nobody else packs");
        let second = alone(desk.path()).map(drop).map_err(Failure::sentence);
        assert!(second.is_err_and(|sentence| sentence.contains("are being packed at this desk already")));
        drop(first);
        assert!(alone(desk.path()).is_ok(), "the file stays, the lock on it does not");
    }

    #[test]
    fn a_folder_gives_a_case_its_whole_name() {
        let source = tempfile::tempdir().expect("a folder");
        for name in ["1.2.840.1", "1.2.840.2", "PAT.7"] {
            let folder = source.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            assert_eq!(id_of(&folder, 1), name);
        }
        let file = source.path().join("PAT-8.zip");
        fs::write(&file, "").expect("written");
        assert_eq!(id_of(&file, 1), "PAT-8");
        assert_eq!(id_of(&source.path().join("what no id can be?.zip"), 7), "C-007");
    }

    #[test]
    fn a_case_with_its_ai_results_is_one_case() {
        let source = tempfile::tempdir().expect("a folder");
        let ai = source.path().join(AI);
        fs::create_dir(&ai).expect("a folder");
        for name in [".DS_Store", "findings.json"] {
            fs::write(ai.join(name), "{}").expect("written");
        }
        assert_eq!(places_in(source.path()).expect("it can be looked at"), [source.path()]);
        assert_eq!(ai_of(source.path()), [ai.join("findings.json")]);
    }
}
