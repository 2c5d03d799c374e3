//! A queue between threads whose takers sleep while it is empty.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};

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

    /// Takes items until the queue is closed and empty.
    pub fn drain(&self, mut each: impl FnMut(T)) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
