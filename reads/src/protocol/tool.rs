//! The tools of the viewer by name, and which of them a protocol allows.
//!
//! Owns the one list of tools: the protocol, the workspace and the record name them in the same words. Refuses: keys, buttons and pictures, which are `app`'s.

use serde::{Deserialize, Serialize};

/// Something a reader can do to the view, or measure on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Changes the window.
    Window,
    /// Scrolls.
    Scroll,
    /// Zooms.
    Zoom,
    /// Pans.
    Pan,
    /// Enlarges what is under the pointer.
    Magnifier,
    /// Exchanges black and white.
    Invert,
    /// Mirrors the image.
    Flip,
    /// Turns the image by quarters.
    Rotate,
    /// Measures a length.
    Length,
    /// Measures an angle.
    Angle,
    /// Measures a longest diameter and the one across it.
    Bidimensional,
    /// Statistics of an ellipse.
    Ellipse,
    /// Statistics of a rectangle.
    Rectangle,
    /// Statistics of a shape drawn by hand.
    Freehand,
    /// The value at a point.
    Probe,
    /// Moves the crosshair.
    Crosshair,
    /// Runs a moving picture.
    Cine,
    /// Projects a slab.
    Slab,
    /// Turns planes out of the patient's axes.
    Oblique,
    /// Puts marks. The paradigm allows it, not the list of tools.
    Mark,
}

/// The tools that a protocol may allow, in the order of the reading room, by the words of `protocol.toml`.
const NAMED: [(&str, Tool); 19] = [
    ("window", Tool::Window),
    ("scroll", Tool::Scroll),
    ("zoom", Tool::Zoom),
    ("pan", Tool::Pan),
    ("magnifier", Tool::Magnifier),
    ("invert", Tool::Invert),
    ("flip", Tool::Flip),
    ("rotate", Tool::Rotate),
    ("length", Tool::Length),
    ("angle", Tool::Angle),
    ("bidimensional", Tool::Bidimensional),
    ("ellipse", Tool::Ellipse),
    ("rectangle", Tool::Rectangle),
    ("freehand", Tool::Freehand),
    ("probe", Tool::Probe),
    ("crosshair", Tool::Crosshair),
    ("cine", Tool::Cine),
    ("slab", Tool::Slab),
    ("oblique", Tool::Oblique),
];

impl Tool {
    /// The tool of a word of `protocol.toml`; `None` for [`Tool::Mark`] too, which no list allows or forbids.
    pub(super) fn named(word: &str) -> Option<Self> {
        NAMED.iter().find(|(name, _)| *name == word).map(|(_, tool)| *tool)
    }
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        NAMED.iter().find(|(_, tool)| *tool == self).map_or("mark", |(name, _)| name)
    }
    /// Its place among the bits of a [`ToolSet`].
    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Which tools a reader has. Marks are the paradigm's, so [`Tool::Mark`] is in every set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Tool>", into = "Vec<Tool>")]
pub struct ToolSet(u32);

impl ToolSet {
    /// All tools: what a protocol allows that says nothing.
    #[must_use]
    pub fn all() -> Self {
        Self::of(NAMED.map(|(_, tool)| tool))
    }
    /// These tools.
    #[must_use]
    pub fn of(tools: impl IntoIterator<Item = Tool>) -> Self {
        Self(tools.into_iter().fold(Tool::Mark.bit(), |bits, tool| bits | tool.bit()))
    }
    /// Whether a reader has the tool.
    #[must_use]
    pub const fn allows(self, tool: Tool) -> bool {
        self.0 & tool.bit() != 0
    }
    /// The tools, in the order of the reading room; without [`Tool::Mark`].
    pub fn iter(self) -> impl Iterator<Item = Tool> {
        NAMED.into_iter().map(|(_, tool)| tool).filter(move |tool| self.allows(*tool))
    }
}
impl From<Vec<Tool>> for ToolSet {
    fn from(tools: Vec<Tool>) -> Self {
        Self::of(tools)
    }
}
impl From<ToolSet> for Vec<Tool> {
    fn from(set: ToolSet) -> Self {
        set.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_what_was_put_into_it() {
        for (word, tool) in NAMED {
            assert_eq!((Tool::named(word), tool.word()), (Some(tool), word));
            assert_eq!(serde_json::to_value(tool).unwrap(), word, "the record has the same words");
            let one = ToolSet::of([tool]);
            assert_eq!(one.iter().collect::<Vec<_>>(), [tool]);
            assert!(one.allows(Tool::Mark) && ToolSet::all().allows(tool));
            assert_eq!(serde_json::from_str::<ToolSet>(&serde_json::to_string(&one).unwrap()).unwrap(), one);
        }
        assert_eq!((Tool::named("mark"), Tool::named("lasso"), Tool::Mark.word()), (None, None, "mark"));
        assert_eq!(ToolSet::all().iter().count(), NAMED.len());
    }
}
