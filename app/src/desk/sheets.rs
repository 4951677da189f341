//! The contact sheets of packed cases: a person looks at each and signs that nothing on it identifies. Nothing is blanked unasked, so that markers of side and view stay.
//!
//! Owns: which case's sheet is offered next. Withdrawn cases take no part, and a sheet that nobody signs stands in no other's way. Refuses: to sign anything by itself.

use super::Seated;
use super::page::{heading, note, said, trouble};
use crate::background::{Coming, arrived, beside, paced};
use crate::codecs::workers;
use crate::controls;
use crate::design::{ACCENT, STRONG, TEXT};
use crate::failure::Failure;
use crate::screens::signs;
use crate::work::{accounts_of, write_down};
use egui::emath::GuiRounding as _;
use egui::{Color32, ColorImage, Rect, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tiresias_cases::{ContactSheet, Scan, contact_sheet};
use tiresias_reads::accounts::Meaning;
use tiresias_reads::desk::{DeskLog, ListedCase, Wanted, package_dir};
use tiresias_words::{CaseId, ContentHash};

/// What stands in the record when a person saw nothing.
const NOTHING: &str = "Nothing that identifies was seen.";

/// The part of the page.
#[derive(Default)]
pub(super) struct Sheets {
    /// What the log says of them, or why it cannot be read.
    logged: Option<Result<Logged, String>>,
    /// Nothing else was done at the desk since the log was read.
    is_known: bool,
    reading: Option<Coming<Logged>>,
    open: Option<Open>,
    writing: Option<Coming<Logged>>,
    /// The case whose sheet was left last without a signature.
    passed: Option<CaseId>,
    trouble: Option<String>,
}

/// What the log says of sheets, by packages.
struct Logged {
    signed: BTreeSet<ContentHash>,
    withdrawn: BTreeSet<ContentHash>,
}

impl Logged {
    fn of(log: &DeskLog) -> Self {
        Self { signed: log.sheets(), withdrawn: log.withdrawn() }
    }
}

/// How many of the listed cases take part, and those of them whose sheet nobody signed, in their order.
fn unsigned<'a>(listed: &'a [(CaseId, ListedCase)], logged: &Logged) -> (usize, Vec<&'a (CaseId, ListedCase)>) {
    let part: Vec<_> = listed.iter().filter(|(_, l)| !logged.withdrawn.contains(&l.package)).collect();
    let of = part.len();
    (of, part.into_iter().filter(|(_, l)| !logged.signed.contains(&l.package)).collect())
}

/// The case whose sheet is offered, of those that nobody signed, in their order: the first behind the one that was passed over last, and after the last the first again.
fn offered<'a>(left: &[&'a (CaseId, ListedCase)], passed: Option<&CaseId>) -> Option<&'a (CaseId, ListedCase)> {
    let behind = left.iter().find(|of| passed.is_none_or(|passed| of.0 > *passed));
    behind.or_else(|| left.first()).copied()
}

/// A sheet on the screen, or on its way to it.
struct Open {
    case: CaseId,
    coming: Option<Coming<ContactSheet>>,
    far: Arc<Far>,
    shown: Option<Drawn>,
}

/// How far the drawing of a sheet is, and whether it goes on.
#[derive(Default)]
struct Far {
    done: AtomicUsize,
    of: AtomicUsize,
    stop: AtomicBool,
}

