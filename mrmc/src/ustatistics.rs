//! The U-statistic analysis of reader-averaged areas, for any design: crossed, split-plot, unpaired, with reads missing.
//!
//! Owns the eight moments M1..M8 of the success function over pairs of (reader, normal, diseased) that share or do not share
//! each of the three, and what is made of them: the unbiased variance and its V-statistic companion (Gallas, Acad Radiol
//! 2006;13:353; Gallas, Bandos, Samuelson, Wagner, Commun Stat A 2009;38:2586), the components of Barrett, Clarkson, Kupinski
//! (BCK), and degrees of freedom after Barrett-Clarkson-Kupinski and Bandos-Gallas as iMRMC computes them (dfBDG). The area
//! of a modality is over all pairs read: readers weigh by how much they read. Sums are whole numbers, so that readers
//! in perfect agreement have a variance of exactly zero. Refused: fewer than two readers or two cases of a group, where the
//! moment of pairs that share nothing does not exist. A negative variance is reported and has no standard error.

use crate::figures::{Figures, FiguresError, product_sum};
use crate::inference::{Estimate, Level};
use crate::placement::{Cell, Joints, Placements};
use crate::table::ScoreTable;
use thiserror::Error;

/// Why there is no analysis.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum UStatisticsError {
    /// A modality without a pair.
    #[error("modality {0} (from 0) has no reader with both a normal and a diseased case: it has no area")]
    NoPair(usize),
    /// Nothing varies independently.
    #[error(
        "no two readers read two normal and two diseased cases in modalities {0} and {1} (from 0): the variance over readers and cases cannot be estimated; analyse with readers fixed"
    )]
    NothingIndependent(usize, usize),
    /// There is no such modality.
    #[error("there is no modality {index} (from 0): the table has {count}")]
    NoModality {
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The unbiased variance may be negative.
    #[error(
        "the variance is estimated as {0}, which is negative: there is no standard error; report the V-statistic beside it, or the Obuchowski-Rockette analysis"
    )]
    NegativeVariance(f64),
}

/// Which estimate of the moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Estimator {
    /// Unbiased ("Ustat" in iMRMC).
    #[default]
    Unbiased,
    /// The V-statistic, which is biased, as a rule upwards ("MLE" in iMRMC).
    VStatistic,
}

/// How dfBDG is made for a difference whose modalities do not share normals, diseased cases or readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnpairedDf {
    /// iMRMC Java 4.0.3: a component that is not shared gives a Satterthwaite term for each modality.
    #[default]
    PerModality,
    /// iMRMC R 2.1.2: the components are added first, with the smaller degrees of freedom.
    Pooled,
}

/// What is done to degrees of freedom before t.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DfRule {
    /// Nothing: OR-DBM MRMC, RJafroc, MRMCaov.
    #[default]
    Unrounded,
    /// iMRMC Java 4.0.3: rounded down, at least 2, normal from 50.
    ImrmcJava,
    /// iMRMC R 2.1.2: rounded down, normal above 50.
    ImrmcR,
}

impl DfRule {
    /// The degrees of freedom that go into t; infinite for normal.
    #[must_use]
    pub fn apply(self, df: f64) -> f64 {
        match self {
            Self::Unrounded => df,
            Self::ImrmcJava if df >= 50.0 => f64::INFINITY,
            Self::ImrmcJava => df.floor().max(2.0),
            Self::ImrmcR if df > 50.0 => f64::INFINITY,
            Self::ImrmcR => df.floor(),
        }
    }
}

/// The moments of two modalities (or of one with itself). Index 0 is M1: same reader, normal and diseased case; M2 same
/// reader and diseased case; M3 same reader and normal case; M4 same reader; M5..M8 the same with different readers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Unbiased estimates; 0 where no such pairs exist.
    pub unbiased: [f64; 8],
    /// V-statistics: sums that do not exclude the pairs that share more.
    pub biased: [f64; 8],
    /// Coefficients of M1..M8 in the covariance.
    pub coefficients: [f64; 8],
}

