//! AI, washout, training and amendments, each by name. `generated` does the same with sequences that nobody thought of.

use crate::findings::{aided_alone, findings_are_told_once_and_each_is_judged};
use crate::simulated::{BUILD, Reading, answer, choose, package, place, question, rate, reader, start};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use tiresias_reads::accounts::{self, Kind, Meaning, Passphrase, Unlocked};
use tiresias_reads::bundle::{Account, Bundle, CaseToRead, Plan, TrainingCase, assign};
use tiresias_reads::machine::{
    Action, AnswerValue, Draft, Due, Environment, Event, Fact, Leave, LeaveError, Missing, Pattern, Refusal, Rules, Selftest, Subject,
    Verdict, evolve, missing,
};
use tiresias_reads::protocol::{Protocol, template};
use tiresias_reads::seat::{Seat, SeatError, issue};
use tiresias_reads::simulation::{Known, SimulatedReader, Skill};
use tiresias_words::{AccountId, CaseCode, ContentHash, MarkId, QuestionId, ReadId};

pub(crate) const PROTOCOL: &str = include_str!("../conditions.toml");
pub(crate) const DAY: u64 = 24 * 3_600_000;

pub(crate) fn rules_of(text: &str, cases: u8, training: u8) -> Rules {
    let protocol = Protocol::parse(text).unwrap_or_else(|e| panic!("{e}"));
    let accounts = ["r1", "r2"].map(|r| Account { reader: reader(r), display_name: format!("Reader {r}") });
    let case = |c: u8, training| CaseToRead { package: package(c), facts: vec![], training };
    let study = (1..=cases).map(|c| case(c, None));
    let trained = (101..101 + training).map(|c| case(c, Some(TrainingCase { signal: c % 2 == 1 })));
    let cases: Vec<_> = study.chain(trained).collect();
    let plan = Plan { protocol: &protocol, readers: &accounts, cases: &cases, matrix: None, seed: 5, issued_utc_ms: 1_699_999_000_000 };
    let bundle = assign(&plan).unwrap_or_else(|e| panic!("{e}")).remove(0);
    Rules::new(protocol, bundle).expect("of one protocol")
}

/// The desk's keys, and the account and keys of reader r1. Made once: a passphrase takes its time.
pub(crate) fn keys() -> &'static (Unlocked, accounts::Account, Unlocked) {
    static MADE: OnceLock<(Unlocked, accounts::Account, Unlocked)> = OnceLock::new();
    MADE.get_or_init(|| {
        let phrase = Passphrase::new("a long enough phrase".into()).expect("long enough");
        let made = |name: &str, kind, n: u8| {
            let id = AccountId::new(name).expect("a name");
            accounts::Account::create(id, kind, name, &phrase, &zeroize::Zeroizing::new([n; 32])).expect("made").0
        };
        let (cora, rita) = (made("cora", Kind::Coordinator, 1), made("r1", Kind::Reader, 2));
        let (cora, own) = (cora.open(&phrase).expect("opens"), rita.open(&phrase).expect("opens"));
        (cora, rita, own)
    })
}

/// The rules with leave to open one read early.
pub(crate) fn with_leave(rules: Rules, read: ReadId) -> Rules {
    let (cora, rita, _) = keys();
    let leave = Leave::give(rules.protocol().hash(), read, "the reader moves away", cora, 5).expect("given");
    let issued = issue(rules.bundle(), cora, 5).expect("issued");
    let seat = Seat::new(rita.clone(), rules.bundle(), issued, &[], vec![leave], &zeroize::Zeroizing::new([3; 32])).expect("a seat");
    seat.widen(rules)
}

/// What comes next in a study without training.
pub(crate) fn begun(text: &str, cases: u8) -> Reading {
    let mut r = Reading::new(rules_of(text, cases, 0));
    r.must(start());
    r
}

pub(crate) fn of(name: &str) -> &'static str {
    template(name).expect("a template").text
}

fn says(events: &[Event], kind: fn(&Fact) -> bool) -> bool {
    events.iter().any(|e| kind(e.fact()))
}

