//! Where compressed pixels of foreign files are decoded: in this program, started a second time as a worker with limits.

use crate::failure::Failure;
use std::sync::Arc;
use tiresias_cases::Codecs;

/// The command that makes this program a worker; nobody types it.
pub(crate) const WORKER: &str = "codec-worker";

/// Decoders in worker processes of this program.
///
/// # Errors
/// When the system does not say where the program lies.
pub(crate) fn workers() -> Result<Arc<Codecs>, Failure> {
    let program = std::env::current_exe().map_err(|e| {
        Failure::Input(format!("The program\u{2019}s own file cannot be found ({e}). Install it again, and start it from there."))
    })?;
    Ok(Arc::new(Codecs::new(program, vec![WORKER.into()])))
}
