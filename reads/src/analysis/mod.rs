//! The analysis of scores with their truth: figures of merit, comparison of modalities, agreement, as one report.
//!
//! Owns which statistics a dataset allows and under which conventions they are computed; the computing is in `mrmc`. An analysis that a protocol planned comes
//! first ([`of_study`]). Refuses, one sentence each: data without one of the classes, figures that the scores do not have, marks that are missing. What a
//! single statistic refuses is left out of the report, with a note, and is never NaN.

mod agreement;
mod beyond;
mod compared;
mod curves;
mod figures;
mod groups;
mod input;
mod per_reader;
mod planning;
mod primary;
mod report;
mod words;

pub use figures::word;
pub use input::{InputError, read_covariates, read_scores};
pub use primary::{explore, of_study};
pub use report::{
    Agreement, AgreementOf, ChangeRow, ChiTest, Components, Counted, Counts, Covariances, DbmBlock, FTest, Interaction, Kappa, Mean,
    MeanCurve, MeanSquares, Numbers, OrBlock, Pair, PeriodRow, Power, PowerRow, Primary, ReaderRow, Repeats, Report, Subgroup,
    SubgroupBlock, TimeRatio, TimeRow, Times, UstatRow,
};
pub use words::in_words;

use crate::protocol::{Covariance, Figure, Method};
use crate::scoring::{Dataset, Scores, ViewError};
use figures::Source;
use std::collections::BTreeMap;
use std::str::FromStr;
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::Design;
use tiresias_mrmc::ustatistics::DfRule;

/// What is computed, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// The figure of merit; `None` is the one of the paradigm: `auc`, `lroc` or `wafroc`.
    pub figure: Option<Figure>,
    /// One method alone; `None` is all that the figure allows.
    pub method: Option<Method>,
    /// Of confidence intervals.
    pub level: Level,
    /// What is done to degrees of freedom of U-statistics before t.
    pub df_rule: DfRule,
}

/// Why there is no analysis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnalysisError {
    /// Only one class.
    #[error("No case is {0}, so there is no figure of merit: it needs cases with and without the signal. Check the truth.")]
    OneClass(Group),
    /// A figure of other scores.
    #[error("The figure `{figure}` cannot be computed: the data have {has}. Choose {choose}.")]
    Figure {
        /// What was asked for.
        figure: &'static str,
        /// What there is.
        has: &'static str,
        /// What is possible.
        choose: &'static str,
    },
    /// A figure of complete data.
    #[error(
        "The figure `{figure}` needs every reader to have read every case in every modality, and {missing} of {of} reads are missing. Leave out the readers or cases that are incomplete."
    )]
    Missing {
        /// What was asked for.
        figure: &'static str,
        /// Reads that are missing.
        missing: usize,
        /// Of how many.
        of: usize,
    },
    /// The scores do not make what the figure needs.
    #[error("{0}")]
    View(#[from] ViewError),
    /// Anything else, as a sentence.
    #[error("{0}")]
    Other(String),
}

/// A word that says nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is none of {0}")]
pub struct NoWord(&'static str);

const FIGURES: NoWord = NoWord("auc, wafroc, afroc, hrauc, lroc, lroc@F (a fraction up to 1), sens, sens@RATING, spec and spec@RATING");

/// A method from its word.
///
/// # Errors
/// [`NoWord`].
pub fn method_of(text: &str) -> Result<Method, NoWord> {
    match text {
        "or" => Ok(Method::Or),
        "dbm" => Ok(Method::Dbm),
        "ustat" => Ok(Method::Ustat),
        _ => Err(NoWord("or, dbm and ustat")),
    }
}

/// What is done to degrees of freedom of U-statistics, from its word.
///
/// # Errors
/// [`NoWord`].
pub fn df_rule_of(text: &str) -> Result<DfRule, NoWord> {
    match text {
        "none" => Ok(DfRule::Unrounded),
        "imrmc-java" => Ok(DfRule::ImrmcJava),
        "imrmc-r" => Ok(DfRule::ImrmcR),
        _ => Err(NoWord("none, imrmc-java and imrmc-r")),
    }
}

/// A figure from its word, with a number behind "@" where it has one.
///
/// # Errors
/// [`NoWord`].
pub fn figure_of(text: &str) -> Result<Figure, NoWord> {
    let (word, at) = text.split_once('@').map_or((text, None), |(word, at)| (word, Some(at)));
    let at = at.map(|at| f64::from_str(at).ok().filter(|v| v.is_finite()).ok_or(FIGURES)).transpose()?;
    match (word, at) {
        ("auc", None) => Ok(Figure::Auc),
        ("wafroc", None) => Ok(Figure::WAfroc),
        ("afroc", None) => Ok(Figure::Afroc),
        ("hrauc", None) => Ok(Figure::HrAuc),
        ("lroc", at) if at.is_none_or(|f| f > 0.0 && f <= 1.0) => Ok(Figure::Lroc(at.unwrap_or(1.0))),
        // Of binary reads, whose ratings are 0 and 1.
        ("sens", at) => Ok(Figure::Sensitivity(at.unwrap_or(1.0))),
        ("spec", at) => Ok(Figure::Specificity(at.unwrap_or(1.0))),
        _ => Err(FIGURES),
    }
}

/// Sentences, each once.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn add(&mut self, sentence: String) {
        if !self.0.contains(&sentence) {
            self.0.push(sentence);
        }
    }
}

