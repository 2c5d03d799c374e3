//! One pass over the rows of one or both sides: each row becomes a print, and
//! where rows are kept its canonical bytes, in a store of hash partitions.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::canon::{self, Canon, Counted, RowFacts};
use super::part::Part;
use super::store::{Budget, Store};
use super::stream;
use crate::compare::join::{self, Pairing, Print, Scope};
use crate::compare::watch::Unmatched;
use crate::error::{Result, Side};
use crate::fingerprint::Batch;
use crate::source::{Bytes, Rows};

/// What a pass makes of each row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A print of the row's raw bytes: equal prints are equal rows, unequal
    /// ones have to be looked at.
    RawPrints,
    /// A print of the canonical row.
    Prints,
    /// The canonical row itself, behind its print.
    Rows,
}

/// Beyond these a probe of the prints read so far decides that so much differs
/// that rows had better be kept from the start.
const PROBE_PAIRS: u64 = 200;
const PROBE_DIFFERING: u64 = 20;
/// Rows of both sides at which the first probe is made; each next one waits for
/// four times as many.
const PROBE_FIRST: u64 = 1 << 15;
/// Partitions looked at in a probe.
const PROBE_PARTS: usize = 4;

pub struct Pass<'a> {
    canons: [&'a Canon; 2],
    form: Form,
    stores: [Store<'a>; 2],
    /// Rows of other keys than these are passed over.
    only: Option<&'a Unmatched>,
    /// Whether to watch for so many differences that another pass is better.
    watch: bool,
    seen: AtomicU64,
    next_probe: AtomicU64,
    hopeless: AtomicBool,
}

/// What one worker holds of one side.
pub struct State {
    work: canon::Work,
    pub counted: Counted,
    batch: RowBatch,
    /// The records of a chunk, and of each its partition and end.
    records: Vec<u8>,
    ends: Vec<(u8, usize)>,
}

/// The rows of a chunk on their way to their prints, which are made together.
#[derive(Default)]
struct RowBatch {
    keys: Batch,
    wholes: Batch,
    plains: Batch,
    /// Of each row: where its record begins, where it is in the source, what it is.
    rows: Vec<(usize, u64, RowFacts)>,
    prints: [Vec<u128>; 3],
}

impl<'a> Pass<'a> {
    pub fn new(canons: [&'a Canon; 2], form: Form, budget: &'a Budget) -> Self {
        let share = match form {
            // Rows go to disk soon: their number is not bounded by what a
            // machine can hold, and a disk keeps up with the sources.
            Form::Rows => (budget.limit() / 4).min(48 << 20),
            Form::RawPrints | Form::Prints => budget.limit() * 3 / 8,
        };
        Pass {
            canons,
            form,
            stores: [Store::new(budget, share), Store::new(budget, share)],
            only: None,
            watch: false,
            seen: AtomicU64::new(0),
            next_probe: AtomicU64::new(PROBE_FIRST),
            hopeless: AtomicBool::new(false),
        }
    }

    /// The same, but it ends early once it is clear that too much differs.
    pub fn watching(mut self) -> Self {
        self.watch = true;
        self
    }

    /// The same for the rows of these keys alone; those of others are neither
    /// kept nor counted.
    pub fn only(mut self, keys: &'a Unmatched) -> Self {
        self.only = Some(keys);
        self
    }

    /// Whether it looks at no cells but the key's.
    pub fn needs_keys_only(&self) -> bool {
        self.form == Form::RawPrints
    }

    /// Whether the pass ended early.
    pub fn hopeless(&self) -> bool {
        self.hopeless.load(Ordering::Relaxed)
    }

    /// One partition of one side, taken out; `spare` is memory to use again.
    pub fn take(&self, side: Side, part: usize, spare: Vec<u8>) -> Result<Part> {
        match self.form {
            Form::Rows => Part::of_rows(self.stores[side.index()].take(part, spare)?),
            Form::RawPrints | Form::Prints => Ok(Part::of_prints(
                &self.stores[side.index()].take_whole(part, spare)?,
            )),
        }
    }

    /// Looks at a few partitions of what has been read of both sides.
    fn probe(&self) {
        let (mut pairs, mut differing) = (0, 0);
        for part in 0..PROBE_PARTS {
            let [old, new] = &self.stores;
            let (mut old, mut new) = (
                Part::of_prints(&old.peek(part)),
                Part::of_prints(&new.peek(part)),
            );
            join::join(
                &mut old.prints,
                &mut new.prints,
                Scope::All,
                |pairing, _| {
                    pairs += u64::from(matches!(
                        pairing,
                        Pairing::Matched { .. } | Pairing::Undecided(..)
                    ));
                    differing += u64::from(matches!(pairing, Pairing::Undecided(..)));
                },
            );
        }
        if pairs >= PROBE_PAIRS && differing * 100 > pairs * PROBE_DIFFERING {
            self.hopeless.store(true, Ordering::Relaxed);
        }
    }

    fn watch_for_differences(&self, more: u64) {
        let seen = self.seen.fetch_add(more, Ordering::Relaxed) + more;
        let next = self.next_probe.load(Ordering::Relaxed);
        let due = seen >= next
            && self
                .next_probe
                .compare_exchange(next, next * 4, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if due {
            self.probe();
        }
    }
}

impl stream::Work for Pass<'_> {
    type State = State;

    fn start(&self, side: Side) -> State {
        State {
            work: canon::Work::default(),
            counted: self.canons[side.index()].counted(),
            batch: RowBatch::default(),
            records: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn rows(&self, side: Side, rows: &Rows, bytes: Bytes<'_>, state: &mut State) -> Result<()> {
        state.records.clear();
        match self.only {
            None => (0..rows.len()).for_each(|index| self.add(side, rows, index, bytes, state)),
            Some(keys) => self.add_only(keys, side, rows, bytes, state),
        }
        self.print(side, state);
        self.store(side, state)?;
        if self.watch {
            self.watch_for_differences(rows.len() as u64);
        }
        Ok(())
    }

    fn enough(&self) -> bool {
        self.hopeless()
    }
}

impl Pass<'_> {
    /// Adds the rows of these keys: of all others only the key is looked at.
    fn add_only(
        &self,
        keys: &Unmatched,
        side: Side,
        rows: &Rows,
        bytes: Bytes<'_>,
        state: &mut State,
    ) {
        let canon = self.canons[side.index()];
        let mut unused = canon.counted();
        for index in 0..rows.len() {
            let work = &mut state.work;
            let facts = canon.key(rows.row(index), bytes, work, &mut unused);
            state.batch.keys.add(&work.row[..facts.key_len]);
        }
        let mut prints = std::mem::take(&mut state.batch.prints[0]);
        canon.prints.keys(&mut state.batch.keys, &mut prints);
        for (index, print) in prints.iter().enumerate() {
            if keys.contains(*print) {
                self.add(side, rows, index, bytes, state);
            }
        }
        state.batch.prints[0] = prints;
    }

    /// Makes the canonical row (or only its key) and adds it to the batch.
    fn add(&self, side: Side, rows: &Rows, index: usize, bytes: Bytes<'_>, state: &mut State) {
        let canon = self.canons[side.index()];
        let row = rows.row(index);
        let State {
            work,
            counted,
            batch,
            records,
            ..
        } = state;
        counted.rows += 1;
        let facts = match self.form {
            Form::RawPrints => canon.key(row, bytes, work, counted),
            Form::Prints | Form::Rows => canon.row(row, bytes, work, counted),
        };
        counted.unkeyed += u64::from(facts.unkeyed);
        let at = rows.locators.get(index).copied().unwrap_or(0);
        batch.rows.push((records.len(), at, facts));
        batch.keys.add(&work.row[..facts.key_len]);
        match self.form {
            Form::RawPrints => batch.wholes.add(rows.span(index, bytes)),
            Form::Prints | Form::Rows => batch.wholes.add(&work.row),
        }
        if !facts.unkeyed {
            records.extend_from_slice(&[0; Print::BYTES]);
            if self.form == Form::Rows {
                // The row's age is kept behind it, and is no part of its print.
                let start = records.len();
                records.extend_from_slice(&[0; size_of::<u64>()]);
                records.extend_from_slice(&work.row);
                canon.age(row, bytes, work, records);
                let len = (records.len() - start - size_of::<u64>()) as u64;
                records[start..start + size_of::<u64>()].copy_from_slice(&len.to_ne_bytes());
            }
        }
        if let Some(plain) = canon.plain(row, bytes, work) {
            batch.plains.add(plain);
        }
    }

    /// Makes all prints of the batch and puts them into their records.
    fn print(&self, side: Side, state: &mut State) {
        let canon = self.canons[side.index()];
        let State {
            counted,
            batch,
            records,
            ends,
            ..
        } = state;
        let [keys, wholes, plains] = &mut batch.prints;
        canon.prints.keys(&mut batch.keys, keys);
        canon.prints.rows(&mut batch.plains, plains);
        if self.form == Form::RawPrints {
            canon.prints.raws(&mut batch.wholes, wholes);
        } else {
            canon.prints.rows(&mut batch.wholes, wholes);
            wholes.iter().for_each(|print| counted.digest.add(*print));
        }
        ends.clear();
        let starts = batch.rows.iter().map(|(start, ..)| *start);
        let next = starts.skip(1).chain([records.len()]);
        for (index, (&(start, at, facts), end)) in batch.rows.iter().zip(next).enumerate() {
            if facts.unkeyed {
                continue;
            }
            let plain = plains.get(index).copied().unwrap_or(0);
            let print = Print::new(keys[index], wholes[index], plain, at)
                .with_unreadable(facts.unreadable, facts.unreadable_key);
            records[start..start + Print::BYTES].copy_from_slice(&print.to_bytes());
            ends.push(((keys[index] >> 120) as u8, end));
        }
        batch.rows.clear();
    }

    fn store(&self, side: Side, state: &State) -> Result<()> {
        let mut start = 0;
        let records = state.ends.iter().map(|&(part, end)| {
            let record = &state.records[start..end];
            start = end;
            (part, record)
        });
        self.stores[side.index()].append(records)
    }
}
