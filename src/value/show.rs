//! Canonical cells as text for people and reports.

use super::Cell;

/// Appends the cell's canonical text (PostgreSQL's output style: numbers
/// without trailing zeros, timestamps `2024-01-05 10:00:00+00`, arrays
/// `{a,"b c",NULL}`, JSON compact). NULL and absent append nothing: the caller
/// marks them.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let _ = (cell, out);
    unimplemented!("skeleton")
}
