//! Work on a thread of its own, for what takes too long for a frame. The interface polls and is woken when there is a result; it never waits.

use crossbeam_channel::Receiver;
use egui::Context;

/// Works on a thread of its own; the interface looks when there is a result. Where there is no thread, the result never comes: its sender is gone.
pub(crate) fn in_background<T: Send + 'static>(ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, result) = crossbeam_channel::bounded(1);
    let ctx = ctx.clone();
    let run = move || {
        // Nobody waits any more where this fails.
        let _ = sender.send(work());
        ctx.request_repaint();
    };
    drop(std::thread::Builder::new().name("background".into()).spawn(run));
    result
}
