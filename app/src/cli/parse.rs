//! How options are written on the command line: points, directions, lengths, windows, slabs, shapes.

use tiresias_cases::{Place, Shape};
use tiresias_words::{Direction, Mm, PatientPoint, SlabKind, Voi, Window};

/// A slab as an option says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SlabArg {
    pub(super) thickness: Mm,
    pub(super) kind: SlabKind,
    pub(super) step: Option<Mm>,
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let parts: Vec<f64> = text.split(',').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

pub(super) fn point(text: &str) -> Result<PatientPoint, String> {
    let p = numbers::<3>(text).map(PatientPoint::from).filter(|p| p.is_finite());
    p.ok_or_else(|| format!("{text:?} is not three numbers like -1.5,20,300"))
}

pub(super) fn direction(text: &str) -> Result<Direction, String> {
    let v = numbers::<3>(text).ok_or_else(|| format!("{text:?} is not three numbers like 1,0,0"))?;
    Direction::try_from(v).map_err(|e| e.to_string())
}

pub(super) fn millimetres(text: &str) -> Result<Mm, String> {
    let mm = text.parse().ok().filter(|v: &f64| v.is_finite() && *v > 0.0);
    mm.map(Mm).ok_or_else(|| format!("{text:?} is not a length above 0"))
}

pub(super) fn pixels(text: &str) -> Result<[u32; 2], String> {
    let pair = text.split_once(',').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    pair.ok_or_else(|| format!("{text:?} is not a size like 512,512"))
}

pub(super) fn window(text: &str) -> Result<Voi, String> {
    let mut parts = text.split(',').map(str::trim);
    let mut number = || parts.next().and_then(|p| p.parse::<f64>().ok());
    let (Some(c), Some(w)) = (number(), number()) else { return Err(format!("{text:?} is not a window like 40,400")) };
    let window = Window::new(c, w).map_err(|e| e.to_string())?;
    match parts.next().map(str::to_ascii_uppercase).as_deref() {
        None | Some("LINEAR") => Ok(Voi::Linear(window)),
        Some("LINEAR_EXACT") => Ok(Voi::LinearExact(window)),
        Some("SIGMOID") => Ok(Voi::Sigmoid(window)),
        Some(other) => Err(format!("{other:?} is not LINEAR, LINEAR_EXACT or SIGMOID")),
    }
}

pub(super) fn slab(text: &str) -> Result<SlabArg, String> {
    let wrong = || format!("{text:?} is not a slab like 10,mip or 10,mean,0.5");
    let mut parts = text.split(',').map(str::trim);
    let thickness = parts.next().and_then(|p| p.parse::<f64>().ok()).filter(|v| v.is_finite() && *v >= 0.0).map(Mm).ok_or_else(wrong)?;
    let kind = match parts.next() {
        Some("mip") => SlabKind::Mip,
        Some("minip") => SlabKind::Minip,
        Some("mean") => SlabKind::Mean,
        _ => return Err(wrong()),
    };
    let step = parts.next().map(millimetres).transpose()?;
    Ok(SlabArg { thickness, kind, step })
}

/// A shape as `measure` takes it. Images are counted as the command's own help says; what they are in the series is found out later.
pub(super) fn shape(text: &str) -> Result<Shape, String> {
    let wrong = || {
        format!(
            "{text:?} is not a shape like length:P:P, angle:P:P:P, rect:P:P, circle:P:R, polygon:P:P:P or ellipse:P:P:P, with P as x,y,z in mm or column,row@image"
        )
    };
    let mut parts = text.split(':');
    let kind = parts.next().unwrap_or_default();
    if kind == "circle" {
        let (Some(centre), Some(radius), None) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
        let radius = radius.parse().ok().filter(|r: &f64| r.is_finite() && *r > 0.0).ok_or_else(wrong)?;
        return Ok(Shape::Circle(place(centre).ok_or_else(wrong)?, radius));
    }
    let places: Vec<Place> = parts.map(place).collect::<Option<_>>().ok_or_else(wrong)?;
    match (kind, places.as_slice()) {
        ("length", [a, b]) => Ok(Shape::Length([*a, *b])),
        ("angle", [a, b, c]) => Ok(Shape::Angle([*a, *b, *c])),
        ("rect", [a, b]) => Ok(Shape::Rectangle([*a, *b])),
        ("polygon", [_, _, _, ..]) => Ok(Shape::Polygon(places)),
        ("ellipse", [centre, a, b]) => Ok(Shape::Ellipse([*centre, *a, *b])),
        _ => Err(wrong()),
    }
}

fn place(text: &str) -> Option<Place> {
    if let Some((at, image)) = text.split_once('@') {
        let [column, row] = numbers::<2>(at)?;
        return Some(Place::Pixel { column, row, image: image.parse().ok()? }).filter(|_| column.is_finite() && row.is_finite());
    }
    numbers::<3>(text).map(PatientPoint::from).filter(|p| p.is_finite()).map(Place::Patient)
}
