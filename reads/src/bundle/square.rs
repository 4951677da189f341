//! Williams squares: orders of n conditions in which each stands equally often in each place and follows each other one equally often.
//!
//! Williams EJ (1949), Experimental designs balanced for the estimation of residual effects of treatments, Aust J Sci Res A 2:149. One square of n rows where n
//! is even, two where it is odd.

/// The rows of the square for `n` conditions, each an order of 0 to n-1.
pub(super) fn williams(n: usize) -> Vec<Vec<usize>> {
    // 0, 1, n-1, 2, n-2, …
    let first: Vec<usize> = (0..n).map(|i| if i % 2 == 1 { i.div_ceil(2) } else { (n - i / 2) % n.max(1) }).collect();
    let rows = (0..n).map(|shift| first.iter().map(|c| (c + shift) % n).collect::<Vec<_>>());
    let mut square: Vec<Vec<usize>> = rows.collect();
    if n % 2 == 1 && n > 1 {
        let backwards: Vec<Vec<usize>> = square.iter().map(|row| row.iter().rev().copied().collect()).collect();
        square.extend(backwards);
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_condition_stands_and_follows_equally_often() {
        for n in 1..9 {
            let square = williams(n);
            assert_eq!(square.len(), if n % 2 == 0 || n == 1 { n } else { 2 * n });
            let (mut places, mut pairs) = (BTreeMap::new(), BTreeMap::new());
            for row in &square {
                let mut sorted = row.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                row.iter().enumerate().for_each(|at| *places.entry(at).or_insert(0) += 1);
                row.windows(2).for_each(|pair| *pairs.entry(pair.to_vec()).or_insert(0) += 1);
            }
            assert!(places.len() == n * n && places.values().all(|c| *c == square.len() / n), "{n}: {places:?}");
            assert!(n == 1 || (pairs.len() == n * (n - 1) && pairs.values().all(|c| *c == square.len() / n)), "{n}: {pairs:?}");
        }
        assert_eq!(williams(2), [[0, 1], [1, 0]]);
        assert_eq!(williams(4)[0], [0, 1, 3, 2]);
    }
}
