//! Ranks of the cells of a table against one another: the whole numbers that areas, their covariances and the U-statistics
//! of a study are sums of.
//!
//! For a normal case a, a diseased case b and a cell (one reader in one modality), twice psi is 0, 1 or 2. Owned here: its
//! sums over a, over b and over both, for each cell, and the sum over all pairs of the product of two cells (how often two
//! readers are right about the same pair). All are exact whole numbers. Nothing is ever tabulated over pairs of cases: a sort
//! gives the first three, and the product is counted by sweeping one cell's order over a running count by the other's,
//! O(n log n). A case without a score in a cell takes part in no pair of it.

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
    /// How many distinct scores.
    levels: usize,
    /// For each diseased case in its order, how many normals score lower, and how many lower or the same.
    reach: Vec<(usize, usize)>,
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

    /// Ranks scores, each with its group and the number of its case within the group, of which there are so many.
    pub(crate) fn of(scores: impl Iterator<Item = (f64, Group, u32)>, normals: usize, diseased: usize) -> Self {
        let mut sorted: Vec<(f64, Group, u32)> = scores.collect();
        // -0 and 0 are one score: comparison by value puts them side by side, in either order.
        sorted.sort_unstable_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
        let (mut normal, mut ill) = (Side::of(normals), Side::of(diseased));
        let (mut below, mut ill_below, mut total, mut levels) = (0_u64, 0_u64, 0_u64, 0_u32);
        let mut reach = Vec::with_capacity(diseased);
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
            reach.extend(std::iter::repeat_n((below as usize, (below + here) as usize), ill_here as usize));
            below += here;
            ill_below += ill_here;
            levels += 1;
        }
        Self { normal, diseased: ill, total, levels: levels as usize, reach }
    }

    /// Sum over all pairs of (twice psi here) x (twice psi there): four times the inclusive sum n1 of Gallas 2006.
    fn joint(&self, other: &Self, room: &mut RunningCount) -> u64 {
        room.clear(other.levels);
        let level_of = |side: &Side, case: u32| side.level.get(case as usize).copied().filter(|level| *level != ABSENT);
        let there = |position: usize| self.normal.order.get(position).and_then(|normal| level_of(&other.normal, *normal));
        // Normals count 2 where they score lower here, 1 where they score the same.
        let (mut lower, mut met) = (0, 0);
        let mut sum = 0;
        for (ill, (below, up_to)) in self.diseased.order.iter().zip(&self.reach) {
            while lower < *below {
                let weight = if lower < met { 1 } else { 2 };
                if let Some(level) = there(lower) {
                    room.add(level, weight);
                }
                lower += 1;
            }
            met = met.max(lower);
            while met < *up_to {
                if let Some(level) = there(met) {
                    room.add(level, 1);
                }
                met += 1;
            }
            if let Some(level) = level_of(&other.diseased, *ill) {
                sum += room.twice_below_and_at(level);
            }
        }
        sum
    }
}

/// A running count by level: a tree of sixteen branches a node, in which each branch holds the weight of those before it.
/// Adding touches one node a depth, all of its branches at once; asking adds one number a depth.
#[derive(Debug, Default)]
struct RunningCount {
    /// The weight at each level.
    at: Vec<u32>,
    /// The nodes above the levels first, then those of each depth above them.
    nodes: Vec<[u32; 16]>,
    /// Where each depth begins.
    depths: Vec<usize>,
}

/// The branches after each branch.
const AFTER: [[u32; 16]; 16] = {
    let mut after = [[0; 16]; 16];
    let mut branch = 0;
    while branch < 16 {
        let mut later = branch + 1;
        while later < 16 {
            after[branch][later] = u32::MAX;
            later += 1;
        }
        branch += 1;
    }
    after
};

impl RunningCount {
    fn clear(&mut self, levels: usize) {
        self.at.clear();
        self.at.resize(levels, 0);
        self.depths.clear();
        let (mut nodes, mut start) = (levels.div_ceil(16).max(1), 0);
        loop {
            self.depths.push(start);
            start += nodes;
            if nodes == 1 {
                break;
            }
            nodes = nodes.div_ceil(16);
        }
        self.nodes.clear();
        self.nodes.resize(start, [0; 16]);
    }
    fn add(&mut self, level: u32, weight: u32) {
        let mut rest = level as usize;
        if let Some(at) = self.at.get_mut(rest) {
            *at += weight;
        }
        for start in &self.depths {
            if let (Some(node), Some(after)) = (self.nodes.get_mut(start + rest / 16), AFTER.get(rest % 16)) {
                // All branches are read before one is written, so that they are added side by side.
                let (before, after) = (*node, *after);
                *node = std::array::from_fn(|branch| before[branch] + (weight & after[branch]));
            }
            rest /= 16;
        }
    }
    /// Twice the weight at lower levels, and that at `level` once.
    fn twice_below_and_at(&self, level: u32) -> u64 {
        let mut rest = level as usize;
        let at = self.at.get(rest).copied().unwrap_or_default();
        let mut below = 0;
        for start in &self.depths {
            below += u64::from(self.nodes.get(start + rest / 16).and_then(|node| node.get(rest % 16)).copied().unwrap_or_default());
            rest /= 16;
        }
        2 * below + u64::from(at)
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
        let cells = table.cells().map(|scores| {
            let there = scores.iter().zip(&place).filter_map(|(score, (group, number))| Some(((*score)?, *group, *number)));
            Cell::of(there, normals, diseased)
        });
        let cells = cells.collect();
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

    #[test]
    fn without_a_pair_there_is_no_area() {
        let alone = |group| Cell::of([(1.0, group, 0)].into_iter(), 1, 1).area();
        assert_eq!((alone(Group::Normal), alone(Group::Diseased)), (None, None));
        assert_eq!(Cell::of([(1.0, Group::Normal, 0), (2.0, Group::Diseased, 0)].into_iter(), 1, 1).area(), Some(1.0));
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
