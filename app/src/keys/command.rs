//! The commands that a key can give while the image has the focus, each with its name in files and its words on the screen.
//!
//! Refuses: locking, rating and answering, which are no commands, so that no key can be given them.

use tiresias_reads::machine::Tool;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    /// Puts a tool into the hand.
    Take(Tool),
    /// The next kind of region.
    Region,
    /// So many slices on; back where it is negative.
    Slices(i8),
    FirstSlice,
    LastSlice,
    Cine,
    /// A named window by its place, from 1.
    Window(u8),
    FitWindow,
    Invert,
    FlipAcross,
    FlipDown,
    TurnRight,
    TurnLeft,
    Fit,
    OneToOne,
    TrueSize,
    Larger,
    Smaller,
    Reset,
    Words,
    Overlays,
    /// What the AI says: tapped off and on, held away.
    Ai,
    NextPane,
    PaneBefore,
    NextSeries,
    SeriesBefore,
    Alone,
    Arrangement,
    Grid,
    Slab,
    Thinner,
    Thicker,
    Link,
    Delete,
    Undo,
    Redo,
    /// The screen goes blank and the clock stands.
    Pause,
    /// The page of keys: the one command that is taken in the form too.
    Help,
}

/// Under which heading a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Tools,
    Slices,
    Windows,
    Image,
    Panes,
}

impl Group {
    /// The heading.
    #[must_use]
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Tools => "Tools",
            Self::Slices => "Slices",
            Self::Windows => "Windows",
            Self::Image => "Image",
            Self::Panes => "Panes",
        }
    }
}

/// A command, its group, its name in files, and its words on the screen.
pub(crate) type Entry = (Command, Group, &'static str, &'static str);

/// All of them, in the order in which they are listed.
pub(crate) const COMMANDS: [Entry; 59] = [
    (Command::Take(Tool::Window), Group::Tools, "tool window", "window and level"),
    (Command::Take(Tool::Scroll), Group::Tools, "tool scroll", "scroll"),
    (Command::Take(Tool::Zoom), Group::Tools, "tool zoom", "zoom"),
    (Command::Take(Tool::Pan), Group::Tools, "tool pan", "pan"),
    (Command::Take(Tool::Magnifier), Group::Tools, "tool lens", "lens"),
    (Command::Take(Tool::Crosshair), Group::Tools, "tool crosshair", "crosshair"),
    (Command::Take(Tool::Probe), Group::Tools, "tool value", "value at the pointer"),
    (Command::Take(Tool::Mark), Group::Tools, "tool mark", "mark"),
    (Command::Take(Tool::Length), Group::Tools, "tool length", "length"),
    (Command::Take(Tool::Bidimensional), Group::Tools, "tool diameters", "diameters"),
    (Command::Take(Tool::Angle), Group::Tools, "tool angle", "angle"),
    (Command::Region, Group::Tools, "tool region", "region"),
    (Command::Pause, Group::Tools, "pause", "pause"),
    (Command::Slices(1), Group::Slices, "slice on", "next slice"),
    (Command::Slices(-1), Group::Slices, "slice back", "slice before"),
    (Command::Slices(10), Group::Slices, "ten on", "ten slices on"),
    (Command::Slices(-10), Group::Slices, "ten back", "ten slices back"),
    (Command::FirstSlice, Group::Slices, "first slice", "first slice"),
    (Command::LastSlice, Group::Slices, "last slice", "last slice"),
    (Command::Cine, Group::Slices, "cine", "moving picture"),
    (Command::Window(1), Group::Windows, "window 1", "first window"),
    (Command::Window(2), Group::Windows, "window 2", "second window"),
    (Command::Window(3), Group::Windows, "window 3", "third window"),
    (Command::Window(4), Group::Windows, "window 4", "fourth window"),
    (Command::Window(5), Group::Windows, "window 5", "fifth window"),
    (Command::Window(6), Group::Windows, "window 6", "sixth window"),
    (Command::Window(7), Group::Windows, "window 7", "seventh window"),
    (Command::Window(8), Group::Windows, "window 8", "eighth window"),
    (Command::Window(9), Group::Windows, "window 9", "ninth window"),
    (Command::FitWindow, Group::Windows, "fit window", "fit the window"),
    (Command::Invert, Group::Image, "invert", "invert"),
    (Command::FlipAcross, Group::Image, "mirror", "mirror"),
    (Command::FlipDown, Group::Image, "upend", "upend"),
    (Command::TurnRight, Group::Image, "turn right", "turn right"),
    (Command::TurnLeft, Group::Image, "turn left", "turn left"),
    (Command::Fit, Group::Image, "fit", "all of it"),
    (Command::OneToOne, Group::Image, "1:1", "1:1"),
    (Command::TrueSize, Group::Image, "true size", "true size"),
    (Command::Larger, Group::Image, "larger", "larger"),
    (Command::Smaller, Group::Image, "smaller", "smaller"),
    (Command::Reset, Group::Image, "reset", "reset the view"),
    (Command::Words, Group::Image, "words", "text on the image"),
    (Command::Overlays, Group::Image, "overlays", "the image\u{2019}s own drawings"),
    (Command::Ai, Group::Image, "ai", "AI off or on, held: without AI"),
    (Command::NextPane, Group::Panes, "next pane", "next pane"),
    (Command::PaneBefore, Group::Panes, "pane before", "pane before"),
    (Command::NextSeries, Group::Panes, "next series", "next series"),
    (Command::SeriesBefore, Group::Panes, "series before", "series before"),
    (Command::Alone, Group::Panes, "alone", "one pane, all panes"),
    (Command::Arrangement, Group::Panes, "arrangement", "planes or images"),
    (Command::Grid, Group::Panes, "grid", "rows and columns"),
    (Command::Slab, Group::Panes, "slab", "slab"),
    (Command::Thinner, Group::Panes, "thinner", "thinner slab"),
    (Command::Thicker, Group::Panes, "thicker", "thicker slab"),
    (Command::Link, Group::Panes, "link", "link series, or not"),
    (Command::Delete, Group::Panes, "delete", "delete a measurement"),
    (Command::Undo, Group::Panes, "undo", "undo"),
    (Command::Redo, Group::Panes, "redo", "do again"),
    (Command::Help, Group::Panes, "help", "keys"),
];

impl Command {
    fn entry(self) -> Option<&'static Entry> {
        COMMANDS.iter().find(|(command, ..)| *command == self)
    }
    /// Its words on the screen.
    #[must_use]
    pub(crate) fn words(self) -> &'static str {
        self.entry().map_or("", |(_, _, _, words)| words)
    }
    /// Its name in files.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        self.entry().map_or("", |(_, _, name, _)| name)
    }
    /// The command of a name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|(_, _, known, _)| *known == name).map(|(command, ..)| *command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_every_command_is_there_once() {
        for (i, (command, _, name, words)) in COMMANDS.iter().enumerate() {
            assert!(!name.is_empty() && !words.is_empty());
            assert!(COMMANDS[i + 1..].iter().all(|(c, _, n, w)| c != command && n != name && w != words), "{name}");
            assert_eq!((Command::named(name), command.name(), command.words()), (Some(*command), *name, *words));
        }
    }
}
