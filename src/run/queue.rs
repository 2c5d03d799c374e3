//! A queue between threads whose takers sleep while it is empty, and let others go
//! first while it is not.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

/// By how much a taker is nicer than the thread that made it: it has a tenth of the
/// weight of a reader, or of a server or a sync on the same machine.
const NICER: i32 = 10;

/// Unbounded: whoever pushes keeps its own count.
pub struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<T> Queue<T> {
    pub fn push(&self, item: T) {
        self.lock().waiting.push_back(item);
        self.changed.notify_one();
    }

    /// No more items will come.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Takes items until the queue is closed and empty, on a thread that does nothing
    /// else.
    pub fn drain(&self, mut each: impl FnMut(T)) {
        let_others_go_first();
        while let Some(item) = self.take() {
            each(item);
        }
    }

    fn take(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(|held| held.into_inner());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that can panic runs while it is held.
        self.state.lock().unwrap_or_else(|held| held.into_inner())
    }
}

/// Lowers the calling thread's priority: on Linux, where each has its own. Where that
/// is not allowed, only time is lost.
fn let_others_go_first() {
    #[cfg(target_os = "linux")]
    {
        use rustix::{process, thread};
        let this = Some(thread::gettid());
        if let Ok(now) = process::getpriority_process(this) {
            let _ = process::setpriority_process(this, now + NICER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_taker_lets_others_go_first_and_who_pushes_does_not() {
        use rustix::{process, thread};
        let priority = || process::getpriority_process(Some(thread::gettid())).unwrap();
        let before = priority();
        let queue = Queue::default();
        queue.push(());
        queue.close();
        let mut taken = None;
        std::thread::scope(|threads| {
            threads.spawn(|| queue.drain(|()| taken = Some(priority())));
        });
        // 19 is as nice as can be.
        assert_eq!(taken, Some((before + NICER).min(19)));
        assert_eq!(priority(), before);
    }

    #[test]
    fn every_item_is_taken_once_and_all_takers_end() {
        let queue = Queue::default();
        let sum = Mutex::new(0);
        std::thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| queue.drain(|item: u64| *sum.lock().unwrap() += item));
            }
            (1..=100).for_each(|item| queue.push(item));
            queue.close();
        });
        assert_eq!(sum.into_inner().unwrap(), 5050);
    }
}
