//! What the file says of data that moves: `recheck` and what belongs to it, at
//! the top and in a dataset, and a dataset's `settle_after`.

use std::time::Duration;

use super::dataset::checked;
use super::document::{Fields, Reading};
use super::units;
use crate::plan::Settle;

/// `None`: said elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecheckTable {
    /// How often keys that do not match are looked at again.
    pub rounds: Option<u32>,
    pub delay: Option<Duration>,
    pub limit: Option<usize>,
}

impl RecheckTable {
    pub const FIELDS: [&str; 3] = ["recheck", "recheck_delay", "recheck_limit"];

    /// These, and where they say nothing, the others.
    pub fn or(self, other: RecheckTable) -> RecheckTable {
        RecheckTable {
            rounds: self.rounds.or(other.rounds),
            delay: self.delay.or(other.delay),
            limit: self.limit.or(other.limit),
        }
    }

    pub fn read(fields: &Fields<'_>, reading: &mut Reading<'_>) -> RecheckTable {
        let [rounds, delay, limit] = Self::FIELDS.map(|name| fields.get(name));
        RecheckTable {
            rounds: rounds.and_then(|node| reading.whole(node)),
            delay: delay.and_then(|node| checked(node, reading, units::duration)),
            limit: limit.and_then(|node| reading.whole(node)),
        }
    }
}

/// The sync's own delay, and the column by which a row's age is told.
pub const SETTLE: [&str; 2] = ["settle_after", "updated_at"];

/// Both, or neither: one without the other says nothing.
pub fn settle(fields: &Fields<'_>, reading: &mut Reading<'_>) -> Option<Settle> {
    let [after, column] = SETTLE.map(|name| fields.get(name));
    match (after, column) {
        (Some(after), Some(column)) => Some(Settle {
            after: checked(after, reading, units::duration)?,
            column: reading.string(column)?,
        }),
        (Some(node), None) => {
            reading.problem(
                node,
                "`updated_at` is due beside it: the column that says when a row was changed",
            );
            None
        }
        (None, Some(node)) => {
            reading.problem(node, "`settle_after` is due beside it: how long a change may take to arrive, such as \"15m\"");
            None
        }
        (None, None) => None,
    }
}
