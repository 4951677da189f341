//! Areas in which one case owns several ratings: lesions and marks of a FROC study, breasts or segments of a patient.
//!
//! Owns the weighted comparison of all negatives with all positives, whatever case they belong to, and what it becomes when a
//! case goes with all it owns (the patient-level jackknife); and the variance of Obuchowski for clustered units (Biometrics
//! 1997;53:567), which adds to DeLong's the covariance between a patient's own normal and diseased units. Sums are by ranks,
//! O(n log n). Refused: units without a patient, a group without units in two patients.

use crate::figures::{Figures, FiguresError, Jackknife, dot};
use crate::placement::Placements;
use crate::roc::Group;
use crate::table::ScoreTable;
use thiserror::Error;

/// Negatives and positives with the cases that own them.
///
/// The figure is the sum of weight x psi over all pairs, over the product of two totals to which each case contributes.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnedPairs {
    /// Owner and rating.
    pub(crate) negatives: Vec<(usize, f64)>,
    /// Owner, rating and weight.
    pub(crate) positives: Vec<(usize, f64, f64)>,
    /// What each case contributes to the total of negatives and to that of positives.
    pub(crate) shares: Vec<(f64, f64)>,
}

impl OwnedPairs {
    /// The figure, and what it is without each case in turn. `None` where a total is, or becomes, zero.
    pub(crate) fn figure_and_left_out(&self) -> Option<(f64, Vec<f64>)> {
        let mut negatives: Vec<f64> = self.negatives.iter().map(|(_, rating)| *rating).collect();
        negatives.sort_unstable_by(f64::total_cmp);
        let mut positives: Vec<(f64, f64)> = self.positives.iter().map(|(_, rating, weight)| (*rating, *weight)).collect();
        positives.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // Weight of the positives from each place on.
        let mut from = vec![0.0; positives.len() + 1];
        for at in (0..positives.len()).rev() {
            let above = from.get(at + 1).copied().unwrap_or_default();
            if let (Some(sum), Some((_, weight))) = (from.get_mut(at), positives.get(at)) {
                *sum = above + weight;
            }
        }
        let weight_from = |at: usize| from.get(at).copied().unwrap_or_default();
        let (mut total, mut own) = (0.0, vec![0.0; self.shares.len()]);
        let mut take = |case: usize, value: f64| {
            if let Some(sum) = own.get_mut(case) {
                *sum += value;
            }
        };
        for (case, rating, weight) in &self.positives {
            let (below, up_to) = (negatives.partition_point(|x| x < rating), negatives.partition_point(|x| x <= rating));
            let won = weight * 0.5 * (below + up_to) as f64;
            total += won;
            take(*case, won);
        }
        for (case, rating) in &self.negatives {
            let (below, up_to) = (positives.partition_point(|(y, _)| y < rating), positives.partition_point(|(y, _)| y <= rating));
            take(*case, 0.5 * (weight_from(below) + weight_from(up_to)));
        }
        // Pairs within a case went twice.
        let mut by_case: Vec<Vec<f64>> = vec![Vec::new(); self.shares.len()];
        for (case, rating) in &self.negatives {
            if let Some(ratings) = by_case.get_mut(*case) {
                ratings.push(*rating);
            }
        }
        for (case, rating, weight) in &self.positives {
            let within = by_case.get(*case).into_iter().flatten();
            let won: f64 = within.map(|x| if x < rating { 1.0 } else { f64::from(u8::from(x == rating)) * 0.5 }).sum();
            take(*case, -weight * won);
        }
        let (all_negative, all_positive) = self.shares.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
        let ratio = |sum: f64, negative: f64, positive: f64| {
            let whole = negative * positive;
            (whole > 1e-9).then(|| sum / whole)
        };
        let left = self
            .shares
            .iter()
            .zip(&own)
            .map(|((negative, positive), own)| ratio(total - own, all_negative - negative, all_positive - positive));
        Some((ratio(total, all_negative, all_positive)?, left.collect::<Option<_>>()?))
    }
}

