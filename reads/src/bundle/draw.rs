//! Random numbers that are the same for ever: ChaCha20 from the protocol's hash, the desk's secret seed and what they are for.
//!
//! Both are needed, because the protocol is in the reader's hands. Refuses: any other source of chance.

use super::BundleError;
use crate::hash;
use crate::protocol::Protocol;
use crate::shown::CODE_ALPHABET;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;
use tiresias_words::{CaseCode, ContentHash};

/// An independent stream of random numbers for each use. The protocol's hash covers its own seed.
pub(crate) fn stream(protocol: &Protocol, seed: u64, of: &[&str]) -> ChaCha20Rng {
    let head: [&[u8]; 3] = [b"tiresias assign 1", &protocol.hash().0, &seed.to_le_bytes()];
    let fields: Vec<&[u8]> = head.into_iter().chain(of.iter().map(|s| s.as_bytes())).collect();
    ChaCha20Rng::from_seed(hash::of_fields(&fields).0)
}

/// A number below `n` (above 0), each equally likely.
pub(crate) fn below(rng: &mut ChaCha20Rng, n: u64) -> u64 {
    // 2^64 mod n: the numbers under it would make some results likelier than others.
    let uneven = n.wrapping_neg() % n;
    loop {
        let draw = rng.next_u64();
        if draw >= uneven {
            return draw % n;
        }
    }
}

/// Fisher and Yates.
pub(crate) fn shuffled<T>(rng: &mut ChaCha20Rng, mut items: Vec<T>) -> Vec<T> {
    for last in (1..items.len()).rev() {
        let other = below(rng, last as u64 + 1) as usize;
        items.swap(last, other);
    }
    items
}

/// The codes that are given away.
#[derive(Default)]
pub(crate) struct Codes {
    of_reader: BTreeSet<CaseCode>,
    of_case: BTreeSet<(ContentHash, CaseCode)>,
}

impl Codes {
    /// A code that the reader does not have yet, and that nobody has for this case.
    pub(crate) fn draw(&mut self, rng: &mut ChaCha20Rng, package: ContentHash) -> Result<CaseCode, BundleError> {
        loop {
            let mut letter = || char::from(CODE_ALPHABET[below(rng, CODE_ALPHABET.len() as u64) as usize]);
            let text = format!("{}{}-{}", letter(), letter(), letter());
            let code = CaseCode::new(text).map_err(|unfit| BundleError::Form(unfit.to_string()))?;
            if !self.of_reader.contains(&code) && self.of_case.insert((package, code.clone())) {
                self.of_reader.insert(code.clone());
                return Ok(code);
            }
        }
    }
    /// Notes a code that somebody has for a case.
    pub(crate) fn given(&mut self, package: ContentHash, code: CaseCode) {
        self.of_case.insert((package, code));
    }
    pub(crate) fn next_reader(&mut self) {
        self.of_reader.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_is_even() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut hits = [0u32; 5];
        (0..50_000).for_each(|_| hits[below(&mut rng, 5) as usize] += 1);
        // 10,000 each, standard deviation 89.
        assert!(hits.iter().all(|h| h.abs_diff(10_000) < 450), "{hits:?}");
    }
}
