//! Cells between the reading thread and the workers.
//!
//! SQLite's values live only until the next step, so the reader copies each row
//! into the chunk: its rowid (8 bytes, where rows are located), then for every
//! cell a byte for its storage class, and 8 native-endian bytes (INTEGER, REAL)
//! or a native-endian `u32` length and the bytes (TEXT, BLOB). Walking that is
//! all a worker has to do; it is never written anywhere.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::fault::fault;
use crate::error::{Code, Failure, Result};
use crate::source::{Cell, Chunk, Decode, Kind, Receipt, Rows, Sink};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

/// Puts rows into chunks and chunks into the sink.
pub struct Framer<'a> {
    sink: &'a mut dyn Sink,
    located: bool,
    limit: usize,
    bytes: Vec<u8>,
    /// Rows framed so far, and those of them before this chunk.
    pub rows: u64,
    base: u64,
    sent: u64,
}

impl<'a> Framer<'a> {
    pub fn new(sink: &'a mut dyn Sink, located: bool, limit: usize) -> Self {
        let mut bytes = sink.buffer();
        bytes.clear();
        Framer {
            sink,
            located,
            limit,
            bytes,
            rows: 0,
            base: 0,
            sent: 0,
        }
    }

    /// Appends one row; its first value is the rowid, where rows are located.
    pub fn row(&mut self, row: &Row<'_>, path: &Path) -> Result<ControlFlow<()>> {
        let cells = row.as_ref().column_count();
        for index in 0..cells {
            let value = row.get_ref(index).map_err(|error| fault(path, &error))?;
            match value {
                ValueRef::Integer(rowid) if self.located && index == 0 => {
                    self.bytes.extend_from_slice(&rowid.to_ne_bytes());
                }
                value => self.cell(value),
            }
        }
        self.rows += 1;
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(too_large(path, self.rows));
        }
        Ok(match self.bytes.len() >= self.limit {
            true => self.flush(),
            false => ControlFlow::Continue(()),
        })
    }

    fn cell(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.bytes.push(NULL),
            ValueRef::Integer(value) => self.eight(INTEGER, value.to_ne_bytes()),
            ValueRef::Real(value) => self.eight(REAL, value.to_ne_bytes()),
            ValueRef::Text(text) => self.framed(TEXT, text),
            ValueRef::Blob(blob) => self.framed(BLOB, blob),
        }
    }

    fn eight(&mut self, class: u8, value: [u8; 8]) {
        self.bytes.push(class);
        self.bytes.extend_from_slice(&value);
    }

    fn framed(&mut self, class: u8, value: &[u8]) {
        // SQLite's own limit on a value is 2 GiB.
        self.bytes.push(class);
        let len = u32::try_from(value.len()).expect("SQLite holds no value over 2 GiB");
        self.bytes.extend_from_slice(&len.to_ne_bytes());
        self.bytes.extend_from_slice(value);
    }

    /// Sends what has gathered.
    pub fn flush(&mut self) -> ControlFlow<()> {
        if self.bytes.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut next = self.sink.buffer();
        next.clear();
        let bytes = std::mem::replace(&mut self.bytes, next);
        self.sent += bytes.len() as u64;
        let base = std::mem::replace(&mut self.base, self.rows);
        self.sink.push(Chunk {
            bytes,
            base,
            line: base,
        })
    }

    pub fn receipt(&self, first_row: Duration, snapshot: &str) -> Receipt {
        Receipt {
            rows: Some(self.rows),
            bytes: self.sent,
            snapshot: Some(snapshot.to_owned()),
            first_row,
            ..Receipt::default()
        }
    }
}

fn too_large(path: &Path, row: u64) -> Failure {
    Failure::new(
        Code::Malformed,
        format!("{}: row {row} is larger than 4 GiB", path.display()),
        "Leave its largest columns out with `ignore`.",
    )
}

/// Walks the frames.
pub struct Decoder {
    pub place: String,
    pub columns: Vec<String>,
    pub located: bool,
}

impl Decode for Decoder {
    fn decode(&self, chunk: &mut Chunk, rows: &mut Rows) -> Result<(), Failure> {
        rows.clear(self.columns.len());
        let mut walk = Walk {
            bytes: &chunk.bytes,
            at: 0,
        };
        while walk.at < chunk.bytes.len() {
            if self.located {
                let rowid = i64::from_ne_bytes(walk.array()?);
                rows.locators.push(rowid.cast_unsigned());
            }
            let start = walk.offset();
            for column in 0..self.columns.len() {
                let cell = walk.cell()?;
                if cell.kind == Kind::Text {
                    self.check(chunk, cell, column, rows)?;
                }
                rows.cells.push(cell);
            }
            rows.spans.push((start, walk.offset()));
        }
        Ok(())
    }

    /// A frame holds each cell's class and bytes: equal frames are equal cells.
    fn raw_form(&self) -> Option<String> {
        Some("sqlite:v1".to_owned())
    }
}

impl Decoder {
    /// SQLite stores whatever bytes it is given as TEXT.
    fn check(&self, chunk: &Chunk, cell: Cell, column: usize, rows: &Rows) -> Result<()> {
        let text = &chunk.bytes[cell.start as usize..cell.end as usize];
        let Err(error) = std::str::from_utf8(text) else {
            return Ok(());
        };
        let row = match rows.locators.last() {
            Some(rowid) => format!("the row of rowid {}", rowid.cast_signed()),
            None => format!("row {}", chunk.base + rows.spans.len() as u64 + 1),
        };
        Err(Failure::new(
            Code::Malformed,
            format!(
                "{}: column {:?} of {row} holds text that is not UTF-8 from its byte {}",
                self.place,
                self.columns[column],
                error.valid_up_to()
            ),
            "Mend the text, or read it as bytes with a query: CAST(… AS BLOB).",
        ))
    }
}

/// A place in a chunk. Running out of bytes can only be a mistake of ours.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    /// Chunks are under 4 GiB: the framer sees to it.
    fn offset(&self) -> u32 {
        self.at as u32
    }

    fn take(&mut self, len: usize) -> Result<(u32, u32)> {
        let start = self.offset();
        self.at += len;
        match self.at <= self.bytes.len() {
            true => Ok((start, self.offset())),
            false => Err(broken()),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (start, end) = self.take(N)?;
        let slice = &self.bytes[start as usize..end as usize];
        slice.try_into().map_err(|_| broken())
    }

    fn cell(&mut self) -> Result<Cell> {
        let [class] = self.array()?;
        let (kind, len) = match class {
            NULL => return Ok(Cell::NULL),
            INTEGER => (Kind::Integer, 8),
            REAL => (Kind::Real, 8),
            TEXT => (Kind::Text, u32::from_ne_bytes(self.array()?) as usize),
            BLOB => (Kind::Blob, u32::from_ne_bytes(self.array()?) as usize),
            _ => return Err(broken()),
        };
        let (start, end) = self.take(len)?;
        Ok(Cell { start, end, kind })
    }
}

fn broken() -> Failure {
    Failure::new(Code::Internal, "a frame of SQLite cells is broken", "")
}
