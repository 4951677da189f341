//! An adjudicator at work: 25 discordant cases settled by mouse and keys, the actions counted, no reader's name in any frame; and the screen looked at.

use crate::clipped::Found;
use crate::sitting::{Opening, Sitting};
use crate::templates::{open_case, press, question, reader};
use crate::written::wait_for_record;
use egui::{Event, Key, Modifiers};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tiresias_cases::demo::{Background, build_cases};
use tiresias_cases::{Codecs, Package, Packing, Trust, UidKey, read_folder};
use tiresias_reads::accounts::{Account, Kind, Passphrase};
use tiresias_reads::adjudication::{Ask, Drawn, queue};
use tiresias_reads::bundle::{self, CaseToRead, Plan, assign};
use tiresias_reads::machine::{Action, AnswerValue, Choice, Environment, Rules, State, Subject, decide, evolve};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::Appended;
use tiresias_reads::seat::{Seat, issue};
use tiresias_reads::study::Study;
use tiresias_reads::table::{ReadRow, ReadsTable};
use tiresias_words::{AccountId, ContentHash, ImageAnchor, MarkId, MarkShape, Moment, PatientPoint, Role, SopUid};
use zeroize::Zeroizing;

const PHRASE: &str = "a passphrase of the adjudicator";
const READERS: [&str; 2] = ["kestrel", "merlin"];
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

/// Cases with images: which package, where something can be marked, and on which image.
struct Packed {
    package: ContentHash,
    place: PatientPoint,
    image: SopUid,
    folder: PathBuf,
}

/// So many demo cases, each packed `each` times with other UIDs.
fn packed(folder: &Path, cases: u32, each: u8) -> Vec<Packed> {
    let mut all = Vec::new();
    for (n, case) in build_cases(&Background::shipped().expect("the background"), 5, cases).expect("cases").enumerate() {
        let source = folder.join(format!("source-{n}"));
        case.write_dicom(&source).expect("files");
        let read = read_folder(&source, &Arc::new(Codecs::here()), &mut |_| ControlFlow::Continue(())).expect("a folder");
        let size = case.geometry.size();
        let middle =
            case.geometry.patient_of(tiresias_words::Voxel::new(f64::from(size[0] / 2), f64::from(size[1] / 2), f64::from(size[2] / 2)));
        let place = case.lesions.first().map_or(middle, |l| l.centre);
        for key in 0..each {
            let aside = folder.join(format!("package-{n}-{key}"));
            let key = UidKey::new([1 + key; 32]);
            let packing = Packing::new(&[(Role::current(), &read.series[0])], &key).pack(&aside, &mut |_| ControlFlow::Continue(()));
            let package = packing.expect("a package");
            let opened = Package::open(&aside, &Trust::Unsigned).expect("opens");
            let image = opened.series()[0].image_uid(0).expect("a uid").clone();
            all.push(Packed { package, place, image, folder: aside });
        }
    }
    all
}

/// What a reader says of a case, as actions.
fn said(who: usize, at: &Packed) -> Vec<Action> {
    let answer = |id: &str, value| Action::Answer { question: question(id), subject: Subject::Case, value };
    let (confidence, recall) = if who == 0 { (82, "yes") } else { (35, "no") };
    let mut all = vec![answer("confidence", AnswerValue::Scale(confidence)), answer("recall", AnswerValue::Choice(recall.into()))];
    let PatientPoint { x, y, z } = at.place;
    let by = |dx, dy| PatientPoint::new(x + dx, y + dy, z);
    let places = if who == 0 { vec![(by(0.0, 0.0), 86), (by(-18.0, 22.0), 54)] } else { vec![(by(1.5, 1.5), 41)] };
    for ((point, rating), n) in places.into_iter().zip(1..) {
        let anchor = ImageAnchor { image: at.image.clone(), frame: 0, column: 1.0, row: 1.0 };
        all.push(Action::PlaceMark { shape: MarkShape::point(point), anchor });
        all.push(Action::RateMark { mark: MarkId(n), rating });
    }
    all
}

