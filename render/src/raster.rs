//! Drawings and finished pictures, integers only: lines, outlines and areas as masks, masks burned into a picture, parts, turns and mirror images of it.
//!
//! Places are in 1/256 pixel from the top left corner of the top left pixel, so that pixel (x, y) reaches from 256 x to 256 x + 256. A line lights
//! one pixel for each step along its longer side; an area those whose centre it holds (even-odd). Turning and cutting only move bytes.
//! Refuses: grey levels, DICOM units and what a drawing means; floating point, but for [`place`].

use crate::{Picture, RenderError};
use tiresias_words::Grey;

/// Parts of a pixel.
pub(crate) const ONE: i64 = 256;
/// Places further away than this many pixels would only make the arithmetic wide.
const FARTHEST: f64 = 1_048_576.0;
/// Pixels of a side that a picture may have.
const SIDE: u32 = 16_384;

/// A place in 1/256 pixel: across, down.
pub type Place = [i64; 2];

/// The place of continuous pixel coordinates whose zero is the corner of the first pixel; `None` when they are no numbers or a million pixels away.
#[must_use]
pub fn place(at: [f64; 2]) -> Option<Place> {
    let possible = at.iter().all(|c| c.abs() <= FARTHEST);
    possible.then(|| at.map(|c| (c * ONE as f64).round() as i64))
}

fn checked(size: [u32; 2]) -> Result<usize, RenderError> {
    let [width, height] = size;
    if size.iter().all(|n| (1..=SIDE).contains(n)) {
        Ok(width as usize * height as usize)
    } else {
        Err(RenderError::PaneSize(width, height))
    }
}

/// Lit pixels beside each other in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Row, from 0.
    pub row: u32,
    /// First column, and the one behind the last.
    pub columns: [u32; 2],
}

/// Which pixels of a picture a drawing lights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    size: [u32; 2],
    lit: Vec<bool>,
}

impl Mask {
    /// Nothing lit.
    ///
    /// # Errors
    /// [`RenderError::PaneSize`] when a side is not 1 to 16,384.
    pub fn new(size: [u32; 2]) -> Result<Self, RenderError> {
        Ok(Self { size, lit: vec![false; checked(size)?] })
    }

    /// Whether a pixel is lit; none is outside.
    #[must_use]
    pub fn is_lit(&self, x: i64, y: i64) -> bool {
        self.index(x, y).is_some_and(|i| self.lit[i])
    }

