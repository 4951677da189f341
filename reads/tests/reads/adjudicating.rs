//! Two reads being settled: the queue and what its bundle tells, the state machine in and out of order, generated sequences, signature and merge.

use crate::simulated::{Reading, answer, choose, package, place, question, rate, reader, start};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use tiresias_reads::accounts::{self, Accounts, Kind, Meaning, Passphrase, Unlocked};
use tiresias_reads::adjudication::{Ask, Drawn, Queue, QueueError, contradicted, queue};
use tiresias_reads::bundle::{Account, Bundle, CaseToRead, Plan, assign};
use tiresias_reads::machine::{
    Action, AnswerValue, Choice, Event, Fact, Illegal, Missing, Refusal, Rules, Settling as Settled, Stage, State, Subject, asked, evolve,
    missing,
};
use tiresias_reads::merge::{Expected, merge};
use tiresias_reads::pair::{Pair, PairError, Side};
use tiresias_reads::protocol::Protocol;
use tiresias_reads::record::{Appended, Record, Results};
use tiresias_reads::seat::{RevealError, Seat, SeatError, issue};
use tiresias_reads::table::{ReadRow, ReadsTable, decisions_table, merged_table};
use tiresias_words::{AccountId, ContentHash, MarkId, ReadId};
use zeroize::Zeroizing;

pub(crate) const RULES: &str = r#"
[adjudication]
condition = "unaided"
controls = 0.5

[[adjudication.discordance]]
kind = "difference"
question = "confidence"
more_than = 20

[[adjudication.discordance]]
kind = "marks"
mm = 15
"#;