pub(crate) fn answer_with(id: &str, subject: Subject, value: AnswerValue) -> Action {
    Action::Answer { question: question(id), subject, value }
}

#[test]
fn a_sequential_read_is_locked_then_revealed_then_locked_again() {
    let mut r = begun(of("sequential"), 6);
    let read = r.next_read();
    r.open_next();
    assert_eq!(r.act(Action::Reveal), Err(Refusal::NoAi), "before the first lock");
    r.must(answer("confidence", 30));
    r.must(choose("action", "nothing"));
    let locked = r.must(Action::Lock);
    assert!(says(&locked, |f| matches!(f, Fact::ImpressionLocked { .. })) && locked.len() == 1);
    assert!(r.state.locked().is_empty() && r.state.open().is_some_and(Draft::awaits_ai));
    assert_eq!(r.act(answer("confidence", 31)), Err(Refusal::AwaitsAi));
    assert_eq!(r.act(Action::Lock), Err(Refusal::AwaitsAi));
    // Left and opened again, it still waits for the AI.
    r.must(Action::CloseCase);
    r.open_next();
    assert_eq!(r.act(answer("confidence", 31)), Err(Refusal::AwaitsAi));
    assert!(says(&r.must(Action::Reveal), |f| matches!(f, Fact::AiRevealed { .. })));
    assert!(r.must(Action::Reveal).is_empty(), "once");
    r.must(answer("confidence", 80));
    r.must(choose("action", "follow-up"));
    assert!(
        matches!(r.act(Action::Lock), Err(Refusal::Incomplete(m)) if m.len() == 2),
        "the interval is asked now, and the AI was not seen"
    );
    findings_are_told_once_and_each_is_judged(&mut r);
    assert!(matches!(r.act(Action::Lock), Err(Refusal::Incomplete(m)) if m.len() == 1), "the interval");
    r.must(answer_with("interval", Subject::Case, AnswerValue::Number("6".parse().unwrap())));
    r.must(Action::Lock);
    let done = &r.state.locked()[0];
    assert_eq!((done.read(), done.answers().of_case(&question("confidence"))), (&read, Some(&AnswerValue::Scale(80))));
    let before = done.impression().expect("the first part");
    assert_eq!(before.answers().of_case(&question("confidence")), Some(&AnswerValue::Scale(30)));
    assert!(before.revealed().is_none() && done.revealed().is_some());
    let no = r.act(Action::Amend { read, reason: "a slip".into() });
    assert_eq!(no, Err(Refusal::NoAmendment("the AI was shown for this case")));
}

/// Whoever starts anew knows nothing but the record: what was rated with the AI is not rated again.
#[test]
fn a_simulated_reader_who_starts_anew_at_every_step_gives_no_answer_twice() {
    let mut r = Reading::new(rules_of(of("sequential"), 6, 0));
    let (rules, known, skill) = (r.rules.clone(), Known::default(), Skill::default());
    let environment = Environment::that_fits(rules.protocol(), BUILD);
    let mut given: BTreeMap<(QuestionId, Subject), AnswerValue> = BTreeMap::new();
    let (mut revised, mut steps) = (0, 0);
    while r.state.locked().len() < 2 {
        steps += 1;
        assert!(steps < 1_000, "no step leads on");
        let locked = r.state.locked().len();
        let step = SimulatedReader::new(&rules, &known, &skill, 7, environment.clone()).next(&r.state).expect("reads are left");
        r.tick(step.after_ms);
        if let Action::Answer { question, subject, value } = &step.action {
            let before = given.insert((question.clone(), subject.clone()), value.clone());
            assert_ne!(before.as_ref(), Some(value), "{question}");
            revised += usize::from(before.is_some());
        }
        r.must(step.action);
        if r.state.locked().len() > locked {
            given.clear();
        }
    }
    assert!(revised > 0, "rated again with the AI");
}

