//! A reader's sitting: the worklist, the open case, the pause between two, and the way of an action to the record and back.
//!
//! A screen moves on only when a committed state says so. Refuses: rules of a study, drawing of images.

use crate::background::{Coming, arrived, beside};
use crate::keys::Bindings;
use crate::loader::{Budget, Case, Loading, Means};
use crate::panes::RenderPath;
use crate::recorder::{News, Recorder};
use crate::reveal::open_sealed;
use crate::room::{Room, Wish};
use crate::screens::{self, AfterCase, AmendPage, Amended, Asks, Chosen, Entered, PassphrasePage, PatternPage, Signer, TopBar};
use crate::unlock::unlock;
use egui::{Rect, Ui};
use std::path::PathBuf;
use std::sync::Arc;
use tiresias_cases::Findings;
use tiresias_reads::accounts::{Kind, Unlocked};
use tiresias_reads::machine::{Action, Environment, Pattern, Rules, Selftest, State, advises_break};
use tiresias_reads::pair::Pair;
use tiresias_reads::study::Study;
use tiresias_words::{ContentHash, Mm, ReadId};

/// What the images of two cases may take together, bytes: the open one takes what it needs, the next is fetched early only when both fit.
const IMAGE_MEMORY: u64 = 3 << 30;

/// Something that is opened of a case: of which read, and its way until it came or failed. What failed is told once, and not tried again.
type OfCase<T> = Option<(ReadId, Option<Coming<T>>)>;

/// A reader at work.
pub(crate) struct Sitting {
    pub(crate) study: Arc<Study>,
    rules: Arc<Rules>,
    pub(crate) recorder: Recorder,
    /// The reader's keys, where they signed in with a passphrase.
    keys: Option<Arc<Unlocked>>,
    /// The two reads of the open case.
    opening_pair: OfCase<Pair>,
    /// What the AI says about the open case.
    revealing: OfCase<Findings>,
    pub(crate) state: Option<Arc<State>>,
    pub(crate) place: Place,
    /// The next case's images, on their way before they are asked for; and which package they are.
    early: Option<(ContentHash, Loading)>,
    trouble: Option<String>,
    /// What the session is to begin with, until it is asked for.
    arrival: Option<Arrival>,
    /// The adapter samples other bytes than it should, so that the processor computes panes.
    by_processor: bool,
    /// The record can no longer be written: nothing more is accepted.
    stopped: bool,
    /// In the demo: what to type as a passphrase.
    hint: Option<&'static str>,
    /// In the demo: a tour goes along with the next case.
    tours: bool,
}

/// What is found out of the workstation before the session begins.
struct Arrival {
    selftest: Option<Selftest>,
    trying: Option<Coming<Selftest>>,
    pattern: Option<Pattern>,
}

/// Where a sitting goes from a frame.
pub(crate) enum Next {
    Stay,
    /// To set keys and mouse, and back.
    Keys,
    /// The session ends.
    End,
}

pub(crate) enum Place {
    List {
        opening: bool,
    },
    Room(Box<Room>),
    /// After this read was locked.
    Between {
        read: ReadId,
        opening: bool,
    },
    Amend(AmendPage),
    /// Before the session, where the protocol asks for it: the test pattern.
    Pattern(Box<PatternPage>),
    /// At the end: the passphrase, then the receipt.
    Sign {
        page: PassphrasePage,
        unlocking: Option<Coming<Unlocked>>,
        receipt: Option<(String, Result<PathBuf, String>)>,
    },
}

/// Whether a read that was left is locked: an amendment that is left as a draft has its earlier version among the locked ones.
fn is_locked(state: &State, read: &ReadId) -> bool {
    state.draft().is_none_or(|draft| draft.read() != read) && state.locked().iter().any(|locked| locked.read() == read)
}

impl Sitting {
    /// A sitting that begins: its record is being opened, and its screen tried out.
    #[must_use]
    pub(crate) const fn new(
        study: Arc<Study>,
        rules: Arc<Rules>,
        recorder: Recorder,
        keys: Option<Arc<Unlocked>>,
        trying: Coming<Selftest>,
    ) -> Self {
        Self {
            study,
            rules,
            recorder,
            keys,
            opening_pair: None,
            revealing: None,
            state: None,
            place: Place::List { opening: false },
            early: None,
            trouble: None,
            arrival: Some(Arrival { selftest: None, trying: Some(trying), pattern: None }),
            by_processor: false,
            stopped: false,
            hint: None,
            tours: false,
        }
    }

