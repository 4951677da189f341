//! Tail probabilities and quantiles of the normal, t, F and chi-squared distributions, central and (for power) noncentral.
//!
//! Owns the numerics that every test and interval of this crate stands on: the incomplete beta function by its continued
//! fraction (DLMF 8.17.22) and the incomplete gamma function by series and continued fraction (DLMF 8.11.4, 8.9.2), with
//! `libm`'s log-gamma and error function. The fractions run until they stand, with as many terms as the degrees of freedom
//! need: real studies have tens of thousands. Tails are computed as tails, never as 1 minus the rest. Noncentral
//! distributions are Poisson mixtures of central ones, summed outwards from the largest term (Johnson, Kotz, Balakrishnan
//! 1995, chapters 29 and 30). Degrees of freedom may be fractions, and infinite: t is then normal and F a chi-squared.
//! Nothing here is random and nothing fails: outside their domain (df <= 0, NaN) the functions give NaN.

/// P(Z > z) of the standard normal distribution.
#[must_use]
pub fn normal_upper(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// P(|Z| > |z|) of the standard normal distribution.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// P(|T| > |t|) of Student's t with `df` degrees of freedom; normal where they are infinite.
#[must_use]
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return normal_two_sided(t);
    }
    // t * t may overflow: nothing is beyond it then.
    f_upper(t * t, 1.0, df)
}

/// P(T > t) of Student's t.
#[must_use]
pub fn t_upper(t: f64, df: f64) -> f64 {
    let both = t_two_sided(t, df);
    if t >= 0.0 { 0.5 * both } else { 1.0 - 0.5 * both }
}

/// The t with P(|T| > t) = `p`, for 0 < p < 1.
#[must_use]
pub fn t_quantile_two_sided(p: f64, df: f64) -> f64 {
    decreasing_root(p, |t| t_two_sided(t, df))
}

/// From how many degrees of freedom on F is taken for a chi-squared with its first correction. The fraction would take longer
/// and log-gamma lose more digits than the correction, whose error is of the order of 1/df^2.
const MANY: f64 = 1e7;

/// P(F > f) of the F distribution; with infinite `df2` that of a chi-squared over `df1`.
#[must_use]
pub fn f_upper(f: f64, df1: f64, df2: f64) -> f64 {
    if f <= 0.0 {
        return if df1 > 0.0 && df2 > 0.0 { 1.0 } else { f64::NAN };
    }
    if f == f64::INFINITY {
        return if df1 > 0.0 && df2 > 0.0 { 0.0 } else { f64::NAN };
    }
    let x = df1 * f;
    if df2 == f64::INFINITY {
        chi_squared_upper(x, df1)
    } else if df2 > MANY {
        // Li, Martin, Commun Stat Simul Comput 2002;31:331.
        chi_squared_upper(x * (2.0 * df2 + x / 3.0 + df1 - 2.0) / (2.0 * df2 + 4.0 * x / 3.0), df1)
    } else {
        beta_ratio(0.5 * df2, 0.5 * df1, df2, x)
    }
}

/// The f with P(F > f) = `p`, for 0 < p < 1.
#[must_use]
pub fn f_quantile_upper(p: f64, df1: f64, df2: f64) -> f64 {
    decreasing_root(p, |f| f_upper(f, df1, df2))
}

/// P(X > x) of the chi-squared distribution.
#[must_use]
pub fn chi_squared_upper(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_tails(0.5 * df, 0.5 * x).1 }
}

/// The x with P(X > x) = `p`, for 0 < p < 1.
#[must_use]
pub fn chi_squared_quantile_upper(p: f64, df: f64) -> f64 {
    decreasing_root(p, |x| chi_squared_upper(x, df))
}

/// P(F' > f) of the noncentral F distribution with noncentrality `ncp` >= 0 (on the scale of the chi-squared above).
#[must_use]
pub fn noncentral_f_upper(f: f64, df1: f64, df2: f64, ncp: f64) -> f64 {
    poisson_mixture(0.5 * ncp, |j| {
        let df = df1 + 2.0 * j;
        f_upper(f * df1 / df, df, df2)
    })
}

/// P(X' > x) of the noncentral chi-squared distribution.
#[must_use]
pub fn noncentral_chi_squared_upper(x: f64, df: f64, ncp: f64) -> f64 {
    poisson_mixture(0.5 * ncp, |j| chi_squared_upper(x, df + 2.0 * j))
}

