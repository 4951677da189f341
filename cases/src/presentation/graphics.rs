//! Graphic annotations of a presentation state (PS3.3 C.10.5): shapes and texts with their places.
//!
//! Refuses, with a warning, and then leaves out: objects whose places are no numbers or not as many as their kind needs, and units of a whole-slide matrix.
//! More points than any person draws are refused altogether. Nothing is drawn here.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::References;
use crate::FileError;
use crate::attributes::Attributes;
use crate::greyscale::warn;
use crate::identifying::Identifying;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::fmt;
use tiresias_words::{Graphic, GraphicKind, Units};

/// Points of all objects of a state together.
const MOST_POINTS: usize = 65_536;

/// A text and its places. The words are free text, and may name a person.
#[derive(Clone)]
pub struct GraphicText {
    words: Identifying<String>,
    /// Corners of the box that it is written in: top left and bottom right.
    pub bounds: Option<(Units, [[f64; 2]; 2])>,
    /// The place that it speaks of.
    pub anchor: Option<(Units, [f64; 2])>,
    /// Whether a line leads to that place.
    pub anchor_is_visible: bool,
}

impl GraphicText {
    /// The words, for the desk's own eyes and never a reader's.
    #[must_use]
    pub fn words(&self) -> &str {
        self.words.reveal()
    }
}

impl fmt::Debug for GraphicText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphicText").field("bounds", &self.bounds).field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

/// One item of the Graphic Annotation Sequence.
pub(super) struct Annotation {
    /// The images that it is for; `None` is all of the state.
    pub(super) images: Option<References>,
    pub(super) graphics: Vec<Graphic>,
    pub(super) texts: Vec<GraphicText>,
}

pub(super) fn read(a: &Attributes, warnings: &mut Vec<String>) -> Result<Vec<Annotation>, FileError> {
    let mut annotations = Vec::new();
    let mut points = 0;
    for item in a.items(tags::GRAPHIC_ANNOTATION_SEQUENCE) {
        let mut graphics = Vec::new();
        for object in item.items(tags::GRAPHIC_OBJECT_SEQUENCE) {
            match graphic(&object) {
                Ok(graphic) => graphics.push(graphic),
                Err(why) => warn(warnings, format!("a graphic of the presentation state is left out: {why}")),
            }
        }
        points += graphics.iter().map(|g| g.points.len()).sum::<usize>();
        if points > MOST_POINTS {
            return Err(FileError::attribute("Graphic Annotation Sequence", format!("has more than {MOST_POINTS} points")));
        }
        let mut texts = Vec::new();
        for object in item.items(tags::TEXT_OBJECT_SEQUENCE) {
            match text(&object) {
                Ok(text) => texts.push(text),
                Err(why) => warn(warnings, format!("a text of the presentation state is left out: {why}")),
            }
        }
        if !item.items(tags::COMPOUND_GRAPHIC_SEQUENCE).is_empty() {
            warn(warnings, "compound graphics of the presentation state are not shown");
        }
        annotations.push(Annotation { images: References::read(&item)?, graphics, texts });
    }
    Ok(annotations)
}

fn units(object: &Attributes, tag: Tag) -> Result<Units, String> {
    match object.text(tag).as_deref() {
        Some("PIXEL") => Ok(Units::Pixel),
        Some("DISPLAY") => Ok(Units::Display),
        _ => Err("its units are not PIXEL or DISPLAY".to_owned()),
    }
}

/// Pairs of finite numbers.
fn points(object: &Attributes, tag: Tag) -> Result<Vec<[f64; 2]>, String> {
    let wrong = || "its places are not pairs of numbers".to_owned();
    let numbers = object.numbers(tag, "Graphic Data").map_err(|_| wrong())?.unwrap_or_default();
    if numbers.len() % 2 != 0 || numbers.iter().any(|n| !n.is_finite()) {
        return Err(wrong());
    }
    Ok(numbers.chunks_exact(2).filter_map(|p| p.try_into().ok()).collect())
}

