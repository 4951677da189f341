//! Whether anything but the images tells a case's class: vendor, size, date, number of slices against truth, for the statistician.
//!
//! Owns: the association of each attribute with class, its exact or permutation p-value, the correction for several attributes (Holm), and a sentence for each.
//! Words are compared by their counts in both classes, numbers by their ranks. A p-value is exact where all arrangements of the classes can be counted (Fisher's
//! exact test where words are two), else from 9,999 seeded arrangements.
//! Refuses: to say that there is no leak. A study of a few cases shows only the coarsest ones, and the sentences say how many there were.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::fmt;

/// What a case has of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A word, such as a vendor.
    Word(String),
    /// A number, such as slices or days.
    Number(f64),
    /// Nothing is known.
    Unknown,
}

/// An attribute of all cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// What it is called in a sentence, such as "vendor".
    pub name: String,
    /// One value a case, in the order of the classes.
    pub values: Vec<Value>,
}

/// How strong an association is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// Cramér's V of words: from 0 to 1.
    CramersV(f64),
    /// Of numbers, the probability that one of a case with the condition is larger than one of a case without, ties half: from 0 to 1, 0.5 is none.
    Larger(f64),
}

/// Where a p-value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// All arrangements were counted.
    Exact,
    /// So many random arrangements.
    Permutation(u32),
}

/// How one attribute goes with class.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlation {
    /// The attribute's name.
    pub attribute: String,
    /// Cases of which it is known: with the condition, without.
    pub known: [usize; 2],
    /// `None` where it is the same in all cases, or known in one class alone.
    pub found: Option<Association>,
}

/// An association and how surprising it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// How strong.
    pub measure: Measure,
    /// Two-sided.
    pub p: f64,
    /// After Holm's correction for the attributes of the report (Scand J Stat 6, 1979, 65).
    pub adjusted: f64,
    /// Where `p` comes from.
    pub test: Test,
}

/// Why no report can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrelationError {
    /// An attribute has another number of values than there are cases.
    #[error("{attribute} has {values} values for {cases} cases; give one for each case")]
    Length {
        /// Its name.
        attribute: String,
        /// Its values.
        values: usize,
        /// Cases.
        cases: usize,
    },
    /// An attribute mixes words and numbers, or a number is not finite.
    #[error("{0} is a word in one case and a number in another, or no finite number; give it as one of them in all cases")]
    Mixed(String),
}

/// From this adjusted p-value on an attribute is said to tell the class.
const ALPHA: f64 = 0.05;
const ARRANGEMENTS: u32 = 9_999;
/// So many arrangements are counted one by one.
const COUNTABLE: f64 = 20_000.0;

/// How each attribute goes with class: `with` says of each case whether it has the condition. The same seed gives the same report.
///
/// # Errors
/// When an attribute does not have one value a case, or mixes words and numbers.
pub fn correlations(with: &[bool], attributes: &[Attribute], seed: u64) -> Result<Vec<Correlation>, CorrelationError> {
    let mut found = attributes.iter().map(|a| correlation(with, a, seed)).collect::<Result<Vec<_>, _>>()?;
    // Holm: the smallest p-value times the number of tests, the next times one less, never smaller than the one before.
    let mut tested: Vec<&mut Association> = found.iter_mut().filter_map(|c| c.found.as_mut()).collect();
    tested.sort_by(|a, b| a.p.total_cmp(&b.p));
    let (count, mut least) = (tested.len(), 0.0_f64);
    for (place, association) in tested.into_iter().enumerate() {
        least = least.max(association.p * (count - place) as f64).min(1.0);
        association.adjusted = least;
    }
    Ok(found)
}