/// Variance components after Barrett, Clarkson, Kupinski: normals N, diseased D, readers R and their interactions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bck {
    /// Normal cases.
    pub n: f64,
    /// Diseased cases.
    pub d: f64,
    /// Normal by diseased.
    pub nd: f64,
    /// Readers.
    pub r: f64,
    /// Normal by reader.
    pub nr: f64,
    /// Diseased by reader.
    pub dr: f64,
    /// All three.
    pub rnd: f64,
}

impl Moments {
    /// The moments by one estimator.
    #[must_use]
    pub fn of(&self, estimator: Estimator) -> [f64; 8] {
        match estimator {
            Estimator::Unbiased => self.unbiased,
            Estimator::VStatistic => self.biased,
        }
    }
    /// The coefficients of the components in the covariance.
    #[must_use]
    pub fn bck_coefficients(&self) -> Bck {
        let [c1, c2, c3, c4, c5, c6, c7, _] = self.coefficients;
        Bck { n: c1 + c3 + c5 + c7, d: c1 + c2 + c5 + c6, nd: c1 + c5, r: c1 + c2 + c3 + c4, nr: c1 + c3, dr: c1 + c2, rnd: c1 }
    }
    /// The components; one that has nothing in common, so that its coefficient is 0, counts as 0.
    #[must_use]
    pub fn bck(&self, estimator: Estimator) -> Bck {
        let [m1, m2, m3, m4, m5, m6, m7, m8] = self.of(estimator);
        let c = self.bck_coefficients();
        let unless_zero = |coefficient: f64, component: f64| if coefficient > 0.0 { component } else { 0.0 };
        Bck {
            n: unless_zero(c.n, m7 - m8),
            d: unless_zero(c.d, m6 - m8),
            nd: unless_zero(c.nd, m5 - m6 - m7 + m8),
            r: unless_zero(c.r, m4 - m8),
            nr: unless_zero(c.nr, m3 - m4 - m7 + m8),
            dr: unless_zero(c.dr, m2 - m4 - m6 + m8),
            rnd: unless_zero(c.rnd, m1 - m2 - m3 + m4 - m5 + m6 + m7 - m8),
        }
    }
}

/// An area or a difference of two, with its variance over readers and cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Averaged {
    /// The reader-averaged area, or difference of two.
    pub value: f64,
    /// Its variance; may be negative if unbiased.
    pub variance: f64,
    /// dfBDG; none where the variance is not positive or no component varied.
    pub df_bdg: Option<f64>,
}

impl Averaged {
    /// Interval and test with given degrees of freedom: `df_bdg`, those of Hillis, or infinite for the normal distribution.
    ///
    /// # Errors
    /// When the variance is negative.
    pub fn estimate(&self, df: f64, rule: DfRule, null: Option<f64>, level: Level) -> Result<Estimate, UStatisticsError> {
        if self.variance < 0.0 {
            return Err(UStatisticsError::NegativeVariance(self.variance));
        }
        Ok(Estimate::new(self.value, self.variance.sqrt(), rule.apply(df), null, level))
    }
}

/// Inclusive sums of two modalities: four times those of psi psi', and the counts, in the order of M1..M8.
#[derive(Debug, Clone, Copy)]
struct Sums {
    successes: [i128; 8],
    counts: [i128; 8],
}

/// The analysis of a table.
#[derive(Debug, Clone)]
pub struct UStatistics {
    placed: Placements,
    joints: Joints,
    /// For modalities m <= m', row by row.
    sums: Vec<Sums>,
    modalities: usize,
}

impl UStatistics {
    /// Sums up a table of any design.
    #[must_use]
    pub fn of(table: &ScoreTable<'_>) -> Self {
        let placed = Placements::of(table);
        let joints = placed.joints();
        let modalities = table.modalities();
        let sums =
            (0..modalities).flat_map(|m| (m..modalities).map(move |n| (m, n))).map(|(m, n)| Sums::of(&placed, &joints, m, n)).collect();
        Self { placed, joints, sums, modalities }
    }

