//! Fingerprints of canonical keys and rows: keyed BLAKE3, 128 bits.
//!
//! The key is derived from what defines a row (columns, types, rules, format
//! version) and from nothing else, so that equal rows have equal prints
//! whatever source they came from, today and on another machine. With 128 bits
//! the chance that any two of 10^9 different rows collide is below 10^-20.

mod batch;

use blake3::derive_key;

pub use batch::Batch;

/// Context strings of BLAKE3's key derivation: one for each use, so that a key
/// and a row of the same bytes have unrelated prints.
const KEY_CONTEXT: &str = "shadowgate 2026-11 canonical key print v1";
const ROW_CONTEXT: &str = "shadowgate 2026-11 canonical row print v1";
const RAW_CONTEXT: &str = "shadowgate 2026-11 raw row print v1";

/// Makes the prints of one plan.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    key: [u8; 32],
    row: [u8; 32],
    raw: [u8; 32],
}

impl Fingerprint {
    /// `definition` is the plan's stable text of what defines a row.
    pub fn new(definition: &str) -> Self {
        Fingerprint {
            key: derive_key(KEY_CONTEXT, definition.as_bytes()),
            row: derive_key(ROW_CONTEXT, definition.as_bytes()),
            raw: derive_key(RAW_CONTEXT, definition.as_bytes()),
        }
    }

    /// The print of a row's key.
    pub fn key(&self, canonical: &[u8]) -> u128 {
        print(&self.key, canonical)
    }

    /// The print of a row.
    pub fn row(&self, canonical: &[u8]) -> u128 {
        print(&self.row, canonical)
    }

    /// The prints of all keys in a batch, in order.
    pub fn keys(&self, batch: &mut Batch, prints: &mut Vec<u128>) {
        batch.prints(&self.key, prints);
    }

    /// The prints of all canonical rows in a batch, in order.
    pub fn rows(&self, batch: &mut Batch, prints: &mut Vec<u128>) {
        batch.prints(&self.row, prints);
    }

    /// The prints of rows' bytes as their source sent them: only comparable
    /// between two sides of one raw form.
    pub fn raws(&self, batch: &mut Batch, prints: &mut Vec<u128>) {
        batch.prints(&self.raw, prints);
    }
}

fn print(key: &[u8; 32], message: &[u8]) -> u128 {
    let mut padded = message.to_vec();
    batch::pad(0, &mut padded);
    batch::print_of(blake3::keyed_hash(key, &padded).as_bytes())
}

/// The digest of a multiset of rows: the wrapping sum of their prints, beside
/// their number. A sum, not an XOR: two equal rows do not cancel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    pub sum: u128,
    pub rows: u64,
}

impl Digest {
    pub fn add(&mut self, row: u128) {
        self.sum = self.sum.wrapping_add(row);
        self.rows += 1;
    }

    pub fn merge(&mut self, other: &Digest) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.rows += other.rows;
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}-{}", self.sum, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_depend_on_the_definition_and_on_the_use() {
        let (a, b) = (Fingerprint::new("a"), Fingerprint::new("b"));
        assert_ne!(a.row(b"x"), b.row(b"x"));
        assert_ne!(a.row(b"x"), a.key(b"x"));
        assert_eq!(a.row(b"x"), Fingerprint::new("a").row(b"x"));
    }

    /// Published vector: a change of context or derivation breaks saved digests.
    #[test]
    fn published_vector() {
        let print = Fingerprint::new("vector").row(b"\x01");
        assert_eq!(format!("{print:032x}"), VECTOR);
    }

    const VECTOR: &str = "fcca40708c92b1e87b29456dc322a77f";

    #[test]
    fn equal_rows_do_not_cancel_in_a_digest() {
        let mut twice = Digest::default();
        twice.add(7);
        twice.add(7);
        assert_ne!(twice.sum, 0);
    }

    #[test]
    fn digests_add_in_any_order() {
        let (mut left, mut right, mut part) =
            (Digest::default(), Digest::default(), Digest::default());
        [1, u128::MAX, 5].into_iter().for_each(|row| left.add(row));
        [5, 1].into_iter().for_each(|row| right.add(row));
        part.add(u128::MAX);
        right.merge(&part);
        assert_eq!(left, right);
    }
}
