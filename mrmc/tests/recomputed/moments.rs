//! U-statistics, DeLong's and the unbiased covariance from sums over all pairs of pairs.

use crate::studies::{Study, psi, studies};
use proptest::prelude::*;
use tiresias_mrmc::figures::{CovarianceMethod, Figures};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::ustatistics::{Estimator, UStatistics, UnpairedDf};

/// For each of M1..M8: the sum of psi psi' and the number of its terms, over all (r, a, b), (r', a', b').
fn by_definition(study: &Study, m: usize, n: usize) -> [(f64, f64); 8] {
    let (normal, ill) = (study.cases(Group::Normal), study.cases(Group::Diseased));
    let mut triples = Vec::new();
    for r in 0..study.readers {
        for a in &normal {
            for b in &ill {
                triples.push((r, *a, *b));
            }
        }
    }
    let of = |modality: usize, (r, a, b): (usize, usize, usize)| {
        let (x, y) = (study.score(modality, r, a), study.score(modality, r, b));
        (psi(x, y), f64::from(u8::from(x.is_some() && y.is_some())))
    };
    let mut moments = [(0.0, 0.0); 8];
    for one in &triples {
        let (s, w) = of(m, *one);
        if w == 0.0 {
            continue;
        }
        for other in &triples {
            let (t, v) = of(n, *other);
            let index = match (one.0 == other.0, one.1 == other.1, one.2 == other.2) {
                (same, true, true) => usize::from(!same) * 4,
                (same, false, true) => 1 + usize::from(!same) * 4,
                (same, true, false) => 2 + usize::from(!same) * 4,
                (same, false, false) => 3 + usize::from(!same) * 4,
            };
            moments[index].0 += s * t;
            moments[index].1 += w * v;
        }
    }
    moments
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]
    #[test]
    fn moments_equal_sums_over_all_pairs_of_any_design(study in studies(1..5, 1..6, 3), design in 0..8_usize) {
        // Half of the designs are nested on purpose: cases in readers, in modalities, readers in modalities, split-plot.
        let study = study.mapped(|m, r, c, s| {
            s.filter(|_| match design {
                0 => c / 2 % study.readers == r,
                1 => c / 2 % 2 == m,
                2 => r % 2 == m,
                3 => c / 2 % 2 == r % 2,
                _ => true,
            })
        });
        let u = UStatistics::of(&study.table());
        for (m, n) in [(0, 0), (0, 1), (1, 1), (1, 0)] {
            let expected = by_definition(&study, m, n);
            let Ok(moments) = u.moments(m, n) else {
                prop_assert!([0, 1].into_iter().any(|m| u.areas()[m].is_none()));
                continue;
            };
            let all: f64 = expected.iter().map(|(_, count)| count).sum();
            let mut covariance = 0.0;
            for (k, (sum, count)) in expected.into_iter().enumerate() {
                let mean = if count > 0.0 { sum / count } else { 0.0 };
                prop_assert!((moments.unbiased[k] - mean).abs() < 1e-12, "M{}", k + 1);
                let coefficient = count / all - f64::from(u8::from(k == 7));
                prop_assert!((moments.coefficients[k] - coefficient).abs() < 1e-12, "c{}", k + 1);
                covariance += coefficient * mean;
            }
            match u.covariance(m, n, Estimator::Unbiased) {
                Ok(ours) => prop_assert!((ours - covariance).abs() < 1e-12),
                Err(_) => prop_assert_eq!(expected[7].1, 0.0),
            }
            // The components and the moments are two ways to the same covariance.
            for estimator in [Estimator::Unbiased, Estimator::VStatistic] {
                let (bck, c) = (moments.bck(estimator), moments.bck_coefficients());
                let parts = [(bck.n, c.n), (bck.d, c.d), (bck.nd, c.nd), (bck.r, c.r), (bck.nr, c.nr), (bck.dr, c.dr), (bck.rnd, c.rnd)];
                prop_assert!(parts.iter().all(|(part, c)| *c > 0.0 || *part == 0.0), "what nothing shares counts as 0");
                let sum: f64 = parts.iter().map(|(part, c)| part * c).sum();
                let own = if estimator == Estimator::Unbiased { moments.unbiased } else { moments.biased };
                let by_moments: f64 = own.iter().zip(&moments.coefficients).map(|(m, c)| m * c).sum();
                prop_assert!((sum - by_moments).abs() < 1e-12, "{estimator:?}: {sum} {by_moments}");
            }
        }
    }

    #[test]
    fn any_two_of_three_modalities_are_as_if_there_were_no_third(study in studies(1..4, 2..5, 2)) {
        let rows = study.readers * study.truth.len();
        let third: Vec<Option<f64>> = study.scores[..rows].iter().rev().copied().collect();
        let three = Study { modalities: 3, scores: study.scores.iter().copied().chain(third).collect(), ..study.clone() };
        let u = UStatistics::of(&three.table());
        for (m, n) in [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)] {
            let two = three.scores[m * rows..][..rows].iter().chain(&three.scores[n * rows..][..rows]).copied().collect();
            let two = Study { scores: two, ..study.clone() };
            prop_assert_eq!(u.moments(m, n).ok(), UStatistics::of(&two.table()).moments(0, 1).ok(), "{} and {}", m, n);
        }
    }

    #[test]
    fn covariances_of_areas_equal_their_definitions(study in studies(1..4, 2..7, 0)) {
        let table = study.table();
        let (normal, ill) = (study.cases(Group::Normal), study.cases(Group::Diseased));
        let (n0, n1) = (normal.len() as f64, ill.len() as f64);
        let s = |cell: usize, a: usize, b: usize| {
            let (m, r) = (cell / study.readers, cell % study.readers);
            psi(study.score(m, r, a), study.score(m, r, b))
        };
        let delong = Figures::of_areas(&table, CovarianceMethod::DeLong).unwrap();
        let unbiased = Figures::of_areas(&table, CovarianceMethod::Unbiased).unwrap();
        let jackknife = Figures::of_areas(&table, CovarianceMethod::Jackknife).unwrap();
        for i in 0..2 * study.readers {
            let area = |cell: usize| normal.iter().flat_map(|a| ill.iter().map(move |b| (a, b))).map(|(a, b)| s(cell, *a, *b)).sum::<f64>() / (n0 * n1);
            prop_assert!((delong.values()[i] - area(i)).abs() < 1e-12);
            for j in 0..2 * study.readers {
                let v10 = |cell: usize, b: usize| normal.iter().map(|a| s(cell, *a, b)).sum::<f64>() / n0;
                let v01 = |cell: usize, a: usize| ill.iter().map(|b| s(cell, a, *b)).sum::<f64>() / n1;
                let s10: f64 = ill.iter().map(|b| (v10(i, *b) - area(i)) * (v10(j, *b) - area(j))).sum::<f64>() / (n1 - 1.0);
                let s01: f64 = normal.iter().map(|a| (v01(i, *a) - area(i)) * (v01(j, *a) - area(j))).sum::<f64>() / (n0 - 1.0);
                prop_assert!((delong.covariance(i, j) - (s10 / n1 + s01 / n0)).abs() < 1e-12);
                // Hanley and Hajian-Tilaki 1997: the jackknife is DeLong's with other divisors.
                let k = n0 + n1;
                let pooled = (k - 1.0) / k * (s10 / (n1 - 1.0) + s01 / (n0 - 1.0));
                prop_assert!((jackknife.covariance(i, j) - pooled).abs() < 1e-12);
                // theta theta' minus the mean over pairs without a common case.
                let (mut sum, mut count) = (0.0, 0.0);
                for a in &normal { for b in &ill { for c in &normal { for d in &ill {
                    if a != c && b != d {
                        sum += s(i, *a, *b) * s(j, *c, *d);
                        count += 1.0;
                    }
                } } } }
                prop_assert!((unbiased.covariance(i, j) - (area(i) * area(j) - sum / count)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn degrees_of_freedom_are_those_of_satterthwaite(study in studies(2..5, 2..6, 0), biased in any::<bool>()) {
        let u = UStatistics::of(&study.table());
        let estimator = if biased { Estimator::VStatistic } else { Estimator::Unbiased };
        // Where everybody reads everything, there are as many as there are, less one.
        let counts = [study.cases(Group::Normal).len(), study.cases(Group::Diseased).len(), study.readers];
        let df = counts.map(|count| (count - 1) as f64);
        let least = df.into_iter().fold(f64::INFINITY, f64::min);
        let components = |m: usize, n: usize| u.moments(m, n).map(|moments| moments.bck(Estimator::VStatistic)).map(|b| [b.n, b.d, b.r]);
        let (Ok(own), Ok(other), Ok(both)) = (components(0, 0), components(1, 1), components(0, 1)) else { return Ok(()) };
        let of_difference = [0, 1, 2].map(|i| own[i] + other[i] - 2.0 * both[i]);
        let difference = u.difference(0, 1, estimator, UnpairedDf::PerModality);
        for (of, components) in [(u.modality(0, estimator), own), (difference, of_difference)] {
            let Ok(of) = of else { continue };
            let sum: f64 = components.iter().zip(df).map(|(component, df)| component.powi(2) / df.powi(3)).sum();
            match of.df_bdg {
                Some(df) => prop_assert!((df / (of.variance.powi(2) / sum).max(least) - 1.0).abs() < 1e-9),
                None => prop_assert!(of.variance <= 0.0 || sum == 0.0),
            }
        }
    }

    #[test]
    fn names_and_scales_do_not_matter(study in studies(2..5, 2..6, 2), seed in any::<u64>()) {
        let u = UStatistics::of(&study.table());
        let value = |u: &UStatistics, a: usize, b: usize| u.difference(a, b, Estimator::Unbiased, UnpairedDf::PerModality).ok();
        let Some(before) = value(&u, 0, 1) else { return Ok(()) };
        // A rising function of the scores, a different one for each reader.
        let rising = study.mapped(|_, r, _, s| s.map(|s| if r % 2 == 0 { (s / 2.0).exp() } else { 3.0 * s - 1.0 }));
        prop_assert_eq!(value(&UStatistics::of(&rising.table()), 0, 1), Some(before));
        // Modalities the other way round: the sign turns, nothing else.
        let back = value(&u, 1, 0).unwrap();
        prop_assert_eq!(back.value, -before.value);
        prop_assert!((back.variance - before.variance).abs() < 1e-15);
        // Readers and cases in another order.
        let k = study.truth.len();
        let reader = |r: usize| (r + seed as usize % study.readers) % study.readers;
        let case = |c: usize| (c + (seed >> 32) as usize % k) % k;
        let mut moved = study.mapped(|m, r, c, _| study.score(m, reader(r), case(c)));
        moved.truth = (0..k).map(|c| study.truth[case(c)]).collect();
        let after = value(&UStatistics::of(&moved.table()), 0, 1).unwrap();
        prop_assert!((after.value - before.value).abs() < 1e-15 && (after.variance - before.variance).abs() < 1e-15);
        match (after.df_bdg, before.df_bdg) {
            (Some(a), Some(b)) => prop_assert!((a / b - 1.0).abs() < 1e-9),
            (a, b) => prop_assert_eq!(a, b),
        }
    }
}

/// Two modalities that two readers read alike: normal, diseased, normal, diseased.
fn two_readers(one: [f64; 4], other: [f64; 4]) -> Study {
    let scores = [one, other, one, other].concat().into_iter().map(Some).collect();
    Study { modalities: 2, readers: 2, truth: [Group::Normal, Group::Diseased].repeat(2), scores }
}

#[test]
fn without_variance_or_without_terms_there_are_no_degrees_of_freedom() {
    // Areas of 1/2 by ties, and by one case above and one below: the unbiased variance is 0, its terms are not.
    let still = two_readers([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]);
    let of = UStatistics::of(&still.table()).modality(0, Estimator::Unbiased).unwrap();
    assert_eq!((of.value, of.variance, of.df_bdg), (0.5, 0.0, None));
    let b = UStatistics::of(&still.table()).moments(0, 0).unwrap().bck(Estimator::VStatistic);
    assert!(b.n > 0.0 && b.d > 0.0, "{b:?}");
    // Each reader finds another diseased case and places the other one below all: no case and no reader is better than another, all that varies is who reads which.
    let crossed = two_readers([1.0, 2.0, 1.0, 0.0], [1.0, 0.0, 1.0, 2.0]);
    let of = UStatistics::of(&crossed.table()).modality(0, Estimator::VStatistic).unwrap();
    assert!(of.variance > 0.0 && of.df_bdg.is_none(), "{of:?}");
}
