//! How it was computed: conventions, references, and what record and truth it is from.

use super::numbers::{printed, row, words};
use super::{About, Block, Report, Row, Section, Table};
use crate::analysis::{FTest, Pair};
use crate::protocol::NotEvaluableCounts;

const EMPIRICAL: &str = "Curves are the points of the data, joined by straight lines; areas under them are trapezoid areas.";
const OR: &str = "Obuchowski-Rockette: the figures of merit of readers and conditions are analysed by an analysis of variance with correlated errors, whose covariances are estimated over cases; denominators have the degrees of freedom (df) of Hillis.";
const DBM: &str = "Dorfman-Berbaum-Metz: jackknife pseudovalues over cases in a three-way analysis of variance.";
const USTAT: &str = "U-statistics: variances of averages over all pairs of cases that readers read, unbiased, of any design.";
const FROC: &str = "Marks are held against lesions by the rule under Record; a case or lesion without a mark rates below every mark.";

/// What the figure of merit of an analysis is.
fn figure_of_merit(report: &Report) -> String {
    let of = report.scored_things();
    let at = report.fom_at.unwrap_or(1.0);
    match report.fom.as_str() {
        // Bamber 1975; Hanley, McNeil 1982.
        "auc" => format!("The AUC is the area under the ROC curve: the share of pairs, one of the {of} without the signal and one of those with it, that are rated in order, ties counting half."),
        // Chakraborty 2017: false marks are those of cases without the signal, and weights give each case with it the same say.
        "wafroc" => "The weighted AFROC area is the share of pairs of a case without the signal and a lesion in which the lesion is rated above the highest mark of that case, ties counting half; lesions count by their weights, which add up to 1 in each case.".to_owned(),
        "afroc" => "The AFROC area is the share of pairs of a case without the signal and a lesion in which the lesion is rated above the highest mark of that case, ties counting half; every lesion counts the same.".to_owned(),
        "hrauc" => "The AUC of the highest marks is the area under the ROC curve of each case by its highest mark, on a lesion or not: the share of pairs, one of the cases without the signal and one of those with it, whose highest marks are in order, ties counting half.".to_owned(),
        // Swensson 1996.
        "lroc" => format!("The LROC area is the area under the share of cases with the signal that were located right and rated so high or higher, over the share of cases without it that were rated so, from 0 to {at}."),
        "sens" => format!("Sensitivity is the share of cases with the signal that were rated {at} or higher. The curves are ROC curves, and the figure is not the area under them."),
        "spec" => format!("Specificity is the share of cases without the signal that were rated below {at}. The curves are ROC curves, and the figure is not the area under them."),
        other => format!("The figure of merit is {other}."),
    }
}

