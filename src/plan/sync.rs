//! The sync that writes a side: what is asked for its state, and what is done
//! when it runs. Settled from what the side's table says and what it is.

use std::time::Duration;

use super::side::query_text;
use crate::config::SyncTable;
use crate::error::{Failure, Result};
use crate::source::ask::no_queries;
use crate::source::location::Location;

/// How the sync that writes a side is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// What its state is asked by: SQL, or a table in PostgREST's terms.
    pub state: String,
    /// It runs when a cell of its state is one of these, in any case of letters;
    /// `None`: one of the usual words.
    pub running: Option<Vec<String>>,
    /// How long it is waited for before the first row is read; `None`: not at all.
    pub wait: Option<Duration>,
}

pub(super) fn settle(table: &SyncTable, location: &Location) -> Result<Option<Sync>> {
    let Some(state) = &table.state else {
        return Ok(None);
    };
    if let Location::File(..) | Location::Command(..) = location {
        let refused = no_queries(&location.to_string());
        return Err(Failure {
            why: format!("sync_state: {}", refused.why),
            ..refused
        });
    }
    Ok(Some(Sync {
        state: query_text(state)?,
        running: table.running.clone(),
        wait: table.wait,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::QueryText;
    use crate::error::Code;

    #[test]
    fn a_query_stands_in_the_configuration_or_in_a_file() {
        let postgres = Location::parse("postgres://u@h/d").expect("a location");
        let settled = |state| {
            let table = SyncTable {
                state: Some(state),
                ..SyncTable::default()
            };
            settle(&table, &postgres)
        };
        let inline = settled(QueryText::Inline("SELECT 1".to_owned()));
        assert_eq!(inline.expect("sound").expect("a sync").state, "SELECT 1");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sync.sql");
        std::fs::write(&path, "SELECT 7\n").expect("a file");
        let found = settled(QueryText::File(path));
        assert_eq!(found.expect("sound").expect("a sync").state, "SELECT 7\n");
        let missing = settled(QueryText::File(folder.path().join("nope.sql")));
        assert_eq!(missing.expect_err("no file").code, Code::NotFound);
    }

    #[test]
    fn a_file_has_no_sync_to_ask() {
        let file = Location::parse("a.csv").expect("a location");
        let table = SyncTable {
            state: Some(QueryText::Inline("SELECT 1".to_owned())),
            ..SyncTable::default()
        };
        let refused = settle(&table, &file).expect_err("refused");
        assert_eq!(refused.code, Code::Config);
        assert!(refused.why.starts_with("sync_state: a.csv"), "{refused}");
        assert_eq!(settle(&SyncTable::default(), &file), Ok(None));
    }
}
