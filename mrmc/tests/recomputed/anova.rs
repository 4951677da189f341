//! Mean squares of layouts with more than two levels of each factor, from the definition of each effect, cell by cell; and what is said of one modality or reader alone.

use tiresias_mrmc::dorfman_berbaum_metz::{DorfmanBerbaumMetz, MeanSquare};
use tiresias_mrmc::figures::{Figures, Jackknife};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::{Conventions, ObuchowskiRockette, OrError, Random};

/// Modalities, readers and cases: no two counts are the same.
const SIZES: [usize; 3] = [3, 4, 5];

/// Numbers between 0 and 1 that follow no pattern.
fn numbers(count: usize) -> Vec<f64> {
    let mut state = 7_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1 << 24) as f64
    };
    (0..count).map(next).collect()
}

fn jackknife() -> Jackknife {
    let [i, j, k] = SIZES;
    Jackknife::new(i, j, numbers(i * j), numbers(i * j * k)).unwrap()
}

/// Values of a layout of three factors, by their levels.
struct Layout {
    sizes: [usize; 3],
    values: Vec<f64>,
}

impl Layout {
    fn at(&self, [m, r, c]: [usize; 3]) -> f64 {
        self.values[(m * self.sizes[1] + r) * self.sizes[2] + c]
    }
    fn all(&self) -> Vec<[usize; 3]> {
        let [i, j, k] = self.sizes;
        (0..i).flat_map(|m| (0..j).flat_map(move |r| (0..k).map(move |c| [m, r, c]))).collect()
    }
    /// The mean of all values that have the levels of `place` in the factors of `kept`.
    fn mean(&self, place: [usize; 3], kept: [bool; 3]) -> f64 {
        let is_of = |p: &[usize; 3]| (0..3).all(|f| !kept[f] || p[f] == place[f]);
        let of: Vec<f64> = self.all().into_iter().filter(is_of).map(|p| self.at(p)).collect();
        of.iter().sum::<f64>() / of.len() as f64
    }
    /// The mean square of an effect: its sum over all values of the squared effect, by inclusion and exclusion of means.
    fn mean_square(&self, effect: [bool; 3]) -> (f64, f64) {
        let subsets = |full: [bool; 3]| {
            (0..8_u8)
                .map(|bits| [0, 1, 2].map(|f| bits >> f & 1 == 1))
                .filter(move |s| (0..3).all(|f| full[f] || !s[f]))
                .collect::<Vec<_>>()
        };
        let size = |s: &[bool; 3]| s.iter().filter(|b| **b).count();
        let of = |place: [usize; 3]| -> f64 {
            let sign = |s: &[bool; 3]| if (size(&effect) - size(s)).is_multiple_of(2) { 1.0 } else { -1.0 };
            subsets(effect).iter().map(|s| sign(s) * self.mean(place, *s)).sum()
        };
        let sum: f64 = self.all().into_iter().map(|p| of(p) * of(p)).sum();
        let df: f64 = (0..3).filter(|f| effect[*f]).map(|f| self.sizes[f] as f64 - 1.0).product();
        (if df > 0.0 { sum / df } else { 0.0 }, df)
    }
}

fn near(ours: f64, by_definition: f64) {
    assert!((ours - by_definition).abs() <= 1e-9 * by_definition.abs().max(1.0), "{ours} here, {by_definition} by definition");
}

fn same(ours: MeanSquare, (value, df): (f64, f64)) {
    near(ours.value, value);
    near(ours.df, df);
    near(ours.sum(), value * df);
}

const T: [bool; 3] = [true, false, false];
const R: [bool; 3] = [false, true, false];
const C: [bool; 3] = [false, false, true];
const TR: [bool; 3] = [true, true, false];
const TC: [bool; 3] = [true, false, true];
const RC: [bool; 3] = [false, true, true];
const TRC: [bool; 3] = [true, true, true];

