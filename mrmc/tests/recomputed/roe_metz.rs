//! Simulated studies of Roe and Metz (Acad Radiol 1997;4:298) and their tests, seed by seed against an implementation that
//! shares nothing with the crate: pairs of cases are formed, and p comes from an integral.
//!
//! `ROE_METZ_SEEDS` sets how many studies there are for each of the 24 configurations under the null hypothesis; a few every
//! day, thousands in a soak, where the share of rejections is checked as well.

use tiresias_mrmc::figures::{CovarianceMethod, Figures};
use tiresias_mrmc::inference::Level;
use tiresias_mrmc::obuchowski_rockette::{Conventions, ObuchowskiRockette, Random};
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;

/// Normal and diseased cases each.
const CASES: usize = 25;

/// A structure of variances: cases, modality x case, reader x case, error; readers (= modality x reader) at each separation.
struct Structure {
    case: f64,
    modality_case: f64,
    reader_case: f64,
    error: f64,
    reader: [f64; 3],
}

const STRUCTURES: [Structure; 4] = [
    Structure { case: 0.3, modality_case: 0.3, reader_case: 0.2, error: 0.2, reader: [0.0055, 0.0055, 0.0055] },
    Structure { case: 0.1, modality_case: 0.1, reader_case: 0.2, error: 0.6, reader: [0.0055, 0.0055, 0.0055] },
    Structure { case: 0.3, modality_case: 0.3, reader_case: 0.2, error: 0.2, reader: [0.011, 0.030, 0.056] },
    Structure { case: 0.1, modality_case: 0.1, reader_case: 0.2, error: 0.6, reader: [0.011, 0.030, 0.056] },
];
const SEPARATIONS: [f64; 3] = [0.75, 1.5, 2.5];

/// SplitMix64, and normal numbers by Box and Muller.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn normal(&mut self, variance: f64) -> f64 {
        let (u, v) = (1.0 - self.uniform(), self.uniform());
        variance.sqrt() * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// Scores by modality, reader and case; normal cases first.
fn simulate(structure: &Structure, at: usize, readers: usize, seed: u64) -> Vec<f64> {
    let mut noise = Noise(seed);
    let cases = 2 * CASES;
    let mut scores = vec![0.0; 2 * readers * cases];
    for group in 0..2 {
        let mean = if group == 1 { SEPARATIONS[at] } else { 0.0 };
        let of_readers: Vec<f64> = (0..readers).map(|_| noise.normal(structure.reader[at])).collect();
        let interactions: Vec<f64> = (0..2 * readers).map(|_| noise.normal(structure.reader[at])).collect();
        for case in 0..CASES {
            let own = noise.normal(structure.case);
            let by_modality = [noise.normal(structure.modality_case), noise.normal(structure.modality_case)];
            for reader in 0..readers {
                let by_reader = noise.normal(structure.reader_case);
                for (modality, by_modality) in by_modality.into_iter().enumerate() {
                    let score = mean + of_readers[reader] + interactions[modality * readers + reader] + own + by_modality + by_reader;
                    scores[(modality * readers + reader) * cases + group * CASES + case] = score + noise.normal(structure.error);
                }
            }
        }
    }
    scores
}

