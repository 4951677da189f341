//! A chart as SVG, in whole hundredths of a unit, so that the same chart is the same text.

use super::escaped;
use super::{Axis, Chart, Drawn, Tone};
use std::fmt::Write as _;

/// Of the field inside the axes, in units of the picture.
const WIDTH: f64 = 420.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 46.0;
const TICKS: f64 = 18.0;
/// Room for a letter of a row's name.
const LETTER: f64 = 6.6;

fn colour(tone: Tone) -> &'static str {
    // On white each has a contrast of at least 4.5 to 1, and they are told apart by people who do not see red or green as others do.
    const MODALITIES: [&str; 4] = ["#5a5fa8", "#1f6f66", "#9a5b1a", "#8a3c6b"];
    match tone {
        Tone::Modality(at) => MODALITIES[at % MODALITIES.len()],
        Tone::Plain => "#2a2f35",
        Tone::Faint => "#d5d9dd",
    }
}

struct Field<'a> {
    chart: &'a Chart,
    left: f64,
    height: f64,
}

impl Field<'_> {
    fn x(&self, value: f64) -> f64 {
        self.left + WIDTH * part(&self.chart.x, value)
    }
    fn y(&self, value: f64) -> f64 {
        TOP + self.height * (1.0 - part(&self.chart.y, value))
    }
    fn points(&self, points: impl Iterator<Item = [f64; 2]>) -> String {
        points.map(|[x, y]| format!("{:.2},{:.2}", self.x(x), self.y(y))).collect::<Vec<_>>().join(" ")
    }
}

/// Where a value lies between the ends of an axis, from 0 to 1.
fn part(axis: &Axis, value: f64) -> f64 {
    let [low, high] = axis.range;
    if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
}

/// The picture.
pub(super) fn svg(chart: &Chart) -> String {
    let is_named = chart.y.title.is_empty();
    let longest = chart.y.ticks.iter().map(|(_, t)| t.chars().count()).max().unwrap_or(0);
    let left = if is_named { (longest as f64 * LETTER + 20.0).clamp(LEFT, 200.0) } else { LEFT };
    let field = Field { chart, left, height: WIDTH * chart.aspect };
    let bottom = TOP + field.height;
    let below = if chart.x.title.is_empty() { TICKS + 8.0 } else { BOTTOM };
    let (width, height) = (left + WIDTH + RIGHT, bottom + below);
    let mut out = String::new();
    let _ = write!(
        out,
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{}\">",
        escaped(&chart.title)
    );
    let faint = colour(Tone::Faint);
    for (at, words) in &chart.x.ticks {
        let x = field.x(*at);
        if chart.x.has_grid {
            let _ = write!(out, "<line x1=\"{x:.2}\" x2=\"{x:.2}\" y1=\"{TOP:.2}\" y2=\"{bottom:.2}\" stroke=\"{faint}\"/>");
        }
        let _ = write!(out, "<text x=\"{x:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>", bottom + TICKS, escaped(words));
    }
    for (at, words) in &chart.y.ticks {
        let y = field.y(*at);
        if chart.y.has_grid {
            let end = left + WIDTH;
            let _ = write!(out, "<line x1=\"{left:.2}\" x2=\"{end:.2}\" y1=\"{y:.2}\" y2=\"{y:.2}\" stroke=\"{faint}\"/>");
        }
        let _ = write!(out, "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{}</text>", left - 8.0, y + 4.0, escaped(words));
    }
    chart.drawn.iter().for_each(|drawn| draw(&field, drawn, &mut out));
    let axis = "#8a929a";
    let _ = write!(out, "<line x1=\"{left:.2}\" x2=\"{:.2}\" y1=\"{bottom:.2}\" y2=\"{bottom:.2}\" stroke=\"{axis}\"/>", left + WIDTH);
    if !is_named {
        let _ = write!(out, "<line x1=\"{left:.2}\" x2=\"{left:.2}\" y1=\"{TOP:.2}\" y2=\"{bottom:.2}\" stroke=\"{axis}\"/>");
        let middle = TOP + field.height / 2.0;
        let _ = write!(
            out,
            "<text transform=\"translate(16 {middle:.2}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            escaped(&chart.y.title)
        );
    }
    if !chart.x.title.is_empty() {
        let middle = left + WIDTH / 2.0;
        let _ = write!(out, "<text x=\"{middle:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>", bottom + 38.0, escaped(&chart.x.title));
    }
    out.push_str("</svg>");
    out
}

fn draw(field: &Field<'_>, drawn: &Drawn, out: &mut String) {
    match drawn {
        Drawn::Band { low, high, tone } => {
            let around = field.points(high.iter().copied().chain(low.iter().rev().copied()));
            let _ = write!(out, "<polygon points=\"{around}\" fill=\"{}\" fill-opacity=\"0.12\"/>", colour(*tone));
        }
        Drawn::Line { points, tone, is_thick, has_dots } => {
            let (width, strength, dot) = if *is_thick { ("2.6", "1", "3") } else { ("1", "0.75", "2") };
            let _ = write!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-opacity=\"{strength}\" stroke-linejoin=\"round\"/>",
                field.points(points.iter().copied()),
                colour(*tone)
            );
            for [x, y] in points.iter().filter(|_| *has_dots) {
                let (x, y) = (field.x(*x), field.y(*y));
                let _ =
                    write!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{dot}\" fill=\"{}\" fill-opacity=\"{strength}\"/>", colour(*tone));
            }
        }
        Drawn::Rule { x, is_dashed } => {
            let (x, bottom) = (field.x(*x), TOP + field.height);
            let dashes = if *is_dashed { " stroke-dasharray=\"4 4\"" } else { "" };
            let _ = write!(out, "<line x1=\"{x:.2}\" x2=\"{x:.2}\" y1=\"{TOP:.2}\" y2=\"{bottom:.2}\" stroke=\"#8a929a\"{dashes}/>");
        }
        Drawn::Interval { y, at, ends, is_sum } => {
            let (x, y) = (field.x(*at), field.y(*y));
            let plain = colour(Tone::Plain);
            let ends = ends.map(|[low, high]| [field.x(low), field.x(high)]);
            match (ends, is_sum) {
                (Some([low, high]), true) => {
                    let around = format!("{low:.2},{y:.2} {x:.2},{:.2} {high:.2},{y:.2} {x:.2},{:.2}", y - 6.0, y + 6.0);
                    let _ = write!(out, "<polygon points=\"{around}\" fill=\"{plain}\"/>");
                }
                (ends, _) => {
                    if let Some([low, high]) = ends {
                        let _ = write!(
                            out,
                            "<line x1=\"{low:.2}\" x2=\"{high:.2}\" y1=\"{y:.2}\" y2=\"{y:.2}\" stroke=\"{plain}\" stroke-width=\"1.4\"/>"
                        );
                    }
                    let _ = write!(out, "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"8\" height=\"8\" fill=\"{plain}\"/>", x - 4.0, y - 4.0);
                }
            }
        }
        Drawn::Dot { at: [x, y], tone } => {
            let (x, y) = (field.x(*x), field.y(*y));
            let _ = write!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"4.5\" fill=\"{}\"/>", colour(*tone));
        }
    }
}

/// A square of a colour, for the legend.
pub(super) fn swatch(tone: Tone) -> String {
    format!("<i style=\"background:{}\"></i>", colour(tone))
}
