//! What becomes of each row of the new side, seen while keys are joined; the rows
//! that would be lost are kept whole, however many, outside the memory.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::compare::cells::{RowDiff, Tolerance};
use crate::compare::join::{Pairing, Print};
use crate::compare::newer::newer;
use crate::error::{Result, Side};
use crate::gate::rollback::Fates;
use crate::plan::DatasetPlan;
use crate::report::rollback::Group;
use crate::run::inspect::{Inspect, RowOf};
use crate::run::sorted::Sorted;
use crate::value::{Cell, cells, show};

/// So many values of the group's column are told apart.
const GROUPS: usize = 10_000;

/// A dataset's rows of new, as they are joined.
pub struct Watcher {
    tolerances: Vec<Option<Tolerance>>,
    /// The columns, by their place in a row.
    updated_at: Option<usize>,
    group_by: Option<usize>,
    counted: Mutex<Counted>,
    only_in_new: Sorted,
    newer_in_new: Sorted,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub fates: Fates,
    /// Pairs that differ, and keys of one row of new and none of old: as the
    /// comparison's own tally has to have them.
    pub differing: u64,
    pub extra: u64,
    /// Lost rows by the group's canonical cell: only in new, newer in new.
    pub groups: BTreeMap<Vec<u8>, [u64; 2]>,
    /// Lost rows of groups that were too many to be told apart.
    pub in_other_groups: u64,
}

/// The rows that would be lost, and the plan by which they are read.
pub struct Lost {
    pub plan: DatasetPlan,
    /// Whether those of new alone are known to be in no part of old.
    pub proven: bool,
    pub(super) only_in_new: Sorted,
    pub(super) newer_in_new: Sorted,
}

/// Which of the two kinds of loss.
#[derive(Clone, Copy)]
enum Kind {
    Only,
    Newer,
}

impl Watcher {
    /// `memory` is what the kept rows may take of it, in bytes.
    pub fn new(
        plan: &DatasetPlan,
        updated_at: Option<&str>,
        group_by: Option<&str>,
        memory: usize,
    ) -> Watcher {
        let place = |name: Option<&str>| {
            let mut columns = plan.columns.iter();
            name.and_then(|name| columns.position(|column| column.name == name))
        };
        let columns = plan.columns.iter();
        Watcher {
            tolerances: columns.map(|column| column.tolerance.clone()).collect(),
            updated_at: place(updated_at),
            group_by: place(group_by),
            counted: Mutex::default(),
            only_in_new: Sorted::new(memory),
            newer_in_new: Sorted::new(memory),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        // Nothing panics while it holds this lock.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn done(self, plan: DatasetPlan) -> (Counted, Lost) {
        let lost = Lost {
            plan,
            proven: false,
            only_in_new: self.only_in_new,
            newer_in_new: self.newer_in_new,
        };
        let counted = self.counted.into_inner();
        (counted.unwrap_or_else(PoisonError::into_inner), lost)
    }

    fn only(&self, row: &[u8]) -> Result<()> {
        self.lose(Kind::Only, row);
        self.only_in_new.add(row, b"")
    }

    fn lose(&self, kind: Kind, row: &[u8]) {
        let group = self.group_by.and_then(|place| cells(row).nth(place));
        let mut counted = self.lock();
        match kind {
            Kind::Only => counted.fates.only_in_new += 1,
            Kind::Newer => counted.fates.newer_in_new += 1,
        }
        if let Some(group) = group {
            counted.group(group, kind);
        }
    }

    /// Two rows of one key that prints do not tell equal.
    fn pair(&self, old: &[u8], new: &[u8]) -> Result<()> {
        let diff = RowDiff::of(old, new, &self.tolerances);
        if !diff.differs() {
            let unreadable = u64::from(diff.has_unreadable());
            self.lock().fates.unreadable += unreadable;
            return Ok(());
        }
        self.lock().differing += 1;
        let told = self.updated_at.and_then(|place| {
            let [old, new] = [old, new].map(|row| cells(row).nth(place));
            newer(old?, new?)
        });
        match told {
            Some(Ordering::Greater) => {
                self.lose(Kind::Newer, new);
                self.newer_in_new.add(new, old)?;
            }
            Some(Ordering::Less) => self.lock().fates.newer_in_old += 1,
            Some(Ordering::Equal) | None => self.lock().fates.direction_unknown += 1,
        }
        Ok(())
    }

    /// Several rows of one key. Old need not have it, and then all are lost; where
    /// both do, only a row of new that old has as often is known to be kept.
    fn several(&self, old: &[Print], new: &[Print], row: RowOf<'_, '_>) -> Result<()> {
        if old.is_empty() {
            return new
                .iter()
                .try_for_each(|print| self.only(&row(Side::New, print)?));
        }
        let unpaired = beyond(old, new);
        self.lock().fates.unpaired += unpaired;
        Ok(())
    }
}

/// How many of the rows of new old has not as often. Rows that do not parse are
/// equal to none.
fn beyond(old: &[Print], new: &[Print]) -> u64 {
    let mut left: HashMap<u128, u64> = HashMap::new();
    for print in old.iter().filter(|print| !print.unreadable()) {
        *left.entry(print.row()).or_default() += 1;
    }
    let is_beyond = |print: &&Print| match left.get_mut(&print.row()) {
        Some(left) if *left > 0 && !print.unreadable() => {
            *left -= 1;
            false
        }
        _ => true,
    };
    new.iter().filter(is_beyond).count() as u64
}

impl Inspect for Watcher {
    fn begin(&self) {
        *self.lock() = Counted::default();
        self.only_in_new.clear();
        self.newer_in_new.clear();
    }

