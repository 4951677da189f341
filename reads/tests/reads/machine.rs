//! The state machine: each guard by name, and generated sequences that never reach a forbidden state.

use crate::simulated::{Reading, answer, bundles, choose, clear, place, protocol, question, rate, reader, rules, somewhere, start};
use proptest::prelude::*;
use tiresias_reads::hanging::{FirstView, SizeClass};
use tiresias_reads::machine::{
    Action, AnswerValue, Environment, Event, Glimpse, Illegal, Locked, Missing, Refusal, Rules, State, Subject, Tool, View, decide, evolve,
    missing,
};
use tiresias_reads::protocol::Protocol;
use tiresias_words::{ContentHash, ImageAnchor, MarkId, MarkShape, PatientPoint};

fn unanswered() -> Missing {
    Missing::Answer { question: question("confidence"), subject: Subject::Case }
}
fn started(cases: u8) -> Reading {
    let mut reading = Reading::new(rules(cases));
    reading.must(start());
    reading
}
fn opened(cases: u8) -> Reading {
    let mut reading = started(cases);
    reading.open_next();
    reading
}

#[test]
fn a_case_is_read_from_opening_to_lock() {
    let mut r = started(3);
    assert_eq!((r.state.progress().locked, r.state.progress().of, r.state.session()), (0, 6, Some(1)));
    let first = r.next_read();
    r.read_next(88, &[70, 20]);
    let locked = &r.state.locked()[0];
    assert_eq!(*locked.read(), first);
    assert_eq!(locked.answers().of_case(&question("confidence")), Some(&AnswerValue::Scale(88)));
    let ratings: Vec<_> = locked.marks().iter().map(|(id, m)| (id.0, m.rating)).collect();
    assert_eq!(ratings, [(1, Some(70)), (2, Some(20))]);
    // From the images on: 1,000 + 1,000 + 2,000 + 600. The 400 before do not count.
    assert_eq!(locked.reading_ms(), 4_600);
    assert_eq!(r.state.progress().locked, 1);
    assert_ne!(r.next_read(), first);
    assert!(r.state.open().is_none() && r.state.draft().is_none());
}