    /// Number of lit pixels.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lit.iter().filter(|l| **l).count()
    }

    /// Lights a pixel, if it is one.
    pub fn light(&mut self, x: i64, y: i64) {
        if let Some(i) = self.index(x, y) {
            self.lit[i] = true;
        }
    }

    fn index(&self, x: i64, y: i64) -> Option<usize> {
        let [width, height] = self.size.map(i64::from);
        ((0..width).contains(&x) && (0..height).contains(&y)).then(|| (y * width + x) as usize)
    }

    /// The pixel that holds a place. The far edges of the picture belong to its last pixels.
    fn pixel(&self, at: Place) -> [i64; 2] {
        std::array::from_fn(|i| {
            let side = i64::from(self.size[i]);
            if at[i] == side * ONE { side - 1 } else { at[i].div_euclid(ONE) }
        })
    }

    /// A cross of five by five pixels about a point.
    pub fn cross(&mut self, at: Place) {
        let [x, y] = self.pixel(at);
        for d in -2..=2 {
            self.light(x + d, y);
            self.light(x, y + d);
        }
    }

    /// A line, the same in both directions: of each column (or row, where it is steep) the pixel in which the line passes the column's centre.
    pub fn line(&mut self, from: Place, to: Place) {
        let long = usize::from((to[1] - from[1]).abs() > (to[0] - from[0]).abs());
        let short = 1 - long;
        let (a, b) = if from[long] <= to[long] { (from, to) } else { (to, from) };
        let (first, last) = (self.pixel(a)[long], self.pixel(b)[long]);
        let (run, rise) = ((b[long] - a[long]).max(1), b[short] - a[short]);
        let side = i64::from(self.size[short]);
        // Only what lies in the picture is walked, so that a line from far away costs no more than another.
        for along in first.max(0)..=last.min(i64::from(self.size[long]) - 1) {
            let centre = (along * ONE + ONE / 2).clamp(a[long], b[long]);
            let at = a[short] * run + (centre - a[long]) * rise;
            let across = if at == side * ONE * run { side - 1 } else { at.div_euclid(ONE * run) };
            let mut pixel = [0; 2];
            (pixel[long], pixel[short]) = (along, across);
            self.light(pixel[0], pixel[1]);
        }
    }

    /// Lines from each place to the next.
    pub(crate) fn polyline(&mut self, places: &[Place]) {
        places.windows(2).for_each(|p| self.line(p[0], p[1]));
    }

    /// The area inside a closed outline, by the even-odd rule, and the outline itself.
    pub fn polygon(&mut self, places: &[Place]) {
        let [width, height] = self.size.map(i64::from);
        // Where a row enters or leaves the area: a column more than there are pixels.
        let across = width as usize + 1;
        let mut turns = vec![false; across * height as usize];
        for (i, a) in places.iter().enumerate() {
            let b = places[(i + 1) % places.len()];
            let (top, bottom) = if a[1] <= b[1] { (*a, b) } else { (b, *a) };
            let fall = bottom[1] - top[1];
            // Rows whose centre lies between the ends, the upper one included.
            let row_at = |y: i64| (y - ONE / 2 + ONE - 1).div_euclid(ONE).clamp(0, height);
            for row in row_at(top[1])..row_at(bottom[1]) {
                let down = row * ONE + ONE / 2 - top[1];
                // The first pixel whose centre is not left of the edge: ceil((edge - 128) / 256).
                let scaled = (top[0] - ONE / 2) * fall + down * (bottom[0] - top[0]);
                let column = -((-scaled).div_euclid(fall * ONE));
                turns[row as usize * across + column.clamp(0, width) as usize] ^= true;
            }
        }
        for (row, turns) in self.lit.chunks_exact_mut(width as usize).zip(turns.chunks_exact(across)) {
            let mut inside = false;
            for (pixel, turn) in row.iter_mut().zip(turns) {
                inside ^= turn;
                *pixel |= inside;
            }
        }
        self.polyline(places);
        if let (Some(first), Some(last)) = (places.first(), places.last()) {
            self.line(*last, *first);
        }
    }

    /// Only the rim: lit pixels beside an unlit one, so that what an area covers can still be seen.
    #[must_use]
    pub fn rim(&self) -> Self {
        let [width, height] = self.size.map(i64::from);
        let whole = |x, y| [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].iter().all(|(x, y)| self.is_lit(*x, *y));
        let lit = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| self.is_lit(x, y) && !whole(x, y)).collect();
        Self { size: self.size, lit }
    }

    /// The lit pixels as rows, from the top and in each row from the left.
    #[must_use]
    pub fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        for (row, lit) in (0u32..).zip(self.lit.chunks_exact(self.size[0] as usize)) {
            let mut column = 0;
            for part in lit.chunk_by(|a, b| a == b) {
                let end = column + part.len() as u32;
                if part.first() == Some(&true) {
                    runs.push(Run { row, columns: [column, end] });
                }
                column = end;
            }
        }
        runs
    }

    /// What is lit and every pixel that touches it, at a corner too.
    #[must_use]
    pub fn grown(&self) -> Self {
        let [width, height] = self.size.map(i64::from);
        let touches = |x, y| (-1..=1).any(|dy| (-1..=1).any(|dx| self.is_lit(x + dx, y + dy)));
        let lit = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| touches(x, y)).collect();
        Self { size: self.size, lit }
    }

    /// Lights what another mask of the same picture lights.
    pub fn add(&mut self, other: &Self) {
        if self.size == other.size {
            self.lit.iter_mut().zip(&other.lit).for_each(|(a, b)| *a |= b);
        }
    }
}

