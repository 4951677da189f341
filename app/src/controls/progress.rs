//! How far a piece of work is: a line that grows. The words beside it say of what, to a screen reader too.

use crate::design::{ACCENT, LINE};
use egui::{Rect, Ui};

/// Draws it in its place, for a part of the whole from 0 to 1.
pub(crate) fn progress(ui: &Ui, place: Rect, part: f32) {
    let radius = place.height() / 2.0;
    ui.painter().rect_filled(place, radius, LINE);
    ui.painter().rect_filled(done(place, part), radius, ACCENT);
}

/// What of a place is filled.
fn done(place: Rect, part: f32) -> Rect {
    place.with_max_x(place.left() + place.width() * part.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{pos2, vec2};

    #[test]
    fn the_line_grows_from_the_left_and_never_beyond_its_place() {
        let place = Rect::from_min_size(pos2(10.0, 20.0), vec2(200.0, 4.0));
        // Work may take more steps than it announced.
        for (part, right) in [(-0.5, 10.0), (0.0, 10.0), (0.25, 60.0), (1.0, 210.0), (1.5, 210.0)] {
            assert_eq!(done(place, part), Rect::from_min_max(place.min, pos2(right, 24.0)), "{part}");
        }
    }
}
