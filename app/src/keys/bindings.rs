//! The table: chord to command, mouse button to what a drag does, wheel to what a turn does. A chord has one meaning or none.
//!
//! Starts as a profile and is changed by the person at the screen, one command or one button at a time. Refuses chords that are fixed.

use super::chord::Chord;
use super::command::{COMMANDS, Command};
use super::profiles::{Profile, Row, TIRESIAS};
use egui::{Key, Modifiers, PointerButton};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a drag with a button other than the left does. The left one is the tool's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Drag {
    Pan,
    Zoom,
    Window,
    Scroll,
}

/// What the wheel does by itself. With Ctrl it does the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wheel {
    Scroll,
    Zoom,
}

impl Drag {
    pub(crate) const ALL: [Self; 4] = [Self::Pan, Self::Zoom, Self::Window, Self::Scroll];
    /// Its word on the screen.
    #[must_use]
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Pan => "pan",
            Self::Zoom => "zoom",
            Self::Window => "window",
            Self::Scroll => "scroll",
        }
    }
}

impl Wheel {
    pub(crate) const ALL: [Self; 2] = [Self::Scroll, Self::Zoom];
    /// Its word on the screen.
    #[must_use]
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Scroll => "scroll",
            Self::Zoom => "zoom at the pointer",
        }
    }
    /// What it does with Ctrl.
    #[must_use]
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Scroll => Self::Zoom,
            Self::Zoom => Self::Scroll,
        }
    }
}

/// What keys, buttons and the wheel mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bindings {
    profile: Profile,
    keys: BTreeMap<Chord, Command>,
    pub(crate) mouse: Mouse,
}

/// What the mouse does beside the left button, which is the tool's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mouse {
    pub(crate) middle: Drag,
    pub(crate) right: Drag,
    pub(crate) wheel: Wheel,
}

impl Mouse {
    /// Design, section 6; OHIF has the same.
    const SHIPPED: Self = Self { middle: Drag::Pan, right: Drag::Zoom, wheel: Wheel::Scroll };
}

/// Why a command does not get a chord. Each is a sentence for the person who pressed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Clash {
    /// Enter and Esc.
    #[error("{} always means the same, so that nothing locks a read by accident. Press another key.", .0.label())]
    Fixed(Chord),
    /// A key that the form needs, for the page of keys, which is reached from the form too.
    #[error("{} gives an answer in the form, where the page of keys is reached too. Press another key.", .0.label())]
    Form(Chord),
    /// Another command has it.
    #[error("{} is \u{201c}{}\u{201d} already. Press it again to take it from there, or press another key.", .chord.label(), .by.words())]
    Taken {
        /// What was pressed.
        chord: Chord,
        /// Whose it is.
        by: Command,
    },
}

/// The table as it stands in a file: the profile, and what differs from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    profile: String,
    /// By the names of commands: their chords, none where a command has lost its own.
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
    mouse: Mouse,
}

impl Bindings {
    /// A profile as it ships.
    #[must_use]
    pub(crate) fn of(profile: Profile) -> Self {
        let mut keys = BTreeMap::new();
        let mut put = |(command, chords): &Row| {
            keys.retain(|_, c| c != command);
            keys.extend(chords.iter().map(|chord| (*chord, *command)));
        };
        // First every command that changes lets go of its keys, so that another may have them.
        TIRESIAS.iter().filter(|(command, _)| profile.changes().iter().all(|(c, _)| c != command)).for_each(&mut put);
        profile.changes().iter().for_each(&mut put);
        Self { profile, keys, mouse: Mouse::SHIPPED }
    }

    /// The same keys with another mouse.
    #[must_use]
    pub(crate) fn with_mouse(self, mouse: Mouse) -> Self {
        Self { mouse, ..self }
    }
    /// The profile that it began as.
    #[must_use]
    pub(crate) const fn profile(&self) -> Profile {
        self.profile
    }

    /// What a press means while the image has the focus.
    #[must_use]
    pub(crate) fn command(&self, key: Key, held: Modifiers) -> Option<Command> {
        self.keys.get(&Chord::pressed(key, held)).copied()
    }

    /// What a drag with a button other than the left does.
    #[must_use]
    pub(crate) const fn drag(&self, button: PointerButton) -> Option<Drag> {
        match button {
            PointerButton::Middle => Some(self.mouse.middle),
            PointerButton::Secondary => Some(self.mouse.right),
            _ => None,
        }
    }

    /// What a turn of the wheel does.
    #[must_use]
    pub(crate) const fn turned(&self, held: Modifiers) -> Wheel {
        if held.command { self.mouse.wheel.other() } else { self.mouse.wheel }
    }

