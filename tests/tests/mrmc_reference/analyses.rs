//! What RJafroc and MRMCaov print of one set of figures: the Obuchowski-Rockette and Dorfman-Berbaum-Metz analyses.

use crate::ledger::{Kind, Ledger};
use serde_json::Value;
use tiresias_mrmc::dorfman_berbaum_metz::{DorfmanBerbaumMetz, MeanSquare};
use tiresias_mrmc::figures::{Figures, Jackknife};
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::obuchowski_rockette::{Comparison, Conventions, Difference, NegativeTerm, ObuchowskiRockette, Random};

pub(crate) const RJAFROC: Conventions = Conventions { fixed_readers: NegativeTerm::Zero, components: NegativeTerm::Zero };
pub(crate) const MRMCAOV: Conventions = Conventions { fixed_readers: NegativeTerm::AsEstimated, components: NegativeTerm::AsEstimated };

/// The rows of a table, with the path of each.
pub(crate) fn rows<'a>(json: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    let found = path.split('/').fold(json, |at, key| &at[key]);
    let list = found.as_array().unwrap_or_else(|| panic!("no table {path}"));
    list.iter().enumerate().map(|(at, row)| (format!("{path}/{at}"), row)).collect()
}

/// The numbers in a name such as `rdrr01::trtm02-trtm03`, from 0.
fn indices(name: &str) -> Vec<usize> {
    name.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).map(|n| n.parse::<usize>().expect("a number") - 1).collect()
}

fn find(differences: &[Difference], first: usize, second: usize) -> Estimate {
    differences.iter().find(|d| (d.first, d.second) == (first, second)).expect("a pair").estimate
}

/// One row of a difference: the keys' names vary by tool.
fn difference(ledger: &mut Ledger, path: &str, e: Estimate, [statistic, p, low, high]: [&str; 4]) {
    let test = e.test.expect("a test");
    ledger.compare(&format!("{path}/Estimate"), Some(e.value), Kind::Figure);
    ledger.compare(&format!("{path}/StdErr"), Some(e.standard_error), Kind::Variance);
    ledger.compare(&format!("{path}/{statistic}"), Some(test.statistic), Kind::Variance);
    ledger.compare(&format!("{path}/{p}"), Some(test.p), Kind::P);
    ledger.compare(&format!("{path}/{low}"), Some(e.interval.low), Kind::Interval);
    ledger.compare(&format!("{path}/{high}"), Some(e.interval.high), Kind::Interval);
}

/// RJafroc's tables of the figures themselves.
fn foms(ledger: &mut Ledger, json: &Value, at: &str, means: &[f64], values: &[f64], readers: usize) {
    for (cell, value) in values.iter().enumerate() {
        ledger.compare(&format!("{at}/FOMs/foms/{}/{}", cell / readers, cell % readers), Some(*value), Kind::Figure);
    }
    for (path, row) in rows(json, &format!("{at}/FOMs/trtMeans")) {
        ledger.compare(&format!("{path}/Estimate"), Some(means[indices(name(row))[0]]), Kind::Figure);
    }
    for (path, row) in rows(json, &format!("{at}/FOMs/trtMeanDiffs")) {
        let pair = indices(name(row));
        ledger.compare(&format!("{path}/Estimate"), Some(means[pair[0]] - means[pair[1]]), Kind::Figure);
    }
}

fn name(row: &Value) -> &str {
    row["row"].as_str().expect("a name")
}