    /// The sitting of somebody who is shown around in the demo: pages say what to type, and a reader's first case has a tour.
    #[must_use]
    pub(crate) fn shown_around(mut self) -> Self {
        self.hint = Some(screens::HINT);
        self.tours = !self.rules.bundle().adjudicates();
        self
    }

    /// Panes are computed by the processor from now on: copies of volumes on the GPU are let go of.
    pub(crate) fn leave_gpu(&mut self, sentence: &str) {
        self.early = None;
        if let Place::Room(room) = &mut self.place {
            room.leave_gpu(sentence);
        }
    }

    /// Takes what the record thread said. Only here does a screen move on.
    pub(crate) fn take_news(
        &mut self,
        now: &tiresias_words::Moment,
        environment: &Environment,
        means: &Means,
        since_start: std::time::Duration,
    ) {
        while let Some(news) = self.recorder.poll() {
            match news {
                News::Ready(state) => {
                    self.state = Some(state);
                    if self.rules.protocol().workstation().pattern {
                        self.place = Place::Pattern(Box::default());
                    }
                }
                News::Committed(state) => {
                    self.follow(&state, means, since_start);
                    self.state = Some(state);
                }
                News::Signed(state, code, results) => {
                    self.state = Some(state);
                    self.place = Place::Sign { page: PassphrasePage::default(), unlocking: None, receipt: Some((code, results)) };
                }
                News::Refused(action, sentence) => match &mut self.place {
                    Place::Room(room) => room.refused(&action, sentence),
                    Place::List { opening } => (*opening, self.trouble) = (false, Some(sentence)),
                    // Said where there is room for it. What was refused after the lock, and did not ask for the next case, came too late to matter.
                    Place::Between { opening: true, .. } => (self.place, self.trouble) = (Place::List { opening: false }, Some(sentence)),
                    Place::Between { opening: false, .. } => {}
                    Place::Amend(page) => page.trouble = Some(sentence),
                    Place::Pattern(_) => self.trouble = Some(sentence),
                    Place::Sign { page, .. } => (page.busy, page.trouble) = (false, Some(sentence)),
                },
                News::Failed(sentence) => {
                    self.trouble = Some(sentence);
                    self.stopped = true;
                }
            }
        }
        self.begin(now, environment);
    }

    /// Asks for the session once the record is there, the screen was tried out, and the test pattern looked at where it has to be.
    fn begin(&mut self, now: &tiresias_words::Moment, environment: &Environment) {
        let Some(arrival) = self.arrival.as_mut().filter(|_| self.state.is_some() && !matches!(self.place, Place::Pattern(_))) else {
            return;
        };
        // What could not be tried counts as not tried: whether that is enough is the protocol's.
        if let Some(tried) = arrived(&mut arrival.trying) {
            arrival.selftest = tried.ok();
        }
        if arrival.trying.is_some() {
            return;
        }
        self.by_processor = arrival.selftest == Some(Selftest::NotSampled);
        let found = Environment { selftest: arrival.selftest, pattern: arrival.pattern, ..environment.clone() };
        self.recorder.ask(Action::StartSession(found), now.clone());
        self.arrival = None;
    }

    /// Fetches what the AI says, once the event that shows it is durable; the record's own state is what the key is opened with.
    pub(crate) fn reveal(&mut self, means: &Means) {
        let (Place::Room(room), Some(state)) = (&mut self.place, &self.state) else {
            self.revealing = None;
            return;
        };
        let is_due = state.open().is_some_and(|draft| draft.revealed().is_some() && draft.read() == room.read());
        if !is_due || room.has_ai() {
            return;
        }
        if let Some((_, coming)) = self.revealing.as_mut().filter(|(read, _)| read == room.read()) {
            match arrived(coming) {
                Some(Ok(findings)) => room.take_ai(Arc::new(findings)),
                Some(Err(sentence)) => room.say(sentence),
                None => {}
            }
            return;
        }
        let (study, state, keys) = (Arc::clone(&self.study), Arc::clone(state), self.keys.clone());
        let case = room.read().case.clone();
        let open = move || open_sealed(&study, &state, keys.as_deref()).map_err(|e| e.for_reader(&case));
        let coming = beside("reveal", &means.wake, open);
        self.revealing = Some((room.read().clone(), Some(coming)));
    }

