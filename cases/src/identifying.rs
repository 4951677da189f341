//! A value that names a person, a place or a source file, and the wall around it.
//!
//! The wrapper has no `Debug`, `Display` or `Serialize`: what holds one must say in its own words what may be shown.

/// Something that may identify: a source path, UID, patient id or free text of a foreign file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Identifying<T>(T);

impl<T> Identifying<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }
    /// The value, for sorting, for opening files, for keyed hashes and for the desk's own eyes (`inspect`).
    pub(crate) const fn reveal(&self) -> &T {
        &self.0
    }
}
