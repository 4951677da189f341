//! The values of a series in memory, filled slice by slice while they are already shown.
//!
//! Cells are relaxed atomics and each slice has a flag that is released after its last cell, so that a reader that acquired the flag sees the whole slice: no
//! lock, no copy, no unsafe. A slice whose flag is down holds zeros or half a slice and must not be shown. Where the words for display are not the stored
//! values themselves, those are kept beside them.

use crate::CasesError;
use crate::samples::Samples;
use crate::scale::WordScale;
use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_slice_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// A volume or stack of images: columns fastest, then rows, then slices in stack order. Clones share the memory.
#[derive(Clone)]
pub struct VoxelBuffer {
    size: [u32; 3],
    cells: Arc<Cells>,
    loaded: Arc<Box<[AtomicBool]>>,
}

/// What the cells are.
enum Cells {
    Grey { words: Box<[AtomicU16]>, scale: WordScale, stored: Stored },
    Colour(Box<[AtomicU32]>),
}

/// The stored values behind requantised words.
enum Stored {
    /// The words are the stored values.
    InWords,
    Words(Box<[AtomicU16]>, i32),
    Int32(Box<[AtomicU32]>),
    Uint32(Box<[AtomicU32]>),
    Float32(Box<[AtomicU32]>),
    Float64(Box<[AtomicU64]>),
}

/// What memory is asked for.
pub(crate) enum Kind {
    /// Words that are the stored values.
    Exact(WordScale),
    /// Requantised words, with the stored values beside them.
    Requantised(WordScale, StoredKind),
    /// Texels.
    Colour,
}

/// What stored values are kept beside requantised words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredKind {
    /// 16-bit words; whether they are signed.
    Words {
        signed: bool,
    },
    Int32,
    Uint32,
    Float32,
    Float64,
}

impl std::fmt::Debug for VoxelBuffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VoxelBuffer").field("size", &self.size).field("loaded", &self.loaded_count()).finish()
    }
}

/// Zeros that take no memory until they are written or read, where the system has such; whoever fills a slice pays for it, on its own core.
fn cells<T: Zeroable>(count: usize) -> Result<Box<[T]>, CasesError> {
    try_zeroed_slice_box(count).map_err(|()| CasesError::Memory { mib: (count as u64).saturating_mul(size_of::<T>() as u64) >> 20 })
}

impl VoxelBuffer {
    /// Memory for a volume of [columns, rows, slices], all slices not yet loaded. The callers have checked the size against the lengths of real files.
    pub(crate) fn new(size: [u32; 3], kind: Kind) -> Result<Self, CasesError> {
        let mib = size.iter().map(|s| u64::from(*s)).fold(2_u64, u64::saturating_mul) >> 20;
        let count = size.iter().try_fold(1_usize, |n, s| n.checked_mul(*s as usize)).ok_or(CasesError::Memory { mib })?;
        let words = || cells::<AtomicU16>(count);
        let longs = || cells::<AtomicU32>(count);
        let cells = match kind {
            Kind::Colour => Cells::Colour(longs()?),
            Kind::Exact(scale) => Cells::Grey { words: words()?, scale, stored: Stored::InWords },
            Kind::Requantised(scale, stored) => {
                let stored = match stored {
                    StoredKind::Words { signed } => Stored::Words(words()?, if signed { -0x8000 } else { 0 }),
                    StoredKind::Int32 => Stored::Int32(longs()?),
                    StoredKind::Uint32 => Stored::Uint32(longs()?),
                    StoredKind::Float32 => Stored::Float32(longs()?),
                    StoredKind::Float64 => Stored::Float64(cells(count)?),
                };
                Cells::Grey { words: words()?, scale, stored }
            }
        };
        let loaded: Box<[AtomicBool]> = (0..size[2]).map(|_| AtomicBool::new(false)).collect();
        Ok(Self { size, cells: Arc::new(cells), loaded: Arc::new(loaded) })
    }

