//! From a comparison to the report's model: canonical cells become text, and
//! counters their places. The only writer of the model.

use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::model::{
    Column, Counts, Dataset, Details, Ratio, Receipt, Recheck, RuleCount, Samples, Window,
};
use super::samples::{examples, first, samples};
use crate::compare::cells::View;
use crate::compare::sample::Smallest;
use crate::compare::{Cause, Scope, Tally, Whole};
use crate::error::Failure;
use crate::gate::{self, Finding, Verdict};
use crate::plan::{DatasetPlan, WindowPlan};
use crate::source;

/// How many of each kind report.json shows.
pub const SAMPLES: usize = 20;

/// Cells that do not parse, by their row's key: each its column and raw text.
pub type Unreadables = Smallest<Vec<(usize, String)>>;

/// One side as it was read.
pub struct SideRead<'a> {
    pub identity: source::Identity,
    pub receipt: &'a source::Receipt,
    pub rows: u64,
    pub outside_window: Option<u64>,
    pub complete: bool,
    /// How long each took, as `run` measured it.
    pub first_row: Option<Duration>,
    pub reading: Duration,
    pub waiting: Duration,
    pub digest: Option<String>,
    /// Per column, per step: the cells it changed.
    pub changed: &'a [Vec<u64>],
    pub unreadables: &'a Unreadables,
}

/// A compared dataset, as `build` takes it.
pub struct Input<'a> {
    pub plan: &'a DatasetPlan,
    pub whole: &'a Whole,
    pub sides: [SideRead<'a>; 2],
    pub findings: Vec<Finding>,
    pub failures: &'a [Failure],
    /// Beside those of the plan.
    pub warnings: &'a [String],
    /// What looking again came to, where that was asked for.
    pub recheck: Option<Recheck>,
}

/// The model of one compared dataset, and what goes to its detail files.
pub fn dataset(input: Input<'_>) -> (Dataset, Details) {
    let plan = input.plan;
    let tally = input.whole.view(View::AsRead);
    let details = samples(&input);
    let complete = input.sides.iter().all(|side| side.complete);
    let scoped = plan.scope != Scope::All;
    let edge: Vec<String> = over_the_edge(&input, tally).into_iter().collect();
    let dataset = Dataset {
        name: plan.name.clone(),
        verdict: verdict(&input.findings, input.failures),
        key: names(plan, plan.key),
        counts: Counts {
            out_of_scope: scoped.then_some(tally.out_of_scope),
            ..counts(tally, input.recheck.as_ref())
        },
        recheck: input.recheck.clone(),
        match_rate: ratio(tally.matched, tally.keys()).filter(|_| complete),
        scope: scoped.then(|| plan.scope.name().to_owned()),
        coverage: ratio(tally.covered, tally.sides[0].keys).filter(|_| complete && scoped),
        window: plan.window.as_ref().map(window),
        columns: columns(&input, tally),
        columns_only_old: plan.only[0].clone(),
        columns_only_new: plan.only[1].clone(),
        ignored: plan.ignored.clone(),
        columns_left_out: plan.columns_left_out.clone(),
        warnings: [&plan.warnings[..], input.warnings, &edge].concat(),
        gates: input.findings.clone(),
        samples: first(&details, SAMPLES),
        old: receipt(&input.sides[0], tally.sides[0].keys),
        new: receipt(&input.sides[1], tally.sides[1].keys),
    };
    let details = Details {
        dataset: plan.name.clone(),
        key: names(plan, plan.key),
        columns: names(plan, plan.columns.len()),
        samples: details,
    };
    (dataset, details)
}

fn window(window: &WindowPlan) -> Window {
    let shown = |time: Option<Timestamp>| time.map(|time| time.to_string());
    Window {
        column: window.column.clone(),
        since: shown(window.since),
        until: shown(window.until),
    }
}

/// A row that is inside the window on one side only is no row that is not there; a
/// later look has found it on the other.
fn over_the_edge(input: &Input<'_>, tally: &Tally) -> Option<String> {
    let window = input.plan.window.as_ref()?;
    let looked_again = |recheck: &Recheck| recheck.rounds > 0 && recheck.rechecked > 0;
    if input.recheck.as_ref().is_some_and(looked_again) {
        return None;
    }
    let keys = tally.missing + tally.extra;
    (keys > 0).then(|| {
        format!(
            "{} may be on both sides: a row whose `{}` is in the window on one side only counts as missing or extra",
            gate::counted(keys, "key"),
            window.column
        )
    })
}

/// The worst of the findings; a failure is at least inconclusive.
pub fn verdict(findings: &[Finding], failures: &[Failure]) -> Verdict {
    let floor = match failures {
        [] => Verdict::Pass,
        _ => Verdict::Inconclusive,
    };
    gate::worst(findings).max(floor)
}

fn names(plan: &DatasetPlan, count: usize) -> Vec<String> {
    let columns = plan.columns[..count].iter();
    columns.map(|column| column.name.clone()).collect()
}

