//! Results by groups: the effect in subgroups of cases that a covariate tells, and each condition by the period in which it was read.
//!
//! Owns which values make subgroups and in which order they stand; the estimates are `mrmc`'s. Periods are described and not tested. Refuses, with a note: a
//! covariate with one value or with too many, subgroups in which a reader has too few cases, subgroups of units that share a patient, and designs in which
//! all cases together are not compared.

use super::compared::refusal;
use super::figures::in_sentence;
use super::per_reader;
use super::report::{Counted, Interaction, PeriodRow, Subgroup, SubgroupBlock, finite};
use super::{Notes, figures::Source};
use crate::formats::Covariates;
use crate::protocol::Figure;
use crate::scoring::{Dataset, ScoredTable, Scores, View};
use std::collections::BTreeSet;
use tiresias_mrmc::figures::CovarianceMethod;
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::Random;
use tiresias_mrmc::subgroups::{SubgroupError, subgroups};

/// More values than this are numbers, not groups.
const MOST: usize = 12;

/// How an effect within subgroups is computed: modality `pair[0]` minus `pair[1]`.
#[derive(Clone, Copy)]
pub(super) struct Effect {
    pub(super) pair: [usize; 2],
    pub(super) figure: Figure,
    pub(super) random: Random,
    pub(super) covariance: CovarianceMethod,
    pub(super) level: Level,
}

/// The effect by each covariate: those that were `planned` first, and the others of the file as what they are.
pub(super) fn by_covariates(
    data: &Dataset,
    covariates: &Covariates,
    planned: &[String],
    effect: Effect,
    notes: &mut Notes,
) -> Vec<SubgroupBlock> {
    let known: BTreeSet<&str> = data.cases.iter().map(name_of).collect();
    // Those of the training, or of a case that was withdrawn, may be in a desk's list.
    let strangers: Vec<&str> = covariates.cases().filter(|case| !known.contains(case)).collect();
    if let Some(first) = strangers.first() {
        let first = crate::shown::shown(first, 60);
        notes.add(match strangers.len() {
            1 => format!("The covariates have the case \"{first}\", which is not in the data."),
            n => format!("The covariates have {n} cases that are not in the data, the first of them \"{first}\"."),
        });
    }
    notes.add(format!("Subgroups are by the covariates whose SHA-256 is {}.", covariates.hash()));
    for name in planned.iter().filter(|name| !covariates.has(name)) {
        notes.add(format!("The protocol plans subgroups by \"{name}\", and the covariates have no such column."));
    }
    // Names of a file are in small letters.
    let own = covariates.names().iter().filter(|name| !planned.iter().any(|p| p.to_lowercase() == **name));
    let all = planned.iter().map(|name| (name, true)).chain(own.map(|name| (name, false)));
    let there = all.filter(|(name, _)| covariates.has(name));
    there.filter_map(|(name, is_planned)| block(data, covariates, name, is_planned, effect, notes)).collect()
}

/// The case of a unit, or the case itself.
fn name_of(case: &crate::scoring::DataCase) -> &str {
    case.patient.as_deref().unwrap_or(&case.name)
}

fn block(
    data: &Dataset,
    covariates: &Covariates,
    name: &str,
    is_planned: bool,
    effect: Effect,
    notes: &mut Notes,
) -> Option<SubgroupBlock> {
    let of_case: Vec<Option<&str>> = data.cases.iter().map(|case| covariates.value(name, name_of(case))).collect();
    let values = in_order(&of_case);
    let mut left_out = |why: String| {
        notes.add(format!("Subgroups by \"{name}\" are left out. {why}"));
        None
    };
    if values.len() < 2 || values.len() > MOST {
        return left_out(format!("It has {} values; subgroups need 2 to {MOST}. Make bands of numbers.", values.len()));
    }
    if effect.figure != Figure::Auc {
        return left_out("They are computed for areas under ROC curves alone.".to_owned());
    }
    if data.cases.iter().any(|case| case.patient.is_some()) {
        return left_out("Units of one patient are scored by themselves, and subgroups take cases as independent.".to_owned());
    }
    let labels: Vec<Option<usize>> = of_case.iter().map(|value| values.iter().position(|v| Some(v) == value.as_ref())).collect();
    let counted = |label: usize| {
        let of = |diseased: bool| data.cases.iter().zip(&labels).filter(|(c, l)| **l == Some(label) && c.diseased == diseased).count();
        Counted { normals: of(false), diseased: of(true) }
    };
    let source = Source::new(data, effect.figure).ok()?;
    let table = source.table().ok()?;
    if let Some(why) = refusal(table.design()) {
        return left_out(why.to_owned());
    }
    let found = match subgroups(&table, &labels, effect.pair, effect.covariance, effect.random, effect.level) {
        Ok(found) => found,
        Err(SubgroupError::TooSmall { subgroup, source }) => {
            let value = values.get(subgroup).copied().unwrap_or_default();
            return left_out(format!("In \"{value}\": {} Merge it with another.", in_sentence(&source.to_string())));
        }
        Err(other) => return left_out(in_sentence(&other.to_string())),
    };
    let modality = |at: usize| data.modalities.get(at).cloned().unwrap_or_default();
    let rows = values.iter().zip(&found.effects).enumerate();
    let rows = rows.map(|(at, (value, e))| Subgroup { value: (*value).to_owned(), cases: counted(at), of: e.into() }).collect();
    let unknown = of_case.iter().filter(|value| value.is_none()).count();
    if unknown > 0 {
        let cases = if unknown == 1 { "case has" } else { "cases have" };
        notes.add(format!(
            "{unknown} {cases} no value of \"{name}\" and {} in none of its subgroups.",
            if unknown == 1 { "is" } else { "are" }
        ));
    }
    let equality = found.interaction.equality;
    Some(SubgroupBlock {
        covariate: name.to_owned(),
        is_planned,
        a: modality(effect.pair[0]),
        b: modality(effect.pair[1]),
        subgroups: rows,
        unknown,
        interaction: Interaction {
            statistic: equality.and_then(|e| finite(e.statistic)),
            df1: equality.and_then(|e| finite(e.df1)),
            df2: equality.and_then(|e| finite(e.df2)),
            p: equality.and_then(|e| finite(e.p)),
        },
    })
}

