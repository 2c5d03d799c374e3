//! Drives both sides' streams at once through one pool of workers.
//!
//! Each side is read on a thread of its own, which only moves bytes; its chunks
//! are decoded and worked on by whichever worker is free. A side may not have
//! more than [`AHEAD`] chunks a worker under way, so memory stays flat and neither side
//! starves the other. Workers that wait sleep: a pool that spins while it waits
//! takes its time from the servers, which often share the machine. Those that work
//! let others go first: a reader asks for more as soon as it can, and what it has
//! brought is done meanwhile.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use super::nice;
use super::progress::Progress;
use super::queue::Queue;
use super::times::{Clock, Times};
use crate::error::{Code, Failure, Result, Side};
use crate::source::{Bytes, Chunk, Decode, Receipt, Rows, Sink};
use crate::stop::Stop;

/// How many chunks of one side may be under way for each worker (one a core), and at
/// least: so many that a reader seldom stands still when several come at once.
const AHEAD: usize = 2;
const LEAST_AHEAD: usize = 8;

/// What a stream does with its rows. `State` is reused from chunk to chunk and
/// holds what one worker has counted so far.
pub trait Work: Sync {
    type State: Send;

    fn start(&self, side: Side) -> Self::State;

    fn rows(
        &self,
        side: Side,
        rows: &Rows,
        bytes: Bytes<'_>,
        state: &mut Self::State,
    ) -> Result<()>;

    /// Whether reading may stop early, because what is read would not be used.
    fn enough(&self) -> bool {
        false
    }
}

/// Where one side's stream ended.
#[derive(Debug)]
pub struct Ended<S> {
    pub receipt: Result<Receipt>,
    /// One for each worker that had a chunk of this side.
    pub states: Vec<S>,
    /// Rows decoded, without those left out.
    pub rows: u64,
    /// Rows decoded that nobody asked for.
    pub left_out: u64,
    /// Rows decoded of which nothing told whether to leave them out.
    pub undated: u64,
    pub times: Times,
}

/// Reads one side into a sink.
pub type Reader<'a> = Box<dyn FnOnce(&mut dyn Sink) -> Result<Receipt> + Send + 'a>;

/// One side to stream.
pub struct Input<'a> {
    pub side: Side,
    pub decoder: Arc<dyn Decode>,
    pub read: Reader<'a>,
}

/// Streams the inputs to their ends, side by side, unless the run is to end before.
pub fn run<W: Work>(
    inputs: Vec<Input<'_>>,
    work: &W,
    progress: &dyn Progress,
    told: &Stop,
) -> Vec<Ended<W::State>> {
    let lanes: Vec<Lane<W>> = inputs
        .iter()
        .map(|input| Lane::new(input, work, progress, told))
        .collect();
    let queue = &Queue::default();
    let receipts: Vec<(Result<Receipt>, Times)> = std::thread::scope(|threads| {
        let _end = End {
            lanes: &lanes,
            queue,
        };
        for _ in 0..rayon::current_num_threads() {
            threads.spawn(|| {
                nice::let_others_go_first();
                queue.drain(|(lane, chunk): (usize, Chunk)| lanes[lane].process_safely(chunk))
            });
        }
        let readers: Vec<_> = inputs
            .into_iter()
            .zip(lanes.iter().enumerate())
            .map(|(input, lane)| threads.spawn(move || drive(lane, input.read, queue)))
            .collect();
        readers
            .into_iter()
            .map(|reader| {
                reader
                    .join()
                    .unwrap_or_else(|_| (Err(panicked()), Times::default()))
            })
            .collect()
    });
    lanes
        .into_iter()
        .zip(receipts)
        .map(|(lane, (receipt, times))| lane.end(receipt, times))
        .collect()
}

fn ahead() -> usize {
    (AHEAD * rayon::current_num_threads()).max(LEAST_AHEAD)
}

fn panicked() -> Failure {
    Failure::new(
        Code::Internal,
        "reading stopped by a mistake in shadowgate",
        "please report it with what was printed above",
    )
}