impl Far {
    fn step(&self, at: Scan) -> ControlFlow<()> {
        self.done.store(at.done, Ordering::Relaxed);
        self.of.store(at.total, Ordering::Relaxed);
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    /// As a part of the whole.
    fn part(&self) -> f32 {
        self.done.load(Ordering::Relaxed) as f32 / self.of.load(Ordering::Relaxed).max(1) as f32
    }
}

impl Drop for Open {
    /// Whoever leaves the sheet waits for it no more.
    fn drop(&mut self) {
        self.far.stop.store(true, Ordering::Relaxed);
    }
}

/// A sheet as it was drawn.
struct Drawn {
    texture: TextureHandle,
    /// Where each frame lies on it: left, top, columns and rows, pixels.
    places: Vec<[u32; 4]>,
    /// Frames that were looked at.
    of: usize,
}

/// Pixels between two frames on the screen.
const APART: f32 = 6.0;

/// How many frames of a width stand side by side, all in pixels.
fn in_a_row(room: f32, width: f32) -> usize {
    ((room + APART) / (width + APART)).floor().max(1.0) as usize
}

impl Drawn {
    /// The frames in as many columns as there is room for, so that none lies beyond the window: who signs has seen them all. One pixel of the sheet is a whole number of the
    /// screen's each way, more of them where those are small: thin letters would go under in any other size.
    fn ui(&self, ui: &mut Ui, name: &str) {
        let scale = ui.pixels_per_point();
        let [across, down] = self.texture.size().map(|n| n as f32);
        let place = |[x, y, w, h]: [u32; 4]| Rect::from_min_size(pos2(x as f32, y as f32), vec2(w as f32, h as f32));
        let times = scale.floor().max(1.0);
        let largest = self.places.iter().map(|p| place(*p).size()).fold(vec2(1.0, 1.0), egui::Vec2::max) * times;
        let columns = in_a_row(ui.available_width() * scale, largest.x).min(self.places.len().max(1));
        let rows = self.places.len().div_ceil(columns);
        let step = largest + vec2(APART, APART);
        let size = vec2(columns as f32, rows as f32) * step - vec2(APART, APART);
        let (rect, shown) = ui.allocate_exact_size(size.max(vec2(1.0, 1.0)) / scale, Sense::hover());
        shown.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, name));
        let corner = rect.min.round_to_pixels(scale);
        for (n, at) in self.places.iter().enumerate() {
            let from = place(*at);
            let to = corner + vec2((n % columns) as f32, (n / columns) as f32) * step / scale;
            let part = Rect::from_min_max(pos2(from.left() / across, from.top() / down), pos2(from.right() / across, from.bottom() / down));
            ui.painter().image(self.texture.id(), Rect::from_min_size(to, from.size() * times / scale), part, Color32::WHITE);
        }
    }
}

