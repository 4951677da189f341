//! The mean curve of each modality with the range of its readers, from the points of the readers' curves.
//!
//! At each abscissa at which any reader's curve has a point, the ordinates of all readers are averaged, once from the left and once from the right, so that
//! steps stay steps; the area under the mean is then the mean of the areas. Refuses: curves that do not begin and end at the same abscissae (FROC).

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
    for x in xs {
        let [left, right]: [Vec<f64>; 2] =
            [at_left as fn(&[[f64; 2]], f64) -> f64, at_right].map(|f| curves.iter().map(|c| f(c, x)).collect());
        for side in [left, right] {
            let n = side.len().max(1) as f64;
            let add = |points: &mut Vec<[f64; 2]>, y: f64| {
                if points.last() != Some(&[x, y]) {
                    points.push([x, y]);
                }
            };
            add(&mut found.points, side.iter().sum::<f64>() / n);
            add(&mut found.lowest, side.iter().copied().fold(f64::INFINITY, f64::min));
            add(&mut found.highest, side.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }
    Some(found)
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
    use std::collections::BTreeMap;

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
}
