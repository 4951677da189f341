//! Marks on the images: drawing one on any plane in the forms of the protocol, taking hold of one to move it or change its form, and showing all of them,
//! fainter the farther they are from the plane. Marks of two reads that are compared are as strong there, with a broken line.
//!
//! Positions are patient millimetres, or pixels of an image that has no place in the patient; nothing depends on the plane that a mark was drawn on.
//! Refuses: how many marks there may be and of which form, which is `reads`' to say.

use super::gestures::OnScreen;
use super::measuring::OUTSIDE;
use super::sketch::{Ends, Sketch, ellipse, half_axes, three_corners};
use super::{Field, Focus, Room, Wish};
use crate::design::{self, OWN};
use crate::volume::ShownVolume;
use egui::{Align2, Color32, Painter, PointerButton, Pos2, Rect, Response, Ui, Vec2, pos2, vec2};
use std::f32::consts::TAU;
use tiresias_reads::machine::{Action, Draft, Mark, Place, State};
use tiresias_reads::protocol::MarkKind;
use tiresias_words::{Direction, Displacement, MarkId, Mm, Outline, PatientPoint};

/// A mark farther than this from the plane is not drawn, mm.
const FADED_OUT: f64 = 6.0;
/// A mark can be taken hold of this far from the plane, mm.
const IN_REACH: f64 = 1.75;
/// Points of the screen within which the pointer takes hold of something.
const REACH: f32 = 8.0;
/// Points that the pointer must move for a press to be a drag.
const APART: f32 = 3.0;
/// Lines are drawn in pieces, each as faint as it is far away.
const PIECES: u32 = 8;
const RING: f32 = 11.0;
/// Sides of the ring where it is broken.
const SIDES: u8 = 48;

/// A mark being drawn or moved.
#[derive(Default)]
pub(super) struct Marking {
    /// Which of the protocol's forms the next mark has.
    kind: usize,
    pub(super) drawing: Option<Sketch>,
    held: Option<Held>,
}

/// A mark in the hand.
struct Held {
    mark: MarkId,
    before: Outline<PatientPoint>,
    grip: Grip,
    from: PatientPoint,
    pressed_at: Pos2,
    now: Outline<PatientPoint>,
}

/// What of a mark is in the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grip {
    Whole,
    /// One of the points that make it.
    Point(usize),
}

impl Marking {
    /// The form of the next mark.
    pub(super) fn kind(&self, kinds: &[MarkKind]) -> MarkKind {
        kinds.get(self.kind).or(kinds.first()).copied().unwrap_or(MarkKind::Point)
    }
    pub(super) fn cancel(&mut self) {
        (self.drawing, self.held) = (None, None);
    }
    /// The second press of a double click takes hold of nothing and gives no corner.
    pub(super) fn drop_second_press(&mut self) {
        Sketch::drop_last_corner(&mut self.drawing);
        self.held = None;
    }
}

/// What a form is called.
pub(super) const fn name(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Point => "point",
        MarkKind::Ellipse => "ellipse",
        MarkKind::Box => "box",
        MarkKind::Freehand => "by hand",
        MarkKind::Polygon => "polygon",
        MarkKind::Bidimensional => "diameters",
    }
}

/// What a reader does to mark something in a form, as the words between "and" and what is marked.
pub(super) const fn how(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Point => "click on",
        MarkKind::Ellipse => "drag an ellipse over",
        MarkKind::Box => "drag a box over",
        MarkKind::Freehand => "draw around",
        MarkKind::Polygon => "click around, back to the first corner,",
        MarkKind::Bidimensional => "draw both diameters of",
    }
}

const fn ends(kind: MarkKind) -> Ends {
    match kind {
        MarkKind::Point => Ends::With(1),
        MarkKind::Ellipse | MarkKind::Box => Ends::With(2),
        MarkKind::Bidimensional => Ends::With(4),
        MarkKind::Freehand => Ends::WithDrag,
        MarkKind::Polygon => Ends::WhenClosed,
    }
}

impl Room {
    fn mark_kind(&self) -> Option<MarkKind> {
        self.rules.protocol().marks().map(|m| self.marking.kind(&m.kinds))
    }
    /// The next mark has this form of the protocol's.
    pub(super) fn take_mark_kind(&mut self, kind: usize) {
        self.take_tool(tiresias_reads::machine::Tool::Mark);
        self.marking.kind = kind;
    }
    /// The mark tool, or when it is in hand the next form of marks.
    pub(super) fn next_mark_kind(&mut self) {
        let count = self.rules.protocol().marks().map_or(0, |m| m.kinds.len());
        let next =
            if self.tool == tiresias_reads::machine::Tool::Mark { (self.marking.kind + 1) % count.max(1) } else { self.marking.kind };
        self.take_mark_kind(next);
    }

