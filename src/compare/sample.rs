//! The smallest keys of a kind, so that what a report shows does not depend on
//! the order in which rows arrived.

use std::collections::BTreeMap;

use crate::value::order;

/// A canonical key, ordered as people would order it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key(Vec<u8>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        order::compare(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Keeps the entries of the `cap` smallest canonical keys.
#[derive(Clone, Debug)]
pub struct Smallest<T> {
    cap: usize,
    kept: BTreeMap<Key, T>,
}

impl<T> Smallest<T> {
    pub fn new(cap: usize) -> Self {
        Smallest {
            cap,
            kept: BTreeMap::new(),
        }
    }

    /// Whether an entry of this key would be kept.
    pub fn wants(&self, key: &[u8]) -> bool {
        if self.kept.len() < self.cap {
            return true;
        }
        let last = self.kept.last_key_value();
        last.is_some_and(|(last, _)| order::compare(key, &last.0).is_lt())
    }

    /// Keeps what `make` makes, if the key is among the smallest. Of two
    /// entries of one key the first stays.
    pub fn offer(&mut self, key: &[u8], make: impl FnOnce() -> T) {
        if !self.wants(key) {
            return;
        }
        self.kept.entry(Key(key.to_vec())).or_insert_with(make);
        if self.kept.len() > self.cap {
            self.kept.pop_last();
        }
    }

    pub fn merge(&mut self, other: Smallest<T>) {
        for (key, entry) in other.kept {
            self.offer(&key.0, || entry);
        }
    }

    /// The entries in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &T)> {
        self.kept
            .iter()
            .map(|(key, entry)| (key.0.as_slice(), entry))
    }

    /// An empty one that keeps as many.
    pub fn emptied(&self) -> Smallest<T> {
        Smallest::new(self.cap)
    }

    pub fn each_mut(&mut self, change: impl FnMut(&mut T)) {
        self.kept.values_mut().for_each(change);
    }

    pub fn clear(&mut self) {
        self.kept.clear();
    }

    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}
