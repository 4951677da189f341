//! The Obuchowski-Rockette analysis of any figure of merit: modalities compared, and each by itself, with readers, cases or
//! both random.
//!
//! Model: theta_ij = mu + tau_i + R_j + (tau R)_ij + e_ij (Obuchowski, Rockette 1995), with the covariances of e averaged by
//! kind: Var (same cell), Cov1 (same reader), Cov2 (same modality), Cov3 (neither). Tests and intervals with the denominator
//! degrees of freedom of Hillis (Stat Med 2007;26:596), fixed factors as in Hillis (Stat Med 2014;33:330). Where published
//! programs disagree on purpose, [`Conventions`] says what is done. Refused: random readers where there is one, a comparison
//! of one modality. What is negative stays negative, and says something about the data.

use crate::distribution::{chi_squared_upper, f_upper};
use crate::figures::Figures;
use crate::inference::{Estimate, Level};
use thiserror::Error;

/// Why an analysis cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum OrError {
    /// Nothing is known about how readers vary.
    #[error("one reader says nothing about other readers: analyse with readers fixed and cases random")]
    OneReader,
    /// Nothing to compare with.
    #[error("one modality cannot be compared: ask for its own figure of merit")]
    OneModality,
    /// There is no such modality or reader.
    #[error("there is no {what} {index} (from 0): the figures have {count}")]
    NoSuch {
        /// Modality or reader.
        what: &'static str,
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A variance was estimated as negative.
    #[error(
        "the variance of the difference is estimated as {0}, which is negative: there is no standard error; the covariances of this study are too uncertain for fixed readers"
    )]
    NegativeVariance(f64),
}

/// What is a sample of something larger; the rest is fixed, and conclusions hold for it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Random {
    /// Readers and cases (RRRC): conclusions about readers and cases like these.
    #[default]
    ReadersAndCases,
    /// Cases (FRRC): conclusions about these very readers.
    Cases,
    /// Readers (RRFC): conclusions about these very cases.
    Readers,
}

/// What to do with Cov2 - Cov3 where it is negative, which no model allows and small studies show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NegativeTerm {
    /// Take it as zero.
    Zero,
    /// Leave it as it was estimated.
    AsEstimated,
}

/// Where published programs differ. With both random, all take max(Cov2 - Cov3, 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conventions {
    /// In the test with fixed readers. `Zero`: OR-DBM MRMC and RJafroc; `AsEstimated`: MRMCaov 0.3.0.
    pub fixed_readers: NegativeTerm,
    /// In the variance components of readers and of the interaction. `Zero`: RJafroc; `AsEstimated`: MRMCaov 0.3.0.
    pub components: NegativeTerm,
}

impl Default for Conventions {
    /// Zero in the test, which errs towards no difference; components as estimated, which are then unbiased.
    fn default() -> Self {
        Self { fixed_readers: NegativeTerm::Zero, components: NegativeTerm::AsEstimated }
    }
}

impl NegativeTerm {
    fn of(self, difference: f64) -> f64 {
        match self {
            Self::Zero => difference.max(0.0),
            Self::AsEstimated => difference,
        }
    }
}

/// Covariances of the errors, averaged by kind; 0 where no two cells are of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ErrorCovariances {
    /// Var: a cell with itself.
    pub var: f64,
    /// Cov1: the same reader in two modalities.
    pub cov1: f64,
    /// Cov2: two readers in the same modality.
    pub cov2: f64,
    /// Cov3: two readers in two modalities.
    pub cov3: f64,
}

/// Mean squares of the figures; 0 where there is one level only.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeanSquares {
    /// MS(T), of modalities, with I - 1 degrees of freedom.
    pub modality: f64,
    /// MS(R), of readers, with J - 1.
    pub reader: f64,
    /// MS(T*R), of their interaction, with (I - 1)(J - 1).
    pub interaction: f64,
}

/// Variance components that are not of cases; may be negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReaderComponents {
    /// Var(R).
    pub reader: f64,
    /// Var(T*R).
    pub interaction: f64,
}

/// The test that all modalities have the same figure of merit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equality {
    /// F; with fixed readers chi-squared.
    pub statistic: f64,
    /// Degrees of freedom of modalities, I - 1.
    pub df1: f64,
    /// Those of the denominator; infinite with fixed readers.
    pub df2: f64,
    /// p value.
    pub p: f64,
}

