//! Chance that is the same every time: a seeded stream, SplitMix64 (Steele, Lea, Flood 2014).
//!
//! Owns the stream. Refuses: what is drawn from it beyond a number, which each test makes as it needs it.

/// A seeded stream of numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next 64 bits.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// A number from 0 to below `n`, which is not 0.
    pub const fn below(&mut self, n: usize) -> usize {
        (self.draw() % n as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    /// The first numbers of the generator's published implementation for the seed 1234567.
    #[test]
    fn the_stream_is_that_of_splitmix64() {
        let mut chance = Chance::new(1_234_567);
        let drawn = [(); 3].map(|()| chance.draw());
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert_eq!((0..100).filter(|_| chance.below(3) > 2).count(), 0);
    }
}