fn correlation(with: &[bool], attribute: &Attribute, seed: u64) -> Result<Correlation, CorrelationError> {
    let name = &attribute.name;
    if attribute.values.len() != with.len() {
        return Err(CorrelationError::Length { attribute: name.clone(), values: attribute.values.len(), cases: with.len() });
    }
    let known: Vec<(bool, &Value)> = with.iter().copied().zip(&attribute.values).filter(|(_, v)| **v != Value::Unknown).collect();
    let classes: Vec<bool> = known.iter().map(|(c, _)| *c).collect();
    let words: Option<Vec<&str>> = known.iter().map(|(_, v)| if let Value::Word(w) = v { Some(w.as_str()) } else { None }).collect();
    let numbers: Option<Vec<f64>> =
        known.iter().map(|(_, v)| if let Value::Number(n) = v { Some(*n).filter(|n| n.is_finite()) } else { None }).collect();
    let positives = classes.iter().filter(|c| **c).count();
    let counts = [positives, classes.len() - positives];
    let found = match (words, numbers) {
        _ if counts.contains(&0) => None,
        (Some(words), _) => of_words(&classes, &words, seed),
        (_, Some(numbers)) => of_numbers(&classes, &numbers, seed),
        _ => return Err(CorrelationError::Mixed(name.clone())),
    };
    Ok(Correlation { attribute: name.clone(), known: counts, found })
}

fn of_words(classes: &[bool], words: &[&str], seed: u64) -> Option<Association> {
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words {
        let next = levels.len();
        levels.entry(word).or_insert(next);
    }
    if levels.len() < 2 {
        return None;
    }
    let level: Vec<usize> = words.iter().map(|w| levels[w]).collect();
    let mut sizes = vec![0.0; levels.len()];
    level.iter().for_each(|l| sizes[*l] += 1.0);
    let (n, positives) = (classes.len() as f64, classes.iter().filter(|c| **c).count() as f64);
    // Chi-square by the counts of one class alone: the margins are those of every arrangement.
    let chi_square = |chosen: &[usize]| {
        let mut counts = vec![0.0; sizes.len()];
        chosen.iter().for_each(|i| counts[level[*i]] += 1.0);
        let expected = |size: f64| size * positives / n;
        let sum: f64 = counts.iter().zip(&sizes).map(|(c, s): (&f64, &f64)| (c - expected(*s)).powi(2) / expected(*s)).sum();
        sum * n / (n - positives)
    };
    let own = chi_square(&chosen(classes));
    let (p, test) = match sizes.as_slice() {
        [first, _] => {
            let hits = classes.iter().zip(&level).filter(|(c, l)| **c && **l == 0).count();
            (fisher(hits, positives as usize, *first as usize, classes.len()), Test::Exact)
        }
        _ => p_value(classes, seed, own, &chi_square),
    };
    // Two classes: the smaller side of the table is two.
    Some(Association { measure: Measure::CramersV((own / n).sqrt().min(1.0)), p, adjusted: p, test })
}

fn of_numbers(classes: &[bool], numbers: &[f64], seed: u64) -> Option<Association> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    let mut ranks = vec![0.0; numbers.len()];
    for tied in order.chunk_by(|a, b| numbers[*a] == numbers[*b]) {
        if tied.len() == numbers.len() {
            return None;
        }
        // Midranks.
        let below = order.iter().take_while(|i| numbers[**i] < numbers[tied[0]]).count() as f64;
        tied.iter().for_each(|i| ranks[*i] = below + (tied.len() as f64 + 1.0) / 2.0);
    }
    let positives = classes.iter().filter(|c| **c).count() as f64;
    let negatives = classes.len() as f64 - positives;
    let larger =
        |chosen: &[usize]| (chosen.iter().map(|i| ranks[*i]).sum::<f64>() - positives * (positives + 1.0) / 2.0) / (positives * negatives);
    let own = larger(&chosen(classes));
    let (p, test) = p_value(classes, seed, (own - 0.5).abs(), &|chosen| (larger(chosen) - 0.5).abs());
    Some(Association { measure: Measure::Larger(own), p, adjusted: p, test })
}

fn chosen(classes: &[bool]) -> Vec<usize> {
    classes.iter().enumerate().filter(|(_, c)| **c).map(|(i, _)| i).collect()
}

