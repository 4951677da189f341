//! Cases that are withdrawn while somebody reads: whatever there is of the case then, it is handed out no more, the record says so, and nothing else changes.

use crate::conditions::{PROTOCOL, finish, keys, rules_of};
use crate::simulated::{Reading, answer, package, rules, start};
use tiresias_reads::accounts::{Account, AccountError, Kind, Meaning, Passphrase};
use tiresias_reads::machine::{
    Action, Event, Fact, Illegal, Leave, Refusal, Rules, Withdrawal, WithdrawalError, amendable, evolve, training,
};
use tiresias_reads::seat::{Seat, SeatError, issue};
use tiresias_words::{ContentHash, ReadId};

/// The rules of a seat that has leave to open one read early, and word of cases that take no further part.
pub(crate) fn without(rules: Rules, leave: Option<&ReadId>, withdrawn: &[ContentHash]) -> Rules {
    let (cora, rita, _) = keys();
    let protocol = rules.protocol().hash();
    let leave = leave.map(|read| Leave::give(protocol, read.clone(), "the reader moves away", cora, 5).expect("given"));
    let words: Vec<_> = withdrawn.iter().map(|package| Withdrawal::give(protocol, *package, cora, 6).expect("given")).collect();
    let issued = issue(rules.bundle(), cora, 5).expect("issued");
    let (leaves, entropy) = (leave.into_iter().collect(), zeroize::Zeroizing::new([3; 32]));
    let seat = Seat::new(rita.clone(), rules.bundle(), issued, &[], leaves, &entropy).expect("a seat");
    seat.with_withdrawals(rules.bundle(), &words).expect("of this study").widen(rules)
}

fn withdrawals(events: &[Event]) -> Vec<ContentHash> {
    let word = |e: &Event| if let Fact::CaseWithdrawn(word) = e.fact() { Some(word.package) } else { None };
    events.iter().filter_map(word).collect()
}

type Before = fn(&mut Reading);
type Which = fn(&Reading) -> ContentHash;

#[test]
fn a_withdrawn_case_is_handed_out_no_more_whatever_there_is_of_it() {
    let next: Which = |r| r.state.next().expect("something is left").package;
    let first: Which = |r| r.state.locked()[0].package();
    let table: [(&str, Before, Which); 7] = [
        ("nothing was begun", |_| {}, |_| package(2)),
        ("it is the next", |r| drop(r.must(start())), next),
        (
            "it is ahead",
            |r| {
                r.must(start());
                r.read_next(10, &[]);
            },
            |r| r.state.later().last().expect("more is left").package,
        ),
        (
            "it was left as a draft",
            |r| {
                r.must(start());
                r.open_next();
                r.must(answer("confidence", 5));
                r.must(Action::CloseCase);
            },
            next,
        ),
        (
            "it was open when the program was killed",
            |r| {
                r.must(start());
                r.open_next();
            },
            next,
        ),
        (
            "it was read once",
            |r| {
                r.must(start());
                r.read_next(10, &[70]);
            },
            first,
        ),
        (
            "it was opened again to be changed",
            |r| {
                r.must(start());
                r.read_next(10, &[70]);
                let read = r.state.locked()[0].read().clone();
                r.must(Action::Amend { read, reason: "a slip".into() });
                r.must(Action::ImagesShown);
                r.must(Action::CloseCase);
            },
            first,
        ),
    ];
    for (name, before, which) in table {
        let mut r = Reading::new(rules(3));
        before(&mut r);
        let gone = which(&r);
        let locked: Vec<_> = r.state.locked().to_vec();
        r.rules = without(r.rules.clone(), None, &[gone]);
        // In the session that runs, nothing of it is opened any more.
        if r.state.session().is_some() && r.state.open().is_none() && next(&r) == gone {
            assert_eq!(r.act(Action::OpenCase(r.next_read())), Err(Refusal::Withdrawn), "{name}");
        }
        r.tick(1_000);
        let state = r.state.clone();
        let events = r.must(start());
        assert_eq!(withdrawals(&events), [gone], "{name}");
        assert_eq!(events.iter().try_fold(state, evolve).as_ref(), Ok(&r.state), "{name}: replay gives the same state");
        assert!(r.state.next().into_iter().chain(r.state.later()).all(|a| a.package != gone), "{name}");
        assert_eq!(r.state.locked(), locked, "{name}: what was read stays as it is");
        assert!(amendable(&r.state).all(|l| l.package() != gone), "{name}");
        for read in locked.iter().filter(|l| l.package() == gone).map(|l| l.read().clone()) {
            let refused = r.act(Action::Amend { read, reason: "a slip".into() });
            assert_eq!(refused, Err(Refusal::NoAmendment("its case takes no further part in the study")), "{name}");
        }
        while r.state.next().is_some() {
            r.read_next(20, &[]);
        }
        // Three cases in two conditions, without what was left of one.
        let of_gone = locked.iter().filter(|l| l.package() == gone).count();
        let progress = r.state.progress();
        assert_eq!((progress.locked, progress.of), (4 + of_gone, 4 + of_gone), "{name}");
        // Once: a second time it cannot have happened.
        r.must(Action::EndSession);
        assert_eq!(withdrawals(&r.must(start())), [], "{name}");
    }
    let mut r = Reading::new(without(rules(3), None, &[package(2)]));
    let events = r.must(start());
    assert_eq!(evolve(r.state.clone(), &events[2]), Err(Illegal::Withdrawal), "{:?}", events[2].fact());
}

