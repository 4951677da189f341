//! Structured reports as a tree of content items (PS3.3 C.17.3), and that tree as a list for whoever checks it.
//!
//! Texts of persons, dates and times are not kept. Refuses: what the items mean, which `groups.rs` knows; trees of more items or levels than a report has.

use super::place::{Reference, Subject};
use crate::FileError;
use crate::attributes::Attributes;
use crate::file::Header;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

/// More items than a report of one case has.
const MOST_ITEMS: usize = 100_000;
const DEEPEST: usize = 64;

/// A code: value and meaning. Of which scheme it is, is not looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Code {
    pub(super) value: String,
    pub(super) meaning: String,
}

/// What a content item says.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemValue {
    /// Nothing that is kept.
    None,
    /// TEXT.
    Text(String),
    /// CODE: its meaning.
    Code(String),
    /// NUM: the value and the code of its unit.
    Number(f64, String),
    /// SCOORD and SCOORD3D: Graphic Type and Graphic Data.
    Graphic(String, Vec<f64>),
    /// IMAGE: the SOP Instance UID of what is referred to.
    Image(String),
    /// A reference to another item of the tree: its place, from 1 on each level.
    Reference(Vec<u32>),
}

/// A content item in the order of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportItem {
    /// Level, 0 below the root.
    pub depth: usize,
    /// Relationship Type.
    pub relationship: String,
    /// Value Type; empty for a reference to another item.
    pub kind: String,
    /// Meaning of the concept name.
    pub concept: String,
    /// What it says.
    pub value: ItemValue,
}

/// A content item with those below it.
pub(super) struct Item {
    pub(super) relationship: String,
    pub(super) kind: String,
    pub(super) concept: Code,
    pub(super) code: Option<Code>,
    pub(super) text: Option<String>,
    pub(super) value: ItemValue,
    /// Of an IMAGE: what is referred to, and which segments of it.
    pub(super) image: Option<(Reference, Vec<u16>)>,
    /// Of a SCOORD3D.
    pub(super) frame_of_reference: Option<String>,
    /// Of a UIDREF.
    pub(super) uid: Option<String>,
    pub(super) children: Vec<Self>,
}

/// One report.
pub(super) struct Report {
    pub(super) subject: Subject,
    pub(super) root: Vec<Item>,
}

impl Report {
    pub(super) fn read(header: &Header) -> Result<Self, FileError> {
        let a = &header.attributes;
        let mut count = 0;
        Ok(Self { subject: Subject::read(a), root: items(a, 0, &mut count)? })
    }

    /// All items in the order of the tree.
    pub(super) fn list(&self) -> Vec<ReportItem> {
        fn below(items: &[Item], depth: usize, found: &mut Vec<ReportItem>) {
            for item in items {
                found.push(ReportItem {
                    depth,
                    relationship: item.relationship.clone(),
                    kind: item.kind.clone(),
                    concept: item.concept.meaning.clone(),
                    value: item.value.clone(),
                });
                below(&item.children, depth + 1, found);
            }
        }
        let mut found = Vec::new();
        below(&self.root, 0, &mut found);
        found
    }

    /// The item at a place, from 1 on each level; the root container itself is the first 1.
    pub(super) fn at(&self, place: &[u32]) -> Option<&Item> {
        let (_, rest) = place.split_first()?;
        let (mut items, mut found) = (&self.root, None);
        for n in rest {
            let item = items.get((*n as usize).checked_sub(1)?)?;
            (items, found) = (&item.children, Some(item));
        }
        found
    }
}

fn code(a: &Attributes, tag: Tag) -> Option<Code> {
    let item = a.item(tag)?;
    Some(Code { value: item.text(tags::CODE_VALUE).unwrap_or_default(), meaning: item.text(tags::CODE_MEANING).unwrap_or_default() })
}

fn items(a: &Attributes, depth: usize, count: &mut usize) -> Result<Vec<Item>, FileError> {
    let all = a.items(tags::CONTENT_SEQUENCE);
    *count += all.len();
    if *count > MOST_ITEMS || depth > DEEPEST {
        return Err(FileError::Damaged("its content has more items than a report has"));
    }
    all.iter().map(|a| item(a, depth, count)).collect()
}

fn item(a: &Attributes, depth: usize, count: &mut usize) -> Result<Item, FileError> {
    let kind = a.text(tags::VALUE_TYPE).unwrap_or_default();
    let numbers = |tag, name| a.numbers(tag, name).ok().flatten().unwrap_or_default();
    let coded = code(a, tags::CONCEPT_CODE_SEQUENCE).filter(|_| kind == "CODE");
    // Of a text that holds the separator of values all of it is one value.
    let text = (kind == "TEXT").then(|| a.texts(tags::TEXT_VALUE).join("\\")).filter(|t| !t.is_empty());
    let reference = a.item(tags::REFERENCED_SOP_SEQUENCE).filter(|_| kind == "IMAGE");
    let image = reference.and_then(|r| {
        let segments = r.numbers(tags::REFERENCED_SEGMENT_NUMBER, "Referenced Segment Number").ok().flatten().unwrap_or_default();
        let segments = segments.into_iter().filter(|n| (1.0..=65_535.0).contains(n)).map(|n| n as u16).collect();
        Some((Reference::read(&r)?, segments))
    });
    let value = match kind.as_str() {
        "" => ItemValue::Reference(
            numbers(tags::REFERENCED_CONTENT_ITEM_IDENTIFIER, "Referenced Content Item Identifier").into_iter().map(|n| n as u32).collect(),
        ),
        "TEXT" => text.clone().map_or(ItemValue::None, ItemValue::Text),
        "CODE" => coded.clone().map_or(ItemValue::None, |c| ItemValue::Code(c.meaning)),
        "NUM" => number(a).unwrap_or(ItemValue::None),
        "SCOORD" | "SCOORD3D" => {
            ItemValue::Graphic(a.text(tags::GRAPHIC_TYPE).unwrap_or_default(), numbers(tags::GRAPHIC_DATA, "Graphic Data"))
        }
        "IMAGE" => image.as_ref().map_or(ItemValue::None, |(r, _)| ItemValue::Image(r.image.clone())),
        _ => ItemValue::None,
    };
    Ok(Item {
        relationship: a.text(tags::RELATIONSHIP_TYPE).unwrap_or_default(),
        concept: code(a, tags::CONCEPT_NAME_CODE_SEQUENCE).unwrap_or_default(),
        code: coded,
        text,
        value,
        image,
        frame_of_reference: a.text(tags::REFERENCED_FRAME_OF_REFERENCE_UID).filter(|_| kind == "SCOORD3D"),
        uid: a.text(tags::UID).filter(|_| kind == "UIDREF"),
        children: items(a, depth + 1, count)?,
        kind,
    })
}

fn number(a: &Attributes) -> Option<ItemValue> {
    let measured = a.item(tags::MEASURED_VALUE_SEQUENCE)?;
    let value = measured.number(tags::NUMERIC_VALUE, "Numeric Value").ok().flatten()?;
    let unit = code(&measured, tags::MEASUREMENT_UNITS_CODE_SEQUENCE).unwrap_or_default();
    Some(ItemValue::Number(value, unit.value))
}
