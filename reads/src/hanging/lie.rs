//! How a mammogram lies in its cell: chest walls face each other, nipples point outwards, heads are up.
//!
//! A right breast hangs on the viewer's left with its chest wall at the right, a left breast the other way (IHE Radiology, Mammography Image profile). Which way an image was stored is read from Patient Orientation (PS3.3 C.8.11.7); an image that does not tell is shown as it was stored.
//! Refuses: turning any other image.

use super::Turn;
use super::layout::Justification;
use tiresias_words::{Laterality, SeriesFacts};

/// Cranio-caudal, and exaggerated to either side.
const FROM_ABOVE: [&str; 3] = ["CC", "XCCL", "XCCM"];

/// Turn and justification of a series before any rule.
pub(super) fn of(facts: &SeriesFacts) -> (Turn, Justification) {
    // Where the right edge of the screen has to point, and the left; then what has to be at the bottom, and at the top, of a view from above.
    let (justification, [right, left], [bottom, top]) = match facts.laterality {
        Some(Laterality::Right) if is_mammogram(facts) => (Justification::Right, ['P', 'A'], ['L', 'R']),
        Some(Laterality::Left) if is_mammogram(facts) => (Justification::Left, ['A', 'P'], ['R', 'L']),
        _ => return (Turn::NONE, Justification::Centre),
    };
    let from_above = facts.view.as_ref().is_some_and(|v| FROM_ABOVE.contains(&v.as_str()));
    let [bottom, top] = if from_above { [bottom, top] } else { ['F', 'H'] };
    let Some(orientation) = &facts.orientation else { return (Turn::NONE, justification) };
    let runs = |letters: &str, wrong: char, wanted: char| letters.contains(wrong) && !letters.contains(wanted);
    let mut turn = Turn::NONE;
    if runs(orientation.rows(), left, right) {
        turn = turn.flipped_across();
    }
    if runs(orientation.columns(), top, bottom) {
        turn = turn.flipped_down();
    }
    (turn, justification)
}

pub(super) fn is_mammogram(facts: &SeriesFacts) -> bool {
    facts.modality.as_str() == "MG"
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{ImagingModality, PatientOrientation, Role, ViewPosition};

    #[test]
    fn chest_walls_face_and_heads_are_up() {
        let lie = |modality: &str, laterality, view: &str, orientation: Option<[&str; 2]>| {
            let mut facts = SeriesFacts::new(Role::current(), ImagingModality::new(modality).unwrap(), 1);
            (facts.laterality, facts.view) = (laterality, ViewPosition::new(view).ok());
            facts.orientation = orientation.map(|[rows, columns]| PatientOrientation::new(rows, columns).unwrap());
            of(&facts)
        };
        let (right, left) = (Some(Laterality::Right), Some(Laterality::Left));
        // As PS3.3 has mammograms stored: nothing to do.
        for (side, view, o, at) in [
            (right, "CC", ["P", "L"], Justification::Right),
            (right, "MLO", ["P", "FL"], Justification::Right),
            (left, "CC", ["A", "R"], Justification::Left),
            (left, "MLO", ["A", "FR"], Justification::Left),
        ] {
            assert_eq!(lie("MG", side, view, Some(o)), (Turn::NONE, at), "{view} {o:?}");
        }
        // Stored some other way, each is put right.
        assert_eq!(lie("MG", right, "CC", Some(["A", "L"])).0, Turn::NONE.flipped_across());
        assert_eq!(lie("MG", left, "MLO", Some(["P", "FR"])).0, Turn::NONE.flipped_across());
        assert_eq!(lie("MG", left, "MLO", Some(["A", "HL"])).0, Turn::NONE.flipped_down());
        assert_eq!(lie("MG", right, "CC", Some(["A", "R"])).0, Turn::NONE.turned(2));
        assert_eq!(lie("MG", left, "ML", Some(["A", "F"])).0, Turn::NONE);
        // What does not tell is left as it is, and so is what is no mammogram.
        assert_eq!(lie("MG", right, "CC", None), (Turn::NONE, Justification::Right));
        assert_eq!(lie("MG", None, "CC", Some(["A", "R"])), (Turn::NONE, Justification::Centre));
        assert_eq!(lie("CR", right, "AP", Some(["A", "R"])), (Turn::NONE, Justification::Centre));
    }
}
