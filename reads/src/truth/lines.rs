//! On which line of a file a byte stands. Every row is asked for, so that counting from the first byte each time would take hours for a long file.

/// So many bytes are counted at most for one answer.
const BLOCK: usize = 4096;

/// The lines of a text, counted once.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Line ends before each block, and of all.
    before: Vec<u64>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let (mut before, mut so_far) = (Vec::with_capacity(bytes.len() / BLOCK + 2), 0);
        for block in bytes.chunks(BLOCK) {
            before.push(so_far);
            so_far += ends(block);
        }
        before.push(so_far);
        Self { bytes, before }
    }
    /// The line, from 1, of a byte; of one behind the end, the last.
    pub(super) fn at(&self, byte: usize) -> u64 {
        let byte = byte.min(self.bytes.len());
        let block = byte / BLOCK;
        let own = self.bytes.get(block * BLOCK..byte).unwrap_or_default();
        1 + self.before.get(block).copied().unwrap_or_default() + ends(own)
    }
}

pub(super) fn ends(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_on_its_line() {
        // Lines of 0 to 99 letters, over the ends of several blocks, one of which is the end of the text.
        let mut text: Vec<u8> = (0..400).flat_map(|n: usize| std::iter::repeat_n(b'x', n * 7 % 100).chain([b'\n'])).collect();
        text.truncate(4 * BLOCK);
        let (lines, mut line) = (Lines::of(&text), 1);
        for (at, byte) in text.iter().enumerate() {
            assert_eq!(lines.at(at), line);
            line += u64::from(*byte == b'\n');
        }
        assert_eq!((text.len(), lines.at(4 * BLOCK), lines.at(usize::MAX), Lines::of(b"").at(0)), (4 * BLOCK, line, line, 1));
    }
}
