//! Tests of the report: no number that is none, one sentence for each trap, names instead of numbers.

use super::*;
use crate::scoring::{DataCase, DataLesion, LocatedRating, RatedMark};

/// Modalities A and B; case k is diseased where k is odd. `score` by modality, reader, case.
fn ratings(readers: usize, cases: usize, score: impl Fn(usize, usize, usize) -> Option<f64>) -> Dataset {
    let case = |k: usize| DataCase { name: format!("c{k}"), patient: None, diseased: k % 2 == 1, lesions: vec![] };
    let cells = (0..2).flat_map(|m| (0..readers).flat_map(move |r| (0..cases).map(move |k| (m, r, k))));
    Dataset {
        modalities: vec!["A".into(), "B".into()],
        readers: (1..=readers).map(|r| format!("r{r}")).collect(),
        cases: (0..cases).map(case).collect(),
        scores: Scores::Roc(cells.map(|(m, r, k)| score(m, r, k)).collect()),
    }
}
/// A number from 0 to 4 that follows from another, without a pattern (SplitMix64).
fn shaken(number: usize) -> f64 {
    let mut z = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 * 4.0
}
/// A rating that tells the classes apart, more or less: cases differ, and so do reads of one.
fn rated(m: usize, r: usize, k: usize) -> Option<f64> {
    let read = shaken(1_000 + (m * 10 + r) * 100 + k);
    Some((shaken(k) + read + if k % 2 == 1 { 2.0 + m as f64 * 0.5 } else { 0.0 }).round())
}

fn report(data: &Dataset) -> Report {
    let report = analyse(data, Choice::default()).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    finite(&json, "");
    assert!(!in_words(&report).contains("NaN") && !in_words(&report).contains("inf"));
    for_people(&report);
    report
}
/// No name of a field stands where people read.
fn for_people(report: &Report) {
    let page = page(report);
    for (key, says) in &report.conventions {
        assert!(!key.contains('_') || !page.contains(&format!("<td>{key}</td>")), "{key} has no name");
        assert!(!says.contains('`') && !says.contains('_'), "{key}: {says}");
    }
}
/// serde_json writes NaN as null, so that a null where a number is must be one that was meant: the types hold options alone.
fn finite(json: &serde_json::Value, at: &str) {
    match json {
        serde_json::Value::Number(n) => assert!(n.as_f64().is_some_and(f64::is_finite), "{at}: {n}"),
        serde_json::Value::Array(items) => items.iter().for_each(|i| finite(i, at)),
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| finite(value, key)),
        _ => {}
    }
}
fn noted(report: &Report, words: &str) {
    assert!(report.notes.iter().any(|n| n.contains(words)), "no {words:?} in {:?}", report.notes);
    assert!(report.notes.iter().all(|n| n.ends_with('.') && !n.contains('\n') && !n.contains("(from 0)")), "{:?}", report.notes);
}

#[test]
fn a_crossed_study_has_every_part() {
    let found = report(&ratings(4, 30, rated));
    assert_eq!((found.fom.as_str(), found.design, found.n.missing), ("auc", "crossed", 0));
    assert_eq!(found.or.keys().copied().collect::<Vec<_>>(), ["delong", "jackknife", "unbiased"]);
    let or = &found.or["jackknife"];
    let dbm = found.dbm.as_ref().unwrap();
    let (a, b) = (or.rrrc.as_ref().unwrap(), dbm.rrrc.as_ref().unwrap());
    assert!((a.f.unwrap() - b.f.unwrap()).abs() < 1e-9, "both are one with readers random");
    assert_eq!((found.ustat.len(), found.readers.len(), or.frrc.as_ref().unwrap().readers.len()), (3, 8, 4));
    assert!(found.ustat[2].df_hillis.is_some() && found.ustat[0].b.is_none());
    let agreement = found.agreement.as_ref().unwrap();
    assert_eq!((agreement.kappa.len(), agreement.weighted_kappa.len(), agreement.by_modality.len()), (12, 24, 2));
    assert!(agreement.fleiss.is_some() && agreement.krippendorff["ordinal"].is_some() && agreement.icc["icc2"].is_some());
    assert!(found.notes.is_empty(), "{:?}", found.notes);
    let one = analyse(&ratings(4, 30, rated), Choice { method: Some(Method::Ustat), ..Choice::default() }).unwrap();
    assert!(one.or.is_empty() && one.dbm.is_none() && one.ustat.len() == 3);
}