/// Share of the arrangements of the classes whose statistic is at least `own`.
fn p_value(classes: &[bool], seed: u64, own: f64, statistic: &dyn Fn(&[usize]) -> f64) -> (f64, Test) {
    let (n, k) = (classes.len(), classes.iter().filter(|c| **c).count());
    // Sums in another order differ in their last bits.
    let is_as_large = |chosen: &[usize]| statistic(chosen) >= own * (1.0 - 1e-9) - 1e-12;
    let all = (log_factorial(n) - log_factorial(k) - log_factorial(n - k)).exp();
    if all <= COUNTABLE {
        let mut chosen: Vec<usize> = (0..k).collect();
        let (mut hits, mut count) = (0_u32, 0_u32);
        loop {
            count += 1;
            hits += u32::from(is_as_large(&chosen));
            let Some(at) = (0..k).rev().find(|i| chosen[*i] != i + n - k) else { break };
            let first = chosen[at] + 1;
            chosen.iter_mut().skip(at).enumerate().for_each(|(i, c)| *c = first + i);
        }
        return (f64::from(hits) / f64::from(count), Test::Exact);
    }
    let mut dice = ChaCha20Rng::seed_from_u64(seed);
    let mut cases: Vec<usize> = (0..n).collect();
    let mut hits = 1_u32;
    for _ in 0..ARRANGEMENTS {
        // The first k of a Fisher-Yates shuffle. The bias of the remainder is below 2^-40 for a million cases.
        for i in 0..k {
            let other = i + (dice.next_u64() % (n - i) as u64) as usize;
            cases.swap(i, other);
        }
        hits += u32::from(is_as_large(&cases[..k]));
    }
    (f64::from(hits) / f64::from(ARRANGEMENTS + 1), Test::Permutation(ARRANGEMENTS))
}

/// Fisher's exact test, two-sided: all tables that are no more probable than this one. `hits` of `positives` are in a level of `size` of `n` cases.
fn fisher(hits: usize, positives: usize, size: usize, n: usize) -> f64 {
    let choose = |n: usize, k: usize| log_factorial(n) - log_factorial(k) - log_factorial(n - k);
    let log_p = |a: usize| choose(size, a) + choose(n - size, positives - a) - choose(n, positives);
    let (least, most) = ((positives + size).saturating_sub(n), positives.min(size));
    let own = log_p(hits);
    (least..=most).map(log_p).filter(|p| *p <= own + 1e-7).map(f64::exp).sum::<f64>().min(1.0)
}

fn log_factorial(n: usize) -> f64 {
    (2..=n).map(|i| (i as f64).ln()).sum()
}

impl Correlation {
    /// Whether the attribute tells the class beyond what chance explains, at 5 % over all attributes of the report.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.found.is_some_and(|f| f.adjusted < ALPHA)
    }
}

impl fmt::Display for Correlation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [with, without] = self.known;
        let name = &self.attribute;
        let Some(Association { measure, p, adjusted, test }) = self.found else {
            return write!(
                f,
                "{name}: known in {with} cases with the condition and {without} without; it is the same in all of them, or known in one class alone, and is not tested."
            );
        };
        let outcome = if self.tells() {
            "tells the class: a reader who notices it can guess"
        } else {
            "tells no more of the class than chance would"
        };
        write!(f, "{name} {outcome} (")?;
        match measure {
            Measure::CramersV(v) => write!(f, "Cramér's V {v:.2}")?,
            Measure::Larger(larger) => write!(f, "larger in a case with the condition than in one without with probability {larger:.2}")?,
        }
        match test {
            Test::Exact => write!(f, "; exact p {}", Probability(p))?,
            Test::Permutation(count) => write!(f, "; p {} from {count} permutations", Probability(p))?,
        }
        write!(f, ", {} after Holm; {with} cases with the condition, {without} without).", Probability(adjusted))
    }
}