fn graphic(object: &Attributes) -> Result<Graphic, String> {
    let kind = match object.text(tags::GRAPHIC_TYPE).as_deref() {
        Some("POINT") => GraphicKind::Point,
        Some("POLYLINE") => GraphicKind::Polyline,
        Some("INTERPOLATED") => GraphicKind::Interpolated,
        Some("CIRCLE") => GraphicKind::Circle,
        Some("ELLIPSE") => GraphicKind::Ellipse,
        _ => return Err("its type is not POINT, POLYLINE, INTERPOLATED, CIRCLE or ELLIPSE".to_owned()),
    };
    let whole = |tag| object.integer(tag, "Graphic Data").ok().flatten();
    if whole(tags::GRAPHIC_DIMENSIONS).is_some_and(|d| d != 2) {
        return Err("it has not two dimensions".to_owned());
    }
    let points = points(object, tags::GRAPHIC_DATA)?;
    let enough = match kind {
        GraphicKind::Point => points.len() == 1,
        GraphicKind::Circle => points.len() == 2,
        GraphicKind::Ellipse => points.len() == 4,
        GraphicKind::Polyline | GraphicKind::Interpolated => points.len() >= 2,
    };
    if !enough || whole(tags::NUMBER_OF_GRAPHIC_POINTS).is_some_and(|n| usize::try_from(n) != Ok(points.len())) {
        return Err("it has not as many points as it should".to_owned());
    }
    // PS3.3 C.10.5: an open line has no inside.
    let is_closed = match kind {
        GraphicKind::Point => false,
        GraphicKind::Circle | GraphicKind::Ellipse => true,
        GraphicKind::Polyline | GraphicKind::Interpolated => points.first() == points.last(),
    };
    let filled = is_closed && object.text(tags::GRAPHIC_FILLED).as_deref() == Some("Y");
    Ok(Graphic { kind, units: units(object, tags::GRAPHIC_ANNOTATION_UNITS)?, points, filled })
}

