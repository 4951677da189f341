//! Figures of merit of modalities by readers, with the covariances of their errors over cases: what an
//! Obuchowski-Rockette analysis starts from.
//!
//! Owns the three ways to the covariances of areas: DeLong, DeLong, Clarke-Pearson (Biometrics 1988;44:837); the jackknife
//! over all cases in one pool; and the unbiased one, theta theta' minus the U-statistic of pairs that share no case (Gallas
//! 2006 for one reader). Any other figure of merit comes as a [`Jackknife`]. Cells without a common case have covariance 0.
//! Refused: a cell without both groups, a group of a single case, DeLong's covariance of cells that share some cases only.

use crate::placement::{Cell, Joints, Placements, Side};
use crate::roc::Group;
use crate::table::ScoreTable;
use thiserror::Error;

/// Why figures of merit or their covariances do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FiguresError {
    /// A reader has no case of a group.
    #[error("reader {reader} has no score of a {group} case in modality {modality} (each from 0): leave the reader out of this analysis")]
    NoCase {
        /// The modality, from 0.
        modality: usize,
        /// The reader, from 0.
        reader: usize,
        /// The group that is missing.
        group: Group,
    },
    /// A spread needs two cases.
    #[error(
        "reader {reader} has a single {group} case in modality {modality} (each from 0): no variance over cases can be estimated, leave the reader out of this analysis"
    )]
    OneCase {
        /// The modality, from 0.
        modality: usize,
        /// The reader, from 0.
        reader: usize,
        /// The group with one case.
        group: Group,
    },
    /// DeLong's covariance is not defined here.
    #[error(
        "two reads share some {group} cases but not all, where DeLong's covariance is not defined: use the jackknife, the unbiased covariance, or U-statistics"
    )]
    PartlyPaired {
        /// The group in which they differ.
        group: Group,
    },
    /// The slices have other sizes.
    #[error("{found} numbers were given where {expected} belong: figures are modalities x readers, covariances that number squared")]
    Size {
        /// Numbers that belong there.
        expected: usize,
        /// Numbers given.
        found: usize,
    },
    /// A figure or covariance is infinite or NaN.
    #[error("number {0} (from 0) of the figures or covariances is not finite: leave its reader out")]
    NotFinite(usize),
    /// There is no such modality.
    #[error("there is no modality {index} (from 0): the figures have {count}")]
    NoModality {
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// There is nothing to leave out.
    #[error("a jackknife needs at least two cases")]
    TooFewCases,
}

/// The way to the covariances of areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CovarianceMethod {
    /// Leave out one case at a time, all cases in one pool: the default of OR-DBM MRMC, RJafroc and MRMCaov.
    #[default]
    Jackknife,
    /// DeLong's structural components.
    DeLong,
    /// Unbiased U-statistics; may be negative.
    Unbiased,
}

/// Figures of merit and their covariances. Cells are in the order of a table: first all readers of modality 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    modalities: usize,
    readers: usize,
    values: Vec<f64>,
    covariances: Vec<f64>,
}

impl Figures {
    /// Takes `modalities * readers` figures, and their covariance matrix row by row.
    ///
    /// # Errors
    /// When a slice has another size or holds a number that is not finite.
    pub fn new(modalities: usize, readers: usize, values: Vec<f64>, covariances: Vec<f64>) -> Result<Self, FiguresError> {
        let cells = modalities.saturating_mul(readers);
        for (expected, found) in [(cells.max(1), values.len()), (cells.saturating_mul(cells), covariances.len())] {
            if expected != found || cells == 0 {
                return Err(FiguresError::Size { expected, found });
            }
        }
        if let Some(at) = values.iter().chain(&covariances).position(|v| !v.is_finite()) {
            return Err(FiguresError::NotFinite(at));
        }
        Ok(Self { modalities, readers, values, covariances })
    }

