//! How stored values become grey levels: the description, with what it takes to apply a Modality LUT. Display tables are `render`'s.
//!
//! PS3.3 C.11.1 (Modality LUT), C.11.2 (VOI LUT), C.11.6 (presentation shape).

use crate::Unfit;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A stored value as volumes and textures hold it: 16 bits, offset binary when the data are signed (see [`StoredFormat`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredValue(pub u16);

/// A display level, 0 black to 255 white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grey(pub u8);

/// How the 16-bit words of a volume stand for DICOM stored values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFormat {
    /// Pixel Representation 1: the word is the stored value + 32768.
    pub signed: bool,
    /// Bits Stored (0028,0101), 1 to 16.
    pub bits_stored: u8,
}

impl StoredFormat {
    /// What to add to a word to get the stored value.
    #[must_use]
    pub const fn offset(self) -> i32 {
        if self.signed { -32768 } else { 0 }
    }
    /// The stored value that a word stands for.
    #[must_use]
    pub const fn stored(self, word: StoredValue) -> i32 {
        word.0 as i32 + self.offset()
    }
}

/// A DICOM look-up table: first stored value mapped, and one output for each input from there on (PS3.3 C.11.1.1.1, C.11.2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TableDraft")]
pub struct LutTable {
    first: i32,
    bits: u8,
    entries: Arc<[u16]>,
}

#[derive(Deserialize)]
struct TableDraft {
    first: i32,
    bits: u8,
    entries: Arc<[u16]>,
}
impl TryFrom<TableDraft> for LutTable {
    type Error = Unfit;
    fn try_from(d: TableDraft) -> Result<Self, Unfit> {
        Self::new(d.first, d.bits, d.entries)
    }
}

impl LutTable {
    /// A table from its descriptor and data. `bits` is the number of bits of the output (8 to 16).
    ///
    /// # Errors
    /// When there is no entry, more than 65,536, the bits are not 8 to 16, or an entry does not fit them.
    pub fn new(first: i32, bits: u8, entries: Arc<[u16]>) -> Result<Self, Unfit> {
        if entries.is_empty() || entries.len() > 65_536 {
            return Err(Unfit::new("look-up table", format!("{} entries, not 1 to 65,536", entries.len())));
        }
        if !(8..=16).contains(&bits) {
            return Err(Unfit::new("look-up table", format!("{bits} bits an entry, not 8 to 16")));
        }
        // The highest of all and not the first that is too high, which no processor finds as fast: a file can have a table for each of its frames.
        let e = entries.iter().fold(0, |most, entry| most.max(*entry));
        if u32::from(e) >> bits != 0 {
            return Err(Unfit::new("look-up table", format!("entry {e} does not fit {bits} bits")));
        }
        Ok(Self { first, bits, entries })
    }
    /// The first input value mapped.
    #[must_use]
    pub const fn first(&self) -> i32 {
        self.first
    }
    /// Bits of the output.
    #[must_use]
    pub const fn bits(&self) -> u8 {
        self.bits
    }
    /// The outputs, from [`Self::first`] on.
    #[must_use]
    pub fn entries(&self) -> &[u16] {
        &self.entries
    }
    /// Output for `input`, clamped to the first and last entry (PS3.3 C.11.1.1.1).
    #[must_use]
    pub fn look_up(&self, input: i64) -> u16 {
        let last = self.entries.len() as i64 - 1;
        let at = (input - i64::from(self.first)).clamp(0, last);
        self.entries[at as usize]
    }
}

/// Stored values to modality units (HU, arbitrary units): PS3.3 C.11.1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModalityLut {
    /// `slope * stored + intercept`; 1 and 0 where the image has no modality transformation.
    Rescale {
        /// Rescale Slope (0028,1053); finite and not 0.
        slope: f64,
        /// Rescale Intercept (0028,1052); finite.
        intercept: f64,
    },
    /// Modality LUT Sequence (0028,3000).
    Table(LutTable),
}

impl ModalityLut {
    /// No transformation: modality units are stored values.
    pub const IDENTITY: Self = Self::Rescale { slope: 1.0, intercept: 0.0 };

