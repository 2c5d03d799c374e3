//! Keys that do not match and may only be in flight: what each side held of
//! them, so that a later look can tell what has settled, what stays as it is,
//! and what moves.

use std::collections::HashMap;

use crate::fingerprint::Digest;

/// How keys that do not match are watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch<'a> {
    /// So many of them are remembered at most; 0: none.
    pub limit: usize,
    /// What the look before this one found.
    pub before: Option<&'a Unmatched>,
    /// Old, new: a row changed after this (µs since 2000-01-01 UTC) is too young
    /// to be held against either side.
    pub young: Option<[i64; 2]>,
}

/// What both sides held of one key that did not match.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// The canonical key.
    pub key: Box<[u8]>,
    /// Old, new: how many rows, and the sum of their prints.
    pub held: [Digest; 2],
    /// Whether what a side held has changed from one look to another.
    pub moved: bool,
}

/// The keys that do not match, by their prints: all of them, or none where they
/// are too many to be looked at again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unmatched {
    keys: HashMap<u128, Open>,
    too_many: bool,
}

impl Unmatched {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether there were more than the limit, so that none is remembered.
    pub fn too_many(&self) -> bool {
        self.too_many
    }

    pub fn contains(&self, print: u128) -> bool {
        self.keys.contains_key(&print)
    }

    /// The canonical keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.values().map(|open| &*open.key)
    }

    /// Remembers a key, and says whether it has moved since the look before.
    pub fn add(&mut self, print: u128, key: &[u8], held: [Digest; 2], watch: Watch<'_>) -> bool {
        let before = watch.before.and_then(|before| before.keys.get(&print));
        let moved = before.is_some_and(|before| before.moved || before.held != held);
        if watch.limit > 0 && !self.too_many {
            let key = key.into();
            self.keys.insert(print, Open { key, held, moved });
            self.hold(watch.limit);
        }
        moved
    }

    /// Adds the keys of another part; no key is in both.
    pub fn merge(&mut self, other: Unmatched, limit: usize) {
        self.too_many |= other.too_many;
        if !self.too_many {
            self.keys.extend(other.keys);
        }
        self.hold(limit);
    }

    fn hold(&mut self, limit: usize) {
        self.too_many |= self.keys.len() > limit;
        if self.too_many {
            self.keys = HashMap::new();
        }
    }
}