#[test]
fn each_trap_is_a_number_or_a_sentence() {
    // One class alone.
    let mut none = ratings(2, 10, rated);
    none.cases.iter_mut().for_each(|c| c.diseased = false);
    let error = analyse(&none, Choice::default()).unwrap_err().to_string();
    assert_eq!(error, "No case is diseased, so there is no figure of merit: it needs cases with and without the signal. Check the truth.");
    // One reader.
    let one = report(&ratings(1, 20, rated));
    noted(&one, "There is one reader");
    let or = &one.or["delong"];
    assert!(or.rrrc.is_none() && or.frrc.as_ref().is_some_and(|f| f.p.is_some()) && or.covariance.cov2.is_none());
    // Constant scores: an area of one half, no variance, no test.
    let constant = report(&ratings(3, 12, |_, _, _| Some(3.0)));
    noted(&constant, "Reader \"r1\" in \"A\" rated all cases the same");
    assert_eq!(constant.readers[0].fom, Some(0.5));
    assert_eq!(constant.or["delong"].rrrc.as_ref().unwrap().f, None);
    noted(&constant, "nothing varied");
    // Perfect separation.
    let perfect = report(&ratings(3, 12, |_, _, k| Some((k % 2) as f64)));
    assert_eq!((perfect.readers[0].fom, perfect.readers[0].variance_delong), (Some(1.0), Some(0.0)));
    // Missing reads.
    let missing = report(&ratings(4, 30, |m, r, k| rated(m, r, k).filter(|_| (m, r, k) != (1, 2, 7))));
    assert_eq!((missing.design, missing.n.missing, missing.or.len()), ("partial", 1, 0));
    assert!(missing.dbm.is_none() && missing.ustat[2].p.is_some());
    noted(&missing, "U-statistics take it.");
    // A reader who read one class alone.
    let half = report(&ratings(3, 20, |m, r, k| rated(m, r, k).filter(|_| r != 1 || k % 2 == 0)));
    noted(&half, "Reader \"r2\" in \"A\" has no score of a diseased case: leave the reader out of this analysis.");
    assert_eq!((half.readers[1].fom, half.readers[1].diseased), (None, 0));
    // A negative variance (Gallas's estimate is unbiased, and readers who differ by chance alone make it so).
    let negative = report(&ratings(2, 8, |m, r, k| Some(((k * 5 + r * 4 + m * 3) % 8) as f64)));
    assert!(negative.ustat.len() == 3 && negative.ustat.iter().all(|u| u.variance.is_some_and(|v| v < 0.0)), "{:?}", negative.ustat);
    assert!(negative.ustat.iter().all(|u| u.p.is_none() && u.ci.is_none() && u.p_hillis.is_none()));
    noted(&negative, "is estimated as negative");
    // Readers of their own in each modality, and cases of their own.
    let nested = report(&ratings(4, 30, |m, r, k| rated(m, r, k).filter(|_| r / 2 == m)));
    assert_eq!(nested.design, "readers-in-modalities");
    assert!(nested.or["delong"].rrrc.as_ref().is_some_and(|t| t.p.is_some()) && nested.or["delong"].frrc.is_none());
    let own_cases = report(&ratings(3, 40, |m, r, k| rated(m, r, k).filter(|_| k / 20 == m)));
    assert_eq!((own_cases.design, own_cases.n.missing), ("cases-in-modalities", 0));
}

