//! The Dorfman-Berbaum-Metz analysis: a three-way analysis of variance of jackknife pseudovalues.
//!
//! Pseudovalues Y_ijk = K theta_ij - (K - 1) theta_ij(k) of modalities, readers and cases (Dorfman, Berbaum, Metz, Invest
//! Radiol 1992;27:723), with the denominator degrees of freedom of Hillis (Stat Med 2007;26:596). Owned here: the analysis of
//! variance, its tests and its variance components, computed from the pseudovalues themselves and not by way of
//! [`obuchowski_rockette`](crate::obuchowski_rockette), with which it must agree where readers are random. Refused: what that refuses.

use crate::distribution::f_upper;
use crate::figures::Jackknife;
use crate::inference::{Estimate, Level};
use crate::obuchowski_rockette::{Comparison, Difference, Equality, OrError, Random, hillis, root};

/// A mean square and its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeanSquare {
    /// Sum of squares over degrees of freedom; 0 where there are none.
    pub value: f64,
    /// Degrees of freedom.
    pub df: f64,
}

impl MeanSquare {
    fn of(sum: f64, df: f64) -> Self {
        Self { value: if df > 0.0 { sum / df } else { 0.0 }, df }
    }
    /// The sum of squares.
    #[must_use]
    pub fn sum(self) -> f64 {
        self.value * self.df
    }
}

/// The mean squares of the three-way layout: modality T, reader R, case C.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ThreeWay {
    /// MS(T).
    pub t: MeanSquare,
    /// MS(R).
    pub r: MeanSquare,
    /// MS(C).
    pub c: MeanSquare,
    /// MS(T*R).
    pub tr: MeanSquare,
    /// MS(T*C).
    pub tc: MeanSquare,
    /// MS(R*C).
    pub rc: MeanSquare,
    /// MS(T*R*C).
    pub trc: MeanSquare,
}

/// Variance components of pseudovalues; may be negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PseudovalueComponents {
    /// Readers.
    pub reader: f64,
    /// Cases.
    pub case: f64,
    /// Modality by reader.
    pub modality_reader: f64,
    /// Modality by case.
    pub modality_case: f64,
    /// Reader by case.
    pub reader_case: f64,
    /// Error with the three-way interaction.
    pub error: f64,
}

/// The pseudovalues of a study.
#[derive(Debug, Clone)]
pub struct DorfmanBerbaumMetz {
    modalities: usize,
    readers: usize,
    cases: usize,
    /// Cell by cell, as in a table.
    pseudovalues: Vec<f64>,
    values: Vec<f64>,
    level: Level,
}

impl DorfmanBerbaumMetz {
    /// Makes pseudovalues of a jackknife.
    #[must_use]
    pub fn new(jackknife: &Jackknife, level: Level) -> Self {
        let k = jackknife.cases() as f64;
        let of = |(value, left_out): (&f64, &[f64])| left_out.iter().map(|out| k * value - (k - 1.0) * out).collect::<Vec<_>>();
        Self {
            modalities: jackknife.modalities(),
            readers: jackknife.readers(),
            cases: jackknife.cases(),
            pseudovalues: jackknife.values().iter().zip(jackknife.left_out()).flat_map(of).collect(),
            values: jackknife.values().to_vec(),
            level,
        }
    }

    /// The pseudovalues, cell by cell, one for each case.
    pub fn pseudovalues(&self) -> impl Iterator<Item = &[f64]> {
        self.pseudovalues.chunks_exact(self.cases)
    }

    /// The analysis of variance of all pseudovalues.
    #[must_use]
    pub fn anova(&self) -> ThreeWay {
        self.layout(|_, _| true)
    }
    /// That of one modality: R, C and R*C.
    #[must_use]
    pub fn anova_of_modality(&self, modality: usize) -> ThreeWay {
        self.layout(|m, _| m == modality)
    }
    /// That of one reader: T, C and T*C.
    #[must_use]
    pub fn anova_of_reader(&self, reader: usize) -> ThreeWay {
        self.layout(|_, r| r == reader)
    }

