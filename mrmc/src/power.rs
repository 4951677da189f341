//! Power and size of a study of two modalities, from the covariances of a pilot.
//!
//! Owns the method of Hillis, Obuchowski, Berbaum (Acad Radiol 2011;18:129): the error covariances of the pilot shrink with
//! the number of cases, the interaction of modality and reader does not, and the noncentral F (with fixed readers
//! chi-squared) gives the power. The share of diseased cases is taken to stay that of the pilot. Negative components count
//! as zero, in favour of nobody. Refused: an effect or a size of zero, and asking for what no number of cases reaches.

use crate::distribution::{chi_squared_quantile_upper, f_quantile_upper, noncentral_chi_squared_upper, noncentral_f_upper};
use crate::inference::Level;
use crate::obuchowski_rockette::{ErrorCovariances, NegativeTerm, ObuchowskiRockette, Random};
use thiserror::Error;

/// Why there is no power.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum PowerError {
    /// No study.
    #[error("power needs at least {readers_at_least} readers and one case; here are {readers} readers and {cases} cases")]
    NoStudy {
        /// Readers planned.
        readers: usize,
        /// Readers needed for any statement.
        readers_at_least: usize,
        /// Cases planned.
        cases: usize,
    },
    /// No effect.
    #[error("an effect to be found is not zero and is finite: {0} is not such")]
    NoEffect(f64),
    /// Not a probability.
    #[error("a power to be reached lies between 0 and 1: {0} does not")]
    NotAPower(f64),
    /// The pilot knows no variance.
    #[error("the pilot's variance of a difference is {0}: no power can be computed from it")]
    NoVariance(f64),
    /// More does not help.
    #[error("no study of up to {limit} {what} reaches that power: plan more {instead}, or a larger effect")]
    OutOfReach {
        /// The largest number that was tried.
        limit: usize,
        /// What was varied.
        what: &'static str,
        /// What else could be.
        instead: &'static str,
    },
}

/// What a pilot study says about the variance of a difference of two modalities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pilot {
    /// Cases of the pilot.
    pub cases: usize,
    /// Var(T*R), the interaction of modality and reader.
    pub interaction: f64,
    /// The error covariances, averaged by kind.
    pub errors: ErrorCovariances,
}

/// The power of a planned study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Power {
    /// Probability to find the effect.
    pub power: f64,
    /// Noncentrality.
    pub noncentrality: f64,
    /// Degrees of freedom of the denominator; infinite with fixed readers.
    pub df2: f64,
    /// The F (with fixed readers chi-squared) that must be exceeded.
    pub critical: f64,
}

/// The most cases or readers that are tried.
const LIMIT: usize = 1_000_000;

impl Pilot {
    /// Takes the covariances of an analysis of `cases` cases. Cov2 - Cov3 counts as 0 where it is negative, in Var(T*R) as in the power itself (Hillis 2011, RJafroc):
    /// taken here alone as it was estimated it would make the denominator smaller than the pilot's own, and the power too high.
    #[must_use]
    pub fn of(analysis: &ObuchowskiRockette<'_>, cases: usize) -> Self {
        let interaction = analysis.components_with(NegativeTerm::Zero).interaction;
        Self { cases, interaction, errors: analysis.error_covariances() }
    }

    /// The power to find a difference `effect` between two modalities with `readers` readers and `cases` cases, by a
    /// two-sided test of size `level.alpha()`.
    ///
    /// # Errors
    /// When there is no study, no effect or no variance.
    pub fn power(&self, random: Random, effect: f64, readers: usize, cases: usize, level: Level) -> Result<Power, PowerError> {
        let readers_at_least = if random == Random::Cases { 1 } else { 2 };
        if readers < readers_at_least || cases == 0 || self.cases == 0 {
            return Err(PowerError::NoStudy { readers, readers_at_least, cases: cases.min(self.cases) });
        }
        if effect == 0.0 || !effect.is_finite() {
            return Err(PowerError::NoEffect(effect));
        }
        let (j, shrink, e) = (readers as f64, self.cases as f64 / cases as f64, &self.errors);
        let between = (e.cov2 - e.cov3).max(0.0);
        let interaction = self.interaction.max(0.0);
        // What MS(T*R) would be expected to be, and the denominator with what cases add to it.
        let mean_square = (interaction + shrink * (e.var - e.cov1 - between)).max(0.0);
        let (denominator, df2) = match random {
            Random::ReadersAndCases => {
                let denominator = mean_square + shrink * j * between;
                (denominator, (denominator / mean_square).powi(2) * (j - 1.0))
            }
            Random::Cases => (shrink * (e.var - e.cov1 + (j - 1.0) * between), f64::INFINITY),
            Random::Readers => (mean_square, j - 1.0),
        };
        if denominator <= 0.0 || df2.is_nan() {
            return Err(PowerError::NoVariance(denominator));
        }
        let noncentrality = j * effect * effect / (2.0 * denominator);
        let (critical, power) = if random == Random::Cases {
            let critical = chi_squared_quantile_upper(level.alpha(), 1.0);
            (critical, noncentral_chi_squared_upper(critical, 1.0, noncentrality))
        } else {
            let critical = f_quantile_upper(level.alpha(), 1.0, df2);
            (critical, noncentral_f_upper(critical, 1.0, df2, noncentrality))
        };
        Ok(Power { power, noncentrality, df2, critical })
    }