#[test]
fn figures_of_other_scores_are_refused_in_a_sentence() {
    let check = |data: &Dataset, word: &str, sentence: &str| {
        let choice = Choice { figure: Some(figure_of(word).unwrap()), ..Choice::default() };
        assert_eq!(analyse(data, choice).map(|r| r.fom).map_err(|e| e.to_string()), Err(sentence.to_owned()));
    };
    let roc = ratings(2, 12, rated);
    check(&roc, "wafroc", "The figure `wafroc` cannot be computed: the data have one rating a case. Choose `auc`, `sens` or `spec`.");
    let froc = marks();
    check(&froc, "auc", "The figure `auc` cannot be computed: the data have marks. Choose `wafroc`, `afroc` or `hrauc`.");
    let mut hole = froc;
    let Scores::Froc(cells) = &mut hole.scores else { panic!("marks") };
    cells[3] = None;
    let error = analyse(&hole, Choice::default()).unwrap_err().to_string();
    assert!(error.starts_with("The figure `wafroc` needs every reader to have read every case in every modality, and 1 of 48"), "{error}");
    for wrong in ["", "area", "lroc@2", "lroc@0", "auc@1", "sens@x", "sens@NaN"] {
        assert_eq!(figure_of(wrong), Err(FIGURES), "{wrong}");
    }
    assert_eq!(figure_of("lroc@0.2"), Ok(Figure::Lroc(0.2)));
}

/// Two modalities, two readers, twelve cases, two lesions in each diseased one; the second reader marks nothing in "B".
fn marks() -> Dataset {
    let mut data = ratings(2, 12, rated);
    for case in data.cases.iter_mut().filter(|c| c.diseased) {
        case.lesions = ["1", "2"].map(|name| DataLesion { name: name.into(), weight: 0.0 }).to_vec();
    }
    let cell = |at: usize| {
        let (of, k) = (at / 12, at % 12);
        let hit = RatedMark { lesion: Some(k % 3 % 2), rating: 3.0 + (k % 4) as f64 };
        let miss = RatedMark { lesion: None, rating: 1.0 + ((k + of) % 3) as f64 };
        match (of, k % 2) {
            (3, _) => vec![],
            (_, 1) => vec![hit],
            _ if k % 3 == 0 => vec![miss],
            _ => vec![],
        }
    };
    data.scores = Scores::Froc((0..48).map(|at| Some(cell(at))).collect());
    data
}

#[test]
fn marks_and_located_ratings_have_reports() {
    for word in ["wafroc", "afroc", "hrauc"] {
        let choice = Choice { figure: Some(figure_of(word).unwrap()), ..Choice::default() };
        let found = analyse(&marks(), choice).unwrap();
        finite(&serde_json::to_value(&found).unwrap(), "");
        for_people(&found);
        assert_eq!((found.fom.as_str(), found.or.len(), found.readers.len()), (word, 1, 4));
        assert_eq!(found.readers[3].fom, Some(0.5), "a reader without a mark");
        assert!(found.or["jackknife"].rrrc.as_ref().unwrap().p.is_some() && found.ustat.is_empty() && found.agreement.is_none());
        assert!(found.readers[0].roc.last().is_some_and(|end| end.iter().all(|v| (v - 1.0).abs() < 1e-12)));
    }
    let data = located();
    let found = report(&data);
    assert_eq!((found.fom.as_str(), found.fom_at, found.or.len()), ("lroc", Some(1.0), 1));
    assert!(found.conventions.contains_key("lroc_end"));
    let rates = analyse(&data, Choice { figure: Some(Figure::Sensitivity(6.0)), ..Choice::default() }).unwrap();
    assert!(rates.readers[0].fom.is_some() && rates.or.contains_key("jackknife"));
    for_people(&rates);
    // Beside an ROC curve a number alone is its area, and a rate is none.
    let rate = rates.readers[0].fom.unwrap();
    assert!(page(&rates).contains(&format!("A  sensitivity at 6: {rate:.3}")), "no rate of {rate}");
    let specific = analyse(&data, Choice { figure: Some(Figure::Specificity(6.0)), ..Choice::default() }).unwrap();
    assert!(page(&specific).contains("A  specificity at 6: "));
    let area = report(&ratings(2, 20, rated));
    assert!(page(&area).contains(&format!("A  {:.3}", area.readers[0].fom.unwrap())));
}