/// The Obuchowski-Rockette test with Hillis's degrees of freedom and the jackknife, from its definition: two-sided p.
fn by_definition(scores: &[f64], readers: usize) -> f64 {
    let cases = 2 * CASES;
    let area = |cell: &[f64], out: Option<usize>| {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for a in (0..CASES).filter(|a| Some(*a) != out) {
            for b in (CASES..cases).filter(|b| Some(*b) != out) {
                sum += if cell[b] > cell[a] { 1.0 } else { f64::from(u8::from(cell[b] == cell[a])) / 2.0 };
                pairs += 1.0;
            }
        }
        sum / pairs
    };
    let cells: Vec<&[f64]> = scores.chunks(cases).collect();
    let theta: Vec<f64> = cells.iter().map(|cell| area(cell, None)).collect();
    let left: Vec<Vec<f64>> = cells.iter().map(|cell| (0..cases).map(|k| area(cell, Some(k))).collect()).collect();
    let k = cases as f64;
    let covariance = |i: usize, j: usize| {
        let mean = |v: &[f64]| v.iter().sum::<f64>() / k;
        let (a, b) = (mean(&left[i]), mean(&left[j]));
        (k - 1.0) / k * left[i].iter().zip(&left[j]).map(|(x, y)| (x - a) * (y - b)).sum::<f64>()
    };
    let j = readers as f64;
    let (mut cov2, mut cov3) = (0.0, 0.0);
    for r in 0..readers {
        for q in (0..readers).filter(|q| *q != r) {
            cov2 += covariance(r, q) + covariance(readers + r, readers + q);
            cov3 += covariance(r, readers + q) + covariance(readers + r, q);
        }
    }
    let each = 2.0 * j * (j - 1.0);
    let differences: Vec<f64> = (0..readers).map(|r| theta[r] - theta[readers + r]).collect();
    let difference = differences.iter().sum::<f64>() / j;
    let interaction = differences.iter().map(|d| (d - difference) * (d - difference)).sum::<f64>() / (j - 1.0) / 2.0;
    let denominator = interaction + j * ((cov2 - cov3) / each).max(0.0);
    let df = ((denominator / interaction).powi(2) * (j - 1.0)).min(1e9);
    let t = difference / (2.0 * denominator / j).sqrt();
    // With t = sqrt(df) tan(angle), the density of the angle is proportional to cos^(df - 1): Simpson's rule.
    let density = |angle: f64| angle.cos().max(0.0).powf(df - 1.0);
    let integral = |from: f64| {
        let steps = 4000;
        // Ten standard deviations on, nothing is left.
        let h = (std::f64::consts::FRAC_PI_2 - from).min(10.0 / df.sqrt()) / f64::from(steps);
        let weight = |at: i32| if at == 0 || at == steps { 1.0 } else { f64::from(2 + 2 * (at % 2)) };
        (0..=steps).map(|at| weight(at) * density(from + h * f64::from(at))).sum::<f64>() * h / 3.0
    };
    integral((t.abs() / df.sqrt()).atan()) / integral(0.0)
}

#[test]
fn tests_of_simulated_studies_equal_an_independent_implementation() {
    let seeds: u64 = std::env::var("ROE_METZ_SEEDS").map_or(4, |text| text.parse().expect("ROE_METZ_SEEDS is a number"));
    let truth: Vec<Group> = (0..2 * CASES).map(|k| if k < CASES { Group::Normal } else { Group::Diseased }).collect();
    let mut studies = 0;
    for (which, structure) in STRUCTURES.iter().enumerate() {
        for at in 0..SEPARATIONS.len() {
            for readers in [3, 5] {
                let mut rejected = 0;
                for seed in 0..seeds {
                    let scores = simulate(structure, at, readers, seed + 1_000_003 * (which as u64 * 10 + at as u64));
                    let cells: Vec<Option<f64>> = scores.iter().copied().map(Some).collect();
                    let table = ScoreTable::new(2, readers, &truth, &cells).unwrap();
                    let figures = Figures::of_areas(&table, CovarianceMethod::Jackknife).unwrap();
                    let or = ObuchowskiRockette::new(&figures, Conventions::default(), Level::default());
                    let ours = or.compare(Random::ReadersAndCases).unwrap().equality.unwrap().p;
                    let theirs = by_definition(&scores, readers);
                    assert!(
                        (ours - theirs).abs() < 1e-7,
                        "structure {which}, separation {at}, {readers} readers, seed {seed}: {ours} {theirs}"
                    );
                    assert_eq!(ours < 0.05, theirs < 0.05, "one rejects and the other does not, at seed {seed}");
                    rejected += u64::from(ours < 0.05);
                    studies += 1;
                }
                // Over these configurations 1.45 to 7.3 % are rejected (docs/validation.md 8.2), by another implementation with seeds of its own 1.9 to 7.8 %; no flat band holds.
                let share = rejected as f64 / seeds as f64;
                assert!(seeds < 2000 || (0.01..0.09).contains(&share), "{share} of {seeds} rejected");
                if seeds >= 2000 {
                    println!("structure {which}, separation {at}, {readers} readers: {rejected} of {seeds} rejected");
                }
            }
        }
    }
    assert_eq!(studies, 24 * seeds);
}
