//! The order of canonical cells and keys: numbers by value, text by bytes.

use std::cmp::Ordering;

/// Orders two canonical rows or keys cell by cell. Equal exactly if the bytes are.
pub fn compare(old: &[u8], new: &[u8]) -> Ordering {
    let _ = (old, new);
    unimplemented!("skeleton")
}