#[test]
fn units_of_patients_are_left_out_together() {
    let mut data = ratings(3, 40, rated);
    for (k, case) in data.cases.iter_mut().enumerate() {
        case.patient = Some(format!("p{}", k / 2));
    }
    let found = report(&data);
    assert_eq!(found.or.keys().copied().collect::<Vec<_>>(), ["delong", "jackknife"]);
    noted(&found, "several units of one patient");
    assert!(found.conventions.contains_key("clusters") && found.ustat.is_empty());
    // A plan is of patients, of whom there are half as many as units; scores are of units.
    assert_eq!(found.power.as_ref().map(|p| p.cases.clone()), Some(vec![10, 20, 30, 40]));
    assert_eq!((found.n.normals, found.n.diseased), (20, 20));
    assert!(in_words(&found).starts_with("auc: 2 modalities, 3 readers, 20 units without and 20 with the signal"), "{}", in_words(&found));
    let page = page(&found);
    assert!(page.contains("20 units without and 20 with the signal") && page.contains("Units without the signal"));
    assert!(!page.contains("Cases without the signal") && page.contains("40 cases"), "of units nothing is called cases but the plans");
}

#[test]
fn the_difference_that_was_found_is_called_an_effect_where_it_is_one() {
    let some = report(&ratings(2, 30, rated));
    let effect = some.power.as_ref().unwrap().observed;
    assert!(effect > 0.0 && page(&some).contains(&format!("The first effect, {effect:.4}, is the difference that was found")));
    // What the one reader gains the other loses, by as much to the last digit.
    let none = report(&ratings(2, 30, |m, r, k| rated(0, m ^ r, k)));
    let power = none.power.as_ref().unwrap();
    assert!(power.observed == 0.0 && power.rows.iter().all(|row| row.effect > 0.0), "{power:?}");
    let page = page(&none);
    assert!(page.contains("The difference that was found, 0.0000, is none of the effects.") && !page.contains("The first effect"));
}

fn page(report: &Report) -> String {
    crate::report::page(&crate::report::document(report, &crate::report::About::default()))
}
fn located() -> Dataset {
    let mut data = ratings(2, 20, rated);
    let of = |at: usize| LocatedRating { rating: ((at * 7) % 13) as f64, right: at % 2 == 1 && !at.is_multiple_of(3) };
    data.scores = Scores::Lroc((0..80).map(|at| Some(of(at))).collect());
    data
}

#[test]
fn each_figure_has_its_sentence_and_none_has_that_of_another() {
    let (areas, marks, located) = (ratings(2, 20, rated), marks(), located());
    let all = [
        ("auc", &areas, "The AUC is the area under the ROC curve: the share of pairs"),
        ("wafroc", &marks, "lesions count by their weights"),
        ("afroc", &marks, "every lesion counts the same"),
        ("hrauc", &marks, "each case by its highest mark"),
        (
            "lroc@0.5",
            &located,
            "were located right and rated so high or higher, over the share of cases without it that were rated so, from 0 to 0.5.",
        ),
        ("sens@3", &areas, "Sensitivity is the share of cases with the signal that were rated 3 or higher."),
        ("spec@3", &areas, "Specificity is the share of cases without the signal that were rated below 3."),
    ];
    for (figure, data, _) in all {
        let choice = Choice { figure: Some(figure_of(figure).unwrap()), ..Choice::default() };
        let page = page(&analyse(data, choice).unwrap());
        let said: Vec<&str> = all.iter().filter(|(_, _, says)| page.contains(says)).map(|(of, ..)| *of).collect();
        assert_eq!(said, [figure]);
        // What is cited is of the figure, too.
        for (cited, figures) in [
            ("Hanley JA", vec!["auc", "hrauc"]),
            ("DeLong ER", vec!["auc"]),
            ("Chakraborty DP", vec!["wafroc", "afroc", "hrauc"]),
            ("Swensson RG", vec!["lroc@0.5"]),
            ("Zhou XH", vec!["sens@3", "spec@3"]),
        ] {
            assert_eq!(page.contains(cited), figures.contains(&figure), "{figure}: {cited}");
        }
    }
}