/// Places on a closed ellipse: its centre and two half axes at right angles, as steps from the centre. The first place is the last.
///
/// Places are rational points of the circle, (1 - t²) / (1 + t²) and 2 t / (1 + t²), so that no sine is needed; they lie at most about two pixels apart.
#[must_use]
pub fn ellipse(centre: Place, axis: Place, other: Place) -> Vec<Place> {
    let longest = [axis, other].into_iter().flatten().map(i64::abs).max().unwrap_or(0);
    let n = (longest / ONE).clamp(8, 1024);
    let mut places = Vec::new();
    let quarters = [(axis, other), (other, axis.map(|c| -c)), (axis.map(|c| -c), other.map(|c| -c)), (other.map(|c| -c), axis)];
    for (u, v) in quarters {
        for k in 0..n {
            let (along, across, whole) = (n * n - k * k, 2 * n * k, n * n + k * k);
            places.push(std::array::from_fn(|i| centre[i] + nearest(u[i] * along + v[i] * across, whole)));
        }
    }
    places.push(std::array::from_fn(|i| centre[i] + axis[i]));
    places
}

/// Places on a smooth curve through others: uniform Catmull-Rom, whose ends have no neighbour of their own and repeat. DICOM leaves the kind of curve open.
#[must_use]
pub fn curve(through: &[Place]) -> Vec<Place> {
    let mut places = Vec::new();
    for (i, segment) in through.windows(2).enumerate() {
        let (b, c) = (segment[0], segment[1]);
        let a = if i == 0 { b } else { through[i - 1] };
        let d = through.get(i + 2).copied().unwrap_or(c);
        let longest = (0..2).map(|k| (c[k] - b[k]).abs()).max().unwrap_or(0);
        let n = (longest / ONE).clamp(1, 128);
        for k in 0..n {
            // 2 p(t) = 2b + (c - a) t + (2a - 5b + 4c - d) t² + (3b - a - 3c + d) t³, with t = k / n.
            places.push(std::array::from_fn(|x| {
                let (a, b, c, d) = (a[x], b[x], c[x], d[x]);
                let cubic = (3 * b - a - 3 * c + d) * k * k * k;
                let square = (2 * a - 5 * b + 4 * c - d) * k * k * n;
                nearest(2 * b * n * n * n + (c - a) * k * n * n + square + cubic, 2 * n * n * n)
            }));
        }
    }
    places.extend(through.last());
    places
}

/// Quotient rounded to the nearest, half up, for a positive divisor.
fn nearest(a: i64, b: i64) -> i64 {
    (2 * a + b).div_euclid(2 * b)
}

/// A finished picture of its own, to be drawn on, cut and turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    size: [u32; 2],
    channels: u32,
    bytes: Vec<u8>,
}

