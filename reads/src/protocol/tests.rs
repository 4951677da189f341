//! The protocol against good texts, and against texts with one fault each.

use super::{Ai, CaseOrder, ConditionOrder, Paradigm, Per, Protocol, TEMPLATES, VolumeLayout, Within, check, template};
use std::collections::BTreeSet;
use tiresias_words::{Condition, QuestionId, Voi, Window};

const GOOD: &str = include_str!("../../tests/two_conditions.toml");

#[test]
fn a_good_protocol_is_taken_as_it_stands() {
    let p = Protocol::parse(GOOD).expect("a good protocol");
    assert_eq!((p.study(), p.title()), ("nodules-1", "Nodule detection on chest CT"));
    assert!(matches!(p.paradigm(), Paradigm::Froc(m) if m.max == 20 && m.rating.contains(100) && !m.rating.contains(101)));
    let labels: Vec<_> = p.conditions().iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["Unaided", "second"]);
    assert!(p.condition(&Condition::new("second").unwrap()).is_some());
    assert_eq!(p.form().rating(), Some(&QuestionId::new("confidence").unwrap()));
    assert_eq!(p.form().questions().len(), 2);
    assert_eq!(p.display().layout(), VolumeLayout::Mpr);
    let first = p.display().first().and_then(|i| p.display().presets().get(i)).map(|p| p.voi.clone());
    assert_eq!(first, Some(Voi::Linear(Window::new(-600.0, 1500.0).unwrap())));
    assert_eq!(p.case_facts(), ["age band", "indication"]);
    assert!(check(GOOD).is_empty());
}

/// Replaces `from` in the good protocol and looks for one finding on `line` that has `words`.
fn finds(from: &str, to: &str, line: Option<usize>, words: &str) {
    assert!(GOOD.contains(from), "the fixture has no {from:?}");
    let found = check(&GOOD.replacen(from, to, 1));
    let hit = found.iter().any(|f| f.line == line && f.sentence.contains(words));
    assert!(hit, "{from:?} -> {to:?}: no {words:?} on line {line:?} in {found:#?}");
}

#[test]
fn each_fault_is_found_on_its_line() {
    finds("tiresias_protocol = 1\n", "\n", None, "is missing");
    finds("tiresias_protocol = 1", "tiresias_protocol = 2", Some(1), "newer program");
    finds("tiresias_protocol = 1", "tiresias_protocol = \"1\"", Some(1), "not a version");
    finds("paradigm = \"froc\"", "paradigm = \"froc\"\nwashout = 3", Some(7), "washout");
    finds("paradigm = \"froc\"", "paradigm = \"roc\"", Some(34), "has no marks");
    finds("paradigm = \"froc\"", "paradigm = \"lroc\"", Some(36), "write `max = 1`");
    finds("paradigm = \"froc\"", "paradigm = \"lroc\"", Some(17), "that of its one mark");
    finds("paradigm = \"froc\"", "paradigm = \"binary\"", Some(34), "has no marks");
    finds("paradigm = \"froc\"", "paradigm = \"guess\"", Some(6), "not a word");
    finds("id = \"nodules-1\"", "id = \"nodules 1\"", Some(4), "study's id");
    finds("title = \"Nodule detection on chest CT\"", "title = \"\"", Some(5), "title");
    finds("title = \"Nodule detection on chest CT\"", "title = \"a\\u202Eb\"", Some(5), "on one line");
    finds("paradigm = \"froc\"", "paradigm = \"froc\"\n\"\\u001b[2J\" = 3", Some(7), "unknown field `\\u{1b}[2J`");
    finds("label = \"Unaided\"", "label = \"Unaided\"\nai = \"hidden\"", Some(12), "form of a protocol");
    finds("id = \"second\"", "id = \"unaided\"", Some(14), "two conditions");
    finds("id = \"second\"", "id = \"truth\"", Some(14), "analysis programs");
    finds("min = 0\nmax = 100\nlow = \"definitely", "min = 100\nmax = 100\nlow = \"definitely", Some(20), "below `max`");
    finds("max = 100\nlow = \"definitely", "max = 100000\nlow = \"definitely", Some(21), "tell apart");
    finds("low = \"definitely absent\"\n", "", Some(17), "anchors");
    finds("required = false", "required = false\nrating = true", Some(28), "second question");
    finds("required = true", "required = false", Some(17), "no score");
    finds("id = \"recall\"", "id = \"confidence\"", Some(28), "two questions");
    finds("kind = \"choice\"", "kind = \"number\"", Some(31), "belong to the kind \"choice\"");
    finds("kind = \"choice\"", "kind = \"choice\"\nmin = 1", Some(31), "belong to the kind \"scale\"");
    finds("key = \"yes\"", "key = \"no\"", Some(31), "two options");
    finds(", { key = \"yes\", label = \"yes\" }", "", Some(31), "this one has 1");
    finds("max = 20", "max = 0", Some(36), "1 to 1000");
    finds("high = \"certain\"", "high = \" \"", Some(37), "anchor `high`");
    finds("first = \"lung\"", "first = \"bone\"", Some(42), "names no preset");
    finds("name = \"lung\"", "name = \"images\"", Some(45), "own windows");
    finds("width = 1500.0", "width = 0", Some(45), "window");
    finds("function = \"linear\"", "function = \"cubic\"", Some(48), "linear_exact");
    finds("seed = 7\n", "", Some(51), "needs a `seed`");
    finds("kind = \"shuffled\"", "kind = \"fixed\"", Some(52), "has no `seed`");
    finds("\"indication\"", "\"age band\"", Some(7), "twice");
    finds("seed = 7", "seed = -7", Some(52), "form of a protocol");
    finds("[study]", "[study", Some(3), "form of a protocol");
}

