//! What must hold of every input of every parser of foreign bytes, as functions that a fuzzer and a test call alike.
//!
//! Owns: the list of targets ([`TARGETS`]) and the rules that all share: a refusal is one line that a person can read, and the same bytes give the same
//! answer twice. A property gets bytes and says what is wrong in words; it does not know who found the bytes. `tests/tests/fuzz_corpus.rs` compiles this
//! folder as a module of its own, so no path in here begins at the crate.
//! Refuses: limits of time and memory, which belong to whoever calls; inputs far larger than a fuzzer makes, where a property would decode them whole.

mod frames;
mod images;
mod layers;
mod messages;
mod packages;
mod recents;
mod results;
mod rows;
mod scans;
mod scores;
mod texts;

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Nothing, or what does not hold.
pub type Held = Result<(), String>;

/// What must hold of an input.
pub type Property = fn(&[u8]) -> Held;

/// Every target by its name. The name is also that of its folder in `corpus`, and of its program in `targets`.
pub const TARGETS: [(&str, Property); 29] = [
    ("file_to_frame", images::file_to_frame),
    ("directory", images::directory),
    ("scan", scans::scan),
    ("presentation", layers::presentation),
    ("manifest", images::manifest),
    ("archive", packages::archive),
    ("signature", packages::signature),
    ("sealed", packages::sealed),
    ("codec", frames::codec),
    ("inflate", frames::inflates),
    ("request", messages::request),
    ("answer", messages::answer),
    ("protocol", texts::protocol),
    ("bundle", texts::bundle),
    ("seat", texts::seat),
    ("pair", texts::pair),
    ("imrmc", scores::imrmc),
    ("long", scores::long),
    ("lrc", scores::lrc),
    ("rjafroc", scores::rjafroc),
    ("truth", texts::truth),
    ("desk", texts::desk),
    ("log", texts::log),
    ("record", rows::record),
    ("event", rows::event),
    ("results", rows::results),
    ("recent", recents::recent),
    ("ai_result", results::ai_result),
    ("findings", results::findings),
];

/// Whether the property holds of the input. A panic is something that does not.
///
/// # Errors
/// With what does not hold.
pub fn hold(property: Property, input: &[u8]) -> Held {
    catch_unwind(AssertUnwindSafe(|| property(input))).unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// A sentence for a person: not empty, one line, without characters that move the cursor or turn the writing around.
fn one_line(text: &str) -> Held {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    if text.trim().is_empty() {
        return Err("a reason is empty".to_owned());
    }
    if text.len() > 4000 {
        return Err(format!("a reason has {} bytes", text.len()));
    }
    match text.chars().find(|c| c.is_control() || turns(*c)) {
        Some(c) => Err(format!("a reason holds {c:?}: {text:?}")),
        None => Ok(()),
    }
}

/// [`one_line`] of an error.
fn told(error: &impl Display) -> Held {
    one_line(&error.to_string())
}

/// Fails with these words where something is not so.
fn must(so: bool, otherwise: impl FnOnce() -> String) -> Held {
    if so { Ok(()) } else { Err(otherwise()) }
}

/// What the property itself cannot do, such as write its own file, is told like a finding: it must not pass for an input that was refused.
fn ours(what: &str) -> impl Fn(std::io::Error) -> String {
    move |e| format!("the property could not {what}: {e}")
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, hold, one_line};

    #[test]
    fn a_sentence_is_told_from_what_is_none() {
        assert_eq!(one_line("it is damaged: its header makes no sense"), Ok(()));
        for bad in ["", " ", "two\nlines", "a bell\u{7}", "turned \u{202e}around", &"long ".repeat(1000)] {
            assert!(one_line(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_breaks_a_property_is_noticed() {
        assert_eq!(hold(|_| Ok(()), b""), Ok(()));
        assert!(hold(|_| Err("no".to_owned()), b"").is_err());
        assert!(hold(|input| Err(format!("{}", input[3])), b"").is_err(), "a panic");
    }

    #[test]
    fn nothing_is_not_enough_for_any_target() {
        for (name, property) in TARGETS {
            assert_eq!(hold(property, b""), Ok(()), "{name}");
        }
    }
}
