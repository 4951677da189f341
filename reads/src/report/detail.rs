//! What lies beside the comparison: variance, agreement, subgroups, change of mind, times, periods, repeats, power.

use super::charts;
use super::numbers::{Names, aside, df, figure, fixed, ids, interval, number, p_said, p_value, range, row, significant, words};
use super::results::{ci, counts, fom_words, pairs};
use super::{Block, Column, Row, Section, Table};
use crate::analysis::{FTest, OrBlock, PowerRow, Report};
use std::collections::BTreeMap;

fn section(key: &'static str, title: &'static str, blocks: Vec<Block>) -> Option<Section> {
    (!blocks.is_empty()).then_some(Section { key, title, blocks })
}

/// Covariances, variance components, and every test that was made.
pub(super) fn components(report: &Report, names: &Names<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    if !report.or.is_empty() {
        let by_covariance = |title: &str, heads: &[&str], of: &dyn Fn(&OrBlock) -> Vec<Option<f64>>| {
            let columns: Vec<Column> = std::iter::once(words("Covariance")).chain(heads.iter().map(|head| number(head))).collect();
            let rows = report.or.iter().map(|(word, block)| {
                let cells = of(block).into_iter().map(significant);
                Row { cells: std::iter::once((*word).to_owned()).chain(cells).collect(), is_sum: false }
            });
            Block::Table(Table { title: title.to_owned(), columns, rows: rows.collect() })
        };
        let heads = ["Var(error)", "Cov1", "Cov2", "Cov3", "Var(reader)", "Var(condition \u{00d7} reader)"];
        blocks.push(by_covariance("Variance components, Obuchowski-Rockette", &heads, &|b| {
            let (c, v) = (&b.covariance, &b.components);
            vec![c.var, c.cov1, c.cov2, c.cov3, v.reader, v.modality_reader]
        }));
        // In the words of the components; the literature has MS(T), MS(R) and MS(T*R).
        let heads = ["MS(condition)", "MS(reader)", "MS(condition \u{00d7} reader)"];
        blocks.push(by_covariance("Mean squares, Obuchowski-Rockette", &heads, &|b| {
            let m = &b.mean_squares;
            vec![m.t, m.r, m.tr]
        }));
        blocks.push(Block::Table(tests(report)));
    }
    for (word, block) in &report.or {
        if let Some(test) = &block.rrrc {
            let title = format!("Differences, Obuchowski-Rockette, {word} covariance, readers and cases random");
            let table = pairs(&title, &test.differences, report, names);
            blocks.extend(
                (!table.rows.is_empty()).then_some(Block::Folded { title: table.title.clone(), blocks: vec![Block::Table(table)] }),
            );
        }
    }
    if let Some(dbm) = &report.dbm {
        const SQUARES: [(&str, &str); 7] = [
            ("t", "MS(condition)"),
            ("r", "MS(reader)"),
            ("c", "MS(case)"),
            ("tr", "MS(condition \u{00d7} reader)"),
            ("tc", "MS(condition \u{00d7} case)"),
            ("rc", "MS(reader \u{00d7} case)"),
            ("trc", "MS(condition \u{00d7} reader \u{00d7} case)"),
        ];
        let columns: Vec<Column> = SQUARES.iter().map(|(_, head)| number(head)).collect();
        let cells = SQUARES.iter().map(|(word, _)| significant(dbm.mean_squares.get(word).copied().flatten())).collect();
        let title = "Mean squares of pseudovalues, Dorfman-Berbaum-Metz".to_owned();
        blocks.push(Block::Table(Table { title, columns, rows: vec![Row { cells, is_sum: false }] }));
    }
    if !report.ustat.is_empty() {
        let columns = vec![
            words("U-statistic"),
            number("Estimate"),
            aside("Variance"),
            aside("V-statistic"),
            aside("df (BDG)"),
            aside(&ci(report)),
            number("p (BDG)"),
            aside("df (Hillis)"),
            number("p (Hillis)"),
        ];
        let rows = report.ustat.iter().map(|u| {
            let which = u.b.as_ref().map_or_else(|| names.of(&u.a).to_owned(), |b| format!("{} \u{2212} {}", names.of(&u.a), names.of(b)));
            let of_df = |value: Option<f64>| value.map_or_else(|| "\u{2013}".to_owned(), |v| df(Some(v)));
            row([
                which,
                fixed(u.estimate, 4),
                significant(u.variance),
                significant(u.variance_v),
                of_df(u.df_bdg),
                interval(u.ci, 4),
                p_value(u.p),
                of_df(u.df_hillis),
                p_value(u.p_hillis),
            ])
        });
        blocks.push(Block::Table(Table {
            title: "U-statistics; a condition alone is held against 0.5".to_owned(),
            columns,
            rows: rows.collect(),
        }));
    }
    section("variance", "Variance", blocks)
}

