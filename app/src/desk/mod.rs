//! The study desk in the window: a coordinator or data manager signs in at the desk's folder, and takes a study from its protocol to its results.
//!
//! Owns its screens and which of them is on. What opens to whom, what is done and what comes next is `reads`' to say; what is done goes the way of the command line
//! ([`crate::work`]). Everything that takes time is on a thread of its own. Refuses: to decide, and truth and scores, which are the results room's.

mod assign;
mod audit;
mod case_row;
mod cases;
mod letters;
mod live;
mod log;
mod outlined;
mod page;
mod people;
mod progress;
mod protocol;
mod sample;
mod sheets;
mod sign;
mod truth;

use crate::background::{Coming, Wake, arrived, beside};
use crate::controls::{self, EntryLook};
use crate::design::{self, ACCENT, CAUTION, FIELD, STRONG, TEXT};
use crate::meeting::has_truth;
use crate::results::{self, ResultsRoom};
use crate::screens::{self, Asks, Entered, PassphrasePage, Signer, TopBar, column, line};
use crate::work::{ACCOUNTS, open_keys};
use assign::AssignPage;
use audit::AuditPage;
use cases::CasesPage;
use egui::{Align, Layout, Rect, RichText, Stroke, Ui, UiBuilder, pos2, vec2};
use people::PeoplePage;
use progress::ProgressPage;
use protocol::ProtocolPage;
use sign::SignPage;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tiresias_reads::accounts::{Account, Accounts, Kind, Unlocked};
use tiresias_reads::desk::{Stand, Stands, Step, stands, who_works_here};
use tiresias_reads::versions::protocol_of;
use truth::TruthPage;

/// A desk's folder that is open.
pub(crate) struct DeskRoom {
    root: PathBuf,
    title: String,
    accounts: Accounts,
    stage: Stage,
    /// In the demo: what to type as a passphrase.
    hint: Option<&'static str>,
}

enum Stage {
    /// Nobody has an account: the first is made.
    First(Box<PeoplePage>),
    Who,
    Passphrase {
        account: Box<Account>,
        page: Box<PassphrasePage>,
        opening: Option<Coming<Unlocked>>,
    },
    Open(Box<Open>),
}

/// Somebody at the desk.
struct Open {
    kind: Kind,
    name: String,
    keys: Arc<Unlocked>,
    step: Option<Step>,
    stands: Stands,
    has_truth: bool,
    looking: Option<Coming<Looked>>,
    /// Why the last look at the folder came to nothing.
    trouble: Option<String>,
    /// They were told that signing out takes away what is not saved.
    is_warned: bool,
    pages: Pages,
}

/// What the desk's folder says now.
struct Looked {
    title: String,
    accounts: Accounts,
    stands: Stands,
    has_truth: bool,
}

/// The pages that were opened, as their person left them.
#[derive(Default)]
struct Pages {
    protocol: Option<ProtocolPage>,
    people: PeoplePage,
    cases: CasesPage,
    sign: SignPage,
    assign: AssignPage,
    progress: ProgressPage,
    audit: AuditPage,
    truth: TruthPage,
    results: Option<Box<ResultsRoom>>,
}

impl Pages {
    /// What is kept nowhere but here, in words for whoever signs out.
    fn unsaved(&self) -> Option<&'static str> {
        if self.protocol.as_ref().is_some_and(ProtocolPage::is_unsaved) {
            Some("The protocol is not saved. Save it, or sign out once more and what you wrote is gone.")
        } else if self.people.holds_key() {
            Some("The recovery key under People is shown nowhere else. Write it down, or sign out once more and it is gone.")
        } else {
            None
        }
    }
}

/// Who is at the desk, for its pages.
pub(super) struct Seated<'a> {
    root: &'a Path,
    accounts: &'a Accounts,
    kind: Kind,
    /// What screens call them.
    name: &'a str,
    keys: &'a Arc<Unlocked>,
    wake: &'a Wake,
    now: Duration,
}

impl Seated<'_> {
    /// As who signs.
    const fn signer(&self) -> Signer<'_> {
        Signer { name: self.name, kind: self.kind }
    }
}

/// What a page did in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Nothing,
    /// Something in the folder is another than before.
    Changed,
}

/// What was chosen.
pub(crate) enum Left {
    Stay,
    Start,
}

