//! Tests of planned analyses on made-up reads: what is missing and what was not evaluable, units, designs, and the p of a hypothesis.

use super::*;
use crate::protocol::Multiplicity;
use crate::scoring::{HowScored, Score, ScoredCase, ScoredParadigm, ScoredUnit, UnitRating};
use tiresias_words::{CaseId, ContentHash, ReaderId};

const CASES: usize = 20;

/// Cases of which the first half is without the signal, in two conditions.
fn scored(readers: usize, units: &[&str], cell: impl Fn(usize, usize, usize) -> Cell) -> ScoredTable {
    let unit = |key: Option<&str>, signal| ScoredUnit { key: key.map(str::to_owned), signal };
    let units = |signal| match units {
        [] => vec![unit(None, signal)],
        keys => keys.iter().enumerate().map(|(at, key)| unit(Some(key), signal && at == 0)).collect(),
    };
    let case = |k: usize| ScoredCase {
        case: CaseId::new(format!("C{k}")).unwrap(),
        package: ContentHash([k as u8; 32]),
        signal: k >= CASES / 2,
        units: units(k >= CASES / 2),
        lesions: Vec::new(),
    };
    let places = (0..2).flat_map(|c| (0..readers).flat_map(move |r| (0..CASES).map(move |k| (c, r, k))));
    let cells: Vec<Cell> = places.map(|(c, r, k)| cell(c, r, k)).collect();
    ScoredTable {
        paradigm: ScoredParadigm::Ratings { scale: [0, 100_000] },
        conditions: ["new", "old"].map(|c| Condition::new(c).unwrap()).to_vec(),
        readers: (0..readers).map(|r| ReaderId::new(format!("r{r}")).unwrap()).collect(),
        cases: (0..CASES).map(case).collect(),
        periods: vec![None; cells.len()],
        cells,
        repeats: Vec::new(),
        how: HowScored {
            study: String::new(),
            protocol: ContentHash([0; 32]),
            record_head: ContentHash([0; 32]),
            records: 0,
            truth: ContentHash([0; 32]),
            truth_version: 1,
            truth_source: String::new(),
            acceptance: None,
            by_protocol: true,
            rating_question: None,
            not_evaluable: NotEvaluableCounts::Omit,
            amended: "",
            repeated: "",
        },
    }
}
fn read(ratings: &[i64]) -> Cell {
    let ratings = ratings.iter().map(|r| UnitRating::Rated(r * 1000)).collect();
    Cell::Read(Score { seq: 1, ratings, marks: Vec::new(), reading_ms: 1 })
}
/// Ratings that tell the cases apart, more or less: how well differs from reader to reader and with the condition.
fn rating(c: usize, r: usize, k: usize) -> i64 {
    let noise = |n: usize| (n.wrapping_mul(2_654_435_761) >> 7) as i64 % 40;
    i64::from(k >= CASES / 2) * (4 + 14 * ((3 * c + r) % 4) as i64) + noise(k + 1) + noise(1000 * c + 100 * r + k)
}
fn analysis(method: Method, covariance: Option<crate::protocol::Covariance>) -> Analysis {
    let [test, reference] = ["new", "old"].map(|c| Condition::new(c).unwrap());
    Analysis {
        figure: Figure::Auc,
        method,
        covariance,
        random_readers: true,
        random_cases: true,
        hypothesis: Hypothesis::Superiority { reference, test },
        alpha: 0.05,
        sides: 2,
        multiplicity: Multiplicity::None,
        missing: Missing::Omit,
        not_evaluable: NotEvaluableCounts::Omit,
        acceptance: None,
        sensitivity: Vec::new(),
        subgroups: Vec::new(),
    }
}
fn report(scored: &ScoredTable, analysis: &Analysis) -> Report {
    planned(scored, analysis, Choice::default(), None).unwrap()
}
fn refused(scored: &ScoredTable, analysis: &Analysis, why: &str) {
    let found = report(scored, analysis);
    assert!(found.primary.is_none() && found.notes.iter().any(|n| n.contains(why)), "{:?}", found.notes);
}