fn tests(report: &Report) -> Table {
    let columns = vec![words("Covariance"), words("Random"), number("Statistic"), aside("df"), number("p")];
    let mut rows = Vec::new();
    let f = |word: &str, random: &str, test: &Option<FTest>, rows: &mut Vec<Row>| {
        if let Some(test) = test.as_ref().filter(|t| t.f.is_some()) {
            let dfs = format!("{}, {}", df(test.df1), df(test.df2));
            rows.push(row([word.to_owned(), random.to_owned(), format!("F {}", fixed(test.f, 4)), dfs, p_value(test.p)]));
        }
    };
    for (word, block) in &report.or {
        f(word, "readers and cases", &block.rrrc, &mut rows);
        if let Some(test) = block.frrc.as_ref().filter(|t| t.chi2.is_some()) {
            let statistic = format!("\u{3c7}\u{b2} {}", fixed(test.chi2, 4));
            rows.push(row([(*word).to_owned(), "cases; readers fixed".to_owned(), statistic, df(test.df), p_value(test.p)]));
        }
        f(word, "readers; cases fixed", &block.rrfc, &mut rows);
    }
    if let Some(dbm) = &report.dbm {
        f("pseudovalues (DBM)", "readers and cases", &dbm.rrrc, &mut rows);
        f("pseudovalues (DBM)", "cases; readers fixed", &dbm.frrc, &mut rows);
        f("pseudovalues (DBM)", "readers; cases fixed", &dbm.rrfc, &mut rows);
    }
    Table { title: "Tests that all conditions are equal".to_owned(), columns, rows }
}

/// Agreement of readers with each other.
pub(super) fn agreement(report: &Report, names: &Names<'_>) -> Option<Section> {
    let found = report.agreement.as_ref()?;
    let heads =
        ["Fleiss \u{3ba}", "\u{3b1} nominal", "\u{3b1} ordinal", "\u{3b1} interval", "\u{3b1} ratio", "ICC(1,1)", "ICC(2,1)", "ICC(3,1)"];
    let columns: Vec<Column> = std::iter::once(words("Condition")).chain(heads.map(number)).collect();
    let of = |name: String, fleiss: Option<f64>, alpha: &BTreeMap<&'static str, Option<f64>>, icc: &BTreeMap<&'static str, Option<f64>>| {
        let alphas = ["nominal", "ordinal", "interval", "ratio"].map(|w| alpha.get(w).copied().flatten());
        let iccs = ["icc1", "icc2", "icc3"].map(|w| icc.get(w).copied().flatten());
        std::iter::once(name).chain(std::iter::once(fleiss).chain(alphas).chain(iccs).map(figure)).collect::<Vec<_>>()
    };
    let rows = found
        .by_modality
        .iter()
        .map(|m| Row { cells: of(names.of(&m.modality).to_owned(), m.fleiss, &m.krippendorff, &m.icc), is_sum: false });
    let all = Row { cells: of("all".to_owned(), found.fleiss, &found.krippendorff, &found.icc), is_sum: true };
    let title = "Agreement of all readers".to_owned();
    let mut blocks = vec![Block::Table(Table { title, columns, rows: rows.chain([all]).collect() })];
    if !found.kappa.is_empty() {
        let columns = vec![
            words("Condition"),
            words("Readers"),
            number("\u{3ba}"),
            aside(&ci(report)),
            number("\u{3ba} linear"),
            number("\u{3ba} quadratic"),
        ];
        let rows = found.kappa.iter().map(|k| {
            let weighted = |word: &str| {
                let same = |w: &&crate::analysis::Kappa| w.weights == Some(word) && (&w.modality, &w.a, &w.b) == (&k.modality, &k.a, &k.b);
                found.weighted_kappa.iter().find(same).and_then(|w| w.kappa)
            };
            let who = format!("{} and {}", k.a, k.b);
            let numbers = [figure(k.kappa), interval(k.ci, 3), figure(weighted("linear")), figure(weighted("quadratic"))];
            Row { cells: [names.of(&k.modality).to_owned(), who].into_iter().chain(numbers).collect(), is_sum: false }
        });
        let title = "Cohen\u{2019}s \u{3ba} of each two readers".to_owned();
        let table = Table { title: title.clone(), columns, rows: rows.collect() };
        blocks.push(Block::Folded { title, blocks: vec![Block::Table(table)] });
    }
    section("agreement", "Agreement", blocks)
}

