//! The access table in the window: who signs in at a study desk, which steps open to whom, and that a blinded account is shown no score wherever it goes.
//!
//! The table here is the design's (section 1), written a second time.

use crate::desk::sign_in_with;
use crate::results;
use crate::sitting::{Opening, Sitting};
use egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tiresias::simulate::PASSPHRASE;
use tiresias_reads::accounts::{Account, Accounts, Kind, Passphrase};
use tiresias_words::AccountId;
use zeroize::Zeroizing;

const STEPS: [&str; 8] = ["Protocol", "People", "Cases", "Sign", "Assign", "Progress", "Results", "Audit trail"];
/// Who, by the name on the screen, what opens to them, and whether they may see scores once reading is closed.
const OPENS: [(&str, &[&str], bool); 4] = [
    ("Simulated coordinator", &["Protocol", "People", "Sign", "Assign", "Progress"], false),
    ("Simulated data manager", &["Protocol", "Cases", "Progress"], false),
    ("Simulated statistician", &["Protocol", "Progress", "Results"], true),
    ("The auditor", &["Protocol", "Progress", "Results", "Audit trail"], true),
];
/// Words of scores and agreement, which no protocol of the test has.
const SCORES: [&str; 5] = ["95 % CI", "AUC by reader", "Variance components", "Agreement of all readers", "Geometric mean"];

/// Issue 7, done when 4.
#[test]
fn each_kind_of_account_has_the_screens_of_its_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = results::desk(dir.path(), "crossover", &[0.78, 0.88], true);
    let place = desk.join("accounts.json");
    let mut accounts = Accounts::open(&place).expect("accounts");
    for (n, (name, kind)) in
        (1u8..).zip([("The auditor", Kind::Auditor), ("The adjudicator", Kind::Adjudicator), ("The panellist", Kind::TruthPanel)])
    {
        let id = AccountId::new(format!("more-{n}")).expect("a name");
        let phrase = Passphrase::new(PASSPHRASE.to_owned()).expect("long enough");
        accounts.add(Account::create(id, kind, name, &phrase, &Zeroizing::new([n; 32])).expect("made").0).expect("added");
    }
    accounts.save(&place).expect("saved");
    let mut cells = 0;
    for (who, opens, scores) in OPENS {
        let mut room = Sitting::start(Opening::of(&desk));
        room.seen.collect = true;
        room.until_says("This is the study desk");
        // Who reads, adjudicates or says what is true does it elsewhere.
        for other in ["Simulated reader", "The adjudicator", "The panellist"] {
            assert!(!room.says(other), "{other} at the desk");
        }
        for (name, ..) in OPENS {
            assert!(room.says(name), "{name} signs in here");
        }
        sign_in_with(&mut room, who, PASSPHRASE);
        to_the_desk(&mut room);
        for step in STEPS {
            let is_closed = room.window.get_by_role_and_label(Role::Button, step).accesskit_node().is_disabled();
            assert_eq!(is_closed, !opens.contains(&step), "{step} for {who}");
            // A press on it by mouse leads there, or nowhere.
            let before = room.words();
            room.settle_clicks();
            room.press_named(step);
            room.rest();
            assert!(!is_closed || room.words() == before, "{step} did something for {who}");
            cells += 1;
            if step == "Results" && !is_closed {
                room.until_says("Primary analysis, as the protocol fixed it");
                // Who sees scores takes the report along; files of scores are the statistician's to export.
                room.press_named("Export");
                room.until_says("Save the report");
                assert_eq!(room.says("Export and sign"), who == "Simulated statistician", "{who}");
                room.rest();
                to_the_desk(&mut room);
            }
        }
        if !scores {
            let told: Vec<&String> = room.seen.words.iter().filter(|w| SCORES.iter().any(|s| w.contains(s))).collect();
            assert!(told.is_empty(), "{who} was shown {told:?}");
        }
    }
    println!("{cells} cells: {} steps for {} kinds of account, and three kinds that do not sign in at the desk", STEPS.len(), OPENS.len());
}

/// The results room stands in the place of the desk, and leads back to it.
fn to_the_desk(room: &mut Sitting) {
    let back = "\u{2039} Study desk";
    if room.window.query_by_role_and_label(Role::Button, back).is_some() {
        room.press_named(back);
        room.rest();
    }
}