/// Lets every thread end when this goes, also where starting one of them failed:
/// the scope waits for all that were started.
struct End<'l, 'a, W: Work> {
    lanes: &'l [Lane<'a, W>],
    queue: &'l Queue<(usize, Chunk)>,
}

impl<W: Work> Drop for End<'_, '_, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for lane in self.lanes {
                lane.stop.store(true, Ordering::Relaxed);
                lane.freed.notify_all();
            }
        }
        self.queue.close();
    }
}

/// One side's way through the workers.
struct Lane<'a, W: Work> {
    side: Side,
    decoder: Arc<dyn Decode>,
    work: &'a W,
    progress: &'a dyn Progress,
    /// What ends the whole run; `stop` ends this side.
    told: &'a Stop,
    shared: Mutex<Shared<W::State>>,
    freed: Condvar,
    stop: AtomicBool,
    rows: AtomicU64,
    left_out: AtomicU64,
    undated: AtomicU64,
}

struct Shared<S> {
    under_way: usize,
    buffers: Vec<Vec<u8>>,
    workers: Vec<(S, Rows)>,
    /// The failure that stands first in the stream.
    failure: Option<(u64, Failure)>,
}

impl<'a, W: Work> Lane<'a, W> {
    fn new(input: &Input<'_>, work: &'a W, progress: &'a dyn Progress, told: &'a Stop) -> Self {
        Lane {
            side: input.side,
            decoder: Arc::clone(&input.decoder),
            work,
            progress,
            told,
            shared: Mutex::new(Shared {
                under_way: 0,
                buffers: Vec::new(),
                workers: Vec::new(),
                failure: None,
            }),
            freed: Condvar::new(),
            stop: AtomicBool::new(false),
            rows: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            undated: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared<W::State>> {
        // A worker that panics never does so while it holds this lock.
        self.shared.lock().unwrap_or_else(|held| held.into_inner())
    }

    /// Works on one chunk; a panic becomes this side's failure, so that the
    /// worker lives on and no reader waits for it in vain.
    fn process_safely(&self, chunk: Chunk) {
        let at = chunk.base;
        let processed = catch_unwind(AssertUnwindSafe(|| self.process(chunk)));
        if processed.is_err() {
            self.fail(at, panicked(), None);
        }
    }

    /// Decodes and works on one chunk, on a worker.
    fn process(&self, mut chunk: Chunk) {
        let done = Done(self);
        if !self.stop.load(Ordering::Relaxed) || self.precedes_failure(chunk.base) {
            let taken = self.lock().workers.pop();
            let (mut state, mut rows) =
                taken.unwrap_or_else(|| (self.work.start(self.side), Rows::default()));
            let at = chunk.base;
            match self.chunk(&mut chunk, &mut rows, &mut state) {
                Ok(()) => self.lock().workers.push((state, rows)),
                Err(failure) => self.fail(at, failure, Some((state, rows))),
            }
        }
        chunk.bytes.clear();
        self.keep(chunk.bytes);
        drop(done);
    }

    /// Keeps a buffer to be used again: no more than may be in use, or those of a
    /// source that makes its own would add up to all that was read.
    fn keep(&self, buffer: Vec<u8>) {
        let buffers = &mut self.lock().buffers;
        if buffers.len() < ahead() {
            buffers.push(buffer);
        }
    }

    /// Whether a chunk comes before the failure that stopped the side: its own
    /// failure would be the one to report.
    fn precedes_failure(&self, at: u64) -> bool {
        let shared = self.lock();
        shared
            .failure
            .as_ref()
            .is_some_and(|(first, _)| at < *first)
    }

    fn chunk(&self, chunk: &mut Chunk, rows: &mut Rows, state: &mut W::State) -> Result<()> {
        self.decoder.decode(chunk, rows)?;
        let count = rows.len() as u64;
        self.rows.fetch_add(count, Ordering::Relaxed);
        self.left_out.fetch_add(rows.left_out, Ordering::Relaxed);
        self.undated.fetch_add(rows.undated, Ordering::Relaxed);
        self.progress.rows(self.side, count + rows.left_out);
        let bytes = Bytes::of(chunk, &rows.cells);
        self.work.rows(self.side, rows, bytes, state)
    }

    fn fail(&self, at: u64, failure: Failure, worker: Option<(W::State, Rows)>) {
        self.stop.store(true, Ordering::Relaxed);
        let mut shared = self.lock();
        shared.workers.extend(worker);
        if shared.failure.as_ref().is_none_or(|(first, _)| at < *first) {
            shared.failure = Some((at, failure));
        }
    }

    /// Waits for the chunks under way: a side is done when its rows are counted.
    fn settle(&self) {
        let mut shared = self.lock();
        while shared.under_way > 0 {
            shared = self
                .freed
                .wait(shared)
                .unwrap_or_else(|held| held.into_inner());
        }
    }

    fn end(self, receipt: Result<Receipt>, times: Times) -> Ended<W::State> {
        let shared = self
            .shared
            .into_inner()
            .unwrap_or_else(|held| held.into_inner());
        let receipt = match shared.failure {
            Some((_, failure)) => Err(failure),
            None => receipt,
        };
        Ended {
            times: Times {
                whole: times.whole && receipt.is_ok(),
                ..times
            },
            receipt: receipt.map_err(|failure| failure.on(self.side)),
            states: shared.workers.into_iter().map(|(state, _)| state).collect(),
            rows: self.rows.into_inner(),
            left_out: self.left_out.into_inner(),
            undated: self.undated.into_inner(),
        }
    }
}

/// Gives a chunk's place back, even if the worker panicked: a reader that waits
/// for it must wake up.
struct Done<'a, 'b, W: Work>(&'a Lane<'b, W>);

impl<W: Work> Drop for Done<'_, '_, W> {
    fn drop(&mut self) {
        self.0.lock().under_way -= 1;
        self.0.freed.notify_one();
    }
}

/// Reads a whole side; returns when its last chunk has been worked on.
fn drive<W: Work>(
    (index, lane): (usize, &Lane<'_, W>),
    read: Reader<'_>,
    queue: &Queue<(usize, Chunk)>,
) -> (Result<Receipt>, Times) {
    let mut sink = QueueSink {
        index,
        lane,
        queue,
        clock: Clock::start(),
        stopped: None,
    };
    let receipt = read(&mut sink);
    // A source that was broken off says nothing of it; its rows are not all.
    let stopped = sink.stopped.take();
    let receipt = receipt.and_then(|receipt| stopped.map_or(Ok(receipt), Err));
    let mut times = sink.clock.stop(receipt.as_ref().ok());
    let read = Instant::now();
    lane.settle();
    times.all += read.elapsed();
    lane.progress.side_done(lane.side);
    (receipt, times)
}

struct QueueSink<'s, 'a, W: Work> {
    index: usize,
    lane: &'s Lane<'a, W>,
    queue: &'s Queue<(usize, Chunk)>,
    clock: Clock,
    /// Why the run ends before this side has.
    stopped: Option<Failure>,
}

impl<W: Work> QueueSink<'_, '_, W> {
    /// Waits until one chunk more may be under way.
    fn wait(&mut self) {
        let lane = self.lane;
        let limit = ahead();
        let mut shared = lane.lock();
        if shared.under_way >= limit {
            let begun = Instant::now();
            while shared.under_way >= limit && !lane.stop.load(Ordering::Relaxed) {
                shared = lane
                    .freed
                    .wait(shared)
                    .unwrap_or_else(|held| held.into_inner());
            }
            self.clock.waited(begun.elapsed());
        }
        shared.under_way += 1;
    }
}

impl<W: Work> Sink for QueueSink<'_, '_, W> {
    fn buffer(&mut self) -> Vec<u8> {
        self.lane.lock().buffers.pop().unwrap_or_default()
    }

    fn push(&mut self, chunk: Chunk) -> ControlFlow<()> {
        let lane = self.lane;
        if lane.stop.load(Ordering::Relaxed) || lane.work.enough() {
            self.clock.broken_off();
            return ControlFlow::Break(());
        }
        self.clock.pushed();
        self.wait();
        self.queue.push((self.index, chunk));
        match lane.told.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(stopped) => {
                self.clock.broken_off();
                self.stopped = Some(stopped);
                ControlFlow::Break(())
            }
        }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
