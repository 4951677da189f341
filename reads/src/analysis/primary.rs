//! The analysis that a protocol planned, computed first and as it was fixed; then the same under the other assumptions that it lists.
//!
//! Owns what a hypothesis, a margin and sides mean for an interval, and what missing and not evaluable reads count as. The wording is neutral: an interval
//! lies above a bound or it does not. Refuses: a study whose protocol has no analysis.

use super::compared::refusal;
use super::figures::{Source, in_sentence, method, word};
use super::groups::{self, Effect};
use super::report::{Mean, Numbers, Pair, Primary, Report, finite};
use super::{AnalysisError, Choice, Notes, analyse_with, beyond};
use crate::closing::Meeting;
use crate::formats::Covariates;
use crate::protocol::{Analysis, Figure, Hypothesis, Method, Missing, NotEvaluableCounts, Protocol, SensitivityAnalysis};
use crate::scoring::{Cell, Dataset, ScoredTable, Scores, View};
use tiresias_mrmc::dorfman_berbaum_metz::DorfmanBerbaumMetz;
use tiresias_mrmc::figures::CovarianceMethod;
use tiresias_mrmc::hypotheses::{Claim, verdict};
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::missing::{Assumption, filled};
use tiresias_mrmc::nested_readers;
use tiresias_mrmc::obuchowski_rockette::{Comparison, Conventions, Difference, ObuchowskiRockette, OrError, Random};
use tiresias_mrmc::table::Design;
use tiresias_mrmc::ustatistics::{DfRule, Estimator, UStatistics, UStatisticsError, UnpairedDf};
use tiresias_words::Condition;

/// Analyses a study: as its protocol planned it, or a figure or method that was chosen. `meeting` is the leave by which truth met its scores; `covariates` tell
/// subgroups of its cases.
///
/// # Errors
/// When the scores do not have what the figure needs.
pub fn of_study(
    scored: &ScoredTable,
    protocol: &Protocol,
    choice: Choice,
    meeting: &Meeting,
    covariates: Option<&Covariates>,
) -> Result<Report, AnalysisError> {
    let is_planned = choice.figure.is_none() && choice.method.is_none();
    // One level for all of the report, also where another figure was chosen.
    let level = planned_level(protocol.analysis(), choice.level)?;
    let choice = Choice { level, ..choice };
    let plan = protocol.analysis().filter(|_| is_planned);
    let seen = plan.map(|analysis| analysis.figure).or(choice.figure).map_or(scored.widest(), view);
    let mut report = match plan {
        Some(analysis) => planned(scored, analysis, choice, covariates)?,
        None => {
            let data = scored.dataset(seen, scored.how.not_evaluable)?;
            let mut report = analyse_with(&data, &scored.dataset(seen, NotEvaluableCounts::Omit)?, choice)?;
            if let Some(covariates) = covariates {
                explore(&mut report, &data, choice, covariates);
            }
            report
        }
    };
    let mut notes = Notes(std::mem::take(&mut report.notes));
    if !scored.how.by_protocol {
        notes.add("Marks were held against lesions by another rule than the protocol's: this is a re-scoring.".to_owned());
    }
    meeting.notes().into_iter().for_each(|note| notes.add(note));
    let primary = report.primary.as_ref().and_then(|p| p.differences.first());
    report.times = beyond::times(scored, protocol, primary, level, &mut notes);
    report.changes = beyond::changes(scored, protocol, level);
    report.repeats = beyond::repeats(scored, level);
    report.periods = groups::by_period(scored, level);
    report.n.missing = scored.missing(seen);
    report.n.not_evaluable = Some(scored.not_evaluable());
    report.scored = Some(scored.how.clone());
    report.open_look = Some(meeting.is_open_look());
    report.notes = notes.0;
    Ok(report)
}

