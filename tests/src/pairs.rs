//! The folder of an adjudicator: two readers who differ in every case, the queue that follows, sealed for one account.
//!
//! Owns what the two readers say. Everything else is the product's own: packing, assignment, decisions of the machine, the queue and its seals.

use crate::desk::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Package, Packing, Trust, UidKey, read_folder};
use tiresias_reads::accounts::{Account, Kind, Passphrase};
use tiresias_reads::adjudication::{Ask, Drawn, queue};
use tiresias_reads::bundle::{self, Bundle, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Environment, Locked, Rules, State, Subject, decide, evolve};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::Appended;
use tiresias_reads::seat::{Seat, issue};
use tiresias_reads::study::Study;
use tiresias_reads::table::{ReadRow, ReadsTable};
use tiresias_words::{
    AccountId, ContentHash, ImageAnchor, MarkId, MarkShape, Moment, PatientPoint, QuestionId, ReaderId, Role, SopUid, Voxel,
};
use zeroize::Zeroizing;

/// The adjudicator's passphrase.
pub const PHRASE: &str = "a passphrase of the adjudicator";
/// The adjudicator.
pub const ADJUDICATOR: &str = "ann";
/// Who read before.
pub const READERS: [&str; 2] = ["kestrel", "merlin"];
const RULES: &str = r#"
[adjudication]
condition = "unaided"

[[adjudication.discordance]]
kind = "difference"
question = "confidence"
more_than = 20

[[adjudication.discordance]]
kind = "category"
question = "recall"

[[adjudication.discordance]]
kind = "marks"
mm = 15
"#;

/// A case with images: which package, where something can be marked, and on which image.
struct Packed {
    package: ContentHash,
    place: PatientPoint,
    image: SopUid,
    folder: PathBuf,
}

/// So many demo cases, each packed `each` times with other UIDs.
fn packed(folder: &Path, cases: u32, each: u8) -> Outcome<Vec<Packed>> {
    let mut all = Vec::new();
    for (n, case) in build_cases(&Background::shipped()?, 5, cases)?.enumerate() {
        let source = folder.join(format!("source-{n}"));
        case.write_dicom(&source)?;
        let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(()))?;
        let [x, y, z] = case.geometry.size().map(|n| f64::from(n / 2));
        let place = case.lesions.first().map_or_else(|| case.geometry.patient_of(Voxel::new(x, y, z)), |l| l.centre);
        let series = read.series.first().ok_or("a demo case without a series")?;
        for key in 0..each {
            let aside = folder.join(format!("package-{n}-{key}"));
            let key = UidKey::new([1 + key; 32]);
            let package = Packing::new(&[(Role::current(), series)], &key).pack(&aside, &mut |_| ControlFlow::Continue(()))?;
            let opened = Package::open(&aside, &Trust::Unsigned)?;
            let image = opened.series().first().and_then(|s| s.image_uid(0)).ok_or("a package without an image")?.clone();
            all.push(Packed { package, place, image, folder: aside });
        }
    }
    Ok(all)
}

/// What a reader says of a case, as actions. What is astray is put on an image that the case has not.
fn said(who: usize, at: &Packed, is_astray: bool) -> Outcome<Vec<Action>> {
    let answer = |id: &str, value| {
        Ok::<_, Box<dyn std::error::Error>>(Action::Answer { question: QuestionId::new(id)?, subject: Subject::Case, value })
    };
    let (confidence, recall) = if who == 0 { (82, "yes") } else { (35, "no") };
    let mut all = vec![answer("confidence", AnswerValue::Scale(confidence))?, answer("recall", AnswerValue::Choice(recall.into()))?];
    let PatientPoint { x, y, z } = at.place;
    let by = |dx, dy| PatientPoint::new(x + dx, y + dy, z);
    let places = if who == 0 { vec![(by(0.0, 0.0), 86), (by(-18.0, 22.0), 54)] } else { vec![(by(1.5, 1.5), 41)] };
    let image = if is_astray { SopUid::new("2.25.1")? } else { at.image.clone() };
    for ((point, rating), n) in places.into_iter().zip(1..) {
        let anchor = ImageAnchor { image: image.clone(), frame: 0, column: 1.0, row: 1.0 };
        all.push(Action::PlaceMark { shape: MarkShape::point(point), anchor });
        all.push(Action::RateMark { mark: MarkId(n), rating });
    }
    Ok(all)
}