    /// The areas under the empirical curves of a table, with their covariances by `method`.
    ///
    /// # Errors
    /// When a cell has not two cases of each group, or the design does not allow the method.
    pub fn of_areas(table: &ScoreTable<'_>, method: CovarianceMethod) -> Result<Self, FiguresError> {
        match method {
            CovarianceMethod::Jackknife => Ok(Jackknife::of_areas(table)?.figures()),
            CovarianceMethod::DeLong => Self::delong(&Placements::of(table)),
            CovarianceMethod::Unbiased => {
                let placed = Placements::of(table);
                Self::unbiased(&placed, &placed.joints())
            }
        }
    }

    fn delong(placed: &Placements) -> Result<Self, FiguresError> {
        let values = areas(placed)?;
        let n = values.len();
        let mut covariances = vec![0.0; n * n];
        let mut fill = |i: usize, j: usize, covariance: f64| {
            for at in [i * n + j, j * n + i] {
                if let Some(entry) = covariances.get_mut(at) {
                    *entry = covariance;
                }
            }
        };
        let centred: Vec<[Vec<f64>; 2]> = placed.cells.iter().map(centred_components).collect();
        for (i, (one, v)) in placed.cells.iter().zip(&centred).enumerate() {
            for (j, (other, w)) in placed.cells.iter().zip(&centred).enumerate().skip(i) {
                let sides = [(Group::Normal, &one.normal, &other.normal), (Group::Diseased, &one.diseased, &other.diseased)];
                let mut covariance = 0.0;
                for ((group, a, b), (v, w)) in sides.into_iter().zip(v.iter().zip(w)) {
                    let shared = a.shared_with(b);
                    if shared > 0 && (shared, shared) != (a.present(), b.present()) {
                        return Err(FiguresError::PartlyPaired { group });
                    }
                    if shared > 0 {
                        covariance += dot(v, w) / ((shared - 1) as f64 * shared as f64);
                    }
                }
                fill(i, j, covariance);
            }
        }
        Ok(Self { modalities: n / placed.readers, readers: placed.readers, values, covariances })
    }

    pub(crate) fn unbiased(placed: &Placements, joints: &Joints) -> Result<Self, FiguresError> {
        let values = areas(placed)?;
        let n = values.len();
        let cells = || placed.cells.iter().enumerate();
        let covariances = cells().flat_map(|(i, one)| cells().map(move |(j, other)| unbiased(one, other, joints.of(i, j)))).collect();
        Ok(Self { modalities: n / placed.readers, readers: placed.readers, values, covariances })
    }

    /// How many modalities.
    #[must_use]
    pub fn modalities(&self) -> usize {
        self.modalities
    }
    /// How many readers.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.readers
    }
    /// The figures, all readers of modality 0 first.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
    /// The covariance of the errors of two cells, each counted as in [`values`](Self::values); 0 where there is no such cell.
    #[must_use]
    pub fn covariance(&self, cell: usize, other: usize) -> f64 {
        let n = self.values.len();
        if cell < n && other < n { self.covariances.get(cell * n + other).copied().unwrap_or_default() } else { 0.0 }
    }
    /// The figures of some modalities alone, in the order given: a pair of them by its own data, as iMRMC analyses each pair.
    ///
    /// # Errors
    /// When there is no such modality, or none is asked for.
    pub fn of_modalities(&self, modalities: &[usize]) -> Result<Self, FiguresError> {
        if let Some(index) = modalities.iter().copied().find(|m| *m >= self.modalities) {
            return Err(FiguresError::NoModality { index, count: self.modalities });
        }
        let cells: Vec<usize> = modalities.iter().flat_map(|m| (0..self.readers).map(move |r| m * self.readers + r)).collect();
        let values = cells.iter().filter_map(|cell| self.values.get(*cell).copied()).collect();
        let covariances = cells.iter().flat_map(|a| cells.iter().map(|b| self.covariance(*a, *b))).collect();
        Self::new(modalities.len(), self.readers, values, covariances)
    }
    /// Linear combinations of the cells as figures of their own: row by row, `weights` has one number for each cell. A
    /// difference of modalities for each reader, an effect within each subgroup, or the readers against a machine are such.
    ///
    /// # Errors
    /// When the weights are not `modalities * readers` rows.
    pub fn combined(&self, modalities: usize, readers: usize, weights: &[f64]) -> Result<Self, FiguresError> {
        let n = self.values.len();
        let rows: Vec<&[f64]> = weights.chunks_exact(n).collect();
        if rows.len() * n != weights.len() || rows.len() != modalities * readers {
            return Err(FiguresError::Size { expected: modalities.saturating_mul(readers).saturating_mul(n), found: weights.len() });
        }
        let values = rows.iter().map(|row| dot(row, &self.values)).collect();
        let spread: Vec<Vec<f64>> = rows.iter().map(|row| self.covariances.chunks_exact(n).map(|line| dot(line, row)).collect()).collect();
        let covariances = rows.iter().flat_map(|row| spread.iter().map(|column| dot(row, column))).collect();
        Self::new(modalities, readers, values, covariances)
    }
}