    /// [columns, rows, slices].
    #[must_use]
    pub const fn size(&self) -> [u32; 3] {
        self.size
    }
    /// All words of a grey series, none of a colour one; load them with `Ordering::Relaxed` after [`Self::is_loaded`] said yes for their slice.
    #[must_use]
    pub fn words(&self) -> &[AtomicU16] {
        match &*self.cells {
            Cells::Grey { words, .. } => words,
            Cells::Colour(_) => &[],
        }
    }
    /// All texels of a colour series, none of a grey one: R | G << 8 | B << 16 | 255 << 24.
    #[must_use]
    pub fn texels(&self) -> &[AtomicU32] {
        match &*self.cells {
            Cells::Grey { .. } => &[],
            Cells::Colour(texels) => texels,
        }
    }
    /// What the words mean; `None` for a colour series.
    #[must_use]
    pub fn scale(&self) -> Option<&WordScale> {
        match &*self.cells {
            Cells::Grey { scale, .. } => Some(scale),
            Cells::Colour(_) => None,
        }
    }
    /// The words of one slice, `None` beyond the last or in a colour series.
    #[must_use]
    pub fn slice(&self, slice: usize) -> Option<&[AtomicU16]> {
        part(self.words(), slice, self.plane())
    }
    /// The texels of one slice, `None` beyond the last or in a grey series.
    #[must_use]
    pub fn texel_slice(&self, slice: usize) -> Option<&[AtomicU32]> {
        part(self.texels(), slice, self.plane())
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
    /// The stored value at a voxel of a loaded slice of a grey series, else `None`.
    pub(crate) fn stored(&self, [column, row, slice]: [usize; 3]) -> Option<f64> {
        if column >= self.size[0] as usize || row >= self.size[1] as usize || !self.is_loaded(slice) {
            return None;
        }
        let at = slice * self.plane() + row * self.size[0] as usize + column;
        let Cells::Grey { words, scale, stored } = &*self.cells else { return None };
        let long = |v: &[AtomicU32]| v.get(at).map(|c| c.load(Ordering::Relaxed));
        let word = |v: &[AtomicU16], offset: i32| v.get(at).map(|c| f64::from(i32::from(c.load(Ordering::Relaxed)) + offset));
        match stored {
            Stored::InWords => word(words, scale.format.offset()),
            Stored::Words(v, offset) => word(v, *offset),
            Stored::Int32(v) => long(v).map(|c| f64::from(c.cast_signed())),
            Stored::Uint32(v) => long(v).map(f64::from),
            Stored::Float32(v) => long(v).map(|c| f64::from(f32::from_bits(c))),
            Stored::Float64(v) => v.get(at).map(|c| f64::from_bits(c.load(Ordering::Relaxed))),
        }
    }

    /// Keeps the stored values of a slice, and its words: `word` makes one of a stored value where they are not the same. `false` when the samples do not fit
    /// this memory.
    pub(crate) fn put_grey(&self, slice: usize, samples: &Samples, word: impl Fn(f64) -> u16) -> bool {
        let plane = self.plane();
        let Cells::Grey { words, stored, .. } = &*self.cells else { return false };
        let Some(words) = part(words, slice, plane) else { return false };
        let put = |to: &AtomicU16, v: f64| to.store(word(v), Ordering::Relaxed);
        match (stored, samples) {
            (Stored::InWords, Samples::Words(v)) if v.len() == plane => {
                words.iter().zip(v).for_each(|(to, w)| to.store(*w, Ordering::Relaxed));
            }
            (Stored::Words(cells, offset), Samples::Words(v)) if v.len() == plane => {
                let cells = part(cells, slice, plane).unwrap_or_default();
                words.iter().zip(cells).zip(v).for_each(|((to, cell), w)| {
                    cell.store(*w, Ordering::Relaxed);
                    put(to, f64::from(i32::from(*w) + offset));
                });
            }
            (Stored::Int32(cells), Samples::Int32(v)) if v.len() == plane => {
                keep(words, part(cells, slice, plane), v, |x| (x.cast_unsigned(), f64::from(x)), &put);
            }
            (Stored::Uint32(cells), Samples::Uint32(v)) if v.len() == plane => {
                keep(words, part(cells, slice, plane), v, |x| (x, f64::from(x)), &put);
            }
            (Stored::Float32(cells), Samples::Float32(v)) if v.len() == plane => {
                keep(words, part(cells, slice, plane), v, |x| (x.to_bits(), f64::from(x)), &put);
            }
            (Stored::Float64(cells), Samples::Float64(v)) if v.len() == plane => {
                let cells = part(cells, slice, plane).unwrap_or_default();
                words.iter().zip(cells).zip(v).for_each(|((to, cell), x)| {
                    cell.store(x.to_bits(), Ordering::Relaxed);
                    put(to, *x);
                });
            }
            _ => return false,
        }
        self.mark_loaded(slice);
        true
    }

    /// Whether the words are the stored values, and [`Self::fill`] may be asked.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(&*self.cells, Cells::Grey { stored: Stored::InWords, .. })
    }

