//! The attributes that carry no identity, and the values that they may have. Everything else is a finding.
//!
//! Owns: the list, after what the Basic Application Level Confidentiality Profile leaves (PS3.15 Annex E, table E.1-1) and the image modules of PS3.3 need: pixels,
//! geometry, grey scale, technique, and codes in closed vocabularies. An attribute that is empty says nothing and is allowed whatever it is, private ones too.
//! Dates are never on it, except those that were moved, with Longitudinal Temporal Information Modified saying so, and that either lie before 1911 or stand in a case
//! package, where this program moved them: intervals are kept, days are not.
//! Refuses: to believe a file's own word that it is clean: Patient Identity Removed changes no judgement here.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::elements::{Element, PIECE, Part, holds_bytes, holds_numbers, keyword, may_be_text, standard};
use super::kinds::{kind_of, private_kind};
use super::lists::{BITS, MOVED_DATES, NUMBERS, SEQUENCES, WORDS};
use super::words::{Dictionary, has_date, is_common, is_day, text, without_standards};
use super::{LeakKind, Severity};
use crate::retained::B_VALUES;
use dicom_core::Tag;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What values an attribute may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Numbers, none of which is a day.
    Numbers,
    /// At most the two bytes of a version.
    Version,
    /// Words of codes.
    Words,
    /// One of these.
    Terms(&'static [&'static str]),
    /// Up to 16 signs of a code value such as 113100 or G-A100.
    CodeValue,
    /// An age of at most 90 years, which stands for all above 89.
    Age,
    /// A random code: at least 16 hexadecimal digits, some of them letters, or nothing.
    RandomCode,
    /// A colour profile, which its maker signs as encoders do their work.
    Profile,
    /// Bits of pixels or tables.
    Bits,
    /// A sequence; its items are judged one by one.
    Sequence,
    /// A moved date, or a time of the day that goes with one.
    MovedDate,
}

/// What a file says of itself that judging its values needs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FileFacts {
    /// Longitudinal Temporal Information Modified is MODIFIED.
    pub(super) dates_are_moved: bool,
    /// The file is of a case package, whose dates this program moved itself.
    pub(super) is_packed: bool,
}

/// A finding, or `None` where a value is allowed.
pub(super) fn judge(element: &Element<'_>, facts: FileFacts, names: &Dictionary) -> Option<(LeakKind, Severity)> {
    if is_blank(element) {
        return None;
    }
    let says = text(element.value);
    // Bytes of many kinds, among them words in letters of one byte, or of two of which one is zero (UTF-16).
    let is_mixed = element.part != Part::Element || rule_of(element.tag()) == Some(Rule::Profile);
    let is_named_wide = || names.finds(&says.replace("\0\0", " ").replace('\0', ""));
    let is_named = || (names.finds(&says) || (is_mixed && is_named_wide())).then_some((LeakKind::Name, Severity::Leak));
    let found = match element.part {
        Part::Preamble | Part::Slack | Part::Tail => Some((LeakKind::FreeText, Severity::Leak)),
        Part::Comment => Some(of_comment(&says)),
        Part::Element => of_element(element, &says, facts),
    };
    match found {
        // What is made to name somebody keeps its own kind; anywhere else a name is a name.
        Some(found) if names_someone(element) => Some(found),
        Some(found) => Some(is_named().filter(|_| is_mixed || is_text(known(element))).unwrap_or(found)),
        None if is_text(known(element)) && element.vr != *b"UI" => is_named()
            .or_else(|| has_date(&says).then_some((LeakKind::Date, Severity::Leak)).filter(|_| !is_moved_date(element, &says, facts))),
        None => None,
    }
}