/// The tables of intervals that both of RJafroc's analyses have, of one choice of random factors.
fn intervals(
    ledger: &mut Ledger,
    json: &Value,
    at: &str,
    comparison: &Comparison,
    modality: impl Fn(usize) -> Estimate,
    reader: impl Fn(usize) -> Vec<Difference>,
    normal: bool,
) {
    let keys = if normal { ["z", "PrGTz", "CILower", "CIUpper"] } else { ["t", "PrGTt", "CILower", "CIUpper"] };
    for (path, row) in rows(json, &format!("{at}/ciDiffTrt")) {
        let pair = indices(name(row));
        let estimate = find(&comparison.differences, pair[0], pair[1]);
        difference(ledger, &path, estimate, keys);
        if !normal {
            ledger.compare(&format!("{path}/DF"), Some(estimate.df), Kind::Df);
        }
    }
    for (path, row) in rows(json, &format!("{at}/ciAvgRdrEachTrt")) {
        let e = modality(indices(name(row))[0]);
        ledger.compare(&format!("{path}/Estimate"), Some(e.value), Kind::Figure);
        ledger.compare(&format!("{path}/StdErr"), Some(e.standard_error), Kind::Variance);
        ledger.compare(&format!("{path}/CILower"), Some(e.interval.low), Kind::Interval);
        ledger.compare(&format!("{path}/CIUpper"), Some(e.interval.high), Kind::Interval);
        if !normal {
            ledger.compare(&format!("{path}/DF"), Some(e.df), Kind::Df);
        }
    }
    if at.ends_with("FRRC") {
        for (path, row) in rows(json, &format!("{at}/ciDiffTrtEachRdr")) {
            let which = indices(name(row));
            let mut e = find(&reader(which[0]), which[1], which[2]);
            if !normal {
                // RJafroc gives a pooled mean square of (I - 1)(K - 1) degrees of freedom the K - 1 of two modalities.
                let pooled = e.df / (comparison.equality.expect("a test").df1);
                e = Estimate::new(e.value, e.standard_error, pooled, Some(0.0), Level::default());
            }
            difference(ledger, &path, e, keys);
            if !normal {
                ledger.compare(&format!("{path}/DF"), Some(e.df), Kind::Df);
            }
        }
    }
}

const ALL: [(&str, Random); 3] = [("RRRC", Random::ReadersAndCases), ("FRRC", Random::Cases), ("RRFC", Random::Readers)];

/// RJafroc's Obuchowski-Rockette analysis, at `at` of the file.
pub(crate) fn rjafroc_or(ledger: &mut Ledger, json: &Value, at: &str, figures: &Figures) {
    let or = ObuchowskiRockette::new(figures, RJAFROC, Level::default());
    let (i, j) = (figures.modalities() as f64, figures.readers() as f64);
    foms(ledger, json, at, &or.modality_means(), figures.values(), figures.readers());
    let (ms, e, components) = (or.mean_squares(), or.error_covariances(), or.components());
    let anova = [(i - 1.0, ms.modality), (j - 1.0, ms.reader), ((i - 1.0) * (j - 1.0), ms.interaction)];
    for ((path, _), (df, ms)) in rows(json, &format!("{at}/ANOVA/TRanova")).iter().zip(anova) {
        ledger.compare(&format!("{path}/SS"), Some(ms * df), Kind::Variance);
        ledger.compare(&format!("{path}/DF"), Some(df), Kind::Df);
        ledger.compare(&format!("{path}/MS"), Some(ms), Kind::Variance);
    }
    for (path, row) in rows(json, &format!("{at}/ANOVA/VarCom")) {
        let (value, rho) = match name(row) {
            "VarR" => (components.reader, None),
            "VarTR" => (components.interaction, None),
            "Var" => (e.var, None),
            "Cov1" => (e.cov1, Some(e.cov1 / e.var)),
            "Cov2" => (e.cov2, Some(e.cov2 / e.var)),
            "Cov3" => (e.cov3, Some(e.cov3 / e.var)),
            other => panic!("{other}"),
        };
        ledger.compare(&format!("{path}/Estimates"), Some(value), Kind::Variance);
        ledger.compare(&format!("{path}/Rhos"), rho, Kind::Variance);
    }
    for (path, row) in rows(json, &format!("{at}/ANOVA/IndividualTrt")) {
        let modality = indices(name(row))[0];
        ledger.compare(&format!("{path}/DF"), Some(j - 1.0), Kind::Df);
        ledger.compare(&format!("{path}/msREachTrt"), Some(or.reader_mean_square(modality)), Kind::Variance);
        ledger.compare(&format!("{path}/varEachTrt"), Some(or.of_modality(modality).var), Kind::Variance);
        ledger.compare(&format!("{path}/cov2EachTrt"), Some(or.of_modality(modality).cov2), Kind::Variance);
        ledger.compare(&format!("{at}/RRRC/ciAvgRdrEachTrt/{modality}/Cov2"), Some(or.of_modality(modality).cov2), Kind::Variance);
    }
    for (path, row) in rows(json, &format!("{at}/ANOVA/IndividualRdr")) {
        let reader = indices(name(row))[0];
        ledger.compare(&format!("{path}/DF"), Some(i - 1.0), Kind::Df);
        ledger.compare(&format!("{path}/msTEachRdr"), Some(or.modality_mean_square(reader)), Kind::Variance);
        for path in [path, format!("{at}/FRRC/IndividualRdrVarCov1/{reader}")] {
            ledger.compare(&format!("{path}/varEachRdr"), Some(or.of_reader(reader).var), Kind::Variance);
            ledger.compare(&format!("{path}/cov1EachRdr"), Some(or.of_reader(reader).cov1), Kind::Variance);
        }
    }
    for (name, random) in ALL {
        let comparison = or.compare(random).expect("a comparison");
        let equality = comparison.equality.expect("a test");
        let (first, second) = (format!("{at}/{name}/FTests/0"), format!("{at}/{name}/FTests/1"));
        let statistic = match random {
            Random::ReadersAndCases => "FStat",
            Random::Cases => "Chisq",
            Random::Readers => "F",
        };
        ledger.compare(&format!("{first}/DF"), Some(equality.df1), Kind::Df);
        ledger.compare(&format!("{first}/MS"), Some(ms.modality), Kind::Variance);
        ledger.compare(&format!("{first}/{statistic}"), Some(equality.statistic), Kind::Variance);
        ledger.compare(&format!("{first}/p"), Some(equality.p), Kind::P);
        ledger.compare(&format!("{second}/DF"), Some(equality.df2).filter(|df| df.is_finite()), Kind::Df);
        ledger.compare(&format!("{second}/MS"), Some(comparison.denominator), Kind::Variance);
        ledger.compare(&format!("{second}/{statistic}"), None, Kind::Variance);
        ledger.compare(&format!("{second}/p"), None, Kind::P);
        let one = |modality| or.modality(modality, random).expect("an estimate");
        let reader = |reader| or.reader_differences(reader).expect("differences");
        intervals(ledger, json, &format!("{at}/{name}"), &comparison, one, reader, random == Random::Cases);
    }
}

