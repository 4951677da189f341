//! Loads a case's images on threads of its own: opens the package, the slice that is looked at first, then its neighbours outwards, then the copy for the GPU.
//!
//! The interface polls; nothing here is ever waited for. Dropping a [`Loading`] cancels it.

use crate::trace::Trace;
use crate::volume::{ShownVolume, Texture, Values};
use crossbeam_channel::{Receiver, Sender};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tiresias_cases::{Package, PackageError, Series};
use tiresias_render::gpu::{ColourTexture, VolumeTexture};
use tiresias_words::ContentHash;

/// A case that is being loaded. Dropping it cancels.
pub(crate) struct Loading {
    news: Receiver<News>,
    cancel: Arc<AtomicBool>,
}

/// What the loader has to tell.
pub(crate) enum News {
    /// The package was opened; its images follow.
    Opened(Arc<ShownVolume>),
    /// Everything is loaded, checked and measured.
    Complete,
    /// It cannot be shown: a sentence.
    Failed(String),
}

/// What the loader needs beside the package.
#[derive(Clone)]
pub(crate) struct Means {
    /// Called when there is news, so that the interface looks.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Where to copy volumes to, when the shader samples.
    pub gpu: Option<(wgpu::Device, wgpu::Queue)>,
    /// Where times go.
    pub trace: Trace,
}

impl Loading {
    /// Starts to load the package in `dir`, which must be the one with this hash.
    #[must_use]
    pub(crate) fn start(dir: PathBuf, hash: ContentHash, means: Means) -> Self {
        let (sender, news) = crossbeam_channel::unbounded();
        let cancel = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&cancel);
        let failed = sender.clone();
        let work = move || {
            if let Err(sentence) = load(&dir, hash, &means, &stop, &sender) {
                means.trace.event("case not shown", serde_json::json!({}));
                let _ = sender.send(News::Failed(sentence));
            }
            (means.wake)();
        };
        if let Err(e) = std::thread::Builder::new().name("loader".into()).spawn(work) {
            let _ = failed.send(News::Failed(format!(
                "This case cannot be loaded: the system gives no further thread ({e}). Close other programs and open the case again."
            )));
        }
        Self { news, cancel }
    }

    /// News since the last look.
    #[must_use]
    pub(crate) fn poll(&self) -> Option<News> {
        self.news.try_recv().ok()
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.cancel.store(true, Ordering::Relaxed);
    }
}

fn load(dir: &std::path::Path, hash: ContentHash, means: &Means, stop: &AtomicBool, news: &Sender<News>) -> Result<(), String> {
    let package = means.trace.timed("open package", || Package::open(dir)).map_err(|e| sentence(&e))?;
    if package.hash() != hash {
        return Err("The images of this case are not the ones that were assigned: the package's manifest was changed. Ask the study desk for the case again; what you have recorded is kept.".into());
    }
    let series: Arc<Series> = package
        .into_series()
        .into_iter()
        .next()
        .map(Arc::new)
        .ok_or("This case holds no images. Ask the study desk for the case again.")?;
    let buffer = series.buffer().map_err(|e| e.to_string())?;
    let volume = Arc::new(ShownVolume::new(Arc::clone(&series), buffer).map_err(|e| e.to_string())?);
    let _ = news.send(News::Opened(Arc::clone(&volume)));
    let order = outwards(series.len());
    let next = AtomicUsize::new(0);
    let failure = std::sync::OnceLock::new();
    let work = || {
        while let Some(slice) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) || failure.get().is_some() {
                return;
            }
            if let Err(e) = means.trace.timed("read, hash and decode", || series.load_slice(*slice, volume.buffer())) {
                // The first failure is told; those that follow from it are the same story.
                let _ = failure.set(e.to_string());
                return;
            }
            (means.wake)();
        }
    };
    // The first image before anything else, on this thread; then all cores but one, which belongs to the interface.
    let helpers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1);
    std::thread::scope(|scope| {
        for i in 1..helpers {
            // With fewer threads it takes longer, and that is all.
            let _ = std::thread::Builder::new().name(format!("loader-{i}")).spawn_scoped(scope, work);
        }
        work();
    });
    if let Some(sentence) = failure.into_inner() {
        return Err(sentence);
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    means.trace.timed("measure", || volume.complete());
    if let Some((device, queue)) = &means.gpu {
        let upload = || match volume.values()? {
            Values::Grey(view) => VolumeTexture::upload(device, queue, &view).map(|t| Texture::Grey(Arc::new(t))),
            Values::Colour(view) => ColourTexture::upload(device, queue, &view).map(|t| Texture::Colour(Arc::new(t))),
        };
        match means.trace.timed("upload", upload) {
            Ok(texture) => volume.attach(texture),
            // Too large for this GPU: panes go on by render::cpu, with the same bytes.
            Err(e) => means.trace.event("no upload", serde_json::json!({ "why": e.to_string() })),
        }
    }
    let _ = news.send(News::Complete);
    Ok(())
}

fn sentence(e: &PackageError) -> String {
    e.to_string()
}

/// Slice numbers from the middle outwards: what a reader sees first, first.
fn outwards(n: usize) -> Vec<usize> {
    let middle = n.saturating_sub(1) / 2;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|i| i.abs_diff(middle));
    order
}

#[cfg(test)]
mod tests {
    use super::outwards;

    #[test]
    fn the_middle_comes_first_and_none_is_left_out() {
        assert_eq!(outwards(5), [2, 1, 3, 0, 4]);
        assert_eq!(outwards(4), [1, 0, 2, 3]);
        assert!(outwards(0).is_empty());
    }
}