/// Where a value stands, in the words of the report: tag and keyword, the enclosing sequences before it.
pub(super) fn place(element: &Element<'_>) -> String {
    match element.part {
        Part::Preamble => return "preamble".to_owned(),
        Part::Slack => return "behind the pixels".to_owned(),
        Part::Tail => return "behind the data set".to_owned(),
        Part::Comment => return "comment in the compressed pixels".to_owned(),
        Part::Element => {}
    }
    let own = element.tag();
    let inside: Vec<String> =
        element.tags.iter().rev().skip(1).rev().map(|t| keyword(*t).map_or_else(|| numbers(*t), str::to_owned)).collect();
    let name = match keyword(own) {
        _ if own.group() % 2 == 1 => format!("private {}", numbers(own)),
        _ if (0x6000..=0x60FF).contains(&own.group()) => format!("overlay ({:04X},{:04X})", own.group(), own.element()),
        _ if (0x5000..=0x50FF).contains(&own.group()) => format!("curve ({:04X},{:04X})", own.group(), own.element()),
        Some(keyword) => format!("{} {keyword}", numbers(own)),
        None => format!("{} unknown", numbers(own)),
    };
    if inside.is_empty() { name } else { format!("{} in {}", name, inside.join(" > ")) }
}

fn numbers(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.group(), tag.element())
}

/// Names and ids that the other texts of a set must not hold.
pub(super) fn names_someone(element: &Element<'_>) -> bool {
    const PARTS: &[&str] = &[
        "PatientID",
        "OtherPatient",
        "PatientAddress",
        "AccessionNumber",
        "StudyID",
        "AdmissionID",
        "Institution",
        "Physician",
        "Operator",
        "StationName",
        "PersonAddress",
        "Telephone",
        "DeviceSerialNumber",
        "ApplicationEntityTitle",
        "AETitle",
        "PatientInsurance",
        "MilitaryRank",
    ];
    element.part == Part::Element
        && is_text(known(element))
        && (known(element) == *b"PN"
            || keyword(element.tag()).is_some_and(|k| PARTS.iter().any(|p| k.contains(p)) && !k.ends_with("Sequence")))
        && !has_rule(element.tag(), Rule::RandomCode, &text(element.value))
}

fn has_rule(tag: Tag, rule: Rule, says: &str) -> bool {
    rule_of(tag) == Some(rule) && is_random_code(says)
}

fn is_blank(element: &Element<'_>) -> bool {
    // A private creator is a name of a machine's maker, and says nothing only when it is empty; zeros are a value of anything that is no text.
    let blank = element.value.iter().all(|b| matches!(b, 0 | b' '));
    match element.part {
        Part::Preamble | Part::Slack | Part::Tail | Part::Comment => element.is_zero,
        Part::Element if element.is_nest => false,
        Part::Element if is_text(element.vr) || element.value.is_empty() => blank,
        // Overlay bits and padding that are all zero show nothing.
        Part::Element => element.is_zero && (is_overlay(element.tag()) || element.tag() == Tag(0xFFFC, 0xFFFC)),
    }
}

const fn is_overlay(tag: Tag) -> bool {
    tag.0 >= 0x6000 && tag.0 <= 0x60FF
}

/// The value representation by which a value can be read: where a file says that it knows none, the standard's (PS3.5 6.2.2).
fn known(element: &Element<'_>) -> [u8; 2] {
    if element.vr == *b"UN" { standard(element.tag()) } else { element.vr }
}

/// Whether a value is letters, and known to be.
pub(super) fn is_text(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"AE"
            | b"AS"
            | b"CS"
            | b"DA"
            | b"DS"
            | b"DT"
            | b"IS"
            | b"LO"
            | b"LT"
            | b"PN"
            | b"SH"
            | b"ST"
            | b"TM"
            | b"UC"
            | b"UI"
            | b"UR"
            | b"UT"
    )
}