/// A desk's folder as it was read, before anybody signs in.
pub(crate) struct DeskFolder {
    root: PathBuf,
    title: String,
    accounts: Accounts,
}

impl DeskFolder {
    /// Reads a desk's accounts and its protocol's title, nothing of its reads.
    pub(crate) fn open(root: &Path) -> Result<Self, String> {
        let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| format!("{}: {e}", root.display()))?;
        Ok(Self { root: root.to_owned(), title: title_of(root), accounts })
    }
    /// What the study is called.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }
}

impl DeskRoom {
    /// The room of a desk's folder.
    pub(crate) fn of(DeskFolder { root, title, accounts }: DeskFolder) -> Self {
        let stage = if accounts.iter().next().is_some() { Stage::Who } else { Stage::First(Box::default()) };
        Self { root, title, accounts, stage, hint: None }
    }

    /// The room of the demo, where somebody is shown what an account sees.
    pub(crate) fn shown_to(folder: DeskFolder, account: &str, hint: &'static str) -> Self {
        let mut room = Self { hint: Some(hint), ..Self::of(folder) };
        if let Some(account) = room.accounts.iter().find(|a| a.id().as_str() == account) {
            room.stage = Stage::Passphrase { account: Box::new(account.clone()), page: Box::default(), opening: None };
        }
        room
    }