fn protocol(first: bool) -> Protocol {
    let text = format!("{}{}", crate::simulated::PROTOCOL, RULES);
    let text = if first { text } else { text.replace("controls", "own_impression_first = false\ncontrols") };
    Protocol::parse(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// What a reader says of case `c`: a rating and marks, in the order in which they are put.
pub(crate) type Says = fn(reader: usize, case: u8) -> (i32, Vec<i32>);

/// Reads of all readers, as they came back.
pub(crate) fn table(protocol: &Protocol, readers: &[&str], cases: u8, says: Says) -> (ReadsTable, Vec<Bundle>) {
    let accounts: Vec<_> = readers.iter().map(|r| Account { reader: reader(r), display_name: format!("Doctor {r}") }).collect();
    let cases: Vec<_> = (1..=cases).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
    let plan = Plan { protocol, readers: &accounts, cases: &cases, matrix: None, seed: 3, issued_utc_ms: 0 };
    let bundles = assign(&plan).expect("assigned");
    let mut rows = Vec::new();
    for (n, bundle) in bundles.iter().enumerate() {
        let mut r = Reading::new(Rules::new(protocol.clone(), bundle.clone()).expect("of one protocol"));
        r.must(start());
        while r.state.next().is_some() {
            let of = r.state.next().expect("a read").package;
            let case = (1..=u8::MAX).find(|c| package(*c) == of).expect("a case");
            let (rating, marks) = says(n, case);
            r.tick(1000 + 7777 * n as u64);
            r.read_next(rating, &marks);
        }
        rows.extend(r.state.locked().iter().map(|read| ReadRow {
            file: None,
            seq: 1,
            condition: read.read().condition.clone(),
            rating: Some(0),
            read: read.clone(),
        }));
    }
    rows.sort_by(|a, b| a.read.read().cmp(b.read.read()));
    (ReadsTable { rows, head: Appended { seq: 0, head: ContentHash([0; 32]) } }, bundles)
}

pub(crate) fn asked_of(
    protocol: &Protocol,
    table: &ReadsTable,
    bundles: &[Bundle],
    taken: &BTreeSet<(ReadId, ReadId)>,
    who: &str,
    seed: u64,
    entropy: u8,
) -> Result<Queue, QueueError> {
    let codes: Vec<_> = bundles.iter().flat_map(Bundle::reads).map(|r| (r.package, r.case.clone())).collect();
    let account = Account { reader: reader(who), display_name: "Adjudicator".into() };
    let ask = Ask { protocol, table, adjudicator: &account, facts: &BTreeMap::new(), codes: &codes, taken, seed, issued_utc_ms: 5 };
    queue(&ask, &Zeroizing::new([entropy; 32]))
}

/// Odd cases differ by rating, every fourth by a mark; the others do not.
fn differs(reader: usize, case: u8) -> (i32, Vec<i32>) {
    let rating = if case % 2 == 1 && reader == 1 { 80 } else { 30 };
    let marks = if case.is_multiple_of(4) && reader == 0 { vec![40, 90] } else { vec![41 - reader as i32] };
    (rating, marks)
}

fn drawn(first: bool) -> (Protocol, Queue, ReadsTable) {
    let protocol = protocol(first);
    let (table, bundles) = table(&protocol, &["r1", "r2"], 8, differs);
    let made = asked_of(&protocol, &table, &bundles, &BTreeSet::new(), "ann", 77, 9).expect("a queue");
    (protocol, made, table)
}

#[test]
fn the_queue_is_what_differs_and_controls_that_nothing_tells_apart() {
    let (protocol, made, table) = drawn(true);
    let discordant: BTreeSet<_> = made.drawn.iter().filter(|d| !d.control).map(|d| case_of(&made.bundle, d)).collect();
    assert_eq!(discordant, [1u8, 3, 4, 5, 7, 8].map(package).into());
    assert_eq!(made.drawn.iter().filter(|d| d.control).count(), 1, "half of two concordant cases");
    let sizes: BTreeSet<usize> = made.bundle.reads().iter().map(|r| r.pair.as_ref().expect("a pair").size()).collect();
    assert_eq!(sizes.len(), 1, "controls and discordant cases, with marks and without, have one size");
    let text = made.bundle.to_json();
    for hidden in ["r1", "r2", "Doctor", "control", "80"].iter().filter(|h| h.len() > 2 || !h.chars().all(|c| c.is_ascii_digit())) {
        assert!(!text.contains(&format!("\"{hidden}\"")), "{hidden}");
    }
    assert!(table.rows.iter().all(|r| !text.contains(&format!("\"{}\"", r.read.read().case))), "codes are new");
    assert_eq!(Bundle::parse(text.as_bytes(), &protocol).as_ref(), Ok(&made.bundle));
    // The same desk draws the same; another secret, another order and other sides.
    let (_, again, _) = drawn(true);
    assert_eq!((again.bundle, &again.drawn), (made.bundle.clone(), &made.drawn));
    let first_is_a = made.drawn.iter().filter(|d| d.a.reader == reader("r1")).count();
    assert!((1..made.drawn.len()).contains(&first_is_a), "A is one reader here and the other there");
    // What is opened is what the two say.
    let sealed = made.bundle.reads()[0].pair.as_ref().expect("a pair");
    let pair = sealed.open(&made.keys[0].1, &protocol).expect("opens");
    let of = |id: &ReadId| Side::of(&table.rows.iter().find(|r| r.read.read() == id).expect("a row").read, protocol.form());
    assert_eq!((pair.a(), pair.b()), (&of(&made.drawn[0].a), &of(&made.drawn[0].b)));
    assert_eq!(sealed.open(&made.keys[1].1, &protocol), Err(PairError::Seal));
}

fn case_of(bundle: &Bundle, drawn: &Drawn) -> ContentHash {
    bundle.reads().iter().find(|r| r.id(bundle.reader()) == drawn.read).expect("in the bundle").package
}

#[test]
fn nobody_settles_their_own_reads_or_what_another_settles() {
    let protocol = protocol(true);
    let (table, bundles) = table(&protocol, &["r1", "r2", "r3"], 6, differs);
    let of = |taken: &BTreeSet<_>, who: &str| asked_of(&protocol, &table, &bundles, taken, who, 1, 9);
    let all = of(&BTreeSet::new(), "ann").expect("a queue");
    // Three readers, so two pairs of which one differs: a case comes more than once, each time under a name of its own.
    let names: BTreeSet<_> = all.bundle.reads().iter().map(|r| (&r.case, r.package, r.repeat)).collect();
    assert_eq!(names.len(), all.drawn.len());
    assert!(all.bundle.reads().iter().any(|r| r.repeat == 2));
    assert!(matches!(of(&BTreeSet::new(), "r1"), Err(QueueError::Nothing)), "a reader of every case");
    let both = |d: &Drawn| [(d.a.clone(), d.b.clone()), (d.b.clone(), d.a.clone())];
    let taken: BTreeSet<_> = all.drawn.iter().flat_map(both).collect();
    let rest = of(&taken, "ben").expect("controls are left");
    assert!(rest.drawn.iter().all(|d| d.control && !taken.contains(&(d.a.clone(), d.b.clone()))));
    let plain = Protocol::parse(crate::simulated::PROTOCOL).expect("a protocol");
    assert!(matches!(asked_of(&plain, &table, &bundles, &taken, "ann", 1, 9), Err(QueueError::None)));
}

/// An adjudicator at work, with the pairs of their bundle open.
struct Settling {
    r: Reading,
    queue: Queue,
    table: ReadsTable,
}

impl Settling {
    fn new(first: bool) -> Self {
        let (protocol, queue, table) = drawn(first);
        let mut r = Reading::new(Rules::new(protocol, queue.bundle.clone()).expect("of one protocol"));
        r.must(start());
        Self { r, queue, table }
    }
    fn pair(&self, at: usize) -> Pair {
        let sealed = self.queue.bundle.reads()[at].pair.as_ref().expect("a pair");
        sealed.open(&self.queue.keys[at].1, self.r.rules.protocol()).expect("opens")
    }
    fn shown(&self, at: usize) -> Action {
        Action::PairShown(Box::new(self.pair(at)))
    }
    /// To where A and B are on the screen.
    fn begin(&mut self, at: usize) {
        self.r.open_next();
        if self.r.state.open().expect("open").settling().is_none() {
            self.r.must(answer("confidence", 55));
            self.r.must(Action::Lock);
        }
        self.r.must(self.shown(at));
    }
    fn refuses(&mut self, action: Action, refusal: &Refusal) {
        let said = format!("{action:?}");
        assert_eq!(self.r.act(action).as_ref(), Err(refusal), "{said}");
    }
    fn stage(&self) -> Stage {
        Stage::of(&self.r.rules, self.r.state.open().expect("open"))
    }
}

fn reason() -> Action {
    Action::GiveReason("seen by one, missed by the other".into())
}

#[test]
fn nothing_of_the_pair_is_there_before_the_own_impression_is_locked() {
    let mut s = Settling::new(true);
    let kinds = |events: &[Event]| {
        events
            .iter()
            .map(|e| format!("{:?}", e.fact()))
            .map(|f| f.split(&[' ', '(', '{'][..]).next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let opened = s.r.open_next();
    assert_eq!(kinds(&opened), ["CaseOpened", "ImagesShown"]);
    assert_eq!(s.stage(), Stage::First);
    for action in [s.shown(0), Action::Settle(Choice::A), reason()] {
        s.refuses(action, &Refusal::NoPair);
    }
    s.refuses(Action::Reveal, &Refusal::NoAi);
    s.refuses(Action::Lock, &Refusal::Incomplete(vec![Missing::Answer { question: question("confidence"), subject: Subject::Case }]));
    s.r.must(answer("confidence", 55));
    let locked = s.r.must(Action::Lock);
    assert_eq!(kinds(&locked), ["ImpressionLocked", "PairRevealed"], "in this order, in one step");
    assert_eq!(s.stage(), Stage::Settling);
    assert!(s.r.rules.awaits_pair(s.r.state.open().expect("open")));
    // Now the impression stands, and nothing is decided.
    s.refuses(answer("confidence", 60), &Refusal::NotOwn);
    s.refuses(Action::Undo, &Refusal::NotOwn);
    s.refuses(Action::Settle(Choice::A), &Refusal::NoPair);
    s.refuses(Action::Lock, &Refusal::Incomplete(vec![Missing::Pair]));
    let other = s.shown(1);
    s.refuses(other, &Refusal::OtherPair);
    let turned = Pair::new(s.pair(0).b().clone(), s.pair(0).a().clone(), ContentHash([0; 32]));
    s.refuses(Action::PairShown(Box::new(turned)), &Refusal::OtherPair);
    s.r.must(s.shown(0));
    assert_eq!(s.r.must(s.shown(0)), [], "a second time changes nothing");
    assert_eq!(missing(&s.r.rules, &s.r.state), [Missing::Decision]);
    assert!(asked(&s.r.rules, s.r.state.open().expect("open")).is_empty(), "no form before a read of their own is chosen");
    s.refuses(place(1.0, 2.0, 3.0), &Refusal::NotOwn);
    s.refuses(Action::GiveReason(" ".into()), &Refusal::Reason);
    s.r.must(Action::Settle(Choice::A));
    s.refuses(Action::Lock, &Refusal::Incomplete(vec![Missing::Reason]));
    s.r.must(reason());
    assert_eq!(kinds(&s.r.must(Action::Lock)), ["ReadLocked"]);
    let locked = &s.r.state.locked()[0];
    let side = Side { answers: locked.answers().clone(), not_evaluable: locked.not_evaluable().clone(), marks: locked.marks().clone() };
    assert_eq!(&side, s.pair(0).a(), "what was accepted is what is locked");
    let impression = locked.impression().expect("an impression");
    assert_eq!(impression.answers().of_case(&question("confidence")), Some(&AnswerValue::Scale(55)));
    assert_eq!(locked.settled().and_then(Settled::choice), Some(Choice::A));
    let id = locked.read().clone();
    let refused = s.r.act(Action::Amend { read: id, reason: "again".into() });
    assert!(matches!(refused, Err(Refusal::NoAmendment(why)) if why.contains("were shown")));
}

#[test]
fn whoever_settles_is_not_trained() {
    let plain = protocol(true);
    let (table, bundles) = table(&plain, &["r1", "r2"], 8, differs);
    // The training of the readers, of which the adjudicator's bundle has nothing.
    let training = "\n[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n";
    let trained = Protocol::parse(&format!("{}{RULES}{training}", crate::simulated::PROTOCOL)).unwrap_or_else(|e| panic!("{e}"));
    let queue = asked_of(&trained, &table, &bundles, &BTreeSet::new(), "ann", 77, 9).expect("a queue");
    let mut r = Reading::new(Rules::new(trained, queue.bundle).expect("of one protocol"));
    r.must(start());
    r.open_next();
    assert!(r.state.open().is_some());
}

#[test]
fn an_own_read_is_as_complete_as_any_and_the_choice_can_change_until_the_lock() {
    let mut s = Settling::new(true);
    s.begin(0);
    s.r.must(Action::Settle(Choice::B));
    s.r.must(Action::Settle(Choice::Own));
    s.r.must(place(1.0, 2.0, 3.0));
    s.r.must(Action::ClearAnswer { question: question("confidence"), subject: Subject::Case });
    let said = missing(&s.r.rules, &s.r.state);
    let unanswered = Missing::Answer { question: question("confidence"), subject: Subject::Case };
    assert_eq!(said, [Missing::Reason, unanswered, Missing::MarkRating(MarkId(1))]);
    // Back to B: what was begun waits, and is not what is locked.
    s.r.must(Action::Settle(Choice::B));
    assert_eq!(missing(&s.r.rules, &s.r.state), [Missing::Reason]);
    s.refuses(rate(1, 40), &Refusal::NotOwn);
    s.r.must(Action::Settle(Choice::Own));
    for action in [rate(1, 40), answer("confidence", 90), choose("recall", "yes"), reason(), Action::Lock] {
        s.r.must(action);
    }
    let locked = &s.r.state.locked()[0];
    assert_eq!(locked.answers().of_case(&question("confidence")), Some(&AnswerValue::Scale(90)));
    assert_eq!((locked.marks().len(), locked.settled().and_then(Settled::accepted)), (1, None));
}

#[test]
fn where_no_impression_comes_first_the_pair_is_there_when_the_case_opens() {
    let mut s = Settling::new(false);
    let opened = s.r.open_next();
    assert!(matches!(opened[1].fact(), Fact::PairRevealed { .. }));
    s.r.must(s.shown(0));
    // Left and opened again: what was shown stays, and is not revealed a second time.
    s.r.must(Action::Settle(Choice::B));
    s.r.must(Action::CloseCase);
    let again = s.r.open_next();
    assert!(!again.iter().any(|e| matches!(e.fact(), Fact::PairRevealed { .. })));
    for action in [reason(), Action::Lock] {
        s.r.must(action);
    }
    let locked = &s.r.state.locked()[0];
    assert!(locked.impression().is_none() && locked.marks() == &s.pair(0).b().marks);
}

#[test]
fn a_record_in_which_a_pair_came_out_of_order_is_refused() {
    let mut s = Settling::new(true);
    s.r.open_next();
    s.r.must(answer("confidence", 55));
    let before = s.r.state.clone();
    let locked = s.r.must(Action::Lock);
    let shown = s.r.must(s.shown(0));
    let after_shown = s.r.state.clone();
    let decided = [s.r.must(Action::Settle(Choice::A)), s.r.must(reason())].concat();
    let end = s.r.must(Action::Lock);
    let between = evolve(before.clone(), &locked[0]).expect("the impression");
    assert_eq!(evolve(before.clone(), &shown[0]), Err(Illegal::Pair), "shown before it may be");
    assert_eq!(evolve(between.clone(), &shown[0]), Err(Illegal::Pair));
    assert_eq!(evolve(between.clone(), &end[0]), Err(Illegal::AwaitsAi));
    assert_eq!(evolve(before, &end[0]), Err(Illegal::Pair), "locked without a decision");
    assert_eq!(evolve(after_shown.clone(), &shown[0]), Err(Illegal::Pair), "shown twice");
    assert_eq!(evolve(after_shown.clone(), &locked[1]), Err(Illegal::Pair), "revealed twice");
    assert_eq!(evolve(after_shown.clone(), &end[0]), Err(Illegal::Pair), "no decision");
    let chosen = evolve(after_shown, &decided[0]).expect("chosen");
    assert_eq!(evolve(chosen, &end[0]), Err(Illegal::Pair), "no reason");
    // A reader's read has no pair.
    let mut r = Reading::new(crate::simulated::rules(2));
    r.must(start());
    r.open_next();
    assert_eq!(r.act(reason()), Err(Refusal::NoPair));
}

/// Coordinator, adjudicator and two readers with keys. Made once: a passphrase takes its time.
fn people() -> &'static (Accounts, BTreeMap<&'static str, Unlocked>) {
    static MADE: OnceLock<(Accounts, BTreeMap<&'static str, Unlocked>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let phrase = Passphrase::new("a long enough phrase".into()).expect("long enough");
        let (mut all, mut keys) = (Accounts::default(), BTreeMap::new());
        let kinds = [("cora", Kind::Coordinator), ("ann", Kind::Adjudicator), ("r1", Kind::Reader), ("r2", Kind::Reader)];
        for (n, (name, kind)) in (1u8..).zip(kinds) {
            let id = AccountId::new(name).expect("a name");
            let made = accounts::Account::create(id, kind, name, &phrase, &Zeroizing::new([n; 32])).expect("made").0;
            keys.insert(name, made.open(&phrase).expect("opens"));
            all.add(made).expect("added");
        }
        (all, keys)
    })
}

#[test]
fn a_seat_opens_the_pair_when_the_machine_says_so_and_an_adjudicators_alone() {
    let (all, keys) = people();
    let mut s = Settling::new(true);
    let issued = issue(&s.queue.bundle, &keys["cora"], 5).expect("issued");
    let account = |name: &str| all.get(&AccountId::new(name).expect("a name")).expect("there").clone();
    let seat = |name: &str| Seat::new(account(name), &s.queue.bundle, issued.clone(), &s.queue.keys, Vec::new(), &Zeroizing::new([4; 32]));
    assert_eq!(seat("r1").err(), Some(SeatError::Account), "a reader's account does not adjudicate");
    let seat = seat("ann").expect("a seat");
    let open = |state: &State, who: &str| seat.open_pair(&s.r.rules, state, &keys[who]);
    assert!(matches!(open(&s.r.state, "ann"), Err(RevealError::Refused(Refusal::NoCaseOpen))));
    let mut r = s.r.clone();
    r.open_next();
    assert!(matches!(open(&r.state, "ann"), Err(RevealError::Refused(Refusal::NoPair))));
    r.must(answer("confidence", 55));
    r.must(Action::Lock);
    assert_eq!(open(&r.state, "ann"), Ok(s.pair(0)));
    assert!(matches!(open(&r.state, "r1"), Err(RevealError::Account(_))));
    // The same bundle in a reader's hands, or a reader's bundle in hers, is no seat; and her sessions are signed as what she is.
    s.begin(0);
    for action in [Action::Settle(Choice::B), reason(), Action::Lock] {
        s.r.must(action);
    }
    let sign = |who: &str| Action::Sign(Box::new(keys[who].sign(Meaning::Session, &ContentHash([0; 32]), 1)));
    s.refuses(sign("r1"), &Refusal::OtherReader);
    assert_eq!(s.r.must(sign("ann")).len(), 1);
}

#[test]
fn a_decision_comes_back_beside_the_reads_and_falls_when_one_of_them_changes() {
    let (all, keys) = people();
    let dir = tempfile::tempdir().expect("a folder");
    let s = Settling::new(true);
    let hash = s.r.rules.protocol().hash();
    let mut record = Record::open(&dir.path().join("record.sqlite"), hash, "test").expect("a record");
    let mut r = Reading::new(s.r.rules.clone());
    let mut act = |r: &mut Reading, action: Action| {
        r.tick(500);
        record.append(&r.must(action)).expect("recorded");
        record.to_sign()
    };
    act(&mut r, start());
    let begin = [Action::OpenCase(r.next_read()), Action::ImagesShown, answer("confidence", 55), Action::Lock, s.shown(0)];
    let mut head = ContentHash([0; 32]);
    for action in begin.into_iter().chain([Action::Settle(Choice::B), reason(), Action::Lock]) {
        head = act(&mut r, action);
    }
    let at = r.now.utc_ms;
    act(&mut r, Action::Sign(Box::new(keys["ann"].sign(Meaning::Session, &head, at))));
    act(&mut r, Action::EndSession);
    let results = Results::parse(record.results().expect("signed").as_bytes()).expect("whole");
    let expected = Expected { protocol: hash, bundles: [(reader("ann"), s.queue.bundle.hash())].into() };
    let mut merged = merge(&expected, all, &[results], &[]);
    assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
    let protocol = s.r.rules.protocol();
    assert_eq!(merged_table(&merged, protocol).expect("a table").rows.len(), 0, "a decision is no read");
    let decisions = decisions_table(&merged, protocol).expect("a table");
    assert_eq!(decisions.rows.iter().map(|row| row.read.read()).collect::<Vec<_>>(), [&s.queue.drawn[0].read]);
    // The two reads that count at the desk are those that were shown, or the decision falls.
    let file = decisions_file(&merged);
    let with = |merged: &mut tiresias_reads::merge::Merged, id: &ReadId, of: &ReadId| {
        let read = s.table.rows.iter().find(|row| row.read.read() == of).expect("a row").read.clone();
        merged.reads.insert(id.clone(), tiresias_reads::merge::MergedRead { read, file, seq: 1, impression_seq: None });
    };
    let Drawn { a, b, .. } = &s.queue.drawn[0];
    assert_eq!(contradicted(protocol, &merged, &s.queue.drawn).len(), 1, "the reads are not there");
    with(&mut merged, a, a);
    with(&mut merged, b, b);
    assert_eq!(contradicted(protocol, &merged, &s.queue.drawn), []);
    with(&mut merged, a, b);
    let fallen = contradicted(protocol, &merged, &s.queue.drawn);
    assert!(fallen.len() == 1 && fallen[0].to_string().contains("has to be settled again"), "{fallen:?}");
}

fn decisions_file(merged: &tiresias_reads::merge::Merged) -> ContentHash {
    *merged.files.first().expect("a file")
}

#[derive(Debug, Clone)]
enum Step {
    Open,
    Shown,
    Other,
    Settle(Choice),
    Reason,
    Lock,
    Answer(i32),
    Place,
    Rate,
    Undo,
    Reveal,
    Close,
    Pause,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Open),
        4 => Just(Step::Shown),
        1 => Just(Step::Other),
        3 => prop_oneof![Just(Choice::A), Just(Choice::B), Just(Choice::Own)].prop_map(Step::Settle),
        3 => Just(Step::Reason),
        6 => Just(Step::Lock),
        3 => (0..101).prop_map(Step::Answer),
        1 => Just(Step::Place),
        2 => Just(Step::Rate),
        1 => Just(Step::Undo),
        1 => Just(Step::Reveal),
        1 => Just(Step::Close),
        1 => Just(Step::Pause),
        1 => Just(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    /// The rules a second time, on the events alone.
    #[test]
    fn no_sequence_shows_a_pair_early_or_locks_a_decision_that_nobody_made(first: bool, steps in prop::collection::vec(step(), 1..120)) {
        let s = made(first);
        let mut r = s.r.clone();
        let mut events: Vec<Event> = Vec::new();
        for step in steps {
            r.tick(300);
            let at = r.state.locked().len();
            let shown = |at: usize| (at < s.queue.bundle.reads().len()).then(|| s.shown(at));
            let action = match step {
                Step::Open => r.state.next().map(|n| Action::OpenCase(n.read.clone())),
                Step::Shown => shown(at),
                Step::Other => shown(at + 1),
                Step::Settle(choice) => Some(Action::Settle(choice)),
                Step::Reason => Some(reason()),
                Step::Lock => Some(Action::Lock),
                Step::Answer(n) => Some(answer("confidence", n)),
                Step::Place => Some(place(1.0, 2.0, 3.0)),
                Step::Rate => Some(rate(1, 50)),
                Step::Undo => Some(Action::Undo),
                Step::Reveal => Some(Action::Reveal),
                Step::Close => Some(Action::CloseCase),
                Step::Pause => Some(Action::Pause),
                Step::Crash => Some(start()),
            };
            let Some(action) = action else { continue };
            let opens = matches!(action, Action::OpenCase(_));
            events.extend(r.act(action).unwrap_or_default());
            if opens && r.state.open().is_some() && !r.state.images_shown() {
                events.extend(r.must(Action::ImagesShown));
            }
        }
        let mut open: Option<(Vec<&Fact>, usize)> = None;
        for event in &events {
            match event.fact() {
                Fact::CaseOpened { .. } => open = Some(open.take().unwrap_or_default()),
                Fact::AiRevealed { .. } | Fact::FindingsShown { .. } => prop_assert!(false, "AI beside a pair"),
                Fact::ReadLocked { read, .. } => {
                    let (facts, number) = open.take().expect("a case was open");
                    let has = |f: fn(&Fact) -> bool| facts.iter().any(|fact| f(fact));
                    let impression = has(|f| matches!(f, Fact::ImpressionLocked { .. }));
                    prop_assert_eq!(impression, first);
                    let whole = has(|f| matches!(f, Fact::PairShown(_))) && has(|f| matches!(f, Fact::ReasonGiven { .. }));
                    prop_assert!(whole, "a decision without a pair or a reason");
                    let choice = facts.iter().rev().find_map(|f| if let Fact::Settled { choice } = f { Some(*choice) } else { None });
                    let locked = r.state.locked().iter().find(|l| l.read() == read).expect("locked");
                    let pair = s.pair(number);
                    match choice.expect("a decision") {
                        Choice::A => prop_assert!(locked.answers() == &pair.a().answers && locked.marks() == &pair.a().marks),
                        Choice::B => prop_assert!(locked.answers() == &pair.b().answers && locked.marks() == &pair.b().marks),
                        Choice::Own => prop_assert!(locked.answers().of_case(&question("confidence")).is_some()),
                    }
                    open = Some((Vec::new(), number + 1));
                }
                fact => {
                    let (facts, _) = open.get_or_insert_default();
                    let said = |f: &&Fact| matches!(f, Fact::Answered { .. } | Fact::MarkPlaced { .. } | Fact::MarkRated { .. } | Fact::Undone);
                    if matches!(fact, Fact::PairRevealed { .. }) && first {
                        let by_lock = matches!(facts.last(), Some(Fact::ImpressionLocked { .. }));
                        prop_assert!(by_lock, "revealed by the lock and nothing else");
                    }
                    if said(&fact) && facts.iter().any(|f| matches!(f, Fact::PairRevealed { .. })) {
                        let choice = facts.iter().rev().find_map(|f| if let Fact::Settled { choice } = f { Some(*choice) } else { None });
                        prop_assert_eq!(choice, Some(Choice::Own));
                    }
                    facts.push(fact);
                }
            }
        }
    }
}

fn made(first: bool) -> &'static Settling {
    static MADE: OnceLock<[Settling; 2]> = OnceLock::new();
    &MADE.get_or_init(|| [Settling::new(false), Settling::new(true)])[usize::from(first)]
}
