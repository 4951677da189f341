//! `gallery`: a picture of every screen in every state and size, without a display.
//!
//! Owns which sizes there are, and the page that shows all pictures beside their names. They are made from the program itself as a person goes through the demo
//! study ([`scenes`]), drawn as in its window. Refuses: the person's own studies and settings.

mod headless;
mod made;
mod scenes;

use crate::background::at_work;
use crate::demo::{DemoStudyError, Scratch};
use headless::{Headless, PATIENCE, PAUSE, Size};
use scenes::{Place, SCENES};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// The sizes at which every screen is looked at.
pub(crate) const SIZES: [Size; 4] = [
    Size { pixels: [1280, 800], scale: 1.0 },
    Size { pixels: [1920, 1080], scale: 1.0 },
    Size { pixels: [1920, 1080], scale: 1.5 },
    Size { pixels: [3840, 2160], scale: 1.0 },
];

/// What is asked for.
pub(crate) struct Wanted {
    /// Where the pictures go.
    pub(crate) out: PathBuf,
    /// The screens; all where none is named.
    pub(crate) screens: Vec<String>,
    /// Whether only the first size is wanted.
    pub(crate) one_size: bool,
}

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GalleryError {
    /// No device.
    #[error("Nothing draws here ({0}). Install a graphics driver with Vulkan (on Debian without a graphics card: mesa-vulkan-drivers).")]
    Graphics(String),
    /// The demo study.
    #[error("{0}")]
    Demo(#[from] DemoStudyError),
    /// A study that cannot be begun.
    #[error("{0}")]
    Study(String),
    /// The disk.
    #[error("The pictures cannot be written ({0}). Name a place where you may write and that has room.")]
    Disk(io::ErrorKind),
    /// A screen that did not come.
    #[error("The way to a screen was lost: \"{wanted}\" did not come. On the screen: {says}")]
    Lost {
        /// What was to be there.
        wanted: String,
        /// What was there.
        says: String,
    },
    /// No such screen.
    #[error("There is no screen \"{0}\". There are: {known}.", known = SCENES.map(|s| s.screen).join(", "))]
    NoSuchScreen(String),
}

/// Takes pictures of one screen after the other.
struct Camera<'a> {
    out: &'a Path,
    sizes: &'a [Size],
    screen: &'static str,
    /// The states of each screen, in order.
    taken: BTreeMap<&'static str, Vec<String>>,
    say: &'a mut dyn FnMut(&str),
}

impl Camera<'_> {
    /// The size at which a window is opened.
    fn first(&self) -> Size {
        self.sizes.first().copied().unwrap_or(SIZES[0])
    }

    /// Takes a state at every size, and leaves the window at the first.
    fn take(&mut self, window: &mut Headless, state: &str) -> Result<(), GalleryError> {
        self.take_at(window, state, None)
    }

    /// The same of a state that is about a control: it is in sight at every size, for each of which a page breaks elsewhere.
    fn take_with(&mut self, window: &mut Headless, state: &str, control: &str) -> Result<(), GalleryError> {
        self.take_at(window, state, Some(control))
    }

    fn take_at(&mut self, window: &mut Headless, state: &str, control: Option<&str>) -> Result<(), GalleryError> {
        for size in self.sizes {
            window.resize(*size);
            window.rest()?;
            if let Some(control) = control {
                window.turn_to(control)?;
            }
            let file = self.out.join(file_name(self.screen, state, *size));
            window.picture()?.save(&file).map_err(|e| match e {
                image::ImageError::IoError(e) => GalleryError::Disk(e.kind()),
                _ => GalleryError::Disk(io::ErrorKind::Other),
            })?;
        }
        window.resize(self.first());
        window.rest()?;
        self.taken.entry(self.screen).or_default().push(state.to_owned());
        (self.say)(&format!("{} {state}", self.screen));
        Ok(())
    }
}

