//! The sync that writes a side: what is asked for its state, and what is done
//! when it runs. Settled from what the side's table says and what it is.

use std::path::Path;
use std::time::Duration;

use super::side::read_query;
use crate::config::SyncTable;
use crate::error::{Code, Failure, Result};
use crate::source::location::Location;

/// How the sync that writes a side is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// What its state is asked by: SQL, or a table in PostgREST's terms.
    pub state: String,
    /// It runs when a cell of its state is one of these.
    pub running: Vec<String>,
    /// How long it is waited for before the first row is read; `None`: not at all.
    pub wait: Option<Duration>,
}

/// `folder` is what a query's file is relative to.
pub(super) fn settle(
    table: &SyncTable,
    location: &Location,
    folder: &Path,
) -> Result<Option<Sync>> {
    let Some(state) = &table.state else {
        return Ok(None);
    };
    let state = match location {
        Location::Postgres(_) if !is_sql(state) => read_query(folder.join(state))?.sql,
        Location::Postgres(_) | Location::Rest(_) => state.clone(),
        _ => {
            return Err(Failure::new(
                Code::Config,
                format!("`sync_state` is for PostgreSQL and PostgREST; this is {location}"),
                "Leave it out for this side",
            ));
        }
    };
    Ok(Some(Sync {
        state,
        running: table.running.clone(),
        wait: table.wait,
    }))
}

/// Whether it is a query rather than the name of a file with one.
fn is_sql(text: &str) -> bool {
    let text = text.trim_start_matches(['(', ' ', '\t', '\n', '\r']);
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next();
    let word = word.unwrap_or_default().to_ascii_lowercase();
    let spaced = text[word.len()..].starts_with(char::is_whitespace);
    spaced && ["select", "with", "table", "values"].contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres() -> Location {
        Location::parse("postgres://u@h/d").expect("a location")
    }

    fn table(state: &str) -> SyncTable {
        SyncTable {
            state: Some(state.to_owned()),
            ..SyncTable::default()
        }
    }

    #[test]
    fn a_query_is_told_from_the_file_of_one() {
        for sql in [
            "SELECT state FROM s",
            " (select 1) ",
            "with\na as (select 1) select 2",
            "TABLE s",
        ] {
            assert!(is_sql(sql), "{sql}");
        }
        for file in [
            "queries/sync.sql",
            "select.sql",
            "table",
            "",
            "with/a b.sql",
        ] {
            assert!(!is_sql(file), "{file}");
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("sync.sql"), "SELECT 7\n").expect("a file");
        let sync = settle(&table("sync.sql"), &postgres(), folder.path());
        assert_eq!(sync.expect("sound").expect("a sync").state, "SELECT 7\n");
        let missing = settle(&table("nope.sql"), &postgres(), folder.path());
        assert_eq!(missing.expect_err("no file").code, Code::NotFound);
    }

    #[test]
    fn a_file_has_no_sync_to_ask() {
        let file = Location::parse("a.csv").expect("a location");
        let refused = settle(&table("SELECT 1"), &file, Path::new(""));
        assert_eq!(refused.expect_err("refused").code, Code::Config);
        assert_eq!(
            settle(&SyncTable::default(), &file, Path::new("")),
            Ok(None)
        );
    }
}
