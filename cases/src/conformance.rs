//! Whether a case was acquired as the protocol requires: modality, slices, kernel, matrix, tube voltage, contrast, coverage, views.
//!
//! Owns the reading of these attributes (PS3.3 C.8.2.1, C.7.6.4, C.7.6.2) and one sentence for each requirement that is not met. A requirement that nothing
//! in the files answers is not met. Refuses: to decide what becomes of a case that does not conform.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::Series;
use crate::attributes::Attributes;
use crate::groups::FunctionalGroups;
use crate::series::Source;
use dicom_dictionary_std::tags;
use tiresias_words::{Mm, Requirement, Role, SeriesFacts};

/// How one image was acquired. It has no `Debug`: a kernel is free text.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Acquisition {
    thickness_mm: Option<f64>,
    kernel: Option<String>,
    kv: Option<f64>,
    /// Whether an agent was given; `None` where the file does not answer.
    contrast: Option<bool>,
}

impl Acquisition {
    pub(crate) fn read(a: &Attributes, groups: &FunctionalGroups) -> Self {
        let number = |a: &Attributes, tag| a.number(tag, "").ok().flatten().filter(|v| *v > 0.0);
        let measures = groups.find(0, tags::PIXEL_MEASURES_SEQUENCE);
        Self {
            thickness_mm: number(measures.as_ref().unwrap_or(a), tags::SLICE_THICKNESS),
            kernel: a.text(tags::CONVOLUTION_KERNEL),
            kv: number(a, tags::KVP),
            contrast: contrast(a),
        }
    }
}

/// Whether an agent was given. The modules that name it are there where one was (PS3.3 A.3, A.38): a file that has neither attribute says that none was. One
/// that has it empty, as after de-identification, does not answer.
fn contrast(a: &Attributes) -> Option<bool> {
    let [agent, agents] = [tags::CONTRAST_BOLUS_AGENT, tags::CONTRAST_BOLUS_AGENT_SEQUENCE];
    if a.text(agent).is_some() || a.item(agents).is_some() {
        return Some(true);
    }
    (!a.is_there(agent) && !a.is_there(agents)).then_some(false)
}

/// What is known of how a series was acquired, where its images agree. It has no `Debug`: a kernel is free text.
#[derive(Clone, PartialEq)]
pub struct SeriesAcquisition {
    /// What hanging rules may know too. The role is that of the case.
    pub facts: SeriesFacts,
    /// [columns, rows].
    pub matrix: [u32; 2],
    acquired: Acquisition,
}

impl Series {
    /// How the series was acquired, as its folder's headers say; of a package nothing but its facts is known.
    #[must_use]
    pub fn acquisition(&self, role: &Role) -> SeriesAcquisition {
        let of = |i: &crate::series::SeriesImage| match &i.source {
            Source::Folder(f) => Some((*f.acquisition).clone()),
            Source::Package(_) => None,
        };
        let mut all = self.images.iter().filter_map(of);
        let mut acquired = all.next().unwrap_or_default();
        for other in all {
            acquired.thickness_mm = acquired.thickness_mm.filter(|v| other.thickness_mm == Some(*v));
            acquired.kernel = acquired.kernel.filter(|v| other.kernel.as_ref() == Some(v));
            acquired.kv = acquired.kv.filter(|v| other.kv == Some(*v));
            acquired.contrast = match (acquired.contrast, other.contrast) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        let facts = SeriesFacts { role: role.clone(), ..self.facts.clone() };
        SeriesAcquisition { facts, matrix: self.image_size, acquired }
    }
}

/// A requirement that a case does not meet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NotMet {
    /// The series, where it is about one.
    pub role: Option<Role>,
    /// What was required and what was found: a sentence.
    pub finding: String,
}

/// What of the requirements the series of a case do not meet; empty when the case conforms.
#[must_use]
pub fn conforms(requirements: &[Requirement], case: &[SeriesAcquisition]) -> Vec<NotMet> {
    let mut findings = Vec::new();
    for required in requirements {
        let about = || case.iter().filter(|s| required.role.as_ref().is_none_or(|role| *role == s.facts.role));
        if about().next().is_none() {
            let role = required.role.clone();
            let name = role.as_ref().map_or_else(String::new, |role| format!(" {}", role.as_str()));
            findings.push(NotMet { finding: format!("The case has no series{name}, and the protocol requires one."), role });
        }
        for series in about() {
            findings
                .extend(of_series(required, series).into_iter().map(|finding| NotMet { role: Some(series.facts.role.clone()), finding }));
        }
        for wanted in &required.views {
            let is_it =
                |s: &&SeriesAcquisition| s.facts.laterality == Some(wanted.laterality) && s.facts.view.as_ref() == Some(&wanted.view);
            if !case.iter().any(|s| is_it(&s)) {
                let finding = format!("The view {} of side {:?} is required and not there.", wanted.view.as_str(), wanted.laterality);
                findings.push(NotMet { role: None, finding });
            }
        }
    }
    findings
}