/// Why clustered units cannot be analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// One patient for each unit.
    #[error("{units} units need as many patients, and {patients} were given")]
    Size {
        /// Units of the table.
        units: usize,
        /// Patients given.
        patients: usize,
    },
    /// A group in one patient alone.
    #[error(
        "reader {reader} has {group} units of fewer than two patients in modality {modality} (each from 0): nothing is known about how patients vary"
    )]
    OnePatient {
        /// The modality, from 0.
        modality: usize,
        /// The reader, from 0.
        reader: usize,
        /// The group.
        group: Group,
    },
    /// Figures or covariances fail.
    #[error(transparent)]
    Figures(#[from] FiguresError),
}

/// Patients numbered from 0 without gaps, one for each unit.
fn numbered(table: &ScoreTable<'_>, patients: &[usize]) -> Result<(Vec<usize>, usize), ClusterError> {
    if patients.len() != table.truth().len() {
        return Err(ClusterError::Size { units: table.truth().len(), patients: patients.len() });
    }
    let mut distinct = patients.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    Ok((patients.iter().map(|p| distinct.partition_point(|d| d < p)).collect(), distinct.len()))
}

impl Jackknife {
    /// The areas of a table whose cases are units of patients (breasts, segments, lesions): one patient is left out at a time,
    /// with all units. `patients` has the patient of each unit, by any number.
    ///
    /// # Errors
    /// When there is not one patient for each unit, or a cell has not units of each group in two patients.
    pub fn of_clustered_areas(table: &ScoreTable<'_>, patients: &[usize]) -> Result<Self, ClusterError> {
        let (patient, count) = numbered(table, patients)?;
        let (mut values, mut left_out) = (Vec::new(), Vec::new());
        for (at, cell) in table.cells().enumerate() {
            let mut pairs = OwnedPairs { shares: vec![(0.0, 0.0); count], ..OwnedPairs::default() };
            for ((score, truth), owner) in cell.iter().zip(table.truth()).zip(&patient) {
                let (Some(score), Some((negative, positive))) = (score, pairs.shares.get_mut(*owner)) else { continue };
                match truth {
                    Group::Normal => {
                        *negative += 1.0;
                        pairs.negatives.push((*owner, *score));
                    }
                    Group::Diseased => {
                        *positive += 1.0;
                        pairs.positives.push((*owner, *score, 1.0));
                    }
                }
            }
            let with = |of: fn(&(f64, f64)) -> f64| pairs.shares.iter().filter(|share| of(share) > 0.0).count();
            for (group, patients) in [(Group::Normal, with(|s| s.0)), (Group::Diseased, with(|s| s.1))] {
                if patients < 2 {
                    return Err(ClusterError::OnePatient { modality: at / table.readers(), reader: at % table.readers(), group });
                }
            }
            if let Some((value, left)) = pairs.figure_and_left_out() {
                values.push(value);
                left_out.extend(left);
            }
        }
        Ok(Self::new(table.modalities(), table.readers(), values, left_out)?)
    }
}

