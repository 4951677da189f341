//! What an analysis says, as `analyze --json` prints it: field names are those of its documentation, and nothing is renamed.
//!
//! Numbers are finite or absent: what does not apply, or has no finite value, is `null`, and a note says why. Degrees of freedom that are infinite are
//! `null` too; the test is then by the normal distribution.

use crate::protocol::Method;
use crate::scoring::HowScored;
use serde::Serialize;
use std::collections::BTreeMap;
use tiresias_mrmc::inference::Estimate;

/// Everything that was computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The figure of merit.
    pub fom: String,
    /// From where on a rating is positive, or the false positive fraction up to which an area goes, where the figure has one.
    pub fom_at: Option<f64>,
    /// How modalities, readers and cases are crossed.
    pub design: &'static str,
    /// How many there are.
    pub n: Counts,
    /// The analysis that the study was planned for, where its protocol is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary: Option<Primary>,
    /// The same figure under other assumptions, as the protocol lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitivity: Vec<Primary>,
    /// Each reader in each modality.
    pub readers: Vec<ReaderRow>,
    /// Obuchowski and Rockette, by covariance.
    pub or: BTreeMap<&'static str, OrBlock>,
    /// Dorfman, Berbaum and Metz.
    pub dbm: Option<DbmBlock>,
    /// U-statistics: each modality alone, then each pair.
    pub ustat: Vec<UstatRow>,
    /// Agreement of readers.
    pub agreement: Option<Agreement>,
    /// The mean curve of each modality, where readers' curves can be averaged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<MeanCurve>,
    /// Reading times, of a study.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// What was changed after the AI was shown, of a study in which that was recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeRow>,
    /// Readers and themselves, of a study with hidden repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<Repeats>,
    /// The effect within groups of cases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subgroups: Vec<SubgroupBlock>,
    /// Each condition by the period in which it was read, of a study in which readers read a case more than once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<PeriodRow>,
    /// Power for the next study.
    pub power: Option<Power>,
    /// What was done where programs of the field differ.
    pub conventions: BTreeMap<&'static str, String>,
    /// What the person who reads this should know, each a sentence.
    pub notes: Vec<String>,
    /// What the scores were made of, where they are a study's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scored: Option<HowScored>,
    /// Whether truth met scores before a database lock; `null` where no study is known.
    pub open_look: Option<bool>,
}

impl Report {
    /// What has a truth and a score of its own, in the words of people: a case, or each of several units of a patient.
    pub(crate) fn scored_things(&self) -> &'static str {
        if self.conventions.contains_key(CLUSTERS) { "units" } else { "cases" }
    }
}

/// The convention that is there where several units of one patient are scored.
pub(super) const CLUSTERS: &str = "clusters";

/// How many there are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counts {
    /// Their names, in the order that decides the sign of a difference.
    pub modalities: Vec<String>,
    /// Their names.
    pub readers: Vec<String>,
    /// Cases without the signal, or units of them where several of one patient are scored.
    pub normals: usize,
    /// Cases, or units, with it.
    pub diseased: usize,
    /// Scores that are not there and belong to the design; of a study those of reads that are not locked, where a read can have several.
    pub missing: usize,
    /// Reads in which the case, or a unit of it, was said to be not evaluable, of a study. What they count as is in `scored`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_evaluable: Option<usize>,
}

/// One reader in one modality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReaderRow {
    /// The modality.
    pub modality: String,
    /// The reader.
    pub reader: String,
    /// Normal cases with a score.
    pub normals: usize,
    /// Diseased cases with a score.
    pub diseased: usize,
    /// The figure of merit.
    pub fom: Option<f64>,
    /// DeLong's variance of an area.
    pub variance_delong: Option<f64>,
    /// Its interval: by DeLong's variance for an area, by the jackknife for other figures; normal.
    pub ci: Option<[f64; 2]>,
    /// Sensitivity at specificities.
    pub sens_at_spec: BTreeMap<&'static str, Option<f64>>,
    /// Partial areas over false positive fractions.
    pub pauc_fpf: BTreeMap<&'static str, Option<f64>>,
    /// Points of the curve that goes with the figure: ROC, AFROC or LROC.
    pub roc: Vec<[f64; 2]>,
    /// Points of the FROC curve, of marks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub froc: Vec<[f64; 2]>,
}