    /// Where the desk lies.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Draws the room.
    pub(crate) fn ui(&mut self, ui: &mut Ui, wake: &Wake, now: Duration) -> Left {
        if let Stage::Open(open) = &mut self.stage
            && open.step == Some(Step::Results)
            && let Some(room) = &mut open.pages.results
        {
            match room.ui(ui, wake) {
                results::Left::Stay => return Left::Stay,
                results::Left::Desk => {
                    (open.pages.results, open.step) = (None, Some(Step::Progress));
                    ui.ctx().request_repaint();
                    return Left::Stay;
                }
                results::Left::Start => return Left::Start,
            }
        }
        let (top, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + design::TOP);
        let who = match &self.stage {
            Stage::Open(open) => open.kind.name(),
            Stage::First(_) | Stage::Who | Stage::Passphrase { .. } => "",
        };
        screens::top_bar(ui, top, &TopBar { title: &self.title, reader: who, ..TopBar::default() });
        let mut left = Left::Stay;
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| {
            left = match &self.stage {
                Stage::First(_) => self.first(ui, wake),
                Stage::Who => self.who(ui),
                Stage::Passphrase { .. } => self.passphrase(ui, wake),
                Stage::Open(_) => self.desk(ui, wake, now),
            };
        });
        left
    }

    /// The first account of a study.
    fn first(&mut self, ui: &mut Ui, wake: &Wake) -> Left {
        let Stage::First(page) = &mut self.stage else { return Left::Stay };
        let (mut made, mut left) = (None, Left::Stay);
        ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            line(ui, "Who runs this study?", design::strong(design::TITLE), STRONG);
            let note =
                "The first account is a coordinator's, who makes the others. Coordinators are blinded: they see no truth and no scores.";
            line(ui, note, design::regular(design::BODY), TEXT);
            ui.add_space(12.0);
            made = page.first(ui, &self.root, &self.accounts, wake);
            ui.add_space(20.0);
            // The key that is shown once has one way on: it is written down.
            if !page.holds_key() && controls::link(ui, "Back to the start", TEXT).clicked() {
                left = Left::Start;
            }
        });
        if let Some(accounts) = made {
            self.accounts = accounts;
            self.stage = Stage::Who;
            ui.ctx().request_repaint();
        }
        left
    }

    fn who(&mut self, ui: &mut Ui) -> Left {
        let (mut chosen, mut left) = (None, Left::Stay);
        ui.scope_builder(UiBuilder::new().max_rect(column(ui.max_rect())), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            line(ui, &self.title, design::strong(design::TITLE), STRONG);
            line(ui, "This is the study desk. Who are you?", design::regular(design::BODY), TEXT);
            ui.add_space(12.0);
            for account in who_works_here(&self.accounts) {
                if controls::entry_row(ui, FIELD, account.display_name(), account.kind().name(), false).clicked() {
                    chosen = Some(account.clone());
                }
            }
            ui.add_space(12.0);
            if controls::link(ui, "Back to the start", TEXT).clicked() {
                left = Left::Start;
            }
        });
        if let Some(account) = chosen {
            self.stage = Stage::Passphrase { account: Box::new(account), page: Box::default(), opening: None };
            ui.ctx().request_repaint();
        }
        left
    }

    fn passphrase(&mut self, ui: &mut Ui, wake: &Wake) -> Left {
        let Stage::Passphrase { account, page, opening } = &mut self.stage else { return Left::Stay };
        match arrived(opening) {
            Some(Ok(keys)) => {
                let stands = Stands::default();
                let (kind, name) = (account.kind(), account.display_name().to_owned());
                let (keys, pages) = (Arc::new(keys), Pages::default());
                let (step, looking, trouble) = (None, None, None);
                let mut open = Open { kind, name, keys, step, stands, has_truth: false, looking, trouble, is_warned: false, pages };
                open.look(&self.root, wake);
                self.stage = Stage::Open(Box::new(open));
                from_the_top(ui);
                ui.ctx().request_repaint();
                return Left::Stay;
            }
            Some(Err(sentence)) => (page.busy, page.trouble) = (false, Some(sentence)),
            None => {}
        }
        let note = format!("{}: your passphrase shows that it is you, and signs what you do here.", account.display_name());
        let asks = Asks { title: &self.title, note: &note, action: "Sign in", back: "Somebody else", hint: self.hint, signs: None };
        match screens::passphrase(ui, page, &asks) {
            Some(Entered::Passphrase(typed)) => {
                page.busy = true;
                let (root, id) = (self.root.clone(), account.id().clone());
                *opening = Some(beside("keys", wake, move || open_keys(&root, &id, &typed).map_err(crate::failure::Failure::sentence)));
            }
            Some(Entered::Back) => self.stage = Stage::Who,
            None => {}
        }
        Left::Stay
    }

    /// The steps on the left, and the one that is on.
    fn desk(&mut self, ui: &mut Ui, wake: &Wake, now: Duration) -> Left {
        let Stage::Open(open) = &mut self.stage else { return Left::Stay };
        match arrived(&mut open.looking) {
            Some(Ok(looked)) => {
                (self.title, self.accounts, open.stands, open.has_truth) = (looked.title, looked.accounts, looked.stands, looked.has_truth);
                open.trouble = None;
                if open.step.is_none() {
                    open.step = Some(open.stands.first_for(open.kind));
                }
            }
            Some(Err(sentence)) => open.trouble = Some(sentence),
            None => {}
        }
        let whole = ui.max_rect();
        let (nav, field) = whole.split_left_right_at_x(whole.left() + design::NAV);
        let mut left = Left::Stay;
        if let Some(chosen) = open.nav(ui, nav) {
            match chosen {
                Chosen::Step(step) => {
                    // What another step changed is looked at anew.
                    if let Some(protocol) = &mut open.pages.protocol {
                        protocol.look_again(now);
                    }
                    open.pages.cases.look_again();
                    open.pages.sign.look_again();
                    open.pages.assign.look_again();
                    open.pages.progress.look_again();
                    open.step = Some(step);
                    from_the_top(ui);
                }
                // What is kept nowhere else is gone with the page: whoever leaves it knows.
                Chosen::Out if open.pages.unsaved().is_some() && !open.is_warned => open.is_warned = true,
                Chosen::Out => left = Left::Start,
            }
            ui.ctx().request_repaint();
        }
        open.is_warned &= open.pages.unsaved().is_some();
        let seated = Seated { root: &self.root, accounts: &self.accounts, kind: open.kind, name: &open.name, keys: &open.keys, wake, now };
        let mut did = Did::Nothing;
        ui.scope_builder(UiBuilder::new().max_rect(field), |ui| {
            did = match open.step {
                None => {
                    page::page(ui, field, "", |ui| match &open.trouble {
                        Some(sentence) => page::trouble(ui, Some(sentence)),
                        None => page::said(ui, "Looking how the study stands\u{2026}", TEXT),
                    });
                    Did::Nothing
                }
                Some(Step::Protocol) => open.pages.protocol.get_or_insert_with(ProtocolPage::default).ui(ui, field, &seated),
                Some(Step::People) => open.pages.people.ui(ui, field, &seated),
                Some(Step::Cases) => open.pages.cases.ui(ui, field, &seated),
                Some(Step::Sign) => open.pages.sign.ui(ui, field, &seated),
                Some(Step::Assign) => open.pages.assign.ui(ui, field, &seated),
                Some(Step::Progress) => open.pages.progress.ui(ui, field, &seated),
                Some(Step::Audit) => open.pages.audit.ui(ui, field, &seated),
                Some(Step::Results) if !open.has_truth => open.pages.truth.ui(ui, field, &seated),
                Some(Step::Results) => {
                    let room = ResultsRoom::of(&self.root, &self.title, seated.signer(), Arc::clone(&open.keys), wake);
                    open.pages.results = Some(Box::new(room));
                    ui.ctx().request_repaint();
                    Did::Nothing
                }
            };
        });
        if did == Did::Changed {
            open.look(&self.root, wake);
        }
        left
    }
}

