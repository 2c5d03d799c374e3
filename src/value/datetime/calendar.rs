//! The proleptic Gregorian calendar, counted from 2000-01-01 as PostgreSQL
//! does, over every day an i32 or i64 of microseconds can name (a date library
//! would stop at year 9999), and how PostgreSQL prints it.

/// A second, in µs.
pub(in crate::value) const SECOND: i64 = 1_000_000;
/// A day, in µs.
pub(in crate::value) const DAY: i64 = 86_400 * SECOND;

/// From 0000-03-01, where a calendar of 400-year eras begins, to 2000-01-01.
const DAYS_TO_2000: i64 = 730_425;
const DAYS_PER_ERA: i64 = 146_097;

/// A day of the calendar; year 0 is 1 BC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::value) struct Civil {
    pub year: i64,
    pub month: u8,
    pub day: u8,
}

/// The day so many days after 2000-01-01.
pub(in crate::value) fn civil(days: i64) -> Civil {
    let days = days + DAYS_TO_2000;
    let of_era = days.rem_euclid(DAYS_PER_ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    Civil {
        year: year + 400 * days.div_euclid(DAYS_PER_ERA) + i64::from(month <= 2),
        month: month as u8,
        day: day as u8,
    }
}

/// Days from 2000-01-01 to a day; `None` if the calendar has no such day.
pub(in crate::value) fn days(date: Civil) -> Option<i64> {
    let Civil { year, month, day } = date;
    if !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some(year.div_euclid(400) * DAYS_PER_ERA + of_era - DAYS_TO_2000)
}

fn month_length(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Appends `2024-01-05`; the era is the caller's.
pub(super) fn push_date(date: Civil, out: &mut String) {
    let year = if date.year > 0 {
        date.year
    } else {
        1 - date.year
    };
    push_padded(year.unsigned_abs(), 4, out);
    out.push('-');
    push_padded(date.month.into(), 2, out);
    out.push('-');
    push_padded(date.day.into(), 2, out);
}

/// Appends `10:00:00.5`, for intervals also `-100:00:00`.
pub(in crate::value) fn push_time(time: i64, out: &mut String) {
    if time < 0 {
        out.push('-');
    }
    let time = time.unsigned_abs();
    let seconds = time / SECOND as u64;
    push_padded(seconds / 3600, 2, out);
    out.push(':');
    push_padded(seconds / 60 % 60, 2, out);
    out.push(':');
    push_padded(seconds % 60, 2, out);
    let mut fraction = time % SECOND as u64;
    if fraction > 0 {
        let mut width = 6;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            width -= 1;
        }
        out.push('.');
        push_padded(fraction, width, out);
    }
}

/// Appends `+09`, `-03:30` or `+00:19:32` for seconds west of UTC.
pub(super) fn push_zone(west: i32, out: &mut String) {
    out.push(if west > 0 { '-' } else { '+' });
    let seconds = u64::from(west.unsigned_abs());
    push_padded(seconds / 3600, 2, out);
    if !seconds.is_multiple_of(3600) {
        out.push(':');
        push_padded(seconds / 60 % 60, 2, out);
    }
    if !seconds.is_multiple_of(60) {
        out.push(':');
        push_padded(seconds % 60, 2, out);
    }
}

fn push_padded(value: u64, width: u32, out: &mut String) {
    let mut unit = 10u64.pow(width - 1);
    while value / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        // A digit, so it fits.
        out.push(char::from(b'0' + (value / unit % 10) as u8));
        unit /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_days() {
        for (year, month, day, expected) in [
            (2000, 1, 1, 0),
            (1970, 1, 1, -10_957),
            (2000, 3, 1, 60),
            (2024, 2, 29, 8825),
            (1, 1, 1, -730_119),
            (0, 12, 31, -730_120),
            (-4713, 11, 24, -2_451_545),
            (5_874_897, 12, 31, 2_145_031_948),
        ] {
            assert_eq!(days(Civil { year, month, day }), Some(expected), "{year}");
        }
        for (year, month, day) in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2024, 2, 30),
            (2024, 13, 1),
            (2024, 0, 1),
            (2024, 4, 31),
            (2024, 1, 0),
        ] {
            assert_eq!(days(Civil { year, month, day }), None);
        }
    }

    proptest! {
        #[test]
        fn every_day_has_one_name(day in any::<i32>()) {
            prop_assert_eq!(days(civil(day.into())), Some(day.into()));
        }

        #[test]
        fn agrees_with_jiff(day in -700_000i32..2_900_000) {
            let jiff = jiff::civil::date(2000, 1, 1) + jiff::ToSpan::days(day);
            let ours = civil(day.into());
            prop_assert_eq!((ours.year, ours.month, ours.day), (jiff.year().into(), jiff.month() as u8, jiff.day() as u8));
        }
    }
}