#[test]
fn ai_comes_with_the_first_view_on_request_or_never() {
    let mut hidden = begun(of("ordinal"), 2);
    hidden.open_next();
    assert_eq!(hidden.act(Action::Reveal), Err(Refusal::NoAi));
    // The second reader begins with the other condition; the first one of this bundle with the first.
    let mut r = begun(of("froc"), 2);
    let first = r.open_next();
    assert!(!says(&first, |f| matches!(f, Fact::AiRevealed { .. })));
    let mut aided = begun(&aided_alone(&of("froc").replace("mode = \"on request\"", "mode = \"concurrent\"")), 2);
    let read = aided.next_read();
    let opened = aided.must(Action::OpenCase(read));
    assert!(matches!(opened[1].fact(), Fact::AiRevealed { .. }), "before the first image");
    aided.must(Action::ImagesShown);
    aided.must(Action::CloseCase);
    let again = aided.must(Action::OpenCase(aided.next_read()));
    assert!(!says(&again, |f| matches!(f, Fact::AiRevealed { .. })), "it is there already");
}

#[test]
fn a_case_waits_for_its_washout_whatever_the_clock_says() {
    let text = PROTOCOL.replace("[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n", "");
    let mut r = begun(&text, 3);
    let read_all = |r: &mut Reading, until: usize| {
        while r.state.locked().len() < until {
            finish(r, 10);
        }
    };
    // Each period has every case once; the next period must wait.
    read_all(&mut r, 3);
    let next = r.next_read();
    assert!(matches!(r.act(Action::OpenCase(next.clone())), Err(Refusal::Washout(_))));
    r.now.utc_ms += 10 * i64::try_from(DAY).unwrap();
    assert!(matches!(r.act(Action::OpenCase(next.clone())), Err(Refusal::Washout(_))), "a clock set forward is not time");
    r.now.utc_ms -= 10 * i64::try_from(DAY).unwrap();
    r.tick(3 * DAY + 1000);
    r.must(Action::EndSession);
    r.must(start());
    assert!(r.act(Action::OpenCase(next)).is_ok());
}

#[test]
fn a_washout_lasts_to_the_millisecond() {
    let text = PROTOCOL.replace("[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n", "");
    let mut r = begun(&text, 3);
    while r.state.locked().len() < 3 {
        finish(&mut r, 10);
    }
    let next = r.next_read();
    let package = r.rules.assigned(&next).expect("assigned").package;
    let earlier = r.state.locked().iter().rfind(|l| l.package() == package).expect("read before");
    let utc_ms = earlier.at().utc_ms + 3 * i64::try_from(DAY).unwrap();
    r.must(Action::EndSession);
    r.tick(u64::try_from(utc_ms - 1 - r.now.utc_ms).unwrap());
    r.must(start());
    assert_eq!(r.act(Action::OpenCase(next.clone())), Err(Refusal::Washout(Due { utc_ms, days: 3 })));
    r.tick(1);
    assert!(r.act(Action::OpenCase(next)).is_ok());
}

#[test]
fn leave_of_the_desk_opens_one_case_early_and_is_recorded() {
    let text = PROTOCOL.replace("[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n", "");
    let mut r = begun(&text, 3);
    while r.state.locked().len() < 3 {
        finish(&mut r, 10);
    }
    let next = r.next_read();
    assert!(matches!(r.act(Action::OpenCase(next.clone())), Err(Refusal::Washout(_))));
    let other = r.rules.bundle().reads()[4].id(r.rules.reader());
    let plain = r.rules.clone();
    r.rules = with_leave(plain.clone(), other);
    assert!(matches!(r.act(Action::OpenCase(next.clone())), Err(Refusal::Washout(_))), "leave for another case");
    r.rules = with_leave(plain, next.clone());
    let before = r.state.clone();
    let events = r.must(Action::OpenCase(next.clone()));
    let [overridden, opened] = &events[..2] else { panic!("two events") };
    assert!(matches!(overridden.fact(), Fact::WashoutOverridden(leave) if leave.read == next && leave.reason == "the reader moves away"));
    assert!(matches!(opened.fact(), Fact::CaseOpened { .. }));
    assert!(evolve(before, overridden).is_ok());
    // The next one waits as before.
    finish(&mut r, 10);
    assert!(matches!(r.act(Action::OpenCase(r.next_read())), Err(Refusal::Washout(_))));
}

