//! `[analysis]`: what will be computed from the locked reads, said before the first of them.
//!
//! Owns which figures, methods and hypotheses go together. The computing is in `mrmc`, and the joining with truth in the scoring.

use super::check::{Checks, Words};
use super::text::AnalysisDraft;
use super::{ConditionRule, Form, Paradigm};
use crate::matching::{Acceptance, Radius};
use serde::Serialize;
use tiresias_words::{Condition, Mm};
use toml::Spanned;

const MAX_SUBGROUPS: usize = 20;
/// A mark further from a lesion than this is never on it.
const FURTHEST: f64 = 200.0;
/// So many times its own radius from a lesion a mark is never on it.
const MOST_TIMES: f64 = 10.0;

/// The analysis that the study was planned for.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The primary figure of merit.
    pub figure: Figure,
    /// How it is analysed.
    pub method: Method,
    /// How the covariance of figures is estimated; `None` where the method has its own.
    pub covariance: Option<Covariance>,
    /// Whether readers are a sample of all readers.
    pub random_readers: bool,
    /// Whether cases are a sample of all cases.
    pub random_cases: bool,
    /// What is to be shown.
    pub hypothesis: Hypothesis,
    /// The level of the test.
    pub alpha: f64,
    /// One or two.
    pub sides: u8,
    /// How several hypotheses share the level.
    pub multiplicity: Multiplicity,
    /// What a read counts as that was not made.
    pub missing: Missing,
    /// What a case counts as that was not evaluable.
    pub not_evaluable: NotEvaluableCounts,
    /// When a mark is on a lesion; `None` where there are no marks.
    pub acceptance: Option<Acceptance>,
    /// Further analyses of the same figure.
    pub sensitivity: Vec<SensitivityAnalysis>,
    /// Covariates by whose values the figure is also given.
    pub subgroups: Vec<String>,
}

/// A figure of merit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Area under the empirical ROC curve.
    Auc,
    /// Weighted area under the alternative FROC curve.
    WAfroc,
    /// Area under the alternative FROC curve.
    Afroc,
    /// Area of the ROC curve that highest ratings make.
    HrAuc,
    /// Area under the LROC curve up to this false positive fraction.
    Lroc(f64),
    /// Share of diseased cases with a rating from this one on.
    Sensitivity(f64),
    /// Share of normal cases with a rating below this one.
    Specificity(f64),
}

/// A method of analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Obuchowski and Rockette, with Hillis' degrees of freedom.
    Or,
    /// Dorfman, Berbaum and Metz.
    Dbm,
    /// U-statistics (Gallas).
    Ustat,
}

/// An estimate of the covariance of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covariance {
    /// DeLong, DeLong and Clarke-Pearson.
    DeLong,
    /// Leaving out one case at a time.
    Jackknife,
    /// Without bias (Gallas).
    Unbiased,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Hypothesis {
    /// Nothing: figures and intervals alone.
    Estimation,
    /// The test condition is better.
    Superiority {
        /// What it is compared with.
        reference: Condition,
        /// What is tested.
        test: Condition,
    },
    /// The test condition is not worse by the margin or more.
    NonInferiority {
        /// What it is compared with.
        reference: Condition,
        /// What is tested.
        test: Condition,
        /// In units of the figure, above 0.
        margin: f64,
    },
    /// The two differ by less than the margin.
    Equivalence {
        /// What it is compared with.
        reference: Condition,
        /// What is tested.
        test: Condition,
        /// In units of the figure, above 0.
        margin: f64,
    },
}

/// How several hypotheses share the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplicity {
    /// They do not.
    None,
    /// Holm's procedure.
    Holm,
    /// In a fixed sequence, until one fails.
    Hierarchical,
}

/// What a read counts as that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Omit,
    /// What is worst for the test condition.
    Worst,
}

/// What a case counts as that was not evaluable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotEvaluableCounts {
    /// Nothing.
    Omit,
    /// The lowest rating.
    Lowest,
    /// The highest rating.
    Highest,
}

impl NotEvaluableCounts {
    /// The same in a sentence.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Omit => "nothing",
            Self::Lowest => "the lowest rating",
            Self::Highest => "the highest rating",
        }
    }
}

/// A further analysis of the primary figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensitivityAnalysis {
    /// Readers fixed.
    FixedReaders,
    /// Cases fixed.
    FixedCases,
    /// Missing and not evaluable reads at their worst.
    WorstCase,
    /// Missing and not evaluable reads at their best.
    BestCase,
    /// By the other methods.
    OtherMethods,
    /// Without reads that had a deviation.
    PerProtocol,
}