    /// Fetches the two reads that are to be settled, once the event that shows them is durable; the record's own state is what the key is opened with.
    pub(crate) fn open_pair(&mut self, means: &Means) {
        let (Place::Room(room), Some(state)) = (&mut self.place, &self.state) else {
            self.opening_pair = None;
            return;
        };
        let is_due = state.open().is_some_and(|draft| self.rules.awaits_pair(draft) && draft.read() == room.read());
        if !is_due || room.has_pair() {
            return;
        }
        if let Some((_, coming)) = self.opening_pair.as_mut().filter(|(read, _)| read == room.read()) {
            match arrived(coming) {
                Some(Ok(pair)) => room.take_pair(pair),
                Some(Err(sentence)) => room.say(sentence),
                None => {}
            }
            return;
        }
        let (study, state, rules, keys) = (Arc::clone(&self.study), Arc::clone(state), Arc::clone(&self.rules), self.keys.clone());
        let work = move || match (study.seat(rules.reader()), &keys) {
            (Some(seat), Some(keys)) => seat.open_pair(&rules, &state, keys).map_err(|e| e.to_string()),
            _ => Err("The two reads are sealed, and this study has no keys for you. Ask the study desk for your folder.".to_owned()),
        };
        self.opening_pair = Some((room.read().clone(), Some(beside("pair", &means.wake, work))));
    }

    /// The window goes away: what was not handed over of the open case is, the case stays a draft, and the session ends, all of it in the record.
    pub(crate) fn close(mut self, now: &tiresias_words::Moment) {
        if let (Place::Room(room), Some(draft)) = (&mut self.place, self.state.as_deref().and_then(State::open)) {
            for action in room.last_words(draft) {
                self.recorder.ask(action, now.clone());
            }
        }
        self.recorder.ask(Action::EndSession, now.clone());
        self.recorder.finish();
    }

    /// Whether the reader signs before the session ends.
    fn signs(&self, state: &State) -> bool {
        self.keys.is_some() && state.has_unsigned()
    }

    /// Draws the way to the signature, then its receipt. True when the session ends.
    fn signing(&mut self, ui: &mut Ui, now: &tiresias_words::Moment, means: &Means) -> bool {
        let Place::Sign { page, unlocking, receipt } = &mut self.place else { return false };
        let adjudicates = self.rules.bundle().adjudicates();
        if let Some((code, results)) = receipt {
            let done = if adjudicates { "What you decided is signed." } else { "What you read is signed." };
            return screens::receipt(ui, done, code, results.as_deref().map_err(String::as_str));
        }
        match arrived(unlocking) {
            Some(Ok(keys)) => self.recorder.sign(keys, now.clone()),
            Some(Err(sentence)) => (page.busy, page.trouble) = (false, Some(sentence)),
            None => {}
        }
        let asks = Asks {
            title: if adjudicates { "Sign what you decided" } else { "Sign what you read" },
            note: if adjudicates {
                "Your passphrase signs the decisions of this session as your own."
            } else {
                "Your passphrase signs the reads of this session as your own."
            },
            action: "Sign",
            back: "End without signing",
            hint: self.hint,
            signs: Some(Signer {
                name: self.rules.bundle().display_name(),
                kind: if adjudicates { Kind::Adjudicator } else { Kind::Reader },
            }),
        };
        match screens::passphrase(ui, page, &asks) {
            Some(Entered::Passphrase(typed)) => {
                page.busy = true;
                *unlocking = Some(unlock(&self.study, self.rules.reader(), typed, now.clone(), &means.wake));
                false
            }
            // Once the order to sign went out its receipt is waited for.
            Some(Entered::Back) => !page.busy,
            None => false,
        }
    }

