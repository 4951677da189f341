//! A machine by itself and against readers: it reads the same cases, it is one, and it does not vary from reading to reading.
//!
//! Owns the comparison of a fixed machine with the average of random readers: the readers' differences from it are figures of
//! merit of one modality, analysed with readers and cases random (Hupse et al., Radiology 2013;266:123; Chakraborty 2017,
//! chapter 22, where it is called 1T-RRRC). Refused: machines without a score of each group, one reader.

use crate::figures::{Figures, FiguresError};
use crate::inference::{Estimate, Level};
use crate::obuchowski_rockette::{Conventions, ObuchowskiRockette, OrError, Random};
use crate::table::ScoreTable;
use thiserror::Error;

/// Why a machine cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum StandaloneError {
    /// One score or none for each case.
    #[error("{cases} cases need as many scores of the machine, or none for a case that it refused; {found} were given")]
    Size {
        /// Cases of the table.
        cases: usize,
        /// Scores given.
        found: usize,
    },
    /// Not readers in one modality with a machine.
    #[error("a machine is compared with the readers of one modality: give figures of one modality, the machine last")]
    Shape,
    /// The figures are none.
    #[error(transparent)]
    Figures(#[from] FiguresError),
    /// The analysis is refused.
    #[error(transparent)]
    Analysis(#[from] OrError),
}

/// A machine against readers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgainstReaders {
    /// The machine alone, over cases.
    pub machine: Estimate,
    /// The readers' average.
    pub readers: Estimate,
    /// Machine minus readers' average, tested against 0.
    pub difference: Estimate,
}

/// The scores of one modality with the machine as one more reader, the last: rows of a table of one modality.
///
/// # Errors
/// When the machine has not a score or none for each case, or there is no such modality.
pub fn with_machine(table: &ScoreTable<'_>, modality: usize, machine: &[Option<f64>]) -> Result<Vec<Option<f64>>, StandaloneError> {
    let cases = table.truth().len();
    if machine.len() != cases {
        return Err(StandaloneError::Size { cases, found: machine.len() });
    }
    if modality >= table.modalities() {
        return Err(OrError::NoSuch { what: "modality", index: modality, count: table.modalities() }.into());
    }
    let readers = table.cells().skip(modality * table.readers()).take(table.readers());
    Ok(readers.flatten().chain(machine).copied().collect())
}

/// Compares a machine with readers, by figures of one modality in which it is the last reader.
///
/// # Errors
/// When there are several modalities, or one reader while readers are random.
pub fn against_readers(figures: &Figures, random: Random, level: Level) -> Result<AgainstReaders, StandaloneError> {
    let readers = figures.readers().saturating_sub(1);
    if figures.modalities() != 1 || readers == 0 {
        return Err(StandaloneError::Shape);
    }
    let row =
        |reader: usize, machine: f64| (0..=readers).map(move |at| if at == readers { machine } else { f64::from(u8::from(at == reader)) });
    let alone: Vec<f64> = (0..readers).flat_map(|reader| row(reader, 0.0)).collect();
    // Reader minus machine; turned round below.
    let apart: Vec<f64> = (0..readers).flat_map(|reader| row(reader, -1.0)).collect();
    let of = |weights: &[f64]| -> Result<Estimate, StandaloneError> {
        let part = figures.combined(1, readers, weights)?;
        Ok(ObuchowskiRockette::new(&part, Conventions::default(), level).modality(0, random)?)
    };
    let difference = of(&apart)?;
    Ok(AgainstReaders {
        machine: ObuchowskiRockette::new(figures, Conventions::default(), level).cell(0, readers)?,
        readers: of(&alone)?,
        difference: Estimate::new(-difference.value, difference.standard_error, difference.df, Some(0.0), level),
    })
}
