//! The report of an analysis: one page, the same bytes for the same record, with the numbers of `analyze --json` and nothing fetched from elsewhere.

#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise and says its figures, its functions too"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tiresias_tests::fixtures;
use tiresias_tests::run::{Ran, tiresias_in};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.path("sim"), tiresias::simulate::PASSPHRASE).unwrap();
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn done(&self, words: &[&str]) -> Ran {
        tiresias_in(self.0.path(), words).unwrap().done().unwrap_or_else(|e| panic!("{words:?}: {e}"))
    }
    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
    /// A closed study of a template, and its report.
    fn study(template: &str, readers: &str, cases: &str, areas: &str) -> Self {
        let place = Self::new();
        place.done(&["study", "new", "@study", "--template", template]);
        let simulate =
            ["simulate", "@study", "--out", "@desk", "--readers", readers, "--cases", cases, "--auc", areas, "--seed", "8", "--close"];
        place.done(&simulate);
        place.analyze("report.html");
        place
    }
    fn analyze(&self, report: &str) -> serde_json::Value {
        let report = format!("@{report}");
        let by = ["--as", "statistician", "--passphrase-file", "@sim", "--report", &report];
        self.done(&[&["analyze", "@desk", "--json"][..], &by].concat()).json().unwrap()
    }
}