#[test]
fn the_worst_is_taken_of_missing_reads_alone() {
    let gap = |at: Cell| scored(3, &[], move |c, r, k| if (c, r, k) == (0, 1, 14) { at.clone() } else { read(&[rating(c, r, k)]) });
    let ustat = Analysis { missing: Missing::Worst, ..analysis(Method::Ustat, None) };
    let omitted = analysis(Method::Ustat, None);
    let not_evaluable = gap(Cell::NotEvaluable { seq: 1, reason: "motion".into() });
    assert_eq!(report(&not_evaluable, &ustat).primary, report(&not_evaluable, &omitted).primary, "it was read, and counts as nothing");
    let missing = gap(Cell::Missing);
    assert_ne!(report(&missing, &ustat).primary, report(&missing, &omitted).primary);
    assert_eq!(report(&missing, &ustat).agreement, report(&missing, &omitted).agreement, "what was filled in agrees with nobody");
    assert!(report(&missing, &ustat).agreement.unwrap().krippendorff["interval"].is_some());
    let worst = Analysis { sensitivity: vec![SensitivityAnalysis::WorstCase], ..omitted };
    assert_eq!(report(&not_evaluable, &worst).sensitivity[0].means, report(&missing, &ustat).primary.unwrap().means);
}

/// Two readers, of whom one disagrees once and could not evaluate another case: of the 19 cases that both rated they agree on 18, and by chance on
/// (10 x 9 + 9 x 10) of 19 x 19, so that kappa is (18/19 - 180/361) / (1 - 180/361) = 162/181, whatever the case counts as.
#[test]
fn what_counts_as_a_rating_without_being_one_agrees_with_nobody() {
    let unclear = Cell::NotEvaluable { seq: 1, reason: "motion".into() };
    let gap = scored(2, &[], |_, r, k| match (r, k) {
        (1, 14) => unclear.clone(),
        _ => read(&[i64::from(k >= CASES / 2 || (r, k) == (1, 0))]),
    });
    let counted = [NotEvaluableCounts::Omit, NotEvaluableCounts::Lowest, NotEvaluableCounts::Highest]
        .map(|not_evaluable| report(&gap, &Analysis { not_evaluable, ..analysis(Method::Or, None) }));
    let [omit, lowest, highest] = counted.each_ref().map(|found| found.agreement.as_ref().unwrap());
    let kappa = &omit.kappa[0];
    assert!((kappa.kappa.unwrap() - 162.0 / 181.0).abs() < 1e-12, "{kappa:?}");
    assert_eq!((lowest, highest), (omit, omit));
    // In the figure it counts.
    let of_second = counted.each_ref().map(|found| found.readers[1].fom.unwrap());
    assert!(of_second[1] < of_second[0] && of_second[0] < of_second[2], "{of_second:?}");
}

#[test]
fn units_of_a_patient_are_never_taken_for_patients() {
    let both = scored(3, &["R", "L"], |c, r, k| read(&[rating(c, r, k), rating(c, r, k % 7)]));
    refused(&both, &analysis(Method::Ustat, None), "several units of one patient");
    refused(&both, &analysis(Method::Or, Some(crate::protocol::Covariance::Unbiased)), "several units of one patient");
    assert!(report(&both, &analysis(Method::Or, Some(crate::protocol::Covariance::Jackknife))).primary.is_some());
}

#[test]
fn u_statistics_are_of_random_readers_and_cases_alone() {
    let all = scored(3, &[], |c, r, k| read(&[rating(c, r, k)]));
    refused(&all, &Analysis { random_readers: false, ..analysis(Method::Ustat, None) }, "readers and cases random");
    assert!(report(&all, &analysis(Method::Ustat, None)).primary.is_some());
}

#[test]
fn the_design_is_named_where_a_method_does_not_take_it() {
    let or = analysis(Method::Or, Some(crate::protocol::Covariance::Jackknife));
    // Readers 0 and 1 in one condition, 2 and 3 in the other.
    let nested = scored(4, &[], |c, r, k| if r / 2 == c { read(&[rating(c, r, k)]) } else { Cell::NotPlanned });
    let found = report(&nested, &or).primary.unwrap();
    assert!(found.p.is_some() && found.differences[0].a == "new");
    let [new, old] = found.means.as_slice() else { panic!("a figure for each condition: {:?}", found.means) };
    let difference = new.of.estimate.unwrap() - old.of.estimate.unwrap();
    assert!((difference - found.differences[0].of.estimate.unwrap()).abs() < 1e-12 && new.of.ci.is_some());
    let split = scored(4, &[], |c, r, k| if r / 2 == k % 2 { read(&[rating(c, r, k)]) } else { Cell::NotPlanned });
    refused(&split, &or, "a split plot");
    let gap = scored(3, &[], |c, r, k| if (c, r, k) == (0, 1, 14) { Cell::Missing } else { read(&[rating(c, r, k)]) });
    refused(&gap, &or, "Reads are missing");
}