/// What was changed after the AI was shown.
pub(super) fn changes(report: &Report, names: &Names<'_>) -> Option<Section> {
    if report.changes.is_empty() {
        return None;
    }
    let share_ci = format!("share, {}", ci(report));
    let columns = vec![
        ids("Reader"),
        words("Condition"),
        number("Ratings"),
        number("Towards the truth"),
        aside(&share_ci),
        number("Away from it"),
        aside(&share_ci),
        number("Mean change"),
    ];
    let share = |count: u64, of: u64, ci: Option<[f64; 2]>| match of {
        0 => "\u{2013}".to_owned(),
        n => format!("{}, {}", fixed(Some(count as f64 / n as f64), 3), interval(ci, 3)),
    };
    let rows = report.changes.iter().map(|c| {
        row([
            c.reader.clone(),
            names.of(&c.condition).to_owned(),
            c.reads.to_string(),
            c.towards.to_string(),
            share(c.towards, c.reads, c.towards_ci),
            c.away.to_string(),
            share(c.away, c.reads, c.away_ci),
            fixed(c.mean_change, 2),
        ])
    });
    let says = "A rating goes towards the truth when it rises where the signal is or falls where it is not. Intervals are Wilson\u{2019}s and take ratings as independent, which those of one case are not.";
    let title = "Ratings before and after the AI was shown".to_owned();
    let table = Table { title, columns, rows: rows.collect() };
    section("changes", "Change of mind", vec![Block::Table(table), Block::Text(says.to_owned())])
}

/// The effect within groups of cases.
pub(super) fn subgroups(report: &Report, names: &Names<'_>) -> Option<Section> {
    let mut blocks = Vec::new();
    for block in &report.subgroups {
        let [without, with] = counts(report);
        let columns = vec![words(&block.covariate), with, without, number("Difference"), aside(&ci(report)), number("p")];
        let rows = block.subgroups.iter().map(|s| {
            let (of, cases) = (&s.of, s.cases);
            let counts = [cases.diseased.to_string(), cases.normals.to_string()];
            let [diseased, normals] = counts;
            row([s.value.clone(), diseased, normals, figure(of.estimate), interval(of.ci, 4), p_value(of.p)])
        });
        let planned = if block.is_planned { "as planned" } else { "exploratory" };
        let title = format!("{} \u{2212} {} by {}, {planned}", names.of(&block.a), names.of(&block.b), block.covariate);
        blocks.push(Block::Table(Table { title, columns, rows: rows.collect() }));
        let test = &block.interaction;
        let of = match (test.statistic, test.df2) {
            (None, _) => "there is no test of it".to_owned(),
            (Some(f), Some(df2)) => {
                format!("F = {} on {} and {} degrees of freedom, {}", fixed(Some(f), 3), df(test.df1), df(Some(df2)), p_said(test.p))
            }
            (Some(chi), None) => {
                format!("\u{3c7}\u{b2} = {} on {} degrees of freedom, {}", fixed(Some(chi), 3), df(test.df1), p_said(test.p))
            }
        };
        blocks.push(Block::Text(format!("Whether the difference is the same in all of them: {of}.")));
    }
    if !blocks.is_empty() {
        let says = "Intervals and p values are of each subgroup alone and are not adjusted for their number.";
        blocks.push(Block::Text(says.to_owned()));
    }
    section("subgroups", "Subgroups", blocks)
}

/// Conditions by the period in which they were read.
pub(super) fn periods(report: &Report, names: &Names<'_>) -> Option<Section> {
    if report.periods.is_empty() {
        return None;
    }
    let columns = vec![words("Condition"), number("Period"), number("Ratings"), number("Readers"), number("Mean AUC of the ratings")];
    let rows = report.periods.iter().map(|p| {
        row([names.of(&p.modality).to_owned(), p.period.to_string(), p.reads.to_string(), p.readers.to_string(), fixed(p.auc, 4)])
    });
    let table = Table { title: "Conditions by period".to_owned(), columns, rows: rows.collect() };
    let says = "Period 1 is a reader\u{2019}s first read of a case, period 2 the next one under another condition. The means are described and not compared: what was read first is a matter of each reader\u{2019}s order.";
    let mut blocks = vec![Block::Table(table), Block::Text(says.to_owned())];
    let is_other = match report.fom.as_str() {
        "auc" => false,
        // Without a question of its own a case is rated by its highest mark.
        "hrauc" => report.scored.as_ref().is_some_and(|how| how.rating_question.is_some()),
        _ => true,
    };
    if is_other {
        let whose = if report.primary.is_some() { "the primary figure" } else { "the figure of this analysis" };
        let of = report.scored_things();
        blocks.push(Block::Text(format!(
            "The AUC here is the area under the ROC curve of the ratings of {of}. It is not {whose}, which is the {}.",
            fom_words(report)
        )));
    }
    section("periods", "Periods", blocks)
}