#[test]
fn each_guard_refuses_with_its_reason() {
    let before = Reading::new(rules(2));
    let session = started(2);
    let mut unseen = session.clone();
    unseen.must(Action::OpenCase(unseen.next_read()));
    let open = opened(2);
    let mut marked = open.clone();
    marked.must(place(1.0, 2.0, 3.0));
    let mut done = session.clone();
    (0..4).for_each(|_| drop(done.read_next(5, &[])));
    let next = session.next_read();
    let later = session.state.later().last().expect("more").read.clone();
    let code = next.case.clone();
    let (spot, image) = somewhere(1.0, 2.0, 3.0);
    let put = |shape: MarkShape, column, row| Action::PlaceMark { shape, anchor: ImageAnchor { column, row, ..image.clone() } };
    let nowhere = MarkShape::point(PatientPoint::new(1.0, 2.0, f64::NAN));
    let off = Refusal::OffScale { min: 0, max: 100 };
    let batch = vec![Glimpse { at_ms: 0, view: View::Tool(Tool::Pan) }; 10_001];
    let infinite = vec![Glimpse { at_ms: 0, view: View::Crosshair { series: 0, at: PatientPoint::new(0.0, f64::INFINITY, 0.0) } }];
    let unscaled = Environment::new("b".into(), "a".into(), [1, 1], f64::NAN);

    let table: Vec<(&Reading, Action, Refusal)> = vec![
        (&before, Action::Lock, Refusal::NoSession),
        (&before, Action::EndSession, Refusal::NoSession),
        (&before, Action::StartSession(unscaled), Refusal::Environment),
        (&session, Action::OpenCase(later), Refusal::NotNext(code.clone())),
        (&session, Action::Lock, Refusal::NoCaseOpen),
        (&session, Action::CloseCase, Refusal::NoCaseOpen),
        (&session, answer("confidence", 5), Refusal::NoCaseOpen),
        (&done, Action::OpenCase(next.clone()), Refusal::Locked),
        (&open, Action::OpenCase(next), Refusal::CaseOpen(code)),
        (&unseen, answer("confidence", 5), Refusal::ImagesNotShown),
        (&unseen, place(0.0, 0.0, 0.0), Refusal::ImagesNotShown),
        (&unseen, Action::Lock, Refusal::ImagesNotShown),
        (&unseen, Action::FirstView(first_view(1)), Refusal::ImagesNotShown),
        (&session, Action::FirstView(first_view(1)), Refusal::NoCaseOpen),
        (&open, answer("confidence", 101), off.clone()),
        (&open, answer("confidence", -1), off.clone()),
        (&open, answer("other", 5), Refusal::NoSuchQuestion(question("other"))),
        (&open, answer("recall", 1), Refusal::NotAnAnswer(question("recall"))),
        (&open, choose("recall", "maybe"), Refusal::NotAnAnswer(question("recall"))),
        (&open, choose("confidence", "yes"), Refusal::NotAnAnswer(question("confidence"))),
        (&open, put(nowhere, 1.0, 2.0), Refusal::NoPosition),
        (&open, put(spot.clone(), f64::NAN, 2.0), Refusal::NoPosition),
        (&open, put(spot, 1.0, f64::INFINITY), Refusal::NoPosition),
        (&open, rate(1, 5), Refusal::NoSuchMark(MarkId(1))),
        (&open, Action::DeleteMark(MarkId(1)), Refusal::NoSuchMark(MarkId(1))),
        (&marked, rate(1, 101), off),
        (&open, Action::Viewed(batch.clone()), Refusal::Behaviour),
        (&open, Action::Viewed(infinite), Refusal::Behaviour),
        (&open, Action::Lock, Refusal::Incomplete(vec![unanswered()])),
        (&marked, Action::Lock, Refusal::Incomplete(vec![unanswered(), Missing::MarkRating(MarkId(1))])),
    ];
    for (reading, action, refusal) in table {
        let mut reading = reading.clone();
        let said = format!("{action:?}");
        assert_eq!(reading.act(action), Err(refusal), "{said}");
    }
    assert_eq!(open.clone().must(Action::Viewed(batch[1..].to_vec())).len(), 1, "as many as may be");
    let nothing_left = done.state.next();
    assert!(nothing_left.is_none());
    assert_eq!(missing(&marked.rules, &marked.state).len(), 2);
    let text = Refusal::Incomplete(missing(&marked.rules, &marked.state)).to_string();
    assert_eq!(text, "Still to do: answer \u{201c}confidence\u{201d}, rate mark 1.");
}

#[test]
fn a_read_has_one_first_view_however_often_it_is_opened() {
    let mut r = opened(1);
    assert_eq!(r.must(Action::FirstView(first_view(1))).len(), 1);
    assert!(r.must(Action::FirstView(first_view(2))).is_empty());
    r.must(Action::CloseCase);
    r.open_next();
    assert!(r.must(Action::FirstView(first_view(3))).is_empty());
    assert_eq!(r.state.open().and_then(|d| d.first_view().copied()), Some(first_view(1)));
    r.must(answer("confidence", 5));
    r.must(Action::Lock);
    assert_eq!(r.state.locked()[0].first_view(), Some(&first_view(1)));
}

#[test]
fn when_all_is_read_nothing_can_be_opened() {
    let mut r = started(1);
    let first = r.next_read();
    r.read_next(1, &[]);
    r.read_next(2, &[]);
    let mut other = first;
    other.repeat = 2;
    assert_eq!(r.act(Action::OpenCase(other)), Err(Refusal::AllRead));
}

