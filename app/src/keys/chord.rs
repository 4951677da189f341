//! A chord: one key with Ctrl, Shift and Alt, as it is pressed, as it is written on the screen, and as it stands in a file.

use egui::{Key, Modifiers};

/// A key that is pressed, with what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Chord {
    pub(super) key: Key,
    ctrl: bool,
    shift: bool,
    alt: bool,
}

impl Chord {
    /// What comes next.
    pub(crate) const ENTER: Self = Self::plain(Key::Enter);
    /// Locks a read, whatever the table says; opens one again on the page on which that is asked.
    pub(crate) const LOCK: Self = Self::ctrl(Key::Enter);
    /// Locks although something is unusual.
    pub(crate) const LOCK_ALL_THE_SAME: Self = Self::ctrl_shift(Key::Enter);
    /// Takes back what was said last, in the form.
    pub(crate) const TAKE_BACK: Self = Self::ctrl(Key::Z);

    /// A key by itself.
    #[must_use]
    pub(super) const fn plain(key: Key) -> Self {
        Self { key, ctrl: false, shift: false, alt: false }
    }
    #[must_use]
    pub(super) const fn shift(key: Key) -> Self {
        Self { shift: true, ..Self::plain(key) }
    }
    #[must_use]
    pub(super) const fn ctrl(key: Key) -> Self {
        Self { ctrl: true, ..Self::plain(key) }
    }
    #[must_use]
    pub(super) const fn alt(key: Key) -> Self {
        Self { alt: true, ..Self::plain(key) }
    }
    #[must_use]
    pub(super) const fn ctrl_shift(key: Key) -> Self {
        Self { ctrl: true, ..Self::shift(key) }
    }

    /// The chord of a press. How a digit or a sign is reached differs from keyboard to keyboard (Shift on one, AltGr on the next): that is no part of it.
    #[must_use]
    pub(crate) fn pressed(key: Key, held: Modifiers) -> Self {
        let key = if key == Key::Slash && held.shift { Key::Questionmark } else { key };
        let name = key.name();
        let is_letter = name.len() == 1 && name.starts_with(|c: char| c.is_ascii_alphabetic());
        let is_sign = !is_letter && key.symbol_or_name().chars().count() == 1 && !is_arrow(key);
        // AltGr reaches some systems as Ctrl and Alt.
        let alt_gr = is_sign && held.command && held.alt;
        Self { key, ctrl: held.command && !alt_gr, shift: held.shift && !is_sign, alt: held.alt && !alt_gr }
    }

    /// Whether a key is one that is held while another is pressed: window systems send its own press too, and it says nothing by itself.
    #[must_use]
    pub(crate) const fn is_held_key(key: Key) -> bool {
        matches!(
            key,
            Key::ShiftLeft
                | Key::ShiftRight
                | Key::ControlLeft
                | Key::ControlRight
                | Key::AltLeft
                | Key::AltRight
                | Key::SuperLeft
                | Key::SuperRight
        )
    }

    /// As it stands on the screen: a letter by itself small, as it is typed, and with a key that is held large, as it is on the keyboard.
    #[must_use]
    pub(crate) fn label(self) -> String {
        let key = match self.key {
            Key::ArrowUp => "\u{2191}",
            Key::ArrowDown => "\u{2193}",
            Key::ArrowLeft => "\u{2190}",
            Key::ArrowRight => "\u{2192}",
            Key::PageUp => "PgUp",
            Key::PageDown => "PgDn",
            Key::Enter => "\u{23ce}",
            Key::Delete => "Del",
            Key::Escape => "Esc",
            Key::Backspace => "Bksp",
            key => key.symbol_or_name(),
        };
        let is_alone = !(self.ctrl || self.shift || self.alt);
        let key = if key.len() == 1 && is_alone { key.to_lowercase() } else { key.to_owned() };
        self.with_held(&key, " ")
    }

