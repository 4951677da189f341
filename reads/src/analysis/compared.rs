//! Modalities compared: Obuchowski-Rockette by each covariance, Dorfman-Berbaum-Metz, U-statistics.
//!
//! Owns which analysis a design allows. What an analysis refuses is left out, with a note.

use super::Notes;
use super::figures::{Source, in_sentence};
use super::report::{ChiTest, Components, Covariances, DbmBlock, FTest, Mean, MeanSquares, Numbers, OrBlock, Pair, UstatRow, finite};
use crate::protocol::Figure;
use std::collections::BTreeMap;
use tiresias_mrmc::dorfman_berbaum_metz::DorfmanBerbaumMetz;
use tiresias_mrmc::figures::{CovarianceMethod, Figures, Jackknife};
use tiresias_mrmc::inference::{Estimate, Level};
use tiresias_mrmc::nested_readers;
use tiresias_mrmc::obuchowski_rockette::{Comparison, Conventions, Difference, ObuchowskiRockette, OrError, Random};
use tiresias_mrmc::table::Design;
use tiresias_mrmc::ustatistics::{Averaged, DfRule, Estimator, UStatistics, UStatisticsError, UnpairedDf};

/// What is random, with the word of it in notes.
const RANDOM: [(Random, &str); 3] =
    [(Random::ReadersAndCases, "readers and cases random"), (Random::Cases, "readers fixed"), (Random::Readers, "cases fixed")];

/// Why methods of complete designs do not take one; `None` where they do: each reader, or each modality, may have cases of its own.
pub(super) const fn refusal(design: Design) -> Option<&'static str> {
    match design {
        Design::Crossed | Design::CasesInReaders | Design::CasesInModalities => None,
        Design::SplitPlot => {
            Some("Groups of readers read cases of their own (a split plot), and the method takes crossed designs, or one reader a group.")
        }
        Design::ReadersInModalities => Some("Each condition has readers of its own, and the method takes crossed designs."),
        Design::Other => Some("Reads are missing or not evaluable, or the design is not crossed, and the method takes complete designs."),
    }
}

/// Names of modalities and readers for results by number.
struct Names<'a> {
    modalities: &'a [String],
    readers: &'a [String],
}

impl Names<'_> {
    fn of(names: &[String], at: usize) -> String {
        names.get(at).cloned().unwrap_or_default()
    }
    fn mean(&self, modality: usize, estimate: &Estimate) -> Mean {
        Mean { modality: Self::of(self.modalities, modality), of: estimate.into() }
    }
    fn pairs(&self, differences: &[Difference], reader: Option<usize>) -> Vec<Pair> {
        let pair = |d: &Difference| Pair {
            a: Self::of(self.modalities, d.first),
            b: Self::of(self.modalities, d.second),
            reader: reader.map(|r| Self::of(self.readers, r)),
            of: Numbers::from(&d.estimate),
        };
        differences.iter().map(pair).collect()
    }
}

fn names<'a>(source: &'a Source<'_>) -> Names<'a> {
    Names { modalities: &source.data.modalities, readers: &source.data.readers }
}

/// One set of tests: the comparison where there is one, and what each modality and reader has by itself.
struct Part {
    comparison: Option<Comparison>,
    means: Vec<Mean>,
    readers: Vec<Pair>,
}

impl Part {
    fn f_test(self, names: &Names<'_>) -> FTest {
        let equality = self.comparison.as_ref().and_then(|c| c.equality);
        FTest {
            f: equality.and_then(|e| finite(e.statistic)),
            df1: equality.and_then(|e| finite(e.df1)),
            df2: equality.and_then(|e| finite(e.df2)),
            p: equality.and_then(|e| finite(e.p)),
            means: self.means,
            differences: self.comparison.map(|c| names.pairs(&c.differences, None)).unwrap_or_default(),
            readers: self.readers,
        }
    }
    fn chi_test(self, names: &Names<'_>) -> ChiTest {
        let FTest { f, df1, p, means, differences, readers, .. } = self.f_test(names);
        ChiTest { chi2: f, df: df1, p, means, differences, readers }
    }
}

