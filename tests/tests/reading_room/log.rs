//! What was not planned, and questions, written down at the desk by mouse and keys.

use crate::desk::{complaints, keep, press, sign_in_with, write};
use crate::results;
use crate::sitting::{Opening, Sitting};
use egui::Modifiers;
use egui_kittest::kittest::Queryable as _;
use tiresias::simulate::PASSPHRASE;
use tiresias_reads::accounts::Accounts;
use tiresias_reads::desk::{DeskLog, Matter};

fn at_progress(room: &mut Sitting, who: &str) {
    sign_in_with(room, who, PASSPHRASE);
    room.press_named("Progress");
    room.until_says("Integrity");
    room.rest();
}

/// What is chosen, the field beside it with what is typed there, the name of the text with its words, and what is signed.
type Written = (&'static str, Option<(&'static str, &'static str)>, &'static str, &'static str, &'static str);

/// Issue 5: each is a command and a screen. Issue 7: the log of queries and deviations.
#[test]
fn deviations_and_questions_are_written_down_by_mouse() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = results::desk(dir.path(), "crossover", &[0.78, 0.88], false);
    let mut found = Vec::new();
    for pixels in [[1280, 800], [1920, 1080]] {
        let mut room = Sitting::start(Opening::of(&desk).sized(pixels));
        at_progress(&mut room, "Simulated coordinator");
        let is_first = pixels[0] == 1280;
        let kinds: &[Written] = if is_first {
            &[
                (
                    "A reader reads no more, or an adjudicator settles no more",
                    Some(("Reader or adjudicator, by their id", "sim-05")),
                    "Why",
                    "moved to another hospital",
                    "reports a deviation: sim-05 reads no more.",
                ),
                ("A question", None, "The question", "Which monitor does sim-02 read on?", "asks or answers: the question above."),
            ]
        } else {
            &[
                (
                    "An answer",
                    Some(("Number of the question", "2")),
                    "The answer",
                    "The left one.",
                    "asks or answers: the answer above, to question 2.",
                ),
                (
                    "Something else was not planned",
                    None,
                    "What happened, and why",
                    "The room was lit for a morning.",
                    "reports a deviation: what is written above.",
                ),
            ]
        };
        for (kind, subject, name, text, signed) in kinds {
            press(&mut room, &format!("What is written {kind}"));
            room.rest();
            if let Some((field, value)) = subject {
                write(&mut room, field, value);
            }
            write(&mut room, name, text);
            room.rest();
            found.extend(complaints(&room, &format!("{kind}, {pixels:?}")));
            keep(&mut room, &format!("log-{}-{}", pixels[0], kind.replace(' ', "-")));
            assert!(room.window.query_by_label_contains(signed).is_some(), "{kind}: {signed}");
            press(&mut room, "Sign and write down");
            room.until_says("Written down. Receipt");
        }
        // What makes no sense is said, and nothing is written.
        press(&mut room, "What is written An answer");
        room.rest();
        write(&mut room, "Number of the question", "nine");
        write(&mut room, "The answer", "To what?");
        press(&mut room, "Sign and write down");
        room.until_says("\"nine\" is no number of the log.");
        found.extend(complaints(&room, &format!("refused, {pixels:?}")));
    }
    assert!(found.is_empty(), "{found:#?}");
    let accounts = Accounts::open(&desk.join("accounts.json")).expect("accounts");
    let log = DeskLog::open(&desk, &accounts).expect("a log");
    let matters: Vec<&Matter> = log.entries().iter().map(|e| &e.matter).collect();
    assert!(
        matches!(matters[..], [Matter::ReaderStopped { .. }, Matter::Query, Matter::Answer { to: 2 }, Matter::Deviation]),
        "{matters:?}"
    );
    // Whoever only looks writes nothing.
    let mut room = Sitting::start(Opening::of(&desk));
    at_progress(&mut room, "Simulated statistician");
    let middle = room.screen().center();
    for _ in 0..40 {
        if !room.says("answers: The left one.") {
            room.wheel(middle, 2, Modifiers::NONE);
            room.rest();
        }
    }
    assert!(room.says("answers: The left one.") && room.says("moved to another hospital"), "{:?}", room.words());
    assert!(room.window.query_by_label("Sign and write down").is_none());
}