    /// Has `put` write the words of a slice to their place. `Ok(false)`, without asking it, when the words are not the stored values or the slice does not exist.
    pub(crate) fn fill<E>(&self, slice: usize, put: impl FnOnce(&[AtomicU16]) -> Result<(), E>) -> Result<bool, E> {
        let Some(words) = self.slice(slice).filter(|_| self.is_exact()) else { return Ok(false) };
        put(words)?;
        self.mark_loaded(slice);
        Ok(true)
    }

    /// Keeps the texels of a slice. `false` when they do not fit this memory.
    pub(crate) fn put_colour(&self, slice: usize, texels: &[u32]) -> bool {
        let Some(cells) = self.texel_slice(slice).filter(|c| c.len() == texels.len()) else { return false };
        cells.iter().zip(texels).for_each(|(to, t)| to.store(*t, Ordering::Relaxed));
        self.mark_loaded(slice);
        true
    }

    const fn plane(&self) -> usize {
        self.size[0] as usize * self.size[1] as usize
    }
    /// Says that a slice is complete.
    fn mark_loaded(&self, slice: usize) {
        if let Some(flag) = self.loaded.get(slice) {
            flag.store(true, Ordering::Release);
        }
    }
}

fn part<T>(cells: &[T], slice: usize, plane: usize) -> Option<&[T]> {
    cells.get(slice.checked_mul(plane)?..)?.get(..plane)
}

/// Stores the bits and the word of each 32-bit value.
fn keep<T: Copy>(
    words: &[AtomicU16],
    cells: Option<&[AtomicU32]>,
    values: &[T],
    split: impl Fn(T) -> (u32, f64),
    put: &impl Fn(&AtomicU16, f64),
) {
    words.iter().zip(cells.unwrap_or_default()).zip(values).for_each(|((to, cell), v)| {
        let (bits, value) = split(*v);
        cell.store(bits, Ordering::Relaxed);
        put(to, value);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::Quantiser;
    use tiresias_words::{ModalityLut, StoredFormat};

    fn exact() -> Kind {
        let format = StoredFormat { signed: true, bits_stored: 16 };
        Kind::Exact(WordScale { format, modality: ModalityLut::IDENTITY, padding: None, max_error: 0.0 })
    }

    #[test]
    fn a_slice_is_there_only_after_its_flag() {
        let b = VoxelBuffer::new([3, 2, 4], exact()).unwrap();
        assert_eq!((b.words().len(), b.loaded_count(), b.stored([2, 1, 1])), (24, 0, None));
        assert!(b.put_grey(1, &Samples::Words(vec![0, 0, 0, 0, 0, 0x8000 + 77]), |_| 0));
        assert_eq!((b.loaded_count(), b.stored([2, 1, 1]), b.stored([3, 0, 1])), (1, Some(77.0), None));
        assert!(b.slice(4).is_none() && !b.is_loaded(4));
        assert!(!b.put_grey(2, &Samples::Words(vec![1]), |_| 0) && !b.put_colour(2, &[0; 6]) && !b.is_loaded(2));
    }

    #[test]
    fn stored_values_outlive_requantising() {
        let q = Quantiser::new(-1e9, 3e9).unwrap();
        let kinds = [
            (StoredKind::Int32, Samples::Int32(vec![-1_000_000_001, 7])),
            (StoredKind::Uint32, Samples::Uint32(vec![3_000_000_001, 7])),
            (StoredKind::Float32, Samples::Float32(vec![0.1, 7.0])),
            (StoredKind::Float64, Samples::Float64(vec![0.1, 7.0])),
            (StoredKind::Words { signed: true }, Samples::Words(vec![0, 0x8007])),
        ];
        let first = [-1_000_000_001.0, 3_000_000_001.0, f64::from(0.1f32), 0.1, -32_768.0];
        for ((kind, samples), expected) in kinds.into_iter().zip(first) {
            let b = VoxelBuffer::new([2, 1, 1], Kind::Requantised(q.scale(), kind)).unwrap();
            assert!(b.put_grey(0, &samples, |v| q.word(v)));
            assert_eq!((b.stored([0, 0, 0]), b.stored([1, 0, 0])), (Some(expected), Some(7.0)), "{kind:?}");
            assert_eq!(b.words()[1].load(Ordering::Relaxed), q.word(7.0));
        }
    }

    #[test]
    fn absurd_sizes_are_an_error() {
        assert!(matches!(VoxelBuffer::new([u32::MAX; 3], exact()), Err(CasesError::Memory { .. })));
    }
}