    /// Takes the pointer's input while the mark tool is in hand.
    pub(super) fn mark_gesture(
        &mut self,
        (ui, response): (&Ui, &Response),
        (here, on): (PatientPoint, &OnScreen),
        (state, draft): (&State, &Draft),
        wishes: &mut Vec<Wish>,
    ) {
        let Some(kind) = self.mark_kind() else { return };
        let primary = PointerButton::Primary;
        let (pressed, released) = ui.input(|i| (i.pointer.button_pressed(primary), i.pointer.button_released(primary)));
        let Some(pointer) = response.interact_pointer_pos() else { return };
        let is_ours = response.is_pointer_button_down_on() || response.clicked_by(primary);
        if pressed && is_ours && self.marking.drawing.is_none() {
            self.marking.held = self.grip_under(pointer, here, on, draft);
        }
        if self.marking.held.is_some() {
            self.move_held(pointer, here, on, draft, released, wishes);
            return;
        }
        let mut drawing = self.marking.drawing.take();
        let finished = self.sketch(&mut drawing, (ui, response), (here, on), ends(kind));
        self.marking.drawing = drawing;
        // A point is a click; a drag with it marks nothing.
        if let Some(sketch) = finished.filter(|s| kind != MarkKind::Point || s.points.len() == 1) {
            self.place_mark(kind, &sketch, state, wishes);
        }
    }

    /// Closes the polygon that is being drawn; false where there is none.
    pub(super) fn close_polygon(&mut self, state: &State, wishes: &mut Vec<Wish>) -> bool {
        let is_polygon = self.mark_kind() == Some(MarkKind::Polygon);
        let Some(sketch) = self.marking.drawing.take_if(|s| is_polygon && s.points.len() >= 3) else { return false };
        self.place_mark(MarkKind::Polygon, &sketch, state, wishes);
        true
    }

    /// Puts a mark, and brings the keyboard to its rating.
    fn place_mark(&mut self, kind: MarkKind, sketch: &Sketch, state: &State, wishes: &mut Vec<Wish>) {
        let Some((_, shown)) = self.shown(sketch.on.at) else { return };
        let Some(form) = outline(kind, &sketch.points, &sketch.on) else { return };
        let recorded = shown.volume.mark_of(form);
        let Some((shape, anchor)) = recorded else {
            self.message = Some(OUTSIDE.to_owned());
            return;
        };
        self.cine = None;
        self.give(Action::PlaceMark { shape, anchor }, wishes);
        let ahead = self.ahead(state).into_owned();
        let before = state.open().map_or(0, |d| d.marks().len());
        if let Some(draft) = self.draft(&ahead).filter(|d| d.marks().len() > before)
            && let Some(mark) = draft.marks().keys().next_back()
        {
            self.filling.entry.clear();
            self.filling.review = false;
            self.focus = Focus::Form(Field::At(Place::Rating(*mark)));
        }
    }

    /// The mark under the pointer and what of it is there: the point that is nearest.
    fn grip_under(&self, pointer: Pos2, here: PatientPoint, on: &OnScreen, draft: &Draft) -> Option<Held> {
        let (_, shown) = self.shown(on.at)?;
        let reach = reach(&shown.volume);
        let marks = draft.marks().iter().filter_map(|(id, m)| Some((*id, shown.volume.outline_of(&m.shape, &m.anchor)?)));
        let near = marks.flat_map(|(id, outline)| {
            let grips = grips(&outline).into_iter().filter_map(move |(grip, at)| {
                let (at, off) = on.screen_at(at);
                (off.abs() <= reach && at.distance(pointer) <= REACH).then_some((grip, at.distance(pointer)))
            });
            grips.map(move |(grip, away)| (id, outline.clone(), grip, away)).collect::<Vec<_>>()
        });
        let (mark, before, grip, _) = near.min_by(|a, b| a.3.total_cmp(&b.3))?;
        Some(Held { mark, now: before.clone(), before, grip, from: here, pressed_at: pointer })
    }