    /// Goes where the committed state is.
    fn follow(&mut self, state: &State, means: &Means, since_start: std::time::Duration) {
        match (state.open(), &self.place) {
            (Some(draft), Place::Room(room)) if room.read() == draft.read() => {}
            (Some(draft), _) => {
                let loading = match self.early.take() {
                    Some((package, loading)) if package == draft.package() => loading,
                    _ => Loading::start(self.case(draft.package()), means.clone(), None),
                };
                let mut room = Room::open(draft.read().clone(), Arc::clone(&self.rules), loading, since_start);
                if self.tours {
                    room.begin_tour();
                }
                self.place = Place::Room(Box::new(room));
                self.trouble = None;
            }
            (None, Place::Room(room)) => {
                let locked = is_locked(state, room.read());
                self.tours = room.is_on_tour() && !locked;
                let read = room.read().clone();
                self.place = if locked { Place::Between { read, opening: false } } else { Place::List { opening: false } };
            }
            (None, _) => {}
        }
    }

    fn case(&self, package: ContentHash) -> Case {
        let overlays = self.rules.protocol().display().overlays();
        Case { dir: self.study.package_dir(&package), hash: package, overlays }
    }

    /// Fetches the next case's images, once those of the open one are all there.
    pub(crate) fn fetch_ahead(&mut self, means: &Means) {
        let (Place::Room(room), Some(state), None) = (&self.place, &self.state, &self.early) else { return };
        let Some(taken) = room.memory() else { return };
        if let Some(next) = state.later().next() {
            let budget = Budget(IMAGE_MEMORY.saturating_sub(taken));
            let loading = Loading::start(self.case(next.package), means.clone(), Some(budget));
            self.early = Some((next.package, loading));
        }
    }

    pub(crate) fn top_bar(&self, ui: &Ui, rect: Rect) {
        let protocol = self.rules.protocol();
        let bundle = self.rules.bundle();
        let mut bar = TopBar { title: protocol.title(), reader: bundle.display_name(), ..TopBar::default() };
        if let (Place::Room(room), Some(state)) = (&self.place, &self.state) {
            let progress = state.progress();
            bar.condition = if bundle.adjudicates() {
                Some("Adjudication")
            } else {
                protocol.condition(&room.read().condition).map(|c| c.label.as_str())
            };
            let code = &room.read().case;
            bar.case = Some(match state.draft() {
                Some(draft) if draft.amends().is_some() => format!("{code} \u{b7} again"),
                Some(draft) if draft.assignment().training => {
                    format!("{code} \u{b7} training {} of {}", progress.locked + 1, progress.of)
                }
                _ => format!("{code} \u{b7} {} of {}", progress.locked + 1, progress.of),
            });
        }
        screens::top_bar(ui, rect, &bar);
    }

