//! The results room: who comes in, what is asked before the database lock, and what stands there after it, at three sizes.

use crate::desk::write;
use crate::sitting::{Opening, Sitting, overlap};
use egui::Event;
use egui_kittest::kittest::Queryable as _;
use std::fs;
use std::path::{Path, PathBuf};
use tiresias::simulate::{PASSPHRASE, Plan, simulate};
use tiresias_reads::protocol::template;

pub(crate) fn desk(dir: &Path, name: &str, areas: &[f64], closes: bool) -> PathBuf {
    let study = dir.join("study");
    fs::create_dir_all(&study).expect("a folder");
    fs::write(study.join("protocol.toml"), template(name).expect("a template").text).expect("written");
    let out = dir.join("desk");
    let plan = Plan {
        study,
        out: out.clone(),
        readers: 5,
        cases: Some(24),
        areas: areas.to_vec(),
        seed: 8,
        machines: "machine".into(),
        key_passphrase: None,
        closes,
    };
    simulate(&plan, &mut |_| (), &mut |_| Ok(())).expect("simulated");
    out
}

pub(crate) fn sign_in(desk: &Path, pixels: [u32; 2]) -> Sitting {
    let mut room = Sitting::start(Opening::of(desk).sized(pixels));
    room.until_says("This is the study desk");
    // Readers have nothing to do here.
    assert!(!room.says("Simulated reader") && room.says("Simulated coordinator") && room.says("Simulated data manager"));
    room.press_named("Simulated statistician");
    room.until_says("your passphrase shows");
    room
}

/// What is in sight is not cut at a side and not written over; what is below the lower edge is scrolled to. How many texts there were.
fn fits(room: &Sitting, section: &str, pixels: [u32; 2]) -> usize {
    let texts = room.texts();
    let in_sight: Vec<_> = texts.iter().filter(|t| t.ink.top() >= t.clip.top() - 1.0 && t.ink.bottom() <= t.clip.bottom() + 1.0).collect();
    for (at, text) in in_sight.iter().enumerate() {
        let cut = text.ink.left() < text.clip.left() - 1.0 || text.ink.right() > text.clip.right() + 1.0;
        assert!(!cut && !text.hidden, "{section} at {pixels:?}: \"{}\" is cut: {:?} in {:?}", text.text, text.ink, text.clip);
        let over = in_sight.iter().skip(at + 1).find(|other| overlap(text.ink, other.ink) > 1.0);
        assert!(over.is_none(), "{section} at {pixels:?}: \"{}\" and \"{}\" lie over one another", text.text, over.map_or("", |o| &o.text));
    }
    assert!(in_sight.len() > 20, "{section}");
    in_sight.len()
}

/// Keeps a picture where somebody wants to look at it.
pub(crate) fn keep(room: &mut Sitting, name: &str) {
    if let Some(folder) = std::env::var_os("TIRESIAS_PICTURES") {
        // The ground is the window's own, which the test's renderer leaves out.
        let mut picture = room.pixels();
        for p in picture.pixels_mut().filter(|p| p.0[3] < 255) {
            let alpha = f32::from(p.0[3]) / 255.0;
            let over = |part: u8, ground: f32| (f32::from(part) + ground * (1.0 - alpha)).min(255.0) as u8;
            p.0 = [over(p.0[0], 12.0), over(p.0[1], 13.0), over(p.0[2], 15.0), 255];
        }
        picture.save(PathBuf::from(folder).join(format!("{name}.png"))).expect("saved");
    }
}