/// The reads of both readers.
fn reads(protocol: &Protocol, packed: &[Packed]) -> (ReadsTable, Vec<bundle::Bundle>) {
    let accounts: Vec<_> = READERS.iter().map(|r| bundle::Account { reader: reader(r), display_name: format!("Dr {r}") }).collect();
    let cases: Vec<_> = packed.iter().map(|p| CaseToRead { package: p.package, facts: Vec::new(), training: None }).collect();
    let plan = Plan { protocol, readers: &accounts, cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 };
    let bundles = assign(&plan).expect("bundles");
    let mut rows = Vec::new();
    for (who, bundle) in bundles.iter().enumerate() {
        let rules = Rules::new(protocol.clone(), bundle.clone()).expect("of one protocol");
        let mut state = State::new(rules.reader().clone());
        let mut now = Moment { utc_ms: 1_000_000, monotonic_ms: 0, boot: format!("boot-{who}") };
        let mut act = |state: &mut State, action: Action| {
            now.monotonic_ms += 700;
            now.utc_ms += 700;
            for event in decide(&rules, state, action, &now).expect("allowed") {
                *state = evolve(state.clone(), &event).expect("in order");
            }
        };
        let environment = Environment { build: "t".into(), adapter: "t".into(), surface: [1, 1], scale: 1.0 };
        act(&mut state, Action::StartSession(environment));
        while let Some(next) = state.next().cloned() {
            let at = packed.iter().find(|p| p.package == next.package).expect("packed");
            let open = [Action::OpenCase(next.read), Action::ImagesShown];
            open.into_iter().chain(said(who, at)).chain([Action::Lock]).for_each(|action| act(&mut state, action));
        }
        let row = |read: &tiresias_reads::machine::Locked| ReadRow {
            file: None,
            seq: 1,
            condition: read.read().condition.clone(),
            rating: None,
            read: read.clone(),
        };
        rows.extend(state.locked().iter().map(row));
    }
    (ReadsTable { rows, head: Appended { seq: 0, head: ContentHash([0; 32]) } }, bundles)
}

/// The folder of an adjudicator with so many discordant cases, and what the desk keeps of whose reads they are.
fn study(folder: &Path, cases: u32, each: u8) -> (PathBuf, Vec<Drawn>) {
    let text = format!("{}{RULES}", tiresias::demo::PROTOCOL);
    let protocol = Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"));
    let packed = packed(folder, cases, each);
    let (table, bundles) = reads(&protocol, &packed);
    let codes: Vec<_> = bundles.iter().flat_map(bundle::Bundle::reads).map(|r| (r.package, r.case.clone())).collect();
    let account = bundle::Account { reader: reader("ann"), display_name: "Adjudicator".into() };
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
    let drawn = queue(&ask, &Zeroizing::new([6; 32])).expect("a queue");
    let phrase = Passphrase::new(PHRASE.into()).expect("long enough");
    let made = |name: &str, kind, n: u8| {
        Account::create(AccountId::new(name).expect("a name"), kind, name, &phrase, &Zeroizing::new([n; 32])).expect("made").0
    };
    let (cora, ann) = (made("cora", Kind::Coordinator, 1), made("ann", Kind::Adjudicator, 2));
    let issued = issue(&drawn.bundle, &cora.open(&phrase).expect("opens"), 1).expect("issued");
    let seat = Seat::new(ann, &drawn.bundle, issued, &drawn.keys, Vec::new(), &Zeroizing::new([3; 32])).expect("a seat");
    let root = folder.join("ann");
    let study = Study::create_with_seats(&root, &text, &[drawn.bundle], &[seat]).expect("a study");
    for p in packed {
        std::fs::rename(p.folder, study.package_dir(&p.package)).expect("moved");
    }
    (root, drawn.drawn)
}