/// What holds for every page: elements close in the order in which they opened, nothing is fetched or run, and no number is none.
fn is_one_page(html: &str) {
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    for none in ["<script", "http:", "https:", "src=", "url(", "@import", "NaN", "inf ", "None", "Some("] {
        assert!(!html.contains(none), "{none}");
    }
    let mut open: Vec<&str> = Vec::new();
    for tag in html.split('<').skip(1).map(|t| t.split('>').next().unwrap()) {
        let name = tag.split([' ', '/']).find(|n| !n.is_empty()).unwrap();
        match tag {
            _ if ["!doctype", "meta", "line", "circle", "rect", "polyline", "polygon"].contains(&name) => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "</{name}>"),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Points of polylines and shapes lie inside of their picture.
fn charts_are_inside(html: &str) -> usize {
    let mut points = 0;
    for svg in html.split("<svg ").skip(1) {
        let view: Vec<f64> = svg.split('"').nth(1).unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
        let svg = svg.split("</svg>").next().unwrap();
        for list in svg.split("points=\"").skip(1).map(|l| l.split('"').next().unwrap()) {
            for point in list.split(' ') {
                let (x, y) = point.split_once(',').unwrap();
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!((0.0..=view[2]).contains(&x) && (0.0..=view[3]).contains(&y), "{point} in {view:?}");
                points += 1;
            }
        }
    }
    points
}

fn cells(html: &str) -> Vec<String> {
    html.split("<td").skip(1).map(|c| c.split_once('>').unwrap().1.split("</td>").next().unwrap().to_owned()).collect()
}

#[test]
fn the_report_in_the_documents_is_made_again_byte_for_byte() {
    let place = Place::study("crossover", "5", "40", "0.78,0.88");
    let found = place.text("report.html");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/report.html");
    if std::env::var_os("TIRESIAS_WRITE_REPORT").is_some() {
        fs::write(&kept, &found).unwrap();
    }
    assert!(
        fs::read_to_string(&kept).is_ok_and(|kept| kept == found),
        "docs/report.html is not that of the simulated study: write it anew with TIRESIAS_WRITE_REPORT=1"
    );
    let json = place.analyze("again.html");
    assert_eq!(place.text("again.html"), found, "the same record, the same bytes");
    is_one_page(&found);
    let points = charts_are_inside(&found);

    // What stands there is what the analysis says.
    let cells = cells(&found);
    let has = |text: &str| cells.iter().any(|c| c == text);
    let fixed = |v: &serde_json::Value, n: usize| format!("{:.n$}", v.as_f64().unwrap());
    for row in json["readers"].as_array().unwrap() {
        assert!(has(&fixed(&row["fom"], 3)), "{}", row["reader"]);
    }
    let difference = &json["primary"]["differences"][0];
    let p = if difference["p"].as_f64().unwrap() < 0.0001 { "&lt; 0.0001".to_owned() } else { format!("= {}", fixed(&difference["p"], 4)) };
    let lead = format!(
        "<p class=\"lead\">Difference {}, 95 % CI {} to {}, p {p}</p>",
        fixed(&difference["estimate"], 4),
        fixed(&difference["ci"][0], 4),
        fixed(&difference["ci"][1], 4),
    );
    let said = found.replace('\u{2212}', "-");
    let at = said.find(&lead).unwrap_or_else(|| panic!("{lead}"));
    assert!(at < said.find("Sensitivity analyses named in the protocol").unwrap(), "the planned analysis comes first");
    // The statistic of it stands below, and what was to be shown with whether it was.
    let of_test = format!(", F(1, {:.2}) = ", difference["df"].as_f64().unwrap());
    let shown = if json["primary"]["shown"] == true { "so superiority was shown." } else { "so superiority was not shown." };
    assert!(said.contains(&of_test) && said.contains(shown), "{of_test} {shown}");
    let scored = &json["scored"];
    for key in ["protocol", "truth", "record_head"] {
        assert!(found.contains(scored[key].as_str().unwrap()), "{key}");
    }
    assert!(found.contains("Reading was closed by") && !found.contains("class=\"mark\""));
    println!("{} kB, {} charts, {points} points, {} cells of tables", found.len() / 1000, found.matches("<svg").count(), cells.len());
}

#[test]
fn every_paradigm_has_its_report() {
    for (template, areas, says) in [
        ("froc", "0.75,0.85", vec!["Weighted AFROC", "FROC", "false marks a case", "lesions count by their weights"]),
        ("sequential", "0.75,0.85", vec!["Change of mind", "Towards the truth", "described and not compared"]),
        ("ordinal", "0.8", vec!["Agreement", "Fleiss"]),
    ] {
        let place = Place::study(template, "3", "16", areas);
        let html = place.text("report.html");
        is_one_page(&html);
        assert!(charts_are_inside(&html) > 20, "{template}");
        for word in says {
            assert!(html.contains(word), "{template}: {word}");
        }
    }
}

#[test]
fn a_file_of_scores_has_a_report_and_an_early_look_is_on_every_part_of_it() {
    let place = Place::new();
    let demo = fixtures().join("mrmc/imrmc_demo.csv").display().to_string();
    place.done(&["analyze", &demo, "--report", "@file.html"]);
    let html = place.text("file.html");
    is_one_page(&html);
    // Nothing is written over it, and an early look whose report has no place is not taken.
    let again = tiresias_in(place.0.path(), &["analyze", demo.as_str(), "--report", "@file.html"]).unwrap();
    println!("{}", again.refused("nothing is written over it").unwrap());
    assert_eq!(place.text("file.html"), html);
    assert!(html.contains("<title>imrmc_demo.csv</title>") && html.contains("no protocol planned one"));
    // One reader, constant ratings, perfect separation: whatever cannot be said is a dash.
    let rows: BTreeMap<&str, String> = [
        ("constant", (0..12).map(|c| format!("A,r1,c{c},{},3\n", c % 2)).collect()),
        ("one", (0..12).map(|c| format!("A,r1,c{c},{},{}\n", c % 2, (c * 7) % 5)).collect()),
        (
            "perfect",
            (0..24).map(|c| format!("{},r{},c{},{},{}\n", ["A", "B"][c / 12], c % 2, c % 12 / 2, c / 2 % 2, c / 2 % 2 * 5)).collect(),
        ),
    ]
    .into();
    for (name, rows) in rows {
        fs::write(place.path(name).with_extension("csv"), format!("modality,reader,case,truth,score\n{rows}")).unwrap();
        place.done(&["analyze", &format!("@{name}.csv"), "--report", &format!("@{name}.html")]);
        let html = place.text(&format!("{name}.html"));
        is_one_page(&html);
        charts_are_inside(&html);
    }
    place.done(&["study", "new", "@study", "--template", "crossover"]);
    place.done(&["simulate", "@study", "--out", "@desk", "--readers", "2", "--cases", "8", "--auc", "0.7,0.8"]);
    let look = |report| ["--as", "statistician", "--passphrase-file", "@sim", "--report", report, "--early-look", "a <b>bold</b> look"];
    let refused = tiresias_in(place.0.path(), &[&["analyze", "@desk"][..], &look("@file.html")].concat()).unwrap();
    println!("{}", refused.refused("nothing is written over it").unwrap());
    assert!(!place.path("desk/early-looks.json").exists());
    place.done(&[&["analyze", "@desk"][..], &look("@early.html")].concat());
    let html = place.text("early.html");
    is_one_page(&html);
    assert_eq!(html.matches("class=\"mark\"").count(), html.matches("<section").count(), "on every part");
    assert!(html.contains("a &lt;b&gt;bold&lt;/b&gt; look"));
}
