//! Planes that cut each other: reference lines, turning a plane by its line, and slabs.
//!
//! A line shows where another pane of the same series cuts this one; all of them pass through the crosshair. Taken hold of far from its middle, a line turns
//! with the plane that it stands for, and every other plane but the one it is drawn on turns along, so that they stay at right angles.

use super::Room;
use super::gestures::OnScreen;
use super::hanging::At;
use crate::design::{ACCENT, DIM};
use egui::{Painter, Pos2, Shape, Stroke, Vec2, vec2};
use tiresias_reads::machine::View as Glance;
use tiresias_reads::workspace::ViewAction;
use tiresias_words::{Direction, Displacement, Mm, PatientPoint, Slab, SlabKind};

/// A reference line that the pointer holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// Direction in the pane from the crosshair to where the line was last pulled to, radians on the screen.
    angle: f64,
}

/// Half the hole that lines leave about the point, so that what is pointed at stays visible.
const HOLE: f32 = 22.0;
/// Room for the letters at a pane's edges.
const EDGE: f32 = 30.0;
/// So near to a line the pointer takes hold of it.
const REACH: f32 = 7.0;
/// Lines are held outside of this part of the way from the crosshair to the pane's edge; inside, the crosshair moves.
const ARM: f32 = 90.0;
/// Normals nearer to each other than this (8 degrees) make no line worth drawing.
const PARALLEL: f64 = 0.14;
/// Slabs by key, mm.
const THICKNESSES: [f64; 9] = [2.0, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0];
/// With which a slab begins.
const FIRST_THICKNESS: usize = 4;

impl Room {
    /// Where other planes of the same series cut this pane: directions of lines through the crosshair, on the screen.
    fn lines(&self, on: &OnScreen) -> Vec<Vec2> {
        let Some((own, _)) = self.shown(on.at) else { return Vec::new() };
        let others = self.hanging.visible().into_iter().filter(|at| *at != on.at).filter_map(|at| self.hanging.cell(at));
        let same = others.filter(|c| c.series == own.series);
        same.filter_map(|c| on_screen(on, own.forward().cross(c.forward()))).collect()
    }

    /// Draws the crosshair with the lines of the other planes, and where slices of other series lie.
    pub(super) fn draw_lines(&self, painter: &Painter, on: &OnScreen) {
        let Some((own, shown)) = self.shown(on.at) else { return };
        let centre = on.screen_at(shown.at()).0;
        let stroke = Stroke::new(1.0, ACCENT.gamma_multiply(0.55));
        for along in self.lines(on) {
            for side in [along, -along] {
                if let Some((from, to)) = part_inside(on.rect.shrink(EDGE), centre, side) {
                    painter.line_segment([from, to], stroke);
                }
            }
        }
        if !shown.volume.is_in_patient() {
            return;
        }
        // Where the slices of other series lie: dashed, because nothing can be done with them.
        for at in self.hanging.visible() {
            let Some((cell, other)) = self.shown(at).filter(|(c, o)| c.series != own.series && o.volume.is_in_patient()) else { continue };
            let Some(ends) = cut(on, cell.forward(), other.at()) else { continue };
            painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, DIM), 6.0, 6.0));
        }
    }

    /// The line that the pointer would take hold of.
    pub(super) fn line_under(&self, pointer: Pos2, on: &OnScreen) -> Option<Held> {
        let (_, shown) = self.shown(on.at)?;
        let centre = on.screen_at(shown.at()).0;
        let from = pointer - centre;
        if from.length() < ARM {
            return None;
        }
        let is_near = |along: &Vec2| (along.x * from.y - along.y * from.x).abs() <= REACH;
        self.lines(on).iter().any(is_near).then(|| Held { angle: f64::from(from.angle()) })
    }

    /// Turns all other planes of the series about this pane's normal, so that the held line follows the pointer.
    pub(super) fn turn_line(&mut self, held: Held, to: PatientPoint, on: &OnScreen) {
        let Some((own, shown)) = self.shown(on.at) else { return };
        let (series, about) = (own.series, shown.at());
        let centre = on.screen_at(about).0;
        let angle = f64::from((on.screen_at(to).0 - centre).angle());
        let by = angle - held.angle;
        if by == 0.0 {
            return;
        }
        // Screen angles grow from right to down, which is right-handed about the pane's normal.
        let axis = on.plane.normal();
        let (sin, cos) = by.sin_cos();
        for at in self.hanging.visible() {
            if at != on.at && self.hanging.cell(at).is_some_and(|c| c.series == series) {
                self.hanging.tilt(at, |view| view.tilted(axis, about, [sin, cos]));
            }
        }
        self.note(Glance::Tilt { pane: on.at.0 as u8, by: [sin, cos] });
        if let Some(drag) = &mut self.dragging {
            drag.turning = Some(Held { angle });
        }
    }

    /// A single plane, then the brightest, darkest and mean of a slab.
    pub(super) fn next_slab(&mut self, at: At) {
        let Some(step) = self.slab_step(at) else { return };
        let thick = |thickness, kind| Slab::Thick { thickness, step, kind };
        let slab = match self.cell_view(at).slab {
            Slab::Thin => thick(Mm(THICKNESSES[FIRST_THICKNESS]), SlabKind::Mip),
            Slab::Thick { thickness, kind: SlabKind::Mip, .. } => thick(thickness, SlabKind::Minip),
            Slab::Thick { thickness, kind: SlabKind::Minip, .. } => thick(thickness, SlabKind::Mean),
            Slab::Thick { kind: SlabKind::Mean, .. } => Slab::Thin,
        };
        self.work(ViewAction::Slab { cell: at.0, slab });
    }

    /// The next thicker or thinner slab; thinner than the thinnest is a single plane.
    pub(super) fn thicken(&mut self, at: At, by: i32) {
        let Some(step) = self.slab_step(at) else { return };
        let (now, kind) = match self.cell_view(at).slab {
            Slab::Thin => (-1, SlabKind::Mip),
            Slab::Thick { thickness, kind, .. } => {
                let known = THICKNESSES.iter().position(|t| *t >= thickness.0).unwrap_or(THICKNESSES.len() - 1);
                (i32::try_from(known).unwrap_or(0), kind)
            }
        };
        let slab = match usize::try_from(now + by) {
            Err(_) => Slab::Thin,
            Ok(i) => Slab::Thick { thickness: Mm(THICKNESSES[i.min(THICKNESSES.len() - 1)]), step, kind },
        };
        self.work(ViewAction::Slab { cell: at.0, slab });
    }

    /// Distance of a slab's samples, or a sentence why there is no slab.
    fn slab_step(&mut self, at: At) -> Option<Mm> {
        let (_, shown) = self.shown(at)?;
        if shown.volume.is_in_patient() && !shown.volume.is_colour() {
            return Some(shown.volume.geometry().smallest_spacing());
        }
        self.message = Some("A slab needs a grey volume; these images are shown one by one.".to_owned());
        None
    }
}