    /// A command's chords, in the order of its profile where they are the profile's.
    #[must_use]
    pub(crate) fn chords(&self, command: Command) -> Vec<Chord> {
        let rows = self.profile.changes().iter().chain(TIRESIAS);
        let first = rows.into_iter().find(|(c, _)| *c == command).map_or(&[][..], |(_, chords)| chords);
        let mut own: Vec<Chord> = self.keys.iter().filter(|(_, c)| **c == command).map(|(chord, _)| *chord).collect();
        own.sort_by_key(|chord| first.iter().position(|f| f == chord));
        own
    }
    /// The first of a command's chords as it stands on the screen; empty where it has none.
    #[must_use]
    pub(crate) fn label(&self, command: Command) -> String {
        self.chords(command).first().map_or_else(String::new, |chord| chord.label())
    }

    /// Gives a command a chord in place of those it had. Where another command has it: only when `takes`, and then that one has it no more.
    ///
    /// # Errors
    /// When the chord is fixed, or another command's; nothing changes then.
    pub(crate) fn rebind(&mut self, command: Command, chord: Chord, takes: bool) -> Result<(), Clash> {
        may_have(command, chord)?;
        match self.keys.get(&chord) {
            Some(by) if *by != command && !takes => return Err(Clash::Taken { chord, by: *by }),
            _ => {}
        }
        self.keys.retain(|_, c| *c != command);
        self.keys.insert(chord, command);
        Ok(())
    }

    /// As it stands in a file.
    #[must_use]
    pub(crate) fn written(&self) -> Written {
        let shipped = Self::of(self.profile);
        let texts = |of: &Self, command| of.chords(command).into_iter().map(Chord::to_text).collect::<Vec<_>>();
        let changed = COMMANDS.iter().map(|(command, ..)| *command).filter(|c| self.chords(*c) != shipped.chords(*c));
        Written {
            profile: self.profile.name().to_owned(),
            keys: changed.map(|c| (c.name().to_owned(), texts(self, c))).collect(),
            mouse: self.mouse,
        }
    }

    /// The table of a file.
    ///
    /// # Errors
    /// What is wrong with it, in the words of a sentence that goes on after "because".
    pub(crate) fn of_written(written: &Written) -> Result<Self, String> {
        let profile = Profile::named(&written.profile).ok_or_else(|| format!("there is no profile {:?}", written.profile))?;
        let mut table = Self { mouse: written.mouse, ..Self::of(profile) };
        let named = |name: &String| Command::named(name).ok_or_else(|| format!("there is no command {name:?}"));
        let changed = written.keys.iter().map(|(name, texts)| Ok((named(name)?, texts))).collect::<Result<Vec<_>, String>>()?;
        table.keys.retain(|_, command| changed.iter().all(|(c, _)| c != command));
        for (command, text) in changed.iter().flat_map(|(command, texts)| texts.iter().map(move |t| (*command, t))) {
            let chord = Chord::of_text(text).ok_or_else(|| format!("{text:?} is no key"))?;
            may_have(command, chord).map_err(|_| format!("{text:?} cannot be given to a command"))?;
            if table.keys.insert(chord, command).is_some() {
                return Err(format!("{text:?} has two meanings in it"));
            }
        }
        Ok(table)
    }
}