/// What is left of a try of the training is what must be right; where nothing is left, nothing has to be passed.
#[test]
fn of_the_training_what_is_left_counts() {
    // Whether each case of the first try was right so far, which of the two are withdrawn then, whether that passes, and whether more of the training comes.
    let table: [(&[bool], &[usize], bool, bool); 6] = [
        (&[], &[0, 1], false, false),
        (&[true], &[1], true, false),
        (&[false], &[1], false, true),
        (&[true], &[0], false, true),
        (&[true, false], &[1], true, false),
        (&[false, true], &[1], false, true),
    ];
    for (reads, withdrawn, passes, goes_on) in table {
        let mut r = Reading::new(rules_of(PROTOCOL, 3, 2));
        r.must(start());
        let first = r.rules.bundle().reads().iter().filter(|a| a.training.is_some() && a.repeat == 1);
        let packages: Vec<ContentHash> = first.map(|a| a.package).collect();
        for right in reads {
            let signal = r.rules.assigned(&r.next_read()).and_then(|a| a.training).expect("training comes first").signal;
            finish(&mut r, if signal == *right { 90 } else { 10 });
        }
        let gone: Vec<_> = withdrawn.iter().map(|at| packages[*at]).collect();
        r.rules = without(r.rules.clone(), None, &gone);
        r.must(start());
        let said = format!("{reads:?} without {withdrawn:?}");
        assert_eq!(r.state.training_passed(), passes, "{said}");
        assert_eq!(r.state.next().is_some_and(|a| a.training), goes_on, "{said}");
        assert_eq!(training(&r.rules, &r.state).is_none(), gone.len() == 2, "{said}");
        assert!(r.act(Action::OpenCase(r.next_read())).is_ok(), "{said}");
    }
}

/// A draft that waits is ended first: what is left of an earlier try passes when the next session begins.
#[test]
fn what_a_withdrawal_passes_waits_for_a_draft() {
    let mut r = Reading::new(rules_of(PROTOCOL, 3, 2));
    r.must(start());
    let first = r.rules.bundle().reads().iter().filter(|a| a.training.is_some() && a.repeat == 1);
    let gone = first.map(|a| a.package).nth(1).expect("two cases");
    let read = |r: &mut Reading, right: bool| {
        let signal = r.rules.assigned(&r.next_read()).and_then(|a| a.training).expect("training").signal;
        finish(r, if signal == right { 90 } else { 10 });
    };
    read(&mut r, true);
    read(&mut r, false);
    if r.state.next().expect("a second try").package == gone {
        read(&mut r, false);
    }
    r.open_next();
    r.rules = without(r.rules.clone(), None, &[gone]);
    r.must(start());
    assert!(!r.state.training_passed() && r.state.draft().is_some());
    read(&mut r, false);
    assert!(!r.state.training_passed());
    r.must(Action::EndSession);
    r.must(start());
    assert!(r.state.training_passed(), "of the first try all that is left was right");
}

/// Where a case comes again under another code, a withdrawal ends every read before it: else those of the one case would leave the list together.
#[test]
fn a_withdrawal_tells_of_no_hidden_repeat() {
    for (repeats, goes_on) in [("", true), ("\n[repeats]\ncondition = \"unaided\"\ncount = 1\nbetween = 1\n", false)] {
        let mut r = Reading::new(rules_of(&format!("{}{repeats}", crate::simulated::PROTOCOL), 3, 0));
        r.must(start());
        r.read_next(10, &[]);
        let (read, package) = (r.state.locked()[0].read().clone(), r.state.locked()[0].package());
        let other = r.state.next().into_iter().chain(r.state.later()).find(|a| a.package != package).expect("another case").package;
        assert_eq!(amendable(&r.state).count(), 1);
        r.rules = without(r.rules.clone(), None, &[other]);
        let amend = |r: &mut Reading| r.act(Action::Amend { read: read.clone(), reason: "a slip".into() }).is_ok();
        if !goes_on {
            assert!(!amend(&mut r), "in the session that runs");
        }
        r.must(start());
        assert_eq!((amendable(&r.state).count() == 1, amend(&mut r)), (goes_on, goes_on), "{repeats:?}");
    }
}

