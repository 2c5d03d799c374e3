//! What a side says of the sync that writes it: where its state stands, when that
//! says that it runs, and what is done then.

use std::path::Path;
use std::time::Duration;

use super::document::{Fields, Node, Reading};
use super::query::{self, QueryText};
use super::units;

pub const FIELDS: [&str; 3] = ["sync_state", "syncing_when", "when_syncing"];

/// As written: what `state` means depends on the kind of source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncTable {
    /// SQL, or a table as PostgREST names it.
    pub state: Option<QueryText>,
    /// It runs when a cell of its state is one of these.
    pub running: Option<Vec<String>>,
    /// How long to wait then; `None`: it is only told.
    pub wait: Option<Duration>,
}

/// Reads them where they stand among a side's fields.
pub fn read<'a>(fields: &Fields<'a>, folder: &Path, reading: &mut Reading<'a>) -> SyncTable {
    let [state, running, wait] = FIELDS.map(|name| fields.get(name));
    for node in [running, wait].into_iter().flatten() {
        if state.is_none() {
            reading.problem(node, "`sync_state` is due beside it");
        }
    }
    SyncTable {
        state: query::read(fields, "sync_state", folder, reading),
        running: running.and_then(|node| reading.one_or_more(node)),
        wait: wait.and_then(|node| self::wait(node, reading)),
    }
}

/// `warn`, or `wait 10m`.
fn wait(node: &Node<'_>, reading: &mut Reading<'_>) -> Option<Duration> {
    let text = reading.string(node)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = match words[..] {
        ["warn"] => return None,
        ["wait", time] => units::finite(time),
        _ => Err("`\"warn\"` or `\"wait 10m\"` is due here".to_owned()),
    };
    found.map_err(|what| reading.problem(node, what)).ok()
}