fn of_series(required: &Requirement, series: &SeriesAcquisition) -> Vec<String> {
    let (facts, acquired) = (&series.facts, &series.acquired);
    let mut found = Vec::new();
    if let Some(modality) = required.modality.as_ref().filter(|m| **m != facts.modality) {
        found.push(format!("The modality is {}, and {} is required.", facts.modality.as_str(), modality.as_str()));
    }
    let mut within = |what: &str, unit: &str, range: Option<[f64; 2]>, value: Option<f64>| {
        let Some([low, high]) = range else { return };
        // Decimal strings are rounded.
        match value {
            Some(v) if v >= low - 1e-3 && v <= high + 1e-3 => {}
            Some(v) => found.push(format!("The {what} is {v} {unit}, and {low} to {high} {unit} is required.")),
            None => found.push(format!("The {what} is not known or differs between images, and {low} to {high} {unit} is required.")),
        }
    };
    within("slice thickness", "mm", required.slice_thickness_mm, acquired.thickness_mm);
    within("slice spacing", "mm", required.slice_spacing_mm, facts.slice_spacing.map(|Mm(mm)| mm));
    within("tube voltage", "kV", required.kv, acquired.kv);
    if !required.kernels.is_empty() && !acquired.kernel.as_ref().is_some_and(|k| required.kernels.contains(k)) {
        found.push(format!("The convolution kernel is none of {}.", required.kernels.join(", ")));
    }
    if let Some([columns, rows]) = required.matrix.filter(|m| series.matrix.iter().zip(m).any(|(is, least)| is < least)) {
        let [c, r] = series.matrix;
        found.push(format!("The matrix is {c} x {r}, and at least {columns} x {rows} is required."));
    }
    let contrast = match (required.contrast, acquired.contrast) {
        (Some(true), Some(false)) => Some("Contrast is required, and the files name no agent."),
        (Some(true), None) => Some("Contrast is required, and the files do not say whether it was given."),
        (Some(false), Some(true)) => Some("Contrast was given, and must not be."),
        (Some(false), None) => Some("Contrast must not be given, and the files do not say whether it was."),
        (None, _) | (Some(true), Some(true)) | (Some(false), Some(false)) => None,
    };
    found.extend(contrast.map(str::to_owned));
    if let Some(least) = required.coverage_mm {
        match facts.extent {
            Some([.., Mm(mm)]) if mm >= least - 1e-3 => {}
            Some([.., Mm(mm)]) => found.push(format!("The volume covers {mm:.0} mm of the body, and at least {least} mm is required.")),
            None => found.push(format!("The images form no volume, and one of at least {least} mm is required.")),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiresias_words::{ImagingModality, Laterality, RequiredView, ViewPosition};

    fn chest() -> SeriesAcquisition {
        let mut facts = SeriesFacts::new(Role::current(), ImagingModality::new("CT").unwrap(), 48);
        (facts.slice_spacing, facts.extent) = (Some(Mm(1.0)), Some([Mm(300.0), Mm(300.0), Mm(48.0)]));
        let acquired = Acquisition { thickness_mm: Some(1.0), kernel: Some("B50f".to_owned()), kv: Some(120.0), contrast: Some(false) };
        SeriesAcquisition { facts, matrix: [512, 512], acquired }
    }

    #[test]
    fn what_the_files_do_not_answer_is_not_met() {
        use dicom_core::{DataElement, PrimitiveValue, VR};
        use dicom_object::InMemDicomObject;
        let met = |agent: Option<&str>| {
            let element = agent.map(|text| DataElement::new(tags::CONTRAST_BOLUS_AGENT, VR::LO, PrimitiveValue::from(text)));
            let mut series = chest();
            series.acquired.contrast = contrast(&Attributes::new(InMemDicomObject::from_element_iter(element)));
            [true, false].map(|wanted| of_series(&Requirement { contrast: Some(wanted), ..Requirement::default() }, &series).is_empty())
        };
        assert_eq!(met(Some("IODINE")), [true, false]);
        assert_eq!(met(None), [false, true]);
        assert_eq!(met(Some("")), [false, false], "de-identified");
    }

    #[test]
    fn a_case_without_series_is_told_so() {
        let told = conforms(&[Requirement::default()], &[]);
        assert_eq!(told[0].finding, "The case has no series, and the protocol requires one.");
    }

    fn count(required: Requirement) -> usize {
        conforms(&[required], &[chest()]).len()
    }

    #[test]
    fn what_is_met_is_not_told() {
        assert_eq!(count(Requirement::default()), 0);
        let all = Requirement {
            role: Some(Role::current()),
            modality: ImagingModality::new("CT").ok(),
            slice_thickness_mm: Some([0.5, 1.5]),
            slice_spacing_mm: Some([0.5, 1.0]),
            kernels: vec!["B50f".to_owned(), "LUNG".to_owned()],
            matrix: Some([512, 512]),
            kv: Some([100.0, 140.0]),
            contrast: Some(false),
            coverage_mm: Some(40.0),
            views: Vec::new(),
        };
        assert_eq!(count(all), 0);
    }

    #[test]
    fn each_requirement_can_be_missed() {
        let none = Requirement::default;
        let missed = [
            Requirement { role: Role::new("prior").ok(), ..none() },
            Requirement { modality: ImagingModality::new("MR").ok(), ..none() },
            Requirement { slice_thickness_mm: Some([2.0, 3.0]), ..none() },
            Requirement { slice_spacing_mm: Some([2.0, 3.0]), ..none() },
            Requirement { kernels: vec!["LUNG".to_owned()], ..none() },
            Requirement { matrix: Some([512, 1024]), ..none() },
            Requirement { kv: Some([80.0, 100.0]), ..none() },
            Requirement { contrast: Some(true), ..none() },
            Requirement { coverage_mm: Some(300.0), ..none() },
            Requirement { views: vec![RequiredView { laterality: Laterality::Right, view: ViewPosition::new("CC").unwrap() }], ..none() },
        ];
        for required in missed {
            assert_eq!(count(required.clone()), 1, "{required:?}");
        }
    }
}
