//! Numbers in the place of names, for programs that take no others, and the table beside the file that says which is which.
//!
//! Owns the rules of notes/mrmc.md 1.3: cases without the signal get the lower numbers, so that ascending order is also the order by truth; numbers of readers
//! and modalities have leading zeros, so that their order as text is that of the numbers. Who has no false mark is numbered last, because RJafroc takes
//! its names from the false marks first and would give the scores of one reader to another.

use crate::scoring::{Dataset, Scores};

/// The numbers of a dataset's names, each in the place of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    modalities: Vec<String>,
    readers: Vec<String>,
    cases: Vec<String>,
}

/// Numbers from 1 in the order of a key; of one width where they are compared as texts.
fn numbers<K: Ord>(count: usize, is_padded: bool, key: impl Fn(usize) -> K) -> Vec<String> {
    let width = if is_padded { count.to_string().len() } else { 0 };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| key(*at));
    let mut numbers = vec![String::new(); count];
    for (n, at) in (1usize..).zip(order) {
        if let Some(number) = numbers.get_mut(at) {
            *number = format!("{n:0width$}");
        }
    }
    numbers
}

impl Numbered {
    /// Numbers for what a dataset names. Modalities keep their order, because it decides the sign of a difference; readers and cases are in that of text.
    #[must_use]
    pub fn new(data: &Dataset) -> Self {
        let mut false_marks = [vec![false; data.modalities.len()], vec![false; data.readers.len()]];
        let per_reader = data.cases.len().max(1);
        for cell in 0..data.scores.len() {
            let has = match &data.scores {
                Scores::Roc(_) | Scores::Lroc(_) => true,
                Scores::Froc(reads) => reads.get(cell).into_iter().flatten().flatten().any(|mark| mark.lesion.is_none()),
            };
            let of = cell / per_reader;
            let [modality, reader] = [of / data.readers.len().max(1), of % data.readers.len().max(1)];
            for (marks, at) in false_marks.iter_mut().zip([modality, reader]) {
                if let Some(known) = marks.get_mut(at).filter(|_| has) {
                    *known = true;
                }
            }
        }
        let [in_modality, of_reader] = false_marks;
        let is_late = |known: &[bool], at: usize| !known.get(at).copied().unwrap_or_default();
        let case = |at: usize| data.cases.get(at).map(|c| (c.diseased, c.name.clone()));
        Self {
            modalities: numbers(data.modalities.len(), true, |at| (is_late(&in_modality, at), at)),
            readers: numbers(data.readers.len(), true, |at| (is_late(&of_reader, at), data.readers.get(at).cloned())),
            cases: numbers(data.cases.len(), false, case),
        }
    }
    /// Numbers without leading zeros for readers and cases, for programs that take them as numbers. Modalities keep their names.
    #[must_use]
    pub fn plain(data: &Dataset) -> Self {
        let readers = numbers(data.readers.len(), false, |at| data.readers.get(at).cloned());
        Self { modalities: data.modalities.clone(), readers, ..Self::new(data) }
    }
    /// The dataset under its numbers.
    #[must_use]
    pub fn apply(&self, data: &Dataset) -> Dataset {
        let mut numbered = data.clone();
        numbered.modalities.clone_from(&self.modalities);
        numbered.readers.clone_from(&self.readers);
        for (case, number) in numbered.cases.iter_mut().zip(&self.cases) {
            case.name.clone_from(number);
            for (lesion, place) in case.lesions.iter_mut().zip(1..) {
                lesion.name = format!("{place}");
            }
        }
        numbered
    }
    /// Which name has which number: rows of kind, name and number, header first. A lesion is named after its case.
    #[must_use]
    pub fn table(&self, data: &Dataset) -> Vec<Vec<String>> {
        let mut table = vec![["kind", "id", "number"].map(str::to_owned).to_vec()];
        let mut add = |kind: &str, mut rows: Vec<(String, String)>| {
            rows.sort_by_key(|(_, number)| (number.parse::<u64>().unwrap_or_default(), number.clone()));
            table.extend(rows.into_iter().map(|(name, number)| vec![kind.to_owned(), name, number]));
        };
        add("reader", data.readers.iter().cloned().zip(self.readers.iter().cloned()).collect());
        let renamed = self.modalities != data.modalities;
        add("condition", if renamed { data.modalities.iter().cloned().zip(self.modalities.iter().cloned()).collect() } else { Vec::new() });
        add("case", data.cases.iter().map(|c| c.name.clone()).zip(self.cases.iter().cloned()).collect());
        for (case, number) in data.cases.iter().zip(&self.cases) {
            let row = |(lesion, place): (&crate::scoring::DataLesion, usize)| {
                (format!("{}.{}", case.name, lesion.name), format!("{number}.{place}"))
            };
            add("lesion", case.lesions.iter().zip(1..).map(row).collect());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::{DataCase, DataLesion, RatedMark};

    fn of<'a>(table: &'a [Vec<String>], kind: &str) -> Vec<(&'a str, &'a str)> {
        table.iter().filter(|r| r[0] == kind).map(|r| (r[1].as_str(), r[2].as_str())).collect()
    }

    #[test]
    fn numbers_keep_the_order_of_truth_and_of_text() {
        let case = |n: usize| DataCase { name: format!("c{n}"), patient: None, diseased: n % 3 == 1, lesions: vec![] };
        let data = Dataset {
            modalities: vec!["unaided".into(), "aided".into()],
            readers: (1..=10).map(|n| format!("r{n}")).collect(),
            cases: (1..=9).map(case).collect(),
            scores: Scores::Roc(vec![Some(1.0); 180]),
        };
        let numbered = Numbered::new(&data);
        let table = numbered.table(&data);
        assert_eq!(of(&table, "reader")[..3], [("r1", "01"), ("r10", "02"), ("r2", "03")]);
        assert_eq!(of(&table, "condition"), [("unaided", "1"), ("aided", "2")]);
        let normals = ["c2", "c3", "c5", "c6", "c8", "c9"];
        assert_eq!(of(&table, "case").iter().map(|c| c.0).collect::<Vec<_>>(), [&normals[..], &["c1", "c4", "c7"]].concat());
        let applied = numbered.apply(&data);
        assert_eq!((applied.readers[1].as_str(), applied.cases[0].name.as_str()), ("03", "7"));
        let plain = Numbered::plain(&data).apply(&data);
        assert_eq!((plain.modalities, plain.readers[0].as_str(), plain.cases), (data.modalities, "1", applied.cases));
    }

    #[test]
    fn who_has_no_false_mark_is_numbered_last() {
        let mark = |lesion| Some(vec![RatedMark { lesion, rating: 1.0 }]);
        let lesions = vec![DataLesion { name: "left".into(), weight: 0.0 }];
        let data = Dataset {
            modalities: vec!["m".into()],
            readers: ["a", "b", "c"].map(str::to_owned).to_vec(),
            cases: vec![
                DataCase { name: "n".into(), patient: None, diseased: false, lesions: vec![] },
                DataCase { name: "d".into(), patient: None, diseased: true, lesions },
            ],
            scores: Scores::Froc(vec![Some(vec![]), mark(Some(0)), mark(None), Some(vec![]), mark(None), Some(vec![])]),
        };
        let table = Numbered::new(&data).table(&data);
        assert_eq!(of(&table, "reader"), [("b", "1"), ("c", "2"), ("a", "3")]);
        assert_eq!(of(&table, "lesion"), [("d.left", "2.1")]);
    }
}