/// Gathers what an analysis gives; a refusal of the whole part is a note.
fn part(
    source: &Source<'_>,
    notes: &mut Notes,
    which: &str,
    compare: Result<Comparison, OrError>,
    modality: impl Fn(usize) -> Result<Estimate, OrError>,
    reader: Option<&dyn Fn(usize) -> Result<Vec<Difference>, OrError>>,
) -> Option<Part> {
    let names = names(source);
    if let Ok(Comparison { equality: None, .. }) = compare {
        notes.add(format!("There is no test with {which}: nothing varied that it could be held against."));
    }
    let comparison = match compare {
        Ok(comparison) => Some(comparison),
        // Known from the counts, and said once.
        Err(OrError::OneModality | OrError::OneReader) => None,
        Err(other) => {
            notes.add(format!("With {which}: {}", in_sentence(&other.to_string())));
            None
        }
    };
    let means: Vec<Mean> = (0..source.modalities()).filter_map(|m| Some(names.mean(m, &modality(m).ok()?))).collect();
    let mut readers = Vec::new();
    if let Some(reader) = reader.filter(|_| source.modalities() > 1) {
        for r in 0..source.readers() {
            match reader(r) {
                Ok(differences) => readers.extend(names.pairs(&differences, Some(r))),
                Err(e) => notes.add(format!("Reader \"{}\" alone: {}", Names::of(names.readers, r), in_sentence(&e.to_string()))),
            }
        }
    }
    (comparison.is_some() || !means.is_empty()).then_some(Part { comparison, means, readers })
}

/// Obuchowski and Rockette by each covariance that the figure allows.
pub(super) fn obuchowski_rockette(
    source: &Source<'_>,
    design: Design,
    only: Option<CovarianceMethod>,
    level: Level,
    notes: &mut Notes,
) -> BTreeMap<&'static str, OrBlock> {
    let mut blocks = BTreeMap::new();
    let wanted = source.covariances().iter().filter(|(_, method)| only.is_none_or(|o| o == *method));
    for (word, method) in wanted {
        match design {
            Design::Crossed | Design::CasesInReaders | Design::CasesInModalities => match source.figures(*method) {
                Ok(figures) => {
                    blocks.insert(*word, block(source, &figures, level, notes));
                }
                Err(why) => notes.add(format!("Obuchowski-Rockette by \"{word}\" is left out. {why}")),
            },
            Design::ReadersInModalities if source.figure == Figure::Auc && source.patients.is_none() => {
                match nested(source, *method, level) {
                    Ok(found) => {
                        blocks.insert(*word, found);
                    }
                    Err(why) => notes.add(format!("Obuchowski-Rockette by \"{word}\" is left out. {why}")),
                }
            }
            Design::ReadersInModalities | Design::SplitPlot | Design::Other => {
                notes.add(
                    "Obuchowski-Rockette and Dorfman-Berbaum-Metz are for crossed and nested designs; this one is neither, or reads are missing. U-statistics take it."
                        .to_owned(),
                );
                break;
            }
        }
    }
    blocks
}

fn block(source: &Source<'_>, figures: &Figures, level: Level, notes: &mut Notes) -> OrBlock {
    let or = ObuchowskiRockette::new(figures, Conventions::default(), level);
    let names = names(source);
    let (e, c, ms) = (or.error_covariances(), or.components(), or.mean_squares());
    let several = source.readers() > 1;
    let mut parts = RANDOM.map(|(random, which)| {
        let reader = |r: usize| or.reader_differences(r);
        let reader: Option<&dyn Fn(usize) -> _> = if random == Random::Cases { Some(&reader) } else { None };
        part(source, notes, which, or.compare(random), |m| or.modality(m, random), reader)
    });
    let [rrrc, frrc, rrfc] = &mut parts;
    OrBlock {
        covariance: Covariances {
            var: finite(e.var),
            cov1: finite(e.cov1).filter(|_| source.modalities() > 1),
            cov2: finite(e.cov2).filter(|_| several),
            cov3: finite(e.cov3).filter(|_| several && source.modalities() > 1),
        },
        components: Components {
            reader: finite(c.reader).filter(|_| several),
            modality_reader: finite(c.interaction).filter(|_| several && source.modalities() > 1),
        },
        mean_squares: MeanSquares { t: finite(ms.modality), r: finite(ms.reader), tr: finite(ms.interaction) },
        rrrc: rrrc.take().map(|p| p.f_test(&names)),
        frrc: frrc.take().map(|p| p.chi_test(&names)),
        rrfc: rrfc.take().map(|p| p.f_test(&names)),
    }
}