#[test]
fn a_statistician_sees_the_planned_analysis_first_and_everything_fits() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = desk(dir.path(), "crossover", &[0.78, 0.88], true);
    // What is known of the cases beside their truth: two sites, one after the other.
    let listed = tiresias_reads::desk::Desk::open(&desk).expect("a desk");
    let rows: String =
        listed.cases().keys().enumerate().map(|(n, case)| format!("{case},{}\n", if n < 12 { "Oslo" } else { "Turku" })).collect();
    fs::write(desk.join("covariates.csv"), format!("case,site\n{rows}")).expect("written");
    let (mut screens, mut looked_at) = (0, 0);
    for pixels in [[1280, 800], [1920, 1080], [3840, 2160]] {
        let mut room = sign_in(&desk, pixels);
        if pixels[0] == 1280 {
            room.types("not the passphrase");
            room.until_says("not the passphrase of");
        }
        room.types(PASSPHRASE);
        room.until_says("Primary analysis, as the protocol fixed it");
        room.rest();
        assert!(room.says("95 % CI") && room.says("AUC by reader") && !room.says("Open look"));
        looked_at += fits(&room, "Results", pixels);
        screens += 1;
        keep(&mut room, &format!("results-{}", pixels[0]));
        room.window.get_by_label_contains("Sensitivity analyses named in the protocol").click();
        room.until_says("The same figure under other assumptions");
        for (section, says) in [
            ("Readers", "Each reader in each condition"),
            ("Variance", "Variance components"),
            ("Agreement", "Agreement of all readers"),
            ("Subgroups", "Turku"),
            ("Periods", "Conditions by period"),
            ("Reading time", "Geometric mean times"),
            ("Power", "Power of other numbers"),
            ("Method", "Conventions"),
            ("Record", "Reading was closed by"),
        ] {
            room.press_named(section);
            room.until_says(says);
            room.rest();
            looked_at += fits(&room, section, pixels);
            screens += 1;
            keep(&mut room, &format!("{}-{}", section.to_lowercase().replace(' ', "-"), pixels[0]));
        }
        let taken = dir.path().join(format!("taken-{}", pixels[0]));
        take_along(&mut room, &taken);
        room.press_named("Sign out");
        room.until_says("Open a study");
    }
    println!("{screens} screens, {looked_at} texts in sight: none cut, none over another");
}

/// Everything in one signed folder, and the report as a file that is the command's.
fn take_along(room: &mut Sitting, taken: &Path) {
    fs::create_dir(taken).expect("a folder");
    room.press_named("Export");
    room.until_says("All formats in one folder");
    let (folder, report) = (taken.join("all"), taken.join("report.html"));
    write(room, "A folder that does not exist yet", &folder.display().to_string());
    assert!(room.says("Simulated statistician (statistician) made this export."));
    room.press_named("Export and sign");
    room.until_says("written and signed");
    room.rest();
    let names: Vec<String> =
        fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    for end in ["manifest.json", "manifest.sig.json", ".imrmc", ".lrc", ".xlsx", ".mrmcaov.csv", ".html"] {
        assert!(names.iter().any(|name| name.ends_with(end)), "no {end} in {names:?}");
    }
    write(room, "A file that does not exist yet", &report.display().to_string());
    room.press_named("Save the report");
    room.until_says("The report is in");
    let saved = fs::read_to_string(&report).expect("a report");
    assert!(saved.contains("Subgroups") && saved.contains("Oslo") && saved.starts_with("<!"), "{}", &saved[..200.min(saved.len())]);
    room.rest();
    room.press_named("Save the report");
    room.until_says("nothing is written over it");
    room.rest();
    keep(room, &format!("export-{}", room.screen().width() as u32));
    // A folder that is there already is not written into.
    room.press_named("Export and sign");
    room.until_says("the folder is not empty");
}

#[test]
fn before_the_lock_a_look_needs_a_reason_and_is_marked_on_every_part() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = desk(dir.path(), "sequential", &[0.78, 0.88], false);
    let mut room = sign_in(&desk, [1280, 800]);
    room.types(PASSPHRASE);
    room.until_says("after the database lock");
    room.press_named("Results");
    room.until_says("Reading is not closed.");
    assert!(!room.says("Primary analysis") && !desk.join("early-looks.json").exists());
    room.press_named("Reason of an early look");
    room.window.event(Event::Text("a safety look".to_owned()));
    room.step();
    assert!(room.says("reports a deviation: an early look at the results."));
    room.press_named("Look early, and record it");
    room.until_says("Primary analysis, as the protocol fixed it");
    room.rest();
    let written = fs::read_to_string(desk.join("early-looks.json")).expect("recorded");
    assert!(written.contains("a safety look") && written.contains("\"signer\": \"statistician\""), "{written}");
    for section in ["Results", "Change of mind", "Record"] {
        if section != "Results" {
            room.press_named(section);
            room.rest();
        }
        assert!(room.says("Open look: truth met scores before the database lock"), "{section}");
        keep(&mut room, &format!("early-{}", section.to_lowercase().replace(' ', "-")));
    }
}