impl Picture for Raster {
    fn size(&self) -> [u32; 2] {
        self.size
    }
    fn channels(&self) -> u32 {
        self.channels
    }
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Raster {
    /// A copy of a picture.
    #[must_use]
    pub fn of(picture: &dyn Picture) -> Self {
        Self { size: picture.size(), channels: picture.channels(), bytes: picture.bytes().to_vec() }
    }

    /// A grey picture in colour: a pixel for which there is a colour takes it, any other is red = green = blue = grey. Of a picture in colour, only the former.
    #[must_use]
    pub fn coloured(&self, colours: &[Option<[u8; 3]>]) -> Self {
        let pixels = self.bytes.chunks_exact(self.channels as usize);
        let own = pixels.map(|p| if let [r, g, b] = p { [*r, *g, *b] } else { [p[0]; 3] });
        let colours = colours.iter().copied().chain(std::iter::repeat(None));
        Self { size: self.size, channels: 3, bytes: own.zip(colours).flat_map(|(own, colour)| colour.unwrap_or(own)).collect() }
    }

    /// Closes a display shutter (PS3.3 C.7.6.11): pixels that are not open, in order of rows, take the level. Pixels beyond the list stay as they are.
    pub fn shut(&mut self, open: &[bool], level: Grey) {
        let channels = self.channels as usize;
        for (pixel, _) in self.bytes.chunks_exact_mut(channels).zip(open).filter(|(_, is_open)| !**is_open) {
            pixel.fill(level.0);
        }
    }

    /// Burns a drawing in: lit pixels are white, and every other pixel that touches one, at a corner too, is black, so that it can be seen on bone as on air.
    pub fn burn(&mut self, drawing: &Mask) {
        let [width, height] = self.size.map(i64::from);
        let channels = self.channels as usize;
        let rim = drawing.grown();
        let shade = |y: i64, x: i64| if drawing.is_lit(x, y) { Some(255) } else { rim.is_lit(x, y).then_some(0) };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        for (pixel, (x, y)) in self.bytes.chunks_exact_mut(channels).zip(places) {
            if let Some(level) = shade(y, x) {
                pixel.fill(level);
            }
        }
    }

    /// A part of the picture, `size` pixels from column `left` and row `top` on. What lies outside the picture is black.
    ///
    /// # Errors
    /// [`RenderError::PaneSize`] when a side of the part is not 1 to 16,384 pixels.
    pub fn part(&self, [left, top]: [i64; 2], size: [u32; 2]) -> Result<Self, RenderError> {
        let channels = self.channels as usize;
        let mut bytes = vec![0; checked(size)? * channels];
        let [width, height] = self.size.map(i64::from);
        // Columns of the part that the picture has.
        let from = (-left).clamp(0, i64::from(size[0]));
        let to = (width - left).clamp(from, i64::from(size[0]));
        let length = (to - from) as usize * channels;
        for (y, row) in (top..).zip(bytes.chunks_exact_mut(size[0] as usize * channels)) {
            if (0..height).contains(&y) && length > 0 {
                let source = (y * width + left + from) as usize * channels;
                let target = from as usize * channels;
                row[target..target + length].copy_from_slice(&self.bytes[source..source + length]);
            }
        }
        Ok(Self { size, channels: self.channels, bytes })
    }

    /// The picture turned clockwise by so many quarters, and then, if asked for, with left and right exchanged (PS3.3 C.10.6).
    #[must_use]
    pub fn turned(&self, quarters: u32, flip: bool) -> Self {
        let [width, height] = self.size.map(|n| n as usize);
        let across = quarters % 2 == 1;
        let size = if across { [self.size[1], self.size[0]] } else { self.size };
        let channels = self.channels as usize;
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..size[1] as usize {
            for x in 0..size[0] as usize {
                let x = if flip { size[0] as usize - 1 - x } else { x };
                let (column, row) = match quarters % 4 {
                    0 => (x, y),
                    1 => (y, height - 1 - x),
                    2 => (width - 1 - x, height - 1 - y),
                    _ => (width - 1 - y, x),
                };
                let at = (row * width + column) * channels;
                bytes.extend(&self.bytes[at..at + channels]);
            }
        }
        Self { size, channels: self.channels, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GreyImage;
    use proptest::prelude::*;

    fn rows(mask: &Mask) -> Vec<String> {
        mask.lit.chunks_exact(mask.size[0] as usize).map(|r| r.iter().map(|l| if *l { '#' } else { '.' }).collect()).collect()
    }
    fn pixels(at: [f64; 2]) -> Place {
        place(at).unwrap()
    }
    fn grey(size: [u32; 2], bytes: Vec<u8>) -> Raster {
        Raster::of(&GreyImage { size, bytes })
    }

    #[test]
    fn lines_and_edges() {
        let mut mask = Mask::new([5, 4]).unwrap();
        mask.line(pixels([0.0, 0.0]), pixels([5.0, 4.0]));
        assert_eq!(rows(&mask), ["#....", ".#...", "..##.", "....#"]);
        let mut mask = Mask::new([5, 3]).unwrap();
        mask.cross(pixels([4.5, 0.5]));
        assert_eq!(rows(&mask), ["..###", "....#", "....#"]);
        assert_eq!((place([f64::NAN, 0.0]), place([0.0, 1e9])), (None, None));
        assert!(Mask::new([0, 4]).is_err() && Mask::new([4, 16_385]).is_err());
    }

    #[test]
    fn areas_hold_the_centres_that_they_enclose() {
        let mut mask = Mask::new([6, 5]).unwrap();
        mask.polygon(&[[1.0, 1.0], [5.0, 1.0], [5.0, 4.0], [1.0, 4.0]].map(pixels));
        assert_eq!(rows(&mask)[1..4], [".#####"; 3], "an outline lights the pixels that it begins");
        let hollow = mask.rim();
        assert_eq!(rows(&hollow)[1..5], [".#####", ".#...#", ".#...#", ".#####"]);
        mask.add(&hollow);
        assert_eq!(mask.count(), 20);
    }

    #[test]
    fn a_circle_is_round() {
        let (centre, radius) = (pixels([20.5, 20.5]), 15 * ONE);
        let ring = ellipse(centre, [radius, 0], [0, radius]);
        assert!(ring.first() == ring.last() && ring.len() == 4 * 15 + 1);
        for [x, y] in ring.iter().map(|p| [p[0] - centre[0], p[1] - centre[1]].map(|c| c as f64)) {
            assert!((x.hypot(y) - radius as f64).abs() < 1.0);
        }
        let mut mask = Mask::new([41, 41]).unwrap();
        mask.polygon(&ring);
        for y in 0..41i64 {
            for x in 0..41i64 {
                let r = ((x - 20) as f64).hypot((y - 20) as f64);
                assert!((r >= 16.0 || mask.is_lit(x, y) || r > 14.5) && (r < 15.8 || !mask.is_lit(x, y)), "{x} {y} {r}");
            }
        }
    }

    #[test]
    fn a_curve_goes_through_its_points() {
        let through = [[0.0, 0.0], [10.0, 4.0], [20.0, -3.0], [21.0, 30.0]].map(pixels);
        let found = curve(&through);
        assert!(through.iter().all(|p| found.contains(p)));
        assert!(found.windows(2).all(|w| (0..2).all(|i| (w[0][i] - w[1][i]).abs() < 3 * ONE)));
        // Evenly spaced points on a line give that line.
        let straight = curve(&[[0.0, 0.0], [8.0, 8.0], [16.0, 16.0]].map(pixels));
        assert!(straight.iter().all(|p| p[0] == p[1]));
    }

    #[test]
    fn drawings_are_white_with_a_black_rim() {
        let mut picture = grey([5, 4], vec![100; 20]);
        let mut mask = Mask::new([5, 4]).unwrap();
        mask.light(1, 1);
        mask.light(-1, 9);
        picture.burn(&mask);
        let row = |y: usize| &picture.bytes[y * 5..y * 5 + 5];
        assert_eq!([row(0), row(1), row(2), row(3)], [[0, 0, 0, 100, 100], [0, 255, 0, 100, 100], [0, 0, 0, 100, 100], [100; 5]]);
        let coloured = grey([2, 1], vec![7, 8]).coloured(&[None, Some([1, 2, 3])]);
        assert_eq!((coloured.channels(), coloured.bytes()), (3, &[7u8, 7, 7, 1, 2, 3][..]));
    }

    #[test]
    fn parts_are_black_outside() {
        let picture = grey([3, 2], vec![1, 2, 3, 4, 5, 6]);
        assert_eq!(picture.part([1, 0], [2, 2]).unwrap().bytes, [2, 3, 5, 6]);
        assert_eq!(picture.part([-1, 1], [5, 2]).unwrap().bytes, [0, 4, 5, 6, 0, 0, 0, 0, 0, 0]);
        assert_eq!(picture.part([i64::from(i32::MAX), i64::from(i32::MIN)], [1, 1]).unwrap().bytes, [0]);
        assert!(picture.part([0, 0], [20_000, 1]).is_err());
    }

    #[test]
    fn quarters_turn_clockwise_before_the_mirror() {
        let picture = grey([3, 2], vec![1, 2, 3, 4, 5, 6]);
        assert_eq!(picture.turned(1, false), grey([2, 3], vec![4, 1, 5, 2, 6, 3]));
        assert_eq!(picture.turned(1, true), grey([2, 3], vec![1, 4, 2, 5, 3, 6]));
        assert_eq!(picture.turned(2, false), grey([3, 2], vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(picture.turned(3, false), grey([2, 3], vec![3, 6, 2, 5, 1, 4]));
        assert_eq!(picture.turned(0, true), grey([3, 2], vec![3, 2, 1, 6, 5, 4]));
    }

    proptest! {
        /// A line is the same both ways, wherever its ends are, and passes through the pixels that it lights or, at its ends, just beside their centre.
        #[test]
        fn lines_have_no_direction(a in prop::array::uniform2(-90_000..90_000i64), b in prop::array::uniform2(-90_000..90_000i64)) {
            let (mut there, mut back) = (Mask::new([40, 30]).unwrap(), Mask::new([40, 30]).unwrap());
            there.line(a, b);
            back.line(b, a);
            prop_assert_eq!(&there, &back);
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            for y in 0..30i64 {
                for x in 0..40i64 {
                    let off = (dy * (x * ONE + ONE / 2 - a[0]) - dx * (y * ONE + ONE / 2 - a[1])).abs();
                    let within = (0..2).all(|i| (a[i].min(b[i])..=a[i].max(b[i])).contains(&([x, y][i] * ONE + ONE / 2)));
                    let most = if within { ONE / 2 } else { ONE };
                    prop_assert!(!there.is_lit(x, y) || off <= most * dx.abs().max(dy.abs()));
                }
            }
        }

        /// Four quarters, two flips and any part of the whole come back to where they were.
        #[test]
        fn turns_only_move_bytes(w in 1u32..9, h in 1u32..9, quarters in 0u32..8, flip in any::<bool>(), seed in any::<u8>()) {
            let picture = grey([w, h], (0..w * h).map(|i| (i as u8).wrapping_mul(31) ^ seed).collect());
            let turned = picture.turned(quarters, flip);
            // A mirror turns the sense of rotation.
            let back = if flip { turned.turned(0, true).turned(8 - quarters, false) } else { turned.turned(8 - quarters, false) };
            prop_assert_eq!(&back, &picture);
            prop_assert_eq!(picture.part([0, 0], [w, h]).unwrap(), picture);
        }

        /// No drawing, however far outside, does more than light pixels.
        #[test]
        fn hostile_places_are_harmless(places in prop::collection::vec(prop::array::uniform2(-(1i64 << 28)..(1i64 << 28)), 0..7)) {
            let mut mask = Mask::new([33, 17]).unwrap();
            mask.polygon(&places);
            mask.polyline(&curve(&places));
            if let [c, u, v, ..] = places[..] {
                mask.polygon(&ellipse(c, u, v));
            }
        }
    }

    #[test]
    fn runs_hold_every_lit_pixel_and_no_other() {
        let mut mask = Mask::new([5, 3]).unwrap();
        [[0, 0], [1, 0], [4, 0], [4, 2]].iter().for_each(|[x, y]| mask.light(*x, *y));
        let run = |row, columns| Run { row, columns };
        assert_eq!(mask.runs(), [run(0, [0, 2]), run(0, [4, 5]), run(2, [4, 5])]);
    }

    #[test]
    fn a_shutter_closes_what_is_not_open() {
        let mut picture = Raster::of(&GreyImage { size: [3, 2], bytes: vec![100; 6] });
        picture.shut(&[true, false, true, true, false], Grey(7));
        assert_eq!(picture.bytes(), [100, 7, 100, 100, 7, 100]);
    }
}
