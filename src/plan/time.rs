//! Times as people type them, settled once for a run: `2026-11-26T03:00+09:00`,
//! `2026-11-26 03:00` by the clock of this machine, or how long ago (`30m`).

use jiff::civil::{DateTime, DateTimeRound};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use crate::config::{ColumnRules, units};
use crate::source::ask::Moment;

/// A time as it was typed. In whole µs, as no column tells time any finer: what
/// is not before the one is not before the other.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTime {
    pub instant: Timestamp,
    /// What was typed without a zone.
    typed: Option<DateTime>,
    /// The words themselves, which ask the same of another day.
    pub text: String,
}

impl TypedTime {
    /// The error is one sentence.
    pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<TypedTime, String> {
        let text = text.trim();
        let local = text.parse::<DateTime>().ok();
        let round = DateTimeRound::new()
            .smallest(Unit::Microsecond)
            .mode(RoundMode::Ceil);
        let typed = local.and_then(|local| local.round(round).ok());
        let in_zone = |local| zone.to_ambiguous_timestamp(local).compatible().ok();
        let (instant, typed) = match (ago(text, now), text.parse::<Timestamp>()) {
            (Some(instant), _) | (None, Ok(instant)) => (Some(instant), None),
            (None, Err(_)) => (typed.and_then(in_zone), typed),
        };
        match instant.and_then(whole) {
            Some(instant) => Ok(TypedTime {
                instant,
                typed,
                text: text.to_owned(),
            }),
            None => Err(format!(
                "`{text}` is no time: write 2026-11-26T03:00+09:00, 2026-11-26 03:00 (this machine's clock), or how long ago: 30m, 7d"
            )),
        }
    }

    /// For a column with these rules: one without a zone was written by the clock
    /// of its `timezone`, else by the clock by which the time was typed.
    pub fn moment(&self, rules: Option<&ColumnRules>) -> Moment {
        let zone = rules.and_then(|rules| rules.zone.as_ref());
        Moment {
            instant: self.instant,
            clock: zone.map(|zone| zone.clock(self.instant)).or(self.typed),
        }
    }
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    now.checked_sub(units::ago(text).ok()?).ok()
}

/// In whole µs, and of a year that every server reads.
fn whole(instant: Timestamp) -> Option<Timestamp> {
    let round = TimestampRound::new()
        .smallest(Unit::Microsecond)
        .mode(RoundMode::Ceil);
    let year = TimeZone::UTC.to_datetime(instant).year();
    let instant = instant.round(round).ok()?;
    (1..9999).contains(&year).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(text: &str) -> Result<TypedTime, String> {
        let now = "2026-11-25T18:10:00Z".parse().unwrap();
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        TypedTime::parse(text, now, &tokyo)
    }

    #[test]
    fn a_time_has_its_zone_or_this_machines_or_counts_back() {
        for (text, instant) in [
            ("30m", "2026-11-25T17:40:00Z"),
            ("90d", "2026-08-27T18:10:00Z"),
            ("2026-11-26T03:00+09:00", "2026-11-25T18:00:00Z"),
            ("2026-11-25T18:00:00Z", "2026-11-25T18:00:00Z"),
            ("2026-11-26 03:00", "2026-11-25T18:00:00Z"),
            ("2026-11-26", "2026-11-25T15:00:00Z"),
            (
                "2026-11-25T18:00:00.0000005Z",
                "2026-11-25T18:00:00.000001Z",
            ),
        ] {
            let found = since(text).expect(text).instant;
            assert_eq!(found, instant.parse().unwrap(), "{text}");
        }
        for wrong in [
            "",
            "yesterday",
            "03:00",
            "2026-13-01",
            "30",
            "-000044-03-15T00:00Z",
        ] {
            assert!(since(wrong).unwrap_err().contains("is no time"), "{wrong}");
        }
    }

    #[test]
    fn a_column_without_a_zone_is_asked_by_its_own_clock() {
        let clock = |text: &str, rules: Option<&ColumnRules>| {
            let moment = since(text).unwrap().moment(rules);
            moment.clock.map(|clock| clock.to_string())
        };
        assert_eq!(clock("30m", None), None);
        let typed = Some("2026-11-26T03:00:00".to_owned());
        assert_eq!(clock("2026-11-26 03:00", None), typed);
        let fine = Some("2026-11-26T03:00:00.000001".to_owned());
        assert_eq!(clock("2026-11-26 03:00:00.0000001", None), fine);
        let london = ColumnRules {
            zone: crate::value::Zone::parse("UTC"),
            ..ColumnRules::default()
        };
        let there = Some("2026-11-25T18:00:00".to_owned());
        assert_eq!(clock("2026-11-26 03:00", Some(&london)), there);
    }
}
