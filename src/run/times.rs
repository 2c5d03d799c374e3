//! How long one side's reading took, for the report and the gate on it.
//!
//! Reading stands still while the workers have not caught up. That time is the
//! comparison's and not the side's, so it is counted apart. What a server goes
//! on doing meanwhile (it fills the buffers on the way) is not seen from here: a
//! side that waited may need up to so much longer alone. `shadowgate pace` reads
//! one side at a time to find out.

use std::time::{Duration, Instant};

use crate::gate::Took;
use crate::source::Receipt;

/// The times of one reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// From the request to the first row; `None` if no row came.
    pub first_row: Option<Duration>,
    /// From the request to the end of the stream, without `waiting`.
    pub reading: Duration,
    /// How long reading stood still until the workers had caught up.
    pub waiting: Duration,
    /// From the request until the workers were done with the last row.
    pub all: Duration,
    /// Whether the stream came to its own end: it neither failed nor was broken off.
    pub whole: bool,
}

impl Times {
    /// The times to tell of a side that was read twice: those of the first
    /// reading, if that came to its end. The second finds what the first left in
    /// caches.
    pub fn first_whole(self, second: Times) -> Times {
        match self.whole {
            true => self,
            false => second,
        }
    }

    /// The whole reading as gates compare it.
    pub fn took(&self) -> Option<Took> {
        let micros = |time: Duration| u64::try_from(time.as_micros()).ok();
        let took = Took {
            reading: micros(self.reading)?,
            waiting: micros(self.waiting)?,
        };
        Some(took).filter(|_| self.whole)
    }
}

/// Runs from the request on.
pub struct Clock {
    begun: Instant,
    first_push: Option<Duration>,
    waited: Duration,
    broken_off: bool,
}

impl Clock {
    pub fn start() -> Clock {
        Clock {
            begun: Instant::now(),
            first_push: None,
            waited: Duration::ZERO,
            broken_off: false,
        }
    }

    /// Rows have come.
    pub fn pushed(&mut self) {
        self.first_push.get_or_insert_with(|| self.begun.elapsed());
    }

    /// Reading stood still for so long.
    pub fn waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// No more was wanted of a stream that had more.
    pub fn broken_off(&mut self) {
        self.broken_off = true;
    }

    /// The times of a reading that has just ended. A source knows better than its
    /// chunks when the first row came. One that failed says nothing, and its first
    /// chunk has to do.
    pub fn stop(&self, receipt: Option<&Receipt>) -> Times {
        let told = receipt.map(|receipt| receipt.first_row);
        let told = told.filter(|first_row| !first_row.is_zero());
        let prepared = receipt.map_or(Duration::ZERO, |receipt| receipt.prepared);
        let all = prepared + self.begun.elapsed();
        Times {
            first_row: self
                .first_push
                .map(|pushed| prepared + told.unwrap_or(pushed)),
            reading: all.saturating_sub(self.waited),
            waiting: self.waited,
            all,
            whole: receipt.is_some() && !self.broken_off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A clock that was started so many seconds ago.
    fn started(seconds: u32) -> Clock {
        Clock {
            begun: Instant::now() - SECOND * seconds,
            ..Clock::start()
        }
    }

    #[test]
    fn waiting_is_no_reading() {
        let mut clock = started(60);
        clock.pushed();
        clock.waited(20 * SECOND);
        clock.waited(20 * SECOND);
        let receipt = Receipt {
            first_row: SECOND,
            ..Receipt::default()
        };
        let times = clock.stop(Some(&receipt));
        assert_eq!(times.waiting, 40 * SECOND);
        assert!(times.reading >= 20 * SECOND && times.reading < 60 * SECOND);
        assert_eq!(times.first_row, Some(SECOND), "the source's own word");
        assert!(times.whole);
    }

    #[test]
    fn a_side_that_failed_had_a_first_row_all_the_same() {
        let mut clock = started(5);
        assert_eq!(clock.stop(None).first_row, None);
        clock.pushed();
        let first = clock.stop(None).first_row.expect("rows came");
        clock.pushed();
        let times = clock.stop(None);
        assert!(first >= 5 * SECOND && times.reading >= first);
        assert_eq!(times.first_row, Some(first), "the first, not the last");
        assert!(!times.whole);
        assert_eq!(times.took(), None);
    }

    /// A dry run's path takes as long as the dry run.
    #[test]
    fn a_command_that_had_to_run_first_is_part_of_its_side() {
        let mut clock = started(0);
        clock.pushed();
        let receipt = Receipt {
            first_row: SECOND,
            prepared: 60 * SECOND,
            ..Receipt::default()
        };
        let times = clock.stop(Some(&receipt));
        assert_eq!(times.first_row, Some(61 * SECOND));
        assert!(times.reading >= 60 * SECOND && times.reading < 70 * SECOND);
    }

    #[test]
    fn an_empty_side_has_no_first_row_and_is_whole() {
        let times = started(0).stop(Some(&Receipt::default()));
        assert_eq!((times.first_row, times.whole), (None, true));
        assert!(times.took().is_some());
    }

    #[test]
    fn of_two_readings_the_first_whole_one_counts() {
        let of = |whole, seconds| Times {
            whole,
            reading: SECOND * seconds,
            ..Times::default()
        };
        assert_eq!(of(true, 1).first_whole(of(true, 2)), of(true, 1));
        assert_eq!(of(false, 1).first_whole(of(true, 2)), of(true, 2));
        let mut clock = started(1);
        clock.broken_off();
        assert!(!clock.stop(Some(&Receipt::default())).whole);
    }
}
