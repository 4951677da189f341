//! Lengths, angles, areas and statistics of regions, from true stored values in f64 and from spacings whose provenance is known.
//!
//! A place is a patient point or a pixel of an image. Regions lie on one image; a pixel belongs to one when its centre does. Padding is in no statistic.
//! Refuses: lengths across images without a volume, and regions that lie on no image.

use crate::lengths::{LengthUnit, PixelScale};
use crate::region::{InPlane, Outline};
use crate::series::Content;
use crate::{Series, VoxelBuffer};
use tiresias_words::{PatientPoint, Voxel};

/// Where a corner of a shape is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// In the patient (LPS, mm).
    Patient(PatientPoint),
    /// On an image: continuous column and row, pixel centres at whole numbers from 0, and the image's place in stack order from 0.
    Pixel {
        /// Column.
        column: f64,
        /// Row.
        row: f64,
        /// Image in stack order.
        image: usize,
    },
}

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// From one place to another.
    Length([Place; 2]),
    /// At the second place, between the other two.
    Angle([Place; 3]),
    /// With two opposite corners, whose pixels belong to it.
    Rectangle([Place; 2]),
    /// About a centre; the radius is in the image's unit of length, and its pixels' centres are at most so far away.
    Circle(Place, f64),
    /// With these corners, in order.
    Polygon(Vec<Place>),
    /// With three corners in order; the fourth follows.
    Parallelogram([Place; 3]),
    /// The centre, the end of one half axis and that of the other.
    Ellipse([Place; 3]),
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// Length, in `unit`.
    pub length: Option<f64>,
    /// Angle, 0 to 180.
    pub degrees: Option<f64>,
    /// Area of the shape itself, in `unit` squared.
    pub area: Option<f64>,
    /// What lengths are in.
    pub unit: Option<LengthUnit>,
    /// Of the values inside; `None` of a shape without inside, a colour image, or where nothing but padding is inside.
    pub statistics: Option<Statistics>,
    /// The same with padding counted as if it were measured; only where there is padding inside.
    pub with_padding: Option<Statistics>,
}

/// Statistics of modality values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Number of pixels.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the sample (n - 1); `None` of a single pixel.
    pub sd: Option<f64>,
    /// Standard deviation of the population (n).
    pub sd_population: f64,
    /// Lowest value.
    pub min: f64,
    /// Highest value.
    pub max: f64,
}

/// Why something cannot be measured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// A place on an image that is not there.
    #[error("there is no image {0} in this series; images count from 0 in stack order")]
    NoImage(usize),
    /// A patient point where there is no volume.
    #[error("the series has no volume, so a position in the patient leads to no pixel; give places as column,row@image")]
    NoVolume,
    /// Places on several images.
    #[error("the places of a region lie on several images; give all of them on one")]
    SeveralImages,
    /// A region that no image has a pixel of.
    #[error("the region lies outside of the images")]
    Outside,
    /// A region whose corners lie in no plane.
    #[error("the region's corners do not lie in one plane; give corners of one plane")]
    Bent,
    /// A region of more samples than any organ has.
    #[error("the region is larger than anything that can be measured; give corners inside of the images")]
    TooLarge,
    /// A region with less than three corners, or a radius that is none.
    #[error("the region has no inside")]
    Flat,
}