#[derive(Clone, Copy, PartialEq)]
enum FigureWord {
    Auc,
    WAfroc,
    Afroc,
    HrAuc,
    Lroc,
    Sensitivity,
    Specificity,
}
#[derive(Clone, Copy, PartialEq)]
enum HypothesisWord {
    Estimation,
    Superiority,
    NonInferiority,
    Equivalence,
}

const FIGURES: Words<FigureWord> = &[
    ("auc", FigureWord::Auc),
    ("wafroc", FigureWord::WAfroc),
    ("afroc", FigureWord::Afroc),
    ("hrauc", FigureWord::HrAuc),
    ("lroc", FigureWord::Lroc),
    ("sensitivity", FigureWord::Sensitivity),
    ("specificity", FigureWord::Specificity),
];
const METHODS: Words<Method> = &[("or", Method::Or), ("dbm", Method::Dbm), ("ustat", Method::Ustat)];
const COVARIANCES: Words<Covariance> =
    &[("delong", Covariance::DeLong), ("jackknife", Covariance::Jackknife), ("unbiased", Covariance::Unbiased)];
const SAMPLES: Words<bool> = &[("random", true), ("fixed", false)];
const HYPOTHESES: Words<HypothesisWord> = &[
    ("estimation", HypothesisWord::Estimation),
    ("superiority", HypothesisWord::Superiority),
    ("non-inferiority", HypothesisWord::NonInferiority),
    ("equivalence", HypothesisWord::Equivalence),
];
const MULTIPLICITIES: Words<Multiplicity> =
    &[("none", Multiplicity::None), ("holm", Multiplicity::Holm), ("hierarchical", Multiplicity::Hierarchical)];
const MISSINGS: Words<Missing> = &[("omit", Missing::Omit), ("worst", Missing::Worst)];
const COUNTS: Words<NotEvaluableCounts> =
    &[("omit", NotEvaluableCounts::Omit), ("lowest", NotEvaluableCounts::Lowest), ("highest", NotEvaluableCounts::Highest)];
const SENSITIVITIES: Words<SensitivityAnalysis> = &[
    ("fixed readers", SensitivityAnalysis::FixedReaders),
    ("fixed cases", SensitivityAnalysis::FixedCases),
    ("worst case", SensitivityAnalysis::WorstCase),
    ("best case", SensitivityAnalysis::BestCase),
    ("other methods", SensitivityAnalysis::OtherMethods),
    ("per protocol", SensitivityAnalysis::PerProtocol),
];

