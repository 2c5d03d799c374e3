//! What the file says of data that moves: `recheck` and what belongs to it, at
//! the top and in a dataset.

use std::time::Duration;

use super::dataset::checked;
use super::document::{Fields, Reading};
use super::units;

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
