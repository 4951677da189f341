//! Display shutters (PS3.3 C.7.6.11): shapes outside of which an image is not to be seen, of an image itself or of a presentation state.
//!
//! Owns: rectangle, circle and polygon, alone or together; where there are several, a pixel is seen that none of them closes. A pixel whose centre lies on a
//! shape is not outside of it. Rows and columns count from 1 in a file and from 0 here.
//! Refuses: shapes without places, beyond any image, or with more corners than a shutter has. Bitmap shutters (C.7.6.15) are told and not read. Nothing is
//! drawn here.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use crate::attributes::Attributes;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use std::ops::RangeInclusive;
use tiresias_words::Grey;

/// Corners of a polygon at most: each costs time in every row.
const MOST_CORNERS: usize = 4096;
/// Rows and columns lie within this of 0; sides of images have 16 bits.
const FARTHEST: f64 = 1e6;

/// The part of an image that is to be seen, and what is shown in place of the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Shutter {
    /// Columns and rows that are open.
    rectangle: Option<[RangeInclusive<i64>; 2]>,
    circle: Option<Circle>,
    /// [column, row] of each corner, at least three; closed from the last to the first.
    polygon: Option<Vec<[i64; 2]>>,
    /// Shutter Presentation Value (0018,1622), a P-Value of 16 bits.
    value: u16,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Circle {
    /// [column, row].
    centre: [i64; 2],
    /// In pixels along a row.
    radius: i64,
    /// Distance between rows, in distances between columns.
    aspect: f64,
}

/// What is said of a shutter's shape.
pub(crate) enum Shutters {
    /// Shapes that can be told from pixels.
    Shapes(Shutter),
    /// BITMAP: the shutter is an overlay (C.7.6.15).
    Bitmap,
}

impl Shutters {
    /// Of an image or a presentation state; `None` where it has none.
    pub(crate) fn read(a: &Attributes) -> Result<Option<Self>, FileError> {
        let shapes: Vec<String> = a.texts(tags::SHUTTER_SHAPE).into_iter().filter(|s| !s.is_empty()).collect();
        if shapes.is_empty() {
            return Ok(None);
        }
        if shapes == ["BITMAP"] {
            return Ok(Some(Self::Bitmap));
        }
        let mut shutter = Shutter { rectangle: None, circle: None, polygon: None, value: 0 };
        for shape in &shapes {
            match shape.as_str() {
                "RECTANGULAR" => shutter.rectangle = Some(rectangle(a)?),
                "CIRCULAR" => shutter.circle = Some(circle(a)?),
                "POLYGONAL" => shutter.polygon = Some(polygon(a)?),
                _ => return Err(FileError::attribute("Shutter Shape", "is not RECTANGULAR, CIRCULAR or POLYGONAL")),
            }
        }
        let name = "Shutter Presentation Value";
        // The standard leaves open what is shown where there is none.
        let value = a.integer(tags::SHUTTER_PRESENTATION_VALUE, name)?.unwrap_or(0);
        shutter.value = u16::try_from(value).map_err(|_| FileError::attribute(name, "is not 0 to 65535"))?;
        Ok(Some(Self::Shapes(shutter)))
    }
}

impl Shutter {
    /// The same on pixels of this spacing, [between columns, between rows]: a circle is one on the patient, not in the matrix.
    pub(crate) fn on_pixels(mut self, [between_columns, between_rows]: [f64; 2]) -> Self {
        let aspect = between_rows / between_columns;
        if let Some(circle) = self.circle.as_mut().filter(|_| aspect.is_finite() && aspect > 0.0) {
            circle.aspect = aspect;
        }
        self
    }

    /// Whether the pixel in this column and row (from 0) is to be seen.
    #[must_use]
    pub fn is_open(&self, column: u32, row: u32) -> bool {
        self.open_in_row(row).iter().any(|open| open.contains(&i64::from(column)))
    }

