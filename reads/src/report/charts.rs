//! The charts of an analysis: curves as polylines of the data with their operating points, differences as a forest with an axis, times as dots.

use super::axis::{spanning, unit};
use super::numbers::{Names, estimated, fixed};
use super::results::fom_words;
use super::{Axis, Chart, Drawn, Tone};
use crate::analysis::{MeanCurve, Numbers, Pair, ReaderRow, Report};

/// Beyond so many corners a curve is a line, and its points are no longer to be told apart.
const MOST_DOTS: usize = 40;
/// Medians of times are drawn on so much of the height.
const ROW: f64 = 0.055;

/// What the curve of a figure is called, and its axes.
fn curve_words(fom: &str) -> [&'static str; 3] {
    match fom {
        "wafroc" => ["Weighted AFROC", "share of normal cases with a false mark", "weighted share of lesions marked"],
        "afroc" => ["AFROC", "share of normal cases with a false mark", "share of lesions marked"],
        "lroc" => ["LROC", "1 \u{2212} specificity", "share located"],
        "hrauc" => ["ROC of the highest marks", "1 \u{2212} specificity", "sensitivity"],
        _ => ["ROC", "1 \u{2212} specificity", "sensitivity"],
    }
}

/// The colour of a modality.
fn tone(report: &Report, modality: &str) -> Tone {
    Tone::Modality(report.n.modalities.iter().position(|m| m == modality).unwrap_or_default())
}

/// What the legend of a curve says of a figure: its number alone is taken for the area under the curve, so that one which is another is named.
fn legend(report: &Report, name: &str, fom: Option<f64>) -> String {
    let number = fixed(fom, 3);
    match report.fom.as_str() {
        "sens" | "spec" => format!("{name}  {}: {number}", fom_words(report)),
        _ => format!("{name}  {number}"),
    }
}

/// The curve of a reader; thick where no mean is to be told from it.
fn measured(points: &[[f64; 2]], tone: Tone, is_thick: bool) -> Drawn {
    Drawn::Line { points: points.to_vec(), tone, is_thick, has_dots: points.len() <= MOST_DOTS }
}

/// All readers' curves with the means.
pub(super) fn curves(report: &Report, names: &Names<'_>, means: &[(String, Option<f64>)]) -> Option<Chart> {
    let rows: Vec<&ReaderRow> = report.readers.iter().filter(|r| r.roc.len() > 1).collect();
    rows.first()?;
    let [what, x, y] = curve_words(&report.fom);
    let mut drawn = Vec::new();
    let band =
        |curve: &MeanCurve| Drawn::Band { low: curve.lowest.clone(), high: curve.highest.clone(), tone: tone(report, &curve.modality) };
    let has_band = report.n.readers.len() > 1;
    drawn.extend(report.curves.iter().filter(|_| has_band).map(band));
    drawn.extend(rows.iter().map(|row| measured(&row.roc, tone(report, &row.modality), false)));
    let mean = |curve: &MeanCurve| Drawn::Line {
        points: curve.points.clone(),
        tone: tone(report, &curve.modality),
        is_thick: true,
        has_dots: false,
    };
    drawn.extend(report.curves.iter().map(mean));
    let shown = match (has_band, report.curves.is_empty()) {
        (true, false) => "Empirical. Thin: a reader; thick: mean over readers; shaded: from the lowest to the highest reader.",
        _ => "Empirical, one line a reader.",
    };
    let legend = means.iter().map(|(m, fom)| (tone(report, m), legend(report, names.of(m), *fom)));
    let n = &report.n;
    Some(Chart {
        title: format!(
            "{what}, {} readers, {} {} without and {} with the signal",
            n.readers.len(),
            n.normals,
            report.scored_things(),
            n.diseased
        ),
        subtitle: shown.to_owned(),
        x: unit(x),
        y: unit(y),
        drawn,
        legend: legend.collect(),
        aspect: 1.0,
    })
}

