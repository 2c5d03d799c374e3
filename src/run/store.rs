//! Records in hash partitions, in memory as far as the budget goes and in one
//! temporary file beyond it.
//!
//! A record's partition is the first byte of its key's print, so both sides'
//! records of a key are in the same partition, and a partition is small enough
//! to be joined alone. What is spilled is written in large appends and read
//! back once; a report never depends on what was spilled.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::error::{Code, Failure, Result};

/// One for each value of the first byte of a key's print.
pub const PARTITIONS: usize = 256;

/// Small enough that half-filled blocks of all partitions cost little (4 MiB a
/// side), large enough that a list of them does too.
const BLOCK: usize = 16 << 10;

/// A partition up to this size is joined in memory whatever the budget.
const LARGE: u64 = 64 << 10;

/// How much memory the stores of a run may hold together.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
    spilled: AtomicU64,
}

impl Budget {
    pub fn new(limit: u64) -> Self {
        Budget {
            limit,
            used: AtomicU64::new(0),
            spilled: AtomicU64::new(0),
        }
    }

    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes written to disk so far.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }

    fn over(&self, limit: u64) -> bool {
        self.used.load(Ordering::Relaxed) > limit
    }
}

/// One side's records.
#[derive(Debug)]
pub struct Store<'a> {
    budget: &'a Budget,
    /// The share of the budget beyond which this store spills.
    share: u64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    parts: Vec<Part>,
    /// In memory, in all partitions.
    held: u64,
    file: Option<Arc<File>>,
    end: u64,
    /// Blocks that were written to the file, to be filled again: fresh memory for
    /// each would cost as much as writing it. With what is held never more than
    /// the store's share, and given back before anything is taken out.
    spare: Vec<Vec<u8>>,
}

/// One partition: what is on disk, in order, and what is in memory after it.
#[derive(Debug, Default)]
struct Part {
    segments: Vec<(u64, usize)>,
    blocks: Vec<Vec<u8>>,
}

impl<'a> Store<'a> {
    /// `share` is what this store alone may hold in memory, in bytes.
    pub fn new(budget: &'a Budget, share: u64) -> Self {
        let parts = (0..PARTITIONS).map(|_| Part::default()).collect();
        Store {
            budget,
            share,
            inner: Mutex::new(Inner {
                parts,
                held: 0,
                file: None,
                end: 0,
                spare: Vec::new(),
            }),
        }
    }