/// Whether a command may have a chord at all.
fn may_have(command: Command, chord: Chord) -> Result<(), Clash> {
    const DIGITS: [Key; 10] =
        [Key::Num0, Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    match chord.key {
        Key::Enter | Key::Escape => Err(Clash::Fixed(chord)),
        Key::Tab | Key::Delete | Key::Backspace if command == Command::Help => Err(Clash::Form(chord)),
        key if command == Command::Help && DIGITS.contains(&key) => Err(Clash::Form(chord)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_reads::machine::Tool;

    fn chord(text: &str) -> Chord {
        Chord::of_text(text).expect("a chord")
    }

    #[test]
    fn in_every_profile_every_command_has_a_key_and_no_key_two_commands() {
        for profile in Profile::ALL {
            let table = Bindings::of(profile);
            let rows = TIRESIAS.iter().filter(|(c, _)| profile.changes().iter().all(|(other, _)| other != c)).chain(profile.changes());
            let given: Vec<(Chord, Command)> = rows.flat_map(|(command, chords)| chords.iter().map(|k| (*k, *command))).collect();
            for (i, (key, command)) in given.iter().enumerate() {
                assert!(given[i + 1..].iter().all(|(k, _)| k != key), "{profile:?}: {} has two meanings", key.label());
                assert_eq!(table.keys.get(key), Some(command));
                assert_eq!(may_have(*command, *key), Ok(()), "{profile:?}");
                assert_eq!(Chord::of_text(&key.to_text()), Some(*key), "{profile:?}: {} can be pressed", key.label());
            }
            assert_eq!(table.keys.len(), given.len());
            for (command, ..) in COMMANDS {
                assert!(!table.label(command).is_empty(), "{profile:?}: {command:?} has no key");
            }
            assert_eq!(Bindings::of_written(&table.written()), Ok(table));
        }
    }

    /// Design, section 6, and the defaults that the two viewers document.
    #[test]
    fn profiles_mean_what_they_are_named_after() {
        let says = |profile, text: &str| Bindings::of(profile).keys.get(&chord(text)).copied();
        use Command::{Cine, Fit, FitWindow, FlipAcross, Invert, NextPane, NextSeries, Reset, Take, TurnLeft, TurnRight, Words};
        for (text, command) in [("W", Take(Tool::Window)), ("R", Reset), ("T", TurnRight), ("Tab", NextPane), ("I", Invert), ("C", Cine)] {
            assert_eq!(says(Profile::Tiresias, text), Some(command), "{text}");
        }
        for (text, command) in
            [("R", TurnRight), ("L", TurnLeft), ("Space", Reset), ("Equals", Fit), ("Right", NextPane), ("PageDown", NextSeries)]
        {
            assert_eq!(says(Profile::Ohif, text), Some(command), "{text}");
        }
        for (text, command) in [
            ("T", Take(Tool::Pan)),
            ("H", Take(Tool::Crosshair)),
            ("A", Take(Tool::Angle)),
            ("Space", Words),
            ("I", Words),
            ("Alt+F", FlipAcross),
            ("0", FitWindow),
            ("Right", NextSeries),
        ] {
            assert_eq!(says(Profile::Weasis, text), Some(command), "{text}");
        }
    }

    #[test]
    fn a_key_is_given_taken_and_refused() {
        let mut table = Bindings::of(Profile::Tiresias);
        assert_eq!(table.rebind(Command::Slab, chord("F7"), false), Ok(()));
        assert_eq!((table.label(Command::Slab), table.keys.get(&chord("J"))), ("F7".to_owned(), None));
        let taken = Clash::Taken { chord: chord("I"), by: Command::Invert };
        let before = table.clone();
        assert_eq!(table.rebind(Command::Slab, chord("I"), false), Err(taken));
        assert_eq!(taken.to_string(), "i is \u{201c}invert\u{201d} already. Press it again to take it from there, or press another key.");
        assert_eq!(table, before);
        assert_eq!(table.rebind(Command::Slab, chord("I"), true), Ok(()));
        assert_eq!((table.label(Command::Slab), table.label(Command::Invert)), ("i".to_owned(), String::new()));
        assert_eq!(Bindings::of_written(&table.written()).as_ref(), Ok(&table));
        for text in ["Enter", "Ctrl+Enter", "Shift+Enter", "Escape"] {
            for takes in [false, true] {
                assert_eq!(table.rebind(Command::Slab, chord(text), takes), Err(Clash::Fixed(chord(text))));
            }
        }
        for text in ["5", "Tab", "Shift+Tab", "Delete", "Backspace"] {
            assert_eq!(table.rebind(Command::Help, chord(text), true), Err(Clash::Form(chord(text))));
        }
    }

    #[test]
    fn a_file_with_two_meanings_is_refused() {
        let written = |keys: &[(&str, &[&str])]| Written {
            keys: keys.iter().map(|(c, k)| ((*c).to_owned(), k.iter().map(|k| (*k).to_owned()).collect())).collect(),
            ..Bindings::of(Profile::Tiresias).written()
        };
        type Keys<'a> = &'a [(&'a str, &'a [&'a str])];
        let wrong: [(Keys<'_>, &str); 5] = [
            (&[("slab", &["I"])], "two meanings"),
            (&[("slab", &["A"]), ("reset", &["A"])], "two meanings"),
            (&[("slab", &["Ctrl+Enter"])], "cannot be given"),
            (&[("lock", &["A"])], "no command"),
            (&[("slab", &["Whatever"])], "no key"),
        ];
        for (keys, says) in wrong {
            let refused = Bindings::of_written(&written(keys)).expect_err("a refusal");
            assert!(refused.contains(says), "{refused}");
        }
        // An exchange is none.
        let table = Bindings::of_written(&written(&[("slab", &["I"]), ("invert", &["J"])])).expect("a table");
        assert_eq!((table.label(Command::Slab), table.label(Command::Invert)), ("i".to_owned(), "j".to_owned()));
    }
}
