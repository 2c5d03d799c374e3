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

/// What a sync's state says while it runs, where nothing else is configured.
const RUNNING: [&str; 5] = ["running", "syncing", "in_progress", "同期中", "実行中"];

/// The text of each cell of a state, row by row.
pub type StateRows = Vec<Vec<Option<String>>>;

/// Both sides' states: old, new; `None` where none is watched, or none came.
pub type States = [Option<StateRows>; 2];

/// Whether any side's sync is watched: then it is asked before a snapshot is taken.
pub fn watched(spec: &DatasetSpec) -> bool {
    spec.sides.iter().any(|side| side.sync.is_some())
}

/// Asks for all states once: what the user has to mend before any row is read.
pub fn refused(spec: &DatasetSpec, context: &Context) -> Vec<Failure> {
    let (_, mut failures) = now(spec, context);
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
    let (mut states, failures) = now(spec, context);
    if !failures.is_empty() {
        return Err(failures);
    }
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

/// The states as they are now, as far as they come.
pub fn now(spec: &DatasetSpec, context: &Context) -> (States, Vec<Failure>) {
    let mut states = States::default();
    let mut failures = Vec::new();
    for side in Side::BOTH {
        match state(spec, side, context) {
            Ok(state) => states[side.index()] = state,
            Err(failure) => failures.push(named(failure, spec, side)),
        }
    }
    (states, failures)
}

fn named(failure: Failure, spec: &DatasetSpec, side: Side) -> Failure {
    failure.on(side).of(&spec.name)
}

fn state(spec: &DatasetSpec, side: Side, context: &Context) -> Result<Option<StateRows>> {
    let side = &spec.sides[side.index()];
    let ask = |sync: &Sync| {
        let answer = source::rows(&side.source, &sync.state, "sync_state", context)?;
        if answer.cut {
            return Err(no_state());
        }
        // A query without an order may give its rows in any.
        let mut rows = answer.rows;
        rows.sort();
        Ok(rows)
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

/// Whether a cell of the state says that the sync runs, by the words configured or
/// the usual ones; then a state of one cell may also be a plain yes.
fn runs(sync: &Sync, state: &StateRows) -> bool {
    let is = |cell: &str, word: &str| cell.trim().to_lowercase() == word.to_lowercase();
    let mut cells = state.iter().flatten().flatten();
    match (&sync.running, &state[..]) {
        (Some(words), _) => cells.any(|cell| words.iter().any(|word| is(cell, word))),
        (None, [row])
            if row.len() == 1 && cells.clone().any(|it| is(it, "t") || is(it, "true")) =>
        {
            true
        }
        (None, _) => cells.any(|cell| RUNNING.iter().any(|word| is(cell, word))),
    }
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
    let most = shown_time(wait);
    progress.phase(&format!(
        "the sync of the {side} side runs: waiting for up to {most}"
    ));
    let end = Instant::now() + wait;
    while runs(sync, state) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(still_runs(&most));
        }
        context.stop.sleep(left.min(POLL).min(wait / ASKS))?;
        *state = self::state(spec, side, context)?.unwrap_or_default();
    }
    Ok(())
}

/// As it would be written in a configuration.
fn shown_time(time: Duration) -> String {
    let millis = time.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ];
    let unit = units.iter().find(|(unit, _)| millis.is_multiple_of(*unit));
    match unit {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}

fn still_runs(most: &str) -> Failure {
    Failure::new(
        Code::Timeout,
        format!("the sync that writes it was still running after {most} of waiting"),
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
        let after = state(spec, side, context).unwrap_or_else(|failure| {
            dataset.warnings.push(not_asked(side, &failure));
            None
        });
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

/// The warning of a state that did not come.
pub fn not_asked(side: Side, failure: &Failure) -> String {
    let why = &failure.why;
    format!("{side} side: its sync could not be asked whether it runs: {why}")
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
    fn a_lone_cell_may_be_a_plain_yes_and_words_count_as_configured() {
        let sync = |running: Option<&str>| Sync {
            state: String::new(),
            running: running.map(|word| vec![word.to_owned()]),
            wait: None,
        };
        let runs = |running, state: &[&[Option<&str>]]| super::runs(&sync(running), &rows(state));
        assert!(runs(None, &[&[Some("t")]]) && runs(None, &[&[Some("TRUE")]]));
        assert!(runs(None, &[&[Some("実行中"), Some("f")]]));
        assert!(
            !runs(None, &[&[Some("t"), Some("idle")]]),
            "enabled, and idle"
        );
        assert!(!runs(None, &[&[Some("f")]]) && !runs(None, &[&[None]]));
        assert!(!runs(Some("busy"), &[&[Some("t")]]) && runs(Some("busy"), &[&[Some("Busy")]]));
    }

    #[test]
    fn times_are_shown_as_they_are_written() {
        for text in ["10m", "90s", "2h", "1d", "500ms", "1500ms"] {
            let time = crate::config::units::duration(text).expect(text);
            assert_eq!(shown_time(time), text);
        }
    }

    #[test]
    fn a_sync_ran_where_its_state_says_so_or_changed() {
        let sync = Sync {
            state: String::new(),
            running: Some(vec!["running".to_owned()]),
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
