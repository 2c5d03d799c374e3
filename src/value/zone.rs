//! Time zones by name or fixed offset, for text that has none of its own.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::datetime::{self, DAY, SECOND};

/// A zone from the tz database (`Asia/Tokyo`) or a fixed offset (`+09:00`).
#[derive(Clone, Debug, PartialEq)]
pub struct Zone(Rule);

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// Seconds east of UTC.
    Fixed(i32),
    Named(TimeZone),
}

impl Zone {
    /// `Asia/Tokyo`, `UTC`, `Z`, `+09:00`, `-0330`; east is plus, as in ISO 8601.
    pub fn parse(name: &str) -> Option<Zone> {
        if let Some(east) = datetime::fixed_offset(name) {
            return Some(Zone(Rule::Fixed(east)));
        }
        TimeZone::get(name).ok().map(|zone| Zone(Rule::Named(zone)))
    }

    /// µs since 2000-01-01 UTC of a zoneless timestamp in this zone; `None`
    /// for a local time that does not exist there or exists twice. The
    /// infinities are the same in every zone. A named zone has no rules
    /// outside of the years −9999 to 9999: `None`.
    pub fn to_utc(&self, local: i64) -> Option<i64> {
        if matches!(local, i64::MIN | i64::MAX) {
            return Some(local);
        }
        let east = match &self.0 {
            Rule::Fixed(east) => *east,
            Rule::Named(zone) => offset_at(zone, local)?,
        };
        let instant = local.checked_sub(i64::from(east) * SECOND)?;
        (!matches!(instant, i64::MIN | i64::MAX)).then_some(instant)
    }

    /// What a clock of this zone shows at an instant.
    pub fn clock(&self, instant: Timestamp) -> DateTime {
        match &self.0 {
            // An offset that was read from text is a day at most.
            Rule::Fixed(east) => Offset::from_seconds(*east)
                .unwrap_or(Offset::UTC)
                .to_datetime(instant),
            Rule::Named(zone) => zone.to_datetime(instant),
        }
    }
}

fn offset_at(zone: &TimeZone, local: i64) -> Option<i32> {
    let date = datetime::civil_day(local.div_euclid(DAY));
    let seconds = local.rem_euclid(DAY) / SECOND;
    // Whole seconds decide: no zone changes within one.
    let local = DateTime::new(
        i16::try_from(date.year).ok()?,
        date.month as i8,
        date.day as i8,
        (seconds / 3600) as i8,
        (seconds / 60 % 60) as i8,
        (seconds % 60) as i8,
        0,
    )
    .ok()?;
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Some(offset.seconds()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// µs since 2000-01-01 of a day and a time of day.
    fn at(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> i64 {
        let start = jiff::civil::datetime(2000, 1, 1, 0, 0, 0, 0);
        let span = jiff::civil::datetime(year, month, day, hour, minute, 0, 0) - start;
        span.total((
            jiff::Unit::Second,
            jiff::SpanRelativeTo::days_are_24_hours(),
        ))
        .unwrap() as i64
            * SECOND
    }

    #[test]
    fn names_and_offsets() {
        let noon = at(2024, 1, 5, 12, 0);
        for name in ["Asia/Tokyo", "+09:00", "+09", "+0900"] {
            let zone = Zone::parse(name).unwrap();
            assert_eq!(zone.to_utc(noon), Some(noon - 9 * 3600 * SECOND), "{name}");
        }
        for name in ["UTC", "Z", "+00:00"] {
            assert_eq!(
                Zone::parse(name).unwrap().to_utc(noon),
                Some(noon),
                "{name}"
            );
        }
        for bad in ["", "Asia/Nowhere", "+25:00", "9", "+", "../etc/passwd"] {
            assert_eq!(Zone::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_clock_shows_its_own_time() {
        let instant: Timestamp = "2024-07-01T18:30:00Z".parse().unwrap();
        for (name, shown) in [
            ("+09:00", "2024-07-02T03:30:00"),
            ("Asia/Tokyo", "2024-07-02T03:30:00"),
            ("Europe/Berlin", "2024-07-01T20:30:00"),
        ] {
            let clock = Zone::parse(name).unwrap().clock(instant);
            assert_eq!(clock.to_string(), shown, "{name}");
        }
    }

    #[test]
    fn gaps_and_folds_have_no_instant() {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(zone.to_utc(at(2024, 3, 31, 2, 30)), None, "gap");
        assert_eq!(zone.to_utc(at(2024, 10, 27, 2, 30)), None, "fold");
        assert_eq!(
            zone.to_utc(at(2024, 7, 1, 2, 30)),
            Some(at(2024, 7, 1, 0, 30))
        );
    }

    #[test]
    fn infinities_and_the_ends_of_time() {
        let fixed = Zone::parse("+09:00").unwrap();
        let named = Zone::parse("Asia/Tokyo").unwrap();
        for end in [i64::MIN, i64::MAX] {
            assert_eq!(fixed.to_utc(end), Some(end));
            assert_eq!(named.to_utc(end), Some(end));
        }
        assert_eq!(fixed.to_utc(i64::MIN + 1), None);
        assert_eq!(named.to_utc(i64::MAX - 1), None);
    }

    proptest! {
        #[test]
        fn no_local_time_panics(local: i64) {
            for name in ["+09:00", "Asia/Tokyo", "America/New_York"] {
                Zone::parse(name).unwrap().to_utc(local);
            }
        }
    }
}
