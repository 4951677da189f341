//! An adjudicator at work in the real window: the own impression by keys, then both reads; A taken by keys, B by clicks, a read of one's own; signed.

use crate::desktop::{Desktop, Window};
use crate::reading::recorded;
use std::path::Path;
use tiresias_reads::machine::{Choice, Settling};
use tiresias_reads::record::verify;
use tiresias_tests::pairs::{ADJUDICATOR, PHRASE, READERS, study};
use tiresias_tests::studies::wait_for_record;
use tiresias_words::ReaderId;

const CASES: usize = 25;
/// Where "Accept B", the reason "Seen by both, taken differently" and the lock are, in the column of the form.
const ACCEPT_B: [u32; 2] = [1751, 485];
const TAKEN_DIFFERENTLY: [u32; 2] = [1711, 588];
const LOCK: [u32; 2] = [1752, 1048];

/// The adjudicator's hand.
struct Hand<'w, 'd> {
    window: &'w mut Window<'d>,
    record: &'w Path,
    after: i64,
}

impl Hand<'_, '_> {
    fn press(&self, keys: &[&str]) -> usize {
        self.window.keys(keys);
        keys.len()
    }
    fn recorded(&mut self, kind: &str) {
        recorded(self.window, self.record, &mut self.after, kind, |_| true);
    }
    /// Opens the next case and locks the own impression of it.
    fn impression(&mut self) {
        self.window.settle();
        self.press(&["Return"]);
        self.recorded("case-opened/1");
        self.recorded("images-shown/1");
        self.window.settle();
        self.press(&["Return", "5", "5", "Return", "2"]);
        self.recorded("answered/1");
        self.window.settle();
        self.press(&["ctrl+Return"]);
        self.recorded("impression-locked/1");
        self.recorded("pair-shown/1");
        self.window.settle();
    }
    fn click(&self, at: [u32; 2]) -> usize {
        self.window.click(at);
        1
    }
}

/// Issue 7, done when 2.
#[test]
fn twenty_five_discordant_cases_are_settled_under_real_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, drawn) = study(folder.path(), 5, 5).expect("a queue");
    assert_eq!(drawn.len(), CASES);
    let record = root.join("record.sqlite");
    let desktop = Desktop::new();
    let mut window = desktop.open(&root, &[]);
    window.sign_in_with(PHRASE);
    let mut hand = Hand { window: &mut window, record: &record, after: 0 };
    let (mut most, mut taken) = (0, Vec::new());
    for n in 0..CASES {
        hand.impression();
        if n == 0 {
            hand.window.keep("pair");
        }
        let actions = match n % 3 {
            0 => {
                let actions = hand.press(&["Return", "1"]);
                hand.recorded("settled/1");
                hand.window.settle();
                taken.push(Choice::A);
                actions + hand.press(&["1", "ctrl+Return"])
            }
            1 => {
                let mut actions = hand.click(ACCEPT_B);
                hand.recorded("settled/1");
                hand.window.settle();
                hand.window.keep(&format!("accepted-{n}"));
                actions += hand.click(TAKEN_DIFFERENTLY);
                hand.recorded("reason-given/1");
                hand.window.settle();
                taken.push(Choice::B);
                actions + hand.click(LOCK)
            }
            _ => {
                hand.press(&["Return", "3"]);
                hand.recorded("settled/1");
                hand.window.settle();
                hand.press(&["9", "0", "Return"]);
                hand.recorded("answered/1");
                hand.window.settle();
                hand.press(&["Return", "1", "ctrl+Return"]);
                taken.push(Choice::Own);
                0
            }
        };
        hand.recorded("read-locked/1");
        most = most.max(actions);
    }
    println!("{CASES} cases settled; agreeing with A or B took at most {most} actions");
    assert!(most <= 6, "{most}");
    // To the list, to the end of the session, signed.
    for _ in 0..2 {
        hand.window.settle();
        hand.press(&["Return"]);
    }
    hand.window.passphrase(PHRASE);
    hand.recorded("session-signed/1");
    hand.window.settle();
    hand.press(&["Return"]);
    hand.recorded("session-ended/1");
    hand.window.settle();
    let found = verify(&record).expect("looked at");
    assert!(found.intact && found.signed_by.as_deref() == Some(ADJUDICATOR), "{found:?}");
    let state = wait_for_record(&root).expect("the record opens").state(&ReaderId::new(ADJUDICATOR).expect("a name"));
    let decided: Vec<_> = state.locked().iter().map(|l| l.settled().and_then(Settling::choice).expect("decided")).collect();
    assert_eq!(decided, taken);
    // What the machine has of it: no row names a reader, nor a code of theirs.
    let bytes = std::fs::read(&record).expect("a file");
    let hidden = READERS.iter().map(|r| (*r).to_owned()).chain(drawn.iter().flat_map(|d| [&d.a, &d.b]).map(|r| r.case.to_string()));
    for name in hidden {
        assert!(!bytes.windows(name.len()).any(|w| w == name.as_bytes()), "{name}");
    }
}