#[test]
fn marks_keep_their_numbers_and_their_limit() {
    let mut r = opened(1);
    for _ in 0..20 {
        r.must(place(1.0, 1.0, 1.0));
    }
    assert_eq!(r.act(place(1.0, 1.0, 1.0)), Err(Refusal::MarkLimit(20)));
    r.must(Action::DeleteMark(MarkId(20)));
    r.must(Action::DeleteMark(MarkId(3)));
    r.must(place(2.0, 2.0, 2.0));
    r.must(place(2.0, 2.0, 2.0));
    let numbers: Vec<_> = r.state.open().unwrap().marks().keys().map(|m| m.0).collect();
    let expected: Vec<_> = (1..=22).filter(|n| *n != 3 && *n != 20).collect();
    assert_eq!(numbers, expected, "no number is used again");
    r.must(rate(21, 9));
    let (shape, anchor) = somewhere(7.0, 8.0, 9.0);
    r.must(Action::MoveMark { mark: MarkId(21), shape: shape.clone(), anchor });
    let moved = &r.state.open().unwrap().marks()[&MarkId(21)];
    assert_eq!((&moved.shape, moved.rating), (&shape, Some(9)), "a moved mark keeps its rating");
}

#[test]
fn a_study_without_marks_has_none() {
    let text = crate::simulated::PROTOCOL;
    let start_of_marks = text.find("[marks]").unwrap();
    let end_of_marks = text.find("[display]").unwrap();
    let text = format!("{}{}", &text[..start_of_marks], &text[end_of_marks..]).replace("\"froc\"", "\"roc\"");
    let roc = Protocol::parse(&text).unwrap();
    let accounts = [tiresias_reads::bundle::Account { reader: reader("r1"), display_name: "R".into() }];
    let cases = [tiresias_reads::bundle::CaseToRead { package: crate::simulated::package(1), facts: vec![], training: None }];
    let bundle = tiresias_reads::bundle::assign(&tiresias_reads::bundle::Plan {
        protocol: &roc,
        readers: &accounts,
        cases: &cases,
        matrix: None,
        seed: 1,
        issued_utc_ms: 0,
    })
    .unwrap()
    .remove(0);
    let mut r = Reading::new(Rules::new(roc, bundle).unwrap());
    r.must(start());
    r.open_next();
    assert_eq!(r.act(place(0.0, 0.0, 0.0)), Err(Refusal::NoMarks));
    r.must(answer("confidence", 0));
    r.must(Action::Lock);
}

#[test]
fn answers_are_taken_back_and_nothing_is_no_event() {
    let mut r = opened(1);
    assert!(r.must(clear("recall")).is_empty());
    assert!(r.must(Action::ImagesShown).is_empty());
    assert!(r.must(Action::Viewed(vec![])).is_empty());
    r.must(choose("recall", "yes"));
    r.must(choose("recall", "no"));
    r.must(clear("recall"));
    assert!(r.state.open().unwrap().answers().is_empty());
}

#[test]
fn a_draft_waits_through_leaving_crash_and_restart() {
    let mut r = opened(2);
    let case = r.state.open().unwrap().read().clone();
    r.tick(1_000);
    r.must(answer("confidence", 40));
    r.must(Action::CloseCase);
    assert!(r.state.open().is_none() && r.state.draft().is_some());
    assert_eq!(r.next_read(), case, "the draft comes before the next case");
    r.tick(60_000);
    r.open_next();
    r.tick(500);
    r.must(place(1.0, 2.0, 3.0));
    // The program is killed and the machine started anew: the session was never ended.
    r.now = tiresias_words::Moment { utc_ms: r.now.utc_ms + 9_000_000, monotonic_ms: 10, boot: "boot-2".into() };
    let events = r.must(start());
    assert_eq!(events.len(), 2);
    assert_eq!((r.state.session(), r.state.open().is_none()), (Some(2), true));
    r.open_next();
    r.tick(250);
    r.must(rate(1, 3));
    r.must(Action::Lock);
    assert_eq!(*r.state.locked()[0].read(), case);
    assert_eq!(r.state.locked()[0].reading_ms(), 1_000 + 500 + 250);
    let ended = r.must(Action::EndSession);
    assert_eq!((ended.len(), r.state.session()), (1, None));
    r.must(start());
    r.open_next();
    assert_eq!(r.must(Action::EndSession).len(), 2, "the open case is left first");
    assert!(r.state.draft().is_some());
}