/// RJafroc's Dorfman-Berbaum-Metz analysis, at `at` of the file.
pub(crate) fn rjafroc_dbm(ledger: &mut Ledger, json: &Value, at: &str, jackknife: &Jackknife) {
    let dbm = DorfmanBerbaumMetz::new(jackknife, Level::default());
    let readers = jackknife.readers();
    let means: Vec<f64> = jackknife.values().chunks(readers).map(|row| row.iter().sum::<f64>() / readers as f64).collect();
    foms(ledger, json, at, &means, jackknife.values(), readers);
    let a = dbm.anova();
    let parts = [a.t, a.r, a.c, a.tr, a.tc, a.rc, a.trc];
    let total = MeanSquare { value: parts.iter().map(|p| p.sum()).sum(), df: parts.iter().map(|p| p.df).sum() };
    for (path, row) in rows(json, &format!("{at}/ANOVA/TRCanova")) {
        let part = ["T", "R", "C", "TR", "TC", "RC", "TRC"].iter().position(|part| *part == name(row)).map(|part| parts[part]);
        ledger.compare(&format!("{path}/SS"), Some(part.map_or(total.value, MeanSquare::sum)), Kind::Variance);
        ledger.compare(&format!("{path}/DF"), Some(part.map_or(total.df, |part| part.df)), Kind::Df);
        ledger.compare(&format!("{path}/MS"), part.map(|part| part.value), Kind::Variance);
    }
    let c = dbm.components();
    let components = [c.reader, c.case, c.modality_reader, c.modality_case, c.reader_case, c.error];
    for ((path, row), value) in rows(json, &format!("{at}/ANOVA/VarCom")).iter().zip(components) {
        assert!(["VarR", "VarC", "VarTR", "VarTC", "VarRC", "VarErr"].contains(&name(row)));
        ledger.compare(&format!("{path}/Estimates"), Some(value), Kind::Variance);
    }
    for (table, count) in [("IndividualTrt", jackknife.modalities()), ("IndividualRdr", readers)] {
        let of = |index: usize| {
            let a = if table == "IndividualTrt" { dbm.anova_of_modality(index) } else { dbm.anova_of_reader(index) };
            if table == "IndividualTrt" { [a.r, a.c, a.rc] } else { [a.t, a.c, a.tc] }
        };
        for (part, (path, row)) in rows(json, &format!("{at}/ANOVA/{table}")).iter().enumerate() {
            ledger.compare(&format!("{path}/DF"), Some(of(0)[part].df), Kind::Df);
            let columns = row.as_object().expect("columns");
            for column in columns.keys().filter(|key| key.starts_with("trt") || key.starts_with("rdr")) {
                let index = indices(column)[0];
                assert!(index < count);
                ledger.compare(&format!("{path}/{column}"), Some(of(index)[part].value), Kind::Variance);
            }
        }
    }
    for (name, random) in ALL {
        let comparison = dbm.compare(random).expect("a comparison");
        let equality = comparison.equality.expect("a test");
        let (first, second) = (format!("{at}/{name}/FTests/0"), format!("{at}/{name}/FTests/1"));
        ledger.compare(&format!("{first}/DF"), Some(equality.df1), Kind::Df);
        ledger.compare(&format!("{first}/MS"), Some(a.t.value), Kind::Variance);
        ledger.compare(&format!("{first}/FStat"), Some(equality.statistic), Kind::Variance);
        ledger.compare(&format!("{first}/p"), Some(equality.p), Kind::P);
        ledger.compare(&format!("{second}/DF"), Some(equality.df2), Kind::Df);
        ledger.compare(&format!("{second}/MS"), Some(comparison.denominator), Kind::Variance);
        ledger.compare(&format!("{second}/FStat"), None, Kind::Variance);
        ledger.compare(&format!("{second}/p"), None, Kind::P);
        let one = |modality| dbm.modality(modality, random).expect("an estimate");
        let reader = |reader| dbm.reader_differences(reader).expect("differences");
        intervals(ledger, json, &format!("{at}/{name}"), &comparison, one, reader, false);
    }
}

