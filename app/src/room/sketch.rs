//! A shape being drawn on a pane with the left button: a drag is two corners, a click is one. Marks and measurements share it.
//!
//! Owns the forms that both have of two corners on a pane. Refuses: corners outside of the images, and what becomes of a finished shape.

use super::Room;
use super::gestures::OnScreen;
use egui::{PointerButton, Pos2, Response, Ui};
use tiresias_reads::workspace::MOST_CORNERS;
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Plane};

/// Points that the pointer must move for a press to be a drag, and between two corners of a line drawn by hand.
const APART: f32 = 3.0;
/// So near to the first corner a polygon closes.
const CLOSES: f32 = 8.0;

/// A shape that is being drawn.
pub(super) struct Sketch {
    pub(super) on: OnScreen,
    /// Given so far.
    pub(super) points: Vec<PatientPoint>,
    /// Where the pointer is.
    pub(super) next: PatientPoint,
    pressed_at: Pos2,
}

/// What ends a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// So many corners.
    With(usize),
    /// The end of the drag, whose way is the shape.
    WithDrag,
    /// A click on its first corner, or a second one on its last.
    WhenClosed,
}

impl Sketch {
    /// Takes the corner given last away, and the shape with its only one.
    pub(super) fn drop_last_corner(sketch: &mut Option<Self>) {
        sketch.take_if(|s| {
            s.points.pop();
            s.points.is_empty()
        });
    }
}

/// The part of a way that goes along a direction.
fn along(way: Displacement, direction: Direction) -> Displacement {
    direction.times(Mm(way.dot(direction.unit())))
}

/// Centre and ends of the half axes of the ellipse that a drag from `a` to `b` on a pane encloses: along the pane's width, and along its height.
pub(super) fn half_axes(a: PatientPoint, b: PatientPoint, plane: &Plane) -> [PatientPoint; 3] {
    let half = (b - a) * 0.5;
    let centre = a + half;
    [centre, centre + along(half, plane.right()), centre + along(half, plane.down())]
}

/// Three corners, one after the other, of the rectangle that a drag from `a` to `b` on a pane encloses.
pub(super) fn three_corners(a: PatientPoint, b: PatientPoint, plane: &Plane) -> [PatientPoint; 3] {
    [a, a + along(b - a, plane.right()), b]
}

/// 64 points of an ellipse, from its centre and the ends of its half axes.
pub(super) fn ellipse([centre, a, b]: [PatientPoint; 3]) -> Vec<PatientPoint> {
    let at = |i: u32| {
        let (sin, cos) = (f64::from(i) * std::f64::consts::TAU / 64.0).sin_cos();
        centre + (a - centre) * cos + (b - centre) * sin
    };
    (0..64).map(at).collect()
}

impl Room {
    /// Takes the pointer's input for a shape on a pane; the shape, when this frame ended it.
    pub(super) fn sketch(
        &self,
        sketch: &mut Option<Sketch>,
        (ui, response): (&Ui, &Response),
        (here, on): (PatientPoint, &OnScreen),
        ends: Ends,
    ) -> Option<Sketch> {
        let pointer = response.interact_pointer_pos()?;
        let primary = PointerButton::Primary;
        let (pressed, released) = ui.input(|i| (i.pointer.button_pressed(primary), i.pointer.button_released(primary)));
        let is_inside = self.shown(on.at).is_some_and(|(_, s)| s.volume.geometry().contains(s.volume.geometry().voxel_of(here)));
        // A quick click can begin and end within one slow frame.
        if pressed && (response.is_pointer_button_down_on() || response.clicked_by(primary)) && is_inside {
            let begun = sketch.take().filter(|s| s.on.at == on.at);
            let mut begun = begun.unwrap_or(Sketch { on: *on, points: Vec::new(), next: here, pressed_at: pointer });
            let is_near = |p: Option<&PatientPoint>, by| p.is_some_and(|p| on.screen_at(*p).0.distance(pointer) <= by);
            let closes = is_near(begun.points.first(), CLOSES) || is_near(begun.points.last(), APART);
            if ends == Ends::WhenClosed && begun.points.len() >= 3 && closes {
                return Some(begun);
            }
            if begun.points.len() < MOST_CORNERS {
                begun.points.push(here);
            }
            (begun.next, begun.pressed_at) = (here, pointer);
            *sketch = Some(begun);
        }
        let drawn = sketch.as_mut().filter(|s| s.on.at == on.at)?;
        if is_inside {
            drawn.next = here;
            let moved = drawn.points.last().is_none_or(|p| on.screen_at(*p).0.distance(pointer) > APART);
            if ends == Ends::WithDrag && response.dragged_by(primary) && moved && drawn.points.len() < MOST_CORNERS {
                drawn.points.push(here);
            }
        }
        if !released {
            return None;
        }
        let is_over = match ends {
            Ends::With(corners) => {
                if drawn.pressed_at.distance(pointer) > APART {
                    let end = drawn.next;
                    drawn.points.push(end);
                }
                drawn.points.len() >= corners
            }
            Ends::WithDrag => true,
            Ends::WhenClosed => false,
        };
        if is_over { sketch.take() } else { None }
    }
}
