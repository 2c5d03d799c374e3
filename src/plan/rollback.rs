//! What `rollback-check` is asked to do: a run like `verify`'s, by a deadline,
//! with questions to the old side before it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::build::Plan;
use super::options::VerifyOptions;
use super::{DatasetSpec, TypedTime, WindowOptions, side};
use crate::compare::Scope;
use crate::config::{Env, QueryText, RollbackTable};
use crate::error::{Code, Failure, Result, Side};

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

/// What `rollback-check` is asked to do. Without a deadline, typed or configured,
/// it has its own.
pub fn rollback(options: &RollbackOptions, env: Env<'_>, cwd: &Path) -> Result<Plan> {
    if options.verify.source.window != WindowOptions::default() {
        return Err(windowed("a window"));
    }
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
    if let Some(window) = &dataset.window {
        return Err(of(windowed(&format!("a window on `{}`", window.column))));
    }
    // What is lost is what is seen once, whole: there is no time to look again.
    dataset.recheck.rounds = 0;
    let settle = dataset.settle.take();
    let sync = &dataset.sides[Side::Old.index()].sync;
    let rollback = &mut dataset.rollback;
    if rollback.sync_state.is_none() {
        rollback.sync_state = sync.as_ref().map(|sync| sync.state.clone());
    }
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
        TypedTime::parse(text, Timestamp::now(), &TimeZone::UTC)
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

/// What a window leaves out could be lost as well.
fn windowed(what: &str) -> Failure {
    Failure::new(
        Code::Config,
        format!(
            "{what} leaves rows out, and all of them have to be seen to tell what a rollback would lose"
        ),
        "Name a dataset without a window (--dataset NAME); `--since TIME` alone counts what changed",
    )
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
    let text = |query: &Option<QueryText>| query.as_ref().map(side::query_text).transpose();
    Ok(RollbackSpec {
        updated_at: table.updated_at.clone(),
        group_by: table.group_by.clone(),
        sync_state: text(&table.sync_state)?,
        emergency_stop: text(&table.emergency_stop)?,
        since: table.since.clone(),
    })
}
