//! Graphic annotations of a presentation state (PS3.3 C.10.5): shapes and texts with their places.
//!
//! Places in the total pixel matrix are told in pixels of the image that is a tile of it.
//! Refuses, with a warning, and then leaves out: objects whose places are no numbers or not as many as their kind needs, and places in the total pixel matrix
//! where the image is no part of one. More points than any person draws are refused altogether. Nothing is drawn here.

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
    pub(super) graphics: Vec<GraphicObject>,
    pub(super) texts: Vec<TextObject>,
}

/// Places as an object has them.
enum Places {
    Of(Units, Vec<[f64; 2]>),
    /// MATRIX: pixels of the total pixel matrix (PS3.3 C.7.6.17.3), of which images are tiles; 0,0 is the outer corner of its first pixel.
    Matrix(Vec<[f64; 2]>),
}

impl Places {
    const fn points(&self) -> &Vec<[f64; 2]> {
        match self {
            Self::Of(_, points) | Self::Matrix(points) => points,
        }
    }
    /// On an image whose first pixel lies at `tile` of the matrix, [column, row] from 0; `None` where it is no part of one.
    fn on(&self, tile: Option<[u32; 2]>) -> Option<(Units, Vec<[f64; 2]>)> {
        match self {
            Self::Of(units, points) => Some((*units, points.clone())),
            Self::Matrix(points) => {
                let [left, top] = tile?.map(f64::from);
                Some((Units::Pixel, points.iter().map(|[x, y]| [x - left, y - top]).collect()))
            }
        }
    }
}

pub(super) struct GraphicObject {
    kind: GraphicKind,
    places: Places,
    filled: bool,
}

impl GraphicObject {
    /// On an image, as [`Places::on`].
    fn on(&self, tile: Option<[u32; 2]>) -> Option<Graphic> {
        let (units, points) = self.places.on(tile)?;
        Some(Graphic { kind: self.kind, units, points, filled: self.filled })
    }
}

pub(super) struct TextObject {
    words: Identifying<String>,
    /// Two corners.
    bounds: Option<Places>,
    /// One point.
    anchor: Option<Places>,
    anchor_is_visible: bool,
}

impl TextObject {
    fn on(&self, tile: Option<[u32; 2]>) -> Option<GraphicText> {
        let on = |places: &Option<Places>| places.as_ref().and_then(|p| p.on(tile));
        let bounds = on(&self.bounds).and_then(|(units, corners)| Some((units, corners.try_into().ok()?)));
        let anchor = on(&self.anchor).and_then(|(units, point)| Some((units, *point.first()?)));
        let has_place = bounds.is_some() || anchor.is_some();
        has_place.then(|| GraphicText { words: self.words.clone(), bounds, anchor, anchor_is_visible: self.anchor_is_visible })
    }
}

