//! The `[datasets.NAME.rollback]` tables: what `rollback-check` asks of the old
//! side before it compares, and which column tells the newer of two rows.

use std::path::Path;

use super::document::{Node, Reading};
use super::query::{self, QueryText};

/// What the file says of a rollback; nothing is looked up yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RollbackTable {
    /// Report name of the column that tells which of two rows is newer.
    pub updated_at: Option<String>,
    /// Report name of the column by whose values rows are counted.
    pub group_by: Option<String>,
    /// In place of the old side's own.
    pub sync_state: Option<QueryText>,
    pub emergency_stop: Option<QueryText>,
    /// As written: a time, or how long ago.
    pub since: Option<String>,
}

pub const ROLLBACK: [&str; 5] = [
    "updated_at",
    "group_by",
    "sync_state",
    "emergency_stop",
    "since",
];

pub fn read<'a>(node: &Node<'a>, folder: &Path, reading: &mut Reading<'a>) -> RollbackTable {
    let Some(fields) = reading.fields(node, &ROLLBACK) else {
        return RollbackTable::default();
    };
    let mut string = |name| reading.string(fields.get(name)?);
    let (updated_at, group_by) = (string("updated_at"), string("group_by"));
    let since = string("since");
    RollbackTable {
        updated_at,
        group_by,
        sync_state: query::read(&fields, "sync_state", folder, reading),
        emergency_stop: query::read(&fields, "emergency_stop", folder, reading),
        since,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Environment, parse};
    use super::*;
    use crate::error::Result;

    fn load(table: &str) -> Result<Config> {
        let text = format!("[datasets.listings.rollback]\n{table}");
        let none = |_: &str| None;
        let mut environment = Environment::new(&none);
        parse(&text, Path::new("conf/shadowgate.toml"), &mut environment)
    }

    fn table(text: &str) -> RollbackTable {
        load(text).expect(text).datasets["listings"]
            .rollback
            .clone()
    }

    #[test]
    fn a_word_that_ends_in_sql_is_a_file_and_the_rest_are_queries() {
        let read = table(
            "updated_at = \"updated_at\"\ngroup_by = \"system\"\nsince = \"30m\"\n\
             sync_state = \"queries/sync.sql\"\nemergency_stop = \"SELECT * FROM stop -- .sql\"",
        );
        assert_eq!(read.updated_at.as_deref(), Some("updated_at"));
        assert_eq!(read.group_by.as_deref(), Some("system"));
        assert_eq!(read.since.as_deref(), Some("30m"));
        let file = QueryText::File("conf/queries/sync.sql".into());
        assert_eq!(read.sync_state, Some(file));
        let inline = QueryText::Inline("SELECT * FROM stop -- .sql".to_owned());
        assert_eq!(read.emergency_stop, Some(inline));
        assert_eq!(table(""), RollbackTable::default());
    }

    #[test]
    fn mistakes_are_named_with_what_comes_near() {
        for (text, part) in [
            ("update_at = \"x\"", "updated_at"),
            ("sync_state = \" \"", "a query is due here"),
            ("group_by = 3", "a string is due here"),
        ] {
            let why = load(text).expect_err(text).why;
            assert!(why.contains(part), "{why}");
        }
    }
}