/// Figures of merit with what each becomes when one case is left out. Cells in the order of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Jackknife {
    modalities: usize,
    readers: usize,
    values: Vec<f64>,
    left_out: Vec<f64>,
}

impl Jackknife {
    /// Takes `modalities * readers` figures, and for each of them the figure without case 0, without case 1, ...
    ///
    /// # Errors
    /// When a slice has another size, there are fewer than two cases, or a number is not finite.
    pub fn new(modalities: usize, readers: usize, values: Vec<f64>, left_out: Vec<f64>) -> Result<Self, FiguresError> {
        let cells = modalities.saturating_mul(readers);
        if cells == 0 || values.len() != cells {
            return Err(FiguresError::Size { expected: cells.max(1), found: values.len() });
        }
        let cases = left_out.len() / cells;
        if cases < 2 {
            return Err(FiguresError::TooFewCases);
        }
        if left_out.len() != cases * cells {
            return Err(FiguresError::Size { expected: cases * cells, found: left_out.len() });
        }
        if let Some(at) = values.iter().chain(&left_out).position(|v| !v.is_finite()) {
            return Err(FiguresError::NotFinite(at));
        }
        Ok(Self { modalities, readers, values, left_out })
    }

    /// The areas of a table. A case that a cell does not have leaves its area as it is.
    ///
    /// # Errors
    /// When a cell has not two cases of each group.
    pub fn of_areas(table: &ScoreTable<'_>) -> Result<Self, FiguresError> {
        let placed = Placements::of(table);
        let values = areas(&placed)?;
        let mut left_out = Vec::with_capacity(values.len() * placed.place.len());
        for (cell, value) in placed.cells.iter().zip(&values) {
            let (n0, n1, total) = (cell.normal.present(), cell.diseased.present(), cell.total);
            left_out.extend(placed.place.iter().map(|(group, number)| {
                let (side, left) = match group {
                    Group::Normal => (&cell.normal, (n0 - 1) * n1),
                    Group::Diseased => (&cell.diseased, n0 * (n1 - 1)),
                };
                let number = *number as usize;
                let own = side.half_pairs.get(number).copied().unwrap_or_default();
                if side.has(number) { (total - own) as f64 / (2.0 * left as f64) } else { *value }
            }));
        }
        Ok(Self { modalities: table.modalities(), readers: table.readers(), values, left_out })
    }

    /// How many modalities.
    #[must_use]
    pub fn modalities(&self) -> usize {
        self.modalities
    }
    /// How many readers.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.readers
    }
    /// How many cases are left out in turn.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.left_out.len() / self.values.len()
    }
    /// The figures with all cases.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }
    /// For each cell, the figures without one case.
    pub fn left_out(&self) -> impl Iterator<Item = &[f64]> {
        self.left_out.chunks_exact(self.cases())
    }
    /// The figures with their jackknife covariances: (K - 1)/K times the sum of products about the means.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let (n, k) = (self.values.len(), self.cases() as f64);
        let centred: Vec<Vec<f64>> = self.left_out().map(centred).collect();
        let mut covariances = vec![0.0; n * n];
        for (i, one) in centred.iter().enumerate() {
            for (j, other) in centred.iter().enumerate().skip(i) {
                let covariance = dot(one, other) * (k - 1.0) / k;
                for at in [i * n + j, j * n + i] {
                    if let Some(entry) = covariances.get_mut(at) {
                        *entry = covariance;
                    }
                }
            }
        }
        Figures { modalities: self.modalities, readers: self.readers, values: self.values.clone(), covariances }
    }
}