#[test]
fn areas_by_period_are_told_from_another_figure() {
    let with_periods = |data: &Dataset| {
        let mut found = report(data);
        found.periods = vec![PeriodRow { modality: "A".to_owned(), period: 1, reads: 12, readers: 2, auc: Some(0.8) }];
        page(&found)
    };
    let says = "It is not the figure of this analysis, which is the weighted AFROC area.";
    assert!(with_periods(&marks()).contains(says));
    assert!(!with_periods(&ratings(2, 20, rated)).contains("It is not the figure"));
}

#[test]
fn where_no_variance_can_be_estimated_people_read_no_interval_and_why() {
    let says = "Its variance cannot be estimated";
    let perfect = report(&ratings(3, 12, |_, _, k| Some((k % 2) as f64)));
    assert_eq!(perfect.readers[0].ci, Some([1.0, 1.0]), "programs read what other programs give");
    let seen = page(&perfect);
    assert!(seen.contains(says) && !seen.contains("1.000 to 1.000") && !seen.contains("1.0000 to 1.0000"), "{seen}");
    assert!(!page(&report(&ratings(4, 30, rated))).contains(says));
}

#[test]
fn conventions_that_people_read_are_of_what_is_shown() {
    let crossed = report(&ratings(4, 30, rated));
    let partial = report(&ratings(4, 30, |m, r, k| rated(m, r, k).filter(|_| (m, r, k) != (1, 2, 7))));
    let marks = report(&marks());
    let mut infinite = crossed.clone();
    infinite.or.get_mut("jackknife").unwrap().rrrc.as_mut().unwrap().df2 = None;
    for (says, of) in [
        ("<td>agreement over all conditions</td>", [true, true, false, true]),
        ("<td>degrees of freedom (BDG) where readers or cases are not shared</td>", [false, true, false, false]),
        ("<td>degrees of freedom (Hillis) of U-statistics</td>", [true, false, false, true]),
        ("<td>degrees of freedom without a limit (\u{221e})</td>", [false, false, false, true]),
        ("<td>rounding of degrees of freedom of U-statistics</td>", [true, true, false, true]),
        ("<td>sensitivity at a specificity</td>", [true, true, false, true]),
        ("<td>cases and lesions without a mark</td>", [false, false, true, false]),
    ] {
        assert_eq!([&crossed, &partial, &marks, &infinite].map(|found| page(found).contains(says)), of, "{says}");
    }
}

#[test]
fn plans_begin_with_what_this_study_had() {
    for (readers, of) in [(3, vec![3, 4, 6, 8, 10, 15, 20]), (4, vec![4, 6, 8, 10, 15, 20])] {
        let found = report(&ratings(readers, 30, rated));
        let power = found.power.as_ref().unwrap();
        let effect = power.rows[0].effect;
        let planned: Vec<usize> = power.rows.iter().filter(|r| r.effect.total_cmp(&effect).is_eq()).map(|r| r.readers).collect();
        assert_eq!(planned, of);
        let page = page(&found);
        assert!(page.contains("Cases for power 0.80") && page.contains(&format!("which had {readers} readers;")));
        assert!(page.contains(&format!("to find an effect of {effect:.4}</h3>")) && !page.contains(">Effect</th>"));
    }
}