/// Measures a shape on a loaded series.
///
/// # Errors
/// When its places do not lie where the series can be measured.
pub fn measure(series: &Series, voxels: &VoxelBuffer, shape: &Shape) -> Result<Measured, MeasureError> {
    match shape {
        Shape::Length([a, b]) => {
            let (from, to, unit) = apart(series, *a, *b)?;
            Ok(Measured { length: Some(norm(from, to)), unit: Some(unit), ..Measured::default() })
        }
        Shape::Angle([a, corner, b]) => {
            let (at, to_a, unit) = apart(series, *corner, *a)?;
            let (also_at, to_b, _) = apart(series, *corner, *b)?;
            let (u, v) = (minus(to_a, at), minus(to_b, also_at));
            let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            // atan2 keeps its digits where acos has none.
            let degrees = norm(cross, [0.0; 3]).atan2(u.iter().zip(v).map(|(a, b)| a * b).sum()).to_degrees();
            Ok(Measured { degrees: Some(degrees), unit: Some(unit), ..Measured::default() })
        }
        Shape::Rectangle([a, b]) => {
            let (image, [a, b]) = on_one_image(series, &[*a, *b])?.two()?;
            let scale = scale_of(series, image, &[a, b])?;
            let (low, high) = ([a[0].min(b[0]), a[1].min(b[1])], [a[0].max(b[0]), a[1].max(b[1])]);
            let area = (high[0] - low[0]) * scale.spacing[0] * (high[1] - low[1]) * scale.spacing[1];
            let inside = |x: f64, y: f64| (low[0]..=high[0]).contains(&x) && (low[1]..=high[1]).contains(&y);
            region(series, voxels, image, [low, high], scale, area, &inside)
        }
        Shape::Circle(centre, radius) => {
            let found = on_one_image(series, &[*centre])?;
            let (image, [x, y]) = (found.image, *found.at.first().ok_or(MeasureError::Flat)?);
            if !(radius.is_finite() && *radius > 0.0) {
                return Err(MeasureError::Flat);
            }
            let scale = scale_of(series, image, &[[x, y]])?;
            let [dx, dy] = scale.spacing;
            let inside = |px: f64, py: f64| ((px - x) * dx).powi(2) + ((py - y) * dy).powi(2) <= radius * radius;
            let bounds = [[x - radius / dx, y - radius / dy], [x + radius / dx, y + radius / dy]];
            region(series, voxels, image, bounds, scale, std::f64::consts::PI * radius * radius, &inside)
        }
        Shape::Polygon(places) if places.len() < 3 => Err(MeasureError::Flat),
        Shape::Polygon(places) => closed(series, voxels, places, |at| Some(Outline::Polygon(at.to_vec()))),
        Shape::Parallelogram(places) => closed(series, voxels, places, |at| match at {
            [a, b, c] => Some(Outline::Polygon(vec![*a, *b, *c, [a[0] + c[0] - b[0], a[1] + c[1] - b[1]]])),
            _ => None,
        }),
        Shape::Ellipse(places) => closed(series, voxels, places, |at| match at {
            [centre, a, b] => Some(Outline::Ellipse { centre: *centre, halves: [a, b].map(|p| [p[0] - centre[0], p[1] - centre[1]]) }),
            _ => None,
        }),
    }
}

/// A region with a closed outline: on one image by its pixels, on another plane of a volume by samples.
fn closed(
    series: &Series,
    voxels: &VoxelBuffer,
    places: &[Place],
    outline: impl Fn(&[[f64; 2]]) -> Option<Outline>,
) -> Result<Measured, MeasureError> {
    let has_inside = |o: Option<Outline>| o.filter(|o| o.area() > 0.0).ok_or(MeasureError::Flat);
    let points = places.iter().map(|p| if let Place::Patient(p) = p { Some(*p) } else { None }).collect::<Option<Vec<_>>>();
    if let (Some(points), Some(volume)) = (points, &series.volume)
        && points.iter().any(|p| !is_on_an_image(volume.voxel_of(*p).slice))
    {
        let plane = InPlane::of(&points)?;
        let outline = has_inside(outline(&plane.at))?;
        let scale = PixelScale { spacing: [1.0; 2], unit: LengthUnit::Millimetres };
        return told(series, &plane.values(series, voxels, volume, &outline)?, scale, outline.area());
    }
    let found = on_one_image(series, places)?;
    let scale = scale_of(series, found.image, &found.at)?;
    let outline = has_inside(outline(&found.at))?;
    let area = outline.area() * scale.spacing[0] * scale.spacing[1];
    region(series, voxels, found.image, outline.bounds(), scale, area, &|x, y| outline.holds([x, y]))
}

/// Whether a continuous slice index means an image itself: positions of files are rounded.
fn is_on_an_image(slice: f64) -> bool {
    (slice - slice.round()).abs() < 0.02
}

/// Statistics of all of one image.
#[must_use]
pub fn image_statistics(series: &Series, voxels: &VoxelBuffer, image: usize) -> Option<Statistics> {
    let [columns, rows] = series.image_size.map(f64::from);
    let all = values(series, voxels, image, [[0.0, 0.0], [columns - 1.0, rows - 1.0]], &|_, _| true);
    statistics(&all.into_iter().filter(|(_, is_padding)| !is_padding).map(|(v, _)| v).collect::<Vec<_>>())
}

/// Places of a region: column and row on one image.
struct OnImage {
    image: usize,
    at: Vec<[f64; 2]>,
}

impl OnImage {
    fn two(self) -> Result<(usize, [[f64; 2]; 2]), MeasureError> {
        let at = self.at.try_into().map_err(|_| MeasureError::Flat)?;
        Ok((self.image, at))
    }
}

