//! Many prints at once: BLAKE3 over messages of equal length runs in SIMD lanes,
//! several times faster than one message after the other.
//!
//! A message is padded to whole blocks (see [`pad`]), and messages of equally
//! many blocks are hashed together. The result is exactly that of
//! [`blake3::keyed_hash`] over the padded message, which a test holds.

use blake3::IncrementCounter;
use blake3::platform::Platform;

pub const BLOCK: usize = 64;
/// A chunk of BLAKE3 is so many blocks; a longer message is a tree and is hashed alone.
const CHUNK_BLOCKS: usize = 16;
const HASH: usize = 32;

/// BLAKE3's domain flags for a keyed message that is one chunk (its
/// specification, table 3).
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const KEYED_HASH: u8 = 1 << 4;

/// Brings the message that begins there to whole blocks: itself, 0x80, zeros. Injective.
pub fn pad(start: usize, out: &mut Vec<u8>) {
    let whole = start + blocks(out.len() - start) * BLOCK;
    out.push(0x80);
    out.resize(whole, 0);
}

fn blocks(len: usize) -> usize {
    len / BLOCK + 1
}

/// The first 128 bits of a hash.
pub fn print_of(hash: &[u8]) -> u128 {
    let half: &[u8; 16] = hash.first_chunk().expect("a hash has 32 bytes");
    u128::from_be_bytes(*half)
}

/// Messages on their way to their prints; used again for each batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// All messages, padded, one after the other.
    bytes: Vec<u8>,
    /// Where each begins, and its length.
    spans: Vec<(usize, usize)>,
    /// Which messages are of so many blocks, less one.
    lanes: [Vec<usize>; CHUNK_BLOCKS],
    long: Vec<usize>,
    hashes: Vec<u8>,
}

impl Batch {
    /// Adds the next message.
    pub fn add(&mut self, message: &[u8]) {
        self.add_with(|out| out.extend_from_slice(message));
    }

    /// Adds the message that `make` appends.
    pub fn add_with<T>(&mut self, make: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let start = self.bytes.len();
        let made = make(&mut self.bytes);
        let len = self.bytes.len() - start;
        pad(start, &mut self.bytes);
        let lane = self.lanes.get_mut(blocks(len) - 1);
        lane.unwrap_or(&mut self.long).push(self.spans.len());
        self.spans.push((start, len));
        made
    }

    /// A message, by its number.
    pub fn message(&self, index: usize) -> &[u8] {
        let (start, len) = self.spans[index];
        &self.bytes[start..start + len]
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.lanes.iter_mut().for_each(Vec::clear);
        self.long.clear();
    }

    /// Replaces `prints` with those of all messages, in the order in which they
    /// were added.
    pub fn prints(&mut self, key: &[u8; 32], prints: &mut Vec<u128>) {
        prints.clear();
        prints.resize(self.spans.len(), 0);
        for index in &self.long {
            let (start, len) = self.spans[*index];
            let padded = &self.bytes[start..start + blocks(len) * BLOCK];
            prints[*index] = print_of(blake3::keyed_hash(key, padded).as_bytes());
        }
        let words = words(key);
        for (blocks, lane) in self.lanes.iter().enumerate() {
            self.hashes.clear();
            self.hashes.resize(lane.len() * HASH, 0);
            let starts = lane.iter().map(|index| self.spans[*index].0);
            hash_lane(blocks + 1, &self.bytes, starts, &words, &mut self.hashes);
            for (index, hash) in lane.iter().zip(self.hashes.chunks_exact(HASH)) {
                prints[*index] = print_of(hash);
            }
        }
    }
}

/// The key as BLAKE3's words.
fn words(key: &[u8; 32]) -> [u32; 8] {
    let (words, _) = key.as_chunks::<4>();
    std::array::from_fn(|index| u32::from_le_bytes(words[index]))
}

/// Hashes the messages of so many blocks each that begin there.
fn hash_lane(
    blocks: usize,
    bytes: &[u8],
    starts: impl Iterator<Item = usize>,
    key: &[u32; 8],
    hashes: &mut [u8],
) {
    macro_rules! by_length {
        ($($blocks:literal)*) => {
            match blocks {
                $($blocks => hash_equal::<{ $blocks * BLOCK }>(bytes, starts, key, hashes),)*
                _ => unreachable!("a lane holds messages of 1 to 16 blocks"),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

fn hash_equal<const LEN: usize>(
    bytes: &[u8],
    starts: impl Iterator<Item = usize>,
    key: &[u32; 8],
    hashes: &mut [u8],
) {
    // Few enough that the list of them lives on the stack.
    const AT_ONCE: usize = 16;
    let platform = Platform::detect();
    let message = |start: usize| bytes[start..].first_chunk().expect("messages are padded");
    let mut messages = starts.map(message);
    let mut list: [&[u8; LEN]; AT_ONCE] = [&[0; LEN]; AT_ONCE];
    for out in hashes.chunks_mut(AT_ONCE * HASH) {
        let count = out.len() / HASH;
        for (slot, message) in list.iter_mut().zip(messages.by_ref().take(count)) {
            *slot = message;
        }
        platform.hash_many(
            &list[..count],
            key,
            0,
            IncrementCounter::No,
            KEYED_HASH,
            CHUNK_START,
            CHUNK_END | ROOT,
            out,
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_batch_gives_what_blake3_gives(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1_300), 0..60),
            key: [u8; 32],
        ) {
            let mut batch = Batch::default();
            let mut prints = Vec::new();
            for _again in 0..2 {
                batch.clear();
                messages.iter().for_each(|message| batch.add(message));
                batch.prints(&key, &mut prints);
                prop_assert_eq!(prints.len(), messages.len());
                for (index, (message, print)) in messages.iter().zip(&prints).enumerate() {
                    prop_assert_eq!(batch.message(index), message.as_slice());
                    let mut padded = message.clone();
                    pad(0, &mut padded);
                    prop_assert_eq!(padded.len() % BLOCK, 0);
                    prop_assert_eq!(*print, print_of(blake3::keyed_hash(&key, &padded).as_bytes()));
                }
            }
        }

        #[test]
        fn padding_is_injective(a: Vec<u8>, b: Vec<u8>) {
            let (mut left, mut right) = (a.clone(), b.clone());
            pad(0, &mut left);
            pad(0, &mut right);
            prop_assert_eq!(left == right, a == b);
        }
    }
}