#[test]
fn leave_counts_only_from_the_desk_and_for_its_reader() {
    let rules = rules_of(PROTOCOL, 3, 2);
    let (cora, rita, own) = keys();
    let read = rules.bundle().reads()[2].id(rules.reader());
    let give = |read: &ReadId, keys: &Unlocked| Leave::give(rules.protocol().hash(), read.clone(), "why", keys, 5);
    assert!(matches!(give(&read, own), Err(LeaveError::Account(_))), "a reader gives none");
    assert_eq!(Leave::give(rules.protocol().hash(), read.clone(), "", cora, 5), Err(LeaveError::Reason));
    assert!(issue(rules.bundle(), own, 5).is_err(), "nor a bundle");
    let issued = issue(rules.bundle(), cora, 5).expect("issued");
    let seat = |leaves: Vec<Leave>| Seat::new(rita.clone(), rules.bundle(), issued.clone(), &[], leaves, &zeroize::Zeroizing::new([3; 32]));
    let good = give(&read, cora).expect("given");
    assert!(seat(vec![good.clone()]).is_ok());
    let other = ReadId { reader: reader("r2"), ..read };
    assert!(matches!(seat(vec![give(&other, cora).expect("given")]), Err(SeatError::Leave(LeaveError::Other))));
    assert!(matches!(seat(vec![Leave { reason: "another".into(), ..good.clone() }]), Err(SeatError::Leave(LeaveError::Signature(_)))));
    let mut forged = good.clone();
    forged.signature = own.sign(Meaning::Deviation, &ContentHash([1; 32]), 5);
    assert!(matches!(seat(vec![forged]), Err(SeatError::Leave(LeaveError::Signature(_)))));
    let written = seat(vec![good]).expect("a seat");
    assert_eq!(Seat::parse(written.to_json().as_bytes(), rules.bundle()).as_ref(), Ok(&written));
    assert_eq!(Seat::parse(b"{}", rules.bundle()), Err(SeatError::Form));
    let moved = written.to_json().replace("\"r1\"", "\"r3\"");
    assert!(Seat::parse(moved.as_bytes(), rules.bundle()).is_err());
}

#[test]
fn a_session_is_as_long_as_it_may_be_and_a_pause_stops_the_clock() {
    let mut r = begun(of("sequential"), 6);
    r.open_next();
    r.tick(1_000);
    r.must(Action::Pause);
    assert!(r.must(Action::Pause).is_empty());
    assert_eq!(r.act(answer("confidence", 5)), Err(Refusal::ImagesNotShown));
    r.tick(600_000);
    r.must(Action::ImagesShown);
    r.tick(500);
    r.must(answer("confidence", 5));
    r.must(choose("action", "nothing"));
    r.must(Action::Lock);
    r.must(Action::Reveal);
    r.must(Action::FindingsShown(0));
    r.tick(120 * 60_000);
    r.must(Action::Lock);
    assert_eq!(r.state.locked()[0].impression().unwrap().reading_ms(), 1_500);
    assert_eq!(r.act(Action::OpenCase(r.next_read())), Err(Refusal::SessionOver(120)));
    r.must(Action::EndSession);
    r.must(start());
    r.open_next();
}

#[test]
fn a_session_opens_cases_until_its_last_millisecond() {
    for (ms, refusal) in [(61_000, None), (120 * 60_000 - 1, None), (120 * 60_000, Some(Refusal::SessionOver(120)))] {
        let mut r = begun(of("sequential"), 6);
        r.tick(ms);
        assert_eq!(r.act(Action::OpenCase(r.next_read())).err(), refusal, "after {ms} ms");
    }
}