#[test]
fn mean_squares_of_pseudovalues_are_those_of_the_effects() {
    let jackknife = jackknife();
    let dbm = DorfmanBerbaumMetz::new(&jackknife, Level::default());
    let [i, j, k] = SIZES;
    let by_hand = jackknife.values().iter().zip(jackknife.left_out());
    let by_hand: Vec<f64> =
        by_hand.flat_map(|(v, out)| out.iter().map(|o| k as f64 * v - (k - 1) as f64 * o).collect::<Vec<_>>()).collect();
    let values: Vec<f64> = dbm.pseudovalues().flatten().copied().collect();
    assert_eq!(values, by_hand);
    let layout = Layout { sizes: SIZES, values };
    let a = dbm.anova();
    for (ours, effect) in [(a.t, T), (a.r, R), (a.c, C), (a.tr, TR), (a.tc, TC), (a.rc, RC), (a.trc, TRC)] {
        same(ours, layout.mean_square(effect));
    }
    let cells = |wanted: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
        layout.all().into_iter().filter(|p| wanted(p[0], p[1])).map(|p| layout.at(p)).collect()
    };
    for modality in 0..i {
        let alone = Layout { sizes: [1, j, k], values: cells(&|m, _| m == modality) };
        let a = dbm.anova_of_modality(modality);
        [(a.r, R), (a.c, C), (a.rc, RC)].into_iter().for_each(|(ours, effect)| same(ours, alone.mean_square(effect)));
        assert_eq!([a.t, a.tr, a.tc, a.trc].map(|ms| (ms.value, ms.df)), [(0.0, 0.0); 4]);
    }
    for reader in 0..j {
        let alone = Layout { sizes: [i, 1, k], values: cells(&|_, r| r == reader) };
        let a = dbm.anova_of_reader(reader);
        [(a.t, T), (a.c, C), (a.tc, TC)].into_iter().for_each(|(ours, effect)| same(ours, alone.mean_square(effect)));
        assert_eq!([a.r, a.tr, a.rc, a.trc].map(|ms| (ms.value, ms.df)), [(0.0, 0.0); 4]);
    }
}

/// Effects that add up, in pseudovalues of any size: what rounding leaves of an interaction is none.
#[test]
fn effects_that_add_up_leave_no_interaction_of_pseudovalues() {
    let [i, j, k] = SIZES;
    let effects = numbers(i + j + k);
    for scale in [1e-3, 1.0, 1e3] {
        let y = |m: usize, r: usize, c: usize| scale * (effects[m] + effects[i + r] + effects[i + j + c]);
        let of_cell = |m: usize, r: usize| (0..k).map(move |c| y(m, r, c));
        let cells = || (0..i).flat_map(|m| (0..j).map(move |r| (m, r)));
        let values: Vec<f64> = cells().map(|(m, r)| of_cell(m, r).sum::<f64>() / k as f64).collect();
        let left_out =
            cells().zip(&values).flat_map(|((m, r), v)| of_cell(m, r).map(move |y| (k as f64 * v - y) / (k - 1) as f64)).collect();
        let dbm = DorfmanBerbaumMetz::new(&Jackknife::new(i, j, values.clone(), left_out).unwrap(), Level::default());
        let a = dbm.anova();
        assert_eq!([a.tr, a.tc, a.rc, a.trc].map(|ms| ms.value), [0.0; 4], "times {scale}");
        assert!([a.t, a.r, a.c].iter().all(|ms| ms.value > 0.0));
        // Nothing is left to hold the modalities against.
        for random in [Random::Cases, Random::Readers] {
            let compared = dbm.compare(random).unwrap();
            assert!(compared.denominator == 0.0 && compared.equality.is_none(), "times {scale}: {compared:?}");
        }
    }
}