    /// Areas by reader with their unbiased covariances: for Hillis's degrees of freedom from the same moments, and for each
    /// reader alone.
    ///
    /// # Errors
    /// When a reader has not two cases of each group in each modality.
    pub fn figures(&self) -> Result<Figures, FiguresError> {
        Figures::unbiased(&self.placed, &self.joints)
    }

    /// The area of each modality over all pairs read; `None` without a pair.
    #[must_use]
    pub fn areas(&self) -> Vec<Option<f64>> {
        (0..self.modalities).map(|m| self.area(m).ok()).collect()
    }

    fn area(&self, modality: usize) -> Result<f64, UStatisticsError> {
        let cells = self.placed.cells.chunks_exact(self.placed.readers).nth(modality);
        let cells = cells.ok_or(UStatisticsError::NoModality { index: modality, count: self.modalities })?;
        let (total, pairs) = cells.iter().fold((0, 0), |(total, pairs), cell| (total + cell.total, pairs + cell.pairs()));
        if pairs == 0 { Err(UStatisticsError::NoPair(modality)) } else { Ok(total as f64 / (2.0 * pairs as f64)) }
    }

    fn sums(&self, m: usize, n: usize) -> Result<&Sums, UStatisticsError> {
        let (low, high) = (m.min(n), m.max(n));
        // Rows of the upper triangle: m, m - 1, ... entries.
        let at = low * self.modalities - low * low.saturating_sub(1) / 2 + high - low;
        let missing = UStatisticsError::NoModality { index: high, count: self.modalities };
        if high < self.modalities { self.sums.get(at).ok_or(missing) } else { Err(missing) }
    }

    /// The moments of two modalities, or of one with itself.
    ///
    /// # Errors
    /// When there is no such modality, or one has no area.
    pub fn moments(&self, modality: usize, other: usize) -> Result<Moments, UStatisticsError> {
        for m in [modality, other] {
            self.area(m)?;
        }
        let sums = self.sums(modality, other)?;
        let (s, d) = (exclusive(&sums.successes), exclusive(&sums.counts));
        let ratios = |sums: [i128; 8], counts: [i128; 8]| {
            let mut ratios = [0.0; 8];
            for (ratio, (sum, count)) in ratios.iter_mut().zip(sums.iter().zip(&counts)) {
                *ratio = if *count > 0 { *sum as f64 / (4.0 * *count as f64) } else { 0.0 };
            }
            ratios
        };
        let [.., all] = sums.counts;
        let mut coefficients = d.map(|count| count as f64 / all as f64);
        if let Some(last) = coefficients.last_mut() {
            *last -= 1.0;
        }
        Ok(Moments { unbiased: ratios(s, d), biased: ratios(sums.successes, sums.counts), coefficients })
    }

    /// The covariance of the areas of two modalities, or the variance of one.
    ///
    /// # Errors
    /// When there is no such modality, one has no area, or no pairs share neither reader nor case.
    pub fn covariance(&self, modality: usize, other: usize, estimator: Estimator) -> Result<f64, UStatisticsError> {
        let moments = self.moments(modality, other)?;
        let sums = self.sums(modality, other)?;
        let ([.., s8], [.., d8]) = (exclusive(&sums.successes), exclusive(&sums.counts));
        if d8 == 0 {
            return Err(UStatisticsError::NothingIndependent(modality.min(other), modality.max(other)));
        }
        if estimator == Estimator::VStatistic {
            return Ok(moments.biased.iter().zip(&moments.coefficients).map(|(m, c)| m * c).sum());
        }
        // Sum of c M = theta theta' - M8, written so that nothing cancels where all agree: the sum over pairs that share
        // something, less what it would be if they shared nothing.
        let ([.., s], [.., d]) = (sums.successes, sums.counts);
        let product = s as f64 / (4.0 * d as f64);
        Ok(((s - s8) as f64 / 4.0 - product * (d - d8) as f64) / d8 as f64)
    }