/// The reads of both readers; the marks of the first may be astray.
fn reads(protocol: &Protocol, packed: &[Packed], is_astray: bool) -> Outcome<(ReadsTable, Vec<Bundle>)> {
    let account =
        |r: &str| Ok::<_, Box<dyn std::error::Error>>(bundle::Account { reader: ReaderId::new(r)?, display_name: format!("Dr {r}") });
    let accounts = READERS.into_iter().map(account).collect::<Outcome<Vec<_>>>()?;
    let cases: Vec<_> = packed.iter().map(|p| CaseToRead { package: p.package, facts: Vec::new(), training: None }).collect();
    let bundles = assign(&Plan { protocol, readers: &accounts, cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 })?;
    let mut rows = Vec::new();
    for (who, bundle) in bundles.iter().enumerate() {
        let rules = Rules::new(protocol.clone(), bundle.clone())?;
        let mut state = State::new(rules.reader().clone());
        let mut now = Moment { utc_ms: 1_000_000, monotonic_ms: 0, boot: format!("boot-{who}") };
        let mut act = |state: &mut State, action: Action| -> Outcome<()> {
            now.monotonic_ms += 700;
            now.utc_ms += 700;
            for event in decide(&rules, state, action, &now)? {
                *state = evolve(state.clone(), &event)?;
            }
            Ok(())
        };
        act(&mut state, Action::StartSession(Environment::new("t".into(), "t".into(), [1, 1], 1.0)))?;
        while let Some(next) = state.next().cloned() {
            let at = packed.iter().find(|p| p.package == next.package).ok_or("a case that was not packed")?;
            let open = [Action::OpenCase(next.read), Action::ImagesShown];
            open.into_iter()
                .chain(said(who, at, is_astray && who == 0)?)
                .chain([Action::Lock])
                .try_for_each(|action| act(&mut state, action))?;
        }
        let row =
            |read: &Locked| ReadRow { file: None, seq: 1, condition: read.read().condition.clone(), rating: None, read: read.clone() };
        rows.extend(state.locked().iter().map(row));
    }
    Ok((ReadsTable { rows, head: Appended { seq: 0, head: ContentHash([0; 32]) } }, bundles))
}

/// Makes the folder of the adjudicator in `folder`, with `cases` x `each` discordant cases; where it is, and what the desk keeps of whose reads they are.
///
/// # Errors
/// When a step is refused.
pub fn study(folder: &Path, cases: u32, each: u8) -> Outcome<(PathBuf, Vec<Drawn>)> {
    made(folder, cases, each, false)
}

/// The same of one case, with both marks of one reader on an image that the case has not.
///
/// # Errors
/// When a step is refused.
pub fn study_astray(folder: &Path) -> Outcome<(PathBuf, Vec<Drawn>)> {
    made(folder, 1, 1, true)
}

fn made(folder: &Path, cases: u32, each: u8, is_astray: bool) -> Outcome<(PathBuf, Vec<Drawn>)> {
    let text = format!("{}{RULES}", tiresias::demo::PROTOCOL);
    let protocol = Protocol::parse(&text)?;
    let packed = packed(folder, cases, each)?;
    let (table, bundles) = reads(&protocol, &packed, is_astray)?;
    let codes: Vec<_> = bundles.iter().flat_map(Bundle::reads).map(|r| (r.package, r.case.clone())).collect();
    let account = bundle::Account { reader: ReaderId::new(ADJUDICATOR)?, display_name: "Adjudicator".into() };
    let (facts, taken) = (BTreeMap::new(), BTreeSet::new());
    let ask = Ask {
        protocol: &protocol,
        table: &table,
        adjudicator: &account,
        facts: &facts,
        codes: &codes,
        taken: &taken,
        seed: 4,
        issued_utc_ms: 5,
    };
    let drawn = queue(&ask, &Zeroizing::new([6; 32]))?;
    let phrase = Passphrase::known_to_all(PHRASE);
    let person = |name: &str, kind, n: u8| {
        Ok::<_, Box<dyn std::error::Error>>(Account::create(AccountId::new(name)?, kind, name, &phrase, &Zeroizing::new([n; 32]))?.0)
    };
    let (cora, ann) = (person("cora", Kind::Coordinator, 1)?, person(ADJUDICATOR, Kind::Adjudicator, 2)?);
    let issued = issue(&drawn.bundle, &cora.open(&phrase)?, 1)?;
    let seat = Seat::new(ann, &drawn.bundle, issued, &drawn.keys, Vec::new(), &Zeroizing::new([3; 32]))?;
    let root = folder.join(ADJUDICATOR);
    let study = Study::create_with_seats(&root, &text, &[drawn.bundle], &[seat])?;
    for p in packed {
        std::fs::rename(p.folder, study.package_dir(&p.package))?;
    }
    Ok((root, drawn.drawn))
}
