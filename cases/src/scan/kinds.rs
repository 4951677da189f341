//! What a finding in an element is about.
//!
//! Owns: the kind of an element, by its value representation and the standard's keyword. Refuses: to judge whether it is a finding.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::LeakKind;
use super::allowed::is_text;
use super::elements::{Element, keyword};
use super::words::has_date;

/// What a private element is about, as far as that can be told.
pub(super) fn private_kind(element: &Element<'_>, says: &str) -> LeakKind {
    // Private creators (gggg,0010-00FF) name the maker of a machine.
    if matches!(element.tag().element(), 0x0010..=0x00FF) {
        return LeakKind::Device;
    }
    match &element.vr {
        b"PN" => LeakKind::Name,
        b"DA" | b"DT" | b"TM" | b"AS" => LeakKind::Date,
        b"UI" => LeakKind::Uid,
        _ if is_text(element.vr) && has_date(says) => LeakKind::Date,
        _ => LeakKind::FreeText,
    }
}

/// What an attribute is about, by its value representation and keyword.
pub(super) fn kind_of(element: &Element<'_>) -> LeakKind {
    match &element.vr {
        b"PN" => return LeakKind::Name,
        b"DA" | b"DT" | b"TM" => return LeakKind::Date,
        b"UI" => return LeakKind::Uid,
        b"UR" => return LeakKind::Path,
        _ => {}
    }
    let keyword = keyword(element.tag()).unwrap_or_default();
    let has = |parts: &[&str]| parts.iter().any(|p| keyword.contains(p));
    if has(&["Institution", "Department", "Hospital", "ApplicationEntityTitle", "AETitle", "Address", "Country", "Region"])
        && !has(&["RegionSequence", "Anatomic", "Ultrasound"])
    {
        LeakKind::Institution
    } else if has(&[
        "SerialNumber",
        "Manufacturer",
        "Model",
        "Software",
        "Device",
        "Station",
        "Gantry",
        "Detector",
        "Implementation",
        "Plate",
    ]) {
        LeakKind::Device
    } else if has(&["PatientName", "Physician", "Operator", "PersonName", "ResponsibleParty", "ResponsibleOrg"]) {
        LeakKind::Name
    } else if keyword.ends_with("ID") || keyword.ends_with("IDs") || has(&["AccessionNumber", "OrderNumber", "Identifier", "Insurance"]) {
        LeakKind::Id
    } else if has(&["Date", "Time", "Age"])
        && !has(&[
            "TimeOfFlight",
            "Exposure",
            "Repetition",
            "Echo",
            "Inversion",
            "Image",
            "Average",
            "Percentage",
            "Usage",
            "Storage",
            "Stage",
            "Page",
        ])
    {
        LeakKind::Date
    } else {
        LeakKind::FreeText
    }
}
