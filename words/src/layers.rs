//! What may lie over an image, and how a presentation state arranges it: descriptions without text, which draw nothing by themselves.
//!
//! Overlay planes are those of PS3.3 C.9.2, shapes those of C.10.5, the displayed area C.10.4, turn and mirror C.10.6. Reading them from files is the work of
//! `cases`, drawing them that of `render`. Refuses: words, because they may name a person.

use serde::{Deserialize, Serialize};

/// What an overlay is for: Overlay Type (60xx,0040).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlayKind {
    /// G: a drawing.
    Graphics,
    /// R: the pixels of a region of interest.
    Region,
}

/// One overlay plane of one image, to be laid over it. It holds no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Group number, 0x6000 to 0x601E, even.
    pub group: u16,
    /// Drawing or region.
    pub kind: OverlayKind,
    /// [columns, rows].
    pub size: [u32; 2],
    /// Where its first pixel lies on the image, [column, row] from 0; may be outside.
    pub origin: [i32; 2],
    /// `size[0] * size[1]` pixels, rows from the top: whether each is drawn.
    pub lit: Vec<bool>,
}

/// What places are measured in: Graphic Annotation Units (0070,0005) and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    /// Pixels of the image as it is stored, [across, down]; 0,0 is the outer corner of the first pixel, and the centre of that pixel is 0.5,0.5.
    Pixel,
    /// Parts of the displayed area after it was turned, [across, down]; 0,0 is its top left corner, and 1,1 its bottom right one.
    Display,
}

/// What a shape is: Graphic Type (0070,0023).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphicKind {
    /// One point.
    Point,
    /// Straight lines from each point to the next, at least two points.
    Polyline,
    /// A smooth curve through at least two points; the standard leaves open which.
    Interpolated,
    /// The centre, and a point on the circle.
    Circle,
    /// The ends of the longer axis, then those of the shorter one.
    Ellipse,
}

/// A shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    /// What it is.
    pub kind: GraphicKind,
    /// Of its points.
    pub units: Units,
    /// Finite, as many as the kind needs.
    pub points: Vec<[f64; 2]>,
    /// Whether its inside is filled too; only of a closed shape.
    pub filled: bool,
}

/// How large the displayed area is meant to be: Presentation Size Mode (0070,0100).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SizeMode {
    /// As large as fits.
    ScaleToFit,
    /// As large as the object itself.
    TrueSize,
    /// So many screen pixels for one image pixel, above 0.
    Magnify(f64),
}

/// The part of an image that is to be shown (PS3.3 C.10.4); it may reach beyond the image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DisplayedArea {
    /// First pixel, [column, row] from 0, on the image as it is stored.
    pub first: [i64; 2],
    /// [columns, rows], at least 1.
    pub size: [u32; 2],
    /// How large.
    pub mode: SizeMode,
}

/// What becomes of a finished grey image. Order (PS3.4 N.2): overlays and shapes in pixel units; part; turn, then mirror; shapes in display units.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrangement {
    /// Overlays to be laid over the image.
    pub overlays: Vec<Overlay>,
    /// Shapes, of both units.
    pub graphics: Vec<Graphic>,
    /// The part to show; `None` is all of the image.
    pub area: Option<DisplayedArea>,
    /// Quarter turns clockwise, 0 to 3.
    pub quarter_turns: u32,
    /// Whether left and right are exchanged after turning.
    pub flip: bool,
}