/// What a protocol asks of a workstation, one after the other; and what it is goes into the record and to the desk.
#[test]
fn a_session_begins_on_what_the_protocol_asks_for_alone() {
    let asked = |asks: &str| format!("{}\n[environment]\n{asks}", of("ordinal"));
    let on = |screen, selftest, pattern| {
        let mut on = Environment::new("t".into(), "t".into(), [800, 600], 1.0);
        (on.screen, on.selftest, on.pattern) = (screen, selftest, pattern);
        on
    };
    let all = Pattern { dark: true, bright: true, lines: true, ramp: true };
    let [grey, unlit] = [Pattern { lines: false, ..all }, Pattern { dark: false, bright: false, ..all }];
    let (large, turned) = (Some([2560, 1600]), Some([1600, 2560]));
    let small = Refusal::Screen { least: [2000, 1600], has: Some([2560, 1440]) };
    let unknown = Refusal::Screen { least: [2000, 1600], has: None };
    let (size, test, look) = ("least_screen = [2000, 1600]", "selftest = true", "display_check = true");
    let table = [
        ("", on(None, None, None), None),
        ("", on(None, Some(Selftest::NotPresented), Some(unlit)), None),
        ("display_check = false\nselftest = false", on(None, None, None), None),
        (size, on(large, None, None), None),
        (size, on(turned, None, None), None),
        (size, on(Some([2560, 1440]), None, None), Some(small)),
        (size, on(None, None, None), Some(unknown)),
        (test, on(None, Some(Selftest::Passed), None), None),
        (test, on(None, Some(Selftest::NotSampled), None), Some(Refusal::Selftest)),
        (test, on(None, Some(Selftest::NotPresented), None), Some(Refusal::Selftest)),
        (test, on(None, None, None), Some(Refusal::Selftest)),
        (look, on(None, None, Some(all)), None),
        (look, on(None, None, Some(grey)), Some(Refusal::Pattern)),
        (look, on(None, None, None), Some(Refusal::Pattern)),
    ];
    for (asks, on, refusal) in table {
        let mut r = Reading::new(rules_of(&asked(asks), 2, 0));
        let said = r.act(Action::StartSession(on.clone()));
        assert_eq!(said.clone().err(), refusal, "{asks}: {on:?}");
        let begun = said.iter().flatten().any(|e| matches!(e.fact(), Fact::SessionStarted(kept) if *kept == on));
        assert_eq!(begun, refusal.is_none(), "{asks}: what it ran on is kept");
    }
    let fits = Environment::that_fits(&Protocol::parse(&asked(&[size, test, look].join("\n"))).expect("a protocol"), "t");
    assert_eq!(fits.trouble(), None);
    assert!(Reading::new(rules_of(&asked(&[size, test, look].join("\n")), 2, 0)).act(Action::StartSession(fits)).is_ok());
    let told = on(None, Some(Selftest::NotSampled), Some(unlit)).trouble().expect("something to tell");
    assert!(told.contains("the dark patch and the bright patch could not be seen") && told.contains("so the processor computed"), "{told}");
    // What was recorded before there was any of this is read as it was.
    let old = r#"{"build":"b","adapter":"a","surface":[1,2],"scale":1.0}"#;
    let read: Environment = serde_json::from_str(old).expect("an old record");
    assert_eq!(serde_json::to_string(&read).expect("written"), old);
}

#[test]
fn only_permitted_builds_and_no_earlier_day() {
    let text = of("ordinal").replace("idle_minutes = 5", "idle_minutes = 5\nbuilds = [\"another build\"]");
    assert_eq!(Reading::new(rules_of(&text, 2, 0)).act(start()), Err(Refusal::Build));
    let mut r = begun(of("ordinal"), 2);
    r.must(Action::EndSession);
    r.now.utc_ms -= 3_600_000;
    assert_eq!(r.act(start()), Err(Refusal::TimeOfDay));
    // A clock that is set by the network goes back five minutes at most.
    r.now.utc_ms += 3_600_000 - 300_001;
    assert_eq!(r.act(start()), Err(Refusal::TimeOfDay));
    r.now.utc_ms += 1;
    assert!(r.clone().act(start()).is_ok());
    let mut early = Reading::new(rules_of(of("ordinal"), 2, 0));
    early.now.utc_ms = 1_600_000_000_000;
    assert_eq!(early.act(start()), Err(Refusal::TimeOfDay), "before the bundle was made");
}

