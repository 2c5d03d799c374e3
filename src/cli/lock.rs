//! The lock of a run, kept fresh by its progress.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Code, Failure, Result, Side};
use crate::plan::Plan;
use crate::report::lock::Lock;
use crate::run::progress::Progress;

/// Hears of progress and tells both the listener and the lock.
pub struct Kept {
    listener: Box<dyn Progress>,
    lock: Option<Lock>,
    rows: [AtomicU64; 2],
}

impl Kept {
    /// Takes the plan's lock, if it asks for one.
    pub fn take(plan: &Plan, listener: Box<dyn Progress>) -> Result<Kept> {
        let lock = plan
            .locked
            .then(|| Lock::take(&plan.report_dir, &plan.profile));
        // A folder that takes no lock takes no report either: nothing was read yet.
        let lock = lock.transpose().map_err(|failure| match failure.code {
            Code::CannotWrite => Failure {
                code: Code::Usage,
                ..failure
            },
            _ => failure,
        })?;
        Ok(Kept {
            listener,
            lock,
            rows: [AtomicU64::new(0), AtomicU64::new(0)],
        })
    }

    fn refresh(&self) {
        if let Some(lock) = &self.lock {
            lock.progress(
                self.rows
                    .each_ref()
                    .map(|rows| rows.load(Ordering::Relaxed)),
            );
        }
    }

    fn reset(&self) {
        self.rows
            .iter()
            .for_each(|rows| rows.store(0, Ordering::Relaxed));
    }
}

impl Progress for Kept {
    fn expected(&self, what: &str) {
        self.listener.expected(what);
    }

    fn dataset(&self, name: &str, estimates: [Option<u64>; 2]) {
        self.reset();
        self.listener.dataset(name, estimates);
    }

    fn rows(&self, side: Side, more: u64) {
        self.rows[side.index()].fetch_add(more, Ordering::Relaxed);
        self.refresh();
        self.listener.rows(side, more);
    }

    fn side_done(&self, side: Side) {
        self.refresh();
        self.listener.side_done(side);
    }

    fn again(&self, why: &str) {
        self.reset();
        self.listener.again(why);
    }

    fn phase(&self, what: &str) {
        self.refresh();
        self.listener.phase(what);
    }

    fn done(&self) {
        self.listener.done();
    }
}
