//! Frames damaged on purpose, with fixed seeds. There is an error, a warning or an image, and never a panic, a hang, or a picture with its end missing.

use crate::support::kept;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tiresias_codecs::{CodecWarning, decode};

#[test]
fn what_is_cut_short_is_never_a_whole_image() {
    for (described, _) in kept() {
        let name = &described.name;
        let mut random = ChaCha8Rng::seed_from_u64(14_495);
        // Behind this there may be padding, and a few bits that a decoder can do without.
        let most = (described.data.len() * 19 / 20) as u64;
        let cuts = (0..30).map(|_| (random.next_u64() % most) as usize).chain(0..30);
        for cut in cuts.filter(|cut| *cut < described.data.len()) {
            if let Ok(decoded) = decode(&described.with(&described.data[..cut])) {
                assert!(decoded.warnings.contains(&CodecWarning::Damaged), "{name}, cut to {cut} bytes, is an image without a warning");
            }
        }
    }
}

#[test]
fn flipped_bits_never_break_the_decoder() {
    let (mut refused, mut warned, mut silent) = (0, 0, 0);
    for (described, _) in kept() {
        let mut random = ChaCha8Rng::seed_from_u64(15_444);
        for round in 0..60 {
            let mut data = described.data.clone();
            // Every second round aims at the header.
            let reach = if round % 2 == 0 { data.len() } else { data.len().min(120) };
            for _ in 0..=round % 7 {
                let at = (random.next_u64() % reach as u64) as usize;
                data[at] ^= 1 << (random.next_u32() % 8);
            }
            match decode(&described.with(&data)) {
                Err(_) => refused += 1,
                Ok(decoded) if decoded.warnings.contains(&CodecWarning::Damaged) => warned += 1,
                Ok(_) => silent += 1,
            }
        }
    }
    println!("of {} damaged frames {refused} were refused, {warned} decoded with a warning, {silent} without", refused + warned + silent);
    assert!(refused > silent / 4, "hardly anything was refused");
}