    /// [`Self::is_open`] of every pixel of an image of this size, [columns, rows]: rows from the top.
    #[must_use]
    pub fn mask(&self, [columns, rows]: [u32; 2]) -> Vec<bool> {
        let mut mask = Vec::new();
        let mut line = vec![false; columns as usize];
        for row in 0..rows {
            line.fill(false);
            for open in self.open_in_row(row) {
                let (from, to) = ((*open.start()).max(0), (*open.end()).min(i64::from(columns) - 1));
                if let Some(open) = usize::try_from(from).ok().zip(usize::try_from(to).ok()).and_then(|(from, to)| line.get_mut(from..=to))
                {
                    open.fill(true);
                }
            }
            mask.extend_from_slice(&line);
        }
        mask
    }

    /// What is shown where it is closed: the P-Value, rounded half up to the 8 bits of the screen.
    #[must_use]
    pub const fn closed(&self) -> Grey {
        Grey(((2 * self.value as u32 + 257) / 514) as u8)
    }

    /// The columns of a row that no shape closes.
    fn open_in_row(&self, row: u32) -> Vec<RangeInclusive<i64>> {
        let row = i64::from(row);
        let [mut low, mut high] = [i64::MIN, i64::MAX];
        let mut keep = |open: Option<RangeInclusive<i64>>| {
            let [from, to] = open.map_or([1, 0], |open| [*open.start(), *open.end()]);
            (low, high) = (low.max(from), high.min(to));
        };
        if let Some([columns, rows]) = &self.rectangle {
            keep(rows.contains(&row).then(|| columns.clone()));
        }
        if let Some(circle) = &self.circle {
            keep(circle.in_row(row));
        }
        match &self.polygon {
            None => vec![low..=high],
            Some(corners) => in_row(corners, row).into_iter().map(|open| (*open.start()).max(low)..=(*open.end()).min(high)).collect(),
        }
    }
}

impl Circle {
    fn in_row(&self, row: i64) -> Option<RangeInclusive<i64>> {
        let [column, centre] = self.centre;
        let (down, radius) = ((row - centre) as f64 * self.aspect, self.radius as f64);
        let square = radius * radius - down * down;
        let across = (square >= 0.0).then(|| square.sqrt().floor() as i64)?;
        Some(column - across..=column + across)
    }
}

/// The columns of a row that lie inside a polygon or on an edge of it; they may overlap.
fn in_row(corners: &[[i64; 2]], row: i64) -> Vec<RangeInclusive<i64>> {
    let mut found = Vec::new();
    // Where edges cross the row: the first column from there on, and the last one up to there.
    let mut crossings: Vec<[i64; 2]> = Vec::new();
    for ([ax, ay], [bx, by]) in corners.iter().copied().zip(corners.iter().copied().cycle().skip(1)) {
        if ay == by {
            if ay == row {
                found.push(ax.min(bx)..=ax.max(bx));
            }
            continue;
        }
        if !(ay.min(by)..=ay.max(by)).contains(&row) {
            continue;
        }
        let (run, rise) = if by > ay { ((bx - ax) * (row - ay), by - ay) } else { ((ax - bx) * (row - ay), ay - by) };
        let before = ax + run.div_euclid(rise);
        let after = if run.rem_euclid(rise) == 0 { before } else { before + 1 };
        if before == after {
            found.push(before..=before);
        }
        // A corner belongs to the edge below it, so that two edges that meet are not two crossings.
        if row < ay.max(by) {
            crossings.push([after, before]);
        }
    }
    crossings.sort_unstable();
    let inside = crossings.chunks_exact(2).filter_map(|pair| <[[i64; 2]; 2]>::try_from(pair).ok());
    found.extend(inside.map(|[[from, _], [_, to]]| from..=to));
    found
}