#[test]
fn the_hash_is_of_the_exact_bytes() {
    let a = Protocol::parse(GOOD).unwrap();
    let b = Protocol::parse(&GOOD.replace('\n', "\r\n")).unwrap();
    assert_ne!(a.hash(), b.hash());
    assert_eq!(a.hash(), Protocol::parse(GOOD).unwrap().hash());
}

#[test]
fn an_error_shows_the_first_finding_and_counts_the_others() {
    let bad = GOOD.replace("id = \"nodules-1\"", "id = \"\"").replace("max = 20", "max = 0");
    let error = Protocol::parse(&bad).expect_err("two findings");
    assert_eq!(error.findings().count(), 2);
    let text = error.to_string();
    assert!(text.starts_with("protocol.toml, line 4: ") && text.ends_with("There is one more finding."), "{text}");
}

/// Replaces `from` in a template by `to` and looks for a finding with `words` on the line where `to` begins; `None` looks for one without a line.
fn template_finds(name: &str, from: &str, to: &str, on_line: bool, words: &str) {
    let good = template(name).expect("a template").text;
    let at = good.find(from).unwrap_or_else(|| panic!("the template {name} has no {from:?}"));
    let line = on_line.then(|| 1 + good[..at].matches('\n').count());
    let found = check(&good.replacen(from, to, 1));
    let hit = found.iter().any(|f| f.line == line && f.sentence.contains(words));
    assert!(hit, "{name}: {from:?} -> {to:?}: no {words:?} on line {line:?} in {found:#?}");
}

#[test]
fn each_template_is_a_protocol() {
    for template in TEMPLATES {
        let found = check(template.text);
        assert!(found.is_empty(), "{}: {found:#?}", template.name);
        assert!(template.text.lines().all(|l| l.chars().count() <= 160), "{}", template.name);
    }
    let of = |name| Protocol::parse(template(name).unwrap().text).unwrap();
    let order = of("crossover").order();
    assert!(matches!(order.cases, CaseOrder::Shuffled { seed: 1 }));
    assert_eq!(order.conditions, ConditionOrder::Counterbalanced { groups: 2, within: Within::Blocked });
    assert!(matches!(&of("sequential").conditions()[0].ai, Ai::Sequential { before, .. } if before.as_str() == "without-ai"));
    assert!(
        matches!(&of("froc").conditions()[1].ai, Ai::OnRequest(parts) if parts.outline && parts.score && !parts.threshold && !parts.name)
    );
    let mammography = of("mammography");
    assert_eq!(mammography.form().units().iter().map(|u| u.key.as_str()).collect::<Vec<_>>(), ["R", "L"]);
    assert_eq!(mammography.form().questions().iter().filter(|q| q.per == Per::Unit).count(), 3);
    assert_eq!(of("ordinal").adjudication().unwrap().discordances.len(), 3);
    assert_eq!(of("crossover").sessions().washout_days, Some(28));
}