#[test]
fn tests_of_pseudovalues_rest_on_their_mean_squares() {
    let jackknife = jackknife();
    let dbm = DorfmanBerbaumMetz::new(&jackknife, Level::default());
    let [_, j, k] = SIZES;
    let (a, jk) = (dbm.anova(), (j * k) as f64);
    let hillis = |ms: MeanSquare, more: f64| (ms.value + more.max(0.0), ((ms.value + more.max(0.0)) / ms.value).powi(2) * ms.df);
    let row = |m: usize| jackknife.values()[m * j..][..j].iter().sum::<f64>() / j as f64;
    for (random, (denominator, df)) in [
        (Random::ReadersAndCases, hillis(a.tr, a.tc.value - a.trc.value)),
        (Random::Cases, (a.tc.value, a.tc.df)),
        (Random::Readers, (a.tr.value, a.tr.df)),
    ] {
        let all = dbm.compare(random).unwrap();
        near(all.denominator, denominator);
        let equality = all.equality.unwrap();
        [(equality.statistic, a.t.value / denominator), (equality.df1, 2.0), (equality.df2, df)].into_iter().for_each(|(x, y)| near(x, y));
        let pairs: Vec<_> = all.differences.iter().map(|d| (d.first, d.second)).collect();
        assert_eq!(pairs, [(0, 1), (0, 2), (1, 2)]);
        for d in &all.differences {
            near(d.estimate.value, row(d.first) - row(d.second));
            near(d.estimate.standard_error.powi(2), 2.0 * denominator / jk);
            near(d.estimate.df, df);
        }
    }
    for modality in 0..3 {
        let a = dbm.anova_of_modality(modality);
        for (random, (variance, df)) in [
            (Random::ReadersAndCases, hillis(a.r, a.c.value - a.rc.value)),
            (Random::Cases, (a.c.value, a.c.df)),
            (Random::Readers, (a.r.value, a.r.df)),
        ] {
            let alone = dbm.modality(modality, random).unwrap();
            near(alone.value, row(modality));
            near(alone.standard_error.powi(2), variance / jk);
            near(alone.df, df);
        }
    }
    for reader in 0..j {
        let a = dbm.anova_of_reader(reader);
        for d in dbm.reader_differences(reader).unwrap() {
            near(d.estimate.value, jackknife.values()[d.first * j + reader] - jackknife.values()[d.second * j + reader]);
            near(d.estimate.standard_error.powi(2), 2.0 * a.tc.value / k as f64);
            near(d.estimate.df, a.tc.df);
        }
    }
    assert_eq!(dbm.modality(3, Random::Cases).unwrap_err(), OrError::NoSuch { what: "modality", index: 3, count: 3 });
    assert_eq!(dbm.reader_differences(4).unwrap_err(), OrError::NoSuch { what: "reader", index: 4, count: 4 });
}