/// Adds the effect of the first modality against the second in the subgroups of all covariates, which nobody planned.
pub fn explore(report: &mut Report, data: &Dataset, choice: Choice, covariates: &Covariates) {
    let mut notes = Notes(std::mem::take(&mut report.notes));
    if let [_, _, ..] = data.modalities.as_slice() {
        let random = if data.readers.len() > 1 { Random::ReadersAndCases } else { Random::Cases };
        let figure = choice.figure.unwrap_or(if matches!(data.scores, Scores::Roc(_)) { Figure::Auc } else { Figure::Lroc(1.0) });
        let effect = Effect { pair: [0, 1], figure, random, covariance: CovarianceMethod::Jackknife, level: choice.level };
        report.subgroups = groups::by_covariates(data, covariates, &[], effect, &mut notes);
    } else {
        notes.add("There is one modality, so that there is no effect to be given by covariates.".to_owned());
    }
    report.notes = notes.0;
}

fn planned(scored: &ScoredTable, analysis: &Analysis, choice: Choice, covariates: Option<&Covariates>) -> Result<Report, AnalysisError> {
    let level = choice.level;
    let plan = Plan { scored, analysis, level, df_rule: choice.df_rule };
    let filling = if analysis.missing == Missing::Worst { Filling::Missing } else { Filling::Nothing };
    let data = plan.data(analysis.not_evaluable, filling)?;
    let rated = scored.dataset(view(analysis.figure), NotEvaluableCounts::Omit)?;
    let mut report = analyse_with(&data, &rated, Choice { figure: Some(analysis.figure), ..choice })?;
    let mut notes = Notes(std::mem::take(&mut report.notes));
    report.primary = plan.computed("primary", &data, plan.random(), analysis.method, plan.covariance(), &mut notes);
    plan.sensitivity(&data, &mut report.sensitivity, &mut notes)?;
    match covariates {
        Some(covariates) if data.modalities.len() > 1 => {
            let (a, b) = plan.compared().unwrap_or((0, 1));
            let effect = Effect { pair: [a, b], figure: analysis.figure, random: plan.random(), covariance: plan.covariance(), level };
            report.subgroups = groups::by_covariates(&data, covariates, &analysis.subgroups, effect, &mut notes);
        }
        Some(_) => notes.add("There is one condition, so that there is no effect to be given by covariates.".to_owned()),
        None if !analysis.subgroups.is_empty() => {
            let names = analysis.subgroups.join(", ");
            notes.add(format!(
                "The protocol plans subgroups by {names}: lay the covariates of the cases as covariates.csv into the desk's folder, or name the file with --covariates."
            ));
        }
        None => {}
    }
    report.notes = notes.0;
    Ok(report)
}

/// The confidence of intervals: what the protocol's alpha and sides ask for.
fn planned_level(analysis: Option<&Analysis>, otherwise: Level) -> Result<Level, AnalysisError> {
    let Some(analysis) = analysis else { return Ok(otherwise) };
    let confidence = if analysis.sides == 1 { 1.0 - 2.0 * analysis.alpha } else { 1.0 - analysis.alpha };
    Level::new(confidence).map_err(|e| AnalysisError::Other(in_sentence(&e.to_string())))
}

/// The scores that a figure is of.
const fn view(figure: Figure) -> View {
    match figure {
        Figure::Auc | Figure::Sensitivity(_) | Figure::Specificity(_) => View::Ratings,
        Figure::Lroc(_) => View::Located,
        Figure::WAfroc | Figure::Afroc | Figure::HrAuc => View::Marks,
    }
}

struct Plan<'a> {
    scored: &'a ScoredTable,
    analysis: &'a Analysis,
    level: Level,
    df_rule: DfRule,
}

/// What is filled with the worst or the best that it could have been.
#[derive(Clone, Copy)]
enum Filling {
    Nothing,
    /// Missing reads, at their worst. What was not evaluable was read, and counts as the protocol says.
    Missing,
    /// Missing and not evaluable reads, at their worst.
    Worst,
    /// Likewise, at their best.
    Best,
}

/// Estimates of modalities by their places, and of pairs.
type Estimates = (Vec<(usize, Estimate)>, Vec<Difference>);