fn of_element(element: &Element<'_>, says: &str, facts: FileFacts) -> Option<(LeakKind, Severity)> {
    let tag = element.tag();
    let is_nested = element.tags.len() > 1;
    // The length of a group. That of the pixels alone may be as large as four letters are.
    if tag.element() == 0 && element.value.len() == 4 && !is_text(element.vr) && (!element.hides_words || tag.group() == 0x7FE0) {
        return None;
    }
    if is_b_value(element, says) {
        return None;
    }
    if tag.group() % 2 == 1 {
        return Some((private_kind(element, says), Severity::Leak));
    }
    if (0x5000..=0x50FF).contains(&tag.group()) {
        return Some((LeakKind::FreeText, Severity::Leak));
    }
    if is_overlay(tag) {
        return of_overlay(element, says);
    }
    if element.vr == *b"UI" {
        return says.split('\\').any(|uid| !is_free_uid(uid)).then(|| {
            let is_registered = matches!(tag, Tag(0x0002, 0x0012));
            if is_registered { (LeakKind::Device, Severity::Suspect) } else { (LeakKind::Uid, Severity::Leak) }
        });
    }
    let Some(rule) = rule_of(tag) else { return Some(unlisted(element, says)) };
    // Whatever they say: bytes are no value where the standard has text, numbers none where it has words, and text none where it has bits.
    let is_of_text = may_be_text(standard(tag));
    let is_bent = match rule {
        Rule::Bits => is_text(element.vr),
        Rule::Numbers => is_of_text && holds_bytes(element.vr),
        _ => is_of_text && (holds_bytes(element.vr) || holds_numbers(element.vr)),
    };
    if is_bent {
        return Some((kind_of(element), Severity::Leak));
    }
    let is_allowed = match rule {
        Rule::Numbers => are_numbers(element, says),
        Rule::Version => element.value.len() <= 2,
        Rule::Words => are_words(says),
        Rule::Terms(terms) => says.split('\\').all(|v| terms.contains(&v.trim())),
        Rule::CodeValue => {
            says.len() <= 16 && says.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) && !has_date(says)
        }
        Rule::Age => return of_age(says),
        Rule::RandomCode => is_random_code(says),
        // Of a long one only the beginning is shown.
        Rule::Profile if (element.value.len() as u64) < PIECE => return Some(of_comment(says)),
        Rule::Profile => false,
        // The icon of an image has pixels too.
        Rule::Bits => return of_bits(element, is_nested),
        Rule::Sequence => element.is_nest,
        Rule::MovedDate => is_moved_date(element, says, facts),
    };
    if is_allowed {
        return None;
    }
    Some(match rule {
        Rule::MovedDate if facts.dates_are_moved => (LeakKind::Date, Severity::Suspect),
        Rule::Words | Rule::CodeValue if has_digits(says) || has_date(says) => (LeakKind::FreeText, Severity::Leak),
        Rule::Words => (LeakKind::FreeText, Severity::Suspect),
        Rule::Terms(_) | Rule::RandomCode => (kind_of(element), if rule == Rule::RandomCode { Severity::Leak } else { Severity::Suspect }),
        Rule::Numbers if has_date(says) => (LeakKind::Date, Severity::Leak),
        _ => (kind_of(element), Severity::Leak),
    })
}

/// An attribute that is not on the list. Text may say anything; a number or a code that the list does not know is for a person to look at.
fn unlisted(element: &Element<'_>, says: &str) -> (LeakKind, Severity) {
    let kind = kind_of(element);
    if element.is_nest {
        return (kind, Severity::Suspect);
    }
    let is_harmless = match &element.vr {
        b"CS" => are_words(says),
        b"DS" | b"IS" => are_numbers(element, says),
        b"US" | b"SS" | b"UL" | b"SL" | b"FL" | b"FD" | b"AT" | b"SV" | b"UV" => true,
        _ => false,
    };
    // Numbers with a name of their own, such as Patient's Birth Date in Alternative Calendar, are text; ids in numbers are IS.
    let is_named = matches!(kind, LeakKind::Id | LeakKind::Name | LeakKind::Date | LeakKind::Institution);
    (kind, if is_harmless && !is_named { Severity::Suspect } else { Severity::Leak })
}

