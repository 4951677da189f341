//! The boxes of a JPEG XL file (ISO/IEC 18181-2, after ISO/IEC 14496-12 4.2): where each ends, and which hold coded samples.
//!
//! Owns: the head of a box and what follows from it, and the boxes with which every file begins.
//! Refuses: to unpack a box (brob, jbrd), and to look for boxes in a box: what is no coded sample is somebody's words until a person has looked at it.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// The box with which a file begins.
pub(crate) const JPEG_XL: [u8; 12] = [0, 0, 0, 12, b'J', b'X', b'L', b' ', 0x0D, 0x0A, 0x87, 0x0A];
/// The two bytes that open a codestream without boxes.
pub(crate) const BARE: [u8; 2] = [0xFF, 0x0A];
/// The box that says the same in another way.
const KIND: [u8; 20] = *b"\0\0\0\x14ftypjxl \0\0\0\0jxl ";

/// What follows the head of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Body {
    /// Whether it is coded samples.
    pub(crate) is_coded: bool,
    /// Bytes to come; `None` where it goes on to the end of the frame.
    pub(crate) left: Option<u64>,
}

impl Body {
    /// What follows a head; `None` while there is more of it to come. Behind a length that is no length of a box everything is told.
    pub(crate) fn behind(head: &[u8]) -> Option<Self> {
        let (length, rest) = head.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length);
        let left = match length {
            0 => None,
            1 => u64::from_be_bytes(*rest.first_chunk::<8>()?).checked_sub(16),
            _ => u64::from(length).checked_sub(8),
        };
        let is_bent = left.is_none() && length != 0;
        Some(Self { is_coded: matches!(kind, b"jxlc" | b"jxlp") && !is_bent, left })
    }

    /// How many of the next bytes are its own.
    pub(crate) fn own(self, next: usize) -> usize {
        self.left.and_then(|left| usize::try_from(left).ok()).map_or(next, |left| left.min(next))
    }

    /// What is to come behind so many of its bytes.
    pub(crate) fn without(self, bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self { left: self.left.map(|left| left.saturating_sub(bytes)), ..self }
    }
}

/// Whether a box is one of those with which a file begins: that it is JPEG XL, and of which level.
pub(crate) fn is_mark(whole: &[u8]) -> bool {
    whole == JPEG_XL || whole == KIND || matches!(whole, [0, 0, 0, 9, b'j', b'x', b'l', b'l', _])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_its_box_ends() {
        let body = |is_coded, left| Some(Body { is_coded, left });
        let cases: [(&[u8], Option<Body>); 9] = [
            (b"\0\0\0\x0AExif", body(false, Some(2))),
            (b"\0\0\0\x08jxlp", body(true, Some(0))),
            (b"\0\0\0\0jxlc", body(true, None)),
            (b"\0\0\0\x01jxlc\0\0\0\x01\0\0\0\0", body(true, Some((1 << 32) - 16))),
            (b"\0\0\0\x01jxlc\0\0\0\x01\0\0\0", None),
            (b"\0\0\0\x0AExi", None),
            (b"", None),
            // Lengths that are none.
            (b"\0\0\0\x07jxlc", body(false, None)),
            (b"\0\0\0\x01jxlc\0\0\0\0\0\0\0\x0F", body(false, None)),
        ];
        for (head, body) in cases {
            assert_eq!(Body::behind(head), body, "{head:?}");
        }
    }

    #[test]
    fn marks_say_nothing_else() {
        assert!(is_mark(&JPEG_XL) && is_mark(&KIND) && is_mark(b"\0\0\0\x09jxll\x0A"));
        assert!(!is_mark(b"\0\0\0\x14ftypGARC\0\0\0\0jxl ") && !is_mark(b"\0\0\0\x0Ajxll\x0A\x0A") && !is_mark(b""));
    }
}