impl Plan<'_> {
    const fn random(&self) -> Random {
        match (self.analysis.random_readers, self.analysis.random_cases) {
            (false, _) => Random::Cases,
            (true, false) => Random::Readers,
            (true, true) => Random::ReadersAndCases,
        }
    }
    fn covariance(&self) -> CovarianceMethod {
        self.analysis.covariance.map_or(CovarianceMethod::Jackknife, method)
    }
    /// Test and reference by their places.
    fn compared(&self) -> Option<(usize, usize)> {
        let place = |c: &Condition| self.scored.conditions.iter().position(|x| x == c);
        match &self.analysis.hypothesis {
            Hypothesis::Estimation => None,
            Hypothesis::Superiority { reference, test }
            | Hypothesis::NonInferiority { reference, test, .. }
            | Hypothesis::Equivalence { reference, test, .. } => place(test).zip(place(reference)),
        }
    }

    /// The scores, filled with what is worst for the test condition, or best.
    fn data(&self, counts: NotEvaluableCounts, filling: Filling) -> Result<Dataset, AnalysisError> {
        let mut data = self.scored.dataset(view(self.analysis.figure), counts)?;
        let fills = |cell: &Cell| match filling {
            Filling::Nothing => false,
            Filling::Missing => *cell == Cell::Missing,
            Filling::Worst | Filling::Best => *cell != Cell::NotPlanned,
        };
        // Marks and located ratings are of whole cases, ratings of their units.
        let units = |case: &crate::scoring::ScoredCase| if matches!(data.scores, Scores::Roc(_)) { case.units.len() } else { 1 };
        let units: Vec<usize> = self.scored.cases.iter().map(units).collect();
        let cells = self.scored.cells.iter().zip(units.iter().cycle());
        let filled_in: Vec<bool> = cells.flat_map(|(cell, units)| std::iter::repeat_n(fills(cell), *units)).collect();
        if !filled_in.iter().enumerate().any(|(at, fills)| *fills && !data.scores.has(at)) {
            return Ok(data);
        }
        if !matches!(data.scores, Scores::Roc(_)) {
            let why = "Missing reads are filled in ratings alone, and this figure is of marks or located ratings.";
            return Err(AnalysisError::Other(why.to_owned()));
        }
        let best = matches!(filling, Filling::Best);
        let (for_test, for_reference) = if best { (Assumption::Best, Assumption::Worst) } else { (Assumption::Worst, Assumption::Best) };
        let compared = self.compared();
        let assumed = |modality: usize| match compared {
            Some((_, reference)) if modality == reference => for_reference,
            _ => for_test,
        };
        let assumptions: Vec<Assumption> = (0..data.modalities.len()).map(assumed).collect();
        let source = Source::new(&data, self.analysis.figure)?;
        let scores = filled(&source.table()?, &filled_in, &assumptions).map_err(|e| AnalysisError::Other(in_sentence(&e.to_string())))?;
        data.scores = Scores::Roc(scores);
        Ok(data)
    }

    /// One analysis; what cannot be computed is a note.
    fn computed(
        &self,
        name: &'static str,
        data: &Dataset,
        random: Random,
        method: Method,
        covariance: CovarianceMethod,
        notes: &mut Notes,
    ) -> Option<Primary> {
        let how = how(self.analysis.figure, method, covariance, random, self.level);
        match self.estimates(data, random, method, covariance) {
            Ok((means, differences)) => Some(self.said(name, (how, method), &means, &differences)),
            Err(why) => {
                notes.add(format!("The {name} analysis ({how}) cannot be computed. {why}"));
                None
            }
        }
    }

    fn estimates(&self, data: &Dataset, random: Random, method: Method, covariance: CovarianceMethod) -> Result<Estimates, String> {
        let source = Source::new(data, self.analysis.figure).map_err(|e| e.to_string())?;
        let modalities = data.modalities.len();
        let pairs = |compared: Result<Comparison, OrError>| match compared {
            Err(OrError::OneModality) => Ok(Vec::new()),
            Ok(comparison) => Ok(comparison.differences),
            Err(other) => Err(in_sentence(&other.to_string())),
        };
        // The figure of each modality by its place.
        let means = |of: &dyn Fn(usize) -> Result<Estimate, OrError>| {
            (0..modalities).map(|m| of(m).map(|e| (m, e))).collect::<Result<Vec<_>, _>>().map_err(|e| in_sentence(&e.to_string()))
        };
        let design = source.table().map_err(|e| e.to_string())?.design();
        let of_patients = source.patients.is_some();
        if method == Method::Ustat && of_patients {
            return Err("U-statistics take each case as one patient, and several units of one patient are scored here. Look at the Obuchowski-Rockette analysis.".to_owned());
        }
        if method == Method::Ustat && random != Random::ReadersAndCases {
            return Err("U-statistics have readers and cases random. Look at the Obuchowski-Rockette analysis.".to_owned());
        }
        if method == Method::Or && covariance == CovarianceMethod::Unbiased && of_patients {
            return Err("The unbiased covariance takes each case as one patient, and several units of one patient are scored here. Look at the jackknife.".to_owned());
        }
        let is_nested = design == Design::ReadersInModalities && self.analysis.figure == Figure::Auc && !of_patients;
        if method == Method::Or && is_nested && random == Random::ReadersAndCases {
            let table = source.table().map_err(|e| e.to_string())?;
            let (figures, modality_of) = nested_readers::figures_of_areas(&table, covariance).map_err(|e| in_sentence(&e.to_string()))?;
            let found = nested_readers::compare(&figures, &modality_of, self.level).map_err(|e| in_sentence(&e.to_string()))?;
            let own = |m: usize| nested_readers::modality(&figures, &modality_of, m, self.level).map(|e| (m, e));
            let means = (0..modalities).map(own).collect::<Result<Vec<_>, _>>().map_err(|e| in_sentence(&e.to_string()))?;
            return Ok((means, found.differences));
        }
        if let Some(why) = refusal(design).filter(|_| method != Method::Ustat) {
            let has_other = self.analysis.figure == Figure::Auc && !of_patients;
            return Err(if has_other { format!("{why} Look at the U-statistics.") } else { why.to_owned() });
        }
        match method {
            Method::Or => {
                let figures = source.figures(covariance)?;
                let or = ObuchowskiRockette::new(&figures, Conventions::default(), self.level);
                Ok((means(&|m| or.modality(m, random))?, pairs(or.compare(random))?))
            }
            Method::Dbm => {
                let dbm = DorfmanBerbaumMetz::new(&source.jackknife()?, self.level);
                Ok((means(&|m| dbm.modality(m, random))?, pairs(dbm.compare(random))?))
            }
            Method::Ustat => {
                let table = source.table().map_err(|e| e.to_string())?;
                let u = UStatistics::of(&table);
                let sentence = |e: UStatisticsError| in_sentence(&e.to_string());
                let none = || "Nothing varied, so that there are no degrees of freedom.".to_owned();
                let estimate = |of: tiresias_mrmc::ustatistics::Averaged, null| {
                    // A negative variance has no degrees of freedom, and the sentence about it says more.
                    let df = of.df_bdg.or((of.variance < 0.0).then_some(1.0)).ok_or_else(none)?;
                    of.estimate(df, self.df_rule, Some(null), self.level).map_err(sentence)
                };
                let mut means = Vec::new();
                for m in 0..modalities {
                    means.push((m, estimate(u.modality(m, Estimator::Unbiased).map_err(sentence)?, 0.5)?));
                }
                let mut differences = Vec::new();
                for (first, second) in (0..modalities).flat_map(|a| (a + 1..modalities).map(move |b| (a, b))) {
                    let of = u.difference(first, second, Estimator::Unbiased, UnpairedDf::PerModality).map_err(sentence)?;
                    differences.push(Difference { first, second, estimate: estimate(of, 0.0)? });
                }
                Ok((means, differences))
            }
        }
    }

    /// What follows for the hypothesis.
    fn said(
        &self,
        name: &'static str,
        (how, method): (String, Method),
        means: &[(usize, Estimate)],
        differences: &[Difference],
    ) -> Primary {
        let condition = |at: usize| self.scored.conditions.get(at).map(ToString::to_string).unwrap_or_default();
        let means = means.iter().map(|(m, e)| Mean { modality: condition(*m), of: e.into() }).collect();
        let pair = |a: usize, b: usize, e: &Estimate| Pair { a: condition(a), b: condition(b), reader: None, of: Numbers::from(e) };
        let all = || differences.iter().map(|d| pair(d.first, d.second, &d.estimate)).collect();
        let mut found = Primary {
            name,
            how,
            method,
            hypothesis: None,
            means,
            differences: Vec::new(),
            p: None,
            one_sided_level: None,
            bounds: Vec::new(),
            statement: None,
            shown: None,
        };
        let Some((test, reference)) = self.compared() else {
            found.differences = all();
            return found;
        };
        let (new, old) = (condition(test), condition(reference));
        let own = differences.iter().find_map(|d| match (d.first == test, d.second == reference, d.first == reference, d.second == test) {
            (true, true, ..) => Some(d.estimate),
            (_, _, true, true) => {
                let e = d.estimate;
                Some(Estimate::new(-e.value, e.standard_error, e.df, Some(0.0), self.level))
            }
            _ => None,
        });
        let Some(e) = own else { return found };
        found.differences = vec![pair(test, reference, &e)];
        let bound = |claim| verdict(&e, claim).ok();
        let (what, p, shown, where_to) = match &self.analysis.hypothesis {
            Hypothesis::Estimation => return found,
            Hypothesis::Superiority { .. } => {
                let one_sided = bound(Claim::Superiority);
                let p = if self.analysis.sides == 1 { one_sided.map(|v| v.p) } else { e.test.map(|t| t.p) };
                (format!("\"{new}\" is better than \"{old}\""), p, one_sided.map(|v| v.shown), "above 0".to_owned())
            }
            Hypothesis::NonInferiority { margin, .. } => {
                let v = bound(Claim::NonInferiority(*margin));
                (
                    format!("\"{new}\" is not worse than \"{old}\" by {margin} or more"),
                    v.map(|v| v.p),
                    v.map(|v| v.shown),
                    format!("above {}", -margin),
                )
            }
            Hypothesis::Equivalence { margin, .. } => {
                let both = bound(Claim::NonInferiority(*margin)).zip(bound(Claim::SuperiorityBy(*margin)));
                let p = both.map(|(low, high)| low.p.max(1.0 - high.p));
                let shown = both.map(|(low, _)| low.shown && e.interval.high < *margin);
                (format!("\"{new}\" and \"{old}\" differ by less than {margin}"), p, shown, format!("between {} and {margin}", -margin))
            }
        };
        found.bounds = match &self.analysis.hypothesis {
            Hypothesis::Estimation => Vec::new(),
            Hypothesis::Superiority { .. } => vec![0.0],
            Hypothesis::NonInferiority { margin, .. } => vec![-margin],
            Hypothesis::Equivalence { margin, .. } => vec![-margin, *margin],
        };
        found.statement = Some(match shown {
            None => format!("Nothing varied between \"{new}\" and \"{old}\", so that there is no test."),
            Some(shown) => format!(
                "\"{new}\" minus \"{old}\" is {:.4}, {} % interval {:.4} to {:.4}, which {} {where_to}.",
                e.value,
                percent(self.level),
                e.interval.low,
                e.interval.high,
                if shown { "lies" } else { "does not lie" },
            ),
        });
        (found.hypothesis, found.p, found.shown) = (Some(what), p.and_then(finite), shown);
        let (alpha, sides) = (self.analysis.alpha, self.analysis.sides);
        // A margin is met on one side whatever `sides` is, each side having half of alpha where there are two (ICH E9).
        let is_two_sided = sides != 1 && matches!(self.analysis.hypothesis, Hypothesis::Superiority { .. });
        found.one_sided_level = found.p.filter(|_| !is_two_sided).map(|_| if sides == 1 { alpha } else { alpha / 2.0 });
        found
    }

    fn sensitivity(&self, data: &Dataset, found: &mut Vec<Primary>, notes: &mut Notes) -> Result<(), AnalysisError> {
        let (method, covariance) = (self.analysis.method, self.covariance());
        for analysis in &self.analysis.sensitivity {
            match analysis {
                SensitivityAnalysis::FixedReaders => {
                    found.extend(self.computed("fixed readers", data, Random::Cases, fixed(method), covariance, notes));
                }
                SensitivityAnalysis::FixedCases => {
                    found.extend(self.computed("fixed cases", data, Random::Readers, fixed(method), covariance, notes));
                }
                SensitivityAnalysis::WorstCase | SensitivityAnalysis::BestCase => {
                    let best = *analysis == SensitivityAnalysis::BestCase;
                    let name = if best { "best case" } else { "worst case" };
                    match self.data(NotEvaluableCounts::Omit, if best { Filling::Best } else { Filling::Worst }) {
                        Ok(filled) => found.extend(self.computed(name, &filled, self.random(), method, covariance, notes)),
                        Err(AnalysisError::Other(why)) => notes.add(format!("The {name} analysis is left out. {why}")),
                        Err(other) => return Err(other),
                    }
                }
                SensitivityAnalysis::OtherMethods => self.other_methods(data, found, notes),
                SensitivityAnalysis::PerProtocol => {
                    notes.add(
                        "The analysis without reads that had a deviation is left out: the log has deviations of cases and readers, and names no read."
                            .to_owned(),
                    );
                }
            }
        }
        Ok(())
    }

    fn other_methods(&self, data: &Dataset, found: &mut Vec<Primary>, notes: &mut Notes) {
        let by = [CovarianceMethod::DeLong, CovarianceMethod::Jackknife, CovarianceMethod::Unbiased];
        let is_area = self.analysis.figure == Figure::Auc && data.cases.iter().all(|c| c.patient.is_none());
        let mut others: Vec<(Method, CovarianceMethod)> =
            by.into_iter().filter(|c| is_area || *c == CovarianceMethod::Jackknife).map(|c| (Method::Or, c)).collect();
        others.push((Method::Dbm, CovarianceMethod::Jackknife));
        if is_area && self.random() == Random::ReadersAndCases {
            others.push((Method::Ustat, CovarianceMethod::Unbiased));
        }
        for (method, covariance) in others {
            let is_primary = method == self.analysis.method && (method != Method::Or || covariance == self.covariance());
            if !is_primary {
                found.extend(self.computed("other methods", data, self.random(), method, covariance, notes));
            }
        }
    }
}