    /// Adds records, given in pieces, each with the partition it belongs to. One lock
    /// a batch.
    pub fn append<'r, const N: usize>(
        &self,
        records: impl Iterator<Item = (u8, [&'r [u8]; N])>,
    ) -> Result<()> {
        let mut inner = self.lock();
        let Inner {
            parts, held, spare, ..
        } = &mut *inner;
        let before = *held;
        for (part, record) in records {
            *held += parts[part as usize].push(record, spare) as u64;
        }
        self.budget
            .used
            .fetch_add(*held - before, Ordering::Relaxed);
        if inner.held > self.share || self.budget.over(self.budget.limit) {
            self.spill(&mut inner)?;
        }
        Ok(())
    }

    /// Writes all that is in memory to the file, a segment a partition.
    fn spill(&self, inner: &mut Inner) -> Result<()> {
        let file = inner.file()?;
        let Inner {
            parts,
            held,
            end,
            spare,
            ..
        } = inner;
        for part in parts.iter_mut() {
            *end = part
                .spill(&file, *end, spare)
                .map_err(|error| cannot_spill(&error))?;
        }
        self.budget.used.fetch_sub(*held, Ordering::Relaxed);
        self.budget.spilled.fetch_add(*held, Ordering::Relaxed);
        *held = 0;
        Ok(())
    }

    /// A copy of what a partition holds in memory, to look at while it grows.
    pub fn peek(&self, part: usize) -> Vec<u8> {
        let inner = self.lock();
        inner.parts[part].blocks.concat()
    }

    /// Takes a partition out: all its records in one buffer, or, where that would
    /// be a large share of the budget, the places on disk where they all are.
    /// `spare` is memory to use again: fresh pages for each partition would cost
    /// more than reading it.
    pub fn take(&self, part: usize, spare: Vec<u8>) -> Result<Taken> {
        let large = (self.budget.limit / 16).max(LARGE);
        let mut inner = self.lock();
        inner.spare = Vec::new();
        if inner.parts[part].len() > large {
            return inner.take_on_disk(part, self.budget);
        }
        drop(inner);
        self.take_whole(part, spare).map(Taken::Memory)
    }

    /// Takes a partition out: all its records, in one buffer.
    pub fn take_whole(&self, part: usize, spare: Vec<u8>) -> Result<Vec<u8>> {
        let mut inner = self.lock();
        inner.spare = Vec::new();
        let Part { segments, blocks } = std::mem::take(&mut inner.parts[part]);
        let held: usize = blocks.iter().map(Vec::len).sum();
        let spilled: usize = segments.iter().map(|(_, len)| len).sum();
        let mut bytes = spare;
        bytes.clear();
        bytes.resize(spilled, 0);
        let mut filled = 0;
        for (offset, len) in segments {
            let file = inner.file.as_ref().expect("a segment is in the file");
            file.read_exact_at(&mut bytes[filled..filled + len], offset)
                .map_err(|error| cannot_read_back(&error))?;
            filled += len;
        }
        inner.held -= held as u64;
        self.budget.used.fetch_sub(held as u64, Ordering::Relaxed);
        drop(inner);
        bytes.reserve(held);
        blocks
            .into_iter()
            .for_each(|block| bytes.extend_from_slice(&block));
        Ok(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no thread panics while it holds a store")
    }
}

impl Inner {
    /// The file, made when it is first needed.
    fn file(&mut self) -> Result<Arc<File>> {
        if self.file.is_none() {
            let file = tempfile::tempfile().map_err(|error| cannot_spill(&error))?;
            self.file = Some(Arc::new(file));
        }
        Ok(Arc::clone(self.file.as_ref().expect("it was just made")))
    }

    /// Takes a partition out with what it holds in memory written to the file.
    fn take_on_disk(&mut self, part: usize, budget: &Budget) -> Result<Taken> {
        let file = self.file()?;
        let mut part = std::mem::take(&mut self.parts[part]);
        let held = part.held();
        self.end = part
            .spill(&file, self.end, &mut Vec::new())
            .map_err(|error| cannot_spill(&error))?;
        self.held -= held;
        budget.used.fetch_sub(held, Ordering::Relaxed);
        budget.spilled.fetch_add(held, Ordering::Relaxed);
        Ok(Taken::Disk(file, part.segments))
    }
}

/// A partition's records: in one buffer, or where they are in a file.
pub enum Taken {
    Memory(Vec<u8>),
    Disk(Arc<File>, Vec<(u64, usize)>),
}

impl Part {
    /// Bytes in memory.
    fn held(&self) -> u64 {
        self.blocks.iter().map(|block| block.len() as u64).sum()
    }

    /// Bytes in memory and on disk.
    fn len(&self) -> u64 {
        let spilled: usize = self.segments.iter().map(|(_, len)| len).sum();
        spilled as u64 + self.held()
    }

    /// Adds a record, and says how long it is.
    fn push<const N: usize>(&mut self, record: [&[u8]; N], spare: &mut Vec<Vec<u8>>) -> usize {
        let len = record.iter().map(|piece| piece.len()).sum();
        let fits = self
            .blocks
            .last()
            .is_some_and(|last| last.capacity() - last.len() >= len);
        if !fits && len <= BLOCK && !spare.is_empty() {
            self.blocks.extend(spare.pop());
        } else if !fits {
            // The first block of a partition starts small and grows: a small
            // table must not cost a whole block in each partition.
            let capacity = if self.blocks.is_empty() {
                len.max(1 << 10)
            } else {
                len.max(BLOCK)
            };
            self.blocks.push(Vec::with_capacity(capacity));
        }
        let last = self.blocks.last_mut().expect("one was just pushed");
        record
            .iter()
            .for_each(|piece| last.extend_from_slice(piece));
        len
    }

    fn spill(
        &mut self,
        file: &File,
        mut end: u64,
        spare: &mut Vec<Vec<u8>>,
    ) -> std::io::Result<u64> {
        let start = end;
        for mut block in self.blocks.drain(..) {
            file.write_all_at(&block, end)?;
            end += block.len() as u64;
            if block.capacity() == BLOCK {
                block.clear();
                spare.push(block);
            }
        }
        if end > start {
            self.segments.push((start, (end - start) as usize));
        }
        Ok(end)
    }
}

impl Drop for Store<'_> {
    fn drop(&mut self) {
        if let Ok(inner) = self.inner.get_mut() {
            self.budget.used.fetch_sub(inner.held, Ordering::Relaxed);
        }
    }
}

/// What was to be kept on disk could not be written.
pub fn cannot_spill(error: &std::io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::new(
        Code::CannotWrite,
        format!(
            "working data could not be kept in {}: {error}",
            shown(&folder)
        ),
        "free some space there, point TMPDIR at a larger disk, or raise --memory",
    )
}

/// What was kept on disk cannot be had again.
pub fn cannot_read_back(error: &std::io::Error) -> Failure {
    let folder = std::env::temp_dir();
    Failure::new(
        Code::CannotWrite,
        format!(
            "working data kept in {} could not be read back: {error}",
            shown(&folder)
        ),
        "check that disk, or point TMPDIR at another",
    )
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(count: u32) -> Vec<(u8, [u8; 4])> {
        (0..count)
            .map(|n| ((n.wrapping_mul(2_654_435_761) >> 24) as u8, n.to_be_bytes()))
            .collect()
    }

    fn contents(budget: &Budget, share: u64) -> Vec<Vec<u8>> {
        let store = Store::new(budget, share);
        for batch in records(10_000).chunks(333) {
            store
                .append(batch.iter().map(|(part, bytes)| (*part, [&bytes[..]])))
                .unwrap();
        }
        (0..PARTITIONS)
            .map(|part| store.take_whole(part, Vec::new()).unwrap())
            .collect()
    }

    #[test]
    fn blocks_that_are_filled_again_hold_nothing_of_before() {
        let budget = Budget::new(1 << 30);
        let store = Store::new(&budget, 1 << 20);
        let records: Vec<[u8; 100]> = (0..66_000_u32)
            .map(|n| [n.to_be_bytes(); 25].concat().try_into().unwrap())
            .collect();
        for batch in records.chunks(1000) {
            let parts = (0..=u8::MAX)
                .cycle()
                .zip(batch.iter().map(|it| it.split_at(7).into()));
            store.append(parts).unwrap();
        }
        let inner = store.lock();
        assert!(!inner.spare.is_empty() && budget.spilled() > 4 << 20);
        drop(inner);
        let taken = (0..PARTITIONS).map(|part| store.take_whole(part, Vec::new()).unwrap());
        let mut taken: Vec<_> = taken
            .flat_map(|it| it.as_chunks::<100>().0.to_vec())
            .collect();
        taken.sort();
        assert!(taken == records);
        assert!(store.lock().spare.is_empty());
    }

    #[test]
    fn spilling_changes_nothing_but_where_records_are() {
        let (roomy, tight) = (Budget::new(1 << 30), Budget::new(2_000));
        let whole = contents(&roomy, 1 << 30);
        assert_eq!(whole, contents(&tight, 1_000));
        assert_eq!(roomy.spilled(), 0);
        assert!(
            tight.spilled() > 30_000,
            "{} bytes spilled",
            tight.spilled()
        );
        assert_eq!(whole.iter().map(Vec::len).sum::<usize>(), 40_000);
        assert_eq!((roomy.used.into_inner(), tight.used.into_inner()), (0, 0));
    }
}
