//! Who wants to see the rows of every key, one by one, while they are joined,
//! and not only those that a report shows.

use std::borrow::Cow;

use crate::compare::join::{Pairing, Print};
use crate::error::{Result, Side};

/// Gives the canonical row of a print.
pub type RowOf<'a, 'r> = &'a dyn Fn(Side, &Print) -> Result<Cow<'r, [u8]>>;

/// Sees keys from all workers at once, in no order that means anything.
pub trait Inspect: Sync {
    /// The comparison begins, or begins again from its start.
    fn begin(&self);

    /// One key, and whether it is one that does not parse.
    fn key(&self, pairing: &Pairing<'_>, unclear: bool, row: RowOf<'_, '_>) -> Result<()>;
}