/// The line in which a plane (normal and a point of it) cuts a pane, as far as the pane shows it.
fn cut(on: &OnScreen, normal: Direction, through: PatientPoint) -> Option<[Pos2; 2]> {
    let own = on.plane.normal();
    let along = own.cross(normal);
    if along.length().0 < PARALLEL {
        return None;
    }
    // The point of the pane nearest to `through` that lies on the other plane too.
    let across = Direction::new(own.cross(Direction::new(along).ok()?)).ok()?;
    let (centre, _) = on.plane.pixel_of(through);
    let in_pane = on.plane.patient_of(centre);
    let distance = (through - in_pane).dot(normal.unit()) / across.dot(normal);
    let point = on.screen_at(in_pane + across.times(Mm(distance))).0;
    let along = on_screen(on, along)?;
    let inner = on.rect.shrink(EDGE);
    let (a, b) = clipped(inner, point, along)?;
    Some([a, b])
}

/// What is said of a slab on the image.
pub(super) fn slab_words(slab: Slab) -> Option<String> {
    let Slab::Thick { thickness, kind, .. } = slab else { return None };
    let kind = match kind {
        SlabKind::Mip => "MIP",
        SlabKind::Minip => "MinIP",
        SlabKind::Mean => "mean",
    };
    Some(format!("{kind} {} mm", crate::viewer::words_on_image::number(thickness.0)))
}

/// A direction of the patient on the screen, one pixel long; `None` when it points at the viewer.
fn on_screen(on: &OnScreen, d: Displacement) -> Option<Vec2> {
    let along = vec2(d.dot(on.plane.right().unit()) as f32, d.dot(on.plane.down().unit()) as f32);
    (f64::from(along.length()) > PARALLEL).then(|| along.normalized())
}

/// The part of a ray from `from` beyond the hole that lies in a rectangle.
fn part_inside(rect: egui::Rect, from: Pos2, along: Vec2) -> Option<(Pos2, Pos2)> {
    let (enters, leaves) = reach(rect, from, along)?;
    let enters = enters.max(HOLE);
    (enters < leaves).then(|| (from + along * enters, from + along * leaves))
}

fn clipped(rect: egui::Rect, through: Pos2, along: Vec2) -> Option<(Pos2, Pos2)> {
    let (enters, leaves) = reach(rect, through, along)?;
    Some((through + along * enters, through + along * leaves))
}

/// Where a line enters and leaves a rectangle, in steps of `along`.
fn reach(rect: egui::Rect, from: Pos2, along: Vec2) -> Option<(f32, f32)> {
    let (mut enters, mut leaves) = (f32::NEG_INFINITY, f32::INFINITY);
    for (p, d, low, high) in [(from.x, along.x, rect.left(), rect.right()), (from.y, along.y, rect.top(), rect.bottom())] {
        if d.abs() < 1e-6 {
            if p < low || p > high {
                return None;
            }
            continue;
        }
        let (a, b) = ((low - p) / d, (high - p) / d);
        (enters, leaves) = (enters.max(a.min(b)), leaves.min(a.max(b)));
    }
    (enters < leaves).then_some((enters, leaves))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Rect, pos2};

    #[test]
    fn lines_are_cut_off_at_the_edges() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 50.0));
        assert_eq!(clipped(rect, pos2(50.0, 25.0), vec2(1.0, 0.0)), Some((pos2(0.0, 25.0), pos2(100.0, 25.0))));
        assert_eq!(clipped(rect, pos2(-10.0, 60.0), vec2(0.0, 1.0)), None);
        assert_eq!(part_inside(rect, pos2(50.0, 25.0), vec2(0.0, 1.0)), Some((pos2(50.0, 47.0), pos2(50.0, 50.0))));
        assert_eq!(part_inside(rect, pos2(-100.0, 25.0), vec2(1.0, 0.0)), Some((pos2(0.0, 25.0), pos2(100.0, 25.0))));
        assert_eq!(part_inside(rect, pos2(-100.0, 25.0), vec2(-1.0, 0.0)), None);
    }
}