/// A page that is opened begins at its beginning, wherever somebody left it.
fn from_the_top(ui: &Ui) {
    ui.data_mut(egui::util::IdTypeMap::remove_by_type::<egui::scroll_area::State>);
}

/// What was chosen among the steps.
enum Chosen {
    Step(Step),
    Out,
}

impl Open {
    /// Looks how the desk's folder stands now.
    fn look(&mut self, root: &Path, wake: &Wake) {
        let root = root.to_owned();
        self.looking = Some(beside("desk", wake, move || {
            let accounts = Accounts::open(&root.join(ACCOUNTS)).map_err(|e| format!("{}: {e}", root.display()))?;
            Ok(Looked { title: title_of(&root), stands: stands(&root, &accounts), has_truth: has_truth(&root), accounts })
        }));
    }

    fn nav(&self, ui: &mut Ui, rect: Rect) -> Option<Chosen> {
        let mut chosen = None;
        controls::list(ui, rect, |ui| {
            ui.label(RichText::new("Study desk").font(design::strong(design::NOTE)).color(TEXT));
            ui.add_space(6.0);
            let next = self.stands.next();
            for stand in &self.stands.0 {
                let look = (self.step == Some(stand.step), next == Some(stand.step), stand.step.opens_to(self.kind));
                if entry(ui, stand, look) {
                    chosen = Some(Chosen::Step(stand.step));
                }
            }
            ui.with_layout(Layout::bottom_up(Align::LEFT), |ui| {
                if controls::link(ui, "Sign out", TEXT).clicked() {
                    chosen = Some(Chosen::Out);
                }
                if let Some(words) = self.pages.unsaved().filter(|_| self.is_warned) {
                    ui.label(RichText::new(words).font(design::regular(design::NOTE)).color(CAUTION));
                }
                ui.label(RichText::new(&self.name).font(design::regular(design::NOTE)).color(TEXT));
            });
        });
        chosen
    }
}

/// A step in the list: its name, how it stands, a tick where it is done, and a dot where it is this person's to do next.
fn entry(ui: &mut Ui, stand: &Stand, (is_on, is_next, opens): (bool, bool, bool)) -> bool {
    let note = Some(stand.words.as_str()).filter(|words| !words.is_empty());
    let look = EntryLook { label: stand.step.title(), note, is_shown: is_on, opens };
    let response = controls::entry(ui, &look);
    let painter = ui.painter();
    let sign = pos2(response.rect.right() - 14.0, response.rect.top() + 15.0);
    if stand.is_done && !stand.words.is_empty() {
        let stroke = Stroke::new(1.5, ACCENT);
        painter.line_segment([sign + vec2(-5.0, 0.0), sign + vec2(-1.5, 3.5)], stroke);
        painter.line_segment([sign + vec2(-1.5, 3.5), sign + vec2(5.0, -4.0)], stroke);
    } else if is_next && opens {
        painter.circle_filled(sign, 3.5, CAUTION);
    }
    let clicked = response.clicked();
    if !opens {
        response.on_hover_text(format!("For {}", stand.step.for_whom()));
    }
    clicked
}

/// The protocol's title, or where there is none to read, the folder's name.
fn title_of(root: &Path) -> String {
    let name = || root.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    protocol_of(root).map_or_else(|_| name(), |(protocol, _)| protocol.title().to_owned())
}