    /// Draws the screen; says where to go from here. `comfort`: what keys mean, and how far the pixels of the screen are apart.
    pub(crate) fn screen(
        &mut self,
        ui: &mut Ui,
        now: &tiresias_words::Moment,
        since_start: std::time::Duration,
        comfort: (Arc<Bindings>, Option<Mm>),
        (path, means): (RenderPath, &Means),
    ) -> Next {
        let mut to = Next::Stay;
        let path = if self.by_processor { RenderPath::Cpu } else { path };
        if self.stopped {
            return if screens::stopped(ui, self.trouble.as_deref().unwrap_or_default()) { Next::End } else { to };
        }
        let Some(state) = self.state.clone().filter(|s| s.session().is_some()) else {
            if let Place::Pattern(page) = &mut self.place {
                if let Some(seen) = screens::test_pattern(ui, page, true) {
                    self.place = Place::List { opening: false };
                    if let Some(arrival) = &mut self.arrival {
                        arrival.pattern = Some(seen);
                    }
                    ui.ctx().request_repaint();
                }
                return to;
            }
            // A session that may not begin here.
            if let Some(sentence) = &self.trouble {
                return if screens::stopped(ui, sentence) { Next::End } else { to };
            }
            let words = match &self.state {
                None => "Opening and checking the record\u{2026}",
                Some(_) => "Opening the session: trying out how this machine draws images\u{2026}",
            };
            // No case is open yet. A session that was asked for already is ended, and the record's thread ends when it has done what it was asked for.
            return if screens::waiting(ui, words, Some("Stop")) { Next::End } else { to };
        };
        if matches!(self.place, Place::Sign { .. }) {
            return if self.signing(ui, now, means) { Next::End } else { to };
        }
        let open_next = |recorder: &Recorder| {
            if let Some(next) = state.next() {
                recorder.ask(Action::OpenCase(next.read.clone()), now.clone());
            }
        };
        match &mut self.place {
            Place::List { opening } => match screens::worklist(ui, &self.rules, &state, *opening, self.trouble.as_deref()) {
                Some(Chosen::Next) => {
                    *opening = true;
                    open_next(&self.recorder);
                }
                Some(Chosen::Amend) => self.place = Place::Amend(AmendPage::default()),
                Some(Chosen::End) if self.signs(&state) => {
                    self.place = Place::Sign { page: PassphrasePage::default(), unlocking: None, receipt: None };
                }
                Some(Chosen::End) => to = Next::End,
                None => {}
            },
            // Drawn above.
            Place::Sign { .. } | Place::Pattern(_) => {}
            Place::Amend(page) => match screens::amend(ui, &self.rules, &state, page) {
                Some(Amended::Open(read, reason)) => self.recorder.ask(Action::Amend { read, reason }, now.clone()),
                Some(Amended::Back) => self.place = Place::List { opening: false },
                None => {}
            },
            Place::Between { read, opening } => {
                match screens::between(ui, &self.rules, &state, (read, *opening), advises_break(&self.rules, &state, now)) {
                    Some(AfterCase::Next) => {
                        *opening = true;
                        open_next(&self.recorder);
                    }
                    Some(AfterCase::List) => self.place = Place::List { opening: false },
                    Some(AfterCase::Amend(read)) => self.place = Place::Amend(AmendPage::of(read)),
                    None => {}
                }
            }
            Place::Room(room) => {
                for wish in room.ui(ui, &state, comfort, path, since_start) {
                    match wish {
                        Wish::Record(action) => self.recorder.ask(action, now.clone()),
                        Wish::Leave => self.recorder.ask(Action::CloseCase, now.clone()),
                        Wish::Keys => to = Next::Keys,
                    }
                }
            }
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::is_locked;
    use tiresias_reads::bundle::{Account, CaseToRead, Plan, assign};
    use tiresias_reads::machine::{Action, AnswerValue, Environment, Rules, State, Subject, decide, evolve};
    use tiresias_reads::protocol::Protocol;
    use tiresias_words::{ContentHash, Moment, QuestionId, ReaderId};

    /// A reader's record without a disk.
    struct Record {
        rules: Rules,
        state: State,
        ms: u64,
    }

    impl Record {
        fn act(&mut self, action: Action) {
            self.ms += 500;
            let now = Moment { utc_ms: 1_700_000_000_000, monotonic_ms: self.ms, boot: "b".into() };
            for event in decide(&self.rules, &self.state, action, &now).expect("it is allowed") {
                self.state = evolve(self.state.clone(), &event).expect("what is decided can happen");
            }
        }
        fn answer(&mut self, question: &str, value: AnswerValue) {
            self.act(Action::Answer { question: QuestionId::new(question).expect("a name"), subject: Subject::Case, value });
        }
    }

    #[test]
    fn an_amendment_that_is_left_as_a_draft_is_not_locked() {
        let protocol = Protocol::parse(crate::demo::PROTOCOL).expect("the demo's protocol");
        let name = ReaderId::new("r").expect("a name");
        let readers = [Account { reader: name.clone(), display_name: "R".into() }];
        let cases = [CaseToRead { package: ContentHash([1; 32]), facts: vec![], training: None }];
        let plan = Plan { protocol: &protocol, readers: &readers, cases: &cases, matrix: None, seed: 1, issued_utc_ms: 0 };
        let bundle = assign(&plan).expect("a bundle").remove(0);
        let rules = Rules::new(protocol, bundle).expect("they fit");
        let read = rules.bundle().reads()[0].id(rules.reader());
        let mut record = Record { rules, state: State::new(name), ms: 0 };
        record.act(Action::StartSession(Environment::new("t".into(), "t".into(), [1920, 1080], 1.0)));
        record.act(Action::OpenCase(read.clone()));
        record.act(Action::ImagesShown);
        record.answer("confidence", AnswerValue::Scale(80));
        record.answer("recall", AnswerValue::Choice("yes".to_owned()));
        assert!(!is_locked(&record.state, &read));
        record.act(Action::Lock);
        assert!(is_locked(&record.state, &read));
        record.act(Action::Amend { read: read.clone(), reason: "a slip".to_owned() });
        record.act(Action::ImagesShown);
        record.act(Action::CloseCase);
        assert!(!is_locked(&record.state, &read), "its earlier version is");
    }
}
