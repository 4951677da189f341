//! A whole study from the hospital's files to the report, by command: packed from folders and an archive with AI results that name the patient, assigned,
//! read by simulated readers, merged, closed, exported in every format and analysed. No planted value is in a byte of it.

use crate::Said;
use crate::plant::plant;
use crate::search::Search;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use tiresias::simulate::PASSPHRASE;
use tiresias_tests::desk::Desk;

const SLICES: usize = 6;
const CASES: usize = 4;
const STATIONS: [&str; 2] = ["sim-01", "sim-02"];

/// The files of a folder as a zip archive, under the names that they have.
fn archive(folder: &Path, to: &Path) {
    let mut zip = zip::ZipWriter::new(File::create(to).expect("a file"));
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        zip.write_all(&fs::read(&path).expect("a file")).expect("written");
    }
    zip.finish().expect("an archive");
}

/// A result of an AI that names the patient, as many do.
fn result(source: &Path, patient: &str) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(source).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    let object = dicom_object::open_file(&files[0]).expect("an image");
    let image = object.element_by_name("SOPInstanceUID").expect("a UID").to_str().expect("text").trim_end_matches(['\0', ' ']).to_owned();
    serde_json::json!({
        "tiresias_ai": 1, "patient_id": patient, "algorithm": { "name": "marker", "version": "1" },
        "findings": [{ "score": 0.62, "class": "nodule", "places": [{ "point": { "image": image, "at": [200.0, 200.0] } }] }],
    })
    .to_string()
}

/// Issue 5, done when 1.
#[test]
fn no_planted_value_is_in_a_whole_study() {
    let desk = Desk::new("sequential").expect("a desk");
    let mut said = Said::default();
    fs::write(desk.study().join("protocol.toml"), tiresias_tests::studies::sequential_once().expect("it ships")).expect("written");
    for reader in STATIONS {
        desk.account(reader, "reader", "Somebody", PASSPHRASE).expect("an account");
    }
    for (id, kind) in [("manager", "data-manager"), ("stat", "statistician")] {
        desk.account(id, kind, "Somebody", PASSPHRASE).expect("an account");
    }
    let files = tiresias_tests::chest_slices().expect("test data of the project");
    let mut canaries = Vec::new();
    for (n, slices) in files.chunks_exact(SLICES).take(CASES).enumerate() {
        let (source, planted) = plant(slices, &desk.file("sources"), n as u32 + 1);
        let patient = planted.iter().find(|c| c.place.contains("0010,0020")).unwrap_or_else(|| panic!("{planted:?}")).value.clone();
        canaries.extend(planted);
        let ai = desk.file(&format!("ai-{n}.json"));
        fs::write(&ai, result(&source, &patient)).expect("written");
        let zipped = desk.file(&format!("sources/case-{n}.zip"));
        archive(&source, &zipped);
        let from = if n.is_multiple_of(2) { &source } else { &zipped };
        desk.pack(from, &format!("C-{n}"), Some(&ai), &[]).expect("packed");
    }
    desk.sign_and_assign().expect("assigned");
    let mut run = |words: &[&str]| {
        let ran = desk.ran(words).expect("it runs");
        said.ran(&words.join(" "), &ran);
        ran
    };
    for station in STATIONS {
        desk.hand_out(station, station).expect("handed out");
        let (folder, results) = (format!("@{station}"), format!("@results/{station}.tresults"));
        fs::create_dir_all(desk.file("results")).expect("a folder");
        run(&["simulated-reader", &folder]).done().expect("read");
        run(&["results", &folder, "--out", &results]).done().expect("signed");
        run(&["merge", "@study", &results, "--as", "manager", "--passphrase-file", "@phrase-manager"]).done().expect("merged");
    }
    run(&["study", "lock", "@study", "--as", "cora", "--passphrase-file", "@desk-phrase"]).done().expect("a first signature");
    run(&["study", "lock", "@study", "--as", "manager", "--passphrase-file", "@phrase-manager"]).done().expect("closed");
    fs::write(desk.study().join("truth.csv"), "case,truth\nC-0,1\nC-1,0\nC-2,1\nC-3,0\n").expect("written");
    let stat = ["--as", "stat", "--passphrase-file", "@phrase-stat"];
    let truth = ["--truth", "@study/truth.csv"];
    run(&[&["export", "@study", "--format", "all", "--out", "@exports"][..], &truth, &stat].concat()).done().expect("exported");
    run(&[&["analyze", "@study", "--json", "--report", "@exports.html"][..], &truth, &stat].concat()).done().expect("analysed");
    for place in ["@study", "@exports", "@sim-01", "@sim-02"] {
        for more in [&[][..], &["--json"]] {
            run(&[&["verify", place][..], more].concat());
            run(&[&["inspect", place][..], more].concat());
        }
    }

    let mut search = Search::new(&canaries);
    let planted = search.folder(&desk.file("sources"));
    assert!(canaries.iter().all(|c| planted.iter().any(|p| p.contains(&c.place))), "the search finds what is there");
    search = Search::new(&canaries);
    let mut found = Vec::new();
    for (who, words) in &said.0 {
        found.extend(search.bytes(words.as_bytes(), who));
    }
    for place in ["study", "sim-01", "sim-02", "results", "exports"] {
        found.extend(search.folder(&desk.file(place)));
    }
    found.extend(search.bytes(&fs::read(desk.file("exports.html")).expect("the report"), "the report"));
    println!(
        "{} planted values; a study of {CASES} cases and {} readers: {} bytes in {} files and {} things said, {} found",
        canaries.len(),
        STATIONS.len(),
        search.bytes,
        search.files,
        said.0.len(),
        found.len()
    );
    assert!(found.is_empty(), "{found:#?}");
}