fn of_overlay(element: &Element<'_>, says: &str) -> Option<(LeakKind, Severity)> {
    match element.tag().element() {
        0x3000 => Some((LeakKind::Text, Severity::Suspect)),
        // The bits lie in the pixels.
        0x0102 => (!element.is_zero).then_some((LeakKind::Text, Severity::Suspect)),
        0x0040 => (!matches!(says, "G" | "R")).then_some((LeakKind::FreeText, Severity::Leak)),
        0x0000 | 0x0010..=0x0015 | 0x0050..=0x0053 | 0x0100 if are_numbers(element, says) => None,
        _ => Some((LeakKind::FreeText, Severity::Leak)),
    }
}

fn of_bits(element: &Element<'_>, is_nested: bool) -> Option<(LeakKind, Severity)> {
    let tag = element.tag();
    let are_pixels = tag.group() == 0x7FE0 && matches!(tag.element(), 0x0008..=0x0010);
    if are_pixels && is_nested {
        return (element.is_nest || !element.is_zero).then_some((LeakKind::Text, Severity::Leak));
    }
    None
}

/// What programs sign their work with: a person would be named in words, a day in digits.
fn of_comment(says: &str) -> (LeakKind, Severity) {
    let is_leak = has_digits(&without_standards(says)) || has_date(says);
    (LeakKind::FreeText, if is_leak { Severity::Leak } else { Severity::Suspect })
}

fn of_age(says: &str) -> Option<(LeakKind, Severity)> {
    let years = says.strip_suffix('Y').and_then(|y| y.parse::<u32>().ok());
    let is_shorter = says.len() == 4 && says.ends_with(['D', 'W', 'M']) && says.bytes().take(3).all(|b| b.is_ascii_digit());
    // HIPAA 45 CFR 164.514(b)(2)(i)(C): ages over 89 identify, and one word stands for all of them: 90 here.
    (!is_shorter && years.is_none_or(|y| y > 90)).then_some((LeakKind::Date, Severity::Leak))
}

/// Numbers in text or binary. Text has twice as many signs as PS3.5 gives a number, which some writers need, no more than ten before the point, and no day;
/// binary spells no words.
fn are_numbers(element: &Element<'_>, says: &str) -> bool {
    match &element.vr {
        b"DS" | b"IS" => says.split('\\').all(|n| {
            let n = n.trim();
            n.is_empty() || (n.len() <= 32 && n.parse::<f64>().is_ok() && whole(n).len() <= 10 && !is_day(whole(n)))
        }),
        b"US" | b"SS" | b"UL" | b"SL" | b"FL" | b"FD" | b"AT" | b"OF" | b"OD" | b"OW" | b"OB" | b"UV" | b"SV" | b"OV" => {
            !element.hides_words
        }
        _ => false,
    }
}

/// The digits before the point.
fn whole(number: &str) -> &str {
    number.trim_start_matches(['-', '+']).split(['.', 'e', 'E']).next().unwrap_or_default()
}

/// Words of the vocabulary, and numbers of at most three digits, no three of which follow each other: they may be a day or an id in parts.
fn are_words(says: &str) -> bool {
    let mut numbers = 0;
    says.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).all(|w| {
        let is_number = w.len() <= 3 && w.bytes().all(|b| b.is_ascii_digit());
        numbers = if is_number { numbers + 1 } else { 0 };
        numbers < 3 && (is_number || is_common(w))
    })
}

fn has_digits(says: &str) -> bool {
    says.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 5)
}

/// Numbers of citizens have 16 digits and more, and a day of birth among them; of 32 that were drawn some are letters.
fn is_random_code(says: &str) -> bool {
    says.len() >= 16 && says.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && says.bytes().any(|b| b.is_ascii_alphabetic())
}

/// A registered UID of the standard, or one of a random or hashed number (PS3.5 B.2). A small number under that root was counted, not drawn.
pub(super) fn is_free_uid(uid: &str) -> bool {
    let uid = uid.trim_matches(['\0', ' ']);
    let is_number = |n: &str| n.len() >= 30 && !n.starts_with('0') && n.parse::<u128>().is_ok();
    uid.is_empty() || is_registered(uid) || uid.strip_prefix("2.25.").is_some_and(is_number)
}