/// The FROC curves, where there are marks.
pub(super) fn froc(report: &Report, names: &Names<'_>) -> Option<Chart> {
    let furthest = report.readers.iter().flat_map(|r| r.froc.iter().map(|p| p[0])).fold(0.0, f64::max);
    report.readers.iter().find(|r| r.froc.len() > 1)?;
    let is_one = report.n.readers.len() == 1;
    let drawn = report.readers.iter().filter(|r| r.froc.len() > 1).map(|r| measured(&r.froc, tone(report, &r.modality), is_one));
    let legend = report.n.modalities.iter().enumerate().map(|(at, m)| (Tone::Modality(at), names.of(m).to_owned()));
    Some(Chart {
        title: "FROC".to_owned(),
        subtitle: "Empirical, one line a reader and condition.".to_owned(),
        x: Axis { has_grid: true, ..spanning("false marks a case", 0.0, furthest.max(0.1), false) },
        y: unit("share of lesions marked"),
        drawn: drawn.collect(),
        legend: legend.collect(),
        aspect: 1.0,
    })
}

/// The curves of one reader.
pub(super) fn of_reader(report: &Report, reader: &str, names: &Names<'_>) -> Option<Chart> {
    let [what, x, y] = curve_words(&report.fom);
    let rows: Vec<&ReaderRow> = report.readers.iter().filter(|r| r.reader == reader && r.roc.len() > 1).collect();
    rows.first()?;
    Some(Chart {
        title: format!("Reader {reader}"),
        subtitle: format!("{what}, empirical."),
        x: unit(x),
        y: unit(y),
        drawn: rows.iter().map(|row| measured(&row.roc, tone(report, &row.modality), true)).collect(),
        legend: rows.iter().map(|r| (tone(report, &r.modality), legend(report, names.of(&r.modality), r.fom))).collect(),
        aspect: 1.0,
    })
}

/// A row of a forest.
struct Estimated {
    name: String,
    at: f64,
    ends: Option<[f64; 2]>,
    is_sum: bool,
}

impl Estimated {
    /// None where nothing was estimated.
    fn of(name: &str, numbers: &Numbers, is_sum: bool) -> Option<Self> {
        numbers.estimate.map(|at| Self { name: name.to_owned(), at, ends: estimated(numbers.ci), is_sum })
    }
}

/// Differences: a row for each reader, and one for all, from the top. What has no estimate has no row.
pub(super) fn forest(title: String, subtitle: String, readers: &[Pair], all: &Pair, bounds: &[f64]) -> Option<Chart> {
    let of_readers = readers.iter().filter_map(|p| Estimated::of(p.reader.as_deref().unwrap_or_default(), &p.of, false));
    let estimates: Vec<Estimated> = of_readers.chain(Estimated::of("all", &all.of, true)).collect();
    let reach = estimates.iter().flat_map(|e| std::iter::once(e.at).chain(e.ends.into_iter().flatten()));
    let reach: Vec<f64> = reach.chain(bounds.iter().copied()).chain([0.0]).collect();
    let low = reach.iter().copied().fold(f64::INFINITY, f64::min);
    let high = reach.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) || estimates.is_empty() {
        return None;
    }
    let mut drawn = vec![Drawn::Rule { x: 0.0, is_dashed: false }];
    drawn.extend(bounds.iter().filter(|b| **b != 0.0).map(|b| Drawn::Rule { x: *b, is_dashed: true }));
    let rows = estimates.len() as f64;
    let mut ticks = Vec::new();
    for (Estimated { name, at, ends, is_sum }, n) in estimates.into_iter().zip(0u32..) {
        let y = rows - f64::from(n) - if is_sum { 0.6 } else { 0.25 };
        ticks.push((y, name));
        drawn.push(Drawn::Interval { y, at, ends, is_sum });
    }
    Some(Chart {
        title,
        subtitle,
        x: spanning("", low, high, true),
        y: Axis { title: String::new(), range: [-0.2, rows + 0.2], ticks, has_grid: false },
        drawn,
        legend: Vec::new(),
        aspect: (0.08 + ROW * rows).min(1.2),
    })
}

