//! Who has the folder and the passphrase asks the program itself: no command says anything of what the AI found.

use crate::needles::Needles;
use std::fs;
use std::path::Path;
use tiresias_tests::run::tiresias;

/// Runs the commands that take a folder or a file on a workstation nobody has read at, and searches all that they say and write. Not run are those that open a
/// window, make a study of their own or take nothing of a study (`open`, `demo`, `gallery`, `study new`, `selftest`, the other benches), `study account` and
/// `study seat`, which are the desk's and go the way of `study hand-out`, and `simulated-reader`, which is what `attack` looks into.
pub(crate) fn with_the_passphrase(station: &Path, needles: &Needles) {
    let out = station.with_extension("out");
    fs::create_dir_all(&out).expect("a folder");
    let phrase = out.join("phrase");
    fs::write(&phrase, tiresias::simulate::PASSPHRASE).expect("written");
    let path = |p: &Path| p.display().to_string();
    let package = fs::read_dir(station.join("packages")).expect("packages").next().expect("one").expect("an entry").path();
    let (root, package, phrase) = (path(station), path(&package), path(&phrase));
    let sealed = format!("{package}/sealed.bin");
    let to = |name: &str| path(&out.join(name));
    let as_reader = ["--as".to_owned(), "sim-001".to_owned(), "--passphrase-file".to_owned(), phrase.clone()];
    let mut commands: Vec<Vec<String>> = Vec::new();
    for place in [&root, &package, &sealed] {
        for words in [&["inspect", "--pixels", "--json"][..], &["verify", "--json"], &["scan", "--json"], &["analyze", "--json"]] {
            let (first, rest) = words.split_first().expect("a word");
            commands.push([&[(*first).to_owned(), place.clone()], &rest.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..]].concat());
        }
        commands.push(["render", place, "--out", &to("r.png")].map(str::to_owned).to_vec());
        commands.push(["probe", place, "--at", "0,0,0", "--json"].map(str::to_owned).to_vec());
        commands.push(["measure", place, "length:1,1@0:2,2@0", "--json"].map(str::to_owned).to_vec());
        let plane = ["--origin", "0,0,0", "--right", "1,0,0", "--down", "0,1,0", "--spacing", "1", "--size", "64,64", "--window", "0,400"];
        commands.push([&["mpr", place, "--out", &to("m.png")], &plane[..]].concat().into_iter().map(str::to_owned).collect());
        commands.push(["bench", "load", place, "--json"].map(str::to_owned).to_vec());
        commands.push(["study", "check", place, "--json"].map(str::to_owned).to_vec());
        commands.push(["study", "take-seat", &root, place].map(str::to_owned).to_vec());
        commands.push(["export", place, "--format", "all", "--out", &to("export"), "--incomplete"].map(str::to_owned).to_vec());
    }
    commands.push(["results", &root, "--out", &to("results")].map(str::to_owned).to_vec());
    commands.push(["pack", &package, "--study", &to("again"), "--case", "A", "--passphrase-file", &phrase].map(str::to_owned).to_vec());
    commands.push(
        [
            &["study", "hand-out", &root, "--reader", "sim-001", "--out", &to("more")].map(str::to_owned)[..],
            &["--keys".into()],
            &["--key-passphrase-file".into(), phrase.clone()],
        ]
        .concat(),
    );
    commands.push([&["study", "sign", &root].map(str::to_owned)[..], &as_reader].concat());
    commands.push([&["merge", &root, &to("results")].map(str::to_owned)[..], &as_reader].concat());
    commands.push(
        ["simulate", &root, "--readers", "1", "--out", &to("sim"), "--keys", "--key-passphrase-file", &phrase].map(str::to_owned).to_vec(),
    );
    commands.push([&["replay", &root, "--summary", "--json"].map(str::to_owned)[..], &as_reader].concat());
    for words in [
        &["study", "log", &root, "--json"][..],
        &["study", "query", &root, "--text", "What did it find?"],
        &["study", "deviation", &root, "--reason", "for a test"],
        &["study", "looked", &root, "--case", "C-00"],
        &["study", "assign", &root],
        &["study", "lock", &root],
        &["study", "adjudicate", &root, "--adjudicator", "sim-001"],
    ] {
        commands.push([&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()[..], &as_reader].concat());
    }
    // The last, because nothing opens with the old one afterwards.
    fs::write(out.join("new-phrase"), "another horse battery").expect("written");
    let change =
        ["study", "passphrase", &root, "--id", "sim-001", "--passphrase-file", &phrase, "--new-passphrase-file", &to("new-phrase")];
    commands.push(change.map(str::to_owned).to_vec());
    let mut searched = 0;
    let mut clean = |what: &str, bytes: &[u8]| {
        searched += bytes.len();
        if let Some((case, secret)) = needles.found_in(bytes).next() {
            panic!("{what}: {secret} of case {case}");
        }
    };
    for words in &commands {
        let ran = tiresias(words).unwrap_or_else(|e| panic!("{words:?}: {e}"));
        // It may refuse what it is asked, but it has to have understood it: what was mistyped looks at nothing.
        assert!(!ran.err.contains("'tiresias --help' lists the commands"), "{words:?}: {}", ran.err);
        clean(&format!("{words:?}"), format!("{}\n{}", ran.out, ran.err).as_bytes());
    }
    walk(&out, &mut clean);
    println!(
        "{} commands at a folder with its passphrase: {searched} bytes said and written, nothing of the AI among them",
        commands.len()
    );
}

fn walk(folder: &Path, take: &mut dyn FnMut(&str, &[u8])) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, take) } else { take(&path.display().to_string(), &fs::read(&path).expect("a file")) }
    }
}