#[test]
fn what_contradicts_itself_is_found_on_its_line() {
    template_finds("ordinal", "controls = 0.1", "majority = true", true, "take one of the two out");
    // AI.
    template_finds(
        "crossover",
        "ai = { mode = \"concurrent\", show = [\"outline\", \"score\"] }",
        "ai = { mode = \"concurrent\" }",
        true,
        "does not say what",
    );
    template_finds(
        "crossover",
        "ai = { mode = \"concurrent\", show = [\"outline\", \"score\"] }",
        "ai = { mode = \"hidden\", show = [\"score\"] }",
        true,
        "shows nothing",
    );
    template_finds(
        "crossover",
        "ai = { mode = \"concurrent\", show = [\"outline\", \"score\"] }",
        "ai = { mode = \"hidden\", judge = true }",
        true,
        "judged by nobody",
    );
    template_finds(
        "crossover",
        "ai = { mode = \"concurrent\", show = [\"outline\", \"score\"] }",
        "ai = { mode = \"concurrent\", show = [\"name\"] }",
        true,
        "see nothing",
    );
    template_finds(
        "crossover",
        "ai = { mode = \"concurrent\", show = [\"outline\", \"score\"] }",
        "ai = { mode = \"later\", show = [\"score\"] }",
        true,
        "\"on request\"",
    );
    template_finds("sequential", "before = \"without-ai\", ", "", true, "two scores");
    template_finds("sequential", "before = \"without-ai\"", "before = \"with-ai\"", true, "two conditions");
    template_finds("crossover", "mode = \"concurrent\", ", "mode = \"concurrent\", before = \"x\", ", true, "only the mode");
    template_finds("crossover", "washout_days = 28\n", "", false, "how many days");
    // The form.
    template_finds("sequential", "is = [\"follow-up\"]", "is = [\"never\"]", true, "no option of this key");
    template_finds("sequential", "question = \"action\"", "question = \"interval\"", true, "earlier question");
    template_finds("sequential", "question = \"action\"", "question = \"nowhere\"", true, "no question of this id");
    template_finds("sequential", "is = [\"follow-up\"]", "at_least = 1", true, "is no number");
    template_finds("ordinal", "at_least = 2", "is = [\"1\"], at_least = 2", true, "either `is`");
    template_finds("ordinal", "id = \"diameter\"", "id = \"category\"", true, "two questions");
    template_finds("ordinal", "kind = \"choice\"\noptions = [", "kind = \"scale\"\noptions = [", true, "paradigm \"ordinal\"");
    template_finds(
        "concurrent",
        "kind = \"choice\"\noptions = [{ key = \"no\", label = \"no\", score = 0 }",
        "kind = \"choice\"\noptions = [{ key = \"no\", label = \"no\", score = 3 }",
        true,
        "score = 0",
    );
    template_finds("mammography", "per = \"unit\"\nmin = 0", "per = \"case\"\nmin = 0", true, "scores per unit");
    template_finds("mammography", "unit = \"side\"", "unit = \"region\"", true, "at least two");
    template_finds("mammography", "unit = \"side\"", "unit = \"lesion\"", true, "needs marks");
    template_finds("froc", "per = \"mark\"", "per = \"unit\"", true, "no units");
    template_finds("froc", "kinds = [\"point\"]", "kinds = []", true, "No kind of mark");
    template_finds("crossover", "anchors = [{ at = 50", "anchors = [{ at = 100", true, "between the ends");
    // Rules.
    template_finds("froc", "question = \"confidence\" }", "question = \"density\" }", true, "is no number");
    template_finds("froc", "level = \"hard\"", "level = \"firm\"", true, "\"soft\"");
    template_finds("froc", "is = \"at least\"", "is = \">=\"", true, "\"at most\"");
    // Plan.
    template_finds("crossover", "break_after_minutes = 60", "break_after_minutes = 120", true, "less than");
    template_finds("crossover", "threshold = 50", "threshold = 0", true, "above 0 and at most 100");
    template_finds("crossover", "pass = 0.8", "pass = 80.0", true, "share");
    template_finds("crossover", "attempts = 2", "attempts = 0", true, "1 to 10");
    template_finds("crossover", "groups = 2", "groups = 0", true, "1 to 100");
    template_finds("sequential", "condition = \"with-ai\"", "condition = \"aided\"", true, "no condition of this id");
    template_finds("concurrent", "design = \"split plot\"\ngroups = 2", "design = \"split plot\"", true, "needs `groups`");
    template_finds("concurrent", "groups = 2\n\n[analysis]", "groups = 1\n\n[analysis]", true, "2 to 100");
    // Adjudication.
    template_finds("ordinal", "[[\"reader-1\", \"reader-2\"]]", "[[\"reader-1\", \"reader-1\"]]", true, "disagree with themselves");
    template_finds("ordinal", "condition = \"central\"", "condition = \"local\"", true, "could be compared");
    template_finds("ordinal", "more_than = 3", "more_than = 100", true, "never more than");
    template_finds("ordinal", "controls = 0.1", "controls = 10.0", true, "0 to 1");
    // Analysis.
    template_finds("crossover", "figure = \"auc\"", "figure = \"wafroc\"", true, "cannot be computed");
    template_finds("crossover", "test = \"aided\"", "test = \"unaided\"", true, "same condition");
    template_finds("crossover", "test = \"aided\"", "test = \"other\"", true, "names no condition");
    template_finds("crossover", "alpha = 0.05", "alpha = 5.0", true, "below 0.5");
    template_finds("crossover", "hypothesis = \"superiority\"", "hypothesis = \"non-inferiority\"", true, "needs a `margin`");
    template_finds("concurrent", "margin = 0.05", "margin = 5.0", true, "below 1");
    template_finds("froc", "covariance = \"jackknife\"", "covariance = \"delong\"", true, "for the figure \"auc\"");
    template_finds("froc", "method = \"or\"", "method = \"ustat\"", true, "for the figure \"auc\"");
    template_finds("froc", "method = \"or\"", "missing = \"worst\"\nmethod = \"or\"", true, "filled in ratings alone");
    let by_ustat = "method = \"ustat\"\nhypothesis = \"estimation\"";
    template_finds("ordinal", by_ustat, &format!("{by_ustat}\nreaders = \"fixed\""), true, "readers and cases random");
    template_finds("mammography", "method = \"or\"\ncovariance = \"jackknife\"", "method = \"ustat\"", true, "as one patient");
    template_finds("mammography", "covariance = \"jackknife\"", "covariance = \"unbiased\"", true, "as one patient");
    template_finds("crossover", "missing = \"omit\"", "acceptance_radius_mm = 5.0", true, "no marks");
    // What this version does not compute.
    template_finds("crossover", "alpha = 0.05", "multiplicity = \"holm\"", true, "nothing is adjusted");
    template_finds("mammography", "test = \"aided\"", "subgroups = [\"density\"]\ntest = \"aided\"", true, "whole cases alone");
    template_finds("mammography", "figure = \"auc\"", "figure = \"sensitivity\"\nat = 50.0", true, "several units of a patient");
    template_finds("froc", "method = \"or\"", "subgroups = [\"site\"]\nmethod = \"or\"", true, "whole cases alone");
    template_finds("froc", "acceptance_radius_mm = 10.0", "acceptance_mask_mm = 0.0", true, "measures no masks");
    let plan = "figure = \"wafroc\"\nmethod = \"or\"\ncovariance = \"jackknife\"\nhypothesis = \"superiority\"\nreference = \"unaided\"\ntest = \"on-request\"\n";
    template_finds("froc", &format!("{plan}acceptance_radius_mm = 10.0\n"), plan, true, "how near to a lesion");
    let planned = "sensitivity = [\"fixed readers\", \"worst case\", \"other methods\"]";
    template_finds("crossover", planned, "sensitivity = [\"per protocol\"]", true, "names no read");
}