    fn move_held(&mut self, pointer: Pos2, here: PatientPoint, on: &OnScreen, draft: &Draft, released: bool, wishes: &mut Vec<Wish>) {
        let Some(held) = &mut self.marking.held else { return };
        let is_dragged = held.pressed_at.distance(pointer) > APART;
        if is_dragged {
            held.now = regripped(&held.before, held.grip, here - held.from);
        }
        if !released {
            return;
        }
        let Some(Held { mark, now, before, .. }) = self.marking.held.take() else { return };
        if now != before {
            let recorded = self.shown(on.at).and_then(|(_, shown)| shown.volume.mark_of(now));
            match recorded {
                Some((shape, anchor)) => self.give(Action::MoveMark { mark, shape, anchor }, wishes),
                None => self.message = Some("A point of it would lie outside of the images, so the mark stays where it was.".to_owned()),
            }
        }
        self.go(Field::At(Place::Rating(mark)), draft);
    }

    /// Draws the marks on a pane, and what is being drawn.
    pub(super) fn draw_marks(&self, painter: &Painter, on: &OnScreen, draft: &Draft) {
        let Some((_, shown)) = self.shown(on.at) else { return };
        let volume = &shown.volume;
        for (id, mark) in draft.marks().iter().filter(|_| self.shows_own_marks(draft)) {
            let held = self.marking.held.as_ref().filter(|h| h.mark == *id).map(|h| h.now.clone());
            let Some(outline) = held.or_else(|| volume.outline_of(&mark.shape, &mark.anchor)) else { continue };
            let chosen = matches!(&self.focus, Focus::Form(field) if field.mark() == Some(*id));
            draw_as(painter, on, volume, &outline, (&id.0.to_string(), OWN, chosen));
        }
        if let Some(sketch) = self.marking.drawing.as_ref().filter(|s| s.on.at == on.at)
            && let Some(kind) = self.mark_kind()
        {
            let mut points = sketch.points.clone();
            if kind != MarkKind::Freehand {
                points.push(sketch.next);
            }
            match outline(kind, &points, &sketch.on).filter(|_| kind != MarkKind::Polygon) {
                Some(outline) => draw(painter, on, volume, &outline, (OWN, true)),
                None => {
                    let line: Vec<Pos2> = points.iter().map(|p| on.screen_at(*p).0).collect();
                    line.windows(2).for_each(|w| design::image_line(painter, [w[0], w[1]], 1.75, OWN));
                }
            }
        }
    }

    /// How large a mark is, in words; nothing of points, and of marks on single images.
    pub(super) fn size_of(&self, mark: &Mark) -> Option<String> {
        let tiresias_words::MarkShape::InPatient(outline) = &mark.shape else { return None };
        let between = |a: &PatientPoint, b: &PatientPoint| a.distance(*b).0;
        let longest = match outline {
            Outline::Point(_) => return None,
            Outline::Ellipse([centre, a, b]) => 2.0 * between(centre, a).max(between(centre, b)),
            Outline::Box([a, b, c]) => between(a, b).max(between(b, c)),
            Outline::Bidimensional([a, b, c, d]) => return Some(format!("{:.1} \u{d7} {:.1} mm", between(a, b), between(c, d))),
            Outline::Freehand(points) | Outline::Polygon(points) => {
                let some: Vec<&PatientPoint> = points.iter().step_by(points.len() / 64 + 1).collect();
                some.iter().flat_map(|a| some.iter().map(move |b| between(a, b))).fold(0.0, f64::max)
            }
        };
        Some(format!("{longest:.0} mm"))
    }
}

/// The form that points drawn on a pane make; `None` until there are enough.
fn outline(kind: MarkKind, points: &[PatientPoint], on: &OnScreen) -> Option<Outline<PatientPoint>> {
    match (kind, points) {
        (MarkKind::Point, [at, ..]) => Some(Outline::Point(*at)),
        (MarkKind::Ellipse, [a, b, ..]) => Some(Outline::Ellipse(half_axes(*a, *b, &on.plane))),
        (MarkKind::Box, [a, b, ..]) => Some(Outline::Box(three_corners(*a, *b, &on.plane))),
        (MarkKind::Freehand, [_, _, _, ..]) => Some(Outline::Freehand(points.to_vec())),
        (MarkKind::Polygon, [_, _, _, ..]) => Some(Outline::Polygon(points.to_vec())),
        (MarkKind::Bidimensional, [a, b, c, d, ..]) => Some(Outline::Bidimensional([*a, *b, *c, *d])),
        _ => None,
    }
}