/// Median times, a row for each reader.
pub(super) fn times(report: &Report, names: &Names<'_>) -> Option<Chart> {
    let times = report.times.as_ref()?;
    let longest = times.readers.iter().filter_map(|r| r.median_s).fold(0.0, f64::max);
    if longest <= 0.0 {
        return None;
    }
    let readers = &report.n.readers;
    let rows = readers.len() as f64;
    let height = |reader: &str| readers.iter().position(|r| r == reader).map(|at| rows - at as f64 - 0.5);
    let mut drawn = Vec::new();
    for row in &times.readers {
        if let (Some(y), Some(x)) = (height(&row.reader), row.median_s) {
            drawn.push(Drawn::Dot { at: [x, y], tone: tone(report, &row.modality) });
        }
    }
    Some(Chart {
        title: "Median reading time".to_owned(),
        subtitle: "With the images in sight, without pauses.".to_owned(),
        x: Axis { has_grid: true, ..spanning("seconds", 0.0, longest, false) },
        y: Axis {
            title: String::new(),
            range: [0.0, rows],
            ticks: readers.iter().filter_map(|r| Some((height(r)?, r.clone()))).collect(),
            has_grid: false,
        },
        drawn,
        legend: report.n.modalities.iter().enumerate().map(|(at, m)| (Tone::Modality(at), names.of(m).to_owned())).collect(),
        aspect: (0.08 + ROW * rows).min(1.2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(reader: Option<&str>, estimate: Option<f64>) -> Pair {
        let ci = estimate.map(|at| [at - 0.1, at + 0.1]);
        let of = Numbers { estimate, se: None, df: None, t: None, p: None, ci };
        Pair { a: "new".to_owned(), b: "old".to_owned(), reader: reader.map(str::to_owned), of }
    }

    /// Names from the top, each with whether it is drawn as what sums up the others.
    fn rows(readers: &[Pair], all: &Pair) -> Option<Vec<(String, bool)>> {
        let chart = forest(String::new(), String::new(), readers, all, &[])?;
        let sums = chart.drawn.iter().filter_map(|drawn| if let Drawn::Interval { is_sum, .. } = drawn { Some(*is_sum) } else { None });
        Some(chart.y.ticks.iter().map(|(_, name)| name.clone()).zip(sums).collect())
    }

    #[test]
    fn no_reader_is_drawn_as_all_of_them() {
        let readers = [pair(Some("r1"), Some(0.1)), pair(Some("r2"), None), pair(Some("r3"), Some(0.2))];
        let named = |rows: &[(&str, bool)]| Some(rows.iter().map(|(name, is_sum)| ((*name).to_owned(), *is_sum)).collect::<Vec<_>>());
        assert_eq!(rows(&readers, &pair(None, Some(0.15))), named(&[("r1", false), ("r3", false), ("all", true)]));
        assert_eq!(rows(&readers, &pair(None, None)), named(&[("r1", false), ("r3", false)]));
        assert_eq!(rows(&[], &pair(None, None)), None);
    }

    /// Its diamond would be a line across the row, which is drawn nowhere.
    #[test]
    fn what_did_not_vary_is_a_square_without_an_interval() {
        let mut all = pair(None, Some(0.15));
        all.of.ci = Some([0.15, 0.15]);
        let chart = forest(String::new(), String::new(), &[pair(Some("r1"), Some(0.1))], &all, &[]).unwrap();
        let ends: Vec<bool> =
            chart.drawn.iter().filter_map(|d| if let Drawn::Interval { ends, .. } = d { Some(ends.is_some()) } else { None }).collect();
        assert_eq!(ends, [true, false]);
    }
}
