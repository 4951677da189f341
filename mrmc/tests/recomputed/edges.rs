//! The corners: constant scores, perfect separation, too few of everything, negative variances, an arm of its own.

use crate::studies::Study;
use tiresias_mrmc::figures::{CovarianceMethod, Figures, FiguresError, Jackknife};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::{Conventions, NegativeTerm, ObuchowskiRockette, OrError, Random};
use tiresias_mrmc::power::Pilot;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::ustatistics::{DfRule, Estimator, UStatistics, UStatisticsError, UnpairedDf};

const METHODS: [CovarianceMethod; 3] = [CovarianceMethod::Jackknife, CovarianceMethod::DeLong, CovarianceMethod::Unbiased];

/// Three readers, 4 + 4 cases, the scores by a rule.
fn study(score: impl Fn(usize, usize, usize, Group) -> Option<f64>) -> Study {
    let truth: Vec<Group> = (0..8).map(|k| if k < 4 { Group::Normal } else { Group::Diseased }).collect();
    let empty = Study { modalities: 2, readers: 3, scores: vec![None; 48], truth };
    empty.mapped(|m, r, c, _| score(m, r, c, empty.truth[c]))
}

#[test]
fn where_nothing_varies_there_is_no_test() {
    let constant = study(|_, _, _, _| Some(3.0));
    let perfect = study(|_, _, c, _| Some(c as f64));
    for (study, area) in [(constant, 0.5), (perfect, 1.0)] {
        for method in METHODS {
            let figures = Figures::of_areas(&study.table(), method).unwrap();
            assert!(figures.values().iter().all(|v| *v == area));
            let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
            for random in [Random::ReadersAndCases, Random::Cases, Random::Readers] {
                let comparison = or.compare(random).unwrap();
                assert_eq!((comparison.denominator, comparison.equality), (0.0, None), "{method:?} {random:?}");
                let estimate = comparison.differences[0].estimate;
                assert_eq!((estimate.value, estimate.standard_error, estimate.test), (0.0, 0.0, None));
                let alone = or.modality(0, random).unwrap();
                assert_eq!((alone.value, alone.interval.low, alone.interval.high), (area, area, area));
            }
        }
        let u = UStatistics::of(&study.table());
        let (alone, both) =
            (u.modality(0, Estimator::Unbiased).unwrap(), u.difference(0, 1, Estimator::Unbiased, UnpairedDf::Pooled).unwrap());
        assert_eq!((alone.value, alone.variance, alone.df_bdg), (area, 0.0, None));
        assert_eq!((both.value, both.variance, both.df_bdg), (0.0, 0.0, None));
        // A variance of nothing is none below nothing.
        let estimate = both.estimate(f64::INFINITY, DfRule::Unrounded, Some(0.0), Level::default()).unwrap();
        assert_eq!((estimate.standard_error, estimate.test), (0.0, None));
    }
}

#[test]
fn a_constant_gain_has_no_interaction() {
    // Every reader gains the same between modalities, and cases say the same to all.
    let study = study(|m, _, c, _| Some(if m == 1 || c != 4 { c as f64 } else { 2.5 }));
    let figures = Figures::of_areas(&study.table(), CovarianceMethod::Jackknife).unwrap();
    let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
    assert_eq!(or.mean_squares().interaction, 0.0);
    let fixed_cases = or.compare(Random::Readers).unwrap();
    assert_eq!((fixed_cases.equality, fixed_cases.differences[0].estimate.test), (None, None));
    // Readers who do not vary leave cases alone: infinitely many degrees of freedom, and no NaN.
    let both = or.compare(Random::ReadersAndCases).unwrap();
    assert!(both.denominator > 0.0 && both.differences[0].estimate.df == f64::INFINITY);
    assert!(both.equality.unwrap().p.is_finite());
}

