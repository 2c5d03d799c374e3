//! Streams of a source that is only as fast, or as whole, as a test says.

use std::time::Duration;

use super::*;
use crate::source::{Bytes, Cell};
use crate::stop::Cause;

/// Three rows a chunk, slowly.
struct Slow;

impl Decode for Slow {
    fn decode(&self, _: &mut Chunk, rows: &mut Rows) -> Result<()> {
        std::thread::sleep(Duration::from_millis(30));
        rows.clear(1);
        rows.cells.extend([Cell::NULL; 3]);
        Ok(())
    }

    fn raw_form(&self) -> Option<String> {
        None
    }
}

struct Nothing;

impl Work for Nothing {
    type State = ();

    fn start(&self, _: Side) {}

    fn rows(&self, _: Side, _: &Rows, _: Bytes<'_>, (): &mut ()) -> Result<()> {
        Ok(())
    }
}

/// The rows told so far, and how many they were when the side was done.
#[derive(Default)]
struct Told(AtomicU64, AtomicU64);

impl Progress for Told {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, _: Side, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
    fn side_done(&self, _: Side) {
        self.1
            .store(self.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    fn again(&self, _: &str) {}
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}

/// Pushes so many chunks as fast as they are taken.
fn pushing(chunks: u64) -> Input<'static> {
    let read: Reader<'_> = Box::new(move |sink| {
        for base in 0..chunks {
            let chunk = Chunk {
                bytes: sink.buffer(),
                base,
                line: 0,
            };
            assert!(sink.push(chunk).is_continue());
        }
        Ok(Receipt::default())
    });
    Input {
        side: Side::Old,
        decoder: Arc::new(Slow),
        read,
    }
}

#[test]
fn a_side_is_done_when_all_its_rows_are_counted() {
    let told = Told::default();
    let ended = run(vec![pushing(4)], &Nothing, &told, &Stop::default());
    assert_eq!(ended[0].rows, 12);
    assert_eq!(told.1.into_inner(), 12);
}

/// A reader that has nothing to do but to wait for slow workers.
#[test]
fn waiting_for_the_workers_is_not_the_sides_time() {
    let begun = Instant::now();
    let more = 3 * AHEAD * rayon::current_num_threads();
    let stop = Stop::default();
    let ended = run(
        vec![pushing(more as u64)],
        &Nothing,
        &Told::default(),
        &stop,
    );
    let times = ended[0].times;
    assert!(times.whole && times.first_row.is_some());
    assert!(times.waiting > Duration::ZERO, "{times:?}");
    assert!(times.reading + times.waiting <= times.all);
    assert!(times.all <= begun.elapsed());
}

/// A source may take being broken off for its end.
#[test]
fn a_side_that_was_stopped_is_not_whole() {
    let stop = Stop::default();
    let telling = stop.clone();
    let read: Reader<'_> = Box::new(move |sink| {
        let mut push = |base| {
            let bytes = sink.buffer();
            let line = 0;
            sink.push(Chunk { bytes, base, line })
        };
        assert!(push(0).is_continue());
        telling.tell(Cause::Terminated);
        assert!(push(1).is_break());
        Ok(Receipt::default())
    });
    let input = Input {
        side: Side::New,
        decoder: Arc::new(Slow),
        read,
    };
    let ended = run(vec![input], &Nothing, &Told::default(), &stop);
    assert_eq!(ended[0].rows, 6, "what was read counts");
    assert!(!ended[0].times.whole);
    let failure = ended[0].receipt.clone().unwrap_err();
    assert_eq!(failure, Cause::Terminated.failure().on(Side::New));
}
