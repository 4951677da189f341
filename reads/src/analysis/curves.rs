//! The mean curve of each modality with the range of its readers, from the points of the readers' curves.
//!
//! At each abscissa at which any reader's curve has a point, the ordinates of all readers are averaged, once from the left and once from the right, so that
//! steps stay steps; the area under the mean is then the mean of the areas. The lowest and the highest reader are taken there too, and between those abscissae
//! where readers' lines cross and another becomes the lowest or the highest. Refuses: curves that do not begin and end at the same abscissae (FROC).

use super::report::{MeanCurve, ReaderRow};

/// The mean curves, in the order of the modalities; none where readers' curves end at different places.
pub(super) fn means(modalities: &[String], rows: &[ReaderRow]) -> Vec<MeanCurve> {
    modalities.iter().filter_map(|modality| mean(modality, rows)).collect()
}

fn mean(modality: &str, rows: &[ReaderRow]) -> Option<MeanCurve> {
    let curves: Vec<&[[f64; 2]]> = rows.iter().filter(|r| r.modality == modality && r.roc.len() > 1).map(|r| r.roc.as_slice()).collect();
    let ends = |curve: &&[[f64; 2]]| Some((curve.first()?[0], curve.last()?[0]));
    let first = curves.first().and_then(ends)?;
    if curves.iter().any(|curve| ends(curve) != Some(first)) {
        return None;
    }
    let mut xs: Vec<f64> = curves.iter().flat_map(|c| c.iter().map(|p| p[0])).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let mut found = MeanCurve { modality: modality.to_owned(), points: Vec::new(), lowest: Vec::new(), highest: Vec::new() };
    let ordinates = |of: fn(&[[f64; 2]], f64) -> f64, x: f64| curves.iter().map(|c| of(c, x)).collect::<Vec<f64>>();
    let mut before: Option<(f64, Vec<f64>)> = None;
    for x in xs {
        let [left, right] = [ordinates(at_left, x), ordinates(at_right, x)];
        // Lines that cross between two abscissae leave a corner of the lowest or the highest there, at which no reader has a point.
        if let Some((last, started)) = before {
            for met in exchanges(last, x, &started, &left) {
                extremes(&mut found, met, &ordinates(at_right, met));
            }
        }
        for side in [&left, &right] {
            add(&mut found.points, x, side.iter().sum::<f64>() / side.len().max(1) as f64);
            extremes(&mut found, x, side);
        }
        before = Some((x, right));
    }
    Some(found)
}

fn add(points: &mut Vec<[f64; 2]>, x: f64, y: f64) {
    if points.last() != Some(&[x, y]) {
        points.push([x, y]);
    }
}

fn extremes(found: &mut MeanCurve, x: f64, ordinates: &[f64]) {
    add(&mut found.lowest, x, ordinates.iter().copied().fold(f64::INFINITY, f64::min));
    add(&mut found.highest, x, ordinates.iter().copied().fold(f64::NEG_INFINITY, f64::max));
}

/// Where between two abscissae another line becomes the lowest or the highest, rising; of both together, so that both have corners at the same abscissae. Each
/// line goes straight from its ordinate in `left` to that in `right`.
fn exchanges(from: f64, to: f64, left: &[f64], right: &[f64]) -> Vec<f64> {
    let lines: Vec<[f64; 2]> = left.iter().zip(right).map(|(l, r)| [*l, *r]).collect();
    let turned: Vec<[f64; 2]> = lines.iter().map(|[l, r]| [-l, -r]).collect();
    let parts = lowest_changes(&lines).into_iter().chain(lowest_changes(&turned));
    let mut xs: Vec<f64> = parts.map(|part| from + (to - from) * part).filter(|x| *x > from && *x < to).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    xs
}

/// At which parts of the way, from 0 to 1, another line becomes the lowest: from the one that is lowest at first, each time the one that is met first.
fn lowest_changes(lines: &[[f64; 2]]) -> Vec<f64> {
    let rise = |[left, right]: &[f64; 2]| right - left;
    let mut parts = Vec::new();
    let mut lowest = lines.iter().min_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    while let Some(own) = lowest {
        // Only a line that rises less comes below; each change is to such a one, so that they come to an end.
        let meets = |other: &&[f64; 2]| (other[0] - own[0]) / (rise(own) - rise(other));
        let below = lines.iter().filter(|other| rise(other) < rise(own));
        let next = below.min_by(|a, b| meets(a).total_cmp(&meets(b)).then(rise(a).total_cmp(&rise(b))));
        lowest = next.filter(|other| meets(other) < 1.0);
        parts.extend(lowest.as_ref().map(meets));
    }
    parts
}

/// The ordinate of a polyline with rising abscissae as x comes from the left: at a vertical step its lower end.
fn at_left(curve: &[[f64; 2]], x: f64) -> f64 {
    match curve.iter().position(|p| p[0] >= x) {
        None => curve.last().map_or(0.0, |p| p[1]),
        Some(0) => curve.first().map_or(0.0, |p| p[1]),
        Some(at) => between(curve.get(at - 1), curve.get(at), x),
    }
}