    /// The area of one modality and its variance over readers and cases.
    ///
    /// # Errors
    /// As [`covariance`](Self::covariance).
    pub fn modality(&self, modality: usize, estimator: Estimator) -> Result<Averaged, UStatisticsError> {
        let value = self.area(modality)?;
        let variance = self.covariance(modality, modality, estimator)?;
        let moments = self.moments(modality, modality)?;
        let b = moments.bck(Estimator::VStatistic);
        let df = df_of(&moments);
        let terms: Vec<(f64, f64)> = [b.n, b.d, b.r].into_iter().zip(df).collect();
        Ok(Averaged { value, variance, df_bdg: df_bdg(variance, &terms, &df) })
    }

    /// The area of one modality minus that of another, and its variance over readers and cases.
    ///
    /// # Errors
    /// As [`covariance`](Self::covariance).
    pub fn difference(
        &self,
        modality: usize,
        other: usize,
        estimator: Estimator,
        unpaired: UnpairedDf,
    ) -> Result<Averaged, UStatisticsError> {
        let value = self.area(modality)? - self.area(other)?;
        let own = self.covariance(modality, modality, estimator)? + self.covariance(other, other, estimator)?;
        let shared = self.moments(modality, other)?;
        let variance = own - 2.0 * self.covariance(modality, other, estimator)?;
        let (a, b) = (self.moments(modality, modality)?, self.moments(other, other)?);
        let [of_a, of_b, of_both] = [&a, &b, &shared].map(|m| m.bck(Estimator::VStatistic));
        let (df_a, df_b, c) = (df_of(&a), df_of(&b), shared.bck_coefficients());
        let mut terms = Vec::new();
        let rows = [(of_a.n, of_b.n, of_both.n, c.n), (of_a.d, of_b.d, of_both.d, c.d), (of_a.r, of_b.r, of_both.r, c.r)];
        for ((a, b, both, coefficient), (df_a, df_b)) in rows.into_iter().zip(df_a.into_iter().zip(df_b)) {
            if coefficient > 0.0 || unpaired == UnpairedDf::Pooled {
                terms.push((a + b - 2.0 * both, df_a.min(df_b)));
            } else {
                terms.extend([(a, df_a), (b, df_b)]);
            }
        }
        let all: Vec<f64> = df_a.into_iter().chain(df_b).collect();
        Ok(Averaged { value, variance, df_bdg: df_bdg(variance, &terms, &all) })
    }
}

impl Sums {
    fn of(placed: &Placements, joints: &Joints, m: usize, n: usize) -> Self {
        let readers = placed.readers;
        let cells = |modality: usize| placed.cells.iter().skip(modality * readers).take(readers).collect::<Vec<&Cell>>();
        let (ours, theirs) = (cells(m), cells(n));
        let (mut same, mut all) = ([0_i128; 4], [0_i128; 4]);
        let (mut counts_same, mut counts_all) = ([0_i128; 4], [0_i128; 4]);
        for (r, one) in ours.iter().enumerate() {
            for (q, other) in theirs.iter().enumerate() {
                let joint = i128::from(joints.of(m * readers + r, n * readers + q));
                let (shared0, shared1) = (one.normal.shared_with(&other.normal), one.diseased.shared_with(&other.diseased));
                let both = i128::from(shared0) * i128::from(shared1);
                let ([sum, ..], [count, ..]) = (&mut all, &mut counts_all);
                *sum += joint;
                *count += both;
                if r == q {
                    let product = |a: u64, b: u64, c: u64| i128::from(a) * i128::from(b) * i128::from(c);
                    let sums = [
                        joint,
                        i128::from(product_sum(&one.diseased.half_pairs, &other.diseased.half_pairs)),
                        i128::from(product_sum(&one.normal.half_pairs, &other.normal.half_pairs)),
                        i128::from(one.total) * i128::from(other.total),
                    ];
                    let counts = [
                        both,
                        product(shared1, one.normal.present(), other.normal.present()),
                        product(shared0, one.diseased.present(), other.diseased.present()),
                        i128::from(one.pairs()) * i128::from(other.pairs()),
                    ];
                    for (to, from) in same.iter_mut().zip(sums).chain(counts_same.iter_mut().zip(counts)) {
                        *to += from;
                    }
                }
            }
        }
        // Over readers first: of successes, and of how many cases of the other group a case was read with.
        let (here, there) = (Pooled::of(&ours), Pooled::of(&theirs));
        let rest = |a: &ByCase, b: &ByCase| {
            let dot = |a: &[i128], b: &[i128]| a.iter().zip(b).map(|(a, b)| a * b).sum::<i128>();
            [dot(&a.diseased, &b.diseased), dot(&a.normal, &b.normal), a.total * b.total]
        };
        for (to, from) in all.iter_mut().skip(1).zip(rest(&here.successes, &there.successes)) {
            *to = from;
        }
        for (to, from) in counts_all.iter_mut().skip(1).zip(rest(&here.pairs, &there.pairs)) {
            *to = from;
        }
        let eight = |same: [i128; 4], all: [i128; 4]| {
            let ([a, b, c, d], [e, f, g, h]) = (same, all);
            [a, b, c, d, e, f, g, h]
        };
        Self { successes: eight(same, all), counts: eight(counts_same, counts_all) }
    }
}