fn counts(tally: &Tally, recheck: Option<&Recheck>) -> Counts {
    let [old, new] = &tally.sides;
    Counts {
        old_rows: old.rows,
        new_rows: new.rows,
        old_keys: old.keys,
        new_keys: new.keys,
        matched: tally.matched,
        tolerated: tally.tolerated,
        equal_by_rules: tally.equal_by_rules,
        differing: tally.differing,
        missing: tally.missing,
        extra: tally.extra,
        duplicated: tally.duplicated,
        out_of_scope: None,
        duplicated_old: old.duplicated,
        duplicated_new: new.duplicated,
        settled: recheck.map(|recheck| recheck.settled),
        moving: recheck.map(|recheck| recheck.moving),
        unkeyed_old: old.unkeyed,
        unkeyed_new: new.unkeyed,
        unreadable_old: old.unreadable,
        unreadable_new: new.unreadable,
    }
}

fn ratio(numerator: u64, denominator: u64) -> Option<Ratio> {
    (denominator > 0).then(|| Ratio {
        numerator,
        denominator,
        percent: crate::gate::percent(numerator, denominator),
    })
}

fn columns(input: &Input<'_>, tally: &Tally) -> Vec<Column> {
    let plan = input.plan;
    let counted = plan.columns.iter().zip(&tally.columns);
    counted
        .enumerate()
        .map(|(index, (column, counted))| Column {
            name: column.name.clone(),
            ty: column.ty.to_string(),
            differing: counted.differing,
            tolerated: counted.tolerated,
            causes: causes(&counted.causes),
            rules: rules(input, index),
            examples: examples(plan, &input.whole.found.examples[index]),
        })
        .collect()
}

fn causes(counts: &[u64; Cause::COUNT]) -> IndexMap<String, u64> {
    let named = Cause::ALL.into_iter().zip(counts);
    named
        .filter(|(_, count)| **count > 0)
        .map(|(cause, count)| (cause.name().to_owned(), *count))
        .collect()
}

fn rules(input: &Input<'_>, column: usize) -> Vec<RuleCount> {
    let steps = input.plan.columns[column].pipelines[0].steps().iter();
    let changed = |side: &SideRead<'_>, step: usize| {
        let of_column = side.changed.get(column);
        of_column
            .and_then(|steps| steps.get(step))
            .copied()
            .unwrap_or(0)
    };
    steps
        .enumerate()
        .map(|(index, step)| RuleCount {
            rule: step.to_string(),
            old: changed(&input.sides[0], index),
            new: changed(&input.sides[1], index),
        })
        .collect()
}

fn receipt(side: &SideRead<'_>, keys: u64) -> Receipt {
    let seconds = side.reading.as_secs_f64();
    let waiting = side.waiting.as_secs_f64();
    let lag = side.receipt.lag.unwrap_or_default();
    Receipt {
        sync_state: None,
        location: side.identity.location.clone(),
        relation: side.identity.relation.clone(),
        engine: side.identity.engine.clone(),
        rows: side.rows,
        rows_claimed: side.receipt.rows,
        outside_window: side.outside_window,
        complete: side.complete,
        snapshot: side.receipt.snapshot.clone(),
        digest: side.digest.clone(),
        pages: side.receipt.pages,
        counted_before: side.receipt.counts.map(|counts| counts[0]),
        counted_after: side.receipt.counts.map(|counts| counts[1]),
        distinct_keys: side.receipt.counts.filter(|_| side.complete).map(|_| keys),
        standby: side.receipt.lag.is_some(),
        lag_seconds: lag.most.map(|most| most.as_secs_f64()),
        lag_bytes: lag.bytes,
        attempts: None,
        retries: Some(side.receipt.retries).filter(|retries| *retries > 0),
        bytes: side.receipt.bytes,
        seconds,
        seconds_waiting: Some(waiting).filter(|waiting| *waiting > 0.0),
        seconds_to_first_row: side.first_row.unwrap_or_default().as_secs_f64(),
        rows_per_second: match seconds + waiting {
            0.0 => 0,
            all => (side.rows as f64 / all) as u64,
        },
    }
}

/// The model of a dataset that could not be opened: nothing was compared.
pub fn unopened(
    name: &str,
    identities: [source::Identity; 2],
    findings: Vec<Finding>,
    failures: &[Failure],
) -> Dataset {
    let [old, new] = identities.map(|identity| Receipt {
        location: identity.location,
        relation: identity.relation,
        engine: identity.engine,
        ..Receipt::default()
    });
    Dataset {
        name: name.to_owned(),
        verdict: verdict(&findings, failures).max(Verdict::Inconclusive),
        key: Vec::new(),
        counts: Counts::default(),
        recheck: None,
        match_rate: None,
        scope: None,
        coverage: None,
        window: None,
        columns: Vec::new(),
        columns_only_old: Vec::new(),
        columns_only_new: Vec::new(),
        ignored: Vec::new(),
        columns_left_out: Vec::new(),
        warnings: Vec::new(),
        gates: findings,
        samples: Samples::default(),
        old,
        new,
    }
}

/// The details of a dataset that could not be opened: none.
pub fn no_details(name: &str) -> Details {
    Details {
        dataset: name.to_owned(),
        ..Details::default()
    }
}
