//! The reading half: cuts the text into chunks of whole records.
//!
//! For JSON Lines a record ends where its line does. In an array it ends with
//! the brace that closes it, so this half follows strings and braces, and
//! nothing else, fast; what stands between two records it checks itself, and
//! each record is checked by whoever decodes it.

use memchr::{memchr_iter, memchr2, memrchr};

use crate::error::{Code, Failure, Result};
use crate::source::Chunk;
use crate::source::records::scan::Scanner;
use crate::source::records::visit::{Each, Fault};
use crate::source::records::{Shape, between, doubt};
use crate::source::text::{Origin, Reader};

/// The largest record: what bounds memory where a brace is never closed, and
/// keeps a chunk with its unescaped cells under 4 GiB.
const LARGEST: usize = 1 << 30;

/// What is due between two records of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Opening,
    FirstOrClosing,
    Record,
    CommaOrClosing,
    Nothing,
}

pub struct Cutter {
    reader: Reader,
    origin: Origin,
    shape: Shape,
    limit: usize,
    /// What was read and not yet sent: from `base`, behind `lines` line ends.
    pending: Vec<u8>,
    base: u64,
    lines: u64,
    /// Up to where `pending` was looked at (past its end within an escape), and
    /// where its last whole record ends.
    at: usize,
    end: usize,
    depth: u64,
    in_string: bool,
    due: Due,
    ended: bool,
}

impl Cutter {
    /// Chunks of about `limit` bytes of what `reader` reads.
    pub fn new(reader: Reader, origin: Origin, shape: Shape, limit: usize) -> Self {
        Cutter {
            base: reader.start(),
            reader,
            origin,
            shape,
            limit: limit.max(1),
            pending: Vec::new(),
            lines: 0,
            at: 0,
            end: 0,
            depth: 0,
            in_string: false,
            due: Due::Opening,
            ended: false,
        }
    }

    pub fn bytes_read(&self) -> u64 {
        self.reader.bytes_read()
    }

    /// The next chunk, in `buffer`'s place; `None` at the text's proper end.
    pub fn next(&mut self, buffer: impl FnOnce() -> Vec<u8>) -> Result<Option<Chunk>> {
        while !self.ended {
            let len = self.pending.len();
            let step = self.limit.saturating_sub(len).max(len);
            self.ended = self.reader.extend(&mut self.pending, step)? < step;
            self.scan(len)?;
            if self.ended {
                self.finish()?;
            }
            let full = self.pending.len() >= self.limit || self.ended;
            if full && self.end > 0 {
                return Ok(Some(self.cut(buffer())));
            }
            if self.pending.len() > LARGEST {
                let why = "a record is larger than 1 GiB";
                return Err(self.fail(self.pending.len(), why));
            }
        }
        Ok(None)
    }

    /// Sends all whole records; what follows them begins the next chunk.
    fn cut(&mut self, mut buffer: Vec<u8>) -> Chunk {
        buffer.clear();
        buffer.extend_from_slice(&self.pending[self.end..]);
        let mut bytes = std::mem::replace(&mut self.pending, buffer);
        bytes.truncate(self.end);
        let chunk = Chunk {
            base: self.base,
            line: self.lines,
            bytes,
        };
        self.base += self.end as u64;
        self.lines += memchr_iter(b'\n', &chunk.bytes).count() as u64;
        self.at = self.at.saturating_sub(self.end);
        self.end = 0;
        chunk
    }

    /// Looks at what was read from `from` on.
    fn scan(&mut self, from: usize) -> Result<()> {
        if self.shape == Shape::Lines {
            if let Some(newline) = memrchr(b'\n', &self.pending[from..]) {
                self.end = from + newline + 1;
            }
            return Ok(());
        }
        while self.at < self.pending.len() {
            match (self.in_string, self.depth) {
                (true, _) => self.scan_string(),
                (false, 0) => self.scan_between()?,
                (false, _) => self.scan_record(),
            }
        }
        Ok(())
    }

