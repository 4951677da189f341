//! The protocol beside what it yields: its text, every finding of `check`, calendar, matrix, hanging, and the reader's form, which can be tried.
//!
//! Checking and drawing of orders is on a thread of its own, once the person rests. The form is the reading room's; what is answered in it is recorded nowhere.

use super::live::{Live, SMALL, live};
use super::outlined::{calendar, hanging, matrix};
use super::page::{heading, note, said, trouble};
use super::sample::Picture;
use super::{Did, Seated};
use crate::background::{Coming, arrived, beside};
use crate::controls::{self, Key, coded};
use crate::design::{self, ACCENT, CAUTION, DIM, FORM, LINE, RADIUS, ROOM, STRONG, TEXT};
use crate::room::Room;
use egui::text::{CCursor, CCursorRange};
use egui::{Align2, Galley, Modifiers, Pos2, Rect, ScrollArea, Sense, Stroke, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::accounts::{Act, Thing, may_do, may_see};
use tiresias_reads::hanging::PaneRect;
use tiresias_reads::machine::{Rules, State, decide, evolve};
use tiresias_reads::protocol::Finding;
use tiresias_reads::versions::{protocol_text, write_protocol};
use tiresias_words::Moment;

/// A text that nobody goes on with for so long is checked.
const REST: Duration = Duration::from_millis(300);
/// Height of what stands above the text.
const HEAD: f32 = 52.0;
const GUTTER: f32 = 40.0;
/// The name of the text for screen readers.
const NAME: &str = "protocol.toml";

/// The page.
#[derive(Default)]
pub(super) struct ProtocolPage {
    text: String,
    /// The text as it lies on the disk, as far as is known here; none while it is being read.
    saved: Option<String>,
    fetching: Option<Coming<String>>,
    saving: Option<(String, Coming<()>)>,
    /// When the text, or what the desk has for it, was changed last and not checked since.
    changed: Option<Duration>,
    checking: Option<Coming<Live>>,
    live: Option<Live>,
    /// The pictures of the cells of a packed case, with their places on the small canvas.
    pictures: Vec<(PaneRect, egui::TextureHandle)>,
    trial: Option<Trial>,
    /// A line to bring into sight, from 1.
    jump: Option<usize>,
    trouble: Option<String>,
}

/// A made-up case on which the form is tried.
struct Trial {
    room: Box<Room>,
    rules: Arc<Rules>,
    state: State,
}

impl ProtocolPage {
    pub(super) fn ui(&mut self, ui: &mut Ui, field: Rect, at: &Seated<'_>) -> Did {
        let did = self.news(at, ui);
        let (rest, form) = field.split_left_right_at_x(field.right() - FORM);
        let (edit, middle) = rest.split_left_right_at_x(rest.left() + (rest.width() * 0.56).round());
        self.editor(ui, edit, at);
        ui.painter().vline(middle.left(), middle.y_range(), Stroke::new(1.0, LINE));
        self.yields(ui, middle);
        self.form(ui, form, at.now);
        ui.painter().vline(form.left(), form.y_range(), Stroke::new(1.0, LINE));
        did
    }

    /// Takes what threads have to tell, and starts those that are due.
    fn news(&mut self, at: &Seated<'_>, ui: &Ui) -> Did {
        let mut did = Did::Nothing;
        if self.saved.is_none() && self.fetching.is_none() {
            let root = at.root.to_owned();
            self.fetching = Some(beside("protocol", at.wake, move || protocol_text(&root).map_err(|e| e.to_string())));
        }
        match arrived(&mut self.fetching) {
            Some(Ok(text)) => {
                (self.text, self.saved) = (text.clone(), Some(text));
                self.check(at);
            }
            Some(Err(sentence)) => (self.saved, self.trouble) = (Some(String::new()), Some(sentence)),
            None => {}
        }
        if let Some((text, coming)) = self.saving.take() {
            match coming.try_recv() {
                Ok(Ok(())) => {
                    (self.saved, self.trouble) = (Some(text), None);
                    did = Did::Changed;
                }
                Ok(Err(sentence)) => self.trouble = Some(sentence),
                Err(_) => self.saving = Some((text, coming)),
            }
        }
        if let Some(Ok(mut live)) = arrived(&mut self.checking) {
            if let Some(yields) = &mut live.yields {
                let texture = |(n, picture): (usize, Picture)| {
                    (picture.rect, ui.ctx().load_texture(format!("cell {n}"), picture.image, egui::TextureOptions::LINEAR))
                };
                self.pictures = std::mem::take(&mut yields.pictures).into_iter().enumerate().map(texture).collect();
            }
            self.take(live);
        }
        if let Some(changed) = self.changed {
            let rested = at.now.saturating_sub(changed);
            if rested >= REST && self.checking.is_none() {
                self.changed = None;
                self.check(at);
            } else {
                ui.ctx().request_repaint_after(REST.saturating_sub(rested));
            }
        }
        did
    }

    /// What the text yields is looked at again: with other readers and cases, or once they are assigned.
    pub(super) fn look_again(&mut self, now: Duration) {
        // Before the text is here there is nothing to look at.
        if self.saved.is_some() {
            self.changed = Some(now);
        }
    }

    fn check(&mut self, at: &Seated<'_>) {
        let (root, text) = (at.root.to_owned(), self.text.clone());
        let (sample, sees) = (self.live.as_ref().and_then(|l| l.sample.clone()), may_see(at.kind, Thing::Images, false));
        self.checking = Some(beside("check", at.wake, move || Ok(live(&root, &text, sample, sees))));
    }

    fn take(&mut self, mut live: Live) {
        let trial = live.yields.as_mut().map(|y| std::mem::replace(&mut y.trial, Err(String::new())));
        match trial {
            Some(Ok((rules, state))) => {
                let is_same = self.trial.as_ref().is_some_and(|t| t.rules.protocol().hash() == rules.protocol().hash());
                if let (false, Some(read)) = (is_same, state.open().map(|d| d.read().clone())) {
                    let rules = Arc::new(rules);
                    self.trial = Some(Trial { room: Box::new(Room::for_trial(read, Arc::clone(&rules))), rules, state });
                }
            }
            Some(Err(sentence)) => {
                self.trial = None;
                if let Some(yields) = &mut live.yields {
                    yields.trial = Err(sentence);
                }
            }
            // The form of the last text that could be read stays, so that the eye keeps its place.
            None => {}
        }
        self.live = Some(live);
    }

    fn findings(&self) -> &[Finding] {
        self.live.as_ref().map_or(&[], |live| &live.findings)
    }

    /// Whether something was written that is not on the disk yet.
    pub(super) fn is_unsaved(&self) -> bool {
        self.saved.as_ref().is_some_and(|s| *s != self.text)
    }

    /// The text with its line numbers, and the way to save it.
    fn editor(&mut self, ui: &mut Ui, rect: Rect, at: &Seated<'_>) {
        let may_write = may_do(at.kind, Act::SignProtocol);
        let (head, body) = rect.split_top_bottom_at_y(rect.top() + HEAD);
        let is_changed = self.is_unsaved();
        let painter = ui.painter();
        let title = pos2(head.left() + design::PAGE, head.center().y);
        let end = design::text(painter, title, Align2::LEFT_CENTER, NAME, design::strong(design::BODY), STRONG).right();
        let how = match (may_write, is_changed, self.saving.is_some()) {
            (false, ..) => "only a coordinator writes it",
            (true, _, true) => "saving\u{2026}",
            (true, true, false) => "not saved",
            (true, false, false) => "saved",
        };
        let colour = if is_changed && may_write { CAUTION } else { TEXT };
        design::text(painter, pos2(end + 12.0, head.center().y), Align2::LEFT_CENTER, how, design::regular(design::NOTE), colour);
        let mut saves = may_write && is_changed && ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, egui::Key::S));
        if may_write {
            let button = Rect::from_min_size(pos2(head.right() - design::PAGE - 120.0, head.center().y - 17.0), vec2(120.0, 34.0));
            ui.scope_builder(UiBuilder::new().max_rect(button), |ui| {
                saves |= controls::action(ui, button.size(), "Save", Some(Key("Ctrl S")), is_changed && self.saving.is_none()).clicked();
            });
        }
        if saves && self.saving.is_none() {
            let (root, keys) = (at.root.to_owned(), Arc::clone(at.keys));
            let (before, text) = (self.saved.clone().unwrap_or_default(), self.text.clone());
            let written = text.clone();
            let work = move || write_protocol(&root, &keys, &before, &written).map_err(|e| e.to_string());
            self.saving = Some((text, beside("save", at.wake, work)));
        }
        self.text_area(ui, body, may_write, at.now);
    }

    fn text_area(&mut self, ui: &mut Ui, body: Rect, may_write: bool, now: Duration) {
        ui.painter().rect_filled(body.with_min_x(body.left() + 1.0), 0.0, ROOM);
        let jump = self.jump.take();
        let lines: Vec<usize> = self.findings().iter().filter_map(|f| f.line).collect();
        let text = &mut self.text;
        let mut is_changed = false;
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            ScrollArea::both().id_salt(NAME).auto_shrink([false, false]).show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    let (gutter, _) = ui.allocate_exact_size(vec2(GUTTER, 1.0), Sense::hover());
                    let edit = TextEdit::multiline(text)
                        .frame(egui::Frame::NONE)
                        .font(design::mono(design::NOTE))
                        .text_color(TEXT)
                        .desired_width(f32::INFINITY)
                        .desired_rows(40)
                        .interactive(may_write);
                    let mut shown = edit.show(ui);
                    let id = shown.response.id;
                    ui.ctx().accesskit_node_builder(id, |node| node.set_label(NAME));
                    is_changed = shown.response.changed();
                    numbers(ui, gutter.right(), &shown.galley, shown.galley_pos, &lines);
                    if let Some(line) = jump {
                        let cursor = CCursor::new(first_of(shown.galley.text(), line));
                        shown.state.cursor.set_char_range(Some(CCursorRange::one(cursor)));
                        shown.state.store(ui.ctx(), id);
                        shown.response.request_focus();
                        let at = shown.galley.pos_from_cursor(cursor).translate(shown.galley_pos.to_vec2());
                        let left = Rect::from_min_max(pos2(gutter.left(), at.top() - 80.0), pos2(gutter.right(), at.bottom() + 80.0));
                        ui.scroll_to_rect(left, None);
                    }
                });
            });
        });
        if is_changed {
            self.changed = Some(now);
        }
    }

    /// Findings, calendar, matrix and hanging.
    fn yields(&mut self, ui: &mut Ui, rect: Rect) {
        let mut jump = None;
        let inner = rect.shrink2(vec2(20.0, 0.0));
        controls::going_on(ui, inner, design::MARGIN, |ui| {
            ScrollArea::vertical().id_salt("yields").auto_shrink([false, false]).show(ui, |ui| {
                ui.set_max_width(inner.width().max(0.0));
                ui.spacing_mut().item_spacing.y = 6.0;
                ui.add_space(14.0);
                trouble(ui, self.trouble.as_deref());
                let Some(live) = &self.live else {
                    note(ui, "Checking\u{2026}");
                    return;
                };
                match live.findings.len() {
                    0 => said(ui, "Nothing is wrong with it.", ACCENT),
                    1 => said(ui, "There is one finding.", CAUTION),
                    n => said(ui, &format!("There are {n} findings."), CAUTION),
                }
                for finding in &live.findings {
                    if row_of(ui, finding) {
                        jump = finding.line;
                    }
                }
                let Some(yields) = &live.yields else {
                    note(ui, "What it yields is shown again when it is mended.");
                    return;
                };
                heading(ui, "Calendar");
                match &yields.outline {
                    Ok(outline) => {
                        calendar(ui, outline);
                        heading(ui, "Who reads what");
                        matrix(ui, outline, yields.is_assigned);
                    }
                    Err(sentence) => note(ui, sentence),
                }
                let of = yields.hangs.as_ref().map_or_else(|| "How a case hangs".to_owned(), |case| format!("How the case {case} hangs"));
                heading(ui, &of);
                match &yields.layout {
                    Ok(layout) => hanging(ui, layout, &self.pictures, SMALL),
                    Err(sentence) => note(ui, sentence),
                }
                if let Err(sentence) = &yields.trial
                    && !sentence.is_empty()
                {
                    trouble(ui, Some(sentence));
                }
                ui.add_space(24.0);
            });
        });
        if jump.is_some() {
            self.jump = jump;
            ui.ctx().request_repaint();
        }
    }

    /// The reader's form, which can be tried.
    fn form(&mut self, ui: &mut Ui, column: Rect, now: Duration) {
        let (head, body) = column.split_top_bottom_at_y(column.top() + HEAD);
        ui.painter().rect_filled(head, 0.0, design::PANEL);
        let at = pos2(head.left() + design::MARGIN, head.center().y);
        design::text(ui.painter(), at, Align2::LEFT_CENTER, "What a reader is asked", design::strong(design::BODY), STRONG);
        let Some(trial) = &mut self.trial else {
            ui.painter().rect_filled(body, 0.0, design::PANEL);
            return;
        };
        let mut asked = Vec::new();
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| asked = trial.room.trial(ui, body, &trial.state, now));
        for action in asked {
            let moment = Moment { utc_ms: 0, monotonic_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX), boot: "trial".to_owned() };
            let events = decide(&trial.rules, &trial.state, action.clone(), &moment);
            let next = events
                .map_err(|e| e.to_string())
                .and_then(|events| events.iter().try_fold(trial.state.clone(), evolve).map_err(|e| e.to_string()));
            match next {
                Ok(next) if next.open().is_some() => trial.state = next,
                Ok(_) => trial.room.say("Here a reader would have locked the case. Nothing of a trial is recorded.".to_owned()),
                Err(sentence) => trial.room.refused(&action, sentence),
            }
            ui.ctx().request_repaint();
        }
    }
}

