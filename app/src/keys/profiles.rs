//! What keys mean when nobody changed them: Tiresias' own way (design, section 6), and two that come near to OHIF's and to Weasis'.
//!
//! Near, because what is fixed here stays: Esc only cancels, Enter leads to the form, Ctrl+Enter locks. OHIF's are those of its `hotkeyBindings.ts`, Weasis'
//! those of its `ShortcutManager` and `ActionW` (both as of August 2026). Commands that a viewer has no key for keep Tiresias'.

use super::chord::Chord;
use super::command::Command;
use egui::Key;
use tiresias_reads::machine::Tool;

/// Whose keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Tiresias,
    Ohif,
    Weasis,
}

/// A command and its chords.
pub(super) type Row = (Command, &'static [Chord]);

impl Profile {
    pub(crate) const ALL: [Self; 3] = [Self::Tiresias, Self::Ohif, Self::Weasis];

    /// Its name on the screen.
    #[must_use]
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Tiresias => "Tiresias",
            Self::Ohif => "like OHIF",
            Self::Weasis => "like Weasis",
        }
    }
    /// Its name in files.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tiresias => "tiresias",
            Self::Ohif => "ohif",
            Self::Weasis => "weasis",
        }
    }
    /// The profile of a name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
    /// What it means otherwise than Tiresias: the command's chords are these alone.
    pub(super) const fn changes(self) -> &'static [Row] {
        match self {
            Self::Tiresias => &[],
            Self::Ohif => OHIF,
            Self::Weasis => WEASIS,
        }
    }
}

const fn key(key: Key) -> Chord {
    Chord::plain(key)
}

pub(super) const TIRESIAS: &[Row] = &[
    (Command::Take(Tool::Window), &[key(Key::W)]),
    (Command::Take(Tool::Scroll), &[key(Key::S)]),
    (Command::Take(Tool::Zoom), &[key(Key::Z)]),
    (Command::Take(Tool::Pan), &[key(Key::P)]),
    (Command::Take(Tool::Magnifier), &[key(Key::K)]),
    (Command::Take(Tool::Crosshair), &[key(Key::X)]),
    (Command::Take(Tool::Probe), &[key(Key::U)]),
    (Command::Take(Tool::Mark), &[key(Key::M)]),
    (Command::Take(Tool::Length), &[key(Key::D)]),
    (Command::Take(Tool::Bidimensional), &[key(Key::B)]),
    (Command::Take(Tool::Angle), &[key(Key::N)]),
    (Command::Region, &[key(Key::Q)]),
    (Command::Slices(1), &[key(Key::ArrowDown), key(Key::ArrowRight)]),
    (Command::Slices(-1), &[key(Key::ArrowUp), key(Key::ArrowLeft)]),
    (Command::Slices(10), &[key(Key::PageDown), Chord::shift(Key::ArrowDown), Chord::shift(Key::ArrowRight)]),
    (Command::Slices(-10), &[key(Key::PageUp), Chord::shift(Key::ArrowUp), Chord::shift(Key::ArrowLeft)]),
    (Command::FirstSlice, &[key(Key::Home)]),
    (Command::LastSlice, &[key(Key::End)]),
    (Command::Cine, &[key(Key::C)]),
    (Command::Window(1), &[key(Key::Num1)]),
    (Command::Window(2), &[key(Key::Num2)]),
    (Command::Window(3), &[key(Key::Num3)]),
    (Command::Window(4), &[key(Key::Num4)]),
    (Command::Window(5), &[key(Key::Num5)]),
    (Command::Window(6), &[key(Key::Num6)]),
    (Command::Window(7), &[key(Key::Num7)]),
    (Command::Window(8), &[key(Key::Num8)]),
    (Command::Window(9), &[key(Key::Num9)]),
    (Command::FitWindow, &[key(Key::E)]),
    (Command::Invert, &[key(Key::I)]),
    (Command::FlipAcross, &[key(Key::H)]),
    (Command::FlipDown, &[key(Key::V)]),
    (Command::TurnRight, &[key(Key::T)]),
    (Command::TurnLeft, &[Chord::shift(Key::T)]),
    (Command::Fit, &[key(Key::F)]),
    (Command::OneToOne, &[key(Key::Num0)]),
    (Command::TrueSize, &[key(Key::Y)]),
    (Command::Larger, &[key(Key::Plus)]),
    (Command::Smaller, &[key(Key::Minus)]),
    (Command::Reset, &[key(Key::R)]),
    (Command::Words, &[key(Key::O)]),
    (Command::Overlays, &[Chord::shift(Key::O)]),
    (Command::Ai, &[key(Key::A)]),
    (Command::NextPane, &[key(Key::Tab)]),
    (Command::PaneBefore, &[Chord::shift(Key::Tab)]),
    (Command::NextSeries, &[key(Key::Period)]),
    (Command::SeriesBefore, &[key(Key::Comma)]),
    (Command::Alone, &[key(Key::F11)]),
    (Command::Arrangement, &[key(Key::G)]),
    (Command::Grid, &[Chord::shift(Key::G)]),
    (Command::Slab, &[key(Key::J)]),
    (Command::Thinner, &[key(Key::OpenBracket)]),
    (Command::Thicker, &[key(Key::CloseBracket)]),
    (Command::Link, &[key(Key::L)]),
    (Command::Delete, &[key(Key::Delete), key(Key::Backspace)]),
    (Command::Undo, &[Chord::ctrl(Key::Z)]),
    (Command::Redo, &[Chord::ctrl(Key::Y), Chord::ctrl_shift(Key::Z)]),
    (Command::Help, &[key(Key::Questionmark)]),
];

