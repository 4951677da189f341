//! What the AI says, in the room: outlines over the images, the list beside them, and the reader's word on each finding.
//!
//! Nothing of it is here before the record has the event that reveals it; what of it may be shown is `reads`' to say ([`Rules::shown_of_ai`]). Findings have
//! letters, marks have numbers. The key is off and on when it is tapped, and the images without AI while it is held; both are written down. Refuses: telling
//! how a finding lies to a mark, and a verdict that nobody gave.
//!
//! [`Rules::shown_of_ai`]: tiresias_reads::machine::Rules::shown_of_ai

use super::ai_cuts::{Opened, PaneCuts};
use super::gestures::OnScreen;
use super::hanging::MOST_CELLS;
use super::{Focus, Room, Wish, form};
use crate::controls::{self, Keyed};
use crate::design::{self, ACCENT, ACTION, AI, LINE, RADIUS, RAISED, STRONG, TEXT};
use crate::keys::Command;
use egui::{Align2, Key, Modifiers, Painter, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;
use std::time::Duration;
use tiresias_cases::{AiFinding, Findings};
use tiresias_reads::machine::{Action, Draft, State, Verdict};
use tiresias_reads::protocol::AiParts;
use tiresias_words::FindingId;

/// A key that is down longer than this is held, and not tapped.
const HELD: Duration = Duration::from_millis(300);
const ROW: f32 = 44.0;
/// Width of the two words of a verdict.
const VERDICT: f32 = 132.0;

/// What the room knows of the AI.
pub(super) struct Ai {
    opened: Option<Arc<Opened>>,
    /// The record was told that the findings are on the screen.
    told: bool,
    visible: bool,
    heat: bool,
    key: Option<Pressed>,
    pub(super) cuts: [Option<PaneCuts>; MOST_CELLS],
}

/// The key that shows the images without AI, while it is down.
struct Pressed {
    key: Key,
    since: Duration,
    /// It is held, and not tapped.
    is_held: bool,
}

impl Default for Ai {
    fn default() -> Self {
        Self { opened: None, told: false, visible: true, heat: false, key: None, cuts: Default::default() }
    }
}

impl Ai {
    /// Whether anything of it is drawn over the images now.
    const fn is_drawn(&self) -> bool {
        self.visible && self.key.is_none()
    }
    /// For the record: whether it is switched off, away while a key is held, and whether its heat map is on. A key that is down is held after [`HELD`]: until
    /// then nothing of the AI is drawn and nothing is told, as it may become a tap, which is told when it is over.
    pub(super) fn told(&self) -> (bool, bool, bool) {
        (!self.visible, self.visible && self.key.as_ref().is_some_and(|key| key.is_held), self.heat)
    }
}

impl Room {
    /// Takes what the AI says of the open case, once it was revealed.
    pub(crate) fn take_ai(&mut self, findings: Arc<Findings>) {
        self.ai = Ai { opened: Some(Arc::new(Opened::new(findings))), ..Ai::default() };
    }

    /// Whether what the AI says was taken.
    pub(crate) const fn has_ai(&self) -> bool {
        self.ai.opened.is_some()
    }

    /// That the findings are on the screen; nothing before they were opened.
    fn findings_shown(&self) -> Option<Action> {
        let count = self.ai.opened.as_ref()?.findings.all().len();
        Some(Action::FindingsShown(u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// What the record was told of the findings, as long as it does not have it.
    pub(super) fn findings_on_their_way(&self, draft: &Draft) -> Option<Action> {
        self.findings_shown().filter(|_| self.ai.told && draft.findings().is_none())
    }

    /// Once a frame: tells the record that the findings are on the screen, and follows the key.
    pub(super) fn follow_ai(&mut self, ui: &Ui, draft: &Draft, now: Duration, wishes: &mut Vec<Wish>) {
        if let Some(shown) = self.findings_shown().filter(|_| !self.ai.told && self.told_shown)
            && self.rules.shown_of_ai(draft).is_some()
        {
            wishes.push(Wish::Record(shown));
            self.ai.told = true;
        }
        let Some(pressed) = &mut self.ai.key else { return };
        let is_down = ui.input(|i| i.key_down(pressed.key));
        let long = now.saturating_sub(pressed.since) >= HELD;
        match (is_down, pressed.is_held) {
            (true, false) if long => pressed.is_held = true,
            (true, false) => ui.ctx().request_repaint_after(HELD),
            (true, true) => {}
            (false, true) => self.ai.key = None,
            (false, false) => {
                self.ai.key = None;
                self.ai.visible = !self.ai.visible;
            }
        }
    }

    /// The key went down.
    pub(super) fn press_ai(&mut self, key: Key, now: Duration) {
        if self.ai.opened.is_none() {
            self.message = Some("Nothing of the AI is on the screen here.".to_owned());
        } else if self.ai.key.is_none() {
            self.ai.key = Some(Pressed { key, since: now, is_held: false });
        }
    }

    /// Draws what may be shown of the AI over a pane.
    pub(super) fn draw_ai(&mut self, painter: &Painter, on: &OnScreen, draft: &Draft) {
        let (Some(parts), true, Some(opened)) = (self.rules.shown_of_ai(draft), self.ai.is_drawn(), self.ai.opened.clone()) else { return };
        let heat = parts.heat_map && self.ai.heat;
        if !parts.outline && !heat {
            return;
        }
        let slab = self.cell_view(on.at).slab;
        let Some((cell, shown)) = self.shown(on.at) else { return };
        let (series, volume) = (cell.series, Arc::clone(&shown.volume));
        let Some(place) = self.ai.cuts.get_mut(on.at.0) else { return };
        let cuts = place
            .take()
            .filter(|c| c.is_of(series, on, slab, heat))
            .unwrap_or_else(|| PaneCuts::new(&opened, series, &volume, on, slab, heat));
        let focused = if let Focus::Finding(finding) = self.focus { Some(finding) } else { None };
        cuts.draw(painter, on, parts.outline, focused);
        if let Some(place) = self.ai.cuts.get_mut(on.at.0) {
            *place = Some(cuts);
        }
    }

    /// The findings that the reader has not judged yet, in order.
    fn unjudged(&self, draft: &Draft) -> Vec<FindingId> {
        let judged = self.rules.shown_of_ai(draft).is_some_and(|p| p.judged);
        let all = 1..=draft.findings().filter(|_| judged).unwrap_or(0);
        all.map(FindingId).filter(|f| !draft.verdicts().contains_key(f)).collect()
    }

    /// Brings the keyboard to the first finding without a verdict; false where there is none.
    pub(super) fn focus_finding(&mut self, draft: &Draft) -> bool {
        let first = self.unjudged(draft).into_iter().next();
        if let Some(finding) = first {
            self.go_to_finding(finding, draft);
        }
        first.is_some()
    }

    pub(super) fn go_to_finding(&mut self, finding: FindingId, draft: &Draft) {
        self.focus = Focus::Finding(finding);
        let outline = self.rules.shown_of_ai(draft).is_some_and(|p| p.outline);
        if let Some((series, at)) = self.place_of_finding(finding).filter(|_| outline) {
            self.shelf.look_at(series, at);
            self.cine = None;
        }
    }

    /// The series on which a finding lies, and where the reader looks to see it.
    fn place_of_finding(&self, finding: FindingId) -> Option<(usize, tiresias_words::PatientPoint)> {
        self.ai.opened.as_ref()?.middle(finding, &self.shelf)
    }

    /// A key while the keyboard is at a finding.
    pub(super) fn finding_key(
        &mut self,
        (key, modifiers): (Key, Modifiers),
        finding: FindingId,
        state: &State,
        draft: &Draft,
        wishes: &mut Vec<Wish>,
    ) {
        let count = draft.findings().unwrap_or(0);
        let beside =
            |back: bool| FindingId(if back { (finding.0 + count.max(2) - 2) % count.max(1) + 1 } else { finding.0 % count.max(1) + 1 });
        match key {
            Key::Escape => self.focus = Focus::Image,
            Key::Num1 => self.judge(finding, Verdict::Agree, wishes),
            Key::Num2 => self.judge(finding, Verdict::Reject, wishes),
            Key::Tab | Key::ArrowDown | Key::ArrowUp => {
                let back = key == Key::ArrowUp || (key == Key::Tab && modifiers.shift);
                self.go_to_finding(beside(back), draft);
            }
            Key::Enter => match self
                .unjudged(draft)
                .into_iter()
                .find(|f| *f > finding)
                .or_else(|| self.unjudged(draft).into_iter().find(|f| *f != finding))
            {
                Some(next) => self.go_to_finding(next, draft),
                None => self.focus_form(state, draft, wishes),
            },
            _ => {}
        }
    }

    fn judge(&mut self, finding: FindingId, verdict: Verdict, wishes: &mut Vec<Wish>) {
        self.give(Action::JudgeFinding { finding, verdict }, wishes);
    }

    /// The AI's part of the form: the way to ask for it, or its findings. Gives whether it is asked for.
    pub(super) fn ai_list(&mut self, ui: &mut Ui, width: f32, draft: &Draft, wishes: &mut Vec<Wish>) -> bool {
        if self.rules.offers_ai(draft) {
            self.ai_heading(ui, width, AiParts::default());
            let asks = controls::link(ui, "Ask for the AI", TEXT).clicked();
            close(ui);
            return asks;
        }
        let Some(parts) = self.rules.shown_of_ai(draft) else { return false };
        self.ai_heading(ui, width, parts);
        let Some(opened) = self.ai.opened.clone() else {
            said(ui, width, "Opening what the AI says\u{2026}");
            close(ui);
            return false;
        };
        let all = opened.findings.all();
        for line in about(all, parts) {
            said(ui, width, &line);
        }
        if all.is_empty() {
            said(ui, width, "The AI has no finding in this case.");
        }
        for (finding, one) in (1..).map(FindingId).zip(all) {
            self.finding_row(ui, width, (finding, one), parts, draft, wishes);
        }
        for note in sentences(&opened.findings) {
            ui.add_space(4.0);
            said(ui, width, &note);
        }
        let key = self.bindings.label(Command::Ai);
        let (outlines, map) = drawable(&opened.findings, parts);
        if !key.is_empty() && (outlines || map) {
            ui.add_space(6.0);
            let words = Keyed::of("Hold ").key(&key).words(" to see the images without AI.");
            controls::keyed(ui, width, &words, &design::regular(design::NOTE), TEXT);
            ui.add_space(4.0);
        }
        close(ui);
        false
    }

    fn ai_heading(&mut self, ui: &mut Ui, width: f32, parts: AiParts) {
        let (rect, response) = ui.allocate_exact_size(vec2(width, 30.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "AI"));
        design::text(ui.painter(), rect.left_top(), Align2::LEFT_TOP, "AI", design::strong(design::NOTE), AI);
        let Some(opened) = self.ai.opened.clone() else { return };
        let mut right = rect.right();
        let mut switch = |ui: &mut Ui, words: &str| {
            let galley = ui.painter().layout_no_wrap(words.to_owned(), design::regular(design::NOTE), TEXT);
            let at = Rect::from_min_size(pos2(right - galley.size().x, rect.top()), vec2(galley.size().x, 18.0));
            right = at.left() - 14.0;
            let response = ui.interact(at, ui.scope_id().with(("ai", words)), Sense::click());
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
            let colour = if response.hovered() { STRONG } else { TEXT };
            ui.painter().galley_with_override_text_color(at.min, galley, colour);
            response.clicked()
        };
        let (outlines, map) = drawable(&opened.findings, parts);
        let drawn = match (outlines, map && self.ai.heat) {
            (true, true) => Some("outlines and heat map"),
            (true, false) => Some("outlines"),
            // One that is hidden by the key; its own switch puts it away.
            (false, true) if !self.ai.visible => Some("heat map"),
            (false, _) => None,
        };
        if let Some(drawn) = drawn
            && switch(ui, &format!("{} {drawn}", if self.ai.visible { "hide" } else { "show" }))
        {
            self.ai.visible = !self.ai.visible;
        }
        if map && switch(ui, if self.ai.heat { "heat map off" } else { "heat map on" }) {
            self.ai.heat = !self.ai.heat;
        }
    }

    fn finding_row(
        &mut self,
        ui: &mut Ui,
        width: f32,
        (finding, one): (FindingId, &AiFinding),
        parts: AiParts,
        draft: &Draft,
        wishes: &mut Vec<Wish>,
    ) {
        let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let focused = self.focus == Focus::Finding(finding);
        let words = width - if parts.judged { VERDICT + 8.0 } else { 0.0 };
        let head = Rect::from_min_size(rect.min, vec2(words, ROW));
        let response = ui.interact(head, ui.scope_id().with(("finding", finding.0)), Sense::click());
        let place = self.place_words(one, finding, parts);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, focused, format!("AI finding {finding}, {place}")));
        let painter = ui.painter();
        if focused || response.hovered() {
            painter.rect_filled(rect, RADIUS, RAISED);
        }
        if focused {
            painter.rect_filled(Rect::from_min_size(rect.min - vec2(design::MARGIN, 0.0), vec2(2.0, ROW)), 0.0, ACCENT);
        }
        let centre = pos2(rect.left() + 18.0, rect.center().y);
        painter.circle_stroke(centre, 8.5, Stroke::new(1.5, AI));
        design::text(painter, centre, Align2::CENTER_CENTER, finding, design::strong(design::SMALL), AI);
        let lines: Vec<(String, bool)> =
            [(place, true)].into_iter().chain(second_line(one, parts).map(|l| (l, false))).filter(|(l, _)| !l.is_empty()).collect();
        let top = rect.center().y - 9.0 * lines.len() as f32;
        for (i, (line, first)) in lines.iter().enumerate() {
            let (font, colour) = if *first { (design::regular(design::BODY), STRONG) } else { (design::regular(design::SMALL), TEXT) };
            let galley = design::shortened(painter, line, font, colour, head.right() - rect.left() - 38.0);
            let y = top + 18.0 * i as f32 + (18.0 - galley.size().y) / 2.0;
            painter.galley(pos2(rect.left() + 38.0, y), galley, colour);
        }
        if response.clicked() {
            self.go_to_finding(finding, draft);
        }
        if parts.judged
            && let Some(verdict) = verdicts(ui, rect, finding, draft.verdicts().get(&finding).copied(), focused)
        {
            self.judge(finding, verdict, wishes);
        }
    }

    /// Where a finding is, in words; nothing of it where outlines are not shown.
    fn place_words(&self, one: &AiFinding, finding: FindingId, parts: AiParts) -> String {
        if one.places.is_empty() {
            return "this case".to_owned();
        }
        if !parts.outline {
            return format!("finding {finding}");
        }
        let Some((series, at)) = self.place_of_finding(finding) else { return "not in these images".to_owned() };
        self.lies_on(series, at).unwrap_or_else(|| format!("finding {finding}"))
    }
}

/// What there is that may be drawn over the images: outlines, and a heat map.
fn drawable(findings: &Findings, parts: AiParts) -> (bool, bool) {
    let outlines = parts.outline && findings.all().iter().any(|one| !one.places.is_empty());
    (outlines, parts.heat_map && !findings.heat_maps().is_empty())
}

/// Score and class of a finding, as far as they may be shown.
fn second_line(one: &AiFinding, parts: AiParts) -> Option<String> {
    let score = one.score.filter(|_| parts.score).map(|s| format!("score {:.2}", s.part()));
    let class = one.class.clone().filter(|_| parts.class);
    let words: Vec<String> = score.into_iter().chain(class).collect();
    (!words.is_empty()).then(|| words.join(" \u{b7} "))
}

/// Products and thresholds, as far as they may be shown; each once.
fn about(all: &[AiFinding], parts: AiParts) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for one in all {
        let product = one.product.clone().filter(|_| parts.name);
        let threshold = one.threshold.filter(|_| parts.threshold).map(|t| format!("threshold {:.2}", t.part()));
        let line = product.into_iter().chain(threshold).collect::<Vec<_>>().join(" \u{b7} ");
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What of the result could not be used, each sentence once.
fn sentences(findings: &Findings) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for note in findings.notes() {
        let sentence = note.sentence().to_owned();
        if !all.contains(&sentence) {
            all.push(sentence);
        }
    }
    all
}

/// The two words of a verdict, of which none is taken until the reader takes one.
fn verdicts(ui: &Ui, row: Rect, finding: FindingId, given: Option<Verdict>, focused: bool) -> Option<Verdict> {
    let frame = Rect::from_min_size(pos2(row.right() - VERDICT - 4.0, row.top() + 6.0), vec2(VERDICT, ROW - 12.0));
    let mut pressed = None;
    for (i, (verdict, word)) in [(Verdict::Agree, "agree"), (Verdict::Reject, "reject")].into_iter().enumerate() {
        let cell = Rect::from_min_size(frame.min + vec2(VERDICT / 2.0 * i as f32, 0.0), vec2(VERDICT / 2.0, frame.height()));
        let response = ui.interact(cell, ui.scope_id().with(("verdict", finding.0, i)), Sense::click());
        let is_taken = given == Some(verdict);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_taken, format!("{word} AI finding {finding}")));
        if response.clicked() {
            pressed = Some(verdict);
        }
        let painter = ui.painter();
        if is_taken || response.hovered() {
            painter.rect_filled(cell.shrink(1.0), RADIUS - 1.0, if is_taken { ACTION } else { RAISED });
        }
        let (font, colour) = if is_taken { (design::strong(design::NOTE), STRONG) } else { (design::regular(design::NOTE), TEXT) };
        let label = if focused { format!("{} {word}", i + 1) } else { word.to_owned() };
        design::text(painter, cell.center(), Align2::CENTER_CENTER, label, font, colour);
        if i > 0 {
            painter.vline(cell.left(), cell.shrink(1.0).y_range(), Stroke::new(1.0, LINE));
        }
    }
    ui.painter().rect_stroke(frame, RADIUS, Stroke::new(1.0, LINE), StrokeKind::Inside);
    pressed
}

fn said(ui: &mut Ui, width: f32, words: &str) {
    form::said(ui, width, words, design::regular(design::NOTE), TEXT);
    ui.add_space(4.0);
}

fn close(ui: &mut Ui) {
    ui.add_space(18.0);
    form::separator(ui);
    ui.add_space(14.0);
}