fn begin(root: &Path, pixels: [u32; 2]) -> Sitting {
    let mut room = Sitting::start(Opening::of(root).sized(pixels));
    room.seen.collect = true;
    room.until_says("Who reads?");
    room.press_named("Adjudicator");
    room.until_says("your passphrase opens your cases");
    types(&mut room, PHRASE);
    room.until_says("End the session");
    room
}

fn types(room: &mut Sitting, words: &str) {
    room.rest();
    room.window.event(Event::Text(words.to_owned()));
    room.key(Key::Enter);
}

/// Says and locks the own impression: what is on the screen before has nothing of the two reads.
fn impression(room: &mut Sitting) {
    open_case(room);
    assert!(room.says("Lock the first impression"));
    for hidden in ["Read A", "Your decision", "Why this case"] {
        assert!(!room.says(hidden), "{hidden}");
    }
    press(room, ">55>2");
    room.rest();
    press(room, "!");
    room.until_says("Your decision");
    room.rest();
}

fn picture(room: &mut Sitting, name: &str) {
    if let Some(folder) = std::env::var_os("TIRESIAS_PICTURES") {
        room.pixels().save(PathBuf::from(folder).join(name)).expect("a picture");
    }
}

/// Issue 7, done when 2.
#[test]
fn twenty_five_discordant_cases_are_settled_by_mouse_and_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, drawn) = study(folder.path(), 5, 5);
    assert_eq!(drawn.len(), 25);
    let mut room = begin(&root, [1280, 800]);
    let mut most = [0usize; 2];
    let mut taken = Vec::new();
    for n in 0..25 {
        impression(&mut room);
        let before = room.keystrokes;
        match n % 4 {
            // By keys: to the choice, A, a reason, the lock.
            0 => {
                press(&mut room, ">11!");
                room.until_says("Locked.");
                most[0] = most[0].max(room.keystrokes - before);
                taken.push(Choice::A);
            }
            1 => {
                let clicks = ["Decision: 2 Accept B", "Reason: 2  Seen by both, taken differently", "Lock this decision"];
                for name in clicks {
                    room.settle_clicks();
                    room.press_named(name);
                    room.rest();
                }
                room.until_says("Locked.");
                most[1] = most[1].max(clicks.len());
                taken.push(Choice::B);
            }
            // By keys, B, and a reason in one's own words, which is typed.
            2 => {
                press(&mut room, ">24");
                room.rest();
                room.window.event(Event::Text("The second mark is a vessel seen end-on.".into()));
                room.step();
                press(&mut room, "!");
                room.until_says("Locked.");
                most[0] = most[0].max(room.keystrokes - before + 1);
                taken.push(Choice::B);
            }
            // A read of one's own, which begins with what was thought at first.
            _ => {
                press(&mut room, ">3");
                room.until_says("How confident are you");
                press(&mut room, "90>");
                room.rest();
                press(&mut room, ">1!");
                room.until_says("Locked.");
                taken.push(Choice::Own);
            }
        }
    }
    println!("agreeing took at most {} keys, or {} clicks", most[0], most[1]);
    assert!(most.iter().all(|n| *n <= 6), "{most:?}");
    room.press_named("To the list");
    room.until_says("End the session");
    room.press_named("End the session");
    room.until_says("Sign what you read");
    types(&mut room, PHRASE);
    room.until_says("What you read is signed.");
    // In no frame was a reader's name, or a code that a reader has.
    assert!(room.seen.frames > 500);
    let hidden: Vec<String> =
        READERS.iter().map(|r| (*r).to_owned()).chain(drawn.iter().flat_map(|d| [&d.a, &d.b]).map(|r| r.case.to_string())).collect();
    for words in &room.seen.words {
        assert!(!hidden.iter().any(|h| words.to_lowercase().contains(&h.to_lowercase())), "{words}");
    }
    drop(room);
    let record = wait_for_record(&root);
    let state = record.state(&reader("ann"));
    assert!(!state.has_unsigned());
    let decided: Vec<_> =
        state.locked().iter().map(|l| l.settled().and_then(tiresias_reads::machine::Settling::choice).expect("decided")).collect();
    assert_eq!(decided, taken);
    for locked in state.locked() {
        let drawn = drawn.iter().find(|d| d.read == *locked.read()).expect("drawn");
        let confidence = locked.answers().of_case(&question("confidence"));
        let of = |id: &tiresias_words::ReadId| Some(AnswerValue::Scale(if id.reader == reader(READERS[0]) { 82 } else { 35 }));
        let expected = match locked.settled().and_then(tiresias_reads::machine::Settling::choice) {
            Some(Choice::A) => of(&drawn.a),
            Some(Choice::B) => of(&drawn.b),
            _ => Some(AnswerValue::Scale(90)),
        };
        assert_eq!(confidence, expected.as_ref());
        assert_eq!(locked.impression().and_then(|i| i.answers().of_case(&question("confidence"))), Some(&AnswerValue::Scale(55)));
    }
    assert!(record.results().is_ok());
}

