//! The icons of the tool rail, drawn with lines so that they are sharp at every scale and need no licence.

use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, vec2};
use std::f32::consts::TAU;

/// A tool's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Window and level: a half-filled disc.
    Window,
    /// Scroll: a stack of lines.
    Scroll,
    /// Zoom: a lens.
    Zoom,
    /// Pan: four arrows.
    Pan,
    /// Crosshair.
    Crosshair,
    /// Mark: a ring with a centre.
    Mark,
    /// Length: a line with two ends.
    Length,
    /// Angle: two arms.
    Angle,
    /// Two diameters, one across the other.
    Bidimensional,
    /// A region: an ellipse.
    Region,
    /// Invert: a disc, filled on the other side.
    Invert,
    /// Reset: a turning arrow.
    Reset,
    /// Layout: one large and two small.
    Layout,
    /// Play: a triangle.
    Play,
    /// Pause: two bars.
    Pause,
    /// Rest: a cup.
    Rest,
    /// Help: a question mark in a ring.
    Help,
    /// Leave: an arrow out of a frame.
    Leave,
}

/// Draws `icon` about `centre` in a box of 18 points.
pub(crate) fn draw(painter: &Painter, icon: Icon, centre: Pos2, colour: Color32) {
    let stroke = Stroke::new(1.5, colour);
    let line = |a: Vec2, b: Vec2| {
        painter.line_segment([centre + a, centre + b], stroke);
    };
    match icon {
        Icon::Window | Icon::Invert => {
            painter.circle_stroke(centre, 7.0, stroke);
            let side = if icon == Icon::Window { 0.25 } else { -0.25 };
            painter.add(Shape::convex_polygon(arc(centre, 6.5, side, side + 0.5), colour, Stroke::NONE));
        }
        Icon::Scroll => {
            for dy in [-5.0, 0.0, 5.0] {
                line(vec2(-7.0, dy), vec2(7.0, dy));
            }
        }
        Icon::Zoom => {
            painter.circle_stroke(centre + vec2(-1.5, -1.5), 5.5, stroke);
            line(vec2(2.5, 2.5), vec2(7.0, 7.0));
            line(vec2(-4.0, -1.5), vec2(1.0, -1.5));
            line(vec2(-1.5, -4.0), vec2(-1.5, 1.0));
        }
        Icon::Pan => {
            for d in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
                let across = vec2(-d.y, d.x);
                line(Vec2::ZERO, d * 7.5);
                line(d * 7.5, d * 5.0 + across * 2.5);
                line(d * 7.5, d * 5.0 - across * 2.5);
            }
        }
        Icon::Crosshair => {
            for d in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
                line(d * 2.5, d * 8.0);
            }
        }
        Icon::Mark => {
            painter.circle_stroke(centre, 6.5, stroke);
            painter.circle_filled(centre, 1.5, colour);
        }
        Icon::Length => {
            line(vec2(-6.0, 6.0), vec2(6.0, -6.0));
            for end in [vec2(-6.0, 6.0), vec2(6.0, -6.0)] {
                line(end + vec2(-2.5, -2.5), end + vec2(2.5, 2.5));
            }
        }
        Icon::Angle => {
            line(vec2(-7.0, 6.0), vec2(7.0, 6.0));
            line(vec2(-7.0, 6.0), vec2(4.0, -6.0));
        }
        Icon::Bidimensional => {
            line(vec2(-7.0, 5.0), vec2(7.0, -5.0));
            line(vec2(-3.0, -4.2), vec2(3.0, 4.2));
        }
        Icon::Region => {
            painter.add(Shape::ellipse_stroke(centre, vec2(8.0, 5.5), stroke));
        }
        Icon::Reset => {
            painter.add(Shape::line(arc(centre, 6.5, -0.15, 0.65), stroke));
            let tip = centre + 6.5 * vec2((-0.15 * TAU).cos(), (-0.15 * TAU).sin());
            painter.line_segment([tip, tip + vec2(-4.5, -0.5)], stroke);
            painter.line_segment([tip, tip + vec2(0.5, -4.5)], stroke);
        }
        Icon::Layout => {
            painter.rect_stroke(egui::Rect::from_center_size(centre, vec2(16.0, 14.0)), 1.0, stroke, egui::StrokeKind::Middle);
            line(vec2(-8.0, 2.0), vec2(8.0, 2.0));
            line(vec2(0.0, 2.0), vec2(0.0, 7.0));
        }
        Icon::Play => {
            let corners = vec![centre + vec2(-4.5, -6.5), centre + vec2(6.5, 0.0), centre + vec2(-4.5, 6.5)];
            painter.add(Shape::closed_line(corners, stroke));
        }
        Icon::Pause => {
            for dx in [-3.5, 3.5] {
                line(vec2(dx, -6.0), vec2(dx, 6.0));
            }
        }
        Icon::Rest => {
            let cup = vec![centre + vec2(-6.0, -3.0), centre + vec2(-5.0, 6.0), centre + vec2(3.0, 6.0), centre + vec2(4.0, -3.0)];
            painter.add(Shape::closed_line(cup, stroke));
            painter.add(Shape::line(arc(centre + vec2(4.0, 1.0), 3.0, -0.22, 0.2), stroke));
            line(vec2(-3.0, -8.0), vec2(-3.0, -5.5));
            line(vec2(1.0, -8.0), vec2(1.0, -5.5));
        }
        Icon::Leave => {
            painter.add(Shape::line(
                vec![centre + vec2(1.0, -7.0), centre + vec2(7.0, -7.0), centre + vec2(7.0, 7.0), centre + vec2(1.0, 7.0)],
                stroke,
            ));
            line(vec2(-8.0, 0.0), vec2(3.0, 0.0));
            line(vec2(-8.0, 0.0), vec2(-4.5, -3.5));
            line(vec2(-8.0, 0.0), vec2(-4.5, 3.5));
        }
        Icon::Help => {
            painter.circle_stroke(centre, 7.5, stroke);
            painter.text(centre, egui::Align2::CENTER_CENTER, "?", crate::design::strong(crate::design::SMALL), colour);
        }
    }
}

/// Points of an arc from turn `from` to turn `to` (turns, clockwise from the right).
fn arc(centre: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    const POINTS: u8 = 24;
    (0..=POINTS)
        .map(|i| {
            let turn = (from + (to - from) * f32::from(i) / f32::from(POINTS)) * TAU;
            centre + radius * vec2(turn.cos(), turn.sin())
        })
        .collect()
}
