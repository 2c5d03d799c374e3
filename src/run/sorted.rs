//! Canonical rows of any number in the order of their keys, in a bounded part of
//! the memory: sorted piece by piece, kept on disk, and merged on the way out.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::part::Segment;
use super::store::{cannot_read_back, cannot_spill};
use crate::error::Result;
use crate::value::order;

/// What a merge may read ahead in all.
const AHEAD: usize = 4 << 20;

/// Records of some rows each, ordered by the first of them.
#[derive(Debug)]
pub struct Sorted {
    /// So many bytes are held before they go to disk.
    limit: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    held: Vec<Record>,
    bytes: usize,
    runs: Vec<(u64, u64)>,
    file: Option<File>,
    end: u64,
}

/// The rows of a record, the first up to `first`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    first: usize,
    rows: Box<[u8]>,
}

/// A record is its first row's length, its whole length, and its rows.
const HEAD: usize = 16;

impl Record {
    fn split(&self) -> (&[u8], &[u8]) {
        self.rows.split_at(self.first)
    }
}

impl Ord for Record {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, theirs) = (self.split(), other.split());
        // Equal first rows are those of a key that occurs more than once.
        order::compare(mine.0, theirs.0).then_with(|| mine.1.cmp(theirs.1))
    }
}

impl PartialOrd for Record {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Sorted {
    /// Holds so many bytes in memory at most.
    pub fn new(limit: usize) -> Sorted {
        Sorted {
            limit,
            inner: Mutex::default(),
        }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// Adds a record of one row, or of one and another.
    pub fn add(&self, first: &[u8], second: &[u8]) -> Result<()> {
        let record = Record {
            first: first.len(),
            rows: [first, second].concat().into(),
        };
        let mut inner = self.lock();
        inner.bytes += record.rows.len() + size_of::<Record>();
        inner.held.push(record);
        if inner.bytes > self.limit {
            inner.spill().map_err(|error| cannot_spill(&error))?;
        }
        Ok(())
    }

    /// Gives out every record once, in order, and forgets it.
    pub fn drain(
        &self,
        mut each: impl FnMut(&[u8], &[u8]) -> io::Result<()>,
    ) -> Result<io::Result<()>> {
        let mut inner = std::mem::take(&mut *self.lock());
        inner.held.sort_unstable();
        let mut ahead = match inner.sources() {
            Ok(ahead) => ahead,
            Err(error) => return Err(cannot_read_back(&error)),
        };
        while let Some(Reverse((record, mut from))) = ahead.pop() {
            let (first, second) = record.split();
            if let Err(error) = each(first, second) {
                return Ok(Err(error));
            }
            let next = from.next().map_err(|error| cannot_read_back(&error))?;
            ahead.extend(next.map(|record| Reverse((record, from))));
        }
        Ok(Ok(()))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds this lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Heap<'a> = BinaryHeap<Reverse<(Record, From<'a>)>>;

impl Inner {
    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_unstable();
        let mut run = Vec::with_capacity(self.bytes);
        for record in self.held.drain(..) {
            run.extend_from_slice(&(record.first as u64).to_ne_bytes());
            run.extend_from_slice(&(record.rows.len() as u64).to_ne_bytes());
            run.extend_from_slice(&record.rows);
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all_at(&run, self.end)?;
        let end = self.end + run.len() as u64;
        self.runs.push((self.end, end));
        (self.end, self.bytes) = (end, 0);
        Ok(())
    }

    /// The next record of each piece, with where those after it come from.
    fn sources(&mut self) -> io::Result<Heap<'_>> {
        let ahead = (AHEAD / self.runs.len().max(1)).clamp(4 << 10, 256 << 10);
        let mut heap = Heap::new();
        let disk = self.file.iter().flat_map(|file| {
            let reader = |&(at, end): &(u64, u64)| {
                let segment = Segment { file, at, end };
                From::Disk(BufReader::with_capacity(ahead, segment))
            };
            self.runs.iter().map(reader)
        });
        let held = std::mem::take(&mut self.held).into_iter();
        for mut from in disk.chain([From::Memory(held)]) {
            let first = from.next()?;
            heap.extend(first.map(|record| Reverse((record, from))));
        }
        Ok(heap)
    }
}

/// A sorted piece.
enum From<'a> {
    Memory(std::vec::IntoIter<Record>),
    Disk(BufReader<Segment<'a>>),
}

impl From<'_> {
    fn next(&mut self) -> io::Result<Option<Record>> {
        let reader = match self {
            From::Memory(held) => return Ok(held.next()),
            From::Disk(reader) => reader,
        };
        let mut head = [0; HEAD];
        if reader.read(&mut head[..1])? == 0 {
            return Ok(None);
        }
        reader.read_exact(&mut head[1..])?;
        let (numbers, _) = head.as_chunks::<8>();
        let [first, len] = [0, 1].map(|index: usize| u64::from_ne_bytes(numbers[index]) as usize);
        let mut rows = vec![0; len];
        reader.read_exact(&mut rows)?;
        Ok(Some(Record {
            first,
            rows: rows.into(),
        }))
    }
}

// Only the records of a heap's entries are ordered.
impl PartialEq for From<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for From<'_> {}

impl PartialOrd for From<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for From<'_> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{put_fixed, put_framed, tag};

    fn row(key: i64, text: &str) -> Vec<u8> {
        let mut row = Vec::new();
        let flipped = (key as u64) ^ (1 << 63);
        put_fixed(&mut row, tag::INTEGER, &flipped.to_be_bytes());
        put_framed(&mut row, tag::TEXT, text.as_bytes());
        row
    }

    fn drained(sorted: &Sorted) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        let done = sorted.drain(|first, second| {
            all.push((first.to_vec(), second.to_vec()));
            Ok(())
        });
        done.unwrap().unwrap();
        all
    }

    #[test]
    fn records_come_in_the_order_of_their_keys_whatever_was_spilled() {
        let keys = (0..5000_i64).map(|n| (n * 2_654_435_761 % 5003) - 2500);
        let pairs: Vec<_> = keys.map(|key| (row(key, "新"), row(key, "旧"))).collect();
        let (roomy, tight) = (Sorted::new(1 << 30), Sorted::new(10_000));
        for (new, old) in &pairs {
            roomy.add(new, old).unwrap();
            tight.add(new, old).unwrap();
        }
        assert!(tight.lock().runs.len() > 20, "much was spilled");
        assert!(tight.lock().bytes <= 10_000);
        let mut expected = pairs;
        expected.sort_by(|a, b| order::compare(&a.0, &b.0));
        assert_eq!(drained(&roomy), expected);
        assert_eq!(drained(&tight), expected);
        assert_eq!(drained(&tight), [], "each once");
    }

    #[test]
    fn what_cannot_be_written_ends_it() {
        let sorted = Sorted::new(1 << 20);
        sorted.add(&row(1, "a"), b"").unwrap();
        sorted.add(&row(2, "b"), b"").unwrap();
        let mut seen = 0;
        let done = sorted.drain(|_, second| {
            assert_eq!(second, b"");
            seen += 1;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(
            done.unwrap().unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        assert_eq!(seen, 1);
    }

    #[test]
    fn a_second_beginning_forgets_the_first() {
        let sorted = Sorted::new(100);
        for key in 0..50 {
            sorted.add(&row(key, "a"), b"").unwrap();
        }
        sorted.clear();
        sorted.add(&row(7, "b"), b"").unwrap();
        assert_eq!(drained(&sorted), [(row(7, "b"), Vec::new())]);
    }
}