    /// Modality value of a (possibly interpolated) stored value. A table is entered at the floor.
    #[must_use]
    pub fn apply(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale { slope, intercept } => slope * stored + intercept,
            Self::Table(t) => f64::from(t.look_up(stored.floor() as i64)),
        }
    }
}

/// Window Center (0028,1050) and Window Width (0028,1051), in modality units; finite, width above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WindowDraft")]
pub struct Window {
    center: f64,
    width: f64,
}

#[derive(Deserialize)]
struct WindowDraft {
    center: f64,
    width: f64,
}
impl TryFrom<WindowDraft> for Window {
    type Error = Unfit;
    fn try_from(d: WindowDraft) -> Result<Self, Unfit> {
        Self::new(d.center, d.width)
    }
}

impl Window {
    /// The 256 values of 8 bits, with LINEAR_EXACT each to itself and a half.
    pub const BYTE: Self = Self { center: 128.0, width: 256.0 };

    /// A window from centre and width.
    ///
    /// # Errors
    /// When either is not finite or the width is not above 0.
    pub fn new(center: f64, width: f64) -> Result<Self, Unfit> {
        if !center.is_finite() || !width.is_finite() || width <= 0.0 {
            return Err(Unfit::new("window", format!("centre {center}, width {width}: both must be numbers, the width above 0")));
        }
        Ok(Self { center, width })
    }
    /// Window Center.
    #[must_use]
    pub const fn center(self) -> f64 {
        self.center
    }
    /// Window Width.
    #[must_use]
    pub const fn width(self) -> f64 {
        self.width
    }
}

/// Modality values to display range: VOI LUT Function (0028,1056) with a window, or a VOI LUT (0028,3010). PS3.3 C.11.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voi {
    /// C.11.2.1.2.1; a width below 1 is a step, as width 1 is.
    Linear(Window),
    /// C.11.2.1.3.2.
    LinearExact(Window),
    /// C.11.2.1.3.1.
    Sigmoid(Window),
    /// C.11.2.1.1.
    Table(LutTable),
}

impl Voi {
    /// The window, where the function has one.
    #[must_use]
    pub const fn window(&self) -> Option<Window> {
        match self {
            Self::Linear(w) | Self::LinearExact(w) | Self::Sigmoid(w) => Some(*w),
            Self::Table(_) => None,
        }
    }
    /// The same function with another window; a table gives way to LINEAR.
    #[must_use]
    pub const fn with_window(&self, w: Window) -> Self {
        match self {
            Self::LinearExact(_) => Self::LinearExact(w),
            Self::Sigmoid(_) => Self::Sigmoid(w),
            Self::Linear(_) | Self::Table(_) => Self::Linear(w),
        }
    }
}

/// Whether the highest values are shown white or black: Presentation LUT Shape (2050,0020), or MONOCHROME1 (C.7.6.3.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresentationShape {
    /// High is white.
    Identity,
    /// High is black.
    Inverse,
}

impl PresentationShape {
    /// The other shape: what the key *invert* does.
    #[must_use]
    pub const fn inverted(self) -> Self {
        match self {
            Self::Identity => Self::Inverse,
            Self::Inverse => Self::Identity,
        }
    }
}

/// What stands behind the VOI transformation (PS3.3 C.11.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresentationTone {
    /// Presentation LUT Shape (2050,0020).
    Shape(PresentationShape),
    /// Presentation LUT Sequence (2050,0010): all of the VOI's output range is scaled to the inputs of the table. Colours know none.
    Lut(LutTable),
}

impl PresentationTone {
    /// The shape; that of a table, which colours have no use for, is the identity.
    #[must_use]
    pub const fn shape(&self) -> PresentationShape {
        match self {
            Self::Shape(shape) => *shape,
            Self::Lut(_) => PresentationShape::Identity,
        }
    }
}

impl From<PresentationShape> for PresentationTone {
    fn from(shape: PresentationShape) -> Self {
        Self::Shape(shape)
    }
}