/// Classes, transfer syntaxes and well-known instances (PS3.6 annex A): none has a number of more than four digits, as a day or an id would be.
fn is_registered(uid: &str) -> bool {
    let is_short = |number: &str| number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit());
    uid.strip_prefix("1.2.840.10008.").is_some_and(|rest| rest.len() <= 30 && rest.split('.').all(is_short))
}

fn is_moved_date(element: &Element<'_>, says: &str, facts: FileFacts) -> bool {
    let is_digits = |d: &str| d.len() >= 8 && d.bytes().take(8).all(|b| b.is_ascii_digit());
    let is_moved = |d: &str| is_digits(d) && (facts.is_packed || d.get(..4).is_some_and(|y| y < "1911"));
    let has_rule = rule_of(element.tag()) == Some(Rule::MovedDate);
    has_rule
        && facts.dates_are_moved
        && match &element.vr {
            b"DA" => says.len() == 8 && is_moved(says),
            b"DT" => is_moved(says) && says.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
            b"TM" => says.len() <= 16 && says.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
            _ => false,
        }
}

/// Whether a private element is one number that is a b-value, or the creator of such a block: the only private attributes that may stay (PS3.15 table
/// E.3.10-1).
fn is_b_value(element: &Element<'_>, says: &str) -> bool {
    let (tag, Some(creator)) = (element.tag(), element.creator) else { return false };
    let is_creator = matches!(tag.element(), 0x0010..=0x00FF);
    let is_number = match &element.vr {
        b"IS" | b"DS" => says.split('\\').count() == 1 && are_numbers(element, says),
        b"FL" => element.value.len() == 4 && !element.hides_words,
        b"FD" => element.value.len() == 8 && !element.hides_words,
        _ => false,
    };
    let is_known = |(group, name, at): &(u16, &str, u8)| {
        tag.group() == *group && creator == *name && (is_creator || tag.element() & 0xFF == u16::from(*at))
    };
    B_VALUES.iter().any(is_known) && (is_creator || is_number)
}

fn rule_of(tag: Tag) -> Option<Rule> {
    RULES.get(keyword(tag)?).copied()
}

/// The rule of each keyword on a list.
static RULES: LazyLock<HashMap<&'static str, Rule>> = LazyLock::new(|| {
    let lists =
        [(NUMBERS, Rule::Numbers), (WORDS, Rule::Words), (SEQUENCES, Rule::Sequence), (BITS, Rule::Bits), (MOVED_DATES, Rule::MovedDate)];
    let listed = lists.into_iter().flat_map(|(list, rule)| list.split_ascii_whitespace().map(move |keyword| (keyword, rule)));
    listed.chain(SPECIAL.iter().copied()).collect()
});

/// The sentences and names that this program itself writes are the only ones that these attributes may have.
const SPECIAL: &[(&str, Rule)] = &[
    ("PatientAge", Rule::Age),
    ("PatientID", Rule::RandomCode),
    ("ICCProfile", Rule::Profile),
    ("FileMetaInformationVersion", Rule::Version),
    ("PatientSex", Rule::Terms(&["M", "F", "O"])),
    ("PatientIdentityRemoved", Rule::Terms(&["YES"])),
    ("DeidentificationMethod", Rule::Terms(&["Written anew from image attributes alone"])),
    ("ImplementationVersionName", Rule::Terms(&["TIRESIAS"])),
    ("BurnedInAnnotation", Rule::Terms(&["NO"])),
    ("CodeValue", Rule::CodeValue),
    ("CodingSchemeDesignator", Rule::Terms(&["DCM", "SCT", "SRT", "SNM3", "UCUM", "LN", "RADLEX", "FMA", "UMLS"])),
];

#[cfg(test)]
mod tests;