/// Analyses a dataset.
///
/// # Errors
/// When it has not both classes, or not the scores that the figure needs.
pub fn analyse(data: &Dataset, choice: Choice) -> Result<Report, AnalysisError> {
    analyse_with(data, data, choice)
}

/// The same where numbers stand for what nobody rated: missing or not evaluable. Agreement is that of what readers said, `rated`, which has no score there.
fn analyse_with(data: &Dataset, rated: &Dataset, choice: Choice) -> Result<Report, AnalysisError> {
    let figure = choice.figure.unwrap_or(match data.scores {
        Scores::Roc(_) => Figure::Auc,
        Scores::Lroc(_) => Figure::Lroc(1.0),
        Scores::Froc(_) => Figure::WAfroc,
    });
    let source = Source::new(data, figure)?;
    let design = source.table()?.design();
    let mut notes = Notes::default();
    if source.readers() < 2 {
        notes.add(
            "There is one reader, who says nothing about other readers: the analysis with readers fixed holds for this reader alone."
                .to_owned(),
        );
    }
    if source.modalities() < 2 {
        notes.add("There is one modality, so nothing is compared.".to_owned());
    }
    constant(&source, &mut notes);
    let is_wanted = |method: Method| choice.method.is_none_or(|m| m == method);
    let jackknife = match source.jackknife() {
        Ok(jackknife) => Some(jackknife),
        // Readers of their own have no figure in the other modalities, which is no fault.
        Err(_) if design == Design::ReadersInModalities => None,
        Err(why) => {
            notes.add(why);
            None
        }
    };
    let or = if is_wanted(Method::Or) {
        compared::obuchowski_rockette(&source, design, None, choice.level, &mut notes)
    } else {
        BTreeMap::new()
    };
    let dbm = if is_wanted(Method::Dbm) {
        compared::dorfman_berbaum_metz(&source, jackknife.as_ref(), design, choice.level, &mut notes)
    } else {
        None
    };
    let ustat = if is_wanted(Method::Ustat) {
        compared::ustatistics(&source, design, choice.df_rule, choice.level, &mut notes)
    } else {
        Vec::new()
    };
    let agreement = match source.shape {
        figures::Shape::Ratings => agreement::agreement(&Source::new(rated, figure)?, choice.level, &mut notes),
        figures::Shape::Located(_) | figures::Shape::Marks(..) => None,
    };
    let readers = per_reader::rows(&source, jackknife.as_ref(), choice.level);
    let of_class = |group: Group| source.truth.iter().filter(|t| **t == group).count();
    let (fom, fom_at) = word(figure);
    Ok(Report {
        fom: fom.to_owned(),
        fom_at,
        design: design_word(design),
        n: Counts {
            modalities: data.modalities.clone(),
            readers: data.readers.clone(),
            normals: of_class(Group::Normal),
            diseased: of_class(Group::Diseased),
            missing: if matches!(design, Design::Crossed | Design::Other) { data.missing() } else { 0 },
            not_evaluable: None,
        },
        primary: None,
        sensitivity: Vec::new(),
        curves: curves::means(&data.modalities, &readers),
        times: None,
        changes: Vec::new(),
        repeats: Vec::new(),
        subgroups: Vec::new(),
        periods: Vec::new(),
        power: planning::power(&source, design, choice.level),
        readers,
        or,
        dbm,
        ustat,
        agreement,
        conventions: conventions(&source, choice),
        notes: notes.0,
        scored: None,
        open_look: None,
    })
}

