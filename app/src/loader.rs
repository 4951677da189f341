//! Loads a case's images on threads of its own: opens the package, then what is on the screen, then its neighbours outwards, then the copies for the GPU.
//!
//! The interface polls and says what it looks at; nothing here is ever waited for. Dropping a [`Loading`] cancels it. Refuses: AI layers, which no loader
//! sees.

use crate::background::{Wake, stand_back};
use crate::graphics::Graphics;
use crate::hold;
use crate::trace::Trace;
use crate::unshown::Unshown;
use crate::volume::{ShownVolume, Texture, Values};
use crossbeam_channel::{Receiver, Sender};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tiresias_cases::{CasesError, Package, Trust};
use tiresias_render::gpu::{ColourTexture, VolumeTexture};
use tiresias_words::ContentHash;

/// A case that is being loaded. Dropping it cancels.
pub(crate) struct Loading {
    news: Receiver<News>,
    queue: Arc<Queue>,
    /// Lets a case that was fetched early, and is too large for that, be loaded.
    go: Sender<()>,
}

/// What the loader has to tell.
pub(crate) enum News {
    /// The package was opened; its images follow. All series, in order of their roles; at least one.
    Opened(Vec<Arc<ShownVolume>>),
    /// Everything is loaded, checked and measured.
    Complete,
    /// A series is not on the GPU, and panes of it are computed by the processor: a sentence.
    NotOnGpu(String),
    /// It cannot be shown.
    Failed(Unshown),
}

/// What the loader needs beside the package.
#[derive(Clone)]
pub(crate) struct Means {
    /// Called when there is news, so that the interface looks.
    pub wake: Wake,
    /// Where to copy volumes to, when the shader samples.
    pub gpu: Option<Gpu>,
    /// Where times go.
    pub trace: Trace,
}

/// The GPU that volumes are copied to.
#[derive(Clone)]
pub(crate) struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pub(crate) graphics: Arc<Graphics>,
}

/// What loading is called where it is held up: a step opens the package, each further one loads an image.
const KIND: &str = "loader";

/// Which images are to be loaded.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The package's folder.
    pub(crate) dir: PathBuf,
    /// What the package's hash must be.
    pub(crate) hash: ContentHash,
    /// Whether the reader may see overlay planes.
    pub(crate) overlays: bool,
}

/// How much memory the images of cases may take, bytes: for a case that is fetched before it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget(pub(crate) u64);

impl Loading {
    /// Starts to load a case. With a budget, a case whose images need more is only opened, and loaded
    /// after [`Self::proceed`].
    #[must_use]
    pub(crate) fn start(case: Case, means: Means, budget: Option<Budget>) -> Self {
        let (sender, news) = crossbeam_channel::unbounded();
        let queue = Arc::new(Queue::default());
        let shared = Arc::clone(&queue);
        let (go, may_go) = crossbeam_channel::bounded(1);
        let early = budget.map(|budget| Early { budget, may_go });
        let failed = sender.clone();
        let work = move || {
            if early.is_some() {
                stand_back();
            }
            if let Err(why) = load(&case, &means, early, &shared, &sender) {
                means.trace.event("case not shown", serde_json::json!({}));
                let _ = sender.send(News::Failed(why));
            }
            (means.wake)();
        };
        if let Err(e) = std::thread::Builder::new().name("loader".into()).spawn(work) {
            let sentence = format!("The system gives no further thread ({e}). Close other programs and open the case again.");
            let _ = failed.send(News::Failed(Unshown::Here(sentence)));
        }
        Self { news, queue, go }
    }

    /// A case without images, of which nothing ever comes.
    #[must_use]
    pub(crate) fn never() -> Self {
        let ((_, news), (go, _)) = (crossbeam_channel::bounded(0), crossbeam_channel::bounded(0));
        Self { news, queue: Arc::default(), go }
    }

    /// News since the last look.
    #[must_use]
    pub(crate) fn poll(&self) -> Option<News> {
        self.news.try_recv().ok()
    }

    /// The case is opened now: its images are loaded whatever they need.
    pub(crate) fn proceed(&self) {
        // A second word changes nothing.
        let _ = self.go.try_send(());
    }

    /// Images that are looked at, as (series, image): they are loaded before all others.
    pub(crate) fn want(&self, images: &[(usize, usize)]) {
        self.queue.want(images);
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.queue.stop.store(true, Ordering::Relaxed);
    }
}

/// What a case that is fetched before it is asked for waits for.
struct Early {
    budget: Budget,
    may_go: Receiver<()>,
}

/// Which images are still to be loaded, in what order.
#[derive(Default)]
struct Queue {
    stop: AtomicBool,
    left: Mutex<Left>,
}

#[derive(Default)]
struct Left {
    /// Looked at; may hold images that are no longer left.
    wanted: Vec<(usize, usize)>,
    /// Of each series, those that nobody has taken, the next one last.
    of: Vec<Vec<usize>>,
}

impl Queue {
    fn left(&self) -> std::sync::MutexGuard<'_, Left> {
        // Nothing is half done where a panic could be.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn fill(&self, lengths: &[usize]) {
        self.left().of = lengths.iter().map(|n| outwards(*n).into_iter().rev().collect()).collect();
    }
    fn want(&self, images: &[(usize, usize)]) {
        let mut left = self.left();
        left.wanted.clear();
        left.wanted.extend(images.iter().rev());
    }
    /// Takes the next image: one that is looked at, else one beside it, else the next of the first series that has any left.
    fn next(&self) -> Option<(usize, usize)> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        let mut left = self.left();
        while let Some((series, image)) = left.wanted.pop() {
            if let Some(of) = left.of.get_mut(series)
                && let Some(at) = of.iter().position(|i| *i == image)
            {
                of.remove(at);
                // What is beside a wanted image is wanted next.
                of.sort_by_key(|i| std::cmp::Reverse(i.abs_diff(image)));
                return Some((series, image));
            }
        }
        left.of.iter_mut().enumerate().find_map(|(series, of)| Some((series, of.pop()?)))
    }
}