impl Annotation {
    /// What is drawn and written on an image whose first pixel lies at `tile` of a total pixel matrix, if it is part of one.
    pub(super) fn on(&self, tile: Option<[u32; 2]>, warnings: &mut Vec<String>) -> (Vec<Graphic>, Vec<GraphicText>) {
        let graphics: Vec<_> = self.graphics.iter().filter_map(|g| g.on(tile)).collect();
        let texts: Vec<_> = self.texts.iter().filter_map(|t| t.on(tile)).collect();
        let is_in_matrix = |places: &Places| matches!(places, Places::Matrix(_));
        let texts_are = self.texts.iter().flat_map(|t| [&t.bounds, &t.anchor]).flatten().any(is_in_matrix);
        if tile.is_none() && (texts_are || self.graphics.iter().any(|g| is_in_matrix(&g.places))) {
            warn(warnings, "the presentation state has places in a total pixel matrix, of which this image is no part; they are left out");
        }
        (graphics, texts)
    }
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
        points += graphics.iter().map(|g: &GraphicObject| g.places.points().len()).sum::<usize>();
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

fn places(object: &Attributes, units: Tag, points: Vec<[f64; 2]>) -> Result<Places, String> {
    match object.text(units).as_deref() {
        Some("PIXEL") => Ok(Places::Of(Units::Pixel, points)),
        Some("DISPLAY") => Ok(Places::Of(Units::Display, points)),
        Some("MATRIX") => Ok(Places::Matrix(points)),
        _ => Err("its units are not PIXEL, DISPLAY or MATRIX".to_owned()),
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

fn graphic(object: &Attributes) -> Result<GraphicObject, String> {
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
    Ok(GraphicObject { kind, places: places(object, tags::GRAPHIC_ANNOTATION_UNITS, points)?, filled })
}

fn text(object: &Attributes) -> Result<TextObject, String> {
    let one = |tag| match points(object, tag)?.as_slice() {
        [] => Ok(None),
        [point] => Ok(Some(*point)),
        _ => Err("it has several places where one should be".to_owned()),
    };
    let corners = (one(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER)?, one(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER)?);
    let bounds = match corners {
        (Some(a), Some(b)) => Some(places(object, tags::BOUNDING_BOX_ANNOTATION_UNITS, vec![a, b])?),
        _ => None,
    };
    let anchor = match one(tags::ANCHOR_POINT)? {
        Some(point) => Some(places(object, tags::ANCHOR_POINT_ANNOTATION_UNITS, vec![point])?),
        None => None,
    };
    if bounds.is_none() && anchor.is_none() {
        return Err("it has no place".to_owned());
    }
    let words = Identifying::new(object.text(tags::UNFORMATTED_TEXT_VALUE).unwrap_or_default());
    Ok(TextObject { words, bounds, anchor, anchor_is_visible: object.text(tags::ANCHOR_POINT_VISIBILITY).as_deref() == Some("Y") })
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
            object("POINT", "METRES", &[1.0, 1.0], "N"),
            object("RECTANGLE", "PIXEL", &[1.0, 1.0, 2.0, 2.0], "N"),
        ];
        let s = annotated(vec![sequence(tags::GRAPHIC_OBJECT_SEQUENCE, objects)]).unwrap();
        let (graphics, _) = s.annotations[0].on(None, &mut vec![]);
        let found: Vec<_> = graphics.iter().map(|g| (g.kind, g.points.len(), g.filled)).collect();
        let expected = [
            (GraphicKind::Point, 1, false),
            (GraphicKind::Polyline, 4, true),
            (GraphicKind::Polyline, 2, false),
            (GraphicKind::Circle, 2, true),
            (GraphicKind::Ellipse, 4, false),
            (GraphicKind::Interpolated, 3, false),
        ];
        assert_eq!((found.as_slice(), s.warnings.len()), (&expected[..], 4), "{:?}", s.warnings);
        assert_eq!((graphics[1].units, graphics[0].points[0]), (Units::Display, [1.5, 2.0]));
    }

    #[test]
    fn places_in_a_matrix_are_told_on_its_tiles() {
        let text = vec![
            word(tags::UNFORMATTED_TEXT_VALUE, VR::ST, "here"),
            word(tags::ANCHOR_POINT_ANNOTATION_UNITS, VR::CS, "MATRIX"),
            floats(tags::ANCHOR_POINT, &[120.0, 60.5]),
            word(tags::BOUNDING_BOX_ANNOTATION_UNITS, VR::CS, "DISPLAY"),
            floats(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, &[0.0, 0.0]),
            floats(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, &[1.0, 0.5]),
        ];
        let objects = vec![object("POLYLINE", "MATRIX", &[100.5, 50.5, 130.0, 40.0], "N"), object("POINT", "PIXEL", &[1.0, 2.0], "N")];
        let s =
            annotated(vec![sequence(tags::GRAPHIC_OBJECT_SEQUENCE, objects), sequence(tags::TEXT_OBJECT_SEQUENCE, vec![text])]).unwrap();
        let mut warnings = Vec::new();
        let (graphics, texts) = s.annotations[0].on(Some([100, 50]), &mut warnings);
        let points: Vec<_> = graphics.iter().map(|g| (g.units, g.points.as_slice())).collect();
        assert_eq!(points, [(Units::Pixel, &[[0.5, 0.5], [30.0, -10.0]][..]), (Units::Pixel, &[[1.0, 2.0]][..])]);
        assert_eq!(
            (texts[0].anchor, texts[0].bounds),
            (Some((Units::Pixel, [20.0, 10.5])), Some((Units::Display, [[0.0, 0.0], [1.0, 0.5]])))
        );
        assert!(warnings.is_empty());
        // An image that is no tile keeps what has a place on it, and says that something is missing.
        let (graphics, texts) = s.annotations[0].on(None, &mut warnings);
        assert_eq!((graphics.len(), texts[0].anchor, texts[0].bounds.is_some(), warnings.len()), (1, None, true, 1));
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
        let (_, texts) = s.annotations[0].on(None, &mut vec![]);
        let [text] = texts.as_slice() else { panic!("not one text") };
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
