//! A report for people: the planned analysis first, then figures, comparisons and notes, in lines of text.

use super::report::{FTest, Mean, Numbers, Pair, Primary, Report};
use crate::shown::shown;
use std::fmt::Write as _;

/// The report as text.
#[must_use]
pub fn in_words(report: &Report) -> String {
    let mut out = String::new();
    let n = &report.n;
    let not_evaluable = match n.not_evaluable {
        None | Some(0) => String::new(),
        Some(1) => ", 1 read not evaluable".to_owned(),
        Some(reads) => format!(", {reads} reads not evaluable"),
    };
    line(
        &mut out,
        &format!(
            "{}{}: {} modalities, {} readers, {} {} without and {} with the signal, {} scores missing{not_evaluable}; design {}",
            report.fom,
            report.fom_at.map_or_else(String::new, |at| format!(" at {at}")),
            n.modalities.len(),
            n.readers.len(),
            n.normals,
            report.scored_things(),
            n.diseased,
            n.missing,
            report.design,
        ),
    );
    for planned in report.primary.iter().chain(&report.sensitivity) {
        of_planned(&mut out, planned);
    }
    line(&mut out, "");
    for row in &report.readers {
        let interval = row.ci.map_or_else(String::new, |[low, high]| format!("  [{low:.4}, {high:.4}]"));
        let of = format!("{} normals, {} diseased", row.normals, row.diseased);
        line(&mut out, &format!("  {}  {}  {}{interval}  ({of})", row.modality, row.reader, number(row.fom)));
    }
    for (covariance, block) in &report.or {
        line(&mut out, &format!("\nObuchowski-Rockette, {covariance} covariance"));
        if let Some(test) = &block.rrrc {
            of_test(&mut out, "readers and cases random", test);
        }
        if let Some(test) = &block.frrc {
            let equality = test.chi2.zip(test.df).map(|(chi2, df)| format!(": chi-squared {chi2:.4}, df {df}, p {}", number(test.p)));
            line(&mut out, &format!("  readers fixed{}", equality.unwrap_or_default()));
            of_rows(&mut out, &test.means, &test.differences);
        }
        if let Some(test) = &block.rrfc {
            of_test(&mut out, "cases fixed", test);
        }
    }
    if let Some(test) = report.dbm.as_ref().and_then(|d| d.rrrc.as_ref()) {
        line(&mut out, "\nDorfman-Berbaum-Metz");
        of_test(&mut out, "readers and cases random", test);
    }
    if !report.ustat.is_empty() {
        line(&mut out, "\nU-statistics");
    }
    for row in &report.ustat {
        let name = row.b.as_ref().map_or_else(|| row.a.clone(), |b| format!("{} - {b}", row.a));
        let ci = row.ci.map_or_else(String::new, |[low, high]| format!("  [{low:.4}, {high:.4}]"));
        let (variance, df) = (row.variance.map_or_else(|| "-".into(), |v| format!("{v:.4e}")), number(row.df_bdg));
        line(&mut out, &format!("  {name}  {}  variance {variance}, df {df}{ci}, p {}", number(row.estimate), number(row.p)));
    }
    for block in &report.subgroups {
        let planned = if block.is_planned { "as planned" } else { "not planned" };
        line(&mut out, &format!("\n{} - {} by {}, {planned}", block.a, block.b, block.covariate));
        for row in &block.subgroups {
            let cases = format!("({} normals, {} diseased)", row.cases.normals, row.cases.diseased);
            line(&mut out, &format!("    {}  {}  {cases}", row.value, numbers(&row.of)));
        }
        let test = &block.interaction;
        let statistic = if test.df2.is_some() { "F" } else { "chi-squared" };
        line(&mut out, &format!("  the same in all: {statistic} {}, p {}", number(test.statistic), number(test.p)));
    }
    if !report.periods.is_empty() {
        line(&mut out, "\nBy period, means of readers' areas");
    }
    for row in &report.periods {
        line(
            &mut out,
            &format!("    {}, period {}  {}  ({} ratings, {} readers)", row.modality, row.period, number(row.auc), row.reads, row.readers),
        );
    }
    if !report.notes.is_empty() {
        line(&mut out, "");
    }
    report.notes.iter().for_each(|note| line(&mut out, &format!("Note: {note}")));
    out
}

/// A line, after an empty one where it begins with a line break. Names in it are foreign.
fn line(out: &mut String, text: &str) {
    let (before, text) = text.strip_prefix('\n').map_or(("", text), |text| ("\n", text));
    let _ = writeln!(out, "{before}{}", shown(text, usize::MAX));
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"))
}

fn of_planned(out: &mut String, planned: &Primary) {
    line(out, &format!("\n{}: {}", if planned.name == "primary" { "Primary analysis" } else { planned.name }, planned.how));
    of_rows(out, &planned.means, &planned.differences);
    if let Some(hypothesis) = &planned.hypothesis {
        let p = number(planned.p);
        let p = planned.one_sided_level.map_or_else(|| format!("p {p}"), |level| format!("one-sided p {p}, held against {level}"));
        line(out, &format!("  To be shown: {hypothesis}; {p}"));
    }
    if let Some(statement) = &planned.statement {
        line(out, &format!("  {statement}"));
    }
}

fn of_test(out: &mut String, which: &str, test: &FTest) {
    let equality = test.f.zip(test.df1).map(|(f, df1)| format!(": F {f:.4}, df {df1} and {}, p {}", number(test.df2), number(test.p)));
    line(out, &format!("  {which}{}", equality.unwrap_or_default()));
    of_rows(out, &test.means, &test.differences);
}

fn numbers(n: &Numbers) -> String {
    let ci = n.ci.map_or_else(String::new, |[low, high]| format!("  [{low:.4}, {high:.4}]"));
    let p = n.p.map_or_else(String::new, |p| format!("  p {p:.4}"));
    format!("{}  SE {}{ci}{p}", number(n.estimate), number(n.se))
}

fn of_rows(out: &mut String, means: &[Mean], differences: &[Pair]) {
    means.iter().for_each(|m| line(out, &format!("    {}  {}", m.modality, numbers(&m.of))));
    differences.iter().for_each(|d| line(out, &format!("    {} - {}  {}", d.a, d.b, numbers(&d.of))));
}
