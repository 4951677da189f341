//! The first part: the primary analysis as the protocol fixed it, the others folded below it, and the readers one by one.

use super::charts;
use super::numbers::{
    Names, aside, df, estimated, figure, fixed, ids, interval, missing, number, p_said, p_value, row, significant, words,
};
use super::{Block, Column, Row, Section, Table};
use crate::analysis::{FTest, Numbers, OrBlock, Pair, Primary, ReaderRow, Report};
use crate::protocol::Method;

/// Heads of counts, without and with the signal; a condition, too, can be called "with".
pub(super) fn counts(report: &Report) -> [Column; 2] {
    let things = capital(report.scored_things());
    ["without", "with"].map(|how| number(&format!("{things} {how} the signal")))
}

/// The covariance whose tests are shown where no protocol says which.
const PREFERRED: [&str; 3] = ["jackknife", "delong", "unbiased"];

fn preferred(report: &Report) -> Option<(&'static str, &OrBlock)> {
    PREFERRED.into_iter().find_map(|word| report.or.get(word).map(|block| (word, block)))
}

/// The test with readers and cases random, or what there is.
fn f_test(report: &Report) -> Option<&FTest> {
    let (_, block) = preferred(report)?;
    block.rrrc.as_ref().or(block.rrfc.as_ref())
}

/// What the whole is about: the estimate of each modality, and the differences.
fn estimates(report: &Report) -> (Vec<(String, Numbers)>, Vec<Pair>) {
    let own = |means: &[crate::analysis::Mean]| means.iter().map(|m| (m.modality.clone(), m.of.clone())).collect::<Vec<_>>();
    if let Some(primary) = &report.primary {
        return (own(&primary.means), primary.differences.clone());
    }
    if let Some(test) = f_test(report) {
        return (own(&test.means), test.differences.clone());
    }
    if let Some(test) = preferred(report).and_then(|(_, block)| block.frrc.as_ref()) {
        return (own(&test.means), test.differences.clone());
    }
    let numbers = |row: &crate::analysis::UstatRow| Numbers {
        estimate: row.estimate,
        se: row.variance.filter(|v| *v > 0.0).map(f64::sqrt),
        df: row.df_bdg,
        t: row.t,
        p: row.p,
        ci: row.ci,
    };
    let alone = report.ustat.iter().filter(|r| r.b.is_none()).map(|r| (r.a.clone(), numbers(r))).collect();
    let pair = |r: &crate::analysis::UstatRow| Some(Pair { a: r.a.clone(), b: r.b.clone()?, reader: None, of: numbers(r) });
    (alone, report.ustat.iter().filter_map(pair).collect())
}

fn percent(report: &Report) -> String {
    let level = report.conventions.get("level").map(String::as_str).unwrap_or_default();
    level.split(' ').next().filter(|n| !n.is_empty()).unwrap_or("95").to_owned()
}

/// What a column of intervals is called.
pub(super) fn ci(report: &Report) -> String {
    format!("{} % CI", percent(report))
}

fn difference_sentence(pair: &Pair, percent: &str) -> String {
    let of = &pair.of;
    let ci = estimated(of.ci).map_or_else(String::new, |ci| format!(", {percent} % CI {}", interval(Some(ci), 4)));
    format!("Difference {}{ci}, {}", fixed(of.estimate, 4), p_said(of.p))
}

/// The figure in the words of people, with where it is taken.
pub(super) fn fom_words(report: &Report) -> String {
    let at = report.fom_at.map_or_else(String::new, |at| format!(" at {at}"));
    let words = match report.fom.as_str() {
        "auc" => "AUC",
        "wafroc" => "weighted AFROC area",
        "afroc" => "AFROC area",
        "hrauc" => "AUC of the highest marks",
        "lroc" => "LROC area",
        "sens" => "sensitivity",
        "spec" => "specificity",
        other => other,
    };
    format!("{words}{at}")
}