/// The screen at two sizes: both reads, with one slice, window and zoom; a difference leads both sides to its place.
#[test]
fn both_sides_move_together_and_nothing_is_clipped() {
    let mut found = Found::default();
    for pixels in [[1280, 800], [1920, 1080]] {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, _) = study(folder.path(), 1, 1);
        let mut room = begin(&root, pixels);
        impression(&mut room);
        let name = |what: &str| format!("adjudication-{what}-{}.png", pixels[0]);
        picture(&mut room, &name("begun"));
        let panes = room.panes();
        assert_eq!(panes.len(), 2, "{panes:?}");
        let in_pane = |room: &Sitting, at: usize, words: &str| room.texts_in(room.panes()[at].1, words).into_iter().map(|t| t.text).next();
        assert!(in_pane(&room, 0, "Read A").is_some() && in_pane(&room, 1, "Read B").is_some());
        let both = |room: &Sitting, words: &str| {
            let all: Vec<_> = (0..2).map(|i| in_pane(room, i, words)).collect();
            assert!(all[0].is_some() && all[0] == all[1], "{words}: {all:?}");
            all[0].clone()
        };
        // The wheel over B turns both leaves, and the zoom of A is that of B.
        let first = both(&room, "slice ");
        room.wheel(panes[1].1.center(), 2, Modifiers::NONE);
        room.rest();
        assert_ne!(both(&room, "slice "), first);
        room.wheel(panes[0].1.center(), 3, Modifiers::COMMAND);
        room.rest();
        both(&room, "\u{d7}");
        // The pointer over one side is a cross on the other; a difference brings both back to it.
        let rows: Vec<String> = room
            .nodes()
            .iter()
            .filter_map(|n| egui_kittest::kittest::NodeT::accesskit_node(n).label())
            .filter(|l| l.contains("only ") || l.contains("same "))
            .collect();
        assert_eq!(rows.len(), 2, "{rows:?}");
        let alone = rows.iter().find(|r| r.contains("only ")).expect("a mark without partner").clone();
        room.press_named(&alone);
        room.rest();
        assert_eq!(both(&room, "slice "), first);
        found.look_at_form(&room, "two reads", pixels);
        assert!(room.window.unnamed_widgets().is_empty());
        press(&mut room, ">1");
        room.until_says("Still to do: give a reason");
        room.rest();
        picture(&mut room, &name("accepted"));
        found.look_at_form(&room, "A accepted", pixels);
        assert!(room.says("another, in your words"), "the reasons are in sight");
        room.key(Key::Tab);
        press(&mut room, "3");
        room.rest();
        picture(&mut room, &name("own"));
        found.look_at_form(&room, "a read of one's own", pixels);
        assert!(room.says("at first: 55") && !room.says("before the AI"), "no AI is spoken of");
        room.key(Key::Escape);
        room.chord(Modifiers::COMMAND, Key::Enter);
        room.rest();
        picture(&mut room, &name("to-do"));
        assert!(room.says("Give a reason"));
    }
    println!("{}", found.report());
}
