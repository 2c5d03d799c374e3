//! The reading thread's half: a stream of text cut into chunks of whole records.

use memchr::memchr_iter;

use super::header::Header;
use super::{Sizes, cut, faults};
use crate::error::Result;
use crate::source::Chunk;
use crate::source::text::{Origin, Reader};

pub(super) struct Chunks {
    reader: Reader,
    origin: Origin,
    delimiter: u8,
    sizes: Sizes,
    /// In a file of one column a blank line is a row; in any other one at the
    /// end of the file is nothing, and elsewhere it is a ragged row.
    blank_is_row: bool,
    /// The beginning of a record that the last chunk could not hold whole.
    rest: Vec<u8>,
    base: u64,
    line: u64,
    ended: bool,
}

impl Chunks {
    /// Starts behind the header.
    pub fn new(
        mut reader: Reader,
        origin: Origin,
        delimiter: u8,
        header: &Header,
        sizes: Sizes,
    ) -> Result<Chunks> {
        let mut skipped = Vec::new();
        if reader.extend(&mut skipped, header.len)? < header.len {
            return Err(origin.cut("the file ends within its header"));
        }
        Ok(Chunks {
            reader,
            origin,
            delimiter,
            sizes,
            blank_is_row: header.names.len() == 1,
            rest: Vec::new(),
            base: header.end,
            line: header.lines,
            ended: false,
        })
    }

    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// The next chunk, in `bytes`, which are empty; `None` at the end of the text.
    pub fn next(&mut self, mut bytes: Vec<u8>) -> Result<Option<Chunk>> {
        bytes.append(&mut self.rest);
        let whole = self.fill(&mut bytes)?;
        self.rest.extend_from_slice(&bytes[whole..]);
        if self.ended {
            self.rest.clear();
        }
        bytes.truncate(whole);
        if bytes.is_empty() {
            return Ok(None);
        }
        let (base, line) = (self.base, self.line);
        self.base += whole as u64;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        Ok(Some(Chunk { bytes, base, line }))
    }

    /// Reads until the bytes hold a whole record, and says how many of them are
    /// whole records; 0 only at the end of the text.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let mut target = self.sizes.chunk.max(1);
        loop {
            let missing = target.saturating_sub(bytes.len());
            if missing > 0 && !self.ended {
                self.ended = self.reader.extend(bytes, missing)? < missing;
            }
            if self.ended {
                return Ok(self.without_blank_lines(bytes));
            }
            let cut = cut::last(bytes, self.delimiter);
            let whole = self.without_blank_lines(&bytes[..cut.whole]);
            if whole > 0 {
                return Ok(whole);
            }
            if bytes.len() >= self.sizes.record {
                let (base, line) = (self.base, self.line);
                return Err(faults::too_long(&self.origin, cut.open, bytes, base, line));
            }
            target = (2 * bytes.len()).max(target).min(self.sizes.record);
        }
    }

    /// Blank lines at the end are kept back, until it is known whether rows follow.
    fn without_blank_lines(&self, bytes: &[u8]) -> usize {
        if self.blank_is_row {
            bytes.len()
        } else {
            cut::without_blank_lines(bytes)
        }
    }
}