impl Figures {
    /// The areas of a table whose cases are units of patients, with the covariances of Obuchowski 1997. With one unit a
    /// patient they are DeLong's. Every reader has read every unit.
    ///
    /// # Errors
    /// As [`Jackknife::of_clustered_areas`], and when a score is missing.
    pub fn of_clustered_areas(table: &ScoreTable<'_>, patients: &[usize]) -> Result<Self, ClusterError> {
        let (patient, count) = numbered(table, patients)?;
        let placed = Placements::of(table);
        let (mut values, mut sums) = (Vec::new(), Vec::new());
        let (mut units, mut owners) = ([0.0; 2], [0.0; 2]);
        for (at, cell) in placed.cells.iter().enumerate() {
            // Sums of DeLong's components by patient, about what their number lets expect.
            let mut by_patient = [vec![0.0; count], vec![0.0; count]];
            for (side, (group, this, others)) in
                by_patient.iter_mut().zip([(Group::Normal, &cell.normal, &cell.diseased), (Group::Diseased, &cell.diseased, &cell.normal)])
            {
                if this.present() as usize != this.half_pairs.len() {
                    return Err(FiguresError::PartlyPaired { group }.into());
                }
                let mut met = vec![false; count];
                let area = cell.area().unwrap_or_default();
                for ((_, number), owner) in placed.place.iter().zip(&patient).filter(|((of, _), _)| *of == group) {
                    let sum = this.half_pairs.get(*number as usize).copied().unwrap_or_default();
                    if let (Some(sum_here), Some(met)) = (side.get_mut(*owner), met.get_mut(*owner)) {
                        *sum_here += sum as f64 / (2.0 * others.present() as f64) - area;
                        *met = true;
                    }
                }
                let patients = met.iter().filter(|met| **met).count();
                if patients < 2 {
                    return Err(ClusterError::OnePatient { modality: at / placed.readers, reader: at % placed.readers, group });
                }
                let place = usize::from(group == Group::Diseased);
                if let (Some(units), Some(owners)) = (units.get_mut(place), owners.get_mut(place)) {
                    (*units, *owners) = (this.present() as f64, patients as f64);
                }
            }
            values.extend(cell.area());
            sums.push(by_patient);
        }
        let ([n0, n1], [i0, i1], i) = (units, owners, count as f64);
        let covariance = |[a0, a1]: &[Vec<f64>; 2], [b0, b1]: &[Vec<f64>; 2]| {
            let normal = i0 / (i0 - 1.0) * dot(a0, b0) / (n0 * n0);
            let diseased = i1 / (i1 - 1.0) * dot(a1, b1) / (n1 * n1);
            normal + diseased + i / (i - 1.0) * (dot(a0, b1) + dot(a1, b0)) / (n0 * n1)
        };
        let covariances = sums.iter().flat_map(|a| sums.iter().map(move |b| covariance(a, b))).collect();
        Ok(Self::new(table.modalities(), table.readers(), values, covariances)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::CovarianceMethod;
    use crate::roc::Scores;
    use proptest::prelude::*;

    /// Truth, patient, a score for each of two cells.
    type Unit = (Group, usize, f64, f64);

    /// Units of patients. The first patients have units of both groups.
    fn units() -> impl Strategy<Value = Vec<Unit>> {
        let score = || (-3i8..=3).prop_map(f64::from);
        let more = proptest::collection::vec((any::<bool>(), 0_usize..6, score(), score()), 0..20);
        (more, proptest::collection::vec((score(), score()), 4)).prop_map(|(more, first)| {
            let kinds = [(Group::Normal, 0), (Group::Diseased, 0), (Group::Normal, 1), (Group::Diseased, 2)];
            let first = kinds.into_iter().zip(first).map(|((group, patient), (a, b))| (group, patient, a, b));
            let group = |ill: bool| if ill { Group::Diseased } else { Group::Normal };
            first.chain(more.into_iter().map(|(ill, patient, a, b)| (group(ill), patient, a, b))).collect()
        })
    }

    fn area(units: &[&Unit], of: impl Fn(&Unit) -> f64) -> f64 {
        let pick = |group: Group| units.iter().filter(|u| u.0 == group).map(|u| of(u)).collect::<Vec<f64>>();
        Scores::new(&pick(Group::Normal), &pick(Group::Diseased)).unwrap().auc()
    }

    proptest! {
        #[test]
        fn patients_are_left_out_whole(units in units()) {
            let truth: Vec<Group> = units.iter().map(|u| u.0).collect();
            // Any numbers will do for patients.
            let patients: Vec<usize> = units.iter().map(|u| 7 * u.1 + 3).collect();
            let scores: Vec<Option<f64>> = units.iter().map(|u| Some(u.2)).chain(units.iter().map(|u| Some(u.3))).collect();
            let table = ScoreTable::new(1, 2, &truth, &scores).unwrap();
            let Ok(jackknife) = Jackknife::of_clustered_areas(&table, &patients) else {
                return Err(TestCaseError::fail("two patients of each group are there"));
            };
            let mut distinct = patients.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let cells: [fn(&Unit) -> f64; 2] = [|u| u.2, |u| u.3];
            for (left_out, of) in jackknife.left_out().zip(cells) {
                for (ours, out) in left_out.iter().zip(&distinct) {
                    let kept: Vec<_> = units.iter().zip(&patients).filter(|(_, p)| *p != out).map(|(u, _)| u).collect();
                    prop_assert!((ours - area(&kept, of)).abs() < 1e-12);
                }
            }
        }

        #[test]
        fn obuchowski_equals_its_definition_and_delong_without_clusters(units in units()) {
            let truth: Vec<Group> = units.iter().map(|u| u.0).collect();
            let patients: Vec<usize> = units.iter().map(|u| u.1).collect();
            let scores: Vec<Option<f64>> = units.iter().map(|u| Some(u.2)).chain(units.iter().map(|u| Some(u.3))).collect();
            let table = ScoreTable::new(1, 2, &truth, &scores).unwrap();
            let single: Vec<usize> = (0..units.len()).collect();
            let (own, delong) = (Figures::of_clustered_areas(&table, &single).unwrap(), Figures::of_areas(&table, CovarianceMethod::DeLong).unwrap());
            for (i, j) in [(0, 0), (0, 1), (1, 1)] {
                prop_assert!((own.covariance(i, j) - delong.covariance(i, j)).abs() < 1e-12);
            }
            // Equations 4 to 7 of the paper, pair by pair, for the first cell.
            let clustered = Figures::of_clustered_areas(&table, &patients).unwrap();
            let psi = |x: f64, y: f64| if y > x { 1.0 } else if y == x { 0.5 } else { 0.0 };
            let of = |group: Group| units.iter().filter(move |u| u.0 == group).collect::<Vec<_>>();
            let (normal, ill) = (of(Group::Normal), of(Group::Diseased));
            let theta = area(&units.iter().collect::<Vec<_>>(), |u| u.2);
            let sum_of = |group: Group, patient: usize| {
                let own = units.iter().filter(|u| u.0 == group && u.1 == patient);
                own.map(|u| match group {
                    Group::Normal => ill.iter().map(|d| psi(u.2, d.2)).sum::<f64>() / ill.len() as f64 - theta,
                    Group::Diseased => normal.iter().map(|n| psi(n.2, u.2)).sum::<f64>() / normal.len() as f64 - theta,
                })
                .sum::<f64>()
            };
            let has = |group: Group, patient: usize| units.iter().any(|u| u.0 == group && u.1 == patient);
            let all: Vec<usize> = (0..6).filter(|p| patients.contains(p)).collect();
            let spread = |group: Group| {
                let i = all.iter().filter(|p| has(group, **p)).count() as f64;
                i / (i - 1.0) * all.iter().map(|p| sum_of(group, *p).powi(2)).sum::<f64>()
            };
            let (n, m, i) = (normal.len() as f64, ill.len() as f64, all.len() as f64);
            let both = i / (i - 1.0) * all.iter().map(|p| sum_of(Group::Normal, *p) * sum_of(Group::Diseased, *p)).sum::<f64>();
            let expected = spread(Group::Normal) / (n * n) + spread(Group::Diseased) / (m * m) + 2.0 * both / (n * m);
            prop_assert!((clustered.covariance(0, 0) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn one_patient_of_a_group_is_refused() {
        let truth = [Group::Normal, Group::Normal, Group::Diseased];
        let scores = [Some(1.0), Some(2.0), Some(3.0)];
        let table = ScoreTable::new(1, 1, &truth, &scores).unwrap();
        let error = ClusterError::OnePatient { modality: 0, reader: 0, group: Group::Diseased };
        assert_eq!(Jackknife::of_clustered_areas(&table, &[0, 1, 2]), Err(error));
        assert_eq!(Figures::of_clustered_areas(&table, &[0, 1, 2]), Err(error));
        assert_eq!(Jackknife::of_clustered_areas(&table, &[0]), Err(ClusterError::Size { units: 3, patients: 1 }));
    }
}