/// The areas of all cells, each of which has two cases of each group.
fn areas(placed: &Placements) -> Result<Vec<f64>, FiguresError> {
    let mut areas = Vec::with_capacity(placed.cells.len());
    for (at, cell) in placed.cells.iter().enumerate() {
        let (modality, reader) = (at / placed.readers, at % placed.readers);
        for (group, side) in [(Group::Normal, &cell.normal), (Group::Diseased, &cell.diseased)] {
            match side.present() {
                0 => return Err(FiguresError::NoCase { modality, reader, group }),
                1 => return Err(FiguresError::OneCase { modality, reader, group }),
                _ => {}
            }
        }
        areas.extend(cell.area());
    }
    Ok(areas)
}

/// DeLong's components about their means, 0 for a case without a score: V01 of the normals, V10 of the diseased.
fn centred_components(cell: &Cell) -> [Vec<f64>; 2] {
    let of = |side: &Side, others: u64| {
        let mean = cell.total as f64 / (2.0 * cell.pairs() as f64);
        let component = |(case, sum): (usize, &u64)| if side.has(case) { *sum as f64 / (2.0 * others as f64) - mean } else { 0.0 };
        side.half_pairs.iter().enumerate().map(component).collect()
    };
    [of(&cell.normal, cell.diseased.present()), of(&cell.diseased, cell.normal.present())]
}

/// The unbiased covariance of two areas, from whole numbers: theta theta' minus the mean over pairs that share no case.
///
/// Written as (S - theta theta' E)/D4, with S and E the sums and counts of the pairs that share a case, so that nothing
/// cancels where readers agree perfectly.
fn unbiased(one: &Cell, other: &Cell, joint: u64) -> f64 {
    let sums = SharedPairs::of(one, other, joint);
    let product = (i128::from(one.total) * i128::from(other.total)) as f64 / (4.0 * sums.all as f64);
    (sums.half_half_sum as f64 / 4.0 - product * sums.count as f64) / (sums.all - sums.count) as f64
}

/// Products of two cells over pairs (a, b), (a', b') that share a normal or a diseased case.
struct SharedPairs {
    /// Four times their sum of psi psi'.
    half_half_sum: i128,
    /// How many there are.
    count: i128,
    /// How many pairs of pairs there are at all.
    all: i128,
}

impl SharedPairs {
    fn of(one: &Cell, other: &Cell, joint: u64) -> Self {
        let sum = |a: &Side, b: &Side| i128::from(product_sum(&a.half_pairs, &b.half_pairs));
        let (shared0, shared1) = (one.normal.shared_with(&other.normal), one.diseased.shared_with(&other.diseased));
        let same_normal = i128::from(shared0) * i128::from(one.diseased.present()) * i128::from(other.diseased.present());
        let same_ill = i128::from(shared1) * i128::from(one.normal.present()) * i128::from(other.normal.present());
        Self {
            half_half_sum: sum(&one.diseased, &other.diseased) + sum(&one.normal, &other.normal) - i128::from(joint),
            count: same_normal + same_ill - i128::from(shared0) * i128::from(shared1),
            all: i128::from(one.pairs()) * i128::from(other.pairs()),
        }
    }
}

/// Sum of products of whole numbers; each is at most twice the number of cases, so that the sum of squares of 100,000 cases
/// still has room.
pub(crate) fn product_sum(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Values about their mean.
fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| v - mean).collect()
}

/// Inner product, in four sums side by side: one sum would wait for itself at each step.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (mut quads, mut others) = (a.chunks_exact(4), b.chunks_exact(4));
    let mut sums = [0.0; 4];
    for (x, y) in quads.by_ref().zip(others.by_ref()) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f64 = quads.remainder().iter().zip(others.remainder()).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}