const OHIF: &[Row] = &[
    (Command::Fit, &[key(Key::Equals)]),
    (Command::TurnRight, &[key(Key::R)]),
    (Command::TurnLeft, &[key(Key::L)]),
    (Command::Link, &[Chord::shift(Key::L)]),
    (Command::Reset, &[key(Key::Space)]),
    (Command::Slices(1), &[key(Key::ArrowDown)]),
    (Command::Slices(-1), &[key(Key::ArrowUp)]),
    (Command::Slices(10), &[Chord::shift(Key::ArrowDown)]),
    (Command::Slices(-10), &[Chord::shift(Key::ArrowUp)]),
    (Command::NextPane, &[key(Key::ArrowRight), key(Key::Tab)]),
    (Command::PaneBefore, &[key(Key::ArrowLeft), Chord::shift(Key::Tab)]),
    (Command::NextSeries, &[key(Key::PageDown)]),
    (Command::SeriesBefore, &[key(Key::PageUp)]),
];

const WEASIS: &[Row] = &[
    (Command::Take(Tool::Pan), &[key(Key::T)]),
    (Command::Take(Tool::Crosshair), &[key(Key::H)]),
    (Command::Take(Tool::Angle), &[key(Key::A)]),
    (Command::Slices(1), &[key(Key::ArrowDown)]),
    (Command::Slices(-1), &[key(Key::ArrowUp)]),
    (Command::Slices(10), &[Chord::shift(Key::ArrowDown), key(Key::PageDown)]),
    (Command::Slices(-10), &[Chord::shift(Key::ArrowUp), key(Key::PageUp)]),
    (Command::NextSeries, &[key(Key::ArrowRight)]),
    (Command::SeriesBefore, &[key(Key::ArrowLeft)]),
    (Command::FitWindow, &[key(Key::Num0)]),
    (Command::OneToOne, &[Chord::shift(Key::F)]),
    (Command::Larger, &[Chord::ctrl(Key::Plus)]),
    (Command::Smaller, &[Chord::ctrl(Key::Minus)]),
    (Command::TurnRight, &[Chord::alt(Key::R)]),
    (Command::TurnLeft, &[Chord::alt(Key::L)]),
    (Command::FlipAcross, &[Chord::alt(Key::F)]),
    (Command::FlipDown, &[Chord::alt(Key::V)]),
    (Command::Words, &[key(Key::Space), key(Key::I)]),
    (Command::Invert, &[Chord::shift(Key::I)]),
    (Command::Ai, &[Chord::shift(Key::A)]),
];
