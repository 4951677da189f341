//! Standardised uptake value by body weight: the factor from activity concentration to SUV, or the reason why there is none.
//!
//! SUVbw = activity concentration (Bq/ml) * weight (g) / dose at the reference time (PS3.3 C.8.9.1; QIBA FDG-PET/CT profile, "SUV calculation"). The
//! reference time is that to which the images are decay corrected: of START the series' time, never the acquisition time of a bed position. Fails closed.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::attributes::Attributes;
use crate::dates::{DAY, moment};
use dicom_dictionary_std::tags;

/// Grams per millilitre for each Bq/ml, or why not: a clause.
pub(crate) fn factor(a: &Attributes) -> Result<f64, &'static str> {
    if a.text(tags::UNITS).as_deref() != Some("BQML") {
        return Err("its values are not activity concentrations (Units is not BQML)");
    }
    let corrected = a.texts(tags::CORRECTED_IMAGE);
    if !["ATTN", "DECY"].iter().all(|c| corrected.iter().any(|t| t == c)) {
        return Err("it is not corrected for attenuation and decay (Corrected Image)");
    }
    let positive = |a: &Attributes, tag, why| a.number(tag, "").ok().flatten().filter(|v| *v > 0.0).ok_or(why);
    let weight = positive(a, tags::PATIENT_WEIGHT, "the patient's weight is missing")?;
    let tracer = a.item(tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE).ok_or("the radiopharmaceutical is missing")?;
    let dose = positive(&tracer, tags::RADIONUCLIDE_TOTAL_DOSE, "the injected dose is missing")?;
    let half_life = positive(&tracer, tags::RADIONUCLIDE_HALF_LIFE, "the half life is missing")?;
    let decayed = match a.text(tags::DECAY_CORRECTION).as_deref() {
        Some("ADMIN") => dose,
        Some("START") => dose * libm::exp2(-elapsed(a, &tracer)? / half_life),
        _ => return Err("it is not said to which time the images are decay corrected (Decay Correction)"),
    };
    let factor = weight * 1000.0 / decayed;
    if factor.is_finite() { Ok(factor) } else { Err("dose and times give no number") }
}

/// Seconds from injection to the time of the series.
fn elapsed(a: &Attributes, tracer: &Attributes) -> Result<f64, &'static str> {
    let series = moment(a.text(tags::SERIES_DATE), a.text(tags::SERIES_TIME)).ok_or("the series' date or time is missing")?;
    // A series time behind an acquisition's is that of a later processing (QIBA): the reference time is then not in the file.
    if let Some(acquisition) = moment(a.text(tags::ACQUISITION_DATE), a.text(tags::ACQUISITION_TIME))
        && series > acquisition + 1.0
    {
        return Err("the series' time is later than the acquisition's, so it is not the time of the decay correction");
    }
    let seconds = series - injection(a, tracer, series).ok_or("the time of injection is missing")?;
    if (0.0..DAY * 7.0).contains(&seconds) { Ok(seconds) } else { Err("the injection is not within the week before the series") }
}