fn on_one_image(series: &Series, places: &[Place]) -> Result<OnImage, MeasureError> {
    let on_image = |place: &Place| match place {
        Place::Pixel { column, row, image } if *image < series.len() => Ok((*image, [*column, *row])),
        Place::Pixel { image, .. } => Err(MeasureError::NoImage(*image)),
        Place::Patient(p) => {
            let volume = series.volume.as_ref().ok_or(MeasureError::NoVolume)?;
            let v = volume.voxel_of(*p);
            if volume.gap_at(v.slice).is_some() {
                return Err(MeasureError::Outside);
            }
            let image = v.slice.round();
            // Positions of files are rounded; what means a pixel's centre is that.
            let snapped = [v.column, v.row].map(|c| (c * 1e4).round() / 1e4);
            if (0.0..series.len() as f64).contains(&image) { Ok((image as usize, snapped)) } else { Err(MeasureError::Outside) }
        }
    };
    let found: Vec<(usize, [f64; 2])> = places.iter().map(on_image).collect::<Result<_, _>>()?;
    let image = found.first().ok_or(MeasureError::Flat)?.0;
    if found.iter().any(|(i, _)| *i != image) {
        return Err(MeasureError::SeveralImages);
    }
    Ok(OnImage { image, at: found.into_iter().map(|(_, p)| p).collect() })
}

fn scale_of(series: &Series, image: usize, places: &[[f64; 2]]) -> Result<PixelScale, MeasureError> {
    series.images.get(image).map(|i| i.lengths.about(places)).ok_or(MeasureError::NoImage(image))
}

/// Two places in one frame of lengths.
fn apart(series: &Series, a: Place, b: Place) -> Result<([f64; 3], [f64; 3], LengthUnit), MeasureError> {
    if let (Place::Patient(a), Place::Patient(b)) = (a, b) {
        return Ok((a.into(), b.into(), LengthUnit::Millimetres));
    }
    if let (Place::Pixel { column, row, image }, Place::Pixel { column: to_column, row: to_row, image: to_image }) = (a, b)
        && image == to_image
    {
        let scale = scale_of(series, image, &[[column, row], [to_column, to_row]])?;
        let flat = |x: f64, y: f64| [x * scale.spacing[0], y * scale.spacing[1], 0.0];
        return Ok((flat(column, row), flat(to_column, to_row), scale.unit));
    }
    let volume = series.volume.as_ref().ok_or(MeasureError::NoVolume)?;
    let point = |place| match place {
        Place::Patient(p) => Ok(p.into()),
        Place::Pixel { image, .. } if image >= series.len() => Err(MeasureError::NoImage(image)),
        Place::Pixel { column, row, image } => Ok(volume.patient_of(Voxel::new(column, row, image as f64)).into()),
    };
    Ok((point(a)?, point(b)?, LengthUnit::Millimetres))
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn norm(a: [f64; 3], b: [f64; 3]) -> f64 {
    minus(b, a).iter().map(|d| d * d).sum::<f64>().sqrt()
}

fn region(
    series: &Series,
    voxels: &VoxelBuffer,
    image: usize,
    bounds: [[f64; 2]; 2],
    scale: PixelScale,
    area: f64,
    inside: &dyn Fn(f64, f64) -> bool,
) -> Result<Measured, MeasureError> {
    told(series, &values(series, voxels, image, bounds, inside), scale, area)
}

/// What is said of the values in a region; each comes with whether it is padding.
fn told(series: &Series, values: &[(f64, bool)], scale: PixelScale, area: f64) -> Result<Measured, MeasureError> {
    if values.is_empty() && series.content == Content::Grey {
        return Err(MeasureError::Outside);
    }
    let measured = values.iter().filter(|(_, is_padding)| !is_padding).map(|(v, _)| *v).collect::<Vec<_>>();
    let all = values.iter().map(|(v, _)| *v).collect::<Vec<_>>();
    let with_padding = if measured.len() < all.len() { statistics(&all) } else { None };
    Ok(Measured { area: Some(area), unit: Some(scale.unit), statistics: statistics(&measured), with_padding, ..Measured::default() })
}

/// The values of the pixels whose centres are within bounds and inside, and whether each is padding.
fn values(
    series: &Series,
    voxels: &VoxelBuffer,
    image: usize,
    [low, high]: [[f64; 2]; 2],
    inside: &dyn Fn(f64, f64) -> bool,
) -> Vec<(f64, bool)> {
    let range = |axis: usize| {
        let last = f64::from(series.image_size[axis]) - 1.0;
        let (from, to) = (low[axis].ceil().max(0.0), high[axis].floor().min(last));
        if from <= to { from as usize..to as usize + 1 } else { 0..0 }
    };
    let mut values = Vec::new();
    for row in range(1) {
        for column in range(0) {
            if inside(column as f64, row as f64) {
                values.extend(series.value(voxels, [column, row, image]));
            }
        }
    }
    values
}

fn statistics(values: &[f64]) -> Option<Statistics> {
    if values.is_empty() {
        return None;
    }
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some(Statistics {
        n,
        mean,
        sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
        sd_population: (squares / n as f64).sqrt(),
        min: values.iter().copied().fold(f64::INFINITY, f64::min),
        max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    })
}