#[test]
fn only_time_with_the_images_in_sight_counts() {
    let mut r = opened(1);
    r.tick(1_000);
    r.must(answer("confidence", 40));
    // The program is killed; the machine runs on for a minute until it is started again.
    r.tick(60_000);
    r.must(start());
    r.open_next();
    r.tick(200);
    r.must(answer("confidence", 41));
    // The readings of two clocks cannot be compared, whichever is greater.
    r.now.boot.push('+');
    r.tick(7_000);
    assert_eq!(r.act(answer("confidence", 42)), Err(Refusal::NoSession), "the machine was started again, and nobody signed in");
    r.must(start());
    r.open_next();
    r.must(answer("confidence", 42));
    r.tick(30);
    r.must(Action::Lock);
    assert_eq!(r.state.locked()[0].reading_ms(), 1_000 + 200 + 30);
}

#[test]
fn the_frozen_order_cannot_be_exchanged() {
    let mut r = started(2);
    r.must(Action::EndSession);
    let other = bundles(&["r1"], 3).remove(0);
    r.rules = Rules::new(protocol(), other).unwrap();
    assert_eq!(r.act(start()), Err(Refusal::OtherBundle));
    r.rules = Rules::new(protocol(), bundles(&["r2"], 2).remove(0)).unwrap();
    assert_eq!(r.act(start()), Err(Refusal::OtherReader));
}

#[test]
fn a_clock_that_runs_back_is_refused() {
    let mut r = opened(1);
    r.now.monotonic_ms -= 1;
    assert_eq!(r.act(answer("confidence", 1)), Err(Refusal::Clock));
    // Civil time may be set back; only the monotonic clock counts.
    r.now.monotonic_ms += 1;
    r.now.utc_ms -= 3_600_000;
    assert!(r.act(answer("confidence", 1)).is_ok());
}

#[test]
fn without_a_washout_no_clock_keeps_a_case_back() {
    let mut r = started(1);
    r.read_next(1, &[]);
    // By the time of day the first read of the same images is still to come.
    r.now.utc_ms -= 3_600_000;
    r.read_next(2, &[]);
    assert_eq!(r.state.locked().len(), 2);
}

#[test]
fn evolve_refuses_a_history_that_was_changed() {
    let mut r = Reading::new(rules(2));
    let mut history = r.must(start());
    history.extend(r.read_next(50, &[60]));
    let replay = |events: &[Event]| events.iter().try_fold(State::new(reader("r1")), evolve);
    assert_eq!(replay(&history).as_ref(), Ok(&r.state));
    // 0 enrolled, 1 session, 2 opened, 3 shown, 4 mark, 5 rated, 6 answered, 7 locked.
    let without = |i: usize| {
        let mut events = history.clone();
        events.remove(i);
        replay(&events)
    };
    assert_eq!(without(0), Err(Illegal::Enrolment));
    assert_eq!(without(1), Err(Illegal::Session));
    assert_eq!(without(2), Err(Illegal::NotOpen));
    assert_eq!(without(3), Err(Illegal::NotShown));
    assert_eq!(without(4), Err(Illegal::NoSuchMark));
    let twice = |i: usize| {
        let mut events = history.clone();
        events.push(history[i].clone());
        replay(&events)
    };
    // After the lock nothing about the read can happen: its clock is checked first, so the last row is the one to double.
    assert_eq!(twice(7), Err(Illegal::NotOpen));
    assert_eq!(twice(0), Err(Illegal::Clock));
    let other = State::new(reader("r2"));
    assert_eq!(evolve(other, &history[0]), Err(Illegal::OtherReader));
}

/// What a generated reader does next; resolved against the state, so that sequences go deep.
#[derive(Debug, Clone)]
enum Step {
    /// The next sensible thing, with this number where one is wanted.
    Proceed(i32),
    Start,
    Reboot,
    OpenNext,
    OpenAny(usize),
    Shown,
    FirstView(u8),
    Place(f64, f64, f64),
    Move(u32),
    Rate(u32, i32),
    RateAll(i32),
    Delete(u32),
    Undo,
    Answer(i32),
    Choose(bool),
    Clear,
    View,
    Lock,
    Close,
    End,
    Tick(u64),
    Back(u64),
}