/// An estimate of one modality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mean {
    /// The modality.
    pub modality: String,
    /// The estimate and what is known about it.
    #[serde(flatten)]
    pub of: Numbers,
}

/// A difference of two modalities, a - b.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The first.
    pub a: String,
    /// The one that is subtracted.
    pub b: String,
    /// The reader, where it is of one reader alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// The estimate and what is known about it.
    #[serde(flatten)]
    pub of: Numbers,
}

/// What is known about an estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// The estimate.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Degrees of freedom; `null` for the normal distribution.
    pub df: Option<f64>,
    /// t, or z.
    pub t: Option<f64>,
    /// Two-sided.
    pub p: Option<f64>,
    /// Two-sided interval.
    pub ci: Option<[f64; 2]>,
}

/// A finite number, or none.
pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

impl From<&Estimate> for Numbers {
    fn from(e: &Estimate) -> Self {
        Self {
            estimate: finite(e.value),
            se: finite(e.standard_error),
            df: finite(e.df),
            t: e.test.and_then(|t| finite(t.statistic)),
            p: e.test.and_then(|t| finite(t.p)),
            ci: finite(e.interval.low).zip(finite(e.interval.high)).map(|(low, high)| [low, high]),
        }
    }
}

/// An Obuchowski-Rockette analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrBlock {
    /// Covariances of the errors, averaged by kind.
    pub covariance: Covariances,
    /// Variance components of readers; may be negative.
    pub components: Components,
    /// Mean squares.
    pub mean_squares: MeanSquares,
    /// Readers and cases random.
    pub rrrc: Option<FTest>,
    /// Readers fixed.
    pub frrc: Option<ChiTest>,
    /// Cases fixed.
    pub rrfc: Option<FTest>,
}

/// Covariances of the errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Covariances {
    /// The same reader and modality.
    pub var: Option<f64>,
    /// The same reader, other modality.
    pub cov1: Option<f64>,
    /// The same modality, other reader.
    pub cov2: Option<f64>,
    /// Both other.
    pub cov3: Option<f64>,
}

/// Variance components of readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Components {
    /// Var(R).
    pub reader: Option<f64>,
    /// Var(T*R).
    pub modality_reader: Option<f64>,
}

/// Mean squares of the figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanSquares {
    /// MS(T).
    pub t: Option<f64>,
    /// MS(R).
    pub r: Option<f64>,
    /// MS(T*R).
    pub tr: Option<f64>,
}

/// A test by F with its estimates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FTest {
    /// F.
    pub f: Option<f64>,
    /// Degrees of freedom of modalities.
    pub df1: Option<f64>,
    /// Those of the denominator.
    pub df2: Option<f64>,
    /// p value.
    pub p: Option<f64>,
    /// Each modality, from its own data alone.
    pub means: Vec<Mean>,
    /// Each pair.
    pub differences: Vec<Pair>,
    /// Each pair for each reader, where readers are fixed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<Pair>,
}

/// A test by chi-squared with its estimates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChiTest {
    /// Chi-squared.
    pub chi2: Option<f64>,
    /// Its degrees of freedom.
    pub df: Option<f64>,
    /// p value.
    pub p: Option<f64>,
    /// Each modality, from its own data alone.
    pub means: Vec<Mean>,
    /// Each pair.
    pub differences: Vec<Pair>,
    /// Each pair for each reader.
    pub readers: Vec<Pair>,
}

/// A Dorfman-Berbaum-Metz analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DbmBlock {
    /// Mean squares of pseudovalues: t, r, c, tr, tc, rc, trc.
    pub mean_squares: BTreeMap<&'static str, Option<f64>>,
    /// Readers and cases random.
    pub rrrc: Option<FTest>,
    /// Readers fixed.
    pub frrc: Option<FTest>,
    /// Cases fixed.
    pub rrfc: Option<FTest>,
}

