//! Figures as the lines of a check-up write them.

use jiff::Timestamp;

use crate::gate::counted;

const DAY: i64 = 24 * 60 * 60;

/// `12 ms`, `3.4 s`, `5 min`, `2.5 h`.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 90.0 => format!("{s:.1} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// `512 bytes`, `12 MiB`, `3.5 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = None;
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, Some(next));
    }
    match unit {
        None => counted(bytes, "byte"),
        Some(unit) if value < 10.0 => format!("{value:.1} {unit}"),
        Some(unit) => format!("{value:.0} {unit}"),
    }
}

/// `2026-12-01`, of seconds since 1970.
pub fn date(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(at) => at.strftime("%Y-%m-%d").to_string(),
        Err(_) => "a day beyond all calendars".to_owned(),
    }
}

/// How long it is until then: `in 12 days`, `2 hours ago`.
pub fn until(seconds: i64, now: i64) -> String {
    let left = seconds.saturating_sub(now);
    let span = match left.unsigned_abs() {
        s if s >= 2 * DAY as u64 => counted(s / DAY as u64, "day"),
        s if s >= 2 * 3600 => counted(s / 3600, "hour"),
        s => counted(s / 60, "minute"),
    };
    match left < 0 {
        true => format!("{span} ago"),
        false => format!("in {span}"),
    }
}

/// Whole days until then, rounded down; negative once it is over.
pub fn days(seconds: i64, now: i64) -> i64 {
    seconds.saturating_sub(now).div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let times = [0.0123, 3.44, 300.0, 9000.0].map(time);
        assert_eq!(times, ["12 ms", "3.4 s", "5 min", "2.5 h"]);
        let sizes = [0, 1, 1536, 20 << 20, 3 << 39].map(bytes);
        assert_eq!(sizes, ["0 bytes", "1 byte", "1.5 KiB", "20 MiB", "1.5 TiB"]);
    }

    #[test]
    fn dates_and_what_is_left() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(i64::MAX), "a day beyond all calendars");
        assert_eq!(until(10 * DAY, 0), "in 10 days");
        assert_eq!(until(0, 3 * 3600), "3 hours ago");
        assert_eq!(until(90, 0), "in 1 minute");
        assert_eq!((days(DAY * 3 - 1, 0), days(-1, 0)), (2, -1));
    }
}
