//! Random studies: few distinct scores and many, reads missing or not.

use proptest::prelude::*;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;

#[derive(Debug, Clone)]
pub(crate) struct Study {
    pub(crate) modalities: usize,
    pub(crate) readers: usize,
    pub(crate) truth: Vec<Group>,
    pub(crate) scores: Vec<Option<f64>>,
}

impl Study {
    pub(crate) fn table(&self) -> ScoreTable<'_> {
        ScoreTable::new(self.modalities, self.readers, &self.truth, &self.scores).unwrap()
    }
    pub(crate) fn score(&self, modality: usize, reader: usize, case: usize) -> Option<f64> {
        self.scores[(modality * self.readers + reader) * self.truth.len() + case]
    }
    pub(crate) fn cases(&self, group: Group) -> Vec<usize> {
        (0..self.truth.len()).filter(|case| self.truth[*case] == group).collect()
    }
    /// The same study with another score in each cell.
    pub(crate) fn mapped(&self, f: impl Fn(usize, usize, usize, Option<f64>) -> Option<f64>) -> Self {
        let k = self.truth.len();
        let scores = self.scores.iter().enumerate().map(|(at, s)| f(at / k / self.readers, at / k % self.readers, at % k, *s)).collect();
        Self { scores, ..self.clone() }
    }
}

/// 1 where a diseased case scores higher, 1/2 where both score the same, 0 else and where a score is missing.
pub(crate) fn psi(x: Option<f64>, y: Option<f64>) -> f64 {
    match (x, y) {
        (Some(x), Some(y)) if y > x => 1.0,
        (Some(x), Some(y)) if y == x => 0.5,
        _ => 0.0,
    }
}

/// Studies of 2 modalities; `missing` of ten reads are not there.
pub(crate) fn studies(readers: std::ops::Range<usize>, per_group: std::ops::Range<usize>, missing: u32) -> impl Strategy<Value = Study> {
    let score = move || {
        let scores = prop_oneof![3 => (-2_i8..=2).prop_map(f64::from), 1 => -3.0..3.0f64, 1 => Just(f64::NEG_INFINITY)];
        (scores, 0..10_u32).prop_map(move |(score, die)| (die >= missing).then_some(score))
    };
    (readers, per_group.clone(), per_group).prop_flat_map(move |(readers, n0, n1)| {
        // Groups take turns, so that neither comes first.
        let mut truth: Vec<Group> = Vec::new();
        for k in 0..n0.max(n1) {
            truth.extend((k < n0).then_some(Group::Normal));
            truth.extend((k < n1).then_some(Group::Diseased));
        }
        let cells = 2 * readers * truth.len();
        proptest::collection::vec(score(), cells).prop_map(move |scores| Study { modalities: 2, readers, truth: truth.clone(), scores })
    })
}