#[test]
fn rules_that_cannot_be_kept_or_broken_and_questions_never_asked_are_found() {
    let with = |name: &str, more: &str| {
        let text = template(name).expect("a template").text;
        // Tables may stand in any order.
        check(&text.replacen("[display]", &format!("{more}\n\n[display]"), 1))
    };
    let finds = |found: &[super::Finding], words: &str| {
        assert!(found.iter().any(|f| f.line.is_some() && f.sentence.contains(words)), "no {words:?} in {found:#?}");
    };
    let rule = |is: &str, right: &str| {
        format!("[[rule]]\nlevel = \"hard\"\nleft = {{ question = \"confidence\" }}\nis = \"{is}\"\nright = {{ {right} }}\nsay = \"No.\"\n")
    };
    finds(&with("crossover", &rule("above", "number = 100")), "No answers keep this rule");
    finds(&with("crossover", &rule("at least", "number = 0")), "can never be broken");
    finds(&with("froc", &rule("below", "marks = \"highest rating\"")), "contradicts an earlier one");
    assert!(with("froc", &rule("above", "marks = \"highest rating\"")).is_empty(), "stricter than the other, and no contradiction");
    let turned = "[[rule]]\nlevel = \"hard\"\nleft = { marks = \"highest rating\" }\nis = \"above\"\nright = { question = \"confidence\" }\nsay = \"No.\"\n";
    finds(&with("froc", turned), "contradicts an earlier one");
    let both = |one: (&str, u8), other: (&str, u8)| {
        let rules = [one, other].map(|(is, number)| rule(is, &format!("number = {number}")));
        with("crossover", &rules.concat())
    };
    for (one, other) in [(("above", 60), ("below", 40)), (("at most", 40), ("equal", 41)), (("equal", 50), ("equal", 51))] {
        finds(&both(one, other), "contradicts an earlier one");
    }
    for (one, other) in [(("above", 40), ("below", 60)), (("not equal", 40), ("equal", 41)), (("at least", 40), ("at least", 60))] {
        assert!(both(one, other).is_empty(), "{one:?} {other:?}");
    }
    let asked =
        |whens: &str| format!("[[question]]\nid = \"more\"\ntext = \"More?\"\nkind = \"text\"\nrequired = false\nwhen = [{whens}]\n");
    let never = asked("{ question = \"action\", is = [\"biopsy\"] }, { question = \"interval\", at_least = 2 }");
    finds(&with("sequential", &never), "is never asked: no answer to \"action\"");
    let high_and_low = asked("{ question = \"confidence\", at_least = 60 }, { question = \"confidence\", at_most = 40 }");
    finds(&with("sequential", &high_and_low), "is never asked: no answer to \"confidence\"");
    // Each looks twice at the one before: 2^60 ways, and an answer at once.
    let chain = (0..60).map(|n| {
        let before = if n == 0 { "confidence".to_owned() } else { format!("n{}", n - 1) };
        let when = format!("{{ question = \"{before}\", at_least = 1 }}, {{ question = \"{before}\", at_most = 9 }}");
        format!("[[question]]\nid = \"n{n}\"\ntext = \"?\"\nkind = \"number\"\nmin = 0\nmax = 9\nrequired = false\nwhen = [{when}]\n")
    });
    let chain = with("sequential", &chain.collect::<String>());
    assert!(chain.is_empty(), "{chain:?}");
    let reachable = asked("{ question = \"action\", is = [\"biopsy\", \"follow-up\"] }, { question = \"interval\", at_least = 2 }");
    assert!(with("sequential", &reachable).is_empty());
    let both = asked("{ question = \"where\", is = [\"epidural\"] }, { question = \"where\", is = [\"subdural\"] }");
    assert!(with("concurrent", &both).is_empty(), "several options can be taken at once");
}

