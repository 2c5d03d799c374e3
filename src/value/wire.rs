//! From PostgreSQL's binary form to canonical cells.

use super::{Parsed, Target, Type};

/// Appends the canonical cell of `bytes`, which the server sent in binary for a
/// column of type `from`, as a value of `target`.
pub fn from_wire(bytes: &[u8], from: &Type, target: &Target, out: &mut Vec<u8>) -> Parsed {
    let _ = (bytes, from, target, out);
    unimplemented!("skeleton")
}