/// The same as x comes from the right: at a vertical step its upper end.
fn at_right(curve: &[[f64; 2]], x: f64) -> f64 {
    match curve.iter().rposition(|p| p[0] <= x) {
        None => curve.first().map_or(0.0, |p| p[1]),
        Some(at) if at + 1 == curve.len() => curve.last().map_or(0.0, |p| p[1]),
        Some(at) => between(curve.get(at), curve.get(at + 1), x),
    }
}

fn between(a: Option<&[f64; 2]>, b: Option<&[f64; 2]>, x: f64) -> f64 {
    match (a, b) {
        (Some([x0, y0]), Some([x1, y1])) if x1 > x0 => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (_, Some([_, y])) | (Some([_, y]), None) => *y,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use tiresias_mrmc::roc::Scores;

    fn row(reader: &str, roc: &[[f64; 2]]) -> ReaderRow {
        ReaderRow {
            modality: "a".into(),
            reader: reader.into(),
            normals: 1,
            diseased: 1,
            fom: None,
            variance_delong: None,
            ci: None,
            sens_at_spec: BTreeMap::new(),
            pauc_fpf: BTreeMap::new(),
            roc: roc.to_vec(),
            froc: vec![],
        }
    }
    fn area(points: &[[f64; 2]]) -> f64 {
        points.windows(2).map(|w| (w[1][0] - w[0][0]) * f64::midpoint(w[0][1], w[1][1])).sum()
    }

    #[test]
    fn the_area_of_the_mean_is_the_mean_of_the_areas() {
        let steps = [[0.0, 0.0], [0.0, 0.4], [0.5, 0.4], [0.5, 1.0], [1.0, 1.0]];
        let line = [[0.0, 0.0], [0.25, 0.7], [1.0, 1.0]];
        let found = means(&["a".to_owned()], &[row("1", &steps), row("2", &line)]).remove(0);
        assert!((area(&found.points) - f64::midpoint(area(&steps), area(&line))).abs() < 1e-12);
        assert_eq!(found.points.first(), Some(&[0.0, 0.0]));
        assert_eq!(found.points.last(), Some(&[1.0, 1.0]));
        // At the step of the first both ends are there.
        let at: Vec<f64> = found.points.iter().filter(|p| p[0] == 0.5).map(|p| p[1]).collect();
        assert!(at.len() == 2 && (at[0] - 0.6).abs() < 1e-12 && (at[1] - 0.9).abs() < 1e-12, "{at:?}");
        assert!(area(&found.lowest) <= area(&line) && area(&found.highest) >= area(&line));
        let other = row("3", &[[0.0, 0.0], [2.0, 1.0]]);
        assert_eq!(means(&["a".to_owned()], &[row("1", &steps), other]), []);
    }
    #[test]
    fn where_two_readers_cross_the_lowest_and_the_highest_have_a_corner() {
        let (flat, straight) = ([[0.0, 0.0], [0.0, 0.5], [1.0, 0.5], [1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0]]);
        let found = means(&["a".to_owned()], &[row("1", &flat), row("2", &straight)]).remove(0);
        assert_eq!(found.lowest, [[0.0, 0.0], [0.5, 0.5], [1.0, 0.5], [1.0, 1.0]]);
        assert_eq!(found.highest, [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [1.0, 1.0]]);
        assert_eq!(found.points, [[0.0, 0.0], [0.0, 0.25], [1.0, 0.75], [1.0, 1.0]], "the mean goes straight there");
    }

    /// Ratings of so many cases on so short a scale that many are equal: curves have upright and level steps, and cross.
    fn readers() -> impl Strategy<Value = Vec<ReaderRow>> {
        let scores = |most: usize| prop::collection::vec((0u8..9).prop_map(f64::from), 1..most);
        let curve = (scores(7), scores(7)).prop_map(|(normal, diseased)| {
            let points = Scores::new(&normal, &diseased).unwrap().operating_points();
            row("", &points.iter().map(|p| [p.fpf, p.tpf]).collect::<Vec<_>>())
        });
        prop::collection::vec(curve, 1..7)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// At every abscissa, from the left and from the right, and not only where a reader has a point.
        #[test]
        fn the_band_goes_from_the_lowest_to_the_highest_reader_everywhere(rows in readers(), anywhere in prop::collection::vec(0.0..1.0f64, 8)) {
            let found = means(&["a".to_owned()], &rows).remove(0);
            let corners: Vec<f64> = found.lowest.iter().map(|p| p[0]).collect();
            prop_assert!(corners.is_sorted());
            prop_assert!(found.highest.iter().all(|p| corners.contains(&p[0])) && corners.iter().all(|x| found.highest.iter().any(|p| p[0] == *x)));
            let middles = corners.windows(2).map(|w| f64::midpoint(w[0], w[1]));
            for x in corners.iter().copied().chain(middles).chain(anywhere) {
                for of in [at_left as fn(&[[f64; 2]], f64) -> f64, at_right] {
                    let all = || rows.iter().map(|r| of(&r.roc, x));
                    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
                    let band = [&found.lowest, &found.highest].map(|edge| of(edge, x));
                    prop_assert!((band[0] - low).abs() < 1e-9 && (band[1] - high).abs() < 1e-9, "at {x}: {band:?}, readers from {low} to {high}");
                }
            }
        }
    }
}