    fn layout(&self, wanted: impl Fn(usize, usize) -> bool) -> ThreeWay {
        let cells: Vec<(usize, usize, &[f64])> = self
            .pseudovalues()
            .enumerate()
            .map(|(at, y)| (at / self.readers, at % self.readers, y))
            .filter(|(m, r, _)| wanted(*m, *r))
            .collect();
        let mut t = Means::of(self.modalities);
        let (mut r, mut c) = (Means::of(self.readers), Means::of(self.cases));
        let (mut tr, mut tc) = (Means::of(self.modalities * self.readers), Means::of(self.modalities * self.cases));
        let (mut rc, mut all) = (Means::of(self.readers * self.cases), Means::of(1));
        let mut squares = 0.0;
        for (modality, reader, y) in &cells {
            for (case, y) in y.iter().enumerate() {
                all.add(0, *y);
                t.add(*modality, *y);
                r.add(*reader, *y);
                c.add(case, *y);
                tr.add(modality * self.readers + reader, *y);
                tc.add(modality * self.cases + case, *y);
                rc.add(reader * self.cases + case, *y);
            }
        }
        let m = all.mean(0);
        for (_, _, y) in &cells {
            squares += y.iter().map(|y| (y - m) * (y - m)).sum::<f64>();
        }
        let (i, j, k) = (t.levels(), r.levels(), c.levels());
        let [ss_t, ss_r, ss_c] = [&t, &r, &c].map(|means| means.squares_about(m));
        let ss_tr = tr.squares_about(m) - ss_t - ss_r;
        let ss_tc = tc.squares_about(m) - ss_t - ss_c;
        let ss_rc = rc.squares_about(m) - ss_r - ss_c;
        let ss_trc = squares - ss_t - ss_r - ss_c - ss_tr - ss_tc - ss_rc;
        // What is left by subtraction of squares is nothing where it is rounding.
        let settled = |sum: f64| if sum.abs() <= 1e-13 * squares { 0.0 } else { sum };
        let [ss_tr, ss_tc, ss_rc, ss_trc] = [ss_tr, ss_tc, ss_rc, ss_trc].map(settled);
        ThreeWay {
            t: MeanSquare::of(ss_t, i - 1.0),
            r: MeanSquare::of(ss_r, j - 1.0),
            c: MeanSquare::of(ss_c, k - 1.0),
            tr: MeanSquare::of(ss_tr, (i - 1.0) * (j - 1.0)),
            tc: MeanSquare::of(ss_tc, (i - 1.0) * (k - 1.0)),
            rc: MeanSquare::of(ss_rc, (j - 1.0) * (k - 1.0)),
            trc: MeanSquare::of(ss_trc, (i - 1.0) * (j - 1.0) * (k - 1.0)),
        }
    }

    /// The variance components, from the expected mean squares.
    #[must_use]
    pub fn components(&self) -> PseudovalueComponents {
        let a = self.anova();
        let (i, j, k) = (self.modalities as f64, self.readers as f64, self.cases as f64);
        let error = a.trc.value;
        PseudovalueComponents {
            reader: (a.r.value - a.tr.value - a.rc.value + error) / (i * k),
            case: (a.c.value - a.tc.value - a.rc.value + error) / (i * j),
            modality_reader: (a.tr.value - error) / k,
            modality_case: (a.tc.value - error) / j,
            reader_case: (a.rc.value - error) / i,
            error,
        }
    }