#[test]
fn a_margin_is_met_on_one_side() {
    let all = scored(3, &[], |c, r, k| read(&[rating(c, r, k)]));
    let or = analysis(Method::Or, Some(crate::protocol::Covariance::Jackknife));
    let [test, reference] = ["new", "old"].map(|c| Condition::new(c).unwrap());
    let margin = Hypothesis::NonInferiority { reference, test, margin: 0.05 };
    let with = |hypothesis: &Hypothesis, sides: u8| {
        report(&all, &Analysis { hypothesis: hypothesis.clone(), sides, ..or.clone() }).primary.unwrap()
    };
    assert_eq!([1, 2].map(|sides| with(&margin, sides).one_sided_level), [Some(0.05), Some(0.025)]);
    assert_eq!([1, 2].map(|sides| with(&or.hypothesis, sides).one_sided_level), [Some(0.05), None]);
    let found = with(&margin, 2);
    assert_eq!(found.shown, Some(found.p.unwrap() < 0.025), "the interval and the p say the same: {found:?}");
}

#[test]
fn times_are_compared_where_scores_would_be() {
    let protocol = Protocol::parse(crate::protocol::template("crossover").unwrap().text).unwrap();
    let compared = |scored: &ScoredTable| {
        let mut notes = Notes::default();
        let found = beyond::times(scored, &protocol, None, Level::default(), &mut notes).unwrap();
        (found.ratios.len(), notes.0.join(" "))
    };
    assert_eq!(compared(&scored(3, &[], |c, r, k| read(&[rating(c, r, k)]))), (1, String::new()));
    let gap = scored(3, &[], |c, r, k| if (c, r, k) == (0, 1, 14) { Cell::Missing } else { read(&[rating(c, r, k)]) });
    let (ratios, notes) = compared(&gap);
    assert!(ratios == 0 && notes.contains("Reads are missing"), "{notes}");
    let split = scored(4, &[], |c, r, k| if r / 2 == k % 2 { read(&[rating(c, r, k)]) } else { Cell::NotPlanned });
    let (ratios, notes) = compared(&split);
    assert!(ratios == 0 && notes.contains("a split plot"), "{notes}");
}

#[test]
fn times_are_held_against_each_other_in_the_direction_of_the_primary_analysis() {
    let protocol = Protocol::parse(crate::protocol::template("crossover").unwrap().text).unwrap();
    let timed = |c: usize, r: usize, k: usize| match read(&[rating(c, r, k)]) {
        Cell::Read(score) => Cell::Read(Score { reading_ms: 10_000 + 5_000 * c as u64 + 300 * rating(c, r, k).unsigned_abs(), ..score }),
        other => other,
    };
    let all = scored(3, &[], timed);
    let [reference, test] = ["new", "old"].map(|c| Condition::new(c).unwrap());
    let planned = Analysis { hypothesis: Hypothesis::Superiority { reference, test }, ..analysis(Method::Or, None) };
    let primary = report(&all, &planned).primary.unwrap();
    let of = |primary| beyond::times(&all, &protocol, primary, Level::default(), &mut Notes::default()).unwrap().ratios.remove(0);
    let (listed, turned) = (of(None), of(primary.differences.first()));
    assert_eq!([&listed.a, &listed.b, &turned.a, &turned.b], ["new", "old", "old", "new"]);
    let near_one = |a: f64, b: f64| assert!((a * b - 1.0).abs() < 1e-12, "{a} {b}");
    near_one(listed.ratio.unwrap(), turned.ratio.unwrap());
    let ([low, high], [turned_low, turned_high]) = (listed.ci.unwrap(), turned.ci.unwrap());
    near_one(low, turned_high);
    near_one(high, turned_low);
    assert!(listed.ratio < Some(1.0) && low < high && turned_low < turned_high, "{listed:?} {turned:?}");
    assert_eq!(listed.p_signed_rank, turned.p_signed_rank);
    assert!((listed.p.unwrap() - turned.p.unwrap()).abs() < 1e-12);
}