#[test]
fn sides_are_asked_each_and_what_cannot_be_evaluated_is_not() {
    let mut r = begun(of("mammography"), 2);
    r.open_next();
    let unit = |u: &str| Subject::Unit(u.into());
    r.must(choose("density", "b"));
    assert_eq!(r.act(choose("birads", "1")), Err(Refusal::NotAsked(question("birads"))), "not about the case");
    assert_eq!(r.act(answer_with("birads", unit("X"), AnswerValue::Choice("1".into()))), Err(Refusal::NotAsked(question("birads"))));
    r.must(answer_with("birads", unit("R"), AnswerValue::Choice("4".into())));
    r.must(answer_with("suspicion", unit("R"), AnswerValue::Scale(70)));
    let asked: Vec<String> = missing(&r.rules, &r.state).iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        ["answer \u{201c}birads\u{201d} for L", "answer \u{201c}suspicion\u{201d} for L", "answer \u{201c}finding\u{201d} for R"]
    );
    let wrong = AnswerValue::Choices(vec!["calcifications".into(), "mass".into()]);
    assert_eq!(r.act(answer_with("finding", unit("R"), wrong)), Err(Refusal::NotAnAnswer(question("finding"))), "in the protocol's order");
    r.must(answer_with("finding", unit("R"), AnswerValue::Choices(vec!["mass".into(), "calcifications".into()])));
    assert_eq!(r.act(Action::NotEvaluable { subject: unit("L"), reason: "rain".into() }), Err(Refusal::NoSuchReason));
    assert_eq!(r.act(Action::NotEvaluable { subject: Subject::Case, reason: "quality".into() }), Err(Refusal::NoSuchReason));
    assert_eq!(r.act(Action::NotEvaluable { subject: unit("X"), reason: "absent".into() }), Err(Refusal::NoSuchReason), "no such side");
    r.must(Action::NotEvaluable { subject: unit("L"), reason: "absent".into() });
    assert!(missing(&r.rules, &r.state).is_empty());
    assert_eq!(r.act(answer_with("suspicion", unit("L"), AnswerValue::Scale(0))), Err(Refusal::NotAsked(question("suspicion"))));
    r.must(Action::Evaluable(unit("L")));
    assert_eq!(missing(&r.rules, &r.state).len(), 2);
    r.must(Action::NotEvaluable { subject: unit("L"), reason: "absent".into() });
    r.must(Action::Lock);
    assert_eq!(r.state.locked()[0].not_evaluable().get(&unit("L")).map(String::as_str), Some("absent"));
}

#[test]
fn rules_hold_a_lock_back_or_ask_again() {
    let text = PROTOCOL.replace("[training]\nthreshold = 50\npass = 1.0\nattempts = 2\nfeedback = true\n", "");
    let mut r = begun(&text, 3);
    while r.next_read().condition.as_str() != "hidden" {
        finish(&mut r, 10);
        r.tick(4 * DAY);
        r.must(Action::EndSession);
        r.must(start());
    }
    r.open_next();
    r.must(answer("confidence", 20));
    for (mark, rating) in [(1, 30), (2, 10), (3, 10)] {
        r.must(place(1.0, 2.0, f64::from(mark)));
        r.must(rate(mark, rating));
        r.must(Action::ClassifyMark { mark: MarkId(mark), class: "a".into() });
        r.must(answer_with("dense", Subject::Mark(MarkId(mark)), AnswerValue::Choice("no".into())));
    }
    assert_eq!(r.act(Action::ClassifyMark { mark: MarkId(1), class: "z".into() }), Err(Refusal::NoSuchClass));
    assert!(matches!(r.act(Action::Lock), Err(Refusal::Incomplete(m)) if matches!(&m[..], [Missing::Rule { .. }])));
    assert!(r.act(Action::LockAnyway).is_err(), "a hard rule is hard");
    r.must(answer("confidence", 40));
    assert_eq!(r.act(Action::Lock), Err(Refusal::Unusual(vec!["There are three marks or more.".into()])));
    r.must(Action::LockAnyway);
    let locked = r.state.locked().last().unwrap();
    assert_eq!(locked.over(), [1]);
    // What is not evaluable keeps no rules and asks nothing.
    let read = locked.read().clone();
    r.must(Action::Amend { read: read.clone(), reason: "wrong side".into() });
    r.must(Action::ImagesShown);
    r.must(answer("confidence", 5));
    r.must(Action::NotEvaluable { subject: Subject::Case, reason: "motion".into() });
    r.must(Action::Lock);
    let amended = r.state.locked().iter().find(|l| *l.read() == read).unwrap();
    assert_eq!(amended.amends().map(|a| (a.reason.as_str(), a.earlier.over())), Some(("wrong side", &[1][..])));
}