/// Seconds of the injection; `series` is the series' moment. A time without a date is that before it, over midnight too.
pub(crate) fn injection(a: &Attributes, tracer: &Attributes, series: f64) -> Option<f64> {
    match tracer.text(tags::RADIOPHARMACEUTICAL_START_DATE_TIME) {
        Some(whole) if whole.len() >= 14 => moment(whole.get(..8).map(str::to_owned), whole.get(8..).map(str::to_owned)),
        _ => {
            let injected = moment(a.text(tags::SERIES_DATE), tracer.text(tags::RADIOPHARMACEUTICAL_START_TIME))?;
            let is_after = series < injected && !tracer.has(tags::RADIOPHARMACEUTICAL_START_DATE_TIME);
            Some(if is_after { injected - DAY } else { injected })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
    use dicom_object::InMemDicomObject;

    fn pet(changes: &[(Tag, &str)], tracer: &[(Tag, &str)]) -> Result<f64, &'static str> {
        let text = |o: &mut InMemDicomObject, tag, v: &str| {
            o.put(DataElement::new(tag, VR::LO, PrimitiveValue::Strs(v.split('\\').map(str::to_owned).collect())));
        };
        let mut item = InMemDicomObject::new_empty();
        for (tag, v) in [
            (tags::RADIOPHARMACEUTICAL_START_TIME, "090000"),
            (tags::RADIONUCLIDE_TOTAL_DOSE, "4.0e8"),
            (tags::RADIONUCLIDE_HALF_LIFE, "6600"),
        ]
        .iter()
        .chain(tracer)
        {
            text(&mut item, *tag, v);
        }
        let mut o = InMemDicomObject::new_empty();
        for (tag, v) in [
            (tags::UNITS, "BQML"),
            (tags::CORRECTED_IMAGE, "DECY\\ATTN\\SCAT"),
            (tags::DECAY_CORRECTION, "START"),
            (tags::PATIENT_WEIGHT, "80"),
            (tags::SERIES_DATE, "20260228"),
            (tags::SERIES_TIME, "105000.000"),
            (tags::ACQUISITION_DATE, "20260228"),
            (tags::ACQUISITION_TIME, "110200"),
        ]
        .iter()
        .chain(changes)
        {
            text(&mut o, *tag, v);
        }
        o.put(DataElement::new(
            tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
            VR::SQ,
            dicom_core::value::DataSetSequence::from(vec![item]),
        ));
        factor(&Attributes::new(o))
    }

    #[test]
    fn one_half_life_doubles_the_factor() {
        let expected = |half_lives: f64| 80_000.0 / (4.0e8 / 2f64.powf(half_lives));
        let near = |found: Result<f64, &str>, half_lives: f64| assert!((found.unwrap() / expected(half_lives) - 1.0).abs() < 1e-12);
        near(pet(&[], &[]), 1.0);
        near(pet(&[(tags::DECAY_CORRECTION, "ADMIN")], &[]), 0.0);
        near(pet(&[], &[(tags::RADIOPHARMACEUTICAL_START_DATE_TIME, "20260228071000.0+0100")]), 2.0);
        // Over midnight, without a date of the injection and, over the end of a month, with one.
        near(pet(&[(tags::SERIES_TIME, "000500")], &[(tags::RADIOPHARMACEUTICAL_START_TIME, "221500")]), 1.0);
        let march = [(tags::SERIES_DATE, "20260301"), (tags::SERIES_TIME, "000500"), (tags::ACQUISITION_DATE, "20260301")];
        near(pet(&march, &[(tags::RADIOPHARMACEUTICAL_START_DATE_TIME, "20260228221500")]), 1.0);
    }

    #[test]
    fn what_is_missing_is_named() {
        type Changes<'a> = &'a [(Tag, &'a str)];
        let cases: [(Changes<'_>, Changes<'_>, &str); 8] = [
            (&[(tags::UNITS, "CNTS")], &[], "BQML"),
            (&[(tags::CORRECTED_IMAGE, "DECY")], &[], "attenuation"),
            (&[(tags::DECAY_CORRECTION, "NONE")], &[], "Decay Correction"),
            (&[(tags::PATIENT_WEIGHT, "0")], &[], "weight"),
            (&[], &[(tags::RADIONUCLIDE_TOTAL_DOSE, "")], "dose"),
            (&[], &[(tags::RADIONUCLIDE_HALF_LIFE, "x")], "half life"),
            (&[(tags::SERIES_TIME, "120000")], &[], "later than the acquisition"),
            (&[], &[(tags::RADIOPHARMACEUTICAL_START_TIME, "9 o'clock")], "injection"),
        ];
        for (changes, tracer, word) in cases {
            let why = pet(changes, tracer).unwrap_err();
            assert!(why.contains(word), "{word}: {why}");
        }
    }
}
