//! Analyses that must agree: Obuchowski-Rockette with Dorfman-Berbaum-Metz and with U-statistics, in crossed and nested designs.

use crate::studies::{Study, studies};
use proptest::prelude::*;
use tiresias_mrmc::dorfman_berbaum_metz::DorfmanBerbaumMetz;
use tiresias_mrmc::figures::{CovarianceMethod, Figures, FiguresError, Jackknife};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::nested_readers::{self, NestedError};
use tiresias_mrmc::obuchowski_rockette::{Comparison, Conventions, NegativeTerm, ObuchowskiRockette, OrError, Random};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::standalone::{against_readers, with_machine};
use tiresias_mrmc::subgroups::{SubgroupError, subgroups};
use tiresias_mrmc::table::ScoreTable;
use tiresias_mrmc::ustatistics::{Estimator, UStatistics};

const ALL: [Random; 3] = [Random::ReadersAndCases, Random::Cases, Random::Readers];

fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-8 * a.abs().max(b.abs()) + 1e-12
}

fn or(figures: &Figures) -> ObuchowskiRockette<'_> {
    ObuchowskiRockette::new(figures, Conventions::default(), Level::default())
}

fn variance(study: &Study, m: usize, n: usize) -> f64 {
    UStatistics::of(&study.table()).covariance(m, n, Estimator::Unbiased).unwrap()
}