pub(super) fn section(report: &Report, names: &Names<'_>) -> Section {
    let (means, differences) = estimates(report);
    let percent = percent(report);
    let mut blocks = Vec::new();
    match (&report.primary, differences.first()) {
        (Some(primary), _) => planned(primary, names, &percent, report, &mut blocks),
        (None, Some(first)) => {
            let about = "Comparison; no protocol planned one, or it cannot be computed".to_owned();
            blocks.push(Block::Lead { about, sentence: difference_sentence(first, &percent) });
            blocks.push(Block::Text(format!("{} minus {}, {}.", names.of(&first.a), names.of(&first.b), fom_words(report))));
        }
        (None, None) => blocks.push(Block::Text(format!("{} of one condition; nothing is compared.", fom_words(report)))),
    }
    if !report.sensitivity.is_empty() {
        let title = format!("Sensitivity analyses named in the protocol ({})", report.sensitivity.len());
        blocks.push(Block::Folded { title, blocks: vec![Block::Table(others(report, names))] });
    }
    let of_means: Vec<(String, Option<f64>)> = means.iter().map(|(m, of)| (m.clone(), of.estimate)).collect();
    blocks.extend(charts::curves(report, names, &of_means).map(Block::Chart));
    if let Some(all) = differences.first() {
        let title = format!("Difference in {}, {percent} % CI", fom_words(report));
        let subtitle = format!("{} minus {}", names.of(&all.a), names.of(&all.b));
        let bounds = report.primary.as_ref().map(|p| p.bounds.clone()).unwrap_or_default();
        blocks.extend(charts::forest(title, subtitle, &of_readers(report, all), all, &bounds).map(Block::Chart));
    }
    blocks.push(Block::Table(by_reader(report, &means, names)));
    let cis = report.readers.iter().map(|r| r.ci).chain(means.iter().map(|(_, of)| of.ci));
    blocks.extend(no_variance(cis));
    blocks.extend(charts::froc(report, names).map(Block::Chart));
    Section { key: "results", title: "Results", blocks }
}

/// What a figure without an interval is told with, where one of these had none.
fn no_variance(mut cis: impl Iterator<Item = Option<[f64; 2]>>) -> Option<Block> {
    const SAYS: &str = "Where a figure stands beside a dash, it is the same whichever case is left out. Its variance cannot be estimated from these cases, so that it has no interval; it is no more certain for that.";
    cis.any(|ci| ci.is_some() && estimated(ci).is_none()).then(|| Block::Text(SAYS.to_owned()))
}

/// Each reader's difference, with the sign of the one for all.
fn of_readers(report: &Report, all: &Pair) -> Vec<Pair> {
    let rows = preferred(report).and_then(|(_, block)| block.frrc.as_ref()).map(|t| t.readers.as_slice()).unwrap_or_default();
    let turned = |p: &Pair| {
        let of = Numbers {
            estimate: p.of.estimate.map(|v| -v),
            t: p.of.t.map(|v| -v),
            ci: p.of.ci.map(|[low, high]| [-high, -low]),
            ..p.of.clone()
        };
        Pair { a: p.b.clone(), b: p.a.clone(), reader: p.reader.clone(), of }
    };
    rows.iter()
        .filter_map(|p| match () {
            () if (&p.a, &p.b) == (&all.a, &all.b) => Some(p.clone()),
            () if (&p.a, &p.b) == (&all.b, &all.a) => Some(turned(p)),
            () => None,
        })
        .collect()
}

fn planned(primary: &Primary, names: &Names<'_>, percent: &str, report: &Report, blocks: &mut Vec<Block>) {
    let about = "Primary analysis, as the protocol fixed it".to_owned();
    match primary.differences.first() {
        Some(first) => {
            blocks.push(Block::Lead { about, sentence: difference_sentence(first, percent) });
            blocks.push(Block::Text(format!("{} minus {}.", names.of(&first.a), names.of(&first.b))));
        }
        None => {
            let said = primary
                .means
                .iter()
                .map(|m| format!("{} {}, {percent} % CI {}", names.of(&m.modality), fixed(m.of.estimate, 4), interval(m.of.ci, 4)));
            blocks.push(Block::Lead { about, sentence: said.collect::<Vec<_>>().join("; ") });
        }
    }
    let missing = missing(report.n.missing);
    let not_evaluable = match (report.n.not_evaluable, &report.scored) {
        (Some(n @ 1..), Some(how)) => {
            let reads = if n == 1 { "read" } else { "reads" };
            format!(" In {n} {reads} the case or a unit of it was not evaluable, which counts as {}.", how.not_evaluable.said())
        }
        _ => String::new(),
    };
    let test = primary.differences.first().and_then(|first| statistic(primary.method, &first.of, report));
    let test = test.map_or_else(String::new, |test| format!(", {test}"));
    blocks.push(Block::Text(format!("{}{test}. {missing}.{not_evaluable}", how(&primary.how, report))));
    blocks.extend(asked(primary).map(|sentence| Block::Text(names.said(&sentence))));
    if primary.differences.len() > 1 {
        blocks.push(Block::Table(pairs("Every pair", &primary.differences, report, names)));
    }
}

