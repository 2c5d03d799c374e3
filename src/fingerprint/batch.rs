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

/// Appends the message in whole blocks: itself, 0x80, zeros. Injective.
pub fn pad(message: &[u8], out: &mut Vec<u8>) {
    let whole = out.len() + blocks(message.len()) * BLOCK;
    out.extend_from_slice(message);
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

/// Messages of one key on their way to their prints; used again for each batch.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// By number of blocks, less one.
    lanes: [Lane; CHUNK_BLOCKS],
    long: Vec<(usize, Vec<u8>)>,
    count: usize,
    hashes: Vec<u8>,
}

/// Padded messages of equal length, one after the other, and which they are.
#[derive(Clone, Debug, Default)]
struct Lane {
    bytes: Vec<u8>,
    indexes: Vec<usize>,
}

impl Batch {
    /// Adds the next message.
    pub fn add(&mut self, message: &[u8]) {
        let blocks = blocks(message.len());
        match self.lanes.get_mut(blocks - 1) {
            Some(lane) => {
                pad(message, &mut lane.bytes);
                lane.indexes.push(self.count);
            }
            None => {
                let mut padded = Vec::new();
                pad(message, &mut padded);
                self.long.push((self.count, padded));
            }
        }
        self.count += 1;
    }

    /// Replaces `prints` with those of all messages, in the order in which they
    /// were added, and empties the batch.
    pub fn finish(&mut self, key: &[u8; 32], prints: &mut Vec<u128>) {
        prints.clear();
        prints.resize(self.count, 0);
        for (index, padded) in self.long.drain(..) {
            prints[index] = print_of(blake3::keyed_hash(key, &padded).as_bytes());
        }
        let words = words(key);
        for (blocks, lane) in self.lanes.iter_mut().enumerate() {
            if lane.indexes.is_empty() {
                continue;
            }
            self.hashes.clear();
            self.hashes.resize(lane.indexes.len() * HASH, 0);
            hash_lane(blocks + 1, &lane.bytes, &words, &mut self.hashes);
            for (index, hash) in lane.indexes.iter().zip(self.hashes.chunks_exact(HASH)) {
                prints[*index] = print_of(hash);
            }
            lane.bytes.clear();
            lane.indexes.clear();
        }
        self.count = 0;
    }
}

/// The key as BLAKE3's words.
fn words(key: &[u8; 32]) -> [u32; 8] {
    let (words, _) = key.as_chunks::<4>();
    std::array::from_fn(|index| u32::from_le_bytes(words[index]))
}

/// Hashes messages of so many blocks each.
fn hash_lane(blocks: usize, bytes: &[u8], key: &[u32; 8], hashes: &mut [u8]) {
    macro_rules! by_length {
        ($($blocks:literal)*) => {
            match blocks {
                $($blocks => hash_equal::<{ $blocks * BLOCK }>(bytes, key, hashes),)*
                _ => unreachable!("a lane holds messages of 1 to 16 blocks"),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
}

fn hash_equal<const LEN: usize>(bytes: &[u8], key: &[u32; 8], hashes: &mut [u8]) {
    // Few enough that the list of them lives on the stack.
    const AT_ONCE: usize = 16;
    let platform = Platform::detect();
    let (messages, _) = bytes.as_chunks::<LEN>();
    let outputs = hashes.chunks_mut(AT_ONCE * HASH);
    for (messages, out) in messages.chunks(AT_ONCE).zip(outputs) {
        let mut list: [&[u8; LEN]; AT_ONCE] = [&messages[0]; AT_ONCE];
        for (slot, message) in list.iter_mut().zip(messages) {
            *slot = message;
        }
        platform.hash_many(
            &list[..messages.len()],
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
                messages.iter().for_each(|message| batch.add(message));
                batch.finish(&key, &mut prints);
                prop_assert_eq!(prints.len(), messages.len());
                for (message, print) in messages.iter().zip(&prints) {
                    let mut padded = Vec::new();
                    pad(message, &mut padded);
                    prop_assert_eq!(padded.len() % BLOCK, 0);
                    prop_assert_eq!(*print, print_of(blake3::keyed_hash(&key, &padded).as_bytes()));
                }
            }
        }

        #[test]
        fn padding_is_injective(a: Vec<u8>, b: Vec<u8>) {
            let (mut left, mut right) = (Vec::new(), Vec::new());
            pad(&a, &mut left);
            pad(&b, &mut right);
            prop_assert_eq!(left == right, a == b);
        }
    }
}