fn squared_error(comparison: &Comparison) -> f64 {
    comparison.differences[0].estimate.standard_error.powi(2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn pseudovalues_and_covariances_give_the_same_tests(study in studies(2..5, 3..9, 0)) {
        let jackknife = Jackknife::of_areas(&study.table()).unwrap();
        let figures = jackknife.figures();
        let (or, dbm) = (or(&figures), DorfmanBerbaumMetz::new(&jackknife, Level::default()));
        let k = jackknife.cases() as f64;
        let (ms, anova) = (or.mean_squares(), dbm.anova());
        prop_assert!(near(ms.modality * k, anova.t.value) && near(ms.reader * k, anova.r.value) && near(ms.interaction * k, anova.tr.value));
        for random in ALL {
            let (a, b) = (or.compare(random), dbm.compare(random));
            let (Ok(a), Ok(b)) = (a, b) else { continue };
            // With fixed readers the denominators are the same unless Cov2 < Cov3, which only one of them takes for 0.
            let e = or.error_covariances();
            if random == Random::Cases && e.cov2 < e.cov3 {
                continue;
            }
            prop_assert!(near(a.denominator * k, b.denominator), "{random:?} {} {}", a.denominator * k, b.denominator);
            let (x, y) = (a.differences[0].estimate, b.differences[0].estimate);
            prop_assert!(near(x.value, y.value) && near(x.standard_error, y.standard_error));
            if random != Random::Cases && x.df.is_finite() && y.df.is_finite() {
                prop_assert!(near(x.df, y.df), "{random:?} {} {}", x.df, y.df);
            }
            // Two modalities: F is the square of t, and p the same.
            if let (Some(equality), Some(test)) = (a.equality, x.test) {
                prop_assert!(near(equality.statistic, test.statistic.powi(2)) && (equality.p - test.p).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn components_of_pseudovalues_make_up_the_expected_mean_squares(study in studies(2..5, 3..9, 0)) {
        let dbm = DorfmanBerbaumMetz::new(&Jackknife::of_areas(&study.table()).unwrap(), Level::default());
        let (a, c) = (dbm.anova(), dbm.components());
        let (i, j, k) = (2.0, study.readers as f64, study.truth.len() as f64);
        let (tr, tc, rc) = (k * c.modality_reader, j * c.modality_case, i * c.reader_case);
        let expected = [
            (a.trc, c.error),
            (a.tr, c.error + tr),
            (a.tc, c.error + tc),
            (a.rc, c.error + rc),
            (a.r, c.error + tr + rc + i * k * c.reader),
            (a.c, c.error + tc + rc + i * j * c.case),
        ];
        for (at, (mean_square, of_components)) in expected.into_iter().enumerate() {
            prop_assert!((mean_square.value - of_components).abs() <= 1e-12 * a.c.value.max(1.0), "{at}: {mean_square:?} {of_components}");
        }
    }

    #[test]
    fn unbiased_covariances_give_the_variance_of_u_statistics(study in studies(2..5, 3..8, 0)) {
        let figures = Figures::of_areas(&study.table(), CovarianceMethod::Unbiased).unwrap();
        let or = or(&figures);
        let e = or.error_covariances();
        let u = variance(&study, 0, 0) + variance(&study, 1, 1) - 2.0 * variance(&study, 0, 1);
        if e.cov2 >= e.cov3 {
            prop_assert!(near(squared_error(&or.compare(Random::ReadersAndCases).unwrap()), u));
        }
        for m in 0..2 {
            if or.of_modality(m).cov2 >= 0.0 {
                let estimate = or.modality(m, Random::ReadersAndCases).unwrap();
                prop_assert!(near(estimate.standard_error.powi(2), variance(&study, m, m)));
            }
        }
        // Components and error covariances make up the expected variance of the difference again.
        let free = Conventions { fixed_readers: NegativeTerm::AsEstimated, components: NegativeTerm::AsEstimated };
        let components = ObuchowskiRockette::new(&figures, free, Level::default()).components();
        let j = study.readers as f64;
        let rebuilt = 2.0 / j * (components.interaction + e.var - e.cov1 + (j - 1.0) * (e.cov2 - e.cov3));
        prop_assert!(near(rebuilt, u));
    }

    #[test]
    fn designs_with_nested_cases_agree_with_u_statistics(study in studies(2..4, 8..13, 0)) {
        // Cases nested in modalities (design 3), and in readers (design 2), by turns within each group.
        let number = |case: usize| study.truth[..case].iter().filter(|t| **t == study.truth[case]).count();
        let in_modalities = study.mapped(|m, _, c, s| s.filter(|_| number(c) % 2 == m));
        let in_readers = study.mapped(|_, r, c, s| s.filter(|_| number(c) % study.readers == r));
        for nested in [&in_modalities, &in_readers] {
            let figures = Figures::of_areas(&nested.table(), CovarianceMethod::Unbiased).unwrap();
            let (or, e) = (or(&figures), or(&figures).error_covariances());
            if std::ptr::eq(nested, &in_modalities) {
                prop_assert_eq!((e.cov1, e.cov3), (0.0, 0.0));
            } else {
                prop_assert_eq!((e.cov2, e.cov3), (0.0, 0.0));
            }
            // U-statistics weigh readers by their pairs, figures do not: the same only where all have as many.
            let weights = |g: Group| nested.table().counts(g).windows(2).all(|pair| pair[0] == pair[1]);
            if e.cov2 >= e.cov3 && weights(Group::Normal) && weights(Group::Diseased) {
                let u = variance(nested, 0, 0) + variance(nested, 1, 1) - 2.0 * variance(nested, 0, 1);
                prop_assert!(near(squared_error(&or.compare(Random::ReadersAndCases).unwrap()), u));
            }
            // DeLong's and the jackknife's covariances are zero there as well.
            for method in [CovarianceMethod::DeLong, CovarianceMethod::Jackknife] {
                let other = ObuchowskiRockette::new(&Figures::of_areas(&nested.table(), method).unwrap(), Conventions::default(), Level::default()).error_covariances();
                prop_assert!(other.cov3.abs() < 1e-15);
            }
        }
        // Fixed readers, cases nested in modalities: two independent samples.
        let figures = Figures::of_areas(&in_modalities.table(), CovarianceMethod::DeLong).unwrap();
        let or = or(&figures);
        let alone: f64 = (0..2).map(|m| or.of_modality(m)).map(|e| (e.var + (study.readers as f64 - 1.0) * e.cov2) / study.readers as f64).sum();
        if or.error_covariances().cov2 >= 0.0 {
            prop_assert!(near(squared_error(&or.compare(Random::Cases).unwrap()), alone));
        }
    }

    #[test]
    fn readers_of_their_own_agree_with_u_statistics(study in studies(4..5, 3..8, 0)) {
        // Readers 0 and 1 read modality 0, readers 2 and 3 modality 1.
        let split = study.mapped(|m, r, _, s| s.filter(|_| r / 2 == m));
        let (figures, modality_of) = nested_readers::figures_of_areas(&split.table(), CovarianceMethod::Unbiased).unwrap();
        prop_assert_eq!(&modality_of, &[0, 0, 1, 1]);
        let comparison = nested_readers::compare(&figures, &modality_of, Level::default()).unwrap();
        let u = variance(&split, 0, 0) + variance(&split, 1, 1) - 2.0 * variance(&split, 0, 1);
        let estimate = comparison.differences[0].estimate;
        let areas = UStatistics::of(&split.table()).areas();
        prop_assert!(near(estimate.value, areas[0].unwrap() - areas[1].unwrap()));
        for (m, area) in areas.iter().enumerate() {
            let alone = nested_readers::modality(&figures, &modality_of, m, Level::default()).unwrap();
            prop_assert!(near(alone.value, area.unwrap()));
            let own = figures.covariance(2 * m, 2 * m + 1);
            let spread = (figures.values()[2 * m] - figures.values()[2 * m + 1]).powi(2) / 2.0;
            prop_assert!(near(alone.standard_error.powi(2), (spread + 2.0 * own.max(0.0)) / 2.0));
        }
let cov = |pairs: [(usize, usize); 4]| pairs.iter().map(|(i, j)| figures.covariance(*i, *j)).sum::<f64>() / 4.0;
        let (cov2, cov3) = (cov([(0, 1), (1, 0), (2, 3), (3, 2)]), cov([(0, 2), (0, 3), (1, 2), (1, 3)]));
        if cov2 >= cov3 {
            prop_assert!(near(estimate.standard_error.powi(2), u));
        }
        // With as many readers each, c is their number, F is t squared and both have the same degrees of freedom.
        if let (Some(equality), Some(test)) = (comparison.equality, estimate.test) {
            prop_assert!(near(equality.statistic, test.statistic.powi(2)) && near(equality.df2, estimate.df));
            prop_assert!((equality.p - test.p).abs() < 1e-9);
        }
    }

    #[test]
    fn subgroups_are_independent_studies_of_the_same_readers(study in studies(2..4, 8..13, 0)) {
        let number = |case: usize| study.truth[..case].iter().filter(|t| **t == study.truth[case]).count();
        let labels: Vec<Option<usize>> = (0..study.truth.len()).map(|c| Some(number(c) % 2)).collect();
        let found = subgroups(&study.table(), &labels, [0, 1], CovarianceMethod::DeLong, Random::Cases, Level::default());
        let Ok(found) = found else { return Ok(()) };
        let (mut sum, mut together) = (0.0, 0.0);
        for group in 0..2 {
            let keep: Vec<usize> = (0..study.truth.len()).filter(|c| labels[*c] == Some(group)).collect();
            let truth: Vec<Group> = keep.iter().map(|c| study.truth[*c]).collect();
            let scores: Vec<Option<f64>> = (0..2 * study.readers).flat_map(|cell| keep.iter().map(move |c| (cell, *c))).map(|(cell, c)| study.score(cell / study.readers, cell % study.readers, c)).collect();
            let part = ScoreTable::new(2, study.readers, &truth, &scores).unwrap();
            let figures = Figures::of_areas(&part, CovarianceMethod::DeLong).unwrap();
            let means = or(&figures).modality_means();
            prop_assert!(near(found.effects[group].value, means[0] - means[1]));
            let j = study.readers;
            let quadratic: f64 = (0..2 * j).flat_map(|a| (0..2 * j).map(move |b| (a, b))).map(|(a, b)| {
                let sign = |cell: usize| if cell < j { 1.0 } else { -1.0 };
                sign(a) * sign(b) * figures.covariance(a, b) / (j * j) as f64
            }).sum();
            sum += quadratic;
            for (r, q) in (0..j).flat_map(|r| (0..j).map(move |q| (r, q))).filter(|(r, q)| r != q) {
                let c = |a: usize, b: usize| figures.covariance(a, b);
                together += c(r, q) - c(r, j + q) - c(j + r, q) + c(j + r, j + q);
            }
        }
        let between = found.interaction.differences[0].estimate;
        prop_assert!(near(between.value, found.effects[0].value - found.effects[1].value));
        // Readers fixed: the variances of two independent studies add, unless a negative Cov2 counts as zero.
        if together >= 0.0 {
            prop_assert!(near(between.standard_error.powi(2), sum));
        }
    }

    #[test]
    fn a_machine_is_a_reader_who_does_not_vary(study in studies(3..5, 3..9, 0)) {
        let k = study.truth.len();
        let machine = &study.scores[study.scores.len() - k..];
        let scores = with_machine(&study.table(), 0, machine).unwrap();
        let table = ScoreTable::new(1, study.readers + 1, &study.truth, &scores).unwrap();
        let figures = Figures::of_areas(&table, CovarianceMethod::DeLong).unwrap();
        let j = study.readers;
        for random in ALL {
            let Ok(found) = against_readers(&figures, random, Level::default()) else { continue };
            let mean = figures.values()[..j].iter().sum::<f64>() / j as f64;
            prop_assert!(near(found.difference.value, figures.values()[j] - mean));
            prop_assert!(near(found.readers.value, mean) && found.machine.value == figures.values()[j]);
        }
        // Readers fixed: the variance of a contrast of correlated areas.
        if let Ok(found) = against_readers(&figures, Random::Cases, Level::default()) {
            let weight = |cell: usize| if cell == j { 1.0 } else { -1.0 / j as f64 };
            let contrast: f64 = (0..=j).flat_map(|a| (0..=j).map(move |b| (a, b))).map(|(a, b)| weight(a) * weight(b) * figures.covariance(a, b)).sum();
            let c = |a: usize, b: usize| figures.covariance(a, b);
            let apart = (0..j).flat_map(|r| (0..j).map(move |q| (r, q))).filter(|(r, q)| r != q);
            let together: f64 = apart.map(|(r, q)| c(r, q) - c(r, j) - c(j, q) + c(j, j)).sum();
            if together >= 0.0 {
                prop_assert!(near(found.difference.standard_error.powi(2), contrast));
            }
        }
    }
}

#[test]
fn labels_have_no_gaps() {
    let figures = Figures::new(1, 4, vec![0.8, 0.9, 0.7, 0.8], vec![0.001; 16]).unwrap();
    let compare = |modality_of: &[usize]| nested_readers::compare(&figures, modality_of, Level::default());
    assert_eq!(compare(&[0, 0, 2, 2]), Err(NestedError::TooFewReaders(1)));
    assert_eq!(compare(&[0, 0, 1, usize::MAX]), Err(NestedError::TooFewReaders(1)));
    assert_eq!(compare(&[0, 0, 1]), Err(NestedError::Shape { readers: 4, labels: 3 }));
    let truth = [Group::Normal, Group::Diseased];
    let scores = [Some(1.0); 8];
    let table = ScoreTable::new(2, 2, &truth, &scores).unwrap();
    let of = |labels: &[Option<usize>]| {
        subgroups(&table, labels, [0, 1], CovarianceMethod::Jackknife, Random::Cases, Level::default()).unwrap_err()
    };
    assert_eq!(of(&[Some(1), Some(1)]), SubgroupError::Empty(0));
    assert!(matches!(of(&[Some(0), Some(usize::MAX)]), SubgroupError::TooSmall { subgroup: 0, .. }));
    assert_eq!(of(&[Some(0)]), SubgroupError::Size { cases: 2, labels: 1 });
    assert!(Figures::new(0, 0, vec![0.5], vec![]).is_err());
    assert_eq!(figures.of_modalities(&[0]), Ok(figures.clone()));
    assert_eq!(figures.of_modalities(&[0, 1]), Err(FiguresError::NoModality { index: 1, count: 1 }));
    assert!(figures.of_modalities(&[]).is_err());
}

#[test]
fn one_reader_and_one_modality_say_what_is_possible() {
    let figures = Figures::new(2, 1, vec![0.8, 0.9], vec![0.002, 0.001, 0.001, 0.002]).unwrap();
    let or = or(&figures);
    assert_eq!(or.compare(Random::ReadersAndCases), Err(OrError::OneReader));
    assert_eq!(or.compare(Random::Readers), Err(OrError::OneReader));
    let fixed = or.compare(Random::Cases).unwrap();
    assert!((fixed.denominator - 0.001).abs() < 1e-15 && (squared_error(&fixed) - 0.002).abs() < 1e-15);
    assert_eq!(or.modality(0, Random::Readers), Err(OrError::OneReader));
    assert!((or.modality(0, Random::Cases).unwrap().standard_error - 0.002_f64.sqrt()).abs() < 1e-15);
    let alone = Figures::new(1, 2, vec![0.8, 0.9], vec![0.002, 0.001, 0.001, 0.002]).unwrap();
    // MS(R) is 0.005, of which Var - Cov2 is error.
    let components = ObuchowskiRockette::new(&alone, Conventions::default(), Level::default()).components();
    assert!((components.reader - 0.004).abs() < 1e-15 && components.interaction == 0.0, "{components:?}");
    assert_eq!(ObuchowskiRockette::new(&alone, Conventions::default(), Level::default()).compare(Random::Cases), Err(OrError::OneModality));
}
