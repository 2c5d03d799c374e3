//! What `rollback-check` is asked to do: a run like `verify`'s, by a deadline,
//! with questions to the old side before it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::build::Plan;
use super::options::VerifyOptions;
use super::{DatasetSpec, side};
use crate::compare::Scope;
use crate::config::{ColumnRules, Env, QueryText, RollbackTable, units};
use crate::error::{Code, Failure, Result};
use crate::source::ask::Moment;

/// Where nothing is said: most of the quarter of an hour in which somebody decides.
const DEADLINE: Duration = Duration::from_secs(10 * 60);

/// What `rollback-check` takes, as typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RollbackOptions {
    pub verify: VerifyOptions,
    pub since: Option<String>,
}

/// What a dataset's configuration says of a rollback.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RollbackSpec {
    /// Report name of the column that tells the newer of two rows.
    pub updated_at: Option<String>,
    /// Report name of the column by whose values rows are counted.
    pub group_by: Option<String>,
    /// In the old side's own words.
    pub sync_state: Option<String>,
    pub emergency_stop: Option<String>,
    pub since: Option<String>,
}

/// A time as it was typed: `2026-11-26T03:00+09:00`, `2026-11-26 03:00` by the
/// clock of this machine, or how long ago (`30m`).
#[derive(Clone, Debug, PartialEq)]
pub struct Since {
    pub instant: Timestamp,
    /// What was typed without a zone.
    typed: Option<DateTime>,
}

/// What `rollback-check` is asked to do. Without a deadline, typed or configured,
/// it has its own.
pub fn rollback(options: &RollbackOptions, env: Env<'_>, cwd: &Path) -> Result<Plan> {
    let mut plan = Plan::from(&options.verify, env, cwd)?;
    if options.verify.deadline.is_none() {
        plan.deadline.get_or_insert(DEADLINE);
    }
    for dataset in &mut plan.datasets {
        settle(dataset, options.since.as_deref())?;
    }
    Ok(plan)
}

/// Lays the flag over a dataset, and finds out now what could not be asked later.
fn settle(dataset: &mut DatasetSpec, since: Option<&str>) -> Result<()> {
    let named = dataset.name.clone();
    let of = |failure: Failure| failure.of(&named);
    if dataset.scope == Scope::KeysOfNew {
        return Err(of(Failure::new(
            Code::Config,
            "scope = \"keys-of-new\" says that new is a part, and a part cannot tell what all of it would lose",
            "Point the new side at the store that traffic reads, with scope = \"all\"",
        )));
    }
    // What is lost is what is seen once, whole: there is no time to look again.
    dataset.recheck.rounds = 0;
    let settle = dataset.settle.take();
    let rollback = &mut dataset.rollback;
    if rollback.updated_at.is_none() {
        rollback.updated_at = settle.map(|settle| settle.column);
    }
    if let Some(text) = since {
        rollback.since = Some(text.to_owned());
    }
    if let Some(text) = &rollback.since {
        let what = match since {
            Some(_) => "--since",
            None => "rollback.since",
        };
        Since::parse(text, Timestamp::now(), &TimeZone::UTC)
            .map_err(|why| of(typed(what, &why)))?;
        if rollback.updated_at.is_none() {
            return Err(of(Failure::new(
                Code::Usage,
                format!("{what} needs to know which column tells when a row changed"),
                format!("Write `updated_at = \"COLUMN\"` under [datasets.{named}.rollback]"),
            )));
        }
    }
    let key = dataset.key.iter().flatten();
    let updated_at = rollback.updated_at.as_ref();
    match updated_at.filter(|name| key.clone().any(|column| column == *name)) {
        Some(name) => Err(of(Failure::new(
            Code::Config,
            format!(
                "rollback.updated_at names `{name}`, which is of the key: it is equal in every pair of rows"
            ),
            "Name the column that tells when a row changed",
        ))),
        None => Ok(()),
    }
}

fn typed(what: &str, why: &str) -> Failure {
    Failure::new(
        Code::Usage,
        format!("{what}: {why}"),
        "See `shadowgate rollback-check --help`",
    )
}

/// From the file's table: queries that stand in files are read.
pub fn spec(table: &RollbackTable) -> Result<RollbackSpec> {
    let text = |query: &Option<QueryText>| match query {
        Some(QueryText::Inline(text)) => Ok(Some(text.clone())),
        Some(QueryText::File(path)) => side::read_query(path.clone()).map(|it| Some(it.sql)),
        None => Ok(None),
    };
    Ok(RollbackSpec {
        updated_at: table.updated_at.clone(),
        group_by: table.group_by.clone(),
        sync_state: text(&table.sync_state)?,
        emergency_stop: text(&table.emergency_stop)?,
        since: table.since.clone(),
    })
}

impl Since {
    /// The error is one sentence.
    pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Since, String> {
        let text = text.trim();
        let exact = |instant| Since {
            instant,
            typed: None,
        };
        if let Ok(ago) = units::duration(text)
            && let Ok(instant) = now.checked_sub(ago)
        {
            return Ok(exact(instant));
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(exact(instant));
        }
        let local = text.parse::<DateTime>().ok();
        let instant = local.and_then(|local| zone.to_ambiguous_timestamp(local).compatible().ok());
        instant
            .map(|instant| Since {
                instant,
                typed: local,
            })
            .ok_or_else(|| {
                format!("`{text}` is no time: write 2026-11-26T03:00+09:00, 2026-11-26 03:00 (this machine's clock), or how long ago: 30m")
            })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn since(text: &str) -> Result<Since, String> {
        let now = "2026-11-25T18:10:00Z".parse().unwrap();
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        Since::parse(text, now, &tokyo)
    }

    #[test]
    fn a_time_has_its_zone_or_this_machines_or_counts_back() {
        for (text, instant) in [
            ("30m", "2026-11-25T17:40:00Z"),
            ("2026-11-26T03:00+09:00", "2026-11-25T18:00:00Z"),
            ("2026-11-25T18:00:00Z", "2026-11-25T18:00:00Z"),
            ("2026-11-26 03:00", "2026-11-25T18:00:00Z"),
            ("2026-11-26", "2026-11-25T15:00:00Z"),
        ] {
            let found = since(text).expect(text).instant;
            assert_eq!(found, instant.parse().unwrap(), "{text}");
        }
        for wrong in ["", "yesterday", "03:00", "2026-13-01", "30"] {
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
        let london = ColumnRules {
            zone: crate::value::Zone::parse("UTC"),
            ..ColumnRules::default()
        };
        let there = Some("2026-11-25T18:00:00".to_owned());
        assert_eq!(clock("2026-11-26 03:00", Some(&london)), there);
    }
}