/// Waits, a minute at most, until nothing runs beside a window any more.
fn until_idle() {
    for _ in 0..PATIENCE {
        if at_work() == 0 {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

fn file_name(screen: &str, state: &str, Size { pixels: [width, height], scale }: Size) -> String {
    let state: String = state.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let gap = if state.is_empty() { "" } else { "." };
    let scale = if scale == 1.0 { String::new() } else { format!("@{scale}") };
    format!("{screen}{gap}{state}.{width}x{height}{scale}.png")
}

/// Makes the pictures and the page of them. `say` hears of each step. How many pictures there are.
pub(crate) fn gallery(wanted: &Wanted, say: &mut dyn FnMut(&str)) -> Result<usize, GalleryError> {
    if let Some(unknown) = wanted.screens.iter().find(|name| SCENES.iter().all(|s| s.screen != name.as_str())) {
        return Err(GalleryError::NoSuchScreen(unknown.clone()));
    }
    std::fs::create_dir_all(&wanted.out).map_err(|e| GalleryError::Disk(e.kind()))?;
    let scratch = Scratch::new(true)?;
    let root = scratch.folder().ok_or(GalleryError::Disk(io::ErrorKind::NotFound))?;
    let place = Place::build(&root, say)?;
    let sizes = if wanted.one_size { &SIZES[..1] } else { &SIZES[..] };
    let mut camera = Camera { out: &wanted.out, sizes, screen: "", taken: BTreeMap::new(), say };
    let is_wanted = |screen: &str| wanted.screens.is_empty() || wanted.screens.iter().any(|name| name == screen);
    let walked = SCENES.iter().filter(|s| is_wanted(s.screen)).try_for_each(|scene| {
        camera.screen = scene.screen;
        (scene.walk)(&place, &mut camera)
    });
    // Whoever left a window stopped what it was at. That ends at its next step, and a folder in which somebody still writes would stay behind.
    until_idle();
    walked?;
    let taken = camera.taken;
    std::fs::write(wanted.out.join("index.html"), page(&taken, sizes)).map_err(|e| GalleryError::Disk(e.kind()))?;
    Ok(taken.values().map(Vec::len).sum::<usize>() * sizes.len())
}

/// All pictures on one page, small, each a link to itself.
fn page(taken: &BTreeMap<&'static str, Vec<String>>, sizes: &[Size]) -> String {
    let mut html = String::from(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Tiresias: every screen</title>\n<style>body{background:#0C0D0F;color:#A9B1B8;font:14px sans-serif}img{width:380px;margin:4px}</style>\n",
    );
    for (screen, states) in taken {
        for state in states {
            // Writing to a string does not fail.
            let _ = writeln!(html, "<h2>{screen} {state}</h2>");
            for size in sizes {
                let file = file_name(screen, state, *size);
                let _ = writeln!(html, "<a href=\"{file}\"><img src=\"{file}\" alt=\"{screen} {state}\"></a>");
            }
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::background::AtWork;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A page that was turned to a control stood at its beginning in windows of other sizes, and two states had one picture there.
    #[test]
    fn what_a_state_is_about_is_in_sight_at_every_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("a folder");
        let mut window = Headless::open(SIZES[0], data, |app| app).expect("a Vulkan device (lavapipe will do)");
        window.until("Try the demo study").expect("the start");
        window.press("About Tiresias").expect("the page");
        window.press("Third-party components and their licences").expect("the list");
        // It is longer than the largest window.
        let parts = include_str!("../../../assets/components.csv");
        let cells: Vec<&str> = parts.lines().last().expect("a part").split(',').collect();
        let last = format!("{} {}, {}", cells[0], cells[1], cells[2]);
        let mut camera = Camera { out: folder.path(), sizes: &SIZES, screen: "about", taken: BTreeMap::new(), say: &mut |_: &str| {} };
        camera.take(&mut window, "top").expect("pictures");
        camera.take_with(&mut window, "end", &last).expect("it is in sight");
        for size in SIZES {
            let picture = |state| std::fs::read(folder.path().join(file_name("about", state, size))).expect("a picture");
            let [top, end] = ["top", "end"].map(picture);
            assert!(top != end, "the list was not turned to its end at {size:?}");
        }
    }

    #[test]
    fn what_a_walk_left_at_work_is_awaited() {
        let (work, done) = (AtWork::begin(), Arc::new(AtomicBool::new(false)));
        let is_done = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            std::thread::sleep(20 * PAUSE);
            is_done.store(true, Ordering::Relaxed);
            drop(work);
        });
        until_idle();
        assert!(done.load(Ordering::Relaxed));
        thread.join().expect("it ends");
    }
}
