//! Ranks of the cells of a table against one another: the whole numbers that areas, their covariances and the U-statistics
//! of a study are sums of.
//!
//! For a normal case a, a diseased case b and a cell (one reader in one modality), twice psi is 0, 1 or 2. Owned here: its
//! sums over a, over b and over both, for each cell, and the sum over all pairs of the product of two cells (how often two
//! readers are right about the same pair). All are exact whole numbers. Nothing is ever tabulated over pairs of cases: a sort
//! gives the first three, and the product is counted by sweeping one cell's order over a two-level running count of the
//! other's, O(n sqrt n) at most. A case without a score in a cell takes part in no pair of it.

use crate::roc::Group;
use crate::table::ScoreTable;

/// Level of a case that has no score.
const ABSENT: u32 = u32::MAX;

/// The cases of one group in one cell.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// Rank of each case's score among the distinct scores of the cell, [`ABSENT`] without one.
    level: Vec<u32>,
    /// The cases with a score, by rising level.
    order: Vec<u32>,
    /// Sum of twice psi over the other group's cases, for each case; 0 without a score.
    pub(crate) half_pairs: Vec<u64>,
}

impl Side {
    fn of(cases: usize) -> Self {
        Self { level: vec![ABSENT; cases], order: Vec::with_capacity(cases), half_pairs: vec![0; cases] }
    }
    /// How many cases have a score.
    pub(crate) fn present(&self) -> u64 {
        self.order.len() as u64
    }
    /// Whether a case has a score.
    pub(crate) fn has(&self, case: usize) -> bool {
        self.level.get(case).is_some_and(|level| *level != ABSENT)
    }
    /// How many cases have a score here and there.
    pub(crate) fn shared_with(&self, other: &Self) -> u64 {
        if self.order.len() == self.level.len() {
            return other.present();
        }
        self.level.iter().zip(&other.level).map(|(a, b)| u64::from(*a != ABSENT && *b != ABSENT)).sum()
    }
}

/// One reader in one modality.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) normal: Side,
    pub(crate) diseased: Side,
    /// Sum of twice psi over all pairs.
    pub(crate) total: u64,
    levels: usize,
}

impl Cell {
    /// The pairs of cases that both have a score.
    pub(crate) fn pairs(&self) -> u64 {
        self.normal.present() * self.diseased.present()
    }
    /// The area under the curve; `None` without a pair.
    pub(crate) fn area(&self) -> Option<f64> {
        let pairs = self.pairs();
        (pairs > 0).then(|| self.total as f64 / (2.0 * pairs as f64))
    }