#[test]
fn what_people_read_says_what_was_not_evaluable_and_that_a_p_is_one_sided() {
    let unclear = Cell::NotEvaluable { seq: 1, reason: "motion".into() };
    let gap = scored(3, &[], |c, r, k| if (c, r, k) == (0, 1, 14) { unclear.clone() } else { read(&[rating(c, r, k)]) });
    let [test, reference] = ["new", "old"].map(|c| Condition::new(c).unwrap());
    let margin = Hypothesis::NonInferiority { reference, test, margin: 0.05 };
    let mut found = report(&gap, &Analysis { hypothesis: margin, ..analysis(Method::Ustat, None) });
    (found.n.not_evaluable, found.scored) = (Some(gap.not_evaluable()), Some(gap.how.clone()));
    let page = crate::report::page(&crate::report::document(&found, &crate::report::About::default()));
    let text = crate::analysis::in_words(&found);
    for (said, words) in [
        (&page, "In 1 read the case or a unit of it was not evaluable, which counts as nothing."),
        (&page, "one-sided p "),
        (&page, "held against 0.025."),
        (&page, "The protocol asks whether \u{201c}new\u{201d} is not worse than \u{201c}old\u{201d} by 0.05 or more; "),
        (&page, "above \u{2212}0.05, so non-inferiority was "),
        (&text, ", 1 read not evaluable;"),
        (&text, ", held against 0.025"),
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
}

#[test]
fn what_people_read_says_what_was_to_be_shown_and_whether_it_was() {
    let all = scored(3, &[], |c, r, k| read(&[rating(c, r, k)]));
    let [test, reference] = ["new", "old"].map(|c| Condition::new(c).unwrap());
    let superiority = Hypothesis::Superiority { reference: reference.clone(), test: test.clone() };
    let non_inferiority = Hypothesis::NonInferiority { reference: reference.clone(), test: test.clone(), margin: 0.05 };
    let equivalence = Hypothesis::Equivalence { reference, test, margin: 0.05 };
    for (hypothesis, lies, what) in [
        (superiority, "above 0", "superiority"),
        (non_inferiority, "above \u{2212}0.05", "non-inferiority"),
        (equivalence, "between \u{2212}0.05 and 0.05", "equivalence"),
    ] {
        let mut found = report(&all, &Analysis { hypothesis, ..analysis(Method::Or, None) });
        for (shown, sentence) in [
            (true, format!("The interval lies {lies}, so {what} was shown.")),
            (false, format!("The interval does not lie {lies}, so {what} was not shown.")),
        ] {
            found.primary.as_mut().unwrap().shown = Some(shown);
            let page = crate::report::page(&crate::report::document(&found, &crate::report::About::default()));
            assert!(page.contains(&sentence), "no {sentence:?} in {page}");
        }
    }
}

#[test]
fn what_people_read_has_the_statistic_of_the_planned_analysis_with_its_degrees_of_freedom() {
    let all = scored(3, &[], |c, r, k| read(&[rating(c, r, k)]));
    let page = |found: &Report| crate::report::page(&crate::report::document(found, &crate::report::About::default()));
    let found = report(&all, &analysis(Method::Or, Some(crate::protocol::Covariance::Jackknife)));
    let df = found.primary.as_ref().unwrap().differences[0].of.df.unwrap();
    let page_of_f = page(&found);
    let df = if df.fract() == 0.0 { df.to_string() } else { format!("{df:.2}") };
    let (_, after) = page_of_f.split_once(&format!("F(1, {df}) = ")).unwrap();
    let said: f64 = after.split(". ").next().unwrap().parse().unwrap();
    let f = found.or["jackknife"].rrrc.as_ref().unwrap().f.unwrap();
    assert!((said / f - 1.0).abs() < 1e-3, "{said} is not {f}, the F of the comparison");
    let fixed = report(&all, &Analysis { random_readers: false, ..analysis(Method::Or, None) });
    assert!(page(&fixed).contains(", \u{3c7}\u{b2}(1) = "));
    assert!(page(&report(&all, &analysis(Method::Ustat, None))).contains(", t("));
}

#[test]
fn what_people_read_has_the_question_of_the_rating_and_not_its_id() {
    let all = scored(3, &[], |c, r, k| read(&[rating(c, r, k)]));
    let mut found = report(&all, &analysis(Method::Or, None));
    found.scored = Some(HowScored { rating_question: Some("confidence".to_owned()), ..all.how.clone() });
    let page = |rating: Option<&str>| {
        let about = crate::report::About { rating: rating.map(str::to_owned), ..crate::report::About::default() };
        crate::report::page(&crate::report::document(&found, &about))
    };
    assert!(page(Some("How sure are you?")).contains("<td>the answer to \u{201c}How sure are you?\u{201d}</td>"));
    assert!(page(None).contains("the question with the id \u{201c}confidence\u{201d}"));
    assert!(page(None).contains("<td>nothing: every case could be evaluated in every read</td>"));
}