fn first_view(hash: u8) -> FirstView {
    FirstView { canonical: ContentHash([hash; 32]), class: SizeClass::Middle, live: ContentHash([hash.wrapping_add(1); 32]) }
}

fn step() -> impl Strategy<Value = Step> {
    let mm = -500.0..500.0f64;
    prop_oneof![
        30 => (0..101i32).prop_map(Step::Proceed),
        1 => Just(Step::Start),
        1 => Just(Step::Reboot),
        4 => Just(Step::OpenNext),
        2 => (0..8usize).prop_map(Step::OpenAny),
        4 => Just(Step::Shown),
        2 => any::<u8>().prop_map(Step::FirstView),
        4 => (mm.clone(), mm.clone(), mm).prop_map(|(x, y, z)| Step::Place(x, y, z)),
        2 => (0..4u32).prop_map(Step::Move),
        2 => (0..4u32, -5..110i32).prop_map(|(m, r)| Step::Rate(m, r)),
        4 => (0..101i32).prop_map(Step::RateAll),
        2 => (0..4u32).prop_map(Step::Delete),
        3 => Just(Step::Undo),
        4 => (-5..110i32).prop_map(Step::Answer),
        2 => any::<bool>().prop_map(Step::Choose),
        1 => Just(Step::Clear),
        2 => Just(Step::View),
        4 => Just(Step::Lock),
        2 => Just(Step::Close),
        1 => Just(Step::End),
        8 => (0..5_000u64).prop_map(Step::Tick),
        1 => (1..500u64).prop_map(Step::Back),
    ]
}

fn proceed(r: &Reading, number: i32) -> Action {
    if r.state.session().is_none() {
        return start();
    }
    if r.state.open().is_none() {
        return r.state.next().map_or(Action::EndSession, |a| Action::OpenCase(a.read.clone()));
    }
    if !r.state.images_shown() {
        return Action::ImagesShown;
    }
    match missing(&r.rules, &r.state).first() {
        None => Action::Lock,
        Some(Missing::Answer { .. }) => answer("confidence", number),
        Some(Missing::MarkRating(mark)) => rate(mark.0, number),
        Some(other) => panic!("this protocol does not ask for {other}"),
    }
}

fn actions(step: &Step, r: &mut Reading) -> Vec<Action> {
    let next = || r.state.next().map(|a| a.read.clone());
    match step {
        Step::Proceed(number) => vec![proceed(r, *number)],
        Step::Start => vec![start()],
        Step::Reboot => {
            r.now.boot.push('+');
            r.now.monotonic_ms = 0;
            vec![start()]
        }
        Step::OpenNext => next().map(Action::OpenCase).into_iter().collect(),
        Step::OpenAny(i) => r.rules.bundle().reads().get(*i).map(|a| Action::OpenCase(a.id(r.rules.reader()))).into_iter().collect(),
        Step::Shown => vec![Action::ImagesShown],
        Step::FirstView(hash) => vec![Action::FirstView(first_view(*hash))],
        Step::Place(x, y, z) => vec![place(*x, *y, *z)],
        Step::Move(m) => {
            let (shape, anchor) = somewhere(1.0, 2.0, 3.0);
            vec![Action::MoveMark { mark: MarkId(*m), shape, anchor }]
        }
        Step::Rate(m, rating) => vec![rate(*m, *rating)],
        Step::RateAll(rating) => r.state.open().map_or_else(Vec::new, |d| d.marks().keys().map(|m| rate(m.0, *rating)).collect()),
        Step::Delete(m) => vec![Action::DeleteMark(MarkId(*m))],
        Step::Undo => vec![Action::Undo],
        Step::Answer(v) => vec![answer("confidence", *v)],
        Step::Choose(yes) => vec![choose("recall", if *yes { "yes" } else { "no" })],
        Step::Clear => vec![clear("confidence")],
        Step::View => vec![Action::Viewed(vec![Glimpse { at_ms: 3, view: View::Slice { pane: 0, index: 7 } }])],
        Step::Lock => vec![Action::Lock],
        Step::Close => vec![Action::CloseCase],
        Step::End => vec![Action::EndSession],
        Step::Tick(ms) => {
            r.tick(*ms);
            vec![]
        }
        Step::Back(ms) => {
            r.now.monotonic_ms = r.now.monotonic_ms.saturating_sub(*ms);
            vec![]
        }
    }
}