/// A difference of two modalities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The first modality, from 0.
    pub first: usize,
    /// The one that is subtracted from it.
    pub second: usize,
    /// First minus second, tested against 0.
    pub estimate: Estimate,
}

/// A comparison of all modalities.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What MS(T) is compared with.
    pub denominator: f64,
    /// The test of all at once; none where nothing varied (the denominator is zero).
    pub equality: Option<Equality>,
    /// All pairs, the lower index first.
    pub differences: Vec<Difference>,
}

/// An analysis of one set of figures: of a crossed design, or of one whose cases are nested in readers or in modalities, where
/// covariances of cells without a common case are 0 ([`ScoreTable::design`](crate::table::ScoreTable::design) tells which).
#[derive(Debug, Clone, Copy)]
pub struct ObuchowskiRockette<'a> {
    figures: &'a Figures,
    conventions: Conventions,
    level: Level,
}

impl<'a> ObuchowskiRockette<'a> {
    /// Sets up the analysis of some figures of merit.
    #[must_use]
    pub fn new(figures: &'a Figures, conventions: Conventions, level: Level) -> Self {
        Self { figures, conventions, level }
    }

    fn i(&self) -> f64 {
        self.figures.modalities() as f64
    }
    fn j(&self) -> f64 {
        self.figures.readers() as f64
    }
    fn rows(&self) -> impl Iterator<Item = &'a [f64]> {
        self.figures.values().chunks_exact(self.figures.readers())
    }

    /// The reader-averaged figure of each modality.
    #[must_use]
    pub fn modality_means(&self) -> Vec<f64> {
        self.rows().map(mean).collect()
    }
    /// The modality-averaged figure of each reader.
    #[must_use]
    pub fn reader_means(&self) -> Vec<f64> {
        let of = |reader: usize| self.rows().filter_map(|row| row.get(reader)).sum::<f64>() / self.i();
        (0..self.figures.readers()).map(of).collect()
    }

    /// Mean squares of the figures (Obuchowski, Rockette 1995).
    #[must_use]
    pub fn mean_squares(&self) -> MeanSquares {
        let (by_modality, by_reader) = (self.modality_means(), self.reader_means());
        let all = mean(&by_modality);
        let size = self.figures.values().iter().map(|v| v * v).sum::<f64>();
        // Squares of rounding are no spread: readers who differ by the same amount have no interaction.
        let over = |sum: f64, df: f64| if df > 0.0 && sum > 1e-28 * size { sum / df } else { 0.0 };
        let spread = |means: &[f64]| means.iter().map(|m| (m - all) * (m - all)).sum::<f64>();
        let residual = |(row, modality): (&[f64], &f64)| {
            row.iter().zip(&by_reader).map(|(value, reader)| (value - modality - reader + all).powi(2)).sum::<f64>()
        };
        let (i, j) = (self.i(), self.j());
        MeanSquares {
            modality: over(j * spread(&by_modality), i - 1.0),
            reader: over(i * spread(&by_reader), j - 1.0),
            interaction: over(self.rows().zip(&by_modality).map(residual).sum(), (i - 1.0) * (j - 1.0)),
        }
    }

    /// The covariances of the errors, averaged by kind over all cells.
    #[must_use]
    pub fn error_covariances(&self) -> ErrorCovariances {
        self.averaged(|_, _| true)
    }
    /// Those of one modality alone: Var and Cov2. All 0 where there is no such modality.
    #[must_use]
    pub fn of_modality(&self, modality: usize) -> ErrorCovariances {
        self.averaged(|m, _| m == modality)
    }
    /// Those of one reader alone: Var and Cov1. All 0 where there is no such reader.
    #[must_use]
    pub fn of_reader(&self, reader: usize) -> ErrorCovariances {
        self.averaged(|_, r| r == reader)
    }

    fn averaged(&self, wanted: impl Fn(usize, usize) -> bool) -> ErrorCovariances {
        let readers = self.figures.readers();
        let cells: Vec<(usize, usize, usize)> =
            (0..self.figures.values().len()).map(|c| (c, c / readers, c % readers)).filter(|(_, m, r)| wanted(*m, *r)).collect();
        let mut kinds = [(0.0, 0_u32); 4];
        for (cell, modality, reader) in &cells {
            for (other, its_modality, its_reader) in &cells {
                let [var, cov1, cov2, cov3] = &mut kinds;
                let (sum, count) = match (modality == its_modality, reader == its_reader) {
                    (true, true) => var,
                    (false, true) => cov1,
                    (true, false) => cov2,
                    (false, false) => cov3,
                };
                *sum += self.figures.covariance(*cell, *other);
                *count += 1;
            }
        }
        let [var, cov1, cov2, cov3] = kinds.map(|(sum, count)| if count > 0 { sum / f64::from(count) } else { 0.0 });
        ErrorCovariances { var, cov1, cov2, cov3 }
    }

    /// MS(R) of one modality alone, with J - 1 degrees of freedom; 0 with one reader.
    #[must_use]
    pub fn reader_mean_square(&self, modality: usize) -> f64 {
        self.rows().nth(modality).map_or(0.0, spread)
    }
    /// MS(T) of one reader alone, with I - 1 degrees of freedom; 0 with one modality.
    #[must_use]
    pub fn modality_mean_square(&self, reader: usize) -> f64 {
        spread(&self.rows().filter_map(|row| row.get(reader).copied()).collect::<Vec<_>>())
    }

    /// The variance components of readers, from the expected mean squares (Hillis 2014). With one modality Var(T*R) cannot be told from Var(R): it is 0, and Var(R)
    /// has both.
    #[must_use]
    pub fn components(&self) -> ReaderComponents {
        self.components_with(self.conventions.components)
    }
    /// The same, whatever the conventions do with a negative Cov2 - Cov3.
    pub(crate) fn components_with(&self, negative: NegativeTerm) -> ReaderComponents {
        let (ms, e) = (self.mean_squares(), self.error_covariances());
        if self.figures.modalities() < 2 {
            // E MS(R) = Var(R) + Var(T*R) + Var - Cov2.
            return ReaderComponents { reader: ms.reader - e.var + e.cov2, interaction: 0.0 };
        }
        let interaction = ms.interaction - e.var + e.cov1 + negative.of(e.cov2 - e.cov3);
        // E MS(R) = I Var(R) + Var(T*R) + Var + (I - 1) Cov1 - Cov2 - (I - 1) Cov3.
        let rest = interaction + e.var + (self.i() - 1.0) * (e.cov1 - e.cov3) - e.cov2;
        ReaderComponents { reader: (ms.reader - rest) / self.i(), interaction }
    }

    /// Compares the modalities: the test of all at once and the differences of all pairs.
    ///
    /// # Errors
    /// When there is one modality, one reader while readers are random, or the variance is estimated as negative.
    pub fn compare(&self, random: Random) -> Result<Comparison, OrError> {
        if self.figures.modalities() < 2 {
            return Err(OrError::OneModality);
        }
        self.readers_suffice(random)?;
        let (ms, e) = (self.mean_squares(), self.error_covariances());
        let (df1, df_interaction) = (self.i() - 1.0, (self.i() - 1.0) * (self.j() - 1.0));
        let (denominator, df2) = match random {
            Random::ReadersAndCases => hillis(ms.interaction, self.j() * settled(e.cov2 - e.cov3, e.var).max(0.0), df_interaction),
            Random::Cases => {
                let between = self.conventions.fixed_readers.of(e.cov2 - e.cov3);
                (settled(e.var - e.cov1 + (self.j() - 1.0) * between, e.var), f64::INFINITY)
            }
            Random::Readers => (ms.interaction, df_interaction),
        };
        let standard_error = root(2.0 * denominator / self.j())?;
        let equality = (denominator > 0.0).then(|| {
            let f = ms.modality / denominator;
            match random {
                Random::Cases => Equality { statistic: f * df1, df1, df2, p: chi_squared_upper(f * df1, df1) },
                _ => Equality { statistic: f, df1, df2, p: f_upper(f, df1, df2) },
            }
        });
        let means = self.modality_means();
        let differences = pairs(&means).map(|(first, second, difference)| Difference {
            first,
            second,
            estimate: Estimate::new(difference, standard_error, df2, Some(0.0), self.level),
        });
        Ok(Comparison { denominator, equality, differences: differences.collect() })
    }

    /// The reader-averaged figure of one modality, from its own data alone.
    ///
    /// # Errors
    /// When there is no such modality, or one reader while readers are random.
    pub fn modality(&self, modality: usize, random: Random) -> Result<Estimate, OrError> {
        self.readers_suffice(random)?;
        let row = self.rows().nth(modality);
        let row = row.ok_or(OrError::NoSuch { what: "modality", index: modality, count: self.figures.modalities() })?;
        let (e, ms, j) = (self.of_modality(modality), self.reader_mean_square(modality), self.j());
        let (variance, df) = match random {
            Random::ReadersAndCases => hillis(ms, j * e.cov2.max(0.0), j - 1.0),
            Random::Cases => (e.var + (j - 1.0) * e.cov2.max(0.0), f64::INFINITY),
            Random::Readers => (ms, j - 1.0),
        };
        Ok(Estimate::new(mean(row), root(variance / j)?, df, None, self.level))
    }

    /// The differences of all pairs of modalities for one reader, who is fixed.
    ///
    /// # Errors
    /// When there is no such reader, or the variance is estimated as negative.
    pub fn reader_differences(&self, reader: usize) -> Result<Vec<Difference>, OrError> {
        self.has_reader(reader)?;
        let e = self.of_reader(reader);
        let standard_error = root(2.0 * settled(e.var - e.cov1, e.var))?;
        let values: Vec<f64> = self.rows().filter_map(|row| row.get(reader).copied()).collect();
        let of = |(first, second, difference)| Difference {
            first,
            second,
            estimate: Estimate::new(difference, standard_error, f64::INFINITY, Some(0.0), self.level),
        };
        Ok(pairs(&values).map(of).collect())
    }

    /// The figure of one reader in one modality, with the variance over cases of that cell alone.
    ///
    /// # Errors
    /// When there is no such cell, or its variance is estimated as negative.
    pub fn cell(&self, modality: usize, reader: usize) -> Result<Estimate, OrError> {
        self.has_reader(reader)?;
        let row = self.rows().nth(modality);
        let row = row.ok_or(OrError::NoSuch { what: "modality", index: modality, count: self.figures.modalities() })?;
        let at = modality * self.figures.readers() + reader;
        let value = row.get(reader).copied().unwrap_or_default();
        Ok(Estimate::new(value, root(self.figures.covariance(at, at))?, f64::INFINITY, None, self.level))
    }

    fn has_reader(&self, reader: usize) -> Result<(), OrError> {
        let count = self.figures.readers();
        if reader < count { Ok(()) } else { Err(OrError::NoSuch { what: "reader", index: reader, count }) }
    }
    fn readers_suffice(&self, random: Random) -> Result<(), OrError> {
        if self.figures.readers() < 2 && random != Random::Cases { Err(OrError::OneReader) } else { Ok(()) }
    }
}