impl Checks<'_> {
    pub(super) fn analysis(
        &mut self,
        draft: &Spanned<AnalysisDraft>,
        conditions: &[ConditionRule],
        paradigm: &Paradigm,
        form: &Form,
    ) -> Option<Analysis> {
        let d = draft.get_ref();
        let figure = self.figure(d, paradigm);
        let method = self.word("The method", Some(&d.method), METHODS);
        let covariance = self.word("The covariance", d.covariance.as_ref(), COVARIANCES);
        let random_readers = self.word("`readers`", d.readers.as_ref(), SAMPLES);
        let random_cases = self.word("`cases`", d.cases.as_ref(), SAMPLES);
        if let (Some(Some(false)), Some(Some(false)), Some(cases)) = (random_readers, random_cases, &d.cases) {
            self.at(cases, "Readers and cases are both fixed, so nothing is left that could vary: make one of them \"random\".");
        }
        let hypothesis = self.hypothesis(draft, conditions);
        let alpha = d.alpha.as_ref().map_or(0.05, |a| *a.get_ref());
        if let Some(at) = d.alpha.as_ref().filter(|_| !(alpha > 0.0 && alpha < 0.5)) {
            self.at(at, "`alpha` is a probability above 0 and below 0.5, usually 0.05.");
        }
        let sides = d.sides.as_ref().map_or(2, |s| *s.get_ref());
        if let Some(at) = d.sides.as_ref().filter(|s| !(1..=2).contains(s.get_ref())) {
            self.at(at, "`sides` is 1 or 2.");
        }
        let multiplicity = self.word("`multiplicity`", d.multiplicity.as_ref(), MULTIPLICITIES);
        let missing = self.word("`missing`", d.missing.as_ref(), MISSINGS);
        let not_evaluable = self.word("`not_evaluable`", d.not_evaluable.as_ref(), COUNTS);
        let acceptance = self.acceptance(d, paradigm);
        let sensitivity = self.sensitivities(d);
        let subgroups = self.subgroups(d);
        let (method, covariance) = (method??, covariance?);
        if let Some(figure) = figure {
            self.estimate(d, figure, method, covariance);
            let is_of_ratings = matches!(figure, Figure::Auc | Figure::Sensitivity(_) | Figure::Specificity(_));
            if let Some(at) = d.missing.as_ref().filter(|_| missing == Some(Some(Missing::Worst)) && !is_of_ratings) {
                self.at(at, "Missing reads are filled in ratings alone, and this figure is of marks or located ratings: write \"omit\".");
            }
        }
        let is_fixed = |sample: &Option<Option<bool>>| *sample == Some(Some(false));
        if method == Method::Ustat && (is_fixed(&random_readers) || is_fixed(&random_cases)) {
            self.at(&d.method, "The method \"ustat\" has readers and cases random; write \"or\" where one of them is fixed.");
        }
        let has_units = !form.units().is_empty();
        if has_units {
            self.of_units(d, method, covariance);
        }
        self.computed(d, figure, has_units);
        if let Some(word) = d.multiplicity.as_ref().filter(|_| !matches!(multiplicity, None | Some(None | Some(Multiplicity::None)))) {
            self.at(
                word,
                "`multiplicity` is not carried out by this version: one hypothesis is tested, and nothing is adjusted. Write \"none\".",
            );
        }
        let default = if matches!(figure, Some(Figure::Auc)) { Covariance::DeLong } else { Covariance::Jackknife };
        Some(Analysis {
            figure: figure?,
            method,
            covariance: match method {
                Method::Or => Some(covariance.unwrap_or(default)),
                Method::Dbm | Method::Ustat => None,
            },
            random_readers: random_readers?.unwrap_or(true),
            random_cases: random_cases?.unwrap_or(true),
            hypothesis: hypothesis?,
            alpha,
            sides: u8::try_from(sides).ok()?,
            multiplicity: multiplicity?.unwrap_or(Multiplicity::None),
            missing: missing?.unwrap_or(Missing::Omit),
            not_evaluable: not_evaluable?.unwrap_or(NotEvaluableCounts::Omit),
            acceptance,
            sensitivity,
            subgroups,
        })
    }

    fn figure(&mut self, d: &AnalysisDraft, paradigm: &Paradigm) -> Option<Figure> {
        let word = self.word("The figure", Some(&d.figure), FIGURES)??;
        let fits = match word {
            FigureWord::Auc => !matches!(paradigm, Paradigm::Binary),
            FigureWord::WAfroc | FigureWord::Afroc | FigureWord::HrAuc => matches!(paradigm, Paradigm::Froc(_)),
            FigureWord::Lroc => matches!(paradigm, Paradigm::Lroc(_)),
            FigureWord::Sensitivity | FigureWord::Specificity => true,
        };
        if !fits {
            let say = format!("The figure {:?} cannot be computed from reads of the paradigm {:?}.", d.figure.get_ref(), paradigm.word());
            self.at(&d.figure, say);
            return None;
        }
        let at = d.at.as_ref().map(|a| *a.get_ref());
        let is_binary = matches!(paradigm, Paradigm::Binary);
        match (word, at) {
            (FigureWord::Lroc, Some(fraction)) if fraction > 0.0 && fraction <= 1.0 => Some(Figure::Lroc(fraction)),
            (FigureWord::Lroc, None) => Some(Figure::Lroc(1.0)),
            (FigureWord::Sensitivity, Some(at)) if at.is_finite() => Some(Figure::Sensitivity(at)),
            (FigureWord::Specificity, Some(at)) if at.is_finite() => Some(Figure::Specificity(at)),
            (FigureWord::Sensitivity, None) if is_binary => Some(Figure::Sensitivity(1.0)),
            (FigureWord::Specificity, None) if is_binary => Some(Figure::Specificity(1.0)),
            (FigureWord::Sensitivity | FigureWord::Specificity, None) => {
                self.at(&d.figure, "This figure needs `at`: the rating from which on a case counts as positive.");
                None
            }
            (FigureWord::Lroc | FigureWord::Sensitivity | FigureWord::Specificity, Some(_)) => {
                self.at(
                    d.at.as_ref()?,
                    "`at` is a false positive fraction above 0 and at most 1 for \"lroc\", and a rating for the others.",
                );
                None
            }
            (_, Some(_)) => {
                self.at(d.at.as_ref()?, "`at` belongs to the figures \"lroc\", \"sensitivity\" and \"specificity\".");
                None
            }
            (FigureWord::Auc, None) => Some(Figure::Auc),
            (FigureWord::WAfroc, None) => Some(Figure::WAfroc),
            (FigureWord::Afroc, None) => Some(Figure::Afroc),
            (FigureWord::HrAuc, None) => Some(Figure::HrAuc),
        }
    }

    /// Which estimate goes with which figure and method.
    fn estimate(&mut self, d: &AnalysisDraft, figure: Figure, method: Method, covariance: Option<Covariance>) {
        if method == Method::Ustat && figure != Figure::Auc {
            self.at(&d.method, "The method \"ustat\" is for the figure \"auc\"; write \"or\" for this figure.");
        }
        let (Some(word), Some(covariance)) = (&d.covariance, covariance) else { return };
        if method != Method::Or {
            self.at(word, "This method has its own estimate: take `covariance` out.");
        } else if covariance != Covariance::Jackknife && figure != Figure::Auc {
            self.at(word, "This estimate is for the figure \"auc\"; write \"jackknife\" for this figure.");
        }
    }

    /// What words allow and this version does not compute: who signs it would learn that after the last read.
    fn computed(&mut self, d: &AnalysisDraft, figure: Option<Figure>, has_units: bool) {
        if has_units && matches!(figure, Some(Figure::Sensitivity(_) | Figure::Specificity(_))) {
            self.at(
                &d.figure,
                "Sensitivity and specificity of several units of a patient are not computed by this version: write \"auc\", or take `[analysis]` out and analyse what is exported.",
            );
        }
        let groups = d.subgroups.as_ref().filter(|names| !names.get_ref().is_empty());
        if let (Some(names), Some(figure)) = (groups, figure)
            && (has_units || figure != Figure::Auc)
        {
            self.at(names, "Subgroups are computed by this version for the figure \"auc\" of whole cases alone: take `subgroups` out.");
        }
    }

    /// Units of one patient are not independent, and these estimates take each case as a patient of its own.
    fn of_units(&mut self, d: &AnalysisDraft, method: Method, covariance: Option<Covariance>) {
        if method == Method::Ustat {
            self.at(
                &d.method,
                "The method \"ustat\" takes each case as one patient, and this study scores several units of a patient: write \"or\".",
            );
        }
        if let Some(at) = d.covariance.as_ref().filter(|_| covariance == Some(Covariance::Unbiased)) {
            self.at(at, "This estimate takes each case as one patient, and this study scores several units of a patient: write \"jackknife\" or \"delong\".");
        }
    }

    fn hypothesis(&mut self, draft: &Spanned<AnalysisDraft>, conditions: &[ConditionRule]) -> Option<Hypothesis> {
        let d = draft.get_ref();
        let word = self.word("The hypothesis", Some(&d.hypothesis), HYPOTHESES)??;
        if word == HypothesisWord::Estimation {
            let spans = [d.reference.as_ref().map(Spanned::span), d.test.as_ref().map(Spanned::span), d.margin.as_ref().map(Spanned::span)];
            if let Some(span) = spans.into_iter().flatten().next() {
                self.on_byte(span.start, "Where figures are only estimated there is no `reference`, `test` or `margin`.");
            }
            return Some(Hypothesis::Estimation);
        }
        let reference = self.compared("reference", d.reference.as_ref(), draft, conditions);
        let test = self.compared("test", d.test.as_ref(), draft, conditions);
        if let (Some(a), Some(b), Some(at)) = (&reference, &test, &d.test)
            && a == b
        {
            self.at(at, "`reference` and `test` are the same condition, so there is no difference to look at.");
        }
        let margin = d.margin.as_ref().map(|m| *m.get_ref());
        if word == HypothesisWord::Superiority {
            if let Some(at) = &d.margin {
                self.at(at, "Superiority has no `margin`; it belongs to \"non-inferiority\" and \"equivalence\".");
            }
            return Some(Hypothesis::Superiority { reference: reference?, test: test? });
        }
        let Some(margin) = margin else {
            self.at(&d.hypothesis, "This hypothesis needs a `margin`: how much worse would still be acceptable.");
            return None;
        };
        if !(margin > 0.0 && margin < 1.0) {
            self.at(d.margin.as_ref()?, "`margin` is in units of the figure: above 0 and below 1.");
        }
        let (reference, test) = (reference?, test?);
        Some(match word {
            HypothesisWord::NonInferiority => Hypothesis::NonInferiority { reference, test, margin },
            _ => Hypothesis::Equivalence { reference, test, margin },
        })
    }

    /// A condition, or what was locked before the AI of one.
    fn compared(
        &mut self,
        what: &str,
        id: Option<&Spanned<String>>,
        table: &Spanned<AnalysisDraft>,
        conditions: &[ConditionRule],
    ) -> Option<Condition> {
        let Some(id) = id else {
            self.at(table, format!("This hypothesis needs `{what}`, the id of a condition."));
            return None;
        };
        let all = conditions.iter().flat_map(|c| [Some(&c.id), c.ai.before()]).flatten();
        let known = all.into_iter().find(|c| c.as_str() == id.get_ref()).cloned();
        if known.is_none() {
            self.at(id, format!("`{what}` names no condition of this study."));
        }
        known
    }

    /// By radius, by mask or by both.
    fn acceptance(&mut self, d: &AnalysisDraft, paradigm: &Paradigm) -> Option<Acceptance> {
        let has_marks = matches!(paradigm, Paradigm::Froc(_) | Paradigm::Lroc(_));
        let said = [
            (&d.acceptance_radius_mm, "acceptance_radius_mm"),
            (&d.acceptance_radius_times, "acceptance_radius_times"),
            (&d.acceptance_mask_mm, "acceptance_mask_mm"),
        ];
        for (draft, name) in said.iter().filter(|_| !has_marks) {
            if let Some(at) = draft {
                self.at(at, format!("This study has no marks that could be near a lesion: take `{name}` out."));
            }
        }
        let value = |draft: &Option<Spanned<f64>>| draft.as_ref().map(|d| *d.get_ref());
        let (radius, times, mask) = (value(&d.acceptance_radius_mm), value(&d.acceptance_radius_times), value(&d.acceptance_mask_mm));
        if let Some(at) = d.acceptance_radius_mm.as_ref().filter(|r| !(*r.get_ref() > 0.0 && *r.get_ref() <= FURTHEST)) {
            self.at(at, format!("`acceptance_radius_mm` is a distance above 0 and up to {FURTHEST} mm."));
        }
        if let Some(at) = d.acceptance_radius_times.as_ref().filter(|t| !(*t.get_ref() > 0.0 && *t.get_ref() <= MOST_TIMES)) {
            self.at(at, format!("`acceptance_radius_times` is how many times a lesion's own radius: above 0 and up to {MOST_TIMES}."));
        }
        if let Some(at) = d.acceptance_mask_mm.as_ref().filter(|m| !(*m.get_ref() >= 0.0 && *m.get_ref() <= FURTHEST)) {
            self.at(at, format!("`acceptance_mask_mm` is a distance from 0, inside the mask, up to {FURTHEST} mm."));
        }
        match &d.acceptance_mask_mm {
            Some(at) if has_marks => {
                self.at(
                    at,
                    "`acceptance_mask_mm` is not carried out by this version, which measures no masks: write `acceptance_radius_mm`.",
                );
            }
            None if has_marks && radius.is_none() && times.is_none() => {
                self.at(&d.figure, "Nothing says how near to a lesion a mark must be to count as on it: write `acceptance_radius_mm`.");
            }
            _ => {}
        }
        let radius = match (radius, times) {
            (Some(mm), None) => Some(Radius::Fixed(Mm(mm))),
            (at_least, Some(times)) => Some(Radius::OfLesion { times, at_least: Mm(at_least.unwrap_or(0.0)) }),
            (None, None) => None,
        };
        let acceptance = match (radius, mask) {
            (Some(radius), None) => Acceptance::Radius(radius),
            (Some(radius), Some(within)) => Acceptance::RadiusOrMask { radius, within: Mm(within) },
            (None, within) => Acceptance::Mask { within: Mm(within.unwrap_or(0.0)) },
        };
        has_marks.then_some(acceptance)
    }

    fn sensitivities(&mut self, d: &AnalysisDraft) -> Vec<SensitivityAnalysis> {
        let mut found = Vec::new();
        for word in d.sensitivity.iter().flat_map(Spanned::get_ref) {
            let Some(Some(analysis)) = self.word("The sensitivity analysis", Some(word), SENSITIVITIES) else { continue };
            if found.contains(&analysis) {
                self.at(word, "This sensitivity analysis is named twice.");
            }
            if analysis == SensitivityAnalysis::PerProtocol {
                self.at(word, "\"per protocol\" is not carried out by this version: the log of deviations names no read. Take it out.");
            }
            found.push(analysis);
        }
        found
    }

    fn subgroups(&mut self, d: &AnalysisDraft) -> Vec<String> {
        let mut found = Vec::new();
        for word in d.subgroups.iter().flat_map(Spanned::get_ref) {
            let Some(name) = self.words("The name of a covariate", word, 40) else { continue };
            if found.contains(&name) {
                self.at(word, "This covariate is named twice.");
            }
            found.push(name);
        }
        self.at_most("subgroups", found.len(), MAX_SUBGROUPS);
        found
    }
}
