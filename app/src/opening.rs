//! What the start screen opens: a reader's study, a desk, a part of the demo. Fetched by a worker; the screen itself reads no disk.
//!
//! Owns which of them a folder is. Refuses: to open more than who may come in is asked by.

use crate::background::{AtWork, GONE, Wake};
use crate::demo::{DemoStudyError, Rooms, Say};
use crate::desk::DeskFolder;
use crate::hold;
use crate::recent::{self, Recent};
use crate::screens::Shown;
use crossbeam_channel::{Receiver, TryRecvError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tiresias_reads::desk::has_desk;
use tiresias_reads::study::Study;
use tiresias_words::ReaderId;

/// What was fetched.
pub(crate) enum Fetched {
    /// With the list of recent studies, where one is kept: the demo's are not in it.
    Study(Box<Study>, Option<Vec<Recent>>),
    Desk(Box<DeskFolder>, Option<Vec<Recent>>),
    /// The demo's desk, for this account.
    Shown(Box<DeskFolder>, &'static str),
    /// The demo's folder.
    Demo(PathBuf),
    Nothing,
    Trouble(String),
}

/// Something that a worker thread is fetching.
pub(crate) struct Opening {
    says: String,
    result: Receiver<Fetched>,
    steps: Receiver<String>,
    stops: Arc<AtomicBool>,
}

impl Opening {
    /// Runs `work` on a thread of its own, which says what it does and hears whether it goes on.
    pub(crate) fn begin(says: &str, wake: &Wake, work: impl FnOnce(&mut Say<'_>) -> Fetched + Send + 'static) -> Result<Self, String> {
        let (sender, result) = crossbeam_channel::bounded(1);
        let (told, steps) = crossbeam_channel::unbounded();
        let wake = Arc::clone(wake);
        let stops = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stops);
        let at_work = AtWork::begin();
        let run = move || {
            let _step = hold::step("open");
            let told_wake = Arc::clone(&wake);
            let fetched = work(&mut |step| {
                let _ = told.send(step.to_owned());
                told_wake();
                if stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let _ = sender.send(fetched);
            drop(at_work);
            wake();
        };
        let spawned = std::thread::Builder::new().name("open".into()).spawn(run);
        spawned.map_err(|e| format!("The system gives no further thread ({e}). Close other programs and try again."))?;
        Ok(Self { says: says.to_owned(), result, steps, stops })
    }

    /// What was fetched, once it is; until then what is said moves on.
    pub(crate) fn fetched(&mut self) -> Option<Fetched> {
        if let Some(step) = self.steps.try_iter().last()
            && !self.stops.load(Ordering::Relaxed)
        {
            self.says = step;
        }
        let fetched = match self.result.try_recv() {
            Ok(fetched) => fetched,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Fetched::Trouble(GONE.to_owned()),
        };
        Some(if self.stops.load(Ordering::Relaxed) { Fetched::Nothing } else { fetched })
    }

    /// Asks for the end of it. What was fetched all the same is told as nothing.
    pub(crate) fn stop(&mut self) {
        self.stops.store(true, Ordering::Relaxed);
        "Stopping\u{2026}".clone_into(&mut self.says);
    }

    /// Whether it can be asked to end: the system's dialog has a way out of its own, and hears of no other.
    pub(crate) fn can_stop(&self) -> bool {
        self.says != DIALOG
    }

    /// What is being done.
    pub(crate) fn says(&self) -> &str {
        &self.says
    }
}

/// Opens a folder, and keeps it among the recent ones in `data`.
pub(crate) fn open(data: Option<&Path>, path: &Path) -> Fetched {
    if has_desk(path) {
        return match DeskFolder::open(path) {
            Ok(folder) => {
                let recent = remembered(data, path, folder.title());
                Fetched::Desk(Box::new(folder), recent)
            }
            Err(sentence) => Fetched::Trouble(sentence),
        };
    }
    match Study::open(path) {
        Ok(study) => {
            let recent = remembered(data, path, study.protocol().title());
            Fetched::Study(Box::new(study), recent)
        }
        Err(e) => Fetched::Trouble(format!("\u{201c}{}\u{201d} cannot be opened. {e}", path.display())),
    }
}

/// The recent studies with this one at their head, where a list is kept.
fn remembered(data: Option<&Path>, path: &Path, title: &str) -> Option<Vec<Recent>> {
    data.map(|_| recent::remember(data, path, title))
}

/// What somebody who is shown around in the demo of a folder wants to see.
pub(crate) fn shown(choice: Shown, dir: &Path, say: &mut Say<'_>) -> Fetched {
    match choice {
        Shown::Stop | Shown::Back => Fetched::Nothing,
        Shown::Read => open(None, &crate::demo::reader_of(dir)),
        Shown::WithAi => in_rooms(dir, say, |rooms| open(None, &rooms.with_ai)),
        Shown::Settle => in_rooms(dir, say, |rooms| open(None, &rooms.adjudicator)),
        Shown::Results => in_rooms(dir, say, |rooms| desk_for(rooms, "statistician")),
        Shown::Desk => in_rooms(dir, say, |rooms| desk_for(rooms, "coordinator")),
    }
}

/// What there is in the rooms of the demo, which are made where they are absent.
fn in_rooms(dir: &Path, say: &mut Say<'_>, then: impl FnOnce(&Rooms) -> Fetched) -> Fetched {
    crate::demo::rooms_if_absent(dir, say).map_or_else(|e| untold(&e), |rooms| then(&rooms))
}

/// The demo, built where it is absent.
pub(crate) fn demo(data: Option<&Path>, say: &mut Say<'_>) -> Fetched {
    let built = crate::demo::place_in(data).and_then(|dir| crate::demo::build_if_absent(&dir, say).map(|_| dir));
    built.map_or_else(|e| untold(&e), Fetched::Demo)
}

/// Who stopped the making needs no sentence about it.
fn untold(error: &DemoStudyError) -> Fetched {
    if matches!(error, DemoStudyError::Stopped) { Fetched::Nothing } else { Fetched::Trouble(error.to_string()) }
}

/// The demo's desk, for an account.
fn desk_for(rooms: &Rooms, account: &'static str) -> Fetched {
    DeskFolder::open(&rooms.study).map_or_else(Fetched::Trouble, |folder| Fetched::Shown(Box::new(folder), account))
}

/// Asks for a folder with the system's dialog. Where there is none, the answer is the same as a cancel: the window can still be given a folder by dropping it.
pub(crate) fn browse(data: Option<&Path>, say: &mut Say<'_>) -> Fetched {
    let Some(path) = rfd::FileDialog::new().set_title("Open a study").pick_folder() else { return Fetched::Nothing };
    // Nothing asked for its end so far; from here on something may.
    let _ = say("Opening the study\u{2026}");
    open(data, &path)
}

/// Said while the system's dialog asks for a folder.
pub(crate) const DIALOG: &str = "Choose the study\u{2019}s folder in the dialog\u{2026}";

/// The one reader who can sit down here, where a folder was handed out to one.
pub(crate) fn only_reader(study: &Study) -> Option<ReaderId> {
    let mut readers = study.bundles().keys();
    readers.next().filter(|only| readers.next().is_none() && study.seat(only).is_some()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_among_the_recent_studies_leaves_their_list_alone() {
        assert_eq!(remembered(None, Path::new("/demo/reader"), "The demo study"), None);
        let data = tempfile::tempdir().expect("a folder");
        let (study, title) = (data.path().join("study"), "A study");
        let kept = remembered(Some(data.path()), &study, title).expect("a list is kept");
        assert_eq!(kept, [Recent { folder: study, title: title.to_owned() }]);
    }

    #[test]
    fn a_folder_that_is_no_study_is_named_in_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let Fetched::Trouble(said) = open(None, folder.path()) else { panic!("it is no study") };
        let named = format!("\u{201c}{}\u{201d} cannot be opened. This folder is not a Tiresias study: ", folder.path().display());
        assert!(said.starts_with(&named), "{said}");
    }

    #[test]
    fn the_systems_dialog_is_not_asked_to_end() {
        let wake: Wake = Arc::new(|| {});
        let begun = |says| Opening::begin(says, &wake, |_| Fetched::Nothing).expect("a thread");
        assert!(!begun(DIALOG).can_stop() && begun("Opening the study\u{2026}").can_stop());
    }
}