/// The values, each once: numbers by their size, anything else as text.
fn in_order<'a>(values: &[Option<&'a str>]) -> Vec<&'a str> {
    let mut found: Vec<&str> = values.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let numbers: Option<Vec<f64>> = found.iter().map(|v| v.parse().ok().filter(|n: &f64| n.is_finite())).collect();
    if numbers.is_some() {
        let number = |v: &str| v.parse().unwrap_or(0.0);
        found.sort_by(|a, b| f64::total_cmp(&number(a), &number(b)).then(a.cmp(b)));
    }
    found
}

/// Each condition by period: the mean over readers of the area under the curve of the ratings that they gave in it.
pub(super) fn by_period(scored: &ScoredTable, level: Level) -> Vec<PeriodRow> {
    let last = scored.periods.iter().flatten().max().copied().unwrap_or(0);
    let Ok(data) = scored.dataset(View::Ratings, scored.how.not_evaluable) else { return Vec::new() };
    let Scores::Roc(ratings) = &data.scores else { return Vec::new() };
    let units = scored.cases.iter().map(|c| c.units.len()).cycle();
    let periods: Vec<Option<u32>> = scored.periods.iter().zip(units).flat_map(|(period, n)| std::iter::repeat_n(*period, n)).collect();
    let mut rows = Vec::new();
    for period in 1..=last {
        let own = ratings.iter().zip(&periods).map(|(rating, of)| rating.filter(|_| *of == Some(period))).collect();
        let part = Dataset { scores: Scores::Roc(own), ..data.clone() };
        let Ok(source) = Source::new(&part, Figure::Auc) else { continue };
        let readers = per_reader::rows(&source, None, level);
        for modality in &data.modalities {
            let of = readers.iter().filter(|r| r.modality == *modality);
            let (reads, foms): (Vec<usize>, Vec<Option<f64>>) = of.map(|r| (r.normals + r.diseased, r.fom)).unzip();
            let foms: Vec<f64> = foms.into_iter().flatten().collect();
            let reads = reads.iter().sum();
            if reads > 0 {
                let mean = (!foms.is_empty()).then(|| foms.iter().sum::<f64>() / foms.len() as f64);
                rows.push(PeriodRow { modality: modality.clone(), period, reads, readers: foms.len(), auc: mean.and_then(finite) });
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::DataCase;

    fn data() -> Dataset {
        let cases = (0..24).map(|n| DataCase { name: format!("C{n:02}"), patient: None, diseased: n % 2 == 0, lesions: vec![] });
        // Readers 3 apart in skill, modality b one step better.
        let score = |i: usize| {
            let (m, r, c) = (i / 72, i / 24 % 3, i % 24);
            Some(((c * 7 + r * 5 + m * 3) % 11 + if c % 2 == 0 { 2 + m + r } else { 0 }) as f64)
        };
        Dataset {
            modalities: vec!["a".into(), "b".into()],
            readers: (0..3).map(|r| format!("r{r}")).collect(),
            cases: cases.collect(),
            scores: Scores::Roc((0..144).map(score).collect()),
        }
    }
    fn covariates(of: impl Fn(usize) -> String) -> Covariates {
        let rows: String = (0..24).map(|n| format!("C{n:02},{}\n", of(n))).collect();
        Covariates::parse(format!("case,Site,score\n{rows}").as_bytes()).unwrap()
    }
    fn effect() -> Effect {
        let (random, covariance) = (Random::ReadersAndCases, CovarianceMethod::DeLong);
        Effect { pair: [1, 0], figure: Figure::Auc, random, covariance, level: Level::default() }
    }
    fn blocks(covariates: &Covariates, planned: &[&str], effect: Effect) -> (Vec<SubgroupBlock>, Vec<String>) {
        let mut notes = Notes::default();
        let planned: Vec<String> = planned.iter().map(|p| (*p).to_owned()).collect();
        let found = by_covariates(&data(), covariates, &planned, effect, &mut notes);
        (found, notes.0)
    }

    #[test]
    fn an_effect_in_a_subgroup_is_that_of_its_cases_alone() {
        let given = covariates(|n| format!("{},{n}", if n < 12 { "B" } else { "A" }));
        let (found, notes) = blocks(&given, &["site"], effect());
        assert_eq!((found.len(), found[0].is_planned, found[0].unknown), (1, true, 0));
        assert!(notes.iter().any(|n| n.contains("\"score\" are left out. It has 24 values")), "{notes:?}");
        for (row, keeps) in found[0].subgroups.iter().zip([12..24, 0..12]) {
            let all = data();
            let Scores::Roc(scores) = &all.scores else { panic!() };
            let part = Dataset {
                cases: all.cases[keeps.clone()].to_vec(),
                scores: Scores::Roc(scores.chunks(24).flat_map(|cell| cell[keeps.clone()].to_vec()).collect()),
                ..all.clone()
            };
            let report = super::super::analyse(&part, super::super::Choice::default()).unwrap();
            let pair = &report.or["delong"].rrrc.as_ref().unwrap().differences[0];
            let value = -pair.of.estimate.unwrap();
            assert!((row.of.estimate.unwrap() - value).abs() < 1e-12, "{row:?} {pair:?}");
            assert_eq!((row.cases.normals, row.cases.diseased), (6, 6));
        }
        assert_eq!(found[0].subgroups.iter().map(|s| s.value.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert!(found[0].interaction.p.is_some_and(|p| p > 0.0 && p <= 1.0));
    }

    #[test]
    fn what_is_no_subgroup_is_said() {
        let effect = effect();
        for (of, says) in [
            (covariates(|_| "A,1".into()), "It has 1 values"),
            (covariates(|n| format!("{},1", if n == 0 { "A" } else { "B" })), "In \"A\":"),
        ] {
            let (found, notes) = blocks(&of, &[], effect);
            assert!(found.is_empty() && notes.iter().any(|n| n.contains(says)), "{notes:?}");
        }
        let halves = covariates(|n| {
            format!(
                "{},",
                if n < 11 {
                    "A"
                } else if n < 22 {
                    "B"
                } else {
                    ""
                }
            )
        });
        let (found, notes) = blocks(&halves, &["vendor"], effect);
        assert_eq!((found.len(), found[0].unknown, found[0].is_planned), (1, 2, false));
        assert!(
            notes.iter().any(|n| n.contains("no such column")) && notes.iter().any(|n| n.starts_with("2 cases have no value")),
            "{notes:?}"
        );
        let (found, notes) = blocks(&halves, &[], Effect { figure: Figure::WAfroc, ..effect });
        assert!(found.is_empty() && notes.iter().any(|n| n.contains("areas under ROC curves alone")));
        let (found, notes) = blocks(&Covariates::parse(b"case,site\nC99,A\nC98,B\n").unwrap(), &[], effect);
        assert!(
            found.is_empty() && notes.iter().any(|n| n.contains("2 cases that are not in the data, the first of them \"C98\"")),
            "{notes:?}"
        );
    }

    #[test]
    fn designs_that_are_not_compared_have_no_subgroups() {
        let mut gap = data();
        let Scores::Roc(scores) = &mut gap.scores else { panic!() };
        scores[30] = None;
        let (given, mut notes) = (covariates(|n| format!("{},1", if n < 12 { "B" } else { "A" })), Notes::default());
        let found = by_covariates(&gap, &given, &[], effect(), &mut notes);
        assert!(found.is_empty(), "{found:?}");
        assert!(notes.0.iter().any(|n| n.contains("by \"site\" are left out. Reads are missing")), "{:?}", notes.0);
    }

    #[test]
    fn numbers_stand_by_their_size() {
        assert_eq!(in_order(&[Some("10"), Some("9"), None, Some("10")]), ["9", "10"]);
        assert_eq!(in_order(&[Some("b"), Some("10"), Some("9")]), ["10", "9", "b"]);
    }
}
