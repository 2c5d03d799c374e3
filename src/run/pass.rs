//! One pass over the rows of one or both sides: each row becomes a print, and
//! where rows are kept its canonical bytes, in a store of hash partitions.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::canon::{self, Canon, Counted, RowFacts};
use super::part::{self, Part};
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
/// four times as many, or where one side is so far behind that few pairs are there
/// yet, for half as many again.
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
}

/// The rows of a chunk on their way to their prints, which are made together.
#[derive(Default)]
struct RowBatch {
    keys: Batch,
    wholes: Batch,
    plains: Batch,
    /// Of each row: where it is in the source, what it is, where its age ends.
    rows: Vec<(u64, RowFacts, usize)>,
    ages: Vec<u8>,
    heads: Vec<[u8; part::HEAD]>,
    prints: [Vec<u128>; 3],
}

impl RowBatch {
    fn clear(&mut self) {
        self.keys.clear();
        self.wholes.clear();
        self.plains.clear();
        self.rows.clear();
        self.ages.clear();
    }

    /// What stands before each row where it is kept: its print, its length with its age.
    fn make_heads(&mut self) {
        self.heads.clear();
        let [keys, wholes, plains] = &self.prints;
        for (index, &(at, facts, _)) in self.rows.iter().enumerate() {
            let plain = plains.get(index).copied().unwrap_or(0);
            let print = Print::new(keys[index], wholes[index], plain, at)
                .with_unreadable(facts.unreadable, facts.unreadable_key);
            let len = self.wholes.message(index).len() + self.age(index).len();
            self.heads.push(part::head(print, len));
        }
    }

    /// The row's age, which is kept behind it, and is no part of its print.
    fn age(&self, index: usize) -> &[u8] {
        let before = index.checked_sub(1).map_or(0, |before| self.rows[before].2);
        &self.ages[before..self.rows[index].2]
    }
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

    /// Looks at a few partitions of what has been read of both sides; whether there
    /// were enough pairs to tell.
    fn probe(&self) -> bool {
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
        pairs >= PROBE_PAIRS
    }

    fn watch_for_differences(&self, more: u64) {
        let seen = self.seen.fetch_add(more, Ordering::Relaxed) + more;
        let next = self.next_probe.load(Ordering::Relaxed);
        let due = seen >= next
            && self
                .next_probe
                .compare_exchange(next, next * 4, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if due && !self.probe() {
            self.next_probe.store(next + next / 2, Ordering::Relaxed);
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
        }
    }

    fn rows(&self, side: Side, rows: &Rows, bytes: Bytes<'_>, state: &mut State) -> Result<()> {
        state.batch.clear();
        match self.only {
            None => (0..rows.len()).for_each(|index| self.add(side, rows, index, bytes, state)),
            Some(keys) => self.add_only(keys, side, rows, bytes, state),
        }
        self.print(side, state);
        self.store(side, &mut state.batch)?;
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
        let mut prints = std::mem::take(&mut state.batch.prints[0]);
        for index in 0..rows.len() {
            let work = &mut state.work;
            let facts = canon.key(rows.row(index), bytes, work, &mut unused);
            state.batch.keys.add(&work.row[..facts.key_len]);
        }
        canon.prints.keys(&mut state.batch.keys, &mut prints);
        state.batch.clear();
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
        } = state;
        counted.rows += 1;
        let facts = if self.form == Form::RawPrints {
            let facts = canon.key(row, bytes, work, counted);
            batch.keys.add(&work.row);
            batch.wholes.add(rows.span(index, bytes));
            facts
        } else {
            let make = |out: &mut Vec<u8>| canon.append_row(row, bytes, work, counted, out);
            let facts = batch.wholes.add_with(make);
            let whole = batch.wholes.message(batch.rows.len());
            batch.keys.add(&whole[..facts.key_len]);
            facts
        };
        counted.unkeyed += u64::from(facts.unkeyed);
        if self.form == Form::Rows {
            canon.age(row, bytes, work, &mut batch.ages);
        }
        let at = rows.locators.get(index).copied().unwrap_or(0);
        batch.rows.push((at, facts, batch.ages.len()));
        if let Some(plain) = canon.plain(row, bytes, work) {
            batch.plains.add(plain);
        }
    }

    /// Makes all prints of the batch.
    fn print(&self, side: Side, state: &mut State) {
        let canon = self.canons[side.index()];
        let State { counted, batch, .. } = state;
        let [keys, wholes, plains] = &mut batch.prints;
        canon.prints.keys(&mut batch.keys, keys);
        canon.prints.rows(&mut batch.plains, plains);
        if self.form == Form::RawPrints {
            canon.prints.raws(&mut batch.wholes, wholes);
        } else {
            canon.prints.rows(&mut batch.wholes, wholes);
            wholes.iter().for_each(|print| counted.digest.add(*print));
        }
    }

    /// Stores what is kept of the batch's rows, but of those without a key.
    fn store(&self, side: Side, batch: &mut RowBatch) -> Result<()> {
        batch.make_heads();
        let batch = &*batch;
        let keyed = (0..batch.rows.len()).filter(|index| !batch.rows[*index].1.unkeyed);
        let part = |index: usize| (batch.prints[0][index] >> 120) as u8;
        let store = &self.stores[side.index()];
        if self.form != Form::Rows {
            let print = |index: usize| &batch.heads[index][..Print::BYTES];
            return store.append(keyed.map(|index| (part(index), [print(index)])));
        }
        store.append(keyed.map(|index| {
            let row = batch.wholes.message(index);
            (part(index), [&batch.heads[index], row, batch.age(index)])
        }))
    }
}