/// Readers nested in modalities: readers and cases random alone.
fn nested(source: &Source<'_>, method: CovarianceMethod, level: Level) -> Result<OrBlock, String> {
    let table = source.table().map_err(|e| e.to_string())?;
    let (figures, modality_of) = nested_readers::figures_of_areas(&table, method).map_err(|e| in_sentence(&e.to_string()))?;
    let comparison = nested_readers::compare(&figures, &modality_of, level).map_err(|e| in_sentence(&e.to_string()))?;
    let names = names(source);
    let own = |m: usize| nested_readers::modality(&figures, &modality_of, m, level).ok();
    let means = (0..source.modalities()).filter_map(|m| Some(names.mean(m, &own(m)?))).collect();
    let part = Part { comparison: Some(comparison), means, readers: Vec::new() };
    Ok(OrBlock {
        covariance: Covariances { var: None, cov1: None, cov2: None, cov3: None },
        components: Components { reader: None, modality_reader: None },
        mean_squares: MeanSquares { t: None, r: None, tr: None },
        rrrc: Some(part.f_test(&names)),
        frrc: None,
        rrfc: None,
    })
}

/// Dorfman, Berbaum and Metz, of crossed designs.
pub(super) fn dorfman_berbaum_metz(
    source: &Source<'_>,
    jackknife: Option<&Jackknife>,
    design: Design,
    level: Level,
    notes: &mut Notes,
) -> Option<DbmBlock> {
    let jackknife = jackknife.filter(|_| design == Design::Crossed)?;
    let dbm = DorfmanBerbaumMetz::new(jackknife, level);
    let names = names(source);
    let a = dbm.anova();
    let parts = [("t", a.t), ("r", a.r), ("c", a.c), ("tr", a.tr), ("tc", a.tc), ("rc", a.rc), ("trc", a.trc)];
    let mut tests = RANDOM.map(|(random, which)| {
        let which = format!("{which} (Dorfman-Berbaum-Metz)");
        let reader = |r: usize| dbm.reader_differences(r);
        let reader: Option<&dyn Fn(usize) -> _> = if random == Random::Cases { Some(&reader) } else { None };
        part(source, notes, &which, dbm.compare(random), |m| dbm.modality(m, random), reader).map(|p| p.f_test(&names))
    });
    let [rrrc, frrc, rrfc] = &mut tests;
    Some(DbmBlock {
        mean_squares: parts.into_iter().map(|(word, square)| (word, finite(square.value))).collect(),
        rrrc: rrrc.take(),
        frrc: frrc.take(),
        rrfc: rrfc.take(),
    })
}

/// U-statistics of areas: each modality alone, then each pair.
pub(super) fn ustatistics(source: &Source<'_>, design: Design, rule: DfRule, level: Level, notes: &mut Notes) -> Vec<UstatRow> {
    if source.figure != Figure::Auc {
        return Vec::new();
    }
    if source.patients.is_some() {
        notes.add("U-statistics take each case as one patient and are left out: several units of one patient are scored here.".to_owned());
        return Vec::new();
    }
    let Ok(table) = source.table() else { return Vec::new() };
    let u = UStatistics::of(&table);
    let unbiased = if design == Design::Crossed { u.figures().ok() } else { None };
    let modalities = 0..source.modalities();
    let alone = modalities.clone().map(|a| (a, None));
    let pairs = modalities.clone().flat_map(|a| (a + 1..source.modalities()).map(move |b| (a, Some(b))));
    alone.chain(pairs).filter_map(|(a, b)| row(source, &u, unbiased.as_ref(), (a, b), rule, level, notes)).collect()
}