/// Sum over j of Poisson(j; mean) times `tail(j)`, from the mode outwards until what is left cannot be seen.
fn poisson_mixture(mean: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if mean == 0.0 {
        return tail(0.0);
    }
    // So far out that the mixture is narrower than anything that is asked of it.
    if mean > 1e9 {
        return tail(mean);
    }
    let mode = mean.floor();
    let at_mode = (mode * mean.ln() - mean - libm::lgamma(mode + 1.0)).exp();
    let mut sum = 0.0;
    let (mut weight, mut j) = (at_mode, mode);
    while weight > 1e-18 {
        sum += weight * tail(j);
        j += 1.0;
        weight *= mean / j;
    }
    let (mut weight, mut j) = (at_mode, mode);
    while j > 0.0 {
        weight *= j / mean;
        j -= 1.0;
        if weight <= 1e-18 {
            break;
        }
        sum += weight * tail(j);
    }
    sum.min(1.0)
}

/// I_x(a, b) at x = p / (p + q), for p, q >= 0. Both parts are taken, so that neither end of x loses digits.
fn beta_ratio(a: f64, b: f64, p: f64, q: f64) -> f64 {
    // Of what is infinite the fraction would have terms without end.
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()) || p.is_nan() || q.is_nan() {
        return f64::NAN;
    }
    if p == 0.0 || q == f64::INFINITY {
        return 0.0;
    }
    if q == 0.0 {
        return 1.0;
    }
    let (x, y) = (p / (p + q), q / (p + q));
    let (ln_x, ln_y) = (if x > 0.5 { (-y).ln_1p() } else { x.ln() }, if y > 0.5 { (-x).ln_1p() } else { y.ln() });
    let front = (libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * ln_x + b * ln_y).exp();
    if x < (a + 1.0) / (a + b + 2.0) { front / a * beta_fraction(a, b, x) } else { 1.0 - front / b * beta_fraction(b, a, y) }
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    // A fraction may pass near zero on its way; it must not stay there.
    let off_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    // It settles after a multiple of sqrt(max(a, b)) terms.
    let terms = 200.0 + 20.0 * a.max(b).sqrt();
    let mut c = 1.0;
    let mut d = 1.0 / off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    let mut m = 1.0;
    while m < terms {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / off_zero(1.0 + term * d);
            c = off_zero(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
        m += 1.0;
    }
    value
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x).
fn gamma_tails(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && a.is_finite()) || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let front = (a * x.ln() - x - libm::lgamma(a)).exp();
    let terms = 200.0 + 20.0 * a.max(x).sqrt();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, 1.0);
        while n < terms && term > sum * 1e-17 {
            term *= x / (a + n);
            sum += term;
            n += 1.0;
        }
        let lower = front * sum;
        (lower, 1.0 - lower)
    } else {
        let mut b = x + 1.0 - a;
        let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
        let (mut value, mut n) = (d, 1.0);
        while n < terms {
            let term = -n * (n - a);
            b += 2.0;
            d = 1.0 / (term * d + b);
            c = b + term / c;
            value *= c * d;
            if (c * d - 1.0).abs() < 1e-16 {
                break;
            }
            n += 1.0;
        }
        let upper = front * value;
        (1.0 - upper, upper)
    }
}

