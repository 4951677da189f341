//! Foreign text in our sentences: on one line, cut short, and without characters that move the cursor or turn the writing around.
//!
//! Owns which characters those are. What people are shown as it stands must have none of them ([`is_line`]); what an error repeats has
//! them written out ([`shown`]). Owns too how long a reason may be, and the characters of codes that people copy by hand.

/// The longest reason that somebody writes, and the longest text in a study's log.
pub(crate) const MAX_REASON: usize = 1000;

/// Characters of case codes, receipts and recovery keys: capitals and digits without those that are taken for each other (0 O, 1 I L).
pub(crate) const CODE_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// Whether a character breaks the line, moves the cursor, or turns the writing around it (Unicode UAX #9, and its two separators).
fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text is 1 to `most` characters on one line that can be shown as they stand.
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(disturbs)
}

/// Whether a text is 1 to `most` characters, in lines, that can be shown as they stand.
pub(crate) fn is_text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(|c| c != '\n' && disturbs(c))
}

/// At most `most` characters of a text, those that disturb written out ("\n", "\u{202e}"), and a sign where it was cut.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut chars = text.chars();
    let mut line = String::new();
    for c in chars.by_ref().take(most) {
        if disturbs(c) { line.extend(c.escape_default()) } else { line.push(c) }
    }
    if chars.next().is_some() {
        line.push('\u{2026}');
    }
    line
}

/// The first of several findings, and how many others there are.
pub(crate) fn first_of(findings: &[String]) -> String {
    match findings {
        [] => String::new(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} ({} more of this kind)", others.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_on_its_line() {
        assert_eq!(shown("caf\u{e9} \"7\"", 20), "caf\u{e9} \"7\"");
        assert_eq!(shown("a\nb\u{202e}\u{1b}[2J", 20), "a\\nb\\u{202e}\\u{1b}[2J");
        assert_eq!((shown("abc", 3), shown("abcd", 3)), ("abc".into(), "abc\u{2026}".into()));
        assert!(is_line("60 to 69", 8) && !is_line("60 to 69", 7));
        for bad in ["", " ", "a\nb", "a\u{7f}", "a\u{202e}b", "a\u{2028}b", "a\u{2067}b"] {
            assert!(!is_line(bad, 60), "{bad:?}");
        }
    }
}