/// Whole numbers that count from 1, as such that count from 0.
fn places(a: &Attributes, tag: Tag, name: &'static str) -> Result<Vec<i64>, FileError> {
    let numbers = a.numbers(tag, name)?.unwrap_or_default();
    if numbers.iter().any(|n| n.fract() != 0.0 || n.abs() > FARTHEST) {
        return Err(FileError::attribute(name, "is not made of rows and columns of an image"));
    }
    Ok(numbers.into_iter().map(|n| n as i64 - 1).collect())
}

fn rectangle(a: &Attributes) -> Result<[RangeInclusive<i64>; 2], FileError> {
    let edge = |tag, name| match places(a, tag, name)?.as_slice() {
        [edge] => Ok(*edge),
        _ => Err(FileError::attribute(name, "is not one number")),
    };
    let left = edge(tags::SHUTTER_LEFT_VERTICAL_EDGE, "Shutter Left Vertical Edge")?;
    let right = edge(tags::SHUTTER_RIGHT_VERTICAL_EDGE, "Shutter Right Vertical Edge")?;
    let upper = edge(tags::SHUTTER_UPPER_HORIZONTAL_EDGE, "Shutter Upper Horizontal Edge")?;
    let lower = edge(tags::SHUTTER_LOWER_HORIZONTAL_EDGE, "Shutter Lower Horizontal Edge")?;
    if left > right || upper > lower {
        return Err(FileError::attribute("rectangular shutter", "has its edges the wrong way round"));
    }
    Ok([left..=right, upper..=lower])
}

fn circle(a: &Attributes) -> Result<Circle, FileError> {
    let name = "Center of Circular Shutter";
    let [row, column] = places(a, tags::CENTER_OF_CIRCULAR_SHUTTER, name)?
        .try_into()
        .map_err(|_| FileError::attribute(name, "is not a row and a column"))?;
    let name = "Radius of Circular Shutter";
    let radius = a.integer(tags::RADIUS_OF_CIRCULAR_SHUTTER, name)?.filter(|r| (0..=FARTHEST as i64).contains(r));
    let radius = radius.ok_or_else(|| FileError::attribute(name, "is not a number of pixels"))?;
    Ok(Circle { centre: [column, row], radius, aspect: 1.0 })
}

