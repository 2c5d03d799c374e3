//! Dates and times with and without zone, in microseconds, with infinities and
//! years BC. No zone is ever invented.

use super::{Cell, Parsed, Target, Type};

/// Appends the cell of `text`, in PostgreSQL's input syntax or as PostgREST renders it.
pub fn text(text: &str, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (text, target, out);
    unimplemented!("skeleton")
}

/// Appends the cell of what the server sent in binary for a `from`, as a value of `target`.
pub fn wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (bytes, from, target, out);
    unimplemented!("skeleton")
}

/// Appends the canonical text of a cell that this module made.
pub fn show(cell: Cell<'_>, out: &mut String) {
    let _ = (cell, out);
    unimplemented!("skeleton")
}

/// Appends a DATE, TIME, TIMESTAMP or TIMESTAMPTZ cell cut to the second or to
/// the day (UTC for an instant), towards the past; any other cell as it is.
pub fn truncate(cell: Cell<'_>, to_day: bool, out: &mut Vec<u8>) {
    let _ = (cell, to_day, out);
    unimplemented!("skeleton")
}
