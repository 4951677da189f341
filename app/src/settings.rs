//! What the person at this machine set for their own comfort, kept in the data folder that the program was given: keys and mouse, and how large the
//! pixels of their screens are.
//!
//! Owns the file and its format (version 1). It is read once, before the first frame, and written by a thread of its own. A file that cannot be read is told in
//! a sentence and the standard holds: nothing in it is part of a study. Refuses: answers, readers' names, and where studies lie.

use crate::keys::{Bindings, Profile, Written};
use crate::monitor::{Measured, Monitor};
use crossbeam_channel::{Receiver, Sender};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use tiresias_words::Mm;

const FILE: &str = "settings.json";
const VERSION: u32 = 1;
/// Bytes of a file that are looked at: many times what all commands with all chords need.
const LONGEST: u64 = 256 << 10;

/// The settings as they hold, and what went wrong with keeping them.
pub(crate) struct Settings {
    bindings: Arc<Bindings>,
    screens: Vec<Measured>,
    /// Where they are kept; without it they hold until the program ends.
    data: Option<PathBuf>,
    trouble: Option<String>,
    /// Whether the reader was told of it.
    told: bool,
    keeper: Option<Keeper>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    bindings: Written,
    /// Those that were measured, each kind once.
    #[serde(default)]
    screens: Vec<Measured>,
}

impl Settings {
    /// Those of the data folder; the standard where there are none.
    #[must_use]
    pub(crate) fn open(data: Option<PathBuf>) -> Self {
        let (found, trouble) = match data.as_deref().map_or(Ok(None), read) {
            Ok(found) => (found, None),
            Err(why) => (None, Some(why)),
        };
        let trouble = trouble.map(|why| {
            format!("Your keys and screens cannot be read from {FILE} in your data folder, because {why}. The standard keys hold; set yours anew to replace the file.")
        });
        let (bindings, screens) = found.unwrap_or_else(|| (Bindings::of(Profile::Tiresias), Vec::new()));
        Self { bindings: Arc::new(bindings), screens, data, trouble, told: false, keeper: None }
    }

    /// What keys, buttons and the wheel mean.
    #[must_use]
    pub(crate) fn bindings(&self) -> Arc<Bindings> {
        Arc::clone(&self.bindings)
    }

    /// Sets other keys, and has them kept.
    pub(crate) fn set_bindings(&mut self, bindings: Bindings) {
        self.bindings = Arc::new(bindings);
        self.keep();
    }

    /// Between two pixels of a screen, where it was measured.
    #[must_use]
    pub(crate) fn pixel(&self, monitor: Option<Monitor>) -> Option<Mm> {
        self.screens.iter().find(|s| Some(s.monitor) == monitor).map(Measured::pixel)
    }

    /// Takes the measure of a screen, and has it kept.
    pub(crate) fn set_screen(&mut self, measured: Measured) {
        self.screens.retain(|s| s.monitor != measured.monitor);
        self.screens.push(measured);
        self.keep();
    }

    /// What went wrong with reading or keeping them: a sentence.
    pub(crate) fn trouble(&mut self) -> Option<&str> {
        if let Some(why) = self.keeper.as_ref().and_then(|k| k.failed.try_iter().last()) {
            (self.trouble, self.told) = (Some(why), false);
        }
        self.trouble.as_deref()
    }
    /// The same, once: for who does not look at the page of keys.
    pub(crate) fn untold(&mut self) -> Option<String> {
        let sentence = self.trouble().map(str::to_owned);
        sentence.filter(|_| !std::mem::replace(&mut self.told, true))
    }

    fn keep(&mut self) {
        self.trouble = None;
        let Some(data) = &self.data else { return };
        let kept = Kept { version: VERSION, bindings: self.bindings.written(), screens: self.screens.clone() };
        match serde_json::to_string_pretty(&kept) {
            Ok(text) => self.keeper.get_or_insert_with(|| Keeper::start(data.clone())).keep(text),
            Err(e) => self.trouble = Some(not_kept(&e)),
        }
    }
}

/// What the file says; nothing where there is no file.
fn read(data: &Path) -> Result<Option<(Bindings, Vec<Measured>)>, String> {
    let mut text = String::new();
    match File::open(data.join(FILE)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e.to_string()),
        Ok(file) => file.take(LONGEST).read_to_string(&mut text).map_err(|e| e.to_string())?,
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|e| format!("it is not what this program writes ({e})"))?;
    if kept.version != VERSION {
        return Err(format!("it is of version {}, and this program reads version {VERSION}", kept.version));
    }
    if !kept.screens.iter().all(Measured::is_sound) {
        return Err("a screen in it has pixels that no screen has".to_owned());
    }
    Ok(Some((Bindings::of_written(&kept.bindings)?, kept.screens)))
}