impl Sheets {
    pub(super) fn ui(&mut self, ui: &mut Ui, at: &Seated<'_>, listed: &[(CaseId, ListedCase)]) {
        self.news(ui, at);
        let Some(logged) = &self.logged else { return };
        heading(ui, "Contact sheets");
        let logged = match logged {
            Ok(logged) => logged,
            Err(sentence) => {
                // Which sheets are signed is not known: none is offered for another signature.
                trouble(ui, Some(sentence));
                return;
            }
        };
        let (of, left) = unsigned(listed, logged);
        // A case may have been withdrawn while its sheet was open.
        if self.open.as_ref().is_some_and(|open| !left.iter().any(|l| l.0 == open.case)) {
            self.open = None;
        }
        trouble(ui, self.trouble.as_deref());
        match (of, left.len()) {
            (0, _) => note(ui, "Every case is withdrawn: there is none to look at."),
            (_, 0) => said(ui, &format!("All {of} are signed: somebody looked at each case."), ACCENT),
            (_, open) => note(
                ui,
                &format!(
                    "{} of {of} are signed. Nothing waits for that, but look at each case before it is handed out. The leak scan finds letters; a person finds what the scan does not know.",
                    of - open
                ),
            ),
        }
        let Some(open) = &self.open else {
            if let Some((case, listed)) = offered(&left, self.passed.as_ref())
                && controls::action(ui, vec2(320.0, 44.0), &format!("Look at the sheet of {case}"), None, self.writing.is_none()).clicked()
            {
                self.begin(at, case, listed.package);
            }
            return;
        };
        let case = open.case.clone();
        let Some(drawn) = &open.shown else {
            note(ui, &format!("Drawing the contact sheet of {case}\u{2026}"));
            let (bar, _) = ui.allocate_exact_size(vec2(320.0, 2.0), Sense::hover());
            controls::progress(ui, bar, open.far.part());
            if controls::link(ui, "Stop drawing", TEXT).clicked() {
                (self.open, self.passed) = (None, Some(case));
            }
            return;
        };
        let (on, of) = (drawn.places.len(), drawn.of);
        let what = if on == of { format!("{case}: {on} frames") } else { format!("{case}: {on} of {of} frames that were looked at") };
        said(ui, &what, STRONG);
        drawn.ui(ui, &format!("contact sheet of {case}"));
        note(ui, "If something identifies, close the sheet, withdraw the case under Progress, and pack it without that under another id.");
        signs(ui, at.signer(), Meaning::ContactSheet, Some(case.as_str()));
        let is_busy = self.writing.is_some();
        let label = if is_busy { "Signing\u{2026}" } else { "Sign: nothing identifies" };
        // Side by side: where one is in sight the other is.
        let (signs, closes) = ui
            .horizontal(|ui| {
                let signs = controls::action(ui, vec2(280.0, 44.0), label, None, !is_busy).clicked();
                ui.add_space(16.0);
                // While it is signed there is nothing to leave unsigned.
                (signs, !is_busy && controls::link(ui, "Close without signing", TEXT).clicked())
            })
            .inner;
        if signs {
            let (root, keys, looked) = (at.root.to_owned(), Arc::clone(at.keys), case.clone());
            self.writing = Some(beside("sheet", at.wake, move || {
                let log = write_down(&root, &keys, Wanted::SheetLooked(looked), NOTHING).map_err(Failure::sentence)?;
                Ok(Logged::of(&log))
            }));
        }
        if closes {
            (self.open, self.passed) = (None, Some(case));
        }
    }

    /// What is known is looked at again: cases are withdrawn on another page.
    pub(super) fn look_again(&mut self) {
        self.is_known = false;
    }

    fn news(&mut self, ui: &Ui, at: &Seated<'_>) {
        // What is being written is read with it.
        if !self.is_known && self.reading.is_none() && self.writing.is_none() {
            self.is_known = true;
            let root = at.root.to_owned();
            self.reading = Some(beside("log", at.wake, move || {
                let accounts = accounts_of(&root).map_err(Failure::sentence)?;
                Ok(Logged::of(&DeskLog::open(&root, &accounts).map_err(|e| e.to_string())?))
            }));
        }
        if let Some(read) = arrived(&mut self.reading) {
            self.logged = Some(read);
        }
        match arrived(&mut self.writing) {
            // What was read before is older than what was written.
            Some(Ok(logged)) => (self.logged, self.reading, self.open, self.trouble) = (Some(Ok(logged)), None, None, None),
            Some(Err(sentence)) => self.trouble = Some(sentence),
            None => {}
        }
        let Some(open) = &mut self.open else { return };
        match arrived(&mut open.coming) {
            Some(Ok(sheet)) => {
                let size = sheet.size.map(|n| n as usize);
                let picture = ColorImage::from_rgb(size, &sheet.rgb);
                let texture = ui.ctx().load_texture("sheet", picture, TextureOptions::NEAREST);
                let places = (0..sheet.frames[0]).filter_map(|n| sheet.place(n)).collect();
                open.shown = Some(Drawn { texture, places, of: sheet.frames[1] });
            }
            // A sheet that cannot be drawn keeps nobody from the others.
            Some(Err(sentence)) => {
                (self.passed, self.trouble) = (Some(open.case.clone()), Some(format!("{}: {sentence}", open.case)));
                self.open = None;
            }
            None => {}
        }
    }