    /// As it stands in a file: "Ctrl+Shift+Z".
    #[must_use]
    pub(super) fn to_text(self) -> String {
        self.with_held(self.key.name(), "+")
    }
    /// The chord of a text; `None` of any other text than [`Self::to_text`]'s.
    #[must_use]
    pub(super) fn of_text(text: &str) -> Option<Self> {
        let (held, name) = text.rsplit_once('+').map_or(("", text), |(held, name)| (held, name));
        let key = Key::from_name(name)?;
        let has = |word| held.split('+').any(|h| h == word);
        let chord = Self { key, ctrl: has("Ctrl"), shift: has("Shift"), alt: has("Alt") };
        // One text for one chord, and one that a press can make.
        let held = Modifiers { command: chord.ctrl, shift: chord.shift, alt: chord.alt, ..Modifiers::NONE };
        (chord.to_text() == text && Self::pressed(key, held) == chord).then_some(chord)
    }

    fn with_held(self, key: &str, between: &str) -> String {
        let held = [(self.ctrl, "Ctrl"), (self.shift, "Shift"), (self.alt, "Alt")];
        held.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).chain([key]).collect::<Vec<_>>().join(between)
    }
}

const fn is_arrow(key: Key) -> bool {
    matches!(key, Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_one_chord_on_every_keyboard() {
        let alt_gr = Modifiers { command: true, ctrl: true, alt: true, ..Modifiers::NONE };
        for held in [Modifiers::NONE, Modifiers::SHIFT, alt_gr] {
            assert_eq!(Chord::pressed(Key::OpenBracket, held), Chord::plain(Key::OpenBracket));
            assert_eq!(Chord::pressed(Key::Num1, held), Chord::plain(Key::Num1));
        }
        assert_eq!(Chord::pressed(Key::Slash, Modifiers::SHIFT), Chord::plain(Key::Questionmark));
        assert_eq!(Chord::pressed(Key::Questionmark, Modifiers::SHIFT), Chord::plain(Key::Questionmark));
        assert_eq!(Chord::pressed(Key::G, Modifiers::SHIFT), Chord::shift(Key::G));
        assert_eq!(Chord::pressed(Key::ArrowUp, Modifiers::SHIFT), Chord::shift(Key::ArrowUp));
        assert_eq!(Chord::pressed(Key::F5, Modifiers::SHIFT), Chord::shift(Key::F5));
        assert_eq!(Chord::pressed(Key::Plus, Modifiers::COMMAND), Chord::ctrl(Key::Plus));
    }

    #[test]
    fn texts_and_labels() {
        let all = [
            (Chord::plain(Key::I), "I", "i"),
            (Chord::ctrl_shift(Key::Z), "Ctrl+Shift+Z", "Ctrl Shift Z"),
            (Chord::plain(Key::ArrowDown), "Down", "\u{2193}"),
            (Chord::alt(Key::R), "Alt+R", "Alt R"),
            (Chord::LOCK_ALL_THE_SAME, "Ctrl+Shift+Enter", "Ctrl Shift \u{23ce}"),
            (Chord::plain(Key::Plus), "Plus", "+"),
            (Chord::plain(Key::Num0), "0", "0"),
            (Chord::plain(Key::F11), "F11", "F11"),
            (Chord::plain(Key::PageUp), "PageUp", "PgUp"),
        ];
        for (chord, text, label) in all {
            assert_eq!((chord.to_text().as_str(), chord.label().as_str()), (text, label));
            assert_eq!(Chord::of_text(text), Some(chord));
        }
        for text in ["", "+", "i", "Shift+", "Z+Ctrl", "Shift+Ctrl+Z", "Ctrl+Ctrl+Z", "Shift+1", "Nothing", "Ctrl+Shift+Z ", "Shift+Slash"]
        {
            assert_eq!(Chord::of_text(text), None, "{text:?}");
        }
    }

    /// Files hold these names: an egui that names keys otherwise would make every file a broken one.
    #[test]
    fn names_of_keys_in_files_are_what_they_were() {
        let names = Key::ALL.iter().map(|k| k.name()).collect::<Vec<_>>();
        for name in [
            "A",
            "Z",
            "0",
            "9",
            "F1",
            "F12",
            "Up",
            "Left",
            "PageUp",
            "Home",
            "Tab",
            "Space",
            "Delete",
            "Insert",
            "Minus",
            "Plus",
            "Equals",
            "OpenBracket",
            "Backtick",
        ] {
            assert!(names.contains(&name), "{name}");
        }
    }
}