#[test]
fn mean_squares_of_figures_are_those_of_the_effects() {
    let [i, j, _] = SIZES;
    let values = numbers(i * j);
    let figures = Figures::new(i, j, values.clone(), vec![0.0; (i * j).pow(2)]).unwrap();
    let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
    let layout = Layout { sizes: [i, j, 1], values };
    let ms = or.mean_squares();
    for (ours, effect) in [(ms.modality, T), (ms.reader, R), (ms.interaction, TR)] {
        near(ours, layout.mean_square(effect).0);
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    for (m, ours) in or.modality_means().into_iter().enumerate() {
        near(ours, mean((0..j).map(|r| layout.at([m, r, 0])).collect()));
    }
    for (r, ours) in or.reader_means().into_iter().enumerate() {
        near(ours, mean((0..i).map(|m| layout.at([m, r, 0])).collect()));
    }
}

/// Figures of all cells, with the same variance and the same three covariances everywhere.
fn alike(values: Vec<f64>, [var, cov1, cov2, cov3]: [f64; 4]) -> Figures {
    let [i, j, _] = SIZES;
    let cells = || (0..i).flat_map(|m| (0..j).map(move |r| (m, r)));
    let of = |(m, r): (usize, usize), (n, q): (usize, usize)| match (m == n, r == q) {
        (true, true) => var,
        (false, true) => cov1,
        (true, false) => cov2,
        (false, false) => cov3,
    };
    Figures::new(i, j, values, cells().flat_map(|a| cells().map(move |b| of(a, b))).collect()).unwrap()
}

#[test]
fn tests_of_figures_rest_on_their_mean_squares_and_covariances() {
    let [i, j, _] = SIZES;
    let [var, cov1, cov2, cov3] = [0.1, 0.05, 0.04, 0.02];
    let figures = alike(numbers(i * j), [var, cov1, cov2, cov3]);
    let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
    let (ms, readers) = (or.mean_squares(), j as f64);
    let (df1, interaction) = ((i - 1) as f64, ((i - 1) * (j - 1)) as f64);
    let both = ms.interaction + readers * (cov2 - cov3);
    for (random, denominator, df) in [
        (Random::ReadersAndCases, both, (both / ms.interaction).powi(2) * interaction),
        (Random::Cases, var - cov1 + (readers - 1.0) * (cov2 - cov3), f64::INFINITY),
        (Random::Readers, ms.interaction, interaction),
    ] {
        let all = or.compare(random).unwrap();
        near(all.denominator, denominator);
        let equality = all.equality.unwrap();
        near(equality.df1, df1);
        let f = ms.modality / denominator;
        if random == Random::Cases {
            // A chi-squared variable with two degrees of freedom is above x with probability exp(-x / 2).
            near(equality.statistic, f * df1);
            near(equality.p, (-f * df1 / 2.0).exp());
        } else {
            near(equality.statistic, f);
            near(equality.df2, df);
        }
        for d in &all.differences {
            near(d.estimate.standard_error.powi(2), 2.0 * denominator / readers);
            assert!(d.estimate.df == df || (d.estimate.df / df - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn a_small_difference_of_covariances_is_one_and_rounding_is_none() {
    let [i, j, _] = SIZES;
    let values: Vec<f64> = numbers(i * j).into_iter().map(|v| v * 1e-4).collect();
    let more = |difference: f64| {
        let figures = alike(values.clone(), [1e-3, 5e-4, 4e-4 + difference, 4e-4]);
        let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
        or.compare(Random::ReadersAndCases).unwrap().denominator - or.mean_squares().interaction
    };
    assert!((more(5e-10) / (j as f64 * 5e-10) - 1.0).abs() < 1e-4);
    assert_eq!(more(1e-18), 0.0);
}

#[test]
fn readers_who_differ_by_rounding_alone_do_not_vary() {
    let [i, j, _] = SIZES;
    for scale in [1e-6, 1e-3, 1.0, 1e3, 1e6] {
        let values = (0..i * j).map(|at| if at % 2 == 0 { scale } else { scale * (1.0 + f64::EPSILON) }).collect();
        let figures = alike(values, [0.1, 0.05, 0.04, 0.02]);
        let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
        for m in 0..i {
            assert_eq!(or.modality(m, Random::Readers).unwrap().standard_error, 0.0, "times {scale}");
        }
    }
}

#[test]
fn one_of_a_factor_is_refused_where_it_is_a_sample() {
    let one = |i, j| DorfmanBerbaumMetz::new(&Jackknife::new(i, j, numbers(i * j), numbers(i * j * 4)).unwrap(), Level::default());
    for random in [Random::ReadersAndCases, Random::Cases, Random::Readers] {
        assert_eq!(one(1, 3).compare(random).unwrap_err(), OrError::OneModality);
        assert!(one(1, 3).modality(0, random).is_ok());
        assert!(one(2, 2).compare(random).is_ok() && one(2, 2).modality(0, random).is_ok());
        let is_told = random != Random::Cases;
        assert_eq!(one(2, 1).compare(random).is_err(), is_told);
        assert_eq!(one(2, 1).modality(0, random).err(), is_told.then_some(OrError::OneReader));
    }
}