fn not_kept(why: &impl std::fmt::Display) -> String {
    format!(
        "Your settings cannot be kept in {FILE} in your data folder ({why}). They hold until the program ends; make room there and set them again."
    )
}

/// The thread that writes. Dropping it waits until the last text is written: the end of the program must not lose a key that was just set.
struct Keeper {
    texts: Option<Sender<String>>,
    failed: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    fn start(data: PathBuf) -> Self {
        let (texts, inbox) = crossbeam_channel::unbounded::<String>();
        let (tell, failed) = crossbeam_channel::unbounded();
        let told = tell.clone();
        let work = move || {
            while let Ok(text) = inbox.recv() {
                // Only the newest counts.
                let text = inbox.try_iter().last().unwrap_or(text);
                if let Err(e) = write(&data, &text) {
                    let _ = told.send(not_kept(&e));
                }
            }
        };
        let spawned = std::thread::Builder::new().name("settings".into()).spawn(work);
        if let Err(e) = &spawned {
            let _ = tell.send(not_kept(e));
        }
        Self { texts: Some(texts), failed, thread: spawned.ok() }
    }
    fn keep(&self, text: String) {
        // Without a thread the failure was told when it did not start.
        let _ = self.texts.as_ref().map(|t| t.send(text));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.texts.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// In one step: whoever reads it finds the old file or the new one.
fn write(data: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(data)?;
    let beside = data.join(format!("{FILE}.new"));
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, data.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Chord, Command, Drag};
    use egui::{Key, Modifiers};

    #[test]
    fn what_was_set_is_there_the_next_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = Some(folder.path().join("not there yet"));
        let mut settings = Settings::open(data.clone());
        assert!(settings.trouble().is_none() && settings.bindings().profile() == Profile::Tiresias);
        let mut table = Bindings::of(Profile::Weasis);
        table.mouse.right = Drag::Window;
        settings.set_bindings(table.clone());
        table.rebind(Command::Slab, Chord::pressed(Key::F2, Modifiers::NONE), false).expect("a free key");
        settings.set_bindings(table.clone());
        let [small, large] = [[1920, 1080], [3840, 2160]].map(|size| Monitor { size, scale: 1.5 });
        for (monitor, pixels) in [(small, 700), (large, 1250), (small, 800)] {
            settings.set_screen(Measured::by(monitor, Mm(200.0), pixels).expect("a screen"));
        }
        drop(settings);
        let mut again = Settings::open(data);
        assert!(again.trouble().is_none() && *again.bindings() == table);
        let pixels = [Some(small), Some(large), Some(Monitor { scale: 1.0, ..small }), None].map(|m| again.pixel(m));
        assert_eq!(pixels, [Some(Mm(0.25)), Some(Mm(0.16)), None, None]);
    }

    #[test]
    fn a_broken_file_is_told_and_the_standard_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = {
            let monitor = Monitor { size: [1920, 1080], scale: 1.0 };
            let screens = vec![Measured::by(monitor, Mm(200.0), 800).expect("a screen")];
            let kept = Kept { version: VERSION, bindings: Bindings::of(Profile::Ohif).written(), screens };
            serde_json::to_string(&kept).expect("a text")
        };
        let cut = good[..good.len() - 3].to_owned();
        let newer = good.replace("\"version\":1", "\"version\":2");
        let other = good.replace("ohif", "pacs");
        let no_screen = good.replace("0.25", "25.0");
        let more = good.replace("\"version\":1", "\"version\":1,\"more\":1");
        for text in
            ["", "[]", "no file of ours", "\u{0}\u{0}", cut.as_str(), newer.as_str(), other.as_str(), no_screen.as_str(), more.as_str()]
        {
            std::fs::write(folder.path().join(FILE), text).expect("a file");
            let mut settings = Settings::open(Some(folder.path().to_owned()));
            let sentence = settings.trouble().expect("a sentence").to_owned();
            assert!(
                sentence.starts_with("Your keys and screens cannot be read from settings.json") && sentence.ends_with('.'),
                "{sentence}"
            );
            assert_eq!(*settings.bindings(), Bindings::of(Profile::Tiresias));
            // What is set anew takes the file's place.
            settings.set_bindings(Bindings::of(Profile::Ohif));
            assert_eq!(settings.trouble(), None);
            drop(settings);
            assert_eq!(Settings::open(Some(folder.path().to_owned())).bindings().profile(), Profile::Ohif);
        }
    }

    #[test]
    fn a_folder_that_takes_nothing_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a file");
        std::fs::write(&file, "").expect("a file");
        let mut settings = Settings::open(Some(file));
        settings.set_bindings(Bindings::of(Profile::Ohif));
        let told = (0..1000).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(2));
            settings.trouble().map(str::to_owned)
        });
        assert!(told.expect("a sentence").starts_with("Your settings cannot be kept"));
        assert_eq!(settings.bindings().profile(), Profile::Ohif);
    }
}