    /// A case's sheet is drawn.
    fn begin(&mut self, at: &Seated<'_>, case: &CaseId, package: ContentHash) {
        let (place, far) = (package_dir(at.root, &package), Arc::<Far>::default());
        let (told, mut wake) = (Arc::clone(&far), paced(Arc::clone(at.wake)));
        let draw = move || {
            let codecs = workers().map_err(Failure::sentence)?;
            let mut step = |at: Scan| {
                let flow = told.step(at);
                wake();
                flow
            };
            contact_sheet(&place, &codecs, &mut step).map_err(|e| e.to_string())
        };
        self.trouble = None;
        self.open = Some(Open { case: case.clone(), coming: Some(beside("sheet", at.wake, draw)), far, shown: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(n: u8) -> ContentHash {
        ContentHash([n; 32])
    }
    fn listed(count: u8) -> Vec<(CaseId, ListedCase)> {
        let of = |n| ListedCase { package: package(n), facts: Vec::new(), training: None, packed: None };
        (1..=count).map(|n| (CaseId::new(format!("C-{n}")).unwrap(), of(n))).collect()
    }
    fn logged(signed: &[u8], withdrawn: &[u8]) -> Logged {
        let packages = |of: &[u8]| of.iter().copied().map(package).collect();
        Logged { signed: packages(signed), withdrawn: packages(withdrawn) }
    }

    /// A case that identified somebody and was withdrawn, as the page says, kept all later sheets from being offered.
    #[test]
    fn withdrawn_cases_take_no_part() {
        let (listed, none): (_, &[u8]) = (listed(4), &[]);
        for (signed, withdrawn, of, left) in [
            (none, none, 4, &["C-1", "C-2", "C-3", "C-4"][..]),
            (&[], &[1], 3, &["C-2", "C-3", "C-4"]),
            // Signed before it was withdrawn, it counts on neither side.
            (&[1, 2], &[1], 3, &["C-3", "C-4"]),
            (&[2, 3, 4], &[1], 3, &[]),
            (&[], &[1, 2, 3, 4], 0, &[]),
        ] {
            let (count, unsigned) = unsigned(&listed, &logged(signed, withdrawn));
            let names: Vec<&str> = unsigned.iter().map(|l| l.0.as_str()).collect();
            assert_eq!((count, &names[..]), (of, left), "{signed:?} signed, {withdrawn:?} withdrawn");
        }
    }

    #[test]
    fn a_sheet_that_is_passed_over_comes_round_after_the_last() {
        let (listed, none): (_, &[u8]) = (listed(4), &[]);
        for (signed, passed, next) in [
            (none, None, Some("C-1")),
            (&[], Some("C-1"), Some("C-2")),
            // After the signature of what came next.
            (&[2], Some("C-1"), Some("C-3")),
            (&[2, 3, 4], Some("C-1"), Some("C-1")),
            (&[2], Some("C-4"), Some("C-1")),
            // What was passed over was signed elsewhere since.
            (&[2], Some("C-2"), Some("C-3")),
            (&[1, 2, 3, 4], Some("C-2"), None),
        ] {
            let (_, left) = unsigned(&listed, &logged(signed, &[]));
            let passed = passed.map(|name| CaseId::new(name).unwrap());
            let offered = offered(&left, passed.as_ref()).map(|l| l.0.as_str());
            assert_eq!(offered, next, "{signed:?} signed, {passed:?} passed over");
        }
    }

    #[test]
    fn the_frames_of_a_sheet_are_within_the_room() {
        // The room of the page in a window of 1280x800, of 1920x1080, of that at a scale of 1.5, and of 3840x2160, and pixels of the screen for one of a frame.
        for (room, times, columns) in [(1004.0, 1.0, 3), (1644.0, 1.0, 6), (1506.0, 1.0, 5), (3288.0, 2.0, 6)] {
            assert_eq!(in_a_row(room, 256.0 * times), columns);
            let width = |columns: usize| columns as f32 * (256.0 * times + APART) - APART;
            assert!(width(columns) <= room && width(columns + 1) > room);
        }
        assert_eq!(in_a_row(100.0, 256.0), 1);
    }
}
