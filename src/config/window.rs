//! A dataset's `[window]`: which rows are compared, by the time in one of their
//! columns.

use super::document::{Node, Reading};

/// As the file has it; times are read when the run begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowTable {
    /// Report name.
    pub column: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}

pub const FIELDS: [&str; 3] = ["column", "since", "until"];

pub fn read<'a>(node: &Node<'a>, reading: &mut Reading<'a>) -> WindowTable {
    let Some(fields) = reading.fields(node, &FIELDS) else {
        return WindowTable::default();
    };
    let [column, since, until] = FIELDS.map(|name| reading.string(fields.get(name)?));
    if fields.get("since").or(fields.get("until")).is_none() {
        reading.problem(
            node,
            "`since` or `until` is due here: a time, or how long ago (\"24h\", \"7d\")",
        );
    }
    WindowTable {
        column,
        since,
        until,
    }
}
