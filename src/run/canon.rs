//! One side's rows in canonical form: the compiled pipelines of a plan, run
//! over a batch of raw rows.

use crate::compare::sample::Smallest;
use crate::error::Side;
use crate::fingerprint::{Digest, Fingerprint};
use crate::normalise::{Pipeline, Scratch};
use crate::plan::{AgeColumn, DatasetPlan};
use crate::source::{Bytes, Cell};
use crate::value::{self, cells, put_fixed, tag};

/// How many unreadable cells a side keeps as examples.
pub const UNREADABLE_EXAMPLES: usize = 5;

/// How one side's cells become canonical cells.
#[derive(Clone, Debug)]
pub struct Canon {
    pipelines: Vec<Pipeline>,
    /// The same without steps, where any column has steps.
    plain: Option<Vec<Pipeline>>,
    /// The first so many columns are the key.
    key: usize,
    /// Whether rows tell their age, and by what.
    age: Option<Option<AgeColumn>>,
    pub prints: Fingerprint,
}

/// A cell that does not parse: its column and its raw text, by its row's key.
pub type Unreadables = Smallest<Vec<(usize, String)>>;

/// What canonicalising a side's rows counted. Adds up in any order.
#[derive(Debug)]
pub struct Counted {
    pub rows: u64,
    pub unkeyed: u64,
    pub unreadable: u64,
    /// Per column, per step: the cells it changed.
    pub changed: Vec<Vec<u64>>,
    pub digest: Digest,
    pub unreadables: Unreadables,
}

/// Buffers of one worker.
#[derive(Debug, Default)]
pub struct Work {
    pub row: Vec<u8>,
    plain: Vec<u8>,
    scratch: Scratch,
    unchanged: Vec<u64>,
}

impl Work {
    /// Puts what `make` appends in the place of what `row` holds.
    fn in_row<T>(&mut self, make: impl FnOnce(&mut Work, &mut Vec<u8>) -> T) -> T {
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        let made = make(self, &mut row);
        self.row = row;
        made
    }
}

/// What one row is, beside its canonical bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowFacts {
    /// The key's length in the canonical row.
    pub key_len: usize,
    pub unkeyed: bool,
    pub unreadable_key: bool,
    pub unreadable: bool,
}

impl Canon {
    pub fn new(plan: &DatasetPlan, side: Side) -> Self {
        let pipelines: Vec<_> = plan
            .columns
            .iter()
            .map(|column| column.pipelines[side.index()].clone())
            .collect();
        let any = pipelines
            .iter()
            .any(|pipeline| !pipeline.steps().is_empty());
        Canon {
            plain: any.then(|| pipelines.iter().map(Pipeline::without_steps).collect()),
            pipelines,
            key: plan.key,
            age: plan.age.as_ref().map(|age| age.sides[side.index()].clone()),
            prints: Fingerprint::new(&plan.definition),
        }
    }

    /// Whether two cells of equal raw bytes are equal on both these sides.
    pub fn same_as(&self, other: &Canon) -> bool {
        self.plain.is_none()
            && self.pipelines == other.pipelines
            && self.pipelines.iter().all(Pipeline::reads_anything)
    }

    pub fn counted(&self) -> Counted {
        Counted {
            rows: 0,
            unkeyed: 0,
            unreadable: 0,
            changed: self
                .pipelines
                .iter()
                .map(|pipeline| vec![0; pipeline.steps().len()])
                .collect(),
            digest: Digest::default(),
            unreadables: Smallest::new(UNREADABLE_EXAMPLES),
        }
    }

    /// Makes the canonical row of `row` in `work.row` and counts what it saw.
    pub fn row(
        &self,
        row: &[Cell],
        bytes: Bytes<'_>,
        work: &mut Work,
        counted: &mut Counted,
    ) -> RowFacts {
        work.in_row(|work, out| self.append_row(row, bytes, work, counted, out))
    }

    /// The same at the end of `out`.
    pub fn append_row(
        &self,
        row: &[Cell],
        bytes: Bytes<'_>,
        work: &mut Work,
        counted: &mut Counted,
        out: &mut Vec<u8>,
    ) -> RowFacts {
        let start = out.len();
        let facts = self.cells(row, bytes, self.pipelines.len(), work, counted, out);
        if facts.unreadable || facts.unreadable_key {
            self.note_unreadable(&out[start..], facts.key_len, counted);
        }
        facts
    }