#[test]
fn two_modalities_and_two_readers_by_hand() {
    // Cells are (modality, reader): (0, 0), (0, 1), (1, 0), (1, 1); covariances in units of 0.0001: Var 13, Cov1 7.5, Cov2 5.5, Cov3 1.5.
    let covariances = [[10.0, 6.0, 7.0, 2.0], [6.0, 12.0, 1.0, 8.0], [7.0, 1.0, 14.0, 5.0], [2.0, 8.0, 5.0, 16.0]];
    let figures = Figures::new(2, 2, vec![0.80, 0.84, 0.82, 0.90], covariances.iter().flatten().map(|c| c * 1e-4).collect()).unwrap();
    let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
    let near = |ours: f64, by_hand: f64| assert!(ours == by_hand || (ours - by_hand).abs() < 1e-12, "{ours} here, {by_hand} by hand");
    let all_near = |pairs: &[(f64, f64)]| pairs.iter().for_each(|(ours, by_hand)| near(*ours, *by_hand));
    let none = f64::INFINITY;

    // MS(T) 0.0016, MS(R) 0.0036, MS(TR) 0.0004.
    near(or.components().interaction, 2.5e-4);
    near(or.components().reader, 10e-4);
    let of_all = [(Random::ReadersAndCases, 0.0012, 9.0), (Random::Cases, 9.5e-4, none), (Random::Readers, 0.0004, 1.0)];
    for (random, denominator, df2) in of_all {
        let all = or.compare(random).unwrap();
        let (equality, [difference]) = (all.equality.unwrap(), &all.differences[..]) else { panic!("one pair") };
        near(all.denominator, denominator);
        all_near(&[(equality.statistic, 0.0016 / denominator), (equality.df1, 1.0), (equality.df2, df2)]);
        assert_eq!((difference.first, difference.second), (0, 1));
        let e = difference.estimate;
        all_near(&[(e.value, -0.04), (e.standard_error, denominator.sqrt()), (e.df, df2)]);
    }
    let p = |random| or.compare(random).unwrap().equality.unwrap().p;
    assert!((p(Random::Cases) - 0.194_365_911).abs() < 1e-8 && (p(Random::Readers) - 0.295_167_235).abs() < 1e-8);

    for (one, var, cov2, ms) in [(0, 11e-4, 6e-4, 0.0008), (1, 15e-4, 5e-4, 0.0032), (2, 0.0, 0.0, 0.0)] {
        let e = or.of_modality(one);
        all_near(&[(e.var, var), (e.cov1, 0.0), (e.cov2, cov2), (e.cov3, 0.0), (or.reader_mean_square(one), ms)]);
    }
    for (random, variance, df) in [(Random::ReadersAndCases, 0.001, 6.25), (Random::Cases, 8.5e-4, none), (Random::Readers, 0.0004, 1.0)] {
        let alone = or.modality(0, random).unwrap();
        all_near(&[(alone.value, 0.82), (alone.standard_error * alone.standard_error, variance), (alone.df, df)]);
    }
    for (one, var, cov1, ms) in [(0, 12e-4, 7e-4, 0.0002), (1, 14e-4, 8e-4, 0.0018), (2, 0.0, 0.0, 0.0)] {
        let e = or.of_reader(one);
        all_near(&[(e.var, var), (e.cov1, cov1), (e.cov2, 0.0), (e.cov3, 0.0), (or.modality_mean_square(one), ms)]);
    }
    for (one, value, variance) in [(0, -0.02, 10e-4), (1, -0.06, 12e-4)] {
        let e = or.reader_differences(one).unwrap()[0].estimate;
        all_near(&[(e.value, value), (e.standard_error * e.standard_error, variance), (e.df, none)]);
    }
    for (modality, reader, value, variance) in [(0, 1, 0.84, 12e-4), (1, 0, 0.82, 14e-4)] {
        let e = or.cell(modality, reader).unwrap();
        all_near(&[(e.value, value), (e.standard_error * e.standard_error, variance), (e.df, none)]);
    }
    let no = |what, index| OrError::NoSuch { what, index, count: 2 };
    assert_eq!(or.modality(2, Random::Cases).unwrap_err(), no("modality", 2));
    assert_eq!((or.cell(2, 0).unwrap_err(), or.cell(0, 2).unwrap_err()), (no("modality", 2), no("reader", 2)));
    assert_eq!(or.reader_differences(2).unwrap_err(), no("reader", 2));
}

#[test]
fn rounding_is_no_spread_whatever_the_size() {
    // All readers gain a tenth, in numbers that are not binary: what is left over of them is rounding.
    for size in [1e-6, 1.0, f64::from(1 << 20)] {
        let values = [0.71, 0.83, 0.77, 0.81, 0.93, 0.87].map(|v| v * size).to_vec();
        let figures = Figures::new(2, 3, values, vec![0.0; 36]).unwrap();
        let ms = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default()).mean_squares();
        assert_eq!(ms.interaction, 0.0, "{size}");
        assert!(ms.modality > 0.0 && ms.reader > 0.0);
    }
}