/// Where a mark can be taken hold of, and what is in the hand then.
fn grips(outline: &Outline<PatientPoint>) -> Vec<(Grip, PatientPoint)> {
    let whole = std::iter::once((Grip::Whole, outline.centre()));
    let points = |places: &[usize]| {
        let of = |i: &usize| Some((Grip::Point(*i), *outline.points().get(*i)?));
        places.iter().filter_map(of).collect::<Vec<_>>()
    };
    let further = match outline {
        Outline::Point(_) | Outline::Freehand(_) => Vec::new(),
        Outline::Ellipse(_) => points(&[1, 2]),
        Outline::Box(_) => points(&[0, 2]),
        Outline::Bidimensional(_) => points(&[0, 1, 2, 3]),
        Outline::Polygon(corners) => points(&(0..corners.len()).collect::<Vec<_>>()),
    };
    whole.chain(further).collect()
}

/// A form of which something was moved. What has axes keeps them.
fn regripped(outline: &Outline<PatientPoint>, grip: Grip, by: Displacement) -> Outline<PatientPoint> {
    let whole = || outline.map(|p| Some(*p + by)).unwrap_or_else(|| outline.clone());
    let Grip::Point(i) = grip else { return whole() };
    let unit = |v: Displacement| Direction::new(v).ok();
    let part = |v: Displacement, d: Direction| d.times(Mm(v.dot(d.unit())));
    match outline {
        Outline::Ellipse([centre, a, b]) => {
            let end = if i == 1 { *a } else { *b };
            let Some(axis) = unit(end - *centre) else { return whole() };
            let moved = end + part(by, axis);
            Outline::Ellipse(if i == 1 { [*centre, moved, *b] } else { [*centre, *a, moved] })
        }
        Outline::Box([a, b, c]) => {
            let (Some(u), Some(_)) = (unit(*b - *a), unit(*c - *b)) else { return whole() };
            // Corners are a, b, c; b follows where a or c goes, along the first side.
            let (a, c) = if i == 0 { (*a + by, *c) } else { (*a, *c + by) };
            Outline::Box([a, a + part(c - a, u), c])
        }
        Outline::Bidimensional(ends) => {
            let mut ends = *ends;
            if let Some(end) = ends.get_mut(i) {
                *end = *end + by;
            }
            Outline::Bidimensional(ends)
        }
        Outline::Polygon(corners) => {
            let mut corners = corners.clone();
            if let Some(corner) = corners.get_mut(i) {
                *corner = *corner + by;
            }
            Outline::Polygon(corners)
        }
        Outline::Point(_) | Outline::Freehand(_) => whole(),
    }
}

/// The lines of a form, as pairs of ends.
fn lines(outline: &Outline<PatientPoint>) -> Vec<[PatientPoint; 2]> {
    let closed = |points: &[PatientPoint]| points.iter().zip(points.iter().cycle().skip(1)).map(|(a, b)| [*a, *b]).collect();
    match outline {
        Outline::Point(_) => Vec::new(),
        Outline::Ellipse(axes) => closed(&ellipse(*axes)),
        Outline::Box([a, b, c]) => closed(&[*a, *b, *c, *a + (*c - *b)]),
        Outline::Freehand(points) | Outline::Polygon(points) => closed(points),
        Outline::Bidimensional([a, b, c, d]) => vec![[*a, *b], [*c, *d]],
    }
}

/// How far from the plane a mark can be taken hold of, mm. On single images it is on its own alone, as in [`strength`].
fn reach(volume: &ShownVolume) -> f64 {
    if volume.is_in_patient() { IN_REACH } else { 0.5 }
}

/// How strongly something is drawn this far from the plane; `None` when it is not drawn. Single images are no neighbours in space: a mark is on its own alone.
fn strength(volume: &ShownVolume, off: f64) -> Option<f32> {
    let faded_out = if volume.is_in_patient() { FADED_OUT } else { 0.5 };
    (off.abs() <= faded_out).then(|| (1.0 - off.abs() / FADED_OUT).powi(2).max(0.15) as f32)
}

/// A mark in its colour, with its name beside it.
pub(super) fn draw_as(
    painter: &Painter,
    on: &OnScreen,
    volume: &ShownVolume,
    outline: &Outline<PatientPoint>,
    (name, colour, chosen): (&str, Color32, bool),
) {
    draw(painter, on, volume, outline, (colour, chosen));
    label(painter, on, volume, outline, (name, colour));
}

