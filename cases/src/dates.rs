//! Dates (DA) and times of day (TM) as seconds, and back (PS3.5 6.2).
//!
//! Owns the arithmetic of the civil calendar. Refuses: time zones, which all times of an examination share.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

pub(crate) const DAY: f64 = 86_400.0;

/// Seconds of a date (DA) and a time of day (TM), from a fixed day on.
pub(crate) fn moment(date: Option<String>, time: Option<String>) -> Option<f64> {
    let (date, time) = (date?, time?);
    let digits = |s: &str, from: usize, to: usize| s.get(from..to).filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?.parse::<i64>().ok();
    let (year, month, day) = (digits(&date, 0, 4)?, digits(&date, 4, 6)?, digits(&date, 6, 8)?);
    let (hour, minute) = (digits(&time, 0, 2)?, digits(&time, 2, 4).unwrap_or(0));
    // Fractions of a second may follow, and a time zone in a DT, which all times of an examination share.
    let second: String = time.chars().skip(4).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let second = if second.is_empty() { 0.0 } else { second.parse::<f64>().ok()? };
    let possible = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61.0;
    // Days of the civil calendar: months from March, so that a leap day ends the year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day;
    possible.then_some(days as f64 * DAY + (hour * 3600 + minute * 60) as f64 + second)
}

/// The date (DA) and the time of day (TM, to some ten microseconds) of seconds that [`moment`] gave; `None` before year 1 or behind year 9999.
pub(crate) fn date_and_time(seconds: f64) -> Option<(String, String)> {
    let microseconds = (seconds * 1e6).round();
    if !(DAY * 367e6..DAY * 3_652_000e6).contains(&microseconds) {
        return None;
    }
    let microseconds = microseconds as i64;
    let (days, rest) = (microseconds.div_euclid(86_400_000_000) - 1, microseconds.rem_euclid(86_400_000_000));
    // Inverse of the count above: eras of 400 years begin in March.
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let (year, month) = if m < 10 { (year + era * 400, m + 3) } else { (year + era * 400 + 1, m - 9) };
    let (s, micro) = (rest / 1_000_000, rest % 1_000_000);
    Some((format!("{year:04}{month:02}{day:02}"), format!("{:02}{:02}{:02}.{micro:06}", s / 3600, s / 60 % 60, s % 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leap_days_and_ends_of_years_survive() {
        for (date, time) in [
            ("20240229", "235959.000000"),
            ("20000229", "000000.000000"),
            ("19000301", "120000.500000"),
            ("19991231", "235959.000000"),
            ("20260101", "000001.000000"),
        ] {
            let there = moment(Some(date.to_owned()), Some(time.to_owned())).unwrap();
            assert_eq!(date_and_time(there), Some((date.to_owned(), time.to_owned())));
        }
        assert_eq!((date_and_time(0.0), date_and_time(f64::NAN), date_and_time(1e18)), (None, None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_was_read(seconds in 6.2e10..6.5e10f64) {
            let (date, time) = date_and_time(seconds).unwrap();
            let back = moment(Some(date), Some(time)).unwrap();
            prop_assert!((back - seconds).abs() < 2e-5);
        }
    }
}