/// The x >= 0 at which a falling tail has come down to `p`, to the last digit.
fn decreasing_root(p: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if !(p > 0.0 && p < 1.0) || tail(1.0).is_nan() {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while tail(high) > p && high < f64::MAX / 4.0 {
        low = high;
        high *= 2.0;
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if tail(middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(ours: f64, theirs: f64, relative: f64) {
        assert!((ours - theirs).abs() <= relative * theirs.abs(), "{ours} here, {theirs} there");
    }

    #[test]
    fn closed_forms() {
        // Cauchy: P(|T| > t) = 1 - 2 atan(t)/pi. Two degrees: 1 - t/sqrt(2 + t^2). Four: from the integral.
        for t in [0.01_f64, 0.5, 1.0, 3.0, 12.7] {
            near(t_two_sided(t, 1.0), 1.0 - 2.0 * t.atan() / std::f64::consts::PI, 1e-13);
            near(t_two_sided(t, 2.0), 1.0 - t / (2.0 + t * t).sqrt(), 1e-12);
            let s = t / (4.0 + t * t).sqrt();
            near(t_two_sided(t, 4.0), 1.0 - 1.5 * s * (1.0 - s * s / 3.0), 1e-12);
            near(t_two_sided(t, f64::INFINITY), 2.0 * normal_upper(t), 1e-14);
            near(f_upper(t * t, 1.0, 7.3), t_two_sided(t, 7.3), 1e-13);
            // F with two degrees above: (1 + 2f/d)^(-d/2); chi-squared with two: exp(-x/2), with four: (1 + x/2) exp(-x/2).
            near(f_upper(t, 2.0, 9.0), (1.0 + 2.0 * t / 9.0).powf(-4.5), 1e-13);
            near(chi_squared_upper(t, 2.0), (-t / 2.0).exp(), 1e-14);
            near(chi_squared_upper(t, 4.0), (1.0 + t / 2.0) * (-t / 2.0).exp(), 1e-13);
            near(chi_squared_upper(t * t, 1.0), normal_two_sided(t), 1e-13);
        }
        assert_eq!((t_two_sided(0.0, 3.0), f_upper(0.0, 1.0, 2.0), chi_squared_upper(-1.0, 2.0)), (1.0, 1.0, 1.0));
        assert_eq!((t_two_sided(f64::INFINITY, 3.0), f_upper(f64::INFINITY, 1.0, 2.0)), (0.0, 0.0));
        // A statistic may overflow on its way; degrees of freedom above are those of a design, which is finite.
        assert_eq!((chi_squared_upper(f64::INFINITY, 2.0), f_upper(f64::MAX, 4.0, 3.0), t_two_sided(f64::MAX, 3.0)), (0.0, 0.0, 0.0));
        assert!(f_upper(1.0, f64::INFINITY, 2.0).is_nan() && chi_squared_upper(1.0, f64::INFINITY).is_nan());
        near(t_upper(-1.0, 1.0), 0.75, 1e-14);
        assert!(t_two_sided(1.0, 0.0).is_nan() && f_upper(1.0, -1.0, 2.0).is_nan() && t_quantile_two_sided(0.05, f64::NAN).is_nan());
    }

    #[test]
    fn tables_and_far_tails() {
        // Printed in any table of quantiles.
        near(t_quantile_two_sided(0.05, 10.0), 2.228_138_851_986_275, 1e-12);
        near(t_quantile_two_sided(0.05, f64::INFINITY), 1.959_963_984_540_054, 1e-14);
        near(f_quantile_upper(0.05, 1.0, 5.0), 6.607_890_973_703_368, 1e-12);
        near(chi_squared_quantile_upper(0.05, 1.0), 3.841_458_820_694_124, 1e-12);
        // Many degrees of freedom: t is normal but for z (z^2 + 1)/(4 df).
        let (z, df) = (1.959_963_984_540_054_f64, 1e6);
        near(t_quantile_two_sided(0.05, df), z + z * (z * z + 1.0) / (4.0 * df), 1e-9);
        // On both sides of where the fraction is given up.
        for x in [0.3, 2.0, 9.0] {
            near(f_upper(x, 1.0, 1.000_001e7), f_upper(x, 1.0, 0.999_999e7), 1e-7);
            near(f_upper(x, 4.0, 1.000_001e7), f_upper(x, 4.0, 0.999_999e7), 1e-7);
        }
        near(t_quantile_two_sided(0.05, 1e300), z, 1e-12);
        assert_eq!(noncentral_f_upper(4.0, 1.0, 12.0, 1e12), 1.0);
        // A tail too thin to be 1 minus anything, with its closed form for two degrees of freedom above.
        near(f_upper(1e6, 2.0, 40.0), (1.0_f64 + 2e6 / 40.0).powf(-20.0), 1e-11);
        near(normal_two_sided(10.0), 1.523_970_604_832_105e-23, 1e-12);
    }

    #[test]
    fn noncentral_tails() {
        assert_eq!(noncentral_f_upper(3.0, 1.0, 9.0, 0.0), f_upper(3.0, 1.0, 9.0));
        // One degree of freedom: (Z + sqrt(ncp))^2 > x.
        for (x, ncp) in [(3.84_f64, 16.8_f64), (1.0, 0.3), (30.0, 900.0)] {
            let shift = ncp.sqrt();
            let direct = normal_upper(x.sqrt() - shift) + normal_upper(x.sqrt() + shift);
            near(noncentral_chi_squared_upper(x, 1.0, ncp), direct, 1e-11);
            // Infinitely many degrees below make an F of it.
            near(noncentral_f_upper(x, 1.0, f64::INFINITY, ncp), direct, 1e-11);
        }
    }
}