/// The statistic that the p of a difference is of, with its degrees of freedom. Where two conditions are compared, an analysis of variance tests by F, or by
/// chi-squared where the normal distribution is meant, which are then the square of t.
fn statistic(method: Method, of: &Numbers, report: &Report) -> Option<String> {
    let t = of.t?;
    let is_variance_analysis = matches!(method, Method::Or | Method::Dbm) && report.n.modalities.len() == 2;
    Some(match (is_variance_analysis, of.df) {
        (true, Some(_)) => format!("F(1, {}) = {}", df(of.df), significant(Some(t * t))),
        (true, None) => format!("\u{3c7}\u{b2}(1) = {}", significant(Some(t * t))),
        (false, Some(_)) => format!("t({}) = {}", df(of.df), significant(of.t)),
        (false, None) => format!("z = {}", significant(of.t)),
    })
}

/// What the protocol asks, where the interval lies, and what that shows; the figures stand above, but for a p that is another one.
fn asked(primary: &Primary) -> Option<String> {
    let hypothesis = primary.hypothesis.as_ref()?;
    let p = primary.one_sided_level.map_or_else(String::new, |level| format!("; one-sided {}, held against {level}", p_said(primary.p)));
    let shown = primary.shown.map(|shown| if shown { ("lies", "was shown") } else { ("does not lie", "was not shown") });
    let answer = match (shown, primary.bounds.as_slice()) {
        (Some((lies, was)), [bound]) => {
            let what = if *bound < 0.0 { "non-inferiority" } else { "superiority" };
            format!("The interval {lies} above {bound}, so {what} {was}.")
        }
        (Some((lies, was)), [low, high]) => format!("The interval {lies} between {low} and {high}, so equivalence {was}."),
        _ => primary.statement.clone().unwrap_or_default(),
    };
    Some(format!("The protocol asks whether {hypothesis}{p}. {answer}"))
}