/// Line numbers beside the text, those with a finding in the colour of what is still to do.
fn numbers(ui: &Ui, right: f32, galley: &Galley, at: Pos2, findings: &[usize]) {
    let clip = ui.clip_rect();
    let (mut line, mut begins) = (1, true);
    for row in &galley.rows {
        let y = at.y + row.pos.y + row.row.size.y / 2.0;
        if begins && clip.y_range().contains(y) {
            let colour = if findings.contains(&line) { CAUTION } else { DIM };
            design::text(ui.painter(), pos2(right - 10.0, y), Align2::RIGHT_CENTER, line, design::mono(design::SMALL), colour);
        }
        begins = row.ends_with_newline;
        line += usize::from(begins);
    }
}

/// The place of the first character of a line, counted from 1.
fn first_of(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(|l| l.chars().count()).sum()
}

/// A finding: its line, which is jumped to, and its sentence.
fn row_of(ui: &mut Ui, finding: &Finding) -> bool {
    let words = match finding.line {
        Some(line) => format!("Line {line}: {}", finding.sentence),
        None => finding.sentence.clone(),
    };
    let mut job = coded(&words, design::regular(design::NOTE), STRONG);
    job.wrap.max_width = ui.available_width() - 16.0;
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 12.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, finding.line.is_some(), galley.text()));
    if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, design::RAISED);
    }
    ui.painter().galley(rect.min + vec2(8.0, 6.0), galley, STRONG);
    if response.has_focus() {
        design::focus_outline(ui.painter(), rect);
    }
    response.clicked()
}
