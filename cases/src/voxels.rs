//! The stored values of a series in memory, filled slice by slice while they are already shown.
//!
//! Words are relaxed atomics and each slice has a flag that is released after its last word, so that a reader that acquired the flag sees the whole
//! slice: no lock, no copy, no unsafe. A slice whose flag is down holds zeros or half a slice and must not be shown.

use crate::CasesError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

/// Stored values as 16-bit words (see [`tiresias_words::StoredFormat`]): columns fastest, then rows, then slices in stack order. Clones share the memory.
#[derive(Clone)]
pub struct VoxelBuffer {
    size: [u32; 3],
    words: Arc<Box<[AtomicU16]>>,
    loaded: Arc<Box<[AtomicBool]>>,
}

impl std::fmt::Debug for VoxelBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoxelBuffer").field("size", &self.size).field("loaded", &self.loaded_count()).finish()
    }
}

impl VoxelBuffer {
    /// Memory for a volume of [columns, rows, slices], all slices not yet loaded. The callers have checked the size against the lengths of real files.
    pub(crate) fn new(size: [u32; 3]) -> Result<Self, CasesError> {
        let count = size.iter().try_fold(1_usize, |n, s| n.checked_mul(*s as usize));
        let mib = size.iter().map(|s| u64::from(*s)).fold(2_u64, u64::saturating_mul) >> 20;
        let mut words = Vec::new();
        let count = count.ok_or(CasesError::Memory { mib })?;
        words.try_reserve_exact(count).map_err(|_| CasesError::Memory { mib })?;
        words.resize_with(count, || AtomicU16::new(0));
        let loaded: Box<[AtomicBool]> = (0..size[2]).map(|_| AtomicBool::new(false)).collect();
        Ok(Self { size, words: Arc::new(words.into_boxed_slice()), loaded: Arc::new(loaded) })
    }

    /// [columns, rows, slices].
    #[must_use]
    pub const fn size(&self) -> [u32; 3] {
        self.size
    }
    /// All words; load them with `Ordering::Relaxed` after [`Self::is_loaded`] said yes for their slice.
    #[must_use]
    pub fn words(&self) -> &[AtomicU16] {
        &self.words
    }
    /// The words of one slice, `None` beyond the last.
    #[must_use]
    pub fn slice(&self, slice: usize) -> Option<&[AtomicU16]> {
        let plane = self.size[0] as usize * self.size[1] as usize;
        self.words.get(slice.checked_mul(plane)?..)?.get(..plane)
    }
    /// Whether a slice is complete.
    #[must_use]
    pub fn is_loaded(&self, slice: usize) -> bool {
        self.loaded.get(slice).is_some_and(|f| f.load(Ordering::Acquire))
    }
    /// How many slices are complete.
    #[must_use]
    pub fn loaded_count(&self) -> usize {
        self.loaded.iter().filter(|f| f.load(Ordering::Acquire)).count()
    }
    /// The word at a voxel of a loaded slice, else `None`.
    pub(crate) fn word(&self, [column, row, slice]: [usize; 3]) -> Option<u16> {
        if column >= self.size[0] as usize || row >= self.size[1] as usize || !self.is_loaded(slice) {
            return None;
        }
        self.slice(slice)?.get(row * self.size[0] as usize + column).map(|w| w.load(Ordering::Relaxed))
    }
    /// Says that a slice is complete.
    pub(crate) fn mark_loaded(&self, slice: usize) {
        if let Some(flag) = self.loaded.get(slice) {
            flag.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_there_only_after_its_flag() {
        let b = VoxelBuffer::new([3, 2, 4]).unwrap();
        assert_eq!((b.words().len(), b.loaded_count(), b.word([2, 1, 1])), (24, 0, None));
        b.slice(1).unwrap()[5].store(77, Ordering::Relaxed);
        b.mark_loaded(1);
        assert_eq!((b.loaded_count(), b.word([2, 1, 1]), b.word([3, 0, 1])), (1, Some(77), None));
        assert!(b.slice(4).is_none() && !b.is_loaded(4));
    }

    #[test]
    fn absurd_sizes_are_an_error() {
        assert!(matches!(VoxelBuffer::new([u32::MAX; 3]), Err(CasesError::Memory { .. })));
    }
}