/// The keys that a table of the file may have, as the reader of the text says them when it meets one that is none.
fn keys_read(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<super::text::Draft>(text).err().expect("a key that is none").to_string();
    let message = error.lines().find(|l| l.contains("unknown field")).expect("says so").to_owned();
    message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_published_schema_names_the_keys_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../assets/protocols/protocol.schema.json")).unwrap();
    // Where a key that is none is put, and where the schema says which there are.
    let places = [
        ("", ""),
        ("[study]", "/study"),
        ("[[condition]]", "/condition/items"),
        ("[[condition]]\nid = \"a\"\nai.mode = \"x\"\nai.", "/condition/items/properties/ai"),
        ("[[unit]]", "/unit/items"),
        ("[[question]]", "/question/items"),
        ("[[question]]\nwhen = [{ question = \"a\", none = 1 }]\n#", "/question/items/properties/when/items"),
        ("[[question]]\nanchors = [{ none = 1 }]\n#", "/question/items/properties/anchors/items"),
        ("[[question]]\noptions = [{ none = 1 }]\n#", "/question/items/properties/options/items"),
        ("[[rule]]", "/rule/items"),
        ("[[rule]]\nleft = { none = 1 }\n#", "/rule/items/properties/left"),
        ("[not_evaluable]", "/not_evaluable"),
        ("[marks]", "/marks"),
        ("[marks]\nrating = { none = 1 }\n#", "/marks/properties/rating"),
        ("[display]", "/display"),
        ("[[display.preset]]", "/display/properties/preset/items"),
        ("[[hanging]]", "/hanging/items"),
        ("[[hanging]]\n[[hanging.cell]]", "/hanging/items/properties/cell/items"),
        ("[order]", "/order"),
        ("[sessions]", "/sessions"),
        ("[environment]", "/environment"),
        ("[training]", "/training"),
        ("[repeats]", "/repeats"),
        ("[assignment]", "/assignment"),
        ("[adjudication]", "/adjudication"),
        ("[adjudication]\n[[adjudication.discordance]]", "/adjudication/properties/discordance/items"),
        ("[analysis]", "/analysis"),
    ];
    for (table, place) in places {
        let text = if table.ends_with(['.', '#']) { format!("{table}none = 1\n") } else { format!("{table}\nnone = 1\n") };
        let pointer = if place.is_empty() { "/properties".to_owned() } else { format!("/properties{place}/properties") };
        let known = schema.pointer(&pointer).and_then(serde_json::Value::as_object).unwrap_or_else(|| panic!("no {pointer}"));
        let known: BTreeSet<String> = known.keys().cloned().collect();
        assert_eq!(keys_read(&text), known, "{table}");
    }
}