/// As [`draw_as`], for marks that are compared: one that lies on another slice than this is no fainter. Its line is broken, and its name, on a ground of its own,
/// says how far away it is.
pub(super) fn draw_compared(
    painter: &Painter,
    on: &OnScreen,
    volume: &ShownVolume,
    outline: &Outline<PatientPoint>,
    (name, colour, chosen): (&str, Color32, bool),
) {
    let Some(away) = away(corners(outline).into_iter().map(|p| on.screen_at(p).1), reach(volume)) else {
        draw_as(painter, on, volume, outline, (name, colour, chosen));
        return;
    };
    for trace in traces(on, volume, outline) {
        design::image_dashes(painter, &trace, if chosen { 2.0 } else { 1.5 }, colour);
    }
    if let Some((at, _)) = name_place(on, volume, outline) {
        let (words, font) = (format!("{name} \u{b7} {away:.0} mm away"), design::strong(design::SMALL));
        // It is longer than a name alone, and has to stand on the pane.
        let width = painter.layout_no_wrap(words.clone(), font.clone(), colour).size().x;
        let at = pos2(at.x.min(on.rect.right() - width - 6.0), at.y);
        design::grounded_text(painter, at, Align2::LEFT_CENTER, &words, font, colour);
    }
}

/// How far from the plane all of a mark lies, mm; `None` where some of it is in reach, or it goes through the plane.
fn away(offs: impl Iterator<Item = f64>, reach: f64) -> Option<f64> {
    let (least, most) = offs.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), off| (least.min(off), most.max(off)));
    let away = least.max(-most);
    (away > reach).then_some(away)
}

/// Where the lines of a form begin, or where a point is.
fn corners(outline: &Outline<PatientPoint>) -> Vec<PatientPoint> {
    if matches!(outline, Outline::Point(_)) { vec![outline.centre()] } else { lines(outline).into_iter().map(|[a, _]| a).collect() }
}

/// The lines of a form on the screen, those that hang together as one, as far as they are near enough to be drawn.
fn traces(on: &OnScreen, volume: &ShownVolume, outline: &Outline<PatientPoint>) -> Vec<Vec<Pos2>> {
    if let Outline::Point(at) = outline {
        let (at, off) = on.screen_at(*at);
        let ring = (0..=SIDES).map(|i| at + Vec2::angled(TAU * f32::from(i) / f32::from(SIDES)) * RING).collect();
        return strength(volume, off).map(|_| ring).into_iter().collect();
    }
    let (mut traces, mut last) = (Vec::<Vec<Pos2>>::new(), None);
    for [a, b] in lines(outline) {
        let ((from, near), (to, far)) = (on.screen_at(a), on.screen_at(b));
        if strength(volume, near).is_none() || strength(volume, far).is_none() {
            continue;
        }
        match traces.last_mut().filter(|_| last == Some(a)) {
            Some(trace) => trace.push(to),
            None => traces.push(vec![from, to]),
        }
        last = Some(b);
    }
    traces
}

fn draw(painter: &Painter, on: &OnScreen, volume: &ShownVolume, outline: &Outline<PatientPoint>, (colour, chosen): (Color32, bool)) {
    let width = if chosen { 2.5 } else { 1.75 };
    if let Outline::Point(at) = outline {
        let (at, off) = on.screen_at(*at);
        if let Some(strength) = strength(volume, off).filter(|_| on.rect.contains(at)) {
            design::image_ring(painter, at, RING, width, colour.gamma_multiply(strength));
        }
        return;
    }
    for [a, b] in lines(outline) {
        let far = |p: PatientPoint| on.screen_at(p).1;
        // A line in one distance is one piece.
        let pieces = if (far(a) - far(b)).abs() < 0.5 { 1 } else { PIECES };
        let at = |i: u32| a + (b - a) * (f64::from(i) / f64::from(pieces));
        for i in 0..pieces {
            let ((from, near), (to, away)) = (on.screen_at(at(i)), on.screen_at(at(i + 1)));
            if let Some(strength) = strength(volume, f64::midpoint(near, away)) {
                design::image_line(painter, [from, to], width, colour.gamma_multiply(strength));
            }
        }
    }
    if chosen {
        for (_, at) in grips(outline) {
            let (at, off) = on.screen_at(at);
            if off.abs() <= reach(volume) {
                painter.rect_filled(Rect::from_center_size(at, vec2(5.0, 5.0)), 0.0, colour);
            }
        }
    }
}