    /// Ranks one cell's scores. `place` is each case's group and its number within it.
    fn of(scores: &[Option<f64>], place: &[(Group, u32)], normals: usize, diseased: usize) -> Self {
        let mut sorted: Vec<(f64, Group, u32)> =
            scores.iter().zip(place).filter_map(|(score, (group, number))| Some(((*score)?, *group, *number))).collect();
        // -0 and 0 are one score: comparison by value puts them side by side, in either order.
        sorted.sort_unstable_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
        let (mut normal, mut ill) = (Side::of(normals), Side::of(diseased));
        let (mut below, mut ill_below, mut total, mut levels) = (0_u64, 0_u64, 0_u64, 0_u32);
        let all_ill = sorted.iter().filter(|(_, group, _)| *group == Group::Diseased).count() as u64;
        for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
            let ill_here = tied.iter().filter(|(_, group, _)| *group == Group::Diseased).count() as u64;
            let here = tied.len() as u64 - ill_here;
            for (_, group, number) in tied {
                let (side, pairs) = match group {
                    Group::Normal => (&mut normal, 2 * (all_ill - ill_below - ill_here) + ill_here),
                    Group::Diseased => (&mut ill, 2 * below + here),
                };
                side.order.push(*number);
                if let (Some(level), Some(sum)) = (side.level.get_mut(*number as usize), side.half_pairs.get_mut(*number as usize)) {
                    (*level, *sum) = (levels, pairs);
                }
            }
            total += ill_here * (2 * below + here);
            below += here;
            ill_below += ill_here;
            levels += 1;
        }
        Self { normal, diseased: ill, total, levels: levels as usize }
    }

    /// Sum over all pairs of (twice psi here) x (twice psi there): four times the inclusive sum n1 of Gallas 2006.
    fn joint(&self, other: &Self, room: &mut RunningCount) -> u64 {
        room.clear(other.levels);
        let level_there = |side: &Side, case: u32| side.level.get(case as usize).copied().filter(|level| *level != ABSENT);
        let (normals, here, there) = (&self.normal.order, &self.normal.level, &other.normal);
        let level_here = |case: u32| here.get(case as usize).copied().unwrap_or(ABSENT);
        // Normals count 2 where they score lower here, 1 where they score the same.
        let (mut counted, mut tied) = (0, 0);
        let mut sum = 0;
        for ill in &self.diseased.order {
            let Some(ill_there) = level_there(&other.diseased, *ill) else { continue };
            let level = self.diseased.level.get(*ill as usize).copied().unwrap_or(ABSENT);
            // Those that were tied with an earlier case and are lower than this one.
            while counted < tied && normals.get(counted).is_some_and(|n| level_here(*n) < level) {
                if let Some(at) = normals.get(counted).and_then(|n| level_there(there, *n)) {
                    room.add(at, 1);
                }
                counted += 1;
            }
            while counted == tied && normals.get(counted).is_some_and(|n| level_here(*n) < level) {
                if let Some(at) = normals.get(counted).and_then(|n| level_there(there, *n)) {
                    room.add(at, 2);
                }
                counted += 1;
                tied += 1;
            }
            while normals.get(tied).is_some_and(|n| level_here(*n) == level) {
                if let Some(at) = normals.get(tied).and_then(|n| level_there(there, *n)) {
                    room.add(at, 1);
                }
                tied += 1;
            }
            sum += room.below(ill_there) + room.below(ill_there + 1);
        }
        sum
    }
}

/// A running count by level: adding costs a block and a list of blocks, asking two look-ups.
#[derive(Debug, Default)]
struct RunningCount {
    shift: u32,
    /// Weight in the blocks before each.
    blocks: Vec<u32>,
    /// Weight before each level within its block.
    within: Vec<u32>,
}

impl RunningCount {
    fn clear(&mut self, levels: usize) {
        // Blocks of about sqrt(levels), so that both loops of `add` are short.
        self.shift = (usize::BITS - levels.leading_zeros()).div_ceil(2).max(3);
        let blocks = (levels >> self.shift) + 1;
        self.blocks.clear();
        self.blocks.resize(blocks, 0);
        self.within.clear();
        self.within.resize(blocks << self.shift, 0);
    }
    fn add(&mut self, level: u32, weight: u32) {
        let block = (level >> self.shift) as usize;
        let end = (block + 1) << self.shift;
        for later in self.blocks.iter_mut().skip(block + 1) {
            *later += weight;
        }
        if let Some(rest) = self.within.get_mut(level as usize + 1..end) {
            for later in rest {
                *later += weight;
            }
        }
    }
    /// The weight at levels lower than `level`.
    fn below(&self, level: u32) -> u64 {
        let before = self.blocks.get((level >> self.shift) as usize).copied().unwrap_or_default();
        u64::from(before) + u64::from(self.within.get(level as usize).copied().unwrap_or_default())
    }
}

/// The joint sums of all pairs of cells.
#[derive(Debug, Clone)]
pub(crate) struct Joints {
    cells: usize,
    sums: Vec<u64>,
}

impl Joints {
    /// Four times the sum of psi psi' over all pairs of cases, of two cells.
    pub(crate) fn of(&self, cell: usize, other: usize) -> u64 {
        self.sums.get(cell * self.cells + other).copied().unwrap_or_default()
    }
}

/// All cells of a table, ranked.
#[derive(Debug, Clone)]
pub(crate) struct Placements {
    pub(crate) cells: Vec<Cell>,
    pub(crate) readers: usize,
    /// Each case's group and its number within it.
    pub(crate) place: Vec<(Group, u32)>,
}

