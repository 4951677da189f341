//! Localisations in the patient, and on images that have no place in one.

use crate::{Displacement, PatientPoint, SopUid};
use serde::{Deserialize, Serialize};

/// The form and place of a mark: in patient coordinates where its image has any, else in the pixels of its image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkShape {
    /// In the patient (LPS, mm), on whatever plane it was drawn.
    InPatient(Outline<PatientPoint>),
    /// On an image that has no place in the patient (ultrasound, a capture), which the anchor names.
    OnImage(Outline<ImagePoint>),
}

/// A form by the points that make it; no plane is needed to draw it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outline<P> {
    /// A single position.
    Point(P),
    /// The centre, the end of one half axis, and the end of the other.
    Ellipse([P; 3]),
    /// Three corners in order; the fourth follows.
    Box([P; 3]),
    /// A closed line drawn by hand.
    Freehand(Vec<P>),
    /// The corners of a polygon, in order.
    Polygon(Vec<P>),
    /// The ends of the longest diameter, then those of the one across it.
    Bidimensional([P; 4]),
}

/// A position in the pixels of an image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ImagePoint {
    /// Continuous column, centres at whole numbers, the first 0.
    pub column: f64,
    /// Continuous row, likewise.
    pub row: f64,
}

impl<P> Outline<P> {
    /// The points that make it, in order.
    #[must_use]
    pub fn points(&self) -> &[P] {
        match self {
            Self::Point(p) => std::slice::from_ref(p),
            Self::Ellipse(points) | Self::Box(points) => points,
            Self::Freehand(points) | Self::Polygon(points) => points,
            Self::Bidimensional(points) => points,
        }
    }
    /// The same form of other points; `None` where one of them has no counterpart.
    pub fn map<Q>(&self, f: impl Fn(&P) -> Option<Q>) -> Option<Outline<Q>> {
        let three = |[a, b, c]: &[P; 3]| Some([f(a)?, f(b)?, f(c)?]);
        Some(match self {
            Self::Point(p) => Outline::Point(f(p)?),
            Self::Ellipse(points) => Outline::Ellipse(three(points)?),
            Self::Box(points) => Outline::Box(three(points)?),
            Self::Freehand(points) => Outline::Freehand(points.iter().map(f).collect::<Option<_>>()?),
            Self::Polygon(points) => Outline::Polygon(points.iter().map(f).collect::<Option<_>>()?),
            Self::Bidimensional([a, b, c, d]) => Outline::Bidimensional([f(a)?, f(b)?, f(c)?, f(d)?]),
        })
    }
}

impl Outline<PatientPoint> {
    /// The position that stands for the whole when distances are taken: the middle of an ellipse, a box or the longest diameter, the centroid of the area
    /// inside a closed line (of its corners, where it has none or crosses itself).
    #[must_use]
    pub fn centre(&self) -> PatientPoint {
        match self {
            Self::Point(p) | Self::Ellipse([p, ..]) => *p,
            Self::Box([a, _, b]) | Self::Bidimensional([a, b, ..]) => *a + (*b - *a) * 0.5,
            Self::Freehand(points) | Self::Polygon(points) => centroid(points),
        }
    }
}

/// The centroid of the area inside a closed line in a plane: triangles about the first corner, each with the sign of its turn.
fn centroid(points: &[PatientPoint]) -> PatientPoint {
    let nowhere = Displacement::new(0.0, 0.0, 0.0);
    let Some(first) = points.first().copied() else { return PatientPoint::new(f64::NAN, f64::NAN, f64::NAN) };
    let sides: Vec<Displacement> = points.iter().map(|p| *p - first).collect();
    let turns = || sides.windows(2).filter_map(|w| Some((w.first()?, w.get(1)?)));
    let area = turns().fold(nowhere, |sum, (a, b)| sum + a.cross(*b));
    let size = area.length().0;
    let mean = first + sides.iter().fold(nowhere, |sum, s| sum + *s) * (1.0 / points.len() as f64);
    let reach = points.iter().map(|p| p.distance(mean).0).fold(0.0, f64::max);
    if size <= reach * reach * 1e-9 {
        return mean;
    }
    let moment = turns().fold(nowhere, |sum, (a, b)| sum + (*a + *b) * (a.cross(*b).dot(area) / size / 3.0));
    let centre = first + moment * (1.0 / size);
    // A line that crosses itself has areas of both signs, whose centroid may lie anywhere.
    if centre.distance(mean).0 <= reach { centre } else { mean }
}

impl MarkShape {
    /// A single position in the patient.
    #[must_use]
    pub const fn point(at: PatientPoint) -> Self {
        Self::InPatient(Outline::Point(at))
    }
    /// The position that stands for the whole mark when distances are taken; `None` where the image has no place in the patient.
    #[must_use]
    pub fn centre(&self) -> Option<PatientPoint> {
        match self {
            Self::InPatient(outline) => Some(outline.centre()),
            Self::OnImage(_) => None,
        }
    }
}

/// The image nearest to a mark's centre, and the mark's centre in its pixels: so that a mark can be found again without any geometry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageAnchor {
    /// The image's (replaced) SOP instance UID.
    pub image: SopUid,
    /// Frame of a multi-frame image, from 0.
    pub frame: u32,
    /// Continuous column, centres at whole numbers, the first 0.
    pub column: f64,
    /// Continuous row, likewise.
    pub row: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_each_form() {
        let p = |x, y| PatientPoint::new(x, y, 7.0);
        // An L of three unit squares: its centroid is that of the squares, whatever the corner it begins with, and not that of its corners.
        let l = [p(0.0, 0.0), p(2.0, 0.0), p(2.0, 1.0), p(1.0, 1.0), p(1.0, 2.0), p(0.0, 2.0)];
        let outlines = [
            (Outline::Point(p(3.0, 4.0)), p(3.0, 4.0)),
            (Outline::Ellipse([p(1.0, 1.0), p(5.0, 1.0), p(1.0, 2.0)]), p(1.0, 1.0)),
            (Outline::Box([p(0.0, 0.0), p(4.0, 0.0), p(4.0, 2.0)]), p(2.0, 1.0)),
            (Outline::Bidimensional([p(0.0, 0.0), p(4.0, 4.0), p(3.0, 0.0), p(0.0, 3.0)]), p(2.0, 2.0)),
            (Outline::Polygon(vec![p(0.0, 0.0), p(4.0, 0.0), p(2.0, 0.0)]), p(2.0, 0.0)),
            (Outline::Freehand(vec![p(0.0, 0.0), p(4.0, 4.0), p(4.0, 0.01), p(0.0, 4.0)]), p(2.0, 2.0025)),
        ];
        let turned = (0..l.len()).map(|i| {
            let mut corners = l.to_vec();
            corners.rotate_left(i);
            (Outline::Freehand(corners), p(5.0 / 6.0, 5.0 / 6.0))
        });
        for (outline, middle) in outlines.into_iter().chain(turned) {
            assert!(outline.centre().distance(middle).0 < 1e-12, "{outline:?}: {:?}", outline.centre());
        }
    }
}