    /// Compares the modalities. All three denominators are mean squares, so that fixed readers give an F too.
    ///
    /// # Errors
    /// When there is one modality, or one reader while readers are random.
    pub fn compare(&self, random: Random) -> Result<Comparison, OrError> {
        if self.modalities < 2 {
            return Err(OrError::OneModality);
        }
        self.readers_suffice(random)?;
        let a = self.anova();
        let (denominator, df2) = match random {
            Random::ReadersAndCases => hillis(a.tr.value, (a.tc.value - a.trc.value).max(0.0), a.tr.df),
            Random::Cases => (a.tc.value, a.tc.df),
            Random::Readers => (a.tr.value, a.tr.df),
        };
        let standard_error = root(2.0 * denominator / (self.readers * self.cases) as f64)?;
        let equality = (denominator > 0.0).then(|| {
            let statistic = a.t.value / denominator;
            Equality { statistic, df1: a.t.df, df2, p: f_upper(statistic, a.t.df, df2) }
        });
        let mean = |row: &[f64]| row.iter().sum::<f64>() / row.len() as f64;
        let means: Vec<f64> = self.values.chunks_exact(self.readers).map(mean).collect();
        Ok(Comparison { denominator, equality, differences: self.differences(&means, standard_error, df2) })
    }

    /// The reader-averaged figure of one modality, from its own pseudovalues.
    ///
    /// # Errors
    /// When there is no such modality, or one reader while readers are random.
    pub fn modality(&self, modality: usize, random: Random) -> Result<Estimate, OrError> {
        self.readers_suffice(random)?;
        let row = self.values.chunks_exact(self.readers).nth(modality);
        let row = row.ok_or(OrError::NoSuch { what: "modality", index: modality, count: self.modalities })?;
        let a = self.anova_of_modality(modality);
        let (variance, df) = match random {
            Random::ReadersAndCases => hillis(a.r.value, (a.c.value - a.rc.value).max(0.0), a.r.df),
            Random::Cases => (a.c.value, a.c.df),
            Random::Readers => (a.r.value, a.r.df),
        };
        let standard_error = root(variance / (self.readers * self.cases) as f64)?;
        Ok(Estimate::new(row.iter().sum::<f64>() / row.len() as f64, standard_error, df, None, self.level))
    }

    /// The differences of all pairs of modalities for one reader, who is fixed.
    ///
    /// # Errors
    /// When there is no such reader.
    pub fn reader_differences(&self, reader: usize) -> Result<Vec<Difference>, OrError> {
        if reader >= self.readers {
            return Err(OrError::NoSuch { what: "reader", index: reader, count: self.readers });
        }
        let a = self.anova_of_reader(reader);
        let values: Vec<f64> = self.values.chunks_exact(self.readers).filter_map(|row| row.get(reader).copied()).collect();
        Ok(self.differences(&values, root(2.0 * a.tc.value / self.cases as f64)?, a.tc.df))
    }

    fn differences(&self, values: &[f64], standard_error: f64, df: f64) -> Vec<Difference> {
        let mut found = Vec::new();
        for (first, a) in values.iter().enumerate() {
            for (second, b) in values.iter().enumerate().skip(first + 1) {
                found.push(Difference { first, second, estimate: Estimate::new(a - b, standard_error, df, Some(0.0), self.level) });
            }
        }
        found
    }
    fn readers_suffice(&self, random: Random) -> Result<(), OrError> {
        if self.readers < 2 && random != Random::Cases { Err(OrError::OneReader) } else { Ok(()) }
    }
}

/// Sums over the levels of a factor or of a pair of factors.
struct Means {
    sums: Vec<(f64, u32)>,
}

impl Means {
    fn of(levels: usize) -> Self {
        Self { sums: vec![(0.0, 0); levels] }
    }
    fn add(&mut self, level: usize, value: f64) {
        if let Some((sum, count)) = self.sums.get_mut(level) {
            *sum += value;
            *count += 1;
        }
    }
    fn mean(&self, level: usize) -> f64 {
        self.sums.get(level).map_or(0.0, |(sum, count)| sum / f64::from(*count))
    }
    /// Levels that were met.
    fn levels(&self) -> f64 {
        self.sums.iter().filter(|(_, count)| *count > 0).count() as f64
    }
    fn squares_about(&self, m: f64) -> f64 {
        self.sums.iter().filter(|(_, count)| *count > 0).map(|(s, n)| (s / f64::from(*n) - m).powi(2) * f64::from(*n)).sum()
    }
}