/// The name of a mark, beside it.
fn label(painter: &Painter, on: &OnScreen, volume: &ShownVolume, outline: &Outline<PatientPoint>, (name, colour): (&str, Color32)) {
    if let Some((at, strength)) = name_place(on, volume, outline) {
        design::image_text(painter, at, Align2::LEFT_CENTER, name, design::strong(design::BODY), colour.gamma_multiply(strength));
    }
}

/// Where the name of a mark begins, and how strongly what it stands beside is drawn.
fn name_place(on: &OnScreen, volume: &ShownVolume, outline: &Outline<PatientPoint>) -> Option<(Pos2, f32)> {
    let seen = corners(outline).into_iter().filter_map(|p| {
        let (at, off) = on.screen_at(p);
        Some((at, strength(volume, off)?)).filter(|_| on.rect.contains(at))
    });
    let (at, strength) = seen.max_by(|(a, _), (b, _)| (a.x - a.y).total_cmp(&(b.x - b.y)))?;
    let by = if matches!(outline, Outline::Point(_)) { vec2(15.0, -15.0) } else { vec2(6.0, -8.0) };
    Some((at + by, strength))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(x: f64, y: f64) -> PatientPoint {
        PatientPoint::new(x, y, 3.0)
    }

    /// A mark lies elsewhere when all of it does, on one side of the plane.
    #[test]
    fn a_mark_that_goes_through_the_plane_is_not_elsewhere() {
        let cases: [(&[f64], Option<f64>); 6] = [
            (&[0.0], None),
            (&[1.75], None),
            (&[5.0, 3.0], Some(3.0)),
            (&[-4.0, -2.5], Some(2.5)),
            (&[-5.0, 5.0], None),
            (&[-1.0, -9.0], None),
        ];
        for (offs, expected) in cases {
            assert_eq!(away(offs.iter().copied(), IN_REACH), expected, "{offs:?}");
        }
    }

    /// What is taken hold of goes where the hand goes; what has axes keeps them, and the rest stays.
    #[test]
    fn a_mark_that_is_moved_keeps_its_form() {
        let by = Displacement::new(2.0, -1.0, 0.0);
        let line = vec![p(0.0, 0.0), p(4.0, 0.0), p(4.0, 4.0)];
        let cases = [
            (Outline::Point(p(1.0, 1.0)), Grip::Whole, Outline::Point(p(3.0, 0.0))),
            (Outline::Freehand(line.clone()), Grip::Whole, Outline::Freehand(vec![p(2.0, -1.0), p(6.0, -1.0), p(6.0, 3.0)])),
            (
                Outline::Ellipse([p(0.0, 0.0), p(5.0, 0.0), p(0.0, 3.0)]),
                Grip::Point(1),
                Outline::Ellipse([p(0.0, 0.0), p(7.0, 0.0), p(0.0, 3.0)]),
            ),
            (
                Outline::Ellipse([p(0.0, 0.0), p(5.0, 0.0), p(0.0, 3.0)]),
                Grip::Point(2),
                Outline::Ellipse([p(0.0, 0.0), p(5.0, 0.0), p(0.0, 2.0)]),
            ),
            (
                Outline::Box([p(0.0, 0.0), p(5.0, 0.0), p(5.0, 4.0)]),
                Grip::Point(0),
                Outline::Box([p(2.0, -1.0), p(5.0, -1.0), p(5.0, 4.0)]),
            ),
            (Outline::Box([p(0.0, 0.0), p(5.0, 0.0), p(5.0, 4.0)]), Grip::Point(2), Outline::Box([p(0.0, 0.0), p(7.0, 0.0), p(7.0, 3.0)])),
            (
                Outline::Bidimensional([p(0.0, 0.0), p(5.0, 0.0), p(2.0, 1.0), p(2.0, -1.0)]),
                Grip::Point(3),
                Outline::Bidimensional([p(0.0, 0.0), p(5.0, 0.0), p(2.0, 1.0), p(4.0, -2.0)]),
            ),
            (Outline::Polygon(line), Grip::Point(2), Outline::Polygon(vec![p(0.0, 0.0), p(4.0, 0.0), p(6.0, 3.0)])),
        ];
        for (before, grip, after) in cases {
            assert!(grips(&before).iter().any(|(g, _)| *g == grip), "{grip:?} of {before:?}");
            let moved = regripped(&before, grip, by);
            let near = moved.points().iter().zip(after.points()).all(|(a, b)| a.distance(*b).0 < 1e-12);
            assert!(near && moved.points().len() == after.points().len(), "{before:?}: {moved:?}");
        }
    }
}
