//! What of a source may go into a package beside its pixels, where an option of PS3.15 Annex E is chosen: age, sex, weight, size, dose, times, b-value.
//!
//! Owns the options and their codes (PS3.15 table E.1-1, PS3.16 CID 7050), and the reading of these values: each becomes a number or one of the standard's
//! words, so that no text of a source is ever carried on. Safe private attributes are those of PS3.15 table E.3.10-1 that hold a b-value.
//! Refuses: names, ids, free text. An age from 90 years on is written as 90.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::attributes::Attributes;
use crate::dates::moment;
use crate::groups::FunctionalGroups;
use crate::suv::injection;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use tiresias_words::Unfit;

/// An option of the Basic Application Level Confidentiality Profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retain {
    /// Sex, age, size and weight (113108).
    PatientCharacteristics,
    /// Dates and times, all moved back by one secret span for each subject, so that what lies between them stays true (113107).
    ModifiedDates,
    /// Private attributes that are known to be safe: b-values of diffusion (113111).
    SafePrivate,
}

impl Retain {
    /// All options.
    pub const ALL: [Self; 3] = [Self::PatientCharacteristics, Self::ModifiedDates, Self::SafePrivate];

    /// The word for it on the command line and in a manifest.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PatientCharacteristics => "patient-characteristics",
            Self::ModifiedDates => "modified-dates",
            Self::SafePrivate => "safe-private",
        }
    }
    /// Code value and meaning (coding scheme DCM).
    pub(crate) const fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::PatientCharacteristics => ("113108", "Retain Patient Characteristics Option"),
            Self::ModifiedDates => ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
            Self::SafePrivate => ("113111", "Retain Safe Private Option"),
        }
    }
}

impl FromStr for Retain {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let words = Self::ALL.map(Self::word).join(", ");
        Self::ALL.into_iter().find(|r| r.word() == text).ok_or_else(|| Unfit { what: "option", why: format!("it is none of {words}") })
    }
}

/// The code of the profile itself.
pub(crate) const BASIC_PROFILE: (&str, &str) = ("113100", "Basic Application Confidentiality Profile");

/// Where vendors keep the b-value: group, creator of the block, element within it.
pub(crate) const B_VALUES: [(u16, &str, u8); 3] =
    [(0x0019, "SIEMENS MR HEADER", 0x0c), (0x0043, "GEMS_PARM_01", 0x39), (0x2001, "Philips Imaging DD 001", 0x03)];

/// The defined terms of Corrected Image and of Decay Correction (PS3.3 C.8.9.1), the only ones that are written.
pub(crate) const CORRECTIONS: [&str; 11] = ["DECY", "ATTN", "SCAT", "DTIM", "MOTN", "PMOT", "CLN", "RAN", "RADL", "DCAL", "NORM"];
pub(crate) const DECAY_CORRECTIONS: [&str; 3] = ["NONE", "START", "ADMIN"];

/// What one file says of its subject and its acquisition. It has no `Debug`.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Retainable {
    pub(crate) sex: Option<&'static str>,
    pub(crate) age_years: Option<u8>,
    pub(crate) weight_kg: Option<f64>,
    pub(crate) size_m: Option<f64>,
    /// Seconds from a fixed day on.
    pub(crate) series: Option<f64>,
    pub(crate) acquisition: Option<f64>,
    pub(crate) uptake: Option<Uptake>,
    /// Place in [`B_VALUES`], and the b-value in s/mm2.
    pub(crate) private_b: Option<(usize, f64)>,
}

/// What an uptake value is worked out from (PS3.3 C.8.9).
#[derive(Clone, PartialEq)]
pub(crate) struct Uptake {
    pub(crate) corrected: Vec<&'static str>,
    pub(crate) decay: Option<&'static str>,
    pub(crate) dose_bq: Option<f64>,
    pub(crate) half_life_s: Option<f64>,
    /// Seconds from a fixed day on.
    pub(crate) injected: Option<f64>,
}

impl Retainable {
    pub(crate) fn read(a: &Attributes, imaging: &str) -> Self {
        let positive = |tag, most: f64| a.number(tag, "").ok().flatten().filter(|v| *v > 0.0 && *v <= most);
        let series = moment(a.text(tags::SERIES_DATE), a.text(tags::SERIES_TIME));
        Self {
            sex: word(&["M", "F", "O"], a.text(tags::PATIENT_SEX).as_deref()),
            age_years: age(a),
            weight_kg: positive(tags::PATIENT_WEIGHT, 700.0),
            size_m: positive(tags::PATIENT_SIZE, 3.0),
            series,
            acquisition: moment(a.text(tags::ACQUISITION_DATE), a.text(tags::ACQUISITION_TIME)),
            uptake: (imaging == "PT").then(|| Uptake::read(a, series)),
            private_b: B_VALUES.iter().enumerate().find_map(|(place, (group, creator, element))| {
                let found = *a.private(*group, creator, *element)?.first()?;
                // GE adds a thousand million to say that the vendor's own code made it.
                let b = if *group == 0x0043 { found % 100_000.0 } else { found };
                (0.0..=100_000.0).contains(&b).then_some((place, b))
            }),
        }
    }
}

