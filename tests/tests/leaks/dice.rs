//! A seeded stream of choices, and made-up names, ids and days that no real file has.

use tiresias_tests::chance::Chance;

/// The stream. The same seed makes the same corpus everywhere.
pub(crate) struct Dice(Chance);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Chance::new(seed))
    }
    pub(crate) const fn next(&mut self) -> u64 {
        self.0.draw()
    }
    /// From `low` to `high`, both among them.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + (self.next() % u64::from(high - low + 1)) as u32
    }
    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.next() as usize % all.len()]
    }
    /// Of mean 0 and deviation 1, near enough: twelve uniform numbers.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
    }
    /// A surname of letters that no word of a code has: it begins with a Z and a consonant.
    pub(crate) fn surname(&mut self) -> String {
        const MIDDLE: [&str; 8] = ["ab", "ev", "im", "ok", "ur", "an", "el", "od"];
        const END: [&str; 8] = ["berg", "wicz", "sson", "nyi", "quist", "ker", "etti", "oglu"];
        format!("Zw{}{}{}", self.of(&MIDDLE), self.of(&MIDDLE), self.of(&END))
    }
    pub(crate) fn id(&mut self) -> String {
        format!("{}", self.between(7_100_000, 8_999_999))
    }
    /// A day as DICOM writes it.
    pub(crate) fn day(&mut self) -> String {
        format!("{}{:02}{:02}", self.between(1931, 2024), self.between(1, 12), self.between(1, 28))
    }
}