const REFERENCES: [(&str, &str); 11] = [
    (
        "roc",
        "Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic (ROC) curve. Radiology 1982;143:29.",
    ),
    (
        "delong",
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
    ("rate", "Zhou XH, Obuchowski NA, McClish DK. Statistical methods in diagnostic medicine. 2nd ed. Wiley 2011."),
    (
        "lroc",
        "Swensson RG. Unified measurement of observer performance in detecting and localizing target objects on images. Med Phys 1996;23:1709.",
    ),
    ("froc", "Chakraborty DP. Observer performance methods for diagnostic imaging. CRC Press 2017."),
    ("power", "Hillis SL, Obuchowski NA, Berbaum KS. Power estimation for multireader ROC methods. Acad Radiol 2011;18:129."),
    (
        "agreement",
        "Krippendorff K. Computing Krippendorff\u{2019}s alpha-reliability. 2011. Shrout PE, Fleiss JL. Intraclass correlations. Psychol Bull 1979;86:420.",
    ),
];

/// What people call the conventions; what a program of the field calls it stands in brackets, for those who look for it there.
const CONVENTIONS: [(&str, &str); 17] = [
    ("agreement_all", "agreement over all conditions"),
    ("clusters", "several units of one patient"),
    ("cov2_minus_cov3", "Cov2 \u{2212} Cov3 below 0"),
    ("df_bdg_unpaired", "degrees of freedom (BDG) where readers or cases are not shared"),
    ("df_hillis", "degrees of freedom (Hillis) of U-statistics"),
    ("df_null", "degrees of freedom without a limit (\u{221e})"),
    ("df_rounding", "rounding of degrees of freedom of U-statistics"),
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
    row([said.to_owned(), printed(says)])
}

/// Whether a convention is about something that this document shows.
fn applies(name: &str, report: &Report) -> bool {
    match name {
        "agreement_all" => report.agreement.is_some(),
        "cov2_minus_cov3" => !report.or.is_empty() && report.n.readers.len() > 1 && report.n.modalities.len() > 1,
        "df_bdg_unpaired" => !report.ustat.is_empty() && report.design != "crossed",
        "df_hillis" => report.ustat.iter().any(|u| u.df_hillis.is_some()),
        "df_null" => has_infinite(report),
        "df_rounding" => !report.ustat.is_empty(),
        "difference" => report.n.modalities.len() > 1,
        "sensitivity_at_specificity" => report.readers.iter().any(|r| r.sens_at_spec.values().any(Option::is_some)),
        _ => true,
    }
}

/// Whether degrees of freedom without a limit stand among the tests and differences that are shown.
fn has_infinite(report: &Report) -> bool {
    let is_normal = |pair: &Pair| pair.of.t.is_some() && pair.of.df.is_none();
    let is_infinite = |test: &FTest| test.f.is_some() && test.df2.is_none();
    let own = report.or.values().flat_map(|block| [&block.rrrc, &block.rrfc]).flatten();
    let of_dbm = report.dbm.iter().flat_map(|block| [&block.rrrc, &block.frrc, &block.rrfc]).flatten();
    let of_pairs = report.or.values().filter_map(|block| block.rrrc.as_ref()).flat_map(|test| &test.differences);
    let planned = report.primary.iter().filter(|p| p.differences.len() > 1).flat_map(|p| &p.differences);
    own.chain(of_dbm).any(is_infinite) || of_pairs.chain(planned).any(is_normal)
}

pub(super) fn section(report: &Report) -> Section {
    let has_marks = report.readers.iter().any(|r| !r.froc.is_empty());
    let used = |key: &str| match key {
        "roc" => matches!(report.fom.as_str(), "auc" | "hrauc"),
        "delong" => report.fom == "auc",
        "lroc" => report.fom == "lroc",
        "rate" => matches!(report.fom.as_str(), "sens" | "spec"),
        "or" => !report.or.is_empty(),
        "dbm" => report.dbm.is_some(),
        "ustat" => !report.ustat.is_empty(),
        "froc" => has_marks,
        "power" => report.power.is_some(),
        "agreement" => report.agreement.is_some(),
        _ => true,
    };
    let methods = [("or", OR), ("dbm", DBM), ("ustat", USTAT), ("froc", FROC)];
    let said = methods.into_iter().filter(|(key, _)| used(key)).map(|(_, text)| text.to_owned());
    let mut blocks: Vec<Block> = [EMPIRICAL.to_owned(), figure_of_merit(report)].into_iter().chain(said).map(Block::Text).collect();
    let shown = report.conventions.iter().filter(|(name, _)| applies(name, report));
    let rows = shown.map(|(name, says)| convention(name, says)).collect();
    let title = "Conventions, where programs of the field differ".to_owned();
    blocks.push(Block::Table(Table { title, columns: vec![words("Convention"), words("Here")], rows }));
    let rows: Vec<_> =
        REFERENCES.iter().filter(|(key, _)| used(key)).zip(1..).map(|((_, text), n)| row([n.to_string(), (*text).to_owned()])).collect();
    blocks.push(Block::Table(Table { title: "References".to_owned(), columns: vec![words("No."), words("Where it is from")], rows }));
    Section { key: "method", title: "Method", blocks }
}

fn not_evaluable(reads: usize, counts: NotEvaluableCounts) -> String {
    match reads {
        0 => "nothing: every case could be evaluated in every read".to_owned(),
        1 => format!("a case or a unit of it in 1 read, which counts as {}", counts.said()),
        n => format!("a case or a unit of it in {n} reads, which counts as {}", counts.said()),
    }
}

/// What it is from, and what else is to be known of it.
pub(super) fn record(report: &Report, about: &About) -> Option<Section> {
    let mut blocks: Vec<Block> = report.notes.iter().map(|note| Block::Text(printed(note))).collect();
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
                    |id| match &about.rating {
                        Some(text) => format!("the answer to \u{201c}{text}\u{201d}"),
                        None => format!("the answer to the question with the id \u{201c}{id}\u{201d}"),
                    },
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