fn row(
    source: &Source<'_>,
    u: &UStatistics,
    unbiased: Option<&Figures>,
    (a, b): (usize, Option<usize>),
    rule: DfRule,
    level: Level,
    notes: &mut Notes,
) -> Option<UstatRow> {
    let name = |m: usize| source.data.modalities.get(m).cloned().unwrap_or_default();
    let averaged = |estimator| match b {
        None => u.modality(a, estimator),
        Some(b) => u.difference(a, b, estimator, UnpairedDf::PerModality),
    };
    let which = b.map_or_else(|| format!("\"{}\"", name(a)), |b| format!("\"{}\" minus \"{}\"", name(a), name(b)));
    let of: Averaged = match averaged(Estimator::Unbiased) {
        Ok(of) => of,
        Err(why) => {
            let why = match why {
                UStatisticsError::NoPair(_) => "No reader has both a normal and a diseased case there.".to_owned(),
                UStatisticsError::NothingIndependent(..) => {
                    "No two readers read two normal and two diseased cases there, so that nothing is known about how readers and cases vary together: look at the analysis with readers fixed.".to_owned()
                }
                other => in_sentence(&other.to_string()),
            };
            notes.add(format!("The U-statistic of {which} is left out. {why}"));
            return None;
        }
    };
    let null = if b.is_some() { 0.0 } else { 0.5 };
    let estimate = |df: f64| of.estimate(df, rule, Some(null), level).ok();
    let by_bdg = of.df_bdg.and_then(estimate);
    if of.variance < 0.0 {
        notes.add(format!(
            "The unbiased variance of {which} is estimated as negative, so that there is no standard error: look at the V-statistic beside it, or the Obuchowski-Rockette analysis."
        ));
    } else if of.variance == 0.0 {
        notes.add(format!("Nothing varied in {which}, so that its U-statistic has no test."));
    }
    let df_hillis = unbiased.and_then(|figures| df_hillis(figures, a, b));
    let moments = u.moments(a, b.unwrap_or(a)).ok()?.unbiased;
    const MOMENTS: [&str; 8] = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"];
    Some(UstatRow {
        a: name(a),
        b: b.map(name),
        estimate: finite(of.value),
        variance: finite(of.variance),
        variance_v: averaged(Estimator::VStatistic).ok().and_then(|v| finite(v.variance)),
        moments: MOMENTS.into_iter().zip(moments.map(finite)).collect(),
        df_bdg: of.df_bdg.and_then(finite),
        t: by_bdg.and_then(|e| e.test).and_then(|t| finite(t.statistic)),
        p: by_bdg.and_then(|e| e.test).and_then(|t| finite(t.p)),
        ci: by_bdg.map(|e| [e.interval.low, e.interval.high]).filter(|ci| ci.iter().all(|v| v.is_finite())),
        df_hillis: df_hillis.and_then(finite),
        p_hillis: df_hillis.and_then(estimate).and_then(|e| e.test).and_then(|t| finite(t.p)),
    })
}

/// Hillis's degrees of freedom from unbiased covariances, of the modalities alone that are looked at, as iMRMC has them.
fn df_hillis(figures: &Figures, a: usize, b: Option<usize>) -> Option<f64> {
    let of: Vec<usize> = [Some(a), b].into_iter().flatten().collect();
    let part = figures.of_modalities(&of).ok()?;
    let or = ObuchowskiRockette::new(&part, Conventions::default(), Level::default());
    let df = match b {
        None => or.modality(0, Random::ReadersAndCases).ok()?.df,
        Some(_) => or.compare(Random::ReadersAndCases).ok()?.differences.first()?.estimate.df,
    };
    Some(df).filter(|df| !df.is_nan())
}