/// The comparison of modalities alone: Obuchowski and Rockette by one covariance, and all U-statistics.
///
/// # Errors
/// As [`analyse`].
pub fn compare(data: &Dataset, covariance: Covariance) -> Result<(BTreeMap<&'static str, OrBlock>, Vec<UstatRow>), AnalysisError> {
    let source = Source::new(data, Figure::Auc)?;
    let (design, level, mut notes) = (source.table()?.design(), Level::default(), Notes::default());
    let or = compared::obuchowski_rockette(&source, design, Some(figures::method(covariance)), level, &mut notes);
    Ok((or, compared::ustatistics(&source, design, DfRule::default(), level, &mut notes)))
}

const fn design_word(design: Design) -> &'static str {
    match design {
        Design::Crossed => "crossed",
        Design::SplitPlot => "split-plot",
        Design::CasesInReaders => "cases-in-readers",
        Design::CasesInModalities => "cases-in-modalities",
        Design::ReadersInModalities => "readers-in-modalities",
        Design::Other => "partial",
    }
}

/// A reader who gave the same rating to every case has an area of one half that says nothing.
fn constant(source: &Source<'_>, notes: &mut Notes) {
    if !matches!(source.shape, figures::Shape::Ratings) {
        return;
    }
    for (at, cell) in source.scores.chunks_exact(source.truth.len().max(1)).enumerate() {
        let scores: Vec<f64> = cell.iter().flatten().copied().collect();
        if scores.len() > 1 && scores.iter().all(|s| Some(s) == scores.first()) {
            let [modality, reader, _] = source.data.names(at * source.truth.len());
            notes.add(format!("Reader \"{reader}\" in \"{modality}\" rated all cases the same, which tells no class from the other."));
        }
    }
}

/// What was done where programs of the field differ (notes on the conventions are in the documentation of `mrmc`).
fn conventions(source: &Source<'_>, choice: Choice) -> BTreeMap<&'static str, String> {
    let df_rounding = match choice.df_rule {
        DfRule::Unrounded => "none",
        DfRule::ImrmcJava => "floor (iMRMC Java 4.0.3: at least 2, normal from 50)",
        DfRule::ImrmcR => "floor (iMRMC R 2.1.2: normal above 50)",
    };
    let mut said: Vec<(&'static str, &str)> = vec![
        ("df_rounding", df_rounding),
        ("df_null", "infinite: the normal distribution"),
        ("cov2_minus_cov3", "clamped at 0 in tests (OR-DBM MRMC, RJafroc); as estimated in variance components (MRMCaov)"),
        (
            "difference",
            "first minus second, in the order in which they are listed; in planned analyses test minus reference, where the protocol names them",
        ),
        ("means", "each from its own data alone; intervals are not cut off at 0 and 1"),
        ("reader_intervals", "normal; of areas by DeLong's variance, else by the jackknife"),
        ("sensitivity_at_specificity", "on straight lines between operating points; at a vertical step the highest"),
        ("df_bdg_unpaired", "a Satterthwaite term for each of the two (iMRMC Java)"),
        ("df_hillis", "from unbiased covariances of the two alone (iMRMC Java)"),
        ("variance_negative", "reported, without a standard error or a test"),
        ("agreement_all", "each case counts once in each condition"),
    ];
    if source.patients.is_some() {
        said.push((
            report::CLUSTERS,
            "a patient is left out with all units; the DeLong covariance is that of Obuchowski 1997 for clustered data",
        ));
    }
    match source.shape {
        figures::Shape::Ratings => {}
        figures::Shape::Located(_) => said.push((
            "lroc_end",
            "the curve ends at the share located of all diseased cases (RJafroc: of those rated above the lowest rating)",
        )),
        figures::Shape::Marks(..) => {
            said.push(("unmarked", "a case or lesion without a mark rates below every mark, and ties with its like"));
            said.push((
                "roc_of_marks",
                "AFROC, weighted for the weighted AFROC area; for the AUC of the highest marks the ROC curve of each case's highest mark",
            ));
        }
    }
    if matches!(source.figure, Figure::Sensitivity(_) | Figure::Specificity(_)) {
        said.push(("rate_jackknife", "over all cases, those of the other class leaving the rate as it is (MRMCaov)"));
    }
    let level = format!("{} % confidence", primary::percent(choice.level));
    said.into_iter().map(|(name, text)| (name, text.to_owned())).chain([("level", level)]).collect()
}

#[cfg(test)]
mod tests;