fn polygon(a: &Attributes) -> Result<Vec<[i64; 2]>, FileError> {
    let name = "Vertices of the Polygonal Shutter";
    let numbers = places(a, tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, name)?;
    let corners = numbers.len() / 2;
    if numbers.len() % 2 != 0 || !(3..=MOST_CORNERS).contains(&corners) {
        return Err(FileError::attribute(name, format!("are not 3 to {MOST_CORNERS} rows and columns")));
    }
    Ok(numbers.chunks_exact(2).filter_map(|p| <[i64; 2]>::try_from(p).ok()).map(|[row, column]| [column, row]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::tests::{Element, shorts, text};
    use dicom_core::VR;
    use dicom_object::InMemDicomObject;
    use proptest::prelude::*;

    fn read(elements: Vec<Element>) -> Result<Option<Shutters>, FileError> {
        Shutters::read(&Attributes::new(InMemDicomObject::from_element_iter(elements)))
    }
    fn shutter(elements: Vec<Element>) -> Shutter {
        match read(elements) {
            Ok(Some(Shutters::Shapes(shutter))) => shutter,
            Ok(_) => panic!("no shapes"),
            Err(e) => panic!("{e}"),
        }
    }
    fn shape(kind: &str) -> Element {
        text(tags::SHUTTER_SHAPE, VR::CS, kind)
    }
    fn edges(left: i64, right: i64, upper: i64, lower: i64) -> Vec<Element> {
        let edge = |tag, n: i64| text(tag, VR::IS, &n.to_string());
        vec![
            edge(tags::SHUTTER_LEFT_VERTICAL_EDGE, left),
            edge(tags::SHUTTER_RIGHT_VERTICAL_EDGE, right),
            edge(tags::SHUTTER_UPPER_HORIZONTAL_EDGE, upper),
            edge(tags::SHUTTER_LOWER_HORIZONTAL_EDGE, lower),
        ]
    }
    /// Centre as row and column, from 1.
    fn round(row: i64, column: i64, radius: i64) -> Vec<Element> {
        vec![
            text(tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, &format!("{row}\\{column}")),
            text(tags::RADIUS_OF_CIRCULAR_SHUTTER, VR::IS, &radius.to_string()),
        ]
    }
    fn corners(rows_and_columns: &str) -> Element {
        text(tags::VERTICES_OF_THE_POLYGONAL_SHUTTER, VR::IS, rows_and_columns)
    }
    fn drawn(shutter: &Shutter, size: [u32; 2]) -> Vec<String> {
        let mask = shutter.mask(size);
        mask.chunks(size[0] as usize).map(|row| row.iter().map(|open| if *open { '#' } else { '.' }).collect()).collect()
    }

    #[test]
    fn a_rectangle_is_open_up_to_its_edges() {
        let s = shutter([vec![shape("RECTANGULAR")], edges(2, 4, 1, 2)].concat());
        assert_eq!(drawn(&s, [5, 3]), [".###.", ".###.", "....."]);
        // Edges beyond the image.
        let s = shutter([vec![shape("RECTANGULAR")], edges(-3, 2, 0, 99)].concat());
        assert_eq!(drawn(&s, [4, 2]), ["##..", "##.."]);
    }

    #[test]
    fn a_circle_is_one_on_the_patient() {
        let s = shutter([vec![shape("CIRCULAR")], round(3, 4, 2)].concat());
        assert_eq!(drawn(&s, [7, 5]), ["...#...", "..###..", ".#####.", "..###..", "...#..."]);
        // Rows twice as far apart as columns.
        assert_eq!(drawn(&s.clone().on_pixels([0.5, 1.0]), [7, 5]), [".......", "...#...", ".#####.", "...#...", "......."]);
        for nonsense in [[0.0, 1.0], [1.0, f64::NAN], [1.0, 0.0]] {
            assert_eq!(s.clone().on_pixels(nonsense), s, "{nonsense:?}");
        }
    }

    #[test]
    fn a_polygon_is_open_on_its_edges_too() {
        let s = shutter(vec![shape("POLYGONAL"), corners("1\\1\\1\\5\\5\\1")]);
        assert_eq!(drawn(&s, [6, 6]), ["#####.", "####..", "###...", "##....", "#.....", "......"]);
        // Not convex, with a corner that only touches a row.
        let s = shutter(vec![shape("POLYGONAL"), corners("1\\1\\1\\2\\3\\3\\1\\4\\1\\5\\5\\5\\5\\1")]);
        assert_eq!(drawn(&s, [5, 5]), ["##.##", "##.##", "#####", "#####", "#####"]);
    }

    #[test]
    fn of_several_shapes_the_least_is_seen() {
        let all =
            [vec![shape("RECTANGULAR\\CIRCULAR\\POLYGONAL")], edges(1, 3, 1, 9), round(3, 3, 2), vec![corners("3\\1\\3\\9\\9\\9\\9\\1")]];
        assert_eq!(drawn(&shutter(all.concat()), [5, 5]), [".....", ".....", "###..", ".##..", "..#.."]);
    }

    #[test]
    fn what_is_closed_has_a_grey() {
        let closed = |value: Option<u16>| {
            let own = value.map(|v| shorts(tags::SHUTTER_PRESENTATION_VALUE, &[v]));
            shutter(vec![shape("RECTANGULAR")].into_iter().chain(edges(1, 1, 1, 1)).chain(own).collect()).closed().0
        };
        assert_eq!([closed(None), closed(Some(0)), closed(Some(0xFFFF))], [0, 0, 255]);
        for p in 0..=u16::MAX {
            // 65,535 is 255 times 257: the grey is a whole number of 257ths, and no half lies between.
            assert_eq!(closed_of(p), (f64::from(p) / 257.0).round() as u8, "{p}");
        }
    }
    fn closed_of(value: u16) -> u8 {
        Shutter { rectangle: None, circle: None, polygon: None, value }.closed().0
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(matches!(read(vec![]), Ok(None)) && matches!(read(vec![shape("BITMAP")]), Ok(Some(Shutters::Bitmap))));
        let wrong = [
            vec![shape("OVAL")],
            vec![shape("RECTANGULAR\\BITMAP")],
            vec![shape("RECTANGULAR")],
            [vec![shape("RECTANGULAR")], edges(5, 4, 1, 1)].concat(),
            [vec![shape("RECTANGULAR")], edges(1, 2_000_000, 1, 1)].concat(),
            vec![shape("CIRCULAR"), text(tags::CENTER_OF_CIRCULAR_SHUTTER, VR::IS, "1\\2")],
            [vec![shape("CIRCULAR")], round(1, 1, -1)].concat(),
            vec![shape("POLYGONAL"), corners("1\\1\\2\\2")],
            vec![shape("POLYGONAL"), corners("1\\1\\2\\2\\3")],
            vec![shape("POLYGONAL"), corners(&vec!["1"; 2 * MOST_CORNERS + 2].join("\\"))],
        ];
        for (i, elements) in wrong.into_iter().enumerate() {
            assert!(read(elements).is_err(), "{i}");
        }
    }

    /// Whether a point lies on an edge, or inside by the number of edges to its right, counted from a height at which there is no corner.
    fn is_in(corners: &[[i64; 2]], [x, y]: [i64; 2]) -> bool {
        let edges = || corners.iter().zip(corners.iter().cycle().skip(1));
        let is_on = edges().any(|([ax, ay], [bx, by])| {
            (bx - ax) * (y - ay) == (by - ay) * (x - ax)
                && (*ax.min(bx)..=*ax.max(bx)).contains(&x)
                && (*ay.min(by)..=*ay.max(by)).contains(&y)
        });
        let (x, y) = (x as f64, y as f64 + 1e-6);
        let right = edges().filter(|([ax, ay], [bx, by])| {
            let [ax, ay, bx, by] = [*ax, *ay, *bx, *by].map(|n| n as f64);
            (ay < y) != (by < y) && ax + (y - ay) * (bx - ax) / (by - ay) > x
        });
        is_on || right.count() % 2 == 1
    }

    proptest! {
        #[test]
        fn a_mask_is_what_each_pixel_is(
            polygon in prop::collection::vec(prop::array::uniform2(-3_i64..12), 3..9),
            rectangle in prop::option::of((-2_i64..5, 4_i64..12, -2_i64..5, 4_i64..12)),
            circle in prop::option::of((-2_i64..12, -2_i64..12, 0_i64..12, 0.5_f64..2.0)),
        ) {
            let s = Shutter {
                rectangle: rectangle.map(|(left, right, upper, lower)| [left..=right, upper..=lower]),
                circle: circle.map(|(column, row, radius, aspect)| Circle { centre: [column, row], radius, aspect }),
                polygon: Some(polygon.clone()),
                value: 0,
            };
            let mask = s.mask([10, 9]);
            for (i, open) in mask.into_iter().enumerate() {
                let [x, y] = [i as u32 % 10, i as u32 / 10];
                let [column, row] = [i64::from(x), i64::from(y)];
                let in_rectangle = rectangle.is_none_or(|(l, r, u, d)| (l..=r).contains(&column) && (u..=d).contains(&row));
                let in_circle = circle.is_none_or(|(cx, cy, radius, aspect)| {
                    let [across, down] = [(column - cx) as f64, (row - cy) as f64 * aspect];
                    across * across + down * down <= (radius * radius) as f64
                });
                let expected = in_rectangle && in_circle && is_in(&polygon, [column, row]);
                prop_assert_eq!((s.is_open(x, y), open), (expected, expected), "{} {}", x, y);
            }
        }
    }
}