fn text(object: &Attributes) -> Result<GraphicText, String> {
    let one = |tag| match points(object, tag)?.as_slice() {
        [] => Ok(None),
        [point] => Ok(Some(*point)),
        _ => Err("it has several places where one should be".to_owned()),
    };
    let corners = (one(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER)?, one(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER)?);
    let bounds = match corners {
        (Some(a), Some(b)) => Some((units(object, tags::BOUNDING_BOX_ANNOTATION_UNITS)?, [a, b])),
        _ => None,
    };
    let anchor = match one(tags::ANCHOR_POINT)? {
        Some(point) => Some((units(object, tags::ANCHOR_POINT_ANNOTATION_UNITS)?, point)),
        None => None,
    };
    if bounds.is_none() && anchor.is_none() {
        return Err("it has no place".to_owned());
    }
    let words = Identifying::new(object.text(tags::UNFORMATTED_TEXT_VALUE).unwrap_or_default());
    Ok(GraphicText { words, bounds, anchor, anchor_is_visible: object.text(tags::ANCHOR_POINT_VISIBILITY).as_deref() == Some("Y") })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Element, floats, sequence, shorts, state, text as word};
    use super::*;
    use dicom_core::VR;

    fn object(kind: &str, units: &str, data: &[f32], filled: &str) -> Vec<Element> {
        vec![
            word(tags::GRAPHIC_TYPE, VR::CS, kind),
            word(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, units),
            shorts(tags::GRAPHIC_DIMENSIONS, &[2]),
            shorts(tags::NUMBER_OF_GRAPHIC_POINTS, &[(data.len() / 2) as u16]),
            floats(tags::GRAPHIC_DATA, data),
            word(tags::GRAPHIC_FILLED, VR::CS, filled),
        ]
    }
    fn annotated(items: Vec<Element>) -> Result<super::super::PresentationState, FileError> {
        state(vec![sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, vec![items])])
    }

    #[test]
    fn shapes_are_read_and_bad_ones_left_out() {
        let objects = vec![
            object("POINT", "PIXEL", &[1.5, 2.0], "N"),
            object("POLYLINE", "DISPLAY", &[0.0, 0.0, 1.0, 0.0, 0.5, 1.0, 0.0, 0.0], "Y"),
            object("POLYLINE", "PIXEL", &[0.0, 0.0, 9.0, 9.0], "Y"),
            object("CIRCLE", "PIXEL", &[5.0, 5.0, 9.0, 5.0], "Y"),
            object("ELLIPSE", "PIXEL", &[0.0, 2.0, 8.0, 2.0, 4.0, 0.0, 4.0, 4.0], "N"),
            object("INTERPOLATED", "PIXEL", &[0.0, 0.0, 4.0, 9.0, 8.0, 0.0], "N"),
            object("CIRCLE", "PIXEL", &[5.0, 5.0], "N"),
            object("POINT", "PIXEL", &[f32::NAN, 1.0], "N"),
            object("POINT", "MATRIX", &[1.0, 1.0], "N"),
            object("RECTANGLE", "PIXEL", &[1.0, 1.0, 2.0, 2.0], "N"),
        ];
        let s = annotated(vec![sequence(tags::GRAPHIC_OBJECT_SEQUENCE, objects)]).unwrap();
        let found: Vec<_> = s.annotations[0].graphics.iter().map(|g| (g.kind, g.points.len(), g.filled)).collect();
        let expected = [
            (GraphicKind::Point, 1, false),
            (GraphicKind::Polyline, 4, true),
            (GraphicKind::Polyline, 2, false),
            (GraphicKind::Circle, 2, true),
            (GraphicKind::Ellipse, 4, false),
            (GraphicKind::Interpolated, 3, false),
        ];
        assert_eq!((found.as_slice(), s.warnings.len()), (&expected[..], 4), "{:?}", s.warnings);
        assert_eq!((s.annotations[0].graphics[1].units, s.annotations[0].graphics[0].points[0]), (Units::Display, [1.5, 2.0]));
    }

    #[test]
    fn texts_keep_their_place_and_their_secret() {
        let anchored = vec![
            word(tags::UNFORMATTED_TEXT_VALUE, VR::ST, "ask XCANARYX"),
            word(tags::ANCHOR_POINT_ANNOTATION_UNITS, VR::CS, "PIXEL"),
            floats(tags::ANCHOR_POINT, &[3.0, 4.0]),
            word(tags::ANCHOR_POINT_VISIBILITY, VR::CS, "Y"),
        ];
        let placeless = vec![word(tags::UNFORMATTED_TEXT_VALUE, VR::ST, "XCANARYX")];
        let s = annotated(vec![sequence(tags::TEXT_OBJECT_SEQUENCE, vec![anchored, placeless])]).unwrap();
        let [text] = s.annotations[0].texts.as_slice() else { panic!("not one text") };
        assert_eq!(
            (text.anchor, text.bounds, text.anchor_is_visible, text.words()),
            (Some((Units::Pixel, [3.0, 4.0])), None, true, "ask XCANARYX")
        );
        let said = format!("{text:?} {s:?} {:?} {:?}", s.warnings, s.summary());
        assert!(!said.contains("XCANARYX") && s.warnings.len() == 1);
    }

    #[test]
    fn no_person_draws_a_hundred_thousand_points() {
        let many = vec![0.5f32; 2 * MOST_POINTS + 2];
        let mut long = object("POLYLINE", "PIXEL", &many, "N");
        long.retain(|e| e.header().tag != tags::NUMBER_OF_GRAPHIC_POINTS);
        assert!(annotated(vec![sequence(tags::GRAPHIC_OBJECT_SEQUENCE, vec![long])]).is_err());
    }
}
