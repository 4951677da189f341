//! What is laid over a finished image and how it is turned: overlay planes, and the order in which a presentation state is carried out (PS3.4 N.2).
//!
//! Integers only, on top of [`crate::raster`]. Refuses: texts, sizes in millimetres (one pixel a sample, whatever size a state asks for), and grey levels.

use crate::raster::{Mask, Place, Raster, curve, ellipse, place};
use crate::{Picture, RenderError};
use tiresias_words::{Arrangement, Graphic, GraphicKind, Overlay, OverlayKind, Units};

/// The picture that a presentation state makes of its grey image: overlays and shapes on the image, the part, the turn, and shapes on the display
/// (PS3.4 N.2, PS3.3 C.10.6).
///
/// # Errors
/// When the part is larger than a picture can be.
pub fn arrange(image: &dyn Picture, a: &Arrangement) -> Result<Raster, RenderError> {
    let mut picture = Raster::of(image);
    let mut drawing = overlay_mask(picture.size(), &a.overlays)?;
    draw_shapes(&mut drawing, &a.graphics, Units::Pixel, [1.0, 1.0]);
    picture.burn(&drawing);
    if let Some(area) = a.area {
        picture = picture.part(area.first, area.size)?;
    }
    picture = picture.turned(a.quarter_turns, a.flip);
    let mut drawing = Mask::new(picture.size())?;
    draw_shapes(&mut drawing, &a.graphics, Units::Display, picture.size().map(f64::from));
    picture.burn(&drawing);
    Ok(picture)
}

/// The pixels of overlays on an image of `size`; of regions only the rim, so that what they cover can be seen.
///
/// # Errors
/// When a side of the image is not 1 to 16,384.
pub fn overlay_mask(size: [u32; 2], overlays: &[Overlay]) -> Result<Mask, RenderError> {
    let mut all = Mask::new(size)?;
    for overlay in overlays {
        let mut one = Mask::new(size)?;
        let places = (0..i64::from(overlay.size[1])).flat_map(|y| (0..i64::from(overlay.size[0])).map(move |x| [x, y]));
        let [left, top] = overlay.origin.map(i64::from);
        overlay.lit.iter().zip(places).filter(|(lit, _)| **lit).for_each(|(_, [x, y])| one.light(left + x, top + y));
        match overlay.kind {
            OverlayKind::Graphics => all.add(&one),
            OverlayKind::Region => all.add(&one.rim()),
        }
    }
    Ok(all)
}

