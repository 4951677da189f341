//! What scrolls: pages, columns of them, lists and tables that are longer or wider than their place. An edge that cuts them fades, and their bar is there before a pointer is.
//!
//! Owns where the bar stands and into what the edge fades; the sizes of both are the design's, set once for all. Refuses: to take a press, or room from what is read.

use crate::design::{DIM, ROOM};
use egui::{AsIdSalt, Frame, Rect, ScrollArea, Ui, UiBuilder};

/// How much of its colour a bar has.
const STRENGTH: f32 = 0.6;

/// A page, or a column of one, that scrolls where it is longer than its place. Its bar stands on the right of that, in a margin of this width.
pub(crate) fn scrolled(ui: &mut Ui, place: Rect, margin: f32, name: impl AsIdSalt, content: impl FnOnce(&mut Ui)) {
    going_on(ui, place, margin, |ui| {
        ScrollArea::vertical().id_salt(name).auto_shrink([false, false]).show(ui, |ui| {
            // In a window that is too narrow there may be less than nothing for it.
            ui.set_max_width(place.width().max(0.0));
            content(ui);
        });
    });
}

/// Where a scroll area shows that it goes on. It has the margin on the right of its place for its bar; what is in it keeps to the place by itself.
pub(crate) fn going_on<R>(ui: &mut Ui, place: Rect, margin: f32, area: impl FnOnce(&mut Ui) -> R) -> R {
    let whole = place.with_max_x(place.right().max(place.left()) + margin);
    ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
        // The scroll area fades its edges into the ground that a frame around it tells.
        Frame::NONE.fill(ROOM).show(ui, |ui| {
            // Beside no image: brighter than a line, or the bar is overlooked.
            ui.visuals_mut().widgets.inactive.bg_fill = DIM.gamma_multiply(STRENGTH);
            area(ui)
        })
    })
    .inner
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::{self, BAR, FADE};
    use egui::{Color32, Context, Pos2, RawInput, Sense, Shape, pos2, vec2};

    const PLACE: Rect = Rect { min: Pos2::ZERO, max: pos2(200.0, 300.0) };
    const MARGIN: f32 = 20.0;

    /// The edges that fade, and the bars, of content of this height after it was scrolled so far.
    fn drawn(height: f32, offset: f32) -> (Vec<Rect>, Vec<Rect>) {
        let context = Context::default();
        design::install(&context);
        let (mut fades, mut bars) = (Vec::new(), Vec::new());
        // What scrolls knows its size from the frame before.
        for _ in 0..3 {
            let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(400.0, 300.0))), ..RawInput::default() };
            let mut output = context.run_ui(input, |ui| {
                // What is scrolled to stands at the edge, and not below it.
                ui.spacing_mut().item_spacing.y = 0.0;
                scrolled(ui, PLACE, MARGIN, "page", |ui| {
                    let (whole, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
                    assert!((whole.width() - PLACE.width()).abs() < 0.1, "the margin is the bar's: {whole:?}");
                    ui.scroll_to_rect_animation(
                        Rect::from_min_size(whole.min + vec2(0.0, offset), vec2(1.0, PLACE.height())),
                        Some(egui::Align::Min),
                        egui::style::ScrollAnimation::none(),
                    );
                });
            });
            // Nothing is painted here.
            output.textures_delta.clear();
            (fades, bars) = (Vec::new(), Vec::new());
            for clipped in output.shapes {
                match clipped.shape {
                    // From the ground to nothing.
                    Shape::Mesh(mesh) if mesh.vertices.iter().any(|v| v.color == ROOM) => {
                        assert!(mesh.vertices.iter().any(|v| v.color == Color32::TRANSPARENT));
                        fades.push(mesh.calc_bounds());
                    }
                    Shape::Rect(rect) if rect.fill == DIM.gamma_multiply(STRENGTH) => bars.push(rect.rect),
                    _ => {}
                }
            }
        }
        (fades, bars)
    }

    /// The middle of three columns has less than nothing in a window that is too narrow for them.
    #[test]
    fn a_place_of_less_than_nothing_is_borne() {
        let context = Context::default();
        design::install(&context);
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(400.0, 300.0))), ..RawInput::default() };
        let mut asked = 0;
        let mut output = context.run_ui(input, |ui| {
            scrolled(ui, Rect { min: pos2(200.0, 0.0), max: pos2(180.0, 300.0) }, MARGIN, "page", |ui| {
                assert!(ui.available_width() >= 0.0);
                ui.label("a word");
                asked += 1;
            });
        });
        // Nothing is painted here.
        output.textures_delta.clear();
        assert!(asked > 0);
    }

    /// A page ended under the last row that had room in the window, and the passphrases and the button below it were nowhere announced.
    #[test]
    fn a_page_that_goes_on_fades_at_the_edge_that_cuts_it_and_shows_its_bar() {
        let (top, bottom) = (PLACE.top()..=PLACE.top() + FADE, PLACE.bottom() - FADE..=PLACE.bottom());
        for (what, height, offset, expected) in [
            ("it has room", 300.0, 0.0, vec![]),
            ("it begins", 900.0, 0.0, vec![bottom.clone()]),
            ("it is in the middle", 900.0, 300.0, vec![top.clone(), bottom]),
            ("it ends", 900.0, 600.0, vec![top]),
        ] {
            let (fades, bars) = drawn(height, offset);
            let found: Vec<_> = fades.iter().map(|fade| fade.top()..=fade.bottom()).collect();
            assert_eq!(found, expected, "{what}");
            assert_eq!(bars.len(), usize::from(height > PLACE.height()), "{what}");
            for bar in bars {
                assert!(bar.left() >= PLACE.right() && (bar.width() - BAR).abs() < 0.1, "{what}: {bar:?} takes nothing from the page");
            }
        }
    }
}