struct Probability(f64);

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0.0001 { f.write_str("below 0.0001") } else { write!(f, "{:.4}", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, values: &[&str]) -> Attribute {
        let value = |v: &&str| if v.is_empty() { Value::Unknown } else { Value::Word((*v).to_owned()) };
        Attribute { name: name.to_owned(), values: values.iter().map(value).collect() }
    }
    fn numbers(name: &str, values: &[f64]) -> Attribute {
        Attribute { name: name.to_owned(), values: values.iter().map(|v| Value::Number(*v)).collect() }
    }
    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn fishers_tea_and_others() {
        // The lady tasting tea, 3 of 4: 34/70; all 4: 2/70 (Fisher, The Design of Experiments, 1935).
        assert!(near(fisher(3, 4, 4, 8), 34.0 / 70.0) && near(fisher(4, 4, 4, 8), 2.0 / 70.0));
        // R: fisher.test(matrix(c(1, 9, 11, 3), 2)), p = 0.002759456
        assert!((fisher(1, 10, 12, 24) - 0.002_759_456).abs() < 1e-9, "{}", fisher(1, 10, 12, 24));
    }

    #[test]
    fn what_tells_the_class_is_told_from_what_does_not() {
        let with: Vec<bool> = (0..24).map(|i| i % 2 == 0).collect();
        let vendor: Vec<&str> = (0..24).map(|i| if i % 2 == 0 && i > 1 { "A" } else { "B" }).collect();
        let third: Vec<&str> = (0..24).map(|i| ["x", "y", "z"][i / 8]).collect();
        let date: Vec<f64> = (0..24).map(|i| f64::from(i) + if i % 2 == 0 { 100.0 } else { 0.0 }).collect();
        let noise: Vec<f64> = (0..24).map(|i| f64::from(i / 2)).collect();
        let attributes = [
            words("vendor", &vendor),
            words("site", &third),
            numbers("date", &date),
            numbers("slices", &noise),
            words("kernel", &["k"; 24]),
        ];
        let found = correlations(&with, &attributes, 7).unwrap();
        assert_eq!(found.iter().map(Correlation::tells).collect::<Vec<_>>(), [true, false, true, false, false]);
        assert_eq!(found, correlations(&with, &attributes, 7).unwrap());
        assert_eq!(found[2].found.map(|f| f.measure), Some(Measure::Larger(1.0)));
        assert_eq!(found[3].found.map(|f| f.measure), Some(Measure::Larger(0.5)));
        assert_eq!(found[4].found, None);
        assert!(
            found[0]
                .to_string()
                .starts_with("vendor tells the class: a reader who notices it can guess (Cramér's V 0.92; exact p below 0.0001")
        );
        assert!(found[2].to_string().contains("from 9999 permutations"), "{}", found[2]);
        assert!(found[4].to_string().ends_with("is not tested."), "{}", found[4]);
        // Four tests: Holm multiplies the smallest p-value by four.
        let vendor = found[0].found.unwrap();
        assert!(near(vendor.adjusted, vendor.p * 4.0), "{vendor:?}");
    }

    #[test]
    fn small_studies_are_counted() {
        // Ranks 1..6, the condition has the three largest: 2 of 20 arrangements are as far from the middle.
        let found = correlations(&[false, false, false, true, true, true], &[numbers("size", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])], 1).unwrap();
        let association = found[0].found.unwrap();
        assert!(association.test == Test::Exact && near(association.p, 0.1), "{association:?}");
        // Three words: V and p of the same table by counting.
        let found = correlations(&[true, true, false, false, false, false], &[words("site", &["a", "a", "b", "b", "c", "c"])], 1).unwrap();
        let association = found[0].found.unwrap();
        assert!(association.measure == Measure::CramersV(1.0) && near(association.p, 3.0 / 15.0), "{association:?}");
    }

    #[test]
    fn what_is_not_known_is_left_out_and_what_is_wrong_refused() {
        let found = correlations(&[true, true, false], &[words("vendor", &["A", "", ""])], 1).unwrap();
        assert_eq!((found[0].known, found[0].found), ([1, 0], None));
        let short = correlations(&[true, false], &[words("vendor", &["A"])], 1);
        assert_eq!(short, Err(CorrelationError::Length { attribute: "vendor".to_owned(), values: 1, cases: 2 }));
        let mixed = Attribute { name: "size".to_owned(), values: vec![Value::Number(1.0), Value::Word("2".to_owned())] };
        assert!(matches!(correlations(&[true, false], &[mixed], 1), Err(CorrelationError::Mixed(_))));
        assert!(matches!(correlations(&[true, false], &[numbers("size", &[f64::NAN, 1.0])], 1), Err(CorrelationError::Mixed(_))));
    }
}
