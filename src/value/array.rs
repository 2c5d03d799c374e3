//! Arrays by their elements in order; bounds do not count.

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

/// Appends the one-dimensional array with its elements in canonical order; any
/// other cell, and an array of more dimensions, as it is.
pub fn sort(cell: Cell<'_>, out: &mut Vec<u8>) {
    let _ = (cell, out);
    unimplemented!("skeleton")
}