    fn scan_string(&mut self) {
        let rest = &self.pending[self.at..];
        match memchr2(b'"', b'\\', rest) {
            None => self.at = self.pending.len(),
            Some(found) if rest[found] == b'\\' => self.at += found + 2,
            Some(found) => {
                self.at += found + 1;
                self.in_string = false;
            }
        }
    }

    fn scan_record(&mut self) {
        let rest = &self.pending[self.at..];
        let mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}');
        let Some(found) = rest.iter().position(mark) else {
            self.at = self.pending.len();
            return;
        };
        let byte = rest[found];
        self.at += found + 1;
        match byte {
            b'"' => self.in_string = true,
            b'{' => self.depth += 1,
            _ => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.end = self.at;
                    self.due = Due::CommaOrClosing;
                }
            }
        }
    }

    fn scan_between(&mut self) -> Result<()> {
        let byte = self.pending[self.at];
        self.due = match (byte, self.due) {
            (b' ' | b'\t' | b'\n' | b'\r', due) => due,
            (b'[', Due::Opening) => Due::FirstOrClosing,
            (b'{', due @ (Due::FirstOrClosing | Due::Record)) => {
                self.depth = 1;
                due
            }
            (b',', Due::CommaOrClosing) => Due::Record,
            (b']', Due::FirstOrClosing | Due::CommaOrClosing) => Due::Nothing,
            (_, due) => return Err(self.unexpected(due)),
        };
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self, due: Due) -> Failure {
        let rest = &self.pending[self.at..];
        match due {
            Due::Opening => doubt::no_array(&self.origin, rest, self.place(self.at)),
            Due::Nothing => self.fail(self.at, "the array is followed by something else"),
            Due::CommaOrClosing => self.fail(self.at, "',' or ']' is due after a record"),
            Due::FirstOrClosing | Due::Record => self.fail(self.at, &doubt::no_object(rest)),
        }
    }

    /// The text has ended: was that its own end?
    fn finish(&mut self) -> Result<()> {
        if self.shape == Shape::Lines {
            self.end = self.pending.len();
            return Ok(());
        }
        let why = match self.due {
            Due::Nothing => return Ok(()),
            Due::Opening => {
                let (line, byte) = self.place(self.pending.len());
                let why = "the file is empty where a JSON array was due";
                let next = "an export without rows is [] in JSON: check what wrote the file";
                return Err(self.origin.malformed(line, byte, why, next));
            }
            _ if self.depth > 0 => "the text ends within a record",
            _ => "the text ends before the array's closing bracket",
        };
        let mut failure = self.fail(self.pending.len(), why);
        if failure.why.ends_with(why) {
            failure.code = Code::SourceCut;
            failure.next = doubt::FETCH_AGAIN.to_owned();
        }
        Err(failure)
    }

    /// A fault at `at`, unless an earlier one, within a record, led to it.
    fn fail(&self, at: usize, why: &str) -> Failure {
        let before = &self.pending[..at];
        if let Err(error) = std::str::from_utf8(before)
            && error.error_len().is_some()
        {
            return self.origin.invalid_utf8(before, self.base, self.lines);
        }
        let fault = match first_fault(before) {
            Some(fault) if !fault.cut => fault,
            _ => Fault::new(at, why.to_owned()),
        };
        let (line, byte) = self.place(fault.at);
        self.origin.malformed(line, byte, fault.why, doubt::REPAIR)
    }

    /// Line (from 1) and byte of a place in `pending`.
    fn place(&self, at: usize) -> (u64, u64) {
        let newlines = memchr_iter(b'\n', &self.pending[..at]).count() as u64;
        (self.lines + newlines + 1, self.base + at as u64)
    }
}

/// The first fault in an array's records.
fn first_fault(bytes: &[u8]) -> Option<Fault> {
    let mut scanner = Scanner::new(bytes, 0);
    loop {
        between(&mut scanner);
        scanner.peek()?;
        if let Err(fault) = scanner.object(&mut Each(|_, _| Ok(()))) {
            return Some(fault);
        }
    }
}