/// U-statistics have readers and cases random; with one of them fixed it is Obuchowski and Rockette.
const fn fixed(method: Method) -> Method {
    match method {
        Method::Dbm => Method::Dbm,
        Method::Or | Method::Ustat => Method::Or,
    }
}

fn how(figure: Figure, method: Method, covariance: CovarianceMethod, random: Random, level: Level) -> String {
    let (fom, at) = word(figure);
    let at = at.map_or_else(String::new, |at| format!(" at {at}"));
    let covariance = match covariance {
        CovarianceMethod::DeLong => "DeLong",
        CovarianceMethod::Jackknife => "jackknife",
        CovarianceMethod::Unbiased => "unbiased",
    };
    let method = match method {
        Method::Or => format!("Obuchowski-Rockette, {covariance} covariance"),
        Method::Dbm => "Dorfman-Berbaum-Metz".to_owned(),
        Method::Ustat => "U-statistics, degrees of freedom BDG".to_owned(),
    };
    let random = match random {
        Random::ReadersAndCases => "readers and cases random",
        Random::Cases => "readers fixed, cases random",
        Random::Readers => "readers random, cases fixed",
    };
    format!("{fom}{at}, {method}, {random}, {} % intervals", percent(level))
}

/// Confidence in percent, without the noise of the last digits.
pub(super) fn percent(level: Level) -> f64 {
    (level.confidence() * 1e6).round() / 1e4
}

#[cfg(test)]
mod tests;