impl Placements {
    pub(crate) fn of(table: &ScoreTable<'_>) -> Self {
        let (mut normals, mut diseased) = (0_u32, 0_u32);
        let mut number = |group: Group| {
            let next = match group {
                Group::Normal => &mut normals,
                Group::Diseased => &mut diseased,
            };
            *next += 1;
            (group, *next - 1)
        };
        let place: Vec<(Group, u32)> = table.truth().iter().map(|group| number(*group)).collect();
        let (normals, diseased) = (normals as usize, diseased as usize);
        let cells = table.cells().map(|scores| Cell::of(scores, &place, normals, diseased)).collect();
        Self { cells, readers: table.readers(), place }
    }
    /// The joint sums of all pairs of cells.
    pub(crate) fn joints(&self) -> Joints {
        let n = self.cells.len();
        let mut sums = vec![0; n * n];
        let mut room = RunningCount::default();
        for (i, one) in self.cells.iter().enumerate() {
            for (j, other) in self.cells.iter().enumerate().skip(i) {
                let joint = one.joint(other, &mut room);
                for at in [i * n + j, j * n + i] {
                    if let Some(sum) = sums.get_mut(at) {
                        *sum = joint;
                    }
                }
            }
        }
        Joints { cells: n, sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Twice psi, by its definition.
    fn twice_psi(x: Option<f64>, y: Option<f64>) -> u64 {
        match (x, y) {
            (Some(x), Some(y)) if y > x => 2,
            (Some(x), Some(y)) if y == x => 1,
            _ => 0,
        }
    }

    fn score() -> impl Strategy<Value = Option<f64>> {
        prop_oneof![4 => (-3i8..=3).prop_map(|s| Some(f64::from(s))), 3 => (-9.0..9.0f64).prop_map(Some), 1 => Just(Some(-0.0)),
            1 => Just(Some(f64::NEG_INFINITY)), 2 => Just(None)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn sums_equal_those_over_all_pairs(
            cases in proptest::collection::vec((any::<bool>(), score(), score()), 1..60)
        ) {
            let truth: Vec<Group> = cases.iter().map(|c| if c.0 { Group::Diseased } else { Group::Normal }).collect();
            let scores: Vec<Option<f64>> = cases.iter().map(|c| c.1).chain(cases.iter().map(|c| c.2)).collect();
            let table = ScoreTable::new(1, 2, &truth, &scores).unwrap();
            let placed = Placements::of(&table);
            let of = |ill: bool| cases.iter().filter(move |c| c.0 == ill).collect::<Vec<_>>();
            let (normal, ill) = (of(false), of(true));
            let mut joint = 0;
            for a in &normal {
                for b in &ill {
                    joint += twice_psi(a.1, b.1) * twice_psi(a.2, b.2);
                }
            }
            let mut room = RunningCount::default();
            prop_assert_eq!(placed.cells[0].joint(&placed.cells[1], &mut room), joint);
            prop_assert_eq!(placed.cells[1].joint(&placed.cells[0], &mut room), joint);
            let by_normal: Vec<u64> = normal.iter().map(|a| ill.iter().map(|b| twice_psi(a.1, b.1)).sum()).collect();
            let by_ill: Vec<u64> = ill.iter().map(|b| normal.iter().map(|a| twice_psi(a.2, b.2)).sum()).collect();
            prop_assert_eq!(&placed.cells[0].normal.half_pairs, &by_normal);
            prop_assert_eq!(&placed.cells[1].diseased.half_pairs, &by_ill);
            prop_assert_eq!(placed.cells[0].total, by_normal.iter().sum::<u64>());
            let both = |c: &&&(bool, Option<f64>, Option<f64>)| c.1.is_some() && c.2.is_some();
            prop_assert_eq!(placed.cells[0].normal.shared_with(&placed.cells[1].normal), normal.iter().filter(both).count() as u64);
        }
    }
}
