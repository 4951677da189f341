//! The files of scores, as tables.

use std::path::Path;
use tiresias_mrmc::roc::Group;
use tiresias_mrmc::table::ScoreTable;

/// A study with its names, in the order in which a file names them.
pub(crate) struct Study {
    pub(crate) modalities: Vec<String>,
    pub(crate) readers: Vec<String>,
    pub(crate) truth: Vec<Group>,
    pub(crate) scores: Vec<Option<f64>>,
}

#[derive(serde::Deserialize)]
struct Line {
    modality: String,
    reader: String,
    case: String,
    truth: u8,
    score: f64,
}

impl Study {
    pub(crate) fn read(csv: &Path) -> Self {
        let lines: Vec<Line> =
            csv::Reader::from_path(csv).expect("a table of scores").deserialize().map(|line| line.expect("five columns")).collect();
        let mut names = [Vec::new(), Vec::new(), Vec::new()];
        let mut truth = Vec::new();
        for line in &lines {
            for (names, name) in names.iter_mut().zip([&line.modality, &line.reader, &line.case]) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            if truth.len() < names[2].len() {
                truth.push(if line.truth == 1 { Group::Diseased } else { Group::Normal });
            }
        }
        let [modalities, readers, cases] = names;
        let place = |names: &[String], name: &str| names.iter().position(|n| n == name).expect("a name that was seen");
        let mut scores = vec![None; modalities.len() * readers.len() * cases.len()];
        for line in &lines {
            let cell = place(&modalities, &line.modality) * readers.len() + place(&readers, &line.reader);
            let case = place(&cases, &line.case);
            assert_eq!(truth[case] == Group::Diseased, line.truth == 1, "one truth a case");
            scores[cell * cases.len() + case] = Some(line.score);
        }
        Self { modalities, readers, truth, scores }
    }
    pub(crate) fn table(&self) -> ScoreTable<'_> {
        ScoreTable::new(self.modalities.len(), self.readers.len(), &self.truth, &self.scores).expect("a table")
    }
    pub(crate) fn modality(&self, name: &str) -> usize {
        self.modalities.iter().position(|m| m == name).unwrap_or_else(|| panic!("no modality {name}"))
    }
    pub(crate) fn reader(&self, name: &str) -> usize {
        self.readers.iter().position(|r| r == name).unwrap_or_else(|| panic!("no reader {name}"))
    }
    /// The scores of one reader in one modality: normal and diseased cases.
    pub(crate) fn cell(&self, modality: usize, reader: usize) -> (Vec<f64>, Vec<f64>) {
        let cell = &self.scores[(modality * self.readers.len() + reader) * self.truth.len()..][..self.truth.len()];
        let of = |group: Group| cell.iter().zip(&self.truth).filter(|(_, t)| **t == group).filter_map(|(s, _)| *s).collect();
        (of(Group::Normal), of(Group::Diseased))
    }
}