/// A U-statistic analysis of one modality against 0.5, or of a - b against 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UstatRow {
    /// The modality.
    pub a: String,
    /// The one that is subtracted; `null` where there is none.
    pub b: Option<String>,
    /// The area over all pairs read, or the difference of two.
    pub estimate: Option<f64>,
    /// Unbiased; may be negative.
    pub variance: Option<f64>,
    /// The V-statistic.
    pub variance_v: Option<f64>,
    /// Unbiased moments, of a pair those that the two share.
    pub moments: BTreeMap<&'static str, Option<f64>>,
    /// Degrees of freedom after Barrett, Clarkson, Kupinski and Bandos, Gallas.
    pub df_bdg: Option<f64>,
    /// t by these.
    pub t: Option<f64>,
    /// p by these, two-sided.
    pub p: Option<f64>,
    /// Interval by these.
    pub ci: Option<[f64; 2]>,
    /// Degrees of freedom of Hillis, of crossed designs.
    pub df_hillis: Option<f64>,
    /// p by these, two-sided.
    pub p_hillis: Option<f64>,
}

/// Agreement of readers in the ratings that they gave, over all reads, and in each modality. What counts as a rating without being one has no part in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Cohen's kappa of each two readers in each modality.
    pub kappa: Vec<Kappa>,
    /// Weighted kappa of each two readers in each modality.
    pub weighted_kappa: Vec<Kappa>,
    /// Fleiss' kappa, each case in each modality being one that was rated.
    pub fleiss: Option<f64>,
    /// Krippendorff's alpha, likewise.
    pub krippendorff: BTreeMap<&'static str, Option<f64>>,
    /// Intraclass correlations of single ratings and of means, likewise.
    pub icc: BTreeMap<&'static str, Option<f64>>,
    /// The same by modality.
    pub by_modality: Vec<AgreementOf>,
}

/// Agreement in one modality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgreementOf {
    /// The modality.
    pub modality: String,
    /// Fleiss' kappa.
    pub fleiss: Option<f64>,
    /// Krippendorff's alpha.
    pub krippendorff: BTreeMap<&'static str, Option<f64>>,
    /// Intraclass correlations.
    pub icc: BTreeMap<&'static str, Option<f64>>,
}

/// Kappa of two readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kappa {
    /// The modality.
    pub modality: String,
    /// One reader.
    pub a: String,
    /// The other.
    pub b: String,
    /// "linear" or "quadratic", of weighted kappa.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<&'static str>,
    /// Kappa.
    pub kappa: Option<f64>,
    /// Its large-sample standard error.
    pub se: Option<f64>,
    /// Its interval.
    pub ci: Option<[f64; 2]>,
}

/// The analysis that a protocol fixed, or the same under another assumption.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Primary {
    /// What it is: "primary", or the protocol's word for a sensitivity analysis.
    pub name: &'static str,
    /// How: method, covariance, what is random.
    pub how: String,
    /// The method alone, which is in `how`: it says what test the differences have.
    #[serde(skip)]
    pub method: Method,
    /// What was to be shown, in words; `null` where figures are only estimated.
    pub hypothesis: Option<String>,
    /// Each condition.
    pub means: Vec<Mean>,
    /// Test minus reference, or each pair where figures are only estimated.
    pub differences: Vec<Pair>,
    /// The p value of what was to be shown: one-sided where there is a margin or the test has one side.
    pub p: Option<f64>,
    /// What a one-sided p is held against: alpha, or half of it where the test has two sides. `null` where p is two-sided, and is held against alpha.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_sided_level: Option<f64>,
    /// The bounds that the interval is held against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<f64>,
    /// What follows, in neutral words.
    pub statement: Option<String>,
    /// Whether it was shown.
    pub shown: Option<bool>,
}

/// The mean curve of one modality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeanCurve {
    /// The modality.
    pub modality: String,
    /// The mean over the readers at each abscissa.
    pub points: Vec<[f64; 2]>,
    /// The lowest reader there and where readers' lines cross in between, so that it is right on the straight way from corner to corner.
    pub lowest: Vec<[f64; 2]>,
    /// The highest, at the same abscissae.
    pub highest: Vec<[f64; 2]>,
}

/// Reading times.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Times {
    /// Each reader in each modality.
    pub readers: Vec<TimeRow>,
    /// Each pair of modalities; none where the times contain each other or reads are missing.
    pub ratios: Vec<TimeRatio>,
}