    /// Appends the time of the row's last change, which stands behind its columns
    /// where rows are kept: NULL where it is not known.
    pub fn age(&self, row: &[Cell], bytes: Bytes<'_>, work: &mut Work, out: &mut Vec<u8>) {
        let Some(age) = &self.age else {
            return;
        };
        let instant = age.as_ref().and_then(|age| {
            let raw = row.get(age.place)?.raw(bytes);
            work.plain.clear();
            work.unchanged.resize(age.pipeline.steps().len(), 0);
            let unchanged = &mut work.unchanged;
            let pipeline = &age.pipeline;
            let parsed = pipeline.apply(raw, &mut work.scratch, unchanged, &mut work.plain);
            parsed.ok().and_then(|()| instant(&work.plain, age))
        });
        match instant {
            Some(instant) => put_fixed(out, tag::TIMESTAMPTZ, &instant.to_be_bytes()),
            None => put_fixed(out, tag::NULL, &[]),
        }
    }

    /// Only the key's cells: what a join by raw bytes needs.
    pub fn key(
        &self,
        row: &[Cell],
        bytes: Bytes<'_>,
        work: &mut Work,
        counted: &mut Counted,
    ) -> RowFacts {
        work.in_row(|work, out| self.cells(row, bytes, self.key, work, counted, out))
    }

    fn cells(
        &self,
        row: &[Cell],
        bytes: Bytes<'_>,
        count: usize,
        work: &mut Work,
        counted: &mut Counted,
        out: &mut Vec<u8>,
    ) -> RowFacts {
        let mut facts = RowFacts::default();
        let begun = out.len();
        for (index, cell) in row.iter().enumerate().take(count) {
            let start = out.len();
            let changed = &mut counted.changed[index];
            let parsed =
                self.pipelines[index].apply(cell.raw(bytes), &mut work.scratch, changed, out);
            counted.unreadable += u64::from(parsed.is_err());
            if index < self.key {
                facts.unkeyed |= out[start] <= tag::NULL;
                facts.unreadable_key |= parsed.is_err();
                facts.key_len = out.len() - begun;
            } else {
                facts.unreadable |= parsed.is_err();
            }
        }
        facts
    }

    /// The row as it would be without rules; `None` where there are none.
    pub fn plain<'w>(
        &self,
        row: &[Cell],
        bytes: Bytes<'_>,
        work: &'w mut Work,
    ) -> Option<&'w [u8]> {
        let pipelines = self.plain.as_ref()?;
        work.plain.clear();
        for (pipeline, cell) in pipelines.iter().zip(row) {
            // A cell that only its rules make readable is a tagged raw cell here,
            // and so differs from its partner as it should.
            let _ = pipeline.apply(
                cell.raw(bytes),
                &mut work.scratch,
                &mut work.unchanged,
                &mut work.plain,
            );
        }
        Some(&work.plain)
    }

    fn note_unreadable(&self, row: &[u8], key_len: usize, counted: &mut Counted) {
        counted.unreadables.offer(&row[..key_len], || {
            let found = cells(row)
                .enumerate()
                .filter(|(_, cell)| cell.is_unreadable());
            found
                .map(|(index, cell)| (index, String::from_utf8_lossy(cell.payload).into_owned()))
                .collect()
        });
    }
}

/// The instant of a canonical time, in µs since 2000-01-01 UTC. An infinity says
/// nothing of when.
fn instant(cell: &[u8], age: &AgeColumn) -> Option<i64> {
    let cell = value::Cell::of(cell);
    let time = i64::from_be_bytes(cell.payload.try_into().ok()?);
    let instant = match cell.tag {
        tag::TIMESTAMPTZ => Some(time),
        tag::TIMESTAMP => age.zone.as_ref()?.to_utc(time),
        _ => None,
    };
    instant.filter(|instant| !matches!(*instant, i64::MIN | i64::MAX))
}

impl Counted {
    pub fn merge(&mut self, other: Counted) {
        self.rows += other.rows;
        self.unkeyed += other.unkeyed;
        self.unreadable += other.unreadable;
        let steps = other.changed.iter().flatten();
        self.changed
            .iter_mut()
            .flatten()
            .zip(steps)
            .for_each(|(mine, theirs)| *mine += theirs);
        self.digest.merge(&other.digest);
        self.unreadables.merge(other.unreadables);
    }
}