/// Draws the shapes of one kind of unit, `unit` pixels long.
fn draw_shapes(drawing: &mut Mask, shapes: &[Graphic], units: Units, unit: [f64; 2]) {
    let at = |p: &[f64; 2]| place([p[0] * unit[0], p[1] * unit[1]]);
    for shape in shapes.iter().filter(|s| s.units == units) {
        // A place that is a million pixels away is none of this picture's.
        let Some(points) = shape.points.iter().map(at).collect::<Option<Vec<Place>>>() else { continue };
        let between = |a: Place, b: Place, parts: i64| [(b[0] - a[0]) / parts, (b[1] - a[1]) / parts];
        let line = match (shape.kind, points.as_slice()) {
            (GraphicKind::Point, [point]) => {
                drawing.cross(*point);
                continue;
            }
            (GraphicKind::Circle, [centre, edge]) => {
                let [x, y] = between(*centre, *edge, 1);
                ellipse(*centre, [x, y], [-y, x])
            }
            (GraphicKind::Ellipse, [a, b, c, d]) => {
                let half = between(*a, *b, 2);
                ellipse([a[0] + half[0], a[1] + half[1]], half, between(*c, *d, 2))
            }
            (GraphicKind::Interpolated, points) => curve(points),
            (_, points) => points.to_vec(),
        };
        if shape.filled { drawing.polygon(&line) } else { drawing.polyline(&line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GreyImage;
    use tiresias_words::{DisplayedArea, SizeMode};

    fn shape(kind: GraphicKind, units: Units, points: &[[f64; 2]], filled: bool) -> Graphic {
        Graphic { kind, units, points: points.to_vec(), filled }
    }
    fn lit(shapes: &[Graphic]) -> Vec<[i64; 2]> {
        let mut mask = Mask::new([9, 9]).unwrap();
        draw_shapes(&mut mask, shapes, Units::Pixel, [1.0, 1.0]);
        (0..9).flat_map(|y| (0..9).map(move |x| [x, y])).filter(|[x, y]| mask.is_lit(*x, *y)).collect()
    }

    #[test]
    fn shapes_lie_where_their_points_say() {
        assert_eq!(lit(&[shape(GraphicKind::Polyline, Units::Pixel, &[[1.5, 2.5], [3.5, 2.5]], false)]), [[1, 2], [2, 2], [3, 2]]);
        assert_eq!(lit(&[shape(GraphicKind::Polyline, Units::Display, &[[0.0, 0.0], [1.0, 1.0]], false)]), [[0i64; 2]; 0]);
        let disc = lit(&[shape(GraphicKind::Circle, Units::Pixel, &[[4.5, 4.5], [6.5, 4.5]], true)]);
        assert!(disc.contains(&[4, 4]) && disc.contains(&[2, 4]) && disc.contains(&[4, 6]) && !disc.contains(&[2, 2]));
        let flat = lit(&[shape(GraphicKind::Ellipse, Units::Pixel, &[[0.5, 4.5], [8.5, 4.5], [4.5, 3.5], [4.5, 5.5]], false)]);
        assert!(
            flat.contains(&[0, 4]) && flat.contains(&[8, 4]) && flat.contains(&[4, 3]) && flat.contains(&[4, 5]) && !flat.contains(&[4, 4])
        );
        assert_eq!(lit(&[shape(GraphicKind::Point, Units::Pixel, &[[1e300, 0.0]], false)]), [[0i64; 2]; 0]);
    }

    /// Overlay and pixel shapes turn with the image, display shapes do not.
    #[test]
    fn a_state_is_carried_out_in_the_standards_order() {
        let image = GreyImage { size: [12, 9], bytes: vec![100; 108] };
        let state = Arrangement {
            area: Some(DisplayedArea { first: [2, 0], size: [12, 9], mode: SizeMode::ScaleToFit }),
            quarter_turns: 1,
            flip: true,
            overlays: vec![Overlay { group: 0x6000, kind: OverlayKind::Graphics, size: [1, 1], origin: [3, 7], lit: vec![true] }],
            graphics: vec![
                shape(GraphicKind::Polyline, Units::Pixel, &[[6.5, 1.5], [7.5, 1.5]], false),
                shape(GraphicKind::Polyline, Units::Display, &[[1.0, 1.0], [1.0, 1.0]], false),
            ],
        };
        let shown = arrange(&image, &state).unwrap();
        assert_eq!(shown.size(), [9, 12]);
        let at = |x: usize, y: usize| shown.bytes()[y * 9 + x];
        // A quarter turn clockwise and a mirror exchange columns and rows: (x, y) of the part is shown at (y, x).
        assert_eq!([at(7, 1), at(1, 4), at(1, 5), at(8, 11)], [255; 4]);
        assert_eq!(shown.bytes().iter().filter(|b| **b == 255).count(), 4);
        // Around each is black, and so is what lies beyond the image's last column; the rest is the image.
        assert_eq!([at(7, 2), at(1, 3), at(0, 10), at(7, 11), at(4, 7)], [0, 0, 0, 0, 100]);
    }

    #[test]
    fn overlays_lie_where_their_origin_says() {
        let overlay = |kind, origin| Overlay { group: 0x6000, kind, size: [3, 3], origin, lit: vec![true; 9] };
        assert_eq!(overlay_mask([9, 9], &[overlay(OverlayKind::Graphics, [-2, 7])]).unwrap().count(), 2);
        let rim = overlay_mask([9, 9], &[overlay(OverlayKind::Region, [2, 2])]).unwrap();
        assert!(rim.count() == 8 && !rim.is_lit(3, 3));
    }
}