fn load(case: &Case, means: &Means, early: Option<Early>, queue: &Queue, news: &Sender<News>) -> Result<(), Unshown> {
    drop(hold::step(KIND));
    // What is fetched early stands by itself in a trace.
    let reading = if early.is_some() { "read, hash and decode ahead" } else { "read, hash and decode" };
    let package = means.trace.timed("open package", || Package::open(&case.dir, &Trust::Unsigned)).map_err(CasesError::from)?;
    if package.hash() != case.hash {
        return Err(Unshown::AtDesk("The images of this case are not those that were assigned."));
    }
    if let Some(Early { budget: Budget(bytes), may_go }) = early
        && package.memory() > bytes
        && may_go.recv().is_err()
    {
        return Ok(());
    }
    let shown = |series| -> Result<_, Unshown> {
        let series = Arc::new(series);
        let buffer = tiresias_cases::Series::buffer(&series)?;
        let shown = ShownVolume::new(series, buffer).map_err(|_| Unshown::AtDesk("The images of this case have no size."))?;
        Ok(Arc::new(if case.overlays { shown.with_overlays() } else { shown }))
    };
    // By role: the order of packing may differ between cases, and tells nothing to anybody.
    let mut packed = package.into_series();
    packed.sort_by(|a, b| a.facts.role.cmp(&b.facts.role));
    let series = packed.into_iter().map(shown).collect::<Result<Vec<_>, Unshown>>()?;
    if series.is_empty() {
        return Err(Unshown::AtDesk("This case holds no images."));
    }
    queue.fill(&series.iter().map(|s| s.series().len()).collect::<Vec<_>>());
    let _ = news.send(News::Opened(series.clone()));
    (means.wake)();
    let failure = OnceLock::new();
    let work = || {
        loop {
            // Before an image is taken: one that nobody took keeps its place in the order.
            let _step = hold::step(KIND);
            let Some((at, image)) = queue.next().filter(|_| failure.get().is_none()) else { return };
            let shown = &series[at];
            let load = || shown.series().load_slice(image, shown.buffer()).map_err(Unshown::from);
            let loaded = means.trace.timed(reading, load).and_then(|_| shown.load_overlays(image));
            if let Err(why) = loaded {
                // The first failure is told; those that follow from it are the same story.
                let _ = failure.set(why);
                return;
            }
            if shown.buffer().loaded_count() == shown.series().len() {
                finish(shown, means, news);
            }
            (means.wake)();
        }
    };
    // All cores but one, which belongs to the interface.
    let helpers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).saturating_sub(1);
    std::thread::scope(|scope| {
        for i in 1..helpers {
            // With fewer threads it takes longer, and that is all.
            let _ = std::thread::Builder::new().name(format!("loader-{i}")).spawn_scoped(scope, work);
        }
        work();
    });
    if let Some(why) = failure.into_inner() {
        return Err(why);
    }
    if !queue.stop.load(Ordering::Relaxed) {
        let _ = news.send(News::Complete);
    }
    Ok(())
}

/// Measures a series of which every image is loaded, and copies it to the GPU. Two threads that end at once may both come here: the second finds it done.
fn finish(shown: &ShownVolume, means: &Means, news: &Sender<News>) {
    if !means.trace.timed("measure", || shown.complete()) {
        return;
    }
    let Some(Gpu { device, queue, graphics }) = &means.gpu else { return };
    if graphics.is_in_trouble() {
        return;
    }
    let upload = || match shown.values()? {
        Values::Grey(view) => VolumeTexture::upload(device, queue, &view).map(|t| Texture::Grey(Arc::new(t))),
        Values::Colour(view) => ColourTexture::upload(device, queue, &view).map(|t| Texture::Colour(Arc::new(t))),
    };
    match means.trace.timed("upload", upload) {
        Ok(texture) => shown.attach(texture),
        // Too large for this GPU, or for what is left of its memory: panes go on by render::cpu, with the same bytes.
        Err(e) => {
            means.trace.event("no upload", serde_json::json!({ "why": e.to_string() }));
            let role = &shown.series().facts.role;
            let _ = news.send(News::NotOnGpu(format!(
                "The graphics device has no room for the images of \u{201c}{role}\u{201d}, so the processor draws them: the same images, more slowly."
            )));
        }
    }
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
    use super::{Queue, outwards};

    #[test]
    fn the_middle_comes_first_and_none_is_left_out() {
        assert_eq!(outwards(5), [2, 1, 3, 0, 4]);
        assert_eq!(outwards(4), [1, 0, 2, 3]);
        assert!(outwards(0).is_empty());
    }

    #[test]
    fn what_is_looked_at_comes_first_with_its_neighbours() {
        let queue = Queue::default();
        queue.fill(&[5, 7]);
        assert_eq!(queue.next(), Some((0, 2)));
        queue.want(&[(1, 6), (0, 4), (0, 4), (9, 9)]);
        assert_eq!([queue.next(), queue.next()], [Some((1, 6)), Some((0, 4))]);
        let rest: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(rest[..3], [(0, 3), (0, 1), (0, 0)]);
        assert_eq!(rest[3..], [(1, 5), (1, 4), (1, 3), (1, 2), (1, 1), (1, 0)]);
    }

    #[test]
    fn a_cancelled_case_loads_nothing_more() {
        let queue = Queue::default();
        queue.fill(&[3]);
        queue.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(queue.next(), None);
    }
}