impl Uptake {
    fn read(a: &Attributes, series: Option<f64>) -> Self {
        let tracer = a.item(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE);
        let positive = |tag| tracer.as_ref()?.number(tag, "").ok().flatten().filter(|v| *v > 0.0);
        Self {
            corrected: a.texts(tags::CORRECTED_IMAGE).iter().filter_map(|t| word(&CORRECTIONS, Some(t))).collect(),
            decay: word(&DECAY_CORRECTIONS, a.text(tags::DECAY_CORRECTION).as_deref()),
            dose_bq: positive(tags::RADIONUCLIDE_TOTAL_DOSE),
            half_life_s: positive(tags::RADIONUCLIDE_HALF_LIFE),
            injected: tracer.as_ref().zip(series).and_then(|(tracer, series)| injection(a, tracer, series)),
        }
    }
}

/// The b-value of frame `frame` (from 0) as the standard has it, in s/mm2.
pub(crate) fn b_value(a: &Attributes, groups: &FunctionalGroups, frame: usize) -> Option<f64> {
    let group = groups.find(frame, tags::MR_DIFFUSION_SEQUENCE);
    let found = group.as_ref().unwrap_or(a).number(tags::DIFFUSION_B_VALUE, "").ok().flatten();
    found.filter(|b| (0.0..=100_000.0).contains(b))
}

/// Years: Patient's Age, else from the day of birth to the day of the series.
fn age(a: &Attributes) -> Option<u8> {
    let stated = || {
        let text = a.text(tags::PATIENT_AGE)?;
        let number: u32 = text.get(..3)?.parse().ok()?;
        match text.get(3..)? {
            "Y" => Some(number),
            "M" => Some(number / 12),
            "W" => Some(number / 52),
            "D" => Some(number / 365),
            _ => None,
        }
    };
    let worked_out = || {
        let year_and_day = |tag| {
            let text = a.text(tag)?;
            Some((text.get(..4)?.parse::<u32>().ok()?, text.get(4..8)?.parse::<u32>().ok()?))
        };
        let (born, today) = (year_and_day(tags::PATIENT_BIRTH_DATE)?, year_and_day(tags::SERIES_DATE)?);
        today.0.checked_sub(born.0)?.checked_sub(u32::from(today.1 < born.1))
    };
    let years = stated().or_else(worked_out).filter(|y| *y < 130)?;
    u8::try_from(years.min(90)).ok()
}

fn word(words: &[&'static str], text: Option<&str>) -> Option<&'static str> {
    words.iter().find(|w| Some(**w) == text).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
    use dicom_object::InMemDicomObject;

    fn of(texts: &[(Tag, &str)]) -> Retainable {
        let text =
            |(tag, s): &(Tag, &str)| DataElement::new(*tag, VR::LO, PrimitiveValue::Strs(s.split('\\').map(str::to_owned).collect()));
        Retainable::read(&Attributes::new(InMemDicomObject::from_element_iter(texts.iter().map(text))), "MR")
    }

    #[test]
    fn ages_are_years_and_end_at_ninety() {
        let age = |texts: &[(Tag, &str)]| of(texts).age_years;
        assert_eq!(age(&[(tags::PATIENT_AGE, "047Y")]), Some(47));
        assert_eq!(age(&[(tags::PATIENT_AGE, "018M")]), Some(1));
        assert_eq!(age(&[(tags::PATIENT_AGE, "104Y")]), Some(90));
        assert_eq!(age(&[(tags::PATIENT_AGE, "John")]), None);
        assert_eq!(age(&[(tags::PATIENT_BIRTH_DATE, "19500615"), (tags::SERIES_DATE, "20200614")]), Some(69));
        assert_eq!(age(&[(tags::PATIENT_BIRTH_DATE, "20500615"), (tags::SERIES_DATE, "20200614")]), None);
    }

    #[test]
    fn b_values_are_found_in_their_makers_block_alone() {
        let siemens = |creator| of(&[(Tag(0x0019, 0x0011), creator), (Tag(0x0019, 0x110c), "800")]).private_b;
        assert_eq!((siemens("SIEMENS MR HEADER"), siemens("SOMEBODY ELSE")), (Some((0, 800.0)), None));
        let ge = [(Tag(0x0043, 0x0010), "GEMS_PARM_01"), (Tag(0x0043, 0x1039), "1000000700\\8\\0\\0")];
        assert_eq!(of(&ge).private_b, Some((1, 700.0)));
    }

    #[test]
    fn free_text_becomes_nothing() {
        let found =
            of(&[(tags::PATIENT_SEX, "JOHN DOE"), (tags::PATIENT_WEIGHT, "0"), (tags::PATIENT_AGE, "DOE"), (tags::PATIENT_SIZE, "1.7")]);
        assert!(found == Retainable { size_m: Some(1.7), ..Retainable::default() });
    }
}
