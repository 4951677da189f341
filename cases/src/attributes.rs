//! Attributes of an image: how the values that were kept of a file become numbers and codes.
//!
//! PS3.5 6.2 (value representations). Numbers come as text or binary, padded in many ways; an attribute that is absent, empty or blank is `None`.
//! Refuses: text where a number has to be.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::FileError;
use dicom_core::Tag;
use dicom_core::header::HasLength as _;
use dicom_core::value::PrimitiveValue;
use dicom_object::InMemDicomObject;

/// The elements on the reading list of one file, or of one item of a sequence. It has no `Debug`: ids are among them.
pub(crate) struct Attributes(InMemDicomObject);

impl Attributes {
    pub(crate) const fn new(object: InMemDicomObject) -> Self {
        Self(object)
    }

    fn value(&self, tag: Tag) -> Option<&PrimitiveValue> {
        self.0.get(tag).and_then(|e| e.value().primitive()).filter(|v| !v.is_empty())
    }

    /// All values as text, without padding.
    pub(crate) fn texts(&self, tag: Tag) -> Vec<String> {
        let Some(value) = self.value(tag) else { return Vec::new() };
        value.to_multi_str().iter().map(|s| s.trim_matches([' ', '\0']).to_owned()).collect()
    }
    /// The first value as text, without padding; `None` when blank.
    pub(crate) fn text(&self, tag: Tag) -> Option<String> {
        self.texts(tag).into_iter().next().filter(|s| !s.is_empty())
    }
    /// All values as numbers; `None` when the attribute is absent or blank.
    pub(crate) fn numbers(&self, tag: Tag, name: &'static str) -> Result<Option<Vec<f64>>, FileError> {
        let binary = |v: &PrimitiveValue| !matches!(v, PrimitiveValue::Str(_) | PrimitiveValue::Strs(_));
        if let Some(value) = self.value(tag).filter(|v| binary(v)) {
            return value.to_multi_float64().map(Some).map_err(|_| FileError::attribute(name, "is not a number"));
        }
        let texts = self.texts(tag);
        if texts.iter().all(String::is_empty) {
            return Ok(None);
        }
        let number = |t: &String| t.parse::<f64>().map_err(|_| FileError::attribute(name, "is not a number"));
        texts.iter().map(number).collect::<Result<_, _>>().map(Some)
    }
    /// The first value as a finite number.
    pub(crate) fn number(&self, tag: Tag, name: &'static str) -> Result<Option<f64>, FileError> {
        let first = self.numbers(tag, name)?.and_then(|n| n.first().copied());
        match first {
            Some(n) if !n.is_finite() => Err(FileError::attribute(name, "is not a finite number")),
            n => Ok(n),
        }
    }
    /// The first value as a whole number.
    pub(crate) fn integer(&self, tag: Tag, name: &'static str) -> Result<Option<i64>, FileError> {
        let Some(n) = self.number(tag, name)? else { return Ok(None) };
        if n.fract() != 0.0 || n.abs() > 9e15 {
            return Err(FileError::attribute(name, "is not a whole number"));
        }
        Ok(Some(n as i64))
    }
    /// Whether the attribute is there, be it empty.
    pub(crate) fn is_there(&self, tag: Tag) -> bool {
        self.0.get(tag).is_some()
    }
    /// Whether the attribute is there with a value.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.value(tag).is_some()
    }
    /// The items of a sequence.
    pub(crate) fn items(&self, tag: Tag) -> Vec<Self> {
        let items = self.0.get(tag).and_then(|e| e.value().items()).unwrap_or_default();
        items.iter().map(|i| Self(i.clone())).collect()
    }
    /// The first item of a sequence.
    pub(crate) fn item(&self, tag: Tag) -> Option<Self> {
        self.0.get(tag).and_then(|e| e.value().items()).and_then(|i| i.first()).map(|i| Self(i.clone()))
    }
    /// The values as numbers of an element within the block that a private creator reserved (PS3.5 7.8.1).
    pub(crate) fn private(&self, group: u16, creator: &str, element: u8) -> Option<Vec<f64>> {
        // Few files have anything of the group: what is not there is not asked for.
        let mut creators = self.0.tags().filter(|tag| tag.group() == group && (0x10..=0xFF).contains(&tag.element()));
        let block = creators.find(|tag| self.text(*tag).as_deref() == Some(creator))?.element();
        self.numbers(Tag(group, block << 8 | u16::from(element)), "").ok().flatten()
    }
    /// The values as unsigned 64-bit numbers: offset tables.
    pub(crate) fn very_long(&self, tag: Tag) -> Vec<u64> {
        match self.value(tag) {
            Some(PrimitiveValue::U64(v)) => v.to_vec(),
            Some(PrimitiveValue::U8(bytes)) => bytes.chunks_exact(8).filter_map(|b| b.try_into().ok().map(u64::from_le_bytes)).collect(),
            _ => Vec::new(),
        }
    }
    /// The values as unsigned 16-bit words, and as bytes, whatever their value representation: look-up table data.
    pub(crate) fn words_and_bytes(&self, tag: Tag) -> Option<(Vec<u16>, Vec<u8>)> {
        let value = self.value(tag)?;
        let words = match value {
            PrimitiveValue::U8(bytes) => bytes.chunks_exact(2).filter_map(|b| b.try_into().ok().map(u16::from_le_bytes)).collect(),
            PrimitiveValue::U16(words) => words.to_vec(),
            PrimitiveValue::I16(words) => words.iter().map(|w| *w as u16).collect(),
            _ => return None,
        };
        Some((words, value.to_bytes().into_owned()))
    }
}
