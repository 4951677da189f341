//! Randomness of the operating system: the desk's one source of it.

use crate::failure::Failure;
use tiresias_reads::accounts::Entropy;
use zeroize::Zeroizing;

/// 32 bytes that nobody can guess.
pub(crate) fn entropy() -> Result<Entropy, Failure> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    draw(bytes.as_mut_slice()).map_err(|e| Failure::Input(format!("The system gives no random numbers ({e}).")))?;
    Ok(bytes)
}

/// Fills bytes that nobody can guess.
pub(crate) fn draw(bytes: &mut [u8]) -> std::io::Result<()> {
    getrandom::fill(bytes).map_err(std::io::Error::other)
}