#[test]
fn readers_with_too_few_cases_are_named() {
    // Reader 2 has one diseased case in modality 1, then none.
    for (kept, one) in [(5, true), (4, false)] {
        let few = study(|m, r, c, _| Some((c * 7 % 5) as f64).filter(|_| (m, r) != (1, 2) || c < kept));
        for method in METHODS {
            let error = Figures::of_areas(&few.table(), method).unwrap_err();
            let (modality, reader, group) = (1, 2, Group::Diseased);
            let expected =
                if one { FiguresError::OneCase { modality, reader, group } } else { FiguresError::NoCase { modality, reader, group } };
            assert_eq!(error, expected);
        }
        // U-statistics take the pairs there are.
        let u = UStatistics::of(&few.table());
        assert!(u.difference(0, 1, Estimator::Unbiased, UnpairedDf::PerModality).unwrap().variance.is_finite());
    }
    let nobody = study(|m, _, c, _| Some(c as f64).filter(|_| m == 0));
    let u = UStatistics::of(&nobody.table());
    assert_eq!(u.areas()[1], None);
    assert_eq!(u.modality(1, Estimator::Unbiased), Err(UStatisticsError::NoPair(1)));
    assert_eq!(u.modality(2, Estimator::Unbiased), Err(UStatisticsError::NoModality { index: 2, count: 2 }));
    let alone = study(|_, r, c, _| Some(c as f64).filter(|_| r == 0));
    let error = UStatistics::of(&alone.table()).modality(0, Estimator::Unbiased).unwrap_err();
    assert_eq!(error, UStatisticsError::NothingIndependent(0, 0));
    assert!(error.to_string().contains("analyse with readers fixed"));
}

#[test]
fn partly_paired_reads_have_a_jackknife_and_no_delong() {
    let partly = study(|m, _, c, _| Some((c * 5 % 7) as f64).filter(|_| m == 0 || c != 3));
    let error = Figures::of_areas(&partly.table(), CovarianceMethod::DeLong).unwrap_err();
    assert_eq!(error, FiguresError::PartlyPaired { group: Group::Normal });
    for method in [CovarianceMethod::Jackknife, CovarianceMethod::Unbiased] {
        assert!(Figures::of_areas(&partly.table(), method).is_ok());
    }
    // A case that is not read is left out without effect.
    let jackknife = Jackknife::of_areas(&partly.table()).unwrap();
    let left: Vec<&[f64]> = jackknife.left_out().collect();
    assert_eq!(left[3][3], jackknife.values()[3]);
}

#[test]
fn a_negative_variance_is_reported_and_has_no_interval() {
    // Readers whose errors cancel: what one gets right the other gets wrong.
    let odd = study(|m, r, c, _| Some(if (c + r) % 2 == m { c as f64 } else { 7.0 - c as f64 }));
    let u = UStatistics::of(&odd.table());
    let found = u.modality(0, Estimator::Unbiased).unwrap();
    assert!(found.variance < 0.0 && found.df_bdg.is_none(), "{found:?}");
    let error = found.estimate(f64::INFINITY, DfRule::Unrounded, None, Level::default()).unwrap_err();
    assert_eq!(error, UStatisticsError::NegativeVariance(found.variance));
    assert!(u.modality(0, Estimator::VStatistic).unwrap().variance > found.variance);
}

#[test]
fn degrees_of_freedom_are_rounded_as_the_programs_do() {
    let rules =
        [(0.7, 2.0, 0.0), (7.99, 7.0, 7.0), (49.999, 49.0, 49.0), (50.0, f64::INFINITY, 50.0), (50.5, f64::INFINITY, f64::INFINITY)];
    for (df, java, r) in rules {
        assert_eq!((DfRule::ImrmcJava.apply(df), DfRule::ImrmcR.apply(df), DfRule::Unrounded.apply(df)), (java, r, df));
    }
}