/// Word that comes while a session runs ends the amendment of its own case, and of no other.
#[test]
fn word_in_a_session_ends_the_amendment_of_its_case_alone() {
    let amend_without = |is_own: bool| {
        let mut r = Reading::new(rules_of(crate::simulated::PROTOCOL, 3, 0));
        r.must(start());
        r.read_next(10, &[]);
        let (read, package) = (r.state.locked()[0].read().clone(), r.state.locked()[0].package());
        let gone =
            r.state.next().into_iter().chain(r.state.later()).map(|a| a.package).chain([package]).find(|p| (*p == package) == is_own);
        r.rules = without(r.rules.clone(), None, &[gone.expect("a case")]);
        r.act(Action::Amend { read, reason: "a slip".into() }).map(|_| ())
    };
    assert_eq!(amend_without(true), Err(Refusal::NoAmendment("its case takes no further part in the study")));
    assert_eq!(amend_without(false), Ok(()));
}

/// The keys of an account stay, and with them all that was sealed for it; what opens it can be another.
#[test]
fn a_seat_that_is_made_anew_opens_with_the_passphrase_of_the_day() {
    let rules = rules(2);
    let (cora, rita, _) = keys();
    let issued = issue(rules.bundle(), cora, 5).expect("issued");
    let entropy = zeroize::Zeroizing::new([3; 32]);
    let seat = Seat::new(rita.clone(), rules.bundle(), issued, &[], vec![], &entropy).expect("a seat");
    let (old, new) = (Passphrase::typed("a long enough phrase".into()), Passphrase::known_to_all("another long phrase"));
    let changed = rita.with_passphrase(&old, &new, &entropy).expect("changed");
    let anew = seat.clone().with_account(rules.bundle(), &changed).expect("of the same keys");
    assert!(seat.open(&old).is_ok() && anew.open(&new).is_ok() && anew.open(&old).is_err());
    let (stranger, _) = Account::create(rita.id().clone(), Kind::Reader, "Somebody", &new, &entropy).expect("made");
    assert_eq!(seat.with_account(rules.bundle(), &stranger), Err(SeatError::Account));
}

#[test]
fn the_word_counts_in_its_study_and_from_those_who_may_withdraw() {
    let rules = rules(2);
    let (cora, rita, own) = keys();
    let protocol = rules.protocol().hash();
    let issued = issue(rules.bundle(), cora, 5).expect("issued");
    let seat = |words: &[Withdrawal]| {
        let seat = Seat::new(rita.clone(), rules.bundle(), issued.clone(), &[], vec![], &zeroize::Zeroizing::new([3; 32])).expect("a seat");
        seat.with_withdrawals(rules.bundle(), words)
    };
    let give = |protocol, case| Withdrawal::give(protocol, package(case), cora, 5).expect("given");
    assert!(matches!(Withdrawal::give(protocol, package(1), own, 5), Err(AccountError::MayNot { .. })), "a reader withdraws nothing");
    let good = give(protocol, 1);
    let taken = seat(std::slice::from_ref(&good)).expect("taken");
    assert!(taken.withdraws(&package(1)) && !taken.withdraws(&package(2)));
    assert_eq!(Seat::parse(taken.to_json().as_bytes(), rules.bundle()).as_ref(), Ok(&taken));
    assert_eq!(seat(&[give(protocol, 9)]), seat(&[]), "a case of others");
    assert_eq!(seat(&[give(ContentHash([7; 32]), 1)]), Err(SeatError::Withdrawal(WithdrawalError::Other)));
    let signed = |signature| Withdrawal { signature, ..good.clone() };
    let table = [
        ("another case", Withdrawal { package: package(2), ..good.clone() }),
        ("a reader", signed(own.sign(Meaning::Deviation, &ContentHash([1; 32]), 5))),
        ("other content", signed(cora.sign(Meaning::Deviation, &ContentHash([1; 32]), 5))),
        ("another meaning", signed(cora.sign(Meaning::Query, &ContentHash([1; 32]), 5))),
    ];
    for (name, word) in table {
        assert!(matches!(seat(&[word]), Err(SeatError::Withdrawal(WithdrawalError::Signature(_)))), "{name}");
    }
}
