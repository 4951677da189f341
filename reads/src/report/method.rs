//! How it was computed: conventions, references, and what record and truth it is from.

use super::numbers::{row, words};
use super::{Block, Report, Row, Section, Table};
use crate::protocol::NotEvaluableCounts;

const EMPIRICAL: &str = "Curves are the points of the data, joined by straight lines; areas under them are trapezoid areas, which are the shares of pairs of a case without and a case with the signal that are in order, ties counting half.";
const OR: &str = "Obuchowski-Rockette: the figures of merit of readers and conditions are analysed by an analysis of variance with correlated errors, whose covariances are estimated over cases; denominators have the degrees of freedom of Hillis.";
const DBM: &str = "Dorfman-Berbaum-Metz: jackknife pseudovalues over cases in a three-way analysis of variance.";
const USTAT: &str = "U-statistics: variances of averages over all pairs of cases that readers read, unbiased, of any design.";
const FROC: &str = "Marks are held against lesions by the rule under Record; a case or lesion without a mark rates below every mark.";

const REFERENCES: [(&str, &str); 9] = [
    (
        "roc",
        "Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic (ROC) curve. Radiology 1982;143:29.",
    ),
    (
        "roc",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 1988;44:837.",
    ),
    (
        "or",
        "Obuchowski NA, Rockette HE. Hypothesis testing of diagnostic accuracy for multiple readers and multiple tests. Commun Stat Simul 1995;24:285.",
    ),
    ("or", "Hillis SL. A comparison of denominator degrees of freedom methods for multiple observer ROC analysis. Stat Med 2007;26:596."),
    ("dbm", "Dorfman DD, Berbaum KS, Metz CE. Receiver operating characteristic rating analysis. Invest Radiol 1992;27:723."),
    (
        "ustat",
        "Gallas BD, Bandos A, Samuelson FW, Wagner RF. A framework for random-effects ROC analysis. Commun Stat Theory Methods 2009;38:2586.",
    ),
    ("froc", "Chakraborty DP. Observer performance methods for diagnostic imaging. CRC Press 2017."),
    ("power", "Hillis SL, Obuchowski NA, Berbaum KS. Power estimation for multireader ROC methods. Acad Radiol 2011;18:129."),
    (
        "agreement",
        "Krippendorff K. Computing Krippendorff's alpha-reliability. 2011. Shrout PE, Fleiss JL. Intraclass correlations. Psychol Bull 1979;86:420.",
    ),
];

/// What people call the conventions; what a program of the field calls it stands in brackets, for those who look for it there.
const CONVENTIONS: [(&str, &str); 17] = [
    ("agreement_all", "agreement over all conditions"),
    ("clusters", "several units of one patient"),
    ("cov2_minus_cov3", "Cov2 \u{2212} Cov3 below 0"),
    ("df_bdg_unpaired", "df (BDG) where readers or cases are not shared"),
    ("df_hillis", "df (Hillis) of U-statistics"),
    ("df_null", "df without a limit (\u{221e})"),
    ("df_rounding", "rounding of degrees of freedom (df)"),
    ("difference", "differences"),
    ("level", "intervals"),
    ("lroc_end", "end of the LROC curve"),
    ("means", "means"),
    ("rate_jackknife", "jackknife of sensitivity and specificity"),
    ("reader_intervals", "intervals of each reader"),
    ("roc_of_marks", "curves of marks"),
    ("sensitivity_at_specificity", "sensitivity at a specificity"),
    ("unmarked", "cases and lesions without a mark"),
    ("variance_negative", "negative variances"),
];

fn convention(name: &str, says: &str) -> Row {
    let said = CONVENTIONS.iter().find_map(|(key, said)| (*key == name).then_some(*said)).unwrap_or(name);
    row([said.to_owned(), says.to_owned()])
}

pub(super) fn section(report: &Report) -> Section {
    let has_marks = report.readers.iter().any(|r| !r.froc.is_empty());
    let used = |key: &str| match key {
        "or" => !report.or.is_empty(),
        "dbm" => report.dbm.is_some(),
        "ustat" => !report.ustat.is_empty(),
        "froc" => has_marks,
        "power" => report.power.is_some(),
        "agreement" => report.agreement.is_some(),
        _ => true,
    };
    let said = [("roc", EMPIRICAL), ("or", OR), ("dbm", DBM), ("ustat", USTAT), ("froc", FROC)];
    let mut blocks: Vec<Block> = said.into_iter().filter(|(key, _)| used(key)).map(|(_, text)| Block::Text(text.to_owned())).collect();
    let rows = report.conventions.iter().map(|(name, says)| convention(name, says)).collect();
    let title = "Conventions, where programs of the field differ".to_owned();
    blocks.push(Block::Table(Table { title, columns: vec![words("Convention"), words("Here")], rows }));
    let rows: Vec<_> =
        REFERENCES.iter().filter(|(key, _)| used(key)).zip(1..).map(|((_, text), n)| row([n.to_string(), (*text).to_owned()])).collect();
    blocks.push(Block::Table(Table { title: "References".to_owned(), columns: vec![words("No."), words("Where it is from")], rows }));
    Section { key: "method", title: "Method", blocks }
}

fn not_evaluable(reads: usize, counts: NotEvaluableCounts) -> String {
    match reads {
        0 => "no case and no unit".to_owned(),
        1 => format!("a case or a unit of it in 1 read, which counts as {}", counts.said()),
        n => format!("a case or a unit of it in {n} reads, which counts as {}", counts.said()),
    }
}

/// What it is from, and what else is to be known of it.
pub(super) fn record(report: &Report) -> Option<Section> {
    let mut blocks: Vec<Block> = report.notes.iter().cloned().map(Block::Text).collect();
    if let Some(how) = &report.scored {
        let truth = format!(
            "version {}{}",
            how.truth_version,
            if how.truth_source.is_empty() { String::new() } else { format!(", {}", how.truth_source) }
        );
        let mut rows = vec![
            row(["study".to_owned(), how.study.clone()]),
            row(["protocol (SHA-256)".to_owned(), how.protocol.to_string()]),
            row(["rows of the record".to_owned(), how.records.to_string()]),
            row(["record (SHA-256)".to_owned(), how.record_head.to_string()]),
            row(["truth".to_owned(), truth]),
            row(["truth file (SHA-256)".to_owned(), how.truth.to_string()]),
            row([
                "rating of a case".to_owned(),
                how.rating_question.as_ref().map_or_else(
                    || "the highest rating of its marks, without those in regions to ignore".to_owned(),
                    |question| format!("the answer to \"{question}\""),
                ),
            ]),
            row(["not evaluable".to_owned(), not_evaluable(report.n.not_evaluable.unwrap_or(0), how.not_evaluable)]),
            row(["amended reads".to_owned(), how.amended.to_owned()]),
            row(["repeated reads".to_owned(), how.repeated.to_owned()]),
        ];
        if let Some(acceptance) = &how.acceptance {
            rows.push(row(["a mark is on a lesion".to_owned(), acceptance.to_string()]));
        }
        let title = "What it was made of".to_owned();
        blocks.push(Block::Table(Table { title, columns: vec![words("What"), words("Which")], rows }));
    }
    (!blocks.is_empty()).then_some(Section { key: "record", title: "Record", blocks })
}
