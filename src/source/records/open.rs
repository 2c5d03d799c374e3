//! Which brackets are open: nesting is followed without recursion, so that hostile
//! text cannot overflow the stack.

/// How deep arrays and objects may nest.
pub const DEPTH: usize = 1000;

/// The brackets that are open, one bit each: 1 for an object.
#[derive(Default)]
pub struct Open {
    bits: [u64; DEPTH.div_ceil(64)],
    len: usize,
}

impl Open {
    /// The record itself is one level.
    pub fn push(&mut self, object: bool) -> Option<()> {
        if self.len + 1 >= DEPTH {
            return None;
        }
        let (word, bit) = (self.len / 64, self.len % 64);
        self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(object) << bit;
        self.len += 1;
        Some(())
    }

    pub fn top(&self) -> Option<bool> {
        let last = self.len.checked_sub(1)?;
        Some(self.bits[last / 64] >> (last % 64) & 1 == 1)
    }

    pub fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }
}