/// A denominator of a mean square of readers and what cases add to it, with its degrees of freedom (Hillis 2007). Readers
/// who do not vary at all leave cases alone, whose degrees of freedom are many.
pub(crate) fn hillis(mean_square: f64, of_cases: f64, df: f64) -> (f64, f64) {
    let denominator = mean_square + of_cases;
    let ratio = denominator / mean_square;
    (denominator, if ratio.is_nan() { f64::INFINITY } else { ratio * ratio * df })
}

/// A difference of covariances that is nothing but rounding is zero: readers in perfect agreement have no variance.
fn settled(difference: f64, scale: f64) -> f64 {
    if difference.abs() <= 1e-12 * scale.abs() { 0.0 } else { difference }
}

/// Standard error from a variance.
pub(crate) fn root(variance: f64) -> Result<f64, OrError> {
    if variance < 0.0 { Err(OrError::NegativeVariance(variance)) } else { Ok(variance.sqrt()) }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sample variance; 0 of a single value, and of values that differ by rounding alone.
fn spread(values: &[f64]) -> f64 {
    let m = mean(values);
    let sum: f64 = values.iter().map(|v| (v - m) * (v - m)).sum();
    let size: f64 = values.iter().map(|v| v * v).sum();
    if values.len() > 1 && sum > 1e-28 * size { sum / (values.len() - 1) as f64 } else { 0.0 }
}

/// All differences of two values, the earlier one first.
fn pairs(values: &[f64]) -> impl Iterator<Item = (usize, usize, f64)> {
    let later = move |first: usize| values.iter().enumerate().skip(first + 1);
    values.iter().enumerate().flat_map(move |(first, a)| later(first).map(move |(second, b)| (first, second, a - b)))
}