/// How an analysis was made, with the figure in the words of people.
fn how(how: &str, report: &Report) -> String {
    let at = report.fom_at.map_or_else(String::new, |at| format!(" at {at}"));
    match how.strip_prefix(&format!("{}{at}", report.fom)) {
        Some(rest) => format!("{}{rest}", capital(&fom_words(report))),
        None => capital(how),
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + letters.as_str()
}

/// Differences with all that is known of them.
pub(super) fn pairs(title: &str, pairs: &[Pair], report: &Report, names: &Names<'_>) -> Table {
    let columns = vec![words("Difference"), number("Estimate"), aside("SE"), aside(&ci(report)), aside("df"), aside("t"), number("p")];
    let of = |pair: &Pair| {
        let n = &pair.of;
        let reader = pair.reader.as_ref().map_or_else(String::new, |r| format!(", reader {r}"));
        row([
            format!("{} \u{2212} {}{reader}", names.of(&pair.a), names.of(&pair.b)),
            fixed(n.estimate, 4),
            fixed(n.se, 4),
            interval(n.ci, 4),
            df(n.df),
            fixed(n.t, 3),
            p_value(n.p),
        ])
    };
    Table { title: title.to_owned(), columns, rows: pairs.iter().map(of).collect() }
}

fn others(report: &Report, names: &Names<'_>) -> Table {
    // All are held against the one hypothesis of the protocol.
    let is_one_sided = report.sensitivity.iter().any(|analysis| analysis.one_sided_level.is_some());
    let p = number(if is_one_sided { "p, one-sided" } else { "p" });
    let columns = vec![words("Analysis"), words("How"), number("Difference"), aside(&ci(report)), p];
    let mut rows = Vec::new();
    for analysis in &report.sensitivity {
        for pair in &analysis.differences {
            let which = format!("{} ({} \u{2212} {})", analysis.name, names.of(&pair.a), names.of(&pair.b));
            let p = if analysis.hypothesis.is_some() { analysis.p } else { pair.of.p };
            rows.push(row([capital(&which), how(&analysis.how, report), fixed(pair.of.estimate, 4), interval(pair.of.ci, 4), p_value(p)]));
        }
        if analysis.differences.is_empty() {
            for mean in &analysis.means {
                let which = format!("{} ({})", analysis.name, names.of(&mean.modality));
                rows.push(row([
                    capital(&which),
                    how(&analysis.how, report),
                    fixed(mean.of.estimate, 4),
                    interval(mean.of.ci, 4),
                    p_value(None),
                ]));
            }
        }
    }
    Table { title: "The same figure under other assumptions".to_owned(), columns, rows }
}

fn by_reader(report: &Report, means: &[(String, Numbers)], names: &Names<'_>) -> Table {
    let mut columns: Vec<Column> = vec![ids("Reader")];
    for modality in &report.n.modalities {
        columns.extend([number(names.of(modality)), aside(&ci(report))]);
    }
    let of = |reader: &String| {
        let cells = report.n.modalities.iter().flat_map(|modality| {
            let found = report.readers.iter().find(|r| r.reader == *reader && r.modality == *modality);
            [figure(found.and_then(|r| r.fom)), interval(found.and_then(|r| r.ci), 3)]
        });
        Row { cells: std::iter::once(reader.clone()).chain(cells).collect(), is_sum: false }
    };
    let mut rows: Vec<Row> = report.n.readers.iter().map(of).collect();
    let mean = report.n.modalities.iter().flat_map(|modality| {
        let found = means.iter().find(|(m, _)| m == modality).map(|(_, of)| of);
        [figure(found.and_then(|n| n.estimate)), interval(found.and_then(|n| n.ci), 3)]
    });
    rows.push(Row { cells: std::iter::once("mean".to_owned()).chain(mean).collect(), is_sum: true });
    Table { title: format!("{} by reader", capital(&fom_words(report))), columns, rows }
}

/// Each reader's curves by themselves.
pub(super) fn readers(report: &Report, names: &Names<'_>) -> Option<Section> {
    let charts: Vec<Block> = report.n.readers.iter().filter_map(|r| charts::of_reader(report, r, names)).map(Block::Chart).collect();
    let (sensitivity, partial) =
        (|r: &ReaderRow| r.sens_at_spec.get("0.9").copied().flatten(), |r: &ReaderRow| r.pauc_fpf.get("0-0.2").copied().flatten());
    // What no reader has, because the figure is no area under an ROC curve, needs no column.
    let (has_sensitivity, has_partial) =
        (report.readers.iter().any(|r| sensitivity(r).is_some()), report.readers.iter().any(|r| partial(r).is_some()));
    let mut columns = vec![ids("Reader"), words("Condition")];
    columns.extend(counts(report));
    columns.extend([number(&capital(&fom_words(report))), aside(&ci(report))]);
    columns.extend(has_sensitivity.then(|| number("Sensitivity at specificity 0.9")));
    columns.extend(has_partial.then(|| number("Partial area, 1 \u{2212} specificity 0 to 0.2")));
    let of = |r: &ReaderRow| {
        let mut cells = vec![
            r.reader.clone(),
            names.of(&r.modality).to_owned(),
            r.normals.to_string(),
            r.diseased.to_string(),
            figure(r.fom),
            interval(r.ci, 3),
        ];
        cells.extend(has_sensitivity.then(|| figure(sensitivity(r))));
        cells.extend(has_partial.then(|| fixed(partial(r), 4)));
        Row { cells, is_sum: false }
    };
    let table = Table { title: "Each reader in each condition".to_owned(), columns, rows: report.readers.iter().map(of).collect() };
    let says = no_variance(report.readers.iter().map(|r| r.ci));
    let blocks: Vec<Block> = std::iter::once(Block::Table(table)).chain(says).chain(charts).collect();
    (report.readers.len() > 1).then_some(Section { key: "readers", title: "Readers", blocks })
}