fn check_locked(rules: &Rules, locked: &Locked) {
    for question in rules.protocol().form().questions().iter().filter(|q| q.required) {
        assert!(locked.answers().of_case(&question.id).is_some(), "locked without a required answer");
    }
    let on_scale = |r: i32| (0..=100).contains(&r);
    assert!(matches!(locked.answers().of_case(&question("confidence")), Some(AnswerValue::Scale(r)) if on_scale(*r)));
    assert!(locked.marks().values().all(|m| m.rating.is_some_and(on_scale)), "locked with an unrated mark");
    assert!(locked.marks().len() <= 20 && locked.shown().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_reaches_a_forbidden_state(steps in prop::collection::vec(step(), 0..200)) {
        let mut r = Reading::new(rules(3));
        let order: Vec<_> = r.rules.bundle().reads().iter().map(|a| a.id(r.rules.reader())).collect();
        let mut history: Vec<Event> = Vec::new();
        for step in &steps {
            for action in actions(step, &mut r) {
                let before = r.state.clone();
                // `act` panics when evolve does not take what decide made.
                match r.act(action) {
                    Ok(events) => history.extend(events),
                    Err(_) => prop_assert_eq!(&before, &r.state),
                }
                prop_assert!(r.state.locked().starts_with(before.locked()), "a locked read changed");
                prop_assert!(r.state.locked().len() <= before.locked().len() + 1);
                let read: Vec<_> = r.state.locked().iter().map(|l| l.read().clone()).collect();
                prop_assert!(order.starts_with(&read), "not in the frozen order");
                if let Some(draft) = r.state.draft() {
                    prop_assert_eq!(draft.read(), &order[read.len()], "the draft is the next read");
                }
                prop_assert!(r.state.open().is_none() || r.state.session().is_some(), "a case open without a session");
                prop_assert!(r.state.bundle().is_none() || r.state.progress().of == order.len());
                r.state.locked().iter().for_each(|l| check_locked(&r.rules, l));
            }
        }
        let replayed = history.iter().try_fold(State::new(reader("r1")), evolve);
        prop_assert_eq!(replayed.as_ref(), Ok(&r.state), "replay gives the same state");
    }

    #[test]
    fn no_action_changes_a_locked_read(action_steps in prop::collection::vec(step(), 1..60), rating in 0..101i32) {
        let mut r = Reading::new(rules(1));
        r.must(start());
        r.read_next(rating, &[rating]);
        let locked = r.state.locked()[0].clone();
        for step in &action_steps {
            for action in actions(step, &mut r) {
                if let Action::OpenCase(read) = &action {
                    let again = decide(&r.rules, &r.state, action.clone(), &r.now);
                    prop_assert!(read != locked.read() || again.is_err());
                }
                let _ = r.act(action);
                prop_assert_eq!(&r.state.locked()[0], &locked);
            }
        }
    }
}

#[test]
fn generated_sequences_reach_the_states_that_matter() {
    // A generator that never locks anything would prove nothing.
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut locked, mut all_read) = (0, 0);
    for _ in 0..200 {
        let steps = prop::collection::vec(step(), 200).new_tree(&mut runner).unwrap().current();
        let mut r = Reading::new(rules(3));
        for step in &steps {
            for action in actions(step, &mut r) {
                let _ = r.act(action);
            }
        }
        locked += r.state.locked().len();
        all_read += usize::from(r.state.next().is_none() && r.state.bundle().is_some());
    }
    assert!(locked > 300 && all_read > 5, "{locked} locked, {all_read} finished");
}
