//! The syncs that write the sides: their state before and after a dataset is
//! read, and waiting for one that runs.

use std::time::{Duration, Instant};

use super::progress::Progress;
use crate::error::{Code, Failure, Result, Side};
use crate::plan::{DatasetSpec, Sync};
use crate::report::model::{Dataset, SyncState};
use crate::source::ask::ROWS;
use crate::source::{self, Context};

/// How often a sync that runs is asked again, at most.
const POLL: Duration = Duration::from_secs(5);
/// A wait is at least so many times as long as the time between two asks.
const ASKS: u32 = 20;

/// The text of each cell of a state, row by row.
pub type StateRows = Vec<Vec<Option<String>>>;

/// Both sides' states: old, new; `None` where none is watched.
pub type States = [Option<StateRows>; 2];

/// Asks for all states once: what the user has to mend before any row is read.
pub fn refused(spec: &DatasetSpec, context: &Context) -> Vec<Failure> {
    let mut failures = ask(spec, context).err().unwrap_or_default();
    failures.retain(|failure| failure.code.is_usage());
    failures
}

/// The states before anything is read; waits for syncs that run where that is
/// asked for.
pub fn before(
    spec: &DatasetSpec,
    context: &Context,
    progress: &dyn Progress,
) -> Result<States, Vec<Failure>> {
    let mut states = ask(spec, context)?;
    for side in Side::BOTH {
        let (Some(sync), Some(state)) = (&spec.sides[side.index()].sync, &mut states[side.index()])
        else {
            continue;
        };
        let waited = wait(spec, side, sync, state, context, progress);
        waited.map_err(|failure| vec![named(failure, spec, side)])?;
    }
    Ok(states)
}

/// The states as they are now.
pub fn ask(spec: &DatasetSpec, context: &Context) -> Result<States, Vec<Failure>> {
    let mut states = States::default();
    let mut failures = Vec::new();
    for side in Side::BOTH {
        match state(spec, side, context) {
            Ok(state) => states[side.index()] = state,
            Err(failure) => failures.push(named(failure, spec, side)),
        }
    }
    match failures.is_empty() {
        true => Ok(states),
        false => Err(failures),
    }
}

fn named(failure: Failure, spec: &DatasetSpec, side: Side) -> Failure {
    failure.on(side).of(&spec.name)
}

fn state(spec: &DatasetSpec, side: Side, context: &Context) -> Result<Option<StateRows>> {
    let side = &spec.sides[side.index()];
    let ask = |sync: &Sync| {
        let answer = source::rows(&side.source, &sync.state, "sync_state", context)?;
        match answer.cut {
            true => Err(no_state()),
            false => Ok(answer.rows),
        }
    };
    side.sync.as_ref().map(ask).transpose()
}

fn no_state() -> Failure {
    Failure::new(
        Code::Config,
        format!(
            "sync_state gives more than {ROWS} rows, and a change in a later one would not be seen"
        ),
        "write it so that it gives the state alone",
    )
}

/// Whether a cell of the state says that the sync runs.
fn runs(sync: &Sync, state: &StateRows) -> bool {
    let mut cells = state.iter().flatten().flatten();
    let is = |cell: &str, word: &String| cell.trim().to_lowercase() == word.to_lowercase();
    cells.any(|cell| sync.running.iter().any(|word| is(cell, word)))
}

fn wait(
    spec: &DatasetSpec,
    side: Side,
    sync: &Sync,
    state: &mut StateRows,
    context: &Context,
    progress: &dyn Progress,
) -> Result<()> {
    let Some(wait) = sync.wait.filter(|_| runs(sync, state)) else {
        return Ok(());
    };
    progress.phase(&format!(
        "the sync of the {side} side runs: waiting for up to {wait:?}"
    ));
    let end = Instant::now() + wait;
    while runs(sync, state) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(still_runs(wait));
        }
        context.stop.sleep(left.min(POLL).min(wait / ASKS))?;
        *state = self::state(spec, side, context)?.unwrap_or_default();
    }
    Ok(())
}

fn still_runs(wait: Duration) -> Failure {
    Failure::new(
        Code::Timeout,
        format!("the sync that writes it was still running after {wait:?} of waiting"),
        "run again when it is done, or wait for longer (when_syncing)",
    )
    .transient()
}

/// Asks for the states again and puts both into the dataset, with a warning
/// where a sync ran meanwhile.
pub fn after(spec: &DatasetSpec, before: States, context: &Context, dataset: &mut Dataset) {
    for (side, before) in Side::BOTH.into_iter().zip(before) {
        let (Some(sync), Some(before)) = (&spec.sides[side.index()].sync, before) else {
            continue;
        };
        let after = match state(spec, side, context) {
            Ok(after) => after,
            Err(failure) => {
                let why = failure.why;
                let warning = format!("{side} side: its sync could not be asked again: {why}");
                dataset.warnings.push(warning);
                None
            }
        };
        if let Some(after) = &after {
            let told = told(sync, &before, after);
            let told = told.map(|told| format!("{side} side: a sync ran meanwhile: {told}"));
            dataset.warnings.extend(told);
        }
        let receipt = match side {
            Side::Old => &mut dataset.old,
            Side::New => &mut dataset.new,
        };
        receipt.sync_state = Some(SyncState { before, after });
    }
}

/// What shows that a sync ran, if anything does.
fn told(sync: &Sync, before: &StateRows, after: &StateRows) -> Option<String> {
    if before != after {
        let (before, after) = (shown(before), shown(after));
        return Some(format!("its state was {before} before and {after} after"));
    }
    runs(sync, before).then(|| format!("its state was {} before and after", shown(before)))
}

fn shown(state: &StateRows) -> String {
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "NULL".to_owned());
    let row = |row: &Vec<Option<String>>| row.iter().map(cell).collect::<Vec<_>>().join(" | ");
    match state.is_empty() {
        true => "empty".to_owned(),
        false => state.iter().map(row).collect::<Vec<_>>().join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[Option<&str>]]) -> StateRows {
        let row = |row: &&[Option<&str>]| row.iter().map(|cell| cell.map(str::to_owned)).collect();
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_sync_ran_where_its_state_says_so_or_changed() {
        let sync = Sync {
            state: String::new(),
            running: vec!["running".to_owned()],
            wait: None,
        };
        assert!(runs(&sync, &rows(&[&[Some(" RUNNING")]])));
        let done = rows(&[&[Some("done"), None]]);
        let running = rows(&[&[Some("done"), None], &[Some("running"), Some("1")]]);
        assert_eq!(told(&sync, &done, &done), None);
        assert_eq!(
            told(&sync, &done, &running).as_deref(),
            Some("its state was done | NULL before and done | NULL; running | 1 after")
        );
        assert_eq!(
            told(&sync, &running, &running).as_deref(),
            Some("its state was done | NULL; running | 1 before and after")
        );
        let other = rows(&[&[Some("running late"), None]]);
        assert!(!runs(&sync, &other) && !runs(&sync, &StateRows::new()));
    }
}