/// Sums over the readers of a modality, by case and altogether.
#[derive(Default)]
struct Pooled {
    successes: ByCase,
    pairs: ByCase,
}

#[derive(Default)]
struct ByCase {
    normal: Vec<i128>,
    diseased: Vec<i128>,
    total: i128,
}

impl Pooled {
    fn of(cells: &[&Cell]) -> Self {
        let mut pooled = Self::default();
        for cell in cells {
            let sides = [
                (&cell.normal, &cell.diseased, &mut pooled.successes.normal, &mut pooled.pairs.normal),
                (&cell.diseased, &cell.normal, &mut pooled.successes.diseased, &mut pooled.pairs.diseased),
            ];
            for (side, others, successes, pairs) in sides {
                let n = side.half_pairs.len();
                successes.resize(n, 0);
                pairs.resize(n, 0);
                for (case, (success, pair)) in successes.iter_mut().zip(pairs.iter_mut()).enumerate() {
                    *success += i128::from(side.half_pairs.get(case).copied().unwrap_or_default());
                    *pair += if side.has(case) { i128::from(others.present()) } else { 0 };
                }
            }
            pooled.successes.total += i128::from(cell.total);
            pooled.pairs.total += i128::from(cell.pairs());
        }
        pooled
    }
}

/// Sums over pairs that share exactly what the index says, from those that share at least that.
fn exclusive([n1, n2, n3, n4, n5, n6, n7, n8]: &[i128; 8]) -> [i128; 8] {
    let of = |a: i128, b: i128, c: i128, d: i128| [a, b - a, c - a, d - b - c + a];
    let [s1, s2, s3, s4] = of(*n1, *n2, *n3, *n4);
    let [t1, t2, t3, t4] = of(*n5, *n6, *n7, *n8);
    [s1, s2, s3, s4, t1 - s1, t2 - s2, t3 - s3, t4 - s4]
}

/// Degrees of freedom of normals, diseased cases and readers: how many of them there effectively are, less one.
fn df_of(moments: &Moments) -> [f64; 3] {
    let c = moments.bck_coefficients();
    [c.n, c.d, c.r].map(|coefficient| (1.0 / coefficient - 1.0).round())
}

/// Satterthwaite's degrees of freedom, not below the smallest of any component.
fn df_bdg(variance: f64, terms: &[(f64, f64)], all: &[f64]) -> Option<f64> {
    let sum: f64 = terms.iter().map(|(component, df)| component * component / df.powi(3)).sum();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    (variance > 0.0 && sum > 0.0 && sum.is_finite()).then(|| (variance * variance / sum).max(least))
}
