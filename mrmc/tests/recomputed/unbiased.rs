//! The unbiased variance is unbiased: over all samples that can be drawn from a small world of readers and cases, its mean is
//! the variance of the areas, exactly.

use proptest::prelude::*;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;
use tiresias_mrmc::ustatistics::{Estimator, UStatistics, UnpairedDf};

/// Kinds of readers, of normal and of diseased cases in the world.
const KINDS: usize = 2;
/// How many of each are drawn.
const DRAWN: usize = 2;

/// Scores of each kind of reader (in each of two modalities) for each kind of case, normals first.
type World = Vec<i8>;

fn score(world: &World, modality: usize, reader: usize, case: usize) -> f64 {
    f64::from(world[(modality * KINDS + reader) * 2 * KINDS + case])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn over_all_samples_the_mean_is_the_variance(world in proptest::collection::vec(-2_i8..=2, 2 * KINDS * 2 * KINDS)) {
        let truth: Vec<Group> = (0..2 * DRAWN).map(|k| if k < DRAWN { Group::Normal } else { Group::Diseased }).collect();
        let samples = KINDS.pow(3 * DRAWN as u32);
        // For the area of modality 0, and for the difference: values and variances.
        let mut found = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
        for sample in 0..samples {
            let drawn: Vec<usize> = (0..3 * DRAWN).map(|at| sample / KINDS.pow(at as u32) % KINDS).collect();
            let (readers, cases) = drawn.split_at(DRAWN);
            let kind = |case: usize| cases[case] + if case < DRAWN { 0 } else { KINDS };
            let scores: Vec<Option<f64>> = (0..2)
                .flat_map(|m| readers.iter().map(move |r| (m, *r)))
                .flat_map(|(m, r)| (0..2 * DRAWN).map(move |c| (m, r, c)))
                .map(|(m, r, c)| Some(score(&world, m, r, kind(c))))
                .collect();
            let table = ScoreTable::new(2, DRAWN, &truth, &scores).unwrap();
            let u = UStatistics::of(&table);
            for (place, found) in found.iter_mut().enumerate() {
                let of = match place {
                    0 => u.modality(0, Estimator::Unbiased).unwrap(),
                    _ => u.difference(0, 1, Estimator::Unbiased, UnpairedDf::Pooled).unwrap(),
                };
                found.0.push(of.value);
                found.1.push(of.variance);
            }
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        for (values, unbiased) in &found {
            let middle = mean(values);
            let true_variance = mean(&values.iter().map(|v| (v - middle) * (v - middle)).collect::<Vec<f64>>());
            prop_assert!((mean(unbiased) - true_variance).abs() < 1e-12, "{} {true_variance}", mean(unbiased));
        }
    }
}