#[test]
fn where_cov2_is_below_cov3_the_conventions_part() {
    // Two modalities, two readers: Var 10, Cov1 5, Cov2 2, Cov3 4, in units of 0.0001; figures with all mean squares.
    let covariances = [[10.0, 2.0, 5.0, 4.0], [2.0, 10.0, 4.0, 5.0], [5.0, 4.0, 10.0, 2.0], [4.0, 5.0, 2.0, 10.0]];
    let figures = Figures::new(2, 2, vec![0.80, 0.84, 0.82, 0.90], covariances.iter().flatten().map(|c| c * 1e-4).collect()).unwrap();
    let with = |fixed_readers, components| ObuchowskiRockette::new(&figures, Conventions { fixed_readers, components }, Level::default());
    let (zero, free) = (with(NegativeTerm::Zero, NegativeTerm::Zero), with(NegativeTerm::AsEstimated, NegativeTerm::AsEstimated));
    let near = |ours: f64, by_hand: f64| assert!((ours - by_hand).abs() < 1e-12, "{ours} here, {by_hand} by hand");
    // MS(T) = 2 x ((0.82 - 0.84)^2 + (0.86 - 0.84)^2), MS(R) likewise of 0.81 and 0.87, MS(TR) of residuals 0.01.
    let ms = zero.mean_squares();
    near(ms.modality, 0.0016);
    near(ms.reader, 0.0036);
    near(ms.interaction, 0.0004);
    let denominator = |or: &ObuchowskiRockette<'_>| or.compare(Random::Cases).unwrap().denominator;
    near(denominator(&zero), 5e-4);
    near(denominator(&free), 3e-4);
    // Both random: all take the difference for zero.
    for or in [&zero, &free] {
        let both = or.compare(Random::ReadersAndCases).unwrap();
        near(both.denominator, 0.0004);
        near(both.equality.unwrap().df2, 1.0);
    }
    near(zero.components().interaction, 0.0004 - 10e-4 + 5e-4);
    near(free.components().interaction, 0.0004 - 10e-4 + 5e-4 - 2e-4);
    // Power never rests on a negative term, whatever the analysis does with it.
    near(Pilot::of(&free, 100).interaction, 0.0004 - 10e-4 + 5e-4);
    // As estimated: Var(R) = (MS(R) - MS(TR))/2 - Cov1 + Cov3. With zero, half of the difference goes over to it.
    near(free.components().reader, 0.0016 - 5e-4 + 4e-4);
    near(zero.components().reader, 0.0016 - 5e-4 + 4e-4 - 1e-4);
    // Far below, a variance with fixed readers would be negative, and says so.
    let far = Figures::new(
        2,
        2,
        figures.values().to_vec(),
        covariances.iter().flatten().map(|c| if *c == 2.0 { -9e-4 } else { c * 1e-4 }).collect(),
    );
    let far = far.unwrap();
    let or = ObuchowskiRockette::new(
        &far,
        Conventions { fixed_readers: NegativeTerm::AsEstimated, components: NegativeTerm::Zero },
        Level::default(),
    );
    assert!(matches!(or.compare(Random::Cases), Err(OrError::NegativeVariance(v)) if v < 0.0));
}

/// Two modalities and two readers; the covariance of cells a and b is 10 (a + 1) + (b + 1) or the other way round.
fn four_figures() -> Figures {
    let covariances = (0..4).flat_map(|a: u8| (0..4).map(move |b| f64::from(11 + 10 * a.min(b) + a.max(b)))).collect();
    Figures::new(2, 2, vec![0.5, 0.6, 0.75, 0.9], covariances).unwrap()
}

#[test]
fn there_is_no_covariance_with_a_cell_that_is_none() {
    let figures = four_figures();
    assert_eq!([figures.covariance(1, 3), figures.covariance(3, 1)], [24.0; 2]);
    for (cell, other) in [(0, 4), (4, 0), (3, 4), (1, usize::MAX / 8)] {
        assert_eq!(figures.covariance(cell, other), 0.0, "{cell} {other}");
    }
}

#[test]
fn modalities_can_be_taken_alone_and_in_another_order() {
    let figures = four_figures();
    let second = figures.of_modalities(&[1]).unwrap();
    assert_eq!((second.modalities(), second.readers(), second.values()), (1, 2, &[0.75, 0.9][..]));
    assert_eq!([second.covariance(0, 0), second.covariance(0, 1), second.covariance(1, 1)], [33.0, 34.0, 44.0]);
    let turned = figures.of_modalities(&[1, 0]).unwrap();
    assert_eq!(turned.values(), [0.75, 0.9, 0.5, 0.6]);
    assert_eq!([turned.covariance(0, 2), turned.covariance(1, 3)], [13.0, 24.0]);
    assert_eq!(figures.of_modalities(&[0, 2]).unwrap_err(), FiguresError::NoModality { index: 2, count: 2 });
}

#[test]
fn combinations_have_the_covariances_of_their_weights() {
    let figures = four_figures();
    // What each reader gains: cells 2 - 0 and 3 - 1.
    let gains = [-1.0, 0.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0];
    let gained = figures.combined(1, 2, &gains).unwrap();
    assert!(gained.values().iter().zip([0.25, 0.3]).all(|(found, expected)| (found - expected).abs() < 1e-15));
    // Var = 33 - 2 x 13 + 11, 44 - 2 x 24 + 22; Cov = C(2,3) - C(2,1) - C(0,3) + C(0,1).
    assert_eq!([gained.covariance(0, 0), gained.covariance(1, 1), gained.covariance(0, 1)], [18.0, 18.0, 34.0 - 23.0 - 14.0 + 12.0]);
    let found = |modalities, readers, weights: &[f64]| figures.combined(modalities, readers, weights).unwrap_err();
    // A row that is cut off, a row too few, none.
    for (modalities, readers, weights) in [(1, 2, &[0.0; 9][..]), (2, 2, &gains), (1, 1, &gains), (1, 2, &[])] {
        let expected = FiguresError::Size { expected: modalities * readers * 4, found: weights.len() };
        assert_eq!(found(modalities, readers, weights), expected);
    }
}