    /// The fewest cases with which `readers` readers reach a power.
    ///
    /// # Errors
    /// As [`power`](Self::power), and when no number of cases reaches it.
    pub fn cases_for(&self, random: Random, effect: f64, readers: usize, power: f64, level: Level) -> Result<usize, PowerError> {
        let beyond = PowerError::OutOfReach { limit: LIMIT, what: "cases", instead: "readers" };
        fewest(1, power, |cases| Ok(self.power(random, effect, readers, cases, level)?.power), beyond)
    }

    /// The fewest readers with whom `cases` cases reach a power.
    ///
    /// # Errors
    /// As [`power`](Self::power), and when no number of readers reaches it.
    pub fn readers_for(&self, random: Random, effect: f64, cases: usize, power: f64, level: Level) -> Result<usize, PowerError> {
        let beyond = PowerError::OutOfReach { limit: LIMIT, what: "readers", instead: "cases" };
        let from = if random == Random::Cases { 1 } else { 2 };
        fewest(from, power, |readers| Ok(self.power(random, effect, readers, cases, level)?.power), beyond)
    }
}

/// The smallest number from which on a rising power is reached.
fn fewest(from: usize, wanted: f64, power: impl Fn(usize) -> Result<f64, PowerError>, beyond: PowerError) -> Result<usize, PowerError> {
    if !(wanted > 0.0 && wanted < 1.0) {
        return Err(PowerError::NotAPower(wanted));
    }
    let (mut below, mut enough) = (from - 1, from);
    while power(enough)? < wanted {
        if enough >= LIMIT {
            return Err(beyond);
        }
        below = enough;
        enough = (2 * enough).min(LIMIT);
    }
    while enough - below > 1 {
        let middle = usize::midpoint(below, enough);
        if power(middle)? < wanted {
            below = middle;
        } else {
            enough = middle;
        }
    }
    Ok(enough)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Van Dyke's study by the jackknife, as OR-DBM MRMC 2.51 prints it.
    const PILOT: Pilot = Pilot {
        cases: 114,
        interaction: 0.000_200_402_523_581,
        errors: ErrorCovariances {
            var: 0.000_802_288_265_572,
            cov1: 0.000_346_613_709_441,
            cov2: 0.000_344_074_828_861,
            cov3: 0.000_239_028_370_892,
        },
    };

    #[test]
    fn the_numbers_of_rjafroc() {
        let level = Level::default();
        let power = PILOT.power(Random::ReadersAndCases, 0.05, 6, 251, level).unwrap();
        let near = |ours: f64, theirs: f64| assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} here, {theirs} there");
        near(power.power, 0.892_281_989_392);
        near(power.noncentrality, 11.611_452_927_9);
        near(power.df2, 16.127_037_207_3);
        near(power.critical, 4.488_249_562_78);
        near(PILOT.power(Random::Cases, 0.05, 6, 251, level).unwrap().power, 0.983_944_771_108);
        near(PILOT.power(Random::Readers, 0.05, 6, 251, level).unwrap().power, 0.949_444_913_705);
        for (readers, cases) in [(6, 170), (8, 134), (10, 119)] {
            assert_eq!(PILOT.cases_for(Random::ReadersAndCases, 0.05, readers, 0.8, level), Ok(cases));
        }
    }

    #[test]
    fn more_of_anything_is_more_power() {
        let level = Level::default();
        let power = |random, effect, readers, cases| PILOT.power(random, effect, readers, cases, level).unwrap().power;
        for random in [Random::ReadersAndCases, Random::Cases, Random::Readers] {
            let least = power(random, 0.05, 5, 100);
            assert!(power(random, 0.06, 5, 100) > least && power(random, 0.05, 6, 100) > least && power(random, 0.05, 5, 120) > least);
            // The sign of an effect does not matter; hardly any effect has the size of the test.
            assert_eq!(power(random, -0.05, 5, 100), least);
            assert!((power(random, 1e-9, 5, 100) - 0.05).abs() < 1e-9);
        }
        let cases = PILOT.cases_for(Random::ReadersAndCases, 0.05, 8, 0.9, level).unwrap();
        assert!(power(Random::ReadersAndCases, 0.05, 8, cases) >= 0.9 && power(Random::ReadersAndCases, 0.05, 8, cases - 1) < 0.9);
        let readers = PILOT.readers_for(Random::ReadersAndCases, 0.05, 200, 0.9, level).unwrap();
        assert!(power(Random::ReadersAndCases, 0.05, readers, 200) >= 0.9 && power(Random::ReadersAndCases, 0.05, readers - 1, 200) < 0.9);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let level = Level::default();
        let error = PILOT.cases_for(Random::ReadersAndCases, 0.005, 3, 0.8, level).unwrap_err();
        assert_eq!(error.to_string(), "no study of up to 1000000 cases reaches that power: plan more readers, or a larger effect");
        assert!(matches!(PILOT.power(Random::Readers, 0.05, 1, 100, level), Err(PowerError::NoStudy { .. })));
        assert!(PILOT.power(Random::Cases, 0.05, 1, 100, level).is_ok());
        assert_eq!(PILOT.power(Random::Cases, 0.0, 5, 100, level), Err(PowerError::NoEffect(0.0)));
        assert_eq!(PILOT.cases_for(Random::Cases, 0.05, 5, 1.0, level), Err(PowerError::NotAPower(1.0)));
    }
}