/// MRMCaov's analysis of one set of figures; `at` is its key, `names` those of modalities and readers.
pub(crate) fn mrmcaov(ledger: &mut Ledger, json: &Value, at: &str, figures: &Figures, random: Random, names: [&[String]; 2]) {
    let or = ObuchowskiRockette::new(figures, MRMCAOV, Level::default());
    let [modalities, readers] = names;
    let place = |names: &[String], name: &Value| {
        let name = name.as_str().expect("a name");
        names.iter().position(|n| n == name).unwrap_or_else(|| panic!("no {name}"))
    };
    let pair = |row: &Value| {
        let text = row["Comparison"].as_str().expect("a comparison");
        let (first, second) = text.split_once(" - ").expect("two modalities");
        (place(modalities, &Value::from(first)), place(modalities, &Value::from(second)))
    };
    ledger.compare(&format!("{at}/design"), Some(1.0), Kind::Count);
    let (ms, e, components) = (or.mean_squares(), or.error_covariances(), or.components());
    if !json[at]["vcov_comps"].is_null() {
        let expected = [
            (components.reader, None),
            (components.interaction, None),
            (e.var, None),
            (e.cov1, Some(e.cov1 / e.var)),
            (e.cov2, Some(e.cov2 / e.var)),
            (e.cov3, Some(e.cov3 / e.var)),
        ];
        for ((path, _), (value, correlation)) in rows(json, &format!("{at}/vcov_comps")).iter().zip(expected) {
            ledger.compare(&format!("{path}/Estimate"), Some(value), Kind::Variance);
            ledger.compare(&format!("{path}/Correlation"), correlation, Kind::Variance);
        }
    }
    let comparison = or.compare(random).expect("a comparison");
    let equality = comparison.equality.expect("a test");
    let first = format!("{at}/test_equality/0");
    ledger.compare(&format!("{first}/MS(T)"), Some(ms.modality), Kind::Variance);
    ledger.compare(&format!("{first}/p-value"), Some(equality.p), Kind::P);
    let more: &[(&str, f64, Kind)] = match random {
        Random::ReadersAndCases => &[
            ("MS(T:R)", ms.interaction, Kind::Variance),
            ("Cov2", e.cov2, Kind::Variance),
            ("Cov3", e.cov3, Kind::Variance),
            ("Denominator", comparison.denominator, Kind::Variance),
            ("F", equality.statistic, Kind::Variance),
            ("df1", equality.df1, Kind::Df),
            ("df2", equality.df2, Kind::Df),
        ],
        Random::Cases => &[
            ("Cov1", e.cov1, Kind::Variance),
            ("Cov2", e.cov2, Kind::Variance),
            ("Cov3", e.cov3, Kind::Variance),
            ("Denominator", comparison.denominator, Kind::Variance),
            ("X2", equality.statistic, Kind::Variance),
            ("df", equality.df1, Kind::Df),
        ],
        Random::Readers => &[
            ("MS(T:R)", ms.interaction, Kind::Variance),
            ("F", equality.statistic, Kind::Variance),
            ("df1", equality.df1, Kind::Df),
            ("df2", equality.df2, Kind::Df),
        ],
    };
    for (key, value, kind) in more {
        ledger.compare(&format!("{first}/{key}"), Some(*value), *kind);
    }
    let keys = if random == Random::Cases { ["z", "p-value", "CI.Lower", "CI.Upper"] } else { ["t", "p-value", "CI.Lower", "CI.Upper"] };
    for (path, row) in rows(json, &format!("{at}/test_diffs")) {
        let (a, b) = pair(row);
        let estimate = find(&comparison.differences, a, b);
        difference(ledger, &path, estimate, keys);
        if random != Random::Cases {
            ledger.compare(&format!("{path}/df"), Some(estimate.df), Kind::Df);
        }
    }
    let clipped = |ledger: &mut Ledger, path: &str, e: Estimate| {
        let interval = e.interval.within(0.0, 1.0);
        ledger.compare(&format!("{path}/StdErr"), Some(e.standard_error), Kind::Variance);
        ledger.compare(&format!("{path}/CI.Lower"), Some(interval.low), Kind::Interval);
        ledger.compare(&format!("{path}/CI.Upper"), Some(interval.high), Kind::Interval);
    };
    for (path, row) in rows(json, &format!("{at}/test_means")) {
        let modality = place(modalities, &row["row"]);
        let estimate = or.modality(modality, random).expect("an estimate");
        let own = or.of_modality(modality);
        ledger.compare(&format!("{path}/Estimate"), Some(estimate.value), Kind::Figure);
        clipped(ledger, &path, estimate);
        if random != Random::Cases {
            ledger.compare(&format!("{path}/MS(R)"), Some(or.reader_mean_square(modality)), Kind::Variance);
            ledger.compare(&format!("{path}/df"), Some(estimate.df), Kind::Df);
        } else {
            ledger.compare(&format!("{path}/Var(Error)"), Some(own.var), Kind::Variance);
        }
        if random != Random::Readers {
            ledger.compare(&format!("{path}/Cov2"), Some(own.cov2), Kind::Variance);
        }
    }
    if random == Random::Cases {
        for (row_number, (path, row)) in rows(json, &format!("{at}/reader_test_diffs")).into_iter().enumerate() {
            let (a, b) = pair(row);
            let own = find(&or.reader_differences(place(readers, &row["Reader"])).expect("differences"), a, b);
            // MRMCaov 0.3.0 deals the readers' standard errors out row by row, also where a reader has several rows: with
            // three modalities or more they stand beside other readers' differences.
            let dealt = or.reader_differences(row_number % readers.len()).expect("differences")[0].estimate;
            let estimate = Estimate::new(own.value, dealt.standard_error, f64::INFINITY, Some(0.0), Level::default());
            difference(ledger, &path, estimate, keys);
        }
        for (path, row) in rows(json, &format!("{at}/reader_means")) {
            let e = or.cell(place(modalities, &row["modality"]), place(readers, &row["reader"])).expect("a cell");
            ledger.compare(&format!("{path}/empirical_auc"), Some(e.value), Kind::Figure);
            clipped(ledger, &path, e);
        }
    }
}
