//! The AI's findings in a read: told once after the reveal, judged one by one, and shown as far as the protocol names.

use crate::conditions::{begun, of};
use crate::simulated::Reading;
use tiresias_reads::machine::{Action, Missing, Refusal, Verdict, missing};
use tiresias_reads::protocol::AiParts;
use tiresias_words::FindingId;

/// The protocol without its unaided condition.
pub(crate) fn aided_alone(text: &str) -> String {
    text.replace("[[condition]]\nid = \"unaided\"\nlabel = \"Unaided\"\n", "")
        .replace("hypothesis = \"superiority\"\nreference = \"unaided\"\ntest = \"on-request\"", "hypothesis = \"estimation\"")
}

/// Two findings, of which the reader agrees with the second after having rejected it.
pub(crate) fn findings_are_told_once_and_each_is_judged(r: &mut Reading) {
    let judge = |n, verdict| Action::JudgeFinding { finding: FindingId(n), verdict };
    assert_eq!(r.act(judge(1, Verdict::Agree)), Err(Refusal::NoFindings), "nothing is on the screen yet");
    assert_eq!(r.act(Action::FindingsShown(2_001)), Err(Refusal::NoAi));
    assert_eq!(r.must(Action::FindingsShown(2)).len(), 1);
    assert!(r.must(Action::FindingsShown(2)).is_empty(), "once");
    assert_eq!(r.act(Action::FindingsShown(3)), Err(Refusal::OtherFindings));
    let open = |r: &Reading| missing(&r.rules, &r.state).into_iter().filter(|m| matches!(m, Missing::Finding(_))).collect::<Vec<_>>();
    assert_eq!(open(r), [Missing::Finding(FindingId(1)), Missing::Finding(FindingId(2))]);
    for n in [0, 3] {
        assert_eq!(r.act(judge(n, Verdict::Agree)), Err(Refusal::NoSuchFinding(FindingId(n))));
    }
    r.must(judge(2, Verdict::Reject));
    assert_eq!(open(r), [Missing::Finding(FindingId(1))]);
    r.must(judge(1, Verdict::Reject));
    r.must(judge(2, Verdict::Agree));
    let said: Vec<_> = r.state.open().unwrap().verdicts().iter().map(|(f, v)| (f.0, *v)).collect();
    assert_eq!(said, [(1, Verdict::Reject), (2, Verdict::Agree)]);
}

/// A protocol that asks for no verdicts gets none, and what is shown is what it names, from the reveal on.
#[test]
fn what_is_shown_of_the_ai_is_what_the_protocol_names() {
    let text = aided_alone(&of("froc").replace("show = [\"outline\", \"score\"]", "show = [\"outline\", \"heat map\"], judge = false"));
    let mut r = begun(&text, 2);
    r.open_next();
    let draft = |r: &Reading| r.state.open().unwrap().clone();
    assert!(r.rules.offers_ai(&draft(&r)) && r.rules.shown_of_ai(&draft(&r)).is_none());
    assert_eq!(r.act(Action::FindingsShown(1)), Err(Refusal::NoAi), "not before it was asked for");
    r.must(Action::Reveal);
    assert!(!r.rules.offers_ai(&draft(&r)));
    let parts = r.rules.shown_of_ai(&draft(&r)).unwrap();
    assert_eq!(parts, AiParts { outline: true, heat_map: true, ..AiParts::default() });
    assert_eq!(r.clone().must(Action::FindingsShown(2_000)).len(), 1, "as many as may be");
    r.must(Action::FindingsShown(1));
    assert!(!missing(&r.rules, &r.state).iter().any(|m| matches!(m, Missing::Finding(_))));
    let judge = Action::JudgeFinding { finding: FindingId(1), verdict: Verdict::Agree };
    assert_eq!(r.act(judge), Err(Refusal::NoFindings));
}
