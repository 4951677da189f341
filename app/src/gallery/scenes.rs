//! The way to each screen and each of its states, as a person goes it: by names of controls, keys and words.
//!
//! Everything is in the demo study. Refuses: to look into the program, and to change a folder that is not its own.

use super::headless::{Headless, Size};
use super::{Camera, GalleryError, made};
use crate::demo::{Rooms, build_if_absent, reader_of, rooms_if_absent, sources_of};
use crate::hold::Held;
use crate::recent;
use crate::shell::Tiresias;
use crate::simulate::PASSPHRASE;
use egui::{Key, Modifiers};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

type Done = Result<(), GalleryError>;

/// A screen: its name, and the walk through its states.
pub(super) struct Scene {
    pub(super) screen: &'static str,
    pub(super) walk: fn(&Place, &mut Camera<'_>) -> Done,
}

pub(super) const SCENES: [Scene; 17] = [
    Scene { screen: "start", walk: start },
    Scene { screen: "settings", walk: settings },
    Scene { screen: "about", walk: about },
    Scene { screen: "new-study", walk: new_study },
    Scene { screen: "demo", walk: demo },
    Scene { screen: "sign-in", walk: sign_in },
    Scene { screen: "passphrase", walk: passphrase },
    Scene { screen: "worklist", walk: worklist },
    Scene { screen: "reading", walk: reading },
    Scene { screen: "tour", walk: tour },
    Scene { screen: "amend", walk: amend },
    Scene { screen: "adjudication", walk: adjudication },
    Scene { screen: "desk-new", walk: desk_new },
    Scene { screen: "desk", walk: desk },
    Scene { screen: "audit", walk: audit },
    Scene { screen: "results", walk: results },
    Scene { screen: "results-early", walk: results_early },
];

/// The demo, in a folder of its own.
pub(super) struct Place {
    root: PathBuf,
    rooms: Rooms,
}

impl Place {
    pub(super) fn build(root: &Path, say: &mut dyn FnMut(&str)) -> Result<Self, GalleryError> {
        let demo = root.join("demo");
        let mut told = |step: &str| {
            say(step);
            ControlFlow::Continue(())
        };
        build_if_absent(&demo, &mut told)?;
        Ok(Self { root: root.to_owned(), rooms: rooms_if_absent(&demo, &mut told)? })
    }
    /// A copy of a folder that a walk may change; files that are never changed are in both.
    fn copy(&self, from: &Path, name: &str) -> Result<PathBuf, GalleryError> {
        let to = self.root.join(name);
        copy(from, &to).map_err(|e| GalleryError::Disk(e.kind()))?;
        Ok(to)
    }
    fn reader(&self, name: &str) -> Result<PathBuf, GalleryError> {
        self.copy(&reader_of(&self.root.join("demo")), name)
    }
    /// The program at its start, with settings and recent studies of its own.
    fn open(&self, name: &str, size: Size, begin: impl FnOnce(Tiresias) -> Tiresias) -> Result<Headless, GalleryError> {
        let data = self.root.join("data").join(name);
        fs::create_dir_all(&data).map_err(|e| GalleryError::Disk(e.kind()))?;
        Headless::open(size, data, begin)
    }
    fn study(&self, name: &str, size: Size, study: PathBuf) -> Result<Headless, GalleryError> {
        self.open(name, size, |app| app.with_study(Some(study)))
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else if from.components().any(|c| c.as_os_str() == "packages") && fs::hard_link(entry.path(), &target).is_ok() {
            // A package is never changed.
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn start(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.open("start", camera.first(), |app| app)?;
    window.until("Try the demo study")?;
    camera.take(&mut window, "nothing opened yet")?;
    let nothing = place.root.join("an empty folder");
    fs::create_dir_all(&nothing).map_err(|e| GalleryError::Disk(e.kind()))?;
    let mut window = place.study("start", camera.first(), nothing)?;
    window.until("Open a study")?;
    window.rest()?;
    camera.take(&mut window, "a folder that is no study")?;
    let held = Held::after(0, "open");
    let mut window = place.study("start-opening", camera.first(), place.reader("start-opening")?)?;
    window.until("Opening the study")?;
    camera.take(&mut window, "a study that is being opened")?;
    drop(held);
    let data = place.root.join("data").join("recent");
    let demo = reader_of(&place.root.join("demo"));
    let (read, new) = ("Nodule detection on chest CT, unaided and with AI", "Nodule detection on chest CT");
    for (study, title) in [(&place.rooms.study, read), (&place.rooms.adjudicator, read), (&demo, new)] {
        recent::remember(Some(&data), study, title);
    }
    let mut window = place.open("recent", camera.first(), |app| app)?;
    window.until("Recent")?;
    camera.take(&mut window, "three studies opened lately")
}

fn settings(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.open("settings", camera.first(), |app| app)?;
    window.until("Try the demo study")?;
    window.press("Keys, mouse and screen\u{2026}")?;
    camera.take(&mut window, "keys")?;
    window.press("Measure this screen\u{2026}")?;
    camera.take(&mut window, "size of the screen")?;
    window.key(Key::Escape);
    window.rest()?;
    window.press("Look at the test pattern\u{2026}")?;
    camera.take(&mut window, "test pattern")
}

fn about(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.open("about", camera.first(), |app| app)?;
    window.until("Try the demo study")?;
    window.press("About Tiresias")?;
    camera.take(&mut window, "")?;
    window.press("Third-party components and their licences")?;
    camera.take(&mut window, "third-party components")
}

fn new_study(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.open("new", camera.first(), |app| app)?;
    window.until("Try the demo study")?;
    window.press("Begin a new study\u{2026}")?;
    camera.take(&mut window, "")
}

fn demo(place: &Place, camera: &mut Camera<'_>) -> Done {
    let dir = place.root.join("demo");
    let mut window = place.open("demo", camera.first(), |app| app.with_demo(Some(dir)))?;
    window.until("The demo study")?;
    camera.take(&mut window, "five ways")?;
    let held = Held::after(0, "open");
    window.press("See the results")?;
    window.until("Five simulated readers read")?;
    camera.take(&mut window, "what is being made")?;
    drop(held);
    window.until("your passphrase shows that it is you")?;
    camera.take(&mut window, "what to type")
}

fn sign_in(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.study("sign-in", camera.first(), place.reader("sign-in")?)?;
    window.until("Who reads?")?;
    camera.take(&mut window, "")?;
    let lost = place.reader("sign-in-lost")?;
    let mut window = place.open("sign-in", camera.first(), |app| app.with_study(Some(lost)).after_loss())?;
    window.until("Who reads?")?;
    camera.take(&mut window, "after the graphics device was lost")
}

fn passphrase(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.study("passphrase", camera.first(), place.rooms.adjudicator.clone())?;
    window.until("your passphrase opens your cases")?;
    camera.take(&mut window, "asked for")?;
    let held = Held::after(0, "keys");
    window.types("something else");
    window.until("Opening your keys")?;
    camera.take(&mut window, "being tried")?;
    drop(held);
    window.until("not the passphrase")?;
    window.rest()?;
    camera.take(&mut window, "refused")
}

/// Signed in as the first reader of the demo.
fn seated(place: &Place, name: &str, size: Size) -> Result<Headless, GalleryError> {
    let mut window = place.study(name, size, place.reader(name)?)?;
    window.until("Who reads?")?;
    window.press("Reader 1")?;
    window.until("End the session")?;
    window.rest()?;
    Ok(window)
}

/// The next case, with all its images.
fn opened(window: &mut Headless) -> Done {
    window.key(Key::Enter);
    window.until("HU")?;
    window.rest()
}

/// Answers the questions of the demo's form.
fn answered(window: &mut Headless) -> Done {
    window.key(Key::Enter);
    for digit in [Key::Num7, Key::Num0] {
        window.key(digit);
    }
    window.key(Key::Enter);
    window.key(Key::Num2);
    window.rest()
}

fn locked(window: &mut Headless) -> Done {
    window.chord(Modifiers::COMMAND, Key::Enter);
    window.until("is locked.")?;
    window.rest()
}

fn worklist(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.study("worklist-opening", camera.first(), place.reader("worklist-opening")?)?;
    window.until("Who reads?")?;
    // The session begins after both: the record was checked, and the screen tried.
    let held = Held::after(0, "selftest");
    window.press("Reader 1")?;
    window.until("Opening the session")?;
    camera.take(&mut window, "a session that is being opened")?;
    drop(held);
    let mut window = seated(place, "worklist", camera.first())?;
    camera.take(&mut window, "nothing read")?;
    opened(&mut window)?;
    answered(&mut window)?;
    locked(&mut window)?;
    camera.take(&mut window, "between two cases")?;
    window.press("To the list")?;
    camera.take(&mut window, "one case read")?;
    let done = place.copy(&place.rooms.study.join("workstations").join("sim-01"), "worklist-done")?;
    let mut window = place.study("worklist-done", camera.first(), done)?;
    window.until("your passphrase opens your cases")?;
    window.types(PASSPHRASE);
    window.until("End the session")?;
    window.rest()?;
    camera.take(&mut window, "everything read")
}

/// Images that are there when a case is looked at on its way: enough that what is on the screen first is among them.
const SOME: usize = 8;

/// A case on its way to the screen.
fn opening(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = seated(place, "reading-opening", camera.first())?;
    let held = Held::after(0, "loader");
    window.key(Key::Enter);
    window.until("Opening the case")?;
    camera.take(&mut window, "a case that is being opened")?;
    // The package, and some of its images.
    held.let_go(1 + SOME);
    window.until_still(&held)?;
    window.until("loading")?;
    camera.take(&mut window, "images on their way")
}

fn reading(place: &Place, camera: &mut Camera<'_>) -> Done {
    opening(place, camera)?;
    let mut window = seated(place, "reading", camera.first())?;
    opened(&mut window)?;
    camera.take(&mut window, "opened")?;
    window.key(Key::M);
    window.click_in("axial", [0.62, 0.44])?;
    window.rest()?;
    camera.take(&mut window, "a mark that waits for its rating")?;
    for digit in [Key::Num8, Key::Num0] {
        window.key(digit);
    }
    window.key(Key::Enter);
    window.chord(Modifiers::COMMAND, Key::Enter);
    window.rest()?;
    camera.take(&mut window, "what is missing before the lock")?;
    window.key(Key::Escape);
    window.key(Key::Escape);
    answered(&mut window)?;
    camera.take(&mut window, "marked and answered")?;
    window.key(Key::Escape);
    window.key(Key::Questionmark);
    window.until("Any key or click closes this page")?;
    window.rest()?;
    camera.take(&mut window, "every key")?;
    let with_ai = place.copy(&place.rooms.with_ai, "reading-ai")?;
    let mut window = place.study("reading-ai", camera.first(), with_ai)?;
    window.until("your passphrase opens your cases")?;
    window.types(PASSPHRASE);
    window.until("End the session")?;
    window.rest()?;
    opened(&mut window)?;
    // Which of the two comes first is the order's to say.
    let mut wanted = vec![("an AI that found nothing", true), ("with what the AI says", false)];
    loop {
        let has_none = window.says("The AI has no finding");
        if let Some(at) = wanted.iter().position(|(_, of_none)| *of_none == has_none) {
            camera.take(&mut window, wanted.swap_remove(at).0)?;
        }
        if wanted.is_empty() {
            break;
        }
        for name in ["a", "b", "c", "d"].map(|finding| format!("agree AI finding {finding}")) {
            if window.has(&name) {
                window.press(&name)?;
            }
        }
        answered(&mut window)?;
        locked(&mut window)?;
        opened(&mut window)?;
    }
    // A package that lost an image.
    let broken = place.reader("reading-broken")?;
    lose_an_image(&broken.join("packages")).map_err(|e| GalleryError::Disk(e.kind()))?;
    let mut window = place.study("reading-broken", camera.first(), broken)?;
    window.until("Who reads?")?;
    window.press("Reader 1")?;
    window.until("End the session")?;
    window.rest()?;
    window.key(Key::Enter);
    window.until("cannot be shown")?;
    window.rest()?;
    camera.take(&mut window, "a package that lost an image")?;
    let study = made::gap_and_prior(&place.root.join("made"))?;
    let mut window = place.study("reading-made", camera.first(), study)?;
    window.until("Who reads?")?;
    window.press("Reader 1")?;
    window.until("End the session")?;
    window.rest()?;
    opened(&mut window)?;
    camera.take(&mut window, "beside its prior")?;
    window.key(Key::G);
    window.rest()?;
    camera.take(&mut window, "planes where slices are missing")
}

/// Takes one image out of each package below a folder.
fn lose_an_image(folder: &Path) -> std::io::Result<()> {
    let mut inside: Vec<PathBuf> = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    inside.sort();
    if let Some(image) = inside.iter().find(|path| path.extension().is_some_and(|e| e == "dcm")) {
        fs::remove_file(image)?;
    }
    inside.iter().filter(|path| path.is_dir()).try_for_each(|path| lose_an_image(path))
}

fn tour(place: &Place, camera: &mut Camera<'_>) -> Done {
    let dir = place.copy(&place.root.join("demo").join("reader"), "tour/reader")?;
    let dir = dir.parent().map(Path::to_owned);
    let mut window = place.open("tour", camera.first(), |app| app.with_demo(dir))?;
    window.until("The demo study")?;
    window.press("Read a case")?;
    window.until("Who reads?")?;
    window.press("Reader 1")?;
    window.until("End the session")?;
    window.rest()?;
    opened(&mut window)?;
    camera.take(&mut window, "first step")?;
    for step in ["window", "zoom", "mark", "answers", "lock"] {
        window.press("Next")?;
        camera.take(&mut window, step)?;
    }
    Ok(())
}

fn amend(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = seated(place, "amend", camera.first())?;
    opened(&mut window)?;
    answered(&mut window)?;
    locked(&mut window)?;
    window.press("To the list")?;
    window.press("Change a locked case\u{2026}")?;
    camera.take(&mut window, "")
}

fn adjudication(place: &Place, camera: &mut Camera<'_>) -> Done {
    let folder = place.copy(&place.rooms.adjudicator, "adjudication")?;
    let mut window = place.study("adjudication", camera.first(), folder)?;
    window.until("your passphrase opens your cases")?;
    window.types(PASSPHRASE);
    window.until("End the session")?;
    window.rest()?;
    opened(&mut window)?;
    camera.take(&mut window, "the own impression first")?;
    answered(&mut window)?;
    window.chord(Modifiers::COMMAND, Key::Enter);
    window.until("Your decision")?;
    window.rest()?;
    camera.take(&mut window, "two reads side by side")?;
    window.press("Decision: 1 Accept A")?;
    window.press("Reason: 1  Seen by one, missed by the other")?;
    camera.take(&mut window, "decided")?;
    locked(&mut window)?;
    window.press("To the list")?;
    window.press("End the session")?;
    window.until("Sign what you decided")?;
    camera.take(&mut window, "signature")?;
    window.types(PASSPHRASE);
    window.until("What you decided is signed")?;
    window.rest()?;
    camera.take(&mut window, "receipt")
}

fn desk_new(place: &Place, camera: &mut Camera<'_>) -> Done {
    let study = place.root.join("a new study");
    crate::work::begin_study(&study, "crossover").map_err(|e| GalleryError::Study(e.sentence()))?;
    let mut window = place.study("desk-new", camera.first(), study)?;
    window.until("Who runs this study?")?;
    window.rest()?;
    camera.take(&mut window, "the first account")?;
    window.write("Name on screens", "Cora Lee")?;
    window.write("Signs in as (letters, digits, hyphens)", "cora")?;
    window.write("Passphrase, typed by its owner", PASSPHRASE)?;
    window.write("The same passphrase again", PASSPHRASE)?;
    window.press("Make the account")?;
    window.until("recovery key")?;
    window.rest()?;
    camera.take(&mut window, "its recovery key")?;
    window.press("It is written down")?;
    window.press("Cora Lee")?;
    window.types(PASSPHRASE);
    window.until("Sign out")?;
    window.rest()?;
    for step in ["Protocol", "People", "Sign", "Assign", "Progress"] {
        window.press(step)?;
        camera.take(&mut window, &format!("{step}, nothing done yet"))?;
    }
    Ok(())
}

/// Signed in at the desk of the study that was read.
fn at_desk(place: &Place, name: &str, size: Size, who: &str) -> Result<Headless, GalleryError> {
    let study = place.copy(&place.rooms.study, name)?;
    let mut window = place.study(name, size, study)?;
    window.until("Who are you?")?;
    window.press(who)?;
    window.types(PASSPHRASE);
    window.until("Sign out")?;
    window.rest()?;
    Ok(window)
}

fn desk(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = place.study("desk", camera.first(), place.rooms.study.clone())?;
    window.until("Who are you?")?;
    camera.take(&mut window, "who works here")?;
    let mut window = at_desk(place, "desk-coordinator", camera.first(), "Simulated coordinator")?;
    for step in ["Protocol", "People", "Sign", "Assign", "Progress"] {
        window.press(step)?;
        camera.take(&mut window, step)?;
    }
    window.press("What is written A case is withdrawn")?;
    camera.take_with(&mut window, "what is written in the log", "Sign and write down")?;
    let mut window = at_desk(place, "desk-manager", camera.first(), "Simulated data manager")?;
    window.press("Cases")?;
    camera.take(&mut window, "Cases")?;
    let held = Held::after(0, "sheet");
    window.press("Look at the sheet of DEMO-001")?;
    window.until("Drawing the contact sheet")?;
    camera.take_with(&mut window, "a contact sheet that is being drawn", "Stop drawing")?;
    drop(held);
    window.until("Sign: nothing identifies")?;
    camera.take_with(&mut window, "a contact sheet", "Sign: nothing identifies")?;
    packing(place, camera)?;
    letters(place, camera)
}

/// Three further cases on their way into packages.
fn packing(place: &Place, camera: &mut Camera<'_>) -> Done {
    for (from, to) in [("DEMO-001", "NEW-001"), ("DEMO-002", "NEW-002"), ("DEMO-003", "NEW-003")] {
        place.copy(&sources_of(&place.root.join("demo")).join(from), &format!("incoming/{to}"))?;
    }
    let mut window = at_desk(place, "desk-packing", camera.first(), "Simulated data manager")?;
    window.press("Cases")?;
    window.write("Source", &place.root.join("incoming").display().to_string())?;
    window.turn_to("Look at the cases")?;
    window.press("Look at the cases")?;
    window.until("3 of 3 cases will be packed")?;
    window.turn_to("Pack 3 cases")?;
    window.write("Passphrase of the study's key file (the first one makes it)", PASSPHRASE)?;
    let held = Held::after(SOME, "pack");
    window.press("Pack 3 cases")?;
    window.until_still(&held)?;
    camera.take_with(&mut window, "cases that are being packed", "Stop packing")
}

/// A case that was refused for what may be letters in its pixels.
fn letters(place: &Place, camera: &mut Camera<'_>) -> Done {
    let source = place.root.join("lettered").join("NEW-004");
    made::lettered(&sources_of(&place.root.join("demo")).join("DEMO-004"), &source)?;
    let mut window = at_desk(place, "desk-letters", camera.first(), "Simulated data manager")?;
    window.press("Cases")?;
    window.write("Source", &source.display().to_string())?;
    window.turn_to("Look at the cases")?;
    window.press("Look at the cases")?;
    window.until("1 of 1 cases will be packed")?;
    window.turn_to("Pack this case")?;
    window.write("Passphrase of the study's key file (the first one makes it)", PASSPHRASE)?;
    window.press("Pack this case")?;
    window.until("finding 1 of 2")?;
    camera.take_with(&mut window, "a case that may hold letters", "There is text: leave the case out")
}

fn audit(place: &Place, camera: &mut Camera<'_>) -> Done {
    let mut window = at_desk(place, "audit", camera.first(), "Auditor")?;
    window.press("Audit trail")?;
    camera.take(&mut window, "")
}

fn results(place: &Place, camera: &mut Camera<'_>) -> Done {
    let held = Held::after(0, "results");
    let mut window = at_desk(place, "results", camera.first(), "Simulated statistician")?;
    window.until("analysing them")?;
    camera.take(&mut window, "being computed")?;
    drop(held);
    window.until("Primary analysis, as the protocol fixed it")?;
    window.rest()?;
    camera.take(&mut window, "primary analysis")?;
    for section in ["Readers", "Variance", "Reading time", "Periods", "Power", "Method", "Record", "Export"] {
        window.press(section)?;
        camera.take(&mut window, section)?;
    }
    Ok(())
}

fn results_early(place: &Place, camera: &mut Camera<'_>) -> Done {
    let study = place.copy(&place.rooms.study, "early")?;
    fs::remove_file(study.join("lock.json")).map_err(|e| GalleryError::Disk(e.kind()))?;
    let mut window = place.study("early", camera.first(), study)?;
    window.until("Who are you?")?;
    window.press("Simulated statistician")?;
    window.types(PASSPHRASE);
    window.until("Sign out")?;
    window.rest()?;
    window.press("Results")?;
    window.until("Look early, and record it")?;
    window.rest()?;
    camera.take(&mut window, "a reason is asked for")
}
