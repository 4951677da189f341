//! The process in which foreign data is decoded, and the other end of its pipes.
//!
//! Owns: the messages ([`wire`]), the child's side ([`serve`]), its limits ([`limits`]) and the parent's side ([`pool`]). A child gets one request at a
//! time and has no other way to the outside than its answer. Refuses: messages of either side that are not exactly as [`wire`] says.

mod limits;
mod pool;
mod serve;
mod wire;

pub use pool::{Codecs, TIMEOUT};
#[doc(hidden)]
pub use pool::{hear_frame, hear_unpacked};
#[doc(hidden)]
pub use serve::answers;
pub use serve::serve;