#[test]
fn training_is_passed_or_not_and_is_never_study() {
    let train = |right: bool, tries: usize| {
        let mut r = Reading::new(rules_of(PROTOCOL, 3, 2));
        r.must(start());
        for _ in 0..2 * tries {
            let signal = r.rules.assigned(&r.next_read()).and_then(|a| a.training).expect("training comes first").signal;
            finish(&mut r, if signal == right { 90 } else { 10 });
        }
        r
    };
    let passed = train(true, 1);
    assert!(passed.state.training_passed() && passed.state.later().all(|a| !a.training));
    assert!(passed.clone().act(Action::OpenCase(passed.next_read())).is_ok());
    let failed = train(false, 2);
    assert!(!failed.state.training_passed());
    assert_eq!(failed.clone().act(Action::OpenCase(failed.next_read())), Err(Refusal::TrainingFailed));
    let again = train(false, 1);
    assert!(again.rules.assigned(&again.next_read()).unwrap().training.is_some(), "a second try");
}

#[test]
fn bundles_keep_what_the_order_promises() {
    let crossover = of("crossover").replace("[training]\nthreshold = 50\npass = 0.8\nattempts = 2\nfeedback = true\n", "");
    let bundles = |text: &str, readers: usize, cases: u8| -> Vec<Bundle> {
        let protocol = Protocol::parse(text).unwrap_or_else(|e| panic!("{e}"));
        let accounts: Vec<_> = (0..readers).map(|i| Account { reader: reader(&format!("r{i}")), display_name: format!("R {i}") }).collect();
        let cases: Vec<_> = (1..=cases).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
        assign(&Plan { protocol: &protocol, readers: &accounts, cases: &cases, matrix: None, seed: 7, issued_utc_ms: 0 })
            .expect("assignable")
    };
    let all = bundles(&crossover, 4, 20);
    for bundle in &all {
        let reads = bundle.reads();
        assert_eq!(reads.len(), 40);
        let (first, second) = reads.split_at(20);
        let packages = |half: &[_]| half.iter().map(|r: &tiresias_reads::bundle::AssignedRead| r.package).collect::<BTreeSet<_>>();
        assert!(packages(first).len() == 20 && packages(first) == packages(second), "every case once a period");
        assert!(first.iter().all(|r| second.iter().any(|s| s.package == r.package && s.condition != r.condition)));
        assert_eq!(first.iter().filter(|r| r.condition.as_str() == "aided").count(), 10, "half of a period under each condition");
        let changes = first.windows(2).filter(|w| w[0].condition != w[1].condition).count();
        assert_eq!(changes, 1, "blocked");
    }
    let first_condition = |b: &Bundle, p: ContentHash| b.reads().iter().find(|r| r.package == p).unwrap().condition.clone();
    let balanced = (1..=20).all(|c| all.iter().filter(|b| first_condition(b, package(c)).as_str() == "aided").count() == 2);
    assert!(balanced, "each case begins under each condition for half of the readers");
    let mixed = bundles(&crossover.replace("within = \"blocked\"", "within = \"mixed\""), 1, 20).remove(0);
    assert!(mixed.reads()[..20].windows(2).filter(|w| w[0].condition != w[1].condition).count() > 1);
    // Split plot: two groups of readers and cases, nobody reads the other group's.
    let split = bundles(of("concurrent"), 4, 21);
    let read_by = |b: &Bundle| b.reads().iter().map(|r| r.package).collect::<BTreeSet<_>>();
    assert_eq!(read_by(&split[0]), read_by(&split[2]));
    assert!(read_by(&split[0]).is_disjoint(&read_by(&split[1])));
    assert_eq!(read_by(&split[0]).len() + read_by(&split[1]).len(), 21);
    // Among the readers of one group every case begins under either condition, whether or not the cases take turns too.
    let in_one_order = of("concurrent").replacen("\"counterbalanced\"\ngroups = 2", "\"counterbalanced\"\ngroups = 1", 1);
    assert_ne!(in_one_order, of("concurrent"));
    for text in [of("concurrent"), in_one_order.as_str()] {
        let split = bundles(text, 4, 21);
        for (one, other) in [(0, 2), (1, 3)] {
            let (one, other) = (&split[one], &split[other]);
            assert!(read_by(one).into_iter().all(|p| first_condition(one, p) != first_condition(other, p)), "{text}");
        }
    }
    // Repeats: two, under codes of their own, at least four reads later.
    let repeated = bundles(of("sequential"), 3, 9);
    for b in &repeated {
        let again: Vec<usize> = (0..b.reads().len()).filter(|i| b.reads()[*i].repeat == 2).collect();
        assert_eq!(again.len(), 2);
        for i in again {
            let read = &b.reads()[i];
            let first = b.reads().iter().position(|r| r.package == read.package && r.repeat == 1).unwrap();
            assert!(i > first + 4 && b.reads()[first].case != read.case);
        }
    }
    let protocol = Protocol::parse(of("sequential")).unwrap();
    let accounts = [Account { reader: reader("r"), display_name: "R".into() }];
    let few: Vec<_> = (1..=3).map(|c| CaseToRead { package: package(c), facts: vec![], training: None }).collect();
    let refused = assign(&Plan { protocol: &protocol, readers: &accounts, cases: &few, matrix: None, seed: 7, issued_utc_ms: 0 });
    assert!(refused.is_err(), "no room for repeats");
}