/// Reading times.
pub(super) fn times(report: &Report, names: &Names<'_>) -> Option<Section> {
    let times = report.times.as_ref()?;
    let mut columns = vec![ids("Reader")];
    columns.extend(report.n.modalities.iter().flat_map(|m| [number(&format!("{}, median s", names.of(m))), aside("reads")]));
    let rows = report.n.readers.iter().map(|reader| {
        let cells = report.n.modalities.iter().flat_map(|modality| {
            let found = times.readers.iter().find(|r| r.reader == *reader && r.modality == *modality);
            [fixed(found.and_then(|r| r.median_s), 1), found.map_or_else(|| "0".to_owned(), |r| r.reads.to_string())]
        });
        Row { cells: std::iter::once(reader.clone()).chain(cells).collect(), is_sum: false }
    });
    let table = Table { title: "Reading time by reader".to_owned(), columns, rows: rows.collect() };
    let mut blocks: Vec<Block> = charts::times(report, names).map(Block::Chart).into_iter().chain([Block::Table(table)]).collect();
    if !times.ratios.is_empty() {
        let columns = vec![words("Ratio of times"), number("Ratio"), aside(&ci(report)), number("p"), number("p, signed ranks of medians")];
        let rows = times.ratios.iter().map(|r| {
            let which = format!("{} / {}", names.of(&r.a), names.of(&r.b));
            row([which, figure(r.ratio), interval(r.ci, 3), p_value(r.p), p_value(r.p_signed_rank)])
        });
        let random = if report.n.readers.len() > 1 { "readers and cases random" } else { "one reader, cases random" };
        let title = format!("Geometric mean times, {random}");
        blocks.push(Block::Table(Table { title, columns, rows: rows.collect() }));
        blocks.push(Block::Text(
            "A ratio above 1 says that reading took longer under the first condition, below 1 that it took longer under the second."
                .to_owned(),
        ));
    }
    section("times", "Reading time", blocks)
}

/// Second reads of the same cases.
pub(super) fn repeats(report: &Report) -> Option<Section> {
    if report.repeats.is_empty() {
        return None;
    }
    let columns = vec![ids("Reader"), number("Pairs"), number("Equal"), number("Mean difference"), aside("Limits of agreement")];
    let rows = report
        .repeats
        .iter()
        .map(|r| row([r.reader.clone(), r.pairs.to_string(), r.same.to_string(), fixed(r.mean_difference, 2), range(r.limits, 2)]));
    let title = "Hidden repeats: first rating minus second".to_owned();
    section("repeats", "Repeats", vec![Block::Table(Table { title, columns, rows: rows.collect() })])
}

/// Power of other plans.
pub(super) fn power(report: &Report) -> Option<Section> {
    let power = report.power.as_ref()?;
    let mut columns = vec![number("Readers")];
    columns.extend(power.cases.iter().map(|n| number(&format!("{n} cases"))));
    columns.push(number("Cases for power 0.80"));
    let of_effect = |rows: &[PowerRow]| {
        let effect = fixed(rows.first().map(|r| r.effect), 4);
        let rows = rows.iter().map(|r| {
            let needed = r.cases_for_80.map_or_else(|| "\u{2013}".to_owned(), |n| n.to_string());
            let cells = std::iter::once(r.readers.to_string()).chain(r.power.iter().map(|p| fixed(*p, 3)));
            Row { cells: cells.chain([needed]).collect(), is_sum: false }
        });
        let title = format!("Power of other numbers of readers and cases to find an effect of {effect}");
        Block::Table(Table { title, columns: columns.clone(), rows: rows.collect() })
    };
    let tables = power.rows.chunk_by(|a, b| a.effect.total_cmp(&b.effect).is_eq()).map(of_effect);
    let found = fixed(Some(power.observed), 4);
    // A difference of nothing has no power.
    let found = if power.rows.first().is_some_and(|r| r.effect.total_cmp(&power.observed).is_eq()) {
        format!(
            "The first effect, {found}, is the difference that was found; an effect that is found is not an effect that is planned for."
        )
    } else {
        format!("The difference that was found, {found}, is none of the effects.")
    };
    let says = format!(
        "From the jackknife covariances of this study, which had {} readers; readers and cases random, with its share of cases with the signal. {found}",
        report.n.readers.len()
    );
    section("power", "Power", tables.chain([Block::Text(says)]).collect())
}
