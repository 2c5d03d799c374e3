//! `rollback-check`: what is cheap to know of the old side first, then the whole
//! comparison as far as the time lets, with an eye on what only new has.

pub mod fates;
pub mod files;
mod outcome;
mod questions;
mod scan;

use std::cell::Cell;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::attempts::{self, Judged};
use super::open::{self, NotOpened, Opened};
use super::progress::Progress;
use super::{Finished, Options, sync};
use crate::compare::cells::Tolerance;
use crate::error::{Code, Failure, Result, Side};
use crate::gate::rollback::Decision;
use crate::plan::{DatasetPlan, DatasetSpec};
use crate::report::rollback::{Check, Dataset};
use crate::source::ask::Question;
use crate::source::{self, Context, Identity, Location};
use fates::{Counted, Lost, Watcher};
use outcome::Seen;
use questions::Questions;

/// Questions that come before the comparison may take this part of the time.
const ASKING: u32 = 4;
/// The rows that are kept may take this part of the memory, and so much at most.
const KEPT: u64 = 32;
const KEPT_MOST: u64 = 8 << 20;

/// Hears the answers of the old side as they come.
pub trait Hears: Sync {
    fn check(&self, dataset: &str, check: &Check);
}

/// All that was found.
pub struct Checked {
    pub datasets: Vec<Dataset>,
    /// One for each dataset.
    pub decisions: Vec<Decision>,
    /// The comparison itself, as `verify` would have it.
    pub finished: Finished,
    /// The rows that would be lost, of the datasets that were compared.
    pub lost: Vec<Lost>,
}

/// Checks all datasets. `Err`: what the user has to mend before any row is read.
pub fn check(
    specs: &[DatasetSpec],
    options: &Options,
    progress: &dyn Progress,
    hears: &dyn Hears,
) -> Result<Checked, Vec<Failure>> {
    let asking = asking(&options.context);
    let checks: Vec<Vec<Check>> = specs
        .iter()
        .map(|spec| Questions::new(spec, &asking).ask(hears))
        .collect();
    let before = Timestamp::now();
    let opened = super::open_all(specs, options, progress, |spec| {
        open_one(spec, &options.context)
    })?;
    let alone = specs.len() == 1 && !sync::watched(&specs[0]);
    let first = opened.into_iter().next().filter(|_| alone);
    let mut first = first.map(|opened| (before, opened));
    let mut checked = Checked {
        datasets: Vec::new(),
        decisions: Vec::new(),
        finished: Finished::nothing(),
        lost: Vec::new(),
    };
    for (spec, checks) in specs.iter().zip(checks) {
        let (seen, lost) = look(spec, first.take(), checks, options, progress);
        checked.add(seen, lost);
    }
    Ok(checked)
}

/// A point in time as this machine's clock shows it, with its zone (RFC 9557).
fn local(instant: Timestamp) -> String {
    let zone = TimeZone::system();
    let shown = instant.display_with_offset(zone.to_offset(instant));
    match zone.iana_name() {
        Some(name) => format!("{shown}[{name}]"),
        None => shown.to_string(),
    }
}

/// The same run, with an earlier end for what comes before the comparison.
fn asking(context: &Context) -> Context {
    let mut asking = context.clone();
    if let Some(left) = context.stop.left() {
        asking.stop = context.stop.sooner(Instant::now() + left / ASKING);
    }
    asking
}

/// Opens a dataset with the column that tells the newer row among those that
/// are read, whether or not it is compared.
fn open_one(spec: &DatasetSpec, context: &Context) -> Result<Opened, Box<NotOpened>> {
    let mut wanted = spec.clone();
    let mut read_only = false;
    if let Some(name) = &spec.rollback.updated_at {
        let is_ignored = wanted.ignore.contains(name);
        let is_left_out = wanted
            .only
            .as_ref()
            .is_some_and(|only| !only.contains(name));
        read_only = is_ignored || is_left_out;
        wanted.ignore.retain(|ignored| ignored != name);
        if let Some(only) = wanted.only.as_mut().filter(|_| is_left_out) {
            only.push(name.clone());
        }
    }
    let mut opened = open::open(&wanted, context)?;
    match direct(spec, &mut opened.plan, read_only) {
        Ok(()) => Ok(opened),
        Err(failure) => Err(Box::new(NotOpened {
            identities: opened.identities,
            failures: vec![failure.of(&spec.name)],
        })),
    }
}

/// Holds a plan to have the column that tells the newer row. One that nobody
/// wants to be compared is read only.
fn direct(spec: &DatasetSpec, plan: &mut DatasetPlan, read_only: bool) -> Result<()> {
    let Some(name) = &spec.rollback.updated_at else {
        return Ok(());
    };
    let mut columns = plan.columns.iter_mut();
    let Some(column) = columns.find(|column| column.name == *name) else {
        let known: Vec<&str> = plan.columns.iter().map(|it| it.name.as_str()).collect();
        return Err(Failure::new(
            Code::Config,
            format!("rollback.updated_at names `{name}`, which is not a column of both sides"),
            format!("Name one of: {}", known.join(", ")),
        ));
    };
    if read_only {
        column.tolerance = Some(Tolerance::anything());
        plan.warnings.push(format!(
            "`{name}` is not compared: it only tells which of two rows is newer"
        ));
    }
    Ok(())
}