    fn key(&self, pairing: &Pairing<'_>, unclear: bool, row: RowOf<'_, '_>) -> Result<()> {
        if unclear {
            self.unclear(pairing, row)?;
            return Ok(());
        }
        match *pairing {
            Pairing::Matched { .. } | Pairing::Missing(_) | Pairing::OutOfScope(_) => Ok(()),
            Pairing::Undecided(old, new) => self.pair(&row(Side::Old, old)?, &row(Side::New, new)?),
            Pairing::Extra(print) => {
                self.lock().extra += 1;
                self.only(&row(Side::New, print)?)
            }
            Pairing::Duplicated(old, new) => self.several(old, new, row),
        }
    }
}

impl Watcher {
    /// A key that does not parse may be any: its rows have no partner.
    fn unclear(&self, pairing: &Pairing<'_>, row: RowOf<'_, '_>) -> Result<()> {
        let differs = match *pairing {
            Pairing::Undecided(old, new) => {
                let (old, new) = (row(Side::Old, old)?, row(Side::New, new)?);
                RowDiff::of(&old, &new, &self.tolerances).differs()
            }
            _ => false,
        };
        let mut counted = self.lock();
        counted.differing += u64::from(differs);
        counted.extra += u64::from(matches!(pairing, Pairing::Extra(_)));
        counted.fates.unpaired += match *pairing {
            Pairing::Missing(_) | Pairing::OutOfScope(_) => 0,
            Pairing::Matched { .. } | Pairing::Undecided(..) | Pairing::Extra(_) => 1,
            Pairing::Duplicated(_, new) => new.len() as u64,
        };
        Ok(())
    }
}

impl Counted {
    fn group(&mut self, cell: Cell<'_>, kind: Kind) {
        let full = self.groups.len() >= GROUPS;
        if full && !self.groups.contains_key(cell.bytes) {
            self.in_other_groups += 1;
            return;
        }
        let counts = self.groups.entry(cell.bytes.to_vec()).or_default();
        counts[kind as usize] += 1;
    }

    /// The lost rows of each group, the most first.
    pub fn groups(&self) -> Vec<Group> {
        let group = |(cell, counts): (&Vec<u8>, &[u64; 2])| {
            let cell = Cell::of(cell);
            Group {
                value: (!cell.is_null()).then(|| show::shown(cell)),
                only_in_new: counts[0],
                newer_in_new: counts[1],
            }
        };
        let mut groups: Vec<Group> = self.groups.iter().map(group).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.only_in_new + group.newer_in_new));
        groups
    }
}

#[cfg(test)]
#[path = "fates_tests.rs"]
mod tests;