/// Carries the open case, or the next one, through to its lock by the shortest way.
pub(crate) fn finish(r: &mut Reading, rating: i32) {
    let done = r.state.locked().len();
    for _ in 0..40 {
        let action = proceed(r, rating);
        r.tick(100);
        r.must(action);
        if r.state.locked().len() > done {
            return;
        }
    }
    panic!("no lock after 40 actions");
}

pub(crate) fn proceed(r: &Reading, number: i32) -> Action {
    if r.state.session().is_none() {
        return start();
    }
    let Some(open) = r.state.open() else {
        return r.state.next().map_or(Action::EndSession, |a| Action::OpenCase(a.read.clone()));
    };
    if !r.state.images_shown() {
        return Action::ImagesShown;
    }
    if open.awaits_ai() {
        return Action::Reveal;
    }
    match missing(&r.rules, &r.state).first() {
        None => Action::LockAnyway,
        Some(Missing::Answer { question, subject }) if question.as_str() == "confidence" => {
            answer_with("confidence", subject.clone(), AnswerValue::Scale(number))
        }
        Some(Missing::Answer { question, subject }) => {
            let key = if question.as_str() == "why" { "size" } else { "no" };
            answer_with(question.as_str(), subject.clone(), AnswerValue::Choice(key.into()))
        }
        Some(Missing::MarkRating(mark)) => rate(mark.0, number.min(50)),
        Some(Missing::MarkClass(mark)) => Action::ClassifyMark { mark: *mark, class: "a".into() },
        Some(Missing::Findings) => Action::FindingsShown(2),
        Some(Missing::Finding(finding)) => Action::JudgeFinding { finding: *finding, verdict: Verdict::Reject },
        Some(Missing::Rule { .. }) => answer("confidence", 100),
        Some(Missing::Pair | Missing::Decision | Missing::Reason) => panic!("a reader settles nothing"),
        Some(Missing::Marks(_)) => place(1.0, 1.0, 1.0),
    }
}

#[test]
fn codes_tell_nothing_of_repeats() {
    let rules = rules_of(PROTOCOL, 3, 2);
    let codes: BTreeMap<CaseCode, ContentHash> = rules.bundle().reads().iter().map(|r| (r.case.clone(), r.package)).collect();
    let repeats = rules.bundle().reads().iter().filter(|r| r.repeat == 2 && r.training.is_none()).count();
    assert_eq!((repeats, codes.len()), (1, 3 + 2 + 1));
}