impl Checked {
    fn add(&mut self, mut seen: Seen<'_>, lost: Option<Lost>) {
        if !seen.agrees() {
            seen.reasons.insert(0, seen.disagreement());
        }
        let (model, decision) = seen.model();
        let finished = &mut self.finished;
        finished.verdict = finished.verdict.max(seen.dataset.verdict);
        finished.datasets.push(seen.dataset);
        finished.details.push(seen.details);
        finished.reasons.extend(seen.reasons);
        self.lost.extend(lost.map(|lost| Lost {
            proven: model.old.complete,
            ..lost
        }));
        self.datasets.push(model);
        self.decisions.push(decision);
    }
}

/// What one attempt at a dataset left beside its comparison.
#[derive(Default)]
struct Attempt {
    identities: [Identity; 2],
    counted: Counted,
    new_counted: Option<u64>,
    as_of: Option<String>,
    lost: Option<Lost>,
}

/// Compares a dataset with an eye on every key; started over where that may help.
/// `first` is what was opened already, and just before when.
fn look<'a>(
    spec: &'a DatasetSpec,
    first: Option<(Timestamp, Result<Opened, Box<NotOpened>>)>,
    checks: Vec<Check>,
    options: &Options,
    progress: &dyn Progress,
) -> (Seen<'a>, Option<Lost>) {
    let mut last = None;
    let (before, first) = first.unzip();
    // Before a snapshot, so that what changed later is not claimed to be in it.
    let as_of = Cell::new(before.unwrap_or_default());
    // There is no time to wait for a sync, but that it ran is worth knowing.
    let asked = Cell::default();
    let open = |context: &Context| {
        asked.set(sync::now(spec, &asking(context)));
        as_of.set(Timestamp::now());
        open_one(spec, context)
    };
    let mut judged = attempts::dataset(open, first, options, |opened| {
        let (judged, attempt) = match opened {
            Ok(opened) => compare(spec, opened, as_of.get(), options, progress),
            Err(not) => not_compared(spec, *not),
        };
        last = Some(attempt);
        judged
    });
    let (states, failures) = asked.take();
    sync::after(spec, states, &options.context, &mut judged.dataset);
    let told = failures.iter();
    let told = told.filter_map(|failure| Some(sync::not_asked(failure.side?, failure)));
    judged.dataset.warnings.extend(told);
    let Attempt {
        identities,
        counted,
        new_counted,
        as_of,
        lost,
    } = last.unwrap_or_default();
    let seen = Seen {
        spec,
        dataset: judged.dataset,
        details: judged.details,
        reasons: judged.reasons,
        identities,
        counted,
        rows_counted: [counted_before(&checks), new_counted],
        as_of,
        checks,
    };
    (seen, lost)
}

fn not_compared(spec: &DatasetSpec, not: NotOpened) -> (Judged, Attempt) {
    let attempt = Attempt {
        identities: not.identities.clone(),
        ..Attempt::default()
    };
    (super::judge_failed(&spec.name, &spec.gates, not), attempt)
}

fn compare(
    spec: &DatasetSpec,
    opened: Opened,
    as_of: Timestamp,
    options: &Options,
    progress: &dyn Progress,
) -> (Judged, Attempt) {
    let rollback = &spec.rollback;
    let memory = (options.memory / KEPT).min(KEPT_MOST);
    let watcher = Watcher::new(
        &opened.plan,
        rollback.updated_at.as_deref(),
        rollback.group_by.as_deref(),
        usize::try_from(memory).unwrap_or(usize::MAX),
    );
    let new_counted = new_counted(spec, &opened, &options.context);
    let (plan, identities) = (opened.plan.clone(), opened.identities.clone());
    let judged = super::judge(spec, opened, options, progress, Some(&watcher));
    let (counted, lost) = watcher.done(plan);
    let attempt = Attempt {
        identities,
        counted,
        new_counted,
        as_of: Some(local(as_of)),
        lost: Some(lost),
    };
    (judged, attempt)
}

/// What the old side counted itself when it was asked.
fn counted_before(checks: &[Check]) -> Option<u64> {
    use crate::report::rollback::CheckName::Rows;
    let rows = checks.iter().find(|check| check.name == Rows);
    rows.and_then(|check| check.number)
}

/// What the new side counts itself: PostgREST did when it was opened, a database
/// is asked over a connection of its own, and nothing else counts.
fn new_counted(spec: &DatasetSpec, opened: &Opened, context: &Context) -> Option<u64> {
    let source = &spec.sides[Side::New.index()].source;
    let count = || {
        let mut source = source::open(source, &asking(context))?;
        source.schema()?;
        source.ask(&Question::Count)
    };
    match source.location {
        Location::Rest(_) => opened.estimates[Side::New.index()],
        Location::File(..) | Location::Command(..) => None,
        Location::Postgres(_) | Location::Sqlite(_) => match count() {
            Ok(answer) => answer.and_then(|answer| answer.as_number()),
            Err(failure) => {
                tracing::debug!(%failure, "the new side did not count its rows");
                None
            }
        },
    }
}