/// The times of one reader in one modality.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeRow {
    /// The modality.
    pub modality: String,
    /// The reader.
    pub reader: String,
    /// How many reads have a time.
    pub reads: usize,
    /// Their median, seconds.
    pub median_s: Option<f64>,
}

/// Times of a over times of b, in the direction of the primary analysis: ratio of geometric means, readers (where there are several) and cases random.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeRatio {
    /// The first modality.
    pub a: String,
    /// The one that it is held against.
    pub b: String,
    /// The ratio.
    pub ratio: Option<f64>,
    /// Its interval.
    pub ci: Option<[f64; 2]>,
    /// p value that it is 1.
    pub p: Option<f64>,
    /// Of Wilcoxon's signed-rank test on the readers' medians.
    pub p_signed_rank: Option<f64>,
}

/// What one reader changed after the AI was shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeRow {
    /// The condition that shows it.
    pub condition: String,
    /// The reader.
    pub reader: String,
    /// Ratings that were given before and after.
    pub reads: u64,
    /// Up where the signal is, or down where it is not.
    pub towards: u64,
    /// The other way.
    pub away: u64,
    /// Wilson's interval of the share, taking ratings as independent.
    pub towards_ci: Option<[f64; 2]>,
    /// Likewise.
    pub away_ci: Option<[f64; 2]>,
    /// After minus before, on the scale of the rating.
    pub mean_change: Option<f64>,
}

/// One reader's second reads of cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repeats {
    /// The reader.
    pub reader: String,
    /// Pairs of ratings.
    pub pairs: usize,
    /// Pairs that are equal.
    pub same: usize,
    /// First minus second.
    pub mean_difference: Option<f64>,
    /// Limits of agreement.
    pub limits: Option<[f64; 2]>,
}

/// The effect, a - b, in the subgroups that one covariate makes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubgroupBlock {
    /// The covariate.
    pub covariate: String,
    /// Whether the protocol planned it; what was not planned explores.
    pub is_planned: bool,
    /// The modality.
    pub a: String,
    /// The one that is subtracted.
    pub b: String,
    /// Each subgroup.
    pub subgroups: Vec<Subgroup>,
    /// Cases without a value.
    pub unknown: usize,
    /// Whether the effect differs between the subgroups.
    pub interaction: Interaction,
}

/// The effect in one subgroup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subgroup {
    /// The covariate's value.
    pub value: String,
    /// Its cases.
    #[serde(flatten)]
    pub cases: Counted,
    /// The estimate and what is known about it.
    #[serde(flatten)]
    pub of: Numbers,
}

/// Cases of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Without the signal.
    pub normals: usize,
    /// With it.
    pub diseased: usize,
}

/// The test that an effect is the same in all subgroups: F, with fixed readers chi-squared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interaction {
    /// F or chi-squared.
    pub statistic: Option<f64>,
    /// Its degrees of freedom.
    pub df1: Option<f64>,
    /// Those of the denominator; `null` with fixed readers.
    pub df2: Option<f64>,
    /// p value.
    pub p: Option<f64>,
}

/// What was read in one condition and period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeriodRow {
    /// The condition.
    pub modality: String,
    /// 1 for the reads of cases that their reader had not read before, 2 for the next time.
    pub period: u32,
    /// Ratings.
    pub reads: usize,
    /// Readers whose ratings in it make a curve.
    pub readers: usize,
    /// Mean over these of the area under the ROC curve of the ratings.
    pub auc: Option<f64>,
}

/// Power of plans, readers and cases random (Hillis, Obuchowski, Berbaum 2011), from the jackknife covariances of this study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Power {
    /// The difference that was found, without its sign.
    pub observed: f64,
    /// Numbers of cases of the plans, in the mix of this study; a patient of whom several units are scored is one.
    pub cases: Vec<usize>,
    /// A row for each effect and number of readers.
    pub rows: Vec<PowerRow>,
}

/// Power of one effect with one number of readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PowerRow {
    /// The effect that is to be found.
    pub effect: f64,
    /// How many readers.
    pub readers: usize,
    /// The power with each number of cases.
    pub power: Vec<Option<f64>>,
    /// The fewest cases for a power of 0.8; `null` where no number reaches it.
    pub cases_for_80: Option<usize>,
}
