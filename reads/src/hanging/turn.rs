//! How an image lies on the screen: as acquired, mirrored, turned by quarters. The eight ways of a square.

use serde::{Deserialize, Serialize};
use tiresias_words::Direction;

/// A way to lay an image on the screen: it is mirrored first (left and right exchanged), then turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct Turn {
    is_mirrored: bool,
    /// Clockwise, 0 to 3.
    quarters: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    is_mirrored: bool,
    quarters: u8,
}
impl TryFrom<Draft> for Turn {
    type Error = &'static str;
    fn try_from(d: Draft) -> Result<Self, Self::Error> {
        if d.quarters < 4 { Ok(Self { is_mirrored: d.is_mirrored, quarters: d.quarters }) } else { Err("a turn is 0 to 3 quarters") }
    }
}
impl From<Turn> for Draft {
    fn from(t: Turn) -> Self {
        Self { is_mirrored: t.is_mirrored, quarters: t.quarters }
    }
}

impl Turn {
    /// As acquired.
    pub const NONE: Self = Self { is_mirrored: false, quarters: 0 };

    /// What is on the screen, with left and right exchanged.
    #[must_use]
    pub const fn flipped_across(self) -> Self {
        Self { is_mirrored: !self.is_mirrored, quarters: (4 - self.quarters) % 4 }
    }
    /// What is on the screen, with top and bottom exchanged.
    #[must_use]
    pub const fn flipped_down(self) -> Self {
        self.flipped_across().turned(2)
    }
    /// What is on the screen, turned clockwise by so many quarters.
    #[must_use]
    pub const fn turned(self, quarters: u8) -> Self {
        Self { quarters: (self.quarters + quarters % 4) % 4, ..self }
    }
    /// Whether the image is seen as in a mirror.
    #[must_use]
    pub const fn is_mirrored(self) -> bool {
        self.is_mirrored
    }
    /// Quarters that the image, mirrored or not, is turned clockwise.
    #[must_use]
    pub const fn quarters(self) -> u8 {
        self.quarters
    }
    /// Where the screen's right and down point in the patient, when those of the image as acquired point to `right` and `down`.
    #[must_use]
    pub fn lay(self, [right, down]: [Direction; 2]) -> [Direction; 2] {
        let mirrored = if self.is_mirrored { [-right, down] } else { [right, down] };
        // A quarter clockwise: what was at the top is on the right, what was on the right is at the bottom.
        (0..self.quarters).fold(mirrored, |[right, down], _| [-down, right])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tiresias_words::Displacement;

    const IMAGE: [Direction; 2] = [Direction::LEFT, Direction::POSTERIOR];

    fn letters(turn: Turn) -> String {
        turn.lay(IMAGE).map(Direction::letters).concat()
    }

    #[test]
    fn each_way_by_the_letters_at_the_right_and_at_the_bottom() {
        assert_eq!(letters(Turn::NONE), "LP");
        assert_eq!(letters(Turn::NONE.flipped_across()), "RP");
        assert_eq!(letters(Turn::NONE.flipped_down()), "LA");
        assert_eq!(letters(Turn::NONE.turned(1)), "AL");
        assert_eq!(letters(Turn::NONE.turned(2)), "RA");
        assert_eq!(letters(Turn::NONE.turned(1).flipped_across()), "PL", "the flip is of what is on the screen");
        assert_eq!(letters(Turn::NONE.flipped_across().turned(1)), "AR");
    }

    proptest! {
        #[test]
        fn the_eight_ways_are_a_group(steps in prop::collection::vec(0u8..3, 0..20)) {
            let step = |t: Turn, s: u8| match s { 0 => t.flipped_across(), 1 => t.flipped_down(), _ => t.turned(1) };
            let turn = steps.iter().fold(Turn::NONE, |t, s| step(t, *s));
            prop_assert_eq!(turn.flipped_across().flipped_across(), turn);
            prop_assert_eq!(turn.flipped_down().flipped_down(), turn);
            prop_assert_eq!(turn.turned(3).turned(5), turn);
            prop_assert_eq!(turn.flipped_across().flipped_down(), turn.turned(2));
            // Flips and turns act on what is on the screen, whatever lay there before.
            let [right, down] = turn.lay(IMAGE);
            prop_assert_eq!(turn.flipped_across().lay(IMAGE), [-right, down]);
            prop_assert_eq!(turn.flipped_down().lay(IMAGE), [right, -down]);
            prop_assert_eq!(turn.turned(1).lay(IMAGE), [-down, right]);
            let hand = |[r, d]: [Direction; 2]| r.cross(d).dot(Displacement::new(0.0, 0.0, 1.0)) > 0.0;
            prop_assert_eq!(hand(turn.lay(IMAGE)), !turn.is_mirrored());
            let back: Turn = serde_json::from_str(&serde_json::to_string(&turn).unwrap()).unwrap();
            prop_assert_eq!(back, turn);
        }
    }
}
